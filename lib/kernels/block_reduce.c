/* Loops of sums over one block. */
#include "kernels/blocks.h"
#include "kernels/vector_math.h"

enum { LANES = 16 };

static double sum_of_squares(const gan_real *x, int64_t count)
{
    double lane[LANES] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int j = 0; j < LANES; j++) lane[j] += (double)x[i + j] * (double)x[i + j];
    for (int j = 0; j < LANES; j++) sum += lane[j];
    for (; i < count; i++) sum += (double)x[i] * (double)x[i];
    return sum;
}

const gan_reduce_table GAN_ISA_TABLE(gan_reduce_table) = {.sum_of_squares = sum_of_squares};
