/* The logarithm of the sum of exponentials: y = log sum over j of exp(x_j). A pass keeps two values of each sample.
 */
#include "layers/shared.h"

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    (void)layer, (void)context, (void)count;
    if (inputs[0].rank != 1) {
        char text[GAN_SHAPE_TEXT];
        return gan_fail(GAN_ERROR_SHAPE, "input is %s, expected rank 1: add a flatten layer before it",
                        gan_shape_text(inputs[0], text));
    }
    GAN_TRY(gan_check_product("input", (int64_t[]){2, batch, inputs[0].dims[0]}, 3));
    plan->output = GAN_SHAPE(1);
    plan->saved = 2 * batch;
    return GAN_OK;
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    (void)layer;
    gan_log_sum_exp_forward(pass->context, pass->batch, pass->input_shapes[0].dims[0], pass->x[0], pass->y,
                            pass->saved);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    (void)layer;
    if (pass->dx[0]) {
        gan_log_sum_exp_backward(pass->context, pass->batch, pass->input_shapes[0].dims[0], pass->x[0], pass->saved,
                                 pass->dy, pass->dx[0]);
    }
    return GAN_OK;
}

static gan_status tangent_forward(const gan_layer *layer, const gan_pass *pass)
{
    (void)layer;
    gan_log_sum_exp_tangent(pass->context, pass->batch, pass->input_shapes[0].dims[0], pass->x[0], pass->saved,
                            pass->tangent_x[0], pass->tangent_y);
    return GAN_OK;
}

static gan_status tangent_backward(const gan_layer *layer, const gan_pass *pass)
{
    (void)layer;
    if (pass->tangent_dx[0]) {
        gan_log_sum_exp_tangent_backward(pass->context, pass->batch, pass->input_shapes[0].dims[0], pass->x[0],
                                         pass->saved, pass->tangent_x[0], pass->dy, pass->tangent_dy,
                                         pass->tangent_dx[0]);
    }
    return GAN_OK;
}

const gan_layer_ops gan_log_sum_exp_ops = {.type = "log_sum_exp",
                                           .flags = GAN_LAYER_KEEPS_INPUT | GAN_LAYER_CURVED,
                                           .min_inputs = 1,
                                           .max_inputs = 1,
                                           .size = sizeof(gan_layer),
                                           .infer = infer,
                                           .forward = forward,
                                           .backward = backward,
                                           .tangent_forward = tangent_forward,
                                           .tangent_backward = tangent_backward};

gan_layer *gan_layer_log_sum_exp(gan_context *context)
{
    return gan_layer_create(context, &gan_log_sum_exp_ops, NULL);
}
