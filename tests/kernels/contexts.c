#include "kernels/contexts.h"
#include "support/run.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { GUARD = 64 };

/* Levels, and ways to multiply. */
static const struct {
    const char *name;
    gan_cpu cpu;
    gan_multiply multiply;
    gan_precision precision;
} ways[] = {
    {"baseline", GAN_CPU_BASELINE, GAN_MULTIPLY_NATIVE, GAN_PRECISION_FLOAT32},
    {"avx2", GAN_CPU_AVX2, GAN_MULTIPLY_NATIVE, GAN_PRECISION_FLOAT32},
    {"avx512", GAN_CPU_AVX512, GAN_MULTIPLY_NATIVE, GAN_PRECISION_FLOAT32},
    {"simd128", GAN_CPU_SIMD128, GAN_MULTIPLY_NATIVE, GAN_PRECISION_FLOAT32},
    {"blas", GAN_CPU_BEST, GAN_MULTIPLY_BLAS, GAN_PRECISION_FLOAT32},
    {"bfloat16", GAN_CPU_BASELINE, GAN_MULTIPLY_NATIVE, GAN_PRECISION_BFLOAT16},
    {"neon_bf16", GAN_CPU_BEST, GAN_MULTIPLY_NATIVE, GAN_PRECISION_BFLOAT16},
    {"avx512_bf16", GAN_CPU_BEST, GAN_MULTIPLY_NATIVE, GAN_PRECISION_BFLOAT16},
};
enum { WAYS = sizeof(ways) / sizeof(ways[0]) };

static size_t chosen_way(void)
{
    const char *name = getenv("GAN_TEST_WAY");
    if (!name) return 0;
    for (size_t way = 0; way < WAYS; way++) {
        if (strcmp(name, ways[way].name) == 0) return way;
    }
    fail_msg(
        "GAN_TEST_WAY is '%s', expected baseline, avx2, avx512, simd128, blas, bfloat16, neon_bf16 or avx512_bf16",
        name);
    return 0;
}

static gan_context *create(size_t way, int threads)
{
    gan_context *context = NULL;
    const gan_status status = gan_context_create(GAN_CONTEXT(.cpu = ways[way].cpu, .multiply = ways[way].multiply,
                                                             .precision = ways[way].precision, .threads = threads),
                                                 &context);
    if (status == GAN_ERROR_UNSUPPORTED) test_skip_program("%s", gan_last_error());
    assert_int_equal(status, GAN_OK);
    return context;
}

void test_on_level(void (*test)(gan_context *context, const char *name))
{
    const size_t way = chosen_way();
    gan_context *context = create(way, 1);
    test(context, ways[way].name);
    gan_context_destroy(context);
}

void test_on_threads(void (*test)(gan_context *const contexts[3], const char *name))
{
    const size_t way = chosen_way();
    gan_context *const contexts[3] = {create(way, 1), create(way, 2), create(way, 3)};
    test(contexts, ways[way].name);
    for (int i = 0; i < 3; i++) gan_context_destroy(contexts[i]);
}

/* A multiple of the last of 8 bits; for small values, of the last bit at the least exponent. */
double test_bfloat16(double value)
{
    int exponent;
    if (!isfinite(value)) return value;
    frexp(value, &exponent);
    const double place = ldexp(1, exponent > -125 ? exponent - 8 : -133);
    const double rounded = nearbyint(value / place) * place;
    return fabs(rounded) < 0x1p128 ? rounded : copysign(INFINITY, value);
}

void test_operands(const gan_context *context, gan_real *values, int64_t count)
{
    if (context->precision == GAN_PRECISION_FLOAT32) return;
    for (int64_t i = 0; i < count; i++) values[i] = (gan_real)test_bfloat16((double)values[i]);
}

static uint64_t next(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

double test_number(uint64_t *seed)
{
    return (double)next(seed) / 1073741824.0 - 1.0;
}

int64_t test_integer(uint64_t *seed, int64_t low, int64_t high)
{
    return low + (int64_t)(next(seed) % (uint64_t)(high - low + 1));
}

gan_real *test_random_array(uint64_t *seed, int64_t count)
{
    gan_real *values = malloc((size_t)(count > 0 ? count : 1) * sizeof(gan_real));
    assert_non_null(values);
    for (int64_t i = 0; i < count; i++) values[i] = (gan_real)test_number(seed);
    return values;
}

test_guarded test_guarded_create(int64_t count)
{
    test_guarded guarded = {.count = count, .block = malloc((size_t)(count + 2 * GUARD) * sizeof(gan_real))};
    assert_non_null(guarded.block);
    guarded.values = guarded.block + GUARD;
    for (int64_t i = 0; i < count + 2 * GUARD; i++) guarded.block[i] = TEST_GUARD;
    return guarded;
}

void test_guarded_check(test_guarded *guarded, const char *what)
{
    for (int64_t i = 0; i < GUARD; i++) {
        if (guarded->block[i] != TEST_GUARD || guarded->values[guarded->count + i] != TEST_GUARD)
            fail_msg("%s: written outside, %d values from an end", what, (int)i);
    }
    free(guarded->block);
}

double test_sum_error(int64_t terms)
{
    return (double)(terms + 4) * (sizeof(gan_real) == sizeof(float) ? FLT_EPSILON : DBL_EPSILON);
}
