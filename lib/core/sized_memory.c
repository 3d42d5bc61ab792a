/* Memory for libraries whose release hook does not get the size, as those of zlib and libpng. */
#include "core/core.h"

#include <stddef.h>
#include <stdint.h>

/* In front of the memory; as large as the strictest alignment, so that the memory behind it has that too. */
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

void gan_release_sized(gan_context *context, void *memory)
{
    if (!memory) return;
    sized_block *block = (sized_block *)memory - 1;
    gan_release(context, block, block->size);
}
