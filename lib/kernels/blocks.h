/* Inner loops over one block of work, compiled once for each instruction set, and how passes are cut into blocks.
 * Within this folder only. */
#ifndef GAN_BLOCKS_H
#define GAN_BLOCKS_H

#include "kernels/isa.h"
#include "kernels/kernels.h"

/* ---- Blocks and ranges (range.c) ------------------------------------------------------------------------------- */

/* Values in a block: 64 KiB of floats. A multiple of every vector's and of dropout's groups. */
#define GAN_BLOCK 16384

/* Runs task(argument, i) for each of `blocks` blocks of about GAN_BLOCK values: in the caller's thread when they are
 * so few that another thread would come too late. */
void gan_blocks_run(gan_context *context, gan_task_fn task, void *argument, int64_t blocks);

/* Does the work on indices begin <= i < end, which does not depend on the others. */
typedef void (*gan_range_fn)(const void *args, int64_t begin, int64_t end);

/* Runs `range` on [0, count), `block` indices at a time. */
void gan_range_run(gan_context *context, gan_range_fn range, const void *args, int64_t count, int64_t block);

/* ---- Element by element (block_elementwise.c) ---------------------------------------------------------------- */

typedef struct gan_elementwise_args {
    const gan_real *x;                      /* the input, or the output of forward in a backward pass */
    const gan_real *dy;                     /* backward passes only */
    const gan_real *other;                  /* lerp only: the input that is further from the result */
    const gan_real *tangent_y, *tangent_dy; /* of a backward pass that is differentiated */
    gan_real *y;                            /* the result */
    gan_real value;                         /* slope, rate, scale, limit, fill or share of `other` */
    gan_random_state state;
} gan_elementwise_args;

/* Each takes gan_elementwise_args. dropout begins at multiples of GAN_BLOCK. */
typedef struct gan_elementwise_table {
    gan_range_fn leaky_relu_forward, leaky_relu_backward;
    gan_range_fn tanh_forward, tanh_backward;
    gan_range_fn sigmoid_forward, sigmoid_backward;
    gan_range_fn softplus_forward, softplus_backward;
    gan_range_fn tanh_tangent, sigmoid_tangent, softplus_tangent;
    gan_range_fn dropout, fill, add, lerp, scale, clamp;
} gan_elementwise_table;
GAN_ISA_DECLARE(gan_elementwise_table);

/* ---- Optimizer steps (block_step.c) -------------------------------------------------------------------------- */

typedef struct gan_step_args {
    const gan_real *g;
    gan_real *m, *v;
    const gan_real *w_in;
    gan_real *w_out;
    gan_real rate;         /* Adam: divided by 1 - beta1^t */
    gan_real beta1, beta2; /* RMSprop: beta2 is decay; SGD: beta1 is momentum */
    gan_real epsilon;
    gan_real gradient_scale;
    gan_real root_scale; /* Adam: 1 / sqrt(1 - beta2^t) */
} gan_step_args;

/* Each takes gan_step_args. */
typedef struct gan_step_table {
    gan_range_fn adam, rmsprop, sgd;
} gan_step_table;
GAN_ISA_DECLARE(gan_step_table);

/* ---- Columns (block_columns.c): a block of a matrix, one result or coefficient a column ---------------------- */

/* Most columns in a block. */
#define GAN_BLOCK_COLUMNS 256

typedef struct gan_column_block {
    int64_t rows, columns;
    int64_t stride; /* from row to row; equal to `columns` when a block is as wide as the matrix */
} gan_column_block;

typedef struct gan_columns_table {
    /* sums[j] = sum of x[i, j] */
    void (*sums)(const gan_column_block *block, const gan_real *x, gan_real *sums);
    /* centre[j] near the mean, sums[j] = sum of d and squares[j] = sum of d^2, with d = x[i, j] - centre[j] */
    void (*moments)(const gan_column_block *block, const gan_real *x, gan_real *centre, gan_real *sums,
                    gan_real *squares);
    /* sums[j] = sum of dy[i, j], products[j] = sum of dy[i, j] (x[i, j] - centre[j]) */
    void (*products)(const gan_column_block *block, const gan_real *x, const gan_real *dy, const gan_real *centre,
                     gan_real *sums, gan_real *products);
    /* y = (x - centre[j]) * a[j] + b[j]; in place */
    void (*normalise)(const gan_column_block *block, const gan_real *x, const gan_real *centre, const gan_real *a,
                      const gan_real *b, gan_real *y);
    /* dx = dy * a[j] + (x - centre[j]) * b[j] + c[j]; dx may be dy */
    void (*combine)(const gan_column_block *block, const gan_real *x, const gan_real *dy, const gan_real *centre,
                    const gan_real *a, const gan_real *b, const gan_real *c, gan_real *dx);
    /* y[i, j] += a x[i, j] + b u[i] v[j] */
    void (*add_rank_one)(const gan_column_block *block, gan_real a, const gan_real *x, gan_real b, const gan_real *u,
                         const gan_real *v, gan_real *y);
} gan_columns_table;
GAN_ISA_DECLARE(gan_columns_table);

/* How a matrix is cut: row_blocks x column_blocks, from its shape alone (range.c). */
typedef struct gan_column_grid {
    int64_t rows, columns;
    int64_t block_rows, block_columns; /* the last ones of a row or column may be smaller */
    int64_t row_blocks, column_blocks, blocks;
} gan_column_grid;
gan_column_grid gan_column_grid_make(int64_t rows, int64_t columns);
/* Block `index` of `blocks`: its place and size. */
gan_column_block gan_column_grid_block(const gan_column_grid *grid, int64_t index, int64_t *first_row,
                                       int64_t *first_column);
/* Sums of blocks are joined for so many columns at a time, in the blocks' order and in double: out[j] = sum over row
 * blocks of partial[block, first + j], j < count <= GAN_STRIP, where partial is (row_blocks, columns) (reduce.c). */
#define GAN_STRIP 64
void gan_join_sums(const gan_column_grid *grid, const gan_real *partial, int64_t first, int64_t count,
                   double out[GAN_STRIP]);

/* ---- Groups (block_groups.c): neighbouring groups of channels of one sample (pixels, channels) ----------------- */

typedef struct gan_group_block {
    int64_t pixels, channels;          /* of the sample */
    int64_t groups, run;               /* groups in the block, one if they have more than GAN_BLOCK_COLUMNS channels
                                          together; channels in a group */
    int64_t piece_rows, piece_columns; /* what is added up in float */
} gan_group_block;

/* Each from the block's first value, channel or group on. */
typedef struct gan_group_arrays {
    const gan_real *x, *tangent_x, *dy, *tangent_dy;
    const gan_real *scale, *shift; /* one a channel; NULL: 1, 0 */
    gan_real *mean, *inverse;      /* one a group; mean NULL: 0 */
    gan_real *dscale, *dshift;     /* one a channel, or NULL; added to */
    gan_real *out;                 /* y, dx or a tangent of them; NULL where it is not wanted */
    gan_real epsilon;
} gan_group_arrays;

typedef struct gan_groups_table {
    void (*forward)(const gan_group_block *block, const gan_group_arrays *arrays);
    void (*backward)(const gan_group_block *block, const gan_group_arrays *arrays);
    void (*tangent)(const gan_group_block *block, const gan_group_arrays *arrays);
    void (*tangent_backward)(const gan_group_block *block, const gan_group_arrays *arrays);
} gan_groups_table;
GAN_ISA_DECLARE(gan_groups_table);

/* ---- Sums (block_reduce.c) ----------------------------------------------------------------------------------- */

typedef struct gan_reduce_args {
    const gan_real *x, *y;
    gan_real low, high;
} gan_reduce_args;

/* A sum over indices begin <= i < end. */
typedef double (*gan_reduce_fn)(const gan_reduce_args *args, int64_t begin, int64_t end);

typedef struct gan_reduce_table {
    gan_reduce_fn values;              /* x */
    gan_reduce_fn squares;             /* x^2 */
    gan_reduce_fn squared_differences; /* (x - y)^2 */
    gan_reduce_fn products;            /* x y */
    gan_reduce_fn outside;             /* 1 where x < low or x > high, 0 elsewhere and for NaN */
    /* What `values` gives for (channels, pixels), from (pixels, channels) with `stride` values a pixel. */
    double (*transposed_values)(const gan_real *x, int64_t pixels, int64_t channels, int64_t stride);
} gan_reduce_table;
GAN_ISA_DECLARE(gan_reduce_table);

/* ---- Products of rows in double (block_row_products.c) -------------------------------------------------------- */

typedef struct gan_row_products_table {
    /* One tile: `size` columns of GAN_ROW_TILE rows of each matrix. */
    void (*tile)(int64_t size, const double *a, const double *b, double *out);
} gan_row_products_table;
GAN_ISA_DECLARE(gan_row_products_table);

/* ---- Resampling (block_resample.c) ----------------------------------------------------------------------------- */

/* Pixels of `channels` values, at so many values from one to the next. */
typedef struct gan_pixel_runs {
    int64_t pixels, channels, x_step, y_step;
} gan_pixel_runs;

typedef struct gan_resample_table {
    /* y[i, c] += weight x[i, c] */
    void (*add_pixels)(const gan_pixel_runs *runs, gan_real weight, const gan_real *x, gan_real *y);
} gan_resample_table;
GAN_ISA_DECLARE(gan_resample_table);

#endif
