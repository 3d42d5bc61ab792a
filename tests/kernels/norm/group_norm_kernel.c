/* Normalisation within samples against formulas in long double, which differentiate step by step. */
#include "kernels/compare.h"
#include "kernels/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

typedef struct sizes {
    int64_t batch, pixels, channels, groups;
    bool uncentred;
} sizes;

/* Layers, instances and groups: around the sizes of vectors and blocks; blocks of many groups or of one wide group,
 * samples of several pieces, many small samples, several lots of samples. */
static const sizes shapes[] = {
    {3, 1, 2, 1, false},     {2, 1, 7, 1, false},      {5, 1, 128, 1, false},  {2, 1, 255, 1, true},
    {2, 1, 257, 1, false},   {3, 1, 9001, 1, false},   {100, 1, 33, 1, false}, {700, 1, 3, 1, true},
    {2, 9, 1, 1, false},     {3, 5, 3, 3, false},      {2, 49, 64, 64, false}, {33, 2, 65, 65, false},
    {2, 6, 600, 600, false}, {2, 170, 100, 100, true}, {1, 5500, 3, 3, false}, {3, 12, 6, 3, false},
    {2, 1, 24, 8, false},    {2, 7, 512, 32, false},   {40, 9, 48, 2, false},  {2, 3, 1024, 2, false},
    {2, 5, 900, 3, true},    {2, 830, 20, 4, false},   {300, 1, 64, 1, true},  {1, 70, 300, 1, false},
};
enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

enum { X, TANGENT_X, DY, TANGENT_DY, INPUTS };

/* A layer, and all that its passes read. */
typedef struct problem {
    gan_group_norm_args args;
    int64_t count, moments;
    gan_real *values[INPUTS], *scale, *shift, *mean;
    test_guarded scratch;
} problem;

static problem problem_create(const sizes *s, int variant)
{
    uint64_t seed = (uint64_t)(s->batch + 3 * s->pixels + 5 * s->channels + 7 * s->groups);
    problem p = {.count = s->batch * s->pixels * s->channels, .moments = s->batch * s->groups};
    for (int i = 0; i < INPUTS; i++) p.values[i] = test_random_array(&seed, p.count);
    for (int64_t i = 0; i < p.count; i++) p.values[X][i] += (gan_real)(0.5 * (double)(i % s->channels % 7));
    p.scale = test_random_array(&seed, s->channels);
    p.shift = test_random_array(&seed, s->channels);
    p.mean = test_random_array(&seed, p.moments);
    p.scratch = test_guarded_create(gan_group_norm_scratch(s->batch, s->channels));
    p.args = (gan_group_norm_args){.batch = s->batch,
                                   .pixels = s->pixels,
                                   .channels = s->channels,
                                   .groups = s->groups,
                                   .epsilon = (gan_real)1e-3,
                                   .scale = variant % 3 == 1 ? NULL : p.scale,
                                   .shift = variant % 3 == 2 ? NULL : p.shift,
                                   .mean = s->uncentred ? NULL : p.mean,
                                   .inverse = test_random_array(&seed, p.moments),
                                   .scratch = p.scratch.values};
    return p;
}

static void problem_release(problem *p)
{
    test_guarded_check(&p->scratch, "scratch of normalisation");
    for (int i = 0; i < INPUTS; i++) free(p->values[i]);
    free(p->scale);
    free(p->shift);
    free(p->mean);
    free(p->args.inverse);
}

/* ---- One group, by the formulas -------------------------------------------------------------------------------- */

/* The group's n values in the order of pixels: where each is, and u = R{x}, g = s dy, g' = s R{dy}. */
typedef struct group {
    int64_t n;
    int64_t *place, *channel;
    long double *x, *u, *g, *other_g, *h;
    long double mean, r;
} group;

/* The mean over n, or 0 if nothing is centred. */
static long double mean_of(const problem *p, const group *s, const long double *values)
{
    long double sum = 0;
    for (int64_t i = 0; p->args.mean && i < s->n; i++) sum += values[i];
    return sum / (long double)s->n;
}

static long double mean_product(const group *s, const long double *a, const long double *b)
{
    long double sum = 0;
    for (int64_t i = 0; i < s->n; i++) sum += a[i] * b[i];
    return sum / (long double)s->n;
}

static long double *make_values(int64_t n)
{
    long double *values = malloc((size_t)n * sizeof(*values));
    assert_non_null(values);
    return values;
}

static group group_create(const problem *p, int64_t sample, int64_t index)
{
    const gan_group_norm_args *a = &p->args;
    const int64_t run = a->channels / a->groups;
    group s = {.n = a->pixels * run};
    s.place = malloc((size_t)s.n * sizeof(*s.place));
    s.channel = malloc((size_t)s.n * sizeof(*s.channel));
    assert_true(s.place && s.channel);
    long double **arrays[] = {&s.x, &s.u, &s.g, &s.other_g, &s.h};
    for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++) *arrays[i] = make_values(s.n);
    for (int64_t i = 0; i < s.n; i++) {
        s.channel[i] = index * run + i % run;
        s.place[i] = (sample * a->pixels + i / run) * a->channels + s.channel[i];
        const long double scale = a->scale ? (long double)a->scale[s.channel[i]] : 1;
        s.x[i] = (long double)p->values[X][s.place[i]];
        s.u[i] = (long double)p->values[TANGENT_X][s.place[i]];
        s.g[i] = scale * (long double)p->values[DY][s.place[i]];
        s.other_g[i] = scale * (long double)p->values[TANGENT_DY][s.place[i]];
    }
    s.mean = mean_of(p, &s, s.x);
    for (int64_t i = 0; i < s.n; i++) s.h[i] = s.x[i] - s.mean;
    s.r = 1 / sqrtl(mean_product(&s, s.h, s.h) + (long double)a->epsilon);
    for (int64_t i = 0; i < s.n; i++) s.h[i] *= s.r;
    return s;
}

static void group_release(group *s)
{
    free(s->place);
    free(s->channel);
    free(s->x);
    free(s->u);
    free(s->g);
    free(s->other_g);
    free(s->h);
}

/* R{h} of all values; R{r} = -r^2 E(u h). */
static long double *tangent_h(const problem *p, const group *s)
{
    long double *tangent = make_values(s->n), mean = mean_of(p, s, s->u), of_r = mean_product(s, s->u, s->h);
    for (int64_t i = 0; i < s->n; i++) tangent[i] = s->r * (s->u[i] - mean - s->h[i] * of_r);
    return tangent;
}

/* ---- Comparing ------------------------------------------------------------------------------------------------- */

static double scale_at(const problem *p, const group *s, int64_t i)
{
    return p->args.scale ? (double)p->args.scale[s->channel[i]] : 1;
}

/* Calls `check` for each group of each sample. */
static void on_groups(const char *name, const problem *p, const gan_real *result,
                      void (*check)(const char *name, const problem *p, const group *s, int64_t moment,
                                    const gan_real *result))
{
    for (int64_t i = 0; i < p->moments; i++) {
        group s = group_create(p, i / p->args.groups, i % p->args.groups);
        check(name, p, &s, i, result);
        group_release(&s);
    }
}

static void check_forward(const char *name, const problem *p, const group *s, int64_t moment, const gan_real *y)
{
    const double e = TEST_EPSILON, size = 8 + fabs((double)s->mean * (double)s->r);
    if (p->args.mean) test_close(name, "mean", moment, (double)p->args.mean[moment], (double)s->mean, 4 * e * 5);
    test_close(name, "inverse", moment, (double)p->args.inverse[moment], (double)s->r, 8 * e * (double)s->r);
    for (int64_t i = 0; i < s->n; i++) {
        const double shift = p->args.shift ? (double)p->args.shift[s->channel[i]] : 0;
        const double expected = (double)s->h[i] * scale_at(p, s, i) + shift;
        test_close(name, "y", s->place[i], (double)y[s->place[i]], expected, 4 * e * (size + fabs((double)s->h[i])));
    }
}

static double allowed(const group *s, int64_t i, int power)
{
    const double h = 1 + fabs((double)s->h[i]);
    return 64 * TEST_EPSILON * pow((double)s->r, power) * (1 + h * h) * (1 + 5 * (double)s->r);
}

static void check_tangent(const char *name, const problem *p, const group *s, int64_t moment, const gan_real *tangent)
{
    long double *expected = tangent_h(p, s);
    (void)moment;
    for (int64_t i = 0; i < s->n; i++) {
        test_close(name, "tangent of y", s->place[i], (double)tangent[s->place[i]],
                   scale_at(p, s, i) * (double)expected[i], allowed(s, i, 1));
    }
    free(expected);
}

static void check_dx(const char *name, const problem *p, const group *s, int64_t moment, const gan_real *dx)
{
    const long double mean = mean_of(p, s, s->g), along = mean_product(s, s->g, s->h);
    (void)moment;
    for (int64_t i = 0; i < s->n; i++) {
        test_close(name, "dx", s->place[i], (double)dx[s->place[i]],
                   (double)(s->r * (s->g[i] - mean - s->h[i] * along)), allowed(s, i, 1));
    }
}

/* R{dx} = R{r} / r dx + r (g' - E g' - R{h} E(g h) - h (E(g' h) + E(g R{h}))), or without g'. */
static void check_second(const char *name, const problem *p, const group *s, const gan_real *result, bool other)
{
    long double *th = tangent_h(p, s), of_r = -s->r * mean_product(s, s->u, s->h);
    long double mean = mean_of(p, s, s->g), along = mean_product(s, s->g, s->h), turned = mean_product(s, s->g, th);
    long double other_mean = mean_of(p, s, s->other_g), other_along = mean_product(s, s->other_g, s->h);
    for (int64_t i = 0; i < s->n; i++) {
        long double dx = s->r * (s->g[i] - mean - s->h[i] * along);
        long double expected = of_r * dx - s->r * (th[i] * along + s->h[i] * turned);
        if (other) expected += s->r * (s->other_g[i] - other_mean - s->h[i] * other_along);
        test_close(name, other ? "tangent of dx" : "tangent of dx alone", s->place[i], (double)result[s->place[i]],
                   (double)expected, allowed(s, i, 1) + allowed(s, i, 2));
    }
    free(th);
}

static void check_second_both(const char *name, const problem *p, const group *s, int64_t moment,
                              const gan_real *result)
{
    (void)moment;
    check_second(name, p, s, result, true);
}

static void check_second_alone(const char *name, const problem *p, const group *s, int64_t moment,
                               const gan_real *result)
{
    (void)moment;
    check_second(name, p, s, result, false);
}

/* What is added to dscale and dshift, or to their tangents. */
static void check_parameters(const char *name, const problem *p, bool second, const gan_real *dscale,
                             const gan_real *dshift)
{
    const int64_t channels = p->args.channels;
    long double *scale = calloc((size_t)channels, sizeof(*scale)), *shift = calloc((size_t)channels, sizeof(*shift));
    assert_true(scale && shift);
    for (int64_t k = 0; k < p->moments; k++) {
        group s = group_create(p, k / p->args.groups, k % p->args.groups);
        long double *th = tangent_h(p, &s);
        for (int64_t i = 0; i < s.n; i++) {
            const long double dy = (long double)p->values[DY][s.place[i]];
            const long double other = (long double)p->values[TANGENT_DY][s.place[i]];
            shift[s.channel[i]] += second ? other : dy;
            scale[s.channel[i]] += second ? other * s.h[i] + dy * th[i] : dy * s.h[i];
        }
        free(th);
        group_release(&s);
    }
    const double terms = (double)(p->args.batch * p->args.pixels);
    for (int64_t c = 0; c < channels; c++) {
        const double tolerance = 8 * TEST_EPSILON * (20 + terms) * (second ? 20 : 2);
        test_close(name, "dscale", c, (double)dscale[c], 0.5 + (double)scale[c], tolerance);
        test_close(name, "dshift", c, (double)dshift[c], 0.5 + (double)shift[c], tolerance);
    }
    free(scale);
    free(shift);
}

/* ---- Tests ----------------------------------------------------------------------------------------------------- */

static gan_real *copy(const gan_real *values, int64_t count)
{
    gan_real *result = malloc((size_t)count * sizeof(gan_real));
    assert_non_null(result);
    memcpy(result, values, (size_t)count * sizeof(gan_real));
    return result;
}

static gan_real *filled(int64_t count, gan_real value)
{
    gan_real *result = malloc((size_t)count * sizeof(gan_real));
    assert_non_null(result);
    for (int64_t i = 0; i < count; i++) result[i] = value;
    return result;
}

static void first_order_on(gan_context *context, const char *name)
{
    for (int k = 0; k < SHAPES; k++) {
        problem p = problem_create(&shapes[k], k);
        const int64_t channels = p.args.channels;
        test_guarded out = test_guarded_create(p.count);
        gan_real *in_place = copy(p.values[X], p.count);
        gan_real *dscale = filled(channels, (gan_real)0.5), *dshift = filled(channels, (gan_real)0.5);
        gan_group_norm_forward(context, &p.args, p.values[X], out.values);
        on_groups(name, &p, out.values, check_forward);
        gan_group_norm_forward(context, &p.args, in_place, in_place);
        test_same_bits(name, "y in place", out.values, in_place, p.count);

        memcpy(in_place, p.values[DY], (size_t)p.count * sizeof(gan_real));
        gan_group_norm_backward(context, &p.args, p.values[X], p.values[DY], dscale, dshift, out.values);
        on_groups(name, &p, out.values, check_dx);
        check_parameters(name, &p, false, dscale, dshift);
        gan_group_norm_backward(context, &p.args, p.values[X], in_place, NULL, NULL, in_place);
        test_same_bits(name, "dx in place", out.values, in_place, p.count);
        for (int64_t c = 0; c < channels; c++) in_place[c] = (gan_real)0.5;
        gan_group_norm_backward(context, &p.args, p.values[X], p.values[DY], in_place, NULL, NULL);
        test_same_bits(name, "dscale alone", dscale, in_place, channels);

        gan_group_norm_tangent(context, &p.args, p.values[X], p.values[TANGENT_X], out.values);
        on_groups(name, &p, out.values, check_tangent);
        test_guarded_check(&out, "results");
        free(in_place);
        free(dscale);
        free(dshift);
        problem_release(&p);
    }
}

static void test_first_order(void **state)
{
    (void)state;
    test_on_level(first_order_on);
}

static void second_order_on(gan_context *context, const char *name)
{
    for (int k = 0; k < SHAPES; k++) {
        problem p = problem_create(&shapes[k], k);
        const int64_t channels = p.args.channels;
        gan_real *const *v = p.values;
        test_guarded out = test_guarded_create(p.count);
        gan_real *in_place = copy(v[TANGENT_DY], p.count), *plain = filled(p.count, 0);
        gan_real *dscale = filled(channels, (gan_real)0.5), *dshift = filled(channels, (gan_real)0.5);
        gan_group_norm_forward(context, &p.args, v[X], out.values);
        gan_group_norm_tangent_backward(context, &p.args, v[X], v[TANGENT_X], v[DY], v[TANGENT_DY], dscale, dshift,
                                        out.values);
        on_groups(name, &p, out.values, check_second_both);
        check_parameters(name, &p, true, dscale, dshift);
        gan_group_norm_tangent_backward(context, &p.args, v[X], v[TANGENT_X], v[DY], in_place, NULL, NULL, in_place);
        test_same_bits(name, "tangent of dx in place", out.values, in_place, p.count);
        for (int64_t c = 0; c < channels; c++) in_place[c] = (gan_real)0.5;
        gan_group_norm_tangent_backward(context, &p.args, v[X], v[TANGENT_X], v[DY], v[TANGENT_DY], in_place, NULL,
                                        NULL);
        test_same_bits(name, "tangent of dscale alone", dscale, in_place, channels);

        gan_group_norm_tangent_backward(context, &p.args, v[X], v[TANGENT_X], v[DY], NULL, NULL, NULL, out.values);
        on_groups(name, &p, out.values, check_second_alone);
        gan_group_norm_tangent_backward(context, &p.args, v[X], v[TANGENT_X], NULL, v[DY], NULL, NULL, out.values);
        gan_group_norm_backward(context, &p.args, v[X], v[DY], NULL, NULL, plain);
        test_same_bits(name, "tangent of dx where dy is 0", plain, out.values, p.count);
        test_guarded_check(&out, "results");
        free(in_place);
        free(plain);
        free(dscale);
        free(dshift);
        problem_release(&p);
    }
}

static void test_second_order(void **state)
{
    (void)state;
    test_on_level(second_order_on);
}

/* The variance is right even if the mean is a thousand times the deviation; float sums of squares would lose it. */
static void accuracy_on(gan_context *context, const char *name)
{
    for (int k = 0; k < SHAPES; k++) {
        if (shapes[k].uncentred) continue;
        problem p = problem_create(&shapes[k], k);
        gan_real *y = copy(p.values[X], p.count);
        for (int64_t i = 0; i < p.count; i++) p.values[X][i] = (gan_real)(1000 + (double)p.values[TANGENT_X][i]);
        gan_group_norm_forward(context, &p.args, p.values[X], y);
        for (int64_t i = 0; i < p.moments; i++) {
            group s = group_create(&p, i / p.args.groups, i % p.args.groups);
            test_close(name, "inverse", i, (double)p.args.inverse[i] / (double)s.r, 1,
                       sizeof(gan_real) == sizeof(float) ? 2e-6 : 1e-10);
            group_release(&s);
        }
        free(y);
        problem_release(&p);
    }
}

static void test_accuracy(void **state)
{
    (void)state;
    test_on_level(accuracy_on);
}

/* Equal values have variance 0; a NaN or Inf appears in its group, and nowhere else. */
static void constant_and_nan_on(gan_context *context, const char *name)
{
    for (int k = 0; k < SHAPES; k++) {
        problem p = problem_create(&shapes[k], 0);
        const int64_t size = p.count / p.args.batch, poisoned = p.moments - 1;
        for (int64_t i = 0; i < size; i++) p.values[X][i] = (gan_real)0.1;
        if (k % 2) p.values[X][p.count - 1] = (gan_real)NAN;
        if (k % 2 == 0) p.values[X][p.count - 1] = (gan_real)INFINITY;
        gan_group_norm_forward(context, &p.args, p.values[X], p.values[X]);
        for (int64_t m = 0; m < p.moments; m++) {
            group s = group_create(&p, m / p.args.groups, m % p.args.groups);
            for (int64_t i = 0; i < s.n; i++) {
                const double y = (double)s.x[i];
                if (m < p.args.groups && p.args.batch > 1 && p.args.mean)
                    test_close(name, "y of equal values", s.place[i], y, (double)p.shift[s.channel[i]], 1e-4);
                if (m != poisoned) assert_true(isfinite(y));
                if (m == poisoned && p.args.mean) assert_true(isnan(y));
            }
            group_release(&s);
        }
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
        gan_real *y[3], *dscale[3], *second[3];
        for (int t = 0; t < 3; t++) {
            problem p = problem_create(&shapes[k], k);
            y[t] = copy(p.values[X], p.count);
            second[t] = copy(p.values[X], p.count);
            dscale[t] = filled(p.args.channels, 1);
            gan_group_norm_forward(contexts[t], &p.args, p.values[X], y[t]);
            gan_group_norm_tangent_backward(contexts[t], &p.args, p.values[X], p.values[TANGENT_X], p.values[DY],
                                            p.values[TANGENT_DY], dscale[t], NULL, second[t]);
            test_same_bits(name, "y", y[0], y[t], p.count);
            test_same_bits(name, "tangent of dx", second[0], second[t], p.count);
            test_same_bits(name, "tangent of dscale", dscale[0], dscale[t], p.args.channels);
            problem_release(&p);
        }
        for (int t = 0; t < 3; t++) {
            free(y[t]);
            free(dscale[t]);
            free(second[t]);
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
        for (int64_t batch = 1; batch < 200; batch++)
            assert_true(gan_group_norm_scratch(batch, channels) <= gan_group_norm_scratch(batch + 1, channels));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_order),
        cmocka_unit_test(test_second_order),
        cmocka_unit_test(test_accuracy),
        cmocka_unit_test(test_constant_and_nan),
        cmocka_unit_test(test_any_number_of_threads),
        cmocka_unit_test(test_scratch_grows),
    };
    return cmocka_run_group_tests_name("group_norm", tests, NULL, NULL);
}
