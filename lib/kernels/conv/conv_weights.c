/* The gradient of a convolution's weights, without patches in memory:
 *
 *     dw[f, (kh, kw, c)] += sum over positions p of dy[p, f] * x[window(p) + (kh, kw, c)]
 *
 * Rows are filters, read from dy in place. A panel is a few columns of dw; the window values there are packed a few
 * positions at a time, skipping those whose windows have none of these columns on the image. All panels process a
 * stretch of output lines, while it is in the cache, before any goes on to the next. If there are few panels, the
 * lines are split into parts instead, whose sums are added in order at the end.
 *
 * With operands in bfloat16, positions are multiplied in pairs: the same position of two consecutive lines, since
 * both then have the same columns on the image. */
#include "kernels/conv/conv_ways.h"

#include <string.h>

enum {
    PARTS = 32,                /* most parts */
    ENOUGH_TASKS = 24,         /* tasks to keep all threads of a typical machine busy to the end */
    PART_POSITIONS = 256,      /* least positions of a part */
    STRETCH_BYTES = 256 * 1024 /* most of dy in a stretch: stays in the L2 cache */
};

typedef struct weights_work {
    const gan_micro_kernel_table *table;
    const gan_rounding_table *rounded; /* or NULL */
    const gan_conv *conv;
    int64_t columns; /* kernel_h * kernel_w * channels */
    int64_t panels, parts;
    int64_t lines;           /* of the outputs: batch * out_height */
    int64_t together, steps; /* lines multiplied at a time, 1 or 2; how often */
    int64_t panel_positions; /* packed at a time */
    int64_t stretch;         /* steps that all panels take before the next stretch */
    int64_t first, last;     /* of the current stretch: first <= step < last */
    const void *x;           /* uint16_t if rounded, else gan_real */
    const gan_real *dy;
    gan_real *dw, *sums; /* sums: of the parts; NULL if there is only one */
    bool accumulate;
} weights_work;

/* Columns of a panel in one row of the kernel. */
typedef struct panel_piece {
    int64_t kernel_line, at, length; /* the row; its first column in the panel; their number */
    int64_t value;                   /* in an image's line, under the first column of the window at position 0 */
    int64_t begin, end;              /* positions of a line with all of its columns on the image */
} panel_piece;

enum { PIECES = 32 }; /* at least the width of a panel */

/* A panel, and what all output lines share. */
typedef struct weights_panel {
    gan_panel columns;
    panel_piece pieces[PIECES];
    int64_t count;
    int64_t kernel_first, kernel_last; /* rows of the kernel in the panel */
    int64_t begin, end;                /* positions of a line with any of its columns on the image */
} weights_panel;

/* The positions begin <= q < end of a line for which value + low to value + high lie on the image. */
static void positions_on_image(const gan_conv *c, int64_t low, int64_t high, int64_t *begin, int64_t *end)
{
    int64_t step = c->stride_w * c->channels, room = c->width * c->channels - 1 - high;
    *begin = low < 0 ? (step - 1 - low) / step : 0;
    *end = room < 0 ? 0 : gan_least(room / step + 1, c->out_width);
    *begin = gan_least(*begin, *end);
}

static void panel_make(const weights_work *work, int64_t index, weights_panel *panel)
{
    const gan_conv *c = work->conv;
    int64_t row_values = c->kernel_w * c->channels, column = 0;
    panel->columns = gan_panel_at(work->table, work->columns, index);
    panel->count = 0;
    panel->begin = c->out_width;
    panel->end = 0;
    panel->kernel_first = panel->kernel_last = panel->columns.first / row_values;
    while (column < panel->columns.columns) {
        panel_piece *piece = &panel->pieces[panel->count++];
        int64_t in_row = (panel->columns.first + column) % row_values, begin, end;
        piece->kernel_line = (panel->columns.first + column) / row_values;
        piece->at = column;
        piece->length = gan_least(row_values - in_row, panel->columns.columns - column);
        piece->value = in_row - c->pad_left * c->channels;
        positions_on_image(c, piece->value, piece->value + piece->length - 1, &piece->begin, &piece->end);
        positions_on_image(c, piece->value + piece->length - 1, piece->value, &begin, &end);
        panel->begin = gan_least(panel->begin, begin);
        panel->end = panel->end > end ? panel->end : end;
        panel->kernel_last = piece->kernel_line + 1;
        column += piece->length;
    }
}

/* The output lines of one step. */
typedef struct window_lines {
    int64_t image[2]; /* the first value of each line's image in x */
    int64_t top[2];   /* the image's line under the kernel's first row */
} window_lines;

/* False if none of the panel's columns lies on an image there. */
static bool find_lines(const weights_work *work, const weights_panel *panel, int64_t step, window_lines *lines)
{
    const gan_conv *c = work->conv;
    bool seen = false;
    for (int64_t i = 0; i < work->together; i++) {
        int64_t line = step * work->together + i;
        lines->image[i] = line / c->out_height * c->height * c->width * c->channels;
        lines->top[i] = line % c->out_height * c->stride_h - c->pad_top;
        /* The second of the last two may be missing. */
        if (line == work->lines) lines->top[i] = c->height;
        seen = seen || (lines->top[i] + panel->kernel_last > 0 && lines->top[i] + panel->kernel_first < c->height);
    }
    return seen;
}

/* Where the image's line under a piece begins in x; -1 if there is none. */
static int64_t line_begin(const weights_work *work, const panel_piece *piece, const window_lines *lines, int i)
{
    const gan_conv *c = work->conv;
    int64_t line = lines->top[i] + piece->kernel_line;
    return line < 0 || line >= c->height ? -1 : lines->image[i] + line * c->width * c->channels;
}

/* Packs `count` positions of one line, from `first` on: to[i * width + at ...] = the values of the piece. */
static void pack_piece(const weights_work *work, const panel_piece *piece, const window_lines *lines, int64_t first,
                       int64_t count, int64_t width, gan_real *to)
{
    const gan_conv *c = work->conv;
    int64_t step = c->stride_w * c->channels, begin = line_begin(work, piece, lines, 0);
    int64_t line_values = begin < 0 ? 0 : c->width * c->channels;
    bool outside = begin < 0;
    const gan_real *from = (const gan_real *)work->x + (outside ? 0 : begin);
    for (int64_t q = first; q < first + count; q++) {
        int64_t value = q * step + piece->value;
        gan_real *row = to + (q - first) * width + piece->at;
        if (q >= piece->begin && q < piece->end && !outside) {
            int64_t run = gan_least(piece->end, first + count) - q;
            work->table->copy(run, piece->length, piece->length, from + value, step, row, width);
            q += run - 1;
            continue;
        }
        for (int64_t i = 0; i < piece->length; i++)
            row[i] = value + i >= 0 && value + i < line_values ? from[value + i] : 0;
    }
}

/* The same for two lines, each value a pair. */
static void pack_pairs(const weights_work *work, const panel_piece *piece, const window_lines *lines, int64_t first,
                       int64_t count, int64_t width, gan_real *to)
{
    const gan_conv *c = work->conv;
    int64_t step = c->stride_w * c->channels, line_values = c->width * c->channels;
    const uint16_t *from[2];
    for (int i = 0; i < 2; i++) {
        int64_t begin = line_begin(work, piece, lines, i);
        from[i] = begin < 0 ? NULL : (const uint16_t *)work->x + begin;
    }
    for (int64_t q = first, run; q < first + count; q += run) {
        bool inside = q >= piece->begin && q < piece->end;
        run = inside ? gan_least(piece->end, first + count) - q : 1;
        gan_real *row = to + (q - first) * width + piece->at;
        int64_t value = q * step + piece->value;
        /* What overhangs the image's border is 0; the rest is contiguous. */
        int64_t begin = inside ? 0 : gan_least(value < 0 ? -value : 0, piece->length);
        int64_t end = inside ? piece->length : gan_least(line_values - value, piece->length);
        if (begin > 0) work->rounded->interleave(1, begin, NULL, NULL, 0, row, width);
        if (end < begin) end = begin;
        if (end < piece->length) work->rounded->interleave(1, piece->length - end, NULL, NULL, 0, row + end, width);
        if (begin < end) {
            work->rounded->interleave(run, end - begin, from[0] ? from[0] + value + begin : NULL,
                                      from[1] ? from[1] + value + begin : NULL, step, row + begin, width);
        }
    }
}

/* Adds what has been packed to the panel's columns, for all filters. */
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

/* Consecutive whole lines become one segment, since the end of a short one costs the micro-kernel as much as a few
 * steps of k. */
static void add_positions(gan_tile *tile, gan_segment segments[GAN_SEGMENTS], gan_segment more)
{
    gan_segment *last = tile->segment_count > 0 ? &segments[tile->segment_count - 1] : NULL;
    if (last && last->a + last->length * tile->a_step == more.a) {
        last->length += more.length;
    } else {
        segments[tile->segment_count++] = more;
    }
}

static void weights_task(void *argument, int64_t index)
{
    const weights_work *work = argument;
    const gan_conv *c = work->conv;
    _Alignas(64) gan_real packed[GAN_PANEL_BYTES / sizeof(gan_real)];
    gan_segment segments[GAN_SEGMENTS];
    weights_panel panel;
    panel_make(work, index % work->panels, &panel);
    const int64_t width = panel.columns.width, part = index / work->panels;
    const int64_t steps = work->last - work->first, last = work->first + (part + 1) * steps / work->parts;
    gan_real *sums = work->sums ? work->sums + part * c->filters * work->columns : work->dw;
    gan_tile tile = {.a_step = c->filters,
                     .b = packed,
                     .b_step = width,
                     .width = width,
                     .segments = segments,
                     .columns = panel.columns.columns,
                     .c_step = 1,
                     .accumulate = !work->sums && (work->accumulate || work->first > 0)};
    void (*pack)(const weights_work *, const panel_piece *, const window_lines *, int64_t first, int64_t count,
                 int64_t width, gan_real *to) = work->rounded ? pack_pairs : pack_piece;
    int64_t k = 0;
    if (panel.columns.columns < width) memset(packed, 0, sizeof(packed));
    for (int64_t step = work->first + part * steps / work->parts; step < last; step++) {
        window_lines lines;
        bool seen = find_lines(work, &panel, step, &lines);
        for (int64_t q = panel.begin, count; seen && q < panel.end; q += count, k += count) {
            if (k == work->panel_positions || tile.segment_count == GAN_SEGMENTS) {
                multiply(work, &panel.columns, &tile, sums);
                k = 0;
            }
            count = gan_least(panel.end - q, work->panel_positions - k);
            for (int64_t i = 0; i < panel.count; i++)
                pack(work, &panel.pieces[i], &lines, q, count, width, packed + k * width);
            add_positions(&tile, segments, (gan_segment){(step * c->out_width + q) * c->filters, k, count});
        }
    }
    if (k > 0 || !tile.accumulate) multiply(work, &panel.columns, &tile, sums);
}

static weights_work weights_work_make(const gan_micro_kernel_table *table, const gan_rounding_table *rounded,
                                      const gan_conv *conv, int64_t batch)
{
    weights_work work = {.table = table, .rounded = rounded, .conv = conv};
    work.columns = conv->kernel_h * conv->kernel_w * conv->channels;
    work.panels = gan_panel_count(work.table, work.columns);
    work.lines = batch * conv->out_height;
    work.together = rounded ? 2 : 1;
    work.steps = (work.lines + work.together - 1) / work.together;
    work.panel_positions = GAN_PANEL_BYTES / (int64_t)sizeof(gan_real) / work.table->width;
    work.parts = (ENOUGH_TASKS + work.panels - 1) / work.panels;
    int64_t most = work.steps * conv->out_width / PART_POSITIONS;
    if (work.panels >= ENOUGH_TASKS / 2 || most < 1) most = 1;
    if (most > work.steps) most = work.steps;
    if (most > PARTS) most = PARTS;
    if (work.parts > most) work.parts = most;
    work.stretch = STRETCH_BYTES / (int64_t)sizeof(gan_real) / (conv->out_width * conv->filters);
    if (work.stretch < 1) work.stretch = 1;
    if (work.stretch > work.steps || work.parts > 1) work.stretch = work.steps;
    return work;
}

int64_t gan_conv_direct_backward_weights_scratch(const gan_micro_kernel_table *table,
                                                 const gan_rounding_table *rounded, const gan_conv *conv,
                                                 int64_t batch)
{
    weights_work work = weights_work_make(table, rounded, conv, batch);
    return work.parts > 1 ? work.parts * conv->filters * work.columns + GAN_SCRATCH_SLACK : 0;
}

void gan_conv_direct_backward_weights(gan_context *context, const gan_micro_kernel_table *table,
                                      const gan_rounding_table *rounded, const gan_conv *conv, int64_t batch,
                                      const void *x, const gan_real *dy, bool accumulate, gan_real *dw,
                                      gan_real *scratch)
{
    weights_work work = weights_work_make(table, rounded, conv, batch);
    double multiply_adds = (double)(work.stretch * conv->out_width) * (double)(work.columns * conv->filters);
    work.x = x;
    work.dy = dy;
    work.dw = dw;
    work.accumulate = accumulate;
    work.sums = work.parts > 1 ? gan_scratch_align(scratch) : NULL;
    for (; work.first < work.steps; work.first = work.last) {
        work.last = gan_least(work.first + work.stretch, work.steps);
        gan_multiply_parallel(context, weights_task, &work, work.panels * work.parts, multiply_adds);
    }
    if (work.sums && !accumulate) memset(dw, 0, (size_t)(conv->filters * work.columns) * sizeof(*dw));
    if (work.sums) gan_parts_add(context, work.parts, conv->filters, work.columns, work.sums, dw);
}

/* ---- Few filters ------------------------------------------------------------------------------------------- */

/* The gradient of the weights of few filters of stride 1, as in a generator's last layer:
 *
 *     dw[(f, kh, kw), c] += sum over pixels q of dy[q - (kh, kw) + padding, f] * x[q, c]
 *
 * This multiplies an image in place, by one row per filter and tap, where the way above uses one row per filter and
 * packs every window. The rows are read from a copy of dy with a border of zeros. */
enum {
    IMAGE_PARTS = 24,                                  /* most parts, whose sums are added in order */
    BORDERED = GAN_PANEL_BYTES / (int)sizeof(gan_real) /* values of an image of dy with its border */
};

typedef struct few_filters_work {
    const gan_micro_kernel_table *table;
    const gan_conv *conv;
    int64_t batch, rows, parts;
    int64_t line; /* values in a line with its border */
    const gan_real *x, *dy;
    gan_real *sums; /* of the parts */
} few_filters_work;

static int64_t line_values(const gan_conv *c)
{
    return (c->width + c->kernel_w - 1) * c->filters;
}

bool gan_conv_has_few_filters(const gan_micro_kernel_table *table, const gan_conv *conv)
{
    const int64_t lines = conv->height + conv->kernel_h - 1;
    return conv->stride_h == 1 && conv->stride_w == 1 && conv->filters < table->rows &&
           conv->filters * conv->kernel_h * conv->kernel_w <= GAN_ROW_BLOCK && conv->height <= GAN_SEGMENTS &&
           conv->channels > 0 && gan_panel_total(table, conv->channels) == conv->channels && lines <= BORDERED &&
           line_values(conv) <= BORDERED / lines;
}

/* Copies an image of dy: line y of the copy is line y - (kernel_h - 1) + pad_top of dy; columns likewise. */
static void add_border(const gan_conv *c, int64_t line, const gan_real *dy, gan_real *to)
{
    const int64_t top = c->kernel_h - 1 - c->pad_top, left = c->kernel_w - 1 - c->pad_left;
    const int64_t lines = c->height + c->kernel_h - 1, columns = c->width + c->kernel_w - 1;
    const int64_t skipped = left < 0 ? -left : 0, begin = left < 0 ? 0 : left;
    const int64_t count = gan_least(c->out_width - skipped, columns - begin);
    memset(to, 0, (size_t)(lines * line) * sizeof(*to));
    for (int64_t y = 0; y < c->out_height && count > 0; y++) {
        if (y + top < 0 || y + top >= lines) continue;
        memcpy(to + (y + top) * line + begin * c->filters, dy + (y * c->out_width + skipped) * c->filters,
               (size_t)(count * c->filters) * sizeof(*to));
    }
}

/* Finds the rows in the copy, and makes the lines of an image segments. */
static void place_rows(const few_filters_work *work, gan_real *bordered, gan_row_block *block, gan_segment *segments)
{
    const gan_conv *c = work->conv;
    block->rows = work->rows;
    for (int64_t r = 0; r < work->rows; r++) {
        const int64_t kw = r % c->kernel_w, kh = r / c->kernel_w % c->kernel_h, f = r / c->kernel_w / c->kernel_h;
        block->a[r] = bordered + (c->kernel_h - 1 - kh) * work->line + (c->kernel_w - 1 - kw) * c->filters + f;
    }
    for (int64_t y = 0; y < c->height; y++) segments[y] = (gan_segment){y * work->line, y * c->width, c->width};
}

static void few_filters_task(void *argument, int64_t part)
{
    const few_filters_work *work = argument;
    const gan_conv *c = work->conv;
    _Alignas(64) gan_real bordered[BORDERED];
    gan_segment segments[GAN_SEGMENTS];
    gan_row_block block;
    gan_real *sums = work->sums + part * work->rows * c->channels;
    gan_tile tile = {
        .a_step = c->filters, .b_step = c->channels, .segments = segments, .segment_count = c->height, .c_step = 1};
    place_rows(work, bordered, &block, segments);
    for (int64_t image = part * work->batch / work->parts; image < (part + 1) * work->batch / work->parts; image++) {
        add_border(c, work->line, work->dy + image * c->out_height * c->out_width * c->filters, bordered);
        for (int64_t p = 0; p < gan_panel_count(work->table, c->channels); p++) {
            const gan_panel panel = gan_panel_at(work->table, c->channels, p);
            tile.b = work->x + image * c->height * c->width * c->channels + panel.first;
            tile.width = tile.columns = panel.width;
            for (int64_t r = 0; r < work->rows; r++) block.c[r] = sums + r * c->channels + panel.first;
            gan_row_block_run(work->table, &tile, &block, false);
        }
        tile.accumulate = true;
    }
}

static few_filters_work few_filters_work_make(const gan_micro_kernel_table *table, const gan_conv *conv,
                                              int64_t batch)
{
    return (few_filters_work){.table = table,
                              .conv = conv,
                              .batch = batch,
                              .rows = conv->filters * conv->kernel_h * conv->kernel_w,
                              .parts = gan_least(batch, IMAGE_PARTS),
                              .line = line_values(conv)};
}

int64_t gan_conv_few_filters_scratch(const gan_micro_kernel_table *table, const gan_conv *conv, int64_t batch)
{
    const few_filters_work work = few_filters_work_make(table, conv, batch);
    return work.parts * work.rows * conv->channels + GAN_SCRATCH_SLACK;
}

void gan_conv_few_filters_backward_weights(gan_context *context, const gan_micro_kernel_table *table,
                                           const gan_conv *conv, int64_t batch, const gan_real *x, const gan_real *dy,
                                           bool accumulate, gan_real *dw, gan_real *scratch)
{
    few_filters_work work = few_filters_work_make(table, conv, batch);
    work.x = x;
    work.dy = dy;
    work.sums = gan_scratch_align(scratch);
    gan_multiply_parallel(context, few_filters_task, &work, work.parts,
                          (double)(batch * conv->height * conv->width) * (double)(work.rows * conv->channels));
    if (!accumulate) memset(dw, 0, (size_t)(work.rows * conv->channels) * sizeof(*dw));
    gan_parts_add(context, work.parts, work.rows, conv->channels, work.sums, dw);
}
