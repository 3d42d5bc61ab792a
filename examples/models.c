#include "models.h"

gan_status build_or_destroy(gan_model *model, uint64_t seed, gan_model **out)
{
    gan_status status = gan_model_build(model, seed);
    if (status == GAN_OK)
        *out = model;
    else
        gan_model_destroy(model);
    return status;
}

gan_status build_dense_generator(gan_context *context, gan_shape image, bool batch_norm, uint64_t seed,
                                 gan_model **out)
{
    static const int64_t units[] = {256, 512, 1024};
    gan_model *g = NULL;
    gan_status status = gan_model_create(context, &g);
    if (status != GAN_OK) return status;
    gan_model_add(g, gan_layer_input(context, GAN_SHAPE(NOISE_SIZE)));
    for (int i = 0; i < 3; i++) {
        gan_model_add(g, gan_layer_dense(context, units[i], NULL));
        if (batch_norm) gan_model_add(g, gan_layer_batch_norm(context, NULL));
        gan_model_add(g, gan_layer_leaky_relu(context, 0.2f));
    }
    gan_model_add(g, gan_layer_dense(context, gan_shape_count(image), NULL));
    gan_model_add(g, gan_layer_tanh(context));
    gan_model_add(g, gan_layer_reshape(context, image));
    return build_or_destroy(g, seed, out);
}

gan_status build_conv_discriminator(gan_context *context, gan_shape image, uint64_t seed, gan_model **out)
{
    static const int64_t filters[] = {64, 128};
    gan_model *d = NULL;
    gan_status status = gan_model_create(context, &d);
    if (status != GAN_OK) return status;
    gan_model_add(d, gan_layer_input(context, image));
    for (int i = 0; i < 2; i++) {
        gan_model_add(d, gan_layer_conv2d(context, filters[i],
                                          GAN_CONV2D(.kernel = {5, 5}, .stride = {2, 2}, .padding = GAN_PADDING_SAME)));
        gan_model_add(d, gan_layer_leaky_relu(context, 0.2f));
    }
    gan_model_add(d, gan_layer_flatten(context));
    gan_model_add(d, gan_layer_dense(context, 1, NULL));
    return build_or_destroy(d, seed, out);
}
