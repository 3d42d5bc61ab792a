/* Dot products of pairs of rows in double against sums in long double. */
#include "kernels/compare.h"
#include "kernels/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    int64_t m, n, k;
} sizes[] = {{1, 1, 1}, {8, 8, 8}, {3, 17, 5}, {16, 9, 1}, {33, 40, 63}, {70, 7, 130}, {131, 65, 19}};
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

/* Released with free(values). */
static gan_double_rows random_rows(uint64_t *seed, int64_t rows, int64_t size)
{
    gan_double_rows matrix = {rows, size, NULL};
    int64_t values = 0;
    assert_true(gan_double_rows_values(rows, size, &values));
    assert_int_equal(values, (rows + 7) / 8 * 8 * size);
    matrix.values = calloc((size_t)values, sizeof(double));
    assert_non_null(matrix.values);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t k = 0; k < size; k++) *gan_double_rows_at(&matrix, i, k) = test_number(seed);
    return matrix;
}

/* A product, and how far along each row it has been visited. */
typedef struct product {
    int64_t rows, columns, tiles; /* columns: padded to whole tiles */
    double *values;
    int64_t *next;
} product;

static product product_create(int64_t rows, int64_t columns)
{
    product out = {(rows + 7) / 8 * 8, (columns + 7) / 8 * 8, 0, NULL, NULL};
    out.values = malloc((size_t)(out.rows * out.columns) * sizeof(double));
    out.next = calloc((size_t)out.rows, sizeof(int64_t));
    assert_true(out.values && out.next);
    for (int64_t i = 0; i < out.rows * out.columns; i++) out.values[i] = NAN;
    return out;
}

static void product_release(product *out)
{
    free(out->values);
    free(out->next);
}

/* Runs in several threads, which share no row; cmocka's assertions work only in the caller's. */
static void store(void *user, int64_t row, int64_t column, const double *tile)
{
    product *out = user;
    if (column < out->next[row]) return; /* leaves NaN behind */
    out->next[row] = column + 8;
    for (int64_t i = 0; i < 8; i++)
        memcpy(out->values + (row + i) * out->columns + column, tile + 8 * i, 8 * sizeof(double));
}

static void check_product(const char *name, const product *out, const gan_double_rows *a, const gan_double_rows *b,
                          bool upper)
{
    for (int64_t i = 0; i < a->rows; i++) {
        for (int64_t j = 0; j < b->rows; j++) {
            double actual = out->values[i * out->columns + j];
            long double expected = 0, size = 0;
            if (upper && j / 8 < i / 8) {
                assert_true(isnan(actual));
                continue;
            }
            for (int64_t k = 0; k < a->size; k++) {
                long double term = (long double)*gan_double_rows_at(a, i, k) * *gan_double_rows_at(b, j, k);
                expected += term;
                size += fabsl(term);
            }
            test_close(name, "product", i * b->rows + j, actual, (double)expected,
                       (double)(size * (long double)a->size) * 0x1p-52);
        }
    }
}

static void products_on(gan_context *context, const char *name)
{
    uint64_t seed = 5;
    for (int s = 0; s < SIZES; s++) {
        gan_double_rows a = random_rows(&seed, sizes[s].m, sizes[s].k);
        gan_double_rows b = random_rows(&seed, sizes[s].n, sizes[s].k);
        product all = product_create(a.rows, b.rows), upper = product_create(a.rows, a.rows);
        gan_pairwise_dot(context, &a, &b, false, store, &all);
        check_product(name, &all, &a, &b, false);
        gan_pairwise_dot(context, &a, &a, true, store, &upper);
        check_product(name, &upper, &a, &a, true);
        product_release(&all);
        product_release(&upper);
        free(a.values);
        free(b.values);
    }
}

static void test_products(void **state)
{
    (void)state;
    test_on_level(products_on);
}

/* All rows are the same, and so are all elements. */
static void equal_rows_on(gan_context *context, const char *name)
{
    enum { ROWS = 45, SIZE = 37 };
    uint64_t seed = 6;
    gan_double_rows a = random_rows(&seed, ROWS, SIZE);
    product out = product_create(ROWS, ROWS);
    for (int64_t i = 1; i < ROWS; i++)
        for (int64_t k = 0; k < SIZE; k++) *gan_double_rows_at(&a, i, k) = *gan_double_rows_at(&a, 0, k);
    gan_pairwise_dot(context, &a, &a, false, store, &out);
    for (int64_t i = 0; i < ROWS; i++) {
        for (int64_t j = 0; j < ROWS; j++)
            test_close(name, "equal rows", i, out.values[i * out.columns + j], out.values[0], 0);
    }
    product_release(&out);
    free(a.values);
}

static void test_equal_rows(void **state)
{
    (void)state;
    test_on_level(equal_rows_on);
}

static void same_bits_on(gan_context *const contexts[3], const char *name)
{
    uint64_t seed = 7;
    gan_double_rows a = random_rows(&seed, 203, 41), b = random_rows(&seed, 94, 41);
    product out[3];
    (void)name;
    for (int t = 0; t < 3; t++) {
        out[t] = product_create(a.rows, b.rows);
        gan_pairwise_dot(contexts[t], &a, &b, false, store, &out[t]);
        assert_memory_equal(out[0].values, out[t].values, (size_t)(out[0].rows * out[0].columns) * sizeof(double));
    }
    for (int t = 0; t < 3; t++) product_release(&out[t]);
    free(a.values);
    free(b.values);
}

static void test_any_number_of_threads(void **state)
{
    (void)state;
    test_on_threads(same_bits_on);
}

static void test_sizes_that_overflow(void **state)
{
    int64_t values = 7;
    (void)state;
    assert_false(gan_double_rows_values(INT64_MAX, 1, &values));
    assert_false(gan_double_rows_values(INT64_MAX / 2, 3, &values));
    assert_true(gan_double_rows_values(9, 3, &values));
    assert_int_equal(values, 48);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products),
        cmocka_unit_test(test_equal_rows),
        cmocka_unit_test(test_any_number_of_threads),
        cmocka_unit_test(test_sizes_that_overflow),
    };
    return cmocka_run_group_tests_name("products of rows", tests, NULL, NULL);
}
