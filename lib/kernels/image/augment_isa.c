/* The sum of an image's values, plane by plane in either layout: both add the same numbers in the same order. */
#include "kernels/image/image_tables.h"

enum { LANES = 16 }; /* independent sums, since each addition waits for the one before */

static double sum(const gan_real *x, int64_t count)
{
    double lane[LANES] = {0}, total = 0;
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int64_t j = 0; j < LANES; j++) lane[j] += (double)x[i + j];
    for (int j = 0; j < LANES; j++) total += lane[j];
    for (; i < count; i++) total += (double)x[i];
    return total;
}

static double sum_of_planes(const gan_real *x, int64_t pixels, int64_t channels, int64_t stride)
{
    enum { PIECE = 16 * LANES };
    gan_real piece[PIECE];
    double lane[LANES] = {0}, total = 0;
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
    for (int j = 0; j < LANES; j++) total += lane[j];
    for (; i < held; i++) total += (double)piece[i];
    return total;
}

const gan_augment_table GAN_ISA_TABLE(gan_augment_table) = {.sum = sum, .sum_of_planes = sum_of_planes};
