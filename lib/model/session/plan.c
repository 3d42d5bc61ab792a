/* Planning a session. What a backward pass reads lives to the end, so that any number of backward passes may follow a
 * forward pass; so do the gradients that passes of tangents read, and the tangents that these keep. Everything else
 * shares memory as soon as its last reader is done. */
#include "model/graph/graph.h"
#include "model/session/plan.h"
#include "model/session/session.h"

#define ALIGNED_VALUES ((int64_t)(GAN_ALIGNMENT / sizeof(gan_real)))

typedef struct session_planner {
    const gan_model *model;
    gan_session *session;
    gan_session_plan *plan;
    bool training, reuse;
    bool stores; /* keeps values in bfloat16 */
    int32_t end; /* the step after all others */
    /* Of the passes being planned, those of values and gradients or of tangents: */
    gan_session_node *nodes;
    int32_t first; /* step */
} session_planner;

static bool plans_tangents(const session_planner *planner)
{
    return planner->nodes == planner->plan->tangents;
}

static int32_t forward_step(const session_planner *planner, int32_t node)
{
    return planner->first + node;
}

static int32_t backward_step(const session_planner *planner, int32_t node)
{
    return planner->first + 2 * planner->model->node_count - 1 - node;
}

/* What the caller sets for a backward pass or for tangents lives from the end of the forward pass. */
static int32_t first_step_after_forward(const session_planner *planner)
{
    return planner->model->node_count;
}

/* ---- Arrays ------------------------------------------------------------------------------------------------ */

static gan_status add_array(session_planner *planner, int64_t count, int32_t first, int32_t last, int32_t *number)
{
    gan_session_plan *plan = planner->plan;
    gan_array *arrays;

    if (count > INT64_MAX - ALIGNED_VALUES) return gan_fail(GAN_ERROR_OVERFLOW, "the memory needed overflows");
    arrays = gan_grow_array(planner->model->context, plan->arrays, plan->array_count, &plan->array_capacity,
                            sizeof(*arrays));
    if (!arrays) return gan_last_status();
    plan->arrays = arrays;
    arrays[plan->array_count] = (gan_array){
        .size = gan_session_aligned(count),
        .first = planner->reuse ? first : 0,
        .last = planner->reuse ? last : planner->end,
    };
    *number = plan->array_count++;
    return GAN_OK;
}

/* The same for a layer's extra values, if it has any. */
static gan_status add_extra(session_planner *planner, int64_t count, int32_t first, int32_t last, int32_t *number)
{
    if (count == 0) return GAN_OK;
    return add_array(planner, count, first, last, number);
}

static gan_status add_values_of(session_planner *planner, int32_t node, int32_t first, int32_t last, int32_t *number)
{
    const gan_shape shape = planner->model->nodes[node].output;
    int64_t count;

    if (!gan_checked_multiply(planner->session->max_batch, gan_shape_count(shape), &count)) {
        char text[GAN_SHAPE_TEXT];
        return gan_fail(GAN_ERROR_OVERFLOW, "a batch of %lld samples of the shape %s overflows",
                        (long long)planner->session->max_batch, gan_shape_text(shape, text));
    }
    return add_array(planner, count, first, last, number);
}

static void keep_until(session_planner *planner, int32_t number, int32_t step)
{
    gan_array *array = &planner->plan->arrays[number];

    if (step > array->last) array->last = step;
}

/* ---- Values ------------------------------------------------------------------------------------------------- */

/* Whether node i writes its output over its first input. If what is kept is kept elsewhere, the input may be gone. */
static bool works_in_place(const session_planner *planner, int32_t i)
{
    const gan_model_node *node = &planner->model->nodes[i];
    const unsigned flags = node->layer->ops->flags;

    if (!planner->reuse || node->input_count == 0) return false;
    if (planner->nodes[i].view) return true;
    if (!(flags & GAN_LAYER_IN_PLACE)) return false;
    if (planner->training && !planner->stores && (flags & GAN_LAYER_KEEPS_INPUT)) return false;
    return !planner->plan->arrays[planner->nodes[node->inputs[0]].value].pinned;
}

/* Keeps the value of a node for later passes, unless it will be kept in bfloat16. */
static void keep_value(session_planner *planner, int32_t i)
{
    planner->nodes[planner->nodes[i].source].kept = true;
    if (!planner->stores) keep_until(planner, planner->nodes[i].value, planner->end);
}

static gan_status plan_value(session_planner *planner, int32_t i)
{
    const gan_model_node *node = &planner->model->nodes[i];
    const gan_layer_ops *ops = node->layer->ops;
    const bool kept = planner->training && (ops->flags & GAN_LAYER_KEEPS_OUTPUT);
    const bool at_border = node->input_count == 0 || node->is_output;
    const int32_t step = forward_step(planner, i);
    gan_session_node *planned = &planner->nodes[i];

    planned->source = planned->view ? planner->nodes[node->inputs[0]].source : i;
    if (works_in_place(planner, i)) {
        planned->value = planner->nodes[node->inputs[0]].value;
    } else {
        /* An input is live before the first step. */
        const int32_t set = plans_tangents(planner) ? first_step_after_forward(planner) : 0;
        GAN_TRY(add_values_of(planner, i, node->input_count == 0 ? set : step, step, &planned->value));
    }
    const bool kept_here = kept && !planner->stores;
    if (at_border || kept_here || node->readers > 1) planner->plan->arrays[planned->value].pinned = true;
    keep_until(planner, planned->value, at_border ? planner->end : step);
    if (at_border) planner->nodes[planned->source].exact = true;
    if (kept) keep_value(planner, i);
    for (int k = 0; k < node->input_count; k++) {
        const int32_t input = node->inputs[k];
        keep_until(planner, planner->nodes[input].value, step);
        if (planner->training && (ops->flags & GAN_LAYER_KEEPS_INPUT)) keep_value(planner, input);
        if (ops->class_inputs >> k & 1) planner->nodes[planner->nodes[input].source].exact = true;
    }
    return GAN_OK;
}

/* ---- Storage in bfloat16 ------------------------------------------------------------------------------------ */

/* Once the forward pass is planned: where its values are kept, each from its node's step on. */
static gan_status plan_storage(session_planner *planner)
{
    const gan_array *arrays = planner->plan->arrays;

    for (int32_t i = 0; i < planner->model->node_count; i++) {
        gan_session_node *planned = &planner->nodes[i];
        if (!planned->kept) continue;
        if (planned->exact) {
            keep_until(planner, planned->value, planner->end);
            continue;
        }
        const int64_t halves = sizeof(gan_real) == 4 ? 2 : 4, size = arrays[planned->value].size; /* in a gan_real */
        GAN_TRY(
            add_array(planner, (size + halves - 1) / halves, forward_step(planner, i), planner->end, &planned->half));
        arrays = planner->plan->arrays;
    }
    return GAN_OK;
}

static gan_status read_value_back(session_planner *planner, gan_session_node *nodes, int32_t i, int32_t step,
                                  gan_pass_kind pass)
{
    gan_session_node *source = &nodes[nodes[i].source];

    if (source->half == GAN_NO_ARRAY) return GAN_OK;
    if (source->read_back[pass] != GAN_NO_ARRAY) {
        keep_until(planner, source->read_back[pass], step);
        return GAN_OK;
    }
    return add_array(planner, planner->plan->arrays[source->value].size, step, step, &source->read_back[pass]);
}

/* What the layer of node i reads of the values of `nodes` at a step of a later pass. */
static gan_status plan_read_back(session_planner *planner, int32_t i, gan_session_node *nodes, int32_t step,
                                 gan_pass_kind pass)
{
    const gan_model_node *node = &planner->model->nodes[i];
    const unsigned flags = node->layer->ops->flags;

    for (int k = 0; k < node->input_count && (flags & GAN_LAYER_KEEPS_INPUT); k++)
        GAN_TRY(read_value_back(planner, nodes, node->inputs[k], step, pass));
    return flags & GAN_LAYER_KEEPS_OUTPUT ? read_value_back(planner, nodes, i, step, pass) : GAN_OK;
}

/* ---- Forward ------------------------------------------------------------------------------------------------ */

/* Of a batch that is divided: every shard here keeps its own values, unless these are the same for all; and scratch
 * also holds what is exchanged. */
static gan_status plan_shards(session_planner *planner, gan_session_node *planned, gan_layer_plan *plan)
{
    const gan_shards *shards = planner->session->shards;
    int64_t numbers;
    if (!shards) return GAN_OK;
    if (plan->undivided) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "it compares all samples of a batch, which cannot be divided here");
    }
    planned->exchanged = plan->exchanged;
    if (plan->exchanged > 0) {
        const int64_t values = (int64_t)(sizeof(double) / sizeof(gan_real));
        if (!gan_checked_multiply(plan->exchanged, values * (shards->count + shards->total), &numbers) ||
            numbers > INT64_MAX - ALIGNED_VALUES - plan->scratch) {
            return gan_fail(GAN_ERROR_OVERFLOW, "the memory needed overflows");
        }
        plan->scratch += gan_session_aligned(numbers);
        if (!shards->own_batch_norm || gan_checked_multiply(plan->saved, shards->count, &plan->saved)) return GAN_OK;
        return gan_fail(GAN_ERROR_OVERFLOW, "the memory needed overflows");
    }
    if (plan->saved == 0 || plan->saved_once) return GAN_OK;
    planned->saved_stride = gan_session_aligned(plan->saved);
    if (gan_checked_multiply(planned->saved_stride, shards->count, &plan->saved)) return GAN_OK;
    return gan_fail(GAN_ERROR_OVERFLOW, "the memory needed overflows");
}

static gan_status plan_forward(session_planner *planner, int32_t i)
{
    const gan_model_node *node = &planner->model->nodes[i];
    const int32_t step = forward_step(planner, i);
    gan_session_node *planned = &planner->nodes[i];
    gan_layer_plan plan = {0};

    GAN_TRY(node->layer->ops->infer(node->layer, planner->model->context, node->input_shapes, node->input_count,
                                    planner->session->max_batch / gan_session_shard_count(planner->session), &plan));
    GAN_TRY(plan_shards(planner, planned, &plan));
    planned->view = plan.view;
    planner->session->draws_in_sampling |= plan.draws_in_sampling;
    for (int k = 0; k < node->tensor_count; k++) {
        if (plan.tensors[k].kind == GAN_TENSOR_PARAMETER) planned->trains = true;
    }
    for (int k = 0; k < node->input_count; k++) {
        if (planner->nodes[node->inputs[k]].trains) planned->trains = true;
    }
    GAN_TRY(plan_value(planner, i));
    if (!plans_tangents(planner)) {
        GAN_TRY(add_extra(planner, plan.saved, step, planner->training ? planner->end : step, &planned->saved));
    } else {
        GAN_TRY(plan_read_back(planner, i, planner->plan->nodes, step, GAN_PASS_TANGENT_FORWARD));
    }
    GAN_TRY(add_extra(planner, plan.scratch, step, step, &planned->forward_scratch));
    if (planner->session->keeps_packed) GAN_TRY(add_extra(planner, plan.packed, 0, planner->end, &planned->packed));
    if (!planner->training) return GAN_OK;
    return add_extra(planner, plan.scratch, backward_step(planner, i), backward_step(planner, i),
                     &planned->backward_scratch);
}

/* ---- Gradients ---------------------------------------------------------------------------------------------- */

/* Whether the gradients of all nodes live on for the passes of tangents. */
static bool keeps_gradients(const session_planner *planner)
{
    return planner->session->second_order && !plans_tangents(planner);
}

/* Readers run backward in descending order: the first writes the gradient of its input, in place if possible; the
 * others write elsewhere and are added. */
static gan_status plan_input_gradient(session_planner *planner, int32_t i, int k)
{
    const gan_model_node *node = &planner->model->nodes[i];
    const gan_session_node *planned = &planner->nodes[i];
    gan_session_node *input = &planner->nodes[node->inputs[k]];
    const bool in_place = planned->view || (node->layer->ops->flags & GAN_LAYER_IN_PLACE);
    /* If the layer is curved, a pass of tangents reads dy again. */
    const bool read_again = keeps_gradients(planner) && (node->layer->ops->flags & GAN_LAYER_CURVED);
    const int32_t step = backward_step(planner, i);

    if (input->gradient != GAN_NO_ARRAY)
        return add_values_of(planner, node->inputs[k], step, step, &planned->spare[k]);
    if (planner->reuse && k == 0 && in_place && !read_again && planned->gradient != GAN_NO_ARRAY) {
        input->gradient = planned->gradient;
    } else {
        GAN_TRY(add_values_of(planner, node->inputs[k], step, step, &input->gradient));
    }
    return GAN_OK;
}

static gan_status plan_backward(session_planner *planner, int32_t i)
{
    const gan_model_node *node = &planner->model->nodes[i];
    gan_session_node *planned = &planner->nodes[i];

    if (node->is_output) {
        const int32_t set = first_step_after_forward(planner);
        GAN_TRY(add_values_of(planner, i, set, planner->end, &planned->output_gradient));
    }
    if (planned->gradient != GAN_NO_ARRAY) {
        const bool kept = node->input_count == 0 || keeps_gradients(planner);
        keep_until(planner, planned->gradient, kept ? planner->end : backward_step(planner, i));
    }
    for (int k = 0; k < node->input_count; k++) GAN_TRY(plan_input_gradient(planner, i, k));
    const gan_pass_kind pass = plans_tangents(planner) ? GAN_PASS_TANGENT_BACKWARD : GAN_PASS_BACKWARD;
    GAN_TRY(plan_read_back(planner, i, planner->plan->nodes, backward_step(planner, i), pass));
    if (!plans_tangents(planner)) return GAN_OK;
    return plan_read_back(planner, i, planner->nodes, backward_step(planner, i), pass);
}

/* ---- The whole ---------------------------------------------------------------------------------------------- */

/* The nodes for values, followed by those for tangents. */
static int32_t table_size(const gan_session *session, int32_t count)
{
    return session->second_order ? 2 * count : count;
}

static void clear_nodes(const gan_model *model, gan_session_node *nodes, int32_t *spares)
{
    static const gan_session_node nothing = {.value = GAN_NO_ARRAY,
                                             .gradient = GAN_NO_ARRAY,
                                             .output_gradient = GAN_NO_ARRAY,
                                             .saved = GAN_NO_ARRAY,
                                             .forward_scratch = GAN_NO_ARRAY,
                                             .backward_scratch = GAN_NO_ARRAY,
                                             .packed = GAN_NO_ARRAY,
                                             .half = GAN_NO_ARRAY,
                                             .read_back = {GAN_NO_ARRAY, GAN_NO_ARRAY, GAN_NO_ARRAY, GAN_NO_ARRAY}};

    for (int32_t i = 0; i < model->edge_count; i++) spares[i] = GAN_NO_ARRAY;
    for (int32_t i = 0; i < model->node_count; i++) {
        nodes[i] = nothing;
        nodes[i].spare = spares;
        spares += model->nodes[i].input_count;
    }
}

static gan_status make_tables(session_planner *planner)
{
    const gan_model *model = planner->model;
    const gan_session *session = planner->session;
    gan_session_plan *plan = planner->plan;

    for (int32_t i = 0; i < model->node_count; i++) {
        if (model->nodes[i].input_count > plan->width) plan->width = model->nodes[i].input_count;
    }
    plan->nodes = gan_allocate_array(model->context, table_size(session, model->node_count), sizeof(*plan->nodes));
    plan->spares = gan_allocate_array(model->context, table_size(session, model->edge_count), sizeof(*plan->spares));
    plan->x = gan_allocate_array(model->context, plan->width, sizeof(*plan->x));
    plan->tangent_x = gan_allocate_array(model->context, plan->width, sizeof(*plan->tangent_x));
    plan->no_x = gan_allocate_array(model->context, plan->width, sizeof(*plan->no_x));
    plan->dx = gan_allocate_array(model->context, plan->width, sizeof(*plan->dx));
    if (!plan->nodes || !plan->spares || !plan->x || !plan->tangent_x || !plan->no_x || !plan->dx)
        return GAN_ERROR_MEMORY;
    clear_nodes(model, plan->nodes, plan->spares);
    if (!session->second_order) return GAN_OK;
    plan->tangents = plan->nodes + model->node_count;
    clear_nodes(model, plan->tangents, plan->spares + model->edge_count);
    return GAN_OK;
}

static gan_status check_second_order(const gan_model *model, int32_t i)
{
    const gan_layer_ops *ops = model->nodes[i].layer->ops;

    if (model->nodes[i].input_count == 0 || ops->tangent_forward) return GAN_OK;
    return gan_fail(GAN_ERROR_UNSUPPORTED, "second_order is not possible: %s", ops->no_tangent);
}

/* Forward and backward passes, of values or of tangents. */
static gan_status plan_passes(session_planner *planner)
{
    const gan_model *model = planner->model;
    gan_status status;

    for (int32_t i = 0; i < model->node_count; i++) {
        status = planner->session->second_order ? check_second_order(model, i) : GAN_OK;
        if (status == GAN_OK) status = plan_forward(planner, i);
        if (status != GAN_OK) return gan_model_node_fail(model, i, status);
    }
    if (planner->stores) GAN_TRY(plan_storage(planner));
    for (int32_t i = model->node_count; planner->training && i-- > 0;) {
        status = plan_backward(planner, i);
        if (status != GAN_OK) return gan_model_node_fail(model, i, status);
    }
    return GAN_OK;
}

static gan_status plan_session(session_planner *planner)
{
    const gan_model *model = planner->model;
    gan_session *session = planner->session;
    gan_session_plan *plan = planner->plan;
    int64_t total = 0;

    GAN_TRY(make_tables(planner));
    planner->nodes = plan->nodes;
    GAN_TRY(plan_passes(planner));
    plan->sample_values = GAN_NO_ARRAY;
    if (session->second_order) {
        planner->nodes = plan->tangents;
        planner->first = 2 * model->node_count;
        GAN_TRY(plan_passes(planner));
        GAN_TRY(add_array(planner, session->max_batch, 0, planner->end, &plan->sample_values));
    }
    GAN_TRY(gan_arrays_place(model->context, plan->arrays, plan->array_count, &total));
    gan_arena_reserve(&session->arena, total);
    return gan_arena_allocate(&session->arena, model->context);
}

gan_status gan_session_make_plan(gan_session *session, bool reuse)
{
    const int32_t passes = session->forward_only ? 1 : session->second_order ? 4 : 2;
    session_planner planner = {.model = session->model,
                               .session = session,
                               .training = !session->forward_only,
                               .reuse = reuse,
                               .stores = !session->forward_only && session->model->context->bfloat16_storage,
                               .end = passes * session->model->node_count};

    session->plan = gan_allocate(session->model->context, sizeof(*session->plan));
    if (!session->plan) return GAN_ERROR_MEMORY;
    planner.plan = session->plan;
    return plan_session(&planner);
}

void gan_session_release_plan(gan_session *session)
{
    const gan_model *model = session->model;
    gan_context *context = model->context;
    gan_session_plan *plan = session->plan;

    gan_arena_release(&session->arena);
    if (!plan) return;
    const size_t width = (size_t)plan->width;
    gan_release(context, plan->nodes, (size_t)table_size(session, model->node_count) * sizeof(*plan->nodes));
    gan_release(context, plan->spares, (size_t)table_size(session, model->edge_count) * sizeof(*plan->spares));
    gan_release(context, plan->arrays, (size_t)plan->array_capacity * sizeof(*plan->arrays));
    gan_release(context, plan->x, width * sizeof(*plan->x));
    gan_release(context, plan->tangent_x, width * sizeof(*plan->tangent_x));
    gan_release(context, plan->no_x, width * sizeof(*plan->no_x));
    gan_release(context, plan->dx, width * sizeof(*plan->dx));
    gan_release(context, plan, sizeof(*plan));
}
