/* Softmax of rows and its derivatives; the loops are in softmax_isa.c. */
#include "kernels/rows/rows_tables.h"

static void run(gan_context *context, gan_range_fn range, int64_t rows, const gan_softmax_args *args)
{
    gan_range_run(context, range, args, rows, args->columns < GAN_BLOCK ? GAN_BLOCK / args->columns : 1);
}

#define TABLE GAN_ISA_SELECT(gan_softmax_table, context)

void gan_softmax(gan_context *context, int64_t rows, int64_t columns, gan_real scale, const gan_real *x, gan_real *y)
{
    const gan_softmax_args args = {.columns = columns, .scale = scale, .t = x, .y = y};
    run(context, TABLE->forward, rows, &args);
}

void gan_softmax_derivative(gan_context *context, int64_t rows, int64_t columns, gan_real scale, const gan_real *p,
                            const gan_real *t, gan_real *y)
{
    const gan_softmax_args args = {.columns = columns, .scale = scale, .p = p, .t = t, .y = y};
    run(context, TABLE->derivative, rows, &args);
}

void gan_softmax_derivative_tangent(gan_context *context, int64_t rows, int64_t columns, gan_real scale,
                                    const gan_real *p, const gan_real *tangent_p, const gan_real *t,
                                    const gan_real *tangent_t, gan_real *y)
{
    const gan_softmax_args args = {
        .columns = columns, .scale = scale, .p = p, .tangent_p = tangent_p, .t = t, .tangent_t = tangent_t, .y = y};
    run(context, TABLE->derivative_tangent, rows, &args);
}
