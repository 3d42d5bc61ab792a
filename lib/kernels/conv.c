/* Convolutions: how each of the three is done. */
#include "kernels/products.h"

int64_t gan_conv_scratch(const gan_context *context, const gan_conv *conv, int64_t batch)
{
    return gan_conv_columns_scratch(context, conv, batch);
}

void gan_conv_forward(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x, const gan_real *w,
                      const gan_epilogue *epilogue, gan_real *y, gan_real *scratch)
{
    gan_conv_columns_forward(context, conv, batch, x, w, epilogue, y, scratch);
}

void gan_conv_backward_data(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *dy,
                            const gan_real *w, const gan_epilogue *epilogue, gan_real *dx, gan_real *scratch)
{
    gan_conv_columns_backward_data(context, conv, batch, dy, w, epilogue, dx, scratch);
}

void gan_conv_backward_weights(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                               const gan_real *dy, gan_real *dw, gan_real *scratch)
{
    gan_conv_columns_backward_weights(context, conv, batch, x, dy, dw, scratch);
}
