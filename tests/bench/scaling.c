/* How the time and memory of a training step grow with the batch, the width, the depth and the threads. All sizes
 * take turns, with the floor among them, so that all see the same machine. */
#include "floor.h"
#include "options.h"
#include "spread.h"
#include "step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SIZES = 16, NOISE = 100, PIXELS = 784, UNITS = 400 };

typedef struct settings {
    int64_t threads, runs;
    bool csv;
} settings;

/* One size of a sweep. */
typedef struct size {
    int64_t value, batch, width, depth, threads;
    gan_context *context;
    void *state;
    double work, mib, seconds[MOST_RUNS], floors[MOST_RUNS];
} size;

typedef struct sweep {
    const char *name, *what;
    int64_t first, last;
    bool doubles; /* or goes up by one */
    gan_status (*build)(const size *self, gan_model **g, gan_model **d);
    double (*work)(const size *self); /* multiply-adds of one sample's step */
} sweep;

/* ---- Models ---------------------------------------------------------------------------------------------------- */

static void add_dense(gan_context *context, gan_model *model, int64_t units)
{
    gan_model_add(model, gan_layer_dense(context, units, NULL));
    gan_model_add(model, gan_layer_leaky_relu(context, NULL));
}

/* The seed model with a multiple of its units and filters. */
static gan_status build_wide(const size *self, gan_model **g, gan_model **d)
{
    gan_context *context = self->context;
    gan_status status = gan_model_create(context, g);
    if (status != GAN_OK) return status;
    gan_model_add(*g, gan_layer_input(context, GAN_SHAPE(NOISE)));
    for (int64_t units = 256; units <= 1024; units *= 2) add_dense(context, *g, units * self->width);
    gan_model_add(*g, gan_layer_dense(context, PIXELS, NULL));
    gan_model_add(*g, gan_layer_tanh(context));
    gan_model_add(*g, gan_layer_reshape(context, GAN_SHAPE(1, 28, 28)));
    status = gan_model_build(*g, 1);
    if (status == GAN_OK) status = gan_model_create(context, d);
    if (status != GAN_OK) return status;
    gan_model_add(*d, gan_layer_input(context, GAN_SHAPE(1, 28, 28)));
    for (int64_t filters = 64; filters <= 128; filters *= 2) {
        gan_model_add(*d,
                      gan_layer_conv2d(context, filters * self->width,
                                       GAN_CONV2D(.kernel = {5, 5}, .stride = {2, 2}, .padding = GAN_PADDING_SAME)));
        gan_model_add(*d, gan_layer_leaky_relu(context, NULL));
    }
    gan_model_add(*d, gan_layer_flatten(context));
    gan_model_add(*d, gan_layer_dense(context, 1, NULL));
    return gan_model_build(*d, 1);
}

static double wide_work(const size *self)
{
    const double w = (double)self->width;
    return STEP_WORK(w * 100 * 256 + w * w * (256.0 * 512 + 512.0 * 1024) + w * 1024 * PIXELS,
                     w * 196 * 64 * 25 + w * w * 49 * 128 * 25 * 64 + w * 6272);
}

static gan_status build_stack(gan_context *context, int64_t depth, int64_t outputs, gan_model **out)
{
    gan_status status = gan_model_create(context, out);
    if (status != GAN_OK) return status;
    gan_model_add(*out, gan_layer_input(context, GAN_SHAPE(UNITS)));
    for (int64_t i = 0; i < depth; i++) add_dense(context, *out, UNITS);
    gan_model_add(*out, gan_layer_dense(context, outputs, NULL));
    return gan_model_build(*out, 1);
}

/* Dense layers of 400 units, a given number of them hidden in each player. */
static gan_status build_deep(const size *self, gan_model **g, gan_model **d)
{
    gan_status status = build_stack(self->context, self->depth, UNITS, g);
    return status == GAN_OK ? build_stack(self->context, self->depth, 1, d) : status;
}

static double deep_work(const size *self)
{
    const double hidden = (double)self->depth * UNITS * UNITS;
    return STEP_WORK(hidden + (double)UNITS * UNITS, hidden + UNITS);
}

/* ---- Sweeps ---------------------------------------------------------------------------------------------------- */

static const sweep sweeps[] = {
    {"batch", "samples in a step of the seed model", 1, 512, true, build_wide, wide_work},
    {"width", "times the seed model's units and filters, batch 32", 1, 4, false, build_wide, wide_work},
    {"depth", "hidden dense layers of 400 units in each player, batch 128", 1, 16, true, build_deep, deep_work},
    {"threads", "threads on the seed model's step, batch 32", 1, 0, false, build_wide, wide_work},
};

static gan_status prepare(const sweep *self, size *s)
{
    gan_model *g = NULL, *d = NULL;
    gan_context_info info = GAN_CONTEXT_INFO_INIT;
    gan_status status = gan_context_create(GAN_CONTEXT(.threads = (int)s->threads), &s->context);
    if (status == GAN_OK) status = self->build(s, &g, &d);
    if (status == GAN_OK) status = step_create(s->context, s->batch, 0, g, d, &s->state);
    if (status == GAN_OK) status = gan_context_get_info(s->context, &info);
    s->work = (double)s->batch * self->work(s);
    s->mib = (double)info.bytes / (1 << 20);
    gan_model_destroy(g);
    gan_model_destroy(d);
    return status;
}

static gan_status take_turn(size *s, int turn)
{
    double start = bench_now();
    gan_status status = step_run(s->state); /* warms the caches, and tells how long a step takes */
    const double seconds = bench_now() - start;
    const int warm = warm_repetitions_for(seconds), repetitions = repetitions_for(seconds, MEASURED_SECONDS);
    for (int i = 0; status == GAN_OK && i < warm; i++) status = step_run(s->state);
    start = bench_now();
    for (int i = 0; status == GAN_OK && i < repetitions; i++) status = step_run(s->state);
    s->seconds[turn] = (bench_now() - start) / repetitions;
    floor_set_threads((int)s->threads);
    s->floors[turn] = s->work / floor_multiply_rate();
    return status;
}

static void print_results(const sweep *self, const settings *asked, const size *sizes, int count)
{
    for (int i = 0; i < count; i++) {
        const size *s = &sizes[i];
        const spread time = spread_of(s->seconds, NULL, (int)asked->runs);
        const spread ratio = spread_of(s->seconds, s->floors, (int)asked->runs);
        printf(asked->csv ? "%s,%lld,%lld,%.4f,%.4f,%.4f,%.3f,%.3f,%.3f,%.1f\n"
                          : "%-8s %6lld %8lld %10.3f %10.3f %13.4f %8.2f (%.2f-%.2f) %10.1f\n",
               self->name, (long long)s->value, (long long)s->threads, 1e3 * time.median, 1e3 * time.least,
               1e3 * time.median / (double)s->batch, ratio.median, ratio.least, ratio.most, s->mib);
    }
    fflush(stdout);
}

static int set_sizes(const sweep *self, const settings *asked, size *sizes)
{
    const bool threads = strcmp(self->name, "threads") == 0, depth = strcmp(self->name, "depth") == 0;
    const int64_t last = threads ? asked->threads : self->last;
    int count = 0;
    for (int64_t v = self->first; v <= last && count < MOST_SIZES; v = self->doubles ? 2 * v : v + 1) {
        sizes[count++] = (size){.value = v,
                                .batch = strcmp(self->name, "batch") == 0 ? v
                                         : depth                          ? 128
                                                                          : 32,
                                .width = strcmp(self->name, "width") == 0 ? v : 1,
                                .depth = v,
                                .threads = threads ? v : asked->threads};
    }
    return count;
}

static bool run_sweep(const sweep *self, const settings *asked)
{
    static size sizes[MOST_SIZES];
    const int count = set_sizes(self, asked, sizes);
    gan_status status = GAN_OK;
    for (int i = 0; status == GAN_OK && i < count; i++) status = prepare(self, &sizes[i]);
    for (int turn = 0; turn < asked->runs; turn++)
        for (int i = 0; status == GAN_OK && i < count; i++) status = take_turn(&sizes[i], turn);
    if (status == GAN_OK) {
        print_results(self, asked, sizes, count);
    } else {
        fprintf(stderr, "gan-scaling: %s: %s\n", self->name, gan_last_error());
    }
    for (int i = 0; i < count; i++) {
        step_destroy(sizes[i].state);
        gan_context_destroy(sizes[i].context);
    }
    return status == GAN_OK;
}

int main(int argc, char **argv)
{
    settings s = {.threads = 2, .runs = 10};
    const option options[] = {
        {"--threads", OPTION_INTEGER, &s.threads, 1, MOST_SIZES, "N", "of libgan and of the BLAS (default 2)"},
        {"--runs", OPTION_INTEGER, &s.runs, 1, MOST_RUNS, "N", "turns of each size (default 10)"},
        {"--csv", OPTION_FLAG, &s.csv, 0, 0, NULL, "print comma-separated values"},
    };
    bool good = true;
    floor_choose_kernels(argv);
    read_options(argc, argv, 1, "gan-scaling: how a training step grows with batch, width, depth and threads.",
                 options, (int)(sizeof(options) / sizeof(options[0])));
    printf(s.csv
               ? "sweep,size,threads,median_ms,min_ms,ms_per_sample,floor_ratio,floor_ratio_min,floor_ratio_max,mib\n"
               : "sweep      size  threads  median ms     min ms ms per sample   /floor (min-max)        MiB\n");
    for (size_t i = 0; i < sizeof(sweeps) / sizeof(sweeps[0]); i++) good = run_sweep(&sweeps[i], &s) && good;
    return good ? 0 : 1;
}
