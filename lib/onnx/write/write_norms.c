/* Layers that normalise or compare, as ONNX operators. */
#include "onnx/write/write.h"

static gan_onnx_attribute_value epsilon_of(const gan_onnx_graph_writer *w)
{
    return (gan_onnx_attribute_value)GAN_ONNX_REAL_ATTRIBUTE(
        "epsilon", gan_layer_get_number(gan_onnx_layer(w)->layer, "epsilon"));
}

/* Scale and shift of a normalisation: the layer's, or 1 and 0. */
typedef struct affine {
    gan_onnx_value scale, shift;
} affine;

static affine no_affine(gan_onnx_graph_writer *w, gan_shape shape)
{
    affine a;
    a.scale = gan_onnx_filled(w, "ones_shape", shape, 1);
    a.shift = gan_onnx_filled(w, "zeros_shape", shape, 0);
    return a;
}

static affine affine_of(gan_onnx_graph_writer *w, gan_shape shape)
{
    if (!gan_onnx_has_tensor(w, "weight")) return no_affine(w, shape);
    return (affine){gan_onnx_tensor_of(w, "weight"), gan_onnx_tensor_of(w, "bias")};
}

/* ---- Over the batch ------------------------------------------------------------------------------------------- */

static gan_onnx_values batch_norm_inputs(const gan_onnx_graph_writer *w, affine a, gan_onnx_value values[5])
{
    values[0] = gan_onnx_input(w, 0);
    values[1] = a.scale;
    values[2] = a.shift;
    values[3] = gan_onnx_tensor_of(w, "running_mean");
    values[4] = gan_onnx_tensor_of(w, "running_var");
    return (gan_onnx_values){values, 5};
}

gan_status gan_onnx_write_batch_norm(gan_onnx_graph_writer *w)
{
    gan_onnx_value values[5];
    const affine a = affine_of(w, GAN_SHAPE(gan_onnx_input_shape(w, 0).dims[0]));
    gan_onnx_finish(w, "BatchNormalization", batch_norm_inputs(w, a, values), GAN_ONNX_ATTRIBUTES(epsilon_of(w)));
    return GAN_OK;
}

/* A tensor's row for each sample's class. */
static gan_onnx_value rows_of_classes(gan_onnx_graph_writer *w, const char *tensor, gan_onnx_value classes)
{
    const gan_shape shape = gan_onnx_input_shape(w, 0);
    const gan_onnx_value rows =
        gan_onnx_add(w, "Gather", GAN_ONNX_VALUES(gan_onnx_tensor_of(w, tensor), classes), GAN_ONNX_NO_ATTRIBUTES);
    const bool is_weight = !strcmp(tensor, "weight");
    if (shape.rank != 3) return rows;
    return gan_onnx_reshape(w, is_weight ? "weight_shape" : "bias_shape", rows, (int64_t[]){0, shape.dims[0], 1, 1},
                            4);
}

gan_status gan_onnx_write_conditional_batch_norm(gan_onnx_graph_writer *w)
{
    gan_onnx_value values[5];
    const affine plain = no_affine(w, GAN_SHAPE(gan_onnx_input_shape(w, 0).dims[0]));
    const gan_onnx_value classes = gan_onnx_classes(w, gan_onnx_input(w, 1));
    gan_onnx_value y = gan_onnx_add(w, "BatchNormalization", batch_norm_inputs(w, plain, values),
                                    GAN_ONNX_ATTRIBUTES(epsilon_of(w)));
    const gan_onnx_value scale = rows_of_classes(w, "weight", classes);
    const gan_onnx_value shift = rows_of_classes(w, "bias", classes);
    y = gan_onnx_add(w, "Mul", GAN_ONNX_VALUES(y, scale), GAN_ONNX_NO_ATTRIBUTES);
    gan_onnx_finish(w, "Add", GAN_ONNX_VALUES(y, shift), GAN_ONNX_NO_ATTRIBUTES);
    return GAN_OK;
}

/* ---- Within a sample ------------------------------------------------------------------------------------------ */

gan_status gan_onnx_write_layer_norm(gan_onnx_graph_writer *w)
{
    const affine a = affine_of(w, gan_onnx_input_shape(w, 0));
    gan_onnx_finish(w, "LayerNormalization", GAN_ONNX_VALUES(gan_onnx_input(w, 0), a.scale, a.shift),
                    GAN_ONNX_ATTRIBUTES(GAN_ONNX_INT_ATTRIBUTE("axis", 1), epsilon_of(w)));
    return GAN_OK;
}

gan_status gan_onnx_write_instance_norm(gan_onnx_graph_writer *w)
{
    const affine a = affine_of(w, GAN_SHAPE(gan_onnx_input_shape(w, 0).dims[0]));
    gan_onnx_finish(w, "InstanceNormalization", GAN_ONNX_VALUES(gan_onnx_input(w, 0), a.scale, a.shift),
                    GAN_ONNX_ATTRIBUTES(epsilon_of(w)));
    return GAN_OK;
}

/* ONNX's GroupNormalization had a scale for each group until opset 21, so a group is the channel of an instance
 * normalisation, as PyTorch exports it. */
gan_status gan_onnx_write_group_norm(gan_onnx_graph_writer *w)
{
    int64_t groups;
    gan_layer_get_ints(gan_onnx_layer(w)->layer, "groups", &groups);
    const affine plain = no_affine(w, GAN_SHAPE(groups));
    gan_onnx_value y = gan_onnx_reshape(w, "groups_shape", gan_onnx_input(w, 0), (int64_t[]){0, groups, -1}, 3);
    y = gan_onnx_add(w, "InstanceNormalization", GAN_ONNX_VALUES(y, plain.scale, plain.shift),
                     GAN_ONNX_ATTRIBUTES(epsilon_of(w)));
    const gan_onnx_value shape = gan_onnx_shape(w, "shape", gan_onnx_layer(w)->output);
    if (!gan_onnx_has_tensor(w, "weight")) {
        gan_onnx_finish(w, "Reshape", GAN_ONNX_VALUES(y, shape), GAN_ONNX_NO_ATTRIBUTES);
        return GAN_OK;
    }
    y = gan_onnx_add(w, "Reshape", GAN_ONNX_VALUES(y, shape), GAN_ONNX_NO_ATTRIBUTES);
    const gan_onnx_value scale = gan_onnx_by_channel(w, "weight"), shift = gan_onnx_by_channel(w, "bias");
    y = gan_onnx_add(w, "Mul", GAN_ONNX_VALUES(y, scale), GAN_ONNX_NO_ATTRIBUTES);
    gan_onnx_finish(w, "Add", GAN_ONNX_VALUES(y, shift), GAN_ONNX_NO_ATTRIBUTES);
    return GAN_OK;
}

gan_status gan_onnx_write_pixel_norm(gan_onnx_graph_writer *w)
{
    const gan_onnx_value x = gan_onnx_input(w, 0);
    const gan_onnx_value epsilon =
        gan_onnx_float(w, "epsilon", gan_layer_get_number(gan_onnx_layer(w)->layer, "epsilon"));
    const gan_onnx_value squares = gan_onnx_add(w, "Mul", GAN_ONNX_VALUES(x, x), GAN_ONNX_NO_ATTRIBUTES);
    const gan_onnx_value mean = gan_onnx_reduce(w, "ReduceMean", squares, 1);
    const gan_onnx_value sum = gan_onnx_add(w, "Add", GAN_ONNX_VALUES(mean, epsilon), GAN_ONNX_NO_ATTRIBUTES);
    const gan_onnx_value root = gan_onnx_add(w, "Sqrt", GAN_ONNX_VALUES(sum), GAN_ONNX_NO_ATTRIBUTES);
    gan_onnx_finish(w, "Div", GAN_ONNX_VALUES(x, root), GAN_ONNX_NO_ATTRIBUTES);
    return GAN_OK;
}

/* ---- Minibatch standard deviation ----------------------------------------------------------------------------- */

/* (batch, batch): the share that a sample has in the mean of another's group, whose samples have the same number
 * divided by the group's size. */
static gan_onnx_value shares_in_groups(gan_onnx_graph_writer *w, gan_onnx_value x)
{
    int64_t size;
    gan_layer_get_ints(gan_onnx_layer(w)->layer, "group", &size);
    const gan_onnx_value zero = gan_onnx_int(w, "zero", 0), one = gan_onnx_int(w, "one", 1);
    const gan_onnx_value group = gan_onnx_int(w, "group", size), first = gan_onnx_ints(w, "first", (int64_t[]){0}, 1);
    const gan_onnx_value second = gan_onnx_ints(w, "second", (int64_t[]){1}, 1);
    const gan_onnx_value dims = gan_onnx_add(w, "Shape", GAN_ONNX_VALUES(x), GAN_ONNX_NO_ATTRIBUTES);
    const gan_onnx_value batch = gan_onnx_add(w, "Gather", GAN_ONNX_VALUES(dims, zero), GAN_ONNX_NO_ATTRIBUTES);
    const gan_onnx_value samples =
        gan_onnx_add(w, "Range", GAN_ONNX_VALUES(zero, batch, one), GAN_ONNX_NO_ATTRIBUTES);
    const gan_onnx_value numbers = gan_onnx_add(w, "Div", GAN_ONNX_VALUES(samples, group), GAN_ONNX_NO_ATTRIBUTES);
    const gan_onnx_value row = gan_onnx_add(w, "Unsqueeze", GAN_ONNX_VALUES(numbers, first), GAN_ONNX_NO_ATTRIBUTES);
    const gan_onnx_value column =
        gan_onnx_add(w, "Unsqueeze", GAN_ONNX_VALUES(numbers, second), GAN_ONNX_NO_ATTRIBUTES);
    const gan_onnx_value same = gan_onnx_add(w, "Equal", GAN_ONNX_VALUES(column, row), GAN_ONNX_NO_ATTRIBUTES);
    const gan_onnx_value weights = gan_onnx_add(w, "Cast", GAN_ONNX_VALUES(same),
                                                GAN_ONNX_ATTRIBUTES(GAN_ONNX_INT_ATTRIBUTE("to", GAN_ONNX_FLOAT)));
    const gan_onnx_value counts =
        gan_onnx_add(w, "ReduceSum", GAN_ONNX_VALUES(weights, second), GAN_ONNX_NO_ATTRIBUTES);
    return gan_onnx_add(w, "Div", GAN_ONNX_VALUES(weights, counts), GAN_ONNX_NO_ATTRIBUTES);
}

/* (batch, 1): the mean over all features of their deviation in the sample's group. */
static gan_onnx_value mean_deviation(gan_onnx_graph_writer *w, gan_onnx_value x)
{
    const gan_onnx_value shares = shares_in_groups(w, x), epsilon = gan_onnx_float(w, "epsilon", 1e-8f);
    const gan_onnx_value flat =
        gan_onnx_add(w, "Flatten", GAN_ONNX_VALUES(x), GAN_ONNX_ATTRIBUTES(GAN_ONNX_INT_ATTRIBUTE("axis", 1)));
    const gan_onnx_value means = gan_onnx_add(w, "MatMul", GAN_ONNX_VALUES(shares, flat), GAN_ONNX_NO_ATTRIBUTES);
    gan_onnx_value y = gan_onnx_add(w, "Sub", GAN_ONNX_VALUES(flat, means), GAN_ONNX_NO_ATTRIBUTES);
    y = gan_onnx_add(w, "Mul", GAN_ONNX_VALUES(y, y), GAN_ONNX_NO_ATTRIBUTES);
    y = gan_onnx_add(w, "MatMul", GAN_ONNX_VALUES(shares, y), GAN_ONNX_NO_ATTRIBUTES);
    y = gan_onnx_add(w, "Add", GAN_ONNX_VALUES(y, epsilon), GAN_ONNX_NO_ATTRIBUTES);
    y = gan_onnx_add(w, "Sqrt", GAN_ONNX_VALUES(y), GAN_ONNX_NO_ATTRIBUTES);
    return gan_onnx_reduce(w, "ReduceMean", y, 1);
}

gan_status gan_onnx_write_minibatch_stddev(gan_onnx_graph_writer *w)
{
    const gan_shape shape = gan_onnx_input_shape(w, 0);
    const gan_onnx_value x = gan_onnx_input(w, 0);
    gan_onnx_value y = mean_deviation(w, x);
    if (shape.rank == 3) {
        y = gan_onnx_reshape(w, "pixel_shape", y, (int64_t[]){0, 1, 1, 1}, 4);
        const gan_onnx_value dims = gan_onnx_ints(w, "image", (int64_t[]){1, 1, shape.dims[1], shape.dims[2]}, 4);
        y = gan_onnx_add(w, "Expand", GAN_ONNX_VALUES(y, dims), GAN_ONNX_NO_ATTRIBUTES);
    }
    gan_onnx_finish(w, "Concat", GAN_ONNX_VALUES(x, y), GAN_ONNX_ATTRIBUTES(GAN_ONNX_INT_ATTRIBUTE("axis", 1)));
    return GAN_OK;
}
