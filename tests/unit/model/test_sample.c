/* Sampling: the same samples for any batches, and what cannot be sampled. */
#include "session.h"

#include "support/models.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static gan_context *context;

static int setup(void **state)
{
    (void)state;
    return gan_context_create(GAN_CONTEXT(.threads = 2), &context) == GAN_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    gan_context_destroy(context);
    return 0;
}

static void test_samples_depend_on_seed_and_number_only(void **state)
{
    enum { MANY = 600, SIZE = 9 };
    gan_model *model = NULL;
    static float many[MANY * SIZE], few[7 * SIZE], again[MANY * SIZE], other[MANY * SIZE];
    (void)state;

    ASSERT_OK(test_seed_generator(context, 1, &model));
    ASSERT_OK(gan_model_sample(model, GAN_SAMPLE(.seed = 42), MANY, many));
    ASSERT_OK(gan_model_sample(model, GAN_SAMPLE(.seed = 42), MANY, again));
    assert_memory_equal(many, again, sizeof(many));
    ASSERT_OK(gan_model_sample(model, GAN_SAMPLE(.seed = 42), 7, few));
    for (int i = 0; i < 7 * SIZE; i++) assert_true(fabsf(few[i] - many[i]) <= 1e-6f);
    ASSERT_OK(gan_model_sample(model, GAN_SAMPLE(.seed = 43), MANY, other));
    for (int i = 0; i < MANY; i++) assert_memory_not_equal(many + i * SIZE, other + i * SIZE, SIZE * sizeof(float));
    for (int i = 1; i < MANY; i++) assert_memory_not_equal(many, many + i * SIZE, SIZE * sizeof(float));
    gan_model_destroy(model);
}

/* A model that passes its noise on, or part of it. */
static gan_model *build_passing(gan_shape shape, const gan_dropout_options *dropout)
{
    gan_model *model = NULL;
    ASSERT_OK(gan_model_create(context, &model));
    gan_model_add(model, gan_layer_input(context, shape));
    gan_model_add(model, gan_layer_dropout(context, dropout));
    ASSERT_OK(gan_model_build(model, 0));
    return model;
}

static gan_model *build_identity(gan_shape shape)
{
    return build_passing(shape, NULL); /* drops nothing in sample mode */
}

static void check_moments(gan_noise noise, double variance, double most)
{
    enum { COUNT = 4000 };
    gan_model *model = build_identity(GAN_SHAPE(5));
    gan_session *session = NULL;
    static float values[COUNT * 5];
    double sum = 0, squares = 0, largest = 0;

    ASSERT_OK(gan_model_set_input(model, 0, GAN_INPUT(.role = GAN_INPUT_NOISE, .noise = noise)));
    ASSERT_OK(gan_session_create(model, GAN_SESSION(.batch = 64, .forward_only = true), &session));
    ASSERT_OK(gan_session_draw(session, GAN_SAMPLE(.seed = 3), COUNT, values, "a test"));
    for (int i = 0; i < COUNT * 5; i++) {
        sum += (double)values[i];
        squares += (double)values[i] * (double)values[i];
        largest = fmax(largest, fabs((double)values[i]));
    }
    assert_true(fabs(sum / (COUNT * 5)) < 0.03);
    assert_true(fabs(squares / (COUNT * 5) - variance) < 0.05 * variance);
    assert_true(largest <= most && largest > 0.99 * fmin(most, 3));
    gan_session_destroy(session);
    gan_model_destroy(model);
}

static void test_distributions(void **state)
{
    (void)state;
    check_moments(GAN_NOISE_NORMAL, 1, 6);
    check_moments(GAN_NOISE_UNIFORM, 1.0 / 3, 1);
}

static void check_any_session(const gan_dropout_options *dropout)
{
    enum { COUNT = 50, SIZE = 12 };
    gan_model *model = build_passing(GAN_SHAPE(3, 2, 2), dropout);
    static float expected[COUNT * SIZE], values[COUNT * SIZE];

    ASSERT_OK(gan_model_sample(model, GAN_SAMPLE(.seed = 8), COUNT, expected));
    for (int64_t batch = 1; batch < 9; batch++) {
        gan_session *session = NULL;
        ASSERT_OK(gan_session_create(model, GAN_SESSION(.batch = batch), &session));
        ASSERT_OK(gan_session_draw(session, GAN_SAMPLE(.seed = 8), COUNT, values, "a test"));
        assert_memory_equal(expected, values, sizeof(values));
        /* Whatever it has drawn before. */
        ASSERT_OK(gan_session_draw(session, GAN_SAMPLE(.seed = 9), COUNT, values, "a test"));
        assert_memory_not_equal(expected, values, sizeof(values));
        ASSERT_OK(gan_session_draw(session, GAN_SAMPLE(.seed = 8), COUNT, values, "a test"));
        assert_memory_equal(expected, values, sizeof(values));
        gan_session_destroy(session);
    }
    gan_model_destroy(model);
}

static void test_any_session_draws_the_same(void **state)
{
    (void)state;
    check_any_session(NULL);
    check_any_session(GAN_DROPOUT(.in_sampling = true));
}

/* Of a given input, dropout's masks are all that the seed decides; those of samples over several batches differ. */
static void test_dropout_in_sampling(void **state)
{
    enum { COUNT = 600, SIZE = 40 };
    gan_model *model = build_passing(GAN_SHAPE(SIZE), GAN_DROPOUT(.in_sampling = true));
    static float ones[COUNT * SIZE], first[COUNT * SIZE], other[COUNT * SIZE];
    const float *const inputs[] = {ones};
    (void)state;

    for (int i = 0; i < COUNT * SIZE; i++) ones[i] = 1;
    ASSERT_OK(gan_model_sample(model, GAN_SAMPLE(.seed = 1, .inputs = inputs), COUNT, first));
    for (int i = 0; i < COUNT; i++) {
        for (int k = 0; k < i; k++) assert_memory_not_equal(first + i * SIZE, first + k * SIZE, SIZE * sizeof(float));
    }
    ASSERT_OK(gan_model_sample(model, GAN_SAMPLE(.seed = 2, .inputs = inputs), COUNT, other));
    assert_memory_not_equal(first, other, sizeof(first));
    ASSERT_OK(gan_model_sample(model, GAN_SAMPLE(.seed = 1, .inputs = inputs), 7, other));
    assert_memory_equal(first, other, 7 * SIZE * sizeof(float));
    gan_model_destroy(model);
}

static void test_what_cannot_be_sampled(void **state)
{
    gan_model *model = NULL;
    float out[48] = {7};
    (void)state;

    assert_int_equal(gan_model_sample(NULL, NULL, 1, out), GAN_ERROR_NULL);
    ASSERT_OK(test_graph(context, 1, &model));
    ASSERT_FAILS(gan_model_sample(model, NULL, 1, out), GAN_ERROR_ARGUMENT,
                 "input 'x' has no role: give it by .inputs");
    gan_model_destroy(model);
    ASSERT_OK(gan_model_create(context, &model));
    assert_int_equal(gan_model_sample(model, NULL, 1, out), GAN_ERROR_STATE);
    gan_model_destroy(model);
    ASSERT_OK(test_seed_generator(context, 1, &model));
    assert_int_equal(gan_model_sample(model, NULL, 1, NULL), GAN_ERROR_NULL);
    ASSERT_FAILS(gan_model_sample(model, NULL, 0, out), GAN_ERROR_ARGUMENT, "count is 0");
    ASSERT_FAILS(gan_model_sample(model, NULL, -1, out), GAN_ERROR_ARGUMENT, "count is -1");
    ASSERT_FAILS(gan_model_sample(model, NULL, INT64_MAX / 2, out), GAN_ERROR_OVERFLOW, "overflow");
    assert_true(out[0] == 7);
    gan_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples_depend_on_seed_and_number_only),
        cmocka_unit_test(test_distributions),
        cmocka_unit_test(test_any_session_draws_the_same),
        cmocka_unit_test(test_dropout_in_sampling),
        cmocka_unit_test(test_what_cannot_be_sampled),
    };
    return cmocka_run_group_tests_name("sample", tests, setup, teardown);
}
