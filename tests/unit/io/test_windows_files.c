/* What files are to Windows only: names of any script, long paths, devices, files that others have open. */
#include "support/files.h"
#include "support/run.h"

#include <libgan.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>
#include <cmocka.h>

static const float values[2][3] = {{1, 2, 3}, {-4, 5, 6}};

static void write_values(gan_context *context, const char *path, int which)
{
    assert_int_equal(gan_npy_write(context, path, values[which], 1, GAN_SHAPE(3)), GAN_OK);
}

static void assert_values(gan_context *context, const char *path, int which)
{
    const gan_npy_field field = {.name = "value", .path = path};
    gan_dataset *dataset = NULL;
    float found[3];

    assert_int_equal(gan_dataset_open_npy(context, 1, &field, NULL, &dataset), GAN_OK);
    assert_int_equal(gan_dataset_read(dataset, 0, 1, found, NULL), GAN_OK);
    assert_memory_equal(found, values[which], sizeof(found));
    gan_dataset_destroy(dataset);
}

/* The whole path, which may be a long one. */
static const wchar_t *wide_path(const char *path)
{
    static wchar_t whole[2048];
    wchar_t wide[2048];

    assert_true(MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, 2048) > 0);
    wcscpy(whole, L"\\\\?\\");
    assert_true(GetFullPathNameW(wide, 2000, whole + 4, NULL) > 0);
    return whole;
}

static HANDLE open_file(const char *path, DWORD access, DWORD share)
{
    return CreateFileW(wide_path(path), access, share, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
}

static void test_names(void **state)
{
    static const char *const names[] = {"Gr\u00f6\u00dfe.npy", "\u6570\u5b57.npy", "\U0001f600.npy",
                                        "two  words.npy"};
    gan_context *context = test_context();
    char path[1024];

    (void)state;
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof(path), "%s", test_path(names[i]));
        write_values(context, path, 0);
        write_values(context, path, 1); /* in its place */
        assert_values(context, path, 1);
        const HANDLE file = open_file(path, GENERIC_READ, FILE_SHARE_READ);
        assert_true(file != INVALID_HANDLE_VALUE);
        CloseHandle(file);
        assert_int_equal(test_folder_count(), 1); /* nothing temporary is left */
        assert_true(DeleteFileW(wide_path(path)));
    }
    assert_int_equal(gan_npy_write(context, test_path("\xff.npy"), values[0], 1, GAN_SHAPE(3)), GAN_ERROR_IO);
    gan_context_destroy(context);
}

static void test_long_paths(void **state)
{
    gan_context *context = test_context();
    char path[2048], name[101];

    (void)state;
    memset(name, 'n', 100);
    name[100] = 0;
    snprintf(path, sizeof(path), "%s", test_path(name));
    for (int depth = 0; depth < 3; depth++) {
        assert_true(CreateDirectoryW(wide_path(path), NULL));
        snprintf(path + strlen(path), sizeof(path) - strlen(path), "/%s", name);
    }
    assert_true(strlen(path) > 400);
    write_values(context, path, 0);
    write_values(context, path, 1);
    assert_values(context, path, 1);
    assert_true(DeleteFileW(wide_path(path)));
    for (int depth = 0; depth < 3; depth++) {
        *strrchr(path, '/') = 0;
        assert_true(RemoveDirectoryW(wide_path(path)));
    }
    gan_context_destroy(context);
}

static void test_devices(void **state)
{
    gan_context *context = test_context();

    (void)state;
    assert_int_equal(gan_npy_write(context, "NUL", values[0], 1, GAN_SHAPE(3)), GAN_OK);
    assert_int_equal(test_folder_count(), 0);
    gan_context_destroy(context);
}

/* Whether a file can be replaced while another program reads it depends on the version of Windows, and on whether
 * that program allows it; if it cannot, it stays as it was. */
static void test_open_elsewhere(void **state)
{
    gan_context *context = test_context();
    char path[1024];

    (void)state;
    snprintf(path, sizeof(path), "%s", test_path("held.npy"));
    write_values(context, path, 0);
    const HANDLE shared = open_file(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE);
    assert_true(shared != INVALID_HANDLE_VALUE);
    const gan_status status = gan_npy_write(context, path, values[1], 1, GAN_SHAPE(3));
    const int which = status == GAN_OK ? 1 : 0;
    CloseHandle(shared);
    assert_true(status == GAN_OK || status == GAN_ERROR_PERMISSION);
    assert_values(context, path, which);
    const HANDLE alone = open_file(path, GENERIC_READ, FILE_SHARE_READ);
    assert_true(alone != INVALID_HANDLE_VALUE);
    assert_int_not_equal(gan_npy_write(context, path, values[1 - which], 1, GAN_SHAPE(3)), GAN_OK);
    CloseHandle(alone);
    assert_values(context, path, which);
    assert_int_equal(test_folder_count(), 1);
    gan_context_destroy(context);
}

static void test_read_only(void **state)
{
    gan_context *context = test_context();
    char path[1024];

    (void)state;
    snprintf(path, sizeof(path), "%s", test_path("fixed.npy"));
    write_values(context, path, 0);
    assert_true(SetFileAttributesA(path, FILE_ATTRIBUTE_READONLY));
    const gan_status status = gan_npy_write(context, path, values[1], 1, GAN_SHAPE(3));
    assert_true(SetFileAttributesA(path, FILE_ATTRIBUTE_NORMAL));
    assert_int_equal(status, GAN_ERROR_PERMISSION);
    assert_values(context, path, 0);
    assert_int_equal(test_folder_count(), 1);
    gan_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_names, test_folder_create, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_long_paths, test_folder_create, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_devices, test_folder_create, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_open_elsewhere, test_folder_create, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_read_only, test_folder_create, test_folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
