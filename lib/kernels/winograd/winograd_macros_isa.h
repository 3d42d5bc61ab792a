/* How a transform along one axis is written; winograd_isa.c takes these macros back. */
#ifndef GAN_WINOGRAD_MACROS_ISA_H
#define GAN_WINOGRAD_MACROS_ISA_H

#include "kernels/winograd/winograd.h"

/* x[i * x_step], y[i * y_step]: pointers to `count` values. `bias` is added to every y. */
#define LINE(name)                                                                                                \
    static void name(int64_t count, const gan_real *const *x, int64_t x_step, gan_real *const *y, int64_t y_step, \
                     const gan_real *bias)
#define X(i) *x##i = x[(i)*x_step]
#define Y(i) *y##i = y[(i)*y_step]
#define EACH GAN_INDEPENDENT for (int64_t c = 0; c < count; c++)

/* The squares, cubes and fourth powers of a and b at five and six points. */
#define A5        ((gan_real)0.5)
#define B5        ((gan_real)1.5)
#define A6        ((gan_real)0.75)
#define B6        ((gan_real)1.5)
#define POWER2(p) ((p) * (p))
#define POWER3(p) ((p) * (p) * (p))
#define POWER4(p) (POWER2(p) * POWER2(p))

/* The factors of a and -a, b and -b. */
#define FACTORS_5                                                             \
    const gan_real of_a = (gan_real)1 / (2 * A5 * (POWER2(A5) - POWER2(B5))); \
    const gan_real of_b = (gan_real)1 / (2 * B5 * (POWER2(B5) - POWER2(A5)))
#define FACTORS_6                                                                     \
    const gan_real of_0 = (gan_real)1 / (POWER2(A6) * POWER2(B6));                    \
    const gan_real of_a = (gan_real)1 / (2 * POWER2(A6) * (POWER2(A6) - POWER2(B6))); \
    const gan_real of_b = (gan_real)1 / (2 * POWER2(B6) * (POWER2(B6) - POWER2(A6)))

#define PAIRS(a, b)                                                                                     \
    const gan_real add = bias[c], sum_a = x##a##0 [c] + x##a##1 [c], sum_b = x##b##0 [c] + x##b##1 [c]; \
    const gan_real difference_a = x##a##0 [c] - x##a##1 [c], difference_b = x##b##0 [c] - x##b##1 [c]

#endif
