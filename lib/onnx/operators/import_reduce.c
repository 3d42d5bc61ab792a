/* Means and sums over pixels or samples. */
#include "onnx/operators/operators.h"

/* Whether the mean is over height and width of an image. */
static gan_status is_over_pixels(gan_import *import, const gan_import_node *node, const gan_import_value *x,
                                 bool *out)
{
    const int64_t *axes = NULL;
    int64_t count = 0, sum = 0;

    *out = false;
    GAN_TRY(gan_import_int_list(import, node, "axes", 1, &axes, &count));
    if (x->kind != GAN_IMPORT_STEP || x->shape.rank != 3 || count != 2) return GAN_OK;
    for (int i = 0; i < 2; i++) {
        const int64_t axis = axes[i] < 0 && axes[i] >= -4 ? axes[i] + 4 : axes[i];
        if (axis != 2 && axis != 3) return GAN_OK;
        sum += axis;
    }
    *out = sum == 5;
    return GAN_OK;
}

gan_status gan_import_reduce_mean(gan_import *import, const gan_import_node *node)
{
    bool over_pixels = false;

    if (!gan_import_has(node, 0)) return gan_fail(GAN_ERROR_FORMAT, "its input 0 is missing");
    const gan_import_value x = *node->in[0];
    GAN_TRY(is_over_pixels(import, node, &x, &over_pixels));
    if (!over_pixels) {
        gan_import_set_pending(node);
        return GAN_OK;
    }
    gan_layer *layer =
        gan_layer_avg_pool2d(import->context, GAN_AVG_POOL2D(.kernel = {x.shape.dims[1], x.shape.dims[2]}));
    GAN_TRY(gan_import_emit_one(import, node, layer, &x));
    if (gan_import_integer(node, "keepdims", 1) != 0) return GAN_OK;
    const gan_import_value pooled = *node->out[0];
    return gan_import_reshape(import, node, &pooled, GAN_SHAPE(x.shape.dims[0]), node->out[0]);
}

/* ---- Sums ----------------------------------------------------------------------------------------------------- */

/* Whether the axes are all of a sample, and none of the batch. */
static bool is_over_sample(const int64_t *axes, int64_t count, int rank)
{
    unsigned seen = 0;

    for (int64_t i = 0; i < count; i++) {
        const int64_t axis = axes[i] < 0 ? axes[i] + rank + 1 : axes[i];
        if (axis < 1 || axis > rank) return false;
        seen |= 1u << axis;
    }
    return rank > 0 && count == rank && seen == (2u << rank) - 2u;
}

/* The sum of all values: of a product of two, their inner product; else that with ones. */
static gan_status sum_of_sample(gan_import *import, const gan_import_node *node, const gan_import_value *x)
{
    const gan_import_step *made = &import->steps[x->step];
    gan_import_value a = *x, b = *x;
    gan_import_tensor *ones = NULL;

    const bool is_product = strcmp(made->layer->ops->type, "multiply") == 0 &&
                            gan_shape_equal(import->steps[made->inputs[0]].output, x->shape) &&
                            gan_shape_equal(import->steps[made->inputs[1]].output, x->shape);
    if (is_product) {
        a.step = made->inputs[0];
        b.step = made->inputs[1];
    } else {
        GAN_TRY(gan_import_tensor_create(import->memory, "", true, x->shape.rank, x->shape.dims, &ones));
        for (int64_t i = 0; i < ones->count; i++) ones->floats[i] = 1.0f;
        GAN_TRY(gan_import_constant_step(import, node, &a, ones, a.shape, &b));
    }
    return gan_import_emit(import, node, gan_layer_inner_product(import->context), 2,
                           (const gan_import_value *[]){&a, &b}, node->out[0]);
}

/* A value times a whole number, by additions, since a factor would be a weight: doubled for each binary digit. */
static gan_status multiply_whole(gan_import *import, const gan_import_node *node, int64_t times)
{
    const gan_import_value x = *node->out[0];

    for (int bit = 62 - __builtin_clzll((unsigned long long)times); bit >= 0; bit--) {
        for (int i = 0; i < (times >> bit & 1 ? 2 : 1); i++) {
            const gan_import_value so_far = *node->out[0], *other = i == 0 ? &so_far : &x;
            GAN_TRY(gan_import_emit(import, node, gan_layer_add(import->context), 2,
                                    (const gan_import_value *[]){&so_far, other}, node->out[0]));
        }
    }
    return GAN_OK;
}

/* The mean times the number of pixels. */
static gan_status sum_of_pixels(gan_import *import, const gan_import_node *node, const gan_import_value *x)
{
    const int64_t height = x->shape.dims[1], width = x->shape.dims[2];

    GAN_TRY(gan_import_emit_one(import, node,
                                gan_layer_avg_pool2d(import->context, GAN_AVG_POOL2D(.kernel = {height, width})), x));
    return multiply_whole(import, node, height * width);
}

gan_status gan_import_reduce_sum(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *operand = NULL;
    const int64_t *axes = NULL;
    int64_t count = 0;
    bool over_pixels = false;

    GAN_TRY(gan_import_operand(node, 0, &operand));
    const gan_import_value x = *operand;
    const int rank = x.shape.rank;
    const bool keeps = gan_import_integer(node, "keepdims", 1) != 0;
    GAN_TRY(is_over_pixels(import, node, &x, &over_pixels));
    GAN_TRY(gan_import_int_list(import, node, "axes", 1, &axes, &count));
    if (over_pixels) {
        GAN_TRY(sum_of_pixels(import, node, &x));
    } else if (is_over_sample(axes, count, rank)) {
        GAN_TRY(sum_of_sample(import, node, &x));
    } else {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "it sums over neither the pixels nor all of a sample");
    }
    gan_shape shape = {.rank = 0};
    for (int i = 0; i < rank; i++) {
        const bool goes = !over_pixels || i > 0;
        if (!goes || keeps) shape.dims[shape.rank++] = goes ? 1 : x.shape.dims[i];
    }
    const gan_import_value sum = *node->out[0];
    return gan_import_reshape(import, node, &sum, shape, node->out[0]);
}
