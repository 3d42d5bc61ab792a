/* Batch normalisation against its formulas in double, known answers and central differences. */
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
    int64_t rows, channels;
} shapes[] = {
    {2, 1},     {3, 5},    {32, 1},    {7, 3},     {17, 16},   {33, 63},   {65, 64},   {5, 65},
    {100, 257}, {1000, 3}, {50, 1024}, {4099, 17}, {20000, 2}, {300, 300}, {70001, 1}, {2000, 128},
};
enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

/* A layer, its input and the gradient of its output. */
typedef struct problem {
    gan_batch_norm_args args;
    int64_t count;
    gan_real *x, *dy, *scale, *shift;
    test_guarded scratch;
} problem;

static problem problem_create(int64_t rows, int64_t channels, double mean, double deviation)
{
    uint64_t seed = (uint64_t)(rows * 1000 + channels);
    problem p = {.count = rows * channels};
    p.x = test_random_array(&seed, p.count);
    p.dy = test_random_array(&seed, p.count);
    p.scale = test_random_array(&seed, channels);
    p.shift = test_random_array(&seed, channels);
    p.scratch = test_guarded_create(gan_batch_norm_scratch(rows, channels));
    for (int64_t i = 0; i < p.count; i++)
        p.x[i] = (gan_real)(mean * (double)(i % channels + 1) + deviation * sqrt(3.0) * (double)p.x[i]);
    p.args = (gan_batch_norm_args){.rows = rows,
                                   .channels = channels,
                                   .epsilon = (gan_real)1e-5,
                                   .momentum = (gan_real)0.1,
                                   .scale = p.scale,
                                   .shift = p.shift,
                                   .running_mean = test_random_array(&seed, channels),
                                   .running_variance = test_random_array(&seed, channels),
                                   .mean = test_random_array(&seed, channels),
                                   .inverse = test_random_array(&seed, channels),
                                   .scratch = p.scratch.values};
    for (int64_t c = 0; c < channels; c++) p.args.running_variance[c] += (gan_real)2;
    return p;
}

static void problem_release(problem *p)
{
    test_guarded_check(&p->scratch, "scratch of batch normalisation");
    free(p->args.running_mean);
    free(p->args.running_variance);
    free(p->args.mean);
    free(p->args.inverse);
    free(p->x);
    free(p->dy);
    free(p->scale);
    free(p->shift);
}

typedef struct moments {
    double mean, variance;
} moments;

static moments column_moments(const problem *p, int64_t c)
{
    long double mean = 0, variance = 0, rows = (long double)p->args.rows;
    for (int64_t i = c; i < p->count; i += p->args.channels) mean += (long double)p->x[i] / rows;
    for (int64_t i = c; i < p->count; i += p->args.channels)
        variance += ((long double)p->x[i] - mean) * ((long double)p->x[i] - mean) / rows;
    return (moments){(double)mean, (double)variance};
}

static double scale_of(const problem *p, int64_t c)
{
    return p->args.scale ? (double)p->args.scale[c] : 1;
}

static double shift_of(const problem *p, int64_t c)
{
    return p->args.shift ? (double)p->args.shift[c] : 0;
}

static gan_real *copy(const gan_real *values, int64_t count)
{
    gan_real *result = malloc((size_t)count * sizeof(gan_real));
    assert_non_null(result);
    memcpy(result, values, (size_t)count * sizeof(gan_real));
    return result;
}

static void check_outputs(const char *name, const problem *p, int64_t c, moments m, const gan_real *y)
{
    double inverse = 1 / sqrt(m.variance + (double)p->args.epsilon), e = TEST_EPSILON;
    test_close(name, "mean", c, (double)p->args.mean[c], m.mean, 2 * e * (1 + fabs(m.mean)));
    test_close(name, "inverse", c, (double)p->args.inverse[c], inverse, 8 * e * inverse);
    for (int64_t i = c; i < p->count; i += p->args.channels) {
        double normal = ((double)p->x[i] - m.mean) * inverse;
        double expected = normal * scale_of(p, c) + shift_of(p, c);
        test_close(name, "y", i, (double)y[i], expected, e * (16 + 2 * fabs(m.mean) * inverse + 8 * fabs(normal)));
    }
}

static void train_on(gan_context *context, const char *name)
{
    for (int k = 0; k < SHAPES; k++) {
        problem p = problem_create(shapes[k].rows, shapes[k].channels, 0.25, 0.8);
        if (k % 3 == 1) p.args.scale = NULL;
        if (k % 3 == 2) p.args.shift = NULL;
        gan_real *mean = copy(p.args.running_mean, p.args.channels);
        gan_real *variance = copy(p.args.running_variance, p.args.channels), *in_place = copy(p.x, p.count);
        test_guarded y = test_guarded_create(p.count);
        gan_batch_norm_train(context, &p.args, p.x, y.values);
        for (int64_t c = 0; c < p.args.channels; c++) {
            moments m = column_moments(&p, c);
            double unbiased = m.variance * (double)p.args.rows / ((double)p.args.rows - 1);
            double momentum = (double)p.args.momentum;
            check_outputs(name, &p, c, m, y.values);
            test_close(name, "running mean", c, (double)p.args.running_mean[c],
                       (1 - momentum) * (double)mean[c] + momentum * m.mean, 4 * TEST_EPSILON * (1 + fabs(m.mean)));
            test_close(name, "running variance", c, (double)p.args.running_variance[c],
                       (1 - momentum) * (double)variance[c] + momentum * unbiased, 8 * TEST_EPSILON * (3 + unbiased));
        }
        gan_batch_norm_train(context, &p.args, in_place, in_place);
        test_same_bits(name, "training in place", y.values, in_place, p.count);
        test_guarded_check(&y, "y");
        free(mean);
        free(variance);
        free(in_place);
        problem_release(&p);
    }
}

static void test_train(void **state)
{
    (void)state;
    test_on_level(train_on);
}

static void sample_on(gan_context *context, const char *name)
{
    for (int k = 0; k < SHAPES; k++) {
        problem p = problem_create(shapes[k].rows, shapes[k].channels, 0.25, 0.8);
        if (k % 3 == 1) p.args.scale = NULL;
        if (k % 3 == 2) p.args.shift = NULL;
        gan_real *y = malloc((size_t)p.count * sizeof(gan_real));
        assert_non_null(y);
        gan_batch_norm_sample(context, &p.args, p.x, y);
        for (int64_t c = 0; c < p.args.channels; c++) {
            moments m = {(double)p.args.running_mean[c], (double)p.args.running_variance[c]};
            check_outputs(name, &p, c, m, y);
        }
        gan_real *in_place = copy(p.x, p.count);
        gan_batch_norm_sample(context, &p.args, in_place, in_place);
        test_same_bits(name, "sampling in place", y, in_place, p.count);
        free(y);
        free(in_place);
        problem_release(&p);
    }
}

static void test_sample(void **state)
{
    (void)state;
    test_on_level(sample_on);
}

/* Mean 2.5, variance 1.25, and 5 / 3 with n - 1. */
static void known_answers_on(gan_context *context, const char *name)
{
    const gan_real x[4] = {1, 2, 3, 4};
    gan_real running_mean = 10, running_variance = 20, mean, inverse, y[4], scale = 2, shift = 3;
    test_guarded scratch = test_guarded_create(gan_batch_norm_scratch(4, 1));
    gan_batch_norm_args args = {.rows = 4,
                                .channels = 1,
                                .epsilon = (gan_real)0.0125,
                                .momentum = (gan_real)0.25,
                                .scale = &scale,
                                .shift = &shift,
                                .running_mean = &running_mean,
                                .running_variance = &running_variance,
                                .mean = &mean,
                                .inverse = &inverse,
                                .scratch = scratch.values};
    gan_batch_norm_train(context, &args, x, y);
    test_close(name, "mean", 0, (double)mean, 2.5, 0);
    test_close(name, "inverse", 0, (double)inverse, 0.889988319, 1e-7);
    test_close(name, "running mean", 0, (double)running_mean, 8.125, 0);
    test_close(name, "running variance", 0, (double)running_variance, 15.4166667, 1e-6);
    for (int i = 0; i < 4; i++) test_close(name, "y", i, (double)y[i], 3 + 1.779976638 * (i - 1.5), 1e-6);
    test_guarded_check(&scratch, "scratch");
}

static void test_known_answers(void **state)
{
    (void)state;
    test_on_level(known_answers_on);
}

/* The variance is right even if the mean is a thousand times the deviation; sums of squares would lose it in float.
 * Channels have means of 1000, 2000 and so on. */
static void accuracy_on(gan_context *context, const char *name)
{
    static const struct {
        int64_t rows, channels;
    } large[] = {{50000, 1}, {20000, 5}, {2000, 70}};
    for (int k = 0; k < 3; k++) {
        problem p = problem_create(large[k].rows, large[k].channels, 1000, 1);
        gan_batch_norm_train(context, &p.args, p.x, p.x);
        double worst = 0;
        problem again = problem_create(large[k].rows, large[k].channels, 1000, 1);
        for (int64_t c = 0; c < p.args.channels; c++) {
            double inverse = (double)p.args.inverse[c], variance = 1 / (inverse * inverse) - (double)p.args.epsilon;
            double expected = column_moments(&again, c).variance;
            const double error = fabs(variance - expected) / expected;
            if (!(error <= worst)) worst = error;
        }
        test_close(name, "relative error of the variance", k, worst, 0,
                   sizeof(gan_real) == sizeof(float) ? 2e-6 : 1e-11);
        problem_release(&again);
        problem_release(&p);
    }
}

static void test_accuracy(void **state)
{
    (void)state;
    test_on_level(accuracy_on);
}

/* What is added to dscale and dshift, and the sums of its terms' magnitudes. */
typedef struct parameter_gradient {
    double scale, shift, scale_size, shift_size;
} parameter_gradient;

/* The gradient of channel c by the formulas; dx is compared, the rest returned. */
static parameter_gradient check_gradient(const char *name, const problem *p, bool training, int64_t c,
                                         const gan_real *dx)
{
    double mean = (double)p->args.mean[c], inverse = (double)p->args.inverse[c];
    double share = training ? 1 / (double)p->args.rows : 0, factor = scale_of(p, c) * inverse;
    long double dscale = 0, dshift = 0;
    parameter_gradient sums = {0, 0, 0, 0};
    for (int64_t i = c; i < p->count; i += p->args.channels) {
        double term = (double)p->dy[i] * ((double)p->x[i] - mean) * inverse;
        dshift += (long double)p->dy[i];
        dscale += (long double)term;
        sums.shift_size += fabs((double)p->dy[i]);
        sums.scale_size += fabs(term);
    }
    sums.scale = (double)dscale;
    sums.shift = (double)dshift;
    for (int64_t i = c; i < p->count; i += p->args.channels) {
        double normal = ((double)p->x[i] - mean) * inverse;
        double expected = factor * ((double)p->dy[i] - sums.shift * share - normal * sums.scale * share);
        test_close(name, "dx", i, (double)dx[i], expected, 16 * TEST_EPSILON * fabs(factor) * (1 + fabs(normal)));
    }
    return sums;
}

static void backward_on(gan_context *context, const char *name)
{
    for (int k = 0; k < 2 * SHAPES; k++) {
        bool training = k < SHAPES;
        int64_t channels = shapes[k % SHAPES].channels;
        problem p = problem_create(shapes[k % SHAPES].rows, channels, 0.25, 0.8);
        if (k % 3 == 1) p.args.scale = NULL;
        gan_real *y = malloc((size_t)p.count * sizeof(gan_real)), *in_place = copy(p.dy, p.count);
        assert_non_null(y);
        (training ? gan_batch_norm_train : gan_batch_norm_sample)(context, &p.args, p.x, y);
        free(y);
        uint64_t seed = 5;
        gan_real *before = test_random_array(&seed, channels);
        gan_real *dscale = copy(before, channels), *dshift = copy(before, channels);
        test_guarded dx = test_guarded_create(p.count);
        gan_batch_norm_backward(context, &p.args, training, p.x, p.dy, dscale, dshift, dx.values);
        for (int64_t c = 0; c < channels; c++) {
            parameter_gradient expected = check_gradient(name, &p, training, c, dx.values);
            test_close(name, "dscale", c, (double)dscale[c], (double)before[c] + expected.scale,
                       4 * TEST_EPSILON * (expected.scale_size + 1));
            test_close(name, "dshift", c, (double)dshift[c], (double)before[c] + expected.shift,
                       4 * TEST_EPSILON * (expected.shift_size + 1));
        }
        gan_batch_norm_backward(context, &p.args, training, p.x, in_place, NULL, NULL, in_place);
        test_same_bits(name, "dx in place of dy", dx.values, in_place, p.count);
        memcpy(in_place, before, (size_t)channels * sizeof(gan_real));
        gan_batch_norm_backward(context, &p.args, training, p.x, p.dy, NULL, in_place, NULL);
        test_same_bits(name, "dshift alone", dshift, in_place, channels);
        test_guarded_check(&dx, "dx");
        free(before);
        free(dscale);
        free(dshift);
        free(in_place);
        problem_release(&p);
    }
}

static void test_backward(void **state)
{
    (void)state;
    test_on_level(backward_on);
}

/* A channel of equal values has variance 0; one with a NaN is NaN, but its neighbours are not. */
static void constant_and_nan_on(gan_context *context, const char *name)
{
    for (int k = 4; k < SHAPES; k++) {
        int64_t channels = shapes[k].channels;
        problem p = problem_create(shapes[k].rows, channels, 0.25, 0.8);
        int64_t constant = channels / 2, poisoned = channels - 1;
        for (int64_t i = constant; i < p.count; i += channels) p.x[i] = (gan_real)0.1;
        p.x[p.count - 1] = (gan_real)(k % 2 ? NAN : INFINITY);
        gan_batch_norm_train(context, &p.args, p.x, p.x);
        for (int64_t i = 0; i < p.count; i++) {
            int64_t c = i % channels;
            bool finite = isfinite((double)p.x[i]);
            if (finite != (c != poisoned)) fail_msg("%s: value %d is %g", name, (int)i, (double)p.x[i]);
            if (c == constant && c != poisoned)
                test_close(name, "y of a constant channel", i, (double)p.x[i], (double)p.shift[c], 1e-4);
        }
        assert_int_equal(isfinite((double)p.args.running_mean[poisoned]), 0);
        problem_release(&p);
    }
}

static void test_constant_and_nan(void **state)
{
    (void)state;
    test_on_level(constant_and_nan_on);
}

static void same_bits_on(gan_context *const contexts[3], const char *name)
{
    for (int k = 0; k < SHAPES; k++) {
        int64_t channels = shapes[k].channels;
        problem p[3];
        gan_real *y[3], *dscale[3];
        for (int t = 0; t < 3; t++) {
            uint64_t seed = 9;
            p[t] = problem_create(shapes[k].rows, channels, 0.25, 0.8);
            y[t] = malloc((size_t)p[t].count * sizeof(gan_real));
            dscale[t] = test_random_array(&seed, channels);
            assert_non_null(y[t]);
            gan_batch_norm_train(contexts[t], &p[t].args, p[t].x, y[t]);
            test_same_bits(name, "y", y[0], y[t], p[t].count);
            gan_batch_norm_backward(contexts[t], &p[t].args, true, p[t].x, p[t].dy, dscale[t], NULL, p[t].dy);
            test_same_bits(name, "dx", p[0].dy, p[t].dy, p[t].count);
            test_same_bits(name, "dscale", dscale[0], dscale[t], channels);
            test_same_bits(name, "running variance", p[0].args.running_variance, p[t].args.running_variance,
                           channels);
        }
        for (int t = 0; t < 3; t++) {
            free(y[t]);
            free(dscale[t]);
            problem_release(&p[t]);
        }
    }
}

static void test_any_number_of_threads(void **state)
{
    (void)state;
    test_on_threads(same_bits_on);
}

/* A session reserves scratch for its largest batch and uses it for smaller ones. */
static void test_scratch_grows(void **state)
{
    (void)state;
    for (int64_t channels = 1; channels < 3000; channels = channels * 3 + 1) {
        for (int64_t rows = 1; rows < 100000; rows += rows / 2 + 1)
            assert_true(gan_batch_norm_scratch(rows, channels) <= gan_batch_norm_scratch(rows + 1, channels));
    }
}

#ifdef GAN_REAL_IS_DOUBLE
/* sum of y dy, whose gradient is wanted */
static double weighted_output(gan_context *context, problem *p, bool training, gan_real *y)
{
    double loss = 0;
    (training ? gan_batch_norm_train : gan_batch_norm_sample)(context, &p->args, p->x, y);
    for (int64_t i = 0; i < p->count; i++) loss += y[i] * p->dy[i];
    return loss;
}

static double central_difference(gan_context *context, problem *p, bool training, gan_real *value, gan_real *y)
{
    const double h = 1e-5;
    gan_real before = *value;
    *value = before + h;
    double above = weighted_output(context, p, training, y);
    *value = before - h;
    double below = weighted_output(context, p, training, y);
    *value = before;
    return (above - below) / (2 * h);
}

static void differences_on(gan_context *context, const char *name)
{
    for (int k = 0; k < 16; k++) {
        bool training = k % 2;
        problem p = problem_create(shapes[k / 2].rows, shapes[k / 2].channels, 0.25, 0.8);
        gan_real *y = malloc((size_t)p.count * sizeof(gan_real)), *dx = malloc((size_t)p.count * sizeof(gan_real));
        gan_real *dscale = calloc((size_t)p.args.channels, sizeof(gan_real));
        gan_real *dshift = calloc((size_t)p.args.channels, sizeof(gan_real));
        gan_real *mean = copy(p.args.running_mean, p.args.channels);
        gan_real *variance = copy(p.args.running_variance, p.args.channels);
        assert_true(y && dx && dscale && dshift);
        /* Training moves the running statistics, which do not matter here. */
        gan_real *of_training[2] = {p.args.running_mean, p.args.running_variance};
        (void)weighted_output(context, &p, training, y);
        gan_batch_norm_backward(context, &p.args, training, p.x, p.dy, dscale, dshift, dx);
        memcpy(of_training[0], mean, (size_t)p.args.channels * sizeof(gan_real));
        memcpy(of_training[1], variance, (size_t)p.args.channels * sizeof(gan_real));
        for (int64_t i = 0; i < p.count; i += 1 + p.count / 40)
            test_close(name, "dx", i, dx[i], central_difference(context, &p, training, p.x + i, y), 1e-7);
        for (int64_t c = 0; c < p.args.channels; c++) {
            test_close(name, "dscale", c, dscale[c], central_difference(context, &p, training, p.scale + c, y), 1e-7);
            test_close(name, "dshift", c, dshift[c], central_difference(context, &p, training, p.shift + c, y), 1e-7);
        }
        free(y);
        free(dx);
        free(dscale);
        free(dshift);
        free(mean);
        free(variance);
        problem_release(&p);
    }
}

static void test_differences(void **state)
{
    (void)state;
    test_on_level(differences_on);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_train),
        cmocka_unit_test(test_sample),
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_accuracy),
        cmocka_unit_test(test_backward),
        cmocka_unit_test(test_constant_and_nan),
        cmocka_unit_test(test_any_number_of_threads),
        cmocka_unit_test(test_scratch_grows),
#ifdef GAN_REAL_IS_DOUBLE
        cmocka_unit_test(test_differences),
#endif
    };
    return cmocka_run_group_tests_name("norm", tests, NULL, NULL);
}
