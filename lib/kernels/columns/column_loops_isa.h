/* Sums down the columns of a block, shared by the loops that normalise. Sums over the few rows of a block are in
 * float; the callers add up blocks in double.
 *
 * Part of columns.h, for sources that are compiled for each instruction set. */
#ifndef GAN_COLUMN_LOOPS_ISA_H
#define GAN_COLUMN_LOOPS_ISA_H

#include "kernels/isa/isa.h"

#include <string.h>

/* Most values in a run, below. */
enum { GAN_COLUMN_RUN = 1024 };

/* A narrow matrix is read as a wider one, with several of its rows side by side to fill vectors: `rows` runs of
 * `width` values, then one of `rest`. */
typedef struct gan_column_runs {
    int64_t rows, width, stride, rest;
} gan_column_runs;

static inline gan_column_runs gan_column_runs_make(const gan_column_block *block)
{
    if (block->columns >= 64 || block->stride != block->columns || block->rows == 1)
        return (gan_column_runs){block->rows, block->columns, block->stride, 0};
    int64_t width = block->columns * (block->columns < 4 ? 64 : 16), count = block->rows * block->columns;
    return (gan_column_runs){count / width, width, width, count % width};
}

/* The columns' coefficients, repeated to the width of a run. */
static inline void gan_column_runs_spread(const gan_column_block *block, const gan_column_runs *r,
                                          const gan_real *from, gan_real *to)
{
    for (int64_t k = 0; k < r->width; k += block->columns)
        memcpy(to + k, from, (size_t)block->columns * sizeof(gan_real));
}

/* The reverse, for sums: adds up what belongs to each column. */
static inline void gan_column_runs_fold(const gan_column_block *block, const gan_column_runs *r, const gan_real *from,
                                        gan_real *to)
{
    memcpy(to, from, (size_t)block->columns * sizeof(gan_real));
    for (int64_t k = block->columns; k < r->width; k += block->columns)
        for (int64_t j = 0; j < block->columns; j++) to[j] += from[k + j];
}

static inline void gan_column_runs_clear(const gan_column_runs *r, gan_real *sum)
{
    memset(sum, 0, (size_t)r->width * sizeof(gan_real));
}

/* Number of values in run i, the last of which may be shorter. */
static inline int64_t gan_column_runs_length(const gan_column_runs *r, int64_t i)
{
    return i < r->rows ? r->width : r->rest;
}

/* Loops that add up take four runs at a time, so that partial sums are read and written once for all four. `neutral`,
 * which adds nothing, replaces missing runs. Returns the length of the four. */
static inline int64_t gan_column_runs_four(const gan_column_runs *r, int64_t i, const gan_real *x,
                                           const gan_real *neutral, const gan_real *row[4])
{
    if (i >= r->rows) { /* the rest */
        row[0] = x + r->rows * r->stride;
        row[1] = row[2] = row[3] = neutral;
        return r->rest;
    }
    for (int64_t k = 0; k < 4; k++) row[k] = i + k < r->rows ? x + (i + k) * r->stride : neutral;
    return r->width;
}

static const gan_real gan_zeros[GAN_COLUMN_RUN];

/* out[j] = sum of x[i, j] */
static inline void gan_column_block_sums(const gan_column_block *block, const gan_real *x, gan_real *out)
{
    if (block->rows == 1) {
        memcpy(out, x, (size_t)block->columns * sizeof(gan_real));
        return;
    }
    gan_column_runs r = gan_column_runs_make(block);
    gan_real sum[GAN_COLUMN_RUN];
    const gan_real *row[4];
    gan_column_runs_clear(&r, sum);
    for (int64_t i = 0; i < r.rows + 4; i += 4) {
        int64_t count = gan_column_runs_four(&r, i, x, gan_zeros, row);
        const gan_real *x0 = row[0], *x1 = row[1], *x2 = row[2], *x3 = row[3];
        GAN_INDEPENDENT
        for (int64_t j = 0; j < count; j++) sum[j] += (x0[j] + x1[j]) + (x2[j] + x3[j]);
    }
    gan_column_runs_fold(block, &r, sum, out);
}

/* sums[j] = sum of d and squares[j] = sum of d^2, with d = x[i, j] - centre[j] */
static inline void gan_column_block_deviations(const gan_column_block *block, const gan_real *x,
                                               const gan_real *centre, gan_real *sums, gan_real *squares)
{
    if (block->rows == 1) {
        GAN_INDEPENDENT
        for (int64_t j = 0; j < block->columns; j++) {
            sums[j] = x[j] - centre[j];
            squares[j] = sums[j] * sums[j];
        }
        return;
    }
    gan_column_runs r = gan_column_runs_make(block);
    gan_real middle[GAN_COLUMN_RUN], sum[GAN_COLUMN_RUN], square[GAN_COLUMN_RUN];
    const gan_real *row[4];
    gan_column_runs_spread(block, &r, centre, middle);
    gan_column_runs_clear(&r, sum);
    gan_column_runs_clear(&r, square);
    for (int64_t i = 0; i < r.rows + 4; i += 4) {
        int64_t count = gan_column_runs_four(&r, i, x, middle, row);
        const gan_real *x0 = row[0], *x1 = row[1], *x2 = row[2], *x3 = row[3];
        GAN_INDEPENDENT
        for (int64_t j = 0; j < count; j++) {
            gan_real d0 = x0[j] - middle[j], d1 = x1[j] - middle[j], d2 = x2[j] - middle[j], d3 = x3[j] - middle[j];
            sum[j] += (d0 + d1) + (d2 + d3);
            square[j] += (d0 * d0 + d1 * d1) + (d2 * d2 + d3 * d3);
        }
    }
    gan_column_runs_fold(block, &r, sum, sums);
    gan_column_runs_fold(block, &r, square, squares);
}

/* sums[j] = sum of dy[i, j], dots[j] = sum of dy[i, j] (x[i, j] - centre[j]) */
static inline void gan_column_block_dots(const gan_column_block *block, const gan_real *x, const gan_real *dy,
                                         const gan_real *centre, gan_real *sums, gan_real *dots)
{
    if (block->rows == 1) {
        GAN_INDEPENDENT
        for (int64_t j = 0; j < block->columns; j++) {
            sums[j] = dy[j];
            dots[j] = dy[j] * (x[j] - centre[j]);
        }
        return;
    }
    gan_column_runs r = gan_column_runs_make(block);
    gan_real middle[GAN_COLUMN_RUN], sum[GAN_COLUMN_RUN], dot[GAN_COLUMN_RUN];
    const gan_real *row[4], *drow[4];
    gan_column_runs_spread(block, &r, centre, middle);
    gan_column_runs_clear(&r, sum);
    gan_column_runs_clear(&r, dot);
    for (int64_t i = 0; i < r.rows + 4; i += 4) {
        int64_t count = gan_column_runs_four(&r, i, x, middle, row);
        gan_column_runs_four(&r, i, dy, gan_zeros, drow);
        const gan_real *x0 = row[0], *x1 = row[1], *x2 = row[2], *x3 = row[3];
        const gan_real *g0 = drow[0], *g1 = drow[1], *g2 = drow[2], *g3 = drow[3];
        GAN_INDEPENDENT
        for (int64_t j = 0; j < count; j++) {
            gan_real m = middle[j];
            sum[j] += (g0[j] + g1[j]) + (g2[j] + g3[j]);
            dot[j] += (g0[j] * (x0[j] - m) + g1[j] * (x1[j] - m)) + (g2[j] * (x2[j] - m) + g3[j] * (x3[j] - m));
        }
    }
    gan_column_runs_fold(block, &r, sum, sums);
    gan_column_runs_fold(block, &r, dot, dots);
}

#endif
