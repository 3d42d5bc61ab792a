/* Transposition of matrices. */
#include "kernels/blocks/blocks.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/rows/rows.h"

typedef struct transpose_args {
    int64_t rows, columns;
    const gan_real *x;
    gan_real *y;
} transpose_args;

enum { TILE_ROWS = 128 }; /* rows of x that stay in cache while all their columns are read */

/* y[j * rows + i] = x[i * columns + j] for a tile of x. Four columns at a time use both the cache lines of x and the
 * streams of y well; four rows at a time share the computation of addresses. */
static void transpose_tile(const transpose_args *args, const gan_real *restrict x, gan_real *restrict y,
                           int64_t tile_rows, int64_t tile_columns)
{
    int64_t rows = args->rows, columns = args->columns, j = 0;
    for (; j + 4 <= tile_columns; j += 4) {
        int64_t i = 0;
        for (; i + 4 <= tile_rows; i += 4) {
            for (int64_t c = j; c < j + 4; c++)
                for (int64_t r = i; r < i + 4; r++) y[c * rows + r] = x[r * columns + c];
        }
        for (; i < tile_rows; i++)
            for (int64_t c = j; c < j + 4; c++) y[c * rows + i] = x[i * columns + c];
    }
    for (; j < tile_columns; j++)
        for (int64_t i = 0; i < tile_rows; i++) y[j * rows + i] = x[i * columns + j];
}

/* Rows begin <= k < end of the result, counted over the batch: row k is column k % columns of matrix k / columns. */
static void transpose_range(const void *arguments, int64_t begin, int64_t end)
{
    const transpose_args *args = arguments;
    int64_t rows = args->rows, columns = args->columns;
    while (begin < end) {
        int64_t matrix = begin / columns, column = begin % columns;
        int64_t count = columns - column < end - begin ? columns - column : end - begin;
        const gan_real *x = args->x + matrix * rows * columns + column;
        gan_real *y = args->y + begin * rows;
        for (int64_t row = 0; row < rows; row += TILE_ROWS)
            transpose_tile(args, x + row * columns, y + row, rows - row < TILE_ROWS ? rows - row : TILE_ROWS, count);
        begin += count;
    }
}

void gan_transpose(gan_context *context, int64_t batch, int64_t rows, int64_t columns, const gan_real *x, gan_real *y)
{
    if (rows == 1 || columns == 1) {
        gan_copy(context, batch * rows * columns, x, y);
        return;
    }
    transpose_args args = {rows, columns, x, y};
    int64_t block = rows < GAN_BLOCK / 4 ? GAN_BLOCK / rows / 4 * 4 : 4;
    gan_range_run(context, transpose_range, &args, batch * columns, block);
}
