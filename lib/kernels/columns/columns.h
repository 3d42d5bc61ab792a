/* The door of columns: passes over a matrix with one result or coefficient per column. */
#ifndef GAN_COLUMNS_H
#define GAN_COLUMNS_H

#include "kernels/blocks/blocks.h"
#include "kernels/isa/isa.h"

/* Most columns in a block. */
#define GAN_BLOCK_COLUMNS 256

typedef struct gan_column_block {
    int64_t rows, columns;
    int64_t stride; /* from row to row; equal to `columns` if a block is as wide as the matrix */
} gan_column_block;

/* Rows of three matrices that are read or written together, and the distances between them; 0: one row for all. */
typedef struct gan_row_strides {
    int64_t rows, columns, x, w, y;
} gan_row_strides;

/* ---- Loops over a block (columns_isa.c) ---- */

typedef struct gan_columns_table {
    /* sums[j] = sum of x[i, j] */
    void (*sums)(const gan_column_block *block, const gan_real *x, gan_real *sums);
    /* centre[j] near the mean, sums[j] = sum of d and squares[j] = sum of d^2, with d = x[i, j] - centre[j] */
    void (*moments)(const gan_column_block *block, const gan_real *x, gan_real *centre, gan_real *sums,
                    gan_real *squares);
    /* sums[j] = sum of dy[i, j], dots[j] = sum of dy[i, j] (x[i, j] - centre[j]) */
    void (*dots)(const gan_column_block *block, const gan_real *x, const gan_real *dy, const gan_real *centre,
                 gan_real *sums, gan_real *dots);
    /* y = (x - centre[j]) * a[j] + b[j]; in place */
    void (*normalise)(const gan_column_block *block, const gan_real *x, const gan_real *centre, const gan_real *a,
                      const gan_real *b, gan_real *y);
    /* dx = dy * a[j] + (x - centre[j]) * b[j] + c[j]; dx may be dy */
    void (*combine)(const gan_column_block *block, const gan_real *x, const gan_real *dy, const gan_real *centre,
                    const gan_real *a, const gan_real *b, const gan_real *c, gan_real *dx);
    /* y[i, j] += a x[i, j] + b u[i] v[j] */
    void (*add_rank_one)(const gan_column_block *block, gan_real a, const gan_real *x, gan_real b, const gan_real *u,
                         const gan_real *v, gan_real *y);
    /* y[i, j] += x[i, j] w[i, j] */
    void (*multiply_add)(const gan_row_strides *strides, const gan_real *x, const gan_real *w, gan_real *y);
} gan_columns_table;
GAN_ISA_DECLARE(gan_columns_table);

/* The parts of other loops that add up columns. */
#ifdef GAN_ISA
#include "kernels/columns/column_loops_isa.h"
#endif

/* ---- Blocks of a matrix (column_grid.c) ---- */

/* How a matrix is cut, by its shape alone: row_blocks x column_blocks. */
typedef struct gan_column_grid {
    int64_t rows, columns;
    int64_t block_rows, block_columns; /* the last in a row or column may be smaller */
    int64_t row_blocks, column_blocks, blocks;
} gan_column_grid;
gan_column_grid gan_column_grid_make(int64_t rows, int64_t columns);
/* Block `index` of `blocks`: its place and size. */
gan_column_block gan_column_grid_block(const gan_column_grid *grid, int64_t index, int64_t *first_row,
                                       int64_t *first_column);
/* The sums of blocks are joined this many columns at a time, in the blocks' order and in double: out[j] = sum over
 * row blocks of partial[block, first + j], j < count <= GAN_STRIP, where partial is (row_blocks, columns). */
#define GAN_STRIP 64
void gan_join_sums(const gan_column_grid *grid, const gan_real *partial, int64_t first, int64_t count,
                   double out[GAN_STRIP]);

#endif
