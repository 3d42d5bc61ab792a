/* Layers of images, as ONNX operators. */
#include "onnx/write/write.h"

/* Resize takes factors as floats. */
#define MOST_FACTOR (INT64_C(1) << 24)

gan_status gan_onnx_write_upsample2d(gan_onnx_graph_writer *w)
{
    const gan_layer *layer = gan_onnx_layer(w)->layer;
    const gan_onnx_value none = {""};
    int64_t factor[2];
    gan_layer_get_ints(layer, "factor", factor);
    for (int i = 0; i < 2; i++) {
        if (factor[i] <= MOST_FACTOR) continue;
        return gan_fail(GAN_ERROR_UNSUPPORTED, "factor[%d] is %lld, and ONNX's Resize takes at most %lld", i,
                        (long long)factor[i], (long long)MOST_FACTOR);
    }
    const gan_onnx_value scales =
        gan_onnx_floats(w, "scales", (const float[]){1, 1, (float)factor[0], (float)factor[1]}, 4);
    const gan_onnx_values inputs = GAN_ONNX_VALUES(gan_onnx_input(w, 0), none, scales);
    if (gan_layer_get_choice(layer, "interpolation") == GAN_INTERPOLATION_BILINEAR) {
        gan_onnx_finish(w, "Resize", inputs,
                        GAN_ONNX_ATTRIBUTES(GAN_ONNX_TEXT_ATTRIBUTE("coordinate_transformation_mode", "half_pixel"),
                                            GAN_ONNX_TEXT_ATTRIBUTE("mode", "linear")));
    } else {
        gan_onnx_finish(w, "Resize", inputs,
                        GAN_ONNX_ATTRIBUTES(GAN_ONNX_TEXT_ATTRIBUTE("coordinate_transformation_mode", "asymmetric"),
                                            GAN_ONNX_TEXT_ATTRIBUTE("mode", "nearest"),
                                            GAN_ONNX_TEXT_ATTRIBUTE("nearest_mode", "floor")));
    }
    return GAN_OK;
}

gan_status gan_onnx_write_avg_pool2d(gan_onnx_graph_writer *w)
{
    int64_t kernel[2], stride[2];
    gan_layer_get_ints(gan_onnx_layer(w)->layer, "kernel", kernel);
    gan_layer_get_ints(gan_onnx_layer(w)->layer, "stride", stride);
    gan_onnx_finish(w, "AveragePool", GAN_ONNX_VALUES(gan_onnx_input(w, 0)),
                    GAN_ONNX_ATTRIBUTES(GAN_ONNX_INTS_ATTRIBUTE("kernel_shape", kernel, 2),
                                        GAN_ONNX_INTS_ATTRIBUTE("strides", stride, 2)));
    return GAN_OK;
}

gan_status gan_onnx_write_max_pool2d(gan_onnx_graph_writer *w)
{
    int64_t kernel[2], stride[2], pads[2];
    gan_layer_get_ints(gan_onnx_layer(w)->layer, "kernel", kernel);
    gan_layer_get_ints(gan_onnx_layer(w)->layer, "stride", stride);
    gan_layer_get_ints(gan_onnx_layer(w)->layer, "pads", pads);
    const int64_t onnx_pads[4] = {pads[0], pads[1], pads[0], pads[1]};
    gan_onnx_finish(w, "MaxPool", GAN_ONNX_VALUES(gan_onnx_input(w, 0)),
                    GAN_ONNX_ATTRIBUTES(GAN_ONNX_INTS_ATTRIBUTE("kernel_shape", kernel, 2),
                                        GAN_ONNX_INTS_ATTRIBUTE("pads", onnx_pads, 4),
                                        GAN_ONNX_INTS_ATTRIBUTE("strides", stride, 2)));
    return GAN_OK;
}

gan_status gan_onnx_write_pad2d(gan_onnx_graph_writer *w)
{
    static const char *const modes[] = {
        [GAN_PAD_ZERO] = "constant", [GAN_PAD_REFLECTION] = "reflect", [GAN_PAD_REPLICATION] = "edge"};
    const gan_layer *layer = gan_onnx_layer(w)->layer;
    int64_t pads[4]; /* top, bottom, left, right */
    gan_layer_get_ints(layer, "pads", pads);
    const gan_onnx_value both =
        gan_onnx_ints(w, "pads", (const int64_t[]){0, 0, pads[0], pads[2], 0, 0, pads[1], pads[3]}, 8);
    const char *mode = modes[gan_layer_get_choice(layer, "mode")];
    gan_onnx_finish(w, "Pad", GAN_ONNX_VALUES(gan_onnx_input(w, 0), both),
                    GAN_ONNX_ATTRIBUTES(GAN_ONNX_TEXT_ATTRIBUTE("mode", mode)));
    return GAN_OK;
}

gan_status gan_onnx_write_pixel_shuffle(gan_onnx_graph_writer *w)
{
    int64_t factor;
    gan_layer_get_ints(gan_onnx_layer(w)->layer, "factor", &factor);
    gan_onnx_finish(
        w, "DepthToSpace", GAN_ONNX_VALUES(gan_onnx_input(w, 0)),
        GAN_ONNX_ATTRIBUTES(GAN_ONNX_INT_ATTRIBUTE("blocksize", factor), GAN_ONNX_TEXT_ATTRIBUTE("mode", "CRD")));
    return GAN_OK;
}
