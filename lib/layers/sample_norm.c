/* Layer, instance and group normalisation: y = weight * (x - mean) / sqrt(variance + epsilon) + bias, within each
 * sample: over all of it, each channel of an image, or each group of channels. A pass keeps each group's mean and
 * 1 / sqrt(variance + epsilon). */
#include "layers/shared.h"

typedef struct sample_norm {
    gan_layer layer;
    int64_t groups;                 /* of group_norm */
    gan_group_norm_options options; /* the other kinds have the same ones */
} sample_norm;

/* What the kinds have in common. */
#define OPTIONS(type)                                                             \
    {GAN_OPTION(sample_norm, type, epsilon), GAN_NUMBER_OVER_0, .number = 1e-5f}, \
    {                                                                             \
        GAN_OPTION(sample_norm, type, no_affine), .kind = GAN_OPTION_BOOL         \
    }

static const gan_layer_option layer_norm_options[] = {OPTIONS(gan_layer_norm_options)};
static const gan_layer_option instance_norm_options[] = {OPTIONS(gan_instance_norm_options)};
static const gan_layer_option group_norm_options[] = {
    {GAN_ARGUMENT(sample_norm, groups), GAN_POSITIVE_INTS},
    OPTIONS(gan_group_norm_options),
};

typedef enum norm_kind { LAYER_NORM, INSTANCE_NORM, GROUP_NORM } norm_kind;

static norm_kind kind_of(const sample_norm *self)
{
    return *(const norm_kind *)self->layer.ops->variant;
}

enum { WEIGHT, BIAS };

/* A sample as the kernels see it: its "channels" are what has its own weight. */
typedef struct cut {
    int64_t pixels, channels, groups;
} cut;

static cut cut_sample(const sample_norm *self, gan_shape shape)
{
    const int64_t elements = gan_shape_count(shape), channels = shape.dims[0];
    switch (kind_of(self)) {
    case LAYER_NORM: return (cut){1, elements, 1};
    case INSTANCE_NORM: return (cut){elements / channels, channels, channels};
    default: return (cut){elements / channels, channels, self->groups};
    }
}

static gan_status check_shape(const sample_norm *self, gan_shape shape)
{
    char text[GAN_SHAPE_TEXT];
    gan_shape_text(shape, text);
    if (kind_of(self) == INSTANCE_NORM && shape.rank != 3)
        return gan_fail(GAN_ERROR_SHAPE, "input is %s, expected an image (channels, height, width)", text);
    if (kind_of(self) == GROUP_NORM) GAN_TRY(gan_check_channels(shape));
    if (kind_of(self) == GROUP_NORM && shape.dims[0] % self->groups != 0) {
        return gan_fail(GAN_ERROR_SHAPE, "input is %s, whose %lld channels cannot be divided into %lld groups", text,
                        (long long)shape.dims[0], (long long)self->groups);
    }
    const cut sample = cut_sample(self, shape);
    if (sample.pixels * sample.channels / sample.groups == 1) {
        return gan_fail(GAN_ERROR_SHAPE, "input is %s, so 1 value would be normalised alone, expected at least 2",
                        text);
    }
    return GAN_OK;
}

static void plan_tensors(const sample_norm *self, gan_shape input, gan_layer_plan *plan)
{
    const cut sample = cut_sample(self, input);
    gan_tensor_plan tensor = {.kind = GAN_TENSOR_PARAMETER,
                              .shape = GAN_SHAPE(sample.channels),
                              .fan_in = sample.channels,
                              .fan_out = sample.channels};
    if (kind_of(self) == LAYER_NORM) {
        tensor.shape = input;
        gan_store_like_sample(&tensor);
    }
    plan->tensor_count = 2;
    plan->tensors[WEIGHT] = plan->tensors[BIAS] = tensor;
    plan->tensors[WEIGHT].name = "weight";
    plan->tensors[WEIGHT].initializer = (gan_initializer)GAN_CONSTANT(1.0f);
    plan->tensors[BIAS].name = "bias";
    plan->tensors[BIAS].initializer = (gan_initializer)GAN_ZEROS;
}

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    const sample_norm *self = (const sample_norm *)layer;
    (void)context, (void)count;
    GAN_TRY(check_shape(self, inputs[0]));
    const cut sample = cut_sample(self, inputs[0]);
    const int64_t elements = gan_shape_count(inputs[0]);
    GAN_TRY(gan_check_product("input", (int64_t[]){2, batch, elements}, 3));
    GAN_TRY(gan_check_product("gradients of input", (int64_t[]){gan_group_norm_scratch(batch, 1), elements}, 2));
    plan->output = inputs[0];
    plan->saved = 2 * batch * sample.groups;
    if (self->options.no_affine) return GAN_OK;
    plan_tensors(self, inputs[0], plan);
    plan->scratch = gan_group_norm_scratch(batch, sample.channels);
    return GAN_OK;
}

static gan_group_norm_args arguments(const gan_layer *layer, const gan_pass *pass)
{
    const sample_norm *self = (const sample_norm *)layer;
    const cut sample = cut_sample(self, pass->input_shapes[0]);
    return (gan_group_norm_args){.batch = pass->batch,
                                 .pixels = sample.pixels,
                                 .channels = sample.channels,
                                 .groups = sample.groups,
                                 .epsilon = self->options.epsilon,
                                 .scale = self->options.no_affine ? NULL : pass->tensors[WEIGHT],
                                 .shift = self->options.no_affine ? NULL : pass->tensors[BIAS],
                                 .mean = pass->saved,
                                 .inverse = pass->saved + pass->batch * sample.groups,
                                 .scratch = pass->scratch};
}

static gan_real *gradient(const gan_layer *layer, const gan_pass *pass, int tensor)
{
    return ((const sample_norm *)layer)->options.no_affine ? NULL : pass->gradients[tensor];
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
    gan_group_norm_backward(pass->context, &args, pass->x[0], pass->dy, gradient(layer, pass, WEIGHT),
                            gradient(layer, pass, BIAS), pass->dx[0]);
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
    gan_group_norm_tangent_backward(pass->context, &args, pass->x[0], pass->tangent_x[0], pass->dy, pass->tangent_dy,
                                    gradient(layer, pass, WEIGHT), gradient(layer, pass, BIAS), pass->tangent_dx[0]);
    return GAN_OK;
}

#define KIND(name, norm)                                                                                        \
    {                                                                                                           \
        .type = #name, .flags = GAN_LAYER_KEEPS_INPUT | GAN_LAYER_IN_PLACE | GAN_LAYER_CURVED, .min_inputs = 1, \
        .max_inputs = 1, .size = sizeof(sample_norm), .variant = &(const norm_kind){norm},                      \
        GAN_OPTION_TABLE(name##_options), GAN_OPTION_STRUCT(gan_##name##_options), .infer = infer,              \
        .forward = forward, .backward = backward, .tangent_forward = tangent_forward,                           \
        .tangent_backward = tangent_backward                                                                    \
    }
const gan_layer_ops gan_layer_norm_ops = KIND(layer_norm, LAYER_NORM);
const gan_layer_ops gan_instance_norm_ops = KIND(instance_norm, INSTANCE_NORM);
const gan_layer_ops gan_group_norm_ops = KIND(group_norm, GROUP_NORM);

gan_layer *gan_layer_layer_norm(gan_context *context, const gan_layer_norm_options *given)
{
    return gan_layer_checked(gan_layer_create(context, &gan_layer_norm_ops, given));
}

gan_layer *gan_layer_instance_norm(gan_context *context, const gan_instance_norm_options *given)
{
    return gan_layer_checked(gan_layer_create(context, &gan_instance_norm_ops, given));
}

gan_layer *gan_layer_group_norm(gan_context *context, int64_t groups, const gan_group_norm_options *given)
{
    sample_norm *self = gan_layer_create(context, &gan_group_norm_ops, given);
    if (self) self->groups = groups;
    return gan_layer_checked(self);
}
