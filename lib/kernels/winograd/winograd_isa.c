/* The transforms of tiles, kernels and outputs. */
#include "kernels/winograd/winograd_four_taps_isa.h"
#include "kernels/winograd/winograd_lines_isa.h"

/* ---- Along both ------------------------------------------------------------------------------------------------ */

typedef void (*line_fn)(int64_t count, const gan_real *const *x, int64_t x_step, gan_real *const *y, int64_t y_step,
                        const gan_real *bias);

enum { POINTS = GAN_WINOGRAD_POINTS, SQUARE = GAN_WINOGRAD_SQUARE, CHUNK = GAN_WINOGRAD_CHUNK };

static const line_fn input_lines[POINTS + 1] = {[3] = input_3, [4] = input_4, [5] = input_5, [6] = input_6};
static const line_fn weights_lines[POINTS + 1][5] = {[3] = {[2] = weights_3_2},
                                                     [4] = {[2] = weights_4_2, [3] = weights_4_3},
                                                     [5] = {[2] = weights_5_2, [3] = weights_5_3, [4] = weights_5_4},
                                                     [6] = {[2] = weights_6_2, [3] = weights_6_3, [4] = weights_6_4}};
static const line_fn output_lines[POINTS + 1][6] = {[3] = {[2] = output_3_2},
                                                    [4] = {[2] = output_4_2, [3] = output_4_3},
                                                    [5] = {[2] = output_5_2, [3] = output_5_3, [4] = output_5_4},
                                                    [6] = {[3] = output_6_3, [4] = output_6_4, [5] = output_6_5}};

static const line_fn gradients_lines[POINTS + 1][6] = {
    [3] = {[2] = gradients_3_2},
    [4] = {[2] = gradients_4_2, [3] = gradients_4_3},
    [5] = {[2] = gradients_5_2, [3] = gradients_5_3, [4] = gradients_5_4},
    [6] = {[3] = gradients_6_3, [4] = gradients_6_4, [5] = gradients_6_5}};
static const line_fn taps_lines[POINTS + 1][5] = {[3] = {[2] = taps_3_2},
                                                  [4] = {[2] = taps_4_2, [3] = taps_4_3},
                                                  [5] = {[2] = taps_5_2, [3] = taps_5_3, [4] = taps_5_4},
                                                  [6] = {[2] = taps_6_2, [3] = taps_6_3, [4] = taps_6_4}};

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

/* To points, one after another. */
static void to_points(const line_fn lines[2], const int64_t from[2], const int64_t points[2], int64_t count,
                      const gan_real *const *x, gan_real *y, int64_t y_stride)
{
    gan_real *to[SQUARE];
    for (int64_t i = 0; i < points[0] * points[1]; i++) to[i] = y + i * y_stride;
    along_both(lines, from, points, count, x, zeros, to);
}

static void from_points(const line_fn lines[2], const int64_t points[2], const int64_t to[2], int64_t count,
                        const gan_real *x, int64_t x_stride, const gan_real *bias, gan_real *const *y)
{
    const gan_real *from[SQUARE];
    for (int64_t i = 0; i < points[0] * points[1]; i++) from[i] = x + i * x_stride;
    along_both(lines, points, to, count, from, bias ? bias : zeros, y);
}

static void input(const int64_t points[2], int64_t count, const gan_real *const *x, gan_real *y, int64_t y_stride)
{
    const line_fn lines[2] = {input_lines[points[0]], input_lines[points[1]]};
    to_points(lines, points, points, count, x, y, y_stride);
}

static void weights(const int64_t points[2], const int64_t taps[2], int64_t count, const gan_real *const *x,
                    gan_real *y, int64_t y_stride)
{
    const line_fn lines[2] = {weights_lines[points[0]][taps[0]], weights_lines[points[1]][taps[1]]};
    to_points(lines, taps, points, count, x, y, y_stride);
}

static void output(const int64_t points[2], const int64_t outputs[2], int64_t count, const gan_real *x,
                   int64_t x_stride, const gan_real *bias, gan_real *const *y)
{
    const line_fn lines[2] = {output_lines[points[0]][outputs[0]], output_lines[points[1]][outputs[1]]};
    from_points(lines, points, outputs, count, x, x_stride, bias, y);
}

static void gradients(const int64_t points[2], const int64_t outputs[2], int64_t count, const gan_real *const *x,
                      gan_real *y, int64_t y_stride)
{
    const line_fn lines[2] = {gradients_lines[points[0]][outputs[0]], gradients_lines[points[1]][outputs[1]]};
    to_points(lines, outputs, points, count, x, y, y_stride);
}

static void taps(const int64_t points[2], const int64_t count_of[2], int64_t count, const gan_real *x,
                 int64_t x_stride, gan_real *const *y)
{
    const line_fn lines[2] = {taps_lines[points[0]][count_of[0]], taps_lines[points[1]][count_of[1]]};
    from_points(lines, points, count_of, count, x, x_stride, NULL, y);
}

const gan_winograd_table GAN_ISA_TABLE(gan_winograd_table) = {
    .input = input, .weights = weights, .output = output, .gradients = gradients, .taps = taps};

#undef LINE
#undef X
#undef Y
#undef EACH
#undef PAIRS
#undef FACTORS_5
#undef FACTORS_6
#undef A5
#undef B5
#undef A6
#undef B6
#undef POWER2
#undef POWER3
#undef POWER4
