/* Tables as datasets: numbers and categories, quotes and spaces, and errors that name line and column. */
#include "support/allocator.h"
#include "support/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static gan_dataset *open_text(gan_context *context, const char *text, const gan_dataset_options *options)
{
    gan_dataset *dataset = NULL;

    test_file_write(test_path("table"), text, strlen(text));
    test_status(gan_dataset_open_csv(context, test_path("table"), options, &dataset), GAN_OK, "");
    return dataset;
}

/* ---- Good tables -------------------------------------------------------------------------------------------- */

static void test_table(void **state)
{
    static const char text[] = "\xef\xbb\xbf"
                               "age, work , \"a, \"\"b\"\"\"\r\n"
                               "39, State-gov, 1e3\r\n"
                               "\r\n"
                               "50.5,Private,  -2.25\r\n"
                               "+38 ,\"Private\",0\n"
                               "7,\"self\nemployed, \"\"mostly\"\"\",.5";
    static const char *const names[] = {"age", "work", "a, \"b\""};
    static const char *const classes[] = {"Private", "State-gov", "self\nemployed, \"mostly\""};
    const float ages[] = {39, 50.5f, 38, 7}, works[] = {1, 0, 0, 2}, others[] = {1000, -2.25f, 0, 0.5f};
    gan_context *context = test_context();
    gan_dataset *dataset = open_text(context, text, NULL);
    float read[3][4];
    float *const to[] = {read[0], read[1], read[2]};
    const char *name = NULL;

    (void)state;
    assert_int_equal(gan_dataset_count(dataset), 4);
    assert_int_equal(gan_dataset_field_count(dataset), 3);
    assert_int_equal(gan_dataset_classes(dataset), 3);
    for (int f = 0; f < 3; f++) {
        gan_field_info info = GAN_FIELD_INFO_INIT;
        assert_int_equal(gan_dataset_get_field(dataset, f, &info), GAN_OK);
        assert_string_equal(info.name, names[f]);
        assert_int_equal(info.classes, f == 1 ? 3 : 0);
        assert_int_equal(gan_shape_count(info.shape), 1);
    }
    assert_int_equal(gan_dataset_read_fields(dataset, 0, 4, to), GAN_OK);
    assert_memory_equal(read[0], ages, sizeof(ages));
    assert_memory_equal(read[1], works, sizeof(works));
    assert_memory_equal(read[2], others, sizeof(others));
    for (int c = 0; c < 3; c++) {
        assert_int_equal(gan_dataset_get_class_name(dataset, 1, c, &name), GAN_OK);
        assert_string_equal(name, classes[c]);
    }
    test_status(gan_dataset_get_class_name(dataset, 1, 3, &name), GAN_ERROR_ARGUMENT, "'work' has 3 classes");
    test_status(gan_dataset_get_class_name(dataset, 1, -1, &name), GAN_ERROR_ARGUMENT, "class_number is -1");
    test_status(gan_dataset_get_class_name(dataset, 0, 0, &name), GAN_ERROR_STATE, "'age' is not a class label");
    test_status(gan_dataset_get_class_name(dataset, 3, 0, &name), GAN_ERROR_ARGUMENT, "3 fields");
    test_status(gan_dataset_get_class_name(dataset, 1, 0, NULL), GAN_ERROR_NULL, "out");
    test_status(gan_dataset_get_class_name(NULL, 1, 0, &name), GAN_ERROR_NULL, "dataset");
    gan_dataset_destroy(dataset);
    gan_context_destroy(context);
}

/* Classes that have no names. */
static void test_no_names(void **state)
{
    gan_context *context = test_context();
    const float sample = 0;
    const int32_t label = 0;
    gan_dataset *dataset = NULL;
    const char *name;

    (void)state;
    assert_int_equal(gan_dataset_from_array(context, &sample, &label, 1, GAN_SHAPE(1), NULL, &dataset), GAN_OK);
    test_status(gan_dataset_get_class_name(dataset, 1, 0, &name), GAN_ERROR_NOT_FOUND, "'label' have no names");
    gan_dataset_destroy(dataset);
    gan_context_destroy(context);
}

/* More rows, and more text, than are read at once. */
static void test_long_table(void **state)
{
    enum { rows = 20000 };
    static char text[rows * 24];
    static float read[2][rows];
    gan_context *context = test_context();
    float *const to[] = {read[0], read[1]};
    size_t used = (size_t)sprintf(text, "value,kind\n");
    const char *name;

    (void)state;
    for (int i = 0; i < rows; i++) used += (size_t)sprintf(text + used, "%d.5,k%03d\n", i, i * 7 % 500);
    gan_dataset *dataset = open_text(context, text, NULL);
    assert_int_equal(gan_dataset_count(dataset), rows);
    assert_int_equal(gan_dataset_classes(dataset), 500);
    assert_int_equal(gan_dataset_read_fields(dataset, 0, rows, to), GAN_OK);
    for (int i = 0; i < rows; i++) assert_true(read[0][i] == (float)i + 0.5f && read[1][i] == (float)(i * 7 % 500));
    assert_int_equal(gan_dataset_get_class_name(dataset, 1, 499, &name), GAN_OK);
    assert_string_equal(name, "k499");
    gan_dataset_destroy(dataset);

    dataset = open_text(context, text, GAN_DATASET(.limit = 3, .memory_limit = 24));
    assert_int_equal(gan_dataset_count(dataset), 3);
    assert_int_equal(gan_dataset_classes(dataset), 500);
    assert_int_equal(gan_dataset_read_fields(dataset, 0, 3, to), GAN_OK);
    assert_true(read[0][2] == 2.5f && read[1][2] == 14);
    gan_dataset_destroy(dataset);
    dataset = NULL;
    test_status(
        gan_dataset_open_csv(context, test_path("table"), GAN_DATASET(.limit = 3, .memory_limit = 23), &dataset),
        GAN_ERROR_OVERFLOW, "3 rows of 2 columns need more than memory_limit, 23 bytes");
    assert_null(dataset);
    gan_context_destroy(context);
}

static void check_column(gan_dataset *dataset, const char *name, const float *values, int64_t count)
{
    float read[8], *to[8] = {0};
    const int64_t field = gan_dataset_find_field(dataset, name);

    assert_true(field >= 0 && count <= 8 && gan_dataset_count(dataset) == count);
    to[field] = read;
    assert_int_equal(gan_dataset_read_fields(dataset, 0, count, to), GAN_OK);
    assert_memory_equal(read, values, (size_t)count * sizeof(*values));
}

static void test_ends_of_lines(void **state)
{
    static const char *const texts[] = {"a,b\r1,x\r2,\"y\rz\"\r", "a,b\r\n1,x\r\n2,\"y\rz\"",
                                        "a,b\n1,x\n\r\r2,\"y\rz\"\r\n\r\n"};
    gan_context *context = test_context();
    const char *name;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        gan_dataset *dataset = open_text(context, texts[i], NULL);
        check_column(dataset, "a", (const float[]){1, 2}, 2);
        check_column(dataset, "b", (const float[]){0, 1}, 2);
        assert_int_equal(gan_dataset_get_class_name(dataset, 1, 1, &name), GAN_OK);
        assert_string_equal(name, "y\rz");
        gan_dataset_destroy(dataset);
    }
    gan_context_destroy(context);
}

static void test_delimiters(void **state)
{
    gan_context *context = test_context();
    gan_dataset *dataset =
        open_text(context, "a;b\n1,5;-2\n3;4,25\n", GAN_DATASET(.delimiter = ';', .decimal_comma = true));

    (void)state;
    check_column(dataset, "a", (const float[]){1.5f, 3}, 2);
    check_column(dataset, "b", (const float[]){-2, 4.25f}, 2);
    gan_dataset_destroy(dataset);
    dataset = open_text(context, "a\tb\n1\t x y \n 2\tx y\n", GAN_DATASET(.delimiter = '\t'));
    check_column(dataset, "a", (const float[]){1, 2}, 2);
    check_column(dataset, "b", (const float[]){0, 0}, 2);
    gan_dataset_destroy(dataset);
    dataset = open_text(context, "a|b\n1|\"2|3\"\n", GAN_DATASET(.delimiter = '|'));
    check_column(dataset, "b", (const float[]){0}, 1);
    gan_dataset_destroy(dataset);
    /* A point is no part of a number then, nor a comma otherwise. */
    dataset = open_text(context, "a;b\n1.5;1.234,5\n", GAN_DATASET(.delimiter = ';', .decimal_comma = true));
    assert_int_equal(gan_dataset_classes(dataset), 1);
    gan_dataset_destroy(dataset);
    /* One column, if that is said or its name is in quotes. */
    dataset = open_text(context, "\"a;b\"\n1\n", NULL);
    check_column(dataset, "a;b", (const float[]){1}, 1);
    gan_dataset_destroy(dataset);
    dataset = open_text(context, "a;b\n1\n", GAN_DATASET(.delimiter = ','));
    check_column(dataset, "a;b", (const float[]){1}, 1);
    gan_dataset_destroy(dataset);
    gan_context_destroy(context);
}

/* Rows that miss something leave no trace: neither classes nor places. */
static void test_missing(void **state)
{
    static const char text[] = "a,b\nNA,p\n1,x\n2,\n3,NaN\n4,y\n,q\n5,\"n/a\"\n6,#N/A\n7,null\n";
    gan_context *context = test_context();
    gan_dataset *dataset = open_text(context, text, GAN_DATASET(.skip_missing = true));
    const char *name;
    int64_t number;

    (void)state;
    check_column(dataset, "a", (const float[]){1, 4, 5}, 3);
    check_column(dataset, "b", (const float[]){1, 2, 0}, 3);
    assert_int_equal(gan_dataset_classes(dataset), 3);
    assert_int_equal(gan_dataset_get_class_name(dataset, 1, 0, &name), GAN_OK);
    assert_string_equal(name, "n/a");
    assert_int_equal(gan_dataset_get_numbers(dataset, 2, 1, &number), GAN_OK);
    assert_int_equal(number, 2);
    gan_dataset_destroy(dataset);
    dataset = open_text(context, text, GAN_DATASET(.skip_missing = true, .limit = 2));
    check_column(dataset, "a", (const float[]){1, 4}, 2);
    gan_dataset_destroy(dataset);
    gan_context_destroy(context);
}

/* ---- Bad tables --------------------------------------------------------------------------------------------- */

static void refuse_by(const char *text, size_t size, const gan_dataset_options *options, gan_status status,
                      const char *part)
{
    test_allocator allocator = {0};
    gan_context *context = NULL;
    gan_dataset *dataset = NULL;

    assert_int_equal(
        gan_context_create(GAN_CONTEXT(.allocator = test_allocator_hooks(&allocator), .threads = 1), &context),
        GAN_OK);
    test_file_write(test_path("bad"), text, size);
    test_status(gan_dataset_open_csv(context, test_path("bad"), options, &dataset), status, part);
    assert_null(dataset);
    gan_context_destroy(context);
    test_allocator_assert_empty(&allocator);
}

static void refuse(const char *text, size_t size, gan_status status, const char *part)
{
    refuse_by(text, size, NULL, status, part);
}

static void test_refused_options(void **state)
{
    static const char text[] = "a,b\n1,2\n", bad[] = " a0\"+-.\n\x7f\xe9";

    (void)state;
    for (const char *c = bad; *c; c++) {
        refuse_by(text, strlen(text), GAN_DATASET(.delimiter = *c), GAN_ERROR_ARGUMENT,
                  "expected a tab or an ASCII character");
    }
    refuse_by(text, strlen(text), GAN_DATASET(.decimal_comma = true), GAN_ERROR_ARGUMENT, "decimal_comma is set");
    refuse_by(text, strlen(text), GAN_DATASET(.transposed = true), GAN_ERROR_UNSUPPORTED, "transposed");
    refuse_by("a,b\n1,\nNA,2\n", 11, GAN_DATASET(.skip_missing = true), GAN_ERROR_EMPTY,
              "no rows without empty cells or NA below its header");
    refuse_by("a,b\n1,\n2\n", 9, GAN_DATASET(.skip_missing = true), GAN_ERROR_FORMAT,
              "line 3 has fewer than 2 cells");
}

/* Other files are called by their kind. */
static void test_other_kinds(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *part;
    } files[] = {{"PK\3\4\24\0\0\0", 8, "it is a ZIP archive"},
                 {"\37\213\10\0,\0\0\n", 8, "a zero byte; it is compressed by gzip"},
                 {"\377\376a\0,\0b\0\n\0", 10, "a zero byte; it is a text in UTF-16"},
                 {"version https://git-lfs.github.com/spec/v1\nsize 3\n", 50, "Git LFS"},
                 {"<!DOCTYPE html>\n<title>404</title>\n", 35, "not a table; it is HTML or XML text"},
                 {"PAR1\1\2", 6, "a Parquet file"}};

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
        refuse(files[i].bytes, files[i].size, GAN_ERROR_MAGIC, files[i].part);
}

static void test_refused_tables(void **state)
{
    static const struct {
        const char *text;
        gan_status status;
        const char *part;
    } bad[] = {
        {"", GAN_ERROR_EMPTY, "no header line"},
        {"a,b", GAN_ERROR_EMPTY, "no rows"},
        {"a,b\n\n\n", GAN_ERROR_EMPTY, "no rows"},
        {"a,,b\n1,2,3\n", GAN_ERROR_FORMAT, "line 1: column 2 has no name"},
        {",a\n0,1\n", GAN_ERROR_FORMAT, "line 1: column 1 has no name, like the index that pandas writes"},
        {"a;b\n1;2\n", GAN_ERROR_FORMAT,
         "has one column, 'a;b': its name has a semicolon, which the option delimiter"},
        {"a\tb\n1\t2\n", GAN_ERROR_FORMAT, "its name has a tab"},
        {"a,b,a\n1,2,3\n", GAN_ERROR_FORMAT, "columns 1 and 3 have the same name, 'a'"},
        {"a,\xff\n1,2\n", GAN_ERROR_FORMAT, "line 1, column 2: the text is not UTF-8"},
        {"a,b\n1,2\n3\n", GAN_ERROR_FORMAT, "line 3 has fewer than 2 cells"},
        {"a,b\n1,2\n3,4,5\n", GAN_ERROR_FORMAT, "line 3 has more than 2 cells"},
        {"a,b\n1,2\n3,4,\n", GAN_ERROR_FORMAT, "line 3 has more than 2 cells"},
        {"a,b\n1,2\n3,\n", GAN_ERROR_FORMAT, "line 3, column 'b': the cell is empty; the option skip_missing"},
        {"a,b\n1,2\n3,four\n", GAN_ERROR_FORMAT,
         "line 3, column 'b': 'four' is no number, but those before are numbers"},
        {"a,b\n1,two\n\n3,4\n", GAN_ERROR_FORMAT, "line 4, column 'b': '4' is a number, but 'two' in line 2 is none"},
        {"a\nNA\n4\n", GAN_ERROR_FORMAT, "'4' is a number, but 'NA' in line 2 is none; the option skip_missing"},
        {"a\n4\nNA\n", GAN_ERROR_FORMAT, "'NA' is no number, but those before are numbers; the option skip_missing"},
        {"a,b\n1,2\n3,nan\n", GAN_ERROR_FORMAT, "line 3, column 'b': nan is not a finite number"},
        {"a,b\n1,2\n3,1e39\n", GAN_ERROR_FORMAT, "1e39 is beyond the numbers of float32"},
        {"a,b\n1,\"x\ny\"\n3,\"z", GAN_ERROR_TRUNCATED, "quoted cell that begins in line 4"},
        {"a,b\n1,\"x\" y\n", GAN_ERROR_FORMAT, "line 2: a quoted cell is followed by text"},
        {"a,b\n1,\xc3(\n", GAN_ERROR_FORMAT, "line 2, column 'b': the text is not UTF-8"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        refuse(bad[i].text, strlen(bad[i].text), bad[i].status, bad[i].part);
    refuse("a,b\n1,x\0y\n", 10, GAN_ERROR_FORMAT, "line 2: a cell contains a zero byte");
}

static void test_limits(void **state)
{
    enum { size = 1 << 20 };
    char *text = malloc(size);
    size_t used = 0;

    (void)state;
    assert_non_null(text);
    memset(text, 'x', size);
    refuse(text, size, GAN_ERROR_OVERFLOW, "line 1: a cell is longer than 4096 bytes");
    for (int c = 0; c <= 1 << 14; c++) used += (size_t)sprintf(text + used, "%d,", c);
    refuse(text, used, GAN_ERROR_OVERFLOW, "more than 16384 columns");
    used = (size_t)sprintf(text, "name\n");
    for (int i = 0; i <= 1 << 16; i++) used += (size_t)sprintf(text + used, "n%05x\n", i);
    refuse(text, used, GAN_ERROR_OVERFLOW, "line 65538: column 'name' has more than 65536 different texts");
    free(text);
}

/* A cursor does not fit a table whose columns or categories have other names. */
static void test_other_names(void **state)
{
    static const struct {
        const char *text;
        gan_status status;
    } others[] = {
        {"a,b\n1,x\n2,y\n", GAN_OK}, {"a,c\n1,x\n2,y\n", GAN_ERROR_STATE}, {"a,b\n1,x\n2,z\n", GAN_ERROR_STATE}};
    gan_context *context = test_context();
    gan_dataset_cursor cursor;

    (void)state;
    gan_dataset *first = open_text(context, others[0].text, NULL);
    assert_int_equal(gan_dataset_get_cursor(first, &cursor), GAN_OK);
    gan_dataset_destroy(first);
    for (int i = 0; i < 3; i++) {
        gan_dataset *other = open_text(context, others[i].text, NULL);
        test_status(gan_dataset_set_cursor(other, cursor), others[i].status,
                    others[i].status == GAN_OK ? "" : "its files, columns or classes other names");
        gan_dataset_destroy(other);
    }
    gan_context_destroy(context);
}

static void test_refused_arguments(void **state)
{
    gan_context *context = test_context();
    gan_dataset *dataset = NULL;

    (void)state;
    test_status(gan_dataset_open_csv(context, test_path("nothing"), NULL, &dataset), GAN_ERROR_NOT_FOUND, "nothing");
    test_status(gan_dataset_open_csv(context, NULL, NULL, &dataset), GAN_ERROR_NULL, "path");
    test_status(gan_dataset_open_csv(NULL, "x", NULL, &dataset), GAN_ERROR_NULL, "context");
    test_status(gan_dataset_open_csv(context, "x", NULL, NULL), GAN_ERROR_NULL, "out");
    assert_null(dataset);
    gan_context_destroy(context);
}

static gan_status open_table(gan_context *context, void *user)
{
    gan_dataset *dataset = NULL;
    const gan_status status = gan_dataset_open_csv(context, user, NULL, &dataset);

    gan_dataset_destroy(dataset);
    return status;
}

static void test_failing_memory(void **state)
{
    static const char text[] = "a,b\n1,one\n2,two\n3,three\n";
    char path[512];

    (void)state;
    strcpy(path, test_path("memory"));
    test_file_write(path, text, strlen(text));
    assert_true(test_every_allocation_fails(open_table, path) >= 20);
}

/* ---- Warnings ----------------------------------------------------------------------------------------------- */

typedef struct heard {
    int warnings;
    char last[512];
} heard;

static void hear(void *user, gan_log_level level, const char *message)
{
    heard *h = user;
    if (level < GAN_LOG_WARNING) return;
    h->warnings++;
    snprintf(h->last, sizeof(h->last), "%s", message);
}

static void test_warnings(void **state)
{
    static char prices[1024], kinds[1024];
    static const struct {
        const char *text, *warning;
    } cases[] = {
        {"key,b\n16777216,0.1\n16777217,0.2\n16777219,3\n",
         "line 3, column 'key': 16777217 is rounded to 16777216, since"},
        {"1,2.5\n3,4\n5,6\n", "begins with numbers, which are taken for the names of its columns"},
        {"1,b\n3,4\n16777216,1e20\n", "column 'b': 1e20 is rounded to"},
        {"a,b\n0.1,1e10\n16777218,-3\n", NULL},
        {prices, "column 'price' has 70 different texts in 70 rows, such as '$0'; each is a class"},
        {kinds, NULL},
    };
    size_t used = (size_t)sprintf(prices, "price\n"), used_too = (size_t)sprintf(kinds, "kind\n");

    (void)state;
    for (int i = 0; i < 70; i++) {
        used += (size_t)sprintf(prices + used, "$%d\n", i);
        used_too += (size_t)sprintf(kinds + used_too, "k%d\n", i / 2);
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        heard h = {0};
        gan_context *context;
        assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 1, .log = hear, .log_user = &h), &context),
                         GAN_OK);
        gan_dataset_destroy(open_text(context, cases[i].text, NULL));
        assert_int_equal(h.warnings, cases[i].warning != NULL);
        if (cases[i].warning && !strstr(h.last, cases[i].warning)) fail_msg("%s", h.last);
        gan_context_destroy(context);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),           cmocka_unit_test(test_no_names),
        cmocka_unit_test(test_long_table),      cmocka_unit_test(test_ends_of_lines),
        cmocka_unit_test(test_delimiters),      cmocka_unit_test(test_missing),
        cmocka_unit_test(test_refused_options), cmocka_unit_test(test_other_kinds),
        cmocka_unit_test(test_refused_tables),  cmocka_unit_test(test_limits),
        cmocka_unit_test(test_other_names),     cmocka_unit_test(test_refused_arguments),
        cmocka_unit_test(test_failing_memory),  cmocka_unit_test(test_warnings),
    };
    return cmocka_run_group_tests(tests, test_folder_create, test_folder_remove);
}
