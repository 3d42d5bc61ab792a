/* Dropout: y = x * mask / (1 - rate) in training, y = x in sampling. The mask is not kept: backward draws it again
 * from the same random state. */
#include "layers/shared.h"

typedef struct dropout {
    gan_layer layer;
    gan_dropout_options options;
} dropout;

static const gan_layer_option options[] = {
    {GAN_OPTION(dropout, gan_dropout_options, rate), .kind = GAN_OPTION_FLOAT, .most = 1, .below = true,
     .number = 0.5f},
};

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    (void)layer, (void)context, (void)count, (void)batch;
    plan->output = inputs[0];
    return GAN_OK;
}

static void apply(const gan_layer *layer, const gan_pass *pass, const gan_real *x, gan_real *y)
{
    int64_t count = pass->batch * gan_shape_count(pass->output_shape);
    if (pass->training) {
        gan_dropout(pass->context, count, ((const dropout *)layer)->options.rate, pass->random, x, y);
    } else {
        gan_copy(pass->context, count, x, y);
    }
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    apply(layer, pass, pass->x[0], pass->y);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    if (pass->dx[0]) apply(layer, pass, pass->dy, pass->dx[0]);
    return GAN_OK;
}

const gan_layer_ops gan_dropout_ops = {.type = "dropout",
                                       .flags = GAN_LAYER_IN_PLACE,
                                       .min_inputs = 1,
                                       .max_inputs = 1,
                                       .size = sizeof(dropout),
                                       GAN_OPTION_TABLE(options),
                                       GAN_OPTION_STRUCT(gan_dropout_options),
                                       .infer = infer,
                                       .forward = forward,
                                       .backward = backward,
                                       .tangent_forward = gan_linear_tangent_forward,
                                       .tangent_backward = gan_linear_tangent_backward};

gan_layer *gan_layer_dropout(gan_context *context, const gan_dropout_options *given)
{
    return gan_layer_checked(gan_layer_create(context, &gan_dropout_ops, given));
}
