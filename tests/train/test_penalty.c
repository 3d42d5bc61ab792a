/* Penalties in a trainer: what is rejected, what is reported, what they do, and that running them allocates nothing.
 * test_custom_loop.c compares a step with public calls, bit for bit. */
#include "gans.h"

#include "support/allocator.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 4

/* ---- Refused --------------------------------------------------------------------------------------------------- */

static void test_options_refused(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_DENSE, 1, NULL);
    const refused_options cases[] = {
        {GAN_TRAINER(.r1 = -1), GAN_ERROR_ARGUMENT, "r1 is -1"},
        {GAN_TRAINER(.r1 = NAN), GAN_ERROR_NOT_FINITE, "r1 is nan"},
        {GAN_TRAINER(.r2 = -0.5f), GAN_ERROR_ARGUMENT, "r2 is -0.5"},
        {GAN_TRAINER(.r2 = INFINITY), GAN_ERROR_NOT_FINITE, "r2 is inf"},
        {GAN_TRAINER(.gradient_penalty = -10), GAN_ERROR_ARGUMENT, "gradient_penalty is -10"},
        {GAN_TRAINER(.gradient_penalty = NAN), GAN_ERROR_NOT_FINITE, "gradient_penalty is nan"},
        {GAN_TRAINER(.dragan = -2), GAN_ERROR_ARGUMENT, "dragan is -2"},
        {GAN_TRAINER(.dragan = NAN), GAN_ERROR_NOT_FINITE, "dragan is nan"},
        {GAN_TRAINER(.weight_clip = -0.01f), GAN_ERROR_ARGUMENT, "weight_clip is -0.01"},
        {GAN_TRAINER(.weight_clip = GAN_ZERO), GAN_ERROR_ARGUMENT, "weight_clip is 0"},
        {GAN_TRAINER(.weight_clip = NAN), GAN_ERROR_NOT_FINITE, "weight_clip is nan"},
        {GAN_TRAINER(.weight_clip = 0.01f, .gradient_penalty = 10), GAN_ERROR_ARGUMENT,
         "weight_clip is 0.01 and gradient_penalty 10"},
        {GAN_TRAINER(.penalty_interval = -4), GAN_ERROR_ARGUMENT, "penalty_interval is -4"},
        {GAN_TRAINER(.r1 = FLT_MAX, .penalty_interval = 2), GAN_ERROR_ARGUMENT, "which penalty_interval makes"},
        {GAN_TRAINER(.penalty_schedule = GAN_SCHEDULE_STEP, .penalty_schedule_steps = 9), GAN_ERROR_ARGUMENT,
         "penalty_schedule is 3"},
        {GAN_TRAINER(.penalty_schedule = GAN_SCHEDULE_LINEAR), GAN_ERROR_ARGUMENT, "penalty_schedule_steps is 0"},
        {GAN_TRAINER(.penalty_schedule = GAN_SCHEDULE_COSINE, .penalty_schedule_steps = -3), GAN_ERROR_ARGUMENT,
         "penalty_schedule_steps is -3"},
        {GAN_TRAINER(.final_penalty_factor = 1.5f), GAN_ERROR_ARGUMENT, "final_penalty_factor is 1.5"},
        {GAN_TRAINER(.final_penalty_factor = NAN), GAN_ERROR_NOT_FINITE, "final_penalty_factor is nan"},
    };
    test_options_are_refused(&gan, cases, sizeof(cases) / sizeof(*cases));
    test_gan_destroy(&gan);
}

/* Batch normalisation has no second derivatives: the sentence names the option, the layer and why. */
static void test_batch_norm_refused(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_DCGAN, 1, NULL);
    const struct {
        const gan_trainer_options *options;
        const char *part;
    } cases[] = {
        {GAN_TRAINER(.r1 = 10), "r1 is 10"},
        {GAN_TRAINER(.r2 = 20), "r2 is 20"},
        {GAN_TRAINER(.gradient_penalty = 30), "gradient_penalty is 30"},
        {GAN_TRAINER(.dragan = 40), "dragan is 40"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        gan_trainer *trainer = NULL;
        test_status(gan_trainer_create(gan.context, gan.generator, gan.discriminator, cases[i].options, &trainer),
                    GAN_ERROR_UNSUPPORTED, cases[i].part);
        assert_non_null(strstr(gan_last_error(), "batch_norm"));
        assert_null(trainer);
    }
    test_gan_destroy(&gan);
}

/* ---- Reports --------------------------------------------------------------------------------------------------- */

static double penalty_of_first_step(const gan_trainer_options *options, gan_step_report *report)
{
    test_gan gan = test_gan_create(TEST_GAN_SMOOTH, 1, options);
    test_gan_steps(&gan, TEST_GAN_SMOOTH, 1, 1, BATCH, 1, report);
    test_gan_destroy(&gan);
    return report->penalty;
}

/* The report has the sum of the penalties and the loss without them; their draws do not change the noise. */
static void test_report(void **state)
{
    (void)state;
    gan_step_report plain = GAN_STEP_REPORT_INIT, report = GAN_STEP_REPORT_INIT;
    const double none = penalty_of_first_step(GAN_TRAINER(.batch = BATCH), &plain);
    const double r1 = penalty_of_first_step(GAN_TRAINER(.batch = BATCH, .r1 = 1), &report);
    const double r2 = penalty_of_first_step(GAN_TRAINER(.batch = BATCH, .r2 = 1), &report);
    const double between = penalty_of_first_step(GAN_TRAINER(.batch = BATCH, .gradient_penalty = 1), &report);
    assert_true(report.fake_probability == plain.fake_probability);
    const double all =
        penalty_of_first_step(GAN_TRAINER(.batch = BATCH, .r1 = 1, .r2 = 1, .gradient_penalty = 1), &report);
    const double lazy = penalty_of_first_step(GAN_TRAINER(.batch = BATCH, .r1 = 1, .penalty_interval = 16), &report);
    assert_true(none == 0 && r1 > 0 && r2 > 0 && r1 != r2 && between > 0);
    assert_near(all, r1 + r2 + between, 1e-12);
    assert_near(lazy, 16 * r1, 1e-6 * lazy);
    assert_true(report.discriminator_loss == plain.discriminator_loss);
    assert_true(report.discriminator_gradient_norm != plain.discriminator_gradient_norm);
}

/* A linear D's penalties are known: |dD/dx| is the norm of its weights, wherever x is. */
static void test_values(void **state)
{
    (void)state;
    const float weights[4] = {1, -2, 2, 4}; /* of norm 5 */
    gan_context *context;
    gan_model *models[2];
    gan_trainer *trainer;
    gan_step_report report = GAN_STEP_REPORT_INIT;
    float samples[BATCH * 4];
    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 1), &context), GAN_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(gan_model_create(context, &models[i]), GAN_OK);
        gan_model_add(models[i], gan_layer_input(context, GAN_SHAPE(4)));
        gan_model_add(models[i], gan_layer_dense(context, i == 0 ? 4 : 1, NULL));
        assert_int_equal(gan_model_build(models[i], 3), GAN_OK);
    }
    assert_int_equal(gan_model_set_tensor(models[1], "0.weight", weights, 4), GAN_OK);
    assert_int_equal(gan_trainer_create(context, models[0], models[1],
                                        GAN_TRAINER(.batch = BATCH, .r1 = 2, .r2 = 4, .gradient_penalty = 10,
                                                    .dragan = 3, .loss = GAN_LOSS_WASSERSTEIN),
                                        &trainer),
                     GAN_OK);
    test_numbers(1, samples, BATCH * 4);
    assert_int_equal(gan_trainer_step(trainer, samples, BATCH, &report), GAN_OK);
    assert_near(report.penalty, 2 * 25.0 / 2 + 4 * 25.0 / 2 + 10 * 16 + 3 * 16, 1e-4);
    gan_trainer_destroy(trainer);
    gan_model_destroy(models[0]);
    gan_model_destroy(models[1]);
    gan_context_destroy(context);
}

/* ---- What they do ---------------------------------------------------------------------------------------------- */

/* R1 with a large gamma leaves D no slope; WGAN-GP's one-centred penalty leaves one near 1. */
static void test_effect(void **state)
{
    (void)state;
    const int steps = 300;
    gan_step_report report = GAN_STEP_REPORT_INIT;
    const gan_optimizer_options *fast = GAN_OPTIMIZER(.learning_rate = 5e-3f, .beta1 = GAN_ZERO);
    test_gan flat =
        test_gan_create(TEST_GAN_DENSE, 1, GAN_TRAINER(.batch = BATCH, .r1 = 100, .discriminator_optimizer = fast));
    test_gan_steps(&flat, TEST_GAN_DENSE, 1, 1, BATCH, 1, &report);
    const double before = report.penalty;
    test_gan_steps(&flat, TEST_GAN_DENSE, 2, steps, BATCH, 1, &report);
    assert_true(report.penalty < before / 100);
    test_gan_destroy(&flat);

    test_gan sloped = test_gan_create(TEST_GAN_DENSE, 1,
                                      GAN_TRAINER(.batch = BATCH, .loss = GAN_LOSS_WASSERSTEIN,
                                                  .gradient_penalty = 100, .discriminator_optimizer = fast));
    test_gan_steps(&sloped, TEST_GAN_DENSE, 1, steps, BATCH, 1, &report);
    assert_true(sqrt(report.penalty / 100) < 0.3); /* root mean square of |g| - 1 */
    test_gan_destroy(&sloped);
}

static void test_clip(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_DENSE, 1,
                                   GAN_TRAINER(.batch = BATCH, .loss = GAN_LOSS_WASSERSTEIN, .weight_clip = 0.01f));
    test_gan_steps(&gan, TEST_GAN_DENSE, 1, 3, BATCH, 1, NULL);
    size_t count;
    float *weights = test_weights(gan.discriminator, &count);
    for (size_t i = 0; i < count; i++) assert_true(fabsf(weights[i]) <= 0.01f);
    free(weights);
    test_gan_destroy(&gan);
}

/* The penalty finds a slope whose square overflows, and D gets its weights back. */
static void test_divergence(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_DENSE, 1, GAN_TRAINER(.batch = BATCH, .r1 = 10));
    float weights[32] = {0}, steep[8] = {0}, samples[BATCH * 4] = {0}, now[32];
    for (int i = 0; i < 32; i++) weights[i] = 1e20f;
    for (int i = 0; i < 8; i++) steep[i] = 1e20f;
    assert_int_equal(gan_model_set_tensor(gan.discriminator, "0.weight", weights, 32), GAN_OK);
    assert_int_equal(gan_model_set_tensor(gan.discriminator, "2.weight", steep, 8), GAN_OK);
    assert_int_equal(gan_model_set_tensor(gan.generator, "2.weight", (const float[32]){0}, 32), GAN_OK);
    test_status(gan_trainer_step(gan.trainer, samples, BATCH, NULL), GAN_ERROR_DIVERGED,
                "the penalty of the discriminator is not finite");
    assert_int_equal(gan_model_get_tensor(gan.discriminator, "0.weight", now, 32), GAN_OK);
    assert_memory_equal(now, weights, sizeof(weights));
    assert_int_equal(gan_trainer_steps(gan.trainer), 0);
    test_gan_destroy(&gan);
}

/* ---- Memory ---------------------------------------------------------------------------------------------------- */

static gan_trainer_options all_penalties(void)
{
    return *GAN_TRAINER(.batch = BATCH, .loss = GAN_LOSS_RELATIVISTIC, .r1 = 1, .r2 = 1, .gradient_penalty = 1,
                        .dragan = 1);
}

static void test_memory_stays_flat(void **state)
{
    (void)state;
    const gan_trainer_options options = all_penalties();
    test_steps_allocate_nothing(TEST_GAN_DENSE, &options, 10000, BATCH);
}

static void test_failing_allocations(void **state)
{
    (void)state;
    gan_trainer_options options = all_penalties(), plain = *GAN_TRAINER(.batch = BATCH);
    const size_t without = test_trainer_allocations_fail(TEST_GAN_DENSE, &plain);
    assert_true(test_trainer_allocations_fail(TEST_GAN_DENSE, &options) > without);
}

/* What is not asked for takes no memory: a plain trainer holds less than one with any penalty. */
static void test_memory_without_penalties(void **state)
{
    (void)state;
    const gan_trainer_options *options[] = {GAN_TRAINER(.batch = BATCH), GAN_TRAINER(.batch = BATCH, .r1 = 1),
                                            GAN_TRAINER(.batch = BATCH, .r1 = 1, .r2 = 1),
                                            GAN_TRAINER(.batch = BATCH, .r1 = 1, .r2 = 1, .dragan = 1)};
    test_each_holds_more(TEST_GAN_SMOOTH, options, sizeof(options) / sizeof(*options));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_refused),
        cmocka_unit_test(test_batch_norm_refused),
        cmocka_unit_test(test_report),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_effect),
        cmocka_unit_test(test_clip),
        cmocka_unit_test(test_divergence),
        cmocka_unit_test(test_memory_stays_flat),
        cmocka_unit_test(test_failing_allocations),
        cmocka_unit_test(test_memory_without_penalties),
    };
    return cmocka_run_group_tests_name("penalties", tests, NULL, NULL);
}
