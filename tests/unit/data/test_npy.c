/* NumPy files as datasets: every type, in memory and from disk, and each bad file its status. */
#include "support/allocator.h"
#include "support/files.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { samples = 300, elements = 6, header_size = 128 };

static unsigned char file[header_size + samples * elements * 8 + 1];

/* Writes a file of format 1.0 whose values are `bytes` bytes after the header. */
static const char *write_npy(const char *name, const char *dictionary, size_t bytes)
{
    const char *path = test_path(name);

    memcpy(file, "\x93NUMPY\x01\x00", 8);
    file[8] = header_size - 10;
    file[9] = 0;
    memset(file + 10, ' ', header_size - 10);
    memcpy(file + 10, dictionary, strlen(dictionary));
    file[header_size - 1] = '\n';
    test_file_write(path, file, header_size + bytes);
    return path;
}

static void put(size_t at, uint64_t value, int size)
{
    for (int i = 0; i < size; i++)
        file[header_size + at * (size_t)size + (size_t)i] = (unsigned char)(value >> 8 * i);
}

/* The same with the most significant byte first if the order is '>'. */
static void put_in_order(size_t at, uint64_t value, size_t size, char order)
{
    for (size_t i = 0; i < size; i++)
        file[header_size + at * size + (order == '>' ? size - 1 - i : i)] = (unsigned char)(value >> 8 * i);
}

static gan_dataset *open_one(gan_context *context, const char *path, uint64_t flags, size_t limit)
{
    const gan_npy_field field = {"x", path, flags};
    gan_dataset *dataset = NULL;

    test_status(gan_dataset_open_npy(context, 1, &field, GAN_DATASET(.memory_limit = limit), &dataset), GAN_OK, "");
    return dataset;
}

/* Opens the file in memory and from disk; value i must be expected(i). */
static void check_values(const char *path, uint64_t flags, float (*expected)(int i))
{
    gan_context *context = test_context();
    static float values[samples * elements];

    for (size_t limit = 0; limit < 2; limit++) {
        gan_dataset *dataset = open_one(context, path, flags, limit);
        float *const to = values, *one = values;
        assert_int_equal(gan_dataset_count(dataset), samples);
        assert_int_equal(gan_dataset_read_fields(dataset, 0, samples, &to), GAN_OK);
        for (int i = 0; i < samples * elements; i++) assert_true(values[i] == expected(i));
        assert_int_equal(gan_dataset_read_fields(dataset, 7, 1, &one), GAN_OK);
        for (int i = 0; i < elements; i++) assert_true(values[i] == expected(7 * elements + i));
        gan_dataset_destroy(dataset);
    }
    gan_context_destroy(context);
}

/* ---- Good files --------------------------------------------------------------------------------------------- */

static float signed_value(int i)
{
    return (float)(i - 900);
}

static float half_value(int i)
{
    return (float)i / 2 - 100;
}

static float byte_value(int i)
{
    return (float)(i % 256);
}

static float scaled_value(int i)
{
    return (float)(i % 256 / 127.5 - 1.0);
}

static void test_types(void **state)
{
    const int count = samples * elements;

    (void)state;
    for (int i = 0; i < count; i++) {
        const float value = half_value(i);
        uint32_t word;
        memcpy(&word, &value, sizeof(word));
        put((size_t)i, word, 4);
    }
    check_values(write_npy("f4", "{'descr': '<f4', 'fortran_order': False, 'shape': (300, 2, 3), }", 4 * 1800), 0,
                 half_value);
    for (int i = 0; i < count; i++) {
        const double value = half_value(i);
        uint64_t word;
        memcpy(&word, &value, sizeof(word));
        put((size_t)i, word, 8);
    }
    check_values(write_npy("f8", "{\"shape\":(300,2,3),\"fortran_order\":False,\"descr\":\"<f8\"}", 8 * 1800), 0,
                 half_value);
    for (int i = 0; i < count; i++) put((size_t)i, (uint64_t)(int64_t)(i - 900), 4);
    check_values(write_npy("i4", "{'descr': '<i4', 'fortran_order': False, 'shape': (300, 6), }", 4 * 1800), 0,
                 signed_value);
    for (int i = 0; i < count; i++) put((size_t)i, (uint64_t)(int64_t)(i - 900), 8);
    check_values(write_npy("i8", "{'descr': '<i8', 'fortran_order': False, 'shape': (300, 6)}", 8 * 1800), 0,
                 signed_value);
    for (int i = 0; i < count; i++) put((size_t)i, (uint64_t)i, 1);
    check_values(write_npy("u1", "{'descr': '|u1', 'fortran_order': False, 'shape': (300, 6), }", 1800), 0,
                 byte_value);
    check_values(test_path("u1"), GAN_NPY_SCALE_BYTES, scaled_value);
}

static float scattered_value(int i)
{
    return (float)(i % 200) - 100;
}

static float truth_value(int i)
{
    return (float)(i % 3 > 0);
}

/* Half precision, all widths of integers, and the other order of bytes. */
static void test_other_types(void **state)
{
    static const struct {
        const char *descr;
        size_t size;
    } types[] = {{"<i1", 1}, {">i1", 1}, {"|i1", 1}, {"<i2", 2}, {">i2", 2}, {">i4", 4}, {">i8", 8}};
    static const struct {
        const char *descr;
        size_t size;
    } positive[] = {{"<u2", 2}, {">u2", 2}, {"<u4", 4}, {">u4", 4}, {"<u8", 8}, {">u8", 8}};
    const int count = samples * elements;
    char dictionary[96];

    (void)state;
    for (size_t t = 0; t < sizeof(types) / sizeof(*types); t++) {
        for (int i = 0; i < count; i++)
            put_in_order((size_t)i, (uint64_t)(int64_t)(i % 200 - 100), types[t].size, types[t].descr[0]);
        snprintf(dictionary, sizeof(dictionary), "{'descr': '%s', 'fortran_order': False, 'shape': (300, 6), }",
                 types[t].descr);
        check_values(write_npy("i", dictionary, (size_t)count * types[t].size), 0, scattered_value);
    }
    for (size_t t = 0; t < sizeof(positive) / sizeof(*positive); t++) {
        for (int i = 0; i < count; i++)
            put_in_order((size_t)i, (uint64_t)(i % 256), positive[t].size, positive[t].descr[0]);
        snprintf(dictionary, sizeof(dictionary), "{'descr': '%s', 'fortran_order': False, 'shape': (300, 6), }",
                 positive[t].descr);
        check_values(write_npy("u", dictionary, (size_t)count * positive[t].size), 0, byte_value);
    }
    for (int i = 0; i < count; i++) put((size_t)i, (uint64_t)(i % 3 > 0), 1);
    check_values(write_npy("b1", "{'descr': '|b1', 'fortran_order': False, 'shape': (300, 6), }", (size_t)count), 0,
                 truth_value);
    for (int i = 0; i < count; i++) {
        const float value = half_value(i);
        uint32_t word;
        memcpy(&word, &value, sizeof(word));
        put_in_order((size_t)i, word, 4, '>');
    }
    check_values(write_npy("f4", "{'descr': '>f4', 'fortran_order': False, 'shape': (300, 6), }", 4 * 1800), 0,
                 half_value);
}

static void test_halves(void **state)
{
    static const struct {
        uint16_t bits;
        float value;
    } halves[] = {{0x3c00, 1},           {0xc000, -2},       {0x7bff, 65504},    {0x0001, 0x1p-24f},
                  {0x83ff, -0x3ffp-24f}, {0x0400, 0x1p-14f}, {0x7c00, INFINITY}, {0x3555, 0x1.554p-2f}};
    enum { count = sizeof(halves) / sizeof(*halves) };
    gan_context *context = test_context();
    float read[count], *const to = read;

    (void)state;
    for (int i = 0; i < count; i++) put((size_t)i, halves[i].bits, 2);
    gan_dataset *dataset =
        open_one(context, write_npy("f2", "{'descr': '<f2', 'fortran_order': False, 'shape': (8,), }", 16), 0, 0);
    assert_int_equal(gan_dataset_read_fields(dataset, 0, count, &to), GAN_OK);
    for (int i = 0; i < count; i++) assert_true(read[i] == halves[i].value);
    gan_dataset_destroy(dataset);
    gan_context_destroy(context);
}

/* In Fortran order the first index, that of the sample, changes fastest. Such a field is in memory or refused. */
static void test_fortran_order(void **state)
{
    static const char dictionary[] = "{'descr': '<i2', 'fortran_order': True, 'shape': (4, 2, 3), }";
    gan_context *context = test_context();
    float read[4 * 6], *const to = read;
    gan_dataset *dataset = NULL;

    (void)state;
    for (int n = 0; n < 4; n++) {
        for (int a = 0; a < 2; a++) {
            for (int b = 0; b < 3; b++) put((size_t)(n + 4 * (a + 2 * b)), (uint64_t)(100 * n + 10 * a + b), 2);
        }
    }
    const char *path = write_npy("fortran", dictionary, 48);
    for (int limit = 0; limit < 2; limit++) {
        const gan_npy_field field = {.name = "x", .path = path};
        const int64_t count = limit ? 3 : 4;
        assert_int_equal(
            gan_dataset_open_npy(context, 1, &field, GAN_DATASET(.in_order = true, .limit = limit * 3), &dataset),
            GAN_OK);
        assert_int_equal(gan_dataset_read_fields(dataset, 0, count, &to), GAN_OK);
        for (int i = 0; i < count * 6; i++) assert_true(read[i] == (float)(100 * (i / 6) + 10 * (i / 3 % 2) + i % 3));
        gan_dataset_destroy(dataset);
        dataset = NULL;
        test_status(gan_dataset_open_npy(context, 1, &field, GAN_DATASET(.memory_limit = 47), &dataset),
                    GAN_ERROR_OVERFLOW,
                    "is in Fortran order and needs 48 bytes of memory_limit, of which 47 are left");
    }
    for (int i = 0; i < 6; i++) put((size_t)i, (uint64_t)i, 1);
    dataset =
        open_one(context, write_npy("line", "{'descr': '|u1', 'fortran_order': True, 'shape': (6, 1), }", 6), 0, 1);
    assert_int_equal(gan_dataset_read_fields(dataset, 0, 6, &to), GAN_OK);
    for (int i = 0; i < 6; i++) assert_true(read[i] == (float)i);
    gan_dataset_destroy(dataset);
    gan_context_destroy(context);
}

/* A double that float32 cannot hold is told, not made infinite; infinity stays. */
static void test_large_doubles(void **state)
{
    gan_context *context = test_context();
    const double values[] = {1, INFINITY, 3, -1e39};
    float read[4], *const to = read;

    (void)state;
    for (int i = 0; i < 4; i++) {
        uint64_t word;
        memcpy(&word, &values[i], sizeof(word));
        put((size_t)i, word, 8);
    }
    const char *path = write_npy("f8", "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }", 32);
    for (size_t limit = 0; limit < 2; limit++) {
        gan_dataset *dataset = open_one(context, path, 0, limit);
        assert_int_equal(gan_dataset_read_fields(dataset, 0, 1, &to), GAN_OK);
        assert_true(read[0] == 1 && isinf(read[1]));
        test_status(gan_dataset_read_fields(dataset, 0, 2, &to), GAN_ERROR_FORMAT,
                    "value 1 of sample 1 is beyond the numbers of float32");
        gan_dataset_destroy(dataset);
    }
    gan_context_destroy(context);
}

/* What gan_npy_write() writes, format 2.0 with its longer length, and samples larger than are read at once. */
static void test_formats(void **state)
{
    enum { large = 9000 };
    static float values[2 * large], read[2 * large];
    gan_context *context = test_context();
    gan_field_info info = GAN_FIELD_INFO_INIT;
    float *const to = read;

    (void)state;
    for (int i = 0; i < 2 * large; i++) values[i] = (float)i;
    assert_int_equal(gan_npy_write(context, test_path("large"), values, 2, GAN_SHAPE(3, 30, 100)), GAN_OK);
    for (size_t limit = 0; limit < 2; limit++) {
        gan_dataset *dataset = open_one(context, test_path("large"), 0, limit);
        assert_int_equal(gan_dataset_get_field(dataset, 0, &info), GAN_OK);
        assert_true(info.shape.rank == 3 && info.shape.dims[0] == 3 && info.shape.dims[2] == 100);
        memset(read, 0, sizeof(read));
        assert_int_equal(gan_dataset_read_fields(dataset, 0, 2, &to), GAN_OK);
        assert_memory_equal(read, values, sizeof(values));
        gan_dataset_destroy(dataset);
    }
    for (unsigned char version = 2; version <= 3; version++) {
        unsigned char longer[200] =
            "\x93NUMPY\x02\x00\x64\x00\x00\x00{'descr': '|u1', 'fortran_order': False, 'shape': (3,)}";
        longer[6] = version;
        for (size_t i = strlen((char *)longer + 12) + 12; i < 112; i++) longer[i] = ' ';
        memcpy(longer + 112, "\x05\x00\x02", 3);
        test_file_write(test_path("longer"), longer, 115);
        gan_dataset *dataset = open_one(context, test_path("longer"), GAN_NPY_LABEL, 0);
        assert_int_equal(gan_dataset_classes(dataset), 6);
        assert_int_equal(gan_dataset_read_fields(dataset, 0, 3, &to), GAN_OK);
        assert_true(read[0] == 5 && read[1] == 0 && read[2] == 2);
        gan_dataset_destroy(dataset);
    }
    gan_context_destroy(context);
}

/* Images and labels: the limit holds for all fields, in order; each number keeps its label. */
static void test_fields(void **state)
{
    gan_context *context = test_context();
    static float images[samples * elements];
    static int32_t labels[samples];
    const size_t limits[] = {0, 1, samples * 8, samples * (elements + 8), samples * elements};

    (void)state;
    for (int i = 0; i < samples * elements; i++) put((size_t)i, (uint64_t)(i / elements % 251), 1);
    write_npy("images", "{'descr': '|u1', 'fortran_order': False, 'shape': (300, 1, 2, 3)}", samples * elements);
    for (int i = 0; i < samples; i++) put((size_t)i, (uint64_t)(i % 251 % 7), 8);
    write_npy("labels", "{'descr': '<i8', 'fortran_order': False, 'shape': (300, 1)}", samples * 8);
    const gan_npy_field fields[] = {{"image", test_path("images"), 0}, {"label", test_path("labels"), GAN_NPY_LABEL}};
    for (int l = 0; l < 5; l++) {
        gan_dataset *dataset = NULL;
        int64_t count;
        test_status(
            gan_dataset_open_npy(context, 2, fields, GAN_DATASET(.memory_limit = limits[l], .seed = 1), &dataset),
            GAN_OK, "");
        assert_int_equal(gan_dataset_classes(dataset), 7);
        assert_int_equal(gan_dataset_next(dataset, samples, images, labels, &count), GAN_OK);
        assert_int_equal(count, samples);
        for (int i = 0; i < samples; i++) {
            for (int e = 1; e < elements; e++) assert_true(images[i * elements + e] == images[i * elements]);
            assert_int_equal(labels[i], (int)images[i * elements] % 7);
        }
        gan_dataset_destroy(dataset);
    }
    gan_context_destroy(context);
}

/* ---- Bad files ---------------------------------------------------------------------------------------------- */

static void refuse(const char *path, uint64_t flags, gan_status status, const char *part)
{
    test_allocator allocator = {0};
    gan_context *context = NULL;
    const gan_npy_field field = {"x", path, flags};
    gan_dataset *dataset = NULL;

    assert_int_equal(
        gan_context_create(GAN_CONTEXT(.allocator = test_allocator_hooks(&allocator), .threads = 1), &context),
        GAN_OK);
    test_status(gan_dataset_open_npy(context, 1, &field, NULL, &dataset), status, part);
    assert_null(dataset);
    gan_context_destroy(context);
    test_allocator_assert_empty(&allocator);
}

static void test_refused_headers(void **state)
{
    static const struct {
        const char *dictionary;
        gan_status status;
        const char *part;
    } bad[] = {
        {"{'descr': '<f3', 'fortran_order': False, 'shape': (3,), }", GAN_ERROR_UNSUPPORTED, "'<f3'"},
        {"{'descr': '|f4', 'fortran_order': False, 'shape': (3,), }", GAN_ERROR_UNSUPPORTED, "'|f4'"},
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (3,), }", GAN_ERROR_UNSUPPORTED, "'<c8'"},
        {"{'descr': '', 'fortran_order': False, 'shape': (3,), }", GAN_ERROR_UNSUPPORTED, "''"},
        {"{'descr': '<f4', 'fortran_order': Maybe, 'shape': (3,), }", GAN_ERROR_FORMAT, "malformed"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (), }", GAN_ERROR_SHAPE, "single value"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1), }", GAN_ERROR_SHAPE, "dimensions"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 0), }", GAN_ERROR_EMPTY, "dimension 1 is 0"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-3,), }", GAN_ERROR_FORMAT, "malformed"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", GAN_ERROR_OVERFLOW,
         "dimension"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 2), }", GAN_ERROR_OVERFLOW, "size"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2000000000000000000,), }", GAN_ERROR_OVERFLOW, "size"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }", GAN_ERROR_TRUNCATED,
         "140 bytes; its header says 144"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", GAN_ERROR_TRAILING_DATA, "its header says 136"},
        {"{'descr': '<f4', 'fortran_order': False}", GAN_ERROR_FORMAT, "malformed"},
        {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", GAN_ERROR_FORMAT, "malformed"},
        {"{'descr': '<f4', 'other': '<f4', 'fortran_order': False, 'shape': (3,)}", GAN_ERROR_FORMAT, "malformed"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3,)} x", GAN_ERROR_FORMAT, "malformed"},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,)}", GAN_ERROR_UNSUPPORTED, "several fields"},
        {"", GAN_ERROR_FORMAT, "malformed"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        refuse(write_npy("bad", bad[i].dictionary, 12), 0, bad[i].status, bad[i].part);
}

static void test_refused_files(void **state)
{
    static const char good[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }";
    const float fraction[] = {1, 0.5f, 2}, negative[] = {0, 1, -1}, large[] = {0, 16777216, 0};

    (void)state;
    refuse(test_path("nothing"), 0, GAN_ERROR_NOT_FOUND, "nothing");
    for (int i = 0; i < 3; i++) test_little_endian(fraction[i], (unsigned char *)file + header_size + 4 * i);
    write_npy("file", good, sizeof(fraction));
    refuse(test_path("file"), GAN_NPY_SCALE_BYTES, GAN_ERROR_UNSUPPORTED, "no bytes to scale");
    refuse(test_path("file"), 4, GAN_ERROR_ARGUMENT, "flags of field 0 are 0x4");
    refuse(NULL, 0, GAN_ERROR_NULL, "path of field 0");
    refuse(test_path("file"), GAN_NPY_LABEL, GAN_ERROR_ARGUMENT, "file': 'x' of sample 1 is 0.5");
    for (int i = 0; i < 3; i++) test_little_endian(negative[i], (unsigned char *)file + header_size + 4 * i);
    refuse(write_npy("file", good, sizeof(negative)), GAN_NPY_LABEL, GAN_ERROR_ARGUMENT, "sample 2 is -1");
    for (int i = 0; i < 3; i++) test_little_endian(large[i], (unsigned char *)file + header_size + 4 * i);
    refuse(write_npy("file", good, sizeof(large)), GAN_NPY_LABEL, GAN_ERROR_ARGUMENT, "sample 1 is 1.67772e+07");
    write_npy("pairs", "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 2), }", 6);
    refuse(test_path("pairs"), GAN_NPY_LABEL, GAN_ERROR_SHAPE, "samples (2), expected class labels");
    file[6] = 4;
    test_file_write(test_path("file"), file, header_size);
    refuse(test_path("file"), 0, GAN_ERROR_VERSION, "format 4.0");
    file[6] = 2; /* the dictionary's first bytes are read as part of a length */
    test_file_write(test_path("file"), file, header_size);
    refuse(test_path("file"), 0, GAN_ERROR_OVERFLOW, "header of");
    file[1] = 'n';
    test_file_write(test_path("file"), file, header_size);
    refuse(test_path("file"), 0, GAN_ERROR_MAGIC, "not a NumPy file");
    for (size_t size = 0; size < 8; size++) {
        test_file_write(test_path("file"), file, size);
        refuse(test_path("file"), 0, GAN_ERROR_TRUNCATED, "file");
    }
}

static void test_fields_do_not_fit(void **state)
{
    gan_context *context = test_context();
    gan_dataset *dataset = NULL;

    (void)state;
    write_npy("three", "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }", 3);
    write_npy("four", "{'descr': '|u1', 'fortran_order': False, 'shape': (4,), }", 4);
    const gan_npy_field fields[] = {{"a", test_path("three"), 0}, {"b", test_path("four"), 0}},
                        twins[] = {{"a", test_path("three"), 0}, {"a", test_path("three"), 0}};
    test_status(gan_dataset_open_npy(context, 2, fields, NULL, &dataset), GAN_ERROR_SHAPE, "4 samples, but");
    test_status(gan_dataset_open_npy(context, 2, twins, NULL, &dataset), GAN_ERROR_ARGUMENT, "same name, 'a'");
    test_status(gan_dataset_open_npy(context, 0, fields, NULL, &dataset), GAN_ERROR_ARGUMENT, "field_count is 0");
    test_status(gan_dataset_open_npy(NULL, 1, fields, NULL, &dataset), GAN_ERROR_NULL, "context");
    test_status(gan_dataset_open_npy(context, 1, NULL, NULL, &dataset), GAN_ERROR_NULL, "fields");
    test_status(gan_dataset_open_npy(context, 1, fields, NULL, NULL), GAN_ERROR_NULL, "out");
    assert_null(dataset);
    gan_context_destroy(context);
}

/* A file that is cut after it was opened. */
static void test_cut_later(void **state)
{
    gan_context *context = test_context();
    float values[4];
    float *const to = values;

    (void)state;
    write_npy("cut", "{'descr': '|u1', 'fortran_order': False, 'shape': (4,), }", 4);
    gan_dataset *dataset = open_one(context, test_path("cut"), 0, 1);
    test_file_write(test_path("cut"), file, header_size + 2);
    assert_int_equal(gan_dataset_read_fields(dataset, 0, 2, &to), GAN_OK);
    test_status(gan_dataset_read_fields(dataset, 0, 3, &to), GAN_ERROR_TRUNCATED, "cut");
    gan_dataset_destroy(dataset);
    gan_context_destroy(context);
}

static gan_status open_two(gan_context *context, void *user)
{
    gan_dataset *dataset = NULL;
    const gan_status status = gan_dataset_open_npy(context, 2, user, NULL, &dataset);

    gan_dataset_destroy(dataset);
    return status;
}

static void test_failing_memory(void **state)
{
    char path[512];

    (void)state;
    strcpy(path, write_npy("memory", "{'descr': '|u1', 'fortran_order': False, 'shape': (4,), }", 4));
    gan_npy_field fields[] = {{"a", path, 0}, {"b", path, GAN_NPY_LABEL}};
    assert_true(test_every_allocation_fails(open_two, fields) >= 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),         cmocka_unit_test(test_other_types),
        cmocka_unit_test(test_halves),        cmocka_unit_test(test_fortran_order),
        cmocka_unit_test(test_large_doubles), cmocka_unit_test(test_formats),
        cmocka_unit_test(test_fields),        cmocka_unit_test(test_refused_headers),
        cmocka_unit_test(test_refused_files), cmocka_unit_test(test_fields_do_not_fit),
        cmocka_unit_test(test_cut_later),     cmocka_unit_test(test_failing_memory),
    };
    return cmocka_run_group_tests(tests, test_folder_create, test_folder_remove);
}
