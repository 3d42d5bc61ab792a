/* Checks of shapes, shared by several kinds of layers. */
#include "layers/shared.h"

gan_status gan_check_extent(const char *what, int64_t value)
{
    if (value <= INT32_MAX) return GAN_OK;
    return gan_fail(GAN_ERROR_OVERFLOW, "%s is %lld, expected at most %d", what, (long long)value, INT32_MAX);
}

gan_status gan_check_product(const char *what, const int64_t *factors, int count)
{
    int64_t product = 1;
    for (int i = 0; i < count; i++) {
        if (!gan_checked_multiply(product, factors[i], &product))
            return gan_fail(GAN_ERROR_OVERFLOW, "%s: the number of values overflows", what);
    }
    return GAN_OK;
}

gan_status gan_check_channels(gan_shape input)
{
    char text[GAN_SHAPE_TEXT];
    if (input.rank == 1 || input.rank == 3) return GAN_OK;
    return gan_fail(GAN_ERROR_SHAPE, "input is %s, expected rank 1 or an image (channels, height, width)",
                    gan_shape_text(input, text));
}

gan_status gan_check_equal_shapes(const gan_shape *inputs, int count)
{
    for (int i = 1; i < count; i++) {
        if (gan_shape_equal(inputs[i], inputs[0])) continue;
        char first[GAN_SHAPE_TEXT], other[GAN_SHAPE_TEXT];
        return gan_fail(GAN_ERROR_SHAPE, "input %d is %s, but input 0 is %s", i, gan_shape_text(inputs[i], other),
                        gan_shape_text(inputs[0], first));
    }
    return GAN_OK;
}

gan_status gan_check_image(gan_shape input)
{
    char text[GAN_SHAPE_TEXT];
    if (input.rank != 3) {
        return gan_fail(GAN_ERROR_SHAPE, "input is %s, expected an image (channels, height, width)",
                        gan_shape_text(input, text));
    }
    for (int i = 0; i < 3; i++) GAN_TRY(gan_check_extent("a side of the input", input.dims[i]));
    return GAN_OK;
}
