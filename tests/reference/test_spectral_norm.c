/* Spectral normalisation against PyTorch, as make_spectral_norm.py recorded it: a pass in training and its gradients,
 * a penalty, which takes second derivatives, and sampling. */
#include "fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

enum { BATCH = 3, ELEMENTS = 70, MOST_VALUES = 240 };
static const float coefficient = 10;
static const double tolerance = 1e-4; /* of the largest value of a tensor */

static gan_model *make_discriminator(gan_context *context)
{
    gan_model *model;
    assert_int_equal(gan_model_create(context, &model), GAN_OK);
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(2, 7, 5)));
    gan_model_add(
        model, gan_layer_conv2d(context, 4, GAN_CONV2D(.kernel = {3, 2}, .stride = {2, 2}, .spectral_norm = true)));
    gan_model_add(model, gan_layer_leaky_relu(context, 0.2f));
    gan_model_add(model,
                  gan_layer_conv_transpose2d(
                      context, 3, GAN_CONV_TRANSPOSE2D(.kernel = {2, 3}, .no_bias = true, .spectral_norm = true)));
    gan_model_add(model, gan_layer_tanh(context));
    gan_model_add(model, gan_layer_flatten(context));
    gan_model_add(model, gan_layer_dense(context, 5, GAN_DENSE(.spectral_norm = true)));
    gan_model_add(model, gan_layer_softplus(context));
    gan_model_add(model, gan_layer_dense(context, 1, GAN_DENSE(.spectral_norm = true)));
    assert_int_equal(gan_model_build(model, 0), GAN_OK);
    return model;
}

static void compare(gan_context *context, const char *name, const float *actual, int64_t count)
{
    float expected[MOST_VALUES];
    double largest = 1e-3;
    assert_true(count <= MOST_VALUES);
    fixture_read(context, name, expected, count);
    for (int64_t i = 0; i < count; i++) largest = fmax(largest, fabs((double)expected[i]));
    for (int64_t i = 0; i < count; i++) {
        if (fabs((double)actual[i] - (double)expected[i]) <= tolerance * largest) continue;
        fail_msg("%s: value %lld is %.9g, expected %.9g", name, (long long)i, (double)actual[i], (double)expected[i]);
    }
}

/* Every tensor of the model, or every gradient, against those whose names begin with the prefix. */
static void compare_model(gan_context *context, const gan_model *model, const char *prefix, bool gradients)
{
    for (size_t i = 0; i < gan_model_tensor_count(model); i++) {
        gan_tensor_info info = GAN_TENSOR_INFO_INIT;
        float values[MOST_VALUES];
        char name[64];
        assert_int_equal(gan_model_tensor_info(model, i, &info), GAN_OK);
        if (gradients && info.kind != GAN_TENSOR_PARAMETER) continue;
        const size_t count = (size_t)info.count;
        assert_true(count <= MOST_VALUES);
        assert_int_equal(gradients ? gan_model_get_gradient(model, info.name, values, count)
                                   : gan_model_get_tensor(model, info.name, values, count),
                         GAN_OK);
        snprintf(name, sizeof(name), "%s.%s", prefix, info.name);
        compare(context, name, values, info.count);
    }
}

static void compare_output(gan_context *context, const gan_session *session, const char *name)
{
    float y[BATCH];
    assert_int_equal(gan_session_get_output(session, 0, y), GAN_OK);
    compare(context, name, y, BATCH);
}

static void test_pytorch(void **state)
{
    (void)state;
    gan_context *context;
    gan_session *session;
    float x[BATCH * ELEMENTS], dy[BATCH], dx[BATCH * ELEMENTS];
    double penalty;
    assert_int_equal(gan_context_create(NULL, &context), GAN_OK);
    gan_model *model = make_discriminator(context);
    assert_int_equal(gan_model_load_weights(model, fixture_path()), GAN_OK);
    assert_int_equal(gan_session_create(model, GAN_SESSION(.batch = BATCH, .second_order = true), &session), GAN_OK);
    fixture_read(context, "x", x, BATCH * ELEMENTS);
    fixture_read(context, "dy", dy, BATCH);

    assert_int_equal(gan_session_set_input(session, 0, x, BATCH), GAN_OK);
    assert_int_equal(gan_session_forward(session, GAN_MODE_TRAIN), GAN_OK);
    compare_output(context, session, "first.y");
    compare_model(context, model, "first", false);
    assert_int_equal(gan_session_set_output_gradient(session, 0, dy), GAN_OK);
    assert_int_equal(gan_session_backward(session, GAN_BACKWARD_PARAMETERS | GAN_BACKWARD_INPUTS), GAN_OK);
    assert_int_equal(gan_session_get_input_gradient(session, 0, dx), GAN_OK);
    compare(context, "first.dx", dx, BATCH * ELEMENTS);
    compare_model(context, model, "first.gradient", true);

    assert_int_equal(gan_model_zero_gradients(model), GAN_OK);
    assert_int_equal(gan_session_forward(session, GAN_MODE_TRAIN), GAN_OK);
    assert_int_equal(gan_gradient_penalty(session, GAN_PENALTY_ZERO_CENTERED, coefficient, &penalty), GAN_OK);
    compare(context, "penalty.value", (const float[]){(float)penalty}, 1);
    compare_model(context, model, "penalty.gradient", true);

    assert_int_equal(gan_session_forward(session, GAN_MODE_SAMPLE), GAN_OK);
    compare_output(context, session, "sampling.y");
    gan_session_destroy(session);
    gan_model_destroy(model);
    gan_context_destroy(context);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pytorch)};
    if (!fixture_of(argc, argv)) return 2;
    return cmocka_run_group_tests_name("spectral normalisation in PyTorch", tests, NULL, NULL);
}
