/* What is fuzzed: each target opens any bytes as a file and uses the result. It returns the status; sanitizers and
 * its own checks find crashes, leaks and wrong sizes. */
#ifndef GAN_TESTS_FUZZ_TARGETS_H
#define GAN_TESTS_FUZZ_TARGETS_H

#include "libgan.h"

typedef gan_status (*fuzz_target_fn)(gan_context *context, const char *path);

gan_status fuzz_idx_images(gan_context *context, const char *path);
gan_status fuzz_idx_labels(gan_context *context, const char *path); /* with good images: path + ".images" */
gan_status fuzz_safetensors(gan_context *context, const char *path);
gan_status fuzz_image(gan_context *context, const char *path);
gan_status fuzz_npy(gan_context *context, const char *path);
gan_status fuzz_csv(gan_context *context, const char *path);
gan_status fuzz_history(gan_context *context, const char *path);
gan_status fuzz_events(gan_context *context, const char *path); /* in event_target.c */
/* In model_targets.c: */
gan_status fuzz_model(gan_context *context, const char *path);
gan_status fuzz_onnx(gan_context *context, const char *path);
gan_status fuzz_weights(gan_context *context, const char *path);
gan_status fuzz_checkpoint(gan_context *context, const char *path);
gan_status fuzz_json(gan_context *context, const char *path);
gan_status fuzz_architecture(gan_context *context, const char *path);

/* A file that fuzz_weights() loads, and one that fuzz_checkpoint() does. */
gan_status fuzz_write_weights(gan_context *context, const char *path);
gan_status fuzz_write_checkpoint(gan_context *context, const char *path);
/* The good images that fuzz_idx_labels() reads. */
void fuzz_write_images(const char *path);

/* All targets, by name; the last has none. */
typedef struct fuzz_target {
    const char *name;
    fuzz_target_fn run;
} fuzz_target;
extern const fuzz_target fuzz_targets[];

/* Ends the process unless the condition holds. */
void fuzz_require(bool condition, const char *what);

#endif
