/* Tangents: the derivative of a session's passes in a direction of its inputs and output gradients (Pearlmutter,
 * "Fast Exact Multiplication by the Hessian", 1994). Like the passes themselves, first forward, then backward. */
#include "model/graph/graph.h"
#include "model/session/plan.h"
#include "model/session/session.h"

/* ---- Forward ------------------------------------------------------------------------------------------------ */

static gan_status tangent_forward_node(gan_session *session, int32_t i)
{
    const gan_model_node *node = &session->model->nodes[i];
    const gan_session_plan *plan = session->plan;
    gan_layer_call call;

    gan_session_prepare_call(session, i, session->mode, session->draws, false, &call);
    call.pass.x = gan_session_find_kept_inputs(session, i, plan->nodes, plan->x);
    call.pass.y = gan_session_find_kept_output(session, i, plan->nodes);
    call.pass.tangent_x = gan_session_find_inputs(session, i, plan->tangents, plan->tangent_x);
    call.pass.tangent_y = gan_session_at(session, plan->tangents[i].value);
    call.pass.scratch = gan_session_at(session, plan->tangents[i].forward_scratch);
    GAN_TRY(gan_session_run(session, i, node->layer->ops->tangent_forward, &call));
    gan_session_store(session, i, plan->tangents);
    return GAN_OK;
}

/* Tangents of inputs that are not set count as 0, but at least one must be set. */
static gan_status prepare_input_tangents(gan_session *session)
{
    const gan_model *model = session->model;
    const gan_session_node *tangents = session->plan->tangents;
    int32_t set = 0;

    for (int32_t k = 0; k < model->input_count; k++) set += tangents[model->inputs[k]].given > 0;
    if (set == 0) {
        return gan_fail(GAN_ERROR_STATE,
                        "gan_session_tangent_forward: no input's tangent has been set since the forward pass");
    }
    for (int32_t k = 0; k < model->input_count; k++) {
        const gan_session_node *input = &tangents[model->inputs[k]];
        if (input->given > 0) continue;
        gan_fill(model->context, gan_session_count_at(session, model->inputs[k]), 0,
                 gan_session_at(session, input->value));
    }
    return GAN_OK;
}

gan_status gan_session_tangent_forward(gan_session *session)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(session);
    GAN_TRY(gan_session_check_tangents(session, __func__));
    GAN_TRY(prepare_input_tangents(session));
    const gan_model *model = session->model;
    session->holds &= ~(GAN_HOLDS_OUTPUT_TANGENTS | GAN_HOLDS_INPUT_GRADIENT_TANGENTS);
    gan_session_begin_pass(session, GAN_PASS_TANGENT_FORWARD);
    for (int32_t i = 0; i < model->node_count; i++) {
        if (model->nodes[i].input_count == 0) continue;
        gan_status status = tangent_forward_node(session, i);
        if (status != GAN_OK) return gan_model_node_fail(model, i, status);
    }
    session->holds |= GAN_HOLDS_OUTPUT_TANGENTS;
    return GAN_OK;
}

/* ---- Backward ----------------------------------------------------------------------------------------------- */

/* The gradient of node i that the last backward pass has summed; NULL where it is 0. */
static const gan_real *summed_gradient(const gan_session *session, int32_t i)
{
    const gan_session_node *node = &session->plan->nodes[i];

    if (node->gradient_ready) return gan_session_at(session, node->gradient);
    return node->given > 0 ? gan_session_at(session, node->output_gradient) : NULL;
}

static void find_no_input_gradients(const gan_session *session, int32_t i)
{
    for (int k = 0; k < session->model->nodes[i].input_count; k++) session->plan->dx[k] = NULL;
}

/* R{dx} of a layer without curvature is 0 where R{dy} is. In a discriminator of linear layers and (leaky) ReLU, that
 * is everywhere, so that a penalty on its gradient costs just one pass over the weights here. */
static gan_status tangent_backward_node(gan_session *session, int32_t i, uint64_t what)
{
    const gan_model_node *node = &session->model->nodes[i];
    const gan_session_plan *plan = session->plan;
    gan_layer_call call;

    if (!plan->tangents[i].trains && !(what & GAN_BACKWARD_INPUTS)) return GAN_OK;
    const gan_real *tangent_dy = gan_session_sum_gradient(session, plan->tangents, i);
    const gan_real *dy = summed_gradient(session, i);
    if ((!dy && !tangent_dy) || node->input_count == 0) return GAN_OK;
    if (tangent_dy || (node->layer->ops->flags & GAN_LAYER_CURVED)) {
        gan_session_find_input_gradients(session, plan->tangents, i, what);
    } else {
        find_no_input_gradients(session, i);
    }
    gan_session_prepare_call(session, i, session->mode, session->draws, what & GAN_BACKWARD_PARAMETERS, &call);
    call.pass.x = gan_session_find_kept_inputs(session, i, plan->nodes, plan->x);
    call.pass.y = gan_session_find_kept_output(session, i, plan->nodes);
    call.pass.tangent_x = gan_session_find_kept_inputs(session, i, plan->tangents, plan->tangent_x);
    call.pass.tangent_y = gan_session_find_kept_output(session, i, plan->tangents);
    call.pass.dy = dy;
    call.pass.tangent_dy = tangent_dy;
    call.pass.tangent_dx = plan->dx;
    call.pass.scratch = gan_session_at(session, plan->tangents[i].backward_scratch);
    GAN_TRY(gan_session_run(session, i, node->layer->ops->tangent_backward, &call));
    gan_session_add_spare_gradients(session, plan->tangents, i);
    return GAN_OK;
}

static gan_status check_tangent_backward(const gan_session *session, uint64_t what)
{
    const char *call = "gan_session_tangent_backward";

    GAN_TRY(gan_session_check_what(call, what));
    GAN_TRY(gan_session_check_tangents(session, call));
    if (!(session->holds & GAN_HOLDS_GRADIENTS)) {
        return gan_fail(GAN_ERROR_STATE,
                        "%s: gan_session_backward() has not run since the outputs' gradients were set", call);
    }
    if ((what & GAN_BACKWARD_INPUTS) && !(session->holds & GAN_HOLDS_INPUT_GRADIENTS)) {
        return gan_fail(GAN_ERROR_STATE, "%s: the last backward pass ran without GAN_BACKWARD_INPUTS", call);
    }
    if (session->holds & GAN_HOLDS_OUTPUT_TANGENTS) return GAN_OK;
    return gan_fail(GAN_ERROR_STATE, "%s: gan_session_tangent_forward() has not run since the backward pass", call);
}

gan_status gan_session_tangent_backward(gan_session *session, uint64_t what)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(session);
    GAN_TRY(check_tangent_backward(session, what));
    const gan_model *model = session->model;
    gan_session_node *tangents = session->plan->tangents;
    session->holds &= ~GAN_HOLDS_INPUT_GRADIENT_TANGENTS;
    gan_session_begin_pass(session, GAN_PASS_TANGENT_BACKWARD);
    for (int32_t i = 0; i < model->node_count; i++) tangents[i].gradient_ready = false;
    for (int32_t i = model->node_count; i-- > 0;) {
        gan_status status = tangent_backward_node(session, i, what);
        if (status != GAN_OK) return gan_model_node_fail(model, i, status);
    }
    if (what & GAN_BACKWARD_INPUTS) {
        gan_session_fill_unreached_inputs(session, tangents);
        session->holds |= GAN_HOLDS_INPUT_GRADIENT_TANGENTS;
    }
    return GAN_OK;
}
