/* Rounding to bfloat16, and pairs of rounded values. */
#include "kernels/micro_kernel/micro_kernel.h"

#include <string.h>

#ifdef GAN_HAS_BFLOAT16_PRODUCTS
#ifdef __aarch64__
#include <arm_neon.h>
#else
#include <immintrin.h>
#endif
#endif

typedef uint32_t pair __attribute__((may_alias));
typedef uint16_t half __attribute__((may_alias));

/* Two halves as they lie in memory, one after the other. */
static inline pair pair_of(uint32_t first, uint32_t second)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return first << 16 | second;
#else
    return first | second << 16;
#endif
}

/* to[j] = from[j], rounded; to[j] = the pair of first[j] and second[j], or of first[j] and 0. */
#if defined(GAN_HAS_BFLOAT16_PRODUCTS) && defined(__aarch64__)
/* The remainder after whole vectors is rounded by the same instructions. */
enum { LANES = 4 };

static inline float32x4_t load_lanes(const float *from, int64_t left)
{
    float lanes[LANES] = {0};
    if (left >= LANES) return vld1q_f32(from);
    memcpy(lanes, from, (size_t)left * sizeof(*from));
    return vld1q_f32(lanes);
}

static inline uint16x4_t round_lanes(float32x4_t values)
{
    return vreinterpret_u16_bf16(vcvt_bf16_f32(values));
}

static void round_values(int64_t count, const float *from, uint16_t *to)
{
    for (int64_t j = 0; j < count; j += LANES) {
        const int64_t left = count - j < LANES ? count - j : LANES;
        const uint16x4_t halves = round_lanes(load_lanes(from + j, left));
        memcpy(to + j, &halves, (size_t)left * sizeof(*to));
    }
}

static void round_pairs(int64_t count, const float *first, const float *second, float *to)
{
    for (int64_t j = 0; j < count; j += LANES) {
        const int64_t left = count - j < LANES ? count - j : LANES;
        const uint16x4_t a = round_lanes(load_lanes(first + j, left));
        const uint16x4_t b = second ? round_lanes(load_lanes(second + j, left)) : vdup_n_u16(0);
        const uint16x4x2_t pairs = vzip_u16(a, b);
        memcpy(to + j, &pairs, (size_t)left * sizeof(*to));
    }
}
#elif defined(GAN_HAS_BFLOAT16_PRODUCTS)
/* Denormals count as 0, as in products. The remainder after whole vectors is treated the same. */
enum { LANES = 16 };

static inline __mmask16 lanes_of(int64_t left)
{
    return left < LANES ? (__mmask16)((1 << left) - 1) : (__mmask16)0xffff;
}

static void round_values(int64_t count, const float *from, uint16_t *to)
{
    int64_t j = 0;
    for (; j + 2 * LANES <= count; j += 2 * LANES) {
        _mm512_storeu_si512(
            to + j, (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(from + j + LANES), _mm512_loadu_ps(from + j)));
    }
    for (; j < count; j += LANES) {
        const __mmask16 lanes = lanes_of(count - j);
        _mm256_mask_storeu_epi16(to + j, lanes, (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(lanes, from + j)));
    }
}

static void round_pairs(int64_t count, const float *first, const float *second, float *to)
{
    const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                                           21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    for (int64_t j = 0; j < count; j += LANES) {
        const __mmask16 lanes = lanes_of(count - j);
        const __m512 a = _mm512_maskz_loadu_ps(lanes, first + j);
        const __m512 b = second ? _mm512_maskz_loadu_ps(lanes, second + j) : _mm512_setzero_ps();
        const __m512i halves = (__m512i)_mm512_cvtne2ps_pbh(b, a);
        _mm512_mask_storeu_epi32(to + j, lanes, _mm512_permutexvar_epi16(order, halves));
    }
}
#else
static void round_values(int64_t count, const float *from, uint16_t *to)
{
    const pair *restrict bits = (const pair *)from;
    half *restrict halves = to;
    for (int64_t j = 0; j < count; j++) halves[j] = (half)gan_bfloat16_of(bits[j]);
}

static void round_pairs(int64_t count, const float *first, const float *second, float *to)
{
    const pair *restrict a = (const pair *)first, *restrict b = (const pair *)second;
    pair *restrict pairs = (pair *)to;
    if (b) {
        for (int64_t j = 0; j < count; j++) pairs[j] = pair_of(gan_bfloat16_of(a[j]), gan_bfloat16_of(b[j]));
    } else {
        for (int64_t j = 0; j < count; j++) pairs[j] = pair_of(gan_bfloat16_of(a[j]), 0);
    }
}
#endif

static void rows(int64_t rows, int64_t columns, const gan_real *x, int64_t x_stride, gan_real *y, int64_t y_stride)
{
    for (int64_t i = 0; i < rows; i++) {
        half *to = (half *)(y + i * y_stride);
        round_values(columns, x + i * x_stride, to);
        if (columns % 2) to[columns] = 0;
    }
}

static void row_pairs(int64_t rows, int64_t columns, const gan_real *x, int64_t x_stride, gan_real *y,
                      int64_t y_stride)
{
    for (int64_t i = 0; i < rows; i += 2)
        round_pairs(columns, x + i * x_stride, i + 1 < rows ? x + (i + 1) * x_stride : NULL, y + i / 2 * y_stride);
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

const gan_rounding_table GAN_ISA_TABLE(gan_rounding_table) = {
    .rows = rows,
    .row_pairs = row_pairs,
    .interleave = interleave,
};
