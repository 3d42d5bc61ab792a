/* Running a session: layers in order forward, and in reverse order backward. */
#include "model/graph/graph.h"
#include "model/session/plan.h"
#include "model/session/session.h"

#define DEFAULT_BATCH 32

static gan_status create(gan_model *model, const gan_session_options *options, bool reuse, bool keeps_packed,
                         const gan_shards *shards, gan_real *gradients, gan_session **out)
{
    gan_session *session = gan_allocate(model->context, sizeof(*session));
    gan_status status;

    if (!session) return GAN_ERROR_MEMORY;
    atomic_init(&session->references, 1);
    session->model = gan_model_retain(model);
    session->max_batch = options->batch;
    session->forward_only = options->forward_only;
    session->second_order = options->second_order;
    session->keeps_packed = keeps_packed;
    session->seed = options->seed;
    session->shards = shards;
    session->shard_gradients = gradients;
    status = gan_session_make_plan(session, reuse);
    if (status != GAN_OK) {
        gan_session_destroy(session);
        return gan_fail(status, "gan_session_options: batch is %lld: %s", (long long)options->batch,
                        gan_last_error());
    }
    *out = session;
    return GAN_OK;
}

gan_status gan_session_create_planned(gan_model *model, const gan_session_options *options, bool reuse,
                                      gan_session **out)
{
    return create(model, options, reuse, false, NULL, NULL, out);
}

gan_status gan_session_create_sharded(gan_model *model, const gan_session_options *options, const gan_shards *shards,
                                      gan_real *gradients, gan_session **out)
{
    return create(model, options, true, false, shards, gradients, out);
}

gan_status gan_session_create(gan_model *model, const gan_session_options *given, gan_session **out)
{
    GAN_FLOAT_SCOPE();
    gan_session_options options;

    GAN_CHECK_NOT_NULL(model);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(gan_options_read(&options, sizeof(options), given, "gan_session_options"));
    GAN_TRY(gan_check_reserved("gan_session_options", options.reserved, sizeof(options.reserved)));
    GAN_TRY(gan_model_check_built(model, __func__));
    if (options.batch == 0) options.batch = DEFAULT_BATCH;
    if (options.batch < 0) {
        return gan_fail(GAN_ERROR_BATCH, "gan_session_options: batch is %lld, expected at least 1",
                        (long long)options.batch);
    }
    if (options.forward_only && options.second_order) {
        return gan_fail(GAN_ERROR_ARGUMENT,
                        "gan_session_options: forward_only and second_order are both set, expected at most one");
    }
    return create(model, &options, true, options.forward_only, NULL, NULL, out);
}

gan_session *gan_session_retain(gan_session *session)
{
    atomic_fetch_add(&session->references, 1);
    return session;
}

void gan_session_destroy(gan_session *session)
{
    if (!session || atomic_fetch_sub(&session->references, 1) > 1) return;
    gan_model *model = session->model;
    gan_session_release_plan(session);
    gan_release(model->context, session, sizeof(*session));
    gan_model_destroy(model);
}

/* ---- Forward ------------------------------------------------------------------------------------------------ */

static gan_status check_inputs(const gan_session *session)
{
    const gan_model *model = session->model;
    const int64_t batch = session->plan->nodes[model->inputs[0]].given;

    for (int32_t k = 0; k < model->input_count; k++) {
        const int64_t other = session->plan->nodes[model->inputs[k]].given;
        if (other == 0) {
            return gan_fail(GAN_ERROR_STATE, "gan_session_forward: input %d has not been set", (int)k);
        }
        if (other != batch) {
            return gan_fail(GAN_ERROR_BATCH, "gan_session_forward: input %d has a batch of %lld, but input 0 of %lld",
                            (int)k, (long long)other, (long long)batch);
        }
    }
    return GAN_OK;
}

/* The inputs of a layer that are known before the pass: the model's own. */
static const gan_real *const *find_given_inputs(const gan_session *session, int32_t i)
{
    const gan_model_node *node = &session->model->nodes[i];
    const gan_real **x = session->plan->x;

    for (int k = 0; k < node->input_count; k++) {
        const int32_t input = node->inputs[k];
        const bool given = session->model->nodes[input].input_count == 0;
        x[k] = given ? gan_session_at(session, session->plan->nodes[input].value) : NULL;
    }
    return x;
}

static gan_status check_layers(const gan_session *session, gan_mode mode)
{
    const gan_model *model = session->model;

    for (int32_t i = 0; i < model->node_count; i++) {
        const gan_layer *layer = model->nodes[i].layer;
        gan_layer_call call;
        if (!layer->ops->check) continue;
        gan_session_prepare_call(session, i, mode, session->passes, false, &call);
        call.pass.x = find_given_inputs(session, i);
        call.pass.saved = NULL;
        call.pass.shards = session->shards;
        gan_status status = layer->ops->check(layer, &call.pass);
        if (status != GAN_OK) return gan_model_node_fail(model, i, status);
    }
    return GAN_OK;
}

/* ---- Packed weights ------------------------------------------------------------------------------------------- */

static void pack(gan_session *session)
{
    for (int32_t i = 0; i < session->model->node_count; i++) {
        gan_layer_call call;
        if (session->plan->nodes[i].packed == GAN_NO_ARRAY) continue;
        gan_session_prepare_call(session, i, GAN_MODE_SAMPLE, 0, false, &call);
        call.pass.packed = gan_session_at(session, session->plan->nodes[i].packed);
        session->model->nodes[i].layer->ops->pack(session->model->nodes[i].layer, &call.pass);
    }
}

/* Before a forward pass. A session whose model trains in between packs nothing. */
static void pack_if_unchanged(gan_session *session)
{
    if (!session->keeps_packed) return;
    const uint64_t changes = 1 + atomic_load_explicit(&session->model->changes, memory_order_relaxed);
    if (session->packed_changes != changes) {
        session->packed_changes = 0;
        if (session->seen_changes == changes) {
            pack(session);
            session->packed_changes = changes;
        }
    }
    session->seen_changes = changes;
}

/* ---- Layers ---------------------------------------------------------------------------------------------------- */

static gan_status forward_node(gan_session *session, int32_t i, gan_mode mode)
{
    const gan_model_node *node = &session->model->nodes[i];
    const gan_session_node *planned = &session->plan->nodes[i];
    gan_layer_call call;

    gan_session_prepare_call(session, i, mode, session->passes, false, &call);
    call.pass.x = gan_session_find_inputs(session, i, session->plan->nodes, session->plan->x);
    call.pass.y = gan_session_at(session, planned->value);
    call.pass.scratch = gan_session_at(session, planned->forward_scratch);
    if (session->packed_changes > 0) call.pass.packed = gan_session_at(session, planned->packed);
    GAN_TRY(gan_session_run(session, i, node->layer->ops->forward, &call));
    gan_session_store(session, i, session->plan->nodes);
    return GAN_OK;
}

void gan_session_forget_border(gan_session *session)
{
    const gan_model *model = session->model;
    const gan_session_plan *plan = session->plan;

    for (int32_t k = 0; k < model->output_count; k++) {
        plan->nodes[model->outputs[k]].given = 0;
        if (session->second_order) plan->tangents[model->outputs[k]].given = 0;
    }
    for (int32_t k = 0; session->second_order && k < model->input_count; k++) {
        plan->tangents[model->inputs[k]].given = 0;
    }
    session->holds &= ~(GAN_HOLDS_GRADIENTS | GAN_HOLDS_OUTPUT_TANGENTS);
}

int64_t gan_session_batch(const gan_session *session)
{
    if (!session) return 0;
    if (session->holds & GAN_HOLDS_OUTPUTS) return session->batch;
    return session->plan->nodes[session->model->inputs[0]].given;
}

gan_status gan_session_forward(gan_session *session, gan_mode mode)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(session);
    if (mode != GAN_MODE_SAMPLE && mode != GAN_MODE_TRAIN) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: mode is %d, expected 0 or 1", __func__, (int)mode);
    }
    GAN_TRY(check_inputs(session));
    const gan_model *model = session->model;
    const gan_session before = *session;
    session->holds = 0;
    session->batch = session->plan->nodes[model->inputs[0]].given;
    const gan_status possible = check_layers(session, mode);
    if (possible != GAN_OK) {
        session->holds = before.holds;
        session->batch = before.batch;
        return possible;
    }
    pack_if_unchanged(session);
    gan_session_begin_pass(session, GAN_PASS_FORWARD);
    for (int32_t i = 0; i < model->node_count; i++) {
        if (model->nodes[i].input_count == 0) continue;
        gan_status status = forward_node(session, i, mode);
        if (status != GAN_OK) return gan_model_node_fail(model, i, status);
    }
    gan_session_forget_border(session);
    session->mode = mode;
    session->holds = GAN_HOLDS_OUTPUTS;
    session->draws = session->passes;
    if (mode == GAN_MODE_TRAIN) {
        session->passes++;
    } else if (session->draws_in_sampling) {
        session->passes += (uint64_t)gan_session_whole_batch(session);
    }
    return GAN_OK;
}

/* ---- Backward ----------------------------------------------------------------------------------------------- */

/* A backward pass goes through the nodes, and so through the array of gradients, from the end on. */
static gan_status tell_passed(const gan_session *session, int32_t i, uint64_t what)
{
    const gan_model *model = session->model;
    const gan_model_node *node = &model->nodes[i];
    if (!session->passed || !(what & GAN_BACKWARD_PARAMETERS)) return GAN_OK;
    for (int k = 0; k < node->tensor_count; k++) {
        const gan_model_tensor *tensor = &model->tensors[node->first_tensor + k];
        if (tensor->plan.kind == GAN_TENSOR_PARAMETER)
            return session->passed(session->passed_argument, tensor->offset);
    }
    return GAN_OK;
}

/* Whether the gradients of parameters are to be written, not added to. */
static bool writes_gradients(const gan_session *session, uint64_t what)
{
    return session->writes_gradients && (what & GAN_BACKWARD_PARAMETERS);
}

static gan_status backward_node(gan_session *session, int32_t i, uint64_t what)
{
    const gan_model_node *node = &session->model->nodes[i];
    gan_session_node *nodes = session->plan->nodes;
    const bool writes = writes_gradients(session, what),
               itself = node->layer->ops->flags & GAN_LAYER_WRITES_GRADIENTS;
    const gan_real *dy;
    gan_layer_call call;

    if (!nodes[i].trains && !(what & GAN_BACKWARD_INPUTS)) return GAN_OK;
    dy = gan_session_sum_gradient(session, nodes, i);
    if (writes && (!dy || !itself)) gan_session_zero_gradients(session, i);
    if (!dy || node->input_count == 0) return GAN_OK;
    gan_session_find_input_gradients(session, nodes, i, what);
    gan_session_prepare_call(session, i, session->mode, session->draws, what & GAN_BACKWARD_PARAMETERS, &call);
    call.pass.x = gan_session_find_kept_inputs(session, i, nodes, session->plan->x);
    call.pass.y = gan_session_find_kept_output(session, i, nodes);
    call.pass.dy = dy;
    call.pass.dx = session->plan->dx;
    call.pass.writes_gradients = writes && itself;
    call.pass.scratch = gan_session_at(session, nodes[i].backward_scratch);
    GAN_TRY(gan_session_run(session, i, node->layer->ops->backward, &call));
    gan_session_add_spare_gradients(session, nodes, i);
    return tell_passed(session, i, what);
}

static gan_status check_backward(const gan_session *session, uint64_t what)
{
    const gan_model *model = session->model;

    GAN_TRY(gan_session_check_what("gan_session_backward", what));
    GAN_TRY(gan_session_check_backward(session, "gan_session_backward"));
    for (int32_t k = 0; k < model->output_count; k++) {
        if (session->plan->nodes[model->outputs[k]].given > 0) return GAN_OK;
    }
    return gan_fail(GAN_ERROR_STATE,
                    "gan_session_backward: no output's gradient has been set since the forward pass");
}

gan_status gan_session_backward(gan_session *session, uint64_t what)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(session);
    GAN_TRY(check_backward(session, what));
    const gan_model *model = session->model;
    gan_session_node *nodes = session->plan->nodes;
    session->holds = GAN_HOLDS_OUTPUTS;
    gan_session_begin_pass(session, GAN_PASS_BACKWARD);
    for (int32_t i = 0; i < model->node_count; i++) nodes[i].gradient_ready = false;
    for (int32_t i = model->node_count; i-- > 0;) {
        gan_status status = backward_node(session, i, what);
        if (status != GAN_OK) return gan_model_node_fail(model, i, status);
    }
    session->holds |= GAN_HOLDS_GRADIENTS;
    if (what & GAN_BACKWARD_INPUTS) {
        gan_session_fill_unreached_inputs(session, nodes);
        session->holds |= GAN_HOLDS_INPUT_GRADIENTS;
    }
    return GAN_OK;
}
