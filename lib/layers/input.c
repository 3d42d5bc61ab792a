/* Input: where samples enter a model. The session fills it. */
#include "layers/shared.h"

typedef struct input {
    gan_layer layer;
    gan_shape shape;
} input;

static const gan_layer_option options[] = {{GAN_ARGUMENT(input, shape), .kind = GAN_OPTION_SHAPE}};

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    (void)context, (void)inputs, (void)count, (void)batch;
    plan->output = ((const input *)layer)->shape;
    return GAN_OK;
}

const gan_layer_ops gan_input_ops = {
    .type = "input", .size = sizeof(input), GAN_OPTION_TABLE(options), .infer = infer};

gan_layer *gan_layer_input(gan_context *context, gan_shape shape)
{
    input *self = gan_layer_create(context, &gan_input_ops, NULL);
    if (self) self->shape = shape;
    return gan_layer_checked(self);
}
