/* The door of trainer: the game of a generator and a discriminator, made of the other rooms' parts. */
#ifndef GAN_TRAINER_H
#define GAN_TRAINER_H

#include "data/data.h"
#include "train/diagnosis/diagnosis.h"
#include "train/losses/losses.h"
#include "train/stabilisers/stabilisers.h"

struct gan_trainer {
    gan_context *context;
    gan_trainer_options options; /* resolved; the two pointers NULL */
    gan_player generator, discriminator;
    gan_average average;
    gan_session *generate; /* G's pass */
    gan_session *real;     /* D on data */
    gan_session *fake;     /* D on samples of G */
    gan_session *sample;   /* G, forward only, independent of training */
    gan_discriminator_input input;
    gan_penalties penalties;
    gan_monitor monitor;
    gan_random *noise;
    gan_shape sample_shape;          /* of G */
    int64_t noise_size, sample_size; /* values in a sample of noise, and of data */
    int64_t steps, epochs;
    atomic_bool cancel;
    float *values; /* one block for the arrays below, value_count values */
    int64_t value_count;
    float *real_logits, *fake_logits, *real_gradient, *fake_gradient; /* a batch each */
    float *generator_gradient; /* for simultaneous updates: G's by the logits, then ratios; a batch */
    float *noise_values;       /* a batch */
    float *samples;            /* data for a step of gan_trainer_run(): discriminator_steps batches */
};

/* Checks and fills in defaults, also of the players' optimizers, by role. Both are untouched on failure. */
gan_status gan_trainer_options_resolve(const gan_trainer_options *given, gan_trainer_options *resolved,
                                       gan_optimizer_options optimizers[GAN_PLAYERS]);

/* GAN_ERROR_UNSUPPORTED if a layer of D mixes the samples of a batch (simultaneous.c). */
gan_status gan_simultaneous_check(const gan_model *discriminator);
/* The gradient of D's loss by a logit is raised to at least this size, keeping its sign: far too small to change a
 * weight, yet it leads back to the sample. Otherwise nothing would lead back to samples that D's loss ignores, such
 * as those beyond the margin of the hinge loss. */
#define GAN_SIMULTANEOUS_LEAST 1e-24f
/* Ensures that, and divides the gradients of the generator's loss by those of the discriminator's. */
void gan_simultaneous_ratios(int64_t count, float *discriminator, float *generator);

/* One step on `count` samples in batches of `batch`, the last one smaller if that does not divide `count`; one batch
 * per update of the discriminator (trainer_step.c). */
gan_status gan_trainer_step_on(gan_trainer *trainer, const float *samples, int64_t count, int64_t batch,
                               gan_step_report *report);

#endif
