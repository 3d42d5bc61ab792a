/* Files and the host's writers, behind one set of calls. */
#include "io/atomic/atomic.h"
#include "io/writing/writing.h"

#include <string.h>

gan_status gan_writer_check(gan_writer writer, const char *function)
{
    return writer.write ? GAN_OK : gan_fail(GAN_ERROR_NULL, "%s: writer.write is NULL", function);
}

gan_status gan_writable_open(gan_context *context, gan_target to, gan_writable *out)
{
    out->file = NULL;
    out->writer = to.writer;
    out->waiting = 0;
    return to.path ? gan_atomic_file_open(context, to.path, &out->file) : GAN_OK;
}

static gan_status write_to_host(gan_writer writer, const void *data, size_t size)
{
    GAN_HOST_SCOPE();
    return writer.write(writer.user, data, size);
}

static gan_status hand_over(gan_writable *writable, const void *data, size_t size)
{
    const gan_status status = size > 0 ? write_to_host(writable->writer, data, size) : GAN_OK;

    if (status == GAN_OK) return GAN_OK;
    return gan_fail(status, "the writer returned %s for %zu bytes", gan_status_name(status), size);
}

static gan_status hand_over_waiting(gan_writable *writable)
{
    const size_t size = writable->waiting;

    writable->waiting = 0;
    return hand_over(writable, writable->buffer, size);
}

gan_status gan_writable_write(gan_writable *writable, const void *data, size_t size)
{
    if (writable->file) return gan_atomic_file_write(writable->file, data, size);
    if (size == 0) return GAN_OK;
    if (size > sizeof(writable->buffer) - writable->waiting) GAN_TRY(hand_over_waiting(writable));
    if (size > sizeof(writable->buffer)) return hand_over(writable, data, size);
    memcpy(writable->buffer + writable->waiting, data, size);
    writable->waiting += size;
    return GAN_OK;
}

gan_status gan_writable_close(gan_writable *writable, gan_status status)
{
    if (!writable->file) return status == GAN_OK ? hand_over_waiting(writable) : status;
    if (status == GAN_OK) return gan_atomic_file_commit(writable->file);
    gan_atomic_file_abandon(writable->file);
    return status;
}
