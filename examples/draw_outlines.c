/* Makes pairs to learn translations from: outlines of images in MNIST's format beside the images, as PNG files in
 * train/ and test/. An outline is where the Sobel operator is large. */
#include "mnist_files.h"
#include "options.h"
#include "outputs.h"
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct drawing {
    const char *data, *output;
    int64_t count, test_count, size;
    double threshold;
    gan_context *context;
    gan_shape image;
} drawing;

/* What is beyond the border is background. */
static float at(const drawing *d, const float *image, int64_t row, int64_t column)
{
    const int64_t height = d->image.dims[1], width = d->image.dims[2];
    return row < 0 || column < 0 || row >= height || column >= width ? -1 : image[row * width + column];
}

/* Both halves of a row of the pair: the outline, black on white, and the image, in the middle of squares. */
static void draw_pair(const drawing *d, const float *image, float *pair)
{
    const int64_t top = (d->size - d->image.dims[1]) / 2, left = (d->size - d->image.dims[2]) / 2;
    for (int64_t i = 0; i < d->size * d->size; i++) {
        const int64_t row = i / d->size, column = i % d->size, y = row - top, x = column - left;
        float across = 0, down = 0;
        for (int64_t k = -1; k <= 1; k++) {
            const float weight = k == 0 ? 2 : 1;
            across += weight * (at(d, image, y + k, x + 1) - at(d, image, y + k, x - 1));
            down += weight * (at(d, image, y + 1, x + k) - at(d, image, y - 1, x + k));
        }
        pair[row * 2 * d->size + column] = hypotf(across, down) > (float)d->threshold ? -1 : 1;
        pair[(row * 2 + 1) * d->size + column] = at(d, image, y, x);
    }
}

static gan_status draw_part(drawing *d, mnist_part part, const char *name, int64_t most, int64_t *drawn)
{
    gan_dataset *images = NULL;
    char folder[PATH_SIZE];
    gan_status status = open_mnist(d->context, d->data, part, false, NULL, &images);
    if (status == GAN_OK) status = gan_dataset_get_shape(images, &d->image);
    if (status != GAN_OK) return status;
    if (d->image.dims[1] > d->size || d->image.dims[2] > d->size) {
        fprintf(stderr, "%s: images of more than %lld pixels; choose a larger --size\n", d->data, (long long)d->size);
        exit(1);
    }
    const int64_t count = gan_dataset_count(images);
    float *image = allocate(gan_shape_count(d->image), sizeof(float));
    float *pair = allocate(2 * d->size * d->size, sizeof(float));
    path_in(d->output, name, folder);
    for (*drawn = 0; *drawn < count && *drawn < most && status == GAN_OK; ++*drawn) {
        char file[32], path[PATH_SIZE];
        snprintf(file, sizeof(file), "%06lld.png", (long long)*drawn);
        status = gan_dataset_read(images, *drawn, 1, image, NULL);
        if (status != GAN_OK) break;
        draw_pair(d, image, pair);
        status =
            write_picture_file(d->context, path_in(folder, file, path), pair, GAN_SHAPE(1, d->size, 2 * d->size));
    }
    free(pair);
    free(image);
    gan_dataset_destroy(images);
    return status;
}

int main(int argc, char **argv)
{
    drawing d = {.data = "/usr/share/datasets/fashion-mnist",
                 .output = "outlines",
                 .count = 10000,
                 .test_count = 1000,
                 .size = 32,
                 .threshold = 1.5};
    const option options[] = {
        {"--data", OPTION_TEXT, &d.data, 0, 0, "DIR", "MNIST-format images (default Fashion-MNIST's)"},
        {"--output", OPTION_TEXT, &d.output, 0, 0, "DIR",
         "folder for train/ and, if there are test images, test/ (default outlines)"},
        {"--count", OPTION_INTEGER, &d.count, 1, 1e7, "N", "most pairs in train/ (default 10000)"},
        {"--test-count", OPTION_INTEGER, &d.test_count, 1, 1e7, "N", "most pairs in test/ (default 1000)"},
        {"--size", OPTION_INTEGER, &d.size, 16, 1024, "N", "of the squares, with the images amidst (default 32)"},
        {"--threshold", OPTION_NUMBER, &d.threshold, 0, 8, "T", "of outlines, for pixels from -1 to 1 (default 1.5)"},
    };
    read_options(argc, argv, 1, "draw_outlines: pairs of outlines and images, side by side, as PNG files.", options,
                 (int)(sizeof(options) / sizeof(options[0])));
    char folders[2][PATH_SIZE];
    int64_t counts[2] = {0, 0};
    const bool has_test = has_mnist(d.data, MNIST_TEST, false);
    will_read(d.data);
    will_write_in(path_in(d.output, "train", folders[0]), (const char *const[]){"000000.png", NULL});
    if (has_test) will_write_in(path_in(d.output, "test", folders[1]), (const char *const[]){"000000.png", NULL});
    gan_status status = open_context(0, &d.context);
    if (status == GAN_OK) status = draw_part(&d, MNIST_TRAINING, "train", d.count, &counts[0]);
    if (status == GAN_OK && has_test) status = draw_part(&d, MNIST_TEST, "test", d.test_count, &counts[1]);
    if (status == GAN_OK) printf("train=%lld test=%lld\n", (long long)counts[0], (long long)counts[1]);
    gan_context_destroy(d.context);
    return exit_status(status);
}
