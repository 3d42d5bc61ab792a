/* The transforms of tiles, kernels and outputs. Points are 0, 1 and infinity; 0, 1, -1 and infinity; a, -a, b, -b and
 * infinity with a = 1/2, b = 3/2; or 0, a, -a, b, -b and infinity with a = 3/4, b = 3/2: among the short fractions
 * tried, those with the smallest errors. For a finite point p,
 *
 *     B: the coefficients of the product of (x - q) over all other finite points q
 *     G: (g[0] + g[1] p + g[2] p p) / (the product of p - q)
 *     A: y[i] = the sum of p^i m[p]
 *
 * and for infinity, B has the product over all finite points, G the last tap, and A adds to the last output. */
#include "kernels/winograd/winograd.h"

/* ---- Along one axis -------------------------------------------------------------------------------------------- */

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

/* The factors of a and -a, b and -b. */
#define FACTORS_5                                                             \
    const gan_real of_a = (gan_real)1 / (2 * A5 * (POWER2(A5) - POWER2(B5))); \
    const gan_real of_b = (gan_real)1 / (2 * B5 * (POWER2(B5) - POWER2(A5)))
#define FACTORS_6                                                                     \
    const gan_real of_0 = (gan_real)1 / (POWER2(A6) * POWER2(B6));                    \
    const gan_real of_a = (gan_real)1 / (2 * POWER2(A6) * (POWER2(A6) - POWER2(B6))); \
    const gan_real of_b = (gan_real)1 / (2 * POWER2(B6) * (POWER2(B6) - POWER2(A6)))

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

#define PAIRS(a, b)                                                                                     \
    const gan_real add = bias[c], sum_a = x##a##0 [c] + x##a##1 [c], sum_b = x##b##0 [c] + x##b##1 [c]; \
    const gan_real difference_a = x##a##0 [c] - x##a##1 [c], difference_b = x##b##0 [c] - x##b##1 [c]

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

/* ---- Along both ------------------------------------------------------------------------------------------------ */

typedef void (*line_fn)(int64_t count, const gan_real *const *x, int64_t x_step, gan_real *const *y, int64_t y_step,
                        const gan_real *bias);

enum { POINTS = GAN_WINOGRAD_POINTS, SQUARE = GAN_WINOGRAD_SQUARE, CHUNK = GAN_WINOGRAD_CHUNK };

static const line_fn input_lines[POINTS + 1] = {[3] = input_3, [4] = input_4, [5] = input_5, [6] = input_6};
static const line_fn weights_lines[POINTS + 1][4] = {[3] = {[2] = weights_3_2},
                                                     [4] = {[2] = weights_4_2, [3] = weights_4_3},
                                                     [5] = {[2] = weights_5_2, [3] = weights_5_3},
                                                     [6] = {[2] = weights_6_2, [3] = weights_6_3}};
static const line_fn output_lines[POINTS + 1][6] = {[3] = {[2] = output_3_2},
                                                    [4] = {[2] = output_4_2, [3] = output_4_3},
                                                    [5] = {[3] = output_5_3, [4] = output_5_4},
                                                    [6] = {[4] = output_6_4, [5] = output_6_5}};

static const gan_real zeros[CHUNK];

/* From x, from[0] by from[1] arrays, to y, to[0] by to[1]: first every column, then every row. */
static void along_both(const line_fn lines[2], const int64_t from[2], const int64_t to[2], int64_t count,
                       const gan_real *const *x, const gan_real *bias, gan_real *const *y)
{
    _Alignas(64) gan_real between[SQUARE][CHUNK];
    gan_real *rows[SQUARE];
    for (int64_t i = 0; i < to[0] * from[1]; i++) rows[i] = between[i];
    for (int64_t j = 0; j < from[1]; j++) lines[0](count, x + j, from[1], rows + j, from[1], zeros);
    for (int64_t i = 0; i < to[0]; i++)
        lines[1](count, (const gan_real *const *)rows + i * from[1], 1, y + i * to[1], 1, bias);
}

static void input(const int64_t points[2], int64_t count, const gan_real *const *x, gan_real *y, int64_t y_stride)
{
    const line_fn lines[2] = {input_lines[points[0]], input_lines[points[1]]};
    gan_real *to[SQUARE];
    for (int64_t i = 0; i < points[0] * points[1]; i++) to[i] = y + i * y_stride;
    along_both(lines, points, points, count, x, zeros, to);
}

static void weights(const int64_t points[2], const int64_t taps[2], int64_t count, const gan_real *const *x,
                    gan_real *y, int64_t y_stride)
{
    const line_fn lines[2] = {weights_lines[points[0]][taps[0]], weights_lines[points[1]][taps[1]]};
    gan_real *to[SQUARE];
    for (int64_t i = 0; i < points[0] * points[1]; i++) to[i] = y + i * y_stride;
    along_both(lines, taps, points, count, x, zeros, to);
}

static void output(const int64_t points[2], const int64_t outputs[2], int64_t count, const gan_real *x,
                   int64_t x_stride, const gan_real *bias, gan_real *const *y)
{
    const line_fn lines[2] = {output_lines[points[0]][outputs[0]], output_lines[points[1]][outputs[1]]};
    const gan_real *from[SQUARE];
    for (int64_t i = 0; i < points[0] * points[1]; i++) from[i] = x + i * x_stride;
    along_both(lines, points, outputs, count, from, bias ? bias : zeros, y);
}

const gan_winograd_table GAN_ISA_TABLE(gan_winograd_table) = {.input = input, .weights = weights, .output = output};
