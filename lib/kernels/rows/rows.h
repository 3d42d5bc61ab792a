/* The door of rows: rows of matrices transposed, copied, multiplied, updated and looked up in tables; their softmax.
 */
#ifndef GAN_ROWS_H
#define GAN_ROWS_H

#include "core/core.h"

/* (batch, rows, columns) to (batch, columns, rows): N,C,H,W to channels last with rows = C and columns = H * W, and
 * back with these swapped. */
void gan_transpose(gan_context *context, int64_t batch, int64_t rows, int64_t columns, const gan_real *x,
                   gan_real *y);
/* Copies `rows` runs of `count` values: from x + i * x_stride to y + i * y_stride. */
void gan_copy_rows(gan_context *context, int64_t rows, int64_t count, const gan_real *x, int64_t x_stride,
                   gan_real *y, int64_t y_stride);
/* y[i, j] += a x[i, j] + b u[i] v[j]; x and y are (rows, columns) (rank_one.c) */
void gan_add_rank_one(gan_context *context, int64_t rows, int64_t columns, gan_real a, const gan_real *x, gan_real b,
                      const gan_real *u, const gan_real *v, gan_real *y);

/* ---- Products with a row of each sample (multiply_rows.c): a is (batch, rows, columns) ---- */

/* y[n, i, j] = a[n, i, j] b[n, j], or that added to y, if `accumulate`; b is (batch, columns). y may be a. */
void gan_multiply_rows(gan_context *context, int64_t batch, int64_t rows, int64_t columns, const gan_real *a,
                       const gan_real *b, bool accumulate, gan_real *y);
/* The adjoint: y[n, j] = sum over i of a[n, i, j] b[n, i, j], in double precision, or that added to y; b is as large
 * as a, y is (batch, columns). */
void gan_sum_products(gan_context *context, int64_t batch, int64_t rows, int64_t columns, const gan_real *a,
                      const gan_real *b, bool accumulate, gan_real *y);

/* ---- Softmax of rows (softmax_kernel.c): all are (rows, columns); scale > 0 ---- */

/* y[i, j] = exp(scale x[i, j]) / the sum over k of exp(scale x[i, k]), without overflow. In place. */
void gan_softmax(gan_context *context, int64_t rows, int64_t columns, gan_real scale, const gan_real *x, gan_real *y);
/* The derivative of y = p by x in the direction t, or the gradient by x where that by p is t:
 * y[i, j] = scale p[i, j] (t[i, j] - m[i]), m[i] = the sum over k of p[i, k] t[i, k] in double. y may be t. */
void gan_softmax_derivative(gan_context *context, int64_t rows, int64_t columns, gan_real scale, const gan_real *p,
                            const gan_real *t, gan_real *y);
/* R{} of that: y = scale (R{p} (t - m) + p (R{t} - R{m})). y may be R{t}. */
void gan_softmax_derivative_tangent(gan_context *context, int64_t rows, int64_t columns, gan_real scale,
                                    const gan_real *p, const gan_real *tangent_p, const gan_real *t,
                                    const gan_real *tangent_t, gan_real *y);

/* ---- Rows of a table, by class numbers (class_rows.c) ---- */

/* The first of `count` numbers that is not a whole number in [0, classes), or `count`. */
int64_t gan_find_bad_class(int64_t count, int64_t classes, const gan_real *numbers);
/* y[i, :] = table[numbers[i], :] */
void gan_copy_classes(gan_context *context, int64_t count, int64_t columns, const gan_real *numbers,
                      const gan_real *table, gan_real *y);
/* y[i, j] = 1 where j is numbers[i], else 0; y is (count, classes) */
void gan_one_hot(gan_context *context, int64_t count, int64_t classes, const gan_real *numbers, gan_real *y);
/* table[numbers[i], :] += x[i, :] */
void gan_add_classes(gan_context *context, int64_t count, int64_t columns, const gan_real *numbers, const gan_real *x,
                     gan_real *table);

#endif
