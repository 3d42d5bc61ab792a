#include "web_models.h"

#include <stddef.h>

enum { PLANE_NOISE = 2, PLANE_UNITS = 64, PLANE_LAYERS = 3, PICTURE_NOISE = 32, FILTERS = 16 };

static void add_plane_network(gan_context *context, gan_model *model, int64_t inputs, int64_t outputs, float slope)
{
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(inputs)));
    for (int i = 0; i < PLANE_LAYERS; i++) {
        gan_model_add(model, gan_layer_dense(context, PLANE_UNITS, GAN_DENSE(.weight_initializer = GAN_HE_NORMAL)));
        gan_model_add(model, gan_layer_leaky_relu(context, GAN_LEAKY_RELU(.slope = slope)));
    }
    gan_model_add(model, gan_layer_dense(context, outputs, NULL));
}

/* DCGAN (Radford et al., 2016) in miniature. */
static void add_picture_generator(gan_context *context, gan_model *model)
{
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(PICTURE_NOISE)));
    gan_model_add(model, gan_layer_dense(context, 2 * FILTERS * 7 * 7, NULL));
    gan_model_add(model, gan_layer_reshape(context, GAN_SHAPE(2 * FILTERS, 7, 7)));
    gan_model_add(model, gan_layer_batch_norm(context, NULL));
    gan_model_add(model, gan_layer_relu(context));
    gan_model_add(model, gan_layer_conv_transpose2d(
                             context, FILTERS,
                             GAN_CONV_TRANSPOSE2D(.kernel = {4, 4}, .stride = {2, 2}, .padding = GAN_PADDING_SAME)));
    gan_model_add(model, gan_layer_batch_norm(context, NULL));
    gan_model_add(model, gan_layer_relu(context));
    gan_model_add(model, gan_layer_conv_transpose2d(
                             context, 1,
                             GAN_CONV_TRANSPOSE2D(.kernel = {4, 4}, .stride = {2, 2}, .padding = GAN_PADDING_SAME)));
    gan_model_add(model, gan_layer_tanh(context));
}

static void add_picture_discriminator(gan_context *context, gan_model *model)
{
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(1, 28, 28)));
    for (int filters = FILTERS; filters <= 2 * FILTERS; filters *= 2) {
        gan_model_add(model,
                      gan_layer_conv2d(context, filters,
                                       GAN_CONV2D(.kernel = {4, 4}, .stride = {2, 2}, .padding = GAN_PADDING_SAME)));
        gan_model_add(model, gan_layer_leaky_relu(context, NULL));
    }
    gan_model_add(model, gan_layer_flatten(context));
    gan_model_add(model, gan_layer_dense(context, 1, NULL));
}

gan_status build_web_models(gan_context *context, web_kind kind, uint64_t seed, gan_model **generator,
                            gan_model **discriminator)
{
    gan_model *g = NULL, *d = NULL;
    gan_status status = gan_model_create(context, &g);

    if (status == GAN_OK) status = gan_model_create(context, &d);
    if (status == GAN_OK && kind == WEB_PLANE) {
        add_plane_network(context, g, PLANE_NOISE, 2, GAN_ZERO);
        add_plane_network(context, d, 2, 1, 0.2f);
    } else if (status == GAN_OK) {
        add_picture_generator(context, g);
        add_picture_discriminator(context, d);
    }
    if (status == GAN_OK) status = gan_model_build(g, 2 * seed);
    if (status == GAN_OK) status = gan_model_build(d, 2 * seed + 1);
    if (status == GAN_OK) {
        *generator = g;
        *discriminator = d;
        return GAN_OK;
    }
    gan_model_destroy(g);
    gan_model_destroy(d);
    return status;
}

gan_trainer_options web_trainer_options(web_kind kind)
{
    const bool plane = kind == WEB_PLANE;
    return (gan_trainer_options){.struct_size = sizeof(gan_trainer_options),
                                 .batch = plane ? 128 : 32,
                                 .beta1 = plane ? GAN_ZERO : 0.5f,
                                 .beta2 = 0.99f,
                                 .ema_half_life = plane ? 200 * 128 : 100 * 32,
                                 .ema_ramp = 0.05f,
                                 .augment = plane ? 0 : GAN_AUGMENT_TRANSLATION,
                                 .diagnosis_interval = 50};
}
