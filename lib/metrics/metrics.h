/* The door of metrics: distances between sets of samples, and scores of one by its labels. Everything here is in
 * double, and knows nothing of models or files. */
#ifndef GAN_METRICS_H
#define GAN_METRICS_H

#include "kernels/kernels.h"

/* ---- Arguments (arguments.c) --------------------------------------------------------------------------------- */

/* A matrix of floats that a caller passed to a function. */
typedef struct gan_given {
    const char *function, *name; /* for messages: of the call and of the argument */
    const float *values;
    int64_t rows, columns;
} gan_given;

/* Rejects NULL, fewer rows or columns than these, sizes that overflow, and values that are not finite. */
gan_status gan_given_check(const gan_given *given, int64_t least_rows, int64_t least_columns);

/* Rejects a number outside [least, most]: "what: name is 0, expected 1 to 7"; `what` is a function, or the struct of
 * its options. */
gan_status gan_number_check(const char *what, const char *name, int64_t value, int64_t least, int64_t most);

/* Means of the columns. */
void gan_given_means(const gan_given *given, double *means);

/* ---- Matrices (matrix.c) --------------------------------------------------------------------------------------- */

/* All zeros; its size is fixed. */
gan_status gan_double_rows_create(gan_context *context, int64_t rows, int64_t size, gan_double_rows *out);
void gan_double_rows_release(gan_context *context, gan_double_rows *matrix); /* accepts a zeroed one */

/* out[i] = row i of `given` or, with `numbers` (one per row of out), row numbers[i]; minus `offsets`, one per column,
 * unless NULL. */
void gan_double_rows_fill(gan_double_rows *out, const gan_given *given, const int64_t *numbers,
                          const double *offsets);

/* The same for the transposed matrix: out[j] = column j. */
void gan_double_rows_fill_columns(gan_double_rows *out, const gan_given *given, const double *offsets);

/* out = A B^T, (a->rows, b->rows), rows first; with `upper`, writes only on and right of the diagonal. */
void gan_double_rows_multiply(gan_context *context, const gan_double_rows *a, const gan_double_rows *b, bool upper,
                              double *out);

/* ---- Decompositions (decomposition.c) -------------------------------------------------------------------------- */

/* C = L L^T of a symmetric matrix without negative eigenvalues, which is overwritten. The columns of L become rows of
 * `out`, which holds `size` rows of zeros at first; returns their number, the rank. `scratch`: size values. */
int64_t gan_cholesky(double *c, int64_t size, double *scratch, gan_double_rows *out);

/* The sum of a matrix's singular values; overwrites the matrix (rows first). Best with rows <= columns. */
double gan_singular_value_sum(gan_context *context, double *a, int64_t rows, int64_t columns);

/* ---- Mean and deviation of values as they come in (spread.c) --------------------------------------------------- */

/* Starts as zeros. */
typedef struct gan_spread {
    int64_t count;
    double mean, squares; /* squares: sum of (value - mean)^2 */
} gan_spread;
void gan_spread_add(gan_spread *spread, double value);
/* Divides by the number of values, not one less. */
double gan_spread_deviation(const gan_spread *spread);

#endif
