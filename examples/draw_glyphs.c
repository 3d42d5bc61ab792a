/* Draws the characters that two fonts have in common: two folders of pictures under the same names, to learn
 * translations from. Outlines are black on white; fonts of coloured pictures, such as emoji, keep their colours. */
#include "options.h"
#include "outputs.h"
#include "program.h"

#include <ft2build.h>
#include FT_FREETYPE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LARGE    256  /* pixels an em in which outlines are drawn, to be made smaller */
#define EM       0.75 /* of the picture */
#define LARGEST  0.92 /* of the picture: the longer side of a glyph */
#define SAMPLES  6    /* of the glyph along either side of a pixel */
#define CHANNELS 3

typedef struct drawing {
    const char *paths[2], *output; /* of fonts: from, to */
    int64_t size, first, last;
    bool fill, quiet;
    double shown; /* when the progress line was last written */
    gan_context *context;
    FT_Library library;
    FT_Face fonts[2];
    float *picture;
    int64_t *places; /* where samples are in a glyph's bitmap: columns, then rows */
} drawing;

static void fail(const char *what, const char *path)
{
    fprintf(stderr, "%s: %s\n", path, what);
    exit(1);
}

static FT_Face open_font(drawing *d, const char *path)
{
    FT_Face font;
    if (FT_New_Face(d->library, path, 0, &font) != 0) fail("this is no font that can be read", path);
    const FT_Error error = FT_IS_SCALABLE(font) ? FT_Set_Pixel_Sizes(font, 0, LARGE) : FT_Select_Size(font, 0);
    if (error != 0) fail("this font has no size to draw", path);
    return font;
}

/* A glyph as pixels; NULL if it has none. */
static const FT_Bitmap *load(FT_Face font, FT_UInt glyph)
{
    if (FT_Load_Glyph(font, glyph, FT_LOAD_COLOR | FT_LOAD_NO_HINTING | FT_LOAD_RENDER) != 0) return NULL;
    const FT_Bitmap *bitmap = &font->glyph->bitmap;
    const bool known = bitmap->pixel_mode == FT_PIXEL_MODE_GRAY || bitmap->pixel_mode == FT_PIXEL_MODE_BGRA;
    return known && bitmap->width > 0 && bitmap->rows > 0 ? bitmap : NULL;
}

/* Takes the colours of a bitmap's pixel from those of white, in parts of 255. They are stored multiplied by their
 * opacity. */
static void darken(const FT_Bitmap *bitmap, int64_t x, int64_t y, int64_t colour[CHANNELS])
{
    if (x < 0 || y < 0 || x >= (int64_t)bitmap->width || y >= (int64_t)bitmap->rows) return;
    const unsigned char *row = bitmap->buffer + y * bitmap->pitch;
    const bool grey = bitmap->pixel_mode == FT_PIXEL_MODE_GRAY;
    for (int c = 0; c < CHANNELS; c++) colour[c] -= grey ? row[x] : row[4 * x + 3] - row[4 * x + 2 - c];
}

/* Scaled, in the middle of the picture. */
static void draw(const drawing *d, FT_Face font, const FT_Bitmap *bitmap)
{
    const double side = (double)d->size, longer = fmax(bitmap->width, bitmap->rows);
    const int64_t samples = SAMPLES * d->size, area = d->size * d->size, white = 255 * SAMPLES * SAMPLES;
    int64_t *columns = d->places, *rows = d->places + samples;
    double scale = LARGEST * side / longer;
    if (!d->fill && FT_IS_SCALABLE(font)) scale = fmin(scale, EM * side / LARGE);
    for (int64_t i = 0; i < samples; i++) {
        const int64_t pixel = i / SAMPLES, sample = i % SAMPLES;
        const double place = (double)pixel + ((double)sample + 0.5) / SAMPLES - side / 2;
        columns[i] = (int64_t)floor(place / scale + bitmap->width / 2.0);
        rows[i] = (int64_t)floor(place / scale + bitmap->rows / 2.0);
    }
    for (int64_t i = 0; i < area; i++) {
        int64_t colour[CHANNELS] = {white, white, white};
        for (int k = 0; k < SAMPLES * SAMPLES; k++) {
            darken(bitmap, columns[i % d->size * SAMPLES + k % SAMPLES], rows[i / d->size * SAMPLES + k / SAMPLES],
                   colour);
        }
        for (int c = 0; c < CHANNELS; c++)
            d->picture[c * area + i] = (float)(2 * (double)colour[c] / (double)white - 1);
    }
}

static gan_status write_glyph(const drawing *d, FT_Face font, const FT_Bitmap *bitmap, const char *folder,
                              const char *name)
{
    char path[PATH_SIZE];
    draw(d, font, bitmap);
    return write_picture_file(d->context, path_in(folder, name, path), d->picture,
                              GAN_SHAPE(CHANNELS, d->size, d->size));
}

/* Shows how many of the candidates have been looked at: in one line of a terminal, else every ten seconds. */
static void show(drawing *d, int64_t seen, int64_t candidates)
{
    const bool terminal = isatty(STDERR_FILENO), last = seen == candidates;
    const double now = seconds_now();
    if (d->quiet || (now < d->shown + (terminal ? 0.2 : 10) && !(last && terminal))) return;
    d->shown = now;
    fprintf(stderr, "%s%lld of %lld glyphs%s", terminal ? "\r" : "", (long long)seen, (long long)candidates,
            terminal && !last ? "" : "\n");
}

/* The characters of a range that both fonts have; their glyphs may still be empty, or of a kind that is not drawn. */
static FT_ULong *find_candidates(const drawing *d, int64_t *count)
{
    FT_ULong *candidates = allocate(d->fonts[0]->num_glyphs, sizeof(*candidates)), *larger;
    int64_t capacity = d->fonts[0]->num_glyphs;
    FT_UInt glyph;
    *count = 0;
    for (FT_ULong c = FT_Get_First_Char(d->fonts[0], &glyph); glyph != 0;
         c = FT_Get_Next_Char(d->fonts[0], c, &glyph)) {
        if ((int64_t)c < d->first || (int64_t)c > d->last || FT_Get_Char_Index(d->fonts[1], c) == 0) continue;
        if (*count == capacity) { /* several characters may have one glyph */
            capacity = 2 * capacity + 1;
            larger = realloc(candidates, (size_t)capacity * sizeof(*candidates));
            if (!larger) fail("out of memory", d->paths[0]);
            candidates = larger;
        }
        candidates[(*count)++] = c;
    }
    return candidates;
}

static gan_status draw_pairs(drawing *d, char folders[2][PATH_SIZE])
{
    int64_t candidates = 0, count = 0;
    FT_ULong *characters = find_candidates(d, &candidates);
    gan_status status = GAN_OK;
    for (int64_t i = 0; i < candidates && status == GAN_OK; i++) {
        char name[32];
        const FT_Bitmap *bitmaps[2];
        for (int k = 0; k < 2; k++) bitmaps[k] = load(d->fonts[k], FT_Get_Char_Index(d->fonts[k], characters[i]));
        show(d, i + 1, candidates);
        if (!bitmaps[0] || !bitmaps[1]) continue;
        snprintf(name, sizeof(name), "%05lX.png", (unsigned long)characters[i]);
        for (int k = 0; k < 2 && status == GAN_OK; k++)
            status = write_glyph(d, d->fonts[k], bitmaps[k], folders[k], name);
        count++;
    }
    free(characters);
    if (status == GAN_OK && count == 0) fail("it has no character that the other font has", d->paths[0]);
    if (status == GAN_OK) printf("characters=%lld\n", (long long)count);
    return status;
}

/* All glyphs of a font, also those of several characters, such as an emoji with a colour of skin. */
static gan_status draw_font(drawing *d)
{
    int64_t count = 0;
    gan_status status = GAN_OK;
    for (FT_Long i = 1; i < d->fonts[0]->num_glyphs && status == GAN_OK; i++) {
        char name[32];
        const FT_Bitmap *bitmap = load(d->fonts[0], (FT_UInt)i);
        show(d, i, d->fonts[0]->num_glyphs - 1);
        if (!bitmap) continue;
        snprintf(name, sizeof(name), "%05ld.png", (long)i);
        status = write_glyph(d, d->fonts[0], bitmap, d->output, name);
        count++;
    }
    if (status == GAN_OK) printf("glyphs=%lld\n", (long long)count);
    return status;
}

static gan_status run(drawing *d, char folders[2][PATH_SIZE])
{
    d->picture = allocate(CHANNELS * d->size * d->size, sizeof(float));
    d->places = allocate(2 * SAMPLES * d->size, sizeof(*d->places));
    d->shown = seconds_now();
    gan_status status = open_context(0, &d->context);
    if (status == GAN_OK) status = d->fonts[1] ? draw_pairs(d, folders) : draw_font(d);
    free(d->places);
    free(d->picture);
    return status;
}

int main(int argc, char **argv)
{
    drawing d = {.output = "glyphs", .size = 64, .first = 33, .last = 0x10ffff};
    char folders[2][PATH_SIZE];
    const option options[] = {
        {"--from", OPTION_TEXT, &d.paths[0], 0, 0, "FILE", "a font"},
        {"--to", OPTION_TEXT, &d.paths[1], 0, 0, "FILE",
         "another; without, all glyphs of the first are drawn, also those of several characters"},
        {"--output", OPTION_TEXT, &d.output, 0, 0, "DIR",
         "folder for from/ and to/, or for the glyphs of one font (default glyphs)"},
        {"--size", OPTION_INTEGER, &d.size, 16, 1024, "N", "of the pictures (default 64)"},
        {"--first", OPTION_INTEGER, &d.first, 0, 0x10ffff, "N", "with --to: character, by its number (default 33)"},
        {"--last", OPTION_INTEGER, &d.last, 0, 0x10ffff, "N", "with --to: character (default: the last)"},
        {"--fill", OPTION_FLAG, &d.fill, 0, 0, NULL,
         "scale every glyph to the picture, as those of colour fonts are"},
        {"--quiet", OPTION_FLAG, &d.quiet, 0, 0, NULL, "show no progress"},
    };
    read_options(argc, argv, 1,
                 "draw_glyphs: the characters that two fonts share, or the glyphs of one, as PNG files.", options,
                 (int)(sizeof(options) / sizeof(options[0])));
    const int fonts = d.paths[1] ? 2 : 1;
    if (!d.paths[0]) {
        fprintf(stderr, "--from is needed; --help explains it\n");
        return 2;
    }
    for (int i = 0; i < fonts; i++) will_read_file(d.paths[i]);
    for (int i = 0; i < 2 && fonts == 2; i++)
        will_write_in(path_in(d.output, i == 0 ? "from" : "to", folders[i]), (const char *const[]){NULL});
    if (fonts == 1) will_write_in(d.output, (const char *const[]){NULL});
    if (FT_Init_FreeType(&d.library) != 0) fail("FreeType does not start", "draw_glyphs");
    for (int i = 0; i < fonts; i++) d.fonts[i] = open_font(&d, d.paths[i]);
    const int result = exit_status(run(&d, folders));
    FT_Done_FreeType(d.library);
    gan_context_destroy(d.context);
    return result;
}
