/* Threads: every task runs once, on all threads, with the same results; and what happens inside tasks, with several
 * callers, with signals, and when a thread cannot be started (by __wrap_pthread_create). */
#include "core/core.h"
#include "occupation.h"
#include "support/allocator.h"
#include "support/run.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

static atomic_int threads_started, threads_joined;
static int failing_start; /* the number, from 1, of the start that fails; 0: none */

typedef void *(*start_fn)(void *argument);

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, start_fn start, void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, start_fn start, void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, start_fn start, void *argument)
{
    if (atomic_load(&threads_started) + 1 == failing_start) return EAGAIN;
    atomic_fetch_add(&threads_started, 1);
    return __real_pthread_create(thread, attributes, start, argument);
}

int __real_pthread_join(pthread_t thread, void **result);
int __wrap_pthread_join(pthread_t thread, void **result);
int __wrap_pthread_join(pthread_t thread, void **result)
{
    atomic_fetch_add(&threads_joined, 1);
    return __real_pthread_join(thread, result);
}

static atomic_int times_read;

int __real_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
    atomic_fetch_add(&times_read, 1);
    return __real_clock_gettime(clock, time);
}

static gan_context *create_context(int threads)
{
    gan_context *context = NULL;

    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = threads), &context), GAN_OK);
    return context;
}

/* ---- Tasks --------------------------------------------------------------------------------------------------- */

#define MOST_TASKS 1000

static void count_task(void *argument, int64_t index)
{
    ((int *)argument)[index]++; /* not atomic: no other thread has this task */
}

static void test_every_task_runs_once(void **state)
{
    static const int64_t counts[] = {0, 1, 2, 3, 5, 64, MOST_TASKS};

    (void)state;
    for (int threads = 1; threads <= 5; threads++) {
        gan_context *context = create_context(threads);
        for (size_t c = 0; c < sizeof(counts) / sizeof(*counts); c++) {
            int runs[MOST_TASKS] = {0};
            for (int round = 0; round < 20; round++) gan_parallel(context, count_task, runs, counts[c]);
            for (int i = 0; i < MOST_TASKS; i++) assert_int_equal(runs[i], i < counts[c] ? 20 : 0);
        }
        gan_context_destroy(context);
    }
}

static void test_negative_count_runs_nothing(void **state)
{
    gan_context *context = create_context(2);
    int runs[1] = {0};

    (void)state;
    gan_parallel(context, count_task, runs, -1);
    assert_int_equal(runs[0], 0);
    gan_context_destroy(context);
}

static void random_task(void *argument, int64_t index)
{
    gan_real *out = (gan_real *)argument + 7 * index;
    gan_random_state at = {1, (uint64_t)index, 0};

    gan_fill_normal(&at, out, 7, 0, 1);
}

static void test_same_results_for_any_number_of_threads(void **state)
{
    static gan_real one[7 * 100], several[7 * 100];

    (void)state;
    for (int threads = 1; threads <= 4; threads++) {
        gan_context *context = create_context(threads);
        memset(several, 0, sizeof(several));
        gan_parallel(context, random_task, threads == 1 ? one : several, 100);
        if (threads > 1) assert_memory_equal(several, one, sizeof(one));
        gan_context_destroy(context);
    }
}

/* Tasks that all wait for each other, though not for ever, meet only if each has its own thread. */
typedef struct thread_meeting {
    atomic_int arrived;
    int expected;
    pthread_t threads[GAN_MAX_THREADS];
} thread_meeting;

static double seconds_now(void)
{
    struct timespec now;

    __real_clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void meet(void *argument, int64_t index)
{
    thread_meeting *meeting = argument;
    const double end = seconds_now() + 0.05;

    meeting->threads[index] = pthread_self();
    atomic_fetch_add(&meeting->arrived, 1);
    while (atomic_load(&meeting->arrived) < meeting->expected && seconds_now() < end) sched_yield();
}

static bool do_all_threads_work(gan_context *context, int threads)
{
    thread_meeting meeting = {.expected = threads};
    bool all = true;

    gan_parallel(context, meet, &meeting, threads);
    assert_int_equal(atomic_load(&meeting.arrived), threads);
    for (int i = 0; i < threads; i++) {
        for (int j = 0; j < i; j++) all = all && !pthread_equal(meeting.threads[i], meeting.threads[j]);
    }
    return all;
}

/* A thread whose core was taken away may be left out for a while, but comes back. */
static void check_all_threads_work(gan_context *context, int threads)
{
    const double end = seconds_now() + 60;

    while (!do_all_threads_work(context, threads)) assert_true(seconds_now() < end);
}

static void test_all_threads_work(void **state)
{
    const struct timespec until_they_sleep = {0, 2000000};

    (void)state;
    for (int threads = 2; threads <= 6; threads++) {
        gan_context *context = create_context(threads);
        int runs[10] = {0};
        check_all_threads_work(context, threads);
        for (int round = 0; round < 100; round++) {
            if (round % 25 == 24) nanosleep(&until_they_sleep, NULL);
            gan_parallel(context, count_task, runs, 10);
        }
        for (int i = 0; i < 10; i++) assert_int_equal(runs[i], 100);
        check_all_threads_work(context, threads);
        check_all_threads_work(context, 2); /* fewer tasks than threads */
        gan_context_destroy(context);
    }
}

/* Rounds with different lengths and pauses, so that the caller and the workers meet in every order. */
static void test_many_rounds(void **state)
{
    gan_context *context = create_context(3);
    int runs[7] = {0};

    (void)state;
    for (int round = 0; round < 20000; round++) {
        gan_parallel(context, count_task, runs, 2 + round % 6);
        if (round % 7 == 0) sched_yield();
    }
    assert_int_equal(runs[0], 20000);
    assert_int_equal(runs[1], 20000);
    assert_int_equal(runs[6], 3333);
    gan_context_destroy(context);
}

/* Spinning is bounded by the time, which is otherwise read only for each time that the caller sleeps, and how long a
 * worker was absent. */
static void test_no_spin(void **state)
{
    gan_context *context = NULL;
    int runs[10] = {0};

    (void)state;
    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 3, .no_spin = true), &context), GAN_OK);
    atomic_store(&times_read, 0);
    for (int round = 0; round < 1000; round++) {
        gan_parallel(context, count_task, runs, 10);
    }
    for (int i = 0; i < 10; i++) assert_int_equal(runs[i], 1000);
    check_all_threads_work(context, 3);
    gan_context_destroy(context);
    assert_in_range(atomic_load(&times_read), 0, 10000); /* two workers, two times twice, and who is let in */
}

/* Works for a tenth of a millisecond. */
static void burn(void *argument, int64_t index)
{
    const double end = seconds_now() + 100e-6;

    (void)index;
    while (seconds_now() < end) atomic_fetch_add((atomic_int *)argument, 1);
}

static void *burn_until_told(void *argument)
{
    atomic_bool *end = argument;
    atomic_int turns = 0;

    while (!atomic_load(end)) burn(&turns, 0);
    return NULL;
}

/* Beside as many busy threads as the machine has cores, twice, all tasks run, and the threads come back after. */
static void test_busy_machine(void **state)
{
    gan_context *context = create_context(3);
    atomic_bool end = false;
    atomic_int turns = 0;
    pthread_t threads[4];
    int runs[10] = {0};

    (void)state;
    for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&threads[i], NULL, burn_until_told, &end), 0);
    for (int round = 0; round < 200; round++) {
        gan_parallel(context, count_task, runs, 10);
        gan_parallel(context, burn, &turns, 4);
    }
    atomic_store(&end, true);
    for (int i = 0; i < 4; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < 10; i++) assert_int_equal(runs[i], 200);
    check_all_threads_work(context, 3);
    gan_context_destroy(context);
}

static void test_parallel_allocates_nothing(void **state)
{
    test_allocator allocator = {0};
    gan_context *context = NULL;
    int runs[10] = {0};

    (void)state;
    assert_int_equal(
        gan_context_create(GAN_CONTEXT(.allocator = test_allocator_hooks(&allocator), .threads = 2), &context),
        GAN_OK);
    const size_t calls = atomic_load(&allocator.calls);
    for (int round = 0; round < 10; round++) gan_parallel(context, count_task, runs, 10);
    assert_int_equal(atomic_load(&allocator.calls), calls);
    gan_context_destroy(context);
    test_allocator_assert_empty(&allocator);
}

/* ---- Inside tasks, and with several callers ------------------------------------------------------------------ */

typedef struct nested_runs {
    gan_context *context;
    pthread_t outer[8];
    pthread_t inner[8][8];
    int runs[8][8];
} nested_runs;

typedef struct nested_row {
    nested_runs *nesting;
    int64_t row;
} nested_row;

static void inner_task(void *argument, int64_t index)
{
    const nested_row *row = argument;

    row->nesting->inner[row->row][index] = pthread_self();
    row->nesting->runs[row->row][index]++;
}

static void outer_task(void *argument, int64_t index)
{
    nested_runs *nesting = argument;

    nesting->outer[index] = pthread_self();
    gan_parallel(nesting->context, inner_task, &(nested_row){nesting, index}, 8);
}

static void check_nesting(gan_context *context)
{
    nested_runs nesting = {.context = context};

    gan_parallel(context, outer_task, &nesting, 8);
    for (int i = 0; i < 8; i++) {
        for (int j = 0; j < 8; j++) {
            assert_int_equal(nesting.runs[i][j], 1);
            assert_true(pthread_equal(nesting.inner[i][j], nesting.outer[i]));
        }
    }
}

static void test_tasks_inside_tasks(void **state)
{
    gan_context *context = create_context(3);

    (void)state;
    for (int round = 0; round < 50; round++) check_nesting(context);
    check_all_threads_work(context, 3); /* and afterwards the threads share work again */
    gan_context_destroy(context);
}

/* Slow enough for another thread to take some of many tasks. */
static void record_thread_slowly(void *argument, int64_t index)
{
    nanosleep(&(struct timespec){0, 100000}, NULL);
    ((pthread_t *)argument)[index] = pthread_self();
}

static void test_second_caller_works_alone(void **state)
{
    pool_occupation occupation = {.context = create_context(3), .tasks = 2}; /* one worker stays idle */
    pthread_t other, threads[20];

    (void)state;
    assert_int_equal(pthread_create(&other, NULL, occupy, &occupation), 0);
    while (atomic_load(&occupation.begun) < 2) sched_yield();
    gan_parallel(occupation.context, record_thread_slowly, threads, 20);
    for (int i = 0; i < 20; i++) assert_true(pthread_equal(threads[i], pthread_self()));
    atomic_store(&occupation.end, true);
    assert_int_equal(pthread_join(other, NULL), 0);
    check_all_threads_work(occupation.context, 3);
    gan_context_destroy(occupation.context);
}

typedef struct busy_caller {
    gan_context *context;
    gan_real out[7 * 100];
} busy_caller;

static void *call_often(void *argument)
{
    busy_caller *caller = argument;

    for (int round = 0; round < 200; round++) gan_parallel(caller->context, random_task, caller->out, 100);
    return NULL;
}

/* Two threads call at the same time, on one context or two, and get what one gets alone. */
static void check_two_callers(gan_context *first, gan_context *second)
{
    static busy_caller alone, one, two;
    pthread_t thread;

    alone.context = one.context = first;
    two.context = second;
    call_often(&alone);
    assert_int_equal(pthread_create(&thread, NULL, call_often, &two), 0);
    call_often(&one);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_memory_equal(one.out, alone.out, sizeof(one.out));
    assert_memory_equal(two.out, alone.out, sizeof(two.out));
}

static void test_two_callers(void **state)
{
    gan_context *first = create_context(2), *second = create_context(3);

    (void)state;
    check_two_callers(first, first);
    check_two_callers(first, second);
    gan_context_destroy(first);
    gan_context_destroy(second);
}

/* ---- The host's threads -------------------------------------------------------------------------------------- */

/* Runs the tasks backwards, in the calling thread. */
static void run_backwards(void *user, gan_task_fn task, void *argument, int64_t count)
{
    ++*(int *)user;
    for (int64_t i = count - 1; i >= 0; i--) task(argument, i);
}

static void test_host_threads(void **state)
{
    gan_context_options options = {sizeof(options), .threads = -5 /* not used */, .parallel = run_backwards};
    gan_context_info info = GAN_CONTEXT_INFO_INIT;
    gan_context *context = NULL;
    int calls = 0, runs[10] = {0};

    (void)state;
    atomic_store(&threads_started, 0);
    options.parallel_user = &calls;
    assert_int_equal(gan_context_create(&options, &context), GAN_OK);
    assert_int_equal(gan_context_get_info(context, &info), GAN_OK);
    assert_int_equal(info.threads, 1);
    assert_int_equal(atomic_load(&threads_started), 0);
    gan_parallel(context, count_task, runs, 10);
    for (int i = 0; i < 10; i++) assert_int_equal(runs[i], 1);
    assert_int_equal(calls, 1);
    gan_parallel(context, count_task, runs, 1); /* nothing to share */
    assert_int_equal(runs[0], 2);
    assert_int_equal(calls, 1);
    check_nesting(context); /* only the outer call is the host's */
    assert_int_equal(calls, 2);
    gan_context_destroy(context);
}

/* ---- Signals and starting ------------------------------------------------------------------------------------ */

#ifdef _WIN32
static void test_signals_stay_in_the_host_threads(void **state)
{
    (void)state;
    test_skip("Windows sends no signals to threads");
}

static void assert_interruptible(void)
{
}
#else
typedef struct thread_masks {
    thread_meeting meeting;
    sigset_t of[2];
    pthread_t caller;
} thread_masks;

static void record_mask(void *argument, int64_t index)
{
    thread_masks *masks = argument;
    sigset_t mask;

    meet(&masks->meeting, index);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    masks->of[pthread_equal(pthread_self(), masks->caller) ? 0 : 1] = mask;
}

static void test_signals_stay_in_the_host_threads(void **state)
{
    static const int hosts[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGALRM, SIGCHLD};
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    thread_masks masks = {.meeting = {.expected = 2}, .caller = pthread_self()};
    gan_context *context = create_context(2);

    (void)state;
    gan_parallel(context, record_mask, &masks, 2);
    for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
        assert_int_equal(sigismember(&masks.of[0], hosts[i]), 0);
        assert_int_equal(sigismember(&masks.of[1], hosts[i]), 1);
    }
    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
        assert_int_equal(sigismember(&masks.of[1], faults[i]), 0);
    }
    gan_context_destroy(context);
}

static void assert_interruptible(void)
{
    sigset_t mask;

    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    assert_int_equal(sigismember(&mask, SIGINT), 0);
}
#endif

/* Keeps the last warning. */
static void keep_warning(void *user, gan_log_level level, const char *message)
{
    if (level == GAN_LOG_WARNING) snprintf(user, 256, "%s", message);
}

static void test_thread_that_does_not_start(void **state)
{
    (void)state;
    for (int failing = 1; failing <= 3; failing++) {
        test_allocator allocator = {0};
        gan_context_info info = GAN_CONTEXT_INFO_INIT;
        gan_context *context = NULL;
        char warning[256] = "", expected[64];
        int runs[10] = {0};
        atomic_store(&threads_started, 0);
        atomic_store(&threads_joined, 0);
        failing_start = failing;
        assert_int_equal(gan_context_create(GAN_CONTEXT(.allocator = test_allocator_hooks(&allocator), .threads = 4,
                                                        .log = keep_warning, .log_user = warning),
                                            &context),
                         GAN_OK);
        failing_start = 0;
        snprintf(expected, sizeof(expected), "threads is 4, but only %d could be started", failing);
        assert_non_null(strstr(warning, expected));
        assert_int_equal(gan_context_get_info(context, &info), GAN_OK);
        assert_int_equal(info.threads, failing);
        assert_int_equal(atomic_load(&threads_started), failing - 1);
        assert_interruptible();
        gan_parallel(context, count_task, runs, 10);
        for (int i = 0; i < 10; i++) assert_int_equal(runs[i], 1);
        gan_context_destroy(context);
        assert_int_equal(atomic_load(&threads_joined), failing - 1);
        test_allocator_assert_empty(&allocator);
    }
}

static void test_threads_end_with_the_context(void **state)
{
    (void)state;
    atomic_store(&threads_started, 0);
    atomic_store(&threads_joined, 0);
    for (int round = 0; round < 20; round++) gan_context_destroy(create_context(4));
    assert_int_equal(atomic_load(&threads_started), 60);
    assert_int_equal(atomic_load(&threads_joined), 60);
}

static void test_cpu_count(void **state)
{
    (void)state;
    assert_true(gan_cpu_count() >= 1 && gan_cpu_count() <= GAN_MAX_THREADS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_task_runs_once),
        cmocka_unit_test(test_negative_count_runs_nothing),
        cmocka_unit_test(test_same_results_for_any_number_of_threads),
        cmocka_unit_test(test_all_threads_work),
        cmocka_unit_test(test_many_rounds),
        cmocka_unit_test(test_no_spin),
        cmocka_unit_test(test_busy_machine),
        cmocka_unit_test(test_parallel_allocates_nothing),
        cmocka_unit_test(test_tasks_inside_tasks),
        cmocka_unit_test(test_second_caller_works_alone),
        cmocka_unit_test(test_two_callers),
        cmocka_unit_test(test_host_threads),
        cmocka_unit_test(test_signals_stay_in_the_host_threads),
        cmocka_unit_test(test_thread_that_does_not_start),
        cmocka_unit_test(test_threads_end_with_the_context),
        cmocka_unit_test(test_cpu_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
