/* Input: where samples enter a model. The session fills it. */
#include "layers/shared.h"

typedef struct input {
    gan_layer layer;
    gan_shape shape;
} input;

gan_shape gan_input_shape(const gan_layer *layer)
{
    return ((const input *)layer)->shape;
}

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    (void)context, (void)inputs, (void)count, (void)batch;
    plan->output = gan_input_shape(layer);
    return GAN_OK;
}

static gan_status save(const gan_layer *layer, json_t *options)
{
    gan_shape shape = gan_input_shape(layer);
    return gan_json_set_ints(options, "shape", shape.dims, shape.rank);
}

static gan_layer *load(gan_context *context, const json_t *options)
{
    gan_shape shape = {0};
    if (gan_json_get_ints(options, "shape", shape.dims, GAN_MAX_RANK, &shape.rank) != GAN_OK) return NULL;
    return gan_layer_loaded(gan_layer_input(context, shape), options);
}

const gan_layer_ops gan_input_ops = {
    .type = "input", .size = sizeof(input), .infer = infer, .save = save, .load = load};

gan_layer *gan_layer_input(gan_context *context, gan_shape shape)
{
    if (gan_shape_check(shape, "input: shape") != GAN_OK) return NULL;
    input *self = (input *)gan_layer_allocate(context, &gan_input_ops);
    if (!self) return NULL;
    self->shape = shape;
    return &self->layer;
}
