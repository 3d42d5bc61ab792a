/* Files of an earlier release in the current library: their content is loaded bit for bit and saved again as it was.
 * What is computed from it is the same within float's precision, since other CPUs round and sum differently. */
#include "corpus.h"
#include "support/files.h"
#include "trainers.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum {
    BATCH = 5,     /* samples that went through a model */
    CLASSES = 3,   /* an input of the shape (1) is a label below this */
    LARGEST = 512, /* values of a sample, at most */
    IMAGES = 20,   /* in the dataset */
    SIDE = 8,      /* of them */
    STEPS = 5,     /* before the checkpoint */
    LATER = 4,     /* after it */
    SAMPLES = 4    /* of a trainer */
};

/* Outputs may differ by this share of a tensor's largest value; each number after some steps of training, by this
 * share of itself, or of 1 if that is more. CPU levels differ by less than a tenth of it. */
static const double output_tolerance = 1e-5, training_tolerance = 3e-5;

/* ---- Models --------------------------------------------------------------------------------------------------- */

/* Value `i` of input `input`, counted over the batch; all are exact in float. */
static float input_value(int64_t input, int64_t i, int64_t size)
{
    return size == 1 ? (float)(i % CLASSES) : (float)((i * 37 + input * 11) % 64) / 32 - 1;
}

static void set_inputs(const gan_model *model, gan_session *session)
{
    static float values[BATCH * LARGEST];
    for (int64_t k = 0; k < gan_model_input_count(model); k++) {
        gan_shape shape;
        assert_int_equal(gan_model_get_input_shape(model, k, &shape), GAN_OK);
        const int64_t size = gan_shape_count(shape);
        for (int64_t i = 0; i < BATCH * size; i++) values[i] = input_value(k, i, size);
        assert_int_equal(gan_session_set_input(session, k, values, BATCH), GAN_OK);
    }
}

static gan_model *load_model(gan_context *context, const char *name)
{
    gan_model *model = NULL;
    const char *path = corpus_path("model-%s.safetensors", name);
    if (gan_model_load(context, path, &model) != GAN_OK) fail_msg("%s: %s", path, gan_last_error());
    return model;
}

static void test_model(void **state)
{
    static float values[BATCH * LARGEST];
    const char *name = *state, *path = corpus_path("model-%s.safetensors", name);
    gan_context *context = test_context();
    gan_session *session;
    gan_model *model = load_model(context, name);
    for (int64_t k = 0; k < gan_model_input_count(model); k++) {
        gan_input_info info = GAN_INPUT_INFO_INIT;
        assert_int_equal(gan_model_get_input_info(model, k, &info), GAN_OK);
        assert_int_equal(info.role, GAN_INPUT_ANY);
    }
    corpus_compare_tensors(context, path, "", model);
    assert_int_equal(gan_session_create(model, GAN_SESSION(.batch = BATCH), &session), GAN_OK);
    set_inputs(model, session);
    assert_int_equal(gan_session_forward(session, GAN_MODE_SAMPLE), GAN_OK);
    for (int64_t k = 0; k < gan_model_output_count(model); k++) {
        gan_shape shape;
        assert_int_equal(gan_model_get_output_shape(model, k, &shape), GAN_OK);
        assert_int_equal(gan_session_get_output(session, k, values), GAN_OK);
        corpus_compare_npy(context, corpus_path("model-%s.%lld.npy", name, (long long)k), values, BATCH, shape,
                           output_tolerance);
    }
    assert_int_equal(gan_model_save(model, test_path("model.safetensors")), GAN_OK);
    corpus_compare_files(context, path, test_path("model.safetensors"));
    gan_session_destroy(session);
    gan_model_destroy(model);
    gan_context_destroy(context);
}

/* ---- Histories ------------------------------------------------------------------------------------------------ */

/* The lines of a file, including the header, without line ends. */
typedef struct text_lines {
    char text[1 << 14];
    char *lines[32];
    int count;
} text_lines;

static void read_lines(const char *path, text_lines *out)
{
    char *rest;
    out->text[test_file_read(path, out->text, sizeof(out->text) - 1)] = 0;
    out->count = 0;
    for (char *line = strtok_r(out->text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        assert_true(out->count < 32);
        out->lines[out->count++] = line;
    }
}

/* New columns may follow those of the release. */
static void compare_line(const char *path, const char *actual, const char *expected)
{
    const size_t length = strlen(expected);
    if (strncmp(actual, expected, length) == 0 && (actual[length] == 0 || actual[length] == ',')) return;
    fail_msg("%s: a line is\n%s\nexpected\n%s", path, actual, expected);
}

/* Each number of the line within the tolerance, in the same columns. */
static void compare_numbers(const char *path, char *actual, char *expected)
{
    while (*expected) {
        const double a = strtod(actual, &actual), e = strtod(expected, &expected);
        if (!(isnan(a) && isnan(e)) && !(fabs(a - e) <= training_tolerance * fmax(1, fabs(e))))
            fail_msg("%s: %.9g instead of %.9g, before%s", path, a, e, expected);
        actual += *actual == ',';
        expected += *expected == ',';
    }
}

/* The first `exact` rows are the same text; later ones are near. */
static void compare_history(const gan_history *history, const char *path, int exact)
{
    static text_lines actual, expected;
    assert_int_equal(gan_history_write_csv(history, test_path("history.csv")), GAN_OK);
    read_lines(test_path("history.csv"), &actual);
    read_lines(path, &expected);
    assert_true(expected.count > exact);
    assert_int_equal(actual.count, expected.count);
    for (int i = 0; i < expected.count; i++) {
        if (i <= exact) {
            compare_line(path, actual.lines[i], expected.lines[i]);
        } else {
            compare_numbers(path, actual.lines[i], expected.lines[i]);
        }
    }
}

static void test_history(void **state)
{
    (void)state;
    const char *path = corpus_path("history.csv");
    gan_history *history;
    gan_context *context = test_context();
    assert_int_equal(gan_history_create(context, &history), GAN_OK);
    assert_int_equal(gan_history_read_csv(history, path), GAN_OK);
    assert_true(gan_history_count(history) > 0);
    compare_history(history, path, (int)gan_history_count(history));
    gan_history_destroy(history);
    gan_context_destroy(context);
}

/* ---- Checkpoints ---------------------------------------------------------------------------------------------- */

/* A trainer as it was created when its checkpoint was written, and its dataset. */
typedef struct training {
    const char *name, *path;
    gan_context *context;
    gan_model *generator, *discriminator;
    gan_dataset *dataset;
    gan_trainer *trainer;
    gan_history *history;
} training;

static void fill_images(float images[IMAGES][SIDE][SIDE])
{
    for (int i = 0; i < IMAGES; i++) {
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++) images[i][y][x] = (float)((i * 7 + y * 3 + x * 5) % 16) / 8 - 1;
    }
}

static training make_training(const char *name)
{
    static float images[IMAGES][SIDE][SIDE];
    const named_trainer *named = find_trainer(name);
    if (!named) fail_msg("no trainer is called '%s'", name);
    training t = {.name = name, .path = corpus_path("trainer-%s.safetensors", name), .context = test_context()};
    fill_images(images);
    t.generator = load_model(t.context, "generator");
    t.discriminator = load_model(t.context, named->discriminator);
    assert_int_equal(
        gan_dataset_from_array(t.context, images[0][0], NULL, IMAGES, GAN_SHAPE(1, SIDE, SIDE), NULL, &t.dataset),
        GAN_OK);
    if (gan_trainer_create(t.context, t.generator, t.discriminator, named->options, &t.trainer) != GAN_OK)
        fail_msg("%s: %s", name, gan_last_error());
    if (gan_trainer_load(t.trainer, t.dataset, t.path) != GAN_OK) fail_msg("%s: %s", t.path, gan_last_error());
    assert_int_equal(gan_history_create(t.context, &t.history), GAN_OK);
    assert_int_equal(gan_history_read_csv(t.history, corpus_path("trainer-%s.csv", name)), GAN_OK);
    assert_int_equal(gan_history_truncate(t.history, gan_trainer_steps(t.trainer)), GAN_OK);
    return t;
}

static void release_training(training *t)
{
    gan_history_destroy(t->history);
    gan_trainer_destroy(t->trainer);
    gan_dataset_destroy(t->dataset);
    gan_model_destroy(t->discriminator);
    gan_model_destroy(t->generator);
    gan_context_destroy(t->context);
}

/* All that the file holds, before anything is computed. */
static void compare_state(const training *t)
{
    gan_model *average;
    assert_int_equal(gan_trainer_steps(t->trainer), STEPS);
    corpus_compare_tensors(t->context, t->path, "generator.", t->generator);
    corpus_compare_tensors(t->context, t->path, "discriminator.", t->discriminator);
    if (gan_trainer_get_average(t->trainer, &average) == GAN_OK)
        corpus_compare_tensors(t->context, t->path, "generator_average.", average);
    assert_int_equal(gan_trainer_save(t->trainer, t->dataset, test_path("trainer.safetensors")), GAN_OK);
    corpus_compare_files(t->context, t->path, test_path("trainer.safetensors"));
}

/* Times were left out of the files. */
static int add_row(void *user, gan_trainer *trainer, const gan_step_report *report)
{
    (void)trainer;
    gan_step_report row = *report;
    row.samples_per_second = row.seconds = 0;
    return gan_history_add(user, &row) != GAN_OK;
}

/* Of the average, if there is one. */
static void compare_samples(const training *t, int steps, double tolerance)
{
    static float samples[SAMPLES][SIDE][SIDE];
    assert_int_equal(gan_trainer_sample(t->trainer, GAN_SAMPLE(.seed = 1), SAMPLES, samples[0][0]), GAN_OK);
    corpus_compare_npy(t->context, corpus_path("trainer-%s.%d.npy", t->name, steps), samples[0][0], SAMPLES,
                       GAN_SHAPE(1, SIDE, SIDE), tolerance);
}

static void test_checkpoint(void **state)
{
    training t = make_training(*state);
    compare_state(&t);
    compare_samples(&t, STEPS, output_tolerance);
    assert_int_equal(
        gan_trainer_run(t.trainer, t.dataset, GAN_RUN(.steps = LATER, .progress = add_row, .user = t.history)),
        GAN_OK);
    compare_history(t.history, corpus_path("trainer-%s.csv", t.name), STEPS);
    compare_samples(&t, STEPS + LATER, training_tolerance);
    release_training(&t);
}

/* ---- All files ------------------------------------------------------------------------------------------------ */

int main(int argc, char **argv)
{
    struct CMUnitTest tests[129] = {cmocka_unit_test(test_history)};
    int models, trainers, count = 1;
    if (!corpus_of(argc, argv)) return 2;
    char **model_names = corpus_names("model", &models), **trainer_names = corpus_names("trainer", &trainers);
    const bool empty = models == 0 || trainers == 0;
    for (int i = 0; i < models; i++)
        tests[count++] = (struct CMUnitTest){model_names[i], test_model, NULL, NULL, model_names[i]};
    for (int i = 0; i < trainers; i++)
        tests[count++] = (struct CMUnitTest){trainer_names[i], test_checkpoint, NULL, NULL, trainer_names[i]};
    const int failed = empty ? 2
                             : cmocka_run_group_tests_name("files of an earlier release", tests, test_folder_create,
                                                           test_folder_remove);
    corpus_names_release(model_names, models);
    corpus_names_release(trainer_names, trainers);
    return failed;
}
