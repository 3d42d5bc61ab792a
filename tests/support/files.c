#include "support/files.h"

#include <dirent.h>
#include <errno.h>
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

static char folder[512];

#ifdef _WIN32
#define lstat stat

static int make_folder(const char *path)
{
    return mkdir(path);
}

static int make_unique_folder(char *pattern)
{
    return mktemp(pattern) ? make_folder(pattern) : -1;
}
#else
static int make_folder(const char *path)
{
    return mkdir(path, 0700);
}

static int make_unique_folder(char *pattern)
{
    return mkdtemp(pattern) ? 0 : -1;
}
#endif

int test_folder_create(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "%s/test_files_XXXXXX", TEST_BUILD_FOLDER);
    return make_unique_folder(folder);
}

/* Calls `visit` with each entry except . and .., and returns their number. */
static int for_each_entry(const char *path, void (*visit)(const char *path))
{
    DIR *directory = opendir(path);
    char name[1024];
    int count = 0;

    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        if (visit) visit(name);
        count++;
    }
    closedir(directory);
    return count;
}

static void remove_tree(const char *path)
{
    struct stat status;

    if (lstat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        chmod(path, 0700);
        for_each_entry(path, remove_tree);
        rmdir(path);
    } else {
        remove(path);
    }
}

int test_folder_remove(void **state)
{
    (void)state;
    remove_tree(folder);
    return 0;
}

const char *test_path(const char *name)
{
    static char paths[8][sizeof(folder) + 256];
    static int next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof(paths[0]), name[0] ? "%s/%s" : "%s", folder, name);
    return path;
}

void test_file_write(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

size_t test_file_read(const char *path, void *bytes, size_t capacity)
{
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    const size_t size = fread(bytes, 1, capacity, file);
    assert_int_equal(fgetc(file), EOF);
    fclose(file);
    return size;
}

enum { MOST_BYTES = 131072 }; /* of a file to change or compare */

void test_file_change(const char *from, const char *to, const void *bytes, const void *others, size_t size)
{
    static char whole[MOST_BYTES];
    const size_t length = test_file_read(from, whole, sizeof(whole));
    size_t at = 0;

    while (at + size <= length && memcmp(whole + at, bytes, size) != 0) at++;
    if (at + size > length) fail_msg("%s does not hold what should be changed", from);
    memcpy(whole + at, others, size);
    test_file_write(to, whole, length);
}

void test_little_endian(float number, unsigned char bytes[4])
{
    uint32_t word;

    memcpy(&word, &number, sizeof(word));
    for (int i = 0; i < 4; i++) bytes[i] = (unsigned char)(word >> (8 * i));
}

void test_file_change_number(const char *from, const char *to, float number, float other)
{
    unsigned char before[4], after[4];

    test_little_endian(number, before);
    test_little_endian(other, after);
    test_file_change(from, to, before, after, sizeof(before));
}

void test_assert_same_files(const char *a, const char *b)
{
    static char bytes[2][MOST_BYTES];
    const size_t size = test_file_read(a, bytes[0], MOST_BYTES);

    assert_int_equal(test_file_read(b, bytes[1], MOST_BYTES), size);
    assert_memory_equal(bytes[0], bytes[1], size);
}

void test_folder_make(const char *path)
{
    assert_true(make_folder(path) == 0 || errno == EEXIST);
}

bool test_file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

int test_folder_count(void)
{
    return for_each_entry(folder, NULL);
}

int test_entry_count(const char *path)
{
    return for_each_entry(path, NULL);
}

void test_status(gan_status status, gan_status expected, const char *part)
{
    if (status != expected)
        fail_msg("%s, expected %s: %s", gan_status_name(status), gan_status_name(expected), gan_last_error());
    if (status != GAN_OK && !strstr(gan_last_error(), part)) fail_msg("'%s' lacks '%s'", gan_last_error(), part);
}

gan_context *test_context(void)
{
    gan_context *context = NULL;

    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 1), &context), GAN_OK);
    return context;
}
