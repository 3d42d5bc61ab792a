#include "mnist_files.h"

#include "outputs.h"
#include "program.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool find_file(const char *folder, mnist_part part, bool labels, char path[PATH_SIZE])
{
    static const char *const patterns[] = {"%s/%s-%s-idx%d-ubyte", "%s/%s-%s-idx%d-ubyte.gz", "%s/%s-%s.idx%d-ubyte",
                                           "%s/%s-%s.idx%d-ubyte.gz"};
    const char *which = part == MNIST_TRAINING ? "train" : "t10k", *what = labels ? "labels" : "images";
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        int length = snprintf(path, PATH_SIZE, patterns[i], folder, which, what, labels ? 1 : 3);
        if (length > 0 && length < PATH_SIZE && access(path, R_OK) == 0) return true;
    }
    if (part != MNIST_TRAINING) return false;
    DIR *directory = opendir(folder);
    int found = 0;
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        if (!strstr(entry->d_name, what) || !strstr(entry->d_name, "idx")) continue;
        int length = snprintf(path, PATH_SIZE, "%s/%s", folder, entry->d_name);
        if (length > 0 && length < PATH_SIZE) found++;
    }
    if (directory) closedir(directory);
    return found == 1;
}

bool has_mnist(const char *folder, mnist_part part, bool labels)
{
    char path[PATH_SIZE];
    return find_file(folder, part, false, path) && (!labels || find_file(folder, part, true, path));
}

static void find_or_leave(const char *folder, mnist_part part, bool labels, char path[PATH_SIZE])
{
    if (find_file(folder, part, labels, path)) return;
    require_folder(folder);
    fprintf(stderr, "%s: no MNIST-format %s %s there (%s-%s-idx%d-ubyte, plain or .gz)\n", folder,
            part == MNIST_TRAINING ? "training" : "test", labels ? "labels" : "images",
            part == MNIST_TRAINING ? "train" : "t10k", labels ? "labels" : "images", labels ? 1 : 3);
    exit(1);
}

gan_status open_mnist(gan_context *context, const char *folder, mnist_part part, bool labels,
                      const gan_dataset_options *options, gan_dataset **out)
{
    char image_path[PATH_SIZE], label_path[PATH_SIZE];
    find_or_leave(folder, part, false, image_path);
    if (labels) find_or_leave(folder, part, true, label_path);
    will_read(image_path);
    if (labels) will_read(label_path);
    return gan_dataset_open_idx(context, image_path, labels ? label_path : NULL, options, out);
}

gan_status check_alike(const gan_dataset *images, const char *folder, gan_shape shape, int64_t classes,
                       const char *other)
{
    gan_shape own;
    gan_status status = gan_dataset_get_shape(images, &own);
    if (status != GAN_OK) return status;
    if (own.rank != shape.rank || memcmp(own.dims, shape.dims, (size_t)own.rank * sizeof(*own.dims)) != 0) {
        fprintf(stderr, "%s: images of another size than those in %s: %lld x %lld x %lld, not %lld x %lld x %lld\n",
                folder, other, (long long)own.dims[1], (long long)own.dims[2], (long long)own.dims[0],
                (long long)shape.dims[1], (long long)shape.dims[2], (long long)shape.dims[0]);
        exit(1);
    }
    if (gan_dataset_classes(images) <= classes) return GAN_OK;
    fprintf(stderr, "%s: labels up to %lld, but those in %s end at %lld\n", folder,
            (long long)gan_dataset_classes(images) - 1, other, (long long)classes - 1);
    exit(1);
}

gan_status open_test_images(gan_context *context, const char *data, const char *folder, gan_shape shape,
                            gan_dataset **out)
{
    const mnist_part part = !folder || has_mnist(folder, MNIST_TEST, false) ? MNIST_TEST : MNIST_TRAINING;
    gan_status status = open_mnist(context, folder ? folder : data, part, false, NULL, out);
    return status == GAN_OK ? check_alike(*out, folder ? folder : data, shape, 0, data) : status;
}

void check_sides(gan_shape image, const char *folder, int64_t factor)
{
    if (image.dims[1] % factor == 0 && image.dims[2] % factor == 0) return;
    fprintf(stderr, "%s: images of %lld x %lld pixels, but the networks here need sides that are multiples of %lld\n",
            folder, (long long)image.dims[1], (long long)image.dims[2], (long long)factor);
    exit(1);
}

void check_enough(const gan_dataset *images, const char *folder, const char *what, int64_t least)
{
    const int64_t count = gan_dataset_count(images);
    if (count >= least) return;
    fprintf(stderr, "%s: %lld image%s, but %s %lld\n", folder, (long long)count, plural(count), what,
            (long long)least);
    exit(1);
}

void check_fills_batch(const gan_dataset *images, const char *folder, int64_t batch)
{
    check_enough(images, folder, "a batch takes", batch);
}
