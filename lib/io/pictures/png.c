/* Writing PNG. libpng reports errors by longjmp: everything that it may jump over lives in one struct, which the
 * caller releases. */
#include "io/pictures/pictures.h"
#include "io/writing/writing.h"

#ifdef GAN_HAVE_PNG

#include <png.h>
#include <setjmp.h>

typedef struct png_writer {
    gan_context *context;
    gan_writable to;
    gan_status failure; /* the reason for a jump, if known */
    png_structp png;
    png_infop info;
    int64_t width, height;
    int channels;
    gan_png_row_fn row;
    void *user;
    unsigned char *pixels; /* of a row */
} png_writer;

static void on_error(png_structp png, png_const_charp message)
{
    png_writer *writer = png_get_error_ptr(png);

    if (writer->failure == GAN_OK) writer->failure = gan_fail(GAN_ERROR_IO, "writing PNG failed: %s", message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static png_voidp allocate(png_structp png, png_alloc_size_t size)
{
    png_writer *writer = png_get_mem_ptr(png);
    void *memory = gan_allocate_sized(writer->context, size);

    if (!memory) writer->failure = GAN_ERROR_MEMORY;
    return memory;
}

static void release(png_structp png, png_voidp memory)
{
    png_writer *writer = png_get_mem_ptr(png);

    gan_release_sized(writer->context, memory);
}

static void write_bytes(png_structp png, png_bytep data, size_t size)
{
    png_writer *writer = png_get_io_ptr(png);

    writer->failure = gan_writable_write(&writer->to, data, size);
    if (writer->failure != GAN_OK) png_error(png, "write");
}

static void flush_nothing(png_structp png)
{
    (void)png;
}

static gan_status write_picture(png_writer *writer)
{
    if (setjmp(png_jmpbuf(writer->png)) != 0) return writer->failure;
    png_set_write_fn(writer->png, writer, write_bytes, flush_nothing);
    png_set_IHDR(writer->png, writer->info, (png_uint_32)writer->width, (png_uint_32)writer->height, 8,
                 writer->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(writer->png, writer->info);
    for (int64_t row = 0; row < writer->height; row++) {
        writer->row(writer->user, row, writer->pixels);
        png_write_row(writer->png, writer->pixels);
    }
    png_write_end(writer->png, NULL);
    return GAN_OK;
}

static gan_status create_and_write(png_writer *writer)
{
    writer->png =
        png_create_write_struct_2(PNG_LIBPNG_VER_STRING, writer, on_error, on_warning, writer, allocate, release);
    if (writer->png) writer->info = png_create_info_struct(writer->png);
    if (!writer->info) {
        return writer->failure != GAN_OK ? writer->failure : gan_fail(GAN_ERROR_IO, "libpng could not be started");
    }
    return write_picture(writer);
}

gan_status gan_png_write(gan_context *context, gan_target to, int64_t width, int64_t height, int channels,
                         gan_png_row_fn row, void *user)
{
    const int64_t limit = 1000000; /* libpng's own, for width and height */
    png_writer writer = {
        .context = context, .width = width, .height = height, .channels = channels, .row = row, .user = user};

    if (width > limit || height > limit) {
        return gan_fail(GAN_ERROR_OVERFLOW, "%s%s%s: a picture of %lld x %lld pixels exceeds %lld x %lld",
                        to.path ? "'" : "", to.path ? to.path : "the writer", to.path ? "'" : "", (long long)width,
                        (long long)height, (long long)limit, (long long)limit);
    }
    writer.pixels = gan_allocate_array(context, width * channels, 1);
    if (!writer.pixels) return GAN_ERROR_MEMORY;
    gan_status status = gan_writable_open(context, to, &writer.to);
    if (status == GAN_OK) status = create_and_write(&writer);
    png_destroy_write_struct(&writer.png, &writer.info);
    gan_release(context, writer.pixels, (size_t)(width * channels));
    return gan_writable_close(&writer.to, status);
}

#else

gan_status gan_png_write(gan_context *context, gan_target to, int64_t width, int64_t height, int channels,
                         gan_png_row_fn row, void *user)
{
    (void)context, (void)width, (void)height, (void)channels, (void)row, (void)user;
    return gan_fail(GAN_ERROR_UNSUPPORTED, "%s%s%s cannot be written: libgan was built without libpng",
                    to.path ? "'" : "", to.path ? to.path : "a picture", to.path ? "'" : "");
}

#endif
