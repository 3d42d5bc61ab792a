/* Batch normalisation: y = weight * (x - mean) / sqrt(variance + epsilon) + bias, for each channel over the batch
 * and, in images, the pixels. A pass keeps mean and 1 / sqrt(variance + epsilon) for backward. The conditional kind
 * has a weight and bias for each class, whose number is its second input. */
#include "layers/shared.h"

typedef struct batch_norm {
    gan_layer layer;
    int64_t classes;                /* of conditional_batch_norm; else 0 */
    gan_batch_norm_options options; /* conditional_batch_norm has the first ones, and is always affine */
} batch_norm;

/* What the kinds have in common. */
#define OPTIONS(type)                                                                                            \
    {GAN_OPTION(batch_norm, type, momentum), .kind = GAN_OPTION_FLOAT, .over = true, .most = 1, .number = 0.1f}, \
    {                                                                                                            \
        GAN_OPTION(batch_norm, type, epsilon), GAN_NUMBER_OVER_0, .number = 1e-5f                                \
    }

static const gan_layer_option batch_norm_options[] = {
    OPTIONS(gan_batch_norm_options),
    {GAN_OPTION(batch_norm, gan_batch_norm_options, no_affine), .kind = GAN_OPTION_BOOL},
};
static const gan_layer_option conditional_batch_norm_options[] = {
    GAN_CLASSES(batch_norm),
    OPTIONS(gan_conditional_batch_norm_options),
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
    const batch_norm *self = (const batch_norm *)layer;
    (void)context, (void)count;
    GAN_TRY(gan_check_channels(inputs[0]));
    if (self->classes > 0) GAN_TRY(gan_check_class_shape("input 1", inputs[1]));
    int64_t channels = inputs[0].dims[0], elements = gan_shape_count(inputs[0]);
    const double momentum = (double)self->options.momentum;
    plan->output = inputs[0];
    for (int i = self->options.no_affine ? RUNNING_MEAN : WEIGHT; i < TENSORS; i++) {
        const bool is_running = tensors[i].kind == GAN_TENSOR_BUFFER;
        plan->tensors[plan->tensor_count++] = (gan_tensor_plan){.name = tensors[i].name,
                                                                .kind = tensors[i].kind,
                                                                .shape = GAN_SHAPE(channels),
                                                                .initializer = GAN_CONSTANT(tensors[i].start),
                                                                .fan_in = channels,
                                                                .fan_out = channels,
                                                                .momentum = is_running ? momentum : 0,
                                                                .not_negative = i == RUNNING_VARIANCE};
        if (self->classes > 0 && i < RUNNING_MEAN)
            plan->tensors[plan->tensor_count - 1].shape = GAN_SHAPE(self->classes, channels);
    }
    GAN_TRY(gan_check_product("input", (int64_t[]){4, batch, elements}, 3));
    plan->saved = 2 * channels;
    plan->scratch = self->classes > 0 ? gan_class_norm_scratch(batch, elements / channels, channels)
                                      : gan_batch_norm_scratch(batch * (elements / channels), channels);
    plan->exchanged = self->classes > 0 ? 0 : 2 * channels;
    plan->undivided = self->classes > 0;
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

static gan_class_norm_args class_arguments(const gan_layer *layer, const gan_pass *pass)
{
    const int64_t channels = pass->input_shapes[0].dims[0];
    return (gan_class_norm_args){.norm = arguments(layer, pass),
                                 .batch = pass->batch,
                                 .pixels = gan_shape_count(pass->input_shapes[0]) / channels,
                                 .numbers = pass->x[1]};
}

/* There must be two values to normalise. */
static int64_t least_batch(gan_shape input)
{
    return gan_shape_count(input) > input.dims[0] ? 1 : 2;
}

static gan_status check(const gan_layer *layer, const gan_pass *pass)
{
    const batch_norm *self = (const batch_norm *)layer;
    if (self->classes > 0) GAN_TRY(gan_check_class_numbers(pass, 1, self->classes));
    const gan_shards *shards = pass->shards;
    const int64_t batch =
        shards ? pass->batch / shards->count * (shards->own_batch_norm ? 1 : shards->total) : pass->batch;
    if (!pass->training || batch >= least_batch(pass->input_shapes[0])) return GAN_OK;
    return gan_fail(GAN_ERROR_BATCH_OF_ONE, "a %s of %lld has 1 value per channel, expected at least 2",
                    shards && shards->own_batch_norm ? "shard" : "training batch", (long long)batch);
}

/* ---- A batch that is divided -------------------------------------------------------------------------------- */

/* Where the values of shard `index` here begin, of which args->rows says how many there are. */
static int64_t at_shard(const gan_batch_norm_args *args, int64_t index)
{
    return index * args->rows * args->channels;
}

/* By the statistics of each shard, which are kept one after the other: what shards have in common are the running
 * ones. */
static gan_batch_norm_args of_own(const gan_batch_norm_args *args, int64_t index)
{
    gan_batch_norm_args own = *args;
    own.mean += index * 2 * args->channels;
    own.inverse += index * 2 * args->channels;
    return own;
}

static gan_status forward_own(const gan_pass *pass, const gan_batch_norm_args *args, const double *mine, double *all)
{
    const gan_shards *shards = pass->shards;
    const int64_t numbers = 2 * args->channels;
    for (int64_t i = 0; i < shards->count; i++) {
        const gan_batch_norm_args own = of_own(args, i);
        gan_batch_norm_take(&own, mine + i * numbers);
        gan_batch_norm_apply(pass->context, &own, pass->x[0] + at_shard(args, i), pass->y + at_shard(args, i));
    }
    GAN_TRY(gan_shards_gather(shards, mine, all, (size_t)numbers * sizeof(*mine)));
    gan_batch_norm_follow(args, shards->total, all);
    return GAN_OK;
}

static gan_status forward_divided(const gan_pass *pass, gan_batch_norm_args args)
{
    const gan_shards *shards = pass->shards;
    const int64_t numbers = 2 * args.channels;
    double *mine = pass->exchange, *all = mine + shards->count * numbers;
    args.rows /= shards->count;
    for (int64_t i = 0; i < shards->count; i++) {
        gan_batch_norm_moments(pass->context, &args, pass->x[0] + at_shard(&args, i), mine + i * numbers);
    }
    if (shards->own_batch_norm) return forward_own(pass, &args, mine, all);
    GAN_TRY(gan_shards_gather(shards, mine, all, (size_t)numbers * sizeof(*mine)));
    gan_batch_norm_join(&args, shards->total, all);
    for (int64_t i = 0; i < shards->count; i++) {
        gan_batch_norm_apply(pass->context, &args, pass->x[0] + at_shard(&args, i), pass->y + at_shard(&args, i));
    }
    return GAN_OK;
}

static gan_real *of_shard(const gan_pass *pass, gan_real *gradient, int64_t index)
{
    return gradient ? gradient + index * pass->gradient_stride : NULL;
}

static gan_status backward_divided(const gan_pass *pass, gan_batch_norm_args args, gan_real *dscale, gan_real *dshift)
{
    const gan_shards *shards = pass->shards;
    const int64_t numbers = 2 * args.channels;
    double *mine = pass->exchange, *all = mine + shards->count * numbers;
    args.rows /= shards->count;
    for (int64_t i = 0; i < shards->count; i++) {
        const int64_t at = at_shard(&args, i);
        gan_batch_norm_dots(pass->context, &args, pass->x[0] + at, pass->dy + at, of_shard(pass, dscale, i),
                            of_shard(pass, dshift, i), mine + i * numbers);
    }
    GAN_TRY(gan_shards_gather(shards, mine, all, (size_t)numbers * sizeof(*mine)));
    for (int64_t i = 0; pass->dx[0] && i < shards->count; i++) {
        const int64_t at = at_shard(&args, i);
        gan_batch_norm_combine(pass->context, &args, shards->total, all, pass->x[0] + at, pass->dy + at,
                               pass->dx[0] + at);
    }
    return GAN_OK;
}

/* With fixed statistics, or each by its own, shards have nothing to do with each other. */
static gan_status sample_apart(const gan_pass *pass, gan_batch_norm_args args)
{
    const int64_t count = pass->shards ? pass->shards->count : 1;
    args.rows /= count;
    for (int64_t i = 0; i < count; i++) {
        gan_batch_norm_sample(pass->context, &args, pass->x[0] + at_shard(&args, i), pass->y + at_shard(&args, i));
    }
    return GAN_OK;
}

static gan_status backward_apart(const gan_pass *pass, gan_batch_norm_args args, gan_real *dscale, gan_real *dshift)
{
    const int64_t count = pass->shards ? pass->shards->count : 1;
    args.rows /= count;
    for (int64_t i = 0; i < count; i++) {
        const int64_t at = at_shard(&args, i);
        const gan_batch_norm_args own = of_own(&args, pass->training ? i : 0);
        gan_batch_norm_backward(pass->context, &own, pass->training, pass->x[0] + at, pass->dy + at,
                                of_shard(pass, dscale, i), of_shard(pass, dshift, i),
                                pass->dx[0] ? pass->dx[0] + at : NULL);
    }
    return GAN_OK;
}

/* ---- Passes ------------------------------------------------------------------------------------------------- */

static gan_status forward(const gan_layer *layer, const gan_pass *pass)
{
    gan_batch_norm_args args = arguments(layer, pass);
    if (!pass->training) return sample_apart(pass, args);
    if (pass->shards) return forward_divided(pass, args);
    gan_batch_norm_train(pass->context, &args, pass->x[0], pass->y);
    return GAN_OK;
}

static gan_status backward(const gan_layer *layer, const gan_pass *pass)
{
    gan_batch_norm_args args = arguments(layer, pass);
    const bool no_affine = ((const batch_norm *)layer)->options.no_affine;
    gan_real *dscale = no_affine ? NULL : pass->gradients[WEIGHT], *dshift = no_affine ? NULL : pass->gradients[BIAS];
    if (pass->shards && pass->training && !pass->shards->own_batch_norm)
        return backward_divided(pass, args, dscale, dshift);
    return backward_apart(pass, args, dscale, dshift);
}

static gan_status conditional_forward(const gan_layer *layer, const gan_pass *pass)
{
    GAN_TRY(gan_check_class_numbers(pass, 1, ((const batch_norm *)layer)->classes));
    const gan_class_norm_args args = class_arguments(layer, pass);
    gan_class_norm_forward(pass->context, &args, pass->training, pass->x[0], pass->y);
    return GAN_OK;
}

static gan_status conditional_backward(const gan_layer *layer, const gan_pass *pass)
{
    const gan_class_norm_args args = class_arguments(layer, pass);
    gan_class_norm_backward(pass->context, &args, pass->training, pass->x[0], pass->dy, pass->gradients[WEIGHT],
                            pass->gradients[BIAS], pass->dx[0]);
    if (pass->dx[1]) gan_fill(pass->context, pass->batch, 0, pass->dx[1]);
    return GAN_OK;
}

#define KIND(name, inputs, ...)                                                                             \
    {                                                                                                       \
        .type = #name, .flags = GAN_LAYER_KEEPS_INPUT | GAN_LAYER_IN_PLACE | GAN_LAYER_MIXES_SAMPLES,       \
        .min_inputs = (inputs), .max_inputs = (inputs), .size = sizeof(batch_norm),                         \
        GAN_OPTION_TABLE(name##_options), .infer = infer, .check = check, .least_batch = least_batch,       \
        .no_tangent = "its statistics make the gradient of each sample depend on all samples of the batch", \
        __VA_ARGS__                                                                                         \
    }
const gan_layer_ops gan_batch_norm_ops =
    KIND(batch_norm, 1, GAN_OPTION_STRUCT(gan_batch_norm_options), .forward = forward, .backward = backward);
const gan_layer_ops gan_conditional_batch_norm_ops =
    KIND(conditional_batch_norm, 2, .class_inputs = 2, GAN_PLAIN_OPTION_STRUCT(gan_conditional_batch_norm_options),
         .forward = conditional_forward, .backward = conditional_backward);

gan_layer *gan_layer_batch_norm(gan_context *context, const gan_batch_norm_options *given)
{
    return gan_layer_checked(gan_layer_create(context, &gan_batch_norm_ops, given));
}

gan_layer *gan_layer_conditional_batch_norm(gan_context *context, int64_t classes,
                                            const gan_conditional_batch_norm_options *given)
{
    batch_norm *self = gan_layer_create(context, &gan_conditional_batch_norm_ops, given);
    if (self) self->classes = classes;
    return gan_layer_checked(self);
}
