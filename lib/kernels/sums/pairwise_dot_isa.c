/* The loop of gan_pairwise_dot over one tile. Sums stay in registers: as many rows at a time as they can hold. */
#include "kernels/sums/sums_tables.h"

#define VECTOR_BYTES GAN_VECTOR_BYTES
#define ROWS         (VECTOR_BYTES / 8)

#define UNROLLED(i, count) _Pragma("GCC unroll 8") for (int i = 0; i < (count); i++)

typedef double vector __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(double)), may_alias));
enum { LANES = VECTOR_BYTES / sizeof(double), VECTORS = GAN_ROW_TILE / LANES };

/* Every element is summed in the order of k, wherever it is in the tile: equal rows give equal bits. */
static void tile(int64_t size, const double *a, const double *b, double *out)
{
    for (int first = 0; first < GAN_ROW_TILE; first += ROWS) {
        const double *left = a + first, *right = b;
        vector sum[ROWS][VECTORS];
        UNROLLED (i, ROWS)
            UNROLLED (j, VECTORS) sum[i][j] = (vector){0};
        for (int64_t k = size; k > 0; k--, left += GAN_ROW_TILE, right += GAN_ROW_TILE) {
            vector row[VECTORS];
            UNROLLED (j, VECTORS) row[j] = *(const vector *)(right + j * LANES);
            UNROLLED (i, ROWS)
                UNROLLED (j, VECTORS) sum[i][j] += left[i] * row[j];
        }
        UNROLLED (i, ROWS)
            UNROLLED (j, VECTORS) *(vector *)(out + (first + i) * GAN_ROW_TILE + j * LANES) = sum[i][j];
    }
}

const gan_pairwise_dot_table GAN_ISA_TABLE(gan_pairwise_dot_table) = {.tile = tile};
