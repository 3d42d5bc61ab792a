/* Max pooling. A pass keeps which position of each window was the largest: gradients and tangents go through it. */
#include "layers/shared.h"

typedef struct max_pool2d {
    gan_layer layer;
    gan_max_pool2d_options options;
} max_pool2d;

/* A float holds every position up to here. */
#define MOST_POSITIONS (INT64_C(1) << 24)

static const gan_layer_option options[] = {
    {GAN_OPTION(max_pool2d, gan_max_pool2d_options, kernel), GAN_PAIR, .integer = 2},
    {GAN_OPTION(max_pool2d, gan_max_pool2d_options, stride), GAN_PAIR, .like = "kernel"},
    {GAN_OPTION(max_pool2d, gan_max_pool2d_options, pads), .kind = GAN_OPTION_INT, .count = 2,
     .range = "from 0 to half the kernel"},
};

static gan_status check_options(const gan_layer *layer)
{
    const gan_max_pool2d_options *o = &((const max_pool2d *)layer)->options;
    for (int i = 0; i < 2; i++) {
        if (o->pads[i] >= 0 && o->pads[i] <= o->kernel[i] / 2) continue;
        return gan_fail(GAN_ERROR_ARGUMENT, "max_pool2d: pads[%d] is %lld, expected 0 to %lld, half the kernel", i,
                        (long long)o->pads[i], (long long)(o->kernel[i] / 2));
    }
    if (o->kernel[0] <= MOST_POSITIONS / o->kernel[1]) return GAN_OK;
    return gan_fail(GAN_ERROR_OVERFLOW, "max_pool2d: kernel is %lld x %lld, expected at most 2^24 values",
                    (long long)o->kernel[0], (long long)o->kernel[1]);
}

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    const gan_max_pool2d_options *o = &((const max_pool2d *)layer)->options;
    int64_t padded[2];
    (void)context, (void)count;
    GAN_TRY(gan_check_image(inputs[0]));
    for (int i = 0; i < 2; i++) padded[i] = inputs[0].dims[i + 1] + 2 * o->pads[i];
    GAN_TRY(gan_check_window(inputs[0], padded, o->kernel, false));
    plan->output = inputs[0];
    for (int i = 0; i < 2; i++) plan->output.dims[i + 1] = gan_slide(padded[i], o->kernel[i], o->stride[i]);
    GAN_TRY(gan_check_extent("the height of the output", plan->output.dims[1]));
    GAN_TRY(gan_check_extent("the width of the output", plan->output.dims[2]));
    GAN_TRY(gan_shape_check(plan->output, "output"));
    GAN_TRY(gan_check_product("output", (int64_t[]){batch, gan_shape_count(plan->output)}, 2));
    plan->saved = batch * gan_shape_count(plan->output);
    return GAN_OK;
}

static gan_pool_side side_of(const gan_layer *layer, const gan_pass *pass, int i)
{
    const gan_max_pool2d_options *o = &((const max_pool2d *)layer)->options;
    return (gan_pool_side){pass->input_shapes[0].dims[i + 1], pass->output_shape.dims[i + 1], o->kernel[i],
                           o->stride[i], o->pads[i]};
}

static gan_max_pooling pooling(const gan_layer *layer, const gan_pass *pass)
{
    return (gan_max_pooling){pass->output_shape.dims[0], side_of(layer, pass, 0), side_of(layer, pass, 1)};
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_max_pooling by = pooling(layer, pass);
    gan_max_pool(pass->context, &by, pass->batch, pass->x[0], pass->y, pass->saved);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_max_pooling by = pooling(layer, pass);
    if (pass->dx[0]) gan_max_pool_spread(pass->context, &by, pass->batch, pass->saved, pass->dy, pass->dx[0]);
    return GAN_OK;
}

static gan_status tangent_forward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_max_pooling by = pooling(layer, pass);
    gan_max_pool_pick(pass->context, &by, pass->batch, pass->saved, pass->tangent_x[0], pass->tangent_y);
    return GAN_OK;
}

const gan_layer_ops gan_max_pool2d_ops = {.type = "max_pool2d",
                                          .min_inputs = 1,
                                          .max_inputs = 1,
                                          .size = sizeof(max_pool2d),
                                          GAN_OPTION_TABLE(options),
                                          GAN_PLAIN_OPTION_STRUCT(gan_max_pool2d_options),
                                          .check_options = check_options,
                                          .infer = infer,
                                          .forward = forward,
                                          .backward = backward,
                                          .tangent_forward = tangent_forward,
                                          .tangent_backward = gan_linear_tangent_backward};

gan_layer *gan_layer_max_pool2d(gan_context *context, const gan_max_pool2d_options *given)
{
    return gan_layer_checked(gan_layer_create(context, &gan_max_pool2d_ops, given));
}
