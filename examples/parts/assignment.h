#ifndef EXAMPLES_ASSIGNMENT_H
#define EXAMPLES_ASSIGNMENT_H

#include <stdint.h>

/* Assigns to each row of a matrix of rows * columns values, at most as many rows as columns, a column of its own, so
 * that the sum of their values is as large as possible, and returns it (the Hungarian method: Kuhn, 1955). */
double best_assignment(const double *values, int64_t rows, int64_t columns, int64_t *column_of_row);

#endif
