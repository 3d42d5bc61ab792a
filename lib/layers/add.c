/* Add: y = x[0] + x[1] + ... */
#include "layers/shared.h"

#include <limits.h>

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    (void)layer, (void)context, (void)batch;
    GAN_TRY(gan_check_equal_shapes(inputs, count));
    plan->output = inputs[0];
    return GAN_OK;
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    (void)layer;
    int64_t count = pass->batch * gan_shape_count(pass->output_shape);
    gan_copy(pass->context, count, pass->x[0], pass->y);
    for (int i = 1; i < pass->inputs; i++) gan_add(pass->context, count, pass->x[i], pass->y);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    (void)layer;
    int64_t count = pass->batch * gan_shape_count(pass->output_shape);
    for (int i = 0; i < pass->inputs; i++)
        if (pass->dx[i]) gan_copy(pass->context, count, pass->dy, pass->dx[i]);
    return GAN_OK;
}

const gan_layer_ops gan_add_ops = {.type = "add",
                                   .flags = GAN_LAYER_IN_PLACE,
                                   .min_inputs = 2,
                                   .max_inputs = INT_MAX,
                                   .size = sizeof(gan_layer),
                                   .infer = infer,
                                   .forward = forward,
                                   .backward = backward,
                                   .tangent_forward = gan_linear_tangent_forward,
                                   .tangent_backward = gan_linear_tangent_backward};

gan_layer *gan_layer_add(gan_context *context)
{
    return gan_layer_create(context, &gan_add_ops, NULL);
}
