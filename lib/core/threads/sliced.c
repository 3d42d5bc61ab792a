/* A task that runs in slices of time, on a thread of its own: whoever gives it time waits meanwhile. Once the time is
 * up, the thread pauses where gan_parallel() is between two tasks, so that the code in between knows nothing of it.
 *
 *     NOTHING -> PAUSED             by the caller, who has a task
 *     PAUSED -> RUNNING             by who gives it time
 *     RUNNING -> PAUSED or ENDED    by the thread
 *     ENDED -> NOTHING              by the caller, who has been told */
#include "core/machine/machine.h"
#include "core/memory/memory.h"
#include "core/status/status.h"
#include "core/threads/threads.h"

enum { NOTHING, PAUSED, RUNNING, ENDED };

struct gan_sliced {
    gan_context *context;
    gan_companion thread; /* its mutex is of what follows */
    void (*task)(void *argument);
    void *argument;
    int state;
    atomic_int_least64_t end; /* of the slice, in nanoseconds; INT64_MAX: that of the task */
};

/* ---- In the thread --------------------------------------------------------------------------------------------- */

static _Thread_local gan_sliced *current;

gan_sliced *gan_sliced_current(void)
{
    return current;
}

void gan_sliced_set_current(gan_sliced *sliced)
{
    current = sliced;
}

bool gan_sliced_is_over(const gan_sliced *sliced)
{
    const int64_t end = atomic_load(&sliced->end);

    return end != INT64_MAX && gan_nanoseconds() >= end;
}

void gan_sliced_pause(gan_sliced *sliced)
{
    if (!gan_sliced_is_over(sliced)) return;
    pthread_mutex_lock(&sliced->thread.mutex);
    if (gan_sliced_is_over(sliced)) {
        sliced->state = PAUSED;
        pthread_cond_broadcast(&sliced->thread.changed);
        while (sliced->state == PAUSED) pthread_cond_wait(&sliced->thread.changed, &sliced->thread.mutex);
    }
    pthread_mutex_unlock(&sliced->thread.mutex);
}

static void *sliced_main(void *argument)
{
    GAN_FLOAT_SCOPE();
    gan_sliced *sliced = argument;

    pthread_mutex_lock(&sliced->thread.mutex);
    for (;;) {
        while (sliced->state != RUNNING && !sliced->thread.stopping)
            pthread_cond_wait(&sliced->thread.changed, &sliced->thread.mutex);
        if (sliced->state != RUNNING) break;
        pthread_mutex_unlock(&sliced->thread.mutex);
        current = sliced;
        sliced->task(sliced->argument);
        pthread_mutex_lock(&sliced->thread.mutex);
        sliced->state = ENDED;
        pthread_cond_broadcast(&sliced->thread.changed);
    }
    pthread_mutex_unlock(&sliced->thread.mutex);
    return NULL;
}

/* ---- Lifetime -------------------------------------------------------------------------------------------------- */

gan_status gan_sliced_create(gan_context *context, gan_sliced **out)
{
    gan_sliced *sliced = gan_allocate(context, sizeof(*sliced));

    if (!sliced) return GAN_ERROR_MEMORY;
    const gan_status status = gan_companion_create(&sliced->thread);
    if (status != GAN_OK) {
        gan_release(context, sliced, sizeof(*sliced));
        return status;
    }
    atomic_init(&sliced->end, 0);
    sliced->state = NOTHING;
    sliced->context = context;
    *out = sliced;
    return GAN_OK;
}

void gan_sliced_destroy(gan_sliced *sliced)
{
    if (!sliced) return;
    if (!gan_companion_is_inherited(&sliced->thread)) (void)gan_sliced_finish(sliced);
    gan_companion_destroy(&sliced->thread);
    gan_release(sliced->context, sliced, sizeof(*sliced));
}

/* ---- Giving time ----------------------------------------------------------------------------------------------- */

static gan_status fail_inherited(void)
{
    return gan_fail(GAN_ERROR_STATE,
                    "a step or round was half done when this process was forked: only the parent can "
                    "finish it");
}

gan_status gan_sliced_begin(gan_sliced *sliced, void (*task)(void *argument), void *argument)
{
    char reason[GAN_ERRNO_TEXT];

    if (gan_companion_is_inherited(&sliced->thread)) GAN_TRY(gan_companion_create(&sliced->thread));
    const int error = gan_companion_start(&sliced->thread, sliced_main, sliced);

    if (error) {
        return gan_fail(GAN_ERROR_MEMORY, "a thread that works in slices could not be started: %s",
                        gan_errno_text(error, reason));
    }
    pthread_mutex_lock(&sliced->thread.mutex);
    sliced->task = task;
    sliced->argument = argument;
    sliced->state = PAUSED;
    pthread_mutex_unlock(&sliced->thread.mutex);
    return GAN_OK;
}

static int64_t time_after(int64_t nanoseconds)
{
    const int64_t now = gan_nanoseconds();

    return nanoseconds < INT64_MAX - now ? now + nanoseconds : INT64_MAX;
}

/* With the mutex held: lets the thread run until `end`. */
static void resume(gan_sliced *sliced, int64_t end)
{
    atomic_store(&sliced->end, end);
    if (sliced->state != PAUSED) return;
    sliced->state = RUNNING;
    pthread_cond_broadcast(&sliced->thread.changed);
}

/* The same, and waits until it does not. */
static void run_until(gan_sliced *sliced, int64_t end)
{
    resume(sliced, end);
    while (sliced->state == RUNNING) pthread_cond_wait(&sliced->thread.changed, &sliced->thread.mutex);
}

gan_status gan_sliced_continue(gan_sliced *sliced, int64_t nanoseconds, bool *done)
{
    const int64_t end = time_after(nanoseconds);

    if (gan_companion_is_inherited(&sliced->thread)) return fail_inherited();
    pthread_mutex_lock(&sliced->thread.mutex);
    /* While another thread finishes the task, its time is not cut. */
    run_until(sliced, sliced->state == RUNNING ? INT64_MAX : end);
    *done = sliced->state == ENDED;
    if (*done) sliced->state = NOTHING;
    pthread_mutex_unlock(&sliced->thread.mutex);
    return GAN_OK;
}

gan_status gan_sliced_finish(gan_sliced *sliced)
{
    if (sliced == current) return GAN_OK; /* a callback of the task has called */
    if (gan_companion_is_inherited(&sliced->thread))
        return sliced->state == PAUSED || sliced->state == RUNNING ? fail_inherited() : GAN_OK;
    pthread_mutex_lock(&sliced->thread.mutex);
    run_until(sliced, INT64_MAX);
    pthread_mutex_unlock(&sliced->thread.mutex);
    return GAN_OK;
}

/* Its end must not be waited for here: once the task has left what this thread wants, the next one may have begun,
 * and wait for this thread. */
void gan_sliced_hurry(gan_sliced *sliced)
{
    if (gan_companion_is_inherited(&sliced->thread)) return;
    pthread_mutex_lock(&sliced->thread.mutex);
    resume(sliced, INT64_MAX);
    pthread_mutex_unlock(&sliced->thread.mutex);
}
