/* Indexes of names. */
#include "core/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { MOST = 2000, LENGTH = 16 };

static const char *name_at(const void *of, uint32_t number)
{
    return ((const char(*)[LENGTH])of)[number];
}

static void test_find(void **state)
{
    static char texts[MOST][LENGTH];
    static gan_name rows[MOST];
    (void)state;
    for (int count = 0; count <= MOST; count = 3 * count + 1) {
        gan_names names = {name_at, texts, rows, 0};
        char other[LENGTH];
        for (int i = 0; i < count; i++) {
            snprintf(texts[i], LENGTH, "%d", i * 7919 % 100003);
            gan_names_add(&names, (uint32_t)i);
        }
        assert_null(gan_names_sort(&names));
        for (int i = 0; i < count; i++) {
            assert_int_equal(gan_names_find(&names, texts[i]), i);
            snprintf(other, sizeof(other), "%.*s ", LENGTH - 2, texts[i]);
            assert_int_equal(gan_names_find(&names, other), -1);
        }
        assert_int_equal(gan_names_find(&names, ""), -1);
    }
}

/* Names of one hash: "costarring" and "liquid", "declinate" and "macallums" (FNV-1a of 32 bits). */
static void test_equal_hashes(void **state)
{
    static const char texts[][LENGTH] = {"costarring", "macallums", "liquid", "declinate"};
    gan_name rows[5];
    gan_names names = {name_at, texts, rows, 0};
    (void)state;
    for (uint32_t i = 0; i < 4; i++) gan_names_add(&names, i);
    assert_int_equal(rows[0].hash, rows[2].hash);
    assert_int_equal(rows[1].hash, rows[3].hash);
    assert_null(gan_names_sort(&names));
    for (uint32_t i = 0; i < 4; i++) assert_int_equal(gan_names_find(&names, texts[i]), i);
}

static void test_twice(void **state)
{
    static const char texts[][LENGTH] = {"a", "costarring", "b", "liquid", "b"};
    gan_name rows[5];
    gan_names names = {name_at, texts, rows, 0};
    (void)state;
    for (uint32_t i = 0; i < 5; i++) gan_names_add(&names, i);
    assert_string_equal(gan_names_sort(&names), "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_find), cmocka_unit_test(test_equal_hashes),
                                       cmocka_unit_test(test_twice)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
