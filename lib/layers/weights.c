/* What the layers that multiply by a weight have in common: options, weight and bias, and their passes, in which the
 * weight may be normalised before it is used. */
#include "layers/shared.h"

#include <stdio.h>

/* ---- Options ------------------------------------------------------------------------------------------------- */

gan_weights gan_weights_of(bool no_bias, bool spectral_norm, gan_initializer weight_initializer,
                           gan_initializer bias_initializer)
{
    const gan_initializer glorot = GAN_GLOROT_UNIFORM, zeros = GAN_ZEROS;
    return (gan_weights){.no_bias = no_bias,
                         .spectral_norm = spectral_norm,
                         .weight_initializer = gan_initializer_or(weight_initializer, glorot),
                         .bias_initializer = gan_initializer_or(bias_initializer, zeros)};
}

static gan_status check_weights(const gan_weights *weights, const char *type)
{
    char what[64];
    snprintf(what, sizeof what, "%s: weight_initializer", type);
    GAN_TRY(gan_initializer_check(weights->weight_initializer, what));
    snprintf(what, sizeof what, "%s: bias_initializer", type);
    return gan_initializer_check(weights->bias_initializer, what);
}

gan_weighted_layer *gan_weighted_create(gan_context *context, const gan_layer_ops *ops,
                                        const gan_weighted_ops *products, int64_t units, int64_t area,
                                        const gan_weights *weights)
{
    char what[64];
    snprintf(what, sizeof what, "%s: %s", ops->type, products->units);
    if (gan_check_int(what, units, 1) != GAN_OK || check_weights(weights, ops->type) != GAN_OK) return NULL;
    gan_weighted_layer *self = (gan_weighted_layer *)gan_layer_allocate(context, ops);
    if (!self) return NULL;
    self->ops = products;
    self->units = units;
    self->area = area;
    self->weights = *weights;
    return self;
}

gan_status gan_weighted_save(const gan_layer *layer, json_t *options)
{
    const gan_weighted_layer *self = (const gan_weighted_layer *)layer;
    GAN_TRY(gan_json_set_int(options, self->ops->units, self->units));
    GAN_TRY(gan_json_set_bool(options, "no_bias", self->weights.no_bias));
    GAN_TRY(gan_json_set_initializer(options, "weight_initializer", self->weights.weight_initializer));
    GAN_TRY(gan_json_set_initializer(options, "bias_initializer", self->weights.bias_initializer));
    return gan_json_set_added_bool(options, "spectral_norm", self->weights.spectral_norm);
}

gan_status gan_weighted_load(const gan_weighted_ops *products, const json_t *options, int64_t *units,
                             gan_weights *weights)
{
    GAN_TRY(gan_json_get_int(options, products->units, units));
    GAN_TRY(gan_json_get_bool(options, "no_bias", &weights->no_bias));
    GAN_TRY(gan_json_get_initializer(options, "weight_initializer", &weights->weight_initializer));
    GAN_TRY(gan_json_get_initializer(options, "bias_initializer", &weights->bias_initializer));
    return gan_json_get_added_bool(options, "spectral_norm", &weights->spectral_norm);
}

/* ---- Weight and bias ----------------------------------------------------------------------------------------- */

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

/* ---- Passes -------------------------------------------------------------------------------------------------- */

gan_status gan_weighted_infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                              int64_t batch, gan_layer_plan *plan)
{
    const gan_weighted_layer *self = (const gan_weighted_layer *)layer;
    GAN_TRY(self->ops->infer(layer, context, inputs, count, batch, plan));
    return self->weights.spectral_norm ? gan_spectral_norm_plan(self, context, plan) : GAN_OK;
}

gan_status gan_weighted_start(const gan_layer *layer, const gan_pass *pass)
{
    const gan_weighted_layer *self = (const gan_weighted_layer *)layer;
    if (self->weights.spectral_norm) gan_spectral_norm_start(self, pass);
    return GAN_OK;
}

gan_status gan_weighted_forward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_weighted_layer *self = (const gan_weighted_layer *)layer;
    return self->weights.spectral_norm ? gan_spectral_norm_forward(self, pass) : self->ops->forward(layer, pass);
}

gan_status gan_weighted_backward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_weighted_layer *self = (const gan_weighted_layer *)layer;
    return self->weights.spectral_norm ? gan_spectral_norm_backward(self, pass) : self->ops->backward(layer, pass);
}

gan_status gan_weighted_tangent_backward(const gan_layer *layer, const gan_pass *pass)
{
    GAN_TRY(gan_linear_tangent_backward(layer, pass));
    if (!pass->dy || !pass->gradients[GAN_WEIGHT]) return GAN_OK;
    gan_real *const none[1] = {NULL}, *const weight_only[GAN_LAYER_TENSORS] = {pass->gradients[GAN_WEIGHT]};
    gan_pass by_input = *pass;
    by_input.x = pass->tangent_x;
    by_input.dx = none;
    by_input.gradients = weight_only;
    return gan_weighted_backward(layer, &by_input);
}
