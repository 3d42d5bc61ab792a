/* Logarithms of sums of exponentials; the loops are in log_sum_exp_isa.c. */
#include "kernels/sums/sums_tables.h"

static void run(gan_context *context, gan_range_fn range, int64_t rows, const gan_log_sum_exp_args *args)
{
    gan_range_run(context, range, args, rows, args->columns < GAN_BLOCK ? GAN_BLOCK / args->columns : 1);
}

#define TABLE GAN_ISA_SELECT(gan_log_sum_exp_table, context)

void gan_log_sum_exp_forward(gan_context *context, int64_t rows, int64_t columns, const gan_real *x, gan_real *y,
                             gan_real *kept)
{
    const gan_log_sum_exp_args args = {.columns = columns, .x = x, .kept = kept, .y = y};
    run(context, TABLE->forward, rows, &args);
}

void gan_log_sum_exp_backward(gan_context *context, int64_t rows, int64_t columns, const gan_real *x,
                              const gan_real *kept, const gan_real *dy, gan_real *dx)
{
    const gan_log_sum_exp_args args = {.columns = columns, .x = x, .dy = dy, .kept = (gan_real *)kept, .y = dx};
    run(context, TABLE->backward, rows, &args);
}

void gan_log_sum_exp_tangent(gan_context *context, int64_t rows, int64_t columns, const gan_real *x,
                             const gan_real *kept, const gan_real *tangent_x, gan_real *tangent_y)
{
    const gan_log_sum_exp_args args = {
        .columns = columns, .x = x, .tangent_x = tangent_x, .kept = (gan_real *)kept, .y = tangent_y};
    run(context, TABLE->tangent, rows, &args);
}

void gan_log_sum_exp_tangent_backward(gan_context *context, int64_t rows, int64_t columns, const gan_real *x,
                                      const gan_real *kept, const gan_real *tangent_x, const gan_real *dy,
                                      const gan_real *tangent_dy, gan_real *tangent_dx)
{
    const gan_log_sum_exp_args args = {.columns = columns,
                                       .x = x,
                                       .tangent_x = tangent_x,
                                       .dy = dy,
                                       .tangent_dy = tangent_dy,
                                       .kept = (gan_real *)kept,
                                       .y = tangent_dx};
    run(context, TABLE->tangent_backward, rows, &args);
}
