/* The loops of max pooling, over the pixels of a row. */
#include "kernels/image/image_tables.h"

/* Pixels that follow each other are one, with more channels. */
static gan_pixel_runs joined(const gan_pixel_runs *runs)
{
    gan_pixel_runs all = *runs;
    if (runs->x_step != runs->channels || runs->pixels == 0) return all;
    all.channels *= all.pixels;
    all.pixels = 1;
    return all;
}

static void take(const gan_pixel_runs *given, gan_real position, const gan_real *restrict x, gan_real *restrict y,
                 gan_real *restrict chosen)
{
    const gan_pixel_runs runs = joined(given);
    for (int64_t i = 0; i < runs.pixels; i++, x += runs.x_step, y += runs.y_step, chosen += runs.y_step) {
        for (int64_t c = 0; c < runs.channels; c++) {
            const bool better = (chosen[c] < 0) | (x[c] > y[c]) | (x[c] != x[c]);
            y[c] = better ? x[c] : y[c];
            chosen[c] = better ? position : chosen[c];
        }
    }
}

static void pick(const gan_pixel_runs *given, gan_real position, const gan_real *restrict chosen,
                 const gan_real *restrict x, gan_real *restrict y)
{
    const gan_pixel_runs runs = joined(given);
    for (int64_t i = 0; i < runs.pixels; i++, x += runs.x_step, y += runs.y_step, chosen += runs.y_step)
        for (int64_t c = 0; c < runs.channels; c++) y[c] = chosen[c] == position ? x[c] : y[c];
}

static void spread(const gan_pixel_runs *given, gan_real position, const gan_real *restrict chosen,
                   const gan_real *restrict dy, gan_real *restrict dx)
{
    const gan_pixel_runs runs = joined(given);
    for (int64_t i = 0; i < runs.pixels; i++, dx += runs.x_step, dy += runs.y_step, chosen += runs.y_step)
        for (int64_t c = 0; c < runs.channels; c++) dx[c] += chosen[c] == position ? dy[c] : 0;
}

const gan_max_pool_table GAN_ISA_TABLE(gan_max_pool_table) = {.take = take, .pick = pick, .spread = spread};
