/* The work that gan-bench measures. */
#ifndef BENCH_CASES_H
#define BENCH_CASES_H

#include <libgan.h>

#include <stdbool.h>

/* What bounds a case's time from below. */
typedef enum bench_floor {
    FLOOR_MULTIPLY, /* `work` multiply-adds at the rate of the BLAS's large square product */
    FLOOR_READ,     /* `work` bytes at the rate at which the machine rereads an array of that size */
    FLOOR_NONE
} bench_floor;

typedef struct bench_case {
    const char *name, *what;
    int64_t batch; /* samples that one run handles, for throughput */
    bench_floor floor;
    double work;
    /* Builds what the case needs; on failure gan_last_error() says why. The state is passed to run. `file` is the
     * saved model of a case that loads one; if missing, it is written. */
    gan_status (*prepare)(const struct bench_case *self, gan_context *context, const char *file, void **state);
    gan_status (*run)(void *state);
    bool is_start; /* measured from the start of a process to its first run */
} bench_case;

extern const bench_case bench_cases[];
extern const int bench_case_count;

#endif
