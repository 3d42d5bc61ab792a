/* A folder of files that a release wrote, named on the test's command line. */
#ifndef GAN_TESTS_COMPATIBILITY_CORPUS_H
#define GAN_TESTS_COMPATIBILITY_CORPUS_H

#include "libgan.h"

/* Remembers the folder, the only argument. False if there is none, or more. */
bool corpus_of(int argc, char **argv);
/* The path of a file in it, formatted; valid for the next seven calls. */
const char *corpus_path(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The names X of all files PREFIX-X.safetensors, sorted; *count gets their number. */
char **corpus_names(const char *prefix, int *count);
void corpus_names_release(char **names, int count);

/* Fails the test unless `count` samples of a shape are those of an NPY file, within the tolerance of the largest. */
void corpus_compare_npy(gan_context *context, const char *path, const float *actual, int64_t count, gan_shape shape,
                        double tolerance);
/* Fails the test unless two safetensors files hold the same entries, bit for bit, and equivalent metadata,
 * apart from what later versions have added. */
void corpus_compare_files(gan_context *context, const char *expected, const char *actual);
/* Fails the test unless each tensor of the model is, bit for bit, the one called PREFIX and its name in the file. */
void corpus_compare_tensors(gan_context *context, const char *path, const char *prefix, const gan_model *model);

#endif
