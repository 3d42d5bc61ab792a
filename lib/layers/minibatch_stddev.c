/* Minibatch standard deviation: the input and one more channel, which says how much a group's samples differ. */
#include "layers/shared.h"

typedef struct minibatch_stddev {
    gan_layer layer;
    gan_minibatch_stddev_options options;
} minibatch_stddev;

static const gan_layer_option options[] = {
    {GAN_OPTION(minibatch_stddev, gan_minibatch_stddev_options, group), .kind = GAN_OPTION_INT, .least = 2,
     .most = INT32_MAX, .integer = 4},
};

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    (void)context, (void)count;
    GAN_TRY(gan_check_channels(inputs[0]));
    const int64_t elements = gan_shape_count(inputs[0]);
    /* Each group needs one value of scratch per strip of features, and 2 more: at most 3 per feature. */
    GAN_TRY(gan_check_product("input", (int64_t[]){3, batch, elements}, 3));
    plan->output = inputs[0];
    plan->output.dims[0]++;
    plan->scratch = gan_minibatch_stddev_scratch(batch, elements, ((const minibatch_stddev *)layer)->options.group);
    return gan_shape_check(plan->output, "output");
}

static gan_minibatch_stddev_args arguments(const gan_layer *layer, const gan_pass *pass)
{
    const int64_t channels = pass->input_shapes[0].dims[0];
    return (gan_minibatch_stddev_args){.batch = pass->batch,
                                       .pixels = gan_shape_count(pass->input_shapes[0]) / channels,
                                       .channels = channels,
                                       .group = ((const minibatch_stddev *)layer)->options.group,
                                       .scratch = pass->scratch};
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_minibatch_stddev_args args = arguments(layer, pass);
    gan_minibatch_stddev_forward(pass->context, &args, pass->x[0], pass->y);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_minibatch_stddev_args args = arguments(layer, pass);
    if (pass->dx[0]) gan_minibatch_stddev_backward(pass->context, &args, pass->x[0], pass->dy, pass->dx[0]);
    return GAN_OK;
}

static gan_status tangent_forward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_minibatch_stddev_args args = arguments(layer, pass);
    gan_minibatch_stddev_tangent(pass->context, &args, pass->x[0], pass->tangent_x[0], pass->tangent_y);
    return GAN_OK;
}

static gan_status tangent_backward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_minibatch_stddev_args args = arguments(layer, pass);
    if (pass->tangent_dx[0]) {
        gan_minibatch_stddev_tangent_backward(pass->context, &args, pass->x[0], pass->tangent_x[0], pass->dy,
                                              pass->tangent_dy, pass->tangent_dx[0]);
    }
    return GAN_OK;
}

const gan_layer_ops gan_minibatch_stddev_ops = {.type = "minibatch_stddev",
                                                .flags = GAN_LAYER_KEEPS_INPUT | GAN_LAYER_CURVED |
                                                         GAN_LAYER_MIXES_SAMPLES,
                                                .min_inputs = 1,
                                                .max_inputs = 1,
                                                .size = sizeof(minibatch_stddev),
                                                GAN_OPTION_TABLE(options),
                                                GAN_PLAIN_OPTION_STRUCT(gan_minibatch_stddev_options),
                                                .infer = infer,
                                                .forward = forward,
                                                .backward = backward,
                                                .tangent_forward = tangent_forward,
                                                .tangent_backward = tangent_backward};

gan_layer *gan_layer_minibatch_stddev(gan_context *context, const gan_minibatch_stddev_options *given)
{
    return gan_layer_checked(gan_layer_create(context, &gan_minibatch_stddev_ops, given));
}
