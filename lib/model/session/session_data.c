/* How data enters and leaves a session. */
#include "model/graph/graph.h"
#include "model/session/plan.h"
#include "model/session/session.h"

#include <stddef.h>

/* ---- Slots -------------------------------------------------------------------------------------------------- */

/* Where a slot's array is, and when a caller may read or write it. */
typedef struct slot_rule {
    bool at_output, of_tangents;
    size_t array;   /* which one of gan_session_node */
    bool backward;  /* needs a session created without forward_only */
    unsigned needs; /* what the session must hold; else the call fails with `missing` */
    const char *missing;
    unsigned ends; /* what no longer holds once the slot is set */
} slot_rule;

#define VALUE           offsetof(gan_session_node, value)
#define GRADIENT        offsetof(gan_session_node, gradient)
#define OUTPUT_GRADIENT offsetof(gan_session_node, output_gradient)

static const char no_forward[] = "gan_session_forward() has not run since the inputs were set";

static const slot_rule rules[] = {
    [GAN_SLOT_INPUT] = {.array = VALUE},
    [GAN_SLOT_OUTPUT] = {.at_output = true, .array = VALUE, .needs = GAN_HOLDS_OUTPUTS, .missing = no_forward},
    /* Setting it outdates the gradients of nodes. */
    [GAN_SLOT_OUTPUT_GRADIENT] = {.at_output = true,
                                  .array = OUTPUT_GRADIENT,
                                  .backward = true,
                                  .ends = GAN_HOLDS_GRADIENTS},
    [GAN_SLOT_INPUT_GRADIENT] = {.array = GRADIENT,
                                 .needs = GAN_HOLDS_INPUT_GRADIENTS,
                                 .missing = "no backward pass with GAN_BACKWARD_INPUTS has run since the forward "
                                            "pass"},
    [GAN_SLOT_INPUT_TANGENT] = {.of_tangents = true,
                                .array = VALUE,
                                .ends = GAN_HOLDS_OUTPUT_TANGENTS | GAN_HOLDS_INPUT_GRADIENT_TANGENTS},
    [GAN_SLOT_OUTPUT_TANGENT] = {.at_output = true,
                                 .of_tangents = true,
                                 .array = VALUE,
                                 .needs = GAN_HOLDS_OUTPUT_TANGENTS,
                                 .missing = "gan_session_tangent_forward() has not run since the backward pass"},
    [GAN_SLOT_OUTPUT_GRADIENT_TANGENT] = {.at_output = true, .of_tangents = true, .array = OUTPUT_GRADIENT},
    [GAN_SLOT_INPUT_GRADIENT_TANGENT] = {.of_tangents = true,
                                         .array = GRADIENT,
                                         .needs = GAN_HOLDS_INPUT_GRADIENT_TANGENTS,
                                         .missing = "no tangent pass with GAN_BACKWARD_INPUTS has run since the "
                                                    "forward pass"},
};

static gan_node node_of(const gan_session *session, gan_session_slot slot, int64_t index)
{
    return (rules[slot].at_output ? session->model->outputs : session->model->inputs)[index];
}

static gan_session_node *planned_at(const gan_session *session, gan_session_slot slot, int64_t index)
{
    return (rules[slot].of_tangents ? session->plan->tangents : session->plan->nodes) + node_of(session, slot, index);
}

gan_real *gan_session_data(const gan_session *session, gan_session_slot slot, int64_t index)
{
    const unsigned char *node = (const unsigned char *)planned_at(session, slot, index);

    return gan_session_at(session, *(const int32_t *)(const void *)(node + rules[slot].array));
}

gan_real *gan_session_sample_values(const gan_session *session)
{
    return gan_session_at(session, session->plan->sample_values);
}

/* Notes that a slot now holds `batch` samples. */
static void accept(gan_session *session, gan_session_slot slot, int64_t index, int64_t batch)
{
    planned_at(session, slot, index)->given = batch;
    session->holds &= ~rules[slot].ends;
}

/* The last forward pass no longer belongs to the inputs. */
static void accept_input(gan_session *session, int64_t index, int64_t batch)
{
    accept(session, GAN_SLOT_INPUT, index, batch);
    session->holds = 0;
}

/* ---- Checks ------------------------------------------------------------------------------------------------- */

static gan_status check_index(const gan_session *session, const char *call, gan_session_slot slot, int64_t index)
{
    const bool at_output = rules[slot].at_output;
    const int32_t count = at_output ? session->model->output_count : session->model->input_count;

    if (index >= 0 && index < count) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s: there is no %s %lld, expected 0 to %d", call,
                    at_output ? "output" : "input", (long long)index, (int)count - 1);
}

static gan_status check_batch(const gan_session *session, const char *call, int64_t batch)
{
    if (batch >= 1 && batch <= session->max_batch) return GAN_OK;
    return gan_fail(GAN_ERROR_BATCH, "%s: batch is %lld, but the session is prepared for 1 to %lld", call,
                    (long long)batch, (long long)session->max_batch);
}

static gan_status check_forward_done(const gan_session *session, const char *call)
{
    if (session->holds & GAN_HOLDS_OUTPUTS) return GAN_OK;
    return gan_fail(GAN_ERROR_STATE, "%s: %s", call, no_forward);
}

gan_status gan_session_check_backward(const gan_session *session, const char *call)
{
    if (session->forward_only) {
        return gan_fail(GAN_ERROR_STATE, "%s: the session was created with forward_only", call);
    }
    return check_forward_done(session, call);
}

gan_status gan_session_check_tangents(const gan_session *session, const char *call)
{
    if (!session->second_order) {
        return gan_fail(GAN_ERROR_STATE, "%s: the session was created without second_order", call);
    }
    return check_forward_done(session, call);
}

/* Whether the session's state lets a caller use the slot. */
static gan_status check_state(const gan_session *session, const char *call, gan_session_slot slot)
{
    const slot_rule *rule = &rules[slot];

    if (rule->of_tangents) {
        GAN_TRY(gan_session_check_tangents(session, call));
    } else if (rule->backward) {
        GAN_TRY(gan_session_check_backward(session, call));
    }
    if ((session->holds & rule->needs) == rule->needs) return GAN_OK;
    return gan_fail(GAN_ERROR_STATE, "%s: %s", call, rule->missing);
}

static gan_status check_slot(const gan_session *session, const char *call, gan_session_slot slot, int64_t index,
                             const float *values, const char *argument)
{
    if (!session) return gan_fail(GAN_ERROR_NULL, "%s: session is NULL", call);
    if (!values) return gan_fail(GAN_ERROR_NULL, "%s: %s is NULL", call, argument);
    return check_index(session, call, slot, index);
}

/* ---- Copies between the caller's order and the stored one ------------------------------------------------------ */

static gan_status get(const gan_session *session, const char *call, gan_session_slot slot, int64_t index, float *out)
{
    GAN_TRY(check_slot(session, call, slot, index, out, "out"));
    GAN_TRY(check_state(session, call, slot));
    const gan_model *model = session->model;
    gan_samples_export(model->context, model->nodes[node_of(session, slot, index)].output, session->batch,
                       gan_session_data(session, slot, index), out);
    return GAN_OK;
}

static void import(gan_session *session, gan_session_slot slot, int64_t index, const float *values, int64_t batch)
{
    const gan_model *model = session->model;

    gan_samples_import(model->context, model->nodes[node_of(session, slot, index)].output, batch, values,
                       gan_session_data(session, slot, index));
}

static gan_status set(gan_session *session, const char *call, gan_session_slot slot, int64_t index,
                      const float *values, const char *argument)
{
    GAN_TRY(check_slot(session, call, slot, index, values, argument));
    GAN_TRY(check_state(session, call, slot));
    import(session, slot, index, values, session->batch);
    accept(session, slot, index, session->batch);
    return GAN_OK;
}

gan_status gan_session_set_input(gan_session *session, int64_t index, const float *samples, int64_t batch)
{
    GAN_FLOAT_SCOPE();
    GAN_TRY(check_slot(session, __func__, GAN_SLOT_INPUT, index, samples, "samples"));
    GAN_TRY(check_batch(session, __func__, batch));
    import(session, GAN_SLOT_INPUT, index, samples, batch);
    accept_input(session, index, batch);
    return GAN_OK;
}

gan_status gan_session_get_output(const gan_session *session, int64_t index, float *out)
{
    GAN_FLOAT_SCOPE();
    return get(session, __func__, GAN_SLOT_OUTPUT, index, out);
}

gan_status gan_session_set_output_gradient(gan_session *session, int64_t index, const float *gradient)
{
    GAN_FLOAT_SCOPE();
    return set(session, __func__, GAN_SLOT_OUTPUT_GRADIENT, index, gradient, "gradient");
}

gan_status gan_session_get_input_gradient(const gan_session *session, int64_t index, float *out)
{
    GAN_FLOAT_SCOPE();
    return get(session, __func__, GAN_SLOT_INPUT_GRADIENT, index, out);
}

gan_status gan_session_set_input_tangent(gan_session *session, int64_t index, const float *tangent)
{
    GAN_FLOAT_SCOPE();
    return set(session, __func__, GAN_SLOT_INPUT_TANGENT, index, tangent, "tangent");
}

gan_status gan_session_get_output_tangent(const gan_session *session, int64_t index, float *out)
{
    GAN_FLOAT_SCOPE();
    return get(session, __func__, GAN_SLOT_OUTPUT_TANGENT, index, out);
}

gan_status gan_session_set_output_gradient_tangent(gan_session *session, int64_t index, const float *tangent)
{
    GAN_FLOAT_SCOPE();
    return set(session, __func__, GAN_SLOT_OUTPUT_GRADIENT_TANGENT, index, tangent, "tangent");
}

gan_status gan_session_get_input_gradient_tangent(const gan_session *session, int64_t index, float *out)
{
    GAN_FLOAT_SCOPE();
    return get(session, __func__, GAN_SLOT_INPUT_GRADIENT_TANGENT, index, out);
}

/* ---- From one session to another ------------------------------------------------------------------------------- */

/* Whether what `from` holds in a slot fits a slot of `session`. */
static gan_status check_pair(const char *call, const gan_session *from, gan_node source, const gan_session *session,
                             gan_node target)
{
    const gan_shape given = from->model->nodes[source].output, expected = session->model->nodes[target].output;
    char given_text[GAN_SHAPE_TEXT], expected_text[GAN_SHAPE_TEXT];

    if (from->model->context != session->model->context) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: the two sessions belong to different contexts", call);
    }
    if (!gan_shape_equal(given, expected)) {
        return gan_fail(GAN_ERROR_SHAPE, "%s: the samples have the shape %s, expected %s", call,
                        gan_shape_text(given, given_text), gan_shape_text(expected, expected_text));
    }
    return GAN_OK;
}

static gan_status check_slots(const char *call, const gan_session *from, gan_session_slot source, int64_t from_index,
                              const gan_session *session, gan_session_slot target, int64_t index)
{
    if (!session) return gan_fail(GAN_ERROR_NULL, "%s: session is NULL", call);
    if (!from) return gan_fail(GAN_ERROR_NULL, "%s: from is NULL", call);
    GAN_TRY(check_index(session, call, target, index));
    GAN_TRY(check_index(from, call, source, from_index));
    return check_pair(call, from, node_of(from, source, from_index), session, node_of(session, target, index));
}

static void copy(const gan_session *from, gan_session_slot source, int64_t from_index, gan_session *session,
                 gan_session_slot target, int64_t index)
{
    const gan_shape shape = from->model->nodes[node_of(from, source, from_index)].output;

    gan_copy(session->model->context, from->batch * gan_shape_count(shape),
             gan_session_data(from, source, from_index), gan_session_data(session, target, index));
}

gan_status gan_session_set_input_from(gan_session *session, int64_t index, const gan_session *from, int64_t output)
{
    GAN_FLOAT_SCOPE();
    GAN_TRY(check_slots(__func__, from, GAN_SLOT_OUTPUT, output, session, GAN_SLOT_INPUT, index));
    GAN_TRY(check_state(from, __func__, GAN_SLOT_OUTPUT));
    GAN_TRY(check_batch(session, __func__, from->batch));
    copy(from, GAN_SLOT_OUTPUT, output, session, GAN_SLOT_INPUT, index);
    accept_input(session, index, from->batch);
    return GAN_OK;
}

gan_status gan_session_set_output_gradient_from(gan_session *session, int64_t index, const gan_session *from,
                                                int64_t input)
{
    GAN_FLOAT_SCOPE();
    GAN_TRY(check_slots(__func__, from, GAN_SLOT_INPUT_GRADIENT, input, session, GAN_SLOT_OUTPUT_GRADIENT, index));
    GAN_TRY(check_state(session, __func__, GAN_SLOT_OUTPUT_GRADIENT));
    GAN_TRY(check_state(from, __func__, GAN_SLOT_INPUT_GRADIENT));
    if (from->batch != session->batch) {
        return gan_fail(GAN_ERROR_BATCH, "%s: the gradient is of a batch of %lld, but the forward pass had %lld",
                        __func__, (long long)from->batch, (long long)session->batch);
    }
    copy(from, GAN_SLOT_INPUT_GRADIENT, input, session, GAN_SLOT_OUTPUT_GRADIENT, index);
    accept(session, GAN_SLOT_OUTPUT_GRADIENT, index, session->batch);
    return GAN_OK;
}

/* ---- Without a copy ----------------------------------------------------------------------------------------- */

gan_status gan_session_write_input(gan_session *session, int64_t index, int64_t batch, gan_real **place)
{
    GAN_TRY(check_batch(session, __func__, batch));
    accept_input(session, index, batch);
    *place = gan_session_data(session, GAN_SLOT_INPUT, index);
    return GAN_OK;
}

gan_status gan_session_write_output_gradient(gan_session *session, int64_t index, gan_real **place)
{
    GAN_TRY(check_state(session, __func__, GAN_SLOT_OUTPUT_GRADIENT));
    accept(session, GAN_SLOT_OUTPUT_GRADIENT, index, session->batch);
    *place = gan_session_data(session, GAN_SLOT_OUTPUT_GRADIENT, index);
    return GAN_OK;
}

void gan_session_scale_output_gradient(gan_session *session, int64_t index, int64_t parts, const float *scales)
{
    const int64_t count = gan_session_count_at(session, session->model->outputs[index]) / parts;
    gan_real *gradient = gan_session_data(session, GAN_SLOT_OUTPUT_GRADIENT, index);

    for (int64_t i = 0; i < parts; i++, gradient += count) {
        gan_scale(session->model->context, count, (gan_real)scales[i], gradient, gradient);
    }
}

gan_status gan_session_fill_output_gradient(gan_session *session, int64_t index, gan_real value)
{
    GAN_TRY(check_state(session, __func__, GAN_SLOT_OUTPUT_GRADIENT));
    gan_fill(session->model->context, gan_session_count_at(session, session->model->outputs[index]), value,
             gan_session_data(session, GAN_SLOT_OUTPUT_GRADIENT, index));
    accept(session, GAN_SLOT_OUTPUT_GRADIENT, index, session->batch);
    return GAN_OK;
}

gan_status gan_session_scale_input_tangent(gan_session *session, int64_t index, const gan_real *scales)
{
    const gan_shape shape = session->model->nodes[session->model->inputs[index]].output;

    GAN_TRY(check_state(session, __func__, GAN_SLOT_INPUT_TANGENT));
    GAN_TRY(check_state(session, __func__, GAN_SLOT_INPUT_GRADIENT));
    gan_scale_rows(session->model->context, session->batch, gan_shape_count(shape), scales,
                   gan_session_data(session, GAN_SLOT_INPUT_GRADIENT, index),
                   gan_session_data(session, GAN_SLOT_INPUT_TANGENT, index));
    accept(session, GAN_SLOT_INPUT_TANGENT, index, session->batch);
    return GAN_OK;
}
