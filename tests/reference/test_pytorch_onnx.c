/* PyTorch's networks from the ONNX files of both of its exporters, as make_pytorch_onnx.py wrote them: they compute
 * what PyTorch did, can be trained, and are saved. */
#include "fixture.h"
#include "support/files.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { BATCH = 2, MOST = 8192 };

static const float labels[BATCH] = {2, 0};

static gan_model *load(gan_context *context, const char *name)
{
    gan_model *model = NULL;
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s.onnx", TEST_ONNX, name);
    const gan_status status = gan_model_load_onnx(context, path, NULL, &model);
    if (status != GAN_OK) fail_msg("%s", gan_last_error());
    return model;
}

static gan_session *start(gan_model *model, const float *x)
{
    gan_session *session = NULL;
    assert_int_equal(gan_session_create(model, GAN_SESSION(.batch = BATCH), &session), GAN_OK);
    assert_int_equal(gan_session_set_input(session, 0, x, BATCH), GAN_OK);
    if (gan_model_input_count(model) == 2) assert_int_equal(gan_session_set_input(session, 1, labels, BATCH), GAN_OK);
    return session;
}

static int64_t output_count(const gan_model *model)
{
    gan_shape shape;
    assert_int_equal(gan_model_get_output_shape(model, 0, &shape), GAN_OK);
    return BATCH * gan_shape_count(shape);
}

/* Within 1e-5 of the largest value. */
static void compare(const char *name, const gan_session *session, const float *y, int64_t count)
{
    float actual[MOST];
    double largest = 0.0;
    assert_int_equal(gan_session_get_output(session, 0, actual), GAN_OK);
    for (int64_t i = 0; i < count; i++) largest = fmax(largest, fabs((double)y[i]));
    assert_true(largest > 1e-3);
    for (int64_t i = 0; i < count; i++) {
        if (fabs((double)actual[i] - (double)y[i]) <= 1e-5 * largest) continue;
        fail_msg("%s: value %lld is %.9g, expected %.9g", name, (long long)i, (double)actual[i], (double)y[i]);
    }
}

/* A step changes what the model computes, and all gradients are finite. */
static void train(gan_context *context, gan_model *model, const float *x)
{
    float before[MOST], after[MOST], ones[MOST];
    double norm = 0.0;
    gan_optimizer *optimizer = NULL;
    gan_session *session = start(model, x);
    const int64_t count = output_count(model);
    (void)context;
    for (int64_t i = 0; i < count; i++) ones[i] = i % 2 ? 1.0f : -0.5f;
    assert_int_equal(gan_optimizer_create(model, NULL, &optimizer), GAN_OK);
    assert_int_equal(gan_session_forward(session, GAN_MODE_TRAIN), GAN_OK);
    assert_int_equal(gan_session_get_output(session, 0, before), GAN_OK);
    assert_int_equal(gan_session_set_output_gradient(session, 0, ones), GAN_OK);
    assert_int_equal(gan_session_backward(session, GAN_BACKWARD_PARAMETERS), GAN_OK);
    assert_int_equal(gan_optimizer_step(optimizer, &norm), GAN_OK);
    assert_true(norm > 0.0 && norm < 1e9);
    assert_int_equal(gan_session_forward(session, GAN_MODE_TRAIN), GAN_OK);
    assert_int_equal(gan_session_get_output(session, 0, after), GAN_OK);
    assert_memory_not_equal(before, after, (size_t)count * sizeof(*before));
    gan_optimizer_destroy(optimizer);
    gan_session_destroy(session);
}

/* Saved as a model of libgan's, it is the same. */
static void save(gan_context *context, const gan_model *model, const char *name, const float *x, const float *y)
{
    gan_model *again = NULL;
    assert_int_equal(gan_model_save(model, test_path("model")), GAN_OK);
    assert_int_equal(gan_model_load(context, test_path("model"), &again), GAN_OK);
    gan_session *session = start(again, x);
    assert_int_equal(gan_session_forward(session, GAN_MODE_SAMPLE), GAN_OK);
    compare(name, session, y, output_count(again));
    gan_session_destroy(session);
    gan_model_destroy(again);
}

static void check(const char *network, const char *export, int64_t inputs)
{
    char name[128];
    float x[MOST], y[MOST];
    gan_context *context = test_context();
    snprintf(name, sizeof(name), "%s_%s", network, export);
    gan_model *model = load(context, name);
    const int64_t count = output_count(model);
    assert_true(count <= MOST && BATCH * inputs <= MOST);
    fixture_open(TEST_ONNX, network);
    fixture_read(context, "x", x, BATCH * inputs);
    fixture_read(context, "y", y, count);
    gan_session *session = start(model, x);
    assert_int_equal(gan_session_forward(session, GAN_MODE_SAMPLE), GAN_OK);
    compare(name, session, y, count);
    gan_session_destroy(session);
    save(context, model, name, x, y);
    train(context, model, x);
    gan_model_destroy(model);
    gan_context_destroy(context);
}

static void test_dcgan(void **state)
{
    (void)state;
    check("dcgan", "script_9", 8);
    check("dcgan", "script_20", 8);
    check("dcgan", "dynamo_20", 8);
}

static void test_resnet(void **state)
{
    (void)state;
    check("resnet", "script_11", 12);
    check("resnet", "script_20", 12);
    check("resnet", "dynamo_20", 12);
}

static void test_unet(void **state)
{
    (void)state;
    check("unet", "script_13", 768);
    check("unet", "script_20", 768);
    check("unet", "dynamo_18", 768);
    check("unet", "dynamo_20", 768);
}

static void test_mlp(void **state)
{
    (void)state;
    check("mlp", "script_9", 10);
    check("mlp", "script_17", 10);
    check("mlp", "script_20", 10);
    check("mlp", "dynamo_18", 10);
    check("mlp", "dynamo_23", 10);
}

static void test_mapping(void **state)
{
    (void)state;
    check("mapping", "script_9", 16);
    check("mapping", "script_20", 16);
    check("mapping", "dynamo_20", 16);
}

static void test_styles_and_classes(void **state)
{
    (void)state;
    check("adain", "script_16", 4);
    check("adain", "script_20", 4);
    check("adain", "dynamo_20", 4);
}

static void test_attention_and_projection(void **state)
{
    (void)state;
    check("judge", "script_11", 128);
    check("judge", "script_20", 128);
    check("judge", "dynamo_20", 128);
}

static void test_tokens_and_one_hot(void **state)
{
    (void)state;
    check("tokens", "script_13", 8);
    check("tokens", "script_20", 8);
    check("tokens", "dynamo_20", 8);
}

static void test_spectral_norm(void **state)
{
    (void)state;
    check("discriminator", "dynamo_20", 3072);
    check("discriminator_old", "script_17", 3072);
    check("discriminator_old", "dynamo_20", 3072);
}

/* ---- Weights alone -------------------------------------------------------------------------------------------- */

static gan_model *describe_dcgan(gan_context *context)
{
    gan_model *model = NULL;
    assert_int_equal(gan_model_create(context, &model), GAN_OK);
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(8, 1, 1)));
    gan_model_add(model,
                  gan_layer_conv_transpose2d(context, 12, GAN_CONV_TRANSPOSE2D(.kernel = {4, 4}, .no_bias = true)));
    gan_model_add(model, gan_layer_batch_norm(context, NULL));
    gan_model_add(model, gan_layer_relu(context));
    for (int k = 0; k < 2; k++) {
        gan_model_add(model, gan_layer_conv_transpose2d(context, k == 0 ? 8 : 3,
                                                        GAN_CONV_TRANSPOSE2D(.kernel = {4, 4}, .stride = {2, 2},
                                                                             .padding = GAN_PADDING_EXPLICIT,
                                                                             .pads = {1, 1, 1, 1}, .no_bias = true)));
        if (k == 0) gan_model_add(model, gan_layer_batch_norm(context, NULL));
        gan_model_add(model, k == 0 ? gan_layer_relu(context) : gan_layer_tanh(context));
    }
    assert_int_equal(gan_model_build(model, 1), GAN_OK);
    return model;
}

static void check_weights(gan_context *context, gan_model *model, const gan_weights_options *options)
{
    float x[BATCH * 8], y[BATCH * 768];
    if (gan_model_load_weights(model, fixture_path(), options) != GAN_OK) fail_msg("%s", gan_last_error());
    fixture_read(context, "x", x, BATCH * 8);
    fixture_read(context, "y", y, BATCH * 768);
    gan_session *session = start(model, x);
    assert_int_equal(gan_session_forward(session, GAN_MODE_SAMPLE), GAN_OK);
    compare("weights", session, y, BATCH * 768);
    gan_session_destroy(session);
}

/* PyTorch's state_dict in the model that was imported, by the names that its layers got, and in one that was
 * described by calls. */
static void test_weights(void **state)
{
    const gan_rename inside[] = {{"main.", ""}};
    static const float zeros[MOST];
    gan_tensor_info info = GAN_TENSOR_INFO_INIT;
    gan_context *context = test_context();
    (void)state;
    fixture_open(TEST_ONNX, "dcgan");
    gan_model *imported = load(context, "dcgan_script_20"), *described = describe_dcgan(context);
    for (int64_t i = 0; i < gan_model_tensor_count(imported); i++) {
        assert_int_equal(gan_model_get_tensor_info(imported, i, &info), GAN_OK);
        assert_int_equal(gan_model_set_tensor(imported, info.name, zeros, info.count), GAN_OK);
    }
    check_weights(context, imported, NULL);
    check_weights(context, described, GAN_WEIGHTS(.renames = inside, .rename_count = 1));
    gan_model_destroy(imported);
    gan_model_destroy(described);
    gan_context_destroy(context);
}

/* A network whose modules are not all layers: the constants that stand for them have no weights in the state_dict. */
static void test_weights_in_part(void **state)
{
    const gan_rename gamma = {"attention.gamma", "attention.gamma.weight"};
    static const float zeros[MOST];
    float x[BATCH * 128], y[BATCH];
    gan_context *context = test_context();
    gan_model *model = load(context, "judge_script_20");

    (void)state;
    fixture_open(TEST_ONNX, "judge");
    assert_int_equal(gan_model_load_weights(model, fixture_path(), NULL), GAN_ERROR_ARCHITECTURE);
    assert_int_equal(gan_model_set_tensor(model, "mixed.1.weight", zeros, 8), GAN_OK);
    assert_int_equal(gan_model_set_tensor(model, "mixed.2.weight", zeros, 8), GAN_OK);
    assert_int_equal(gan_model_set_tensor(model, "attention.gamma.weight", zeros, 1), GAN_OK);
    if (gan_model_load_weights(model, fixture_path(),
                               GAN_WEIGHTS(.renames = &gamma, .rename_count = 1, .partial = true)) != GAN_OK)
        fail_msg("%s", gan_last_error());
    fixture_read(context, "x", x, BATCH * 128);
    fixture_read(context, "y", y, BATCH);
    gan_session *session = start(model, x);
    assert_int_equal(gan_session_forward(session, GAN_MODE_SAMPLE), GAN_OK);
    compare("weights in part", session, y, BATCH);
    gan_session_destroy(session);
    gan_model_destroy(model);
    gan_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_dcgan),
                                       cmocka_unit_test(test_resnet),
                                       cmocka_unit_test(test_unet),
                                       cmocka_unit_test(test_mlp),
                                       cmocka_unit_test(test_mapping),
                                       cmocka_unit_test(test_styles_and_classes),
                                       cmocka_unit_test(test_attention_and_projection),
                                       cmocka_unit_test(test_tokens_and_one_hot),
                                       cmocka_unit_test(test_spectral_norm),
                                       cmocka_unit_test(test_weights),
                                       cmocka_unit_test(test_weights_in_part)};
    return cmocka_run_group_tests(tests, test_folder_create, test_folder_remove);
}
