/* Histories as CSV: a line of names, then one line per row. Numbers have a decimal point whatever the host's locale,
 * and are parsed strictly. Spreadsheets may have rewritten the file in between. */
#include "io/history/history.h"
#include "io/writing/writing.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { shown_bytes = 48, column_limit = 1 << 13 };

/* ---- Writing --------------------------------------------------------------------------------------------- */

/* In quotes where a reader would take the text for something else. */
static gan_status write_name(gan_writable *to, gan_history_column column)
{
    char name[GAN_HISTORY_NAME], quoted[2 * GAN_HISTORY_NAME + 2];
    size_t used = 0;
    const size_t length = strlen(gan_history_column_name(column, name));

    if (!strpbrk(name, ",\"\r\n") && name[length - 1] != ' ') return gan_writable_write(to, name, length);
    quoted[used++] = '"';
    for (size_t i = 0; i < length; i++) {
        if (name[i] == '"') quoted[used++] = '"';
        quoted[used++] = name[i];
    }
    quoted[used++] = '"';
    return gan_writable_write(to, quoted, used);
}

static gan_status write_number(gan_writable *to, gan_history_measure measure, double value)
{
    char text[GAN_NUMBER_TEXT];
    const size_t length = gan_history_is_whole(measure)
                              ? (size_t)snprintf(text, sizeof(text), "%lld", (long long)value)
                              : gan_number_print(text, value);

    return gan_writable_write(to, text, length);
}

/* Without columns, it may still become one of steps. */
static int64_t count_names(const gan_history *history)
{
    return history->column_count == 0 ? GAN_HISTORY_STEP_COLUMNS : history->column_count;
}

gan_status gan_history_write_names(const gan_history *history, gan_writable *to)
{
    const bool is_open = history->column_count == 0;
    const int64_t count = count_names(history);

    for (int64_t c = 0; c < count; c++) {
        if (c > 0) GAN_TRY(gan_writable_write(to, ",", 1));
        GAN_TRY(write_name(to, is_open ? gan_history_step_column(NULL, c) : history->columns[c]));
    }
    return GAN_OK;
}

static gan_status write_lines(const gan_history *history, gan_writable *to)
{
    const int64_t count = count_names(history);

    GAN_TRY(gan_history_write_names(history, to));
    GAN_TRY(gan_writable_write(to, "\n", 1));
    for (int64_t i = 0; i < history->count; i++) {
        const double *row = gan_history_row(history, i);
        for (int64_t c = 0; c < count; c++) {
            if (c > 0) GAN_TRY(gan_writable_write(to, ",", 1));
            GAN_TRY(write_number(to, history->columns[c].measure, row[c]));
        }
        GAN_TRY(gan_writable_write(to, "\n", 1));
    }
    return GAN_OK;
}

static gan_status write_csv(const gan_history *history, gan_target to)
{
    gan_writable writable;

    GAN_TRY(gan_writable_open(history->context, to, &writable));
    return gan_writable_close(&writable, write_lines(history, &writable));
}

gan_status gan_history_write_csv(const gan_history *history, const char *path)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(history);
    GAN_CHECK_NOT_NULL(path);
    return write_csv(history, (gan_target){.path = path});
}

gan_status gan_history_write_csv_to(const gan_history *history, gan_writer writer)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(history);
    GAN_TRY(gan_writer_check(writer, __func__));
    return write_csv(history, (gan_target){.writer = writer});
}

/* ---- Reading: names -------------------------------------------------------------------------------------- */

/* A cell for a message: bytes that would not show are written as \x0d. */
static const char *show_cell(const gan_csv_reader *reader, char text[4 * shown_bytes + 4])
{
    size_t used = 0;

    for (size_t i = 0; i < reader->length && i < shown_bytes; i++) {
        const unsigned char byte = (unsigned char)reader->cell[i];
        const bool shows = byte >= ' ' && byte < 127 && byte != '\\';
        used += (size_t)snprintf(text + used, 5, shows ? "%c" : "\\x%02x", byte);
    }
    snprintf(text + used, 4, "%s", reader->length > shown_bytes ? "..." : "");
    return text;
}

static bool is_round_measure(gan_history_measure measure, bool with_subject)
{
#define IS_ONE(name, field, kind) || measure == GAN_HISTORY_##name
    if (!with_subject) return false GAN_HISTORY_ROUND_MAP(IS_ONE);
    return measure == GAN_HISTORY_LOSS || measure == GAN_HISTORY_GRADIENT_NORM GAN_HISTORY_PAIR_MAP(IS_ONE);
#undef IS_ONE
}

static bool is_subject(const char *text)
{
    const size_t length = strlen(text);

    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ') return false;
    return length > 0 && length <= GAN_HISTORY_SUBJECT && gan_is_utf8(text);
}

/* The column that a name means in a history of rounds, or of steps, where it is column `index`. */
static bool find_column(const gan_csv_reader *reader, bool rounds, int64_t index, gan_history_column *out)
{
    const char *colon = rounds ? strchr(reader->cell, ':') : NULL;
    const size_t length = colon ? (size_t)(colon - reader->cell) : reader->length;

    out->subject = colon ? colon + 1 : NULL;
    if (colon && !is_subject(out->subject)) return false;
    for (int m = 0; m < GAN_HISTORY_MEASURES; m++) {
        const char *name = gan_history_measure_name((gan_history_measure)m);
        if (strlen(name) != length || strncmp(name, reader->cell, length) != 0) continue;
        out->measure = (gan_history_measure)m;
        return rounds ? is_round_measure(out->measure, colon != NULL) : m == index && m < GAN_HISTORY_STEP_COLUMNS;
    }
    return false;
}

static bool has_column(const gan_history *history, gan_history_column column)
{
    for (int64_t c = 0; c < history->column_count; c++) {
        if (gan_history_is_same(history->columns[c], column)) return true;
    }
    return false;
}

/* *in_file gets the number of columns in the file; the history of steps has all. */
static gan_status read_names(gan_csv_reader *reader, gan_history *into, int64_t *in_file)
{
    char text[4 * shown_bytes + 4];
    gan_history_column column;
    bool rounds = false;

    do {
        GAN_TRY(gan_csv_next(reader));
        if (into->column_count == 0 && reader->nothing)
            return gan_fail(GAN_ERROR_TRUNCATED, "%s, line 1: the file is empty", reader->from.name);
        const bool is_first = into->column_count == 0;
        if (into->column_count == column_limit)
            return gan_fail(GAN_ERROR_OVERFLOW, "%s has more than %d columns", reader->from.name, column_limit);
        if (is_first) rounds = strcmp(reader->cell, gan_history_measure_name(GAN_HISTORY_ROUND)) == 0;
        if (!find_column(reader, rounds, into->column_count, &column) || has_column(into, column)) {
            return gan_fail(GAN_ERROR_MAGIC, "%s is not the CSV file of a history: its column %lld is called '%s'",
                            reader->from.name, (long long)into->column_count + 1, show_cell(reader, text));
        }
        GAN_TRY(gan_history_add_column(into, column));
    } while (!reader->ends_line);
    *in_file = into->column_count;
    if (!rounds && *in_file < GAN_HISTORY_FIRST_COLUMNS) {
        return gan_fail(GAN_ERROR_MAGIC, "%s is not the CSV file of a history: it has only %lld column%s",
                        reader->from.name, (long long)*in_file, gan_plural(*in_file));
    }
    for (int64_t c = *in_file; !rounds && c < GAN_HISTORY_STEP_COLUMNS; c++)
        GAN_TRY(gan_history_add_column(into, gan_history_step_column(NULL, c)));
    return GAN_OK;
}

/* ---- Reading: rows --------------------------------------------------------------------------------------- */

static bool parse_whole(const char *text, size_t length, double *out)
{
    if (length == 0 || length > 16 || strspn(text, "0123456789") != length) return false;
    const int64_t value = strtoll(text, NULL, 10);
    *out = (double)value;
    return value <= GAN_HISTORY_LARGEST;
}

/* What was not measured may be an empty cell, or NaN as other programs write it. */
static bool parse_real(const char *text, size_t length, double *out)
{
    const char *unsigned_text = text + (*text == '-' || *text == '+');

    if (length == 0 || strcasecmp(unsigned_text, "nan") == 0) {
        *out = NAN;
        return true;
    }
    if (strcasecmp(unsigned_text, "inf") != 0) return gan_number_parse(text, length, out);
    *out = *text == '-' ? -INFINITY : INFINITY;
    return true;
}

static gan_status row_fail(const gan_csv_reader *reader, const char *what)
{
    return gan_fail(reader->ends_file ? GAN_ERROR_TRUNCATED : GAN_ERROR_FORMAT, "%s, line %lld: %s",
                    reader->from.name, (long long)reader->line, what);
}

static gan_status parse_cell(const gan_csv_reader *reader, gan_history_column column, int64_t index, double *out)
{
    char text[4 * shown_bytes + 4], name[GAN_HISTORY_NAME];
    const bool whole = gan_history_is_whole(column.measure);

    if ((whole ? parse_whole : parse_real)(reader->cell, reader->length, out)) return GAN_OK;
    return gan_fail(GAN_ERROR_FORMAT, "%s, line %lld, column %lld: %.80s is '%s', which is not a %snumber",
                    reader->from.name, (long long)reader->line, (long long)index + 1,
                    gan_history_column_name(column, name), show_cell(reader, text), whole ? "whole " : "");
}

/* The next row, or NULL. Columns that the file lacks are unknown: NaN, or 0 for whole numbers. */
static double *begin_row(gan_history *into, int64_t in_file)
{
    double *row = gan_history_next_row(into);

    for (int64_t c = in_file; row && c < into->column_count; c++)
        row[c] = gan_history_is_whole(into->columns[c].measure) ? 0 : NAN;
    return row;
}

/* The rest of a row of the file's columns, after its first cell was read. */
static gan_status parse_row(gan_csv_reader *reader, int64_t in_file, gan_history *into)
{
    double *row = begin_row(into, in_file);

    if (!row) return GAN_ERROR_MEMORY;
    for (int64_t c = 0;;) {
        if (c == in_file) {
            return gan_fail(GAN_ERROR_FORMAT, "%s, line %lld: it has too many columns", reader->from.name,
                            (long long)reader->line);
        }
        if (reader->ends_file && c + 1 < in_file) return row_fail(reader, "the file ends within it");
        GAN_TRY(parse_cell(reader, into->columns[c], c, &row[c]));
        if (++c == in_file && reader->ends_line) break;
        if (reader->ends_line) return row_fail(reader, "it has too few columns");
        GAN_TRY(gan_csv_next(reader));
    }
    const int64_t line = reader->line;
    if (gan_history_append(into) == GAN_OK) return GAN_OK;
    return gan_fail(GAN_ERROR_FORMAT, "%s, line %lld: %ss do not increase", reader->from.name, (long long)line,
                    gan_history_measure_name(into->columns[0].measure));
}

gan_status gan_history_append_rows(gan_history *into, const double *values, int64_t rows, int64_t in_file)
{
    char name[GAN_HISTORY_NAME];

    for (int64_t i = 0; i < rows; i++) {
        double *row = begin_row(into, in_file);
        if (!row) return GAN_ERROR_MEMORY;
        for (int64_t c = 0; c < in_file; c++) {
            row[c] = values[i * in_file + c];
            if (!gan_history_is_whole(into->columns[c].measure)) continue;
            if (row[c] >= 0 && row[c] <= (double)GAN_HISTORY_LARGEST && row[c] == floor(row[c])) continue;
            return gan_fail(GAN_ERROR_FORMAT, "row %lld: %.160s is %g, which is not a whole number from 0 to 2^53",
                            (long long)i + 1, gan_history_column_name(into->columns[c], name), row[c]);
        }
        if (gan_history_append(into) == GAN_OK) continue;
        return gan_fail(GAN_ERROR_FORMAT, "row %lld: %ss do not increase", (long long)i + 1,
                        gan_history_measure_name(into->columns[0].measure));
    }
    return GAN_OK;
}

static gan_status read_file(gan_csv_reader *reader, gan_history *into)
{
    int64_t in_file = 0;

    GAN_TRY(read_names(reader, into, &in_file));
    while (!reader->ends_file) {
        GAN_TRY(gan_csv_next(reader));
        const bool is_empty = reader->ends_line && reader->length == 0;
        if (!is_empty) GAN_TRY(parse_row(reader, in_file, into));
    }
    return GAN_OK;
}

/* Reads all of it or, if `in_file` is not NULL, only the names of its columns. */
static gan_status read_from(gan_origin from, gan_history *into, int64_t *in_file)
{
    gan_csv_reader *reader = gan_allocate(into->context, sizeof(*reader));

    if (!reader) return GAN_ERROR_MEMORY;
    gan_status status = gan_csv_open(into->context, from, reader);
    if (status == GAN_OK) status = in_file ? read_names(reader, into, in_file) : read_file(reader, into);
    gan_csv_close(reader);
    gan_release(into->context, reader, sizeof(*reader));
    return status;
}

gan_status gan_history_read_names(gan_history *into, gan_origin from, int64_t *in_file)
{
    return read_from(from, into, in_file);
}

static gan_status read_csv(gan_history *history, gan_origin from)
{
    gan_history read = {.context = history->context};
    const gan_status status = read_from(from, &read, NULL);

    /* Either the old rows or the new ones are no longer needed. */
    if (status == GAN_OK) gan_history_swap(history, &read);
    gan_history_clear(&read);
    return status;
}

gan_status gan_history_read_csv(gan_history *history, const char *path)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(history);
    GAN_CHECK_NOT_NULL(path);
    return read_csv(history, (gan_origin){.path = path});
}

gan_status gan_history_read_csv_from(gan_history *history, gan_reader reader)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(history);
    GAN_TRY(gan_reader_check(reader, __func__));
    return read_csv(history, (gan_origin){.reader = reader});
}
