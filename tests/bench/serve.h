/* libgan's side of the contest. */
#ifndef BENCH_SERVE_H
#define BENCH_SERVE_H

#include "cases.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct serve_options {
    int64_t threads;
    const char *cpu;  /* best, avx512, avx2 or baseline */
    bool blas;        /* let the BLAS multiply */
    bool bfloat16;    /* multiply in bfloat16 */
    bool storage;     /* keep activations in bfloat16 */
    const char *file; /* the saved model of the case start-up */
} serve_options;

/* Sets up the case and runs it as often as standard input asks. Returns the exit code. */
int serve(const bench_case *self, const serve_options *options);

#endif
