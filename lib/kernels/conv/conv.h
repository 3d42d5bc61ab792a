/* The door of conv: convolutions of images. */
#ifndef GAN_CONV_H
#define GAN_CONV_H

#include "kernels/product/product.h"

/* x: (batch, height, width, channels); y: (batch, out_height, out_width, filters);
 * w: (filters, kernel_h, kernel_w, channels / groups): filters and channels are divided, in order, into groups, which
 * see each other only. Transposed convolutions are the same functions with x and y swapped: their forward is
 * gan_conv_backward_data, their backward data gan_conv_forward. */
typedef struct gan_conv {
    int64_t channels, height, width;
    int64_t filters, out_height, out_width;
    int64_t kernel_h, kernel_w, stride_h, stride_w;
    int64_t pad_top, pad_left;      /* rows above and columns to the left; the others follow from the sizes */
    int64_t dilation_h, dilation_w; /* rows and columns from one value of the kernel to the next */
    int64_t groups;                 /* divides channels and filters */
} gan_conv;

/* The most scratch values that any of the three needs for batches up to `batch`. */
int64_t gan_conv_scratch(const gan_context *context, const gan_conv *conv, int64_t batch);
/* y = conv(x, w) + bias, one value per filter; NULL: no bias. */
void gan_conv_forward(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x, const gan_real *w,
                      const gan_real *bias, gan_real *y, gan_real *scratch);
/* dx = conv'(dy, w) + bias, conv' being the adjoint of conv; one value per channel; NULL: no bias. */
void gan_conv_backward_data(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *dy,
                            const gan_real *w, const gan_real *bias, gan_real *dx, gan_real *scratch);
/* dw += the gradient of the weights; or = it, unless `accumulate`. */
void gan_conv_backward_weights(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                               const gan_real *dy, bool accumulate, gan_real *dw, gan_real *scratch);

#endif
