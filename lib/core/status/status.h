/* Statuses and the sentences of failures, options and reports of structs that grow, sizes and shapes. All of the
 * library includes this. */
#ifndef GAN_CORE_STATUS_H
#define GAN_CORE_STATUS_H

/* Divergence shows as NaN and infinity, and sums have a fixed order: results would be wrong without a word. */
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__) || \
    defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__)
#error "libgan cannot be compiled with -ffast-math, -Ofast or what they consist of"
#endif

#include "core/platform/platform.h"
#include "libgan.h"

#include <stdarg.h>
#include <string.h>

/* ---- Status (status.c) ------------------------------------------------------------------------------------- */

#define GAN_SENTENCE 512 /* bytes of the longest sentence, with its terminator */
/* Failures in this thread so far. While it stays the same, so does the sentence of the last one. */
uint64_t gan_failure_count(void);

/* What always holds, whatever a caller, a file or the system does: it guards nothing, but analyzers are told, and
 * builds with UndefinedBehaviorSanitizer check it. */
#ifdef GAN_CHECK_INVARIANTS
#define GAN_INVARIANT(condition) ((condition) ? (void)0 : __builtin_unreachable())
#else
#define GAN_INVARIANT(condition) ((void)sizeof(condition))
#endif

/* Stores the sentence for gan_last_error() and returns `status`, which is not GAN_OK. */
gan_status gan_fail(gan_status status, const char *format, ...) GAN_PRINTF(2, 3);

/* The same for a failed system call: maps errno to a status and appends ": " and strerror to the sentence. */
gan_status gan_fail_errno(int error, const char *format, ...) GAN_PRINTF(2, 3);

/* A failure in one file, as analyzers, which read one file at a time, see it in others. */
static inline gan_status gan_failed(gan_status status)
{
    GAN_INVARIANT(status != GAN_OK);
    return status;
}
#define gan_fail(...)       gan_failed(gan_fail(__VA_ARGS__))
#define gan_fail_errno(...) gan_failed(gan_fail_errno(__VA_ARGS__))

/* Writes the system's text for an error number and returns it, for messages. */
#define GAN_ERRNO_TEXT 128
const char *gan_errno_text(int error, char text[GAN_ERRNO_TEXT]);

/* Returns from the caller when the expression is not GAN_OK. */
#define GAN_TRY(expression)                          \
    do {                                             \
        gan_status try_status = (expression);        \
        if (try_status != GAN_OK) return try_status; \
    } while (0)

/* Returns GAN_ERROR_NULL from the caller, naming the argument. */
#define GAN_CHECK_NOT_NULL(argument)                                                             \
    do {                                                                                         \
        if (!(argument)) return gan_fail(GAN_ERROR_NULL, "%s: %s is NULL", __func__, #argument); \
    } while (0)

/* Copies a caller's options into *known (known_size bytes), with zeros for what an older struct, or NULL, lacks. A
 * newer caller's extra bytes must be zero, else GAN_ERROR_VERSION. `what` names the struct. */
gan_status gan_options_read(void *known, size_t known_size, const void *given, const char *what);
/* GAN_ERROR_VERSION unless all bytes of an option struct's reserved field are 0: a newer header may have a use for
 * them. `what` names the struct. */
gan_status gan_check_reserved(const char *what, const void *reserved, size_t size);

/* How options and reports read floats: 0, or left out, means the default; GAN_ZERO means 0. */
static inline float gan_option(float value, float when_zero)
{
    uint32_t bits; /* denormals are equal to 0 in the library's environment; these tell them apart */

    memcpy(&bits, &value, sizeof(bits));
    if (bits << 1 == 0) return when_zero;
    return bits << 1 < (uint32_t)1 << 24 || value == GAN_ZERO ? 0.0f : value;
}

/* Copies a report to a caller whose struct may be older: min(struct_size, known_size) bytes, keeping the caller's
 * struct_size. `what` names the struct; a struct_size below sizeof(size_t) is GAN_ERROR_ARGUMENT. */
gan_status gan_report_check(const void *given, const char *what); /* the struct_size, before work is done */
gan_status gan_report_write(void *given, const void *known, size_t known_size, const char *what);

/* ---- Sizes (shape.c) --------------------------------------------------------------------------------------- */

/* product = a * b for a, b >= 0; false when it does not fit in int64_t. */
bool gan_checked_multiply(int64_t a, int64_t b, int64_t *product);
/* Whether memory could hold an array of so many elements. */
bool gan_array_fits(int64_t count, size_t element_size);
/* GAN_ERROR_OVERFLOW if it could not hold a caller's array; `name` is the argument's. */
gan_status gan_array_check(int64_t count, size_t element_size, const char *function, const char *name);

/* GAN_ERROR_SHAPE or GAN_ERROR_OVERFLOW unless rank and dimensions are valid; `what` names the shape. */
gan_status gan_shape_check(gan_shape shape, const char *what);
bool gan_shape_equal(gan_shape a, gan_shape b);

/* Writes "(1, 28, 28)" and returns the text, for messages. */
#define GAN_SHAPE_TEXT 160
const char *gan_shape_text(gan_shape shape, char text[GAN_SHAPE_TEXT]);

#endif
