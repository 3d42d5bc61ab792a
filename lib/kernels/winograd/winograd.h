/* The door of winograd: convolutions of stride 1 with small kernels, and sums of such, with fewer multiplications
 * (Winograd 1980; Lavin and Gray 2016).
 *
 * An output of m values, the correlation of m + r - 1 inputs with r taps, is a product of polynomials. It follows
 * from the values of both at m + r - 1 points, one of them infinity, where it takes one multiplication each:
 *
 *     y = A [(B x) * (G g)]      in place of m r multiplications
 *
 * In two dimensions, both axes are transformed: tiles of the image by B, the kernel by G. For each pair of points,
 * tiles times kernels are a matrix product over the channels, which sums them before A makes outputs of the result.
 * A convolution of stride s is a sum of s s of stride 1, each of every s-th pixel; its adjoint is s s of them, each
 * for every s-th output. */
#ifndef GAN_WINOGRAD_H
#define GAN_WINOGRAD_H

#include "kernels/micro_kernel/micro_kernel.h"

enum {
    GAN_WINOGRAD_PHASES = 2, /* most parts of a sum along one axis, and most phases of outputs */
    GAN_WINOGRAD_TAPS = 4,
    GAN_WINOGRAD_POINTS = 6,
    GAN_WINOGRAD_SQUARE = GAN_WINOGRAD_POINTS * GAN_WINOGRAD_POINTS,
    GAN_WINOGRAD_CHUNK = 128 /* most values that a transform takes at a time */
};

/* ---- Transforms (winograd_isa.c) ---- */

/* Of `points` and 2 to 4 taps or 2 to 5 outputs along each axis, down and right. Each x and y is `count` values, at
 * most GAN_WINOGRAD_CHUNK. */
typedef struct gan_winograd_table {
    /* y[i * y_stride ...] = point i of the tile x, points[0] by points[1] pixels */
    void (*input)(const int64_t points[2], int64_t count, const gan_real *const *x, gan_real *y, int64_t y_stride);
    /* y[i * y_stride ...] = point i of the kernel x, taps[0] by taps[1] */
    void (*weights)(const int64_t points[2], const int64_t taps[2], int64_t count, const gan_real *const *x,
                    gan_real *y, int64_t y_stride);
    /* y, outputs[0] by outputs[1] pixels, from the points at x[i * x_stride ...], plus `bias` */
    void (*output)(const int64_t points[2], const int64_t outputs[2], int64_t count, const gan_real *x,
                   int64_t x_stride, const gan_real *bias, gan_real *const *y);
    /* The adjoints of the last two: y[i * y_stride ...] = point i of the gradients x of the outputs; and y, the
     * gradients of the kernel, from those at its points. */
    void (*gradients)(const int64_t points[2], const int64_t outputs[2], int64_t count, const gan_real *const *x,
                      gan_real *y, int64_t y_stride);
    void (*taps)(const int64_t points[2], const int64_t taps[2], int64_t count, const gan_real *x, int64_t x_stride,
                 gan_real *const *y);
} gan_winograd_table;
GAN_ISA_DECLARE(gan_winograd_table);
const gan_winograd_table *gan_winograd_transforms(const gan_context *context);

/* ---- Convolutions (winograd.c, winograd_plan.c) ---- */

/* A part of a sum along one axis: every so many inputs, under some of the kernel's values. */
typedef struct gan_winograd_part {
    int64_t first;  /* the input that is value 0 of the part */
    int64_t origin; /* the value under tap 0 at position 0; at position q, it is origin + q */
    int64_t taps;
    int64_t kernel, kernel_step; /* the kernel's value of tap 0; from tap to tap */
} gan_winograd_part;

/* One axis of one phase of outputs. Parts are ordered by taps, most first. */
typedef struct gan_winograd_axis {
    int64_t positions, out_first, out_step; /* position q is output out_first + q * out_step */
    int64_t inputs, in_step;                /* length of the image; from value to value of a part */
    int64_t parts;
    gan_winograd_part part[GAN_WINOGRAD_PHASES];
} gan_winograd_axis;

typedef struct gan_winograd {
    int64_t batch;
    int64_t channels, height, width;        /* of the image, channels last */
    int64_t columns, out_height, out_width; /* of the output; columns: its channels */
    int64_t kernel_w;
    int64_t w_tap, w_channel, w_column; /* steps in the weights; that of channels or of columns is 1 */
    int64_t phases[2];                  /* of outputs, down and right; the axis of each: */
    gan_winograd_axis axis[2][GAN_WINOGRAD_PHASES];
    int64_t slots; /* of memory, at most: each is one thread's at a time */
} gan_winograd;

/* The most bytes of transformed weights that a convolution may take. */
#define GAN_WINOGRAD_MOST_BYTES (64 * 1024 * 1024)

/* Whether it is faster than the direct way: depends on the shape, of which the batch is a part. If it is not for a
 * batch, neither is it for a smaller one. */
bool gan_winograd_pays(const gan_micro_kernel_table *table, const gan_winograd *conv);
/* Scratch values for batches up to conv->batch. */
int64_t gan_winograd_scratch(const gan_micro_kernel_table *table, const gan_winograd *conv);
/* `bias`: one value per column, or NULL. */
void gan_winograd_run(gan_context *context, const gan_winograd *conv, const gan_real *x, const gan_real *w,
                      const gan_real *bias, gan_real *y, gan_real *scratch);

/* The gradient of the weights (winograd_weights.c): dw += or = that of the convolution of x, whose outputs have the
 * gradients dy; only if channels have step 1 in the weights, and there is one phase of outputs. */
bool gan_winograd_weights_pay(const gan_micro_kernel_table *table, const gan_winograd *conv);
int64_t gan_winograd_weights_scratch(const gan_micro_kernel_table *table, const gan_winograd *conv);
void gan_winograd_weights_run(gan_context *context, const gan_winograd *conv, const gan_real *x, const gan_real *dy,
                              bool accumulate, gan_real *dw, gan_real *scratch);

#endif
