/* Optimizer steps: the loops are in optimizer_step_isa.c. */
#include "kernels/elementwise/elementwise_tables.h"

#include <math.h>

void gan_adam_step(gan_context *context, int64_t count, const gan_adam_args *args, const gan_real *g, gan_real *m,
                   gan_real *v, const gan_real *w_in, gan_real *w_out)
{
    gan_step_args step = {.g = g,
                          .m = m,
                          .v = v,
                          .w_in = w_in,
                          .w_out = w_out,
                          .rate = (gan_real)((double)args->rate / args->correction1),
                          .beta1 = args->beta1,
                          .beta2 = args->beta2,
                          .epsilon = args->epsilon,
                          .gradient_scale = args->gradient_scale,
                          .root_scale = (gan_real)(1 / sqrt(args->correction2))};
    gan_range_run(context, GAN_ISA_SELECT(gan_step_table, context)->adam, &step, count, GAN_BLOCK);
}

void gan_rmsprop_step(gan_context *context, int64_t count, gan_real rate, gan_real decay, gan_real epsilon,
                      gan_real gradient_scale, const gan_real *g, gan_real *v, const gan_real *w_in, gan_real *w_out)
{
    gan_step_args step = {.g = g,
                          .v = v,
                          .w_in = w_in,
                          .w_out = w_out,
                          .rate = rate,
                          .beta2 = decay,
                          .epsilon = epsilon,
                          .gradient_scale = gradient_scale};
    gan_range_run(context, GAN_ISA_SELECT(gan_step_table, context)->rmsprop, &step, count, GAN_BLOCK);
}

void gan_sgd_step(gan_context *context, int64_t count, gan_real rate, gan_real momentum, gan_real gradient_scale,
                  const gan_real *g, gan_real *v, const gan_real *w_in, gan_real *w_out)
{
    gan_step_args step = {.g = g,
                          .v = v,
                          .w_in = w_in,
                          .w_out = w_out,
                          .rate = rate,
                          .beta1 = momentum,
                          .gradient_scale = gradient_scale};
    gan_range_run(context, GAN_ISA_SELECT(gan_step_table, context)->sgd, &step, count, GAN_BLOCK);
}
