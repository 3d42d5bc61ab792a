/* Median, least and most of measurements. */
#ifndef BENCH_SPREAD_H
#define BENCH_SPREAD_H

enum { MOST_RUNS = 1000 };

typedef struct spread {
    double median, least, most;
} spread;

/* Of values[i] or values[i] / divisors[i], each pair from one turn. `count`: 1 to MOST_RUNS. */
spread spread_of(const double *values, const double *divisors, int count);

/* The number of runs, at least one, that take about `wanted` seconds if one takes `seconds`. */
int repetitions_for(double seconds, double wanted);

/* Systems spread threads that have slept over the CPUs only once they have worked for a while: a turn begins with
 * WARM_SECONDS of runs that do not count, then measures MEASURED_SECONDS. A run of a second needs no warming. */
#define WARM_SECONDS     0.1
#define MEASURED_SECONDS 0.2
int warm_repetitions_for(double seconds);

#endif
