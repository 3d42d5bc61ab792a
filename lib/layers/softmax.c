/* Softmax over the channels of each pixel, or a whole vector: y_j = exp(x_j) / sum over k of exp(x_k). Its
 * derivatives are functions of y, so that it works in place. */
#include "layers/shared.h"

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    (void)layer, (void)context, (void)count;
    GAN_TRY(gan_check_channels(inputs[0]));
    GAN_TRY(gan_check_product("input", (int64_t[]){batch, gan_shape_count(inputs[0])}, 2));
    plan->output = inputs[0];
    return GAN_OK;
}

static int64_t columns_of(const gan_pass *pass)
{
    return pass->output_shape.dims[0];
}

static int64_t rows_of(const gan_pass *pass)
{
    return pass->batch * (gan_shape_count(pass->output_shape) / columns_of(pass));
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    (void)layer;
    gan_softmax(pass->context, rows_of(pass), columns_of(pass), 1, pass->x[0], pass->y);
    return GAN_OK;
}

/* The matrix of derivatives is symmetric: a tangent passes forward as a gradient passes back. */
static void derive(const gan_pass *pass, const gan_real *from, gan_real *to)
{
    gan_softmax_derivative(pass->context, rows_of(pass), columns_of(pass), 1, pass->y, from, to);
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    (void)layer;
    if (pass->dx[0]) derive(pass, pass->dy, pass->dx[0]);
    return GAN_OK;
}

static gan_status tangent_forward(const gan_layer *layer, const gan_pass *pass)
{
    (void)layer;
    derive(pass, pass->tangent_x[0], pass->tangent_y);
    return GAN_OK;
}

static gan_status tangent_backward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_real *tangent_dy = pass->tangent_dy;
    gan_real *tangent_dx = pass->tangent_dx[0];
    if (!pass->dy) return gan_linear_tangent_backward(layer, pass);
    if (!tangent_dx) return GAN_OK;
    if (!tangent_dy) {
        gan_fill(pass->context, rows_of(pass) * columns_of(pass), 0, tangent_dx);
        tangent_dy = tangent_dx;
    }
    gan_softmax_derivative_tangent(pass->context, rows_of(pass), columns_of(pass), 1, pass->y, pass->tangent_y,
                                   pass->dy, tangent_dy, tangent_dx);
    return GAN_OK;
}

const gan_layer_ops gan_softmax_ops = {.type = "softmax",
                                       .flags = GAN_LAYER_KEEPS_OUTPUT | GAN_LAYER_IN_PLACE | GAN_LAYER_CURVED,
                                       .min_inputs = 1,
                                       .max_inputs = 1,
                                       .size = sizeof(gan_layer),
                                       .infer = infer,
                                       .forward = forward,
                                       .backward = backward,
                                       .tangent_forward = tangent_forward,
                                       .tangent_backward = tangent_backward};

gan_layer *gan_layer_softmax(gan_context *context)
{
    return gan_layer_create(context, &gan_softmax_ops, NULL);
}
