/* How a convolution is cut up: internal to the room. */
#ifndef GAN_WINOGRAD_PLAN_H
#define GAN_WINOGRAD_PLAN_H

#include "kernels/winograd/winograd.h"

/* A phase of outputs: one product for each point. Pairs are down and right. */
typedef struct gan_winograd_phase {
    const gan_winograd_axis *axis[2];
    int64_t taps[2], outputs[2], points[2]; /* of a tile: r, m, and m + r - 1 */
    int64_t tiles[2], total;                /* in an image; in the batch */
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
    int64_t vector;                /* values in a vector */
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
