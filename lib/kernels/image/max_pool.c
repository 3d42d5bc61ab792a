/* Max pooling. A pass goes over the positions in a window, row by row, and at each over the windows of a row; the
 * loops over pixels are in max_pool_isa.c. What a window chose is found again by comparing positions, so that no two
 * tasks write to one pixel. */
#include "kernels/blocks/blocks.h"
#include "kernels/image/image_tables.h"

#include <string.h>

typedef enum pool_pass { TAKE, PICK, SPREAD } pool_pass;

typedef struct pool_work {
    const gan_max_pool_table *table;
    const gan_max_pooling *by;
    pool_pass pass;
    const gan_real *x;
    gan_real *y, *chosen;
} pool_work;

/* Position `position` of the windows of a row: from the first that has it within the image on. */
static void pool_run(const pool_work *work, int64_t row, int64_t column, int64_t input_row, int64_t output_row)
{
    const gan_pool_side *side = &work->by->columns;
    const int64_t channels = work->by->channels, beyond = side->pad - column, last = side->input - 1 + beyond;
    const int64_t first = beyond > 0 ? (beyond + side->stride - 1) / side->stride : 0;
    if (last < 0) return;
    const int64_t end = last / side->stride + 1 < side->output ? last / side->stride + 1 : side->output;
    if (first >= end) return;
    const gan_pixel_runs runs = {end - first, channels, side->stride * channels, channels};
    const gan_real position = (gan_real)(row * side->window + column);
    const int64_t input = (input_row * side->input + first * side->stride - beyond) * channels;
    const int64_t output = (output_row * side->output + first) * channels;
    gan_real *chosen = work->chosen + output;
    switch (work->pass) {
    case TAKE: work->table->take(&runs, position, work->x + input, work->y + output, chosen); break;
    case PICK: work->table->pick(&runs, position, chosen, work->x + input, work->y + output); break;
    case SPREAD: work->table->spread(&runs, position, chosen, work->x + output, work->y + input); break;
    }
}

/* Rows begin <= k < end of the output, counted over the batch. */
static void pool_outputs(const void *arguments, int64_t begin, int64_t end)
{
    const pool_work *work = arguments;
    const gan_pool_side *rows = &work->by->rows, *columns = &work->by->columns;
    const int64_t length = columns->output * work->by->channels;
    for (int64_t k = begin; k < end; k++) {
        const int64_t top = k % rows->output * rows->stride - rows->pad;
        for (int64_t i = k * length; work->pass == TAKE && i < (k + 1) * length; i++) work->chosen[i] = -1;
        for (int64_t r = 0; r < rows->window; r++) {
            if (top + r < 0 || top + r >= rows->input) continue;
            for (int64_t q = 0; q < columns->window; q++)
                pool_run(work, r, q, k / rows->output * rows->input + top + r, k);
        }
    }
}

/* Rows begin <= k < end of the input, likewise. */
static void pool_inputs(const void *arguments, int64_t begin, int64_t end)
{
    const pool_work *work = arguments;
    const gan_pool_side *rows = &work->by->rows, *columns = &work->by->columns;
    const int64_t length = columns->input * work->by->channels;
    for (int64_t k = begin; k < end; k++) {
        const int64_t row = k % rows->input + rows->pad;
        memset(work->y + k * length, 0, (size_t)length * sizeof(*work->y));
        for (int64_t r = 0; r < rows->window && r <= row; r++) {
            const int64_t output = (row - r) / rows->stride;
            if ((row - r) % rows->stride != 0 || output >= rows->output) continue;
            for (int64_t q = 0; q < columns->window; q++)
                pool_run(work, r, q, k, k / rows->input * rows->output + output);
        }
    }
}

static void run(gan_context *context, const gan_max_pooling *by, pool_pass pass, int64_t batch, const gan_real *x,
                gan_real *y, gan_real *chosen)
{
    const pool_work work = {GAN_ISA_SELECT(gan_max_pool_table, context), by, pass, x, y, chosen};
    const bool spreads = pass == SPREAD;
    const int64_t length = by->columns.input * by->channels;
    gan_range_run(context, spreads ? pool_inputs : pool_outputs, &work,
                  batch * (spreads ? by->rows.input : by->rows.output), length < GAN_BLOCK ? GAN_BLOCK / length : 1);
}

void gan_max_pool(gan_context *context, const gan_max_pooling *by, int64_t batch, const gan_real *x, gan_real *y,
                  gan_real *chosen)
{
    run(context, by, TAKE, batch, x, y, chosen);
}

void gan_max_pool_pick(gan_context *context, const gan_max_pooling *by, int64_t batch, const gan_real *chosen,
                       const gan_real *x, gan_real *y)
{
    run(context, by, PICK, batch, x, y, (gan_real *)chosen);
}

void gan_max_pool_spread(gan_context *context, const gan_max_pooling *by, int64_t batch, const gan_real *chosen,
                         const gan_real *dy, gan_real *dx)
{
    run(context, by, SPREAD, batch, dy, dx, (gan_real *)chosen);
}
