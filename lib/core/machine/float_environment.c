/* The floating-point environment of the library's calls; machine.h says why there is one.
 *
 * A thread is inside the library or outside of it, in the host's code. Entering from outside keeps the host's
 * environment and sets the library's; entering again does nothing, and only the first to enter leaves. A callback is
 * outside. So when it does not return but throws or jumps over the library's frames, the thread is outside with the
 * host's environment, as it should be. */
#include "core/machine/machine.h"
#include "core/platform/platform.h"

#if defined(__x86_64__) || (defined(__i386__) && defined(__SSE2__))

/* SSE computes. x87 does what the C library gives it, such as numbers from and to text, and in MinGW's all of exp(),
 * log() and pow(); where the ABI is i386's, it carries results of functions, too. */
typedef struct float_environment {
    uint32_t mxcsr;                   /* control of SSE, and its exceptions so far */
    uint16_t x87_control, x87_status; /* of the status, only exceptions so far are of any matter */
} float_environment;

enum {
    NO_TRAPS = 0x1f80, /* all exceptions masked, none raised; rounding to nearest is 0 */
    FLUSH_RESULTS = 0x8000,
    FLUSH_OPERANDS = 0x0040,
    X87_DEFAULT = 0x037f, /* to nearest, with 64 bits, no traps */
    X87_EXCEPTIONS = 0x007f,
    X87_SUMMARY = 0x8080, /* of the status: an exception is raised that traps */
    X87_WORDS = 7,        /* of 32 bits, as fnstenv stores them; the second is the status */
};

static float_environment get_environment(void)
{
    float_environment now = {.mxcsr = __builtin_ia32_stmxcsr()};

    __asm__ volatile("fnstcw %0" : "=m"(now.x87_control));
    __asm__ volatile("fnstsw %0" : "=m"(now.x87_status));
    return now;
}

/* Loading all of x87's environment takes long, and is seldom needed. Exceptions go before what would trap them. */
static void set_x87_exceptions(uint16_t status)
{
    uint32_t words[X87_WORDS];
    uint16_t now;

    __asm__ volatile("fnstsw %0" : "=m"(now));
    if (((now ^ status) & X87_EXCEPTIONS) == 0) return;
    __asm__ volatile("fnstenv %0" : "=m"(words));
    words[1] = (words[1] & ~(uint32_t)(X87_EXCEPTIONS | X87_SUMMARY)) | (status & X87_EXCEPTIONS);
    __asm__ volatile("fldenv %0" : : "m"(words));
}

static void set_environment(const float_environment *to)
{
    __builtin_ia32_ldmxcsr(to->mxcsr);
    set_x87_exceptions(to->x87_status);
    __asm__ volatile("fldcw %0" : : "m"(to->x87_control));
}

static void set_library_environment(void)
{
    const uint16_t control = X87_DEFAULT;

    __builtin_ia32_ldmxcsr(NO_TRAPS | FLUSH_RESULTS | FLUSH_OPERANDS);
    __asm__ volatile("fldcw %0" : : "m"(control));
}

#elif defined(__aarch64__)

typedef struct float_environment {
    uint64_t control;    /* FPCR */
    uint64_t exceptions; /* FPSR */
} float_environment;

#define FLUSH ((uint64_t)1 << 24) /* operands and results; all other bits 0: to nearest, no traps */

static float_environment get_environment(void)
{
    float_environment now;

    __asm__ volatile("mrs %0, fpcr" : "=r"(now.control));
    __asm__ volatile("mrs %0, fpsr" : "=r"(now.exceptions));
    return now;
}

static void set_environment(const float_environment *to)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(to->control) : "memory");
    __asm__ volatile("msr fpsr, %0" : : "r"(to->exceptions) : "memory");
}

static void set_library_environment(void)
{
    set_environment(&(float_environment){FLUSH, 0});
}

#else

#include <fenv.h>

typedef fenv_t float_environment;

static float_environment get_environment(void)
{
    float_environment now;

    fegetenv(&now);
    return now;
}

static void set_environment(const float_environment *to)
{
    fesetenv(to);
}

static void set_library_environment(void)
{
    fesetenv(FE_DFL_ENV);
}

#endif

static _Thread_local float_environment host_environment;
static _Thread_local int host_cancel_state;
static _Thread_local bool inside;

bool gan_float_enter(void)
{
    if (inside) return false;
    host_cancel_state = gan_cancel_enter();
    host_environment = get_environment();
    set_library_environment();
    inside = true;
    return true;
}

void gan_float_leave(const bool *entered)
{
    if (!*entered) return;
    inside = false;
    set_environment(&host_environment);
    gan_cancel_leave(&host_cancel_state);
}

bool gan_host_enter(void)
{
    const bool was_inside = inside;

    gan_float_leave(&was_inside);
    return was_inside;
}

void gan_host_leave(const bool *was_inside)
{
    if (*was_inside) gan_float_enter();
}
