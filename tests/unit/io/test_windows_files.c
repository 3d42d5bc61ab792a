/* What files are to Windows only: names of any script, long paths, devices, files that others have open. */
#include "support/files.h"
#include "support/run.h"

#include <libgan.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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

/* A device by its name alone. */
static void test_devices(void **state)
{
    static const char *const names[] = {"NUL", "nul:", "\\\\.\\NUL"};
    gan_context *context = test_context();

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(gan_npy_write(context, names[i], values[0], 1, GAN_SHAPE(3)), GAN_OK);
    assert_int_equal(test_folder_count(), 0);
    gan_context_destroy(context);
}

/* Names by which Windows would open something else: nothing is lost in a device, and no other file is replaced. */
static void test_refused_names(void **state)
{
    static const struct {
        const char *name, *reason;
    } refused[] = {
        {"nul.npy", "device"},       {"CON", "device"},         {"aux.tar.gz", "device"},
        {"Com1.npy", "device"},      {"lpt9", "device"},        {"COM\u00b2.npy", "device"},
        {"prn .npy", "device"},      {"conin$", "device"},      {"values.npy.", "dots and spaces"},
        {"values.npy ", "dots and"}, {"values.npy. .", "dots"}, {"a?.npy", "no such name"},
    };
    static const char *const taken[] = {"nul1.npy", "con game.npy", "com0.npy", "com10.npy",
                                        ".npy",     "aux-1.npy",    "xcon.npy"};
    gan_context *context = test_context();
    gan_model *model = NULL;
    gan_summary_writer *writer = NULL;

    (void)state;
    write_values(context, test_path("values.npy"), 0);
    for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
        const char *path = test_path(refused[i].name);
        test_status(gan_npy_write(context, path, values[1], 1, GAN_SHAPE(3)), GAN_ERROR_IO, refused[i].reason);
        test_status(gan_model_load(context, path, &model), GAN_ERROR_IO, refused[i].reason);
        test_status(gan_summary_writer_create(context, path, NULL, &writer), GAN_ERROR_IO, refused[i].reason);
    }
    test_status(gan_npy_write(context, "aux.npy", values[1], 1, GAN_SHAPE(3)), GAN_ERROR_IO, "device");
    test_status(gan_npy_write(context, "nul:.npy", values[1], 1, GAN_SHAPE(3)), GAN_ERROR_IO, "device");
    assert_values(context, test_path("values.npy"), 0);
    assert_int_equal(test_folder_count(), 1);
    for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++) {
        write_values(context, test_path(taken[i]), 1);
        assert_values(context, test_path(taken[i]), 1);
    }
    assert_int_equal(test_folder_count(), 1 + (int)(sizeof(taken) / sizeof(*taken)));
    gan_context_destroy(context);
}

/* Written, replaced and read by a path of this kind, it is the file of that name in the folder. */
static void assert_path_works(gan_context *context, const char *path)
{
    for (int which = 0; which < 2; which++) {
        write_values(context, path, which);
        assert_values(context, path, which);
        assert_values(context, test_path("values.npy"), which);
    }
    assert_int_equal(test_folder_count(), 1);
}

/* Relative to the current folder, to that of a drive, and to a drive; whole, and marked as whole. */
static void test_kinds_of_paths(void **state)
{
    gan_context *context = test_context();
    char whole[1024], path[1024], before[1024];

    (void)state;
    assert_true(GetFullPathNameA(test_path("values.npy"), sizeof(whole), whole, NULL) > 0);
    assert_true(GetCurrentDirectoryA(sizeof(before), before) > 0);
    assert_true(SetCurrentDirectoryA(test_path("")));
    assert_path_works(context, "values.npy");
    assert_path_works(context, ".\\values.npy");
    snprintf(path, sizeof(path), "%c:values.npy", whole[0]);
    assert_path_works(context, path);
    assert_path_works(context, whole + 2);
    assert_path_works(context, whole);
    snprintf(path, sizeof(path), "\\\\?\\%s", whole);
    assert_path_works(context, path);
    snprintf(path, sizeof(path), "\\\\.\\%s", whole);
    assert_path_works(context, path);
    assert_true(SetCurrentDirectoryA(before));
    gan_context_destroy(context);
}

/* GAN_TEST_SHARE is a share by which this computer gives out the root of the current drive: \\server\share. */
static void test_shares(void **state)
{
    const char *share = getenv("GAN_TEST_SHARE");
    gan_context *context = test_context();
    char whole[1024], path[2048];

    (void)state;
    if (!share) {
        gan_context_destroy(context);
        test_skip("GAN_TEST_SHARE names no share");
    }
    assert_true(GetFullPathNameA(test_path("values.npy"), sizeof(whole), whole, NULL) > 0);
    snprintf(path, sizeof(path), "%s%s", share, whole + 2);
    assert_path_works(context, path);
    for (char *c = path; *c; c++) {
        if (*c == '\\') *c = '/';
    }
    assert_path_works(context, path);
    snprintf(path, sizeof(path), "\\\\?\\UNC%s%s", share + 1, whole + 2);
    assert_path_works(context, path);
    gan_context_destroy(context);
}

/* Nothing is translated: lines end as they are written, in LF, and may end in CR LF or hold a Ctrl-Z when read. */
static void test_lines(void **state)
{
    static const char table[] = "size,kind\r\n1.5,first\r\n2.5,a\x1a"
                                "b\r\n";
    gan_context *context = test_context();
    gan_dataset *dataset = NULL;
    gan_history *history = NULL;
    gan_step_report report = GAN_STEP_REPORT_INIT;
    char text[4096];

    (void)state;
    test_file_write(test_path("table.csv"), table, sizeof(table) - 1);
    assert_int_equal(gan_dataset_open_csv(context, test_path("table.csv"), NULL, &dataset), GAN_OK);
    assert_int_equal(gan_dataset_count(dataset), 2);
    gan_dataset_destroy(dataset);
    assert_int_equal(gan_history_create(context, &history), GAN_OK);
    report.step = 1;
    assert_int_equal(gan_history_add(history, &report), GAN_OK);
    assert_int_equal(gan_history_write_csv(history, test_path("history.csv")), GAN_OK);
    const size_t size = test_file_read(test_path("history.csv"), text, sizeof(text));
    assert_true(size > 0 && text[size - 1] == '\n' && !memchr(text, '\r', size));
    gan_history_destroy(history);
    gan_context_destroy(context);
}

/* Who has a file open may let others remove it, as libgan does: then it is replaced on newer systems, and the reader
 * keeps the old one. If it cannot be replaced, it stays as it was, and the failure says why. */
static void test_open_elsewhere(void **state)
{
    gan_context *context = test_context();
    char path[1024];
    float found[3];
    DWORD size = 0;

    (void)state;
    snprintf(path, sizeof(path), "%s", test_path("held.npy"));
    write_values(context, path, 0);
    const HANDLE shared = open_file(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE);
    assert_true(shared != INVALID_HANDLE_VALUE);
    const gan_status status = gan_npy_write(context, path, values[1], 1, GAN_SHAPE(3));
    if (status != GAN_OK) test_status(status, GAN_ERROR_IO, "another program");
    const int which = status == GAN_OK ? 1 : 0;
    assert_values(context, path, which);
    SetFilePointer(shared, -(LONG)sizeof(found), NULL, FILE_END);
    assert_true(ReadFile(shared, found, sizeof(found), &size, NULL));
    assert_int_equal(size, sizeof(found));
    assert_memory_equal(found, values[0], sizeof(found));
    CloseHandle(shared);
    assert_values(context, path, which);
    const HANDLE alone = open_file(path, GENERIC_READ, FILE_SHARE_READ);
    assert_true(alone != INVALID_HANDLE_VALUE);
    test_status(gan_npy_write(context, path, values[1 - which], 1, GAN_SHAPE(3)), GAN_ERROR_IO, "another program");
    CloseHandle(alone);
    assert_values(context, path, which);
    assert_int_equal(test_folder_count(), 1);
    gan_context_destroy(context);
}

/* ---- Replacing a file beside its readers ------------------------------------------------------------------------
 */

typedef BOOL(WINAPI *set_information_function)(HANDLE, FILE_INFO_BY_HANDLE_CLASS, void *, DWORD);
extern set_information_function __real___imp_SetFileInformationByHandle; /* the addresses by which calls go */
extern set_information_function __wrap___imp_SetFileInformationByHandle;

static enum { AS_THE_SYSTEM_DOES, REFUSED, DONE } renames_beside_readers;
static int renamed; /* times */

/* In place of the system's, which older ones and Wine lack: what the library asks for is right, and is done. */
static BOOL WINAPI set_information(HANDLE file, FILE_INFO_BY_HANDLE_CLASS class, void *bytes, DWORD size)
{
    wchar_t from[2048];
    DWORD flags;
    const FILE_RENAME_INFO *info = bytes;

    if (renames_beside_readers == AS_THE_SYSTEM_DOES)
        return __real___imp_SetFileInformationByHandle(file, class, bytes, size);
    renamed++;
    assert_int_equal(class, 22);
    memcpy(&flags, bytes, sizeof(flags));
    assert_int_equal(flags, 3);
    assert_null(info->RootDirectory);
    assert_int_equal(info->FileNameLength, wcslen(info->FileName) * sizeof(wchar_t));
    assert_true(size >= offsetof(FILE_RENAME_INFO, FileName) + info->FileNameLength + sizeof(wchar_t));
    assert_true(GetFinalPathNameByHandleW(file, from, 2048, FILE_NAME_NORMALIZED) > 0);
    if (renames_beside_readers == DONE) return MoveFileExW(from, info->FileName, MOVEFILE_REPLACE_EXISTING);
    SetLastError(ERROR_INVALID_PARAMETER);
    return FALSE;
}

set_information_function __wrap___imp_SetFileInformationByHandle = set_information;

static void test_beside_readers(void **state)
{
    gan_context *context = test_context();

    (void)state;
    write_values(context, test_path("new.npy"), 1);
    for (int refused = 0; refused < 2; refused++) {
        renames_beside_readers = refused ? REFUSED : DONE;
        renamed = 0;
        write_values(context, test_path("new.npy"), refused);
        renames_beside_readers = AS_THE_SYSTEM_DOES;
        assert_int_equal(renamed, 1);
        assert_values(context, test_path("new.npy"), refused);
    }
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
        cmocka_unit_test_setup_teardown(test_refused_names, test_folder_create, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_kinds_of_paths, test_folder_create, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_shares, test_folder_create, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_lines, test_folder_create, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_open_elsewhere, test_folder_create, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_beside_readers, test_folder_create, test_folder_remove),
        cmocka_unit_test_setup_teardown(test_read_only, test_folder_create, test_folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
