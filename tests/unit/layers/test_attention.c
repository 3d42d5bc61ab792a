/* Attention against its definition, its known cases, and the shapes that it refuses. */
#include "harness.h"

#include <math.h>
#include <string.h>

enum { BATCH = 2 };

/* y of one sample: q (m, k), keys (n, k) and v (n, c) with a row for each pixel, as they are stored. */
static void define(double scale, int64_t m, int64_t n, int64_t k, int64_t c, const gan_real *q, const gan_real *keys,
                   const gan_real *v, double *y)
{
    for (int64_t i = 0; i < m; i++) {
        double sum = 0;
        for (int64_t a = 0; a < c; a++) y[i * c + a] = 0;
        for (int64_t j = 0; j < n; j++) {
            double score = 0;
            for (int64_t a = 0; a < k; a++) score += (double)q[i * k + a] * (double)keys[j * k + a];
            const double weight = exp(scale * score);
            sum += weight;
            for (int64_t a = 0; a < c; a++) y[i * c + a] += weight * (double)v[j * c + a];
        }
        for (int64_t a = 0; a < c; a++) y[i * c + a] /= sum;
    }
}

static void check_definition(gan_context *context, double scale, const gan_shape shapes[3], gan_shape output,
                             int64_t m, int64_t n)
{
    double expected[512];
    harness h;
    gan_layer *layer = gan_layer_attention(context, scale == 1 ? NULL : GAN_ATTENTION(.scale = (float)scale));
    harness_create(&h, context, layer, 3, shapes, BATCH, BATCH + 1);
    assert_true(gan_shape_equal(h.plan.output, output));
    assert_true(h.y.count <= (int64_t)(sizeof(expected) / sizeof(expected[0])));
    const int64_t k = h.x[0].count / BATCH / m, c = h.y.count / BATCH / m;
    for (int64_t i = 0; i < BATCH; i++) {
        define(scale, m, n, k, c, h.x[0].values + i * m * k, h.x[1].values + i * n * k, h.x[2].values + i * n * c,
               expected + i * m * c);
    }
    assert_int_equal(harness_forward(&h), GAN_OK);
    harness_assert_near(h.y, expected, 100);
    harness_destroy(&h);
}

static void test_definition(void **state)
{
    const gan_shape images[] = {GAN_SHAPE(3, 2, 5), GAN_SHAPE(3, 4, 3), GAN_SHAPE(2, 4, 3)};
    const gan_shape rows[] = {GAN_SHAPE(7, 3), GAN_SHAPE(2, 3), GAN_SHAPE(2, 5)};
    const gan_shape one[] = {GAN_SHAPE(1, 1, 1), GAN_SHAPE(1, 1, 1), GAN_SHAPE(4, 1, 1)};
    check_definition(*state, 1, images, GAN_SHAPE(2, 2, 5), 10, 12);
    check_definition(*state, 0.25, images, GAN_SHAPE(2, 2, 5), 10, 12);
    check_definition(*state, 1, rows, GAN_SHAPE(7, 5), 7, 2);
    check_definition(*state, 1, one, GAN_SHAPE(4, 1, 1), 1, 1);
}

/* Equal scores give the mean; one that is much larger chooses its value. */
static void test_known_cases(void **state)
{
    const gan_shape shapes[] = {GAN_SHAPE(2, 1), GAN_SHAPE(3, 1), GAN_SHAPE(3, 1)};
    const double v[] = {1, 5, -3};
    harness h;
    harness_create(&h, *state, gan_layer_attention(*state, NULL), 3, shapes, 1, 1);
    for (int i = 0; i < 3; i++) {
        h.x[1].values[i] = (gan_real)(i == 1 ? 1 : -1);
        h.x[2].values[i] = (gan_real)v[i];
    }
    h.x[0].values[0] = 0;
    h.x[0].values[1] = 1000;
    assert_int_equal(harness_forward(&h), GAN_OK);
    harness_assert_near(h.y, (const double[]){1, 5}, 10);
    harness_destroy(&h);
}

static void test_refused(void **state)
{
    static const struct {
        gan_shape shapes[3];
        gan_status status;
        const char *words;
    } bad[] = {
        {{{1, {3}}, {2, {4, 3}}, {2, {4, 2}}}, GAN_ERROR_SHAPE, "input 0 is (3), expected an image"},
        {{{2, {3, 3}}, {3, {3, 1, 1}}, {2, {4, 2}}},
         GAN_ERROR_SHAPE,
         "input 1 is (3, 1, 1), expected the rank of input 0, (3, 3)"},
        {{{3, {3, 2, 2}}, {3, {4, 2, 2}}, {3, {3, 2, 2}}},
         GAN_ERROR_SHAPE,
         "input 1 is (4, 2, 2), expected the channels of input 0, (3, 2, 2)"},
        {{{3, {3, 2, 2}}, {3, {3, 2, 4}}, {3, {3, 4, 2}}},
         GAN_ERROR_SHAPE,
         "input 2 is (3, 4, 2), expected the height and width of input 1, (3, 2, 4)"},
        {{{2, {3, 2}}, {2, {5, 2}}, {2, {4, 2}}},
         GAN_ERROR_SHAPE,
         "input 2 is (4, 2), expected the rows of input 1, (5, 2)"},
        {{{3, {1, 65536, 65536}}, {3, {1, 1, 1}}, {3, {1, 1, 1}}}, GAN_ERROR_OVERFLOW, "the number of pixels is 429"},
        {{{2, {INT32_MAX, 1}}, {2, {INT32_MAX, 1}}, {2, {INT32_MAX, 1}}}, GAN_ERROR_OVERFLOW, "the weights: "},
    };
    gan_layer *layer = gan_layer_attention(*state, NULL);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        gan_layer_plan plan = {.tensor_count = 0};
        assert_int_equal(layer->ops->infer(layer, *state, bad[i].shapes, 3, 1, &plan), bad[i].status);
        if (!strstr(gan_last_error(), bad[i].words)) fail_msg("%s", gan_last_error());
    }
    gan_layer_destroy(layer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_definition, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_known_cases, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_refused, harness_setup, harness_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
