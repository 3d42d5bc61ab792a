/* Normalisations. */
#include "onnx/operators/operators.h"

/* A vector of equal values. */
static gan_status filled(gan_import *import, int64_t count, float value, gan_import_tensor **out)
{
    GAN_TRY(gan_import_tensor_create(import->memory, "", true, 1, &count, out));
    for (int64_t i = 0; i < count; i++) (*out)->floats[i] = value;
    return GAN_OK;
}

/* Input k as a vector of `count` values; `otherwise` in each place if the node has no such input. */
static gan_status read_vector(gan_import *import, const gan_import_node *node, int64_t k, int64_t count,
                              float otherwise, gan_import_tensor **out)
{
    const float *values = NULL;

    GAN_TRY(gan_import_spend(import, count));
    if (!gan_import_has(node, k)) return filled(import, count, otherwise, out);
    GAN_TRY(gan_import_floats(import, node, k, out, &values));
    if ((*out)->count == count) return GAN_OK;
    return gan_fail(GAN_ERROR_UNSUPPORTED, "its input '%.64s' has %lld values, expected %lld", (*out)->name,
                    (long long)(*out)->count, (long long)count);
}

/* Whether a scale or a bias does nothing, and is none of a module's tensors: exporters write those that were trained
 * by their names, such as "1.weight", and make one up where there was none. */
static bool is_made_up(gan_import *import, gan_import_tensor *tensor, float value, const char *ending)
{
    const size_t length = strlen(tensor->name), tail = strlen(ending);
    const float *values = NULL;

    if (length >= tail && strcmp(tensor->name + length - tail, ending) == 0) return false;
    if (gan_import_tensor_floats(import->memory, tensor, &values) != GAN_OK) return false;
    for (int64_t i = 0; i < tensor->count; i++) {
        if (values[i] != value) return false;
    }
    return true;
}

static bool is_plain(gan_import *import, gan_import_tensor *scale, gan_import_tensor *bias)
{
    return is_made_up(import, scale, 1.0f, ".weight") && is_made_up(import, bias, 0.0f, ".bias");
}

static gan_status check_variance(gan_import *import, gan_import_tensor *variance)
{
    const float *values = NULL;

    GAN_TRY(gan_import_tensor_floats(import->memory, variance, &values));
    for (int64_t i = 0; i < variance->count; i++) {
        if (values[i] >= 0.0f) continue;
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its variance '%.64s' has %g, expected at least 0", variance->name,
                        (double)values[i]);
    }
    return GAN_OK;
}

static int64_t channels_of(const gan_import_value *x)
{
    return x->shape.rank > 0 ? x->shape.dims[0] : 1;
}

gan_status gan_import_batch_norm(gan_import *import, const gan_import_node *node)
{
    static const char *const names[] = {"weight", "bias", "running_mean", "running_var"};
    const gan_import_value *x = NULL;
    gan_import_tensor *tensors[4];

    GAN_TRY(gan_import_operand(node, 0, &x));
    GAN_TRY(gan_import_want_integer(node, "training_mode", 0, 0));
    for (int k = 0; k < 4; k++) GAN_TRY(read_vector(import, node, k + 1, channels_of(x), 0.0f, &tensors[k]));
    GAN_TRY(check_variance(import, tensors[3]));
    const bool is_bare = is_plain(import, tensors[0], tensors[1]);
    /* ONNX's momentum is the weight of the old value. */
    const float momentum = 1.0f - gan_import_number(node, "momentum", 0.9f);
    gan_layer *layer = gan_layer_batch_norm(
        import->context, GAN_BATCH_NORM(.momentum = momentum > 0.0f && momentum <= 1.0f ? momentum : 0.1f,
                                        .epsilon = gan_import_epsilon(node), .no_affine = is_bare));
    gan_import_value source = *x;
    const gan_shape shape = x->shape;
    if (shape.rank == 2) {
        const gan_status status = gan_import_row_image(import, node, x, &source);
        if (status != GAN_OK) {
            gan_layer_destroy(layer);
            return status;
        }
    }
    GAN_TRY(gan_import_emit_one(import, node, layer, &source));
    for (int k = is_bare ? 2 : 0; k < 4; k++) gan_import_add_weight(import, names[k], tensors[k]);
    if (shape.rank != 2) return GAN_OK;
    const gan_import_value image = *node->out[0];
    return gan_import_reshape(import, node, &image, shape, node->out[0]);
}

static void add_scale_and_bias(gan_import *import, gan_import_tensor *scale, gan_import_tensor *bias)
{
    gan_import_add_weight(import, "weight", scale);
    gan_import_add_weight(import, "bias", bias);
}

static bool is_filled(gan_import *import, const gan_import_node *node, int64_t k, int64_t count, float value)
{
    gan_import_tensor *tensor = NULL;
    const float *values = NULL;

    if (!gan_import_is_constant(node, k) || gan_import_floats(import, node, k, &tensor, &values) != GAN_OK)
        return false;
    if (tensor->count != count) return false;
    for (int64_t i = 0; i < tensor->count; i++) {
        if (values[i] != value) return false;
    }
    return true;
}

/* Whether rows (groups, values) are a view of an image or of features, as exporters write group normalisation: each
 * row is normalised, and they are put together again. *image becomes what they are a view of. */
static bool are_groups(gan_import *import, const gan_import_node *node, gan_import_value *image)
{
    const int64_t groups = image->shape.dims[0];

    if (!is_filled(import, node, 1, groups, 1.0f) || !is_filled(import, node, 2, groups, 0.0f)) return false;
    while (import->steps[image->step].layer->ops->flags & GAN_LAYER_RESHAPES)
        image->step = import->steps[image->step].inputs[0];
    image->shape = import->steps[image->step].output;
    return image->shape.rank == 3 || image->shape.rank == 1;
}

static gan_status grouped(gan_import *import, const gan_import_node *node, const gan_import_value *rows,
                          gan_import_value image, float epsilon)
{
    const int64_t groups = rows->shape.dims[0];
    const gan_shape shape = rows->shape;
    gan_import_value normal = {.name = rows->name};

    GAN_TRY(gan_import_emit(
        import, node,
        gan_layer_group_norm(import->context, groups, GAN_GROUP_NORM(.epsilon = epsilon, .no_affine = true)), 1,
        (const gan_import_value *[]){&image}, &normal));
    import->steps[import->step_count - 1].epsilon = epsilon;
    import->steps[import->step_count - 1].groups = groups;
    return gan_import_reshape(import, node, &normal, shape, node->out[0]);
}

gan_status gan_import_instance_norm(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;
    gan_import_tensor *scale = NULL, *bias = NULL;
    const float epsilon = gan_import_epsilon(node);

    GAN_TRY(gan_import_operand(node, 0, &x));
    gan_import_value source = *x;
    const gan_shape shape = x->shape;
    if (shape.rank == 2) {
        if (are_groups(import, node, &source)) return grouped(import, node, x, source, epsilon);
        GAN_TRY(gan_import_row_image(import, node, x, &source));
    } else {
        GAN_TRY(gan_import_image(node, 0, &x));
    }
    GAN_TRY(read_vector(import, node, 1, channels_of(x), 1.0f, &scale));
    GAN_TRY(read_vector(import, node, 2, channels_of(x), 0.0f, &bias));
    const bool is_bare = is_plain(import, scale, bias);
    gan_layer *layer =
        gan_layer_instance_norm(import->context, GAN_INSTANCE_NORM(.epsilon = epsilon, .no_affine = is_bare));
    GAN_TRY(gan_import_emit_one(import, node, layer, &source));
    if (!is_bare) add_scale_and_bias(import, scale, bias);
    if (shape.rank != 2) return GAN_OK;
    const gan_import_value image = *node->out[0];
    return gan_import_reshape(import, node, &image, shape, node->out[0]);
}

gan_status gan_import_layer_norm(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;
    gan_import_tensor *scale = NULL, *bias = NULL;
    int axis = 0;

    GAN_TRY(gan_import_operand(node, 0, &x));
    GAN_TRY(gan_import_axis(gan_import_integer(node, "axis", -1), x->shape.rank, &axis));
    if (axis != 0) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its attribute 'axis' leaves out dimensions of the sample; only "
                                               "normalisation over the whole of it is supported");
    }
    const int64_t count = gan_shape_count(x->shape);
    GAN_TRY(read_vector(import, node, 1, count, 1.0f, &scale));
    GAN_TRY(read_vector(import, node, 2, count, 0.0f, &bias));
    const bool is_bare = is_plain(import, scale, bias);
    gan_layer *layer = gan_layer_layer_norm(
        import->context, GAN_LAYER_NORM(.epsilon = gan_import_epsilon(node), .no_affine = is_bare));
    GAN_TRY(gan_import_emit_one(import, node, layer, x));
    if (!is_bare) add_scale_and_bias(import, scale, bias);
    return GAN_OK;
}

/* Until opset 20, one scale for each group. */
static gan_status by_channel(gan_import *import, int64_t channels, int64_t groups, gan_import_tensor **tensor)
{
    gan_import_tensor *given = *tensor;
    const float *values = NULL;

    GAN_TRY(gan_import_tensor_floats(import->memory, given, &values));
    GAN_TRY(gan_import_tensor_create(import->memory, given->name, true, 1, &channels, tensor));
    (*tensor)->is_computed = true;
    for (int64_t i = 0; i < channels; i++) (*tensor)->floats[i] = values[i / (channels / groups)];
    return GAN_OK;
}

gan_status gan_import_group_norm(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;
    gan_import_tensor *scale = NULL, *bias = NULL;
    const int64_t groups = gan_import_integer(node, "num_groups", 0);
    const bool is_old = import->file->opset < 21;

    GAN_TRY(gan_import_operand(node, 0, &x));
    const int64_t channels = channels_of(x), count = is_old ? groups : channels;
    if (groups < 1 || channels % groups != 0) {
        return gan_fail(GAN_ERROR_UNSUPPORTED,
                        "its attribute 'num_groups' is %lld, which does not divide %lld "
                        "channels",
                        (long long)groups, (long long)channels);
    }
    GAN_TRY(read_vector(import, node, 1, count, 1.0f, &scale));
    GAN_TRY(read_vector(import, node, 2, count, 0.0f, &bias));
    if (is_old && groups != channels) {
        GAN_TRY(by_channel(import, channels, groups, &scale));
        GAN_TRY(by_channel(import, channels, groups, &bias));
    }
    gan_layer *layer =
        gan_layer_group_norm(import->context, groups, GAN_GROUP_NORM(.epsilon = gan_import_epsilon(node)));
    GAN_TRY(gan_import_emit_one(import, node, layer, x));
    add_scale_and_bias(import, scale, bias);
    return GAN_OK;
}

/* ---- Scale and bias in nodes of their own --------------------------------------------------------------------- */

/* A constant of one value for each channel, as (channels) and then 1 for each other dimension; or of the sample's
 * shape, for layer normalisation. The batch's dimension may be in front. */
static bool fits(const gan_import_tensor *constant, gan_shape sample, bool is_whole)
{
    const int lead = constant->rank - sample.rank;

    if (lead < 0 || lead > 1 || (lead == 1 && constant->dims[0] != 1)) return false;
    for (int i = 0; i < sample.rank; i++) {
        if (constant->dims[i + lead] != (is_whole || i == 0 ? sample.dims[i] : 1)) return false;
    }
    return true;
}

/* A layer like that of a step, with scale and bias. */
static gan_layer *affine(gan_import *import, const gan_import_step *step)
{
    gan_context *context = import->context;

    if (strcmp(step->layer->ops->type, "layer_norm") == 0)
        return gan_layer_layer_norm(context, GAN_LAYER_NORM(.epsilon = step->epsilon));
    return gan_layer_group_norm(context, step->groups, GAN_GROUP_NORM(.epsilon = step->epsilon));
}

static gan_status with_weights(gan_import *import, const gan_import_node *node, const gan_import_value *x,
                               gan_import_tensor *scale, gan_import_tensor *bias)
{
    const gan_import_step old = import->steps[x->step];
    const gan_import_value source = {
        .kind = GAN_IMPORT_STEP, .step = old.inputs[0], .shape = import->steps[old.inputs[0]].output};
    const bool is_open = !bias;

    if (!scale) GAN_TRY(filled(import, bias->count, 1.0f, &scale));
    if (!bias) GAN_TRY(filled(import, scale->count, 0.0f, &bias));
    GAN_TRY(
        gan_import_emit(import, node, affine(import, &old), 1, (const gan_import_value *[]){&source}, node->out[0]));
    gan_import_step *step = &import->steps[import->step_count - 1];
    step->epsilon = old.epsilon;
    step->groups = old.groups;
    step->has_no_bias = is_open;
    add_scale_and_bias(import, scale, bias);
    return GAN_OK;
}

bool gan_import_absorb(gan_import *import, const gan_import_node *node, const gan_import_value *x,
                       gan_import_tensor *constant, bool is_scale, gan_status *status)
{
    const gan_import_step *step = &import->steps[x->step];

    if (step->epsilon == 0.0f || !fits(constant, x->shape, step->groups == 0)) return false;
    if (!gan_shape_equal(step->output, x->shape)) return false;
    if (step->weight_count == 0) {
        *status = with_weights(import, node, x, is_scale ? constant : NULL, is_scale ? NULL : constant);
        return true;
    }
    if (is_scale || !step->has_no_bias) return false;
    *status = with_weights(import, node, x, gan_import_weight_of(step, "weight"), constant);
    return true;
}
