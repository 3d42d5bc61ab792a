/* Safetensors: what is written can be read, by others too; what others wrote is read; what nobody should have written
 * is rejected. */
#include "io/io.h"
#include "support/allocator.h"
#include "support/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const gan_safetensors_entry entries[] = {
    {"zeta.weight", 2, {2, 3}, 6, GAN_SAFETENSORS_F32},
    {"scalar", 0, {0}, 1, GAN_SAFETENSORS_F32},
    {"a \"quoted\" \xc3\xbc\xe2\x82\xac name", 3, {1, 2, 2}, 4, GAN_SAFETENSORS_F32}};
static const gan_metadata metadata[] = {{"architecture", "{\"layers\": [\"dense\"], \"x\": \"\\n\"}"}, {"empty", ""}};

enum { entry_count = 3, metadata_count = 2, file_capacity = 4096 };

/* Value k of tensor i is 10 i + k + 0.25. `user`: the entries. */
static gan_status fill(void *user, size_t index, void *out)
{
    const gan_safetensors_entry *filled = user;
    float *values = out;

    for (int64_t k = 0; k < filled[index].count; k++) values[k] = (float)index * 10 + (float)k + 0.25f;
    return GAN_OK;
}

static gan_status write_file(gan_context *context, const char *path)
{
    return gan_safetensors_write(context, (gan_target){.path = path}, entries, entry_count, metadata, metadata_count,
                                 fill, (void *)entries);
}

/* ---- Good files --------------------------------------------------------------------------------------------- */

static void test_round_trip(void **state)
{
    gan_context *context = test_context();
    gan_safetensors *file = NULL;

    (void)state;
    test_status(write_file(context, test_path("file")), GAN_OK, "");
    test_status(gan_safetensors_open(context, (gan_origin){.path = test_path("file")}, &file), GAN_OK, "");
    assert_int_equal(gan_safetensors_count(file), entry_count);
    for (size_t i = 0; i < entry_count; i++) {
        float values[6] = {0}, expected[6] = {0};
        size_t index = 99;
        const gan_safetensors_entry *entry = gan_safetensors_find(file, entries[i].name, &index);
        assert_ptr_equal(entry, gan_safetensors_at(file, i));
        assert_int_equal(entry->type, GAN_SAFETENSORS_F32);
        assert_int_equal(index, i);
        assert_string_equal(entry->name, entries[i].name);
        assert_int_equal(entry->rank, entries[i].rank);
        assert_int_equal(entry->count, entries[i].count);
        assert_memory_equal(entry->dims, entries[i].dims, (size_t)entry->rank * sizeof(entry->dims[0]));
        test_status(gan_safetensors_read(file, i, values), GAN_OK, "");
        fill((void *)entries, i, expected);
        assert_memory_equal(values, expected, sizeof(values));
    }
    for (size_t i = 0; i < metadata_count; i++)
        assert_string_equal(gan_safetensors_metadata(file, metadata[i].key), metadata[i].value);
    assert_null(gan_safetensors_metadata(file, "other"));
    gan_safetensors_close(file);
    gan_context_destroy(context);
}

static void test_what_is_not_there(void **state)
{
    gan_context *context = test_context();
    gan_safetensors *file = NULL;
    size_t index = 99;
    float value;

    (void)state;
    assert_int_equal(write_file(context, test_path("file")), GAN_OK);
    assert_int_equal(gan_safetensors_open(context, (gan_origin){.path = test_path("file")}, &file), GAN_OK);
    assert_null(gan_safetensors_find(file, "zeta", &index));
    assert_null(gan_safetensors_at(file, entry_count));
    assert_int_equal(index, 99);
    test_status(gan_safetensors_read(file, entry_count, &value), GAN_ERROR_ARGUMENT, "number 3 was requested");
    gan_safetensors_close(file);
    gan_safetensors_close(NULL);
    gan_context_destroy(context);
}

/* The bytes follow the format's definition, and are the same each time. */
static void test_bytes(void **state)
{
    static const gan_safetensors_entry one = {"x", 1, {2}, 2, GAN_SAFETENSORS_F32};
    static const char header[] = "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}  ";
    static const unsigned char values[] = {0, 0, 0x80, 0x3e, 0, 0, 0xa0, 0x3f}; /* 0.25 and 1.25 */
    unsigned char expected[8 + sizeof(header) - 1 + 8] = {sizeof(header) - 1}, bytes[file_capacity];
    gan_context *context = test_context();

    (void)state;
    assert_int_equal((sizeof(header) - 1) % 8, 0);
    memcpy(expected + 8, header, sizeof(header) - 1);
    memcpy(expected + 8 + sizeof(header) - 1, values, 8);
    for (int i = 0; i < 2; i++) {
        test_status(gan_safetensors_write(context, (gan_target){.path = test_path("file")}, &one, 1, NULL, 0, fill,
                                          (void *)&one),
                    GAN_OK, "");
        assert_int_equal(test_file_read(test_path("file"), bytes, sizeof(bytes)), sizeof(expected));
        assert_memory_equal(bytes, expected, sizeof(expected));
    }
    gan_context_destroy(context);
}

/* The data are aligned for names of any length. */
static void test_alignment(void **state)
{
    gan_context *context = test_context();
    char name[] = "abcdefghij";

    (void)state;
    for (int length = 10; length > 0; length--) {
        const gan_safetensors_entry one = {name, 1, {2}, 2, GAN_SAFETENSORS_F32};
        unsigned char bytes[file_capacity];
        gan_safetensors *file = NULL;
        name[length] = 0;
        assert_int_equal(gan_safetensors_write(context, (gan_target){.path = test_path("file")}, &one, 1, NULL, 0,
                                               fill, (void *)&one),
                         GAN_OK);
        assert_int_equal(test_file_read(test_path("file"), bytes, sizeof(bytes)) % 8, 0);
        test_status(gan_safetensors_open(context, (gan_origin){.path = test_path("file")}, &file), GAN_OK, "");
        gan_safetensors_close(file);
    }
    gan_context_destroy(context);
}

static const double doubles[] = {0.1, -1e300, 5e-324, 0x1.fffffffffffffp0};

static gan_status fill_doubles(void *user, size_t index, void *out)
{
    if (index == 0) return fill(user, index, out);
    memcpy(out, doubles, sizeof(doubles));
    return GAN_OK;
}

/* Doubles beside floats keep all their bits, and neither is read as the other. */
static void test_doubles(void **state)
{
    static const gan_safetensors_entry mixed[] = {{"floats", 1, {3}, 3, GAN_SAFETENSORS_F32},
                                                  {"doubles", 2, {2, 2}, 4, GAN_SAFETENSORS_F64}};
    gan_context *context = test_context();
    gan_safetensors *file = NULL;
    double values[4];
    float floats[8];
    size_t index = 9;

    (void)state;
    test_status(gan_safetensors_write(context, (gan_target){.path = test_path("file")}, mixed, 2, NULL, 0,
                                      fill_doubles, (void *)mixed),
                GAN_OK, "");
    assert_int_equal(gan_safetensors_open(context, (gan_origin){.path = test_path("file")}, &file), GAN_OK);
    assert_int_equal(gan_safetensors_find(file, "doubles", &index)->type, GAN_SAFETENSORS_F64);
    assert_int_equal(gan_safetensors_read_doubles(file, index, values), GAN_OK);
    assert_memory_equal(values, doubles, sizeof(doubles));
    test_status(gan_safetensors_read(file, index, floats), GAN_ERROR_NOT_FINITE,
                "value 1 of tensor 'doubles' is beyond the numbers of float32");
    test_status(gan_safetensors_read_doubles(file, 1 - index, values), GAN_ERROR_UNSUPPORTED,
                "is not of the type F64");
    gan_safetensors_close(file);
    gan_context_destroy(context);
}

static void test_without_tensors(void **state)
{
    gan_context *context = test_context();
    gan_safetensors *file = NULL;

    (void)state;
    assert_int_equal(gan_safetensors_write(context, (gan_target){.path = test_path("file")}, NULL, 0, metadata, 1,
                                           fill, (void *)entries),
                     GAN_OK);
    test_status(gan_safetensors_open(context, (gan_origin){.path = test_path("file")}, &file), GAN_OK, "");
    assert_int_equal(gan_safetensors_count(file), 0);
    assert_string_equal(gan_safetensors_metadata(file, metadata[0].key), metadata[0].value);
    gan_safetensors_close(file);
    assert_int_equal(gan_safetensors_write(context, (gan_target){.path = test_path("file")}, NULL, 0, NULL, 0, fill,
                                           (void *)entries),
                     GAN_OK);
    test_status(gan_safetensors_open(context, (gan_origin){.path = test_path("file")}, &file), GAN_OK, "");
    assert_null(gan_safetensors_metadata(file, metadata[0].key));
    gan_safetensors_close(file);
    gan_context_destroy(context);
}

/* A file of the reference implementation, by tests/reference/make_safetensors.py. */
static void test_file_from_python(void **state)
{
    gan_context *context = test_context();
    gan_safetensors *file = NULL;
    float values[6];
    size_t index;

    (void)state;
    test_status(gan_safetensors_open(context, (gan_origin){.path = TEST_REFERENCE "/python.safetensors"}, &file),
                GAN_OK, "");
    assert_int_equal(gan_safetensors_count(file), 5);
    assert_string_equal(gan_safetensors_metadata(file, "made by"), "safetensors");
    assert_string_equal(gan_safetensors_metadata(file, "empty"), "");
    assert_string_equal(gan_safetensors_metadata(file, "json"), "{\"a\": [1, 2]}");

    const gan_safetensors_entry *entry = gan_safetensors_find(file, "weight", &index);
    assert_non_null(entry);
    assert_true(entry->type == GAN_SAFETENSORS_F32 && entry->rank == 2 && entry->dims[0] == 2 && entry->dims[1] == 3);
    assert_int_equal(gan_safetensors_read(file, index, values), GAN_OK);
    for (int i = 0; i < 6; i++) assert_true(values[i] == (float)i / 4 - 0.5f);
    assert_non_null(gan_safetensors_find(file,
                                         "\xc3\xbcn\xc3\xaf"
                                         "code \"name\"",
                                         &index));
    assert_int_equal(gan_safetensors_read(file, index, values), GAN_OK);
    assert_true(values[0] == 1 && values[1] == -2 && values[2] == 3);
    entry = gan_safetensors_find(file, "scalar", &index);
    assert_true(entry->rank == 0 && entry->count == 1);
    assert_int_equal(gan_safetensors_read(file, index, values), GAN_OK);
    assert_true(values[0] == 1e-30f);
    entry = gan_safetensors_find(file, "half", &index);
    assert_true(entry->type == GAN_SAFETENSORS_F16 && entry->count == 4);
    assert_int_equal(gan_safetensors_read(file, index, values), GAN_OK);
    for (int i = 0; i < 4; i++) assert_true(values[i] == 1);
    entry = gan_safetensors_find(file, "counts", &index);
    assert_true(entry->type == GAN_SAFETENSORS_OTHER && entry->count == 1);
    test_status(gan_safetensors_read(file, index, values), GAN_ERROR_UNSUPPORTED,
                "tensor 'counts' of '" TEST_REFERENCE
                "/python.safetensors' is not of the type F32, F64, F16 or BF16");
    gan_safetensors_close(file);
    gan_context_destroy(context);
}

static void test_byte_order(void **state)
{
    float values[2] = {1.0f, -2.5f};
    const unsigned char bytes[8] = {0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0};

    (void)state;
    gan_floats_to_little_endian(values, 2);
    assert_memory_equal(values, bytes, 8);
    gan_floats_from_little_endian(values, 2);
    assert_true(values[0] == 1.0f && values[1] == -2.5f);
}

/* ---- Bad files ---------------------------------------------------------------------------------------------- */

static void check_open(const char *path, gan_status status, const char *part)
{
    test_allocator allocator = {0};
    gan_context *context = NULL;
    gan_safetensors *file = NULL;

    assert_int_equal(
        gan_context_create(GAN_CONTEXT(.allocator = test_allocator_hooks(&allocator), .threads = 1), &context),
        GAN_OK);
    test_status(gan_safetensors_open(context, (gan_origin){.path = path}, &file), status, part);
    assert_true((file != NULL) == (status == GAN_OK));
    gan_safetensors_close(file);
    gan_context_destroy(context);
    test_allocator_assert_empty(&allocator);
}

static void write_header(const char *path, uint64_t length, const char *header, size_t data_size)
{
    static unsigned char bytes[file_capacity];
    const size_t size = strlen(header);

    memset(bytes, 0, sizeof(bytes));
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)(length >> (8 * i));
    memcpy(bytes + 8, header, size);
    test_file_write(path, bytes, 8 + size + data_size);
}

#define TENSOR(name, type, shape, offsets) \
    "\"" name "\":{\"dtype\":\"" type "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"
#define A        TENSOR("a", "F32", "[2]", "[0,8]")
#define HUGE_DIM "4611686018427387904" /* 2^62 */

static void test_bad_headers(void **state)
{
    static const struct {
        const char *header;
        size_t data_size;
        gan_status status;
        const char *part;
    } bad[] = {
        {"{" A "}", 8, GAN_OK, ""},
        {"{" A "}   ", 8, GAN_OK, ""},
        {"{" A "," TENSOR("b", "F32", "[1]", "[8,12]") "}", 12, GAN_OK, ""},
        {"{" TENSOR("b", "F32", "[1]", "[8,12]") "," A "}", 12, GAN_OK, ""},
        {"{" TENSOR("a", "F64", "[]", "[0,8]") "}", 8, GAN_OK, ""},
        /* length of the data */
        {"{" A "}", 7, GAN_ERROR_TRUNCATED, "7 bytes of data"},
        {"{" A "}", 0, GAN_ERROR_TRUNCATED, "0 bytes of data"},
        {"{" A "}", 9, GAN_ERROR_TRAILING_DATA, "9 bytes of data"},
        {"{}", 1, GAN_ERROR_TRAILING_DATA, "1 bytes of data"},
        /* not JSON, or not the right JSON */
        {"[]", 8, GAN_ERROR_MAGIC, "not a safetensors file"},
        {" {" A "}", 8, GAN_ERROR_MAGIC, "not a safetensors file"},
        {"{" A, 8, GAN_ERROR_FORMAT, "malformed at byte"},
        {"{" A "} x", 8, GAN_ERROR_FORMAT, "malformed at byte"},
        {"{" A "," A "}", 8, GAN_ERROR_FORMAT, "duplicate"},
        {"{" A ",\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", 8, GAN_ERROR_FORMAT, "duplicate"},
        {"{\"\xff\":1}", 0, GAN_ERROR_FORMAT, "malformed"},
        {"{\"a\\u0000b\":1}", 0, GAN_ERROR_FORMAT, "malformed"},
        {"{\"a\":1}", 0, GAN_ERROR_FORMAT, "the description of tensor 'a'"},
        {"{\"a\":[]}", 0, GAN_ERROR_FORMAT, "the description of tensor 'a'"},
        {"{\"a\":{}}", 0, GAN_ERROR_FORMAT, "the type of tensor 'a'"},
        {"{\"__metadata__\":[]}", 0, GAN_ERROR_FORMAT, "metadata is not an object"},
        {"{\"__metadata__\":{\"k\":1}}", 0, GAN_ERROR_FORMAT, "metadata 'k' is not a string"},
        /* type */
        {"{\"a\":{\"dtype\":32,\"shape\":[2],\"data_offsets\":[0,8]}}", 8, GAN_ERROR_FORMAT, "the type"},
        {"{" TENSOR("a", "f32", "[2]", "[0,8]") "}", 8, GAN_OK, ""},
        {"{" TENSOR("a", "FUTURE", "[7]", "[0,9]") "," TENSOR("b", "F32", "[1]", "[9,13]") "}", 13, GAN_OK, ""},
        {"{" TENSOR("a", "FUTURE", "[7]", "[0,9]") "," TENSOR("b", "F32", "[1]", "[8,12]") "}", 12, GAN_ERROR_FORMAT,
         "'b' starts at byte 8"},
        {"{" TENSOR("a", "C64", "[1]", "[0,8]") "}", 8, GAN_OK, ""},
        {"{" TENSOR("a", "C64", "[1]", "[0,4]") "}", 4, GAN_ERROR_FORMAT, "need 8"},
        {"{" TENSOR("a", "F4", "[3]", "[0,2]") "}", 2, GAN_OK, ""},
        {"{" TENSOR("a", "F8_E8M0", "[3]", "[0,3]") "}", 3, GAN_OK, ""},
        {"{" TENSOR("a", "F64", "[2]", "[0,8]") "}", 8, GAN_ERROR_FORMAT, "shape and type need 16"},
        /* shape */
        {"{" TENSOR("a", "F32", "2", "[0,8]") "}", 8, GAN_ERROR_FORMAT, "the shape"},
        {"{" TENSOR("a", "F32", "[2.0]", "[0,8]") "}", 8, GAN_ERROR_FORMAT, "the shape"},
        {"{" TENSOR("a", "F32", "[\"2\"]", "[0,8]") "}", 8, GAN_ERROR_FORMAT, "the shape"},
        {"{" TENSOR("a", "F32", "[-2]", "[0,8]") "}", 8, GAN_ERROR_FORMAT, "the shape"},
        {"{" TENSOR("a", "F32", "[-1,-2]", "[0,8]") "}", 8, GAN_ERROR_FORMAT, "the shape"},
        {"{" TENSOR("a", "F32", "[0]", "[0,0]") "}", 0, GAN_OK, ""},
        {"{" TENSOR("a", "F32", "[2,0,2]", "[0,8]") "}", 8, GAN_ERROR_FORMAT, "need 0"},
        {"{" TENSOR("a", "F32", "[" HUGE_DIM "," HUGE_DIM ",0]", "[0,0]") "}", 0, GAN_OK, ""},
        {"{" A "," TENSOR("e", "F32", "[0]", "[0,0]") "," TENSOR("f", "I8", "[3,0]", "[8,8]") "}", 8, GAN_OK, ""},
        {"{" A "," TENSOR("e", "F32", "[0]", "[4,4]") "}", 8, GAN_ERROR_FORMAT, "'e' starts at byte 4"},
        {"{" A "," TENSOR("e", "F32", "[0]", "[9,9]") "}", 8, GAN_ERROR_FORMAT, "'e' starts at byte 9"},
        {"{" TENSOR("a", "F32", "[1,1,1,1,1,1,1,2]", "[0,8]") "}", 8, GAN_OK, ""},
        {"{" TENSOR("a", "F32", "[1,1,1,1,1,1,1,3]", "[0,8]") "}", 8, GAN_ERROR_FORMAT, "need 12"},
        {"{" TENSOR("a", "F32", "[" HUGE_DIM "," HUGE_DIM "]", "[0,8]") "}", 8, GAN_ERROR_OVERFLOW, "overflows"},
        {"{" TENSOR("a", "F32", "[" HUGE_DIM "]", "[0,8]") "}", 8, GAN_ERROR_OVERFLOW, "overflows"},
        {"{" TENSOR("a", "F32", "[36893488147419103234]", "[0,8]") "}", 8, GAN_ERROR_FORMAT, "malformed"},
        {"{" TENSOR("a", "F32", "[3]", "[0,8]") "}", 8, GAN_ERROR_FORMAT, "need 12"},
        /* place */
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, GAN_ERROR_FORMAT, "the place"},
        {"{" TENSOR("a", "F32", "[2]", "[0]") "}", 8, GAN_ERROR_FORMAT, "the place"},
        {"{" TENSOR("a", "F32", "[2]", "[0,8,8]") "}", 8, GAN_ERROR_FORMAT, "the place"},
        {"{" TENSOR("a", "F32", "[2]", "[-8,0]") "}", 8, GAN_ERROR_FORMAT, "the place"},
        {"{" TENSOR("a", "F32", "[2]", "[8,0]") "}", 8, GAN_ERROR_FORMAT, "the place"},
        {"{" TENSOR("a", "F32", "[2]", "[0.0,8]") "}", 8, GAN_ERROR_FORMAT, "the place"},
        {"{" TENSOR("a", "F32", "[2]", "[4,12]") "}", 12, GAN_ERROR_FORMAT, "starts at byte 4"},
        {"{" A "," TENSOR("b", "F32", "[1]", "[4,8]") "}", 8, GAN_ERROR_FORMAT, "'b' starts at byte 4"},
        {"{" A "," TENSOR("b", "F32", "[2]", "[0,8]") "}", 8, GAN_ERROR_FORMAT, "starts at byte 0"},
        {"{" A "," TENSOR("b", "F32", "[1]", "[12,16]") "}", 16, GAN_ERROR_FORMAT, "'b' starts at byte 12"},
        {"{" TENSOR("a", "F32", "[2]", "[9223372036854775799,9223372036854775807]") "}", 8, GAN_ERROR_FORMAT,
         "starts"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        write_header(test_path("bad"), strlen(bad[i].header), bad[i].header, bad[i].data_size);
        check_open(test_path("bad"), bad[i].status, bad[i].part);
    }
}

static void test_bad_lengths(void **state)
{
    static const struct {
        uint64_t length;
        gan_status status;
        const char *part;
    } bad[] = {{0, GAN_ERROR_FORMAT, "malformed"},
               {1, GAN_ERROR_FORMAT, "malformed"},
               {62, GAN_ERROR_FORMAT, "malformed"},
               {63, GAN_ERROR_TRUNCATED, "within its header"},
               {GAN_SAFETENSORS_HEADER_LIMIT, GAN_ERROR_TRUNCATED, "within its header"},
               {GAN_SAFETENSORS_HEADER_LIMIT + 1, GAN_ERROR_OVERFLOW, "the limit is 100000000"},
               {(uint64_t)1 << 63, GAN_ERROR_OVERFLOW, "the limit"},
               {UINT64_MAX, GAN_ERROR_OVERFLOW, "the limit"}};

    (void)state;
    assert_int_equal(strlen("{" A "}") + 8, 62);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        write_header(test_path("bad"), bad[i].length, "{" A "}", 8);
        check_open(test_path("bad"), bad[i].status, bad[i].part);
    }
}

static void test_every_length(void **state)
{
    unsigned char bytes[file_capacity] = {0};
    gan_context *context = test_context();

    (void)state;
    assert_int_equal(write_file(context, test_path("file")), GAN_OK);
    const size_t size = test_file_read(test_path("file"), bytes, sizeof(bytes));
    for (size_t cut = 0; cut < size; cut++) {
        test_file_write(test_path("cut"), bytes, cut);
        check_open(test_path("cut"), GAN_ERROR_TRUNCATED, "cut");
    }
    test_file_write(test_path("cut"), bytes, size + 1);
    check_open(test_path("cut"), GAN_ERROR_TRAILING_DATA, "cut");
    gan_context_destroy(context);
}

static void test_what_is_no_file(void **state)
{
    (void)state;
    check_open(test_path("none"), GAN_ERROR_NOT_FOUND, "No such file");
    check_open(test_path(""), GAN_ERROR_IO, "is a folder");
    test_file_write(test_path("text"), "a text of some length", 21);
    check_open(test_path("text"), GAN_ERROR_MAGIC, "not a safetensors file");
}

/* The file shrinks after it was opened. */
static void test_file_cut_while_open(void **state)
{
    gan_context *context = test_context();
    gan_safetensors *file = NULL;
    float values[6];

    (void)state;
    assert_int_equal(write_file(context, test_path("file")), GAN_OK);
    assert_int_equal(gan_safetensors_open(context, (gan_origin){.path = test_path("file")}, &file), GAN_OK);
    test_file_write(test_path("file"), "short", 5);
    test_status(gan_safetensors_read(file, 0, values), GAN_ERROR_TRUNCATED, "file");
    gan_safetensors_close(file);
    gan_context_destroy(context);
}

/* Deeper than any honest header. */
static void test_deep_header(void **state)
{
    enum { depth = 3000 };
    char header[depth + 8] = "{\"a\":";

    (void)state;
    memset(header + 5, '[', depth);
    write_header(test_path("deep"), depth + 5, header, 0);
    check_open(test_path("deep"), GAN_ERROR_FORMAT, "malformed");
}

/* ---- What is not written ------------------------------------------------------------------------------------ */

static gan_status fail_to_fill(void *user, size_t index, void *out)
{
    if (index == 1) return gan_fail(GAN_ERROR_CANCELLED, "no second tensor");
    return fill(user, index, out);
}

static void test_refused_entries(void **state)
{
    static const struct {
        gan_safetensors_entry entry;
        gan_status status;
        const char *part;
    } bad[] = {
        {{NULL, 1, {1}, 1, GAN_SAFETENSORS_F32}, GAN_ERROR_ARGUMENT, "no name"},
        {{"", 1, {1}, 1, GAN_SAFETENSORS_F32}, GAN_ERROR_ARGUMENT, "no name"},
        {{"\xff", 1, {1}, 1, GAN_SAFETENSORS_F32}, GAN_ERROR_ARGUMENT, "not valid UTF-8"},
        {{"__metadata__", 1, {1}, 1, GAN_SAFETENSORS_F32}, GAN_ERROR_ARGUMENT, "__metadata__"},
        {{"scalar", 1, {1}, 1, GAN_SAFETENSORS_F32}, GAN_ERROR_ARGUMENT, "two entries called 'scalar'"},
        {{"x", -1, {1}, 1, GAN_SAFETENSORS_F32}, GAN_ERROR_SHAPE, "rank -1"},
        {{"x", 8, {1}, 1, GAN_SAFETENSORS_F32}, GAN_ERROR_SHAPE, "rank 8"},
        {{"x", 1, {1}, 1, GAN_SAFETENSORS_OTHER}, GAN_ERROR_ARGUMENT, "a type that is not written"},
        {{"x", 1, {INT64_MAX / 7}, INT64_MAX / 7, GAN_SAFETENSORS_F64}, GAN_ERROR_OVERFLOW, "at tensor 'x'"},
        {{"x", 2, {1, 0}, 0, GAN_SAFETENSORS_F32}, GAN_ERROR_SHAPE, "dimension 1 of tensor 'x' is 0"},
        {{"x", 1, {2}, 3, GAN_SAFETENSORS_F32}, GAN_ERROR_SHAPE, "3 values; its shape has 2"},
        {{"x", 2, {INT64_MAX, 2}, 2, GAN_SAFETENSORS_F32}, GAN_ERROR_OVERFLOW, "'x' overflows"},
        {{"x", 1, {INT64_MAX}, INT64_MAX, GAN_SAFETENSORS_F32}, GAN_ERROR_OVERFLOW, "at tensor 'x'"},
    };
    gan_context *context = test_context();
    gan_safetensors_entry both[2] = {entries[1]};

    (void)state;
    test_file_write(test_path("file"), "old", 3);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        for (int with_metadata = 0; with_metadata < 2; with_metadata++) {
            both[1] = bad[i].entry;
            test_status(gan_safetensors_write(context, (gan_target){.path = test_path("file")}, both, 2, metadata,
                                              with_metadata ? 2 : 0, fill, both),
                        bad[i].status, bad[i].part);
        }
    }
    assert_int_equal(test_file_read(test_path("file"), (char[3]){0}, 3), 3);
    gan_context_destroy(context);
}

static void test_refused_metadata(void **state)
{
    static const gan_metadata bad[][2] = {
        {{"k", "\xff"}, {"l", "v"}}, {{"\xff", "v"}, {"l", "v"}}, {{"k", "v"}, {"k", "w"}}};
    gan_context *context = test_context();

    (void)state;
    for (int i = 0; i < 3; i++) {
        test_status(gan_safetensors_write(context, (gan_target){.path = test_path("none")}, entries, 1, bad[i], 2,
                                          fill, (void *)entries),
                    GAN_ERROR_ARGUMENT, i < 2 ? "not valid UTF-8" : "two entries called 'k'");
    }
    assert_false(test_file_exists(test_path("none")));
    gan_context_destroy(context);
}

static void test_failing_fill(void **state)
{
    gan_context *context = test_context();
    gan_safetensors *file = NULL;

    (void)state;
    assert_int_equal(write_file(context, test_path("file")), GAN_OK);
    const int before = test_folder_count();
    test_status(gan_safetensors_write(context, (gan_target){.path = test_path("file")}, entries, 2, NULL, 0,
                                      fail_to_fill, (void *)entries),
                GAN_ERROR_CANCELLED, "no second tensor");
    test_status(gan_safetensors_write(context, (gan_target){.path = test_path("none/file")}, entries, 2, NULL, 0,
                                      fill, (void *)entries),
                GAN_ERROR_NOT_FOUND, "none/file");
    assert_int_equal(test_folder_count(), before);
    assert_int_equal(gan_safetensors_open(context, (gan_origin){.path = test_path("file")}, &file), GAN_OK);
    assert_int_equal(gan_safetensors_count(file), entry_count);
    gan_safetensors_close(file);
    gan_context_destroy(context);
}

static gan_status write_and_read(gan_context *context, void *user)
{
    gan_safetensors *file = NULL;

    GAN_TRY(write_file(context, user));
    GAN_TRY(gan_safetensors_open(context, (gan_origin){.path = user}, &file));
    gan_safetensors_close(file);
    return GAN_OK;
}

static void test_failing_memory(void **state)
{
    char path[512];

    (void)state;
    strcpy(path, test_path("memory"));
    assert_true(test_every_allocation_fails(write_and_read, path) >= 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_what_is_not_there),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_alignment),
        cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_without_tensors),
        cmocka_unit_test(test_file_from_python),
        cmocka_unit_test(test_byte_order),
        cmocka_unit_test(test_bad_headers),
        cmocka_unit_test(test_bad_lengths),
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_what_is_no_file),
        cmocka_unit_test(test_file_cut_while_open),
        cmocka_unit_test(test_deep_header),
        cmocka_unit_test(test_refused_entries),
        cmocka_unit_test(test_refused_metadata),
        cmocka_unit_test(test_failing_fill),
        cmocka_unit_test(test_failing_memory),
    };
    return cmocka_run_group_tests(tests, test_folder_create, test_folder_remove);
}
