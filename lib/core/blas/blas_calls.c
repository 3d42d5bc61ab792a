/* Calls of a BLAS, which fork() waits for. A BLAS with threads of its own, such as OpenBLAS, ends them when the
 * process forks, and starts them anew in parent and child: a call that is under way in another thread would wait for
 * them for ever, and the child would find its locks closed. */
#include "core/blas/blas.h"
#include "core/platform/platform.h"
#include "core/status/status.h"

#include <pthread.h>

enum { MOST_LIBRARIES = 8 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* of what follows */
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int64_t running;                         /* calls */
static int64_t forking;                         /* threads that fork, or wait to do so: no call begins */
static void (*libraries[MOST_LIBRARIES])(void); /* whose own handlers of fork() ours precede */
static int library_count;
static _Thread_local int depth; /* this thread forks, and so many of our handlers have run */

void gan_blas_enter(void)
{
    pthread_mutex_lock(&mutex);
    while (forking > 0) pthread_cond_wait(&changed, &mutex);
    running++;
    pthread_mutex_unlock(&mutex);
}

void gan_blas_leave(void)
{
    pthread_mutex_lock(&mutex);
    if (--running == 0) pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

/* Keeps the mutex until the process has forked. */
static void before_fork(void)
{
    if (depth++ > 0) return;
    pthread_mutex_lock(&mutex);
    forking++;
    while (running > 0) pthread_cond_wait(&changed, &mutex);
}

static void after_fork_in_parent(void)
{
    if (--depth > 0) return;
    forking--;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

/* The mutex belongs to the parent's thread, and other threads are not in the child. */
static void after_fork_in_child(void)
{
    if (--depth > 0) return;
    pthread_mutex_init(&mutex, NULL);
    pthread_cond_init(&changed, NULL);
    running = forking = 0;
}

/* Of the handlers that run before a fork, the last one installed is the first: so ours are installed once more for
 * each library. */
static gan_status watch(void (*library)(void))
{
    for (int i = 0; i < library_count; i++) {
        if (libraries[i] == library) return GAN_OK;
    }
    if (library_count == MOST_LIBRARIES) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "gan_context_options: blas names one of more than %d libraries",
                        MOST_LIBRARIES);
    }
    if (gan_watch_forks(before_fork, after_fork_in_parent, after_fork_in_child) != 0)
        return gan_fail(GAN_ERROR_MEMORY, "a handler of fork() could not be installed");
    libraries[library_count++] = library;
    return GAN_OK;
}

gan_status gan_blas_watch_forks(void (*library)(void))
{
    pthread_mutex_lock(&mutex);
    const gan_status status = watch(library);
    pthread_mutex_unlock(&mutex);
    return status;
}
