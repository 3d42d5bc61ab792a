#include "translation_models.h"

#include "models.h"

#define MOST_HALVINGS 10 /* of a U-Net */
#define DROPPED       3  /* its layers with dropout */

#define WEIGHTS GAN_NORMAL(0.02f)

typedef struct network {
    gan_context *context;
    gan_model *model;
} network;

static gan_node add(network n, gan_layer *layer)
{
    return gan_model_add(n.model, layer);
}

static gan_node normalise(network n)
{
    return add(n, gan_layer_instance_norm(n.context, NULL));
}

/* ---- U-Net ----------------------------------------------------------------------------------------------------- */

static int64_t filters_at(int64_t filters, int64_t level)
{
    return filters << (level < 3 ? level : 3);
}

static gan_node halve(network n, int64_t filters, bool normalised)
{
    const gan_node made =
        add(n, gan_layer_conv2d(n.context, filters,
                                GAN_CONV2D(.kernel = {4, 4}, .stride = {2, 2}, .padding = GAN_PADDING_SAME,
                                           .no_bias = normalised, .weight_initializer = WEIGHTS)));
    return normalised ? normalise(n) : made;
}

static gan_node enlarge(network n, int64_t filters, bool normalised)
{
    const gan_node made =
        add(n, gan_layer_conv_transpose2d(n.context, filters,
                                          GAN_CONV_TRANSPOSE2D(.kernel = {4, 4}, .stride = {2, 2},
                                                               .padding = GAN_PADDING_SAME, .no_bias = normalised,
                                                               .weight_initializer = WEIGHTS)));
    return normalised ? normalise(n) : made;
}

static int64_t count_halvings(gan_shape image)
{
    int64_t count = 0;
    for (int64_t h = image.dims[1], w = image.dims[2]; h % 2 == 0 && w % 2 == 0; h /= 2, w /= 2) count++;
    return count < MOST_HALVINGS ? count : MOST_HALVINGS;
}

gan_status build_unet_generator(gan_context *context, gan_shape image, int64_t filters, uint64_t seed,
                                gan_model **out)
{
    const int64_t levels = count_halvings(image);
    gan_node halved[MOST_HALVINGS];
    network n = {context, NULL};
    gan_status status = gan_model_create(context, &n.model);
    if (status != GAN_OK) return status;
    add(n, gan_layer_input(context, image));
    for (int64_t i = 0; i < levels; i++) {
        if (i > 0) add(n, gan_layer_leaky_relu(context, NULL));
        /* the innermost may have a single pixel, which instance normalisation would make 0 */
        halved[i] = halve(n, filters_at(filters, i), i > 0 && i < levels - 1);
    }
    for (int64_t i = levels - 1; i > 0; i--) {
        add(n, gan_layer_relu(context));
        gan_node made = enlarge(n, filters_at(filters, i - 1), true);
        if (i >= levels - DROPPED) made = add(n, gan_layer_dropout(context, GAN_DROPOUT(.in_sampling = true)));
        gan_model_add_from(n.model, gan_layer_concat(context, NULL), GAN_NODES(made, halved[i - 1]));
    }
    add(n, gan_layer_relu(context));
    enlarge(n, image.dims[0], false);
    add(n, gan_layer_tanh(context));
    gan_model_set_input(n.model, 0, GAN_INPUT(.role = GAN_INPUT_IMAGE));
    return build_or_destroy(n.model, seed, out);
}

/* ---- Residual network ------------------------------------------------------------------------------------------ */

static gan_node reflect(network n, int64_t kernel, int64_t filters, bool normalised)
{
    const int64_t pad = kernel / 2;
    add(n, gan_layer_pad2d(n.context, GAN_PAD2D(.pads = {pad, pad, pad, pad}, .mode = GAN_PAD_REFLECTION)));
    const gan_node made = add(n, gan_layer_conv2d(n.context, filters,
                                                  GAN_CONV2D(.kernel = {kernel, kernel}, .no_bias = normalised,
                                                             .weight_initializer = WEIGHTS)));
    return normalised ? normalise(n) : made;
}

static void add_sides(network n, int64_t filters, bool halved)
{
    if (halved) {
        add(n, gan_layer_conv2d(n.context, filters,
                                GAN_CONV2D(.stride = {2, 2}, .padding = GAN_PADDING_EXPLICIT, .pads = {1, 1, 1, 1},
                                           .no_bias = true, .weight_initializer = WEIGHTS)));
    } else {
        add(n, gan_layer_conv_transpose2d(n.context, filters,
                                          GAN_CONV_TRANSPOSE2D(.stride = {2, 2}, .padding = GAN_PADDING_EXPLICIT,
                                                               .pads = {1, 1, 1, 1}, .output_padding = {1, 1},
                                                               .no_bias = true, .weight_initializer = WEIGHTS)));
    }
    normalise(n);
}

static gan_node add_block(network n, int64_t filters, gan_node before)
{
    reflect(n, 3, filters, true);
    add(n, gan_layer_relu(n.context));
    const gan_node made = reflect(n, 3, filters, true);
    return gan_model_add_from(n.model, gan_layer_add(n.context), GAN_NODES(before, made));
}

gan_status build_resnet_generator(gan_context *context, gan_shape image, int64_t filters, int64_t blocks,
                                  uint64_t seed, gan_model **out)
{
    network n = {context, NULL};
    gan_status status = gan_model_create(context, &n.model);
    if (status != GAN_OK) return status;
    add(n, gan_layer_input(context, image));
    reflect(n, 7, filters, true);
    gan_node last = add(n, gan_layer_relu(context));
    for (int64_t factor = 2; factor <= 4; factor *= 2) {
        add_sides(n, factor * filters, true);
        last = add(n, gan_layer_relu(context));
    }
    for (int64_t i = 0; i < blocks; i++) last = add_block(n, 4 * filters, last);
    for (int64_t factor = 2; factor >= 1; factor /= 2) {
        add_sides(n, factor * filters, false);
        add(n, gan_layer_relu(context));
    }
    reflect(n, 7, image.dims[0], false);
    add(n, gan_layer_tanh(context));
    gan_model_set_input(n.model, 0, GAN_INPUT(.role = GAN_INPUT_IMAGE));
    return build_or_destroy(n.model, seed, out);
}

/* ---- Judges ---------------------------------------------------------------------------------------------------- */

static void judge(network n, int64_t filters, int64_t stride, bool normalised)
{
    add(n, gan_layer_conv2d(n.context, filters,
                            GAN_CONV2D(.kernel = {4, 4}, .stride = {stride, stride}, .padding = GAN_PADDING_EXPLICIT,
                                       .pads = {1, 1, 1, 1}, .no_bias = normalised, .weight_initializer = WEIGHTS)));
    if (normalised) normalise(n);
}

gan_status build_patch_discriminator(gan_context *context, gan_shape image, int64_t inputs, int64_t filters,
                                     int64_t halvings, uint64_t seed, gan_model **out)
{
    network n = {context, NULL};
    gan_status status = gan_model_create(context, &n.model);
    if (status != GAN_OK) return status;
    gan_node seen[2] = {GAN_NODE_NONE, GAN_NODE_NONE};
    for (int64_t i = 0; i < inputs && i < 2; i++) seen[i] = add(n, gan_layer_input(context, image));
    if (inputs > 1) gan_model_add_from(n.model, gan_layer_concat(context, NULL), 2, seen);
    for (int64_t i = 0; i <= halvings; i++) {
        judge(n, filters_at(filters, i), i < halvings ? 2 : 1, i > 0);
        add(n, gan_layer_leaky_relu(context, NULL));
    }
    judge(n, 1, 1, false);
    return build_or_destroy(n.model, seed, out);
}
