/* Weight and bias of the layers that multiply. */
#include "layers/shared.h"

#include <stdio.h>

gan_weights gan_weights_of(bool no_bias, gan_initializer weight_initializer, gan_initializer bias_initializer)
{
    return (gan_weights){.no_bias = no_bias,
                         .weight_initializer = gan_initializer_or(weight_initializer, GAN_INITIALIZER_GLOROT_UNIFORM),
                         .bias_initializer = gan_initializer_or(bias_initializer, GAN_INITIALIZER_ZEROS)};
}

gan_status gan_weights_check(const gan_weights *weights, const char *type)
{
    char what[64];
    snprintf(what, sizeof what, "%s: weight_initializer", type);
    GAN_TRY(gan_initializer_check(weights->weight_initializer, what));
    snprintf(what, sizeof what, "%s: bias_initializer", type);
    return gan_initializer_check(weights->bias_initializer, what);
}

gan_status gan_weights_save(const gan_weights *weights, json_t *options)
{
    GAN_TRY(gan_json_set_bool(options, "no_bias", weights->no_bias));
    GAN_TRY(gan_json_set_initializer(options, "weight_initializer", weights->weight_initializer));
    return gan_json_set_initializer(options, "bias_initializer", weights->bias_initializer);
}

gan_status gan_weights_load(gan_weights *weights, const json_t *options)
{
    GAN_TRY(gan_json_get_bool(options, "no_bias", &weights->no_bias));
    GAN_TRY(gan_json_get_initializer(options, "weight_initializer", &weights->weight_initializer));
    return gan_json_get_initializer(options, "bias_initializer", &weights->bias_initializer);
}

/* A weight (a, b, ...) has fan_in = b * ... and fan_out = a * ..., as in PyTorch. */
gan_status gan_weights_plan(const gan_weights *weights, gan_shape shape, int64_t units, gan_layer_plan *plan)
{
    GAN_TRY(gan_shape_check(shape, "weight"));
    int64_t count = gan_shape_count(shape);
    gan_tensor_plan weight = {.name = "weight",
                              .kind = GAN_TENSOR_PARAMETER,
                              .shape = shape,
                              .initializer = weights->weight_initializer,
                              .fan_in = count / shape.dims[0],
                              .fan_out = count / shape.dims[1]};
    gan_tensor_plan bias = {.name = "bias",
                            .kind = GAN_TENSOR_PARAMETER,
                            .shape = GAN_SHAPE(units),
                            .initializer = weights->bias_initializer,
                            .fan_in = weight.fan_in,
                            .fan_out = weight.fan_out};
    if (shape.rank == 4) {
        weight.channels = shape.dims[1];
        weight.pixels = shape.dims[2] * shape.dims[3];
    }
    plan->tensors[GAN_WEIGHT] = weight;
    plan->tensors[GAN_BIAS] = bias;
    plan->tensor_count = weights->no_bias ? 1 : 2;
    return GAN_OK;
}

gan_epilogue gan_weights_epilogue(const gan_weights *weights, const gan_pass *pass)
{
    return (gan_epilogue){.bias = weights->no_bias || pass->tangent_y ? NULL : pass->tensors[GAN_BIAS]};
}

void gan_weights_bias_backward(const gan_weights *weights, const gan_pass *pass, int64_t rows, int64_t units)
{
    if (weights->no_bias || !pass->gradients[GAN_BIAS]) return;
    gan_column_sums(pass->context, rows, units, pass->dy, pass->gradients[GAN_BIAS], pass->scratch);
}

gan_status gan_weights_tangent_backward(const gan_layer *layer, const gan_pass *pass)
{
    GAN_TRY(gan_linear_tangent_backward(layer, pass));
    if (!pass->dy || !pass->gradients[GAN_WEIGHT]) return GAN_OK;
    gan_real *const none[1] = {NULL}, *const weight_only[GAN_LAYER_TENSORS] = {pass->gradients[GAN_WEIGHT]};
    gan_pass by_input = *pass;
    by_input.x = pass->tangent_x;
    by_input.dx = none;
    by_input.gradients = weight_only;
    return layer->ops->backward(layer, &by_input);
}
