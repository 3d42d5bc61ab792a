/* The door of kernels: every pass over data. Each function here cuts its work into blocks that depend on shapes only,
 * runs them on the context's threads, and takes sums in a fixed order: results do not depend on how many these are.
 * Inner loops come from tables of functions, one a family, compiled from one source for each instruction set.
 *
 * Images are stored channels last, (batch, height, width, channels), whatever the order at the border; all other
 * tensors are rows first. Outputs may be the same array as an input only where "in place" is said. */
#ifndef GAN_KERNELS_H
#define GAN_KERNELS_H

#include "core/core.h"

/* ---- Matrix products (gemm.c), with rounded operands where the context says so (bfloat16.c) ------------------ */

/* What happens to a finished element of a product: (+ bias of its column), then a leaky ReLU. */
typedef struct gan_epilogue {
    const gan_real *bias; /* one value a column, or NULL */
    bool leaky;           /* y = y > 0 ? y : slope * y */
    gan_real slope;
} gan_epilogue;

/* C (m x n, row stride ldc) = [C +] op(A) op(B), then the epilogue (NULL: none).
 * A is m x k with row stride lda, or k x m when transpose_a; B is k x n with row stride ldb, or n x k when
 * transpose_b. `scratch`: gan_gemm_scratch() values. */
typedef struct gan_gemm {
    int64_t m, n, k;
    const gan_real *a;
    int64_t lda;
    bool transpose_a;
    const gan_real *b;
    int64_t ldb;
    bool transpose_b;
    gan_real *c;
    int64_t ldc;
    bool accumulate;
    const gan_epilogue *epilogue;
    gan_real *scratch;
    bool full_precision; /* the operands are not rounded, whatever the context's precision */
} gan_gemm;

int64_t gan_gemm_scratch(const gan_context *context, int64_t m, int64_t n, int64_t k);
void gan_gemm_run(gan_context *context, const gan_gemm *gemm);

/* ---- Convolutions (conv.c, conv_geometry.c) ---------------------------------------------------------------- */

/* x: (batch, height, width, channels); y: (batch, out_height, out_width, filters);
 * w: (filters, kernel_h, kernel_w, channels). Transposed convolutions are the same functions with the roles of x and
 * y exchanged: their forward is gan_conv_backward_data, their backward data gan_conv_forward. */
typedef struct gan_conv {
    int64_t channels, height, width;
    int64_t filters, out_height, out_width;
    int64_t kernel_h, kernel_w, stride_h, stride_w;
    int64_t pad_top, pad_left; /* rows above and columns left; below and right follow from the sizes */
} gan_conv;

/* Most scratch values that any of the three needs for batches up to `batch`. */
int64_t gan_conv_scratch(const gan_context *context, const gan_conv *conv, int64_t batch);
/* y = conv(x, w), then the epilogue with one bias a filter. */
void gan_conv_forward(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x, const gan_real *w,
                      const gan_epilogue *epilogue, gan_real *y, gan_real *scratch);
/* dx = the adjoint of conv applied to dy; the epilogue has one bias a channel. */
void gan_conv_backward_data(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *dy,
                            const gan_real *w, const gan_epilogue *epilogue, gan_real *dx, gan_real *scratch);
/* dw += the gradient of the weights. */
void gan_conv_backward_weights(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                               const gan_real *dy, gan_real *dw, gan_real *scratch);

/* ---- Element by element (elementwise.c); all of them in place ------------------------------------------------ */

void gan_leaky_relu_forward(gan_context *context, int64_t count, gan_real slope, const gan_real *x, gan_real *y);
/* dx = dy * (y > 0 ? 1 : slope); y has the sign of x */
void gan_leaky_relu_backward(gan_context *context, int64_t count, gan_real slope, const gan_real *y,
                             const gan_real *dy, gan_real *dx);
void gan_tanh_forward(gan_context *context, int64_t count, const gan_real *x, gan_real *y);
/* dx = dy * (1 - y^2) */
void gan_tanh_backward(gan_context *context, int64_t count, const gan_real *y, const gan_real *dy, gan_real *dx);
void gan_sigmoid_forward(gan_context *context, int64_t count, const gan_real *x, gan_real *y);
/* dx = dy * y * (1 - y) */
void gan_sigmoid_backward(gan_context *context, int64_t count, const gan_real *y, const gan_real *dy, gan_real *dx);
void gan_softplus_forward(gan_context *context, int64_t count, const gan_real *x, gan_real *y);
/* dx = dy * (1 - exp(-y)) */
void gan_softplus_backward(gan_context *context, int64_t count, const gan_real *y, const gan_real *dy, gan_real *dx);
/* R{}, the derivative in a direction in which x and dy change, of the three backward passes: R{dx} = f'(x) R{dy} +
 * f''(x) R{x} dy, where f''(x) R{x} is written in terms of y and of R{y} = f'(x) R{x}.
 * tangent_dx = (1 - y^2) tangent_dy - 2 y tangent_y dy */
void gan_tanh_tangent(gan_context *context, int64_t count, const gan_real *y, const gan_real *tangent_y,
                      const gan_real *dy, const gan_real *tangent_dy, gan_real *tangent_dx);
/* tangent_dx = y (1 - y) tangent_dy + (1 - 2 y) tangent_y dy */
void gan_sigmoid_tangent(gan_context *context, int64_t count, const gan_real *y, const gan_real *tangent_y,
                         const gan_real *dy, const gan_real *tangent_dy, gan_real *tangent_dx);
/* tangent_dx = (1 - exp(-y)) tangent_dy + exp(-y) tangent_y dy */
void gan_softplus_tangent(gan_context *context, int64_t count, const gan_real *y, const gan_real *tangent_y,
                          const gan_real *dy, const gan_real *tangent_dy, gan_real *tangent_dx);
/* y = keep_i ? x / (1 - rate) : 0, where keep_i comes from the random state and i alone: the same call with the same
 * state on dy is the backward pass. Draws from counters below state.counter + count / 4 + 64. */
void gan_dropout(gan_context *context, int64_t count, gan_real rate, gan_random_state state, const gan_real *x,
                 gan_real *y);
/* y = x + deviation * n, n the standard normal numbers that gan_fill_normal() gives for the state. In place. */
void gan_add_normal(gan_context *context, int64_t count, gan_real deviation, gan_random_state state,
                    const gan_real *x, gan_real *y);
void gan_fill(gan_context *context, int64_t count, gan_real value, gan_real *y);
void gan_copy(gan_context *context, int64_t count, const gan_real *x, gan_real *y);
/* y = y + x */
void gan_add(gan_context *context, int64_t count, const gan_real *x, gan_real *y);
/* y = (1 - weight) a + weight b, weight in [0, 1]: computed as the nearer of the two and a share of their difference,
 * so that it is exact where they are equal, at 0 and at 1. */
void gan_lerp(gan_context *context, int64_t count, double weight, const gan_real *a, const gan_real *b, gan_real *y);
/* y = scale * x */
void gan_scale(gan_context *context, int64_t count, gan_real scale, const gan_real *x, gan_real *y);
/* y = x between -limit and limit; NaN stays. */
void gan_clamp(gan_context *context, int64_t count, gan_real limit, const gan_real *x, gan_real *y);
/* y[i, j] = scales[i] * x[i, j]; x is (rows, columns) */
void gan_scale_rows(gan_context *context, int64_t rows, int64_t columns, const gan_real *scales, const gan_real *x,
                    gan_real *y);

/* y[i, j] += a x[i, j] + b u[i] v[j]; x and y are (rows, columns) (rank_one.c) */
void gan_add_rank_one(gan_context *context, int64_t rows, int64_t columns, gan_real a, const gan_real *x, gan_real b,
                      const gan_real *u, const gan_real *v, gan_real *y);

/* ---- Normalisation (norm.c): x is (rows, channels) ----------------------------------------------------------- */

/* Training: mean and inverse deviation of each channel over the rows are written to `mean` and `inverse`; running
 * statistics r become (1 - momentum) r + momentum * (mean, or variance * rows / (rows - 1)).
 * y = scale * (x - mean) * inverse + shift; scale and shift may be NULL (1 and 0). In place.
 * `scratch`: gan_batch_norm_scratch() values. */
typedef struct gan_batch_norm_args {
    int64_t rows, channels;
    gan_real epsilon, momentum;
    const gan_real *scale, *shift;
    gan_real *running_mean, *running_variance;
    gan_real *mean, *inverse; /* of this pass: written by forward, read by backward */
    gan_real *scratch;
} gan_batch_norm_args;
int64_t gan_batch_norm_scratch(int64_t rows, int64_t channels);
void gan_batch_norm_train(gan_context *context, const gan_batch_norm_args *args, const gan_real *x, gan_real *y);
/* With the running statistics; also fills mean and inverse, from them. In place. */
void gan_batch_norm_sample(gan_context *context, const gan_batch_norm_args *args, const gan_real *x, gan_real *y);
/* Backward through gan_batch_norm_train (`training`) or _sample: dscale and dshift are added to (either may be NULL),
 * dx is written (may be NULL). dx may be dy. */
void gan_batch_norm_backward(gan_context *context, const gan_batch_norm_args *args, bool training, const gan_real *x,
                             const gan_real *dy, gan_real *dscale, gan_real *dshift, gan_real *dx);

/* ---- Normalisation within samples (group_norm.c): x is (batch, pixels, channels) ------------------------------- */

/* Channels are `groups` runs of neighbours. Each group of each sample is normalised over its pixels and channels:
 * h = (x - mean) * inverse, inverse = 1 / sqrt(mean of (x - mean)^2 + epsilon); y = scale * h + shift.
 * Layer normalisation is one pixel and one group, instance normalisation one channel a group. All outputs may be in
 * place of any input of x's size. `scratch`: gan_group_norm_scratch() values, for backward passes with gradients. */
typedef struct gan_group_norm_args {
    int64_t batch, pixels, channels, groups;
    gan_real epsilon;
    const gan_real *scale, *shift; /* (channels); NULL: 1, 0 */
    /* (batch, groups): written by forward, read by the others. mean NULL: it is taken as 0, which leaves x divided by
     * its root mean square. */
    gan_real *mean, *inverse;
    gan_real *scratch;
} gan_group_norm_args;
int64_t gan_group_norm_scratch(int64_t batch, int64_t channels);
void gan_group_norm_forward(gan_context *context, const gan_group_norm_args *args, const gan_real *x, gan_real *y);
/* dscale and dshift are added to, dx is written; each may be NULL. */
void gan_group_norm_backward(gan_context *context, const gan_group_norm_args *args, const gan_real *x,
                             const gan_real *dy, gan_real *dscale, gan_real *dshift, gan_real *dx);
/* R{y} of R{x} = tangent_x */
void gan_group_norm_tangent(gan_context *context, const gan_group_norm_args *args, const gan_real *x,
                            const gan_real *tangent_x, gan_real *tangent_y);
/* R{} of the backward pass: tangents of dscale and dshift are added to, tangent_dx is written; each may be NULL. dy
 * or tangent_dy may be NULL, which is 0, but not both. */
void gan_group_norm_tangent_backward(gan_context *context, const gan_group_norm_args *args, const gan_real *x,
                                     const gan_real *tangent_x, const gan_real *dy, const gan_real *tangent_dy,
                                     gan_real *dscale, gan_real *dshift, gan_real *tangent_dx);

/* ---- Minibatch standard deviation (minibatch_stddev.c) --------------------------------------------------------- */

/* x: (batch, pixels, channels); y: (batch, pixels, channels + 1), x with a last channel that is one number for each
 * group of `group` neighbouring samples, of which the last may have fewer: the mean over all features (a channel of a
 * pixel) of sqrt(variance of the feature over the group + 1e-8). `scratch`: gan_minibatch_stddev_scratch() values. */
typedef struct gan_minibatch_stddev_args {
    int64_t batch, pixels, channels, group;
    gan_real *scratch;
} gan_minibatch_stddev_args;
int64_t gan_minibatch_stddev_scratch(int64_t batch, int64_t features, int64_t group);
void gan_minibatch_stddev_forward(gan_context *context, const gan_minibatch_stddev_args *args, const gan_real *x,
                                  gan_real *y);
void gan_minibatch_stddev_backward(gan_context *context, const gan_minibatch_stddev_args *args, const gan_real *x,
                                   const gan_real *dy, gan_real *dx);
/* R{y} of R{x} = tangent_x; R{} of the backward pass, where dy or tangent_dy may be NULL, which is 0. */
void gan_minibatch_stddev_tangent(gan_context *context, const gan_minibatch_stddev_args *args, const gan_real *x,
                                  const gan_real *tangent_x, gan_real *tangent_y);
void gan_minibatch_stddev_tangent_backward(gan_context *context, const gan_minibatch_stddev_args *args,
                                           const gan_real *x, const gan_real *tangent_x, const gan_real *dy,
                                           const gan_real *tangent_dy, gan_real *tangent_dx);

/* ---- Sums (reduce.c) ----------------------------------------------------------------------------------------- */

/* out[j] += sum over i of x[i, j]; x is (rows, columns). `scratch`: gan_column_sums_scratch() values. */
int64_t gan_column_sums_scratch(int64_t rows, int64_t columns);
void gan_column_sums(gan_context *context, int64_t rows, int64_t columns, const gan_real *x, gan_real *out,
                     gan_real *scratch);
/* Sum of squares in double precision; NaN or Inf in x shows in the result. Allocates nothing. */
double gan_sum_of_squares(gan_context *context, int64_t count, const gan_real *x);
/* Sum of x y, likewise. */
double gan_dot(gan_context *context, int64_t count, const gan_real *x, const gan_real *y);
/* Sum of (x - y)^2, likewise. */
double gan_squared_distance(gan_context *context, int64_t count, const gan_real *x, const gan_real *y);
/* How many values are below `low` or above `high`; NaN is neither. Allocates nothing. */
int64_t gan_count_outside(gan_context *context, int64_t count, gan_real low, gan_real high, const gan_real *x);
/* norms[i] = Euclidean norm of x[i, :], summed in double precision; x is (rows, columns) */
void gan_row_norms(gan_context *context, int64_t rows, int64_t columns, const gan_real *x, gan_real *norms);
/* Mean of |x[i, :] - x[j, :]| over all pairs i < j of at least two rows, in double precision. Allocates nothing. */
double gan_mean_distance(gan_context *context, int64_t rows, int64_t columns, const gan_real *x);

/* ---- Products of rows in double (row_products.c), for statistics over many samples ----------------------------- */

/* A matrix of doubles, GAN_ROW_TILE of its rows side by side so that one read fills a vector with them. `values`:
 * gan_double_rows_values() of them; those of rows that fill the last tile up are 0. */
#define GAN_ROW_TILE 8
typedef struct gan_double_rows {
    int64_t rows, size; /* size: values of a row */
    double *values;
} gan_double_rows;

/* False when the number overflows. */
bool gan_double_rows_values(int64_t rows, int64_t size, int64_t *values);
static inline double *gan_double_rows_at(const gan_double_rows *matrix, int64_t row, int64_t k)
{
    return matrix->values + (row / GAN_ROW_TILE * matrix->size + k) * GAN_ROW_TILE + row % GAN_ROW_TILE;
}

/* Gets tile[i * GAN_ROW_TILE + j] = sum over k of a[row + i, k] b[column + j, k], also for what fills the last tiles
 * up. */
typedef void (*gan_row_tile_fn)(void *user, int64_t row, int64_t column, const double *tile);

/* Visits every tile of A B^T, or with `upper` only those on and right of the diagonal; A and B have one size. The
 * tiles of one row are visited by one thread, from left to right, those of other rows at the same time. Equal rows
 * give equal bits, wherever they lie. Allocates nothing. */
void gan_row_products(gan_context *context, const gan_double_rows *a, const gan_double_rows *b, bool upper,
                      gan_row_tile_fn visit, void *user);

/* ---- Layout (layout.c) --------------------------------------------------------------------------------------- */

/* (batch, rows, columns) to (batch, columns, rows): N,C,H,W to channels last with rows = C and columns = H * W, and
 * back with them exchanged. */
void gan_transpose(gan_context *context, int64_t batch, int64_t rows, int64_t columns, const gan_real *x,
                   gan_real *y);
/* Copies `rows` runs of `count` values: from x + i * x_stride to y + i * y_stride. */
void gan_copy_rows(gan_context *context, int64_t rows, int64_t count, const gan_real *x, int64_t x_stride,
                   gan_real *y, int64_t y_stride);

/* ---- Resampling (resample.c): images channels last, each side for itself -------------------------------------- */

/* How the pixels of one side of a small image lie under those of a large one. Windows: small pixel j under the large
 * ones j * stride to j * stride + window - 1, with one weight. Interpolated: `stride` large pixels for each small
 * one, between those whose centres are nearest, with weights by distance that add up to `weight`; window is not used.
 */
typedef struct gan_resample_side {
    int64_t small, large; /* pixels */
    int64_t window, stride;
    bool interpolated;
    gan_real weight;
} gan_resample_side;

typedef struct gan_resampling {
    int64_t channels;
    gan_resample_side rows, columns;
} gan_resampling;

/* large[l] = sum over s of M[l, s] small[s], where M[l, s] is the product of the two sides' weights. */
void gan_enlarge(gan_context *context, const gan_resampling *by, int64_t batch, const gan_real *small,
                 gan_real *large);
/* The adjoint: small[s] = sum over l of M[l, s] large[l] */
void gan_reduce(gan_context *context, const gan_resampling *by, int64_t batch, const gan_real *large,
                gan_real *small);

/* ---- Rows of a table, by class numbers (classes.c) ------------------------------------------------------------- */

/* The first of `count` numbers that is no whole number in [0, classes), or `count`. */
int64_t gan_find_bad_class(int64_t count, int64_t classes, const gan_real *numbers);
/* y[i, :] = table[numbers[i], :] */
void gan_copy_classes(gan_context *context, int64_t count, int64_t columns, const gan_real *numbers,
                      const gan_real *table, gan_real *y);
/* table[numbers[i], :] += x[i, :] */
void gan_add_classes(gan_context *context, int64_t count, int64_t columns, const gan_real *numbers, const gan_real *x,
                     gan_real *table);

/* ---- Augmentation (augment.c) ---------------------------------------------------------------------------------- */

/* `kinds` is a sum of gan_augmentation; image i draws from the counters state.counter + GAN_AUGMENT_BLOCKS * i on.
 * Images are (channels, height, width), as at the border; or with channels_last as sessions store them, x of the
 * samples and y of packs: y is (batch / packing, height, width, packing, channels). Both give the same bits. */
typedef struct gan_augment_args {
    uint64_t kinds;
    int64_t channels, height, width;
    gan_random_state state;
    bool channels_last;
    int64_t packing; /* >= 1, with channels_last */
} gan_augment_args;
void gan_augment_images(gan_context *context, const gan_augment_args *args, int64_t batch, const gan_real *x,
                        gan_real *y);
/* dx = the adjoint of the derivative applied to dy. */
void gan_augment_images_backward(gan_context *context, const gan_augment_args *args, int64_t batch,
                                 const gan_real *dy, gan_real *dx);

/* ---- Optimizer steps (step.c); w_out may be w_in ------------------------------------------------------------- */

/* m = beta1 m + (1 - beta1) s g;  v = beta2 v + (1 - beta2) (s g)^2
 * w -= rate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon), with s = gradient_scale. */
typedef struct gan_adam_args {
    gan_real rate, beta1, beta2, epsilon, gradient_scale;
    double correction1, correction2; /* 1 - beta1^t, 1 - beta2^t */
} gan_adam_args;
void gan_adam_step(gan_context *context, int64_t count, const gan_adam_args *args, const gan_real *g, gan_real *m,
                   gan_real *v, const gan_real *w_in, gan_real *w_out);
/* v = decay v + (1 - decay) (s g)^2;  w -= rate * s g / (sqrt(v) + epsilon) */
void gan_rmsprop_step(gan_context *context, int64_t count, gan_real rate, gan_real decay, gan_real epsilon,
                      gan_real gradient_scale, const gan_real *g, gan_real *v, const gan_real *w_in, gan_real *w_out);
/* v = momentum v + s g;  w -= rate v */
void gan_sgd_step(gan_context *context, int64_t count, gan_real rate, gan_real momentum, gan_real gradient_scale,
                  const gan_real *g, gan_real *v, const gan_real *w_in, gan_real *w_out);

#endif
