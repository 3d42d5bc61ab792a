/* Softmax of rows, its derivative and the tangent of that, against their definitions. */
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
    double scale, size; /* size: of x */
} shapes[] = {{1, 1, 1, 1},      {3, 2, 0.5, 3},      {2, 10, 2, 5},    {5, 15, 1, 1},
              {3, 16, 1, 50},    {3, 17, 8, 1e-3},    {2, 33, 0.25, 9}, {64, 64, 1, 20},
              {100, 1000, 1, 2}, {2, 16385, 0.1, 20}, {900, 7, 1, 4}};
enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

enum { FORWARD, DERIVATIVE, TANGENT, KERNELS };

typedef struct arrays {
    int64_t rows, columns;
    double scale;
    gan_real *x, *p, *tangent_p, *t, *tangent_t;
} arrays;

static void run(gan_context *context, const arrays *a, int kernel, const gan_real *t, gan_real *y)
{
    const gan_real scale = (gan_real)a->scale;
    switch (kernel) {
    case FORWARD: gan_softmax(context, a->rows, a->columns, scale, t, y); break;
    case DERIVATIVE: gan_softmax_derivative(context, a->rows, a->columns, scale, a->p, t, y); break;
    default:
        gan_softmax_derivative_tangent(context, a->rows, a->columns, scale, a->p, a->tangent_p, a->t, t, y);
        break;
    }
}

/* What `run` is given to work on, which may be in place. */
static const gan_real *argument_of(const arrays *a, int kernel)
{
    return kernel == FORWARD ? a->x : kernel == DERIVATIVE ? a->t : a->tangent_t;
}

static void check_forward(const char *name, const arrays *a, int64_t i, const gan_real *y)
{
    const gan_real *x = a->x + i * a->columns;
    long double most = (long double)x[0], sum = 0;
    for (int64_t j = 1; j < a->columns; j++) most = fmaxl(most, (long double)x[j]);
    for (int64_t j = 0; j < a->columns; j++) sum += expl((long double)a->scale * ((long double)x[j] - most));
    for (int64_t j = 0; j < a->columns; j++) {
        const long double exponent = (long double)a->scale * ((long double)x[j] - most);
        const double p = (double)(expl(exponent) / sum);
        /* The exponent is rounded in proportion to it, up to where its exponential is 0. */
        test_close(name, "softmax", i * a->columns + j, (double)y[i * a->columns + j], p,
                   TEST_EPSILON * (16 + 2 * fabs((double)exponent)) * p + 1e-37);
    }
}

static void check_derivative(const char *name, const arrays *a, bool tangent, int64_t i, const gan_real *y)
{
    const gan_real *p = a->p + i * a->columns, *tangent_p = a->tangent_p + i * a->columns;
    const gan_real *t = a->t + i * a->columns, *tangent_t = a->tangent_t + i * a->columns;
    long double mean = 0, tangent_mean = 0, size = 0, tangent_size = 0;
    for (int64_t j = 0; j < a->columns; j++) {
        mean += (long double)p[j] * (long double)t[j];
        size += fabsl((long double)p[j] * (long double)t[j]);
        tangent_mean += (long double)tangent_p[j] * (long double)t[j] + (long double)p[j] * (long double)tangent_t[j];
        tangent_size += fabsl((long double)tangent_p[j] * (long double)t[j]) +
                        fabsl((long double)p[j] * (long double)tangent_t[j]);
    }
    /* In double, sums are rounded with each addition. */
    const double epsilon = TEST_EPSILON * 8 + 0x1p-53 * (double)a->columns;
    for (int64_t j = 0; j < a->columns; j++) {
        const long double moved = (long double)t[j] - mean, tangent_moved = (long double)tangent_t[j] - tangent_mean;
        const long double first = (long double)p[j] * (tangent ? tangent_moved : moved);
        const long double second = tangent ? (long double)tangent_p[j] * moved : 0;
        const long double magnitude =
            tangent ? fabsl((long double)tangent_p[j]) * (fabsl((long double)t[j]) + size) +
                          fabsl((long double)p[j]) * (fabsl((long double)tangent_t[j]) + tangent_size)
                    : fabsl((long double)p[j]) * (fabsl((long double)t[j]) + size);
        test_close(name, tangent ? "tangent of the derivative" : "derivative", i * a->columns + j,
                   (double)y[i * a->columns + j], (double)((long double)a->scale * (first + second)),
                   epsilon * a->scale * (double)magnitude);
    }
}

static void check_kernel(gan_context *const contexts[3], const char *name, const arrays *a, int kernel)
{
    const int64_t count = a->rows * a->columns;
    gan_real *first = malloc((size_t)count * sizeof(*first));
    assert_non_null(first);
    for (int t = 0; t < 3; t++) {
        test_guarded y = test_guarded_create(count);
        run(contexts[t], a, kernel, argument_of(a, kernel), y.values);
        if (t == 0) {
            memcpy(first, y.values, (size_t)count * sizeof(*first));
            for (int64_t i = 0; i < a->rows; i++) {
                if (kernel == FORWARD) {
                    check_forward(name, a, i, y.values);
                } else {
                    check_derivative(name, a, kernel == TANGENT, i, y.values);
                }
            }
        }
        test_same_bits(name, "softmax", first, y.values, count);
        memcpy(y.values, argument_of(a, kernel), (size_t)count * sizeof(*first));
        run(contexts[t], a, kernel, y.values, y.values);
        test_same_bits(name, "softmax in place", first, y.values, count);
        test_guarded_check(&y, "softmax");
    }
    free(first);
}

static void sizes_on(gan_context *const contexts[3], const char *name)
{
    for (int k = 0; k < SHAPES; k++) {
        const int64_t rows = shapes[k].rows, columns = shapes[k].columns, count = rows * columns;
        uint64_t seed = (uint64_t)k;
        const arrays a = {rows,
                          columns,
                          shapes[k].scale,
                          test_random_array(&seed, count),
                          test_random_array(&seed, count),
                          test_random_array(&seed, count),
                          test_random_array(&seed, count),
                          test_random_array(&seed, count)};
        for (int64_t i = 0; i < count; i++) a.x[i] *= (gan_real)shapes[k].size;
        for (int kernel = 0; kernel < KERNELS; kernel++) check_kernel(contexts, name, &a, kernel);
        free(a.x);
        free(a.p);
        free(a.tangent_p);
        free(a.t);
        free(a.tangent_t);
    }
}

static void test_sizes_and_threads(void **state)
{
    (void)state;
    test_on_threads(sizes_on);
}

/* Nothing overflows, and NaN is seen wherever it stands. */
static void extremes_on(gan_context *context, const char *name)
{
    enum { COUNT = 37 };
    for (int place = 0; place < COUNT; place++) {
        gan_real x[COUNT], y[COUNT];
        for (int j = 0; j < COUNT; j++) x[j] = (gan_real)(j == place ? 3e38 : -3e38);
        gan_softmax(context, 1, COUNT, 1, x, y);
        for (int j = 0; j < COUNT; j++) test_close(name, "extremes", j, (double)y[j], j == place ? 1 : 0, 1e-37);
        for (int j = 0; j < COUNT; j++) x[j] = (gan_real)(j == place ? -INFINITY : 2);
        gan_softmax(context, 1, COUNT, 3, x, y);
        for (int j = 0; j < COUNT; j++)
            test_close(name, "infinity", j, (double)y[j], j == place ? 0 : 1.0 / 36, TEST_EPSILON);
        x[place] = (gan_real)NAN;
        gan_softmax(context, 1, COUNT, 1, x, y);
        for (int j = 0; j < COUNT; j++) assert_true(isnan((double)y[j]));
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
    return cmocka_run_group_tests_name("softmax", tests, NULL, NULL);
}
