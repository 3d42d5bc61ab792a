/* What threads need of the process and the system: how they start, which process they belong to, and a clock. */
#include "core/core.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

/* ---- Forks -------------------------------------------------------------------------------------------------------
 */

/* The number of this process: 1 in the process that loaded the library, one more in each child of fork() than in its
 * parent. Unlike a process's ID it is never used again, and costs no system call. */
static atomic_uint this_process = 1;
static atomic_bool forks_are_counted;

static void count_fork(void)
{
    atomic_fetch_add(&this_process, 1);
}

unsigned gan_process_number(void)
{
    return atomic_load(&this_process);
}

/* Handlers of fork() cannot be taken back except by unloading the library, so there is one for all contexts. Two
 * threads may both install it: then the number rises by two. */
gan_status gan_count_forks(void)
{
    if (atomic_load(&forks_are_counted)) return GAN_OK;
    if (pthread_atfork(NULL, NULL, count_fork) != 0)
        return gan_fail(GAN_ERROR_MEMORY, "a handler of fork() could not be installed");
    atomic_store(&forks_are_counted, true);
    return GAN_OK;
}

/* ---- Time --------------------------------------------------------------------------------------------------------
 */

int64_t gan_nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- Starting threads --------------------------------------------------------------------------------------------
 */

/* The host's signal handlers run in the host's threads. Faults stay deliverable: they belong to the thread that
 * causes them, and a host may report them. */
static void block_signals(sigset_t *before)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT};
    sigset_t blocked;

    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) sigdelset(&blocked, faults[i]);
    pthread_sigmask(SIG_BLOCK, &blocked, before);
}

int gan_thread_start(pthread_t *thread, void *(*start)(void *argument), void *argument)
{
    sigset_t signals;

    block_signals(&signals);
    const int error = pthread_create(thread, NULL, start, argument);
    pthread_sigmask(SIG_SETMASK, &signals, NULL);
    return error;
}
