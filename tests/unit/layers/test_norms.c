/* Layers that normalise within a sample, and minibatch standard deviation, against their definitions in the border's
 * layout. */
#include "harness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 3 };

/* A copy in the order of the border, where anything but an image is one channel. */
static gan_real *at_border(harness_array stored, gan_shape shape, int64_t count)
{
    gan_real *copy = malloc((size_t)stored.count * sizeof(*copy));
    assert_non_null(copy);
    if (shape.rank == 3) {
        harness_restore(stored.values, copy, count, shape.dims[0], shape.dims[1], shape.dims[2]);
    } else {
        memcpy(copy, stored.values, (size_t)stored.count * sizeof(*copy));
    }
    return copy;
}

/* ---- Layer, instance and group normalisation ------------------------------------------------------------------- */

/* A sample is `groups` runs of `run` values, at the border. weight and bias are one per value, or one per channel. */
typedef struct definition {
    gan_shape shape;
    int64_t groups;
    double epsilon;
    bool affine, by_value;
} definition;

static void check_run(const definition *d, const harness *h, const gan_real *x, const gan_real *y, int64_t first)
{
    const int64_t elements = gan_shape_count(d->shape), run = elements / d->groups;
    const int64_t pixels = d->shape.rank == 3 ? d->shape.dims[1] * d->shape.dims[2] : 1;
    gan_real *weights[2] = {NULL, NULL};
    double mean = 0, variance = 0;
    for (int64_t i = first; i < first + run; i++) mean += (double)x[i] / (double)run;
    for (int64_t i = first; i < first + run; i++) variance += pow((double)x[i] - mean, 2) / (double)run;
    for (int k = 0; d->affine && k < 2; k++) weights[k] = at_border(h->tensors[k], h->plan.tensors[k].shape, 1);
    for (int64_t i = first; i < first + run; i++) {
        const int64_t at = d->by_value ? i % elements : i % elements / pixels;
        double expected = ((double)x[i] - mean) / sqrt(variance + d->epsilon);
        if (d->affine) expected = expected * (double)weights[0][at] + (double)weights[1][at];
        if (!harness_near((double)y[i], expected, 20))
            fail_msg("value %d is %.10g, expected %.10g", (int)i, (double)y[i], expected);
    }
    free(weights[0]);
    free(weights[1]);
}

static void check_definition(gan_context *context, gan_layer *layer, definition d)
{
    harness h;
    harness_create(&h, context, layer, 1, &d.shape, BATCH, BATCH);
    assert_int_equal(h.plan.tensor_count, d.affine ? 2 : 0);
    for (int training = 0; training < 2; training++) {
        h.pass.training = training;
        assert_int_equal(harness_forward(&h), GAN_OK);
        gan_real *x = at_border(h.x[0], d.shape, BATCH), *y = at_border(h.y, d.shape, BATCH);
        for (int64_t i = 0; i < BATCH * d.groups; i++)
            check_run(&d, &h, x, y, i * (gan_shape_count(d.shape) / d.groups));
        free(x);
        free(y);
    }
    harness_destroy(&h);
}

static void test_layer_norm(void **state)
{
    const gan_shape shapes[] = {GAN_SHAPE(17), GAN_SHAPE(3, 5, 2), GAN_SHAPE(4, 7), GAN_SHAPE(2, 3, 2, 2)};
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        check_definition(*state, gan_layer_layer_norm(*state, NULL),
                         (definition){shapes[i], 1, (double)1e-5f, true, true});
        check_definition(*state, gan_layer_layer_norm(*state, GAN_LAYER_NORM(.epsilon = 0.5f, .no_affine = true)),
                         (definition){shapes[i], 1, 0.5, false, false});
    }
}

static void test_instance_norm(void **state)
{
    const gan_shape shape = GAN_SHAPE(5, 3, 2);
    check_definition(*state, gan_layer_instance_norm(*state, NULL),
                     (definition){shape, 5, (double)1e-5f, true, false});
    check_definition(*state, gan_layer_instance_norm(*state, GAN_INSTANCE_NORM(.epsilon = 0.5f, .no_affine = true)),
                     (definition){shape, 5, 0.5, false, false});
}

static void test_group_norm(void **state)
{
    const gan_shape shapes[] = {GAN_SHAPE(6, 3, 2), GAN_SHAPE(12)};
    for (int i = 0; i < 2; i++) {
        for (int64_t groups = 1; groups <= 6; groups += groups < 3 ? 1 : 3) {
            check_definition(*state, gan_layer_group_norm(*state, groups, NULL),
                             (definition){shapes[i], groups, (double)1e-5f, true, false});
            check_definition(*state, gan_layer_group_norm(*state, groups, GAN_GROUP_NORM(.no_affine = true)),
                             (definition){shapes[i], groups, (double)1e-5f, false, false});
        }
    }
}

/* A layer norm's weights belong to the values in the same place at the border. */
static void test_order_of_weights(void **state)
{
    harness h;
    harness_create(&h, *state, gan_layer_layer_norm(*state, NULL), 1, &GAN_SHAPE(3, 4, 5), 1, 1);
    assert_true(gan_shape_equal(h.plan.tensors[0].shape, GAN_SHAPE(3, 4, 5)));
    assert_int_equal(h.plan.tensors[0].channels, 3);
    assert_int_equal(h.plan.tensors[0].pixels, 20);
    harness_destroy(&h);
}

/* ---- Pixel normalisation, minibatch standard deviation --------------------------------------------------------- */

static void test_pixel_norm(void **state)
{
    const gan_shape shapes[] = {GAN_SHAPE(9), GAN_SHAPE(5, 2, 3)};
    const float epsilons[] = {1e-8f, 0.25f};
    for (int k = 0; k < 2; k++) {
        const int64_t channels = shapes[k].dims[0], pixels = gan_shape_count(shapes[k]) / channels;
        gan_layer *layer = gan_layer_pixel_norm(*state, k ? GAN_PIXEL_NORM(.epsilon = epsilons[k]) : NULL);
        harness h;
        harness_create(&h, *state, layer, 1, &shapes[k], BATCH, BATCH);
        assert_int_equal(harness_forward(&h), GAN_OK);
        gan_real *x = at_border(h.x[0], shapes[k], BATCH), *y = at_border(h.y, shapes[k], BATCH);
        for (int64_t i = 0; i < BATCH * channels * pixels; i++) {
            const int64_t sample = i / (channels * pixels), pixel = i % pixels;
            double squares = 0;
            for (int64_t c = 0; c < channels; c++)
                squares += pow((double)x[(sample * channels + c) * pixels + pixel], 2) / (double)channels;
            if (!harness_near((double)y[i], (double)x[i] / sqrt(squares + (double)epsilons[k]), 20))
                fail_msg("value %d is %.10g", (int)i, (double)y[i]);
        }
        free(x);
        free(y);
        harness_destroy(&h);
    }
}

/* Five samples in groups of 2, 2 and 1. */
static void test_minibatch_stddev(void **state)
{
    enum { SAMPLES = 5, GROUP = 2 };
    const gan_shape shapes[] = {GAN_SHAPE(7), GAN_SHAPE(2, 3, 2)};
    for (int k = 0; k < 2; k++) {
        const int64_t features = gan_shape_count(shapes[k]), pixels = features / shapes[k].dims[0];
        harness h;
        harness_create(&h, *state, gan_layer_minibatch_stddev(*state, GAN_MINIBATCH_STDDEV(.group = GROUP)), 1,
                       &shapes[k], SAMPLES, SAMPLES + 2);
        assert_int_equal(harness_forward(&h), GAN_OK);
        gan_real *x = at_border(h.x[0], shapes[k], SAMPLES), *y = at_border(h.y, h.plan.output, SAMPLES);
        for (int64_t n = 0; n < SAMPLES; n++) {
            const gan_real *a = x + n / GROUP * GROUP * features, *b = n < SAMPLES - 1 ? a + features : a;
            const gan_real *out = y + n * (features + pixels);
            double sum = 0; /* the deviation of a and b is half their distance */
            for (int64_t j = 0; j < features; j++) sum += sqrt(pow((double)(a[j] - b[j]) / 2, 2) + 1e-8);
            assert_memory_equal(out, x + n * features, (size_t)features * sizeof(*out));
            for (int64_t i = features; i < features + pixels; i++) {
                if (!harness_near((double)out[i], sum / (double)features, 20))
                    fail_msg("sample %d has %.10g", (int)n, (double)out[i]);
            }
        }
        free(x);
        free(y);
        harness_destroy(&h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_layer_norm, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_instance_norm, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_group_norm, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_order_of_weights, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_pixel_norm, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_minibatch_stddev, harness_setup, harness_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
