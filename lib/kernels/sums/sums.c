/* Sums: each block's by a loop of sums_isa.c, then the blocks' in order, in double. */
#include "kernels/blocks/blocks.h"
#include "kernels/sums/sums_tables.h"

#include <math.h>

/* Partial sums are on the stack: blocks grow with the array, so that there are never more. */
enum { MOST_PARTIALS = 256 };

typedef struct reduce_work {
    gan_sum_fn sum;
    gan_sum_args args;
    int64_t count, block;
    double partial[MOST_PARTIALS];
} reduce_work;

static void reduce_task(void *argument, int64_t index)
{
    reduce_work *work = argument;
    int64_t begin = index * work->block, left = work->count - begin;
    work->partial[index] = work->sum(&work->args, begin, begin + (left < work->block ? left : work->block));
}

static double reduce(gan_context *context, gan_sum_fn sum_of, int64_t count, gan_sum_args args)
{
    reduce_work work = {.sum = sum_of, .args = args, .count = count};
    work.block = count / MOST_PARTIALS < GAN_BLOCK ? GAN_BLOCK : count / MOST_PARTIALS + 1;
    int64_t blocks = (count + work.block - 1) / work.block;
    gan_blocks_run(context, reduce_task, &work, blocks);
    double sum = 0;
    for (int64_t i = 0; i < blocks; i++) sum += work.partial[i];
    return sum;
}

#define TABLE GAN_ISA_SELECT(gan_sums_table, context)

double gan_sum_of_squares(gan_context *context, int64_t count, const gan_real *x)
{
    return reduce(context, TABLE->squares, count, (gan_sum_args){.x = x});
}

double gan_dot(gan_context *context, int64_t count, const gan_real *x, const gan_real *y)
{
    return reduce(context, TABLE->dot, count, (gan_sum_args){.x = x, .y = y});
}

double gan_squared_distance(gan_context *context, int64_t count, const gan_real *x, const gan_real *y)
{
    return reduce(context, TABLE->squared_differences, count, (gan_sum_args){.x = x, .y = y});
}

int64_t gan_count_outside(gan_context *context, int64_t count, gan_real low, gan_real high, const gan_real *x)
{
    return (int64_t)reduce(context, TABLE->outside, count, (gan_sum_args){.x = x, .low = low, .high = high});
}

/* ---- Rows ------------------------------------------------------------------------------------------------------ */

typedef struct norms_args {
    gan_sum_fn squares;
    int64_t columns;
    const gan_real *x;
    gan_real *norms;
} norms_args;

static void row_norms(const void *arguments, int64_t begin, int64_t end)
{
    const norms_args *args = arguments;
    for (int64_t i = begin; i < end; i++) {
        const gan_sum_args row = {.x = args->x + i * args->columns};
        args->norms[i] = (gan_real)sqrt(args->squares(&row, 0, args->columns));
    }
}

void gan_row_norms(gan_context *context, int64_t rows, int64_t columns, const gan_real *x, gan_real *norms)
{
    norms_args args = {TABLE->squares, columns, x, norms};
    gan_range_run(context, row_norms, &args, rows, columns < GAN_BLOCK ? GAN_BLOCK / columns : 1);
}

typedef struct dots_args {
    gan_sum_fn dot;
    int64_t columns;
    const gan_real *x, *y;
    gan_real *out;
} dots_args;

static void add_row_dots(const void *arguments, int64_t begin, int64_t end)
{
    const dots_args *args = arguments;
    for (int64_t i = begin; i < end; i++) {
        const gan_sum_args row = {.x = args->x + i * args->columns, .y = args->y + i * args->columns};
        args->out[i] = (gan_real)((double)args->out[i] + args->dot(&row, 0, args->columns));
    }
}

void gan_add_row_dots(gan_context *context, int64_t rows, int64_t columns, const gan_real *x, const gan_real *y,
                      gan_real *out)
{
    const dots_args args = {TABLE->dot, columns, x, y, out};
    gan_range_run(context, add_row_dots, &args, rows, columns < GAN_BLOCK ? GAN_BLOCK / columns : 1);
}

typedef struct distances_work {
    gan_sum_fn squared_differences;
    int64_t rows, columns, block;
    const gan_real *x;
    double partial[MOST_PARTIALS];
} distances_work;

/* Distances from each row of a block to all rows below it. */
static void distances_task(void *argument, int64_t index)
{
    distances_work *work = argument;
    double sum = 0;
    for (int64_t i = index * work->block; i < (index + 1) * work->block && i < work->rows; i++) {
        for (int64_t j = i + 1; j < work->rows; j++) {
            const gan_sum_args pair = {.x = work->x + i * work->columns, .y = work->x + j * work->columns};
            sum += sqrt(work->squared_differences(&pair, 0, work->columns));
        }
    }
    work->partial[index] = sum;
}

double gan_mean_distance(gan_context *context, int64_t rows, int64_t columns, const gan_real *x)
{
    distances_work work = {TABLE->squared_differences, rows, columns, rows / MOST_PARTIALS + 1, x, {0}};
    int64_t blocks = (rows + work.block - 1) / work.block;
    gan_parallel(context, distances_task, &work, blocks);
    double sum = 0, pairs = (double)rows * (double)(rows - 1) / 2;
    for (int64_t i = 0; i < blocks; i++) sum += work.partial[i];
    return sum / pairs;
}
