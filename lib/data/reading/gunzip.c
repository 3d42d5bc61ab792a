/* What gzip has packed, unpacked from start to end by zlib. */
#include "data/reading/reading.h"

#ifdef GAN_HAVE_GZIP

#include <limits.h>
#include <string.h>
#include <zlib.h>

enum { buffer_size = 1 << 14, gzip_window_bits = 15 + 16 }; /* + 16: zlib expects a gzip header and checksum */

struct gan_gunzip {
    gan_context *context;
    const gan_readable *from;
    int64_t offset; /* of the next byte to read from the file */
    bool ended;     /* the last member's checksum has been read and is right */
    z_stream stream;
    unsigned char buffer[buffer_size];
};

static void *zlib_allocate(void *user, unsigned items, unsigned size)
{
    return gan_allocate_sized(user, (size_t)items * size);
}

static void zlib_release(void *user, void *memory)
{
    gan_release_sized(user, memory);
}

static gan_status zlib_fail(const gan_gunzip *reader, int code)
{
    if (code == Z_MEM_ERROR) return GAN_ERROR_MEMORY; /* the allocator has left its sentence */
    return gan_fail(GAN_ERROR_FORMAT, "%s is not valid gzip: %s", reader->from->name,
                    reader->stream.msg ? reader->stream.msg : "the data is malformed");
}

/* Makes input available unless the file is at its end. */
static gan_status refill(gan_gunzip *reader)
{
    const int64_t left = reader->from->size - reader->offset;
    const size_t size = left < buffer_size ? (size_t)left : buffer_size;

    if (reader->stream.avail_in > 0 || size == 0) return GAN_OK;
    GAN_TRY(gan_readable_read(reader->from, reader->offset, reader->buffer, size));
    reader->offset += (int64_t)size;
    reader->stream.next_in = reader->buffer;
    reader->stream.avail_in = (unsigned)size;
    return GAN_OK;
}

gan_status gan_gunzip_open(gan_context *context, const gan_readable *from, gan_gunzip **out)
{
    gan_gunzip *reader = gan_allocate(context, sizeof(*reader));

    if (!reader) return GAN_ERROR_MEMORY;
    reader->context = context;
    reader->from = from;
    reader->stream.zalloc = zlib_allocate;
    reader->stream.zfree = zlib_release;
    reader->stream.opaque = context;
    const int code = inflateInit2(&reader->stream, gzip_window_bits);
    if (code != Z_OK) {
        const gan_status status = zlib_fail(reader, code);
        gan_release(context, reader, sizeof(*reader));
        return status;
    }
    *out = reader;
    return GAN_OK;
}

void gan_gunzip_close(gan_gunzip *reader)
{
    if (!reader) return;
    inflateEnd(&reader->stream);
    gan_release(reader->context, reader, sizeof(*reader));
}

/* Zeros up to the end of the file, as tapes and some programs write them, mean nothing. */
static gan_status skip_padding(gan_gunzip *reader)
{
    z_stream *stream = &reader->stream;

    while (stream->avail_in > 0 && stream->next_in[0] == 0) {
        stream->next_in++;
        stream->avail_in--;
        GAN_TRY(refill(reader));
    }
    return GAN_OK;
}

/* After a member of a gzip file: another may follow, as when files are joined by cat. */
static gan_status end_member(gan_gunzip *reader)
{
    GAN_TRY(refill(reader));
    const bool is_padded = reader->stream.avail_in > 0 && reader->stream.next_in[0] == 0;
    GAN_TRY(skip_padding(reader));
    if (reader->stream.avail_in == 0) {
        reader->ended = true;
        return GAN_OK;
    }
    if (is_padded || reader->stream.next_in[0] != 0x1f) {
        return gan_fail(GAN_ERROR_TRAILING_DATA, "%s has trailing bytes that are not gzip", reader->from->name);
    }
    const int code = inflateReset(&reader->stream);
    return code == Z_OK ? GAN_OK : zlib_fail(reader, code);
}

gan_status gan_gunzip_read(gan_gunzip *reader, void *out, size_t size, size_t *got)
{
    z_stream *stream = &reader->stream;
    unsigned char *bytes = out;

    *got = 0;
    while (*got < size && !reader->ended) {
        const size_t piece = size - *got < UINT_MAX ? size - *got : UINT_MAX;
        GAN_TRY(refill(reader));
        stream->next_out = bytes + *got;
        stream->avail_out = (unsigned)piece;
        const int code = inflate(stream, Z_NO_FLUSH);
        *got += piece - stream->avail_out;
        if (code == Z_STREAM_END) {
            GAN_TRY(end_member(reader));
        } else if (code == Z_BUF_ERROR) { /* the stream wants more input than there is */
            return gan_fail(GAN_ERROR_TRUNCATED, "%s ends within its gzip data", reader->from->name);
        } else if (code != Z_OK) {
            return zlib_fail(reader, code);
        }
    }
    return GAN_OK;
}

#else

gan_status gan_gunzip_open(gan_context *context, const gan_readable *from, gan_gunzip **out)
{
    (void)context;
    (void)out;
    return gan_fail(GAN_ERROR_UNSUPPORTED, "%s is packed by gzip, but this libgan was built without zlib",
                    from->name);
}

gan_status gan_gunzip_read(gan_gunzip *reader, void *out, size_t size, size_t *got)
{
    (void)reader;
    (void)out;
    (void)size;
    (void)got;
    return gan_fail(GAN_ERROR_UNSUPPORTED, "this libgan was built without zlib");
}

void gan_gunzip_close(gan_gunzip *reader)
{
    (void)reader; /* NULL: none was opened */
}

#endif
