/* What gan_model_sample fills each input with, by its role and by the options. The model passes its inputs on as
 * outputs, so that they can be seen. */
#include "session.h"

#include "support/allocator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static gan_context *context;

static int setup(void **state)
{
    (void)state;
    return gan_context_create(GAN_CONTEXT(.threads = 2), &context) == GAN_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    gan_context_destroy(context);
    return 0;
}

enum { NOISE, LABEL, ONE_HOT, PHOTO, INPUTS, SIZE = 6, CLASSES = 4 };
static const gan_shape shapes[INPUTS] = {{1, {SIZE}}, {1, {1}}, {1, {CLASSES}}, {3, {2, 2, 3}}};

/* The first `count` of these inputs, each passed on to the output of the same number. */
static gan_status pass_on(gan_context *in, int count, gan_model **out)
{
    gan_node nodes[INPUTS], outputs[INPUTS];
    gan_model *model = NULL;
    gan_status status = gan_model_create(in, &model);

    if (status != GAN_OK) return status;
    for (int i = 0; i < count; i++) nodes[i] = gan_model_add(model, gan_layer_input(in, shapes[i]));
    for (int i = 0; i < count; i++) {
        outputs[i] = gan_model_add_from(model, gan_layer_dropout(in, NULL), GAN_NODES(nodes[i]));
    }
    gan_model_set_outputs(model, count, outputs);
    gan_model_set_input(model, NOISE, GAN_INPUT(.role = GAN_INPUT_NOISE));
    if (count > LABEL) gan_model_set_input(model, LABEL, GAN_INPUT(.role = GAN_INPUT_CLASS, .classes = CLASSES));
    if (count > ONE_HOT) gan_model_set_input(model, ONE_HOT, GAN_INPUT(.role = GAN_INPUT_CLASS, .classes = CLASSES));
    if (count > PHOTO) gan_model_set_input(model, PHOTO, GAN_INPUT(.role = GAN_INPUT_IMAGE));
    status = gan_model_build(model, 1);
    if (status != GAN_OK) {
        gan_model_destroy(model);
        return status;
    }
    *out = model;
    return GAN_OK;
}

static gan_model *build(int count)
{
    gan_model *model = NULL;
    ASSERT_OK(pass_on(context, count, &model));
    return model;
}

/* ---- Noise -------------------------------------------------------------------------------------------------- */

/* The bits of a generator's only input have been these since the first release. */
static void test_noise_of_one_input(void **state)
{
    enum { COUNT = 300 };
    static float values[COUNT][SIZE];
    gan_model *model = build(1);
    (void)state;

    for (int role = 0; role < 2; role++) {
        ASSERT_OK(gan_model_set_input(model, 0, role == 0 ? NULL : GAN_INPUT(.role = GAN_INPUT_NOISE)));
        ASSERT_OK(gan_model_sample(model, GAN_SAMPLE(.seed = 11), COUNT, values[0]));
        for (uint64_t i = 0; i < COUNT; i++) {
            gan_real expected[SIZE];
            gan_random_state at = {.seed = 11, .stream = 3, .counter = i * SIZE};
            gan_fill_normal(&at, expected, SIZE, 0, 1);
            for (int k = 0; k < SIZE; k++) assert_true(values[i][k] == (float)expected[k]);
        }
    }
    gan_model_destroy(model);
}

static void test_uniform_and_codes(void **state)
{
    enum { COUNT = 50 };
    static float values[COUNT][SIZE];
    gan_model *model = build(1);
    (void)state;

    for (int role = 0; role < 2; role++) {
        ASSERT_OK(gan_model_set_input(
            model, 0, GAN_INPUT(.role = role == 0 ? GAN_INPUT_NOISE : GAN_INPUT_CODE, .noise = GAN_NOISE_UNIFORM)));
        ASSERT_OK(gan_model_sample(model, NULL, COUNT, values[0]));
        for (uint64_t i = 0; i < COUNT; i++) {
            gan_real expected[SIZE];
            gan_random_state at = {.stream = 3, .counter = i * SIZE};
            gan_fill_uniform(&at, expected, SIZE, -1, 1);
            for (int k = 0; k < SIZE; k++) assert_true(values[i][k] == (float)expected[k]);
        }
    }
    gan_model_destroy(model);
}

/* What lies within stays; what lies beyond is drawn from the normal distribution between the limits. */
static void check_truncation(float truncation, double variance)
{
    enum { COUNT = 3000 };
    static float whole[COUNT * SIZE], values[COUNT * SIZE];
    gan_model *model = build(1);
    double sum = 0, squares = 0;
    int changed = 0;

    ASSERT_OK(gan_model_sample(model, GAN_SAMPLE(.seed = 3), COUNT, whole));
    ASSERT_OK(gan_model_sample(model, GAN_SAMPLE(.seed = 3, .truncation = truncation), COUNT, values));
    for (int i = 0; i < COUNT * SIZE; i++) {
        assert_true(fabsf(values[i]) <= truncation);
        if (fabsf(whole[i]) <= truncation) assert_true(values[i] == whole[i]);
        changed += values[i] != whole[i];
        sum += (double)values[i];
        squares += (double)values[i] * (double)values[i];
    }
    const double beyond = erfc((double)truncation / sqrt(2)) * COUNT * SIZE;
    assert_true(fabs(changed - beyond) < 5 * sqrt(beyond) + 1);
    assert_true(fabs(sum / (COUNT * SIZE)) < 0.03 * (double)truncation);
    assert_true(fabs(squares / (COUNT * SIZE) - variance) < 0.03 * variance);
    gan_model_destroy(model);
}

/* Variances of the truncated normal: 1 - 2 t phi(t) / (2 Phi(t) - 1). */
static void test_truncation(void **state)
{
    (void)state;
    check_truncation(2.0f, 0.773741);
    check_truncation(0.5f, 0.080600);
    check_truncation(0.01f, 1e-4 / 3);
    check_truncation(1e30f, 1);
}

/* ---- Classes ------------------------------------------------------------------------------------------------ */

static void test_given_classes(void **state)
{
    enum { COUNT = 300 };
    static const int32_t cycle[3] = {3, 0, 2};
    static int32_t each[COUNT];
    static float labels[COUNT], noise[COUNT * SIZE], same_noise[COUNT * SIZE];
    gan_model *model = build(2);
    (void)state;

    for (int i = 0; i < COUNT; i++) each[i] = i * 7 % CLASSES;
    ASSERT_OK(gan_model_sample(model, GAN_SAMPLE(.output = LABEL, .classes = each), COUNT, labels));
    for (int i = 0; i < COUNT; i++) assert_true(labels[i] == (float)each[i]);
    ASSERT_OK(
        gan_model_sample(model, GAN_SAMPLE(.output = LABEL, .classes = cycle, .class_count = 3), COUNT, labels));
    for (int i = 0; i < COUNT; i++) assert_true(labels[i] == (float)cycle[i % 3]);
    ASSERT_OK(
        gan_model_sample(model, GAN_SAMPLE(.output = LABEL, .classes = cycle, .class_count = 1), COUNT, labels));
    for (int i = 0; i < COUNT; i++) assert_true(labels[i] == 3);
    /* Noise does not depend on the classes. */
    ASSERT_OK(gan_model_sample(model, GAN_SAMPLE(.classes = cycle, .class_count = 1), COUNT, noise));
    ASSERT_OK(gan_model_sample(model, NULL, COUNT, same_noise));
    assert_memory_equal(noise, same_noise, sizeof(noise));
    gan_model_destroy(model);
}

/* Counts of each class are within five deviations of their share. */
static void check_shares(const gan_sample_options *options, const double shares[CLASSES])
{
    enum { COUNT = 8000 };
    static float labels[COUNT];
    gan_model *model = build(2);
    int counts[CLASSES] = {0};

    ASSERT_OK(gan_model_sample(model, options, COUNT, labels));
    for (int i = 0; i < COUNT; i++) {
        assert_true(labels[i] >= 0 && labels[i] < CLASSES && labels[i] == floorf(labels[i]));
        counts[(int)labels[i]]++;
    }
    for (int c = 0; c < CLASSES; c++) {
        const double expected = shares[c] * COUNT;
        assert_true(fabs(counts[c] - expected) <= 5 * sqrt(expected * (1 - shares[c])));
    }
    gan_model_destroy(model);
}

static void test_drawn_classes(void **state)
{
    (void)state;
    check_shares(GAN_SAMPLE(.seed = 1, .output = LABEL), (const double[]){0.25, 0.25, 0.25, 0.25});
    check_shares(GAN_SAMPLE(.seed = 1, .output = LABEL, .proportions = (const float[]){0, 30, 10, 0}),
                 (const double[]){0, 0.75, 0.25, 0});
    check_shares(GAN_SAMPLE(.output = LABEL, .proportions = (const float[]){0.1f, 0.2f, 0.3f, 0.4f}),
                 (const double[]){0.1, 0.2, 0.3, 0.4});
    check_shares(GAN_SAMPLE(.output = LABEL, .proportions = (const float[]){0, 0, 1e-30f, 0}),
                 (const double[]){0, 0, 1, 0});
}

static void test_one_hot(void **state)
{
    enum { COUNT = 200 };
    static float labels[COUNT], vectors[COUNT][CLASSES];
    gan_model *model = build(3);
    int different = 0, of_class[CLASSES] = {0};
    (void)state;

    ASSERT_OK(gan_model_sample(model, GAN_SAMPLE(.output = LABEL), COUNT, labels));
    ASSERT_OK(gan_model_sample(model, GAN_SAMPLE(.output = ONE_HOT), COUNT, vectors[0]));
    for (int i = 0; i < COUNT; i++) {
        int hot = 0;
        while (hot < CLASSES - 1 && vectors[i][hot] == 0) hot++;
        for (int c = 0; c < CLASSES; c++) assert_true(vectors[i][c] == (c == hot ? 1 : 0));
        of_class[hot]++;
        different += hot != (int)labels[i];
    }
    for (int c = 0; c < CLASSES; c++) assert_true(of_class[c] > 20);
    assert_true(different > 100); /* the two are independent */
    gan_model_destroy(model);
}

/* ---- Inputs of the caller ----------------------------------------------------------------------------------- */

static void test_given_inputs(void **state)
{
    enum { COUNT = 130, PIXELS = 12 };
    static float photos[COUNT * PIXELS], back[COUNT * PIXELS], labels[COUNT], label_back[COUNT];
    gan_model *model = build(INPUTS);
    const float *inputs[INPUTS] = {[PHOTO] = photos};
    (void)state;

    for (int i = 0; i < COUNT * PIXELS; i++) photos[i] = (float)i;
    for (int i = 0; i < COUNT; i++) labels[i] = (float)(i % 2);
    ASSERT_OK(gan_model_sample(model, GAN_SAMPLE(.output = PHOTO, .inputs = inputs), COUNT, back));
    assert_memory_equal(back, photos, sizeof(photos));
    inputs[LABEL] = labels;
    ASSERT_OK(gan_model_sample(model, GAN_SAMPLE(.output = LABEL, .inputs = inputs), COUNT, label_back));
    assert_memory_equal(label_back, labels, sizeof(labels));
    /* Then there is only one class to draw. */
    static float vectors[COUNT][CLASSES];
    const int32_t two = 2;
    ASSERT_OK(gan_model_sample(model,
                               GAN_SAMPLE(.output = ONE_HOT, .inputs = inputs, .classes = &two, .class_count = 1),
                               COUNT, vectors[0]));
    for (int i = 0; i < COUNT; i++) assert_true(vectors[i][2] == 1);
    gan_model_destroy(model);
}

/* ---- Sample i depends on the options and i only ------------------------------------------------------------- */

static void test_any_count(void **state)
{
    enum { MANY = 600 };
    static const int counts[] = {1, 2, 127, 128, 129, 511, 512, 513};
    static const int sizes[] = {SIZE, 1, CLASSES};
    static float many[MANY * SIZE], few[MANY * SIZE];
    gan_model *model = build(3);
    (void)state;

    for (int64_t output = 0; output < 3; output++) {
        gan_sample_options options = {
            .struct_size = sizeof(options), .seed = 5, .output = output, .truncation = 0.7f};
        ASSERT_OK(gan_model_sample(model, &options, MANY, many));
        for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
            ASSERT_OK(gan_model_sample(model, &options, counts[i], few));
            assert_memory_equal(few, many, (size_t)(counts[i] * sizes[output]) * sizeof(float));
        }
    }
    gan_model_destroy(model);
}

/* ---- Refused ------------------------------------------------------------------------------------------------ */

static void refuse(int inputs, const gan_sample_options *options, gan_status status, const char *sentence)
{
    enum { COUNT = 5 };
    static float out[COUNT * 12];
    gan_model *model = build(inputs);

    out[0] = 7;
    ASSERT_FAILS(gan_model_sample(model, options, COUNT, out), status, sentence);
    assert_true(out[0] == 7);
    gan_model_destroy(model);
}

static void test_refused(void **state)
{
    const int32_t classes[5] = {0, 3, 1, 4, -1};
    const float shares[CLASSES] = {0, 1, -1, 0}, none[CLASSES] = {0}, infinite[CLASSES] = {1, INFINITY, 0, 0};
    (void)state;

    refuse(INPUTS, NULL, GAN_ERROR_ARGUMENT, "input 3 is an image: give it by .inputs");
    refuse(2, GAN_SAMPLE(.output = 2), GAN_ERROR_ARGUMENT, "output is 2, expected 0 to 1");
    refuse(2, GAN_SAMPLE(.output = -1), GAN_ERROR_ARGUMENT, "output is -1");
    refuse(2, GAN_SAMPLE(.reserved = 1), GAN_ERROR_VERSION, "gan_sample_options");
    refuse(2, GAN_SAMPLE(.classes = classes), GAN_ERROR_ARGUMENT, "classes[3] is 4, expected 0 to 3");
    refuse(2, GAN_SAMPLE(.classes = classes + 4, .class_count = 1), GAN_ERROR_ARGUMENT, "classes[0] is -1");
    refuse(2, GAN_SAMPLE(.classes = classes, .class_count = -1), GAN_ERROR_ARGUMENT, "class_count is -1");
    refuse(2, GAN_SAMPLE(.class_count = 2), GAN_ERROR_ARGUMENT, "class_count is 2, but classes is NULL");
    refuse(1, GAN_SAMPLE(.classes = classes, .class_count = 1), GAN_ERROR_ARGUMENT, "classes is set, but 0 inputs");
    refuse(3, GAN_SAMPLE(.classes = classes, .class_count = 1), GAN_ERROR_ARGUMENT, "classes is set, but 2 inputs");
    refuse(1, GAN_SAMPLE(.proportions = shares), GAN_ERROR_ARGUMENT, "proportions is set, but 0 inputs");
    refuse(2, GAN_SAMPLE(.proportions = shares), GAN_ERROR_ARGUMENT, "proportions[2] is -1");
    refuse(2, GAN_SAMPLE(.proportions = none), GAN_ERROR_ARGUMENT, "all 4 proportions are 0");
    refuse(2, GAN_SAMPLE(.proportions = infinite), GAN_ERROR_NOT_FINITE, "proportions[1] is inf");
    refuse(2, GAN_SAMPLE(.proportions = shares, .classes = classes), GAN_ERROR_ARGUMENT, "both classes and");
    refuse(1, GAN_SAMPLE(.truncation = 0.001f), GAN_ERROR_ARGUMENT, "truncation is 0.001, expected at least 0.01");
    refuse(1, GAN_SAMPLE(.truncation = -1), GAN_ERROR_ARGUMENT, "truncation is -1");
    refuse(1, GAN_SAMPLE(.truncation = GAN_ZERO), GAN_ERROR_ARGUMENT, "expected at least 0.01");
    refuse(1, GAN_SAMPLE(.truncation = NAN), GAN_ERROR_NOT_FINITE, "truncation is");
}

static void test_truncation_without_normal_noise(void **state)
{
    gan_model *model = build(1);
    float out[SIZE];
    (void)state;

    ASSERT_OK(gan_model_set_input(model, 0, GAN_INPUT(.role = GAN_INPUT_NOISE, .noise = GAN_NOISE_UNIFORM)));
    ASSERT_FAILS(gan_model_sample(model, GAN_SAMPLE(.truncation = 1), 1, out), GAN_ERROR_ARGUMENT,
                 "no normal noise is drawn");
    gan_model_destroy(model);
}

static gan_status sample_all(gan_context *failing, void *user)
{
    static float out[5 * SIZE];
    gan_model *model = NULL;
    gan_status status = pass_on(failing, 3, &model);

    (void)user;
    if (status == GAN_OK) status = gan_model_sample(model, GAN_SAMPLE(.truncation = 1), 5, out);
    gan_model_destroy(model);
    return status;
}

static void test_failing_allocations(void **state)
{
    (void)state;
    assert_true(test_every_allocation_fails(sample_all, NULL) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_noise_of_one_input),
        cmocka_unit_test(test_uniform_and_codes),
        cmocka_unit_test(test_truncation),
        cmocka_unit_test(test_given_classes),
        cmocka_unit_test(test_drawn_classes),
        cmocka_unit_test(test_one_hot),
        cmocka_unit_test(test_given_inputs),
        cmocka_unit_test(test_any_count),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_truncation_without_normal_noise),
        cmocka_unit_test(test_failing_allocations),
    };
    return cmocka_run_group_tests_name("sample by role", tests, setup, teardown);
}
