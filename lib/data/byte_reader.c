/* Files read from start to end, plain or gzipped; the first two bytes tell which. */
#include "data/data.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>

enum { buffer_size = 1 << 14, gzip_window_bits = 15 + 16 }; /* + 16: zlib expects a gzip header and checksum */

struct gan_byte_reader {
    gan_context *context;
    gan_file file;
    int64_t offset; /* of the next byte to read from the file */
    bool gzipped;
    bool ended; /* gzipped: the last member's checksum has been read and is right */
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

static gan_status zlib_fail(const gan_byte_reader *reader, int code)
{
    if (code == Z_MEM_ERROR) return GAN_ERROR_MEMORY; /* the allocator has left its sentence */
    return gan_fail(GAN_ERROR_FORMAT, "'%s' is not valid gzip: %s", reader->file.path,
                    reader->stream.msg ? reader->stream.msg : "the data is malformed");
}

/* Makes input available unless the file is at its end. */
static gan_status refill(gan_byte_reader *reader)
{
    const int64_t left = reader->file.size - reader->offset;
    const size_t size = left < buffer_size ? (size_t)left : buffer_size;

    if (reader->stream.avail_in > 0 || size == 0) return GAN_OK;
    GAN_TRY(gan_file_read(&reader->file, reader->offset, reader->buffer, size));
    reader->offset += (int64_t)size;
    reader->stream.next_in = reader->buffer;
    reader->stream.avail_in = (unsigned)size;
    return GAN_OK;
}

static gan_status open_gzip(gan_byte_reader *reader)
{
    unsigned char magic[2];

    if (reader->file.size < 2) return GAN_OK;
    GAN_TRY(gan_file_read(&reader->file, 0, magic, sizeof(magic)));
    if (magic[0] != 0x1f || magic[1] != 0x8b) return GAN_OK;
    reader->stream.zalloc = zlib_allocate;
    reader->stream.zfree = zlib_release;
    reader->stream.opaque = reader->context;
    const int code = inflateInit2(&reader->stream, gzip_window_bits);
    if (code != Z_OK) return zlib_fail(reader, code);
    reader->gzipped = true;
    return GAN_OK;
}

gan_status gan_byte_reader_open(gan_context *context, const char *path, gan_byte_reader **out)
{
    gan_byte_reader *reader = gan_allocate(context, sizeof(*reader));

    if (!reader) return GAN_ERROR_MEMORY;
    reader->context = gan_context_retain(context);
    gan_status status = gan_file_open(context, path, &reader->file);
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
    if (reader->gzipped) inflateEnd(&reader->stream);
    gan_file_close(&reader->file);
    gan_release(context, reader, sizeof(*reader));
    gan_context_release(context);
}

int64_t gan_byte_reader_size(const gan_byte_reader *reader)
{
    return reader->gzipped ? -1 : reader->file.size;
}

/* Zeros up to the end of the file, as tapes and some programs write them, mean nothing. */
static gan_status skip_padding(gan_byte_reader *reader)
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
static gan_status end_member(gan_byte_reader *reader)
{
    GAN_TRY(refill(reader));
    const bool is_padded = reader->stream.avail_in > 0 && reader->stream.next_in[0] == 0;
    GAN_TRY(skip_padding(reader));
    if (reader->stream.avail_in == 0) {
        reader->ended = true;
        return GAN_OK;
    }
    if (is_padded || reader->stream.next_in[0] != 0x1f) {
        return gan_fail(GAN_ERROR_TRAILING_DATA, "'%s' has trailing bytes that are not gzip", reader->file.path);
    }
    const int code = inflateReset(&reader->stream);
    return code == Z_OK ? GAN_OK : zlib_fail(reader, code);
}

/* Unpacks `size` bytes; fewer only at the end. */
static gan_status unpack(gan_byte_reader *reader, unsigned char *out, size_t size, size_t *got)
{
    z_stream *stream = &reader->stream;

    *got = 0;
    while (*got < size && !reader->ended) {
        const size_t piece = size - *got < UINT_MAX ? size - *got : UINT_MAX;
        GAN_TRY(refill(reader));
        stream->next_out = out + *got;
        stream->avail_out = (unsigned)piece;
        const int code = inflate(stream, Z_NO_FLUSH);
        *got += piece - stream->avail_out;
        if (code == Z_STREAM_END) {
            GAN_TRY(end_member(reader));
        } else if (code == Z_BUF_ERROR) { /* the stream wants more input than there is */
            return gan_fail(GAN_ERROR_TRUNCATED, "'%s' ends within its gzip data", reader->file.path);
        } else if (code != Z_OK) {
            return zlib_fail(reader, code);
        }
    }
    return GAN_OK;
}

gan_status gan_byte_reader_read(gan_byte_reader *reader, void *out, size_t size)
{
    size_t got;

    if (!reader->gzipped) {
        GAN_TRY(gan_file_read(&reader->file, reader->offset, out, size));
        reader->offset += (int64_t)size;
        return GAN_OK;
    }
    GAN_TRY(unpack(reader, out, size, &got));
    if (got < size) {
        return gan_fail(GAN_ERROR_TRUNCATED, "'%s', once unpacked, ends %zu bytes too early", reader->file.path,
                        size - got);
    }
    return GAN_OK;
}

gan_status gan_byte_reader_finish(gan_byte_reader *reader)
{
    unsigned char byte;
    size_t more = reader->offset < reader->file.size;

    if (reader->gzipped) GAN_TRY(unpack(reader, &byte, 1, &more));
    if (more > 0) {
        return gan_fail(GAN_ERROR_TRAILING_DATA, "'%s' is longer than its header says", reader->file.path);
    }
    return GAN_OK;
}
