/* Pictures of any size: their memory, and how they are made to fit one size. */
#include "data/images/images.h"

#include <math.h>

gan_status gan_image_check(const char *path, int64_t width, int64_t height)
{
    if (width >= 1 && height >= 1 && width <= GAN_IMAGE_SIDE && height <= GAN_IMAGE_SIDE) return GAN_OK;
    return gan_fail(GAN_ERROR_OVERFLOW, "'%s' has %lld x %lld pixels, expected 1 to %d a side", path,
                    (long long)width, (long long)height, GAN_IMAGE_SIDE);
}

gan_status gan_image_allocate(gan_context *context, const char *path, int64_t width, int64_t height, int64_t channels,
                              gan_image *out)
{
    GAN_TRY(gan_image_check(path, width, height));
    unsigned char *pixels = gan_allocate_array(context, width * height * channels, 1);
    if (!pixels) return GAN_ERROR_MEMORY;
    *out = (gan_image){.width = width, .height = height, .channels = channels, .pixels = pixels};
    return GAN_OK;
}

void gan_image_release(gan_context *context, gan_image *image)
{
    gan_release(context, image->pixels, (size_t)(image->width * image->height * image->channels));
    *image = (gan_image){0};
}

/* ---- Fitting ------------------------------------------------------------------------------------------------ */

/* One channel of a pixel, over white where it is transparent, from 0 to 255. Grey of RGB is its luma (ITU-R 601). */
static float pixel_value(const gan_image *image, int64_t x, int64_t y, int64_t channels, int64_t channel)
{
    const unsigned char *pixel = image->pixels + (y * image->width + x) * image->channels;
    const bool grey = image->channels < 3;
    float value = grey           ? (float)pixel[0]
                  : channels > 1 ? (float)pixel[channel]
                                 : 0.299f * (float)pixel[0] + 0.587f * (float)pixel[1] + 0.114f * (float)pixel[2];

    if (image->channels % 2 == 0) {
        const float opacity = (float)pixel[image->channels - 1] / 255;
        value = value * opacity + 255 * (1 - opacity);
    }
    return value;
}

/* The pixels that one of the result is made of, from `first`: a triangle as wide as a pixel of the coarser grid, so
 * that shrinking averages and enlarging interpolates, as in Pillow. Returns how many; weights sum to 1. */
static int64_t make_weights(int64_t size, double start, double scale, int64_t at, int64_t *first, float *weights)
{
    const double support = scale > 1 ? scale : 1, centre = start + ((double)at + 0.5) * scale;
    const int64_t low = (int64_t)fmax(centre - support + 0.5, 0),
                  high = (int64_t)fmin(centre + support + 0.5, (double)size);
    double sum = 0;

    for (int64_t i = low; i < high; i++) {
        const double distance = fabs(((double)i + 0.5 - centre) / support);
        weights[i - low] = distance < 1 ? (float)(1 - distance) : 0;
        sum += (double)weights[i - low];
    }
    for (int64_t i = low; i < high; i++) weights[i - low] = (float)((double)weights[i - low] / sum);
    *first = low;
    return high - low;
}

/* A channel, first along its rows, then along its columns. `rows`: image height * width. */
static void fit_channel(const gan_image *image, gan_fit fit, double scale, int64_t channel, float *rows,
                        float *weights, unsigned char *out)
{
    const double left = ((double)image->width - (double)fit.width * scale) / 2;
    const double top = ((double)image->height - (double)fit.height * scale) / 2;
    int64_t first;

    for (int64_t x = 0; x < fit.width; x++) {
        const int64_t count = make_weights(image->width, left, scale, x, &first, weights);
        for (int64_t y = 0; y < image->height; y++) {
            float sum = 0;
            for (int64_t i = 0; i < count; i++)
                sum += weights[i] * pixel_value(image, first + i, y, fit.channels, channel);
            rows[y * fit.width + x] = sum;
        }
    }
    for (int64_t y = 0; y < fit.height; y++) {
        const int64_t count = make_weights(image->height, top, scale, y, &first, weights);
        for (int64_t x = 0; x < fit.width; x++) {
            float sum = 0;
            for (int64_t i = 0; i < count; i++) sum += weights[i] * rows[(first + i) * fit.width + x];
            out[y * fit.width + x] = (unsigned char)lrintf(fminf(fmaxf(sum, 0), 255));
        }
    }
}

gan_status gan_image_fit(gan_context *context, const gan_image *image, gan_fit fit, unsigned char *out)
{
    /* Pixels of the image to one of the result: the largest part of the image that has the result's shape. */
    const double scale = fmin((double)image->width / (double)fit.width, (double)image->height / (double)fit.height);
    const int64_t longest = image->width > image->height ? image->width : image->height;
    float *rows = gan_allocate_array(context, image->height * fit.width, sizeof(*rows));
    float *weights = gan_allocate_array(context, longest, sizeof(*weights));

    for (int64_t c = 0; c < fit.channels && rows && weights; c++)
        fit_channel(image, fit, scale, c, rows, weights, out + c * fit.height * fit.width);
    const gan_status status = rows && weights ? GAN_OK : GAN_ERROR_MEMORY;
    gan_release(context, rows, (size_t)(image->height * fit.width) * sizeof(*rows));
    gan_release(context, weights, (size_t)longest * sizeof(*weights));
    return status;
}
