/* Halves, bfloat16 and doubles: every value of 16 bits against its definition, rounding between all neighbours. */
#include "io/io.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

typedef struct half {
    gan_safetensors_type type;
    int exponent, mantissa; /* bits */
} half;

static const half halves[] = {{GAN_SAFETENSORS_F16, 5, 10}, {GAN_SAFETENSORS_BF16, 8, 7}};

/* (-1)^s 2^(e - bias) (1 + m / 2^bits), and without the 1 at e = 0; infinite or NaN at the largest e. */
static double defined_as(half of, uint32_t bits)
{
    const int bias = (1 << (of.exponent - 1)) - 1, largest = (1 << of.exponent) - 1;
    const int e = (int)(bits >> of.mantissa) & largest;
    const double m = (double)(bits & ((1U << of.mantissa) - 1)), one = ldexp(1, of.mantissa);
    const double sign = bits >> 15 ? -1 : 1;

    if (e == largest) return m > 0 ? (double)NAN : sign * (double)INFINITY;
    return sign * ldexp(e > 0 ? one + m : m, (e > 0 ? e : 1) - bias - of.mantissa);
}

static float read_value(half of, uint32_t bits)
{
    const unsigned char bytes[2] = {(unsigned char)bits, (unsigned char)(bits >> 8)};
    float value;
    gan_floats_from_bytes(of.type, bytes, 1, &value);
    return value;
}

static uint32_t write_value(half of, float value)
{
    unsigned char bytes[4];
    assert_int_equal(gan_floats_to_bytes(of.type, &value, 1), -1);
    memcpy(bytes, &value, 4);
    return bytes[0] | (uint32_t)bytes[1] << 8;
}

static void check_same(double a, double b)
{
    assert_true(isnan(a) ? isnan(b) : a == b && !signbit(a) == !signbit(b));
}

static void test_every_value(void **state)
{
    (void)state;
    for (size_t h = 0; h < 2; h++) {
        for (uint32_t bits = 0; bits < 65536; bits++) {
            const float value = read_value(halves[h], bits);
            check_same((double)value, defined_as(halves[h], bits));
            const uint32_t again = write_value(halves[h], value);
            if (isnan(value)) {
                assert_true(isnan(read_value(halves[h], again)));
            } else {
                assert_int_equal(again, bits);
            }
        }
    }
}

/* Between two neighbours: halfway to the even one, else to the nearer. */
static void test_rounding_between_neighbours(void **state)
{
    (void)state;
    for (size_t h = 0; h < 2; h++) {
        const half of = halves[h];
        const uint32_t infinity = ((1U << of.exponent) - 1) << of.mantissa;
        for (uint32_t bits = 0; bits + 1 < infinity; bits++) {
            const double low = defined_as(of, bits), high = defined_as(of, bits + 1);
            const float middle = (float)(low + (high - low) / 2);
            for (uint32_t sign = 0; sign < 2; sign++) {
                const float toward = sign ? -1.0f : 1.0f;
                assert_int_equal(write_value(of, toward * middle), (bits + (bits & 1)) | sign << 15);
                assert_int_equal(write_value(of, toward * nextafterf(middle, 0)), bits | sign << 15);
                assert_int_equal(write_value(of, toward * nextafterf(middle, FLT_MAX)), (bits + 1) | sign << 15);
            }
        }
    }
}

/* What a type cannot hold is refused, and left as it is. */
static void test_too_large(void **state)
{
    float values[] = {1, -2, 65520, 4}, fits[] = {nextafterf(65520, 0), -INFINITY, 0x1p-26f, 0x1p-25f, -0.0f};
    const uint16_t expected[] = {0x7bff, 0xfc00, 0, 0, 0x8000};
    float large[] = {0x1.fep127f, 0x1.feffp127f, 0x1.ffp127f};

    (void)state;
    assert_int_equal(gan_floats_to_bytes(GAN_SAFETENSORS_F16, values, 4), 2);
    assert_true(values[2] == 65520 && values[3] == 4);
    assert_int_equal(gan_floats_to_bytes(GAN_SAFETENSORS_F16, fits, 5), -1);
    for (int i = 0; i < 5; i++) {
        unsigned char bytes[2];
        memcpy(bytes, (unsigned char *)fits + 2 * i, 2);
        assert_int_equal(bytes[0] | bytes[1] << 8, expected[i]);
    }
    assert_int_equal(gan_floats_to_bytes(GAN_SAFETENSORS_BF16, large, 3), 2);
}

/* As the machine rounds them, in the environment of the test: denormal numbers included. */
static void test_doubles(void **state)
{
    static const double edges[] = {0,        -0.0,      1,          FLT_MAX,         0x1.ffffffp127, 0x1.fffffefp127,
                                   DBL_MAX,  DBL_MIN,   0x1p-149,   0x1p-150,        0x1.8p-149,     0x1.000001p-150,
                                   FLT_MIN,  0x1p-1074, -0x1p-1074, 0x1.fffffep-127, INFINITY,       -INFINITY,
                                   0x1p-126, NAN};
    uint64_t random = 1;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        double value;
        uint64_t bits;
        unsigned char bytes[8];
        float rounded;
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        bits = random ^ random >> 29;
        if (i % 2)
            bits = (bits & UINT64_C(0x800fffffffffffff)) | (UINT64_C(860) + bits % 300) << 52; /* near floats */
        if (i < (int)(sizeof(edges) / sizeof(*edges))) memcpy(&bits, &edges[i], 8);
        memcpy(&value, &bits, 8);
        for (int b = 0; b < 8; b++) bytes[b] = (unsigned char)(bits >> (8 * b));
        const int64_t beyond = gan_floats_from_bytes(GAN_SAFETENSORS_F64, bytes, 1, &rounded);
        assert_int_equal(beyond, isfinite(value) && isinf((float)value) ? 0 : -1);
        check_same((double)rounded, (double)(float)value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_value),
        cmocka_unit_test(test_rounding_between_neighbours),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_doubles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
