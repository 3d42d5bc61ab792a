/* Which way up a picture is: cameras store what their sensor sees and note how they were held, as EXIF data do in
 * tag 0x112 (JEITA CP-3451, 4.6.4). */
#include "data/images/images.h"

#include <string.h>

enum { UPRIGHT = 1, LAST_ORIENTATION = 8, FIRST_TRANSPOSED = 5 };

/* Part of a file. What lies beyond its end reads as 0. */
typedef struct part {
    const unsigned char *bytes;
    size_t size;
    bool little; /* endian */
} part;

static size_t number_at(part p, size_t at, size_t width)
{
    size_t number = 0;

    for (size_t i = 0; i < width; i++) {
        const size_t place = at + (p.little ? width - 1 - i : i);
        number = number << 8 | (place < p.size ? p.bytes[place] : 0U);
    }
    return number;
}

/* Of TIFF data: a directory of entries, of 12 bytes each. */
static int tiff_orientation(part tiff)
{
    enum { TAG = 0x112, SHORT = 3, ENTRY = 12 };

    tiff.little = tiff.size > 0 && tiff.bytes[0] == 'I';
    const size_t directory = number_at(tiff, 4, 4);
    if (directory >= tiff.size) return UPRIGHT;
    const size_t count = number_at(tiff, directory, 2);
    for (size_t i = 0, at = directory + 2; i < count && at + ENTRY <= tiff.size; i++, at += ENTRY) {
        if (number_at(tiff, at, 2) != TAG || number_at(tiff, at + 2, 2) != SHORT) continue;
        const size_t value = number_at(tiff, at + 8, 2);
        return value >= UPRIGHT && value <= LAST_ORIENTATION ? (int)value : UPRIGHT;
    }
    return UPRIGHT;
}

/* The segments up to the pixels: APP1 has the EXIF data. */
int gan_jpeg_orientation(const unsigned char *bytes, size_t size)
{
    enum { APP1 = 0xe1, SCAN = 0xda };
    static const char name[] = "Exif\0"; /* and the 0 that ends it */
    const part file = {bytes, size, false};

    for (size_t at = 2; at + 4 <= size && bytes[at] == 0xff; at += 2 + number_at(file, at + 2, 2)) {
        while (at + 4 < size && bytes[at + 1] == 0xff) at++; /* bytes that fill up */
        const size_t length = number_at(file, at + 2, 2);
        if (bytes[at + 1] == SCAN || length < 2 || length > size - at - 2) break;
        const part exif = {bytes + at + 4, length - 2, false};
        if (bytes[at + 1] != APP1 || exif.size < sizeof(name) || memcmp(exif.bytes, name, sizeof(name)) != 0)
            continue;
        return tiff_orientation((part){exif.bytes + sizeof(name), exif.size - sizeof(name), false});
    }
    return UPRIGHT;
}

gan_status gan_image_turn(gan_context *context, const char *path, int orientation, gan_image *image)
{
    const bool transposed = orientation >= FIRST_TRANSPOSED;
    const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const bool from_below = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    gan_image turned;

    if (orientation == UPRIGHT) return GAN_OK;
    GAN_TRY(gan_image_allocate(context, path, transposed ? image->height : image->width,
                               transposed ? image->width : image->height, image->channels, &turned));
    unsigned char *out = turned.pixels;
    for (int64_t y = 0; y < turned.height; y++) {
        for (int64_t x = 0; x < turned.width; x++, out += image->channels) {
            const int64_t across = transposed ? y : x, down = transposed ? x : y;
            const int64_t column = from_right ? image->width - 1 - across : across;
            const int64_t row = from_below ? image->height - 1 - down : down;
            memcpy(out, image->pixels + (row * image->width + column) * image->channels, (size_t)image->channels);
        }
    }
    gan_image_release(context, image);
    *image = turned;
    return GAN_OK;
}
