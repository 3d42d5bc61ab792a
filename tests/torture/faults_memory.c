/* malloc() and its relatives, in place of the C library's, for all that the program loads: zlib, libpng, libjpeg and
 * the C library itself. */
#define _DEFAULT_SOURCE /* syscall */
#include "torture/faults.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Sanitizers bring an allocator of their own. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif
#ifdef SANITIZED
#define REAL(name) __interceptor_##name
#else
#define SANITIZED  0
#define REAL(name) __libc_##name
#endif

void *REAL(malloc)(size_t size);
void *REAL(calloc)(size_t count, size_t size);
void *REAL(realloc)(void *memory, size_t size);
void *REAL(memalign)(size_t alignment, size_t size);
void REAL(free)(void *memory);

void *memalign(size_t alignment, size_t size);

static atomic_int_fast64_t blocks;

int64_t fault_blocks(void)
{
    return atomic_load(&blocks);
}

/* A sanitizer allocates when a thread starts, and gives up when it cannot: its threads are spared. */
static bool fails(void)
{
    if (SANITIZED && syscall(SYS_gettid) != getpid()) return false;
    return fault_hits(FAULT_MEMORY);
}

static void *counted(void *memory)
{
    if (memory) atomic_fetch_add(&blocks, 1);
    return memory;
}

void *malloc(size_t size)
{
    return fails() ? NULL : counted(REAL(malloc)(size));
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : counted(REAL(calloc)(count, size));
}

void *realloc(void *memory, size_t size)
{
    if (fails()) return NULL;
    void *moved = REAL(realloc)(memory, size);
    if (!memory) return counted(moved);
    if (size == 0 && !moved) atomic_fetch_sub(&blocks, 1);
    return moved;
}

void *memalign(size_t alignment, size_t size)
{
    return fails() ? NULL : counted(REAL(memalign)(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    void *memory = memalign(alignment, size);

    if (!memory) return ENOMEM;
    *out = memory;
    return 0;
}

void free(void *memory)
{
    if (memory) atomic_fetch_sub(&blocks, 1);
    REAL(free)(memory);
}
