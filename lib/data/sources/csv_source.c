/* Datasets from tables: a field for each column. The file is read twice, first for what its columns hold; before
 * that, if asked, for the rows that miss something. */
#include "data/dataset/dataset.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { column_limit = 1 << 14, category_limit = 1 << 16, shown_bytes = 64, fewest_rows = 64 };

typedef struct csv_column {
    char *name;
    bool is_text;
    bool rounded;                /* a whole number of it is not a float */
    char first[shown_bytes + 1]; /* the first cell of a text column, or its start, */
    int64_t first_line;          /* and where it is */
    char **categories;           /* of a text column: in order, so that a category's place is its class */
    int64_t count, capacity;
} csv_column;

typedef struct csv_source {
    gan_context *context;
    char name[GAN_SENTENCE]; /* of the file, for messages */
    csv_column *columns;
    int64_t count, capacity; /* columns */
    int64_t rows;            /* in the file, without those left out */
    float *values;           /* row after row */
    int64_t value_count;
    char delimiter; /* 0: not said, a comma */
    bool decimal_comma, skip_missing;
    int64_t *missing; /* numbers of the rows that are left out, counted with these */
    int64_t missing_count, missing_capacity;
    int64_t missing_line; /* where the first of them misses something */
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
    gan_release(context, csv->missing, (size_t)csv->missing_capacity * sizeof(*csv->missing));
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

/* What programs write in place of a value that they have not. */
static bool is_missing(const char *cell)
{
    static const char *const texts[] = {"", "NA", "N/A", "#N/A", "nan", "NaN", "null", "NULL"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        if (strcmp(cell, texts[i]) == 0) return true;
    }
    return false;
}

/* What to add to a message about a cell that misses something, or about one before it. */
static const char *missing_hint(const csv_source *csv, const char *cell)
{
    return csv->skip_missing || !is_missing(cell) ? "" : "; the option skip_missing leaves out such rows";
}

static gan_status check_utf8(const gan_csv_reader *reader, const char *column)
{
    if (gan_is_utf8(reader->cell)) return GAN_OK;
    return gan_fail(GAN_ERROR_FORMAT, "%s, line %lld, %s: the text is not UTF-8", reader->from.name,
                    (long long)reader->line, column);
}

static gan_status add_column(csv_source *csv, const gan_csv_reader *reader)
{
    char what[32];

    snprintf(what, sizeof(what), "column %lld", (long long)csv->count + 1);
    if (reader->length == 0) {
        return gan_fail(GAN_ERROR_FORMAT, "%s, line %lld: %s has no name%s", reader->from.name,
                        (long long)reader->line, what,
                        csv->count == 0 ? ", like the index that pandas writes without index=False" : "");
    }
    GAN_TRY(check_utf8(reader, what));
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

/* A cell of a row, in one of the readings. */
typedef gan_status (*cell_fn)(csv_source *csv, int64_t row, int64_t column, const gan_csv_reader *reader);

static gan_status note_missing(csv_source *csv, int64_t row, int64_t c, const gan_csv_reader *reader)
{
    (void)c;
    if (!is_missing(reader->cell) || (csv->missing_count > 0 && csv->missing[csv->missing_count - 1] == row))
        return GAN_OK;
    int64_t *missing =
        gan_grow_array(csv->context, csv->missing, csv->missing_count, &csv->missing_capacity, sizeof(*csv->missing));
    if (!missing) return GAN_ERROR_MEMORY;
    csv->missing = missing;
    if (csv->missing_count == 0) csv->missing_line = reader->line;
    missing[csv->missing_count++] = row;
    return GAN_OK;
}

/* With a decimal comma, a number has no point. */
static bool parse_number(const csv_source *csv, const gan_csv_reader *reader, double *out)
{
    char text[GAN_CSV_CELL];

    if (!csv->decimal_comma) return gan_number_parse(reader->cell, reader->length, out);
    for (size_t i = 0; i < reader->length; i++) {
        if (reader->cell[i] == '.') return false;
        text[i] = (char)(reader->cell[i] == ',' ? '.' : reader->cell[i]);
    }
    return gan_number_parse(text, reader->length, out);
}

static gan_status mixed_column(const csv_source *csv, const csv_column *column, const gan_csv_reader *reader)
{
    const char *const hint = missing_hint(csv, is_missing(reader->cell) ? reader->cell : column->first);

    if (!column->is_text) {
        return gan_fail(GAN_ERROR_FORMAT,
                        "%s, line %lld, column '%.64s': '%.64s' is no number, but those before are numbers%s",
                        reader->from.name, (long long)reader->line, column->name, reader->cell, hint);
    }
    return gan_fail(GAN_ERROR_FORMAT,
                    "%s, line %lld, column '%.64s': '%.64s' is a number, but '%s' in line %lld is none%s",
                    reader->from.name, (long long)reader->line, column->name, reader->cell, column->first,
                    (long long)column->first_line, hint);
}

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
    if (reader->length == 0) {
        return gan_fail(GAN_ERROR_FORMAT, "%s, line %lld, %s: the cell is empty%s", reader->from.name,
                        (long long)reader->line, what, missing_hint(csv, ""));
    }
    GAN_TRY(check_utf8(reader, what));
    const bool is_text = !parse_number(csv, reader, &value);
    if (row == 0) {
        column->is_text = is_text;
        column->first_line = reader->line;
        snprintf(column->first, sizeof(column->first), "%.*s", shown_bytes, reader->cell);
    }
    if (is_text != column->is_text) return mixed_column(csv, column, reader);
    if (is_text) return add_category(csv, column, reader);
    if (isfinite((float)value)) {
        if (value == floor(value) && (double)(float)value != value) warn_of_rounding(csv, column, reader, value);
        return GAN_OK;
    }
    return gan_fail(GAN_ERROR_FORMAT, "%s, line %lld, %s: %.64s is %s%s", reader->from.name, (long long)reader->line,
                    what, reader->cell,
                    isfinite(value) ? "beyond the numbers of float32, up to 3.4e38" : "not a finite number",
                    missing_hint(csv, reader->cell));
}

static gan_status keep_cell(csv_source *csv, int64_t row, int64_t c, const gan_csv_reader *reader)
{
    const csv_column *column = &csv->columns[c];
    double value = 0;
    bool same = true;

    if (column->is_text) {
        value = (double)place_of(column, reader->cell, &same);
    } else {
        same = parse_number(csv, reader, &value);
    }
    if (!same) {
        return gan_fail(GAN_ERROR_FORMAT, "%s, line %lld, column '%.64s': the file has changed while it was read",
                        reader->from.name, (long long)reader->line, column->name);
    }
    csv->values[row * csv->count + c] = (float)value;
    return GAN_OK;
}

/* ---- Lines -------------------------------------------------------------------------------------------------- */

/* A table that is read as one column is perhaps none, or has another delimiter. */
static gan_status check_single(const csv_source *csv, const gan_csv_reader *reader)
{
    static const char *const names[] = {"tab", "semicolon", "vertical bar"};
    static const char others[] = "\t;|";
    const char *const name = csv->columns[0].name, *found = strpbrk(name, others);

    if (csv->count > 1) return GAN_OK;
    const char *hint = gan_readable_hint(&reader->from);
    if (*hint) return gan_fail(GAN_ERROR_MAGIC, "%s is not a table%s", reader->from.name, hint);
    if (csv->delimiter || reader->quoted || !found) return GAN_OK;
    return gan_fail(GAN_ERROR_FORMAT,
                    "%s has one column, '%.64s': its name has a %s, which the option delimiter must name if it is "
                    "between cells",
                    reader->from.name, name, names[strchr(others, *found) - others]);
}

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
        numbers = numbers && parse_number(csv, reader, &value);
    } while (!reader->ends_line);
    GAN_TRY(check_single(csv, reader));
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

/* Hands on the cells of at most `most` rows, and counts these. Empty lines are none; rows that miss something are
 * left out, and not counted. */
static gan_status read_rows(csv_source *csv, gan_csv_reader *reader, int64_t most, cell_fn use, int64_t *rows)
{
    const int64_t *const missing = csv->missing;
    const int64_t missing_count = use == note_missing ? 0 : csv->missing_count;
    int64_t left_out = 0;

    *rows = 0;
    while (*rows < most) {
        int64_t c = 0;
        const bool skip = left_out < missing_count && missing[left_out] == *rows + left_out;
        do {
            GAN_TRY(gan_csv_next(reader));
            if (c == 0 && reader->nothing) return GAN_OK;
            if (c == 0 && reader->ends_line && reader->length == 0 && !reader->quoted) break;
            if (c == csv->count) return wrong_width(csv, reader, "more");
            if (!skip) GAN_TRY(use(csv, *rows, c, reader));
            c++;
        } while (!reader->ends_line);
        if (c == 0) continue;
        if (c < csv->count) return wrong_width(csv, reader, "fewer");
        left_out += skip;
        *rows += !skip;
    }
    return GAN_OK;
}

/* Bytes that are no table say so by what is wrong with them, and perhaps by what they are. */
static gan_status explain(gan_status status, const gan_csv_reader *reader)
{
    const bool is_content = status == GAN_ERROR_FORMAT || status == GAN_ERROR_EMPTY ||
                            status == GAN_ERROR_TRUNCATED || status == GAN_ERROR_OVERFLOW;
    char sentence[GAN_SENTENCE];

    if (!is_content) return status;
    snprintf(sentence, sizeof(sentence), "%s", gan_last_error());
    const char *hint = gan_readable_hint(&reader->from);
    return gan_fail(*hint ? GAN_ERROR_MAGIC : status, "%s%s", sentence, hint);
}

/* Reads the file from its start, the header by one function and the rows by another. */
static gan_status read_file(csv_source *csv, gan_origin from, int64_t most, cell_fn use,
                            gan_status (*header)(csv_source *, gan_csv_reader *), int64_t *rows)
{
    gan_csv_reader *reader = gan_allocate(csv->context, sizeof(*reader));

    if (!reader) return GAN_ERROR_MEMORY;
    gan_status status = gan_csv_open(csv->context, from, reader);
    if (status == GAN_OK) {
        snprintf(csv->name, sizeof(csv->name), "%s", reader->from.name);
        if (csv->delimiter) reader->delimiter = csv->delimiter;
        status = header(csv, reader);
        if (status == GAN_OK) status = read_rows(csv, reader, most, use, rows);
        if (status != GAN_OK) status = explain(status, reader);
        gan_csv_close(reader);
    }
    gan_release(csv->context, reader, sizeof(*reader));
    return status;
}

static gan_status load(csv_source *csv, gan_origin from, const gan_dataset_options *options)
{
    int64_t count, rows = 0;

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

/* Any ASCII character that neither a number nor a text in quotes begins with. */
static bool is_delimiter(char c)
{
    return c == '\t' ||
           (c > ' ' && c < 127 && !strchr("\"+-.0123456789", c) && !((c | 32) >= 'a' && (c | 32) <= 'z'));
}

/* Takes the options of tables out of those of all datasets. */
static gan_status read_options(csv_source *csv, const gan_dataset_options *given, gan_dataset_options *common)
{
    GAN_TRY(gan_options_read(common, sizeof(*common), given, "gan_dataset_options"));
    if (common->delimiter && !is_delimiter(common->delimiter)) {
        return gan_fail(
            GAN_ERROR_ARGUMENT,
            "gan_dataset_options: delimiter is 0x%02x, expected a tab or an ASCII character that is no space, "
            "letter, digit, quote, sign or point",
            (unsigned)(unsigned char)common->delimiter);
    }
    if (common->decimal_comma && (common->delimiter == 0 || common->delimiter == ',')) {
        return gan_fail(GAN_ERROR_ARGUMENT,
                        "gan_dataset_options: decimal_comma is set, but the delimiter is a comma, too");
    }
    csv->delimiter = common->delimiter;
    csv->decimal_comma = common->decimal_comma;
    csv->skip_missing = common->skip_missing;
    common->struct_size = sizeof(*common);
    common->delimiter = 0;
    common->decimal_comma = common->skip_missing = false;
    return GAN_OK;
}

/* What its columns hold: numbers or categories, and of which rows. */
static gan_status examine(csv_source *csv, gan_origin from)
{
    int64_t all = 0;

    if (csv->skip_missing) GAN_TRY(read_file(csv, from, INT64_MAX, note_missing, read_header, &all));
    GAN_TRY(read_file(csv, from, INT64_MAX, examine_cell, csv->skip_missing ? skip_header : read_header, &csv->rows));
    if (csv->rows == 0) {
        return gan_fail(GAN_ERROR_EMPTY, "%s has no rows%s below its header", csv->name,
                        csv->missing_count > 0 ? " without empty cells or NA" : "");
    }
    if (csv->missing_count > 0) {
        gan_log(csv->context, GAN_LOG_INFO,
                "%s: %lld of %lld rows are left out, which have empty cells or NA, the first in line %lld", csv->name,
                (long long)csv->missing_count, (long long)all, (long long)csv->missing_line);
    }
    for (int64_t c = 0; c < csv->count && csv->rows >= fewest_rows; c++) {
        const csv_column *column = &csv->columns[c];
        if (column->count <= csv->rows / 2) continue;
        gan_log(csv->context, GAN_LOG_WARNING,
                "%s: column '%.64s' has %lld different texts in %lld rows, such as '%s'; each is a class", csv->name,
                column->name, (long long)column->count, (long long)csv->rows, column->first);
    }
    return GAN_OK;
}

static gan_status open_csv(gan_context *context, gan_origin from, const gan_dataset_options *options,
                           gan_dataset **out)
{
    gan_dataset_options common, resolved;

    csv_source *csv = gan_allocate(context, sizeof(*csv));
    if (!csv) return GAN_ERROR_MEMORY;
    csv->context = gan_context_retain(context);
    gan_status status = read_options(csv, options, &common);
    if (status == GAN_OK) status = examine(csv, from);
    if (status == GAN_OK) status = gan_dataset_options_resolve(&common, csv->rows, &resolved);
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
