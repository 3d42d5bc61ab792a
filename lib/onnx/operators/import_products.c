/* Gemm, MatMul, Conv and ConvTranspose: dense layers and convolutions. */
#include "onnx/operators/operators.h"
#include "onnx/patterns/patterns.h"

/* ---- Dense layers --------------------------------------------------------------------------------------------- */

/* factor * W as the layer has it, (units, inputs), from a matrix that is so or transposed. */
static gan_status dense_weight(gan_import *import, const gan_import_node *node, bool is_units_first, float factor,
                               gan_import_tensor **out)
{
    gan_import_tensor *given = NULL;
    const float *values = NULL;

    GAN_TRY(gan_import_floats(import, node, 1, &given, &values));
    if (given->rank != 2) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its weight '%.64s' has %d dimensions, expected 2", given->name,
                        given->rank);
    }
    if (given->count == 0) return gan_fail(GAN_ERROR_EMPTY, "its weight '%.64s' is empty", given->name);
    if (is_units_first && factor == 1.0f) {
        *out = given;
        return GAN_OK;
    }
    const int64_t units = given->dims[is_units_first ? 0 : 1], inputs = given->dims[is_units_first ? 1 : 0];
    GAN_TRY(gan_import_tensor_create(import->memory, given->name, true, 2, (const int64_t[]){units, inputs}, out));
    (*out)->is_computed = given->is_computed || factor != 1.0f;
    for (int64_t i = 0; i < units; i++) {
        for (int64_t j = 0; j < inputs; j++)
            (*out)->floats[i * inputs + j] = factor * values[is_units_first ? i * inputs + j : j * units + i];
    }
    return GAN_OK;
}

/* factor * b as (units), from a constant that is broadcast to it. */
static gan_status dense_bias(gan_import *import, const gan_import_node *node, int64_t units, float factor,
                             gan_import_tensor **out)
{
    gan_import_tensor *given = NULL;
    const float *values = NULL;

    GAN_TRY(gan_import_floats(import, node, 2, &given, &values));
    const int64_t last = given->rank > 0 ? given->dims[given->rank - 1] : 1;
    if (last != given->count || (last != units && last != 1)) {
        return gan_fail(GAN_ERROR_UNSUPPORTED,
                        "its bias '%.64s' has %lld values, expected %lld in its last dimension", given->name,
                        (long long)given->count, (long long)units);
    }
    GAN_TRY(gan_import_tensor_create(import->memory, given->name, true, 1, &units, out));
    (*out)->is_computed = given->is_computed || factor != 1.0f;
    for (int64_t i = 0; i < units; i++) (*out)->floats[i] = factor * values[last == 1 ? 0 : i];
    return GAN_OK;
}

/* A vector to multiply; where only the batch is left, a sample of one value. */
static gan_status vector_operand(const gan_import_node *node, const gan_import_value **out)
{
    char text[GAN_SHAPE_TEXT];

    GAN_TRY(gan_import_operand(node, 0, out));
    if ((*out)->shape.rank == 1) return GAN_OK;
    return gan_fail(GAN_ERROR_UNSUPPORTED, "a sample of its input has the shape %s, expected one dimension",
                    (*out)->shape.rank > 0 ? gan_shape_text((*out)->shape, text) : "()");
}

/* The bias may be missing. */
static void add_weight_and_bias(gan_import *import, gan_import_tensor *weight, gan_import_tensor *bias)
{
    gan_import_add_weight(import, "weight", weight);
    if (bias) gan_import_add_weight(import, "bias", bias);
}

gan_status gan_import_gemm(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;
    gan_import_tensor *weight = NULL, *bias = NULL;

    GAN_TRY(vector_operand(node, &x));
    GAN_TRY(gan_import_want_integer(node, "transA", 0, 0));
    GAN_TRY(dense_weight(import, node, gan_import_integer(node, "transB", 0) != 0,
                         gan_import_number(node, "alpha", 1.0f), &weight));
    if (gan_import_has(node, 2))
        GAN_TRY(dense_bias(import, node, weight->dims[0], gan_import_number(node, "beta", 1.0f), &bias));
    GAN_TRY(gan_import_emit_one(
        import, node, gan_layer_dense(import->context, weight->dims[0], GAN_DENSE(.no_bias = bias == NULL)), x));
    add_weight_and_bias(import, weight, bias);
    return GAN_OK;
}

gan_status gan_import_matmul(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;
    gan_import_tensor *weight = NULL;
    gan_status status = GAN_OK;

    if (gan_import_has(node, 0) && gan_import_has(node, 1) && !gan_import_is_constant(node, 0) &&
        !gan_import_is_constant(node, 1)) {
        if (gan_import_complete(import, node, &status)) return status;
        return gan_import_set_pending(node), GAN_OK;
    }
    GAN_TRY(vector_operand(node, &x));
    GAN_TRY(dense_weight(import, node, false, 1.0f, &weight));
    GAN_TRY(gan_import_emit_one(import, node,
                                gan_layer_dense(import->context, weight->dims[0], GAN_DENSE(.no_bias = true)), x));
    gan_import_add_weight(import, "weight", weight);
    return GAN_OK;
}

/* ---- Convolutions --------------------------------------------------------------------------------------------- */

typedef struct window {
    int64_t kernel[2], stride[2], dilation[2], groups;
    int64_t pads[4]; /* top, bottom, left, right */
} window;

/* One number for each side of an image; of a row of values, the one for its width, and this for its height of 1. */
static gan_status read_sides(const gan_import_node *node, const char *name, bool is_row, int64_t otherwise,
                             int64_t of_height, int64_t out[2])
{
    out[0] = of_height;
    return gan_import_list(node, name, is_row ? 1 : 2, otherwise, out + is_row);
}

static gan_status read_steps(const gan_import_node *node, const char *name, bool is_row, int64_t out[2])
{
    out[0] = 1;
    return gan_import_sizes(node, name, is_row ? 1 : 2, 1, out + is_row);
}

/* ONNX has top, left, bottom, right; of a row, left and right. */
static gan_status read_pads(const gan_import_node *node, bool is_row, int64_t out[4])
{
    int64_t pads[4];

    if (is_row) {
        out[0] = out[1] = 0;
        return gan_import_list(node, "pads", 2, 0, out + 2);
    }
    GAN_TRY(gan_import_list(node, "pads", 4, 0, pads));
    out[0] = pads[0];
    out[1] = pads[2];
    out[2] = pads[1];
    out[3] = pads[3];
    return GAN_OK;
}

static gan_status read_window(const gan_import_node *node, const gan_import_tensor *weight, window *out)
{
    const bool is_row = weight->rank == 3;

    if (weight->rank != 4 && !is_row) {
        return gan_fail(GAN_ERROR_UNSUPPORTED,
                        "its weight '%.64s' has %d dimensions; only convolutions of images, "
                        "with 4, and of rows, with 3, are supported",
                        weight->name, weight->rank);
    }
    if (weight->count == 0) return gan_fail(GAN_ERROR_EMPTY, "its weight '%.64s' is empty", weight->name);
    GAN_TRY(read_sides(node, "kernel_shape", is_row, 0, 1, out->kernel));
    for (int i = is_row; i < 2; i++) {
        const int64_t side = weight->dims[2 + i - is_row];
        if (out->kernel[i] == 0) out->kernel[i] = side;
        if (out->kernel[i] != side)
            return gan_fail(GAN_ERROR_FORMAT, "its attribute 'kernel_shape' is not that of its weight");
    }
    GAN_TRY(read_steps(node, "strides", is_row, out->stride));
    GAN_TRY(read_steps(node, "dilations", is_row, out->dilation));
    out->groups = gan_import_integer(node, "group", 1);
    if (out->groups < 1) return gan_fail(GAN_ERROR_FORMAT, "its attribute 'group' is %lld", (long long)out->groups);
    return read_pads(node, is_row, out->pads);
}

/* The pads that auto_pad stands for: of an image of this shape. */
static gan_status resolve_auto_pad(const gan_import_node *node, gan_shape image, window *w)
{
    return gan_import_auto_pad(node, image, w->kernel, w->stride, w->dilation, w->pads);
}

/* What is cut from the sides of a transposed convolution, or added below and right, by auto_pad or output_shape. ONNX
 * has the odd row or column of pads above and left, but with SAME_UPPER. */
static gan_status resolve_output(const gan_import_node *node, bool is_row, gan_shape image, window *w,
                                 int64_t more[2])
{
    const char *word = gan_import_word(node, "auto_pad", "NOTSET");
    const bool has_shape = gan_import_find(node, "output_shape") != NULL;
    const bool is_upper = strcmp(word, "SAME_UPPER") == 0, is_same = is_upper || strcmp(word, "SAME_LOWER") == 0;
    int64_t size[2] = {1, 1};

    if (!is_same && strcmp(word, "NOTSET") != 0 && strcmp(word, "VALID") != 0)
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its attribute 'auto_pad' is '%.32s'", word);
    if (!has_shape && !is_same) {
        if (strcmp(word, "VALID") == 0) memset(w->pads, 0, sizeof(w->pads));
        return GAN_OK;
    }
    if (has_shape) GAN_TRY(read_sides(node, "output_shape", is_row, 1, 1, size));
    for (int i = is_row; i < 2; i++) {
        /* So that the products of two of them and of two others can be added. */
        const int64_t numbers[] = {image.dims[1 + i], w->kernel[i], size[i], more[i]};
        for (int k = 0; k < 4; k++) {
            if (numbers[k] >= (k < 3) && numbers[k] <= INT32_MAX) continue;
            return gan_fail(GAN_ERROR_UNSUPPORTED, "its input, kernel, output_padding or output_shape has %lld",
                            (long long)numbers[k]);
        }
        const int64_t reach = (w->kernel[i] - 1) * w->dilation[i] + 1 + more[i];
        const int64_t natural = (image.dims[1 + i] - 1) * w->stride[i] + reach;
        if (!has_shape) size[i] = image.dims[1 + i] * w->stride[i];
        const int64_t cut = natural > size[i] ? natural - size[i] : 0;
        if (size[i] > natural) more[i] += size[i] - natural;
        w->pads[2 * i] = is_upper ? cut / 2 : cut - cut / 2;
        w->pads[2 * i + 1] = cut - w->pads[2 * i];
    }
    return GAN_OK;
}

/* The bias, input 2, as it is. */
static gan_status conv_bias(gan_import *import, const gan_import_node *node, int64_t filters, gan_import_tensor **out)
{
    const float *values = NULL;

    *out = NULL;
    if (!gan_import_has(node, 2)) return GAN_OK;
    GAN_TRY(gan_import_floats(import, node, 2, out, &values));
    if ((*out)->count == filters) return GAN_OK;
    return gan_fail(GAN_ERROR_FORMAT, "its bias '%.64s' has %lld values, expected %lld", (*out)->name,
                    (long long)(*out)->count, (long long)filters);
}

/* How far a window's pads exceed what the layer takes, which is padded before. */
static bool exceeds(const window *w)
{
    for (int i = 0; i < 4; i++) {
        if (w->pads[i] > (w->kernel[i / 2] - 1) * w->dilation[i / 2]) return true;
    }
    return false;
}

/* Zeros around the image in a step of their own. */
static gan_status pad_before(gan_import *import, const gan_import_node *node, window *w, gan_import_value *x)
{
    const gan_import_value image = *x;

    GAN_TRY(gan_import_emit(
        import, node,
        gan_layer_pad2d(import->context, GAN_PAD2D(.pads = {w->pads[0], w->pads[1], w->pads[2], w->pads[3]})), 1,
        (const gan_import_value *[]){&image}, x));
    memset(w->pads, 0, sizeof(w->pads));
    return GAN_OK;
}

/* What is convolved: an image, or a row of values for each channel as one of a height of 1. */
static gan_status window_operand(gan_import *import, const gan_import_node *node, bool is_row, gan_import_value *out)
{
    const gan_import_value *x = NULL;

    if (!is_row) {
        GAN_TRY(gan_import_image(node, 0, &x));
        *out = *x;
        return GAN_OK;
    }
    GAN_TRY(gan_import_operand(node, 0, &x));
    return gan_import_row_image(import, node, x, out);
}

/* The output as a row again. */
static gan_status as_row(gan_import *import, const gan_import_node *node, bool is_row)
{
    const gan_import_value image = *node->out[0];

    if (!is_row) return GAN_OK;
    return gan_import_reshape(import, node, &image, GAN_SHAPE(image.shape.dims[0], image.shape.dims[2]),
                              node->out[0]);
}

gan_status gan_import_conv(gan_import *import, const gan_import_node *node)
{
    gan_import_tensor *weight = NULL, *bias = NULL;
    const float *values = NULL;
    gan_import_value x;
    window w;

    GAN_TRY(gan_import_floats(import, node, 1, &weight, &values));
    GAN_TRY(read_window(node, weight, &w));
    GAN_TRY(window_operand(import, node, weight->rank == 3, &x));
    GAN_TRY(resolve_auto_pad(node, x.shape, &w));
    GAN_TRY(conv_bias(import, node, weight->dims[0], &bias));
    if (exceeds(&w)) GAN_TRY(pad_before(import, node, &w, &x));
    gan_layer *layer = gan_layer_conv2d(
        import->context, weight->dims[0],
        GAN_CONV2D(.kernel = {w.kernel[0], w.kernel[1]}, .stride = {w.stride[0], w.stride[1]},
                   .padding = GAN_PADDING_EXPLICIT, .pads = {w.pads[0], w.pads[1], w.pads[2], w.pads[3]},
                   .no_bias = bias == NULL, .dilation = {w.dilation[0], w.dilation[1]}, .groups = w.groups));
    GAN_TRY(gan_import_emit_one(import, node, layer, &x));
    add_weight_and_bias(import, weight, bias);
    return as_row(import, node, weight->rank == 3);
}

gan_status gan_import_conv_transpose(gan_import *import, const gan_import_node *node)
{
    gan_import_tensor *weight = NULL, *bias = NULL;
    const float *values = NULL;
    int64_t more[2], filters = 0;
    gan_import_value x;
    window w;

    GAN_TRY(gan_import_floats(import, node, 1, &weight, &values));
    GAN_TRY(read_window(node, weight, &w));
    GAN_TRY(window_operand(import, node, weight->rank == 3, &x));
    GAN_TRY(read_sides(node, "output_padding", weight->rank == 3, 0, 0, more));
    GAN_TRY(resolve_output(node, weight->rank == 3, x.shape, &w, more));
    if (!gan_checked_multiply(weight->dims[1], w.groups, &filters))
        return gan_fail(GAN_ERROR_OVERFLOW, "the number of its filters overflows");
    GAN_TRY(conv_bias(import, node, filters, &bias));
    gan_layer *layer = gan_layer_conv_transpose2d(
        import->context, filters,
        GAN_CONV_TRANSPOSE2D(.kernel = {w.kernel[0], w.kernel[1]}, .stride = {w.stride[0], w.stride[1]},
                             .padding = GAN_PADDING_EXPLICIT, .pads = {w.pads[0], w.pads[1], w.pads[2], w.pads[3]},
                             .output_padding = {more[0], more[1]}, .no_bias = bias == NULL,
                             .dilation = {w.dilation[0], w.dilation[1]}, .groups = w.groups));
    GAN_TRY(gan_import_emit_one(import, node, layer, &x));
    add_weight_and_bias(import, weight, bias);
    return as_row(import, node, weight->rank == 3);
}
