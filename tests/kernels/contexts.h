/* Contexts for tests of kernels, and guarded arrays. A program runs on one CPU level, or with one way to multiply,
 * named by GAN_TEST_WAY: baseline (the default), avx2, avx512, blas, bfloat16, neon_bf16 or avx512_bf16. The
 * suite runs it once for each; if the CPU lacks one, cases that need a context are skipped. */
#ifndef GAN_TESTS_KERNELS_CONTEXTS_H
#define GAN_TESTS_KERNELS_CONTEXTS_H

#include "core/core.h"

/* Calls `test` with a context of one thread. */
void test_on_level(void (*test)(gan_context *context, const char *name));

/* The same, with contexts of 1, 2 and 3 threads that are otherwise equal. */
void test_on_threads(void (*test)(gan_context *const contexts[3], const char *name));

/* A float rounded to bfloat16, by the definition. */
double test_bfloat16(double value);
/* Rounds values to what the context's products see. */
void test_operands(const gan_context *context, gan_real *values, int64_t count);

/* Numbers in (-1, 1), the same in each run. Advances `seed`. */
double test_number(uint64_t *seed);
/* An integer in low .. high. */
int64_t test_integer(uint64_t *seed, int64_t low, int64_t high);

/* An array of exactly `count` values, so that tools see any access beyond; random or zero. Released with free(). */
gan_real *test_random_array(uint64_t *seed, int64_t count);

/* An array of `count` arbitrary values between guards. */
typedef struct test_guarded {
    gan_real *values, *block;
    int64_t count;
} test_guarded;
test_guarded test_guarded_create(int64_t count);
/* Fails the test if anything was written before or after the values; releases them. */
void test_guarded_check(test_guarded *guarded, const char *what);

/* The value that fills guarded arrays. */
#define TEST_GUARD ((gan_real)-12345.5)

/* The largest error of a sum of `terms` products, relative to the sum of their magnitudes. */
double test_sum_error(int64_t terms);

#endif
