/* The door of core: status, memory, random numbers and threads. No mathematics of networks here. */
#ifndef GAN_CORE_H
#define GAN_CORE_H

/* Divergence shows as NaN and infinity, and sums have a fixed order: results would be wrong without a word. */
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__) || \
    defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__)
#error "libgan cannot be compiled with -ffast-math, -Ofast or what they consist of"
#endif

#include "core/json.h"
#include "core/philox.h"
#include "core/platform.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/types.h>

/* The number type inside the library. The tests also build everything with double, to check gradients against
 * central differences; only kernels for one instruction set may assume float. */
#ifdef GAN_REAL_IS_DOUBLE
typedef double gan_real;
#else
typedef float gan_real;
#endif

/* ---- Status (status.c) ------------------------------------------------------------------------------------- */

#define GAN_SENTENCE 512 /* bytes of the longest sentence, with its terminator */
/* Failures in this thread so far. While it stays the same, so does the sentence of the last one. */
uint64_t gan_failure_count(void);

/* What always holds, whatever a caller, a file or the system does: it guards nothing, but analyzers are told, and
 * builds with UndefinedBehaviorSanitizer check it. */
#ifdef GAN_CHECK_INVARIANTS
#define GAN_INVARIANT(condition) ((condition) ? (void)0 : __builtin_unreachable())
#else
#define GAN_INVARIANT(condition) ((void)sizeof(condition))
#endif

/* Stores the sentence for gan_last_error() and returns `status`, which is not GAN_OK. */
gan_status gan_fail(gan_status status, const char *format, ...) GAN_PRINTF(2, 3);

/* The same for a failed system call: maps errno to a status and appends ": " and strerror to the sentence. */
gan_status gan_fail_errno(int error, const char *format, ...) GAN_PRINTF(2, 3);

/* A failure in one file, as analyzers, which read one file at a time, see it in others. */
static inline gan_status gan_failed(gan_status status)
{
    GAN_INVARIANT(status != GAN_OK);
    return status;
}
#define gan_fail(...)       gan_failed(gan_fail(__VA_ARGS__))
#define gan_fail_errno(...) gan_failed(gan_fail_errno(__VA_ARGS__))

/* Writes the system's text for an error number and returns it, for messages. */
#define GAN_ERRNO_TEXT 128
const char *gan_errno_text(int error, char text[GAN_ERRNO_TEXT]);

/* Returns from the caller when the expression is not GAN_OK. */
#define GAN_TRY(expression)                          \
    do {                                             \
        gan_status try_status = (expression);        \
        if (try_status != GAN_OK) return try_status; \
    } while (0)

/* Returns GAN_ERROR_NULL from the caller, naming the argument. */
#define GAN_CHECK_NOT_NULL(argument)                                                             \
    do {                                                                                         \
        if (!(argument)) return gan_fail(GAN_ERROR_NULL, "%s: %s is NULL", __func__, #argument); \
    } while (0)

/* Copies a caller's options into *known (known_size bytes), with zeros for what an older struct, or NULL, lacks. A
 * newer caller's extra bytes must be zero, else GAN_ERROR_VERSION. `what` names the struct. */
gan_status gan_options_read(void *known, size_t known_size, const void *given, const char *what);
/* GAN_ERROR_VERSION unless all bytes of an option struct's reserved field are 0: a newer header may have a use for
 * them. `what` names the struct. */
gan_status gan_check_reserved(const char *what, const void *reserved, size_t size);

/* How options and reports read floats: 0, or left out, means the default; GAN_ZERO means 0. */
static inline float gan_option(float value, float when_zero)
{
    uint32_t bits; /* denormals are equal to 0 in the library's environment; these tell them apart */

    memcpy(&bits, &value, sizeof(bits));
    if (bits << 1 == 0) return when_zero;
    return bits << 1 < (uint32_t)1 << 24 || value == GAN_ZERO ? 0.0f : value;
}

/* Copies a report to a caller whose struct may be older: min(struct_size, known_size) bytes, keeping the caller's
 * struct_size. `what` names the struct; a struct_size below sizeof(size_t) is GAN_ERROR_ARGUMENT. */
gan_status gan_report_check(const void *given, const char *what); /* the struct_size, before work is done */
gan_status gan_report_write(void *given, const void *known, size_t known_size, const char *what);

/* ---- Sizes (shape.c) --------------------------------------------------------------------------------------- */

/* product = a * b for a, b >= 0; false when it does not fit in int64_t. */
bool gan_checked_multiply(int64_t a, int64_t b, int64_t *product);
/* GAN_ERROR_OVERFLOW if no memory could hold a caller's array of `count` elements; `name` is the argument's. */
gan_status gan_array_check(int64_t count, size_t element_size, const char *function, const char *name);

/* GAN_ERROR_SHAPE or GAN_ERROR_OVERFLOW unless rank and dimensions are valid; `what` names the shape. */
gan_status gan_shape_check(gan_shape shape, const char *what);
bool gan_shape_equal(gan_shape a, gan_shape b);

/* Writes "(1, 28, 28)" and returns the text, for messages. */
#define GAN_SHAPE_TEXT 160
const char *gan_shape_text(gan_shape shape, char text[GAN_SHAPE_TEXT]);

/* ---- Context and memory (context.c, memory.c, log.c) -------------------------------------------------------- */

typedef struct gan_pool gan_pool;

/* What does the products of a context with GAN_MULTIPLY_BLAS (blas.c). */
typedef struct gan_blas {
    const char *name;   /* of the library */
    void (*gemm)(void); /* cblas_sgemm() or, in double, cblas_dgemm(); NULL: it is linked */
} gan_blas;

/* Loads the library or, for NULL, the first that is there of those that the build knows; false if that fails. `out`
 * keeps pointing to the name given. */
bool gan_blas_load(const char *library, gan_blas *out);
/* The failure to do so. */
gan_status gan_blas_missing(const char *library);
/* Each call of a BLAS stands between these two; fork() waits until none is under way (blas_calls.c), from here on
 * also for the library of this function, which has been loaded. */
void gan_blas_enter(void);
void gan_blas_leave(void);
gan_status gan_blas_watch_forks(void (*library)(void));

struct gan_context {
    atomic_int references;
    gan_allocator allocator;
    gan_log_fn log;
    void *log_user;
    uint64_t log_except;
    size_t memory_limit;   /* SIZE_MAX when there is none */
    gan_cpu cpu;           /* the level in use */
    gan_multiply multiply; /* NATIVE or BLAS; NATIVE where precision is BFLOAT16 */
    gan_precision precision;
    bool bfloat16_by_instructions; /* the CPU's, not in plain C */
    gan_blas blas;                 /* with GAN_MULTIPLY_BLAS */
    char *blas_name;               /* a copy of the host's; or NULL */
    bool no_spin, no_winograd, bfloat16_storage;
    gan_parallel_fn parallel;
    void *parallel_user;
    atomic_int threads;    /* 1 with the host's threads, whose number is unknown */
    gan_pool *pool;        /* NULL with one thread or with the host's threads */
    atomic_uint busy;      /* the process that uses the pool, or the host's threads; 0: none. See threads.c */
    atomic_uintptr_t user; /* the thread that does; 0: none */
    atomic_size_t bytes, peak_bytes;
    atomic_uint_least64_t allocations;
};

gan_context *gan_context_retain(gan_context *context);
void gan_context_release(gan_context *context);
/* Sends one line to the host's log callback, if it has one; control characters become '?'. */
void gan_log(const gan_context *context, gan_log_level level, const char *format, ...) GAN_PRINTF(3, 4);
/* A warning about such a topic, unless the host does without it. */
void gan_log_warning_of(const gan_context *context, gan_log_topic topic, const char *format, ...) GAN_PRINTF(3, 4);

gan_allocator gan_allocator_default(void); /* malloc and free */
/* Zeroed memory from an allocator, or NULL; not counted. */
void *gan_allocator_zeroed(const gan_allocator *allocator, size_t size);
void gan_allocator_release(const gan_allocator *allocator, void *memory, size_t size);
/* Zeroed memory, or NULL after gan_fail(GAN_ERROR_MEMORY). `size` 0 counts as 1. Every handle and array of the
 * library comes from here. Release with the same size. */
void *gan_allocate(gan_context *context, size_t size);
/* The same for count elements; NULL also when the product overflows. */
void *gan_allocate_array(gan_context *context, int64_t count, size_t element_size);
/* The array, or a copy of twice the capacity in its place if all `count` elements are in use: there is room for one
 * more. NULL if that fails; the array is then as before. */
void *gan_grow_array(gan_context *context, void *array, int64_t count, int64_t *capacity, size_t element_size);
void gan_release(gan_context *context, void *memory, size_t size); /* accepts NULL */
char *gan_copy_text(gan_context *context, const char *text);       /* released with strlen + 1 bytes */
void gan_release_text(gan_context *context, char *text);           /* accepts NULL */

/* The same for libraries whose release hook is not given the size: it is kept in front of the memory. */
void *gan_allocate_sized(gan_context *context, size_t size);
/* Bytes up to the context's limit, for libraries that allocate by themselves. */
size_t gan_memory_left(const gan_context *context);
void gan_release_sized(gan_context *context, void *memory); /* accepts NULL */

/* Whether a text is UTF-8 (utf8.c), and the bytes of the character that begins at one of size bytes; 0: it is not
 * UTF-8. */
bool gan_is_utf8(const char *text);
size_t gan_utf8_length(const char *text, size_t size);
/* GAN_ERROR_NULL or GAN_ERROR_ARGUMENT unless a function's argument `name` has 1 to GAN_NAME_LIMIT bytes of UTF-8,
 * without '/' or control characters. */
#define GAN_NAME_LIMIT 63
gan_status gan_name_check(const char *name, const char *function);

/* ---- Sorting (sort.c) -------------------------------------------------------------------------------------- */

/* Elements known by their index: whether one goes before another, and how two change places. */
typedef struct gan_sortable {
    void *user;
    bool (*before)(const void *user, int64_t a, int64_t b);
    void (*swap)(void *user, int64_t a, int64_t b);
} gan_sortable;
/* Sorts elements [0, count). Never allocates. */
void gan_sort(const gan_sortable *of, int64_t count);

/* ---- Indexes of names (names.c) ---------------------------------------------------------------------------- */

/* Which of many things has a name: found in a time that grows with the logarithm of their number, whatever the names
 * are. The memory of the rows is the caller's. */
typedef struct gan_name {
    uint32_t hash, number;
} gan_name;

typedef struct gan_names {
    const char *(*name_of)(const void *of, uint32_t number);
    const void *of;
    gan_name *rows;
    int64_t count;
} gan_names;

/* Appends the thing of this number; the index must then be sorted before it is used. */
void gan_names_add(gan_names *names, uint32_t number);
/* NULL, or a name that two things have. */
const char *gan_names_sort(gan_names *names);
/* The number of the thing of this name, or -1. */
int64_t gan_names_find(const gan_names *names, const char *name);

/* ---- Numbers as text (number.c) ---------------------------------------------------------------------------- */

/* What follows a noun after a number: "s", or "" after 1. */
static inline const char *gan_plural(int64_t count)
{
    return count == 1 ? "" : "s";
}
/* Nine significant digits, so that every float survives, with a decimal point whatever the host's locale; "nan" and
 * "inf". Returns the length. */
#define GAN_NUMBER_TEXT 32
size_t gan_number_print(char text[GAN_NUMBER_TEXT], double value);
/* The fewest digits that give the same finite double back; always with a point or an exponent. */
size_t gan_number_print_exactly(char text[GAN_NUMBER_TEXT], double value);
/* Parses exactly `length` characters, all part of the number: digits with a point and exponent as printed, of any
 * length, rounded once; "nan" or "inf". False too if a number is too large for a double. */
bool gan_number_parse(const char *text, size_t length, double *out);

/* ---- Arena (arena.c): one block, laid out before it is allocated --------------------------------------------- */

#define GAN_ALIGNMENT 64

typedef struct gan_arena {
    gan_context *context;
    unsigned char *block; /* as allocated */
    unsigned char *base;  /* aligned to GAN_ALIGNMENT */
    size_t size;          /* reserved so far; fixed by gan_arena_allocate */
    size_t block_size;
    bool overflow;
} gan_arena;

/* Reserves space for count values of gan_real and returns its aligned byte offset. Overflow is remembered. */
size_t gan_arena_reserve(gan_arena *arena, int64_t count);
gan_status gan_arena_allocate(gan_arena *arena, gan_context *context);
void gan_arena_release(gan_arena *arena);
static inline gan_real *gan_arena_at(const gan_arena *arena, size_t offset)
{
    return (gan_real *)(void *)(arena->base + offset);
}

/* ---- Random numbers (random.c) ----------------------------------------------------------------------------- */

struct gan_random {
    atomic_int references;
    gan_context *context;
    gan_random_state state;
};

gan_random *gan_random_retain(gan_random *random);
/* The four words of one block of Philox (philox.h). */
void gan_philox(gan_random_state at, uint32_t words[4]);
/* Fills `out` and advances the state past the blocks used. A number depends only on its position; one block gives
 * this many normal numbers. */
#define GAN_NORMALS_PER_BLOCK 4
void gan_fill_uniform(gan_random_state *state, gan_real *out, int64_t count, gan_real low, gan_real high);
void gan_fill_normal(gan_random_state *state, gan_real *out, int64_t count, gan_real mean, gan_real deviation);
/* A uniform integer in [0, bound), bound >= 1, without bias. */
uint64_t gan_random_below(gan_random_state *state, uint64_t bound);
/* A permutation of 0 to count - 1, by one draw for each but the first (Fisher and Yates). */
void gan_random_permutation(gan_random_state *state, int64_t *order, int64_t count);

/* Streams of one seed, so that no two uses of it overlap. */
enum {
    GAN_STREAM_USER = 0,
    GAN_STREAM_WEIGHTS = 1000000,                          /* + tensor number */
    GAN_STREAM_NOISE = GAN_NOISE_STREAM,                   /* a trainer's training noise */
    GAN_STREAM_SAMPLE = 3,                                 /* a generator's first input, when it is sampled */
    GAN_STREAM_SHUFFLE = 4,                                /* permutations of a dataset */
    GAN_STREAM_SUBSET = 5,                                 /* subsets of a kernel distance */
    GAN_STREAM_PENALTY = GAN_PENALTY_STREAM,               /* samples that a trainer's penalties are taken on */
    GAN_STREAM_AUGMENT = GAN_AUGMENT_STREAM,               /* how a trainer augments samples */
    GAN_STREAM_INSTANCE_NOISE = GAN_INSTANCE_NOISE_STREAM, /* what it adds to them */
    GAN_STREAM_SPLIT = 9,                                  /* samples that gan_dataset_split() chooses */
    GAN_STREAM_CLASSES = GAN_CLASS_STREAM,                 /* classes that a game draws */
    GAN_STREAM_IMAGE_POOL = GAN_IMAGE_POOL_STREAM,         /* how image pools mix */
    GAN_STREAM_LAYER = 2000000,                            /* + node number: what a layer draws in a pass */
    GAN_STREAM_SAMPLE_INPUT = 3000000,                     /* + input number: a generator's other inputs */
    GAN_STREAM_SAMPLE_AGAIN = 4000000                      /* + input number: noise to replace what is truncated */
};

/* ---- Files to read (file.c) ---------------------------------------------------------------------------------- */

typedef struct gan_file {
    gan_context *context; /* NULL: not open */
    char *name;           /* for messages: "'PATH'", or what it is */
    int descriptor;
    int64_t size; /* when it was opened */
} gan_file;

/* Opens a regular file. */
gan_status gan_file_open(gan_context *context, const char *path, gan_file *out);
/* Reads all `size` bytes at an offset, from any thread; GAN_ERROR_TRUNCATED when the file ends early. */
gan_status gan_file_read(const gan_file *file, int64_t offset, void *out, size_t size);
void gan_file_close(gan_file *file); /* accepts a zeroed one */
/* Writes all bytes to a descriptor, as gan_write_some() does some. Returns 0 or the error number; *written, unless it
 * is NULL, is how many bytes were written, in either case. */
int gan_write_all(int descriptor, const void *data, size_t size, size_t *written);
/* What to add to a message about a file of the wrong kind that starts so: "", or that it looks like a page or an ONNX
 * file. */
const char *gan_file_hint(const void *start, size_t size);

/* ---- Where bytes come from (readable.c) ----------------------------------------------------------------------- */

/* A file to read, or a reader of the host. */
typedef struct gan_origin {
    const char *path; /* NULL: the reader */
    gan_reader reader;
} gan_origin;

/* Unless the argument `reader` of a public function has its callback: GAN_ERROR_NULL, and GAN_ERROR_ARGUMENT for a
 * negative size. */
gan_status gan_reader_check(gan_reader reader, const char *function);

typedef struct gan_readable {
    gan_file file; /* zeroed: the reader */
    gan_reader reader;
    int64_t size;
    char name[GAN_SENTENCE]; /* for messages: "'PATH'", or "the reader's data" */
} gan_readable;

gan_status gan_readable_open(gan_context *context, gan_origin from, gan_readable *out);
/* Reads all `size` bytes at an offset; GAN_ERROR_TRUNCATED if they are not there. */
gan_status gan_readable_read(const gan_readable *readable, int64_t offset, void *out, size_t size);
void gan_readable_close(gan_readable *readable); /* accepts a zeroed one */

/* ---- The floating-point environment (float_environment.c) --------------------------------------------------- */

/* The library's calls and threads compute in an environment of their own, so that results do not depend on the
 * host's: rounding to nearest, without traps, and with denormal numbers read and written as 0. They can take a
 * hundred times as long to compute with, and arise wherever something decays, as the moments of weights without
 * gradients do.
 *
 * A public function that computes starts with GAN_FLOAT_SCOPE(). When it returns, the host has its environment back,
 * with the exceptions raised before. In a call from within the library it does nothing. */
bool gan_float_enter(void);
void gan_float_leave(const bool *entered);
#define GAN_FLOAT_SCOPE() \
    const bool gan_float_entered __attribute__((cleanup(gan_float_leave), unused)) = gan_float_enter()

/* Until the end of its block, GAN_HOST_SCOPE() gives the thread the host's environment, for calls of the host's
 * functions, which may change it. */
bool gan_host_enter(void);
void gan_host_leave(const bool *was_inside);
#define GAN_HOST_SCOPE() \
    const bool gan_host_entered __attribute__((cleanup(gan_host_leave), unused)) = gan_host_enter()

/* ---- Tables of comma-separated values (csv_reader.c) --------------------------------------------------------- */

#define GAN_CSV_CELL 4096 /* most bytes in a cell */

typedef struct gan_csv_reader {
    gan_readable from;
    int64_t offset; /* of the next byte to read from it */
    size_t used, size;
    int64_t next_line;
    /* The cell that was read last, a text: */
    int64_t line; /* where it begins, from 1 */
    size_t length;
    bool ends_line, ends_file;
    bool nothing; /* the file had ended before it */
    char cell[GAN_CSV_CELL + 1];
    unsigned char buffer[1 << 16];
} gan_csv_reader;

/* Reads cell by cell, past a byte-order mark; spaces around a cell do not belong to it. */
gan_status gan_csv_open(gan_context *context, gan_origin from, gan_csv_reader *out);
gan_status gan_csv_next(gan_csv_reader *reader);
void gan_csv_close(gan_csv_reader *reader); /* accepts a zeroed one */

/* ---- Threads (threads.c) ----------------------------------------------------------------------------------- */

#define GAN_MAX_THREADS 64

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

/* ---- The process (process.c) ----------------------------------------------------------------------- */

/* Tells this process from the one that it was forked from, once gan_count_forks() was called. */
unsigned gan_process_number(void);
gan_status gan_count_forks(void);
/* Of a clock that only moves on. */
int64_t gan_nanoseconds(void);

/* ---- A lock that a child of fork() finds open (lock.c) ------------------------------------------------------- */

typedef struct gan_lock {
    pthread_mutex_t mutex;
    unsigned process; /* that the mutex belongs to */
} gan_lock;

gan_status gan_lock_create(gan_lock *lock);
void gan_lock_acquire(gan_lock *lock);
void gan_lock_release(gan_lock *lock);
void gan_lock_destroy(gan_lock *lock);

/* ---- Work on a thread of its own (background.c) -------------------------------------------------------------- */

/* Does one task at a time beside the thread that starts and awaits it. Its thread starts with the first task, and in
 * a child of fork() anew. */
typedef struct gan_background gan_background;

gan_status gan_background_create(gan_context *context, gan_background **out);
/* Begins a task; the one before has been awaited. False, after a warning in the log, if no thread can be started. */
bool gan_background_start(gan_background *background, void (*task)(void *argument), void *argument);
/* Returns when there is no task. False if one was lost: it was begun before fork(), and this is the child. */
bool gan_background_wait(gan_background *background);
void gan_background_destroy(gan_background *background); /* waits; accepts NULL */

/* ---- Fingerprints ---------------------------------------------------------------------------------------------- */

/* FNV-1a, value after value: of bytes as it is defined, or of whole words, which is faster. */
#define GAN_HASH_START UINT64_C(0xcbf29ce484222325)
static inline uint64_t gan_hash_add(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * UINT64_C(0x100000001b3);
}

/* Of a text, with what ends it. */
static inline uint64_t gan_hash_add_text(uint64_t hash, const char *text)
{
    do hash = gan_hash_add(hash, (unsigned char)*text);
    while (*text++ != '\0');
    return hash;
}

/* ---- Shards of a batch (shards.c) ------------------------------------------------------------------------------ */

/* A batch is divided into `total` equal shards; this process has `count` of them, from number `first` on, and so have
 * the others. What is summed over a batch is summed over each shard, then over all shards in their order, so that
 * results do not depend on the number of processes. */
typedef struct gan_shards {
    int64_t total, first, count;
    gan_collective collective; /* of a size of 1 and without callbacks if this process is alone */
} gan_shards;

/* By the options `shards` and `collective`, which may be NULL; `what` names their struct. */
gan_status gan_shards_resolve(int64_t total, const gan_collective *given, const char *what, gan_shards *out);
/* An exchange with the other processes, as gan_collective says. */
gan_status gan_shards_exchange(const gan_shards *shards, gan_exchange exchange, const void *from, void *to,
                               size_t bytes);
/* Its two halves, for processes that are not alone: what is computed in between costs no time to wait. */
gan_status gan_shards_start(const gan_shards *shards, gan_exchange exchange, const void *from, void *to, size_t bytes,
                            int64_t *ticket);
gan_status gan_shards_finish(const gan_shards *shards, int64_t ticket);
/* `bytes` of each shard: those of the shards here, to those of all, in their order. */
gan_status gan_shards_gather(const gan_shards *shards, const void *mine, void *all, size_t bytes);
/* Where a shard, by its number among those here, draws random numbers: in streams of its own. Those of the first of
 * all are the streams of a batch that is not divided. */
static inline gan_random_state gan_shards_random(const gan_shards *shards, gan_random_state state, int64_t index)
{
    state.stream += (uint64_t)(shards->first + index) << 32;
    return state;
}

/* ---- The machine (cpu.c) ----------------------------------------------------------------------------------- */

/* Highest level that this CPU has. */
gan_cpu gan_cpu_detect(void);
/* Whether it has AVX512_BF16 on top of GAN_CPU_AVX512, or BF16 of Arm. */
bool gan_cpu_has_bfloat16(void);
/* CPUs that this process may use, at most GAN_MAX_THREADS: by its affinity mask and the quota of its control group.
 */
int gan_cpu_count(void);
/* The quota alone, in whole CPUs, rounded up (cpu_quota.c); 0: there is none. `root` is "" but for tests. */
int gan_cpu_quota(const char *root);

#endif
