/* Sessions: one pass through a model. */
#ifndef GAN_MODEL_SESSION_H
#define GAN_MODEL_SESSION_H

#include "model/graph/graph.h"

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
    /* The next backward pass to parameters writes their gradients, which hold nothing yet, and does not add to them.
     */
    bool writes_gradients;
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

#endif
