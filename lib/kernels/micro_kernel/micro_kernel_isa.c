/* The micro-kernels of matrix products and convolutions, and the packing of panels. Vectors are as wide as the
 * instruction set's; tiles fill its registers.
 *
 * With GAN_BFLOAT16, the values of A and B are pairs: each takes the place of one gan_real and holds two neighbours
 * along k, rounded to bfloat16 (micro_kernel.h). Pairs are moved unchanged, and C still holds gan_reals. */
#include "kernels/micro_kernel/micro_kernel.h"

#include <string.h>

#if GAN_VECTOR_BYTES > 16 && !defined(GAN_HAS_BFLOAT16_PRODUCTS)
#include <immintrin.h>
#endif
#ifdef GAN_HAS_BFLOAT16_PRODUCTS
#ifdef __aarch64__
#include <arm_neon.h>
#else
#include <immintrin.h>
#endif
#endif

#define VECTOR_BYTES GAN_VECTOR_BYTES
#if GAN_VECTOR_BYTES == 64 || defined(__aarch64__)
#define TILE_ROWS 8
#else
#define TILE_ROWS 6
#endif

/* clang ignores gcc's pragma, and for WebAssembly it would leave the sums in memory. */
#ifdef __clang__
#define UNROLLED(i, count) _Pragma("clang loop unroll(full)") for (int i = 0; i < (count); i++)
#else
#define UNROLLED(i, count) _Pragma("GCC unroll 8") for (int i = 0; i < (count); i++)
#endif

#ifdef GAN_REAL_IS_DOUBLE
typedef int64_t real_mask;
#else
typedef int32_t real_mask;
#endif
typedef real_mask word __attribute__((may_alias));

#define VECTOR     VECTOR_BYTES
#define VECTORS    2
#define TILE(name) wide_##name
#include "kernels/micro_kernel/micro_kernel_tile_isa.h"

#define VECTOR     VECTOR_BYTES
#define VECTORS    1
#define TILE(name) single_##name
#include "kernels/micro_kernel/micro_kernel_tile_isa.h"

#if VECTOR_BYTES > 16
#define VECTOR     (VECTOR_BYTES / 2)
#define VECTORS    1
#define TILE(name) narrow_##name
#include "kernels/micro_kernel/micro_kernel_tile_isa.h"
#else
enum { narrow_lanes = single_lanes };
#define narrow_functions single_functions
#endif

enum { WIDTH = 2 * single_lanes };

/* ---- Transposition and copies ------------------------------------------------------------------------------ */

#if defined(__clang__) || __GNUC__ >= 12
#define SHUFFLE(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#elif defined(GAN_REAL_IS_DOUBLE)
#define SHUFFLE(x, y, ...) __builtin_shuffle(x, y, (__v2di){__VA_ARGS__})
#else
#define SHUFFLE(x, y, ...) __builtin_shuffle(x, y, (__v4si){__VA_ARGS__})
#endif

typedef gan_real square __attribute__((vector_size(16), aligned(sizeof(gan_real)), may_alias));
enum { SIDE = 16 / sizeof(gan_real) };

/* SIDE x SIDE values. */
static inline void transpose_square(const gan_real *x, int64_t x_stride, gan_real *y, int64_t y_stride)
{
#ifdef GAN_REAL_IS_DOUBLE
    const square a = *(const square *)x, b = *(const square *)(x + x_stride);
    *(square *)y = SHUFFLE(a, b, 0, 2);
    *(square *)(y + y_stride) = SHUFFLE(a, b, 1, 3);
#else
    const square a = *(const square *)x, b = *(const square *)(x + x_stride);
    const square c = *(const square *)(x + 2 * x_stride), d = *(const square *)(x + 3 * x_stride);
    const square ab01 = SHUFFLE(a, b, 0, 4, 1, 5), ab23 = SHUFFLE(a, b, 2, 6, 3, 7);
    const square cd01 = SHUFFLE(c, d, 0, 4, 1, 5), cd23 = SHUFFLE(c, d, 2, 6, 3, 7);
    *(square *)y = SHUFFLE(ab01, cd01, 0, 1, 4, 5);
    *(square *)(y + y_stride) = SHUFFLE(ab01, cd01, 2, 3, 6, 7);
    *(square *)(y + 2 * y_stride) = SHUFFLE(ab23, cd23, 0, 1, 4, 5);
    *(square *)(y + 3 * y_stride) = SHUFFLE(ab23, cd23, 2, 3, 6, 7);
#endif
}

#if VECTOR_BYTES > 16 && !defined(GAN_REAL_IS_DOUBLE)
typedef float octet __attribute__((vector_size(32), aligned(sizeof(float)), may_alias));

/* Four values of a row, and of the row four below. */
static inline octet pair_of_rows(const gan_real *x, int64_t x_stride)
{
    const __m128 above = _mm_loadu_ps(x), below = _mm_loadu_ps(x + 4 * x_stride);
    return (octet)_mm256_insertf128_ps(_mm256_castps128_ps256(above), below, 1);
}

/* 8 x 4 values. */
static inline void transpose_octets(const gan_real *x, int64_t x_stride, gan_real *y, int64_t y_stride)
{
    const octet a = pair_of_rows(x, x_stride), b = pair_of_rows(x + x_stride, x_stride);
    const octet c = pair_of_rows(x + 2 * x_stride, x_stride), d = pair_of_rows(x + 3 * x_stride, x_stride);
    const __m256 ab01 = _mm256_unpacklo_ps((__m256)a, (__m256)b), ab23 = _mm256_unpackhi_ps((__m256)a, (__m256)b);
    const __m256 cd01 = _mm256_unpacklo_ps((__m256)c, (__m256)d), cd23 = _mm256_unpackhi_ps((__m256)c, (__m256)d);
    *(octet *)y = (octet)_mm256_shuffle_ps(ab01, cd01, 0x44);
    *(octet *)(y + y_stride) = (octet)_mm256_shuffle_ps(ab01, cd01, 0xee);
    *(octet *)(y + 2 * y_stride) = (octet)_mm256_shuffle_ps(ab23, cd23, 0x44);
    *(octet *)(y + 3 * y_stride) = (octet)_mm256_shuffle_ps(ab23, cd23, 0xee);
}
#endif

static __attribute__((noinline)) void transpose(int64_t rows, int64_t columns, int64_t width, const gan_real *x,
                                                int64_t x_stride, gan_real *y, int64_t y_stride)
{
    const int64_t square_columns = columns - columns % SIDE;
    int64_t i = 0;
#if VECTOR_BYTES > 16 && !defined(GAN_REAL_IS_DOUBLE)
    /* Rows that are a multiple of a page apart drive each other out of the L1 cache if there are many. */
    const bool apart = x_stride * (int64_t)sizeof(gan_real) % 4096 != 0;
    for (; apart && i + 8 <= rows; i += 8) {
        for (int64_t j = 0; j < square_columns; j += SIDE)
            transpose_octets(x + i * x_stride + j, x_stride, y + j * y_stride + i, y_stride);
        for (int64_t j = square_columns; j < columns; j++)
            for (int64_t s = i; s < i + 8; s++) y[j * y_stride + s] = x[s * x_stride + j];
    }
#endif
    for (; i + SIDE <= rows; i += SIDE) {
        for (int64_t j = 0; j < square_columns; j += SIDE)
            transpose_square(x + i * x_stride + j, x_stride, y + j * y_stride + i, y_stride);
        for (int64_t j = square_columns; j < columns; j++)
            for (int64_t s = i; s < i + SIDE; s++) y[j * y_stride + s] = x[s * x_stride + j];
    }
    for (; i < rows; i++)
        for (int64_t j = 0; j < columns; j++) y[j * y_stride + i] = x[i * x_stride + j];
    if (rows < width) {
        for (int64_t j = 0; j < columns; j++)
            for (int64_t s = rows; s < width; s++) y[j * y_stride + s] = 0;
    }
}

static inline __attribute__((always_inline)) void copy_fixed(int64_t rows, const int64_t columns, const gan_real *x,
                                                             int64_t x_stride, gan_real *y, int64_t y_stride)
{
    for (int64_t i = 0; i < rows; i++) memcpy(y + i * y_stride, x + i * x_stride, (size_t)columns * sizeof(gan_real));
}

static void copy(int64_t rows, int64_t columns, int64_t width, const gan_real *x, int64_t x_stride, gan_real *y,
                 int64_t y_stride)
{
    if (columns == WIDTH) {
        copy_fixed(rows, WIDTH, x, x_stride, y, y_stride);
        return;
    }
    for (int64_t i = 0; i < rows; i++) {
        const gan_real *restrict from = x + i * x_stride;
        gan_real *restrict to = y + i * y_stride;
        int64_t j = 0;
        for (; j + SIDE <= columns; j += SIDE) *(square *)(to + j) = *(const square *)(from + j);
        for (; j < columns; j++) to[j] = from[j];
        for (; j < width; j++) to[j] = 0;
    }
}

/* ---- Tiles ------------------------------------------------------------------------------------------------- */

static void run_tile(const gan_tile *tile)
{
    if (tile->width == WIDTH) {
        wide_functions[tile->rows - 1](tile);
    } else if (tile->width == single_lanes) {
        single_functions[tile->rows - 1](tile);
    } else {
        narrow_functions[tile->rows - 1](tile);
    }
}

/* The micro-kernels store whole panels, row by row: if C is laid out differently, they store a copy. */
static void tile(const gan_tile *given)
{
    if (given->columns == given->width && given->c_step == 1) {
        run_tile(given);
        return;
    }
    _Alignas(64) gan_real sums[TILE_ROWS][WIDTH], bias[WIDTH];
    gan_real *c[TILE_ROWS];
    const gan_tile *at = given;
    gan_tile whole = *given;
    /* Transposed, the rows of the tile are side by side whenever they are in C. */
    bool beside = at->c_step != 1;
    for (int64_t i = 0; i < at->rows; i++) {
        c[i] = sums[i];
        beside = beside && at->c[i] == at->c[0] + i;
    }
    if (at->accumulate && beside) {
        transpose(at->columns, at->rows, 0, at->c[0], at->c_step, sums[0], WIDTH);
    } else if (at->accumulate) {
        for (int64_t i = 0; i < at->rows; i++)
            for (int64_t j = 0; j < at->columns; j++) sums[i][j] = at->c[i][j * at->c_step];
    }
    if (at->column_bias) {
        memcpy(bias, at->column_bias, (size_t)at->columns * sizeof(gan_real));
        whole.column_bias = bias;
    }
    whole.c = (gan_real *const *)c;
    run_tile(&whole);
    if (beside) {
        transpose(at->rows, at->columns, 0, sums[0], WIDTH, at->c[0], at->c_step);
        return;
    }
    for (int64_t i = 0; i < at->rows; i++)
        for (int64_t j = 0; j < at->columns; j++) at->c[i][j * at->c_step] = sums[i][j];
}

/* ---- Dot products ------------------------------------------------------------------------------------------ */

typedef single_vector full_vector;
typedef real_mask full_mask __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(gan_real)), may_alias));

/* Adds the lanes of a vector quarter by quarter: a fixed order. */
static inline gan_real sum_of_lanes(full_vector x)
{
    square part[VECTOR_BYTES / 16], sum;
    gan_real total = 0;
    memcpy(part, &x, sizeof(x));
    sum = part[0];
    UNROLLED (i, VECTOR_BYTES / 16 - 1) sum += part[i + 1];
    UNROLLED (i, SIDE) total += sum[i];
    return total;
}

static inline void store_dot(const gan_tile *tile, int64_t i, int64_t j, gan_real sum)
{
    gan_real *c = tile->c[i] + j * tile->c_step;
    if (tile->accumulate) sum += *c;
    if (tile->column_bias) sum += tile->column_bias[j];
    if (tile->row_bias) sum += tile->row_bias[i];
    *c = sum;
}

/* Rows first .. first + rows - 1, columns column .. column + columns - 1. The remainder of a segment after whole
 * vectors is padded with zeros. */
static inline __attribute__((always_inline)) void run_dot(const gan_tile *tile, int64_t first, int64_t column,
                                                          const int rows, const int columns)
{
    full_vector sum[8][2];

    UNROLLED (i, rows)
        UNROLLED (j, columns) sum[i][j] = (full_vector){0};
    for (const gan_segment *s = tile->segments; s < tile->segments + tile->segment_count; s++) {
        const gan_real *a[8], *b[2];
        UNROLLED (i, rows) a[i] = tile->a[first + i] + s->a;
        UNROLLED (j, columns) b[j] = tile->b + (column + j) * tile->b_step + s->k;
        int64_t k = 0;
        for (; k + single_lanes <= s->length; k += single_lanes) {
            UNROLLED (i, rows)
                UNROLLED (j, columns)
                    sum[i][j] = single_multiply_add(sum[i][j], *(const full_vector *)(a[i] + k),
                                                    *(const full_vector *)(b[j] + k));
        }
        if (k < s->length) {
            const size_t left = (size_t)(s->length - k) * sizeof(gan_real);
            full_vector last[2] = {{0}, {0}};
            UNROLLED (j, columns) memcpy(&last[j], b[j] + k, left);
            UNROLLED (i, rows) {
                full_vector value = {0};
                memcpy(&value, a[i] + k, left);
                UNROLLED (j, columns) sum[i][j] = single_multiply_add(sum[i][j], value, last[j]);
            }
        }
    }
    UNROLLED (i, rows)
        UNROLLED (j, columns) store_dot(tile, first + i, column + j, sum_of_lanes(sum[i][j]));
}

/* One segment: each row is read in one stream, which CPUs foresee best, with several sums that hide the time of an
 * addition; and the lanes of four rows are added at once. */
enum { ROW_SUMS = 4, DOT_GROUP = 4 };

/* The lanes of a vector that ends where a row does, and that the whole vectors before have not read. */
static inline single_mask last_lanes(int64_t length)
{
    static const real_mask numbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return *(const full_mask *)numbers >= (real_mask)(single_lanes - length % single_lanes);
}

static inline full_vector only(single_mask lanes, const gan_real *values)
{
    return (full_vector)(*(const full_mask *)values & lanes);
}

/* a[k] b[k], summed over k, in lanes: at least a vector of them. */
static inline __attribute__((always_inline)) full_vector multiply_row(int64_t length, const single_mask *last,
                                                                      const gan_real *a, const gan_real *b)
{
    full_vector sum[ROW_SUMS];
    int64_t k = 0;

    UNROLLED (i, ROW_SUMS) sum[i] = (full_vector){0};
    for (; k + ROW_SUMS * single_lanes <= length; k += ROW_SUMS * single_lanes) {
        UNROLLED (i, ROW_SUMS)
            sum[i] = single_multiply_add(sum[i], *(const full_vector *)(a + k + i * single_lanes),
                                         *(const full_vector *)(b + k + i * single_lanes));
    }
    for (; k + single_lanes <= length; k += single_lanes)
        sum[0] = single_multiply_add(sum[0], *(const full_vector *)(a + k), *(const full_vector *)(b + k));
    if (k < length) {
        const int64_t end = length - single_lanes;
        sum[1] = single_multiply_add(sum[1], only(*last, a + end), only(*last, b + end));
    }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static inline square sum_of_quarters(full_vector x)
{
    square part[VECTOR_BYTES / 16], sum;
    memcpy(part, &x, sizeof(x));
    sum = part[0];
    UNROLLED (i, VECTOR_BYTES / 16 - 1) sum += part[i + 1];
    return sum;
}

/* The sums of the lanes of each vector, in a fixed order. */
static inline void sums_of_lanes(const full_vector vectors[DOT_GROUP], gan_real out[DOT_GROUP])
{
#ifdef GAN_REAL_IS_DOUBLE
    for (int i = 0; i < DOT_GROUP; i++) {
        const square sum = sum_of_quarters(vectors[i]);
        out[i] = sum[0] + sum[1];
    }
#else
    const square a = sum_of_quarters(vectors[0]), b = sum_of_quarters(vectors[1]);
    const square c = sum_of_quarters(vectors[2]), d = sum_of_quarters(vectors[3]);
    const square ab = SHUFFLE(a, b, 0, 4, 1, 5) + SHUFFLE(a, b, 2, 6, 3, 7);
    const square cd = SHUFFLE(c, d, 0, 4, 1, 5) + SHUFFLE(c, d, 2, 6, 3, 7);
    *(square *)out = SHUFFLE(ab, cd, 0, 1, 4, 5) + SHUFFLE(ab, cd, 2, 3, 6, 7);
#endif
}

/* All rows and a column. */
static __attribute__((noinline)) void dot_of_column(const gan_tile *tile, const gan_real *b, gan_real *sums)
{
    const int64_t length = tile->segments->length, offset = tile->segments->a;
    const single_mask last = last_lanes(length);
    full_vector of_row[DOT_GROUP];

    for (int64_t i = 0; i < tile->rows; i++) {
        of_row[i % DOT_GROUP] = multiply_row(length, &last, tile->a[i] + offset, b);
        if (i % DOT_GROUP == DOT_GROUP - 1) sums_of_lanes(of_row, sums + i + 1 - DOT_GROUP);
    }
    for (int64_t i = tile->rows; i % DOT_GROUP != 0; i++) {
        of_row[i % DOT_GROUP] = (full_vector){0};
        if (i % DOT_GROUP == DOT_GROUP - 1) sums_of_lanes(of_row, sums + i + 1 - DOT_GROUP);
    }
}

static void dot_of_rows(const gan_tile *tile)
{
    gan_real sums[GAN_ROW_BLOCK];

    for (int64_t j = 0; j < tile->columns; j++) {
        dot_of_column(tile, tile->b + j * tile->b_step + tile->segments->k, sums);
        for (int64_t i = 0; i < tile->rows; i++) store_dot(tile, i, j, sums[i]);
    }
}

static void dot(const gan_tile *tile)
{
    int64_t j = 0;
    if (tile->segment_count == 1 && tile->segments->length >= single_lanes) {
        dot_of_rows(tile);
        return;
    }
    for (; j + 2 <= tile->columns; j += 2) {
        int64_t i = 0;
        for (; i + 4 <= tile->rows; i += 4) run_dot(tile, i, j, 4, 2);
        for (; i < tile->rows; i++) run_dot(tile, i, j, 1, 2);
    }
    if (j < tile->columns) {
        int64_t i = 0;
        for (; i + 4 <= tile->rows; i += 4) run_dot(tile, i, j, 4, 1);
        for (; i < tile->rows; i++) run_dot(tile, i, j, 1, 1);
    }
}

/* ---- Thin products ----------------------------------------------------------------------------------------- */

/* A vector of columns, from addresses of the first. */
static inline __attribute__((always_inline)) full_vector thin_sum(const gan_thin_product *p, const gan_real *b,
                                                                  const full_vector *factors, const int k)
{
    full_vector sum = {0};
    UNROLLED (i, k) sum = single_multiply_add(sum, factors[i], *(const full_vector *)(b + i * p->b_step));
    return sum;
}

/* The columns after the last whole vector. */
static void finish_thin_row(const gan_thin_product *p, int64_t row)
{
    const int64_t first = p->columns - p->columns % single_lanes;
    const size_t bytes = (size_t)(p->columns - first) * sizeof(gan_real);
    gan_real *c = p->c + row * p->c_row + first;
    full_vector sum = {0}, value = {0};
    for (int64_t i = 0; i < p->k; i++) {
        memcpy(&value, p->b + i * p->b_step + first, bytes);
        sum = single_multiply_add(sum, single_broadcast(p->a + row * p->a_row + i * p->a_step), value);
    }
    if (p->accumulate) {
        memcpy(&value, c, bytes);
        sum += value;
    }
    if (p->bias) {
        memcpy(&value, p->bias + first, bytes);
        sum += value;
    }
    memcpy(c, &sum, bytes);
}

static inline __attribute__((always_inline)) void run_thin(const gan_thin_product *given, const int k)
{
    const gan_thin_product p = *given;
    const int64_t whole = p.columns - p.columns % single_lanes;
    for (int64_t row = 0; row < p.rows; row++) {
        gan_real *c = p.c + row * p.c_row;
        full_vector factors[GAN_THIN];
        UNROLLED (i, k) factors[i] = single_broadcast(p.a + row * p.a_row + i * p.a_step);
        for (int64_t j = 0; j < whole; j += single_lanes) {
            full_vector sum = thin_sum(&p, p.b + j, factors, k);
            if (p.accumulate) sum += *(const full_vector *)(c + j);
            if (p.bias) sum += *(const full_vector *)(p.bias + j);
            *(full_vector *)(c + j) = sum;
        }
        if (whole < p.columns) finish_thin_row(given, row);
    }
}

static void thin(const gan_thin_product *p)
{
    switch (p->k) {
    case 1: run_thin(p, 1); break;
    case 2: run_thin(p, 2); break;
    case 3: run_thin(p, 3); break;
    case GAN_THIN: run_thin(p, GAN_THIN); break;
    default: break;
    }
}

#ifdef GAN_BFLOAT16
#define TABLE gan_bfloat16_micro_kernel_table
#else
#define TABLE gan_micro_kernel_table
#endif
const gan_micro_kernel_table GAN_ISA_TABLE(TABLE) = {
    .rows = TILE_ROWS,
    .width = WIDTH,
    .vector = single_lanes,
    .narrow = narrow_lanes,
    .tile = tile,
    .dot = dot,
    .thin = thin,
    .copy = copy,
    .transpose = transpose,
};
