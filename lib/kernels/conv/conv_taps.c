/* Convolutions of small images, tap by tap. Where a batch has fewer positions than the kernel has filters or
 * channels, weights are by far the largest operand: here they are read once, in place or a few at a time, where the
 * other direct way packs them all. Under one tap of the kernel, an output's position sees one pixel of the image, or
 * padding; such pairs (o, i) of positions and pixels, of the whole batch, are what a product goes through:
 *
 *     y[o, f]      += sum over c of x[i, c] w[f, tap, c]
 *     dx[i, c]     += sum over f of dy[o, f] w[f, tap, c]
 *     dw[f, tap, c] += sum over pairs of dy[o, f] x[i, c]
 *
 * Taps that never see the image, as in the middle of a U-Net, take no time. */
#include "kernels/conv/conv_ways.h"

#include <string.h>

enum {
    MOST_PAIRS = GAN_ROW_BLOCK,
    MOST_ROWS = 8, /* of a tile, and the width of a panel */
    MOST_WIDTH = 32,
    GROUPS = 2,    /* of rows in a task forward */
    COLUMNS = 128, /* of a task backward to the data; of them */
    FILTERS = 64,  /* are multiplied at a time; and are those of a task backward to the weights */
    LINE = 64 / sizeof(gan_real),
    LEAST_WEIGHTS = 1 << 20
};

typedef struct taps_work {
    const gan_micro_kernel_table *table;
    const gan_conv *conv;
    int64_t batch, taps;
    int64_t padded; /* width of all panels of pairs */
    int64_t blocks; /* of filters or channels */
    const gan_real *x, *dy, *w, *bias;
    gan_real *to, *packed;
    bool accumulate;
} taps_work;

static taps_work work_make(const gan_micro_kernel_table *table, const gan_conv *conv, int64_t batch)
{
    return (taps_work){.table = table,
                       .conv = conv,
                       .batch = batch,
                       .taps = conv->kernel_h * conv->kernel_w,
                       .padded = gan_panel_total(table, batch * conv->out_height * conv->out_width)};
}

/* What sees what under a tap: numbers of positions and of pixels. */
typedef struct tap_pairs {
    int64_t count, position[MOST_PAIRS], pixel[MOST_PAIRS];
} tap_pairs;

static void find_pairs(const taps_work *work, int64_t tap, tap_pairs *pairs)
{
    const gan_conv *c = work->conv;
    const int64_t kh = tap / c->kernel_w - c->pad_top, kw = tap % c->kernel_w - c->pad_left;
    pairs->count = 0;
    for (int64_t line = 0; line < work->batch * c->out_height; line++) {
        const int64_t y = line % c->out_height * c->stride_h + kh;
        if (y < 0 || y >= c->height) continue;
        for (int64_t ow = 0; ow < c->out_width; ow++) {
            const int64_t x = ow * c->stride_w + kw;
            if (x < 0 || x >= c->width) continue;
            pairs->position[pairs->count] = line * c->out_width + ow;
            pairs->pixel[pairs->count++] = (line / c->out_height * c->height + y) * c->width + x;
        }
    }
}

/* Copies the values first .. first + count - 1 of rows of a matrix, one after another. */
static void gather(const gan_real *from, int64_t stride, const int64_t *rows, int64_t row_count, int64_t first,
                   int64_t count, gan_real *to)
{
    for (int64_t i = 0; i < row_count; i++)
        memcpy(to + i * count, from + rows[i] * stride + first, (size_t)count * sizeof(*to));
}

static void start_row(const gan_real *bias, int64_t first, int64_t count, gan_real *to)
{
    if (bias) {
        memcpy(to + first, bias + first, (size_t)count * sizeof(*to));
    } else {
        memset(to + first, 0, (size_t)count * sizeof(*to));
    }
}

/* ---- Forward --------------------------------------------------------------------------------------------------- */

/* Filters are rows, whose weights are read in place, and pairs are columns: the pixels of a tap, (channel, pair) by
 * panels. */
static void pack_pixels(void *argument, int64_t tap)
{
    enum { VALUES = GAN_PANEL_BYTES / (int)sizeof(gan_real), LENGTH = VALUES / MOST_WIDTH };
    const taps_work *work = argument;
    const int64_t channels = work->conv->channels;
    _Alignas(64) gan_real rows[VALUES];
    tap_pairs pairs;
    find_pairs(work, tap, &pairs);
    for (int64_t p = 0; p < gan_panel_count(work->table, pairs.count); p++) {
        const gan_panel panel = gan_panel_at(work->table, pairs.count, p);
        gan_real *to = work->packed + (tap * work->padded + panel.first) * channels;
        for (int64_t first = 0, count; first < channels; first += count) {
            count = gan_least(channels - first, LENGTH);
            gather(work->x, channels, pairs.pixel + panel.first, panel.columns, first, count, rows);
            work->table->transpose(panel.columns, count, panel.width, rows, count, to + first * panel.width,
                                   panel.width);
        }
    }
}

/* Adds a tile's sums to y, which has them transposed. */
static void add_sums(const taps_work *work, const gan_real *sums, const gan_panel *panel, const int64_t *position,
                     int64_t filter, int64_t filters)
{
    gan_real columns[MOST_WIDTH][MOST_ROWS];
    work->table->transpose(filters, panel->columns, 0, sums, MOST_WIDTH, columns[0], MOST_ROWS);
    for (int64_t j = 0; j < panel->columns; j++) {
        gan_real *to = work->to + position[panel->first + j] * work->conv->filters + filter;
        for (int64_t i = 0; i < filters; i++) to[i] += columns[j][i];
    }
}

/* Some filters under one tap. */
static void multiply_filters(const taps_work *work, int64_t tap, const tap_pairs *pairs, int64_t filter,
                             int64_t filters)
{
    const int64_t channels = work->conv->channels;
    _Alignas(64) gan_real sums[MOST_ROWS][MOST_WIDTH];
    const gan_segment segment = {0, 0, channels};
    const gan_real *a[MOST_ROWS];
    gan_real *c[MOST_ROWS];
    gan_tile tile = {
        .rows = filters, .a = a, .a_step = 1, .segments = &segment, .segment_count = 1, .c = c, .c_step = 1};
    for (int64_t i = 0; i < filters; i++) {
        a[i] = work->w + ((filter + i) * work->taps + tap) * channels;
        c[i] = sums[i];
    }
    for (int64_t p = 0; p < gan_panel_count(work->table, pairs->count); p++) {
        const gan_panel panel = gan_panel_at(work->table, pairs->count, p);
        tile.b = work->packed + (tap * work->padded + panel.first) * channels;
        tile.b_step = tile.width = tile.columns = panel.width;
        work->table->tile(&tile);
        add_sums(work, sums[0], &panel, pairs->position, filter, filters);
    }
}

static void forward_task(void *argument, int64_t index)
{
    const taps_work *work = argument;
    const gan_conv *conv = work->conv;
    const int64_t rows = work->table->rows, first = index * GROUPS * rows;
    const int64_t last = gan_least(first + GROUPS * rows, conv->filters);
    tap_pairs pairs;
    for (int64_t o = 0; o < work->batch * conv->out_height * conv->out_width; o++)
        start_row(work->bias, first, last - first, work->to + o * conv->filters);
    for (int64_t tap = 0; tap < work->taps; tap++) {
        find_pairs(work, tap, &pairs);
        for (int64_t f = first; pairs.count > 0 && f < last; f += rows)
            multiply_filters(work, tap, &pairs, f, gan_least(rows, last - f));
    }
}

/* ---- Backward to the data -------------------------------------------------------------------------------------- */

/* Every stride-th line and column from a first one: they share their taps. */
typedef struct tap_phase {
    int64_t line, column;
} tap_phase;

static bool is_of_phase(const gan_conv *c, const tap_phase *phase, int64_t tap)
{
    const int64_t line = tap / c->kernel_w - c->pad_top - phase->line;
    const int64_t column = tap % c->kernel_w - c->pad_left - phase->column;
    return line % c->stride_h == 0 && column % c->stride_w == 0;
}

/* Some channels of a phase. */
typedef struct data_block {
    tap_phase phase;
    int64_t first, last; /* panels */
    int64_t column, columns;
} data_block;

/* Some filters under a tap: what is multiplied at a time. */
typedef struct data_piece {
    int64_t tap, filter, filters;
    tap_pairs pairs;
} data_piece;

/* Goes on to the next piece, if there is one. */
static bool next_piece(const taps_work *work, const data_block *block, data_piece *piece)
{
    const int64_t filters = work->conv->filters;
    piece->filter += piece->filters;
    if (piece->filter == filters) {
        piece->filter = 0;
        do {
            if (++piece->tap == work->taps) return false;
            piece->pairs.count = 0;
            if (is_of_phase(work->conv, &block->phase, piece->tap)) find_pairs(work, piece->tap, &piece->pairs);
        } while (piece->pairs.count == 0);
    }
    piece->filters = gan_least(filters - piece->filter, FILTERS);
    return true;
}

/* The piece's weights of one filter. */
static const gan_real *weights_of(const taps_work *work, const data_block *block, const data_piece *piece,
                                  int64_t filter)
{
    return work->w + ((piece->filter + filter) * work->taps + piece->tap) * work->conv->channels + block->column;
}

/* Each row of weights lies on a page of its own, so the CPU does not foresee that it will be read. Inlined, since gcc
 * leaves out calls of functions that only prefetch. */
static inline __attribute__((always_inline)) void
prefetch_share(const taps_work *work, const data_block *block, const data_piece *piece, int64_t share, int64_t shares)
{
    for (int64_t f = share * piece->filters / shares; f < (share + 1) * piece->filters / shares; f++) {
        const gan_real *from = weights_of(work, block, piece, f);
        for (int64_t c = 0; c < block->columns; c += LINE) __builtin_prefetch(from + c, 0, 2);
    }
}

/* Adds what a piece gives to the block, while the weights of the next one, or NULL, come from far. */
static void multiply_piece(const taps_work *work, const data_block *block, const data_piece *piece,
                           const data_piece *next)
{
    const gan_conv *conv = work->conv;
    const gan_segment segment = {piece->filter, 0, piece->filters};
    _Alignas(64) gan_real packed[FILTERS * MOST_WIDTH];
    gan_row_block rows = {.rows = piece->pairs.count};
    for (int64_t p = block->first; p < block->last; p++) {
        const gan_panel panel = gan_panel_at(work->table, conv->channels, p);
        work->table->copy(piece->filters, panel.columns, panel.width,
                          weights_of(work, block, piece, 0) + panel.first - block->column,
                          work->taps * conv->channels, packed, panel.width);
        gan_tile tile = {.a_step = 1,
                         .b = packed,
                         .b_step = panel.width,
                         .width = panel.width,
                         .segments = &segment,
                         .segment_count = 1,
                         .columns = panel.columns,
                         .c_step = 1,
                         .accumulate = true};
        for (int64_t i = 0; i < rows.rows; i++) {
            rows.a[i] = work->dy + piece->pairs.position[i] * conv->filters;
            rows.c[i] = work->to + piece->pairs.pixel[i] * conv->channels + panel.first;
        }
        if (next) prefetch_share(work, block, next, p - block->first, block->last - block->first);
        gan_row_block_run(work->table, &tile, &rows, false);
    }
}

static data_block data_block_at(const taps_work *work, int64_t index)
{
    const gan_conv *conv = work->conv;
    const int64_t group = COLUMNS / work->table->width, number = index / work->blocks, at = index % work->blocks;
    data_block block = {.phase = {number / conv->stride_w, number % conv->stride_w},
                        .first = at * group,
                        .last = (at + 1) * group,
                        .column = at * COLUMNS};
    /* The last columns of all may be two panels in place of one. */
    if (at == work->blocks - 1) block.last = gan_panel_count(work->table, conv->channels);
    block.columns = gan_least(conv->channels - block.column, COLUMNS);
    return block;
}

static void data_task(void *argument, int64_t index)
{
    const taps_work *work = argument;
    const gan_conv *conv = work->conv;
    const data_block block = data_block_at(work, index);
    data_piece piece[2] = {{.tap = -1, .filter = conv->filters}, {0}};
    for (int64_t line = 0; line < work->batch * conv->height; line++) {
        if (line % conv->height % conv->stride_h != block.phase.line) continue;
        for (int64_t x = block.phase.column; x < conv->width; x += conv->stride_w)
            start_row(work->bias, block.column, block.columns, work->to + (line * conv->width + x) * conv->channels);
    }
    bool more = next_piece(work, &block, &piece[0]);
    for (int now = 0; more; now = 1 - now) {
        piece[1 - now] = piece[now];
        more = next_piece(work, &block, &piece[1 - now]);
        multiply_piece(work, &block, &piece[now], more ? &piece[1 - now] : NULL);
    }
}

/* ---- Backward to the weights ----------------------------------------------------------------------------------- */

/* One tap of some filters: rows of dw, and dy of the pairs, (pair, filter). */
typedef struct weights_block {
    int64_t tap, first, filters;
    tap_pairs pairs;
    const gan_real *dy;
} weights_block;

/* The pixels' values in some panels of channels, (pair, channel), one panel after another. */
static void copy_pixels(const taps_work *work, const tap_pairs *pairs, int64_t first, int64_t last, gan_real *to)
{
    const int64_t channels = work->conv->channels;
    for (int64_t p = first; p < last; p++, to += work->table->width * pairs->count) {
        const gan_panel panel = gan_panel_at(work->table, channels, p);
        for (int64_t i = 0; i < pairs->count; i++) {
            work->table->copy(1, panel.columns, panel.width, work->x + pairs->pixel[i] * channels + panel.first, 0,
                              to + i * panel.width, panel.width);
        }
    }
}

/* A few rows of dw in these panels. */
static void multiply_panels(const taps_work *work, const weights_block *block, int64_t filter, int64_t first,
                            int64_t last, const gan_real *x)
{
    const gan_conv *conv = work->conv;
    const int64_t pairs = block->pairs.count;
    const gan_segment segment = {0, 0, pairs};
    const gan_real *a[MOST_ROWS];
    gan_real *c[MOST_ROWS];
    gan_tile tile = {.rows = gan_least(work->table->rows, block->filters - filter),
                     .a = a,
                     .a_step = block->filters,
                     .segments = &segment,
                     .segment_count = 1,
                     .c = c,
                     .c_step = 1,
                     .accumulate = work->accumulate};
    for (int64_t p = first; p < last; p++, x += work->table->width * pairs) {
        const gan_panel panel = gan_panel_at(work->table, conv->channels, p);
        for (int64_t i = 0; i < tile.rows; i++) {
            const int64_t row = (block->first + filter + i) * work->taps + block->tap;
            a[i] = block->dy + filter + i;
            c[i] = work->to + row * conv->channels + panel.first;
        }
        tile.b = x;
        tile.b_step = tile.width = panel.width;
        tile.columns = panel.columns;
        work->table->tile(&tile);
    }
}

/* Rows are written one after another, a few hundred columns at a time. */
static void weights_task(void *argument, int64_t index)
{
    enum { VALUES = GAN_PANEL_BYTES / (int)sizeof(gan_real) };
    const taps_work *work = argument;
    const gan_conv *conv = work->conv;
    const int64_t panels = gan_panel_count(work->table, conv->channels);
    _Alignas(64) gan_real dy[MOST_PAIRS * FILTERS], x[VALUES];
    weights_block block = {.tap = index / work->blocks, .first = index % work->blocks * FILTERS, .dy = dy};
    block.filters = gan_least(conv->filters - block.first, FILTERS);
    find_pairs(work, block.tap, &block.pairs);
    if (block.pairs.count == 0) {
        for (int64_t f = block.first; !work->accumulate && f < block.first + block.filters; f++)
            start_row(NULL, 0, conv->channels, work->to + (f * work->taps + block.tap) * conv->channels);
        return;
    }
    gather(work->dy, conv->filters, block.pairs.position, block.pairs.count, block.first, block.filters, dy);
    const int64_t group = VALUES / work->table->width / block.pairs.count;
    for (int64_t first = 0; first < panels; first += group) {
        const int64_t last = gan_least(first + group, panels);
        copy_pixels(work, &block.pairs, first, last, x);
        for (int64_t f = 0; f < block.filters; f += work->table->rows)
            multiply_panels(work, &block, f, first, last, x);
    }
}

/* ---- The three products ---------------------------------------------------------------------------------------- */

/* Weights that stay in the L2 cache are packed in no time. */
bool gan_conv_taps_pay(const gan_conv *conv, int64_t batch)
{
    const int64_t most = gan_least(MOST_PAIRS, gan_least(conv->channels, conv->filters) / 2);
    const int64_t positions = conv->out_height * conv->out_width;
    return positions <= most && batch * positions <= most &&
           conv->kernel_h * conv->kernel_w * conv->channels >= LEAST_WEIGHTS / conv->filters;
}

int64_t gan_conv_taps_scratch(const gan_micro_kernel_table *table, const gan_conv *conv, int64_t batch)
{
    const int64_t positions = gan_least(MOST_PAIRS, batch * conv->out_height * conv->out_width);
    return conv->kernel_h * conv->kernel_w * conv->channels * gan_panel_total(table, positions) + GAN_SCRATCH_SLACK;
}

static double multiply_adds(const taps_work *work)
{
    const gan_conv *c = work->conv;
    return (double)(work->batch * c->out_height * c->out_width) * (double)c->filters *
           (double)(work->taps * c->channels);
}

void gan_conv_taps_forward(gan_context *context, const gan_micro_kernel_table *table, const gan_conv *conv,
                           int64_t batch, const gan_real *x, const gan_real *w, const gan_real *bias, gan_real *y,
                           gan_real *scratch)
{
    taps_work work = work_make(table, conv, batch);
    const int64_t each = GROUPS * table->rows;
    work.x = x;
    work.w = w;
    work.bias = bias;
    work.to = y;
    work.packed = gan_scratch_align(scratch);
    gan_multiply_parallel(context, pack_pixels, &work, work.taps, (double)(work.taps * conv->channels * work.padded));
    gan_multiply_parallel(context, forward_task, &work, (conv->filters + each - 1) / each, multiply_adds(&work));
}

void gan_conv_taps_backward_data(gan_context *context, const gan_micro_kernel_table *table, const gan_conv *conv,
                                 int64_t batch, const gan_real *dy, const gan_real *w, const gan_real *bias,
                                 gan_real *dx)
{
    taps_work work = work_make(table, conv, batch);
    work.blocks = (conv->channels + COLUMNS - 1) / COLUMNS;
    work.dy = dy;
    work.w = w;
    work.bias = bias;
    work.to = dx;
    gan_multiply_parallel(context, data_task, &work, work.blocks * conv->stride_h * conv->stride_w,
                          multiply_adds(&work));
}

void gan_conv_taps_backward_weights(gan_context *context, const gan_micro_kernel_table *table, const gan_conv *conv,
                                    int64_t batch, const gan_real *x, const gan_real *dy, bool accumulate,
                                    gan_real *dw)
{
    taps_work work = work_make(table, conv, batch);
    work.blocks = (conv->filters + FILTERS - 1) / FILTERS;
    work.x = x;
    work.dy = dy;
    work.to = dw;
    work.accumulate = accumulate;
    gan_multiply_parallel(context, weights_task, &work, work.blocks * work.taps, multiply_adds(&work));
}
