/* Loops of sums over one block. */
#include "kernels/blocks.h"
#include "kernels/vector_math.h"

enum { LANES = 16 };

/* The sum over the range of an expression in i, on many lanes since each addition waits for the one before. */
#define DEFINE_SUM(name, expression)                                                   \
    static double name(const gan_reduce_args *args, int64_t begin, int64_t end)        \
    {                                                                                  \
        const gan_real *x = args->x, *y = args->y;                                     \
        const gan_real low = args->low, high = args->high;                             \
        double lane[LANES] = {0}, sum = 0;                                             \
        int64_t first = begin;                                                         \
        (void)y, (void)low, (void)high;                                                \
        for (; first + LANES <= end; first += LANES)                                   \
            for (int64_t j = 0, i = first; j < LANES; j++, i++) lane[j] += expression; \
        for (int j = 0; j < LANES; j++) sum += lane[j];                                \
        for (int64_t i = first; i < end; i++) sum += expression;                       \
        return sum;                                                                    \
    }

DEFINE_SUM(values, (double)x[i])
DEFINE_SUM(squares, (double)x[i] * (double)x[i])
DEFINE_SUM(squared_differences, ((double)x[i] - (double)y[i]) * ((double)x[i] - (double)y[i]))
DEFINE_SUM(products, (double)x[i] * (double)y[i])
DEFINE_SUM(outside, x[i]<low || x[i]> high ? 1.0 : 0.0)

static double transposed_values(const gan_real *x, int64_t pixels, int64_t channels, int64_t stride)
{
    enum { PIECE = 16 * LANES };
    gan_real piece[PIECE];
    double lane[LANES] = {0}, sum = 0;
    int64_t held = 0, i = 0;
    for (int64_t c = 0; c < channels; c++) {
        for (int64_t p = 0, end; p < pixels; p = end) {
            end = pixels - p < PIECE - held ? pixels : p + PIECE - held;
            for (int64_t k = p; k < end; k++) piece[held++] = x[k * stride + c];
            if (held < PIECE) continue;
            for (int64_t first = 0; first < PIECE; first += LANES)
                for (int64_t j = 0; j < LANES; j++) lane[j] += (double)piece[first + j];
            held = 0;
        }
    }
    for (; i + LANES <= held; i += LANES)
        for (int64_t j = 0; j < LANES; j++) lane[j] += (double)piece[i + j];
    for (int j = 0; j < LANES; j++) sum += lane[j];
    for (; i < held; i++) sum += (double)piece[i];
    return sum;
}

const gan_reduce_table GAN_ISA_TABLE(gan_reduce_table) = {
    .values = values,
    .squares = squares,
    .squared_differences = squared_differences,
    .products = products,
    .outside = outside,
    .transposed_values = transposed_values,
};
