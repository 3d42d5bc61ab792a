/* What ONNX Runtime computed for ONNX files of the test models, which make_onnx.py has checked: this build writes the
 * same files, and computes the same. `test_onnx write FOLDER` writes them for make_onnx.py, with inputs. */
#include "fixture.h"

#include "onnx/onnx.h"
#include "support/files.h"
#include "support/models.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BATCH = 3, MOST_VALUES = 4096 };
static const double tolerance = 1e-5; /* of an output's largest value */

static void check(gan_status status)
{
    if (status != GAN_OK) fail_msg("%s", gan_last_error());
}

/* Numbers that are the same on every machine. */
static void fill(float *values, int64_t count, int64_t seed)
{
    for (int64_t i = 0; i < count; i++) values[i] = (float)((i * 37 + seed * 11) % 17 - 8) / 16;
}

static bool has_spectral_norm(const gan_model *model)
{
    for (int32_t n = 0; n < model->node_count; n++)
        if (gan_layer_is_normalised(model->nodes[n].layer)) return true;
    return false;
}

/* u and v of spectral normalisation stay as they are. */
static void set_tensors(gan_model *model)
{
    static float values[MOST_VALUES];
    for (int32_t i = 0; i < model->tensor_count; i++) {
        const gan_model_tensor *tensor = &model->tensors[i];
        assert_true(tensor->count <= MOST_VALUES);
        fill(values, tensor->count, i);
        for (int64_t k = 0; tensor->plan.not_negative && k < tensor->count; k++) values[k] = fabsf(values[k]) + 0.25f;
        if (!strstr(tensor->name, "weight_")) check(gan_model_set_tensor(model, tensor->name, values, tensor->count));
    }
}

static int64_t fill_input(const gan_model *model, int64_t k, float *x)
{
    gan_shape shape;
    check(gan_model_get_input_shape(model, k, &shape));
    const int64_t count = BATCH * gan_shape_count(shape);
    assert_true(count <= MOST_VALUES);
    fill(x, count, k);
    for (int64_t i = 0; shape.rank == 1 && shape.dims[0] == 1 && i < count; i++) x[i] = (float)(i % TEST_CLASSES);
    return count;
}

/* Of dropout that ONNX has no operators for. */
static bool is_written(const gan_model *model)
{
    for (int32_t n = 0; n < model->node_count; n++)
        if (gan_layer_drops_in_sampling(model->nodes[n].layer)) return false;
    return true;
}

static gan_model *make_model(gan_context *context, int i)
{
    gan_model *model = NULL;
    check(test_models[i].build(context, 1, &model));
    set_tensors(model);
    return model;
}

/* ---- For make_onnx.py ----------------------------------------------------------------------------------------- */

static const char *folder;

static const char *path_of(int i, const char *end)
{
    static char path[1024];
    snprintf(path, sizeof(path), "%s/%02d%s", folder, i, end);
    return path;
}

static void test_write(void **state)
{
    static float x[MOST_VALUES];
    gan_context *context = test_context();
    (void)state;
    for (int i = 0; i < TEST_MODELS; i++) {
        gan_model *model = make_model(context, i);
        if (is_written(model)) check(gan_model_save_onnx(model, path_of(i, ".onnx"), NULL));
        for (int64_t k = 0; k < gan_model_input_count(model); k++) {
            char end[32];
            gan_shape shape;
            fill_input(model, k, x);
            check(gan_model_get_input_shape(model, k, &shape));
            snprintf(end, sizeof(end), ".in%d.npy", (int)k);
            check(gan_npy_write(context, path_of(i, end), x, BATCH, shape));
        }
        gan_model_destroy(model);
    }
    gan_context_destroy(context);
}

/* ---- The test ------------------------------------------------------------------------------------------------- */

/* The file ends with the fingerprint of its graph; the fixture has it as four numbers of 16 bits. */
static void assert_same_graph(gan_context *context, const gan_model *model, int i)
{
    gan_bytes *bytes = NULL;
    char name[64], expected[GAN_ONNX_FINGERPRINT_TEXT] = "";
    float parts[4];
    check(gan_bytes_create(context, &bytes));
    check(gan_model_save_onnx_to(model, gan_bytes_writer(bytes), NULL));
    snprintf(name, sizeof(name), "%02d.fingerprint", i);
    fixture_read(context, name, parts, 4);
    for (int k = 0; k < 4; k++) snprintf(expected + 4 * k, 5, "%04x", (unsigned)parts[k]);
    const size_t size = gan_bytes_size(bytes);
    const char *written = (const char *)gan_bytes_data(bytes) + size - 16;
    if (memcmp(written, expected, 16) != 0) {
        fail_msg("the graph of %s has the fingerprint %.16s, expected %s: if it may change, run make_onnx.py",
                 test_models[i].name, written, expected);
    }
    gan_bytes_destroy(bytes);
}

static void assert_same_outputs(gan_context *context, gan_model *model, int i)
{
    static float values[MOST_VALUES], expected[MOST_VALUES];
    gan_session *session = NULL;
    check(gan_session_create(model, GAN_SESSION(.batch = BATCH, .forward_only = true), &session));
    for (int64_t k = 0; k < gan_model_input_count(model); k++) {
        fill_input(model, k, values);
        check(gan_session_set_input(session, k, values, BATCH));
    }
    check(gan_session_forward(session, GAN_MODE_SAMPLE));
    for (int64_t k = 0; k < gan_model_output_count(model); k++) {
        char name[64];
        double largest = 0;
        gan_shape shape;
        check(gan_model_get_output_shape(model, k, &shape));
        const int64_t count = BATCH * gan_shape_count(shape);
        assert_true(count <= MOST_VALUES);
        snprintf(name, sizeof(name), "%02d.out%d", i, (int)k);
        fixture_read(context, name, expected, count);
        check(gan_session_get_output(session, k, values));
        for (int64_t n = 0; n < count; n++) largest = fmax(largest, fabs((double)expected[n]));
        for (int64_t n = 0; n < count; n++) {
            if (fabs((double)values[n] - (double)expected[n]) <= tolerance * largest) continue;
            fail_msg("%s of %s: value %d is %.9g, ONNX Runtime has %.9g", name, test_models[i].name, (int)n,
                     (double)values[n], (double)expected[n]);
        }
    }
    gan_session_destroy(session);
}

static void test_models_as_onnx_runtime_has_them(void **state)
{
    gan_context *context = test_context();
    int compared = 0;
    (void)state;
    for (int i = 0; i < TEST_MODELS; i++) {
        gan_model *model = make_model(context, i);
        if (is_written(model)) {
            /* sigma differs in its last bits between instruction sets */
            if (!has_spectral_norm(model)) assert_same_graph(context, model, i);
            assert_same_outputs(context, model, i);
            compared++;
        }
        gan_model_destroy(model);
    }
    assert_int_equal(compared, TEST_MODELS - 1);
    gan_context_destroy(context);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_models_as_onnx_runtime_has_them)};
    const struct CMUnitTest writing[] = {cmocka_unit_test(test_write)};
    if (argc == 3 && !strcmp(argv[1], "write")) {
        folder = argv[2];
        return cmocka_run_group_tests(writing, NULL, NULL);
    }
    if (!fixture_of(argc, argv)) return 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
