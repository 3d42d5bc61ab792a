/* Shapes and sizes from outside. */
#include "core/status/status.h"

#include <stdio.h>

bool gan_checked_multiply(int64_t a, int64_t b, int64_t *product)
{
    if (a < 0 || b < 0 || (b > 0 && a > INT64_MAX / b)) return false;
    *product = a * b;
    return true;
}

bool gan_array_fits(int64_t count, size_t element_size)
{
    return count >= 0 && count <= PTRDIFF_MAX / (int64_t)element_size;
}

gan_status gan_array_check(int64_t count, size_t element_size, const char *function, const char *name)
{
    if (gan_array_fits(count, element_size)) return GAN_OK;
    return gan_fail(GAN_ERROR_OVERFLOW, "%s: %s is %lld, and the size of such an array overflows", function, name,
                    (long long)count);
}

int64_t gan_shape_count(gan_shape shape)
{
    int64_t count = 1;

    if (shape.rank < 1 || shape.rank > GAN_MAX_RANK) return 0;
    for (int i = 0; i < shape.rank; i++) {
        if (shape.dims[i] < 1 || !gan_checked_multiply(count, shape.dims[i], &count)) return 0;
    }
    return count;
}

gan_status gan_shape_check(gan_shape shape, const char *what)
{
    char text[GAN_SHAPE_TEXT];

    if (shape.rank < 1 || shape.rank > GAN_MAX_RANK) {
        return gan_fail(GAN_ERROR_SHAPE, "%s: the rank is %d, expected 1 to %d", what, shape.rank, GAN_MAX_RANK);
    }
    for (int i = 0; i < shape.rank; i++) {
        if (shape.dims[i] < 1) {
            return gan_fail(GAN_ERROR_SHAPE, "%s %s: dimension %d is %lld, expected at least 1", what,
                            gan_shape_text(shape, text), i, (long long)shape.dims[i]);
        }
    }
    if (gan_shape_count(shape) == 0) {
        return gan_fail(GAN_ERROR_OVERFLOW, "%s %s has more than %lld elements", what, gan_shape_text(shape, text),
                        (long long)INT64_MAX);
    }
    return GAN_OK;
}

bool gan_shape_equal(gan_shape a, gan_shape b)
{
    if (a.rank != b.rank || a.rank > GAN_MAX_RANK) return false;
    for (int i = 0; i < a.rank; i++) {
        if (a.dims[i] != b.dims[i]) return false;
    }
    return true;
}

const char *gan_shape_text(gan_shape shape, char text[GAN_SHAPE_TEXT])
{
    const int rank = shape.rank > GAN_MAX_RANK ? GAN_MAX_RANK : shape.rank;
    int used = snprintf(text, GAN_SHAPE_TEXT, "(");

    for (int i = 0; i < rank; i++) {
        used += snprintf(text + used, (size_t)(GAN_SHAPE_TEXT - used), i > 0 ? ", %lld" : "%lld",
                         (long long)shape.dims[i]);
    }
    snprintf(text + used, (size_t)(GAN_SHAPE_TEXT - used), shape.rank > GAN_MAX_RANK ? ", ...)" : ")");
    return text;
}
