/* Reading files at offsets, and writing to descriptors. */
#include "core/context/context.h"
#include "core/files/files.h"
#include "core/memory/memory.h"
#include "core/platform/platform.h"
#include "core/status/status.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

gan_status gan_file_open(gan_context *context, const char *path, gan_file *out)
{
    char name[GAN_SENTENCE];
    gan_file_facts facts;
    gan_status result = GAN_OK;
    const int descriptor = gan_open_to_read(path);
    if (descriptor < 0) return gan_fail_errno(errno, "cannot open '%s'", path);

    snprintf(name, sizeof(name), "'%s'", path);
    char *copy = NULL;
    if (gan_examine_open(descriptor, &facts) != 0) {
        result = gan_fail_errno(errno, "cannot examine '%s'", path);
    } else if (facts.kind == GAN_FILE_FOLDER) {
        result = gan_fail(GAN_ERROR_IO, "'%s' is a folder, expected a file", path);
    } else if (facts.kind != GAN_FILE_REGULAR) {
        result = gan_fail(GAN_ERROR_IO, "'%s' is not a regular file", path);
    } else if (!(copy = gan_copy_text(context, name))) {
        result = GAN_ERROR_MEMORY;
    }
    if (result != GAN_OK) {
        close(descriptor);
        return result;
    }
    *out = (gan_file){gan_context_retain(context), copy, descriptor, facts.size};
    return GAN_OK;
}

gan_status gan_file_read(const gan_file *file, int64_t offset, void *out, size_t size)
{
    unsigned char *at = out;
    while (size > 0) {
        /* Linux moves at most 2 GiB per call; smaller pieces keep the return value in range everywhere. */
        size_t piece = size < ((size_t)1 << 30) ? size : (size_t)1 << 30;
        ssize_t got = gan_read_at(file->descriptor, at, piece, offset);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return gan_fail_errno(errno, "cannot read %s", file->name);
        if (got == 0) {
            return gan_fail(GAN_ERROR_TRUNCATED, "%s ends at byte %lld, %zu bytes too early", file->name,
                            (long long)offset, size);
        }
        at += got;
        offset += got;
        size -= (size_t)got;
    }
    return GAN_OK;
}

void gan_file_close(gan_file *file)
{
    GAN_UNCANCELLED_SCOPE();
    if (!file->context) return;
    close(file->descriptor);
    gan_release_text(file->context, file->name);
    gan_context_release(file->context);
    *file = (gan_file){0};
}

int gan_write_all(int descriptor, const void *data, size_t size, size_t *written)
{
    const unsigned char *from = data;
    size_t done = 0;
    int error = 0;

    while (done < size && !error) {
        const size_t piece = size - done < ((size_t)1 << 30) ? size - done : (size_t)1 << 30;
        const ssize_t count = gan_write_some(descriptor, from + done, piece);
        if (count > 0) {
            done += (size_t)count;
        } else if (count == 0) {
            error = EIO; /* trying for ever would not end */
        } else if (errno != EINTR) {
            error = errno;
        }
    }
    if (written) *written = done;
    return error;
}
