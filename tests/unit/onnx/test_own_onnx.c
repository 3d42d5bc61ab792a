/* ONNX files that libgan wrote: as they were, and changed by others; and files that are not ONNX. */
#include "support/files.h"
#include "support/models.h"
#include "onnx/onnx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* Saved by libgan, a model is the same when it is loaded, and saved again to the same bytes. */
static void test_own_files(void **state)
{
    gan_context *context = test_context();

    (void)state;
    for (int i = 0; i < TEST_MODELS; i++) {
        gan_model *model = NULL, *again = NULL;
        assert_int_equal(test_models[i].build(context, 3, &model), GAN_OK);
        const gan_status status = gan_model_save_onnx(model, test_path("own.onnx"), NULL);
        gan_model_destroy(model);
        if (status == GAN_ERROR_UNSUPPORTED) continue; /* dropout in sampling */
        assert_int_equal(status, GAN_OK);
        if (gan_model_load_onnx(context, test_path("own.onnx"), NULL, &again) != GAN_OK)
            fail_msg("%s: %s", test_models[i].name, gan_last_error());
        assert_int_equal(gan_model_save_onnx(again, test_path("again.onnx"), NULL), GAN_OK);
        test_assert_same_files(test_path("own.onnx"), test_path("again.onnx"));
        gan_model_destroy(again);
    }
    gan_context_destroy(context);
}

/* The other loader says which one reads it. */
static void test_hint(void **state)
{
    gan_context *context = test_context();
    gan_model *model = NULL;

    (void)state;
    assert_int_equal(test_models[0].build(context, 3, &model), GAN_OK);
    assert_int_equal(gan_model_save_onnx(model, test_path("own.onnx"), NULL), GAN_OK);
    gan_model_destroy(model);
    model = NULL;
    test_status(gan_model_load(context, test_path("own.onnx"), &model), GAN_ERROR_MAGIC, "gan_model_load_onnx()");
    gan_context_destroy(context);
}

/* One value of a weight in the file is changed: the graph is read by its operators then. */
static void test_changed_file(void **state)
{
    static unsigned char bytes[1 << 16];
    float weight[12], values[12];
    gan_context *context = test_context();
    gan_model *model = NULL, *again = NULL;

    (void)state;
    assert_int_equal(gan_model_create(context, &model), GAN_OK);
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(4)));
    gan_model_add(model, gan_layer_named(gan_layer_dense(context, 3, NULL), "first"));
    gan_model_add(model, gan_layer_pixel_norm(context, NULL));
    assert_int_equal(gan_model_set_input(model, 0, GAN_INPUT(.role = GAN_INPUT_NOISE, .noise = GAN_NOISE_UNIFORM)),
                     GAN_OK);
    assert_int_equal(gan_model_build(model, 1), GAN_OK);
    for (int i = 0; i < 12; i++) weight[i] = (float)i - 5.5f;
    assert_int_equal(gan_model_set_tensor(model, "first.weight", weight, 12), GAN_OK);
    assert_int_equal(gan_model_save_onnx(model, test_path("own.onnx"), NULL), GAN_OK);
    const size_t size = test_file_read(test_path("own.onnx"), bytes, sizeof(bytes));
    const unsigned char six[4] = {0, 0, 0xb0, 0x40}; /* 5.5 */
    size_t at = 0;
    while (at + 4 <= size && memcmp(bytes + at, six, 4) != 0) at++;
    assert_true(at + 4 <= size);
    bytes[at + 2] = 0xc0; /* 6 */
    assert_int_equal(gan_model_load_onnx_from(context, gan_reader_from_memory(bytes, size), NULL, &again), GAN_OK);
    weight[11] = 6.0f;
    assert_int_equal(gan_model_get_tensor(again, "first.weight", values, 12), GAN_OK);
    assert_memory_equal(values, weight, sizeof(weight));
    gan_input_info info = GAN_INPUT_INFO_INIT;
    assert_int_equal(gan_model_get_input_info(again, 0, &info), GAN_OK);
    assert_true(info.role == GAN_INPUT_NOISE && info.noise == GAN_NOISE_UNIFORM);
    gan_model_destroy(model);
    gan_model_destroy(again);
    gan_context_destroy(context);
}

/* A libgan file whose metadata another tool has removed is read by its operators. */
static void test_without_metadata(void **state)
{
    static unsigned char bytes[1 << 16];
    const float x[3] = {1, 2, 3}, values[3] = {4, 5, 6};
    float y[3];
    gan_context *context = test_context();
    gan_model *model = NULL, *again = NULL;
    gan_session *session = NULL;

    (void)state;
    assert_int_equal(gan_model_create(context, &model), GAN_OK);
    const gan_node in = gan_model_add(model, gan_layer_input(context, GAN_SHAPE(3)));
    const gan_node c = gan_model_add_from(
        model, gan_layer_named(gan_layer_constant(context, GAN_SHAPE(3), NULL), "c"), 1, (gan_node[]){in});
    gan_model_add_from(model, gan_layer_add(context), 2, (gan_node[]){in, c});
    assert_int_equal(gan_model_build(model, 1), GAN_OK);
    assert_int_equal(gan_model_set_tensor(model, "c.weight", values, 3), GAN_OK);
    assert_int_equal(gan_model_save_onnx(model, test_path("own.onnx"), NULL), GAN_OK);
    const size_t size = test_file_read(test_path("own.onnx"), bytes, sizeof(bytes));
    for (size_t i = 0; i + 18 < size; i++) {
        if (memcmp(bytes + i, GAN_ONNX_FINGERPRINT_KEY, strlen(GAN_ONNX_FINGERPRINT_KEY)) == 0) bytes[i] = 'x';
    }
    assert_int_equal(gan_model_load_onnx_from(context, gan_reader_from_memory(bytes, size), NULL, &again), GAN_OK);
    assert_int_equal(gan_session_create(again, GAN_SESSION(.batch = 1), &session), GAN_OK);
    assert_int_equal(gan_session_set_input(session, 0, x, 1), GAN_OK);
    assert_int_equal(gan_session_forward(session, GAN_MODE_SAMPLE), GAN_OK);
    assert_int_equal(gan_session_get_output(session, 0, y), GAN_OK);
    for (int i = 0; i < 3; i++) assert_true(y[i] == x[i] + values[i]);
    gan_session_destroy(session);
    gan_model_destroy(model);
    gan_model_destroy(again);
    gan_context_destroy(context);
}

static void save_relu(gan_context *context, const char *path)
{
    gan_model *model = NULL;

    assert_int_equal(gan_model_create(context, &model), GAN_OK);
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(2)));
    gan_model_add(model, gan_layer_leaky_relu(context, GAN_LEAKY_RELU(.slope = 0.25f)));
    assert_int_equal(gan_model_build(model, 1), GAN_OK);
    assert_int_equal(gan_model_save_onnx(model, path, NULL), GAN_OK);
    gan_model_destroy(model);
}

/* Another architecture than that of the graph is not believed. */
static void test_changed_architecture(void **state)
{
    static unsigned char bytes[1 << 13];
    const float x[2] = {-1, 2};
    float y[2];
    gan_context *context = test_context();
    gan_model *model = NULL;
    gan_session *session = NULL;
    bool found = false;

    (void)state;
    save_relu(context, test_path("own.onnx"));
    const size_t size = test_file_read(test_path("own.onnx"), bytes, sizeof(bytes));
    for (size_t i = 0; i + 4 < size && !found; i++) {
        found = memcmp(bytes + i, "0.25", 4) == 0;
        if (found) bytes[i + 2] = '9';
    }
    assert_true(found);
    assert_int_equal(gan_model_load_onnx_from(context, gan_reader_from_memory(bytes, size), NULL, &model), GAN_OK);
    assert_int_equal(gan_session_create(model, GAN_SESSION(.batch = 1), &session), GAN_OK);
    assert_int_equal(gan_session_set_input(session, 0, x, 1), GAN_OK);
    assert_int_equal(gan_session_forward(session, GAN_MODE_SAMPLE), GAN_OK);
    assert_int_equal(gan_session_get_output(session, 0, y), GAN_OK);
    assert_true(y[0] == -0.25f && y[1] == 2.0f);
    gan_session_destroy(session);
    gan_model_destroy(model);
    gan_context_destroy(context);
}

/* Files of libgan have all shapes: the options can only say the same. */
static void test_options_of_own_file(void **state)
{
    const gan_named_shape cases[] = {{"z", GAN_SHAPE(4)}, {"z", GAN_SHAPE(5)}, {"nothing", GAN_SHAPE(4)}};
    const gan_status statuses[] = {GAN_OK, GAN_ERROR_UNSUPPORTED, GAN_ERROR_NOT_FOUND};
    gan_context *context = test_context();
    gan_model *model = NULL;

    (void)state;
    assert_int_equal(gan_model_create(context, &model), GAN_OK);
    gan_model_add(model, gan_layer_named(gan_layer_input(context, GAN_SHAPE(4)), "z"));
    gan_model_add(model, gan_layer_relu(context));
    assert_int_equal(gan_model_build(model, 1), GAN_OK);
    assert_int_equal(gan_model_save_onnx(model, test_path("own.onnx"), NULL), GAN_OK);
    gan_model_destroy(model);
    for (int i = 0; i < 3; i++) {
        model = NULL;
        const gan_status status = gan_model_load_onnx(context, test_path("own.onnx"),
                                                      GAN_LOAD_ONNX(.inputs = &cases[i], .input_count = 1), &model);
        assert_int_equal(status, statuses[i]);
        gan_model_destroy(model);
    }
    gan_context_destroy(context);
}

/* What is taken for ONNX by its name is called by its own. */
static void test_other_files(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *what;
    } files[] = {{"PK\3\4\24\0\0\0", 8, "a ZIP archive, such as torch.save()"},
                 {"\37\213\10\0\0\0", 6, "compressed by gzip"},
                 {"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n", 56, "Git LFS"},
                 {"<!DOCTYPE html><html></html>", 28, "HTML or XML"},
                 {"{\"weights\": []}", 15, "JSON"},
                 {"\20\0\0\0\0\0\0\0{\"a\":{}       }", 24, "a safetensors file, which gan_model_load()"},
                 {"Some text.\n", 11, "a text"},
                 {"\200\2}q\0.", 6, "a Python pickle"}};
    gan_context *context = test_context();
    gan_model *model = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        test_status(
            gan_model_load_onnx_from(context, gan_reader_from_memory(files[i].bytes, files[i].size), NULL, &model),
            GAN_ERROR_MAGIC, files[i].what);
    }
    gan_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_own_files),
                                       cmocka_unit_test(test_hint),
                                       cmocka_unit_test(test_changed_file),
                                       cmocka_unit_test(test_without_metadata),
                                       cmocka_unit_test(test_changed_architecture),
                                       cmocka_unit_test(test_options_of_own_file),
                                       cmocka_unit_test(test_other_files)};
    return cmocka_run_group_tests(tests, test_folder_create, test_folder_remove);
}
