/* Atomic replacement of a file. The temporary file lies beside the target, so that the rename stays within one file
 * system; all names are relative to a descriptor of their folder, which is synced last. */
#include "io/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { path_capacity = 4096, link_limit = 40, name_attempts = 100, buffer_size = 1 << 16 };

struct gan_atomic_file {
    gan_context *context;
    int folder; /* descriptors */
    int descriptor;
    gan_status failure; /* of an earlier write; GAN_OK: none */
    size_t used;        /* of the buffer */
    char *name;         /* of the target within the folder; points into path */
    char temporary[48];
    char path[path_capacity]; /* links followed */
    unsigned char buffer[buffer_size];
};

/* The start of a path's last component. */
static char *last_component(char *path)
{
    char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Follows `path` while it is a symbolic link; the last target need not exist. `scratch` has path_capacity bytes. */
static gan_status follow_links(char *path, char *scratch, const char *given)
{
    for (int links = 0;; links++) {
        ssize_t length = readlink(path, scratch, path_capacity - 1);
        if (length < 0 && (errno == EINVAL || errno == ENOENT)) return GAN_OK; /* not a link, or does not exist */
        if (length < 0) return gan_fail_errno(errno, "cannot write '%s'", given);
        if (links == link_limit) return gan_fail_errno(ELOOP, "cannot write '%s'", given);
        char *at = scratch[0] == '/' ? path : last_component(path);
        if ((size_t)length >= path_capacity - (size_t)(at - path))
            return gan_fail_errno(ENAMETOOLONG, "cannot write '%s'", given);
        memcpy(at, scratch, (size_t)length);
        at[length] = 0;
    }
}

/* Opens the folder of file->path and sets file->name. */
static gan_status open_folder(gan_atomic_file *file, const char *given)
{
    file->name = last_component(file->path);
    if (!file->name[0]) return gan_fail_errno(EISDIR, "cannot write '%s'", given);
    const bool has_folder = file->name > file->path + 1;
    if (has_folder) file->name[-1] = 0;
    const char *folder = has_folder ? file->path : file->name > file->path ? "/" : ".";
    file->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (has_folder) file->name[-1] = '/';
    if (file->folder < 0) return gan_fail_errno(errno, "cannot open the folder of '%s'", given);
    return GAN_OK;
}

/* Creates the temporary file under a name that is not taken. */
static gan_status create_temporary(gan_atomic_file *file, mode_t mode, const char *given)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    unsigned long long number = ((unsigned long long)getpid() << 32) ^ (unsigned long long)now.tv_nsec;
    for (int attempt = 0; attempt < name_attempts; attempt++) {
        snprintf(file->temporary, sizeof(file->temporary), ".libgan-%016llx.tmp", number + (unsigned)attempt);
        file->descriptor = openat(file->folder, file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (file->descriptor >= 0) return GAN_OK;
        if (errno != EEXIST) break;
    }
    file->temporary[0] = 0;
    return gan_fail_errno(errno, "cannot create a file beside '%s'", given);
}

static gan_status open_both(gan_atomic_file *file, const char *given)
{
    GAN_TRY(follow_links(file->path, (char *)file->buffer, given));
    GAN_TRY(open_folder(file, given));

    struct stat old;
    bool exists = fstatat(file->folder, file->name, &old, 0) == 0;
    if (!exists && errno != ENOENT) return gan_fail_errno(errno, "cannot write '%s'", given);
    if (exists && !S_ISREG(old.st_mode))
        return gan_fail(GAN_ERROR_IO, "cannot write '%s': it exists and is not a regular file", given);

    GAN_TRY(create_temporary(file, exists ? old.st_mode & 0777 : 0666, given));
    if (exists && fchmod(file->descriptor, old.st_mode & 0777) != 0)
        return gan_fail_errno(errno, "cannot set the mode of the file that is to replace '%s'", given);
    return GAN_OK;
}

gan_status gan_atomic_file_open(gan_context *context, const char *path, gan_atomic_file **out)
{
    size_t length = strlen(path);
    if (length == 0) return gan_fail(GAN_ERROR_ARGUMENT, "the path of a file to write is empty");
    if (length >= path_capacity) return gan_fail_errno(ENAMETOOLONG, "cannot write '%s'", path);

    gan_atomic_file *file = gan_allocate(context, sizeof(*file));
    if (!file) return GAN_ERROR_MEMORY;
    file->context = gan_context_retain(context);
    file->folder = file->descriptor = -1;
    memcpy(file->path, path, length + 1);
    gan_status status = open_both(file, path);
    if (status != GAN_OK) {
        gan_atomic_file_abandon(file);
        return status;
    }
    *out = file;
    return GAN_OK;
}

static gan_status write_through(gan_atomic_file *file, const unsigned char *data, size_t size)
{
    while (size > 0) {
        size_t piece = size < ((size_t)1 << 30) ? size : (size_t)1 << 30;
        ssize_t written = write(file->descriptor, data, piece);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return file->failure = gan_fail_errno(errno, "cannot write '%s'", file->path);
        data += written;
        size -= (size_t)written;
    }
    return GAN_OK;
}

static gan_status flush(gan_atomic_file *file)
{
    size_t used = file->used;
    file->used = 0;
    return write_through(file, file->buffer, used);
}

gan_status gan_atomic_file_write(gan_atomic_file *file, const void *data, size_t size)
{
    if (file->failure != GAN_OK) return gan_fail(file->failure, "an earlier write to '%s' failed", file->path);
    if (size > buffer_size - file->used) GAN_TRY(flush(file));
    if (size > buffer_size) return write_through(file, data, size);
    memcpy(file->buffer + file->used, data, size);
    file->used += size;
    return GAN_OK;
}

static gan_status commit(gan_atomic_file *file)
{
    if (file->failure != GAN_OK) return gan_fail(file->failure, "an earlier write to '%s' failed", file->path);
    GAN_TRY(flush(file));
    if (fsync(file->descriptor) != 0) return gan_fail_errno(errno, "cannot write '%s'", file->path);
    int closed = close(file->descriptor);
    file->descriptor = -1;
    if (closed != 0) return gan_fail_errno(errno, "cannot write '%s'", file->path);
    if (renameat(file->folder, file->temporary, file->folder, file->name) != 0)
        return gan_fail_errno(errno, "cannot replace '%s'", file->path);
    file->temporary[0] = 0;
    /* Some file systems cannot sync a folder (EINVAL), but keep renames in order themselves. */
    if (fsync(file->folder) != 0 && errno != EINVAL)
        return gan_fail_errno(errno, "'%s' was replaced, but its folder cannot be synced", file->path);
    return GAN_OK;
}

gan_status gan_atomic_file_commit(gan_atomic_file *file)
{
    gan_status status = commit(file);
    gan_atomic_file_abandon(file);
    return status;
}

void gan_atomic_file_abandon(gan_atomic_file *file)
{
    if (!file) return;
    if (file->descriptor >= 0) close(file->descriptor);
    if (file->temporary[0]) unlinkat(file->folder, file->temporary, 0);
    if (file->folder >= 0) close(file->folder);
    gan_context *context = file->context;
    gan_release(context, file, sizeof(*file));
    gan_context_release(context);
}
