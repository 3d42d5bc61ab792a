/* Sums down the columns of a block, shared by the loops that normalise: each file that is compiled for an instruction
 * set includes them. Sums run in float over the rows of a block, which are few; the callers add blocks up in double.
 */
#ifndef GAN_COLUMN_SUMS_H
#define GAN_COLUMN_SUMS_H

#include "kernels/blocks.h"
#include "kernels/vector_math.h"

#include <string.h>

/* Most values in a run, below. */
enum { MOST_WIDTH = 1024 };

/* A narrow matrix is read as a wider one with several of its rows side by side, so that vectors are full:
 * `rows` runs of `width` values, then one of `rest`. */
typedef struct runs {
    int64_t rows, width, stride, rest;
} runs;

static inline runs make_runs(const gan_column_block *block)
{
    if (block->columns >= 64 || block->stride != block->columns || block->rows == 1)
        return (runs){block->rows, block->columns, block->stride, 0};
    int64_t width = block->columns * (block->columns < 4 ? 64 : 16), count = block->rows * block->columns;
    return (runs){count / width, width, width, count % width};
}

/* Coefficients of the columns, repeated to the width of a run. */
static inline void spread(const gan_column_block *block, const runs *r, const gan_real *from, gan_real *to)
{
    for (int64_t k = 0; k < r->width; k += block->columns)
        memcpy(to + k, from, (size_t)block->columns * sizeof(gan_real));
}

/* The reverse for sums: adds up what belongs to one column. */
static inline void fold(const gan_column_block *block, const runs *r, const gan_real *from, gan_real *to)
{
    memcpy(to, from, (size_t)block->columns * sizeof(gan_real));
    for (int64_t k = block->columns; k < r->width; k += block->columns)
        for (int64_t j = 0; j < block->columns; j++) to[j] += from[k + j];
}

static inline void clear(const runs *r, gan_real *sum)
{
    memset(sum, 0, (size_t)r->width * sizeof(gan_real));
}

/* Number of values in run i, the last of which may be shorter. */
static inline int64_t run_length(const runs *r, int64_t i)
{
    return i < r->rows ? r->width : r->rest;
}

/* Loops that add up take four runs at a time: partial sums are read and written once for all four. In place of a run
 * that is not there comes `neutral`, which adds nothing. Returns how long the four are. */
static inline int64_t four_runs(const runs *r, int64_t i, const gan_real *x, const gan_real *neutral,
                                const gan_real *row[4])
{
    if (i >= r->rows) { /* the rest */
        row[0] = x + r->rows * r->stride;
        row[1] = row[2] = row[3] = neutral;
        return r->rest;
    }
    for (int64_t k = 0; k < 4; k++) row[k] = i + k < r->rows ? x + (i + k) * r->stride : neutral;
    return r->width;
}

static const gan_real zeros[MOST_WIDTH];

/* out[j] = sum of x[i, j] */
static inline void column_sums(const gan_column_block *block, const gan_real *x, gan_real *out)
{
    if (block->rows == 1) {
        memcpy(out, x, (size_t)block->columns * sizeof(gan_real));
        return;
    }
    runs r = make_runs(block);
    gan_real sum[MOST_WIDTH];
    const gan_real *row[4];
    clear(&r, sum);
    for (int64_t i = 0; i < r.rows + 4; i += 4) {
        int64_t count = four_runs(&r, i, x, zeros, row);
        const gan_real *x0 = row[0], *x1 = row[1], *x2 = row[2], *x3 = row[3];
        GAN_INDEPENDENT
        for (int64_t j = 0; j < count; j++) sum[j] += (x0[j] + x1[j]) + (x2[j] + x3[j]);
    }
    fold(block, &r, sum, out);
}

/* sums[j] = sum of d and squares[j] = sum of d^2, with d = x[i, j] - centre[j] */
static inline void column_deviations(const gan_column_block *block, const gan_real *x, const gan_real *centre,
                                     gan_real *sums, gan_real *squares)
{
    if (block->rows == 1) {
        GAN_INDEPENDENT
        for (int64_t j = 0; j < block->columns; j++) {
            sums[j] = x[j] - centre[j];
            squares[j] = sums[j] * sums[j];
        }
        return;
    }
    runs r = make_runs(block);
    gan_real middle[MOST_WIDTH], sum[MOST_WIDTH], square[MOST_WIDTH];
    const gan_real *row[4];
    spread(block, &r, centre, middle);
    clear(&r, sum);
    clear(&r, square);
    for (int64_t i = 0; i < r.rows + 4; i += 4) {
        int64_t count = four_runs(&r, i, x, middle, row);
        const gan_real *x0 = row[0], *x1 = row[1], *x2 = row[2], *x3 = row[3];
        GAN_INDEPENDENT
        for (int64_t j = 0; j < count; j++) {
            gan_real d0 = x0[j] - middle[j], d1 = x1[j] - middle[j], d2 = x2[j] - middle[j], d3 = x3[j] - middle[j];
            sum[j] += (d0 + d1) + (d2 + d3);
            square[j] += (d0 * d0 + d1 * d1) + (d2 * d2 + d3 * d3);
        }
    }
    fold(block, &r, sum, sums);
    fold(block, &r, square, squares);
}

/* sums[j] = sum of dy[i, j], products[j] = sum of dy[i, j] (x[i, j] - centre[j]) */
static inline void column_products(const gan_column_block *block, const gan_real *x, const gan_real *dy,
                                   const gan_real *centre, gan_real *sums, gan_real *products)
{
    if (block->rows == 1) {
        GAN_INDEPENDENT
        for (int64_t j = 0; j < block->columns; j++) {
            sums[j] = dy[j];
            products[j] = dy[j] * (x[j] - centre[j]);
        }
        return;
    }
    runs r = make_runs(block);
    gan_real middle[MOST_WIDTH], sum[MOST_WIDTH], product[MOST_WIDTH];
    const gan_real *row[4], *drow[4];
    spread(block, &r, centre, middle);
    clear(&r, sum);
    clear(&r, product);
    for (int64_t i = 0; i < r.rows + 4; i += 4) {
        int64_t count = four_runs(&r, i, x, middle, row);
        four_runs(&r, i, dy, zeros, drow);
        const gan_real *x0 = row[0], *x1 = row[1], *x2 = row[2], *x3 = row[3];
        const gan_real *g0 = drow[0], *g1 = drow[1], *g2 = drow[2], *g3 = drow[3];
        GAN_INDEPENDENT
        for (int64_t j = 0; j < count; j++) {
            gan_real m = middle[j];
            sum[j] += (g0[j] + g1[j]) + (g2[j] + g3[j]);
            product[j] += (g0[j] * (x0[j] - m) + g1[j] * (x1[j] - m)) + (g2[j] * (x2[j] - m) + g3[j] * (x3[j] - m));
        }
    }
    fold(block, &r, sum, sums);
    fold(block, &r, product, products);
}

#endif
