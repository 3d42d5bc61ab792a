/* Datasets from readers: the same samples as from files, whatever fits into memory; what fails on the way is
 * reported. */
#include "data/data.h"
#include "support/allocator.h"
#include "support/files.h"
#include "support/run.h"
#include "support/streams.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define OK(call) test_status(call, GAN_OK, "")

enum { COUNT = 40, SIDE = 6, PIXELS = SIDE * SIDE, MOST = 1 << 16 };

/* A file, as its bytes. */
typedef struct content {
    unsigned char bytes[MOST];
    size_t size;
} content;

static content images, packed, labels, array, table;

static gan_reader reader_of(const content *c)
{
    return gan_reader_from_memory(c->bytes, c->size);
}

static void take(const char *path, content *out)
{
    out->size = test_file_read(path, out->bytes, MOST);
}

static int set_up(void **state)
{
    static const char csv[] = "height,colour\n1.5,red\n2,green\n-3,red\n0.25,blue\n";
    static float values[COUNT * 3];
    gan_context *context = test_context();

    if (test_folder_create(state) != 0) return -1;
    memcpy(images.bytes, "\0\0\10\3\0\0\0\50\0\0\0\6\0\0\0\6", 16);
    for (int i = 0; i < COUNT * PIXELS; i++) images.bytes[16 + i] = (unsigned char)(i * 37 + i / 91);
    images.size = 16 + COUNT * PIXELS;
    memcpy(labels.bytes, "\0\0\10\1\0\0\0\50", 8);
    for (int i = 0; i < COUNT; i++) labels.bytes[8 + i] = (unsigned char)(i * 7 % 5);
    labels.size = 8 + COUNT;
    memcpy(table.bytes, csv, sizeof(csv) - 1);
    table.size = sizeof(csv) - 1;
    for (int i = 0; i < COUNT * 3; i++) values[i] = (float)i / 8;
    test_file_write(test_path("images"), images.bytes, images.size);
    test_file_write(test_path("labels"), labels.bytes, labels.size);
    test_file_write(test_path("table"), table.bytes, table.size);
    test_file_write_gzip(test_path("packed"), images.bytes, images.size);
    take(test_path("packed"), &packed);
    const gan_status status = gan_npy_write(context, test_path("array"), values, COUNT, GAN_SHAPE(3));
    take(test_path("array"), &array);
    gan_context_destroy(context);
    return status == GAN_OK ? 0 : -1;
}

/* Both have the same fields, with the same values. */
static void assert_same_datasets(gan_dataset *a, gan_dataset *b)
{
    float *from_a[2] = {NULL, NULL}, *from_b[2] = {NULL, NULL};
    const int64_t fields = gan_dataset_field_count(a), count = gan_dataset_count(a);
    gan_field_info info = GAN_FIELD_INFO_INIT;

    assert_int_equal(fields, gan_dataset_field_count(b));
    assert_int_equal(count, gan_dataset_count(b));
    for (int64_t f = 0; f < fields; f++) {
        OK(gan_dataset_get_field(a, f, &info));
        from_a[f] = calloc((size_t)(count * gan_shape_count(info.shape)), sizeof(float));
        from_b[f] = calloc((size_t)(count * gan_shape_count(info.shape)), sizeof(float));
        assert_true(from_a[f] && from_b[f]);
    }
    OK(gan_dataset_read_fields(a, 0, count, from_a));
    OK(gan_dataset_read_fields(b, 0, count, from_b));
    for (int64_t f = 0; f < fields; f++) {
        OK(gan_dataset_get_field(b, f, &info));
        assert_memory_equal(from_a[f], from_b[f], (size_t)(count * gan_shape_count(info.shape)) * sizeof(float));
        free(from_a[f]);
        free(from_b[f]);
    }
    gan_dataset_destroy(a);
    gan_dataset_destroy(b);
}

static void test_idx(void **state)
{
    gan_context *context = test_context();
    const gan_reader of_labels = reader_of(&labels);
    gan_dataset *a = NULL, *b = NULL;
    (void)state;

    for (size_t limit = 100; limit < 100000; limit *= 30) { /* then in the file, or in memory */
        const gan_dataset_options *options = GAN_DATASET(.memory_limit = limit, .in_order = true);
        OK(gan_dataset_open_idx(context, test_path("images"), test_path("labels"), options, &a));
        OK(gan_dataset_open_idx_from(context, reader_of(&images), &of_labels, options, &b));
        assert_same_datasets(a, b);
        OK(gan_dataset_open_idx(context, test_path("packed"), NULL, options, &a));
        OK(gan_dataset_open_idx_from(context, reader_of(&packed), NULL, options, &b));
        assert_same_datasets(a, b);
    }
    b = NULL;
    test_status(gan_dataset_open_idx_from(context, reader_of(&labels), NULL, NULL, &b), GAN_ERROR_MAGIC,
                "the reader's data is not an IDX file of images");
    const gan_reader none = {0, NULL, NULL}, negative = {-1, of_labels.read, NULL};
    test_status(gan_dataset_open_idx_from(context, reader_of(&images), &none, NULL, &b), GAN_ERROR_NULL,
                "reader.read");
    test_status(gan_dataset_open_idx_from(context, negative, NULL, NULL, &b), GAN_ERROR_ARGUMENT,
                "reader.size is -1, expected at least 0");
    assert_null(b);
    gan_context_destroy(context);
}

static void test_npy(void **state)
{
    gan_context *context = test_context();
    gan_dataset *a = NULL, *b = NULL;
    (void)state;

    for (size_t limit = 100; limit < 100000; limit *= 30) {
        const gan_dataset_options *options = GAN_DATASET(.memory_limit = limit, .prefetch = 2);
        const gan_npy_field from_path = {.name = "x", .path = test_path("array")};
        const gan_npy_field field = {.name = "x"};
        const gan_reader reader = reader_of(&array);
        OK(gan_dataset_open_npy(context, 1, &from_path, options, &a));
        OK(gan_dataset_open_npy_from(context, 1, &field, &reader, options, &b));
        assert_same_datasets(a, b);
    }
    b = NULL;
    const gan_npy_field fields[2] = {{.name = "x"}, {.name = "y", .path = "z"}};
    const gan_reader other = reader_of(&table), readers[2] = {reader_of(&array), reader_of(&array)};
    const gan_reader none = {0, NULL, NULL};
    test_status(gan_dataset_open_npy(context, 1, fields, NULL, &b), GAN_ERROR_NULL, "the path of field 0 is NULL");
    test_status(gan_dataset_open_npy_from(context, 2, fields, readers, NULL, &b), GAN_ERROR_ARGUMENT,
                "gan_dataset_open_npy_from: the path of field 1 is not NULL, but it has a reader");
    test_status(gan_dataset_open_npy_from(context, 1, fields, &none, NULL, &b), GAN_ERROR_NULL,
                "gan_dataset_open_npy_from: reader.read is NULL");
    test_status(gan_dataset_open_npy_from(context, 1, fields, &other, NULL, &b), GAN_ERROR_MAGIC,
                "the reader's data is not a NumPy file");
    assert_null(b);
    gan_context_destroy(context);
}

static void test_csv(void **state)
{
    gan_context *context = test_context();
    gan_dataset *a = NULL, *b = NULL;
    const char *name = NULL;
    (void)state;

    OK(gan_dataset_open_csv(context, test_path("table"), NULL, &a));
    OK(gan_dataset_open_csv_from(context, reader_of(&table), NULL, &b));
    OK(gan_dataset_get_class_name(b, 1, 2, &name));
    assert_string_equal(name, "red");
    assert_same_datasets(a, b);
    b = NULL;
    test_status(gan_dataset_open_csv_from(context, gan_reader_from_memory("a,b\n1\n", 6), NULL, &b), GAN_ERROR_FORMAT,
                "the reader's data, line 2 has fewer than 2 cells");
    test_status(gan_dataset_open_csv_from(context, gan_reader_from_memory("a,b\n", 4), NULL, &b), GAN_ERROR_EMPTY,
                "the reader's data has no rows below its header");
    assert_null(b);
    gan_context_destroy(context);
}

/* ---- Failures -------------------------------------------------------------------------------------------------- */

static gan_status finish(gan_dataset *dataset, gan_status status)
{
    float *fields[2] = {calloc(COUNT * PIXELS, sizeof(float)), NULL};

    if (status == GAN_OK) status = gan_dataset_read_fields(dataset, 0, 4, fields);
    free(fields[0]);
    gan_dataset_destroy(dataset);
    return status;
}

static gan_status open_images(gan_reader reader, void *user)
{
    gan_dataset *dataset = NULL;
    const gan_status status =
        gan_dataset_open_idx_from(user, reader, NULL, GAN_DATASET(.memory_limit = 100), &dataset);

    return finish(dataset, status);
}

static gan_status open_labels(gan_reader reader, void *user)
{
    gan_dataset *dataset = NULL;
    const gan_status status = gan_dataset_open_idx_from(user, reader_of(&images), &reader, NULL, &dataset);

    return finish(dataset, status);
}

static gan_status open_array(gan_reader reader, void *user)
{
    gan_dataset *dataset = NULL;
    const gan_npy_field field = {.name = "x"};
    const gan_status status =
        gan_dataset_open_npy_from(user, 1, &field, &reader, GAN_DATASET(.memory_limit = 100), &dataset);

    return finish(dataset, status);
}

static gan_status open_table(gan_reader reader, void *user)
{
    gan_dataset *dataset = NULL;
    const gan_status status = gan_dataset_open_csv_from(user, reader, NULL, &dataset);

    return finish(dataset, status);
}

static void test_failing_callbacks(void **state)
{
    static const struct {
        test_read_fn open;
        const content *content;
    } cases[] = {{open_images, &images}, {open_images, &packed}, {open_labels, &labels}, {open_array, &array}};
    test_allocator allocator = {0};
    gan_context *context = NULL;
    (void)state;

    OK(gan_context_create(GAN_CONTEXT(.threads = 1, .allocator = test_allocator_hooks(&allocator)), &context));
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        test_every_read_fails(cases[i].content->bytes, cases[i].content->size, cases[i].open, context);
        test_every_size_fails(cases[i].content->bytes, cases[i].content->size, 17, cases[i].open, context);
    }
    test_every_read_fails(table.bytes, table.size, open_table, context);
    gan_context_destroy(context);
    test_allocator_assert_empty(&allocator);
}

#ifdef _WIN32
static void test_temporary_file(void **state)
{
    (void)state;
    test_skip("here it is found by its number of links");
}
#else
/* Cuts off the unnamed file of a size that this process has open. */
static void cut_temporary_file(int64_t size)
{
    struct stat status;
    int cut = 0;

    for (int descriptor = 3; descriptor < 256; descriptor++) {
        if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) || status.st_nlink != 0) continue;
        if (status.st_size != size) continue;
        assert_int_equal(ftruncate(descriptor, 10), 0);
        cut++;
    }
    assert_int_equal(cut, 1);
}

static void test_temporary_file(void **state)
{
    const gan_dataset_options *options = GAN_DATASET(.memory_limit = 100, .temporary_folder = test_path(""));
    gan_context *context = test_context();
    char sentence[600];
    float image[PIXELS];

    (void)state;
    for (int k = 0; k < 2; k++) {
        gan_dataset *dataset = NULL;
        if (k == 0) {
            OK(gan_dataset_open_idx(context, test_path("packed"), NULL, options, &dataset));
        } else {
            OK(gan_dataset_open_idx_from(context, reader_of(&packed), NULL, options, &dataset));
        }
        cut_temporary_file(COUNT * PIXELS);
        snprintf(sentence, sizeof(sentence), "the temporary file of %s%s%s ends at byte 10, ", k == 0 ? "'" : "",
                 k == 0 ? test_path("packed") : "the reader's data", k == 0 ? "'" : "");
        test_status(gan_dataset_read(dataset, 0, 1, image, NULL), GAN_ERROR_TRUNCATED, sentence);
        gan_dataset_destroy(dataset);
    }
    gan_context_destroy(context);
}
#endif

static gan_status open_all(gan_context *context, void *user)
{
    static const test_read_fn opens[] = {open_images, open_images, open_labels, open_array, open_table};
    static const content *const contents[] = {&images, &packed, &labels, &array, &table};
    gan_status status = GAN_OK;

    (void)user;
    for (int i = 0; i < 5 && status == GAN_OK; i++) status = opens[i](reader_of(contents[i]), context);
    return status;
}

static void test_memory_that_fails(void **state)
{
    (void)state;
    assert_true(test_every_allocation_fails(open_all, NULL) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_idx),
        cmocka_unit_test(test_npy),
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_failing_callbacks),
        cmocka_unit_test(test_temporary_file),
        cmocka_unit_test(test_memory_that_fails),
    };
    return cmocka_run_group_tests(tests, set_up, test_folder_remove);
}
