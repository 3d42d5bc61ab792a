/* What the machine offers: instruction sets and the number of CPUs. */
#include "core/machine/machine.h"
#include "core/platform/platform.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

gan_cpu gan_cpu_detect(void)
{
#ifdef __x86_64__
    /* These ask the operating system too: wide registers are useless if it does not save them. */
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return GAN_CPU_BASELINE;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl")) {
        return GAN_CPU_AVX2;
    }
    return GAN_CPU_AVX512;
#elif defined(GAN_HAVE_SIMD128)
    return GAN_CPU_SIMD128; /* an engine that lacks it has refused the module as a whole */
#else
    return GAN_CPU_BASELINE;
#endif
}

bool gan_cpu_has_bfloat16(void)
{
#ifdef __x86_64__
    return gan_cpu_detect() >= GAN_CPU_AVX512 && __builtin_cpu_supports("avx512bf16");
#elif defined(__aarch64__) && defined(__linux__)
    /* HWCAP2_BF16 of the kernel, which libraries older than it do not name */
    enum { HAS_BF16 = 1 << 14 };
    return getauxval(AT_HWCAP2) & HAS_BF16;
#else
    return false;
#endif
}

int gan_cpu_count(void)
{
    int64_t count = gan_usable_cpus();

    if (count < 1) return 1;
#ifdef __linux__
    const int quota = gan_cpu_quota("");
    if (quota > 0 && quota < count) count = quota;
#endif
    return count < GAN_MAX_THREADS ? (int)count : GAN_MAX_THREADS;
}
