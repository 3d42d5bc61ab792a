#define _GNU_SOURCE /* sched_setaffinity() */
#include "disturb.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef __linux__
#include <sched.h>
#include <sys/prctl.h>

static void never_rest(int cpu)
{
    volatile unsigned turns = 0;
    cpu_set_t own;
    CPU_ZERO(&own);
    CPU_SET((size_t)cpu, &own);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || sched_setaffinity(0, sizeof(own), &own) != 0) _exit(1);
    for (;;) turns++;
}

bool disturb(int count)
{
    cpu_set_t usable;
    if (sched_getaffinity(0, sizeof(usable), &usable) != 0) return false;
    for (int cpu = CPU_SETSIZE - 1; cpu >= 0 && count > 0; cpu--) {
        if (!CPU_ISSET((size_t)cpu, &usable)) continue;
        const pid_t process = fork();
        if (process < 0) return false;
        if (process == 0) never_rest(cpu);
        count--;
    }
    return count == 0;
}
#else
bool disturb(int count)
{
    return count == 0;
}
#endif
