/* Activations; the loops are in activation_isa.c. */
#include "kernels/elementwise/elementwise_tables.h"

#define LOOPS(kind) GAN_ISA_SELECT(gan_activation_table, context)->kinds[kind]

void gan_activation_forward(gan_context *context, gan_activation kind, gan_real parameter, int64_t count,
                            const gan_real *x, gan_real *y)
{
    const gan_activation_args args = {.x = x, .y = y, .parameter = parameter};
    gan_range_run(context, LOOPS(kind).forward, &args, count, GAN_BLOCK);
}

void gan_activation_backward(gan_context *context, gan_activation kind, gan_real parameter, int64_t count,
                             const gan_real *kept, const gan_real *dy, gan_real *dx)
{
    const gan_activation_args args = {.x = kept, .dy = dy, .y = dx, .parameter = parameter};
    gan_range_run(context, LOOPS(kind).backward, &args, count, GAN_BLOCK);
}

void gan_activation_tangent(gan_context *context, gan_activation kind, gan_real parameter, int64_t count,
                            const gan_real *kept, const gan_real *tangent_kept, const gan_real *dy,
                            const gan_real *tangent_dy, gan_real *tangent_dx)
{
    const gan_activation_args args = {.x = kept,
                                      .dy = dy,
                                      .tangent_x = tangent_kept,
                                      .tangent_dy = tangent_dy,
                                      .y = tangent_dx,
                                      .parameter = parameter};
    gan_range_run(context, LOOPS(kind).tangent, &args, count, GAN_BLOCK);
}

void gan_prelu(gan_context *context, int64_t rows, int64_t columns, int64_t slope_count, const gan_real *slopes,
               const gan_real *x, const gan_real *v, gan_real *y)
{
    if (slope_count == 1) {
        gan_activation_backward(context, GAN_ACTIVATION_LEAKY_RELU, slopes[0], rows * columns, x, v, y);
        return;
    }
    const gan_prelu_args args = {.columns = columns, .slopes = slopes, .x = x, .a = v, .y = y};
    gan_range_run(context, GAN_ISA_SELECT(gan_activation_table, context)->prelu_rows, &args, rows,
                  columns < GAN_BLOCK ? GAN_BLOCK / columns : 1);
}

void gan_prelu_products(gan_context *context, int64_t count, const gan_real *x, const gan_real *a, const gan_real *b,
                        gan_real *y)
{
    const gan_prelu_args args = {.x = x, .a = a, .b = b, .y = y};
    gan_range_run(context, GAN_ISA_SELECT(gan_activation_table, context)->prelu_products, &args, count, GAN_BLOCK);
}
