/* Ranges of options of floating type. */
#ifndef GAN_OPTION_RANGE_H
#define GAN_OPTION_RANGE_H

#include "core/core.h"

typedef enum gan_range {
    GAN_RANGE_NOT_NEGATIVE, /* >= 0 */
    GAN_RANGE_POSITIVE,     /* > 0 */
    GAN_RANGE_BELOW_ONE,    /* [0, 1) */
    GAN_RANGE_UP_TO_ONE,    /* (0, 1] */
    GAN_RANGE_UNIT          /* [0, 1] */
} gan_range;

/* GAN_ERROR_NOT_FINITE or GAN_ERROR_ARGUMENT unless the value is in the range; `what` names it. */
gan_status gan_range_check(gan_range range, double value, const char *what);
/* Reads an option as gan_option() does and checks it. */
gan_status gan_option_resolve(float *value, float when_zero, gan_range range, const char *what);
/* The arguments of gan_option_resolve(), and that for each rule until one fails. */
typedef struct gan_option_rule {
    float *value, when_zero;
    gan_range range;
    const char *what;
} gan_option_rule;
gan_status gan_option_resolve_all(const gan_option_rule *rules, size_t count);

#endif
