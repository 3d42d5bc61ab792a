/* Memory as a reader, and as a writer that grows. */
#include "io/writing/writing.h"

#include <string.h>

/* ---- Reading --------------------------------------------------------------------------------------------------- */

/* The library asks for nothing beyond the reader's size. */
static gan_status read_memory(void *user, int64_t offset, void *out, size_t size)
{
    memcpy(out, (const unsigned char *)user + offset, size);
    return GAN_OK;
}

gan_reader gan_reader_from_memory(const void *bytes, size_t size)
{
    if (!bytes || size > SIZE_MAX / 2) return (gan_reader){0, NULL, NULL};
    return (gan_reader){(int64_t)size, read_memory, (void *)bytes};
}

/* ---- Writing --------------------------------------------------------------------------------------------------- */

struct gan_bytes {
    gan_context *context;
    unsigned char *data;
    size_t size, capacity;
};

enum { FIRST_CAPACITY = 4096 };

gan_status gan_bytes_create(gan_context *context, gan_bytes **out)
{
    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(out);
    gan_bytes *bytes = gan_allocate(context, sizeof(*bytes));
    if (!bytes) return GAN_ERROR_MEMORY;
    bytes->context = gan_context_retain(context);
    *out = bytes;
    return GAN_OK;
}

void gan_bytes_destroy(gan_bytes *bytes)
{
    if (!bytes) return;
    gan_context *context = bytes->context;
    gan_release(context, bytes->data, bytes->capacity);
    gan_release(context, bytes, sizeof(*bytes));
    gan_context_release(context);
}

const void *gan_bytes_data(const gan_bytes *bytes)
{
    return bytes ? bytes->data : NULL;
}

size_t gan_bytes_size(const gan_bytes *bytes)
{
    return bytes ? bytes->size : 0;
}

void gan_bytes_clear(gan_bytes *bytes)
{
    if (bytes) bytes->size = 0;
}

static gan_status reserve(gan_bytes *bytes, size_t size)
{
    if (size > SIZE_MAX / 2 - bytes->size) {
        return gan_fail(GAN_ERROR_OVERFLOW, "%zu bytes after %zu are more than memory holds", size, bytes->size);
    }
    if (bytes->size + size <= bytes->capacity) return GAN_OK;
    size_t capacity = bytes->capacity > 0 ? 2 * bytes->capacity : FIRST_CAPACITY;
    if (capacity < bytes->size + size) capacity = bytes->size + size;
    unsigned char *data = gan_allocate(bytes->context, capacity);
    if (!data) return GAN_ERROR_MEMORY;
    if (bytes->size > 0) memcpy(data, bytes->data, bytes->size);
    gan_release(bytes->context, bytes->data, bytes->capacity);
    bytes->data = data;
    bytes->capacity = capacity;
    return GAN_OK;
}

static gan_status append(void *user, const void *data, size_t size)
{
    gan_bytes *bytes = user;
    GAN_TRY(reserve(bytes, size));
    memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
    return GAN_OK;
}

gan_writer gan_bytes_writer(gan_bytes *bytes)
{
    return bytes ? (gan_writer){append, bytes} : (gan_writer){NULL, NULL};
}
