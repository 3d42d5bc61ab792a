/* Activations: elementwise functions whose derivative is a function of the output, so that they work in place. A kind
 * is two kernels, and a third for second derivatives if it is curved. */
#include "layers/shared.h"

typedef void (*forward_fn)(gan_context *context, int64_t count, const gan_real *x, gan_real *y);
typedef void (*backward_fn)(gan_context *context, int64_t count, const gan_real *y, const gan_real *dy, gan_real *dx);
typedef void (*tangent_fn)(gan_context *context, int64_t count, const gan_real *y, const gan_real *tangent_y,
                           const gan_real *dy, const gan_real *tangent_dy, gan_real *tangent_dx);

/* The kernels of a kind. */
typedef struct kernels {
    forward_fn forward;
    backward_fn backward;
    tangent_fn tangent;
} kernels;

typedef struct activation {
    gan_layer layer;
    gan_leaky_relu_options options; /* of leaky_relu; ReLU has slope 0 */
} activation;

static const gan_layer_option options[] = {
    {GAN_OPTION(activation, gan_leaky_relu_options, slope), .kind = GAN_OPTION_FLOAT, .most = 1, .below = true,
     .number = 0.2f},
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
    const kernels *kind = layer->ops->variant;
    const float slope = ((const activation *)layer)->options.slope;
    int64_t count = pass->batch * gan_shape_count(pass->output_shape);
    if (kind) {
        kind->forward(pass->context, count, pass->x[0], pass->y);
    } else {
        gan_leaky_relu_forward(pass->context, count, slope, pass->x[0], pass->y);
    }
    return GAN_OK;
}

/* to = f'(x) from */
static void derive(const gan_layer *layer, const gan_pass *pass, const gan_real *from, gan_real *to)
{
    const kernels *kind = layer->ops->variant;
    const float slope = ((const activation *)layer)->options.slope;
    int64_t count = pass->batch * gan_shape_count(pass->output_shape);
    if (kind) {
        kind->backward(pass->context, count, pass->y, from, to);
    } else {
        gan_leaky_relu_backward(pass->context, count, slope, pass->y, from, to);
    }
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
    int64_t count = pass->batch * gan_shape_count(pass->output_shape);
    const gan_real *tangent_dy = pass->tangent_dy;
    gan_real *tangent_dx = pass->tangent_dx[0];
    if (!pass->dy) return gan_linear_tangent_backward(layer, pass);
    if (!tangent_dx) return GAN_OK;
    if (!tangent_dy) {
        gan_fill(pass->context, count, 0, tangent_dx);
        tangent_dy = tangent_dx;
    }
    ((const kernels *)layer->ops->variant)
        ->tangent(pass->context, count, pass->y, pass->tangent_y, pass->dy, tangent_dy, tangent_dx);
    return GAN_OK;
}

#define KIND(name, more_flags, kind_tangent_backward, ...)                                                     \
    {                                                                                                          \
        .type = #name, .flags = GAN_LAYER_KEEPS_OUTPUT | GAN_LAYER_IN_PLACE | (more_flags), .min_inputs = 1,   \
        .max_inputs = 1, .size = sizeof(activation), .infer = infer, .forward = forward, .backward = backward, \
        .tangent_forward = tangent_forward, .tangent_backward = kind_tangent_backward, __VA_ARGS__             \
    }
/* Kinds whose kernels take the slope, and the others. */
#define PIECEWISE(name, ...) KIND(name, 0, gan_linear_tangent_backward, __VA_ARGS__)
#define CURVED(name, ...)                                                                                \
    KIND(name, GAN_LAYER_CURVED, curved_tangent_backward,                                                \
         .variant = &(const kernels){gan_##name##_forward, gan_##name##_backward, gan_##name##_tangent}, \
         __VA_ARGS__)

const gan_layer_ops gan_leaky_relu_ops =
    PIECEWISE(leaky_relu, GAN_OPTION_TABLE(options), GAN_OPTION_STRUCT(gan_leaky_relu_options));
const gan_layer_ops gan_relu_ops = PIECEWISE(relu, .options = NULL);
const gan_layer_ops gan_tanh_ops = CURVED(tanh, .low = -1, .high = 1);
const gan_layer_ops gan_sigmoid_ops = CURVED(sigmoid, .low = 0, .high = 1);
const gan_layer_ops gan_softplus_ops = CURVED(softplus, .options = NULL);

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
