/* Flatten and reshape: the same values under another shape, in the order of the border: channel, row, column. If both
 * sides are stored in one order, the output is a view or a copy of the input; else the values are transposed. */
#include "layers/shared.h"

typedef struct reshape {
    gan_layer layer;
    gan_shape shape; /* of reshape; rank 0 in flatten */
} reshape;

static const gan_layer_option options[] = {{GAN_ARGUMENT(reshape, shape), .kind = GAN_OPTION_SHAPE}};

/* A sample is stored as the transpose of (planes, count / planes). Only an image of several channels and several
 * pixels has more than one plane; anything else is stored in the order of the border. */
static int64_t planes(gan_shape shape)
{
    return shape.rank == 3 && shape.dims[1] * shape.dims[2] > 1 ? shape.dims[0] : 1;
}

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    const reshape *self = (const reshape *)layer;
    int64_t elements = gan_shape_count(inputs[0]);
    (void)context, (void)count;
    plan->output = self->shape.rank ? self->shape : GAN_SHAPE(elements);
    if (gan_shape_count(plan->output) != elements) {
        char from[GAN_SHAPE_TEXT], to[GAN_SHAPE_TEXT];
        return gan_fail(GAN_ERROR_SHAPE, "input %s has %lld elements, but shape %s has %lld",
                        gan_shape_text(inputs[0], from), (long long)elements, gan_shape_text(plan->output, to),
                        (long long)gan_shape_count(plan->output));
    }
    int64_t from = planes(inputs[0]), to = planes(plan->output);
    plan->view = from == to;
    if (plan->view || from == 1 || to == 1) return GAN_OK;
    GAN_TRY(gan_check_product("input", (int64_t[]){batch, elements}, 2));
    plan->scratch = batch * elements;
    return GAN_OK;
}

/* From the stored order of `from` to that of `to`. */
static void restore(const gan_pass *pass, gan_shape from, gan_shape to, const gan_real *x, gan_real *y)
{
    int64_t count = gan_shape_count(from), from_planes = planes(from), to_planes = planes(to);
    if (from_planes == to_planes) {
        gan_copy(pass->context, pass->batch * count, x, y);
        return;
    }
    if (from_planes > 1) {
        gan_real *ordered = to_planes > 1 ? pass->scratch : y;
        gan_transpose(pass->context, pass->batch, count / from_planes, from_planes, x, ordered);
        x = ordered;
    }
    if (to_planes > 1) gan_transpose(pass->context, pass->batch, to_planes, count / to_planes, x, y);
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    (void)layer;
    restore(pass, pass->input_shapes[0], pass->output_shape, pass->x[0], pass->y);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    (void)layer;
    if (pass->dx[0]) restore(pass, pass->output_shape, pass->input_shapes[0], pass->dy, pass->dx[0]);
    return GAN_OK;
}

#define KIND(name, ...)                                                                                          \
    {                                                                                                            \
        .type = #name, .flags = GAN_LAYER_RESHAPES, .min_inputs = 1, .max_inputs = 1, .size = sizeof(reshape),   \
        .infer = infer, .forward = forward, .backward = backward, .tangent_forward = gan_linear_tangent_forward, \
        .tangent_backward = gan_linear_tangent_backward, __VA_ARGS__                                             \
    }
const gan_layer_ops gan_flatten_ops = KIND(flatten, .options = NULL);
const gan_layer_ops gan_reshape_ops = KIND(reshape, GAN_OPTION_TABLE(options));

gan_layer *gan_layer_flatten(gan_context *context)
{
    return gan_layer_create(context, &gan_flatten_ops, NULL);
}

gan_layer *gan_layer_reshape(gan_context *context, gan_shape shape)
{
    reshape *self = gan_layer_create(context, &gan_reshape_ops, NULL);
    if (self) self->shape = shape;
    return gan_layer_checked(self);
}
