/* Operands of products in bfloat16, within this folder only.
 *
 * bfloat16 is the upper half of a float: 8 bits of mantissa, the first of them implied, and the exponents of float.
 * The micro-kernels take two neighbours along k at a time, as a pair in the place of one gan_real. So whatever reads
 * rows and packs panels of gan_real does the same for pairs, with half as many along k. */
#ifndef GAN_BFLOAT16_H
#define GAN_BFLOAT16_H

#include "kernels/products.h"

/* ---- Loops over one block (block_bfloat16.c) ----------------------------------------------------------------- */

struct gan_bfloat16_table {
    /* Rounds the values of each row: y[i * y_stride + j], a 0 behind the last where they are odd in number. Strides:
     * of x in values, of y in pairs. To the nearest, ties to even; NaN stays NaN, and is quiet; denormals are rounded
     * in plain C, and 0 with AVX512_BF16, which multiplies them as if they were. */
    void (*rows)(int64_t rows, int64_t columns, const gan_real *x, int64_t x_stride, gan_real *y, int64_t y_stride);
    /* Pairs of rows: pair j of row i is x[2 i, j], x[2 i + 1, j]. `rows`: of x, the one missing from the last pair
     * is 0. */
    void (*row_pairs)(int64_t rows, int64_t columns, const gan_real *x, int64_t x_stride, gan_real *y,
                      int64_t y_stride);
    /* Pair j of row i is first[i * stride + j], second[i * stride + j], values that have been rounded; either may be
     * NULL, which is 0. */
    void (*interleave)(int64_t rows, int64_t columns, const uint16_t *first, const uint16_t *second, int64_t stride,
                       gan_real *y, int64_t y_stride);
};

static inline int64_t gan_pairs(int64_t count)
{
    return count / 2 + count % 2;
}

/* Rounding, and the micro-kernels for pairs: by AVX512_BF16, or in plain C at the level GAN_CPU_BASELINE. */
const gan_bfloat16_table *gan_bfloat16_rounding(const gan_context *context);
const gan_product_table *gan_bfloat16_products(const gan_context *context);

/* ---- Products of rounded operands (bfloat16.c): the same contracts as their namesakes in kernels.h ------------- */

int64_t gan_bfloat16_gemm_scratch(const gan_context *context, int64_t m, int64_t n, int64_t k);
void gan_bfloat16_gemm_run(gan_context *context, const gan_gemm *gemm);

int64_t gan_bfloat16_conv_scratch(const gan_context *context, const gan_conv *conv, int64_t batch);
void gan_bfloat16_conv_forward(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                               const gan_real *w, const gan_epilogue *epilogue, gan_real *y, gan_real *scratch);
void gan_bfloat16_conv_backward_data(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *dy,
                                     const gan_real *w, const gan_epilogue *epilogue, gan_real *dx,
                                     gan_real *scratch);
void gan_bfloat16_conv_backward_weights(gan_context *context, const gan_conv *conv, int64_t batch, const gan_real *x,
                                        const gan_real *dy, gan_real *dw, gan_real *scratch);

#endif
