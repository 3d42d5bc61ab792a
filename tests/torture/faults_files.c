/* The calls by which the library uses files, wrapped by the linker. Whatever close() and fclose() return, they have
 * closed. */
#define _GNU_SOURCE /* O_TMPFILE */
#include "torture/faults.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A call that fails with this result. */
#define WRAP(result, name, failure, parameters, arguments)                  \
    result __real_##name parameters;                                        \
    result __wrap_##name parameters;                                        \
    result __wrap_##name parameters                                         \
    {                                                                       \
        return fault_hits(FAULT_FILES) ? failure : __real_##name arguments; \
    }

/* And its twin for large files, by which name 32-bit systems and build options call it. */
#define WRAP_BOTH(result, name, failure, parameters, arguments) \
    WRAP(result, name, failure, parameters, arguments)          \
    WRAP(result, name##64, failure, parameters, arguments)

WRAP(int, flock, -1, (int descriptor, int how), (descriptor, how))
WRAP(int, fchmod, -1, (int descriptor, mode_t mode), (descriptor, mode))
WRAP(int, access, -1, (const char *path, int how), (path, how))
WRAP(int, unlinkat, -1, (int folder, const char *name, int flags), (folder, name, flags))
WRAP(int, unlink, -1, (const char *path), (path))
WRAP(int, renameat, -1, (int from, const char *old, int to, const char *new), (from, old, to, new))
WRAP(int, linkat, -1, (int from, const char *old, int to, const char *new, int flags), (from, old, to, new, flags))
WRAP(ssize_t, readlink, -1, (const char *path, char *out, size_t size), (path, out, size))
WRAP(DIR *, opendir, NULL, (const char *path), (path))
WRAP(DIR *, fdopendir, NULL, (int descriptor), (descriptor))
WRAP(FILE *, fdopen, NULL, (int descriptor, const char *mode), (descriptor, mode))
WRAP(int, fflush, EOF, (FILE * stream), (stream))
WRAP_BOTH(FILE *, fopen, NULL, (const char *path, const char *mode), (path, mode))
WRAP_BOTH(FILE *, tmpfile, NULL, (void), ())
WRAP_BOTH(int, mkstemp, -1, (char *path), (path))
WRAP_BOTH(int, ftruncate, -1, (int descriptor, off_t size), (descriptor, size))
WRAP_BOTH(int, fstat, -1, (int descriptor, struct stat *out), (descriptor, out))
WRAP_BOTH(int, stat, -1, (const char *path, struct stat *out), (path, out))
WRAP_BOTH(int, lstat, -1, (const char *path, struct stat *out), (path, out))
WRAP_BOTH(int, fstatat, -1, (int folder, const char *name, struct stat *out, int flags), (folder, name, out, flags))
WRAP_BOTH(struct dirent *, readdir, NULL, (DIR * directory), (directory))

/* Nothing is synced, which would take most of the time: no power fails here. */
int __wrap_fsync(int descriptor);
int __wrap_fsync(int descriptor)
{
    (void)descriptor;
    return fault_hits(FAULT_FILES) ? -1 : 0;
}

#define WRAP_CLOSING(result, name, failure, parameter)     \
    result __real_##name(parameter argument);              \
    result __wrap_##name(parameter argument);              \
    result __wrap_##name(parameter argument)               \
    {                                                      \
        const result closed = __real_##name(argument);     \
        return fault_hits(FAULT_FILES) ? failure : closed; \
    }

WRAP_CLOSING(int, close, -1, int)
WRAP_CLOSING(int, fclose, EOF, FILE *)

#define WRAP_OPENAT(name)                                                                  \
    int __real_##name(int folder, const char *path, int flags, ...);                       \
    int __wrap_##name(int folder, const char *path, int flags, ...);                       \
    int __wrap_##name(int folder, const char *path, int flags, ...)                        \
    {                                                                                      \
        va_list arguments;                                                                 \
        va_start(arguments, flags);                                                        \
        const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0; \
        va_end(arguments);                                                                 \
        return fault_hits(FAULT_FILES) ? -1 : __real_##name(folder, path, flags, mode);    \
    }

WRAP_OPENAT(openat)
WRAP_OPENAT(openat64)

#define WRAP_FCNTL(name)                                                                    \
    int __real_##name(int descriptor, int command, ...);                                    \
    int __wrap_##name(int descriptor, int command, ...);                                    \
    int __wrap_##name(int descriptor, int command, ...)                                     \
    {                                                                                       \
        va_list arguments;                                                                  \
        va_start(arguments, command);                                                       \
        const long argument = va_arg(arguments, long);                                      \
        va_end(arguments);                                                                  \
        return fault_hits(FAULT_FILES) ? -1 : __real_##name(descriptor, command, argument); \
    }

WRAP_FCNTL(fcntl)
WRAP_FCNTL(fcntl64)

#define WRAP_PREAD(name)                                                                            \
    ssize_t __real_##name(int descriptor, void *out, size_t size, off_t offset);                    \
    ssize_t __wrap_##name(int descriptor, void *out, size_t size, off_t offset);                    \
    ssize_t __wrap_##name(int descriptor, void *out, size_t size, off_t offset)                     \
    {                                                                                               \
        const int64_t moved = fault_transfer((int64_t)size);                                        \
        return moved <= 0 ? (ssize_t)moved : __real_##name(descriptor, out, (size_t)moved, offset); \
    }

WRAP_PREAD(pread)
WRAP_PREAD(pread64)

ssize_t __real_write(int descriptor, const void *data, size_t size);
ssize_t __wrap_write(int descriptor, const void *data, size_t size);
ssize_t __wrap_write(int descriptor, const void *data, size_t size)
{
    const int64_t moved = fault_transfer((int64_t)size);

    return moved <= 0 ? (ssize_t)moved : __real_write(descriptor, data, (size_t)moved);
}

/* A stream that takes nothing has an error. */
size_t __real_fwrite(const void *data, size_t size, size_t count, FILE *stream);
size_t __wrap_fwrite(const void *data, size_t size, size_t count, FILE *stream);
size_t __wrap_fwrite(const void *data, size_t size, size_t count, FILE *stream)
{
    return fault_hits(FAULT_FILES) ? 0 : __real_fwrite(data, size, count, stream);
}

size_t __real_fread(void *out, size_t size, size_t count, FILE *stream);
size_t __wrap_fread(void *out, size_t size, size_t count, FILE *stream);
size_t __wrap_fread(void *out, size_t size, size_t count, FILE *stream)
{
    return fault_hits(FAULT_FILES) ? 0 : __real_fread(out, size, count, stream);
}
