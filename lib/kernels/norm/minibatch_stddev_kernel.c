/* Minibatch standard deviation (Karras et al., 2018). Samples are cut into groups of neighbours. With n samples per
 * group, F features per sample and, for each feature, the mean m over the group and d = sqrt(E (x - m)^2 + epsilon),
 * the group's value s is the mean of d over the features; every pixel of its samples gets it as one more channel. */
#include "kernels/columns/columns.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/norm/norm.h"
#include "kernels/rows/rows.h"

#include <math.h>

static const double epsilon = 1e-8;

/* One pass over all groups: a task is a strip of features of one group. */
typedef struct stddev_work {
    const gan_columns_table *table;
    const gan_minibatch_stddev_args *args;
    int64_t features, strips;
    const gan_real *x, *tangent_x;
    const gan_real *ds, *tangent_ds; /* one per group; NULL: 0 */
    gan_real *out;                   /* gradients of x, added to */
    gan_real *partial;               /* (groups, strips) */
} stddev_work;

static int64_t group_count(int64_t batch, int64_t group)
{
    return (batch + group - 1) / group;
}

static int64_t strip_count(int64_t features)
{
    return (features + GAN_BLOCK_COLUMNS - 1) / GAN_BLOCK_COLUMNS;
}

int64_t gan_minibatch_stddev_scratch(int64_t batch, int64_t features, int64_t group)
{
    return group_count(batch, group) * (strip_count(features) + 2);
}

static stddev_work make_work(const gan_context *context, const gan_minibatch_stddev_args *args, const gan_real *x,
                             const gan_real *tangent_x)
{
    const int64_t features = args->pixels * args->channels;
    return (stddev_work){.table = GAN_ISA_SELECT(gan_columns_table, context),
                         .args = args,
                         .features = features,
                         .strips = strip_count(features),
                         .x = x,
                         .tangent_x = tangent_x,
                         .partial = args->scratch + 2 * group_count(args->batch, args->group)};
}

/* A strip of features of one group of samples: the group's number, where the strip begins, mean and deviation. The
 * mean m is centre + rest: rounded to one number, it would leave few digits of x - m when samples hardly differ. */
typedef struct strip {
    gan_column_block block;
    int64_t group, offset;
    gan_real centre[GAN_BLOCK_COLUMNS], deviation[GAN_BLOCK_COLUMNS];
    double rest[GAN_BLOCK_COLUMNS];
} strip;

static int64_t group_size(const gan_minibatch_stddev_args *args, int64_t group)
{
    const int64_t left = args->batch - group * args->group;
    return left < args->group ? left : args->group;
}

static void find_strip(const stddev_work *work, int64_t index, strip *s)
{
    const int64_t first = index % work->strips * GAN_BLOCK_COLUMNS, columns = work->features - first;
    gan_real sums[GAN_BLOCK_COLUMNS], squares[GAN_BLOCK_COLUMNS];
    s->group = index / work->strips;
    s->offset = s->group * work->args->group * work->features + first;
    s->block = (gan_column_block){group_size(work->args, s->group),
                                  columns < GAN_BLOCK_COLUMNS ? columns : GAN_BLOCK_COLUMNS, work->features};
    const double share = 1 / (double)s->block.rows;
    work->table->moments(&s->block, work->x + s->offset, s->centre, sums, squares);
    for (int64_t j = 0; j < s->block.columns; j++) {
        const double rest = (double)sums[j] * share, variance = (double)squares[j] * share - rest * rest;
        s->rest[j] = rest;
        s->deviation[j] = (gan_real)sqrt((variance < 0 ? 0 : variance) + epsilon);
    }
}

/* The tangents u = R{x}: their mean, and R{d} = E (x - m) u / d. */
static void find_tangents(const stddev_work *work, const strip *s, gan_real *mean, gan_real *tangent_deviation)
{
    const double share = 1 / (double)s->block.rows;
    work->table->dots(&s->block, work->x + s->offset, work->tangent_x + s->offset, s->centre, mean,
                      tangent_deviation);
    for (int64_t j = 0; j < s->block.columns; j++) {
        const double product = (double)tangent_deviation[j] - s->rest[j] * (double)mean[j];
        mean[j] = (gan_real)((double)mean[j] * share);
        tangent_deviation[j] = (gan_real)(product * share / (double)s->deviation[j]);
    }
}

/* ---- The value of each group ---- */

/* The sum over a strip of d or, with tangents, of R{d}. */
static void sum_task(void *argument, int64_t index)
{
    const stddev_work *work = argument;
    gan_real mean[GAN_BLOCK_COLUMNS], tangent[GAN_BLOCK_COLUMNS];
    strip s;
    find_strip(work, index, &s);
    if (work->tangent_x) find_tangents(work, &s, mean, tangent);
    const gan_real *values = work->tangent_x ? tangent : s.deviation;
    double sum = 0;
    for (int64_t j = 0; j < s.block.columns; j++) sum += (double)values[j];
    work->partial[index] = (gan_real)sum;
}

/* y = values with s as one more channel; `values` is x or its tangent. */
static void write_output(gan_context *context, const stddev_work *work, const gan_real *values, gan_real *y)
{
    const gan_minibatch_stddev_args *args = work->args;
    const int64_t channels = args->channels, groups = group_count(args->batch, args->group);
    gan_blocks_run(context, sum_task, (void *)work, groups * work->strips);
    gan_copy_rows(context, args->batch * args->pixels, channels, values, channels, y, channels + 1);
    for (int64_t g = 0; g < groups; g++) {
        gan_real *added = y + g * args->group * args->pixels * (channels + 1) + channels;
        double sum = 0;
        for (int64_t i = 0; i < work->strips; i++) sum += (double)work->partial[g * work->strips + i];
        const gan_real value = (gan_real)(sum / (double)work->features);
        gan_copy_rows(context, group_size(args, g) * args->pixels, 1, &value, 0, added, channels + 1);
    }
}

void gan_minibatch_stddev_forward(gan_context *context, const gan_minibatch_stddev_args *args, const gan_real *x,
                                  gan_real *y)
{
    const stddev_work work = make_work(context, args, x, NULL);
    write_output(context, &work, x, y);
}

void gan_minibatch_stddev_tangent(gan_context *context, const gan_minibatch_stddev_args *args, const gan_real *x,
                                  const gan_real *tangent_x, gan_real *tangent_y)
{
    const stddev_work work = make_work(context, args, x, tangent_x);
    write_output(context, &work, tangent_x, tangent_y);
}

/* ---- Gradients ---- */

/* ds of each group: the sum of the last channel of dy over the group's pixels. */
static void sum_last_channel(const gan_minibatch_stddev_args *args, const gan_real *dy, gan_real *ds)
{
    const int64_t stride = args->channels + 1;
    for (int64_t g = 0, row = 0; row < args->batch * args->pixels; g++) {
        double sum = 0;
        for (int64_t end = row + group_size(args, g) * args->pixels; row < end; row++)
            sum += (double)dy[row * stride + args->channels];
        ds[g] = (gan_real)sum;
    }
}

/* dx += ds (x - m) / (F n d) or, with tangents,
 * R{dx} += (R{ds} (x - m) + ds (u - E u) - ds (x - m) R{d} / d) / (F n d) */
static void add_task(void *argument, int64_t index)
{
    const stddev_work *work = argument;
    gan_real one[GAN_BLOCK_COLUMNS], none[GAN_BLOCK_COLUMNS], of_x[GAN_BLOCK_COLUMNS], of_u[GAN_BLOCK_COLUMNS];
    gan_real of_rest[GAN_BLOCK_COLUMNS], mean_u[GAN_BLOCK_COLUMNS], tangent[GAN_BLOCK_COLUMNS] = {0};
    strip s;
    find_strip(work, index, &s);
    if (work->tangent_x) find_tangents(work, &s, mean_u, tangent);
    const double ds = work->ds ? (double)work->ds[s.group] : 0;
    const double share = 1 / ((double)work->features * (double)s.block.rows);
    const double direct = !work->tangent_x ? ds : work->tangent_ds ? (double)work->tangent_ds[s.group] : 0;
    for (int64_t j = 0; j < s.block.columns; j++) {
        const double scale = share / (double)s.deviation[j];
        one[j] = 1;
        none[j] = 0;
        of_x[j] = (gan_real)(scale * (direct - ds * (double)tangent[j] / (double)s.deviation[j]));
        of_rest[j] = (gan_real)(-s.rest[j] * (double)of_x[j]);
        of_u[j] = (gan_real)(scale * ds);
    }
    gan_real *out = work->out + s.offset;
    work->table->combine(&s.block, work->x + s.offset, out, s.centre, one, of_x, of_rest, out);
    if (work->tangent_x)
        work->table->combine(&s.block, work->tangent_x + s.offset, out, mean_u, one, of_u, none, out);
}

/* The gradient through the input's own channels of y, plus that through s. `direct` is dy or its tangent; NULL: 0. */
static void write_gradient(gan_context *context, stddev_work *work, const gan_real *direct, gan_real *dx)
{
    const gan_minibatch_stddev_args *args = work->args;
    const int64_t channels = args->channels, rows = args->batch * args->pixels;
    if (direct) {
        gan_copy_rows(context, rows, channels, direct, channels + 1, dx, channels);
    } else {
        gan_fill(context, rows * channels, 0, dx);
    }
    work->out = dx;
    gan_blocks_run(context, add_task, work, group_count(args->batch, args->group) * work->strips);
}

void gan_minibatch_stddev_backward(gan_context *context, const gan_minibatch_stddev_args *args, const gan_real *x,
                                   const gan_real *dy, gan_real *dx)
{
    stddev_work work = make_work(context, args, x, NULL);
    sum_last_channel(args, dy, args->scratch);
    work.ds = args->scratch;
    write_gradient(context, &work, dy, dx);
}

void gan_minibatch_stddev_tangent_backward(gan_context *context, const gan_minibatch_stddev_args *args,
                                           const gan_real *x, const gan_real *tangent_x, const gan_real *dy,
                                           const gan_real *tangent_dy, gan_real *tangent_dx)
{
    stddev_work work = make_work(context, args, x, tangent_x);
    gan_real *ds = args->scratch, *tangent_ds = ds + group_count(args->batch, args->group);
    if (dy) sum_last_channel(args, dy, ds);
    if (tangent_dy) sum_last_channel(args, tangent_dy, tangent_ds);
    work.ds = dy ? ds : NULL;
    work.tangent_ds = tangent_dy ? tangent_ds : NULL;
    write_gradient(context, &work, tangent_dy, tangent_dx);
}
