/* Layers that only arrange or pass on their input, as ONNX operators. */
#include "onnx/write/write.h"

/* The graph has it as an input. */
gan_status gan_onnx_write_input(gan_onnx_graph_writer *w)
{
    (void)w;
    return GAN_OK;
}

static gan_status write_identity(gan_onnx_graph_writer *w)
{
    gan_onnx_finish(w, "Identity", GAN_ONNX_VALUES(gan_onnx_input(w, 0)), GAN_ONNX_NO_ATTRIBUTES);
    return GAN_OK;
}

gan_status gan_onnx_write_gradient_reversal(gan_onnx_graph_writer *w)
{
    return write_identity(w);
}

gan_status gan_onnx_write_gaussian_noise(gan_onnx_graph_writer *w)
{
    return write_identity(w);
}

/* In sampling, the mean. */
gan_status gan_onnx_write_gaussian_sample(gan_onnx_graph_writer *w)
{
    return write_identity(w);
}

gan_status gan_onnx_write_dropout(gan_onnx_graph_writer *w)
{
    const gan_layer *layer = gan_onnx_layer(w)->layer;
    if (!gan_layer_get_bool(layer, "in_sampling") || gan_layer_get_number(layer, "rate") <= 0)
        return write_identity(w);
    return gan_fail(GAN_ERROR_UNSUPPORTED,
                    "in_sampling is set, and ONNX has no random numbers that belong to a sample; "
                    "no_dropout leaves it out");
}

gan_status gan_onnx_write_flatten(gan_onnx_graph_writer *w)
{
    gan_onnx_finish(w, "Flatten", GAN_ONNX_VALUES(gan_onnx_input(w, 0)),
                    GAN_ONNX_ATTRIBUTES(GAN_ONNX_INT_ATTRIBUTE("axis", 1)));
    return GAN_OK;
}

gan_status gan_onnx_write_reshape(gan_onnx_graph_writer *w)
{
    const gan_onnx_value shape = gan_onnx_shape(w, "shape", gan_onnx_layer(w)->output);
    gan_onnx_finish(w, "Reshape", GAN_ONNX_VALUES(gan_onnx_input(w, 0), shape), GAN_ONNX_NO_ATTRIBUTES);
    return GAN_OK;
}

/* An option that is an axis of a sample, in a batch. */
static int64_t axis_of(const gan_onnx_graph_writer *w)
{
    int64_t axis;
    gan_layer_get_ints(gan_onnx_layer(w)->layer, "axis", &axis);
    return axis + 1;
}

gan_status gan_onnx_write_concat(gan_onnx_graph_writer *w)
{
    gan_context *context = w->model->context;
    const int count = gan_onnx_layer(w)->input_count;
    gan_onnx_value *values = gan_allocate_array(context, count, sizeof(*values));
    if (!values) return GAN_ERROR_MEMORY;
    for (int k = 0; k < count; k++) values[k] = gan_onnx_input(w, k);
    gan_onnx_finish(w, "Concat", (gan_onnx_values){values, count},
                    GAN_ONNX_ATTRIBUTES(GAN_ONNX_INT_ATTRIBUTE("axis", axis_of(w))));
    gan_release(context, values, (size_t)count * sizeof(*values));
    return GAN_OK;
}

gan_status gan_onnx_write_slice(gan_onnx_graph_writer *w)
{
    int64_t start, axis = axis_of(w);
    gan_layer_get_ints(gan_onnx_layer(w)->layer, "start", &start);
    const int64_t end = start + gan_onnx_layer(w)->output.dims[axis - 1];
    const gan_onnx_value starts = gan_onnx_ints(w, "starts", &start, 1), ends = gan_onnx_ints(w, "ends", &end, 1);
    const gan_onnx_value axes = gan_onnx_ints(w, "axes", &axis, 1);
    gan_onnx_finish(w, "Slice", GAN_ONNX_VALUES(gan_onnx_input(w, 0), starts, ends, axes), GAN_ONNX_NO_ATTRIBUTES);
    return GAN_OK;
}

/* In the order of the inputs, since sums are rounded. */
gan_status gan_onnx_write_add(gan_onnx_graph_writer *w)
{
    const int count = gan_onnx_layer(w)->input_count;
    gan_onnx_value sum = gan_onnx_input(w, 0);
    for (int k = 1; k < count - 1; k++)
        sum = gan_onnx_add(w, "Add", GAN_ONNX_VALUES(sum, gan_onnx_input(w, k)), GAN_ONNX_NO_ATTRIBUTES);
    gan_onnx_finish(w, "Add", GAN_ONNX_VALUES(sum, gan_onnx_input(w, count - 1)), GAN_ONNX_NO_ATTRIBUTES);
    return GAN_OK;
}
