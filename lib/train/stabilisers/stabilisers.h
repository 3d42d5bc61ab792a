/* The door of stabilisers: what is added to a discriminator's loss, or done to its weights and samples or the
 * generator's weights, to keep training stable. */
#ifndef GAN_STABILISERS_H
#define GAN_STABILISERS_H

#include "train/optimizers/optimizers.h"

/* ---- Augmentation and noise (augmentation.c) ------------------------------------------------------------------- */

/* GAN_ERROR_BATCH, _ARGUMENT or _OVERFLOW unless these can be `batch` samples of `size` values, *count in all. */
gan_status gan_samples_check(const char *function, int64_t batch, int64_t size, int64_t *count);
/* GAN_ERROR_ARGUMENT unless it combines gan_augmentation bits, GAN_ERROR_SHAPE unless they apply to such samples;
 * `what` names it. */
gan_status gan_augment_check(uint64_t kinds, gan_shape image, const char *what);

/* ---- Penalties on gradients (penalties.c) ---------------------------------------------------------------------- */

/* gan_gradient_penalty() with valid arguments; of a batch that is divided, the share of each shard here. */
gan_status gan_penalty_compute(gan_session *discriminator, gan_penalty penalty, float coefficient, double *values);

/* ---- Averages (average.c) -------------------------------------------------------------------------------------- */

/* An exponential average of a model's weights during training. */
typedef struct gan_average {
    gan_guard guard;              /* has no model if there is no average */
    float decay, half_life, ramp; /* see gan_trainer_options */
    uint64_t seen;                /* samples of all earlier steps */
} gan_average;

/* GAN_ERROR_ARGUMENT unless these go together; `what` names the options. */
gan_status gan_average_check(float decay, float half_life, float ramp, const char *what);
/* Starts as a clone of the model; if decay and half-life are 0, there is no average. Must be destroyed even after a
 * failure. */
gan_status gan_average_create(gan_average *average, const gan_model *model);
void gan_average_destroy(gan_average *average);
/* Moves after an update of the model in a step on `count` samples. */
gan_status gan_average_move(gan_average *average, const gan_model *model, int64_t count);
/* The samples seen as PART.samples, and the tensors called NAME. */
void gan_average_add_entries(gan_average *average, const char *part, const char *name, gan_entries *entries);

/* ---- Pools of earlier samples (image_pool.c) ------------------------------------------------------------------- */

struct gan_image_pool {
    gan_context *context;
    atomic_int references;
    gan_image_pool_options options;
    int64_t elements; /* of an image */
    gan_random *random;
    float *images; /* `count` of `options.size` are there; the others are 0 */
    int64_t count;
};

/* Checks options and sets their defaults, for samples of a shape; `what` names them. */
gan_status gan_image_pool_resolve(const gan_image_pool_options *given, gan_shape shape, const char *what,
                                  gan_image_pool_options *options);
gan_image_pool *gan_image_pool_retain(gan_image_pool *pool);
void gan_image_pool_add_entries(gan_image_pool *pool, const char *part, gan_entries *entries);

#endif
