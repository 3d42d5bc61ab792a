/* PNG grids and drawings for plots, read back with libpng; NumPy files, byte by byte. */
#include "io/io.h"
#include "support/allocator.h"
#include "support/files.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#ifdef GAN_HAVE_PNG
#include <png.h>

enum { picture_capacity = 64 << 10 };

/* Reads a picture as it is: grey or RGB. */
static void read_png(const char *path, int channels, int width, int height, unsigned char *pixels)
{
    png_image image = {.version = PNG_IMAGE_VERSION};

    assert_true(png_image_begin_read_from_file(&image, path));
    assert_int_equal(image.format, channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB);
    assert_int_equal(image.width, width);
    assert_int_equal(image.height, height);
    assert_true(PNG_IMAGE_SIZE(image) <= picture_capacity);
    assert_true(png_image_finish_read(&image, NULL, pixels, 0, NULL));
}

/* ---- Grids -------------------------------------------------------------------------------------------------- */

/* Every byte that a dataset turns into a value becomes the same byte again. */
static void test_every_byte(void **state)
{
    gan_context *context = test_context();
    float values[256];
    unsigned char pixels[picture_capacity];

    (void)state;
    for (int b = 0; b < 256; b++) values[b] = (float)(b / 127.5 - 1.0);
    test_status(gan_png_write_grid(context, test_path("file"), values, 1, GAN_SHAPE(1, 16, 16), 0), GAN_OK, "");
    read_png(test_path("file"), 1, 16, 16, pixels);
    for (int b = 0; b < 256; b++) assert_int_equal(pixels[b], b);
    gan_context_destroy(context);
}

static void test_values_out_of_range(void **state)
{
    const float values[] = {-1.5f, -INFINITY, 1.0001f, 3e38f, INFINITY, NAN};
    gan_context *context = test_context();
    unsigned char pixels[picture_capacity];

    (void)state;
    test_status(gan_png_write_grid(context, test_path("file"), values, 1, GAN_SHAPE(1, 1, 6), 0), GAN_OK, "");
    read_png(test_path("file"), 1, 6, 1, pixels);
    assert_memory_equal(pixels, ((const unsigned char[]){0, 0, 255, 255, 255, 0}), 6);
    gan_context_destroy(context);
}

/* Five images of 2 x 3 in two columns: image i has grey 40 i; between and after them is the border's. */
static void test_places(void **state)
{
    enum { width = 3, height = 2, columns = 2, across = 2 * width + 2, down = 3 * height + 4 };
    gan_context *context = test_context();
    float values[5][height * width];
    unsigned char pixels[picture_capacity], border;

    (void)state;
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < height * width; k++) values[i][k] = (float)(40 * i / 127.5 - 1.0);
    test_status(gan_png_write_grid(context, test_path("file"), values[0], 5, GAN_SHAPE(1, height, width), columns),
                GAN_OK, "");
    read_png(test_path("file"), 1, across, down, pixels);
    border = pixels[width];
    for (int y = 0; y < down; y++) {
        for (int x = 0; x < across; x++) {
            const int column = x / (width + 2), row = y / (height + 2), image = row * columns + column;
            const bool inside = x % (width + 2) < width && y % (height + 2) < height && image < 5;
            assert_int_equal(pixels[y * across + x], inside ? 40 * image : border);
        }
    }
    gan_context_destroy(context);
}

/* Channels are planes in memory and neighbours in the picture. */
static void test_colors(void **state)
{
    gan_context *context = test_context();
    float values[3][2 * 2];
    unsigned char pixels[picture_capacity];

    (void)state;
    for (int c = 0; c < 3; c++)
        for (int k = 0; k < 4; k++) values[c][k] = (float)((c * 50 + k) / 127.5 - 1.0);
    test_status(gan_png_write_grid(context, test_path("file"), values[0], 1, GAN_SHAPE(3, 2, 2), 7), GAN_OK, "");
    read_png(test_path("file"), 3, 2, 2, pixels);
    for (int k = 0; k < 4; k++)
        for (int c = 0; c < 3; c++) assert_int_equal(pixels[3 * k + c], c * 50 + k);
    gan_context_destroy(context);
}

/* About square, unless told otherwise. */
static void test_columns(void **state)
{
    static const int expected[][3] = {{1, 1, 1}, {2, 2, 1}, {3, 2, 2}, {4, 2, 2}, {5, 3, 2}, {9, 3, 3}, {10, 4, 3}};
    gan_context *context = test_context();
    static const float values[16];
    unsigned char pixels[picture_capacity];

    (void)state;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        assert_int_equal(
            gan_png_write_grid(context, test_path("file"), values, expected[i][0], GAN_SHAPE(1, 1, 1), 0), GAN_OK);
        read_png(test_path("file"), 1, expected[i][1] * 3 - 2, expected[i][2] * 3 - 2, pixels);
    }
    gan_context_destroy(context);
}

static void test_refused_pictures(void **state)
{
    gan_context *context = test_context();
    const char *path = test_path("none");
    static const float x[12];

    (void)state;
    test_status(gan_png_write_grid(context, path, x, 0, GAN_SHAPE(1, 1, 1), 0), GAN_ERROR_ARGUMENT, "count is 0");
    test_status(gan_png_write_grid(context, path, x, 1, GAN_SHAPE(1, 1, 1), -1), GAN_ERROR_ARGUMENT, "columns -1");
    test_status(gan_png_write_grid(context, path, x, 1, GAN_SHAPE(2, 1, 1), 0), GAN_ERROR_SHAPE, "(2, 1, 1)");
    test_status(gan_png_write_grid(context, path, x, 1, GAN_SHAPE(12), 0), GAN_ERROR_SHAPE, "(12)");
    test_status(gan_png_write_grid(context, path, x, 1, GAN_SHAPE(1, 0, 1), 0), GAN_ERROR_SHAPE, "(1, 0, 1)");
    test_status(gan_png_write_grid(context, path, x, 1, GAN_SHAPE(1, 1, 1000001), 0), GAN_ERROR_OVERFLOW, "1000001");
    test_status(gan_png_write_grid(context, path, x, INT64_MAX, GAN_SHAPE(1, 1, 1), 0), GAN_ERROR_OVERFLOW, "large");
    test_status(gan_png_write_grid(context, path, x, 1 << 30, GAN_SHAPE(1, 1, 1), 1), GAN_ERROR_OVERFLOW, "exceeds");
    assert_int_equal(gan_png_write_grid(NULL, path, x, 1, GAN_SHAPE(1, 1, 1), 0), GAN_ERROR_NULL);
    assert_int_equal(gan_png_write_grid(context, NULL, x, 1, GAN_SHAPE(1, 1, 1), 0), GAN_ERROR_NULL);
    assert_int_equal(gan_png_write_grid(context, path, NULL, 1, GAN_SHAPE(1, 1, 1), 0), GAN_ERROR_NULL);
    test_status(gan_png_write_grid(context, test_path("none/file"), x, 1, GAN_SHAPE(1, 1, 1), 0), GAN_ERROR_NOT_FOUND,
                "none/file");
    assert_false(test_file_exists(path));
    gan_context_destroy(context);
}

static gan_status write_grid(gan_context *context, void *user)
{
    static const float values[12 * 64];

    return gan_png_write_grid(context, user, values, 4, GAN_SHAPE(3, 8, 8), 0);
}

static void test_failing_memory(void **state)
{
    char path[512];

    (void)state;
    strcpy(path, test_path("memory"));
    assert_true(test_every_allocation_fails(write_grid, path) >= 6);
}

/* ---- Drawing ------------------------------------------------------------------------------------------------ */

enum { side = 40 };

/* Draws on a white canvas and reads the picture. */
static void draw(void (*drawing)(gan_canvas *canvas), unsigned char *pixels)
{
    gan_context *context = test_context();
    gan_canvas canvas;

    assert_int_equal(gan_canvas_create(context, side, side, &canvas), GAN_OK);
    drawing(&canvas);
    for (int i = 0; i < side * side; i++) assert_int_equal(canvas.coverage[i], 0);
    test_status(gan_canvas_write_png(&canvas, (gan_target){.path = test_path("file")}), GAN_OK, "");
    gan_canvas_release(&canvas);
    gan_canvas_release(&canvas);
    read_png(test_path("file"), 3, side, side, pixels);
    gan_context_destroy(context);
}

static uint32_t pixel(const unsigned char *pixels, int x, int y)
{
    const unsigned char *at = pixels + (y * side + x) * 3;

    return (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
}

static void boxes(gan_canvas *canvas)
{
    gan_canvas_fill(canvas, (gan_box){2, 3, 5, 6}, 0x102030, 1);
    gan_canvas_fill(canvas, (gan_box){10.5, 10, 12, 11}, 0x000000, 1);
    gan_canvas_fill(canvas, (gan_box){20, 20, 22, 22}, 0xff0000, 0.5);
    gan_canvas_fill(canvas, (gan_box){-5, 38, 100, 100}, 0x0000ff, 1);
    gan_canvas_fill(canvas, (gan_box){30, 5, 29, 6}, 0x000000, 1);
}

static void test_boxes(void **state)
{
    unsigned char pixels[picture_capacity];

    (void)state;
    draw(boxes, pixels);
    for (int y = 0; y < side; y++) {
        for (int x = 0; x < 9; x++) {
            const uint32_t expected = x >= 2 && x < 5 && y >= 3 && y < 6 ? 0x102030 : y >= 38 ? 0x0000ff : 0xffffff;
            assert_int_equal(pixel(pixels, x, y), expected);
        }
    }
    assert_int_equal(pixel(pixels, 10, 10), 0x7f7f7f); /* half covered */
    assert_int_equal(pixel(pixels, 11, 10), 0x000000);
    assert_int_equal(pixel(pixels, 21, 21), 0xff8080);
    assert_int_equal(pixel(pixels, 29, 5), 0xffffff);
}

static void lines(gan_canvas *canvas)
{
    const gan_box clip = {0, 0, 30, side};
    const gan_point level[] = {{5, 10}, {20, 10}, {50, 10}};
    const gan_point broken[] = {{5, 20}, {10, 20}, {15, NAN}, {20, 20}, {25, 20}};

    gan_canvas_line(canvas, level, 3, 4, clip, 0x008000);
    gan_canvas_line(canvas, broken, 5, 2, clip, 0x000000);
}

static void test_lines(void **state)
{
    unsigned char pixels[picture_capacity];

    (void)state;
    draw(lines, pixels);
    for (int x = 5; x < 30; x++) {
        for (int y = 8; y < 12; y++) assert_int_equal(pixel(pixels, x, y), 0x008000);
        assert_int_equal(pixel(pixels, x, 7), 0xffffff);
        assert_int_equal(pixel(pixels, x, 12), 0xffffff);
    }
    assert_int_equal(pixel(pixels, 30, 10), 0xffffff);
    assert_int_equal(pixel(pixels, 7, 20), 0x000000);
    assert_int_equal(pixel(pixels, 15, 20), 0xffffff);
    assert_int_equal(pixel(pixels, 22, 20), 0x000000);
}

static void bands(gan_canvas *canvas)
{
    const gan_point upper[] = {{0, 10}, {20, 10}, {30, 20}, {40, NAN}},
                    lower[] = {{0, 20}, {20, 20}, {30, 20}, {40, 20}};

    gan_canvas_band(canvas, upper, lower, 4, (gan_box){2, 0, side, 18}, 0x000000, 1);
}

static void test_bands(void **state)
{
    unsigned char pixels[picture_capacity];

    (void)state;
    draw(bands, pixels);
    assert_int_equal(pixel(pixels, 1, 15), 0xffffff);
    assert_int_equal(pixel(pixels, 2, 10), 0x000000);
    assert_int_equal(pixel(pixels, 19, 17), 0x000000);
    assert_int_equal(pixel(pixels, 19, 18), 0xffffff);
    assert_int_equal(pixel(pixels, 25, 14), 0xffffff);
    assert_int_equal(pixel(pixels, 25, 17), 0x000000);
    assert_int_equal(pixel(pixels, 35, 17), 0xffffff);
}

static void text(gan_canvas *canvas)
{
    gan_canvas_text(canvas, 20, 20, 10, GAN_ALIGN_CENTRE, 0x000000, "Hp");
    gan_canvas_text(canvas, side, 38, 7, GAN_ALIGN_RIGHT, 0xff0000, "1");
}

static void test_text(void **state)
{
    unsigned char pixels[picture_capacity];
    int dark = 0;

    (void)state;
    draw(text, pixels);
    const double width = gan_canvas_text_width(10, "Hp");
    for (int y = 0; y < 26; y++) {
        for (int x = 0; x < side; x++) {
            const bool inside = x >= (int)(20 - width / 2) && x <= 20 + width / 2 && y >= 10 && y < 25;
            if (!inside) assert_int_equal(pixel(pixels, x, y), 0xffffff);
            dark += pixel(pixels, x, y) != 0xffffff;
        }
    }
    assert_in_range(dark, 60, 160);
    assert_int_equal(pixel(pixels, (int)(20 - width / 2) + 1, 14) & 0xff, 0); /* the H's left stem */
    assert_true(gan_canvas_text_width(10, "") == 0);
    assert_true(gan_canvas_text_width(10, "ii") < gan_canvas_text_width(10, "mm"));
}

/* Printable characters differ from each other; others are a question mark. */
static void test_glyphs(void **state)
{
    (void)state;
    for (int a = ' '; a <= '~'; a++) {
        for (int b = ' '; b < a; b++)
            if (memcmp(gan_glyph((char)a), gan_glyph((char)b), GAN_GLYPH_HEIGHT) == 0) fail_msg("%c is %c", a, b);
    }
    assert_ptr_equal(gan_glyph('\n'), gan_glyph('?'));
    assert_ptr_equal(gan_glyph((char)200), gan_glyph('?'));
    assert_ptr_equal(gan_glyph(127), gan_glyph('?'));
}

#define PICTURE_TESTS                                                                                             \
    cmocka_unit_test(test_every_byte), cmocka_unit_test(test_values_out_of_range), cmocka_unit_test(test_places), \
        cmocka_unit_test(test_colors), cmocka_unit_test(test_columns), cmocka_unit_test(test_refused_pictures),   \
        cmocka_unit_test(test_failing_memory), cmocka_unit_test(test_boxes), cmocka_unit_test(test_lines),        \
        cmocka_unit_test(test_bands), cmocka_unit_test(test_text), cmocka_unit_test(test_glyphs)

#else

static void test_unsupported(void **state)
{
    gan_context *context = test_context();
    const float value = 0;

    (void)state;
    test_status(gan_png_write_grid(context, test_path("none"), &value, 1, GAN_SHAPE(1, 1, 1), 0),
                GAN_ERROR_UNSUPPORTED, "without libpng");
    assert_false(test_file_exists(test_path("none")));
    gan_context_destroy(context);
}

#define PICTURE_TESTS cmocka_unit_test(test_unsupported)

#endif

/* ---- NumPy files -------------------------------------------------------------------------------------------- */

static void test_npy(void **state)
{
    enum { count = 3000, header_size = 128, size = header_size + count * 8 };
    static const char start[] =
        "\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (3000, 1, 2), }";
    static unsigned char bytes[size], expected[size];
    static float values[2 * count];
    gan_context *context = test_context();

    (void)state;
    for (int i = 0; i < 2 * count; i++) {
        uint32_t bits;
        values[i] = (float)i * 0.37f - 1000;
        memcpy(&bits, &values[i], 4);
        for (int b = 0; b < 4; b++) expected[header_size + 4 * i + b] = (unsigned char)(bits >> (8 * b));
    }
    memset(expected, ' ', header_size);
    memcpy(expected, start, sizeof(start) - 1);
    expected[header_size - 1] = '\n';
    test_status(gan_npy_write(context, test_path("file"), values, count, GAN_SHAPE(1, 2)), GAN_OK, "");
    assert_int_equal(test_file_read(test_path("file"), bytes, size), size);
    assert_memory_equal(bytes, expected, size);
    gan_context_destroy(context);
}

/* The header is a multiple of 64 bytes, whatever the length of its text. */
static void test_npy_alignment(void **state)
{
    static const float values[6000];
    static unsigned char bytes[sizeof(values) + 1024];
    gan_context *context = test_context();

    (void)state;
    for (int rank = 1; rank <= GAN_MAX_RANK; rank++) {
        gan_shape shape = {rank, {1, 1, 1, 1, 1, 1}};
        for (int64_t first = 1; first <= 1000; first *= 10) {
            shape.dims[0] = first;
            test_status(gan_npy_write(context, test_path("file"), values, 6, shape), GAN_OK, "");
            const size_t size = test_file_read(test_path("file"), bytes, sizeof(bytes));
            const size_t header = 10 + bytes[8] + (size_t)bytes[9] * 256;
            assert_int_equal(header % 64, 0);
            assert_int_equal(size, header + (size_t)first * 24);
            assert_int_equal(bytes[header - 1], '\n');
        }
    }
    gan_context_destroy(context);
}

static void test_refused_npy(void **state)
{
    gan_context *context = test_context();
    const char *path = test_path("none");
    const float value = 0;

    (void)state;
    test_status(gan_npy_write(context, path, &value, 0, GAN_SHAPE(1)), GAN_ERROR_ARGUMENT, "count is 0");
    test_status(gan_npy_write(context, path, &value, 1, GAN_SHAPE(0)), GAN_ERROR_SHAPE, "(0)");
    test_status(gan_npy_write(context, path, &value, INT64_MAX, GAN_SHAPE(2)), GAN_ERROR_OVERFLOW, "overflows");
    test_status(gan_npy_write(context, path, &value, INT64_MAX, GAN_SHAPE(1)), GAN_ERROR_OVERFLOW, "overflows");
    assert_int_equal(gan_npy_write(NULL, path, &value, 1, GAN_SHAPE(1)), GAN_ERROR_NULL);
    assert_int_equal(gan_npy_write(context, NULL, &value, 1, GAN_SHAPE(1)), GAN_ERROR_NULL);
    assert_int_equal(gan_npy_write(context, path, NULL, 1, GAN_SHAPE(1)), GAN_ERROR_NULL);
    assert_false(test_file_exists(path));
    gan_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PICTURE_TESTS,
        cmocka_unit_test(test_npy),
        cmocka_unit_test(test_npy_alignment),
        cmocka_unit_test(test_refused_npy),
    };
    return cmocka_run_group_tests(tests, test_folder_create, test_folder_remove);
}
