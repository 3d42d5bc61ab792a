#include "kernels/compare.h"

#include <math.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

const int64_t test_sizes[] = {1,   2,    3,     4,     5,     7,     8,     9,     15,     16,  17,
                              31,  32,   33,    63,    64,    65,    127,   128,   129,    255, 256,
                              257, 1000, 16383, 16384, 16385, 32767, 32768, 32769, 100003, 0};

void test_close(const char *name, const char *what, int64_t at, double actual, double expected, double tolerance)
{
    if (!(fabs(actual - expected) <= tolerance)) {
        fail_msg("%s, %s: value %d is %.10g, expected %.10g, which is %.3g away; allowed %.3g", name, what, (int)at,
                 actual, expected, fabs(actual - expected), tolerance);
    }
}

void test_same_bits(const char *name, const char *what, const gan_real *a, const gan_real *b, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        if (memcmp(a + i, b + i, sizeof(gan_real)) != 0) {
            fail_msg("%s, %s: value %d is %.10g in one and %.10g in the other", name, what, (int)i, (double)a[i],
                     (double)b[i]);
        }
    }
}
