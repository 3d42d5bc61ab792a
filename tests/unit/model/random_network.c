#include "random_network.h"

#include "support/splitmix.h"

/* Of norms: what is equal but for rounding must not be made large. */
#define EPSILON 0.1f

/* Numbers below a bound, in the sequence of one layer. */
typedef struct dice {
    uint64_t seed, thrown;
    bool wide; /* the network has many channels */
} dice;

static int64_t roll(dice *d, int64_t bound)
{
    return (int64_t)(test_splitmix(d->seed * 64 + ++d->thrown) % (uint64_t)bound);
}

static bool coin(dice *d)
{
    return roll(d, 2) == 1;
}

/* ---- Layers ---------------------------------------------------------------------------------------------------- */

/* What both convolutions have. */
typedef struct window {
    gan_padding padding;
    int64_t kernel[2], stride[2], dilation[2], pads[4];
    int64_t groups, filters;
    bool no_bias, spectral_norm;
} window;

static window draw_window(dice *d, int64_t most_stride)
{
    window w = {.padding = (gan_padding)roll(d, 3), .groups = d->wide || coin(d) ? 1 : 1 + roll(d, 3)};

    for (int i = 0; i < 2; i++) {
        w.kernel[i] = d->wide ? 2 + roll(d, 4) : 1 + roll(d, 5);
        w.stride[i] = 1 + roll(d, d->wide ? 2 : most_stride);
        w.dilation[i] = d->wide || coin(d) ? 1 : 1 + roll(d, 2);
    }
    for (int i = 0; i < 4 && w.padding == GAN_PADDING_EXPLICIT; i++)
        w.pads[i] = roll(d, (w.kernel[i / 2] - 1) * w.dilation[i / 2] + 1);
    w.filters = w.groups * (d->wide ? 32 * (1 + roll(d, 2)) : 1 + roll(d, 4));
    w.no_bias = coin(d);
    w.spectral_norm = roll(d, 4) == 0;
    return w;
}

/* The fields of either's options. */
#define WINDOW(w)                                                                                               \
    .kernel = {(w).kernel[0], (w).kernel[1]}, .stride = {(w).stride[0], (w).stride[1]},                         \
    .dilation = {(w).dilation[0], (w).dilation[1]}, .padding = (w).padding,                                     \
    .pads = {(w).pads[0], (w).pads[1], (w).pads[2], (w).pads[3]}, .groups = (w).groups, .no_bias = (w).no_bias, \
    .spectral_norm = (w).spectral_norm

static gan_layer *draw_conv2d(gan_context *context, dice *d)
{
    const window w = draw_window(d, 3);

    return gan_layer_conv2d(context, w.filters, GAN_CONV2D(WINDOW(w)));
}

static gan_layer *draw_conv_transpose2d(gan_context *context, dice *d)
{
    const window w = draw_window(d, 2);
    int64_t more[2] = {0, 0};

    for (int i = 0; i < 2 && w.padding != GAN_PADDING_SAME; i++) more[i] = roll(d, w.stride[i]);
    return gan_layer_conv_transpose2d(context, w.filters,
                                      GAN_CONV_TRANSPOSE2D(WINDOW(w), .output_padding = {more[0], more[1]}));
}

static gan_layer *draw_image_layer(gan_context *context, dice *d)
{
    const int64_t height = 1 + roll(d, 3), width = 1 + roll(d, 3);

    switch (roll(d, 7)) {
    case 0:
        return gan_layer_upsample2d(
            context, GAN_UPSAMPLE2D(.factor = {height, width}, .interpolation = (gan_interpolation)roll(d, 2)));
    case 1:
        return gan_layer_avg_pool2d(
            context, GAN_AVG_POOL2D(.kernel = {height, width}, .stride = {1 + roll(d, 2), 1 + roll(d, 2)}));
    case 2:
        /* Among so many values some are equal but for rounding. */
        if (d->wide) return gan_layer_avg_pool2d(context, GAN_AVG_POOL2D(.kernel = {height, width}));
        return gan_layer_max_pool2d(
            context, GAN_MAX_POOL2D(.kernel = {height, width}, .stride = {1 + roll(d, 2), 1 + roll(d, 2)},
                                    .pads = {roll(d, height / 2 + 1), roll(d, width / 2 + 1)}));
    case 3:
        return gan_layer_pad2d(context, GAN_PAD2D(.pads = {roll(d, 3), roll(d, 3), roll(d, 3), roll(d, 3)},
                                                  .mode = (gan_pad_mode)roll(d, 3)));
    case 4: return gan_layer_pixel_shuffle(context, 2);
    case 5: return gan_layer_instance_norm(context, GAN_INSTANCE_NORM(.no_affine = coin(d), .epsilon = EPSILON));
    default: return gan_layer_group_norm(context, 1 + roll(d, 3), GAN_GROUP_NORM(.epsilon = EPSILON));
    }
}

static gan_layer *draw_function(gan_context *context, dice *d)
{
    switch (roll(d, 15)) {
    case 0: return gan_layer_leaky_relu(context, NULL);
    case 1: return gan_layer_relu(context);
    case 2: return gan_layer_tanh(context);
    case 3: return gan_layer_sigmoid(context);
    case 4: return gan_layer_softplus(context);
    case 5: return gan_layer_elu(context, GAN_ELU(.alpha = 1.5f));
    case 6: return gan_layer_prelu(context, GAN_PRELU(.per_channel = coin(d)));
    case 7: return gan_layer_silu(context);
    case 8: return gan_layer_gelu(context, GAN_GELU(.tanh_approximation = coin(d)));
    case 9: return gan_layer_batch_norm(context, GAN_BATCH_NORM(.no_affine = coin(d), .epsilon = EPSILON));
    case 10: return gan_layer_layer_norm(context, GAN_LAYER_NORM(.no_affine = coin(d), .epsilon = EPSILON));
    case 11: return gan_layer_pixel_norm(context, GAN_PIXEL_NORM(.epsilon = EPSILON));
    case 12: return gan_layer_minibatch_stddev(context, NULL);
    case 13: return gan_layer_softmax(context);
    default: return gan_layer_slice(context, GAN_SLICE(.start = roll(d, 2), .axis = (int)roll(d, 3)));
    }
}

/* Joins the newest node with another one, whatever its shape. */
static void join(gan_context *context, gan_model *model, dice *d, gan_node newest)
{
    const gan_node other = (gan_node)roll(d, newest + 1);
    gan_layer *layer = NULL;

    switch (roll(d, 4)) {
    case 0: layer = gan_layer_add(context); break;
    case 1: layer = gan_layer_multiply(context); break;
    case 2: layer = gan_layer_concat(context, GAN_CONCAT(.axis = (int)roll(d, 3))); break;
    default:
        gan_model_add_from(model, gan_layer_attention(context, GAN_ATTENTION(.scale = 0.5f)),
                           GAN_NODES(newest, other, newest));
        return;
    }
    gan_model_add_from(model, layer, GAN_NODES(newest, other));
}

static void add_layer(gan_context *context, gan_model *model, uint64_t seed, bool wide, gan_node newest)
{
    dice d = {.seed = seed, .wide = wide};

    switch (roll(&d, wide && newest == 0 ? 2 : 8)) {
    case 0: gan_model_add(model, draw_conv2d(context, &d)); return;
    case 1: gan_model_add(model, draw_conv_transpose2d(context, &d)); return;
    case 2: gan_model_add(model, draw_image_layer(context, &d)); return;
    case 3: join(context, model, &d, newest); return;
    case 4:
        if (coin(&d)) {
            gan_model_add(model, gan_layer_flatten(context));
        } else {
            gan_model_add(model, gan_layer_dense(context, 1 + roll(&d, 20), GAN_DENSE(.spectral_norm = coin(&d))));
        }
        return;
    default: gan_model_add(model, draw_function(context, &d)); return;
    }
}

/* ---- Networks -------------------------------------------------------------------------------------------------- */

/* Every fourth network has images of 8 x 8 to 16 x 16 pixels and 32 or 64 channels, and begins with a
 * convolution: fewer multiplications may pay there. */
static bool is_wide(uint64_t seed)
{
    return seed % 4 == 0;
}

gan_status build_random_network(gan_context *context, const random_network *network, gan_model **out)
{
    dice d = {.seed = network->seed};
    gan_model *model = NULL;
    gan_status status = gan_model_create(context, &model);

    if (status != GAN_OK) return status;
    const bool wide = is_wide(network->seed);
    if (wide) {
        gan_model_add(model,
                      gan_layer_input(context, GAN_SHAPE(32 * (1 + roll(&d, 2)), 8 + roll(&d, 9), 8 + roll(&d, 9))));
    } else if (roll(&d, 4) == 0) {
        gan_model_add(model, gan_layer_input(context, GAN_SHAPE(1 + roll(&d, 12))));
    } else {
        gan_model_add(model, gan_layer_input(context, GAN_SHAPE(1 + roll(&d, 6), 1 + roll(&d, 9), 1 + roll(&d, 9))));
    }
    for (int i = 0; i < network->count; i++) add_layer(context, model, network->layers[i], wide, i);
    status = gan_model_build(model, network->seed);
    if (status == GAN_OK) {
        *out = model;
    } else {
        gan_model_destroy(model);
    }
    return status;
}

/* Layer after layer, each the first that fits of those drawn. */
random_network draw_random_network(gan_context *context, uint64_t seed)
{
    random_network network = {.seed = seed};
    uint64_t drawn = seed * 1000;
    const int64_t most = is_wide(seed) ? 20000 : 2000;

    while (network.count < RANDOM_NETWORK_LAYERS) {
        gan_model *model = NULL;
        gan_shape shape = {0};
        network.layers[network.count++] = ++drawn;
        const bool fits = build_random_network(context, &network, &model) == GAN_OK &&
                          gan_model_get_output_shape(model, 0, &shape) == GAN_OK && gan_shape_count(shape) <= most;
        gan_model_destroy(model);
        if (!fits) network.count--;
    }
    return network;
}
