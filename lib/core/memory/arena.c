/* One block of memory whose layout is known before it is allocated:
 *
 *     block    base                                                      block + block_size
 *     | slack  | first values, padded to GAN_ALIGNMENT | next values ... | slack |
 */
#include "core/memory/memory.h"
#include "core/status/status.h"

/* The largest size: the most that two pointers into one object can be apart. A multiple of the alignment, so that
 * whatever fits below it still fits when padded. */
#define MOST_BYTES (PTRDIFF_MAX / GAN_ALIGNMENT * GAN_ALIGNMENT)

size_t gan_arena_reserve(gan_arena *arena, int64_t count)
{
    const size_t offset = arena->size;
    const size_t room = MOST_BYTES - offset;

    if (count < 0 || (uint64_t)count > room / sizeof(gan_real)) arena->overflow = true;
    if (arena->overflow) return 0;
    arena->size += ((size_t)count * sizeof(gan_real) + GAN_ALIGNMENT - 1) / GAN_ALIGNMENT * GAN_ALIGNMENT;
    return offset;
}

gan_status gan_arena_allocate(gan_arena *arena, gan_context *context)
{
    const size_t block_size = arena->size + GAN_ALIGNMENT;
    unsigned char *block;

    if (arena->block) return gan_fail(GAN_ERROR_STATE, "the arena of %zu bytes is already allocated", arena->size);
    if (arena->overflow) return gan_fail(GAN_ERROR_OVERFLOW, "the memory needed exceeds %td bytes", MOST_BYTES);
    block = gan_allocate(context, block_size);
    if (!block) return GAN_ERROR_MEMORY;
    arena->context = context;
    arena->block = block;
    arena->block_size = block_size;
    arena->base = block + (GAN_ALIGNMENT - (uintptr_t)block % GAN_ALIGNMENT) % GAN_ALIGNMENT;
    return GAN_OK;
}

void gan_arena_release(gan_arena *arena)
{
    if (arena->block) gan_release(arena->context, arena->block, arena->block_size);
    *arena = (gan_arena){0};
}
