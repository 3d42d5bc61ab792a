/* Pictures from PNG and JPEG files. */
#ifndef GAN_DATA_IMAGES_H
#define GAN_DATA_IMAGES_H

#include "core/core.h"

/* ---- Pictures (image.c, image_read.c, png_decode.c, jpeg_decode.c) -------------------------------------- */

#define GAN_IMAGE_SIDE 32768     /* most pixels in width and height */
#define GAN_IMAGE_FILE (1 << 30) /* most bytes of a file */

/* Rows from the top, pixels from the left, channels together: grey, grey and alpha, RGB, RGB and alpha. */
typedef struct gan_image {
    int64_t width, height, channels;
    unsigned char *pixels;
} gan_image;

/* What pictures are made to fit: scaled until they just cover it, and cropped at the centre. */
typedef struct gan_fit {
    int64_t height, width, channels; /* 1 or 3 */
} gan_fit;

/* GAN_ERROR_OVERFLOW unless a picture may be as large as its header claims. */
gan_status gan_image_check(const char *path, int64_t width, int64_t height);
gan_status gan_image_allocate(gan_context *context, const char *path, int64_t width, int64_t height, int64_t channels,
                              gan_image *out);
void gan_image_release(gan_context *context, gan_image *image); /* accepts a zeroed one */
/* Reads a PNG or JPEG file, as its first bytes tell. */
gan_status gan_image_read(gan_context *context, const char *path, gan_image *out);
/* Decodes a file's bytes; `path` is for messages. */
gan_status gan_png_decode(gan_context *context, const char *path, const unsigned char *bytes, size_t size,
                          gan_image *out);
gan_status gan_jpeg_decode(gan_context *context, const char *path, const unsigned char *bytes, size_t size,
                           gan_image *out);
/* How the EXIF data of a JPEG file say that its picture is stored, from 1, upright, to 8; 1 without such. */
int gan_jpeg_orientation(const unsigned char *bytes, size_t size);
/* Turns and mirrors a picture that is stored so, until it is upright. */
gan_status gan_image_turn(gan_context *context, const char *path, int orientation, gan_image *image);
/* Writes channels * height * width bytes. */
gan_status gan_image_fit(gan_context *context, const gan_image *image, gan_fit fit, unsigned char *out);

#endif
