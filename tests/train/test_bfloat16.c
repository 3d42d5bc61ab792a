/* Training with products, or storage, in bfloat16: close to float32, also with penalties, the same bits for any
 * number of threads and when resumed, without allocations, and with the same result. Products in plain C on every
 * machine, and by the CPU's instructions if it has them. */
#include "gans.h"
#include "support/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is rounded. */
typedef struct rounding {
    gan_cpu cpu;
    gan_precision precision;
    bool storage;
} rounding;

static gan_context *create(const rounding *how, int threads)
{
    gan_context *context = NULL;
    const gan_status status =
        gan_context_create(GAN_CONTEXT(.cpu = how->cpu, .multiply = GAN_MULTIPLY_NATIVE, .precision = how->precision,
                                       .bfloat16_storage = how->storage, .threads = threads),
                           &context);
    if (status == GAN_ERROR_UNSUPPORTED) test_skip("%s", gan_last_error());
    assert_int_equal(status, GAN_OK);
    return context;
}

/* ---- Near float32 ---------------------------------------------------------------------------------------------- */

/* Runs the same steps in both precisions; fails unless losses and penalties agree to `tolerance`, relative to them or
 * 1, but not to the last bit. */
static void compare_precisions(const rounding *how, test_gan_kind kind, const gan_trainer_options *options, int steps,
                               double tolerance)
{
    const rounding none = {.cpu = how->cpu};
    test_gan rounded = test_gan_create_in(create(how, 2), kind, options);
    test_gan exact = test_gan_create_in(create(&none, 2), kind, options);
    double difference = 0;
    for (int step = 1; step <= steps; step++) {
        gan_step_report a = GAN_STEP_REPORT_INIT, b = GAN_STEP_REPORT_INIT;
        test_gan_steps(&exact, kind, step, step, options->batch, 1, &a);
        test_gan_steps(&rounded, kind, step, step, options->batch, 1, &b);
        assert_near(b.discriminator_loss, a.discriminator_loss, tolerance * fmax(1, fabs(a.discriminator_loss)));
        assert_near(b.generator_loss, a.generator_loss, tolerance * fmax(1, fabs(a.generator_loss)));
        assert_near(b.penalty, a.penalty, tolerance * fmax(1, fabs(a.penalty)));
        difference += fabs(b.discriminator_loss - a.discriminator_loss) + fabs(b.penalty - a.penalty);
    }
    assert_true(difference > 0);
    assert_true(test_weights_finite(rounded.generator) && test_weights_finite(rounded.discriminator));
    test_gan_destroy(&exact);
    test_gan_destroy(&rounded);
}

static void test_first_steps(void **state)
{
    const rounding *how = *state;
    compare_precisions(how, TEST_GAN_DENSE, GAN_TRAINER(.batch = 8), 5, 0.005);
    compare_precisions(how, TEST_GAN_DCGAN, GAN_TRAINER(.batch = 8), 5, 0.005);
    compare_precisions(how, TEST_GAN_WIDE, GAN_TRAINER(.batch = 8), 3, 0.005);
}

/* The products of second derivatives are rounded too. */
static void test_penalties(void **state)
{
    const rounding *how = *state;
    const gan_trainer_options *options[] = {
        GAN_TRAINER(.batch = 8, .r1 = 10),
        GAN_TRAINER(.batch = 8, .r2 = 10),
        GAN_TRAINER(.batch = 8, .loss = GAN_LOSS_WASSERSTEIN, .gradient_penalty = 10),
        GAN_TRAINER(.batch = 8, .dragan = 10),
    };
    for (int i = 0; i < 4; i++) compare_precisions(how, TEST_GAN_SMOOTH, options[i], 4, 0.02);
}

/* ---- The same bits, no memory ---------------------------------------------------------------------------------- */

static void test_threads(void **state)
{
    const rounding *how = *state;
    const gan_trainer_options *options = GAN_TRAINER(.batch = 8);
    test_gan gans[3];
    for (int i = 0; i < 3; i++) {
        gans[i] = test_gan_create_in(create(how, 1 + i), TEST_GAN_WIDE, options);
        test_gan_steps(&gans[i], TEST_GAN_WIDE, 1, 3, options->batch, 1, NULL);
        test_assert_same_weights(gans[0].generator, gans[i].generator);
        test_assert_same_weights(gans[0].discriminator, gans[i].discriminator);
    }
    for (int i = 0; i < 3; i++) test_gan_destroy(&gans[i]);
}

static uint64_t allocations_of(const gan_context *context, gan_precision precision)
{
    gan_context_info info = GAN_CONTEXT_INFO_INIT;
    assert_int_equal(gan_context_get_info(context, &info), GAN_OK);
    assert_int_equal(info.precision, precision);
    return info.allocations;
}

static void test_allocations(void **state)
{
    const rounding *how = *state;
    const gan_trainer_options *options = GAN_TRAINER(.batch = 8, .r1 = 1);
    test_gan gan = test_gan_create_in(create(how, 2), TEST_GAN_SMOOTH, options);
    const uint64_t before = allocations_of(gan.context, how->precision);
    test_gan_steps(&gan, TEST_GAN_SMOOTH, 1, 3, options->batch, 1, NULL);
    assert_int_equal(allocations_of(gan.context, how->precision), before);
    test_gan_destroy(&gan);
}

/* Saved and resumed equals never stopped. */
static void test_resuming(void **state)
{
    const rounding *how = *state;
    const gan_trainer_options *options = GAN_TRAINER(.batch = 8, .r1 = 1);
    test_gan whole = test_gan_create_in(create(how, 1), TEST_GAN_SMOOTH, options);
    test_gan resumed = test_gan_create_in(create(how, 2), TEST_GAN_SMOOTH, options);
    test_gan_steps(&whole, TEST_GAN_SMOOTH, 1, 2, options->batch, 1, NULL);
    assert_int_equal(gan_trainer_save(whole.trainer, NULL, test_path("checkpoint")), GAN_OK);
    assert_int_equal(gan_trainer_load(resumed.trainer, NULL, test_path("checkpoint")), GAN_OK);
    test_gan_steps(&whole, TEST_GAN_SMOOTH, 3, 4, options->batch, 1, NULL);
    test_gan_steps(&resumed, TEST_GAN_SMOOTH, 3, 4, options->batch, 1, NULL);
    test_assert_same_weights(whole.generator, resumed.generator);
    test_assert_same_weights(whole.discriminator, resumed.discriminator);
    test_gan_destroy(&whole);
    test_gan_destroy(&resumed);
}

/* ---- A whole training ------------------------------------------------------------------------------------------ */

enum { BATCH = 16, STEPS = 400, SAMPLES = 256, SIZE = 4 };

/* Near (0.6, -0.6, 0.3, -0.3). */
static void draw_data(int step, float out[BATCH * SIZE])
{
    static const float centre[SIZE] = {0.6f, -0.6f, 0.3f, -0.3f};
    test_numbers(5000 + (uint64_t)step, out, BATCH * SIZE);
    for (int i = 0; i < BATCH * SIZE; i++) out[i] = centre[i % SIZE] + 0.1f * out[i];
}

/* The largest distance of the four values' means from the data's. */
static double distance(const test_gan *gan)
{
    static float samples[SAMPLES * SIZE];
    static const double centre[SIZE] = {0.6, -0.6, 0.3, -0.3};
    double most = 0;
    assert_int_equal(gan_trainer_sample(gan->trainer, GAN_SAMPLE(.seed = 3), SAMPLES, samples), GAN_OK);
    for (int j = 0; j < SIZE; j++) {
        double mean = 0;
        for (int i = 0; i < SAMPLES; i++) mean += (double)samples[i * SIZE + j] / SAMPLES;
        most = fmax(most, fabs(mean - centre[j]));
    }
    return most;
}

static void test_training(void **state)
{
    const rounding *how = *state;
    test_gan gan = test_gan_create_in(create(how, 1), TEST_GAN_DENSE,
                                      GAN_TRAINER(.batch = BATCH, .learning_rate = 5e-3f, .r1 = 0.1f));
    const double before = distance(&gan);
    for (int step = 0; step < STEPS; step++) {
        float data[BATCH * SIZE];
        gan_step_report report = GAN_STEP_REPORT_INIT;
        draw_data(step, data);
        assert_int_equal(gan_trainer_step(gan.trainer, data, BATCH, &report), GAN_OK);
        assert_true(isfinite(report.discriminator_loss) && isfinite(report.generator_loss));
    }
    const double after = distance(&gan);
    if (!(after < 0.15 && before > 0.4)) fail_msg("the samples' means are %g off, %g before", after, before);
    test_gan_destroy(&gan);
}

static rounding plain = {GAN_CPU_BASELINE, GAN_PRECISION_BFLOAT16, false};
static rounding instructions = {GAN_CPU_BEST, GAN_PRECISION_BFLOAT16, false};
static rounding storage = {GAN_CPU_BEST, GAN_PRECISION_FLOAT32, true};
static rounding both = {GAN_CPU_BASELINE, GAN_PRECISION_BFLOAT16, true};

#define IN_ALL_WAYS(test)                                                                                         \
    {#test " in plain C", test, NULL, NULL, &plain}, {#test " by instructions", test, NULL, NULL, &instructions}, \
        {#test " with storage in bfloat16", test, NULL, NULL, &storage},                                          \
    {                                                                                                             \
#test " with both, in plain C", test, NULL, NULL, &both                                                   \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ALL_WAYS(test_first_steps), IN_ALL_WAYS(test_penalties),   IN_ALL_WAYS(test_threads),
        IN_ALL_WAYS(test_resuming),    IN_ALL_WAYS(test_allocations), IN_ALL_WAYS(test_training),
    };
    return cmocka_run_group_tests_name("bfloat16", tests, test_folder_create, test_folder_remove);
}
