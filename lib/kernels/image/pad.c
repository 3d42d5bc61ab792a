/* Padding of images. One task makes each row of a result: forward a copy of a row of x; for the adjoint the sum of
 * the rows that were copied from it, always in the same order. */
#include "kernels/blocks/blocks.h"
#include "kernels/image/image_tables.h"

#include <string.h>

typedef struct pad_work {
    const gan_resample_table *table;
    const gan_image_padding *by;
    const gan_real *x;
    gan_real *y;
} pad_work;

/* The pixel that pixel i of the padded side shows, or -1. */
static int64_t find_source(const gan_image_padding *by, const gan_pad_side *side, int64_t i)
{
    const int64_t at = i - side->before, last = side->input - 1;
    if (at >= 0 && at <= last) return at;
    switch (by->mode) {
    case GAN_PAD_REFLECTION: return at < 0 ? -at : 2 * last - at;
    case GAN_PAD_REPLICATION: return at < 0 ? 0 : last;
    default: return -1;
    }
}

static int64_t padded(const gan_pad_side *side)
{
    return side->before + side->input + side->after;
}

/* ---- Forward --------------------------------------------------------------------------------------------------- */

/* Pixels begin <= i < end of a padded row, which lie beyond x. */
static void copy_beyond(const pad_work *work, const gan_real *x, int64_t begin, int64_t end, gan_real *y)
{
    const gan_pad_side *columns = &work->by->columns;
    const int64_t channels = work->by->channels;
    const size_t pixel = (size_t)channels * sizeof(*y);
    for (int64_t i = begin; i < end; i++) {
        const int64_t source = find_source(work->by, columns, i);
        if (source < 0) {
            memset(y + i * channels, 0, pixel);
        } else {
            memcpy(y + i * channels, x + source * channels, pixel);
        }
    }
}

/* Rows begin <= k < end of the padded images, counted over the batch. */
static void pad_range(const void *arguments, int64_t begin, int64_t end)
{
    const pad_work *work = arguments;
    const gan_pad_side *rows = &work->by->rows, *columns = &work->by->columns;
    const int64_t y_rows = padded(rows), y_columns = padded(columns), channels = work->by->channels;
    for (int64_t k = begin; k < end; k++) {
        const int64_t source = find_source(work->by, rows, k % y_rows);
        gan_real *y = work->y + k * y_columns * channels;
        if (source < 0) {
            memset(y, 0, (size_t)(y_columns * channels) * sizeof(*y));
            continue;
        }
        const gan_real *x = work->x + (k / y_rows * rows->input + source) * columns->input * channels;
        memcpy(y + columns->before * channels, x, (size_t)(columns->input * channels) * sizeof(*y));
        copy_beyond(work, x, 0, columns->before, y);
        copy_beyond(work, x, columns->before + columns->input, y_columns, y);
    }
}

/* ---- Adjoint --------------------------------------------------------------------------------------------------- */

static void add_pixels(const pad_work *work, int64_t pixels, const gan_real *dy, gan_real *dx)
{
    const int64_t channels = work->by->channels;
    const gan_pixel_runs runs = {pixels, channels, channels, channels};
    work->table->add_pixels(&runs, 1, dy, dx);
}

/* dx += the pixels begin <= i < end of a padded row, each to what it shows. */
static void add_beyond(const pad_work *work, const gan_real *dy, int64_t begin, int64_t end, gan_real *dx)
{
    const int64_t channels = work->by->channels;
    for (int64_t i = begin; i < end; i++) {
        const int64_t source = find_source(work->by, &work->by->columns, i);
        if (source >= 0) add_pixels(work, 1, dy + i * channels, dx + source * channels);
    }
}

/* The rows of dy that showed row `row` of x, but for the one in its own place. Reflection has at most one on each
 * side, replication shows the outermost rows at all places beyond them. */
static void add_rows_beyond(const pad_work *work, const gan_real *dy, int64_t row, gan_real *dx)
{
    const gan_pad_side *rows = &work->by->rows, *columns = &work->by->columns;
    const int64_t channels = work->by->channels, length = padded(columns) * channels, last = rows->input - 1;
    const int64_t first[2] = {0, rows->before + rows->input}, count[2] = {rows->before, rows->after};
    const bool is_outermost[2] = {row == 0, row == last};
    const int64_t mirrored[2] = {rows->before - row, rows->before + 2 * last - row};
    for (int i = 0; i < 2; i++) {
        int64_t begin = first[i], end = first[i] + count[i];
        if (work->by->mode == GAN_PAD_REFLECTION) {
            if (mirrored[i] < begin || mirrored[i] >= end) continue;
            begin = mirrored[i];
            end = begin + 1;
        } else if (!is_outermost[i]) {
            continue;
        }
        for (int64_t k = begin; k < end; k++) {
            add_pixels(work, columns->input, dy + k * length + columns->before * channels, dx);
            add_beyond(work, dy + k * length, 0, columns->before, dx);
            add_beyond(work, dy + k * length, columns->before + columns->input, padded(columns), dx);
        }
    }
}

/* Rows begin <= k < end of the images, likewise. */
static void fold_range(const void *arguments, int64_t begin, int64_t end)
{
    const pad_work *work = arguments;
    const gan_pad_side *rows = &work->by->rows, *columns = &work->by->columns;
    const int64_t channels = work->by->channels, length = padded(columns) * channels;
    for (int64_t k = begin; k < end; k++) {
        const gan_real *dy = work->x + k / rows->input * padded(rows) * length;
        const gan_real *own = dy + (rows->before + k % rows->input) * length;
        gan_real *dx = work->y + k * columns->input * channels;
        memcpy(dx, own + columns->before * channels, (size_t)(columns->input * channels) * sizeof(*dx));
        if (work->by->mode == GAN_PAD_ZERO) continue;
        add_beyond(work, own, 0, columns->before, dx);
        add_beyond(work, own, columns->before + columns->input, padded(columns), dx);
        add_rows_beyond(work, dy, k % rows->input, dx);
    }
}

static void run(gan_context *context, gan_range_fn range, const gan_image_padding *by, int64_t rows,
                const gan_real *x, gan_real *y)
{
    const pad_work work = {GAN_ISA_SELECT(gan_resample_table, context), by, x, y};
    const int64_t length = padded(&by->columns) * by->channels;
    gan_range_run(context, range, &work, rows, length < GAN_BLOCK ? GAN_BLOCK / length : 1);
}

void gan_pad_images(gan_context *context, const gan_image_padding *by, int64_t batch, const gan_real *x, gan_real *y)
{
    run(context, pad_range, by, batch * padded(&by->rows), x, y);
}

void gan_fold_padding(gan_context *context, const gan_image_padding *by, int64_t batch, const gan_real *dy,
                      gan_real *dx)
{
    run(context, fold_range, by, batch * by->rows.input, dy, dx);
}
