/* How far the results of convolutions are from those in double. */
#ifndef GAN_BENCH_ERRORS_H
#define GAN_BENCH_ERRORS_H

#include "kernels/kernels.h"

/* The root mean square of the error of y = conv(x, w), or with `backward` of dx from dy, relative to that of the
 * result: of every so many values, with operands drawn from [-1, 1). */
double conv_error(gan_context *context, const gan_conv *conv, int64_t batch, bool backward);

#endif
