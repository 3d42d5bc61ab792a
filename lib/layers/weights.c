/* The weight and bias of the layers that multiply by them. */
#include "layers/shared.h"

/* A weight (a, b, ...) has fan_in = b * ... and fan_out = a * ..., as in PyTorch. */
gan_status gan_weights_plan(const gan_weights *self, gan_shape shape, gan_layer_plan *plan)
{
    GAN_TRY(gan_shape_check(shape, "weight"));
    int64_t count = gan_shape_count(shape);
    gan_tensor_plan weight = {.name = "weight",
                              .kind = GAN_TENSOR_PARAMETER,
                              .shape = shape,
                              .initializer = self->weight_initializer,
                              .fan_in = count / shape.dims[0],
                              .fan_out = count / shape.dims[1]};
    gan_tensor_plan bias = {.name = "bias",
                            .kind = GAN_TENSOR_PARAMETER,
                            .shape = GAN_SHAPE(self->units),
                            .initializer = self->bias_initializer,
                            .fan_in = weight.fan_in,
                            .fan_out = weight.fan_out};
    if (shape.rank == 4) {
        weight.channels = shape.dims[1];
        weight.pixels = shape.dims[2] * shape.dims[3];
    }
    plan->tensors[GAN_WEIGHT] = weight;
    plan->tensors[GAN_BIAS] = bias;
    plan->tensor_count = self->no_bias ? 1 : 2;
    return GAN_OK;
}

gan_status gan_weights_plan_memory(const gan_weights *self, gan_context *context, gan_layer_plan *plan)
{
    return self->spectral_norm ? gan_spectral_norm_plan(self, context, plan) : GAN_OK;
}

void gan_weights_start(const gan_weights *self, const gan_pass *pass)
{
    if (self->spectral_norm) gan_spectral_norm_start(self, pass);
}

void gan_weights_derive(const gan_weights *self, const gan_pass *pass)
{
    if (self->spectral_norm) gan_spectral_norm_derive(self, pass);
}

void gan_weights_fold(const gan_weights *self, const gan_pass *pass)
{
    if (self->spectral_norm) gan_spectral_norm_fold(self, pass);
}

gan_weight gan_weight_forward(const gan_weights *self, const gan_pass *pass)
{
    gan_weight weight = {.values = pass->tensors[GAN_WEIGHT],
                         .bias = self->no_bias || pass->tangent_y ? NULL : pass->tensors[GAN_BIAS],
                         .scratch = pass->scratch};
    if (self->spectral_norm) gan_spectral_norm_forward(self, pass, &weight);
    return weight;
}

gan_weight gan_weight_backward(const gan_weights *self, const gan_pass *pass)
{
    gan_weight weight = {.values = pass->tensors[GAN_WEIGHT],
                         .gradient = pass->gradients[GAN_WEIGHT],
                         .accumulate = !pass->writes_gradients,
                         .scratch = pass->scratch};
    if (self->spectral_norm) gan_spectral_norm_backward(self, pass, &weight);
    return weight;
}

void gan_weight_finish(const gan_weights *self, const gan_pass *pass, const gan_weight *weight, int64_t rows)
{
    if (!self->no_bias && pass->gradients[GAN_BIAS]) {
        if (pass->writes_gradients) gan_fill(pass->context, self->units, 0, pass->gradients[GAN_BIAS]);
        gan_column_sums(pass->context, rows, self->units, pass->dy, pass->gradients[GAN_BIAS], weight->scratch);
    }
    if (self->spectral_norm && weight->gradient) gan_spectral_norm_finish(self, pass);
}
