/* The same bits for any number of threads, and from run to run. */
#include "gans.h"

#include <string.h>

#define BATCH 16
#define STEPS 6

static void check_threads(test_gan_kind kind, const gan_trainer_options *options, int updates)
{
    gan_step_report first = GAN_STEP_REPORT_INIT;
    test_gan one = test_gan_create(kind, 1, options);
    test_gan_steps(&one, kind, 1, STEPS, BATCH, updates, &first);
    for (int threads = 1; threads <= 3; threads++) {
        gan_step_report report = GAN_STEP_REPORT_INIT;
        test_gan other = test_gan_create(kind, threads, options);
        test_gan_steps(&other, kind, 1, STEPS, BATCH, updates, &report);
        assert_memory_equal(&report, &first, sizeof(report));
        test_assert_same_weights(one.generator, other.generator);
        test_assert_same_weights(one.discriminator, other.discriminator);
        gan_model *averages[2];
        if (gan_trainer_get_average(one.trainer, &averages[0]) == GAN_OK) {
            assert_int_equal(gan_trainer_get_average(other.trainer, &averages[1]), GAN_OK);
            test_assert_same_weights(averages[0], averages[1]);
        }
        test_gan_destroy(&other);
    }
    test_gan_destroy(&one);
}

static void test_threads(void **state)
{
    (void)state;
    check_threads(TEST_GAN_DENSE, GAN_TRAINER(.batch = BATCH), 1);
    check_threads(TEST_GAN_DCGAN, GAN_TRAINER(.batch = BATCH), 1);
    check_threads(TEST_GAN_WIDE, GAN_TRAINER(.batch = BATCH, .ema_half_life = 100), 1);
    check_threads(TEST_GAN_WIDE,
                  GAN_TRAINER(.batch = BATCH, .discriminator_steps = 2, .loss = GAN_LOSS_LEAST_SQUARES), 2);
    check_threads(TEST_GAN_SMOOTH,
                  GAN_TRAINER(.batch = BATCH, .loss = GAN_LOSS_RELATIVISTIC_AVERAGE, .r1 = 1, .r2 = 2,
                              .gradient_penalty = 3, .dragan = 4),
                  1);
    check_threads(TEST_GAN_WIDE, GAN_TRAINER(.batch = BATCH, .augment = 7, .instance_noise = 0.1f), 1);
    check_threads(TEST_GAN_PACKED, GAN_TRAINER(.batch = BATCH, .packing = 2, .augment = 7, .r1 = 1), 1);
}

static void test_simultaneous(void **state)
{
    (void)state;
    check_threads(TEST_GAN_SMOOTH, GAN_TRAINER(.batch = BATCH, .simultaneous = true, .r2 = 1), 1);
}

/* What a seed is for: other noise, other weights. */
static void test_seeds(void **state)
{
    (void)state;
    test_gan a = test_gan_create(TEST_GAN_DENSE, 1, GAN_TRAINER(.seed = 1)),
             b = test_gan_create(TEST_GAN_DENSE, 1, GAN_TRAINER(.seed = 2));
    gan_step_report report_a = GAN_STEP_REPORT_INIT, report_b = GAN_STEP_REPORT_INIT;
    test_gan_steps(&a, TEST_GAN_DENSE, 1, 1, BATCH, 1, &report_a);
    test_gan_steps(&b, TEST_GAN_DENSE, 1, 1, BATCH, 1, &report_b);
    assert_true(report_a.real_probability == report_b.real_probability);
    assert_true(report_a.fake_probability != report_b.fake_probability);
    test_gan_destroy(&a);
    test_gan_destroy(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads), cmocka_unit_test(test_simultaneous),
                                       cmocka_unit_test(test_seeds)};
    return cmocka_run_group_tests_name("determinism", tests, NULL, NULL);
}
