/* Comparing kernels' results with expected ones, and the sizes at which they are compared. */
#ifndef GAN_TESTS_KERNELS_COMPARE_H
#define GAN_TESTS_KERNELS_COMPARE_H

#include "kernels/contexts.h"

/* The distance from 1 to the next gan_real. */
#define TEST_EPSILON (sizeof(gan_real) == sizeof(float) ? 0x1p-23 : 0x1p-52)

/* Around the sizes of vectors, of blocks and of work shared among threads; ends with 0. */
extern const int64_t test_sizes[];

/* Fails the test, naming the place, unless |actual - expected| <= tolerance. NaN is close to nothing. */
void test_close(const char *name, const char *what, int64_t at, double actual, double expected, double tolerance);

/* Fails the test unless both arrays hold the same bits. */
void test_same_bits(const char *name, const char *what, const gan_real *a, const gan_real *b, int64_t count);

#endif
