/* What a report shows of losses.csv: curves of few points, and diagnoses. */
#ifndef EXAMPLES_REPORT_CURVES_H
#define EXAMPLES_REPORT_CURVES_H

#include <stdint.h>
#include <stdio.h>

#define REPORT_DIAGNOSES 31

typedef struct report_column {
    char *name;
    double *sums; /* of each of the curve's points, over `numbers` values */
    int64_t *numbers;
    double last; /* NaN: none */
} report_column;

typedef struct report_diagnosis {
    double first, last; /* steps */
    int64_t times;
} report_diagnosis;

typedef struct report_curves {
    report_column *columns;
    int64_t count; /* of columns; 0: there are no curves */
    int64_t points;
    report_diagnosis diagnoses[REPORT_DIAGNOSES];
} report_curves;

/* Without such a file there are no curves. */
void report_read_curves(const char *path, report_curves *out);
void report_free_curves(report_curves *curves);
/* The last value of a column; NaN if there is none. */
double report_last(const report_curves *curves, const char *name);
/* As JSON. */
void report_write_curves(FILE *file, const report_curves *curves);

#endif
