/* Reading JPEG. libjpeg reports errors by a call that must not return: it jumps back by longjmp. Its memory comes
 * from malloc. */
#include "data/data.h"

#ifdef GAN_HAVE_JPEG

#include <stdio.h>

#include <jerror.h>
#include <jpeglib.h>
#include <setjmp.h>

typedef struct jpeg_decoder {
    struct jpeg_error_mgr errors; /* first: libjpeg knows only its address */
    struct jpeg_decompress_struct jpeg;
    jmp_buf back;
    gan_context *context;
    const char *path;
    gan_status failure;
    gan_image *image;
} jpeg_decoder;

static void on_error(j_common_ptr jpeg)
{
    jpeg_decoder *decoder = (jpeg_decoder *)(void *)jpeg->err;
    char message[JMSG_LENGTH_MAX];

    jpeg->err->format_message(jpeg, message);
    decoder->failure =
        jpeg->err->msg_code == JERR_OUT_OF_MEMORY
            ? gan_fail(GAN_ERROR_MEMORY, "'%s': there is too little memory to read JPEG", decoder->path)
            : gan_fail(GAN_ERROR_FORMAT, "'%s' is not valid JPEG: %s", decoder->path, message);
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

static gan_status read_picture(jpeg_decoder *decoder, const unsigned char *bytes, size_t size)
{
    struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    gan_image *image = decoder->image;

    if (setjmp(decoder->back) != 0) return decoder->failure;
    jpeg_create_decompress(jpeg);
    jpeg_mem_src(jpeg, bytes, (unsigned long)size);
    jpeg_read_header(jpeg, TRUE);
    const bool cmyk = jpeg->num_components == 4;
    jpeg->out_color_space = cmyk ? JCS_CMYK : jpeg->num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    decoder->failure = gan_image_allocate(decoder->context, decoder->path, jpeg->image_width, jpeg->image_height,
                                          cmyk                        ? 4
                                          : jpeg->num_components == 1 ? 1
                                                                      : 3,
                                          image);
    if (decoder->failure != GAN_OK) return decoder->failure;
    jpeg_start_decompress(jpeg);
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW row = image->pixels + (int64_t)jpeg->output_scanline * image->width * image->channels;
        jpeg_read_scanlines(jpeg, &row, 1);
        if (cmyk) cmyk_to_rgb(row, image->width, jpeg->saw_Adobe_marker);
    }
    jpeg_finish_decompress(jpeg);
    return GAN_OK;
}

gan_status gan_jpeg_decode(gan_context *context, const char *path, const unsigned char *bytes, size_t size,
                           gan_image *out)
{
    jpeg_decoder decoder = {.context = context, .path = path, .image = out};

    decoder.jpeg.err = jpeg_std_error(&decoder.errors);
    decoder.errors.error_exit = on_error;
    decoder.errors.emit_message = on_message;
    decoder.errors.output_message = print_nothing;
    const gan_status status = read_picture(&decoder, bytes, size);
    jpeg_destroy_decompress(&decoder.jpeg);
    if (status != GAN_OK) gan_image_release(context, out);
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
