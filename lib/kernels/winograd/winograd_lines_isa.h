/* The transforms along one axis: included by winograd_isa.c. Points are 0, 1 and infinity; 0, 1, -1 and infinity; a,
 * -a, b, -b and infinity with a = 1/2, b = 3/2; or 0, a, -a, b, -b and infinity with a = 3/4, b = 3/2: among the
 * short fractions tried, those with the smallest errors. For a finite point p,
 *
 *     B: the coefficients of the product of (x - q) over all other finite points q
 *     G: (g[0] + g[1] p + g[2] p p) / (the product of p - q)
 *     A: y[i] = the sum of p^i m[p]
 *
 * and for infinity, B has the product over all finite points, G the last tap, and A adds to the last output. */
#ifndef GAN_WINOGRAD_LINES_ISA_H
#define GAN_WINOGRAD_LINES_ISA_H

#include "kernels/winograd/winograd_macros_isa.h"

LINE(input_3)
{
    const gan_real X(0), X(1), X(2);
    gan_real Y(0), Y(1), Y(2);
    (void)bias;
    EACH
    {
        const gan_real d0 = x0[c], d1 = x1[c], d2 = x2[c];
        y0[c] = d0 - d1;
        y1[c] = d1;
        y2[c] = d2 - d1;
    }
}

LINE(input_4)
{
    const gan_real X(0), X(1), X(2), X(3);
    gan_real Y(0), Y(1), Y(2), Y(3);
    (void)bias;
    EACH
    {
        const gan_real d0 = x0[c], d1 = x1[c], d2 = x2[c], d3 = x3[c];
        y0[c] = d0 - d2;
        y1[c] = d2 + d1;
        y2[c] = d2 - d1;
        y3[c] = d3 - d1;
    }
}

LINE(input_5)
{
    const gan_real a2 = POWER2(A5), b2 = POWER2(B5);
    const gan_real X(0), X(1), X(2), X(3), X(4);
    gan_real Y(0), Y(1), Y(2), Y(3), Y(4);
    (void)bias;
    EACH
    {
        const gan_real d0 = x0[c], d1 = x1[c], d2 = x2[c], d3 = x3[c], d4 = x4[c];
        const gan_real even_a = d2 - b2 * d0, odd_a = d3 - b2 * d1;
        const gan_real even_b = d2 - a2 * d0, odd_b = d3 - a2 * d1;
        y0[c] = odd_a + A5 * even_a;
        y1[c] = odd_a - A5 * even_a;
        y2[c] = odd_b + B5 * even_b;
        y3[c] = odd_b - B5 * even_b;
        y4[c] = d4 - a2 * d2 - b2 * even_b;
    }
}

LINE(input_6)
{
    const gan_real a2 = POWER2(A6), b2 = POWER2(B6);
    const gan_real X(0), X(1), X(2), X(3), X(4), X(5);
    gan_real Y(0), Y(1), Y(2), Y(3), Y(4), Y(5);
    (void)bias;
    EACH
    {
        const gan_real d0 = x0[c], d1 = x1[c], d2 = x2[c], d3 = x3[c], d4 = x4[c], d5 = x5[c];
        const gan_real even_a = d4 - b2 * d2, odd_a = d3 - b2 * d1;
        const gan_real even_b = d4 - a2 * d2, odd_b = d3 - a2 * d1;
        y0[c] = even_a - a2 * (d2 - b2 * d0);
        y1[c] = even_a + A6 * odd_a;
        y2[c] = even_a - A6 * odd_a;
        y3[c] = even_b + B6 * odd_b;
        y4[c] = even_b - B6 * odd_b;
        y5[c] = d5 - a2 * d3 - b2 * odd_b;
    }
}

/* Kernels, by points and taps. */
LINE(weights_3_2)
{
    const gan_real X(0), X(1);
    gan_real Y(0), Y(1), Y(2);
    (void)bias;
    EACH
    {
        const gan_real g0 = x0[c], g1 = x1[c];
        y0[c] = g0;
        y1[c] = g0 + g1;
        y2[c] = g1;
    }
}

LINE(weights_4_2)
{
    const gan_real half = (gan_real)0.5;
    const gan_real X(0), X(1);
    gan_real Y(0), Y(1), Y(2), Y(3);
    (void)bias;
    EACH
    {
        const gan_real g0 = x0[c], g1 = x1[c];
        y0[c] = g0;
        y1[c] = half * (g0 + g1);
        y2[c] = half * (g0 - g1);
        y3[c] = g1;
    }
}

LINE(weights_4_3)
{
    const gan_real half = (gan_real)0.5;
    const gan_real X(0), X(1), X(2);
    gan_real Y(0), Y(1), Y(2), Y(3);
    (void)bias;
    EACH
    {
        const gan_real g0 = x0[c], g1 = x1[c], g2 = x2[c];
        y0[c] = g0;
        y1[c] = half * (g0 + g2 + g1);
        y2[c] = half * (g0 + g2 - g1);
        y3[c] = g2;
    }
}

LINE(weights_5_2)
{
    FACTORS_5;
    const gan_real X(0), X(1);
    gan_real Y(0), Y(1), Y(2), Y(3), Y(4);
    (void)bias;
    EACH
    {
        const gan_real g0 = x0[c], g1 = x1[c];
        y0[c] = of_a * (g0 + A5 * g1);
        y1[c] = of_a * (A5 * g1 - g0);
        y2[c] = of_b * (g0 + B5 * g1);
        y3[c] = of_b * (B5 * g1 - g0);
        y4[c] = g1;
    }
}

LINE(weights_5_3)
{
    FACTORS_5;
    const gan_real X(0), X(1), X(2);
    gan_real Y(0), Y(1), Y(2), Y(3), Y(4);
    (void)bias;
    EACH
    {
        const gan_real g0 = x0[c], g1 = x1[c], g2 = x2[c];
        const gan_real even_a = g0 + POWER2(A5) * g2, even_b = g0 + POWER2(B5) * g2;
        y0[c] = of_a * (even_a + A5 * g1);
        y1[c] = of_a * (A5 * g1 - even_a);
        y2[c] = of_b * (even_b + B5 * g1);
        y3[c] = of_b * (B5 * g1 - even_b);
        y4[c] = g2;
    }
}

LINE(weights_6_2)
{
    FACTORS_6;
    const gan_real X(0), X(1);
    gan_real Y(0), Y(1), Y(2), Y(3), Y(4), Y(5);
    (void)bias;
    EACH
    {
        const gan_real g0 = x0[c], g1 = x1[c];
        y0[c] = of_0 * g0;
        y1[c] = of_a * (g0 + A6 * g1);
        y2[c] = of_a * (g0 - A6 * g1);
        y3[c] = of_b * (g0 + B6 * g1);
        y4[c] = of_b * (g0 - B6 * g1);
        y5[c] = g1;
    }
}

LINE(weights_6_3)
{
    FACTORS_6;
    const gan_real X(0), X(1), X(2);
    gan_real Y(0), Y(1), Y(2), Y(3), Y(4), Y(5);
    (void)bias;
    EACH
    {
        const gan_real g0 = x0[c], g1 = x1[c], g2 = x2[c];
        const gan_real even_a = g0 + POWER2(A6) * g2, even_b = g0 + POWER2(B6) * g2;
        y0[c] = of_0 * g0;
        y1[c] = of_a * (even_a + A6 * g1);
        y2[c] = of_a * (even_a - A6 * g1);
        y3[c] = of_b * (even_b + B6 * g1);
        y4[c] = of_b * (even_b - B6 * g1);
        y5[c] = g2;
    }
}

/* Outputs, by points and outputs. */
LINE(output_3_2)
{
    const gan_real X(0), X(1), X(2);
    gan_real Y(0), Y(1);
    EACH
    {
        const gan_real add = bias[c], m1 = x1[c];
        y0[c] = x0[c] + m1 + add;
        y1[c] = x2[c] + m1 + add;
    }
}

LINE(output_4_2)
{
    const gan_real X(0), X(1), X(2), X(3);
    gan_real Y(0), Y(1);
    EACH
    {
        const gan_real add = bias[c], sum = x1[c] + x2[c], difference = x1[c] - x2[c];
        y0[c] = x0[c] + sum + add;
        y1[c] = x3[c] + difference + add;
    }
}

LINE(output_4_3)
{
    const gan_real X(0), X(1), X(2), X(3);
    gan_real Y(0), Y(1), Y(2);
    EACH
    {
        const gan_real add = bias[c], sum = x1[c] + x2[c], difference = x1[c] - x2[c];
        y0[c] = x0[c] + sum + add;
        y1[c] = difference + add;
        y2[c] = x3[c] + sum + add;
    }
}

LINE(output_5_3)
{
    const gan_real *xa0 = x[0], *xa1 = x[x_step], *xb0 = x[2 * x_step], *xb1 = x[3 * x_step], X(4);
    gan_real Y(0), Y(1), Y(2);
    EACH
    {
        PAIRS(a, b);
        y0[c] = sum_a + sum_b + add;
        y1[c] = A5 * difference_a + B5 * difference_b + add;
        y2[c] = POWER2(A5) * sum_a + POWER2(B5) * sum_b + x4[c] + add;
    }
}

LINE(output_5_4)
{
    const gan_real *xa0 = x[0], *xa1 = x[x_step], *xb0 = x[2 * x_step], *xb1 = x[3 * x_step], X(4);
    gan_real Y(0), Y(1), Y(2), Y(3);
    EACH
    {
        PAIRS(a, b);
        y0[c] = sum_a + sum_b + add;
        y1[c] = A5 * difference_a + B5 * difference_b + add;
        y2[c] = POWER2(A5) * sum_a + POWER2(B5) * sum_b + add;
        y3[c] = POWER3(A5) * difference_a + POWER3(B5) * difference_b + x4[c] + add;
    }
}

LINE(output_6_4)
{
    const gan_real X(0), *xa0 = x[x_step], *xa1 = x[2 * x_step], *xb0 = x[3 * x_step], *xb1 = x[4 * x_step], X(5);
    gan_real Y(0), Y(1), Y(2), Y(3);
    EACH
    {
        PAIRS(a, b);
        y0[c] = x0[c] + sum_a + sum_b + add;
        y1[c] = A6 * difference_a + B6 * difference_b + add;
        y2[c] = POWER2(A6) * sum_a + POWER2(B6) * sum_b + add;
        y3[c] = POWER3(A6) * difference_a + POWER3(B6) * difference_b + x5[c] + add;
    }
}

LINE(output_6_5)
{
    const gan_real X(0), *xa0 = x[x_step], *xa1 = x[2 * x_step], *xb0 = x[3 * x_step], *xb1 = x[4 * x_step], X(5);
    gan_real Y(0), Y(1), Y(2), Y(3), Y(4);
    EACH
    {
        PAIRS(a, b);
        y0[c] = x0[c] + sum_a + sum_b + add;
        y1[c] = A6 * difference_a + B6 * difference_b + add;
        y2[c] = POWER2(A6) * sum_a + POWER2(B6) * sum_b + add;
        y3[c] = POWER3(A6) * difference_a + POWER3(B6) * difference_b + add;
        y4[c] = POWER4(A6) * sum_a + POWER4(B6) * sum_b + x5[c] + add;
    }
}

/* Gradients of outputs, by points and outputs: the adjoints of the above. */
LINE(gradients_3_2)
{
    const gan_real X(0), X(1);
    gan_real Y(0), Y(1), Y(2);
    (void)bias;
    EACH
    {
        const gan_real d0 = x0[c], d1 = x1[c];
        y0[c] = d0;
        y1[c] = d0 + d1;
        y2[c] = d1;
    }
}

LINE(gradients_4_2)
{
    const gan_real X(0), X(1);
    gan_real Y(0), Y(1), Y(2), Y(3);
    (void)bias;
    EACH
    {
        const gan_real d0 = x0[c], d1 = x1[c];
        y0[c] = d0;
        y1[c] = d0 + d1;
        y2[c] = d0 - d1;
        y3[c] = d1;
    }
}

LINE(gradients_4_3)
{
    const gan_real X(0), X(1), X(2);
    gan_real Y(0), Y(1), Y(2), Y(3);
    (void)bias;
    EACH
    {
        const gan_real d0 = x0[c], d1 = x1[c], d2 = x2[c];
        y0[c] = d0;
        y1[c] = d0 + d2 + d1;
        y2[c] = d0 + d2 - d1;
        y3[c] = d2;
    }
}

LINE(gradients_5_3)
{
    const gan_real X(0), X(1), X(2);
    gan_real Y(0), Y(1), Y(2), Y(3), Y(4);
    (void)bias;
    EACH
    {
        const gan_real d0 = x0[c], d1 = x1[c], d2 = x2[c];
        const gan_real even_a = d0 + POWER2(A5) * d2, even_b = d0 + POWER2(B5) * d2;
        y0[c] = even_a + A5 * d1;
        y1[c] = even_a - A5 * d1;
        y2[c] = even_b + B5 * d1;
        y3[c] = even_b - B5 * d1;
        y4[c] = d2;
    }
}

LINE(gradients_5_4)
{
    const gan_real X(0), X(1), X(2), X(3);
    gan_real Y(0), Y(1), Y(2), Y(3), Y(4);
    (void)bias;
    EACH
    {
        const gan_real d0 = x0[c], d1 = x1[c], d2 = x2[c], d3 = x3[c];
        const gan_real even_a = d0 + POWER2(A5) * d2, even_b = d0 + POWER2(B5) * d2;
        const gan_real odd_a = A5 * d1 + POWER3(A5) * d3, odd_b = B5 * d1 + POWER3(B5) * d3;
        y0[c] = even_a + odd_a;
        y1[c] = even_a - odd_a;
        y2[c] = even_b + odd_b;
        y3[c] = even_b - odd_b;
        y4[c] = d3;
    }
}

LINE(gradients_6_4)
{
    const gan_real X(0), X(1), X(2), X(3);
    gan_real Y(0), Y(1), Y(2), Y(3), Y(4), Y(5);
    (void)bias;
    EACH
    {
        const gan_real d0 = x0[c], d1 = x1[c], d2 = x2[c], d3 = x3[c];
        const gan_real even_a = d0 + POWER2(A6) * d2, even_b = d0 + POWER2(B6) * d2;
        const gan_real odd_a = A6 * d1 + POWER3(A6) * d3, odd_b = B6 * d1 + POWER3(B6) * d3;
        y0[c] = d0;
        y1[c] = even_a + odd_a;
        y2[c] = even_a - odd_a;
        y3[c] = even_b + odd_b;
        y4[c] = even_b - odd_b;
        y5[c] = d3;
    }
}

LINE(gradients_6_5)
{
    const gan_real X(0), X(1), X(2), X(3), X(4);
    gan_real Y(0), Y(1), Y(2), Y(3), Y(4), Y(5);
    (void)bias;
    EACH
    {
        const gan_real d0 = x0[c], d1 = x1[c], d2 = x2[c], d3 = x3[c], d4 = x4[c];
        const gan_real even_a = d0 + POWER2(A6) * d2 + POWER4(A6) * d4;
        const gan_real even_b = d0 + POWER2(B6) * d2 + POWER4(B6) * d4;
        const gan_real odd_a = A6 * d1 + POWER3(A6) * d3, odd_b = B6 * d1 + POWER3(B6) * d3;
        y0[c] = d0;
        y1[c] = even_a + odd_a;
        y2[c] = even_a - odd_a;
        y3[c] = even_b + odd_b;
        y4[c] = even_b - odd_b;
        y5[c] = d4;
    }
}

/* Gradients of kernels, by points and taps. */
LINE(taps_3_2)
{
    const gan_real X(0), X(1), X(2);
    gan_real Y(0), Y(1);
    (void)bias;
    EACH
    {
        const gan_real u1 = x1[c];
        y0[c] = x0[c] + u1;
        y1[c] = x2[c] + u1;
    }
}

LINE(taps_4_2)
{
    const gan_real half = (gan_real)0.5;
    const gan_real X(0), X(1), X(2), X(3);
    gan_real Y(0), Y(1);
    (void)bias;
    EACH
    {
        const gan_real sum = x1[c] + x2[c], difference = x1[c] - x2[c];
        y0[c] = x0[c] + half * sum;
        y1[c] = x3[c] + half * difference;
    }
}

LINE(taps_4_3)
{
    const gan_real half = (gan_real)0.5;
    const gan_real X(0), X(1), X(2), X(3);
    gan_real Y(0), Y(1), Y(2);
    (void)bias;
    EACH
    {
        const gan_real sum = x1[c] + x2[c], difference = x1[c] - x2[c];
        y0[c] = x0[c] + half * sum;
        y1[c] = half * difference;
        y2[c] = x3[c] + half * sum;
    }
}

LINE(taps_5_2)
{
    FACTORS_5;
    const gan_real *xa0 = x[0], *xa1 = x[x_step], *xb0 = x[2 * x_step], *xb1 = x[3 * x_step], X(4);
    gan_real Y(0), Y(1);
    EACH
    {
        PAIRS(a, b);
        y0[c] = of_a * difference_a + of_b * difference_b + add;
        y1[c] = of_a * A5 * sum_a + of_b * B5 * sum_b + x4[c] + add;
    }
}

LINE(taps_5_3)
{
    FACTORS_5;
    const gan_real *xa0 = x[0], *xa1 = x[x_step], *xb0 = x[2 * x_step], *xb1 = x[3 * x_step], X(4);
    gan_real Y(0), Y(1), Y(2);
    EACH
    {
        PAIRS(a, b);
        y0[c] = of_a * difference_a + of_b * difference_b + add;
        y1[c] = of_a * A5 * sum_a + of_b * B5 * sum_b + add;
        y2[c] = of_a * POWER2(A5) * difference_a + of_b * POWER2(B5) * difference_b + x4[c] + add;
    }
}

LINE(taps_6_2)
{
    FACTORS_6;
    const gan_real X(0), *xa0 = x[x_step], *xa1 = x[2 * x_step], *xb0 = x[3 * x_step], *xb1 = x[4 * x_step], X(5);
    gan_real Y(0), Y(1);
    EACH
    {
        PAIRS(a, b);
        y0[c] = of_0 * x0[c] + of_a * sum_a + of_b * sum_b + add;
        y1[c] = of_a * A6 * difference_a + of_b * B6 * difference_b + x5[c] + add;
    }
}

LINE(taps_6_3)
{
    FACTORS_6;
    const gan_real X(0), *xa0 = x[x_step], *xa1 = x[2 * x_step], *xb0 = x[3 * x_step], *xb1 = x[4 * x_step], X(5);
    gan_real Y(0), Y(1), Y(2);
    EACH
    {
        PAIRS(a, b);
        y0[c] = of_0 * x0[c] + of_a * sum_a + of_b * sum_b + add;
        y1[c] = of_a * A6 * difference_a + of_b * B6 * difference_b + add;
        y2[c] = of_a * POWER2(A6) * sum_a + of_b * POWER2(B6) * sum_b + x5[c] + add;
    }
}

#endif
