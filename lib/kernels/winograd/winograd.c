/* Convolutions by transforms. Weights are transformed once for each call, to packed panels for each point. A task
 * then takes a block of tiles and a group of panels: it transforms the tiles, a few channels at a time, adds up the
 * products at each point, and transforms these to outputs, all in a slot of memory that stays in the cache. */
#include "kernels/winograd/winograd_plan.h"

enum {
    PACKED = 4 * GAN_WINOGRAD_CHUNK,
    MOST_TAPS = GAN_WINOGRAD_TAPS * GAN_WINOGRAD_TAPS,
    LINE = 64 / sizeof(gan_real)
};

typedef struct winograd_work {
    const gan_micro_kernel_table *table;
    const gan_winograd_table *transforms;
    const gan_winograd *conv;
    const gan_winograd_plan *plan;
    const gan_real *x, *w, *bias; /* bias: NULL if there is none */
    gan_real *y, *weights, *slots;
} winograd_work;

static const gan_real zeros[PACKED];

/* ---- Weights --------------------------------------------------------------------------------------------------- */

/* A few channels of a part under one panel, and where the transformed ones go. */
typedef struct weights_piece {
    const gan_winograd_phase *phase;
    int64_t part, first, count; /* channels */
    gan_panel panel;
} weights_piece;

/* The taps of the piece, each (channels, panel), to `packed`; x: their addresses. */
static void pack_taps(const winograd_work *work, const weights_piece *piece, gan_real packed[MOST_TAPS][PACKED],
                      const gan_real *x[MOST_TAPS])
{
    const gan_winograd *conv = work->conv;
    const gan_winograd_part *down = gan_winograd_part_at(piece->phase, piece->part, 0);
    const gan_winograd_part *right = gan_winograd_part_at(piece->phase, piece->part, 1);
    for (int64_t i = 0; i < piece->phase->taps[0]; i++) {
        for (int64_t j = 0; j < piece->phase->taps[1]; j++) {
            const int64_t tap = i * piece->phase->taps[1] + j;
            const int64_t kh = down->kernel + i * down->kernel_step, kw = right->kernel + j * right->kernel_step;
            x[tap] = zeros;
            if (i >= down->taps || j >= right->taps) continue;
            const gan_real *from = work->w + (kh * conv->kernel_w + kw) * conv->w_tap;
            from += piece->first * conv->w_channel + piece->panel.first * conv->w_column;
            x[tap] = packed[tap];
            if (conv->w_channel == 1) {
                work->table->transpose(piece->panel.columns, piece->count, piece->panel.width, from, conv->w_column,
                                       packed[tap], piece->panel.width);
            } else {
                work->table->copy(piece->count, piece->panel.columns, piece->panel.width, from, conv->w_channel,
                                  packed[tap], piece->panel.width);
            }
        }
    }
}

static void transform_piece(const winograd_work *work, const weights_piece *piece)
{
    _Alignas(64) gan_real packed[MOST_TAPS][PACKED];
    const gan_real *x[MOST_TAPS];
    const gan_winograd_phase *phase = piece->phase;
    const int64_t values = piece->count * piece->panel.width;
    const int64_t k = piece->part * work->conv->channels + piece->first;
    gan_real *to = work->weights + phase->weights + piece->panel.first * phase->k + k * piece->panel.width;
    pack_taps(work, piece, packed, x);
    for (int64_t at = 0, count; at < values; at += count) {
        count = gan_least(values - at, GAN_WINOGRAD_CHUNK);
        work->transforms->weights(phase->points, phase->taps, count, x, to + at, phase->k * work->plan->padded);
        for (int64_t i = 0; i < phase->taps[0] * phase->taps[1]; i++) x[i] += count;
    }
}

static int64_t weights_channels(const winograd_work *work)
{
    return PACKED / work->table->width;
}

static int64_t weights_pieces(const winograd_work *work)
{
    return (work->conv->channels + weights_channels(work) - 1) / weights_channels(work);
}

static void weights_task(void *argument, int64_t index)
{
    const winograd_work *work = argument;
    const int64_t pieces = weights_pieces(work), each = pieces * work->plan->panels;
    const gan_winograd_phase *phase = work->plan->phase;
    for (; index >= phase->parts * each; phase++) index -= phase->parts * each;
    weights_piece piece = {.phase = phase, .part = index / each};
    piece.panel = gan_panel_at(work->table, work->conv->columns, index % each / pieces);
    piece.first = index % pieces * weights_channels(work);
    piece.count = gan_least(work->conv->channels - piece.first, weights_channels(work));
    transform_piece(work, &piece);
}

/* ---- Blocks of tiles ------------------------------------------------------------------------------------------- */

typedef struct tile_block {
    const gan_winograd_phase *phase;
    int64_t first, tiles;            /* counted by image, then row, then column */
    gan_winograd_block order;        /* in which they are here */
    int64_t panel_first, panel_last; /* the group of panels */
    int64_t column, columns, width;  /* its columns: the first, their number, with padding */
    gan_real *points, *sums;         /* (square, tiles, piece) and (square, tiles, width) */
} tile_block;

/* A tile's inputs from a channel on. */
static void find_inputs(const winograd_work *work, const tile_block *block, int64_t t, int64_t part, int64_t channel,
                        const gan_real *x[GAN_WINOGRAD_SQUARE])
{
    gan_winograd_find_inputs(work->conv, block->phase, &block->order.place[t], part, work->x, zeros, x);
    for (int64_t i = 0; i < block->phase->square; i++)
        if (x[i] != zeros) x[i] += channel;
}

static void transform_inputs(const winograd_work *work, const tile_block *block, int64_t part, int64_t channel,
                             int64_t count)
{
    const gan_winograd_phase *phase = block->phase;
    const gan_real *x[2][GAN_WINOGRAD_SQUARE];
    find_inputs(work, block, 0, part, channel, x[0]);
    for (int64_t t = 0; t < block->tiles; t++) {
        if (t + 1 < block->tiles) {
            find_inputs(work, block, t + 1, part, channel, x[(t + 1) % 2]);
            gan_winograd_prefetch(phase->square, count, x[(t + 1) % 2]);
        }
        work->transforms->input(phase->points, count, x[t % 2], block->points + t * count, block->tiles * count);
    }
}

/* Adds the products of a part's channels at one point; meanwhile the next panel's weights come from far. */
static void multiply_point(const winograd_work *work, const tile_block *block, int64_t point, int64_t k,
                           int64_t count, bool accumulate)
{
    const gan_winograd_phase *phase = block->phase;
    const int64_t step = phase->k * work->plan->padded, most = work->table->rows;
    const gan_real *weights = work->weights + phase->weights + point * step;
    const gan_segment segment = {0, k, count};
    const gan_real *a[GAN_ROW_BLOCK];
    gan_real *c[GAN_ROW_BLOCK];
    const gan_winograd_range range = gan_winograd_range_at(phase, &block->order, point);
    const int64_t tiles = range.last - range.first, calls = (tiles + most - 1) / most;
    for (int64_t t = 0; t < tiles; t++) {
        a[t] = block->points + (point * block->tiles + range.first + t) * count;
        c[t] = block->sums + (point * block->tiles + range.first + t) * block->width;
    }
    for (int64_t p = block->panel_first; p < block->panel_last; p++) {
        const gan_panel panel = gan_panel_at(work->table, work->conv->columns, p);
        const bool last = p + 1 == block->panel_last;
        const gan_panel next = gan_panel_at(work->table, work->conv->columns, last ? block->panel_first : p + 1);
        const gan_real *ahead = weights + (last ? step : 0) + next.first * phase->k + k * next.width;
        gan_tile tile = {
            .a_step = 1, .segments = &segment, .segment_count = 1, .c_step = 1, .accumulate = accumulate};
        tile.b = weights + panel.first * phase->k;
        tile.b_step = tile.width = tile.columns = panel.width;
        for (int64_t i = 0; i < calls; i++) {
            const int64_t first = i * tiles / calls;
            tile.rows = (i + 1) * tiles / calls - first;
            tile.a = a + first;
            tile.c = c + first;
            const int64_t end = (i + 1) * count * next.width / calls;
            for (int64_t v = i * count * next.width / calls; v < end; v += LINE) __builtin_prefetch(ahead + v, 0, 2);
            work->table->tile(&tile);
        }
        for (int64_t t = 0; t < tiles; t++) c[t] += panel.width;
    }
}

/* Where a tile's outputs go; those that there are not, to `unused`. */
static void find_outputs(const winograd_work *work, const tile_block *block, int64_t t, gan_real *unused,
                         gan_real *y[GAN_WINOGRAD_SQUARE])
{
    const gan_winograd_phase *phase = block->phase;
    for (int64_t i = 0; i < phase->outputs[0] * phase->outputs[1]; i++) {
        const int64_t pixel = gan_winograd_output_at(work->conv, phase, &block->order.place[t], i / phase->outputs[1],
                                                     i % phase->outputs[1]);
        y[i] = pixel < 0 ? unused : work->y + pixel * work->conv->columns + block->column;
    }
}

static void transform_outputs(const winograd_work *work, const tile_block *block)
{
    _Alignas(64) gan_real unused[GAN_WINOGRAD_CHUNK];
    const gan_winograd_phase *phase = block->phase;
    gan_real *y[2][GAN_WINOGRAD_SQUARE];
    find_outputs(work, block, 0, unused, y[0]);
    for (int64_t t = 0; t < block->tiles; t++) {
        if (t + 1 < block->tiles) {
            find_outputs(work, block, t + 1, unused, y[(t + 1) % 2]);
            for (int64_t i = 0; i < phase->outputs[0] * phase->outputs[1]; i++)
                for (int64_t c = 0; c < block->columns; c += LINE) __builtin_prefetch(y[(t + 1) % 2][i] + c, 1);
        }
        work->transforms->output(phase->points, phase->outputs, block->columns, block->sums + t * block->width,
                                 block->tiles * block->width, work->bias ? work->bias + block->column : NULL,
                                 y[t % 2]);
    }
}

static void run_block(const winograd_work *work, const tile_block *block)
{
    const gan_winograd_phase *phase = block->phase;
    const int64_t channels = work->conv->channels;
    for (int64_t part = 0; part < phase->parts; part++) {
        const int64_t down = gan_winograd_points_of(phase, part, 0), right = gan_winograd_points_of(phase, part, 1);
        for (int64_t channel = 0, count; channel < channels; channel += count) {
            count = gan_least(channels - channel, work->plan->piece);
            transform_inputs(work, block, part, channel, count);
            for (int64_t point = 0; point < phase->square; point++) {
                if (point / phase->points[1] >= down || point % phase->points[1] >= right) continue;
                multiply_point(work, block, point, part * channels + channel, count, part > 0 || channel > 0);
            }
        }
    }
    transform_outputs(work, block);
}

/* Tasks are ordered by phase, then group, then block, so that a slot's next task needs the same weights. */
static tile_block block_at(const winograd_work *work, int64_t index)
{
    const gan_winograd_plan *plan = work->plan;
    const gan_winograd_phase *phase = plan->phase;
    for (; index >= phase->blocks * plan->groups; phase++) index -= phase->blocks * plan->groups;
    const int64_t number = index % phase->blocks, group = index / phase->blocks;
    tile_block block = {.phase = phase, .first = number * phase->total / phase->blocks};
    block.tiles = (number + 1) * phase->total / phase->blocks - block.first;
    block.panel_first = group * plan->group;
    block.panel_last = gan_least(block.panel_first + plan->group, plan->panels);
    const gan_panel first = gan_panel_at(work->table, work->conv->columns, block.panel_first);
    const gan_panel last = gan_panel_at(work->table, work->conv->columns, block.panel_last - 1);
    block.column = first.first;
    block.columns = last.first + last.columns - first.first;
    block.width = last.first + last.width - first.first;
    return block;
}

static void slot_task(void *argument, int64_t slot)
{
    const winograd_work *work = argument;
    const gan_winograd_plan *plan = work->plan;
    const int64_t last = (slot + 1) * plan->tasks / plan->slots;
    for (int64_t index = slot * plan->tasks / plan->slots; index < last; index++) {
        tile_block block = block_at(work, index);
        gan_winograd_block_order(block.phase, block.first, block.tiles, &block.order);
        block.points = work->slots + slot * plan->slot;
        block.sums = block.points + block.phase->square * block.tiles * plan->piece;
        run_block(work, &block);
    }
}

void gan_winograd_run(gan_context *context, const gan_winograd *conv, const gan_real *x, const gan_real *w,
                      const gan_real *bias, gan_real *y, gan_real *scratch)
{
    gan_winograd_plan plan;
    winograd_work work = {.table = GAN_ISA_SELECT(gan_micro_kernel_table, context),
                          .transforms = gan_winograd_transforms(context),
                          .conv = conv,
                          .plan = &plan,
                          .x = x,
                          .w = w,
                          .bias = bias,
                          .y = y};
    int64_t parts = 0;
    gan_winograd_plan_make(work.table, conv, &plan);
    for (int64_t p = 0; p < plan.phases; p++) parts += plan.phase[p].parts;
    work.weights = gan_scratch_take(&scratch, plan.weights);
    work.slots = gan_scratch_take(&scratch, plan.slots * plan.slot);
    gan_multiply_parallel(context, weights_task, &work, parts * plan.panels * weights_pieces(&work),
                          (double)plan.weights);
    gan_multiply_parallel(context, slot_task, &work, plan.slots, plan.cost);
}
