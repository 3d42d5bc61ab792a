/* Histories as CSV: a line of names, then one line per row. Numbers have a decimal point whatever the host's locale,
 * and are parsed strictly. */
#include "io/io.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { line_capacity = 1024, buffer_size = 1 << 14 };

static bool parse_integer(const char *text, size_t length, double *out)
{
    if (length == 0 || length > 16 || strspn(text, "0123456789") != length) return false;
    const int64_t value = strtoll(text, NULL, 10);
    *out = (double)value;
    return value <= GAN_HISTORY_LARGEST;
}

/* ---- Writing --------------------------------------------------------------------------------------------- */

static size_t header_line(char line[line_capacity])
{
    size_t used = 0;

    for (int i = 0; i < GAN_HISTORY_COLUMNS; i++) {
        used +=
            (size_t)snprintf(line + used, line_capacity - used, "%s%s", i > 0 ? "," : "", gan_history_column_name(i));
    }
    return used;
}

static size_t row_line(char line[line_capacity], const gan_history_row *row)
{
    size_t used = 0;

    for (int i = 0; i < GAN_HISTORY_COLUMNS; i++) {
        if (i > 0) line[used++] = ',';
        if (gan_history_column_is_whole(i)) {
            used += (size_t)snprintf(line + used, GAN_NUMBER_TEXT, "%lld", (long long)row->values[i]);
        } else {
            used += gan_number_print(line + used, row->values[i]);
        }
    }
    return used;
}

static gan_status write_line(gan_atomic_file *file, char line[line_capacity], size_t length)
{
    line[length] = '\n';
    return gan_atomic_file_write(file, line, length + 1);
}

gan_status gan_history_write_csv(const gan_history *history, const char *path)
{
    GAN_FLOAT_SCOPE();
    char line[line_capacity];
    gan_atomic_file *file;

    GAN_CHECK_NOT_NULL(history);
    GAN_CHECK_NOT_NULL(path);
    GAN_TRY(gan_atomic_file_open(history->context, path, &file));
    gan_status status = write_line(file, line, header_line(line));
    for (int64_t i = 0; i < history->count && status == GAN_OK; i++)
        status = write_line(file, line, row_line(line, &history->rows[i]));
    if (status == GAN_OK) return gan_atomic_file_commit(file);
    gan_atomic_file_abandon(file);
    return status;
}

/* ---- Reading --------------------------------------------------------------------------------------------- */

typedef struct csv_reader {
    gan_file file;
    int64_t offset;      /* of the next byte to read from the file */
    size_t used, filled; /* of the buffer */
    int64_t number;      /* of the line, from 1 */
    char line[line_capacity];
    char buffer[buffer_size];
} csv_reader;

static gan_status line_fail(const csv_reader *reader, gan_status status, const char *what)
{
    return gan_fail(status, "'%s', line %lld: %s", reader->file.path, (long long)reader->number, what);
}

static gan_status refill(csv_reader *reader)
{
    const int64_t left = reader->file.size - reader->offset;

    reader->used = 0;
    reader->filled = left < buffer_size ? (size_t)left : buffer_size;
    GAN_TRY(gan_file_read(&reader->file, reader->offset, reader->buffer, reader->filled));
    reader->offset += (int64_t)reader->filled;
    return GAN_OK;
}

/* The next line without its newline; *found is false at the end of the file. */
static gan_status read_line(csv_reader *reader, bool *found)
{
    reader->number++;
    for (size_t length = 0;; length++) {
        if (reader->used == reader->filled) GAN_TRY(refill(reader));
        if (reader->filled == 0) {
            *found = false;
            return length == 0 ? GAN_OK : line_fail(reader, GAN_ERROR_TRUNCATED, "the file ends within it");
        }
        if (length == line_capacity) return line_fail(reader, GAN_ERROR_FORMAT, "it is too long");
        const char character = reader->buffer[reader->used++];
        if (character == 0) return line_fail(reader, GAN_ERROR_FORMAT, "it contains a zero byte");
        if (character == '\n') {
            reader->line[length] = 0;
            break;
        }
        reader->line[length] = character;
    }
    *found = true;
    return GAN_OK;
}

/* The number of columns in a file with this header; 0 if it is not recognised. */
static int count_columns(const char *header)
{
    for (int i = 0; i < GAN_HISTORY_COLUMNS; i++) {
        const char *name = gan_history_column_name(i);
        const size_t length = strlen(name);
        if (strncmp(header, name, length) != 0) return 0;
        if (header[length] == 0) return i < GAN_HISTORY_FIRST_COLUMNS - 1 ? 0 : i + 1;
        if (header[length] != ',') return 0;
        header += length + 1;
    }
    return 0;
}

/* Columns that the file lacks are unknown: NaN, or 0 for whole numbers. */
static gan_status parse_row(const csv_reader *reader, int columns, gan_history_row *row)
{
    const char *at = reader->line;

    for (int i = columns; i < GAN_HISTORY_COLUMNS; i++) row->values[i] = gan_history_column_is_whole(i) ? 0 : NAN;
    for (int i = 0; i < columns; i++) {
        const size_t length = strcspn(at, ",");
        const bool last = i == columns - 1;
        if (at[length] != (last ? 0 : ',')) {
            return line_fail(reader, GAN_ERROR_FORMAT, last ? "it has too many columns" : "it has too few columns");
        }
        const bool whole = gan_history_column_is_whole(i);
        if (!(whole ? parse_integer : gan_number_parse)(at, length, &row->values[i])) {
            return gan_fail(GAN_ERROR_FORMAT, "'%s', line %lld: %s is '%.*s', which is not a number",
                            reader->file.path, (long long)reader->number, gan_history_column_name(i), (int)length,
                            at);
        }
        at += length + 1;
    }
    return GAN_OK;
}

static gan_status read_rows(csv_reader *reader, gan_history *into)
{
    gan_history_row row;
    bool found;

    GAN_TRY(read_line(reader, &found));
    if (!found) return line_fail(reader, GAN_ERROR_TRUNCATED, "the file is empty");
    const int columns = count_columns(reader->line);
    if (columns == 0) {
        return gan_fail(GAN_ERROR_MAGIC, "'%s' is not the CSV file of a history: its first line is '%s'",
                        reader->file.path, reader->line);
    }
    for (;;) {
        GAN_TRY(read_line(reader, &found));
        if (!found) return GAN_OK;
        GAN_TRY(parse_row(reader, columns, &row));
        const gan_status status = gan_history_append(into, &row);
        if (status == GAN_ERROR_ARGUMENT) return line_fail(reader, GAN_ERROR_FORMAT, "steps do not increase");
        GAN_TRY(status);
    }
}

gan_status gan_history_read_csv(gan_history *history, const char *path)
{
    GAN_FLOAT_SCOPE();
    gan_history read = {0};

    GAN_CHECK_NOT_NULL(history);
    GAN_CHECK_NOT_NULL(path);
    csv_reader *reader = gan_allocate(history->context, sizeof(*reader));
    if (!reader) return GAN_ERROR_MEMORY;
    read.context = history->context;
    gan_status status = gan_file_open(history->context, path, &reader->file);
    if (status == GAN_OK) status = read_rows(reader, &read);
    gan_file_close(&reader->file);
    gan_release(history->context, reader, sizeof(*reader));

    /* Either the old rows or the new ones are no longer needed. */
    if (status == GAN_OK) {
        const gan_history old = *history;
        *history = read;
        read = old;
    }
    gan_release(read.context, read.rows, (size_t)read.capacity * sizeof(*read.rows));
    return status;
}
