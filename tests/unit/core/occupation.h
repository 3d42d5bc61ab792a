/* A thread that keeps a context's threads busy until it is told to end. */
#ifndef GAN_TESTS_UNIT_CORE_OCCUPATION_H
#define GAN_TESTS_UNIT_CORE_OCCUPATION_H

#include "core/core.h"

#include <sched.h>

typedef struct pool_occupation {
    gan_context *context;
    int64_t tasks;
    atomic_int begun;
    atomic_bool end;
} pool_occupation;

static void occupy_task(void *argument, int64_t index)
{
    pool_occupation *occupation = argument;

    (void)index;
    atomic_fetch_add(&occupation->begun, 1);
    while (!atomic_load(&occupation->end)) sched_yield();
}

/* The thread; its argument is a pool_occupation. */
static void *occupy(void *argument)
{
    pool_occupation *occupation = argument;

    gan_parallel(occupation->context, occupy_task, occupation, occupation->tasks);
    return NULL;
}

#endif
