/* Pictures as sixels, which DEC's VT340 and many terminals since draw as whole pixels. */
#ifndef EXAMPLES_SIXEL_H
#define EXAMPLES_SIXEL_H

#include <stdint.h>
#include <stdio.h>

/* Writes a picture of width x height pixels, rows first, each of red, green and blue in 0 to 255, in 252 colours; one
 * that is grey all over in 101 greys. */
void sixel_write(FILE *to, const unsigned char *rgb, int64_t width, int64_t height);

#endif
