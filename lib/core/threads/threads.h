/* Threads: the pool of a context, threads beside it, gates and locks. All work on in a child of fork(). */
#ifndef GAN_CORE_THREADS_H
#define GAN_CORE_THREADS_H

#include "core/memory/memory.h"
#include "libgan.h"

#include <pthread.h>

/* ---- Threads (threads.c) ----------------------------------------------------------------------------------- */

/* Gives the context a pool with as many threads as can be started, and logs when these are fewer than asked for. With
 * one thread, which may be the host's threads, there is no pool. In a child of fork() they start anew when they are
 * first needed. */
gan_status gan_pool_create(gan_context *context, int threads);
void gan_pool_destroy(gan_context *context, gan_pool *pool);

/* Runs task(argument, i) for each i in [0, count) and returns when all are done. What a task computes must depend
 * only on i, never on the thread or the order, so that results are equal for any number of threads. Inside a task, or
 * while another thread uses the pool, the caller does all the work itself. Never allocates. */
void gan_parallel(gan_context *context, gan_task_fn task, void *argument, int64_t count);

/* A gate (gate.c): threads pass it one at a time, in the order in which they came. */
typedef struct gan_gate gan_gate;
gan_status gan_gate_create(gan_context *context, gan_gate **out);
void gan_gate_destroy(gan_context *context, gan_gate *gate); /* accepts NULL */
void gan_gate_enter(gan_gate *gate);
void gan_gate_leave(gan_gate *gate);

/* ---- A lock that a child of fork() finds open (lock.c) ------------------------------------------------------- */

typedef struct gan_lock {
    pthread_mutex_t mutex;
    unsigned process; /* that the mutex belongs to */
} gan_lock;

gan_status gan_lock_create(gan_lock *lock);
void gan_lock_acquire(gan_lock *lock);
void gan_lock_release(gan_lock *lock);
void gan_lock_destroy(gan_lock *lock);

/* ---- A thread beside the caller's (companion.c) -------------------------------------------------------------- */

typedef struct gan_companion {
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* what the mutex guards, `stopping` included */
    pthread_t thread;
    bool started;
    bool stopping;    /* the thread returns once it has nothing left to do */
    unsigned process; /* that all of it belongs to */
} gan_companion;

/* Also makes an inherited one usable again: in a child of fork(), the parent's thread does not exist, and its mutex
 * may be locked for ever. Without a thread yet. */
gan_status gan_companion_create(gan_companion *companion);
bool gan_companion_is_inherited(const gan_companion *companion);
/* Starts its thread unless it runs. Returns 0, or a number of errno. */
int gan_companion_start(gan_companion *companion, void *(*start)(void *argument), void *argument);
/* Asks the thread to stop, and awaits it; does nothing to an inherited one. */
void gan_companion_destroy(gan_companion *companion);

/* ---- Work on a thread of its own (background.c) -------------------------------------------------------------- */

/* Does one task at a time beside the thread that starts and awaits it. Its thread starts with the first task, and in
 * a child of fork() anew. Belongs to a handle that keeps the context alive. */
typedef struct gan_background gan_background;

gan_status gan_background_create(gan_context *context, gan_background **out);
/* Begins a task; the one before has been awaited. False, after a warning in the log, if no thread can be started. */
bool gan_background_start(gan_background *background, void (*task)(void *argument), void *argument);
/* Returns when there is no task. False if one was lost: it was begun before fork(), and this is the child. */
bool gan_background_wait(gan_background *background);
void gan_background_destroy(gan_background *background); /* waits; accepts NULL */

/* ---- A task in slices of time (sliced.c) ---------------------------------------------------------------------- */

typedef struct gan_sliced gan_sliced;
/* Belongs to a handle that keeps the context alive. Its thread starts with its first task. */
gan_status gan_sliced_create(gan_context *context, gan_sliced **out);
void gan_sliced_destroy(gan_sliced *sliced); /* accepts NULL; finishes the task */
/* Begins a task that gan_sliced_continue() then runs; there must be none, or its end must have been told. */
gan_status gan_sliced_begin(gan_sliced *sliced, void (*task)(void *argument), void *argument);
/* Runs the task for this long, or somewhat longer: until the tasks of gan_parallel() that are under way have ended,
 * but at least one. *done tells whether it has ended. */
gan_status gan_sliced_continue(gan_sliced *sliced, int64_t nanoseconds, bool *done);
/* Runs a task that is half done to its end, which gan_sliced_continue() still tells. Any thread. */
gan_status gan_sliced_finish(gan_sliced *sliced);
/* Lets the task run to its end, and does not wait for it. Any thread. */
void gan_sliced_hurry(gan_sliced *sliced);

/* For gan_parallel(): the sliced task that this thread runs, or NULL; it may be hidden for a while. */
gan_sliced *gan_sliced_current(void);
void gan_sliced_set_current(gan_sliced *sliced);
/* Whether the slice's time is up. Any thread. */
bool gan_sliced_is_over(const gan_sliced *sliced);
/* If so, waits for the next slice. In the task's thread. */
void gan_sliced_pause(gan_sliced *sliced);

#endif
