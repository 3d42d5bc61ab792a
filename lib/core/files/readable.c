/* Files and the host's readers, behind one set of calls. */
#include "core/files/files.h"
#include "core/machine/machine.h"
#include "core/memory/memory.h"
#include "core/status/status.h"

#include <stdio.h>

gan_status gan_reader_check(gan_reader reader, const char *function)
{
    if (!reader.read) return gan_fail(GAN_ERROR_NULL, "%s: reader.read is NULL", function);
    if (reader.size >= 0) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s: reader.size is %lld, expected at least 0", function,
                    (long long)reader.size);
}

gan_status gan_readable_open(gan_context *context, gan_origin from, gan_readable *out)
{
    *out = (gan_readable){.reader = from.reader, .size = from.reader.size};
    if (!from.path) {
        snprintf(out->name, sizeof(out->name), "the reader's data");
        return GAN_OK;
    }
    snprintf(out->name, sizeof(out->name), "'%s'", from.path);
    GAN_TRY(gan_file_open(context, from.path, &out->file));
    out->size = out->file.size;
    return GAN_OK;
}

static gan_status read_from_host(gan_reader reader, int64_t offset, void *out, size_t size)
{
    GAN_HOST_SCOPE();
    return reader.read(reader.user, offset, out, size);
}

gan_status gan_readable_read(const gan_readable *readable, int64_t offset, void *out, size_t size)
{
    if (readable->file.context) return gan_file_read(&readable->file, offset, out, size);
    if (offset < 0 || offset > readable->size || size > (uint64_t)(readable->size - offset)) {
        return gan_fail(GAN_ERROR_TRUNCATED, "%s has %lld bytes; %zu from byte %lld on are missing", readable->name,
                        (long long)readable->size, size, (long long)offset);
    }
    if (size == 0) return GAN_OK;
    const gan_status status = read_from_host(readable->reader, offset, out, size);
    if (status == GAN_OK) return GAN_OK;
    return gan_fail(status, "the reader returned %s for %zu bytes at byte %lld", gan_status_name(status), size,
                    (long long)offset);
}

void gan_readable_close(gan_readable *readable)
{
    gan_file_close(&readable->file);
}
