/* Reading JPEG. libjpeg reports errors by a call that must not return: it jumps back by longjmp. Its memory comes
 * from malloc. */
#include "data/images/images.h"

#ifdef GAN_HAVE_JPEG

#include <stdio.h>

#include <jerror.h>
#include <jpeglib.h>
#include <limits.h>
#include <setjmp.h>
#include <string.h>

typedef struct jpeg_decoder {
    struct jpeg_error_mgr errors; /* first: libjpeg knows only its address */
    struct jpeg_decompress_struct jpeg;
    jmp_buf back;
    gan_context *context;
    const char *path;
    gan_status failure;
    gan_image *image;
    size_t size;
    bool claims_too_much;  /* if libjpeg runs out of memory */
    unsigned char *pixels; /* of the lines that have been read, and some more */
    int64_t capacity;      /* bytes of `pixels` */
} jpeg_decoder;

static void on_error(j_common_ptr jpeg)
{
    jpeg_decoder *decoder = (jpeg_decoder *)(void *)jpeg->err;
    char message[JMSG_LENGTH_MAX];
    const int code = jpeg->err->msg_code;

    jpeg->err->format_message(jpeg, message);
    if (code == JERR_NO_BACKING_STORE && decoder->claims_too_much) {
        decoder->failure = gan_fail(GAN_ERROR_TRUNCATED, "'%s' has %zu bytes, too few for the pixels that it claims",
                                    decoder->path, decoder->size);
    } else if (code == JERR_OUT_OF_MEMORY || code == JERR_NO_BACKING_STORE) {
        decoder->failure = gan_fail(GAN_ERROR_MEMORY, "'%s': there is too little memory to read JPEG", decoder->path);
    } else {
        decoder->failure = gan_fail(GAN_ERROR_FORMAT, "'%s' is not valid JPEG: %s", decoder->path, message);
    }
    longjmp(decoder->back, 1);
}

/* Warnings of missing or damaged data are errors here: libjpeg would make the rest up. */
static void on_message(j_common_ptr jpeg, int level)
{
    const int code = jpeg->err->msg_code;

    if (level < 0 && (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE)) on_error(jpeg);
}

static void print_nothing(j_common_ptr jpeg)
{
    (void)jpeg;
}

/* In place, to RGB that is opaque. Programs that write an Adobe marker store CMYK inverted. */
static void cmyk_to_rgb(unsigned char *row, int64_t width, bool inverted)
{
    const int flip = inverted ? 0 : 255;

    for (unsigned char *pixel = row; pixel < row + 4 * width; pixel += 4) {
        const int black = pixel[3] ^ flip;
        for (int c = 0; c < 3; c++) pixel[c] = (unsigned char)((pixel[c] ^ flip) * black / 255);
        pixel[3] = 255;
    }
}

/* libjpeg's own memory: it holds all of a progressive picture, 128 bytes for a block of 64 values, which takes at
 * least a bit of the file, but less if the coding is arithmetic. */
static void limit_memory(jpeg_decoder *decoder)
{
    enum { MEMORY = 1 << 26, MEMORY_OF_BYTE = 4 * 8 * 128 };
    const uint64_t left = gan_memory_left(decoder->context),
                   honest = MEMORY + MEMORY_OF_BYTE * (uint64_t)decoder->size; /* a file has at most 1 GiB */

    decoder->claims_too_much = honest < left;
    const uint64_t limit = decoder->claims_too_much ? honest : left;
    decoder->jpeg.mem->max_memory_to_use = limit == 0 ? 1 : limit < LONG_MAX ? (long)limit : LONG_MAX;
}

/* Makes room for the first `lines` lines. Pictures are rarely packed more than 64 times: what a header claims beyond
 * that is allocated as it is read. */
static gan_status make_room(jpeg_decoder *decoder, int64_t lines)
{
    const gan_image *image = decoder->image;
    const int64_t line = image->width * image->channels, whole = line * image->height;

    if (lines * line <= decoder->capacity) return GAN_OK;
    int64_t larger = decoder->capacity > 0 ? 2 * decoder->capacity : 64 * (int64_t)decoder->size;
    if (larger < lines * line) larger = lines * line;
    if (larger > whole) larger = whole;
    unsigned char *pixels = gan_allocate_array(decoder->context, larger, 1);
    if (!pixels) return GAN_ERROR_MEMORY;
    if (decoder->pixels) memcpy(pixels, decoder->pixels, (size_t)decoder->capacity);
    gan_release(decoder->context, decoder->pixels, (size_t)decoder->capacity);
    decoder->pixels = pixels;
    decoder->capacity = larger;
    return GAN_OK;
}

static gan_status read_picture(jpeg_decoder *decoder, const unsigned char *bytes)
{
    struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    gan_image *image = decoder->image;

    if (setjmp(decoder->back) != 0) return decoder->failure;
    jpeg_create_decompress(jpeg);
    limit_memory(decoder);
    jpeg_mem_src(jpeg, bytes, (unsigned long)decoder->size);
    jpeg_read_header(jpeg, TRUE);
    const bool cmyk = jpeg->num_components == 4;
    jpeg->out_color_space = cmyk ? JCS_CMYK : jpeg->num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    decoder->failure = gan_image_check(decoder->path, jpeg->image_width, jpeg->image_height);
    if (decoder->failure != GAN_OK) return decoder->failure;
    *image = (gan_image){.width = jpeg->image_width,
                         .height = jpeg->image_height,
                         .channels = cmyk                        ? 4
                                     : jpeg->num_components == 1 ? 1
                                                                 : 3};
    jpeg_start_decompress(jpeg);
    while (jpeg->output_scanline < jpeg->output_height) {
        const int64_t line = (int64_t)jpeg->output_scanline;
        decoder->failure = make_room(decoder, line + 1);
        if (decoder->failure != GAN_OK) return decoder->failure;
        JSAMPROW row = decoder->pixels + line * image->width * image->channels;
        jpeg_read_scanlines(jpeg, &row, 1);
        if (cmyk) cmyk_to_rgb(row, image->width, jpeg->saw_Adobe_marker);
    }
    jpeg_finish_decompress(jpeg);
    return GAN_OK;
}

gan_status gan_jpeg_decode(gan_context *context, const char *path, const unsigned char *bytes, size_t size,
                           gan_image *out)
{
    jpeg_decoder decoder = {.context = context, .path = path, .size = size, .image = out};

    decoder.jpeg.err = jpeg_std_error(&decoder.errors);
    decoder.errors.error_exit = on_error;
    decoder.errors.emit_message = on_message;
    decoder.errors.output_message = print_nothing;
    const gan_status status = read_picture(&decoder, bytes);
    jpeg_destroy_decompress(&decoder.jpeg);
    if (status == GAN_OK) {
        out->pixels = decoder.pixels;
        return GAN_OK;
    }
    gan_release(context, decoder.pixels, (size_t)decoder.capacity);
    *out = (gan_image){0};
    return status;
}

#else

gan_status gan_jpeg_decode(gan_context *context, const char *path, const unsigned char *bytes, size_t size,
                           gan_image *out)
{
    (void)context;
    (void)bytes;
    (void)size;
    (void)out;
    return gan_fail(GAN_ERROR_UNSUPPORTED, "'%s' is JPEG, but this libgan was built without libjpeg", path);
}

#endif
