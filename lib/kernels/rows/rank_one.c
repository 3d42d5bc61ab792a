/* A matrix of rank one, added to another. The loop is in columns/columns_isa.c. */
#include "kernels/columns/columns.h"
#include "kernels/rows/rows.h"

typedef struct rank_one_work {
    const gan_columns_table *table;
    gan_column_grid grid;
    gan_real a, b;
    const gan_real *x, *u, *v;
    gan_real *y;
} rank_one_work;

static void rank_one_task(void *argument, int64_t index)
{
    const rank_one_work *work = argument;
    int64_t row, column;
    gan_column_block block = gan_column_grid_block(&work->grid, index, &row, &column);
    int64_t first = row * work->grid.columns + column;
    work->table->add_rank_one(&block, work->a, work->x + first, work->b, work->u + row, work->v + column,
                              work->y + first);
}

void gan_add_rank_one(gan_context *context, int64_t rows, int64_t columns, gan_real a, const gan_real *x, gan_real b,
                      const gan_real *u, const gan_real *v, gan_real *y)
{
    rank_one_work work = {.table = GAN_ISA_SELECT(gan_columns_table, context),
                          .grid = gan_column_grid_make(rows, columns),
                          .a = a,
                          .b = b,
                          .x = x,
                          .u = u,
                          .v = v,
                          .y = y};
    gan_blocks_run(context, rank_one_task, &work, work.grid.blocks);
}
