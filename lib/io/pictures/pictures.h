/* Pictures as PNG files, and drawing. */
#ifndef GAN_IO_PICTURES_H
#define GAN_IO_PICTURES_H

#include "io/writing/writing.h"

/* ---- Pictures (png.c, canvas.c, font.c) ------------------------------------------------------------------ */

/* Fills a row of a picture: width * channels bytes, from left to right. */
typedef void (*gan_png_row_fn)(void *user, int64_t row, unsigned char *pixels);

/* 1 (grey) or 3 (RGB) channels. GAN_ERROR_UNSUPPORTED when built without libpng. */
gan_status gan_png_write(gan_context *context, gan_target to, int64_t width, int64_t height, int channels,
                         gan_png_row_fn row, void *user);

typedef struct gan_picture_size {
    int64_t width, height;
} gan_picture_size;

/* gan_png_write_grid() to anywhere; `function` names the caller in messages. *size, unless it is NULL, becomes the
 * size of the picture. */
gan_status gan_png_write_grid_at(gan_context *context, gan_target to, const float *images, int64_t count,
                                 gan_shape shape, int64_t columns, const char *function, gan_picture_size *size);

/* An RGB picture to draw on. Coordinates are pixels from the top left corner, fractions included; anything outside is
 * not drawn. Edges are smooth. */
typedef struct gan_canvas {
    gan_context *context;
    int width, height;
    unsigned char *pixels;
    unsigned char *coverage; /* of each pixel by the shape being drawn; 0 between shapes */
} gan_canvas;

typedef struct gan_point {
    double x, y;
} gan_point;

typedef struct gan_box {
    double left, top, right, bottom;
} gan_box;

typedef enum gan_align { GAN_ALIGN_LEFT, GAN_ALIGN_CENTRE, GAN_ALIGN_RIGHT } gan_align;

/* Starts white. */
gan_status gan_canvas_create(gan_context *context, int width, int height, gan_canvas *out);
void gan_canvas_release(gan_canvas *canvas); /* accepts a zeroed one */
gan_status gan_canvas_write_png(const gan_canvas *canvas, gan_target to);
/* Colors are 0xRRGGBB; opacity is 0 to 1. */
void gan_canvas_fill(gan_canvas *canvas, gan_box box, uint32_t color, double opacity);
/* Fills between two lines of the same, increasing, x. */
void gan_canvas_band(gan_canvas *canvas, const gan_point *upper, const gan_point *lower, int64_t count, gan_box clip,
                     uint32_t color, double opacity);
/* A line through points, with round ends; a point that is not finite interrupts it. */
void gan_canvas_line(gan_canvas *canvas, const gan_point *points, int64_t count, double width, gan_box clip,
                     uint32_t color);
/* Text on a baseline; `size` is the height of a capital. */
void gan_canvas_text(gan_canvas *canvas, double x, double y, double size, gan_align align, uint32_t color,
                     const char *text);
double gan_canvas_text_width(double size, const char *text);

/* The dots of a printable ASCII character, or of '?': rows from the top, the leftmost of five dots is 16. */
#define GAN_GLYPH_WIDTH   5
#define GAN_GLYPH_HEIGHT  9
#define GAN_GLYPH_CAPITAL 7 /* rows of a capital: the baseline is below them */
const unsigned char *gan_glyph(char character);

/* ---- Plots (plot.c) -------------------------------------------------------------------------------------- */

/* A curve over the panel's x values, smoothed, and the range it stays within. NaN leaves a gap. */
typedef struct gan_curve {
    const char *name;
    uint32_t color;
    const double *smooth, *low, *high;
} gan_curve;

typedef struct gan_plot_panel {
    gan_box box; /* of the axes; labels and title lie around it */
    const char *title, *x_label;
    const double *x; /* increasing */
    int64_t count;
    const gan_curve *curves;
    int curve_count;
    double low, high; /* of y; both 0: from the curves */
    bool logarithmic; /* curves hold log10 of the values */
} gan_plot_panel;

void gan_plot_panel_draw(gan_canvas *canvas, const gan_plot_panel *panel);
/* How much room above the axes the legend needs beyond its first line. */
double gan_plot_panel_more_legend(const gan_plot_panel *panel);

#endif
