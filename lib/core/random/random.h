/* Random numbers by Philox, and their streams. */
#ifndef GAN_CORE_RANDOM_H
#define GAN_CORE_RANDOM_H

#include "core/memory/memory.h"
#include "core/random/philox.h"
#include "libgan.h"

#include <stdatomic.h>

/* ---- Random numbers (random.c) ----------------------------------------------------------------------------- */

struct gan_random {
    atomic_int references;
    gan_context *context;
    gan_random_state state;
};

gan_random *gan_random_retain(gan_random *random);
/* The four words of one block of Philox (philox.h). */
void gan_philox(gan_random_state at, uint32_t words[4]);
/* Fills `out` and advances the state past the blocks used. A number depends only on its position; one block gives
 * this many normal numbers. */
#define GAN_NORMALS_PER_BLOCK 4
void gan_fill_uniform(gan_random_state *state, gan_real *out, int64_t count, gan_real low, gan_real high);
void gan_fill_normal(gan_random_state *state, gan_real *out, int64_t count, gan_real mean, gan_real deviation);
/* A uniform integer in [0, bound), bound >= 1, without bias. */
uint64_t gan_random_below(gan_random_state *state, uint64_t bound);
/* A permutation of 0 to count - 1, by one draw for each but the first (Fisher and Yates). */
void gan_random_permutation(gan_random_state *state, int64_t *order, int64_t count);

/* Streams of one seed, so that no two uses of it overlap. */
enum {
    GAN_STREAM_USER = 0,
    GAN_STREAM_WEIGHTS = 1000000,                          /* + tensor number */
    GAN_STREAM_NOISE = GAN_NOISE_STREAM,                   /* a trainer's training noise */
    GAN_STREAM_SAMPLE = 3,                                 /* a generator's first input, when it is sampled */
    GAN_STREAM_SHUFFLE = 4,                                /* permutations of a dataset */
    GAN_STREAM_SUBSET = 5,                                 /* subsets of a kernel distance */
    GAN_STREAM_PENALTY = GAN_PENALTY_STREAM,               /* samples that a trainer's penalties are taken on */
    GAN_STREAM_AUGMENT = GAN_AUGMENT_STREAM,               /* how a trainer augments samples */
    GAN_STREAM_INSTANCE_NOISE = GAN_INSTANCE_NOISE_STREAM, /* what it adds to them */
    GAN_STREAM_SPLIT = 9,                                  /* samples that gan_dataset_split() chooses */
    GAN_STREAM_CLASSES = GAN_CLASS_STREAM,                 /* classes that a game draws */
    GAN_STREAM_IMAGE_POOL = GAN_IMAGE_POOL_STREAM,         /* how image pools mix */
    GAN_STREAM_LAYER = 2000000,                            /* + node number: what a layer draws in a pass */
    GAN_STREAM_SAMPLE_INPUT = 3000000,                     /* + input number: a generator's other inputs */
    GAN_STREAM_SAMPLE_AGAIN = 4000000                      /* + input number: noise to replace what is truncated */
};

#endif
