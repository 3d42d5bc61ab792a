/* Convolutions: without patches in memory by the micro-kernels, or with them by the BLAS. */
#include "kernels/products.h"

int64_t gan_conv_scratch(const gan_context *context, const gan_conv *conv, int64_t batch)
{
    if (context->multiply == GAN_MULTIPLY_BLAS) return gan_conv_columns_scratch(context, conv, batch);
    int64_t rows = gan_conv_rows_scratch(context, conv), weights = gan_conv_weights_scratch(context, conv, batch);
    return rows > weights ? rows : weights;
}

void gan_conv_forward(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x, const gan_real *w,
                      const gan_epilogue *epilogue, gan_real *y, gan_real *scratch)
{
    if (context->multiply == GAN_MULTIPLY_BLAS) {
        gan_conv_columns_forward(context, conv, batch, x, w, epilogue, y, scratch);
    } else {
        gan_conv_rows_forward(context, conv, batch, x, w, epilogue, y, scratch);
    }
}

void gan_conv_backward_data(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *dy,
                            const gan_real *w, const gan_epilogue *epilogue, gan_real *dx, gan_real *scratch)
{
    if (context->multiply == GAN_MULTIPLY_BLAS) {
        gan_conv_columns_backward_data(context, conv, batch, dy, w, epilogue, dx, scratch);
    } else {
        gan_conv_rows_backward_data(context, conv, batch, dy, w, epilogue, dx, scratch);
    }
}

void gan_conv_backward_weights(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                               const gan_real *dy, gan_real *dw, gan_real *scratch)
{
    if (context->multiply == GAN_MULTIPLY_BLAS) {
        gan_conv_columns_backward_weights(context, conv, batch, x, dy, dw, scratch);
    } else {
        gan_conv_weights_backward(context, conv, batch, x, dy, dw, scratch);
    }
}
