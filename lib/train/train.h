/* The door of train: losses, optimizers and the trainer, made of the public calls of the folders below. */
#ifndef GAN_TRAIN_H
#define GAN_TRAIN_H

#include "data/data.h"
#include "io/io.h"
#include "model/model.h"

#include <math.h>

/* ---- Ranges of options (option_range.c) ------------------------------------------------------------------------ */

typedef enum gan_range {
    GAN_RANGE_NOT_NEGATIVE, /* >= 0 */
    GAN_RANGE_POSITIVE,     /* > 0 */
    GAN_RANGE_BELOW_ONE,    /* [0, 1) */
    GAN_RANGE_UP_TO_ONE,    /* (0, 1] */
    GAN_RANGE_UNIT          /* [0, 1] */
} gan_range;

/* GAN_ERROR_NOT_FINITE or GAN_ERROR_ARGUMENT unless the value is in the range; `what` names it. */
gan_status gan_range_check(gan_range range, double value, const char *what);
/* Reads an option as gan_option() does and checks it. */
gan_status gan_option_resolve(float *value, float when_zero, gan_range range, const char *what);
/* The arguments of gan_option_resolve(), and that for each rule until one fails. */
typedef struct gan_option_rule {
    float *value, when_zero;
    gan_range range;
    const char *what;
} gan_option_rule;
gan_status gan_option_resolve_all(const gan_option_rule *rules, size_t count);

/* ---- Losses (loss.c) ------------------------------------------------------------------------------------------- */

gan_status gan_loss_check(gan_loss loss, const char *what);
/* Whether the generator's loss needs logits of real samples. */
bool gan_loss_is_relativistic(gan_loss loss);
/* GAN_ERROR_ARGUMENT unless real samples may have that target; `what` and `value` are of the option that says so. */
gan_status gan_loss_check_real_target(gan_loss loss, float real_target, const char *what, float value);

/* D(x) = s(l), without overflow. */
static inline double gan_probability(double logit)
{
    double tail = exp(-fabs(logit));
    return logit >= 0 ? 1 / (1 + tail) : tail / (1 + tail);
}

/* ---- Samples for a discriminator (regularise.c, augment.c) ----------------------------------------------------- */

/* GAN_ERROR_BATCH, _ARGUMENT or _OVERFLOW unless they are `batch` samples of `size` values, *count in all. */
gan_status gan_samples_check(const char *function, int64_t batch, int64_t size, int64_t *count);
/* GAN_ERROR_ARGUMENT unless it is a sum of gan_augmentation values, GAN_ERROR_SHAPE unless they can be done to such
 * samples; `what` names it. */
gan_status gan_augment_check(uint64_t kinds, gan_shape image, const char *what);

/* ---- Optimizers (optimizer.c, schedule.c) ---------------------------------------------------------------------- */

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

/* ---- Trainers (trainer*.c, step*.c, run.c, checkpoint.c) ------------------------------------------------------- */

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

/* What the discriminator sees of samples (view.c). Options that ask for nothing leave all of it NULL: then D's passes
 * take samples directly. */
typedef struct gan_view {
    gan_shape sample;                 /* of G */
    gan_random *augmentation, *noise; /* NULL without augment, and without instance_noise */
    gan_random_state fake_draws;      /* of the last augmentation of G's samples */
    const float *real, *fake;         /* what D saw last, during a step; `fake` not when it is direct */
    float *made;                      /* G's samples, then a gradient with respect to them */
    float *real_room, *fake_room;     /* batches that are changed; NULL without augment and instance_noise */
} gan_view;

enum {
    GAN_PLAYERS = 2,            /* gan_role tells them apart */
    GAN_DIAGNOSIS_RULES = 4,    /* diagnoses that are made of measurements */
    GAN_DIAGNOSIS_LEVELS = 15,  /* earlier gradient norms that the present one is held against */
    GAN_DIAGNOSIS_SAMPLES = 64, /* most samples whose distances are taken */
};

/* What a trainer remembers from step to step to make diagnoses. Training never reads it. A checkpoint holds it as one
 * tensor, so that a trainer that goes on reports the same: every field is a gan_real, and none is trusted. */
typedef struct gan_diagnosis_memory {
    /* As measured last; NaN: not yet. */
    gan_real real_accuracy, fake_accuracy, diversity, saturation, update_ratio[GAN_PLAYERS];
    /* Sums since then, over samples that D judged and over steps. */
    gan_real judged, real_right, fake_right, belief;
    gan_real steps, log_norm[GAN_PLAYERS];
    /* Logarithms of gradient norms, each a mean from one diagnosis to the next; the newest first. */
    gan_real level_count, levels[GAN_PLAYERS][GAN_DIAGNOSIS_LEVELS];
    /* How long each rule has held, up to its patience. */
    gan_real held[GAN_DIAGNOSIS_RULES];
} gan_diagnosis_memory;

#define GAN_DIAGNOSIS_VALUES ((int64_t)(sizeof(gan_diagnosis_memory) / sizeof(gan_real)))
extern const gan_diagnosis_memory gan_diagnosis_nothing; /* of a trainer that has done no step */

/* What the present step shows, until it is known to count. */
typedef struct gan_observation {
    double judged, real_right, fake_right, belief; /* sums over samples that D judged */
    double diversity, saturation;                  /* NaN: not measured */
} gan_observation;

typedef struct gan_monitor {
    gan_diagnosis_memory memory;
    gan_observation observation;
    bool stepped;       /* gradients and previous weights are those of a step */
    bool diverged;      /* in the last step */
    gan_real low, high; /* G's outputs beyond these are saturated; equal when there is no such end */
    int64_t rows;       /* samples that `samples` has room for */
    gan_real *samples;  /* real ones, as stored; NULL without diagnoses */
} gan_monitor;

struct gan_trainer {
    gan_context *context;
    gan_trainer_options options; /* resolved; the two pointers NULL */
    gan_player generator, discriminator;
    gan_player average;     /* without a model when there is none */
    gan_session *generate;  /* G's pass */
    gan_session *real;      /* D on data */
    gan_session *fake;      /* D on samples of G */
    gan_session *sample;    /* G, forward only, beside training */
    gan_session *penalised; /* D on samples of gradient_penalty and dragan; NULL without them */
    gan_view view;
    gan_monitor monitor;
    gan_random *noise;
    gan_random *penalty_random;      /* what those samples are drawn from */
    int64_t noise_size, sample_size; /* values in a sample of noise, and of data */
    int64_t steps, epochs;
    uint64_t seen; /* real samples of all steps; counted for the average's ramp */
    atomic_bool cancel;
    float *values; /* one block for the arrays below, value_count values */
    int64_t value_count;
    float *real_logits, *fake_logits, *real_gradient, *fake_gradient; /* a batch each */
    float *generator_gradient; /* for simultaneous updates: G's with respect to the logits, then ratios; a batch */
    float *noise_values;       /* a batch */
    float *penalty_samples;    /* a batch for `penalised`; NULL without it */
    float *samples;            /* data for a step of gan_trainer_run(): discriminator_steps batches */
};

/* Checks and fills in defaults; *resolved is untouched on failure. */
gan_status gan_trainer_options_resolve(const gan_trainer_options *given, gan_trainer_options *resolved);
/* The optimizer of a player that has no options of its own. */
gan_optimizer_options gan_trainer_shared_optimizer(const gan_trainer_options *options);

/* GAN_ERROR_SHAPE or _ARGUMENT unless D sees samples of the one shape as its inputs of the other. */
gan_status gan_view_check(gan_trainer *trainer, gan_shape made, gan_shape judged);
/* How many batches of samples the view needs room for, and where that is. It is released by gan_view_destroy() also
 * after a failure. */
int gan_view_batches(const gan_trainer *trainer);
gan_status gan_view_create(gan_trainer *trainer, float *values);
void gan_view_destroy(gan_view *view);
/* How many inputs of D so many samples are. */
static inline int64_t gan_view_count(const gan_trainer *trainer, int64_t samples)
{
    return samples / trainer->options.packing;
}
/* Sets the input of D's pass on real samples, or on those of G's last pass, to what D sees of them this time. */
gan_status gan_view_real(gan_trainer *trainer, const float *samples, int64_t batch);
gan_status gan_view_fake(gan_trainer *trainer, int64_t batch);
/* *seen = what D saw last of G's samples; `room` is for a batch. */
gan_status gan_view_get_fake(const gan_trainer *trainer, float *room, const float **seen);
/* Hands the gradient of D's input on to G's output, after gan_view_fake() on `batch` samples. */
gan_status gan_view_backward(gan_trainer *trainer, int64_t batch);

/* Puts a model into a player without an optimizer, with room for what a failed step takes back. */
gan_status gan_player_take_model(gan_player *player, const char *name, gan_model *model);
/* Makes the average of the generator if the options ask for one, and moves it on after an update of the generator in
 * a step on `count` real samples (average.c). */
gan_status gan_trainer_create_average(gan_trainer *trainer);
gan_status gan_trainer_average(gan_trainer *trainer, int64_t count);

/* GAN_ERROR_UNSUPPORTED where a layer of D mixes the samples of a batch (simultaneous.c). */
gan_status gan_simultaneous_check(const gan_model *discriminator);
/* A logit has at least this much of a gradient of D's loss, of the sign that it has: it is then far below what
 * changes a weight, and yet leads back to the sample. Without it nothing would lead back to what D's loss takes no
 * notice of, such as samples beyond the margin of the hinge loss. */
#define GAN_SIMULTANEOUS_LEAST 1e-24f
/* Sees to that, and divides the gradients of the generator's loss by those of the discriminator's. */
void gan_simultaneous_ratios(int64_t count, float *discriminator, float *generator);

/* Adds the gradients of the penalties of an update of D, after its passes on `batch` real samples and on those of G,
 * and gives the sum of the penalties: 0 when the update has none (step_penalty.c). */
gan_status gan_trainer_penalise(gan_trainer *trainer, int64_t batch, double *sum);

/* What the rules are made of; gradients are geometric means since the diagnosis before, which one wild step does not
 * move far. */
typedef struct gan_findings {
    double real_accuracy, fake_accuracy;
    double belief; /* mean of D's belief in generated samples */
    double diversity;
    double gradient[GAN_PLAYERS];
    double usual[GAN_PLAYERS]; /* median of the gradients at earlier diagnoses; NaN while they are few */
    double weight[GAN_PLAYERS];
    bool scaled; /* of the game */
} gan_findings;

/* Counts how long each rule has held, and gives the diagnoses that follow from it (diagnosis.c). */
void gan_rules_apply(const gan_findings *now, gan_real held[GAN_DIAGNOSIS_RULES]);
uint64_t gan_rules_diagnoses(const gan_real held[GAN_DIAGNOSIS_RULES]);

/* Seeing trouble (monitor.c). Observes the last judgement of D, of samples and of those that G made of noise; ends
 * a step that counts, and fills in the report, or one that failed with a status. */
gan_status gan_monitor_create(gan_trainer *trainer);
void gan_monitor_destroy(gan_trainer *trainer);
void gan_monitor_observe(gan_trainer *trainer, const float *samples, int64_t batch);
void gan_monitor_step(gan_trainer *trainer, gan_step_report *report);
void gan_monitor_fail(gan_trainer *trainer, gan_status status);
/* Fills in what a report has of the last diagnosis, but for the diagnoses. */
void gan_monitor_report(const gan_monitor *monitor, gan_step_report *report);

/* One step on `count` samples, in batches of `batch`, the last one smaller if that does not divide `count`; each
 * batch is for one update of the discriminator. */
gan_status gan_trainer_step_on(gan_trainer *trainer, const float *samples, int64_t count, int64_t batch,
                               gan_step_report *report);

#endif
