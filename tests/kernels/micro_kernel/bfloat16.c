/* Rounding to bfloat16 against the definition, and the pairs that products take. */
#include "kernels/micro_kernel/micro_kernel.h"
#include "kernels/product/product.h"
#include "kernels/contexts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/* ---- Rounding ------------------------------------------------------------------------------------------------ */

static const struct {
    uint32_t from;
    uint16_t to;
} answers[] = {
    {0x00000000, 0x0000},                       /* 0 */
    {0x80000000, 0x8000},                       /* -0 */
    {0x3f800000, 0x3f80},                       /* 1 */
    {0x3f807fff, 0x3f80},                       /* just below a tie */
    {0x3f808000, 0x3f80},                       /* a tie: down, to even */
    {0x3f808001, 0x3f81},                       /* just above */
    {0x3f818000, 0x3f82},                       /* a tie: up, to even */
    {0xbf818000, 0xbf82},                       /* the same below 0 */
    {0x3fff8000, 0x4000},                       /* up to the next power of 2 */
    {0x40490fdb, 0x4049},                       /* pi */
    {0x7f7f7fff, 0x7f7f},                       /* the largest that stays finite */
    {0x7f7f8000, 0x7f80},                       /* a tie with infinity */
    {0xff7fffff, 0xff80},                       /* -FLT_MAX: -infinity */
    {0x7f800000, 0x7f80},                       /* infinity */
    {0xff800000, 0xff80},                       /* -infinity */
    {0x7fc00000, 0x7fc0},                       /* NaN */
    {0xffc12345, 0xffc1},                       /* -NaN with a payload */
    {0x7f800001, 0x7fc0},                       /* a signalling NaN whose bits are all in the lower half */
    {0x7fffffff, 0x7fff},                       /* must not carry into the sign */
    {0xffffffff, 0xffff}, {0x00800000, 0x0080}, /* the least normal */
    {0x007fffff, 0x0080},                       /* the largest denormal, up to it */
    {0x00010000, 0x0001},                       /* the least denormal of bfloat16 */
    {0x00008001, 0x0001},                       /* more than half of it */
    {0x00008000, 0x0000},                       /* half of it: to even */
    {0x00018000, 0x0002},                       /* a tie among denormals */
    {0x80008001, 0x8001},
};
enum { ANSWERS = sizeof(answers) / sizeof(answers[0]) };

/* Calls the test in plain C and, if the CPU has it, with AVX512_BF16. */
typedef void rounding_test(const gan_rounding_table *table, const char *name, bool denormals);
static rounding_test *current;

static void on_level(gan_context *context, const char *name)
{
    if (context->precision == GAN_PRECISION_BFLOAT16)
        current(gan_bfloat16_rounding(context), name, context->cpu == GAN_CPU_BASELINE);
}

static void on_levels(rounding_test *test)
{
    current = test;
    test_on_level(on_level);
}

/* AVX512_BF16 takes denormals as 0. */
static uint32_t without_denormals(uint32_t bits)
{
    return (bits & 0x7f800000) == 0 ? bits & 0x80000000 : bits;
}

static void known_answers_on(const gan_rounding_table *table, const char *name, bool denormals)
{
    float from[ANSWERS];
    uint16_t to[2 * ((ANSWERS + 1) / 2)];
    for (int i = 0; i < ANSWERS; i++) from[i] = float_of(answers[i].from);
    table->rows(1, ANSWERS, from, 0, (float *)(void *)to, 0);
    for (int i = 0; i < ANSWERS; i++) {
        const bool is_zero = !denormals && without_denormals(answers[i].from) != answers[i].from;
        const uint16_t expected = is_zero ? answers[i].to & 0x8000 : answers[i].to;
        if (to[i] != expected)
            fail_msg("%s: %08x is rounded to %04x, expected %04x", name, answers[i].from, to[i], expected);
    }
}

static void test_known_answers(void **state)
{
    (void)state;
    on_levels(known_answers_on);
}

/* Every upper half, with lower halves around the tie. */
static void definition_on(const gan_rounding_table *table, const char *name, bool denormals)
{
    static const uint32_t lower[] = {0, 1, 0x7fff, 0x8000, 0x8001, 0xffff};
    enum { LOWER = sizeof(lower) / sizeof(lower[0]) };
    for (uint32_t upper = 0; upper < 0x10000; upper++) {
        float from[LOWER];
        _Alignas(float) uint16_t to[LOWER];
        for (int i = 0; i < LOWER; i++) from[i] = float_of(upper << 16 | lower[i]);
        table->rows(1, LOWER, from, 0, (float *)(void *)to, 0);
        for (int i = 0; i < LOWER; i++) {
            const float got = float_of((uint32_t)to[i] << 16);
            if (!denormals) from[i] = float_of(without_denormals(bits_of(from[i])));
            if (isnan(from[i])) {
                if (!isnan(got) || !(to[i] & 0x40) || signbit(got) != signbit(from[i]))
                    fail_msg("%s: NaN %08x is rounded to %04x", name, bits_of(from[i]), to[i]);
            } else if (bits_of(got) != bits_of((float)test_bfloat16((double)from[i]))) {
                fail_msg("%s: %08x is rounded to %04x, expected %g", name, bits_of(from[i]), to[i],
                         test_bfloat16((double)from[i]));
            }
        }
    }
}

static void test_definition(void **state)
{
    (void)state;
    on_levels(definition_on);
}

/* ---- Pairs --------------------------------------------------------------------------------------------------- */

static uint16_t rounded(const float *x, int64_t at)
{
    return (uint16_t)(bits_of((float)test_bfloat16((double)x[at])) >> 16);
}

/* Value `which` of pair `at`. */
static uint16_t half_of(const float *pairs, int64_t at, int which)
{
    uint16_t halves[2];
    memcpy(halves, pairs + at, sizeof(halves));
    return halves[which];
}

static void check_pair(const char *text, const float *pairs, int64_t at, uint16_t first, uint16_t second)
{
    if (half_of(pairs, at, 0) != first || half_of(pairs, at, 1) != second) {
        fail_msg("%s: pair %d is %04x %04x, expected %04x %04x", text, (int)at, half_of(pairs, at, 0),
                 half_of(pairs, at, 1), first, second);
    }
}

static void check_pairs(const gan_rounding_table *table, const char *name, int64_t rows, int64_t columns,
                        uint64_t seed)
{
    char text[100];
    const int64_t stride = columns + 3, across = gan_pairs(columns), down = gan_pairs(rows);
    float *x = test_random_array(&seed, rows * stride);
    test_guarded along = test_guarded_create(rows * across), pairs = test_guarded_create(down * columns);
    snprintf(text, sizeof(text), "%s, rows, %d x %d", name, (int)rows, (int)columns);
    table->rows(rows, columns, x, stride, along.values, across);
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < columns; j += 2) {
            check_pair(text, along.values, i * across + j / 2, rounded(x, i * stride + j),
                       j + 1 < columns ? rounded(x, i * stride + j + 1) : 0);
        }
    }
    test_guarded_check(&along, text);
    snprintf(text, sizeof(text), "%s, pairs of rows, %d x %d", name, (int)rows, (int)columns);
    table->row_pairs(rows, columns, x, stride, pairs.values, columns);
    for (int64_t i = 0; i < rows; i += 2) {
        for (int64_t j = 0; j < columns; j++) {
            check_pair(text, pairs.values, i / 2 * columns + j, rounded(x, i * stride + j),
                       i + 1 < rows ? rounded(x, (i + 1) * stride + j) : 0);
        }
    }
    test_guarded_check(&pairs, text);
    free(x);
}

static void check_interleave(const gan_rounding_table *table, const char *name, int64_t rows, int64_t columns)
{
    char text[100];
    const int64_t stride = columns + 1;
    uint16_t *values = malloc((size_t)(2 * rows * stride) * sizeof(uint16_t));
    assert_non_null(values);
    for (int64_t i = 0; i < 2 * rows * stride; i++) values[i] = (uint16_t)(i * 7919);
    for (int which = 0; which < 4; which++) {
        const uint16_t *first = which & 1 ? values : NULL, *second = which & 2 ? values + rows * stride : NULL;
        test_guarded pairs = test_guarded_create(rows * columns);
        snprintf(text, sizeof(text), "%s, interleaved %d, %d x %d", name, which, (int)rows, (int)columns);
        table->interleave(rows, columns, first, second, stride, pairs.values, columns);
        for (int64_t i = 0; i < rows; i++) {
            for (int64_t j = 0; j < columns; j++) {
                check_pair(text, pairs.values, i * columns + j, first ? first[i * stride + j] : 0,
                           second ? second[i * stride + j] : 0);
            }
        }
        test_guarded_check(&pairs, text);
    }
    free(values);
}

static void pairs_on(const gan_rounding_table *table, const char *name, bool denormals)
{
    (void)denormals;
    static const int64_t sizes[] = {1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 64, 67};
    enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };
    for (int i = 0; i < SIZES; i++) {
        for (int rows = 1; rows < 6; rows++) {
            check_pairs(table, name, rows, sizes[i], (uint64_t)i);
            check_interleave(table, name, rows, sizes[i]);
        }
    }
}

static void test_pairs(void **state)
{
    (void)state;
    on_levels(pairs_on);
}

/* ---- Products of small numbers ----------------------------------------------------------------------------- */

static float product_of(gan_context *context, float a, float b)
{
    float c = 1, scratch[1024];
    assert_true(gan_gemm_scratch(context, 1, 1, 1) <= 1024);
    gan_gemm_run(
        context,
        &(gan_gemm){
            .m = 1, .n = 1, .k = 1, .a = &a, .lda = 1, .b = &b, .ldb = 1, .c = &c, .ldc = 1, .scratch = scratch});
    return c;
}

/* The instruction takes denormals as 0, and returns 0 for them; plain C does neither. */
static void denormals_on(gan_context *context, const char *name)
{
    if (context->precision != GAN_PRECISION_BFLOAT16) return;
    const bool exact = !context->bfloat16_by_instructions;
    const float denormal = product_of(context, 0x1p-128f, 0x1p10f), small = product_of(context, 0x1p-64f, 0x1p-64f);
    if (denormal != (exact ? 0x1p-118f : 0) || small != (exact ? 0x1p-128f : 0))
        fail_msg("%s: 2^-128 * 2^10 is %g, 2^-64 * 2^-64 is %g", name, (double)denormal, (double)small);
    assert_true(product_of(context, 0x1p-126f, 0x1p10f) == 0x1p-116f);
    assert_true(product_of(context, 0x1p-126f, 1) == 0x1p-126f);
}

static void test_denormals(void **state)
{
    (void)state;
    test_on_level(denormals_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_definition),
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_denormals),
    };
    return cmocka_run_group_tests_name("bfloat16", tests, NULL, NULL);
}
