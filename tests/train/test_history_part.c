/* Histories as parts of checkpoints: all of their rows come back, to the last bit, and what is no history changes
 * nothing. */
#include "gans.h"

#include "support/allocator.h"
#include "support/streams.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OK(call) test_status(call, GAN_OK, "")

typedef struct kept {
    gan_context *context;
    gan_history *history;
    gan_checkpoint *checkpoint;
    int64_t step;
} kept;

static gan_status add_rows(gan_history *history, int64_t first, int64_t end)
{
    gan_step_report report = GAN_STEP_REPORT_INIT;
    gan_status status = GAN_OK;

    for (int64_t i = first; i < end && status == GAN_OK; i++) {
        report.step = i + 1;
        report.generator_loss = 1.0 / (double)(i + 3);
        report.discriminator_loss = i % 7 == 3 ? NAN : -0.0;
        report.diversity = i % 5 == 2 ? INFINITY : 1e-310;
        status = gan_history_add(history, &report);
    }
    return status;
}

static gan_status make(gan_context *context, int64_t rows, kept *out)
{
    gan_status status;

    *out = (kept){.context = context, .step = rows};
    status = gan_history_create(context, &out->history);
    if (status == GAN_OK) status = add_rows(out->history, 0, rows);
    if (status == GAN_OK) status = gan_checkpoint_create(context, &out->checkpoint);
    if (status == GAN_OK) status = gan_checkpoint_add_history(out->checkpoint, "losses", out->history);
    return status == GAN_OK ? gan_checkpoint_add_integer(out->checkpoint, "step", &out->step) : status;
}

static void release(kept *k)
{
    gan_checkpoint_destroy(k->checkpoint);
    gan_history_destroy(k->history);
}

/* The checkpoint has the address of `step`. */
static void create(kept *k, int64_t rows)
{
    OK(make(test_context(), rows, k));
}

static void destroy(kept *k)
{
    release(k);
    gan_context_destroy(k->context);
}

static gan_bytes *save(const kept *k)
{
    gan_bytes *bytes = NULL;

    OK(gan_bytes_create(k->context, &bytes));
    OK(gan_checkpoint_save_to(k->checkpoint, gan_bytes_writer(bytes)));
    return bytes;
}

static void assert_same_bytes(const gan_bytes *a, const gan_bytes *b)
{
    assert_int_equal(gan_bytes_size(a), gan_bytes_size(b));
    assert_memory_equal(gan_bytes_data(a), gan_bytes_data(b), gan_bytes_size(a));
}

static gan_status load(gan_reader reader, void *user)
{
    return gan_checkpoint_load_from(((kept *)user)->checkpoint, reader);
}

static gan_status load_bytes(kept *k, const gan_bytes *bytes)
{
    return load(gan_reader_from_memory(gan_bytes_data(bytes), gan_bytes_size(bytes)), k);
}

/* Whatever rows there were, those of the file take their place, and more may follow. */
static void test_rows_come_back(void **state)
{
    static const int64_t counts[] = {0, 1, 30, 700};
    (void)state;

    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
            kept from, to;
            create(&from, counts[i]);
            create(&to, counts[j]);
            gan_bytes *saved = save(&from), *again;
            OK(load_bytes(&to, saved));
            assert_int_equal(gan_history_count(to.history), counts[i]);
            assert_int_equal(to.step, counts[i]);
            again = save(&to);
            assert_same_bytes(saved, again);
            OK(add_rows(to.history, counts[i], counts[i] + 3));
            assert_int_equal(gan_history_count(to.history), counts[i] + 3);
            gan_bytes_destroy(saved);
            gan_bytes_destroy(again);
            destroy(&from);
            destroy(&to);
        }
    }
}

/* Also those of rounds, under the names of players and wants, and of a history that its owner has left. */
static void test_rounds(void **state)
{
    static const char rows[] = "round,epoch,batch,samples_per_second,seconds,diagnoses,\"loss:a, b\"\"\xc3\xa9\"\n"
                               "3,0,8,1.5,2.5,0,nan\n7,1,8,1.25,2.25,1,-0.75\n";
    kept from, to;
    (void)state;

    create(&from, 4);
    create(&to, 9);
    OK(gan_history_read_csv_from(from.history, gan_reader_from_memory(rows, sizeof(rows) - 1)));
    gan_bytes *saved = save(&from), *a = NULL, *b = NULL;
    OK(load_bytes(&to, saved));
    OK(gan_bytes_create(to.context, &a));
    OK(gan_bytes_create(to.context, &b));
    OK(gan_history_write_csv_to(from.history, gan_bytes_writer(a)));
    OK(gan_history_write_csv_to(to.history, gan_bytes_writer(b)));
    assert_same_bytes(a, b);
    gan_history_destroy(to.history);
    to.history = NULL;
    gan_bytes *again = save(&to);
    assert_same_bytes(saved, again);
    gan_bytes_destroy(a);
    gan_bytes_destroy(b);
    gan_bytes_destroy(again);
    gan_bytes_destroy(saved);
    destroy(&from);
    destroy(&to);
}

/* A copy of the bytes with some of them replaced is refused, and changes nothing. */
static void refuse(const gan_bytes *bytes, const char *text, const char *other, gan_status status,
                   const char *sentence)
{
    const size_t size = gan_bytes_size(bytes), length = strlen(text);
    unsigned char *copy = malloc(size);
    kept to;
    size_t at = 0;

    create(&to, 5);
    gan_bytes *before = save(&to), *after;

    assert_non_null(copy);
    assert_int_equal(length, strlen(other));
    memcpy(copy, gan_bytes_data(bytes), size);
    while (at + length <= size && memcmp(copy + at, text, length) != 0) at++;
    assert_true(at + length <= size);
    memcpy(copy + at, other, length);
    test_status(load(gan_reader_from_memory(copy, size), &to), status, sentence);
    after = save(&to);
    assert_same_bytes(before, after);
    gan_bytes_destroy(before);
    gan_bytes_destroy(after);
    free(copy);
    destroy(&to);
}

static void test_damaged(void **state)
{
    kept from;
    (void)state;

    create(&from, 3);
    gan_bytes *saved = save(&from);
    refuse(saved, "\"libgan.losses\":", "\"libgan.closes\":", GAN_ERROR_NOT_FOUND,
           "the reader's data was saved without a history called 'losses'");
    refuse(saved, "\"history\"", "\"chapter\"", GAN_ERROR_ARCHITECTURE, "its losses is chapter, expected history");
    refuse(saved, "libgan.losses.columns", "libgan.losses.volumes", GAN_ERROR_FORMAT,
           "the reader's data has no libgan.losses.columns in its metadata");
    refuse(saved, "step,epoch", "step,epics", GAN_ERROR_FORMAT,
           "its libgan.losses.columns: the reader's data is not the CSV file of a history: its column 2");
    refuse(saved, "\"dtype\":\"F64\",\"shape\":[57]", "\"dtype\":\"F64\",\"shape\":[56]", GAN_ERROR_FORMAT, "");
    refuse(saved, "\x08\x40", "\xf8\x3f", GAN_ERROR_FORMAT,
           "tensor 'losses.rows': row 3: step is 1.5, which is not a whole number");
    refuse(saved, "\x08\x40", "\xf0\x3f", GAN_ERROR_FORMAT, "tensor 'losses.rows': row 3: steps do not increase");
    gan_bytes_destroy(saved);
    destroy(&from);
}

static gan_status save_to(gan_writer writer, void *user)
{
    return gan_checkpoint_save_to(((kept *)user)->checkpoint, writer);
}

static void test_failing_callbacks(void **state)
{
    kept from, to;
    (void)state;

    create(&from, 30);
    create(&to, 2);
    gan_bytes *saved = save(&from), *before = save(&to);
    test_every_write_fails(gan_bytes_data(saved), gan_bytes_size(saved), save_to, &from);
    test_every_size_fails(gan_bytes_data(saved), gan_bytes_size(saved), 61, load, &to);
    gan_bytes *after = save(&to);
    assert_same_bytes(before, after);
    test_every_read_fails(gan_bytes_data(saved), gan_bytes_size(saved), load, &to);
    gan_bytes_destroy(saved);
    gan_bytes_destroy(before);
    gan_bytes_destroy(after);
    destroy(&from);
    destroy(&to);
}

static gan_status in_memory(gan_context *context, void *user)
{
    kept k;
    gan_bytes *bytes = NULL;
    gan_status status = make(context, 12, &k);

    (void)user;
    if (status == GAN_OK) status = gan_bytes_create(context, &bytes);
    if (status == GAN_OK) status = gan_checkpoint_save_to(k.checkpoint, gan_bytes_writer(bytes));
    if (status == GAN_OK) status = load_bytes(&k, bytes);
    gan_bytes_destroy(bytes);
    release(&k);
    return status;
}

static void test_memory_that_fails(void **state)
{
    (void)state;
    assert_true(test_every_allocation_fails(in_memory, NULL) > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_come_back),    cmocka_unit_test(test_rounds),
        cmocka_unit_test(test_damaged),           cmocka_unit_test(test_failing_callbacks),
        cmocka_unit_test(test_memory_that_fails),
    };
    return cmocka_run_group_tests(tests, test_folder_create, test_folder_remove);
}
