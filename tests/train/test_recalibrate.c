/* Running statistics measured anew: known answers, what they do for an average, and what is refused. */
#include "gans.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OK(call) test_status(call, GAN_OK, "")

enum { SIZE = 3, MOST = 400 };

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

/* Noise, or what `inputs` gives, through a dense layer if it is wanted, then normalised. */
static gan_model *normalised(bool dense, float momentum)
{
    gan_model *model;
    OK(gan_model_create(context, &model));
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(SIZE)));
    if (dense) gan_model_add(model, gan_layer_named(gan_layer_dense(context, SIZE, NULL), "dense"));
    gan_model_add(model,
                  gan_layer_named(gan_layer_batch_norm(context, GAN_BATCH_NORM(.momentum = momentum)), "norm"));
    OK(gan_model_build(model, 1));
    return model;
}

/* Adds the mean and the unbiased variance of a batch, times its samples. */
static void add_batch(const float *values, int64_t batch, double mean[SIZE], double variance[SIZE])
{
    for (int j = 0; j < SIZE; j++) {
        double sum = 0, squares = 0;
        for (int64_t i = 0; i < batch; i++) sum += (double)values[i * SIZE + j];
        for (int64_t i = 0; i < batch; i++) squares += pow((double)values[i * SIZE + j] - sum / (double)batch, 2);
        mean[j] += sum;
        variance[j] += (double)batch * squares / (double)(batch - 1);
    }
}

/* The means over batches, whose sizes are given; the samples too. */
static void check_answer(float momentum, int64_t count, const int64_t *batches)
{
    float values[MOST * SIZE], running[SIZE];
    double mean[SIZE] = {0}, variance[SIZE] = {0};
    gan_model *model = normalised(false, momentum);
    test_numbers(3, values, (size_t)(count * SIZE));
    for (int64_t i = 0; i < count * SIZE; i++) values[i] = values[i] * 5 + 2;
    for (int64_t first = 0, i = 0; first < count; first += batches[i++]) {
        add_batch(values + first * SIZE, batches[i], mean, variance);
    }
    for (int again = 0; again < 2; again++) {
        OK(gan_model_recalibrate(model, GAN_SAMPLE(.inputs = (const float *[]){values}), count));
        OK(gan_model_get_tensor(model, "norm.running_mean", running, SIZE));
        for (int j = 0; j < SIZE; j++) assert_near((double)running[j], mean[j] / (double)count, 1e-5);
        OK(gan_model_get_tensor(model, "norm.running_var", running, SIZE));
        for (int j = 0; j < SIZE; j++) assert_near((double)running[j], variance[j] / (double)count, 1e-4);
    }
    gan_model_destroy(model);
}

static void test_known_answers(void **state)
{
    (void)state;
    check_answer(0.1f, 2, (int64_t[]){2});
    check_answer(0.1f, 128, (int64_t[]){128});
    check_answer(0.1f, 129, (int64_t[]){65, 64});
    check_answer(0.01f, 257, (int64_t[]){86, 86, 85});
    check_answer(1, 400, (int64_t[]){100, 100, 100, 100});
}

/* Mean and variance over samples of the first value. */
static void measure(gan_model *model, double *mean, double *variance)
{
    enum { COUNT = 2000 };
    float *samples = malloc(COUNT * SIZE * sizeof(*samples));
    double sum = 0, squares = 0;
    assert_non_null(samples);
    OK(gan_model_sample(model, GAN_SAMPLE(.seed = 9), COUNT, samples));
    for (int i = 0; i < COUNT; i++) sum += (double)samples[i * SIZE];
    for (int i = 0; i < COUNT; i++) squares += pow((double)samples[i * SIZE] - sum / COUNT, 2);
    *mean = sum / COUNT;
    *variance = squares / COUNT;
    free(samples);
}

/* A model with statistics of other weights makes samples that are not normalised, until it is recalibrated. */
static void test_other_weights(void **state)
{
    (void)state;
    gan_model *model = normalised(true, 0.1f);
    float weight[SIZE * SIZE];
    const float bias[SIZE] = {4, 4, 4};
    double mean, variance;
    OK(gan_model_recalibrate(model, NULL, 1000));
    OK(gan_model_get_tensor(model, "dense.weight", weight, SIZE * SIZE));
    for (int i = 0; i < SIZE * SIZE; i++) weight[i] *= 3;
    OK(gan_model_set_tensor(model, "dense.weight", weight, SIZE * SIZE));
    OK(gan_model_set_tensor(model, "dense.bias", bias, SIZE));
    measure(model, &mean, &variance);
    assert_true(mean > 2 && variance > 7);
    OK(gan_model_recalibrate(model, NULL, 1000));
    measure(model, &mean, &variance);
    assert_near(mean, 0, 0.15);
    assert_near(variance, 1, 0.15);
    gan_model_destroy(model);
}

/* The same, whatever the number of threads; and models without statistics stay as they are. */
static void test_other_models(void **state)
{
    (void)state;
    size_t count;
    test_gan one = test_gan_create(TEST_GAN_DCGAN, 1, NULL), two = test_gan_create(TEST_GAN_DCGAN, 2, NULL);
    test_gan smooth = test_gan_create(TEST_GAN_DENSE, 1, NULL);
    float *before = test_weights(smooth.generator, &count);
    OK(gan_model_recalibrate(one.generator, GAN_SAMPLE(.seed = 3), 200));
    OK(gan_model_recalibrate(two.generator, GAN_SAMPLE(.seed = 3), 200));
    test_assert_same_weights(one.generator, two.generator);
    OK(gan_model_recalibrate(smooth.generator, NULL, 1));
    test_assert_weights(smooth.generator, before);
    free(before);
    test_gan_destroy(&one);
    test_gan_destroy(&two);
    test_gan_destroy(&smooth);
}

static void test_refused(void **state)
{
    (void)state;
    gan_model *model = normalised(true, 0.1f), *unbuilt;
    size_t count;
    float values[2 * SIZE] = {1, 2, 3, NAN, 5, 6};
    float *before = test_weights(model, &count);
    OK(gan_model_create(context, &unbuilt));
    test_status(gan_model_recalibrate(NULL, NULL, 10), GAN_ERROR_NULL, "model is NULL");
    test_status(gan_model_recalibrate(unbuilt, NULL, 10), GAN_ERROR_STATE, "gan_model_recalibrate");
    test_status(gan_model_recalibrate(model, NULL, 0), GAN_ERROR_ARGUMENT, "gan_model_recalibrate: count is 0");
    test_status(gan_model_recalibrate(model, NULL, 1), GAN_ERROR_BATCH_OF_ONE, "layer 'norm'");
    test_status(gan_model_recalibrate(model, GAN_SAMPLE(.class_count = 1), 10), GAN_ERROR_ARGUMENT, "class_count");
    test_status(gan_model_recalibrate(model, GAN_SAMPLE(.inputs = (const float *[]){values}), 2),
                GAN_ERROR_NOT_FINITE, "gan_model_recalibrate: 'norm.running_mean' becomes nan");
    test_assert_weights(model, before);
    free(before);
    gan_model_destroy(model);
    gan_model_destroy(unbuilt);
}

/* An average has the statistics that its generator had when it was updated: with the generator first, the
 * discriminator's update after that has moved only the generator's own. */
static void check_average(gan_order order, bool same)
{
    test_gan gan = test_gan_create(TEST_GAN_DCGAN, 1, GAN_TRAINER(.batch = 4, .order = order, .ema_decay = 0.5f));
    gan_model *average;
    OK(gan_trainer_get_average(gan.trainer, &average));
    test_gan_steps(&gan, TEST_GAN_DCGAN, 1, 3, 4, 1, NULL);
    for (int64_t i = 0, seen = 0; i < gan_model_tensor_count(average) || seen == 0; i++) {
        gan_tensor_info info = GAN_TENSOR_INFO_INIT;
        float ours[64], its[64];
        OK(gan_model_get_tensor_info(average, i, &info));
        if (!strstr(info.name, "running_mean")) continue;
        assert_true(info.count <= 64);
        OK(gan_model_get_tensor(average, info.name, ours, info.count));
        OK(gan_model_get_tensor(gan.generator, info.name, its, info.count));
        assert_int_equal(memcmp(ours, its, (size_t)info.count * sizeof(*its)) == 0, same);
        seen++;
    }
    test_gan_destroy(&gan);
}

static void test_statistics_of_averages(void **state)
{
    (void)state;
    check_average(GAN_ORDER_DISCRIMINATOR_FIRST, true);
    check_average(GAN_ORDER_GENERATOR_FIRST, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),          cmocka_unit_test(test_other_weights),
        cmocka_unit_test(test_other_models),           cmocka_unit_test(test_refused),
        cmocka_unit_test(test_statistics_of_averages),
    };
    return cmocka_run_group_tests_name("recalibration", tests, setup, teardown);
}
