/* Dropout: y = x * mask / (1 - rate) in training, y = x in sampling unless that is to drop too, each sample by a mask
 * of its own numbers. Masks are not kept: backward draws them again from the same random state. */
#include "layers/shared.h"

typedef struct dropout {
    gan_layer layer;
    gan_dropout_options options;
} dropout;

static const gan_layer_option options[] = {
    {GAN_OPTION(dropout, gan_dropout_options, rate), .kind = GAN_OPTION_FLOAT, .most = 1, .below = true,
     .number = 0.5f},
    {GAN_OPTION(dropout, gan_dropout_options, in_sampling), .kind = GAN_OPTION_BOOL, .added = true},
};

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    (void)context, (void)count, (void)batch;
    plan->output = inputs[0];
    plan->draws_in_sampling = ((const dropout *)layer)->options.in_sampling;
    return GAN_OK;
}

static void drop_samples(const gan_pass *pass, gan_real rate, int64_t count, const gan_real *x, gan_real *y)
{
    gan_random_state random = pass->random;
    for (int64_t i = 0; i < pass->batch; i++, random.counter += UINT64_C(1) << GAN_DRAW_BITS)
        gan_dropout(pass->context, count, rate, random, x + i * count, y + i * count);
}

static void apply(const gan_layer *layer, const gan_pass *pass, const gan_real *x, gan_real *y)
{
    const gan_dropout_options *o = &((const dropout *)layer)->options;
    const int64_t of_sample = gan_shape_count(pass->output_shape), count = pass->batch * of_sample;
    if (pass->training) {
        gan_dropout(pass->context, count, o->rate, pass->random, x, y);
    } else if (o->in_sampling) {
        drop_samples(pass, o->rate, of_sample, x, y);
    } else {
        gan_copy(pass->context, count, x, y);
    }
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

const gan_layer_ops gan_dropout_ops = {.type = "dropout",
                                       .flags = GAN_LAYER_IN_PLACE,
                                       .min_inputs = 1,
                                       .max_inputs = 1,
                                       .size = sizeof(dropout),
                                       GAN_OPTION_TABLE(options),
                                       GAN_OPTION_STRUCT(gan_dropout_options),
                                       .infer = infer,
                                       .forward = forward,
                                       .backward = backward,
                                       .tangent_forward = gan_linear_tangent_forward,
                                       .tangent_backward = gan_linear_tangent_backward};

gan_layer *gan_layer_dropout(gan_context *context, const gan_dropout_options *given)
{
    return gan_layer_checked(gan_layer_create(context, &gan_dropout_ops, given));
}
