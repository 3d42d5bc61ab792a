/* Medians, least and most of measurements. */
#ifndef BENCH_SPREAD_H
#define BENCH_SPREAD_H

enum { MOST_RUNS = 1000 };

typedef struct spread {
    double median, least, most;
} spread;

/* Of values[i], or of values[i] / divisors[i], each pair from one turn. `count`: 1 to MOST_RUNS. */
spread spread_of(const double *values, const double *divisors, int count);

/* Runs shorter than 5 ms are repeated for about so long, so that the clock does not matter. */
int repetitions_for(double seconds);

#endif
