/* Activations: functions of each element, whose derivative is written in terms of the output. So they work in place,
 * and a kind is two kernels, and for the curved ones a third for second derivatives. */
#include "layers/shared.h"

typedef void (*forward_fn)(gan_context *context, int64_t count, const gan_real *x, gan_real *y);
typedef void (*backward_fn)(gan_context *context, int64_t count, const gan_real *y, const gan_real *dy, gan_real *dx);
typedef void (*tangent_fn)(gan_context *context, int64_t count, const gan_real *y, const gan_real *tangent_y,
                           const gan_real *dy, const gan_real *tangent_dy, gan_real *tangent_dx);

typedef struct activation {
    gan_layer layer;
    forward_fn forward; /* NULL: (leaky) ReLU, whose kernels take the slope */
    backward_fn backward;
    tangent_fn tangent;
    float slope;
} activation;

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    (void)layer, (void)context, (void)count, (void)batch;
    plan->output = inputs[0];
    return GAN_OK;
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    const activation *self = (const activation *)layer;
    int64_t count = pass->batch * gan_shape_count(pass->output_shape);
    if (self->forward)
        self->forward(pass->context, count, pass->x[0], pass->y);
    else
        gan_leaky_relu_forward(pass->context, count, self->slope, pass->x[0], pass->y);
    return GAN_OK;
}

/* to = f'(x) from */
static void derive(const gan_layer *layer, const gan_pass *pass, const gan_real *from, gan_real *to)
{
    const activation *self = (const activation *)layer;
    int64_t count = pass->batch * gan_shape_count(pass->output_shape);
    if (self->backward)
        self->backward(pass->context, count, pass->y, from, to);
    else
        gan_leaky_relu_backward(pass->context, count, self->slope, pass->y, from, to);
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
    ((const activation *)layer)
        ->tangent(pass->context, count, pass->y, pass->tangent_y, pass->dy, tangent_dy, tangent_dx);
    return GAN_OK;
}

static gan_layer *create(gan_context *context, const gan_layer_ops *ops, forward_fn forward_kernel,
                         backward_fn backward_kernel, tangent_fn tangent_kernel, float slope)
{
    activation *self = (activation *)gan_layer_allocate(context, ops);
    if (!self) return NULL;
    self->forward = forward_kernel;
    self->backward = backward_kernel;
    self->tangent = tangent_kernel;
    self->slope = slope;
    return &self->layer;
}

static gan_layer *create_leaky_relu(gan_context *context, float slope)
{
    if (gan_check_float("leaky_relu: slope", slope, slope >= 0 && slope < 1, "in [0, 1)") != GAN_OK) return NULL;
    return create(context, &gan_leaky_relu_ops, NULL, NULL, NULL, slope);
}

gan_layer *gan_layer_leaky_relu(gan_context *context, const gan_leaky_relu_options *options)
{
    gan_leaky_relu_options given;
    if (gan_options_read(&given, sizeof given, options, "gan_leaky_relu_options") != GAN_OK ||
        gan_check_reserved("gan_leaky_relu_options", given.reserved) != GAN_OK)
        return NULL;
    return create_leaky_relu(context, gan_option(given.slope, 0.2f));
}

static gan_status save_slope(const gan_layer *layer, json_t *options)
{
    return gan_json_set_float(options, "slope", ((const activation *)layer)->slope);
}

static gan_layer *load_leaky_relu(gan_context *context, const json_t *options)
{
    float slope;
    if (gan_json_get_float(options, "slope", &slope) == GAN_OK)
        return gan_layer_loaded(create_leaky_relu(context, slope), options);
    return NULL;
}

/* A kind without options: how it is created, by a program and from a file. */
#define DEFINE_KIND(name, forward_kernel, backward_kernel, tangent_kernel)                                \
    gan_layer *gan_layer_##name(gan_context *context)                                                     \
    {                                                                                                     \
        return create(context, &gan_##name##_ops, forward_kernel, backward_kernel, tangent_kernel, 0.0f); \
    }                                                                                                     \
    static gan_layer *load_##name(gan_context *context, const json_t *options)                            \
    {                                                                                                     \
        return gan_layer_loaded(gan_layer_##name(context), options);                                      \
    }

DEFINE_KIND(relu, NULL, NULL, NULL)
DEFINE_KIND(tanh, gan_tanh_forward, gan_tanh_backward, gan_tanh_tangent)
DEFINE_KIND(sigmoid, gan_sigmoid_forward, gan_sigmoid_backward, gan_sigmoid_tangent)
DEFINE_KIND(softplus, gan_softplus_forward, gan_softplus_backward, gan_softplus_tangent)

#define KIND_OPS(name, more_flags, tangent_backward_function, save_options)                                      \
    {                                                                                                            \
        .type = #name, .flags = GAN_LAYER_KEEPS_OUTPUT | GAN_LAYER_IN_PLACE | (more_flags), .min_inputs = 1,     \
        .max_inputs = 1, .size = sizeof(activation), .infer = infer, .forward = forward, .backward = backward,   \
        .tangent_forward = tangent_forward, .tangent_backward = tangent_backward_function, .save = save_options, \
        .load = load_##name                                                                                      \
    }
#define LINEAR_OPS(name, save_options) KIND_OPS(name, 0, gan_linear_tangent_backward, save_options)
#define CURVED_OPS(name)               KIND_OPS(name, GAN_LAYER_CURVED, curved_tangent_backward, gan_save_no_options)

const gan_layer_ops gan_leaky_relu_ops = LINEAR_OPS(leaky_relu, save_slope);
const gan_layer_ops gan_relu_ops = LINEAR_OPS(relu, gan_save_no_options);
const gan_layer_ops gan_tanh_ops = CURVED_OPS(tanh);
const gan_layer_ops gan_sigmoid_ops = CURVED_OPS(sigmoid);
const gan_layer_ops gan_softplus_ops = CURVED_OPS(softplus);
