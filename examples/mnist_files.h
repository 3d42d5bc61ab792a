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

/* Ends the program with a sentence and status 1 if the images in a folder have not the shape of those in another. */
gan_status check_same_size(const gan_dataset *images, const char *folder, gan_shape shape, const char *other);

#endif
