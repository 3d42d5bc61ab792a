/* Embedding of class labels: y = row number x of the weight. x cannot change continuously, so its gradient is 0, and
 * so is the tangent of y. */
#include "layers/shared.h"

typedef struct embedding {
    gan_layer layer;
    int64_t classes, units;
    gan_embedding_options options;
} embedding;

static const gan_layer_option options[] = {
    GAN_CLASSES(embedding),
    {GAN_ARGUMENT(embedding, units), GAN_POSITIVE_INTS},
    {GAN_OPTION(embedding, gan_embedding_options, weight_initializer), .kind = GAN_OPTION_INITIALIZER,
     .initializer = GAN_NORMAL(1.0f)},
};

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    const embedding *self = (const embedding *)layer;
    (void)context, (void)count, (void)batch;
    GAN_TRY(gan_check_class_shape("input", inputs[0]));
    plan->output = GAN_SHAPE(self->units);
    plan->tensor_count = 1;
    plan->tensors[0] = (gan_tensor_plan){.name = "weight",
                                         .kind = GAN_TENSOR_PARAMETER,
                                         .shape = GAN_SHAPE(self->classes, self->units),
                                         .initializer = self->options.weight_initializer,
                                         .fan_in = self->units,
                                         .fan_out = self->classes};
    return GAN_OK;
}

static gan_status check(const gan_layer *layer, const gan_pass *pass)
{
    return gan_check_class_numbers(pass, 0, ((const embedding *)layer)->classes);
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    const embedding *self = (const embedding *)layer;
    GAN_TRY(gan_check_class_numbers(pass, 0, self->classes));
    gan_copy_classes(pass->context, pass->batch, self->units, pass->x[0], pass->tensors[0], pass->y);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    const embedding *self = (const embedding *)layer;
    if (pass->gradients[0])
        gan_add_classes(pass->context, pass->batch, self->units, pass->x[0], pass->dy, pass->gradients[0]);
    if (pass->dx[0]) gan_fill(pass->context, pass->batch, 0, pass->dx[0]);
    return GAN_OK;
}

static gan_status tangent_forward(const gan_layer *layer, const gan_pass *pass)
{
    gan_fill(pass->context, pass->batch * ((const embedding *)layer)->units, 0, pass->tangent_y);
    return GAN_OK;
}

const gan_layer_ops gan_embedding_ops = {.type = "embedding",
                                         .flags = GAN_LAYER_KEEPS_INPUT,
                                         .min_inputs = 1,
                                         .max_inputs = 1,
                                         .class_inputs = 1,
                                         .size = sizeof(embedding),
                                         GAN_OPTION_TABLE(options),
                                         GAN_PLAIN_OPTION_STRUCT(gan_embedding_options),
                                         .infer = infer,
                                         .check = check,
                                         .forward = forward,
                                         .backward = backward,
                                         .tangent_forward = tangent_forward,
                                         .tangent_backward = gan_linear_tangent_backward};

gan_layer *gan_layer_embedding(gan_context *context, int64_t classes, int64_t units,
                               const gan_embedding_options *given)
{
    embedding *self = gan_layer_create(context, &gan_embedding_ops, given);
    if (self) {
        self->classes = classes;
        self->units = units;
    }
    return gan_layer_checked(self);
}
