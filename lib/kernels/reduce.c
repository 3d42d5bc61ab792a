/* Sums: each block's by a loop of block_columns.c or block_reduce.c, then the blocks' in their order, in double. */
#include "kernels/blocks.h"

#include <math.h>

void gan_join_sums(const gan_column_grid *grid, const gan_real *partial, int64_t first, int64_t count,
                   double out[GAN_STRIP])
{
    for (int64_t j = 0; j < count; j++) out[j] = 0;
    for (int64_t i = 0; i < grid->row_blocks; i++) {
        const gan_real *block = partial + i * grid->columns + first;
        for (int64_t j = 0; j < count; j++) out[j] += (double)block[j];
    }
}

typedef struct sums_work {
    const gan_columns_table *table;
    gan_column_grid grid;
    const gan_real *x;
    gan_real *partial; /* (row_blocks, columns) */
} sums_work;

static void sums_task(void *argument, int64_t index)
{
    const sums_work *work = argument;
    int64_t row, column;
    gan_column_block block = gan_column_grid_block(&work->grid, index, &row, &column);
    int64_t columns = work->grid.columns;
    work->table->sums(&block, work->x + row * columns + column,
                      work->partial + row / work->grid.block_rows * columns + column);
}

int64_t gan_column_sums_scratch(int64_t rows, int64_t columns)
{
    return gan_column_grid_make(rows, columns).row_blocks * columns;
}

void gan_column_sums(gan_context *context, int64_t rows, int64_t columns, const gan_real *x, gan_real *out,
                     gan_real *scratch)
{
    sums_work work = {GAN_ISA_SELECT(gan_columns_table, context), gan_column_grid_make(rows, columns), x, scratch};
    gan_blocks_run(context, sums_task, &work, work.grid.blocks);
    for (int64_t first = 0; first < columns; first += GAN_STRIP) {
        int64_t count = columns - first < GAN_STRIP ? columns - first : GAN_STRIP;
        double sum[GAN_STRIP];
        gan_join_sums(&work.grid, scratch, first, count, sum);
        for (int64_t j = 0; j < count; j++) out[first + j] = (gan_real)((double)out[first + j] + sum[j]);
    }
}

/* Partial sums lie on the stack: blocks grow with the array so that there are never more. */
enum { MOST_PARTIALS = 256 };

typedef struct reduce_work {
    gan_reduce_fn sum;
    gan_reduce_args args;
    int64_t count, block;
    double partial[MOST_PARTIALS];
} reduce_work;

static void reduce_task(void *argument, int64_t index)
{
    reduce_work *work = argument;
    int64_t begin = index * work->block, left = work->count - begin;
    work->partial[index] = work->sum(&work->args, begin, begin + (left < work->block ? left : work->block));
}

static double reduce(gan_context *context, gan_reduce_fn sum_of, int64_t count, gan_reduce_args args)
{
    reduce_work work = {.sum = sum_of, .args = args, .count = count};
    work.block = count / MOST_PARTIALS < GAN_BLOCK ? GAN_BLOCK : count / MOST_PARTIALS + 1;
    int64_t blocks = (count + work.block - 1) / work.block;
    gan_blocks_run(context, reduce_task, &work, blocks);
    double sum = 0;
    for (int64_t i = 0; i < blocks; i++) sum += work.partial[i];
    return sum;
}

#define TABLE GAN_ISA_SELECT(gan_reduce_table, context)

double gan_sum_of_squares(gan_context *context, int64_t count, const gan_real *x)
{
    return reduce(context, TABLE->squares, count, (gan_reduce_args){.x = x});
}

double gan_dot(gan_context *context, int64_t count, const gan_real *x, const gan_real *y)
{
    return reduce(context, TABLE->products, count, (gan_reduce_args){.x = x, .y = y});
}

double gan_squared_distance(gan_context *context, int64_t count, const gan_real *x, const gan_real *y)
{
    return reduce(context, TABLE->squared_differences, count, (gan_reduce_args){.x = x, .y = y});
}

int64_t gan_count_outside(gan_context *context, int64_t count, gan_real low, gan_real high, const gan_real *x)
{
    return (int64_t)reduce(context, TABLE->outside, count, (gan_reduce_args){.x = x, .low = low, .high = high});
}

/* ---- Rows ------------------------------------------------------------------------------------------------------ */

typedef struct norms_args {
    gan_reduce_fn squares;
    int64_t columns;
    const gan_real *x;
    gan_real *norms;
} norms_args;

static void row_norms(const void *arguments, int64_t begin, int64_t end)
{
    const norms_args *args = arguments;
    for (int64_t i = begin; i < end; i++) {
        const gan_reduce_args row = {.x = args->x + i * args->columns};
        args->norms[i] = (gan_real)sqrt(args->squares(&row, 0, args->columns));
    }
}

void gan_row_norms(gan_context *context, int64_t rows, int64_t columns, const gan_real *x, gan_real *norms)
{
    norms_args args = {TABLE->squares, columns, x, norms};
    gan_range_run(context, row_norms, &args, rows, columns < GAN_BLOCK ? GAN_BLOCK / columns : 1);
}

typedef struct distances_work {
    gan_reduce_fn squared_differences;
    int64_t rows, columns, block;
    const gan_real *x;
    double partial[MOST_PARTIALS];
} distances_work;

/* Distances of the rows of a block to all rows below each. */
static void distances_task(void *argument, int64_t index)
{
    distances_work *work = argument;
    double sum = 0;
    for (int64_t i = index * work->block; i < (index + 1) * work->block && i < work->rows; i++) {
        for (int64_t j = i + 1; j < work->rows; j++) {
            const gan_reduce_args pair = {.x = work->x + i * work->columns, .y = work->x + j * work->columns};
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
