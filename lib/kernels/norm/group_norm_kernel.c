/* Normalisation of each sample by itself: layer normalisation (Ba et al., 2016), instance normalisation (Ulyanov et
 * al., 2016), group normalisation (Wu and He, 2018) and pixel normalisation (Karras et al., 2018). The loops are in
 * group_norm_isa.c. */
#include "kernels/norm/norm_tables.h"
#include "kernels/sums/sums.h"

#include <string.h>

/* Samples are processed in at most this many lots, each with its own sums for the gradients of scale and shift. */
enum { MOST_LOTS = 32 };

typedef void (*group_fn)(const gan_group_block *block, const gan_group_arrays *arrays);

/* One pass over all samples: a task is a lot of samples times a block of groups. */
typedef struct group_work {
    group_fn run;
    const gan_group_norm_args *args;
    gan_group_arrays arrays;   /* of sample 0 */
    int64_t lot, lots;         /* samples per lot, and number of lots */
    int64_t groups, blocks;    /* groups per block, and blocks per sample */
    gan_real *dscale, *dshift; /* (lots, channels), or NULL */
} group_work;

int64_t gan_group_norm_scratch(int64_t batch, int64_t channels)
{
    int64_t lots = batch < MOST_LOTS ? batch : MOST_LOTS;
    return 2 * lots * channels + gan_column_sums_scratch(lots, channels);
}

static group_work make_work(const gan_group_norm_args *args, group_fn run, gan_group_arrays arrays)
{
    const int64_t size = args->pixels * args->channels, channels = args->channels / args->groups;
    group_work work = {.run = run, .args = args, .arrays = arrays};
    work.lot = (args->batch + MOST_LOTS - 1) / MOST_LOTS;
    if (work.lot * size < GAN_BLOCK) work.lot = GAN_BLOCK / size;
    work.lots = (args->batch + work.lot - 1) / work.lot;
    work.groups = channels < GAN_BLOCK_COLUMNS ? GAN_BLOCK_COLUMNS / channels : 1;
    if (work.groups > args->groups) work.groups = args->groups;
    work.blocks = (args->groups + work.groups - 1) / work.groups;
    return work;
}

static const gan_real *const_at(const gan_real *values, int64_t offset)
{
    return values ? values + offset : NULL;
}

static gan_real *at(gan_real *values, int64_t offset)
{
    return values ? values + offset : NULL;
}

/* A sample's arrays, from a group on. Sums of gradients are the lot's. */
static gan_group_arrays find_arrays(const group_work *work, int64_t lot, int64_t sample, int64_t group)
{
    const gan_group_norm_args *args = work->args;
    const gan_group_arrays *all = &work->arrays;
    const int64_t channel = group * (args->channels / args->groups);
    const int64_t value = sample * args->pixels * args->channels + channel, moment = sample * args->groups + group;
    return (gan_group_arrays){.x = const_at(all->x, value),
                              .tangent_x = const_at(all->tangent_x, value),
                              .dy = const_at(all->dy, value),
                              .tangent_dy = const_at(all->tangent_dy, value),
                              .scale = const_at(args->scale, channel),
                              .shift = const_at(args->shift, channel),
                              .mean = at(args->mean, moment),
                              .inverse = at(args->inverse, moment),
                              .dscale = at(work->dscale, lot * args->channels + channel),
                              .dshift = at(work->dshift, lot * args->channels + channel),
                              .out = at(all->out, value),
                              .epsilon = args->epsilon};
}

static void group_task(void *argument, int64_t index)
{
    const group_work *work = argument;
    const gan_group_norm_args *args = work->args;
    const int64_t lot = index / work->blocks, group = index % work->blocks * work->groups;
    const int64_t left = args->groups - group, begin = lot * work->lot;
    gan_group_block block = {.pixels = args->pixels,
                             .channels = args->channels,
                             .groups = left < work->groups ? left : work->groups,
                             .run = args->channels / args->groups};
    const int64_t width = block.groups * block.run;
    block.piece_columns = width < GAN_BLOCK_COLUMNS ? width : GAN_BLOCK_COLUMNS;
    block.piece_rows = GAN_BLOCK / block.piece_columns;
    const gan_group_arrays first = find_arrays(work, lot, begin, group);
    if (first.dscale) memset(first.dscale, 0, (size_t)width * sizeof(gan_real));
    if (first.dshift) memset(first.dshift, 0, (size_t)width * sizeof(gan_real));
    for (int64_t n = begin; n < begin + work->lot && n < args->batch; n++) {
        const gan_group_arrays arrays = find_arrays(work, lot, n, group);
        work->run(&block, &arrays);
    }
}

static void run(gan_context *context, const group_work *work)
{
    gan_blocks_run(context, group_task, (void *)work, work->lots * work->blocks);
}

/* The same, and adds the gradients of scale and shift. */
static void run_with_gradients(gan_context *context, group_work *work, gan_real *dscale, gan_real *dshift)
{
    const int64_t channels = work->args->channels;
    gan_real *const scratch = work->args->scratch;
    work->dscale = dscale ? scratch : NULL;
    work->dshift = dshift ? scratch + work->lots * channels : NULL;
    run(context, work);
    if (!dscale && !dshift) return; /* there may be no scratch */
    gan_real *const next = scratch + 2 * work->lots * channels;
    if (dscale) gan_column_sums(context, work->lots, channels, work->dscale, dscale, next);
    if (dshift) gan_column_sums(context, work->lots, channels, work->dshift, dshift, next);
}

#define TABLE GAN_ISA_SELECT(gan_groups_table, context)

void gan_group_norm_forward(gan_context *context, const gan_group_norm_args *args, const gan_real *x, gan_real *y)
{
    const group_work work = make_work(args, TABLE->forward, (gan_group_arrays){.x = x, .out = y});
    run(context, &work);
}

void gan_group_norm_backward(gan_context *context, const gan_group_norm_args *args, const gan_real *x,
                             const gan_real *dy, gan_real *dscale, gan_real *dshift, gan_real *dx)
{
    group_work work = make_work(args, TABLE->backward, (gan_group_arrays){.x = x, .dy = dy, .out = dx});
    run_with_gradients(context, &work, dscale, dshift);
}

void gan_group_norm_tangent(gan_context *context, const gan_group_norm_args *args, const gan_real *x,
                            const gan_real *tangent_x, gan_real *tangent_y)
{
    const group_work work =
        make_work(args, TABLE->tangent, (gan_group_arrays){.x = x, .tangent_x = tangent_x, .out = tangent_y});
    run(context, &work);
}

void gan_group_norm_tangent_backward(gan_context *context, const gan_group_norm_args *args, const gan_real *x,
                                     const gan_real *tangent_x, const gan_real *dy, const gan_real *tangent_dy,
                                     gan_real *dscale, gan_real *dshift, gan_real *tangent_dx)
{
    group_work work = make_work(
        args, TABLE->tangent_backward,
        (gan_group_arrays){.x = x, .tangent_x = tangent_x, .dy = dy, .tangent_dy = tangent_dy, .out = tangent_dx});
    run_with_gradients(context, &work, dscale, dshift);
}
