/* The gradient of the weights: the adjoint of the transforms around products of tiles,
 *
 *     dg = G' [sum over tiles of (B x) * (A' dy)]
 *
 * A task takes a few channels of a part and a few filters, adds up their products at each point over all tiles, block
 * by block in order, and transforms the sums to taps, all in a slot of memory that stays in the cache. */
#include "kernels/winograd/winograd_plan.h"

#include <string.h>

enum {
    CHANNELS = 64,            /* most channels of a task */
    FILTERS = 128,            /* most filters */
    SLOT_VALUES = 512 * 1024, /* of sums, and of a block's points */
    SLOTS = 64,               /* most */
    MOST_TAPS = GAN_WINOGRAD_TAPS * GAN_WINOGRAD_TAPS
};

/* As in winograd_plan.c. */
#define INPUT_COST    10.0
#define GRADIENT_COST 10.0
#define TAPS_COST     8.0
#define PRODUCT_COST  1.15
#define WORTH         0.93

typedef struct weights_plan {
    gan_winograd_phase phase;
    int64_t channel_chunks, column_chunks;
    int64_t tasks, slots;
    double cost, direct;
} weights_plan;

static double cost_of(const gan_winograd *conv, const weights_plan *plan, gan_winograd_phase *phase, double unit)
{
    const double channels = (double)conv->channels, columns = (double)conv->columns;
    const double square = (double)phase->square;
    double tile = INPUT_COST * (double)(phase->k * plan->column_chunks);
    tile += GRADIENT_COST * columns * (double)(phase->parts * plan->channel_chunks);
    tile *= square * unit;
    double cost = (double)phase->total * tile + unit * TAPS_COST * square * (double)phase->k * columns;
    for (int64_t i = 0; i < phase->parts; i++)
        cost += PRODUCT_COST * gan_winograd_products(phase, i) * channels * columns;
    return cost;
}

static weights_plan plan_make(const gan_micro_kernel_table *table, const gan_winograd *conv)
{
    weights_plan plan = {.channel_chunks = (conv->channels + CHANNELS - 1) / CHANNELS,
                         .column_chunks = (conv->columns + FILTERS - 1) / FILTERS};
    gan_winograd_phase best = {0};
    const double unit = gan_winograd_unit(table);
    gan_winograd_phase_begin(conv, 0, 0, &plan.phase);
    plan.direct = gan_winograd_direct_cost(conv, &plan.phase);
    for (int64_t down = 2; down + plan.phase.taps[0] - 1 <= GAN_WINOGRAD_POINTS; down++) {
        for (int64_t right = 2; right + plan.phase.taps[1] - 1 <= GAN_WINOGRAD_POINTS; right++) {
            gan_winograd_phase_tile(conv, &plan.phase, down, right);
            const double cost = cost_of(conv, &plan, &plan.phase, unit);
            if (best.square > 0 && cost >= plan.cost) continue;
            plan.cost = cost;
            best = plan.phase;
        }
    }
    plan.phase = best;
    plan.tasks = plan.phase.parts * plan.channel_chunks * plan.column_chunks;
    plan.slots = gan_least(plan.tasks, gan_least(SLOTS, conv->slots));
    return plan;
}

bool gan_winograd_weights_pay(const gan_micro_kernel_table *table, const gan_winograd *conv)
{
    const weights_plan plan = plan_make(table, conv);
    return plan.cost <= WORTH * plan.direct;
}

int64_t gan_winograd_weights_scratch(const gan_micro_kernel_table *table, const gan_winograd *conv)
{
    return plan_make(table, conv).slots * SLOT_VALUES + GAN_SCRATCH_SLACK;
}

/* ---- Tasks ----------------------------------------------------------------------------------------------------- */

typedef struct weights_work {
    const gan_micro_kernel_table *table;
    const gan_winograd_table *transforms;
    const gan_winograd *conv;
    const weights_plan *plan;
    const gan_real *x, *dy;
    gan_real *dw, *slots;
    bool accumulate;
} weights_work;

/* A task, and its block of tiles. */
typedef struct weights_block {
    int64_t part, channel, channels, width; /* width: of the panels of these channels */
    int64_t column, columns;
    int64_t first, tiles;
    gan_winograd_block order;
    gan_real *sums, *points,
        *gradients; /* (square, columns, width), (square, tiles, width), (square, tiles, columns) */
} weights_block;

static const gan_real zeros[GAN_WINOGRAD_CHUNK];

/* A tile's pixels of x and of dy. */
static void find_tile(const weights_work *work, const weights_block *block, int64_t t,
                      const gan_real *x[GAN_WINOGRAD_SQUARE], const gan_real *dy[GAN_WINOGRAD_SQUARE])
{
    const gan_winograd_phase *phase = &work->plan->phase;
    const gan_winograd_place *place = &block->order.place[t];
    gan_winograd_find_inputs(work->conv, phase, place, block->part, work->x, zeros, x);
    for (int64_t i = 0; i < phase->square; i++)
        if (x[i] != zeros) x[i] += block->channel;
    for (int64_t i = 0; i < phase->outputs[0] * phase->outputs[1]; i++) {
        const int64_t pixel =
            gan_winograd_output_at(work->conv, phase, place, i / phase->outputs[1], i % phase->outputs[1]);
        dy[i] = pixel < 0 ? zeros : work->dy + pixel * work->conv->columns + block->column;
    }
}

static void transform_tiles(const weights_work *work, const weights_block *block)
{
    const gan_winograd_phase *phase = &work->plan->phase;
    const gan_real *x[2][GAN_WINOGRAD_SQUARE], *dy[2][GAN_WINOGRAD_SQUARE];
    find_tile(work, block, 0, x[0], dy[0]);
    for (int64_t t = 0; t < block->tiles; t++) {
        const int now = (int)(t % 2), next = 1 - now;
        if (t + 1 < block->tiles) {
            find_tile(work, block, t + 1, x[next], dy[next]);
            gan_winograd_prefetch(phase->square, block->channels, x[next]);
            gan_winograd_prefetch(phase->outputs[0] * phase->outputs[1], block->columns, dy[next]);
        }
        work->transforms->input(phase->points, block->channels, x[now], block->points + t * block->width,
                                block->tiles * block->width);
        work->transforms->gradients(phase->points, phase->outputs, block->columns, dy[now],
                                    block->gradients + t * block->columns, block->tiles * block->columns);
    }
}

static void multiply_point(const weights_work *work, const weights_block *block, int64_t point)
{
    const gan_winograd_range range = gan_winograd_range_at(&work->plan->phase, &block->order, point);
    const gan_segment segment = {range.first * block->columns, range.first, range.last - range.first};
    gan_row_block rows = {.rows = block->columns};
    gan_tile tile = {.a_step = block->columns,
                     .b_step = block->width,
                     .segments = &segment,
                     .segment_count = 1,
                     .c_step = 1,
                     .accumulate = block->first > 0};
    for (int64_t p = 0; p < gan_panel_count(work->table, block->channels); p++) {
        const gan_panel panel = gan_panel_at(work->table, block->channels, p);
        for (int64_t i = 0; i < block->columns; i++) {
            rows.a[i] = block->gradients + point * block->tiles * block->columns + i;
            rows.c[i] = block->sums + (point * block->columns + i) * block->width + panel.first;
        }
        tile.b = block->points + point * block->tiles * block->width + panel.first;
        tile.width = tile.columns = panel.width;
        gan_row_block_run(work->table, &tile, &rows, false);
    }
}

/* Adds the taps of the sums to dw. */
static void add_taps(const weights_work *work, const weights_block *block)
{
    _Alignas(64) gan_real taps[MOST_TAPS][CHANNELS];
    const gan_winograd *conv = work->conv;
    const gan_winograd_phase *phase = &work->plan->phase;
    const gan_winograd_part *down = gan_winograd_part_at(phase, block->part, 0);
    const gan_winograd_part *right = gan_winograd_part_at(phase, block->part, 1);
    gan_real *y[MOST_TAPS];
    for (int64_t i = 0; i < MOST_TAPS; i++) y[i] = taps[i];
    for (int64_t f = 0; f < block->columns; f++) {
        work->transforms->taps(phase->points, phase->taps, block->channels, block->sums + f * block->width,
                               block->columns * block->width, y);
        for (int64_t i = 0; i < down->taps; i++) {
            for (int64_t j = 0; j < right->taps; j++) {
                const int64_t kh = down->kernel + i * down->kernel_step, kw = right->kernel + j * right->kernel_step;
                const gan_real *restrict from = taps[i * phase->taps[1] + j];
                gan_real *restrict to = work->dw + (block->column + f) * conv->w_column;
                to += (kh * conv->kernel_w + kw) * conv->w_tap + block->channel;
                if (!work->accumulate) memset(to, 0, (size_t)block->channels * sizeof(*to));
                for (int64_t c = 0; c < block->channels; c++) to[c] += from[c];
            }
        }
    }
}

static void run_task(const weights_work *work, int64_t index, gan_real *slot)
{
    const weights_plan *plan = work->plan;
    const gan_winograd_phase *phase = &plan->phase;
    const int64_t chunk = index / plan->column_chunks % plan->channel_chunks;
    weights_block block = {.part = index / plan->column_chunks / plan->channel_chunks,
                           .channel = chunk * CHANNELS,
                           .column = index % plan->column_chunks * FILTERS,
                           .sums = slot};
    block.channels = gan_least(work->conv->channels - block.channel, CHANNELS);
    block.columns = gan_least(work->conv->columns - block.column, FILTERS);
    block.width = gan_panel_total(work->table, block.channels);
    block.points = slot + phase->square * block.columns * block.width;
    const int64_t tile = phase->square * (block.columns + block.width);
    const int64_t most = gan_least((SLOT_VALUES - (block.points - slot)) / tile, GAN_WINOGRAD_TILES);
    const int64_t down = gan_winograd_points_of(phase, block.part, 0);
    const int64_t right = gan_winograd_points_of(phase, block.part, 1);
    for (; block.first < phase->total; block.first += block.tiles) {
        block.tiles = gan_least(most, phase->total - block.first);
        block.gradients = block.points + phase->square * block.tiles * block.width;
        gan_winograd_block_order(phase, block.first, block.tiles, &block.order);
        transform_tiles(work, &block);
        for (int64_t point = 0; point < phase->square; point++) {
            if (point / phase->points[1] < down && point % phase->points[1] < right)
                multiply_point(work, &block, point);
        }
    }
    add_taps(work, &block);
}

static void slot_task(void *argument, int64_t slot)
{
    const weights_work *work = argument;
    const weights_plan *plan = work->plan;
    const int64_t last = (slot + 1) * plan->tasks / plan->slots;
    for (int64_t index = slot * plan->tasks / plan->slots; index < last; index++)
        run_task(work, index, work->slots + slot * SLOT_VALUES);
}

void gan_winograd_weights_run(gan_context *context, const gan_winograd *conv, const gan_real *x, const gan_real *dy,
                              bool accumulate, gan_real *dw, gan_real *scratch)
{
    const gan_micro_kernel_table *table = GAN_ISA_SELECT(gan_micro_kernel_table, context);
    const weights_plan plan = plan_make(table, conv);
    weights_work work = {.table = table,
                         .transforms = gan_winograd_transforms(context),
                         .conv = conv,
                         .plan = &plan,
                         .x = x,
                         .dy = dy,
                         .dw = dw,
                         .accumulate = accumulate,
                         .slots = gan_scratch_align(scratch)};
    gan_multiply_parallel(context, slot_task, &work, plan.slots, plan.cost);
}
