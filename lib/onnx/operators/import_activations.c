/* Functions of each value, and softmax. */
#include "onnx/operators/operators.h"
#include "onnx/patterns/patterns.h"

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
