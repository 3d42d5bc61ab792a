/* What the passes of a session share: calling a layer, and adding the gradients of several readers. They work on the
 * nodes of values and gradients, or on those of their tangents. */
#include "model/graph/graph.h"
#include "model/session/plan.h"
#include "model/session/session.h"

/* ---- One layer's call --------------------------------------------------------------------------------------- */

/* Weights are looked up at each call, since an optimizer swaps their arrays. */
static void find_tensors(const gan_session *session, const gan_model_node *node, bool with_gradients,
                         gan_layer_call *call)
{
    const gan_model *model = session->model;
    gan_real *gradients = session->shards ? session->shard_gradients : model->gradients;
    for (int k = 0; k < GAN_LAYER_TENSORS; k++) {
        const gan_model_tensor *tensor = k < node->tensor_count ? &model->tensors[node->first_tensor + k] : NULL;
        const bool has_gradient = tensor && with_gradients && tensor->plan.kind == GAN_TENSOR_PARAMETER;
        call->tensors[k] = tensor ? gan_model_tensor_data(model, tensor) : NULL;
        call->gradients[k] = has_gradient ? gradients + tensor->offset : NULL;
    }
}

void gan_session_prepare_call(const gan_session *session, int32_t i, gan_mode mode, uint64_t draws,
                              bool with_gradients, gan_layer_call *call)
{
    const gan_model_node *node = &session->model->nodes[i];

    find_tensors(session, node, with_gradients, call);
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
                   .stream = GAN_STREAM_LAYER + (uint64_t)i,
                   .counter = draws << GAN_DRAW_BITS},
    };
}

const gan_real *const *gan_session_find_inputs(const gan_session *session, int32_t i, const gan_session_node *nodes,
                                               const gan_real **table)
{
    const gan_model_node *node = &session->model->nodes[i];

    for (int k = 0; k < node->input_count; k++) table[k] = gan_session_at(session, nodes[node->inputs[k]].value);
    return table;
}

const gan_real *const *gan_session_find_kept_inputs(const gan_session *session, int32_t i, gan_session_node *nodes,
                                                    const gan_real **table)
{
    const gan_model_node *node = &session->model->nodes[i];

    if (!(node->layer->ops->flags & GAN_LAYER_KEEPS_INPUT)) return session->plan->no_x;
    for (int k = 0; k < node->input_count; k++) table[k] = gan_session_kept_value(session, node->inputs[k], nodes);
    return table;
}

gan_real *gan_session_find_kept_output(const gan_session *session, int32_t i, gan_session_node *nodes)
{
    const unsigned flags = session->model->nodes[i].layer->ops->flags;

    return flags & GAN_LAYER_KEEPS_OUTPUT ? gan_session_kept_value(session, i, nodes) : NULL;
}

void gan_session_zero_gradients(const gan_session *session, int32_t i)
{
    const gan_model *model = session->model;
    const gan_model_node *node = &model->nodes[i];
    for (int64_t shard = 0; shard < gan_session_shard_count(session); shard++) {
        gan_real *gradients = session->shards ? session->shard_gradients : model->gradients;
        for (int k = 0; k < node->tensor_count; k++) {
            const gan_model_tensor *tensor = &model->tensors[node->first_tensor + k];
            if (tensor->plan.kind != GAN_TENSOR_PARAMETER) continue;
            gan_fill(model->context, tensor->count, 0, gradients + shard * model->parameter_size + tensor->offset);
        }
    }
}

/* ---- Gradients ---------------------------------------------------------------------------------------------- */

int64_t gan_session_count_at(const gan_session *session, int32_t node)
{
    return session->batch * gan_shape_count(session->model->nodes[node].output);
}

const gan_real *gan_session_sum_gradient(const gan_session *session, const gan_session_node *nodes, int32_t i)
{
    gan_real *gradient = gan_session_at(session, nodes[i].gradient);

    const gan_real *given = nodes[i].given > 0 ? gan_session_at(session, nodes[i].output_gradient) : NULL;

    if (given) {
        if (!nodes[i].gradient_ready) return given;
        gan_add(session->model->context, gan_session_count_at(session, i), given, gradient);
    }
    return nodes[i].gradient_ready ? gradient : NULL;
}

/* An input that the layer reads twice is ready after the first time. */
void gan_session_find_input_gradients(const gan_session *session, gan_session_node *nodes, int32_t i, uint64_t what)
{
    const gan_model_node *node = &session->model->nodes[i];
    gan_real **dx = session->plan->dx;

    for (int k = 0; k < node->input_count; k++) {
        gan_session_node *input = &nodes[node->inputs[k]];
        dx[k] = NULL;
        if (!input->trains && !(what & GAN_BACKWARD_INPUTS)) continue;
        dx[k] = gan_session_at(session, input->gradient_ready ? nodes[i].spare[k] : input->gradient);
        input->gradient_ready = true;
    }
}

void gan_session_add_spare_gradients(const gan_session *session, const gan_session_node *nodes, int32_t i)
{
    const gan_model_node *node = &session->model->nodes[i];
    gan_real *const *dx = session->plan->dx;

    for (int k = 0; k < node->input_count; k++) {
        gan_real *gradient = gan_session_at(session, nodes[node->inputs[k]].gradient);
        if (!dx[k] || dx[k] == gradient) continue;
        gan_add(session->model->context, gan_session_count_at(session, node->inputs[k]), dx[k], gradient);
    }
}

void gan_session_fill_unreached_inputs(const gan_session *session, const gan_session_node *nodes)
{
    const gan_model *model = session->model;

    for (int32_t k = 0; k < model->input_count; k++) {
        const gan_session_node *input = &nodes[model->inputs[k]];
        if (input->gradient_ready) continue;
        gan_fill(model->context, gan_session_count_at(session, model->inputs[k]), 0,
                 gan_session_at(session, input->gradient));
    }
}

/* ---- Arguments ------------------------------------------------------------------------------------------------- */

gan_status gan_session_check_what(const char *call, uint64_t what)
{
    if (what > 0 && what <= (GAN_BACKWARD_PARAMETERS | GAN_BACKWARD_INPUTS)) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s: what is %llu, expected a combination of gan_backward bits", call,
                    (unsigned long long)what);
}
