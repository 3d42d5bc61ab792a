/* Matrix products against their definition, three loops in double. */
#include "kernels/contexts.h"
#include "kernels/kernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

typedef struct product {
    int64_t m, n, k;
    bool transpose_a, transpose_b, accumulate, bias, full_precision;
    int64_t more;  /* of each row stride than needed */
    int64_t every; /* one row in this many is checked; 0: all */
    int64_t most;  /* rows that the scratch is for; 0: m */
} product;

static void describe(const product *p, const char *name, char text[160])
{
    snprintf(text, 160, "%s: m %d n %d k %d%s%s%s%s, strides + %d", name, (int)p->m, (int)p->n, (int)p->k,
             p->transpose_a ? ", A transposed" : "", p->transpose_b ? ", B transposed" : "",
             p->accumulate ? ", accumulate" : "", p->bias ? ", bias" : "", (int)p->more);
}

/* The operands of a product, and where its results belong. */
typedef struct operands {
    int64_t lda, ldb, ldc, a_count, b_count;
    gan_real *a, *b, *c, *bias;
} operands;

static operands operands_create(const product *p, uint64_t seed)
{
    operands o = {.lda = (p->transpose_a ? p->m : p->k) + p->more, .ldb = (p->transpose_b ? p->k : p->n) + p->more};
    o.ldc = p->n + p->more;
    /* The last row ends with its last value, not with its stride. */
    o.a_count = (p->transpose_a ? p->k : p->m) * o.lda - p->more;
    o.b_count = (p->transpose_b ? p->n : p->k) * o.ldb - p->more;
    o.a = test_random_array(&seed, o.a_count);
    o.b = test_random_array(&seed, o.b_count);
    o.c = test_random_array(&seed, p->m * o.ldc);
    o.bias = test_random_array(&seed, p->n);
    return o;
}

static void operands_release(operands *o)
{
    free(o->a);
    free(o->b);
    free(o->c);
    free(o->bias);
}

/* Runs the product on a copy of C; `c` has m * ldc values. */
static void run(gan_context *context, const product *p, const operands *o, gan_real *c, const char *text)
{
    test_guarded scratch = test_guarded_create(gan_gemm_scratch(context, p->most ? p->most : p->m, p->n, p->k));
    memcpy(c, o->c, (size_t)(p->m * o->ldc) * sizeof(gan_real));
    gan_gemm_run(context, &(gan_gemm){.m = p->m,
                                      .n = p->n,
                                      .k = p->k,
                                      .a = o->a,
                                      .lda = o->lda,
                                      .transpose_a = p->transpose_a,
                                      .b = o->b,
                                      .ldb = o->ldb,
                                      .transpose_b = p->transpose_b,
                                      .c = c,
                                      .ldc = o->ldc,
                                      .accumulate = p->accumulate,
                                      .bias = p->bias ? o->bias : NULL,
                                      .scratch = scratch.values,
                                      .full_precision = p->full_precision});
    test_guarded_check(&scratch, text);
}

static void check(gan_context *context, const char *name, const product *p, uint64_t seed)
{
    char text[160];
    operands o = operands_create(p, seed);
    test_guarded c = test_guarded_create(p->m * o.ldc);
    describe(p, name, text);
    run(context, p, &o, c.values, text);
    if (!p->full_precision) {
        test_operands(context, o.a, o.a_count);
        test_operands(context, o.b, o.b_count);
    }
    for (int64_t i = 0; i < p->m; i += p->every ? p->every : 1) {
        for (int64_t j = 0; j < o.ldc; j++) {
            double before = (double)o.c[i * o.ldc + j], got = (double)c.values[i * o.ldc + j];
            if (j >= p->n) {
                if (got != before) fail_msg("%s: written behind row %d", text, (int)i);
                continue;
            }
            double sum = p->accumulate ? before : 0, size = fabs(sum);
            for (int64_t k = 0; k < p->k; k++) {
                double term = (double)o.a[p->transpose_a ? k * o.lda + i : i * o.lda + k] *
                              (double)o.b[p->transpose_b ? j * o.ldb + k : k * o.ldb + j];
                sum += term;
                size += fabs(term);
            }
            if (p->bias) {
                sum += (double)o.bias[j];
                size += fabs((double)o.bias[j]);
            }
            if (!(fabs(got - sum) <= size * test_sum_error(p->k)))
                fail_msg("%s: element (%d, %d) is %.9g, expected %.9g", text, (int)i, (int)j, got, sum);
        }
    }
    test_guarded_check(&c, text);
    operands_release(&o);
}

static int64_t draw_size(uint64_t *seed)
{
    int64_t kind = test_integer(seed, 0, 4);
    return kind == 0 ? 1 : kind == 1 ? test_integer(seed, 1, 8) : test_integer(seed, 1, 70);
}

static void draw_options(product *p, int64_t bits)
{
    p->transpose_a = bits & 1;
    p->transpose_b = bits & 2;
    p->accumulate = bits & 4;
    p->bias = bits & 8;
}

static void odd_sizes_on(gan_context *context, const char *name)
{
    uint64_t seed = 1;
    for (int i = 0; i < 1500; i++) {
        product p = {.m = draw_size(&seed), .n = draw_size(&seed), .k = draw_size(&seed)};
        draw_options(&p, test_integer(&seed, 0, 63));
        p.more = test_integer(&seed, 0, 1) * test_integer(&seed, 1, 9);
        check(context, name, &p, seed);
    }
}

static void test_odd_sizes(void **state)
{
    (void)state;
    test_on_level(odd_sizes_on);
}

/* In each direction, sizes beyond what is multiplied, packed or handed to a thread at a time. */
static const product large[] = {
    {.m = 3, .n = 40, .k = 5000},
    {.m = 20, .n = 3, .k = 9000},
    {.m = 300, .n = 33, .k = 310},
    {.m = 33, .n = 301, .k = 300},
    {.m = 40, .n = 130, .k = 2100},
    {.m = 1, .n = 700, .k = 513},
    {.m = 700, .n = 1, .k = 513},
    {.m = 270, .n = 150, .k = 3},
    {.m = 32, .n = 784, .k = 100},
    {.m = 100, .n = 400, .k = 40},
    {.m = 129, .n = 100, .k = 257},
    {.m = 4, .n = 300, .k = 600},
    /* panels that tasks share, of which the last is narrow */
    {.m = 100, .n = 400, .k = 400, .every = 9},
    {.m = 131, .n = 410, .k = 300, .every = 9},
    /* few values of k, and columns after the last vector */
    {.m = 100, .n = 405, .k = 4, .every = 9},
    /* tasks of many rows and panels, which end within both */
    {.m = 519, .n = 1837, .k = 203, .every = 41},
    /* the same with one operand too large, beside the other, to be packed whole: neither may be longer than the
       scratch */
    {.m = 70, .n = 17000, .k = 5, .every = 23},
    {.m = 17000, .n = 70, .k = 5, .every = 977},
    /* rows whose values are far apart, or rows of B, with a last panel of its own or without */
    {.m = 40, .n = 1100, .k = 1100, .every = 13},
    {.m = 140, .n = 1120, .k = 1100, .every = 47},
    {.m = 1100, .n = 35, .k = 1100, .every = 333},
    /* the same of a transposed result, whose last two panels, both narrow, are of different tasks: with AVX-512, with
       AVX2 */
    {.m = 50, .n = 3000, .k = 430, .every = 7},
    {.m = 28, .n = 3000, .k = 430, .every = 7},
    /* pieces of a transposed result, added up apart */
    {.m = 150, .n = 2100, .k = 430, .every = 31},
    /* with the scratch of so many rows that they would not be packed, though these are */
    {.m = 32, .n = 17, .k = 2048, .most = 128},
    {.m = 256, .n = 65, .k = 400, .most = 512},
};

static void large_sizes_on(gan_context *context, const char *name)
{
    /* The same kernels multiply rounded operands: fewer options suffice. */
    const int64_t skip = context->precision == GAN_PRECISION_BFLOAT16 ? 3 : 1;
    for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
        for (int64_t bits = 0; bits < 16; bits += large[i].every ? 5 : skip * (i % 2 ? 3 : 5)) {
            product p = large[i];
            draw_options(&p, bits);
            check(context, name, &p, i);
        }
    }
    product added = {.m = 150, .n = 2100, .k = 430, .every = 31};
    draw_options(&added, 14);
    check(context, name, &added, 1);
}

static void test_large_sizes(void **state)
{
    (void)state;
    test_on_level(large_sizes_on);
}

/* Products with an empty dimension: nothing to do, or empty sums. */
static void empty_on(gan_context *context, const char *name)
{
    product no_terms = {.m = 5, .n = 9, .k = 0, .bias = true};
    check(context, name, &no_terms, 1);
    no_terms.accumulate = true;
    check(context, name, &no_terms, 2);
    check(context, name, &(product){.m = 0, .n = 3, .k = 3, .transpose_a = true}, 3);
    check(context, name, &(product){.m = 3, .n = 0, .k = 3, .transpose_b = true}, 4);
}

static void test_empty(void **state)
{
    (void)state;
    test_on_level(empty_on);
}

static void full_precision_on(gan_context *context, const char *name)
{
    for (int64_t bits = 0; bits < 4; bits++) {
        product p = {.m = 33, .n = 40, .k = 51, .full_precision = true};
        draw_options(&p, bits);
        check(context, name, &p, 11);
    }
}

static void test_full_precision(void **state)
{
    (void)state;
    test_on_level(full_precision_on);
}

static void not_finite_on(gan_context *context, const char *name)
{
    (void)name;
    product p = {.m = 9, .n = 35, .k = 20};
    operands o = operands_create(&p, 5);
    gan_real *c = calloc((size_t)(p.m * o.ldc), sizeof(gan_real));
    assert_non_null(c);
    o.a[3 * o.lda + 7] = (gan_real)NAN;
    o.b[2 * o.ldb + 34] = (gan_real)INFINITY;
    run(context, &p, &o, c, "not finite");
    for (int64_t i = 0; i < p.m; i++) {
        for (int64_t j = 0; j < p.n; j++) {
            bool finite = isfinite((double)c[i * o.ldc + j]);
            assert_int_equal(finite, i != 3 && j != 34);
        }
    }
    free(c);
    operands_release(&o);
}

static void test_not_finite(void **state)
{
    (void)state;
    test_on_level(not_finite_on);
}

static void same_bits_on(gan_context *const contexts[3], const char *name)
{
    for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
        for (int64_t bits = 0; bits < 8; bits += large[i].every ? 3 : 1) {
            char text[160];
            product p = large[i];
            draw_options(&p, bits + 8);
            describe(&p, name, text);
            operands o = operands_create(&p, i);
            size_t size = (size_t)(p.m * o.ldc) * sizeof(gan_real);
            gan_real *c[3];
            for (int t = 0; t < 3; t++) {
                c[t] = malloc(size);
                assert_non_null(c[t]);
                run(contexts[t], &p, &o, c[t], text);
                if (memcmp(c[0], c[t], size) != 0) fail_msg("%s: %d threads give other bits", text, t + 1);
            }
            for (int t = 0; t < 3; t++) free(c[t]);
            operands_release(&o);
        }
    }
}

static void test_any_number_of_threads(void **state)
{
    (void)state;
    test_on_threads(same_bits_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_odd_sizes),  cmocka_unit_test(test_large_sizes),
        cmocka_unit_test(test_empty),      cmocka_unit_test(test_full_precision),
        cmocka_unit_test(test_not_finite), cmocka_unit_test(test_any_number_of_threads),
    };
    return cmocka_run_group_tests_name("gemm", tests, NULL, NULL);
}
