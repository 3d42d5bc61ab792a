/* The micro-kernel for one type of vector: included by micro_kernel_isa.c with
 *     VECTOR        a vector of LANES values
 *     VECTORS       vectors side by side in a panel
 *     TILE(name)    a name for this type
 * and TILE_ROWS, UNROLLED, real_mask and word.
 *
 * All sums stay in registers: for each k, the vectors of B's row are read once and multiplied by one value of each
 * row of A. */
typedef gan_real TILE(vector) __attribute__((vector_size(VECTOR), aligned(sizeof(gan_real)), may_alias));
typedef real_mask TILE(mask) __attribute__((vector_size(VECTOR), may_alias));
enum { TILE(lanes) = VECTOR / sizeof(gan_real) };

#ifdef GAN_BFLOAT16
static inline __attribute__((always_inline)) TILE(vector) TILE(broadcast)(const gan_real *value)
{
    return (TILE(vector))(*(const word *)value - (TILE(mask)){0});
}

/* Both products of each pair are added to the pair's sum. */
static inline __attribute__((always_inline)) TILE(vector)
    TILE(multiply_add)(TILE(vector) sum, TILE(vector) a, TILE(vector) b)
{
#ifndef GAN_HAS_BFLOAT16_PRODUCTS
    const TILE(mask) one = (TILE(mask))a, other = (TILE(mask))b, high = (TILE(mask)){0} - 65536;
    sum += (TILE(vector))(one << 16) * (TILE(vector))(other << 16);
    return sum + (TILE(vector))(one & high) * (TILE(vector))(other & high);
#elif defined(__aarch64__)
    return (TILE(vector))vbfdotq_f32((float32x4_t)sum, (bfloat16x8_t)a, (bfloat16x8_t)b);
#elif VECTOR == 64
    return (TILE(vector))_mm512_dpbf16_ps((__m512)sum, (__m512bh)a, (__m512bh)b);
#else
    return (TILE(vector))_mm256_dpbf16_ps((__m256)sum, (__m256bh)a, (__m256bh)b);
#endif
}
#else
static inline __attribute__((always_inline)) TILE(vector) TILE(broadcast)(const gan_real *value)
{
    return *value - (TILE(vector)){0};
}

static inline __attribute__((always_inline)) TILE(vector)
    TILE(multiply_add)(TILE(vector) sum, TILE(vector) a, TILE(vector) b)
{
    return sum + a * b;
}
#endif

/* One value of a row of A, by which all columns are multiplied. BFDOT takes it from a lane, which saves its copies;
 * with the intrinsic function for that, gcc 12 copies each sum in every round of the loop. */
#if defined(GAN_BFLOAT16) && defined(GAN_HAS_BFLOAT16_PRODUCTS) && defined(__aarch64__)
typedef bfloat16x4_t TILE(factor);

static inline __attribute__((always_inline)) TILE(factor) TILE(factor_at)(const gan_real *value)
{
    return vreinterpret_bf16_f32((float32x2_t){*value, 0});
}

static inline __attribute__((always_inline)) TILE(vector)
    TILE(add_product)(TILE(vector) sum, TILE(factor) a, TILE(vector) b)
{
    __asm__("bfdot %0.4s, %1.8h, %2.2h[0]" : "+w"(sum) : "w"(b), "w"(a));
    return sum;
}
#else
typedef TILE(vector) TILE(factor);

static inline __attribute__((always_inline)) TILE(factor) TILE(factor_at)(const gan_real *value)
{
    return TILE(broadcast)(value);
}

static inline __attribute__((always_inline)) TILE(vector)
    TILE(add_product)(TILE(vector) sum, TILE(factor) a, TILE(vector) b)
{
    return TILE(multiply_add)(sum, a, b);
}
#endif

static inline __attribute__((always_inline)) void TILE(run)(const gan_tile *tile, const int rows)
{
    typedef TILE(vector) vector;
    enum { LANES = TILE(lanes) };
    const int64_t a_step = tile->a_step, b_step = tile->b_step;
    vector sum[TILE_ROWS][VECTORS];

    UNROLLED (i, rows) {
        __builtin_prefetch(tile->c[i], 1);
        __builtin_prefetch(tile->c[i] + VECTORS * LANES - 1, 1);
    }
    UNROLLED (i, rows)
        UNROLLED (j, VECTORS) sum[i][j] = (vector){0};
    for (const gan_segment *s = tile->segments; s < tile->segments + tile->segment_count; s++) {
        const gan_real *b = tile->b + s->k * b_step;
        const gan_real *a[TILE_ROWS];
        int64_t at = 0;
        UNROLLED (i, rows) a[i] = tile->a[i] + s->a;
        for (int64_t k = s->length; k > 0; k--, at += a_step, b += b_step) {
            vector row[VECTORS];
            UNROLLED (j, VECTORS) row[j] = *(const vector *)(b + j * LANES);
            UNROLLED (i, rows) {
                const TILE(factor) value = TILE(factor_at)(a[i] + at);
                UNROLLED (j, VECTORS) sum[i][j] = TILE(add_product)(sum[i][j], value, row[j]);
            }
        }
    }

    if (tile->accumulate) {
        UNROLLED (i, rows)
            UNROLLED (j, VECTORS) sum[i][j] += *(const vector *)(tile->c[i] + j * LANES);
    }
    if (tile->column_bias) {
        UNROLLED (i, rows)
            UNROLLED (j, VECTORS) sum[i][j] += *(const vector *)(tile->column_bias + j * LANES);
    }
    if (tile->row_bias) {
        UNROLLED (i, rows)
            UNROLLED (j, VECTORS) sum[i][j] += tile->row_bias[i];
    }
    UNROLLED (i, rows)
        UNROLLED (j, VECTORS) *(vector *)(tile->c[i] + j * LANES) = sum[i][j];
}

#define TILE_FUNCTION(rows)                             \
    static void TILE(rows_##rows)(const gan_tile *tile) \
    {                                                   \
        TILE(run)(tile, rows);                          \
    }
TILE_FUNCTION(1)
TILE_FUNCTION(2)
TILE_FUNCTION(3)
TILE_FUNCTION(4)
TILE_FUNCTION(5)
TILE_FUNCTION(6)
#if TILE_ROWS == 8
TILE_FUNCTION(7)
TILE_FUNCTION(8)
#endif
#undef TILE_FUNCTION

static void (*const TILE(functions)[])(const gan_tile *) = {
    TILE(rows_1), TILE(rows_2), TILE(rows_3), TILE(rows_4), TILE(rows_5), TILE(rows_6),
#if TILE_ROWS == 8
    TILE(rows_7), TILE(rows_8),
#endif
};
#undef VECTOR
#undef VECTORS
#undef TILE
