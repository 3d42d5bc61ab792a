/* Dot products of all pairs of rows, in double. A task takes a few tiles of rows along all columns, so that several
 * tiles use what it reads of B before it leaves the cache. */
#include "kernels/sums/sums_tables.h"

enum { TASK_TILES = 4 };

bool gan_double_rows_values(int64_t rows, int64_t size, int64_t *values)
{
    return rows <= INT64_MAX - GAN_ROW_TILE &&
           gan_checked_multiply((rows + GAN_ROW_TILE - 1) / GAN_ROW_TILE * GAN_ROW_TILE, size, values);
}

typedef struct pairwise_dot_work {
    const gan_pairwise_dot_table *table;
    const gan_double_rows *a, *b;
    bool upper;
    gan_row_tile_fn visit;
    void *user;
} pairwise_dot_work;

static void pairwise_dot_task(void *argument, int64_t index)
{
    const pairwise_dot_work *work = argument;
    const int64_t first = index * TASK_TILES * GAN_ROW_TILE, last = first + TASK_TILES * GAN_ROW_TILE;
    for (int64_t column = work->upper ? first : 0; column < work->b->rows; column += GAN_ROW_TILE) {
        for (int64_t row = first; row < last && row < work->a->rows; row += GAN_ROW_TILE) {
            double tile[GAN_ROW_TILE * GAN_ROW_TILE];
            if (work->upper && column < row) continue;
            work->table->tile(work->a->size, work->a->values + row * work->a->size,
                              work->b->values + column * work->b->size, tile);
            work->visit(work->user, row, column, tile);
        }
    }
}

void gan_pairwise_dot(gan_context *context, const gan_double_rows *a, const gan_double_rows *b, bool upper,
                      gan_row_tile_fn visit, void *user)
{
    pairwise_dot_work work = {GAN_ISA_SELECT(gan_pairwise_dot_table, context), a, b, upper, visit, user};
    const int64_t task_rows = TASK_TILES * GAN_ROW_TILE;
    gan_parallel(context, pairwise_dot_task, &work, (a->rows + task_rows - 1) / task_rows);
}
