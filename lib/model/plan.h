/* The plan of a session: which values lie where in its arena. Used by the files of lib/model/ only.
 *
 * Steps of a model with n nodes: node i runs forward at step i and backward at step 2n - 1 - i. A buffer is live from
 * a first to a last step; buffers that are never live at the same step may lie in the same memory. */
#ifndef GAN_PLAN_H
#define GAN_PLAN_H

#include "model/model.h"

#define GAN_NO_BUFFER (-1)

typedef struct gan_buffer {
    int64_t size, offset; /* in values */
    int32_t first, last;  /* steps */
    bool pinned;          /* somebody reads it besides the next layer: not to be overwritten in place */
} gan_buffer;

typedef struct gan_session_node {
    /* Numbers of buffers, or GAN_NO_BUFFER. A layer that works in place has the buffers of its input. */
    int32_t value;                             /* y */
    int32_t gradient;                          /* dy, the sum over the nodes that read y */
    int32_t output_gradient;                   /* of an output: as the caller sets it */
    int32_t saved;                             /* from forward to backward, for the layer */
    int32_t forward_scratch, backward_scratch; /* during one call */
    /* One for each input: where dx goes while the input's gradient already holds that of another reader. */
    int32_t *spare;
    int64_t batch;            /* of an input: samples that were set, 0 before */
    bool trains;              /* it or a node before it has parameters */
    bool view;                /* y is x under another shape */
    bool gradient_ready;      /* in this backward pass, some reader has written it */
    bool output_gradient_set; /* since the last forward pass */
} gan_session_node;

typedef struct gan_session_plan {
    gan_session_node *nodes;
    int32_t *spares;
    gan_buffer *buffers;
    int32_t buffer_count, buffer_capacity;
    /* Tables for the call of the layer with the most inputs. */
    int width;
    const gan_real **x, **no_x; /* no_x: all NULL */
    gan_real **dx;
} gan_session_plan;

/* Gives every buffer its offset and *total the values that all need (pack.c). */
gan_status gan_buffers_pack(gan_context *context, gan_buffer *buffers, int32_t count, int64_t *total);

/* Where a buffer lies, or NULL for GAN_NO_BUFFER. */
static inline gan_real *gan_session_at(const gan_session *session, int32_t buffer)
{
    if (buffer == GAN_NO_BUFFER) return NULL;
    return gan_arena_at(&session->arena, (size_t)session->plan->buffers[buffer].offset * sizeof(gan_real));
}

/* GAN_ERROR_STATE unless a backward pass may follow; `what` names the call (session_data.c). */
gan_status gan_session_check_backward(const gan_session *session, const char *what);
/* Notes that an input now holds `batch` samples: the last forward pass is no longer that of the inputs. */
void gan_session_accept_input(gan_session *session, size_t index, int64_t batch);

#endif
