/* Adding a matrix of rank one against the definition. */
#include "kernels/compare.h"
#include "kernels/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const gan_real a = (gan_real)1.7, b = (gan_real)-0.3;

static const struct {
    int64_t rows, columns;
} shapes[] = {{1, 1},   {1, 15},    {17, 1},   {3, 7},     {16, 16},  {5, 255},   {9, 256}, {11, 257},
              {64, 25}, {100, 513}, {65, 256}, {3, 16385}, {1, 6272}, {20000, 1}, {4099, 5}};
enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

static void sums_on(gan_context *context, const char *name)
{
    for (int k = 0; k < SHAPES; k++) {
        int64_t rows = shapes[k].rows, columns = shapes[k].columns, count = rows * columns;
        uint64_t seed = (uint64_t)k;
        gan_real *x = test_random_array(&seed, count), *before = test_random_array(&seed, count);
        gan_real *u = test_random_array(&seed, rows), *v = test_random_array(&seed, columns);
        test_guarded y = test_guarded_create(count);
        memcpy(y.values, before, (size_t)count * sizeof(gan_real));
        gan_add_rank_one(context, rows, columns, a, x, b, u, v, y.values);
        for (int64_t i = 0; i < rows; i++) {
            for (int64_t j = 0; j < columns; j++) {
                int64_t at = i * columns + j;
                double scaled = (double)a * (double)x[at], outer = (double)b * (double)u[i] * (double)v[j];
                double size = fabs((double)before[at]) + fabs(scaled) + fabs(outer);
                test_close(name, "rank one", at, (double)y.values[at], (double)before[at] + scaled + outer,
                           2 * TEST_EPSILON * size);
            }
        }
        test_guarded_check(&y, "sum with a matrix of rank one");
        free(x);
        free(before);
        free(u);
        free(v);
    }
}

static void test_sums(void **state)
{
    (void)state;
    test_on_level(sums_on);
}

static void same_bits_on(gan_context *const contexts[3], const char *name)
{
    enum { ROWS = 300, COLUMNS = 401 };
    uint64_t seed = 1;
    gan_real *x = test_random_array(&seed, ROWS * COLUMNS), *out[3];
    for (int t = 0; t < 3; t++) {
        out[t] = calloc(ROWS * COLUMNS, sizeof(gan_real));
        assert_non_null(out[t]);
        gan_add_rank_one(contexts[t], ROWS, COLUMNS, a, x, b, x, x + ROWS, out[t]);
        test_same_bits(name, "rank one", out[0], out[t], ROWS * COLUMNS);
    }
    for (int t = 0; t < 3; t++) free(out[t]);
    free(x);
}

static void test_any_number_of_threads(void **state)
{
    (void)state;
    test_on_threads(same_bits_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_any_number_of_threads),
    };
    return cmocka_run_group_tests_name("rank one", tests, NULL, NULL);
}
