/* Loops of sums over one block. */
#include "kernels/sums/sums_tables.h"

enum { LANES = 16 };

/* The sum over the range of an expression in i, in many lanes, since each addition waits for the one before. */
#define DEFINE_SUM(name, expression)                                                   \
    static double name(const gan_sum_args *args, int64_t begin, int64_t end)           \
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

DEFINE_SUM(squares, (double)x[i] * (double)x[i])
DEFINE_SUM(squared_differences, ((double)x[i] - (double)y[i]) * ((double)x[i] - (double)y[i]))
DEFINE_SUM(dot, (double)x[i] * (double)y[i])
DEFINE_SUM(outside, x[i]<low || x[i]> high ? 1.0 : 0.0)

const gan_sums_table GAN_ISA_TABLE(gan_sums_table) = {
    .squares = squares,
    .squared_differences = squared_differences,
    .dot = dot,
    .outside = outside,
};
