/* The graph of layers, and its tensors in flat arrays. */
#ifndef GAN_MODEL_GRAPH_H
#define GAN_MODEL_GRAPH_H

#include "layers/layers.h"

/* Limits on a model's nodes and on their inputs altogether: whatever looks at pairs of them stays quick, whatever a
 * file says. */
#define GAN_MODEL_NODES 4096
#define GAN_MODEL_EDGES 16384

typedef struct gan_model_node {
    gan_layer *layer;
    char *name; /* layer's name, or its number; "input0"... for inputs */
    int input_count;
    gan_node *inputs;
    /* Known once shapes are inferred: */
    gan_shape *input_shapes;
    gan_shape output;
    int first_tensor, tensor_count; /* in the model's table */
    int readers;                    /* how many inputs of other nodes read it */
    bool is_output;
    gan_input_options input; /* of inputs: what they stand for */
} gan_model_node;

/* A row of the table of tensors. Parameters are in `parameters`, buffers in `buffers`, at `offset`. */
typedef struct gan_model_tensor {
    char *name; /* "0.weight" */
    gan_tensor_plan plan;
    int64_t offset, count;
    bool frozen; /* optimizers leave it as it is */
} gan_model_tensor;

struct gan_model {
    gan_context *context;
    atomic_int references;
    gan_status status; /* first failure while describing or building, with its sentence: */
    char error[GAN_SENTENCE];
    bool built;
    gan_model_node *nodes;
    int32_t node_count, edge_count;
    int64_t node_capacity;
    gan_node *inputs, *outputs;
    int32_t input_count, output_count;
    int64_t input_capacity, output_capacity;
    gan_model_tensor *tensors;
    int32_t tensor_count;
    int64_t tensor_capacity;
    /* Weights and their gradients, one flat array each, with every tensor at a multiple of GAN_ALIGNMENT bytes. Gaps
     * are 0 and stay 0, so that an optimizer step, an average, saving and an all-reduce are each one loop. */
    int64_t parameter_size, buffer_size; /* values in the arrays, gaps included */
    int64_t parameter_count;             /* trained values */
    gan_real *parameters, *gradients, *buffers;
    /* Weights before the last optimizer step or averaging, if gan_model_keep_previous was called: new weights are
     * then written here and the two pointers swapped. So nobody may keep a pointer to a weight from one call to the
     * next. */
    gan_real *previous;
    gan_arena arena, previous_arena; /* own the arrays above */
    /* How often parameters have changed: every function that writes them calls gan_model_count_change(), for sessions
     * that keep them packed. */
    atomic_uint_least64_t changes;
};

gan_model *gan_model_retain(gan_model *model);

/* ---- Describing and building (graph.c, build.c) ------------------------------------------------------------- */

/* "layer 3 (dense)", "layer 'head' (dense)" or "input 0", for messages. */
#define GAN_NODE_TEXT 128
const char *gan_model_node_text(const gan_model *model, gan_node node, char text[GAN_NODE_TEXT]);
/* Puts the node's text in front of the last failure's sentence. */
gan_status gan_model_node_fail(const gan_model *model, gan_node node, gan_status status);
/* Remembers the failure that was just reported, unless there is an earlier one. */
void gan_model_remember_failure(gan_model *model, gan_status status);

/* What the layer that computes an output, whatever reshapes it, can give at all. */
typedef struct gan_output_range {
    gan_node node;    /* the layer */
    double low, high; /* equal if there are no ends; `high` may be infinite */
} gan_output_range;
gan_output_range gan_model_output_range(const gan_model *model, int64_t output);
/* The fewest samples of a batch that all layers can train on. */
int64_t gan_model_least_batch(const gan_model *model);

/* The two halves of gan_model_build: shapes and the table of tensors; then the arrays, still without values. The
 * model remembers a failure of the first. */
gan_status gan_model_infer(gan_model *model);
gan_status gan_model_allocate(gan_model *model);
/* Sets the derived tensors of a node, in arrays laid out as the model's. */
gan_status gan_model_derive(const gan_model *model, gan_node node, gan_real *parameters, gan_real *buffers);
/* Folds the weight of a node in an array laid out as the model's parameters. */
gan_status gan_model_fold_node(const gan_model *model, gan_node node, gan_real *parameters);
/* GAN_ERROR_STATE unless the model is built; `what` names the call. */
gan_status gan_model_check_built(const gan_model *model, const char *what);

/* Histograms of a model in the event that a writer has begun (summary_model.c). */
gan_status gan_summary_add_model(gan_summary_writer *writer, const char *name, const gan_model *model);

/* ---- Weights (tensors.c, border.c) -------------------------------------------------------------------------- */

static inline void gan_model_count_change(gan_model *model)
{
    atomic_fetch_add_explicit(&model->changes, 1, memory_order_relaxed);
}
gan_status gan_model_keep_previous(gan_model *model);
/* Where a step writes new weights: over the old ones, unless these are kept. */
gan_real *gan_model_next_parameters(gan_model *model);
/* Makes what was written there the weights. */
void gan_model_take_next_parameters(gan_model *model);
/* Gives every weight its value before the last step. */
void gan_model_restore_previous(gan_model *model);

/* Parameters one after the other in the flat arrays, gaps included. */
typedef struct gan_model_range {
    int64_t begin, end, count;
} gan_model_range;

/* The next parameters, after range->end, that are all frozen or all not: as many as there are together. Starts from
 * zeros; false at the end (trainable.c). */
bool gan_model_next_range(const gan_model *model, bool frozen, gan_model_range *range);

/* Where a tensor is stored. */
gan_real *gan_model_tensor_data(const gan_model *model, const gan_model_tensor *tensor);
/* Copies between a stored tensor and a float array in PyTorch's layout. */
void gan_tensor_export(const gan_tensor_plan *plan, int64_t count, const gan_real *stored, float *out);
void gan_tensor_import(const gan_tensor_plan *plan, int64_t count, const float *values, gan_real *stored);
/* The same for `batch` samples of a shape, on the context's threads. */
void gan_samples_export(gan_context *context, gan_shape shape, int64_t batch, const gan_real *stored, float *out);
void gan_samples_import(gan_context *context, gan_shape shape, int64_t batch, const float *samples, gan_real *stored);

/* ---- Inputs (input_roles.c) --------------------------------------------------------------------------------- */

const char *gan_input_role_name(gan_input_role role); /* "noise" */
const char *gan_noise_name(gan_noise noise);          /* "normal" */
/* Whether the input is drawn from a distribution. */
static inline bool gan_input_has_noise(const gan_input_options *input)
{
    return input->role == GAN_INPUT_NOISE || input->role == GAN_INPUT_CODE;
}
/* Sets the member "inputs" of an architecture, unless no input has a role; and gives inputs the roles that it says,
 * if there is one. */
void gan_model_write_roles(const gan_model *model, gan_json_writer *json);
gan_status gan_model_read_roles(gan_model *model, const gan_json *root);

#endif
