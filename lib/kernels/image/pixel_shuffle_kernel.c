/* Pixel shuffle: one task moves each row of the small image, or moves it back. */
#include "kernels/blocks/blocks.h"
#include "kernels/image/image.h"

typedef struct shuffle_work {
    const gan_pixel_shuffle *by;
    bool enlarges;
    const gan_real *x;
    gan_real *y;
} shuffle_work;

/* One pixel of the small image and the rows of the `factor` x `factor` pixels that it becomes, `row` values apart. */
static void enlarge_pixel(const gan_pixel_shuffle *by, int64_t row, const gan_real *restrict small,
                          gan_real *restrict large)
{
    const int64_t factor = by->factor, channels = by->channels;
    for (int64_t i = 0; i < factor; i++) {
        for (int64_t j = 0; j < factor; j++) {
            for (int64_t c = 0; c < channels; c++)
                large[i * row + j * channels + c] = small[(c * factor + i) * factor + j];
        }
    }
}

static void reduce_pixel(const gan_pixel_shuffle *by, int64_t row, const gan_real *restrict large,
                         gan_real *restrict small)
{
    const int64_t factor = by->factor, channels = by->channels;
    for (int64_t i = 0; i < factor; i++) {
        for (int64_t j = 0; j < factor; j++) {
            for (int64_t c = 0; c < channels; c++)
                small[(c * factor + i) * factor + j] = large[i * row + j * channels + c];
        }
    }
}

/* Rows begin <= k < end of the small images, counted over the batch; each is `factor` rows of the large ones. */
static void shuffle_range(const void *arguments, int64_t begin, int64_t end)
{
    const shuffle_work *work = arguments;
    const gan_pixel_shuffle *by = work->by;
    const int64_t of_pixel = by->channels * by->factor, row = by->columns * of_pixel;
    for (int64_t k = begin; k < end; k++) {
        for (int64_t j = 0; j < by->columns; j++) {
            const int64_t small = k * by->factor * row + j * by->factor * of_pixel;
            const int64_t large = k * by->factor * row + j * of_pixel;
            if (work->enlarges) {
                enlarge_pixel(by, row, work->x + small, work->y + large);
            } else {
                reduce_pixel(by, row, work->x + large, work->y + small);
            }
        }
    }
}

static void run(gan_context *context, const gan_pixel_shuffle *by, bool enlarges, int64_t batch, const gan_real *x,
                gan_real *y)
{
    const shuffle_work work = {by, enlarges, x, y};
    const int64_t row = by->columns * by->factor * by->factor * by->channels;
    gan_range_run(context, shuffle_range, &work, batch * by->rows, row < GAN_BLOCK ? GAN_BLOCK / row : 1);
}

void gan_shuffle_pixels(gan_context *context, const gan_pixel_shuffle *by, int64_t batch, const gan_real *small,
                        gan_real *large)
{
    run(context, by, true, batch, small, large);
}

void gan_unshuffle_pixels(gan_context *context, const gan_pixel_shuffle *by, int64_t batch, const gan_real *large,
                          gan_real *small)
{
    run(context, by, false, batch, large, small);
}
