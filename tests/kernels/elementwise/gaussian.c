/* Samples of Gaussian codes against their definition, on the numbers of the random state. */
#include "kernels/compare.h"
#include "kernels/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const gan_random_state random_state = {.seed = 5, .stream = 6, .counter = 70000};

static void check(const char *name, int64_t count, const gan_real *mean, const gan_real *log_variance,
                  const gan_real *y, const gan_real *kept)
{
    gan_random_state state = random_state;
    gan_real *n = malloc((size_t)count * sizeof(*n));
    assert_non_null(n);
    gan_fill_normal(&state, n, count, 0, 1);
    for (int64_t i = 0; i < count; i++) {
        const double added = exp((double)log_variance[i] / 2) * (double)n[i];
        test_close(name, "kept", i, (double)kept[i], added / 2, 4 * TEST_EPSILON * fabs(added));
        test_close(name, "y", i, (double)y[i], (double)mean[i] + added,
                   4 * TEST_EPSILON * (fabs(added) + fabs((double)mean[i])));
    }
    free(n);
}

static void sample_on(gan_context *const contexts[3], const char *name)
{
    for (int k = 0; test_sizes[k] > 0; k++) {
        const int64_t count = test_sizes[k];
        uint64_t seed = (uint64_t)k;
        gan_real *mean = test_random_array(&seed, count), *log_variance = test_random_array(&seed, count);
        gan_real *first = malloc((size_t)count * sizeof(*first));
        assert_non_null(first);
        for (int64_t i = 0; i < count; i++) log_variance[i] *= 8;
        for (int t = 0; t < 3; t++) {
            test_guarded y = test_guarded_create(count), kept = test_guarded_create(count);
            gan_sample_gaussian(contexts[t], count, random_state, mean, log_variance, y.values, kept.values);
            if (t == 0) {
                memcpy(first, y.values, (size_t)count * sizeof(*first));
                check(name, count, mean, log_variance, y.values, kept.values);
            }
            test_same_bits(name, "samples", first, y.values, count);
            test_guarded_check(&y, "y");
            test_guarded_check(&kept, "kept");
        }
        free(mean);
        free(log_variance);
        free(first);
    }
}

static void test_definition(void **state)
{
    (void)state;
    test_on_threads(sample_on);
}

/* No variance at all, one beyond all numbers, and NaN. */
static void extremes_on(gan_context *context, const char *name)
{
    const gan_real largest = sizeof(gan_real) == sizeof(float) ? 176 : 1418;
    const gan_real mean[] = {3, 3, 3, (gan_real)NAN, 3, 3, 3};
    const gan_real log_variance[] = {(gan_real)-INFINITY, (gan_real)INFINITY, (gan_real)NAN, 0, largest,
                                     largest + 2,         2 * largest};
    gan_real y[7], kept[7];
    gan_sample_gaussian(context, 7, random_state, mean, log_variance, y, kept);
    test_close(name, "without variance", 0, (double)y[0], 3, 0);
    assert_true(isinf((double)y[1]) && isnan((double)y[2]) && isnan((double)y[3]));
    assert_true(isfinite((double)kept[4]) && kept[4] != 0 && isinf((double)y[5]) && isinf((double)y[6]));
}

static void test_extremes(void **state)
{
    (void)state;
    test_on_level(extremes_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_definition), cmocka_unit_test(test_extremes)};
    return cmocka_run_group_tests_name("samples of Gaussian codes", tests, NULL, NULL);
}
