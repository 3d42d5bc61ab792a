/* Passes of sessions: repeated backward passes, random numbers, memory and threads. */
#include "session.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 4 };

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

/* ---- Backward passes ---------------------------------------------------------------------------------------- */

/* Two passes give what one pass gives, and touch nothing else. */
static void test_repeated_backward_passes(void **state)
{
    (void)state;
    for (int m = 0; m < TEST_MODELS; m++) {
        gan_session *session = create_test_session(BATCH, build_test_model(context, test_models[m].build), false);
        set_random_inputs(session, BATCH, 1);
        ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
        set_random_gradients(session, 2);
        ASSERT_OK(gan_session_backward(session, GAN_BACKWARD_INPUTS | GAN_BACKWARD_PARAMETERS));
        results at_once = collect_results(session, true, true);
        ASSERT_OK(gan_model_zero_gradients(session->model));
        ASSERT_OK(gan_session_backward(session, GAN_BACKWARD_PARAMETERS));
        ASSERT_OK(gan_session_backward(session, GAN_BACKWARD_INPUTS));
        results in_turn = collect_results(session, true, true);
        assert_same_results(at_once, in_turn, test_models[m].name);
        free(at_once.values);
        free(in_turn.values);

        double norm;
        ASSERT_OK(gan_model_zero_gradients(session->model));
        ASSERT_OK(gan_session_backward(session, GAN_BACKWARD_INPUTS));
        ASSERT_OK(gan_model_get_gradient_norm(session->model, &norm));
        assert_true(norm == 0);
        gan_session_destroy(session);
    }
}

static void test_outputs_that_are_not_set_count_as_zero(void **state)
{
    gan_session *session = create_test_session(BATCH, build_test_model(context, test_graph), false);
    float *zeros = calloc(BATCH * 48, sizeof(*zeros)), *gradient = random_floats(3, BATCH * 48);
    (void)state;

    assert_non_null(zeros);
    for (size_t set = 0; set < 2; set++) {
        results one, both;
        set_random_inputs(session, BATCH, 1);
        ASSERT_OK(gan_session_forward(session, GAN_MODE_SAMPLE));
        ASSERT_OK(gan_session_set_output_gradient(session, set, gradient));
        ASSERT_OK(gan_model_zero_gradients(session->model));
        ASSERT_OK(gan_session_backward(session, GAN_BACKWARD_INPUTS | GAN_BACKWARD_PARAMETERS));
        one = collect_results(session, true, true);
        ASSERT_OK(gan_session_set_output_gradient(session, 1 - set, zeros));
        ASSERT_OK(gan_model_zero_gradients(session->model));
        ASSERT_OK(gan_session_backward(session, GAN_BACKWARD_INPUTS | GAN_BACKWARD_PARAMETERS));
        both = collect_results(session, true, true);
        assert_int_equal(one.count, both.count);
        for (int64_t i = 0; i < one.count; i++) assert_true(fabsf(one.values[i] - both.values[i]) <= 1e-6f);
        free(one.values);
        free(both.values);
    }
    free(zeros);
    free(gradient);
    gan_session_destroy(session);
}

/* An input on which no set output depends still has a gradient: 0. */
static void test_unreached_inputs_have_gradient_zero(void **state)
{
    gan_model *model = NULL;
    float values[BATCH * 3] = {1, 2, 3}, gradient[BATCH * 3];
    (void)state;

    ASSERT_OK(gan_model_create(context, &model));
    const gan_node a = gan_model_add(model, gan_layer_input(context, GAN_SHAPE(3)));
    const gan_node b = gan_model_add(model, gan_layer_input(context, GAN_SHAPE(3)));
    const gan_node left = gan_model_add_from(model, gan_layer_dense(context, 3, NULL), GAN_NODES(a));
    const gan_node right = gan_model_add_from(model, gan_layer_dense(context, 3, NULL), GAN_NODES(b));
    gan_model_set_outputs(model, GAN_NODES(left, right));
    ASSERT_OK(gan_model_build(model, 1));
    gan_session *session = create_test_session(BATCH, model, false);
    ASSERT_OK(gan_session_set_input(session, 0, values, BATCH));
    ASSERT_OK(gan_session_set_input(session, 1, values, BATCH));
    ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
    ASSERT_OK(gan_session_set_output_gradient(session, 0, values));
    ASSERT_OK(gan_session_backward(session, GAN_BACKWARD_INPUTS | GAN_BACKWARD_PARAMETERS));
    ASSERT_OK(gan_session_get_input_gradient(session, 1, gradient));
    for (int i = 0; i < BATCH * 3; i++) assert_true(gradient[i] == 0);
    ASSERT_OK(gan_session_get_input_gradient(session, 0, gradient));
    assert_true(gradient[0] != 0);
    float weights[9];
    ASSERT_OK(gan_model_get_gradient(session->model, "1.weight", weights, 9));
    for (int i = 0; i < 9; i++) assert_true(weights[i] == 0);
    gan_session_destroy(session);
}

/* ---- Random numbers, weights, NaN ---------------------------------------------------------------------------- */

static void test_dropout_draws_anew_in_training_only(void **state)
{
    gan_session *session = create_test_session(BATCH, build_test_model(context, test_dcgan_discriminator), false);
    float first[BATCH], second[BATCH], again[BATCH];
    (void)state;

    set_random_inputs(session, BATCH, 1);
    assert_int_equal(session->passes, 0);
    ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
    ASSERT_OK(gan_session_get_output(session, 0, first));
    ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
    ASSERT_OK(gan_session_get_output(session, 0, second));
    assert_memory_not_equal(first, second, sizeof(first));
    assert_int_equal(session->passes, 2);
    session->passes = 0;
    ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
    ASSERT_OK(gan_session_get_output(session, 0, again));
    assert_memory_equal(first, again, sizeof(first));

    ASSERT_OK(gan_session_forward(session, GAN_MODE_SAMPLE));
    ASSERT_OK(gan_session_get_output(session, 0, first));
    ASSERT_OK(gan_session_forward(session, GAN_MODE_SAMPLE));
    ASSERT_OK(gan_session_get_output(session, 0, second));
    assert_memory_equal(first, second, sizeof(first));
    assert_int_equal(session->passes, 1);
    gan_session_destroy(session);
}

/* With in_sampling, each sample draws anew, and the gradient passes where the sample did. */
static void test_dropout_in_sampling(void **state)
{
    enum { SIZE = 50 };
    const gan_dropout_options *always = GAN_DROPOUT(.in_sampling = true);
    float ones[BATCH * SIZE], first[BATCH * SIZE], second[BATCH * SIZE], gradient[BATCH * SIZE];
    gan_model *model = NULL;
    (void)state;

    ASSERT_OK(gan_model_create(context, &model));
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(SIZE)));
    gan_model_add(model, gan_layer_dropout(context, always));
    ASSERT_OK(gan_model_build(model, 1));
    gan_session *session = create_test_session(BATCH, model, false);
    for (int i = 0; i < BATCH * SIZE; i++) ones[i] = 1;
    ASSERT_OK(gan_session_set_input(session, 0, ones, BATCH));
    ASSERT_OK(gan_session_forward(session, GAN_MODE_SAMPLE));
    ASSERT_OK(gan_session_get_output(session, 0, first));
    assert_memory_not_equal(first, first + SIZE, SIZE * sizeof(float));
    ASSERT_OK(gan_session_set_output_gradient(session, 0, ones));
    ASSERT_OK(gan_session_backward(session, GAN_BACKWARD_INPUTS));
    ASSERT_OK(gan_session_get_input_gradient(session, 0, gradient));
    assert_memory_equal(gradient, first, sizeof(first));
    assert_int_equal(session->passes, BATCH);
    ASSERT_OK(gan_session_forward(session, GAN_MODE_SAMPLE));
    ASSERT_OK(gan_session_get_output(session, 0, second));
    for (int i = 0; i < BATCH; i++)
        assert_memory_not_equal(first + i * SIZE, second + i * SIZE, SIZE * sizeof(float));

    /* As if saved after the first sample, in a batch of another size. */
    session->passes = 1;
    ASSERT_OK(gan_session_set_input(session, 0, ones, BATCH - 1));
    ASSERT_OK(gan_session_forward(session, GAN_MODE_SAMPLE));
    ASSERT_OK(gan_session_get_output(session, 0, second));
    assert_memory_equal(first + SIZE, second, (BATCH - 1) * SIZE * sizeof(float));
    gan_session_destroy(session);
}

/* An optimizer swaps the arrays of weights between two passes. */
static void test_sessions_see_new_weights(void **state)
{
    gan_session *session = create_test_session(BATCH, build_test_model(context, test_seed_discriminator), false);
    gan_model *model = session->model;
    float before[BATCH], after[BATCH];
    (void)state;

    set_random_inputs(session, BATCH, 1);
    ASSERT_OK(gan_session_forward(session, GAN_MODE_SAMPLE));
    ASSERT_OK(gan_session_get_output(session, 0, before));
    ASSERT_OK(gan_model_keep_previous(model));
    gan_real *old = model->parameters;
    model->parameters = model->previous;
    model->previous = old;
    const float bias = 5;
    ASSERT_OK(gan_model_set_tensor(model, "5.bias", &bias, 1));
    ASSERT_OK(gan_session_forward(session, GAN_MODE_SAMPLE));
    ASSERT_OK(gan_session_get_output(session, 0, after));
    for (int i = 0; i < BATCH; i++) assert_true(fabsf(after[i] - before[i] - 5) < 1e-5f);
    gan_session_destroy(session);
}

/* Divergence is for the trainer to see, so it passes through. */
static void test_nan_passes_through(void **state)
{
    gan_session *session = create_test_session(BATCH, build_test_model(context, test_seed_discriminator), false);
    float samples[BATCH * 36] = {0}, logits[BATCH];
    (void)state;

    samples[36 + 14] = NAN;
    ASSERT_OK(gan_session_set_input(session, 0, samples, BATCH));
    ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
    ASSERT_OK(gan_session_get_output(session, 0, logits));
    assert_true(isnan(logits[1]));
    assert_false(isnan(logits[0]));
    gan_session_destroy(session);
}

/* ---- Memory and threads ------------------------------------------------------------------------------------- */

static void test_passes_allocate_nothing(void **state)
{
    (void)state;
    for (int m = 0; m < TEST_MODELS; m++) {
        gan_session *session = create_test_session(BATCH, build_test_model(context, test_models[m].build), false);
        gan_session *other = create_test_session(BATCH, gan_model_retain(session->model), true);
        gan_context_info before = GAN_CONTEXT_INFO_INIT, after = GAN_CONTEXT_INFO_INIT;
        ASSERT_OK(gan_context_get_info(context, &before));
        for (int pass = 0; pass < 3; pass++) {
            set_random_inputs(session, BATCH - pass, 1);
            ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
            set_random_gradients(session, 2);
            ASSERT_OK(gan_session_backward(session, GAN_BACKWARD_INPUTS | GAN_BACKWARD_PARAMETERS));
            free(collect_results(session, true, true).values);
            set_random_inputs(other, BATCH - pass, 1);
            ASSERT_OK(gan_session_forward(other, GAN_MODE_SAMPLE));
        }
        ASSERT_OK(gan_context_get_info(context, &after));
        assert_int_equal(before.allocations, after.allocations);
        assert_int_equal(before.bytes, after.bytes);
        gan_session_destroy(session);
        gan_session_destroy(other);
    }
}

static void test_memory_limit(void **state)
{
    gan_context *limited = NULL;
    gan_model *model = NULL;
    gan_session *session = NULL;
    (void)state;

    ASSERT_OK(gan_context_create(GAN_CONTEXT(.threads = 1, .memory_limit = 1000000), &limited));
    ASSERT_OK(test_seed_generator(limited, 1, &model));
    ASSERT_FAILS(gan_session_create(model, GAN_SESSION(.batch = 1000000), &session), GAN_ERROR_MEMORY,
                 "memory_limit");
    ASSERT_OK(gan_session_create(model, GAN_SESSION(.batch = 10), &session));
    gan_session_destroy(session);
    gan_model_destroy(model);
    gan_context_destroy(limited);
}

enum { THREADS = 3, ROUNDS = 40 };

typedef struct work {
    gan_session *session;
    uint64_t seed;
    float out[BATCH * 48 + BATCH * 2];
    bool failed;
} work;

static void *run_rounds(void *argument)
{
    work *w = argument;
    float image[BATCH * 48], code[BATCH * 5];

    for (int round = 0; round < ROUNDS && !w->failed; round++) {
        for (int i = 0; i < BATCH * 48; i++) image[i] = (float)((i * 7 + round + (int)w->seed) % 11) - 5;
        for (int i = 0; i < BATCH * 5; i++) code[i] = (float)((i * 3 + round + (int)w->seed) % 7) - 3;
        w->failed = gan_session_set_input(w->session, 0, image, BATCH) != GAN_OK ||
                    gan_session_set_input(w->session, 1, code, BATCH) != GAN_OK ||
                    gan_session_forward(w->session, GAN_MODE_TRAIN) != GAN_OK ||
                    gan_session_get_output(w->session, 0, w->out) != GAN_OK ||
                    gan_session_get_output(w->session, 1, w->out + BATCH * 48) != GAN_OK;
    }
    return NULL;
}

static void test_sessions_of_one_model_in_several_threads(void **state)
{
    gan_model *model = build_test_model(context, test_graph);
    pthread_t threads[THREADS];
    static work alone[THREADS], together[THREADS];
    (void)state;

    for (int i = 0; i < THREADS; i++) {
        alone[i] = (work){.session = create_test_session(BATCH, gan_model_retain(model), false), .seed = (uint64_t)i};
        together[i] =
            (work){.session = create_test_session(BATCH, gan_model_retain(model), i == 0), .seed = (uint64_t)i};
        run_rounds(&alone[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, run_rounds, &together[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++) {
        assert_false(alone[i].failed || together[i].failed);
        assert_memory_equal(alone[i].out, together[i].out, sizeof(alone[i].out));
        gan_session_destroy(alone[i].session);
        gan_session_destroy(together[i].session);
    }
    gan_model_destroy(model);
}

/* Handles keep what they need alive, in any order of destruction. */
static void test_order_of_destruction(void **state)
{
    gan_context *own = NULL;
    gan_model *model = NULL;
    gan_session *session = NULL;
    float out[9 * 2];
    (void)state;

    ASSERT_OK(gan_context_create(GAN_CONTEXT(.threads = 1), &own));
    ASSERT_OK(test_seed_generator(own, 1, &model));
    ASSERT_OK(gan_session_create(model, GAN_SESSION(.batch = 2), &session));
    gan_context_destroy(own);
    gan_model_destroy(model);
    set_random_inputs(session, 2, 1);
    ASSERT_OK(gan_session_forward(session, GAN_MODE_SAMPLE));
    ASSERT_OK(gan_session_get_output(session, 0, out));
    gan_session_destroy(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_repeated_backward_passes),
        cmocka_unit_test(test_outputs_that_are_not_set_count_as_zero),
        cmocka_unit_test(test_unreached_inputs_have_gradient_zero),
        cmocka_unit_test(test_dropout_draws_anew_in_training_only),
        cmocka_unit_test(test_dropout_in_sampling),
        cmocka_unit_test(test_sessions_see_new_weights),
        cmocka_unit_test(test_nan_passes_through),
        cmocka_unit_test(test_passes_allocate_nothing),
        cmocka_unit_test(test_memory_limit),
        cmocka_unit_test(test_sessions_of_one_model_in_several_threads),
        cmocka_unit_test(test_order_of_destruction),
    };
    return cmocka_run_group_tests_name("passes", tests, setup, teardown);
}
