/* The loops of norm, for each instruction set. */
#ifndef GAN_NORM_TABLES_H
#define GAN_NORM_TABLES_H

#include "kernels/columns/columns.h"
#include "kernels/isa/isa.h"
#include "kernels/norm/norm.h"

/* ---- Groups (group_norm_isa.c): neighbouring groups of channels of one sample (pixels, channels) ---- */

typedef struct gan_group_block {
    int64_t pixels, channels;          /* of the sample */
    int64_t groups, run;               /* groups in the block, one if more would exceed GAN_BLOCK_COLUMNS channels;
                                          channels in a group */
    int64_t piece_rows, piece_columns; /* what is summed in float */
} gan_group_block;

/* Each begins at the block's first value, channel or group. */
typedef struct gan_group_arrays {
    const gan_real *x, *tangent_x, *dy, *tangent_dy;
    const gan_real *scale, *shift; /* one per channel; NULL: 1, 0 */
    gan_real *mean, *inverse;      /* one per group; mean NULL: 0 */
    gan_real *dscale, *dshift;     /* one per channel, or NULL; added to */
    gan_real *out;                 /* y, dx or a tangent of them; NULL if not wanted */
    gan_real epsilon;
} gan_group_arrays;

typedef struct gan_groups_table {
    void (*forward)(const gan_group_block *block, const gan_group_arrays *arrays);
    void (*backward)(const gan_group_block *block, const gan_group_arrays *arrays);
    void (*tangent)(const gan_group_block *block, const gan_group_arrays *arrays);
    void (*tangent_backward)(const gan_group_block *block, const gan_group_arrays *arrays);
} gan_groups_table;
GAN_ISA_DECLARE(gan_groups_table);

#endif
