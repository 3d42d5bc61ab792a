/* Values kept in bfloat16 for backward passes: forward passes do not change, gradients only by what rounding
 * explains, and not at all where the layers would have rounded the same values; class numbers stay whole. */
#include "session.h"

#include "support/models.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GRAPHS = 60, BATCH = 6 };

static gan_context *create_context(bool stores, gan_precision precision)
{
    gan_context *context = NULL;
    ASSERT_OK(gan_context_create(GAN_CONTEXT(.threads = 2, .cpu = GAN_CPU_BASELINE, .multiply = GAN_MULTIPLY_NATIVE,
                                             .precision = precision, .bfloat16_storage = stores),
                                 &context));
    return context;
}

/* Outputs; then, in *gradients, the gradients of inputs and parameters. */
static results run_passes(gan_model *model, results *gradients)
{
    gan_session *session = NULL;
    ASSERT_OK(gan_session_create(model, GAN_SESSION(.batch = BATCH, .seed = 9), &session));
    ASSERT_OK(gan_model_zero_gradients(model));
    set_random_inputs(session, BATCH, 100);
    ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
    const results outputs = collect_results(session, false, false);
    set_random_gradients(session, 200);
    ASSERT_OK(gan_session_backward(session, GAN_BACKWARD_INPUTS | GAN_BACKWARD_PARAMETERS));
    *gradients = collect_results(session, true, true);
    gan_session_destroy(session);
    return outputs;
}

/* The distance of the gradients with and without storage, relative to their length. */
static double distance(test_model_fn build, uint64_t seed, gan_precision precision, const char *name)
{
    results outputs[2], gradients[2];
    double difference = 0, length = 0;
    for (int stores = 0; stores < 2; stores++) {
        gan_context *context = create_context(stores, precision);
        gan_model *model = NULL;
        ASSERT_OK(build(context, seed, &model));
        outputs[stores] = run_passes(model, &gradients[stores]);
        gan_model_destroy(model);
        gan_context_destroy(context);
    }
    assert_same_results(outputs[0], outputs[1], name);
    assert_int_equal(gradients[0].count, gradients[1].count);
    for (int64_t i = outputs[0].count; i < gradients[0].count; i++) {
        const double exact = (double)gradients[0].values[i];
        difference += pow((double)gradients[1].values[i] - exact, 2);
        length += exact * exact;
    }
    for (int stores = 0; stores < 2; stores++) {
        free(outputs[stores].values);
        free(gradients[stores].values);
    }
    return sqrt(difference / length);
}

/* Each value is at most 1 / 256 of itself away from what it was, and the mean square of that is a fifth as large. */
static void test_gradients_are_near(void **state)
{
    double most = 0;
    (void)state;
    for (int i = 0; i < TEST_MODELS; i++) {
        const double off = distance(test_models[i].build, 5, GAN_PRECISION_FLOAT32, test_models[i].name);
        if (!(off < 0.01)) fail_msg("%s: gradients are %g off", test_models[i].name, off);
        most = fmax(most, off);
    }
    for (int seed = 0; seed < GRAPHS; seed++) {
        const double off = distance(test_random_graph, (uint64_t)seed, GAN_PRECISION_FLOAT32, "random graph");
        if (!(off < 0.03)) fail_msg("random graph %d: gradients are %g off", seed, off);
    }
    assert_true(most > 1e-4);
}

/* ---- What layers round anyway -------------------------------------------------------------------------------- */

static gan_status build_products(gan_context *context, uint64_t seed, gan_model **out)
{
    gan_model *model = NULL;
    ASSERT_OK(gan_model_create(context, &model));
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(3, 9, 7)));
    gan_model_add(model, gan_layer_conv2d(context, 5, GAN_CONV2D(.kernel = {3, 3}, .stride = {2, 2})));
    gan_model_add(model, gan_layer_leaky_relu(context, NULL));
    gan_model_add(model, gan_layer_conv_transpose2d(context, 4, GAN_CONV_TRANSPOSE2D(.kernel = {4, 4})));
    gan_model_add(model, gan_layer_relu(context));
    gan_model_add(model, gan_layer_flatten(context));
    gan_model_add(model, gan_layer_dense(context, 7, NULL));
    gan_model_add(model, gan_layer_leaky_relu(context, NULL));
    gan_model_add(model, gan_layer_dense(context, 2, NULL));
    ASSERT_OK(gan_model_build(model, seed));
    *out = model;
    return GAN_OK;
}

/* Products in bfloat16 round the same values, and ReLU reads only their signs. */
static void test_products_are_the_same(void **state)
{
    (void)state;
    assert_true(distance(build_products, 5, GAN_PRECISION_BFLOAT16, "products") == 0);
    assert_true(distance(build_products, 5, GAN_PRECISION_FLOAT32, "products") > 1e-4);
}

/* ---- Class numbers ------------------------------------------------------------------------------------------- */

/* 301 is no number of bfloat16. Here a layer computes it. */
static void test_class_numbers_stay_whole(void **state)
{
    enum { CLASSES = 400, WIDTH = 3, CLASS = 301 };
    const float input[2] = {0.5f, CLASS}, ones[WIDTH] = {1, 1, 1};
    gan_context *context = create_context(true, GAN_PRECISION_FLOAT32);
    gan_session *session = NULL;
    gan_model *model = NULL;
    (void)state;
    ASSERT_OK(gan_model_create(context, &model));
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(2)));
    gan_model_add(model, gan_layer_slice(context, GAN_SLICE(.start = 1)));
    gan_model_add(model, gan_layer_embedding(context, CLASSES, WIDTH, NULL));
    ASSERT_OK(gan_model_build(model, 1));
    ASSERT_OK(gan_session_create(model, GAN_SESSION(.batch = 1), &session));
    ASSERT_OK(gan_session_set_input(session, 0, input, 1));
    ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
    ASSERT_OK(gan_session_set_output_gradient(session, 0, ones));
    ASSERT_OK(gan_session_backward(session, GAN_BACKWARD_PARAMETERS));
    for (int i = 0; i < CLASSES * WIDTH; i++) assert_true((model->gradients[i] != 0) == (i / WIDTH == CLASS));
    gan_session_destroy(session);
    gan_model_destroy(model);
    gan_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients_are_near),
        cmocka_unit_test(test_products_are_the_same),
        cmocka_unit_test(test_class_numbers_stay_whole),
    };
    return cmocka_run_group_tests_name("storage", tests, NULL, NULL);
}
