/* Mean and deviation in one pass (Welford): each value moves the mean by a part of its distance from it. */
#include "metrics/metrics.h"

#include <math.h>

void gan_spread_add(gan_spread *spread, double value)
{
    const double distance = value - spread->mean;
    spread->count++;
    spread->mean += distance / (double)spread->count;
    spread->squares += distance * (value - spread->mean);
}

double gan_spread_deviation(const gan_spread *spread)
{
    return sqrt(spread->squares / (double)spread->count);
}
