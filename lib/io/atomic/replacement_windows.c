/* Replacement of a file in Windows. The new file lies in the folder of the target, and is locked by whoever writes
 * it, in a byte far behind its content: what has a temporary name and no lock was left by a process that ended. It
 * may be renamed while it is open, since it is opened so. */
#include "io/atomic/atomic.h"
#include "io/atomic/replacement.h"

#ifdef _WIN32

#include <errno.h>
#include <io.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>

enum { NAME_ATTEMPTS = 100, RENAME_ATTEMPTS = 10, RENAME_PAUSE = 10 }; /* milliseconds */

/* The path of a file beside the target. */
static int path_beside(const gan_atomic_file *file, const char *name, wchar_t wide[GAN_WIDE_PATH])
{
    char path[GAN_PATH + GAN_TEMPORARY_NAME];
    size_t folder = strlen(file->path);

    while (folder > 0 && !gan_is_separator(file->path[folder - 1]) && file->path[folder - 1] != ':') folder--;
    snprintf(path, sizeof(path), "%.*s%s", (int)folder, file->path, name);
    return gan_wide_path(path, wide);
}

static bool lock(int descriptor, bool wait)
{
    OVERLAPPED at = {.Offset = 0, .OffsetHigh = 0x40000000};
    const DWORD how = LOCKFILE_EXCLUSIVE_LOCK | (wait ? 0 : LOCKFILE_FAIL_IMMEDIATELY);

    return LockFileEx((HANDLE)_get_osfhandle(descriptor), how, 0, 1, 0, &at);
}

/* ---- Removing what was left ---------------------------------------------------------------------------------- */

static void remove_if_left(const gan_atomic_file *file, const char *name)
{
    wchar_t path[GAN_WIDE_PATH];

    if (path_beside(file, name, path) != 0) return;
    const int descriptor = gan_open_wide(path, GENERIC_READ, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL);
    if (descriptor < 0) return;
    if (lock(descriptor, false) && DeleteFileW(path))
        gan_log(file->context, GAN_LOG_INFO, "removed '%s', which a process had left", name);
    _close(descriptor);
}

static void clean(gan_atomic_file *file)
{
    gan_listing listing;
    char folder[GAN_PATH];
    size_t length = strlen(file->path);

    while (length > 0 && !gan_is_separator(file->path[length - 1]) && file->path[length - 1] != ':') length--;
    snprintf(folder, sizeof(folder), "%.*s.", (int)length, file->path);
    if (gan_listing_open(folder, &listing) != 0) return;
    for (const char *name; (name = gan_listing_next(&listing));) {
        if (gan_is_temporary_name(name)) remove_if_left(file, name);
    }
    gan_listing_close(&listing);
}

/* ---- Opening ------------------------------------------------------------------------------------------------- */

/* Whether another process took the file for one that had been left, before it was locked. */
static bool is_removed(int descriptor)
{
    FILE_STANDARD_INFO info;
    const HANDLE handle = (HANDLE)_get_osfhandle(descriptor);

    return !GetFileInformationByHandleEx(handle, FileStandardInfo, &info, sizeof(info)) || info.DeletePending;
}

static gan_status create_temporary(gan_atomic_file *file, const char *given)
{
    wchar_t path[GAN_WIDE_PATH];
    gan_temporary *temporary = &file->temporary;

    for (unsigned attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
        gan_temporary_make_name(temporary->name, attempt);
        if (path_beside(file, temporary->name, path) != 0) break;
        temporary->descriptor =
            gan_open_wide(path, GENERIC_READ | GENERIC_WRITE | DELETE, CREATE_NEW, FILE_ATTRIBUTE_NORMAL);
        if (temporary->descriptor < 0 && errno == EEXIST) continue;
        if (temporary->descriptor < 0) break;
        lock(temporary->descriptor, true); /* without locks, nobody removes what is left */
        if (!is_removed(temporary->descriptor)) return GAN_OK;
        _close(temporary->descriptor);
        temporary->descriptor = -1;
        errno = EEXIST;
    }
    temporary->name[0] = 0;
    return gan_fail_errno(errno, "cannot create a file beside '%s'", given);
}

/* Consoles, NUL and other devices, and pipes. */
static gan_status open_in_place(gan_atomic_file *file, const wchar_t *path, const char *given)
{
    file->in_place = true;
    file->temporary.descriptor = gan_open_wide(path, GENERIC_WRITE, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL);
    if (file->temporary.descriptor < 0) return gan_fail_errno(errno, "cannot write '%s'", given);
    gan_log(file->context, GAN_LOG_INFO, "'%s' cannot be replaced at once: it is written in place", given);
    return GAN_OK;
}

/* A symbolic link leads to what is replaced. */
static gan_status follow_link(gan_atomic_file *file, int descriptor, wchar_t path[GAN_WIDE_PATH], const char *given)
{
    const DWORD attributes = GetFileAttributesW(path);

    if (attributes == INVALID_FILE_ATTRIBUTES || !(attributes & FILE_ATTRIBUTE_REPARSE_POINT)) return GAN_OK;
    const DWORD length =
        GetFinalPathNameByHandleW((HANDLE)_get_osfhandle(descriptor), path, GAN_WIDE_PATH, FILE_NAME_NORMALIZED);
    if (length > 0 && length < GAN_WIDE_PATH &&
        WideCharToMultiByte(CP_UTF8, 0, path, -1, file->path, GAN_PATH, NULL, NULL) > 0)
        return GAN_OK;
    return gan_fail_errno(length < GAN_WIDE_PATH ? EIO : ENAMETOOLONG, "cannot write '%s'", given);
}

gan_status gan_replacement_open(gan_atomic_file *file, const char *given)
{
    wchar_t path[GAN_WIDE_PATH];
    gan_file_facts old;

    if (gan_wide_path(given, path) != 0) return gan_fail_errno(errno, "cannot write '%s'", given);
    if (gan_is_separator(given[strlen(given) - 1])) return gan_fail_errno(EISDIR, "cannot write '%s'", given);
    const int target = gan_open_wide(path, FILE_READ_ATTRIBUTES, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS);
    if (target < 0 && errno != ENOENT) return gan_fail_errno(errno, "cannot write '%s'", given);
    if (target >= 0) {
        gan_status status = GAN_OK;
        if (gan_examine_open(target, &old) != 0) {
            status = gan_fail_errno(errno, "cannot examine '%s'", given);
        } else if (old.kind == GAN_FILE_FOLDER) {
            status = gan_fail(GAN_ERROR_IO, "cannot write '%s': it is a folder", given);
        } else if (old.kind == GAN_FILE_REGULAR) {
            status = follow_link(file, target, path, given);
            const DWORD attributes = GetFileAttributesW(path);
            if (status == GAN_OK && attributes != INVALID_FILE_ATTRIBUTES && attributes & FILE_ATTRIBUTE_READONLY)
                status = gan_fail_errno(EACCES, "cannot replace '%s'", given);
        }
        _close(target);
        GAN_TRY(status);
        if (old.kind == GAN_FILE_OTHER) return open_in_place(file, path, given);
        clean(file); /* a folder that fills with new files, such as samples, is not listed for each of them */
    }
    return create_temporary(file, given);
}

/* ---- Committing ---------------------------------------------------------------------------------------------- */

/* Who has the old file open may go on reading it, as on POSIX, if they let others remove it, as libgan does: Windows
 * 10 since 1709, on NTFS. Headers for older systems lack FileRenameInfoEx and its flags. */
static bool rename_beside_readers(const wchar_t *from, const wchar_t *to)
{
    enum { RENAME_INFO_EX = 22, REPLACE_IF_EXISTS = 1, POSIX_SEMANTICS = 2 };
    const DWORD flags = REPLACE_IF_EXISTS | POSIX_SEMANTICS;
    union {
        FILE_RENAME_INFO info;
        unsigned char bytes[sizeof(FILE_RENAME_INFO) + GAN_WIDE_PATH * sizeof(wchar_t)];
    } rename = {.info = {.FileNameLength = (DWORD)(wcslen(to) * sizeof(wchar_t))}};

    memcpy(rename.bytes, &flags, sizeof(flags)); /* where ReplaceIfExists was */
    wcscpy(rename.info.FileName, to);
    const int descriptor = gan_open_wide(from, DELETE | SYNCHRONIZE, OPEN_EXISTING, FILE_FLAG_WRITE_THROUGH);
    if (descriptor < 0) return false;
    const bool done = SetFileInformationByHandle((HANDLE)_get_osfhandle(descriptor),
                                                 (FILE_INFO_BY_HANDLE_CLASS)RENAME_INFO_EX, &rename, sizeof(rename));
    _close(descriptor);
    return done;
}

/* Access is also denied because somebody has the file open, who would let others remove it. */
static bool is_open_elsewhere(const wchar_t *path)
{
    const HANDLE file = CreateFileW(path, DELETE, 0, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    const DWORD error = file == INVALID_HANDLE_VALUE ? GetLastError() : ERROR_SUCCESS;

    if (file != INVALID_HANDLE_VALUE) CloseHandle(file);
    return error == ERROR_SHARING_VIOLATION;
}

/* Programs that look into every new file, such as virus scanners, hold it open for a moment. */
static int rename_over(const wchar_t *from, const wchar_t *to)
{
    for (int attempt = 1;; attempt++) {
        if (rename_beside_readers(from, to) ||
            MoveFileExW(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
            return 0;
        const DWORD error = GetLastError();
        const bool transient = error == ERROR_ACCESS_DENIED || error == ERROR_SHARING_VIOLATION;
        if (!transient || attempt == RENAME_ATTEMPTS)
            return gan_set_errno(transient && is_open_elsewhere(to) ? ERROR_SHARING_VIOLATION : error);
        Sleep(RENAME_PAUSE);
    }
}

gan_status gan_replacement_commit(gan_atomic_file *file)
{
    wchar_t from[GAN_WIDE_PATH], to[GAN_WIDE_PATH];

    if (file->in_place) return GAN_OK;
    if (gan_sync(file->temporary.descriptor) != 0) return gan_fail_errno(errno, "cannot write '%s'", file->path);
    if (gan_wide_path(file->path, to) != 0 || path_beside(file, file->temporary.name, from) != 0 ||
        rename_over(from, to) != 0)
        return gan_fail_errno(errno, "cannot replace '%s'", file->path);
    file->temporary.name[0] = 0;
    return GAN_OK;
}

void gan_replacement_abandon(gan_atomic_file *file)
{
    wchar_t path[GAN_WIDE_PATH];

    if (file->temporary.descriptor < 0) return;
    if (file->temporary.name[0] && path_beside(file, file->temporary.name, path) == 0) DeleteFileW(path);
    _close(file->temporary.descriptor);
}

#endif
