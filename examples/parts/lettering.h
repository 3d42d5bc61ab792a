/* Words in pictures. */
#ifndef EXAMPLES_LETTERING_H
#define EXAMPLES_LETTERING_H

#include <stdint.h>

enum { LETTER_WIDTH = 6, LETTER_HEIGHT = 9 }; /* pixels, with the gap to the next */

/* A grey image, from -1 to 1. */
typedef struct picture {
    float *image;
    int64_t height, width;
} picture;

/* Writes a text in capitals, black; what is outside of the picture is cut off, and what has no letter here becomes
 * '?'. */
void write_letters(const picture *to, int64_t left, int64_t top, const char *text);

int64_t width_of_letters(const char *text);

#endif
