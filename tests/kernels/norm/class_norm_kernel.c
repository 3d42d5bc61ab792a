/* Batch normalisation with a scale and shift for each class against its formulas in long double. */
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
    int64_t batch, pixels, channels, classes;
} shapes[] = {{2, 1, 1, 1},   {3, 1, 5, 2},    {32, 1, 300, 10}, {5, 7, 3, 4},     {1, 9, 17, 3},
              {7, 65, 64, 2}, {4, 33, 257, 3}, {700, 1, 65, 5},  {3, 20000, 1, 2}, {2, 1500, 33, 1000}};
enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

typedef struct problem {
    gan_class_norm_args args;
    int64_t count, classes;
    gan_real *x, *dy, *numbers, *scale, *shift, *kept; /* kept: mean, inverse and the running statistics */
    test_guarded scratch, y, dx, dscale, dshift;
} problem;

static problem problem_create(int k)
{
    const int64_t batch = shapes[k].batch, pixels = shapes[k].pixels, channels = shapes[k].channels;
    uint64_t seed = (uint64_t)k + 1;
    problem p = {.count = batch * pixels * channels, .classes = shapes[k].classes};
    p.x = test_random_array(&seed, p.count);
    p.dy = test_random_array(&seed, p.count);
    p.numbers = test_random_array(&seed, batch);
    for (int64_t i = 0; i < batch; i++) p.numbers[i] = (gan_real)test_integer(&seed, 0, p.classes - 1);
    p.scale = test_random_array(&seed, p.classes * channels);
    p.shift = test_random_array(&seed, p.classes * channels);
    p.kept = test_random_array(&seed, 4 * channels);
    p.scratch = test_guarded_create(gan_class_norm_scratch(batch, pixels, channels));
    p.y = test_guarded_create(p.count);
    p.dx = test_guarded_create(p.count);
    p.dscale = test_guarded_create(p.classes * channels);
    p.dshift = test_guarded_create(p.classes * channels);
    for (int64_t i = 0; i < p.classes * channels; i++) p.dscale.values[i] = p.dshift.values[i] = (gan_real)(i % 3);
    for (int64_t c = 0; c < channels; c++) p.kept[3 * channels + c] += 2;
    p.args = (gan_class_norm_args){.norm = {.rows = batch * pixels,
                                            .channels = channels,
                                            .epsilon = (gan_real)1e-3,
                                            .momentum = (gan_real)0.25,
                                            .scale = p.scale,
                                            .shift = p.shift,
                                            .running_mean = p.kept + 2 * channels,
                                            .running_variance = p.kept + 3 * channels,
                                            .mean = p.kept,
                                            .inverse = p.kept + channels,
                                            .scratch = p.scratch.values},
                                   .batch = batch,
                                   .pixels = pixels,
                                   .numbers = p.numbers};
    return p;
}

static void problem_release(problem *p)
{
    test_guarded_check(&p->scratch, "scratch");
    test_guarded_check(&p->y, "y");
    test_guarded_check(&p->dx, "dx");
    test_guarded_check(&p->dscale, "dscale");
    test_guarded_check(&p->dshift, "dshift");
    free(p->x);
    free(p->dy);
    free(p->numbers);
    free(p->scale);
    free(p->shift);
    free(p->kept);
}

static void run(gan_context *context, problem *p, bool training)
{
    gan_class_norm_forward(context, &p->args, training, p->x, p->y.values);
    gan_class_norm_backward(context, &p->args, training, p->x, p->dy, p->dscale.values, p->dshift.values,
                            p->dx.values);
}

/* Mean and variance of a channel in training, else the running ones. */
static void statistics(const problem *p, const gan_real *running, int64_t c, bool training, long double *mean,
                       long double *variance)
{
    const int64_t channels = p->args.norm.channels;
    const long double rows = (long double)p->args.norm.rows;
    *mean = training ? 0 : (long double)running[c];
    *variance = training ? 0 : (long double)running[channels + c];
    for (int64_t i = c; training && i < p->count; i += channels) *mean += (long double)p->x[i] / rows;
    for (int64_t i = c; training && i < p->count; i += channels)
        *variance += ((long double)p->x[i] - *mean) * ((long double)p->x[i] - *mean) / rows;
}

/* One channel: y, dx, and what is added to the gradients of its column of the tables. */
static void check_channel(const char *name, const problem *p, const gan_real *running, int64_t c, bool training)
{
    const int64_t channels = p->args.norm.channels;
    const double tolerance = 8 * TEST_EPSILON + 1e-12, rows = (double)p->args.norm.rows;
    long double mean, variance, sum_g = 0, sum_gh = 0;
    statistics(p, running, c, training, &mean, &variance);
    const long double inverse = 1 / sqrtl(variance + (long double)p->args.norm.epsilon);
    double *dscale = calloc((size_t)p->classes, sizeof(double)), *dshift = calloc((size_t)p->classes, sizeof(double));
    assert_true(dscale && dshift);
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t i = c; i < p->count; i += channels) {
            const int64_t number = (int64_t)p->numbers[i / (p->args.pixels * channels)];
            const long double scale = (long double)p->scale[number * channels + c], dy = (long double)p->dy[i];
            const long double h = ((long double)p->x[i] - mean) * inverse, g = scale * dy;
            if (pass == 0) {
                sum_g += g;
                sum_gh += g * h;
                dscale[number] += (double)(dy * h);
                dshift[number] += (double)dy;
                continue;
            }
            const long double share = training ? (sum_g + h * sum_gh) / (long double)rows : 0;
            test_close(name, "y", i, (double)p->y.values[i],
                       (double)(scale * h + (long double)p->shift[number * channels + c]), 4 * tolerance);
            test_close(name, "dx", i, (double)p->dx.values[i], (double)(inverse * (g - share)), 8 * tolerance);
        }
    }
    for (int64_t k = 0; k < p->classes; k++) {
        const int64_t at = k * channels + c;
        const double size = tolerance * (4 + sqrt(rows) * 2);
        test_close(name, "dscale", at, (double)p->dscale.values[at], (double)(at % 3) + dscale[k], size);
        test_close(name, "dshift", at, (double)p->dshift.values[at], (double)(at % 3) + dshift[k], size);
    }
    free(dscale);
    free(dshift);
}

static void formulas_on(gan_context *context, const char *name)
{
    for (int k = 0; k < 2 * SHAPES; k++) {
        const bool training = k % 2 == 0;
        problem p = problem_create(k / 2);
        const int64_t channels = p.args.norm.channels;
        gan_real *running = malloc((size_t)channels * 2 * sizeof(gan_real));
        assert_non_null(running);
        memcpy(running, p.kept + 2 * channels, (size_t)channels * 2 * sizeof(gan_real));
        run(context, &p, training);
        for (int64_t c = 0; c < channels; c += 1 + channels / 20) check_channel(name, &p, running, c, training);
        free(running);
        problem_release(&p);
    }
}

static void test_formulas(void **state)
{
    (void)state;
    test_on_level(formulas_on);
}

/* Statistics are those of batch normalisation, to the bit. */
static void statistics_on(gan_context *context, const char *name)
{
    for (int k = 0; k < SHAPES; k++) {
        problem p = problem_create(k), plain = problem_create(k);
        run(context, &p, true);
        gan_batch_norm_train(context, &plain.args.norm, plain.x, plain.y.values);
        test_same_bits(name, "statistics", p.kept, plain.kept, 4 * p.args.norm.channels);
        problem_release(&p);
        problem_release(&plain);
    }
}

static void test_statistics(void **state)
{
    (void)state;
    test_on_level(statistics_on);
}

/* In place, with fewer results, and with any number of threads: the same bits. */
static void same_bits_on(gan_context *const contexts[3], const char *name)
{
    for (int k = 0; k < SHAPES; k++) {
        problem p[4];
        for (int t = 0; t < 3; t++) {
            p[t] = problem_create(k);
            run(contexts[t], &p[t], true);
            test_same_bits(name, "y", p[0].y.values, p[t].y.values, p[0].count);
            test_same_bits(name, "dx", p[0].dx.values, p[t].dx.values, p[0].count);
            test_same_bits(name, "dscale", p[0].dscale.values, p[t].dscale.values, p[0].dscale.count);
            test_same_bits(name, "dshift", p[0].dshift.values, p[t].dshift.values, p[0].dshift.count);
        }
        p[3] = problem_create(k);
        memcpy(p[3].y.values, p[3].x, (size_t)p[3].count * sizeof(gan_real));
        gan_class_norm_forward(contexts[0], &p[3].args, true, p[3].y.values, p[3].y.values);
        test_same_bits(name, "y in place", p[0].y.values, p[3].y.values, p[0].count);
        gan_class_norm_backward(contexts[0], &p[3].args, true, p[3].x, p[3].dy, NULL, p[3].dshift.values, p[3].dy);
        test_same_bits(name, "dx in place", p[0].dx.values, p[3].dy, p[0].count);
        gan_class_norm_backward(contexts[0], &p[3].args, true, p[2].x, p[2].dy, p[3].dscale.values, NULL, NULL);
        test_same_bits(name, "dshift alone", p[0].dshift.values, p[3].dshift.values, p[0].dshift.count);
        test_same_bits(name, "dscale alone", p[0].dscale.values, p[3].dscale.values, p[0].dscale.count);
        memset(p[3].dx.values, 0, (size_t)p[3].count * sizeof(gan_real));
        for (int t = 0; t < 4; t++) problem_release(&p[t]);
    }
}

static void test_same_results(void **state)
{
    (void)state;
    test_on_threads(same_bits_on);
}

/* A session reserves scratch for its largest batch and uses it for smaller ones. */
static void test_scratch_grows(void **state)
{
    (void)state;
    for (int64_t channels = 1; channels < 3000; channels = channels * 3 + 1) {
        for (int64_t pixels = 1; pixels < 10000; pixels = pixels * 4 + 3) {
            for (int64_t batch = 1; batch < 1000; batch += batch / 2 + 1) {
                assert_true(gan_class_norm_scratch(batch, pixels, channels) <=
                            gan_class_norm_scratch(batch + 1, pixels, channels));
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formulas),
        cmocka_unit_test(test_statistics),
        cmocka_unit_test(test_same_results),
        cmocka_unit_test(test_scratch_grows),
    };
    return cmocka_run_group_tests_name("class norm", tests, NULL, NULL);
}
