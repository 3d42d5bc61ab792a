/* Averages of weights, by themselves and in a trainer: known answers, what is rejected, and what a diverging step
 * leaves. test_custom_loop.c compares a step with public calls, bit for bit; test_checkpoint.c tests files. */
#include "gans.h"

#include "support/allocator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 4

static gan_context *context;

static int setup(void **state)
{
    (void)state;
    return gan_context_create(GAN_CONTEXT(.threads = 2), &context) == GAN_OK ? 0 : 1;
}

static int teardown(void **state)
{
    (void)state;
    gan_context_destroy(context);
    return 0;
}

/* A generator with batch normalisation and another of the same kind, with other weights and statistics. */
static void create_pair(gan_model **average, gan_model **model)
{
    gan_model *discriminators[2];
    assert_int_equal(test_gan_models(context, TEST_GAN_DCGAN, average, &discriminators[0]), GAN_OK);
    assert_int_equal(gan_model_clone(*average, model), GAN_OK);
    for (int64_t i = 0; i < gan_model_tensor_count(*model); i++) {
        gan_tensor_info info = GAN_TENSOR_INFO_INIT;
        assert_int_equal(gan_model_get_tensor_info(*model, i, &info), GAN_OK);
        float *values = malloc((size_t)info.count * sizeof(*values));
        assert_non_null(values);
        test_numbers(i + 1, values, (size_t)info.count);
        assert_int_equal(gan_model_set_tensor(*model, info.name, values, (size_t)info.count), GAN_OK);
        free(values);
    }
    gan_model_destroy(discriminators[0]);
}

/* ---- One call -------------------------------------------------------------------------------------------------- */

/* a = decay a + (1 - decay) m for parameters; buffers are the model's. */
static void check_average(double decay)
{
    gan_model *average, *model;
    size_t count, done = 0;
    create_pair(&average, &model);
    float *before = test_weights(average, &count), *other = test_weights(model, &count);
    assert_int_equal(gan_model_average(average, model, decay), GAN_OK);
    float *after = test_weights(average, &count);
    for (int64_t i = 0; i < gan_model_tensor_count(model); i++) {
        gan_tensor_info info = GAN_TENSOR_INFO_INIT;
        assert_int_equal(gan_model_get_tensor_info(model, i, &info), GAN_OK);
        const double kept = info.kind == GAN_TENSOR_PARAMETER ? decay : 0;
        for (int64_t k = 0; k < info.count; k++, done++) {
            assert_near(after[done], kept * before[done] + (1 - kept) * other[done], kept == 0 ? 0 : 1e-7);
        }
    }
    test_assert_weights(model, other);
    free(before);
    free(other);
    free(after);
    gan_model_destroy(average);
    gan_model_destroy(model);
}

static void test_known_answers(void **state)
{
    (void)state;
    const double decays[] = {0, 0.25, 0.5, 0.999, 0.99999, 1};
    for (size_t i = 0; i < sizeof(decays) / sizeof(*decays); i++) check_average(decays[i]);
}

/* If the model stands still, so does the average: rounding does not move it, not even slowly. */
static void test_stands_still(void **state)
{
    (void)state;
    gan_model *average, *model;
    size_t count;
    create_pair(&average, &model);
    float *weights = test_weights(model, &count);
    assert_int_equal(gan_model_average(average, model, 0), GAN_OK);
    for (int i = 0; i < 200; i++) assert_int_equal(gan_model_average(average, model, 0.9999), GAN_OK);
    test_assert_weights(average, weights);
    free(weights);
    gan_model_destroy(average);
    gan_model_destroy(model);
}

static gan_model *dense(gan_context *of, int64_t units, const char *name)
{
    gan_model *model;
    assert_int_equal(gan_model_create(of, &model), GAN_OK);
    gan_model_add(model, gan_layer_input(of, GAN_SHAPE(3)));
    gan_model_add(model, gan_layer_named(gan_layer_dense(of, units, NULL), name));
    assert_int_equal(gan_model_build(model, 1), GAN_OK);
    return model;
}

static void test_refused(void **state)
{
    (void)state;
    gan_context *foreign;
    gan_model *empty, *average = dense(context, 4, "a"), *model = dense(context, 4, "a");
    gan_model *wider = dense(context, 5, "a"), *renamed = dense(context, 4, "b"), *deeper;
    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 1), &foreign), GAN_OK);
    gan_model *elsewhere = dense(foreign, 4, "a");
    assert_int_equal(gan_model_create(context, &empty), GAN_OK);
    assert_int_equal(gan_model_create(context, &deeper), GAN_OK);
    gan_model_add(deeper, gan_layer_input(context, GAN_SHAPE(3)));
    gan_model_add(deeper, gan_layer_named(gan_layer_dense(context, 4, NULL), "a"));
    gan_model_add(deeper, gan_layer_dense(context, 4, NULL));
    assert_int_equal(gan_model_build(deeper, 1), GAN_OK);
    size_t count;
    float *before = test_weights(average, &count);

    test_status(gan_model_average(NULL, model, 0.5), GAN_ERROR_NULL, "average is NULL");
    test_status(gan_model_average(average, NULL, 0.5), GAN_ERROR_NULL, "model is NULL");
    test_status(gan_model_average(average, empty, 0.5), GAN_ERROR_STATE, "not built");
    test_status(gan_model_average(empty, model, 0.5), GAN_ERROR_STATE, "not built");
    test_status(gan_model_average(average, average, 0.5), GAN_ERROR_ARGUMENT, "the same model");
    test_status(gan_model_average(average, elsewhere, 0.5), GAN_ERROR_ARGUMENT, "another context");
    test_status(gan_model_average(average, model, -0.1), GAN_ERROR_ARGUMENT, "decay is -0.1");
    test_status(gan_model_average(average, model, 1.5), GAN_ERROR_ARGUMENT, "decay is 1.5");
    test_status(gan_model_average(average, model, NAN), GAN_ERROR_NOT_FINITE, "decay is nan");
    test_status(gan_model_average(average, wider, 0.5), GAN_ERROR_ARCHITECTURE,
                "tensor 0 of the average is 'a.weight' (4, 3), but that of the model 'a.weight' (5, 3)");
    test_status(gan_model_average(average, renamed, 0.5), GAN_ERROR_ARCHITECTURE, "'b.weight'");
    test_status(gan_model_average(average, deeper, 0.5), GAN_ERROR_ARCHITECTURE,
                "the average has 2 tensors, but the model 4");
    test_assert_weights(average, before);

    free(before);
    gan_model_destroy(elsewhere);
    gan_model_destroy(deeper);
    gan_model_destroy(renamed);
    gan_model_destroy(wider);
    gan_model_destroy(model);
    gan_model_destroy(average);
    gan_model_destroy(empty);
    gan_context_destroy(foreign);
}

/* ---- In a trainer ---------------------------------------------------------------------------------------------- */

static gan_model *average_of(const test_gan *gan)
{
    gan_model *average = NULL;
    assert_int_equal(gan_trainer_get_average(gan->trainer, &average), GAN_OK);
    return average;
}

/* Trains by `options` and averages the weights after each step in double, by the decay that the step should have. */
static void check_course(const gan_trainer_options *options, int updates, const double *decays, int steps)
{
    test_gan gan = test_gan_create(TEST_GAN_DENSE, 1, options);
    size_t count;
    float *weights = test_weights(gan.generator, &count);
    double *expected = malloc(count * sizeof(*expected));
    assert_non_null(expected);
    for (size_t i = 0; i < count; i++) expected[i] = weights[i];
    for (int step = 1; step <= steps; step++) {
        test_gan_steps(&gan, TEST_GAN_DENSE, step, step, BATCH, updates, NULL);
        float *now = test_weights(gan.generator, &count), *average = test_weights(average_of(&gan), &count);
        assert_memory_not_equal(now, weights, count * sizeof(*now));
        for (size_t i = 0; i < count; i++) {
            expected[i] = decays[step - 1] * expected[i] + (1 - decays[step - 1]) * now[i];
            assert_near(average[i], expected[i], 2e-7);
        }
        free(average);
        free(now);
    }
    free(expected);
    free(weights);
    test_gan_destroy(&gan);
}

/* A learning rate at which steps differ by far more than rounding. */
#define RATE 0.1f

static void test_decay(void **state)
{
    (void)state;
    const double decay = 0.75f, decays[] = {decay, decay, decay, decay};
    check_course(GAN_TRAINER(.batch = BATCH, .learning_rate = RATE, .ema_decay = 0.75f), 1, decays, 4);
}

/* Steps of four samples with a half-life of eight: half remains after two; with two updates of D, after one. */
static void test_half_life(void **state)
{
    (void)state;
    const double decays[] = {sqrt(0.5), sqrt(0.5), sqrt(0.5)}, halves[] = {0.5, 0.5, 0.5};
    check_course(GAN_TRAINER(.batch = BATCH, .learning_rate = RATE, .ema_half_life = 8), 1, decays, 3);
    check_course(GAN_TRAINER(.batch = BATCH, .learning_rate = RATE, .ema_half_life = 8, .discriminator_steps = 2), 2,
                 halves, 3);
}

/* Nothing remains of the first weights; then the half-life is half of 4, of 8 and of 12 samples, and finally the
 * option's 7, which is less than half of 16. */
static void test_ramp(void **state)
{
    (void)state;
    const double decays[] = {0, exp2(-4.0 / 2), exp2(-4.0 / 4), exp2(-4.0 / 6), exp2(-4.0 / 7), exp2(-4.0 / 7)};
    check_course(GAN_TRAINER(.batch = BATCH, .learning_rate = RATE, .ema_half_life = 7, .ema_ramp = 0.5f), 1, decays,
                 6);
}

/* A half-life counts samples: the batch size makes no difference to a generator that stands still. */
static void test_any_batch(void **state)
{
    (void)state;
    const gan_optimizer_options *still = GAN_OPTIMIZER(.learning_rate = GAN_ZERO);
    const float before[24] = {0}, after[24] = {[3] = 1};
    const int64_t batches[] = {1, 2, 4};
    for (int i = 0; i < 3; i++) {
        test_gan gan = test_gan_create(
            TEST_GAN_DENSE, 1, GAN_TRAINER(.batch = BATCH, .generator_optimizer = still, .ema_half_life = 12));
        gan_model *average = average_of(&gan);
        float now[24];
        assert_int_equal(gan_model_set_tensor(average, "0.weight", before, 24), GAN_OK);
        assert_int_equal(gan_model_set_tensor(gan.generator, "0.weight", after, 24), GAN_OK);
        test_gan_steps(&gan, TEST_GAN_DENSE, 1, (int)(12 / batches[i]), batches[i], 1, NULL);
        assert_int_equal(gan_model_get_tensor(average, "0.weight", now, 24), GAN_OK);
        assert_near(now[3], 0.5, 1e-6);
        test_gan_steps(&gan, TEST_GAN_DENSE, 1, (int)(12 / batches[i]), batches[i], 1, NULL);
        assert_int_equal(gan_model_get_tensor(average, "0.weight", now, 24), GAN_OK);
        assert_near(now[3], 0.75, 1e-6);
        test_gan_destroy(&gan);
    }
}

/* An average does not disturb training; samples are drawn from it, with the generator's running statistics. */
static void test_sample(void **state)
{
    (void)state;
    const gan_optimizer_options *fast = GAN_OPTIMIZER(.learning_rate = 0.01f);
    test_gan plain = test_gan_create(TEST_GAN_DCGAN, 1, GAN_TRAINER(.batch = BATCH, .generator_optimizer = fast));
    test_gan gan = test_gan_create(TEST_GAN_DCGAN, 1,
                                   GAN_TRAINER(.batch = BATCH, .generator_optimizer = fast, .ema_decay = 0.9f));
    float by_trainer[5 * 128], by_average[5 * 128], by_generator[5 * 128], own[4], averaged[4];
    test_gan_steps(&plain, TEST_GAN_DCGAN, 1, 5, BATCH, 1, NULL);
    test_gan_steps(&gan, TEST_GAN_DCGAN, 1, 5, BATCH, 1, NULL);
    test_assert_same_weights(plain.generator, gan.generator);
    test_assert_same_weights(plain.discriminator, gan.discriminator);
    assert_int_equal(gan_trainer_sample(gan.trainer, GAN_SAMPLE(.seed = 9), 5, by_trainer), GAN_OK);
    assert_int_equal(gan_model_sample(average_of(&gan), GAN_SAMPLE(.seed = 9), 5, by_average), GAN_OK);
    assert_int_equal(gan_model_sample(gan.generator, GAN_SAMPLE(.seed = 9), 5, by_generator), GAN_OK);
    assert_memory_equal(by_trainer, by_average, sizeof(by_average));
    assert_memory_not_equal(by_trainer, by_generator, sizeof(by_average));
    assert_int_equal(gan_model_get_tensor(gan.generator, "5.running_mean", own, 3), GAN_OK);
    assert_int_equal(gan_model_get_tensor(average_of(&gan), "5.running_mean", averaged, 3), GAN_OK);
    assert_memory_equal(own, averaged, 3 * sizeof(*own));

    gan_model *none = NULL;
    test_status(gan_trainer_get_average(plain.trainer, &none), GAN_ERROR_STATE,
                "without ema_decay and ema_half_life");
    test_status(gan_trainer_get_average(NULL, &none), GAN_ERROR_NULL, "trainer is NULL");
    test_status(gan_trainer_get_average(gan.trainer, NULL), GAN_ERROR_NULL, "out is NULL");
    assert_null(none);
    test_gan_destroy(&gan);
    test_gan_destroy(&plain);
}

static void test_options_refused(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_DENSE, 1, NULL);
    const refused_options cases[] = {
        {GAN_TRAINER(.ema_decay = 1), GAN_ERROR_ARGUMENT, "ema_decay is 1, expected in [0, 1)"},
        {GAN_TRAINER(.ema_decay = -0.5f), GAN_ERROR_ARGUMENT, "ema_decay is -0.5"},
        {GAN_TRAINER(.ema_decay = NAN), GAN_ERROR_NOT_FINITE, "ema_decay is nan"},
        {GAN_TRAINER(.ema_half_life = -10), GAN_ERROR_ARGUMENT, "ema_half_life is -10"},
        {GAN_TRAINER(.ema_half_life = GAN_ZERO), GAN_ERROR_ARGUMENT, "ema_half_life is 0"},
        {GAN_TRAINER(.ema_half_life = INFINITY), GAN_ERROR_NOT_FINITE, "ema_half_life is inf"},
        {GAN_TRAINER(.ema_decay = 0.5f, .ema_half_life = 100), GAN_ERROR_ARGUMENT,
         "ema_decay is 0.5 and ema_half_life 100"},
        {GAN_TRAINER(.ema_half_life = 100, .ema_ramp = -1), GAN_ERROR_ARGUMENT, "ema_ramp is -1"},
        {GAN_TRAINER(.ema_half_life = 100, .ema_ramp = NAN), GAN_ERROR_NOT_FINITE, "ema_ramp is nan"},
        {GAN_TRAINER(.ema_ramp = 0.05f), GAN_ERROR_ARGUMENT, "ema_ramp is 0.05, but there is no ema_half_life"},
        {GAN_TRAINER(.ema_decay = 0.5f, .ema_ramp = 0.05f), GAN_ERROR_ARGUMENT, "there is no ema_half_life"},
    };
    test_options_are_refused(&gan, cases, sizeof(cases) / sizeof(*cases));
    test_gan_destroy(&gan);
}

/* ---- Divergence ------------------------------------------------------------------------------------------------ */

static void copy_parameters(const gan_model *model, float *out)
{
    for (int64_t i = 0; i < gan_model_tensor_count(model); i++) {
        gan_tensor_info info = GAN_TENSOR_INFO_INIT;
        assert_int_equal(gan_model_get_tensor_info(model, i, &info), GAN_OK);
        if (info.kind != GAN_TENSOR_PARAMETER) continue;
        assert_int_equal(gan_model_get_tensor(model, info.name, out, (size_t)info.count), GAN_OK);
        out += info.count;
    }
}

#define MOST_PARAMETERS 1024

/* What a step on bad samples leaves of the average: the parameters of `steps_back` steps ago, which hold only good
 * weights, and the running statistics of the last step. */
static void check_divergence(gan_order order, int steps_back)
{
    test_gan gan = test_gan_create(
        TEST_GAN_DCGAN, 1, GAN_TRAINER(.batch = BATCH, .learning_rate = 0.01f, .ema_decay = 0.5f, .order = order));
    gan_model *average = average_of(&gan);
    static float good[4][MOST_PARAMETERS], now[MOST_PARAMETERS];
    float samples[BATCH * 128], statistics[3], statistics_now[3];
    assert_true(gan_model_parameter_count(average) <= MOST_PARAMETERS);
    for (int step = 1; step <= 3; step++) {
        test_gan_steps(&gan, TEST_GAN_DCGAN, step, step, BATCH, 1, NULL);
        copy_parameters(average, good[step]);
    }
    assert_memory_not_equal(good[2], good[3], sizeof(good[2]));
    assert_int_equal(gan_model_get_tensor(average, "5.running_mean", statistics, 3), GAN_OK);
    for (int i = 0; i < BATCH * 128; i++) samples[i] = NAN;
    for (int again = 0; again < 2; again++) {
        assert_int_equal(gan_trainer_step(gan.trainer, samples, BATCH, NULL), GAN_ERROR_DIVERGED);
        copy_parameters(average, now);
        assert_memory_equal(now, good[3 - steps_back], sizeof(now));
        assert_int_equal(gan_model_get_tensor(average, "5.running_mean", statistics_now, 3), GAN_OK);
        assert_memory_equal(statistics_now, statistics, sizeof(statistics));
    }
    test_gan_steps(&gan, TEST_GAN_DCGAN, 4, 6, BATCH, 1, NULL);
    assert_true(test_weights_finite(average));
    test_gan_destroy(&gan);
}

/* With D first, G's last weights were never proved and leave the average too; with G first, the loss of its own
 * update in the bad step has proved them. */
static void test_divergence(void **state)
{
    (void)state;
    check_divergence(GAN_ORDER_DISCRIMINATOR_FIRST, 1);
    check_divergence(GAN_ORDER_GENERATOR_FIRST, 0);
}

/* A generator that explodes does not take its average along. */
static void test_explosion(void **state)
{
    (void)state;
    const gan_optimizer_options *wild = GAN_OPTIMIZER(.algorithm = GAN_OPTIMIZER_SGD, .learning_rate = 1e30f);
    test_gan gan = test_gan_create(TEST_GAN_DCGAN, 1,
                                   GAN_TRAINER(.batch = BATCH, .generator_optimizer = wild, .ema_decay = 0.5f));
    gan_model *average = average_of(&gan);
    gan_status status = GAN_OK;
    float samples[BATCH * 128], made[128];
    for (int step = 1; step <= 100 && status == GAN_OK; step++) {
        test_numbers((uint64_t)step, samples, BATCH * 128);
        status = gan_trainer_step(gan.trainer, samples, BATCH, NULL);
    }
    assert_int_equal(status, GAN_ERROR_DIVERGED);
    assert_true(test_weights_finite(average));
    assert_int_equal(gan_trainer_sample(gan.trainer, GAN_SAMPLE(.seed = 1), 1, made), GAN_OK);
    for (int i = 0; i < 128; i++) assert_true(isfinite(made[i]));
    test_gan_destroy(&gan);
}

/* ---- Memory ---------------------------------------------------------------------------------------------------- */

static gan_status train_on_average(gan_context *failing, void *user)
{
    gan_model *generator, *discriminator;
    gan_trainer *trainer = NULL;
    gan_status status = test_gan_models(failing, TEST_GAN_DCGAN, &generator, &discriminator);
    (void)user;
    if (status != GAN_OK) return status;
    status =
        gan_trainer_create(failing, generator, discriminator, GAN_TRAINER(.batch = 2, .ema_half_life = 10), &trainer);
    gan_trainer_destroy(trainer);
    gan_model_destroy(generator);
    gan_model_destroy(discriminator);
    return status;
}

static void test_failing_allocations(void **state)
{
    (void)state;
    assert_true(test_every_allocation_fails(train_on_average, NULL) > 100);
}

static uint64_t allocations(const gan_context *of)
{
    gan_context_info info = GAN_CONTEXT_INFO_INIT;
    assert_int_equal(gan_context_get_info(of, &info), GAN_OK);
    return info.allocations;
}

/* A step allocates nothing; a session on the average keeps it alive after the trainer is gone. */
static void test_memory(void **state)
{
    (void)state;
    test_gan gan =
        test_gan_create(TEST_GAN_DCGAN, 2, GAN_TRAINER(.batch = BATCH, .ema_half_life = 10, .ema_ramp = 1));
    gan_session *session;
    const float noise[3] = {1, 2, 3};
    float made[128];
    const uint64_t before = allocations(gan.context);
    test_gan_steps(&gan, TEST_GAN_DCGAN, 1, 3, BATCH, 1, NULL);
    assert_int_equal(gan_trainer_sample(gan.trainer, GAN_SAMPLE(.seed = 1), 1, made), GAN_OK);
    assert_int_equal(allocations(gan.context), before);
    assert_int_equal(gan_session_create(average_of(&gan), NULL, &session), GAN_OK);
    test_gan_destroy(&gan);
    assert_int_equal(gan_session_set_input(session, 0, noise, 1), GAN_OK);
    assert_int_equal(gan_session_forward(session, GAN_MODE_SAMPLE), GAN_OK);
    gan_session_destroy(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),   cmocka_unit_test(test_stands_still),
        cmocka_unit_test(test_refused),         cmocka_unit_test(test_decay),
        cmocka_unit_test(test_half_life),       cmocka_unit_test(test_ramp),
        cmocka_unit_test(test_any_batch),       cmocka_unit_test(test_sample),
        cmocka_unit_test(test_options_refused), cmocka_unit_test(test_divergence),
        cmocka_unit_test(test_explosion),       cmocka_unit_test(test_failing_allocations),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests_name("averages", tests, setup, teardown);
}
