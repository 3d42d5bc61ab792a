/* Measures what libgan is used for: training steps, sampling, start-up. Each case runs in a process of its own, so that
 * its memory is its own, and takes turns with the measurement of its floor, so that both see the same machine. */
#include "cases.h"
#include "floor.h"
#include "options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_RUNS 1000

typedef struct settings {
    int64_t threads, runs;
    const char *cpu;
    bool csv, blas, list;
} settings;

/* What the case's process answers to a request for one measurement. */
typedef struct answer {
    gan_status status;
    double seconds; /* of one run */
    double peak_mib;
} answer;

typedef struct worker {
    pid_t process;
    int requests, answers;
} worker;

typedef struct result {
    double median, least, most; /* seconds */
    double ratio;               /* to the floor; NaN without one */
    double peak_mib;
} result;

/* ---- The case's process ------------------------------------------------------------------------------------------------ */

static gan_cpu cpu_level(const char *name)
{
    return strcmp(name, "avx512") == 0 ? GAN_CPU_AVX512
           : strcmp(name, "avx2") == 0 ? GAN_CPU_AVX2
           : strcmp(name, "baseline") == 0 ? GAN_CPU_BASELINE
                                           : GAN_CPU_BEST;
}

static answer fail(gan_status status)
{
    fprintf(stderr, "gan-bench: %s: %s\n", gan_status_name(status), gan_last_error());
    return (answer){.status = status};
}

/* Short runs are repeated for about 5 ms, so that the clock does not matter. */
static int repeats_for(double seconds)
{
    double repeats = 0.005 / (seconds > 1e-7 ? seconds : 1e-7);
    return repeats < 1 ? 1 : repeats > 5000 ? 5000 : (int)repeats;
}

static void serve(const bench_case *self, const settings *s, int requests, int answers)
{
    gan_context *context = NULL;
    void *state = NULL;
    char request;
    int repeats = 1;
    gan_status status = gan_context_create(GAN_CONTEXT(.threads = (int)s->threads, .cpu = cpu_level(s->cpu),
                                                       .multiply = s->blas ? GAN_MULTIPLY_BLAS : GAN_MULTIPLY_AUTO),
                                           &context);
    if (status == GAN_OK) status = self->prepare(self, context, &state);
    for (int i = 0; status == GAN_OK && i < 3; i++) { /* warm up */
        double start = bench_now();
        status = self->run(state);
        repeats = repeats_for(bench_now() - start);
    }
    answer reply = status == GAN_OK ? (answer){.status = GAN_OK} : fail(status);
    while (read(requests, &request, 1) == 1) {
        /* One run unmeasured: the caches hold the floor's matrices. */
        if (reply.status == GAN_OK && (status = self->run(state)) != GAN_OK) reply = fail(status);
        double start = bench_now();
        for (int i = 0; reply.status == GAN_OK && i < repeats; i++)
            if ((status = self->run(state)) != GAN_OK) reply = fail(status);
        reply.seconds = (bench_now() - start) / repeats;
        struct rusage usage;
        getrusage(RUSAGE_SELF, &usage);
        reply.peak_mib = (double)usage.ru_maxrss / 1024;
        if (write(answers, &reply, sizeof reply) != (ssize_t)sizeof reply) break;
    }
    _exit(0);
}

static bool start_worker(const bench_case *self, const settings *s, worker *w)
{
    int to[2], from[2];
    if (pipe(to) != 0 || pipe(from) != 0) return false;
    w->process = fork();
    if (w->process == 0) {
        close(to[1]);
        close(from[0]);
        serve(self, s, to[0], from[1]);
    }
    close(to[0]);
    close(from[1]);
    w->requests = to[1];
    w->answers = from[0];
    return w->process > 0;
}

static void stop_worker(worker *w)
{
    close(w->requests);
    close(w->answers);
    if (w->process > 0) waitpid(w->process, NULL, 0);
}

/* ---- Measuring ---------------------------------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return count % 2 ? values[count / 2] : 0.5 * (values[count / 2 - 1] + values[count / 2]);
}

/* Seconds of the case's floor now; 0 when it has none. */
static double floor_seconds(const bench_case *self, int threads)
{
    double rate = self->floor == FLOOR_MULTIPLY ? floor_multiply_rate()
                  : self->floor == FLOOR_READ   ? floor_read_rate(self->work, threads)
                                                : 0;
    /* The BLAS's threads may spin for a while after a product. */
    const struct timespec rest = {.tv_nsec = 60 * 1000 * 1000};
    if (self->floor == FLOOR_MULTIPLY) nanosleep(&rest, NULL);
    return rate > 0 ? self->work / rate : 0;
}

static bool measure(const bench_case *self, const settings *s, result *out)
{
    static double seconds[MOST_RUNS], floors[MOST_RUNS];
    worker w;
    if (!start_worker(self, s, &w)) return false;
    bool good = true;
    for (int i = 0; good && i < s->runs; i++) {
        answer reply;
        good = write(w.requests, "r", 1) == 1 && read(w.answers, &reply, sizeof reply) == (ssize_t)sizeof reply &&
               reply.status == GAN_OK;
        if (!good) break;
        seconds[i] = reply.seconds;
        out->peak_mib = reply.peak_mib;
        floors[i] = floor_seconds(self, (int)s->threads);
    }
    stop_worker(&w);
    if (!good) return false;
    int count = (int)s->runs;
    double floor = median(floors, count);
    out->median = median(seconds, count); /* sorts them */
    out->least = seconds[0];
    out->most = seconds[count - 1];
    out->ratio = floor > 0 ? out->median / floor : NAN;
    return true;
}

static void print_result(const bench_case *self, const settings *s, const result *r)
{
    if (s->csv)
        printf("%s,%d,%.4f,%.4f,%.3f,%.1f\n", self->name, (int)s->threads, 1e3 * r->median, 1e3 * r->least, r->ratio,
               r->peak_mib);
    else
        printf("%-16s %10.3f %10.3f %10.3f %12.0f %8.2f %10.1f\n", self->name, 1e3 * r->median, 1e3 * r->least,
               1e3 * r->most, (double)self->batch / r->median, r->ratio, r->peak_mib);
    fflush(stdout);
}

static bool is_asked_for(const bench_case *self, char **names, int count)
{
    bool asked = count == 0;
    for (int i = 0; i < count; i++) asked = asked || strcmp(names[i], self->name) == 0;
    return asked;
}

/* Case names may stand before, between and after the options: moves them to the front, from argv[1] on. */
static int gather_names(int argc, char **argv)
{
    int names = 0;
    for (int i = 1; i < argc; i++) {
        bool is_case = false;
        for (int j = 0; j < bench_case_count; j++) is_case = is_case || strcmp(argv[i], bench_cases[j].name) == 0;
        if (!is_case) continue;
        char *name = argv[i];
        memmove(argv + names + 2, argv + names + 1, (size_t)(i - names - 1) * sizeof *argv);
        argv[++names] = name;
    }
    return names;
}

int main(int argc, char **argv)
{
    settings s = {.threads = 2, .runs = 10, .cpu = "best"};
    const option options[] = {
        {"--threads", OPTION_INTEGER, &s.threads, 1, 64, "N", "threads of libgan and of the BLAS (default 2)"},
        {"--runs", OPTION_INTEGER, &s.runs, 1, MOST_RUNS, "N", "measurements of each case (default 10)"},
        {"--cpu", OPTION_TEXT, &s.cpu, 0, 0, "LEVEL", "best (default), avx512, avx2 or baseline"},
        {"--blas", OPTION_FLAG, &s.blas, 0, 0, NULL, "let the BLAS multiply"},
        {"--csv", OPTION_FLAG, &s.csv, 0, 0, NULL, "print comma-separated values"},
        {"--list", OPTION_FLAG, &s.list, 0, 0, NULL, "name the cases"},
    };
    int names = gather_names(argc, argv);
    read_options(argc, argv, 1 + names, "gan-bench [CASE...]: measures the cases, all by default.", options,
                 (int)(sizeof options / sizeof options[0]));
    if (s.list) {
        for (int i = 0; i < bench_case_count; i++) printf("%-16s %s\n", bench_cases[i].name, bench_cases[i].what);
        return 0;
    }
    if (!floor_set_threads((int)s.threads))
        fprintf(stderr, "gan-bench: this BLAS cannot be told its threads; the floor is at its own setting\n");
    printf(s.csv ? "case,threads,median_ms,min_ms,floor_ratio,peak_mib\n"
                 : "case              median ms     min ms     max ms    samples/s  /floor   peak MiB\n");
    bool good = true;
    for (int i = 0; i < bench_case_count; i++) {
        result r = {0};
        if (!is_asked_for(&bench_cases[i], argv + 1, names)) continue;
        bool measured = measure(&bench_cases[i], &s, &r);
        if (measured)
            print_result(&bench_cases[i], &s, &r);
        else
            fprintf(stderr, "gan-bench: %s failed\n", bench_cases[i].name);
        good = good && measured;
    }
    return good ? 0 : 1;
}
