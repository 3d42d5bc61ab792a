/* The door of product: matrix products, the only room that knows a BLAS. */
#ifndef GAN_PRODUCT_H
#define GAN_PRODUCT_H

#include "core/core.h"

/* C (m x n, row stride ldc) = [C +] op(A) op(B) [+ bias, one value per column].
 * A is m x k with row stride lda, or k x m when transpose_a; B is k x n with row stride ldb, or n x k when
 * transpose_b. `scratch`: gan_gemm_scratch() values, for m or more rows: an epoch may end with fewer. */
typedef struct gan_gemm {
    int64_t m, n, k;
    const gan_real *a;
    int64_t lda;
    bool transpose_a;
    const gan_real *b;
    int64_t ldb;
    bool transpose_b;
    gan_real *c;
    int64_t ldc;
    bool accumulate;
    const gan_real *bias; /* or NULL */
    gan_real *scratch;
    const gan_real *packed_b; /* B as gan_gemm_pack() writes it, for the same result in less time; or NULL */
    bool full_precision;      /* does not round operands, whatever the context's precision */
} gan_gemm;

int64_t gan_gemm_scratch(const gan_context *context, int64_t m, int64_t n, int64_t k);
void gan_gemm_run(gan_context *context, const gan_gemm *gemm);

/* For a B that many products have: the values that gan_gemm_pack() writes of it, at a multiple of GAN_ALIGNMENT; 0 if
 * a product with these shapes does not need it. The A of other products with the packed B may have any m. */
int64_t gan_gemm_packed_size(const gan_context *context, const gan_gemm *gemm);
void gan_gemm_pack(gan_context *context, const gan_gemm *gemm, gan_real *packed);

/* Adds the bias (NULL: none) to `rows` x `columns` finished elements with row stride ldc, for passes that do not end
 * in a product. */
void gan_bias_add(const gan_real *bias, int64_t rows, int64_t columns, gan_real *c, int64_t ldc);

#endif
