#include "table_data.h"

#include "outputs.h"
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_DECIMALS 6
#define NAME_SIZE     256 /* of a column, on the command line */
#define CELL_SIZE     64  /* of a number as text */

/* ---- Columns --------------------------------------------------------------------------------------------------- */

static int compare_floats(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* A column's cells in ascending order, to be released with free(). */
static float *sorted_column(const float *cells, int64_t rows, int64_t columns, int64_t column)
{
    float *sorted = allocate(rows, sizeof(*sorted));
    for (int64_t row = 0; row < rows; row++) sorted[row] = cells[row * columns + column];
    qsort(sorted, (size_t)rows, sizeof(*sorted), compare_floats);
    return sorted;
}

/* Keeps one of each value; returns how many. */
static int64_t drop_repeated(float *sorted, int64_t count)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < count; i++)
        if (kept == 0 || sorted[i] != sorted[kept - 1]) sorted[kept++] = sorted[i];
    return kept;
}

static float round_to(float value, int decimals)
{
    char text[CELL_SIZE];
    snprintf(text, sizeof(text), "%.*f", decimals, (double)value);
    return strtof(text, NULL);
}

static int count_decimals(const float *values, int64_t count)
{
    int decimals = 0;
    for (int64_t i = 0; i < count && decimals <= MOST_DECIMALS; i++)
        while (decimals <= MOST_DECIMALS && round_to(values[i], decimals) != values[i]) decimals++;
    return decimals <= MOST_DECIMALS ? decimals : -1;
}

/* Takes the first name off a list, as CSV writes it: one with commas is in quotes, which are doubled in it. */
static const char *next_name(const char *list, char name[NAME_SIZE])
{
    const bool quoted = *list == '"';
    size_t length = 0;
    for (list += quoted; *list && (quoted || *list != ','); list++) {
        if (quoted && *list == '"' && *++list != '"') break;
        if (length < NAME_SIZE - 1) name[length++] = *list;
    }
    name[length] = '\0';
    if (*list && *list != ',') {
        fprintf(stderr, "--categorical: expected a comma before %s\n", list);
        exit(2);
    }
    return *list ? list + 1 : NULL;
}

static bool is_listed(const char *list, const char *name)
{
    char next[NAME_SIZE];
    while (list) {
        list = next_name(list, next);
        if (strcmp(next, name) == 0) return true;
    }
    return false;
}

static void refuse_column(const table_column *column, int64_t categories)
{
    fprintf(stderr, "column '%s' has %lld categories, expected at most %d: leave it out of the file, or merge some\n",
            column->name, (long long)categories, MOST_CATEGORIES);
    exit(1);
}

static gan_status find_texts(gan_dataset *source, int64_t index, table_column *column)
{
    const char **texts = allocate(column->categories, sizeof(*texts));
    gan_status status = GAN_OK;
    for (int64_t i = 0; i < column->categories && status == GAN_OK; i++)
        status = gan_dataset_get_class_name(source, index, i, &texts[i]);
    column->texts = texts;
    return status;
}

/* Numbers that are categories become the numbers of these. */
static void number_categories(table *t, int64_t index, float *distinct, int64_t count)
{
    table_column *column = &t->columns[index];
    column->values = distinct;
    column->categories = count;
    for (int64_t row = 0; row < t->rows; row++) {
        float *cell = &t->cells[row * t->column_count + index];
        const float *found = bsearch(cell, distinct, (size_t)count, sizeof(*cell), compare_floats);
        *cell = (float)(found - distinct);
    }
}

static void measure_numbers(table *t, int64_t index, const float *distinct, int64_t count)
{
    table_column *column = &t->columns[index];
    double sum = 0, square = 0;
    for (int64_t row = 0; row < t->rows; row++) sum += t->cells[row * t->column_count + index];
    column->mean = sum / (double)t->rows;
    for (int64_t row = 0; row < t->rows; row++)
        square += pow(t->cells[row * t->column_count + index] - column->mean, 2);
    column->deviation = sqrt(square / (double)t->rows);
    column->least = distinct[0];
    column->most = distinct[count - 1];
    column->decimals = count_decimals(distinct, count);
}

static gan_status read_column(table *t, int64_t index, const table_choice *choice)
{
    table_column *column = &t->columns[index];
    gan_field_info info = GAN_FIELD_INFO_INIT;
    gan_status status = gan_dataset_get_field(t->source, index, &info);
    if (status != GAN_OK) return status;
    column->name = info.name;
    column->categories = info.classes;
    if (info.classes > MOST_CATEGORIES) refuse_column(column, info.classes);
    if (info.classes > 0) return find_texts(t->source, index, column);
    float *distinct = sorted_column(t->cells, t->rows, t->column_count, index);
    const int64_t count = drop_repeated(distinct, t->rows);
    const bool chosen =
        is_listed(choice->categorical, info.name) || (choice->condition && strcmp(choice->condition, info.name) == 0);
    if (chosen && count > MOST_CATEGORIES) refuse_column(column, count);
    if (chosen || count <= choice->most_distinct || count == 1) {
        number_categories(t, index, distinct, count);
        return GAN_OK;
    }
    measure_numbers(t, index, distinct, count);
    free(distinct);
    return GAN_OK;
}

/* ---- The table ------------------------------------------------------------------------------------------------- */

static void check_names(const table *t, const table_choice *choice)
{
    char name[NAME_SIZE];
    for (const char *rest = choice->categorical; rest;) {
        rest = next_name(rest, name);
        if (gan_dataset_find_field(t->source, name) >= 0) continue;
        fprintf(stderr, "--categorical: the file has no column '%s'%s\n", name,
                strchr(choice->categorical, '"') ? "" : "; a name with a comma is written in double quotes");
        exit(2);
    }
    if (choice->condition && gan_dataset_find_field(t->source, choice->condition) < 0) {
        fprintf(stderr, "--condition: the file has no column '%s'\n", choice->condition);
        exit(2);
    }
}

static void choose_condition(table *t, const table_choice *choice)
{
    t->condition = choice->condition ? gan_dataset_find_field(t->source, choice->condition) : -1;
    for (int64_t i = 0; i < t->column_count && t->condition < 0; i++)
        if (t->columns[i].categories > 1) t->condition = i;
    t->classes = t->condition < 0 ? 1 : t->columns[t->condition].categories;
}

/* Numbers first, then categories. */
static void place_columns(table *t, const char *path)
{
    for (int64_t i = 0; i < t->column_count; i++)
        t->columns[i].place = t->columns[i].categories == 0 ? t->width++ : -1;
    t->numbers = t->width;
    for (int64_t i = 0; i < t->column_count; i++) {
        if (t->columns[i].categories < 2 || i == t->condition) continue;
        t->columns[i].place = t->width;
        t->width += t->columns[i].categories;
    }
    if (t->width > 0) return;
    fprintf(stderr, "%s: no column but the condition changes, so there is nothing to learn\n", path);
    exit(1);
}

static gan_status read_cells(table *t)
{
    float **fields = allocate(t->column_count, sizeof(*fields));
    float *values = allocate(t->rows * t->column_count, sizeof(*values));
    for (int64_t i = 0; i < t->column_count; i++) fields[i] = values + i * t->rows;
    gan_status status = gan_dataset_read_fields(t->source, 0, t->rows, fields);
    t->cells = allocate(t->rows * t->column_count, sizeof(*t->cells));
    for (int64_t row = 0; row < t->rows; row++)
        for (int64_t i = 0; i < t->column_count; i++) t->cells[row * t->column_count + i] = fields[i][row];
    free(values);
    free(fields);
    return status;
}

gan_status table_open(gan_context *context, const char *path, const table_choice *choice, table *out)
{
    *out = (table){.condition = -1};
    const char delimiter = (char)(choice->delimiter ? choice->delimiter[0] : 0);
    gan_status status =
        gan_dataset_open_csv(context, path,
                             GAN_DATASET(.delimiter = delimiter, .decimal_comma = choice->decimal_comma,
                                         .skip_missing = choice->skip_missing),
                             &out->source);
    if (status != GAN_OK) return status;
    out->rows = gan_dataset_count(out->source);
    out->column_count = gan_dataset_field_count(out->source);
    out->columns = allocate(out->column_count, sizeof(*out->columns));
    check_names(out, choice);
    status = read_cells(out);
    for (int64_t i = 0; i < out->column_count && status == GAN_OK; i++) status = read_column(out, i, choice);
    if (status != GAN_OK) return status;
    choose_condition(out, choice);
    place_columns(out, path);
    return GAN_OK;
}

void table_close(table *t)
{
    for (int64_t i = 0; i < t->column_count && t->columns; i++) {
        free((void *)t->columns[i].texts);
        free((void *)t->columns[i].values);
    }
    free(t->columns);
    free(t->cells);
    gan_dataset_destroy(t->source);
    *t = (table){.condition = -1};
}

/* ---- Rows as numbers ------------------------------------------------------------------------------------------- */

void table_encode(const table *t, float *rows, float *classes)
{
    for (int64_t row = 0; row < t->rows; row++) {
        const float *cells = t->cells + row * t->column_count;
        float *encoded = rows + row * t->width;
        memset(encoded, 0, (size_t)t->width * sizeof(*encoded));
        classes[row] = t->condition < 0 ? 0 : cells[t->condition];
        for (int64_t i = 0; i < t->column_count; i++) {
            const table_column *column = &t->columns[i];
            if (column->place < 0) continue;
            if (column->categories > 0) {
                encoded[column->place + (int64_t)cells[i]] = 1;
            } else {
                encoded[column->place] = (float)((cells[i] - column->mean) / column->deviation);
            }
        }
    }
}

static float decode_number(const table_column *column, float encoded)
{
    float value = (float)(column->mean + column->deviation * encoded);
    if (!(value > column->least)) value = column->least;
    if (value > column->most) value = column->most;
    return column->decimals < 0 ? value : round_to(value, column->decimals);
}

static float decode_category(const table_column *column, const float *encoded)
{
    int64_t best = 0;
    for (int64_t k = 1; k < column->categories; k++)
        if (encoded[k] > encoded[best]) best = k;
    return (float)best;
}

void table_decode(const table *t, const float *rows, const int32_t *classes, int64_t count, float *cells)
{
    for (int64_t row = 0; row < count; row++) {
        const float *encoded = rows + row * t->width;
        for (int64_t i = 0; i < t->column_count; i++) {
            const table_column *column = &t->columns[i];
            float *cell = &cells[row * t->column_count + i];
            *cell = i == t->condition ? (float)classes[row] : 0;
            if (column->place < 0) continue;
            *cell = column->categories > 0 ? decode_category(column, encoded + column->place)
                                           : decode_number(column, encoded[column->place]);
        }
    }
}

/* ---- Files ----------------------------------------------------------------------------------------------------- */

/* In quotes if it would be read as something else without. */
static void write_text(FILE *file, const char *text)
{
    const size_t length = strlen(text);
    if (strpbrk(text, ",\"\r\n") == NULL && length > 0 && !strchr(" \t", text[0]) &&
        !strchr(" \t", text[length - 1])) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (; *text; text++) {
        if (*text == '"') fputc('"', file);
        fputc(*text, file);
    }
    fputc('"', file);
}

/* The fewest digits that are read as the same float. */
static void write_number(FILE *file, float value)
{
    char text[CELL_SIZE];
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value) break;
    }
    fputs(text, file);
}

static void write_cell(FILE *file, const table_column *column, float cell)
{
    if (column->texts) {
        write_text(file, column->texts[(int64_t)cell]);
    } else if (column->values) {
        write_number(file, column->values[(int64_t)cell]);
    } else if (column->decimals >= 0) {
        fprintf(file, "%.*f", column->decimals, (double)cell);
    } else {
        fprintf(file, "%.7g", (double)cell);
    }
}

void table_write(const table *t, const char *path, const float *cells, int64_t count)
{
    FILE *file = open_output(path);
    for (int64_t i = 0; i < t->column_count; i++) {
        if (i > 0) fputc(',', file);
        write_text(file, t->columns[i].name);
    }
    fputc('\n', file);
    for (int64_t row = 0; row < count; row++) {
        for (int64_t i = 0; i < t->column_count; i++) {
            if (i > 0) fputc(',', file);
            write_cell(file, &t->columns[i], cells[row * t->column_count + i]);
        }
        fputc('\n', file);
    }
    close_output(file, path);
}

/* ---- Distances ------------------------------------------------------------------------------------------------- */

/* The largest difference between two shares of values that are at most x, over all x. */
static double kolmogorov_smirnov(const float *a, int64_t a_count, const float *b, int64_t b_count)
{
    double largest = 0;
    for (int64_t i = 0, j = 0; i < a_count && j < b_count;) {
        const float x = a[i] < b[j] ? a[i] : b[j];
        while (i < a_count && a[i] <= x) i++;
        while (j < b_count && b[j] <= x) j++;
        largest = fmax(largest, fabs((double)i / (double)a_count - (double)j / (double)b_count));
    }
    return largest;
}

/* Half the sum of |p_k - q_k|. */
static double total_variation(const table *t, int64_t column, const float *cells, int64_t count)
{
    const int64_t categories = t->columns[column].categories;
    double *difference = allocate(categories, sizeof(*difference)), sum = 0;
    for (int64_t row = 0; row < t->rows; row++)
        difference[(int64_t)t->cells[row * t->column_count + column]] += 1 / (double)t->rows;
    for (int64_t row = 0; row < count; row++)
        difference[(int64_t)cells[row * t->column_count + column]] -= 1 / (double)count;
    for (int64_t k = 0; k < categories; k++) sum += fabs(difference[k]) / 2;
    free(difference);
    return sum;
}

double table_distance(const table *t, int64_t column, const float *cells, int64_t count)
{
    if (t->columns[column].categories > 0) return total_variation(t, column, cells, count);
    float *ours = sorted_column(t->cells, t->rows, t->column_count, column);
    float *theirs = sorted_column(cells, count, t->column_count, column);
    const double distance = kolmogorov_smirnov(ours, t->rows, theirs, count);
    free(theirs);
    free(ours);
    return distance;
}

/* A variable of the correlations: a column of numbers, or whether a column is of a category. */
typedef struct variable {
    int64_t column, category;
} variable;

static int64_t list_variables(const table *t, variable *variables)
{
    int64_t count = 0;
    for (int64_t i = 0; i < t->column_count; i++) {
        const int64_t categories = t->columns[i].categories;
        if (categories == 0) variables[count++] = (variable){i, 0};
        for (int64_t k = 0; k < categories && categories > 1; k++) variables[count++] = (variable){i, k};
    }
    return count;
}

/* The variables' values, each with mean 0 and length 1, or all 0 if it never changes: so that products are
 * correlations. Variable after variable. */
static double *normalise(const table *t, const variable *variables, int64_t variable_count, const float *cells,
                         int64_t rows)
{
    double *values = allocate(variable_count * rows, sizeof(*values));
    for (int64_t v = 0; v < variable_count; v++) {
        const variable *one = &variables[v];
        const bool numeric = t->columns[one->column].categories == 0;
        double *x = values + v * rows, mean = 0, square = 0;
        for (int64_t row = 0; row < rows; row++) {
            const float cell = cells[row * t->column_count + one->column];
            x[row] = numeric ? (double)cell : (double)(cell == (float)one->category);
            mean += x[row] / (double)rows;
        }
        for (int64_t row = 0; row < rows; row++) square += pow(x[row] - mean, 2);
        for (int64_t row = 0; row < rows; row++) x[row] = square > 1e-12 ? (x[row] - mean) / sqrt(square) : 0;
    }
    return values;
}

static double product(const double *a, const double *b, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += a[i] * b[i];
    return sum;
}

double table_correlation_difference(const table *t, const float *cells, int64_t count)
{
    variable *variables = allocate(t->width + t->classes, sizeof(*variables));
    const int64_t n = list_variables(t, variables);
    double *ours = normalise(t, variables, n, t->cells, t->rows);
    double *theirs = normalise(t, variables, n, cells, count);
    double sum = 0, pairs = 0;
    for (int64_t a = 0; a < n; a++) {
        for (int64_t b = a + 1; b < n; b++) {
            if (variables[a].column == variables[b].column) continue;
            sum += fabs(product(ours + a * t->rows, ours + b * t->rows, t->rows) -
                        product(theirs + a * count, theirs + b * count, count));
            pairs++;
        }
    }
    free(theirs);
    free(ours);
    free(variables);
    return pairs > 0 ? sum / pairs : 0;
}
