/* Gradient reversal: y = x, dx = -scale dy. The gradient is not that of y, so neither is its tangent: a direction of
 * x and the second derivatives along it belong to no function. */
#include "layers/shared.h"

typedef struct gradient_reversal {
    gan_layer layer;
    gan_gradient_reversal_options options;
} gradient_reversal;

static const gan_layer_option options[] = {
    {GAN_OPTION(gradient_reversal, gan_gradient_reversal_options, scale), GAN_NUMBER_AT_LEAST_0, .number = 1},
};

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    (void)layer, (void)context, (void)count, (void)batch;
    plan->output = inputs[0];
    return GAN_OK;
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    (void)layer;
    gan_copy(pass->context, pass->batch * gan_shape_count(pass->output_shape), pass->x[0], pass->y);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    const float scale = ((const gradient_reversal *)layer)->options.scale;
    const int64_t count = pass->batch * gan_shape_count(pass->output_shape);
    if (pass->dx[0]) gan_scale(pass->context, count, -scale, pass->dy, pass->dx[0]);
    return GAN_OK;
}

const gan_layer_ops gan_gradient_reversal_ops = {.type = "gradient_reversal",
                                                 .flags = GAN_LAYER_IN_PLACE,
                                                 .min_inputs = 1,
                                                 .max_inputs = 1,
                                                 .size = sizeof(gradient_reversal),
                                                 GAN_OPTION_TABLE(options),
                                                 GAN_OPTION_STRUCT(gan_gradient_reversal_options),
                                                 .infer = infer,
                                                 .forward = forward,
                                                 .backward = backward,
                                                 .no_tangent = "its gradient is reversed on purpose, and so is not "
                                                               "the derivative of its output"};

gan_layer *gan_layer_gradient_reversal(gan_context *context, const gan_gradient_reversal_options *given)
{
    return gan_layer_checked(gan_layer_create(context, &gan_gradient_reversal_ops, given));
}
