/* Medians, least and most of measurements. */
#ifndef BENCH_SPREAD_H
#define BENCH_SPREAD_H

enum { MOST_RUNS = 1000 };

typedef struct spread {
    double median, least, most;
} spread;

/* Of values[i], or of values[i] / divisors[i], each pair from one turn. `count`: 1 to MOST_RUNS. */
spread spread_of(const double *values, const double *divisors, int count);

/* Runs that take about `wanted` seconds in all, at least one, when one takes `seconds`. */
int repetitions_for(double seconds, double wanted);

/* A system spreads threads that have slept over the CPUs only when they have worked for a while: a turn begins with
 * runs for so many seconds that do not count, and then measures runs for so many. A run of a second needs no such
 * beginning. */
#define WARM_SECONDS     0.1
#define MEASURED_SECONDS 0.2
int warm_repetitions_for(double seconds);

#endif
