/* Event files, read back byte by byte: frames, checksums, and the fields of the messages. */
#define _GNU_SOURCE
#include "io/io.h"
#include "model/model.h"
#include "support/allocator.h"
#include "support/files.h"
#include "support/run.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#ifndef _WIN32
#include <sys/resource.h>
#endif
#include <cmocka.h>

enum { capacity = 1 << 18, most_fields = 64, most_records = 32 };

/* ---- Reading --------------------------------------------------------------------------------------------------- */

typedef struct span {
    const unsigned char *data;
    size_t size;
} span;

static uint64_t little_endian(const unsigned char *data, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) value |= (uint64_t)data[i] << 8 * i;
    return value;
}

/* As the format's definition says, bit by bit. */
static uint32_t masked_checksum(span of)
{
    uint32_t crc = 0xffffffff;

    for (size_t i = 0; i < of.size; i++) {
        crc ^= of.data[i];
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
    }
    crc = ~crc;
    return (crc >> 15 | crc << 17) + 0xa282ead8;
}

/* The messages of a file, which must consist of whole records. Returns how many. */
static int read_records(const char *path, unsigned char *bytes, span *records)
{
    const size_t size = test_file_read(path, bytes, capacity);
    int count = 0;

    for (size_t at = 0; at < size; count++) {
        assert_true(size - at >= 16 && count < most_records);
        const span header = {bytes + at, 8};
        records[count] = (span){bytes + at + 12, (size_t)little_endian(bytes + at, 8)};
        assert_true(records[count].size <= size - at - 16);
        assert_int_equal(little_endian(bytes + at + 8, 4), masked_checksum(header));
        at += 12 + records[count].size;
        assert_int_equal(little_endian(bytes + at, 4), masked_checksum(records[count]));
        at += 4;
    }
    return count;
}

typedef struct field {
    int number;
    uint64_t integer; /* or the bits of a float or double */
    span bytes;
} field;

static uint64_t read_varint(span *from)
{
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
        assert_true(from->size > 0 && shift < 64);
        const unsigned char byte = *from->data++;
        from->size--;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) return value;
    }
}

/* All fields of a message. Returns how many. */
static int read_message(span message, field *fields)
{
    int count = 0;

    for (; message.size > 0; count++) {
        assert_true(count < most_fields);
        const uint64_t key = read_varint(&message);
        field *f = &fields[count];
        *f = (field){.number = (int)(key >> 3)};
        size_t size = (key & 7) == 1 ? 8 : (key & 7) == 5 ? 4 : 0;
        if ((key & 7) == 0) {
            f->integer = read_varint(&message);
        } else if ((key & 7) == 2) {
            size = (size_t)read_varint(&message);
        } else {
            assert_true(size > 0);
            f->integer = little_endian(message.data, (int)size);
        }
        assert_true(size <= message.size);
        f->bytes = (span){message.data, size};
        message.data += size;
        message.size -= size;
    }
    return count;
}

/* The only field of this number. */
static field find(span message, int number)
{
    field fields[most_fields], found = {0};
    const int count = read_message(message, fields);

    for (int i = 0; i < count; i++) {
        if (fields[i].number != number) continue;
        assert_int_equal(found.number, 0);
        found = fields[i];
    }
    assert_int_equal(found.number, number);
    return found;
}

static double number_of(field f)
{
    double value;
    memcpy(&value, &f.integer, sizeof(value));
    return value;
}

static float float_of(field f)
{
    const uint32_t bits = (uint32_t)f.integer;
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static void assert_text(field f, const char *text)
{
    assert_int_equal(f.bytes.size, strlen(text));
    assert_memory_equal(f.bytes.data, text, f.bytes.size);
}

/* The value with a tag in an event of a step. */
static span value_of(span event, int64_t step, const char *tag)
{
    field values[most_fields];
    assert_int_equal(find(event, 2).integer, step);
    const int count = read_message(find(event, 5).bytes, values);

    for (int i = 0; i < count; i++) {
        const field name = find(values[i].bytes, 1);
        assert_int_equal(values[i].number, 1);
        if (name.bytes.size == strlen(tag) && memcmp(name.bytes.data, tag, name.bytes.size) == 0)
            return values[i].bytes;
    }
    fail_msg("there is no value '%s'", tag);
    return (span){NULL, 0};
}

/* ---- Writing --------------------------------------------------------------------------------------------------- */

static gan_summary_writer *create(gan_context *context, const gan_summary_writer_options *options)
{
    gan_summary_writer *writer = NULL;
    test_status(gan_summary_writer_create(context, test_path("runs/one"), options, &writer), GAN_OK, "");
    return writer;
}

static unsigned char bytes[capacity];
static span records[most_records];

static int read_back(const gan_summary_writer *writer)
{
    return read_records(gan_summary_writer_path(writer), bytes, records);
}

/* ---- Cases ----------------------------------------------------------------------------------------------------- */

static void test_start(void **state)
{
    gan_context *context = test_context();
    gan_summary_writer *writer = create(context, NULL);

    (void)state;
    assert_non_null(strstr(gan_summary_writer_path(writer), "/events.out.tfevents."));
    assert_int_equal(read_back(writer), 1);
    assert_text(find(records[0], 3), "brain.Event:2");
    assert_true(fabs(number_of(find(records[0], 1)) - (double)time(NULL)) < 60);
    gan_summary_writer_destroy(writer);
    assert_string_equal(gan_summary_writer_path(NULL), "");
    gan_context_destroy(context);
}

/* Readers see each event at once; a second writer has a file of its own, which says where it takes over. */
static void test_scalars_and_resuming(void **state)
{
    gan_context *context = test_context();
    gan_summary_writer *writer = create(context, NULL), *second;
    const int before = test_entry_count(test_path("runs/one"));

    (void)state;
    for (int64_t step = 0; step < 5; step++) {
        test_status(gan_summary_writer_add_scalar(writer, "quality/fid", 0.1 * (double)step, step << 40), GAN_OK, "");
        assert_int_equal(read_back(writer), 2 + step);
        const span value = value_of(records[1 + step], step << 40, "quality/fid");
        assert_true(float_of(find(value, 2)) == (float)(0.1 * (double)step));
    }
    test_status(gan_summary_writer_add_scalar(writer, "\xc3\xa9", NAN, 7), GAN_OK, "");
    assert_int_equal(read_back(writer), 7);
    assert_true(isnan(float_of(find(value_of(records[6], 7, "\xc3\xa9"), 2))));

    second = create(context, GAN_SUMMARY_WRITER(.first_step = 300));
    assert_int_equal(test_entry_count(test_path("runs/one")), before + 1);
    assert_string_not_equal(gan_summary_writer_path(writer), gan_summary_writer_path(second));
    assert_int_equal(read_back(second), 2);
    assert_int_equal(find(records[1], 2).integer, 300);
    assert_int_equal(find(find(records[1], 7).bytes, 1).integer, 1);
    gan_summary_writer_destroy(second);
    gan_summary_writer_destroy(writer);
    gan_context_destroy(context);
}

static void test_history(void **state)
{
    gan_context *context = test_context();
    gan_summary_writer *writer = create(context, NULL);
    gan_history *history = NULL;
    gan_step_report report = GAN_STEP_REPORT_INIT;
    field values[most_fields];

    (void)state;
    assert_int_equal(gan_history_create(context, &history), GAN_OK);
    report.step = 41;
    assert_int_equal(gan_history_add(history, &report), GAN_OK);
    report.step = 42;
    report.discriminator_loss = 1.25;
    report.generator_loss = INFINITY;
    report.penalty = NAN;
    assert_int_equal(gan_history_add(history, &report), GAN_OK);
    test_status(gan_summary_writer_add_history(writer, history, 1), GAN_OK, "");
    assert_int_equal(read_back(writer), 2);
    assert_true(float_of(find(value_of(records[1], 42, "training/discriminator_loss"), 2)) == 1.25f);
    assert_true(isinf(float_of(find(value_of(records[1], 42, "training/generator_loss"), 2))));
    /* all columns but the step and the one that is NaN */
    assert_int_equal(read_message(find(records[1], 5).bytes, values), GAN_HISTORY_STEP_COLUMNS - 2);
    test_status(gan_summary_writer_add_history(writer, history, 2), GAN_ERROR_ARGUMENT, "the history has 2 rows");
    test_status(gan_summary_writer_add_history(writer, history, -1), GAN_ERROR_ARGUMENT, "index is -1");
    gan_history_destroy(history);
    gan_summary_writer_destroy(writer);
    gan_context_destroy(context);
}

/* The doubles of a packed field. */
static int doubles_of(field f, double *out)
{
    assert_int_equal(f.bytes.size % 8, 0);
    for (size_t i = 0; i < f.bytes.size / 8; i++)
        out[i] = number_of((field){.integer = little_endian(f.bytes.data + 8 * i, 8)});
    return (int)(f.bytes.size / 8);
}

static void test_histogram(void **state)
{
    gan_context *context = test_context();
    gan_summary_writer *writer = create(context, NULL);
    float values[602];
    double limits[most_fields], counts[most_fields];

    (void)state;
    for (int i = 0; i < 600; i++) values[i] = (float)i / 100 - 2; /* -2 to 3.99 */
    values[600] = NAN;
    values[601] = -INFINITY;
    test_status(gan_summary_writer_add_histogram(writer, "w", values, 602, 3), GAN_OK, "");
    assert_int_equal(read_back(writer), 2);
    const span histogram = find(value_of(records[1], 3, "w"), 5).bytes;
    assert_true(number_of(find(histogram, 1)) == -2 && number_of(find(histogram, 2)) == (double)values[599]);
    assert_true(number_of(find(histogram, 3)) == 600);
    assert_true(fabs(number_of(find(histogram, 4)) - 597) < 1e-3);
    assert_true(fabs(number_of(find(histogram, 5)) - 2394.01) < 1e-2);
    assert_int_equal(doubles_of(find(histogram, 6), limits), 30);
    assert_int_equal(doubles_of(find(histogram, 7), counts), 30);
    for (int b = 0; b < 30; b++) {
        double inside = 0;
        const double low = b ? limits[b - 1] : -2;
        for (int i = 0; i < 600; i++) inside += values[i] >= low && (values[i] < limits[b] || b == 29);
        assert_true(limits[b] > low && fabs(counts[b] - inside) <= 1); /* a value at a limit may be rounded over it */
    }
    gan_summary_writer_destroy(writer);
    gan_context_destroy(context);
}

/* One value, several equal ones, the ends of float, and nothing. */
static void test_narrow_and_wide_histograms(void **state)
{
    const float equal[] = {0.5f, 0.5f, 0.5f}, wide[] = {-3e38f, 3e38f}, nothing[] = {NAN, INFINITY};
    gan_context *context = test_context();
    gan_summary_writer *writer = create(context, NULL);
    double counts[most_fields];

    (void)state;
    test_status(gan_summary_writer_add_histogram(writer, "equal", equal, 3, 1), GAN_OK, "");
    test_status(gan_summary_writer_add_histogram(writer, "wide", wide, 2, 2), GAN_OK, "");
    test_status(gan_summary_writer_add_histogram(writer, "nothing", nothing, 2, 3), GAN_OK, "");
    test_status(gan_summary_writer_add_histogram(writer, "empty", nothing, 0, 3), GAN_OK, "");
    assert_int_equal(read_back(writer), 3);
    assert_int_equal(doubles_of(find(find(value_of(records[1], 1, "equal"), 5).bytes, 7), counts), 1);
    assert_true(counts[0] == 3);
    assert_int_equal(doubles_of(find(find(value_of(records[2], 2, "wide"), 5).bytes, 7), counts), 30);
    assert_true(counts[0] == 1 && counts[29] == 1);
    gan_summary_writer_destroy(writer);
    gan_context_destroy(context);
}

static void test_model(void **state)
{
    gan_context *context = test_context();
    gan_summary_writer *writer = create(context, NULL);
    gan_model *model = NULL;
    field values[most_fields];

    (void)state;
    assert_int_equal(gan_model_create(context, &model), GAN_OK);
    test_status(gan_summary_writer_add_model(writer, "g", model, 1), GAN_ERROR_STATE, "built");
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(3)));
    gan_model_add(model, gan_layer_dense(context, 4, NULL));
    gan_model_add(model, gan_layer_batch_norm(context, NULL));
    assert_int_equal(gan_model_build(model, 1), GAN_OK);
    test_status(gan_summary_writer_add_model(writer, "g", model, 1), GAN_OK, "");
    assert_int_equal(read_back(writer), 2);
    /* weight, bias, scale, shift, and their gradients; no running statistics */
    assert_int_equal(read_message(find(records[1], 5).bytes, values), 8);
    assert_true(number_of(find(find(value_of(records[1], 1, "g/weights/0.weight"), 5).bytes, 3)) == 12);
    const span gradient = find(value_of(records[1], 1, "g/gradients/0.bias"), 5).bytes;
    assert_true(number_of(find(gradient, 1)) == 0 && number_of(find(gradient, 2)) == 0);
    gan_model_destroy(model);
    gan_summary_writer_destroy(writer);
    gan_context_destroy(context);
}

static void test_images(void **state)
{
    gan_context *context = test_context();
    gan_summary_writer *writer = create(context, NULL);
    float images[3 * 3 * 4 * 5] = {0};

    (void)state;
#ifdef GAN_HAVE_PNG
    static unsigned char file[capacity];
    test_status(gan_png_write_grid(context, test_path("grid.png"), images, 3, GAN_SHAPE(3, 4, 5), 2), GAN_OK, "");
    test_status(gan_summary_writer_add_images(writer, "samples", images, 3, GAN_SHAPE(3, 4, 5), 2, 9), GAN_OK, "");
    assert_int_equal(read_back(writer), 2);
    const span image = find(value_of(records[1], 9, "samples"), 4).bytes;
    assert_int_equal(find(image, 1).integer, 10);
    assert_int_equal(find(image, 2).integer, 12);
    assert_int_equal(find(image, 3).integer, 3);
    assert_int_equal(find(image, 4).bytes.size, test_file_read(test_path("grid.png"), file, capacity));
    assert_memory_equal(find(image, 4).bytes.data, file, find(image, 4).bytes.size);
#else
    test_status(gan_summary_writer_add_images(writer, "samples", images, 3, GAN_SHAPE(3, 4, 5), 2, 9),
                GAN_ERROR_UNSUPPORTED, "libpng");
#endif
    test_status(gan_summary_writer_add_images(writer, "samples", images, 3, GAN_SHAPE(2, 4, 5), 2, 9),
                GAN_ERROR_SHAPE, "gan_summary_writer_add_images: shape is (2, 4, 5)");
    gan_summary_writer_destroy(writer);
    gan_context_destroy(context);
}

static void test_arguments(void **state)
{
    char long_tag[257];
    gan_context *context = test_context();
    gan_summary_writer *writer = create(context, NULL), *none = NULL;

    (void)state;
    memset(long_tag, 'x', sizeof(long_tag));
    long_tag[256] = 0;
    test_status(gan_summary_writer_add_scalar(writer, "", 1, 1), GAN_ERROR_ARGUMENT, "tag has 0 bytes");
    test_status(gan_summary_writer_add_scalar(writer, long_tag, 1, 1), GAN_ERROR_ARGUMENT, "tag has 256 bytes");
    test_status(gan_summary_writer_add_scalar(writer, "\xff", 1, 1), GAN_ERROR_ARGUMENT, "UTF-8");
    test_status(gan_summary_writer_add_scalar(writer, "x", 1, -1), GAN_ERROR_ARGUMENT, "step is -1");
    test_status(gan_summary_writer_add_histogram(writer, "x", NULL, 1, 1), GAN_ERROR_NULL, "values is NULL");
    assert_int_equal(read_back(writer), 1);
    test_status(gan_summary_writer_create(context, "", NULL, &none), GAN_ERROR_ARGUMENT, "empty");
    test_status(gan_summary_writer_create(context, test_path("x"), GAN_SUMMARY_WRITER(.first_step = -1), &none),
                GAN_ERROR_ARGUMENT, "first_step is -1");
    test_file_write(test_path("file"), "x", 1);
    test_status(gan_summary_writer_create(context, test_path("file"), NULL, &none), GAN_ERROR_IO,
                "/file' is not a folder");
    test_status(gan_summary_writer_create(context, test_path("file/in"), NULL, &none), GAN_ERROR_IO, "file");
    assert_null(none);
    gan_summary_writer_destroy(writer);
    gan_context_destroy(context);
}

/* On a full disk, here a limit on the size of files, a record that does not fit leaves no part, and those that do fit
 * follow. */
#ifdef _WIN32
static void test_full_disk(void **state)
{
    (void)state;
    test_skip("Windows has no limit on the size of files");
}
#else
static void test_full_disk(void **state)
{
    gan_context *context = test_context();
    gan_summary_writer *writer = create(context, NULL);
    struct rlimit before;
    float values[100];

    (void)state;
    for (int i = 0; i < 100; i++) values[i] = (float)i;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){200, before.rlim_max}), 0);
    const gan_status failed = gan_summary_writer_add_histogram(writer, "large", values, 100, 1);
    const gan_status small = gan_summary_writer_add_scalar(writer, "small", 1, 2);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_true(failed == GAN_ERROR_IO || failed == GAN_ERROR_NO_SPACE);
    assert_int_equal(small, GAN_OK);
    test_status(gan_summary_writer_add_histogram(writer, "large", values, 100, 3), GAN_OK, "");
    assert_int_equal(read_back(writer), 3);
    value_of(records[1], 2, "small");
    value_of(records[2], 3, "large");
    gan_summary_writer_destroy(writer);
    gan_context_destroy(context);
}
#endif

/* A file that gets no first record does not stay. */
#ifdef _WIN32
static void test_full_disk_at_the_start(void **state)
{
    (void)state;
    test_skip("Windows has no limit on the size of files");
}
#else
static void test_full_disk_at_the_start(void **state)
{
    gan_context *context = test_context();
    gan_summary_writer *none = NULL;
    struct rlimit before;

    (void)state;
    gan_summary_writer_destroy(create(context, NULL));
    const int entries = test_entry_count(test_path("runs"));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){20, before.rlim_max}), 0);
    const gan_status failed = gan_summary_writer_create(context, test_path("runs"), NULL, &none);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_true(failed == GAN_ERROR_IO || failed == GAN_ERROR_NO_SPACE);
    assert_null(none);
    assert_int_equal(test_entry_count(test_path("runs")), entries);
    gan_context_destroy(context);
}
#endif

static gan_status write_all_kinds(gan_context *context, void *user)
{
    const float values[] = {1, 2, 3};
    gan_summary_writer *writer = NULL;

    (void)user;
    gan_status status = gan_summary_writer_create(context, test_path("runs/memory"), NULL, &writer);
    if (status == GAN_OK) status = gan_summary_writer_add_scalar(writer, "x", 1, 1);
    if (status == GAN_OK) status = gan_summary_writer_add_histogram(writer, "y", values, 3, 1);
#ifdef GAN_HAVE_PNG
    if (status == GAN_OK) status = gan_summary_writer_add_images(writer, "z", values, 3, GAN_SHAPE(1, 1, 1), 1, 1);
#endif
    gan_summary_writer_destroy(writer);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    assert_true(test_every_allocation_fails(write_all_kinds, NULL) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_scalars_and_resuming),
        cmocka_unit_test(test_history),
        cmocka_unit_test(test_histogram),
        cmocka_unit_test(test_narrow_and_wide_histograms),
        cmocka_unit_test(test_model),
        cmocka_unit_test(test_images),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_full_disk_at_the_start),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, test_folder_create, test_folder_remove);
}
