/* Contexts of a chosen CPU level. Every test linked with the support library calls gan_context_create() through the
 * wrapper below, where the level that GAN_TEST_CPU names replaces the best one. */
#include "support/level.h"
#include "support/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#ifdef __wasm__
const test_level test_levels[TEST_LEVELS] = {{"baseline", GAN_CPU_BASELINE}, {"simd128", GAN_CPU_SIMD128}};
#else
const test_level test_levels[TEST_LEVELS] = {
    {"baseline", GAN_CPU_BASELINE}, {"avx2", GAN_CPU_AVX2}, {"avx512", GAN_CPU_AVX512}};
#endif

static gan_cpu chosen_cpu(void)
{
    const char *name = getenv("GAN_TEST_CPU");
    if (!name) return GAN_CPU_BEST;
    for (int i = 0; i < TEST_LEVELS; i++)
        if (strcmp(name, test_levels[i].name) == 0) return test_levels[i].cpu;
    fail_msg("GAN_TEST_CPU is '%s', which is no level", name);
    return GAN_CPU_BEST;
}

gan_status __real_gan_context_create(const gan_context_options *options, gan_context **out);
gan_status __wrap_gan_context_create(const gan_context_options *options, gan_context **out);

gan_status __wrap_gan_context_create(const gan_context_options *options, gan_context **out)
{
    const gan_cpu cpu = chosen_cpu();
    if (cpu == GAN_CPU_BEST || (options && options->cpu != GAN_CPU_BEST))
        return __real_gan_context_create(options, out);
    gan_context_options on_level = options ? *options : *GAN_CONTEXT();
    on_level.cpu = cpu;
    const gan_status status = __real_gan_context_create(&on_level, out);
    if (status == GAN_ERROR_UNSUPPORTED) test_skip_program("%s", gan_last_error());
    return status;
}
