/* Known answers of multiply, log_sum_exp, softmax, prelu and max_pool2d, and the shapes that they refuse. */
#include "harness.h"

#include <string.h>

static void set(harness_array array, const double *values)
{
    for (int64_t i = 0; i < array.count; i++) array.values[i] = (gan_real)values[i];
}

/* By channels, the image being stored channels last. */
static void test_multiply(void **state)
{
    const gan_shape shapes[] = {GAN_SHAPE(2, 1, 2), GAN_SHAPE(2)};
    harness h;
    harness_create(&h, *state, gan_layer_multiply(*state), 2, shapes, 2, 2);
    set(h.x[0], (const double[]){1, 2, 3, 4, 5, 6, 7, 8});
    set(h.x[1], (const double[]){10, 20, 30, 40});
    set(h.dy, (const double[]){1, 2, 3, 4, 5, 6, 7, 8});
    assert_int_equal(harness_forward(&h), GAN_OK);
    harness_assert_near(h.y, (const double[]){10, 40, 30, 80, 150, 240, 210, 320}, 0);
    harness_backward(&h, true, false);
    harness_assert_near(h.dx[0], (const double[]){10, 40, 30, 80, 150, 240, 210, 320}, 0);
    harness_assert_near(h.dx[1], (const double[]){1 + 9, 4 + 16, 25 + 49, 36 + 64}, 0);
    harness_destroy(&h);
}

static void test_multiply_shapes(void **state)
{
    static const struct {
        gan_shape first, second;
        const char *words;
    } bad[] = {
        {{3, {2, 3, 5}}, {1, {3}}, "input 1 is (3), expected the shape of input 0, (2, 3, 5), or (channels), or (1)"},
        {{3, {2, 3, 5}}, {3, {2, 1, 1}}, "input 1 is (2, 1, 1)"},
        {{2, {3, 5}}, {1, {3}}, "input 1 is (3), expected the shape of input 0, (3, 5), or (1)"},
        {{1, {1}}, {1, {3}}, "input 1 is (3), expected the shape of input 0, (1), or (1)"},
    };
    gan_layer *layer = gan_layer_multiply(*state);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const gan_shape shapes[] = {bad[i].first, bad[i].second};
        gan_layer_plan plan = {.tensor_count = 0};
        assert_int_equal(layer->ops->infer(layer, *state, shapes, 2, 1, &plan), GAN_ERROR_SHAPE);
        if (!strstr(gan_last_error(), bad[i].words)) fail_msg("%s", gan_last_error());
    }
    gan_layer_destroy(layer);
}

/* Against torch.logsumexp(x, 1), PyTorch 2.15, and its gradient for dy = (1, 2); of the second sample, whose largest
 * value is 1000, against 2 / (1 + exp(-1)) and 2 / (1 + exp(1)). */
static void test_log_sum_exp(void **state)
{
    const gan_shape shape = GAN_SHAPE(3);
    gan_layer_plan plan;
    harness h;
    harness_create(&h, *state, gan_layer_log_sum_exp(*state), 1, &shape, 2, 2);
    set(h.x[0], (const double[]){1, 2, -0.5, 1000, -1000, 999});
    set(h.dy, (const double[]){1, 2});
    assert_int_equal(harness_forward(&h), GAN_OK);
    harness_assert_near(h.y, (const double[]){2.371539031852683, 1000.3132616875182}, 1);
    harness_backward(&h, true, false);
    harness_assert_near(h.dx[0],
                        (const double[]){0.2537161816350252, 0.6896720861245035, 0.05661173224047128,
                                         1.4621171572600098, 0, 0.5378828427399903},
                        1);
    harness_destroy(&h);

    gan_layer *layer = gan_layer_log_sum_exp(*state);
    assert_int_equal(harness_infer(layer, GAN_SHAPE(2, 3, 5), &plan), GAN_ERROR_SHAPE);
    assert_non_null(strstr(gan_last_error(), "input is (2, 3, 5), expected rank 1"));
    gan_layer_destroy(layer);
}

/* Over the channels, stored last: each pixel has logits 0 and log 3, in one order or the other, so that y is 1/4 and
 * 3/4; dx = y (dy - the mean of dy by y). */
static void test_softmax(void **state)
{
    const gan_shape shape = GAN_SHAPE(2, 1, 2);
    const double log_3 = 1.0986122886681098;
    harness h;
    harness_create(&h, *state, gan_layer_softmax(*state), 1, &shape, 1, 1);
    set(h.x[0], (const double[]){0, log_3, log_3, 0});
    set(h.dy, (const double[]){4, 0, 1, 2});
    assert_int_equal(harness_forward(&h), GAN_OK);
    harness_assert_near(h.y, (const double[]){0.25, 0.75, 0.75, 0.25}, 4);
    harness_backward(&h, true, false);
    harness_assert_near(h.dx[0], (const double[]){0.75, -0.75, -0.1875, 0.1875}, 4);
    harness_destroy(&h);
}

/* Stored channels last: two pixels of two channels. */
static void test_prelu(void **state)
{
    const gan_shape shape = GAN_SHAPE(2, 1, 2);
    for (int per_channel = 0; per_channel < 2; per_channel++) {
        harness h;
        gan_layer *layer = gan_layer_prelu(*state, GAN_PRELU(.per_channel = per_channel == 1));
        harness_create(&h, *state, layer, 1, &shape, 1, 1);
        assert_int_equal(h.plan.tensor_count, 1);
        assert_string_equal(h.plan.tensors[0].name, "weight");
        assert_true(gan_shape_equal(h.plan.tensors[0].shape, GAN_SHAPE(per_channel ? 2 : 1)));
        assert_true(h.plan.tensors[0].initializer.kind == GAN_INITIALIZER_CONSTANT &&
                    h.plan.tensors[0].initializer.value == 0.25f);
        set(h.x[0], (const double[]){-1, 2, 0, -4});
        set(h.dy, (const double[]){1, 2, 3, 4});
        set(h.tensors[0], (const double[]){0.5, -3});
        harness_fill(h.gradients[0], 1);
        assert_int_equal(harness_forward(&h), GAN_OK);
        harness_backward(&h, true, true);
        if (per_channel) {
            harness_assert_near(h.y, (const double[]){-0.5, 2, 0, 12}, 0);
            harness_assert_near(h.dx[0], (const double[]){0.5, 2, 1.5, -12}, 0);
            harness_assert_near(h.gradients[0], (const double[]){1 - 1, 1 - 16}, 0);
        } else {
            harness_assert_near(h.y, (const double[]){-0.5, 2, 0, -2}, 0);
            harness_assert_near(h.dx[0], (const double[]){0.5, 2, 1.5, 2}, 0);
            harness_assert_near(h.gradients[0], (const double[]){1 - 1 - 16}, 0);
        }
        harness_destroy(&h);
    }
    gan_layer_plan plan;
    gan_layer *layer = gan_layer_prelu(*state, GAN_PRELU(.per_channel = true));
    assert_int_equal(harness_infer(layer, GAN_SHAPE(3, 5), &plan), GAN_ERROR_SHAPE);
    gan_layer_destroy(layer);
}

/* The first of equal values gets the gradient, as in torch.nn.MaxPool2d. */
static void test_max_pool2d(void **state)
{
    const gan_shape shape = GAN_SHAPE(1, 3, 4);
    const gan_max_pool2d_options *padded = GAN_MAX_POOL2D(.kernel = {2, 3}, .stride = {1, 2}, .pads = {1, 1});
    harness h;
    harness_create(&h, *state, gan_layer_max_pool2d(*state, padded), 1, &shape, 1, 1);
    assert_true(gan_shape_equal(h.plan.output, GAN_SHAPE(1, 4, 2)));
    set(h.x[0], (const double[]){-1, -2, -2, -3, 5, 5, 1, 7, 0, 5, 7, 7});
    set(h.dy, (const double[]){1, 2, 4, 8, 16, 32, 64, 128});
    assert_int_equal(harness_forward(&h), GAN_OK);
    harness_assert_near(h.y, (const double[]){-1, -2, 5, 7, 5, 7, 5, 7}, 0);
    harness_backward(&h, true, false);
    harness_assert_near(h.dx[0], (const double[]){1, 2, 0, 0, 20, 0, 0, 40, 0, 64, 128, 0}, 0);
    harness_destroy(&h);

    gan_layer_plan plan;
    gan_layer *layer = gan_layer_max_pool2d(*state, NULL);
    assert_int_equal(harness_infer(layer, GAN_SHAPE(12), &plan), GAN_ERROR_SHAPE);
    assert_int_equal(harness_infer(layer, GAN_SHAPE(2, 1, 4), &plan), GAN_ERROR_SHAPE);
    assert_non_null(strstr(gan_last_error(), "input (2, 1, 4), padded to (1, 4), is smaller than the kernel (2, 2)"));
    gan_layer_destroy(layer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_multiply, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_multiply_shapes, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_log_sum_exp, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_softmax, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_max_pool2d, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_prelu, harness_setup, harness_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
