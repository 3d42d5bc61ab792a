/* The rates that bound a case's time from below, measured on this machine at this moment. */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stdbool.h>

double bench_now(void); /* seconds, monotonic */

/* The floor is only one if the BLAS uses the CPU: an OpenBLAS older than the CPU takes it for one without AVX, and
 * multiplies at a fifth of what it could. Then starts this program anew with the kernels that fit, and says so. Does
 * nothing if the environment has chosen (OPENBLAS_CORETYPE). */
void floor_choose_kernels(char **argv);
/* Sets the BLAS's threads for this process; false if the BLAS has no call for that. */
bool floor_set_threads(int threads);
/* Multiply-adds per second of products of two 2048 x 2048 matrices; 0 without memory. */
double floor_multiply_rate(void);
/* Bytes per second when `threads` threads reread an array of `bytes`; 0 on failure. */
double floor_read_rate(double bytes, int threads);

#endif
