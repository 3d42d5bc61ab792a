/* What is fuzzed: each target takes any bytes as a file, opens it and uses what it got. It returns the status; a
 * crash, a leak or a wrong size is found by the sanitizers and by the checks within. */
#ifndef GAN_TESTS_FUZZ_TARGETS_H
#define GAN_TESTS_FUZZ_TARGETS_H

#include "libgan.h"

typedef gan_status (*fuzz_target_fn)(gan_context *context, const char *path);

gan_status fuzz_idx_images(gan_context *context, const char *path);
gan_status fuzz_idx_labels(gan_context *context, const char *path); /* beside good images: path + ".images" */
gan_status fuzz_safetensors(gan_context *context, const char *path);
gan_status fuzz_history(gan_context *context, const char *path);

/* Ends the process when the condition does not hold. */
void fuzz_require(bool condition, const char *what);

#endif
