/* Which transforms a convolution takes, and whether they pay. */
#include "kernels/winograd/winograd_plan.h"

#include <math.h>

#ifdef __x86_64__
#include <cpuid.h>
#endif

enum {
    SLOT_BYTES = 960 * 1024, /* of a block's points and sums: stay in the L2 cache, or near it */
    PIECE = 128,             /* most channels transformed at a time */
    LEAST_TILES = 8,         /* smaller blocks read the weights too often */
    ENOUGH_TASKS = 4,        /* or as many as there are slots */
    SLOTS = 64,              /* most */
    SLOT_WORK = 1 << 25      /* multiply-adds that are worth a slot */
};

/* Approximate times, in multiply-adds of the direct way. Transforms and the reading of weights wait for memory: so,
 * with vectors of 32 bytes, each of their values takes this long, and more where the CPU multiplies faster. */
#define INPUT_COST   10.0
#define OUTPUT_COST  20.0
#define WEIGHTS_COST 18.0
#define READ_COST    8.0 /* of a transformed weight, for a block */
#define PRODUCT_COST 1.1
#define WORTH        1.0 /* of the direct way's time */

const gan_winograd_table *gan_winograd_transforms(const gan_context *context)
{
    return GAN_ISA_SELECT(gan_winograd_table, context);
}

/* Pairs of positions and taps that see the image. */
static double pairs_on_image(const gan_winograd_axis *axis, const gan_winograd_part *part)
{
    double pairs = 0;
    const int64_t values = axis->inputs > part->first ? (axis->inputs - part->first - 1) / axis->in_step + 1 : 0;
    for (int64_t u = 0; u < part->taps; u++) {
        const int64_t at = part->origin + u, begin = at < 0 ? -at : 0, end = gan_least(values - at, axis->positions);
        if (end > begin) pairs += (double)(end - begin);
    }
    return pairs;
}

double gan_winograd_direct_cost(const gan_winograd *conv, const gan_winograd_phase *phase)
{
    double pairs = (double)conv->batch;
    for (int along = 0; along < 2; along++) {
        double sum = 0;
        for (int64_t i = 0; i < phase->axis[along]->parts; i++)
            sum += pairs_on_image(phase->axis[along], &phase->axis[along]->part[i]);
        pairs *= sum;
    }
    return pairs * (double)conv->channels * (double)conv->columns;
}

void gan_winograd_phase_begin(const gan_winograd *conv, int64_t down, int64_t right, gan_winograd_phase *phase)
{
    const int64_t at[2] = {down, right};
    for (int along = 0; along < 2; along++) {
        phase->axis[along] = &conv->axis[along][at[along]];
        phase->taps[along] = phase->axis[along]->part[0].taps;
    }
    phase->parts = phase->axis[0]->parts * phase->axis[1]->parts;
    phase->k = phase->parts * conv->channels;
}

void gan_winograd_phase_tile(const gan_winograd *conv, gan_winograd_phase *phase, int64_t down, int64_t right)
{
    phase->outputs[0] = down;
    phase->outputs[1] = right;
    for (int along = 0; along < 2; along++) {
        phase->points[along] = phase->outputs[along] + phase->taps[along] - 1;
        phase->tiles[along] = (phase->axis[along]->positions + phase->outputs[along] - 1) / phase->outputs[along];
        const int64_t beyond = phase->tiles[along] * phase->outputs[along] - phase->axis[along]->positions;
        phase->shorter[along] = gan_least(beyond, phase->tiles[along]);
    }
    phase->square = phase->points[0] * phase->points[1];
    phase->total = conv->batch * phase->tiles[0] * phase->tiles[1];
}

/* Whether the CPU multiplies AVX-512's vectors in two halves, no faster than AVX2's. It is asked once, since in a
 * virtual machine that takes microseconds. */
static bool halves_avx512(void)
{
#ifdef __x86_64__
    enum { UNKNOWN, WHOLE, HALVES };
    static atomic_int known = UNKNOWN;
    int answer = atomic_load(&known);
    if (answer == UNKNOWN) {
        /* AMD's identifiers of its multipliers (APM volume 3, Fn8000_001A, EAX): bit 2 says 256 bits, bit 3 512. */
        unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
        const bool has_them = __get_cpuid(0x8000001A, &eax, &ebx, &ecx, &edx);
        answer = has_them && (eax & 1u << 2) && !(eax & 1u << 3) ? HALVES : WHOLE;
        atomic_store(&known, answer);
    }
    return answer == HALVES;
#else
    return false;
#endif
}

double gan_winograd_unit(const gan_micro_kernel_table *table)
{
    enum { AVX512_BYTES = 64 };
    const int64_t bytes = table->vector * (int64_t)sizeof(gan_real);
    return (double)bytes / (bytes == AVX512_BYTES && halves_avx512() ? AVX512_BYTES : AVX512_BYTES / 2);
}

double gan_winograd_products(const gan_winograd_phase *phase, int64_t part)
{
    double products = (double)phase->total;
    for (int along = 0; along < 2; along++) {
        const int64_t points = gan_winograd_points_of(phase, part, along);
        const int64_t left_out = points == phase->points[along] ? phase->shorter[along] : 0;
        products *= (double)points - (double)left_out / (double)phase->tiles[along];
    }
    return products;
}

void gan_winograd_block_order(const gan_winograd_phase *phase, int64_t first, int64_t tiles,
                              gan_winograd_block *block)
{
    static const bool shorter[4][2] = {{true, false}, {false, false}, {false, true}, {true, true}};
    int64_t count = 0, end[4];
    for (int kind = 0; kind < 4; kind++) {
        for (int64_t t = 0; t < tiles; t++) {
            const gan_winograd_place place = gan_winograd_place_of(phase, first + t);
            if (gan_winograd_is_shorter(phase, &place, 0) == shorter[kind][0] &&
                gan_winograd_is_shorter(phase, &place, 1) == shorter[kind][1])
                block->place[count++] = place;
        }
        end[kind] = count;
    }
    block->tiles = tiles;
    block->down[0] = end[0];
    block->down[1] = end[2];
    block->right[0] = 0;
    block->right[1] = end[1];
}

/* The input under point `i` of a tile, or -1. */
static int64_t input_at(const gan_winograd_axis *axis, const gan_winograd_part *part, int64_t position, int64_t i)
{
    const int64_t at = part->first + (position + part->origin + i) * axis->in_step;
    return at < axis->inputs ? at : -1;
}

void gan_winograd_find_inputs(const gan_winograd *conv, const gan_winograd_phase *phase,
                              const gan_winograd_place *place, int64_t part, const gan_real *image,
                              const gan_real *zeros, const gan_real *x[GAN_WINOGRAD_SQUARE])
{
    const gan_winograd_part *down = gan_winograd_part_at(phase, part, 0),
                            *right = gan_winograd_part_at(phase, part, 1);
    for (int64_t i = 0; i < phase->points[0]; i++) {
        const int64_t line = input_at(phase->axis[0], down, gan_winograd_position(phase, place, 0), i);
        const gan_real *from = image + (place->image * conv->height + line) * conv->width * conv->channels;
        for (int64_t j = 0; j < phase->points[1]; j++) {
            const int64_t at = input_at(phase->axis[1], right, gan_winograd_position(phase, place, 1), j);
            x[i * phase->points[1] + j] = line < 0 || at < 0 ? zeros : from + at * conv->channels;
        }
    }
}

int64_t gan_winograd_output_at(const gan_winograd *conv, const gan_winograd_phase *phase,
                               const gan_winograd_place *place, int64_t i, int64_t j)
{
    const int64_t line = gan_winograd_position(phase, place, 0) + i, at = gan_winograd_position(phase, place, 1) + j;
    if (i == phase->outputs[0] - 1 && gan_winograd_is_shorter(phase, place, 0)) return -1;
    if (j == phase->outputs[1] - 1 && gan_winograd_is_shorter(phase, place, 1)) return -1;
    if (line >= phase->axis[0]->positions || at >= phase->axis[1]->positions) return -1;
    const int64_t row = phase->axis[0]->out_first + line * phase->axis[0]->out_step;
    const int64_t column = phase->axis[1]->out_first + at * phase->axis[1]->out_step;
    return (place->image * conv->out_height + row) * conv->out_width + column;
}

/* The phase with tiles of so many outputs; linear in the batch. */
static double phase_cost(const gan_winograd *conv, const gan_winograd_plan *plan, gan_winograd_phase *phase,
                         int64_t down, int64_t right)
{
    const double channels = (double)conv->channels, columns = (double)conv->columns;
    const double unit = plan->unit;
    gan_winograd_phase_tile(conv, phase, down, right);
    const double square = (double)phase->square;
    const double weights = square * (double)phase->k * columns;
    double tile = square * unit * (INPUT_COST * (double)(phase->k * plan->groups) + OUTPUT_COST * columns);
    tile += unit * READ_COST / GAN_WINOGRAD_TILES * weights;
    double cost = (double)phase->total * tile + unit * WEIGHTS_COST * weights;
    for (int64_t i = 0; i < phase->parts; i++)
        cost += PRODUCT_COST * gan_winograd_products(phase, i) * channels * columns;
    return cost;
}

static double choose_outputs(const gan_winograd *conv, const gan_winograd_plan *plan, gan_winograd_phase *phase)
{
    double least = INFINITY;
    int64_t best[2] = {2, 2};
    for (int64_t down = 2; down + phase->taps[0] - 1 <= GAN_WINOGRAD_POINTS; down++) {
        for (int64_t right = 2; right + phase->taps[1] - 1 <= GAN_WINOGRAD_POINTS; right++) {
            const double cost = phase_cost(conv, plan, phase, down, right);
            if (cost >= least) continue;
            least = cost;
            best[0] = down;
            best[1] = right;
        }
    }
    return phase_cost(conv, plan, phase, best[0], best[1]);
}

static void cut_columns(const gan_micro_kernel_table *table, const gan_winograd *conv, gan_winograd_plan *plan)
{
    plan->panels = gan_panel_count(table, conv->columns);
    plan->padded = gan_panel_total(table, conv->columns);
    plan->group = GAN_WINOGRAD_CHUNK / table->width;
    plan->groups = (plan->panels + plan->group - 1) / plan->group;
    plan->group_width = gan_least(plan->padded, GAN_WINOGRAD_CHUNK);
    plan->piece = gan_least(conv->channels, PIECE);
    plan->unit = gan_winograd_unit(table);
}

/* A tile's outputs do not depend on its block, so how many there are may depend on the number of threads. */
static void cut_tiles(const gan_winograd *conv, gan_winograd_plan *plan)
{
    const int64_t slots = gan_least(conv->slots, SLOTS), enough = slots > ENOUGH_TASKS ? slots : ENOUGH_TASKS;
    for (int64_t p = 0; p < plan->phases; p++) {
        gan_winograd_phase *phase = &plan->phase[p];
        const int64_t tile = phase->square * (plan->piece + plan->group_width);
        GAN_INVARIANT(tile > 0);
        const int64_t share = phase->total * plan->groups * plan->phases / enough;
        phase->block = gan_least(plan->slot / tile, GAN_WINOGRAD_TILES);
        phase->block = gan_least(phase->block, share > LEAST_TILES ? share : LEAST_TILES);
        phase->blocks = (phase->total + phase->block - 1) / phase->block;
        plan->tasks += phase->blocks * plan->groups;
    }
}

/* Of all phases and parts together, whatever the tiles; so it does not depend on the batch. */
static double most_weights(const gan_winograd *conv)
{
    double weights = GAN_WINOGRAD_SQUARE * (double)conv->channels * (double)conv->columns;
    for (int along = 0; along < 2; along++) {
        int64_t parts = 0;
        for (int64_t p = 0; p < conv->phases[along]; p++) parts += conv->axis[along][p].parts;
        weights *= (double)parts;
    }
    return weights;
}

bool gan_winograd_plan_make(const gan_micro_kernel_table *table, const gan_winograd *conv, gan_winograd_plan *plan)
{
    *plan = (gan_winograd_plan){.slot = SLOT_BYTES / (int64_t)sizeof(gan_real)};
    if (most_weights(conv) > (double)GAN_WINOGRAD_MOST_BYTES / (double)sizeof(gan_real)) return false;
    cut_columns(table, conv, plan);
    for (int64_t down = 0; down < conv->phases[0]; down++) {
        for (int64_t right = 0; right < conv->phases[1]; right++) {
            gan_winograd_phase *phase = &plan->phase[plan->phases];
            gan_winograd_phase_begin(conv, down, right, phase);
            if (phase->axis[0]->positions == 0 || phase->axis[1]->positions == 0) continue;
            plan->cost += choose_outputs(conv, plan, phase);
            plan->direct += gan_winograd_direct_cost(conv, phase);
            phase->weights = plan->weights;
            plan->weights += phase->square * phase->k * plan->padded;
            plan->phases++;
        }
    }
    cut_tiles(conv, plan);
    const double slots = plan->direct / SLOT_WORK;
    plan->slots = gan_least(slots >= SLOTS ? SLOTS : 2 + (int64_t)slots / 2 * 2, conv->slots);
    return true;
}

bool gan_winograd_pays(const gan_micro_kernel_table *table, const gan_winograd *conv)
{
    gan_winograd_plan plan;
    return gan_winograd_plan_make(table, conv, &plan) && plan.cost <= WORTH * plan.direct;
}

/* The cost of a phase is linear in the batch, so what is best for a smaller one has no more points, and weights. */
int64_t gan_winograd_scratch(const gan_micro_kernel_table *table, const gan_winograd *conv)
{
    gan_winograd_plan plan;
    if (!gan_winograd_plan_make(table, conv, &plan)) return 0;
    return plan.weights + plan.slots * plan.slot + 2 * GAN_SCRATCH_SLACK;
}
