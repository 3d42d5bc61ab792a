/* The trainers whose checkpoints the releases wrote, in terms of the current API. */
#ifndef GAN_TESTS_COMPATIBILITY_TRAINERS_H
#define GAN_TESTS_COMPATIBILITY_TRAINERS_H

#include "libgan.h"

typedef struct named_trainer {
    const char *name;          /* of the checkpoint */
    const char *discriminator; /* of the model; the generator is always called that */
    const gan_trainer_options *options;
} named_trainer;

/* NULL if there is none of this name. */
const named_trainer *find_trainer(const char *name);

#endif
