#include "floor.h"

#include <cblas.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

double bench_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* OpenBLAS and BLIS each have their own call; which one is linked is not known when this is compiled. */
extern void openblas_set_num_threads(int) __attribute__((weak));
extern void bli_thread_set_num_threads(long) __attribute__((weak));

#if defined(__x86_64__)
extern char *openblas_get_corename(void) __attribute__((weak));

void floor_choose_kernels(char **argv)
{
    static const char *const without_avx[] = {"Prescott", "Core2", "Penryn", "Dunnington", "Nehalem", "Generic"};
    const char *fitting = __builtin_cpu_supports("avx512f") ? "SkylakeX"
                          : __builtin_cpu_supports("avx2")  ? "Haswell"
                                                            : NULL;

    if (!openblas_get_corename || !fitting || getenv("OPENBLAS_CORETYPE")) return;
    const char *core = openblas_get_corename();
    if (!core) return;
    for (size_t i = 0; i < sizeof(without_avx) / sizeof(*without_avx); i++) {
        if (strcmp(core, without_avx[i]) != 0) continue;
        fprintf(stderr, "%s: OpenBLAS takes this CPU for a %s; it is told to use its kernels for %s\n", argv[0], core,
                fitting);
        setenv("OPENBLAS_CORETYPE", fitting, 1);
        execv("/proc/self/exe", argv);
        perror("execv");
    }
}
#else
void floor_choose_kernels(char **argv)
{
    (void)argv;
}
#endif

bool floor_set_threads(int threads)
{
    if (openblas_set_num_threads) openblas_set_num_threads(threads);
    if (bli_thread_set_num_threads) bli_thread_set_num_threads(threads);
    return openblas_set_num_threads || bli_thread_set_num_threads || threads == 1;
}

enum { N = 2048, PRODUCTS = 2 };

static void multiply(float *matrices)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, N, N, N, 1.0f, matrices, N, matrices + N * N, N, 0.0f,
                matrices + 2 * N * N, N);
}

double floor_multiply_rate(void)
{
    static float *matrices;
    if (!matrices) {
        matrices = malloc(3 * sizeof(float) * N * N);
        if (!matrices) return 0;
        for (size_t i = 0; i < (size_t)3 * N * N; i++) matrices[i] = (float)(i % 13) - 6.0f;
    }
    multiply(matrices); /* wakes the BLAS's threads */
    double start = bench_now();
    for (int i = 0; i < PRODUCTS; i++) multiply(matrices);
    return PRODUCTS * (double)N * N * N / (bench_now() - start);
}

typedef struct reader {
    const float *data;
    size_t count;
    int repeats;
    float sum;
} reader;

static void *read_all(void *argument)
{
    enum { LANES = 64 };
    reader *r = argument;
    float sums[LANES] = {0};
    for (int repeat = 0; repeat < r->repeats; repeat++) {
        for (size_t i = 0; i + LANES <= r->count; i += LANES)
            for (size_t j = 0; j < LANES; j++) sums[j] += r->data[i + j];
    }
    for (size_t j = 0; j < LANES; j++) r->sum += sums[j];
    return NULL;
}

double floor_read_rate(double bytes, int threads)
{
    enum { MOST = 64 };
    const int repeats = bytes < 4e9 ? (int)(1.2e10 / bytes) : 3; /* a tenth of a second or more */
    size_t count = (size_t)(bytes / sizeof(float));
    float *data = malloc(count * sizeof(float));
    if (!data || threads > MOST) {
        free(data);
        return 0;
    }
    memset(data, 0, count * sizeof(float));
    pthread_t ids[MOST];
    reader readers[MOST];
    size_t share = count / (size_t)threads;
    double start = bench_now();
    int started = 0;
    for (; started < threads; started++) {
        readers[started] = (reader){data + (size_t)started * share, share, repeats, 0};
        if (pthread_create(&ids[started], NULL, read_all, &readers[started]) != 0) break;
    }
    for (int i = 0; i < started; i++) pthread_join(ids[i], NULL);
    double rate = started == threads ? bytes * repeats / (bench_now() - start) : 0;
    free(data);
    return rate;
}
