/* Loops of column-wise kernels over one block of a matrix. Sums run in float over the rows of a block, which are few;
 * the callers add blocks up in double. */
#include "kernels/blocks.h"
#include "kernels/vector_math.h"

#include <string.h>

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

/* Number of values in run i of `r`, the last of which may be shorter. */
static int64_t run_length(const runs *r, int64_t i)
{
    return i < r->rows ? r->width : r->rest;
}

static void sums(const gan_column_block *block, const gan_real *x, gan_real *out)
{
    runs r = make_runs(block);
    gan_real sum[GAN_BLOCK_COLUMNS] = {0};
    for (int64_t i = 0; i <= r.rows; i++) {
        int64_t count = run_length(&r, i);
        const gan_real *row = x + i * r.stride;
        GAN_INDEPENDENT
        for (int64_t j = 0; j < count; j++) sum[j] += row[j];
    }
    fold(block, &r, sum, out);
}

static void moments(const gan_column_block *block, const gan_real *x, gan_real *centre, gan_real *sum_out,
                    gan_real *square_out)
{
    sums(block, x, centre);
    for (int64_t j = 0; j < block->columns; j++) centre[j] /= (gan_real)block->rows;
    runs r = make_runs(block);
    gan_real middle[GAN_BLOCK_COLUMNS], sum[GAN_BLOCK_COLUMNS] = {0}, square[GAN_BLOCK_COLUMNS] = {0};
    spread(block, &r, centre, middle);
    for (int64_t i = 0; i <= r.rows; i++) {
        int64_t count = run_length(&r, i);
        const gan_real *row = x + i * r.stride;
        GAN_INDEPENDENT
        for (int64_t j = 0; j < count; j++) {
            gan_real d = row[j] - middle[j];
            sum[j] += d;
            square[j] += d * d;
        }
    }
    fold(block, &r, sum, sum_out);
    fold(block, &r, square, square_out);
}

static void products(const gan_column_block *block, const gan_real *x, const gan_real *dy, const gan_real *centre,
                     gan_real *sum_out, gan_real *product_out)
{
    runs r = make_runs(block);
    gan_real middle[GAN_BLOCK_COLUMNS], sum[GAN_BLOCK_COLUMNS] = {0}, product[GAN_BLOCK_COLUMNS] = {0};
    spread(block, &r, centre, middle);
    for (int64_t i = 0; i <= r.rows; i++) {
        int64_t count = run_length(&r, i);
        const gan_real *row = x + i * r.stride, *drow = dy + i * r.stride;
        GAN_INDEPENDENT
        for (int64_t j = 0; j < count; j++) {
            sum[j] += drow[j];
            product[j] += drow[j] * (row[j] - middle[j]);
        }
    }
    fold(block, &r, sum, sum_out);
    fold(block, &r, product, product_out);
}

static void normalise(const gan_column_block *block, const gan_real *x, const gan_real *centre, const gan_real *a,
                      const gan_real *b, gan_real *y)
{
    runs r = make_runs(block);
    gan_real middle[GAN_BLOCK_COLUMNS], factor[GAN_BLOCK_COLUMNS], term[GAN_BLOCK_COLUMNS];
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
    gan_real middle[GAN_BLOCK_COLUMNS], outer[GAN_BLOCK_COLUMNS], inner[GAN_BLOCK_COLUMNS], term[GAN_BLOCK_COLUMNS];
    spread(block, &r, centre, middle);
    spread(block, &r, a, outer);
    spread(block, &r, b, inner);
    spread(block, &r, c, term);
    for (int64_t i = 0; i <= r.rows; i++) {
        int64_t count = run_length(&r, i);
        const gan_real *row = x + i * r.stride, *drow = dy + i * r.stride;
        gan_real *out = dx + i * r.stride;
        GAN_INDEPENDENT
        for (int64_t j = 0; j < count; j++)
            out[j] = drow[j] * outer[j] + ((row[j] - middle[j]) * inner[j] + term[j]);
    }
}

const gan_columns_table GAN_ISA_TABLE(gan_columns_table) = {
    .sums = sums, .moments = moments, .products = products, .normalise = normalise, .combine = combine};
