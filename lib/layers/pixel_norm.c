/* Pixel normalisation: y = x / sqrt(mean of x^2 + epsilon), over the channels of each pixel, or a whole vector. A
 * pass keeps 1 / sqrt(mean of x^2 + epsilon) of each pixel. */
#include "layers/shared.h"

typedef struct pixel_norm {
    gan_layer layer;
    gan_pixel_norm_options options;
} pixel_norm;

static const gan_layer_option options[] = {
    /* The default is the paper's. */
    {GAN_OPTION(pixel_norm, gan_pixel_norm_options, epsilon), GAN_NUMBER_OVER_0, .number = 1e-8f, .added = true},
};

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    char text[GAN_SHAPE_TEXT];
    (void)layer, (void)context, (void)count;
    GAN_TRY(gan_check_channels(inputs[0]));
    if (inputs[0].dims[0] == 1) {
        return gan_fail(GAN_ERROR_SHAPE, "input is %s, so 1 value would be normalised alone, expected at least 2",
                        gan_shape_text(inputs[0], text));
    }
    const int64_t elements = gan_shape_count(inputs[0]);
    GAN_TRY(gan_check_product("input", (int64_t[]){batch, elements}, 2));
    plan->output = inputs[0];
    plan->saved = batch * (elements / inputs[0].dims[0]);
    return GAN_OK;
}

/* To the kernels, each pixel is a sample. */
static gan_group_norm_args arguments(const gan_layer *layer, const gan_pass *pass)
{
    const int64_t channels = pass->input_shapes[0].dims[0];
    return (gan_group_norm_args){.batch = pass->batch * (gan_shape_count(pass->input_shapes[0]) / channels),
                                 .pixels = 1,
                                 .channels = channels,
                                 .groups = 1,
                                 .epsilon = ((const pixel_norm *)layer)->options.epsilon,
                                 .inverse = pass->saved};
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_group_norm_args args = arguments(layer, pass);
    gan_group_norm_forward(pass->context, &args, pass->x[0], pass->y);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_group_norm_args args = arguments(layer, pass);
    if (pass->dx[0]) gan_group_norm_backward(pass->context, &args, pass->x[0], pass->dy, NULL, NULL, pass->dx[0]);
    return GAN_OK;
}

static gan_status tangent_forward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_group_norm_args args = arguments(layer, pass);
    gan_group_norm_tangent(pass->context, &args, pass->x[0], pass->tangent_x[0], pass->tangent_y);
    return GAN_OK;
}

static gan_status tangent_backward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_group_norm_args args = arguments(layer, pass);
    if (pass->tangent_dx[0]) {
        gan_group_norm_tangent_backward(pass->context, &args, pass->x[0], pass->tangent_x[0], pass->dy,
                                        pass->tangent_dy, NULL, NULL, pass->tangent_dx[0]);
    }
    return GAN_OK;
}

const gan_layer_ops gan_pixel_norm_ops = {.type = "pixel_norm",
                                          .flags = GAN_LAYER_KEEPS_INPUT | GAN_LAYER_CURVED,
                                          .min_inputs = 1,
                                          .max_inputs = 1,
                                          .size = sizeof(pixel_norm),
                                          GAN_OPTION_TABLE(options),
                                          GAN_OPTION_STRUCT(gan_pixel_norm_options),
                                          .infer = infer,
                                          .forward = forward,
                                          .backward = backward,
                                          .tangent_forward = tangent_forward,
                                          .tangent_backward = tangent_backward};

gan_layer *gan_layer_pixel_norm(gan_context *context, const gan_pixel_norm_options *given)
{
    return gan_layer_checked(gan_layer_create(context, &gan_pixel_norm_ops, given));
}
