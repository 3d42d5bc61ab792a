#include "translation_score.h"

#include "monitor.h"
#include "program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE_SEED 1234
#define ROWS        8 /* of a picture, each with two translations */

gan_status translate_pictures(gan_model *generator, const float *pictures, int64_t count, float *out)
{
    return gan_model_sample(generator, GAN_SAMPLE(.seed = SAMPLE_SEED, .inputs = &pictures), count, out);
}

double mean_difference(const float *a, const float *b, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += fabs((double)a[i] - (double)b[i]);
    return sum / (double)count;
}

static double square_distance(const float *a, const float *b, int64_t size)
{
    double sum = 0;
    for (int64_t i = 0; i < size; i++) sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    return sum;
}

int64_t count_matches(const float *translated, const float *partners, int64_t count, int64_t size)
{
    int64_t matches = 0;
    for (int64_t i = 0; i < count; i++) {
        const double own = square_distance(translated + i * size, partners + i * size, size);
        bool nearest = true;
        for (int64_t j = 0; j < count && nearest; j++)
            nearest = j == i || square_distance(translated + i * size, partners + j * size, size) > own;
        matches += nearest;
    }
    return matches;
}

gan_status write_series(gan_context *context, const char *path, gan_shape image, int64_t count, int64_t series,
                        const float *const *pictures)
{
    const int64_t size = gan_shape_count(image), shown = count < 2 * ROWS ? count : 2 * ROWS;
    if (!has_pictures(context)) return GAN_OK;
    float *grid = allocate(shown * series * size, sizeof(float));
    for (int64_t i = 0; i < shown; i++) {
        for (int64_t s = 0; s < series; s++)
            memcpy(grid + (i * series + s) * size, pictures[s] + i * size, (size_t)size * sizeof(float));
    }
    const gan_status status =
        draw_picture(context, path, grid, shown * series, image, count > 1 ? 2 * series : series);
    free(grid);
    return status;
}
