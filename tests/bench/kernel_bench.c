/* Times matrix products and convolutions: each on every CPU level and by the BLAS, which take turns, beside the rate
 * of the BLAS on a 2048-cube. Rates count a multiply-add as two operations, and the taps on padding too. */
#include "floor.h"
#include "kernels/kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAYS = 4, MOST_RUNS = 1000 };

static const struct {
    const char *name;
    gan_cpu cpu;
    gan_multiply multiply;
} ways[WAYS] = {
    {"avx512", GAN_CPU_AVX512, GAN_MULTIPLY_NATIVE},
    {"avx2", GAN_CPU_AVX2, GAN_MULTIPLY_NATIVE},
    {"baseline", GAN_CPU_BASELINE, GAN_MULTIPLY_NATIVE},
    {"blas", GAN_CPU_BEST, GAN_MULTIPLY_BLAS},
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
    CONV("seed-conv1-32", 32, 1, 28, 28, 64, 14, 14, 5, 5, 2, 2, 1, 1),
    CONV("seed-conv2-32", 32, 64, 14, 14, 128, 7, 7, 5, 5, 2, 2, 1, 1),
    CONV("seed-conv2-128", 128, 64, 14, 14, 128, 7, 7, 5, 5, 2, 2, 1, 1),
    CONV("dcgan-conv1-32", 32, 1, 28, 28, 64, 14, 14, 4, 4, 2, 2, 1, 1),
    CONV("dcgan-conv2-32", 32, 64, 14, 14, 128, 7, 7, 4, 4, 2, 2, 1, 1),
    CONV("dcgan-transposed1-32", 32, 128, 14, 14, 256, 7, 7, 4, 4, 2, 2, 1, 1),
    CONV("dcgan-transposed2-32", 32, 64, 28, 28, 128, 14, 14, 4, 4, 2, 2, 1, 1),
    CONV("dcgan-last-32", 32, 64, 28, 28, 1, 28, 28, 3, 3, 1, 1, 1, 1),
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

static buffers buffers_create(const bench_case *c, gan_context *const contexts[WAYS])
{
    const gan_conv *conv = &c->conv;
    const gan_gemm *gemm = &c->gemm;
    buffers b = {0};
    b.x = make(c->kind == GEMM ? gemm->m * gemm->k : c->batch * conv->height * conv->width * conv->channels);
    b.w =
        make(c->kind == GEMM ? gemm->k * gemm->n : conv->filters * conv->kernel_h * conv->kernel_w * conv->channels);
    b.y = make(c->kind == GEMM ? gemm->m * gemm->n : c->batch * conv->out_height * conv->out_width * conv->filters);
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
           (double)(v->kernel_h * v->kernel_w * v->channels);
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
    case BACKWARD_WEIGHTS: gan_conv_backward_weights(context, &c->conv, c->batch, b->x, b->y, b->w, scratch); break;
    }
}

/* Seconds of one call, as the mean of so many that they take a millisecond. */
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

static void time_case(const bench_case *c, gan_context *const contexts[WAYS], int runs)
{
    double best[WAYS], floor = 0;
    buffers b = buffers_create(c, contexts);
    for (int i = 0; i < WAYS; i++) best[i] = 1e30;
    for (int r = 0; r < runs; r++) {
        for (int i = 0; i < WAYS; i++) {
            if (!contexts[i]) continue;
            double seconds = time_calls(contexts[i], c, &b, b.scratch[i]);
            if (seconds < best[i]) best[i] = seconds;
        }
        /* The whole cube takes longer than most cases: now and then is enough. */
        if (r % 5 == 0) {
            double rate = floor_multiply_rate();
            if (rate > floor) floor = rate;
        }
    }
    for (int i = 0; i < WAYS; i++) {
        if (!contexts[i]) continue;
        double rate = multiply_adds(c) / best[i];
        printf("%-30s %-9s %10.4f ms %8.1f GFLOP/s %6.2f of the BLAS's cube (%.1f)\n", c->name, ways[i].name,
               best[i] * 1e3, 2e-9 * rate, rate / floor, 2e-9 * floor);
    }
    fflush(stdout);
    buffers_release(&b);
}

static bool chosen(const char *name, char **words, int count)
{
    for (int i = 0; i < count; i++)
        if (strstr(name, words[i])) return true;
    return count == 0;
}

static int usage(void)
{
    fprintf(stderr,
            "usage: gan-kernel-bench [--threads N] [--runs N] [--level NAME] [--list] [PART OF A CASE'S NAME]...\n");
    return 2;
}

int main(int argc, char **argv)
{
    int threads = 1, runs = 15, first = 1;
    gan_context *contexts[WAYS] = {NULL};
    bool list = false;
    const char *level = "";
    for (; first < argc && strncmp(argv[first], "--", 2) == 0; first++) {
        int *value = strcmp(argv[first], "--threads") == 0 ? &threads
                     : strcmp(argv[first], "--runs") == 0  ? &runs
                                                           : NULL;
        if (strcmp(argv[first], "--list") == 0) {
            list = true;
        } else if (strcmp(argv[first], "--level") == 0 && first + 1 < argc) {
            level = argv[++first];
        } else if (value && first + 1 < argc) {
            *value = atoi(argv[++first]);
        } else {
            return usage();
        }
    }
    if (threads < 1 || runs < 1 || runs > MOST_RUNS) return usage();
    for (int i = 0; i < WAYS && !list; i++) {
        if (level[0] && strcmp(level, ways[i].name) != 0) continue;
        gan_status status = gan_context_create(
            GAN_CONTEXT(.threads = threads, .cpu = ways[i].cpu, .multiply = ways[i].multiply), &contexts[i]);
        if (status != GAN_OK) fprintf(stderr, "%s is left out: %s\n", ways[i].name, gan_last_error());
    }
    if (!floor_set_threads(threads)) fprintf(stderr, "the BLAS runs with threads of its own choice\n");
    for (int i = 0; i < CASES; i++) {
        if (!chosen(cases[i].name, argv + first, argc - first)) continue;
        if (list) {
            puts(cases[i].name);
        } else {
            time_case(&cases[i], contexts, runs);
        }
    }
    for (int i = 0; i < WAYS; i++) gan_context_destroy(contexts[i]);
    return 0;
}
