/* Calls of layers for batches that are divided into shards: one shard after the other, so that what a layer computes
 * does not depend on how many of them are in this process. */
#include "model/graph/graph.h"
#include "model/session/plan.h"
#include "model/session/session.h"

/* Where the arrays of one shard end and those of the next begin. */
typedef struct shard_steps {
    const gan_session *session;
    const gan_model_node *node;
    const gan_session_node *planned;
    int64_t rows; /* of a shard */
} shard_steps;

static int64_t output_values(const shard_steps *steps)
{
    return steps->rows * gan_shape_count(steps->node->output);
}

static int64_t input_values(const shard_steps *steps, int k)
{
    return steps->rows * gan_shape_count(steps->node->input_shapes[k]);
}

static void advance_table(const shard_steps *steps, const gan_real **table, int64_t shards)
{
    for (int k = 0; k < steps->node->input_count; k++) {
        if (table[k]) table[k] += shards * input_values(steps, k);
    }
}

/* Tables of the plan that the call uses; no_x, which has no arrays, stays as it is. */
static void advance_inputs(const shard_steps *steps, const gan_pass *pass, int64_t shards)
{
    gan_session_plan *plan = steps->session->plan;
    if (pass->x == plan->x) advance_table(steps, plan->x, shards);
    if (pass->tangent_x == plan->tangent_x) advance_table(steps, plan->tangent_x, shards);
    for (int k = 0; (pass->dx || pass->tangent_dx) && k < steps->node->input_count; k++) {
        if (plan->dx[k]) plan->dx[k] += shards * input_values(steps, k);
    }
}

static void advance_outputs(const shard_steps *steps, gan_pass *pass, int64_t shards)
{
    const int64_t count = shards * output_values(steps);
    if (pass->y) pass->y += count;
    if (pass->dy) pass->dy += count;
    if (pass->tangent_y) pass->tangent_y += count;
    if (pass->tangent_dy) pass->tangent_dy += count;
}

/* Goes on to the next shard. */
static void advance(const shard_steps *steps, gan_layer_call *call)
{
    const gan_session *session = steps->session;
    gan_pass *pass = &call->pass;
    advance_inputs(steps, pass, 1);
    advance_outputs(steps, pass, 1);
    if (pass->saved) pass->saved += steps->planned->saved_stride;
    for (int k = 0; k < GAN_LAYER_TENSORS; k++) {
        if (call->gradients[k]) call->gradients[k] += session->model->parameter_size;
    }
    pass->again = true;
}

/* The random numbers of a shard: in training from streams of its own, in sampling from the counters of its samples.
 */
static gan_random_state random_of(const shard_steps *steps, const gan_pass *pass, gan_random_state state,
                                  int64_t index)
{
    const gan_shards *shards = steps->session->shards;
    if (pass->training) return gan_shards_random(shards, state, index);
    state.counter += (uint64_t)((shards->first + index) * steps->rows) << GAN_DRAW_BITS;
    return state;
}

static gan_status run_at_once(const shard_steps *steps, gan_layer_run run, gan_pass *pass)
{
    const gan_shards *shards = steps->session->shards;
    const int64_t numbers = steps->planned->exchanged * (shards->count + shards->total);
    const int64_t values = (int64_t)(sizeof(double) / sizeof(gan_real));
    pass->shards = shards;
    pass->exchange = (double *)(void *)pass->scratch;
    pass->scratch += gan_session_aligned(numbers * values);
    pass->gradient_stride = steps->session->model->parameter_size;
    return run(steps->node->layer, pass);
}

gan_status gan_session_run(const gan_session *session, int32_t i, gan_layer_run run, gan_layer_call *call)
{
    const gan_model_node *node = &session->model->nodes[i];
    const gan_shards *shards = session->shards;
    gan_pass *pass = &call->pass;
    if (!shards) return run(node->layer, pass);
    const shard_steps steps = {session, node, &session->plan->nodes[i], session->batch / shards->count};
    if (steps.planned->exchanged > 0) return run_at_once(&steps, run, pass);
    const gan_random_state random = pass->random;
    pass->batch = steps.rows;
    for (int64_t index = 0; index < shards->count; index++) {
        if (index > 0) advance(&steps, call);
        pass->random = random_of(&steps, pass, random, index);
        GAN_TRY(run(node->layer, pass));
    }
    advance_inputs(&steps, pass, 1 - shards->count);
    return GAN_OK;
}
