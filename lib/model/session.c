/* Running a session: the layers in their order forward, and in the opposite order backward. */
#include "model/plan.h"

#define DEFAULT_BATCH 32

/* Counters of one pass for each layer's random numbers: blocks of four words, more than any layer draws. */
#define COUNTER_BITS 32

gan_status gan_session_create(gan_model *model, const gan_session_options *given, gan_session **out)
{
    gan_session_options options;

    GAN_CHECK_NOT_NULL(model);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(gan_options_read(&options, sizeof(options), given, "gan_session_options"));
    GAN_TRY(gan_model_check_built(model, __func__));
    if (options.batch == 0) options.batch = DEFAULT_BATCH;
    if (options.batch < 0) {
        return gan_fail(GAN_ERROR_BATCH, "gan_session_create: batch is %lld, expected at least 1",
                        (long long)options.batch);
    }
    return gan_session_plan_create(model, &options, true, out);
}

/* ---- One layer's call --------------------------------------------------------------------------------------- */

typedef struct layer_call {
    gan_pass pass;
    gan_real *tensors[GAN_LAYER_TENSORS], *gradients[GAN_LAYER_TENSORS];
} layer_call;

/* Weights are looked up at each call, since an optimizer exchanges their arrays. */
static void find_tensors(const gan_model *model, const gan_model_node *node, bool with_gradients, layer_call *call)
{
    for (int k = 0; k < node->tensor_count; k++) {
        const gan_model_tensor *tensor = &model->tensors[node->first_tensor + k];
        const bool has_gradient = with_gradients && tensor->plan.kind == GAN_TENSOR_PARAMETER;
        call->tensors[k] = gan_model_tensor_data(model, tensor);
        call->gradients[k] = has_gradient ? model->gradients + tensor->offset : NULL;
    }
}

/* What forward and backward have in common; `pass_number` is that of the forward pass. */
static void prepare_call(gan_session *session, int32_t i, gan_mode mode, uint64_t pass_number, bool with_gradients,
                         layer_call *call)
{
    const gan_model_node *node = &session->model->nodes[i];

    find_tensors(session->model, node, with_gradients, call);
    call->pass = (gan_pass){
        .context = session->model->context,
        .batch = session->batch,
        .training = mode == GAN_MODE_TRAIN,
        .inputs = node->input_count,
        .input_shapes = node->input_shapes,
        .output_shape = node->output,
        .tensors = call->tensors,
        .gradients = call->gradients,
        .saved = gan_session_at(session, session->plan->nodes[i].saved),
        .random = {.seed = session->seed,
                   .stream = GAN_STREAM_DROPOUT + (uint64_t)i,
                   .counter = pass_number << COUNTER_BITS},
    };
}

static const gan_real *const *find_inputs(gan_session *session, const gan_model_node *node)
{
    gan_session_plan *plan = session->plan;

    for (int k = 0; k < node->input_count; k++) {
        plan->x[k] = gan_session_at(session, plan->nodes[node->inputs[k]].value);
    }
    return plan->x;
}

/* ---- Forward ------------------------------------------------------------------------------------------------ */

static gan_status check_inputs(const gan_session *session)
{
    const gan_model *model = session->model;
    const int64_t batch = session->plan->nodes[model->inputs[0]].batch;

    for (int32_t k = 0; k < model->input_count; k++) {
        const int64_t other = session->plan->nodes[model->inputs[k]].batch;
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

static gan_status forward_node(gan_session *session, int32_t i, gan_mode mode)
{
    const gan_model_node *node = &session->model->nodes[i];
    const gan_session_node *planned = &session->plan->nodes[i];
    layer_call call;

    prepare_call(session, i, mode, session->passes, false, &call);
    call.pass.x = find_inputs(session, node);
    call.pass.y = gan_session_at(session, planned->value);
    call.pass.scratch = gan_session_at(session, planned->forward_scratch);
    return node->layer->ops->forward(node->layer, &call.pass);
}

gan_status gan_session_forward(gan_session *session, gan_mode mode)
{
    GAN_CHECK_NOT_NULL(session);
    if (mode != GAN_MODE_SAMPLE && mode != GAN_MODE_TRAIN) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_session_forward: mode is %d, expected 0 or 1", (int)mode);
    }
    GAN_TRY(check_inputs(session));
    const gan_model *model = session->model;
    session->forward_done = session->input_gradients = false;
    session->batch = session->plan->nodes[model->inputs[0]].batch;
    for (int32_t i = 0; i < model->node_count; i++) {
        if (model->nodes[i].input_count == 0) continue;
        gan_status status = forward_node(session, i, mode);
        if (status != GAN_OK) return gan_model_node_fail(model, i, status);
    }
    for (int32_t k = 0; k < model->output_count; k++) {
        session->plan->nodes[model->outputs[k]].output_gradient_set = false;
    }
    session->mode = mode;
    session->forward_done = true;
    if (mode == GAN_MODE_TRAIN) session->passes++;
    return GAN_OK;
}

/* ---- Backward ----------------------------------------------------------------------------------------------- */

static int64_t count_of(const gan_session *session, int32_t node)
{
    return session->batch * gan_shape_count(session->model->nodes[node].output);
}

/* The gradient of node i: the sum over its readers and, for an output, what the caller has set. NULL where it is 0
 * because no output whose gradient is set depends on the node. */
static const gan_real *sum_gradient(const gan_session *session, int32_t i)
{
    const gan_session_node *planned = &session->plan->nodes[i];
    gan_real *gradient = gan_session_at(session, planned->gradient);

    if (planned->output_gradient_set) {
        const gan_real *given = gan_session_at(session, planned->output_gradient);
        if (!planned->gradient_ready) return given;
        gan_add(session->model->context, count_of(session, i), given, gradient);
    }
    return planned->gradient_ready ? gradient : NULL;
}

/* Where the layer writes dx. An input that is read twice by the layer is ready after its first place. */
static void find_input_gradients(gan_session *session, int32_t i, unsigned what)
{
    const gan_model_node *node = &session->model->nodes[i];
    gan_session_plan *plan = session->plan;

    for (int k = 0; k < node->input_count; k++) {
        gan_session_node *input = &plan->nodes[node->inputs[k]];
        plan->dx[k] = NULL;
        if (!input->trains && !(what & GAN_BACKWARD_INPUTS)) continue;
        plan->dx[k] = gan_session_at(session, input->gradient_ready ? plan->nodes[i].spare[k] : input->gradient);
        input->gradient_ready = true;
    }
}

static void add_spare_gradients(gan_session *session, int32_t i)
{
    const gan_model_node *node = &session->model->nodes[i];
    const gan_session_plan *plan = session->plan;

    for (int k = 0; k < node->input_count; k++) {
        gan_real *gradient = gan_session_at(session, plan->nodes[node->inputs[k]].gradient);
        if (!plan->dx[k] || plan->dx[k] == gradient) continue;
        gan_add(session->model->context, count_of(session, node->inputs[k]), plan->dx[k], gradient);
    }
}

static gan_status backward_node(gan_session *session, int32_t i, unsigned what)
{
    const gan_model_node *node = &session->model->nodes[i];
    const gan_session_node *planned = &session->plan->nodes[i];
    const unsigned flags = node->layer->ops->flags;
    const gan_real *dy;
    layer_call call;

    if (!planned->trains && !(what & GAN_BACKWARD_INPUTS)) return GAN_OK;
    dy = sum_gradient(session, i);
    if (!dy || node->input_count == 0) return GAN_OK;
    find_input_gradients(session, i, what);
    prepare_call(session, i, session->mode, session->passes - 1, what & GAN_BACKWARD_PARAMETERS, &call);
    call.pass.x = flags & GAN_LAYER_KEEPS_INPUT ? find_inputs(session, node) : session->plan->no_x;
    call.pass.y = flags & GAN_LAYER_KEEPS_OUTPUT ? gan_session_at(session, planned->value) : NULL;
    call.pass.dy = dy;
    call.pass.dx = session->plan->dx;
    call.pass.scratch = gan_session_at(session, planned->backward_scratch);
    GAN_TRY(node->layer->ops->backward(node->layer, &call.pass));
    add_spare_gradients(session, i);
    return GAN_OK;
}

static gan_status check_backward(const gan_session *session, unsigned what)
{
    const gan_model *model = session->model;

    if (what == 0 || what > (GAN_BACKWARD_PARAMETERS | GAN_BACKWARD_INPUTS)) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_session_backward: what is %u, expected a sum of gan_backward values",
                        what);
    }
    GAN_TRY(gan_session_check_backward(session, "gan_session_backward"));
    for (int32_t k = 0; k < model->output_count; k++) {
        if (session->plan->nodes[model->outputs[k]].output_gradient_set) return GAN_OK;
    }
    return gan_fail(GAN_ERROR_STATE,
                    "gan_session_backward: no output's gradient has been set since the forward pass");
}

gan_status gan_session_backward(gan_session *session, unsigned what)
{
    GAN_CHECK_NOT_NULL(session);
    GAN_TRY(check_backward(session, what));
    const gan_model *model = session->model;
    session->input_gradients = false;
    for (int32_t i = 0; i < model->node_count; i++) session->plan->nodes[i].gradient_ready = false;
    for (int32_t i = model->node_count; i-- > 0;) {
        gan_status status = backward_node(session, i, what);
        if (status != GAN_OK) return gan_model_node_fail(model, i, status);
    }
    if (!(what & GAN_BACKWARD_INPUTS)) return GAN_OK;
    for (int32_t k = 0; k < model->input_count; k++) {
        const gan_session_node *input = &session->plan->nodes[model->inputs[k]];
        if (input->gradient_ready) continue;
        gan_fill(model->context, count_of(session, model->inputs[k]), 0, gan_session_at(session, input->gradient));
    }
    session->input_gradients = true;
    return GAN_OK;
}
