/* The process, the CPU, and the floating-point environment. */
#ifndef GAN_CORE_MACHINE_H
#define GAN_CORE_MACHINE_H

#include "core/status/status.h"
#include "libgan.h"

/* ---- The process (process.c) ----------------------------------------------------------------------- */

/* Tells this process from the one that it was forked from, once gan_count_forks() was called. */
unsigned gan_process_number(void);
gan_status gan_count_forks(void);
/* Of a clock that only moves on. */
int64_t gan_nanoseconds(void);

/* ---- The machine (cpu.c) ----------------------------------------------------------------------------------- */

/* Highest level that this CPU has. */
gan_cpu gan_cpu_detect(void);
/* Whether it has AVX512_BF16 on top of GAN_CPU_AVX512, or BF16 of Arm. */
bool gan_cpu_has_bfloat16(void);
#define GAN_MAX_THREADS 64
/* CPUs that this process may use, at most GAN_MAX_THREADS: by its affinity mask and the quota of its control group.
 */
int gan_cpu_count(void);
/* The quota alone, in whole CPUs, rounded up (cpu_quota.c); 0: there is none. `root` is "" but for tests. */
int gan_cpu_quota(const char *root);

/* ---- The floating-point environment (float_environment.c) --------------------------------------------------- */

/* The library's calls and threads compute in an environment of their own, so that results do not depend on the
 * host's: rounding to nearest, without traps, and with denormal numbers read and written as 0. They can take a
 * hundred times as long to compute with, and arise wherever something decays, as the moments of weights without
 * gradients do.
 *
 * A public function that computes starts with GAN_FLOAT_SCOPE(). When it returns, the host has its environment back,
 * with the exceptions raised before. In a call from within the library it does nothing.
 *
 * Within it the thread is not cancelled either (pthread_cancel()), which would leave locks held and memory behind. */
bool gan_float_enter(void);
void gan_float_leave(const bool *entered);
#define GAN_FLOAT_SCOPE() \
    const bool gan_float_entered __attribute__((cleanup(gan_float_leave), unused)) = gan_float_enter()

/* Until the end of its block, GAN_HOST_SCOPE() gives the thread the host's environment, for calls of the host's
 * functions, which may change it. */
bool gan_host_enter(void);
void gan_host_leave(const bool *was_inside);
#define GAN_HOST_SCOPE() \
    const bool gan_host_entered __attribute__((cleanup(gan_host_leave), unused)) = gan_host_enter()

#endif
