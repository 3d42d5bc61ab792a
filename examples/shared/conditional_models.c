#include "conditional_models.h"

#include "models.h"

/* ---- The generator --------------------------------------------------------------------------------------------- */

static gan_node enlarge(gan_context *context, gan_model *g, int64_t filters)
{
    return gan_model_add(g, gan_layer_conv_transpose2d(context, filters,
                                                       GAN_CONV_TRANSPOSE2D(.kernel = {4, 4}, .stride = {2, 2},
                                                                            .padding = GAN_PADDING_SAME)));
}

static void normalise(gan_context *context, gan_model *g, int64_t classes, gan_node x, gan_node label)
{
    gan_model_add_from(g, gan_layer_conditional_batch_norm(context, classes, NULL), GAN_NODES(x, label));
    gan_model_add(g, gan_layer_relu(context));
}

gan_status build_conditional_generator(gan_context *context, gan_shape image, int64_t classes, uint64_t seed,
                                       gan_model **out)
{
    const gan_shape small = GAN_SHAPE(128, image.dims[1] / 4, image.dims[2] / 4);
    gan_model *g = NULL;
    gan_status status = gan_model_create(context, &g);
    if (status != GAN_OK) return status;
    const gan_node noise = gan_model_add(g, gan_layer_input(context, GAN_SHAPE(NOISE_SIZE)));
    const gan_node label = gan_model_add(g, gan_layer_input(context, GAN_SHAPE(1)));
    const gan_node one_hot = gan_model_add(g, gan_layer_one_hot(context, classes));
    gan_model_add_from(g, gan_layer_concat(context, NULL), GAN_NODES(noise, one_hot));
    gan_model_add(g, gan_layer_dense(context, gan_shape_count(small), NULL));
    normalise(context, g, classes, gan_model_add(g, gan_layer_reshape(context, small)), label);
    normalise(context, g, classes, enlarge(context, g, 64), label);
    enlarge(context, g, image.dims[0]);
    gan_model_add(g, gan_layer_tanh(context));
    return build_or_destroy(g, seed, out);
}

/* ---- The discriminator ----------------------------------------------------------------------------------------- */

/* An image with a plane a class, all ones for its own. */
static gan_node join_planes(gan_context *context, gan_model *d, gan_shape image, int64_t classes, gan_node pixels,
                            gan_node label)
{
    gan_model_add_from(d, gan_layer_one_hot(context, classes), GAN_NODES(label));
    gan_model_add(d, gan_layer_reshape(context, GAN_SHAPE(classes, 1, 1)));
    const gan_node planes =
        gan_model_add(d, gan_layer_upsample2d(context, GAN_UPSAMPLE2D(.factor = {image.dims[1], image.dims[2]})));
    return gan_model_add_from(d, gan_layer_concat(context, NULL), GAN_NODES(pixels, planes));
}

/* Flat features of what a node has. */
static gan_node add_features(gan_context *context, gan_model *d, bool spectral, gan_node from)
{
    static const int64_t filters[] = {64, 128};
    for (int i = 0; i < 2; i++) {
        from =
            gan_model_add_from(d,
                               gan_layer_conv2d(context, filters[i],
                                                GAN_CONV2D(.kernel = {4, 4}, .stride = {2, 2},
                                                           .padding = GAN_PADDING_SAME, .spectral_norm = spectral)),
                               GAN_NODES(from));
        from = gan_model_add(d, gan_layer_leaky_relu(context, NULL));
    }
    return gan_model_add(d, gan_layer_flatten(context));
}

gan_status build_conditional_discriminator(gan_context *context, gan_shape image, int64_t classes, conditioning kind,
                                           bool spectral, uint64_t seed, gan_model **out)
{
    const int64_t features_count = 128 * ((image.dims[1] + 3) / 4) * ((image.dims[2] + 3) / 4);
    gan_model *d = NULL;
    gan_status status = gan_model_create(context, &d);
    if (status != GAN_OK) return status;
    gan_node x = gan_model_add(d, gan_layer_input(context, image)), label = GAN_NODE_NONE;
    if (kind != CONDITIONING_AUXILIARY) label = gan_model_add(d, gan_layer_input(context, GAN_SHAPE(1)));
    if (kind == CONDITIONING_CONCAT) x = join_planes(context, d, image, classes, x, label);
    const gan_node features = add_features(context, d, spectral, x);
    const gan_node logit = gan_model_add(d, gan_layer_dense(context, 1, GAN_DENSE(.spectral_norm = spectral)));
    if (kind == CONDITIONING_PROJECTION) {
        const gan_node embedding =
            gan_model_add_from(d,
                               gan_layer_embedding(context, classes, features_count,
                                                   GAN_EMBEDDING(.weight_initializer = GAN_NORMAL(0.02f))),
                               GAN_NODES(label));
        const gan_node projection =
            gan_model_add_from(d, gan_layer_inner_product(context), GAN_NODES(features, embedding));
        gan_model_add_from(d, gan_layer_add(context), GAN_NODES(logit, projection));
    } else if (kind == CONDITIONING_AUXILIARY) {
        const gan_node class_logits =
            gan_model_add_from(d, gan_layer_dense(context, classes, NULL), GAN_NODES(features));
        gan_model_set_outputs(d, GAN_NODES(logit, class_logits));
    }
    return build_or_destroy(d, seed, out);
}
