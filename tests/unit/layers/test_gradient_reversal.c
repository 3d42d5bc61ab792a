/* Gradient reversal: its output, its gradient, which is not the derivative of that, and what it refuses. */
#include "harness.h"

#include <string.h>

/* In place and apart. */
static void test_reversed(void **state)
{
    static const float scales[] = {0, 0.25f, GAN_ZERO};
    static const double factors[] = {-1, -0.25, 0};
    for (int i = 0; i < 6; i++) {
        harness h, before;
        const gan_shape shape = GAN_SHAPE(2, 3, 5);
        for (int k = 0; k < 2; k++) {
            gan_layer *layer = gan_layer_gradient_reversal(*state, GAN_GRADIENT_REVERSAL(.scale = scales[i / 2]));
            harness_create(k ? &h : &before, *state, layer, 1, &shape, 3, 5);
        }
        h.in_place = i % 2 == 1;
        assert_int_equal(harness_forward(&h), GAN_OK);
        harness_assert_equal(h.y, before.x[0]);
        harness_backward(&h, true, false);
        for (int64_t j = 0; j < h.dx[0].count; j++)
            assert_true(h.dx[0].values[j] == (gan_real)factors[i / 2] * before.dy.values[j]);
        harness_backward(&h, false, false);
        harness_destroy(&h);
        harness_destroy(&before);
    }
}

/* A penalty on gradients through it has no meaning, and says so. */
static void test_no_second_derivatives(void **state)
{
    gan_model *model = NULL;
    gan_session *session = NULL;
    assert_int_equal(gan_model_create(*state, &model), GAN_OK);
    gan_model_add(model, gan_layer_input(*state, GAN_SHAPE(3)));
    gan_model_add(model, gan_layer_gradient_reversal(*state, NULL));
    gan_model_add(model, gan_layer_dense(*state, 1, NULL));
    assert_int_equal(gan_model_build(model, 1), GAN_OK);
    assert_int_equal(gan_session_create(model, GAN_SESSION(.batch = 2, .second_order = true), &session),
                     GAN_ERROR_UNSUPPORTED);
    assert_non_null(strstr(gan_last_error(), "reversed on purpose"));
    assert_null(session);
    gan_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reversed, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_no_second_derivatives, harness_setup, harness_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
