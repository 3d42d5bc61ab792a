/* From an ONNX graph to layers.
 *
 * Nodes are taken in their order, each by the row of its operator. What depends on constants and shapes only is
 * computed on the spot; what has a layer becomes a step, with the shape of its output; and what only has a meaning
 * together with others, as the Sqrt in a pixel normalisation, is left pending until the node that completes it is
 * found. Steps that the outputs do not need are then dropped, and the others become a model. */
#ifndef GAN_IMPORT_H
#define GAN_IMPORT_H

#include "model/model.h"
#include "onnx/import_file.h"

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
    const gan_import_node *from; /* which computed it; NULL: an input or initializer */
} gan_import_value;

/* A tensor of a layer. */
typedef struct gan_import_weight {
    const char *name; /* the layer's: "weight" */
    gan_import_tensor *tensor;
} gan_import_weight;

typedef struct gan_import_step {
    gan_layer *layer; /* until the model has it */
    const char *name;
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
    int64_t batch; /* 0: free */
    const gan_load_onnx_options *options;
    gan_import_value *values;
    int64_t value_count;
    gan_names names;     /* of the values */
    int64_t next_suffix; /* of a layer whose name is taken */
    gan_import_step *steps;
    int64_t step_count, step_capacity; /* the array is the context's */
    int64_t multiply_adds;             /* of products of constants so far */
} gan_import;

/* ---- Values and steps (import_steps.c) ------------------------------------------------------------------------ */

/* The value of input k of a node, which a layer reads: computed, and by a layer. */
gan_status gan_import_operand(const gan_import_node *node, int64_t k, const gan_import_value **out);
/* GAN_ERROR_UNSUPPORTED if it is rounded. */
gan_status gan_import_no_rounding(const gan_import_value *value);
/* The same of an image. */
gan_status gan_import_image(const gan_import_node *node, int64_t k, const gan_import_value **out);
/* Whether a node has input k; and whether it is a constant. */
bool gan_import_has(const gan_import_node *node, int64_t k);
bool gan_import_is_constant(const gan_import_node *node, int64_t k);
/* The constant that is input k; GAN_ERROR_UNSUPPORTED if it is computed. */
gan_status gan_import_constant(const gan_import_node *node, int64_t k, gan_import_tensor **out);
gan_status gan_import_floats(gan_import *import, const gan_import_node *node, int64_t k, gan_import_tensor **tensor,
                             const float **out);
gan_status gan_import_ints(gan_import *import, const gan_import_node *node, int64_t k, gan_import_tensor **tensor,
                           const int64_t **out);
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

/* ---- Operators (import_operators.c, and a file for each kind) ------------------------------------------------- */

typedef gan_status (*gan_import_fn)(gan_import *import, const gan_import_node *node);

typedef struct gan_import_operator {
    const char *type;
    gan_import_fn fold;     /* when all inputs are constants; NULL: import is called */
    gan_import_fn apply;    /* NULL: only constants have it */
    const char *attributes; /* that it may have, with spaces between; others are refused */
    bool moves_only;        /* and so takes values that are rounded */
} gan_import_operator;

/* The row of an operator, or NULL. */
const gan_import_operator *gan_import_operator_find(const char *type);

/* import_products.c */
gan_status gan_import_gemm(gan_import *import, const gan_import_node *node);
gan_status gan_import_matmul(gan_import *import, const gan_import_node *node);
gan_status gan_import_conv(gan_import *import, const gan_import_node *node);
gan_status gan_import_conv_transpose(gan_import *import, const gan_import_node *node);
/* import_norms.c */
gan_status gan_import_batch_norm(gan_import *import, const gan_import_node *node);
gan_status gan_import_instance_norm(gan_import *import, const gan_import_node *node);
gan_status gan_import_layer_norm(gan_import *import, const gan_import_node *node);
gan_status gan_import_group_norm(gan_import *import, const gan_import_node *node);
/* Takes a constant that multiplies, or is added to, the output of a normalisation into it; false if it cannot. */
bool gan_import_absorb(gan_import *import, const gan_import_node *node, const gan_import_value *x,
                       gan_import_tensor *constant, bool is_scale, gan_status *status);
/* import_activations.c */
gan_status gan_import_activation(gan_import *import, const gan_import_node *node);
gan_status gan_import_prelu(gan_import *import, const gan_import_node *node);
gan_status gan_import_softmax(gan_import *import, const gan_import_node *node);
gan_status gan_import_pending(gan_import *import, const gan_import_node *node);
/* import_images.c */
gan_status gan_import_resize(gan_import *import, const gan_import_node *node);
gan_status gan_import_depth_to_space(gan_import *import, const gan_import_node *node);
gan_status gan_import_pool(gan_import *import, const gan_import_node *node);
gan_status gan_import_global_pool(gan_import *import, const gan_import_node *node);
gan_status gan_import_pad(gan_import *import, const gan_import_node *node);
/* import_shapes.c */
gan_status gan_import_same(gan_import *import, const gan_import_node *node);
gan_status gan_import_dropout(gan_import *import, const gan_import_node *node);
gan_status gan_import_cast(gan_import *import, const gan_import_node *node);
gan_status gan_import_shape_of(gan_import *import, const gan_import_node *node);
gan_status gan_import_reshape_to(gan_import *import, const gan_import_node *node);
gan_status gan_import_flatten(gan_import *import, const gan_import_node *node);
gan_status gan_import_squeeze(gan_import *import, const gan_import_node *node);
gan_status gan_import_unsqueeze(gan_import *import, const gan_import_node *node);
gan_status gan_import_transpose(gan_import *import, const gan_import_node *node);
gan_status gan_import_concat(gan_import *import, const gan_import_node *node);
gan_status gan_import_slice(gan_import *import, const gan_import_node *node);
gan_status gan_import_split(gan_import *import, const gan_import_node *node);
gan_status gan_import_gather(gan_import *import, const gan_import_node *node);
/* import_arithmetic.c */
gan_status gan_import_arithmetic(gan_import *import, const gan_import_node *node);
gan_status gan_import_reduce_mean(gan_import *import, const gan_import_node *node);
gan_status gan_import_where(gan_import *import, const gan_import_node *node);
gan_status gan_import_negate(gan_import *import, const gan_import_node *node);
/* import_fold*.c: the same of constants */
gan_status gan_import_fold_constant(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_constant_of_shape(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_cast(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_reshape(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_squeeze(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_unsqueeze(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_transpose(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_concat(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_slice(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_gather(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_expand(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_binary(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_unary(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_matmul(gan_import *import, const gan_import_node *node);

/* Decompositions (import_patterns.c): true if the node completes one, which has then become a step; *status is that
 * of making it. */
bool gan_import_complete(gan_import *import, const gan_import_node *node, gan_status *status);

/* ---- What libgan wrote (own_file.c) --------------------------------------------------------------------------- */

/* The model of a file that libgan wrote, if its graph is still the same; else *out stays as it is. */
gan_status gan_import_own(gan_context *context, gan_import_file *file, gan_model **out);
/* The role of an input, as the file's metadata say. */
gan_input_options gan_import_role(const gan_import_file *file, const char *name, gan_shape shape);

/* ---- The model (import_build.c) ------------------------------------------------------------------------------- */

/* The model that the steps are, with its weights. */
gan_status gan_import_build(gan_import *import, gan_model **out);

#endif
