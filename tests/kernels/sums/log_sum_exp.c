/* Logarithms of sums of exponentials, and their first and second derivatives, against their definitions. */
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
    double scale; /* of x */
} shapes[] = {{1, 1, 1},   {3, 2, 3},    {2, 10, 5},   {5, 15, 1},    {3, 16, 100}, {3, 17, 1e-3},
              {2, 33, 10}, {64, 10, 20}, {3, 1000, 2}, {2, 16385, 1}, {5000, 7, 4}, {3, 9, 1e30}};
enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

enum { Y, DX, TANGENT_Y, TANGENT_DX, RESULTS };

typedef struct arrays {
    int64_t rows, columns;
    gan_real *x, *tangent_x, *dy, *tangent_dy;
} arrays;

static void run(gan_context *context, const arrays *a, const gan_real *dy, const gan_real *tangent_dy,
                gan_real *const results[RESULTS])
{
    gan_real *kept = malloc((size_t)(2 * a->rows) * sizeof(*kept));
    assert_non_null(kept);
    gan_log_sum_exp_forward(context, a->rows, a->columns, a->x, results[Y], kept);
    gan_log_sum_exp_backward(context, a->rows, a->columns, a->x, kept, a->dy, results[DX]);
    gan_log_sum_exp_tangent(context, a->rows, a->columns, a->x, kept, a->tangent_x, results[TANGENT_Y]);
    gan_log_sum_exp_tangent_backward(context, a->rows, a->columns, a->x, kept, a->tangent_x, dy, tangent_dy,
                                     results[TANGENT_DX]);
    free(kept);
}

static void check_row(const char *name, const arrays *a, int64_t i, const gan_real *dy, const gan_real *tangent_dy,
                      gan_real *const results[RESULTS])
{
    const gan_real *x = a->x + i * a->columns, *tangent_x = a->tangent_x + i * a->columns;
    const long double first = dy ? (long double)dy[i] : 0, second = tangent_dy ? (long double)tangent_dy[i] : 0;
    long double m = (long double)x[0], sum = 0, tangent = 0, magnitude = 0;
    for (int64_t j = 1; j < a->columns; j++) m = fmaxl(m, (long double)x[j]);
    for (int64_t j = 0; j < a->columns; j++) sum += expl((long double)x[j] - m);
    for (int64_t j = 0; j < a->columns; j++) {
        tangent += expl((long double)x[j] - m) / sum * (long double)tangent_x[j];
        magnitude += expl((long double)x[j] - m) / sum * fabsl((long double)tangent_x[j]);
    }
    const double y = (double)(m + logl(sum));
    /* The difference of two values of x is rounded in proportion to it, up to where its exponential is 0. */
    const double epsilon = TEST_EPSILON * (4 + 30 * (sizeof(gan_real) == sizeof(float) ? 1 : 2));
    test_close(name, "y", i, (double)results[Y][i], y, TEST_EPSILON * (fabs(y) + 3));
    test_close(name, "tangent of y", i, (double)results[TANGENT_Y][i], (double)tangent, epsilon * (double)magnitude);
    for (int64_t j = 0; j < a->columns; j++) {
        const int64_t at = i * a->columns + j;
        const long double p = expl((long double)x[j] - m) / sum;
        const long double by = second + first * ((long double)tangent_x[j] - tangent);
        test_close(name, "dx", at, (double)results[DX][at], (double)(p * (long double)a->dy[i]),
                   epsilon * (double)p + 1e-37);
        test_close(name, "tangent of dx", at, (double)results[TANGENT_DX][at], (double)(p * by),
                   4 * epsilon * (double)p + 1e-37);
    }
}

/* zero: 1: dy is 0; 2: its tangent. */
static void check_case(gan_context *const contexts[3], const char *name, const arrays *a, int zero)
{
    const gan_real *dy = zero == 1 ? NULL : a->dy, *tangent_dy = zero == 2 ? NULL : a->tangent_dy;
    gan_real *first[RESULTS] = {NULL};
    for (int t = 0; t < 3; t++) {
        test_guarded guarded[RESULTS];
        gan_real *results[RESULTS];
        for (int r = 0; r < RESULTS; r++) {
            guarded[r] = test_guarded_create(a->rows * (r == DX || r == TANGENT_DX ? a->columns : 1));
            results[r] = guarded[r].values;
        }
        run(contexts[t], a, dy, tangent_dy, results);
        if (t == 0)
            for (int64_t i = 0; i < a->rows; i++) check_row(name, a, i, dy, tangent_dy, results);
        for (int r = 0; r < RESULTS; r++) {
            if (t == 0) {
                first[r] = malloc((size_t)guarded[r].count * sizeof(gan_real));
                assert_non_null(first[r]);
                memcpy(first[r], results[r], (size_t)guarded[r].count * sizeof(gan_real));
            }
            test_same_bits(name, "log of a sum", first[r], results[r], guarded[r].count);
            test_guarded_check(&guarded[r], "log of a sum");
        }
    }
    for (int r = 0; r < RESULTS; r++) free(first[r]);
}

static void sizes_on(gan_context *const contexts[3], const char *name)
{
    for (int k = 0; k < SHAPES; k++) {
        const int64_t rows = shapes[k].rows, columns = shapes[k].columns;
        uint64_t seed = (uint64_t)k;
        const arrays a = {rows,
                          columns,
                          test_random_array(&seed, rows * columns),
                          test_random_array(&seed, rows * columns),
                          test_random_array(&seed, rows),
                          test_random_array(&seed, rows)};
        for (int64_t i = 0; i < rows * columns; i++) a.x[i] *= (gan_real)shapes[k].scale;
        for (int zero = 0; zero < 3; zero++) check_case(contexts, name, &a, zero);
        free(a.x);
        free(a.tangent_x);
        free(a.dy);
        free(a.tangent_dy);
    }
}

static void test_sizes_and_threads(void **state)
{
    (void)state;
    test_on_threads(sizes_on);
}

/* No overflow; infinity is the result where it is the largest value; and NaN is seen wherever it stands. */
static void extremes_on(gan_context *context, const char *name)
{
    enum { COUNT = 37 };
    static const struct {
        double all, one, y;
    } known[] = {{3e38, 3e38, 3e38},
                 {-3e38, -3e38, -3e38},
                 {-INFINITY, 2, 2},
                 {0, INFINITY, INFINITY},
                 {-INFINITY, -INFINITY, -INFINITY},
                 {1, NAN, NAN},
                 {-INFINITY, NAN, NAN},
                 {INFINITY, NAN, NAN},
                 {0, -1e30, 3.5835189384561099}};
    for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++) {
        for (int place = 0; place < COUNT; place++) {
            gan_real x[COUNT], y = 0, kept[2];
            for (int j = 0; j < COUNT; j++) x[j] = (gan_real)(j == place ? known[k].one : known[k].all);
            gan_log_sum_exp_forward(context, 1, COUNT, x, &y, kept);
            const double expected = (double)(gan_real)known[k].y;
            if (isnan(expected) ? !isnan((double)y) : !(fabs((double)y - expected) <= 1e-6) && (double)y != expected)
                fail_msg("%s: case %zu, place %d: %g", name, k, place, (double)y);
        }
    }
}

static void test_extremes(void **state)
{
    (void)state;
    test_on_level(extremes_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sizes_and_threads), cmocka_unit_test(test_extremes)};
    return cmocka_run_group_tests_name("logarithms of sums of exponentials", tests, NULL, NULL);
}
