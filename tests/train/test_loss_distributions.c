/* Losses of distributions: known answers, gradients against central differences, extremes, and what is rejected. */
#include "gans.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define ROWS  3
#define OTHER 2 /* rows of the second array, where it may have another number */
#define SIZE  4
#define COUNT (ROWS * SIZE)

/* A loss as a function of one array: the two arguments, one after the other. */
typedef gan_status (*loss_fn)(const float *values, double *value, float *gradient);

static const float inputs[2 * COUNT] = {0.5f,  -1.25f, 2,     0,      3.5f,  -0.75f, 1,     -0.5f,
                                        1.75f, -3,     0.25f, 0.125f, 2.5f,  -1,     -2,    0.5f,
                                        0.5f,  1.5f,   -0.5f, -0.25f, 1.25f, 0.75f,  -1.5f, 2};

static float *after(float *gradient, int64_t count)
{
    return gradient ? gradient + count : NULL;
}

static gan_status gaussian_kl(const float *values, double *value, float *gradient)
{
    return gan_loss_gaussian_kl(values, values + COUNT, ROWS, SIZE, value, gradient, after(gradient, COUNT));
}

static gan_status feature_matching(const float *values, double *value, float *gradient)
{
    return gan_loss_feature_matching(values, values + COUNT, ROWS, OTHER, SIZE, value, gradient,
                                     after(gradient, COUNT));
}

static gan_status entropy(const float *values, double *value, float *gradient)
{
    return gan_loss_entropy(values, ROWS, SIZE, value, gradient);
}

static const struct {
    loss_fn loss;
    int count; /* of values */
} losses[] = {{gaussian_kl, 2 * COUNT}, {feature_matching, COUNT + OTHER *SIZE}, {entropy, COUNT}};

#define LOSSES (sizeof(losses) / sizeof(*losses))

/* ---- Known answers --------------------------------------------------------------------------------------------- */

static void test_gaussian_kl(void **state)
{
    (void)state;
    double value, expected = 0;
    assert_int_equal(gaussian_kl(inputs, &value, NULL), GAN_OK);
    for (int i = 0; i < COUNT; i++) {
        const double m = inputs[i], v = inputs[COUNT + i];
        expected += (m * m + exp(v) - 1 - v) / 2 / ROWS;
    }
    assert_near(value, expected, 1e-12);
}

/* Of the same distribution it is 0, and near it the terms do not cancel: (e^v - 1 - v) / 2 is v^2 / 4. */
static void test_gaussian_kl_near_zero(void **state)
{
    (void)state;
    const float zeros[SIZE] = {0}, small = 0x1p-20f;
    float mean_gradient[SIZE], log_variance_gradient[SIZE];
    double value;
    assert_int_equal(gan_loss_gaussian_kl(zeros, zeros, 1, SIZE, &value, mean_gradient, log_variance_gradient),
                     GAN_OK);
    assert_true(value == 0);
    for (int k = 0; k < SIZE; k++) assert_true(mean_gradient[k] == 0 && log_variance_gradient[k] == 0);
    assert_int_equal(gan_loss_gaussian_kl(zeros, &small, 1, 1, &value, NULL, NULL), GAN_OK);
    assert_near(value / (0x1p-42), 1, 1e-3);
}

static void test_feature_matching(void **state)
{
    (void)state;
    double value, expected = 0;
    assert_int_equal(feature_matching(inputs, &value, NULL), GAN_OK);
    for (int k = 0; k < SIZE; k++) {
        double difference = 0;
        for (int i = 0; i < ROWS; i++) difference += (double)inputs[i * SIZE + k] / ROWS;
        for (int i = 0; i < OTHER; i++) difference -= (double)inputs[COUNT + i * SIZE + k] / OTHER;
        expected += difference * difference;
    }
    assert_near(value, expected, 1e-12);
    float gradient[2 * COUNT];
    assert_int_equal(gan_loss_feature_matching(inputs, inputs, ROWS, ROWS, SIZE, &value, gradient, gradient + COUNT),
                     GAN_OK);
    assert_true(value == 0);
    for (int i = 0; i < 2 * COUNT; i++) assert_true(gradient[i] == 0);
}

/* More features than are taken at a time: feature k is k in both real rows and 0 in the generated one. */
static void test_many_features(void **state)
{
    (void)state;
    enum { MANY = 131 };
    float real[2 * MANY], fake[MANY] = {0}, real_gradient[2 * MANY], fake_gradient[MANY];
    double value, expected = 0;
    for (int k = 0; k < MANY; k++) {
        real[k] = (float)(k + 1);
        real[MANY + k] = (float)(k - 1);
        expected += (double)k * k;
    }
    assert_int_equal(gan_loss_feature_matching(real, fake, 2, 1, MANY, &value, real_gradient, fake_gradient), GAN_OK);
    assert_true(value == expected);
    for (int k = 0; k < MANY; k++) {
        assert_true(real_gradient[k] == (float)k && real_gradient[MANY + k] == (float)k);
        assert_true(fake_gradient[k] == (float)(-2 * k));
    }
}

static void test_entropy(void **state)
{
    (void)state;
    const float equal[2 * SIZE] = {3, 3, 3, 3, -1, -1, -1, -1};
    float gradient[2 * SIZE];
    double value, expected = 0;
    assert_int_equal(gan_loss_entropy(equal, 2, SIZE, &value, gradient), GAN_OK);
    assert_near(value, log(SIZE), 1e-15);
    for (int k = 0; k < 2 * SIZE; k++) assert_near(gradient[k], 0, 1e-15);
    assert_int_equal(gan_loss_entropy(equal, 2 * SIZE, 1, &value, gradient), GAN_OK);
    assert_true(value == 0 && gradient[0] == 0);

    assert_int_equal(entropy(inputs, &value, NULL), GAN_OK);
    for (int i = 0; i < ROWS; i++) {
        double sum = 0;
        for (int k = 0; k < SIZE; k++) sum += exp(inputs[i * SIZE + k]);
        for (int k = 0; k < SIZE; k++) {
            const double p = exp(inputs[i * SIZE + k]) / sum;
            expected -= p * log(p) / ROWS;
        }
    }
    assert_near(value, expected, 1e-12);
}

/* ---- Gradients ------------------------------------------------------------------------------------------------- */

/* (f(x + h) - f(x - h)) / 2h with h a power of 2, so that x + h is exact in float. */
static void test_gradients(void **state)
{
    (void)state;
    const float h = 0x1p-10f;
    for (size_t which = 0; which < LOSSES; which++) {
        float values[2 * COUNT], gradient[2 * COUNT];
        double value, above, below;
        memcpy(values, inputs, sizeof(inputs));
        assert_int_equal(losses[which].loss(values, &value, gradient), GAN_OK);
        for (int i = 0; i < losses[which].count; i++) {
            const float x = values[i];
            values[i] = x + h;
            assert_int_equal(losses[which].loss(values, &above, NULL), GAN_OK);
            values[i] = x - h;
            assert_int_equal(losses[which].loss(values, &below, NULL), GAN_OK);
            values[i] = x;
            assert_near(gradient[i], (above - below) / (2 * (double)h), 2e-6);
        }
    }
}

/* ---- Extremes -------------------------------------------------------------------------------------------------- */

static void test_extremes(void **state)
{
    (void)state;
    const float row[SIZE] = {-FLT_MAX, FLT_MAX, 0, -1e4f}, zeros[SIZE] = {0}, low[1] = {-FLT_MAX}, high[1] = {1e4f};
    float gradient[SIZE], other[SIZE];
    double value;
    assert_int_equal(gan_loss_entropy(row, 1, SIZE, &value, gradient), GAN_OK);
    assert_true(value == 0);
    for (int k = 0; k < SIZE; k++) assert_true(gradient[k] == 0);
    assert_int_equal(gan_loss_feature_matching(row, row + 2, 1, 1, 2, &value, gradient, other), GAN_OK);
    assert_true(isfinite(value));
    assert_int_equal(gan_loss_gaussian_kl(row, zeros, 1, SIZE, &value, gradient, other), GAN_OK);
    assert_true(isfinite(value) && gradient[1] == FLT_MAX && other[0] == 0);
    assert_int_equal(gan_loss_gaussian_kl(zeros, low, 1, 1, &value, gradient, other), GAN_OK);
    assert_true(value == ((double)FLT_MAX - 1) / 2 && other[0] == -0.5f);
    assert_int_equal(gan_loss_gaussian_kl(zeros, high, 1, 1, &value, gradient, other), GAN_OK);
    assert_true(isinf(value) && gradient[0] == 0 && isinf(other[0]));
}

static void test_not_a_number(void **state)
{
    (void)state;
    for (size_t which = 0; which < LOSSES; which++) {
        float values[2 * COUNT], gradient[2 * COUNT];
        double value = 0;
        memcpy(values, inputs, sizeof(inputs));
        values[SIZE + 1] = NAN;
        assert_int_equal(losses[which].loss(values, &value, gradient), GAN_OK);
        assert_true(isnan(value) && isnan(gradient[SIZE + 1]));
        assert_false(isnan(gradient[2 * SIZE]));
    }
}

/* ---- Refused --------------------------------------------------------------------------------------------------- */

static void test_refused(void **state)
{
    (void)state;
    const float *a = inputs, *b = inputs + COUNT;
    double value = 7;
    float gradient[1] = {7};
    test_status(gan_loss_gaussian_kl(NULL, b, 1, 1, &value, gradient, gradient), GAN_ERROR_NULL,
                "gan_loss_gaussian_kl: mean");
    test_status(gan_loss_gaussian_kl(a, NULL, 1, 1, &value, gradient, gradient), GAN_ERROR_NULL, "log_variance");
    test_status(gan_loss_gaussian_kl(a, b, 0, 1, &value, gradient, gradient), GAN_ERROR_BATCH, "rows is 0");
    test_status(gan_loss_gaussian_kl(a, b, 1, 0, &value, gradient, gradient), GAN_ERROR_ARGUMENT, "size is 0");
    test_status(gan_loss_gaussian_kl(a, b, INT64_MAX / 2, 4, &value, gradient, gradient), GAN_ERROR_OVERFLOW,
                "overflow");
    test_status(gan_loss_feature_matching(NULL, b, 1, 1, 1, &value, gradient, gradient), GAN_ERROR_NULL,
                "gan_loss_feature_matching: real");
    test_status(gan_loss_feature_matching(a, NULL, 1, 1, 1, &value, gradient, gradient), GAN_ERROR_NULL, "fake");
    test_status(gan_loss_feature_matching(a, b, 0, 1, 1, &value, gradient, gradient), GAN_ERROR_BATCH,
                "real_rows is 0");
    test_status(gan_loss_feature_matching(a, b, 1, -1, 1, &value, gradient, gradient), GAN_ERROR_BATCH,
                "fake_rows is -1");
    test_status(gan_loss_feature_matching(a, b, 1, 1, -1, &value, gradient, gradient), GAN_ERROR_ARGUMENT,
                "size is -1");
    test_status(gan_loss_feature_matching(a, b, 1, INT64_MAX, 2, &value, gradient, gradient), GAN_ERROR_OVERFLOW,
                "fake_rows");
    test_status(gan_loss_entropy(NULL, 1, 1, &value, gradient), GAN_ERROR_NULL, "gan_loss_entropy: logits");
    test_status(gan_loss_entropy(a, 0, 1, &value, gradient), GAN_ERROR_BATCH, "rows is 0");
    test_status(gan_loss_entropy(a, 1, 0, &value, gradient), GAN_ERROR_ARGUMENT, "classes is 0");
    test_status(gan_loss_entropy(a, 4, INT64_MAX / 8, &value, gradient), GAN_ERROR_OVERFLOW, "classes");
    assert_true(value == 7 && gradient[0] == 7);
}

static void test_nothing_wanted(void **state)
{
    (void)state;
    for (size_t which = 0; which < LOSSES; which++) assert_int_equal(losses[which].loss(inputs, NULL, NULL), GAN_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gaussian_kl),      cmocka_unit_test(test_gaussian_kl_near_zero),
        cmocka_unit_test(test_feature_matching), cmocka_unit_test(test_many_features),
        cmocka_unit_test(test_entropy),          cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_extremes),         cmocka_unit_test(test_not_a_number),
        cmocka_unit_test(test_refused),          cmocka_unit_test(test_nothing_wanted),
    };
    return cmocka_run_group_tests_name("losses of distributions", tests, NULL, NULL);
}
