/* Loops of column-wise kernels over one block of a matrix. */
#include "kernels/columns/columns.h"

static void sums(const gan_column_block *block, const gan_real *x, gan_real *out)
{
    gan_column_block_sums(block, x, out);
}

static void moments(const gan_column_block *block, const gan_real *x, gan_real *centre, gan_real *sum_out,
                    gan_real *square_out)
{
    gan_column_block_sums(block, x, centre);
    for (int64_t j = 0; j < block->columns; j++) centre[j] /= (gan_real)block->rows;
    gan_column_block_deviations(block, x, centre, sum_out, square_out);
}

static void dots(const gan_column_block *block, const gan_real *x, const gan_real *dy, const gan_real *centre,
                 gan_real *sum_out, gan_real *dot_out)
{
    gan_column_block_dots(block, x, dy, centre, sum_out, dot_out);
}

static void normalise(const gan_column_block *block, const gan_real *x, const gan_real *centre, const gan_real *a,
                      const gan_real *b, gan_real *y)
{
    gan_column_runs r = gan_column_runs_make(block);
    gan_real middle[GAN_COLUMN_RUN], factor[GAN_COLUMN_RUN], term[GAN_COLUMN_RUN];
    gan_column_runs_spread(block, &r, centre, middle);
    gan_column_runs_spread(block, &r, a, factor);
    gan_column_runs_spread(block, &r, b, term);
    for (int64_t i = 0; i <= r.rows; i++) {
        int64_t count = gan_column_runs_length(&r, i);
        const gan_real *row = x + i * r.stride;
        gan_real *out = y + i * r.stride;
        GAN_INDEPENDENT
        for (int64_t j = 0; j < count; j++) out[j] = (row[j] - middle[j]) * factor[j] + term[j];
    }
}

static void combine(const gan_column_block *block, const gan_real *x, const gan_real *dy, const gan_real *centre,
                    const gan_real *a, const gan_real *b, const gan_real *c, gan_real *dx)
{
    gan_column_runs r = gan_column_runs_make(block);
    gan_real middle[GAN_COLUMN_RUN], outer[GAN_COLUMN_RUN], inner[GAN_COLUMN_RUN], term[GAN_COLUMN_RUN];
    gan_column_runs_spread(block, &r, centre, middle);
    gan_column_runs_spread(block, &r, a, outer);
    gan_column_runs_spread(block, &r, b, inner);
    gan_column_runs_spread(block, &r, c, term);
    for (int64_t i = 0; i <= r.rows; i++) {
        int64_t count = gan_column_runs_length(&r, i);
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

static void multiply_add(const gan_row_strides *strides, const gan_real *x, const gan_real *w, gan_real *y)
{
    for (int64_t i = 0; i < strides->rows; i++, x += strides->x, w += strides->w, y += strides->y) {
        GAN_INDEPENDENT
        for (int64_t j = 0; j < strides->columns; j++) y[j] += x[j] * w[j];
    }
}

const gan_columns_table GAN_ISA_TABLE(gan_columns_table) = {.sums = sums,
                                                            .moments = moments,
                                                            .dots = dots,
                                                            .normalise = normalise,
                                                            .combine = combine,
                                                            .add_rank_one = add_rank_one,
                                                            .multiply_add = multiply_add};
