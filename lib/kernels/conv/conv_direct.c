/* The convolution, forward and backward to the data, without patches in memory: rows of A are the windows of the
 * image that the kernel sees, with one segment per row of the kernel.
 *
 * Forward, y[o] = sum over k of w[k] x[o * stride - pad + k]: position o is a row, the taps k and channels are its
 * values. Backward, dx[i] = sum over k of w[k] dy[(i + pad - k) / stride] where that is whole: the positions
 * i = r + q * stride of one phase r share their taps k = k0 + stride * t, and are windows of dy that move by 1 with
 * q: for u = taps - 1 - t, dy[q + origin + u]. So both are the same product with windows along two axes.
 *
 * Near the border, windows overhang it. Positions with the same overhang form a region, whose rows skip the taps that
 * fall on padding. */
#include "kernels/conv/conv_ways.h"

/* Where the windows of one axis lie: that of position q begins at q * step + origin and is `taps` long. */
typedef struct window_axis {
    int64_t positions, step, origin, taps;
    int64_t inputs;    /* length of the image */
    int64_t out_first; /* position q is index out_first + q * out_step of the output */
    int64_t out_step;
    int64_t left, right; /* positions before `left` overhang the beginning, those from `right` on the end */
} window_axis;

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

static void find_borders(window_axis *axis)
{
    axis->left = 0;
    axis->right = axis->positions;
    if (axis->taps == 0) return;
    if (axis->origin < 0) axis->left = clamp((-axis->origin + axis->step - 1) / axis->step, 0, axis->positions);
    int64_t room = axis->inputs - axis->taps - axis->origin;
    axis->right = room < 0 ? 0 : clamp(room / axis->step + 1, 0, axis->positions);
}

/* Positions first .. first + count - 1, whose taps begin .. end - 1 are on the image. */
typedef struct window_stretch {
    int64_t first, count, begin, end;
} window_stretch;

/* The stretch of position q: q alone near the border, else all positions in between. */
static window_stretch stretch_at(const window_axis *axis, int64_t q)
{
    window_stretch stretch = {q, 1, 0, axis->taps};
    if (q >= axis->left && q < axis->right) {
        stretch.first = axis->left;
        stretch.count = axis->right - axis->left;
        return stretch;
    }
    int64_t at = q * axis->step + axis->origin;
    stretch.begin = clamp(-at, 0, axis->taps);
    stretch.end = clamp(axis->inputs - at, stretch.begin, axis->taps);
    return stretch;
}

/* One phase, which is one product. */
typedef struct window_phase {
    window_axis vertical, horizontal;
    int64_t k;    /* taps * channels of the image */
    int64_t rows; /* positions of the whole batch */
    const gan_real *b;
} window_phase;

enum { PANELS_BYTES = 512 * 1024 }; /* the most packed weights of a phase that stay in the L2 cache */

typedef struct direct_work {
    const gan_micro_kernel_table *table;
    const gan_conv *conv;
    bool backward, dot;
    int64_t batch;
    int64_t channels, columns;     /* of the image; of the output */
    int64_t out_height, out_width; /* of the output */
    int64_t block, panels;         /* rows of a task; panels of the columns */
    int64_t piece;                 /* values of k multiplied at a time */
    const gan_real *image, *w;
    gan_real *out, *packed;
    const gan_real *bias; /* or NULL */
} direct_work;

/* ---- Phases ------------------------------------------------------------------------------------------------ */

static window_axis forward_axis(int64_t positions, int64_t inputs, int64_t kernel, int64_t stride, int64_t pad)
{
    window_axis axis = {
        .positions = positions, .step = stride, .origin = -pad, .taps = kernel, .inputs = inputs, .out_step = 1};
    find_borders(&axis);
    return axis;
}

/* The first tap of a phase; every stride-th one follows. */
static int64_t first_tap(int64_t residue, int64_t stride, int64_t pad)
{
    return (residue + pad) % stride;
}

static window_axis backward_axis(int64_t outputs, int64_t inputs, int64_t kernel, int64_t stride, int64_t pad,
                                 int64_t residue)
{
    int64_t first = first_tap(residue, stride, pad);
    window_axis axis = {.step = 1, .inputs = inputs, .out_first = residue, .out_step = stride};
    axis.positions = outputs > residue ? (outputs - residue + stride - 1) / stride : 0;
    axis.taps = kernel > first ? (kernel - first + stride - 1) / stride : 0;
    axis.origin = (residue + pad - first) / stride - (axis.taps - 1);
    find_borders(&axis);
    return axis;
}

static int64_t phase_count(const direct_work *work)
{
    return work->backward ? work->conv->stride_h * work->conv->stride_w : 1;
}

static void phase_make(const direct_work *work, int64_t index, window_phase *phase)
{
    const gan_conv *c = work->conv;
    if (work->backward) {
        int64_t down = index / c->stride_w, right = index % c->stride_w;
        phase->vertical = backward_axis(c->height, c->out_height, c->kernel_h, c->stride_h, c->pad_top, down);
        phase->horizontal = backward_axis(c->width, c->out_width, c->kernel_w, c->stride_w, c->pad_left, right);
    } else {
        phase->vertical = forward_axis(c->out_height, c->height, c->kernel_h, c->stride_h, c->pad_top);
        phase->horizontal = forward_axis(c->out_width, c->width, c->kernel_w, c->stride_w, c->pad_left);
    }
    phase->k = phase->vertical.taps * phase->horizontal.taps * work->channels;
    phase->rows = work->batch * phase->vertical.positions * phase->horizontal.positions;
}

/* ---- Packing ----------------------------------------------------------------------------------------------- */

/* Forward: B[(kh, kw, c), f] = w[f, kh, kw, c]. */
static void pack_forward(void *argument, int64_t index)
{
    const direct_work *work = argument;
    const gan_conv *conv = work->conv;
    int64_t k = conv->kernel_h * conv->kernel_w * conv->channels;
    gan_panel panel = gan_panel_at(work->table, work->columns, index);
    work->table->transpose(panel.columns, k, panel.width, work->w + panel.first * k, k,
                           work->packed + panel.first * k, panel.width);
}

/* Backward, one phase: B[(u, v, f), c] = w[f, kh(u), kw(v), c]; column by column for dot products. */
typedef struct pack_work {
    const direct_work *work;
    const window_phase *phase;
    gan_real *packed;
    int64_t first_h, first_w;
} pack_work;

static void pack_backward(void *argument, int64_t index)
{
    const pack_work *pack = argument;
    const direct_work *work = pack->work;
    const gan_conv *conv = work->conv;
    int64_t taps = conv->kernel_h * conv->kernel_w, down = pack->phase->vertical.taps;
    int64_t right = pack->phase->horizontal.taps, panel_index = index / (down * right), tap = index % (down * right);
    int64_t kh = pack->first_h + conv->stride_h * (down - 1 - tap / right);
    int64_t kw = pack->first_w + conv->stride_w * (right - 1 - tap % right);
    gan_panel panel =
        work->dot ? (gan_panel){0, conv->channels, 1} : gan_panel_at(work->table, conv->channels, panel_index);
    const gan_real *from = work->w + (kh * conv->kernel_w + kw) * conv->channels + panel.first;
    gan_real *to = pack->packed + panel.first * pack->phase->k + tap * conv->filters * panel.width;
    if (work->dot) {
        work->table->transpose(conv->filters, conv->channels, 0, from, taps * conv->channels, to, pack->phase->k);
    } else {
        work->table->copy(conv->filters, panel.columns, panel.width, from, taps * conv->channels, to, panel.width);
    }
}

/* The number of packed weights of a phase. */
static int64_t packed_values(const direct_work *work, const window_phase *phase)
{
    return phase->k * (work->dot ? work->columns : gan_panel_total(work->table, work->columns));
}

static void pack_weights(gan_context *context, direct_work *work)
{
    const gan_conv *conv = work->conv;
    gan_real *packed = work->packed;
    if (!work->backward) {
        if (!work->dot) {
            gan_multiply_parallel(context, pack_forward, work, work->panels,
                                  (double)(conv->kernel_h * conv->kernel_w) *
                                      (double)(conv->channels * conv->filters));
        }
        return;
    }
    for (int64_t p = 0; p < phase_count(work); p++) {
        window_phase phase;
        phase_make(work, p, &phase);
        pack_work pack = {work, &phase, packed, first_tap(p / conv->stride_w, conv->stride_h, conv->pad_top),
                          first_tap(p % conv->stride_w, conv->stride_w, conv->pad_left)};
        int64_t taps = phase.vertical.taps * phase.horizontal.taps;
        gan_multiply_parallel(context, pack_backward, &pack, taps * (work->dot ? 1 : work->panels),
                              (double)packed_values(work, &phase));
        packed += packed_values(work, &phase);
    }
}

/* ---- Tasks ------------------------------------------------------------------------------------------------- */

/* One region of a phase: a rectangle of stretches. Its rows are counted by image, then line, then column. */
typedef struct window_region {
    window_stretch down, right;
} window_region;

/* Fills the block with rows first .. first + block->rows - 1 of the region; `column`: the panel's first. */
static void fill_rows(const direct_work *work, const window_phase *phase, const window_region *region, int64_t first,
                      int64_t column, gan_row_block *block)
{
    const window_axis *vertical = &phase->vertical, *horizontal = &phase->horizontal;
    int64_t ow = first % region->right.count, rest = first / region->right.count;
    int64_t oh = rest % region->down.count, image = rest / region->down.count;
    int64_t step = horizontal->step * work->channels, out_step = horizontal->out_step * work->columns, filled = 0;
    while (filled < block->rows) {
        int64_t line = region->down.first + oh, place = region->right.first + ow;
        int64_t in_line = line * vertical->step + vertical->origin + region->down.begin;
        int64_t in_place = place * horizontal->step + horizontal->origin + region->right.begin;
        int64_t out_line = vertical->out_first + line * vertical->out_step;
        int64_t out_place = horizontal->out_first + place * horizontal->out_step;
        const gan_real *a = work->image;
        a += ((image * vertical->inputs + in_line) * horizontal->inputs + in_place) * work->channels;
        gan_real *c = work->out;
        c += ((image * work->out_height + out_line) * work->out_width + out_place) * work->columns + column;
        for (; ow < region->right.count && filled < block->rows; ow++, filled++, a += step, c += out_step) {
            block->a[filled] = a;
            block->c[filled] = c;
        }
        ow = 0;
        if (++oh == region->down.count) {
            oh = 0;
            image++;
        }
    }
}

/* The next segments of a region, from value `*value` of tap row `*line` on: at most `piece` values of k. */
static int64_t next_segments(const direct_work *work, const window_phase *phase, const window_region *region,
                             int64_t *line, int64_t *value, gan_segment segments[GAN_SEGMENTS])
{
    int64_t length = (region->right.end - region->right.begin) * work->channels, left = work->piece, count = 0;
    int64_t image_line = phase->horizontal.inputs * work->channels;
    int64_t tap_line = phase->horizontal.taps * work->channels;
    if (length == 0) *line = region->down.end;
    while (*line < region->down.end && count < GAN_SEGMENTS && left > 0) {
        gan_segment *s = &segments[count++];
        s->length = length - *value < left ? length - *value : left;
        s->a = (*line - region->down.begin) * image_line + *value;
        s->k = *line * tap_line + region->right.begin * work->channels + *value;
        left -= s->length;
        *value += s->length;
        if (*value == length) {
            *value = 0;
            ++*line;
        }
    }
    return count;
}

static void run_region(const direct_work *work, const window_phase *phase, const window_region *region, int64_t first,
                       int64_t rows, const gan_panel *panel)
{
    gan_segment segments[GAN_SEGMENTS];
    gan_row_block block = {.rows = rows};
    gan_tile tile = {
        .a_step = 1, .width = panel->width, .columns = panel->columns, .c_step = 1, .segments = segments};
    int64_t line = region->down.begin, value = 0;
    fill_rows(work, phase, region, first, panel->first, &block);
    tile.b = phase->b + panel->first * phase->k;
    tile.b_step = work->dot ? phase->k : panel->width;
    do {
        tile.segment_count = next_segments(work, phase, region, &line, &value, segments);
        if (line >= region->down.end && work->bias) tile.column_bias = work->bias + panel->first;
        gan_row_block_run(work->table, &tile, &block, work->dot);
        tile.accumulate = true;
    } while (line < region->down.end);
}

/* Rows first .. last - 1 of a phase, counted region by region: lines of regions, each cut into its regions. */
static void run_rows(const direct_work *work, const window_phase *phase, int64_t first, int64_t last,
                     const gan_panel *panel)
{
    int64_t batch = work->batch, line_rows = batch * phase->horizontal.positions;
    GAN_INVARIANT(line_rows > 0);
    while (first < last) {
        window_region region = {.down = stretch_at(&phase->vertical, first / line_rows)};
        int64_t within = first - region.down.first * line_rows;
        region.right = stretch_at(&phase->horizontal, within / (batch * region.down.count));
        within -= region.right.first * batch * region.down.count;
        int64_t rows = batch * region.down.count * region.right.count - within;
        if (rows > last - first) rows = last - first;
        run_region(work, phase, &region, within, rows, panel);
        first += rows;
    }
}

static void direct_task(void *argument, int64_t index)
{
    const direct_work *work = argument;
    const gan_real *b = work->dot && !work->backward ? work->w : work->packed;
    for (int64_t p = 0;; p++) {
        window_phase phase;
        phase_make(work, p, &phase);
        phase.b = b;
        const int64_t blocks = (phase.rows + work->block - 1) / work->block, packed = packed_values(work, &phase);
        if (index < blocks * work->panels) {
            /* What stays in the cache from task to task: all panels if they fit, else one. */
            const bool all = packed * (int64_t)sizeof(gan_real) <= PANELS_BYTES;
            const int64_t panel_index = all ? index % work->panels : index / blocks;
            const int64_t first = (all ? index / work->panels : index % blocks) * work->block;
            const gan_panel panel =
                work->dot ? (gan_panel){0, work->columns, 0} : gan_panel_at(work->table, work->columns, panel_index);
            run_rows(work, &phase, first, gan_least(first + work->block, phase.rows), &panel);
            return;
        }
        index -= blocks * work->panels;
        b += packed;
    }
}

/* ---- The two products -------------------------------------------------------------------------------------- */

/* Dot products pay off if there are few columns and each row of the kernel fills vectors. */
static bool dot_pays(const gan_micro_kernel_table *table, int64_t columns, int64_t row_values)
{
    return columns <= 4 && row_values >= table->vector;
}

static direct_work direct_work_make(const gan_micro_kernel_table *table, const gan_conv *conv, bool backward)
{
    direct_work work = {.table = table, .conv = conv, .backward = backward};
    if (backward) {
        work.channels = conv->filters;
        work.columns = conv->channels;
        work.out_height = conv->height;
        work.out_width = conv->width;
        work.dot = dot_pays(work.table, work.columns, conv->filters * (conv->kernel_w / conv->stride_w));
    } else {
        work.channels = conv->channels;
        work.columns = conv->filters;
        work.out_height = conv->out_height;
        work.out_width = conv->out_width;
        work.dot = dot_pays(work.table, work.columns, conv->channels * conv->kernel_w);
    }
    work.panels = work.dot ? 1 : gan_panel_count(work.table, work.columns);
    return work;
}

static void direct_run(gan_context *context, direct_work *work)
{
    const gan_conv *conv = work->conv;
    int64_t taps = conv->kernel_h * conv->kernel_w, tasks = 0;
    if (work->backward) taps = (taps + phase_count(work) - 1) / phase_count(work);
    int64_t positions = work->batch * work->out_height * work->out_width;
    double multiply_adds = (double)positions * (double)work->columns * (double)(taps * work->channels);
    work->block = gan_block_rows(work->table, positions, work->columns, taps * work->channels);
    work->piece = work->dot ? INT64_MAX : GAN_PIECE_BYTES / (int64_t)sizeof(gan_real) / work->table->width;
    for (int64_t p = 0; p < phase_count(work); p++) {
        window_phase phase;
        phase_make(work, p, &phase);
        tasks += (phase.rows + work->block - 1) / work->block * work->panels;
    }
    pack_weights(context, work);
    gan_multiply_parallel(context, direct_task, work, tasks, multiply_adds);
}

int64_t gan_conv_direct_scratch(const gan_micro_kernel_table *table, const gan_conv *conv)
{
    int64_t k = conv->kernel_h * conv->kernel_w;
    direct_work forward = direct_work_make(table, conv, false), backward = direct_work_make(table, conv, true);
    int64_t most = forward.dot ? 0 : k * conv->channels * gan_panel_total(forward.table, conv->filters);
    int64_t columns = backward.dot ? conv->channels : gan_panel_total(backward.table, conv->channels);
    if (most < k * conv->filters * columns) most = k * conv->filters * columns;
    return most + GAN_SCRATCH_SLACK;
}

void gan_conv_direct_forward(gan_context *context, const gan_micro_kernel_table *table, const gan_conv *conv,
                             int64_t batch, const gan_real *x, const gan_real *w, const gan_real *bias, gan_real *y,
                             gan_real *scratch)
{
    direct_work work = direct_work_make(table, conv, false);
    work.batch = batch;
    work.image = x;
    work.w = w;
    work.out = y;
    work.bias = bias;
    work.packed = gan_scratch_align(scratch);
    direct_run(context, &work);
}

void gan_conv_direct_backward_data(gan_context *context, const gan_micro_kernel_table *table, const gan_conv *conv,
                                   int64_t batch, const gan_real *dy, const gan_real *w, const gan_real *bias,
                                   gan_real *dx, gan_real *scratch)
{
    direct_work work = direct_work_make(table, conv, true);
    work.batch = batch;
    work.image = dy;
    work.w = w;
    work.out = dx;
    work.bias = bias;
    work.packed = gan_scratch_align(scratch);
    direct_run(context, &work);
}
