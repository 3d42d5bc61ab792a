/* NumPy's .npy, format 1.0: magic, version, header length, a Python dictionary as text, values. */
#include "io/arrays/arrays.h"
#include "io/writing/writing.h"

#include <stdio.h>
#include <string.h>

enum { alignment = 64, header_capacity = 512, prefix = 10, piece_count = 4096 };

/* Padded with spaces and a newline to align the values. Returns the length. */
static size_t make_header(char header[header_capacity], int64_t count, gan_shape shape)
{
    char *text = header + prefix;
    const size_t capacity = header_capacity - prefix;
    size_t used =
        (size_t)snprintf(text, capacity, "{'descr': '<f4', 'fortran_order': False, 'shape': (%lld", (long long)count);

    for (int i = 0; i < shape.rank; i++)
        used += (size_t)snprintf(text + used, capacity - used, ", %lld", (long long)shape.dims[i]);
    used += (size_t)snprintf(text + used, capacity - used, "), }");
    const size_t size = (prefix + used + alignment) / alignment * alignment;
    memset(text + used, ' ', size - prefix - used);
    header[size - 1] = '\n';
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = (char)((size - prefix) & 0xff);
    header[9] = (char)((size - prefix) >> 8);
    return size;
}

static gan_status write_values(gan_writable *to, const float *values, int64_t count)
{
    float piece[piece_count];

    for (int64_t done = 0; done < count; done += piece_count) {
        const int64_t size = count - done < piece_count ? count - done : piece_count;
        memcpy(piece, values + done, (size_t)size * sizeof(*piece));
        gan_floats_to_little_endian(piece, size);
        GAN_TRY(gan_writable_write(to, piece, (size_t)size * sizeof(*piece)));
    }
    return GAN_OK;
}

static gan_status write_array(gan_context *context, gan_target to, const float *values, int64_t count,
                              gan_shape shape, const char *function)
{
    char header[header_capacity], what[64];
    gan_writable writable;
    int64_t total;

    if (count < 1) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: count is %lld, expected at least 1", function, (long long)count);
    }
    snprintf(what, sizeof(what), "%s: shape", function);
    GAN_TRY(gan_shape_check(shape, what));
    if (!gan_checked_multiply(gan_shape_count(shape), count, &total) || !gan_array_fits(total, sizeof(float))) {
        return gan_fail(GAN_ERROR_OVERFLOW, "%s: the size of %lld samples overflows", function, (long long)count);
    }
    GAN_TRY(gan_writable_open(context, to, &writable));
    gan_status status = gan_writable_write(&writable, header, make_header(header, count, shape));
    if (status == GAN_OK) status = write_values(&writable, values, total);
    return gan_writable_close(&writable, status);
}

gan_status gan_npy_write(gan_context *context, const char *path, const float *values, int64_t count, gan_shape shape)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(path);
    GAN_CHECK_NOT_NULL(values);
    return write_array(context, (gan_target){.path = path}, values, count, shape, __func__);
}

gan_status gan_npy_write_to(gan_context *context, gan_writer writer, const float *values, int64_t count,
                            gan_shape shape)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(context);
    GAN_TRY(gan_writer_check(writer, __func__));
    GAN_CHECK_NOT_NULL(values);
    return write_array(context, (gan_target){.writer = writer}, values, count, shape, __func__);
}
