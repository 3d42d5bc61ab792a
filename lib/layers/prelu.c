/* PReLU: y = x for x > 0, else w x, with a learned slope w. x is kept, since y has its sign only while w > 0. */
#include "layers/shared.h"

typedef struct prelu {
    gan_layer layer;
    gan_prelu_options options;
} prelu;

static const gan_layer_option options[] = {
    {GAN_OPTION(prelu, gan_prelu_options, weight_initializer), .kind = GAN_OPTION_INITIALIZER,
     .initializer = GAN_CONSTANT(0.25f)},
    {GAN_OPTION(prelu, gan_prelu_options, per_channel), .kind = GAN_OPTION_BOOL},
};

/* x as (rows, columns), with `columns` slopes. */
typedef struct layout {
    int64_t rows, columns;
} layout;

static layout layout_of(const gan_layer *layer, gan_shape shape, int64_t batch)
{
    const int64_t columns = ((const prelu *)layer)->options.per_channel ? shape.dims[0] : 1;
    return (layout){batch * (gan_shape_count(shape) / columns), columns};
}

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    const prelu *self = (const prelu *)layer;
    (void)context, (void)count;
    if (self->options.per_channel) GAN_TRY(gan_check_channels(inputs[0]));
    const layout by = layout_of(layer, inputs[0], 1);
    /* A product of each value, and at most as many sums of columns. */
    GAN_TRY(gan_check_product("input", (int64_t[]){2, batch, by.rows, by.columns}, 4));
    plan->output = inputs[0];
    plan->tensor_count = 1;
    plan->tensors[0] = (gan_tensor_plan){.name = "weight",
                                         .kind = GAN_TENSOR_PARAMETER,
                                         .shape = GAN_SHAPE(by.columns),
                                         .initializer = self->options.weight_initializer,
                                         .fan_in = by.columns,
                                         .fan_out = by.columns};
    plan->scratch = batch * by.rows * by.columns + gan_column_sums_scratch(batch * by.rows, by.columns);
    return GAN_OK;
}

/* to = from for x > 0, else w from */
static void bend(const gan_layer *layer, const gan_pass *pass, const gan_real *from, gan_real *to)
{
    const layout by = layout_of(layer, pass->output_shape, pass->batch);
    gan_prelu(pass->context, by.rows, by.columns, by.columns, pass->tensors[0], pass->x[0], from, to);
}

/* dw += the sum of a b where x <= 0, if wanted. */
static void add_gradient(const gan_layer *layer, const gan_pass *pass, const gan_real *a, const gan_real *b)
{
    const layout by = layout_of(layer, pass->output_shape, pass->batch);
    const int64_t count = by.rows * by.columns;
    if (!pass->gradients[0]) return;
    gan_prelu_products(pass->context, count, pass->x[0], a, b, pass->scratch);
    gan_column_sums(pass->context, by.rows, by.columns, pass->scratch, pass->gradients[0], pass->scratch + count);
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    bend(layer, pass, pass->x[0], pass->y);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    add_gradient(layer, pass, pass->x[0], pass->dy);
    if (pass->dx[0]) bend(layer, pass, pass->dy, pass->dx[0]);
    return GAN_OK;
}

static gan_status tangent_forward(const gan_layer *layer, const gan_pass *pass)
{
    bend(layer, pass, pass->tangent_x[0], pass->tangent_y);
    return GAN_OK;
}

/* R{dw} = the sum of x R{dy} + R{x} dy where x <= 0 */
static gan_status tangent_backward(const gan_layer *layer, const gan_pass *pass)
{
    if (pass->dy) add_gradient(layer, pass, pass->tangent_x[0], pass->dy);
    return gan_linear_tangent_backward(layer, pass);
}

const gan_layer_ops gan_prelu_ops = {.type = "prelu",
                                     .flags = GAN_LAYER_KEEPS_INPUT,
                                     .min_inputs = 1,
                                     .max_inputs = 1,
                                     .size = sizeof(prelu),
                                     GAN_OPTION_TABLE(options),
                                     GAN_OPTION_STRUCT(gan_prelu_options),
                                     .infer = infer,
                                     .forward = forward,
                                     .backward = backward,
                                     .tangent_forward = tangent_forward,
                                     .tangent_backward = tangent_backward};

gan_layer *gan_layer_prelu(gan_context *context, const gan_prelu_options *given)
{
    return gan_layer_checked(gan_layer_create(context, &gan_prelu_ops, given));
}
