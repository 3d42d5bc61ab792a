#include "corpus.h"

#include "core/core.h"
#include "io/io.h"
#include "support/files.h"

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { FILE_LIMIT = 1 << 20 }; /* bytes; all files here are far smaller */

static const char *folder;

/* ---- Files of the folder -------------------------------------------------------------------------------------- */

bool corpus_of(int argc, char **argv)
{
    if (argc != 2) return false;
    folder = argv[1];
    return true;
}

const char *corpus_path(const char *format, ...)
{
    static char paths[8][1024];
    static int next;
    char *path = paths[next++ % 8];
    int length = snprintf(path, sizeof(paths[0]), "%s/", folder);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(path + length, sizeof(paths[0]) - (size_t)length, format, arguments);
    va_end(arguments);
    return path;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **corpus_names(const char *prefix, int *count)
{
    enum { LIMIT = 64 };
    static const char suffix[] = ".safetensors";
    char **names = calloc(LIMIT, sizeof(*names));
    DIR *directory = opendir(folder);
    *count = 0;
    if (!directory || !names) fail_msg("%s: cannot be read", folder);
    for (struct dirent *entry; (entry = readdir(directory));) {
        const size_t begin = strlen(prefix) + 1, length = strlen(entry->d_name), end = length - (sizeof(suffix) - 1);
        if (length <= begin + sizeof(suffix) - 1 || strcmp(entry->d_name + end, suffix) != 0) continue;
        if (strncmp(entry->d_name, prefix, begin - 1) != 0 || entry->d_name[begin - 1] != '-') continue;
        assert_true(*count < LIMIT);
        char *name = calloc(end - begin + 1, 1);
        assert_non_null(name);
        memcpy(name, entry->d_name + begin, end - begin);
        names[(*count)++] = name;
    }
    closedir(directory);
    qsort(names, (size_t)*count, sizeof(*names), compare_names);
    return names;
}

void corpus_names_release(char **names, int count)
{
    for (int i = 0; i < count; i++) free(names[i]);
    free(names);
}

static unsigned char *read_all(const char *path, size_t *size)
{
    unsigned char *bytes = malloc(FILE_LIMIT);
    assert_non_null(bytes);
    *size = test_file_read(path, bytes, FILE_LIMIT);
    return bytes;
}

/* ---- NPY ------------------------------------------------------------------------------------------------------ */

void corpus_compare_npy(gan_context *context, const char *path, const float *actual, int64_t count, gan_shape shape,
                        double tolerance)
{
    enum { PREAMBLE = 10 }; /* the magic, the version, and two bytes for the length of the header */
    const int64_t values = count * gan_shape_count(shape);
    size_t size, again_size;
    unsigned char *bytes = read_all(path, &size);
    double largest = 0;
    assert_true(size > PREAMBLE);
    const size_t begin = PREAMBLE + bytes[8] + 256 * (size_t)bytes[9];
    assert_int_equal(size, begin + (size_t)values * sizeof(float));
    float *expected = malloc((size_t)values * sizeof(float));
    assert_non_null(expected);
    memcpy(expected, bytes + begin, (size_t)values * sizeof(float));
    gan_floats_from_little_endian(expected, values);
    for (int64_t i = 0; i < values; i++) largest = fmax(largest, fabs((double)expected[i]));
    for (int64_t i = 0; i < values; i++) {
        if (fabs((double)actual[i] - (double)expected[i]) <= tolerance * largest) continue;
        fail_msg("%s: value %lld is %.9g, expected %.9g", path, (long long)i, (double)actual[i], (double)expected[i]);
    }
    assert_int_equal(gan_npy_write(context, test_path("again.npy"), expected, count, shape), GAN_OK);
    unsigned char *again = read_all(test_path("again.npy"), &again_size);
    assert_int_equal(again_size, size);
    assert_memory_equal(again, bytes, size);
    free(again);
    free(expected);
    free(bytes);
}

/* ---- Tensors of safetensors ----------------------------------------------------------------------------------- */

/* All values of the entry with this name. */
static float *read_entry(const char *path, const gan_safetensors *file, const char *name, int64_t count)
{
    size_t index = 0;
    const gan_safetensors_entry *entry = gan_safetensors_find(file, name, &index);
    if (!entry || entry->type != GAN_SAFETENSORS_F32) fail_msg("%s: no float32 tensor '%s'", path, name);
    if (entry->count != count) fail_msg("%s: '%s' has %lld values", path, name, (long long)entry->count);
    float *values = malloc((size_t)count * sizeof(float));
    assert_non_null(values);
    assert_int_equal(gan_safetensors_read(file, index, values), GAN_OK);
    return values;
}

static void compare_bits(const char *path, const char *name, const float *actual, const float *expected,
                         int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        if (memcmp(&actual[i], &expected[i], sizeof(float)) == 0) continue;
        fail_msg("%s: value %lld of '%s' is %.9g, expected exactly %.9g", path, (long long)i, name, (double)actual[i],
                 (double)expected[i]);
    }
}

void corpus_compare_tensors(gan_context *context, const char *path, const char *prefix, const gan_model *model)
{
    gan_safetensors *file;
    assert_int_equal(gan_safetensors_open(context, (gan_origin){.path = path}, &file), GAN_OK);
    for (int64_t i = 0; i < gan_model_tensor_count(model); i++) {
        gan_tensor_info info = GAN_TENSOR_INFO_INIT;
        char name[256];
        assert_int_equal(gan_model_get_tensor_info(model, i, &info), GAN_OK);
        snprintf(name, sizeof(name), "%s%s", prefix, info.name);
        float *expected = read_entry(path, file, name, info.count);
        float *actual = malloc((size_t)info.count * sizeof(float));
        assert_non_null(actual);
        assert_int_equal(gan_model_get_tensor(model, info.name, actual, info.count), GAN_OK);
        compare_bits("after loading", name, actual, expected, info.count);
        free(actual);
        free(expected);
    }
    gan_safetensors_close(file);
}

static void compare_entries(gan_context *context, const char *expected_path, const char *actual_path)
{
    gan_safetensors *expected, *actual;
    assert_int_equal(gan_safetensors_open(context, (gan_origin){.path = expected_path}, &expected), GAN_OK);
    assert_int_equal(gan_safetensors_open(context, (gan_origin){.path = actual_path}, &actual), GAN_OK);
    assert_int_equal(gan_safetensors_count(actual), gan_safetensors_count(expected));
    for (size_t i = 0; i < gan_safetensors_count(expected); i++) {
        size_t index;
        const gan_safetensors_entry *a = gan_safetensors_at(expected, i);
        float *values = read_entry(expected_path, expected, a->name, a->count);
        float *again = read_entry(actual_path, actual, a->name, a->count);
        const gan_safetensors_entry *b = gan_safetensors_find(actual, a->name, &index);
        assert_int_equal(b->rank, a->rank);
        for (int d = 0; d < a->rank; d++) assert_int_equal(b->dims[d], a->dims[d]);
        compare_bits(actual_path, a->name, again, values, a->count);
        free(again);
        free(values);
    }
    gan_safetensors_close(actual);
    gan_safetensors_close(expected);
}

/* ---- Metadata ------------------------------------------------------------------------------------------------- */

/* Numbers mean the same if they are the same float, however they are printed. */
static bool same_number(double a, double b)
{
    return a == b || (float)a == (float)b;
}

static bool same_json(const gan_json *a, const gan_json *b)
{
    int64_t whole_a, whole_b;
    double number_a, number_b;
    bool truth_a, truth_b;
    if (!a || !b) return false;
    if (gan_json_is_object(a)) {
        if (!gan_json_is_object(b) || gan_json_size(a) != gan_json_size(b)) return false;
        for (const gan_json *member = NULL; (member = gan_json_next(a, member));)
            if (!same_json(member, gan_json_get(b, gan_json_name(member)))) return false;
        return true;
    }
    if (gan_json_is_array(a)) {
        if (!gan_json_is_array(b) || gan_json_size(a) != gan_json_size(b)) return false;
        const gan_json *other = NULL;
        for (const gan_json *element = NULL; (element = gan_json_next(a, element));) {
            other = gan_json_next(b, other);
            if (!same_json(element, other)) return false;
        }
        return true;
    }
    const char *text_a = gan_json_get_text(a), *text_b = gan_json_get_text(b);
    if (text_a || text_b) return text_a && text_b && strcmp(text_a, text_b) == 0;
    if (gan_json_get_bool(a, &truth_a)) return gan_json_get_bool(b, &truth_b) && truth_a == truth_b;
    if (gan_json_get_int(a, &whole_a) && gan_json_get_int(b, &whole_b)) return whole_a == whole_b;
    return gan_json_get_number(a, &number_a) && gan_json_get_number(b, &number_b) && same_number(number_a, number_b);
}

/* Metadata values are texts: JSON, numbers or words. */
static bool same_meaning(gan_context *context, const char *a, const char *b)
{
    gan_json *json_a = NULL, *json_b = NULL;
    double number_a, number_b;
    if (!a || !b) return false;
    if (strcmp(a, b) == 0) return true;
    if (strpbrk(a, ".e") && gan_number_parse(a, strlen(a), &number_a) && gan_number_parse(b, strlen(b), &number_b))
        return same_number(number_a, number_b);
    const bool are_json = gan_json_parse(context, a, strlen(a), &json_a) == GAN_OK &&
                          gan_json_parse(context, b, strlen(b), &json_b) == GAN_OK;
    const bool same = are_json && same_json(json_a, json_b);
    gan_json_release(json_a);
    gan_json_release(json_b);
    return same;
}

/* The header of a file, to read all metadata: the library looks up only those that it knows. */
static gan_json *read_header(gan_context *context, const char *path)
{
    enum { LENGTH = 8 };
    gan_json *header = NULL;
    size_t size;
    uint64_t length = 0;
    unsigned char *bytes = read_all(path, &size);
    assert_true(size >= LENGTH);
    for (int i = LENGTH; i-- > 0;) length = length << 8 | bytes[i];
    assert_true(length <= size - LENGTH);
    assert_int_equal(gan_json_parse(context, (const char *)bytes + LENGTH, (size_t)length, &header), GAN_OK);
    free(bytes);
    return header;
}

/* What later versions have added to files of version 0.1. */
static const char *const added_keys[] = {"libgan.dataset.count", "libgan.dataset.fingerprint"};

static void compare_metadata(gan_context *context, const char *expected_path, const char *actual_path)
{
    gan_json *expected = read_header(context, expected_path), *actual = read_header(context, actual_path);
    const gan_json *a = gan_json_get(expected, GAN_SAFETENSORS_METADATA);
    const gan_json *b = gan_json_get(actual, GAN_SAFETENSORS_METADATA);
    assert_true(gan_json_size(a) > 0);
    for (const gan_json *member = NULL; (member = gan_json_next(a, member));) {
        const char *key = gan_json_name(member);
        const char *before = gan_json_get_text(member), *after = gan_json_get_text(gan_json_get(b, key));
        if (!same_meaning(context, before, after)) {
            fail_msg("%s: '%s' is %s, expected the meaning of %s", actual_path, key, after ? after : "missing",
                     before);
        }
    }
    int64_t added = 0;
    for (size_t i = 0; i < sizeof(added_keys) / sizeof(*added_keys); i++)
        added += gan_json_get(b, added_keys[i]) && !gan_json_get(a, added_keys[i]);
    assert_int_equal(gan_json_size(b), gan_json_size(a) + added);
    gan_json_release(actual);
    gan_json_release(expected);
}

void corpus_compare_files(gan_context *context, const char *expected, const char *actual)
{
    compare_entries(context, expected, actual);
    compare_metadata(context, expected, actual);
}
