/* How passes over data are cut into blocks. */
#include "kernels/blocks.h"

typedef struct range_work {
    gan_range_fn range;
    const void *args;
    int64_t count, block;
} range_work;

static void range_task(void *argument, int64_t index)
{
    const range_work *work = argument;
    int64_t begin = index * work->block;
    int64_t left = work->count - begin;
    work->range(work->args, begin, begin + (left < work->block ? left : work->block));
}

void gan_blocks_run(gan_context *context, gan_task_fn task, void *argument, int64_t blocks)
{
    if (blocks > 2) {
        gan_parallel(context, task, argument, blocks);
    } else {
        for (int64_t i = 0; i < blocks; i++) task(argument, i);
    }
}

void gan_range_run(gan_context *context, gan_range_fn range, const void *args, int64_t count, int64_t block)
{
    range_work work = {range, args, count, block};
    gan_blocks_run(context, range_task, &work, (count + block - 1) / block);
}

gan_column_grid gan_column_grid_make(int64_t rows, int64_t columns)
{
    gan_column_grid grid = {.rows = rows, .columns = columns};
    grid.block_columns = columns < GAN_BLOCK_COLUMNS ? columns : GAN_BLOCK_COLUMNS;
    grid.block_rows = grid.block_columns > 0 ? GAN_BLOCK / grid.block_columns : 1;
    grid.row_blocks = (rows + grid.block_rows - 1) / grid.block_rows;
    grid.column_blocks = grid.block_columns > 0 ? (columns + grid.block_columns - 1) / grid.block_columns : 0;
    grid.blocks = grid.row_blocks * grid.column_blocks;
    return grid;
}

gan_column_block gan_column_grid_block(const gan_column_grid *grid, int64_t index, int64_t *first_row,
                                       int64_t *first_column)
{
    *first_row = index / grid->column_blocks * grid->block_rows;
    *first_column = index % grid->column_blocks * grid->block_columns;
    int64_t rows = grid->rows - *first_row, columns = grid->columns - *first_column;
    return (gan_column_block){.rows = rows < grid->block_rows ? rows : grid->block_rows,
                              .columns = columns < grid->block_columns ? columns : grid->block_columns,
                              .stride = grid->columns};
}
