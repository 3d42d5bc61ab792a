/* The loop of resampling: adds one row of pixels to another. */
#include "kernels/image/image_tables.h"

/* y[i, c] += weight x[i, c] */
static void add_pixels(const gan_pixel_runs *runs, gan_real weight, const gan_real *restrict x, gan_real *restrict y)
{
    const int64_t channels = runs->channels, x_step = runs->x_step, y_step = runs->y_step;
    int64_t pixels = runs->pixels, values = channels;
    if (x_step == channels && y_step == channels) {
        values *= pixels;
        pixels = pixels > 0;
    }
    if (values == 1) {
        for (int64_t i = 0; i < pixels; i++) y[i * y_step] += weight * x[i * x_step];
        return;
    }
    for (int64_t i = 0; i < pixels; i++, x += x_step, y += y_step)
        for (int64_t c = 0; c < values; c++) y[c] += weight * x[c];
}

const gan_resample_table GAN_ISA_TABLE(gan_resample_table) = {.add_pixels = add_pixels};
