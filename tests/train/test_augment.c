/* Augmentation and instance noise as public calls: which numbers a sample gets, the backward pass, and what is
 * rejected. What they compute is tested with the kernels. */
#include "draws.h"
#include "gans.h"

#include <math.h>
#include <string.h>

enum { BATCH = 5, SIZE = 3 * 9 * 7, COUNT = BATCH * SIZE, ALL = 7 };
#define IMAGE GAN_SHAPE(3, 9, 7)

static const gan_random_state draws = {.seed = 3, .stream = 4, .counter = 5};

/* ---- Augmentation ---------------------------------------------------------------------------------------------- */

/* An image depends only on its own numbers and pixels. */
static void test_one_by_one(void **state)
{
    (void)state;
    float x[COUNT], y[COUNT], dx[COUNT], one[SIZE];
    gan_random_state at = draws;
    test_numbers(1, x, COUNT);
    assert_int_equal(gan_augment(context, ALL, IMAGE, draws, BATCH, x, y), GAN_OK);
    assert_int_equal(gan_augment_backward(context, ALL, IMAGE, draws, BATCH, x, dx), GAN_OK);
    for (int i = 0; i < BATCH; i++, at.counter += GAN_AUGMENT_BLOCKS) {
        assert_int_equal(gan_augment(context, ALL, IMAGE, at, 1, x + i * SIZE, one), GAN_OK);
        assert_memory_equal(one, y + i * SIZE, sizeof(one));
        assert_memory_not_equal(one, x + i * SIZE, sizeof(one));
        assert_int_equal(gan_augment_backward(context, ALL, IMAGE, at, 1, x + i * SIZE, one), GAN_OK);
        assert_memory_equal(one, dx + i * SIZE, sizeof(one));
    }
}

/* What one kind draws does not depend on the others: pixels move and are cut in the same places with colours. */
static void test_kinds_apart(void **state)
{
    (void)state;
    float ones[COUNT], places[COUNT], all[COUNT], copied[COUNT];
    const unsigned moves = GAN_AUGMENT_TRANSLATION | GAN_AUGMENT_CUTOUT;
    for (int i = 0; i < COUNT; i++) ones[i] = 1;
    assert_int_equal(gan_augment(context, moves, IMAGE, draws, BATCH, ones, places), GAN_OK);
    assert_int_equal(gan_augment(context, ALL, IMAGE, draws, BATCH, ones, all), GAN_OK);
    for (int i = 0; i < COUNT; i++) assert_true((places[i] == 0) == (all[i] == 0));
    assert_int_equal(gan_augment(context, 0, IMAGE, draws, BATCH, all, copied), GAN_OK);
    assert_memory_equal(all, copied, sizeof(all));
}

/* <w, A(x) - A(0)> = <A^T w, x>, through the public calls. */
static void test_backward(void **state)
{
    (void)state;
    float x[COUNT], w[COUNT], y[COUNT], at_zero[COUNT], dx[COUNT];
    const float zeros[COUNT] = {0};
    for (uint64_t kinds = 0; kinds <= ALL; kinds++) {
        double forward = 0, backward = 0;
        test_numbers(1 + kinds, x, COUNT);
        test_numbers(50 + kinds, w, COUNT);
        assert_int_equal(gan_augment(context, kinds, IMAGE, draws, BATCH, x, y), GAN_OK);
        assert_int_equal(gan_augment(context, kinds, IMAGE, draws, BATCH, zeros, at_zero), GAN_OK);
        assert_int_equal(gan_augment_backward(context, kinds, IMAGE, draws, BATCH, w, dx), GAN_OK);
        for (int i = 0; i < COUNT; i++) {
            forward += (double)w[i] * ((double)y[i] - (double)at_zero[i]);
            backward += (double)dx[i] * (double)x[i];
        }
        assert_near(backward, forward, 1e-4);
    }
}

static void test_augment_refused(void **state)
{
    (void)state;
    float x[COUNT] = {0}, y[COUNT] = {7, 7};
    typedef gan_status (*augment_fn)(gan_context *, uint64_t, gan_shape, gan_random_state, int64_t, const float *,
                                     float *);
    const augment_fn calls[] = {gan_augment, gan_augment_backward};
    const struct {
        uint64_t kinds;
        gan_shape image;
        int64_t batch;
        gan_status status;
        const char *part;
    } cases[] = {
        {8, IMAGE, 1, GAN_ERROR_ARGUMENT, "kinds is 8, expected a combination of gan_augmentation"},
        {ALL, GAN_SHAPE(4), 1, GAN_ERROR_SHAPE, "kinds is 7, but samples (4) are not images"},
        {2, GAN_SHAPE(1, 2, 2, 2), 1, GAN_ERROR_SHAPE, "samples (1, 2, 2, 2) are not images"},
        {1, GAN_SHAPE(2, 3, 3), 1, GAN_ERROR_SHAPE, "kinds is 1, but images (2, 3, 3) have no colours"},
        {1, GAN_SHAPE(1, 0, 3), 1, GAN_ERROR_SHAPE, "0"},
        {1, IMAGE, 0, GAN_ERROR_BATCH, "batch is 0"},
        {1, IMAGE, -1, GAN_ERROR_BATCH, "batch is -1"},
        {1, IMAGE, INT64_MAX / 2, GAN_ERROR_OVERFLOW, "overflow"},
    };
    for (int k = 0; k < 2; k++) {
        for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
            test_status(calls[k](context, cases[i].kinds, cases[i].image, draws, cases[i].batch, x, y),
                        cases[i].status, cases[i].part);
        }
        test_status(calls[k](NULL, 1, IMAGE, draws, 1, x, y), GAN_ERROR_NULL, "context is NULL");
        test_status(calls[k](context, 1, IMAGE, draws, 1, NULL, y), GAN_ERROR_NULL, k ? "dy is NULL" : "x is NULL");
        test_status(calls[k](context, 1, IMAGE, draws, 1, x, NULL), GAN_ERROR_NULL, k ? "dx is NULL" : "y is NULL");
        assert_true(y[0] == 7 && y[1] == 7);
    }
    /* Two channels can be moved and cut. */
    assert_int_equal(gan_augment(context, 6, GAN_SHAPE(2, 3, 3), draws, 1, x, y), GAN_OK);
}

/* ---- Noise ----------------------------------------------------------------------------------------------------- */

static void test_noise(void **state)
{
    (void)state;
    static float x[COUNT], y[COUNT], numbers[COUNT];
    const float deviation = 0.25f;
    test_numbers(1, x, COUNT);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(gan_instance_noise(drawn, deviation, x, BATCH, SIZE, y), GAN_OK);
        assert_int_equal(gan_random_normal(expected, numbers, COUNT), GAN_OK);
        assert_same_draws();
        for (int i = 0; i < COUNT; i++) assert_near(y[i], (double)x[i] + (double)deviation * numbers[i], 1e-6);
    }
    assert_int_equal(gan_random_set_state(expected, (gan_random_state){.seed = 5, .stream = 6}), GAN_OK);
    assert_int_equal(gan_random_set_state(drawn, (gan_random_state){.seed = 5, .stream = 6}), GAN_OK);
    assert_int_equal(gan_instance_noise(drawn, deviation, x, BATCH, SIZE, y), GAN_OK);
    assert_int_equal(gan_instance_noise(expected, deviation, x, BATCH, SIZE, x), GAN_OK);
    assert_memory_equal(x, y, sizeof(x));
    assert_int_equal(gan_instance_noise(drawn, 0, x, BATCH, SIZE, y), GAN_OK);
    assert_memory_equal(x, y, sizeof(x));
}

static void test_noise_refused(void **state)
{
    (void)state;
    const float x[2] = {0};
    float y[2] = {7, 7};
    test_status(gan_instance_noise(NULL, 1, x, 1, 2, y), GAN_ERROR_NULL, "random is NULL");
    test_status(gan_instance_noise(drawn, 1, NULL, 1, 2, y), GAN_ERROR_NULL, "samples is NULL");
    test_status(gan_instance_noise(drawn, 1, x, 1, 2, NULL), GAN_ERROR_NULL, "out is NULL");
    test_status(gan_instance_noise(drawn, -0.5f, x, 1, 2, y), GAN_ERROR_ARGUMENT, "deviation is -0.5");
    test_status(gan_instance_noise(drawn, NAN, x, 1, 2, y), GAN_ERROR_NOT_FINITE, "deviation is nan");
    test_status(gan_instance_noise(drawn, 1, x, 0, 2, y), GAN_ERROR_BATCH, "batch is 0");
    test_status(gan_instance_noise(drawn, 1, x, 1, -2, y), GAN_ERROR_ARGUMENT, "size is -2");
    test_status(gan_instance_noise(drawn, 1, x, 3, INT64_MAX / 2, y), GAN_ERROR_OVERFLOW, "overflow");
    assert_true(y[0] == 7 && y[1] == 7);
    assert_same_draws();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_by_one),
        cmocka_unit_test(test_kinds_apart),
        cmocka_unit_test(test_backward),
        cmocka_unit_test(test_augment_refused),
        cmocka_unit_test_setup_teardown(test_noise, draws_setup, draws_teardown),
        cmocka_unit_test_setup_teardown(test_noise_refused, draws_setup, draws_teardown),
    };
    return cmocka_run_group_tests_name("augmentation", tests, draws_group_setup, draws_group_teardown);
}
