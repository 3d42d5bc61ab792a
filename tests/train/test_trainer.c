/* The trainer: rejected options and models, what a step reports, memory, and sampling. */
#include "support/run.h"
#include "gans.h"

#include "support/allocator.h"

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
        {GAN_TRAINER(.batch = -3), GAN_ERROR_BATCH, "batch is -3"},
        {GAN_TRAINER(.batch = INT64_MAX / 2), GAN_ERROR_OVERFLOW, ""},
        {GAN_TRAINER(.learning_rate = NAN), GAN_ERROR_NOT_FINITE, "gan_trainer_options: learning_rate is nan"},
        {GAN_TRAINER(.learning_rate = -1), GAN_ERROR_ARGUMENT, "gan_trainer_options: learning_rate is -1"},
        {GAN_TRAINER(.beta1 = 1), GAN_ERROR_ARGUMENT, "gan_trainer_options: beta1 is 1"},
        {GAN_TRAINER(.beta2 = 2), GAN_ERROR_ARGUMENT, "gan_trainer_options: beta2 is 2"},
        {GAN_TRAINER(.generator_optimizer = GAN_OPTIMIZER(.epsilon = -1)), GAN_ERROR_ARGUMENT,
         "gan_trainer_options: generator_optimizer: epsilon is -1"},
        {GAN_TRAINER(.discriminator_optimizer = GAN_OPTIMIZER(.decay = NAN)), GAN_ERROR_NOT_FINITE,
         "gan_trainer_options: discriminator_optimizer: decay is nan"},
        {GAN_TRAINER(.discriminator_optimizer = GAN_OPTIMIZER(.schedule = GAN_SCHEDULE_LINEAR)), GAN_ERROR_ARGUMENT,
         "gan_trainer_options: discriminator_optimizer: schedule_steps is 0"},
        {GAN_TRAINER(.loss = (gan_loss)77), GAN_ERROR_ARGUMENT, "loss is 77"},
        {GAN_TRAINER(.discriminator_steps = -1), GAN_ERROR_ARGUMENT, "discriminator_steps is -1"},
        {GAN_TRAINER(.order = (gan_order)2), GAN_ERROR_ARGUMENT, "order is 2"},
        {GAN_TRAINER(.label_smoothing = 1), GAN_ERROR_ARGUMENT, "label_smoothing is 1"},
        {GAN_TRAINER(.label_smoothing = -0.1f), GAN_ERROR_ARGUMENT, "label_smoothing is -0.1"},
        {GAN_TRAINER(.label_smoothing = NAN), GAN_ERROR_NOT_FINITE, "label_smoothing is nan"},
        {GAN_TRAINER(.label_smoothing = 0.1f, .loss = GAN_LOSS_HINGE), GAN_ERROR_ARGUMENT,
         "label_smoothing is 0.1, but the hinge loss"},
        {GAN_TRAINER(.noise = (gan_noise)2), GAN_ERROR_ARGUMENT, "noise is 2"},
    };
    test_options_are_refused(&gan, cases, sizeof(cases) / sizeof(*cases));
    test_gan_destroy(&gan);
}

static gan_model *dense(gan_context *context, gan_shape input, int64_t units)
{
    gan_model *model;
    assert_int_equal(gan_model_create(context, &model), GAN_OK);
    gan_model_add(model, gan_layer_input(context, input));
    gan_model_add(model, gan_layer_flatten(context));
    gan_model_add(model, gan_layer_dense(context, units, NULL));
    assert_int_equal(gan_model_build(model, 0), GAN_OK);
    return model;
}

static gan_model *two_inputs(gan_context *context)
{
    gan_model *model;
    assert_int_equal(gan_model_create(context, &model), GAN_OK);
    gan_node a = gan_model_add(model, gan_layer_input(context, GAN_SHAPE(4)));
    gan_node b = gan_model_add(model, gan_layer_input(context, GAN_SHAPE(4)));
    gan_model_add_from(model, gan_layer_add(context), GAN_NODES(a, b));
    assert_int_equal(gan_model_build(model, 0), GAN_OK);
    return model;
}

static void test_models_refused(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_DENSE, 1, NULL), other = test_gan_create(TEST_GAN_DENSE, 1, NULL);
    gan_context *context = gan.context;
    gan_model *g = gan.generator, *d = gan.discriminator, *empty;
    gan_model *narrow = dense(context, GAN_SHAPE(3), 3);
    gan_model *two_logits = dense(context, GAN_SHAPE(4), 2), *twice = two_inputs(context);
    gan_trainer *trainer = NULL;
    assert_int_equal(gan_model_create(context, &empty), GAN_OK);
    test_status(gan_trainer_create(NULL, g, d, NULL, &trainer), GAN_ERROR_NULL, "context is NULL");
    test_status(gan_trainer_create(context, NULL, d, NULL, &trainer), GAN_ERROR_NULL, "generator is NULL");
    test_status(gan_trainer_create(context, g, NULL, NULL, &trainer), GAN_ERROR_NULL, "discriminator is NULL");
    test_status(gan_trainer_create(context, g, d, NULL, NULL), GAN_ERROR_NULL, "out is NULL");
    test_status(gan_trainer_create(context, g, g, NULL, &trainer), GAN_ERROR_ARGUMENT, "the same model");
    test_status(gan_trainer_create(context, other.generator, d, NULL, &trainer), GAN_ERROR_ARGUMENT,
                "the generator belongs to another context");
    test_status(gan_trainer_create(context, g, other.discriminator, NULL, &trainer), GAN_ERROR_ARGUMENT,
                "the discriminator belongs to another context");
    assert_int_equal(gan_trainer_create(context, empty, d, NULL, &trainer), GAN_ERROR_STATE);
    assert_int_equal(gan_trainer_create(context, g, empty, NULL, &trainer), GAN_ERROR_STATE);
    test_status(gan_trainer_create(context, twice, d, NULL, &trainer), GAN_ERROR_SHAPE,
                "the generator has 2 inputs and 1 output,");
    test_status(gan_trainer_create(context, narrow, d, NULL, &trainer), GAN_ERROR_SHAPE, "samples (3)");
    test_status(gan_trainer_create(context, g, two_logits, NULL, &trainer), GAN_ERROR_SHAPE, "output is (2)");
    assert_null(trainer);
    gan_model_destroy(empty);
    gan_model_destroy(narrow);
    gan_model_destroy(two_logits);
    gan_model_destroy(twice);
    test_gan_destroy(&other);
    test_gan_destroy(&gan);
}

static void test_step_refused(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_DENSE, 1, GAN_TRAINER(.batch = BATCH));
    const float samples[(BATCH + 1) * 4] = {0};
    gan_step_report report = GAN_STEP_REPORT_INIT;
    test_status(gan_trainer_step(NULL, samples, BATCH, &report), GAN_ERROR_NULL, "trainer is NULL");
    test_status(gan_trainer_step(gan.trainer, NULL, BATCH, &report), GAN_ERROR_NULL, "samples is NULL");
    test_status(gan_trainer_step(gan.trainer, samples, 0, &report), GAN_ERROR_BATCH, "batch is 0, expected 1 to 4");
    test_status(gan_trainer_step(gan.trainer, samples, BATCH + 1, &report), GAN_ERROR_BATCH, "batch is 5");
    const int64_t before = gan_trainer_steps(gan.trainer);
    report.struct_size = 0;
    test_status(gan_trainer_step(gan.trainer, samples, BATCH, &report), GAN_ERROR_ARGUMENT, "struct_size");
    report.struct_size = SIZE_MAX;
    test_status(gan_trainer_step(gan.trainer, samples, BATCH, &report), GAN_ERROR_ARGUMENT, "struct_size");
    assert_int_equal(gan_trainer_steps(gan.trainer), before);
    assert_int_equal(gan_trainer_steps(gan.trainer), 0);
    assert_int_equal(gan_trainer_steps(NULL), 0);
    gan_trainer_cancel(NULL);
    gan_trainer_destroy(NULL);
    test_gan_destroy(&gan);
}

/* Batch normalisation cannot learn from one sample; the models stay as they were. */
static void test_batch_of_one(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_DCGAN, 1, GAN_TRAINER(.batch = BATCH));
    float sample[128];
    size_t count;
    float *before = test_weights(gan.generator, &count);
    test_numbers(1, sample, 128);
    assert_int_equal(gan_trainer_step(gan.trainer, sample, 1, NULL), GAN_ERROR_BATCH_OF_ONE);
    test_assert_weights(gan.generator, before);
    test_gan_steps(&gan, TEST_GAN_DCGAN, 1, 1, BATCH, 1, NULL);
    free(before);
    test_gan_destroy(&gan);
}

/* ---- Reports --------------------------------------------------------------------------------------------------- */

/* With D's weights at 0 every logit is 0: D(x) is 1/2, L_D is 2 log 2, and only D's last bias could get a gradient,
 * if real and generated samples did not cancel. */
static void test_report(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_DENSE, 1, GAN_TRAINER(.batch = BATCH));
    const float zeros[32] = {0};
    gan_step_report report = GAN_STEP_REPORT_INIT;
    assert_int_equal(gan_model_set_tensor(gan.discriminator, "0.weight", zeros, 32), GAN_OK);
    assert_int_equal(gan_model_set_tensor(gan.discriminator, "2.weight", zeros, 8), GAN_OK);
    test_gan_steps(&gan, TEST_GAN_DENSE, 1, 1, BATCH, 1, &report);
    assert_int_equal(report.step, 1);
    assert_int_equal(report.batch, BATCH);
    assert_int_equal(report.epoch, 0);
    assert_near(report.discriminator_loss, 2 * log(2), 1e-12);
    assert_near(report.generator_loss, log(2), 1e-3);
    assert_near(report.real_probability, 0.5, 1e-12);
    assert_near(report.fake_probability, 0.5, 1e-12);
    assert_near(report.discriminator_gradient_norm, 0, 1e-12);
    assert_near(report.generator_gradient_norm, 0, 1e-12);
    assert_true(report.samples_per_second == 0 && report.seconds == 0);

    test_gan_steps(&gan, TEST_GAN_DENSE, 2, 3, BATCH - 1, 1, &report);
    assert_int_equal(report.step, 3);
    assert_int_equal(report.batch, BATCH - 1);
    assert_int_equal(gan_trainer_steps(gan.trainer), 3);
    test_gan_destroy(&gan);
}

/* The reported loss and norms are those of D's own gradients, which stay in the models. */
static void test_norms(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_DCGAN, 1, GAN_TRAINER(.batch = BATCH));
    gan_step_report report = GAN_STEP_REPORT_INIT;
    double norm;
    test_gan_steps(&gan, TEST_GAN_DCGAN, 1, 3, BATCH, 1, &report);
    assert_int_equal(gan_model_get_gradient_norm(gan.generator, &norm), GAN_OK);
    assert_near(report.generator_gradient_norm, norm, 1e-12);
    assert_int_equal(gan_model_get_gradient_norm(gan.discriminator, &norm), GAN_OK);
    assert_near(report.discriminator_gradient_norm, norm, 1e-12);
    assert_true(norm > 0 && report.generator_gradient_norm > 0);
    test_gan_destroy(&gan);
}

/* Label smoothing lowers only the label of real samples: at logits 0 the loss is the same, its gradient is not. */
static void test_label_smoothing(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_DENSE, 1, GAN_TRAINER(.batch = BATCH, .label_smoothing = 0.5f));
    const float zeros[32] = {0};
    gan_step_report report = GAN_STEP_REPORT_INIT;
    assert_int_equal(gan_model_set_tensor(gan.discriminator, "0.weight", zeros, 32), GAN_OK);
    assert_int_equal(gan_model_set_tensor(gan.discriminator, "2.weight", zeros, 8), GAN_OK);
    test_gan_steps(&gan, TEST_GAN_DENSE, 1, 1, BATCH, 1, &report);
    assert_near(report.discriminator_loss, 2 * log(2), 1e-12);
    assert_near(report.discriminator_gradient_norm, 0.5, 1e-6); /* (s(0) - 1/2) + s(0), of the last bias */
    test_gan_destroy(&gan);
}

/* A program built with an older header has a shorter report; nothing is written beyond it. */
static void test_older_report(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_DENSE, 1, GAN_TRAINER(.batch = BATCH));
    gan_step_report report = GAN_STEP_REPORT_INIT;
    report.struct_size = offsetof(gan_step_report, generator_loss);
    report.generator_loss = 7;
    test_gan_steps(&gan, TEST_GAN_DENSE, 1, 1, BATCH, 1, &report);
    assert_int_equal(report.struct_size, offsetof(gan_step_report, generator_loss));
    assert_true(report.discriminator_loss > 0);
    assert_true(report.generator_loss == 7);
    test_gan_destroy(&gan);
}

/* ---- Memory ---------------------------------------------------------------------------------------------------- */

static void test_failing_allocations(void **state)
{
    (void)state;
    assert_true(test_trainer_allocations_fail(TEST_GAN_DCGAN, GAN_TRAINER(.batch = 2)) > 20);
}

static void test_handles_outlive(void **state)
{
    (void)state;
    test_allocator allocator = {0};
    gan_context *context;
    gan_model *generator, *discriminator;
    gan_trainer *trainer;
    float samples[BATCH * 128], made[128];
    assert_int_equal(
        gan_context_create(GAN_CONTEXT(.allocator = test_allocator_hooks(&allocator), .threads = 2), &context),
        GAN_OK);
    assert_int_equal(test_gan_models(context, TEST_GAN_DCGAN, &generator, &discriminator), GAN_OK);
    assert_int_equal(gan_trainer_create(context, generator, discriminator, GAN_TRAINER(.batch = BATCH), &trainer),
                     GAN_OK);
    gan_context_destroy(context);
    gan_model_destroy(generator);
    gan_model_destroy(discriminator);
    test_numbers(1, samples, BATCH * 128);
    assert_int_equal(gan_trainer_step(trainer, samples, BATCH, NULL), GAN_OK);
    assert_int_equal(gan_trainer_sample(trainer, GAN_SAMPLE(.seed = 1), 1, made), GAN_OK);
    gan_trainer_destroy(trainer);
    test_allocator_assert_empty(&allocator);
}

static uint64_t allocations(const gan_context *context)
{
    gan_context_info info = GAN_CONTEXT_INFO_INIT;
    assert_int_equal(gan_context_get_info(context, &info), GAN_OK);
    return info.allocations;
}

static void test_step_allocates_nothing(void **state)
{
    (void)state;
    const gan_multiply multiplies[] = {GAN_MULTIPLY_NATIVE, GAN_MULTIPLY_BLAS};
    for (int i = 0; i < 2; i++) {
        test_gan gan = {0};
        float made[3 * 768];
        const gan_status status =
            gan_context_create(GAN_CONTEXT(.threads = 2, .multiply = multiplies[i]), &gan.context);
        if (status == GAN_ERROR_UNSUPPORTED) test_skip("%s", gan_last_error());
        assert_int_equal(status, GAN_OK);
        assert_int_equal(test_gan_models(gan.context, TEST_GAN_WIDE, &gan.generator, &gan.discriminator), GAN_OK);
        assert_int_equal(
            gan_trainer_create(gan.context, gan.generator, gan.discriminator,
                               GAN_TRAINER(.batch = BATCH, .discriminator_steps = 2, .diagnosis_interval = 3),
                               &gan.trainer),
            GAN_OK);
        uint64_t before = allocations(gan.context);
        test_gan_steps(&gan, TEST_GAN_WIDE, 1, 4, BATCH, 2, NULL);
        test_gan_steps(&gan, TEST_GAN_WIDE, 5, 5, BATCH - 1, 2, NULL);
        assert_int_equal(gan_trainer_sample(gan.trainer, GAN_SAMPLE(.seed = 1), 3, made), GAN_OK);
        assert_int_equal(allocations(gan.context), before);
        test_gan_destroy(&gan);
    }
}

/* ---- Sampling -------------------------------------------------------------------------------------------------- */

#define SAMPLES 11 /* more than one batch, and the last one not full */

static void test_sample(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_DCGAN, 1, GAN_TRAINER(.batch = BATCH));
    test_gan undisturbed = test_gan_create(TEST_GAN_DCGAN, 1, GAN_TRAINER(.batch = BATCH));
    float by_trainer[SAMPLES * 128], by_model[SAMPLES * 128];
    test_gan_steps(&gan, TEST_GAN_DCGAN, 1, 3, BATCH, 1, NULL);
    assert_int_equal(gan_trainer_sample(gan.trainer, GAN_SAMPLE(.seed = 9), SAMPLES, by_trainer), GAN_OK);
    assert_int_equal(gan_model_sample(gan.generator, GAN_SAMPLE(.seed = 9), SAMPLES, by_model), GAN_OK);
    assert_memory_equal(by_trainer, by_model, sizeof(by_model));
    assert_int_equal(gan_trainer_sample(gan.trainer, GAN_SAMPLE(.seed = 10), SAMPLES, by_trainer), GAN_OK);
    assert_memory_not_equal(by_trainer, by_model, sizeof(by_model));

    test_gan_steps(&gan, TEST_GAN_DCGAN, 4, 5, BATCH, 1, NULL);
    test_gan_steps(&undisturbed, TEST_GAN_DCGAN, 1, 5, BATCH, 1, NULL);
    test_assert_same_weights(gan.generator, undisturbed.generator);
    test_assert_same_weights(gan.discriminator, undisturbed.discriminator);

    test_status(gan_trainer_sample(gan.trainer, GAN_SAMPLE(.seed = 1), 0, by_trainer), GAN_ERROR_ARGUMENT,
                "count is 0");
    test_status(gan_trainer_sample(NULL, GAN_SAMPLE(.seed = 1), 1, by_trainer), GAN_ERROR_NULL, "trainer is NULL");
    test_status(gan_trainer_sample(gan.trainer, GAN_SAMPLE(.seed = 1), 1, NULL), GAN_ERROR_NULL, "out is NULL");
    test_gan_destroy(&undisturbed);
    test_gan_destroy(&gan);
}

/* A generator that passes its noise on gives the noise as samples: uniform in [-1, 1). */
static void test_uniform_sample(void **state)
{
    (void)state;
    gan_context *context;
    gan_model *generator;
    gan_trainer *trainer;
    float weight[16] = {0}, made[400 * 4], least = 1, most = -1;
    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 1), &context), GAN_OK);
    generator = dense(context, GAN_SHAPE(4), 4);
    gan_model *discriminator = dense(context, GAN_SHAPE(4), 1);
    for (int i = 0; i < 4; i++) weight[5 * i] = 1;
    assert_int_equal(gan_model_set_tensor(generator, "1.weight", weight, 16), GAN_OK);
    assert_int_equal(
        gan_trainer_create(context, generator, discriminator, GAN_TRAINER(.noise = GAN_NOISE_UNIFORM), &trainer),
        GAN_OK);
    assert_int_equal(gan_trainer_sample(trainer, GAN_SAMPLE(.seed = 1), 400, made), GAN_OK);
    for (int i = 0; i < 1600; i++) {
        least = fminf(least, made[i]);
        most = fmaxf(most, made[i]);
    }
    assert_true(least >= -1 && least < -0.98f && most < 1 && most > 0.98f);
    gan_trainer_destroy(trainer);
    gan_model_destroy(generator);
    gan_model_destroy(discriminator);
    gan_context_destroy(context);
}

/* DCGANs of PyTorch take noise as images of one pixel. */
static void test_noise_of_any_shape(void **state)
{
    (void)state;
    const gan_shape shapes[] = {GAN_SHAPE(4), GAN_SHAPE(4, 1, 1)};
    float samples[2][SAMPLES * 4], real[BATCH * 4];
    gan_context *context;
    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 1), &context), GAN_OK);
    test_numbers(5, real, BATCH * 4);
    for (int i = 0; i < 2; i++) {
        gan_model *generator = dense(context, shapes[i], 4), *discriminator = dense(context, GAN_SHAPE(4), 1);
        gan_trainer *trainer = NULL;
        assert_int_equal(gan_trainer_create(context, generator, discriminator, GAN_TRAINER(.batch = BATCH), &trainer),
                         GAN_OK);
        for (int step = 0; step < 3; step++) assert_int_equal(gan_trainer_step(trainer, real, BATCH, NULL), GAN_OK);
        assert_int_equal(gan_trainer_sample(trainer, GAN_SAMPLE(.seed = 2), SAMPLES, samples[i]), GAN_OK);
        gan_trainer_destroy(trainer);
        gan_model_destroy(generator);
        gan_model_destroy(discriminator);
    }
    assert_memory_equal(samples[0], samples[1], sizeof(samples[0]));
    gan_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_refused),
        cmocka_unit_test(test_models_refused),
        cmocka_unit_test(test_step_refused),
        cmocka_unit_test(test_batch_of_one),
        cmocka_unit_test(test_report),
        cmocka_unit_test(test_norms),
        cmocka_unit_test(test_label_smoothing),
        cmocka_unit_test(test_older_report),
        cmocka_unit_test(test_failing_allocations),
        cmocka_unit_test(test_handles_outlive),
        cmocka_unit_test(test_step_allocates_nothing),
        cmocka_unit_test(test_sample),
        cmocka_unit_test(test_noise_of_any_shape),
        cmocka_unit_test(test_uniform_sample),
    };
    return cmocka_run_group_tests_name("trainer", tests, NULL, NULL);
}
