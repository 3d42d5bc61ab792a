/* Optimizers and schedules against the published formulas in double, clipping, divergence, and what is rejected. */
#include "game/game.h"

#include "gans.h"
#include "support/run.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#define STEPS 50

#ifdef GAN_REAL_IS_DOUBLE
#define TOLERANCE 1e-12
#else
#define TOLERANCE 2e-6
#endif

/* ---- Formulas -------------------------------------------------------------------------------------------------- */

/* One parameter with the state of any algorithm. */
typedef struct scalar {
    double w, m, v;
} scalar;

typedef void (*update_fn)(scalar *x, double g, double rate, int t, const gan_optimizer_options *options);

/* Kingma and Ba, algorithm 1. */
static void adam_update(scalar *x, double g, double rate, int t, const gan_optimizer_options *options)
{
    const double beta1 = options->beta1, beta2 = options->beta2;
    x->m = beta1 * x->m + (1 - beta1) * g;
    x->v = beta2 * x->v + (1 - beta2) * g * g;
    x->w -= rate * (x->m / (1 - pow(beta1, t))) / (sqrt(x->v / (1 - pow(beta2, t))) + options->epsilon);
}

static void rmsprop_update(scalar *x, double g, double rate, int t, const gan_optimizer_options *options)
{
    (void)t;
    x->v = options->decay * x->v + (1 - (double)options->decay) * g * g;
    x->w -= rate * g / (sqrt(x->v) + options->epsilon);
}

static void sgd_update(scalar *x, double g, double rate, int t, const gan_optimizer_options *options)
{
    (void)t;
    x->v = options->momentum * x->v + g;
    x->w -= rate * x->v;
}

/* ---- Fixtures -------------------------------------------------------------------------------------------------- */

typedef struct models {
    gan_context *context;
    gan_model *a, *b;
} models;

static models create_models(void)
{
    models m = {0};
    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 1), &m.context), GAN_OK);
    assert_int_equal(test_gan_models(m.context, TEST_GAN_DENSE, &m.a, &m.b), GAN_OK);
    return m;
}

static void destroy_models(models *m)
{
    gan_model_destroy(m->a);
    gan_model_destroy(m->b);
    gan_context_destroy(m->context);
}

/* Gradients of all parameters, with gaps between tensors left at 0; sizes differ from step to step. */
static void set_gradients(gan_model *model, uint64_t seed, float scale)
{
    for (int i = 0; i < model->tensor_count; i++) {
        const gan_model_tensor *tensor = &model->tensors[i];
        float values[64];
        assert_true(tensor->count <= 64);
        test_numbers(seed * 100 + (uint64_t)i, values, (size_t)tensor->count);
        for (int64_t k = 0; k < tensor->count; k++) model->gradients[tensor->offset + k] = scale * values[k];
    }
}

static double gradient_norm(const gan_model *model)
{
    double sum = 0;
    for (int64_t i = 0; i < model->parameter_size; i++) sum += (double)model->gradients[i] * model->gradients[i];
    return sqrt(sum);
}

/* ---- Against the formulas -------------------------------------------------------------------------------------- */

static void follow(const gan_optimizer_options *given, update_fn update)
{
    models m = create_models();
    gan_model *model = m.a;
    gan_optimizer *optimizer;
    assert_int_equal(gan_optimizer_create(model, given, &optimizer), GAN_OK);
    const gan_optimizer_options *options = &optimizer->options;
    scalar *expected = calloc((size_t)model->parameter_size, sizeof(*expected));
    assert_non_null(expected);
    for (int64_t i = 0; i < model->parameter_size; i++) expected[i].w = model->parameters[i];

    for (int t = 1; t <= STEPS; t++) {
        set_gradients(model, (uint64_t)t, t % 7 == 0 ? 10 : 0.1f);
        double norm, expected_norm = gradient_norm(model), rate = gan_optimizer_learning_rate(optimizer);
        double scale = options->clip_norm > 0 ? fmin(1, options->clip_norm / expected_norm) : 1;
        assert_int_equal(gan_optimizer_steps(optimizer), t - 1);
        for (int64_t i = 0; i < model->parameter_size; i++) {
            expected[i].w *= 1 - rate * options->weight_decay;
            update(&expected[i], scale * model->gradients[i], rate, t, options);
        }
        assert_int_equal(gan_optimizer_step(optimizer, &norm), GAN_OK);
        assert_near(norm, expected_norm, 1e-6 * expected_norm);
        for (int64_t i = 0; i < model->parameter_size; i++) {
            assert_near(model->parameters[i], expected[i].w, TOLERANCE * fmax(1, fabs(expected[i].w)));
        }
    }
    assert_int_equal(gan_optimizer_steps(optimizer), STEPS);
    free(expected);
    gan_optimizer_destroy(optimizer);
    destroy_models(&m);
}

static void test_adam(void **state)
{
    (void)state;
    follow(NULL, adam_update);
    follow(GAN_OPTIMIZER(.learning_rate = 1e-2f, .beta1 = 0.5f, .beta2 = 0.9f, .epsilon = 1e-3f), adam_update);
    follow(GAN_OPTIMIZER(.learning_rate = 1e-3f, .beta1 = GAN_ZERO, .beta2 = 0.99f), adam_update);
}

/* A player with its own options has the momentum that the trainer gives it without them. */
static void test_defaults(void **state)
{
    (void)state;
    models m = create_models();
    gan_optimizer *optimizer;
    gan_trainer *trainer;
    assert_int_equal(gan_optimizer_create(m.a, NULL, &optimizer), GAN_OK);
    assert_int_equal(
        gan_trainer_create(m.context, m.a, m.b, GAN_TRAINER(.generator_optimizer = GAN_OPTIMIZER(0)), &trainer),
        GAN_OK);
    const gan_optimizer_options *all[] = {&optimizer->options,
                                          &trainer->game->players[GAN_ROLE_GENERATOR].optimizer->options,
                                          &trainer->game->players[GAN_ROLE_DISCRIMINATOR].optimizer->options};
    for (int i = 0; i < 3; i++) {
        assert_true(all[i]->learning_rate == 2e-4f);
        assert_true(all[i]->beta1 == 0.5f);
        assert_true(all[i]->beta2 == 0.999f);
    }
    gan_trainer_destroy(trainer);
    gan_optimizer_destroy(optimizer);
    destroy_models(&m);
}

static void test_rmsprop(void **state)
{
    (void)state;
    follow(GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_RMSPROP, .learning_rate = 5e-4f), rmsprop_update);
    follow(GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_RMSPROP, .learning_rate = 1e-2f, .decay = 0.9f, .epsilon = 0.1f),
           rmsprop_update);
}

static void test_sgd(void **state)
{
    (void)state;
    follow(GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_SGD, .learning_rate = 1e-2f), sgd_update);
    follow(GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_SGD, .learning_rate = 1e-2f, .momentum = 0.9f), sgd_update);
}

static void test_clipped(void **state)
{
    (void)state;
    follow(GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_SGD, .learning_rate = 0.1f, .clip_norm = 1), sgd_update);
    follow(GAN_OPTIMIZER(.learning_rate = 1e-2f, .clip_norm = 0.25f), adam_update);
}

static void test_scheduled(void **state)
{
    (void)state;
    follow(GAN_OPTIMIZER(.learning_rate = 1e-2f, .schedule = GAN_SCHEDULE_COSINE, .schedule_steps = 30), adam_update);
}

/* Loshchilov and Hutter, algorithm 2: weights decay apart from gradients and moments. */
static void test_weight_decay(void **state)
{
    (void)state;
    follow(GAN_OPTIMIZER(.learning_rate = 1e-2f, .weight_decay = 0.5f), adam_update);
    follow(GAN_OPTIMIZER(.learning_rate = 1e-2f, .weight_decay = 0.5f, .schedule = GAN_SCHEDULE_LINEAR,
                         .schedule_steps = 30, .clip_norm = 1),
           adam_update);
    follow(GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_RMSPROP, .learning_rate = 5e-4f, .weight_decay = 2),
           rmsprop_update);
    follow(GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_SGD, .learning_rate = 1e-2f, .momentum = 0.9f, .weight_decay = 2),
           sgd_update);
}

/* If previous weights are kept, the new ones are written elsewhere, and nothing else changes. */
static void test_previous(void **state)
{
    (void)state;
    models m = create_models();
    gan_optimizer *optimizer;
    const size_t size = (size_t)m.a->parameter_size * sizeof(gan_real);
    gan_real *before = malloc(size);
    assert_non_null(before);
    memcpy(before, m.a->parameters, size);
    assert_int_equal(gan_model_keep_previous(m.a), GAN_OK);
    assert_int_equal(gan_optimizer_create(m.a, NULL, &optimizer), GAN_OK);
    set_gradients(m.a, 1, 1);
    assert_int_equal(gan_optimizer_step(optimizer, NULL), GAN_OK);
    assert_memory_equal(m.a->previous, before, size);
    assert_memory_not_equal(m.a->parameters, before, size);
    gan_model_restore_previous(m.a);
    assert_memory_equal(m.a->parameters, before, size);
    free(before);
    gan_optimizer_destroy(optimizer);
    destroy_models(&m);
}

/* The norm, and so the clipping, is over all models of an optimizer together. */
static void test_two_models(void **state)
{
    (void)state;
    models m = create_models();
    gan_optimizer *optimizer;
    double norm;
    assert_int_equal(
        gan_optimizer_create(
            m.a, GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_SGD, .learning_rate = 1, .clip_norm = 0.5f), &optimizer),
        GAN_OK);
    assert_int_equal(gan_optimizer_add_model(optimizer, m.b), GAN_OK);
    set_gradients(m.a, 1, 1);
    set_gradients(m.b, 2, 1);
    double together = hypot(gradient_norm(m.a), gradient_norm(m.b));
    double expected = m.b->parameters[0] - 0.5 / together * m.b->gradients[0];
    assert_int_equal(gan_optimizer_step(optimizer, &norm), GAN_OK);
    assert_near(norm, together, 1e-6);
    assert_near(m.b->parameters[0], expected, 1e-6);
    test_status(gan_optimizer_add_model(optimizer, m.b), GAN_ERROR_STATE, "has taken 1 step;");
    gan_optimizer_destroy(optimizer);
    destroy_models(&m);
}

/* ---- Schedules ------------------------------------------------------------------------------------------------- */

static void test_schedules(void **state)
{
    (void)state;
    models m = create_models();
    const double pi = acos(-1);
    const struct {
        gan_schedule schedule;
        int64_t steps;
        double expected;
        int64_t start;
    } cases[] = {
        {GAN_SCHEDULE_CONSTANT, 1000, 0.5, 0},
        {GAN_SCHEDULE_LINEAR, 0, 0.5, 0},
        {GAN_SCHEDULE_LINEAR, 3, 0.5 + (0.1 - 0.5) * 0.3, 0},
        {GAN_SCHEDULE_LINEAR, 10, 0.1, 0},
        {GAN_SCHEDULE_LINEAR, 11, 0.1, 0},
        {GAN_SCHEDULE_COSINE, 0, 0.5, 0},
        {GAN_SCHEDULE_COSINE, 3, 0.1 + 0.4 * (1 + cos(0.3 * pi)) / 2, 0},
        {GAN_SCHEDULE_COSINE, 500, 0.1, 0},
        {GAN_SCHEDULE_STEP, 9, 0.5, 0},
        {GAN_SCHEDULE_STEP, 10, 0.5 * 0.25, 0},
        {GAN_SCHEDULE_STEP, 35, 0.5 * 0.25 * 0.25 * 0.25, 0},
        {GAN_SCHEDULE_EXPONENTIAL, 0, 0.5, 0},
        {GAN_SCHEDULE_EXPONENTIAL, 5, 0.5 * 0.5, 0},
        {GAN_SCHEDULE_EXPONENTIAL, 25, 0.5 * 0.25 * 0.25 * 0.5, 0},
        {GAN_SCHEDULE_LINEAR, 0, 0.5, 20},
        {GAN_SCHEDULE_LINEAR, 20, 0.5, 20},
        {GAN_SCHEDULE_LINEAR, 23, 0.5 + (0.1 - 0.5) * 0.3, 20},
        {GAN_SCHEDULE_LINEAR, 30, 0.1, 20},
        {GAN_SCHEDULE_STEP, 34, 0.5 * 0.25, 20},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        gan_optimizer *optimizer;
        assert_int_equal(
            gan_optimizer_create(m.a,
                                 GAN_OPTIMIZER(.learning_rate = 0.5f, .schedule = cases[i].schedule,
                                               .schedule_steps = 10, .final_learning_rate = 0.1f,
                                               .schedule_factor = 0.25f, .schedule_start = cases[i].start),
                                 &optimizer),
            GAN_OK);
        optimizer->steps = cases[i].steps;
        assert_near(gan_optimizer_learning_rate(optimizer), cases[i].expected, 1e-8);
        gan_optimizer_destroy(optimizer);
    }
    destroy_models(&m);
}

static void test_learning_rate(void **state)
{
    (void)state;
    models m = create_models();
    gan_optimizer *optimizer;
    assert_int_equal(gan_optimizer_create(m.a, NULL, &optimizer), GAN_OK);
    assert_near(gan_optimizer_learning_rate(optimizer), 2e-4, 1e-10);
    assert_int_equal(gan_optimizer_set_learning_rate(optimizer, 0.25f), GAN_OK);
    assert_true(gan_optimizer_learning_rate(optimizer) == 0.25);
    test_status(gan_optimizer_set_learning_rate(optimizer, -1), GAN_ERROR_ARGUMENT, "learning_rate is -1");
    test_status(gan_optimizer_set_learning_rate(optimizer, NAN), GAN_ERROR_NOT_FINITE, "learning_rate is nan");
    assert_true(gan_optimizer_learning_rate(optimizer) == 0.25);
    assert_int_equal(gan_optimizer_set_learning_rate(optimizer, 0), GAN_OK);
    assert_true(gan_optimizer_learning_rate(optimizer) == 0);
    test_status(gan_optimizer_set_learning_rate(NULL, 1), GAN_ERROR_NULL, "optimizer is NULL");
    assert_true(gan_optimizer_learning_rate(NULL) == 0);
    assert_int_equal(gan_optimizer_steps(NULL), 0);
    gan_optimizer_destroy(optimizer);
    destroy_models(&m);
}

/* ---- Divergence ------------------------------------------------------------------------------------------------ */

/* A gradient that cannot be learned from changes neither weights nor moments; the next good one works. */
static void test_diverged(void **state)
{
    (void)state;
    const gan_real bad[] = {NAN, INFINITY, -INFINITY,
                            sizeof(gan_real) == sizeof(float) ? (gan_real)1e25 : (gan_real)1e200};
    const gan_optimizer_algorithm algorithms[] = {GAN_OPTIMIZER_ADAM, GAN_OPTIMIZER_RMSPROP};
    for (int k = 0; k < 2; k++) {
        models m = create_models();
        gan_optimizer *optimizer;
        double norm = 7;
        assert_int_equal(gan_optimizer_create(m.a, GAN_OPTIMIZER(.algorithm = algorithms[k]), &optimizer), GAN_OK);
        set_gradients(m.a, 1, 1);
        assert_int_equal(gan_optimizer_step(optimizer, NULL), GAN_OK);
        size_t count;
        float *before = test_weights(m.a, &count);
        for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
            set_gradients(m.a, 2, 1);
            m.a->gradients[3] = bad[i];
            test_status(gan_optimizer_step(optimizer, &norm), GAN_ERROR_DIVERGED, "gradient norm is");
            assert_true(norm == 7);
            assert_int_equal(gan_optimizer_steps(optimizer), 1);
            test_assert_weights(m.a, before);
        }
        set_gradients(m.a, 2, 1);
        assert_int_equal(gan_optimizer_step(optimizer, &norm), GAN_OK);
        assert_true(test_weights_finite(m.a));
        free(before);
        gan_optimizer_destroy(optimizer);
        destroy_models(&m);
    }
}

/* What clipping brings down to size may be learned from. */
static void test_clipped_from_afar(void **state)
{
    (void)state;
    models m = create_models();
    gan_optimizer *optimizer;
    double norm;
    assert_int_equal(gan_optimizer_create(m.a, GAN_OPTIMIZER(.clip_norm = 1), &optimizer), GAN_OK);
    set_gradients(m.a, 1, 1e25f);
    assert_int_equal(gan_optimizer_step(optimizer, &norm), GAN_OK);
    assert_true(norm > 1e24);
    assert_true(test_weights_finite(m.a));
    gan_optimizer_destroy(optimizer);
    destroy_models(&m);
}

/* ---- Refused --------------------------------------------------------------------------------------------------- */

static void test_options_refused(void **state)
{
    (void)state;
    models m = create_models();
    const struct {
        const gan_optimizer_options *options;
        gan_status status;
        const char *part;
    } cases[] = {
        {GAN_OPTIMIZER(.learning_rate = NAN), GAN_ERROR_NOT_FINITE, "learning_rate is nan"},
        {GAN_OPTIMIZER(.learning_rate = INFINITY), GAN_ERROR_NOT_FINITE, "learning_rate is inf"},
        {GAN_OPTIMIZER(.learning_rate = -1e-3f), GAN_ERROR_ARGUMENT, "learning_rate is -0.001"},
        {GAN_OPTIMIZER(.beta1 = 1), GAN_ERROR_ARGUMENT, "beta1 is 1"},
        {GAN_OPTIMIZER(.beta1 = NAN), GAN_ERROR_NOT_FINITE, "beta1 is nan"},
        {GAN_OPTIMIZER(.beta2 = -0.5f), GAN_ERROR_ARGUMENT, "beta2 is -0.5"},
        {GAN_OPTIMIZER(.epsilon = GAN_ZERO), GAN_ERROR_ARGUMENT, "epsilon is 0"},
        {GAN_OPTIMIZER(.epsilon = -1), GAN_ERROR_ARGUMENT, "epsilon is -1"},
        {GAN_OPTIMIZER(.decay = 2), GAN_ERROR_ARGUMENT, "decay is 2"},
        {GAN_OPTIMIZER(.momentum = 1), GAN_ERROR_ARGUMENT, "momentum is 1"},
        {GAN_OPTIMIZER(.clip_norm = -1), GAN_ERROR_ARGUMENT, "clip_norm is -1"},
        {GAN_OPTIMIZER(.clip_norm = GAN_ZERO), GAN_ERROR_ARGUMENT, "clip_norm is 0"},
        {GAN_OPTIMIZER(.clip_norm = NAN), GAN_ERROR_NOT_FINITE, "clip_norm is nan"},
        {GAN_OPTIMIZER(.algorithm = (gan_optimizer_algorithm)3), GAN_ERROR_ARGUMENT, "algorithm is 3"},
        {GAN_OPTIMIZER(.schedule = (gan_schedule)5, .schedule_steps = 1), GAN_ERROR_ARGUMENT, "schedule is 5"},
        {GAN_OPTIMIZER(.schedule = GAN_SCHEDULE_LINEAR), GAN_ERROR_ARGUMENT, "schedule_steps is 0"},
        {GAN_OPTIMIZER(.schedule_start = -1), GAN_ERROR_ARGUMENT, "schedule_start is -1, expected at least 0"},
        {GAN_OPTIMIZER(.schedule_steps = -4), GAN_ERROR_ARGUMENT, "schedule_steps is -4"},
        {GAN_OPTIMIZER(.final_learning_rate = -1), GAN_ERROR_ARGUMENT, "final_learning_rate is -1"},
        {GAN_OPTIMIZER(.weight_decay = -1), GAN_ERROR_ARGUMENT, "weight_decay is -1"},
        {GAN_OPTIMIZER(.weight_decay = INFINITY), GAN_ERROR_NOT_FINITE, "weight_decay is inf"},
        {GAN_OPTIMIZER(.reserved = 1), GAN_ERROR_VERSION, "gan_optimizer_options: a field is set"},
        {GAN_OPTIMIZER(.schedule_factor = 1.5f), GAN_ERROR_ARGUMENT, "schedule_factor is 1.5"},
        {GAN_OPTIMIZER(.schedule_factor = GAN_ZERO), GAN_ERROR_ARGUMENT, "schedule_factor is 0"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        gan_optimizer *optimizer = NULL;
        test_status(gan_optimizer_create(m.a, cases[i].options, &optimizer), cases[i].status, cases[i].part);
        assert_null(optimizer);
    }
    destroy_models(&m);
}

static void test_models_refused(void **state)
{
    (void)state;
    models m = create_models(), other = create_models();
    gan_optimizer *optimizer = NULL;
    gan_model *empty;
    assert_int_equal(gan_model_create(m.context, &empty), GAN_OK);
    test_status(gan_optimizer_create(NULL, NULL, &optimizer), GAN_ERROR_NULL, "model is NULL");
    test_status(gan_optimizer_create(m.a, NULL, NULL), GAN_ERROR_NULL, "out is NULL");
    assert_int_equal(gan_optimizer_create(empty, NULL, &optimizer), GAN_ERROR_STATE);
    assert_null(optimizer);
    assert_int_equal(gan_optimizer_create(m.a, NULL, &optimizer), GAN_OK);
    test_status(gan_optimizer_add_model(optimizer, m.a), GAN_ERROR_ARGUMENT, "already has this model");
    test_status(gan_optimizer_add_model(optimizer, other.a), GAN_ERROR_ARGUMENT, "another context");
    assert_int_equal(gan_optimizer_add_model(optimizer, empty), GAN_ERROR_STATE);
    test_status(gan_optimizer_add_model(NULL, m.b), GAN_ERROR_NULL, "optimizer is NULL");
    test_status(gan_optimizer_step(NULL, NULL), GAN_ERROR_NULL, "optimizer is NULL");
    gan_optimizer_destroy(optimizer);
    gan_optimizer_destroy(NULL);
    gan_model_destroy(empty);
    destroy_models(&m);
    destroy_models(&other);
}

static void test_many_models(void **state)
{
    (void)state;
    models m[GAN_OPTIMIZER_MODELS / 2 + 1];
    gan_optimizer *optimizer = NULL;
    gan_context *context;
    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 1), &context), GAN_OK);
    for (int i = 0; i <= GAN_OPTIMIZER_MODELS / 2; i++) {
        assert_int_equal(test_gan_models(context, TEST_GAN_DENSE, &m[i].a, &m[i].b), GAN_OK);
    }
    assert_int_equal(gan_optimizer_create(m[0].a, NULL, &optimizer), GAN_OK);
    for (int i = 1; i < GAN_OPTIMIZER_MODELS; i++) {
        assert_int_equal(gan_optimizer_add_model(optimizer, i % 2 ? m[i / 2].b : m[i / 2].a), GAN_OK);
    }
    test_status(gan_optimizer_add_model(optimizer, m[GAN_OPTIMIZER_MODELS / 2].a), GAN_ERROR_ARGUMENT, "8 models");
    /* It keeps its models alive. */
    for (int i = 0; i <= GAN_OPTIMIZER_MODELS / 2; i++) {
        gan_model_destroy(m[i].a);
        gan_model_destroy(m[i].b);
    }
    gan_context_destroy(context);
    assert_int_equal(gan_optimizer_step(optimizer, NULL), GAN_OK);
    gan_optimizer_destroy(optimizer);
}

/* ---- Gradients that stay away ---------------------------------------------------------------------------------- */

static bool has_denormals(const gan_optimizer *optimizer)
{
    for (int k = 0; k < GAN_MOMENTS; k++) {
        const gan_real *moments = optimizer->moments[0][k];
        for (int64_t i = 0; moments && i < optimizer->models[0]->parameter_size; i++) {
            if (fpclassify(moments[i]) == FP_SUBNORMAL) return true;
        }
    }
    return false;
}

/* Moments of gradients that have been 0 for long become 0, without a time among the denormal numbers, which take many
 * times as long to compute with. */
static void check_moments_fade(const gan_optimizer_options *options)
{
    const gan_real least = sizeof(gan_real) == sizeof(float) ? (gan_real)FLT_MIN : (gan_real)DBL_MIN;
    models m = create_models();
    gan_optimizer *optimizer;
    assert_int_equal(gan_optimizer_create(m.a, options, &optimizer), GAN_OK);
    for (int64_t i = 0; i < m.a->parameter_size; i++) m.a->gradients[i] = (gan_real)sqrt((double)least) * 10;
    for (int step = 0; step < 1200; step++) {
        assert_int_equal(gan_optimizer_step(optimizer, NULL), GAN_OK);
        assert_false(has_denormals(optimizer));
        if (step == 0) assert_int_equal(gan_model_zero_gradients(m.a), GAN_OK);
    }
    if (optimizer->moments[0][GAN_MOMENT_FIRST]) assert_true(optimizer->moments[0][GAN_MOMENT_FIRST][0] == 0);
    if (optimizer->moments[0][GAN_MOMENT_SECOND]) assert_true(optimizer->moments[0][GAN_MOMENT_SECOND][0] == 0);
    gan_optimizer_destroy(optimizer);
    destroy_models(&m);
}

static void test_moments_fade(void **state)
{
    (void)state;
#if !defined(__x86_64__) && !defined(__aarch64__)
    test_skip("this CPU's denormal numbers are not flushed");
#endif
    check_moments_fade(GAN_OPTIMIZER(.learning_rate = 1e-4f));
    check_moments_fade(GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_RMSPROP, .learning_rate = 1e-4f, .decay = 0.5f));
    check_moments_fade(GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_SGD, .learning_rate = 1e-4f, .momentum = 0.5f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adam),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_rmsprop),
        cmocka_unit_test(test_sgd),
        cmocka_unit_test(test_clipped),
        cmocka_unit_test(test_scheduled),
        cmocka_unit_test(test_weight_decay),
        cmocka_unit_test(test_previous),
        cmocka_unit_test(test_two_models),
        cmocka_unit_test(test_schedules),
        cmocka_unit_test(test_learning_rate),
        cmocka_unit_test(test_diverged),
        cmocka_unit_test(test_clipped_from_afar),
        cmocka_unit_test(test_options_refused),
        cmocka_unit_test(test_models_refused),
        cmocka_unit_test(test_many_models),
        cmocka_unit_test(test_moments_fade),
    };
    return cmocka_run_group_tests_name("optimizers", tests, NULL, NULL);
}
