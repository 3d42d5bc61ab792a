/* Chooses how to do a matrix product. */
#include "kernels/product/gemm_ways.h"

int64_t gan_gemm_scratch(const gan_context *context, int64_t m, int64_t n, int64_t k)
{
    if (context->multiply == GAN_MULTIPLY_BLAS) return 0;
    int64_t scratch = gan_gemm_native_scratch(GAN_ISA_SELECT(gan_micro_kernel_table, context), m, n, k);
#ifdef GAN_HAVE_BFLOAT16
    if (context->precision == GAN_PRECISION_BFLOAT16) {
        int64_t rounded = gan_gemm_bfloat16_scratch(context, m, n, k);
        if (rounded > scratch) scratch = rounded;
    }
#endif
    return scratch;
}

static bool rounds_operands(const gan_context *context, const gan_gemm *gemm)
{
    return context->precision == GAN_PRECISION_BFLOAT16 && !gemm->full_precision;
}

int64_t gan_gemm_packed_size(const gan_context *context, const gan_gemm *gemm)
{
    if (rounds_operands(context, gemm) || context->multiply == GAN_MULTIPLY_BLAS) return 0;
    return gan_gemm_native_packed_size(GAN_ISA_SELECT(gan_micro_kernel_table, context), gemm);
}

void gan_gemm_pack(gan_context *context, const gan_gemm *gemm, gan_real *packed)
{
    gan_gemm_native_pack(context, GAN_ISA_SELECT(gan_micro_kernel_table, context), gemm, packed);
}

void gan_gemm_run(gan_context *context, const gan_gemm *gemm)
{
    if (gemm->m == 0 || gemm->n == 0) return;
#ifdef GAN_HAVE_BFLOAT16
    if (rounds_operands(context, gemm)) {
        gan_gemm_bfloat16_run(context, gemm);
        return;
    }
#endif
    if (context->multiply == GAN_MULTIPLY_BLAS && gan_gemm_blas_can(gemm)) {
        gan_gemm_blas_run(context, gemm);
    } else {
        gan_gemm_native_run(context, GAN_ISA_SELECT(gan_micro_kernel_table, context), gemm);
    }
}
