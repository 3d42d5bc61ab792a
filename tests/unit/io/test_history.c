/* Histories: rows, CSV files in any locale, strict reading, and plots of anything that may happen in training. */
#include "io/io.h"
#include "support/allocator.h"
#include "support/files.h"

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

/* Columns that every version has, and those that came later. */
#define FIRST_COLUMNS                                                                       \
    "step,epoch,batch,discriminator_loss,generator_loss,real_probability,fake_probability," \
    "discriminator_gradient_norm,generator_gradient_norm,samples_per_second,seconds"
#define LATER_COLUMNS                                            \
    ",penalty,real_accuracy,fake_accuracy,diversity,saturation," \
    "generator_update_ratio,discriminator_update_ratio,diagnoses"
#define HEADER       FIRST_COLUMNS LATER_COLUMNS "\n"
#define FIRST_HEADER FIRST_COLUMNS "\n"

static gan_step_report report_of(int64_t step)
{
    gan_step_report report = GAN_STEP_REPORT_INIT;
    const double t = (double)step / 100;

    report.step = step;
    report.epoch = step / 1000;
    report.batch = 32;
    report.discriminator_loss = 1.4 * exp(-t) + 0.3;
    report.generator_loss = 0.7 + t / 3;
    report.real_probability = 0.5 + 0.3 * sin(t);
    report.fake_probability = 0.5 - 0.3 * sin(t);
    report.discriminator_gradient_norm = exp(sin(t));
    report.generator_gradient_norm = exp(cos(t) - 2);
    report.samples_per_second = 1000.0 / 3;
    report.seconds = t / 7;
    report.penalty = t / 3;
    report.real_accuracy = report.fake_accuracy = 0.7;
    report.diversity = 0.9 + 0.1 * cos(t);
    report.saturation = 0.2 - 0.1 * cos(t);
    report.generator_update_ratio = report.discriminator_update_ratio = 1.0 / 300;
    report.diagnoses = GAN_DIAGNOSIS_MODE_COLLAPSE;
    return report;
}

static gan_history *create(gan_context *context, int64_t rows)
{
    gan_history *history = NULL;

    assert_int_equal(gan_history_create(context, &history), GAN_OK);
    for (int64_t step = 1; step <= rows; step++) {
        const gan_step_report report = report_of(step);
        test_status(gan_history_add(history, &report), GAN_OK, "");
    }
    assert_int_equal(gan_history_count(history), rows);
    return history;
}

/* ---- Rows --------------------------------------------------------------------------------------------------- */

static void test_rows(void **state)
{
    gan_context *context = test_context();
    gan_history *history = create(context, 1000);
    gan_step_report report = report_of(1000);

    (void)state;
    for (int64_t i = 0; i < 1000; i++) {
        assert_true(gan_history_row(history, i)[GAN_HISTORY_STEP] == (double)(i + 1));
        assert_true(gan_history_row(history, i)[GAN_HISTORY_SECONDS] == report_of(i + 1).seconds);
    }
    test_status(gan_history_add(history, &report), GAN_ERROR_ARGUMENT, "step 1000 cannot follow");
    report.step = 1005;
    assert_int_equal(gan_history_add(history, &report), GAN_OK);
    assert_int_equal(gan_history_count(history), 1001);
    gan_history_destroy(history);
    gan_context_destroy(context);
}

/* What the report of an older program lacks is not a measurement of 0. */
static void test_shorter_reports(void **state)
{
    gan_context *context = test_context();
    gan_history *history = create(context, 0);
    gan_step_report report = report_of(1);

    (void)state;
    report.struct_size = offsetof(gan_step_report, penalty);
    assert_int_equal(gan_history_add(history, &report), GAN_OK);
    assert_true(gan_history_row(history, 0)[GAN_HISTORY_SECONDS] == report.seconds);
    assert_true(isnan(gan_history_row(history, 0)[GAN_HISTORY_PENALTY]));
    assert_true(isnan(gan_history_row(history, 0)[GAN_HISTORY_DIVERSITY]));
    assert_true(gan_history_row(history, 0)[GAN_HISTORY_DIAGNOSES] == 0);
    gan_history_destroy(history);
    gan_context_destroy(context);
}

static void test_truncate(void **state)
{
    gan_context *context = test_context();
    gan_history *history = create(context, 10);
    const gan_step_report report = report_of(8);

    (void)state;
    assert_int_equal(gan_history_truncate(history, 10), GAN_OK);
    assert_int_equal(gan_history_count(history), 10);
    assert_int_equal(gan_history_truncate(history, 7), GAN_OK);
    assert_int_equal(gan_history_count(history), 7);
    assert_int_equal(gan_history_add(history, &report), GAN_OK);
    assert_int_equal(gan_history_truncate(history, -1), GAN_OK);
    assert_int_equal(gan_history_count(history), 0);
    gan_history_destroy(history);
    gan_context_destroy(context);
}

static void test_refused_reports(void **state)
{
    gan_context *context = test_context();
    gan_history *history = create(context, 0), *none = NULL;
    gan_step_report report = report_of(1);

    (void)state;
    report.step = -1;
    test_status(gan_history_add(history, &report), GAN_ERROR_ARGUMENT, "step is -1");
    report.step = GAN_HISTORY_LARGEST + 1;
    test_status(gan_history_add(history, &report), GAN_ERROR_ARGUMENT, "step is 9007199254740993");
    report = report_of(1);
    report.batch = -32;
    test_status(gan_history_add(history, &report), GAN_ERROR_ARGUMENT, "batch is -32");
    report = report_of(1);
    report.diagnoses = UINT64_MAX;
    test_status(gan_history_add(history, &report), GAN_ERROR_ARGUMENT, "diagnoses is ");
    report.struct_size = 1;
    assert_int_equal(gan_history_add(history, &report), GAN_ERROR_ARGUMENT);
    assert_int_equal(gan_history_add(NULL, &report), GAN_ERROR_NULL);
    assert_int_equal(gan_history_add(history, NULL), GAN_ERROR_NULL);
    assert_int_equal(gan_history_create(NULL, &none), GAN_ERROR_NULL);
    assert_int_equal(gan_history_create(context, NULL), GAN_ERROR_NULL);
    assert_int_equal(gan_history_truncate(NULL, 0), GAN_ERROR_NULL);
    assert_int_equal(gan_history_write_csv(NULL, "x"), GAN_ERROR_NULL);
    assert_int_equal(gan_history_write_csv(history, NULL), GAN_ERROR_NULL);
    assert_int_equal(gan_history_read_csv(NULL, "x"), GAN_ERROR_NULL);
    assert_int_equal(gan_history_read_csv(history, NULL), GAN_ERROR_NULL);
    assert_int_equal(gan_history_write_png(NULL, "x"), GAN_ERROR_NULL);
    assert_int_equal(gan_history_write_png(history, NULL), GAN_ERROR_NULL);
    assert_int_equal(gan_history_count(NULL), 0);
    assert_int_equal(gan_history_count(history), 0);
    gan_history_destroy(NULL);
    gan_history_destroy(history);
    gan_context_destroy(context);
}

/* ---- CSV ---------------------------------------------------------------------------------------------------- */

static void add_row(gan_history *history, int64_t step, double loss, double norm)
{
    gan_step_report report = GAN_STEP_REPORT_INIT;

    report.step = step;
    report.epoch = 2;
    report.batch = 32;
    report.discriminator_loss = loss;
    report.generator_gradient_norm = norm;
    report.seconds = 0.1;
    report.diversity = 0.75;
    report.saturation = NAN;
    report.diagnoses = GAN_DIAGNOSIS_MODE_COLLAPSE | GAN_DIAGNOSIS_NOT_FINITE;
    assert_int_equal(gan_history_add(history, &report), GAN_OK);
}

/* The whole file, text by text, then its values. */
static void check_csv(void)
{
    static const char expected[] = HEADER "1,2,32,0.333333333,0,0,0,0,1.5e-30,0,0.1,0,0,0,0.75,nan,0,0,24\n"
                                          "12345678901,2,32,-2.5,0,0,0,0,1e+300,0,0.1,0,0,0,0.75,nan,0,0,24\n"
                                          "12345678902,2,32,nan,0,0,0,0,inf,0,0.1,0,0,0,0.75,nan,0,0,24\n"
                                          "12345678903,2,32,nan,0,0,0,0,-inf,0,0.1,0,0,0,0.75,nan,0,0,24\n";
    gan_context *context = test_context();
    gan_history *history = create(context, 0), *read = create(context, 3);
    char text[2 * sizeof(expected)] = "";

    add_row(history, 1, 1.0 / 3, 1.5e-30);
    add_row(history, 12345678901, -2.5, 1e300);
    add_row(history, 12345678902, NAN, INFINITY);
    add_row(history, 12345678903, copysign(NAN, -1), -INFINITY);
    test_status(gan_history_write_csv(history, test_path("file")), GAN_OK, "");
    assert_int_equal(test_file_read(test_path("file"), text, sizeof(text) - 1), sizeof(expected) - 1);
    assert_string_equal(text, expected);

    test_status(gan_history_read_csv(read, test_path("file")), GAN_OK, "");
    assert_int_equal(gan_history_count(read), 4);
    assert_true(gan_history_row(read, 0)[GAN_HISTORY_DISCRIMINATOR_LOSS] == 0.333333333);
    assert_true(gan_history_row(read, 0)[GAN_HISTORY_GENERATOR_GRADIENT_NORM] == 1.5e-30);
    assert_true(gan_history_row(read, 1)[GAN_HISTORY_STEP] == 12345678901.0);
    assert_true(gan_history_row(read, 1)[GAN_HISTORY_DISCRIMINATOR_LOSS] == -2.5);
    assert_true(isnan(gan_history_row(read, 2)[GAN_HISTORY_DISCRIMINATOR_LOSS]));
    assert_true(gan_history_row(read, 3)[GAN_HISTORY_GENERATOR_GRADIENT_NORM] == -INFINITY);
    assert_true(gan_history_row(read, 3)[GAN_HISTORY_SECONDS] == 0.1);
    assert_true(gan_history_row(read, 3)[GAN_HISTORY_DIVERSITY] == 0.75);
    assert_true(isnan(gan_history_row(read, 3)[GAN_HISTORY_SATURATION]));
    assert_true(gan_history_row(read, 3)[GAN_HISTORY_DIAGNOSES] == 24);
    gan_history_destroy(history);
    gan_history_destroy(read);
    gan_context_destroy(context);
}

static void test_csv(void **state)
{
    (void)state;
    check_csv();
}

#ifdef __GLIBC__
/* A locale that differs from C only in its decimal point, as files of the C library, so that none need be installed.
 * `point` has up to three bytes. */
static void make_locale(const char *name, const char *point)
{
    const uint32_t header[] = {0x20031115 ^ LC_NUMERIC, 6, 32, 36, 38, 40, 44, 48}; /* magic, fields, offsets */
    unsigned char bytes[sizeof(header) + 22] = {0};
    char path[600];

    memcpy(bytes, header, sizeof(header));
    strcpy((char *)bytes + 32, point);
    bytes[38] = 127; /* no grouping */
    bytes[40] = ',';
    strcpy((char *)bytes + 48, "UTF-8");
    snprintf(path, sizeof(path), "%s", test_path(name));
    assert_int_equal(mkdir(path, 0755), 0);
    strcat(path, "/LC_NUMERIC");
    test_file_write(path, bytes, sizeof(bytes));
}

static void test_csv_in_other_locales(void **state)
{
    static const char *const points[] = {",", "\xd9\xab"}; /* German and Arabic */
    static const char *const names[] = {"comma", "momayyez"};

    (void)state;
    assert_int_equal(setenv("LOCPATH", test_path(""), 1), 0);
    for (int i = 0; i < 2; i++) {
        char number[16], exact[GAN_NUMBER_TEXT];
        make_locale(names[i], points[i]);
        assert_non_null(setlocale(LC_NUMERIC, names[i]));
        snprintf(number, sizeof(number), "%.1f", 0.5);
        assert_null(strchr(number, '.'));
        check_csv();
        gan_number_print_exactly(exact, -0.1);
        assert_string_equal(exact, "-0.1");
        gan_number_print_exactly(exact, (double)1e-5f);
        assert_string_equal(exact, "9.999999747378752e-6");
        snprintf(number, sizeof(number), "%.1f", 0.5);
        assert_null(strchr(number, '.')); /* the host's locale is as it was */
        assert_non_null(setlocale(LC_NUMERIC, "C"));
    }
    unsetenv("LOCPATH");
}
#define LOCALE_TESTS cmocka_unit_test(test_csv_in_other_locales),
#else
#define LOCALE_TESTS
#endif

/* Much more than is read at once. */
static void test_long_csv(void **state)
{
    gan_context *context = test_context();
    gan_history *history = create(context, 5000), *read = create(context, 0);

    (void)state;
    assert_int_equal(gan_history_write_csv(history, test_path("file")), GAN_OK);
    test_status(gan_history_read_csv(read, test_path("file")), GAN_OK, "");
    assert_int_equal(gan_history_count(read), 5000);
    for (int64_t i = 0; i < 5000; i++) {
        for (int c = 0; c < GAN_HISTORY_STEP_COLUMNS; c++) {
            assert_true(fabs(gan_history_row(read, i)[c] - gan_history_row(history, i)[c]) <=
                        1e-8 * fabs(gan_history_row(history, i)[c]));
        }
    }
    gan_history_destroy(history);
    gan_history_destroy(read);
    gan_context_destroy(context);
}

#define ROW      "1,0,32,1,1,1,1,1,1,1,1\n"
#define NEXT_ROW "2,0,32,1,1,1,1,1,1,1,1\n"
#define LONG_ROW "1,0,32,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,8\n"

/* A file from a version with fewer columns: what it lacks was not measured. */
static void test_earlier_csv(void **state)
{
    gan_context *context = test_context();
    gan_history *history = create(context, 0);

    (void)state;
    test_file_write(test_path("file"), FIRST_HEADER ROW, strlen(FIRST_HEADER ROW));
    test_status(gan_history_read_csv(history, test_path("file")), GAN_OK, "");
    assert_int_equal(gan_history_count(history), 1);
    assert_true(gan_history_row(history, 0)[GAN_HISTORY_SECONDS] == 1);
    for (int i = GAN_HISTORY_PENALTY; i < GAN_HISTORY_DIAGNOSES; i++)
        assert_true(isnan(gan_history_row(history, 0)[i]));
    assert_true(gan_history_row(history, 0)[GAN_HISTORY_DIAGNOSES] == 0);
    gan_history_destroy(history);
    gan_context_destroy(context);
}

static void test_bad_csv(void **state)
{
    static const struct {
        const char *text;
        gan_status status;
        const char *part;
    } bad[] = {
        {FIRST_HEADER, GAN_OK, ""},
        {HEADER, GAN_OK, ""},
        {HEADER LONG_ROW, GAN_OK, ""},
        {FIRST_COLUMNS ",penalty\n1,0,32,1,1,1,1,1,1,1,1,1\n", GAN_OK, ""},
        {FIRST_HEADER "1,0,32,+1,-1.5e-3,1E5,.5,5.,0,0,0\n", GAN_OK, ""},
        {HEADER ROW, GAN_ERROR_FORMAT, "line 2: it has too few columns"},
        {FIRST_HEADER LONG_ROW, GAN_ERROR_FORMAT, "line 2: it has too many columns"},
        {HEADER "1,0,32,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,8.0\n", GAN_ERROR_FORMAT, "diagnoses is '8.0'"},
        {FIRST_COLUMNS LATER_COLUMNS ",more\n", GAN_ERROR_MAGIC, "not the CSV file of a history"},
        {FIRST_COLUMNS ",diversity\n", GAN_ERROR_MAGIC, "not the CSV file of a history"},
        {FIRST_COLUMNS ",\n", GAN_ERROR_MAGIC, "not the CSV file of a history"},
        {"", GAN_ERROR_TRUNCATED, "line 1: the file is empty"},
        {"step,epoch\n" ROW, GAN_ERROR_MAGIC, "it has only 2 columns"},
        {ROW, GAN_ERROR_MAGIC, "not the CSV file of a history"},
        {"step", GAN_ERROR_MAGIC, "it has only 1 column"},
        {"<html\x01\xff>", GAN_ERROR_MAGIC, "its column 1 is called '<html\\x01\\xff>'"},
        {FIRST_HEADER "1,0,32,1,1,1,1,1,1,1,1", GAN_OK, ""},
        {"\xef\xbb\xbf" FIRST_HEADER "1,0,32,NaN,,inf,-Inf,1,\"1\",1,1\r\n2,0,32,1,1,1,1,1,1,1,1", GAN_OK, ""},
        {FIRST_HEADER "1,0,32,1,1,1,1,1,1,1", GAN_ERROR_TRUNCATED, "line 2: the file ends within it"},
        {FIRST_HEADER ROW "2,0", GAN_ERROR_TRUNCATED, "line 3: the file ends within it"},
        {FIRST_HEADER "\n", GAN_OK, ""},
        {FIRST_HEADER "1,0,32,1,1,1,1,1,1,1\n", GAN_ERROR_FORMAT, "line 2: it has too few columns"},
        {FIRST_HEADER ROW "2,0,32,1,1,1,1,1,1,1,1,\n", GAN_ERROR_FORMAT, "line 3: it has too many columns"},
        {FIRST_HEADER ROW ROW, GAN_ERROR_FORMAT, "line 3: steps do not increase"},
        {FIRST_HEADER NEXT_ROW ROW, GAN_ERROR_FORMAT, "line 3: steps do not increase"},
        {FIRST_HEADER "1.0,0,32,1,1,1,1,1,1,1,1\n", GAN_ERROR_FORMAT, "step is '1.0'"},
        {FIRST_HEADER "-1,0,32,1,1,1,1,1,1,1,1\n", GAN_ERROR_FORMAT, "step is '-1'"},
        {FIRST_HEADER "9007199254740993,0,32,1,1,1,1,1,1,1,1\n", GAN_ERROR_FORMAT, "step is '9007199254740993'"},
        {FIRST_HEADER "99999999999999999999,0,32,1,1,1,1,1,1,1,1\n", GAN_ERROR_FORMAT, "step is '9999"},
        {FIRST_HEADER "1,,32,1,1,1,1,1,1,1,1\n", GAN_ERROR_FORMAT, "epoch is ''"},
        {FIRST_HEADER "1,0,32,x,1,1,1,1,1,1,1\n", GAN_ERROR_FORMAT, "discriminator_loss is 'x'"},
        {FIRST_HEADER "1,0,32,\xc2\xa0"
                      "1,1,1,1,1,1,1,1\n",
         GAN_ERROR_FORMAT, "line 2, column 4: discriminator_loss is '\\xc2\\xa01', which is not a number"},
        {FIRST_HEADER "1,0,32,1.2.3,1,1,1,1,1,1,1\n", GAN_ERROR_FORMAT, "discriminator_loss is '1.2.3'"},
        {FIRST_HEADER "1,0,32,0x1,1,1,1,1,1,1,1\n", GAN_ERROR_FORMAT, "discriminator_loss is '0x1'"},
        {FIRST_HEADER "1,0,32,1e999,1,1,1,1,1,1,1\n", GAN_ERROR_FORMAT, "discriminator_loss is '1e999'"},
        {FIRST_HEADER "1,0,32,infinity,1,1,1,1,1,1,1\n", GAN_ERROR_FORMAT, "discriminator_loss is 'infinity'"},
    };
    gan_context *context = test_context();
    gan_history *history = create(context, 7);

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        test_file_write(test_path("bad"), bad[i].text, strlen(bad[i].text));
        test_status(gan_history_read_csv(history, test_path("bad")), bad[i].status, bad[i].part);
        if (bad[i].status == GAN_OK) {
            gan_history_destroy(history);
            history = create(context, 7);
        }
        assert_int_equal(gan_history_count(history), 7); /* unchanged by failures */
        assert_true(gan_history_row(history, 6)[GAN_HISTORY_STEP] == 7);
    }
    gan_history_destroy(history);
    gan_context_destroy(context);
}

static void test_csv_that_is_no_text(void **state)
{
    static char text[sizeof(HEADER) + 2000] = HEADER;
    gan_context *context = test_context();
    gan_history *history = create(context, 0);

    (void)state;
    memset(text + sizeof(HEADER) - 1, '1', 1999);
    text[sizeof(text) - 2] = '\n';
    test_file_write(test_path("bad"), text, sizeof(text) - 1);
    test_status(gan_history_read_csv(history, test_path("bad")), GAN_ERROR_FORMAT, "111...', which");
    text[sizeof(HEADER) + 5] = 0;
    test_file_write(test_path("bad"), text, sizeof(text) - 1);
    test_status(gan_history_read_csv(history, test_path("bad")), GAN_ERROR_FORMAT,
                "line 2: a cell contains a zero byte");
    test_status(gan_history_read_csv(history, test_path("none")), GAN_ERROR_NOT_FOUND, "none");
    test_status(gan_history_read_csv(history, test_path("")), GAN_ERROR_IO, "is a folder");
    test_status(gan_history_write_csv(history, test_path("none/file")), GAN_ERROR_NOT_FOUND, "none/file");
    gan_history_destroy(history);
    gan_context_destroy(context);
}

static gan_status fill_and_exchange(gan_context *context, void *user)
{
    const gan_step_report report = report_of(1);
    gan_history *history = NULL;
    gan_status status = gan_history_create(context, &history);

    if (status == GAN_OK) status = gan_history_add(history, &report);
    if (status == GAN_OK) status = gan_history_write_csv(history, user);
    if (status == GAN_OK) status = gan_history_read_csv(history, user);
    gan_history_destroy(history);
    return status;
}

static void test_failing_memory(void **state)
{
    char path[512];

    (void)state;
    strcpy(path, test_path("memory"));
    assert_true(test_every_allocation_fails(fill_and_exchange, path) >= 6);
}

/* ---- Plots -------------------------------------------------------------------------------------------------- */

#ifdef GAN_HAVE_PNG
#include <png.h>

#define PLOT_HEIGHT(panels) (64 + 324 * (panels) + 44)

enum { plot_width = 1200, most_pixels = plot_width * PLOT_HEIGHT(4) };

static unsigned char *read_plot(const char *path, unsigned panels)
{
    static unsigned char pixels[most_pixels * 3];
    png_image image = {.version = PNG_IMAGE_VERSION};

    assert_true(png_image_begin_read_from_file(&image, path));
    assert_int_equal(image.width, plot_width);
    assert_int_equal(image.height, PLOT_HEIGHT(panels));
    assert_int_equal(image.format, PNG_FORMAT_RGB);
    assert_true(png_image_finish_read(&image, NULL, pixels, 0, NULL));
    return pixels;
}

static int count_color(const unsigned char *pixels, uint32_t color, int from_row, int to_row)
{
    int count = 0;

    for (int i = from_row * plot_width; i < to_row * plot_width; i++) {
        const unsigned char *at = pixels + 3 * i;
        count += ((uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2]) == color;
    }
    return count;
}

/* Each panel shows its two curves from one side to the other, on white. */
static void test_plot(void **state)
{
    static const uint32_t colors[4][2] = {
        {0x1a6fc4, 0xe07b1f}, {0x2a8c5a, 0xc2417c}, {0x1a6fc4, 0xe07b1f}, {0x7a52b3, 0x8a6d3b}};
    gan_context *context = test_context();
    gan_history *history = create(context, 600);

    (void)state;
    test_status(gan_history_write_png(history, test_path("plot.png")), GAN_OK, "");
    const unsigned char *pixels = read_plot(test_path("plot.png"), 4);
    for (int panel = 0; panel < 4; panel++) {
        for (int curve = 0; curve < 2; curve++) {
            assert_in_range(count_color(pixels, colors[panel][curve], 64 + 324 * panel, 316 + 324 * panel), 1000,
                            20000);
        }
    }
    assert_in_range(count_color(pixels, 0xffffff, 0, PLOT_HEIGHT(4)), most_pixels * 2 / 3, most_pixels);
    gan_history_destroy(history);
    gan_context_destroy(context);
}

/* What was never measured has no panel; what was sometimes measured, as by diagnoses, has one. */
static void test_plots_of_samples(void **state)
{
    gan_context *context = test_context();

    (void)state;
    for (int measured = 0; measured < 2; measured++) {
        gan_history *history = create(context, 0);
        for (int step = 1; step <= 50; step++) {
            gan_step_report report = report_of(step);
            report.diversity = measured && step >= 30 ? 0.9 : NAN;
            report.saturation = NAN;
            assert_int_equal(gan_history_add(history, &report), GAN_OK);
        }
        test_status(gan_history_write_png(history, test_path("plot.png")), GAN_OK, "");
        const unsigned char *pixels = read_plot(test_path("plot.png"), measured ? 4 : 3);
        if (measured) assert_in_range(count_color(pixels, 0x7a52b3, 64 + 324 * 3, 316 + 324 * 3), 300, 20000);
        gan_history_destroy(history);
    }
    gan_context_destroy(context);
}

/* Whatever training may come to, the plot succeeds, and what is finite is drawn. */
static void test_plots_of_trouble(void **state)
{
    static const double values[][2] = {{0, 0},           {1, 1},          {NAN, NAN},       {INFINITY, -INFINITY},
                                       {1e300, 1e-300},  {-1e300, 1e300}, {1e-300, 2e-300}, {5, NAN},
                                       {1e15, 1e15 + 1}, {-3, -3}};
    gan_context *context = test_context();

    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        gan_history *history = create(context, 0);
        for (int step = 1; step <= 20; step++) {
            const double value = values[i][step % 2];
            gan_step_report report = report_of(step);
            report.discriminator_loss = report.generator_loss = value;
            report.real_probability = report.fake_probability = value;
            report.discriminator_gradient_norm = report.generator_gradient_norm = value;
            report.diversity = report.saturation = value;
            assert_int_equal(gan_history_add(history, &report), GAN_OK);
        }
        test_status(gan_history_write_png(history, test_path("plot.png")), GAN_OK, "");
        gan_history_destroy(history);
    }
    gan_context_destroy(context);
}

static void test_plots_of_few_rows(void **state)
{
    gan_context *context = test_context();
    gan_history *history = create(context, 0);

    (void)state;
    test_status(gan_history_write_png(history, test_path("none.png")), GAN_ERROR_STATE, "no rows yet");
    assert_false(test_file_exists(test_path("none.png")));
    gan_history_destroy(history);
    for (int64_t rows = 1; rows <= 3; rows++) {
        history = create(context, rows);
        test_status(gan_history_write_png(history, test_path("plot.png")), GAN_OK, "");
        assert_true(count_color(read_plot(test_path("plot.png"), 4), 0x1a6fc4, 64, 316) > 0);
        gan_history_destroy(history);
    }
    gan_context_destroy(context);
}

static gan_status add_and_plot(gan_context *context, void *user)
{
    const gan_step_report report = report_of(1);
    gan_history *history = NULL;
    gan_status status = gan_history_create(context, &history);

    if (status == GAN_OK) status = gan_history_add(history, &report);
    if (status == GAN_OK) status = gan_history_write_png(history, user);
    gan_history_destroy(history);
    return status;
}

static void test_plot_without_memory(void **state)
{
    char path[512];

    (void)state;
    strcpy(path, test_path("memory.png"));
    assert_true(test_every_allocation_fails(add_and_plot, path) >= 10);
}

#define PLOT_TESTS                                                                                                 \
    cmocka_unit_test(test_plot), cmocka_unit_test(test_plots_of_samples), cmocka_unit_test(test_plots_of_trouble), \
        cmocka_unit_test(test_plots_of_few_rows), cmocka_unit_test(test_plot_without_memory)

#else

static void test_plot_unsupported(void **state)
{
    gan_context *context = test_context();
    gan_history *history = create(context, 3);

    (void)state;
    test_status(gan_history_write_png(history, test_path("none")), GAN_ERROR_UNSUPPORTED, "without libpng");
    assert_false(test_file_exists(test_path("none")));
    gan_history_destroy(history);
    gan_context_destroy(context);
}

#define PLOT_TESTS cmocka_unit_test(test_plot_unsupported)

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_shorter_reports),
        cmocka_unit_test(test_truncate),
        cmocka_unit_test(test_refused_reports),
        cmocka_unit_test(test_csv),
        LOCALE_TESTS cmocka_unit_test(test_long_csv),
        cmocka_unit_test(test_earlier_csv),
        cmocka_unit_test(test_bad_csv),
        cmocka_unit_test(test_csv_that_is_no_text),
        cmocka_unit_test(test_failing_memory),
        PLOT_TESTS,
    };
    return cmocka_run_group_tests(tests, test_folder_create, test_folder_remove);
}
