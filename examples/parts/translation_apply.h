/* Translating a folder of pictures by a saved generator. */
#ifndef EXAMPLES_TRANSLATION_APPLY_H
#define EXAMPLES_TRANSLATION_APPLY_H

#include <libgan.h>

typedef struct application {
    const char *model, *input, *output; /* a file and two folders */
    int64_t seed, threads;
} application;

/* Writes a PNG file for each picture. Prints how many. */
gan_status apply_translation(const application *a);

#endif
