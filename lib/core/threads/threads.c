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
 * A worker whose core the system gives to somebody else in the middle of a task keeps the caller waiting, perhaps for
 * longer than all of the work takes. So the caller finds out for how long a worker that it sleeps for was not
 * running, and leaves one out for a while that is away about as often as it is there.
 *
 * Work in slices of time (sliced.c) stops between tasks when time is up; what is left of each share waits for the
 * next slice.
 *
 * A child of fork() has no workers, and another thread of its parent may have been anywhere in here. So the pool and
 * whoever uses it belong to a process: a child takes over what it finds of another process, and starts workers anew
 * when it first has work for them. */
#include "core/machine/machine.h"
#include "core/memory/memory.h"
#include "core/platform/platform.h"
#include "core/status/status.h"
#include "core/threads/threads.h"

#include <pthread.h>
#include <time.h>

enum { IDLE, SLEEPING, ASSIGNED, RUNNING, AWAITED, STOPPING };

/* How long a thread spins before it sleeps: the parallel regions of a training step follow each other within
 * microseconds, and waking a thread takes longer. */
#define SPIN_NANOSECONDS 50000

/* A worker is absent if it was not running for this long while the caller slept for it. If it had run for less than
 * so many times its absence before, it is left out for twice its absence, and twice as long each time this happens
 * again, up to a limit. */
#define ABSENCE_NANOSECONDS 200000
#define ABSENCE_WORTH       4
#define ABSENCE_LONGEST     250000000

/* The tasks of one thread that nobody has taken yet. */
typedef struct pool_share {
    atomic_int_least64_t next;
    int64_t end;
} pool_share;

/* What threads do in a call: task(argument, i) of their shares. */
typedef struct pool_work {
    gan_task_fn task;
    void *argument;
    const gan_sliced *sliced; /* tasks are begun while its time lasts; NULL: all are */
} pool_work;

/* A moment, and how long a worker had run until then; both in nanoseconds, and 0 if the system does not tell. */
typedef struct worker_time {
    int64_t passed, ran;
} worker_time;

/* All that a worker needs to begin is in the cache line of its state: each line that two cores write in turn takes
 * between 50 and 500 nanoseconds to come over. */
typedef struct pool_worker {
    _Alignas(GAN_ALIGNMENT) atomic_int state;
    pool_share share;
    pool_work work; /* the caller writes it before it moves the state to ASSIGNED */
    _Alignas(GAN_ALIGNMENT) gan_pool *pool;
    pthread_t thread;
    pthread_mutex_t mutex;    /* held around each wait for, and each announcement of, a change of state */
    pthread_cond_t changed;   /* at most one thread waits for it */
    bool takes_part;          /* in this call */
    int64_t left_out_until;   /* nanoseconds; 0: it is not left out */
    int64_t left_out_for;     /* the last time; 0: it was worth waiting for since */
    int64_t ran_before;       /* until the last absence, or until it was let in again */
    worker_time since, until; /* when the caller fell asleep and when the worker that it awaited was done */
} pool_worker;

struct gan_pool {
    _Alignas(GAN_ALIGNMENT) pool_share share; /* the caller's */
    _Alignas(GAN_ALIGNMENT) pool_work work;
    int left_out;     /* workers */
    int64_t spin;     /* nanoseconds */
    void *block;      /* of memory, in which this lies aligned */
    size_t size;      /* of the block */
    unsigned process; /* whose threads the workers are */
    int wanted;       /* workers asked for */
    int worker_count;
    pool_worker workers[];
};

static void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Returns when the state changes or time is up. */
static void spin_while(const pool_worker *worker, int state)
{
    if (worker->pool->spin == 0) return;
    const int64_t end = gan_nanoseconds() + worker->pool->spin;
    do {
        for (int i = 0; i < 32; i++) {
            if (atomic_load(&worker->state) != state) return;
            pause_briefly();
        }
    } while (gan_nanoseconds() < end);
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

/* ---- Absent workers -------------------------------------------------------------------------------------------- */

static worker_time time_of(const pool_worker *worker)
{
    worker_time now = {0};
#if defined(__linux__) || defined(__FreeBSD__)
    struct timespec ran;
    clockid_t clock;
    if (pthread_getcpuclockid(worker->thread, &clock) != 0 || clock_gettime(clock, &ran) != 0) return now;
    now.ran = (int64_t)ran.tv_sec * 1000000000 + ran.tv_nsec;
    now.passed = gan_nanoseconds();
#else
    (void)worker;
#endif
    return now;
}

static void leave_out(gan_pool *pool, pool_worker *worker, int64_t absent)
{
    const int64_t longer = 2 * (worker->left_out_for > absent ? worker->left_out_for : absent);

    worker->left_out_for = longer < ABSENCE_LONGEST ? longer : ABSENCE_LONGEST;
    worker->left_out_until = worker->until.passed + worker->left_out_for;
    pool->left_out++;
}

/* Sleeps until a worker is done, and then asks whether it was worth it. */
static void sleep_for(gan_pool *pool, pool_worker *worker)
{
    worker->since = time_of(worker);
    worker->until = worker->since; /* the worker writes it if it finds the caller asleep */
    sleep_while(worker, RUNNING, AWAITED);
    const int64_t passed = worker->until.passed - worker->since.passed;
    const int64_t absent = passed - (worker->until.ran - worker->since.ran);
    if (absent < ABSENCE_NANOSECONDS) return;
    if ((worker->since.ran - worker->ran_before) / ABSENCE_WORTH < absent) {
        leave_out(pool, worker, absent);
    } else {
        worker->left_out_for = 0;
    }
    worker->ran_before = worker->until.ran;
}

/* Lets those back in whose time is up. */
static void let_in(gan_pool *pool)
{
    const int64_t now = pool->left_out > 0 ? gan_nanoseconds() : 0;

    for (int i = 0; pool->left_out > 0 && i < pool->worker_count; i++) {
        pool_worker *worker = &pool->workers[i];
        if (worker->left_out_until == 0 || worker->left_out_until > now) continue;
        worker->left_out_until = 0;
        worker->ran_before = time_of(worker).ran;
        pool->left_out--;
    }
}

/* ---- Work ------------------------------------------------------------------------------------------------------ */

/* The caller is thread 0; workers count from 1. */
static pool_share *share_of(gan_pool *pool, int thread)
{
    return thread == 0 ? &pool->share : &pool->workers[thread - 1].share;
}

/* At least one task, if any is left. Shares that are empty are only read: to write them, their cache lines would have
 * to leave their threads. */
static void run_tasks(gan_pool *pool, int thread, pool_work work)
{
    const int threads = pool->worker_count + 1;

    for (int i = 0; i < threads; i++) {
        pool_share *share = share_of(pool, (thread + i) % threads);
        const int64_t end = share->end;
        int64_t index;
        if (atomic_load_explicit(&share->next, memory_order_relaxed) >= end) continue;
        while ((index = atomic_fetch_add_explicit(&share->next, 1, memory_order_relaxed)) < end) {
            work.task(work.argument, index);
            if (work.sliced && gan_sliced_is_over(work.sliced)) return;
        }
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
            run_tasks(worker->pool, 1 + (int)(worker - worker->pool->workers), worker->work);
            if (atomic_load(&worker->state) == AWAITED) worker->until = time_of(worker);
            move_state(worker, AWAITED, IDLE);
        } else if (state == STOPPING) {
            return NULL;
        }
    }
}

/* Chooses who takes part in a call with so many tasks; returns the number of workers. */
static int choose_workers(gan_pool *pool, int64_t count)
{
    int helpers = 0;

    let_in(pool);
    for (int i = 0; i < pool->worker_count; i++) {
        pool_worker *worker = &pool->workers[i];
        worker->takes_part = helpers < count - 1 && worker->left_out_until == 0;
        helpers += worker->takes_part;
    }
    return helpers;
}

/* A range of tasks for each who takes part. */
static void deal(gan_pool *pool, int helpers, int64_t count)
{
    int dealt = 0;

    for (int i = 0; i <= pool->worker_count; i++) {
        pool_share *share = share_of(pool, i);
        const bool takes_part = i == 0 || pool->workers[i - 1].takes_part;
        atomic_store_explicit(&share->next, count * dealt / (helpers + 1), memory_order_relaxed);
        dealt += takes_part;
        share->end = count * dealt / (helpers + 1);
    }
}

/* Runs what was dealt. */
static void run_shares(gan_pool *pool)
{
    for (int i = 0; i < pool->worker_count; i++) {
        pool_worker *worker = &pool->workers[i];
        if (!worker->takes_part) continue;
        worker->work = pool->work;
        move_state(worker, SLEEPING, ASSIGNED);
    }
    run_tasks(pool, 0, pool->work);
    for (int i = 0; i < pool->worker_count; i++) {
        pool_worker *worker = &pool->workers[i];
        int state = ASSIGNED;
        if (!worker->takes_part || atomic_compare_exchange_strong(&worker->state, &state, IDLE)) continue;
        spin_while(worker, RUNNING);
        if (atomic_load(&worker->state) == RUNNING) sleep_for(pool, worker);
    }
}

static void run_on_pool(gan_pool *pool, gan_task_fn task, void *argument, int64_t count)
{
    pool->work = (pool_work){task, argument, NULL};
    deal(pool, choose_workers(pool, count), count);
    run_shares(pool);
}

/* ---- Threads --------------------------------------------------------------------------------------------------- */

/* Returns 0 or the error number of what failed. */
static int start_worker(pool_worker *worker, gan_pool *pool)
{
    int error;

    worker->pool = pool;
    worker->left_out_until = worker->left_out_for = worker->ran_before = 0; /* fork() has copied another thread's */
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

    pool->process = gan_process_number();
    pool->worker_count = 0;
    pool->left_out = 0;
    while (pool->worker_count < pool->wanted && error == 0) {
        error = start_worker(&pool->workers[pool->worker_count], pool);
        if (error == 0) pool->worker_count++;
    }
    if (error) {
        char reason[GAN_ERRNO_TEXT];
        gan_log(context, GAN_LOG_WARNING, "threads is %d, but only %d could be started: %s", pool->wanted + 1,
                pool->worker_count + 1, gan_errno_text(error, reason));
    }
    /* Sessions plan memory for so many: a child of fork() never starts more than its parent. */
    pool->wanted = pool->worker_count;
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
    const unsigned process = gan_process_number();
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

/* With the context's threads acquired. */
static gan_pool *pool_of(gan_context *context)
{
    if (context->pool->process != gan_process_number()) start_workers(context, context->pool);
    return context->pool;
}

/* ---- Work in slices -------------------------------------------------------------------------------------------- */

typedef struct task_range {
    int64_t begin, end;
} task_range;

/* What is left of each share, while it is others' turn to use the pool; returns whether anything is. */
static bool keep_shares(gan_pool *pool, task_range *left)
{
    bool any = false;

    for (int i = 0; i <= pool->worker_count; i++) {
        pool_share *share = share_of(pool, i);
        left[i] = (task_range){atomic_load(&share->next), share->end};
        any |= left[i].begin < left[i].end;
    }
    return any;
}

static void give_back_shares(gan_pool *pool, const task_range *left)
{
    for (int i = 0; i <= pool->worker_count; i++) {
        pool_share *share = share_of(pool, i);
        atomic_store_explicit(&share->next, left[i].begin, memory_order_relaxed);
        share->end = left[i].end;
    }
}

static void run_alone_in_slices(gan_sliced *sliced, gan_task_fn task, void *argument, task_range range)
{
    for (int64_t i = range.begin; i < range.end; i++) {
        gan_sliced_pause(sliced);
        task(argument, i);
    }
}

/* Tasks in tasks must not pause, since the pool is in use then. */
static void run_on_pool_in_slices(gan_context *context, gan_sliced *sliced, gan_task_fn task, void *argument,
                                  int64_t count)
{
    task_range left[GAN_MAX_THREADS] = {{0, count}};

    for (bool dealt = false, any = true; any; dealt = true) {
        gan_sliced_pause(sliced);
        if (!acquire_threads(context)) break;
        gan_pool *pool = pool_of(context);
        pool->work = (pool_work){task, argument, sliced};
        const int helpers = choose_workers(pool, count);
        dealt ? give_back_shares(pool, left) : deal(pool, helpers, count);
        gan_sliced_set_current(NULL);
        run_shares(pool);
        gan_sliced_set_current(sliced);
        any = keep_shares(pool, left);
        release_threads(context);
    }
    for (int i = 0; i < GAN_MAX_THREADS; i++) run_alone_in_slices(sliced, task, argument, left[i]);
}

static void run_in_slices(gan_context *context, gan_sliced *sliced, gan_task_fn task, void *argument, int64_t count)
{
    if (count > 1 && context->pool) {
        run_on_pool_in_slices(context, sliced, task, argument, count);
        return;
    }
    gan_sliced_pause(sliced);
    if (count > 1 && context->parallel && acquire_threads(context)) {
        run_on_host(context, task, argument, count);
        release_threads(context);
        return;
    }
    run_alone_in_slices(sliced, task, argument, (task_range){0, count});
}

/* ---- All work -------------------------------------------------------------------------------------------------- */

void gan_parallel(gan_context *context, gan_task_fn task, void *argument, int64_t count)
{
    const bool share = count > 1 && (context->pool || context->parallel);
    gan_sliced *sliced = gan_sliced_current();

    if (sliced) {
        run_in_slices(context, sliced, task, argument, count);
        return;
    }
    if (!share || !acquire_threads(context)) {
        for (int64_t i = 0; i < count; i++) task(argument, i);
        return;
    }
    if (context->parallel) {
        run_on_host(context, task, argument, count);
    } else {
        run_on_pool(pool_of(context), task, argument, count);
    }
    release_threads(context);
}

gan_status gan_pool_create(gan_context *context, int threads)
{
    const size_t size = GAN_ALIGNMENT + sizeof(gan_pool) + (size_t)(threads - 1) * sizeof(pool_worker);
    gan_pool *pool;
    unsigned char *block;

    GAN_TRY(gan_count_forks());
    if (threads == 1) return GAN_OK;
    block = gan_allocate(context, size);
    if (!block) return GAN_ERROR_MEMORY;
    pool = (gan_pool *)(void *)(block + (GAN_ALIGNMENT - (uintptr_t)block % GAN_ALIGNMENT) % GAN_ALIGNMENT);
    pool->block = block;
    pool->size = size;
    pool->wanted = threads - 1;
    pool->spin = !context->no_spin && threads <= gan_cpu_count() ? SPIN_NANOSECONDS : 0;
    start_workers(context, pool);
    context->pool = pool;
    return GAN_OK;
}

void gan_pool_destroy(gan_context *context, gan_pool *pool)
{
    GAN_UNCANCELLED_SCOPE();
    if (!pool) return;
    if (pool->process != gan_process_number()) pool->worker_count = 0; /* they are not in this process */
    for (int i = 0; i < pool->worker_count; i++) move_state(&pool->workers[i], SLEEPING, STOPPING);
    for (int i = 0; i < pool->worker_count; i++) {
        pthread_join(pool->workers[i].thread, NULL);
        pthread_cond_destroy(&pool->workers[i].changed);
        pthread_mutex_destroy(&pool->workers[i].mutex);
    }
    gan_release(context, pool->block, pool->size);
}
