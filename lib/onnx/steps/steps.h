/* The door of steps: from an ONNX graph to layers.
 *
 * Nodes are taken in their order, each by the row of its operator. What depends on constants and shapes only is
 * computed on the spot; what has a layer becomes a step, with the shape of its output; and what only has a meaning
 * together with others, as the Sqrt in a pixel normalisation, is left pending until the node that completes it is
 * found. Steps that the outputs do not need are then dropped, and the others become a model. */
#ifndef GAN_ONNX_STEPS_H
#define GAN_ONNX_STEPS_H

#include "model/model.h"
#include "onnx/parse/parse.h"

#define GAN_IMPORT_OLDEST_OPSET 9
#define GAN_IMPORT_NEWEST_OPSET 28

typedef enum gan_import_kind {
    GAN_IMPORT_UNKNOWN = 0, /* no node has computed it yet */
    GAN_IMPORT_CONSTANT,
    GAN_IMPORT_STEP,
    GAN_IMPORT_PENDING
} gan_import_kind;

/* A value of the graph. */
typedef struct gan_import_value {
    const char *name;
    gan_import_kind kind;
    gan_import_tensor *tensor; /* of a constant */
    int64_t step;              /* whose output it is */
    gan_shape shape;           /* of a step: of a sample; rank 0 where the graph has only the batch, the layer (1) */
    bool is_rounded;           /* a Cast to integers, which is only known as the number of an embedding's row */
    bool is_transposed;        /* pending: the step's two dimensions, swapped */
    const gan_import_node *from; /* which computed it; NULL: an input or initializer */
} gan_import_value;

/* A tensor of a layer. */
typedef struct gan_import_weight {
    const char *name; /* the layer's: "weight" */
    gan_import_tensor *tensor;
} gan_import_weight;

typedef struct gan_import_step {
    gan_layer *layer;            /* until the model has it */
    const char *name;            /* of an input */
    const char *layer_name;      /* once it has one */
    const gan_import_node *from; /* NULL: an input */
    int64_t input_count;
    int64_t *inputs; /* steps */
    gan_shape output;
    int weight_count;
    gan_import_weight weights[4];
    float epsilon;    /* of a normalisation that may take scale and bias from other nodes; else 0 */
    int64_t groups;   /* of such a group normalisation; 0: a layer normalisation */
    bool has_no_bias; /* a normalisation whose bias is 0, until it is added */
    bool is_needed;
    gan_node node; /* in the model */
    int64_t type;  /* of an input's elements, in the file; else 0 */
    gan_input_options role;
} gan_import_step;

typedef struct gan_import {
    gan_context *context;
    gan_import_memory *memory;
    const gan_import_file *file;
    int64_t batch;      /* 0: free */
    int64_t batch_from; /* the step whose shape was asked for last */
    const gan_load_onnx_options *options;
    gan_import_value *values;
    int64_t value_count;
    gan_names names;     /* of the values */
    int64_t next_suffix; /* of a layer whose name is taken */
    gan_import_step *steps;
    int64_t step_count, step_capacity; /* the array is the context's */
    int64_t spent;                     /* gan_import_spend() */
} gan_import;

/* ---- Values and steps (import_steps.c) ------------------------------------------------------------------------ */

/* The value of input k of a node, which a layer reads: computed, and by a layer. */
gan_status gan_import_operand(const gan_import_node *node, int64_t k, const gan_import_value **out);
/* GAN_ERROR_UNSUPPORTED if it is rounded. */
gan_status gan_import_no_rounding(const gan_import_value *value);
/* The same of an image. */
gan_status gan_import_image(const gan_import_node *node, int64_t k, const gan_import_value **out);
/* A value of two dimensions, (channels, width), as an image of a height of 1. */
gan_status gan_import_row_image(gan_import *import, const gan_import_node *node, const gan_import_value *value,
                                gan_import_value *out);
/* Whether a node has input k; and whether it is a constant. */
bool gan_import_has(const gan_import_node *node, int64_t k);
bool gan_import_is_constant(const gan_import_node *node, int64_t k);
/* The constant that is input k; GAN_ERROR_UNSUPPORTED if it is computed. */
gan_status gan_import_constant(const gan_import_node *node, int64_t k, gan_import_tensor **out);
gan_status gan_import_floats(gan_import *import, const gan_import_node *node, int64_t k, gan_import_tensor **tensor,
                             const float **out);
gan_status gan_import_ints(gan_import *import, const gan_import_node *node, int64_t k, gan_import_tensor **tensor,
                           const int64_t **out);
/* Counts operations on constants, of which a file may take a few seconds' worth, far beyond what exporters leave:
 * GAN_ERROR_UNSUPPORTED if there are more. */
#define GAN_IMPORT_MOST_OPERATIONS (INT64_C(1) << 32)
gan_status gan_import_spend(gan_import *import, int64_t operations);
/* Whether a value is a float constant of one element, and that. */
bool gan_import_scalar(gan_import *import, const gan_import_value *value, float *out);

/* Adds a step of a new layer, which it takes, NULL included, for the first output of a node. */
gan_status gan_import_emit(gan_import *import, const gan_import_node *node, gan_layer *layer, int64_t count,
                           const gan_import_value *const *inputs, gan_import_value *out);
/* For layers of one input; the value keeps its rank if the shape stays. */
gan_status gan_import_emit_one(gan_import *import, const gan_import_node *node, gan_layer *layer,
                               const gan_import_value *input);
/* A tensor of the last step. A tensor called "NAME.weight" names the layer. */
void gan_import_add_weight(gan_import *import, const char *name, gan_import_tensor *tensor);
/* A step's tensor of this name, or NULL. */
gan_import_tensor *gan_import_weight_of(const gan_import_step *step, const char *name);
/* The same value under the name of a node's first output. */
void gan_import_alias(const gan_import_node *node, const gan_import_value *value);
/* In another shape with as many elements. */
gan_status gan_import_reshape(gan_import *import, const gan_import_node *node, const gan_import_value *value,
                              gan_shape shape, gan_import_value *out);
/* A constant as the first output. */
void gan_import_set_constant(const gan_import_node *node, gan_import_tensor *tensor);
/* The last error, with the node in front, by its name or that of its output. */
gan_status gan_import_node_fail(const gan_import_node *node, gan_status status);
/* Whether input 0 is pending; then so is the output. */
bool gan_import_stays_pending(const gan_import_node *node);
/* Left for the node that completes it. */
void gan_import_set_pending(const gan_import_node *node);

/* ---- Attributes (import_attributes.c) ------------------------------------------------------------------------- */

const gan_import_attribute *gan_import_find(const gan_import_node *node, const char *name);
int64_t gan_import_integer(const gan_import_node *node, const char *name, int64_t otherwise);
float gan_import_number(const gan_import_node *node, const char *name, float otherwise);
const char *gan_import_word(const gan_import_node *node, const char *name, const char *otherwise);
/* Exactly `count` integers; `otherwise` in each place if there is no such attribute. */
gan_status gan_import_list(const gan_import_node *node, const char *name, int count, int64_t otherwise, int64_t *out);
/* The same of sizes, which are at least 1. */
gan_status gan_import_sizes(const gan_import_node *node, const char *name, int count, int64_t otherwise,
                            int64_t *out);
/* The attribute epsilon; in place of 0, which no layer takes, next to nothing. */
#define GAN_IMPORT_LEAST_EPSILON 1e-37f
float gan_import_epsilon(const gan_import_node *node);
/* GAN_ERROR_UNSUPPORTED, by the attribute's name and value, unless it is the one expected. */
gan_status gan_import_want_integer(const gan_import_node *node, const char *name, int64_t otherwise,
                                   int64_t expected);
gan_status gan_import_want_word(const gan_import_node *node, const char *name, const char *otherwise,
                                const char *expected);
/* An axis of a sample, from 0, for one of the graph, which may be negative. */
gan_status gan_import_axis(int64_t axis, int rank, int *out);
/* Integers, such as axes, that an operator has as an attribute in older opsets, else as input k; NULL and 0 if it has
 * neither. */
gan_status gan_import_int_list(gan_import *import, const gan_import_node *node, const char *name, int64_t k,
                               const int64_t **out, int64_t *count);

#endif
