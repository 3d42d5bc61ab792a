#include "models.h"

gan_status build_or_destroy(gan_model *model, uint64_t seed, gan_model **out)
{
    gan_status status = gan_model_build(model, seed);
    if (status == GAN_OK) {
        *out = model;
    } else {
        gan_model_destroy(model);
    }
    return status;
}

void add_normalisation(gan_context *context, gan_model *model, normalisation kind)
{
    if (kind == NORMALISATION_BATCH) gan_model_add(model, gan_layer_batch_norm(context, NULL));
    if (kind == NORMALISATION_LAYER) gan_model_add(model, gan_layer_layer_norm(context, NULL));
}

static gan_layer *dense(gan_context *context, int64_t units, normalisation kind)
{
    return gan_layer_dense(context, units, GAN_DENSE(.spectral_norm = kind == NORMALISATION_SPECTRAL));
}

gan_status build_dense_generator(gan_context *context, gan_shape image, normalisation kind, int64_t filters,
                                 uint64_t seed, gan_model **out)
{
    static const int64_t units[] = {256, 512, 1024};
    (void)filters;
    gan_model *g = NULL;
    gan_status status = gan_model_create(context, &g);
    if (status != GAN_OK) return status;
    gan_model_add(g, gan_layer_input(context, GAN_SHAPE(NOISE_SIZE)));
    for (int i = 0; i < 3; i++) {
        gan_model_add(g, dense(context, units[i], kind));
        add_normalisation(context, g, kind);
        gan_model_add(g, gan_layer_leaky_relu(context, NULL));
    }
    gan_model_add(g, dense(context, gan_shape_count(image), kind));
    gan_model_add(g, gan_layer_tanh(context));
    gan_model_add(g, gan_layer_reshape(context, image));
    return build_or_destroy(g, seed, out);
}

/* Of the convolutions at images whose sides were halved so often. */
static int64_t filters_after(int halvings, int64_t filters)
{
    return filters << (halvings < 4 ? halvings - 1 : 3);
}

int dcgan_stages(gan_shape image)
{
    int64_t side = image.dims[1] < image.dims[2] ? image.dims[1] : image.dims[2];
    int stages = 0;
    if (side <= 32) return 2;
    for (; side >= 8; side /= 2) stages++;
    return stages;
}

/* Convolutions that halve the sides, and one logit. */
static gan_status build_discriminator(gan_context *context, gan_shape image, int stages, int64_t kernel,
                                      normalisation kind, int64_t filters, uint64_t seed, gan_model **out)
{
    gan_model *d = NULL;
    gan_status status = gan_model_create(context, &d);
    if (status != GAN_OK) return status;
    gan_model_add(d, gan_layer_input(context, image));
    for (int i = 0; i < stages; i++) {
        gan_model_add(
            d, gan_layer_conv2d(context, filters_after(i + 1, filters),
                                GAN_CONV2D(.kernel = {kernel, kernel}, .stride = {2, 2}, .padding = GAN_PADDING_SAME,
                                           .spectral_norm = kind == NORMALISATION_SPECTRAL)));
        if (i > 0) add_normalisation(context, d, kind);
        gan_model_add(d, gan_layer_leaky_relu(context, NULL));
    }
    gan_model_add(d, gan_layer_flatten(context));
    gan_model_add(d, dense(context, 1, kind));
    return build_or_destroy(d, seed, out);
}

gan_status build_conv_discriminator(gan_context *context, gan_shape image, normalisation kind, int64_t filters,
                                    uint64_t seed, gan_model **out)
{
    return build_discriminator(context, image, 2, 5, kind, filters, seed, out);
}

gan_status build_dcgan_discriminator(gan_context *context, gan_shape image, normalisation kind, int64_t filters,
                                     uint64_t seed, gan_model **out)
{
    return build_discriminator(context, image, dcgan_stages(image), 4, kind, filters, seed, out);
}

static gan_layer *enlarge(gan_context *context, int64_t filters, normalisation kind)
{
    return gan_layer_conv_transpose2d(context, filters,
                                      GAN_CONV_TRANSPOSE2D(.kernel = {4, 4}, .stride = {2, 2},
                                                           .padding = GAN_PADDING_SAME,
                                                           .spectral_norm = kind == NORMALISATION_SPECTRAL));
}

gan_status build_dcgan_generator(gan_context *context, gan_shape image, normalisation kind, int64_t filters,
                                 uint64_t seed, gan_model **out)
{
    const int stages = dcgan_stages(image);
    gan_shape small = GAN_SHAPE(filters_after(stages, filters), image.dims[1] >> stages, image.dims[2] >> stages);
    gan_model *g = NULL;
    gan_status status = gan_model_create(context, &g);
    if (status != GAN_OK) return status;
    gan_model_add(g, gan_layer_input(context, GAN_SHAPE(NOISE_SIZE)));
    gan_model_add(g, dense(context, gan_shape_count(small), kind));
    gan_model_add(g, gan_layer_reshape(context, small));
    add_normalisation(context, g, kind);
    gan_model_add(g, gan_layer_relu(context));
    for (int i = stages - 1; i > 0; i--) {
        gan_model_add(g, enlarge(context, filters_after(i, filters), kind));
        add_normalisation(context, g, kind);
        gan_model_add(g, gan_layer_relu(context));
    }
    gan_model_add(g, enlarge(context, image.dims[0], kind));
    gan_model_add(g, gan_layer_tanh(context));
    return build_or_destroy(g, seed, out);
}
