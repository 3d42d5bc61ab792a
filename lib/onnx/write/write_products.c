/* Layers that multiply, as ONNX operators. */
#include "onnx/write/write.h"

gan_status gan_onnx_write_dense(gan_onnx_graph_writer *w)
{
    const gan_onnx_value x = gan_onnx_input(w, 0), weight = gan_onnx_tensor_of(w, "weight");
    const gan_onnx_attributes attributes = GAN_ONNX_ATTRIBUTES(GAN_ONNX_INT_ATTRIBUTE("transB", 1));
    if (gan_onnx_has_tensor(w, "bias")) {
        gan_onnx_finish(w, "Gemm", GAN_ONNX_VALUES(x, weight, gan_onnx_tensor_of(w, "bias")), attributes);
    } else {
        gan_onnx_finish(w, "Gemm", GAN_ONNX_VALUES(x, weight), attributes);
    }
    return GAN_OK;
}

/* ---- Convolutions --------------------------------------------------------------------------------------------- */

static gan_onnx_values convolution_inputs(gan_onnx_graph_writer *w, gan_onnx_value values[3])
{
    values[0] = gan_onnx_input(w, 0);
    values[1] = gan_onnx_tensor_of(w, "weight");
    if (!gan_onnx_has_tensor(w, "bias")) return (gan_onnx_values){values, 2};
    values[2] = gan_onnx_tensor_of(w, "bias");
    return (gan_onnx_values){values, 3};
}

static void write_convolution(gan_onnx_graph_writer *w, const char *operator, bool is_transposed)
{
    const gan_layer *layer = gan_onnx_layer(w)->layer;
    int64_t kernel[2], stride[2], dilation[2], groups, pads[4], output_padding[2];
    gan_onnx_value inputs[3];
    gan_layer_get_ints(layer, "kernel", kernel);
    gan_layer_get_ints(layer, "stride", stride);
    gan_layer_get_ints(layer, "dilation", dilation);
    gan_layer_get_ints(layer, "groups", &groups);
    gan_conv2d_get_padding(layer, gan_onnx_input_shape(w, 0), pads, output_padding);
    const int64_t onnx_pads[4] = {pads[0], pads[2], pads[1], pads[3]}; /* top, left, bottom, right */
    const gan_onnx_attribute_value attributes[] = {
        GAN_ONNX_INTS_ATTRIBUTE("dilations", dilation, 2),
        GAN_ONNX_INT_ATTRIBUTE("group", groups),
        GAN_ONNX_INTS_ATTRIBUTE("kernel_shape", kernel, 2),
        GAN_ONNX_INTS_ATTRIBUTE("pads", onnx_pads, 4),
        GAN_ONNX_INTS_ATTRIBUTE("strides", stride, 2),
        GAN_ONNX_INTS_ATTRIBUTE("output_padding", output_padding, 2),
    };
    const gan_onnx_values values = convolution_inputs(w, inputs);
    gan_onnx_finish(w, operator, values, (gan_onnx_attributes){attributes, is_transposed ? 6 : 5});
}

gan_status gan_onnx_write_conv2d(gan_onnx_graph_writer *w)
{
    write_convolution(w, "Conv", false);
    return GAN_OK;
}

gan_status gan_onnx_write_conv_transpose2d(gan_onnx_graph_writer *w)
{
    write_convolution(w, "ConvTranspose", true);
    return GAN_OK;
}

/* ---- Products of activations ---------------------------------------------------------------------------------- */

gan_status gan_onnx_write_inner_product(gan_onnx_graph_writer *w)
{
    const gan_onnx_value a = gan_onnx_input(w, 0), b = gan_onnx_input(w, 1);
    gan_onnx_value products = gan_onnx_add(w, "Mul", GAN_ONNX_VALUES(a, b), GAN_ONNX_NO_ATTRIBUTES);
    if (gan_onnx_input_shape(w, 0).rank > 1) {
        products = gan_onnx_add(w, "Flatten", GAN_ONNX_VALUES(products),
                                GAN_ONNX_ATTRIBUTES(GAN_ONNX_INT_ATTRIBUTE("axis", 1)));
    }
    const gan_onnx_value axes = gan_onnx_ints(w, "axes", (int64_t[]){1}, 1);
    gan_onnx_finish(w, "ReduceSum", GAN_ONNX_VALUES(products, axes), GAN_ONNX_NO_ATTRIBUTES);
    return GAN_OK;
}

/* The second input, if it is smaller, is a value for each channel, or one. */
gan_status gan_onnx_write_multiply(gan_onnx_graph_writer *w)
{
    const gan_shape first = gan_onnx_input_shape(w, 0), second = gan_onnx_input_shape(w, 1);
    const gan_onnx_value a = gan_onnx_input(w, 0);
    gan_onnx_value b = gan_onnx_input(w, 1);
    if (!gan_shape_equal(first, second) && first.rank > 1) {
        int64_t dims[GAN_MAX_RANK + 1] = {0, second.dims[0]};
        for (int i = 2; i <= first.rank; i++) dims[i] = 1;
        b = gan_onnx_reshape(w, "shape", b, dims, first.rank + 1);
    }
    gan_onnx_finish(w, "Mul", GAN_ONNX_VALUES(a, b), GAN_ONNX_NO_ATTRIBUTES);
    return GAN_OK;
}

/* ---- Attention ------------------------------------------------------------------------------------------------ */

static gan_onnx_value transpose(gan_onnx_graph_writer *w, gan_onnx_value x)
{
    static const int64_t order[3] = {0, 2, 1};
    return gan_onnx_add(w, "Transpose", GAN_ONNX_VALUES(x),
                        GAN_ONNX_ATTRIBUTES(GAN_ONNX_INTS_ATTRIBUTE("perm", order, 3)));
}

/* An input as (batch, channels, pixels), or with rows in place of images, (batch, rows, channels). */
static gan_onnx_value matrix(gan_onnx_graph_writer *w, int k, const char *name)
{
    const gan_shape shape = gan_onnx_input_shape(w, k);
    const gan_onnx_value x = gan_onnx_input(w, k);
    return shape.rank == 3 ? gan_onnx_reshape(w, name, x, (int64_t[]){0, shape.dims[0], -1}, 3) : x;
}

gan_status gan_onnx_write_attention(gan_onnx_graph_writer *w)
{
    const bool is_image = gan_onnx_input_shape(w, 0).rank == 3;
    const gan_onnx_value scale = gan_onnx_float(w, "scale", gan_layer_get_number(gan_onnx_layer(w)->layer, "scale"));
    const gan_onnx_value q = matrix(w, 0, "query_shape"), k = matrix(w, 1, "key_shape");
    const gan_onnx_value turned = transpose(w, is_image ? q : k);
    gan_onnx_value p = gan_onnx_add(w, "MatMul", is_image ? GAN_ONNX_VALUES(turned, k) : GAN_ONNX_VALUES(q, turned),
                                    GAN_ONNX_NO_ATTRIBUTES);
    p = gan_onnx_add(w, "Mul", GAN_ONNX_VALUES(p, scale), GAN_ONNX_NO_ATTRIBUTES);
    p = gan_onnx_add(w, "Softmax", GAN_ONNX_VALUES(p), GAN_ONNX_ATTRIBUTES(GAN_ONNX_INT_ATTRIBUTE("axis", 2)));
    const gan_onnx_value v = matrix(w, 2, "value_shape");
    if (!is_image) {
        gan_onnx_finish(w, "MatMul", GAN_ONNX_VALUES(p, v), GAN_ONNX_NO_ATTRIBUTES);
        return GAN_OK;
    }
    p = transpose(w, p);
    const gan_onnx_value y = gan_onnx_add(w, "MatMul", GAN_ONNX_VALUES(v, p), GAN_ONNX_NO_ATTRIBUTES);
    const gan_onnx_value shape = gan_onnx_shape(w, "shape", gan_onnx_layer(w)->output);
    gan_onnx_finish(w, "Reshape", GAN_ONNX_VALUES(y, shape), GAN_ONNX_NO_ATTRIBUTES);
    return GAN_OK;
}

/* ---- Rows of tables ------------------------------------------------------------------------------------------- */

gan_status gan_onnx_write_embedding(gan_onnx_graph_writer *w)
{
    const gan_onnx_value numbers = gan_onnx_classes(w, gan_onnx_input(w, 0));
    gan_onnx_finish(w, "Gather", GAN_ONNX_VALUES(gan_onnx_tensor_of(w, "weight"), numbers), GAN_ONNX_NO_ATTRIBUTES);
    return GAN_OK;
}

gan_status gan_onnx_write_one_hot(gan_onnx_graph_writer *w)
{
    const gan_onnx_value numbers = gan_onnx_classes(w, gan_onnx_input(w, 0));
    const gan_onnx_value depth = gan_onnx_int(w, "classes", gan_onnx_layer(w)->output.dims[0]);
    const gan_onnx_value values = gan_onnx_floats(w, "off_on", (const float[]){0, 1}, 2);
    gan_onnx_finish(w, "OneHot", GAN_ONNX_VALUES(numbers, depth, values), GAN_ONNX_NO_ATTRIBUTES);
    return GAN_OK;
}

/* The input says how often the weight is repeated. */
gan_status gan_onnx_write_constant(gan_onnx_graph_writer *w)
{
    const gan_shape shape = gan_onnx_layer(w)->output;
    const gan_onnx_value weight = gan_onnx_tensor_of(w, "weight");
    const gan_onnx_value batch =
        gan_onnx_add(w, "Shape", GAN_ONNX_VALUES(gan_onnx_input(w, 0)),
                     GAN_ONNX_ATTRIBUTES(GAN_ONNX_INT_ATTRIBUTE("end", 1), GAN_ONNX_INT_ATTRIBUTE("start", 0)));
    const gan_onnx_value sample = gan_onnx_ints(w, "shape", shape.dims, shape.rank);
    const gan_onnx_value dims = gan_onnx_add(w, "Concat", GAN_ONNX_VALUES(batch, sample),
                                             GAN_ONNX_ATTRIBUTES(GAN_ONNX_INT_ATTRIBUTE("axis", 0)));
    gan_onnx_finish(w, "Expand", GAN_ONNX_VALUES(weight, dims), GAN_ONNX_NO_ATTRIBUTES);
    return GAN_OK;
}
