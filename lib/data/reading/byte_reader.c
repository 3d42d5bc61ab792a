/* Files, and the bytes of readers, from start to end, plain or gzipped; the first two bytes tell which. */
#include "data/reading/reading.h"

struct gan_byte_reader {
    gan_context *context;
    gan_readable from;
    int64_t offset;     /* plain: of the next byte */
    gan_gunzip *gunzip; /* NULL: plain */
};

static gan_status open_gzip(gan_byte_reader *reader)
{
    unsigned char magic[2];

    if (reader->from.size < 2) return GAN_OK;
    GAN_TRY(gan_readable_read(&reader->from, 0, magic, sizeof(magic)));
    if (magic[0] != 0x1f || magic[1] != 0x8b) return GAN_OK;
    return gan_gunzip_open(reader->context, &reader->from, &reader->gunzip);
}

gan_status gan_byte_reader_open(gan_context *context, gan_origin from, gan_byte_reader **out)
{
    gan_byte_reader *reader = gan_allocate(context, sizeof(*reader));

    if (!reader) return GAN_ERROR_MEMORY;
    reader->context = gan_context_retain(context);
    gan_status status = gan_readable_open(context, from, &reader->from);
    if (status == GAN_OK) status = open_gzip(reader);
    if (status != GAN_OK) {
        gan_byte_reader_close(reader);
        return status;
    }
    *out = reader;
    return GAN_OK;
}

void gan_byte_reader_close(gan_byte_reader *reader)
{
    if (!reader) return;
    gan_context *context = reader->context;
    gan_gunzip_close(reader->gunzip);
    gan_readable_close(&reader->from);
    gan_release(context, reader, sizeof(*reader));
    gan_context_release(context);
}

const char *gan_byte_reader_name(const gan_byte_reader *reader)
{
    return reader->from.name;
}

int64_t gan_byte_reader_size(const gan_byte_reader *reader)
{
    return reader->gunzip ? -1 : reader->from.size;
}

gan_status gan_byte_reader_read(gan_byte_reader *reader, void *out, size_t size)
{
    size_t got = 0;

    if (!reader->gunzip) {
        GAN_TRY(gan_readable_read(&reader->from, reader->offset, out, size));
        reader->offset += (int64_t)size;
        return GAN_OK;
    }
    GAN_TRY(gan_gunzip_read(reader->gunzip, out, size, &got));
    if (got < size) {
        return gan_fail(GAN_ERROR_TRUNCATED, "%s, once unpacked, ends %zu bytes too early", reader->from.name,
                        size - got);
    }
    return GAN_OK;
}

const char *gan_byte_reader_hint(const gan_byte_reader *reader, const void *start, size_t size)
{
    return reader->gunzip ? gan_file_hint(start, size) : gan_readable_hint(&reader->from);
}

gan_status gan_byte_reader_finish(gan_byte_reader *reader)
{
    unsigned char byte;
    size_t more = reader->offset < reader->from.size;

    if (reader->gunzip) GAN_TRY(gan_gunzip_read(reader->gunzip, &byte, 1, &more));
    if (more > 0) {
        return gan_fail(GAN_ERROR_TRAILING_DATA, "%s is longer than its header says", reader->from.name);
    }
    return GAN_OK;
}
