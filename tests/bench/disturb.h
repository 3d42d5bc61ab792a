/* Busy processes beside the contest, as a neighbour has that takes a core away. */
#ifndef BENCH_DISTURB_H
#define BENCH_DISTURB_H

#include <stdbool.h>

/* Starts as many processes that never rest, one on each of the last CPUs that this one may use, until this one ends.
 * False if the system cannot. */
bool disturb(int count);

#endif
