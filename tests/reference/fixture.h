/* A file of numbers that another program computed, named on the test's command line. */
#ifndef GAN_TESTS_REFERENCE_FIXTURE_H
#define GAN_TESTS_REFERENCE_FIXTURE_H

#include "libgan.h"

/* Remembers the only argument; false if there is none, or more. */
bool fixture_of(int argc, char **argv);
const char *fixture_path(void);
/* Takes FOLDER/NAME.safetensors instead. */
void fixture_open(const char *folder, const char *name);
/* Reads a tensor of `count` values from the file. A failure fails the test. */
void fixture_read(gan_context *context, const char *name, float *out, int64_t count);

/* Fails the test if a value differs from the file's by more than 1e-4 of the tensor's largest. */
void fixture_compare(gan_context *context, const char *name, const float *actual, int64_t count);
/* The same for the first output of the last forward pass. */
void fixture_compare_output(gan_context *context, const gan_session *session, int64_t count, const char *name);
/* The same for every tensor of a model, and for every gradient; in the file they are called PREFIX.NAME. */
void fixture_compare_tensors(gan_context *context, const gan_model *model, const char *prefix);
void fixture_compare_gradients(gan_context *context, const gan_model *model, const char *prefix);
/* Sets every tensor of a model to the file's PREFIX.NAME. */
void fixture_set_tensors(gan_context *context, gan_model *model, const char *prefix);

#endif
