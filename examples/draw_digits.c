/* Draws digits from fonts: labelled images in MNIST's format, 28x28 and white on black, of every font that it finds,
 * in many sizes, widths, slants, angles, positions and strengths of stroke. */
#include "options.h"
#include "outputs.h"
#include "program.h"

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_OUTLINE_H

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define IMAGES       "train-images-idx3-ubyte"
#define LABELS       "train-labels-idx1-ubyte"
#define SIDE         28
#define LARGEST      24 /* pixels that a digit is high or wide */
#define DIGITS       10
#define MOST_FONTS   1000
#define MOST_FOLDERS 1000
#define FT_ONE       65536 /* 1 in FreeType's 16.16 numbers */
#define FT_PIXEL     64    /* a pixel in its 26.6 coordinates */

typedef struct drawing {
    FT_Library library;
    FT_Face fonts[MOST_FONTS];
    int64_t font_count;
    gan_random *random;
    unsigned char pixels[SIDE * SIDE];
} drawing;

static void fail(const char *what, const char *path)
{
    fprintf(stderr, "%s: %s\n", path, what);
    exit(1);
}

/* ---- Fonts ----------------------------------------------------------------------------------------------------- */

static bool has_digits(FT_Face font)
{
    if (!FT_IS_SCALABLE(font)) return false;
    for (FT_ULong digit = '0'; digit <= '9'; digit++) {
        if (FT_Get_Char_Index(font, digit) == 0) return false;
    }
    return true;
}

static void add_font(drawing *d, const char *path)
{
    FT_Face font;
    if (d->font_count == MOST_FONTS || FT_New_Face(d->library, path, 0, &font) != 0) return;
    if (has_digits(font)) {
        will_read(path);
        d->fonts[d->font_count++] = font;
    } else {
        FT_Done_Face(font);
    }
}

/* Adds a folder's fonts, and its subfolders to the list, in the order of names. */
static void read_folder(drawing *d, const char *folder, char **folders, int64_t *folder_count)
{
    struct dirent **entries;
    const int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0) fail("cannot read this folder of fonts", folder);
    for (int i = 0; i < count; i++) {
        char path[PATH_SIZE];
        struct stat info;
        path_in(folder, entries[i]->d_name, path);
        if (entries[i]->d_name[0] == '.' || stat(path, &info) != 0) {
            free(entries[i]);
            continue;
        }
        if (!S_ISDIR(info.st_mode)) {
            add_font(d, path);
        } else if (*folder_count < MOST_FOLDERS) {
            folders[(*folder_count)++] = strdup(path);
        }
        free(entries[i]);
    }
    free(entries);
}

/* The same fonts are found in the same order, and give the same images. */
static void find_fonts(drawing *d, const char *folder)
{
    static char *folders[MOST_FOLDERS];
    int64_t count = 0;
    read_folder(d, folder, folders, &count);
    for (int64_t i = 0; i < count; i++) {
        if (!folders[i]) fail("out of memory", folder);
        read_folder(d, folders[i], folders, &count);
        free(folders[i]);
    }
}

/* ---- Digits ---------------------------------------------------------------------------------------------------- */

static double uniform(drawing *d, double least, double most)
{
    float u = 0;
    if (gan_random_uniform(d->random, &u, 1) != GAN_OK) exit(exit_status(GAN_ERROR_ARGUMENT));
    return least + (most - least) * (double)u;
}

/* Scales the outline to a height in pixels, and to fit with a margin; widens, slants and turns it. */
static void deform(drawing *d, FT_Outline *outline)
{
    FT_BBox box;
    const double height = uniform(d, 15, 21), widening = uniform(d, 0.8, 1.25);
    const double slant = uniform(d, -0.15, 0.35), angle = uniform(d, -0.15, 0.15);
    FT_Outline_Get_CBox(outline, &box);
    const double y = height * FT_PIXEL / (double)(box.yMax - box.yMin + 1);
    const double widest = 18.0 * FT_PIXEL / (double)(box.xMax - box.xMin + 1);
    const double x = fmin(y * widening, widest);
    const FT_Matrix matrix = {lround(FT_ONE * x * cos(angle)), lround(FT_ONE * y * (slant * cos(angle) - sin(angle))),
                              lround(FT_ONE * x * sin(angle)),
                              lround(FT_ONE * y * (slant * sin(angle) + cos(angle)))};
    FT_Outline_Transform(outline, &matrix);
    FT_Outline_Embolden(outline, lround(FT_PIXEL * uniform(d, 0, 1.5)));
}

/* Moves the outline near to the middle, and makes it smaller if it would not fit with a margin. */
static void place(drawing *d, FT_Outline *outline)
{
    FT_BBox box;
    FT_Outline_Get_CBox(outline, &box);
    const double longer = fmax((double)(box.xMax - box.xMin), (double)(box.yMax - box.yMin));
    const double scale = fmin(1, LARGEST * FT_PIXEL / longer);
    const FT_Matrix matrix = {lround(FT_ONE * scale), 0, 0, lround(FT_ONE * scale)};
    FT_Outline_Transform(outline, &matrix);
    FT_Outline_Get_CBox(outline, &box);
    FT_Outline_Translate(outline, SIDE * FT_PIXEL / 2 - (box.xMin + box.xMax) / 2,
                         SIDE * FT_PIXEL / 2 - (box.yMin + box.yMax) / 2);
    const double x = fmin(2, (double)(SIDE - 2) / 2 - (double)(box.xMax - box.xMin) / 2 / FT_PIXEL);
    const double y = fmin(2, (double)(SIDE - 2) / 2 - (double)(box.yMax - box.yMin) / 2 / FT_PIXEL);
    FT_Outline_Translate(outline, lround(FT_PIXEL * uniform(d, -x, x)), lround(FT_PIXEL * uniform(d, -y, y)));
}

static void draw(drawing *d, int64_t digit)
{
    FT_Face font = d->fonts[random_below(d->random, d->font_count)];
    FT_Bitmap bitmap = {.rows = SIDE,
                        .width = SIDE,
                        .pitch = SIDE,
                        .buffer = d->pixels,
                        .num_grays = 256,
                        .pixel_mode = FT_PIXEL_MODE_GRAY};
    memset(d->pixels, 0, sizeof(d->pixels));
    /* loaded large, so that its coordinates, which are integers, are exact enough to be scaled */
    if (FT_Set_Pixel_Sizes(font, 0, 8 * SIDE) != 0 ||
        FT_Load_Char(font, (FT_ULong)('0' + digit), FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP) != 0)
        fail("a digit cannot be loaded", font->family_name);
    deform(d, &font->glyph->outline);
    place(d, &font->glyph->outline);
    if (FT_Outline_Get_Bitmap(d->library, &font->glyph->outline, &bitmap) != 0)
        fail("a digit cannot be drawn", font->family_name);
}

/* ---- Files ----------------------------------------------------------------------------------------------------- */

static void write_number(FILE *file, int64_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8) fputc((int)(number >> shift & 0xff), file);
}

static FILE *create(const char *path, int64_t magic, int64_t count)
{
    FILE *file = open_output(path);
    write_number(file, magic);
    write_number(file, count);
    return file;
}

static void write_digits(drawing *d, const char *folder, int64_t count)
{
    char image_path[PATH_SIZE], label_path[PATH_SIZE];
    FILE *images = create(path_in(folder, IMAGES, image_path), 0x803, count);
    FILE *labels = create(path_in(folder, LABELS, label_path), 0x801, count);
    write_number(images, SIDE);
    write_number(images, SIDE);
    for (int64_t i = 0; i < count; i++) {
        const int64_t digit = i % DIGITS;
        draw(d, digit);
        fwrite(d->pixels, 1, sizeof(d->pixels), images);
        fputc((int)digit, labels);
    }
    close_output(images, image_path);
    close_output(labels, label_path);
}

int main(int argc, char **argv)
{
    const char *output = "digits", *folder = "/usr/share/fonts";
    int64_t count = 20000, seed = 0;
    static drawing d;
    gan_context *context = NULL;
    const option options[] = {
        {"--output", OPTION_TEXT, &output, 0, 0, "DIR", "folder for images and labels (default digits)"},
        {"--fonts", OPTION_TEXT, &folder, 0, 0, "DIR", "folder of fonts, with subfolders (default /usr/share/fonts)"},
        {"--count", OPTION_INTEGER, &count, 1, 1e7, "N", "images (default 20000)"},
        {"--seed", OPTION_INTEGER, &seed, 0, 1e15, "N", "of all choices (default 0)"},
    };
    read_options(argc, argv, 1, "draw_digits: digits from fonts, as images in MNIST's format.", options,
                 (int)(sizeof(options) / sizeof(options[0])));
    will_write_in(output, (const char *const[]){IMAGES, LABELS, NULL});
    gan_status status = open_context(0, &context);
    if (status == GAN_OK) status = gan_random_create(context, (uint64_t)seed, 0, &d.random);
    if (status != GAN_OK) return exit_status(status);
    if (FT_Init_FreeType(&d.library) != 0) fail("FreeType does not start", "draw_digits");
    find_fonts(&d, folder);
    if (d.font_count == 0) fail("no font with the digits 0 to 9 is here", folder);
    write_digits(&d, output, count);
    printf("images=%lld fonts=%lld\n", (long long)count, (long long)d.font_count);
    FT_Done_FreeType(d.library);
    gan_random_destroy(d.random);
    gan_context_destroy(context);
    return 0;
}
