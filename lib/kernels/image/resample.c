/* Resampling of images. Along each side, a sparse matrix M maps a small image to a large one. The weights of one tap
 * lie on a line of M: small pixel s + m and large pixel l + stride m, m = 0, 1, ..., share one weight. M for rows and
 * M for columns enlarge an image, their transposes reduce it. One task sums each row of the result, tap by tap. The
 * loop over pixels is in resample_isa.c. */
#include "kernels/blocks/blocks.h"
#include "kernels/image/image_tables.h"

#include <string.h>

/* ---- Taps ------------------------------------------------------------------------------------------------------ */

/* `count` weights of M on a line, perhaps none. */
typedef struct tap {
    int64_t small, large, count;
    gan_real weight;
} tap;

/* Windows have one tap per pixel. Interpolation by a factor f has 4 f: each of the f large pixels that a small one
 * becomes lies between two, and the pixel at the border replaces one beyond it. */
static int64_t count_taps(const gan_resample_side *side)
{
    return side->interpolated ? 4 * side->stride : side->window;
}

/* Large pixel f q + p lies at q + (p + 1/2) / f - 1/2 among the small ones: between q + before and the next. */
static tap find_interpolated_tap(const gan_resample_side *side, int64_t index)
{
    const int64_t factor = side->stride, p = index / 4;
    const bool next = index / 2 % 2 == 1, at_border = index % 2 == 1;
    const int64_t before = 2 * p + 1 < factor ? -1 : 0, moved = before + next;
    const double share = ((double)p + 0.5) / (double)factor - 0.5 - (double)before;
    const gan_real weight = side->weight * (gan_real)(next ? share : 1 - share);
    if (at_border) {
        const int64_t q = moved < 0 ? 0 : side->small - 1;
        return (tap){q, q * factor + p, moved != 0, weight};
    }
    const int64_t q = moved < 0 ? 1 : 0;
    return (tap){q + moved, q * factor + p, side->small - (moved != 0), weight};
}

static tap find_tap(const gan_resample_side *side, int64_t index)
{
    if (side->interpolated) return find_interpolated_tap(side, index);
    return (tap){0, index, side->small, side->weight};
}

/* ---- Rows ------------------------------------------------------------------------------------------------------ */

typedef struct resample_work {
    const gan_resample_table *table;
    const gan_resampling *by;
    bool enlarges;
    const gan_real *x;
    gan_real *y;
} resample_work;

/* The row of x that a tap adds to a row of y, or -1. */
static int64_t find_row(const resample_work *work, const tap *by, int64_t row)
{
    const int64_t stride = work->by->rows.stride, from = row - (work->enlarges ? by->large : by->small);
    const int64_t m = work->enlarges ? from / stride : from;
    if (from < 0 || m >= by->count || (work->enlarges && from % stride != 0)) return -1;
    return work->enlarges ? by->small + m : by->large + m * stride;
}

/* y += weight times x resampled by the columns' taps; x and y are one row. */
static void add_row(const resample_work *work, gan_real weight, const gan_real *x, gan_real *y)
{
    const gan_resample_side *columns = &work->by->columns;
    const int64_t channels = work->by->channels, step = columns->stride * channels, taps = count_taps(columns);
    for (int64_t k = 0; k < taps; k++) {
        const tap at = find_tap(columns, k);
        const gan_pixel_runs runs = {.pixels = at.count,
                                     .channels = channels,
                                     .x_step = work->enlarges ? channels : step,
                                     .y_step = work->enlarges ? step : channels};
        const int64_t source = work->enlarges ? at.small : at.large, target = work->enlarges ? at.large : at.small;
        work->table->add_pixels(&runs, weight * at.weight, x + source * channels, y + target * channels);
    }
}

static int64_t length(const gan_resample_side *side, bool large)
{
    return large ? side->large : side->small;
}

/* Rows begin <= k < end of the result, counted over the batch. */
static void resample_range(const void *arguments, int64_t begin, int64_t end)
{
    const resample_work *work = arguments;
    const gan_resample_side *rows = &work->by->rows, *columns = &work->by->columns;
    const int64_t x_rows = length(rows, !work->enlarges), y_rows = length(rows, work->enlarges);
    const int64_t x_row = length(columns, !work->enlarges) * work->by->channels;
    const int64_t y_row = length(columns, work->enlarges) * work->by->channels, taps = count_taps(rows);
    for (int64_t k = begin; k < end; k++) {
        gan_real *y = work->y + k * y_row;
        memset(y, 0, (size_t)y_row * sizeof(*y));
        for (int64_t t = 0; t < taps; t++) {
            const tap at = find_tap(rows, t);
            const int64_t row = find_row(work, &at, k % y_rows);
            if (row >= 0) add_row(work, at.weight, work->x + (k / y_rows * x_rows + row) * x_row, y);
        }
    }
}

static void resample(gan_context *context, const gan_resampling *by, bool enlarges, int64_t batch, const gan_real *x,
                     gan_real *y)
{
    const resample_work work = {GAN_ISA_SELECT(gan_resample_table, context), by, enlarges, x, y};
    const int64_t row = length(&by->columns, enlarges) * by->channels;
    gan_range_run(context, resample_range, &work, batch * length(&by->rows, enlarges),
                  row < GAN_BLOCK ? GAN_BLOCK / row : 1);
}

void gan_enlarge(gan_context *context, const gan_resampling *by, int64_t batch, const gan_real *small,
                 gan_real *large)
{
    resample(context, by, true, batch, small, large);
}

void gan_reduce(gan_context *context, const gan_resampling *by, int64_t batch, const gan_real *large, gan_real *small)
{
    resample(context, by, false, batch, large, small);
}
