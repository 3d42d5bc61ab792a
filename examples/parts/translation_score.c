#include "translation_score.h"

#include "program.h"
#include "translation_models.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE_SEED 1234
#define NETWORKS    8
#define BATCH       32
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

static gan_status read_features(gan_session *session, gan_shape image, const float *pictures, int64_t count,
                                float *features)
{
    gan_status status = GAN_OK;
    for (int64_t done = 0; done < count && status == GAN_OK; done += BATCH) {
        const int64_t batch = count - done < BATCH ? count - done : BATCH;
        status = gan_session_set_input(session, 0, pictures + done * gan_shape_count(image), batch);
        if (status == GAN_OK) status = gan_session_forward(session, GAN_MODE_SAMPLE);
        if (status == GAN_OK) status = gan_session_get_output(session, 0, features + done * RANDOM_FEATURES);
    }
    return status;
}

static gan_status read_both(gan_model *network, gan_shape image, const float *real, const float *fake, int64_t count,
                            float *features)
{
    gan_session *session = NULL;
    gan_status status = gan_session_create(network, GAN_SESSION(.batch = BATCH, .forward_only = true), &session);
    if (status == GAN_OK) status = read_features(session, image, real, count, features);
    if (status == GAN_OK) status = read_features(session, image, fake, count, features + count * RANDOM_FEATURES);
    gan_session_destroy(session);
    return status;
}

gan_status feature_distance(gan_context *context, gan_shape image, const float *real, const float *fake,
                            int64_t count, double *out)
{
    float *features = allocate(2 * count * RANDOM_FEATURES, sizeof(float));
    gan_status status = GAN_OK;
    *out = 0;
    for (uint64_t seed = 0; seed < NETWORKS && status == GAN_OK; seed++) {
        gan_model *network = NULL;
        double distance = 0;
        status = build_random_features(context, image, seed, &network);
        if (status == GAN_OK) status = read_both(network, image, real, fake, count, features);
        if (status == GAN_OK) {
            status = gan_metric_frechet_distance(context, features, count, features + count * RANDOM_FEATURES, count,
                                                 RANDOM_FEATURES, &distance);
        }
        *out += distance / NETWORKS;
        gan_model_destroy(network);
    }
    free(features);
    return status;
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
        gan_png_write_grid(context, path, grid, shown * series, image, count > 1 ? 2 * series : series);
    free(grid);
    return status;
}
