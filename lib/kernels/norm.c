/* Batch normalisation (Ioffe and Szegedy, 2015). The loops are in block_columns.c. */
#include "kernels/blocks.h"

#include <math.h>

/* One pass over the blocks of a matrix. `partial` are three results of each block, (row_blocks, channels) each;
 * `coefficient` are up to three values a channel for the loop that writes. */
typedef struct norm_work {
    const gan_columns_table *table;
    const gan_batch_norm_args *args;
    gan_column_grid grid;
    const gan_real *x, *dy;
    gan_real *out;
    gan_real *partial[3];
    gan_real *coefficient[3];
} norm_work;

int64_t gan_batch_norm_scratch(int64_t rows, int64_t channels)
{
    return (gan_column_grid_make(rows, channels).row_blocks + 1) * 3 * channels;
}

static norm_work make_work(const gan_context *context, const gan_batch_norm_args *args, const gan_real *x,
                           const gan_real *dy, gan_real *out)
{
    norm_work work = {.table = GAN_ISA_SELECT(gan_columns_table, context),
                      .args = args,
                      .grid = gan_column_grid_make(args->rows, args->channels),
                      .x = x,
                      .dy = dy,
                      .out = out};
    gan_real *next = args->scratch;
    for (int i = 0; i < 3; i++, next += args->channels) work.coefficient[i] = next;
    for (int i = 0; i < 3; i++, next += work.grid.row_blocks * args->channels) work.partial[i] = next;
    return work;
}

/* Where block `index` begins in the matrix and in its partial results. */
typedef struct place {
    gan_column_block block;
    int64_t value, partial, channel;
} place;

static place find(const norm_work *work, int64_t index)
{
    place at;
    int64_t row;
    at.block = gan_column_grid_block(&work->grid, index, &row, &at.channel);
    at.value = row * work->grid.columns + at.channel;
    at.partial = row / work->grid.block_rows * work->grid.columns + at.channel;
    return at;
}

static void moments_task(void *argument, int64_t index)
{
    const norm_work *work = argument;
    place at = find(work, index);
    work->table->moments(&at.block, work->x + at.value, work->partial[0] + at.partial, work->partial[1] + at.partial,
                         work->partial[2] + at.partial);
}

static void normalise_task(void *argument, int64_t index)
{
    const norm_work *work = argument;
    place at = find(work, index);
    work->table->normalise(&at.block, work->x + at.value, work->args->mean + at.channel,
                           work->coefficient[0] + at.channel, work->coefficient[1] + at.channel,
                           work->out + at.value);
}

static void products_task(void *argument, int64_t index)
{
    const norm_work *work = argument;
    place at = find(work, index);
    work->table->products(&at.block, work->x + at.value, work->dy + at.value, work->args->mean + at.channel,
                          work->partial[0] + at.partial, work->partial[1] + at.partial);
}

static void combine_task(void *argument, int64_t index)
{
    const norm_work *work = argument;
    place at = find(work, index);
    work->table->combine(&at.block, work->x + at.value, work->dy + at.value, work->args->mean + at.channel,
                         work->coefficient[0] + at.channel, work->coefficient[1] + at.channel,
                         work->coefficient[2] + at.channel, work->out + at.value);
}

/* Mean and biased variance of channel c from its blocks (Chan et al., 1979). A block of n rows with centre k, s = sum
 * of (x - k) and q = sum of (x - k)^2 has the mean k + s / n and the sum of squared deviations q - s^2 / n. */
static void join_moments(const norm_work *work, int64_t c, double *mean, double *variance)
{
    const gan_column_grid *grid = &work->grid;
    double rows = (double)grid->rows, sum = 0, squares = 0;
    *mean = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t i = 0; i < grid->row_blocks; i++) {
            int64_t at = i * grid->columns + c, left = grid->rows - i * grid->block_rows;
            double n = (double)(left < grid->block_rows ? left : grid->block_rows);
            double s = (double)work->partial[1][at], block_mean = (double)work->partial[0][at] + s / n;
            if (pass == 0) {
                sum += n * block_mean;
            } else {
                double d = block_mean - *mean;
                squares += (double)work->partial[2][at] - s * s / n + n * d * d;
            }
        }
        if (pass == 0) *mean = sum / rows;
    }
    *variance = squares < 0 ? 0 : squares / rows;
}

static gan_real scale_of(const gan_batch_norm_args *args, int64_t c)
{
    return args->scale ? args->scale[c] : 1;
}

/* Coefficients of y from args->mean and args->inverse, then y. */
static void write_normalised(gan_context *context, norm_work *work)
{
    const gan_batch_norm_args *args = work->args;
    for (int64_t c = 0; c < args->channels; c++) {
        work->coefficient[0][c] = scale_of(args, c) * args->inverse[c];
        work->coefficient[1][c] = args->shift ? args->shift[c] : 0;
    }
    gan_column_grid_run(context, &work->grid, normalise_task, work);
}

void gan_batch_norm_train(gan_context *context, const gan_batch_norm_args *args, const gan_real *x, gan_real *y)
{
    norm_work work = make_work(context, args, x, NULL, y);
    gan_column_grid_run(context, &work.grid, moments_task, &work);
    double rows = (double)args->rows, unbiased = args->rows > 1 ? rows / (rows - 1) : 1;
    double momentum = (double)args->momentum;
    for (int64_t c = 0; c < args->channels; c++) {
        double mean, variance;
        join_moments(&work, c, &mean, &variance);
        args->mean[c] = (gan_real)mean;
        args->inverse[c] = (gan_real)(1 / sqrt(variance + (double)args->epsilon));
        gan_real *running_mean = args->running_mean + c, *running_variance = args->running_variance + c;
        *running_mean = (gan_real)((1 - momentum) * (double)*running_mean + momentum * mean);
        *running_variance = (gan_real)((1 - momentum) * (double)*running_variance + momentum * variance * unbiased);
    }
    write_normalised(context, &work);
}

void gan_batch_norm_sample(gan_context *context, const gan_batch_norm_args *args, const gan_real *x, gan_real *y)
{
    norm_work work = make_work(context, args, x, NULL, y);
    for (int64_t c = 0; c < args->channels; c++) {
        args->mean[c] = args->running_mean[c];
        args->inverse[c] = (gan_real)(1 / sqrt((double)args->running_variance[c] + (double)args->epsilon));
    }
    write_normalised(context, &work);
}

/* With h = (x - mean) inverse and n rows: dshift = sum dy, dscale = sum dy h, and
 * dx = scale inverse (dy - dshift / n - h dscale / n) in training, scale inverse dy with fixed statistics. */
void gan_batch_norm_backward(gan_context *context, const gan_batch_norm_args *args, bool training, const gan_real *x,
                             const gan_real *dy, gan_real *dscale, gan_real *dshift, gan_real *dx)
{
    norm_work work = make_work(context, args, x, dy, dx);
    bool sums = dscale || dshift || (training && dx);
    if (sums) gan_column_grid_run(context, &work.grid, products_task, &work);
    for (int64_t c = 0; c < args->channels; c++) {
        double sum = 0, product = 0, inverse = (double)args->inverse[c], rows = (double)args->rows;
        for (int64_t i = 0; sums && i < work.grid.row_blocks; i++) {
            sum += (double)work.partial[0][i * args->channels + c];
            product += (double)work.partial[1][i * args->channels + c];
        }
        product *= inverse;
        if (dshift) dshift[c] = (gan_real)((double)dshift[c] + sum);
        if (dscale) dscale[c] = (gan_real)((double)dscale[c] + product);
        double factor = (double)scale_of(args, c) * inverse;
        work.coefficient[0][c] = (gan_real)factor;
        work.coefficient[1][c] = training ? (gan_real)(-factor * product / rows * inverse) : 0;
        work.coefficient[2][c] = training ? (gan_real)(-factor * sum / rows) : 0;
    }
    if (dx) gan_column_grid_run(context, &work.grid, combine_task, &work);
}
