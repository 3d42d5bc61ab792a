/* How data enters and leaves a session. */
#include "model/plan.h"

/* ---- Direct access ------------------------------------------------------------------------------------------ */

static gan_session_node *input_of(const gan_session *session, int64_t index)
{
    return &session->plan->nodes[session->model->inputs[index]];
}

static gan_session_node *output_of(const gan_session *session, int64_t index)
{
    return &session->plan->nodes[session->model->outputs[index]];
}

/* The same among the tangents of a second-order session. */
static gan_session_node *input_tangent_of(const gan_session *session, int64_t index)
{
    return &session->plan->tangents[session->model->inputs[index]];
}

static gan_session_node *output_tangent_of(const gan_session *session, int64_t index)
{
    return &session->plan->tangents[session->model->outputs[index]];
}

gan_real *gan_session_input(const gan_session *session, int64_t index)
{
    return gan_session_at(session, input_of(session, index)->value);
}

const gan_real *gan_session_output(const gan_session *session, int64_t index)
{
    return gan_session_at(session, output_of(session, index)->value);
}

const gan_real *gan_session_input_gradient(const gan_session *session, int64_t index)
{
    return gan_session_at(session, input_of(session, index)->gradient);
}

const gan_real *gan_session_output_gradient(const gan_session *session, int64_t index)
{
    return gan_session_at(session, output_of(session, index)->output_gradient);
}

const gan_real *gan_session_output_tangent(const gan_session *session, int64_t index)
{
    return gan_session_at(session, output_tangent_of(session, index)->value);
}

const gan_real *gan_session_input_gradient_tangent(const gan_session *session, int64_t index)
{
    return gan_session_at(session, input_tangent_of(session, index)->gradient);
}

gan_real *gan_session_sample_values(const gan_session *session)
{
    return gan_session_at(session, session->plan->sample_values);
}

/* ---- Checks ------------------------------------------------------------------------------------------------- */

static gan_status check_index(const char *what, const char *kind, int64_t index, int32_t count)
{
    if (index >= 0 && index < count) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s: there is no %s %lld, expected 0 to %d", what, kind, (long long)index,
                    (int)count - 1);
}

static gan_status check_batch(const gan_session *session, const char *what, int64_t batch)
{
    if (batch >= 1 && batch <= session->max_batch) return GAN_OK;
    return gan_fail(GAN_ERROR_BATCH, "%s: batch is %lld, but the session is prepared for 1 to %lld", what,
                    (long long)batch, (long long)session->max_batch);
}

static gan_status check_forward_done(const gan_session *session, const char *what)
{
    if (session->forward_done) return GAN_OK;
    return gan_fail(GAN_ERROR_STATE, "%s: gan_session_forward() has not run since the inputs were set", what);
}

gan_status gan_session_check_backward(const gan_session *session, const char *what)
{
    if (session->forward_only) {
        return gan_fail(GAN_ERROR_STATE, "%s: the session was created with forward_only", what);
    }
    return check_forward_done(session, what);
}

gan_status gan_session_check_tangents(const gan_session *session, const char *what)
{
    if (!session->second_order) {
        return gan_fail(GAN_ERROR_STATE, "%s: the session was created without second_order", what);
    }
    return check_forward_done(session, what);
}

static gan_status check_input_gradients(const gan_session *session, const char *what)
{
    if (session->input_gradients) return GAN_OK;
    return gan_fail(GAN_ERROR_STATE, "%s: no backward pass with GAN_BACKWARD_INPUTS has run since the forward pass",
                    what);
}

/* Whether what one session holds at node `source` fits into another's node `target`. */
static gan_status check_pair(const char *what, const gan_session *from, gan_node source, const gan_session *session,
                             gan_node target)
{
    const gan_shape given = from->model->nodes[source].output, expected = session->model->nodes[target].output;
    char given_text[GAN_SHAPE_TEXT], expected_text[GAN_SHAPE_TEXT];

    if (from->model->context != session->model->context) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: the two sessions belong to different contexts", what);
    }
    if (!gan_shape_equal(given, expected)) {
        return gan_fail(GAN_ERROR_SHAPE, "%s: the samples have the shape %s, expected %s", what,
                        gan_shape_text(given, given_text), gan_shape_text(expected, expected_text));
    }
    return GAN_OK;
}

/* ---- Copies between the caller's order and the stored one, of the batch of the last forward pass -----------------
 */

static void import_values(const gan_session *session, gan_node node, const float *values, int32_t buffer)
{
    const gan_model *model = session->model;

    gan_samples_import(model->context, model->nodes[node].output, session->batch, values,
                       gan_session_at(session, buffer));
}

static void export_values(const gan_session *session, gan_node node, int32_t buffer, float *out)
{
    const gan_model *model = session->model;

    gan_samples_export(model->context, model->nodes[node].output, session->batch, gan_session_at(session, buffer),
                       out);
}

/* ---- Inputs and outputs ------------------------------------------------------------------------------------- */

void gan_session_accept_input(gan_session *session, int64_t index, int64_t batch)
{
    input_of(session, index)->batch = batch;
    gan_session_forget_passes(session);
}

gan_status gan_session_set_input(gan_session *session, int64_t index, const float *samples, int64_t batch)
{
    GAN_CHECK_NOT_NULL(session);
    GAN_CHECK_NOT_NULL(samples);
    const gan_model *model = session->model;
    GAN_TRY(check_index(__func__, "input", index, model->input_count));
    GAN_TRY(check_batch(session, __func__, batch));
    gan_samples_import(model->context, model->nodes[model->inputs[index]].output, batch, samples,
                       gan_session_input(session, index));
    gan_session_accept_input(session, index, batch);
    return GAN_OK;
}

gan_status gan_session_set_input_from(gan_session *session, int64_t index, const gan_session *from, int64_t output)
{
    GAN_CHECK_NOT_NULL(session);
    GAN_CHECK_NOT_NULL(from);
    const gan_model *model = session->model;
    GAN_TRY(check_index(__func__, "input", index, model->input_count));
    GAN_TRY(check_index(__func__, "output", output, from->model->output_count));
    const gan_node source = from->model->outputs[output];
    GAN_TRY(check_pair(__func__, from, source, session, model->inputs[index]));
    GAN_TRY(check_forward_done(from, __func__));
    GAN_TRY(check_batch(session, __func__, from->batch));
    gan_copy(model->context, from->batch * gan_shape_count(from->model->nodes[source].output),
             gan_session_output(from, output), gan_session_input(session, index));
    gan_session_accept_input(session, index, from->batch);
    return GAN_OK;
}

gan_status gan_session_get_output(const gan_session *session, int64_t index, float *out)
{
    GAN_CHECK_NOT_NULL(session);
    GAN_CHECK_NOT_NULL(out);
    const gan_model *model = session->model;
    GAN_TRY(check_index(__func__, "output", index, model->output_count));
    GAN_TRY(check_forward_done(session, __func__));
    export_values(session, model->outputs[index], output_of(session, index)->value, out);
    return GAN_OK;
}

/* ---- Gradients ---------------------------------------------------------------------------------------------- */

/* Gradients of nodes are no longer those of the outputs. */
static void accept_output_gradient(gan_session *session, int64_t index)
{
    output_of(session, index)->output_gradient_set = true;
    session->gradients = 0;
}

gan_status gan_session_set_output_gradient(gan_session *session, int64_t index, const float *gradient)
{
    GAN_CHECK_NOT_NULL(session);
    GAN_CHECK_NOT_NULL(gradient);
    const gan_model *model = session->model;
    GAN_TRY(check_index(__func__, "output", index, model->output_count));
    GAN_TRY(gan_session_check_backward(session, __func__));
    import_values(session, model->outputs[index], gradient, output_of(session, index)->output_gradient);
    accept_output_gradient(session, index);
    return GAN_OK;
}

gan_status gan_session_set_output_gradient_from(gan_session *session, int64_t index, const gan_session *from,
                                                int64_t input)
{
    GAN_CHECK_NOT_NULL(session);
    GAN_CHECK_NOT_NULL(from);
    const gan_model *model = session->model;
    GAN_TRY(check_index(__func__, "output", index, model->output_count));
    GAN_TRY(check_index(__func__, "input", input, from->model->input_count));
    const gan_node source = from->model->inputs[input];
    GAN_TRY(check_pair(__func__, from, source, session, model->outputs[index]));
    GAN_TRY(gan_session_check_backward(session, __func__));
    GAN_TRY(check_input_gradients(from, __func__));
    if (from->batch != session->batch) {
        return gan_fail(GAN_ERROR_BATCH, "%s: the gradient is of a batch of %lld, but the forward pass had %lld",
                        __func__, (long long)from->batch, (long long)session->batch);
    }
    gan_copy(model->context, from->batch * gan_shape_count(from->model->nodes[source].output),
             gan_session_input_gradient(from, input),
             gan_session_at(session, output_of(session, index)->output_gradient));
    accept_output_gradient(session, index);
    return GAN_OK;
}

void gan_session_scale_output_gradient(gan_session *session, int64_t index, int64_t parts, const float *scales)
{
    const int64_t count = gan_session_count_at(session, session->model->outputs[index]) / parts;
    gan_real *gradient = gan_session_at(session, output_of(session, index)->output_gradient);

    for (int64_t i = 0; i < parts; i++, gradient += count) {
        gan_scale(session->model->context, count, (gan_real)scales[i], gradient, gradient);
    }
}

gan_status gan_session_get_input_gradient(const gan_session *session, int64_t index, float *out)
{
    GAN_CHECK_NOT_NULL(session);
    GAN_CHECK_NOT_NULL(out);
    const gan_model *model = session->model;
    GAN_TRY(check_index(__func__, "input", index, model->input_count));
    GAN_TRY(check_input_gradients(session, __func__));
    export_values(session, model->inputs[index], input_of(session, index)->gradient, out);
    return GAN_OK;
}

/* ---- Tangents ----------------------------------------------------------------------------------------------- */

static void accept_input_tangent(gan_session *session, int64_t index)
{
    input_tangent_of(session, index)->batch = session->batch;
    session->tangents_done = session->input_gradient_tangents = false;
}

gan_status gan_session_set_input_tangent(gan_session *session, int64_t index, const float *tangent)
{
    GAN_CHECK_NOT_NULL(session);
    GAN_CHECK_NOT_NULL(tangent);
    const gan_model *model = session->model;
    GAN_TRY(check_index(__func__, "input", index, model->input_count));
    GAN_TRY(gan_session_check_tangents(session, __func__));
    import_values(session, model->inputs[index], tangent, input_tangent_of(session, index)->value);
    accept_input_tangent(session, index);
    return GAN_OK;
}

gan_status gan_session_get_output_tangent(const gan_session *session, int64_t index, float *out)
{
    GAN_CHECK_NOT_NULL(session);
    GAN_CHECK_NOT_NULL(out);
    const gan_model *model = session->model;
    GAN_TRY(check_index(__func__, "output", index, model->output_count));
    GAN_TRY(gan_session_check_tangents(session, __func__));
    if (!session->tangents_done) {
        return gan_fail(GAN_ERROR_STATE, "%s: gan_session_tangent_forward() has not run since the backward pass",
                        __func__);
    }
    export_values(session, model->outputs[index], output_tangent_of(session, index)->value, out);
    return GAN_OK;
}

gan_status gan_session_set_output_gradient_tangent(gan_session *session, int64_t index, const float *tangent)
{
    GAN_CHECK_NOT_NULL(session);
    GAN_CHECK_NOT_NULL(tangent);
    const gan_model *model = session->model;
    GAN_TRY(check_index(__func__, "output", index, model->output_count));
    GAN_TRY(gan_session_check_tangents(session, __func__));
    gan_session_node *output = output_tangent_of(session, index);
    import_values(session, model->outputs[index], tangent, output->output_gradient);
    output->output_gradient_set = true;
    return GAN_OK;
}

gan_status gan_session_get_input_gradient_tangent(const gan_session *session, int64_t index, float *out)
{
    GAN_CHECK_NOT_NULL(session);
    GAN_CHECK_NOT_NULL(out);
    const gan_model *model = session->model;
    GAN_TRY(check_index(__func__, "input", index, model->input_count));
    GAN_TRY(gan_session_check_tangents(session, __func__));
    if (!session->input_gradient_tangents) {
        return gan_fail(GAN_ERROR_STATE,
                        "%s: no pass of tangents with GAN_BACKWARD_INPUTS has run since the forward pass", __func__);
    }
    export_values(session, model->inputs[index], input_tangent_of(session, index)->gradient, out);
    return GAN_OK;
}

/* ---- Penalties ---------------------------------------------------------------------------------------------- */

gan_status gan_session_fill_output_gradient(gan_session *session, int64_t index, gan_real value)
{
    const gan_node node = session->model->outputs[index];

    GAN_TRY(gan_session_check_backward(session, __func__));
    gan_fill(session->model->context, gan_session_count_at(session, node), value,
             gan_session_at(session, output_of(session, index)->output_gradient));
    accept_output_gradient(session, index);
    return GAN_OK;
}

gan_status gan_session_scale_input_tangent(gan_session *session, int64_t index, const gan_real *scales)
{
    const gan_node node = session->model->inputs[index];

    GAN_TRY(gan_session_check_tangents(session, __func__));
    GAN_TRY(check_input_gradients(session, __func__));
    gan_scale_rows(session->model->context, session->batch, gan_shape_count(session->model->nodes[node].output),
                   scales, gan_session_input_gradient(session, index),
                   gan_session_at(session, input_tangent_of(session, index)->value));
    accept_input_tangent(session, index);
    return GAN_OK;
}
