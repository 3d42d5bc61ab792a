/* How a learning rate, or a penalty, changes with the number of steps taken. */
#include "train/optimizers/optimizers.h"

#include <math.h>

gan_status gan_schedule_check(gan_schedule schedule, gan_schedule last, int64_t steps, const char *what)
{
    if ((unsigned)schedule > (unsigned)last) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s is %d, expected %s", what, (int)schedule,
                        last == GAN_SCHEDULE_COSINE ? "a constant, linear or cosine one" : "a gan_schedule");
    }
    if (steps < 0 || (steps == 0 && schedule != GAN_SCHEDULE_CONSTANT)) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s_steps is %lld, expected at least 1", what, (long long)steps);
    }
    return GAN_OK;
}

double gan_schedule_value(gan_schedule schedule, double first, double last, int64_t steps, int64_t all)
{
    const double pi = 3.14159265358979323846;
    double passed = schedule == GAN_SCHEDULE_CONSTANT ? 0 : fmin((double)steps / (double)all, 1);
    if (schedule == GAN_SCHEDULE_COSINE) return last + (first - last) * (1 + cos(pi * passed)) / 2;
    return first + (last - first) * passed;
}

double gan_schedule_rate(const gan_optimizer_options *options, int64_t steps)
{
    double rate = options->learning_rate;
    if (options->schedule <= GAN_SCHEDULE_COSINE) {
        return gan_schedule_value(options->schedule, rate, options->final_learning_rate, steps,
                                  options->schedule_steps);
    }
    double passed = (double)steps / (double)options->schedule_steps;
    if (options->schedule == GAN_SCHEDULE_STEP) passed = floor(passed);
    return rate * pow(options->schedule_factor, passed);
}
