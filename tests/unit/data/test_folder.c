/* Folders of pictures as datasets: every kind of PNG and JPEG, fitting, classes, broken files, bounded memory. */
#include "support/allocator.h"
#include "support/files.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <jpeglib.h>
#include <png.h>
#include <zlib.h>

enum { side = 8 };

/* ---- Making pictures ---------------------------------------------------------------------------------------- */

static const char *path_in(const char *folder, const char *name)
{
    static char paths[4][1024];
    static int next;
    char *path = paths[next++ % 4];

    test_folder_make(test_path(folder));
    snprintf(path, sizeof(paths[0]), "%s/%s", test_path(folder), name);
    return path;
}

/* Palettes, if any, have the colors (0, 0, 0), (255, 0, 0) and (255, 255, 255), the last one transparent. */
static void write_png(const char *path, int width, int height, int type, int depth, int interlace, const void *bytes)
{
    static const png_color colors[] = {{0, 0, 0}, {255, 0, 0}, {255, 255, 255}};
    static const png_byte alpha[] = {255, 255, 0};
    FILE *file = fopen(path, "wb");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_bytep rows[64];

    assert_non_null(file);
    if (setjmp(png_jmpbuf(png)) != 0) fail_msg("libpng failed");
    png_init_io(png, file);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, depth, type, interlace,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (type == PNG_COLOR_TYPE_PALETTE) {
        png_set_PLTE(png, info, colors, 3);
        png_set_tRNS(png, info, alpha, 3, NULL);
    }
    png_write_info(png, info);
    for (int y = 0; y < height; y++) rows[y] = (png_bytep)(uintptr_t)bytes + (size_t)y * png_get_rowbytes(png, info);
    png_write_image(png, rows);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    fclose(file);
}

/* `pixels`: the values of each component of each pixel or, if `uniform`, of one pixel for all. */
static void write_jpeg_pixels(const char *path, int width, int height, J_COLOR_SPACE space, bool progressive,
                              bool uniform, const unsigned char *pixels)
{
    FILE *file = fopen(path, "wb");
    struct jpeg_error_mgr errors;
    struct jpeg_compress_struct jpeg;
    unsigned char row[64 * 4];

    assert_non_null(file);
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, file);
    jpeg.image_width = (JDIMENSION)width;
    jpeg.image_height = (JDIMENSION)height;
    jpeg.input_components = space == JCS_GRAYSCALE ? 1 : space == JCS_RGB ? 3 : 4;
    jpeg.in_color_space = space;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 100, TRUE);
    if (progressive) jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    const int length = width * jpeg.input_components;
    for (int y = 0; y < height; y++) {
        JSAMPROW at = row;
        for (int i = 0; i < length; i++) row[i] = pixels[uniform ? i % jpeg.input_components : y * length + i];
        jpeg_write_scanlines(&jpeg, &at, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    fclose(file);
}

/* All pixels have the same value of each component. */
static void write_jpeg(const char *path, int width, int height, J_COLOR_SPACE space, bool progressive,
                       const unsigned char *pixel)
{
    write_jpeg_pixels(path, width, height, space, progressive, true, pixel);
}

static void write_grey(const char *path, unsigned char value)
{
    unsigned char bytes[side * side];

    memset(bytes, value, sizeof(bytes));
    write_png(path, side, side, PNG_COLOR_TYPE_GRAY, 8, PNG_INTERLACE_NONE, bytes);
}

static float value_of(double byte)
{
    return (float)(byte / 127.5 - 1.0);
}

/* ---- Kinds -------------------------------------------------------------------------------------------------- */

/* The only picture of a folder, at its own size. */
static void read_only_picture(const char *folder, int64_t height, int64_t width, int64_t channels, float *out)
{
    gan_context *context = test_context();
    gan_dataset *dataset = NULL;

    test_status(gan_dataset_open_folder(context, test_path(folder),
                                        GAN_FOLDER(.height = height, .width = width, .channels = channels), NULL,
                                        &dataset),
                GAN_OK, "");
    assert_int_equal(gan_dataset_count(dataset), 1);
    test_status(gan_dataset_read(dataset, 0, 1, out, NULL), GAN_OK, "");
    gan_dataset_destroy(dataset);
    gan_context_destroy(context);
}

static void expect_pixels(const char *folder, int64_t count, const double *red, const double *green,
                          const double *blue)
{
    const double *const expected[] = {red, green, blue};
    float read[3 * 64], grey[64];

    read_only_picture(folder, 1, count, 0, read);
    read_only_picture(folder, 1, count, 1, grey);
    for (int64_t x = 0; x < count; x++) {
        for (int c = 0; c < 3; c++) assert_float_equal(read[c * count + x], value_of(expected[c][x]), 1e-6);
        const double luma = 0.299 * red[x] + 0.587 * green[x] + 0.114 * blue[x];
        assert_float_equal(grey[x], value_of(rint(luma)), 1e-6);
    }
    remove(path_in(folder, "x.png"));
}

static void test_png_kinds(void **state)
{
    const unsigned char grey[] = {0, 100, 255}, rgb[] = {10, 20, 30, 200, 100, 0, 255, 255, 255};
    const unsigned char bits[] = {0xa0}, deep[] = {0, 0, 0x64, 0x64, 0xff, 0xff};
    const unsigned char alpha[] = {0, 255, 100, 0, 51, 51}, palette[] = {0, 1, 2};
    const unsigned char rgba[] = {10, 20, 30, 255, 200, 100, 0, 0, 255, 0, 0, 51};

    (void)state;
    write_png(path_in("kind", "x.png"), 3, 1, PNG_COLOR_TYPE_GRAY, 8, PNG_INTERLACE_NONE, grey);
    expect_pixels("kind", 3, (double[]){0, 100, 255}, (double[]){0, 100, 255}, (double[]){0, 100, 255});
    write_png(path_in("kind", "x.png"), 3, 1, PNG_COLOR_TYPE_RGB, 8, PNG_INTERLACE_ADAM7, rgb);
    expect_pixels("kind", 3, (double[]){10, 200, 255}, (double[]){20, 100, 255}, (double[]){30, 0, 255});
    write_png(path_in("kind", "x.png"), 3, 1, PNG_COLOR_TYPE_GRAY, 1, PNG_INTERLACE_NONE, bits);
    expect_pixels("kind", 3, (double[]){255, 0, 255}, (double[]){255, 0, 255}, (double[]){255, 0, 255});
    write_png(path_in("kind", "x.png"), 3, 1, PNG_COLOR_TYPE_GRAY, 16, PNG_INTERLACE_NONE, deep);
    expect_pixels("kind", 3, (double[]){0, 100, 255}, (double[]){0, 100, 255}, (double[]){0, 100, 255});
    write_png(path_in("kind", "x.png"), 3, 1, PNG_COLOR_TYPE_GRAY_ALPHA, 8, PNG_INTERLACE_NONE, alpha);
    expect_pixels("kind", 3, (double[]){0, 255, 214}, (double[]){0, 255, 214}, (double[]){0, 255, 214});
    write_png(path_in("kind", "x.png"), 3, 1, PNG_COLOR_TYPE_RGB_ALPHA, 8, PNG_INTERLACE_NONE, rgba);
    expect_pixels("kind", 3, (double[]){10, 255, 255}, (double[]){20, 255, 204}, (double[]){30, 255, 204});
    write_png(path_in("kind", "x.png"), 3, 1, PNG_COLOR_TYPE_PALETTE, 8, PNG_INTERLACE_NONE, palette);
    expect_pixels("kind", 3, (double[]){0, 255, 255}, (double[]){0, 0, 255}, (double[]){0, 0, 255});
}

/* Within what JPEG itself loses at its best quality. */
static void expect_color(const char *folder, double red, double green, double blue)
{
    const double expected[] = {red, green, blue};
    float read[3 * side * side];

    read_only_picture(folder, side, side, 3, read);
    for (int c = 0; c < 3; c++) {
        for (int i = 0; i < side * side; i++)
            assert_float_equal(read[c * side * side + i], value_of(expected[c]), 3 / 127.5);
    }
}

static void test_jpeg_kinds(void **state)
{
    const unsigned char grey[] = {100}, rgb[] = {200, 100, 50}, cmyk[] = {200, 100, 50, 255};

    (void)state;
    write_jpeg(path_in("jpeg", "x.jpg"), 2 * side, side, JCS_GRAYSCALE, false, grey);
    expect_color("jpeg", 100, 100, 100);
    write_jpeg(path_in("jpeg", "x.jpg"), side, side, JCS_RGB, false, rgb);
    expect_color("jpeg", 200, 100, 50);
    write_jpeg(path_in("jpeg", "x.jpg"), side, side, JCS_RGB, true, rgb);
    expect_color("jpeg", 200, 100, 50);
    /* libjpeg writes an Adobe marker, so the values are those of light. */
    write_jpeg(path_in("jpeg", "x.jpg"), side, side, JCS_CMYK, false, cmyk);
    expect_color("jpeg", 200, 100, 50);
}

/* Writes a picture whose upper left quarter is of the values 250, and the others of 10, 90 and 170 from left to right
 * and from above, with EXIF data that are big- or little-endian. Behind them are some of another kind. */
static void write_oriented_jpeg(const char *path, int orientation, bool little)
{
    unsigned char exif[] = "Exif\0\0MM\0*\0\0\0\10\0\1\1\22\0\3\0\0\0\1\0\0\0\0\0\0\0\0";
    unsigned char little_exif[] = "Exif\0\0II*\0\10\0\0\0\1\0\22\1\3\0\1\0\0\0\0\0\0\0\0\0\0\0";
    unsigned char quarters[16 * 32], file[4096], *used = little ? little_exif : exif;
    const size_t length = sizeof(exif) - 1;

    used[little ? 24 : 25] = (unsigned char)orientation;
    for (int i = 0; i < 16 * 32; i++) quarters[i] = (unsigned char[]){250, 10, 90, 170}[i / 256 * 2 + i % 32 / 16];
    write_jpeg_pixels(path, 32, 16, JCS_GRAYSCALE, false, false, quarters);
    FILE *stream = fopen(path, "rb");
    assert_non_null(stream);
    const size_t size = fread(file, 1, sizeof(file), stream);
    fclose(stream);
    assert_in_range(size, 100, sizeof(file) - 1);
    stream = fopen(path, "wb");
    assert_non_null(stream);
    fwrite(file, 1, 2, stream);
    fwrite("\377\341\0\6text", 1, 8, stream);
    fwrite("\377\377\341\0", 1, 4, stream); /* the first byte fills up */
    fputc((int)length + 2, stream);
    fwrite(used, 1, length, stream);
    fwrite(file + 2, 1, size - 2, stream);
    fclose(stream);
}

/* Where the stored quarters are seen, by the TIFF specification: 5 to 8 lie on their sides. */
static void test_orientations(void **state)
{
    enum { A = 250, B = 10, C = 90, D = 170 };
    static const int seen[][4] = {{A, B, C, D}, {A, B, C, D}, {B, A, D, C}, {D, C, B, A}, {C, D, A, B},
                                  {A, C, B, D}, {C, A, D, B}, {D, B, C, A}, {B, D, A, C}, {A, B, C, D}};
    float read[32 * 32];

    (void)state;
    for (int i = 0; i < 20; i++) {
        const int orientation = i / 2, width = orientation >= 5 && orientation <= 8 ? 16 : 32, height = 48 - width;
        write_oriented_jpeg(path_in("turned", "x.jpg"), orientation, i % 2 == 0);
        read_only_picture("turned", height, width, 1, read);
        for (int q = 0; q < 4; q++) {
            const int x = width / 4 + q % 2 * width / 2, y = height / 4 + q / 2 * height / 2;
            assert_float_equal(read[y * width + x], value_of(seen[orientation][q]), 4 / 127.5);
        }
    }
}

/* ---- Fitting ------------------------------------------------------------------------------------------------ */

/* A wide picture is cropped at both sides; halved, the middle pixels are means by a triangle. */
static void test_fitting(void **state)
{
    const unsigned char row[] = {7, 7, 0, 80, 160, 240, 9, 9};
    unsigned char wide[4 * 8];
    float read[64];

    (void)state;
    for (int y = 0; y < 4; y++) memcpy(wide + 8 * y, row, 8);
    write_png(path_in("fit", "x.png"), 8, 4, PNG_COLOR_TYPE_GRAY, 8, PNG_INTERLACE_NONE, wide);
    read_only_picture("fit", 4, 4, 1, read);
    for (int i = 0; i < 16; i++) assert_float_equal(read[i], value_of(row[2 + i % 4]), 1e-6);
    /* Pixel x is the mean of columns 2 x + 1 to 2 x + 4, with the weights 1 3 3 1. */
    read_only_picture("fit", 2, 2, 1, read);
    for (int i = 0; i < 4; i++) {
        const unsigned char *in = row + 1 + 2 * (i % 2);
        const double mean = (in[0] + 3 * in[1] + 3 * in[2] + in[3]) / 8.0;
        assert_float_equal(read[i], value_of(rint(mean)), 1.01 / 127.5);
    }
    /* Twice as large, between 80 and 160: linear. */
    read_only_picture("fit", 8, 8, 1, read);
    assert_float_equal(read[3], value_of(100), 1e-6);
    assert_float_equal(read[4], value_of(140), 1e-6);
}

/* ---- Folders ------------------------------------------------------------------------------------------------ */

static void test_classes(void **state)
{
    static const char *const names[] = {"ant", "bee", "Zebra"};
    gan_context *context = test_context();
    float read[7 * side * side];
    int32_t labels[7];
    const char *name;
    const size_t limits[] = {0, 1, 3 * side * side};

    (void)state;
    test_folder_make(test_path("classes"));
    for (int i = 0; i < 7; i++) {
        char folder[64], file[32];
        snprintf(folder, sizeof(folder), "classes/%s", names[i % 3]);
        snprintf(file, sizeof(file), "%d.PNG", 9 - i);
        write_grey(path_in(folder, file), (unsigned char)(i * 10));
    }
    test_file_write(path_in("classes/ant", "readme.txt"), "x", 1);
    test_file_write(path_in("classes/ant", ".hidden.png"), "x", 1);
    for (int l = 0; l < 6; l++) {
        gan_dataset *dataset = NULL;
        test_status(gan_dataset_open_folder(
                        context, test_path("classes"), GAN_FOLDER(.height = side, .width = side, .channels = 1),
                        GAN_DATASET(.memory_limit = limits[l % 3], .prefetch = l >= 3, .in_order = true), &dataset),
                    GAN_OK, "");
        assert_int_equal(gan_dataset_count(dataset), 7);
        assert_int_equal(gan_dataset_classes(dataset), 3);
        assert_int_equal(gan_dataset_get_class_name(dataset, 1, 0, &name), GAN_OK);
        assert_string_equal(name, "Zebra");
        assert_int_equal(gan_dataset_get_class_name(dataset, 1, 2, &name), GAN_OK);
        assert_string_equal(name, "bee");
        /* Zebra 4 and 7; ant 3, 6 and 9; bee 5 and 8: names count down as values go up. */
        const int expected[] = {50, 20, 60, 30, 0, 40, 10}, classes[] = {0, 0, 1, 1, 1, 2, 2};
        for (int again = 0; again < 6; again++) {
            int64_t count;
            assert_int_equal(gan_dataset_next(dataset, 7, read, labels, &count), GAN_OK);
            if (again % 2 == 1) assert_int_equal(gan_dataset_read(dataset, 0, 7, read, labels), GAN_OK);
            for (int i = 0; i < 7; i++) {
                assert_int_equal(labels[i], classes[i]);
                assert_float_equal(read[i * side * side], value_of(expected[i]), 1e-6);
            }
        }
        gan_dataset_destroy(dataset);
    }
    gan_context_destroy(context);
}

static gan_dataset *open_all(gan_context *context, const char *folder)
{
    gan_dataset *dataset = NULL;

    test_status(gan_dataset_open_folder(context, test_path(folder), GAN_FOLDER(.height = side, .width = side), NULL,
                                        &dataset),
                GAN_OK, "");
    return dataset;
}

/* A cursor fits a folder that was moved, but not one whose files or classes have other names. */
static void test_other_names(void **state)
{
    static const struct {
        const char *folder, *files[2];
        gan_status status;
    } others[] = {{"moved", {"ant/1.png", "bee/2.png"}, GAN_OK},
                  {"files", {"ant/1.png", "bee/3.png"}, GAN_ERROR_STATE},
                  {"kinds", {"ant/1.png", "cat/2.png"}, GAN_ERROR_STATE}};
    gan_context *context = test_context();
    gan_dataset_cursor cursor;

    (void)state;
    test_folder_make(test_path("first"));
    for (int i = 0; i < 3; i++) {
        for (int f = 0; f < 2; f++) {
            char folder[64];
            snprintf(folder, sizeof(folder), "%s/%.3s", others[i].folder, others[i].files[f]);
            test_folder_make(test_path(others[i].folder));
            write_grey(path_in(folder, others[i].files[f] + 4), 9);
        }
    }
    test_folder_make(test_path("first/ant"));
    test_folder_make(test_path("first/bee"));
    write_grey(path_in("first/ant", "1.png"), 7);
    write_grey(path_in("first/bee", "2.png"), 8);
    gan_dataset *first = open_all(context, "first");
    assert_int_equal(gan_dataset_get_cursor(first, &cursor), GAN_OK);
    for (int i = 0; i < 3; i++) {
        gan_dataset *other = open_all(context, others[i].folder);
        test_status(gan_dataset_set_cursor(other, cursor), others[i].status,
                    others[i].status == GAN_OK ? "" : "its files, columns or classes other names");
        gan_dataset_destroy(other);
    }
    gan_dataset_destroy(first);
    gan_context_destroy(context);
}

static void test_broken_files(void **state)
{
    gan_context *context = test_context();
    static unsigned char bytes[4096];
    gan_dataset *dataset = NULL;
    float read[2 * 3 * side * side];
    const unsigned char rgb[] = {200, 100, 50};

    (void)state;
    write_grey(path_in("broken", "a.png"), 10);
    write_jpeg(path_in("broken", "c.jpeg"), side, side, JCS_RGB, false, rgb);
    const size_t png = test_file_read(path_in("broken", "a.png"), bytes, sizeof(bytes));
    test_file_write(path_in("broken", "b.png"), bytes, png - 20);
    const size_t jpeg = test_file_read(path_in("broken", "c.jpeg"), bytes, sizeof(bytes));
    test_file_write(path_in("broken", "d.jpg"), bytes, jpeg - 10);
    test_file_write(path_in("broken", "e.jpg"), "no picture", 10);
    test_file_write(path_in("broken", "f.png"), "", 0);
    const gan_folder_options *fit = GAN_FOLDER(.height = side, .width = side);
    test_status(gan_dataset_open_folder(context, test_path("broken"), fit, NULL, &dataset), GAN_OK, "");
    assert_int_equal(gan_dataset_count(dataset), 6);
    test_status(gan_dataset_read(dataset, 0, 1, read, NULL), GAN_OK, "");
    test_status(gan_dataset_read(dataset, 1, 1, read, NULL), GAN_ERROR_TRUNCATED, "b.png' ends within");
    test_status(gan_dataset_read(dataset, 2, 1, read, NULL), GAN_OK, "");
    test_status(gan_dataset_read(dataset, 3, 1, read, NULL), GAN_ERROR_FORMAT, "d.jpg' is not valid JPEG");
    test_status(gan_dataset_read(dataset, 4, 1, read, NULL), GAN_ERROR_MAGIC, "e.jpg' is neither");
    test_status(gan_dataset_read(dataset, 5, 1, read, NULL), GAN_ERROR_TRUNCATED, "f.png' is empty");
    gan_dataset_destroy(dataset);
    dataset = NULL;
    test_status(gan_dataset_open_folder(context, test_path("broken"),
                                        GAN_FOLDER(.height = side, .width = side, .skip_broken = true), NULL,
                                        &dataset),
                GAN_OK, "");
    assert_int_equal(gan_dataset_count(dataset), 2);
    test_status(gan_dataset_read(dataset, 0, 2, read, NULL), GAN_OK, "");
    gan_dataset_destroy(dataset);
    gan_context_destroy(context);
}

typedef struct heard {
    int warnings;
    char last[2][512];
} heard;

static void hear(void *user, gan_log_level level, const char *message)
{
    heard *h = user;
    if (level == GAN_LOG_WARNING) snprintf(h->last[h->warnings++ % 2], sizeof(h->last[0]), "%s", message);
}

/* What looks like data and is not read is told. */
static void test_left_out(void **state)
{
    const gan_folder_options *fit = GAN_FOLDER(.height = side, .width = side);
    gan_context *context = NULL;
    gan_dataset *dataset = NULL;
    heard h = {0};

    (void)state;
    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 1, .log = hear, .log_user = &h), &context), GAN_OK);
    test_folder_make(test_path("left"));
    test_folder_make(test_path("left/ant"));
    test_folder_make(test_path("left/ant/deep"));
    test_folder_make(test_path("left/ant/.hidden"));
    test_file_write(test_path("left/ant/b.WebP"), "RIFF", 4);
    test_file_write(test_path("left/ant/notes.txt"), "x", 1);
    test_status(gan_dataset_open_folder(context, test_path("left"), fit, NULL, &dataset), GAN_ERROR_EMPTY,
                "ant' has no PNG or JPEG pictures, but others, such as 'b.WebP'");
    assert_int_equal(h.warnings, 0);
    write_grey(test_path("left/ant/a.png"), 10);
    test_status(gan_dataset_open_folder(context, test_path("left"), fit, NULL, &dataset), GAN_OK, "");
    assert_int_equal(gan_dataset_count(dataset), 1);
    assert_int_equal(h.warnings, 2);
    assert_non_null(strstr(h.last[0], "pictures that are neither PNG nor JPEG are left out: 1, such as 'b.WebP'"));
    assert_non_null(strstr(h.last[1], "folders within those of classes are left out: 1, such as 'deep'"));
    gan_dataset_destroy(dataset);
    dataset = NULL;
#ifndef _WIN32
    assert_int_equal(symlink("nothing", test_path("left/ant/c.png")), 0);
    test_status(gan_dataset_open_folder(context, test_path("left"), fit, NULL, &dataset), GAN_ERROR_NOT_FOUND,
                "c.png");
    test_status(gan_dataset_open_folder(context, test_path("left"),
                                        GAN_FOLDER(.height = side, .width = side, .skip_broken = true), NULL,
                                        &dataset),
                GAN_OK, "");
    assert_int_equal(gan_dataset_count(dataset), 1);
    gan_dataset_destroy(dataset);
#endif
    gan_context_destroy(context);
}

static void put_big_endian(unsigned char *at, uint32_t value, int size)
{
    for (int i = 0; i < size; i++) at[i] = (unsigned char)(value >> (8 * (size - 1 - i)));
}

/* The place of two bytes, which are there. */
static unsigned char *find_two(unsigned char *bytes, size_t size, unsigned char first, unsigned char second)
{
    for (size_t i = 0; i + 1 < size; i++)
        if (bytes[i] == first && bytes[i + 1] == second) return bytes + i;
    fail_msg("there is no 0x%02x%02x", first, second);
    return NULL;
}

/* Small files that claim 32,000 pixels a side: what is claimed is not allocated before it is read. */
static void test_claims(void **state)
{
    enum { claimed = 32000, limit = 1 << 20 };
    static unsigned char bytes[4096];
    const unsigned char rgb[] = {200, 100, 50};
    const gan_status statuses[] = {GAN_ERROR_FORMAT, GAN_ERROR_MEMORY};
    float read[3 * side * side];

    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        gan_context *context = NULL;
        gan_dataset *dataset = NULL;
        size_t size;
        remove(path_in("claims", "x.png"));
        const char *path = path_in("claims", kind > 0 ? "x.jpg" : "x.png");
        if (kind == 0) {
            write_grey(path, 10);
            size = test_file_read(path, bytes, sizeof(bytes));
            put_big_endian(bytes + 16, claimed, 4);
            put_big_endian(bytes + 20, claimed, 4);
            put_big_endian(bytes + 29, (uint32_t)crc32(0, bytes + 12, 17), 4);
        } else {
            write_jpeg(path, side, side, JCS_RGB, kind == 2, rgb);
            size = test_file_read(path, bytes, sizeof(bytes));
            unsigned char *frame = find_two(bytes, size, 0xff, kind == 2 ? 0xc2 : 0xc0);
            put_big_endian(frame + 5, claimed, 2);
            put_big_endian(frame + 7, claimed, 2);
        }
        test_file_write(path, bytes, size);
        assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 1, .memory_limit = limit), &context), GAN_OK);
        test_status(gan_dataset_open_folder(context, test_path("claims"), GAN_FOLDER(.height = side, .width = side),
                                            NULL, &dataset),
                    GAN_OK, "");
        test_status(gan_dataset_read(dataset, 0, 1, read, NULL), kind == 0 ? GAN_ERROR_TRUNCATED : statuses[kind - 1],
                    kind == 0 ? "too few for 32000 x 32000 pixels" : "x.jpg");
        gan_dataset_destroy(dataset);
        gan_context_destroy(context);
    }
    gan_context *context = test_context();
    gan_dataset *dataset = NULL;
    test_status(gan_dataset_open_folder(context, test_path("claims"), GAN_FOLDER(.height = side, .width = side), NULL,
                                        &dataset),
                GAN_OK, "");
    test_status(gan_dataset_read(dataset, 0, 1, read, NULL), GAN_ERROR_TRUNCATED,
                "too few for the pixels that it claims");
    gan_dataset_destroy(dataset);
    gan_context_destroy(context);
}

static void test_refused(void **state)
{
    gan_context *context = test_context();
    gan_dataset *dataset = NULL;
    const gan_folder_options *fit = GAN_FOLDER(.height = side, .width = side);

    (void)state;
    test_folder_make(test_path("empty"));
    test_status(gan_dataset_open_folder(context, test_path("empty"), fit, NULL, &dataset), GAN_ERROR_EMPTY, "empty");
    test_folder_make(test_path("inner"));
    test_folder_make(path_in("inner", "one"));
    test_status(gan_dataset_open_folder(context, test_path("inner"), fit, NULL, &dataset), GAN_ERROR_EMPTY,
                "inner/one");
    write_grey(path_in("inner", "x.png"), 1);
    test_status(gan_dataset_open_folder(context, test_path("inner"), fit, NULL, &dataset), GAN_ERROR_FORMAT,
                "beside");
    test_status(gan_dataset_open_folder(context, test_path("nowhere"), fit, NULL, &dataset), GAN_ERROR_NOT_FOUND,
                "nowhere");
    test_status(gan_dataset_open_folder(context, test_path("empty"), GAN_FOLDER(.height = 3), NULL, &dataset),
                GAN_ERROR_ARGUMENT, "width is 0");
    test_status(
        gan_dataset_open_folder(context, test_path("empty"), GAN_FOLDER(.height = -3, .width = 3), NULL, &dataset),
        GAN_ERROR_ARGUMENT, "height is -3");
    test_status(gan_dataset_open_folder(context, test_path("empty"),
                                        GAN_FOLDER(.height = 3, .width = 3, .channels = 2), NULL, &dataset),
                GAN_ERROR_ARGUMENT, "channels is 2");
    test_status(gan_dataset_open_folder(context, test_path("empty"), NULL, NULL, &dataset), GAN_ERROR_NULL, "folder");
    test_status(gan_dataset_open_folder(context, NULL, fit, NULL, &dataset), GAN_ERROR_NULL, "path");
    test_status(gan_dataset_open_folder(NULL, "x", fit, NULL, &dataset), GAN_ERROR_NULL, "context");
    test_status(gan_dataset_open_folder(context, "x", fit, NULL, NULL), GAN_ERROR_NULL, "out");
    assert_null(dataset);
    gan_context_destroy(context);
}

static gan_status open_and_read(gan_context *context, void *user)
{
    gan_dataset *dataset = NULL;
    float read[2 * 3 * side * side];
    gan_status status =
        gan_dataset_open_folder(context, user, GAN_FOLDER(.height = side, .width = side), NULL, &dataset);

    if (status == GAN_OK) status = gan_dataset_read(dataset, 0, 2, read, NULL);
    gan_dataset_destroy(dataset);
    return status;
}

static void test_failing_memory(void **state)
{
    const unsigned char rgb[] = {200, 100, 50};
    char path[512];

    (void)state;
    write_grey(path_in("memory", "a.png"), 10);
    write_jpeg(path_in("memory", "b.jpg"), side, side, JCS_RGB, false, rgb);
    strcpy(path, test_path("memory"));
    assert_true(test_every_allocation_fails(open_and_read, path) >= 25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_png_kinds), cmocka_unit_test(test_jpeg_kinds),     cmocka_unit_test(test_orientations),
        cmocka_unit_test(test_fitting),   cmocka_unit_test(test_classes),        cmocka_unit_test(test_broken_files),
        cmocka_unit_test(test_left_out),  cmocka_unit_test(test_other_names),    cmocka_unit_test(test_claims),
        cmocka_unit_test(test_refused),   cmocka_unit_test(test_failing_memory),
    };
    return cmocka_run_group_tests(tests, test_folder_create, test_folder_remove);
}
