/* Philox 4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (2011). A block of
 * four words depends only on the key (seed) and the counter (stream, counter). Inline, so that each source compiles
 * it for its own instruction set and number of lanes. Part of the door of random. */
#ifndef GAN_CORE_PHILOX_H
#define GAN_CORE_PHILOX_H

#include "libgan.h"

enum { GAN_PHILOX_WORDS = 4, GAN_PHILOX_ROUNDS = 10 };

/* One round on each of the blocks: high and low halves of two products, mixed with the key. */
static inline void gan_philox_round(uint32_t *words, int lanes, uint32_t key0, uint32_t key1)
{
    for (int i = 0; i < lanes; i++) {
        const uint64_t product0 = (uint64_t)UINT32_C(0xD2511F53) * words[i];
        const uint64_t product1 = (uint64_t)UINT32_C(0xCD9E8D57) * words[2 * lanes + i];
        words[i] = (uint32_t)(product1 >> 32) ^ words[lanes + i] ^ key0;
        words[2 * lanes + i] = (uint32_t)(product0 >> 32) ^ words[3 * lanes + i] ^ key1;
        words[lanes + i] = (uint32_t)product1;
        words[3 * lanes + i] = (uint32_t)product0;
    }
}

/* The blocks at `lanes` consecutive counters: words[w * lanes + i] is word w of the block at counter + i. With a
 * constant number of lanes, compilers turn the loops over them into vector instructions. */
static inline void gan_philox_blocks(gan_random_state at, uint32_t *words, int lanes)
{
    uint32_t key0 = (uint32_t)at.seed, key1 = (uint32_t)(at.seed >> 32);

    for (int i = 0; i < lanes; i++) {
        const uint64_t counter = at.counter + (uint64_t)i;
        words[i] = (uint32_t)counter;
        words[lanes + i] = (uint32_t)(counter >> 32);
        words[2 * lanes + i] = (uint32_t)at.stream;
        words[3 * lanes + i] = (uint32_t)(at.stream >> 32);
    }
    for (int round = 0; round < GAN_PHILOX_ROUNDS; round++) {
        gan_philox_round(words, lanes, key0, key1);
        key0 += UINT32_C(0x9E3779B9); /* the golden ratio */
        key1 += UINT32_C(0xBB67AE85); /* sqrt(3) - 1 */
    }
}

#endif
