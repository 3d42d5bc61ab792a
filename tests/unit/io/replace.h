/* Files of one repeated byte, saved whole. */
#ifndef GAN_TESTS_UNIT_IO_REPLACE_H
#define GAN_TESTS_UNIT_IO_REPLACE_H

#include "io/io.h"

/* Replaces a file with `size` bytes of one value, in pieces. */
gan_status replace(gan_context *context, const char *path, int value, size_t size, size_t piece);
/* The value of all bytes of a file, or -1 unless it is `size` bytes of one value. */
int content(const char *path, size_t size);

#endif
