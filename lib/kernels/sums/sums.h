/* The door of sums: sums over arrays, columns and rows, and dot products of all pairs of rows. */
#ifndef GAN_SUMS_H
#define GAN_SUMS_H

#include "core/core.h"

/* out[j] += sum over i of x[i, j]; x is (rows, columns). `scratch`: gan_column_sums_scratch() values. */
int64_t gan_column_sums_scratch(int64_t rows, int64_t columns);
void gan_column_sums(gan_context *context, int64_t rows, int64_t columns, const gan_real *x, gan_real *out,
                     gan_real *scratch);
/* Sum of squares in double precision; NaN or Inf in x carries over to the result. Allocates nothing. */
double gan_sum_of_squares(gan_context *context, int64_t count, const gan_real *x);
/* Sum of x y, likewise. */
double gan_dot(gan_context *context, int64_t count, const gan_real *x, const gan_real *y);
/* Sum of (x - y)^2, likewise. */
double gan_squared_distance(gan_context *context, int64_t count, const gan_real *x, const gan_real *y);
/* The number of values below `low` or above `high`; NaN is neither. Allocates nothing. */
int64_t gan_count_outside(gan_context *context, int64_t count, gan_real low, gan_real high, const gan_real *x);
/* norms[i] = Euclidean norm of x[i, :], summed in double precision; x is (rows, columns) */
void gan_row_norms(gan_context *context, int64_t rows, int64_t columns, const gan_real *x, gan_real *norms);
/* out[i] += sum over j of x[i, j] y[i, j], summed in double precision; x and y are (rows, columns) */
void gan_add_row_dots(gan_context *context, int64_t rows, int64_t columns, const gan_real *x, const gan_real *y,
                      gan_real *out);
/* Mean of |x[i, :] - x[j, :]| over all pairs i < j of at least two rows, in double precision. Allocates nothing. */
double gan_mean_distance(gan_context *context, int64_t rows, int64_t columns, const gan_real *x);

/* ---- The logarithm of a sum of exponentials (log_sum_exp_kernel.c): x is (rows, columns) ---- */

/* y[i] = log sum over j of exp(x[i, j]). Keeps 2 values of each row in `kept`, for the functions below. */
void gan_log_sum_exp_forward(gan_context *context, int64_t rows, int64_t columns, const gan_real *x, gan_real *y,
                             gan_real *kept);
/* dx[i, j] = dy[i] p[i, j], p[i, j] = exp(x[i, j] - y[i]) */
void gan_log_sum_exp_backward(gan_context *context, int64_t rows, int64_t columns, const gan_real *x,
                              const gan_real *kept, const gan_real *dy, gan_real *dx);
/* R{y}[i] = sum over j of p[i, j] R{x}[i, j] */
void gan_log_sum_exp_tangent(gan_context *context, int64_t rows, int64_t columns, const gan_real *x,
                             const gan_real *kept, const gan_real *tangent_x, gan_real *tangent_y);
/* R{dx}[i, j] = p[i, j] (R{dy}[i] + dy[i] (R{x}[i, j] - R{y}[i])); dy or tangent_dy may be NULL, which is 0. */
void gan_log_sum_exp_tangent_backward(gan_context *context, int64_t rows, int64_t columns, const gan_real *x,
                                      const gan_real *kept, const gan_real *tangent_x, const gan_real *dy,
                                      const gan_real *tangent_dy, gan_real *tangent_dx);

/* ---- Pairs of rows in double (pairwise_dot.c), for statistics over many samples ---- */

/* A matrix of doubles, with GAN_ROW_TILE rows interleaved so that one read fills a vector with them. `values`:
 * gan_double_rows_values() of them; rows that pad the last tile are 0. */
#define GAN_ROW_TILE 8
typedef struct gan_double_rows {
    int64_t rows, size; /* size: values of a row */
    double *values;
} gan_double_rows;

/* False if the number overflows. */
bool gan_double_rows_values(int64_t rows, int64_t size, int64_t *values);
static inline double *gan_double_rows_at(const gan_double_rows *matrix, int64_t row, int64_t k)
{
    return matrix->values + (row / GAN_ROW_TILE * matrix->size + k) * GAN_ROW_TILE + row % GAN_ROW_TILE;
}

/* Receives tile[i * GAN_ROW_TILE + j] = sum over k of a[row + i, k] b[column + j, k], padding included. */
typedef void (*gan_row_tile_fn)(void *user, int64_t row, int64_t column, const double *tile);

/* Visits every tile of A B^T or, with `upper`, those on and right of the diagonal; A and B have the same size. One
 * thread visits the tiles of a row, from left to right; others visit other rows at the same time. Equal rows give
 * equal bits, wherever they are. Allocates nothing. */
void gan_pairwise_dot(gan_context *context, const gan_double_rows *a, const gan_double_rows *b, bool upper,
                      gan_row_tile_fn visit, void *user);

#endif
