#include "serve.h"
#include "floor.h"

#include <stdio.h>
#include <string.h>

static gan_cpu cpu_level(const char *name)
{
    return strcmp(name, "avx512") == 0     ? GAN_CPU_AVX512
           : strcmp(name, "avx2") == 0     ? GAN_CPU_AVX2
           : strcmp(name, "baseline") == 0 ? GAN_CPU_BASELINE
                                           : GAN_CPU_BEST;
}

static int fail(gan_status status)
{
    fprintf(stderr, "gan-bench: %s: %s\n", gan_status_name(status), gan_last_error());
    return 1;
}

int serve(const bench_case *self, const serve_options *options)
{
    gan_context *context = NULL;
    void *state = NULL;
    int repetitions;
    const gan_multiply multiply = options->blas ? GAN_MULTIPLY_BLAS : GAN_MULTIPLY_AUTO;
    gan_status status = gan_context_create(
        GAN_CONTEXT(.threads = (int)options->threads, .cpu = cpu_level(options->cpu), .multiply = multiply,
                    .bfloat16_storage = options->storage,
                    .precision = options->bfloat16 ? GAN_PRECISION_BFLOAT16 : GAN_PRECISION_FLOAT32),
        &context);
    if (status == GAN_OK) status = self->prepare(self, context, options->file, &state);
    for (int i = 0; status == GAN_OK && i < (self->is_start ? 1 : 2); i++) status = self->run(state);
    if (status != GAN_OK) return fail(status);
    printf("ready libgan%s %s\n", options->bfloat16 ? "-bfloat16" : "", gan_version_text());
    fflush(stdout);
    while (scanf("%d", &repetitions) == 1) {
        const double start = bench_now();
        for (int i = 0; i < repetitions; i++)
            if ((status = self->run(state)) != GAN_OK) return fail(status);
        printf("%.9f\n", bench_now() - start);
        fflush(stdout);
    }
    return 0;
}
