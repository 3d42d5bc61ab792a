/* Pictures in a terminal: two pixels a character, one above the other, in 24-bit colour; or as sixels. */
#ifndef EXAMPLES_TERMINAL_H
#define EXAMPLES_TERMINAL_H

#include <libgan.h>

/* Whether standard error is a terminal that knows colours. */
bool terminal_has_colours(void);
/* Its columns; 80 if it does not say. */
int64_t terminal_width(void);

/* Draws the first of the images, as gan_png_write_grid() takes them, on standard error: as many of each row of the
 * grid as fit, smaller if need be. */
void terminal_draw(const float *images, int64_t count, gan_shape shape, int64_t columns);

/* The same of the first row, as sixels. */
void terminal_draw_sixels(const float *images, int64_t count, gan_shape shape, int64_t columns);

#endif
