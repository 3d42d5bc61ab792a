/* IDX files as datasets: every way to keep them gives the same samples, and each bad file its status. */
#include "support/allocator.h"
#include "support/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { images = 200, height = 5, width = 7, elements = height * width, image_header = 16, label_header = 8 };
enum { image_size = image_header + images * elements, label_size = label_header + images };

static unsigned char image_file[image_size + 1], label_file[label_size + 1];

static void put_big_endian(unsigned char *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) at[i] = (unsigned char)(value >> (24 - 8 * i));
}

static void put_image_header(unsigned char *at, uint32_t magic, uint32_t count, uint32_t rows, uint32_t columns)
{
    put_big_endian(at, magic);
    put_big_endian(at + 4, count);
    put_big_endian(at + 8, rows);
    put_big_endian(at + 12, columns);
}

/* Pixel i of the file is i % 251; label i is i % 7. */
static int set_up(void **state)
{
    put_image_header(image_file, 0x803, images, height, width);
    for (int i = 0; i < images * elements; i++) image_file[image_header + i] = (unsigned char)(i % 251);
    put_big_endian(label_file, 0x801);
    put_big_endian(label_file + 4, images);
    for (int i = 0; i < images; i++) label_file[label_header + i] = (unsigned char)(i % 7);
    return test_folder_create(state);
}

/* Opening succeeds if `status` is GAN_OK; the dataset is destroyed. */
static void check_open(const char *images_path, const char *labels_path, const gan_dataset_options *options,
                       gan_status status, const char *part)
{
    test_allocator allocator = {0};
    gan_context *context = NULL;
    gan_dataset *dataset = NULL;

    assert_int_equal(
        gan_context_create(GAN_CONTEXT(.allocator = test_allocator_hooks(&allocator), .threads = 1), &context),
        GAN_OK);
    test_status(gan_dataset_open_idx(context, images_path, labels_path, options, &dataset), status, part);
    assert_true((dataset != NULL) == (status == GAN_OK));
    gan_dataset_destroy(dataset);
    gan_context_destroy(context);
    test_allocator_assert_empty(&allocator);
}

static float value_of(int byte)
{
    return (float)(byte / 127.5 - 1.0);
}

/* ---- Good files --------------------------------------------------------------------------------------------- */

static void test_every_byte(void **state)
{
    unsigned char file[image_header + 256];
    gan_context *context = test_context();
    gan_dataset *dataset = NULL;
    float values[256];
    gan_shape shape;

    (void)state;
    put_image_header(file, 0x803, 1, 16, 16);
    for (int b = 0; b < 256; b++) file[image_header + b] = (unsigned char)b;
    test_file_write(test_path("bytes"), file, sizeof(file));
    test_status(gan_dataset_open_idx(context, test_path("bytes"), NULL, NULL, &dataset), GAN_OK, "");
    assert_int_equal(gan_dataset_get_shape(dataset, &shape), GAN_OK);
    assert_int_equal(shape.rank, 3);
    assert_int_equal(shape.dims[0] * 10000 + shape.dims[1] * 100 + shape.dims[2], 11616);
    assert_int_equal(gan_dataset_classes(dataset), 0);
    assert_int_equal(gan_dataset_read(dataset, 0, 1, values, NULL), GAN_OK);
    for (int b = 0; b < 256; b++) assert_true(values[b] == value_of(b));
    assert_true(values[0] == -1 && values[255] == 1);
    gan_dataset_destroy(dataset);
    gan_context_destroy(context);
}

/* Images of each type of value, in memory and on disk, plain and gzipped: -2, -1, 0, 1 (and 254, 255, 0, 1). */
static void test_types(void **state)
{
    static const struct {
        unsigned char type;
        int size;
        unsigned char values[4][8];
    } kinds[] = {
        {0x08, 1, {{254}, {255}, {0}, {1}}},
        {0x09, 1, {{0xfe}, {0xff}, {0}, {1}}},
        {0x0b, 2, {{0xff, 0xfe}, {0xff, 0xff}, {0, 0}, {0, 1}}},
        {0x0c, 4, {{0xff, 0xff, 0xff, 0xfe}, {0xff, 0xff, 0xff, 0xff}, {0}, {0, 0, 0, 1}}},
        {0x0d, 4, {{0xc0}, {0xbf, 0x80}, {0}, {0x3f, 0x80}}},
        {0x0e, 8, {{0xc0}, {0xbf, 0xf0}, {0}, {0x3f, 0xf0}}},
    };
    gan_context *context = test_context();

    (void)state;
    for (int k = 0; k < 6; k++) {
        unsigned char file[image_header + 6 * 8];
        const size_t length = image_header + (size_t)(6 * kinds[k].size);
        put_image_header(file, 0x03u | (uint32_t)kinds[k].type << 8, 2, 1, 3);
        for (int i = 0; i < 6; i++)
            memcpy(file + image_header + i * kinds[k].size, kinds[k].values[i % 4], (size_t)kinds[k].size);
        test_file_write(test_path("typed"), file, length);
        test_file_write_gzip(test_path("typed.gz"), file, length);
        for (int way = 0; way < 4; way++) {
            gan_dataset *dataset = NULL;
            float values[6];
            const char *path = test_path(way & 1 ? "typed.gz" : "typed");
            test_status(
                gan_dataset_open_idx(context, path, NULL,
                                     GAN_DATASET(.memory_limit = way & 2 ? 1 : 0, .temporary_folder = test_path("")),
                                     &dataset),
                GAN_OK, "");
            test_status(gan_dataset_read(dataset, 0, 2, values, NULL), GAN_OK, "");
            for (int i = 0; i < 6; i++) {
                const float expected = (float)(i % 4 - 2);
                assert_true(values[i] == (k > 0 ? expected : value_of(kinds[0].values[i % 4][0])));
            }
            gan_dataset_destroy(dataset);
        }
        file[2] = 0x0a;
        test_file_write(test_path("typed"), file, length);
        check_open(test_path("typed"), NULL, NULL, GAN_ERROR_MAGIC, "0x00000a03, expected 0x00000803");
    }
    gan_context_destroy(context);
}

/* EMNIST's images are stored by columns. */
static void test_transposed(void **state)
{
    gan_context *context = test_context();
    static float plain[elements], transposed[elements];
    gan_shape shape;

    (void)state;
    test_file_write(test_path("images"), image_file, image_size);
    for (int limit = 0; limit < 2; limit++) {
        gan_dataset *datasets[2] = {NULL, NULL};
        for (int i = 0; i < 2; i++) {
            test_status(gan_dataset_open_idx(context, test_path("images"), NULL,
                                             GAN_DATASET(.transposed = i, .memory_limit = (size_t)limit),
                                             &datasets[i]),
                        GAN_OK, "");
        }
        assert_int_equal(gan_dataset_get_shape(datasets[1], &shape), GAN_OK);
        assert_int_equal(shape.dims[1], width);
        assert_int_equal(shape.dims[2], height);
        test_status(gan_dataset_read(datasets[0], 17, 1, plain, NULL), GAN_OK, "");
        test_status(gan_dataset_read(datasets[1], 17, 1, transposed, NULL), GAN_OK, "");
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) assert_true(transposed[x * height + y] == plain[y * width + x]);
        for (int i = 0; i < 2; i++) gan_dataset_destroy(datasets[i]);
    }
    gan_dataset *dataset = NULL;
    test_status(gan_dataset_from_array(context, plain, NULL, 1, GAN_SHAPE(elements), GAN_DATASET(.transposed = true),
                                       &dataset),
                GAN_ERROR_UNSUPPORTED, "transposed");
    gan_context_destroy(context);
}

/* QMNIST's labels are 32-bit integers in several columns; the first is the class. */
static void test_label_columns(void **state)
{
    enum { columns = 8, header = 12 };
    static unsigned char file[header + images * columns * 4];
    gan_context *context = test_context();
    gan_dataset *dataset = NULL;
    int32_t labels[images];
    static float values[images * elements];

    (void)state;
    test_file_write(test_path("images"), image_file, image_size);
    put_big_endian(file, 0x0c02);
    put_big_endian(file + 4, images);
    put_big_endian(file + 8, columns);
    for (int i = 0; i < images * columns; i++)
        put_big_endian(file + header + 4 * i, (uint32_t)(i % columns == 0 ? i / columns % 10 : 1000 + i));
    test_file_write_gzip(test_path("columns.gz"), file, sizeof(file));
    test_status(gan_dataset_open_idx(context, test_path("images"), test_path("columns.gz"), NULL, &dataset), GAN_OK,
                "");
    assert_int_equal(gan_dataset_classes(dataset), 10);
    test_status(gan_dataset_read(dataset, 0, images, values, labels), GAN_OK, "");
    for (int i = 0; i < images; i++) assert_int_equal(labels[i], i % 10);
    gan_dataset_destroy(dataset);
    gan_context_destroy(context);

    put_big_endian(file + header + 4 * columns, UINT32_MAX); /* -1 */
    test_file_write(test_path("columns"), file, sizeof(file));
    check_open(test_path("images"), test_path("columns"), NULL, GAN_ERROR_ARGUMENT, "'label' of sample 1 is -1");
    put_big_endian(file + 8, 100000);
    put_big_endian(file + 4, 1);
    test_file_write_gzip(test_path("columns"), file, sizeof(file));
    check_open(test_path("images"), test_path("columns"), NULL, GAN_ERROR_SHAPE, "1 label for 200 images");
}

/* A server's message in place of the file. */
static void test_page(void **state)
{
    const char *page = "<!DOCTYPE html><title>404 Not Found</title>";

    (void)state;
    test_file_write(test_path("images"), page, strlen(page));
    check_open(test_path("images"), NULL, NULL, GAN_ERROR_MAGIC, "HTML or XML");
    test_file_write_gzip(test_path("images"), page, strlen(page));
    check_open(test_path("images"), NULL, NULL, GAN_ERROR_MAGIC, "HTML or XML");
}

static void check_samples(gan_dataset *dataset, int64_t count)
{
    static float values[images * elements];
    static int32_t labels[images];
    int seen[images] = {0};
    int64_t got;

    assert_int_equal(gan_dataset_count(dataset), count);
    assert_int_equal(gan_dataset_classes(dataset), 7);
    test_status(gan_dataset_read(dataset, 0, count, values, labels), GAN_OK, "");
    for (int i = 0; i < count * elements; i++) assert_true(values[i] == value_of(i % 251));
    for (int i = 0; i < count; i++) assert_int_equal(labels[i], i % 7);

    /* Shuffled: the first pixel tells which sample it is. */
    test_status(gan_dataset_next(dataset, images, values, labels, &got), GAN_OK, "");
    assert_int_equal(got, count);
    for (int i = 0; i < count; i++) {
        int number = 0;
        while (number < count && values[i * elements] != value_of(number * elements % 251)) number++;
        assert_in_range(number, 0, count - 1);
        for (int e = 0; e < elements; e++)
            assert_true(values[i * elements + e] == value_of((number * elements + e) % 251));
        assert_int_equal(labels[i], number % 7);
        assert_int_equal(seen[number]++, 0);
    }
}

/* Plain and gzipped, in memory and not, in full and in part. */
static void test_every_way_to_keep_them(void **state)
{
    gan_context *context = test_context();

    (void)state;
    test_file_write(test_path("images"), image_file, image_size);
    test_file_write(test_path("labels"), label_file, label_size);
    test_file_write_gzip(test_path("images.gz"), image_file, image_size);
    test_file_write_gzip(test_path("labels.gz"), label_file, label_size);
    for (int way = 0; way < 8; way++) {
        gan_dataset *dataset = NULL;
        const bool gzipped = way & 1, on_disk = way & 2, limited = way & 4;
        test_status(gan_dataset_open_idx(context, test_path(gzipped ? "images.gz" : "images"),
                                         test_path(gzipped ? "labels.gz" : "labels"),
                                         GAN_DATASET(.memory_limit = on_disk ? 1 : 0, .limit = limited ? 20 : 0),
                                         &dataset),
                    GAN_OK, "");
        check_samples(dataset, limited ? 20 : images);
        gan_dataset_destroy(dataset);
    }
    gan_context_destroy(context);
    assert_int_equal(test_folder_count(), 5); /* these four and the previous test's: no temporary file is left */
}

/* Images that are larger than what is read at once. */
static void test_large_images(void **state)
{
    enum { side = 200, pixels = side * side };
    static unsigned char file[image_header + 2 * pixels];
    static float values[2][pixels], expected[pixels];
    gan_context *context = test_context();
    gan_dataset *dataset = NULL;

    (void)state;
    put_image_header(file, 0x803, 2, side, side);
    for (int i = 0; i < 2 * pixels; i++) file[image_header + i] = (unsigned char)(i * 7 / 3);
    test_file_write(test_path("large"), file, sizeof(file));
    assert_int_equal(
        gan_dataset_open_idx(context, test_path("large"), NULL, GAN_DATASET(.memory_limit = 100), &dataset), GAN_OK);
    assert_int_equal(gan_dataset_read(dataset, 0, 2, values[0], NULL), GAN_OK);
    for (int i = 0; i < pixels; i++) expected[i] = value_of(file[image_header + pixels + i]);
    assert_memory_equal(values[1], expected, sizeof(expected));
    gan_dataset_destroy(dataset);
    gan_context_destroy(context);
}

/* A gzipped file over the limit passes through memory in small pieces; what is below it is kept as bytes, once. */
static void test_bounded_memory(void **state)
{
    enum { side = 100, count = 400 };
    static unsigned char file[image_header + count * side * side];
    static float sample[side * side];

    (void)state;
    put_image_header(file, 0x803, count, side, side);
    for (size_t i = image_header; i < sizeof(file); i++) file[i] = (unsigned char)(i >> 8);
    test_file_write(test_path("many"), file, sizeof(file));
    test_file_write_gzip(test_path("many.gz"), file, sizeof(file));
    for (int way = 0; way < 4; way++) {
        const bool in_memory = way & 1, gzipped = way & 2;
        test_allocator allocator = {0};
        gan_context *context = NULL;
        gan_dataset *dataset = NULL;
        assert_int_equal(
            gan_context_create(GAN_CONTEXT(.allocator = test_allocator_hooks(&allocator), .threads = 1), &context),
            GAN_OK);
        test_status(gan_dataset_open_idx(context, test_path(gzipped ? "many.gz" : "many"), NULL,
                                         GAN_DATASET(.memory_limit = in_memory ? sizeof(file) : 1 << 20), &dataset),
                    GAN_OK, "");
        for (int i = 0; i < count; i++) {
            const unsigned char *bytes = file + image_header + i * side * side;
            assert_int_equal(gan_dataset_read(dataset, i, 1, sample, NULL), GAN_OK);
            for (int e = 0; e < side * side; e++) assert_true(sample[e] == value_of(bytes[e]));
        }
        const size_t peak = allocator.peak_bytes, bytes = sizeof(file) - image_header;
        if (in_memory) {
            assert_in_range(peak, bytes, bytes + (128 << 10));
        } else {
            assert_in_range(peak, 0, 128 << 10);
        }
        gan_dataset_destroy(dataset);
        gan_context_destroy(context);
    }
}

/* Labels beyond the limit are checked and counted among the classes, but not kept. */
static void test_labels_beyond_the_limit(void **state)
{
    enum { count = 1 << 20 };
    static unsigned char images_of[image_header + count], labels_of[label_header + count];

    (void)state;
    put_image_header(images_of, 0x803, count, 1, 1);
    put_big_endian(labels_of, 0x801);
    put_big_endian(labels_of + 4, count);
    labels_of[sizeof(labels_of) - 1] = 200;
    for (int gzipped = 0; gzipped < 2; gzipped++) {
        gan_context *context = NULL;
        gan_dataset *dataset = NULL;
        (gzipped ? test_file_write_gzip : test_file_write)(test_path("pixels"), images_of, sizeof(images_of));
        (gzipped ? test_file_write_gzip : test_file_write)(test_path("kept"), labels_of, sizeof(labels_of));
        assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 1, .memory_limit = 1 << 18), &context), GAN_OK);
        test_status(
            gan_dataset_open_idx(context, test_path("pixels"), test_path("kept"), GAN_DATASET(.limit = 10), &dataset),
            GAN_OK, "");
        assert_int_equal(gan_dataset_count(dataset), 10);
        assert_int_equal(gan_dataset_classes(dataset), 201);
        gan_dataset_destroy(dataset);
        gan_context_destroy(context);
    }
}

/* ---- Bad files ---------------------------------------------------------------------------------------------- */

typedef struct bad_header {
    uint32_t magic, count, rows, columns;
    gan_status status;
    const char *part;
} bad_header;

/* The same header, plain and gzipped, gives the same status. */
static void test_bad_headers(void **state)
{
    static const bad_header bad[] = {
        {0x801, images, height, width, GAN_ERROR_MAGIC, "starts with 0x00000801, expected 0x00000803"},
        {0x803u << 8, images, height, width, GAN_ERROR_MAGIC, "0x00080300"},
        {0xa03, images, height, width, GAN_ERROR_MAGIC, "0x00000a03"},
        {0x803, 0, height, width, GAN_ERROR_EMPTY, "dimension 0 is 0"},
        {0x803, images, 0, width, GAN_ERROR_EMPTY, "dimension 1 is 0"},
        {0x803, images, height, 0, GAN_ERROR_EMPTY, "dimension 2 is 0"},
        {0x803, UINT32_MAX, UINT32_MAX, UINT32_MAX, GAN_ERROR_OVERFLOW, "overflow"},
        {0x803, 1u << 31, 1u << 31, 2, GAN_ERROR_OVERFLOW, "overflow"},
        {0x803, 1, UINT32_MAX, UINT32_MAX, GAN_ERROR_OVERFLOW, "overflow"},
        {0x803, UINT32_MAX, height, width, GAN_ERROR_TRUNCATED, "bad"},
        {0x803, images + 1, height, width, GAN_ERROR_TRUNCATED, "bad"},
        {0x803, images, height, width - 1, GAN_ERROR_TRAILING_DATA, "bad"},
        {0x803, images - 1, height, width, GAN_ERROR_TRAILING_DATA, "bad"},
        {0x803, 1, 1, 1, GAN_ERROR_TRAILING_DATA, "bad"},
    };
    static unsigned char file[image_size];

    (void)state;
    memcpy(file, image_file, image_size);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        put_image_header(file, bad[i].magic, bad[i].count, bad[i].rows, bad[i].columns);
        test_file_write(test_path("bad"), file, image_size);
        test_file_write_gzip(test_path("bad.gz"), file, image_size);
        check_open(test_path("bad"), NULL, NULL, bad[i].status, bad[i].part);
        check_open(test_path("bad.gz"), NULL, NULL, bad[i].status, bad[i].part);
        check_open(test_path("bad.gz"), NULL, GAN_DATASET(.memory_limit = 1), bad[i].status, bad[i].part);
        check_open(test_path("bad.gz"), NULL, GAN_DATASET(.limit = 1), bad[i].status, bad[i].part);
    }
}

static void test_every_length(void **state)
{
    (void)state;
    for (size_t size = 0; size <= image_size + 1; size = size < 20 || size > image_size - 4 ? size + 1 : size + 333) {
        const gan_status status = size < image_size    ? GAN_ERROR_TRUNCATED
                                  : size == image_size ? GAN_OK
                                                       : GAN_ERROR_TRAILING_DATA;
        test_file_write(test_path("cut"), image_file, size);
        check_open(test_path("cut"), NULL, NULL, status, "cut");
        test_file_write_gzip(test_path("cut.gz"), image_file, size);
        check_open(test_path("cut.gz"), NULL, NULL, status, "cut.gz");
        check_open(test_path("cut.gz"), NULL, GAN_DATASET(.memory_limit = 1), status, "cut.gz");
    }
}

/* Small files that claim 2^32 - 1 images and labels: only what is read is allocated. */
static void test_claims(void **state)
{
    static const unsigned char claimed_images[] = {0, 0, 8, 3, 255, 255, 255, 255, 0, 0, 0, 1, 0, 0, 0, 1, 7, 7},
                               claimed_labels[] = {0, 0, 8, 1, 255, 255, 255, 255, 1, 1};
    static const int64_t limits[] = {0, 1, 10};

    (void)state;
    test_file_write_gzip(test_path("images.gz"), claimed_images, sizeof(claimed_images));
    test_file_write_gzip(test_path("labels.gz"), claimed_labels, sizeof(claimed_labels));
    for (int i = 0; i < 3; i++) {
        gan_context *context = NULL;
        gan_dataset *dataset = NULL;
        assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 1, .memory_limit = 1 << 20), &context), GAN_OK);
        test_status(gan_dataset_open_idx(context, test_path("images.gz"), test_path("labels.gz"),
                                         GAN_DATASET(.limit = limits[i]), &dataset),
                    GAN_ERROR_TRUNCATED, "labels.gz");
        test_status(
            gan_dataset_open_idx(context, test_path("images.gz"), NULL, GAN_DATASET(.limit = limits[i]), &dataset),
            GAN_ERROR_TRUNCATED, "images.gz");
        gan_context_destroy(context);
    }
}

static void test_corrupt_gzip(void **state)
{
    static unsigned char bytes[2 * image_size];

    (void)state;
    test_file_write_gzip(test_path("corrupt.gz"), image_file, image_size);
    const size_t size = test_file_read(test_path("corrupt.gz"), bytes, sizeof(bytes));
    test_file_write(test_path("corrupt.gz"), bytes, size - 9);
    check_open(test_path("corrupt.gz"), NULL, NULL, GAN_ERROR_TRUNCATED, "within its gzip data");
    bytes[size - 6] ^= 1; /* in the checksum */
    test_file_write(test_path("corrupt.gz"), bytes, size);
    check_open(test_path("corrupt.gz"), NULL, NULL, GAN_ERROR_FORMAT, "not valid gzip");
    check_open(test_path("corrupt.gz"), NULL, GAN_DATASET(.memory_limit = 1), GAN_ERROR_FORMAT, "not valid gzip");
    check_open(test_path("corrupt.gz"), NULL, GAN_DATASET(.limit = 3), GAN_ERROR_FORMAT, "not valid gzip");
}

static void test_bad_labels(void **state)
{
    static unsigned char file[label_size + 1];
    const char *good = test_path("good"), *bad = test_path("bad_labels");

    (void)state;
    test_file_write(good, image_file, image_size);
    memcpy(file, label_file, sizeof(file));
    test_file_write(bad, file, label_size - 1);
    check_open(good, bad, NULL, GAN_ERROR_TRUNCATED, "bad_labels");
    test_file_write(bad, file, label_size + 1);
    check_open(good, bad, NULL, GAN_ERROR_TRAILING_DATA, "bad_labels");
    test_file_write_gzip(bad, file, label_size + 1);
    check_open(good, bad, NULL, GAN_ERROR_TRAILING_DATA, "bad_labels");
    put_big_endian(file + 4, images - 1);
    test_file_write(bad, file, label_size - 1);
    check_open(good, bad, NULL, GAN_ERROR_SHAPE, "199 labels for 200 images");
    put_big_endian(file + 4, 0);
    test_file_write(bad, file, label_size);
    check_open(good, bad, NULL, GAN_ERROR_EMPTY, "dimension 0 is 0");
    check_open(good, good, NULL, GAN_ERROR_MAGIC, "not an IDX file of labels");
    check_open(good, test_path("none"), NULL, GAN_ERROR_NOT_FOUND, "none");
}

static void test_what_is_no_file(void **state)
{
    (void)state;
    check_open(test_path("none"), NULL, NULL, GAN_ERROR_NOT_FOUND, "none': No such file");
    check_open(test_path(""), NULL, NULL, GAN_ERROR_IO, "is a folder");
    check_open("", NULL, NULL, GAN_ERROR_NOT_FOUND, "cannot open ''");
}

static void test_refused_arguments(void **state)
{
    gan_context *context = test_context();
    gan_dataset *dataset = NULL;

    (void)state;
    test_file_write(test_path("good"), image_file, image_size);
    check_open(test_path("good"), NULL, GAN_DATASET(.limit = -1), GAN_ERROR_ARGUMENT, "limit is -1");
    assert_int_equal(gan_dataset_open_idx(NULL, "x", NULL, NULL, &dataset), GAN_ERROR_NULL);
    assert_int_equal(gan_dataset_open_idx(context, NULL, NULL, NULL, &dataset), GAN_ERROR_NULL);
    assert_int_equal(gan_dataset_open_idx(context, "x", NULL, NULL, NULL), GAN_ERROR_NULL);
    gan_context_destroy(context);
}

/* A file that changes after it was opened: the read fails, the cursor stays, and the next read works as ever. */
static void test_file_cut_while_open(void **state)
{
    gan_context *context = test_context();
    gan_dataset *dataset = NULL;
    gan_dataset_cursor cursor;
    static float values[images * elements];
    int64_t count = -1;

    (void)state;
    test_file_write(test_path("cut"), image_file, image_size);
    assert_int_equal(gan_dataset_open_idx(context, test_path("cut"), NULL, GAN_DATASET(.memory_limit = 1), &dataset),
                     GAN_OK);
    test_file_write(test_path("cut"), image_file, image_size / 2);
    test_status(gan_dataset_next(dataset, images, values, NULL, &count), GAN_ERROR_TRUNCATED, "cut");
    assert_int_equal(count, -1);
    assert_int_equal(gan_dataset_get_cursor(dataset, &cursor), GAN_OK);
    assert_true(cursor.epoch == 0 && cursor.position == 0);
    assert_int_equal(gan_dataset_read(dataset, 0, images / 4, values, NULL), GAN_OK);
    gan_dataset_destroy(dataset);
    gan_context_destroy(context);
}

/* ---- Memory ------------------------------------------------------------------------------------------------- */

typedef struct open_case {
    char images_path[512], labels_path[512];
    size_t memory_limit;
} open_case;

static gan_status open_case_run(gan_context *context, void *user)
{
    const open_case *at = user;
    gan_dataset *dataset = NULL;
    const gan_status status = gan_dataset_open_idx(context, at->images_path, at->labels_path,
                                                   GAN_DATASET(.memory_limit = at->memory_limit), &dataset);

    if (status != GAN_OK) assert_null(dataset);
    gan_dataset_destroy(dataset);
    return status;
}

static void test_failing_memory(void **state)
{
    open_case at;

    (void)state;
    for (int way = 0; way < 4; way++) {
        strcpy(at.images_path, test_path("memory_images"));
        strcpy(at.labels_path, test_path("memory_labels"));
        (way & 1 ? test_file_write_gzip : test_file_write)(at.images_path, image_file, image_size);
        (way & 1 ? test_file_write_gzip : test_file_write)(at.labels_path, label_file, label_size);
        at.memory_limit = way & 2 ? 1 : 0;
        assert_true(test_every_allocation_fails(open_case_run, &at) >= 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_every_way_to_keep_them),
        cmocka_unit_test(test_large_images),
        cmocka_unit_test(test_bounded_memory),
        cmocka_unit_test(test_labels_beyond_the_limit),
        cmocka_unit_test(test_bad_headers),
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_claims),
        cmocka_unit_test(test_corrupt_gzip),
        cmocka_unit_test(test_bad_labels),
        cmocka_unit_test(test_what_is_no_file),
        cmocka_unit_test(test_refused_arguments),
        cmocka_unit_test(test_file_cut_while_open),
        cmocka_unit_test(test_failing_memory),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_transposed),
        cmocka_unit_test(test_label_columns),
        cmocka_unit_test(test_page),
    };
    return cmocka_run_group_tests(tests, set_up, test_folder_remove);
}
