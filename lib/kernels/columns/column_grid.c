/* Cutting a matrix into blocks, and joining their sums. */
#include "kernels/columns/columns.h"

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

void gan_join_sums(const gan_column_grid *grid, const gan_real *partial, int64_t first, int64_t count,
                   double out[GAN_STRIP])
{
    for (int64_t j = 0; j < count; j++) out[j] = 0;
    for (int64_t i = 0; i < grid->row_blocks; i++) {
        const gan_real *block = partial + i * grid->columns + first;
        for (int64_t j = 0; j < count; j++) out[j] += (double)block[j];
    }
}
