/* The door of micro_kernel: the building blocks of matrix products and convolutions.
 *
 * Every product is rows times a panel: C[i, j] = sum over k of A[i, k] B[k, j], for a few rows i, a few columns
 * j (a panel, as wide as one or two vectors of the CPU) and every k. The rows of A are read in place, through one
 * pointer each; k runs through segments, which lie anywhere relative to these pointers, but in the same places for
 * all rows. So a row may be a row or column of a matrix, or the patch of an image under a convolution's kernel, with
 * one segment per row of the kernel. */
#ifndef GAN_MICRO_KERNEL_H
#define GAN_MICRO_KERNEL_H

#include "kernels/isa/isa.h"

static inline int64_t gan_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* ---- Micro-kernels (micro_kernel_isa.c) ---- */

typedef struct gan_segment {
    int64_t a;      /* of the first value, from the pointer of each row */
    int64_t k;      /* row of B of the first value */
    int64_t length; /* values and rows of B */
} gan_segment;

/* One call of a micro-kernel. */
typedef struct gan_tile {
    int64_t rows; /* at most gan_micro_kernel_table.rows */
    const gan_real *const *a;
    int64_t a_step; /* from k to k + 1 */
    const gan_real *b;
    int64_t b_step; /* tile: from k to k + 1, columns contiguous; dot: from column to column, k contiguous */
    int64_t width;  /* tile: of the panel, one of the table's widths */
    const gan_segment *segments;
    int64_t segment_count;
    gan_real *const *c;
    int64_t c_step;                         /* from column to column */
    int64_t columns;                        /* to store: at most width */
    bool accumulate;                        /* adds to C */
    const gan_real *column_bias, *row_bias; /* or NULL */
} gan_tile;

/* C = [C +] A B [+ bias], with few values of k. */
typedef struct gan_thin_product {
    int64_t rows, columns, k; /* k: at most GAN_THIN */
    const gan_real *a;
    int64_t a_row, a_step; /* from row to row, from k to k + 1 */
    const gan_real *b;
    int64_t b_step; /* from k to k + 1 */
    gan_real *c;
    int64_t c_row;
    bool accumulate;
    const gan_real *bias; /* of columns, or NULL */
} gan_thin_product;

enum { GAN_THIN = 4 };

typedef struct gan_micro_kernel_table {
    int64_t rows;                  /* most rows of a tile */
    int64_t width, vector, narrow; /* widths of panels: two vectors, one, and half of one if there is such */
    void (*tile)(const gan_tile *tile);
    /* For few columns: vectors run along k. a_step is 1. */
    void (*dot)(const gan_tile *tile);
    /* Each row of C from its beginning to its end, to the bits that tiles give. */
    void (*thin)(const gan_thin_product *product);
    /* y[i * y_stride + j] = x[i * x_stride + j] for j < columns, 0 for columns <= j < width */
    void (*copy)(int64_t rows, int64_t columns, int64_t width, const gan_real *x, int64_t x_stride, gan_real *y,
                 int64_t y_stride);
    /* y[j * y_stride + i] = x[i * x_stride + j] for i < rows, 0 for rows <= i < width; j < columns */
    void (*transpose)(int64_t rows, int64_t columns, int64_t width, const gan_real *x, int64_t x_stride, gan_real *y,
                      int64_t y_stride);
} gan_micro_kernel_table;
GAN_ISA_DECLARE(gan_micro_kernel_table);

/* ---- Rows and panels (panels.c) ------------------------------------------------------------------------------ */

enum {
    GAN_ROW_BLOCK = 128,          /* most rows of a block */
    GAN_SEGMENTS = 64,            /* most segments of a call */
    GAN_PIECE_BYTES = 256 * 1024, /* of a packed panel multiplied at a time: stays in the L2 cache */
    GAN_PANEL_BYTES = 24 * 1024   /* of the piece of a panel that a task packs for itself */
};

/* Rows that share their segments. */
typedef struct gan_row_block {
    int64_t rows;
    const gan_real *a[GAN_ROW_BLOCK];
    gan_real *c[GAN_ROW_BLOCK];
} gan_row_block;

/* Calls the micro-kernel for all rows of the block; `tile` has everything except rows, a and c. */
void gan_row_block_run(const gan_micro_kernel_table *table, gan_tile *tile, const gan_row_block *block, bool dot);

/* Columns of B are cut into panels, wide ones first. Panel p of a packed B of k rows begins at value first * k. */
typedef struct gan_panel {
    int64_t first, columns, width;
} gan_panel;
int64_t gan_panel_count(const gan_micro_kernel_table *table, int64_t columns);
gan_panel gan_panel_at(const gan_micro_kernel_table *table, int64_t columns, int64_t index);
/* The sum of all widths. */
int64_t gan_panel_total(const gan_micro_kernel_table *table, int64_t columns);

/* Rows per block, so that one panel's work is worth a task; depends only on the product's shape. */
int64_t gan_block_rows(const gan_micro_kernel_table *table, int64_t rows, int64_t columns, int64_t k);
/* Runs the tasks, in the caller's thread if all of them together are not worth handing over. */
void gan_multiply_parallel(gan_context *context, gan_task_fn task, void *argument, int64_t count,
                           double multiply_adds);

/* out += the sums of `parts` tasks, rows x columns each, in their order. */
void gan_parts_add(gan_context *context, int64_t parts, int64_t rows, int64_t columns, const gan_real *sums,
                   gan_real *out);

/* `scratch` at the next multiple of GAN_ALIGNMENT; callers ask for GAN_SCRATCH_SLACK more values. */
#define GAN_SCRATCH_SLACK ((int64_t)(GAN_ALIGNMENT / sizeof(gan_real)))
static inline gan_real *gan_scratch_align(gan_real *scratch)
{
    uintptr_t past = (uintptr_t)scratch % GAN_ALIGNMENT;
    return past == 0 ? scratch : scratch + (GAN_ALIGNMENT - past) / sizeof(gan_real);
}

/* Takes the next `count` values of a scratch, aligned. */
static inline gan_real *gan_scratch_take(gan_real **scratch, int64_t count)
{
    gan_real *taken = gan_scratch_align(*scratch);
    *scratch = taken + count;
    return taken;
}

/* ---- Operands in bfloat16 (bfloat16.c, bfloat16_isa.c) ---- */

/* bfloat16 is the upper half of a float: 8 bits of mantissa, the first implied, and the exponent of a float. Its
 * micro-kernels take two neighbours along k at a time, as a pair in place of one gan_real. So whatever reads rows and
 * packs panels of gan_real does the same with pairs, half as many along k. */
static inline int64_t gan_pairs(int64_t count)
{
    return count / 2 + count % 2;
}

typedef struct gan_rounding_table {
    /* Rounds the values of each row: y[i * y_stride + j], with a 0 after the last if their number is odd. Strides: of
     * x in values, of y in pairs. To nearest, ties to even; NaN stays NaN, and quiet; plain C and Arm's BF16 round
     * denormals, AVX512_BF16 takes them as 0, as both kinds of instructions do in products. */
    void (*rows)(int64_t rows, int64_t columns, const gan_real *x, int64_t x_stride, gan_real *y, int64_t y_stride);
    /* Pairs of rows: pair j of row i is x[2 i, j], x[2 i + 1, j]. `rows`: of x; one missing from the last pair
     * is 0. */
    void (*row_pairs)(int64_t rows, int64_t columns, const gan_real *x, int64_t x_stride, gan_real *y,
                      int64_t y_stride);
    /* Pair j of row i is first[i * stride + j], second[i * stride + j], both rounded values; either may be NULL,
     * which is 0. */
    void (*interleave)(int64_t rows, int64_t columns, const uint16_t *first, const uint16_t *second, int64_t stride,
                       gan_real *y, int64_t y_stride);
} gan_rounding_table;

/* Rounding, and the micro-kernels for pairs: by the CPU's instructions, or in plain C if GAN_CPU_BASELINE was asked
 * for. */
const gan_rounding_table *gan_bfloat16_rounding(const gan_context *context);
const gan_micro_kernel_table *gan_bfloat16_micro_kernels(const gan_context *context);

/* y: values one after another, as in x. */
void gan_bfloat16_round_values(gan_context *context, int64_t count, const gan_real *x, gan_real *y);
/* y: (rows, gan_pairs(columns)), pairs of neighbours in a row. */
void gan_bfloat16_round_rows(gan_context *context, int64_t rows, int64_t columns, const gan_real *x, int64_t x_stride,
                             gan_real *y);
/* y: (gan_pairs(rows), columns), pairs of neighbours in a column. */
void gan_bfloat16_round_row_pairs(gan_context *context, int64_t rows, int64_t columns, const gan_real *x,
                                  int64_t x_stride, gan_real *y);

#endif
