/* SplitMix64 (Steele, Lea and Flood, 2014): numbers that tests, and scripts in other languages, make alike. */
#ifndef GAN_TESTS_SUPPORT_SPLITMIX_H
#define GAN_TESTS_SUPPORT_SPLITMIX_H

#include <stdint.h>

/* Number n of the sequence that starts from 0; n counts from 1. */
static inline uint64_t test_splitmix(uint64_t n)
{
    uint64_t x = n * UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

#endif
