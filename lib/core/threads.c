/* A pool of threads that share the tasks of one call. The caller works too.
 *
 * Each thread begins with its own share of consecutive tasks: the next call's tasks often read what the same tasks of
 * this one wrote, which is then in the cache of the right core. A thread that has finished its share takes tasks from
 * the others.
 *
 * Each worker has a state of its own:
 *
 *     IDLE -> SLEEPING                by the worker, after waiting in vain for a while
 *     IDLE or SLEEPING -> ASSIGNED    by the caller, who has work
 *     ASSIGNED -> RUNNING -> IDLE     by the worker
 *     ASSIGNED -> IDLE                by the caller, who ran out of tasks before the worker began, and need not wait
 *     RUNNING -> AWAITED -> IDLE      by the caller, about to sleep until the worker is done; by the worker
 *     IDLE or SLEEPING -> STOPPING    by the thread that destroys the pool
 *
 * Whoever moves a state on from SLEEPING or AWAITED wakes the sleeper.
 *
 * A child of fork() has no workers, and another thread of its parent may have been anywhere in here. So the pool and
 * whoever uses it belong to a process: a child takes over what it finds of another process, and starts workers anew
 * when it first has work for them. */
#include "core/core.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

enum { IDLE, SLEEPING, ASSIGNED, RUNNING, AWAITED, STOPPING };

/* How long a thread spins before it sleeps: the parallel regions of a training step follow each other within
 * microseconds, and waking a thread takes longer. */
#define SPIN_NANOSECONDS 50000

/* The tasks of one thread that nobody has taken yet. */
typedef struct pool_share {
    atomic_int_least64_t next;
    int64_t end;
    unsigned char padding[GAN_ALIGNMENT]; /* two shares, or the states of two workers, never share a cache line */
} pool_share;

typedef struct pool_worker {
    atomic_int state;
    gan_pool *pool;
    pthread_t thread;
    pthread_mutex_t mutex;  /* held around each wait for, and each announcement of, a change of state */
    pthread_cond_t changed; /* at most one thread waits for it */
    pool_share share;
} pool_worker;

struct gan_pool {
    gan_task_fn task;
    void *argument;
    pool_share share; /* the caller's */
    int threads;      /* with a share in this call, including the caller */
    int64_t spin;     /* nanoseconds */
    size_t size;      /* of this block of memory */
    unsigned process; /* whose threads the workers are */
    int wanted;       /* workers asked for */
    int worker_count;
    pool_worker workers[];
};

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
static gan_status count_forks(void)
{
    if (atomic_load(&forks_are_counted)) return GAN_OK;
    if (pthread_atfork(NULL, NULL, count_fork) != 0)
        return gan_fail(GAN_ERROR_MEMORY, "a handler of fork() could not be installed");
    atomic_store(&forks_are_counted, true);
    return GAN_OK;
}

static void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static int64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Returns when the state changes or time is up. */
static void spin_while(const pool_worker *worker, int state)
{
    if (worker->pool->spin == 0) return;
    const int64_t end = nanoseconds() + worker->pool->spin;
    do {
        for (int i = 0; i < 32; i++) {
            if (atomic_load(&worker->state) != state) return;
            pause_briefly();
        }
    } while (nanoseconds() < end);
}

/* If the state is `from`, makes it `asleep` and sleeps until it changes. */
static void sleep_while(pool_worker *worker, int from, int asleep)
{
    pthread_mutex_lock(&worker->mutex);
    if (atomic_compare_exchange_strong(&worker->state, &from, asleep)) {
        while (atomic_load(&worker->state) == asleep) pthread_cond_wait(&worker->changed, &worker->mutex);
    }
    pthread_mutex_unlock(&worker->mutex);
}

/* Moves the state on and wakes the thread sleeping in the state `asleep`. */
static void move_state(pool_worker *worker, int asleep, int to)
{
    if (atomic_exchange(&worker->state, to) != asleep) return;
    pthread_mutex_lock(&worker->mutex);
    pthread_cond_signal(&worker->changed);
    pthread_mutex_unlock(&worker->mutex);
}

/* The caller is thread 0; workers count from 1. */
static pool_share *share_of(gan_pool *pool, int thread)
{
    return thread == 0 ? &pool->share : &pool->workers[thread - 1].share;
}

static void run_tasks(gan_pool *pool, int thread)
{
    const gan_task_fn task = pool->task;
    void *argument = pool->argument;
    const int threads = pool->threads;

    for (int i = 0; i < threads; i++) {
        pool_share *share = share_of(pool, (thread + i) % threads);
        const int64_t end = share->end;
        int64_t index;
        while ((index = atomic_fetch_add_explicit(&share->next, 1, memory_order_relaxed)) < end)
            task(argument, index);
    }
}

static void *worker_main(void *argument)
{
    GAN_FLOAT_SCOPE();
    pool_worker *worker = argument;

    for (;;) {
        int state = ASSIGNED;
        spin_while(worker, IDLE);
        if (atomic_load(&worker->state) == IDLE) sleep_while(worker, IDLE, SLEEPING);
        if (atomic_compare_exchange_strong(&worker->state, &state, RUNNING)) {
            run_tasks(worker->pool, 1 + (int)(worker - worker->pool->workers));
            move_state(worker, AWAITED, IDLE);
        } else if (state == STOPPING) {
            return NULL;
        }
    }
}

static void run_on_pool(gan_pool *pool, gan_task_fn task, void *argument, int64_t count)
{
    const int helpers = count - 1 < pool->worker_count ? (int)(count - 1) : pool->worker_count;

    pool->task = task;
    pool->argument = argument;
    pool->threads = helpers + 1;
    for (int i = 0; i <= helpers; i++) {
        pool_share *share = share_of(pool, i);
        atomic_store_explicit(&share->next, count * i / (helpers + 1), memory_order_relaxed);
        share->end = count * (i + 1) / (helpers + 1);
    }
    for (int i = 0; i < helpers; i++) move_state(&pool->workers[i], SLEEPING, ASSIGNED);
    run_tasks(pool, 0);
    for (int i = 0; i < helpers; i++) {
        pool_worker *worker = &pool->workers[i];
        int state = ASSIGNED;
        if (atomic_compare_exchange_strong(&worker->state, &state, IDLE)) continue;
        spin_while(worker, RUNNING);
        if (atomic_load(&worker->state) == RUNNING) sleep_while(worker, RUNNING, AWAITED);
    }
}

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

/* Returns 0 or the error number of what failed. */
static int start_worker(pool_worker *worker, gan_pool *pool)
{
    int error;

    worker->pool = pool;
    atomic_init(&worker->state, IDLE);
    error = pthread_mutex_init(&worker->mutex, NULL);
    if (error) return error;
    error = pthread_cond_init(&worker->changed, NULL);
    if (error) goto no_condition;
    error = gan_thread_start(&worker->thread, worker_main, worker);
    if (error) goto no_thread;
    return 0;

no_thread:
    pthread_cond_destroy(&worker->changed);
no_condition:
    pthread_mutex_destroy(&worker->mutex);
    return error;
}

/* As many as can be started. */
static void start_workers(gan_context *context, gan_pool *pool)
{
    int error = 0;

    pool->process = atomic_load(&this_process);
    pool->worker_count = 0;
    while (pool->worker_count < pool->wanted && error == 0) {
        error = start_worker(&pool->workers[pool->worker_count], pool);
        if (error == 0) pool->worker_count++;
    }
    if (error) {
        char reason[GAN_ERRNO_TEXT];
        gan_log(context, GAN_LOG_WARNING, "threads is %d, but only %d could be started: %s", pool->wanted + 1,
                pool->worker_count + 1, gan_errno_text(error, reason));
    }
    atomic_store(&context->threads, pool->worker_count + 1);
}

static _Thread_local bool in_host_task;

/* Stands for this thread: its address is no other's. */
static uintptr_t this_thread(void)
{
    return (uintptr_t)&in_host_task;
}

/* Whether the context's threads are the caller's now. They are not inside a task, like for any other second caller.
 * But a call by which the host's function was left with an exception or longjmp() has ended, and its thread may go
 * on. */
static bool acquire_threads(gan_context *context)
{
    const unsigned process = atomic_load(&this_process);
    unsigned busy = atomic_load(&context->busy);

    if (busy == process) {
        return context->parallel && !in_host_task && atomic_load(&context->user) == this_thread();
    }
    if (!atomic_compare_exchange_strong(&context->busy, &busy, process)) return false;
    atomic_store(&context->user, this_thread());
    return true;
}

static void release_threads(gan_context *context)
{
    atomic_store(&context->user, 0);
    atomic_store(&context->busy, 0);
}

/* A task on a thread of the host, which computes in an environment of its own. */
typedef struct host_call {
    gan_task_fn task;
    void *argument;
} host_call;

static void run_host_task(void *argument, int64_t index)
{
    GAN_FLOAT_SCOPE();
    const host_call *call = argument;

    in_host_task = true;
    call->task(call->argument, index);
    in_host_task = false;
}

static void run_on_host(const gan_context *context, gan_task_fn task, void *argument, int64_t count)
{
    GAN_HOST_SCOPE();
    host_call call = {task, argument};

    context->parallel(context->parallel_user, run_host_task, &call, count);
}

void gan_parallel(gan_context *context, gan_task_fn task, void *argument, int64_t count)
{
    const bool share = count > 1 && (context->pool || context->parallel);

    if (!share || !acquire_threads(context)) {
        for (int64_t i = 0; i < count; i++) task(argument, i);
        return;
    }
    if (context->parallel) {
        run_on_host(context, task, argument, count);
    } else {
        if (context->pool->process != atomic_load(&this_process)) start_workers(context, context->pool);
        run_on_pool(context->pool, task, argument, count);
    }
    release_threads(context);
}

gan_status gan_pool_create(gan_context *context, int threads)
{
    const size_t size = sizeof(gan_pool) + (size_t)(threads - 1) * sizeof(pool_worker);
    gan_pool *pool;

    GAN_TRY(count_forks());
    if (threads == 1) return GAN_OK;
    pool = gan_allocate(context, size);
    if (!pool) return GAN_ERROR_MEMORY;
    pool->size = size;
    pool->wanted = threads - 1;
    pool->spin = !context->no_spin && threads <= gan_cpu_count() ? SPIN_NANOSECONDS : 0;
    start_workers(context, pool);
    context->pool = pool;
    return GAN_OK;
}

void gan_pool_destroy(gan_context *context, gan_pool *pool)
{
    if (!pool) return;
    if (pool->process != atomic_load(&this_process)) pool->worker_count = 0; /* they are not in this process */
    for (int i = 0; i < pool->worker_count; i++) move_state(&pool->workers[i], SLEEPING, STOPPING);
    for (int i = 0; i < pool->worker_count; i++) {
        pthread_join(pool->workers[i].thread, NULL);
        pthread_cond_destroy(&pool->workers[i].changed);
        pthread_mutex_destroy(&pool->workers[i].mutex);
    }
    gan_release(context, pool, pool->size);
}
