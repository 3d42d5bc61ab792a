/* Products with a row of each sample, and their sums over rows, against their definitions. */
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
    int64_t batch, rows, columns;
} shapes[] = {{1, 1, 1},     {3, 1, 7},    {1, 1, 16385}, {2, 5, 1},     {3, 63, 1},    {2, 65, 1},   {5, 1000, 1},
              {3, 7, 3},     {2, 9, 16},   {3, 5, 63},    {2, 3, 64},    {2, 3, 65},    {1, 17, 200}, {70, 33, 5},
              {1, 40000, 1}, {1, 7000, 3}, {129, 256, 1}, {4, 16385, 2}, {33, 49, 128}, {1000, 3, 11}};
enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

static void check_products(const char *name, int shape, const gan_real *a, const gan_real *b, const gan_real *before,
                           const gan_real *y)
{
    const int64_t rows = shapes[shape].rows, columns = shapes[shape].columns;
    for (int64_t k = 0; k < shapes[shape].batch * rows * columns; k++) {
        const double product = (double)a[k] * (double)b[k / (rows * columns) * columns + k % columns];
        const double added = before ? (double)before[k] : 0;
        test_close(name, "product", k, (double)y[k], added + product, TEST_EPSILON * (fabs(product) + fabs(added)));
    }
}

static void check_sums(const char *name, int shape, const gan_real *a, const gan_real *b, const gan_real *before,
                       const gan_real *y)
{
    const int64_t rows = shapes[shape].rows, columns = shapes[shape].columns;
    for (int64_t n = 0; n < shapes[shape].batch; n++) {
        for (int64_t j = 0; j < columns; j++) {
            const int64_t at = n * columns + j;
            long double sum = before ? (long double)before[at] : 0, magnitude = fabsl(sum);
            for (int64_t i = 0; i < rows; i++) {
                const int64_t k = (n * rows + i) * columns + j;
                sum += (long double)a[k] * (long double)b[k];
                magnitude += fabsl((long double)a[k] * (long double)b[k]);
            }
            /* Rounded once in float; in double, with each addition. */
            const double rounding = rows == 1 ? (double)magnitude : fabs((double)sum);
            test_close(name, "sum", at, (double)y[at], (double)sum,
                       TEST_EPSILON * rounding + 0x1p-53 * ((double)rows / 32 + 66) * (double)magnitude);
        }
    }
}

static void multiply_on(gan_context *const contexts[3], const char *name)
{
    for (int k = 0; k < SHAPES; k++) {
        const int64_t batch = shapes[k].batch, rows = shapes[k].rows, columns = shapes[k].columns;
        const int64_t all = batch * rows * columns, few = batch * columns;
        uint64_t seed = (uint64_t)k;
        gan_real *a = test_random_array(&seed, all), *b = test_random_array(&seed, all);
        gan_real *before = test_random_array(&seed, all), *row = test_random_array(&seed, few);
        for (int mode = 0; mode < 4; mode++) {
            const bool accumulate = mode % 2 == 1, summed = mode >= 2;
            const int64_t count = summed ? few : all;
            gan_real *first = malloc((size_t)count * sizeof(*first));
            assert_non_null(first);
            for (int t = 0; t < 3; t++) {
                test_guarded y = test_guarded_create(count);
                if (accumulate) memcpy(y.values, before, (size_t)count * sizeof(gan_real));
                if (summed) {
                    gan_sum_products(contexts[t], batch, rows, columns, a, b, accumulate, y.values);
                } else {
                    gan_multiply_rows(contexts[t], batch, rows, columns, a, row, accumulate, y.values);
                }
                if (t == 0) {
                    memcpy(first, y.values, (size_t)count * sizeof(gan_real));
                    (summed ? check_sums : check_products)(name, k, a, summed ? b : row, accumulate ? before : NULL,
                                                           y.values);
                }
                test_same_bits(name, "products", first, y.values, count);
                test_guarded_check(&y, "products");
            }
            if (mode == 0) {
                memcpy(before, a, (size_t)all * sizeof(gan_real));
                gan_multiply_rows(contexts[0], batch, rows, columns, before, row, false, before);
                test_same_bits(name, "products in place", first, before, all);
            }
            free(first);
        }
        free(a);
        free(b);
        free(before);
        free(row);
    }
}

static void test_multiply(void **state)
{
    (void)state;
    test_on_threads(multiply_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_multiply)};
    return cmocka_run_group_tests_name("products with rows", tests, NULL, NULL);
}
