/* A file of numbers that another program has computed, named on the command line of the test. */
#ifndef GAN_TESTS_REFERENCE_FIXTURE_H
#define GAN_TESTS_REFERENCE_FIXTURE_H

#include "libgan.h"

/* Remembers the one argument; false when there is none, or more. */
bool fixture_of(int argc, char **argv);
const char *fixture_path(void);
/* Reads a tensor of the file, which has so many values. A failure fails the test. */
void fixture_read(gan_context *context, const char *name, float *out, int64_t count);

#endif
