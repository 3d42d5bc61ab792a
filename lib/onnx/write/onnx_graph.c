/* Nodes, values and constants of an ONNX graph, as the layers write them. */
#include "onnx/write/write.h"

#include <stdio.h>

/* ---- Values ---------------------------------------------------------------------------------------------------- */

const gan_model_node *gan_onnx_layer(const gan_onnx_graph_writer *w)
{
    return &w->model->nodes[w->node];
}

gan_shape gan_onnx_input_shape(const gan_onnx_graph_writer *w, int k)
{
    return gan_onnx_layer(w)->input_shapes[k];
}

static gan_onnx_value own_value(const gan_onnx_graph_writer *w, const char *name)
{
    gan_onnx_value value;
    snprintf(value.name, sizeof(value.name), "%s/%s", gan_onnx_layer(w)->name, name);
    return value;
}

gan_onnx_value gan_onnx_output_of(const gan_model *model, gan_node node)
{
    const gan_model_node *of = &model->nodes[node];
    const bool is_border = of->is_output || of->layer->ops == &gan_input_ops;
    gan_onnx_value value;
    snprintf(value.name, sizeof(value.name), "%s%s", of->name, is_border ? "" : "/output");
    return value;
}

gan_onnx_value gan_onnx_input(const gan_onnx_graph_writer *w, int k)
{
    return gan_onnx_output_of(w->model, gan_onnx_layer(w)->inputs[k]);
}

static const gan_model_tensor *find_tensor(const gan_onnx_graph_writer *w, const char *name)
{
    const gan_model_node *node = gan_onnx_layer(w);
    for (int k = node->first_tensor; k < node->first_tensor + node->tensor_count; k++)
        if (!strcmp(w->model->tensors[k].plan.name, name)) return &w->model->tensors[k];
    return NULL;
}

bool gan_onnx_has_tensor(const gan_onnx_graph_writer *w, const char *name)
{
    return find_tensor(w, name);
}

/* One that the layer has. */
static const gan_model_tensor *get_tensor(const gan_onnx_graph_writer *w, const char *name)
{
    const gan_model_tensor *tensor = find_tensor(w, name);
    GAN_INVARIANT(tensor != NULL);
    return tensor;
}

gan_onnx_value gan_onnx_tensor_of(const gan_onnx_graph_writer *w, const char *name)
{
    gan_onnx_value value;
    snprintf(value.name, sizeof(value.name), "%s", get_tensor(w, name)->name);
    return value;
}

/* ---- Constants ------------------------------------------------------------------------------------------------ */

static void write_constant(gan_onnx_graph_writer *w, gan_onnx_data_type type, gan_onnx_value name, int64_t count,
                           int rank, const void *bytes, size_t size)
{
    const int64_t begin = gan_wire_begin(&w->constants, GAN_ONNX_GRAPH_INITIALIZER);
    if (rank > 0) gan_wire_write_int(&w->constants, GAN_ONNX_TENSOR_DIMS, count);
    gan_wire_write_int(&w->constants, GAN_ONNX_TENSOR_DATA_TYPE, type);
    gan_wire_write_text(&w->constants, GAN_ONNX_TENSOR_NAME, name.name);
    gan_wire_write_bytes(&w->constants, GAN_ONNX_TENSOR_RAW_DATA, bytes, size);
    gan_wire_end(&w->constants, begin);
}

static gan_onnx_value write_integers(gan_onnx_graph_writer *w, const char *name, int rank, const int64_t *values,
                                     int count)
{
    enum { MOST = 2 * (GAN_MAX_RANK + 1) };
    const gan_onnx_value value = own_value(w, name);
    unsigned char bytes[8 * MOST];
    for (int i = 0; i < count; i++)
        for (int k = 0; k < 8; k++) bytes[8 * i + k] = (unsigned char)((uint64_t)values[i] >> (8 * k) & 0xff);
    write_constant(w, GAN_ONNX_INT64, value, count, rank, bytes, 8 * (size_t)count);
    return value;
}

gan_onnx_value gan_onnx_ints(gan_onnx_graph_writer *w, const char *name, const int64_t *values, int count)
{
    return write_integers(w, name, 1, values, count);
}

gan_onnx_value gan_onnx_int(gan_onnx_graph_writer *w, const char *name, int64_t value)
{
    return write_integers(w, name, 0, &value, 1);
}

static gan_onnx_value write_floats(gan_onnx_graph_writer *w, const char *name, int rank, const float *values,
                                   int count)
{
    const gan_onnx_value value = own_value(w, name);
    float little[4];
    memcpy(little, values, (size_t)count * sizeof(*values));
    gan_floats_to_little_endian(little, count);
    write_constant(w, GAN_ONNX_FLOAT, value, count, rank, little, (size_t)count * sizeof(*little));
    return value;
}

gan_onnx_value gan_onnx_float(gan_onnx_graph_writer *w, const char *name, float value)
{
    return write_floats(w, name, 0, &value, 1);
}

gan_onnx_value gan_onnx_floats(gan_onnx_graph_writer *w, const char *name, const float *values, int count)
{
    return write_floats(w, name, 1, values, count);
}

gan_onnx_value gan_onnx_shape(gan_onnx_graph_writer *w, const char *name, gan_shape shape)
{
    int64_t dims[GAN_MAX_RANK + 1] = {0}; /* Reshape reads 0 as the input's size */
    memcpy(dims + 1, shape.dims, (size_t)shape.rank * sizeof(*dims));
    return gan_onnx_ints(w, name, dims, shape.rank + 1);
}

/* ---- Nodes ---------------------------------------------------------------------------------------------------- */

static void write_attribute(gan_wire *wire, const gan_onnx_attribute_value *attribute)
{
    const int64_t begin = gan_wire_begin(wire, GAN_ONNX_NODE_ATTRIBUTE);
    gan_wire_write_text(wire, GAN_ONNX_ATTRIBUTE_NAME, attribute->name);
    switch (attribute->type) {
    case GAN_ONNX_TYPE_FLOAT: gan_wire_write_float(wire, GAN_ONNX_ATTRIBUTE_F, attribute->number); break;
    case GAN_ONNX_TYPE_INT: gan_wire_write_int(wire, GAN_ONNX_ATTRIBUTE_I, attribute->integer); break;
    case GAN_ONNX_TYPE_STRING: gan_wire_write_text(wire, GAN_ONNX_ATTRIBUTE_S, attribute->text); break;
    case GAN_ONNX_TYPE_TENSOR: { /* a float: the value of ConstantOfShape */
        float value = attribute->number;
        const int64_t tensor = gan_wire_begin(wire, GAN_ONNX_ATTRIBUTE_T);
        gan_floats_to_little_endian(&value, 1);
        gan_wire_write_int(wire, GAN_ONNX_TENSOR_DIMS, 1);
        gan_wire_write_int(wire, GAN_ONNX_TENSOR_DATA_TYPE, GAN_ONNX_FLOAT);
        gan_wire_write_bytes(wire, GAN_ONNX_TENSOR_RAW_DATA, &value, sizeof(value));
        gan_wire_end(wire, tensor);
        break;
    }
    default: /* integers */
        for (int i = 0; i < attribute->count; i++)
            gan_wire_write_int(wire, GAN_ONNX_ATTRIBUTE_INTS, attribute->integers[i]);
        break;
    }
    gan_wire_write_int(wire, GAN_ONNX_ATTRIBUTE_TYPE, attribute->type);
    gan_wire_end(wire, begin);
}

static void write_node(gan_onnx_graph_writer *w, const char *operator, gan_onnx_values inputs, gan_onnx_value output,
                       gan_onnx_value title, gan_onnx_attributes attributes)
{
    gan_wire *wire = &w->nodes;
    const int64_t begin = gan_wire_begin(wire, GAN_ONNX_GRAPH_NODE);
    for (int i = 0; i < inputs.count; i++) gan_wire_write_text(wire, GAN_ONNX_NODE_INPUT, inputs.values[i].name);
    gan_wire_write_text(wire, GAN_ONNX_NODE_OUTPUT, output.name);
    gan_wire_write_text(wire, GAN_ONNX_NODE_NAME, title.name);
    gan_wire_write_text(wire, GAN_ONNX_NODE_OP_TYPE, operator);
    for (int i = 0; i < attributes.count; i++) write_attribute(wire, &attributes.values[i]);
    gan_wire_end(wire, begin);
}

gan_onnx_value gan_onnx_add(gan_onnx_graph_writer *w, const char *operator, gan_onnx_values inputs,
                            gan_onnx_attributes attributes)
{
    char name[64];
    snprintf(name, sizeof(name), "%s_%d", operator, w->values++);
    const gan_onnx_value output = own_value(w, name);
    write_node(w, operator, inputs, output, output, attributes);
    return output;
}

/* The node has the layer's name. */
void gan_onnx_finish(gan_onnx_graph_writer *w, const char *operator, gan_onnx_values inputs,
                     gan_onnx_attributes attributes)
{
    gan_onnx_value title;
    snprintf(title.name, sizeof(title.name), "%s", gan_onnx_layer(w)->name);
    write_node(w, operator, inputs, gan_onnx_output_of(w->model, w->node), title, attributes);
}

/* ---- What several layers share -------------------------------------------------------------------------------- */

gan_onnx_value gan_onnx_reshape(gan_onnx_graph_writer *w, const char *name, gan_onnx_value x, const int64_t *dims,
                                int count)
{
    const gan_onnx_value shape = gan_onnx_ints(w, name, dims, count);
    return gan_onnx_add(w, "Reshape", GAN_ONNX_VALUES(x, shape), GAN_ONNX_NO_ATTRIBUTES);
}

/* Up to opset 17 the axes of these are an attribute. */
gan_onnx_value gan_onnx_reduce(gan_onnx_graph_writer *w, const char *operator, gan_onnx_value x, int64_t axis)
{
    if (w->opset < 18) {
        return gan_onnx_add(w, operator, GAN_ONNX_VALUES(x),
                            GAN_ONNX_ATTRIBUTES(GAN_ONNX_INTS_ATTRIBUTE("axes", &axis, 1)));
    }
    const gan_onnx_value axes = gan_onnx_ints(w, "axes", &axis, 1);
    return gan_onnx_add(w, operator, GAN_ONNX_VALUES(x, axes), GAN_ONNX_NO_ATTRIBUTES);
}

gan_onnx_value gan_onnx_filled(gan_onnx_graph_writer *w, const char *name, gan_shape shape, float value)
{
    const gan_onnx_value dims = gan_onnx_ints(w, name, shape.dims, shape.rank);
    const gan_onnx_attribute_value filling = {.name = "value", .type = GAN_ONNX_TYPE_TENSOR, .number = value};
    return gan_onnx_add(w, "ConstantOfShape", GAN_ONNX_VALUES(dims), GAN_ONNX_ATTRIBUTES(filling));
}

gan_onnx_value gan_onnx_classes(gan_onnx_graph_writer *w, gan_onnx_value x)
{
    const gan_onnx_value axes = gan_onnx_ints(w, "class_axes", (int64_t[]){1}, 1);
    const gan_onnx_value flat = gan_onnx_add(w, "Squeeze", GAN_ONNX_VALUES(x, axes), GAN_ONNX_NO_ATTRIBUTES);
    return gan_onnx_add(w, "Cast", GAN_ONNX_VALUES(flat),
                        GAN_ONNX_ATTRIBUTES(GAN_ONNX_INT_ATTRIBUTE("to", GAN_ONNX_INT64)));
}

gan_onnx_value gan_onnx_by_channel(gan_onnx_graph_writer *w, const char *name)
{
    const gan_onnx_value tensor = gan_onnx_tensor_of(w, name);
    const gan_shape shape = gan_onnx_input_shape(w, 0);
    char constant[64];
    if (shape.rank != 3 || get_tensor(w, name)->count == 1) return tensor;
    snprintf(constant, sizeof(constant), "%s_shape", name);
    return gan_onnx_reshape(w, constant, tensor, (int64_t[]){shape.dims[0], 1, 1}, 3);
}
