#include "spread.h"

#include <math.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

spread spread_of(const double *values, const double *divisors, int count)
{
    static double sorted[MOST_RUNS];
    for (int i = 0; i < count; i++) sorted[i] = divisors ? values[i] / divisors[i] : values[i];
    qsort(sorted, (size_t)count, sizeof(*sorted), compare);
    double middle = count % 2 ? sorted[count / 2] : 0.5 * (sorted[count / 2 - 1] + sorted[count / 2]);
    return (spread){middle, sorted[0], sorted[count - 1]};
}

int repetitions_for(double seconds, double wanted)
{
    double repetitions = ceil(wanted / (seconds > 1e-7 ? seconds : 1e-7));
    return repetitions < 1 ? 1 : repetitions > 100000 ? 100000 : (int)repetitions;
}

int warm_repetitions_for(double seconds)
{
    return seconds < 1 ? repetitions_for(seconds, WARM_SECONDS) : 0;
}
