/* CPU levels on which tests can run: GAN_TEST_CPU=avx2 meson test -C build --suite levels. */
#ifndef GAN_TESTS_SUPPORT_LEVEL_H
#define GAN_TESTS_SUPPORT_LEVEL_H

#include "libgan.h"

typedef struct test_level {
    const char *name;
    gan_cpu cpu;
} test_level;

#ifdef __wasm__
enum { TEST_LEVELS = 2 };
#else
enum { TEST_LEVELS = 3 };
#endif
extern const test_level test_levels[TEST_LEVELS]; /* the lowest first */

#endif
