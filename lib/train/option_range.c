/* Options of floating type and their ranges. */
#include "train/train.h"

#include <math.h>

/* The ends of each range; an open end is not part of it. */
static const struct {
    double low, high;
    bool low_open, high_open;
    const char *text;
} ranges[] = {
    [GAN_RANGE_NOT_NEGATIVE] = {0, INFINITY, false, true, ">= 0"},
    [GAN_RANGE_POSITIVE] = {0, INFINITY, true, true, "> 0"},
    [GAN_RANGE_BELOW_ONE] = {0, 1, false, true, "in [0, 1)"},
    [GAN_RANGE_UP_TO_ONE] = {0, 1, true, false, "in (0, 1]"},
    [GAN_RANGE_UNIT] = {0, 1, false, false, "in [0, 1]"},
};

gan_status gan_range_check(gan_range range, double value, const char *what)
{
    if (!isfinite(value)) {
        return gan_fail(GAN_ERROR_NOT_FINITE, "%s is %g, expected a finite number %s", what, value,
                        ranges[range].text);
    }
    bool above = ranges[range].low_open ? value > ranges[range].low : value >= ranges[range].low;
    bool below = ranges[range].high_open ? value < ranges[range].high : value <= ranges[range].high;
    if (!above || !below) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s is %g, expected %s", what, value, ranges[range].text);
    }
    return GAN_OK;
}

gan_status gan_option_resolve(float *value, float when_zero, gan_range range, const char *what)
{
    float resolved = gan_option(*value, when_zero);
    GAN_TRY(gan_range_check(range, resolved, what));
    *value = resolved;
    return GAN_OK;
}

gan_status gan_option_resolve_all(const gan_option_rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        GAN_TRY(gan_option_resolve(rules[i].value, rules[i].when_zero, rules[i].range, rules[i].what));
    }
    return GAN_OK;
}
