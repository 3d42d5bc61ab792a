/* Activations: elementwise functions. Where the derivative is a function of the output, they work in place; the
 * others keep their input. */
#include "layers/shared.h"

#include <math.h>

/* ReLU is a leaky ReLU whose slope is 0, and has no options. */
typedef struct leaky_relu_layer {
    gan_layer layer;
    gan_leaky_relu_options options;
} leaky_relu_layer;

typedef struct elu_layer {
    gan_layer layer;
    gan_elu_options options;
} elu_layer;

typedef struct gelu_layer {
    gan_layer layer;
    gan_gelu_options options;
} gelu_layer;

static const gan_layer_option leaky_relu_options[] = {
    {GAN_OPTION(leaky_relu_layer, gan_leaky_relu_options, slope), .kind = GAN_OPTION_FLOAT, .most = 1, .below = true,
     .number = 0.2f},
};

static const gan_layer_option elu_options[] = {
    {GAN_OPTION(elu_layer, gan_elu_options, alpha), GAN_NUMBER_OVER_0, .number = 1},
};

static const gan_layer_option gelu_options[] = {
    {GAN_OPTION(gelu_layer, gan_gelu_options, tanh_approximation), .kind = GAN_OPTION_BOOL},
};

/* The kernel's kind and parameter. */
typedef struct function {
    gan_activation kind;
    gan_real parameter;
} function;

static function function_of(const gan_layer *layer)
{
    const gan_activation kind = *(const gan_activation *)layer->ops->variant;
    switch (kind) {
    case GAN_ACTIVATION_LEAKY_RELU: return (function){kind, ((const leaky_relu_layer *)layer)->options.slope};
    case GAN_ACTIVATION_ELU: return (function){kind, ((const elu_layer *)layer)->options.alpha};
    case GAN_ACTIVATION_GELU:
        return (function){((const gelu_layer *)layer)->options.tanh_approximation ? GAN_ACTIVATION_GELU_TANH : kind,
                          0};
    default: return (function){kind, 0};
    }
}

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    (void)layer, (void)context, (void)count, (void)batch;
    plan->output = inputs[0];
    return GAN_OK;
}

static int64_t values_of(const gan_pass *pass)
{
    return pass->batch * gan_shape_count(pass->output_shape);
}

static bool keeps_input(const gan_layer *layer)
{
    return layer->ops->flags & GAN_LAYER_KEEPS_INPUT;
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    const function f = function_of(layer);
    gan_activation_forward(pass->context, f.kind, f.parameter, values_of(pass), pass->x[0], pass->y);
    return GAN_OK;
}

/* to = f'(x) from */
static void derive(const gan_layer *layer, const gan_pass *pass, const gan_real *from, gan_real *to)
{
    const function f = function_of(layer);
    const gan_real *kept = keeps_input(layer) ? pass->x[0] : pass->y;
    gan_activation_backward(pass->context, f.kind, f.parameter, values_of(pass), kept, from, to);
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    if (pass->dx[0]) derive(layer, pass, pass->dy, pass->dx[0]);
    return GAN_OK;
}

static gan_status tangent_forward(const gan_layer *layer, const gan_pass *pass)
{
    derive(layer, pass, pass->tangent_x[0], pass->tangent_y);
    return GAN_OK;
}

/* R{dx} = f'(x) R{dy} + f''(x) R{x} dy */
static gan_status curved_tangent_backward(const gan_layer *layer, const gan_pass *pass)
{
    const function f = function_of(layer);
    const gan_real *tangent_dy = pass->tangent_dy;
    gan_real *tangent_dx = pass->tangent_dx[0];
    if (!pass->dy) return gan_linear_tangent_backward(layer, pass);
    if (!tangent_dx) return GAN_OK;
    if (!tangent_dy) {
        gan_fill(pass->context, values_of(pass), 0, tangent_dx);
        tangent_dy = tangent_dx;
    }
    gan_activation_tangent(
        pass->context, f.kind, f.parameter, values_of(pass), keeps_input(layer) ? pass->x[0] : pass->y,
        keeps_input(layer) ? pass->tangent_x[0] : pass->tangent_y, pass->dy, tangent_dy, tangent_dx);
    return GAN_OK;
}

#define KIND(name, struct_size, kernel_kind, kind_flags, kind_tangent_backward, ...)                           \
    {                                                                                                          \
        .type = #name, .flags = (kind_flags), .min_inputs = 1, .max_inputs = 1, .size = (struct_size),         \
        .variant = &(const gan_activation){GAN_ACTIVATION_##kernel_kind}, .infer = infer, .forward = forward,  \
        .backward = backward, .tangent_forward = tangent_forward, .tangent_backward = (kind_tangent_backward), \
        __VA_ARGS__                                                                                            \
    }
/* f'' = 0; f' and f'' by y; both by x. */
#define PIECEWISE(name, ...)                                                                      \
    KIND(name, sizeof(leaky_relu_layer), LEAKY_RELU, GAN_LAYER_KEEPS_OUTPUT | GAN_LAYER_IN_PLACE, \
         gan_linear_tangent_backward, __VA_ARGS__)
#define BY_OUTPUT(name, struct_size, kernel_kind, ...)                                                   \
    KIND(name, struct_size, kernel_kind, GAN_LAYER_KEEPS_OUTPUT | GAN_LAYER_IN_PLACE | GAN_LAYER_CURVED, \
         curved_tangent_backward, __VA_ARGS__)
#define BY_INPUT(name, struct_size, kernel_kind, ...)                                                   \
    KIND(name, struct_size, kernel_kind, GAN_LAYER_KEEPS_INPUT | GAN_LAYER_IN_PLACE | GAN_LAYER_CURVED, \
         curved_tangent_backward, __VA_ARGS__)
#define NO_OPTIONS .options = NULL

const gan_layer_ops gan_leaky_relu_ops =
    PIECEWISE(leaky_relu, GAN_OPTION_TABLE(leaky_relu_options), GAN_OPTION_STRUCT(gan_leaky_relu_options));
const gan_layer_ops gan_relu_ops = PIECEWISE(relu, .low = 0, .high = INFINITY);
const gan_layer_ops gan_tanh_ops = BY_OUTPUT(tanh, sizeof(gan_layer), TANH, .low = -1, .high = 1);
const gan_layer_ops gan_sigmoid_ops = BY_OUTPUT(sigmoid, sizeof(gan_layer), SIGMOID, .low = 0, .high = 1);
const gan_layer_ops gan_softplus_ops = BY_OUTPUT(softplus, sizeof(gan_layer), SOFTPLUS, .low = 0, .high = INFINITY);
const gan_layer_ops gan_elu_ops =
    BY_OUTPUT(elu, sizeof(elu_layer), ELU, GAN_OPTION_TABLE(elu_options), GAN_OPTION_STRUCT(gan_elu_options));
const gan_layer_ops gan_silu_ops = BY_INPUT(silu, sizeof(gan_layer), SILU, NO_OPTIONS);
const gan_layer_ops gan_gelu_ops =
    BY_INPUT(gelu, sizeof(gelu_layer), GELU, GAN_OPTION_TABLE(gelu_options), GAN_OPTION_STRUCT(gan_gelu_options));

gan_layer *gan_layer_leaky_relu(gan_context *context, const gan_leaky_relu_options *given)
{
    return gan_layer_checked(gan_layer_create(context, &gan_leaky_relu_ops, given));
}

gan_layer *gan_layer_relu(gan_context *context)
{
    return gan_layer_create(context, &gan_relu_ops, NULL);
}

gan_layer *gan_layer_tanh(gan_context *context)
{
    return gan_layer_create(context, &gan_tanh_ops, NULL);
}

gan_layer *gan_layer_sigmoid(gan_context *context)
{
    return gan_layer_create(context, &gan_sigmoid_ops, NULL);
}

gan_layer *gan_layer_softplus(gan_context *context)
{
    return gan_layer_create(context, &gan_softplus_ops, NULL);
}

gan_layer *gan_layer_elu(gan_context *context, const gan_elu_options *given)
{
    return gan_layer_checked(gan_layer_create(context, &gan_elu_ops, given));
}

gan_layer *gan_layer_silu(gan_context *context)
{
    return gan_layer_create(context, &gan_silu_ops, NULL);
}

gan_layer *gan_layer_gelu(gan_context *context, const gan_gelu_options *given)
{
    return gan_layer_checked(gan_layer_create(context, &gan_gelu_ops, given));
}
