/* Statuses, sentences, and structs of other versions. */
#include "core/core.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* Pinned: written out again here, so that a change of the map is noticed. */
static const struct {
    int number;
    const char *name;
} pinned[] = {
    {0, "GAN_OK"},
    {1, "GAN_ERROR_NULL"},
    {2, "GAN_ERROR_ARGUMENT"},
    {3, "GAN_ERROR_MEMORY"},
    {4, "GAN_ERROR_SHAPE"},
    {5, "GAN_ERROR_GRAPH"},
    {6, "GAN_ERROR_STATE"},
    {7, "GAN_ERROR_UNSUPPORTED"},
    {8, "GAN_ERROR_OVERFLOW"},
    {9, "GAN_ERROR_BATCH"},
    {10, "GAN_ERROR_BATCH_OF_ONE"},
    {11, "GAN_ERROR_NOT_FINITE"},
    {12, "GAN_ERROR_DIVERGED"},
    {13, "GAN_ERROR_CANCELLED"},
    {14, "GAN_ERROR_NOT_FOUND"},
    {15, "GAN_ERROR_PERMISSION"},
    {16, "GAN_ERROR_NO_SPACE"},
    {17, "GAN_ERROR_IO"},
    {18, "GAN_ERROR_MAGIC"},
    {19, "GAN_ERROR_TRUNCATED"},
    {20, "GAN_ERROR_TRAILING_DATA"},
    {21, "GAN_ERROR_EMPTY"},
    {22, "GAN_ERROR_FORMAT"},
    {23, "GAN_ERROR_ARCHITECTURE"},
    {24, "GAN_ERROR_VERSION"},
    {25, "GAN_ERROR_THREAD"},
};
#define PINNED_COUNT (sizeof(pinned) / sizeof(*pinned))

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < PINNED_COUNT; i++) {
        assert_string_equal(gan_status_name((gan_status)pinned[i].number), pinned[i].name);
    }
}

static void test_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < PINNED_COUNT; i++) {
        const char *text = gan_status_text((gan_status)pinned[i].number);
        assert_true(strlen(text) > 0);
        for (size_t j = 0; j < i; j++) assert_string_not_equal(text, gan_status_text((gan_status)pinned[j].number));
    }
    assert_string_equal(gan_status_text(GAN_ERROR_SHAPE), "shapes do not fit");
}

static void test_unknown_status(void **state)
{
    (void)state;
    assert_string_equal(gan_status_name((gan_status)PINNED_COUNT), "unknown status");
    assert_string_equal(gan_status_text((gan_status)-1), "unknown status");
}

static void test_version(void **state)
{
    char text[32];

    (void)state;
    snprintf(text, sizeof(text), "%d.%d.%d", GAN_VERSION_MAJOR, GAN_VERSION_MINOR, GAN_VERSION_PATCH);
    assert_string_equal(gan_version_text(), text);
    assert_int_equal(gan_version(), GAN_VERSION_MAJOR * 10000 + GAN_VERSION_MINOR * 100 + GAN_VERSION_PATCH);
}

static void test_fail(void **state)
{
    (void)state;
    assert_int_equal(gan_fail(GAN_ERROR_SHAPE, "%s is %d", "width", 3), GAN_ERROR_SHAPE);
    assert_string_equal(gan_last_error(), "width is 3");
    assert_int_equal(gan_last_status(), GAN_ERROR_SHAPE);
    assert_int_equal(gan_fail(GAN_ERROR_GRAPH, "layer 2: %s, %s", gan_last_error(), gan_last_error()),
                     GAN_ERROR_GRAPH);
    assert_string_equal(gan_last_error(), "layer 2: width is 3, width is 3");
    assert_int_equal(gan_last_status(), GAN_ERROR_GRAPH);
}

static void test_long_sentence_is_cut(void **state)
{
    char text[2000];

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    gan_fail(GAN_ERROR_IO, "%s", text);
    assert_int_equal(strlen(gan_last_error()), 511);
    gan_fail_errno(ENOENT, "%s", text);
    assert_int_equal(strlen(gan_last_error()), 511);
}

static void test_fail_errno(void **state)
{
    static const struct {
        int error;
        gan_status status;
    } cases[] = {
        {ENOENT, GAN_ERROR_NOT_FOUND}, {EACCES, GAN_ERROR_PERMISSION},
        {EPERM, GAN_ERROR_PERMISSION}, {EROFS, GAN_ERROR_PERMISSION},
        {ENOSPC, GAN_ERROR_NO_SPACE},  {EFBIG, GAN_ERROR_NO_SPACE},
        {ENOMEM, GAN_ERROR_MEMORY},    {EIO, GAN_ERROR_IO},
        {EISDIR, GAN_ERROR_IO},
#ifdef EDQUOT
        {EDQUOT, GAN_ERROR_NO_SPACE},
#endif
    };
    char expected[256];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_int_equal(gan_fail_errno(cases[i].error, "open '%s'", "a.bin"), cases[i].status);
        snprintf(expected, sizeof(expected), "open 'a.bin': %s", strerror(cases[i].error));
        assert_string_equal(gan_last_error(), expected);
    }
}

static void test_unknown_errno_has_a_text(void **state)
{
    char text[GAN_ERRNO_TEXT];

    (void)state;
    assert_non_null(strstr(gan_errno_text(123456, text), "123456"));
}

static void *fail_elsewhere(void *first_sentence)
{
    strcpy(first_sentence, gan_last_error());
    gan_fail(GAN_ERROR_MEMORY, "of the other thread");
    return gan_last_status() == GAN_ERROR_MEMORY ? first_sentence : NULL;
}

static void test_errors_are_thread_local(void **state)
{
    char first_sentence[512] = "not called";
    pthread_t thread;
    void *result = NULL;

    (void)state;
    gan_fail(GAN_ERROR_SHAPE, "of this thread");
    assert_int_equal(pthread_create(&thread, NULL, fail_elsewhere, first_sentence), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, first_sentence);
    assert_string_equal(first_sentence, "");
    assert_string_equal(gan_last_error(), "of this thread");
    assert_int_equal(gan_last_status(), GAN_ERROR_SHAPE);
}

static gan_status fail_by_macro(const void *handle)
{
    GAN_CHECK_NOT_NULL(handle);
    GAN_TRY(gan_fail(GAN_ERROR_STATE, "tried"));
    return GAN_OK;
}

static void test_macros(void **state)
{
    (void)state;
    assert_int_equal(fail_by_macro(NULL), GAN_ERROR_NULL);
    assert_string_equal(gan_last_error(), "fail_by_macro: handle is NULL");
    assert_int_equal(fail_by_macro(state), GAN_ERROR_STATE);
    assert_string_equal(gan_last_error(), "tried");
}

/* Options as three versions know them; like all options, without padding at the end for a later field to take. */
typedef struct older {
    size_t struct_size;
    int a, b;
} older;

typedef struct known {
    size_t struct_size;
    int a, b;
    float c, d;
} known;

typedef struct newer {
    size_t struct_size;
    int a, b;
    float c, d;
    double e;
} newer;

static void test_options_of_this_version(void **state)
{
    const known given = {sizeof(given), 1, 2, 0.5f, 0.25f};
    known read = {0};

    (void)state;
    assert_int_equal(gan_options_read(&read, sizeof(read), &given, "known"), GAN_OK);
    assert_memory_equal(&read, &given, sizeof(read));
}

static void test_no_options(void **state)
{
    const known expected = {sizeof(expected), 0, 0, 0, 0};
    known read = {7, 7, 7, 7, 7};

    (void)state;
    assert_int_equal(gan_options_read(&read, sizeof(read), NULL, "known"), GAN_OK);
    assert_memory_equal(&read, &expected, sizeof(read));
}

static void test_older_options(void **state)
{
    const struct {
        older options;
        int beyond[8];
    } given = {{sizeof(older), 1, 2}, {9, 9, 9, 9, 9, 9, 9, 9}};
    known read = {7, 7, 7, 7, 7};

    (void)state;
    assert_int_equal(gan_options_read(&read, sizeof(read), &given, "known"), GAN_OK);
    assert_int_equal(read.struct_size, sizeof(read));
    assert_int_equal(read.a, 1);
    assert_int_equal(read.b, 2);
    assert_true(read.c == 0 && read.d == 0);
}

static void test_newer_options(void **state)
{
    newer given = {sizeof(given), 1, 2, 0.5f, 0.25f, 0};
    known read = {7, 7, 7, 7, 7};

    (void)state;
    given.e = 1;
    assert_int_equal(gan_options_read(&read, sizeof(read), &given, "known"), GAN_ERROR_VERSION);
    assert_int_equal(read.a, 7);
    given.e = 0;
    assert_int_equal(gan_options_read(&read, sizeof(read), &given, "known"), GAN_OK);
    assert_int_equal(read.struct_size, sizeof(read));
    assert_int_equal(read.b, 2);
    assert_true(read.d == 0.25f);
}

static void test_options_without_size(void **state)
{
    static const size_t wrong[] = {0, 1, sizeof(size_t) - 1, 65537, SIZE_MAX};
    known given = {0}, read = {7, 7, 7, 7, 7};

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        given.struct_size = wrong[i];
        assert_int_equal(gan_options_read(&read, sizeof(read), &given, "known"), GAN_ERROR_ARGUMENT);
        assert_non_null(strstr(gan_last_error(), "known: struct_size"));
        assert_int_equal(read.a, 7);
    }
}

static void test_option_values(void **state)
{
    (void)state;
    assert_true(gan_option(0.0f, 0.9f) == 0.9f);
    assert_true(gan_option(GAN_ZERO, 0.9f) == 0.0f);
    assert_true(gan_option(0.5f, 0.9f) == 0.5f);
    assert_true(gan_option(-0.5f, 0.9f) == -0.5f);
}

static void test_reports(void **state)
{
    const known report = {sizeof(report), 1, 2, 0.5f, 0.25f};
    known same = {sizeof(same), 7, 7, 7, 7};
    known small = {sizeof(older), 7, 7, 7, 7};
    newer large = {sizeof(large), 7, 7, 7, 7, 7};

    (void)state;
    assert_int_equal(gan_report_write(&same, &report, sizeof(report), "known"), GAN_OK);
    assert_memory_equal(&same, &report, sizeof(same));

    assert_int_equal(gan_report_write(&small, &report, sizeof(report), "known"), GAN_OK);
    assert_int_equal(small.struct_size, sizeof(older));
    assert_int_equal(small.b, 2);
    assert_true(small.c == 7);

    assert_int_equal(gan_report_write(&large, &report, sizeof(report), "known"), GAN_OK);
    assert_int_equal(large.struct_size, sizeof(large));
    assert_int_equal(large.b, 2);
    assert_true(large.d == 0.25f);
    assert_true(large.e == 7);
}

static void test_reports_refused(void **state)
{
    const known report = {sizeof(report), 1, 2, 0.5f, 0.25f};
    known given = {sizeof(size_t) - 1, 7, 7, 7, 7};

    (void)state;
    assert_int_equal(gan_report_write(&given, &report, sizeof(report), "known"), GAN_ERROR_ARGUMENT);
    assert_int_equal(given.a, 7);
    assert_int_equal(gan_report_write(NULL, &report, sizeof(report), "known"), GAN_ERROR_NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_unknown_status),
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_fail),
        cmocka_unit_test(test_long_sentence_is_cut),
        cmocka_unit_test(test_fail_errno),
        cmocka_unit_test(test_unknown_errno_has_a_text),
        cmocka_unit_test(test_errors_are_thread_local),
        cmocka_unit_test(test_macros),
        cmocka_unit_test(test_options_of_this_version),
        cmocka_unit_test(test_no_options),
        cmocka_unit_test(test_older_options),
        cmocka_unit_test(test_newer_options),
        cmocka_unit_test(test_options_without_size),
        cmocka_unit_test(test_option_values),
        cmocka_unit_test(test_reports),
        cmocka_unit_test(test_reports_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
