/* Convolution of images, y = conv(x, w) + b, and transposed convolution, the adjoint of a convolution from y to x,
 * plus b. Both use the kernels of the convolution from the large image to the small one; for a transposed one, input
 * and output swap roles. */
#include "layers/shared.h"

typedef struct conv2d {
    gan_layer layer;
    int64_t filters;
    gan_conv_transpose2d_options options; /* conv2d's too, with output_padding 0 */
} conv2d;

static const char *const paddings[] = {"valid", "same", "explicit"};

/* What both kinds have in common. */
#define OPTIONS(type)                                                                                               \
    {GAN_ARGUMENT(conv2d, filters), GAN_POSITIVE_INTS}, {GAN_OPTION(conv2d, type, kernel), GAN_PAIR, .integer = 3}, \
        {GAN_OPTION(conv2d, type, stride), GAN_PAIR, .integer = 1},                                                 \
        {GAN_OPTION(conv2d, type, padding), GAN_CHOICE(paddings)},                                                  \
        {GAN_OPTION(conv2d, type, pads), .kind = GAN_OPTION_INT, .count = 4,                                        \
         .range = "from 0 to below the dilated kernel; 0 unless the padding is explicit"},                          \
        GAN_WEIGHTS_OPTIONS(conv2d, type),                                                                          \
        {GAN_OPTION(conv2d, type, dilation), GAN_PAIR, .integer = 1, .added = true},                                \
    {                                                                                                               \
        GAN_OPTION(conv2d, type, groups), GAN_POSITIVE_INTS, .integer = 1, .added = true                            \
    }

static const gan_layer_option conv2d_options[] = {OPTIONS(gan_conv2d_options)};
static const gan_layer_option conv_transpose2d_options[] = {
    OPTIONS(gan_conv_transpose2d_options),
    {GAN_OPTION(conv2d, gan_conv_transpose2d_options, output_padding), .kind = GAN_OPTION_INT, .count = 2,
     .range = "from 0 to below the stride; 0 with same padding"},
};

static bool is_transposed(const gan_layer *layer)
{
    return layer->ops == &gan_conv_transpose2d_ops;
}

static gan_status check_pads(const gan_layer *layer)
{
    const gan_conv_transpose2d_options *o = &((const conv2d *)layer)->options;
    const char *type = layer->ops->type;
    for (int i = 0; i < 4; i++) {
        int64_t kernel = gan_window_side(o, i / 2), pad = o->pads[i];
        if (o->padding != GAN_PADDING_EXPLICIT && pad != 0) {
            return gan_fail(GAN_ERROR_ARGUMENT, "%s: pads[%d] is %lld, expected 0 with %s padding", type, i,
                            (long long)pad, paddings[o->padding]);
        }
        if (pad < 0 || pad >= kernel) {
            return gan_fail(GAN_ERROR_ARGUMENT, "%s: pads[%d] is %lld, expected 0 to %lld, below the %skernel", type,
                            i, (long long)pad, (long long)(kernel - 1), o->dilation[i / 2] > 1 ? "dilated " : "");
        }
    }
    return GAN_OK;
}

static gan_status check_dilation(const gan_layer *layer)
{
    const gan_conv_transpose2d_options *o = &((const conv2d *)layer)->options;
    for (int i = 0; i < 2; i++) {
        if (gan_window_side(o, i) <= INT32_MAX) continue;
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: dilation[%d] is %lld, expected at most %lld with kernel[%d] %lld",
                        layer->ops->type, i, (long long)o->dilation[i],
                        (long long)((INT32_MAX - 1) / (o->kernel[i] - 1)), i, (long long)o->kernel[i]);
    }
    return GAN_OK;
}

static gan_status check_groups(const gan_layer *layer)
{
    const conv2d *self = (const conv2d *)layer;
    if (self->filters % self->options.groups == 0) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s: groups is %lld, expected a divisor of filters, %lld", layer->ops->type,
                    (long long)self->options.groups, (long long)self->filters);
}

/* More output padding would reach beyond every window, and SAME sets its own. */
static gan_status check_options(const gan_layer *layer)
{
    const gan_conv_transpose2d_options *o = &((const conv2d *)layer)->options;
    GAN_TRY(check_dilation(layer));
    GAN_TRY(check_groups(layer));
    GAN_TRY(check_pads(layer));
    for (int i = 0; i < 2; i++) {
        int64_t most = o->padding == GAN_PADDING_SAME ? 0 : o->stride[i] - 1;
        if (o->output_padding[i] < 0 || o->output_padding[i] > most) {
            return gan_fail(GAN_ERROR_ARGUMENT, "%s: output_padding[%d] is %lld, expected 0 to %lld: %s",
                            layer->ops->type, i, (long long)o->output_padding[i], (long long)most,
                            o->padding == GAN_PADDING_SAME ? "the padding is same" : "below the stride");
        }
    }
    return GAN_OK;
}

/* ---- The layer ---------------------------------------------------------------------------------------------- */

/* The convolution from the large image to the small one. */
static gan_status find_conv(const gan_layer *layer, gan_shape input, gan_conv *conv)
{
    const conv2d *self = (const conv2d *)layer;
    const gan_conv_transpose2d_options *o = &self->options;
    int64_t output[2], pads[4];
    GAN_TRY((is_transposed(layer) ? gan_window_transpose : gan_window_convolve)(o, input, output, pads));
    const gan_shape other = GAN_SHAPE(self->filters, output[0], output[1]);
    const gan_shape large = is_transposed(layer) ? other : input, small = is_transposed(layer) ? input : other;
    *conv = (gan_conv){.channels = large.dims[0],
                       .height = large.dims[1],
                       .width = large.dims[2],
                       .filters = small.dims[0],
                       .out_height = small.dims[1],
                       .out_width = small.dims[2],
                       .kernel_h = o->kernel[0],
                       .kernel_w = o->kernel[1],
                       .stride_h = o->stride[0],
                       .stride_w = o->stride[1],
                       .pad_top = pads[0],
                       .pad_left = pads[2],
                       .dilation_h = o->dilation[0],
                       .dilation_w = o->dilation[1],
                       .groups = o->groups};
    return GAN_OK;
}

void gan_conv2d_get_padding(const gan_layer *layer, gan_shape input, int64_t pads[4], int64_t output_padding[2])
{
    const gan_conv_transpose2d_options *o = &((const conv2d *)layer)->options;
    int64_t output[2];
    (is_transposed(layer) ? gan_window_transpose : gan_window_convolve)(o, input, output, pads);
    for (int i = 0; i < 2; i++) {
        const int64_t covered = (input.dims[i + 1] - 1) * o->stride[i] + gan_window_side(o, i);
        output_padding[i] = is_transposed(layer) ? output[i] - (covered - pads[2 * i] - pads[2 * i + 1]) : 0;
    }
}

static gan_weights weights_of(const gan_layer *layer)
{
    const conv2d *self = (const conv2d *)layer;
    return (gan_weights){GAN_WEIGHTS_OF(self->options), .units = self->filters,
                         .area = self->options.kernel[0] * self->options.kernel[1], .groups = self->options.groups,
                         .transposed = is_transposed(layer)};
}

static gan_status check_sizes(const gan_conv *conv, int64_t batch)
{
    GAN_TRY(gan_check_extent("pixels of the smaller image", conv->out_height * conv->out_width));
    GAN_TRY(gan_check_extent("values under the kernel", conv->kernel_h * conv->kernel_w * conv->channels));
    /* Both images, and a copy of each window: more than any kernel's scratch. */
    GAN_TRY(gan_check_product("the larger image", (int64_t[]){batch, conv->channels, conv->height, conv->width}, 4));
    GAN_TRY(gan_check_product("the smaller image",
                              (int64_t[]){batch, conv->filters, conv->out_height, conv->out_width}, 4));
    return gan_check_product(
        "all windows",
        (int64_t[]){batch, conv->out_height, conv->out_width, conv->kernel_h, conv->kernel_w, conv->channels}, 6);
}

static gan_status check_channels(const gan_layer *layer, gan_shape input)
{
    const int64_t groups = ((const conv2d *)layer)->options.groups;
    char text[GAN_SHAPE_TEXT];
    if (input.dims[0] % groups == 0) return GAN_OK;
    return gan_fail(GAN_ERROR_SHAPE, "input is %s, whose %lld channels cannot be divided into %lld groups",
                    gan_shape_text(input, text), (long long)input.dims[0], (long long)groups);
}

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    const gan_weights weights = weights_of(layer);
    gan_conv conv;
    (void)count;
    GAN_TRY(gan_check_image(inputs[0]));
    GAN_TRY(check_channels(layer, inputs[0]));
    GAN_TRY(find_conv(layer, inputs[0], &conv));
    plan->output = is_transposed(layer) ? GAN_SHAPE(conv.channels, conv.height, conv.width)
                                        : GAN_SHAPE(conv.filters, conv.out_height, conv.out_width);
    GAN_TRY(gan_shape_check(plan->output, "output"));
    GAN_TRY(gan_weights_plan(
        &weights, GAN_SHAPE(conv.filters, conv.channels / conv.groups, conv.kernel_h, conv.kernel_w), plan));
    GAN_TRY(check_sizes(&conv, batch));
    int64_t rows = batch * plan->output.dims[1] * plan->output.dims[2];
    plan->scratch = gan_larger(gan_conv_scratch(context, &conv, batch), gan_column_sums_scratch(rows, weights.units));
    return gan_weights_plan_memory(&weights, context, plan);
}

static gan_status start(const gan_layer *layer, const gan_pass *pass)
{
    const gan_weights weights = weights_of(layer);
    gan_weights_start(&weights, pass);
    return GAN_OK;
}

static gan_status derive(const gan_layer *layer, const gan_pass *pass)
{
    const gan_weights weights = weights_of(layer);
    gan_weights_derive(&weights, pass);
    return GAN_OK;
}

static gan_status fold(const gan_layer *layer, const gan_pass *pass)
{
    const gan_weights weights = weights_of(layer);
    gan_weights_fold(&weights, pass);
    return GAN_OK;
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_weights weights = weights_of(layer);
    gan_conv conv;
    GAN_TRY(find_conv(layer, pass->input_shapes[0], &conv));
    const gan_weight weight = gan_weight_forward(&weights, pass);
    (is_transposed(layer) ? gan_conv_backward_data : gan_conv_forward)(
        pass->context, &conv, pass->batch, pass->x[0], weight.values, weight.bias, pass->y, weight.scratch);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_weights weights = weights_of(layer);
    const gan_real *large = is_transposed(layer) ? pass->dy : pass->x[0];
    const gan_real *small = is_transposed(layer) ? pass->x[0] : pass->dy;
    gan_conv conv;
    GAN_TRY(find_conv(layer, pass->input_shapes[0], &conv));
    const gan_weight weight = gan_weight_backward(&weights, pass);
    if (weight.gradient) {
        gan_conv_backward_weights(pass->context, &conv, pass->batch, large, small, weight.accumulate, weight.gradient,
                                  weight.scratch);
    }
    gan_weight_finish(&weights, pass, &weight, pass->batch * pass->output_shape.dims[1] * pass->output_shape.dims[2]);
    if (pass->dx[0]) {
        (is_transposed(layer) ? gan_conv_forward : gan_conv_backward_data)(
            pass->context, &conv, pass->batch, pass->dy, weight.values, NULL, pass->dx[0], weight.scratch);
    }
    return GAN_OK;
}

#define KIND(name)                                                                                               \
    {                                                                                                            \
        .type = #name, .flags = GAN_LAYER_KEEPS_INPUT | GAN_LAYER_WRITES_GRADIENTS, .min_inputs = 1,             \
        .max_inputs = 1, .size = sizeof(conv2d), GAN_OPTION_TABLE(name##_options),                               \
        GAN_OPTION_STRUCT(gan_##name##_options), .check_options = check_options, .infer = infer, .start = start, \
        .derive = derive, .fold = fold, .forward = forward, .backward = backward,                                \
        .tangent_forward = gan_linear_tangent_forward, .tangent_backward = gan_weighted_tangent_backward         \
    }
const gan_layer_ops gan_conv2d_ops = KIND(conv2d);
const gan_layer_ops gan_conv_transpose2d_ops = KIND(conv_transpose2d);

static gan_layer *create(gan_context *context, const gan_layer_ops *ops, int64_t filters, const void *given)
{
    conv2d *self = gan_layer_create(context, ops, given);
    if (self) self->filters = filters;
    return gan_layer_checked(self);
}

gan_layer *gan_layer_conv2d(gan_context *context, int64_t filters, const gan_conv2d_options *given)
{
    return create(context, &gan_conv2d_ops, filters, given);
}

gan_layer *gan_layer_conv_transpose2d(gan_context *context, int64_t filters,
                                      const gan_conv_transpose2d_options *given)
{
    return create(context, &gan_conv_transpose2d_ops, filters, given);
}
