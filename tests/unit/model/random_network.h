/* Networks of any layers, with any options and odd sizes, drawn from a number: the same in float and in double, so
 * without dropout and noise, whose random numbers differ between them. All calls are public. */
#ifndef GAN_TESTS_MODEL_RANDOM_NETWORK_H
#define GAN_TESTS_MODEL_RANDOM_NETWORK_H

#include "libgan.h"

enum { RANDOM_NETWORK_LAYERS = 9 };

typedef struct random_network {
    uint64_t seed; /* of input and weights */
    int count;
    uint64_t layers[RANDOM_NETWORK_LAYERS]; /* what each layer is drawn from */
} random_network;

random_network draw_random_network(gan_context *context, uint64_t seed);

/* The network's model, of one input and one output. */
gan_status build_random_network(gan_context *context, const random_network *network, gan_model **out);

#endif
