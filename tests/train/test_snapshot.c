/* Copies of the generator for other threads, while one trains it. */
#include "gans.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 16, ELEMENTS = 3 * 16 * 16, SNAPSHOTS = 12, SAMPLES = 3, MOST_STEPS = 100000 };

/* What a snapshot of the weights after each step holds: a sum that no mixture of two steps has. */
typedef struct training {
    test_gan gan;
    atomic_bool end;
    int64_t steps;
    float sums[MOST_STEPS + 1];
} training;

static float sum_of(const gan_model *model)
{
    size_t count;
    float *weights = test_weights(model, &count), sum = 0;

    for (size_t i = 0; i < count; i++) sum += weights[i] * (float)(i % 13);
    free(weights);
    return sum;
}

static void *train_until_told(void *argument)
{
    static float samples[BATCH * ELEMENTS];
    training *t = argument;

    while (!atomic_load(&t->end) && t->steps < MOST_STEPS) {
        test_numbers((uint64_t)t->steps, samples, BATCH * ELEMENTS);
        assert_int_equal(gan_trainer_step(t->gan.trainer, samples, BATCH, NULL), GAN_OK);
        t->sums[++t->steps] = sum_of(t->gan.generator);
    }
    return NULL;
}

static void test_snapshots_beside_training(void **state)
{
    static training t;
    static float out[SAMPLES * ELEMENTS];
    float sums[SNAPSHOTS];
    pthread_t thread;

    (void)state;
    t.gan = test_gan_create(TEST_GAN_WIDE, 2, GAN_TRAINER(.batch = BATCH));
    t.sums[0] = sum_of(t.gan.generator);
    assert_int_equal(pthread_create(&thread, NULL, train_until_told, &t), 0);
    for (int i = 0; i < SNAPSHOTS; i++) {
        gan_model *snapshot = NULL;
        assert_int_equal(gan_trainer_snapshot(t.gan.trainer, &snapshot), GAN_OK);
        sums[i] = sum_of(snapshot);
        assert_int_equal(gan_model_sample(snapshot, NULL, SAMPLES, out), GAN_OK);
        gan_model_destroy(snapshot);
    }
    atomic_store(&t.end, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    /* Each is the generator after one of the steps, a later one each time or the same. */
    int64_t step = 0;
    for (int i = 0; i < SNAPSHOTS; i++) {
        while (step <= t.steps && t.sums[step] != sums[i]) step++;
        assert_true(step <= t.steps);
    }
    test_gan_destroy(&t.gan);
}

static void test_snapshot_is_the_average(void **state)
{
    gan_model *snapshot = NULL, *average = NULL;

    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_WIDE, 1, GAN_TRAINER(.batch = BATCH, .ema_decay = 0.5f));
    test_gan_steps(&gan, TEST_GAN_WIDE, 1, 2, BATCH, 1, NULL);
    assert_int_equal(gan_trainer_get_average(gan.trainer, &average), GAN_OK);
    assert_int_equal(gan_trainer_snapshot(gan.trainer, &snapshot), GAN_OK);
    test_assert_same_weights(snapshot, average);
    gan_model_destroy(snapshot);
    assert_int_equal(gan_trainer_snapshot(NULL, &snapshot), GAN_ERROR_NULL);
    assert_int_equal(gan_trainer_snapshot(gan.trainer, NULL), GAN_ERROR_NULL);
    test_gan_destroy(&gan);
}

static int snapshot_inside(void *user, gan_trainer *trainer, const gan_step_report *report)
{
    gan_model **snapshot = user;

    if (report->step == 2) assert_int_equal(gan_trainer_snapshot(trainer, snapshot), GAN_OK);
    return 0;
}

/* The progress callback may take one too: between steps it need not wait for its own thread. */
static void test_snapshot_in_the_callback(void **state)
{
    static float samples[2 * BATCH * ELEMENTS];
    gan_model *snapshot = NULL;
    gan_dataset *dataset = NULL;

    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_WIDE, 1, GAN_TRAINER(.batch = BATCH));
    test_numbers(1, samples, 2 * BATCH * ELEMENTS);
    assert_int_equal(
        gan_dataset_from_array(gan.context, samples, NULL, 2 * BATCH, GAN_SHAPE(3, 16, 16), NULL, &dataset), GAN_OK);
    assert_int_equal(
        gan_trainer_run(gan.trainer, dataset, GAN_RUN(.steps = 2, .progress = snapshot_inside, .user = &snapshot)),
        GAN_OK);
    test_assert_same_weights(snapshot, gan.generator);
    gan_model_destroy(snapshot);
    gan_dataset_destroy(dataset);
    test_gan_destroy(&gan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_snapshots_beside_training),
        cmocka_unit_test(test_snapshot_is_the_average),
        cmocka_unit_test(test_snapshot_in_the_callback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
