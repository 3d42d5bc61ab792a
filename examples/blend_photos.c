/* Blends grey images with crops of colour photographs, as MNIST-M was made (Ganin et al., 2016): in each channel,
 * |photograph - image|. Without photographs, only gives the images three equal channels. */
#include "mnist_files.h"
#include "options.h"
#include "outputs.h"
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define CHANNELS    3
#define PHOTO_SIDE  256
#define MOST_PHOTOS 64

typedef struct blending {
    const char *data_folder, *photo_folder, *output;
    int64_t first, count, seed;
    bool test;
    gan_context *context;
    gan_dataset *data;
    gan_random *random;
    float *photos; /* (photo_count, 3, PHOTO_SIDE, PHOTO_SIDE) */
    int64_t photo_count;
    int64_t height, width;
    float *images, *labels; /* what is written */
} blending;

static gan_status read_photos(blending *b)
{
    const int64_t size = CHANNELS * PHOTO_SIDE * PHOTO_SIDE;
    gan_dataset *folder = NULL;
    gan_status status = gan_dataset_open_folder(
        b->context, b->photo_folder, GAN_FOLDER(.height = PHOTO_SIDE, .width = PHOTO_SIDE, .channels = CHANNELS),
        GAN_DATASET(.limit = MOST_PHOTOS), &folder);
    if (status != GAN_OK) return status;
    b->photo_count = gan_dataset_count(folder);
    b->photos = allocate(b->photo_count * size, sizeof(float));
    for (int64_t i = 0; i < b->photo_count && status == GAN_OK; i++)
        status = gan_dataset_read(folder, i, 1, b->photos + i * size, NULL);
    gan_dataset_destroy(folder);
    return status;
}

static gan_status open_data(blending *b)
{
    gan_shape shape;
    gan_status status = open_mnist(b->context, b->data_folder, b->test ? MNIST_TEST : MNIST_TRAINING, true,
                                   GAN_DATASET(.in_order = true), &b->data);
    if (status == GAN_OK) status = gan_dataset_get_shape(b->data, &shape);
    if (status != GAN_OK) return status;
    const int64_t rest = gan_dataset_count(b->data) - b->first;
    if (rest < 1) {
        fprintf(stderr, "%s: it has %lld image%s, so --first %lld leaves none\n", b->data_folder,
                (long long)gan_dataset_count(b->data), plural(gan_dataset_count(b->data)), (long long)b->first);
        exit(1);
    }
    if (b->count == 0) b->count = rest;
    b->height = shape.dims[1];
    b->width = shape.dims[2];
    if (b->count < 1 || b->count > rest) {
        fprintf(stderr, "%s: it has %lld image%s, but --first %lld --count %lld asks for others\n", b->data_folder,
                (long long)gan_dataset_count(b->data), plural(gan_dataset_count(b->data)), (long long)b->first,
                (long long)b->count);
        exit(1);
    }
    if (b->height > PHOTO_SIDE || b->width > PHOTO_SIDE) {
        fprintf(stderr, "%s: images of more than %d x %d pixels\n", b->data_folder, PHOTO_SIDE, PHOTO_SIDE);
        exit(1);
    }
    b->images = allocate(b->count * CHANNELS * b->height * b->width, sizeof(float));
    b->labels = allocate(b->count, sizeof(float));
    return GAN_OK;
}

/* With images x and crops c in [-1, 1]: |(c + 1) / 2 - (x + 1) / 2| is |c - x| / 2 in [0, 1], and |c - x| - 1 here.
 */
static void blend(blending *b, const float *image, float *out)
{
    const int64_t pixels = b->height * b->width;
    const int64_t photo = random_below(b->random, b->photo_count);
    const int64_t top = random_below(b->random, PHOTO_SIDE - b->height + 1);
    const int64_t left = random_below(b->random, PHOTO_SIDE - b->width + 1);
    for (int64_t i = 0; i < CHANNELS * pixels; i++) {
        const int64_t channel = i / pixels, row = i % pixels / b->width, column = i % b->width;
        const int64_t at = ((photo * CHANNELS + channel) * PHOTO_SIDE + top + row) * PHOTO_SIDE + left + column;
        out[i] = fabsf(b->photos[at] - image[i % pixels]) - 1;
    }
}

static gan_status make_images(blending *b)
{
    const int64_t pixels = b->height * b->width;
    float *image = allocate(pixels, sizeof(float));
    gan_status status = GAN_OK;
    for (int64_t n = 0; n < b->count && status == GAN_OK; n++) {
        float *out = b->images + n * CHANNELS * pixels;
        int32_t label;
        status = gan_dataset_read(b->data, b->first + n, 1, image, &label);
        if (status != GAN_OK) break;
        b->labels[n] = (float)label;
        if (b->photos) blend(b, image, out);
        for (int64_t i = 0; i < CHANNELS * pixels && !b->photos; i++) out[i] = image[i % pixels];
    }
    free(image);
    return status;
}

static gan_status write_files(const blending *b)
{
    char path[PATH_SIZE];
    const gan_shape shape = GAN_SHAPE(CHANNELS, b->height, b->width);
    gan_status status = gan_npy_write(b->context, path_in(b->output, "images.npy", path), b->images, b->count, shape);
    if (status == GAN_OK)
        status = gan_npy_write(b->context, path_in(b->output, "labels.npy", path), b->labels, b->count, GAN_SHAPE(1));
    if (status == GAN_OK && has_pictures(b->context)) {
        status = gan_png_write_grid(b->context, path_in(b->output, "images.png", path), b->images,
                                    b->count < 64 ? b->count : 64, shape, 0);
    }
    return status;
}

static gan_status run(blending *b)
{
    gan_status status = open_context(0, &b->context);
    if (status == GAN_OK) status = gan_random_create(b->context, (uint64_t)b->seed, 0, &b->random);
    if (status == GAN_OK) status = open_data(b);
    if (status == GAN_OK && b->photo_folder) status = read_photos(b);
    if (status == GAN_OK) status = make_images(b);
    if (status == GAN_OK) status = write_files(b);
    if (status == GAN_OK) printf("images=%lld photos=%lld\n", (long long)b->count, (long long)b->photo_count);
    return status;
}

int main(int argc, char **argv)
{
    blending b = {.data_folder = "/usr/share/datasets/fashion-mnist", .output = "blended"};
    const option options[] = {
        {"--data", OPTION_TEXT, &b.data_folder, 0, 0, "DIR", "MNIST-format images (default Fashion-MNIST's)"},
        {"--test-part", OPTION_FLAG, &b.test, 0, 0, NULL,
         "of the folder's test images, instead of the training images"},
        {"--photos", OPTION_TEXT, &b.photo_folder, 0, 0, "DIR", "PNG or JPEG photographs (default: none)"},
        {"--first", OPTION_INTEGER, &b.first, 0, 1e12, "N", "begin with image N (default 0)"},
        {"--count", OPTION_INTEGER, &b.count, 1, 1e9, "N", "images (default: all)"},
        {"--output", OPTION_TEXT, &b.output, 0, 0, "DIR", "folder for images.npy and labels.npy (default blended)"},
        {"--seed", OPTION_INTEGER, &b.seed, 0, 1e15, "N", "with --photos: of the crops (default 0)"},
    };
    read_options(argc, argv, 1, "blend_photos: images on crops of photographs, as NumPy files.", options,
                 (int)(sizeof(options) / sizeof(options[0])));
    if (b.photo_folder) will_read(b.photo_folder);
    will_write_in(b.output, (const char *const[]){"images.npy", "labels.npy", "images.png", NULL});
    const int result = exit_status(run(&b));
    free(b.labels);
    free(b.images);
    free(b.photos);
    gan_dataset_destroy(b.data);
    gan_random_destroy(b.random);
    gan_context_destroy(b.context);
    return result;
}
