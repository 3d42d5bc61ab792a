/* The picture of what bounds each kernel (Williams, Waterman and Patterson, Roofline, 2009). */
#ifndef BENCH_ROOFLINE_H
#define BENCH_ROOFLINE_H

#include "core/core.h"

typedef struct roofline_point {
    const char *name;
    double intensity; /* operations for each byte that must be read or written */
    double rate;      /* operations per second */
} roofline_point;

/* Writes a PNG: the roof, min(peak, intensity * bandwidth), and points below it. `peak` is in operations, `bandwidth`
 * in bytes per second. */
gan_status roofline_write(gan_context *context, const char *path, double peak, double bandwidth,
                          const roofline_point *points, int count);

#endif
