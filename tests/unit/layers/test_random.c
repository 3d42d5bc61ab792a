/* Layers that draw random numbers: what they draw in training and in sampling. */
#include "harness.h"

#include <math.h>
#include <string.h>

static void test_dropout(void **state)
{
    enum { COUNT = 20000 };
    static gan_real first[COUNT];
    harness h;
    harness_create(&h, *state, gan_layer_dropout(*state, GAN_DROPOUT(.rate = 0.25f)), 1, &GAN_SHAPE(COUNT), 1, 1);
    harness_fill(h.x[0], 3);
    assert_int_equal(harness_forward(&h), GAN_OK);
    int dropped = 0;
    for (int i = 0; i < COUNT; i++) {
        dropped += h.y.values[i] == 0;
        assert_true(h.y.values[i] == 0 || h.y.values[i] == 4);
    }
    /* Five deviations of a binomial distribution: sqrt(20000 * 0.25 * 0.75) = 61. */
    assert_in_range(dropped, 5000 - 306, 5000 + 306);

    /* Another state is another mask, and sampling is the identity. */
    memcpy(first, h.y.values, sizeof(first));
    h.pass.random.counter = 1000000;
    assert_int_equal(harness_forward(&h), GAN_OK);
    assert_memory_not_equal(first, h.y.values, sizeof(first));
    h.pass.training = false;
    assert_int_equal(harness_forward(&h), GAN_OK);
    harness_assert_equal(h.y, h.x[0]);
    harness_destroy(&h);
}

/* In sampling each sample has a mask of its own numbers, which are the next ones for the next sample. */
static void test_dropout_in_sampling(void **state)
{
    enum { COUNT = 1000, BATCH = 3 };
    harness h;
    harness_create(&h, *state, gan_layer_dropout(*state, GAN_DROPOUT(.in_sampling = true)), 1, &GAN_SHAPE(COUNT),
                   BATCH, BATCH);
    harness_fill(h.x[0], 3);
    h.pass.training = false;
    assert_int_equal(harness_forward(&h), GAN_OK);
    for (int i = 0; i < BATCH; i++) {
        gan_random_state random = h.pass.random;
        gan_real expected[COUNT];
        random.counter += (uint64_t)i << GAN_DRAW_BITS;
        gan_dropout(*state, COUNT, (gan_real)0.5, random, h.x[0].values, expected);
        assert_memory_equal(h.y.values + i * COUNT, expected, sizeof(expected));
        if (i > 0) assert_memory_not_equal(h.y.values, expected, sizeof(expected));
    }
    harness_destroy(&h);
}

/* The generator's normal numbers, and the identity in sampling. */
static void test_gaussian_noise(void **state)
{
    enum { COUNT = 1000 };
    gan_real noise[2][COUNT];
    harness h;
    harness_create(&h, *state, gan_layer_gaussian_noise(*state, GAN_GAUSSIAN_NOISE(.deviation = 0.25f)), 1,
                   &GAN_SHAPE(COUNT), 1, 1);
    for (int k = 0; k < 2; k++) {
        gan_random_state random = h.pass.random;
        double expected[COUNT];
        gan_fill_normal(&random, noise[k], COUNT, 0, 1);
        for (int i = 0; i < COUNT; i++) expected[i] = (double)h.x[0].values[i] + 0.25 * (double)noise[k][i];
        assert_int_equal(harness_forward(&h), GAN_OK);
        harness_assert_near(h.y, expected, 10);
        h.pass.random.counter = 1000000; /* of another pass */
    }
    assert_memory_not_equal(noise[0], noise[1], sizeof(noise[0]));
    h.pass.training = false;
    assert_int_equal(harness_forward(&h), GAN_OK);
    harness_assert_equal(h.y, h.x[0]);
    harness_destroy(&h);
}

/* The same numbers, times exp(v / 2); the mean in sampling, where v has no effect. */
static void test_gaussian_sample(void **state)
{
    enum { COUNT = 40000 };
    static gan_real noise[COUNT], half[COUNT];
    static double expected[COUNT], gradient[COUNT];
    const gan_shape shapes[] = {GAN_SHAPE(COUNT), GAN_SHAPE(COUNT)};
    harness h;
    harness_create(&h, *state, gan_layer_gaussian_sample(*state), 2, shapes, 1, 1);
    gan_random_state random = h.pass.random;
    gan_fill_normal(&random, noise, COUNT, 0, 1);
    for (int i = 0; i < COUNT; i++) {
        half[i] = (gan_real)(exp((double)h.x[1].values[i] / 2) * (double)noise[i] / 2);
        expected[i] = (double)h.x[0].values[i] + 2 * (double)half[i];
        gradient[i] = (double)h.dy.values[i] * (double)half[i];
    }
    assert_int_equal(harness_forward(&h), GAN_OK);
    harness_assert_near(h.y, expected, 10);
    harness_backward(&h, true, false);
    harness_assert_equal(h.dx[0], h.dy);
    harness_assert_near(h.dx[1], gradient, 10);
    h.pass.training = false;
    assert_int_equal(harness_forward(&h), GAN_OK);
    harness_assert_equal(h.y, h.x[0]);
    harness_backward(&h, true, false);
    harness_assert_equal(h.dx[0], h.dy);
    for (int i = 0; i < COUNT; i++) assert_true(h.dx[1].values[i] == 0);
    harness_destroy(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_dropout, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_dropout_in_sampling, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_gaussian_noise, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_gaussian_sample, harness_setup, harness_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
