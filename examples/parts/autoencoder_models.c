#include "autoencoder_models.h"

#include "models.h"

#define UNITS 256

static gan_layer *reduce(gan_context *context, int64_t filters)
{
    return gan_layer_conv2d(context, filters,
                            GAN_CONV2D(.kernel = {4, 4}, .stride = {2, 2}, .padding = GAN_PADDING_SAME));
}

static gan_layer *enlarge(gan_context *context, int64_t filters)
{
    return gan_layer_conv_transpose2d(
        context, filters, GAN_CONV_TRANSPOSE2D(.kernel = {4, 4}, .stride = {2, 2}, .padding = GAN_PADDING_SAME));
}

static gan_node add_relu(gan_context *context, gan_model *m, gan_layer *layer, bool normalised)
{
    gan_model_add(m, layer);
    if (normalised) gan_model_add(m, gan_layer_batch_norm(context, NULL));
    return gan_model_add(m, gan_layer_relu(context));
}

gan_status build_encoder(gan_context *context, gan_shape image, int64_t codes, bool normalised, uint64_t seed,
                         gan_model **out)
{
    gan_model *m = NULL;
    gan_status status = gan_model_create(context, &m);
    if (status != GAN_OK) return status;
    gan_model_add(m, gan_layer_input(context, image));
    add_relu(context, m, reduce(context, 32), normalised);
    add_relu(context, m, reduce(context, 64), normalised);
    gan_model_add(m, gan_layer_flatten(context));
    const gan_node hidden = add_relu(context, m, gan_layer_dense(context, UNITS, NULL), normalised);
    const gan_node mean = gan_model_add_from(m, gan_layer_dense(context, codes, NULL), GAN_NODES(hidden));
    const gan_node log_variance = gan_model_add_from(m, gan_layer_dense(context, codes, NULL), GAN_NODES(hidden));
    const gan_node code = gan_model_add_from(m, gan_layer_gaussian_sample(context), GAN_NODES(mean, log_variance));
    gan_model_set_outputs(m, GAN_NODES(code, mean, log_variance));
    return build_or_destroy(m, seed, out);
}

/* A sigmoid of l, from [0, 1] to [-1, 1], is tanh(l / 2). So the last convolution makes l / 2. */
gan_status build_decoder(gan_context *context, gan_shape image, int64_t codes, bool normalised, uint64_t seed,
                         gan_model **out)
{
    const gan_shape small = GAN_SHAPE(64, image.dims[1] / 4, image.dims[2] / 4);
    gan_model *m = NULL;
    gan_status status = gan_model_create(context, &m);
    if (status != GAN_OK) return status;
    gan_model_add(m, gan_layer_input(context, GAN_SHAPE(codes)));
    gan_model_set_input(m, 0, GAN_INPUT(.role = GAN_INPUT_NOISE, .noise = GAN_NOISE_NORMAL));
    add_relu(context, m, gan_layer_dense(context, UNITS, NULL), normalised);
    gan_model_add(m, gan_layer_dense(context, gan_shape_count(small), NULL));
    add_relu(context, m, gan_layer_reshape(context, small), normalised);
    add_relu(context, m, enlarge(context, 32), normalised);
    const gan_node half = gan_model_add(m, enlarge(context, image.dims[0]));
    const gan_node pixels = gan_model_add(m, gan_layer_tanh(context));
    const gan_node logits = gan_model_add_from(m, gan_layer_add(context), GAN_NODES(half, half));
    gan_model_set_outputs(m, GAN_NODES(pixels, logits));
    return build_or_destroy(m, seed, out);
}

gan_status build_judge(gan_context *context, gan_shape image, uint64_t seed, gan_model **out)
{
    gan_model *m = NULL;
    gan_status status = gan_model_create(context, &m);
    if (status != GAN_OK) return status;
    gan_model_add(m, gan_layer_input(context, image));
    gan_model_add(m, reduce(context, 64));
    gan_model_add(m, gan_layer_leaky_relu(context, NULL));
    gan_model_add(m, reduce(context, 128));
    gan_model_add(m, gan_layer_batch_norm(context, NULL));
    const gan_node features = gan_model_add(m, gan_layer_leaky_relu(context, NULL));
    gan_model_add(m, gan_layer_flatten(context));
    const gan_node logit = gan_model_add(m, gan_layer_dense(context, 1, NULL));
    gan_model_set_outputs(m, GAN_NODES(logit, features));
    return build_or_destroy(m, seed, out);
}

gan_status build_to_probability(gan_context *context, gan_shape image, gan_model **out)
{
    gan_model *m = NULL;
    gan_status status = gan_model_create(context, &m);
    if (status != GAN_OK) return status;
    const gan_node x = gan_model_add(m, gan_layer_input(context, image));
    const gan_node half = gan_model_add(m, gan_layer_input(context, image));
    const gan_node halved = gan_model_add_from(m, gan_layer_multiply(context), GAN_NODES(x, half));
    gan_model_add_from(m, gan_layer_add(context), GAN_NODES(halved, half));
    return build_or_destroy(m, 0, out);
}
