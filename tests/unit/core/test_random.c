/* Random numbers: known answers, ranges, moments, and that numbers depend only on their position. Built in float and
 * in double. */
#include "core/core.h"
#include "support/allocator.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#ifdef GAN_REAL_IS_DOUBLE
#define UNIFORMS_PER_BLOCK 2
#define TOLERANCE          1e-14
#else
#define UNIFORMS_PER_BLOCK 4
#define TOLERANCE          2e-6
#endif

#define MANY 262144

static void check_block(uint64_t seed, uint64_t stream, uint64_t counter, const uint32_t expected[4])
{
    uint32_t words[4] = {0};

    gan_philox((gan_random_state){seed, stream, counter}, words);
    assert_memory_equal(words, expected, sizeof(words));
}

/* The known answers published with Random123. */
static void test_philox(void **state)
{
    (void)state;
    check_block(0, 0, 0, (uint32_t[]){0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    check_block(UINT64_MAX, UINT64_MAX, UINT64_MAX, (uint32_t[]){0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    check_block(UINT64_C(0x299f31d0a4093822), UINT64_C(0x0370734413198a2e), UINT64_C(0x85a308d3243f6a88),
                (uint32_t[]){0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

/* Computed from the definitions in double precision, by a short program in another language. */
static const double normals[] = {1.065150880397961,   -0.8175247203520556, -0.658450371399801,  1.132865740964072,
                                 -0.3286256696531599, 0.32765787805008223, 0.49325451580886626, 0.9540148240365031};
#ifdef GAN_REAL_IS_DOUBLE
static const double uniforms[] = {0.4059819683655663, 0.42380965997786146, 0.8979173452535725, 0.5617366398624272};
#else
static const double uniforms[] = {0.40598195791244507, 0.8958139419555664, 0.42380964756011963, 0.33379507064819336,
                                  0.8979173302650452,  0.3752346634864807, 0.5617365837097168,  0.17405462265014648};
#endif

static void test_known_numbers(void **state)
{
    gan_random_state random = {42, 7, 0};
    gan_real out[8];

    (void)state;
    gan_fill_normal(&random, out, 8, 0, 1);
    for (int i = 0; i < 8; i++) assert_true(fabs((double)out[i] - normals[i]) < TOLERANCE);
    random.counter = 0;
    gan_fill_normal(&random, out, 8, 3, 2);
    for (int i = 0; i < 8; i++) assert_true(fabs((double)out[i] - (3 + 2 * normals[i])) < 4 * TOLERANCE);

    random.counter = 0;
    gan_fill_uniform(&random, out, 2 * UNIFORMS_PER_BLOCK, 0, 1);
    for (int i = 0; i < 2 * UNIFORMS_PER_BLOCK; i++) assert_true((double)out[i] == uniforms[i]);
    random.counter = 0;
    gan_fill_uniform(&random, out, 2 * UNIFORMS_PER_BLOCK, -2, 6);
    for (int i = 0; i < 2 * UNIFORMS_PER_BLOCK; i++) {
        assert_true(fabs((double)out[i] - (8 * uniforms[i] - 2)) < 4 * TOLERANCE);
    }
}

/* The third word of these blocks, from which a radius is made, is 0 and UINT32_MAX. */
static void test_normal_of_extreme_words(void **state)
{
    gan_random_state zero = {0, 0, UINT64_C(3230741590)}, ones = {0, 0, UINT64_C(2024541361)};
    uint32_t words[4];
    gan_real out[4];

    (void)state;
    gan_philox(zero, words);
    assert_int_equal(words[2], 0);
    gan_fill_normal(&zero, out, 4, 0, 1);
    assert_true(fabs(hypot((double)out[2], (double)out[3]) - sqrt(64 * log(2))) < 1e-5);

    gan_philox(ones, words);
    assert_int_equal(words[2], UINT32_MAX);
    gan_fill_normal(&ones, out, 4, 0, 1);
    assert_true(out[2] == 0 && out[3] == 0);
}

typedef void (*fill_fn)(gan_random_state *state, gan_real *out, int64_t count, gan_real a, gan_real b);

/* Each count moves the counter by whole blocks, and its numbers are the first of a larger count's. */
static void check_places(fill_fn fill, uint64_t per_block)
{
    static gan_real all[200], some[201];
    gan_random_state random = {5, 6, UINT32_MAX - 3}; /* the carry into the second word is among them */

    fill(&random, all, 200, 0, 1);
    for (uint64_t count = 0; count <= 200; count++) {
        gan_random_state at = {5, 6, UINT32_MAX - 3};
        some[count] = 77;
        fill(&at, some, (int64_t)count, 0, 1);
        assert_memory_equal(some, all, count * sizeof(*all));
        assert_true(some[count] == 77);
        assert_int_equal(at.counter, UINT32_MAX - 3 + (count + per_block - 1) / per_block);
        assert_int_equal(at.seed, 5);
        assert_int_equal(at.stream, 6);

        /* and what follows does not depend on where the call was cut */
        const uint64_t blocks = at.counter - (UINT32_MAX - 3);
        if (blocks * per_block > 200) continue;
        fill(&at, some, (int64_t)(200 - blocks * per_block), 0, 1);
        assert_memory_equal(some, all + blocks * per_block, (200 - blocks * per_block) * sizeof(*all));
    }
}

static void test_places(void **state)
{
    (void)state;
    check_places(gan_fill_normal, 4);
    check_places(gan_fill_uniform, UNIFORMS_PER_BLOCK);
}

static gan_real *many_numbers(fill_fn fill, uint64_t seed, uint64_t stream, gan_real a, gan_real b)
{
    gan_random_state random = {seed, stream, 0};
    gan_real *out = malloc(MANY * sizeof(*out));

    assert_non_null(out);
    fill(&random, out, MANY, a, b);
    return out;
}

static double mean_power(const gan_real *x, double centre, int power)
{
    double sum = 0;

    for (int i = 0; i < MANY; i++) sum += pow((double)x[i] - centre, power);
    return sum / MANY;
}

/* Mean of x_i y_(i + lag) about the centre. */
static double mean_product(const gan_real *x, const gan_real *y, double centre, int lag)
{
    double sum = 0;

    for (int i = 0; i + lag < MANY; i++) sum += ((double)x[i] - centre) * ((double)y[i + lag] - centre);
    return sum / MANY;
}

/* Bounds of five standard deviations of each estimate. */
static double five_sigma(double variance)
{
    return 5 * sqrt(variance / MANY);
}

static void test_normal_moments(void **state)
{
    gan_real *x = many_numbers(gan_fill_normal, 1, 0, 0, 1);
    double largest = 0;

    (void)state;
    assert_true(fabs(mean_power(x, 0, 1)) < five_sigma(1));
    assert_true(fabs(mean_power(x, 0, 2) - 1) < five_sigma(2));
    assert_true(fabs(mean_power(x, 0, 3)) < five_sigma(15));
    assert_true(fabs(mean_power(x, 0, 4) - 3) < five_sigma(96));
    for (int lag = 1; lag <= 4; lag++) assert_true(fabs(mean_product(x, x, 0, lag)) < five_sigma(1));
    for (int i = 0; i < MANY; i++)
        if (!(fabs((double)x[i]) <= largest)) largest = fabs((double)x[i]);
    assert_true(largest > 4 && largest < 6.7);
    free(x);
}

static void test_uniform_moments(void **state)
{
    gan_real *x = many_numbers(gan_fill_uniform, 1, 0, 0, 1);
    int bins[64] = {0};
    double chi_square = 0;

    (void)state;
    assert_true(fabs(mean_power(x, 0.5, 1)) < five_sigma(1.0 / 12));
    assert_true(fabs(mean_power(x, 0.5, 2) - 1.0 / 12) < five_sigma(1.0 / 180));
    for (int lag = 1; lag <= 4; lag++) assert_true(fabs(mean_product(x, x, 0.5, lag)) < five_sigma(1.0 / 144));
    for (int i = 0; i < MANY; i++) {
        assert_true(x[i] >= 0 && x[i] < 1);
        bins[(int)(x[i] * 64)]++;
    }
    for (int i = 0; i < 64; i++) chi_square += pow(bins[i] - MANY / 64, 2) / (MANY / 64);
    assert_true(chi_square > 25 && chi_square < 125); /* 63 degrees of freedom: mean 63, deviation 11.2 */
    free(x);
}

static void test_streams_and_seeds_are_independent(void **state)
{
    gan_real *x = many_numbers(gan_fill_normal, 1, 0, 0, 1);
    gan_real *stream = many_numbers(gan_fill_normal, 1, 1, 0, 1);
    gan_real *seed = many_numbers(gan_fill_normal, 2, 0, 0, 1);

    (void)state;
    assert_true(fabs(mean_product(x, stream, 0, 0)) < five_sigma(1));
    assert_true(fabs(mean_product(x, seed, 0, 0)) < five_sigma(1));
    assert_true(fabs(mean_product(stream, seed, 0, 0)) < five_sigma(1));
    free(x);
    free(stream);
    free(seed);
}

/* There are so few values between these that rounding often reaches the upper one. */
static void test_uniform_never_reaches_high(void **state)
{
#ifdef GAN_REAL_IS_DOUBLE
    const gan_real low = 0x1p53, high = 0x1p53 + 8;
#else
    const gan_real low = 0x1p24f, high = 0x1p24f + 8;
#endif
    gan_random_state random = {1, 2, 3};
    gan_real out[4096];
    int largest = 0;

    (void)state;
    gan_fill_uniform(&random, out, 4096, low, high);
    for (int i = 0; i < 4096; i++) {
        assert_true(out[i] >= low && out[i] < high);
        largest += out[i] == high - 2;
    }
    assert_true(largest > 1024); /* the last of the five values takes what rounds to it and to high */
    gan_fill_uniform(&random, out, 3, low, low);
    assert_true(out[0] == low && out[1] == low && out[2] == low);
}

static void test_below(void **state)
{
    gan_random_state random = {9, 8, 0};
    int bins[7] = {0};
    double chi_square = 0;

    (void)state;
    for (int i = 0; i < 10; i++) assert_int_equal(gan_random_below(&random, 1), 0);
    for (int i = 0; i < 70000; i++) {
        const uint64_t value = gan_random_below(&random, 7);
        assert_true(value < 7);
        bins[value]++;
    }
    for (int i = 0; i < 7; i++) chi_square += pow(bins[i] - 10000, 2) / 10000;
    assert_true(chi_square < 25); /* 6 degrees of freedom: mean 6, deviation 3.5 */
}

/* Close to half of all words are drawn again for this bound; otherwise, small values would be twice as frequent. */
static void test_below_large_bounds(void **state)
{
    const uint64_t bound = (UINT64_C(1) << 63) + 1;
    gan_random_state random = {9, 8, 0};
    int lower_half = 0;

    (void)state;
    for (int i = 0; i < 10000; i++) {
        const uint64_t value = gan_random_below(&random, bound);
        assert_true(value < bound);
        lower_half += value < bound / 2;
    }
    assert_true(abs(lower_half - 5000) < 250);
    assert_true(random.counter > 19000 && random.counter < 21000);

    random.counter = 0;
    assert_true(gan_random_below(&random, UINT64_MAX) < UINT64_MAX);
    assert_int_equal(random.counter, 1);
}

/* ---- The handle --------------------------------------------------------------------------------------------- */

static gan_context *create_context(void)
{
    gan_context *context = NULL;

    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 1), &context), GAN_OK);
    return context;
}

static void test_handle_gives_the_same_numbers(void **state)
{
    gan_context *context = create_context();
    gan_random *random = NULL;
    gan_random_state at = {42, 7, 0}, moved = {0};
    gan_real expected[1003];
    float out[1003];

    (void)state;
    assert_int_equal(gan_random_create(context, 42, 7, &random), GAN_OK);
    gan_context_destroy(context); /* the handle keeps it alive */

    gan_fill_normal(&at, expected, 1003, 0, 1);
    assert_int_equal(gan_random_normal(random, out, 1003), GAN_OK);
    for (int i = 0; i < 1003; i++) assert_true(out[i] == (float)expected[i]);
    assert_int_equal(gan_random_get_state(random, &moved), GAN_OK);
    assert_memory_equal(&moved, &at, sizeof(at));

    gan_fill_uniform(&at, expected, 1003, 0, 1);
    assert_int_equal(gan_random_uniform(random, out, 1003), GAN_OK);
    for (int i = 0; i < 1003; i++) assert_true(out[i] == (float)expected[i] && out[i] < 1);
    gan_random_destroy(random);
}

static void test_handle_goes_back(void **state)
{
    gan_context *context = create_context();
    gan_random *random = NULL;
    gan_random_state saved;
    float first[9], second[9];

    (void)state;
    assert_int_equal(gan_random_create(context, 1, 2, &random), GAN_OK);
    assert_int_equal(gan_random_normal(random, first, 3), GAN_OK);
    assert_int_equal(gan_random_get_state(random, &saved), GAN_OK);
    assert_int_equal(gan_random_normal(random, first, 9), GAN_OK);
    assert_int_equal(gan_random_set_state(random, saved), GAN_OK);
    assert_int_equal(gan_random_normal(random, second, 9), GAN_OK);
    assert_memory_equal(first, second, sizeof(first));
    gan_random_destroy(random);
    gan_context_destroy(context);
}

static void test_null(void **state)
{
    gan_context *context = create_context();
    gan_random *random = NULL;
    gan_random_state at;
    float out[1];

    (void)state;
    assert_int_equal(gan_random_create(NULL, 0, 0, &random), GAN_ERROR_NULL);
    assert_int_equal(gan_random_create(context, 0, 0, NULL), GAN_ERROR_NULL);
    assert_null(random);
    assert_int_equal(gan_random_create(context, 0, 0, &random), GAN_OK);
    assert_int_equal(gan_random_normal(NULL, out, 1), GAN_ERROR_NULL);
    assert_int_equal(gan_random_normal(random, NULL, 1), GAN_ERROR_NULL);
    assert_int_equal(gan_random_uniform(NULL, out, 1), GAN_ERROR_NULL);
    assert_int_equal(gan_random_uniform(random, NULL, 1), GAN_ERROR_NULL);
    assert_int_equal(gan_random_get_state(NULL, &at), GAN_ERROR_NULL);
    assert_int_equal(gan_random_get_state(random, NULL), GAN_ERROR_NULL);
    assert_int_equal(gan_random_set_state(NULL, (gan_random_state){0}), GAN_ERROR_NULL);
    gan_random_destroy(NULL);
    gan_random_destroy(random);
    gan_context_destroy(context);
}

static gan_status create_random(gan_context *context, void *user)
{
    gan_random *random = NULL;
    const gan_status status = gan_random_create(context, 1, 2, &random);

    (void)user;
    if (status != GAN_OK) assert_null(random);
    gan_random_destroy(random);
    return status;
}

static void test_without_memory(void **state)
{
    (void)state;
    assert_int_equal(test_every_allocation_fails(create_random, NULL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_philox),
        cmocka_unit_test(test_known_numbers),
        cmocka_unit_test(test_normal_of_extreme_words),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_normal_moments),
        cmocka_unit_test(test_uniform_moments),
        cmocka_unit_test(test_streams_and_seeds_are_independent),
        cmocka_unit_test(test_uniform_never_reaches_high),
        cmocka_unit_test(test_below),
        cmocka_unit_test(test_below_large_bounds),
        cmocka_unit_test(test_handle_gives_the_same_numbers),
        cmocka_unit_test(test_handle_goes_back),
        cmocka_unit_test(test_null),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
