/* The transforms along one axis for four taps: included by winograd_isa.c. */
#ifndef GAN_WINOGRAD_FOUR_TAPS_ISA_H
#define GAN_WINOGRAD_FOUR_TAPS_ISA_H

#include "kernels/winograd/winograd_macros_isa.h"

/* Kernels. */
LINE(weights_5_4)
{
    FACTORS_5;
    const gan_real X(0), X(1), X(2), X(3);
    gan_real Y(0), Y(1), Y(2), Y(3), Y(4);
    (void)bias;
    EACH
    {
        const gan_real g0 = x0[c], g1 = x1[c], g2 = x2[c], g3 = x3[c];
        const gan_real even_a = g0 + POWER2(A5) * g2, even_b = g0 + POWER2(B5) * g2;
        const gan_real odd_a = A5 * g1 + POWER3(A5) * g3, odd_b = B5 * g1 + POWER3(B5) * g3;
        y0[c] = of_a * (even_a + odd_a);
        y1[c] = of_a * (odd_a - even_a);
        y2[c] = of_b * (even_b + odd_b);
        y3[c] = of_b * (odd_b - even_b);
        y4[c] = g3;
    }
}

LINE(weights_6_4)
{
    FACTORS_6;
    const gan_real X(0), X(1), X(2), X(3);
    gan_real Y(0), Y(1), Y(2), Y(3), Y(4), Y(5);
    (void)bias;
    EACH
    {
        const gan_real g0 = x0[c], g1 = x1[c], g2 = x2[c], g3 = x3[c];
        const gan_real even_a = g0 + POWER2(A6) * g2, even_b = g0 + POWER2(B6) * g2;
        const gan_real odd_a = A6 * g1 + POWER3(A6) * g3, odd_b = B6 * g1 + POWER3(B6) * g3;
        y0[c] = of_0 * g0;
        y1[c] = of_a * (even_a + odd_a);
        y2[c] = of_a * (even_a - odd_a);
        y3[c] = of_b * (even_b + odd_b);
        y4[c] = of_b * (even_b - odd_b);
        y5[c] = g3;
    }
}

/* Outputs: two of five points, three of six. */
LINE(output_5_2)
{
    const gan_real *xa0 = x[0], *xa1 = x[x_step], *xb0 = x[2 * x_step], *xb1 = x[3 * x_step], X(4);
    gan_real Y(0), Y(1);
    EACH
    {
        PAIRS(a, b);
        y0[c] = sum_a + sum_b + add;
        y1[c] = A5 * difference_a + B5 * difference_b + x4[c] + add;
    }
}

LINE(output_6_3)
{
    const gan_real X(0), *xa0 = x[x_step], *xa1 = x[2 * x_step], *xb0 = x[3 * x_step], *xb1 = x[4 * x_step], X(5);
    gan_real Y(0), Y(1), Y(2);
    EACH
    {
        PAIRS(a, b);
        y0[c] = x0[c] + sum_a + sum_b + add;
        y1[c] = A6 * difference_a + B6 * difference_b + add;
        y2[c] = POWER2(A6) * sum_a + POWER2(B6) * sum_b + x5[c] + add;
    }
}

/* Gradients of outputs. */
LINE(gradients_5_2)
{
    const gan_real X(0), X(1);
    gan_real Y(0), Y(1), Y(2), Y(3), Y(4);
    (void)bias;
    EACH
    {
        const gan_real d0 = x0[c], d1 = x1[c];
        y0[c] = d0 + A5 * d1;
        y1[c] = d0 - A5 * d1;
        y2[c] = d0 + B5 * d1;
        y3[c] = d0 - B5 * d1;
        y4[c] = d1;
    }
}

LINE(gradients_6_3)
{
    const gan_real X(0), X(1), X(2);
    gan_real Y(0), Y(1), Y(2), Y(3), Y(4), Y(5);
    (void)bias;
    EACH
    {
        const gan_real d0 = x0[c], d1 = x1[c], d2 = x2[c];
        const gan_real even_a = d0 + POWER2(A6) * d2, even_b = d0 + POWER2(B6) * d2;
        y0[c] = d0;
        y1[c] = even_a + A6 * d1;
        y2[c] = even_a - A6 * d1;
        y3[c] = even_b + B6 * d1;
        y4[c] = even_b - B6 * d1;
        y5[c] = d2;
    }
}

/* Gradients of kernels. */
LINE(taps_5_4)
{
    FACTORS_5;
    const gan_real *xa0 = x[0], *xa1 = x[x_step], *xb0 = x[2 * x_step], *xb1 = x[3 * x_step], X(4);
    gan_real Y(0), Y(1), Y(2), Y(3);
    EACH
    {
        PAIRS(a, b);
        y0[c] = of_a * difference_a + of_b * difference_b + add;
        y1[c] = of_a * A5 * sum_a + of_b * B5 * sum_b + add;
        y2[c] = of_a * POWER2(A5) * difference_a + of_b * POWER2(B5) * difference_b + add;
        y3[c] = of_a * POWER3(A5) * sum_a + of_b * POWER3(B5) * sum_b + x4[c] + add;
    }
}

LINE(taps_6_4)
{
    FACTORS_6;
    const gan_real X(0), *xa0 = x[x_step], *xa1 = x[2 * x_step], *xb0 = x[3 * x_step], *xb1 = x[4 * x_step], X(5);
    gan_real Y(0), Y(1), Y(2), Y(3);
    EACH
    {
        PAIRS(a, b);
        y0[c] = of_0 * x0[c] + of_a * sum_a + of_b * sum_b + add;
        y1[c] = of_a * A6 * difference_a + of_b * B6 * difference_b + add;
        y2[c] = of_a * POWER2(A6) * sum_a + of_b * POWER2(B6) * sum_b + add;
        y3[c] = of_a * POWER3(A6) * difference_a + of_b * POWER3(B6) * difference_b + x5[c] + add;
    }
}

#endif
