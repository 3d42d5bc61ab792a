/* Batch normalisation with a scale and shift for each class (de Vries et al., "Modulating early visual processing by
 * language", 2017). Statistics are those of batch_norm_kernel.c, the loops are in columns/columns_isa.c: each sample
 * is cut into blocks of its own, which have the coefficients of its class. */
#include "kernels/columns/columns.h"
#include "kernels/norm/norm.h"

typedef struct class_norm_work {
    const gan_columns_table *table;
    const gan_class_norm_args *args;
    gan_column_grid grid; /* of one sample */
    const gan_real *x, *dy;
    gan_real *dscale, *dshift, *out;
    gan_real *sums, *dots;       /* of each sample's row blocks: (batch, row_blocks, channels) */
    gan_real *slope, *intercept; /* of dx over x - mean: (channels) */
    double share;
} class_norm_work;

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int64_t gan_class_norm_scratch(int64_t batch, int64_t pixels, int64_t channels)
{
    const int64_t blocks = gan_column_grid_make(pixels, channels).row_blocks;
    return larger(gan_batch_norm_scratch(batch * pixels, channels), 2 * (batch * blocks + 1) * channels);
}

static class_norm_work make_work(const gan_context *context, const gan_class_norm_args *args, const gan_real *x)
{
    const int64_t channels = args->norm.channels;
    class_norm_work work = {.table = GAN_ISA_SELECT(gan_columns_table, context),
                            .args = args,
                            .grid = gan_column_grid_make(args->pixels, channels),
                            .x = x};
    work.slope = args->norm.scratch;
    work.intercept = work.slope + channels;
    work.sums = work.intercept + channels;
    work.dots = work.sums + args->batch * work.grid.row_blocks * channels;
    return work;
}

static void run_blocks(gan_context *context, gan_range_fn range, const class_norm_work *work)
{
    const gan_column_grid *grid = &work->grid;
    const int64_t rows = grid->rows < grid->block_rows ? grid->rows : grid->block_rows;
    const int64_t values = rows * grid->block_columns;
    gan_range_run(context, range, work, work->args->batch * grid->blocks,
                  values < GAN_BLOCK ? GAN_BLOCK / values : 1);
}

/* Where a block begins: in x, in the partial sums, among the channels, and in the tables of classes. */
typedef struct place {
    gan_column_block block;
    int64_t value, partial, channel, row;
} place;

static int64_t class_row(const class_norm_work *work, int64_t sample)
{
    return (int64_t)work->args->numbers[sample] * work->args->norm.channels;
}

static place find(const class_norm_work *work, int64_t index)
{
    const gan_column_grid *grid = &work->grid;
    const int64_t sample = index / grid->blocks;
    int64_t row;
    place at;
    at.block = gan_column_grid_block(grid, index % grid->blocks, &row, &at.channel);
    at.value = (sample * grid->rows + row) * grid->columns + at.channel;
    at.partial = (sample * grid->row_blocks + row / grid->block_rows) * grid->columns + at.channel;
    at.row = class_row(work, sample) + at.channel;
    return at;
}

/* scale * inverse, for the channels of a block */
static void fill_factors(const class_norm_work *work, const place *at, gan_real factors[GAN_BLOCK_COLUMNS])
{
    const gan_real *scale = work->args->norm.scale + at->row, *inverse = work->args->norm.inverse + at->channel;
    for (int64_t c = 0; c < at->block.columns; c++) factors[c] = scale[c] * inverse[c];
}

static void normalise_range(const void *arguments, int64_t begin, int64_t end)
{
    const class_norm_work *work = arguments;
    const gan_batch_norm_args *norm = &work->args->norm;
    gan_real factors[GAN_BLOCK_COLUMNS];
    for (int64_t i = begin; i < end; i++) {
        const place at = find(work, i);
        fill_factors(work, &at, factors);
        work->table->normalise(&at.block, work->x + at.value, norm->mean + at.channel, factors, norm->shift + at.row,
                               work->out + at.value);
    }
}

void gan_class_norm_forward(gan_context *context, const gan_class_norm_args *args, bool training, const gan_real *x,
                            gan_real *y)
{
    class_norm_work work = make_work(context, args, x);
    work.out = y;
    gan_batch_norm_measure(context, &args->norm, training, x);
    run_blocks(context, normalise_range, &work);
}

static void dots_range(const void *arguments, int64_t begin, int64_t end)
{
    const class_norm_work *work = arguments;
    for (int64_t i = begin; i < end; i++) {
        const place at = find(work, i);
        work->table->dots(&at.block, work->x + at.value, work->dy + at.value, work->args->norm.mean + at.channel,
                          work->sums + at.partial, work->dots + at.partial);
    }
}

/* Joins the sums of all samples, in their order, for a strip of channels. */
static void join_strip(const class_norm_work *work, int64_t first, int64_t count)
{
    const gan_batch_norm_args *norm = &work->args->norm;
    const int64_t partial = work->grid.row_blocks * work->grid.columns;
    double sums[GAN_STRIP] = {0}, dots[GAN_STRIP] = {0};
    for (int64_t i = 0; i < work->args->batch; i++) {
        double sum[GAN_STRIP], dot[GAN_STRIP];
        const int64_t row = class_row(work, i) + first;
        gan_join_sums(&work->grid, work->sums + i * partial, first, count, sum);
        gan_join_sums(&work->grid, work->dots + i * partial, first, count, dot);
        for (int64_t c = 0; c < count; c++) {
            const double scale = (double)norm->scale[row + c], inverse = (double)norm->inverse[first + c];
            sums[c] += scale * sum[c];
            dots[c] += scale * dot[c];
            if (work->dshift) work->dshift[row + c] = (gan_real)((double)work->dshift[row + c] + sum[c]);
            if (work->dscale) work->dscale[row + c] = (gan_real)((double)work->dscale[row + c] + dot[c] * inverse);
        }
    }
    for (int64_t c = 0; c < count; c++) {
        const double inverse = (double)norm->inverse[first + c];
        work->slope[first + c] = (gan_real)(-inverse * inverse * inverse * dots[c] * work->share);
        work->intercept[first + c] = (gan_real)(-inverse * sums[c] * work->share);
    }
}

static void join_range(const void *arguments, int64_t begin, int64_t end)
{
    const class_norm_work *work = arguments;
    for (int64_t i = begin; i < end; i++) {
        const int64_t first = i * GAN_STRIP, left = work->grid.columns - first;
        join_strip(work, first, left < GAN_STRIP ? left : GAN_STRIP);
    }
}

static void combine_range(const void *arguments, int64_t begin, int64_t end)
{
    const class_norm_work *work = arguments;
    gan_real factors[GAN_BLOCK_COLUMNS];
    for (int64_t i = begin; i < end; i++) {
        const place at = find(work, i);
        fill_factors(work, &at, factors);
        work->table->combine(&at.block, work->x + at.value, work->dy + at.value, work->args->norm.mean + at.channel,
                             factors, work->slope + at.channel, work->intercept + at.channel, work->out + at.value);
    }
}

/* With h = (x - mean) inverse, g = scale dy and n rows: dshift = sum dy and dscale = sum dy h over the samples of a
 * class, and dx = inverse (g - sum g / n - h sum (g h) / n) in training, inverse g with fixed statistics. */
void gan_class_norm_backward(gan_context *context, const gan_class_norm_args *args, bool training, const gan_real *x,
                             const gan_real *dy, gan_real *dscale, gan_real *dshift, gan_real *dx)
{
    class_norm_work work = make_work(context, args, x);
    const int64_t strips = (args->norm.channels + GAN_STRIP - 1) / GAN_STRIP;
    const int64_t values = args->batch * work.grid.row_blocks * GAN_STRIP;
    work.dy = dy;
    work.dscale = dscale;
    work.dshift = dshift;
    work.out = dx;
    work.share = training ? 1 / (double)args->norm.rows : 0;
    run_blocks(context, dots_range, &work);
    gan_range_run(context, join_range, &work, strips, values < GAN_BLOCK ? GAN_BLOCK / values : 1);
    if (dx) run_blocks(context, combine_range, &work);
}
