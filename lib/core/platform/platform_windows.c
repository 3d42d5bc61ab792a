/* Windows, by its functions for UTF-16, and MinGW's pthreads. */
#include "core/platform/platform.h"

#ifdef _WIN32

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <sys/stat.h>
#include <wchar.h>
#include <windows.h>

enum { SHARE_ALL = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NAME_ATTEMPTS = 100 };

/* Numbers for errno beyond the system's, with texts of their own. */
enum { OPEN_ELSEWHERE = 20001, NAME_OF_DEVICE, NAME_IS_CUT, NAME_NOT_ALLOWED };

int gan_set_errno(unsigned long error)
{
    static const struct {
        unsigned long error;
        int number;
    } numbers[] = {
        {ERROR_FILE_NOT_FOUND, ENOENT},
        {ERROR_PATH_NOT_FOUND, ENOENT},
        {ERROR_INVALID_NAME, NAME_NOT_ALLOWED},
        {ERROR_INVALID_DRIVE, ENOENT},
        {ERROR_BAD_PATHNAME, ENOENT},
        {ERROR_BAD_NETPATH, ENOENT},
        {ERROR_BAD_NET_NAME, ENOENT},
        {ERROR_ACCESS_DENIED, EACCES},
        {ERROR_PRIVILEGE_NOT_HELD, EACCES},
        {ERROR_WRITE_PROTECT, EROFS},
        {ERROR_SHARING_VIOLATION, OPEN_ELSEWHERE},
        {ERROR_LOCK_VIOLATION, OPEN_ELSEWHERE},
        {ERROR_USER_MAPPED_FILE, OPEN_ELSEWHERE},
        {ERROR_FILE_EXISTS, EEXIST},
        {ERROR_ALREADY_EXISTS, EEXIST},
        {ERROR_DISK_FULL, ENOSPC},
        {ERROR_HANDLE_DISK_FULL, ENOSPC},
        {ERROR_NOT_ENOUGH_MEMORY, ENOMEM},
        {ERROR_OUTOFMEMORY, ENOMEM},
        {ERROR_TOO_MANY_OPEN_FILES, EMFILE},
        {ERROR_DIRECTORY, ENOTDIR},
        {ERROR_BROKEN_PIPE, EPIPE},
        {ERROR_NO_DATA, EPIPE},
        {ERROR_FILENAME_EXCED_RANGE, ENAMETOOLONG},
        {ERROR_NO_UNICODE_TRANSLATION, EILSEQ},
    };

    errno = EIO;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
        if (numbers[i].error == error) errno = numbers[i].number;
    }
    return -1;
}

static int fail(void)
{
    return gan_set_errno(GetLastError());
}

/* ---- Files ---------------------------------------------------------------------------------------------------- */

/* Paths beyond MAX_PATH, whose last part may be a short name of 12 characters, are taken only whole, and marked. */
static int mark_if_long(wchar_t wide[GAN_WIDE_PATH])
{
    wchar_t whole[GAN_WIDE_PATH];
    const DWORD length = GetFullPathNameW(wide, GAN_WIDE_PATH, whole, NULL);

    if (length == 0) return fail();
    if (length + 8 > GAN_WIDE_PATH) return gan_set_errno(ERROR_FILENAME_EXCED_RANGE);
    if (length < MAX_PATH - 12 || wcsncmp(whole, L"\\\\?\\", 4) == 0 || wcsncmp(whole, L"\\\\.\\", 4) == 0) return 0;
    const bool is_shared = wcsncmp(whole, L"\\\\", 2) == 0; /* \\server\folder */
    const wchar_t *mark = is_shared ? L"\\\\?\\UNC" : L"\\\\?\\", *rest = is_shared ? whole + 1 : whole;
    wcscpy(wide, mark);
    wcscat(wide, rest);
    return 0;
}

static bool is_device(const wchar_t *stem, size_t length)
{
    static const wchar_t *const names[] = {L"CON", L"PRN", L"AUX", L"NUL", L"CONIN$", L"CONOUT$"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (wcslen(names[i]) == length && _wcsnicmp(stem, names[i], length) == 0) return true;
    }
    return length == 4 && (_wcsnicmp(stem, L"COM", 3) == 0 || _wcsnicmp(stem, L"LPT", 3) == 0) &&
           wcschr(L"123456789\u00b9\u00b2\u00b3", stem[3]);
}

/* Windows opens the device for aux.npy too, in any folder, and cuts dots and spaces off the end of a name: what is
 * written would be lost, or replace another file. A device is meant by its name alone; \\?\ takes all names as they
 * are. */
static int check_name(const wchar_t *path)
{
    size_t end = wcslen(path), start;

    if (wcsncmp(path, L"\\\\?\\", 4) == 0 || wcsncmp(path, L"\\\\.\\", 4) == 0) return 0;
    while (end > 0 && wcschr(L"/\\", path[end - 1])) end--;
    for (start = end; start > 0 && !wcschr(L"/\\", path[start - 1]);) start--;
    if (end - start > 2 && path[start + 1] == L':') start += 2; /* a drive */
    const wchar_t *name = path + start;
    const size_t length = end - start;
    size_t stem = wcscspn(name, L".:/\\");
    while (stem > 0 && name[stem - 1] == L' ') stem--;
    if (is_device(name, stem) && (start > 0 || (stem < length && wcscmp(name + stem, L":") != 0)))
        return errno = NAME_OF_DEVICE, -1;
    const bool is_folder = length <= 2 && wcsncmp(name, L"..", length) == 0;
    if (!is_folder && wcschr(L". ", name[length - 1])) return errno = NAME_IS_CUT, -1;
    return 0;
}

int gan_wide_path(const char *path, wchar_t wide[GAN_WIDE_PATH])
{
    if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, GAN_WIDE_PATH) > 0)
        return wide[0] && (check_name(wide) != 0 || mark_if_long(wide) != 0) ? -1 : 0;
    return gan_set_errno(GetLastError() == ERROR_INSUFFICIENT_BUFFER ? ERROR_FILENAME_EXCED_RANGE : GetLastError());
}

int gan_open_wide(const wchar_t *path, unsigned long access, unsigned long creation, unsigned long flags)
{
    const HANDLE handle = CreateFileW(path, access, SHARE_ALL, NULL, creation, flags, NULL);

    if (handle == INVALID_HANDLE_VALUE) return fail();
    const int descriptor = _open_osfhandle((intptr_t)handle, access & GENERIC_WRITE ? 0 : _O_RDONLY);
    if (descriptor < 0) CloseHandle(handle);
    return descriptor;
}

static HANDLE handle_of(int descriptor)
{
    return (HANDLE)_get_osfhandle(descriptor);
}

/* Without FILE_FLAG_BACKUP_SEMANTICS, folders could not be told from what must not be read. */
static int open_existing(const char *path, unsigned long access)
{
    wchar_t wide[GAN_WIDE_PATH];

    if (gan_wide_path(path, wide) != 0) return -1;
    return gan_open_wide(wide, access, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS);
}

int gan_examine_open(int descriptor, gan_file_facts *out)
{
    BY_HANDLE_FILE_INFORMATION facts;

    if (GetFileType(handle_of(descriptor)) != FILE_TYPE_DISK) {
        *out = (gan_file_facts){.kind = GAN_FILE_OTHER};
        return 0;
    }
    if (!GetFileInformationByHandle(handle_of(descriptor), &facts)) return fail();
    *out = (gan_file_facts){facts.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY ? GAN_FILE_FOLDER : GAN_FILE_REGULAR,
                            (int64_t)facts.nFileSizeHigh << 32 | facts.nFileSizeLow};
    return 0;
}

int gan_examine(const char *path, gan_file_facts *out)
{
    const int descriptor = open_existing(path, FILE_READ_ATTRIBUTES);

    if (descriptor < 0) return -1;
    const int result = gan_examine_open(descriptor, out);
    _close(descriptor);
    return result;
}

int gan_open_to_read(const char *path)
{
    return open_existing(path, GENERIC_READ);
}

/* The descriptor, not the handle, goes to the end before each write: so the file can be shortened. */
int gan_open_to_append(const char *path)
{
    wchar_t wide[GAN_WIDE_PATH];

    if (gan_wide_path(path, wide) != 0) return -1;
    const HANDLE handle =
        CreateFileW(wide, GENERIC_READ | GENERIC_WRITE, SHARE_ALL, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
    if (handle == INVALID_HANDLE_VALUE) return fail();
    const int descriptor = _open_osfhandle((intptr_t)handle, _O_APPEND);
    if (descriptor < 0) CloseHandle(handle);
    return descriptor;
}

int gan_open_unnamed(const char *folder)
{
    wchar_t wide[GAN_WIDE_PATH];
    char path[GAN_WIDE_PATH];

    for (unsigned attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
        const int length = snprintf(path, sizeof(path), "%s/libgan-%lx-%llx-%u", folder, gan_process_id(),
                                    (unsigned long long)GetTickCount64(), attempt);
        if (length < 0 || (size_t)length >= sizeof(path)) return gan_set_errno(ERROR_FILENAME_EXCED_RANGE);
        if (gan_wide_path(path, wide) != 0) return -1;
        const int descriptor = gan_open_wide(wide, GENERIC_READ | GENERIC_WRITE | DELETE, CREATE_NEW,
                                             FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE);
        if (descriptor >= 0 || errno != EEXIST) return descriptor;
    }
    return -1;
}

ssize_t gan_read_at(int descriptor, void *out, size_t size, int64_t offset)
{
    OVERLAPPED from = {.Offset = (DWORD)offset, .OffsetHigh = (DWORD)((uint64_t)offset >> 32)};
    DWORD got = 0;

    if (ReadFile(handle_of(descriptor), out, (DWORD)size, &got, &from)) return (ssize_t)got;
    return GetLastError() == ERROR_HANDLE_EOF ? 0 : fail();
}

ssize_t gan_write_some(int descriptor, const void *data, size_t size)
{
    return _write(descriptor, data, (unsigned)size);
}

int gan_truncate(int descriptor, int64_t size)
{
    const errno_t error = _chsize_s(descriptor, size);

    if (error != 0) errno = error;
    return error == 0 ? 0 : -1;
}

int gan_shorten(int descriptor, size_t size)
{
    const int64_t end = _filelengthi64(descriptor);

    return end < (int64_t)size ? -1 : gan_truncate(descriptor, end - (int64_t)size);
}

int gan_sync(int descriptor)
{
    return FlushFileBuffers(handle_of(descriptor)) ? 0 : fail();
}

int gan_remove_file(const char *path)
{
    wchar_t wide[GAN_WIDE_PATH];

    if (gan_wide_path(path, wide) != 0) return -1;
    return DeleteFileW(wide) ? 0 : fail();
}

/* ---- Folders -------------------------------------------------------------------------------------------------- */

int gan_make_folder(const char *path)
{
    wchar_t wide[GAN_WIDE_PATH];

    if (gan_wide_path(path, wide) != 0) return -1;
    return CreateDirectoryW(wide, NULL) ? 0 : fail();
}

void gan_temporary_folder(char *path, size_t size)
{
    wchar_t wide[MAX_PATH + 1] = L".";

    GetTempPathW(MAX_PATH + 1, wide);
    if (WideCharToMultiByte(CP_UTF8, 0, wide, -1, path, (int)size, NULL, NULL) == 0) snprintf(path, size, ".");
}

bool gan_is_separator(char character)
{
    return character == '/' || character == '\\';
}

/* What is open of a folder. */
typedef struct open_folder {
    HANDLE find;      /* INVALID_HANDLE_VALUE: nothing is in it, as in an empty drive */
    bool has_waiting; /* the entry found first is still to be given */
} open_folder;

static int name_entry(const WIN32_FIND_DATAW *entry, gan_listing *listing)
{
    const int size =
        WideCharToMultiByte(CP_UTF8, 0, entry->cFileName, -1, listing->name, sizeof(listing->name), NULL, NULL);

    return size > 0 ? 0 : fail();
}

int gan_listing_open(const char *folder, gan_listing *out)
{
    WIN32_FIND_DATAW entry;
    wchar_t wide[GAN_WIDE_PATH];
    char inside[GAN_WIDE_PATH];

    if (gan_wide_path(folder, wide) != 0) return -1;
    const DWORD attributes = GetFileAttributesW(wide);
    if (attributes == INVALID_FILE_ATTRIBUTES) return fail();
    if (!(attributes & FILE_ATTRIBUTE_DIRECTORY)) return gan_set_errno(ERROR_DIRECTORY);
    if ((size_t)snprintf(inside, sizeof(inside), "%s/*", folder) >= sizeof(inside))
        return gan_set_errno(ERROR_FILENAME_EXCED_RANGE);
    if (gan_wide_path(inside, wide) != 0) return -1;
    open_folder *opened = LocalAlloc(LMEM_FIXED, sizeof(*opened));
    if (!opened) return fail();
    opened->find = FindFirstFileW(wide, &entry);
    opened->has_waiting = opened->find != INVALID_HANDLE_VALUE;
    out->folder = opened;
    if (opened->has_waiting ? name_entry(&entry, out) == 0 : GetLastError() == ERROR_FILE_NOT_FOUND) return 0;
    if (!opened->has_waiting) fail();
    gan_listing_close(out);
    return -1;
}

const char *gan_listing_next(gan_listing *listing)
{
    WIN32_FIND_DATAW entry;
    open_folder *opened = listing->folder;

    errno = 0;
    if (opened->find == INVALID_HANDLE_VALUE) return NULL;
    if (opened->has_waiting) {
        opened->has_waiting = false;
        return listing->name;
    }
    if (FindNextFileW(opened->find, &entry)) return name_entry(&entry, listing) == 0 ? listing->name : NULL;
    if (GetLastError() != ERROR_NO_MORE_FILES) fail();
    return NULL;
}

void gan_listing_close(gan_listing *listing)
{
    open_folder *opened = listing->folder;

    if (opened->find != INVALID_HANDLE_VALUE) FindClose(opened->find);
    LocalFree(opened);
}

/* ---- Processes, threads, libraries ---------------------------------------------------------------------------- */

/* Each thread has a text of its own. */
bool gan_system_text(int error, char *text, size_t size)
{
    const char *found = strerror(error);

    switch (error) {
    case OPEN_ELSEWHERE: found = "another program has it open"; break;
    case NAME_OF_DEVICE: found = "Windows takes this name for a device's"; break;
    case NAME_IS_CUT: found = "Windows cuts dots and spaces off the end of a name"; break;
    case NAME_NOT_ALLOWED: found = "Windows allows no such name"; break;
    }
    if (!found || strcmp(found, "Unknown error") == 0) return false;
    snprintf(text, size, "%s", found);
    return true;
}

void gan_host_name(char *name, size_t size)
{
    DWORD count = (DWORD)size;

    if (!GetComputerNameA(name, &count)) name[0] = 0;
}

unsigned long gan_process_id(void)
{
    return GetCurrentProcessId();
}

/* A mask has the CPUs of one group, of at most 64. Who has several groups has all their CPUs. */
int64_t gan_usable_cpus(void)
{
    USHORT groups[64], count = 64;
    DWORD_PTR usable, all;

    if (GetProcessGroupAffinity(GetCurrentProcess(), &count, groups) && count > 1) {
        int64_t sum = 0;
        for (int i = 0; i < count; i++) sum += GetActiveProcessorCount(groups[i]);
        return sum;
    }
    return GetProcessAffinityMask(GetCurrentProcess(), &usable, &all) ? __builtin_popcountll(usable) : 0;
}

int gan_thread_start(pthread_t *thread, void *(*start)(void *argument), void *argument)
{
    return pthread_create(thread, NULL, start, argument);
}

/* What waits is not cancelled here. */
int gan_cancel_enter(void)
{
    return 0;
}

void gan_cancel_leave(const int *before)
{
    (void)before;
}

/* There is no fork(). */
int gan_watch_forks(void (*before)(void), void (*in_parent)(void), void (*in_child)(void))
{
    (void)before;
    (void)in_parent;
    (void)in_child;
    return 0;
}

/* A mere name is not looked for in the current folder nor in PATH, where anybody could put a library. What a path
 * leads to finds its own libraries beside itself. */
void *gan_library_symbol(const char *library, const char *symbol)
{
    wchar_t wide[GAN_WIDE_PATH];
    void *found = NULL;

    if (gan_wide_path(library, wide) != 0) return NULL;
    const DWORD where = strpbrk(library, "/\\") ? LOAD_WITH_ALTERED_SEARCH_PATH : LOAD_LIBRARY_SEARCH_DEFAULT_DIRS;
    const HMODULE module = LoadLibraryExW(wide, NULL, where);
    if (!module) return NULL;
    const FARPROC function = GetProcAddress(module, symbol);
    if (function) memcpy(&found, &function, sizeof(found)); /* C does not convert pointers to functions */
    if (!found) FreeLibrary(module);
    return found;
}

#endif
