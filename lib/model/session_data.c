/* How data enters and leaves a session. */
#include "model/plan.h"

/* ---- Direct access ------------------------------------------------------------------------------------------ */

static gan_session_node *input_of(const gan_session *session, size_t index)
{
    return &session->plan->nodes[session->model->inputs[index]];
}

static gan_session_node *output_of(const gan_session *session, size_t index)
{
    return &session->plan->nodes[session->model->outputs[index]];
}

gan_real *gan_session_input(const gan_session *session, size_t index)
{
    return gan_session_at(session, input_of(session, index)->value);
}

const gan_real *gan_session_output(const gan_session *session, size_t index)
{
    return gan_session_at(session, output_of(session, index)->value);
}

const gan_real *gan_session_input_gradient(const gan_session *session, size_t index)
{
    return gan_session_at(session, input_of(session, index)->gradient);
}

const gan_real *gan_session_output_gradient(const gan_session *session, size_t index)
{
    return gan_session_at(session, output_of(session, index)->output_gradient);
}

/* ---- Checks ------------------------------------------------------------------------------------------------- */

static gan_status check_index(const char *what, const char *kind, size_t index, int32_t count)
{
    if (index < (size_t)count) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s: there is no %s %zu, expected 0 to %d", what, kind, index,
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

/* ---- Inputs and outputs ------------------------------------------------------------------------------------- */

void gan_session_accept_input(gan_session *session, size_t index, int64_t batch)
{
    input_of(session, index)->batch = batch;
    session->forward_done = session->input_gradients = false;
}

gan_status gan_session_set_input(gan_session *session, size_t index, const float *samples, int64_t batch)
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

gan_status gan_session_set_input_from(gan_session *session, size_t index, const gan_session *from, size_t output)
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

gan_status gan_session_get_output(const gan_session *session, size_t index, float *out)
{
    GAN_CHECK_NOT_NULL(session);
    GAN_CHECK_NOT_NULL(out);
    const gan_model *model = session->model;
    GAN_TRY(check_index(__func__, "output", index, model->output_count));
    GAN_TRY(check_forward_done(session, __func__));
    gan_samples_export(model->context, model->nodes[model->outputs[index]].output, session->batch,
                       gan_session_output(session, index), out);
    return GAN_OK;
}

/* ---- Gradients ---------------------------------------------------------------------------------------------- */

gan_status gan_session_set_output_gradient(gan_session *session, size_t index, const float *gradient)
{
    GAN_CHECK_NOT_NULL(session);
    GAN_CHECK_NOT_NULL(gradient);
    const gan_model *model = session->model;
    GAN_TRY(check_index(__func__, "output", index, model->output_count));
    GAN_TRY(gan_session_check_backward(session, __func__));
    gan_session_node *output = output_of(session, index);
    gan_samples_import(model->context, model->nodes[model->outputs[index]].output, session->batch, gradient,
                       gan_session_at(session, output->output_gradient));
    output->output_gradient_set = true;
    return GAN_OK;
}

gan_status gan_session_set_output_gradient_from(gan_session *session, size_t index, const gan_session *from,
                                                size_t input)
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
    gan_session_node *output = output_of(session, index);
    gan_copy(model->context, from->batch * gan_shape_count(from->model->nodes[source].output),
             gan_session_input_gradient(from, input), gan_session_at(session, output->output_gradient));
    output->output_gradient_set = true;
    return GAN_OK;
}

gan_status gan_session_get_input_gradient(const gan_session *session, size_t index, float *out)
{
    GAN_CHECK_NOT_NULL(session);
    GAN_CHECK_NOT_NULL(out);
    const gan_model *model = session->model;
    GAN_TRY(check_index(__func__, "input", index, model->input_count));
    GAN_TRY(check_input_gradients(session, __func__));
    gan_samples_export(model->context, model->nodes[model->inputs[index]].output, session->batch,
                       gan_session_input_gradient(session, index), out);
    return GAN_OK;
}
