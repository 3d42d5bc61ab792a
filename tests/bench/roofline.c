#include "roofline.h"
#include "io/io.h"

#include <math.h>
#include <stdio.h>

enum { WIDTH = 1200, HEIGHT = 760, TEXT = 12, NAME = 9 };

static const gan_box axes = {84, 64, WIDTH - 36, HEIGHT - 72};
static const uint32_t frame = 0x9aa0a6, grid = 0xe6e9ec, label = 0x5f6368, title = 0x202124, roof = 0x1a6fc4,
                      dot = 0xe07b1f;

/* Both axes are logarithmic: the exponents of two at which they begin and end. */
typedef struct range {
    int left, right, bottom, top;
} range;

static gan_point place(const range *r, double intensity, double rate)
{
    return (gan_point){axes.left + (log2(intensity) - r->left) / (r->right - r->left) * (axes.right - axes.left),
                       axes.bottom -
                           (log2(rate * 1e-9) - r->bottom) / (r->top - r->bottom) * (axes.bottom - axes.top)};
}

static range find_range(double peak, double bandwidth, const roofline_point *points, int count)
{
    const double ridge = log2(peak / bandwidth), top = log2(peak * 1e-9);
    range r = {(int)floor(ridge) - 1, (int)ceil(ridge) + 1, (int)floor(top) - 2, (int)ceil(top + 0.3)};
    for (int i = 0; i < count; i++) {
        const int x = (int)floor(log2(points[i].intensity)), y = (int)floor(log2(points[i].rate * 1e-9));
        if (y + 1 > r.top) r.top = y + 1;
        if (x < r.left) r.left = x;
        if (x + 1 > r.right) r.right = x + 1;
        if (y < r.bottom) r.bottom = y;
    }
    return r;
}

static void draw_axes(gan_canvas *canvas, const range *r)
{
    char text[32];
    for (int e = r->left; e <= r->right; e++) {
        const double x = round(place(r, exp2(e), 1e9).x);
        gan_canvas_fill(canvas, (gan_box){x, axes.top, x + 1, axes.bottom}, grid, 1);
        snprintf(text, sizeof(text), e < 0 ? "1/%d" : "%d", 1 << (e < 0 ? -e : e));
        gan_canvas_text(canvas, x, axes.bottom + 23, TEXT, GAN_ALIGN_CENTRE, label, text);
    }
    for (int e = r->bottom; e <= r->top; e++) {
        const double y = round(place(r, 1, 1e9 * exp2(e)).y);
        gan_canvas_fill(canvas, (gan_box){axes.left, y, axes.right, y + 1}, grid, 1);
        snprintf(text, sizeof(text), e < 0 ? "1/%d" : "%d", 1 << (e < 0 ? -e : e));
        gan_canvas_text(canvas, axes.left - 10, y + 6, TEXT, GAN_ALIGN_RIGHT, label, text);
    }
    gan_canvas_fill(canvas, (gan_box){axes.left, axes.top, axes.left + 1, axes.bottom}, frame, 1);
    gan_canvas_fill(canvas, (gan_box){axes.left, axes.bottom, axes.right, axes.bottom + 1}, frame, 1);
    gan_canvas_text(canvas, axes.left, axes.top - 14, TEXT + 3, GAN_ALIGN_LEFT, title, "GFLOP/s");
    gan_canvas_text(canvas, (axes.left + axes.right) / 2, axes.bottom + 52, TEXT, GAN_ALIGN_CENTRE, label,
                    "operations for each byte that must be moved");
}

static bool is_free(const gan_box *box, const gan_box *taken, int count)
{
    bool is =
        box->left >= axes.left && box->right <= axes.right && box->top >= axes.top && box->bottom <= axes.bottom;
    for (int i = 0; i < count; i++) {
        is = is && !(box->left < taken[i].right && taken[i].left < box->right && box->top < taken[i].bottom &&
                     taken[i].top < box->bottom);
    }
    return is;
}

/* A name beside its dot, to the right or left, level with it or a line higher or lower, wherever it overlaps none of
 * the `taken` boxes. If there is no such place, the dot says enough. */
static bool draw_name(gan_canvas *canvas, gan_point at, const char *name, const gan_box *taken, int count,
                      gan_box *box)
{
    const double width = gan_canvas_text_width(NAME, name), above[] = {0, -NAME, NAME};
    for (int place = 0; place < 6; place++) {
        const double y = at.y + above[place / 2], x = place % 2 ? at.x - 9 - width : at.x + 9;
        *box = (gan_box){x, y - NAME / 2 - 2, x + width, y + NAME / 2 + 2};
        if (!is_free(box, taken, count)) continue;
        gan_canvas_text(canvas, x, y + NAME / 2, NAME, GAN_ALIGN_LEFT, label, name);
        return true;
    }
    return false;
}

static void draw_points(gan_canvas *canvas, const range *r, const roofline_point *points, int count)
{
    enum { MOST = 128 };
    gan_box taken[2 * MOST];
    int boxes = 0;
    for (int i = 0; i < count && i < MOST; i++) {
        const gan_point at = place(r, points[i].intensity, points[i].rate), both[2] = {at, at};
        gan_canvas_line(canvas, both, 2, 9, axes, dot);
        taken[boxes++] = (gan_box){at.x - 5, at.y - 5, at.x + 5, at.y + 5};
    }
    for (int i = 0; i < count && i < MOST; i++) {
        const gan_point at = place(r, points[i].intensity, points[i].rate);
        boxes += draw_name(canvas, at, points[i].name, taken, boxes, &taken[boxes]);
    }
}

gan_status roofline_write(gan_context *context, const char *path, double peak, double bandwidth,
                          const roofline_point *points, int count)
{
    const range r = find_range(peak, bandwidth, points, count);
    const double first = exp2(r.left), last = exp2(r.right);
    const gan_point line[3] = {place(&r, first, first * bandwidth), place(&r, peak / bandwidth, peak),
                               place(&r, last, peak)};
    gan_canvas canvas = {0};
    gan_status status = gan_canvas_create(context, WIDTH, HEIGHT, &canvas);
    if (status != GAN_OK) return status;
    draw_axes(&canvas, &r);
    gan_canvas_line(&canvas, line, 3, 3, axes, roof);
    draw_points(&canvas, &r, points, count);
    status = gan_canvas_write_png(&canvas, (gan_target){.path = path});
    gan_canvas_release(&canvas);
    return status;
}
