/* Files read from start to end: plain and gzipped, whole, joined, cut and corrupted. */
#include "data/data.h"
#include "support/allocator.h"
#include "support/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { content_size = 50000, capacity = 60000 };

static unsigned char content[content_size];

static int set_up(void **state)
{
    uint32_t number = 1;

    for (int i = 0; i < content_size; i++) {
        number = number * 1664525u + 1013904223u;
        content[i] = (unsigned char)(number >> 24 & 15);
    }
    return test_folder_create(state);
}

/* Reads the content in pieces, then the end; returns the first failure. */
static gan_status read_all(const char *path, size_t piece)
{
    static unsigned char read[content_size];
    gan_context *context = test_context();
    gan_byte_reader *reader = NULL;
    gan_status status = gan_byte_reader_open(context, (gan_origin){.path = path}, &reader);

    for (size_t done = 0; done < content_size && status == GAN_OK; done += piece) {
        const size_t left = content_size - done;
        status = gan_byte_reader_read(reader, read + done, left < piece ? left : piece);
    }
    if (status == GAN_OK) status = gan_byte_reader_finish(reader);
    if (status == GAN_OK) assert_memory_equal(read, content, content_size);
    gan_byte_reader_close(reader);
    gan_context_destroy(context);
    return status;
}

static void test_plain(void **state)
{
    const char *path = test_path("plain");

    (void)state;
    test_file_write(path, content, content_size);
    test_status(read_all(path, content_size), GAN_OK, "");
    test_status(read_all(path, 999), GAN_OK, "");
    test_file_write(path, content, content_size - 1);
    test_status(read_all(path, 999), GAN_ERROR_TRUNCATED, "ends at byte 49999");
}

static void test_plain_longer(void **state)
{
    static unsigned char longer[content_size + 1];
    const char *path = test_path("longer");

    (void)state;
    memcpy(longer, content, content_size);
    test_file_write(path, longer, sizeof(longer));
    test_status(read_all(path, content_size), GAN_ERROR_TRAILING_DATA, "longer than its header says");
}

static void test_gzip(void **state)
{
    const char *path = test_path("content.gz");
    gan_context *context = test_context();
    gan_byte_reader *reader = NULL;

    (void)state;
    test_file_write_gzip(path, content, content_size);
    for (size_t piece = 1; piece <= content_size; piece *= 7) test_status(read_all(path, piece), GAN_OK, "");
    assert_int_equal(gan_byte_reader_open(context, (gan_origin){.path = path}, &reader), GAN_OK);
    assert_int_equal(gan_byte_reader_size(reader), -1);
    gan_byte_reader_close(reader);
    gan_context_destroy(context);
}

/* Concatenated gzip files are one, as after cat. */
static void test_joined(void **state)
{
    static unsigned char bytes[2 * capacity];
    const char *path = test_path("joined.gz");

    (void)state;
    test_file_write_gzip(path, content, 20000);
    size_t size = test_file_read(path, bytes, capacity);
    test_file_write_gzip(path, content + 20000, content_size - 20000);
    size += test_file_read(path, bytes + size, capacity);
    test_file_write(path, bytes, size);
    test_status(read_all(path, content_size), GAN_OK, "");
    test_status(read_all(path, 321), GAN_OK, "");

    memset(bytes + size, 0, 3000); /* padding */
    test_file_write(path, bytes, size + 1);
    test_status(read_all(path, content_size), GAN_OK, "");
    test_file_write(path, bytes, size + 3000);
    test_status(read_all(path, content_size), GAN_OK, "");
    bytes[size + 2000] = 0x1f;
    test_file_write(path, bytes, size + 3000);
    test_status(read_all(path, content_size), GAN_ERROR_TRAILING_DATA, "not gzip");

    bytes[size] = 0x1f; /* the start of another member */
    test_file_write(path, bytes, size + 1);
    test_status(read_all(path, content_size), GAN_ERROR_TRUNCATED, "ends within its gzip data");
    bytes[size] = 'x';
    test_file_write(path, bytes, size + 1);
    test_status(read_all(path, content_size), GAN_ERROR_TRAILING_DATA, "not gzip");
}

/* Whatever is cut off, even just the final checksum, is noticed. */
static void test_cut_gzip(void **state)
{
    static unsigned char bytes[capacity];
    const char *path = test_path("cut.gz");

    (void)state;
    test_file_write_gzip(path, content, content_size);
    const size_t size = test_file_read(path, bytes, capacity);
    for (size_t cut = 1; cut < size - 2; cut = cut < 40 ? cut + 1 : cut + 97) {
        test_file_write(path, bytes, size - cut);
        test_status(read_all(path, content_size), GAN_ERROR_TRUNCATED, "cut.gz");
    }
}

static void test_corrupted_gzip(void **state)
{
    static unsigned char bytes[capacity];
    const char *path = test_path("corrupted.gz");

    (void)state;
    test_file_write_gzip(path, content, content_size);
    const size_t size = test_file_read(path, bytes, capacity);
    const size_t places[] = {2, 3, size / 2, size - 8, size - 4}; /* method, flags, data, checksum, length */
    for (int i = 0; i < 5; i++) {
        bytes[places[i]] ^= 0xe0;
        test_file_write(path, bytes, size);
        test_status(read_all(path, content_size), GAN_ERROR_FORMAT, "is not valid gzip");
        bytes[places[i]] ^= 0xe0;
    }
}

/* The content unpacks to less, or more, than is asked for. */
static void test_other_length_gzip(void **state)
{
    static unsigned char longer[content_size + 1];
    const char *path = test_path("length.gz");

    (void)state;
    test_file_write_gzip(path, content, content_size - 1);
    test_status(read_all(path, content_size), GAN_ERROR_TRUNCATED, "1 bytes too early");
    memcpy(longer, content, content_size);
    test_file_write_gzip(path, longer, sizeof(longer));
    test_status(read_all(path, content_size), GAN_ERROR_TRAILING_DATA, "longer than its header says");
}

/* A gzip file that would unpack to far more than is asked for, and is corrupt later: nobody gets that far. */
static void test_bomb(void **state)
{
    enum { bomb_size = 16 << 20 };
    const char *path = test_path("bomb.gz");
    unsigned char *bytes = calloc(1, bomb_size);

    (void)state;
    assert_non_null(bytes);
    memcpy(bytes, content, content_size);
    test_file_write_gzip(path, bytes, bomb_size);
    const size_t size = test_file_read(path, bytes, bomb_size);
    memset(bytes + size - 1000, 0xff, 1000);
    test_file_write(path, bytes, size);
    free(bytes);
    test_status(read_all(path, content_size), GAN_ERROR_TRAILING_DATA, "longer than its header says");
}

static void test_tiny_files(void **state)
{
    const char *path = test_path("tiny");
    const unsigned char gzip_start[] = {0x1f, 0x8b, 8};

    (void)state;
    test_file_write(path, "", 0);
    test_status(read_all(path, content_size), GAN_ERROR_TRUNCATED, "ends at byte 0");
    for (size_t size = 1; size <= 3; size++) {
        test_file_write(path, gzip_start, size);
        test_status(read_all(path, content_size), GAN_ERROR_TRUNCATED, "tiny");
    }
}

static void test_what_is_no_file(void **state)
{
    (void)state;
    test_status(read_all(test_path("nothing"), 1), GAN_ERROR_NOT_FOUND, "nothing': No such file");
    test_status(read_all(test_path(""), 1), GAN_ERROR_IO, "is a folder");
    test_status(read_all("/dev/zero", 1), GAN_ERROR_IO, "not a regular file");
}

static gan_status open_and_read(gan_context *context, void *user)
{
    unsigned char bytes[1000];
    gan_byte_reader *reader = NULL;
    gan_status status = gan_byte_reader_open(context, (gan_origin){.path = user}, &reader);

    if (status == GAN_OK) status = gan_byte_reader_read(reader, bytes, sizeof(bytes));
    gan_byte_reader_close(reader);
    return status;
}

static void test_failing_memory(void **state)
{
    char path[512];

    (void)state;
    strcpy(path, test_path("memory.gz"));
    test_file_write_gzip(path, content, content_size);
    assert_true(test_every_allocation_fails(open_and_read, path) >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_plain_longer),
        cmocka_unit_test(test_gzip),
        cmocka_unit_test(test_joined),
        cmocka_unit_test(test_cut_gzip),
        cmocka_unit_test(test_corrupted_gzip),
        cmocka_unit_test(test_other_length_gzip),
        cmocka_unit_test(test_bomb),
        cmocka_unit_test(test_tiny_files),
        cmocka_unit_test(test_what_is_no_file),
        cmocka_unit_test(test_failing_memory),
    };
    return cmocka_run_group_tests(tests, set_up, test_folder_remove);
}
