/* Writes every layer in all its ways, and every test model, as ONNX files, with inputs and the outputs that libgan
 * computes for them, for a reader of ONNX to compare: write_models FOLDER OPSET; or, in their place, saved models:
 * write_models FOLDER OPSET FILE... Of a file NAME.onnx, sample batches
 * of N are NAME.N.in0.npy and so on, NAME.N.out0.npy and so on. */
#include "../layers/cases.h"
#include "../model/session.h"
#include "onnx/onnx.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *folder;
static int64_t opset;
static int written;

static const char *path_of(const char *name, const char *end)
{
    static char path[1024];
    snprintf(path, sizeof(path), "%s/%s%s", folder, name, end);
    for (char *c = path + strlen(folder) + 1; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '.') *c = '_';
    return path;
}

/* Weights as they might be after training: variances are positive, u and v fit the weight. */
static void set_tensors(gan_model *model)
{
    for (int32_t i = 0; i < model->tensor_count; i++) {
        const gan_model_tensor *tensor = &model->tensors[i];
        float *values = random_floats(31 + (uint64_t)i, tensor->count);
        if (tensor->plan.not_negative)
            for (int64_t k = 0; k < tensor->count; k++) values[k] = 0.25f + fabsf(values[k]);
        if (!strstr(tensor->name, "weight_"))
            ASSERT_OK(gan_model_set_tensor(model, tensor->name, values, tensor->count));
        free(values);
    }
}

/* Numbers of classes that all layers which read the input have. */
static void limit_classes(const gan_model *model, gan_node input, float *x, int64_t count)
{
    for (gan_node n = 0; n < model->node_count; n++) {
        for (int k = 0; k < model->nodes[n].input_count; k++) {
            const int64_t classes = gan_layer_classes(model->nodes[n].layer, k);
            if (model->nodes[n].inputs[k] != input || classes == 0) continue;
            for (int64_t i = 0; i < count; i++) x[i] = fmodf(x[i], (float)classes);
        }
    }
}

static void write_samples(const char *name, gan_model *model, int64_t batch)
{
    gan_session *session = NULL;
    gan_shape shape;
    char end[64];
    ASSERT_OK(gan_session_create(model, GAN_SESSION(.batch = batch, .forward_only = true), &session));
    for (int64_t k = 0; k < gan_model_input_count(model); k++) {
        float *x = random_input(model, (size_t)k, batch, 77 + (uint64_t)k);
        limit_classes(model, model->inputs[k], x, input_size(model, (size_t)k, batch));
        snprintf(end, sizeof(end), ".%lld.in%lld.npy", (long long)batch, (long long)k);
        ASSERT_OK(gan_session_set_input(session, k, x, batch));
        ASSERT_OK(gan_model_get_input_shape(model, k, &shape));
        ASSERT_OK(gan_npy_write(model->context, path_of(name, end), x, batch, shape));
        free(x);
    }
    ASSERT_OK(gan_session_forward(session, GAN_MODE_SAMPLE));
    for (int64_t k = 0; k < gan_model_output_count(model); k++) {
        float *y = calloc((size_t)output_size(model, (size_t)k, batch), sizeof(*y));
        assert_non_null(y);
        ASSERT_OK(gan_session_get_output(session, k, y));
        snprintf(end, sizeof(end), ".%lld.out%lld.npy", (long long)batch, (long long)k);
        ASSERT_OK(gan_model_get_output_shape(model, k, &shape));
        ASSERT_OK(gan_npy_write(model->context, path_of(name, end), y, batch, shape));
        free(y);
    }
    gan_session_destroy(session);
}

/* The samples are of the model as it is written. */
static void write_as_it_is(const char *name, const gan_model *model, bool no_dropout)
{
    const gan_save_onnx_options *options = GAN_SAVE_ONNX(.opset = opset, .no_dropout = no_dropout);
    gan_model *folded = NULL;
    ASSERT_OK(gan_model_save_onnx(model, path_of(name, ".onnx"), options));
    if (!no_dropout) {
        write_samples(name, (gan_model *)model, 1);
        write_samples(name, (gan_model *)model, 3);
    } else {
        ASSERT_OK(gan_model_fold(model, true, &folded));
        write_samples(name, folded, 1);
        write_samples(name, folded, 3);
        gan_model_destroy(folded);
    }
    written++;
}

static bool draws_in_sampling(const gan_model *model)
{
    for (gan_node n = 0; n < model->node_count; n++)
        if (gan_layer_drops_in_sampling(model->nodes[n].layer)) return true;
    return false;
}

/* Takes over the model, unless the opset is too old for it. */
static void write_model(const char *name, gan_model *model)
{
    gan_node node;
    if (opset == 0 || opset >= gan_onnx_least_opset(model, &node)) {
        set_tensors(model);
        write_as_it_is(name, model, draws_in_sampling(model));
    }
    gan_model_destroy(model);
}

static void test_case(void **state)
{
    const layer_case *test = *state;
    gan_context *context = NULL;
    gan_model *model = NULL;
    gan_node inputs[HARNESS_INPUTS];
    ASSERT_OK(gan_context_create(GAN_CONTEXT(.threads = 1), &context));
    ASSERT_OK(gan_model_create(context, &model));
    for (int k = 0; k < test->inputs; k++)
        inputs[k] = gan_model_add(model, gan_layer_input(context, test->shapes[k]));
    gan_model_add_from(model, gan_layer_named(test->make(context), "layer"), test->inputs, inputs);
    ASSERT_OK(gan_model_build(model, 3));
    write_model(test->name, model);
    gan_context_destroy(context);
}

static void write_one(gan_context *context, gan_layer *layer, gan_shape shape, const char *name)
{
    gan_model *model = NULL;
    ASSERT_OK(gan_model_create(context, &model));
    gan_model_add(model, gan_layer_input(context, shape));
    gan_model_add(model, layer);
    ASSERT_OK(gan_model_build(model, 3));
    write_model(name, model);
}

/* The kinds without a case, and models of many layers. */
static void write_others(gan_context *context)
{
    write_one(context, gan_layer_one_hot(context, TEST_CLASSES), GAN_SHAPE(1), "one_hot");
    write_one(context, gan_layer_embedding(context, TEST_CLASSES, 5, NULL), GAN_SHAPE(1), "embedding");
    write_one(context, gan_layer_gradient_reversal(context, NULL), GAN_SHAPE(3, 2, 5), "gradient_reversal");
    write_one(context, gan_layer_dropout(context, GAN_DROPOUT(.rate = GAN_ZERO, .in_sampling = true)), GAN_SHAPE(4),
              "dropout at rate 0");
    for (int i = 0; i < TEST_MODELS; i++) {
        gan_model *model = NULL;
        char name[64];
        snprintf(name, sizeof(name), "model %s", test_models[i].name);
        ASSERT_OK(test_models[i].build(context, 5, &model));
        write_model(name, model);
    }
    for (uint64_t seed = 0; seed < 30; seed++) {
        gan_model *model = NULL;
        char name[64];
        snprintf(name, sizeof(name), "random graph %d", (int)seed);
        ASSERT_OK(test_random_graph(context, seed, &model));
        write_model(name, model);
    }
}

static void test_other_models(void **state)
{
    gan_context *context = NULL;
    (void)state;
    ASSERT_OK(gan_context_create(GAN_CONTEXT(.threads = 1), &context));
    write_others(context);
    gan_context_destroy(context);
}

static char *const *files;

static void test_saved_models(void **state)
{
    gan_context *context = NULL;
    (void)state;
    ASSERT_OK(gan_context_create(GAN_CONTEXT(.threads = 1), &context));
    for (; *files; files++) {
        gan_model *model = NULL;
        ASSERT_OK(gan_model_load(context, *files, &model));
        write_as_it_is(*files, model, draws_in_sampling(model));
        gan_model_destroy(model);
    }
    gan_context_destroy(context);
}

int main(int argc, char **argv)
{
    const layer_test tests[] = {{"written", test_case}};
    const struct CMUnitTest others[] = {cmocka_unit_test(test_other_models)};
    const struct CMUnitTest saved[] = {cmocka_unit_test(test_saved_models)};
    if (argc < 3) return 2;
    folder = argv[1];
    opset = strtoll(argv[2], NULL, 10);
    files = argv + 3;
    if (*files) return cmocka_run_group_tests(saved, NULL, NULL);
    const int failed = layer_cases_run(tests, 1) + cmocka_run_group_tests(others, NULL, NULL);
    printf("written=%d\n", written);
    return failed;
}
