/* Times matrix products and convolutions on every CPU level and by the BLAS, which take turns, next to the rate of
 * the BLAS on a 2048-cube. Rates count a multiply-add as two operations, and taps on padding too. */
#include "errors.h"
#include "floor.h"
#include "kernels/kernels.h"
#include "options.h"
#include "roofline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAYS = 7, MOST_RUNS = 1000 };

static const struct {
    const char *name;
    gan_cpu cpu;
    gan_multiply multiply;
    gan_precision precision;
    bool no_winograd;
} ways[WAYS] = {
    {"avx512", GAN_CPU_AVX512, GAN_MULTIPLY_NATIVE, GAN_PRECISION_FLOAT32, false},
    {"avx512-direct", GAN_CPU_AVX512, GAN_MULTIPLY_NATIVE, GAN_PRECISION_FLOAT32, true},
    {"avx2", GAN_CPU_AVX2, GAN_MULTIPLY_NATIVE, GAN_PRECISION_FLOAT32, false},
    {"avx2-direct", GAN_CPU_AVX2, GAN_MULTIPLY_NATIVE, GAN_PRECISION_FLOAT32, true},
    {"baseline", GAN_CPU_BASELINE, GAN_MULTIPLY_NATIVE, GAN_PRECISION_FLOAT32, false},
    {"blas", GAN_CPU_BEST, GAN_MULTIPLY_BLAS, GAN_PRECISION_FLOAT32, false},
    {"bfloat16", GAN_CPU_BEST, GAN_MULTIPLY_NATIVE, GAN_PRECISION_BFLOAT16, false},
};

typedef enum kind { GEMM, FORWARD, BACKWARD_DATA, BACKWARD_WEIGHTS } kind;

typedef struct bench_case {
    const char *name;
    kind kind;
    int64_t batch;
    gan_conv conv;
    gan_gemm gemm; /* m, n, k and what is transposed */
} bench_case;

/* The three products of a dense layer: y = x w^T, dx = dy w, dw += dy^T x. */
#define DENSE(name, batch, in, out)                                                                              \
    {name "-forward", GEMM, .gemm = {.m = batch, .n = out, .k = in, .transpose_b = true}},                       \
        {name "-data", GEMM, .gemm = {.m = batch, .n = in, .k = out}},                                           \
    {                                                                                                            \
        name "-weights", GEMM, .gemm = {.m = out, .n = in, .k = batch, .transpose_a = true, .accumulate = true } \
    }
#define CONV(name, batch, ...)                                                                                       \
    {name "-forward", FORWARD, batch, {__VA_ARGS__}, {0}}, {name "-data", BACKWARD_DATA, batch, {__VA_ARGS__}, {0}}, \
    {                                                                                                                \
        name "-weights", BACKWARD_WEIGHTS, batch, {__VA_ARGS__},                                                     \
        {                                                                                                            \
            0                                                                                                        \
        }                                                                                                            \
    }

static const bench_case cases[] = {
    {"square-2048", GEMM, .gemm = {.m = 2048, .n = 2048, .k = 2048}},
    {"square-256", GEMM, .gemm = {.m = 256, .n = 256, .k = 256}},
    CONV("seed-conv1-32", 32, 1, 28, 28, 64, 14, 14, 5, 5, 2, 2, 1, 1, 1, 1, 1),
    CONV("seed-conv2-32", 32, 64, 14, 14, 128, 7, 7, 5, 5, 2, 2, 1, 1, 1, 1, 1),
    CONV("seed-conv2-128", 128, 64, 14, 14, 128, 7, 7, 5, 5, 2, 2, 1, 1, 1, 1, 1),
    CONV("dcgan-conv1-32", 32, 1, 28, 28, 64, 14, 14, 4, 4, 2, 2, 1, 1, 1, 1, 1),
    CONV("dcgan-conv2-32", 32, 64, 14, 14, 128, 7, 7, 4, 4, 2, 2, 1, 1, 1, 1, 1),
    CONV("dcgan-transposed1-32", 32, 128, 14, 14, 256, 7, 7, 4, 4, 2, 2, 1, 1, 1, 1, 1),
    CONV("dcgan-transposed2-32", 32, 64, 28, 28, 128, 14, 14, 4, 4, 2, 2, 1, 1, 1, 1, 1),
    CONV("dcgan-transposed2-128", 128, 64, 28, 28, 128, 14, 14, 4, 4, 2, 2, 1, 1, 1, 1, 1),
    CONV("dcgan64-128-16", 16, 64, 32, 32, 128, 16, 16, 4, 4, 2, 2, 1, 1, 1, 1, 1),
    CONV("dcgan64-256-16", 16, 128, 16, 16, 256, 8, 8, 4, 4, 2, 2, 1, 1, 1, 1, 1),
    CONV("dcgan64-512-16", 16, 256, 8, 8, 512, 4, 4, 4, 4, 2, 2, 1, 1, 1, 1, 1),
    CONV("pix2pix-256-4", 4, 128, 16, 16, 256, 15, 15, 4, 4, 1, 1, 1, 1, 1, 1, 1),
    CONV("unet-512-4", 4, 256, 8, 8, 512, 4, 4, 4, 4, 2, 2, 1, 1, 1, 1, 1),
    CONV("unet-1024-4", 4, 512, 4, 4, 1024, 2, 2, 4, 4, 2, 2, 1, 1, 1, 1, 1),
    CONV("unet-innermost-4", 4, 512, 2, 2, 512, 1, 1, 4, 4, 2, 2, 1, 1, 1, 1, 1),
    CONV("dcgan-last-32", 32, 64, 28, 28, 1, 28, 28, 3, 3, 1, 1, 1, 1, 1, 1, 1),
    CONV("groups-1-32", 32, 64, 28, 28, 64, 28, 28, 3, 3, 1, 1, 1, 1, 1, 1, 1),
    CONV("groups-2-32", 32, 64, 28, 28, 64, 28, 28, 3, 3, 1, 1, 1, 1, 1, 1, 2),
    CONV("dilated-32", 32, 64, 28, 28, 64, 28, 28, 3, 3, 1, 1, 2, 2, 2, 2, 1),
    CONV("depthwise-32", 32, 64, 28, 28, 64, 28, 28, 3, 3, 1, 1, 1, 1, 1, 1, 64),
    DENSE("seed-dense1-32", 32, 100, 256),
    DENSE("seed-dense2-32", 32, 256, 512),
    DENSE("seed-dense3-32", 32, 512, 1024),
    DENSE("seed-dense4-32", 32, 1024, 784),
    DENSE("seed-dense4-1", 1, 1024, 784),
    DENSE("seed-logit-32", 32, 6272, 1),
    DENSE("dcgan-dense-32", 32, 100, 12544),
    DENSE("mixture-first-100", 100, 2, 400),
    DENSE("mixture-middle-100", 100, 400, 400),
    DENSE("mixture-last-100", 100, 400, 1),
};
enum { CASES = sizeof(cases) / sizeof(cases[0]) };

typedef struct buffers {
    float *x, *y, *w, *scratch[WAYS];
} buffers;

static float *make(int64_t count)
{
    float *values = malloc((size_t)(count > 0 ? count : 1) * sizeof(float));
    if (!values) {
        fprintf(stderr, "gan-kernel-bench: no memory\n");
        exit(1);
    }
    for (int64_t i = 0; i < count; i++) values[i] = (float)(i % 13) / 13.0f - 0.5f;
    return values;
}

typedef struct sizes {
    int64_t x, w, y;
} sizes;

static sizes sizes_of(const bench_case *c)
{
    const gan_conv *v = &c->conv;
    const gan_gemm *g = &c->gemm;
    if (c->kind == GEMM) return (sizes){g->m * g->k, g->k * g->n, g->m * g->n};
    return (sizes){c->batch * v->height * v->width * v->channels,
                   v->filters * v->kernel_h * v->kernel_w * (v->channels / v->groups),
                   c->batch * v->out_height * v->out_width * v->filters};
}

static buffers buffers_create(const bench_case *c, gan_context *const contexts[WAYS])
{
    const gan_conv *conv = &c->conv;
    const gan_gemm *gemm = &c->gemm;
    const sizes n = sizes_of(c);
    buffers b = {.x = make(n.x), .w = make(n.w), .y = make(n.y)};
    for (int i = 0; i < WAYS; i++) {
        if (!contexts[i]) continue;
        b.scratch[i] = make(c->kind == GEMM ? gan_gemm_scratch(contexts[i], gemm->m, gemm->n, gemm->k)
                                            : gan_conv_scratch(contexts[i], conv, c->batch));
    }
    return b;
}

static void buffers_release(buffers *b)
{
    free(b->x);
    free(b->y);
    free(b->w);
    for (int i = 0; i < WAYS; i++) free(b->scratch[i]);
}

static double multiply_adds(const bench_case *c)
{
    const gan_conv *v = &c->conv;
    if (c->kind == GEMM) return (double)c->gemm.m * (double)c->gemm.n * (double)c->gemm.k;
    return (double)c->batch * (double)(v->out_height * v->out_width * v->filters) *
           (double)(v->kernel_h * v->kernel_w * (v->channels / v->groups));
}

static void run(gan_context *context, const bench_case *c, const buffers *b, float *scratch)
{
    gan_gemm g = c->gemm;
    switch (c->kind) {
    case GEMM:
        g.a = b->x;
        g.lda = g.transpose_a ? g.m : g.k;
        g.b = b->w;
        g.ldb = g.transpose_b ? g.k : g.n;
        g.c = b->y;
        g.ldc = g.n;
        g.scratch = scratch;
        gan_gemm_run(context, &g);
        break;
    case FORWARD: gan_conv_forward(context, &c->conv, c->batch, b->x, b->w, NULL, b->y, scratch); break;
    case BACKWARD_DATA: gan_conv_backward_data(context, &c->conv, c->batch, b->y, b->w, NULL, b->x, scratch); break;
    case BACKWARD_WEIGHTS:
        gan_conv_backward_weights(context, &c->conv, c->batch, b->x, b->y, true, b->w, scratch);
        break;
    }
}

/* Seconds per call, as a mean over a millisecond. */
static double time_calls(gan_context *context, const bench_case *c, const buffers *b, float *scratch)
{
    int calls = 0;
    const double start = bench_now();
    double end;
    do {
        run(context, c, b, scratch);
        calls++;
        end = bench_now();
    } while (end - start < 1e-3);
    return (end - start) / calls;
}

/* Times the case every way; returns the first available way's best time, and raises `floor` to the BLAS's rate. */
static double time_case(const bench_case *c, gan_context *const contexts[WAYS], int runs, double *floor)
{
    double best[WAYS], first = 0;
    buffers b = buffers_create(c, contexts);
    for (int i = 0; i < WAYS; i++) best[i] = 1e30;
    for (int r = 0; r < runs; r++) {
        for (int i = 0; i < WAYS; i++) {
            if (!contexts[i]) continue;
            double seconds = time_calls(contexts[i], c, &b, b.scratch[i]);
            if (seconds < best[i]) best[i] = seconds;
        }
        /* The whole cube takes longer than most cases, so it is run only now and then. */
        if (r % 5 == 0) {
            double rate = floor_multiply_rate();
            if (rate > *floor) *floor = rate;
        }
    }
    for (int i = WAYS; i-- > 0;)
        if (contexts[i]) first = best[i];
    for (int i = 0; i < WAYS; i++) {
        if (!contexts[i]) continue;
        double rate = multiply_adds(c) / best[i];
        printf("%-30s %-13s %10.4f ms %8.1f GFLOP/s %6.2f of the BLAS's cube (%.1f)\n", c->name, ways[i].name,
               best[i] * 1e3, 2e-9 * rate, rate / *floor, 2e-9 * *floor);
    }
    fflush(stdout);
    buffers_release(&b);
    return first;
}

static void print_errors(const bench_case *c, gan_context *const contexts[WAYS])
{
    if (c->kind != FORWARD && c->kind != BACKWARD_DATA) return;
    if (c->conv.groups > 1 || c->conv.dilation_h > 1) return;
    for (int i = 0; i < WAYS; i++) {
        if (!contexts[i]) continue;
        const double error = conv_error(contexts[i], &c->conv, c->batch, c->kind == BACKWARD_DATA);
        printf("%-30s %-13s error %.2e of the result\n", c->name, ways[i].name, error);
    }
    fflush(stdout);
}

/* A multiply-add is two operations; each operand is read, and the result written, once. */
static roofline_point point_of(const bench_case *c, double seconds)
{
    const sizes n = sizes_of(c);
    const double work = 2 * multiply_adds(c);
    return (roofline_point){c->name, work / (sizeof(float) * (double)(n.x + n.w + n.y)), work / seconds};
}

static void create_contexts(gan_context *contexts[WAYS], const char *level, int threads)
{
    for (int i = 0; i < WAYS; i++) {
        if (level[0] && !strstr(ways[i].name, level)) continue;
        gan_status status =
            gan_context_create(GAN_CONTEXT(.threads = threads, .cpu = ways[i].cpu, .multiply = ways[i].multiply,
                                           .precision = ways[i].precision, .no_winograd = ways[i].no_winograd),
                               &contexts[i]);
        if (status != GAN_OK) fprintf(stderr, "%s is left out: %s\n", ways[i].name, gan_last_error());
    }
    if (!floor_set_threads(threads)) fprintf(stderr, "the BLAS runs with threads of its own choice\n");
}

static int draw(gan_context *const contexts[WAYS], const char *path, double floor, int threads,
                const roofline_point *points, int count)
{
    enum { LARGE = 256 << 20 }; /* beyond all caches */
    gan_context *context = NULL;
    for (int i = WAYS; i-- > 0;)
        if (contexts[i]) context = contexts[i];
    if (!context || count == 0) return 0;
    if (roofline_write(context, path, 2 * floor, floor_read_rate(LARGE, threads), points, count) == GAN_OK) return 0;
    fprintf(stderr, "gan-kernel-bench: %s\n", gan_last_error());
    return 1;
}

int main(int argc, char **argv)
{
    int64_t threads = 1, runs = 15;
    bool list = false, errors = false;
    const char *level = "", *only = "", *picture = "";
    const option options[] = {
        {"--threads", OPTION_INTEGER, &threads, 1, 64, "N", "of libgan and of the BLAS (default 1)"},
        {"--runs", OPTION_INTEGER, &runs, 1, MOST_RUNS, "N", "turns of each case (default 15)"},
        {"--level", OPTION_TEXT, &level, 0, 0, "NAME",
         "only avx512, avx2, baseline, blas or bfloat16; with -direct, avx512 and avx2 without Winograd"},
        {"--case", OPTION_TEXT, &only, 0, 0, "TEXT", "only cases with this in their name"},
        {"--roofline", OPTION_TEXT, &picture, 0, 0, "FILE",
         "a PNG of the first level's rates below what bounds them"},
        {"--errors", OPTION_FLAG, &errors, 0, 0, NULL,
         "measure no times, but how far convolutions are from their results in double"},
        {"--list", OPTION_FLAG, &list, 0, 0, NULL, "name the cases"},
    };
    gan_context *contexts[WAYS] = {NULL};
    roofline_point points[CASES];
    int count = 0, code = 0;
    double floor = 0;
    floor_choose_kernels(argv);
    read_options(argc, argv, 1, "gan-kernel-bench: times products and convolutions at each level of instructions.",
                 options, (int)(sizeof(options) / sizeof(options[0])));
    if (!list) create_contexts(contexts, level, (int)threads);
    for (int i = 0; i < CASES; i++) {
        if (!strstr(cases[i].name, only)) continue;
        if (list) {
            puts(cases[i].name);
        } else if (errors) {
            print_errors(&cases[i], contexts);
        } else {
            points[count] = point_of(&cases[i], time_case(&cases[i], contexts, (int)runs, &floor));
            count++;
        }
    }
    if (picture[0]) code = draw(contexts, picture, floor, (int)threads, points, count);
    for (int i = 0; i < WAYS; i++) gan_context_destroy(contexts[i]);
    return code;
}
