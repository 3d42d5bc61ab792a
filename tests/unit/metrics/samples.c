#include "samples.h"
#include "support/splitmix.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

/* Number i of a stream. */
static uint64_t hash(uint64_t stream, uint64_t i)
{
    return test_splitmix((stream << 32) + i + 1);
}

static double nearly_normal(uint64_t stream, int64_t i)
{
    const uint64_t x = hash(stream, (uint64_t)i);
    int64_t total = -131070;
    for (int k = 0; k < 4; k++) total += (int64_t)(x >> (16 * k) & 0xFFFF);
    return (double)total / 32768.0;
}

float *test_features(uint64_t stream, int64_t count, int64_t dimensions, int64_t dead)
{
    float *out = malloc((size_t)(count * dimensions) * sizeof(float));
    assert_non_null(out);
    for (int64_t i = 0; i < count; i++) {
        const double common = nearbyint(nearly_normal(stream + 1, i) * 512);
        for (int64_t j = 0; j < dimensions; j++) {
            const double own = nearbyint(nearly_normal(stream, i * dimensions + j) * 1024);
            const double x = (own + common * (double)(j % 3)) / 1024 * ldexp(1, -(int)(j % 4)) + (double)j / 8;
            out[i * dimensions + j] = j >= dimensions - dead ? 0.5f : (float)(x + (stream >= TEST_FAKE ? 0.25 : 0));
        }
    }
    return out;
}

void test_probabilities(float *out)
{
    for (int64_t i = 0; i < TEST_PROBABILITIES; i++) {
        double x[TEST_CLASSES], sum = 0;
        for (int64_t k = 0; k < TEST_CLASSES; k++) {
            x[k] = nearly_normal(200, i * TEST_CLASSES + k);
            x[k] = i % 7 == 0 && k == 3 ? 0 : x[k] * x[k];
            if (k == i * i % TEST_CLASSES) x[k] += 8;
            sum += x[k];
        }
        for (int64_t k = 0; k < TEST_CLASSES; k++) out[i * TEST_CLASSES + k] = (float)(x[k] / sum);
    }
}

void test_labels(int32_t *out)
{
    for (uint64_t i = 0; i < TEST_LABELS; i++) {
        const uint64_t a = hash(300, 2 * i) % (TEST_MODES - 1), b = hash(300, 2 * i + 1) % (TEST_MODES - 1);
        out[i] = (int32_t)(a < b ? a : b);
    }
}

void test_mixture(float *samples, float *centres, float *deviation)
{
    static const float points[2 * TEST_CENTRES] = {0, 0, 1, 0, 2, 0, 0, 1, 2, 1, 0, 2, 1, 2, 2, 2};
    for (int i = 0; i < 2 * TEST_CENTRES; i++) centres[i] = points[i];
    for (int64_t i = 0; i < TEST_MIXTURE; i++) {
        const double spread = i % 5 == 0 ? 0.5 : 0.0625;
        for (int64_t j = 0; j < 2; j++) {
            samples[2 * i + j] =
                (float)((double)points[2 * (i * i % 6) + j] + nearly_normal(400, 2 * i + j) * spread);
        }
    }
    *deviation = 0.0625f;
}

void test_near(const char *what, double actual, double expected, double tolerance)
{
    if (fabs(actual - expected) <= tolerance * fmax(1, fabs(expected))) return;
    print_error("%s is %.17g, expected %.17g within %g\n", what, actual, expected, tolerance);
    fail();
}
