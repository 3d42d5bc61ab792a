/* NaN and Inf stop a step with their own status, leave the last good weights, and let training continue. */
#include "gans.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BATCH      4
#define MOST_STEPS 200

/* Weights of both players at the start of the last two steps. */
typedef struct snapshots {
    float *generator[2], *discriminator[2]; /* [1]: of the step before */
} snapshots;

static void snapshot(snapshots *s, const test_gan *gan)
{
    size_t count;
    free(s->generator[1]);
    free(s->discriminator[1]);
    s->generator[1] = s->generator[0];
    s->discriminator[1] = s->discriminator[0];
    s->generator[0] = test_weights(gan->generator, &count);
    s->discriminator[0] = test_weights(gan->discriminator, &count);
}

static void release(snapshots *s)
{
    for (int i = 0; i < 2; i++) {
        free(s->generator[i]);
        free(s->discriminator[i]);
    }
}

/* Whether all tensors of a kind equal a snapshot's. */
static bool same_tensors(const gan_model *model, gan_tensor_kind kind, const float *expected)
{
    size_t count, at = 0;
    float *values = test_weights(model, &count);
    bool same = true;
    for (int64_t i = 0; i < gan_model_tensor_count(model); i++) {
        gan_tensor_info info = GAN_TENSOR_INFO_INIT;
        assert_int_equal(gan_model_get_tensor_info(model, i, &info), GAN_OK);
        const size_t size = (size_t)info.count * sizeof(*values);
        if (info.kind == kind) same = same && memcmp(values + at, expected + at, size) == 0;
        at += (size_t)info.count;
    }
    free(values);
    return same;
}

/* Whether the weights are from the start of one of the last two steps. */
static bool recent_parameters(const gan_model *model, float *const recent[2])
{
    return same_tensors(model, GAN_TENSOR_PARAMETER, recent[0]) ||
           (recent[1] && same_tensors(model, GAN_TENSOR_PARAMETER, recent[1]));
}

/* ---- Bad data -------------------------------------------------------------------------------------------------- */

/* Bad samples at step 4 of a healthy training: both players get back the weights from the start of step 3, the last
 * good one, and running statistics are those from the start of step 4. */
static void check_bad_data(test_gan_kind kind, float bad, const gan_trainer_options *options, const char *sentence)
{
    test_gan gan = test_gan_create(kind, 1, options);
    snapshots s = {{NULL}, {NULL}};
    float samples[BATCH * 128];
    for (int step = 1; step <= 3; step++) {
        snapshot(&s, &gan);
        test_gan_steps(&gan, kind, step, step, BATCH, 1, NULL);
    }
    snapshot(&s, &gan);
    test_numbers(4, samples, (size_t)(BATCH * test_gan_elements(kind)));
    samples[5] = bad;
    for (int again = 0; again < 2; again++) {
        gan_step_report report = GAN_STEP_REPORT_INIT;
        report.generator_loss = 7;
        test_status(gan_trainer_step(gan.trainer, samples, BATCH, &report), GAN_ERROR_DIVERGED, sentence);
        assert_non_null(strstr(gan_last_error(), "in step 4 "));
        assert_true(report.generator_loss == 7);
        assert_true(same_tensors(gan.generator, GAN_TENSOR_PARAMETER, s.generator[1]));
        assert_true(same_tensors(gan.discriminator, GAN_TENSOR_PARAMETER, s.discriminator[1]));
        assert_true(same_tensors(gan.generator, GAN_TENSOR_BUFFER, s.generator[0]));
        assert_true(same_tensors(gan.discriminator, GAN_TENSOR_BUFFER, s.discriminator[0]));
        assert_int_equal(gan_trainer_steps(gan.trainer), 3);
    }
    test_gan_steps(&gan, kind, 4, 8, BATCH, 1, NULL);
    assert_int_equal(gan_trainer_steps(gan.trainer), 8);
    assert_true(test_weights_finite(gan.generator) && test_weights_finite(gan.discriminator));
    release(&s);
    test_gan_destroy(&gan);
}

static void test_bad_data(void **state)
{
    (void)state;
    check_bad_data(TEST_GAN_DENSE, NAN, GAN_TRAINER(.batch = BATCH), "the loss of the discriminator");
    check_bad_data(TEST_GAN_DENSE, INFINITY, GAN_TRAINER(.batch = BATCH),
                   "the loss of the discriminator is not finite");
    check_bad_data(TEST_GAN_DCGAN, NAN, GAN_TRAINER(.batch = BATCH), "the loss of the discriminator");
    check_bad_data(TEST_GAN_SMOOTH, NAN, GAN_TRAINER(.batch = BATCH), "the loss of the discriminator");
    check_bad_data(TEST_GAN_DCGAN, INFINITY, GAN_TRAINER(.batch = BATCH, .fresh_noise = true), "not finite");
}

/* In the first step there are no earlier weights to restore: the weights stay. */
static void test_bad_start(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_DCGAN, 1, GAN_TRAINER(.batch = BATCH));
    size_t count;
    float *generator = test_weights(gan.generator, &count), *discriminator = test_weights(gan.discriminator, &count);
    float samples[BATCH * 128];
    for (int i = 0; i < BATCH * 128; i++) samples[i] = NAN;
    test_status(gan_trainer_step(gan.trainer, samples, BATCH, NULL), GAN_ERROR_DIVERGED,
                "all models hold the weights from before it");
    test_assert_weights(gan.generator, generator);
    test_assert_weights(gan.discriminator, discriminator);
    free(generator);
    free(discriminator);
    test_gan_destroy(&gan);
}

/* A model that was not finite to begin with is not said to hold good weights. */
static void test_bad_weights(void **state)
{
    (void)state;
    const float bad[] = {NAN, INFINITY};
    for (int i = 0; i < 4; i++) {
        test_gan gan = test_gan_create(TEST_GAN_DCGAN, 1, GAN_TRAINER(.batch = BATCH));
        gan_model *model = i & 1 ? gan.generator : gan.discriminator;
        gan_tensor_info info = GAN_TENSOR_INFO_INIT;
        float samples[BATCH * 128], values[1024];
        assert_int_equal(gan_model_get_tensor_info(model, 0, &info), GAN_OK);
        assert_in_range(info.count, 1, 1024);
        assert_int_equal(gan_model_get_tensor(model, info.name, values, info.count), GAN_OK);
        values[0] = bad[i / 2];
        assert_int_equal(gan_model_set_tensor(model, info.name, values, info.count), GAN_OK);
        test_numbers(4, samples, BATCH * 128);
        test_status(gan_trainer_step(gan.trainer, samples, BATCH, NULL), GAN_ERROR_DIVERGED,
                    i & 1 ? "the generator was not finite before it" : "the discriminator was not finite before it");
        assert_null(strstr(gan_last_error(), "all models hold"));
        test_gan_destroy(&gan);
    }
}

/* Weights that the program has set since the trainer was created are not lost either. */
static void test_weights_set(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_DENSE, 1, GAN_TRAINER(.batch = BATCH));
    float weights[32], samples[BATCH * 4] = {NAN}, now[32];
    test_numbers(3, weights, 32);
    assert_int_equal(gan_model_set_tensor(gan.discriminator, "0.weight", weights, 32), GAN_OK);
    assert_int_equal(gan_trainer_step(gan.trainer, samples, BATCH, NULL), GAN_ERROR_DIVERGED);
    assert_int_equal(gan_model_get_tensor(gan.discriminator, "0.weight", now, 32), GAN_OK);
    assert_memory_equal(now, weights, sizeof(weights));
    test_gan_destroy(&gan);
}

/* A logit of +Inf on real samples has the limit 0 as its loss, but is no success. */
static void test_infinite_logits(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_DENSE, 1, GAN_TRAINER(.batch = BATCH));
    float ones[32], samples[BATCH * 4];
    for (int i = 0; i < 32; i++) ones[i] = 1;
    for (int i = 0; i < BATCH * 4; i++) samples[i] = FLT_MAX;
    assert_int_equal(gan_model_set_tensor(gan.discriminator, "0.weight", ones, 32), GAN_OK);
    assert_int_equal(gan_model_set_tensor(gan.discriminator, "2.weight", ones, 8), GAN_OK);
    test_status(gan_trainer_step(gan.trainer, samples, BATCH, NULL), GAN_ERROR_DIVERGED,
                "the loss of the discriminator");
    assert_true(test_weights_finite(gan.discriminator));
    test_gan_destroy(&gan);
}

/* Batch normalisation of values whose square overflows: the loss is finite, the variance is not. */
static void test_infinite_statistics(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_DCGAN, 1, GAN_TRAINER(.batch = BATCH));
    float samples[BATCH * 128];
    test_numbers(1, samples, BATCH * 128);
    for (int i = 0; i < BATCH * 128; i++) samples[i] *= 1e30f;
    test_status(gan_trainer_step(gan.trainer, samples, BATCH, NULL), GAN_ERROR_DIVERGED,
                "a running statistic of the discriminator");
    assert_true(test_weights_finite(gan.discriminator));
    test_gan_steps(&gan, TEST_GAN_DCGAN, 1, 3, BATCH, 1, NULL);
    test_gan_destroy(&gan);
}

/* ---- Bad rates ------------------------------------------------------------------------------------------------- */

/* Trains at a rate that cannot end well. However it ends, weights are from the start of one of the last two steps. */
static void check_rate(test_gan_kind kind, float generator_rate, float discriminator_rate, gan_order order)
{
    const gan_optimizer_options *generator =
        GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_SGD, .learning_rate = generator_rate);
    const gan_optimizer_options *discriminator =
        GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_SGD, .learning_rate = discriminator_rate);
    test_gan gan =
        test_gan_create(kind, 1,
                        GAN_TRAINER(.batch = BATCH, .generator_optimizer = generator, .order = order,
                                    .discriminator_optimizer = discriminator, .loss = GAN_LOSS_LEAST_SQUARES));
    snapshots s = {{NULL}, {NULL}};
    float samples[BATCH * 128];
    gan_status status = GAN_OK;
    for (int step = 1; step <= MOST_STEPS && status == GAN_OK; step++) {
        snapshot(&s, &gan);
        test_numbers(1000 + (uint64_t)step, samples, (size_t)(BATCH * test_gan_elements(kind)));
        status = gan_trainer_step(gan.trainer, samples, BATCH, NULL);
    }
    assert_int_equal(status, GAN_ERROR_DIVERGED);
    assert_non_null(strstr(gan_last_error(), gan_trainer_steps(gan.trainer) > 0
                                                 ? "all models hold the last weights"
                                                 : "all models hold the weights from before it"));
    assert_true(recent_parameters(gan.generator, s.generator));
    assert_true(recent_parameters(gan.discriminator, s.discriminator));
    assert_true(test_weights_finite(gan.generator) && test_weights_finite(gan.discriminator));
    release(&s);
    test_gan_destroy(&gan);
}

static void test_bad_rates(void **state)
{
    (void)state;
    const gan_order orders[] = {GAN_ORDER_DISCRIMINATOR_FIRST, GAN_ORDER_GENERATOR_FIRST};
    for (int i = 0; i < 2; i++) {
        check_rate(TEST_GAN_DENSE, 1e-2f, 1e12f, orders[i]);
        check_rate(TEST_GAN_DENSE, 1e-2f, 10, orders[i]);
        check_rate(TEST_GAN_DCGAN, 1e-2f, 1e15f, orders[i]);
        check_rate(TEST_GAN_DCGAN, 1e30f, 1e-2f, orders[i]);
    }
}

/* Training continues from the remaining weights once the rate is sensible. */
static void test_recovery(void **state)
{
    (void)state;
    float samples[BATCH * 4];
    gan_context *context;
    gan_model *generator, *discriminator;
    gan_trainer *wild, *tame;
    gan_status status = GAN_OK;
    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 1), &context), GAN_OK);
    assert_int_equal(test_gan_models(context, TEST_GAN_DENSE, &generator, &discriminator), GAN_OK);
    assert_int_equal(gan_trainer_create(context, generator, discriminator,
                                        GAN_TRAINER(.batch = BATCH, .discriminator_optimizer =
                                                                        GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_SGD,
                                                                                      .learning_rate = 1e20f)),
                                        &wild),
                     GAN_OK);
    for (int step = 0; step < MOST_STEPS && status == GAN_OK; step++) {
        test_numbers((uint64_t)step, samples, BATCH * 4);
        status = gan_trainer_step(wild, samples, BATCH, NULL);
    }
    assert_int_equal(status, GAN_ERROR_DIVERGED);
    gan_trainer_destroy(wild);
    assert_int_equal(gan_trainer_create(context, generator, discriminator, GAN_TRAINER(.batch = BATCH), &tame),
                     GAN_OK);
    for (int step = 0; step < 20; step++) {
        test_numbers((uint64_t)step, samples, BATCH * 4);
        assert_int_equal(gan_trainer_step(tame, samples, BATCH, NULL), GAN_OK);
    }
    gan_trainer_destroy(tame);
    gan_model_destroy(generator);
    gan_model_destroy(discriminator);
    gan_context_destroy(context);
}

static int keep_epoch(void *user, gan_trainer *trainer, const gan_step_report *report)
{
    (void)trainer;
    *(int64_t *)user = report->epoch;
    return 0;
}

/* ---- In a run -------------------------------------------------------------------------------------------------- */

static void test_run(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_DENSE, 1, GAN_TRAINER(.batch = BATCH));
    float data[12 * 4];
    gan_dataset *dataset;
    test_numbers(1, data, 48);
    data[33] = NAN; /* in the third batch */
    assert_int_equal(
        gan_dataset_from_array(gan.context, data, NULL, 12, GAN_SHAPE(4), GAN_DATASET(.in_order = true), &dataset),
        GAN_OK);
    assert_int_equal(gan_trainer_run(gan.trainer, dataset, GAN_RUN(.epochs = 2)), GAN_ERROR_DIVERGED);
    assert_int_equal(gan_trainer_steps(gan.trainer), 2);
    /* The step that diverged took the last batch of the first epoch. */
    int64_t epoch = -1;
    assert_int_equal(
        gan_trainer_run(gan.trainer, dataset, GAN_RUN(.steps = 2, .progress = keep_epoch, .user = &epoch)), GAN_OK);
    assert_int_equal(gan_trainer_steps(gan.trainer), 4);
    assert_int_equal(epoch, 1);
    gan_dataset_destroy(dataset);
    test_gan_destroy(&gan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_data),
        cmocka_unit_test(test_bad_start),
        cmocka_unit_test(test_bad_weights),
        cmocka_unit_test(test_weights_set),
        cmocka_unit_test(test_infinite_logits),
        cmocka_unit_test(test_infinite_statistics),
        cmocka_unit_test(test_bad_rates),
        cmocka_unit_test(test_recovery),
        cmocka_unit_test(test_run),
    };
    return cmocka_run_group_tests_name("divergence", tests, NULL, NULL);
}
