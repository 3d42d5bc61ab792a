/* Atomic replacement, as it is on every system: a path holds all of the old file or all of the new one. */
#include "replace.h"
#include "support/allocator.h"
#include "support/files.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { two_size = 300000 };

static void test_new_and_old(void **state)
{
    gan_context *context = test_context();
    const char *path = test_path("file");

    (void)state;
    for (size_t piece = 1; piece <= 1 << 18; piece = piece * 8 + 1) {
        test_status(replace(context, path, 'a', 200000, piece), GAN_OK, "");
        assert_int_equal(content(path, 200000), 'a');
        test_status(replace(context, path, 'b', 1, piece), GAN_OK, "");
        assert_int_equal(content(path, 1), 'b');
    }
    test_status(replace(context, path, 'c', 0, 1), GAN_OK, "");
    assert_int_equal(test_file_read(path, NULL, 0), 0);
    assert_int_equal(test_folder_count(), 1);
    gan_context_destroy(context);
}

/* Nothing is visible of a file before it is committed, or after it is abandoned. */
static void test_abandoned(void **state)
{
    gan_context *context = test_context();
    const char *path = test_path("file");
    gan_atomic_file *file = NULL;
    static const char bytes[100000];

    (void)state;
    test_file_write(path, "old", 3);
    assert_int_equal(gan_atomic_file_open(context, path, &file), GAN_OK);
    assert_int_equal(gan_atomic_file_write(file, bytes, sizeof(bytes)), GAN_OK);
    assert_int_equal(test_file_read(path, (char[3]){0}, 3), 3);
    gan_atomic_file_abandon(file);
    assert_int_equal(test_file_read(path, (char[3]){0}, 3), 3);
    assert_int_equal(test_folder_count(), 1);
    gan_atomic_file_abandon(NULL);
    gan_context_destroy(context);
}

/* Names are UTF-8, where they are not bytes. */
static void test_names(void **state)
{
    static const char *const names[] = {"Größe.bin", "模型.bin", "модель \xf0\x9f\x98\x80.bin"};
    gan_context *context = test_context();
    gan_file file = {0};
    unsigned char bytes[3];

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        for (int value = 'a'; value <= 'c'; value++) {
            test_status(replace(context, test_path(names[i]), value, 3, 3), GAN_OK, "");
            test_status(gan_file_open(context, test_path(names[i]), &file), GAN_OK, "");
            assert_int_equal(file.size, 3);
            test_status(gan_file_read(&file, 0, bytes, 3), GAN_OK, "");
            assert_int_equal(bytes[2], value);
            gan_file_close(&file);
        }
        assert_int_equal(test_folder_count(), i + 1);
    }
    gan_context_destroy(context);
}

static void test_targets_that_cannot_be(void **state)
{
    gan_context *context = test_context();

    (void)state;
    test_status(replace(context, "", 'x', 1, 1), GAN_ERROR_ARGUMENT, "empty");
    test_status(replace(context, test_path(""), 'x', 1, 1), GAN_ERROR_IO, "is a folder");
    test_status(replace(context, test_path("nothing/"), 'x', 1, 1), GAN_ERROR_IO, "nothing/");
    test_status(replace(context, test_path("nothing/file"), 'x', 1, 1), GAN_ERROR_NOT_FOUND, "nothing/file");
    assert_int_equal(test_folder_count(), 0);
    gan_context_destroy(context);
}

/* What a killed process has left goes with the next save; what is being written stays, and so do files of others. */
static void test_left(void **state)
{
    gan_context *context = test_context();
    gan_atomic_file *file = NULL;
    const char *path = test_path("file");

    (void)state;
    test_status(replace(context, path, 'a', 10, 10), GAN_OK, "");
    test_file_write(test_path(".libgan-0123456789abcdef.tmp"), "left", 4);
    test_file_write(test_path(".libgan-0123456789abcdeg.tmp"), "kept", 4);
    test_status(gan_atomic_file_open(context, test_path("other"), &file), GAN_OK, "");
    test_status(replace(context, path, 'b', 10, 10), GAN_OK, "");
    assert_false(test_file_exists(test_path(".libgan-0123456789abcdef.tmp")));
    assert_true(test_file_exists(test_path(".libgan-0123456789abcdeg.tmp")));
    test_status(gan_atomic_file_write(file, "text", 4), GAN_OK, "");
    test_status(gan_atomic_file_commit(file), GAN_OK, "");
    assert_int_equal(test_file_read(test_path("other"), (char[4]){0}, 4), 4);
    assert_int_equal(test_folder_count(), 3);
    gan_context_destroy(context);
}

typedef struct saver {
    gan_context *context;
    const char *path;
    int value;
    gan_status status;
} saver;

static void *save_often(void *argument)
{
    saver *at = argument;

    for (int i = 0; i < 6 && at->status == GAN_OK; i++)
        at->status = replace(at->context, at->path, at->value, two_size, 100000);
    return NULL;
}

/* Two threads replace one file: both succeed, and it is one of theirs. */
static void test_two_threads(void **state)
{
    const char *path = test_path("file");
    saver savers[2] = {{test_context(), path, 'x', GAN_OK}, {test_context(), path, 'y', GAN_OK}};
    pthread_t threads[2];

    (void)state;
    for (int i = 0; i < 2; i++) assert_int_equal(pthread_create(&threads[i], NULL, save_often, &savers[i]), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(savers[i].status, GAN_OK);
        gan_context_destroy(savers[i].context);
    }
    assert_in_range(content(path, two_size), 'x', 'y');
    assert_int_equal(test_folder_count(), 1);
}

static gan_status replace_once(gan_context *context, void *user)
{
    return replace(context, user, 'x', 10, 10);
}

static void test_failing_memory(void **state)
{
    char path[512];

    (void)state;
    strcpy(path, test_path("file"));
    assert_int_equal(test_every_allocation_fails(replace_once, path), 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, test_folder_create, test_folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_new_and_old), TEST(test_abandoned),   TEST(test_names),          TEST(test_targets_that_cannot_be),
        TEST(test_left),        TEST(test_two_threads), TEST(test_failing_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
