/* Minibatch standard deviation against formulas in long double, which differentiate step by step. */
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
    int64_t batch, pixels, channels, group;
} shapes[] = {
    {4, 1, 1, 4},   {1, 3, 5, 4},     {5, 1, 7, 2},    {9, 4, 3, 4},    {8, 1, 256, 8},
    {7, 1, 257, 3}, {3, 49, 33, 100}, {64, 16, 20, 4}, {2, 1000, 3, 2}, {33, 1, 4097, 32},
};
enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

/* x, R{x}; and dy, R{dy}, which have one more channel. */
enum { X, TANGENT_X, DY, TANGENT_DY, INPUTS };

typedef struct problem {
    gan_minibatch_stddev_args args;
    int64_t features, count, output;
    gan_real *values[INPUTS];
    test_guarded scratch;
} problem;

static problem problem_create(int k)
{
    const int64_t batch = shapes[k].batch, features = shapes[k].pixels * shapes[k].channels;
    uint64_t seed = (uint64_t)k + 3;
    problem p = {.features = features, .count = batch * features, .output = batch * (features + shapes[k].pixels)};
    p.args = (gan_minibatch_stddev_args){batch, shapes[k].pixels, shapes[k].channels, shapes[k].group, NULL};
    for (int i = 0; i < INPUTS; i++) p.values[i] = test_random_array(&seed, i < DY ? p.count : p.output);
    p.scratch = test_guarded_create(gan_minibatch_stddev_scratch(batch, features, shapes[k].group));
    p.args.scratch = p.scratch.values;
    return p;
}

static void problem_release(problem *p)
{
    test_guarded_check(&p->scratch, "scratch of minibatch standard deviation");
    for (int i = 0; i < INPUTS; i++) free(p->values[i]);
}

/* ---- One group, by the formulas -------------------------------------------------------------------------------- */

/* A feature's mean and deviation over samples first to end, and their tangents. */
typedef struct moments {
    long double mean, deviation, tangent_mean, tangent_deviation;
} moments;

static moments moments_of(const problem *p, int64_t first, int64_t end, int64_t feature)
{
    const long double n = (long double)(end - first);
    moments m = {0, 0, 0, 0};
    for (int64_t i = first; i < end; i++) {
        m.mean += (long double)p->values[X][i * p->features + feature] / n;
        m.tangent_mean += (long double)p->values[TANGENT_X][i * p->features + feature] / n;
    }
    long double variance = 0, tangent_variance = 0;
    for (int64_t i = first; i < end; i++) {
        const long double d = (long double)p->values[X][i * p->features + feature] - m.mean;
        variance += d * d / n;
        tangent_variance +=
            2 * d * ((long double)p->values[TANGENT_X][i * p->features + feature] - m.tangent_mean) / n;
    }
    m.deviation = sqrtl(variance + 1e-8L);
    m.tangent_deviation = tangent_variance / (2 * m.deviation);
    return m;
}

/* The group's value or its tangent. */
static long double value_of(const problem *p, int64_t first, int64_t end, bool tangent)
{
    long double sum = 0;
    for (int64_t j = 0; j < p->features; j++) {
        const moments m = moments_of(p, first, end, j);
        sum += tangent ? m.tangent_deviation : m.deviation;
    }
    return sum / (long double)p->features;
}

/* The sum of the last channel of dy or its tangent. */
static long double gradient_of(const problem *p, int64_t first, int64_t end, const gan_real *dy)
{
    const int64_t stride = p->args.channels + 1;
    long double sum = 0;
    for (int64_t i = first * p->args.pixels; i < end * p->args.pixels; i++)
        sum += (long double)dy[i * stride + p->args.channels];
    return sum;
}

/* ---- Comparing ------------------------------------------------------------------------------------------------- */

static int64_t end_of(const problem *p, int64_t first)
{
    return first + p->args.group < p->args.batch ? first + p->args.group : p->args.batch;
}

static void check_output(const char *name, const problem *p, const gan_real *values, const gan_real *y, bool tangent)
{
    const int64_t channels = p->args.channels, pixels = p->args.pixels;
    for (int64_t first = 0; first < p->args.batch; first = end_of(p, first)) {
        const double expected = (double)value_of(p, first, end_of(p, first), tangent);
        for (int64_t i = first * pixels; i < end_of(p, first) * pixels; i++) {
            test_same_bits(name, "what is the input", values + i * channels, y + i * (channels + 1), channels);
            test_close(name, tangent ? "tangent" : "deviation", i, (double)y[i * (channels + 1) + channels], expected,
                       16 * TEST_EPSILON * (0.1 + fabs(expected)));
        }
    }
}

/* dx of dy, or R{dx} of dy and R{dy}, either of which may be NULL. */
static void check_gradient(const char *name, const problem *p, bool tangent, const gan_real *dy,
                           const gan_real *tangent_dy, const gan_real *dx)
{
    const int64_t channels = p->args.channels, features = p->features;
    const gan_real *direct = tangent ? tangent_dy : dy;
    for (int64_t first = 0; first < p->args.batch; first = end_of(p, first)) {
        const int64_t end = end_of(p, first);
        const long double share = 1 / ((long double)features * (long double)(end - first));
        const long double of_direct = direct ? gradient_of(p, first, end, direct) : 0;
        const long double of_dy = dy ? gradient_of(p, first, end, dy) : 0;
        for (int64_t j = 0; j < features; j++) {
            const moments m = moments_of(p, first, end, j);
            for (int64_t i = first; i < end; i++) {
                const int64_t pixel = i * p->args.pixels + j / channels, at = i * features + j;
                const long double d = (long double)p->values[X][at] - m.mean;
                const long double td = (long double)p->values[TANGENT_X][at] - m.tangent_mean;
                long double expected = direct ? (long double)direct[pixel * (channels + 1) + j % channels] : 0;
                expected += of_direct * share * d / m.deviation;
                if (tangent) {
                    expected +=
                        of_dy * share * (td / m.deviation - d * m.tangent_deviation / (m.deviation * m.deviation));
                }
                /* If the deviation is small, u - E u has few digits, but x - m has all. */
                const double steep = fabs((double)(of_dy * share / m.deviation));
                test_close(name, tangent ? "tangent of dx" : "dx", at, (double)dx[at], (double)expected,
                           64 * TEST_EPSILON * (1 + fabs((double)expected) + steep));
            }
        }
    }
}

static void results_on(gan_context *context, const char *name)
{
    for (int k = 0; k < SHAPES; k++) {
        problem p = problem_create(k);
        gan_real *const *v = p.values;
        test_guarded y = test_guarded_create(p.output), dx = test_guarded_create(p.count);
        gan_minibatch_stddev_forward(context, &p.args, v[X], y.values);
        check_output(name, &p, v[X], y.values, false);
        gan_minibatch_stddev_backward(context, &p.args, v[X], v[DY], dx.values);
        check_gradient(name, &p, false, v[DY], NULL, dx.values);
        gan_minibatch_stddev_tangent(context, &p.args, v[X], v[TANGENT_X], y.values);
        check_output(name, &p, v[TANGENT_X], y.values, true);
        for (int zero = 0; zero < 3; zero++) {
            const gan_real *dy = zero == 1 ? NULL : v[DY], *tangent_dy = zero == 2 ? NULL : v[TANGENT_DY];
            gan_minibatch_stddev_tangent_backward(context, &p.args, v[X], v[TANGENT_X], dy, tangent_dy, dx.values);
            check_gradient(name, &p, true, dy, tangent_dy, dx.values);
        }
        test_guarded_check(&y, "y");
        test_guarded_check(&dx, "dx");
        problem_release(&p);
    }
}

static void test_results(void **state)
{
    (void)state;
    test_on_level(results_on);
}

/* Samples that differ only in their last bits: gradients turn around within a deviation of 1e-4. */
static void nearly_equal_on(gan_context *context, const char *name)
{
    problem p = problem_create(2);
    gan_real *const *v = p.values;
    test_guarded dx = test_guarded_create(p.count);
    for (int64_t i = 0; i < p.count; i++) v[X][i] = (gan_real)0.7 + (gan_real)1e-5 * v[X][i];
    gan_minibatch_stddev_backward(context, &p.args, v[X], v[DY], dx.values);
    check_gradient(name, &p, false, v[DY], NULL, dx.values);
    gan_minibatch_stddev_tangent_backward(context, &p.args, v[X], v[TANGENT_X], v[DY], v[TANGENT_DY], dx.values);
    check_gradient(name, &p, true, v[DY], v[TANGENT_DY], dx.values);
    test_guarded_check(&dx, "dx");
    problem_release(&p);
}

static void test_nearly_equal(void **state)
{
    (void)state;
    test_on_level(nearly_equal_on);
}

/* Deviations of 1, 3 and 0 over two samples, and the pixels of both get their mean. */
static void known_answer_on(gan_context *context, const char *name)
{
    const gan_real x[6] = {1, -2, 5, 3, 4, 5};
    gan_real y[8], scratch[8];
    const gan_minibatch_stddev_args args = {.batch = 2, .pixels = 1, .channels = 3, .group = 4, .scratch = scratch};
    assert_true(gan_minibatch_stddev_scratch(2, 3, 4) <= 8);
    gan_minibatch_stddev_forward(context, &args, x, y);
    test_close(name, "deviation", 0, (double)y[3], (1 + 3 + 1e-4) / 3, 1e-6);
    test_close(name, "deviation", 1, (double)y[7], (1 + 3 + 1e-4) / 3, 1e-6);
}

static void test_known_answer(void **state)
{
    (void)state;
    test_on_level(known_answer_on);
}

/* A NaN stays in its own group. */
static void nan_on(gan_context *context, const char *name)
{
    problem p = problem_create(3);
    gan_real *y = malloc((size_t)p.output * sizeof(gan_real));
    assert_non_null(y);
    p.values[X][p.count - 1] = (gan_real)NAN;
    gan_minibatch_stddev_forward(context, &p.args, p.values[X], y);
    const int64_t row = p.args.channels + 1, pixels = p.args.batch * p.args.pixels;
    for (int64_t i = 0; i < pixels; i++)
        if (!isnan((double)y[i * row + row - 1]) != (i < 8 * p.args.pixels)) fail_msg("%s: pixel %d", name, (int)i);
    free(y);
    problem_release(&p);
}

static void test_not_a_number(void **state)
{
    (void)state;
    test_on_level(nan_on);
}

static void same_bits_on(gan_context *const contexts[3], const char *name)
{
    for (int k = 0; k < SHAPES; k++) {
        gan_real *y[3], *dx[3];
        for (int t = 0; t < 3; t++) {
            problem p = problem_create(k);
            gan_real *const *v = p.values;
            y[t] = malloc((size_t)p.output * sizeof(gan_real));
            dx[t] = malloc((size_t)p.count * sizeof(gan_real));
            assert_true(y[t] && dx[t]);
            gan_minibatch_stddev_forward(contexts[t], &p.args, v[X], y[t]);
            gan_minibatch_stddev_tangent_backward(contexts[t], &p.args, v[X], v[TANGENT_X], v[DY], v[TANGENT_DY],
                                                  dx[t]);
            test_same_bits(name, "y", y[0], y[t], p.output);
            test_same_bits(name, "tangent of dx", dx[0], dx[t], p.count);
            problem_release(&p);
        }
        for (int t = 0; t < 3; t++) {
            free(y[t]);
            free(dx[t]);
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
        cmocka_unit_test(test_results),
        cmocka_unit_test(test_nearly_equal),
        cmocka_unit_test(test_known_answer),
        cmocka_unit_test(test_not_a_number),
        cmocka_unit_test(test_any_number_of_threads),
    };
    return cmocka_run_group_tests_name("minibatch_stddev", tests, NULL, NULL);
}
