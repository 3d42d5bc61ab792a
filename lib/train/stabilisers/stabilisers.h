/* The door of stabilisers: what is added to the discriminator's loss, or done to its weights and samples, so that
 * training stays stable. */
#ifndef GAN_STABILISERS_H
#define GAN_STABILISERS_H

#include "train/optimizers/optimizers.h"

/* ---- Samples (augmentation.c, penalty_samples.c) ---- */

/* GAN_ERROR_BATCH, _ARGUMENT or _OVERFLOW unless they are `batch` samples of `size` values, *count in all. */
gan_status gan_samples_check(const char *function, int64_t batch, int64_t size, int64_t *count);
/* GAN_ERROR_ARGUMENT unless it is a sum of gan_augmentation values, GAN_ERROR_SHAPE unless they can be done to such
 * samples; `what` names it. */
gan_status gan_augment_check(uint64_t kinds, gan_shape image, const char *what);

/* ---- What the discriminator sees of samples (discriminator_input.c) ---- */

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

/* GAN_ERROR_SHAPE or _ARGUMENT unless D sees samples of the one shape as its inputs of the other. */
gan_status gan_view_check(gan_trainer *trainer, gan_shape made, gan_shape judged);
/* How many batches of samples the view needs room for, and where that is. It is released by gan_view_destroy() also
 * after a failure. */
int gan_view_batches(const gan_trainer *trainer);
gan_status gan_view_create(gan_trainer *trainer, float *values);
void gan_view_destroy(gan_view *view);
/* How many inputs of D so many samples are. */
int64_t gan_view_count(const gan_trainer *trainer, int64_t samples);
/* Sets the input of D's pass on real samples, or on those of G's last pass, to what D sees of them this time. */
gan_status gan_view_real(gan_trainer *trainer, const float *samples, int64_t batch);
gan_status gan_view_fake(gan_trainer *trainer, int64_t batch);
/* *seen = what D saw last of G's samples; `room` is for a batch. */
gan_status gan_view_get_fake(const gan_trainer *trainer, float *room, const float **seen);
/* Hands the gradient of D's input on to G's output, after gan_view_fake() on `batch` samples. */
gan_status gan_view_backward(gan_trainer *trainer, int64_t batch);

/* ---- Penalties (penalties.c) ---- */

/* Adds the gradients of the penalties of an update of D, after its passes on `batch` real samples and on those of G,
 * and gives the sum of the penalties: 0 when the update has none (step_penalty.c). */
gan_status gan_trainer_penalise(gan_trainer *trainer, int64_t batch, double *sum);

/* ---- Averages (average.c) ---- */

/* Makes the average of the generator if the options ask for one, and moves it on after an update of the generator in
 * a step on `count` real samples (average.c). */
gan_status gan_trainer_create_average(gan_trainer *trainer);
gan_status gan_trainer_average(gan_trainer *trainer, int64_t count);

#endif
