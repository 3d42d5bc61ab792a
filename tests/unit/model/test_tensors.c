/* Tensors by name: layouts at the border, gradients, weights before the last step, and the table for people. */
#include "session.h"

#include "support/models.h"

#include <math.h>
#include <stdio.h>
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

static void test_every_tensor_comes_back(void **state)
{
    (void)state;
    for (int m = 0; m < TEST_MODELS; m++) {
        gan_model *model = NULL;
        ASSERT_OK(test_models[m].build(context, 5, &model));
        for (int64_t i = 0; i < gan_model_tensor_count(model); i++) {
            gan_tensor_info info = GAN_TENSOR_INFO_INIT;
            ASSERT_OK(gan_model_get_tensor_info(model, i, &info));
            float *given = random_floats(i, info.count), *got = calloc((size_t)info.count, sizeof(*got));
            assert_non_null(got);
            ASSERT_OK(gan_model_set_tensor(model, info.name, given, (size_t)info.count));
            ASSERT_OK(gan_model_get_tensor(model, info.name, got, (size_t)info.count));
            assert_memory_equal(given, got, (size_t)info.count * sizeof(*got));
            free(given);
            free(got);
        }
        gan_model_destroy(model);
    }
}

/* Conv weights (filters, channels, height, width) are stored channels last. */
static void test_layout_of_conv_weights(void **state)
{
    enum { FILTERS = 3, CHANNELS = 2, HEIGHT = 3, WIDTH = 4, COUNT = FILTERS * CHANNELS * HEIGHT * WIDTH };
    gan_model *model = NULL;
    float values[COUNT];
    (void)state;

    ASSERT_OK(gan_model_create(context, &model));
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(CHANNELS, 5, 5)));
    gan_model_add(model, gan_layer_conv2d(context, FILTERS, GAN_CONV2D(.kernel = {HEIGHT, WIDTH})));
    ASSERT_OK(gan_model_build(model, 1));
    for (int i = 0; i < COUNT; i++) values[i] = (float)i;
    ASSERT_OK(gan_model_set_tensor(model, "0.weight", values, COUNT));
    const gan_real *stored = gan_model_tensor_data(model, &model->tensors[0]);
    for (int f = 0; f < FILTERS; f++) {
        for (int c = 0; c < CHANNELS; c++) {
            for (int p = 0; p < HEIGHT * WIDTH; p++) {
                assert_true(stored[(f * HEIGHT * WIDTH + p) * CHANNELS + c] ==
                            (gan_real)values[(f * CHANNELS + c) * HEIGHT * WIDTH + p]);
            }
        }
    }
    gan_model_destroy(model);
}

static void test_layout_of_samples(void **state)
{
    const gan_shape shapes[] = {GAN_SHAPE(7),       GAN_SHAPE(1, 3, 5), GAN_SHAPE(6, 1, 1),
                                GAN_SHAPE(3, 4, 5), GAN_SHAPE(3, 4),    GAN_SHAPE(2, 3, 2, 2)};
    enum { BATCH = 3 };
    (void)state;
    for (size_t s = 0; s < sizeof(shapes) / sizeof(shapes[0]); s++) {
        const int64_t size = gan_shape_count(shapes[s]), count = BATCH * size;
        const int64_t channels = shapes[s].rank == 3 ? shapes[s].dims[0] : 1, pixels = size / channels;
        float *samples = random_floats(s, count), *back = calloc((size_t)count, sizeof(*back));
        gan_real *stored = calloc((size_t)count, sizeof(*stored));
        assert_non_null(back);
        assert_non_null(stored);
        gan_samples_import(context, shapes[s], BATCH, samples, stored);
        for (int64_t i = 0; i < count; i++) {
            const int64_t sample = i / size, channel = i % size / pixels, pixel = i % pixels;
            assert_true(stored[sample * size + pixel * channels + channel] == (gan_real)samples[i]);
        }
        gan_samples_export(context, shapes[s], BATCH, stored, back);
        assert_memory_equal(samples, back, (size_t)count * sizeof(*back));
        free(samples);
        free(back);
        free(stored);
    }
}

static void test_wrong_names_and_counts(void **state)
{
    gan_model *model = NULL, *unbuilt = NULL;
    float values[64] = {0};
    double norm = -1;
    (void)state;

    ASSERT_OK(test_dcgan_generator(context, 5, &model));
    ASSERT_FAILS(gan_model_get_tensor(model, "9.weight", values, 48), GAN_ERROR_NOT_FOUND, "no tensor '9.weight'");
    ASSERT_FAILS(gan_model_get_tensor(model, "0.weight", values, 47), GAN_ERROR_SHAPE,
                 "count is 47, but '0.weight' has the shape (16, 3) with 48 elements");
    ASSERT_FAILS(gan_model_set_tensor(model, "0.weight", values, 49), GAN_ERROR_SHAPE, "count is 49");
    ASSERT_FAILS(gan_model_get_gradient(model, "1.running_mean", values, 16), GAN_ERROR_ARGUMENT, "is a buffer");
    assert_int_equal(gan_model_get_tensor(NULL, "0.weight", values, 48), GAN_ERROR_NULL);
    assert_int_equal(gan_model_get_tensor(model, NULL, values, 48), GAN_ERROR_NULL);
    assert_int_equal(gan_model_get_tensor(model, "0.weight", NULL, 48), GAN_ERROR_NULL);
    assert_int_equal(gan_model_set_tensor(model, "0.weight", NULL, 48), GAN_ERROR_NULL);
    assert_int_equal(gan_model_get_gradient_norm(model, NULL), GAN_ERROR_NULL);
    assert_int_equal(gan_model_zero_gradients(NULL), GAN_ERROR_NULL);

    ASSERT_OK(gan_model_create(context, &unbuilt));
    assert_int_equal(gan_model_get_tensor(unbuilt, "0.weight", values, 48), GAN_ERROR_STATE);
    assert_int_equal(gan_model_set_tensor(unbuilt, "0.weight", values, 48), GAN_ERROR_STATE);
    assert_int_equal(gan_model_get_gradient(unbuilt, "0.weight", values, 48), GAN_ERROR_STATE);
    assert_int_equal(gan_model_zero_gradients(unbuilt), GAN_ERROR_STATE);
    assert_int_equal(gan_model_get_gradient_norm(unbuilt, &norm), GAN_ERROR_STATE);
    assert_true(norm == -1);
    gan_model_destroy(unbuilt);
    gan_model_destroy(model);
}

static void test_gradients_add_up(void **state)
{
    gan_model *model = NULL;
    gan_session *session = NULL;
    (void)state;

    ASSERT_OK(test_seed_discriminator(context, 5, &model));
    ASSERT_OK(gan_session_create(model, GAN_SESSION(.batch = 2), &session));
    set_random_inputs(session, 2, 1);
    ASSERT_OK(gan_session_forward(session, GAN_MODE_TRAIN));
    set_random_gradients(session, 2);
    double once, twice, expected = 0;
    ASSERT_OK(gan_session_backward(session, GAN_BACKWARD_PARAMETERS));
    ASSERT_OK(gan_model_get_gradient_norm(model, &once));
    for (int64_t i = 0; i < model->parameter_size; i++) {
        expected += (double)model->gradients[i] * (double)model->gradients[i];
    }
    assert_true(once > 0 && fabs(once - sqrt(expected)) <= 1e-9 * once);
    ASSERT_OK(gan_session_backward(session, GAN_BACKWARD_PARAMETERS));
    ASSERT_OK(gan_model_get_gradient_norm(model, &twice));
    assert_true(fabs(twice - 2 * once) <= 1e-5 * once);
    ASSERT_OK(gan_model_zero_gradients(model));
    ASSERT_OK(gan_model_get_gradient_norm(model, &twice));
    assert_true(twice == 0);

    model->gradients[3] = (gan_real)NAN;
    ASSERT_OK(gan_model_get_gradient_norm(model, &twice));
    assert_true(isnan(twice));
    gan_session_destroy(session);
    gan_model_destroy(model);
}

static void test_previous_weights(void **state)
{
    gan_model *model = NULL;
    (void)state;

    ASSERT_OK(test_seed_discriminator(context, 5, &model));
    const size_t size = (size_t)model->parameter_size;
    gan_real *before = malloc(size * sizeof(*before));
    assert_non_null(before);
    memcpy(before, model->parameters, size * sizeof(*before));
    gan_model_restore_previous(model); /* nothing was kept, so nothing changes */
    assert_memory_equal(before, model->parameters, size * sizeof(*before));

    ASSERT_OK(gan_model_keep_previous(model));
    gan_real *kept = model->previous;
    ASSERT_OK(gan_model_keep_previous(model));
    assert_ptr_equal(kept, model->previous);
    gan_model_restore_previous(model); /* no step yet */
    assert_memory_equal(before, model->parameters, size * sizeof(*before));

    /* As an optimizer does it. */
    gan_real *old = model->parameters;
    for (size_t i = 0; i < size; i++) kept[i] = old[i] + 1;
    model->parameters = kept;
    model->previous = old;
    float bias;
    ASSERT_OK(gan_model_get_tensor(model, "5.bias", &bias, 1));
    assert_true(bias == 1);
    gan_model_restore_previous(model);
    assert_memory_equal(before, model->parameters, size * sizeof(*before));
    free(before);
    gan_model_destroy(model);
}

static void test_description(void **state)
{
    static const char expected[] =
        "name             layer              output                 parameters\n"
        "x                input              (3, 4, 4)                       0\n"
        "input1           input              (5)                             0\n"
        "0                dense              (16)                           96  units=16\n"
        "1                tanh               (16)                            0\n"
        "2                reshape            (1, 4, 4)                       0\n"
        "3                concat             (4, 4, 4)                       0  from x, 2\n"
        "skip             conv2d             (3, 4, 4)                     111  filters=3  padding=same\n"
        "5                add                (3, 4, 4)                       0  from skip, x, skip\n"
        "6                softplus           (3, 4, 4)                       0\n"
        "7                add                (3, 4, 4)                       0  from 6, 5\n"
        "8                flatten            (48)                            0\n"
        "9                concat             (85)                            0  from 8, 1, input1, 0\n"
        "10               dense              (2)                           172  units=2\n"
        "total                                                             379\n";
    gan_model *model = NULL;
    char text[sizeof(expected) + 8];
    size_t length = 0;
    (void)state;

    ASSERT_OK(test_graph(context, 5, &model));
    ASSERT_OK(gan_model_describe(model, NULL, 0, &length));
    assert_int_equal(length, strlen(expected));
    memset(text, 'x', sizeof(text));
    ASSERT_OK(gan_model_describe(model, text, length + 1, NULL));
    assert_string_equal(text, expected);
    assert_int_equal(text[length + 1], 'x');

    /* Cut to the available size, always terminated. */
    for (size_t size = 1; size < 200; size += 13) {
        memset(text, 'x', sizeof(text));
        ASSERT_OK(gan_model_describe(model, text, size, &length));
        assert_int_equal(length, strlen(expected));
        assert_int_equal(strlen(text), size - 1);
        assert_memory_equal(text, expected, size - 1);
        assert_int_equal(text[size], 'x');
    }
    assert_int_equal(gan_model_describe(model, NULL, 5, NULL), GAN_ERROR_NULL);
    gan_model_destroy(model);
    assert_int_equal(gan_model_describe(NULL, NULL, 0, NULL), GAN_ERROR_NULL);
    ASSERT_OK(gan_model_create(context, &model));
    assert_int_equal(gan_model_describe(model, NULL, 0, &length), GAN_ERROR_STATE);
    gan_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_tensor_comes_back),
        cmocka_unit_test(test_layout_of_conv_weights),
        cmocka_unit_test(test_layout_of_samples),
        cmocka_unit_test(test_wrong_names_and_counts),
        cmocka_unit_test(test_gradients_add_up),
        cmocka_unit_test(test_previous_weights),
        cmocka_unit_test(test_description),
    };
    return cmocka_run_group_tests_name("tensors", tests, setup, teardown);
}
