/* Matrix products and convolutions, within this folder only.
 *
 * Every product here is rows times a panel: C[i, j] = sum over k of A[i, k] B[k, j], for a few rows i, a few columns
 * j (a panel, as wide as one or two vectors of the CPU) and every k. The rows of A are read where they are, by a
 * pointer each; k runs through segments, which lie anywhere relative to these pointers, but equally for all rows. So
 * a row may be a row or a column of a matrix, or the patch of an image under the kernel of a convolution, one segment
 * a row of the kernel. */
#ifndef GAN_PRODUCTS_H
#define GAN_PRODUCTS_H

#include "kernels/isa.h"
#include "kernels/kernels.h"

static inline int64_t gan_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* ---- Micro-kernels (block_product.c) ------------------------------------------------------------------------- */

typedef struct gan_segment {
    int64_t a;      /* of the first value, from the pointer of each row */
    int64_t k;      /* row of B of the first value */
    int64_t length; /* values and rows of B */
} gan_segment;

/* One call of a micro-kernel. */
typedef struct gan_tile {
    int64_t rows; /* at most gan_product_table.rows */
    const gan_real *const *a;
    int64_t a_step; /* from k to k + 1 */
    const gan_real *b;
    int64_t b_step; /* tile: from k to k + 1, and columns follow each other; dot: from column to column, and k do */
    int64_t width;  /* tile: of the panel, one of the table's widths */
    const gan_segment *segments;
    int64_t segment_count;
    gan_real *const *c;
    int64_t c_step;                         /* from column to column */
    int64_t columns;                        /* to be stored: at most width */
    bool accumulate;                        /* adds to C */
    const gan_real *column_bias, *row_bias; /* or NULL */
    bool leaky;
    gan_real slope;
} gan_tile;

enum { GAN_TILE_ROWS = 8 }; /* most rows of any table */

typedef struct gan_product_table {
    int64_t rows;                  /* most rows of a tile */
    int64_t width, vector, narrow; /* widths of panels: two vectors, one, and half of one if there is that */
    void (*tile)(const gan_tile *tile);
    /* For few columns: vectors run along k. a_step is 1. */
    void (*dot)(const gan_tile *tile);
    /* y[i * y_stride + j] = x[i * x_stride + j] for j < columns, 0 for columns <= j < width */
    void (*copy)(int64_t rows, int64_t columns, int64_t width, const gan_real *x, int64_t x_stride, gan_real *y,
                 int64_t y_stride);
    /* y[j * y_stride + i] = x[i * x_stride + j] for i < rows, 0 for rows <= i < width; j < columns */
    void (*transpose)(int64_t rows, int64_t columns, int64_t width, const gan_real *x, int64_t x_stride, gan_real *y,
                      int64_t y_stride);
} gan_product_table;
GAN_ISA_DECLARE(gan_product_table);

/* The same for operands in bfloat16 (bfloat16.h). */
typedef struct gan_bfloat16_table gan_bfloat16_table;

/* ---- Rows and panels (product.c) ------------------------------------------------------------------------------ */

enum {
    GAN_ROW_BLOCK = 128,          /* most rows of a block */
    GAN_SEGMENTS = 64,            /* most segments of a call */
    GAN_PIECE_BYTES = 256 * 1024, /* of a packed panel that is multiplied at a time: stays in the second cache */
    GAN_PANEL_BYTES = 24 * 1024   /* of a piece of a panel that a task packs for itself */
};

/* Rows that share their segments. */
typedef struct gan_row_block {
    int64_t rows;
    const gan_real *a[GAN_ROW_BLOCK];
    gan_real *c[GAN_ROW_BLOCK];
} gan_row_block;

/* Calls the micro-kernel for all rows of the block; `tile` has everything but rows, a and c. */
void gan_row_block_run(const gan_product_table *table, gan_tile *tile, const gan_row_block *block, bool dot);

/* Columns of B are cut into panels, wide ones first. Panel p of a packed B of k rows begins at value first * k. */
typedef struct gan_panel {
    int64_t first, columns, width;
} gan_panel;
int64_t gan_panel_count(const gan_product_table *table, int64_t columns);
gan_panel gan_panel_at(const gan_product_table *table, int64_t columns, int64_t index);
/* The sum of all widths. */
int64_t gan_panel_total(const gan_product_table *table, int64_t columns);

/* Rows of a block so that one panel's work is worth a task: from the product's shape only. */
int64_t gan_block_rows(const gan_product_table *table, int64_t rows, int64_t columns, int64_t k);
/* Runs the tasks, in the caller's thread when all together are not worth a hand-over. */
void gan_product_parallel(gan_context *context, gan_task_fn task, void *argument, int64_t count,
                          double multiply_adds);

/* out += the sums of `parts` tasks, rows x columns each, in their order. */
void gan_parts_add(gan_context *context, int64_t parts, int64_t rows, int64_t columns, const gan_real *sums,
                   gan_real *out);

/* The epilogue (NULL: none) of `rows` x `columns` finished elements with row stride ldc. */
void gan_epilogue_apply(const gan_epilogue *epilogue, int64_t rows, int64_t columns, gan_real *c, int64_t ldc);

/* `scratch` at the next multiple of GAN_ALIGNMENT; callers ask for GAN_SCRATCH_SLACK values more. */
#define GAN_SCRATCH_SLACK ((int64_t)(GAN_ALIGNMENT / sizeof(gan_real)))
static inline gan_real *gan_scratch_align(gan_real *scratch)
{
    uintptr_t past = (uintptr_t)scratch % GAN_ALIGNMENT;
    return past == 0 ? scratch : scratch + (GAN_ALIGNMENT - past) / sizeof(gan_real);
}

/* ---- Matrix products by the micro-kernels (gemm.c): the same contracts as gan_gemm_* -------------------------- */

int64_t gan_gemm_native_scratch(const gan_product_table *table, int64_t m, int64_t n, int64_t k);
void gan_gemm_native_run(gan_context *context, const gan_product_table *table, const gan_gemm *gemm);

/* ---- Convolutions as explicit matrix products (conv_columns.c) --------------------------------------------- */

/* The same contracts as their namesakes without _columns in kernels.h. */
int64_t gan_conv_columns_scratch(const gan_context *context, const gan_conv *conv, int64_t batch);
void gan_conv_columns_forward(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                              const gan_real *w, const gan_epilogue *epilogue, gan_real *y, gan_real *scratch);
void gan_conv_columns_backward_data(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *dy,
                                    const gan_real *w, const gan_epilogue *epilogue, gan_real *dx, gan_real *scratch);
void gan_conv_columns_backward_weights(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                                       const gan_real *dy, gan_real *dw, gan_real *scratch);

/* ---- Convolutions without patches in memory (conv_rows.c, conv_weights.c, conv_few_filters.c)
 * -------------------------------------- */

int64_t gan_conv_rows_scratch(const gan_product_table *table, const gan_conv *conv);
void gan_conv_rows_forward(gan_context *context, const gan_product_table *table, const gan_conv *conv, int64_t batch,
                           const gan_real *x, const gan_real *w, const gan_epilogue *epilogue, gan_real *y,
                           gan_real *scratch);
void gan_conv_rows_backward_data(gan_context *context, const gan_product_table *table, const gan_conv *conv,
                                 int64_t batch, const gan_real *dy, const gan_real *w, const gan_epilogue *epilogue,
                                 gan_real *dx, gan_real *scratch);

/* `rounded`, when there is one, has the functions for operands in bfloat16: then x is values that have been rounded,
 * one after the other, and dy the pairs of its lines (batch * out_height of them). */
int64_t gan_conv_weights_scratch(const gan_product_table *table, const gan_bfloat16_table *rounded,
                                 const gan_conv *conv, int64_t batch);
void gan_conv_weights_backward(gan_context *context, const gan_product_table *table,
                               const gan_bfloat16_table *rounded, const gan_conv *conv, int64_t batch, const void *x,
                               const gan_real *dy, gan_real *dw, gan_real *scratch);

/* Few filters that move by one pixel (conv_few_filters.c); only where gan_conv_has_few_filters(). */
bool gan_conv_has_few_filters(const gan_product_table *table, const gan_conv *conv);
int64_t gan_conv_few_filters_scratch(const gan_product_table *table, const gan_conv *conv, int64_t batch);
void gan_conv_few_filters_backward(gan_context *context, const gan_product_table *table, const gan_conv *conv,
                                   int64_t batch, const gan_real *x, const gan_real *dy, gan_real *dw,
                                   gan_real *scratch);

#endif
