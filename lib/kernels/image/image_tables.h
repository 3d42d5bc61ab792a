/* The loops of image, for each instruction set. */
#ifndef GAN_IMAGE_TABLES_H
#define GAN_IMAGE_TABLES_H

#include "kernels/image/image.h"
#include "kernels/isa/isa.h"

/* ---- Resampling (resample_isa.c) ---- */

/* Pixels of `channels` values, at these distances in values. */
typedef struct gan_pixel_runs {
    int64_t pixels, channels, x_step, y_step;
} gan_pixel_runs;

typedef struct gan_resample_table {
    /* y[i, c] += weight x[i, c] */
    void (*add_pixels)(const gan_pixel_runs *runs, gan_real weight, const gan_real *x, gan_real *y);
} gan_resample_table;
GAN_ISA_DECLARE(gan_resample_table);

/* ---- Max pooling (max_pool_isa.c) ---- */

/* Each works on the value at `position` of the windows of a run of output pixels. y and chosen are at runs->y_step,
 * which is `channels`, the inputs at x_step. */
typedef struct gan_max_pool_table {
    /* If x is NaN, larger than y, or the first, which chosen < 0 says: y = x, chosen = position */
    void (*take)(const gan_pixel_runs *runs, gan_real position, const gan_real *x, gan_real *y, gan_real *chosen);
    /* Where chosen = position: y = x */
    void (*pick)(const gan_pixel_runs *runs, gan_real position, const gan_real *chosen, const gan_real *x,
                 gan_real *y);
    /* Where chosen = position: dx += dy */
    void (*spread)(const gan_pixel_runs *runs, gan_real position, const gan_real *chosen, const gan_real *dy,
                   gan_real *dx);
} gan_max_pool_table;
GAN_ISA_DECLARE(gan_max_pool_table);

/* ---- Augmentation (augment_isa.c) ---- */

typedef struct gan_augment_table {
    /* The sum of `count` values. */
    double (*sum)(const gan_real *x, int64_t count);
    /* What `sum` gives for (channels, pixels), from (pixels, channels) with `stride` values per pixel. */
    double (*sum_of_planes)(const gan_real *x, int64_t pixels, int64_t channels, int64_t stride);
} gan_augment_table;
GAN_ISA_DECLARE(gan_augment_table);

#endif
