/* Inner product: y = <x[0], x[1]>, the sum of products over all elements of a sample. It is linear in each input, so
 * that its second derivatives pair one input with the other. */
#include "layers/shared.h"

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    (void)layer, (void)context, (void)batch;
    GAN_TRY(gan_check_equal_shapes(inputs, count));
    plan->output = GAN_SHAPE(1);
    return GAN_OK;
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    (void)layer;
    gan_fill(pass->context, pass->batch, 0, pass->y);
    gan_add_row_dots(pass->context, pass->batch, gan_shape_count(pass->input_shapes[0]), pass->x[0], pass->x[1],
                     pass->y);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    const int64_t count = gan_shape_count(pass->input_shapes[0]);
    (void)layer;
    for (int i = 0; i < 2; i++)
        if (pass->dx[i]) gan_scale_rows(pass->context, pass->batch, count, pass->dy, pass->x[1 - i], pass->dx[i]);
    return GAN_OK;
}

/* R{y} = <x[0], R{x[1]}> + <x[1], R{x[0]}> */
static gan_status tangent_forward(const gan_layer *layer, const gan_pass *pass)
{
    const int64_t count = gan_shape_count(pass->input_shapes[0]);
    (void)layer;
    gan_fill(pass->context, pass->batch, 0, pass->tangent_y);
    for (int i = 0; i < 2; i++) {
        gan_add_row_dots(pass->context, pass->batch, count, pass->x[i], pass->tangent_x[1 - i], pass->tangent_y);
    }
    return GAN_OK;
}

/* R{dx[i]} = R{dy} x[1 - i] + dy R{x[1 - i]} */
static gan_status tangent_backward(const gan_layer *layer, const gan_pass *pass)
{
    gan_context *context = pass->context;
    const int64_t count = gan_shape_count(pass->input_shapes[0]);
    (void)layer;
    for (int i = 0; i < 2; i++) {
        const gan_real *x = pass->x[1 - i], *tangent_x = pass->tangent_x[1 - i];
        gan_real *tangent_dx = pass->tangent_dx[i];
        if (!tangent_dx) continue;
        if (!pass->tangent_dy) {
            gan_scale_rows(context, pass->batch, count, pass->dy, tangent_x, tangent_dx);
            continue;
        }
        gan_scale_rows(context, pass->batch, count, pass->tangent_dy, x, tangent_dx);
        if (pass->dy) gan_add_scaled_rows(context, pass->batch, count, pass->dy, tangent_x, tangent_dx);
    }
    return GAN_OK;
}

const gan_layer_ops gan_inner_product_ops = {.type = "inner_product",
                                             .flags = GAN_LAYER_KEEPS_INPUT | GAN_LAYER_CURVED,
                                             .min_inputs = 2,
                                             .max_inputs = 2,
                                             .size = sizeof(gan_layer),
                                             .infer = infer,
                                             .forward = forward,
                                             .backward = backward,
                                             .tangent_forward = tangent_forward,
                                             .tangent_backward = tangent_backward};

gan_layer *gan_layer_inner_product(gan_context *context)
{
    return gan_layer_create(context, &gan_inner_product_ops, NULL);
}
