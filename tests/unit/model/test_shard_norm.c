/* Batch normalisation by the statistics of each shard: every shard is computed as a batch of its own, and running
 * statistics follow the mean of all. */
#include "session.h"

#include <stdlib.h>
#include <string.h>

enum { SHARDS = 3, ROWS = 4, BATCH = SHARDS * ROWS, WIDTH = 5, HIDDEN = 7 };

static gan_context *context;

static gan_model *build(gan_shape input)
{
    gan_model *model = NULL;
    ASSERT_OK(gan_model_create(context, &model));
    gan_model_add(model, gan_layer_input(context, input));
    if (input.rank == 1) {
        gan_model_add(model, gan_layer_dense(context, HIDDEN, NULL));
    } else {
        gan_model_add(model, gan_layer_conv2d(context, HIDDEN, GAN_CONV2D(.kernel = {3, 3})));
    }
    gan_model_add(model, gan_layer_batch_norm(context, NULL));
    gan_model_add(model, gan_layer_leaky_relu(context, NULL));
    ASSERT_OK(gan_model_build(model, 3));
    return model;
}

/* A pass forward and backward of `batch` samples. */
static void pass(gan_session *session, int64_t batch, const float *x, const float *dy, float *y, float *dx)
{
    ASSERT_OK(gan_session_set_input(session, 0, x, batch));
    ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
    ASSERT_OK(gan_session_get_output(session, 0, y));
    ASSERT_OK(gan_session_set_output_gradient(session, 0, dy));
    ASSERT_OK(gan_session_backward(session, GAN_BACKWARD_PARAMETERS | GAN_BACKWARD_INPUTS));
    ASSERT_OK(gan_session_get_input_gradient(session, 0, dx));
}

static void compare(gan_shape input)
{
    gan_model *divided = build(input);
    gan_shape output;
    ASSERT_OK(gan_model_get_output_shape(divided, 0, &output));
    const int64_t in = gan_shape_count(input), out = gan_shape_count(output);
    const int64_t parameters = divided->parameter_size, buffers = divided->buffer_size;
    float *x = random_floats(1, BATCH * in), *dy = random_floats(2, BATCH * out);
    float *y = random_floats(3, BATCH * out), *dx = random_floats(3, BATCH * in);
    float *own_y = random_floats(3, ROWS * out), *own_dx = random_floats(3, ROWS * in);
    gan_real *gradients = gan_allocate_array(context, SHARDS * parameters, sizeof(*gradients));
    double *means = gan_allocate_array(context, buffers, sizeof(*means));
    gan_shards shards;
    gan_session *session = NULL;
    assert_non_null(gradients);
    assert_non_null(means);
    ASSERT_OK(gan_shards_resolve(SHARDS, NULL, "test", &shards));
    shards.own_batch_norm = true;
    ASSERT_OK(gan_session_create_sharded(divided, GAN_SESSION(.batch = BATCH), &shards, gradients, &session));
    pass(session, BATCH, x, dy, y, dx);

    for (int64_t i = 0; i < SHARDS; i++) {
        gan_model *own = build(input);
        gan_session *alone = NULL;
        ASSERT_OK(gan_session_create(own, GAN_SESSION(.batch = ROWS), &alone));
        pass(alone, ROWS, x + i * ROWS * in, dy + i * ROWS * out, own_y, own_dx);
        assert_memory_equal(own_y, y + i * ROWS * out, (size_t)(ROWS * out) * sizeof(*y));
        assert_memory_equal(own_dx, dx + i * ROWS * in, (size_t)(ROWS * in) * sizeof(*dx));
        assert_memory_equal(own->gradients, gradients + i * parameters, (size_t)parameters * sizeof(*gradients));
        for (int64_t k = 0; k < buffers; k++) means[k] += (double)own->buffers[k] / SHARDS;
        gan_session_destroy(alone);
        gan_model_destroy(own);
    }
    for (int64_t k = 0; k < buffers; k++) assert_float_equal(divided->buffers[k], means[k], 1e-6);

    gan_session_destroy(session);
    gan_release(context, means, (size_t)buffers * sizeof(*means));
    gan_release(context, gradients, (size_t)(SHARDS * parameters) * sizeof(*gradients));
    gan_model_destroy(divided);
    float *all[] = {x, dy, y, dx, own_y, own_dx};
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) free(all[i]);
}

static void test_apart(void **state)
{
    (void)state;
    compare(GAN_SHAPE(WIDTH));
    compare(GAN_SHAPE(2, 5, 5));
}

/* A shard of one sample of a vector has nothing to normalise, though the batch would. */
static void test_least(void **state)
{
    (void)state;
    gan_model *model = build(GAN_SHAPE(WIDTH));
    gan_session *session = NULL;
    gan_shards shards;
    float *x = random_floats(1, SHARDS * WIDTH);
    gan_real *gradients = gan_allocate_array(context, SHARDS * model->parameter_size, sizeof(*gradients));
    for (int own = 0; own < 2; own++) {
        ASSERT_OK(gan_shards_resolve(SHARDS, NULL, "test", &shards));
        shards.own_batch_norm = own;
        ASSERT_OK(gan_session_create_sharded(model, GAN_SESSION(.batch = SHARDS), &shards, gradients, &session));
        ASSERT_OK(gan_session_set_input(session, 0, x, SHARDS));
        if (own) {
            ASSERT_FAILS(gan_session_forward(session, GAN_MODE_TRAIN), GAN_ERROR_BATCH_OF_ONE,
                         "a shard of 1 has 1 value");
        } else {
            ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
        }
        gan_session_destroy(session);
    }
    gan_release(context, gradients, (size_t)(SHARDS * model->parameter_size) * sizeof(*gradients));
    gan_model_destroy(model);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_apart), cmocka_unit_test(test_least)};
    if (gan_context_create(GAN_CONTEXT(.threads = 2), &context) != GAN_OK) return 1;
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    gan_context_destroy(context);
    return failed;
}
