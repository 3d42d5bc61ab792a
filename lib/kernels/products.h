/* Matrix products and convolutions, within this folder only. */
#ifndef GAN_PRODUCTS_H
#define GAN_PRODUCTS_H

#include "kernels/isa.h"
#include "kernels/kernels.h"

/* ---- Matrix products (gemm.c) ----------------------------------------------------------------------------------- */

/* The epilogue (NULL: none) of `rows` x `columns` finished elements with row stride ldc. */
void gan_epilogue_apply(const gan_epilogue *epilogue, int64_t rows, int64_t columns, gan_real *c, int64_t ldc);

/* ---- Convolutions as explicit matrix products (conv_columns.c) --------------------------------------------- */

/* The same contracts as their namesakes without _columns in kernels.h. */
int64_t gan_conv_columns_scratch(const gan_context *context, const gan_conv *conv, int64_t batch);
void gan_conv_columns_forward(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                              const gan_real *w, const gan_epilogue *epilogue, gan_real *y, gan_real *scratch);
void gan_conv_columns_backward_data(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *dy,
                                    const gan_real *w, const gan_epilogue *epilogue, gan_real *dx,
                                    gan_real *scratch);
void gan_conv_columns_backward_weights(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                                       const gan_real *dy, gan_real *dw, gan_real *scratch);

#endif
