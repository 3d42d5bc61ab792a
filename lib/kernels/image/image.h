/* The door of image: resampling, pooling, padding, pixel shuffle and augmentation. */
#ifndef GAN_IMAGE_H
#define GAN_IMAGE_H

#include "core/core.h"

/* ---- Resampling (resample.c): images channels last, each side by itself ---- */

/* How pixels along one side of a small image correspond to those of a large one. Windows: small pixel j to the large
 * ones j * stride to j * stride + window - 1, with one weight. Interpolated: `stride` large pixels per small one,
 * each between the two nearest centres, with weights by distance that add up to `weight`; window is unused. */
typedef struct gan_resample_side {
    int64_t small, large; /* pixels */
    int64_t window, stride;
    bool interpolated;
    gan_real weight;
} gan_resample_side;

typedef struct gan_resampling {
    int64_t channels;
    gan_resample_side rows, columns;
} gan_resampling;

/* large[l] = sum over s of M[l, s] small[s], where M[l, s] is the product of the two sides' weights. */
void gan_enlarge(gan_context *context, const gan_resampling *by, int64_t batch, const gan_real *small,
                 gan_real *large);
/* The adjoint: small[s] = sum over l of M[l, s] large[l] */
void gan_reduce(gan_context *context, const gan_resampling *by, int64_t batch, const gan_real *large,
                gan_real *small);

/* ---- Max pooling (max_pool.c): images channels last ---- */

/* Along one side, output pixel j sees the inputs j * stride - pad to j * stride - pad + window - 1 that exist; at
 * least one does. */
typedef struct gan_pool_side {
    int64_t input, output; /* pixels */
    int64_t window, stride, pad;
} gan_pool_side;

typedef struct gan_max_pooling {
    int64_t channels;
    gan_pool_side rows, columns;
} gan_max_pooling;

/* y = the largest value in each window, for each channel; the first of equal ones in the order of rows and columns;
 * NaN is larger than all. chosen, as large as y, gets its position there, row * columns.window + column: below 2^24,
 * so that a float holds it. */
void gan_max_pool(gan_context *context, const gan_max_pooling *by, int64_t batch, const gan_real *x, gan_real *y,
                  gan_real *chosen);
/* y = the value of x at the chosen position of each window */
void gan_max_pool_pick(gan_context *context, const gan_max_pooling *by, int64_t batch, const gan_real *chosen,
                       const gan_real *x, gan_real *y);
/* The adjoint: dx = the sum of dy over the windows whose chosen position it is */
void gan_max_pool_spread(gan_context *context, const gan_max_pooling *by, int64_t batch, const gan_real *chosen,
                         const gan_real *dy, gan_real *dx);

/* ---- Padding (pad.c): images channels last ---- */

typedef struct gan_pad_side {
    int64_t input, before, after; /* pixels; by reflection, before and after are less than input */
} gan_pad_side;

typedef struct gan_image_padding {
    gan_pad_mode mode;
    int64_t channels;
    gan_pad_side rows, columns;
} gan_image_padding;

/* y = x with pixels before and after each side: zeros, or those of x that the mode shows there. */
void gan_pad_images(gan_context *context, const gan_image_padding *by, int64_t batch, const gan_real *x, gan_real *y);
/* The adjoint: dx = the sum of dy over the pixels that showed it */
void gan_fold_padding(gan_context *context, const gan_image_padding *by, int64_t batch, const gan_real *dy,
                      gan_real *dx);

/* ---- Pixel shuffle (pixel_shuffle_kernel.c): images channels last ---- */

typedef struct gan_pixel_shuffle {
    int64_t factor;
    int64_t channels;      /* of the large image; the small one has factor^2 times as many */
    int64_t rows, columns; /* of the small image */
} gan_pixel_shuffle;

/* large[row factor + i, column factor + j, c] = small[row, column, (c factor + i) factor + j], i and j below factor
 */
void gan_shuffle_pixels(gan_context *context, const gan_pixel_shuffle *by, int64_t batch, const gan_real *small,
                        gan_real *large);
/* The inverse, and the adjoint */
void gan_unshuffle_pixels(gan_context *context, const gan_pixel_shuffle *by, int64_t batch, const gan_real *large,
                          gan_real *small);

/* ---- Augmentation (augment.c) ---- */

/* `kinds` combines gan_augmentation bits; image i draws from counters from state.counter + GAN_AUGMENT_BLOCKS * i on.
 * Images are (channels, height, width), as at the border; or, with channels_last, as sessions store them: x as
 * samples, y as packs (batch / packing, height, width, packing, channels). Both give the same bits. */
typedef struct gan_augment_args {
    uint64_t kinds;
    int64_t channels, height, width;
    gan_random_state state;
    bool channels_last;
    int64_t packing; /* >= 1, with channels_last */
} gan_augment_args;
void gan_augment_images(gan_context *context, const gan_augment_args *args, int64_t batch, const gan_real *x,
                        gan_real *y);
/* dx = the adjoint of the derivative applied to dy. */
void gan_augment_images_backward(gan_context *context, const gan_augment_args *args, int64_t batch,
                                 const gan_real *dy, gan_real *dx);

#endif
