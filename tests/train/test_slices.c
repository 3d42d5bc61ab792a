/* Steps in slices of time: the same bits, whatever is called while a step is half done. */
#include "gans.h"
#include "support/allocator.h"
#include "support/run.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifndef _WIN32
#include <sys/wait.h>
#endif

enum { BATCH = 8, MOST = 2 * BATCH * 3 * 16 * 16, SECONDS = 120 };

static float samples[MOST];

/* One step in the shortest slices; returns their number. */
static int step_in_slices(gan_trainer *trainer, int64_t batch, gan_step_report *report)
{
    int slices = 0;

    for (bool done = false; !done; slices++)
        assert_int_equal(gan_trainer_step_some(trainer, samples, batch, 0, &done, report), GAN_OK);
    return slices;
}

static void assert_same_reports(const gan_step_report *a, const gan_step_report *b)
{
    assert_int_equal(a->step, b->step);
    assert_int_equal(a->batch, b->batch);
    assert_memory_equal(&a->discriminator_loss, &b->discriminator_loss, sizeof(double));
    assert_memory_equal(&a->generator_loss, &b->generator_loss, sizeof(double));
    assert_memory_equal(&a->generator_gradient_norm, &b->generator_gradient_norm, sizeof(double));
    assert_memory_equal(&a->penalty, &b->penalty, sizeof(double));
}

static void check_same_bits(test_gan_kind kind, gan_context *context, const gan_trainer_options *options, int least)
{
    test_gan whole = test_gan_create(kind, 1, options), sliced = test_gan_create_in(context, kind, options);
    gan_step_report expected = GAN_STEP_REPORT_INIT, report = GAN_STEP_REPORT_INIT;
    const int64_t updates = options->discriminator_steps ? options->discriminator_steps : 1;

    for (int step = 1; step <= 3; step++) {
        test_numbers(1000 + (uint64_t)step, samples, (size_t)(BATCH * updates * test_gan_elements(kind)));
        assert_int_equal(gan_trainer_step(whole.trainer, samples, BATCH, &expected), GAN_OK);
        assert_true(step_in_slices(sliced.trainer, BATCH, &report) >= least);
        assert_same_reports(&report, &expected);
    }
    test_assert_same_weights(sliced.generator, whole.generator);
    test_assert_same_weights(sliced.discriminator, whole.discriminator);
    test_gan_destroy(&whole);
    test_gan_destroy(&sliced);
}

static gan_context *create_context(const gan_context_options *options)
{
    gan_context *context = NULL;

    assert_int_equal(gan_context_create(options, &context), GAN_OK);
    return context;
}

static void run_in_order(void *user, gan_task_fn task, void *argument, int64_t count)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) task(argument, i);
}

static void test_same_bits(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 3; threads++) {
        gan_context *context = create_context(GAN_CONTEXT(.threads = threads));
        check_same_bits(TEST_GAN_DCGAN, context, GAN_TRAINER(.batch = BATCH, .ema_decay = 0.9f), 1);
        context = create_context(GAN_CONTEXT(.threads = threads, .no_spin = true));
        check_same_bits(TEST_GAN_WIDE, context, GAN_TRAINER(.batch = BATCH, .discriminator_steps = 2), 40);
        context = create_context(GAN_CONTEXT(.threads = threads));
        check_same_bits(TEST_GAN_SMOOTH, context, GAN_TRAINER(.batch = BATCH, .r1 = 1, .simultaneous = true), 1);
    }
    check_same_bits(TEST_GAN_WIDE, create_context(GAN_CONTEXT(.parallel = run_in_order)),
                    GAN_TRAINER(.batch = BATCH, .augment = GAN_AUGMENT_TRANSLATION), 20);
    check_same_bits(TEST_GAN_SMOOTH, create_context(GAN_CONTEXT(.threads = 2)),
                    GAN_TRAINER(.batch = BATCH, .gradient_penalty = 10, .loss = GAN_LOSS_WASSERSTEIN), 1);
}

/* A trainer in the middle of its first step; `done` stays what a call leaves it. */
static test_gan half_done(bool *done)
{
    test_gan gan = test_gan_create(TEST_GAN_WIDE, 2, GAN_TRAINER(.batch = BATCH));

    test_numbers(1001, samples, (size_t)(BATCH * test_gan_elements(TEST_GAN_WIDE)));
    *done = true;
    assert_int_equal(gan_trainer_step_some(gan.trainer, samples, BATCH, 0, done, NULL), GAN_OK);
    assert_false(*done);
    return gan;
}

static void assert_step_is_done(const test_gan *gan)
{
    gan_step_report report = GAN_STEP_REPORT_INIT;
    bool done = false;

    assert_int_equal(gan_trainer_step_some(gan->trainer, samples, BATCH, 0, &done, &report), GAN_OK);
    assert_true(done);
    assert_int_equal(report.step, 1);
}

/* What a call of a trainer leaves, after the step; compared with a trainer that took it at once. */
typedef void (*trainer_call)(const test_gan *gan, float *out);

static void sample(const test_gan *gan, float *out)
{
    assert_int_equal(gan_trainer_sample(gan->trainer, NULL, 2, out), GAN_OK);
}

static void snapshot(const test_gan *gan, float *out)
{
    gan_model *copy = NULL;

    assert_int_equal(gan_trainer_snapshot(gan->trainer, &copy), GAN_OK);
    assert_int_equal(gan_model_sample(copy, NULL, 2, out), GAN_OK);
    gan_model_destroy(copy);
}

static void report_layer(const test_gan *gan, float *out)
{
    gan_layer_report report = GAN_LAYER_REPORT_INIT;

    assert_int_equal(gan_trainer_get_layer_report(gan->trainer, GAN_ROLE_GENERATOR, 0, &report), GAN_OK);
    *out = (float)report.weight_norm;
}

static void save_and_load(const test_gan *gan, float *out)
{
    char path[1024];

    snprintf(path, sizeof(path), "%s", test_path("half.safetensors"));
    assert_int_equal(gan_trainer_save(gan->trainer, NULL, path), GAN_OK);
    assert_int_equal(gan_trainer_load(gan->trainer, NULL, path), GAN_OK);
    sample(gan, out);
}

static void save_as_part(const test_gan *gan, float *out)
{
    gan_checkpoint *checkpoint = NULL;

    assert_int_equal(gan_checkpoint_create(gan->context, &checkpoint), GAN_OK);
    assert_int_equal(gan_checkpoint_add_trainer(checkpoint, "part", gan->trainer), GAN_OK);
    assert_int_equal(gan_checkpoint_save(checkpoint, test_path("part.safetensors")), GAN_OK);
    gan_checkpoint_destroy(checkpoint);
    sample(gan, out);
}

static void *snapshot_elsewhere(void *argument)
{
    snapshot(argument, samples + MOST / 2);
    return NULL;
}

static void snapshot_in_a_thread(const test_gan *gan, float *out)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, snapshot_elsewhere, (void *)gan), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    memcpy(out, samples + MOST / 2, 2 * 3 * 16 * 16 * sizeof(float));
}

static void test_calls_finish_the_step(void **state)
{
    static const trainer_call calls[] = {sample,        snapshot,     report_layer,
                                         save_and_load, save_as_part, snapshot_in_a_thread};
    static float expected[2 * 3 * 16 * 16], out[2 * 3 * 16 * 16];
    bool done;

    (void)state;
    for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
        test_gan sliced = half_done(&done), whole = test_gan_create(TEST_GAN_WIDE, 1, GAN_TRAINER(.batch = BATCH));
        assert_int_equal(gan_trainer_step(whole.trainer, samples, BATCH, NULL), GAN_OK);
        calls[i](&sliced, out);
        calls[i](&whole, expected);
        assert_memory_equal(out, expected, sizeof(out));
        assert_step_is_done(&sliced);
        test_assert_same_weights(sliced.generator, whole.generator);
        test_gan_destroy(&whole);
        test_gan_destroy(&sliced);
    }
}

#define ASSERT_FAILS(call, status, part)                                            \
    do {                                                                            \
        assert_int_equal(call, status);                                             \
        if (!strstr(gan_last_error(), part)) print_error("%s\n", gan_last_error()); \
        assert_non_null(strstr(gan_last_error(), part));                            \
    } while (0)

static void test_what_is_refused(void **state)
{
    bool done;
    test_gan gan = half_done(&done);
    gan_trainer *t = gan.trainer;
    gan_dataset *data = NULL;

    (void)state;
    assert_int_equal(gan_dataset_from_array(gan.context, samples, NULL, BATCH, GAN_SHAPE(3, 16, 16), NULL, &data),
                     GAN_OK);
    ASSERT_FAILS(gan_trainer_step(t, samples, BATCH, NULL), GAN_ERROR_STATE, "gan_trainer_step: a step is half done");
    ASSERT_FAILS(gan_trainer_run(t, data, NULL), GAN_ERROR_STATE, "gan_trainer_run: a step is half done");
    ASSERT_FAILS(gan_trainer_step_some(t, samples + 1, BATCH, 0, &done, NULL), GAN_ERROR_STATE, "the samples");
    ASSERT_FAILS(gan_trainer_step_some(t, samples, 2, 0, &done, NULL), GAN_ERROR_STATE, "and the batch, 8");
    ASSERT_FAILS(gan_trainer_step_some(t, samples, BATCH, -1, &done, NULL), GAN_ERROR_ARGUMENT, "microseconds is -1");
    ASSERT_FAILS(gan_trainer_step_some(t, samples, BATCH + 1, 0, &done, NULL), GAN_ERROR_BATCH, "batch is 9");
    ASSERT_FAILS(gan_trainer_step_some(t, samples, BATCH, 0, NULL, NULL), GAN_ERROR_NULL, "done");
    ASSERT_FAILS(gan_trainer_step_some(t, NULL, BATCH, 0, &done, NULL), GAN_ERROR_NULL, "samples");
    ASSERT_FAILS(gan_trainer_step_some(NULL, samples, BATCH, 0, &done, NULL), GAN_ERROR_NULL, "trainer");
    assert_false(done);
    gan_trainer_cancel(t); /* ends runs only */
    assert_int_equal(gan_trainer_step_some(t, samples, BATCH, INT64_MAX, &done, NULL), GAN_OK);
    assert_true(done);
    assert_int_equal(gan_trainer_run(t, data, GAN_RUN(.steps = 1)), GAN_OK);
    assert_int_equal(gan_trainer_steps(t), 2);
    gan_dataset_destroy(data);
    test_gan_destroy(&gan);
}

/* The threads and the context are free between slices, for anything that leaves the step's models alone. */
static void test_context_is_free_between_slices(void **state)
{
    static float expected[4 * 3 * 16 * 16], out[4 * 3 * 16 * 16];
    test_gan whole = test_gan_create(TEST_GAN_WIDE, 2, GAN_TRAINER(.batch = BATCH));
    gan_model *other = NULL;
    bool done;

    (void)state;
    assert_int_equal(gan_trainer_snapshot(whole.trainer, &other), GAN_OK);
    test_gan gan = test_gan_create_in(whole.context, TEST_GAN_WIDE, GAN_TRAINER(.batch = BATCH));
    assert_int_equal(gan_model_sample(other, NULL, 4, expected), GAN_OK);
    do {
        assert_int_equal(gan_trainer_step_some(gan.trainer, samples, BATCH, 0, &done, NULL), GAN_OK);
        assert_int_equal(gan_model_sample(other, NULL, 4, out), GAN_OK);
        assert_memory_equal(out, expected, sizeof(out));
    } while (!done);
    assert_int_equal(gan_trainer_step(whole.trainer, samples, BATCH, NULL), GAN_OK);
    test_assert_same_weights(gan.generator, whole.generator);
    gan_model_destroy(other);
    gan.context = NULL; /* whole's, too */
    test_gan_destroy(&gan);
    test_gan_destroy(&whole);
}

static void test_divergence(void **state)
{
    test_gan gan = test_gan_create(TEST_GAN_WIDE, 2, GAN_TRAINER(.batch = BATCH));
    char expected[1024];
    gan_status status = GAN_OK;
    bool done = false;

    (void)state;
    test_numbers(1, samples, MOST);
    const float good = samples[5];
    samples[5] = NAN;
    assert_int_equal(gan_trainer_step(gan.trainer, samples, BATCH, NULL), GAN_ERROR_DIVERGED);
    snprintf(expected, sizeof(expected), "%s", gan_last_error());
    while (status == GAN_OK && !done) status = gan_trainer_step_some(gan.trainer, samples, BATCH, 50, &done, NULL);
    assert_int_equal(status, GAN_ERROR_DIVERGED);
    assert_string_equal(gan_last_error(), expected);
    assert_false(done);
    assert_true(test_weights_finite(gan.generator));
    samples[5] = good;
    step_in_slices(gan.trainer, BATCH, NULL);
    assert_int_equal(gan_trainer_steps(gan.trainer), 1);
    test_gan_destroy(&gan);
}

static void test_memory(void **state)
{
    test_allocator allocator = {0};
    gan_context *context = create_context(GAN_CONTEXT(.allocator = test_allocator_hooks(&allocator), .threads = 2));
    test_gan gan = test_gan_create_in(context, TEST_GAN_WIDE, GAN_TRAINER(.batch = BATCH));
    bool done = false;

    (void)state;
    const size_t calls = atomic_load(&allocator.calls);
    for (int step = 0; step < 2; step++) step_in_slices(gan.trainer, BATCH, NULL);
    assert_int_equal(atomic_load(&allocator.calls), calls);
    assert_int_equal(gan_trainer_step_some(gan.trainer, samples, BATCH, 0, &done, NULL), GAN_OK);
    assert_false(done);
    test_gan_destroy(&gan); /* in the middle of a step */
    test_allocator_assert_empty(&allocator);
}

#ifdef _WIN32

static void test_child_of_fork(void **state)
{
    (void)state;
    test_skip("Windows has no fork()");
}

#else

/* Ends a child without what cmocka does at exit. */
static void in_child(bool good)
{
    if (!good) _exit(1);
}

static void test_child_of_fork(void **state)
{
    bool done;
    int result = -1;
    test_gan gan = half_done(&done);

    (void)state;
    test_needs_threads_after_fork();
    fflush(NULL);
    const pid_t process = fork();
    assert_true(process >= 0);
    if (process == 0) {
        alarm(SECONDS);
        in_child(gan_trainer_step_some(gan.trainer, samples, BATCH, 0, &done, NULL) == GAN_ERROR_STATE);
        in_child(strstr(gan_last_error(), "only the parent can finish it") != NULL);
        in_child(gan_trainer_step(gan.trainer, samples, BATCH, NULL) == GAN_ERROR_STATE);
        in_child(gan_trainer_save(gan.trainer, NULL, test_path("child")) == GAN_ERROR_STATE);
        test_gan_destroy(&gan);
        _exit(0);
    }
    assert_int_equal(waitpid(process, &result, 0), process);
    assert_int_equal(result, 0);
    step_in_slices(gan.trainer, BATCH, NULL);
    assert_int_equal(gan_trainer_steps(gan.trainer), 1);
    test_gan_destroy(&gan);
}

#endif

/* Other threads take snapshots, each of which finishes what is half done. */
static void *take_snapshots(void *argument)
{
    const test_gan *gan = argument;

    for (int i = 0; i < 20; i++) {
        gan_model *copy = NULL;
        assert_int_equal(gan_trainer_snapshot(gan->trainer, &copy), GAN_OK);
        gan_model_destroy(copy);
    }
    return NULL;
}

static void test_snapshots_beside_slices(void **state)
{
    test_gan whole = test_gan_create(TEST_GAN_WIDE, 1, GAN_TRAINER(.batch = BATCH));
    test_gan sliced = test_gan_create(TEST_GAN_WIDE, 2, GAN_TRAINER(.batch = BATCH));
    pthread_t threads[2];

    (void)state;
    test_numbers(3, samples, MOST);
    for (int i = 0; i < 2; i++) assert_int_equal(pthread_create(&threads[i], NULL, take_snapshots, &sliced), 0);
    for (int step = 0; step < 4; step++) {
        step_in_slices(sliced.trainer, BATCH, NULL);
        assert_int_equal(gan_trainer_step(whole.trainer, samples, BATCH, NULL), GAN_OK);
    }
    for (int i = 0; i < 2; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    test_assert_same_weights(sliced.generator, whole.generator);
    test_gan_destroy(&whole);
    test_gan_destroy(&sliced);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bits),       cmocka_unit_test(test_calls_finish_the_step),
        cmocka_unit_test(test_what_is_refused), cmocka_unit_test(test_context_is_free_between_slices),
        cmocka_unit_test(test_divergence),      cmocka_unit_test(test_memory),
        cmocka_unit_test(test_child_of_fork),   cmocka_unit_test(test_snapshots_beside_slices),
    };
    return cmocka_run_group_tests(tests, test_folder_create, test_folder_remove);
}
