/* Numbers as text; tests/unit/io/test_history.c tests them in other locales. */
#include "core/core.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* ---- Exactly ----------------------------------------------------------------------------------------------------
 */

static void check_exact(double value, const char *expected)
{
    char text[GAN_NUMBER_TEXT];
    double parsed = 7;
    const size_t length = gan_number_print_exactly(text, value);
    assert_int_equal(length, strlen(text));
    if (expected) assert_string_equal(text, expected);
    if (!gan_number_parse(text, length, &parsed) || memcmp(&parsed, &value, sizeof(value)) != 0)
        fail_msg("%a is %s, read as %a", value, text, parsed);
}

static void test_exact(void **state)
{
    (void)state;
    check_exact(0, "0.0");
    check_exact(-0.0, "-0.0");
    check_exact(1, "1.0");
    check_exact(-2.5, "-2.5");
    check_exact(0.1, "0.1");
    check_exact((double)0.1f, "0.10000000149011612");
    check_exact((double)1e-5f, "9.999999747378752e-6");
    check_exact(1e22, "1e22");
    check_exact(1e100, "1e100");
    check_exact(1.5e-10, "1.5e-10");
    check_exact(5e-324, "5e-324");
    check_exact(DBL_MIN, "2.2250738585072014e-308");
    check_exact(DBL_MAX, "1.7976931348623157e308");
    check_exact((double)FLT_MAX, "3.4028234663852886e38");
    check_exact(9007199254740993.0, "9007199254740992.0");
}

/* All bits survive, for doubles of every size. */
static void test_exact_at_random(void **state)
{
    gan_random_state random = {.seed = 1, .stream = GAN_STREAM_USER};
    (void)state;
    for (int i = 0; i < 20000; i++) {
        const uint64_t bits = gan_random_below(&random, UINT64_MAX);
        double value;
        memcpy(&value, &bits, sizeof(value));
        if (isfinite(value)) check_exact(value, NULL);
    }
}

/* ---- Parsing ----------------------------------------------------------------------------------------------------
 */

static void check_parse(const char *text, bool good, double expected)
{
    double parsed = 7;
    if (gan_number_parse(text, strlen(text), &parsed) != good)
        fail_msg("%.100s: %s", text, good ? "refused" : "read");
    if (!good) expected = 7;
    if (memcmp(&parsed, &expected, sizeof(parsed)) != 0 && !(isnan(parsed) && isnan(expected)))
        fail_msg("%.100s is %a, expected %a", text, parsed, expected);
}

static void test_parse(void **state)
{
    static const char *const bad[] = {"",      "-",     ".",     "-.",       "e5",  "1e",   "1e+",  "1..2",
                                      "1.2.3", "0x1p3", "1 ",    " 1",       "1,5", "na",   "nan1", "INF",
                                      "1f",    "--1",   "1e5.0", "infinity", "+",   "1e++5"};
    (void)state;
    check_parse("12", true, 12);
    check_parse("+12.", true, 12);
    check_parse("-.5", true, -0.5);
    check_parse("00012.50e01", true, 125);
    check_parse("1E-2", true, 0.01);
    check_parse("-0", true, -0.0);
    check_parse("0e99999999999999999999", true, 0);
    check_parse("1e-99999999999999999999", true, 0);
    check_parse("-1e-400", true, -0.0);
    check_parse("nan", true, NAN);
    check_parse("inf", true, INFINITY);
    check_parse("-inf", true, -INFINITY);
    check_parse("1e309", false, 0);
    check_parse("1e99999999999999999999", false, 0);
    check_parse("1.7976931348623159e308", false, 0); /* rounds to infinity */
    check_parse("1.7976931348623158e308", true, DBL_MAX);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) check_parse(bad[i], false, 0);
}

/* Of any length, rounded once: the middle of 1 and the next double, and what is just above and below it. */
static void test_long(void **state)
{
    static const char middle[] = "1.00000000000000011102230246251565404236316680908203125";
    enum { ZEROS = 1200 };
    static char text[2 * ZEROS + 100];
    (void)state;
    check_parse(middle, true, 1);
    snprintf(text, sizeof(text), "%s%0*d1", middle, ZEROS, 0);
    check_parse(text, true, 1 + DBL_EPSILON);
    snprintf(text, sizeof(text), "%s%0*d", middle, ZEROS, 0);
    check_parse(text, true, 1);
    snprintf(text, sizeof(text), "1.0000000000000001110223024625156540423631668090820312%0*d", ZEROS, 9);
    check_parse(text, true, 1);
    snprintf(text, sizeof(text), "0.%0*d25e%d", ZEROS, 0, ZEROS);
    check_parse(text, true, 0.25);
    snprintf(text, sizeof(text), "25%0*de-%d", ZEROS, 0, ZEROS + 2);
    check_parse(text, true, 0.25);
    snprintf(text, sizeof(text), "%0*d.5", ZEROS, 3);
    check_parse(text, true, 3.5);
    /* Exactly `length` characters, whatever follows. */
    double parsed;
    assert_true(gan_number_parse("12345", 2, &parsed) && parsed == 12);
    assert_false(gan_number_parse("12", 0, &parsed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact),
        cmocka_unit_test(test_exact_at_random),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
