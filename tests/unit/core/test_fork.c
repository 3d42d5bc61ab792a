/* fork(): a child uses and destroys what it inherited, whatever other threads of its parent were doing; its threads
 * start anew. Each child ends by an alarm if it hangs. */
#include "core/core.h"
#include "occupation.h"
#include "support/run.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { THREADS = 3, TASKS = 40, SECONDS = 60 };

static bool no_thread_starts;

typedef void *(*start_fn)(void *argument);

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, start_fn start, void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, start_fn start, void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, start_fn start, void *argument)
{
    return no_thread_starts ? EAGAIN : __real_pthread_create(thread, attributes, start, argument);
}

/* Keeps the last warning. */
static char warning[256];

static void keep_warning(void *user, gan_log_level level, const char *message)
{
    (void)user;
    if (level == GAN_LOG_WARNING) strncpy(warning, message, sizeof(warning) - 1);
}

static gan_context *create_context(void)
{
    gan_context *context = NULL;

    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = THREADS, .log = keep_warning), &context), GAN_OK);
    return context;
}

/* What a child does with what it inherited; it returns whether that is right. */
typedef bool (*child_fn)(gan_context *context);

static void in_child(child_fn child, gan_context *context)
{
    int result = -1;

    fflush(NULL);
    const pid_t process = fork();
    assert_true(process >= 0);
    if (process == 0) {
        alarm(SECONDS);
        _exit(child(context) ? 0 : 1);
    }
    assert_int_equal(waitpid(process, &result, 0), process);
    assert_int_equal(result, 0);
}

/* ---- Work that needs all threads, and work whose result is known ---------------------------------------------- */

typedef struct thread_meeting {
    atomic_int arrived, met;
    int expected;
} thread_meeting;

/* Waits for the others, though not for ever: a thread whose core was taken away is left out for up to a quarter of a
 * second. */
static void meet(void *argument, int64_t index)
{
    thread_meeting *meeting = argument;
    const int64_t end = gan_nanoseconds() + 50000000;

    (void)index;
    atomic_fetch_add(&meeting->arrived, 1);
    while (atomic_load(&meeting->arrived) < meeting->expected) {
        if (gan_nanoseconds() > end) return;
        sched_yield();
    }
    atomic_fetch_add(&meeting->met, 1);
}

static bool all_threads_work(gan_context *context)
{
    enum { ATTEMPTS = 200 };

    for (int i = 0; i < ATTEMPTS; i++) {
        thread_meeting meeting = {.expected = THREADS};
        gan_parallel(context, meet, &meeting, THREADS);
        if (atomic_load(&meeting.met) == THREADS) return true;
    }
    return false;
}

static void count_task(void *argument, int64_t index)
{
    ((int *)argument)[index]++;
}

static bool every_task_runs_once(gan_context *context)
{
    int runs[TASKS] = {0};

    gan_parallel(context, count_task, runs, TASKS);
    for (int i = 0; i < TASKS; i++) {
        if (runs[i] != 1) return false;
    }
    return true;
}

/* ---- Children ------------------------------------------------------------------------------------------------- */

static bool destroy_at_once(gan_context *context)
{
    gan_context_destroy(context);
    return true;
}

static bool use_and_destroy(gan_context *context)
{
    for (int round = 0; round < 3; round++) {
        if (!all_threads_work(context) || !every_task_runs_once(context)) return false;
    }
    gan_context_destroy(context);
    return true;
}

/* Its child finds threads in use that its parent started anew. */
static bool fork_again(gan_context *context)
{
    int result = -1;

    if (!all_threads_work(context)) return false;
    const pid_t process = fork();
    if (process == 0) _exit(use_and_destroy(context) ? 0 : 1);
    return process > 0 && waitpid(process, &result, 0) == process && result == 0 && use_and_destroy(context);
}

static gan_context *static_context;

static void destroy_static_context(void)
{
    gan_context_destroy(static_context);
}

static bool exit_with_static_context(gan_context *context)
{
    static_context = context;
    if (atexit(destroy_static_context) != 0) return false;
    exit(0);
}

static bool work_without_threads(gan_context *context)
{
    gan_context_info info = GAN_CONTEXT_INFO_INIT;

    no_thread_starts = true;
    if (!every_task_runs_once(context) || strncmp(warning, "threads is 3, but only 1 could", 30) != 0) return false;
    if (gan_context_get_info(context, &info) != GAN_OK || info.threads != 1) return false;
    warning[0] = 0; /* one warning is enough */
    if (!every_task_runs_once(context) || warning[0]) return false;
    gan_context_destroy(context);
    return true;
}

/* ---- Cases ---------------------------------------------------------------------------------------------------- */

static const child_fn children[] = {destroy_at_once, use_and_destroy, fork_again, exit_with_static_context,
                                    work_without_threads};
enum { CHILDREN = sizeof(children) / sizeof(*children) };

static void test_child_of_idle_parent(void **state)
{
    const struct timespec until_they_sleep = {0, 2000000};

    (void)state;
    test_needs_threads_after_fork();
    for (int i = 0; i < CHILDREN; i++) {
        gan_context *context = create_context();
        in_child(children[i], context); /* the threads have not worked yet */
        assert_true(all_threads_work(context));
        in_child(children[i], context); /* they look for work */
        nanosleep(&until_they_sleep, NULL);
        in_child(children[i], context);
        assert_true(all_threads_work(context)); /* the parent's are as before */
        gan_context_destroy(context);
    }
}

static void test_child_while_another_thread_works(void **state)
{
    (void)state;
    test_needs_threads_after_fork();
    for (int i = 0; i < CHILDREN; i++) {
        pool_occupation occupation = {.context = create_context(), .tasks = THREADS};
        pthread_t other;
        assert_int_equal(pthread_create(&other, NULL, occupy, &occupation), 0);
        while (atomic_load(&occupation.begun) < THREADS) sched_yield();
        in_child(children[i], occupation.context);
        atomic_store(&occupation.end, true);
        assert_int_equal(pthread_join(other, NULL), 0);
        assert_true(all_threads_work(occupation.context));
        gan_context_destroy(occupation.context);
    }
}

static void *work_until_told(void *argument)
{
    pool_occupation *occupation = argument;

    for (int round = 0; !atomic_load(&occupation->end); round++) {
        every_task_runs_once(occupation->context);
        atomic_store(&occupation->begun, 1);
        if (round % 16 == 0) sched_yield();
    }
    return NULL;
}

/* Whatever the other thread and the workers were doing, mutexes included. */
static void test_child_at_any_moment(void **state)
{
    pool_occupation occupation = {.context = create_context()};
    pthread_t other;

    (void)state;
    test_needs_threads_after_fork();
#ifdef __SANITIZE_ADDRESS__
    /* A thread that starts holds locks of AddressSanitizer's, for which a child would wait for ever. */
    assert_true(all_threads_work(occupation.context));
#endif
    assert_int_equal(pthread_create(&other, NULL, work_until_told, &occupation), 0);
#ifdef __SANITIZE_ADDRESS__
    while (!atomic_load(&occupation.begun)) sched_yield();
#endif
    for (int round = 0; round < 60; round++) {
        in_child(round % 2 ? use_and_destroy : destroy_at_once, occupation.context);
    }
    atomic_store(&occupation.end, true);
    assert_int_equal(pthread_join(other, NULL), 0);
    gan_context_destroy(occupation.context);
}

/* ---- The host's threads --------------------------------------------------------------------------------------- */

static int host_calls;

static void run_in_caller(void *user, gan_task_fn task, void *argument, int64_t count)
{
    (void)user;
    host_calls++;
    for (int64_t i = 0; i < count; i++) task(argument, i);
}

static bool calls_host_threads(gan_context *context)
{
    const int calls = host_calls;

    if (!every_task_runs_once(context) || host_calls != calls + 1) return false;
    gan_context_destroy(context);
    return true;
}

static void test_host_threads_in_child(void **state)
{
    pool_occupation occupation = {.tasks = THREADS};
    pthread_t other;

    (void)state;
    assert_int_equal(gan_context_create(GAN_CONTEXT(.parallel = run_in_caller), &occupation.context), GAN_OK);
    in_child(calls_host_threads, occupation.context);
    assert_int_equal(pthread_create(&other, NULL, occupy, &occupation), 0);
    while (atomic_load(&occupation.begun) < 1) sched_yield();
    in_child(calls_host_threads, occupation.context);
    atomic_store(&occupation.end, true);
    assert_int_equal(pthread_join(other, NULL), 0);
    gan_context_destroy(occupation.context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_child_of_idle_parent),
        cmocka_unit_test(test_child_while_another_thread_works),
        cmocka_unit_test(test_child_at_any_moment),
        cmocka_unit_test(test_host_threads_in_child),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
