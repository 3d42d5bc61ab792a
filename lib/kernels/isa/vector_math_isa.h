/* Elementary functions that a compiler can vectorise: no branches, no calls. In float they are polynomials with
 * a relative error of at most 2e-7, and results below the smallest normal number become 0. In double they are libm's.
 * NaN gives NaN.
 *
 * Part of isa.h, for sources that are compiled for each instruction set. */
#ifndef GAN_VECTOR_MATH_ISA_H
#define GAN_VECTOR_MATH_ISA_H

#include "core/core.h"

#include <math.h>

/* Marks a loop that reads and writes arrays only at its index, so that iterations are independent even if an output
 * is one of the inputs. */
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wpass-failed" /* double calls libm, sanitizers add branches */
#define GAN_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define GAN_INDEPENDENT _Pragma("GCC ivdep")
#else
#define GAN_INDEPENDENT
#endif

/* The bits of the bfloat16 that is nearest to the float with the bits x: the upper half of x, plus 1 if the lower
 * half is more than half of its last place, or exactly half and the sum is even: adding 0x7fff, or 0x8000 to odd
 * ones, carries exactly then. A carry into the exponent gives the next power of two or, beyond the largest, infinity.
 * A NaN could carry too, or lose all of its bits. */
static inline uint32_t gan_bfloat16_of(uint32_t x)
{
    const uint32_t nearest = (x + 0x7fff + (x >> 16 & 1)) >> 16, quiet = x >> 16 | 0x40;
    return (int32_t)(x & 0x7fffffff) > 0x7f800000 ? quiet : nearest; /* AVX2 compares only signed numbers */
}

#ifdef GAN_REAL_IS_DOUBLE

static inline gan_real gan_real_sqrt(gan_real x)
{
    return sqrt(x);
}

/* exp(x) for x <= 0 */
static inline gan_real gan_real_exp(gan_real x)
{
    return exp(x);
}

/* exp(x) - 1 for x <= 80 */
static inline gan_real gan_real_expm1(gan_real x)
{
    return expm1(x);
}

/* log(1 + x) for 0 <= x <= 1 */
static inline gan_real gan_real_log1p(gan_real x)
{
    return log1p(x);
}

static inline gan_real gan_real_tanh(gan_real x)
{
    return tanh(x);
}

/* The normal distribution: P(N(0, 1) <= x), and its density at x */
static inline gan_real gan_real_normal(gan_real x, gan_real *density)
{
    *density = 0.39894228040143268 * exp(-0.5 * x * x);
    return 0.5 * erfc(-0.70710678118654752 * x);
}

#else

static inline gan_real gan_real_sqrt(gan_real x)
{
    return sqrtf(x);
}

static inline float gan_float_from_bits(uint32_t bits)
{
    union {
        uint32_t bits;
        float value;
    } pun = {.bits = bits};
    return pun.value;
}

static inline uint32_t gan_float_to_bits(float value)
{
    union {
        float value;
        uint32_t bits;
    } pun = {.value = value};
    return pun.bits;
}

/* x = n log 2 + r with an integer n and |r| <= log(2) / 2, for |x| <= 88: then exp(x) = 2^n exp(r). Stores 2^n, which
 * is 0 for n = -127, and returns exp(r) - 1. */
static inline float gan_exp_reduce(float x, float *power)
{
    const float rounder = 0x1.8p23f; /* adding it leaves the nearest integer in the low bits */
    float shifted = x * 0x1.715476p0f + rounder;
    float n = shifted - rounder;
    float r = x - n * 0x1.63p-1f; /* log 2 in two parts; the product with the first is exact */
    r = r + n * 0x1.bd0106p-13f;
    *power = gan_float_from_bits((gan_float_to_bits(shifted) + 127u) << 23);
    float q = 0x1.6bec04p-10f;
    q = q * r + 0x1.122768p-7f;
    q = q * r + 0x1.555674p-5f;
    q = q * r + 0x1.5554b0p-3f;
    q = q * r + 0.5f;
    return r + r * r * q;
}

/* exp(x) for x <= 0 */
static inline float gan_real_exp(float x)
{
    float power;
    x = x < -88.0f ? -88.0f : x; /* n = -127 */
    float e = gan_exp_reduce(x, &power);
    return power + power * e;
}

/* exp(x) - 1 for x <= 80 */
static inline float gan_real_expm1(float x)
{
    float power;
    x = x < -88.0f ? -88.0f : x;
    float e = gan_exp_reduce(x, &power);
    return power * e + (power - 1.0f);
}

/* log(1 + x) = x - x^2 p(z), z = x - 1/2, for 0 <= x <= 1 */
static inline float gan_real_log1p(float x)
{
    float z = x - 0.5f;
    float p = 0x1.b2f176p-9f;
    p = p * z - 0x1.c634c2p-8f;
    p = p * z + 0x1.4d8118p-7f;
    p = p * z - 0x1.10e88ap-6f;
    p = p * z + 0x1.d99458p-6f;
    p = p * z - 0x1.a28584p-5f;
    p = p * z + 0x1.7de0b0p-4f;
    p = p * z - 0x1.6f0d76p-3f;
    p = p * z + 0x1.833704p-2f;
    return x - x * x * p;
}

/* tanh(|x|) = e / (e + 2), e = exp(2 |x|) - 1; exactly 1 from |x| = 10 on */
static inline float gan_real_tanh(float x)
{
    float a = fabsf(x);
    a = a > 10.0f ? 10.0f : a;
    float e = gan_real_expm1(a + a);
    return copysignf(e / (e + 2.0f), x);
}

/* exp(-x^2 / 2), with the error of x^2 made good, which exp would enlarge by x^2 / 2: x is a + b, a of 12 bits, so
 * that a^2 is exact, and (x^2 - a^2) / 2 = b (x + a) / 2 is at most 0.1 for |x| <= 14 */
static inline float gan_exp_of_square(float x)
{
    const float a = gan_float_from_bits(gan_float_to_bits(x) & 0xfffff000u), r = -0.5f * (x - a) * (x + a);
    const float e = r + r * r * (0.5f + r * (0x1.555556p-3f + r * (0x1.555556p-5f + r * 0x1.111112p-7f)));
    const float power = gan_real_exp(-0.5f * a * a);
    return power + power * e;
}

/* The normal distribution: P(N(0, 1) <= x), and its density at x. For x <= 0 it is exp(-x^2 / 2) u p(z) with
 * u = 3.5 / (3.5 + |x|) and z = u - 1/2, for x > 0 by symmetry; its relative error is at most 4e-7. */
static inline float gan_real_normal(float x, float *density)
{
    float a = fabsf(x);
    a = a > 14.0f ? 14.0f : a; /* where both are 0 */
    const float e = gan_exp_of_square(a), u = 3.5f / (3.5f + a), z = u - 0.5f;
    float p = -0x1.0e32fep-6f;
    p = p * z + 0x1.fe193ap-6f;
    p = p * z + 0x1.2863a8p-6f;
    p = p * z - 0x1.dc05e6p-5f;
    p = p * z - 0x1.e64532p-5f;
    p = p * z + 0x1.45efdap-4f;
    p = p * z + 0x1.0fa14ep-2f;
    p = p * z + 0x1.71232cp-2f;
    p = p * z + 0x1.4aef36p-2f;
    p = p * z + 0x1.b396fap-3f;
    const float tail = e * u * p;
    *density = 0x1.988454p-2f * e;
    return x > 0 ? 1.0f - tail : tail;
}

#endif

/* 1 / (1 + exp(-x)) = exp(x) / (1 + exp(x)), by exp(-|x|) so that nothing overflows */
static inline gan_real gan_real_sigmoid(gan_real x)
{
    gan_real e = gan_real_exp(x < 0 ? x : -x);
    return (x < 0 ? e : 1) / (1 + e);
}

/* log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)) */
static inline gan_real gan_real_softplus(gan_real x)
{
    gan_real tail = gan_real_log1p(gan_real_exp(x < 0 ? x : -x));
    return (x > 0 ? x : 0) + tail;
}

#endif
