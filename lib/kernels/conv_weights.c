/* The gradient of a convolution's weights, without patches in memory:
 *
 *     dw[f, (kh, kw, c)] += sum over positions p of dy[p, f] * x[window(p) + (kh, kw, c)]
 *
 * Rows are filters, read from dy where it is. A panel is some columns of dw; the values of the windows there are
 * packed for some positions at a time, only for those whose windows have any of these columns on the image. When
 * there are few panels, the lines of the outputs are split into parts with a sum each, and these are added in order
 * at the end. */
#include "kernels/products.h"

#include <string.h>

enum {
    PARTS = 32,          /* most parts */
    ENOUGH_TASKS = 24,   /* that keep all threads of a usual machine busy to the end */
    PART_POSITIONS = 256 /* least positions of a part */
};

typedef struct weights_work {
    const gan_product_table *table;
    const gan_conv *conv;
    int64_t columns; /* kernel_h * kernel_w * channels */
    int64_t panels, parts;
    int64_t lines;           /* batch * out_height: lines of the outputs */
    int64_t panel_positions; /* that are packed at a time */
    const gan_real *x, *dy;
    gan_real *dw, *sums; /* of the parts; sums is NULL when there is one */
} weights_work;

/* Columns of a panel in one row of the kernel: values begin .. end - 1 of that row, at column `at` of the panel. */
typedef struct panel_piece {
    int64_t kernel_line, begin, end, at;
} panel_piece;

/* The next piece from column `*column` of the panel on. */
static panel_piece next_piece(const weights_work *work, const gan_panel *panel, int64_t *column)
{
    int64_t row_values = work->conv->kernel_w * work->conv->channels;
    int64_t first = panel->first + *column, left = panel->columns - *column;
    panel_piece piece = {.kernel_line = first / row_values, .begin = first % row_values, .at = *column};
    piece.end = piece.begin + left < row_values ? piece.begin + left : row_values;
    *column += piece.end - piece.begin;
    return piece;
}

/* Positions `begin` .. `end` - 1 of an axis have values first .. last - 1 of their window on the image, some of them
 * (all == false) or all. */
static void positions_on_image(int64_t positions, int64_t stride, int64_t origin, int64_t inputs, int64_t first,
                               int64_t last, bool all, int64_t *begin, int64_t *end)
{
    /* q * stride + origin + low >= 0 and q * stride + origin + high < inputs */
    int64_t low = all ? first : last - 1, high = all ? last - 1 : first;
    int64_t before = -(origin + low), room = inputs - 1 - origin - high;
    *begin = before > 0 ? (before + stride - 1) / stride : 0;
    *end = room < 0 ? 0 : room / stride + 1;
    if (*end > positions) *end = positions;
    if (*begin > *end) *begin = *end;
}

/* What all positions of a line share. */
typedef struct panel_range {
    int64_t kernel_first, kernel_last; /* rows of the kernel in the panel */
    int64_t begin, end;                /* positions of a line that see any of its columns */
} panel_range;

static panel_range panel_range_make(const weights_work *work, const gan_panel *panel)
{
    const gan_conv *c = work->conv;
    panel_range range = {.kernel_first = INT64_MAX, .begin = INT64_MAX};
    for (int64_t column = 0; column < panel->columns;) {
        int64_t begin, end;
        panel_piece piece = next_piece(work, panel, &column);
        if (piece.kernel_line < range.kernel_first) range.kernel_first = piece.kernel_line;
        if (piece.kernel_line >= range.kernel_last) range.kernel_last = piece.kernel_line + 1;
        positions_on_image(c->out_width, c->stride_w * c->channels, -c->pad_left * c->channels,
                           c->width * c->channels, piece.begin, piece.end, false, &begin, &end);
        if (begin < range.begin) range.begin = begin;
        if (end > range.end) range.end = end;
    }
    return range;
}

/* Packs `count` positions from `first` on of one line: to[i * width + at ...] = the values of the piece. */
static void pack_piece(const weights_work *work, const panel_piece *piece, int64_t line, int64_t first, int64_t count,
                       int64_t width, gan_real *to)
{
    const gan_conv *c = work->conv;
    int64_t in_line = line % c->out_height * c->stride_h - c->pad_top + piece->kernel_line;
    int64_t line_values = c->width * c->channels, step = c->stride_w * c->channels,
            origin = -c->pad_left * c->channels;
    int64_t length = piece->end - piece->begin, begin, end;
    const gan_real *from = work->x;
    positions_on_image(c->out_width, step, origin, line_values, piece->begin, piece->end, true, &begin, &end);
    if (in_line >= 0 && in_line < c->height) {
        from += (line / c->out_height * c->height + in_line) * line_values;
    } else {
        line_values = 0;
    }
    for (int64_t q = first; q < first + count; q++) {
        int64_t value = q * step + origin + piece->begin;
        gan_real *row = to + (q - first) * width + piece->at;
        if (q >= begin && q < end && line_values > 0) {
            int64_t run = (end < first + count ? end : first + count) - q;
            work->table->copy(run, length, length, from + value, step, row, width);
            q += run - 1;
            continue;
        }
        for (int64_t i = 0; i < length; i++) row[i] = value + i >= 0 && value + i < line_values ? from[value + i] : 0;
    }
}

/* Adds what has been packed to the columns of the panel, for all filters. */
static void multiply(const weights_work *work, const gan_panel *panel, gan_tile *tile, gan_real *sums)
{
    gan_row_block block;
    for (int64_t first = 0; first < work->conv->filters; first += GAN_ROW_BLOCK) {
        int64_t left = work->conv->filters - first;
        block.rows = left < GAN_ROW_BLOCK ? left : GAN_ROW_BLOCK;
        for (int64_t i = 0; i < block.rows; i++) {
            block.a[i] = work->dy + first + i;
            block.c[i] = sums + (first + i) * work->columns + panel->first;
        }
        gan_row_block_run(work->table, tile, &block, false);
    }
    tile->accumulate = true;
    tile->segment_count = 0;
}

static void weights_task(void *argument, int64_t index)
{
    const weights_work *work = argument;
    const gan_conv *c = work->conv;
    _Alignas(64) gan_real packed[GAN_PANEL_BYTES / sizeof(gan_real)];
    gan_segment segments[GAN_SEGMENTS];
    gan_panel panel = gan_panel_at(work->table, work->columns, index % work->panels);
    panel_range range = panel_range_make(work, &panel);
    int64_t part = index / work->panels, k = 0;
    int64_t last_line = (part + 1) * work->lines / work->parts;
    gan_real *sums = work->sums ? work->sums + part * c->filters * work->columns : work->dw;
    gan_tile tile = {.a_step = c->filters,
                     .b = packed,
                     .b_step = panel.width,
                     .width = panel.width,
                     .segments = segments,
                     .columns = panel.columns,
                     .c_step = 1,
                     .accumulate = !work->sums};
    if (panel.columns < panel.width) memset(packed, 0, sizeof(packed));
    for (int64_t line = part * work->lines / work->parts; line < last_line; line++) {
        int64_t top = line % c->out_height * c->stride_h - c->pad_top;
        if (top + range.kernel_last <= 0 || top + range.kernel_first >= c->height) continue;
        for (int64_t q = range.begin; q < range.end;) {
            int64_t room = work->panel_positions - k, count = range.end - q < room ? range.end - q : room;
            for (int64_t column = 0; column < panel.columns;) {
                panel_piece piece = next_piece(work, &panel, &column);
                pack_piece(work, &piece, line, q, count, panel.width, packed + k * panel.width);
            }
            segments[tile.segment_count++] = (gan_segment){(line * c->out_width + q) * c->filters, k, count};
            q += count;
            k += count;
            if (k == work->panel_positions || tile.segment_count == GAN_SEGMENTS) {
                multiply(work, &panel, &tile, sums);
                k = 0;
            }
        }
    }
    if (k > 0 || !tile.accumulate) multiply(work, &panel, &tile, sums);
}

/* dw += the sums of the parts, some rows at a time. */
static void add_parts(void *argument, int64_t filter)
{
    const weights_work *work = argument;
    gan_real *restrict to = work->dw + filter * work->columns;
    for (int64_t part = 0; part < work->parts; part++) {
        const gan_real *restrict from = work->sums + (part * work->conv->filters + filter) * work->columns;
        for (int64_t i = 0; i < work->columns; i++) to[i] += from[i];
    }
}

static weights_work weights_work_make(const gan_context *context, const gan_conv *conv, int64_t batch)
{
    weights_work work = {.table = GAN_ISA_SELECT(gan_product_table, context), .conv = conv};
    work.columns = conv->kernel_h * conv->kernel_w * conv->channels;
    work.panels = gan_panel_count(work.table, work.columns);
    work.lines = batch * conv->out_height;
    work.panel_positions = GAN_PANEL_BYTES / (int64_t)sizeof(gan_real) / work.table->width;
    work.parts = (ENOUGH_TASKS + work.panels - 1) / work.panels;
    int64_t most = work.lines * conv->out_width / PART_POSITIONS;
    if (work.panels >= ENOUGH_TASKS / 2 || most < 1) most = 1;
    if (most > work.lines) most = work.lines;
    if (most > PARTS) most = PARTS;
    if (work.parts > most) work.parts = most;
    return work;
}

int64_t gan_conv_weights_scratch(const gan_context *context, const gan_conv *conv, int64_t batch)
{
    weights_work work = weights_work_make(context, conv, batch);
    return work.parts > 1 ? work.parts * conv->filters * work.columns + GAN_SCRATCH_SLACK : 0;
}

void gan_conv_weights_backward(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                               const gan_real *dy, gan_real *dw, gan_real *scratch)
{
    weights_work work = weights_work_make(context, conv, batch);
    double multiply_adds = (double)(work.lines * conv->out_width) * (double)(work.columns * conv->filters);
    work.x = x;
    work.dy = dy;
    work.dw = dw;
    work.sums = work.parts > 1 ? gan_scratch_align(scratch) : NULL;
    gan_product_parallel(context, weights_task, &work, work.panels * work.parts, multiply_adds);
    if (work.sums)
        gan_product_parallel(context, add_parts, &work, conv->filters,
                             (double)(work.parts * conv->filters) * (double)work.columns);
}
