#include "sixel.h"

#include <stdbool.h>

enum { REDS = 6, GREENS = 7, BLUES = 6, COLOURS = REDS * GREENS * BLUES, GREYS = 101, BAND = 6 };

static bool is_grey(const unsigned char *rgb, int64_t pixels)
{
    for (int64_t i = 0; i < pixels; i++)
        if (rgb[3 * i] != rgb[3 * i + 1] || rgb[3 * i] != rgb[3 * i + 2]) return false;
    return true;
}

/* The nearest of so many steps from 0 to 255. */
static int step(unsigned char value, int steps)
{
    return (value * (steps - 1) + 127) / 255;
}

static int colour_of(const unsigned char *pixel, bool grey)
{
    if (grey) return step(pixel[0], GREYS);
    return (step(pixel[0], REDS) * GREENS + step(pixel[1], GREENS)) * BLUES + step(pixel[2], BLUES);
}

/* Colours are in percent. */
static void write_palette(FILE *to, bool grey)
{
    for (int i = 0; i < (grey ? GREYS : COLOURS); i++) {
        const int red = i / (GREENS * BLUES) * 100 / (REDS - 1), green = i / BLUES % GREENS * 100 / (GREENS - 1);
        const int blue = i % BLUES * 100 / (BLUES - 1);
        fprintf(to, "#%d;2;%d;%d;%d", i, grey ? i : red, grey ? i : green, grey ? i : blue);
    }
}

/* A run of one pattern; long ones by their number. */
static void write_run(FILE *to, int pattern, int64_t length)
{
    if (length > 3) {
        fprintf(to, "!%lld%c", (long long)length, 63 + pattern);
    } else {
        while (length-- > 0) fputc(63 + pattern, to);
    }
}

/* Where a colour is in six rows from y on, a column at a time. */
static void write_colour(FILE *to, const unsigned char *rgb, int64_t width, int64_t height, int64_t y, int colour,
                         bool grey)
{
    int last = 0;
    int64_t run = 0;

    fprintf(to, "#%d", colour);
    for (int64_t x = 0; x < width; x++) {
        int pattern = 0;
        for (int64_t row = 0; row < BAND && y + row < height; row++)
            if (colour_of(rgb + 3 * ((y + row) * width + x), grey) == colour) pattern |= 1 << row;
        if (pattern != last) {
            write_run(to, last, run);
            last = pattern;
            run = 0;
        }
        run++;
    }
    if (last != 0) write_run(to, last, run);
    fputc('$', to);
}

void sixel_write(FILE *to, const unsigned char *rgb, int64_t width, int64_t height)
{
    const bool grey = is_grey(rgb, width * height);

    fprintf(to, "\033P0;1;0q\"1;1;%lld;%lld", (long long)width, (long long)height);
    write_palette(to, grey);
    for (int64_t y = 0; y < height; y += BAND) {
        bool used[COLOURS] = {false};
        for (int64_t i = y * width; i < (y + BAND) * width && i < height * width; i++)
            used[colour_of(rgb + 3 * i, grey)] = true;
        for (int colour = 0; colour < COLOURS; colour++)
            if (used[colour]) write_colour(to, rgb, width, height, y, colour, grey);
        fputc('-', to);
    }
    fputs("\033\\", to);
}
