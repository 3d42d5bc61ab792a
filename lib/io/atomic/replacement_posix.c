/* Atomic replacement of a file in POSIX. The new file lies in the folder of the target, so that the rename stays
 * within one file system; all names are relative to a descriptor of the folder, which is synced last. What cannot be
 * replaced, such as a pipe, is written in place. */
#define _GNU_SOURCE /* O_PATH */
#include "io/atomic/atomic.h"
#include "io/atomic/replacement.h"

#ifndef _WIN32

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { link_limit = 40 };

/* ---- Opening ------------------------------------------------------------------------------------------------- */

/* The start of a path's last component. */
static char *last_component(char *path)
{
    char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Whether a link is one of those that stand for a file itself, whatever their text says: /proc/self/fd/N. */
static bool is_link_to_itself(const char *path)
{
    struct stat process, link;

    return lstat(path, &link) == 0 && S_ISLNK(link.st_mode) && stat("/proc/self/", &process) == 0 &&
           link.st_dev == process.st_dev;
}

/* Follows `path` while it is a symbolic link; the last target need not exist. `scratch` has GAN_PATH bytes. */
static gan_status follow_links(char *path, char *scratch, const char *given)
{
    for (int links = 0;; links++) {
        if (is_link_to_itself(path)) return GAN_OK;
        ssize_t length = readlink(path, scratch, GAN_PATH - 1);
        if (length < 0 && (errno == EINVAL || errno == ENOENT)) return GAN_OK; /* not a link, or does not exist */
        if (length < 0) return gan_fail_errno(errno, "cannot write '%s'", given);
        if (links == link_limit) return gan_fail_errno(ELOOP, "cannot write '%s'", given);
        char *at = scratch[0] == '/' ? path : last_component(path);
        if ((size_t)length >= GAN_PATH - (size_t)(at - path))
            return gan_fail_errno(ENAMETOOLONG, "cannot write '%s'", given);
        memcpy(at, scratch, (size_t)length);
        at[length] = 0;
    }
}

/* A folder may be one that can be searched and written to but not read. Then it cannot be synced. */
static int open_directory(const char *path)
{
    int folder = gan_open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
#ifdef O_PATH
    if (folder < 0 && errno == EACCES) folder = gan_open_at(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0);
#endif
    return folder;
}

/* Opens the folder of file->path and sets file->name. */
static gan_status open_folder(gan_atomic_file *file, const char *given)
{
    file->name = last_component(file->path);
    if (!file->name[0]) return gan_fail_errno(EISDIR, "cannot write '%s'", given);
    const bool has_folder = file->name > file->path + 1;
    if (has_folder) file->name[-1] = 0;
    const char *folder = has_folder ? file->path : file->name > file->path ? "/" : ".";
    file->folder = open_directory(folder);
    if (has_folder) file->name[-1] = '/';
    if (file->folder < 0) return gan_fail_errno(errno, "cannot open the folder of '%s'", given);
    return GAN_OK;
}

/* Pipes and devices, and files that only a descriptor leads to. */
static gan_status open_in_place(gan_atomic_file *file, const char *given)
{
    struct stat status;

    /* Without O_NONBLOCK, opening a pipe would wait for its reader. */
    file->in_place = true;
    const int descriptor = gan_open_at(AT_FDCWD, file->path, O_WRONLY | O_NONBLOCK | O_NOCTTY, 0);
    if (descriptor < 0 && errno == ENXIO)
        return gan_fail(GAN_ERROR_IO, "cannot write '%s': it is a pipe that nobody reads, or a socket", given);
    if (descriptor < 0) return gan_fail_errno(errno, "cannot write '%s'", given);
    file->temporary.descriptor = descriptor;
    const int flags = fcntl(descriptor, F_GETFL);
    if (fstat(descriptor, &status) != 0 || flags < 0 || fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK) != 0)
        return gan_fail_errno(errno, "cannot examine '%s'", given);
    if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode)) {
        return gan_fail(GAN_ERROR_IO, "cannot write '%s': it is neither a file nor a pipe nor a character device",
                        given);
    }
    file->regular = S_ISREG(status.st_mode);
    gan_log(file->context, GAN_LOG_INFO, "'%s' cannot be replaced at once: it is written in place", given);
    return GAN_OK;
}

/* The new file belongs to the owner and the group of the old one, as far as this process may give it away. Members of
 * another group must not get what the old one's might do: they get what others do. Returns 0 or the error number. */
static int keep_access(gan_atomic_file *file, int descriptor, const struct stat *old)
{
    mode_t mode = old->st_mode & 0777;
    struct stat now;

    if (fstat(descriptor, &now) != 0) return errno;
    bool kept = now.st_uid == old->st_uid && now.st_gid == old->st_gid;
    if (!kept) kept = fchown(descriptor, old->st_uid, old->st_gid) == 0;
    if (!kept && now.st_gid != old->st_gid && fchown(descriptor, (uid_t)-1, old->st_gid) != 0)
        mode &= ~(mode_t)070 | (mode & 07) << 3;
    if (!kept) gan_log(file->context, GAN_LOG_INFO, "'%s' cannot keep its owner and group", file->path);
    return fchmod(descriptor, mode) == 0 ? 0 : errno;
}

/* A folder may be closed to the process, or read-only, while a file in it is not. */
static bool is_denied(int error)
{
    return error == EACCES || error == EPERM || error == EROFS;
}

gan_status gan_replacement_open(gan_atomic_file *file, const char *given)
{
    struct stat old;

    GAN_TRY(follow_links(file->path, (char *)file->buffer, given));
    if (is_link_to_itself(file->path)) return open_in_place(file, given);
    GAN_TRY(open_folder(file, given));
    bool exists = fstatat(file->folder, file->name, &old, 0) == 0;
    if (!exists && errno != ENOENT) return gan_fail_errno(errno, "cannot write '%s'", given);
    if (exists && S_ISDIR(old.st_mode)) return gan_fail(GAN_ERROR_IO, "cannot write '%s': it is a folder", given);
    if (exists && !S_ISREG(old.st_mode)) return open_in_place(file, given);

    /* A folder that fills with new files, such as samples, is not listed for each of them. */
    if (exists) gan_temporary_clean(file->context, file->folder);
    /* Until it has its owner, nobody else opens it. */
    int error = gan_temporary_create(&file->temporary, file->folder, exists ? old.st_mode & 0700 : 0666);
    if (exists && is_denied(error)) return open_in_place(file, given);
    if (error) return gan_fail_errno(error, "cannot create a file beside '%s'", given);
    if (exists) error = keep_access(file, file->temporary.descriptor, &old);
    if (error) return gan_fail_errno(error, "cannot set the mode of the file that is to replace '%s'", given);
    return GAN_OK;
}

/* ---- Committing ---------------------------------------------------------------------------------------------- */

/* Returns 0 or the error number. What cannot be synced is as safe as its file system makes it. */
static int sync_descriptor(const gan_atomic_file *file, int descriptor, const char *what)
{
    if (gan_sync(descriptor) == 0) return 0;
    if (errno != EBADF && errno != EINVAL && errno != ENOTSUP && errno != ENOSYS) return errno;
    gan_log(file->context, GAN_LOG_INFO, "%s '%s' cannot be synced here", what, file->path);
    return 0;
}

/* Some file systems report lost writes when a file is closed. EINTR: it is closed. Returns 0 or the error number. */
static int close_descriptor(int descriptor)
{
    return descriptor < 0 ? errno : close(descriptor) == 0 || errno == EINTR ? 0 : errno;
}

static int copy_content(int from, int to, unsigned char *buffer, int64_t size)
{
    for (int64_t done = 0; done < size;) {
        const ssize_t got = gan_read_at(from, buffer, GAN_FILE_BUFFER, done);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return got < 0 ? errno : EIO;
        const int error = gan_write_all(to, buffer, (size_t)got, NULL);
        if (error) return error;
        done += got;
    }
    return gan_truncate(to, size) == 0 ? 0 : errno;
}

/* Some sandboxes and file systems have files without a name, and give them none later. */
static bool is_refused(int error)
{
    return error == EPERM || error == EACCES || error == EXDEV || error == ENOENT || error == EINVAL ||
           error == ENOSYS || error == ENOTSUP || error == EMLINK;
}

/* Copies the temporary file to one that has a name from the start. Returns 0 or the error number. */
static int name_copy(gan_atomic_file *file)
{
    gan_temporary named;
    struct stat status;

    if (fstat(file->temporary.descriptor, &status) != 0) return errno;
    int error = gan_temporary_create_named(&named, file->folder, status.st_mode & 0700);
    if (error) return error;
    error = keep_access(file, named.descriptor, &status);
    if (!error) error = copy_content(file->temporary.descriptor, named.descriptor, file->buffer, file->written);
    if (!error) error = sync_descriptor(file, named.descriptor, "the file that replaces");
    if (error) {
        gan_temporary_abandon(&named);
        return error;
    }
    gan_temporary_abandon(&file->temporary);
    file->temporary = named;
    return 0;
}

/* A file that is a mount point, as in containers, or another user's in a folder like /tmp cannot be replaced: it gets
 * the new content. */
static gan_status overwrite(gan_atomic_file *file)
{
    const int target = gan_open_at(file->folder, file->name, O_WRONLY, 0);

    if (target < 0) return gan_fail_errno(errno, "cannot replace '%s', and not write it", file->path);
    gan_log(file->context, GAN_LOG_INFO, "'%s' cannot be replaced at once: it is written in place", file->path);
    int error = copy_content(file->temporary.descriptor, target, file->buffer, file->written);
    if (!error) error = sync_descriptor(file, target, "the file");
    const int closed = close_descriptor(target);
    if (!error) error = closed;
    if (error) return gan_fail_errno(error, "'%s' was to be written in place, and is damaged", file->path);
    return GAN_OK;
}

static gan_status commit_in_place(gan_atomic_file *file)
{
    const int descriptor = file->temporary.descriptor;
    int error = file->regular && gan_truncate(descriptor, file->written) != 0 ? errno : 0;

    if (!error && file->regular) error = sync_descriptor(file, descriptor, "the file");
    file->temporary.descriptor = -1;
    const int closed = close_descriptor(descriptor);
    if (!error) error = closed;
    return error ? gan_fail_errno(error, "cannot write '%s'", file->path) : GAN_OK;
}

gan_status gan_replacement_commit(gan_atomic_file *file)
{
    if (file->in_place) return commit_in_place(file);
    int error = sync_descriptor(file, file->temporary.descriptor, "the file that replaces");
    /* The descriptor itself holds the lock until the temporary name is gone. */
    if (!error) error = close_descriptor(fcntl(file->temporary.descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    if (error) return gan_fail_errno(error, "cannot write '%s'", file->path);
    error = gan_temporary_name(&file->temporary);
    if (is_refused(error)) error = name_copy(file);
    if (error) return gan_fail_errno(error, "cannot create a file beside '%s'", file->path);
    int renamed;
    do {
        renamed = renameat(file->folder, file->temporary.name, file->folder, file->name);
    } while (renamed != 0 && errno == EINTR);
    if (renamed != 0 && (errno == EBUSY || is_denied(errno))) return overwrite(file);
    if (renamed != 0) return gan_fail_errno(errno, "cannot replace '%s'", file->path);
    file->temporary.name[0] = 0;
    error = sync_descriptor(file, file->folder, "the folder of");
    if (!error) return GAN_OK;
    return gan_fail_errno(error, "'%s' has been replaced and is whole, but may be the old file after a power failure",
                          file->path);
}

void gan_replacement_abandon(gan_atomic_file *file)
{
    gan_temporary_abandon(&file->temporary);
    if (file->folder >= 0) close(file->folder);
}

#endif
