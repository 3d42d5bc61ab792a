/* Matrix products with operands rounded to bfloat16, by the micro-kernels for pairs. */
#include "kernels/product/gemm_ways.h"

int64_t gan_gemm_bfloat16_scratch(const gan_context *context, int64_t m, int64_t n, int64_t k)
{
    const int64_t pairs = gan_pairs(k);
    return (m + n) * pairs + 2 * GAN_SCRATCH_SLACK +
           gan_gemm_native_scratch(gan_bfloat16_micro_kernels(context), m, n, pairs);
}

void gan_gemm_bfloat16_run(gan_context *context, const gan_gemm *gemm)
{
    const int64_t m = gemm->m, n = gemm->n, k = gemm->k, pairs = gan_pairs(k);
    gan_gemm product = *gemm;
    gan_real *a = gan_scratch_take(&product.scratch, m * pairs), *b = gan_scratch_take(&product.scratch, n * pairs);
    if (gemm->transpose_a) {
        gan_bfloat16_round_row_pairs(context, k, m, gemm->a, gemm->lda, a);
    } else {
        gan_bfloat16_round_rows(context, m, k, gemm->a, gemm->lda, a);
    }
    if (gemm->transpose_b) {
        gan_bfloat16_round_rows(context, n, k, gemm->b, gemm->ldb, b);
    } else {
        gan_bfloat16_round_row_pairs(context, k, n, gemm->b, gemm->ldb, b);
    }
    product.k = pairs;
    product.a = a;
    product.lda = gemm->transpose_a ? m : pairs;
    product.b = b;
    product.ldb = gemm->transpose_b ? pairs : n;
    gan_gemm_native_run(context, gan_bfloat16_micro_kernels(context), &product);
}
