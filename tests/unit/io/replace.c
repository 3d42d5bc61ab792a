#include "replace.h"

#include "support/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

gan_status replace(gan_context *context, const char *path, int value, size_t size, size_t piece)
{
    static _Thread_local unsigned char bytes[1 << 20];
    gan_atomic_file *file = NULL;
    gan_status status = gan_atomic_file_open(context, path, &file);

    if (status != GAN_OK) {
        assert_null(file);
        return status;
    }
    memset(bytes, value, piece);
    for (size_t done = 0; done < size && status == GAN_OK; done += piece)
        status = gan_atomic_file_write(file, bytes, size - done < piece ? size - done : piece);
    if (status == GAN_OK) return gan_atomic_file_commit(file);
    gan_atomic_file_abandon(file);
    return status;
}

int content(const char *path, size_t size)
{
    static unsigned char bytes[1 << 20];

    if (test_file_read(path, bytes, sizeof(bytes)) != size) return -1;
    for (size_t i = 1; i < size; i++)
        if (bytes[i] != bytes[0]) return -1;
    return bytes[0];
}
