/* Convolutions with dilation and groups, depthwise ones and those with spectral normalisation included, against
 * PyTorch, as make_convolutions.py recorded it: a training pass and its gradients, a penalty, by second derivatives,
 * and fans. */
#include "support/run.h"
#include "fixture.h"
#include "layers/layers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { BATCH = 3, ELEMENTS = 4 * 9 * 7, CONVOLUTIONS = 4 };
static const float coefficient = 10;

static void make_convolutions(gan_context *context, gan_layer *layers[CONVOLUTIONS])
{
    layers[0] =
        gan_layer_conv2d(context, 6,
                         GAN_CONV2D(.kernel = {3, 2}, .stride = {2, 1}, .padding = GAN_PADDING_EXPLICIT,
                                    .pads = {1, 1, 2, 2}, .dilation = {1, 3}, .groups = 2, .spectral_norm = true));
    layers[1] =
        gan_layer_conv2d(context, 6, GAN_CONV2D(.padding = GAN_PADDING_SAME, .dilation = {2, 2}, .groups = 6));
    layers[2] = gan_layer_conv_transpose2d(context, 4,
                                           GAN_CONV_TRANSPOSE2D(.kernel = {2, 3}, .stride = {2, 1},
                                                                .padding = GAN_PADDING_EXPLICIT, .pads = {0, 0, 2, 2},
                                                                .output_padding = {1, 0}, .dilation = {3, 2},
                                                                .groups = 2, .spectral_norm = true));
    layers[3] = gan_layer_conv_transpose2d(
        context, 4,
        GAN_CONV_TRANSPOSE2D(.kernel = {2, 2}, .stride = {1, 2}, .dilation = {2, 1}, .groups = 4, .no_bias = true));
}

static gan_model *make_discriminator(gan_context *context)
{
    gan_layer *layers[CONVOLUTIONS];
    gan_model *model;
    make_convolutions(context, layers);
    assert_int_equal(gan_model_create(context, &model), GAN_OK);
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(4, 9, 7)));
    gan_model_add(model, layers[0]);
    gan_model_add(model, gan_layer_leaky_relu(context, NULL));
    gan_model_add(model, layers[1]);
    gan_model_add(model, gan_layer_tanh(context));
    gan_model_add(model, layers[2]);
    gan_model_add(model, gan_layer_softplus(context));
    gan_model_add(model, layers[3]);
    gan_model_add(model, gan_layer_tanh(context));
    gan_model_add(model, gan_layer_flatten(context));
    gan_model_add(model, gan_layer_dense(context, 1, NULL));
    if (gan_model_build(model, 0) != GAN_OK) fail_msg("%s", gan_last_error());
    return model;
}

static void check_passes(gan_context *context)
{
    gan_session *session;
    float x[BATCH * ELEMENTS], dy[BATCH], dx[BATCH * ELEMENTS];
    double penalty;
    gan_model *model = make_discriminator(context);
    assert_int_equal(gan_model_load_weights(model, fixture_path(), NULL), GAN_OK);
    assert_int_equal(gan_session_create(model, GAN_SESSION(.batch = BATCH, .second_order = true), &session), GAN_OK);
    fixture_read(context, "x", x, BATCH * ELEMENTS);
    fixture_read(context, "dy", dy, BATCH);

    assert_int_equal(gan_session_set_input(session, 0, x, BATCH), GAN_OK);
    assert_int_equal(gan_session_forward(session, GAN_MODE_TRAIN), GAN_OK);
    fixture_compare_output(context, session, BATCH, "first.y");
    fixture_compare_tensors(context, model, "first");
    assert_int_equal(gan_session_set_output_gradient(session, 0, dy), GAN_OK);
    assert_int_equal(gan_session_backward(session, GAN_BACKWARD_PARAMETERS | GAN_BACKWARD_INPUTS), GAN_OK);
    assert_int_equal(gan_session_get_input_gradient(session, 0, dx), GAN_OK);
    fixture_compare(context, "first.dx", dx, BATCH * ELEMENTS);
    fixture_compare_gradients(context, model, "first.gradient");

    assert_int_equal(gan_model_zero_gradients(model), GAN_OK);
    assert_int_equal(gan_session_forward(session, GAN_MODE_TRAIN), GAN_OK);
    assert_int_equal(gan_gradient_penalty(session, GAN_PENALTY_ZERO_CENTERED, coefficient, &penalty), GAN_OK);
    fixture_compare(context, "penalty.value", (const float[]){(float)penalty}, 1);
    fixture_compare_gradients(context, model, "penalty.gradient");
    gan_session_destroy(session);
    gan_model_destroy(model);
}

static void test_passes(void **state)
{
    static const gan_multiply multiply[] = {GAN_MULTIPLY_NATIVE, GAN_MULTIPLY_BLAS};
    (void)state;
    for (int i = 0; i < 2; i++) {
        gan_context *context;
        const gan_status status = gan_context_create(GAN_CONTEXT(.multiply = multiply[i]), &context);
        if (status == GAN_ERROR_UNSUPPORTED) test_skip("%s", gan_last_error());
        assert_int_equal(status, GAN_OK);
        check_passes(context);
        gan_context_destroy(context);
    }
}

static void test_fans(void **state)
{
    static const gan_shape inputs[CONVOLUTIONS] = {{3, {4, 9, 7}}, {3, {6, 5, 8}}, {3, {6, 5, 8}}, {3, {4, 13, 8}}};
    static const char *const names[CONVOLUTIONS] = {"fans.0", "fans.2", "fans.4", "fans.6"};
    gan_layer *layers[CONVOLUTIONS];
    gan_context *context;
    (void)state;
    assert_int_equal(gan_context_create(NULL, &context), GAN_OK);
    make_convolutions(context, layers);
    for (int i = 0; i < CONVOLUTIONS; i++) {
        gan_layer_plan plan = {0};
        assert_int_equal(layers[i]->ops->infer(layers[i], context, &inputs[i], 1, 1, &plan), GAN_OK);
        fixture_compare(context, names[i],
                        (const float[]){(float)plan.tensors[0].fan_in, (float)plan.tensors[0].fan_out}, 2);
        gan_layer_destroy(layers[i]);
    }
    gan_context_destroy(context);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_passes), cmocka_unit_test(test_fans)};
    if (!fixture_of(argc, argv)) return 2;
    return cmocka_run_group_tests_name("convolutions in PyTorch", tests, NULL, NULL);
}
