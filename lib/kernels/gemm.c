/* Matrix products: by the BLAS, or by the kernels of this library. */
#include "kernels/products.h"

#include <cblas.h>

#ifdef GAN_REAL_IS_DOUBLE
#define cblas_gemm cblas_dgemm
#else
#define cblas_gemm cblas_sgemm
#endif

void gan_epilogue_apply(const gan_epilogue *epilogue, int64_t rows, int64_t columns, gan_real *c, int64_t ldc)
{
    if (!epilogue) return;
    const gan_real *bias = epilogue->bias, slope = epilogue->slope;
    for (int64_t i = 0; i < rows; i++) {
        gan_real *row = c + i * ldc;
        if (bias) {
            for (int64_t j = 0; j < columns; j++) row[j] += bias[j];
        }
        if (epilogue->leaky) {
            for (int64_t j = 0; j < columns; j++) row[j] = row[j] > 0 ? row[j] : slope * row[j];
        }
    }
}

static void run_blas(const gan_gemm *gemm)
{
    cblas_gemm(CblasRowMajor, gemm->transpose_a ? CblasTrans : CblasNoTrans,
               gemm->transpose_b ? CblasTrans : CblasNoTrans, (int)gemm->m, (int)gemm->n, (int)gemm->k, 1, gemm->a,
               (int)gemm->lda, gemm->b, (int)gemm->ldb, gemm->accumulate ? 1 : 0, gemm->c, (int)gemm->ldc);
    gan_epilogue_apply(gemm->epilogue, gemm->m, gemm->n, gemm->c, gemm->ldc);
}

int64_t gan_gemm_scratch(const gan_context *context, int64_t m, int64_t n, int64_t k)
{
    (void)context, (void)m, (void)n, (void)k;
    return 0;
}

void gan_gemm_run(gan_context *context, const gan_gemm *gemm)
{
    (void)context;
    run_blas(gemm);
}
