/* JSON and UTF-8, as files hold them. */
#include "core/core.h"
#include "support/allocator.h"

#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

static gan_context *context;

static int setup(void **state)
{
    (void)state;
    return gan_context_create(GAN_CONTEXT(.threads = 1), &context) == GAN_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    gan_context_destroy(context);
    return 0;
}

static void check_text(const gan_json *value, unsigned flags, const char *expected)
{
    char *text = NULL;
    assert_int_equal(gan_json_write(value, flags, context, &text), GAN_OK);
    assert_string_equal(text, expected);
    gan_release_text(context, text);
}

/* {"b": [1, -9223372036854775808], "a": "ä", "f": 0.1, "t": true} */
static gan_json *make_object(void)
{
    gan_json *object = gan_json_object(), *list = gan_json_array();
    assert_int_equal(gan_json_set(object, "b", list), GAN_OK);
    assert_int_equal(gan_json_append_int(list, 1), GAN_OK);
    assert_int_equal(gan_json_append_int(list, INT64_MIN), GAN_OK);
    assert_int_equal(gan_json_set_text(object, "a", "\xc3\xa4"), GAN_OK);
    assert_int_equal(gan_json_set_number(object, "f", (double)0.1f), GAN_OK);
    assert_int_equal(gan_json_set_bool(object, "t", true), GAN_OK);
    return object;
}

static void test_write(void **state)
{
    gan_json *object = make_object();
    (void)state;
    check_text(object, 0, "{\"b\":[1,-9223372036854775808],\"a\":\"\xc3\xa4\",\"f\":0.10000000149011612,\"t\":true}");
    check_text(object, GAN_JSON_SORTED | GAN_JSON_ASCII,
               "{\"a\":\"\\u00E4\",\"b\":[1,-9223372036854775808],\"f\":0.10000000149011612,\"t\":true}");
    assert_int_equal(gan_json_set_int(object, "a", 7), GAN_OK); /* in the place of the text */
    assert_int_equal(gan_json_size(object), 4);
    gan_fail(GAN_ERROR_OVERFLOW, "of a value that could not be made");
    assert_int_equal(gan_json_set(object, "x", NULL), GAN_ERROR_OVERFLOW);
    assert_int_equal(gan_json_set_text(object, "x", "\xff"), GAN_ERROR_ARGUMENT);
    assert_int_equal(gan_json_set_int(object, "\xff", 1), GAN_ERROR_ARGUMENT);
    assert_int_equal(gan_json_size(object), 4);
    gan_json_release(object);
    gan_json_release(NULL);
}

static void test_read(void **state)
{
    static const char text[] = "{\"i\":3,\"f\":2.5,\"b\":false,\"s\":\"x\",\"l\":[4,5],\"n\":null}";
    gan_json *root = NULL;
    int64_t integer = -1;
    double number = -1;
    bool truth = true;
    (void)state;
    assert_int_equal(gan_json_parse(text, strlen(text), &root), GAN_OK);
    assert_true(gan_json_is_object(root) && !gan_json_is_array(root));
    assert_true(gan_json_get_int(gan_json_get(root, "i"), &integer) && integer == 3);
    assert_true(gan_json_get_number(gan_json_get(root, "i"), &number) && number == 3);
    assert_true(gan_json_get_number(gan_json_get(root, "f"), &number) && number == 2.5);
    assert_true(gan_json_get_bool(gan_json_get(root, "b"), &truth) && !truth);
    assert_string_equal(gan_json_get_text(gan_json_get(root, "s")), "x");
    assert_true(gan_json_is_array(gan_json_get(root, "l")));
    assert_int_equal(gan_json_size(gan_json_get(root, "l")), 2);
    assert_true(gan_json_get_int(gan_json_at(gan_json_get(root, "l"), 1), &integer) && integer == 5);

    /* A missing value, or one of another type, leaves the result alone. */
    assert_false(gan_json_get_int(gan_json_get(root, "f"), &integer));
    assert_false(gan_json_get_int(gan_json_get(root, "missing"), &integer));
    assert_false(gan_json_get_number(gan_json_get(root, "s"), &number));
    assert_false(gan_json_get_bool(gan_json_get(root, "n"), &truth));
    assert_null(gan_json_get_text(gan_json_get(root, "i")));
    assert_null(gan_json_get(gan_json_get(root, "l"), "i"));
    assert_null(gan_json_at(gan_json_get(root, "l"), 2));
    assert_null(gan_json_at(gan_json_get(root, "l"), -1));
    assert_int_equal(gan_json_size(gan_json_get(root, "i")), 0);
    assert_int_equal(gan_json_size(NULL), 0);
    assert_true(integer == 5 && number == 2.5 && !truth);

    const char *key = NULL, *const keys = "ifbsln";
    int members = 0;
    while (gan_json_next(root, &key)) assert_int_equal(key[0], keys[members++]);
    assert_int_equal(members, 6);
    key = NULL;
    assert_null(gan_json_next(gan_json_get(root, "l"), &key));
    gan_json_release(root);
}

static void test_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "7",
                                      "{",
                                      "{\"a\":1}x",
                                      "{\"a\":1,}",
                                      "{\"a\":01}",
                                      "[1e999]",
                                      "{\"a\":1,\"a\":2}",
                                      "[9223372036854775808]",
                                      "[\"\\u0000\"]",
                                      "[\"\xff\"]",
                                      "[NaN]"};
    gan_json *root = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (gan_json_parse(bad[i], strlen(bad[i]), &root) != GAN_ERROR_FORMAT) fail_msg("%s is read", bad[i]);
        assert_non_null(strstr(gan_last_error(), "malformed at byte"));
    }
    char deep[5000];
    memset(deep, '[', sizeof(deep));
    assert_int_equal(gan_json_parse(deep, sizeof(deep), &root), GAN_ERROR_FORMAT);
    assert_null(root);
}

static gan_status write_one(gan_context *given, void *user)
{
    gan_json *object = user;
    char *text = NULL;
    GAN_TRY(gan_json_write(object, 0, given, &text));
    gan_release_text(given, text);
    return GAN_OK;
}

static void test_no_memory(void **state)
{
    gan_json *object = make_object();
    (void)state;
    assert_true(test_every_allocation_fails(write_one, object) >= 1);
    gan_json_release(object);
}

/* The first and last characters of each length, and what lies just outside. */
static void test_utf8(void **state)
{
    static const char *const good[] = {"",
                                       "a\x7f",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xef\xbf\xbf",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf",
                                       ("\xe2\x82\xac"
                                        "a")};
    static const char *const bad[] = {"\x80",
                                      "\xbf",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xc2",
                                      ("\xc2"
                                       "a"),
                                      "\xe0\x9f\xbf",
                                      "\xe2\x82",
                                      "\xed\xa0\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xf0\x90\x80",
                                      "\xff",
                                      "a\xfe"};
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) assert_true(gan_is_utf8(good[i]));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) assert_false(gan_is_utf8(bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write),     cmocka_unit_test(test_read), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_memory), cmocka_unit_test(test_utf8),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
