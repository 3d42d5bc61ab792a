/* What callers pass to metrics. */
#include "metrics/metrics.h"

#include <math.h>

gan_status gan_number_check(const char *what, const char *name, int64_t value, int64_t least, int64_t most)
{
    if (value >= least && value <= most) return GAN_OK;
    if (most == INT64_MAX) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: %s is %lld, expected at least %lld", what, name, (long long)value,
                        (long long)least);
    }
    return gan_fail(GAN_ERROR_ARGUMENT, "%s: %s is %lld, expected %lld to %lld", what, name, (long long)value,
                    (long long)least, (long long)most);
}

gan_status gan_given_check(const gan_given *given, int64_t least_rows, int64_t least_columns)
{
    const char *function = given->function, *name = given->name;
    int64_t count;

    if (!given->values) return gan_fail(GAN_ERROR_NULL, "%s: %s is NULL", function, name);
    if (given->rows < least_rows) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: %s has %lld row%s, expected at least %lld", function, name,
                        (long long)given->rows, gan_plural(given->rows), (long long)least_rows);
    }
    if (given->columns < least_columns) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: rows of %s have %lld value%s, expected at least %lld", function,
                        name, (long long)given->columns, gan_plural(given->columns), (long long)least_columns);
    }
    if (!gan_checked_multiply(given->rows, given->columns, &count) || !gan_array_fits(count, sizeof(double))) {
        return gan_fail(GAN_ERROR_OVERFLOW, "%s: %s has %lld rows of %lld values, which overflow", function, name,
                        (long long)given->rows, (long long)given->columns);
    }
    for (int64_t i = 0; i < count; i++) {
        if (!isfinite(given->values[i])) {
            return gan_fail(GAN_ERROR_NOT_FINITE, "%s: %s is %g in row %lld, column %lld", function, name,
                            (double)given->values[i], (long long)(i / given->columns),
                            (long long)(i % given->columns));
        }
    }
    return GAN_OK;
}

void gan_given_means(const gan_given *given, double *means)
{
    for (int64_t j = 0; j < given->columns; j++) means[j] = 0;
    for (int64_t i = 0; i < given->rows; i++) {
        const float *row = given->values + i * given->columns;
        for (int64_t j = 0; j < given->columns; j++) means[j] += (double)row[j];
    }
    for (int64_t j = 0; j < given->columns; j++) means[j] /= (double)given->rows;
}
