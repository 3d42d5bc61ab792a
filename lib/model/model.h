/* The door of model: the graph of layers, its tensors in flat arrays, and sessions. */
#ifndef GAN_MODEL_H
#define GAN_MODEL_H

#include "layers/layers.h"

typedef struct gan_model_node {
    gan_layer *layer;
    char *name; /* layer's name, or its number; "input0"... for inputs */
    int input_count;
    gan_node *inputs;
    gan_shape output;
    int first_tensor, tensor_count; /* in the model's table */
} gan_model_node;

/* A row of the table of tensors. Parameters lie in `parameters`, buffers in `buffers`, both at `offset`. */
typedef struct gan_model_tensor {
    char *name; /* "0.weight" */
    gan_tensor_plan plan;
    int64_t offset, count;
} gan_model_tensor;

struct gan_model {
    gan_context *context;
    atomic_int references;
    gan_status status; /* first failure while describing, with its sentence: */
    char *error;
    bool built;
    gan_model_node *nodes;
    int32_t node_count, node_capacity;
    gan_node *inputs, *outputs;
    int input_count, output_count, input_capacity, output_capacity;
    gan_model_tensor *tensors;
    int tensor_count;
    /* Weights and their gradients, one flat array each, every tensor at a multiple of GAN_ALIGNMENT bytes (gaps are
     * 0 and stay 0, so that an optimizer, EMA, saving and an all-reduce are each one loop). */
    int64_t parameter_size, buffer_size; /* values in the arrays, gaps included */
    int64_t parameter_count;             /* trained values */
    gan_real *parameters, *gradients, *buffers;
    /* Weights before the last optimizer step, when somebody asked for them by gan_model_keep_previous; an optimizer
     * then writes the new weights there and exchanges the two arrays. */
    gan_real *previous;
};

gan_model *gan_model_retain(gan_model *model);
gan_status gan_model_keep_previous(gan_model *model);
/* Gives every weight its value before the last optimizer step. */
void gan_model_restore_previous(gan_model *model);

/* The tensor called `name`, or NULL. */
const gan_model_tensor *gan_model_find_tensor(const gan_model *model, const char *name);
/* Where a tensor is stored. */
gan_real *gan_model_tensor_data(const gan_model *model, const gan_model_tensor *tensor);
/* Copies between a stored tensor and a float array in PyTorch's layout. */
void gan_tensor_export(const gan_tensor_plan *plan, int64_t count, const gan_real *stored, float *out);
void gan_tensor_import(const gan_tensor_plan *plan, int64_t count, const float *values, gan_real *stored);

/* Architecture as JSON text (architecture.c). The text is released with gan_release_text. */
gan_status gan_model_write_architecture(const gan_model *model, char **text);
/* A model as described by the text, built, with weights not yet meaningful. */
gan_status gan_model_read_architecture(gan_context *context, const char *text, gan_model **out);

/* ---- Sessions ------------------------------------------------------------------------------------------------- */

struct gan_session {
    gan_model *model;
    int64_t max_batch, batch; /* batch: of the pass under way, 0 before an input is set */
    bool forward_only;
    bool inputs_set, forward_done, backward_done;
    gan_mode mode; /* of the last forward pass */
    uint64_t seed, passes; /* dropout: each forward pass draws from new counters */
    gan_arena arena;
    struct gan_session_node *nodes; /* session.c */
    void *block;                    /* tables of this session, block_size bytes */
    size_t block_size;
};

/* Direct access in the stored layout, for the trainer and for tests: batch * elements. */
gan_real *gan_session_input(const gan_session *session, size_t index);
gan_real *gan_session_output(const gan_session *session, size_t index);
gan_real *gan_session_input_gradient(const gan_session *session, size_t index);
gan_real *gan_session_output_gradient(const gan_session *session, size_t index);

#endif
