/* Drawing with smooth edges. A shape is first collected as coverage, the largest of its strokes at each pixel, and
 * then blended once: strokes that overlap, as at the joints of a line, leave no dark spots. */
#include "io/pictures/pictures.h"
#include "io/writing/writing.h"

#include <math.h>
#include <string.h>

gan_status gan_canvas_create(gan_context *context, int width, int height, gan_canvas *out)
{
    gan_canvas canvas = {.context = context, .width = width, .height = height};
    const int64_t area = (int64_t)width * height;

    canvas.pixels = gan_allocate_array(context, area, 3);
    canvas.coverage = gan_allocate_array(context, area, 1);
    if (!canvas.pixels || !canvas.coverage) {
        gan_canvas_release(&canvas);
        return GAN_ERROR_MEMORY;
    }
    memset(canvas.pixels, 255, (size_t)area * 3);
    *out = canvas;
    return GAN_OK;
}

void gan_canvas_release(gan_canvas *canvas)
{
    const size_t area = (size_t)canvas->width * (size_t)canvas->height;

    if (!canvas->context) return;
    gan_release(canvas->context, canvas->pixels, area * 3);
    gan_release(canvas->context, canvas->coverage, area);
    *canvas = (gan_canvas){0};
}

static void canvas_row(void *user, int64_t row, unsigned char *pixels)
{
    const gan_canvas *canvas = user;
    const size_t size = (size_t)canvas->width * 3;

    memcpy(pixels, canvas->pixels + (size_t)row * size, size);
}

gan_status gan_canvas_write_png(const gan_canvas *canvas, gan_target to)
{
    return gan_png_write(canvas->context, to, canvas->width, canvas->height, 3, canvas_row, (void *)canvas);
}

/* ---- Coverage -------------------------------------------------------------------------------------------- */

static gan_box whole(const gan_canvas *canvas)
{
    return (gan_box){0, 0, canvas->width, canvas->height};
}

/* Empty if the boxes do not overlap or a side is not a number. */
static gan_box intersect(gan_box a, gan_box b)
{
    const gan_box both = {fmax(a.left, b.left), fmax(a.top, b.top), fmin(a.right, b.right), fmin(a.bottom, b.bottom)};

    return both.left < both.right && both.top < both.bottom ? both : (gan_box){0, 0, 0, 0};
}

static double clamp(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

/* The length that [low, high] shares with the pixel [at, at + 1]. */
static double overlap(double low, double high, int at)
{
    return clamp(fmin(high, at + 1) - fmax(low, at), 0, 1);
}

static void cover(gan_canvas *canvas, int x, int y, double share)
{
    unsigned char *at = &canvas->coverage[(int64_t)y * canvas->width + x];
    const int value = (int)(share * 255 + 0.5);

    if (value > *at) *at = (unsigned char)value;
}

/* Blends a color into a box by its coverage, which is then cleared. */
static void blend(gan_canvas *canvas, gan_box box, uint32_t color, double opacity)
{
    box = intersect(box, whole(canvas));
    for (int y = (int)box.top; y < box.bottom; y++) {
        for (int x = (int)box.left; x < box.right; x++) {
            unsigned char *covered = &canvas->coverage[(int64_t)y * canvas->width + x];
            unsigned char *pixel = &canvas->pixels[((int64_t)y * canvas->width + x) * 3];
            const double share = *covered / 255.0 * opacity;
            for (int c = 0; c < 3 && *covered > 0; c++) {
                const int target = (int)(color >> (16 - 8 * c) & 255);
                pixel[c] = (unsigned char)(pixel[c] + share * (target - pixel[c]) + 0.5);
            }
            *covered = 0;
        }
    }
}

/* Distance of a point from the segment from a to b. */
static double distance(gan_point p, gan_point a, gan_point b)
{
    const double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
    const double along = length > 0 ? clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0, 1) : 0;

    return hypot(p.x - a.x - along * dx, p.y - a.y - along * dy);
}

/* A pixel's coverage is how far its centre lies within the stroke, give or take half a pixel. */
static void stroke(gan_canvas *canvas, gan_point a, gan_point b, double width, gan_box clip)
{
    const double reach = width / 2 + 0.5;
    const gan_box near = {fmin(a.x, b.x) - reach, fmin(a.y, b.y) - reach, fmax(a.x, b.x) + reach,
                          fmax(a.y, b.y) + reach};
    const gan_box box = intersect(near, intersect(clip, whole(canvas)));

    for (int y = (int)box.top; y < box.bottom; y++) {
        for (int x = (int)box.left; x < box.right; x++) {
            const double inside = reach - distance((gan_point){x + 0.5, y + 0.5}, a, b);
            if (inside > 0) cover(canvas, x, y, fmin(inside, 1));
        }
    }
}

/* ---- Shapes ---------------------------------------------------------------------------------------------- */

void gan_canvas_fill(gan_canvas *canvas, gan_box box, uint32_t color, double opacity)
{
    const gan_box inside = intersect(box, whole(canvas));

    for (int y = (int)inside.top; y < inside.bottom; y++) {
        for (int x = (int)inside.left; x < inside.right; x++)
            cover(canvas, x, y, overlap(box.left, box.right, x) * overlap(box.top, box.bottom, y));
    }
    blend(canvas, inside, color, opacity);
}

/* One column of pixels of the band between points i and i + 1. */
static void band_column(gan_canvas *canvas, const gan_point *upper, const gan_point *lower, int x, gan_box clip)
{
    const double run = upper[1].x - upper[0].x;
    const double along = run > 0 ? clamp((x + 0.5 - upper[0].x) / run, 0, 1) : 0;
    const gan_box column = {x, upper[0].y + along * (upper[1].y - upper[0].y), x + 1,
                            lower[0].y + along * (lower[1].y - lower[0].y)};
    const gan_box inside = intersect(column, clip);

    for (int y = (int)inside.top; y < inside.bottom; y++) cover(canvas, x, y, overlap(inside.top, inside.bottom, y));
}

void gan_canvas_band(gan_canvas *canvas, const gan_point *upper, const gan_point *lower, int64_t count, gan_box clip,
                     uint32_t color, double opacity)
{
    const gan_box box = intersect(clip, whole(canvas));

    for (int64_t i = 0; i + 1 < count; i++) {
        if (!isfinite(upper[i].y + upper[i + 1].y + lower[i].y + lower[i + 1].y)) continue;
        const double left = fmax(upper[i].x, box.left), right = fmin(upper[i + 1].x, box.right);
        if (!(left < right)) continue;
        for (int x = (int)left; x < right; x++) band_column(canvas, upper + i, lower + i, x, box);
    }
    blend(canvas, box, color, opacity);
}

void gan_canvas_line(gan_canvas *canvas, const gan_point *points, int64_t count, double width, gan_box clip,
                     uint32_t color)
{
    for (int64_t i = 0; i < count; i++) {
        const gan_point *next = i + 1 < count && isfinite(points[i + 1].y) ? &points[i + 1] : &points[i];
        if (isfinite(points[i].y)) stroke(canvas, points[i], *next, width, clip);
    }
    blend(canvas, clip, color, 1);
}

/* ---- Text ------------------------------------------------------------------------------------------------ */

/* First and last column with a dot; a space is as wide as a narrow letter. */
static void glyph_extent(const unsigned char *glyph, int *first, int *last)
{
    unsigned dots = 0;

    for (int row = 0; row < GAN_GLYPH_HEIGHT; row++) dots |= glyph[row];
    if (dots == 0) dots = 4 + 2;
    for (*first = 0; !(dots >> (GAN_GLYPH_WIDTH - 1 - *first) & 1);) ++*first;
    for (*last = GAN_GLYPH_WIDTH - 1; !(dots >> (GAN_GLYPH_WIDTH - 1 - *last) & 1);) --*last;
}

static bool has_dot(const unsigned char *glyph, int row, int column)
{
    return row < GAN_GLYPH_HEIGHT && column >= 0 && column < GAN_GLYPH_WIDTH &&
           glyph[row] >> (GAN_GLYPH_WIDTH - 1 - column) & 1;
}

/* A round stroke joins each dot to its neighbours; to a diagonal one only where no corner joins them. */
static void draw_glyph(gan_canvas *canvas, const unsigned char *glyph, gan_point corner, double pitch, double width)
{
    static const int steps[][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}, {1, -1}}; /* down, right */

    for (int row = 0; row < GAN_GLYPH_HEIGHT; row++) {
        for (int column = 0; column < GAN_GLYPH_WIDTH; column++) {
            const gan_point from = {corner.x + column * pitch, corner.y + row * pitch};
            for (int i = 0; i < 5 && has_dot(glyph, row, column); i++) {
                const int down = steps[i][0], right = steps[i][1];
                const bool corner_joins = down != 0 && right != 0 &&
                                          (has_dot(glyph, row + down, column) || has_dot(glyph, row, column + right));
                const gan_point to = {from.x + right * pitch, from.y + down * pitch};
                if (has_dot(glyph, row + down, column + right) && !corner_joins)
                    stroke(canvas, from, to, width, whole(canvas));
            }
        }
    }
}

/* Draws from the left, unless canvas is NULL; returns the width. */
static double typeset(gan_canvas *canvas, double x, double y, double size, const char *text)
{
    const double width = size * 0.15, pitch = (size - width) / (GAN_GLYPH_CAPITAL - 1), gap = 1.2 * pitch;
    double at = x;

    for (; *text; text++) {
        const unsigned char *glyph = gan_glyph(*text);
        int first, last;
        glyph_extent(glyph, &first, &last);
        const gan_point corner = {at + width / 2 - first * pitch, y - size + width / 2};
        if (canvas) draw_glyph(canvas, glyph, corner, pitch, width);
        at += (last - first) * pitch + width + gap;
    }
    return at > x ? at - gap - x : 0;
}

double gan_canvas_text_width(double size, const char *text)
{
    return typeset(NULL, 0, 0, size, text);
}

void gan_canvas_text(gan_canvas *canvas, double x, double y, double size, gan_align align, uint32_t color,
                     const char *text)
{
    const double width = gan_canvas_text_width(size, text);

    if (align == GAN_ALIGN_CENTRE) x -= width / 2;
    if (align == GAN_ALIGN_RIGHT) x -= width;
    typeset(canvas, x, y, size, text);
    blend(canvas, (gan_box){x - 1, y - size - 1, x + width + 2, y + size / 2 + 1}, color, 1);
}
