/* The header of an IDX file. It may say anything, so it is checked before a byte is allocated. */
#include "data/data.h"

static uint32_t big_endian(const unsigned char bytes[4])
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* A file whose length is known ends where its header says. */
static gan_status check_length(const gan_byte_reader *reader, const char *path, int64_t expected)
{
    const int64_t size = gan_byte_reader_size(reader);

    if (size < 0 || size == expected) return GAN_OK;
    return gan_fail(size < expected ? GAN_ERROR_TRUNCATED : GAN_ERROR_TRAILING_DATA,
                    "'%s' has %lld bytes; its header says %lld", path, (long long)size, (long long)expected);
}

gan_status gan_idx_read_header(gan_byte_reader *reader, const char *path, gan_idx_kind kind, gan_idx_header *out)
{
    unsigned char bytes[4 + 4 * GAN_IDX_IMAGES];
    const int dimensions = (int)kind, length = 4 + 4 * dimensions;
    const uint32_t expected = 0x800u | (uint32_t)dimensions; /* 0x08: unsigned bytes */
    int64_t sizes[GAN_IDX_IMAGES] = {1, 1, 1};
    gan_idx_header header;

    GAN_TRY(gan_byte_reader_read(reader, bytes, 4));
    if (big_endian(bytes) != expected) {
        return gan_fail(GAN_ERROR_MAGIC, "'%s' is not an IDX file of %s: it starts with 0x%08x, expected 0x%08x",
                        path, kind == GAN_IDX_IMAGES ? "images" : "labels", (unsigned)big_endian(bytes),
                        (unsigned)expected);
    }
    GAN_TRY(gan_byte_reader_read(reader, bytes + 4, (size_t)(length - 4)));
    for (int i = 0; i < dimensions; i++) {
        sizes[i] = big_endian(bytes + 4 + 4 * i);
        if (sizes[i] == 0) return gan_fail(GAN_ERROR_EMPTY, "'%s': dimension %d is 0", path, i);
    }
    header = (gan_idx_header){.count = sizes[0], .height = sizes[1], .width = sizes[2]};
    if (!gan_checked_multiply(header.height, header.width, &header.elements) ||
        !gan_checked_multiply(header.elements, header.count, &header.bytes) || header.bytes > INT64_MAX - length) {
        return gan_fail(GAN_ERROR_OVERFLOW, "'%s': %lld x %lld x %lld bytes overflow", path, (long long)sizes[0],
                        (long long)sizes[1], (long long)sizes[2]);
    }
    GAN_TRY(check_length(reader, path, length + header.bytes));
    *out = header;
    return GAN_OK;
}
