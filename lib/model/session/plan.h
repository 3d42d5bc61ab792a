/* The plan of a session: which values lie where in its arena. Private to lib/model/.
 *
 * Steps of a model with n nodes: node i runs forward at step i and backward at step 2n - 1 - i; in a second-order
 * session its tangents run forward at step 2n + i and backward at step 4n - 1 - i. An array is live from a first to a
 * last step; arrays that are never live at the same step may lie in the same memory. */
#ifndef GAN_PLAN_H
#define GAN_PLAN_H

#include "model/session/session.h"

#define GAN_NO_ARRAY (-1)

/* Values to the next place where an array may begin. */
static inline int64_t gan_session_aligned(int64_t count)
{
    const int64_t values = (int64_t)(GAN_ALIGNMENT / sizeof(gan_real));
    return (count + values - 1) / values * values;
}

typedef enum gan_pass_kind {
    GAN_PASS_FORWARD,
    GAN_PASS_BACKWARD,
    GAN_PASS_TANGENT_FORWARD,
    GAN_PASS_TANGENT_BACKWARD,
    GAN_PASSES
} gan_pass_kind;

typedef struct gan_array {
    int64_t size, offset; /* in values */
    int32_t first, last;  /* steps */
    bool pinned;          /* not only the next layer reads it: must not be overwritten in place */
} gan_array;

/* A node's arrays in the passes of values and gradients; or in those of their tangents, where y is R{y}, dy is R{dy}
 * and so on. */
typedef struct gan_session_node {
    /* Numbers of arrays, or GAN_NO_ARRAY. A layer that works in place has the arrays of its input. */
    int32_t value;                             /* y */
    int32_t gradient;                          /* dy, the sum over the nodes that read y */
    int32_t output_gradient;                   /* of an output: as the caller sets it */
    int32_t saved;                             /* from forward to backward, for the layer */
    int32_t forward_scratch, backward_scratch; /* during one call */
    int32_t packed;                            /* weights, as the layer packs them */
    /* Of the value: whether later passes read it, and whether it must not be rounded for them, since a caller may set
     * or read it or it is a class number. */
    bool kept, exact;
    int32_t source; /* the node itself, or the one of whose value its own is a view */
    /* With bfloat16_storage, of what is kept and not exact: the array in which it is kept, from the node's step on,
     * and those into which it is read back, one for each pass that reads it. Else GAN_NO_ARRAY. */
    int32_t half, read_back[GAN_PASSES];
    uint64_t back_in; /* the number of the pass that has read it back last */
    int64_t saved_stride,
        exchanged; /* with shards: from the values that one saved to the next's; see gan_layer_plan */
    /* One per input: where dx goes if the input's gradient already holds another reader's. */
    int32_t *spare;
    /* Samples that the caller has set, or 0: of an input, until it is set again; of an output's gradient, and of a
     * tangent, until the next forward pass. */
    int64_t given;
    bool trains;         /* this node or one before it has parameters */
    bool view;           /* y is x under another shape */
    bool gradient_ready; /* some reader has written it in this backward pass */
} gan_session_node;

typedef struct gan_session_plan {
    gan_session_node *nodes;
    gan_session_node *tangents; /* after the nodes; NULL without second order */
    int32_t *spares;
    gan_array *arrays;
    int32_t array_count;
    int64_t array_capacity;
    int32_t sample_values; /* second order: one value per sample, for penalties */
    gan_pass_kind pass;    /* the present one, and the number of passes so far */
    uint64_t passes;
    /* Tables large enough for the layer with the most inputs. */
    int width;
    const gan_real **x, **tangent_x, **no_x; /* no_x: all NULL */
    gan_real **dx;                           /* in a pass of tangents: R{dx} */
} gan_session_plan;

/* Sets every array's offset, and *total to the values that all need together (place_arrays.c). */
gan_status gan_arrays_place(gan_context *context, gan_array *arrays, int32_t count, int64_t *total);

/* Plans the session, whose options are set, and allocates its arena; and releases the result, even of a failure. */
gan_status gan_session_make_plan(gan_session *session, bool reuse);
void gan_session_release_plan(gan_session *session);

/* The address of an array, or NULL for GAN_NO_ARRAY. */
static inline gan_real *gan_session_at(const gan_session *session, int32_t array)
{
    if (array == GAN_NO_ARRAY) return NULL;
    return gan_arena_at(&session->arena, (size_t)session->plan->arrays[array].offset * sizeof(gan_real));
}

/* ---- What the passes have in common (session_call.c) -------------------------------------------------------- */

/* One call of a layer. */
typedef struct gan_layer_call {
    gan_pass pass;
    gan_real *tensors[GAN_LAYER_TENSORS], *gradients[GAN_LAYER_TENSORS];
} gan_layer_call;

/* Sets all but the values and gradients of the pass; `draws` is the session's, of the forward pass. */
void gan_session_prepare_call(const gan_session *session, int32_t i, gan_mode mode, uint64_t draws,
                              bool with_gradients, gan_layer_call *call);
/* Calls a function of node i: for the whole batch, or, if that is divided, for one shard after the other. */
typedef gan_status (*gan_layer_run)(const gan_layer *layer, const gan_pass *pass);
gan_status gan_session_run(const gan_session *session, int32_t i, gan_layer_run run, gan_layer_call *call);
/* Begins a pass; keeps the value of node i in bfloat16, if it is to be kept so; and where a later pass finds what is
 * kept of it (session_storage.c). */
void gan_session_begin_pass(const gan_session *session, gan_pass_kind pass);
void gan_session_store(const gan_session *session, int32_t i, const gan_session_node *nodes);
gan_real *gan_session_kept_value(const gan_session *session, int32_t i, gan_session_node *nodes);
/* The inputs of node i among the values of `nodes`, in one of the plan's tables; and, after the forward pass, inputs
 * and output if the layer keeps them, else NULL. */
const gan_real *const *gan_session_find_inputs(const gan_session *session, int32_t i, const gan_session_node *nodes,
                                               const gan_real **table);
const gan_real *const *gan_session_find_kept_inputs(const gan_session *session, int32_t i, gan_session_node *nodes,
                                                    const gan_real **table);
gan_real *gan_session_find_kept_output(const gan_session *session, int32_t i, gan_session_node *nodes);

/* Sets the gradients of a node's parameters to 0, in all shards here. */
void gan_session_zero_gradients(const gan_session *session, int32_t i);

/* The number of values in a node's batch. */
int64_t gan_session_count_at(const gan_session *session, int32_t node);
/* The gradient of node i: the sum over its readers and, for an output, what the caller has set. NULL if it is 0
 * because no output whose gradient is set depends on the node. */
const gan_real *gan_session_sum_gradient(const gan_session *session, const gan_session_node *nodes, int32_t i);
/* Fills the plan's table with where the layer of node i writes dx; afterwards, adds what was written to spares. */
void gan_session_find_input_gradients(const gan_session *session, gan_session_node *nodes, int32_t i, uint64_t what);
void gan_session_add_spare_gradients(const gan_session *session, const gan_session_node *nodes, int32_t i);
/* Sets the gradient of inputs that none has reached to 0. */
void gan_session_fill_unreached_inputs(const gan_session *session, const gan_session_node *nodes);

/* GAN_ERROR_ARGUMENT unless it combines gan_backward bits. */
gan_status gan_session_check_what(const char *call, uint64_t what);

/* ---- Data (session_data.c) ---------------------------------------------------------------------------------- */

/* GAN_ERROR_STATE unless a backward pass, or passes of tangents, may follow. */
gan_status gan_session_check_backward(const gan_session *session, const char *call);
gan_status gan_session_check_tangents(const gan_session *session, const char *call);

#endif
