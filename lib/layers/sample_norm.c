/* Layer, instance and group normalisation: y = weight * (x - mean) / sqrt(variance + epsilon) + bias, over each
 * sample by itself: all of it, each channel of an image, or each group of channels. A pass keeps mean and 1 /
 * sqrt(variance + epsilon) of each group. */
#include "layers/shared.h"

#include <stdio.h>

typedef enum norm_kind { LAYER_NORM, INSTANCE_NORM, GROUP_NORM } norm_kind;

typedef struct sample_norm {
    gan_layer layer;
    norm_kind kind;
    int64_t groups; /* of GROUP_NORM */
    float epsilon;
    bool no_affine;
} sample_norm;

enum { WEIGHT, BIAS };

/* A sample as the kernels see it, whose "channels" are what has a weight of its own. */
typedef struct cut {
    int64_t pixels, channels, groups;
} cut;

static cut cut_sample(const sample_norm *self, gan_shape shape)
{
    const int64_t elements = gan_shape_count(shape), channels = shape.dims[0];
    switch (self->kind) {
    case LAYER_NORM: return (cut){1, elements, 1};
    case INSTANCE_NORM: return (cut){elements / channels, channels, channels};
    default: return (cut){elements / channels, channels, self->groups};
    }
}

static gan_status check_shape(const sample_norm *self, gan_shape shape)
{
    char text[GAN_SHAPE_TEXT];
    gan_shape_text(shape, text);
    if (self->kind == INSTANCE_NORM && shape.rank != 3)
        return gan_fail(GAN_ERROR_SHAPE, "input is %s, expected an image (channels, height, width)", text);
    if (self->kind == GROUP_NORM) GAN_TRY(gan_check_channels(shape));
    if (self->kind == GROUP_NORM && shape.dims[0] % self->groups != 0)
        return gan_fail(GAN_ERROR_SHAPE, "input is %s, whose %lld channels cannot be cut into %lld groups", text,
                        (long long)shape.dims[0], (long long)self->groups);
    const cut sample = cut_sample(self, shape);
    if (sample.pixels * sample.channels / sample.groups == 1)
        return gan_fail(GAN_ERROR_SHAPE, "input is %s, of which 1 value is normalised by itself, expected at least 2",
                        text);
    return GAN_OK;
}

static void plan_tensors(const sample_norm *self, gan_shape input, gan_layer_plan *plan)
{
    const cut sample = cut_sample(self, input);
    gan_tensor_plan tensor = {.kind = GAN_TENSOR_PARAMETER,
                              .shape = GAN_SHAPE(sample.channels),
                              .fan_in = sample.channels,
                              .fan_out = sample.channels};
    if (self->kind == LAYER_NORM) tensor.shape = input;
    if (self->kind == LAYER_NORM && input.rank == 3) {
        tensor.channels = input.dims[0];
        tensor.pixels = input.dims[1] * input.dims[2];
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
    if (self->no_affine) return GAN_OK;
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
                                 .epsilon = self->epsilon,
                                 .scale = self->no_affine ? NULL : pass->tensors[WEIGHT],
                                 .shift = self->no_affine ? NULL : pass->tensors[BIAS],
                                 .mean = pass->saved,
                                 .inverse = pass->saved + pass->batch * sample.groups,
                                 .scratch = pass->scratch};
}

static gan_real *gradient(const gan_layer *layer, const gan_pass *pass, int tensor)
{
    return ((const sample_norm *)layer)->no_affine ? NULL : pass->gradients[tensor];
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

/* ---- Options ------------------------------------------------------------------------------------------------- */

static gan_layer *create(gan_context *context, const gan_layer_ops *ops, sample_norm options)
{
    char what[32];
    snprintf(what, sizeof what, "%s: epsilon", ops->type);
    if (gan_check_float(what, options.epsilon, options.epsilon > 0, "over 0") != GAN_OK) return NULL;
    if (options.kind == GROUP_NORM && gan_check_int("group_norm: groups", options.groups, 1) != GAN_OK) return NULL;
    sample_norm *self = (sample_norm *)gan_layer_allocate(context, ops);
    if (!self) return NULL;
    options.layer = self->layer;
    *self = options;
    return &self->layer;
}

static gan_status save(const gan_layer *layer, json_t *options)
{
    const sample_norm *self = (const sample_norm *)layer;
    if (self->kind == GROUP_NORM) GAN_TRY(gan_json_set_int(options, "groups", self->groups));
    GAN_TRY(gan_json_set_float(options, "epsilon", self->epsilon));
    return gan_json_set_bool(options, "no_affine", self->no_affine);
}

static gan_layer *load(gan_context *context, const gan_layer_ops *ops, norm_kind kind, const json_t *options)
{
    sample_norm given = {.kind = kind};
    if (kind == GROUP_NORM && gan_json_get_int(options, "groups", &given.groups) != GAN_OK) return NULL;
    if (gan_json_get_float(options, "epsilon", &given.epsilon) != GAN_OK ||
        gan_json_get_bool(options, "no_affine", &given.no_affine) != GAN_OK)
        return NULL;
    return gan_layer_loaded(create(context, ops, given), options);
}

/* The three kinds differ in what they and their options are called. */
#define DEFINE_KIND(name, kind_name)                                                                         \
    static gan_layer *load_##name(gan_context *context, const json_t *options)                               \
    {                                                                                                        \
        return load(context, &gan_##name##_ops, kind_name, options);                                         \
    }                                                                                                        \
    static gan_layer *make_##name(gan_context *context, int64_t groups, const gan_##name##_options *options) \
    {                                                                                                        \
        const char *what = "gan_" #name "_options";                                                          \
        gan_##name##_options given;                                                                          \
        if (gan_options_read(&given, sizeof given, options, what) != GAN_OK ||                               \
            gan_check_reserved(what, given.reserved[0] | given.reserved[1] | given.reserved[2]) != GAN_OK)   \
            return NULL;                                                                                     \
        const sample_norm self = {.kind = kind_name,                                                         \
                                  .groups = groups,                                                          \
                                  .epsilon = gan_option(given.epsilon, 1e-5f),                               \
                                  .no_affine = given.no_affine};                                             \
        return create(context, &gan_##name##_ops, self);                                                     \
    }                                                                                                        \
    const gan_layer_ops gan_##name##_ops = {.type = #name,                                                   \
                                            .flags = GAN_LAYER_KEEPS_INPUT | GAN_LAYER_CURVED,               \
                                            .min_inputs = 1,                                                 \
                                            .max_inputs = 1,                                                 \
                                            .size = sizeof(sample_norm),                                     \
                                            .infer = infer,                                                  \
                                            .forward = forward,                                              \
                                            .backward = backward,                                            \
                                            .tangent_forward = tangent_forward,                              \
                                            .tangent_backward = tangent_backward,                            \
                                            .save = save,                                                    \
                                            .load = load_##name};

DEFINE_KIND(layer_norm, LAYER_NORM)
DEFINE_KIND(instance_norm, INSTANCE_NORM)
DEFINE_KIND(group_norm, GROUP_NORM)

gan_layer *gan_layer_layer_norm(gan_context *context, const gan_layer_norm_options *options)
{
    return make_layer_norm(context, 0, options);
}

gan_layer *gan_layer_instance_norm(gan_context *context, const gan_instance_norm_options *options)
{
    return make_instance_norm(context, 0, options);
}

gan_layer *gan_layer_group_norm(gan_context *context, int64_t groups, const gan_group_norm_options *options)
{
    return make_group_norm(context, groups, options);
}
