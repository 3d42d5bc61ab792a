/* What a context holds, and what all memory and messages come from. */
#ifndef GAN_CORE_MEMORY_H
#define GAN_CORE_MEMORY_H

#include "core/blas/blas.h"
#include "libgan.h"

#include <stdatomic.h>

/* The number type inside the library. The tests also build everything with double, to check gradients against
 * central differences; only kernels for one instruction set may assume float. */
#ifdef GAN_REAL_IS_DOUBLE
typedef double gan_real;
#else
typedef float gan_real;
#endif

/* ---- What a context holds; messages (log.c), memory (memory.c) ----------------------------------------------- */

typedef struct gan_pool gan_pool;

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

#endif
