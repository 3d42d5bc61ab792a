/* Tables of comma-separated values, cell by cell (RFC 4180). */
#include "core/files/files.h"
#include "core/memory/memory.h"
#include "core/status/status.h"

#include <string.h>

gan_status gan_csv_open(gan_context *context, gan_origin from, gan_csv_reader *out)
{
    unsigned char start[3];

    memset(out, 0, sizeof(*out));
    GAN_TRY(gan_readable_open(context, from, &out->from));
    out->line = out->next_line = 1;
    out->delimiter = ',';
    if (out->from.size >= 3) { /* the byte-order mark of UTF-8 */
        const gan_status status = gan_readable_read(&out->from, 0, start, sizeof(start));
        if (status != GAN_OK) {
            gan_csv_close(out);
            return status;
        }
        if (memcmp(start, "\xef\xbb\xbf", sizeof(start)) == 0) out->offset = sizeof(start);
    }
    return GAN_OK;
}

void gan_csv_close(gan_csv_reader *reader)
{
    gan_readable_close(&reader->from);
}

/* The next byte, or -1 at the end of the file. */
static gan_status peek(gan_csv_reader *reader, int *byte)
{
    if (reader->used == reader->size) {
        const int64_t left = reader->from.size - reader->offset;
        const size_t size = left < (int64_t)sizeof(reader->buffer) ? (size_t)left : sizeof(reader->buffer);
        *byte = -1;
        if (size == 0) return GAN_OK;
        GAN_TRY(gan_readable_read(&reader->from, reader->offset, reader->buffer, size));
        reader->offset += (int64_t)size;
        reader->size = size;
        reader->used = 0;
    }
    *byte = reader->buffer[reader->used];
    return GAN_OK;
}

static void take(gan_csv_reader *reader)
{
    if (reader->buffer[reader->used++] == '\n') reader->next_line++;
}

static bool is_end_of_line(int byte)
{
    return byte == '\n' || byte == '\r';
}

/* CRLF, or one of the two alone. */
static gan_status take_end_of_line(gan_csv_reader *reader, int byte)
{
    take(reader);
    if (byte == '\n') return GAN_OK;
    GAN_TRY(peek(reader, &byte));
    if (byte == '\n') {
        take(reader);
    } else {
        reader->next_line++;
    }
    return GAN_OK;
}

static gan_status append(gan_csv_reader *reader, int byte)
{
    if (byte == 0) {
        return gan_fail(GAN_ERROR_FORMAT, "%s, line %lld: a cell contains a zero byte", reader->from.name,
                        (long long)reader->line);
    }
    if (reader->length == GAN_CSV_CELL) {
        return gan_fail(GAN_ERROR_OVERFLOW, "%s, line %lld: a cell is longer than %d bytes", reader->from.name,
                        (long long)reader->line, GAN_CSV_CELL);
    }
    reader->cell[reader->length++] = (char)byte;
    return GAN_OK;
}

static bool is_space(const gan_csv_reader *reader, int byte)
{
    return (byte == ' ' || byte == '\t') && byte != reader->delimiter;
}

/* After the opening quote; two quotes stand for one. */
static gan_status read_quoted(gan_csv_reader *reader)
{
    for (;;) {
        int byte;
        GAN_TRY(peek(reader, &byte));
        if (byte < 0) {
            return gan_fail(GAN_ERROR_TRUNCATED, "%s ends within the quoted cell that begins in line %lld",
                            reader->from.name, (long long)reader->line);
        }
        take(reader);
        if (byte == '"') {
            GAN_TRY(peek(reader, &byte));
            if (byte != '"') return GAN_OK;
            take(reader);
        }
        GAN_TRY(append(reader, byte));
    }
}

/* Spaces around a cell do not belong to it. */
static gan_status skip_space(gan_csv_reader *reader, int *byte)
{
    for (;;) {
        GAN_TRY(peek(reader, byte));
        if (!is_space(reader, *byte)) return GAN_OK;
        take(reader);
    }
}

gan_status gan_csv_next(gan_csv_reader *reader)
{
    int byte;

    reader->length = 0;
    reader->line = reader->next_line;
    GAN_TRY(skip_space(reader, &byte));
    reader->nothing = byte < 0;
    reader->quoted = byte == '"';
    if (reader->quoted) {
        take(reader);
        GAN_TRY(read_quoted(reader));
        GAN_TRY(skip_space(reader, &byte));
    }
    while (byte >= 0 && byte != reader->delimiter && !is_end_of_line(byte)) {
        if (reader->quoted) {
            return gan_fail(GAN_ERROR_FORMAT, "%s, line %lld: a quoted cell is followed by text", reader->from.name,
                            (long long)reader->line);
        }
        GAN_TRY(append(reader, byte));
        take(reader);
        GAN_TRY(peek(reader, &byte));
    }
    reader->ends_line = byte < 0 || is_end_of_line(byte);
    reader->ends_file = byte < 0;
    if (is_end_of_line(byte)) {
        GAN_TRY(take_end_of_line(reader, byte));
    } else if (byte >= 0) {
        take(reader);
    }
    while (!reader->quoted && reader->length > 0 && is_space(reader, reader->cell[reader->length - 1]))
        reader->length--;
    reader->cell[reader->length] = 0;
    return GAN_OK;
}
