/* Activations and other functions of values, as ONNX operators. */
#include "onnx/write/write.h"

static gan_status write_function(gan_onnx_graph_writer *w, const char *operator, gan_onnx_attributes attributes)
{
    gan_onnx_finish(w, operator, GAN_ONNX_VALUES(gan_onnx_input(w, 0)), attributes);
    return GAN_OK;
}

static float number_of(const gan_onnx_graph_writer *w, const char *option)
{
    return gan_layer_get_number(gan_onnx_layer(w)->layer, option);
}

gan_status gan_onnx_write_leaky_relu(gan_onnx_graph_writer *w)
{
    return write_function(w, "LeakyRelu",
                          GAN_ONNX_ATTRIBUTES(GAN_ONNX_REAL_ATTRIBUTE("alpha", number_of(w, "slope"))));
}

gan_status gan_onnx_write_relu(gan_onnx_graph_writer *w)
{
    return write_function(w, "Relu", GAN_ONNX_NO_ATTRIBUTES);
}

gan_status gan_onnx_write_tanh(gan_onnx_graph_writer *w)
{
    return write_function(w, "Tanh", GAN_ONNX_NO_ATTRIBUTES);
}

gan_status gan_onnx_write_sigmoid(gan_onnx_graph_writer *w)
{
    return write_function(w, "Sigmoid", GAN_ONNX_NO_ATTRIBUTES);
}

gan_status gan_onnx_write_softplus(gan_onnx_graph_writer *w)
{
    return write_function(w, "Softplus", GAN_ONNX_NO_ATTRIBUTES);
}

gan_status gan_onnx_write_elu(gan_onnx_graph_writer *w)
{
    return write_function(w, "Elu", GAN_ONNX_ATTRIBUTES(GAN_ONNX_REAL_ATTRIBUTE("alpha", number_of(w, "alpha"))));
}

gan_status gan_onnx_write_silu(gan_onnx_graph_writer *w)
{
    const gan_onnx_value x = gan_onnx_input(w, 0);
    const gan_onnx_value gate = gan_onnx_add(w, "Sigmoid", GAN_ONNX_VALUES(x), GAN_ONNX_NO_ATTRIBUTES);
    gan_onnx_finish(w, "Mul", GAN_ONNX_VALUES(x, gate), GAN_ONNX_NO_ATTRIBUTES);
    return GAN_OK;
}

gan_status gan_onnx_write_gelu(gan_onnx_graph_writer *w)
{
    const bool approximate = gan_layer_get_bool(gan_onnx_layer(w)->layer, "tanh_approximation");
    return write_function(w, "Gelu",
                          GAN_ONNX_ATTRIBUTES(GAN_ONNX_TEXT_ATTRIBUTE("approximate", approximate ? "tanh" : "none")));
}

gan_status gan_onnx_write_prelu(gan_onnx_graph_writer *w)
{
    const gan_onnx_value slope = gan_onnx_by_channel(w, "weight");
    gan_onnx_finish(w, "PRelu", GAN_ONNX_VALUES(gan_onnx_input(w, 0), slope), GAN_ONNX_NO_ATTRIBUTES);
    return GAN_OK;
}

gan_status gan_onnx_write_softmax(gan_onnx_graph_writer *w)
{
    return write_function(w, "Softmax", GAN_ONNX_ATTRIBUTES(GAN_ONNX_INT_ATTRIBUTE("axis", 1)));
}

gan_status gan_onnx_write_log_sum_exp(gan_onnx_graph_writer *w)
{
    const int64_t axis = 1;
    const gan_onnx_value x = gan_onnx_input(w, 0);
    if (w->opset < 18) {
        gan_onnx_finish(w, "ReduceLogSumExp", GAN_ONNX_VALUES(x),
                        GAN_ONNX_ATTRIBUTES(GAN_ONNX_INTS_ATTRIBUTE("axes", &axis, 1)));
    } else {
        const gan_onnx_value axes = gan_onnx_ints(w, "axes", &axis, 1);
        gan_onnx_finish(w, "ReduceLogSumExp", GAN_ONNX_VALUES(x, axes), GAN_ONNX_NO_ATTRIBUTES);
    }
    return GAN_OK;
}
