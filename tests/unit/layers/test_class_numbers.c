/* Layers that read the number of a class, whose gradient no differences can check. */
#include "harness.h"
#include "support/gradient.h"

#include <string.h>

enum { BATCH = 5, CLASSES = 4, UNITS = 3 };

static const gan_real numbers[BATCH] = {2, 0, 2, 3, 2}; /* and never 1 */

static void create(harness *h, gan_context *context)
{
    harness_create(h, context, gan_layer_embedding(context, CLASSES, UNITS, NULL), 1, &GAN_SHAPE(1), BATCH, 8);
    memcpy(h->x[0].values, numbers, sizeof(numbers));
    assert_int_equal(harness_forward(h), GAN_OK);
}

static void test_forward(void **state)
{
    harness h;
    create(&h, *state);
    for (int i = 0; i < BATCH * UNITS; i++)
        assert_true(h.y.values[i] == h.tensors[0].values[(int)numbers[i / UNITS] * UNITS + i % UNITS]);
    h.pass.training = false;
    assert_int_equal(harness_forward(&h), GAN_OK);
    assert_true(h.y.values[UNITS] == h.tensors[0].values[0]);
    harness_destroy(&h);
}

static void test_refused_numbers(void **state)
{
    harness h;
    create(&h, *state);
    h.x[0].values[3] = CLASSES;
    assert_int_equal(harness_forward(&h), GAN_ERROR_ARGUMENT);
    assert_string_equal(gan_last_error(), "sample 3 is of class 4, expected a whole number from 0 to 3");
    h.x[0].values[1] = (gan_real)0.5;
    assert_int_equal(harness_forward(&h), GAN_ERROR_ARGUMENT);
    assert_string_equal(gan_last_error(), "sample 1 is of class 0.5, expected a whole number from 0 to 3");
    /* Without the check before the pass, as when another layer gives the numbers. */
    assert_int_equal(h.layer->ops->forward(h.layer, &h.pass), GAN_ERROR_ARGUMENT);
    h.x_pointers[0] = NULL;
    assert_int_equal(h.layer->ops->check(h.layer, &h.pass), GAN_OK);
    harness_destroy(&h);
}

static double weighted_sum(void *user)
{
    harness *h = user;
    double sum = 0;
    assert_int_equal(harness_forward(h), GAN_OK);
    for (int64_t i = 0; i < h->y.count; i++) sum += (double)(h->dy.values[i] * h->y.values[i]);
    return sum;
}

static void test_gradient_of_weight(void **state)
{
    harness h;
    create(&h, *state);
    harness_fill(h.gradients[0], 0);
    harness_backward(&h, true, true);
    for (int i = 0; i < BATCH; i++) assert_true(h.dx[0].values[i] == 0);
    for (int j = 0; j < UNITS; j++) {
        assert_true(h.gradients[0].values[UNITS + j] == 0);
        assert_true(h.gradients[0].values[2 * UNITS + j] != 0);
    }
    test_gradient("embedding: weight", weighted_sum, &h, h.tensors[0].values, h.gradients[0].values,
                  (size_t)h.tensors[0].count, 1e-8);

    /* Gradients are added, and left alone if not wanted. */
    gan_real first[CLASSES * UNITS];
    memcpy(first, h.gradients[0].values, sizeof(first));
    harness_backward(&h, true, false);
    assert_memory_equal(first, h.gradients[0].values, sizeof(first));
    harness_backward(&h, false, true);
    for (int i = 0; i < CLASSES * UNITS; i++) assert_true(harness_near(h.gradients[0].values[i], 2 * first[i], 10));
    harness_destroy(&h);
}

/* y and dx do not change with x; the gradient of the weight changes with dy, as it is linear in it. */
static void test_tangents(void **state)
{
    harness h;
    create(&h, *state);
    harness_fill(h.gradients[0], 0);
    harness_tangent_forward(&h);
    for (int64_t i = 0; i < h.tangent_y.count; i++) assert_true(h.tangent_y.values[i] == 0);
    harness_tangent_backward(&h, true, true, HARNESS_TANGENT_DY_ZERO);
    for (int64_t i = 0; i < h.gradients[0].count; i++) assert_true(h.gradients[0].values[i] == 0);
    harness_tangent_backward(&h, true, true, HARNESS_NONE_ZERO);
    for (int i = 0; i < BATCH; i++) assert_true(h.tangent_dx[0].values[i] == 0);
    gan_real tangents[CLASSES * UNITS];
    memcpy(tangents, h.gradients[0].values, sizeof(tangents));
    memcpy(h.dy.values, h.tangent_dy.values, (size_t)h.dy.count * sizeof(gan_real));
    harness_fill(h.gradients[0], 0);
    harness_backward(&h, false, true);
    assert_memory_equal(tangents, h.gradients[0].values, sizeof(tangents));
    harness_destroy(&h);
}

/* ---- One-hot --------------------------------------------------------------------------------------------------- */

static void test_one_hot(void **state)
{
    harness h;
    harness_create(&h, *state, gan_layer_one_hot(*state, CLASSES), 1, &GAN_SHAPE(1), BATCH, 8);
    memcpy(h.x[0].values, numbers, sizeof(numbers));
    for (int i = 0; i < 2; i++) {
        h.pass.training = i == 0;
        assert_int_equal(harness_forward(&h), GAN_OK);
        for (int k = 0; k < BATCH * CLASSES; k++)
            assert_true(h.y.values[k] == (k % CLASSES == (int)numbers[k / CLASSES]));
    }
    harness_backward(&h, true, true);
    harness_backward(&h, false, false);
    harness_backward(&h, true, false);
    harness_tangent_forward(&h);
    harness_tangent_backward(&h, true, true, HARNESS_NONE_ZERO);
    harness_tangent_backward(&h, true, true, HARNESS_TANGENT_DY_ZERO);
    for (int i = 0; i < BATCH; i++) assert_true(h.dx[0].values[i] == 0 && h.tangent_dx[0].values[i] == 0);
    for (int64_t i = 0; i < h.tangent_y.count; i++) assert_true(h.tangent_y.values[i] == 0);

    h.x[0].values[2] = (gan_real)-1;
    assert_int_equal(harness_forward(&h), GAN_ERROR_ARGUMENT);
    assert_string_equal(gan_last_error(), "sample 2 is of class -1, expected a whole number from 0 to 3");
    assert_int_equal(h.layer->ops->forward(h.layer, &h.pass), GAN_ERROR_ARGUMENT);
    h.x_pointers[0] = NULL;
    assert_int_equal(h.layer->ops->check(h.layer, &h.pass), GAN_OK);
    harness_destroy(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_forward, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_refused_numbers, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_gradient_of_weight, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_one_hot, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_tangents, harness_setup, harness_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
