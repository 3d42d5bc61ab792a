/* How the learning rate changes with the number of steps taken. */
#include "train/train.h"

#include <math.h>

double gan_schedule_rate(const gan_optimizer_options *options, int64_t steps)
{
    const double pi = 3.14159265358979323846;
    double rate = options->learning_rate, final_rate = options->final_learning_rate;
    double passed = options->schedule == GAN_SCHEDULE_CONSTANT ? 0 : (double)steps / (double)options->schedule_steps;
    switch (options->schedule) {
    case GAN_SCHEDULE_LINEAR: return rate + (final_rate - rate) * fmin(passed, 1);
    case GAN_SCHEDULE_COSINE: return final_rate + (rate - final_rate) * (1 + cos(pi * fmin(passed, 1))) / 2;
    case GAN_SCHEDULE_STEP: return rate * pow(options->schedule_factor, floor(passed));
    case GAN_SCHEDULE_EXPONENTIAL: return rate * pow(options->schedule_factor, passed);
    case GAN_SCHEDULE_CONSTANT: break;
    }
    return rate;
}
