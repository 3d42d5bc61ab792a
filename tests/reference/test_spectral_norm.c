/* Spectral normalisation against PyTorch, as make_spectral_norm.py recorded it: a training pass and its gradients, a
 * penalty, by second derivatives, and sampling. */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { BATCH = 3, ELEMENTS = 70 };
static const float coefficient = 10;

static gan_model *make_discriminator(gan_context *context)
{
    gan_model *model;
    assert_int_equal(gan_model_create(context, &model), GAN_OK);
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(2, 7, 5)));
    gan_model_add(
        model, gan_layer_conv2d(context, 4, GAN_CONV2D(.kernel = {3, 2}, .stride = {2, 2}, .spectral_norm = true)));
    gan_model_add(model, gan_layer_leaky_relu(context, NULL));
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

static void test_pytorch(void **state)
{
    (void)state;
    gan_context *context;
    gan_session *session;
    float x[BATCH * ELEMENTS], dy[BATCH], dx[BATCH * ELEMENTS];
    double penalty;
    assert_int_equal(gan_context_create(NULL, &context), GAN_OK);
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

    assert_int_equal(gan_session_forward(session, GAN_MODE_SAMPLE), GAN_OK);
    fixture_compare_output(context, session, BATCH, "sampling.y");
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
