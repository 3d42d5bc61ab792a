#include "moving_images.h"

#include "mnist_files.h"
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define READ_AT_ONCE 1000
#define VIDEO_STREAM 102 /* of the seed */
#define BLOCKS       16  /* of four random numbers, for each video; more than it draws */
#define MOVING       2   /* images of a video */
#define FASTEST      2   /* pixels a frame, down and to the right */
#define LARGEST      48  /* pixels of a side, before it is halved */

/* ---- Images ---------------------------------------------------------------------------------------------------- */

/* The mean of every four pixels. */
static void halve(const float *image, int64_t height, int64_t width, float *out)
{
    for (int64_t y = 0; y < height / 2; y++) {
        for (int64_t x = 0; x < width / 2; x++) {
            const float *from = image + 2 * y * width + 2 * x;
            out[y * (width / 2) + x] = (from[0] + from[1] + from[width] + from[width + 1]) / 4;
        }
    }
}

static gan_status read_images(gan_dataset *dataset, gan_shape shape, moving_images *out)
{
    const int64_t size = gan_shape_count(shape), half = out->height * out->width;
    float *images = allocate(READ_AT_ONCE * size, sizeof(*images));
    gan_status status = GAN_OK;
    out->images = allocate(out->count * half, sizeof(*out->images));
    for (int64_t first = 0; first < out->count && status == GAN_OK; first += READ_AT_ONCE) {
        const int64_t left = out->count - first, count = left < READ_AT_ONCE ? left : READ_AT_ONCE;
        status = gan_dataset_read(dataset, first, count, images, NULL);
        for (int64_t i = 0; i < count && status == GAN_OK; i++)
            halve(images + i * size, shape.dims[1], shape.dims[2], out->images + (first + i) * half);
    }
    free(images);
    return status;
}

gan_status moving_open(gan_context *context, const char *folder, uint64_t seed, moving_images *out)
{
    gan_dataset *dataset = NULL;
    gan_shape shape = GAN_SHAPE(1);
    gan_status status = open_mnist(context, folder, MNIST_TRAINING, false, GAN_DATASET(.in_order = true), &dataset);
    if (status == GAN_OK) status = gan_dataset_get_shape(dataset, &shape);
    if (status == GAN_OK) {
        check_sides(shape, folder, 2);
        if (shape.dims[1] > LARGEST || shape.dims[2] > LARGEST) {
            fprintf(stderr, "%s: images of %lld x %lld pixels, expected at most %d x %d\n", folder,
                    (long long)shape.dims[1], (long long)shape.dims[2], LARGEST, LARGEST);
            exit(1);
        }
        out->count = gan_dataset_count(dataset);
        out->height = shape.dims[1] / 2;
        out->width = shape.dims[2] / 2;
        out->seed = seed;
        status = read_images(dataset, shape, out);
    }
    if (status == GAN_OK) status = gan_random_create(context, seed, VIDEO_STREAM, &out->random);
    gan_dataset_destroy(dataset);
    return status;
}

void moving_close(moving_images *moving)
{
    gan_random_destroy(moving->random);
    free(moving->images);
}

/* ---- Videos ---------------------------------------------------------------------------------------------------- */

/* Where something is after `way` from 0 between walls at 0 and `room`. */
static int64_t bounce(double way, double room)
{
    const double lap = fmod(fabs(way), 2 * room);
    return (int64_t)(lap <= room ? lap + 0.5 : 2 * room - lap + 0.5);
}

/* Brighter pixels hide darker ones. */
static void paste(const moving_images *m, const float *image, int64_t top, int64_t left, float *frame)
{
    for (int64_t y = 0; y < m->height; y++) {
        float *to = frame + (top + y) * FRAME_SIDE + left;
        for (int64_t x = 0; x < m->width; x++) to[x] = fmaxf(to[x], image[y * m->width + x]);
    }
}

gan_status moving_draw(moving_images *m, int64_t number, float *video)
{
    const gan_random_state state = {m->seed, VIDEO_STREAM, (uint64_t)number * BLOCKS};
    const double room[2] = {(double)(FRAME_SIDE - m->height), (double)(FRAME_SIDE - m->width)};
    gan_status status = gan_random_set_state(m->random, state);
    for (int64_t i = 0; i < VIDEO_SIZE; i++) video[i] = -1;
    for (int k = 0; k < MOVING && status == GAN_OK; k++) {
        const float *image = m->images + random_below(m->random, m->count) * m->height * m->width;
        float u[4] = {0}; /* place and velocity, down and to the right */
        status = gan_random_uniform(m->random, u, 4);
        for (int64_t t = 0; t < FRAMES; t++) {
            int64_t at[2];
            for (int a = 0; a < 2; a++) {
                const double velocity = FASTEST * (2 * (double)u[2 + a] - 1);
                at[a] = bounce((double)u[a] * room[a] + velocity * (double)t, room[a]);
            }
            paste(m, image, at[0], at[1], video + t * FRAME_SIDE * FRAME_SIDE);
        }
    }
    return status;
}
