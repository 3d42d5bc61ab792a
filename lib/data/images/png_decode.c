/* Reading PNG. libpng reports errors by longjmp: everything that it may jump over lives in one struct, which the
 * caller releases. */
#include "data/images/images.h"

#ifdef GAN_HAVE_PNG

#include <png.h>
#include <setjmp.h>
#include <string.h>

typedef struct png_decoder {
    gan_context *context;
    const char *path;
    const unsigned char *bytes;
    size_t size, used;
    gan_status failure; /* the reason for a jump, if known */
    png_structp png;
    png_infop info;
    gan_image *image;
    unsigned char **rows;
    bool alpha;
} png_decoder;

static void on_error(png_structp png, png_const_charp message)
{
    png_decoder *decoder = png_get_error_ptr(png);

    if (decoder->failure == GAN_OK)
        decoder->failure = gan_fail(GAN_ERROR_FORMAT, "'%s' is not valid PNG: %s", decoder->path, message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static png_voidp allocate(png_structp png, png_alloc_size_t size)
{
    png_decoder *decoder = png_get_mem_ptr(png);
    void *memory = gan_allocate_sized(decoder->context, size);

    if (!memory) decoder->failure = GAN_ERROR_MEMORY;
    return memory;
}

static void release(png_structp png, png_voidp memory)
{
    png_decoder *decoder = png_get_mem_ptr(png);

    gan_release_sized(decoder->context, memory);
}

static void read_bytes(png_structp png, png_bytep out, size_t size)
{
    png_decoder *decoder = png_get_io_ptr(png);

    if (size > decoder->size - decoder->used) {
        decoder->failure = gan_fail(GAN_ERROR_TRUNCATED, "'%s' ends within its PNG data", decoder->path);
        png_error(png, "truncated");
    }
    memcpy(out, decoder->bytes + decoder->used, size);
    decoder->used += size;
}

/* All kinds of PNG become 8 bits of grey or RGB, with alpha if there is any transparency. */
static void normalise(png_decoder *decoder)
{
    png_structp png = decoder->png;
    const int type = png_get_color_type(png, decoder->info);

    png_set_scale_16(png);
    png_set_packing(png);
    if (type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
    if (type == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(png);
    if (png_get_valid(png, decoder->info, PNG_INFO_tRNS)) png_set_tRNS_to_alpha(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, decoder->info);
}

/* Deflate makes at most 1032 bytes of one: a file that claims more pixels than that does not have them. */
static gan_status check_claim(const png_decoder *decoder)
{
    enum { MOST_BYTES_OF_ONE = 1032 };
    const uint64_t width = png_get_image_width(decoder->png, decoder->info),
                   height = png_get_image_height(decoder->png, decoder->info),
                   bits = (uint64_t)png_get_bit_depth(decoder->png, decoder->info) *
                          png_get_channels(decoder->png, decoder->info);

    if (width * height * bits / 8 <= (uint64_t)decoder->size * MOST_BYTES_OF_ONE) return GAN_OK;
    return gan_fail(GAN_ERROR_TRUNCATED, "'%s' has %zu bytes, too few for %llu x %llu pixels", decoder->path,
                    decoder->size, (unsigned long long)width, (unsigned long long)height);
}

static gan_status read_picture(png_decoder *decoder)
{
    gan_image *image = decoder->image;

    if (setjmp(png_jmpbuf(decoder->png)) != 0) return decoder->failure;
    png_set_read_fn(decoder->png, decoder, read_bytes);
    png_set_user_limits(decoder->png, GAN_IMAGE_SIDE, GAN_IMAGE_SIDE);
    png_read_info(decoder->png, decoder->info);
    decoder->failure = check_claim(decoder);
    if (decoder->failure != GAN_OK) return decoder->failure;
    normalise(decoder);
    decoder->failure = gan_image_allocate(
        decoder->context, decoder->path, png_get_image_width(decoder->png, decoder->info),
        png_get_image_height(decoder->png, decoder->info), png_get_channels(decoder->png, decoder->info), image);
    if (decoder->failure != GAN_OK) return decoder->failure;
    decoder->rows = gan_allocate_array(decoder->context, image->height, sizeof(*decoder->rows));
    if (!decoder->rows) return GAN_ERROR_MEMORY;
    for (int64_t y = 0; y < image->height; y++) decoder->rows[y] = image->pixels + y * image->width * image->channels;
    png_read_image(decoder->png, decoder->rows);
    png_read_end(decoder->png, NULL);
    return GAN_OK;
}

gan_status gan_png_decode(gan_context *context, const char *path, const unsigned char *bytes, size_t size,
                          gan_image *out)
{
    png_decoder decoder = {.context = context, .path = path, .bytes = bytes, .size = size, .image = out};
    gan_status status = GAN_ERROR_MEMORY;

    decoder.png =
        png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &decoder, on_error, on_warning, &decoder, allocate, release);
    decoder.info = decoder.png ? png_create_info_struct(decoder.png) : NULL;
    if (decoder.info) status = read_picture(&decoder);
    gan_release(context, decoder.rows, (size_t)out->height * sizeof(*decoder.rows));
    png_destroy_read_struct(&decoder.png, &decoder.info, NULL);
    if (status != GAN_OK) gan_image_release(context, out);
    return status;
}

#else

gan_status gan_png_decode(gan_context *context, const char *path, const unsigned char *bytes, size_t size,
                          gan_image *out)
{
    (void)context;
    (void)bytes;
    (void)size;
    (void)out;
    return gan_fail(GAN_ERROR_UNSUPPORTED, "'%s' is PNG, but this libgan was built without libpng", path);
}

#endif
