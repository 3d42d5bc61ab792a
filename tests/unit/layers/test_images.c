/* Upsampling, pooling, padding and shuffling of images: known answers, as PyTorch's interpolate
 * (align_corners=False), avg_pool2d, pad and pixel_shuffle give them. */
#include "harness.h"

#include <string.h>

/* Two channels of the input, the second -2 times the first, and likewise the output; two equal samples. */
static void check(gan_context *context, gan_layer *layer, const double *x, int64_t height, int64_t width,
                  const double *y, int64_t out_height, int64_t out_width)
{
    enum { MOST = 48 };
    const int64_t in_plane = height * width, out_plane = out_height * out_width;
    gan_real border[4 * MOST];
    double actual[4 * MOST];
    harness h;
    assert_true(in_plane <= MOST && out_plane <= MOST);
    harness_create(&h, context, layer, 1, &GAN_SHAPE(2, height, width), 2, 3);
    assert_true(gan_shape_equal(h.plan.output, GAN_SHAPE(2, out_height, out_width)));
    for (int64_t i = 0; i < 4 * in_plane; i++)
        border[i] = (gan_real)(x[i % in_plane] * (i / in_plane % 2 == 0 ? 1 : -2));
    harness_store(border, h.x[0].values, 2, 2, height, width);
    assert_int_equal(harness_forward(&h), GAN_OK);
    harness_restore(h.y.values, border, 2, 2, out_height, out_width);
    for (int64_t i = 0; i < 4 * out_plane; i++) actual[i] = (double)border[i];
    for (int64_t i = 0; i < 4 * out_plane; i++) {
        double expected = y[i % out_plane] * (i / out_plane % 2 == 0 ? 1 : -2);
        if (!harness_near(actual[i], expected, 10))
            fail_msg("element %d is %.9g, expected %.9g", (int)i, actual[i], expected);
    }
    harness_destroy(&h);
}

static void test_nearest(void **state)
{
    const double x[] = {1, 2, 4, 3, 8, -2};
    check(*state, gan_layer_upsample2d(*state, NULL), x, 2, 3,
          (double[]){1, 1, 2, 2, 4, 4, 1, 1, 2, 2, 4, 4, 3, 3, 8, 8, -2, -2, 3, 3, 8, 8, -2, -2}, 4, 6);
    check(*state, gan_layer_upsample2d(*state, GAN_UPSAMPLE2D(.factor = {1, 3})), x, 2, 3,
          (double[]){1, 1, 1, 2, 2, 2, 4, 4, 4, 3, 3, 3, 8, 8, 8, -2, -2, -2}, 2, 9);
}

static void test_bilinear(void **state)
{
    const double x[] = {1, 2, 4, 3, 8, -2}, third = 1.0 / 3;
    const double y[] = {1,
                        1.25,
                        1.75,
                        2.5,
                        3.5,
                        4,
                        1,
                        1.25,
                        1.75,
                        2.5,
                        3.5,
                        4,
                        1 + 2 * third,
                        2.25,
                        3 + 1.25 * third,
                        3.5,
                        2.5,
                        2,
                        2 + third,
                        3.25,
                        5 + 0.25 * third,
                        4.5,
                        1.5,
                        0,
                        3,
                        4.25,
                        6.75,
                        5.5,
                        0.5,
                        -2,
                        3,
                        4.25,
                        6.75,
                        5.5,
                        0.5,
                        -2};
    check(*state,
          gan_layer_upsample2d(*state, GAN_UPSAMPLE2D(.factor = {3, 2}, .interpolation = GAN_INTERPOLATION_BILINEAR)),
          x, 2, 3, y, 6, 6);
    /* With one pixel there is nothing to interpolate. */
    check(*state, gan_layer_upsample2d(*state, GAN_UPSAMPLE2D(.interpolation = GAN_INTERPOLATION_BILINEAR)),
          (double[]){7}, 1, 1, (double[]){7, 7, 7, 7}, 2, 2);
}

static void test_average(void **state)
{
    double x[20];
    for (int i = 0; i < 20; i++) x[i] = (i + 1) * (i + 1);
    check(*state, gan_layer_avg_pool2d(*state, NULL), x, 4, 5, (double[]){22.5, 42.5, 202.5, 262.5}, 2, 2);
    const double sixth = 1.0 / 6;
    check(*state, gan_layer_avg_pool2d(*state, GAN_AVG_POOL2D(.kernel = {2, 3}, .stride = {1, 2})), x, 4, 5,
          (double[]){27 + sixth, 49 + sixth, 97 + sixth, 139 + sixth, 217 + sixth, 279 + sixth}, 3, 2);
    check(*state, gan_layer_avg_pool2d(*state, GAN_AVG_POOL2D(.kernel = {4, 5})), x, 4, 5, (double[]){143.5}, 1, 1);
    check(*state, gan_layer_avg_pool2d(*state, GAN_AVG_POOL2D(.kernel = {1, 1}, .stride = {3, 2})), x, 4, 5,
          (double[]){1, 9, 25, 256, 324, 400}, 2, 3);
}

static void test_padding(void **state)
{
    const double x[] = {1, 2, 4, 3, 8, -2};
    check(*state, gan_layer_pad2d(*state, NULL), x, 2, 3, x, 2, 3);
    check(*state, gan_layer_pad2d(*state, GAN_PAD2D(.pads = {0, 1, 2, 0})), x, 2, 3,
          (double[]){0, 0, 1, 2, 4, 0, 0, 3, 8, -2, 0, 0, 0, 0, 0}, 3, 5);
    check(*state, gan_layer_pad2d(*state, GAN_PAD2D(.pads = {1, 1, 2, 0}, .mode = GAN_PAD_REFLECTION)), x, 2, 3,
          (double[]){-2, 8, 3, 8, -2, 4, 2, 1, 2, 4, -2, 8, 3, 8, -2, 4, 2, 1, 2, 4}, 4, 5);
    check(*state, gan_layer_pad2d(*state, GAN_PAD2D(.pads = {2, 0, 0, 1}, .mode = GAN_PAD_REPLICATION)), x, 2, 3,
          (double[]){1, 2, 4, 4, 1, 2, 4, 4, 1, 2, 4, 4, 3, 8, -2, -2}, 4, 4);
}

static void test_pixel_shuffle(void **state)
{
    const gan_shape shape = GAN_SHAPE(8, 1, 2);
    gan_real border[16];
    harness h;
    harness_create(&h, *state, gan_layer_pixel_shuffle(*state, 2), 1, &shape, 1, 1);
    assert_true(gan_shape_equal(h.plan.output, GAN_SHAPE(2, 2, 4)));
    for (int i = 0; i < 16; i++) border[i] = (gan_real)i;
    harness_store(border, h.x[0].values, 1, 8, 1, 2);
    assert_int_equal(harness_forward(&h), GAN_OK);
    harness_restore(h.y.values, border, 1, 2, 2, 4);
    harness_assert_near((harness_array){border, 16},
                        (const double[]){0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15}, 0);
    harness_destroy(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nearest, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_bilinear, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_average, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_padding, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_pixel_shuffle, harness_setup, harness_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
