/* Files that nobody can see, or that have a temporary name, until they replace another. Each is locked by whoever
 * writes it: what has such a name and no lock was left by a process that ended, and is removed. */
#define _GNU_SOURCE /* O_TMPFILE */
#include "io/atomic/atomic.h"

#ifndef _WIN32

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { name_attempts = 100 };

/* File systems without locks keep what killed processes left: without one, nobody removes it. */
static bool lock(int descriptor, int how)
{
    int result;

    do {
        result = flock(descriptor, how);
    } while (result != 0 && errno == EINTR);
    return result == 0;
}

/* ---- Creating ------------------------------------------------------------------------------------------------ */

static const char *descriptor_path(int descriptor, char path[40])
{
    snprintf(path, 40, "/proc/self/fd/%d", descriptor);
    return path;
}

/* A file without a name, if the system has them and can name it later. */
static bool create_unnamed(gan_temporary *file, mode_t mode)
{
#ifdef O_TMPFILE
    char path[40];

    file->descriptor = gan_open_at(file->folder, ".", O_TMPFILE | O_RDWR, mode);
    if (file->descriptor < 0) return false;
    lock(file->descriptor, LOCK_EX | LOCK_NB);
    if (access(descriptor_path(file->descriptor, path), F_OK) == 0) return true;
    close(file->descriptor);
    file->descriptor = -1;
#else
    (void)file;
    (void)mode;
#endif
    return false;
}

/* Whether the file still has its name: before it was locked, it looked like one that had been left. */
static bool has_name(const gan_temporary *file)
{
    struct stat own, named;

    return fstat(file->descriptor, &own) == 0 &&
           fstatat(file->folder, file->name, &named, AT_SYMLINK_NOFOLLOW) == 0 && own.st_dev == named.st_dev &&
           own.st_ino == named.st_ino;
}

int gan_temporary_create(gan_temporary *file, int folder, mode_t mode)
{
    *file = (gan_temporary){.folder = folder, .descriptor = -1};
    return create_unnamed(file, mode) ? 0 : gan_temporary_create_named(file, folder, mode);
}

int gan_temporary_create_named(gan_temporary *file, int folder, mode_t mode)
{
    *file = (gan_temporary){.folder = folder, .descriptor = -1};
    for (unsigned attempt = 0; attempt < name_attempts; attempt++) {
        gan_temporary_make_name(file->name, attempt);
        file->descriptor = gan_open_at(folder, file->name, O_RDWR | O_CREAT | O_EXCL, mode);
        if (file->descriptor < 0 && errno == EEXIST) continue;
        if (file->descriptor < 0) break;
        lock(file->descriptor, LOCK_EX);
        if (has_name(file)) return 0;
        close(file->descriptor);
        file->descriptor = -1;
        errno = EEXIST;
    }
    file->name[0] = 0;
    return errno;
}

int gan_temporary_name(gan_temporary *file)
{
    char path[40];

    if (file->name[0]) return 0;
    descriptor_path(file->descriptor, path);
    for (unsigned attempt = 0; attempt < name_attempts; attempt++) {
        gan_temporary_make_name(file->name, attempt);
        if (linkat(AT_FDCWD, path, file->folder, file->name, AT_SYMLINK_FOLLOW) == 0) return 0;
        if (errno != EEXIST && errno != EINTR) break;
    }
    file->name[0] = 0;
    return errno;
}

void gan_temporary_abandon(gan_temporary *file)
{
    if (file->name[0]) unlinkat(file->folder, file->name, 0);
    if (file->descriptor >= 0) close(file->descriptor);
    *file = (gan_temporary){.folder = -1, .descriptor = -1};
}

/* ---- Removing what was left ---------------------------------------------------------------------------------- */

static void remove_if_left(gan_context *context, int folder, const char *name)
{
    struct stat status;
    const int descriptor = gan_open_at(folder, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, 0);

    if (descriptor < 0) return;
    if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && lock(descriptor, LOCK_EX | LOCK_NB) &&
        unlinkat(folder, name, 0) == 0)
        gan_log(context, GAN_LOG_INFO, "removed '%s', which a process had left", name);
    close(descriptor);
}

void gan_temporary_clean(gan_context *context, int folder)
{
    const int listing = gan_open_at(folder, ".", O_RDONLY | O_DIRECTORY, 0);
    DIR *directory = listing >= 0 ? fdopendir(listing) : NULL;

    if (!directory) { /* it may be written to and not read */
        if (listing >= 0) close(listing);
        return;
    }
    for (const struct dirent *entry; (entry = readdir(directory));) {
        if (gan_is_temporary_name(entry->d_name)) remove_if_left(context, folder, entry->d_name);
    }
    closedir(directory);
}

#endif
