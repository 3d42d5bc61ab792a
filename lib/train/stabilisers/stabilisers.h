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

/* ---- The discriminator's input (discriminator_input.c) --------------------------------------------------------- */

typedef struct gan_discriminator_input_options {
    uint64_t augment;    /* gan_augmentation values */
    float noise;         /* deviation in the first step */
    int64_t noise_steps; /* over which it falls to 0; 0: it stays constant */
    int64_t packing;     /* samples that D judges at once */
    uint64_t seed;
} gan_discriminator_input_options;

/* What a discriminator is shown of samples: as they are, or augmented, with noise, several side by side. */
typedef struct gan_discriminator_input {
    gan_context *context;
    gan_discriminator_input_options options;
    gan_shape sample;                 /* of G */
    gan_random *augmentation, *noise; /* NULL without augment, and without noise */
    gan_random_state fake_draws;      /* of the last augmentation of G's samples */
    const float *real;                /* what D last saw of real samples, during a step */
    float *real_room;                 /* memory for it, `values` values; NULL if samples are not changed */
    int64_t values;
} gan_discriminator_input;

/* GAN_ERROR_SHAPE, _ARGUMENT or _OVERFLOW unless samples of shape `made` give inputs of shape `judged`. */
gan_status gan_discriminator_input_check(const gan_discriminator_input_options *options, gan_shape made,
                                         gan_shape judged);
/* For up to `batch` samples. Must be destroyed even after a failure. */
gan_status gan_discriminator_input_create(gan_discriminator_input *input, gan_context *context, gan_shape sample,
                                          const gan_discriminator_input_options *options, int64_t batch);
void gan_discriminator_input_destroy(gan_discriminator_input *input);
/* The number of D's inputs that these samples make. */
int64_t gan_discriminator_input_count(const gan_discriminator_input *input, int64_t samples);
/* Set the input of D's session to what D sees in step number `step`, from 0, of real samples, or of G's last pass.
 * Unless it is NULL, `copy` gets the latter in the layout of the border. */
gan_status gan_discriminator_input_set_real(gan_discriminator_input *input, const float *samples, int64_t batch,
                                            int64_t step, gan_session *discriminator);
gan_status gan_discriminator_input_set_fake(gan_discriminator_input *input, const gan_session *generator,
                                            int64_t step, gan_session *discriminator, float *copy);
/* Passes the gradient of D's input on to G's output, after gan_discriminator_input_set_fake(). */
gan_status gan_discriminator_input_backward(const gan_discriminator_input *input, const gan_session *discriminator,
                                            gan_session *generator);
void gan_discriminator_input_add_entries(gan_discriminator_input *input, gan_entries *entries);

/* ---- Penalties (penalties.c) ----------------------------------------------------------------------------------- */

typedef struct gan_penalty_options {
    float r1, r2, gradient_penalty, dragan; /* coefficients; 0: none */
    int64_t interval;                       /* updates from one with penalties to the next one */
    gan_schedule schedule;
    float final_factor;
    int64_t schedule_steps;
    uint64_t seed;
} gan_penalty_options;

typedef struct gan_penalties {
    gan_context *context;
    gan_penalty_options options;
    /* For gradient_penalty and dragan, which have their own samples; all NULL without them. */
    gan_session *session; /* of D; created by whoever creates the penalties */
    gan_random *random;
    float *samples; /* `values` values */
    int64_t values;
} gan_penalties;

/* The passes of an update, on `count` inputs of D of `size` values each. */
typedef struct gan_penalised_passes {
    gan_session *real, *fake;
    const float *real_samples; /* what D saw of real samples */
    int64_t count, size;
} gan_penalised_passes;

/* Whether any penalty has its own samples. */
bool gan_penalties_are_drawn(const gan_penalty_options *options);
/* `values`: in a batch. Must be destroyed even after a failure. */
gan_status gan_penalties_create(gan_penalties *penalties, gan_context *context, const gan_penalty_options *options,
                                int64_t values);
void gan_penalties_destroy(gan_penalties *penalties);
/* Where to copy what D sees of G's samples before update number `update`, or NULL. */
float *gan_penalties_fake_place(const gan_penalties *penalties, int64_t update);
/* Adds the gradients of the penalties of D's update, after its passes, and gives the sum of the penalties, 0 if there
 * are none. The schedule goes by `step`. */
gan_status gan_penalties_add(const gan_penalties *penalties, const gan_penalised_passes *passes, int64_t update,
                             int64_t step, double *sum);
void gan_penalties_add_entries(gan_penalties *penalties, gan_entries *entries);

/* ---- Averages (average.c) -------------------------------------------------------------------------------------- */

/* An exponential average of a model's weights during training. */
typedef struct gan_average {
    gan_player player;            /* has no model if there is no average */
    float decay, half_life, ramp; /* see gan_trainer_options */
    uint64_t seen;                /* real samples of all steps */
} gan_average;

/* Starts as a clone of the model; if decay and half-life are 0, there is no average. Must be destroyed even after a
 * failure. */
gan_status gan_average_create(gan_average *average, const char *name, const gan_model *model);
void gan_average_destroy(gan_average *average);
/* Moves after an update of the model in a step on `count` real samples. */
gan_status gan_average_move(gan_average *average, const gan_model *model, int64_t count);
void gan_average_add_entries(gan_average *average, const char *name, gan_entries *entries);

#endif
