/* Threads that use the library as its header allows, all at once: one context and one model for many sessions,
 * trainers in contexts of their own, games that others cancel, from a signal too. Results are those of one thread.
 * Run under ThreadSanitizer by tests/nightly.sh. */
#include "game/games.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define OK(call) assert_int_equal(call, GAN_OK)

enum { THREADS = 8, TRAINERS = 4, PASSES = 20, BATCH = 4, ELEMENTS = 128, STEPS = 8, MOST_PARAMETERS = 4096 };

/* cmocka's assertions belong to the main thread; the others note their failure. */
typedef struct worker {
    pthread_t thread;
    gan_context *context;
    gan_model *model;
    uint64_t seed;
    bool failed;
    float result[BATCH * ELEMENTS];
} worker;

static void run_all(worker *workers, int count, void *(*work)(void *))
{
    for (int i = 0; i < count; i++) assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    for (int i = 0; i < count; i++) assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    for (int i = 0; i < count; i++) assert_false(workers[i].failed);
}

/* ---- Sessions -------------------------------------------------------------------------------------------------- */

static gan_status sample_by_session(worker *w)
{
    float noise[BATCH * 3];
    gan_session *session;
    gan_status status = gan_session_create(w->model, GAN_SESSION(.batch = BATCH), &session);
    if (status != GAN_OK) return status;
    test_numbers(w->seed, noise, BATCH * 3);
    for (int i = 0; i < PASSES && status == GAN_OK; i++) {
        status = gan_session_set_input(session, 0, noise, BATCH);
        if (status == GAN_OK) status = gan_session_forward(session, GAN_MODE_SAMPLE);
        if (status == GAN_OK) status = gan_session_get_output(session, 0, w->result);
    }
    gan_session_destroy(session);
    return status;
}

static void *use_session(void *argument)
{
    worker *w = argument;
    w->failed = sample_by_session(w) != GAN_OK;
    return NULL;
}

/* One context with threads of its own, one model, a session for each of the callers. */
static void test_sessions(void **state)
{
    (void)state;
    static worker workers[THREADS], alone;
    gan_context *context;
    gan_model *generator, *discriminator;
    OK(gan_context_create(GAN_CONTEXT(.threads = 3), &context));
    OK(test_gan_models(context, TEST_GAN_DCGAN, &generator, &discriminator));
    for (int i = 0; i < THREADS; i++) workers[i] = (worker){.model = generator, .seed = (uint64_t)i % 3};
    run_all(workers, THREADS, use_session);
    for (int i = 0; i < THREADS; i++) {
        alone = (worker){.model = generator, .seed = (uint64_t)i % 3};
        OK(sample_by_session(&alone));
        assert_memory_equal(alone.result, workers[i].result, sizeof(alone.result));
    }
    gan_model_destroy(generator);
    gan_model_destroy(discriminator);
    gan_context_destroy(context);
}

/* ---- Handles of a shared context ------------------------------------------------------------------------------- */

static void *make_and_destroy(void *argument)
{
    worker *w = argument;
    for (int i = 0; i < PASSES && !w->failed; i++) {
        gan_model *generator, *discriminator;
        gan_random *random;
        float number;
        w->failed = test_gan_models(w->context, TEST_GAN_DENSE, &generator, &discriminator) != GAN_OK;
        if (w->failed) break;
        w->failed = gan_random_create(w->context, 1, w->seed, &random) != GAN_OK;
        if (!w->failed) {
            w->failed = gan_random_normal(random, &number, 1) != GAN_OK;
            gan_random_destroy(random);
        }
        gan_model_destroy(discriminator);
        gan_model_destroy(generator);
    }
    return NULL;
}

/* Models and random generators come and go in threads that share the context. */
static void test_handles(void **state)
{
    (void)state;
    static worker workers[THREADS];
    gan_context *context;
    OK(gan_context_create(GAN_CONTEXT(.threads = 2), &context));
    for (int i = 0; i < THREADS; i++) workers[i] = (worker){.context = context, .seed = (uint64_t)i};
    run_all(workers, THREADS, make_and_destroy);
    gan_context_destroy(context);
}

/* ---- Trainers -------------------------------------------------------------------------------------------------- */

static void *train(void *argument)
{
    static const gan_trainer_options options = {.struct_size = sizeof(options), .batch = BATCH, .seed = 3};
    float samples[BATCH * ELEMENTS], noise[3] = {1, 2, 3};
    worker *w = argument;
    gan_context *context = NULL;
    gan_model *generator = NULL, *discriminator = NULL;
    gan_trainer *trainer = NULL;
    gan_status status = gan_context_create(GAN_CONTEXT(.threads = 2), &context);
    if (status == GAN_OK) status = test_gan_models(context, TEST_GAN_DCGAN, &generator, &discriminator);
    if (status == GAN_OK) status = gan_trainer_create(context, generator, discriminator, &options, &trainer);
    for (uint64_t i = 0; i < STEPS && status == GAN_OK; i++) {
        test_numbers(i, samples, BATCH * ELEMENTS);
        status = gan_trainer_step(trainer, samples, BATCH, NULL);
    }
    gan_session *session = NULL;
    if (status == GAN_OK) status = gan_session_create(generator, NULL, &session);
    if (status == GAN_OK) status = gan_session_set_input(session, 0, noise, 1);
    if (status == GAN_OK) status = gan_session_forward(session, GAN_MODE_SAMPLE);
    if (status == GAN_OK) status = gan_session_get_output(session, 0, w->result);
    gan_session_destroy(session);
    gan_trainer_destroy(trainer);
    gan_model_destroy(generator);
    gan_model_destroy(discriminator);
    gan_context_destroy(context);
    w->failed = status != GAN_OK;
    return NULL;
}

static void test_trainers(void **state)
{
    (void)state;
    static worker workers[TRAINERS], alone;
    run_all(workers, TRAINERS, train);
    train(&alone);
    assert_false(alone.failed);
    for (int i = 0; i < TRAINERS; i++) {
        assert_memory_equal(workers[i].result, alone.result, ELEMENTS * sizeof(float));
    }
}

/* ---- Cancelling ------------------------------------------------------------------------------------------------ */

static gan_game *volatile running; /* which the signal cancels */

static void cancel_on_signal(int number)
{
    (void)number;
    gan_game_cancel(running);
}

static atomic_bool started;

static int note_start(void *user, gan_game *game, const gan_round_report *report)
{
    (void)user, (void)game, (void)report;
    atomic_store(&started, true);
    return 0;
}

typedef struct run {
    pthread_t thread;
    gan_game *game;
    gan_status status;
} run;

static void *run_game(void *argument)
{
    run *r = argument;
    r->status = gan_game_run(r->game, GAN_GAME_RUN(.rounds = INT64_C(1) << 40, .progress = note_start));
    return NULL;
}

/* A run that would never end, cancelled by another thread, or by a signal that the kernel gives to any thread. */
static void cancel_run(bool by_signal)
{
    conditional_game c = conditional_create(2, GAN_GAME(.batch = BATCH));
    float samples[8 * CONDITIONAL_SAMPLE], labels[8];
    gan_dataset *data, *of_labels;
    conditional_data(1, 8, samples, labels);
    OK(gan_dataset_from_array(c.context, samples, NULL, 8, GAN_SHAPE(CONDITIONAL_SAMPLE), NULL, &data));
    OK(gan_dataset_from_array(c.context, labels, NULL, 8, GAN_SHAPE(1), NULL, &of_labels));
    OK(gan_game_feed(c.game, c.sample, data, "sample"));
    OK(gan_game_feed(c.game, c.label, of_labels, "sample"));
    run r = {.game = c.game};
    running = c.game;
    atomic_store(&started, false);
    assert_int_equal(pthread_create(&r.thread, NULL, run_game, &r), 0);
    while (!atomic_load(&started)) sched_yield();
    if (by_signal) {
        assert_int_equal(kill(getpid(), SIGUSR1), 0);
    } else {
        gan_game_cancel(c.game);
    }
    assert_int_equal(pthread_join(r.thread, NULL), 0);
    assert_int_equal(r.status, GAN_ERROR_CANCELLED);
    gan_dataset_destroy(data);
    gan_dataset_destroy(of_labels);
    conditional_destroy(&c);
}

static void test_cancel(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = cancel_on_signal};
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    for (int i = 0; i < 4; i++) cancel_run(i % 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sessions),
        cmocka_unit_test(test_handles),
        cmocka_unit_test(test_trainers),
        cmocka_unit_test(test_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
