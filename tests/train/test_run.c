/* Runs over a dataset: limits, progress, the ends of epochs, and cancelling. */
#include "gans.h"

#include <math.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH      4
#define KIND       TEST_GAN_DENSE
#define ELEMENTS   4
#define MOST_COUNT 64

static float data[MOST_COUNT * ELEMENTS];

static gan_dataset *dataset_of(const test_gan *gan, int64_t count, const gan_dataset_options *options)
{
    gan_dataset *dataset;
    test_numbers(77, data, MOST_COUNT * ELEMENTS);
    assert_int_equal(gan_dataset_from_array(gan->context, data, NULL, count, test_gan_shape(KIND), options, &dataset),
                     GAN_OK);
    return dataset;
}

/* ---- What the callback sees ------------------------------------------------------------------------------------ */

#define MOST_REPORTS 64

typedef struct record {
    gan_step_report reports[MOST_REPORTS];
    int count;
    int cancel_at; /* the callback cancels at this step of the run; 0: never */
} record;

static int remember(void *user, gan_trainer *trainer, const gan_step_report *report)
{
    record *r = user;
    assert_int_equal(report->step, gan_trainer_steps(trainer));
    assert_true(r->count < MOST_REPORTS);
    r->reports[r->count++] = *report;
    return r->count == r->cancel_at;
}

static void expect_batches(const record *r, const int64_t *batches, int count)
{
    assert_int_equal(r->count, count);
    for (int i = 0; i < count; i++) assert_int_equal(r->reports[i].batch, batches[i]);
}

/* ---- Limits ---------------------------------------------------------------------------------------------------- */

static void test_epochs(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(KIND, 1, GAN_TRAINER(.batch = BATCH));
    gan_dataset *dataset = dataset_of(&gan, 10, NULL);
    record r = {0};
    assert_int_equal(gan_trainer_run(gan.trainer, dataset, GAN_RUN(.epochs = 2, .progress = remember, .user = &r)),
                     GAN_OK);
    expect_batches(&r, (const int64_t[]){4, 4, 2, 4, 4, 2}, 6);
    for (int i = 0; i < 6; i++) {
        const int64_t done[] = {4, 8, 10, 14, 18, 20};
        const gan_step_report *report = &r.reports[i];
        assert_int_equal(report->step, i + 1);
        assert_int_equal(report->epoch, (i + 1) / 3);
        assert_near(report->progress, (double)done[i] / 20, 1e-12);
        assert_true(report->samples_per_second > 0);
        assert_true(report->seconds > 0 && (i == 0 || report->seconds >= r.reports[i - 1].seconds));
        assert_true(i == 5 ? report->seconds_left == 0 : report->seconds_left > 0);
    }
    /* Without a limit: one epoch. */
    r.count = 0;
    assert_int_equal(gan_trainer_run(gan.trainer, dataset, GAN_RUN(.progress = remember, .user = &r)), GAN_OK);
    assert_int_equal(r.count, 3);
    assert_int_equal(r.reports[2].epoch, 3);
    assert_int_equal(gan_trainer_run(gan.trainer, dataset, NULL), GAN_OK);
    assert_int_equal(gan_trainer_steps(gan.trainer), 12);
    gan_dataset_destroy(dataset);
    test_gan_destroy(&gan);
}

static void test_steps(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(KIND, 1, GAN_TRAINER(.batch = BATCH));
    gan_dataset *dataset = dataset_of(&gan, 10, NULL);
    record r = {0};
    assert_int_equal(gan_trainer_run(gan.trainer, dataset, GAN_RUN(.steps = 5, .progress = remember, .user = &r)),
                     GAN_OK);
    expect_batches(&r, (const int64_t[]){4, 4, 2, 4, 4}, 5);
    for (int i = 0; i < 5; i++) assert_near(r.reports[i].progress, (i + 1) / 5.0, 1e-12);
    assert_true(r.reports[4].seconds_left == 0);

    /* The epoch in progress is finished first and counts as one: the first limit ends the run. */
    r.count = 0;
    assert_int_equal(
        gan_trainer_run(gan.trainer, dataset, GAN_RUN(.epochs = 2, .steps = 100, .progress = remember, .user = &r)),
        GAN_OK);
    expect_batches(&r, (const int64_t[]){2, 4, 4, 2}, 4);
    assert_near(r.reports[0].progress, 2.0 / 12, 1e-12);
    assert_near(r.reports[3].progress, 1, 1e-12);
    assert_int_equal(r.reports[3].epoch, 3);
    assert_int_equal(r.reports[3].step, 9);
    gan_dataset_destroy(dataset);
    test_gan_destroy(&gan);
}

/* A time limit that has passed at the first check ends the run after one step; a distant one does not. */
static void test_seconds(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(KIND, 1, GAN_TRAINER(.batch = BATCH));
    gan_dataset *dataset = dataset_of(&gan, 10, NULL);
    record r = {0};
    assert_int_equal(
        gan_trainer_run(gan.trainer, dataset, GAN_RUN(.seconds = 1e-9, .progress = remember, .user = &r)), GAN_OK);
    assert_int_equal(r.count, 1);
    assert_true(r.reports[0].progress == 1 && r.reports[0].seconds_left == 0);
    assert_int_equal(
        gan_trainer_run(gan.trainer, dataset, GAN_RUN(.seconds = 1e6, .steps = 2, .progress = remember, .user = &r)),
        GAN_OK);
    assert_int_equal(r.count, 3);
    assert_near(r.reports[1].progress, 0.5, 1e-12);
    assert_true(r.reports[1].seconds_left < 1e5);
    gan_dataset_destroy(dataset);
    test_gan_destroy(&gan);
}

/* ---- Ends of epochs -------------------------------------------------------------------------------------------- */

static void test_drop_last(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(KIND, 1, GAN_TRAINER(.batch = BATCH));
    gan_dataset *dataset = dataset_of(&gan, 10, GAN_DATASET(.drop_last = true)), *small;
    record r = {0};
    assert_int_equal(gan_trainer_run(gan.trainer, dataset, GAN_RUN(.epochs = 2, .progress = remember, .user = &r)),
                     GAN_OK);
    expect_batches(&r, (const int64_t[]){4, 4, 4, 4}, 4);
    assert_near(r.reports[0].progress, 0.25, 1e-12);
    assert_near(r.reports[3].progress, 1, 1e-12);
    assert_int_equal(r.reports[3].epoch, 2);
    small = dataset_of(&gan, 3, GAN_DATASET(.drop_last = true));
    test_status(gan_trainer_run(gan.trainer, small, NULL), GAN_ERROR_BATCH, "drop_last");
    gan_dataset_destroy(small);
    gan_dataset_destroy(dataset);
    test_gan_destroy(&gan);
}

/* With three updates of D per step, an epoch of 22 samples gives 4 + 4 + 4 and 4 + 4 + 2; one of 17, 12 and 4 + 1. */
/* Counts messages about samples that are left out. */
static void count_left_out(void *user, gan_log_level level, const char *message)
{
    if (level == GAN_LOG_INFO && strstr(message, "leaves out its last 1, too few for batch normalisation"))
        (*(int *)user)++;
}

/* A single sample at an epoch's end is left out where batch normalisation could not train on it, and the log says so
 * once; other rests are used. */
static void check_left_out(int64_t count, int64_t updates, const int64_t *batches, int steps, int expected)
{
    enum { SAMPLE = 2 * 8 * 8, MOST = 20 };
    static float images[MOST * SAMPLE];
    gan_context *context = NULL;
    gan_dataset *dataset;
    int told = 0;
    record r = {0};
    test_numbers(3, images, MOST * SAMPLE);
    assert_int_equal(
        gan_context_create(GAN_CONTEXT(.threads = 1, .log = count_left_out, .log_user = &told), &context), GAN_OK);
    test_gan gan =
        test_gan_create_in(context, TEST_GAN_DCGAN, GAN_TRAINER(.batch = BATCH, .discriminator_steps = updates));
    assert_int_equal(gan_dataset_from_array(context, images, NULL, count, GAN_SHAPE(2, 8, 8), NULL, &dataset),
                     GAN_OK);
    for (int run = 0; run < 2; run++) {
        r.count = 0;
        assert_int_equal(
            gan_trainer_run(gan.trainer, dataset, GAN_RUN(.epochs = 2, .progress = remember, .user = &r)), GAN_OK);
        expect_batches(&r, batches, steps);
        assert_near(r.reports[steps - 1].progress, 1, 1e-12);
        assert_int_equal(r.reports[steps - 1].epoch, 2 * (run + 1));
        assert_int_equal(told, expected);
    }
    gan_dataset_destroy(dataset);
    test_gan_destroy(&gan);
}

static void test_left_out(void **state)
{
    (void)state;
    check_left_out(9, 1, (const int64_t[]){4, 4, 4, 4}, 4, 1);
    check_left_out(8, 1, (const int64_t[]){4, 4, 4, 4}, 4, 0);
    check_left_out(10, 1, (const int64_t[]){4, 4, 2, 4, 4, 2}, 6, 0);
    check_left_out(17, 3, (const int64_t[]){12, 4, 12, 4}, 4, 1);
    check_left_out(13, 3, (const int64_t[]){12, 12}, 2, 1);
}

/* A data set of one sample is no rest, but an error. */
static void test_one_sample(void **state)
{
    (void)state;
    float image[128];
    gan_dataset *dataset;
    test_gan gan = test_gan_create(TEST_GAN_DCGAN, 1, GAN_TRAINER(.batch = BATCH));
    test_numbers(3, image, 128);
    assert_int_equal(gan_dataset_from_array(gan.context, image, NULL, 1, GAN_SHAPE(2, 8, 8), NULL, &dataset), GAN_OK);
    test_status(gan_trainer_run(gan.trainer, dataset, NULL), GAN_ERROR_BATCH_OF_ONE, "(batch_norm)");
    gan_dataset_destroy(dataset);
    test_gan_destroy(&gan);
}

static void test_several_updates(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(KIND, 1, GAN_TRAINER(.batch = BATCH, .discriminator_steps = 3));
    gan_dataset *dataset = dataset_of(&gan, 22, NULL);
    record r = {0};
    assert_int_equal(gan_trainer_run(gan.trainer, dataset, GAN_RUN(.epochs = 2, .progress = remember, .user = &r)),
                     GAN_OK);
    expect_batches(&r, (const int64_t[]){12, 10, 12, 10}, 4);
    gan_dataset_destroy(dataset);
    dataset = dataset_of(&gan, 17, NULL);
    r.count = 0;
    assert_int_equal(gan_trainer_run(gan.trainer, dataset, GAN_RUN(.epochs = 1, .progress = remember, .user = &r)),
                     GAN_OK);
    expect_batches(&r, (const int64_t[]){12, 5}, 2);
    gan_dataset_destroy(dataset);
    test_gan_destroy(&gan);
}

/* A run equals its steps: the same samples in the same order give the same bits. */
static void test_run_equals_steps(void **state)
{
    (void)state;
    test_gan ran = test_gan_create(KIND, 1, GAN_TRAINER(.batch = BATCH)),
             stepped = test_gan_create(KIND, 1, GAN_TRAINER(.batch = BATCH));
    gan_dataset *dataset = dataset_of(&ran, 10, NULL), *same = dataset_of(&stepped, 10, NULL);
    float samples[BATCH * ELEMENTS];
    assert_int_equal(gan_trainer_run(ran.trainer, dataset, GAN_RUN(.epochs = 3)), GAN_OK);
    for (int i = 0; i < 9; i++) {
        int64_t count;
        assert_int_equal(gan_dataset_next(same, BATCH, samples, NULL, &count), GAN_OK);
        assert_int_equal(gan_trainer_step(stepped.trainer, samples, count, NULL), GAN_OK);
    }
    test_assert_same_weights(ran.generator, stepped.generator);
    test_assert_same_weights(ran.discriminator, stepped.discriminator);
    gan_dataset_destroy(dataset);
    gan_dataset_destroy(same);
    test_gan_destroy(&ran);
    test_gan_destroy(&stepped);
}

/* ---- Cancelling ------------------------------------------------------------------------------------------------ */

static void test_cancel_by_callback(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(KIND, 1, GAN_TRAINER(.batch = BATCH));
    test_gan whole = test_gan_create(KIND, 1, GAN_TRAINER(.batch = BATCH));
    gan_dataset *dataset = dataset_of(&gan, 10, NULL), *same = dataset_of(&whole, 10, NULL);
    record r = {.cancel_at = 2};
    test_status(gan_trainer_run(gan.trainer, dataset, GAN_RUN(.epochs = 2, .progress = remember, .user = &r)),
                GAN_ERROR_CANCELLED, "callback");
    assert_int_equal(r.count, 2);
    /* The next run continues from there, as if nothing had happened. */
    assert_int_equal(gan_trainer_run(gan.trainer, dataset, GAN_RUN(.epochs = 2)), GAN_OK);
    assert_int_equal(gan_trainer_run(whole.trainer, same, GAN_RUN(.epochs = 2)), GAN_OK);
    assert_int_equal(gan_trainer_steps(gan.trainer), 6);
    test_assert_same_weights(gan.generator, whole.generator);
    gan_dataset_destroy(dataset);
    gan_dataset_destroy(same);
    test_gan_destroy(&gan);
    test_gan_destroy(&whole);
}

/* Another thread cancels after the first step. */
typedef struct canceller {
    gan_trainer *trainer;
    sem_t stepped;
} canceller;

static void *cancel_after_a_step(void *user)
{
    canceller *c = user;
    if (sem_wait(&c->stepped) == 0) gan_trainer_cancel(c->trainer);
    return NULL;
}

static int tell_canceller(void *user, gan_trainer *trainer, const gan_step_report *report)
{
    (void)trainer;
    return report->step == 1 ? sem_post(&((canceller *)user)->stepped) : 0;
}

static void test_cancel_by_thread(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(KIND, 1, GAN_TRAINER(.batch = BATCH));
    gan_dataset *dataset = dataset_of(&gan, 10, NULL);
    canceller c = {.trainer = gan.trainer};
    pthread_t thread;
    assert_int_equal(sem_init(&c.stepped, 0, 0), 0);
    assert_int_equal(pthread_create(&thread, NULL, cancel_after_a_step, &c), 0);
    test_status(
        gan_trainer_run(gan.trainer, dataset, GAN_RUN(.epochs = INT64_MAX, .progress = tell_canceller, .user = &c)),
        GAN_ERROR_CANCELLED, "cancelled after step");
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(sem_destroy(&c.stepped), 0);
    assert_true(gan_trainer_steps(gan.trainer) > 0);
    assert_int_equal(gan_trainer_run(gan.trainer, dataset, GAN_RUN(.steps = 1)), GAN_OK);
    gan_dataset_destroy(dataset);
    test_gan_destroy(&gan);
}

static gan_trainer *of_signal;

static void cancel_from_signal(int number)
{
    signal(number, cancel_from_signal); /* some systems forget it */
    gan_trainer_cancel(of_signal);
}

static int raise_signal(void *user, gan_trainer *trainer, const gan_step_report *report)
{
    (void)user;
    (void)trainer;
    return report->step % 3 == 0 ? raise(SIGTERM) : 0;
}

static void test_cancel_by_signal(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(KIND, 1, GAN_TRAINER(.batch = BATCH));
    gan_dataset *dataset = dataset_of(&gan, 10, NULL);
    void (*const before)(int) = signal(SIGTERM, cancel_from_signal);
    of_signal = gan.trainer;
    assert_true(before != SIG_ERR);
    test_status(gan_trainer_run(gan.trainer, dataset, GAN_RUN(.steps = 100, .progress = raise_signal)),
                GAN_ERROR_CANCELLED, "cancelled after step 3");
    /* In the last step it is not lost either. */
    test_status(gan_trainer_run(gan.trainer, dataset, GAN_RUN(.steps = 3, .progress = raise_signal)),
                GAN_ERROR_CANCELLED, "cancelled after step 6");
    assert_int_equal(gan_trainer_run(gan.trainer, dataset, GAN_RUN(.steps = 1)), GAN_OK);
    signal(SIGTERM, before);
    gan_dataset_destroy(dataset);
    test_gan_destroy(&gan);
}

static int cancel_at_once(void *user, gan_trainer *trainer, const gan_step_report *report)
{
    (void)user;
    (void)report;
    gan_trainer_cancel(trainer);
    return 0;
}

/* What was cancelled before a run, or after its end, is not the next run. */
static void test_cancel_outside_a_run(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(KIND, 1, GAN_TRAINER(.batch = BATCH));
    gan_dataset *dataset = dataset_of(&gan, 10, NULL);
    gan_trainer_cancel(gan.trainer);
    assert_int_equal(gan_trainer_run(gan.trainer, dataset, NULL), GAN_OK);
    assert_int_equal(gan_trainer_steps(gan.trainer), 3);
    gan_trainer_cancel(gan.trainer);
    assert_int_equal(gan_trainer_run(gan.trainer, dataset, GAN_RUN(.steps = 1)), GAN_OK);
    assert_int_equal(gan_trainer_run(gan.trainer, dataset, GAN_RUN(.steps = 9, .progress = cancel_at_once)),
                     GAN_ERROR_CANCELLED);
    assert_int_equal(gan_trainer_steps(gan.trainer), 5);
    assert_int_equal(gan_trainer_run(gan.trainer, dataset, GAN_RUN(.steps = 1)), GAN_OK);
    gan_dataset_destroy(dataset);
    test_gan_destroy(&gan);
}

/* ---- Refused --------------------------------------------------------------------------------------------------- */

static void test_refused(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(KIND, 1, GAN_TRAINER(.batch = BATCH)),
             other = test_gan_create(KIND, 1, GAN_TRAINER(.batch = BATCH));
    gan_dataset *dataset = dataset_of(&gan, 10, NULL), *images, *foreign = dataset_of(&other, 10, NULL);
    assert_int_equal(gan_dataset_from_array(gan.context, data, NULL, 2, GAN_SHAPE(1, 2, 2), NULL, &images), GAN_OK);
    test_status(gan_trainer_run(NULL, dataset, NULL), GAN_ERROR_NULL, "trainer is NULL");
    test_status(gan_trainer_run(gan.trainer, NULL, NULL), GAN_ERROR_NULL, "dataset is NULL");
    test_status(gan_trainer_run(gan.trainer, images, NULL), GAN_ERROR_SHAPE, "(1, 2, 2)");
    test_status(gan_trainer_run(gan.trainer, foreign, NULL), GAN_ERROR_ARGUMENT, "another context");
    test_status(gan_trainer_run(gan.trainer, dataset, GAN_RUN(.epochs = -1)), GAN_ERROR_ARGUMENT, "epochs is -1");
    test_status(gan_trainer_run(gan.trainer, dataset, GAN_RUN(.steps = -2)), GAN_ERROR_ARGUMENT, "steps is -2");
    test_status(gan_trainer_run(gan.trainer, dataset, GAN_RUN(.seconds = -0.5)), GAN_ERROR_ARGUMENT,
                "seconds is -0.5");
    test_status(gan_trainer_run(gan.trainer, dataset, GAN_RUN(.seconds = NAN)), GAN_ERROR_NOT_FINITE,
                "seconds is nan");
    assert_int_equal(gan_trainer_steps(gan.trainer), 0);
    gan_dataset_destroy(images);
    gan_dataset_destroy(foreign);
    gan_dataset_destroy(dataset);
    test_gan_destroy(&gan);
    test_gan_destroy(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_epochs),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_seconds),
        cmocka_unit_test(test_drop_last),
        cmocka_unit_test(test_left_out),
        cmocka_unit_test(test_one_sample),
        cmocka_unit_test(test_several_updates),
        cmocka_unit_test(test_run_equals_steps),
        cmocka_unit_test(test_cancel_by_callback),
        cmocka_unit_test(test_cancel_by_thread),
        cmocka_unit_test(test_cancel_by_signal),
        cmocka_unit_test(test_cancel_outside_a_run),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests_name("runs", tests, NULL, NULL);
}
