#define _GNU_SOURCE /* TIOCGWINSZ */
#include "terminal.h"

#include "program.h"
#include "sixel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MOST_LINES 24
#define MOST_ROWS  2 /* of images */
#define ACROSS     4 /* images should fit side by side, if there are so many */

/* Of sixels, in pixels. */
#define MOST_PIXELS 240 /* high */
#define WIDEST      640
#define LARGER      2 /* times, if there is room */

bool terminal_has_colours(void)
{
    const char *kind = getenv("TERM");
    return isatty(STDERR_FILENO) && kind && strcmp(kind, "dumb") != 0;
}

int64_t terminal_width(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* Whether the locale names no other encoding. In a container there may be no locale, and a terminal of UTF-8 around.
 */
static bool shows_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (int i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);
        if (!value || !*value) continue;
        const char *encoding = strchr(value, '.');
        return !encoding || strncmp(encoding, ".UTF", 4) == 0 || strncmp(encoding, ".utf", 4) == 0;
    }
    return true;
}

typedef struct drawing {
    const float *images;
    int64_t channels, height, width;
    int64_t scale; /* pixels of the image, each way, that become one */
    bool
        halves; /* the terminal has the character that is half a block; else a block has the mean of its two pixels */
} drawing;

/* The mean of the pixels that become one, in 0 to 255. Beyond the image it is black. */
static void pixel(const drawing *d, int64_t image, int64_t y, int64_t x, int colour[3])
{
    for (int64_t c = 0; c < 3; c++) {
        const float *plane = d->images + (image * d->channels + c % d->channels) * d->height * d->width;
        double sum = 0;
        int64_t pixels = 0;
        for (int64_t i = y * d->scale; i < (y + 1) * d->scale && i < d->height; i++) {
            for (int64_t j = x * d->scale; j < (x + 1) * d->scale && j < d->width; j++, pixels++) {
                const float value = plane[i * d->width + j];
                sum += value > -1 ? value < 1 ? (double)value : 1 : -1;
            }
        }
        colour[c] = pixels > 0 ? (int)((sum / (double)pixels + 1) * 127.5 + 0.5) : 0;
    }
}

static void draw_line(const drawing *d, int64_t first, int64_t across, int64_t line)
{
    const int64_t width = (d->width + d->scale - 1) / d->scale;
    for (int64_t i = 0; i < across; i++) {
        for (int64_t x = 0; x < width; x++) {
            int upper[3], lower[3];
            pixel(d, first + i, 2 * line, x, upper);
            pixel(d, first + i, 2 * line + 1, x, lower);
            if (d->halves) {
                fprintf(stderr, "\033[38;2;%d;%d;%dm\033[48;2;%d;%d;%dm\u2580", upper[0], upper[1], upper[2],
                        lower[0], lower[1], lower[2]);
            } else {
                fprintf(stderr, "\033[48;2;%d;%d;%dm ", (upper[0] + lower[0]) / 2, (upper[1] + lower[1]) / 2,
                        (upper[2] + lower[2]) / 2);
            }
        }
        fputs("\033[0m ", stderr);
    }
    fputs("\n", stderr);
}

/* Whole pixels: the first row of the grid, in a picture of about the size of MOST_LINES lines; small images are
 * enlarged. */
void terminal_draw_sixels(const float *images, int64_t count, gan_shape shape, int64_t columns)
{
    drawing d = {images, shape.dims[0], shape.dims[1], shape.dims[2], 1, false};
    if (columns == 0)
        while (columns * columns < count) columns++;
    if (columns > count) columns = count;
    while (d.height / d.scale > MOST_PIXELS || d.width / d.scale * ACROSS > WIDEST) d.scale++;
    const int64_t height = (d.height + d.scale - 1) / d.scale, width = (d.width + d.scale - 1) / d.scale;
    const int64_t larger = height * LARGER <= MOST_PIXELS / 2 && width * LARGER * ACROSS <= WIDEST ? LARGER : 1;
    int64_t across = WIDEST / ((width + 1) * larger);
    across = across < 1 ? 1 : across > columns ? columns : across;
    const int64_t total = across * (width + 1) * larger;
    unsigned char *rgb = calloc((size_t)(total * height * larger), 3);
    if (!rgb) return;
    for (int64_t i = 0; i < across; i++) {
        for (int64_t at = 0; at < height * larger * width * larger; at++) {
            const int64_t y = at / (width * larger), x = at % (width * larger);
            int colour[3];
            pixel(&d, i, y / larger, x / larger, colour);
            for (int c = 0; c < 3; c++)
                rgb[3 * (y * total + i * (width + 1) * larger + x) + c] = (unsigned char)colour[c];
        }
    }
    sixel_write(stderr, rgb, total, height * larger);
    fputs("\n", stderr);
    free(rgb);
}

void terminal_draw(const float *images, int64_t count, gan_shape shape, int64_t columns)
{
    drawing d = {images, shape.dims[0], shape.dims[1], shape.dims[2], 1, shows_utf8()};
    const int64_t room = terminal_width();
    if (columns == 0)
        while (columns * columns < count) columns++;
    if (columns > count) columns = count;
    const int64_t wanted = columns < ACROSS ? columns : ACROSS;
    while ((d.width + d.scale - 1) / d.scale > room / wanted - 1 && d.scale < d.width) d.scale++;
    while ((d.height + d.scale - 1) / d.scale > 2 * MOST_LINES && d.scale < d.height) d.scale++;
    int64_t across = room / ((d.width + d.scale - 1) / d.scale + 1);
    if (across > columns) across = columns;
    const int64_t lines = ((d.height + d.scale - 1) / d.scale + 1) / 2;
    for (int64_t row = 0; row < MOST_ROWS && row * columns + across <= count; row++) {
        if (row > 0 && (row + 1) * lines > MOST_LINES) break;
        for (int64_t line = 0; line < lines; line++) draw_line(&d, row * columns, across, line);
    }
}
