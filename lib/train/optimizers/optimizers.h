/* The door of optimizers: what moves weights, and how its rate changes; players, whose last move can be taken
 * back. */
#ifndef GAN_OPTIMIZERS_H
#define GAN_OPTIMIZERS_H

#include "model/model.h"

/* ---- Optimizers (optimizer.c, schedule.c) ---- */

#define GAN_OPTIMIZER_MODELS 8 /* most models of one optimizer */

/* first: Adam's m, SGD's v; second: Adam's and RMSprop's v. */
enum { GAN_MOMENT_FIRST, GAN_MOMENT_SECOND, GAN_MOMENTS };

struct gan_optimizer {
    gan_context *context;
    gan_optimizer_options options; /* resolved: no defaults left */
    int64_t steps;
    int model_count;
    gan_model *models[GAN_OPTIMIZER_MODELS];
    /* As many values as the model has parameters, in the same places; NULL where the algorithm has no use for it. */
    gan_real *moments[GAN_OPTIMIZER_MODELS][GAN_MOMENTS];
};

/* Checks and fills in defaults. */
gan_status gan_optimizer_options_resolve(const gan_optimizer_options *given, gan_optimizer_options *resolved);
/* "adam", "rmsprop" or "sgd", for files and messages. */
const char *gan_optimizer_algorithm_name(gan_optimizer_algorithm algorithm);
/* GAN_ERROR_ARGUMENT unless the schedule is one up to `last` and has the steps that it needs. `what` names the
 * option; that of the steps is called the same and "_steps". */
gan_status gan_schedule_check(gan_schedule schedule, gan_schedule last, int64_t steps, const char *what);
/* Between `first` and `last` after `steps` of `all` steps, by a constant, linear or cosine schedule. */
double gan_schedule_value(gan_schedule schedule, double first, double last, int64_t steps, int64_t all);
/* The rate of the step after `steps` steps, by resolved options. */
double gan_schedule_rate(const gan_optimizer_options *options, int64_t steps);

/* ---- Players (player.c) ---- */

/* One of the two sides of the game; or the average of the generator, which has no optimizer. */
typedef struct gan_player {
    const char *name; /* for messages and files */
    gan_model *model;
    gan_optimizer *optimizer;
    /* Whether the present weights gave a finite loss and gradient, or are the first ones. If not, the model's
     * previous weights did, and the player gets them back when training diverges. */
    bool proved;
    gan_real *buffers; /* the model's buffers before the present step; NULL if it has none */
} gan_player;

/* Puts a model into a player without an optimizer, with room for what a failed step takes back. */
gan_status gan_player_take_model(gan_player *player, const char *name, gan_model *model);

#endif
