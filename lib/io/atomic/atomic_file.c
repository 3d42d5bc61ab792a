/* Files that are written as a whole or not at all. What they replace, and how, is the system's part. */
#include "io/atomic/atomic.h"
#include "io/atomic/replacement.h"

#include <errno.h>
#include <string.h>

gan_status gan_atomic_file_open(gan_context *context, const char *path, gan_atomic_file **out)
{
    size_t length = strlen(path);
    if (length == 0) return gan_fail(GAN_ERROR_ARGUMENT, "the path of a file to write is empty");
    if (length >= GAN_PATH) return gan_fail_errno(ENAMETOOLONG, "cannot write '%s'", path);

    gan_atomic_file *file = gan_allocate(context, sizeof(*file));
    if (!file) return GAN_ERROR_MEMORY;
    file->context = gan_context_retain(context);
    file->folder = file->temporary.descriptor = -1;
    memcpy(file->path, path, length + 1);
    gan_status status = gan_replacement_open(file, path);
    if (status != GAN_OK) {
        gan_atomic_file_abandon(file);
        return status;
    }
    *out = file;
    return GAN_OK;
}

static gan_status write_through(gan_atomic_file *file, const unsigned char *data, size_t size)
{
    const int error = gan_write_all(file->temporary.descriptor, data, size, NULL);

    if (error) return file->failure = gan_fail_errno(error, "cannot write '%s'", file->path);
    file->written += (int64_t)size;
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
    if (size > GAN_FILE_BUFFER - file->used) GAN_TRY(flush(file));
    if (size > GAN_FILE_BUFFER) return write_through(file, data, size);
    memcpy(file->buffer + file->used, data, size);
    file->used += size;
    return GAN_OK;
}

static gan_status commit(gan_atomic_file *file)
{
    if (file->failure != GAN_OK) return gan_fail(file->failure, "an earlier write to '%s' failed", file->path);
    GAN_TRY(flush(file));
    return gan_replacement_commit(file);
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
    gan_replacement_abandon(file);
    gan_context *context = file->context;
    gan_release(context, file, sizeof(*file));
    gan_context_release(context);
}
