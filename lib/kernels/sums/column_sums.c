/* Sums of columns: each block's by a loop of columns/columns_isa.c, then the blocks' in order, in double. */
#include "kernels/columns/columns.h"
#include "kernels/sums/sums.h"

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
