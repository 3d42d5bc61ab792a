/* Loops of column-wise kernels over one block of a matrix. Sums run in float over the rows of a block, which are few;
 * the callers add blocks up in double. */
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

static runs make_runs(const gan_column_block *block)
{
    if (block->columns >= 64 || block->stride != block->columns)
        return (runs){block->rows, block->columns, block->stride, 0};
    int64_t width = block->columns * (block->columns < 4 ? 64 : 16), count = block->rows * block->columns;
    return (runs){count / width, width, width, count % width};
}

/* Coefficients of the columns, repeated to the width of a run. */
static void spread(const gan_column_block *block, const runs *r, const gan_real *from, gan_real *to)
{
    for (int64_t k = 0; k < r->width; k += block->columns)
        memcpy(to + k, from, (size_t)block->columns * sizeof(gan_real));
}

/* The reverse for sums: adds up what belongs to one column. */
static void fold(const gan_column_block *block, const runs *r, const gan_real *from, gan_real *to)
{
    memcpy(to, from, (size_t)block->columns * sizeof(gan_real));
    for (int64_t k = block->columns; k < r->width; k += block->columns)
        for (int64_t j = 0; j < block->columns; j++) to[j] += from[k + j];
}

/* Loops that add up take four runs at a time: partial sums are read and written once for all four. In place of a run
 * that is not there comes `neutral`, which adds nothing. Returns how long the four are. */
static int64_t four_runs(const runs *r, int64_t i, const gan_real *x, const gan_real *neutral, const gan_real *row[4])
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

static void sums(const gan_column_block *block, const gan_real *x, gan_real *out)
{
    runs r = make_runs(block);
    gan_real sum[MOST_WIDTH] = {0};
    const gan_real *row[4];
    for (int64_t i = 0; i < r.rows + 4; i += 4) {
        int64_t count = four_runs(&r, i, x, zeros, row);
        const gan_real *x0 = row[0], *x1 = row[1], *x2 = row[2], *x3 = row[3];
        GAN_INDEPENDENT
        for (int64_t j = 0; j < count; j++) sum[j] += (x0[j] + x1[j]) + (x2[j] + x3[j]);
    }
    fold(block, &r, sum, out);
}

static void moments(const gan_column_block *block, const gan_real *x, gan_real *centre, gan_real *sum_out,
                    gan_real *square_out)
{
    sums(block, x, centre);
    for (int64_t j = 0; j < block->columns; j++) centre[j] /= (gan_real)block->rows;
    runs r = make_runs(block);
    gan_real middle[MOST_WIDTH], sum[MOST_WIDTH] = {0}, square[MOST_WIDTH] = {0};
    spread(block, &r, centre, middle);
    const gan_real *row[4];
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
    fold(block, &r, sum, sum_out);
    fold(block, &r, square, square_out);
}

static void products(const gan_column_block *block, const gan_real *x, const gan_real *dy, const gan_real *centre,
                     gan_real *sum_out, gan_real *product_out)
{
    runs r = make_runs(block);
    gan_real middle[MOST_WIDTH], sum[MOST_WIDTH] = {0}, product[MOST_WIDTH] = {0};
    spread(block, &r, centre, middle);
    const gan_real *row[4], *drow[4];
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
    fold(block, &r, sum, sum_out);
    fold(block, &r, product, product_out);
}

/* Number of values in run i, the last of which may be shorter. */
static int64_t run_length(const runs *r, int64_t i)
{
    return i < r->rows ? r->width : r->rest;
}

static void normalise(const gan_column_block *block, const gan_real *x, const gan_real *centre, const gan_real *a,
                      const gan_real *b, gan_real *y)
{
    runs r = make_runs(block);
    gan_real middle[MOST_WIDTH], factor[MOST_WIDTH], term[MOST_WIDTH];
    spread(block, &r, centre, middle);
    spread(block, &r, a, factor);
    spread(block, &r, b, term);
    for (int64_t i = 0; i <= r.rows; i++) {
        int64_t count = run_length(&r, i);
        const gan_real *row = x + i * r.stride;
        gan_real *out = y + i * r.stride;
        GAN_INDEPENDENT
        for (int64_t j = 0; j < count; j++) out[j] = (row[j] - middle[j]) * factor[j] + term[j];
    }
}

static void combine(const gan_column_block *block, const gan_real *x, const gan_real *dy, const gan_real *centre,
                    const gan_real *a, const gan_real *b, const gan_real *c, gan_real *dx)
{
    runs r = make_runs(block);
    gan_real middle[MOST_WIDTH], outer[MOST_WIDTH], inner[MOST_WIDTH], term[MOST_WIDTH];
    spread(block, &r, centre, middle);
    spread(block, &r, a, outer);
    spread(block, &r, b, inner);
    spread(block, &r, c, term);
    for (int64_t i = 0; i <= r.rows; i++) {
        int64_t count = run_length(&r, i);
        const gan_real *row = x + i * r.stride, *drow = dy + i * r.stride;
        gan_real *out = dx + i * r.stride;
        GAN_INDEPENDENT
        for (int64_t j = 0; j < count; j++) out[j] = drow[j] * outer[j] + ((row[j] - middle[j]) * inner[j] + term[j]);
    }
}

static void add_rank_one(const gan_column_block *block, gan_real a, const gan_real *x, gan_real b, const gan_real *u,
                         const gan_real *v, gan_real *y)
{
    for (int64_t i = 0; i < block->rows; i++) {
        const gan_real *row = x + i * block->stride, factor = b * u[i];
        gan_real *out = y + i * block->stride;
        GAN_INDEPENDENT
        for (int64_t j = 0; j < block->columns; j++) out[j] += a * row[j] + factor * v[j];
    }
}

const gan_columns_table GAN_ISA_TABLE(gan_columns_table) = {.sums = sums,
                                                            .moments = moments,
                                                            .products = products,
                                                            .normalise = normalise,
                                                            .combine = combine,
                                                            .add_rank_one = add_rank_one};
