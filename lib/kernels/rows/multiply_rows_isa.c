/* Loops of products with a row of each sample. */
#include "kernels/rows/rows_tables.h"

/* y[k] = a[k] b[k] */
static void multiply(int64_t count, const gan_real *a, const gan_real *b, bool accumulate, gan_real *y)
{
    if (accumulate) {
        GAN_INDEPENDENT
        for (int64_t k = 0; k < count; k++) y[k] += a[k] * b[k];
    } else {
        GAN_INDEPENDENT
        for (int64_t k = 0; k < count; k++) y[k] = a[k] * b[k];
    }
}

/* y[k] = a[k] b */
static void scale(int64_t count, const gan_real *a, gan_real b, bool accumulate, gan_real *y)
{
    if (accumulate) {
        GAN_INDEPENDENT
        for (int64_t k = 0; k < count; k++) y[k] += a[k] * b;
    } else {
        GAN_INDEPENDENT
        for (int64_t k = 0; k < count; k++) y[k] = a[k] * b;
    }
}

/* Run by run: a row of a, or the single column of a sample. */
static void products(const void *arguments, int64_t begin, int64_t end)
{
    const gan_multiply_args *args = arguments;
    const int64_t columns = args->columns, run = columns > 1 ? columns : args->rows;
    for (int64_t k = begin, stop; k < end; k = stop) {
        const int64_t next = (k / run + 1) * run;
        stop = next < end ? next : end;
        if (columns > 1) {
            const gan_real *b = args->b + k / columns / args->rows * columns + k % columns;
            multiply(stop - k, args->a + k, b, args->accumulate, args->y + k);
        } else {
            scale(stop - k, args->a + k, args->b[k / run], args->accumulate, args->y + k);
        }
    }
}

/* sums[j] += sum over i of a[i, j] b[i, j], j < width; rows are `stride` apart */
static void add_products(int64_t rows, int64_t width, int64_t stride, const gan_real *a, const gan_real *b,
                         double *restrict sums)
{
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < width; j++) sums[j] += (double)a[i * stride + j] * (double)b[i * stride + j];
}

/* A single column is summed as if it had GAN_SUM_COLUMNS, since each addition waits for the one before. */
static double sum_column(int64_t rows, const gan_real *a, const gan_real *b)
{
    double sums[GAN_SUM_COLUMNS] = {0}, sum = 0;
    const int64_t whole = rows / GAN_SUM_COLUMNS, rest = whole * GAN_SUM_COLUMNS;
    add_products(whole, GAN_SUM_COLUMNS, GAN_SUM_COLUMNS, a, b, sums);
    add_products(1, rows - rest, 0, a + rest, b + rest, sums);
    for (int j = 0; j < GAN_SUM_COLUMNS; j++) sum += sums[j];
    return sum;
}

static void sums(const void *arguments, int64_t begin, int64_t end)
{
    const gan_multiply_args *args = arguments;
    const int64_t rows = args->rows, columns = args->columns,
                  runs = (columns + GAN_SUM_COLUMNS - 1) / GAN_SUM_COLUMNS;
    for (int64_t k = begin; k < end; k++) {
        const int64_t sample = k / runs, first = k % runs * GAN_SUM_COLUMNS, from = sample * rows * columns + first;
        const int64_t width = columns - first < GAN_SUM_COLUMNS ? columns - first : GAN_SUM_COLUMNS;
        gan_real *y = args->y + sample * columns + first;
        double sums[GAN_SUM_COLUMNS] = {0};
        if (columns == 1) {
            sums[0] = sum_column(rows, args->a + from, args->b + from);
        } else {
            add_products(rows, width, columns, args->a + from, args->b + from, sums);
        }
        for (int64_t j = 0; j < width; j++) y[j] = (gan_real)((args->accumulate ? (double)y[j] : 0) + sums[j]);
    }
}

const gan_multiply_table GAN_ISA_TABLE(gan_multiply_table) = {.products = products, .sums = sums};
