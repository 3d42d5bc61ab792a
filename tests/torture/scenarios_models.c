/* Contexts, models, sessions, sampling, metrics, files for people. */
#define _DEFAULT_SOURCE /* syscall() */

#include "support/files.h"
#include "support/models.h"
#include "support/onnx.h"
#include "torture/scenarios.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SAMPLES = 5, DIMENSIONS = 4 };

static float numbers[4096];

/* Fills `numbers` with values in [-1, 1). */
static const float *some_numbers(void)
{
    uint64_t state = 1;

    for (int i = 0; i < 4096; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        numbers[i] = (float)(state >> 40) / 8388608.0f - 1.0f;
    }
    return numbers;
}

/* ---- Contexts and random numbers ----------------------------------------------------------------------------- */

static gan_status run_context(stage *s)
{
    gan_context_info info = GAN_CONTEXT_INFO_INIT;
    gan_context *context = NULL;
    gan_random *random = NULL;
    float drawn[9];
    gan_status status = GAN_OK;

    MAKE(s, context, gan_context_create(GAN_CONTEXT(.threads = 3), &context));
    STEP(s, gan_context_get_info(context, &info));
    MAKE(s, random, gan_random_create(context, 1, 2, &random));
    STEP(s, gan_random_normal(random, drawn, 9));
    if (status == GAN_OK) stage_add(s, drawn, sizeof(drawn));
    gan_random_destroy(random);
    gan_context_destroy(context);
    return status;
}

/* The default number of threads asks the system. */
static gan_status run_default_context(stage *s)
{
    gan_context *context = NULL;
    gan_status status = GAN_OK;

    MAKE(s, context, gan_context_create(NULL, &context));
    gan_context_destroy(context);
    return status;
}

/* ---- Models -------------------------------------------------------------------------------------------------- */

static gan_status build_and_copy(stage *s, test_model_fn build)
{
    gan_model *model = NULL, *copy = NULL;
    char text[4096];
    gan_status status = GAN_OK;

    MAKE(s, model, build(s->context, 7, &model));
    STEP(s, gan_model_describe(model, text, sizeof(text), NULL));
    MAKE(s, copy, gan_model_clone(model, &copy));
    STEP(s, gan_model_average(copy, model, 0.5));
    if (status == GAN_OK) {
        stage_add(s, text, strlen(text));
        stage_add_model(s, copy);
    }
    gan_model_destroy(model);
    gan_model_destroy(copy);
    return status;
}

static gan_status run_models(stage *s)
{
    gan_status status = GAN_OK;

    for (int i = 0; i < TEST_MODELS && status == GAN_OK; i++) status = build_and_copy(s, test_models[i].build);
    return status;
}

/* Layers that were made and not added; a model that is described in steps and remembers failures. */
static gan_status describe(gan_context *context, gan_model **out)
{
    gan_model *model = NULL;
    gan_layer *spare = gan_layer_named(gan_layer_prelu(context, NULL), "spare");
    gan_status status = spare ? gan_model_create(context, &model) : gan_last_status();

    gan_layer_destroy(spare);
    if (status != GAN_OK) return status;
    gan_model_add(model, gan_layer_named(gan_layer_input(context, GAN_SHAPE(3)), "noise"));
    gan_model_add(model, gan_layer_named(gan_layer_dense(context, 4, NULL), "dense"));
    gan_model_set_input(model, 0, GAN_INPUT(.role = GAN_INPUT_NOISE, .noise = GAN_NOISE_UNIFORM));
    gan_model_set_outputs(model, GAN_NODES(1));
    status = gan_model_build(model, 3);
    if (status == GAN_OK) {
        *out = model;
    } else {
        gan_model_destroy(model);
    }
    return status;
}

static gan_status run_description(stage *s)
{
    gan_model *model = NULL;
    gan_status status = GAN_OK;

    MAKE(s, model, describe(s->context, &model));
    STEP(s, gan_model_set_input(model, 0, GAN_INPUT(.role = GAN_INPUT_CODE)));
    if (status == GAN_OK) stage_add_model(s, model);
    gan_model_destroy(model);
    return status;
}

static gan_status run_model_files(stage *s)
{
    gan_model *model = NULL, *loaded = NULL;
    gan_status status = GAN_OK;

    MAKE(s, model, test_graph(s->context, 5, &model));
    STEP(s, gan_model_save(model, test_path("model")));
    MAKE(s, loaded, gan_model_load(s->context, test_path("model"), &loaded));
    STEP(s, gan_model_load_weights(model, test_path("model"), NULL));
    if (status == GAN_OK) {
        stage_add_model(s, loaded);
        stage_add_model(s, model);
    }
    gan_model_destroy(model);
    gan_model_destroy(loaded);
    return status;
}

static gan_status run_onnx_read(stage *s)
{
    static test_onnx file;
    gan_model *model = NULL, *again = NULL;
    gan_status status = GAN_OK;

    test_onnx_network(&file);
    MAKE(s, model, gan_model_load_onnx(s->context, test_path("network.onnx"), NULL, &model));
    MAKE(s, again, gan_model_load_onnx_from(s->context, gan_reader_from_memory(file.bytes, file.size), NULL, &again));
    if (status == GAN_OK) {
        stage_add_model(s, model);
        stage_add_model(s, again);
    }
    gan_model_destroy(model);
    gan_model_destroy(again);
    return status;
}

static gan_status run_model_memory(stage *s)
{
    gan_model *model = NULL, *loaded = NULL;
    gan_bytes *bytes = NULL;
    gan_status status = GAN_OK;

    MAKE(s, model, test_graph(s->context, 5, &model));
    MAKE(s, bytes, gan_bytes_create(s->context, &bytes));
    STEP(s, (gan_bytes_clear(bytes), gan_model_save_to(model, gan_bytes_writer(bytes), NULL)));
    const gan_reader reader = gan_reader_from_memory(gan_bytes_data(bytes), gan_bytes_size(bytes));
    MAKE(s, loaded, gan_model_load_from(s->context, reader, &loaded));
    STEP(s, gan_model_load_weights_from(model, reader, NULL));
    if (status == GAN_OK) {
        stage_add(s, gan_bytes_data(bytes), gan_bytes_size(bytes));
        stage_add_model(s, loaded);
        stage_add_model(s, model);
    }
    gan_bytes_destroy(bytes);
    gan_model_destroy(model);
    gan_model_destroy(loaded);
    return status;
}

static gan_status run_onnx(stage *s)
{
    gan_model *model = NULL;
    gan_bytes *bytes = NULL;
    gan_status status = GAN_OK;

    MAKE(s, model, test_spectral_discriminator(s->context, 5, &model));
    MAKE(s, bytes, gan_bytes_create(s->context, &bytes));
    STEP(s, gan_model_save_onnx(model, test_path("onnx"), NULL));
    STEP(s, (gan_bytes_clear(bytes), gan_model_save_onnx_to(model, gan_bytes_writer(bytes), NULL)));
    if (status == GAN_OK) {
        stage_add(s, gan_bytes_data(bytes), gan_bytes_size(bytes));
        stage_add_model(s, model);
    }
    gan_bytes_destroy(bytes);
    gan_model_destroy(model);
    return status;
}

static gan_status run_layers_in_files(stage *s)
{
    gan_status status = GAN_OK;

    for (int i = 0; i < TEST_MODELS && status == GAN_OK; i++) {
        gan_model *model = NULL, *loaded = NULL;
        MAKE(s, model, test_models[i].build(s->context, 9, &model));
        STEP(s, gan_model_save(model, test_path("layers")));
        MAKE(s, loaded, gan_model_load(s->context, test_path("layers"), &loaded));
        if (status == GAN_OK) stage_add_model(s, loaded);
        gan_model_destroy(model);
        gan_model_destroy(loaded);
    }
    return status;
}

/* ---- Sessions and optimizers --------------------------------------------------------------------------------- */

static gan_status run_session(stage *s)
{
    gan_model *model = NULL;
    gan_session *session = NULL;
    gan_optimizer *optimizer = NULL;
    double penalty = 0;
    float input[48];
    gan_status status = GAN_OK;

    memcpy(input, some_numbers(), sizeof(input));
    MAKE(s, model, test_smooth_discriminator(s->context, 3, &model));
    MAKE(s, session, gan_session_create(model, GAN_SESSION(.batch = 2, .second_order = true), &session));
    MAKE(s, optimizer, gan_optimizer_create(model, NULL, &optimizer));
    STEP(s, gan_session_set_input(session, 0, input, 2));
    STEP(s, gan_session_forward(session, GAN_MODE_TRAIN));
    STEP(s, gan_gradient_penalty(session, GAN_PENALTY_ZERO_CENTERED, 1, &penalty));
    STEP(s, gan_optimizer_step(optimizer, NULL));
    if (status == GAN_OK) stage_add_model(s, model);
    gan_optimizer_destroy(optimizer);
    gan_session_destroy(session);
    gan_model_destroy(model);
    return status;
}

static gan_status run_two_models(stage *s)
{
    gan_model *models[2] = {NULL, NULL};
    gan_optimizer *optimizer = NULL;
    gan_status status = GAN_OK;

    MAKE(s, models[0], test_seed_generator(s->context, 1, &models[0]));
    MAKE(s, models[1], test_seed_discriminator(s->context, 2, &models[1]));
    MAKE(s, optimizer,
         gan_optimizer_create(models[0], GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_RMSPROP), &optimizer));
    STEP(s, gan_optimizer_add_model(optimizer, models[1]));
    STEP(s, gan_optimizer_step(optimizer, NULL));
    if (status == GAN_OK) stage_add_model(s, models[1]);
    gan_optimizer_destroy(optimizer);
    gan_model_destroy(models[0]);
    gan_model_destroy(models[1]);
    return status;
}

static gan_status run_sampling(stage *s)
{
    gan_model *model = NULL;
    float samples[SAMPLES * 48];
    static const int32_t classes[] = {2, 0};
    gan_status status = GAN_OK;

    MAKE(s, model, test_conditional_generator(s->context, 3, &model));
    STEP(s, gan_model_set_input(model, 0, GAN_INPUT(.role = GAN_INPUT_NOISE)));
    STEP(s, gan_model_set_input(model, 1, GAN_INPUT(.role = GAN_INPUT_CLASS, .classes = TEST_CLASSES)));
    STEP(s, gan_model_recalibrate(model, GAN_SAMPLE(.seed = 4), 10));
    STEP(s, gan_model_sample(model, GAN_SAMPLE(.classes = classes, .class_count = 2, .truncation = 1.5f), SAMPLES,
                             samples));
    if (status == GAN_OK) {
        stage_add(s, samples, sizeof(samples));
        stage_add_model(s, model);
    }
    gan_model_destroy(model);
    return status;
}

static gan_status run_augmentation(stage *s)
{
    const gan_random_state state = {1, GAN_AUGMENT_STREAM, 0};
    const uint64_t kinds = GAN_AUGMENT_COLOUR | GAN_AUGMENT_TRANSLATION | GAN_AUGMENT_CUTOUT;
    const float *x = some_numbers();
    gan_random *random = NULL;
    float y[2 * 75], dx[2 * 75], noisy[150];
    gan_status status = GAN_OK;

    MAKE(s, random, gan_random_create(s->context, 1, 9, &random));
    STEP(s, gan_augment(s->context, kinds, GAN_SHAPE(3, 5, 5), state, 2, x, y));
    STEP(s, gan_augment_backward(s->context, kinds, GAN_SHAPE(3, 5, 5), state, 2, y, dx));
    STEP(s, gan_penalty_interpolate(random, x, y, 2, 75, noisy));
    STEP(s, gan_penalty_perturb(random, noisy, 2, 75, noisy));
    STEP(s, gan_instance_noise(random, 0.5f, noisy, 2, 75, noisy));
    if (status == GAN_OK) stage_add(s, dx, sizeof(dx));
    gan_random_destroy(random);
    return status;
}

/* ---- Metrics ------------------------------------------------------------------------------------------------- */

static gan_status run_metrics(stage *s)
{
    enum { COUNT = 24 };
    static const int32_t labels[] = {0, 1, 1, 2, 2, 2};
    static const float centres[2 * DIMENSIONS] = {0.5f, 0, 0, 0, -0.5f, 0, 0, 0};
    const float *real = some_numbers(), *fake = real + COUNT * DIMENSIONS;
    float shares[COUNT * 2];
    double results[7] = {0};
    gan_mode_coverage coverage = GAN_MODE_COVERAGE_INIT;
    gan_mixture_quality quality = GAN_MIXTURE_QUALITY_INIT;
    gan_status status = GAN_OK;

    for (int i = 0; i < COUNT; i++) {
        shares[2 * i] = (real[i] + 1) / 2;
        shares[2 * i + 1] = 1 - shares[2 * i];
    }
    STEP(s, gan_metric_frechet_distance(s->context, real, COUNT, fake, COUNT, DIMENSIONS, &results[0]));
    STEP(s,
         gan_metric_kernel_distance(s->context, real, COUNT, fake, COUNT, DIMENSIONS,
                                    GAN_KERNEL_DISTANCE(.subsets = 3, .subset_size = 9), &results[1], &results[2]));
    STEP(s, gan_metric_precision_recall(s->context, real, COUNT, fake, COUNT, DIMENSIONS, NULL, &results[3],
                                        &results[4]));
    STEP(s, gan_metric_inception_score(s->context, shares, COUNT, 2, NULL, &results[5], &results[6]));
    STEP(s, gan_metric_mode_coverage(s->context, labels, 6, 4, NULL, &coverage));
    STEP(s, gan_metric_mixture_quality(s->context, real, COUNT, centres, 2, DIMENSIONS, 0.2f, &quality));
    if (status == GAN_OK) {
        stage_add(s, results, sizeof(results));
        stage_add(s, &coverage.kl, sizeof(coverage.kl));
        stage_add(s, &quality.high_quality, sizeof(quality.high_quality));
    }
    return status;
}

/* ---- Files for people ---------------------------------------------------------------------------------------- */

/* Without libpng there are no pictures. */
static bool has_png(const stage *s)
{
    gan_context_info info = GAN_CONTEXT_INFO_INIT;
    return gan_context_get_info(s->context, &info) == GAN_OK && info.png;
}

static gan_status run_pictures(stage *s)
{
    const float *values = some_numbers();
    gan_status status = GAN_OK;

    STEP(s, gan_npy_write(s->context, test_path("values.npy"), values, 3, GAN_SHAPE(2, 5)));
    if (has_png(s)) STEP(s, gan_png_write_grid(s->context, test_path("grid.png"), values, 6, GAN_SHAPE(3, 7, 6), 0));
    return status;
}

static gan_status run_history(stage *s)
{
    gan_step_report report = GAN_STEP_REPORT_INIT;
    gan_history *history = NULL;
    gan_checkpoint *checkpoint = NULL;
    gan_status status = GAN_OK;

    MAKE(s, history, gan_history_create(s->context, &history));
    for (int64_t step = 1; step <= 20; step++) {
        report.step = step;
        report.discriminator_loss = 1.0 / (double)step;
        STEP(s, gan_history_add(history, &report));
    }
    STEP(s, gan_history_write_csv(history, test_path("history.csv")));
    STEP(s, gan_history_read_csv(history, test_path("history.csv")));
    MAKE(s, checkpoint, gan_checkpoint_create(s->context, &checkpoint));
    STEP(s, gan_checkpoint_add_history(checkpoint, "history", history));
    STEP(s, gan_checkpoint_save(checkpoint, test_path("history")));
    STEP(s, gan_checkpoint_load(checkpoint, test_path("history")));
    const int64_t rows = gan_history_count(history);
    if (status == GAN_OK) stage_add(s, &rows, sizeof(rows));
    gan_checkpoint_destroy(checkpoint);
    gan_history_destroy(history);
    return status;
}

static gan_status run_plot(stage *s)
{
    gan_step_report report = GAN_STEP_REPORT_INIT;
    gan_history *history = NULL;
    gan_status status = GAN_OK;

    report.step = 1;
    MAKE(s, history, gan_history_create(s->context, &history));
    STEP(s, gan_history_add(history, &report));
    if (has_png(s)) STEP(s, gan_history_write_png(history, test_path("history.png")));
    gan_history_destroy(history);
    return status;
}

static gan_status run_events(stage *s)
{
    const float *values = some_numbers();
    gan_summary_writer *writer = NULL;
    gan_status status = GAN_OK;

    MAKE(s, writer, gan_summary_writer_create(s->context, test_path("runs/one"), NULL, &writer));
    STEP(s, gan_summary_writer_add_scalar(writer, "scalar", 1, 1));
    STEP(s, gan_summary_writer_add_histogram(writer, "histogram", values, 50, 1));
    if (has_png(s)) STEP(s, gan_summary_writer_add_images(writer, "images", values, 6, GAN_SHAPE(3, 7, 6), 0, 2));
    /* Each writer makes another file, of which a folder has no more than 1,000 of one second; by a call of the
     * system's, which is not counted and does not fail. */
    if (writer) syscall(SYS_unlinkat, AT_FDCWD, gan_summary_writer_path(writer), 0);
    gan_summary_writer_destroy(writer);
    return status;
}

const scenario model_scenarios[] = {
    {"context", run_context, {NULL}, false},
    {"default context", run_default_context, {NULL}, false},
    {"models", run_models, {NULL}, false},
    {"description", run_description, {NULL}, false},
    {"model files", run_model_files, {"model"}, false},
    {"model memory", run_model_memory, {NULL}, false},
    {"ONNX", run_onnx, {"onnx"}, false},
    {"ONNX read", run_onnx_read, {NULL}, false},
    {"layers in files", run_layers_in_files, {NULL}, true},
    {"session", run_session, {NULL}, false},
    {"two models", run_two_models, {NULL}, false},
    {"sampling", run_sampling, {NULL}, false},
    {"augmentation", run_augmentation, {NULL}, false},
    {"metrics", run_metrics, {NULL}, false},
    {"pictures", run_pictures, {"values.npy", "grid.png"}, false},
    {"history", run_history, {"history.csv"}, false},
    {"events", run_events, {NULL}, false},
    {"plot", run_plot, {"history.png"}, true},
    {NULL, NULL, {NULL}, false},
};
