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

typedef struct squares_work {
    const gan_reduce_table *table;
    const gan_real *x;
    int64_t count, block;
    double partial[MOST_PARTIALS];
} squares_work;

static void squares_task(void *argument, int64_t index)
{
    squares_work *work = argument;
    int64_t begin = index * work->block, left = work->count - begin;
    work->partial[index] = work->table->sum_of_squares(work->x + begin, left < work->block ? left : work->block);
}

double gan_sum_of_squares(gan_context *context, int64_t count, const gan_real *x)
{
    squares_work work = {.table = GAN_ISA_SELECT(gan_reduce_table, context), .x = x, .count = count};
    work.block = count / MOST_PARTIALS < GAN_BLOCK ? GAN_BLOCK : count / MOST_PARTIALS + 1;
    int64_t blocks = (count + work.block - 1) / work.block;
    gan_blocks_run(context, squares_task, &work, blocks);
    double sum = 0;
    for (int64_t i = 0; i < blocks; i++) sum += work.partial[i];
    return sum;
}

typedef struct norms_args {
    const gan_reduce_table *table;
    int64_t columns;
    const gan_real *x;
    gan_real *norms;
} norms_args;

static void row_norms(const void *arguments, int64_t begin, int64_t end)
{
    const norms_args *args = arguments;
    for (int64_t i = begin; i < end; i++)
        args->norms[i] = (gan_real)sqrt(args->table->sum_of_squares(args->x + i * args->columns, args->columns));
}

void gan_row_norms(gan_context *context, int64_t rows, int64_t columns, const gan_real *x, gan_real *norms)
{
    norms_args args = {GAN_ISA_SELECT(gan_reduce_table, context), columns, x, norms};
    gan_range_run(context, row_norms, &args, rows, columns < GAN_BLOCK ? GAN_BLOCK / columns : 1);
}
