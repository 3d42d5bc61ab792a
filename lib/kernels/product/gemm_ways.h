/* The ways to do a matrix product, among which gemm.c chooses. */
#ifndef GAN_GEMM_WAYS_H
#define GAN_GEMM_WAYS_H

#include "kernels/micro_kernel/micro_kernel.h"
#include "kernels/product/product.h"

/* By the BLAS, which counts in int: only if it can. */
bool gan_gemm_blas_can(const gan_gemm *gemm);
void gan_gemm_blas_run(gan_context *context, const gan_gemm *gemm);

/* By the micro-kernels of `table`. */
int64_t gan_gemm_native_scratch(const gan_micro_kernel_table *table, int64_t m, int64_t n, int64_t k);
void gan_gemm_native_run(gan_context *context, const gan_micro_kernel_table *table, const gan_gemm *gemm);
int64_t gan_gemm_native_packed_size(const gan_micro_kernel_table *table, const gan_gemm *gemm);
void gan_gemm_native_pack(gan_context *context, const gan_micro_kernel_table *table, const gan_gemm *gemm,
                          gan_real *packed);

/* By the micro-kernels for pairs, with operands rounded to bfloat16. */
int64_t gan_gemm_bfloat16_scratch(const gan_context *context, int64_t m, int64_t n, int64_t k);
void gan_gemm_bfloat16_run(gan_context *context, const gan_gemm *gemm);

#endif
