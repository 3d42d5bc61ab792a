/* The door of write: a model as an ONNX graph. docs/architecture.md says why no library writes the wire format. */
#ifndef GAN_ONNX_WRITE_H
#define GAN_ONNX_WRITE_H

#include "io/io.h"
#include "model/model.h"
#include "onnx/format/format.h"

/* ---- The graph, written (onnx_graph.c) ------------------------------------------------------------------------ */

/* A value of the graph: an input, a node's output or an initializer. Names of layers, tensors and inputs have no '/';
 * those of values between them are "LAYER/NAME", so that the two never clash. */
#define GAN_ONNX_NAME 128
typedef struct gan_onnx_value {
    char name[GAN_ONNX_NAME];
} gan_onnx_value;

typedef struct gan_onnx_graph_writer {
    const gan_model *model; /* without spectral norm */
    int64_t opset;
    gan_wire nodes, constants; /* fields of GraphProto */
    gan_node node;             /* whose layer is being written */
    int values;                /* between its inputs and its output so far */
} gan_onnx_graph_writer;

/* What the layer reads: input k, a tensor by its own name, and whether it has that. */
gan_onnx_value gan_onnx_input(const gan_onnx_graph_writer *w, int k);
gan_onnx_value gan_onnx_tensor_of(const gan_onnx_graph_writer *w, const char *name);
bool gan_onnx_has_tensor(const gan_onnx_graph_writer *w, const char *name);
/* The output of a node of the model. */
gan_onnx_value gan_onnx_output_of(const gan_model *model, gan_node node);
/* The shape of a sample of input k. */
gan_shape gan_onnx_input_shape(const gan_onnx_graph_writer *w, int k);
/* The layer, its name in messages and its output's shape. */
const gan_model_node *gan_onnx_layer(const gan_onnx_graph_writer *w);

/* Initializers of a layer's own, called "LAYER/NAME": a list of integers, and a float without dimensions. */
gan_onnx_value gan_onnx_ints(gan_onnx_graph_writer *w, const char *name, const int64_t *values, int count);
gan_onnx_value gan_onnx_int(gan_onnx_graph_writer *w, const char *name, int64_t value);
gan_onnx_value gan_onnx_float(gan_onnx_graph_writer *w, const char *name, float value);
gan_onnx_value gan_onnx_floats(gan_onnx_graph_writer *w, const char *name, const float *values, int count);
/* A shape with the batch in front, as Reshape takes it. */
gan_onnx_value gan_onnx_shape(gan_onnx_graph_writer *w, const char *name, gan_shape shape);

typedef struct gan_onnx_attribute_value {
    const char *name;
    gan_onnx_attribute_type type;
    int64_t integer;
    float number;
    const char *text;
    const int64_t *integers;
    int count;
} gan_onnx_attribute_value;

/* Rows of attributes. */
#define GAN_ONNX_INT_ATTRIBUTE(title, value)                           \
    {                                                                  \
        .name = (title), .type = GAN_ONNX_TYPE_INT, .integer = (value) \
    }
#define GAN_ONNX_REAL_ATTRIBUTE(title, value)                           \
    {                                                                   \
        .name = (title), .type = GAN_ONNX_TYPE_FLOAT, .number = (value) \
    }
#define GAN_ONNX_TEXT_ATTRIBUTE(title, value)                          \
    {                                                                  \
        .name = (title), .type = GAN_ONNX_TYPE_STRING, .text = (value) \
    }
#define GAN_ONNX_INTS_ATTRIBUTE(title, values, length)                                       \
    {                                                                                        \
        .name = (title), .type = GAN_ONNX_TYPE_INTS, .integers = (values), .count = (length) \
    }

typedef struct gan_onnx_values {
    const gan_onnx_value *values;
    int count;
} gan_onnx_values;

typedef struct gan_onnx_attributes {
    const gan_onnx_attribute_value *values;
    int count;
} gan_onnx_attributes;

#define GAN_ONNX_VALUES(...)                                  \
    ((gan_onnx_values){(const gan_onnx_value[]){__VA_ARGS__}, \
                       sizeof((const gan_onnx_value[]){__VA_ARGS__}) / sizeof(gan_onnx_value)})
#define GAN_ONNX_ATTRIBUTES(...)                                                     \
    ((gan_onnx_attributes){(const gan_onnx_attribute_value[]){__VA_ARGS__},          \
                           sizeof((const gan_onnx_attribute_value[]){__VA_ARGS__}) / \
                               sizeof(gan_onnx_attribute_value)})
#define GAN_ONNX_NO_ATTRIBUTES ((gan_onnx_attributes){NULL, 0})

/* An operator: its output is a value between, or the layer's. */
gan_onnx_value gan_onnx_add(gan_onnx_graph_writer *w, const char *operator, gan_onnx_values inputs,
                            gan_onnx_attributes attributes);
void gan_onnx_finish(gan_onnx_graph_writer *w, const char *operator, gan_onnx_values inputs,
                     gan_onnx_attributes attributes);

/* Operators whose form depends on the opset, and those that several layers share. */
gan_onnx_value gan_onnx_reshape(gan_onnx_graph_writer *w, const char *name, gan_onnx_value x, const int64_t *dims,
                                int count);
/* ReduceMean or ReduceLogSumExp along an axis, which stays, with one value. */
gan_onnx_value gan_onnx_reduce(gan_onnx_graph_writer *w, const char *operator, gan_onnx_value x, int64_t axis);
/* A tensor of `value`. */
gan_onnx_value gan_onnx_filled(gan_onnx_graph_writer *w, const char *name, gan_shape shape, float value);
/* Numbers of classes, (batch, 1) floats, as (batch) integers. */
gan_onnx_value gan_onnx_classes(gan_onnx_graph_writer *w, gan_onnx_value x);
/* A tensor with a value for each channel, in a form that multiplies or is added to a sample's. */
gan_onnx_value gan_onnx_by_channel(gan_onnx_graph_writer *w, const char *name);

/* ---- Layers, written (write_*.c, onnx_layers.c) --------------------------------------------------------------- */

/* A function for each kind: writes its operators, or says why ONNX has none, without the layer's name in front. */
#define GAN_ONNX_DECLARE(kind) gan_status gan_onnx_write_##kind(gan_onnx_graph_writer *w);
GAN_LAYER_KINDS(GAN_ONNX_DECLARE)
#undef GAN_ONNX_DECLARE

/* The oldest opset that has the operators of all layers, and the layer that needs it. */
#define GAN_ONNX_OLDEST_OPSET 17
#define GAN_ONNX_NEWEST_OPSET 22
int64_t gan_onnx_least_opset(const gan_model *model, gan_node *of);
/* Writes the nodes of all layers; refusals name the layer. */
gan_status gan_onnx_write_layers(gan_onnx_graph_writer *w);

#endif
