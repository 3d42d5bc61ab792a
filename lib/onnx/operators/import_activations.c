/* Functions of each value, and softmax. */
#include "onnx/operators/operators.h"
#include "onnx/patterns/patterns.h"

#include <float.h>
#include <math.h>

static gan_layer *elu(gan_import *import, const gan_import_node *node)
{
    const float alpha = gan_import_number(node, "alpha", 1.0f);

    return gan_layer_elu(import->context, GAN_ELU(.alpha = alpha == 0.0f ? GAN_ZERO : alpha));
}

static gan_layer *leaky_relu(gan_import *import, const gan_import_node *node)
{
    const float slope = gan_import_number(node, "alpha", 0.01f);

    return gan_layer_leaky_relu(import->context, GAN_LEAKY_RELU(.slope = slope == 0.0f ? GAN_ZERO : slope));
}

static gan_layer *gelu(gan_import *import, const gan_import_node *node)
{
    const char *word = gan_import_word(node, "approximate", "none");
    const bool is_tanh = strcmp(word, "tanh") == 0;

    if (!is_tanh && strcmp(word, "none") != 0) {
        gan_fail(GAN_ERROR_UNSUPPORTED, "its attribute 'approximate' is '%.32s', expected 'none' or 'tanh'", word);
        return NULL;
    }
    return gan_layer_gelu(import->context, GAN_GELU(.tanh_approximation = is_tanh));
}

static gan_layer *relu(gan_import *import, const gan_import_node *node)
{
    (void)node;
    return gan_layer_relu(import->context);
}

static gan_layer *tanh_layer(gan_import *import, const gan_import_node *node)
{
    (void)node;
    return gan_layer_tanh(import->context);
}

static gan_layer *sigmoid(gan_import *import, const gan_import_node *node)
{
    (void)node;
    return gan_layer_sigmoid(import->context);
}

static gan_layer *softplus(gan_import *import, const gan_import_node *node)
{
    (void)node;
    return gan_layer_softplus(import->context);
}

/* Swish has silu's form for alpha 1 only. */
static gan_layer *swish(gan_import *import, const gan_import_node *node)
{
    const float alpha = gan_import_number(node, "alpha", 1.0f);

    if (alpha == 1.0f) return gan_layer_silu(import->context);
    gan_fail(GAN_ERROR_UNSUPPORTED, "its attribute 'alpha' is %g; only 1 is supported", (double)alpha);
    return NULL;
}

gan_status gan_import_activation(gan_import *import, const gan_import_node *node)
{
    static const struct {
        const char *type;
        gan_layer *(*create)(gan_import *import, const gan_import_node *node);
    } kinds[] = {{"Relu", relu},       {"LeakyRelu", leaky_relu}, {"Elu", elu},           {"Gelu", gelu},
                 {"Tanh", tanh_layer}, {"Sigmoid", sigmoid},      {"Softplus", softplus}, {"Swish", swish}};
    const gan_import_value *x = NULL;

    /* The tanh in gelu's approximation. */
    if (gan_import_has(node, 0) && node->in[0]->kind == GAN_IMPORT_PENDING && strcmp(node->type, "Tanh") == 0)
        return gan_import_set_pending(node), GAN_OK;
    GAN_TRY(gan_import_operand(node, 0, &x));
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        if (strcmp(kinds[i].type, node->type) == 0)
            return gan_import_emit_one(import, node, kinds[i].create(import, node), x);
    }
    return gan_fail(GAN_ERROR_UNSUPPORTED, "libgan has no layer for it");
}

/* ---- What is made of relu ------------------------------------------------------------------------------------- */

static gan_status scalar_tensor(gan_import *import, float value, gan_import_tensor **out)
{
    GAN_TRY(gan_import_tensor_create(import->memory, "", true, 0, NULL, out));
    (*out)->floats[0] = value;
    return GAN_OK;
}

/* x * a + b, of the node's output, without what changes nothing. */
static gan_status affine(gan_import *import, const gan_import_node *node, float a, float b)
{
    gan_import_tensor *tensor = NULL;

    if (a != 1.0f) {
        const gan_import_value x = *node->out[0];
        GAN_TRY(scalar_tensor(import, a, &tensor));
        GAN_TRY(gan_import_multiply_constant(import, node, &x, tensor, false));
    }
    if (b == 0.0f) return GAN_OK;
    const gan_import_value product = *node->out[0];
    GAN_TRY(scalar_tensor(import, b, &tensor));
    return gan_import_add_constant(import, node, &product, tensor, 1.0f);
}

static gan_status rectify(gan_import *import, const gan_import_node *node)
{
    const gan_import_value x = *node->out[0];
    return gan_import_emit_one(import, node, gan_layer_relu(import->context), &x);
}

/* max(x, least) = relu(x - least) + least, and min(x, most) = most - relu(most - x), of the node's output; NAN: no
 * limit. */
static gan_status clip(gan_import *import, const gan_import_node *node, float least, float most)
{
    if (least > most) return gan_fail(GAN_ERROR_UNSUPPORTED, "its limits are %g and %g", (double)least, (double)most);
    if (!isnan(least)) {
        GAN_TRY(affine(import, node, 1.0f, -least));
        GAN_TRY(rectify(import, node));
        GAN_TRY(affine(import, node, 1.0f, least));
    }
    if (isnan(most)) return GAN_OK;
    GAN_TRY(affine(import, node, -1.0f, most));
    GAN_TRY(rectify(import, node));
    return affine(import, node, -1.0f, most);
}

/* A limit as an attribute, before opset 11, or as input k; one that no float reaches is none. */
static gan_status read_limit(gan_import *import, const gan_import_node *node, const char *name, int64_t k, float *out)
{
    const gan_import_attribute *attribute = gan_import_find(node, name);

    *out = NAN;
    if (attribute) *out = attribute->number;
    if (gan_import_has(node, k) && !gan_import_scalar(import, node->in[k], out))
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its input %lld is no constant of one number", (long long)k);
    if (fabsf(*out) >= FLT_MAX) *out = NAN;
    return GAN_OK;
}

gan_status gan_import_clip(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;
    float least = NAN, most = NAN;

    GAN_TRY(gan_import_operand(node, 0, &x));
    GAN_TRY(read_limit(import, node, "min", 1, &least));
    GAN_TRY(read_limit(import, node, "max", 2, &most));
    gan_import_alias(node, x);
    return clip(import, node, least, most);
}

/* HardSigmoid: max(0, min(1, alpha x + beta)); HardSwish: x times that for 1/6 and 1/2. */
gan_status gan_import_hard(gan_import *import, const gan_import_node *node)
{
    const bool is_swish = strcmp(node->type, "HardSwish") == 0;
    const gan_import_value *x = NULL;

    GAN_TRY(gan_import_operand(node, 0, &x));
    const gan_import_value source = *x;
    gan_import_alias(node, x);
    GAN_TRY(affine(import, node, is_swish ? 1.0f / 6.0f : gan_import_number(node, "alpha", 0.2f),
                   is_swish ? 0.5f : gan_import_number(node, "beta", 0.5f)));
    GAN_TRY(clip(import, node, 0.0f, 1.0f));
    if (!is_swish) return GAN_OK;
    const gan_import_value gate = *node->out[0];
    GAN_TRY(gan_import_emit(import, node, gan_layer_multiply(import->context), 2,
                            (const gan_import_value *[]){&source, &gate}, node->out[0]));
    node->out[0]->shape = source.shape;
    return GAN_OK;
}

/* Selu: gamma elu(x, alpha); Celu: alpha elu(x / alpha, 1). */
gan_status gan_import_scaled(gan_import *import, const gan_import_node *node)
{
    const bool is_selu = strcmp(node->type, "Selu") == 0;
    const float alpha = gan_import_number(node, "alpha", is_selu ? 1.67326319217681884765625f : 1.0f);
    const gan_import_value *x = NULL;

    GAN_TRY(gan_import_operand(node, 0, &x));
    if (!(alpha > 0.0f && isfinite(alpha)))
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its attribute 'alpha' is %g, expected more than 0", (double)alpha);
    gan_import_alias(node, x);
    if (!is_selu) GAN_TRY(affine(import, node, 1.0f / alpha, 0.0f));
    const gan_import_value source = *node->out[0];
    GAN_TRY(gan_import_emit_one(import, node,
                                gan_layer_elu(import->context, GAN_ELU(.alpha = is_selu ? alpha : 1.0f)), &source));
    return affine(import, node, is_selu ? gan_import_number(node, "gamma", 1.05070102214813232421875f) : alpha, 0.0f);
}

/* Joins two values of one shape by a layer to the node's output. */
static gan_status join(gan_import *import, const gan_import_node *node, gan_layer *layer, const gan_import_value *a,
                       const gan_import_value *b)
{
    const gan_shape shape = a->shape;

    GAN_TRY(gan_import_emit(import, node, layer, 2, (const gan_import_value *[]){a, b}, node->out[0]));
    node->out[0]->shape = shape;
    return GAN_OK;
}

/* x tanh(softplus(x)) */
gan_status gan_import_mish(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;

    GAN_TRY(gan_import_operand(node, 0, &x));
    const gan_import_value source = *x;
    GAN_TRY(gan_import_emit_one(import, node, gan_layer_softplus(import->context), &source));
    const gan_import_value soft = *node->out[0];
    GAN_TRY(gan_import_emit_one(import, node, gan_layer_tanh(import->context), &soft));
    const gan_import_value gate = *node->out[0];
    return join(import, node, gan_layer_multiply(import->context), &source, &gate);
}

/* relu(x) + relu(-x) */
gan_status gan_import_absolute(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;

    GAN_TRY(gan_import_operand(node, 0, &x));
    const gan_import_value source = *x;
    GAN_TRY(gan_import_emit_one(import, node, gan_layer_relu(import->context), &source));
    const gan_import_value above = *node->out[0];
    gan_import_alias(node, &source);
    GAN_TRY(affine(import, node, -1.0f, 0.0f));
    GAN_TRY(rectify(import, node));
    const gan_import_value below = *node->out[0];
    return join(import, node, gan_layer_add(import->context), &above, &below);
}

gan_status gan_import_sum(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;

    GAN_TRY(gan_import_operand(node, 0, &x));
    gan_import_value sum = *x;
    for (int64_t k = 1; k < node->input_count; k++) {
        GAN_TRY(gan_import_operand(node, k, &x));
        if (x->shape.rank != sum.shape.rank ||
            memcmp(x->shape.dims, sum.shape.dims, (size_t)sum.shape.rank * sizeof(*sum.shape.dims)) != 0)
            return gan_fail(GAN_ERROR_UNSUPPORTED, "its inputs have different shapes");
        GAN_TRY(join(import, node, gan_layer_add(import->context), &sum, x));
        sum = *node->out[0];
    }
    if (node->input_count == 1) gan_import_alias(node, x);
    if (strcmp(node->type, "Sum") == 0) return GAN_OK;
    return affine(import, node, 1.0f / (float)node->input_count, 0.0f);
}

/* One slope, or one for each channel: (C), (C, 1, 1) or with a 1 for the batch in front. */
gan_status gan_import_prelu(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;
    gan_import_tensor *slope = NULL, *weight = NULL;
    const float *values = NULL;

    GAN_TRY(gan_import_operand(node, 0, &x));
    GAN_TRY(gan_import_floats(import, node, 1, &slope, &values));
    const int64_t channels = x->shape.rank > 0 ? x->shape.dims[0] : 1;
    const int axis = slope->rank - x->shape.rank; /* of the channels in the slopes */
    const bool is_one = slope->count == 1;
    if (!is_one && (slope->count != channels || axis < 0 || slope->dims[axis] != channels)) {
        return gan_fail(GAN_ERROR_UNSUPPORTED,
                        "its slopes '%.64s' have %lld values, expected one, or one for each of "
                        "the %lld channels, in that dimension",
                        slope->name, (long long)slope->count, (long long)channels);
    }
    GAN_TRY(gan_import_tensor_create(import->memory, slope->name, true, 1, &slope->count, &weight));
    memcpy(weight->floats, values, (size_t)slope->count * sizeof(*values));
    weight->is_computed = slope->is_computed;
    GAN_TRY(
        gan_import_emit_one(import, node, gan_layer_prelu(import->context, GAN_PRELU(.per_channel = !is_one)), x));
    gan_import_add_weight(import, "weight", weight);
    return GAN_OK;
}

/* Before opset 13, over all dimensions from the axis on. */
gan_status gan_import_softmax(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;
    const bool is_old = import->file->opset < 13;
    int axis = 0;

    if (gan_import_stays_pending(node)) return GAN_OK;
    GAN_TRY(gan_import_operand(node, 0, &x));
    GAN_TRY(gan_import_axis(gan_import_integer(node, "axis", is_old ? 1 : -1), x->shape.rank, &axis));
    if (axis != 0 || (is_old && gan_shape_count(x->shape) != x->shape.dims[0])) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its attribute 'axis' is not that of the channels");
    }
    return gan_import_emit_one(import, node, gan_layer_softmax(import->context), x);
}

gan_status gan_import_pending(gan_import *import, const gan_import_node *node)
{
    gan_status status = GAN_OK;

    if (gan_import_complete(import, node, &status)) return status;
    gan_import_set_pending(node);
    return GAN_OK;
}
