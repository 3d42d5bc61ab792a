/* Layers of images: enlarging, pooling, padding. */
#include "onnx/operators/operators.h"

/* ---- Resize --------------------------------------------------------------------------------------------------- */

/* How many times an image is enlarged: by the scales, or by the sizes of the output. */
static gan_status read_factors(gan_import *import, const gan_import_node *node, gan_shape image, int64_t out[2])
{
    const bool is_old = node->input_count == 2; /* Upsample, and Resize of opset 10: x, scales */
    const int64_t at = is_old ? 1 : 2;
    const gan_import_attribute *attribute = gan_import_find(node, "scales");
    gan_import_tensor *tensor = NULL;
    const float *scales = attribute ? attribute->floats : NULL;
    const int64_t *sizes = NULL;
    int64_t count = attribute ? attribute->float_count : 0;

    if (!scales && gan_import_has(node, at) &&
        !(gan_import_is_constant(node, at) && node->in[at]->tensor->count == 0)) {
        GAN_TRY(gan_import_floats(import, node, at, &tensor, &scales));
        count = tensor->count;
    } else if (!scales) {
        GAN_TRY(gan_import_ints(import, node, 3, &tensor, &sizes));
        count = tensor->count;
    }
    if (count != 4 && count != 2) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "it has %lld scales or sizes, expected 4, of images",
                        (long long)count);
    }
    const int64_t first = count - 2;
    for (int64_t i = 0; scales && i < first; i++) {
        if (scales[i] != 1.0f) return gan_fail(GAN_ERROR_UNSUPPORTED, "it resizes the batch or the channels");
    }
    if (sizes && first == 2 && sizes[1] != image.dims[0])
        return gan_fail(GAN_ERROR_UNSUPPORTED, "it resizes the channels");
    for (int64_t i = 0; i < 2; i++) {
        const int64_t side = image.dims[1 + i];
        const float scale = scales ? scales[first + i] : 0.0f;
        out[i] = sizes ? sizes[first + i] / side : scale >= 1.0f && scale < 1e6f ? (int64_t)scale : 0;
        const bool is_whole = sizes ? out[i] > 0 && out[i] * side == sizes[first + i] : (float)out[i] == scale;
        if (is_whole && out[i] >= 1) continue;
        if (sizes) {
            return gan_fail(GAN_ERROR_UNSUPPORTED,
                            "it resizes a side of %lld to %lld; only whole factors are "
                            "supported",
                            (long long)side, (long long)sizes[first + i]);
        }
        return gan_fail(GAN_ERROR_UNSUPPORTED, "it scales by %g; only whole factors are supported", (double)scale);
    }
    return GAN_OK;
}

/* Which pixels are read: the layer repeats pixels, or weights them by the distance from their centres. */
static gan_status read_interpolation(const gan_import_node *node, gan_interpolation *out)
{
    const bool is_upsample = strcmp(node->type, "Upsample") == 0 || node->input_count == 2;
    const char *mode = gan_import_word(node, "mode", "nearest");
    const char *place =
        gan_import_word(node, "coordinate_transformation_mode", is_upsample ? "asymmetric" : "half_pixel");
    const char *round = gan_import_word(node, "nearest_mode", is_upsample ? "floor" : "round_prefer_floor");
    const bool is_half = strcmp(place, "half_pixel") == 0 || strcmp(place, "pytorch_half_pixel") == 0;

    if (strcmp(mode, "nearest") == 0) {
        *out = GAN_INTERPOLATION_NEAREST;
        if (is_half && strncmp(round, "round_", 6) == 0) return GAN_OK;
        if (strcmp(place, "asymmetric") == 0 && strcmp(round, "floor") == 0) return GAN_OK;
        return gan_fail(GAN_ERROR_UNSUPPORTED,
                        "its attributes 'coordinate_transformation_mode' and 'nearest_mode' are "
                        "'%.32s' and '%.32s', which do not repeat each pixel",
                        place, round);
    }
    *out = GAN_INTERPOLATION_BILINEAR;
    if (strcmp(mode, "linear") != 0 && strcmp(mode, "bilinear") != 0) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its attribute 'mode' is '%.32s', expected 'nearest' or 'linear'",
                        mode);
    }
    if (is_half) return GAN_OK;
    return gan_fail(GAN_ERROR_UNSUPPORTED,
                    "its attribute 'coordinate_transformation_mode' is '%.32s'; only "
                    "'half_pixel' is supported",
                    place);
}

gan_status gan_import_resize(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;
    gan_interpolation interpolation = GAN_INTERPOLATION_NEAREST;
    int64_t factor[2];

    GAN_TRY(gan_import_image(node, 0, &x));
    GAN_TRY(gan_import_want_integer(node, "antialias", 0, 0));
    GAN_TRY(gan_import_want_word(node, "keep_aspect_ratio_policy", "stretch", "stretch"));
    if (gan_import_find(node, "axes")) {
        int64_t axes[2];
        GAN_TRY(gan_import_list(node, "axes", 2, 0, axes));
        if (axes[0] != 2 || axes[1] != 3)
            return gan_fail(GAN_ERROR_UNSUPPORTED, "its attribute 'axes' is not 2 and 3, height and width");
    }
    GAN_TRY(read_interpolation(node, &interpolation));
    GAN_TRY(read_factors(import, node, x->shape, factor));
    gan_layer *layer = gan_layer_upsample2d(
        import->context, GAN_UPSAMPLE2D(.factor = {factor[0], factor[1]}, .interpolation = interpolation));
    return gan_import_emit_one(import, node, layer, x);
}

gan_status gan_import_depth_to_space(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;

    GAN_TRY(gan_import_image(node, 0, &x));
    GAN_TRY(gan_import_want_word(node, "mode", "DCR", "CRD"));
    return gan_import_emit_one(import, node,
                               gan_layer_pixel_shuffle(import->context, gan_import_integer(node, "blocksize", 0)), x);
}

/* ---- Pooling -------------------------------------------------------------------------------------------------- */

gan_status gan_import_auto_pad(const gan_import_node *node, gan_shape image, const int64_t kernel[2],
                               const int64_t stride[2], const int64_t dilation[2], int64_t pads[4])
{
    const char *word = gan_import_word(node, "auto_pad", "NOTSET");
    const bool is_upper = strcmp(word, "SAME_UPPER") == 0;

    if (strcmp(word, "NOTSET") == 0) return GAN_OK;
    if (strcmp(word, "VALID") == 0) {
        for (int i = 0; i < 4; i++) pads[i] = 0;
        return GAN_OK;
    }
    if (!is_upper && strcmp(word, "SAME_LOWER") != 0)
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its attribute 'auto_pad' is '%.32s'", word);
    for (int i = 0; i < 2; i++) {
        const int64_t size = image.dims[1 + i];
        const int64_t reach = (kernel[i] - 1) * dilation[i] + 1, last = (size - 1) / stride[i] * stride[i];
        const int64_t total = last + reach > size ? last + reach - size : 0;
        pads[2 * i] = is_upper ? total / 2 : total - total / 2;
        pads[2 * i + 1] = total - pads[2 * i];
    }
    return GAN_OK;
}

/* With ceil_mode, the pads below and right reach as far as a last window that begins in the image, or in the pads
 * above and left, needs. */
static gan_status apply_ceil(const gan_import_node *node, gan_shape image, const int64_t kernel[2],
                             const int64_t stride[2], int64_t pads[4])
{
    if (gan_import_integer(node, "ceil_mode", 0) == 0) return GAN_OK;
    for (int i = 0; i < 2; i++) {
        const int64_t size = image.dims[1 + i], room = size + pads[2 * i] + pads[2 * i + 1];
        if (room < kernel[i]) return gan_fail(GAN_ERROR_SHAPE, "its kernel is larger than its input");
        const int64_t over = (room - kernel[i]) % stride[i];
        if (over == 0 || room - kernel[i] - over + stride[i] >= size + pads[2 * i]) continue;
        pads[2 * i + 1] += stride[i] - over;
    }
    return GAN_OK;
}

/* Zeros around the image, which count as values. */
static gan_status average_pool(gan_import *import, const gan_import_node *node, const gan_import_value *x,
                               const int64_t kernel[2], const int64_t stride[2], const int64_t pads[4])
{
    gan_import_value image = *x;
    const bool is_padded = pads[0] || pads[1] || pads[2] || pads[3];

    if (is_padded) {
        GAN_TRY(gan_import_want_integer(node, "count_include_pad", 0, 1));
        GAN_TRY(gan_import_emit(
            import, node, gan_layer_pad2d(import->context, GAN_PAD2D(.pads = {pads[0], pads[1], pads[2], pads[3]})),
            1, &x, &image));
    }
    gan_layer *layer = gan_layer_avg_pool2d(
        import->context, GAN_AVG_POOL2D(.kernel = {kernel[0], kernel[1]}, .stride = {stride[0], stride[1]}));
    return gan_import_emit_one(import, node, layer, &image);
}

/* Where pads differ at opposite sides, or exceed half the kernel, the image's border is repeated instead: a window
 * that has such a value has the border's too, so that it changes no largest one. */
static gan_status largest_pool(gan_import *import, const gan_import_node *node, const gan_import_value *x,
                               const int64_t kernel[2], const int64_t stride[2], const int64_t pads[4])
{
    gan_import_value image = *x;
    const bool is_even =
        pads[0] == pads[1] && pads[2] == pads[3] && pads[0] <= kernel[0] / 2 && pads[2] <= kernel[1] / 2;

    for (int i = 0; i < 4; i++) {
        if (pads[i] >= kernel[i / 2]) return gan_fail(GAN_ERROR_UNSUPPORTED, "its pads are not less than its kernel");
    }
    if (!is_even) {
        gan_layer *padding = gan_layer_pad2d(
            import->context, GAN_PAD2D(.pads = {pads[0], pads[1], pads[2], pads[3]}, .mode = GAN_PAD_REPLICATION));
        GAN_TRY(gan_import_emit(import, node, padding, 1, &x, &image));
    }
    gan_layer *layer = gan_layer_max_pool2d(
        import->context, GAN_MAX_POOL2D(.kernel = {kernel[0], kernel[1]}, .stride = {stride[0], stride[1]},
                                        .pads = {is_even ? pads[0] : 0, is_even ? pads[2] : 0}));
    return gan_import_emit_one(import, node, layer, &image);
}

/* AveragePool and MaxPool. */
gan_status gan_import_pool(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;
    const bool is_average = strcmp(node->type, "AveragePool") == 0;
    int64_t kernel[2], stride[2], given[4], dilation[2];

    GAN_TRY(gan_import_image(node, 0, &x));
    GAN_TRY(gan_import_sizes(node, "kernel_shape", 2, 0, kernel));
    GAN_TRY(gan_import_sizes(node, "strides", 2, 1, stride));
    GAN_TRY(gan_import_list(node, "pads", 4, 0, given));
    GAN_TRY(gan_import_list(node, "dilations", 2, 1, dilation));
    if (dilation[0] != 1 || dilation[1] != 1)
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its attribute 'dilations' is not 1");
    for (int i = 0; i < 4; i++) {
        if (given[i] < 0 || given[i] > INT32_MAX)
            return gan_fail(GAN_ERROR_UNSUPPORTED, "its attribute 'pads' has %lld", (long long)given[i]);
    }
    int64_t pads[4] = {given[0], given[2], given[1], given[3]}; /* top, bottom, left, right */
    GAN_TRY(gan_import_auto_pad(node, x->shape, kernel, stride, dilation, pads));
    const int64_t bottom = pads[1], right = pads[3];
    GAN_TRY(apply_ceil(node, x->shape, kernel, stride, pads));
    if (is_average && (pads[1] != bottom || pads[3] != right)) {
        return gan_fail(GAN_ERROR_UNSUPPORTED,
                        "its attribute 'ceil_mode' is 1, and its last windows reach beyond its "
                        "input; means are supported over whole windows only");
    }
    if (!is_average) GAN_TRY(gan_import_want_integer(node, "storage_order", 0, 0));
    return is_average ? average_pool(import, node, x, kernel, stride, pads)
                      : largest_pool(import, node, x, kernel, stride, pads);
}

gan_status gan_import_global_pool(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;

    GAN_TRY(gan_import_image(node, 0, &x));
    const int64_t height = x->shape.dims[1], width = x->shape.dims[2];
    if (strcmp(node->type, "GlobalMaxPool") == 0) {
        return gan_import_emit_one(
            import, node, gan_layer_max_pool2d(import->context, GAN_MAX_POOL2D(.kernel = {height, width})), x);
    }
    return gan_import_emit_one(import, node,
                               gan_layer_avg_pool2d(import->context, GAN_AVG_POOL2D(.kernel = {height, width})), x);
}

/* ---- Pad ------------------------------------------------------------------------------------------------------ */

/* Eight integers, before and after each of the four dimensions of images; as an attribute before opset 11. */
static gan_status read_pad_sizes(gan_import *import, const gan_import_node *node, int64_t out[8])
{
    const gan_import_attribute *attribute = gan_import_find(node, "pads");
    gan_import_tensor *tensor = NULL, *axis_tensor = NULL;
    const int64_t *pads = attribute ? attribute->ints : NULL, *axes = NULL;
    int64_t count = attribute ? attribute->int_count : 0, axis_count = 4;

    if (!attribute) {
        GAN_TRY(gan_import_ints(import, node, 1, &tensor, &pads));
        count = tensor->count;
    }
    if (gan_import_has(node, 3)) {
        GAN_TRY(gan_import_ints(import, node, 3, &axis_tensor, &axes));
        axis_count = axis_tensor->count;
    }
    if (axis_count > 4 || count != 2 * axis_count)
        return gan_fail(GAN_ERROR_UNSUPPORTED, "it has %lld pads, expected 8, of images", (long long)count);
    for (int i = 0; i < 8; i++) out[i] = 0;
    for (int64_t i = 0; i < axis_count; i++) {
        const int64_t axis = !axes ? i : axes[i] < 0 ? axes[i] + 4 : axes[i];
        if (axis < 0 || axis > 3) return gan_fail(GAN_ERROR_FORMAT, "it pads axis %lld", (long long)axes[i]);
        out[axis] = pads[i];
        out[axis + 4] = pads[i + axis_count];
    }
    if (out[0] == 0 && out[1] == 0 && out[4] == 0 && out[5] == 0) return GAN_OK;
    return gan_fail(GAN_ERROR_UNSUPPORTED, "it pads the batch or the channels");
}

gan_status gan_import_pad(gan_import *import, const gan_import_node *node)
{
    const gan_import_value *x = NULL;
    const char *word = gan_import_word(node, "mode", "constant");
    gan_pad_mode mode = GAN_PAD_ZERO;
    float value = gan_import_number(node, "value", 0.0f);
    int64_t pads[8];

    GAN_TRY(gan_import_image(node, 0, &x));
    GAN_TRY(read_pad_sizes(import, node, pads));
    if (strcmp(word, "reflect") == 0) {
        mode = GAN_PAD_REFLECTION;
    } else if (strcmp(word, "edge") == 0) {
        mode = GAN_PAD_REPLICATION;
    } else if (strcmp(word, "constant") != 0) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its attribute 'mode' is '%.32s'", word);
    }
    if (gan_import_has(node, 2) && !gan_import_scalar(import, node->in[2], &value))
        return gan_fail(GAN_ERROR_UNSUPPORTED, "the value that it pads with is not a constant");
    if (mode == GAN_PAD_ZERO && value != 0.0f)
        return gan_fail(GAN_ERROR_UNSUPPORTED, "it pads with %g; only 0 is supported", (double)value);
    if (pads[2] == 0 && pads[3] == 0 && pads[6] == 0 && pads[7] == 0) return gan_import_alias(node, x), GAN_OK;
    gan_layer *layer =
        gan_layer_pad2d(import->context, GAN_PAD2D(.pads = {pads[2], pads[6], pads[3], pads[7]}, .mode = mode));
    return gan_import_emit_one(import, node, layer, x);
}
