/* Moving pictures as animated PNG files, which browsers and viewers show; others show the first frame. */
#ifndef EXAMPLES_ANIMATION_H
#define EXAMPLES_ANIMATION_H

#include <stdint.h>

/* Writes `count` grey frames (height, width), values -1 to 1 (others are clamped), each to be shown for `delay`
 * hundredths of a second, again and again. A failure ends the program with a sentence and status 1. */
void write_animation(const char *path, const float *frames, int64_t count, int64_t height, int64_t width, int delay);

#endif
