/* Sessions: the order of calls, batches, and two models in a row. */
#include "session.h"

#include <math.h>
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

/* ---- Order of calls ----------------------------------------------------------------------------------------- */

static void test_null_handles(void **state)
{
    gan_session *session = NULL;
    float value = 0;
    (void)state;

    assert_int_equal(gan_session_create(NULL, NULL, &session), GAN_ERROR_NULL);
    assert_null(session);
    assert_int_equal(gan_session_set_input(NULL, 0, &value, 1), GAN_ERROR_NULL);
    assert_int_equal(gan_session_set_input_from(NULL, 0, NULL, 0), GAN_ERROR_NULL);
    assert_int_equal(gan_session_forward(NULL, GAN_MODE_TRAIN), GAN_ERROR_NULL);
    assert_int_equal(gan_session_get_output(NULL, 0, &value), GAN_ERROR_NULL);
    assert_int_equal(gan_session_set_output_gradient(NULL, 0, &value), GAN_ERROR_NULL);
    assert_int_equal(gan_session_set_output_gradient_from(NULL, 0, NULL, 0), GAN_ERROR_NULL);
    assert_int_equal(gan_session_backward(NULL, GAN_BACKWARD_INPUTS), GAN_ERROR_NULL);
    assert_int_equal(gan_session_get_input_gradient(NULL, 0, &value), GAN_ERROR_NULL);
    gan_session_destroy(NULL);

    session = create_test_session(BATCH, build_test_model(context, test_seed_generator), false);
    assert_int_equal(gan_session_create(session->model, NULL, NULL), GAN_ERROR_NULL);
    assert_int_equal(gan_session_set_input(session, 0, NULL, 1), GAN_ERROR_NULL);
    assert_int_equal(gan_session_set_input_from(session, 0, NULL, 0), GAN_ERROR_NULL);
    gan_session_destroy(session);
}

static void test_order_of_calls(void **state)
{
    gan_session *session = create_test_session(BATCH, build_test_model(context, test_graph), false);
    float values[BATCH * 48] = {0};
    (void)state;

    ASSERT_FAILS(gan_session_forward(session, GAN_MODE_TRAIN), GAN_ERROR_STATE, "input 0 has not been set");
    ASSERT_OK(gan_session_set_input(session, 0, values, 2));
    ASSERT_FAILS(gan_session_forward(session, GAN_MODE_TRAIN), GAN_ERROR_STATE, "input 1 has not been set");
    ASSERT_FAILS(gan_session_get_output(session, 0, values), GAN_ERROR_STATE, "gan_session_forward() has not run");
    ASSERT_FAILS(gan_session_set_output_gradient(session, 0, values), GAN_ERROR_STATE, "has not run");
    ASSERT_FAILS(gan_session_backward(session, GAN_BACKWARD_INPUTS), GAN_ERROR_STATE, "has not run");
    set_random_inputs(session, 2, 1);
    ASSERT_FAILS(gan_session_forward(session, (gan_mode)2), GAN_ERROR_ARGUMENT, "mode is 2");
    ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
    ASSERT_FAILS(gan_session_backward(session, GAN_BACKWARD_INPUTS), GAN_ERROR_STATE, "no output's gradient");
    ASSERT_FAILS(gan_session_get_input_gradient(session, 0, values), GAN_ERROR_STATE, "GAN_BACKWARD_INPUTS");
    set_random_gradients(session, 1);
    ASSERT_FAILS(gan_session_backward(session, 0), GAN_ERROR_ARGUMENT, "what is 0");
    ASSERT_FAILS(gan_session_backward(session, 4), GAN_ERROR_ARGUMENT, "what is 4");
    ASSERT_OK(gan_session_backward(session, GAN_BACKWARD_PARAMETERS));
    ASSERT_FAILS(gan_session_get_input_gradient(session, 0, values), GAN_ERROR_STATE, "GAN_BACKWARD_INPUTS");
    ASSERT_OK(gan_session_backward(session, GAN_BACKWARD_INPUTS));
    ASSERT_OK(gan_session_get_input_gradient(session, 0, values));
    ASSERT_OK(gan_session_get_output(session, 0, values));

    /* A forward pass on the same inputs forgets gradients, and a new input forgets the forward pass. */
    ASSERT_OK(gan_session_forward(session, GAN_MODE_SAMPLE));
    assert_int_equal(gan_session_backward(session, GAN_BACKWARD_INPUTS), GAN_ERROR_STATE);
    assert_int_equal(gan_session_get_input_gradient(session, 0, values), GAN_ERROR_STATE);
    ASSERT_OK(gan_session_set_input(session, 0, values, 2));
    assert_int_equal(gan_session_get_output(session, 0, values), GAN_ERROR_STATE);
    ASSERT_OK(gan_session_forward(session, GAN_MODE_SAMPLE));
    ASSERT_OK(gan_session_get_output(session, 0, values));
    gan_session_destroy(session);
}

static void test_forward_only(void **state)
{
    gan_session *session = create_test_session(BATCH, build_test_model(context, test_seed_generator), true);
    float values[BATCH * 9] = {0};
    (void)state;

    set_random_inputs(session, BATCH, 1);
    ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
    ASSERT_OK(gan_session_get_output(session, 0, values));
    ASSERT_FAILS(gan_session_set_output_gradient(session, 0, values), GAN_ERROR_STATE, "forward_only");
    ASSERT_FAILS(gan_session_backward(session, GAN_BACKWARD_PARAMETERS), GAN_ERROR_STATE, "forward_only");
    gan_session_destroy(session);
}

static void test_indices(void **state)
{
    gan_session *session = create_test_session(BATCH, build_test_model(context, test_graph), false);
    float values[BATCH * 48] = {0};
    (void)state;

    ASSERT_FAILS(gan_session_set_input(session, 2, values, 1), GAN_ERROR_ARGUMENT, "no input 2, expected 0 to 1");
    set_random_inputs(session, 2, 1);
    ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
    ASSERT_FAILS(gan_session_get_output(session, 2, values), GAN_ERROR_ARGUMENT, "no output 2, expected 0 to 1");
    ASSERT_FAILS(gan_session_set_output_gradient(session, 2, values), GAN_ERROR_ARGUMENT, "no output 2");
    ASSERT_FAILS(gan_session_get_input_gradient(session, 2, values), GAN_ERROR_ARGUMENT, "no input 2");
    gan_session_destroy(session);
}

/* ---- Batches ------------------------------------------------------------------------------------------------ */

static void test_wrong_batches(void **state)
{
    gan_model *model = build_test_model(context, test_graph);
    gan_session *session = NULL;
    float values[(BATCH + 1) * 48] = {0};
    (void)state;

    ASSERT_FAILS(gan_session_create(model, GAN_SESSION(.batch = -2), &session), GAN_ERROR_BATCH, "batch is -2");
    ASSERT_FAILS(gan_session_create(model, GAN_SESSION(.reserved = {0, 1}), &session), GAN_ERROR_VERSION,
                 "gan_session_options: a field is set that libgan");
    ASSERT_FAILS(gan_session_create(model, GAN_SESSION(.batch = INT64_MAX), &session), GAN_ERROR_OVERFLOW,
                 "gan_session_options: batch is 9223372036854775807: ");
    ASSERT_FAILS(gan_session_create(model, GAN_SESSION(.batch = INT64_MAX / 16), &session), GAN_ERROR_OVERFLOW, "");
    assert_null(session);
    session = create_test_session(BATCH, model, false);
    ASSERT_FAILS(gan_session_set_input(session, 0, values, 0), GAN_ERROR_BATCH,
                 "batch is 0, but the session is prepared for 1 to 4");
    ASSERT_FAILS(gan_session_set_input(session, 0, values, -1), GAN_ERROR_BATCH, "batch is -1");
    ASSERT_FAILS(gan_session_set_input(session, 0, values, 5), GAN_ERROR_BATCH, "batch is 5");
    ASSERT_OK(gan_session_set_input(session, 0, values, 4));
    ASSERT_OK(gan_session_set_input(session, 1, values, 3));
    ASSERT_FAILS(gan_session_forward(session, GAN_MODE_TRAIN), GAN_ERROR_BATCH,
                 "input 1 has a batch of 3, but input 0 of 4");
    ASSERT_OK(gan_session_set_input(session, 1, values, 4));
    ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
    gan_session_destroy(session);
}

static void test_default_batch(void **state)
{
    gan_model *model = build_test_model(context, test_seed_generator);
    gan_session *session = NULL;
    (void)state;

    ASSERT_OK(gan_session_create(model, NULL, &session));
    assert_int_equal(session->max_batch, 32);
    gan_session_destroy(session);
    gan_model_destroy(model);
}

/* In sampling, a sample's output does not depend on others, but for layers that draw on how many came before it. */
static void test_batches_of_any_size(void **state)
{
    (void)state;
    for (int m = 0; m < TEST_MODELS; m++) {
        gan_session *session = create_test_session(BATCH, build_test_model(context, test_models[m].build), false);
        const gan_model *model = session->model;
        const int64_t size = output_size(model, 0, 1), in = input_size(model, 0, 1);
        const int64_t second = model->input_count > 1 ? input_size(model, 1, 1) : 0;
        float *samples = random_input(model, 0, BATCH, 1);
        float *code = second > 0 ? random_input(model, 1, BATCH, 2) : NULL;
        float *whole = calloc((size_t)(BATCH * size), sizeof(*whole)), *part = calloc((size_t)(BATCH * size), 4);
        assert_non_null(whole);
        assert_non_null(part);
        ASSERT_OK(gan_session_set_input(session, 0, samples, BATCH));
        if (code) ASSERT_OK(gan_session_set_input(session, 1, code, BATCH));
        ASSERT_OK(gan_session_forward(session, GAN_MODE_SAMPLE));
        ASSERT_OK(gan_session_get_output(session, 0, whole));
        for (int64_t batch = 1; batch <= BATCH; batch++) {
            ASSERT_OK(gan_session_set_input(session, 0, samples + (BATCH - batch) * in, batch));
            if (code) ASSERT_OK(gan_session_set_input(session, 1, code + (BATCH - batch) * second, batch));
            session->passes = (uint64_t)(BATCH - batch);
            ASSERT_OK(gan_session_forward(session, GAN_MODE_SAMPLE));
            ASSERT_OK(gan_session_get_output(session, 0, part));
            for (int64_t i = 0; i < batch * size; i++) {
                assert_true(fabsf(part[i] - whole[(BATCH - batch) * size + i]) <= 1e-5f);
            }
        }
        free(samples);
        free(code);
        free(whole);
        free(part);
        gan_session_destroy(session);
    }
}

static void test_batch_of_one_in_training(void **state)
{
    gan_session *session = create_test_session(BATCH, build_test_model(context, test_dcgan_generator), false);
    float out[BATCH * 128];
    (void)state;

    set_random_inputs(session, 1, 1);
    ASSERT_FAILS(gan_session_forward(session, GAN_MODE_TRAIN), GAN_ERROR_BATCH_OF_ONE, "layer 1 (batch_norm): ");
    assert_int_equal(gan_session_get_output(session, 0, out), GAN_ERROR_STATE);
    ASSERT_OK(gan_session_forward(session, GAN_MODE_SAMPLE));
    ASSERT_FAILS(gan_session_forward(session, GAN_MODE_TRAIN), GAN_ERROR_BATCH_OF_ONE, "layer 1 (batch_norm): ");
    ASSERT_OK(gan_session_get_output(session, 0, out)); /* of the pass before */
    set_random_inputs(session, 2, 1);
    ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
    ASSERT_OK(gan_session_get_output(session, 0, out));
    gan_session_destroy(session);
}

static void test_batch_of_the_pass(void **state)
{
    gan_session *session = create_test_session(BATCH, build_test_model(context, test_dcgan_generator), false);
    (void)state;

    assert_int_equal(gan_session_batch(NULL), 0);
    assert_int_equal(gan_session_batch(session), 0);
    set_random_inputs(session, 3, 1);
    assert_int_equal(gan_session_batch(session), 3);
    ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
    assert_int_equal(gan_session_batch(session), 3);
    set_random_inputs(session, 2, 1);
    assert_int_equal(gan_session_batch(session), 2);
    gan_session_destroy(session);
}

/* If a pass cannot run, no layer runs: statistics of layers before the one that fails stay. */
static void test_refused_passes_change_nothing(void **state)
{
    gan_model *model = NULL;
    float image[BATCH * 8], class_number = 1, buffers[2], after[2];
    (void)state;

    for (int i = 0; i < BATCH * 8; i++) image[i] = (float)i;
    ASSERT_OK(gan_model_create(context, &model));
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(2, 2, 2)));
    gan_model_add(model, gan_layer_batch_norm(context, NULL));
    gan_node flat = gan_model_add(model, gan_layer_flatten(context));
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(1)));
    gan_node vector = gan_model_add(model, gan_layer_embedding(context, 2, 3, NULL));
    gan_model_add_from(model, gan_layer_concat(context, NULL), GAN_NODES(flat, vector));
    gan_model_add(model, gan_layer_dense(context, 1, GAN_DENSE(.spectral_norm = true)));
    gan_model_add(model, gan_layer_batch_norm(context, NULL));
    ASSERT_OK(gan_model_build(model, 1));
    gan_session *session = create_test_session(BATCH, model, false);
    ASSERT_OK(gan_session_set_input(session, 0, image, 1));
    ASSERT_OK(gan_session_set_input(session, 1, &class_number, 1));
    ASSERT_OK(gan_model_get_tensor(model, "0.running_mean", buffers, 2));
    ASSERT_FAILS(gan_session_forward(session, GAN_MODE_TRAIN), GAN_ERROR_BATCH_OF_ONE, "layer 5 (batch_norm): ");
    ASSERT_OK(gan_model_get_tensor(model, "0.running_mean", after, 2));
    assert_memory_equal(buffers, after, 2 * sizeof(float));

    const float classes[2] = {1, 2};
    ASSERT_OK(gan_session_set_input(session, 0, image, 2));
    ASSERT_OK(gan_session_set_input(session, 1, classes, 2));
    ASSERT_FAILS(gan_session_forward(session, GAN_MODE_TRAIN), GAN_ERROR_ARGUMENT,
                 "layer 2 (embedding): sample 1 is of class 2");
    ASSERT_OK(gan_model_get_tensor(model, "0.running_mean", after, 2));
    assert_memory_equal(buffers, after, 2 * sizeof(float));
    assert_int_equal(session->passes, 0);
    gan_session_destroy(session);
}

/* ---- Two models in a row ------------------------------------------------------------------------------------ */

static void test_a_chain_equals_the_detour(void **state)
{
    gan_session *g = create_test_session(BATCH, build_test_model(context, test_dcgan_generator), false);
    gan_session *d = create_test_session(BATCH, build_test_model(context, test_dcgan_discriminator), false);
    gan_session *e = create_test_session(BATCH, build_test_model(context, test_dcgan_discriminator), false);
    float fake[3 * 128], gradient[3 * 128], again[3 * 128], logits[2][3];
    const float ones[3] = {1, 1, 1};
    (void)state;

    set_random_inputs(g, 3, 1);
    assert_int_equal(gan_session_set_input_from(d, 0, g, 0), GAN_ERROR_STATE);
    ASSERT_OK(gan_session_forward(g, GAN_MODE_TRAIN));
    ASSERT_OK(gan_session_set_input_from(d, 0, g, 0));
    ASSERT_OK(gan_session_get_output(g, 0, fake));
    ASSERT_OK(gan_session_set_input(e, 0, fake, 3));
    assert_int_equal(gan_session_set_output_gradient_from(g, 0, d, 0), GAN_ERROR_STATE);
    for (int i = 0; i < 2; i++) {
        gan_session *session = i == 0 ? d : e;
        ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
        ASSERT_OK(gan_session_get_output(session, 0, logits[i]));
        ASSERT_OK(gan_session_set_output_gradient(session, 0, ones));
        ASSERT_OK(gan_session_backward(session, GAN_BACKWARD_INPUTS));
    }
    assert_memory_equal(logits[0], logits[1], sizeof(logits[0]));

    ASSERT_OK(gan_session_get_input_gradient(e, 0, gradient));
    ASSERT_OK(gan_session_set_output_gradient(g, 0, gradient));
    ASSERT_OK(gan_session_backward(g, GAN_BACKWARD_PARAMETERS));
    results detour = collect_results(g, false, true);
    ASSERT_OK(gan_model_zero_gradients(g->model));
    ASSERT_OK(gan_session_get_input_gradient(d, 0, again));
    assert_memory_equal(gradient, again, sizeof(again));
    ASSERT_OK(gan_session_set_output_gradient_from(g, 0, d, 0));
    ASSERT_OK(gan_session_backward(g, GAN_BACKWARD_PARAMETERS));
    results direct = collect_results(g, false, true);
    assert_same_results(detour, direct, "chain");
    free(detour.values);
    free(direct.values);

    /* The sessions no longer agree on the batch. */
    set_random_inputs(g, 2, 1);
    ASSERT_OK(gan_session_forward(g, GAN_MODE_TRAIN));
    ASSERT_FAILS(gan_session_set_output_gradient_from(g, 0, d, 0), GAN_ERROR_BATCH, "batch of 3");
    gan_session_destroy(g);
    gan_session_destroy(d);
    gan_session_destroy(e);
}

static void test_pairs_that_do_not_fit(void **state)
{
    gan_context *other = NULL;
    gan_model *model = NULL;
    gan_session *foreign = NULL, *small = NULL;
    (void)state;

    gan_session *g = create_test_session(BATCH, build_test_model(context, test_dcgan_generator), false);
    gan_session *d = create_test_session(BATCH, build_test_model(context, test_seed_discriminator), false);
    set_random_inputs(g, 3, 1);
    ASSERT_OK(gan_session_forward(g, GAN_MODE_TRAIN));
    ASSERT_FAILS(gan_session_set_input_from(d, 0, g, 0), GAN_ERROR_SHAPE,
                 "the samples have the shape (2, 8, 8), expected (1, 6, 6)");
    ASSERT_FAILS(gan_session_set_output_gradient_from(g, 0, d, 0), GAN_ERROR_SHAPE, "(1, 6, 6), expected (2, 8, 8)");
    assert_int_equal(gan_session_set_input_from(d, 1, g, 0), GAN_ERROR_ARGUMENT);
    assert_int_equal(gan_session_set_input_from(d, 0, g, 1), GAN_ERROR_ARGUMENT);
    gan_session_destroy(d);

    ASSERT_OK(test_dcgan_discriminator(context, 1, &model));
    ASSERT_OK(gan_session_create(model, GAN_SESSION(.batch = 2), &small));
    gan_model_destroy(model);
    ASSERT_FAILS(gan_session_set_input_from(small, 0, g, 0), GAN_ERROR_BATCH, "batch is 3");
    gan_session_destroy(small);

    ASSERT_OK(gan_context_create(GAN_CONTEXT(.threads = 1), &other));
    ASSERT_OK(test_dcgan_discriminator(other, 1, &model));
    ASSERT_OK(gan_session_create(model, NULL, &foreign));
    gan_model_destroy(model);
    ASSERT_FAILS(gan_session_set_input_from(foreign, 0, g, 0), GAN_ERROR_ARGUMENT, "different contexts");
    gan_session_destroy(foreign);
    gan_context_destroy(other);
    gan_session_destroy(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null_handles),
        cmocka_unit_test(test_order_of_calls),
        cmocka_unit_test(test_forward_only),
        cmocka_unit_test(test_indices),
        cmocka_unit_test(test_wrong_batches),
        cmocka_unit_test(test_default_batch),
        cmocka_unit_test(test_batches_of_any_size),
        cmocka_unit_test(test_batch_of_one_in_training),
        cmocka_unit_test(test_batch_of_the_pass),
        cmocka_unit_test(test_refused_passes_change_nothing),
        cmocka_unit_test(test_a_chain_equals_the_detour),
        cmocka_unit_test(test_pairs_that_do_not_fit),
    };
    return cmocka_run_group_tests_name("session", tests, setup, teardown);
}
