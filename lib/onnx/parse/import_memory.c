/* Memory of one file that is read: small pieces share blocks, large ones have their own. */
#include "onnx/parse/parse.h"

#include <stddef.h>

enum { BLOCK = 1 << 14 };

typedef struct gan_import_block {
    struct gan_import_block *next;
    size_t size, used; /* bytes of `room` */
    max_align_t room[];
} block;

static void *take(block *from, size_t size)
{
    void *memory = (unsigned char *)from->room + from->used;
    from->used += size;
    return memory;
}

gan_status gan_import_memory_status(const gan_import_memory *memory)
{
    switch (memory->failed) {
    case GAN_OK: return GAN_OK;
    case GAN_ERROR_OVERFLOW:
        return gan_fail(GAN_ERROR_OVERFLOW,
                        "reading it takes more than %zu bytes of memory, %d for each of its bytes", memory->limit,
                        GAN_IMPORT_MEMORY_FACTOR);
    default: return gan_fail(memory->failed, "memory could not be allocated");
    }
}

static bool fits(gan_import_memory *memory, int64_t count, size_t size)
{
    if (count >= 0 && (uint64_t)count <= (memory->limit - memory->used) / size) return true;
    memory->failed = GAN_ERROR_OVERFLOW;
    gan_import_memory_status(memory);
    return false;
}

bool gan_import_charge(gan_import_memory *memory, int64_t count, size_t size)
{
    if (!fits(memory, count, size)) return false;
    memory->used += (size_t)count * size;
    return true;
}

void *gan_import_allocate(gan_import_memory *memory, int64_t count, size_t size)
{
    const size_t most = memory->limit - memory->used;

    if (!fits(memory, count, size)) return NULL;
    const size_t align = sizeof(max_align_t), bytes = ((size_t)count * size + align - 1) / align * align;
    if (memory->blocks && bytes <= memory->blocks->size - memory->blocks->used) return take(memory->blocks, bytes);
    const size_t room = bytes > BLOCK / 4 ? bytes : BLOCK;
    block *fresh = gan_allocate(memory->context, sizeof(*fresh) + room);
    if (!fresh) {
        memory->failed = gan_last_status();
        return NULL;
    }
    fresh->size = room;
    memory->used = room < most ? memory->used + room : memory->limit;
    /* The block with room for small pieces stays the first. */
    if (bytes > BLOCK / 4 && memory->blocks) {
        fresh->next = memory->blocks->next;
        memory->blocks->next = fresh;
    } else {
        fresh->next = memory->blocks;
        memory->blocks = fresh;
    }
    return take(fresh, bytes);
}

void gan_import_release(gan_import_memory *memory)
{
    while (memory->blocks) {
        block *next = memory->blocks->next;
        gan_release(memory->context, memory->blocks, sizeof(block) + memory->blocks->size);
        memory->blocks = next;
    }
}

gan_status gan_import_text(gan_import_memory *memory, const gan_message_field *field, const char *what,
                           const char **out)
{
    GAN_TRY(gan_message_expect(field, GAN_WIRE_LENGTH, what));
    const size_t length = (size_t)(field->bytes.end - field->bytes.at);
    if (memchr(field->bytes.at, 0, length)) return gan_fail(GAN_ERROR_FORMAT, "%s holds a 0", what);
    char *text = gan_import_allocate(memory, (int64_t)length + 1, 1);
    if (!text) return gan_last_status();
    memcpy(text, field->bytes.at, length);
    if (!gan_is_utf8(text)) return gan_fail(GAN_ERROR_FORMAT, "%s is not UTF-8", what);
    *out = text;
    return GAN_OK;
}
