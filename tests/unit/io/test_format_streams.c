/* Pictures, arrays and histories through callbacks: the bytes are those of files, and what fails on the way is
 * reported and changes nothing. */
#include "io/io.h"
#include "support/allocator.h"
#include "support/files.h"
#include "support/streams.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define OK(call) test_status(call, GAN_OK, "")

enum { PICTURES = 5, VALUES = PICTURES * 3 * 20 * 30, ROWS = 300 };

static gan_context *context;
static float values[VALUES];

static int set_up(void **state)
{
    for (int i = 0; i < VALUES; i++) values[i] = (float)((i * 7919) % 2003) / 1001 - 1;
    if (gan_context_create(GAN_CONTEXT(.threads = 1), &context) != GAN_OK) return -1;
    return test_folder_create(state);
}

static int tear_down(void **state)
{
    gan_context_destroy(context);
    return test_folder_remove(state);
}

static gan_history *make_history(gan_context *in, int64_t rows)
{
    gan_step_report report = GAN_STEP_REPORT_INIT;
    gan_history *history = NULL;

    OK(gan_history_create(in, &history));
    for (int64_t i = 0; i < rows; i++) {
        report.step = i + 1;
        report.generator_loss = 1.0 / (double)(i + 3);
        report.discriminator_loss = (double)values[i];
        OK(gan_history_add(history, &report));
    }
    return history;
}

/* What is written to a path, and to a writer. */
typedef struct writing {
    gan_status (*to_path)(const char *path);
    test_write_fn to_writer;
} writing;

static void check_bytes(writing w, void *user, bool fail_all)
{
    gan_bytes *bytes = NULL;

    OK(gan_bytes_create(context, &bytes));
    OK(w.to_path(test_path("file")));
    OK(w.to_writer(gan_bytes_writer(bytes), user));
    test_assert_bytes_of_file(bytes, test_path("file"));
    if (fail_all) test_every_write_fails(gan_bytes_data(bytes), gan_bytes_size(bytes), w.to_writer, user);
    test_status(w.to_writer((gan_writer){NULL, NULL}, user), GAN_ERROR_NULL, "writer.write is NULL");
    gan_bytes_destroy(bytes);
}

/* ---- Arrays and pictures --------------------------------------------------------------------------------------- */

static gan_status array_to_path(const char *path)
{
    return gan_npy_write(context, path, values, VALUES / 50, GAN_SHAPE(5, 10));
}

static gan_status array_to_writer(gan_writer writer, void *user)
{
    (void)user;
    return gan_npy_write_to(context, writer, values, VALUES / 50, GAN_SHAPE(5, 10));
}

static void test_arrays(void **state)
{
    gan_bytes *bytes = NULL;
    (void)state;

    check_bytes((writing){array_to_path, array_to_writer}, NULL, true);
    OK(gan_bytes_create(context, &bytes));
    const gan_writer writer = gan_bytes_writer(bytes);
    test_status(gan_npy_write_to(context, writer, values, 0, GAN_SHAPE(1)), GAN_ERROR_ARGUMENT,
                "gan_npy_write_to: count is 0");
    test_status(gan_npy_write_to(context, writer, values, 1, GAN_SHAPE(0)), GAN_ERROR_SHAPE,
                "gan_npy_write_to: shape");
    test_status(gan_npy_write_to(context, writer, values, INT64_MAX, GAN_SHAPE(9)), GAN_ERROR_OVERFLOW, "overflows");
    assert_int_equal(gan_bytes_size(bytes), 0);
    gan_bytes_destroy(bytes);
}

#ifdef GAN_HAVE_PNG

static gan_status grid_to_path(const char *path)
{
    return gan_png_write_grid(context, path, values, PICTURES, GAN_SHAPE(3, 20, 30), 2);
}

static gan_status grid_to_writer(gan_writer writer, void *user)
{
    (void)user;
    return gan_png_write_grid_to(context, writer, values, PICTURES, GAN_SHAPE(3, 20, 30), 2);
}

static gan_status refuse(void *user, const void *bytes, size_t size)
{
    (void)user;
    (void)bytes;
    (void)size;
    return GAN_ERROR_NO_SPACE;
}

static gan_status plot_to_path(const char *path)
{
    gan_history *history = make_history(context, ROWS);
    const gan_status status = gan_history_write_png(history, path);

    gan_history_destroy(history);
    return status;
}

static gan_status plot_to_writer(gan_writer writer, void *user)
{
    return gan_history_write_png_to(user, writer);
}

static void test_pictures(void **state)
{
    gan_history *history = make_history(context, ROWS), *empty = make_history(context, 0);
    gan_bytes *bytes = NULL;
    (void)state;

    check_bytes((writing){grid_to_path, grid_to_writer}, NULL, true);
    check_bytes((writing){plot_to_path, plot_to_writer}, history, false); /* it is drawn again for each */
    test_status(gan_history_write_png_to(history, (gan_writer){refuse, NULL}), GAN_ERROR_NO_SPACE,
                "the writer returned GAN_ERROR_NO_SPACE");
    OK(gan_bytes_create(context, &bytes));
    test_status(gan_png_write_grid_to(context, gan_bytes_writer(bytes), values, 1, GAN_SHAPE(2, 3, 3), 1),
                GAN_ERROR_SHAPE, "gan_png_write_grid_to: shape is (2, 3, 3)");
    test_status(gan_png_write_grid_to(context, gan_bytes_writer(bytes), values, 1, GAN_SHAPE(1, 2000000, 1), 1),
                GAN_ERROR_OVERFLOW, "the writer: a picture of 1 x 2000000 pixels exceeds");
    test_status(gan_history_write_png_to(empty, gan_bytes_writer(bytes)), GAN_ERROR_STATE,
                "gan_history_write_png_to: the history has no rows yet");
    assert_int_equal(gan_bytes_size(bytes), 0);
    gan_bytes_destroy(bytes);
    gan_history_destroy(empty);
    gan_history_destroy(history);
}

#else

static void test_pictures(void **state)
{
    gan_bytes *bytes = NULL;
    (void)state;

    OK(gan_bytes_create(context, &bytes));
    test_status(gan_png_write_grid_to(context, gan_bytes_writer(bytes), values, 1, GAN_SHAPE(1, 3, 3), 1),
                GAN_ERROR_UNSUPPORTED, "without libpng");
    gan_bytes_destroy(bytes);
}

#endif

/* ---- Histories ------------------------------------------------------------------------------------------------- */

static gan_status csv_to_path(const char *path)
{
    gan_history *history = make_history(context, ROWS);
    const gan_status status = gan_history_write_csv(history, path);

    gan_history_destroy(history);
    return status;
}

static gan_status csv_to_writer(gan_writer writer, void *user)
{
    return gan_history_write_csv_to(user, writer);
}

static gan_status csv_from_reader(gan_reader reader, void *user)
{
    return gan_history_read_csv_from(user, reader);
}

static void test_histories(void **state)
{
    gan_history *history = make_history(context, ROWS), *read = make_history(context, 2);
    gan_bytes *bytes = NULL, *again = NULL;
    (void)state;

    check_bytes((writing){csv_to_path, csv_to_writer}, history, true);
    OK(gan_bytes_create(context, &bytes));
    OK(gan_bytes_create(context, &again));
    OK(gan_history_write_csv_to(history, gan_bytes_writer(bytes)));
    test_status(gan_history_read_csv_from(read, gan_reader_from_memory("x,y\n", 4)), GAN_ERROR_MAGIC,
                "the reader's data is not the CSV file of a history: its column 1 is called 'x'");
    test_status(gan_history_read_csv_from(read, (gan_reader){-1, NULL, NULL}), GAN_ERROR_NULL, "reader.read is NULL");
    test_status(gan_history_read_csv_from(read, gan_reader_from_memory("", 0)), GAN_ERROR_TRUNCATED,
                "the reader's data, line 1: the file is empty");
    assert_int_equal(gan_history_count(read), 2);
    test_every_read_fails(gan_bytes_data(bytes), gan_bytes_size(bytes), csv_from_reader, read);
    OK(gan_history_write_csv_to(read, gan_bytes_writer(again)));
    assert_int_equal(gan_bytes_size(bytes), gan_bytes_size(again));
    assert_memory_equal(gan_bytes_data(bytes), gan_bytes_data(again), gan_bytes_size(bytes));
    gan_bytes_destroy(bytes);
    gan_bytes_destroy(again);
    gan_history_destroy(history);
    gan_history_destroy(read);
}

static gan_status in_memory(gan_context *fresh, void *user)
{
    gan_step_report report = GAN_STEP_REPORT_INIT;
    gan_history *history = NULL;
    gan_bytes *bytes = NULL;
    gan_status status = gan_history_create(fresh, &history);

    (void)user;
    report.step = 1;
    if (status == GAN_OK) status = gan_history_add(history, &report);
    if (status == GAN_OK) status = gan_bytes_create(fresh, &bytes);
    if (status == GAN_OK) status = gan_history_write_csv_to(history, gan_bytes_writer(bytes));
    if (status == GAN_OK) {
        status =
            gan_history_read_csv_from(history, gan_reader_from_memory(gan_bytes_data(bytes), gan_bytes_size(bytes)));
    }
    if (status == GAN_OK) status = gan_npy_write_to(fresh, gan_bytes_writer(bytes), values, 8, GAN_SHAPE(1));
    gan_bytes_destroy(bytes);
    gan_history_destroy(history);
    return status;
}

/* The time that a line of names takes is bounded. */
static void test_many_columns(void **state)
{
    enum { PLAYERS = 1 << 13, NAME = sizeof(",loss:00000") - 1 };
    static char line[5 + PLAYERS * NAME + 2];
    gan_history *history = make_history(context, 0);
    size_t length = 5;

    (void)state;
    memcpy(line, "round", 5);
    for (int i = 0; i < PLAYERS; i++, length += NAME) snprintf(line + length, NAME + 1, ",loss:%05d", i);
    test_status(gan_history_read_csv_from(history, gan_reader_from_memory(line, length)), GAN_ERROR_OVERFLOW,
                "the reader's data has more than 8192 columns");
    OK(gan_history_read_csv_from(history, gan_reader_from_memory(line, length - NAME)));
    gan_history_destroy(history);
}

static void test_memory_that_fails(void **state)
{
    (void)state;
    assert_true(test_every_allocation_fails(in_memory, NULL) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_histories),
        cmocka_unit_test(test_many_columns),
        cmocka_unit_test(test_memory_that_fails),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
