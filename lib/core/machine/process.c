/* What threads need of the process: which one they belong to, and a clock. */
#include "core/machine/machine.h"
#include "core/platform/platform.h"
#include "core/status/status.h"

#include <stdatomic.h>
#include <time.h>

/* ---- Forks ----------------------------------------------------------------------------------------------------- */

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
    if (gan_watch_forks(NULL, NULL, count_fork) != 0)
        return gan_fail(GAN_ERROR_MEMORY, "a handler of fork() could not be installed");
    atomic_store(&forks_are_counted, true);
    return GAN_OK;
}

/* ---- Time ------------------------------------------------------------------------------------------------------ */

int64_t gan_nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
