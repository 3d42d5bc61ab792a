/* A sample of a Gaussian code: y = m + exp(v / 2) n, n ~ N(0, 1), of means m and logarithms of variances v; y = m in
 * sampling. A pass keeps d = exp(v / 2) n / 2, the derivative of y by v, which is 0 in sampling. */
#include "layers/shared.h"

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    (void)layer, (void)context;
    GAN_TRY(gan_check_equal_shapes(inputs, count));
    GAN_TRY(gan_check_product("input 0", (int64_t[]){batch, gan_shape_count(inputs[0])}, 2));
    plan->output = inputs[0];
    plan->saved = batch * gan_shape_count(inputs[0]);
    return GAN_OK;
}

static int64_t count_of(const gan_pass *pass)
{
    return pass->batch * gan_shape_count(pass->output_shape);
}

/* y = a b, or added to y */
static void multiply(const gan_pass *pass, const gan_real *a, const gan_real *b, bool accumulate, gan_real *y)
{
    gan_multiply_rows(pass->context, 1, 1, count_of(pass), a, b, accumulate, y);
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    (void)layer;
    if (pass->training) {
        gan_sample_gaussian(pass->context, count_of(pass), pass->random, pass->x[0], pass->x[1], pass->y,
                            pass->saved);
    } else {
        gan_copy(pass->context, count_of(pass), pass->x[0], pass->y);
        gan_fill(pass->context, count_of(pass), 0, pass->saved);
    }
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    (void)layer;
    if (pass->dx[0]) gan_copy(pass->context, count_of(pass), pass->dy, pass->dx[0]);
    if (pass->dx[1]) multiply(pass, pass->dy, pass->saved, false, pass->dx[1]);
    return GAN_OK;
}

/* R{y} = R{m} + d R{v} */
static gan_status tangent_forward(const gan_layer *layer, const gan_pass *pass)
{
    (void)layer;
    gan_copy(pass->context, count_of(pass), pass->tangent_x[0], pass->tangent_y);
    multiply(pass, pass->saved, pass->tangent_x[1], true, pass->tangent_y);
    return GAN_OK;
}

/* R{dm} = R{dy};  R{dv} = d R{dy} + (d / 2) R{v} dy */
static gan_status tangent_backward(const gan_layer *layer, const gan_pass *pass)
{
    const int64_t count = count_of(pass);
    gan_real *const *dx = pass->tangent_dx;
    (void)layer;
    if (dx[0] && pass->tangent_dy) gan_copy(pass->context, count, pass->tangent_dy, dx[0]);
    if (dx[0] && !pass->tangent_dy) gan_fill(pass->context, count, 0, dx[0]);
    if (!dx[1]) return GAN_OK;
    if (pass->dy) {
        multiply(pass, pass->saved, pass->tangent_x[1], false, dx[1]);
        multiply(pass, dx[1], pass->dy, false, dx[1]);
        gan_scale(pass->context, count, (gan_real)0.5, dx[1], dx[1]);
    }
    if (pass->tangent_dy) multiply(pass, pass->saved, pass->tangent_dy, pass->dy, dx[1]);
    return GAN_OK;
}

const gan_layer_ops gan_gaussian_sample_ops = {.type = "gaussian_sample",
                                               .flags = GAN_LAYER_KEEPS_INPUT | GAN_LAYER_CURVED,
                                               .min_inputs = 2,
                                               .max_inputs = 2,
                                               .size = sizeof(gan_layer),
                                               .infer = infer,
                                               .forward = forward,
                                               .backward = backward,
                                               .tangent_forward = tangent_forward,
                                               .tangent_backward = tangent_backward};

gan_layer *gan_layer_gaussian_sample(gan_context *context)
{
    return gan_layer_create(context, &gan_gaussian_sample_ops, NULL);
}
