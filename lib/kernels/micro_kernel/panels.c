/* How rows are cut into tiles, columns into panels, and products into tasks. */
#include "kernels/micro_kernel/micro_kernel.h"

/* A task should do this many multiply-adds: some 10 microseconds of one thread. */
#define TASK_MULTIPLY_ADDS (1 << 20)
/* Below this, all tasks of a product together are not worth handing over to other threads. */
#define SERIAL_MULTIPLY_ADDS (1 << 16)

enum { DOT_ROWS = 16 };

void gan_row_block_run(const gan_micro_kernel_table *table, gan_tile *tile, const gan_row_block *block, bool dot)
{
    const int64_t most = dot ? DOT_ROWS : table->rows;
    const int64_t tiles = (block->rows + most - 1) / most;
    const gan_real *row_bias = tile->row_bias;
    for (int64_t t = 0; t < tiles; t++) {
        const int64_t first = dot ? t * most : t * block->rows / tiles;
        const int64_t last = dot ? first + most : (t + 1) * block->rows / tiles;
        tile->rows = (last < block->rows ? last : block->rows) - first;
        tile->a = block->a + first;
        tile->c = block->c + first;
        if (row_bias) tile->row_bias = row_bias + first;
        if (dot) {
            table->dot(tile);
        } else {
            table->tile(tile);
        }
    }
    tile->row_bias = row_bias;
}

/* The columns after the wide panels take one wide panel, or a vector and then a narrow one, whichever wastes less. */
static gan_panel last_panel(const gan_micro_kernel_table *table, int64_t first, int64_t left)
{
    int64_t width = left > table->vector + table->narrow ? table->width
                    : left > table->narrow               ? table->vector
                                                         : table->narrow;
    return (gan_panel){first, left < width ? left : width, width};
}

gan_panel gan_panel_at(const gan_micro_kernel_table *table, int64_t columns, int64_t index)
{
    int64_t wide = columns / table->width;
    if (index < wide) return (gan_panel){index * table->width, table->width, table->width};
    gan_panel panel = last_panel(table, wide * table->width, columns - wide * table->width);
    if (index == wide) return panel;
    int64_t first = panel.first + panel.columns;
    return last_panel(table, first, columns - first);
}

int64_t gan_panel_count(const gan_micro_kernel_table *table, int64_t columns)
{
    int64_t wide = columns / table->width, left = columns % table->width;
    if (left == 0) return wide;
    return wide + (last_panel(table, 0, left).columns == left ? 1 : 2);
}

int64_t gan_panel_total(const gan_micro_kernel_table *table, int64_t columns)
{
    if (columns == 0) return 0;
    gan_panel last = gan_panel_at(table, columns, gan_panel_count(table, columns) - 1);
    return last.first + last.width;
}

int64_t gan_block_rows(const gan_micro_kernel_table *table, int64_t rows, int64_t columns, int64_t k)
{
    int64_t width = columns < table->width ? columns : table->width;
    int64_t most = TASK_MULTIPLY_ADDS / (width * (k > 0 ? k : 1));
    if (most < 2 * table->rows) most = 2 * table->rows;
    if (most > GAN_ROW_BLOCK) most = GAN_ROW_BLOCK;
    most -= most % table->rows;
    return rows < most ? rows : most;
}

typedef struct parts_work {
    int64_t parts, rows, columns;
    const gan_real *sums;
    gan_real *out;
} parts_work;

static void add_row(void *argument, int64_t row)
{
    const parts_work *work = argument;
    gan_real *restrict to = work->out + row * work->columns;
    for (int64_t part = 0; part < work->parts; part++) {
        const gan_real *restrict from = work->sums + (part * work->rows + row) * work->columns;
        for (int64_t i = 0; i < work->columns; i++) to[i] += from[i];
    }
}

void gan_parts_add(gan_context *context, int64_t parts, int64_t rows, int64_t columns, const gan_real *sums,
                   gan_real *out)
{
    parts_work work = {.parts = parts, .rows = rows, .columns = columns, .sums = sums, .out = out};
    gan_multiply_parallel(context, add_row, &work, rows, (double)(parts * rows) * (double)columns);
}

void gan_multiply_parallel(gan_context *context, gan_task_fn task, void *argument, int64_t count,
                           double multiply_adds)
{
    if (multiply_adds >= SERIAL_MULTIPLY_ADDS) {
        gan_parallel(context, task, argument, count);
    } else {
        for (int64_t i = 0; i < count; i++) task(argument, i);
    }
}
