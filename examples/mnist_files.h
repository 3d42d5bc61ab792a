/* Finds the training files of an MNIST-like dataset in a folder. */
#ifndef EXAMPLES_MNIST_FILES_H
#define EXAMPLES_MNIST_FILES_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the path of the folder's training images, or labels, to `path`. Looks for the usual names, plain or gzipped
 * (train-images-idx3-ubyte, train-images.idx3-ubyte), then for a single other file with "images" ("labels") and "idx"
 * in its name. False when there is none, or more than one and no usual name. */
bool find_mnist_file(const char *folder, bool labels, char *path, size_t size);

#endif
