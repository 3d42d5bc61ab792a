/* What a host pays that trains between frames: gan-frames prints, for a case's training step, by how much calls of
 * gan_trainer_step_some() exceed the time that they are given, what a step in slices takes beside a whole one, and
 * the CPU time of one whole step in each frame. */
#include "cases.h"
#include "options.h"
#include "step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_CALLS = 1 << 20, NANOSECONDS = 1000000000 };

typedef struct settings {
    int64_t threads, steps, microseconds, frame;
    bool no_spin;
} settings;

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Steps at once; the median in seconds. */
static gan_status measure_whole(void *state, const settings *s, double *median)
{
    static double times[MOST_CALLS];
    for (int64_t i = 0; i < s->steps; i++) {
        const double start = seconds_of(CLOCK_MONOTONIC);
        const gan_status status = step_run(state);
        if (status != GAN_OK) return status;
        times[i] = seconds_of(CLOCK_MONOTONIC) - start;
    }
    qsort(times, (size_t)s->steps, sizeof(*times), compare);
    *median = times[s->steps / 2];
    return GAN_OK;
}

/* Steps in slices: beyond the time given, of each call but a step's last. */
static gan_status measure_slices(void *state, const settings *s, double whole)
{
    static double over[MOST_CALLS], sums[MOST_CALLS];
    int64_t calls = 0, counted = 0;
    for (int64_t step = 0; step < s->steps; step++) {
        double sum = 0;
        for (bool done = false; !done && counted < MOST_CALLS; calls++) {
            const double start = seconds_of(CLOCK_MONOTONIC);
            const gan_status status = step_run_some(state, s->microseconds, &done);
            if (status != GAN_OK) return status;
            const double took = seconds_of(CLOCK_MONOTONIC) - start;
            sum += took;
            if (!done) over[counted++] = took - 1e-6 * (double)s->microseconds;
        }
        sums[step] = sum;
    }
    qsort(over, (size_t)counted, sizeof(*over), compare);
    qsort(sums, (size_t)s->steps, sizeof(*sums), compare);
    printf("a step in slices of %lld us: %.1f calls, %.3f ms, a whole one %.3f ms", (long long)s->microseconds,
           (double)calls / (double)s->steps, 1e3 * sums[s->steps / 2], 1e3 * whole);
    if (counted > 0) {
        printf("; beyond the time given: median %.0f us, 99 of 100 below %.0f, most %.0f", 1e6 * over[counted / 2],
               1e6 * over[counted * 99 / 100], 1e6 * over[counted - 1]);
    }
    printf("\n");
    return GAN_OK;
}

/* A whole step at the beginning of each frame. */
static gan_status measure_frames(void *state, const settings *s)
{
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    const double start = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    for (int64_t i = 0; i < s->steps; i++) {
        const gan_status status = step_run(state);
        if (status != GAN_OK) return status;
        next.tv_nsec += (long)(1000 * s->frame);
        next.tv_sec += next.tv_nsec / NANOSECONDS;
        next.tv_nsec %= NANOSECONDS;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
    printf("a whole step in each frame of %.1f ms: %.3f ms of CPU time a frame\n", 1e-3 * (double)s->frame,
           1e3 * (seconds_of(CLOCK_PROCESS_CPUTIME_ID) - start) / (double)s->steps);
    return GAN_OK;
}

static gan_status measure(const bench_case *self, gan_context *context, const settings *s, void **state)
{
    double whole = 0;
    gan_status status = self->prepare(self, context, "", state);
    for (int i = 0; status == GAN_OK && i < 3; i++) status = step_run(*state); /* warms up */
    if (status == GAN_OK) status = measure_whole(*state, s, &whole);
    if (status == GAN_OK) status = measure_slices(*state, s, whole);
    return status == GAN_OK ? measure_frames(*state, s) : status;
}

int main(int argc, char **argv)
{
    settings s = {.threads = 2, .steps = 200, .microseconds = 2000, .frame = 16000};
    const option options[] = {
        {"--threads", OPTION_INTEGER, &s.threads, 1, 64, "N", "threads (default 2)"},
        {"--steps", OPTION_INTEGER, &s.steps, 1, 10000, "N", "steps to take in each way (default 200)"},
        {"--microseconds", OPTION_INTEGER, &s.microseconds, 0, 1000000, "N", "of a slice (default 2000)"},
        {"--frame", OPTION_INTEGER, &s.frame, 1000, 1000000, "N", "microseconds of a frame (default 16000)"},
        {"--no-spin", OPTION_FLAG, &s.no_spin, 0, 0, NULL, "threads without work sleep at once"},
    };
    const bench_case *self = NULL;
    for (int i = 0; argc > 1 && i < bench_case_count; i++) {
        if (bench_cases[i].run == step_run && strcmp(bench_cases[i].name, argv[1]) == 0) self = &bench_cases[i];
    }
    read_options(argc, argv, self ? 2 : 1,
                 "gan-frames CASE: training between frames; a case is one of gan-bench's steps.", options,
                 (int)(sizeof(options) / sizeof(options[0])));
    if (!self) {
        fprintf(stderr, "gan-frames: expected a training step of gan-bench --list, such as mixture-step-100\n");
        return 2;
    }
    gan_context *context = NULL;
    void *state = NULL;
    gan_status status = gan_context_create(GAN_CONTEXT(.threads = s.threads, .no_spin = s.no_spin), &context);
    if (status == GAN_OK) status = measure(self, context, &s, &state);
    if (status != GAN_OK) fprintf(stderr, "gan-frames: %s\n", gan_last_error());
    step_destroy(state);
    gan_context_destroy(context);
    return status == GAN_OK ? 0 : 1;
}
