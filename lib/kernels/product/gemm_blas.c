/* Matrix products by the BLAS. */
#include "kernels/blocks/blocks.h"
#include "kernels/product/gemm_ways.h"

#include <limits.h>

/* The numbers of cblas.h. */
enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111, TRANSPOSE = 112 };

/* cblas_sgemm() or cblas_dgemm(): C = alpha op(A) op(B) + beta C. */
typedef void gemm_fn(int order, int transpose_a, int transpose_b, int m, int n, int k, gan_real alpha,
                     const gan_real *a, int lda, const gan_real *b, int ldb, gan_real beta, gan_real *c, int ldc);

#ifdef GAN_BLAS_LINKED
#ifdef GAN_REAL_IS_DOUBLE
#define cblas_gemm cblas_dgemm
#else
#define cblas_gemm cblas_sgemm
#endif
gemm_fn cblas_gemm;

static gemm_fn *gemm_of(const gan_context *context)
{
    (void)context;
    return cblas_gemm;
}
#else
static gemm_fn *gemm_of(const gan_context *context)
{
    return (gemm_fn *)context->blas.gemm;
}
#endif

void gan_bias_add(const gan_real *bias, int64_t rows, int64_t columns, gan_real *c, int64_t ldc)
{
    for (int64_t i = 0; bias && i < rows; i++) {
        gan_real *row = c + i * ldc;
        for (int64_t j = 0; j < columns; j++) row[j] += bias[j];
    }
}

static void bias_range(const void *args, int64_t begin, int64_t end)
{
    const gan_gemm *gemm = args;
    gan_bias_add(gemm->bias, end - begin, gemm->n, gemm->c + begin * gemm->ldc, gemm->ldc);
}

bool gan_gemm_blas_can(const gan_gemm *gemm)
{
    return gemm->m <= INT_MAX && gemm->n <= INT_MAX && gemm->k <= INT_MAX && gemm->lda <= INT_MAX &&
           gemm->ldb <= INT_MAX && gemm->ldc <= INT_MAX;
}

/* A BLAS rejects the stride 0 of a matrix without columns, and some then end the process. */
static int blas_stride(int64_t stride)
{
    return stride > 0 ? (int)stride : 1;
}

void gan_gemm_blas_run(gan_context *context, const gan_gemm *gemm)
{
    gan_blas_enter();
    gemm_of(context)(ROW_MAJOR, gemm->transpose_a ? TRANSPOSE : NO_TRANSPOSE,
                     gemm->transpose_b ? TRANSPOSE : NO_TRANSPOSE, (int)gemm->m, (int)gemm->n, (int)gemm->k, 1,
                     gemm->a, blas_stride(gemm->lda), gemm->b, blas_stride(gemm->ldb), gemm->accumulate ? 1 : 0,
                     gemm->c, (int)gemm->ldc);
    gan_blas_leave();
    if (gemm->bias) gan_range_run(context, bias_range, gemm, gemm->m, gemm->n < GAN_BLOCK ? GAN_BLOCK / gemm->n : 1);
}
