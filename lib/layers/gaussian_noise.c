/* Gaussian noise: y = x + deviation * n in training, with n ~ N(0, 1); y = x in sampling. The derivative is 1
 * whatever was drawn. */
#include "layers/shared.h"

typedef struct gaussian_noise {
    gan_layer layer;
    gan_gaussian_noise_options options;
} gaussian_noise;

static const gan_layer_option options[] = {
    {GAN_OPTION(gaussian_noise, gan_gaussian_noise_options, deviation), GAN_NUMBER_AT_LEAST_0, .number = 0.1f},
};

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
    if (pass->training) {
        gan_add_normal(pass->context, pass->batch * gan_shape_count(pass->output_shape),
                       ((const gaussian_noise *)layer)->options.deviation, pass->random, pass->x[0], pass->y);
    } else {
        copy(pass, pass->x[0], pass->y);
    }
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

const gan_layer_ops gan_gaussian_noise_ops = {.type = "gaussian_noise",
                                              .flags = GAN_LAYER_IN_PLACE,
                                              .min_inputs = 1,
                                              .max_inputs = 1,
                                              .size = sizeof(gaussian_noise),
                                              GAN_OPTION_TABLE(options),
                                              GAN_OPTION_STRUCT(gan_gaussian_noise_options),
                                              .infer = infer,
                                              .forward = forward,
                                              .backward = backward,
                                              .tangent_forward = tangent_forward,
                                              .tangent_backward = gan_linear_tangent_backward};

gan_layer *gan_layer_gaussian_noise(gan_context *context, const gan_gaussian_noise_options *given)
{
    return gan_layer_checked(gan_layer_create(context, &gan_gaussian_noise_ops, given));
}
