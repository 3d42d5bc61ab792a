/* One-hot vectors of class numbers: y[j] = 1 if j = x, else 0. x cannot change continuously, so its gradient is 0,
 * and so is the tangent of y. */
#include "layers/shared.h"

typedef struct one_hot {
    gan_layer layer;
    int64_t classes;
} one_hot;

static const gan_layer_option options[] = {GAN_CLASSES(one_hot)};

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    (void)context, (void)count, (void)batch;
    GAN_TRY(gan_check_class_shape("input", inputs[0]));
    plan->output = GAN_SHAPE(((const one_hot *)layer)->classes);
    return GAN_OK;
}

static gan_status check(const gan_layer *layer, const gan_pass *pass)
{
    return gan_check_class_numbers(pass, 0, ((const one_hot *)layer)->classes);
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    const one_hot *self = (const one_hot *)layer;
    GAN_TRY(gan_check_class_numbers(pass, 0, self->classes));
    gan_one_hot(pass->context, pass->batch, self->classes, pass->x[0], pass->y);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    (void)layer;
    if (pass->dx[0]) gan_fill(pass->context, pass->batch, 0, pass->dx[0]);
    return GAN_OK;
}

static gan_status tangent_forward(const gan_layer *layer, const gan_pass *pass)
{
    gan_fill(pass->context, pass->batch * ((const one_hot *)layer)->classes, 0, pass->tangent_y);
    return GAN_OK;
}

const gan_layer_ops gan_one_hot_ops = {.type = "one_hot",
                                       .min_inputs = 1,
                                       .max_inputs = 1,
                                       .class_inputs = 1,
                                       .size = sizeof(one_hot),
                                       GAN_OPTION_TABLE(options),
                                       .infer = infer,
                                       .check = check,
                                       .forward = forward,
                                       .backward = backward,
                                       .tangent_forward = tangent_forward,
                                       .tangent_backward = gan_linear_tangent_backward};

gan_layer *gan_layer_one_hot(gan_context *context, int64_t classes)
{
    one_hot *self = gan_layer_create(context, &gan_one_hot_ops, NULL);
    if (self) self->classes = classes;
    return gan_layer_checked(self);
}
