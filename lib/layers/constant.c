/* Constant: y = weight for each sample, whatever the input, which only says how many samples there are. */
#include "layers/shared.h"

typedef struct constant {
    gan_layer layer;
    gan_shape shape;
    gan_constant_layer_options options;
} constant;

static const gan_layer_option options[] = {
    {GAN_ARGUMENT(constant, shape), .kind = GAN_OPTION_SHAPE},
    {GAN_OPTION(constant, gan_constant_layer_options, weight_initializer), .kind = GAN_OPTION_INITIALIZER,
     .initializer = GAN_NORMAL(1.0f)},
};

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    const constant *self = (const constant *)layer;
    const int64_t elements = gan_shape_count(self->shape);
    (void)context, (void)inputs, (void)count;
    GAN_TRY(gan_check_product("output", (int64_t[]){2, batch, elements}, 3));
    plan->output = self->shape;
    plan->tensor_count = 1;
    plan->tensors[0] = (gan_tensor_plan){.name = "weight",
                                         .kind = GAN_TENSOR_PARAMETER,
                                         .shape = self->shape,
                                         .initializer = self->options.weight_initializer,
                                         .fan_in = elements,
                                         .fan_out = elements};
    gan_store_like_sample(&plan->tensors[0]);
    plan->scratch = gan_column_sums_scratch(batch, elements);
    return GAN_OK;
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    const int64_t elements = gan_shape_count(pass->output_shape);
    (void)layer;
    gan_copy_rows(pass->context, pass->batch, elements, pass->tensors[0], 0, pass->y, elements);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    (void)layer;
    if (pass->gradients[0]) {
        gan_column_sums(pass->context, pass->batch, gan_shape_count(pass->output_shape), pass->dy, pass->gradients[0],
                        pass->scratch);
    }
    if (pass->dx[0]) gan_fill(pass->context, pass->batch * gan_shape_count(pass->input_shapes[0]), 0, pass->dx[0]);
    return GAN_OK;
}

static gan_status tangent_forward(const gan_layer *layer, const gan_pass *pass)
{
    (void)layer;
    gan_fill(pass->context, pass->batch * gan_shape_count(pass->output_shape), 0, pass->tangent_y);
    return GAN_OK;
}

const gan_layer_ops gan_constant_ops = {.type = "constant",
                                        .min_inputs = 1,
                                        .max_inputs = 1,
                                        .size = sizeof(constant),
                                        GAN_OPTION_TABLE(options),
                                        GAN_PLAIN_OPTION_STRUCT(gan_constant_layer_options),
                                        .infer = infer,
                                        .forward = forward,
                                        .backward = backward,
                                        .tangent_forward = tangent_forward,
                                        .tangent_backward = gan_linear_tangent_backward};

gan_layer *gan_layer_constant(gan_context *context, gan_shape shape, const gan_constant_layer_options *given)
{
    constant *self = gan_layer_create(context, &gan_constant_ops, given);
    if (self) self->shape = shape;
    return gan_layer_checked(self);
}
