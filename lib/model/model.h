/* The door of model: the graph of layers, its tensors in flat arrays, and sessions. */
#ifndef GAN_MODEL_H
#define GAN_MODEL_H

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
/* A model that samples the same, bit for bit, without spectral normalisation: its weights are what the other
 * multiplies by in sampling. With `no_dropout` it also does without dropout in sampling. Released by
 * gan_model_destroy(); the same model if it has none of these (fold.c). */
gan_status gan_model_fold(const gan_model *model, bool no_dropout, gan_model **out);
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

/* Where a tensor is stored. */
gan_real *gan_model_tensor_data(const gan_model *model, const gan_model_tensor *tensor);
/* Copies between a stored tensor and a float array in PyTorch's layout. */
void gan_tensor_export(const gan_tensor_plan *plan, int64_t count, const gan_real *stored, float *out);
void gan_tensor_import(const gan_tensor_plan *plan, int64_t count, const float *values, gan_real *stored);
/* The same for `batch` samples of a shape, on the context's threads. */
void gan_samples_export(gan_context *context, gan_shape shape, int64_t batch, const gan_real *stored, float *out);
void gan_samples_import(gan_context *context, gan_shape shape, int64_t batch, const float *samples, gan_real *stored);

/* ---- Architecture (architecture.c) -------------------------------------------------------------------------- */

/* The architecture as JSON text, equal for equal models. Released with gan_release_text. */
gan_status gan_model_write_architecture(const gan_model *model, char **text);
/* The same without the roles of inputs: equal for models that can hold each other's weights. */
gan_status gan_model_write_graph(const gan_model *model, char **text);
/* The same of an architecture from a file, so that it can be compared however it is printed. */
gan_status gan_model_read_graph(gan_context *context, const char *architecture, char **text);
/* The model that the text describes, with shapes and the table of tensors, but not built: gan_model_allocate does
 * that, once the table is known to be as wanted. */
gan_status gan_model_read_architecture(gan_context *context, const char *text, gan_model **out);

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

/* ---- Sessions (plan.c and session*.c) ----------------------------------------------------------------------- */

enum {
    GAN_HOLDS_OUTPUTS = 1,                 /* the forward pass is done */
    GAN_HOLDS_GRADIENTS = 2,               /* of all nodes, for the output gradients that are set */
    GAN_HOLDS_INPUT_GRADIENTS = 4,         /* for those that were set before the last backward pass */
    GAN_HOLDS_OUTPUT_TANGENTS = 8,         /* for the input tangents that are set, since the last backward pass */
    GAN_HOLDS_INPUT_GRADIENT_TANGENTS = 16 /* for those that were set before the last pass of tangents backward */
};

struct gan_session {
    atomic_int references;
    gan_model *model;
    int64_t max_batch, batch; /* batch: of the last forward pass */
    bool forward_only, second_order;
    /* Whether it keeps weights packed for forward passes, which it does once they are the same in two passes. The
     * model's number of changes, plus 1, at the last pass and when they were packed; 0: never. */
    bool keeps_packed;
    uint64_t seen_changes, packed_changes;
    const gan_shards *shards; /* how batches are divided; NULL: they are not */
    /* With shards: where the gradients of the parameters of each shard here are added to, one array after the other,
     * each as large as the model's own. NULL: none are wanted. */
    gan_real *shard_gradients;
    /* NULL, or called in a backward pass as soon as the gradients of parameters from an offset on are added to. */
    gan_status (*passed)(void *argument, int64_t offset);
    void *passed_argument;
    unsigned holds;         /* what it has computed for the inputs now set: the bits above */
    gan_mode mode;          /* of the last forward pass */
    bool draws_in_sampling; /* some layer does */
    /* Dropout: each forward pass in training draws from new counters, and so does each sample in sampling, if layers
     * draw there. `passes` counts both; saving it and setting it again between two steps continues with the same
     * masks. `draws` is what it was at the last forward pass, whose masks its backward pass draws again. */
    uint64_t seed, passes, draws;
    gan_arena arena;
    struct gan_session_plan *plan; /* plan.h */
};

gan_session *gan_session_retain(gan_session *session);
/* gan_session_create with valid options, of a session that keeps nothing packed; without `reuse`, no two values share
 * memory, for tests to compare with. */
gan_status gan_session_create_planned(gan_model *model, const gan_session_options *options, bool reuse,
                                      gan_session **out);

/* The same for batches that are divided, which `shards` must outlive. `gradients`: see shard_gradients above. */
gan_status gan_session_create_sharded(gan_model *model, const gan_session_options *options, const gan_shards *shards,
                                      gan_real *gradients, gan_session **out);
/* Samples of the whole batch, with those of other processes. */
static inline int64_t gan_session_whole_batch(const gan_session *session)
{
    return session->shards ? session->batch / session->shards->count * session->shards->total : session->batch;
}
static inline int64_t gan_session_shard_count(const gan_session *session)
{
    return session->shards ? session->shards->count : 1;
}

/* What a caller sets and gets for each input or output. */
typedef enum gan_session_slot {
    GAN_SLOT_INPUT,
    GAN_SLOT_OUTPUT,
    GAN_SLOT_OUTPUT_GRADIENT,
    GAN_SLOT_INPUT_GRADIENT,
    GAN_SLOT_INPUT_TANGENT, /* this and the following: only in second-order sessions */
    GAN_SLOT_OUTPUT_TANGENT,
    GAN_SLOT_OUTPUT_GRADIENT_TANGENT,
    GAN_SLOT_INPUT_GRADIENT_TANGENT
} gan_session_slot;

/* Direct access in the stored layout: batch * elements. An input that has been set may be written until the forward
 * pass; the others are read-only. */
gan_real *gan_session_data(const gan_session *session, gan_session_slot slot, int64_t index);

/* Where the caller writes an input of `batch` samples, or an output's gradient, in the stored layout: it counts as
 * set from here on. */
gan_status gan_session_write_input(gan_session *session, int64_t index, int64_t batch, gan_real **place);
gan_status gan_session_write_output_gradient(gan_session *session, int64_t index, gan_real **place);

/* Multiplies each of `parts` equal parts of the batch of an output's gradient by a number. */
void gan_session_scale_output_gradient(gan_session *session, int64_t index, int64_t parts, const float *scales);

/* For penalties on the gradient of an input, in second-order sessions. One value per sample, free to use: */
gan_real *gan_session_sample_values(const gan_session *session);
/* Forgets output gradients and tangents that were set after the forward pass. */
void gan_session_forget_border(gan_session *session);
/* Sets each element of an output's gradient. */
gan_status gan_session_fill_output_gradient(gan_session *session, int64_t index, gan_real value);
/* Sets an input's tangent to scales[i] times the gradient of sample i. */
gan_status gan_session_scale_input_tangent(gan_session *session, int64_t index, const gan_real *scales);

/* gan_model_sample through a session of the generator; `what` names the call (sample.c). */
gan_status gan_session_draw(gan_session *session, const gan_sample_options *options, int64_t count, float *out,
                            const char *what);
/* Checks what gan_model_sample would; and fills the inputs for `batch` of `count` samples, from sample `first` on. */
gan_status gan_sample_check(const gan_model *model, const gan_sample_options *options, int64_t count,
                            const char *what);
gan_status gan_session_draw_inputs(gan_session *session, const gan_sample_options *options, int64_t count,
                                   int64_t first, int64_t batch, const char *what);

#endif
