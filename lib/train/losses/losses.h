/* The door of losses: functions of logits, in double. */
#ifndef GAN_LOSSES_H
#define GAN_LOSSES_H

#include "core/core.h"

#include <math.h>

gan_status gan_loss_check(gan_loss loss, const char *what);
/* Whether the generator's loss needs logits of real samples. */
bool gan_loss_is_relativistic(gan_loss loss);
/* GAN_ERROR_ARGUMENT unless real samples may have that target; `what` and `value` are of the option that says so. */
gan_status gan_loss_check_real_target(gan_loss loss, float real_target, const char *what, float value);

/* D(x) = s(l), without overflow. */
static inline double gan_probability(double logit)
{
    double tail = exp(-fabs(logit));
    return logit >= 0 ? 1 / (1 + tail) : tail / (1 + tail);
}

#endif
