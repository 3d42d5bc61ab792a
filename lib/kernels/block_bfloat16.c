/* Rounding to bfloat16, and pairs of what has been rounded. */
#include "kernels/bfloat16.h"

#include <string.h>

typedef uint32_t pair __attribute__((may_alias));
typedef uint16_t half __attribute__((may_alias));

/* The upper half of the bits x, plus 1 when the lower half is more than half of its last place, or just half and the
 * sum is even: adding 0x7fff, or 0x8000 to odd ones, carries exactly then. A carry into the exponent is the next
 * power of two, and beyond the largest it is infinity. A NaN might carry into one too, or lose all of its bits. */
static inline uint32_t round_bits(uint32_t x)
{
    const uint32_t nearest = (x + 0x7fff + (x >> 16 & 1)) >> 16, quiet = x >> 16 | 0x40;
    return (x & 0x7fffffff) > 0x7f800000 ? quiet : nearest;
}

/* As two halves lie in memory, one after the other. */
static inline pair pair_of(uint32_t first, uint32_t second)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return first << 16 | second;
#else
    return first | second << 16;
#endif
}

static void rows(int64_t rows, int64_t columns, const gan_real *x, int64_t x_stride, gan_real *y, int64_t y_stride)
{
    for (int64_t i = 0; i < rows; i++) {
        const pair *restrict from = (const pair *)(x + i * x_stride);
        half *restrict to = (half *)(y + i * y_stride);
        for (int64_t j = 0; j < columns; j++) to[j] = (half)round_bits(from[j]);
        if (columns % 2) to[columns] = 0;
    }
}

static void row_pairs(int64_t rows, int64_t columns, const gan_real *x, int64_t x_stride, gan_real *y,
                      int64_t y_stride)
{
    for (int64_t i = 0; i < rows; i += 2) {
        const pair *restrict first = (const pair *)(x + i * x_stride);
        const pair *restrict second = (const pair *)(x + (i + 1) * x_stride);
        pair *restrict to = (pair *)(y + i / 2 * y_stride);
        if (i + 1 < rows) {
            for (int64_t j = 0; j < columns; j++) to[j] = pair_of(round_bits(first[j]), round_bits(second[j]));
        } else {
            for (int64_t j = 0; j < columns; j++) to[j] = pair_of(round_bits(first[j]), 0);
        }
    }
}

static void interleave(int64_t rows, int64_t columns, const uint16_t *first, const uint16_t *second, int64_t stride,
                       gan_real *y, int64_t y_stride)
{
    for (int64_t i = 0; i < rows; i++) {
        const half *restrict a = first ? first + i * stride : NULL, *restrict b = second ? second + i * stride : NULL;
        pair *restrict to = (pair *)(y + i * y_stride);
        if (a && b) {
            for (int64_t j = 0; j < columns; j++) to[j] = pair_of(a[j], b[j]);
        } else if (a) {
            for (int64_t j = 0; j < columns; j++) to[j] = pair_of(a[j], 0);
        } else if (b) {
            for (int64_t j = 0; j < columns; j++) to[j] = pair_of(0, b[j]);
        } else {
            memset(to, 0, (size_t)columns * sizeof(pair));
        }
    }
}

const gan_bfloat16_table GAN_ISA_TABLE(gan_bfloat16_table) = {
    .rows = rows,
    .row_pairs = row_pairs,
    .interleave = interleave,
};
