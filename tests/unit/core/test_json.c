/* JSON and UTF-8, as files hold them. */
#include "core/core.h"
#include "support/allocator.h"

#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
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

/* ---- Writing ----------------------------------------------------------------------------------------------------
 */

static gan_status write_all(gan_context *given, bool ascii, char **text)
{
    gan_json_writer json = {.context = given, .ascii = ascii};
    gan_json_begin_object(&json, NULL);
    gan_json_write_ints(&json, "b", (int64_t[]){1, INT64_MIN, INT64_MAX}, 3);
    gan_json_write_text(&json, "a\n", "\xc3\xa4 \"\\/\b\f\n\r\t\x01\x1f\x7f \xe2\x82\xac \xf0\x9f\x98\x80");
    gan_json_write_number(&json, "f", (double)0.1f);
    gan_json_write_bool(&json, "t", true);
    gan_json_begin_array(&json, "l");
    gan_json_begin_object(&json, NULL);
    gan_json_end_object(&json);
    gan_json_begin_array(&json, NULL);
    gan_json_end_array(&json);
    gan_json_write_bool(&json, NULL, false);
    gan_json_end_array(&json);
    gan_json_write_text(&json, "", "");
    gan_json_end_object(&json);
    return gan_json_finish(&json, text);
}

#define WRITTEN(a, euro, smile)                                                                                   \
    "{\"b\":[1,-9223372036854775808,9223372036854775807],"                                                        \
    "\"a\\n\":\"" a " \\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001F\x7f " euro " " smile "\",\"f\":0.10000000149011612," \
    "\"t\":true,\"l\":[{},[],false],\"\":\"\"}"

static void test_write(void **state)
{
    char *text = NULL;
    (void)state;
    assert_int_equal(write_all(context, false, &text), GAN_OK);
    assert_string_equal(text, WRITTEN("\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"));
    gan_release_text(context, text);
    assert_int_equal(write_all(context, true, &text), GAN_OK);
    assert_string_equal(text, WRITTEN("\\u00E4", "\\u20AC", "\\uD83D\\uDE00"));
    gan_release_text(context, text);
}

/* The first failure stays, and nothing is held after it. */
static void test_not_written(void **state)
{
    static const struct {
        const char *key, *text;
        double number;
        gan_status status;
    } bad[] = {{"k", "\xff", 1, GAN_ERROR_ARGUMENT},
               {"\xed\xa0\x80", "t", 1, GAN_ERROR_ARGUMENT},
               {"k", "t", NAN, GAN_ERROR_NOT_FINITE},
               {"k", "t", -INFINITY, GAN_ERROR_NOT_FINITE}};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        test_allocator allocator = {0};
        gan_context *counted = NULL;
        char *text = NULL;
        assert_int_equal(
            gan_context_create(GAN_CONTEXT(.allocator = test_allocator_hooks(&allocator), .threads = 1), &counted),
            GAN_OK);
        gan_json_writer json = {.context = counted};
        gan_json_begin_object(&json, NULL);
        gan_json_write_text(&json, bad[i].key, bad[i].text);
        gan_json_write_number(&json, "n", bad[i].number);
        gan_json_write_number(&json, "n", NAN);
        gan_json_end_object(&json);
        assert_int_equal(gan_json_finish(&json, &text), bad[i].status);
        assert_null(text);
        gan_context_destroy(counted);
        test_allocator_assert_empty(&allocator);
    }
}

static gan_status write_and_parse(gan_context *given, void *user)
{
    char *text = NULL;
    gan_json *root = NULL;
    (void)user;
    GAN_TRY(write_all(given, true, &text));
    const gan_status status = gan_json_parse(given, text, strlen(text), &root);
    gan_json_release(root);
    gan_release_text(given, text);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_true(test_every_allocation_fails(write_and_parse, NULL) >= 3);
}

/* ---- Reading ----------------------------------------------------------------------------------------------------
 */

static gan_json *parse(const char *text)
{
    gan_json *root = NULL;
    if (gan_json_parse(context, text, strlen(text), &root) != GAN_OK) fail_msg("%s: %s", text, gan_last_error());
    return root;
}

static const gan_json *at(const gan_json *array, int index)
{
    const gan_json *element = gan_json_next(array, NULL);
    for (int i = 0; i < index && element; i++) element = gan_json_next(array, element);
    return element;
}

static void test_read(void **state)
{
    gan_json *root =
        parse(" {\"i\" : 3,\"f\":2.5,\t\"b\":false,\r\n\"s\":\"x\",\"l\":[4,[ ],{\"m\":{}},5],\"n\":null} ");
    const gan_json *list = gan_json_get(root, "l");
    int64_t integer = -1, integers[2] = {7, 8};
    double number = -1;
    bool truth = true;
    (void)state;
    assert_true(gan_json_is_object(root) && !gan_json_is_array(root));
    assert_true(gan_json_get_int(gan_json_get(root, "i"), &integer) && integer == 3);
    assert_true(gan_json_get_number(gan_json_get(root, "i"), &number) && number == 3);
    assert_true(gan_json_get_number(gan_json_get(root, "f"), &number) && number == 2.5);
    assert_true(gan_json_get_bool(gan_json_get(root, "b"), &truth) && !truth);
    assert_string_equal(gan_json_get_text(gan_json_get(root, "s")), "x");
    assert_true(gan_json_is_array(list));
    assert_int_equal(gan_json_size(list), 4);
    assert_true(gan_json_get_int(at(list, 3), &integer) && integer == 5);
    assert_true(gan_json_is_object(gan_json_get(at(list, 2), "m")));

    /* A missing value, or one of another type, leaves the result alone. */
    assert_false(gan_json_get_int(gan_json_get(root, "f"), &integer));
    assert_false(gan_json_get_int(gan_json_get(root, "missing"), &integer));
    assert_false(gan_json_get_number(gan_json_get(root, "s"), &number));
    assert_false(gan_json_get_bool(gan_json_get(root, "n"), &truth));
    assert_false(gan_json_get_ints(root, integers, 6));
    assert_null(gan_json_get_text(gan_json_get(root, "i")));
    assert_null(gan_json_get(list, "i"));
    assert_null(gan_json_get(NULL, "i"));
    assert_null(at(list, 4));
    assert_null(gan_json_next(gan_json_get(root, "i"), NULL));
    assert_null(gan_json_next(NULL, NULL));
    assert_int_equal(gan_json_size(gan_json_get(root, "i")), 0);
    assert_int_equal(gan_json_size(NULL), 0);
    assert_true(integer == 5 && number == 2.5 && !truth && integers[0] == 7);

    const char *const keys = "ifbsln";
    int members = 0;
    for (const gan_json *member = NULL; (member = gan_json_next(root, member));)
        assert_int_equal(gan_json_name(member)[0], keys[members++]);
    assert_int_equal(members, 6);
    gan_json_release(root);
    gan_json_release(NULL);
}

static void test_integers(void **state)
{
    gan_json *root = parse("[[9223372036854775807,-9223372036854775808],[-0,0,-1],[1,2.0],[1e2]]");
    int64_t read[3] = {0};
    (void)state;
    assert_true(gan_json_get_ints(at(root, 0), read, 2) && read[0] == INT64_MAX && read[1] == INT64_MIN);
    assert_true(gan_json_get_ints(at(root, 1), read, 3) && read[0] == 0 && read[1] == 0 && read[2] == -1);
    assert_false(gan_json_get_ints(at(root, 1), read, 2));
    assert_false(gan_json_get_ints(at(root, 2), read, 2));
    assert_false(gan_json_get_ints(at(root, 3), read, 1));
    gan_json_release(root);
}

static void test_texts(void **state)
{
    static const struct {
        const char *json, *text;
    } good[] = {{"\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t"},
                {"\\u0041\\u00e4\\u20aC\\uFFFF", "A\xc3\xa4\xe2\x82\xac\xef\xbf\xbf"},
                {"\\uD83D\\uDE00\\uDBFF\\uDFFF", "\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf"},
                {"\\u0001\x7f\\u0080", "\x01\x7f\xc2\x80"},
                {"\xc3\xa4 {[,:]}", "\xc3\xa4 {[,:]}"}};
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        char json[128];
        snprintf(json, sizeof(json), "{\"%s\":[\"%s\",\"\"]}", good[i].json, good[i].json);
        gan_json *root = parse(json);
        const gan_json *list = gan_json_get(root, good[i].text);
        assert_string_equal(gan_json_get_text(at(list, 0)), good[i].text);
        assert_string_equal(gan_json_get_text(at(list, 1)), "");
        gan_json_release(root);
    }
}

static void test_refused(void **state)
{
    static const struct {
        const char *text;
        int byte;
        const char *words;
    } bad[] = {
        {"", 0, "expected '{' or '['"},
        {"7", 0, "expected '{' or '['"},
        {"\"a\"", 0, "expected '{' or '['"},
        {"\xef\xbb\xbf{}", 0, "expected '{' or '['"},
        {"{", 1, "expected a name"},
        {"{a:1}", 1, "expected a name"},
        {"{\"a\"}", 4, "expected ':'"},
        {"{\"a\":}", 5, "expected a value"},
        {"{\"a\":1}x", 7, "expected nothing more"},
        {"{}{}", 2, "expected nothing more"},
        {"[]/**/", 2, "expected nothing more"},
        {"{\"a\":1,}", 7, "expected a name"},
        {"{\"a\":1]", 6, "expected ',' or '}'"},
        {"[1 2]", 3, "expected ',' or ']'"},
        {"[1,]", 3, "expected a value"},
        {"[,1]", 1, "expected a value"},
        {"[1", 2, "expected ',' or ']'"},
        {"[nul]", 1, "expected a value"},
        {"[True]", 1, "expected a value"},
        {"[NaN]", 1, "expected a value"},
        {"[Infinity]", 1, "expected a value"},
        {"[-Infinity]", 2, "expected a digit"},
        {"['a']", 1, "expected a value"},
        {"[1\v]", 2, "expected ',' or ']'"},
        /* numbers */
        {"{\"a\":01}", 6, "begins with 0"},
        {"[-01]", 3, "begins with 0"},
        {"[+1]", 1, "expected a value"},
        {"[.5]", 1, "expected a value"},
        {"[5.]", 3, "expected a digit"},
        {"[1e]", 3, "expected a digit"},
        {"[1e+]", 4, "expected a digit"},
        {"[-]", 2, "expected a digit"},
        {"[0x10]", 2, "expected ',' or ']'"},
        {"[1e999]", 6, "a number out of range"},
        {"[-1.8e308]", 9, "a number out of range"},
        {"[9223372036854775808]", 20, "an integer of more than 64 bits"},
        {"[-9223372036854775809]", 21, "an integer of more than 64 bits"},
        {"[100000000000000000000]", 22, "an integer of more than 64 bits"},
        /* texts */
        {"[\"a", 3, "a string without end"},
        {"[\"a\\", 5, "an unknown escape sequence"},
        {"[\"a\\\"", 5, "a string without end"},
        {"[\"\\x41\"]", 4, "an unknown escape sequence"},
        {"[\"\\u12G4\"]", 6, "four hexadecimal digits"},
        {"[\"\\u12", 6, "four hexadecimal digits"},
        {"[\"\\u0000\"]", 8, "the character 0"},
        {"[\"\\uD800\"]", 8, "half of a surrogate pair"},
        {"[\"\\uD800\\n\"]", 8, "half of a surrogate pair"},
        {"[\"\\uD800\\u0041\"]", 14, "half of a surrogate pair"},
        {"[\"\\uDC00\\uD800\"]", 8, "half of a surrogate pair"},
        {"[\"\n\"]", 2, "a control character"},
        {"[\"\x1f\"]", 2, "a control character"},
        {"[\"\xff\"]", 2, "not UTF-8"},
        {"[\"\xc3\"]", 2, "not UTF-8"},
        {"[\"\xc0\x80\"]", 2, "not UTF-8"},
        {"[\"\xed\xa0\x80\"]", 2, "not UTF-8"},
        {"{\"\xff\":1}", 2, "not UTF-8"},
        /* names */
        {"{\"a\":1,\"a\":2}", 13, "duplicate name 'a'"},
        {"[{\"a\":1,\"b\":2,\"\\u0061\":3}]", 25, "duplicate name 'a'"},
        {"{\"\":1,\"\":2}", 11, "duplicate name ''"},
        {"{\"1\":1,\"2\":1,\"3\":1,\"4\":1,\"5\":1,\"6\":1,\"7\":1,\"8\":1,\"9\":1,\"\\u0034\":1}", 66,
         "duplicate name '4'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        gan_json *root = NULL;
        char start[64];
        snprintf(start, sizeof(start), "malformed at byte %d: ", bad[i].byte);
        const gan_status status = gan_json_parse(context, bad[i].text, strlen(bad[i].text), &root);
        if (status != GAN_ERROR_FORMAT || !strstr(gan_last_error(), bad[i].words) ||
            strncmp(gan_last_error(), start, strlen(start)) != 0)
            fail_msg("%s: %s, expected byte %d, %s", bad[i].text, gan_last_error(), bad[i].byte, bad[i].words);
        assert_null(root);
    }
    gan_json *root = NULL;
    assert_int_equal(gan_json_parse(context, "[\0]", 3, &root), GAN_ERROR_FORMAT);
    assert_int_equal(gan_json_parse(context, "[]\0", 3, &root), GAN_ERROR_FORMAT);
    assert_int_equal(gan_json_parse(context, "[\"\0\"]", 5, &root), GAN_ERROR_FORMAT);
    assert_int_equal(gan_json_parse(context, "[]", (size_t)INT32_MAX + 1, &root), GAN_ERROR_OVERFLOW);
    assert_null(root);
}

static void test_depth(void **state)
{
    char deep[2 * (GAN_JSON_DEPTH + 1) + 1] = "";
    (void)state;
    for (int depth = GAN_JSON_DEPTH; depth <= GAN_JSON_DEPTH + 1; depth++) {
        gan_json *root = NULL;
        memset(deep, '[', (size_t)depth);
        memset(deep + depth, ']', (size_t)depth);
        assert_int_equal(gan_json_parse(context, deep, 2 * (size_t)depth, &root),
                         depth == GAN_JSON_DEPTH ? GAN_OK : GAN_ERROR_FORMAT);
        gan_json_release(root);
    }
    assert_non_null(strstr(gan_last_error(), "malformed at byte 64: too many values in values"));
}

/* Every cut of a text is malformed, without reading past it. */
static void test_cut(void **state)
{
    char *text = NULL;
    gan_json *root = NULL;
    (void)state;
    assert_int_equal(write_all(context, true, &text), GAN_OK);
    for (size_t size = 0; size < strlen(text); size++) {
        char *cut = malloc(size + 1); /* exactly: sanitizers see what is read after it */
        assert_non_null(cut);
        memcpy(cut + 1, text, size);
        assert_int_equal(gan_json_parse(context, cut + 1, size, &root), GAN_ERROR_FORMAT);
        free(cut);
    }
    gan_release_text(context, text);
}

/* ---- Large texts ------------------------------------------------------------------------------------------------
 */

/* Objects of all sizes around the one from which they have an index. */
static void test_many_members(void **state)
{
    (void)state;
    for (int count = 0; count < 3000; count = count < 20 ? count + 1 : 3 * count) {
        gan_json_writer json = {.context = context};
        char name[32], *text = NULL;
        gan_json_begin_object(&json, NULL);
        for (int i = 0; i < count; i++) {
            snprintf(name, sizeof(name), "%d.weight", i);
            gan_json_write_ints(&json, name, (int64_t[]){i, -i}, 2);
        }
        gan_json_end_object(&json);
        assert_int_equal(gan_json_finish(&json, &text), GAN_OK);
        gan_json *root = parse(text);
        assert_int_equal(gan_json_size(root), count);
        for (int i = 0; i < count; i++) {
            int64_t values[2];
            snprintf(name, sizeof(name), "%d.weight", i);
            assert_true(gan_json_get_ints(gan_json_get(root, name), values, 2) && values[0] == i && values[1] == -i);
            snprintf(name, sizeof(name), "%d.bias", i);
            assert_null(gan_json_get(root, name));
        }
        gan_json_release(root);
        gan_release_text(context, text);
    }
}

/* What a text makes the library hold at most, good or bad: the multiple of its length in json.h. */
static void test_memory(void **state)
{
    enum { SIZE = 1 << 20 };
    static const char *const repeated[] = {"[",     "{}",        "{},",  "[],",   "1,",
                                           "\"\",", "{\"\":1},", "1.5,", "-1e5,", "null,"};
    static char text[SIZE + 1];
    (void)state;
    for (size_t i = 0; i < 2 * sizeof(repeated) / sizeof(repeated[0]); i++) {
        const char *piece = repeated[i / 2];
        const size_t length = strlen(piece);
        test_allocator allocator = {0};
        gan_context *counted = NULL;
        gan_json *root = NULL;
        size_t size = 1;
        assert_int_equal(
            gan_context_create(GAN_CONTEXT(.allocator = test_allocator_hooks(&allocator), .threads = 1), &counted),
            GAN_OK);
        const size_t before = allocator.peak_bytes;
        text[0] = '[';
        for (; size + length < SIZE; size += length) memcpy(text + size, piece, length);
        text[size - 1] = i % 2 == 0 ? ']' : ',';
        const gan_status status = gan_json_parse(counted, text, size, &root);
        assert_int_equal(status, i % 2 == 0 && i > 2 ? GAN_OK : GAN_ERROR_FORMAT);
        assert_true(allocator.peak_bytes - before <= (status == GAN_OK ? 8 * size + 64 : 0));
        gan_json_release(root);
        gan_context_destroy(counted);
        test_allocator_assert_empty(&allocator);
    }
}

/* More than memory_limit is refused as such. */
static void test_memory_limit(void **state)
{
    gan_context *limited = NULL;
    gan_json *root = NULL;
    (void)state;
    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 1, .memory_limit = 4096), &limited), GAN_OK);
    char text[2048] = "[";
    for (size_t i = 1; i < sizeof(text) - 1; i += 2) memcpy(text + i, "1,", 2);
    text[sizeof(text) - 2] = ']';
    assert_int_equal(gan_json_parse(limited, text, sizeof(text) - 1, &root), GAN_ERROR_MEMORY);
    assert_null(root);
    gan_context_destroy(limited);
}

/* ---- UTF-8 ------------------------------------------------------------------------------------------------------
 */

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
        cmocka_unit_test(test_write),   cmocka_unit_test(test_not_written),  cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_read),    cmocka_unit_test(test_integers),     cmocka_unit_test(test_texts),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_depth),        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_memory),  cmocka_unit_test(test_many_members), cmocka_unit_test(test_memory_limit),
        cmocka_unit_test(test_utf8),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
