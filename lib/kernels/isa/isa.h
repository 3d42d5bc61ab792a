/* The door of isa: how one source becomes a table of functions for each instruction set.
 *
 * A family `f` has a struct gan_f_table of function pointers and a source f_isa.c, listed in isa_sources, that ends
 * with
 *     const gan_f_table GAN_ISA_TABLE(gan_f_table) = {...};
 * and is compiled once for each instruction set, with its flags and, say, -DGAN_ISA=avx2.
 * GAN_ISA_DECLARE(gan_f_table) declares these tables, and GAN_ISA_SELECT(gan_f_table, context) is the one for the
 * context's CPU level. Such sources, and headers only for them, end in _isa. */
#ifndef GAN_ISA_H
#define GAN_ISA_H

#include "core/core.h"

#define GAN_ISA_GLUE2(name, isa) name##_##isa
#define GAN_ISA_GLUE(name, isa)  GAN_ISA_GLUE2(name, isa)
#define GAN_ISA_TABLE(name)      GAN_ISA_GLUE(name, GAN_ISA)

#if defined(GAN_HAVE_AVX2) && !defined(GAN_REAL_IS_DOUBLE)
#define GAN_ISA_DECLARE(name) extern const name name##_baseline, name##_avx2, name##_avx512
#define GAN_ISA_SELECT(name, context)                  \
    ((context)->cpu == GAN_CPU_AVX512 ? &name##_avx512 \
     : (context)->cpu == GAN_CPU_AVX2 ? &name##_avx2   \
                                      : &name##_baseline)
#elif defined(GAN_HAVE_SIMD128) && !defined(GAN_REAL_IS_DOUBLE)
#define GAN_ISA_DECLARE(name)         extern const name name##_baseline, name##_simd128
#define GAN_ISA_SELECT(name, context) ((context)->cpu == GAN_CPU_SIMD128 ? &name##_simd128 : &name##_baseline)
#else
#define GAN_ISA_DECLARE(name)         extern const name name##_baseline
#define GAN_ISA_SELECT(name, context) ((void)(context), &name##_baseline)
#endif

#ifdef GAN_ISA
/* Bytes of the instruction set's vectors, and whether it multiplies pairs in bfloat16 (AVX512_BF16, or BF16 of Arm).
 * The amalgamation says so itself, since these macros of the compiler tell what a whole file is compiled for. */
#ifndef GAN_VECTOR_BYTES
#if defined(__AVX512F__)
#define GAN_VECTOR_BYTES 64
#elif defined(__AVX2__)
#define GAN_VECTOR_BYTES 32
#else
#define GAN_VECTOR_BYTES 16
#endif
#endif
#if defined(__AVX512BF16__) || defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
#define GAN_HAS_BFLOAT16_PRODUCTS
#endif

/* Elementary functions, and the mark for loops that compilers should vectorise. */
#include "kernels/isa/vector_math_isa.h"
#endif

#endif
