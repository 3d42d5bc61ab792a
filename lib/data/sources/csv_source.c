/* Datasets from tables: a field for each column. The file is read twice, first for what its columns hold. */
#include "data/dataset/dataset.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { column_limit = 1 << 14, category_limit = 1 << 16 };

typedef struct csv_column {
    char *name;
    bool is_text;
    bool rounded;      /* a whole number of it is not a float */
    char **categories; /* of a text column: in order, so that a category's place is its class */
    int64_t count, capacity;
} csv_column;

typedef struct csv_source {
    gan_context *context;
    char name[GAN_SENTENCE]; /* of the file, for messages */
    csv_column *columns;
    int64_t count, capacity; /* columns */
    int64_t rows;            /* in the file */
    float *values;           /* row after row */
    int64_t value_count;
} csv_source;

static void csv_destroy(void *state)
{
    csv_source *csv = state;
    gan_context *context = csv->context;

    for (int64_t c = 0; c < csv->count; c++) {
        csv_column *column = &csv->columns[c];
        for (int64_t i = 0; i < column->count; i++) gan_release_text(context, column->categories[i]);
        gan_release(context, column->categories, (size_t)column->capacity * sizeof(*column->categories));
        gan_release_text(context, column->name);
    }
    gan_release(context, csv->columns, (size_t)csv->capacity * sizeof(*csv->columns));
    gan_release(context, csv->values, (size_t)csv->value_count * sizeof(*csv->values));
    gan_release(context, csv, sizeof(*csv));
    gan_context_release(context);
}

static gan_status csv_read(void *state, const int64_t *numbers, int64_t count, float *const *fields)
{
    const csv_source *csv = state;

    for (int64_t c = 0; c < csv->count; c++) {
        for (int64_t i = 0; i < count && fields[c]; i++) fields[c][i] = csv->values[numbers[i] * csv->count + c];
    }
    return GAN_OK;
}

static const char *csv_class_name(void *state, int64_t field, int64_t class_number)
{
    const csv_source *csv = state;

    return csv->columns[field].categories[class_number];
}

static uint64_t csv_fingerprint(void *state, uint64_t hash)
{
    const csv_source *csv = state;

    for (int64_t c = 0; c < csv->count; c++) hash = gan_hash_add_text(hash, csv->columns[c].name);
    return hash;
}

static const gan_source_ops csv_ops = {
    .read = csv_read, .destroy = csv_destroy, .class_name = csv_class_name, .fingerprint = csv_fingerprint};

/* ---- Columns ------------------------------------------------------------------------------------------------ */

static gan_status check_text(const gan_csv_reader *reader, const char *column)
{
    if (reader->length == 0) {
        return gan_fail(GAN_ERROR_FORMAT, "%s, line %lld, %s: the cell is empty", reader->from.name,
                        (long long)reader->line, column);
    }
    if (gan_is_utf8(reader->cell)) return GAN_OK;
    return gan_fail(GAN_ERROR_FORMAT, "%s, line %lld, %s: the text is not UTF-8", reader->from.name,
                    (long long)reader->line, column);
}

static gan_status add_column(csv_source *csv, const gan_csv_reader *reader)
{
    char what[32];

    snprintf(what, sizeof(what), "column %lld", (long long)csv->count + 1);
    GAN_TRY(check_text(reader, what));
    if (csv->count == column_limit) {
        return gan_fail(GAN_ERROR_OVERFLOW, "%s has more than %d columns", reader->from.name, column_limit);
    }
    for (int64_t c = 0; c < csv->count; c++) {
        if (strcmp(csv->columns[c].name, reader->cell) != 0) continue;
        return gan_fail(GAN_ERROR_FORMAT, "%s: columns %lld and %lld have the same name, '%.64s'", reader->from.name,
                        (long long)c + 1, (long long)csv->count + 1, reader->cell);
    }
    csv_column *columns =
        gan_grow_array(csv->context, csv->columns, csv->count, &csv->capacity, sizeof(*csv->columns));
    if (!columns) return GAN_ERROR_MEMORY;
    csv->columns = columns;
    columns[csv->count].name = gan_copy_text(csv->context, reader->cell);
    if (!columns[csv->count].name) return GAN_ERROR_MEMORY;
    csv->count++;
    return GAN_OK;
}

/* The place of a category, or where it belongs. */
static int64_t place_of(const csv_column *column, const char *text, bool *found)
{
    int64_t low = 0, high = column->count;

    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (strcmp(column->categories[middle], text) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *found = low < column->count && strcmp(column->categories[low], text) == 0;
    return low;
}

static gan_status add_category(csv_source *csv, csv_column *column, const gan_csv_reader *reader)
{
    bool found;
    const int64_t place = place_of(column, reader->cell, &found);

    if (found) return GAN_OK;
    if (column->count == category_limit) {
        return gan_fail(GAN_ERROR_OVERFLOW, "%s, line %lld: column '%.64s' has more than %d different texts",
                        reader->from.name, (long long)reader->line, column->name, category_limit);
    }
    char **categories = gan_grow_array(csv->context, column->categories, column->count, &column->capacity,
                                       sizeof(*column->categories));
    if (!categories) return GAN_ERROR_MEMORY;
    column->categories = categories;
    char *copy = gan_copy_text(csv->context, reader->cell);
    if (!copy) return GAN_ERROR_MEMORY;
    memmove(categories + place + 1, categories + place, (size_t)(column->count - place) * sizeof(*categories));
    categories[place] = copy;
    column->count++;
    return GAN_OK;
}

/* ---- Cells -------------------------------------------------------------------------------------------------- */

/* A cell of a row, in the first reading or the second. */
typedef gan_status (*cell_fn)(csv_source *csv, int64_t row, int64_t column, const gan_csv_reader *reader);

/* Numbers such as keys: a float holds every whole number up to 2^24 only. */
static void warn_of_rounding(const csv_source *csv, csv_column *column, const gan_csv_reader *reader, double value)
{
    if (column->rounded) return;
    column->rounded = true;
    gan_log(csv->context, GAN_LOG_WARNING,
            "%s, line %lld, column '%.64s': %.64s is rounded to %.9g, since float32 holds no more digits",
            reader->from.name, (long long)reader->line, column->name, reader->cell, (double)(float)value);
}

static gan_status examine_cell(csv_source *csv, int64_t row, int64_t c, const gan_csv_reader *reader)
{
    csv_column *column = &csv->columns[c];
    char what[GAN_SENTENCE / 4];
    double value = 0;

    snprintf(what, sizeof(what), "column '%.64s'", column->name);
    GAN_TRY(check_text(reader, what));
    const bool is_text = !gan_number_parse(reader->cell, reader->length, &value);
    if (row == 0) column->is_text = is_text;
    if (is_text != column->is_text) {
        return gan_fail(GAN_ERROR_FORMAT, "%s, line %lld, %s: '%.64s' is %s, but those before are %s",
                        reader->from.name, (long long)reader->line, what, reader->cell,
                        is_text ? "no number" : "a number", is_text ? "numbers" : "texts");
    }
    if (is_text) return add_category(csv, column, reader);
    if (isfinite((float)value)) {
        if (value == floor(value) && (double)(float)value != value) warn_of_rounding(csv, column, reader, value);
        return GAN_OK;
    }
    return gan_fail(GAN_ERROR_FORMAT, "%s, line %lld, %s: %.64s is %s", reader->from.name, (long long)reader->line,
                    what, reader->cell,
                    isfinite(value) ? "beyond the numbers of float32, up to 3.4e38" : "not a finite number");
}

static gan_status keep_cell(csv_source *csv, int64_t row, int64_t c, const gan_csv_reader *reader)
{
    const csv_column *column = &csv->columns[c];
    double value = 0;
    bool same = true;

    if (column->is_text) {
        value = (double)place_of(column, reader->cell, &same);
    } else {
        same = gan_number_parse(reader->cell, reader->length, &value);
    }
    if (!same) {
        return gan_fail(GAN_ERROR_FORMAT, "%s, line %lld, column '%.64s': the file has changed while it was read",
                        reader->from.name, (long long)reader->line, column->name);
    }
    csv->values[row * csv->count + c] = (float)value;
    return GAN_OK;
}

/* ---- Lines -------------------------------------------------------------------------------------------------- */

static gan_status read_header(csv_source *csv, gan_csv_reader *reader)
{
    bool numbers = true; /* all names are */
    double value;

    do {
        GAN_TRY(gan_csv_next(reader));
        if (reader->nothing && csv->count == 0) {
            return gan_fail(GAN_ERROR_EMPTY, "%s has no header line", reader->from.name);
        }
        GAN_TRY(add_column(csv, reader));
        numbers = numbers && gan_number_parse(reader->cell, reader->length, &value);
    } while (!reader->ends_line);
    if (numbers) {
        gan_log(csv->context, GAN_LOG_WARNING,
                "%s begins with numbers, which are taken for the names of its columns: is its header line missing?",
                reader->from.name);
    }
    return GAN_OK;
}

static gan_status skip_header(csv_source *csv, gan_csv_reader *reader)
{
    (void)csv;
    do {
        GAN_TRY(gan_csv_next(reader));
    } while (!reader->ends_line);
    return GAN_OK;
}

static gan_status wrong_width(const csv_source *csv, const gan_csv_reader *reader, const char *how)
{
    return gan_fail(GAN_ERROR_FORMAT, "%s, line %lld has %s than %lld cells, one for each column", reader->from.name,
                    (long long)reader->line, how, (long long)csv->count);
}

/* Hands on the cells of at most `most` rows, and counts these. Empty lines are none. */
static gan_status read_rows(csv_source *csv, gan_csv_reader *reader, int64_t most, cell_fn use, int64_t *rows)
{
    *rows = 0;
    while (*rows < most) {
        int64_t c = 0;
        do {
            GAN_TRY(gan_csv_next(reader));
            if (c == 0 && reader->nothing) return GAN_OK;
            if (c == 0 && reader->ends_line && reader->length == 0) break;
            if (c == csv->count) return wrong_width(csv, reader, "more");
            GAN_TRY(use(csv, *rows, c++, reader));
        } while (!reader->ends_line);
        if (c == 0) continue;
        if (c < csv->count) return wrong_width(csv, reader, "fewer");
        ++*rows;
    }
    return GAN_OK;
}

/* Reads the file from its start, the header by one function and the rows by another. */
static gan_status read_file(csv_source *csv, gan_origin from, int64_t most, cell_fn use,
                            gan_status (*header)(csv_source *, gan_csv_reader *), int64_t *rows)
{
    gan_csv_reader *reader = gan_allocate(csv->context, sizeof(*reader));

    if (!reader) return GAN_ERROR_MEMORY;
    gan_status status = gan_csv_open(csv->context, from, reader);
    if (status == GAN_OK) snprintf(csv->name, sizeof(csv->name), "%s", reader->from.name);
    if (status == GAN_OK) status = header(csv, reader);
    if (status == GAN_OK) status = read_rows(csv, reader, most, use, rows);
    gan_csv_close(reader);
    gan_release(csv->context, reader, sizeof(*reader));
    return status;
}

static gan_status load(csv_source *csv, gan_origin from, const gan_dataset_options *options)
{
    int64_t count, rows;

    if (!gan_checked_multiply(options->limit, csv->count, &count) ||
        (uint64_t)count > options->memory_limit / sizeof(*csv->values)) {
        return gan_fail(GAN_ERROR_OVERFLOW, "%s: %lld rows of %lld columns need more than memory_limit, %zu bytes",
                        csv->name, (long long)options->limit, (long long)csv->count, options->memory_limit);
    }
    csv->values = gan_allocate_array(csv->context, count, sizeof(*csv->values));
    if (!csv->values) return GAN_ERROR_MEMORY;
    csv->value_count = count;
    GAN_TRY(read_file(csv, from, options->limit, keep_cell, skip_header, &rows));
    if (rows == options->limit) return GAN_OK;
    return gan_fail(GAN_ERROR_TRUNCATED, "%s has lost rows while it was read", csv->name);
}

static gan_status create_dataset(csv_source *csv, const gan_dataset_options *options, gan_dataset **out)
{
    gan_context *context = csv->context;
    const int64_t count = csv->count;
    gan_field *fields = gan_allocate_array(context, count, sizeof(*fields));

    if (!fields) {
        csv_destroy(csv);
        return GAN_ERROR_MEMORY;
    }
    for (int64_t c = 0; c < count; c++) {
        const csv_column *column = &csv->columns[c];
        fields[c] = (gan_field){.name = column->name, .shape = GAN_SHAPE(1), .classes = column->count};
    }
    const gan_status status = gan_dataset_create(context, &csv_ops, csv, fields, count, options, out);
    gan_release(context, fields, (size_t)count * sizeof(*fields));
    return status;
}

static gan_status open_csv(gan_context *context, gan_origin from, const gan_dataset_options *options,
                           gan_dataset **out)
{
    gan_dataset_options resolved;

    csv_source *csv = gan_allocate(context, sizeof(*csv));
    if (!csv) return GAN_ERROR_MEMORY;
    csv->context = gan_context_retain(context);
    gan_status status = read_file(csv, from, INT64_MAX, examine_cell, read_header, &csv->rows);
    if (status == GAN_OK && csv->rows == 0) {
        status = gan_fail(GAN_ERROR_EMPTY, "%s has no rows below its header", csv->name);
    }
    if (status == GAN_OK) status = gan_dataset_options_resolve(options, csv->rows, &resolved);
    if (status == GAN_OK) status = load(csv, from, &resolved);
    if (status != GAN_OK) {
        csv_destroy(csv);
        return status;
    }
    return create_dataset(csv, &resolved, out);
}

gan_status gan_dataset_open_csv(gan_context *context, const char *path, const gan_dataset_options *options,
                                gan_dataset **out)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(path);
    GAN_CHECK_NOT_NULL(out);
    return open_csv(context, (gan_origin){.path = path}, options, out);
}

gan_status gan_dataset_open_csv_from(gan_context *context, gan_reader reader, const gan_dataset_options *options,
                                     gan_dataset **out)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(context);
    GAN_TRY(gan_reader_check(reader, __func__));
    GAN_CHECK_NOT_NULL(out);
    return open_csv(context, (gan_origin){.reader = reader}, options, out);
}
