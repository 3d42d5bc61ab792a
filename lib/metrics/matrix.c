/* Matrices in double, in the layout of gan_pairwise_dot. */
#include "metrics/metrics.h"

gan_status gan_double_rows_create(gan_context *context, int64_t rows, int64_t size, gan_double_rows *out)
{
    int64_t count;

    if (!gan_double_rows_values(rows, size, &count)) {
        return gan_fail(GAN_ERROR_OVERFLOW, "a matrix of %lld rows of %lld values overflows", (long long)rows,
                        (long long)size);
    }
    double *values = gan_allocate_array(context, count, sizeof(double));
    if (!values) return GAN_ERROR_MEMORY;
    *out = (gan_double_rows){rows, size, values};
    return GAN_OK;
}

void gan_double_rows_release(gan_context *context, gan_double_rows *matrix)
{
    int64_t count = 0;

    if (!matrix->values) return;
    gan_double_rows_values(matrix->rows, matrix->size, &count); /* cannot overflow: it did not at creation */
    gan_release(context, matrix->values, (size_t)count * sizeof(double));
    matrix->values = NULL;
}

void gan_double_rows_fill(gan_double_rows *out, const gan_given *given, const int64_t *numbers, const double *offsets)
{
    for (int64_t i = 0; i < out->rows; i++) {
        const float *from = given->values + (numbers ? numbers[i] : i) * given->columns;
        double *to = gan_double_rows_at(out, i, 0);
        for (int64_t j = 0; j < out->size; j++) to[j * GAN_ROW_TILE] = (double)from[j] - (offsets ? offsets[j] : 0);
    }
}

void gan_double_rows_fill_columns(gan_double_rows *out, const gan_given *given, const double *offsets)
{
    for (int64_t i = 0; i < out->size; i++) {
        const float *from = given->values + i * given->columns;
        for (int64_t j = 0; j < out->rows; j++) {
            *gan_double_rows_at(out, j, i) = (double)from[j] - (offsets ? offsets[j] : 0);
        }
    }
}

typedef struct product {
    double *out;
    int64_t rows, columns;
} product;

static void store_tile(void *user, int64_t row, int64_t column, const double *tile)
{
    const product *to = user;
    for (int64_t i = 0; i < GAN_ROW_TILE && row + i < to->rows; i++) {
        for (int64_t j = 0; j < GAN_ROW_TILE && column + j < to->columns; j++) {
            to->out[(row + i) * to->columns + column + j] = tile[i * GAN_ROW_TILE + j];
        }
    }
}

void gan_double_rows_multiply(gan_context *context, const gan_double_rows *a, const gan_double_rows *b, bool upper,
                              double *out)
{
    product to = {out, a->rows, b->rows};
    gan_pairwise_dot(context, a, b, upper, store_tile, &to);
}
