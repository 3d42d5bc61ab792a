/* Upsampling of images by whole factors, which repeats pixels or interpolates between them, and average pooling, the
 * mean over a window that stays within the image. The adjoint of each is of the other's kind. */
#include "layers/shared.h"

/* ---- The kinds ---------------------------------------------------------------------------------------------- */

typedef struct upsample2d {
    gan_layer layer;
    gan_upsample2d_options options;
} upsample2d;

typedef struct avg_pool2d {
    gan_layer layer;
    gan_avg_pool2d_options options;
} avg_pool2d;

static const char *const interpolations[] = {"nearest", "bilinear"};

static const gan_layer_option upsample2d_options[] = {
    {GAN_OPTION(upsample2d, gan_upsample2d_options, factor), GAN_PAIR, .integer = 2},
    {GAN_OPTION(upsample2d, gan_upsample2d_options, interpolation), GAN_CHOICE(interpolations)},
};

static const gan_layer_option avg_pool2d_options[] = {
    {GAN_OPTION(avg_pool2d, gan_avg_pool2d_options, kernel), GAN_PAIR, .integer = 2},
    {GAN_OPTION(avg_pool2d, gan_avg_pool2d_options, stride), GAN_PAIR, .like = "kernel"},
};

/* Rows, then columns; resampling() fills in the sizes of the images. */
static gan_resample_side upsample_side(const gan_layer *layer, int i)
{
    const gan_upsample2d_options *o = &((const upsample2d *)layer)->options;
    return (gan_resample_side){.window = o->factor[i],
                               .stride = o->factor[i],
                               .interpolated = o->interpolation == GAN_INTERPOLATION_BILINEAR,
                               .weight = 1};
}

static gan_resample_side pool_side(const gan_layer *layer, int i)
{
    const gan_avg_pool2d_options *o = &((const avg_pool2d *)layer)->options;
    return (gan_resample_side){.window = o->kernel[i], .stride = o->stride[i], .weight = 1 / (gan_real)o->kernel[i]};
}

typedef struct variant {
    bool enlarges;
    gan_resample_side (*side)(const gan_layer *layer, int i);
} variant;

/* ---- The layer ---------------------------------------------------------------------------------------------- */

static gan_status infer_upsample2d(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                                   int64_t batch, gan_layer_plan *plan)
{
    (void)context, (void)count, (void)batch;
    GAN_TRY(gan_check_image(inputs[0]));
    plan->output = inputs[0];
    for (int i = 0; i < 2; i++) plan->output.dims[i + 1] *= ((const upsample2d *)layer)->options.factor[i];
    GAN_TRY(gan_check_extent("the height of the output", plan->output.dims[1]));
    GAN_TRY(gan_check_extent("the width of the output", plan->output.dims[2]));
    return gan_shape_check(plan->output, "output");
}

static gan_status infer_avg_pool2d(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                                   int64_t batch, gan_layer_plan *plan)
{
    const gan_avg_pool2d_options *o = &((const avg_pool2d *)layer)->options;
    (void)context, (void)count, (void)batch;
    GAN_TRY(gan_check_image(inputs[0]));
    GAN_TRY(gan_check_window(inputs[0], inputs[0].dims + 1, o->kernel, false));
    plan->output = inputs[0];
    for (int i = 0; i < 2; i++)
        plan->output.dims[i + 1] = gan_slide(inputs[0].dims[i + 1], o->kernel[i], o->stride[i]);
    return GAN_OK;
}

static gan_resample_side side_of(const gan_layer *layer, const gan_pass *pass, int along)
{
    const variant *kind = layer->ops->variant;
    const int64_t *input = pass->input_shapes[0].dims, *output = pass->output_shape.dims;
    gan_resample_side side = kind->side(layer, along);
    side.small = (kind->enlarges ? input : output)[along + 1];
    side.large = (kind->enlarges ? output : input)[along + 1];
    return side;
}

static gan_resampling resampling(const gan_layer *layer, const gan_pass *pass)
{
    return (gan_resampling){.channels = pass->input_shapes[0].dims[0],
                            .rows = side_of(layer, pass, 0),
                            .columns = side_of(layer, pass, 1)};
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    const variant *kind = layer->ops->variant;
    const gan_resampling by = resampling(layer, pass);
    (kind->enlarges ? gan_enlarge : gan_reduce)(pass->context, &by, pass->batch, pass->x[0], pass->y);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    const variant *kind = layer->ops->variant;
    const gan_resampling by = resampling(layer, pass);
    if (pass->dx[0])
        (kind->enlarges ? gan_reduce : gan_enlarge)(pass->context, &by, pass->batch, pass->dy, pass->dx[0]);
    return GAN_OK;
}

#define KIND(name, kind_variant, options_struct)                                                           \
    {                                                                                                      \
        .type = #name, .min_inputs = 1, .max_inputs = 1, .size = sizeof(name), .variant = &(kind_variant), \
        GAN_OPTION_TABLE(name##_options), options_struct, .infer = infer_##name, .forward = forward,       \
        .backward = backward, .tangent_forward = gan_linear_tangent_forward,                               \
        .tangent_backward = gan_linear_tangent_backward                                                    \
    }

static const variant upsampling = {.enlarges = true, .side = upsample_side};
static const variant pooling = {.enlarges = false, .side = pool_side};
const gan_layer_ops gan_upsample2d_ops = KIND(upsample2d, upsampling, GAN_OPTION_STRUCT(gan_upsample2d_options));
const gan_layer_ops gan_avg_pool2d_ops = KIND(avg_pool2d, pooling, GAN_PLAIN_OPTION_STRUCT(gan_avg_pool2d_options));

gan_layer *gan_layer_upsample2d(gan_context *context, const gan_upsample2d_options *given)
{
    return gan_layer_checked(gan_layer_create(context, &gan_upsample2d_ops, given));
}

gan_layer *gan_layer_avg_pool2d(gan_context *context, const gan_avg_pool2d_options *given)
{
    return gan_layer_checked(gan_layer_create(context, &gan_avg_pool2d_ops, given));
}
