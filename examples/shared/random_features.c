#include "random_features.h"

#include "models.h"
#include "program.h"

#include <stdlib.h>

#define FEATURES 64
#define NETWORKS 8
#define BATCH    32

/* Their features are the means over all pixels of each filter of the last of three convolutions. */
static gan_status build_network(gan_context *context, gan_shape image, uint64_t seed, gan_model **out)
{
    gan_model *m = NULL;
    gan_status status = gan_model_create(context, &m);
    if (status != GAN_OK) return status;
    gan_model_add(m, gan_layer_input(context, image));
    for (int i = 0; i < 3; i++) {
        gan_model_add(m, gan_layer_conv2d(context, i == 2 ? FEATURES : 32,
                                          GAN_CONV2D(.kernel = {4, 4}, .stride = {i == 0 ? 1 : 2, i == 0 ? 1 : 2},
                                                     .weight_initializer = GAN_HE_NORMAL)));
        gan_model_add(m, gan_layer_leaky_relu(context, NULL));
    }
    const int64_t height = ((image.dims[1] - 3 - 4) / 2 + 1 - 4) / 2 + 1;
    const int64_t width = ((image.dims[2] - 3 - 4) / 2 + 1 - 4) / 2 + 1;
    gan_model_add(m, gan_layer_avg_pool2d(context, GAN_AVG_POOL2D(.kernel = {height, width})));
    gan_model_add(m, gan_layer_flatten(context));
    return build_or_destroy(m, seed, out);
}

static gan_status read_features(gan_session *session, gan_shape image, const float *pictures, int64_t count,
                                float *features)
{
    gan_status status = GAN_OK;
    for (int64_t done = 0; done < count && status == GAN_OK; done += BATCH) {
        const int64_t batch = count - done < BATCH ? count - done : BATCH;
        status = gan_session_set_input(session, 0, pictures + done * gan_shape_count(image), batch);
        if (status == GAN_OK) status = gan_session_forward(session, GAN_MODE_SAMPLE);
        if (status == GAN_OK) status = gan_session_get_output(session, 0, features + done * FEATURES);
    }
    return status;
}

static gan_status read_both(gan_model *network, gan_shape image, const float *real, const float *fake, int64_t count,
                            float *features)
{
    gan_session *session = NULL;
    gan_status status = gan_session_create(network, GAN_SESSION(.batch = BATCH, .forward_only = true), &session);
    if (status == GAN_OK) status = read_features(session, image, real, count, features);
    if (status == GAN_OK) status = read_features(session, image, fake, count, features + count * FEATURES);
    gan_session_destroy(session);
    return status;
}

gan_status feature_distance(gan_context *context, gan_shape image, const float *real, const float *fake,
                            int64_t count, double *out)
{
    float *features = allocate(2 * count * FEATURES, sizeof(float));
    gan_status status = GAN_OK;
    *out = 0;
    for (uint64_t seed = 0; seed < NETWORKS && status == GAN_OK; seed++) {
        gan_model *network = NULL;
        double distance = 0;
        status = build_network(context, image, seed, &network);
        if (status == GAN_OK) status = read_both(network, image, real, fake, count, features);
        if (status == GAN_OK) {
            status = gan_metric_frechet_distance(context, features, count, features + count * FEATURES, count,
                                                 FEATURES, &distance);
        }
        *out += distance / NETWORKS;
        gan_model_destroy(network);
    }
    free(features);
    return status;
}
