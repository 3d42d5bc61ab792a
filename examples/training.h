/* Trains an image generator as the command line says, and writes pictures of samples, the losses as CSV and as a
 * plot, the models and a checkpoint, after each epoch and at the end. Ctrl-C saves and exits; --resume continues from
 * there. */
#ifndef EXAMPLES_TRAINING_H
#define EXAMPLES_TRAINING_H

#include "models.h"

typedef struct image_gan {
    const char *usage;  /* for the help text */
    const char *recipe; /* by default */
    build_model *generator, *discriminator;
    int64_t factor; /* of which the sides of images must be multiples */
} image_gan;

/* The whole program; returns the exit status. */
int train_on_images(const image_gan *what, int argc, char **argv);

#endif
