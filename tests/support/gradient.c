#include "support/gradient.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* Balances the error of the difference, about step^2, against the rounding error, about 1e-16 / step. */
static const double step = 1e-5;

static double central_difference(test_scalar_fn function, void *user, double *value)
{
    const double middle = *value;
    *value = middle + step;
    const double above = function(user), high = *value;
    *value = middle - step;
    const double below = function(user), low = *value;
    *value = middle;
    return (above - below) / (high - low);
}

void test_gradient(const char *what, test_scalar_fn function, void *user, double *values, const double *gradient,
                   size_t count, double tolerance)
{
    double largest = 1;
    for (size_t i = 0; i < count; i++) largest = fmax(largest, fabs(gradient[i]));
    for (size_t i = 0; i < count; i++) {
        const double difference = central_difference(function, user, &values[i]);
        /* Negated, so that NaN fails. */
        if (!(fabs(difference - gradient[i]) <= tolerance * largest)) {
            fail_msg("%s[%zu]: the gradient is %.12g, but central differences give %.12g", what, i, gradient[i],
                     difference);
        }
    }
}
