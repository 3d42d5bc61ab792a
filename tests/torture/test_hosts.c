/* Every scenario in hosts of an unusual kind: on a thread with a small stack, whose system gives new threads even
 * less; on a thread that is to be cancelled; without standard streams. Results are those of an ordinary host. */
#define _GNU_SOURCE /* pthread_setattr_default_np() */
#include "support/allocator.h"
#include "support/files.h"
#include "support/run.h"
#include "torture/scenarios.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

/* What libgan.h promises to be enough for any call. */
enum { CALL_STACK = 2 * GAN_TASK_STACK, STREAMS = 3 };

typedef struct performance {
    const scenario *scenario;
    test_allocator allocator;
    stage stage;
    gan_status status;
    bool to_be_cancelled; /* before the scenario begins */
    bool done;
} performance;

static void accept_files(stage *s)
{
    (void)s;
}

static void *play(void *argument)
{
    performance *p = argument;
    int before;

    p->allocator = (test_allocator){0};
    p->stage = (stage){.check_files = accept_files, .digest = UINT64_C(0xcbf29ce484222325)};
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    if (p->to_be_cancelled) pthread_cancel(pthread_self());
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    p->status = gan_context_create(GAN_CONTEXT(.allocator = test_allocator_hooks(&p->allocator), .threads = 3),
                                   &p->stage.context);
    if (p->status == GAN_OK) p->status = p->scenario->run(&p->stage);
    gan_context_destroy(p->stage.context);
    p->done = true;
    pthread_setcancelstate(before, NULL);
    pthread_testcancel();
    return NULL;
}

/* Plays each scenario as it is and by `play_unusually`, which fails if it cannot. */
static void compare(void (*play_unusually)(performance *p))
{
    const scenario *const lists[] = {model_scenarios, data_scenarios, training_scenarios};

    for (int i = 0; i < 3; i++) {
        for (const scenario *of = lists[i]; of->name; of++) {
            performance usual = {.scenario = of}, unusual = {.scenario = of};
            play(&usual);
            if (usual.status != GAN_OK) fail_msg("%s: %s", of->name, gan_status_name(usual.status));
            play_unusually(&unusual);
            if (!unusual.done) fail_msg("%s does not reach its end", of->name);
            if (unusual.status != GAN_OK) fail_msg("%s: %s", of->name, gan_status_name(unusual.status));
            if (unusual.stage.digest != usual.stage.digest) fail_msg("%s: other results", of->name);
            test_allocator_assert_empty(&unusual.allocator);
        }
    }
}

/* ---- Stacks --------------------------------------------------------------------------------------------------- */

#ifndef TEST_SANITIZED
static void play_on_small_stack(performance *p)
{
    pthread_attr_t attributes;
    pthread_t thread;

    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, CALL_STACK), 0);
    assert_int_equal(pthread_create(&thread, &attributes, play, p), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
}
#endif

/* Threads of the library have the stack that they need, whatever the system gives by default. */
static void test_small_stacks(void **state)
{
    (void)state;
#ifdef TEST_SANITIZED
    test_skip("sanitizers need more stack");
#else
#ifdef HAS_DEFAULT_ATTRIBUTES
    pthread_attr_t before, small;

    assert_int_equal(pthread_getattr_default_np(&before), 0);
    assert_int_equal(pthread_attr_init(&small), 0);
    assert_int_equal(pthread_attr_setstacksize(&small, (size_t)sysconf(_SC_THREAD_STACK_MIN)), 0);
    assert_int_equal(pthread_setattr_default_np(&small), 0);
#endif
    compare(play_on_small_stack);
#ifdef HAS_DEFAULT_ATTRIBUTES
    assert_int_equal(pthread_setattr_default_np(&before), 0);
#endif
#endif
}

/* ---- Cancelled threads ---------------------------------------------------------------------------------------- */

static void play_on_cancelled_thread(performance *p)
{
    pthread_t thread;
    void *result = NULL;

    p->to_be_cancelled = true;
    assert_int_equal(pthread_create(&thread, NULL, play, p), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_true(result == PTHREAD_CANCELED);
}

/* Calls end as usual, and the thread afterwards. */
static void test_cancelled_threads(void **state)
{
    (void)state;
    compare(play_on_cancelled_thread);
}

/* ---- Standard streams ----------------------------------------------------------------------------------------- */

static int streams[STREAMS];

/* Whether a call has opened, or left open, what stands for a standard stream. */
static void check_streams(performance *p)
{
    for (int i = 0; i < STREAMS; i++)
        if (fcntl(i, F_GETFD) >= 0) p->done = false;
}

static void play_without_streams(performance *p)
{
    fflush(NULL);
    for (int i = 0; i < STREAMS; i++) {
        streams[i] = fcntl(i, F_DUPFD_CLOEXEC, STREAMS);
        close(i);
    }
    play(p);
    check_streams(p);
    for (int i = 0; i < STREAMS; i++) {
        if (streams[i] < 0) continue;
        dup2(streams[i], i);
        close(streams[i]);
    }
}

static void test_no_streams(void **state)
{
    (void)state;
    compare(play_without_streams);
}

static int set_up(void **state)
{
    if (test_folder_create(state) != 0) return -1;
    scenario_files_create();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_stacks),
        cmocka_unit_test(test_cancelled_threads),
        cmocka_unit_test(test_no_streams),
    };
    return cmocka_run_group_tests(tests, set_up, test_folder_remove);
}
