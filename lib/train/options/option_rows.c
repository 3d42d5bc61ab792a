/* Ranges of numbers, and options by the rows of a table. */
#include "train/options/options.h"

#include <math.h>
#include <stdio.h>

/* The ends of each range; an open end is excluded. */
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

static gan_status resolve_float(const gan_option_row *row, const char *what, float *value)
{
    char name[128];
    if (row->may_lack && *value == 0) return GAN_OK;
    const float resolved = gan_option(*value, row->number);
    snprintf(name, sizeof(name), "%s: %s", what, row->name);
    GAN_TRY(gan_range_check(row->range, resolved, name));
    *value = resolved;
    return GAN_OK;
}

static gan_status resolve_count(const gan_option_row *row, const char *what, int64_t *value)
{
    const gan_status refused = row->refused ? row->refused : GAN_ERROR_ARGUMENT;

    if (*value < 0 && row->most == INT64_MAX) {
        return gan_fail(refused, "%s: %s is %lld, expected at least 1", what, row->name, (long long)*value);
    }
    if (*value < 0 || *value > row->most) {
        return gan_fail(refused, "%s: %s is %lld, expected 1 to %lld", what, row->name, (long long)*value,
                        (long long)row->most);
    }
    if (*value == 0) *value = row->count;
    return GAN_OK;
}

static gan_status check_enum(const gan_option_row *row, const char *what, int value)
{
    if (value >= 0 && value <= row->last) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s: %s is %d, expected a %s", what, row->name, value, row->enum_name);
}

static gan_status resolve(const gan_option_row *row, const char *what, void *value)
{
    switch (row->type) {
    case GAN_OPTION_OF_FLOAT: return resolve_float(row, what, value);
    case GAN_OPTION_OF_COUNT: return resolve_count(row, what, value);
    case GAN_OPTION_OF_ENUM: return check_enum(row, what, *(const int *)value);
    }
    return GAN_OK;
}

gan_status gan_option_rows_resolve(const gan_option_row *rows, size_t count, const char *what, void *options)
{
    for (size_t i = 0; i < count; i++) {
        GAN_TRY(resolve(&rows[i], what, (unsigned char *)options + rows[i].offset));
    }
    return GAN_OK;
}
