/* Products with a row of each sample, and their sums over rows; the loops are in multiply_rows_isa.c. */
#include "kernels/rows/rows_tables.h"

void gan_multiply_rows(gan_context *context, int64_t batch, int64_t rows, int64_t columns, const gan_real *a,
                       const gan_real *b, bool accumulate, gan_real *y)
{
    const gan_multiply_args args = {rows, columns, a, b, accumulate, y};
    gan_range_run(context, GAN_ISA_SELECT(gan_multiply_table, context)->products, &args, batch * rows * columns,
                  GAN_BLOCK);
}

void gan_sum_products(gan_context *context, int64_t batch, int64_t rows, int64_t columns, const gan_real *a,
                      const gan_real *b, bool accumulate, gan_real *y)
{
    if (rows == 1) {
        gan_multiply_rows(context, batch, 1, columns, a, b, accumulate, y);
        return;
    }
    const gan_multiply_args args = {rows, columns, a, b, accumulate, y};
    const int64_t width = columns < GAN_SUM_COLUMNS ? columns : GAN_SUM_COLUMNS;
    gan_range_run(context, GAN_ISA_SELECT(gan_multiply_table, context)->sums, &args,
                  batch * ((columns + width - 1) / width), rows * width < GAN_BLOCK ? GAN_BLOCK / (rows * width) : 1);
}
