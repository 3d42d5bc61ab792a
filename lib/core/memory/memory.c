/* Memory that the context counts and limits. */
#include "core/machine/machine.h"
#include "core/memory/memory.h"
#include "core/status/status.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 8 /* of an array that grows */

static void *default_allocate(void *user, size_t size)
{
    (void)user;
    return calloc(1, size);
}

static void default_release(void *user, void *memory, size_t size)
{
    (void)user;
    (void)size;
    free(memory);
}

gan_allocator gan_allocator_default(void)
{
    return (gan_allocator){default_allocate, default_release, NULL};
}

void *gan_allocator_zeroed(const gan_allocator *allocator, size_t size)
{
    GAN_HOST_SCOPE();
    void *memory = allocator->allocate(allocator->user, size);

    /* The default allocator's memory is zero already: clearing it would only touch fresh pages. */
    if (memory && allocator->allocate != default_allocate) memset(memory, 0, size);
    return memory;
}

void gan_allocator_release(const gan_allocator *allocator, void *memory, size_t size)
{
    GAN_HOST_SCOPE();
    allocator->release(allocator->user, memory, size);
}

/* Adds to the bytes held, unless that would exceed the limit. */
static bool count_bytes(gan_context *context, size_t size)
{
    size_t held = atomic_load(&context->bytes);
    size_t peak = atomic_load(&context->peak_bytes);

    do {
        if (held > context->memory_limit || size > context->memory_limit - held) {
            gan_fail(GAN_ERROR_MEMORY, "%zu bytes are needed, but %zu of memory_limit = %zu are in use", size, held,
                     context->memory_limit);
            return false;
        }
    } while (!atomic_compare_exchange_weak(&context->bytes, &held, held + size));
    while (peak < held + size && !atomic_compare_exchange_weak(&context->peak_bytes, &peak, held + size)) {
    }
    return true;
}

void *gan_allocate(gan_context *context, size_t size)
{
    void *memory;

    if (size == 0) size = 1;
    if (!count_bytes(context, size)) return NULL;
    memory = gan_allocator_zeroed(&context->allocator, size);
    if (!memory) {
        atomic_fetch_sub(&context->bytes, size);
        gan_fail(GAN_ERROR_MEMORY, "%zu bytes could not be allocated", size);
        return NULL;
    }
    atomic_fetch_add(&context->allocations, 1);
    return memory;
}

void *gan_allocate_array(gan_context *context, int64_t count, size_t element_size)
{
    if (count < 0 || (element_size > 0 && (uint64_t)count > SIZE_MAX / element_size)) {
        gan_fail(GAN_ERROR_MEMORY, "an array of %lld elements of %zu bytes exceeds the address space",
                 (long long)count, element_size);
        return NULL;
    }
    return gan_allocate(context, (size_t)count * element_size);
}

void *gan_grow_array(gan_context *context, void *array, int64_t count, int64_t *capacity, size_t element_size)
{
    const int64_t larger = *capacity > 0 ? 2 * *capacity : FIRST_CAPACITY;

    if (count < *capacity) return array;
    void *grown = gan_allocate_array(context, larger, element_size);
    if (!grown) return NULL;
    if (count > 0) memcpy(grown, array, (size_t)count * element_size);
    gan_release(context, array, (size_t)*capacity * element_size);
    *capacity = larger;
    return grown;
}

void gan_release(gan_context *context, void *memory, size_t size)
{
    if (!memory) return;
    if (size == 0) size = 1;
    gan_allocator_release(&context->allocator, memory, size);
    atomic_fetch_sub(&context->bytes, size);
}

char *gan_copy_text(gan_context *context, const char *text)
{
    const size_t size = strlen(text) + 1;
    char *copy = gan_allocate(context, size);

    if (copy) memcpy(copy, text, size);
    return copy;
}

void gan_release_text(gan_context *context, char *text)
{
    if (text) gan_release(context, text, strlen(text) + 1);
}

/* ---- For libraries whose release hook is not given the size, such as zlib and libpng ------------------------- */

/* In front of the memory; as large as the strictest alignment, so that the memory behind it is aligned too. */
typedef union sized_block {
    size_t size; /* of both */
    max_align_t align;
} sized_block;

void *gan_allocate_sized(gan_context *context, size_t size)
{
    if (size > SIZE_MAX - sizeof(sized_block)) {
        gan_fail(GAN_ERROR_MEMORY, "%zu bytes of memory could not be allocated", size);
        return NULL;
    }
    sized_block *block = gan_allocate(context, size + sizeof(*block));
    if (!block) return NULL;
    block->size = size + sizeof(*block);
    return block + 1;
}

size_t gan_memory_left(const gan_context *context)
{
    const size_t held = atomic_load(&context->bytes);

    return held < context->memory_limit ? context->memory_limit - held : 0;
}

void gan_release_sized(gan_context *context, void *memory)
{
    if (!memory) return;
    sized_block *block = (sized_block *)memory - 1;
    gan_release(context, block, block->size);
}
