#include "posix.h"

#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <windows.h>

#include <string.h>

static int fail(void)
{
    switch (GetLastError()) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_NAME: errno = ENOENT; break;
    case ERROR_DIRECTORY: errno = ENOTDIR; break;
    case ERROR_ACCESS_DENIED:
    case ERROR_SHARING_VIOLATION: errno = EACCES; break;
    case ERROR_FILENAME_EXCED_RANGE: errno = ENAMETOOLONG; break;
    default: errno = EIO;
    }
    return -1;
}

/* ---- Files ----------------------------------------------------------------------------------------------------- */

static int examine(HANDLE file, struct posix_stat *out)
{
    BY_HANDLE_FILE_INFORMATION info;

    *out = (struct posix_stat){0, 0, GetFileType(file) == FILE_TYPE_PIPE ? S_IFIFO : S_IFCHR};
    if (GetFileType(file) != FILE_TYPE_DISK) return 0;
    if (!GetFileInformationByHandle(file, &info)) return fail();
    out->st_dev = info.dwVolumeSerialNumber;
    out->st_ino = (unsigned long long)info.nFileIndexHigh << 32 | info.nFileIndexLow;
    out->st_mode = info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY ? S_IFDIR : S_IFREG;
    return 0;
}

int posix_stat(const char *path, struct posix_stat *out)
{
    const DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    const HANDLE file =
        CreateFileA(path, FILE_READ_ATTRIBUTES, share, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);

    if (file == INVALID_HANDLE_VALUE) return fail();
    const int result = examine(file, out);
    CloseHandle(file);
    return result;
}

int posix_fstat(int descriptor, struct posix_stat *out)
{
    return examine((HANDLE)_get_osfhandle(descriptor), out);
}

int posix_rename(const char *from, const char *to)
{
    return MoveFileExA(from, to, MOVEFILE_REPLACE_EXISTING) ? 0 : fail();
}

char *posix_realpath(const char *path, char *resolved)
{
    char *whole = resolved ? NULL : _fullpath(NULL, path, 0);

    for (char *c = whole; c && *c; c++) {
        if (*c == '\\') *c = '/';
    }
    return whole;
}

int posix_fcntl(int descriptor, int command, ...)
{
    (void)descriptor;
    (void)command;
    return 0;
}

ssize_t posix_getline(char **line, size_t *capacity, FILE *file)
{
    size_t length = 0;

    for (int byte = 0; byte != '\n' && (byte = fgetc(file)) != EOF;) {
        if (!*line || length + 2 > *capacity) {
            const size_t wanted = *line ? 2 * *capacity : 128;
            char *larger = realloc(*line, wanted);
            if (!larger) return -1;
            *line = larger;
            *capacity = wanted;
        }
        (*line)[length++] = (char)byte;
        (*line)[length] = '\0';
    }
    return length > 0 ? (ssize_t)length : -1;
}

/* ---- Signals --------------------------------------------------------------------------------------------------- */

int posix_sigaction(int number, const struct posix_sigaction *action, struct posix_sigaction *before)
{
    (void)before;
    if (!action) return -1;
    return signal(number, action->sa_handler) == SIG_ERR ? -1 : 0;
}

/* ---- The console and the system -------------------------------------------------------------------------------- */

int ioctl(int descriptor, int request, struct winsize *out)
{
    CONSOLE_SCREEN_BUFFER_INFO info;

    if (request != TIOCGWINSZ || !GetConsoleScreenBufferInfo((HANDLE)_get_osfhandle(descriptor), &info)) return -1;
    out->ws_row = (unsigned short)(info.srWindow.Bottom - info.srWindow.Top + 1);
    out->ws_col = (unsigned short)(info.srWindow.Right - info.srWindow.Left + 1);
    return 0;
}

int uname(struct utsname *out)
{
    OSVERSIONINFOA version = {.dwOSVersionInfoSize = sizeof(version)};

    if (!GetVersionExA(&version)) return -1;
    snprintf(out->sysname, sizeof(out->sysname), "Windows");
    snprintf(out->release, sizeof(out->release), "%lu.%lu.%lu", version.dwMajorVersion, version.dwMinorVersion,
             version.dwBuildNumber);
    snprintf(out->machine, sizeof(out->machine), "%s", sizeof(void *) == 8 ? "x86_64" : "x86");
    return 0;
}

/* The console shows UTF-8 while the program runs; it is the one of the program that started this one, too. */
static UINT code_page_before;

static void give_code_page_back(void)
{
    SetConsoleOutputCP(code_page_before);
}

__attribute__((constructor)) static void show_utf8(void)
{
    code_page_before = GetConsoleOutputCP();
    if (code_page_before != 0 && SetConsoleOutputCP(CP_UTF8)) atexit(give_code_page_back);
}
