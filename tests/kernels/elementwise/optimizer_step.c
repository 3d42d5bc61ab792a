/* Optimizer steps against the published formulas, in double. */
#include "kernels/compare.h"
#include "kernels/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define RATE           ((gan_real)2e-3)
#define BETA1          ((gan_real)0.5)
#define BETA2          ((gan_real)0.999)
#define EPSILON        ((gan_real)1e-8)
#define GRADIENT_SCALE ((gan_real)0.75)

/* The state of a kernel, or of a formula, for all values. */
typedef struct floats {
    gan_real *m, *v, *w;
} floats;

typedef struct doubles {
    double m, v, w;
} doubles;

typedef struct update_rule {
    const char *name;
    void (*run)(gan_context *context, int64_t count, int step, const gan_real *g, floats *s, gan_real *w_out);
    void (*define)(int step, double g, doubles *s);
} update_rule;

static void run_adam(gan_context *context, int64_t count, int step, const gan_real *g, floats *s, gan_real *w_out)
{
    gan_adam_args args = {.rate = RATE,
                          .beta1 = BETA1,
                          .beta2 = BETA2,
                          .epsilon = EPSILON,
                          .gradient_scale = GRADIENT_SCALE,
                          .correction1 = 1 - pow((double)BETA1, step),
                          .correction2 = 1 - pow((double)BETA2, step)};
    gan_adam_step(context, count, &args, g, s->m, s->v, s->w, w_out);
}

/* Algorithm 1 of Kingma and Ba, 2015 */
static void adam(int step, double g, doubles *s)
{
    double beta1 = (double)BETA1, beta2 = (double)BETA2;
    s->m = beta1 * s->m + (1 - beta1) * g;
    s->v = beta2 * s->v + (1 - beta2) * g * g;
    double m_hat = s->m / (1 - pow(beta1, step)), v_hat = s->v / (1 - pow(beta2, step));
    s->w -= (double)RATE * m_hat / (sqrt(v_hat) + (double)EPSILON);
}

static void run_rmsprop(gan_context *context, int64_t count, int step, const gan_real *g, floats *s, gan_real *w_out)
{
    (void)step;
    gan_rmsprop_step(context, count, RATE, BETA2, EPSILON, GRADIENT_SCALE, g, s->v, s->w, w_out);
}

/* Tieleman and Hinton, 2012, with epsilon outside the root */
static void rmsprop(int step, double g, doubles *s)
{
    (void)step;
    s->v = (double)BETA2 * s->v + (1 - (double)BETA2) * g * g;
    s->w -= (double)RATE * g / (sqrt(s->v) + (double)EPSILON);
}

static void run_sgd(gan_context *context, int64_t count, int step, const gan_real *g, floats *s, gan_real *w_out)
{
    (void)step;
    gan_sgd_step(context, count, RATE, BETA1, GRADIENT_SCALE, g, s->v, s->w, w_out);
}

static void sgd(int step, double g, doubles *s)
{
    (void)step;
    s->v = (double)BETA1 * s->v + g;
    s->w -= (double)RATE * s->v;
}

static const update_rule rules[] = {
    {"adam", run_adam, adam}, {"rmsprop", run_rmsprop, rmsprop}, {"sgd", run_sgd, sgd}};
enum { RULES = sizeof(rules) / sizeof(rules[0]) };

static floats floats_create(int64_t count)
{
    uint64_t seed = (uint64_t)count;
    floats s = {calloc((size_t)count, sizeof(gan_real)), calloc((size_t)count, sizeof(gan_real)),
                test_random_array(&seed, count)};
    assert_true(s.m && s.v);
    return s;
}

static void floats_release(floats *s)
{
    free(s->m);
    free(s->v);
    free(s->w);
}

/* Gradients of very different sizes, whose sign changes now and then. */
static void draw_gradient(uint64_t seed, int64_t count, gan_real *g)
{
    for (int64_t i = 0; i < count; i++) g[i] = (gan_real)(pow(10, (double)(i % 7) - 5) * (test_number(&seed) + 0.3));
}

/* `steps` steps; at each, the weights are written in place and elsewhere. */
static void follow(gan_context *context, const char *name, const update_rule *rule, int64_t count, int steps)
{
    floats s = floats_create(count), other = floats_create(count);
    doubles *expected = calloc((size_t)count, sizeof(doubles));
    gan_real *g = calloc((size_t)count, sizeof(gan_real));
    double moved = 0;
    assert_true(expected && g);
    for (int64_t i = 0; i < count; i++) expected[i].w = (double)s.w[i];
    for (int step = 1; step <= steps; step++) {
        test_guarded w_out = test_guarded_create(count);
        draw_gradient((uint64_t)step, count, g);
        gan_real first = other.w[0];
        rule->run(context, count, step, g, &other, w_out.values);
        assert_true(first == other.w[0]);
        memcpy(other.w, w_out.values, (size_t)count * sizeof(gan_real));
        test_guarded_check(&w_out, rule->name);
        rule->run(context, count, step, g, &s, s.w);
        for (int64_t i = 0; i < count; i++) {
            double before = expected[i].w;
            rule->define(step, (double)GRADIENT_SCALE * (double)g[i], &expected[i]);
            moved = fmax(moved, fabs(expected[i].w - before));
        }
    }
    test_same_bits(name, rule->name, s.w, other.w, count);
    for (int64_t i = 0; i < count; i++) {
        double tolerance = TEST_EPSILON * (sqrt(steps) * 2 + 8 * moved * steps);
        test_close(name, rule->name, i, (double)s.w[i], expected[i].w, tolerance);
        if (rule->run != run_sgd)
            test_close(name, "v", i, (double)s.v[i], expected[i].v, TEST_EPSILON * (steps + 4) * expected[i].v);
    }
    free(expected);
    free(g);
    floats_release(&s);
    floats_release(&other);
}

static void formulas_on(gan_context *context, const char *name)
{
    for (size_t i = 0; i < RULES; i++) {
        for (const int64_t *size = test_sizes; *size; size++) follow(context, name, &rules[i], *size, 3);
        follow(context, name, &rules[i], 61, 1000);
        rules[i].run(context, 0, 1, NULL, &(floats){NULL, NULL, NULL}, NULL);
    }
}

static void test_formulas(void **state)
{
    (void)state;
    test_on_level(formulas_on);
}

/* Adam's first step moves weights by the rate, whatever the gradient; without a gradient nothing moves. */
static void first_step_on(gan_context *context, const char *name)
{
    gan_real g[4] = {(gan_real)1e-3, -5, (gan_real)1e4, 0}, w[4] = {0, 0, 0, 7}, m[4] = {0}, v[4] = {0};
    run_adam(context, 4, 1, g, &(floats){m, v, w}, w);
    test_close(name, "first step", 0, (double)w[0], -(double)RATE, 1e-4 * (double)RATE);
    test_close(name, "first step", 1, (double)w[1], (double)RATE, 1e-6 * (double)RATE);
    test_close(name, "first step", 2, (double)w[2], -(double)RATE, 1e-6 * (double)RATE);
    test_close(name, "first step", 3, (double)w[3], 7, 0);
}

static void test_first_step(void **state)
{
    (void)state;
    test_on_level(first_step_on);
}

static void nan_stays_on(gan_context *context, const char *name)
{
    enum { COUNT = 37 };
    for (size_t k = 0; k < RULES * COUNT; k++) {
        const update_rule *rule = &rules[k / COUNT];
        floats s = floats_create(COUNT);
        gan_real g[COUNT];
        draw_gradient(k, COUNT, g);
        g[k % COUNT] = (gan_real)NAN;
        rule->run(context, COUNT, 1, g, &s, s.w);
        for (size_t i = 0; i < COUNT; i++) {
            if (!isnan((double)s.w[i]) != (i != k % COUNT)) {
                fail_msg("%s, %s: NaN at %d, weight %g at %d", name, rule->name, (int)(k % COUNT), (double)s.w[i],
                         (int)i);
            }
        }
        floats_release(&s);
    }
}

static void test_nan_stays(void **state)
{
    (void)state;
    test_on_level(nan_stays_on);
}

static void same_bits_on(gan_context *const contexts[3], const char *name)
{
    enum { COUNT = 100003 };
    static gan_real g[COUNT];
    for (size_t k = 0; k < RULES; k++) {
        floats s[3];
        for (int t = 0; t < 3; t++) {
            s[t] = floats_create(COUNT);
            for (int step = 1; step <= 3; step++) {
                draw_gradient((uint64_t)step, COUNT, g);
                rules[k].run(contexts[t], COUNT, step, g, &s[t], s[t].w);
            }
            test_same_bits(name, rules[k].name, s[0].w, s[t].w, COUNT);
            test_same_bits(name, rules[k].name, s[0].v, s[t].v, COUNT);
        }
        for (int t = 0; t < 3; t++) floats_release(&s[t]);
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
        cmocka_unit_test(test_formulas),
        cmocka_unit_test(test_first_step),
        cmocka_unit_test(test_nan_stays),
        cmocka_unit_test(test_any_number_of_threads),
    };
    return cmocka_run_group_tests_name("step", tests, NULL, NULL);
}
