/* The door of train: losses, optimizers and the trainer, made of the public calls of the folders below. */
#ifndef GAN_TRAIN_H
#define GAN_TRAIN_H

#include "data/data.h"
#include "io/io.h"
#include "model/model.h"

#define GAN_OPTIMIZER_MODELS 8 /* most models of one optimizer */

struct gan_optimizer {
    gan_context *context;
    gan_optimizer_options options; /* resolved: no defaults left */
    int64_t steps;
    int model_count;
    gan_model *models[GAN_OPTIMIZER_MODELS];
    /* first: Adam's m, SGD's v; second: Adam's and RMSprop's v. parameter_size values a model; NULL where not used. */
    gan_real *first[GAN_OPTIMIZER_MODELS], *second[GAN_OPTIMIZER_MODELS];
};

/* Checks and fills in defaults; `what` names the options in messages. */
gan_status gan_optimizer_options_resolve(const gan_optimizer_options *given, gan_optimizer_options *resolved);

struct gan_trainer {
    gan_context *context;
    gan_trainer_options options; /* resolved; the two pointers NULL */
    gan_model *generator, *discriminator;
    gan_optimizer *generator_optimizer, *discriminator_optimizer;
    gan_session *generate; /* G's pass */
    gan_session *real;     /* D on data */
    gan_session *fake;     /* D on samples of G */
    gan_session *sample;   /* G, forward only */
    gan_random_state noise;
    int64_t steps, epochs;
    /* Whether the weights that each player has now are known to give finite losses. */
    bool generator_proved, discriminator_proved;
    atomic_bool cancel;
    float *logits;  /* real, fake and their gradients: 4 * batch */
    float *samples; /* a batch of data for gan_trainer_run, discriminator_steps * batch */
    float *noise_values;
};

#endif
