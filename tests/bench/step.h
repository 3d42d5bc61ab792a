/* One training step, again and again. */
#ifndef BENCH_STEP_H
#define BENCH_STEP_H

#include <libgan.h>

#include <stdbool.h>

/* Multiply-adds of one sample's step, if one pass through each player takes g and d: three passes of D (forward,
 * weights, data) on real and on generated samples, two through D for G (forward, data), three of G. */
#define STEP_WORK(g, d) (8.0 * (d) + 3.0 * (g))

/* A trainer of both models, which it keeps alive, with R1 of gamma `r1` in every step, and a batch of noise as data.
 * The state is for step_destroy(), even after a failure. */
gan_status step_create(gan_context *context, int64_t batch, float r1, gan_model *g, gan_model *d, void **state);
gan_status step_run(void *state);
/* For so long; *done tells whether the step is. */
gan_status step_run_some(void *state, int64_t microseconds, bool *done);
void step_destroy(void *state); /* accepts NULL */

#endif
