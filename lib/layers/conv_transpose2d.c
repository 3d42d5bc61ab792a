/* Transposed convolution of images: the adjoint of a convolution from y to x, plus b. The kernels are those of that
 * convolution, whose large image is our output and whose small one is our input; sizes and padding in window.c. */
#include "layers/shared.h"

#include <string.h>

typedef struct conv_transpose2d {
    gan_weighted_layer head;
    gan_window window;
    int64_t output_padding[2];
} conv_transpose2d;

static gan_status geometry(const conv_transpose2d *self, gan_shape input, gan_conv *conv)
{
    int64_t output[2], pads[4];
    GAN_TRY(gan_window_transpose(&self->window, self->output_padding, input, output, pads));
    *conv = gan_window_conv(&self->window, pads, GAN_SHAPE(self->head.units, output[0], output[1]), input);
    return GAN_OK;
}

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    const conv_transpose2d *self = (const conv_transpose2d *)layer;
    gan_conv conv;
    (void)count;
    GAN_TRY(gan_window_check_input(inputs[0]));
    GAN_TRY(geometry(self, inputs[0], &conv));
    plan->output = GAN_SHAPE(conv.channels, conv.height, conv.width);
    return gan_window_plan(context, &conv, &self->head.weights, batch, plan);
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    const conv_transpose2d *self = (const conv_transpose2d *)layer;
    gan_epilogue epilogue = gan_weights_epilogue(&self->head.weights, pass);
    gan_conv conv;
    GAN_TRY(geometry(self, pass->input_shapes[0], &conv));
    gan_conv_backward_data(pass->context, &conv, pass->batch, pass->x[0], pass->tensors[GAN_WEIGHT], &epilogue,
                           pass->y, pass->scratch);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    const conv_transpose2d *self = (const conv_transpose2d *)layer;
    gan_conv conv;
    GAN_TRY(geometry(self, pass->input_shapes[0], &conv));
    if (pass->gradients[GAN_WEIGHT])
        gan_conv_backward_weights(pass->context, &conv, pass->batch, pass->dy, pass->x[0],
                                  pass->gradients[GAN_WEIGHT], pass->scratch);
    gan_weights_bias_backward(&self->head.weights, pass, pass->batch * conv.height * conv.width, conv.channels);
    if (pass->dx[0])
        gan_conv_forward(pass->context, &conv, pass->batch, pass->dy, pass->tensors[GAN_WEIGHT], NULL, pass->dx[0],
                         pass->scratch);
    return GAN_OK;
}

/* More would reach beyond what any window covers; and SAME has its own rule. */
static gan_status check_output_padding(const gan_window *window, const int64_t output_padding[2])
{
    for (int i = 0; i < 2; i++) {
        int64_t most = window->padding == GAN_PADDING_SAME ? 0 : window->stride[i] - 1;
        if (output_padding[i] < 0 || output_padding[i] > most)
            return gan_fail(GAN_ERROR_ARGUMENT,
                            "conv_transpose2d: output_padding[%d] is %lld, expected 0 to %lld: %s", i,
                            (long long)output_padding[i], (long long)most,
                            window->padding == GAN_PADDING_SAME ? "the padding is same" : "below the stride");
    }
    return GAN_OK;
}

static const gan_weighted_ops products = {
    .units = "filters", .transposed = true, .infer = infer, .forward = forward, .backward = backward};

static gan_layer *create(gan_context *context, int64_t filters, const gan_window *window,
                         const int64_t output_padding[2], const gan_weights *weights)
{
    if (gan_window_check(window, "conv_transpose2d") != GAN_OK ||
        check_output_padding(window, output_padding) != GAN_OK)
        return NULL;
    int64_t area = window->kernel[0] * window->kernel[1];
    conv_transpose2d *self = (conv_transpose2d *)gan_weighted_create(context, &gan_conv_transpose2d_ops, &products,
                                                                     filters, area, weights);
    if (!self) return NULL;
    self->window = *window;
    memcpy(self->output_padding, output_padding, sizeof self->output_padding);
    return &self->head.layer;
}

static gan_status save(const gan_layer *layer, json_t *options)
{
    const conv_transpose2d *self = (const conv_transpose2d *)layer;
    GAN_TRY(gan_weighted_save(layer, options));
    GAN_TRY(gan_window_save(&self->window, options));
    return gan_json_set_ints(options, "output_padding", self->output_padding, 2);
}

static gan_layer *load(gan_context *context, const json_t *options)
{
    int64_t filters, output_padding[2];
    gan_window window;
    gan_weights weights;
    if (gan_weighted_load(&products, options, &filters, &weights) != GAN_OK ||
        gan_window_load(&window, options) != GAN_OK ||
        gan_json_get_ints(options, "output_padding", output_padding, 2, NULL) != GAN_OK)
        return NULL;
    return gan_layer_loaded(create(context, filters, &window, output_padding, &weights), options);
}

const gan_layer_ops gan_conv_transpose2d_ops = {.type = "conv_transpose2d",
                                                .flags = GAN_LAYER_KEEPS_INPUT,
                                                .min_inputs = 1,
                                                .max_inputs = 1,
                                                .size = sizeof(conv_transpose2d),
                                                .infer = gan_weighted_infer,
                                                .start = gan_weighted_start,
                                                .forward = gan_weighted_forward,
                                                .backward = gan_weighted_backward,
                                                .tangent_forward = gan_linear_tangent_forward,
                                                .tangent_backward = gan_weighted_tangent_backward,
                                                .save = save,
                                                .load = load};

gan_layer *gan_layer_conv_transpose2d(gan_context *context, int64_t filters,
                                      const gan_conv_transpose2d_options *options)
{
    gan_conv_transpose2d_options given;
    if (gan_options_read(&given, sizeof given, options, "gan_conv_transpose2d_options") != GAN_OK ||
        gan_check_reserved("gan_conv_transpose2d_options",
                           given.reserved[0] | given.reserved[1] | given.reserved[2]) != GAN_OK)
        return NULL;
    gan_window window = gan_window_of(given.kernel, given.stride, given.padding, given.pads);
    gan_weights weights =
        gan_weights_of(given.no_bias, given.spectral_norm, given.weight_initializer, given.bias_initializer);
    return create(context, filters, &window, given.output_padding, &weights);
}
