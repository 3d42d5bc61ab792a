/* Slopes for columns, and what their gradients add up, against their definitions. */
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
    int64_t rows, columns;
} shapes[] = {{1, 1}, {5, 1}, {3, 7}, {17, 3}, {2, 65}, {1, 16385}, {33, 16}, {100003, 1}, {5000, 33}};
enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

static void check(const char *name, int64_t columns, int64_t slopes_count, const gan_real *slopes, int64_t count,
                  const gan_real *const arrays[3], const gan_real *bent, const gan_real *products)
{
    const gan_real *x = arrays[0], *a = arrays[1], *b = arrays[2];
    for (int64_t k = 0; k < count; k++) {
        const gan_real slope = slopes[slopes_count == 1 ? 0 : k % columns];
        const double expected = x[k] > 0 ? (double)a[k] : (double)slope * (double)a[k];
        const double product = x[k] > 0 ? 0 : (double)a[k] * (double)b[k];
        test_close(name, "value", k, (double)bent[k], expected, TEST_EPSILON * fabs(expected));
        test_close(name, "product", k, (double)products[k], product, TEST_EPSILON * fabs(product));
    }
}

static void prelu_on(gan_context *const contexts[3], const char *name)
{
    for (int k = 0; k < 2 * SHAPES; k++) {
        const int64_t rows = shapes[k / 2].rows, columns = shapes[k / 2].columns, count = rows * columns;
        const int64_t slope_count = k % 2 == 0 ? 1 : columns;
        uint64_t seed = (uint64_t)k;
        gan_real *slopes = test_random_array(&seed, columns), *x = test_random_array(&seed, count);
        gan_real *a = test_random_array(&seed, count), *b = test_random_array(&seed, count);
        gan_real *first = malloc((size_t)(2 * count) * sizeof(*first));
        assert_non_null(first);
        x[count / 2] = 0;
        for (int t = 0; t < 3; t++) {
            test_guarded bent = test_guarded_create(count), products = test_guarded_create(count);
            gan_prelu(contexts[t], rows, columns, slope_count, slopes, x, a, bent.values);
            gan_prelu_products(contexts[t], count, x, a, b, products.values);
            if (t == 0) {
                memcpy(first, bent.values, (size_t)count * sizeof(*first));
                memcpy(first + count, products.values, (size_t)count * sizeof(*first));
                check(name, columns, slope_count, slopes, count, (const gan_real *const[]){x, a, b}, bent.values,
                      products.values);
            }
            test_same_bits(name, "values", first, bent.values, count);
            test_same_bits(name, "products", first + count, products.values, count);
            test_guarded_check(&bent, "values");
            test_guarded_check(&products, "products");
        }
        gan_prelu(contexts[0], rows, columns, slope_count, slopes, x, a, a);
        test_same_bits(name, "values in place", first, a, count);
        free(slopes);
        free(x);
        free(a);
        free(b);
        free(first);
    }
}

/* A slope of 0 makes 0 of infinity, below 0, and leaves NaN; other slopes leave both. */
static void extremes_on(gan_context *context, const char *name)
{
    enum { COUNT = 37 };
    static const struct {
        double slope, x, value, out;
    } known[] = {{0, -INFINITY, -INFINITY, 0},
                 {0, -3, -3, 0},
                 {0, INFINITY, INFINITY, INFINITY},
                 {0, -3, INFINITY, 0},
                 {0, NAN, NAN, NAN},
                 {0.5, -INFINITY, -INFINITY, -INFINITY},
                 {-0.5, -INFINITY, -INFINITY, INFINITY},
                 {0.5, NAN, NAN, NAN}};
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        const gan_real slope = (gan_real)known[i].slope, expected = (gan_real)known[i].out;
        gan_real x[COUNT], values[COUNT], slopes[COUNT], out[2 * COUNT];
        for (int j = 0; j < COUNT; j++) x[j] = (gan_real)known[i].x;
        for (int j = 0; j < COUNT; j++) values[j] = (gan_real)known[i].value;
        for (int j = 0; j < COUNT; j++) slopes[j] = slope;
        gan_prelu(context, COUNT, 1, 1, &slope, x, values, out);
        gan_prelu(context, 1, COUNT, COUNT, slopes, x, values, out + COUNT);
        for (int j = 0; j < 2 * COUNT; j++) {
            const bool same = isnan((double)expected) ? isnan((double)out[j]) : out[j] == expected;
            if (!same || (expected == 0 && signbit((double)out[j]))) {
                fail_msg("%s: slope %g of %g is %g", name, known[i].slope, known[i].value, (double)out[j]);
            }
        }
    }
}

static void test_extremes(void **state)
{
    (void)state;
    test_on_level(extremes_on);
}

static void test_prelu(void **state)
{
    (void)state;
    test_on_threads(prelu_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_prelu), cmocka_unit_test(test_extremes)};
    return cmocka_run_group_tests_name("slopes for columns", tests, NULL, NULL);
}
