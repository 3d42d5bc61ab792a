/* How a learning rate, or a penalty, changes with the number of steps taken. */
#include "train/optimizers/optimizers.h"

#include <math.h>

gan_status gan_schedule_check(gan_schedule schedule, int64_t steps, const char *what, const char *name)
{
    if (schedule == GAN_SCHEDULE_CONSTANT || steps >= 1) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s: %s is %lld, expected at least 1", what, name, (long long)steps);
}

double gan_schedule_value(gan_schedule schedule, double first, double last, int64_t steps, int64_t all)
{
    const double pi = 3.14159265358979323846;
    double passed = schedule == GAN_SCHEDULE_CONSTANT ? 0 : fmin((double)steps / (double)all, 1);
    if (schedule == GAN_SCHEDULE_COSINE) return last + (first - last) * (1 + cos(pi * passed)) / 2;
    if (schedule == GAN_SCHEDULE_SIGMOID) return first * (2 / (1 + exp(-10 * passed)) - 1);
    return first + (last - first) * passed;
}

double gan_schedule_rate(const gan_optimizer_options *options, int64_t steps)
{
    double rate = options->learning_rate;
    steps = steps > options->schedule_start ? steps - options->schedule_start : 0;
    if (options->schedule <= GAN_SCHEDULE_COSINE) {
        return gan_schedule_value(options->schedule, rate, options->final_learning_rate, steps,
                                  options->schedule_steps);
    }
    double passed = (double)steps / (double)options->schedule_steps;
    if (options->schedule == GAN_SCHEDULE_STEP) passed = floor(passed);
    return rate * pow(options->schedule_factor, passed);
}
