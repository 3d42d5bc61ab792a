#include "support/models.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

const test_named_model test_models[TEST_MODELS] = {{"seed generator", test_seed_generator},
                                                   {"seed discriminator", test_seed_discriminator},
                                                   {"DCGAN generator", test_dcgan_generator},
                                                   {"DCGAN discriminator", test_dcgan_discriminator},
                                                   {"spectral norm", test_spectral_discriminator},
                                                   {"dilation and groups", test_grouped_discriminator},
                                                   {"normalisation", test_normalised_discriminator},
                                                   {"label", test_labelled_discriminator},
                                                   {"projection", test_projection_discriminator},
                                                   {"smooth activations", test_smooth_discriminator},
                                                   {"conditional", test_conditional_generator},
                                                   {"padding", test_padded_discriminator},
                                                   {"Gaussian code", test_variational_discriminator},
                                                   {"attention", test_attentive_discriminator},
                                                   {"graph", test_graph}};

static gan_status finish(gan_model *model, uint64_t seed, gan_model **out)
{
    gan_status status = gan_model_build(model, seed);

    if (status == GAN_OK) {
        *out = model;
    } else {
        gan_model_destroy(model);
    }
    return status;
}

gan_status test_seed_generator(gan_context *context, uint64_t seed, gan_model **out)
{
    static const int64_t widths[] = {3, 5, 10};
    gan_model *model;
    gan_status status = gan_model_create(context, &model);

    if (status != GAN_OK) return status;
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(4)));
    for (int i = 0; i < 3; i++) {
        gan_model_add(model, gan_layer_dense(context, widths[i], NULL));
        gan_model_add(model, gan_layer_leaky_relu(context, NULL));
    }
    gan_model_add(model, gan_layer_dense(context, 9, NULL));
    gan_model_add(model, gan_layer_tanh(context));
    gan_model_add(model, gan_layer_reshape(context, GAN_SHAPE(1, 3, 3)));
    return finish(model, seed, out);
}

gan_status test_seed_discriminator(gan_context *context, uint64_t seed, gan_model **out)
{
    gan_model *model;
    gan_status status = gan_model_create(context, &model);

    if (status != GAN_OK) return status;
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(1, 6, 6)));
    for (int64_t filters = 2; filters <= 3; filters++) {
        gan_model_add(model,
                      gan_layer_conv2d(context, filters,
                                       GAN_CONV2D(.kernel = {5, 5}, .stride = {2, 2}, .padding = GAN_PADDING_SAME)));
        gan_model_add(model, gan_layer_leaky_relu(context, NULL));
    }
    gan_model_add(model, gan_layer_flatten(context));
    gan_model_add(model, gan_layer_dense(context, 1, NULL));
    return finish(model, seed, out);
}

gan_status test_dcgan_generator(gan_context *context, uint64_t seed, gan_model **out)
{
    gan_model *model;
    gan_status status = gan_model_create(context, &model);

    if (status != GAN_OK) return status;
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(3)));
    gan_model_add(model, gan_layer_dense(context, 16, GAN_DENSE(.no_bias = true)));
    gan_model_add(model, gan_layer_batch_norm(context, NULL));
    gan_model_add(model, gan_layer_relu(context));
    gan_model_add(model, gan_layer_reshape(context, GAN_SHAPE(4, 2, 2)));
    gan_model_add(model, gan_layer_conv_transpose2d(context, 3,
                                                    GAN_CONV_TRANSPOSE2D(.kernel = {4, 4}, .stride = {2, 2},
                                                                         .padding = GAN_PADDING_SAME,
                                                                         .weight_initializer = GAN_NORMAL(0.2f))));
    gan_model_add(model, gan_layer_batch_norm(context, GAN_BATCH_NORM(.momentum = 0.3f)));
    gan_model_add(model, gan_layer_relu(context));
    gan_model_add(
        model, gan_layer_named(gan_layer_conv_transpose2d(
                                   context, 2, GAN_CONV_TRANSPOSE2D(.stride = {2, 2}, .padding = GAN_PADDING_SAME)),
                               "image"));
    gan_model_add(model, gan_layer_tanh(context));
    return finish(model, seed, out);
}

gan_status test_dcgan_discriminator(gan_context *context, uint64_t seed, gan_model **out)
{
    gan_model *model;
    gan_status status = gan_model_create(context, &model);

    if (status != GAN_OK) return status;
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(2, 8, 8)));
    gan_model_add(model, gan_layer_conv2d(context, 3, GAN_CONV2D(.stride = {2, 2}, .padding = GAN_PADDING_SAME)));
    gan_model_add(model, gan_layer_softplus(context));
    gan_model_add(model, gan_layer_dropout(context, GAN_DROPOUT(.rate = 0.3f)));
    gan_model_add(model, gan_layer_conv2d(context, 4, GAN_CONV2D(.stride = {2, 2}, .no_bias = true)));
    gan_model_add(model, gan_layer_batch_norm(context, NULL));
    gan_model_add(model, gan_layer_sigmoid(context));
    gan_model_add(model, gan_layer_flatten(context));
    gan_model_add(model, gan_layer_named(gan_layer_dense(context, 1, NULL), "logit"));
    return finish(model, seed, out);
}

gan_status test_spectral_discriminator(gan_context *context, uint64_t seed, gan_model **out)
{
    gan_model *model;
    gan_status status = gan_model_create(context, &model);

    if (status != GAN_OK) return status;
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(2, 5, 5)));
    gan_model_add(
        model, gan_layer_conv2d(context, 3, GAN_CONV2D(.kernel = {3, 2}, .stride = {2, 2}, .spectral_norm = true)));
    gan_model_add(model, gan_layer_leaky_relu(context, NULL));
    gan_model_add(
        model, gan_layer_conv_transpose2d(context, 2, GAN_CONV_TRANSPOSE2D(.kernel = {2, 3}, .spectral_norm = true)));
    gan_model_add(model, gan_layer_tanh(context));
    gan_model_add(model, gan_layer_flatten(context));
    gan_model_add(model, gan_layer_dense(context, 4, GAN_DENSE(.no_bias = true, .spectral_norm = true)));
    gan_model_add(model, gan_layer_softplus(context));
    gan_model_add(model, gan_layer_named(gan_layer_dense(context, 1, GAN_DENSE(.spectral_norm = true)), "logit"));
    return finish(model, seed, out);
}

gan_status test_grouped_discriminator(gan_context *context, uint64_t seed, gan_model **out)
{
    gan_model *model;
    gan_status status = gan_model_create(context, &model);

    if (status != GAN_OK) return status;
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(2, 5, 4)));
    gan_model_add(model, gan_layer_conv2d(context, 4,
                                          GAN_CONV2D(.padding = GAN_PADDING_SAME, .dilation = {2, 1}, .groups = 2)));
    gan_model_add(model, gan_layer_tanh(context));
    gan_model_add(model, gan_layer_conv2d(context, 4, GAN_CONV2D(.stride = {2, 1}, .groups = 4)));
    gan_model_add(model, gan_layer_leaky_relu(context, NULL));
    gan_model_add(model, gan_layer_conv_transpose2d(
                             context, 6, GAN_CONV_TRANSPOSE2D(.kernel = {2, 2}, .dilation = {1, 3}, .groups = 2)));
    gan_model_add(model, gan_layer_softplus(context));
    gan_model_add(model, gan_layer_flatten(context));
    gan_model_add(model, gan_layer_dense(context, 1, NULL));
    return finish(model, seed, out);
}

gan_status test_normalised_discriminator(gan_context *context, uint64_t seed, gan_model **out)
{
    gan_model *model;
    gan_status status = gan_model_create(context, &model);

    if (status != GAN_OK) return status;
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(2, 5, 6)));
    gan_model_add(model, gan_layer_conv2d(context, 6, GAN_CONV2D(.stride = {2, 2}, .padding = GAN_PADDING_SAME)));
    gan_model_add(model, gan_layer_instance_norm(context, NULL));
    gan_model_add(model, gan_layer_tanh(context));
    gan_model_add(model, gan_layer_group_norm(context, 3, GAN_GROUP_NORM(.epsilon = 1e-3f)));
    gan_model_add(model, gan_layer_conv2d(context, 4, GAN_CONV2D(.kernel = {2, 2}, .no_bias = true)));
    gan_model_add(model, gan_layer_layer_norm(context, NULL));
    gan_model_add(model, gan_layer_softplus(context));
    gan_model_add(model, gan_layer_pixel_norm(context, NULL));
    gan_model_add(model, gan_layer_flatten(context));
    gan_model_add(model, gan_layer_dense(context, 8, NULL));
    gan_model_add(model, gan_layer_group_norm(context, 2, GAN_GROUP_NORM(.no_affine = true)));
    gan_model_add(model, gan_layer_sigmoid(context));
    gan_model_add(model, gan_layer_dense(context, 1, NULL));
    return finish(model, seed, out);
}

gan_status test_smooth_discriminator(gan_context *context, uint64_t seed, gan_model **out)
{
    gan_model *model;
    gan_status status = gan_model_create(context, &model);

    if (status != GAN_OK) return status;
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(2, 4, 3)));
    const gan_node features = gan_model_add(model, gan_layer_conv2d(context, 3, NULL));
    const gan_node bent = gan_model_add(model, gan_layer_prelu(context, GAN_PRELU(.per_channel = true)));
    gan_model_add_from(model, gan_layer_silu(context), GAN_NODES(features));
    const gan_node gated = gan_model_add_from(model, gan_layer_multiply(context), GAN_NODES(bent, bent + 1));
    gan_model_add_from(model, gan_layer_max_pool2d(context, GAN_MAX_POOL2D(.kernel = {2, 1}, .pads = {1, 0})),
                       GAN_NODES(gated));
    gan_model_add(model, gan_layer_softmax(context));
    gan_model_add(model, gan_layer_flatten(context));
    gan_model_add(model, gan_layer_gelu(context, NULL));
    gan_model_add(model, gan_layer_dense(context, 5, NULL));
    gan_model_add(model, gan_layer_elu(context, GAN_ELU(.alpha = 1.5f)));
    gan_model_add(model, gan_layer_dense(context, 4, NULL));
    gan_model_add(model, gan_layer_gelu(context, GAN_GELU(.tanh_approximation = true)));
    gan_model_add(model, gan_layer_prelu(context, NULL));
    gan_model_add(model, gan_layer_log_sum_exp(context));
    return finish(model, seed, out);
}

gan_status test_padded_discriminator(gan_context *context, uint64_t seed, gan_model **out)
{
    gan_model *model;
    gan_status status = gan_model_create(context, &model);

    if (status != GAN_OK) return status;
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(2, 3, 4)));
    gan_model_add(model, gan_layer_pad2d(context, GAN_PAD2D(.pads = {1, 1, 2, 1}, .mode = GAN_PAD_REFLECTION)));
    gan_model_add(model, gan_layer_conv2d(context, 8, GAN_CONV2D(.stride = {2, 2})));
    gan_model_add(model, gan_layer_softplus(context));
    gan_model_add(model, gan_layer_pixel_shuffle(context, 2));
    gan_model_add(model, gan_layer_pad2d(context, GAN_PAD2D(.pads = {0, 2, 1, 0}, .mode = GAN_PAD_REPLICATION)));
    gan_model_add(model, gan_layer_dropout(context, GAN_DROPOUT(.rate = 0.25f, .in_sampling = true)));
    gan_model_add(model, gan_layer_pad2d(context, GAN_PAD2D(.pads = {1, 0, 0, 1})));
    gan_model_add(model, gan_layer_conv2d(context, 2, NULL));
    gan_model_add(model, gan_layer_tanh(context));
    gan_model_add(model, gan_layer_flatten(context));
    gan_model_add(model, gan_layer_dense(context, 1, NULL));
    return finish(model, seed, out);
}

gan_status test_variational_discriminator(gan_context *context, uint64_t seed, gan_model **out)
{
    gan_model *model;
    gan_status status = gan_model_create(context, &model);

    if (status != GAN_OK) return status;
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(5)));
    gan_model_add(model, gan_layer_dense(context, 6, NULL));
    const gan_node features = gan_model_add(model, gan_layer_tanh(context));
    const gan_node mean = gan_model_add(model, gan_layer_dense(context, 3, NULL));
    const gan_node log_variance = gan_model_add_from(model, gan_layer_dense(context, 3, NULL), GAN_NODES(features));
    gan_model_add_from(model, gan_layer_gaussian_sample(context), GAN_NODES(mean, log_variance));
    gan_model_add(model, gan_layer_dense(context, 4, NULL));
    gan_model_add(model, gan_layer_softplus(context));
    gan_model_add(model, gan_layer_dense(context, 1, NULL));
    return finish(model, seed, out);
}

/* docs/layers.md shows this. Here the share starts at 0.5, so that gradients reach all weights. */
static gan_node add_self_attention(gan_context *context, gan_model *model, gan_node image, int64_t channels)
{
    const gan_conv2d_options *pixel = GAN_CONV2D(.kernel = {1, 1}, .no_bias = true);
    const gan_constant_layer_options *half = GAN_CONSTANT_LAYER(.weight_initializer = GAN_CONSTANT(0.5f));

    gan_node query = gan_model_add_from(model, gan_layer_conv2d(context, channels / 8, pixel), GAN_NODES(image));
    gan_node key = gan_model_add_from(model, gan_layer_conv2d(context, channels / 8, pixel), GAN_NODES(image));
    gan_node value = gan_model_add_from(model, gan_layer_conv2d(context, channels / 8, pixel), GAN_NODES(image));
    gan_model_add_from(model, gan_layer_attention(context, NULL), GAN_NODES(query, key, value));
    gan_node seen = gan_model_add(model, gan_layer_conv2d(context, channels, pixel));
    gan_node share = gan_model_add_from(model, gan_layer_constant(context, GAN_SHAPE(1), half), GAN_NODES(image));
    gan_node added = gan_model_add_from(model, gan_layer_multiply(context), GAN_NODES(seen, share));
    return gan_model_add_from(model, gan_layer_add(context), GAN_NODES(image, added));
}

gan_status test_attentive_discriminator(gan_context *context, uint64_t seed, gan_model **out)
{
    gan_model *model;
    gan_status status = gan_model_create(context, &model);

    if (status != GAN_OK) return status;
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(2, 3, 4)));
    gan_model_add(model, gan_layer_conv2d(context, 16, GAN_CONV2D(.kernel = {2, 2})));
    add_self_attention(context, model, gan_model_add(model, gan_layer_tanh(context)), 16);
    gan_model_add(model, gan_layer_flatten(context));
    gan_model_add(model, gan_layer_dense(context, 1, NULL));
    return finish(model, seed, out);
}

gan_status test_labelled_discriminator(gan_context *context, uint64_t seed, gan_model **out)
{
    const gan_upsample2d_options *bilinear =
        GAN_UPSAMPLE2D(.factor = {2, 3}, .interpolation = GAN_INTERPOLATION_BILINEAR);
    gan_model *model;
    gan_status status = gan_model_create(context, &model);

    if (status != GAN_OK) return status;
    const gan_node image = gan_model_add(model, gan_layer_input(context, GAN_SHAPE(2, 4, 6)));
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(1)));
    gan_model_add(model, gan_layer_embedding(context, TEST_CLASSES, 8, NULL));
    gan_model_add(model, gan_layer_reshape(context, GAN_SHAPE(2, 2, 2)));
    const gan_node label = gan_model_add(model, gan_layer_upsample2d(context, bilinear));
    gan_model_add_from(model, gan_layer_concat(context, NULL), GAN_NODES(image, label));
    gan_model_add(model, gan_layer_conv2d(context, 3, GAN_CONV2D(.padding = GAN_PADDING_SAME)));
    gan_model_add(model, gan_layer_gaussian_noise(context, GAN_GAUSSIAN_NOISE(.deviation = 0.3f)));
    gan_model_add(model, gan_layer_tanh(context));
    gan_model_add(model, gan_layer_avg_pool2d(context, NULL));
    gan_model_add(model, gan_layer_conv2d(context, 2, GAN_CONV2D(.padding = GAN_PADDING_SAME)));
    gan_model_add(model, gan_layer_upsample2d(context, NULL));
    gan_model_add(model, gan_layer_softplus(context));
    gan_model_add(model, gan_layer_avg_pool2d(context, GAN_AVG_POOL2D(.kernel = {3, 2}, .stride = {1, 2})));
    gan_model_add(model, gan_layer_flatten(context));
    gan_model_add(model, gan_layer_dense(context, 1, NULL));
    return finish(model, seed, out);
}

gan_status test_projection_discriminator(gan_context *context, uint64_t seed, gan_model **out)
{
    gan_model *model;
    gan_status status = gan_model_create(context, &model);

    if (status != GAN_OK) return status;
    const gan_node image = gan_model_add(model, gan_layer_input(context, GAN_SHAPE(2, 4, 5)));
    const gan_node learned = gan_model_add(model, gan_layer_constant(context, GAN_SHAPE(2, 4, 5), NULL));
    const gan_node moved = gan_model_add_from(model, gan_layer_add(context), GAN_NODES(image, learned));
    const gan_node label = gan_model_add(model, gan_layer_input(context, GAN_SHAPE(1)));
    gan_model_add(model, gan_layer_one_hot(context, TEST_CLASSES));
    gan_model_add(model, gan_layer_reshape(context, GAN_SHAPE(TEST_CLASSES, 1, 1)));
    const gan_node map = gan_model_add(model, gan_layer_upsample2d(context, GAN_UPSAMPLE2D(.factor = {4, 5})));
    gan_model_add_from(model, gan_layer_concat(context, NULL), GAN_NODES(moved, map));
    gan_model_add(model, gan_layer_conv2d(context, 4, GAN_CONV2D(.stride = {2, 2})));
    const gan_node curved = gan_model_add(model, gan_layer_tanh(context));
    gan_model_add(model, gan_layer_slice(context, GAN_SLICE(.start = 1, .length = 2)));
    gan_model_add(model, gan_layer_slice(context, GAN_SLICE(.start = 1, .axis = 2)));
    gan_model_add(model, gan_layer_flatten(context));
    const gan_node features = gan_model_add(model, gan_layer_dense(context, 6, NULL));
    const gan_node row =
        gan_model_add_from(model, gan_layer_embedding(context, TEST_CLASSES, 6, NULL), GAN_NODES(label));
    const gan_node projection = gan_model_add_from(model, gan_layer_inner_product(context), GAN_NODES(features, row));
    gan_model_add_from(model, gan_layer_inner_product(context), GAN_NODES(curved, curved));
    const gan_node squares = gan_model_add(model, gan_layer_softplus(context));
    const gan_node logit = gan_model_add_from(model, gan_layer_dense(context, 1, NULL), GAN_NODES(features));
    gan_model_add_from(model, gan_layer_add(context), GAN_NODES(projection, squares, logit));
    return finish(model, seed, out);
}

gan_status test_conditional_generator(gan_context *context, uint64_t seed, gan_model **out)
{
    gan_model *model;
    gan_status status = gan_model_create(context, &model);

    if (status != GAN_OK) return status;
    const gan_node noise = gan_model_add(model, gan_layer_input(context, GAN_SHAPE(3)));
    const gan_node label = gan_model_add(model, gan_layer_input(context, GAN_SHAPE(1)));
    const gan_node vector = gan_model_add_from(model, gan_layer_dense(context, 18, NULL), GAN_NODES(noise));
    gan_model_add_from(model, gan_layer_conditional_batch_norm(context, TEST_CLASSES, NULL),
                       GAN_NODES(vector, label));
    gan_model_add(model, gan_layer_softplus(context));
    gan_model_add(model, gan_layer_reshape(context, GAN_SHAPE(3, 2, 3)));
    const gan_node image = gan_model_add(
        model,
        gan_layer_conv_transpose2d(context, 2, GAN_CONV_TRANSPOSE2D(.stride = {2, 2}, .padding = GAN_PADDING_SAME)));
    gan_model_add_from(
        model, gan_layer_conditional_batch_norm(context, TEST_CLASSES, GAN_CONDITIONAL_BATCH_NORM(.momentum = 0.2f)),
        GAN_NODES(image, label));
    gan_model_add(model, gan_layer_tanh(context));
    return finish(model, seed, out);
}

gan_status test_graph(gan_context *context, uint64_t seed, gan_model **out)
{
    gan_model *model;
    gan_status status = gan_model_create(context, &model);

    if (status != GAN_OK) return status;
    const gan_node image = gan_model_add(model, gan_layer_named(gan_layer_input(context, GAN_SHAPE(3, 4, 4)), "x"));
    const gan_node code = gan_model_add(model, gan_layer_input(context, GAN_SHAPE(5)));
    const gan_node dense = gan_model_add(model, gan_layer_dense(context, 16, NULL));
    const gan_node curved = gan_model_add(model, gan_layer_tanh(context));
    const gan_node plane = gan_model_add(model, gan_layer_reshape(context, GAN_SHAPE(1, 4, 4)));
    const gan_node joined = gan_model_add_from(model, gan_layer_concat(context, NULL), GAN_NODES(image, plane));
    const gan_node conv = gan_model_add(
        model, gan_layer_named(gan_layer_conv2d(context, 3, GAN_CONV2D(.padding = GAN_PADDING_SAME)), "skip"));
    const gan_node sum = gan_model_add_from(model, gan_layer_add(context), GAN_NODES(conv, image, conv));
    const gan_node soft = gan_model_add(model, gan_layer_softplus(context));
    const gan_node both = gan_model_add_from(model, gan_layer_add(context), GAN_NODES(soft, sum));
    const gan_node flat = gan_model_add(model, gan_layer_flatten(context));
    const gan_node tail =
        gan_model_add_from(model, gan_layer_concat(context, NULL), GAN_NODES(flat, curved, code, dense));
    const gan_node last = gan_model_add(model, gan_layer_dense(context, 2, NULL));
    (void)joined, (void)tail;
    gan_model_set_outputs(model, GAN_NODES(both, last));
    return finish(model, seed, out);
}

/* ---- Random graphs ------------------------------------------------------------------------------------------ */

#define MOST_NODES 32

typedef struct drawing {
    gan_context *context;
    gan_model *model;
    uint64_t state;
    int count;
    gan_node nodes[MOST_NODES];
    gan_shape shapes[MOST_NODES];
    bool is_input[MOST_NODES], is_read[MOST_NODES];
} drawing;

/* Knuth's MMIX generator; the upper bits are good enough. */
static int draw(drawing *d, int bound)
{
    d->state = d->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int)((d->state >> 33) % (uint64_t)bound);
}

static void record(drawing *d, gan_node node, gan_shape shape)
{
    d->nodes[d->count] = node;
    d->shapes[d->count] = shape;
    d->count++;
}

static bool same_shape(gan_shape a, gan_shape b)
{
    if (a.rank != b.rank) return false;
    for (int i = 0; i < a.rank; i++) {
        if (a.dims[i] != b.dims[i]) return false;
    }
    return true;
}

/* A layer that keeps the shape. */
static gan_layer *draw_function(drawing *d)
{
    switch (draw(d, 9)) {
    case 0: return gan_layer_leaky_relu(d->context, NULL);
    case 1: return gan_layer_tanh(d->context);
    case 2: return gan_layer_sigmoid(d->context);
    case 3: return gan_layer_softplus(d->context);
    case 4: return gan_layer_dropout(d->context, GAN_DROPOUT(.rate = 0.25f));
    case 5: return gan_layer_relu(d->context);
    case 6: return gan_layer_layer_norm(d->context, NULL);
    case 7: return gan_layer_gaussian_noise(d->context, GAN_GAUSSIAN_NOISE(.deviation = 0.5f));
    default: return gan_layer_batch_norm(d->context, NULL);
    }
}

/* To other sides: from 2 to 4 and back. */
static gan_layer *draw_sides(drawing *d, gan_shape *shape)
{
    const bool reduces = shape->dims[1] > 2;
    const gan_interpolation interpolation = (gan_interpolation)draw(d, 2);

    for (int i = 1; i < 3; i++) shape->dims[i] = reduces ? shape->dims[i] / 2 : shape->dims[i] * 2;
    if (reduces) return gan_layer_avg_pool2d(d->context, NULL);
    return gan_layer_upsample2d(d->context, GAN_UPSAMPLE2D(.interpolation = interpolation));
}

/* A layer that changes it. */
static gan_layer *draw_change(drawing *d, gan_shape *shape)
{
    const gan_shape from = *shape;

    if (from.rank == 3) {
        const int64_t filters = 1 + draw(d, 3);
        const int kind = draw(d, 4);
        if (kind == 0) {
            *shape = GAN_SHAPE(from.dims[0] * from.dims[1] * from.dims[2]);
            return gan_layer_flatten(d->context);
        }
        if (kind == 1) return draw_sides(d, shape);
        shape->dims[0] = filters;
        return gan_layer_conv2d(d->context, filters, GAN_CONV2D(.padding = GAN_PADDING_SAME));
    }
    if (from.dims[0] % 4 == 0 && draw(d, 2) == 0) {
        *shape = GAN_SHAPE(from.dims[0] / 4, 2, 2);
        return gan_layer_reshape(d->context, *shape);
    }
    *shape = GAN_SHAPE(4 * (1 + draw(d, 2)));
    return gan_layer_dense(d->context, shape->dims[0], NULL);
}

/* Joins a node with another of the same shape, by addition or concatenation; with itself if there is no other. */
static void draw_join(drawing *d, int first)
{
    int second = draw(d, d->count);
    gan_shape shape = d->shapes[first];

    while (!same_shape(d->shapes[second], shape)) second = (second + 1) % d->count;
    d->is_read[first] = d->is_read[second] = true;
    if (draw(d, 2) == 0) {
        record(d,
               gan_model_add_from(d->model, gan_layer_add(d->context), GAN_NODES(d->nodes[first], d->nodes[second])),
               shape);
    } else {
        shape.dims[0] *= 2;
        record(d,
               gan_model_add_from(d->model, gan_layer_concat(d->context, NULL),
                                  GAN_NODES(d->nodes[first], d->nodes[second])),
               shape);
    }
}

static void draw_node(drawing *d)
{
    /* Mostly the newest node, for chains, and sometimes an old one, for skips. */
    const int from = draw(d, 3) == 0 ? draw(d, d->count) : d->count - 1;
    gan_shape shape = d->shapes[from];
    gan_layer *layer;

    switch (draw(d, 4)) {
    case 0: draw_join(d, from); return;
    case 1: layer = draw_change(d, &shape); break;
    default: layer = draw_function(d); break;
    }
    d->is_read[from] = true;
    record(d, gan_model_add_from(d->model, layer, 1, &d->nodes[from]), shape);
}

gan_status test_random_graph(gan_context *context, uint64_t seed, gan_model **out)
{
    drawing d = {.context = context, .state = seed * 2 + 1};
    gan_node outputs[MOST_NODES];
    size_t output_count = 0;
    gan_status status = gan_model_create(context, &d.model);

    if (status != GAN_OK) return status;
    const int inputs = 1 + draw(&d, 2);
    for (int i = 0; i < inputs; i++) {
        const gan_shape shape = draw(&d, 2) == 0 ? GAN_SHAPE(8) : GAN_SHAPE(2, 2, 2);
        d.is_input[d.count] = true;
        record(&d, gan_model_add(d.model, gan_layer_input(context, shape)), shape);
    }
    const int nodes = 12 + draw(&d, 12);
    while (d.count < nodes) draw_node(&d);
    for (int i = 0; i < d.count; i++) {
        /* An input that nothing reads gets its own layer. */
        if (d.is_input[i] && !d.is_read[i]) {
            d.is_read[i] = true;
            record(&d, gan_model_add_from(d.model, gan_layer_tanh(context), 1, &d.nodes[i]), d.shapes[i]);
        }
        if (!d.is_read[i] || (!d.is_input[i] && draw(&d, 8) == 0)) outputs[output_count++] = d.nodes[i];
    }
    gan_model_set_outputs(d.model, output_count, outputs);
    return finish(d.model, seed, out);
}
