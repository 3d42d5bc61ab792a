/* Pictures from files: the first bytes tell their kind. */
#include "data/images/images.h"

#include <string.h>

static gan_status decode(gan_context *context, const char *path, const unsigned char *bytes, size_t size,
                         gan_image *out)
{
    if (size == 0) return gan_fail(GAN_ERROR_TRUNCATED, "'%s' is empty, expected a PNG or JPEG", path);
    if (size >= 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0)
        return gan_png_decode(context, path, bytes, size, out);
    if (size >= 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0) {
        GAN_TRY(gan_jpeg_decode(context, path, bytes, size, out));
        return gan_image_turn(context, path, gan_jpeg_orientation(bytes, size), out);
    }
    return gan_fail(GAN_ERROR_MAGIC, "'%s' is neither PNG nor JPEG%s", path, gan_file_hint(bytes, size));
}

gan_status gan_image_read(gan_context *context, const char *path, gan_image *out)
{
    gan_file file;

    *out = (gan_image){0};
    GAN_TRY(gan_file_open(context, path, &file));
    const size_t size = (size_t)file.size;
    gan_status status = GAN_OK;
    if (file.size > GAN_IMAGE_FILE) {
        status = gan_fail(GAN_ERROR_OVERFLOW, "'%s' has %lld bytes, expected at most %d", path, (long long)file.size,
                          GAN_IMAGE_FILE);
    }
    unsigned char *bytes = status == GAN_OK ? gan_allocate(context, size) : NULL;
    if (status == GAN_OK && !bytes) status = GAN_ERROR_MEMORY;
    if (status == GAN_OK) status = gan_file_read(&file, 0, bytes, size);
    if (status == GAN_OK) status = decode(context, path, bytes, size, out);
    if (status != GAN_OK) gan_image_release(context, out);
    gan_release(context, bytes, size);
    gan_file_close(&file);
    return status;
}
