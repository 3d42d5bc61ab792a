/* Multiply: y = x[0] x[1], where x[1] has the shape of x[0], or is a value for each channel of an image, or one for
 * the whole sample. */
#include "layers/shared.h"

/* How the kernels see the batch: x[0] as (samples, rows, columns), x[1] as (samples, columns). */
typedef struct layout {
    int64_t samples, rows, columns;
} layout;

static layout layout_of(const gan_pass *pass)
{
    const gan_shape first = pass->input_shapes[0], second = pass->input_shapes[1];
    const int64_t count = gan_shape_count(first), columns = gan_shape_count(second);
    if (gan_shape_equal(first, second)) return (layout){1, 1, pass->batch * count};
    return (layout){pass->batch, count / columns, columns};
}

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    const gan_shape first = inputs[0], second = inputs[1];
    (void)layer, (void)context, (void)count;
    const bool by_channel = first.rank == 3 && gan_shape_equal(second, GAN_SHAPE(first.dims[0]));
    if (!gan_shape_equal(second, first) && !by_channel && !gan_shape_equal(second, GAN_SHAPE(1))) {
        char text[GAN_SHAPE_TEXT], other[GAN_SHAPE_TEXT];
        return gan_fail(GAN_ERROR_SHAPE, "input 1 is %s, expected the shape of input 0, %s, or %s",
                        gan_shape_text(second, other), gan_shape_text(first, text),
                        first.rank == 3 ? "(channels), or (1)" : "(1)");
    }
    GAN_TRY(gan_check_product("input 0", (int64_t[]){batch, gan_shape_count(first)}, 2));
    plan->output = first;
    return GAN_OK;
}

/* y = a b, or added to y */
static void multiply(const gan_pass *pass, const gan_real *a, const gan_real *b, bool accumulate, gan_real *y)
{
    const layout by = layout_of(pass);
    gan_multiply_rows(pass->context, by.samples, by.rows, by.columns, a, b, accumulate, y);
}

/* The same for x[1]: summed over all that one of its values multiplies. */
static void multiply_sum(const gan_pass *pass, const gan_real *a, const gan_real *b, bool accumulate, gan_real *y)
{
    const layout by = layout_of(pass);
    gan_sum_products(pass->context, by.samples, by.rows, by.columns, a, b, accumulate, y);
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    (void)layer;
    multiply(pass, pass->x[0], pass->x[1], false, pass->y);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    (void)layer;
    if (pass->dx[0]) multiply(pass, pass->dy, pass->x[1], false, pass->dx[0]);
    if (pass->dx[1]) multiply_sum(pass, pass->dy, pass->x[0], false, pass->dx[1]);
    return GAN_OK;
}

static gan_status tangent_forward(const gan_layer *layer, const gan_pass *pass)
{
    (void)layer;
    multiply(pass, pass->tangent_x[0], pass->x[1], false, pass->tangent_y);
    multiply(pass, pass->x[0], pass->tangent_x[1], true, pass->tangent_y);
    return GAN_OK;
}

/* R{dx[0]} = R{dy} x[1] + dy R{x[1]}, and likewise the other */
static gan_status tangent_backward(const gan_layer *layer, const gan_pass *pass)
{
    (void)layer;
    for (int i = 0; i < 2; i++) {
        void (*const product)(const gan_pass *, const gan_real *, const gan_real *, bool, gan_real *) =
            i == 0 ? multiply : multiply_sum;
        if (!pass->tangent_dx[i]) continue;
        if (pass->tangent_dy) product(pass, pass->tangent_dy, pass->x[1 - i], false, pass->tangent_dx[i]);
        if (pass->dy) product(pass, pass->dy, pass->tangent_x[1 - i], pass->tangent_dy, pass->tangent_dx[i]);
    }
    return GAN_OK;
}

const gan_layer_ops gan_multiply_ops = {.type = "multiply",
                                        .flags = GAN_LAYER_KEEPS_INPUT | GAN_LAYER_CURVED,
                                        .min_inputs = 2,
                                        .max_inputs = 2,
                                        .size = sizeof(gan_layer),
                                        .infer = infer,
                                        .forward = forward,
                                        .backward = backward,
                                        .tangent_forward = tangent_forward,
                                        .tangent_backward = tangent_backward};

gan_layer *gan_layer_multiply(gan_context *context)
{
    return gan_layer_create(context, &gan_multiply_ops, NULL);
}
