/* Batch normalisation (Ioffe and Szegedy, 2015). The loops are in columns/columns_isa.c. */
#include "kernels/columns/columns.h"
#include "kernels/norm/norm.h"

#include <math.h>

/* One pass over the blocks of a matrix. `partial`: three results per block, (row_blocks, channels) each;
 * `coefficient`: up to three values per channel, for the loop that writes. */
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

/* Where block `index` begins in the matrix and in the partial results. */
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

static void dots_task(void *argument, int64_t index)
{
    const norm_work *work = argument;
    place at = find(work, index);
    work->table->dots(&at.block, work->x + at.value, work->dy + at.value, work->args->mean + at.channel,
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

/* Mean and biased variance of `count` channels from `first` on, joined from blocks (Chan et al., 1979). A block of n
 * rows with centre k, s = sum of (x - k) and q = sum of (x - k)^2 has the mean k + s / n and the sum of squared
 * deviations q - s^2 / n. */
static void join_moments(const norm_work *work, int64_t first, int64_t count, double mean[GAN_STRIP],
                         double variance[GAN_STRIP])
{
    const gan_column_grid *grid = &work->grid;
    for (int64_t c = 0; c < count; c++) mean[c] = variance[c] = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t i = 0; i < grid->row_blocks; i++) {
            int64_t at = i * grid->columns + first, left = grid->rows - i * grid->block_rows;
            const gan_real *k = work->partial[0] + at, *s = work->partial[1] + at, *q = work->partial[2] + at;
            double n = (double)(left < grid->block_rows ? left : grid->block_rows), share = 1 / n;
            if (pass == 0) {
                for (int64_t c = 0; c < count; c++) mean[c] += n * (double)k[c] + (double)s[c];
                continue;
            }
            for (int64_t c = 0; c < count; c++) {
                double sum = (double)s[c], d = (double)k[c] + sum * share - mean[c];
                variance[c] += (double)q[c] - sum * sum * share + n * d * d;
            }
        }
        double *total = pass == 0 ? mean : variance;
        for (int64_t c = 0; c < count; c++) total[c] /= (double)grid->rows;
    }
}

static int64_t strip_length(const gan_batch_norm_args *args, int64_t first)
{
    return args->channels - first < GAN_STRIP ? args->channels - first : GAN_STRIP;
}

static gan_real scale_of(const gan_batch_norm_args *args, int64_t c)
{
    return args->scale ? args->scale[c] : 1;
}

/* Computes the coefficients of y from args->mean and args->inverse, then y. */
static void write_normalised(gan_context *context, norm_work *work)
{
    const gan_batch_norm_args *args = work->args;
    for (int64_t c = 0; c < args->channels; c++) {
        work->coefficient[0][c] = scale_of(args, c) * args->inverse[c];
        work->coefficient[1][c] = args->shift ? args->shift[c] : 0;
    }
    gan_blocks_run(context, normalise_task, work, work->grid.blocks);
}

/* What a pass keeps of a channel. */
static void keep_moments(const gan_batch_norm_args *args, int64_t c, double mean, double variance)
{
    args->mean[c] = (gan_real)mean;
    args->inverse[c] = (gan_real)(1 / sqrt(variance + (double)args->epsilon));
}

/* What its running statistics become by a batch of `rows` rows. */
static void follow_moments(const gan_batch_norm_args *args, int64_t c, double rows, double mean, double variance)
{
    const double unbiased = rows > 1 ? rows / (rows - 1) : 1, momentum = (double)args->momentum;
    gan_real *running_mean = args->running_mean + c, *running_variance = args->running_variance + c;
    *running_mean = (gan_real)((1 - momentum) * (double)*running_mean + momentum * mean);
    *running_variance = (gan_real)((1 - momentum) * (double)*running_variance + momentum * variance * unbiased);
}

static void take_moments(const gan_batch_norm_args *args, int64_t c, double rows, double mean, double variance)
{
    keep_moments(args, c, mean, variance);
    follow_moments(args, c, rows, mean, variance);
}

static void measure_batch(gan_context *context, norm_work *work)
{
    const gan_batch_norm_args *args = work->args;
    gan_blocks_run(context, moments_task, work, work->grid.blocks);
    for (int64_t first = 0; first < args->channels; first += GAN_STRIP) {
        double mean[GAN_STRIP], variance[GAN_STRIP];
        int64_t count = strip_length(args, first);
        join_moments(work, first, count, mean, variance);
        for (int64_t j = 0; j < count; j++) take_moments(args, first + j, (double)args->rows, mean[j], variance[j]);
    }
}

static void measure(gan_context *context, norm_work *work, bool training)
{
    const gan_batch_norm_args *args = work->args;
    if (training) {
        measure_batch(context, work);
        return;
    }
    for (int64_t c = 0; c < args->channels; c++) {
        args->mean[c] = args->running_mean[c];
        args->inverse[c] = (gan_real)(1 / sqrt((double)args->running_variance[c] + (double)args->epsilon));
    }
}

void gan_batch_norm_measure(gan_context *context, const gan_batch_norm_args *args, bool training, const gan_real *x)
{
    norm_work work = make_work(context, args, x, NULL, NULL);
    measure(context, &work, training);
}

void gan_batch_norm_train(gan_context *context, const gan_batch_norm_args *args, const gan_real *x, gan_real *y)
{
    norm_work work = make_work(context, args, x, NULL, y);
    measure(context, &work, true);
    write_normalised(context, &work);
}

void gan_batch_norm_sample(gan_context *context, const gan_batch_norm_args *args, const gan_real *x, gan_real *y)
{
    norm_work work = make_work(context, args, x, NULL, y);
    measure(context, &work, false);
    write_normalised(context, &work);
}

/* What dx is made with: `share` is 1 / n below. */
static void set_slopes(const norm_work *work, int64_t c, double sum, double dot, double share)
{
    const double inverse = (double)work->args->inverse[c], factor = (double)scale_of(work->args, c) * inverse;
    work->coefficient[0][c] = (gan_real)factor;
    work->coefficient[1][c] = (gan_real)(-factor * dot * inverse * inverse * share);
    work->coefficient[2][c] = (gan_real)(-factor * sum * share);
}

/* With h = (x - mean) inverse and n rows: dshift = sum dy, dscale = sum dy h, and
 * dx = scale inverse (dy - dshift / n - h dscale / n) in training, scale inverse dy with fixed statistics. */
void gan_batch_norm_backward(gan_context *context, const gan_batch_norm_args *args, bool training, const gan_real *x,
                             const gan_real *dy, gan_real *dscale, gan_real *dshift, gan_real *dx)
{
    norm_work work = make_work(context, args, x, dy, dx);
    double share = training ? 1 / (double)args->rows : 0;
    gan_blocks_run(context, dots_task, &work, work.grid.blocks);
    for (int64_t first = 0; first < args->channels; first += GAN_STRIP) {
        double sum[GAN_STRIP], dot[GAN_STRIP];
        int64_t count = strip_length(args, first);
        gan_join_sums(&work.grid, work.partial[0], first, count, sum);
        gan_join_sums(&work.grid, work.partial[1], first, count, dot);
        for (int64_t j = 0; j < count; j++) {
            int64_t c = first + j;
            if (dshift) dshift[c] = (gan_real)((double)dshift[c] + sum[j]);
            if (dscale) dscale[c] = (gan_real)((double)dscale[c] + dot[j] * (double)args->inverse[c]);
            set_slopes(&work, c, sum[j], dot[j], share);
        }
    }
    if (dx) gan_blocks_run(context, combine_task, &work, work.grid.blocks);
}

/* ---- A batch that is divided -------------------------------------------------------------------------------- */

void gan_batch_norm_moments(gan_context *context, const gan_batch_norm_args *args, const gan_real *x, double *moments)
{
    norm_work work = make_work(context, args, x, NULL, NULL);
    gan_blocks_run(context, moments_task, &work, work.grid.blocks);
    for (int64_t first = 0; first < args->channels; first += GAN_STRIP) {
        double mean[GAN_STRIP], variance[GAN_STRIP];
        const int64_t count = strip_length(args, first);
        join_moments(&work, first, count, mean, variance);
        for (int64_t j = 0; j < count; j++) {
            moments[2 * (first + j)] = mean[j];
            moments[2 * (first + j) + 1] = variance[j];
        }
    }
}

/* Parts of one size: the mean is that of the means, and the variance the mean of variances and squared distances. */
void gan_batch_norm_join(const gan_batch_norm_args *args, int64_t parts, const double *moments)
{
    const int64_t stride = 2 * args->channels;
    for (int64_t c = 0; c < args->channels; c++) {
        double mean = 0, variance = 0;
        for (int64_t i = 0; i < parts; i++) mean += moments[i * stride + 2 * c];
        mean /= (double)parts;
        for (int64_t i = 0; i < parts; i++) {
            const double distance = moments[i * stride + 2 * c] - mean;
            variance += moments[i * stride + 2 * c + 1] + distance * distance;
        }
        take_moments(args, c, (double)args->rows * (double)parts, mean, variance / (double)parts);
    }
}

void gan_batch_norm_take(const gan_batch_norm_args *args, const double *moments)
{
    for (int64_t c = 0; c < args->channels; c++) keep_moments(args, c, moments[2 * c], moments[2 * c + 1]);
}

void gan_batch_norm_follow(const gan_batch_norm_args *args, int64_t parts, const double *moments)
{
    const int64_t stride = 2 * args->channels;
    for (int64_t c = 0; c < args->channels; c++) {
        double mean = 0, variance = 0;
        for (int64_t i = 0; i < parts; i++) {
            mean += moments[i * stride + 2 * c];
            variance += moments[i * stride + 2 * c + 1];
        }
        follow_moments(args, c, (double)args->rows, mean / (double)parts, variance / (double)parts);
    }
}

void gan_batch_norm_apply(gan_context *context, const gan_batch_norm_args *args, const gan_real *x, gan_real *y)
{
    norm_work work = make_work(context, args, x, NULL, y);
    write_normalised(context, &work);
}

void gan_batch_norm_dots(gan_context *context, const gan_batch_norm_args *args, const gan_real *x, const gan_real *dy,
                         gan_real *dscale, gan_real *dshift, double *dots)
{
    norm_work work = make_work(context, args, x, dy, NULL);
    gan_blocks_run(context, dots_task, &work, work.grid.blocks);
    for (int64_t first = 0; first < args->channels; first += GAN_STRIP) {
        double sum[GAN_STRIP], dot[GAN_STRIP];
        const int64_t count = strip_length(args, first);
        gan_join_sums(&work.grid, work.partial[0], first, count, sum);
        gan_join_sums(&work.grid, work.partial[1], first, count, dot);
        for (int64_t j = 0; j < count; j++) {
            const int64_t c = first + j;
            dots[2 * c] = sum[j];
            dots[2 * c + 1] = dot[j];
            if (dshift) dshift[c] = (gan_real)((double)dshift[c] + sum[j]);
            if (dscale) dscale[c] = (gan_real)((double)dscale[c] + dot[j] * (double)args->inverse[c]);
        }
    }
}

void gan_batch_norm_combine(gan_context *context, const gan_batch_norm_args *args, int64_t parts, const double *dots,
                            const gan_real *x, const gan_real *dy, gan_real *dx)
{
    norm_work work = make_work(context, args, x, dy, dx);
    const int64_t stride = 2 * args->channels;
    const double share = 1 / ((double)args->rows * (double)parts);
    for (int64_t c = 0; c < args->channels; c++) {
        double sum = 0, dot = 0;
        for (int64_t i = 0; i < parts; i++) {
            sum += dots[i * stride + 2 * c];
            dot += dots[i * stride + 2 * c + 1];
        }
        set_slopes(&work, c, sum, dot, share);
    }
    gan_blocks_run(context, combine_task, &work, work.grid.blocks);
}
