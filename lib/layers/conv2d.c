/* Convolution of images: y = conv(x, w) + b; sizes and padding in window.c. */
#include "layers/shared.h"

typedef struct conv2d {
    gan_weighted_layer head;
    gan_window window;
} conv2d;

static gan_status geometry(const conv2d *self, gan_shape input, gan_conv *conv)
{
    int64_t output[2], pads[4];
    GAN_TRY(gan_window_convolve(&self->window, input, output, pads));
    *conv = gan_window_conv(&self->window, pads, input, GAN_SHAPE(self->head.units, output[0], output[1]));
    return GAN_OK;
}

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    const conv2d *self = (const conv2d *)layer;
    gan_conv conv;
    (void)count;
    GAN_TRY(gan_window_check_input(inputs[0]));
    GAN_TRY(geometry(self, inputs[0], &conv));
    plan->output = GAN_SHAPE(conv.filters, conv.out_height, conv.out_width);
    return gan_window_plan(context, &conv, &self->head.weights, batch, plan);
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    const conv2d *self = (const conv2d *)layer;
    gan_epilogue epilogue = gan_weights_epilogue(&self->head.weights, pass);
    gan_conv conv;
    GAN_TRY(geometry(self, pass->input_shapes[0], &conv));
    gan_conv_forward(pass->context, &conv, pass->batch, pass->x[0], pass->tensors[GAN_WEIGHT], &epilogue, pass->y,
                     pass->scratch);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    const conv2d *self = (const conv2d *)layer;
    gan_conv conv;
    GAN_TRY(geometry(self, pass->input_shapes[0], &conv));
    if (pass->gradients[GAN_WEIGHT])
        gan_conv_backward_weights(pass->context, &conv, pass->batch, pass->x[0], pass->dy,
                                  pass->gradients[GAN_WEIGHT], pass->scratch);
    gan_weights_bias_backward(&self->head.weights, pass, pass->batch * conv.out_height * conv.out_width,
                              conv.filters);
    if (pass->dx[0])
        gan_conv_backward_data(pass->context, &conv, pass->batch, pass->dy, pass->tensors[GAN_WEIGHT], NULL,
                               pass->dx[0], pass->scratch);
    return GAN_OK;
}

static const gan_weighted_ops products = {
    .units = "filters", .infer = infer, .forward = forward, .backward = backward};

static gan_layer *create(gan_context *context, int64_t filters, const gan_window *window, const gan_weights *weights)
{
    if (gan_window_check(window, "conv2d") != GAN_OK) return NULL;
    int64_t area = window->kernel[0] * window->kernel[1];
    conv2d *self = (conv2d *)gan_weighted_create(context, &gan_conv2d_ops, &products, filters, area, weights);
    if (!self) return NULL;
    self->window = *window;
    return &self->head.layer;
}

static gan_status save(const gan_layer *layer, json_t *options)
{
    GAN_TRY(gan_weighted_save(layer, options));
    return gan_window_save(&((const conv2d *)layer)->window, options);
}

static gan_layer *load(gan_context *context, const json_t *options)
{
    int64_t filters;
    gan_window window;
    gan_weights weights;
    if (gan_weighted_load(&products, options, &filters, &weights) != GAN_OK ||
        gan_window_load(&window, options) != GAN_OK)
        return NULL;
    return gan_layer_loaded(create(context, filters, &window, &weights), options);
}

const gan_layer_ops gan_conv2d_ops = {.type = "conv2d",
                                      .flags = GAN_LAYER_KEEPS_INPUT,
                                      .min_inputs = 1,
                                      .max_inputs = 1,
                                      .size = sizeof(conv2d),
                                      .infer = gan_weighted_infer,
                                      .start = gan_weighted_start,
                                      .forward = gan_weighted_forward,
                                      .backward = gan_weighted_backward,
                                      .tangent_forward = gan_linear_tangent_forward,
                                      .tangent_backward = gan_weighted_tangent_backward,
                                      .save = save,
                                      .load = load};

gan_layer *gan_layer_conv2d(gan_context *context, int64_t filters, const gan_conv2d_options *options)
{
    gan_conv2d_options given;
    if (gan_options_read(&given, sizeof given, options, "gan_conv2d_options") != GAN_OK ||
        gan_check_reserved("gan_conv2d_options", given.reserved[0] | given.reserved[1] | given.reserved[2]) != GAN_OK)
        return NULL;
    gan_window window = gan_window_of(given.kernel, given.stride, given.padding, given.pads);
    gan_weights weights =
        gan_weights_of(given.no_bias, given.spectral_norm, given.weight_initializer, given.bias_initializer);
    return create(context, filters, &window, &weights);
}
