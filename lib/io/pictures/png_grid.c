/* A grid of images as one picture, written row by row. */
#include "io/pictures/pictures.h"
#include "io/writing/writing.h"

#include <stdio.h>
#include <string.h>

enum { border = 2, border_grey = 96 };

typedef struct grid {
    const float *images;
    int64_t count, columns, height, width; /* height and width of an image */
    int channels;
} grid;

/* x in [-1, 1] to 0 ... 255; the inverse of b / 127.5 - 1. NaN is drawn as -1. */
static unsigned char to_byte(float x)
{
    if (!(x > -1.0f)) return 0;
    if (x >= 1.0f) return 255;
    return (unsigned char)((x + 1.0f) * 127.5f + 0.5f);
}

static void grid_row(void *user, int64_t row, unsigned char *pixels)
{
    const grid *at = user;
    const int64_t y = row % (at->height + border), first = row / (at->height + border) * at->columns;
    const int64_t plane = at->height * at->width;

    memset(pixels, border_grey, (size_t)((at->columns * (at->width + border) - border) * at->channels));
    if (y >= at->height) return;
    for (int64_t column = 0; column < at->columns && first + column < at->count; column++) {
        const float *image = at->images + (first + column) * plane * at->channels + y * at->width;
        unsigned char *out = pixels + column * (at->width + border) * at->channels;
        for (int64_t x = 0; x < at->width; x++)
            for (int c = 0; c < at->channels; c++) *out++ = to_byte(image[c * plane + x]);
    }
}

gan_status gan_png_write_grid_at(gan_context *context, gan_target to, const float *images, int64_t count,
                                 gan_shape shape, int64_t columns, const char *function, gan_picture_size *size)
{
    char text[GAN_SHAPE_TEXT], what[64];

    snprintf(what, sizeof(what), "%s: shape", function);
    GAN_TRY(gan_shape_check(shape, what));
    if (shape.rank != 3 || (shape.dims[0] != 1 && shape.dims[0] != 3)) {
        return gan_fail(GAN_ERROR_SHAPE, "%s: shape is %s, expected (1 or 3, height, width)", function,
                        gan_shape_text(shape, text));
    }
    if (count < 1 || columns < 0) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: count is %lld and columns %lld, expected at least 1 and 0", function,
                        (long long)count, (long long)columns);
    }
    const int64_t limit = INT32_MAX;
    if (shape.dims[1] > limit || shape.dims[2] > limit || count > limit) {
        return gan_fail(GAN_ERROR_OVERFLOW, "%s: %lld images of the shape %s are too large", function,
                        (long long)count, gan_shape_text(shape, text));
    }
    if (columns == 0)
        while (columns * columns < count) columns++;
    if (columns > count) columns = count;
    grid at = {images, count, columns, shape.dims[1], shape.dims[2], (int)shape.dims[0]};
    const gan_picture_size picture = {columns * (at.width + border) - border,
                                      (count + columns - 1) / columns * (at.height + border) - border};
    if (size) *size = picture;
    return gan_png_write(context, to, picture.width, picture.height, at.channels, grid_row, &at);
}

gan_status gan_png_write_grid(gan_context *context, const char *path, const float *images, int64_t count,
                              gan_shape shape, int64_t columns)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(path);
    GAN_CHECK_NOT_NULL(images);
    return gan_png_write_grid_at(context, (gan_target){.path = path}, images, count, shape, columns, __func__, NULL);
}

gan_status gan_png_write_grid_to(gan_context *context, gan_writer writer, const float *images, int64_t count,
                                 gan_shape shape, int64_t columns)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(context);
    GAN_TRY(gan_writer_check(writer, __func__));
    GAN_CHECK_NOT_NULL(images);
    return gan_png_write_grid_at(context, (gan_target){.writer = writer}, images, count, shape, columns, __func__,
                                 NULL);
}
