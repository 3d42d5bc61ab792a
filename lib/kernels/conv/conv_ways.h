/* The ways to do a convolution, among which conv.c chooses. Contracts are those of their namesakes in conv.h. */
#ifndef GAN_CONV_WAYS_H
#define GAN_CONV_WAYS_H

#include "kernels/conv/conv.h"
#include "kernels/micro_kernel/micro_kernel.h"

/* Without dilation and groups. */
static inline bool gan_conv_is_plain(const gan_conv *conv)
{
    return conv->groups == 1 && conv->dilation_h == 1 && conv->dilation_w == 1;
}

/* ---- As matrix products of patches in memory (conv_im2col.c): any dilation and groups ---- */

int64_t gan_conv_im2col_scratch(const gan_context *context, const gan_conv *conv, int64_t batch);
void gan_conv_im2col_forward(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                             const gan_real *w, const gan_real *bias, gan_real *y, gan_real *scratch);
void gan_conv_im2col_backward_data(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *dy,
                                   const gan_real *w, const gan_real *bias, gan_real *dx, gan_real *scratch);
void gan_conv_im2col_backward_weights(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                                      const gan_real *dy, bool accumulate, gan_real *dw, gan_real *scratch);

/* ---- One filter on each channel (conv_depthwise.c): any dilation; only if gan_conv_is_depthwise() ---- */

bool gan_conv_is_depthwise(const gan_conv *conv);
int64_t gan_conv_depthwise_scratch(const gan_context *context, const gan_conv *conv, int64_t batch);
void gan_conv_depthwise_forward(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                                const gan_real *w, const gan_real *bias, gan_real *y, gan_real *scratch);
void gan_conv_depthwise_backward_data(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *dy,
                                      const gan_real *w, const gan_real *bias, gan_real *dx, gan_real *scratch);
void gan_conv_depthwise_backward_weights(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                                         const gan_real *dy, bool accumulate, gan_real *dw, gan_real *scratch);

/* ---- Direct: without patches in memory (conv_direct.c, conv_weights.c). Here and below:
 * only if gan_conv_is_plain() ---- */

int64_t gan_conv_direct_scratch(const gan_micro_kernel_table *table, const gan_conv *conv);
void gan_conv_direct_forward(gan_context *context, const gan_micro_kernel_table *table, const gan_conv *conv,
                             int64_t batch, const gan_real *x, const gan_real *w, const gan_real *bias, gan_real *y,
                             gan_real *scratch);
void gan_conv_direct_backward_data(gan_context *context, const gan_micro_kernel_table *table, const gan_conv *conv,
                                   int64_t batch, const gan_real *dy, const gan_real *w, const gan_real *bias,
                                   gan_real *dx, gan_real *scratch);

/* `rounded`, unless NULL, has the functions for operands in bfloat16: then x is rounded values one after another, and
 * dy the pairs of its batch * out_height lines. */
int64_t gan_conv_direct_backward_weights_scratch(const gan_micro_kernel_table *table,
                                                 const gan_rounding_table *rounded, const gan_conv *conv,
                                                 int64_t batch);
void gan_conv_direct_backward_weights(gan_context *context, const gan_micro_kernel_table *table,
                                      const gan_rounding_table *rounded, const gan_conv *conv, int64_t batch,
                                      const void *x, const gan_real *dy, bool accumulate, gan_real *dw,
                                      gan_real *scratch);

/* ---- By fewer multiplications (conv_winograd.c): forward, or backward to the data; only if it fits ---- */

bool gan_conv_winograd_fits(const gan_conv *conv, bool backward);
/* Whether it is faster and wanted: depends on the shape, of which the batch is a part. If it is not faster for
 * a batch, it is not for a smaller one either. */
bool gan_conv_winograd_pays(const gan_context *context, const gan_conv *conv, int64_t batch, bool backward);
int64_t gan_conv_winograd_scratch(const gan_context *context, const gan_conv *conv, int64_t batch, bool backward);
void gan_conv_winograd_forward(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                               const gan_real *w, const gan_real *bias, gan_real *y, gan_real *scratch);
void gan_conv_winograd_backward_data(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *dy,
                                     const gan_real *w, const gan_real *bias, gan_real *dx, gan_real *scratch);

/* The gradient of the weights; only if gan_conv_winograd_fits() forward. */
bool gan_conv_winograd_weights_pay(const gan_context *context, const gan_conv *conv, int64_t batch);
int64_t gan_conv_winograd_weights_scratch(const gan_context *context, const gan_conv *conv, int64_t batch);
void gan_conv_winograd_backward_weights(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                                        const gan_real *dy, bool accumulate, gan_real *dw, gan_real *scratch);

/* Few filters of stride 1 (conv_weights.c); only if gan_conv_has_few_filters(). */
bool gan_conv_has_few_filters(const gan_micro_kernel_table *table, const gan_conv *conv);
int64_t gan_conv_few_filters_scratch(const gan_micro_kernel_table *table, const gan_conv *conv, int64_t batch);
void gan_conv_few_filters_backward_weights(gan_context *context, const gan_micro_kernel_table *table,
                                           const gan_conv *conv, int64_t batch, const gan_real *x, const gan_real *dy,
                                           bool accumulate, gan_real *dw, gan_real *scratch);

/* ---- Tap by tap, for small images and many weights (conv_taps.c); a batch of at most GAN_ROW_BLOCK positions ----
 */

/* Whether it is faster; if it is for a batch, it is for a smaller one too. */
bool gan_conv_taps_pay(const gan_conv *conv, int64_t batch);
int64_t gan_conv_taps_scratch(const gan_micro_kernel_table *table, const gan_conv *conv, int64_t batch);
void gan_conv_taps_forward(gan_context *context, const gan_micro_kernel_table *table, const gan_conv *conv,
                           int64_t batch, const gan_real *x, const gan_real *w, const gan_real *bias, gan_real *y,
                           gan_real *scratch);
void gan_conv_taps_backward_data(gan_context *context, const gan_micro_kernel_table *table, const gan_conv *conv,
                                 int64_t batch, const gan_real *dy, const gan_real *w, const gan_real *bias,
                                 gan_real *dx);
void gan_conv_taps_backward_weights(gan_context *context, const gan_micro_kernel_table *table, const gan_conv *conv,
                                    int64_t batch, const gan_real *x, const gan_real *dy, bool accumulate,
                                    gan_real *dw);

/* ---- With operands rounded to bfloat16 (conv_bfloat16.c) ---- */

int64_t gan_conv_bfloat16_scratch(const gan_context *context, const gan_conv *conv, int64_t batch);
void gan_conv_bfloat16_forward(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                               const gan_real *w, const gan_real *bias, gan_real *y, gan_real *scratch);
void gan_conv_bfloat16_backward_data(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *dy,
                                     const gan_real *w, const gan_real *bias, gan_real *dx, gan_real *scratch);
void gan_conv_bfloat16_backward_weights(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                                        const gan_real *dy, bool accumulate, gan_real *dw, gan_real *scratch);

#endif
