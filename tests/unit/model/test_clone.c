/* Clones: the same graph and tensors, bit for bit, and from then on an independent model. */
#include "session.h"

#include "support/allocator.h"

#include <stdlib.h>
#include <string.h>

static gan_context *context;

static int setup(void **state)
{
    (void)state;
    return gan_context_create(GAN_CONTEXT(.threads = 1), &context) == GAN_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    gan_context_destroy(context);
    return 0;
}

static void check_clone(test_model_fn build, uint64_t seed)
{
    gan_model *model = NULL, *clone = NULL;

    ASSERT_OK(build(context, seed, &model));
    randomise_tensors(model, seed);
    ASSERT_OK(gan_model_clone(model, &clone));
    assert_same_models(model, clone);
    assert_same_passes(model, clone, "model and clone");
    gan_model_destroy(clone);
    gan_model_destroy(model);
}

/* Batch normalisation with its running statistics; inputs that several layers read; several inputs and outputs. */
static void test_models_and_graphs(void **state)
{
    (void)state;
    for (int m = 0; m < TEST_MODELS; m++) check_clone(test_models[m].build, 5);
    for (uint64_t seed = 0; seed < 20; seed++) check_clone(test_random_graph, seed);
}

/* Training one, which moves its weights and statistics, leaves the other alone, which also outlives it. */
static void test_own_ways(void **state)
{
    gan_model *model = NULL, *clone = NULL, *second = NULL;
    gan_session *session = NULL;

    (void)state;
    ASSERT_OK(test_dcgan_generator(context, 1, &model));
    ASSERT_OK(gan_model_clone(model, &clone));
    ASSERT_OK(gan_model_clone(clone, &second));
    ASSERT_OK(gan_session_create(model, GAN_SESSION(.batch = 3), &session));
    set_random_inputs(session, 3, 4);
    ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
    set_random_gradients(session, 5);
    ASSERT_OK(gan_session_backward(session, GAN_BACKWARD_PARAMETERS));
    randomise_tensors(model, 9);
    gan_session_destroy(session);
    gan_model_destroy(model);
    assert_same_models(clone, second);
    for (int64_t i = 0; i < clone->parameter_size; i++) assert_true(clone->gradients[i] == 0);
    gan_model_destroy(second);
    gan_model_destroy(clone);
}

static void test_refused(void **state)
{
    gan_model *model = NULL, *clone = NULL;

    (void)state;
    ASSERT_OK(gan_model_create(context, &model));
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(3)));
    gan_model_add(model, gan_layer_tanh(context));
    ASSERT_FAILS(gan_model_clone(model, &clone), GAN_ERROR_STATE, "the model is not built");
    ASSERT_FAILS(gan_model_clone(NULL, &clone), GAN_ERROR_NULL, "model is NULL");
    ASSERT_OK(gan_model_build(model, 1));
    ASSERT_FAILS(gan_model_clone(model, NULL), GAN_ERROR_NULL, "out is NULL");
    assert_null(clone);
    ASSERT_OK(gan_model_clone(model, &clone)); /* a model without tensors */
    assert_int_equal(gan_model_tensor_count(clone), 0);
    gan_model_destroy(clone);
    gan_model_destroy(model);
}

static gan_status clone_graph(gan_context *failing, void *user)
{
    gan_model *model = NULL, *clone = NULL;
    gan_status status = test_graph(failing, 1, &model);

    (void)user;
    if (status == GAN_OK) status = gan_model_clone(model, &clone);
    gan_model_destroy(clone);
    gan_model_destroy(model);
    return status;
}

static void test_failing_allocations(void **state)
{
    (void)state;
    assert_true(test_every_allocation_fails(clone_graph, NULL) > 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models_and_graphs),
        cmocka_unit_test(test_own_ways),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_failing_allocations),
    };
    return cmocka_run_group_tests_name("clones", tests, setup, teardown);
}
