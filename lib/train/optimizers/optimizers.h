/* The door of optimizers: what moves weights, how its rate changes, and guards, which undo a failed step. */
#ifndef GAN_OPTIMIZERS_H
#define GAN_OPTIMIZERS_H

#include "model/model.h"
#include "train/checkpoint/checkpoint.h"

/* ---- Optimizers (optimizer.c) ---------------------------------------------------------------------------------- */

#define GAN_OPTIMIZER_MODELS 8 /* most models of one optimizer */

#define GAN_DEFAULT_LEARNING_RATE 2e-4f
#define GAN_DEFAULT_BETA1         0.5f /* Radford et al., 2016 */
#define GAN_DEFAULT_BETA2         0.999f

/* first: Adam's m, SGD's v; second: Adam's and RMSprop's v. */
enum { GAN_MOMENT_FIRST, GAN_MOMENT_SECOND, GAN_MOMENTS };

struct gan_optimizer {
    atomic_int references;
    gan_context *context;
    gan_optimizer_options options; /* resolved: no defaults left */
    int64_t steps;
    int model_count;
    gan_model *models[GAN_OPTIMIZER_MODELS];
    /* As many values as the model's parameters, in the same layout; NULL if the algorithm does not use it. */
    gan_real *moments[GAN_OPTIMIZER_MODELS][GAN_MOMENTS];
};

/* Checks and fills in defaults; `what` names the options in messages. */
gan_status gan_optimizer_options_resolve(const gan_optimizer_options *given, const char *what,
                                         gan_optimizer_options *resolved);
/* gan_optimizer_create() with resolved options. */
gan_status gan_optimizer_create_resolved(gan_model *model, const gan_optimizer_options *options, gan_optimizer **out);
gan_optimizer *gan_optimizer_retain(gan_optimizer *optimizer);
void gan_optimizer_add_entries(gan_optimizer *optimizer, const char *name, gan_entries *entries);

/* ---- Schedules (schedule.c) ------------------------------------------------------------------------------------ */

/* GAN_ERROR_ARGUMENT unless the schedule has the steps that it needs, in the option `name` of the struct `what`. */
gan_status gan_schedule_check(gan_schedule schedule, int64_t steps, const char *what, const char *name);
/* From `first` to `last` after `steps` of `all` steps, by a constant, linear or cosine schedule. */
double gan_schedule_value(gan_schedule schedule, double first, double last, int64_t steps, int64_t all);
/* The rate of the step that follows `steps` steps, by resolved options. */
double gan_schedule_rate(const gan_optimizer_options *options, int64_t steps);

/* ---- Guards (guard.c) ------------------------------------------------------------------------------------------ */

/* A model that training changes: a failed step is undone. */
typedef struct gan_guard {
    gan_model *model;
    /* Whether the current weights gave a finite loss and gradient, or are the first ones. If not, the model's
     * previous weights did, and it gets them back if training diverges. */
    bool proved;
    gan_real *buffers; /* the model's buffers before the current step; NULL if it has none */
} gan_guard;

/* The guard must be destroyed even after a failure. */
gan_status gan_guard_create(gan_guard *guard, gan_model *model);
void gan_guard_destroy(gan_guard *guard); /* accepts a zeroed one */

/* Before a step. */
void gan_guard_remember(gan_guard *guard);
/* After a step that failed with a status: restores the buffers and, if it diverged, the last proved weights. */
void gan_guard_take_back(gan_guard *guard, gan_status status);
bool gan_guard_has_finite_buffers(const gan_guard *guard);
/* Parameters and buffers. */
bool gan_guard_is_finite(const gan_guard *guard);
/* The model's tensors. */
void gan_guard_add_entries(gan_guard *guard, const char *name, gan_entries *entries);

#endif
