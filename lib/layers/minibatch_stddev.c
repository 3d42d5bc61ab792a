/* Minibatch standard deviation: the input with one more channel, which says how much the samples of a group differ.
 */
#include "layers/shared.h"

typedef struct minibatch_stddev {
    gan_layer layer;
    int64_t group;
} minibatch_stddev;

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    (void)context, (void)count;
    GAN_TRY(gan_check_channels(inputs[0]));
    const int64_t elements = gan_shape_count(inputs[0]);
    /* Each group has as many values of scratch as it has strips of features, and 2: at most 3 a feature. */
    GAN_TRY(gan_check_product("input", (int64_t[]){3, batch, elements}, 3));
    plan->output = inputs[0];
    plan->output.dims[0]++;
    plan->scratch = gan_minibatch_stddev_scratch(batch, elements, ((const minibatch_stddev *)layer)->group);
    return gan_shape_check(plan->output, "output");
}

static gan_minibatch_stddev_args arguments(const gan_layer *layer, const gan_pass *pass)
{
    const int64_t channels = pass->input_shapes[0].dims[0];
    return (gan_minibatch_stddev_args){.batch = pass->batch,
                                       .pixels = gan_shape_count(pass->input_shapes[0]) / channels,
                                       .channels = channels,
                                       .group = ((const minibatch_stddev *)layer)->group,
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
    if (pass->tangent_dx[0])
        gan_minibatch_stddev_tangent_backward(pass->context, &args, pass->x[0], pass->tangent_x[0], pass->dy,
                                              pass->tangent_dy, pass->tangent_dx[0]);
    return GAN_OK;
}

static gan_layer *create(gan_context *context, int64_t group)
{
    if (gan_check_int("minibatch_stddev: group", group, 2) != GAN_OK) return NULL;
    minibatch_stddev *self = (minibatch_stddev *)gan_layer_allocate(context, &gan_minibatch_stddev_ops);
    if (!self) return NULL;
    self->group = group;
    return &self->layer;
}

static gan_status save(const gan_layer *layer, json_t *options)
{
    return gan_json_set_int(options, "group", ((const minibatch_stddev *)layer)->group);
}

static gan_layer *load(gan_context *context, const json_t *options)
{
    int64_t group;
    if (gan_json_get_int(options, "group", &group) != GAN_OK) return NULL;
    return gan_layer_loaded(create(context, group), options);
}

const gan_layer_ops gan_minibatch_stddev_ops = {.type = "minibatch_stddev",
                                                .flags = GAN_LAYER_KEEPS_INPUT | GAN_LAYER_CURVED |
                                                         GAN_LAYER_MIXES_SAMPLES,
                                                .min_inputs = 1,
                                                .max_inputs = 1,
                                                .size = sizeof(minibatch_stddev),
                                                .infer = infer,
                                                .forward = forward,
                                                .backward = backward,
                                                .tangent_forward = tangent_forward,
                                                .tangent_backward = tangent_backward,
                                                .save = save,
                                                .load = load};

gan_layer *gan_layer_minibatch_stddev(gan_context *context, const gan_minibatch_stddev_options *options)
{
    gan_minibatch_stddev_options given;
    if (gan_options_read(&given, sizeof given, options, "gan_minibatch_stddev_options") != GAN_OK) return NULL;
    return create(context, given.group == 0 ? 4 : given.group);
}
