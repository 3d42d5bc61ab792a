/* Dropout against its definition by Philox words, the same on every CPU level. */
#include "kernels/compare.h"
#include "kernels/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const gan_random_state random_state = {.seed = 0x123456789abcdef0, .stream = 77, .counter = 0xfffffff0};

/* Values come in groups of 256: 64 with word 0 of 64 consecutive counters, 64 with word 1 and so on. */
static bool kept(gan_random_state at, int64_t i, gan_real rate)
{
    uint32_t words[4];
    at.counter += (uint64_t)(i / 256 * 64 + i % 64);
    gan_philox(at, words);
    return (double)(words[i % 256 / 64] >> 1) >= floor((double)rate * 2147483648.0);
}

static void definition_on(gan_context *context, const char *name)
{
    static const double rates[] = {0, 0.1, 0.5, 0.999};
    for (const int64_t *size = test_sizes; *size; size++) {
        int64_t count = *size;
        gan_real rate = (gan_real)rates[count % 4];
        uint64_t seed = (uint64_t)count;
        gan_real *x = test_random_array(&seed, count);
        test_guarded y = test_guarded_create(count);
        gan_dropout(context, count, rate, random_state, x, y.values);
        for (int64_t i = 0; i < count; i++) {
            double expected = kept(random_state, i, rate) ? (double)x[i] / (1 - (double)rate) : 0;
            test_close(name, "dropout", i, (double)y.values[i], expected, 2 * TEST_EPSILON * fabs(expected));
        }
        gan_dropout(context, count, rate, random_state, x, x);
        test_same_bits(name, "dropout in place", x, y.values, count);
        test_guarded_check(&y, "dropout");
        free(x);
    }
}

static void test_definition(void **state)
{
    (void)state;
    test_on_level(definition_on);
}

/* The share that is kept, and the independence of neighbours, within 5 standard deviations. */
static void test_statistics(void **state)
{
    (void)state;
    enum { COUNT = 1 << 18 };
    static gan_real ones[COUNT], y[COUNT];
    gan_context *context = NULL;
    assert_int_equal(gan_context_create(NULL, &context), GAN_OK);
    for (int i = 0; i < COUNT; i++) ones[i] = 1;
    for (int tenth = 1; tenth < 10; tenth++) {
        double rate = tenth / 10.0, keep = 1 - rate, pairs = keep * keep;
        int64_t single = 0, both = 0;
        gan_random_state at = {.seed = (uint64_t)tenth};
        gan_dropout(context, COUNT, (gan_real)rate, at, ones, y);
        for (int i = 0; i < COUNT; i++) {
            single += y[i] > 0;
            both += y[i] > 0 && y[(i + 1) % COUNT] > 0;
        }
        test_close("dropout", "share kept", tenth, (double)single / COUNT, keep, 5 * sqrt(keep * rate / COUNT));
        test_close("dropout", "share of pairs kept", tenth, (double)both / COUNT, pairs,
                   5 * sqrt(3 * pairs * (1 - pairs) / COUNT));
    }
    gan_context_destroy(context);
}

static void same_bits_on(gan_context *const contexts[3], const char *name)
{
    enum { COUNT = 100003 };
    static gan_real y[3][COUNT];
    uint64_t seed = 3;
    gan_real *x = test_random_array(&seed, COUNT);
    for (int t = 0; t < 3; t++) {
        gan_dropout(contexts[t], COUNT, (gan_real)0.3, random_state, x, y[t]);
        test_same_bits(name, "dropout", y[0], y[t], COUNT);
    }
    free(x);
}

static void test_any_number_of_threads(void **state)
{
    (void)state;
    test_on_threads(same_bits_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_definition),
        cmocka_unit_test(test_statistics),
        cmocka_unit_test(test_any_number_of_threads),
    };
    return cmocka_run_group_tests_name("dropout", tests, NULL, NULL);
}
