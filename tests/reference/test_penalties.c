/* Penalties on the gradient of discriminators, which cover every layer with second derivatives, against PyTorch's
 * double backward, as make_penalties.py recorded it. */
#include "fixture.h"
#include "support/level.h"
#include "support/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { BATCH = 5 };
static const float coefficient = 10;

/* ---- The discriminators: layers are numbered as in the file ---------------------------------------------------- */

static void add_dense(gan_context *in, gan_model *m)
{
    gan_model_add(m, gan_layer_input(in, GAN_SHAPE(6)));
    gan_model_add(m, gan_layer_dense(in, 9, NULL));
    gan_model_add(m, gan_layer_layer_norm(in, NULL));
    gan_model_add(m, gan_layer_leaky_relu(in, NULL));
    gan_model_add(m, gan_layer_dense(in, 8, NULL));
    gan_model_add(m, gan_layer_group_norm(in, 2, NULL));
    gan_model_add(m, gan_layer_tanh(in));
    gan_model_add(m, gan_layer_pixel_norm(in, NULL));
    gan_model_add(m, gan_layer_minibatch_stddev(in, GAN_MINIBATCH_STDDEV(.group = 2)));
    gan_model_add(m, gan_layer_dense(in, 1, NULL));
}

static void add_image(gan_context *in, gan_model *m)
{
    gan_model_add(m, gan_layer_input(in, GAN_SHAPE(2, 7, 6)));
    gan_model_add(
        m, gan_layer_conv2d(in, 6, GAN_CONV2D(.stride = {2, 2}, .padding = GAN_PADDING_SAME, .no_bias = true)));
    gan_model_add(m, gan_layer_instance_norm(in, NULL));
    gan_model_add(m, gan_layer_softplus(in));
    gan_model_add(m,
                  gan_layer_conv_transpose2d(in, 4,
                                             GAN_CONV_TRANSPOSE2D(.stride = {2, 2}, .padding = GAN_PADDING_EXPLICIT,
                                                                  .pads = {1, 1, 1, 1}, .output_padding = {1, 0})));
    gan_model_add(m, gan_layer_pixel_norm(in, NULL));
    gan_model_add(m, gan_layer_group_norm(in, 2, NULL));
    gan_model_add(m, gan_layer_leaky_relu(in, NULL));
    gan_model_add(m, gan_layer_conv2d(in, 3, GAN_CONV2D(.kernel = {2, 3})));
    gan_model_add(m, gan_layer_layer_norm(in, NULL));
    gan_model_add(m, gan_layer_sigmoid(in));
    gan_model_add(m, gan_layer_minibatch_stddev(in, GAN_MINIBATCH_STDDEV(.group = 3)));
    gan_model_add(m, gan_layer_flatten(in));
    gan_model_add(m, gan_layer_dense(in, 1, NULL));
}

static void add_graph(gan_context *in, gan_model *m)
{
    gan_model_add(m, gan_layer_input(in, GAN_SHAPE(18)));
    gan_model_add(m, gan_layer_dense(in, 18, GAN_DENSE(.no_bias = true)));
    gan_model_add(m, gan_layer_tanh(in));
    const gan_node a = gan_model_add(m, gan_layer_reshape(in, GAN_SHAPE(2, 3, 3)));
    gan_model_add(m, gan_layer_conv2d(
                         in, 2, GAN_CONV2D(.kernel = {2, 3}, .padding = GAN_PADDING_EXPLICIT, .pads = {1, 1, 1, 1})));
    gan_model_add(m, gan_layer_softplus(in));
    const gan_node b = gan_model_add(
        m, gan_layer_conv_transpose2d(
               in, 2, GAN_CONV_TRANSPOSE2D(.kernel = {2, 1}, .padding = GAN_PADDING_EXPLICIT, .pads = {1, 1, 0, 0})));
    const gan_node sum = gan_model_add_from(m, gan_layer_add(in), GAN_NODES(b, a));
    gan_model_add_from(m, gan_layer_concat(in, NULL), GAN_NODES(sum, a));
    gan_model_add(m, gan_layer_conv2d(in, 5, GAN_CONV2D(.kernel = {2, 2})));
    gan_model_add(m, gan_layer_sigmoid(in));
    gan_model_add(m, gan_layer_flatten(in));
    gan_model_add(m, gan_layer_dense(in, 6, NULL));
    gan_model_add(m, gan_layer_relu(in));
    gan_model_add(m, gan_layer_dense(in, 1, NULL));
}

static void add_conditional(gan_context *in, gan_model *m)
{
    const gan_node image = gan_model_add(m, gan_layer_input(in, GAN_SHAPE(2, 4, 3)));
    gan_model_add(m, gan_layer_input(in, GAN_SHAPE(1)));
    gan_model_add(m, gan_layer_embedding(in, 3, 12, NULL));
    const gan_node map = gan_model_add(m, gan_layer_reshape(in, GAN_SHAPE(1, 4, 3)));
    gan_model_add_from(m, gan_layer_concat(in, NULL), GAN_NODES(image, map));
    gan_model_add(m, gan_layer_upsample2d(in, GAN_UPSAMPLE2D(.interpolation = GAN_INTERPOLATION_BILINEAR)));
    gan_model_add(m, gan_layer_conv2d(in, 5, GAN_CONV2D(.spectral_norm = true)));
    gan_model_add(m, gan_layer_leaky_relu(in, NULL));
    gan_model_add(m, gan_layer_avg_pool2d(in, GAN_AVG_POOL2D(.kernel = {3, 2}, .stride = {2, 1})));
    gan_model_add(m, gan_layer_tanh(in));
    gan_model_add(m, gan_layer_upsample2d(in, GAN_UPSAMPLE2D(.factor = {2, 1})));
    gan_model_add(m, gan_layer_conv2d(in, 4, GAN_CONV2D(.kernel = {2, 2})));
    gan_model_add(m, gan_layer_softplus(in));
    gan_model_add(m, gan_layer_gaussian_noise(in, GAN_GAUSSIAN_NOISE(.deviation = 0.5f)));
    gan_model_add(m, gan_layer_flatten(in));
    gan_model_add(m, gan_layer_dense(in, 1, GAN_DENSE(.spectral_norm = true)));
}

static const struct {
    const char *name;
    void (*add)(gan_context *in, gan_model *m);
} discriminators[] = {
    {"dense", add_dense}, {"image", add_image}, {"graph", add_graph}, {"conditional", add_conditional}};

static const struct {
    const char *name;
    gan_penalty penalty;
} penalties[] = {{"r1", GAN_PENALTY_ZERO_CENTERED}, {"wgan_gp", GAN_PENALTY_ONE_CENTERED}};

/* ---- Tests ----------------------------------------------------------------------------------------------------- */

static void check_penalty(gan_session *session, gan_model *model, gan_context *context, const char *prefix,
                          gan_penalty penalty)
{
    char name[64];
    double value;
    assert_int_equal(gan_model_zero_gradients(model), GAN_OK);
    assert_int_equal(gan_gradient_penalty(session, penalty, coefficient, &value), GAN_OK);
    snprintf(name, sizeof(name), "%s.value", prefix);
    fixture_compare(context, name, (const float[]){(float)value}, 1);
    snprintf(name, sizeof(name), "%s.gradient", prefix);
    fixture_compare_gradients(context, model, name);
}

static void set_input(gan_context *context, gan_session *session, const gan_model *model, size_t index,
                      const char *prefix)
{
    gan_shape shape;
    char name[32];
    assert_int_equal(gan_model_get_input_shape(model, index, &shape), GAN_OK);
    const int64_t count = BATCH * gan_shape_count(shape);
    float *values = malloc((size_t)count * sizeof(*values));
    assert_non_null(values);
    snprintf(name, sizeof(name), "%s.%s", prefix, index == 0 ? "x" : "label");
    fixture_read(context, name, values, count);
    assert_int_equal(gan_session_set_input(session, index, values, BATCH), GAN_OK);
    free(values);
}

static void check_discriminator(gan_context *context, gan_model *model, const char *prefix)
{
    gan_session *session;
    char name[32];
    if (gan_model_build(model, 0) != GAN_OK) fail_msg("%s: %s", prefix, gan_last_error());
    fixture_set_tensors(context, model, prefix);
    assert_int_equal(gan_session_create(model, GAN_SESSION(.batch = BATCH, .second_order = true), &session), GAN_OK);
    for (int64_t i = 0; i < gan_model_input_count(model); i++) set_input(context, session, model, i, prefix);
    assert_int_equal(gan_session_forward(session, GAN_MODE_SAMPLE), GAN_OK);
    snprintf(name, sizeof(name), "%s.y", prefix);
    fixture_compare_output(context, session, BATCH, name);
    for (size_t i = 0; i < sizeof(penalties) / sizeof(penalties[0]); i++) {
        snprintf(name, sizeof(name), "%s.%s", prefix, penalties[i].name);
        check_penalty(session, model, context, name, penalties[i].penalty);
    }
    gan_session_destroy(session);
}

static void test_pytorch(void **state)
{
    const test_level *level = *state;
    gan_context *context;
    const gan_status status = gan_context_create(GAN_CONTEXT(.cpu = level->cpu, .threads = 2), &context);
    if (status == GAN_ERROR_UNSUPPORTED) test_skip("%s", gan_last_error());
    assert_int_equal(status, GAN_OK);
    for (size_t i = 0; i < sizeof(discriminators) / sizeof(discriminators[0]); i++) {
        gan_model *model;
        assert_int_equal(gan_model_create(context, &model), GAN_OK);
        discriminators[i].add(context, model);
        check_discriminator(context, model, discriminators[i].name);
        gan_model_destroy(model);
    }
    gan_context_destroy(context);
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[TEST_LEVELS];
    for (int i = 0; i < TEST_LEVELS; i++) {
        tests[i] = (struct CMUnitTest){
            .name = test_levels[i].name, .test_func = test_pytorch, .initial_state = (void *)&test_levels[i]};
    }
    if (!fixture_of(argc, argv)) return 2;
    return cmocka_run_group_tests_name("penalties in PyTorch", tests, NULL, NULL);
}
