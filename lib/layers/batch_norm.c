/* Batch normalisation: y = weight * (x - mean) / sqrt(variance + epsilon) + bias, for each channel over the batch
 * and, in images, the pixels. A pass keeps mean and 1 / sqrt(variance + epsilon) for backward. */
#include "layers/shared.h"

typedef struct batch_norm {
    gan_layer layer;
    gan_batch_norm_options options;
} batch_norm;

static const gan_layer_option options[] = {
    {GAN_OPTION(batch_norm, gan_batch_norm_options, momentum), .kind = GAN_OPTION_FLOAT, .over = true, .most = 1,
     .number = 0.1f},
    {GAN_OPTION(batch_norm, gan_batch_norm_options, epsilon), GAN_NUMBER_OVER_0, .number = 1e-5f},
    {GAN_OPTION(batch_norm, gan_batch_norm_options, no_affine), .kind = GAN_OPTION_BOOL},
};

/* The tensors in the order of the plan; without scale and shift, the running statistics come first. */
enum { WEIGHT, BIAS, RUNNING_MEAN, RUNNING_VARIANCE, TENSORS };

static gan_status infer(const gan_layer *layer, gan_context *context, const gan_shape *inputs, int count,
                        int64_t batch, gan_layer_plan *plan)
{
    static const struct {
        const char *name;
        gan_tensor_kind kind;
        float start;
    } tensors[TENSORS] = {{"weight", GAN_TENSOR_PARAMETER, 1.0f},
                          {"bias", GAN_TENSOR_PARAMETER, 0.0f},
                          {"running_mean", GAN_TENSOR_BUFFER, 0.0f},
                          {"running_var", GAN_TENSOR_BUFFER, 1.0f}};
    (void)context, (void)count;
    GAN_TRY(gan_check_channels(inputs[0]));
    int64_t channels = inputs[0].dims[0], elements = gan_shape_count(inputs[0]);
    plan->output = inputs[0];
    for (int i = ((const batch_norm *)layer)->options.no_affine ? RUNNING_MEAN : WEIGHT; i < TENSORS; i++) {
        plan->tensors[plan->tensor_count++] = (gan_tensor_plan){.name = tensors[i].name,
                                                                .kind = tensors[i].kind,
                                                                .shape = GAN_SHAPE(channels),
                                                                .initializer = GAN_CONSTANT(tensors[i].start),
                                                                .fan_in = channels,
                                                                .fan_out = channels};
    }
    GAN_TRY(gan_check_product("input", (int64_t[]){2, batch, elements}, 3));
    plan->saved = 2 * channels;
    plan->scratch = gan_batch_norm_scratch(batch * (elements / channels), channels);
    return GAN_OK;
}

static gan_batch_norm_args arguments(const gan_layer *layer, const gan_pass *pass)
{
    const gan_batch_norm_options *o = &((const batch_norm *)layer)->options;
    gan_real *const *running = o->no_affine ? pass->tensors : pass->tensors + RUNNING_MEAN;
    int64_t channels = pass->input_shapes[0].dims[0];
    return (gan_batch_norm_args){.rows = pass->batch * (gan_shape_count(pass->input_shapes[0]) / channels),
                                 .channels = channels,
                                 .epsilon = o->epsilon,
                                 .momentum = o->momentum,
                                 .scale = o->no_affine ? NULL : pass->tensors[WEIGHT],
                                 .shift = o->no_affine ? NULL : pass->tensors[BIAS],
                                 .running_mean = running[0],
                                 .running_variance = running[1],
                                 .mean = pass->saved,
                                 .inverse = pass->saved + channels,
                                 .scratch = pass->scratch};
}

static gan_status check(const gan_layer *layer, const gan_pass *pass)
{
    if (!pass->training || arguments(layer, pass).rows > 1) return GAN_OK;
    return gan_fail(GAN_ERROR_BATCH_OF_ONE, "a training batch of %lld has 1 value per channel, expected at least 2",
                    (long long)pass->batch);
}

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    gan_batch_norm_args args = arguments(layer, pass);
    if (!pass->training) {
        gan_batch_norm_sample(pass->context, &args, pass->x[0], pass->y);
        return GAN_OK;
    }
    gan_batch_norm_train(pass->context, &args, pass->x[0], pass->y);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    gan_batch_norm_args args = arguments(layer, pass);
    bool no_affine = ((const batch_norm *)layer)->options.no_affine;
    gan_batch_norm_backward(pass->context, &args, pass->training, pass->x[0], pass->dy,
                            no_affine ? NULL : pass->gradients[WEIGHT], no_affine ? NULL : pass->gradients[BIAS],
                            pass->dx[0]);
    return GAN_OK;
}

const gan_layer_ops gan_batch_norm_ops = {.type = "batch_norm",
                                          .flags = GAN_LAYER_KEEPS_INPUT | GAN_LAYER_MIXES_SAMPLES,
                                          .min_inputs = 1,
                                          .max_inputs = 1,
                                          .size = sizeof(batch_norm),
                                          GAN_OPTION_TABLE(options),
                                          GAN_OPTION_STRUCT(gan_batch_norm_options),
                                          .infer = infer,
                                          .check = check,
                                          .forward = forward,
                                          .backward = backward,
                                          .no_tangent = "its statistics make the gradient of each sample "
                                                        "depend on all samples of the batch"};

gan_layer *gan_layer_batch_norm(gan_context *context, const gan_batch_norm_options *given)
{
    return gan_layer_checked(gan_layer_create(context, &gan_batch_norm_ops, given));
}
