/* Attention as SAGAN has it, and Transformers: two products with a softmax between, around transpositions.
 *
 *     by rows      softmax(factor Q K^T) V, of Q (n, k), K (m, k) and V (m, c), to (n, c)
 *     by channels  V softmax(factor Q^T K)^T, of Q (k, n), K (k, m) and V (c, m), images whose pixels are in a row,
 * to (c, n)
 *
 * All three are of one of the two kinds. A result that the graph has the other way round waits for its transposition.
 */
#include "onnx/patterns/pattern_values.h"

/* Most factors and transpositions of one matrix that are looked through. */
#define MOST_STEPS 8

/* A matrix of a sample, seen through transpositions and factors. */
typedef struct matrix {
    const gan_import_value *value; /* a step of two dimensions */
    bool is_transposed;
    double factor;
} matrix;

static bool swaps(const gan_import_node *transpose)
{
    const gan_import_attribute *perm = gan_import_find(transpose, "perm");

    return perm && perm->int_count == 3 && perm->ints[0] == 0 && perm->ints[1] == 2 && perm->ints[2] == 1;
}

/* Takes factors off a value that waits for its pattern. */
static const gan_import_value *without_factors(gan_import *import, const gan_import_value *value, double *factor)
{
    float number = 0.0f;

    for (int i = 0; i < MOST_STEPS && value && value->kind == GAN_IMPORT_PENDING; i++) {
        const bool is_product = gan_pattern_made_by(value, "Mul"), is_quotient = gan_pattern_made_by(value, "Div");
        if (!is_product && !is_quotient) break;
        const int at = is_product && gan_import_scalar(import, gan_pattern_input(value, 0), &number) ? 0 : 1;
        if (!gan_import_scalar(import, gan_pattern_input(value, at), &number)) return NULL;
        *factor = is_product ? *factor * (double)number : *factor / (double)number;
        value = gan_pattern_input(value, 1 - at);
    }
    return value;
}

static bool find_matrix(gan_import *import, const gan_import_value *value, matrix *out)
{
    *out = (matrix){.factor = 1.0};
    value = without_factors(import, value, &out->factor);
    /* Of a single row or column it moves nothing, and is a step of another shape. */
    for (int i = 0; i < MOST_STEPS && gan_pattern_made_by(value, "Transpose") && swaps(value->from); i++) {
        out->is_transposed = !out->is_transposed;
        value = without_factors(import, gan_pattern_input(value, 0), &out->factor);
    }
    out->value = value;
    return value && value->kind == GAN_IMPORT_STEP && value->shape.rank == 2;
}

/* Whether a value is softmax(factor Q K) along its rows. */
static bool find_weights(gan_import *import, const gan_import_value *value, matrix *q, matrix *k)
{
    double factor = 1.0;

    if (!gan_pattern_made_by(value, "Softmax") || value->kind != GAN_IMPORT_PENDING) return false;
    const int64_t axis = gan_import_integer(value->from, "axis", import->file->opset < 13 ? 1 : -1);
    if (axis != -1 && axis != 2) return false;
    const gan_import_value *scores = without_factors(import, gan_pattern_input(value, 0), &factor);
    if (!scores || !gan_pattern_made_by(scores, "MatMul") || scores->kind != GAN_IMPORT_PENDING) return false;
    if (!find_matrix(import, gan_pattern_input(scores, 0), q) ||
        !find_matrix(import, gan_pattern_input(scores, 1), k))
        return false;
    q->factor *= factor * k->factor;
    return true;
}

/* A matrix (channels, pixels) as the image that it was; else as one of a single column. */
static gan_status as_image(gan_import *import, const gan_import_node *node, const gan_import_value *value,
                           bool is_column, gan_import_value *out)
{
    const gan_shape shape = value->shape, column = GAN_SHAPE(shape.dims[0], shape.dims[1], 1);
    gan_import_value source = *value;

    while (import->steps[source.step].layer->ops->flags & GAN_LAYER_RESHAPES)
        source.step = import->steps[source.step].inputs[0];
    source.shape = import->steps[source.step].output;
    const bool is_image = source.shape.rank == 3 && source.shape.dims[0] == shape.dims[0] &&
                          source.shape.dims[1] * source.shape.dims[2] == shape.dims[1];
    *out = (gan_import_value){.name = node->out[0]->name};
    if (!is_image || is_column) return gan_import_reshape(import, node, value, column, out);
    *out = source;
    return GAN_OK;
}

static gan_status attend(gan_import *import, const gan_import_node *node, const matrix *from, bool is_by_channels,
                         bool is_swapped)
{
    gan_import_value inputs[3], result = {.name = node->out[0]->name};
    bool is_column = false;

    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < 3; i++) {
            if (is_by_channels) {
                GAN_TRY(as_image(import, node, from[i].value, i > 0 && is_column, &inputs[i]));
            } else {
                inputs[i] = *from[i].value;
            }
        }
        /* Keys and values that were images of other sides. */
        if (!is_by_channels || (inputs[1].shape.dims[1] == inputs[2].shape.dims[1] &&
                                inputs[1].shape.dims[2] == inputs[2].shape.dims[2]))
            break;
        is_column = true;
    }
    GAN_TRY(gan_import_emit(import, node,
                            gan_layer_attention(import->context, GAN_ATTENTION(.scale = (float)from[0].factor)), 3,
                            (const gan_import_value *[]){&inputs[0], &inputs[1], &inputs[2]}, &result));
    const gan_shape given = result.shape;
    const int64_t channels = from[2].value->shape.dims[is_by_channels ? 0 : 1];
    const int64_t places = from[0].value->shape.dims[is_by_channels ? 1 : 0];
    const gan_shape shape = is_by_channels ? GAN_SHAPE(channels, places) : given;
    GAN_TRY(gan_import_reshape(import, node, &result, shape, node->out[0]));
    if (!is_swapped) return GAN_OK;
    node->out[0]->kind = GAN_IMPORT_PENDING;
    node->out[0]->is_transposed = true;
    node->out[0]->from = node;
    return GAN_OK;
}

bool gan_pattern_attention(gan_import *import, const gan_import_node *node, gan_status *status)
{
    matrix m[3]; /* queries, keys, values */
    double factor = 1.0;

    if (node->input_count != 2 || !node->in[0] || !node->in[1]) return false;
    const gan_import_value *turned = without_factors(import, node->in[1], &factor);
    const bool is_left = find_weights(import, node->in[0], &m[0], &m[1]); /* P V, else V P^T */
    if (!is_left) {
        if (!gan_pattern_made_by(turned, "Transpose") || turned->kind != GAN_IMPORT_PENDING || !swaps(turned->from))
            return false;
        if (!find_weights(import, gan_pattern_input(turned, 0), &m[0], &m[1])) return false;
    }
    if (!find_matrix(import, node->in[is_left ? 1 : 0], &m[2]) || m[2].factor != 1.0 || factor != 1.0) return false;
    const bool is_by_channels = m[0].is_transposed;
    if (m[1].is_transposed == is_by_channels || m[2].is_transposed != (is_left == is_by_channels)) return false;
    if (!(m[0].factor > 0.0)) return false;
    *status = attend(import, node, m, is_by_channels, is_left == is_by_channels);
    return true;
}
