/* IDX files: the header, which may say anything, so it is checked before a byte is allocated; and values. */
#include "data/reading/reading.h"

#include <math.h>
#include <string.h>

enum { most_dimensions = 3 };

static uint64_t big_endian(const unsigned char *bytes, int size)
{
    uint64_t value = 0;

    for (int i = 0; i < size; i++) value = value << 8 | bytes[i];
    return value;
}

/* A file whose length is known ends where its header says. */
static gan_status check_length(const gan_byte_reader *reader, int64_t expected)
{
    const int64_t size = gan_byte_reader_size(reader);

    if (size < 0 || size == expected) return GAN_OK;
    return gan_fail(size < expected ? GAN_ERROR_TRUNCATED : GAN_ERROR_TRAILING_DATA,
                    "%s has %lld bytes; its header says %lld", gan_byte_reader_name(reader), (long long)size,
                    (long long)expected);
}

static int64_t size_of(unsigned type)
{
    switch (type) {
    case GAN_IDX_UINT8:
    case GAN_IDX_INT8: return 1;
    case GAN_IDX_INT16: return 2;
    case GAN_IDX_INT32:
    case GAN_IDX_FLOAT32: return 4;
    case GAN_IDX_FLOAT64: return 8;
    }
    return 0;
}

/* Labels have one dimension, or a second one for columns. */
static gan_status check_magic(const gan_byte_reader *reader, const unsigned char magic[4], gan_idx_kind kind)
{
    const bool is_images = kind == GAN_IDX_IMAGES;
    const int dimensions = magic[3];
    const bool fits = is_images ? dimensions == 3 : dimensions == 1 || dimensions == 2;

    if (magic[0] == 0 && magic[1] == 0 && size_of(magic[2]) > 0 && fits) return GAN_OK;
    return gan_fail(GAN_ERROR_MAGIC, "%s is not an IDX file of %s: it starts with 0x%08x, expected 0x%08x%s",
                    gan_byte_reader_name(reader), is_images ? "images" : "labels", (unsigned)big_endian(magic, 4),
                    is_images ? 0x803u : 0x801u, gan_byte_reader_hint(reader, magic, 4));
}

gan_status gan_idx_read_header(gan_byte_reader *reader, gan_idx_kind kind, gan_idx_header *out)
{
    unsigned char magic[4], bytes[4 * most_dimensions];
    int64_t sizes[most_dimensions] = {1, 1, 1};
    gan_idx_header header;

    GAN_TRY(gan_byte_reader_read(reader, magic, sizeof(magic)));
    GAN_TRY(check_magic(reader, magic, kind));
    const int dimensions = magic[3], length = 4 + 4 * dimensions;
    GAN_TRY(gan_byte_reader_read(reader, bytes, (size_t)(4 * dimensions)));
    for (int i = 0; i < dimensions; i++) {
        sizes[i] = (int64_t)big_endian(bytes + 4 * i, 4);
        if (sizes[i] == 0) return gan_fail(GAN_ERROR_EMPTY, "%s: dimension %d is 0", gan_byte_reader_name(reader), i);
    }
    header = (gan_idx_header){.type = (gan_idx_type)magic[2], .item_size = size_of(magic[2]), .count = sizes[0]};
    header.height = kind == GAN_IDX_IMAGES ? sizes[1] : 1;
    header.width = kind == GAN_IDX_IMAGES ? sizes[2] : sizes[1];
    if (!gan_checked_multiply(header.height, header.width, &header.elements) ||
        !gan_checked_multiply(header.elements, header.count, &header.bytes) ||
        !gan_checked_multiply(header.bytes, header.item_size, &header.bytes) || header.bytes > INT64_MAX - length) {
        return gan_fail(GAN_ERROR_OVERFLOW, "%s: %lld x %lld x %lld values overflow", gan_byte_reader_name(reader),
                        (long long)sizes[0], (long long)sizes[1], (long long)sizes[2]);
    }
    GAN_TRY(check_length(reader, length + header.bytes));
    *out = header;
    return GAN_OK;
}

static float float_at(const unsigned char *bytes)
{
    const uint32_t word = (uint32_t)big_endian(bytes, 4);
    float value;

    memcpy(&value, &word, sizeof(value));
    return value;
}

static double double_at(const unsigned char *bytes)
{
    const uint64_t word = big_endian(bytes, 8);
    double value;

    memcpy(&value, &word, sizeof(value));
    return value;
}

bool gan_idx_to_values(gan_idx_type type, const unsigned char *bytes, int64_t count, float *out)
{
    switch (type) {
    case GAN_IDX_UINT8:
        for (int64_t i = 0; i < count; i++) out[i] = (float)bytes[i];
        break;
    case GAN_IDX_INT8:
        for (int64_t i = 0; i < count; i++) out[i] = (float)(int8_t)bytes[i];
        break;
    case GAN_IDX_INT16:
        for (int64_t i = 0; i < count; i++) out[i] = (float)(int16_t)big_endian(bytes + 2 * i, 2);
        break;
    case GAN_IDX_INT32:
        for (int64_t i = 0; i < count; i++) out[i] = (float)(int32_t)big_endian(bytes + 4 * i, 4);
        break;
    case GAN_IDX_FLOAT32:
        for (int64_t i = 0; i < count; i++) out[i] = float_at(bytes + 4 * i);
        break;
    case GAN_IDX_FLOAT64:
        for (int64_t i = 0; i < count; i++) {
            const double value = double_at(bytes + 8 * i);
            out[i] = (float)value;
            if (isinf(out[i]) && !isinf(value)) return false;
        }
        break;
    }
    return true;
}
