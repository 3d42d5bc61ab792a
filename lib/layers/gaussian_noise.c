/* Gaussian noise: y = x + deviation * n in training, with n ~ N(0, 1); y = x in sampling. Whatever was drawn, the
 * derivative is 1. */
#include "layers/shared.h"

typedef struct gaussian_noise {
    gan_layer layer;
    float deviation;
} gaussian_noise;

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    (void)layer, (void)context, (void)count, (void)batch;
    plan->output = inputs[0];
    return GAN_OK;
}

static void copy(const gan_pass *pass, const gan_real *x, gan_real *y)
{
    gan_copy(pass->context, pass->batch * gan_shape_count(pass->output_shape), x, y);
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    if (pass->training)
        gan_add_normal(pass->context, pass->batch * gan_shape_count(pass->output_shape),
                       ((const gaussian_noise *)layer)->deviation, pass->random, pass->x[0], pass->y);
    else
        copy(pass, pass->x[0], pass->y);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    (void)layer;
    if (pass->dx[0]) copy(pass, pass->dy, pass->dx[0]);
    return GAN_OK;
}

static gan_status tangent_forward(const gan_layer *layer, const gan_pass *pass)
{
    (void)layer;
    copy(pass, pass->tangent_x[0], pass->tangent_y);
    return GAN_OK;
}

static gan_layer *create(gan_context *context, float deviation)
{
    if (gan_check_float("gaussian_noise: deviation", deviation, deviation >= 0, "of at least 0") != GAN_OK)
        return NULL;
    gaussian_noise *self = (gaussian_noise *)gan_layer_allocate(context, &gan_gaussian_noise_ops);
    if (!self) return NULL;
    self->deviation = deviation;
    return &self->layer;
}

static gan_status save(const gan_layer *layer, json_t *options)
{
    return gan_json_set_float(options, "deviation", ((const gaussian_noise *)layer)->deviation);
}

static gan_layer *load(gan_context *context, const json_t *options)
{
    float deviation;
    if (gan_json_get_float(options, "deviation", &deviation) == GAN_OK)
        return gan_layer_loaded(create(context, deviation), options);
    return NULL;
}

const gan_layer_ops gan_gaussian_noise_ops = {.type = "gaussian_noise",
                                              .flags = GAN_LAYER_IN_PLACE,
                                              .min_inputs = 1,
                                              .max_inputs = 1,
                                              .size = sizeof(gaussian_noise),
                                              .infer = infer,
                                              .forward = forward,
                                              .backward = backward,
                                              .tangent_forward = tangent_forward,
                                              .tangent_backward = gan_linear_tangent_backward,
                                              .save = save,
                                              .load = load};

gan_layer *gan_layer_gaussian_noise(gan_context *context, const gan_gaussian_noise_options *options)
{
    gan_gaussian_noise_options given;
    if (gan_options_read(&given, sizeof given, options, "gan_gaussian_noise_options") != GAN_OK ||
        gan_check_reserved("gan_gaussian_noise_options", given.reserved) != GAN_OK)
        return NULL;
    return create(context, gan_option(given.deviation, 0.1f));
}
