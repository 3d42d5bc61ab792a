/* Dropout: y = x * mask / (1 - rate) in training, y = x in sampling. The mask is not kept: backward makes it again
 * from the same random state. */
#include "layers/shared.h"

typedef struct dropout {
    gan_layer layer;
    float rate;
} dropout;

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    (void)layer, (void)context, (void)count, (void)batch;
    plan->output = inputs[0];
    return GAN_OK;
}

static void apply(const gan_layer *layer, const gan_pass *pass, const gan_real *x, gan_real *y)
{
    int64_t count = pass->batch * gan_shape_count(pass->output_shape);
    if (pass->training)
        gan_dropout(pass->context, count, ((const dropout *)layer)->rate, pass->random, x, y);
    else
        gan_copy(pass->context, count, x, y);
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    apply(layer, pass, pass->x[0], pass->y);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    if (pass->dx[0]) apply(layer, pass, pass->dy, pass->dx[0]);
    return GAN_OK;
}

static gan_layer *create(gan_context *context, float rate)
{
    if (gan_check_float("dropout: rate", rate, rate >= 0 && rate < 1, "in [0, 1)") != GAN_OK) return NULL;
    dropout *self = (dropout *)gan_layer_allocate(context, &gan_dropout_ops);
    if (!self) return NULL;
    self->rate = rate;
    return &self->layer;
}

static gan_status save(const gan_layer *layer, json_t *options)
{
    return gan_json_set_float(options, "rate", ((const dropout *)layer)->rate);
}

static gan_layer *load(gan_context *context, const json_t *options)
{
    float rate;
    if (gan_json_get_float(options, "rate", &rate) == GAN_OK) return gan_layer_loaded(create(context, rate), options);
    return NULL;
}

const gan_layer_ops gan_dropout_ops = {.type = "dropout",
                                       .flags = GAN_LAYER_IN_PLACE,
                                       .min_inputs = 1,
                                       .max_inputs = 1,
                                       .size = sizeof(dropout),
                                       .infer = infer,
                                       .forward = forward,
                                       .backward = backward,
                                       .tangent_forward = gan_linear_tangent_forward,
                                       .tangent_backward = gan_linear_tangent_backward,
                                       .save = save,
                                       .load = load};

gan_layer *gan_layer_dropout(gan_context *context, const gan_dropout_options *options)
{
    gan_dropout_options given;
    if (gan_options_read(&given, sizeof given, options, "gan_dropout_options") != GAN_OK ||
        gan_check_reserved("gan_dropout_options", given.reserved) != GAN_OK)
        return NULL;
    return create(context, gan_option(given.rate, 0.5f));
}
