/* Finds and opens the files of an MNIST-like dataset in a folder. */
#ifndef EXAMPLES_MNIST_FILES_H
#define EXAMPLES_MNIST_FILES_H

#include <libgan.h>

typedef enum mnist_part { MNIST_TRAINING, MNIST_TEST } mnist_part;

/* Whether the folder has images of the part, and labels if requested. Looks for the usual names, plain or gzipped
 * (train-images-idx3-ubyte, train-images.idx3-ubyte; t10k-... for the test), and then, for training, for a single
 * other file with "images" ("labels") and "idx" in its name. */
bool has_mnist(const char *folder, mnist_part part, bool labels);

/* Opens the images of the part, and the labels if requested. If the folder lacks them, says so and exits with status
 * 1. */
gan_status open_mnist(gan_context *context, const char *folder, mnist_part part, bool labels,
                      const gan_dataset_options *options, gan_dataset **out);

/* Opens images that are not trained on: the test images of a folder of their own, which may also call them training
 * images, or, without it (NULL), the test images of the data. Ends as above if there are none, or as check_alike().
 */
gan_status open_test_images(gan_context *context, const char *data, const char *folder, gan_shape shape,
                            gan_dataset **out);

/* Each of these ends the program with a sentence and status 1 if images of a folder are not fit: if they have another
 * shape than those in another folder, or labels that these have not; */
gan_status check_alike(const gan_dataset *images, const char *folder, gan_shape shape, int64_t classes,
                       const char *other);
/* if their sides are no multiples of a factor, by which networks shrink and enlarge them; */
void check_sides(gan_shape image, const char *folder, int64_t factor);
/* if they are fewer than `what`, such as "a batch takes", needs; */
void check_enough(const gan_dataset *images, const char *folder, const char *what, int64_t least);
/* if they are fewer than a batch. */
void check_fills_batch(const gan_dataset *images, const char *folder, int64_t batch);

#endif
