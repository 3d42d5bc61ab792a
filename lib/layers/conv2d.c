/* Convolution of images: y = conv(x, w) + b; sizes and padding in window.c. */
#include "layers/shared.h"

typedef struct conv2d {
    gan_layer layer;
    int64_t filters;
    gan_window window;
    gan_weights weights;
} conv2d;

static gan_status geometry(const conv2d *self, gan_shape input, gan_conv *conv)
{
    int64_t output[2], pads[4];
    GAN_TRY(gan_window_convolve(&self->window, input, output, pads));
    *conv = gan_window_conv(&self->window, pads, input, GAN_SHAPE(self->filters, output[0], output[1]));
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
    return gan_window_plan(context, &conv, &self->weights, batch, plan);
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    const conv2d *self = (const conv2d *)layer;
    gan_epilogue epilogue = gan_weights_epilogue(&self->weights, pass);
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
    gan_weights_bias_backward(&self->weights, pass, pass->batch * conv.out_height * conv.out_width, conv.filters);
    if (pass->dx[0])
        gan_conv_backward_data(pass->context, &conv, pass->batch, pass->dy, pass->tensors[GAN_WEIGHT], NULL,
                               pass->dx[0], pass->scratch);
    return GAN_OK;
}

static gan_layer *create(gan_context *context, int64_t filters, const gan_window *window, const gan_weights *weights)
{
    if (gan_check_int("conv2d: filters", filters, 1) != GAN_OK || gan_window_check(window, "conv2d") != GAN_OK ||
        gan_weights_check(weights, "conv2d") != GAN_OK)
        return NULL;
    conv2d *self = (conv2d *)gan_layer_allocate(context, &gan_conv2d_ops);
    if (!self) return NULL;
    self->filters = filters;
    self->window = *window;
    self->weights = *weights;
    return &self->layer;
}

static gan_status save(const gan_layer *layer, json_t *options)
{
    const conv2d *self = (const conv2d *)layer;
    GAN_TRY(gan_json_set_int(options, "filters", self->filters));
    GAN_TRY(gan_window_save(&self->window, options));
    return gan_weights_save(&self->weights, options);
}

static gan_layer *load(gan_context *context, const json_t *options)
{
    int64_t filters;
    gan_window window;
    gan_weights weights;
    if (gan_json_get_int(options, "filters", &filters) != GAN_OK || gan_window_load(&window, options) != GAN_OK ||
        gan_weights_load(&weights, options) != GAN_OK)
        return NULL;
    return gan_layer_loaded(create(context, filters, &window, &weights), options);
}

const gan_layer_ops gan_conv2d_ops = {.type = "conv2d",
                                      .flags = GAN_LAYER_KEEPS_INPUT,
                                      .min_inputs = 1,
                                      .max_inputs = 1,
                                      .size = sizeof(conv2d),
                                      .infer = infer,
                                      .forward = forward,
                                      .backward = backward,
                                      .tangent_forward = gan_linear_tangent_forward,
                                      .tangent_backward = gan_weights_tangent_backward,
                                      .save = save,
                                      .load = load};

gan_layer *gan_layer_conv2d(gan_context *context, int64_t filters, const gan_conv2d_options *options)
{
    gan_conv2d_options given;
    if (gan_options_read(&given, sizeof given, options, "gan_conv2d_options") != GAN_OK ||
        gan_check_reserved("gan_conv2d_options", given.reserved) != GAN_OK)
        return NULL;
    gan_window window = gan_window_of(given.kernel, given.stride, given.padding, given.pads);
    gan_weights weights = gan_weights_of(given.no_bias, given.weight_initializer, given.bias_initializer);
    return create(context, filters, &window, &weights);
}
