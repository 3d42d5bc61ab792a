/* Tables for training: what their columns hold, rows as numbers and back, files, and how far two tables are apart. */
#ifndef EXAMPLES_TABLE_DATA_H
#define EXAMPLES_TABLE_DATA_H

#include <libgan.h>

/* One-hot columns grow with their categories, and what is rare is not learned. */
#define MOST_CATEGORIES 256

/* A column has either categories, which may be numbers, or numbers only. */
typedef struct table_column {
    const char *name;
    int64_t categories;       /* 0 for numbers; 1 for a column that never changes */
    const char *const *texts; /* of the categories; NULL if they are numbers */
    const float *values;      /* of categories that are numbers, ascending */
    double mean, deviation;   /* of numbers */
    float least, most;
    int decimals;  /* that are enough to write all numbers; -1: write 7 digits */
    int64_t place; /* in an encoded row; -1: not in it */
} table_column;

typedef struct table {
    gan_dataset *source; /* owns names and texts */
    table_column *columns;
    int64_t column_count, rows;
    float *cells;      /* row after row: a number, or the number of a category */
    int64_t condition; /* column that rows are generated for; -1: none */
    int64_t classes;   /* of the condition; 1 without one */
    int64_t numbers;   /* columns of numbers: the first values of an encoded row */
    int64_t width;     /* of an encoded row: numbers, then one-hot categories */
} table;

/* What to make of a file's columns. */
typedef struct table_choice {
    const char
        *categorical;      /* names of columns whose numbers are categories, as a line of CSV has them; may be NULL */
    const char *condition; /* name; NULL: the first column with 2 or more categories */
    int64_t most_distinct; /* a column with no more different numbers has categories */
    const char *delimiter; /* one character; NULL: a comma */
    bool decimal_comma, skip_missing;
} table_choice;

/* Reads a CSV file. A choice that it does not allow, or nothing to learn, ends the program with a sentence. Close
 * `out` in any case. */
gan_status table_open(gan_context *context, const char *path, const table_choice *choice, table *out);
void table_close(table *t);

/* Encodes the rows: numbers as (x - mean) / deviation, categories one-hot; the condition and columns that never
 * change are left out. `rows` has room for rows * width values, `classes` for rows. */
void table_encode(const table *t, float *rows, float *classes);

/* The cells of `count` encoded rows of these classes: the most probable category; numbers within the range of the
 * column, rounded to its decimals. */
void table_decode(const table *t, const float *rows, const int32_t *classes, int64_t count, float *cells);

/* Writes a CSV file like the one that was read; it is replaced atomically. Says why not and exits with status 1. */
void table_write(const table *t, const char *path, const float *cells, int64_t count);

/* How far other rows are from the table's in a column: the Kolmogorov-Smirnov distance of numbers, the total
 * variation distance of categories. */
double table_distance(const table *t, int64_t column, const float *cells, int64_t count);

/* The mean absolute difference between the correlations of every two columns in the two tables. A category counts as
 * a column of zeros and ones; two of one column are no pair. Without pairs 0. */
double table_correlation_difference(const table *t, const float *cells, int64_t count);

#endif
