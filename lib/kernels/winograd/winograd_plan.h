/* How a convolution is cut up: internal to the room. */
#ifndef GAN_WINOGRAD_PLAN_H
#define GAN_WINOGRAD_PLAN_H

#include "kernels/winograd/winograd.h"

enum { GAN_WINOGRAD_TILES = 64 /* most in a block */ };

/* A phase of outputs: one product for each point. Pairs are down and right.
 *
 * The point at infinity makes nothing but the last output, and only it needs the last input. So where the outputs
 * along an axis are no multiple of a tile's, its last tiles have one output less each, and leave that point out. */
typedef struct gan_winograd_phase {
    const gan_winograd_axis *axis[2];
    int64_t taps[2], outputs[2], points[2]; /* of a tile: r, m, and m + r - 1 */
    int64_t tiles[2], total;                /* in an image; in the batch */
    int64_t shorter[2];                     /* tiles with one output less: the last along an axis */
    int64_t square;                         /* points[0] * points[1] */
    int64_t parts, k;                       /* of the sum; parts * channels */
    int64_t block, blocks;                  /* tiles in a block, at most; blocks */
    int64_t weights;                        /* the phase's first value in the transformed weights */
} gan_winograd_phase;

typedef struct gan_winograd_plan {
    gan_winograd_phase phase[GAN_WINOGRAD_PHASES * GAN_WINOGRAD_PHASES];
    int64_t phases;
    int64_t panels, group, groups; /* panels of the columns; in a group, which a task multiplies; groups */
    int64_t padded, group_width;   /* widths of all panels; of a group, at most */
    double unit;                   /* see gan_winograd_unit() */
    int64_t piece;                 /* channels transformed at a time */
    int64_t weights;               /* transformed, of all phases */
    int64_t tasks, slots;          /* slots: of memory, each for a run of tasks */
    int64_t slot;                  /* values in a slot */
    double cost, direct;           /* multiply-adds that take as long; of the direct way */
} gan_winograd_plan;

/* False, and nothing planned, if the transformed weights would take more than GAN_WINOGRAD_MOST_BYTES. */
bool gan_winograd_plan_make(const gan_micro_kernel_table *table, const gan_winograd *conv, gan_winograd_plan *plan);

/* The phase of rows `down` and columns `right`, without tiles yet; then with tiles of so many outputs. */
void gan_winograd_phase_begin(const gan_winograd *conv, int64_t down, int64_t right, gan_winograd_phase *phase);
void gan_winograd_phase_tile(const gan_winograd *conv, gan_winograd_phase *phase, int64_t down, int64_t right);
/* How fast the CPU multiplies, compared with vectors of 32 bytes: so many times longer takes what waits for memory.
 */
double gan_winograd_unit(const gan_micro_kernel_table *table);
/* Pairs of tiles and points of a part that are multiplied. */
double gan_winograd_products(const gan_winograd_phase *phase, int64_t part);
/* Multiply-adds of the direct way. */
double gan_winograd_direct_cost(const gan_winograd *conv, const gan_winograd_phase *phase);

/* Where a tile lies: its image, and its position there, in tiles. Tiles are counted by image, then row, then column.
 */
typedef struct gan_winograd_place {
    int64_t image, at[2];
} gan_winograd_place;

static inline gan_winograd_place gan_winograd_place_of(const gan_winograd_phase *phase, int64_t tile)
{
    const int64_t right = tile % phase->tiles[1], rest = tile / phase->tiles[1];
    return (gan_winograd_place){rest / phase->tiles[0], {rest % phase->tiles[0], right}};
}

/* Whether the tile is one of those with one output less. */
static inline bool gan_winograd_is_shorter(const gan_winograd_phase *phase, const gan_winograd_place *place,
                                           int along)
{
    return place->at[along] >= phase->tiles[along] - phase->shorter[along];
}

/* The position of its first output. */
static inline int64_t gan_winograd_position(const gan_winograd_phase *phase, const gan_winograd_place *place,
                                            int along)
{
    const int64_t before = place->at[along] - (phase->tiles[along] - phase->shorter[along]);
    return place->at[along] * phase->outputs[along] - (before > 0 ? before : 0);
}

/* The tiles of a block, ordered so that those that are multiplied at a point follow each other: those shorter only
 * down, those of full size, those shorter only to the right, those shorter along both. */
typedef struct gan_winograd_block {
    int64_t tiles;
    gan_winograd_place place[GAN_WINOGRAD_TILES];
    int64_t down[2], right[2]; /* of full height: the first, and the one after the last; of full width */
} gan_winograd_block;
/* Tiles first .. first + tiles - 1 of the batch. */
void gan_winograd_block_order(const gan_winograd_phase *phase, int64_t first, int64_t tiles,
                              gan_winograd_block *block);

/* The tiles multiplied at a point: the first, and the one after the last. */
typedef struct gan_winograd_range {
    int64_t first, last;
} gan_winograd_range;
static inline gan_winograd_range gan_winograd_range_at(const gan_winograd_phase *phase,
                                                       const gan_winograd_block *block, int64_t point)
{
    gan_winograd_range range = {0, block->tiles};
    if (point / phase->points[1] == phase->points[0] - 1)
        range = (gan_winograd_range){block->down[0], block->down[1]};
    if (point % phase->points[1] == phase->points[1] - 1) {
        if (block->right[0] > range.first) range.first = block->right[0];
        range.last = gan_least(range.last, block->right[1]);
    }
    return range;
}

/* The pixels of a part's image under the tile; `zeros` for those outside. */
void gan_winograd_find_inputs(const gan_winograd *conv, const gan_winograd_phase *phase,
                              const gan_winograd_place *place, int64_t part, const gan_real *image,
                              const gan_real *zeros, const gan_real *x[GAN_WINOGRAD_SQUARE]);
/* The pixel of the batch's outputs that is output (i, j) of a tile; -1 if there is none. */
int64_t gan_winograd_output_at(const gan_winograd *conv, const gan_winograd_phase *phase,
                               const gan_winograd_place *place, int64_t i, int64_t j);

/* The next tile's pixels come from far while the current one is transformed. */
static inline void gan_winograd_prefetch(int64_t pixels, int64_t count, const gan_real *const *x)
{
    for (int64_t i = 0; i < pixels; i++)
        for (int64_t c = 0; c < count; c += 64 / (int64_t)sizeof(gan_real)) __builtin_prefetch(x[i] + c, 0);
}

/* The part numbered `index`: that of the rows, and that of the columns. */
static inline const gan_winograd_part *gan_winograd_part_at(const gan_winograd_phase *phase, int64_t index, int along)
{
    const int64_t right = phase->axis[1]->parts;
    return &phase->axis[along]->part[along ? index % right : index / right];
}

/* Points along an axis at which a part's kernel is not 0 anyway: with fewer taps than others, it is at infinity. */
static inline int64_t gan_winograd_points_of(const gan_winograd_phase *phase, int64_t part, int along)
{
    return phase->points[along] - (gan_winograd_part_at(phase, part, along)->taps < phase->taps[along] ? 1 : 0);
}

#endif
