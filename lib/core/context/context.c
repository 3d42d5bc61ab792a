/* The context: options, what the work runs on, and lifetime. */
#include "core/blas/blas.h"
#include "core/context/context.h"
#include "core/machine/machine.h"
#include "core/memory/memory.h"
#include "core/platform/platform.h"
#include "core/status/status.h"
#include "core/threads/threads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Options ------------------------------------------------------------------------------------------------ */

static const char *cpu_name(gan_cpu cpu)
{
    switch (cpu) {
    case GAN_CPU_BEST: return "GAN_CPU_BEST";
    case GAN_CPU_BASELINE: return "GAN_CPU_BASELINE";
    case GAN_CPU_AVX2: return "GAN_CPU_AVX2";
    case GAN_CPU_AVX512: return "GAN_CPU_AVX512";
    case GAN_CPU_SIMD128: return "GAN_CPU_SIMD128";
    }
    return "an unknown level";
}

/* Whether the library has kernels for this level. */
static bool cpu_is_built(gan_cpu cpu)
{
#ifdef GAN_HAVE_AVX2
    if (cpu == GAN_CPU_AVX2) return true;
#endif
#ifdef GAN_HAVE_AVX512
    if (cpu == GAN_CPU_AVX512) return true;
#endif
#ifdef GAN_HAVE_SIMD128
    if (cpu == GAN_CPU_SIMD128) return true;
#endif
    return cpu == GAN_CPU_BASELINE;
}

static gan_status choose_cpu(gan_cpu wanted, gan_cpu *chosen)
{
    const gan_cpu detected = gan_cpu_detect();
    gan_cpu best = detected;

    if (wanted < GAN_CPU_BEST || wanted > GAN_CPU_SIMD128) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_context_options: cpu is %d, expected %d to %d", (int)wanted,
                        (int)GAN_CPU_BEST, (int)GAN_CPU_SIMD128);
    }
    while (!cpu_is_built(best)) best = (gan_cpu)(best - 1);
    if (wanted == GAN_CPU_BEST) wanted = best;
    if (wanted > detected) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "gan_context_options: cpu is %s, but this CPU has %s at most",
                        cpu_name(wanted), cpu_name(detected));
    }
    if (!cpu_is_built(wanted)) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "gan_context_options: cpu is %s, but this build has %s at most",
                        cpu_name(wanted), cpu_name(best));
    }
    *chosen = wanted;
    return GAN_OK;
}

#ifdef __aarch64__
#define BFLOAT16_INSTRUCTIONS "BF16"
#else
#define BFLOAT16_INSTRUCTIONS "AVX512_BF16"
#endif

/* Why products cannot use bfloat16 at the level in use, or NULL. `plain`: GAN_CPU_BASELINE was asked for. */
static const char *bfloat16_obstacle(gan_cpu cpu, bool plain)
{
#ifndef GAN_HAVE_BFLOAT16
    (void)cpu;
    (void)plain;
    return "this build computes in double";
#else
    if (plain) return NULL;
    if (!gan_cpu_has_bfloat16()) return "this CPU lacks " BFLOAT16_INSTRUCTIONS;
#ifdef GAN_HAVE_NEONBF16
    (void)cpu;
    return NULL;
#elif !defined(GAN_HAVE_AVX512BF16)
    (void)cpu;
    return "this build lacks kernels for " BFLOAT16_INSTRUCTIONS;
#else
    return cpu == GAN_CPU_AVX512 ? NULL : "cpu is below GAN_CPU_AVX512";
#endif
#endif
}

static gan_status check_precision(gan_precision precision, gan_cpu cpu, bool plain)
{
    const char *obstacle = NULL;

    if (precision < GAN_PRECISION_FLOAT32 || precision > GAN_PRECISION_BFLOAT16) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_context_options: precision is %d, expected %d to %d", (int)precision,
                        (int)GAN_PRECISION_FLOAT32, (int)GAN_PRECISION_BFLOAT16);
    }
    if (precision == GAN_PRECISION_BFLOAT16) obstacle = bfloat16_obstacle(cpu, plain);
    if (!obstacle) return GAN_OK;
    return gan_fail(GAN_ERROR_UNSUPPORTED, "gan_context_options: precision is GAN_PRECISION_BFLOAT16, but %s",
                    obstacle);
}

/* Whether libgan's kernels multiply as fast as a BLAS. */
static bool tuned(gan_cpu cpu)
{
#ifdef GAN_REAL_IS_DOUBLE
    (void)cpu;
    return true;
#else
    return cpu >= GAN_CPU_AVX2;
#endif
}

static gan_status choose_multiply(gan_multiply wanted, gan_cpu cpu, gan_precision precision, gan_multiply *chosen)
{
    if (wanted < GAN_MULTIPLY_AUTO || wanted > GAN_MULTIPLY_BLAS) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_context_options: multiply is %d, expected %d to %d", (int)wanted,
                        (int)GAN_MULTIPLY_AUTO, (int)GAN_MULTIPLY_BLAS);
    }
    if (precision == GAN_PRECISION_BFLOAT16) {
        if (wanted == GAN_MULTIPLY_BLAS) {
            return gan_fail(GAN_ERROR_ARGUMENT, "gan_context_options: multiply is GAN_MULTIPLY_BLAS, expected "
                                                "GAN_MULTIPLY_NATIVE for precision GAN_PRECISION_BFLOAT16");
        }
        wanted = GAN_MULTIPLY_NATIVE;
    }
    if (wanted == GAN_MULTIPLY_AUTO) wanted = tuned(cpu) ? GAN_MULTIPLY_NATIVE : GAN_MULTIPLY_BLAS;
    *chosen = wanted;
    return GAN_OK;
}

/* Nobody who asked for no BLAS in particular has to have one. */
static gan_status choose_blas(gan_context_options *options, gan_multiply asked, gan_blas *blas)
{
    *blas = (gan_blas){.name = "none"};
    if (options->multiply != GAN_MULTIPLY_BLAS) return GAN_OK;
    if (gan_blas_load(options->blas, blas)) return gan_blas_watch_forks(blas->gemm);
    if (asked != GAN_MULTIPLY_AUTO || options->blas) return gan_blas_missing(options->blas);
    options->multiply = GAN_MULTIPLY_NATIVE;
    return GAN_OK;
}

/* Replaces defaults with what they stand for. */
static gan_status resolve_options(gan_context_options *options)
{
    gan_allocator *allocator = &options->allocator;
    const bool plain = options->cpu == GAN_CPU_BASELINE;

    if (!allocator->allocate != !allocator->release) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_context_options: allocator.%s is given, but allocator.%s is NULL",
                        allocator->allocate ? "allocate" : "release", allocator->allocate ? "release" : "allocate");
    }
    if (!allocator->allocate) *allocator = gan_allocator_default();
    if (options->parallel) {
        options->threads = 1;
    } else if (options->threads < 0 || options->threads > GAN_MAX_THREADS) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_context_options: threads is %lld, expected 0 to %d",
                        (long long)options->threads, GAN_MAX_THREADS);
    } else if (options->threads == 0) {
        options->threads = gan_cpu_count();
    }
    if (options->memory_limit == 0) options->memory_limit = SIZE_MAX;
    GAN_TRY(gan_check_reserved("gan_context_options", options->reserved, sizeof(options->reserved)));
    if (options->log_except & ~(uint64_t)GAN_LOG_TOPIC_TRAINING) {
        return gan_fail(GAN_ERROR_ARGUMENT,
                        "gan_context_options: log_except is 0x%llx, expected bits of gan_log_topic",
                        (unsigned long long)options->log_except);
    }
    GAN_TRY(choose_cpu(options->cpu, &options->cpu));
    GAN_TRY(check_precision(options->precision, options->cpu, plain));
    return choose_multiply(options->multiply, options->cpu, options->precision, &options->multiply);
}

/* What a host cannot tell from the options it gave. */
static void log_choices(const gan_context *context, gan_multiply asked)
{
    gan_log(context, GAN_LOG_DEBUG, "libgan %s: kernels for %s, products by %s, threads: %d%s", gan_version_text(),
            cpu_name(context->cpu), context->multiply == GAN_MULTIPLY_BLAS ? context->blas.name : "libgan",
            atomic_load(&context->threads), context->parallel ? " and the host's" : "");
    if (asked != GAN_MULTIPLY_AUTO || tuned(context->cpu)) return;
    if (context->multiply == GAN_MULTIPLY_BLAS) {
        gan_log(context, GAN_LOG_INFO, "no tuned kernels for %s: the BLAS, %s, multiplies matrices",
                cpu_name(context->cpu), context->blas.name);
    } else if (context->precision == GAN_PRECISION_FLOAT32) {
        gan_log(context, GAN_LOG_INFO, "no tuned kernels for %s, and no BLAS was found: plain C multiplies matrices",
                cpu_name(context->cpu));
    }
}

/* The host's name of its BLAS need not outlive the call. */
static gan_status keep_name(gan_context *context, const gan_context_options *options)
{
    if (context->multiply != GAN_MULTIPLY_BLAS || !options->blas) return GAN_OK;
    context->blas.name = context->blas_name = gan_copy_text(context, options->blas);
    return context->blas_name ? GAN_OK : GAN_ERROR_MEMORY;
}

/* ---- Lifetime ------------------------------------------------------------------------------------------------ */

gan_status gan_context_create(const gan_context_options *given, gan_context **out)
{
    GAN_UNCANCELLED_SCOPE();
    gan_context_options options;
    gan_context *context;
    gan_blas blas;

    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(gan_options_read(&options, sizeof(options), given, "gan_context_options"));
    const gan_multiply asked = options.multiply;
    const bool plain = options.cpu == GAN_CPU_BASELINE;
    GAN_TRY(resolve_options(&options));
    GAN_TRY(choose_blas(&options, asked, &blas));
    if (options.memory_limit < sizeof(*context)) {
        return gan_fail(GAN_ERROR_MEMORY, "gan_context_options: memory_limit is %zu, but a context needs %zu bytes",
                        options.memory_limit, sizeof(*context));
    }
    context = gan_allocator_zeroed(&options.allocator, sizeof(*context));
    if (!context) return gan_fail(GAN_ERROR_MEMORY, "%zu bytes could not be allocated", sizeof(*context));
    atomic_init(&context->references, 1);
    atomic_init(&context->bytes, sizeof(*context));
    atomic_init(&context->peak_bytes, sizeof(*context));
    atomic_init(&context->allocations, 1);
    atomic_init(&context->busy, 0);
    atomic_init(&context->user, 0);
    context->allocator = options.allocator;
    context->log = options.log;
    context->log_user = options.log_user;
    context->log_except = options.log_except;
    context->memory_limit = options.memory_limit;
    context->cpu = options.cpu;
    context->multiply = options.multiply;
    context->precision = options.precision;
    context->bfloat16_by_instructions = options.precision == GAN_PRECISION_BFLOAT16 && !plain;
    context->blas = blas;
    context->no_spin = options.no_spin;
    context->no_winograd = options.no_winograd;
    context->bfloat16_storage = options.bfloat16_storage;
    context->parallel = options.parallel;
    context->parallel_user = options.parallel_user;
    atomic_init(&context->threads, (int)options.threads);
    gan_status status = keep_name(context, &options);
    if (status == GAN_OK) status = gan_pool_create(context, (int)options.threads);
    if (status != GAN_OK) {
        gan_context_release(context);
        return status;
    }
    log_choices(context, asked);
    *out = context;
    return GAN_OK;
}

gan_context *gan_context_retain(gan_context *context)
{
    atomic_fetch_add(&context->references, 1);
    return context;
}

void gan_context_release(gan_context *context)
{
    if (!context || atomic_fetch_sub(&context->references, 1) > 1) return;
    gan_pool_destroy(context, context->pool);
    gan_release_text(context, context->blas_name);
    const gan_allocator allocator = context->allocator;
    gan_allocator_release(&allocator, context, sizeof(*context));
}

void gan_context_destroy(gan_context *context)
{
    gan_context_release(context);
}

gan_status gan_context_get_info(const gan_context *context, gan_context_info *info)
{
    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(info);
    const gan_context_info known = {
        .threads = atomic_load(&context->threads),
        .cpu = context->cpu,
        .multiply = context->multiply,
        .bytes = atomic_load(&context->bytes),
        .peak_bytes = atomic_load(&context->peak_bytes),
        .allocations = atomic_load(&context->allocations),
        .blas = context->blas.name,
        .precision = context->precision,
#ifdef GAN_HAVE_PNG
        .png = true,
#endif
    };
    return gan_report_write(info, &known, sizeof(known), "gan_context_info");
}
