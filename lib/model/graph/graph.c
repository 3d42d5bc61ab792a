/* Describing a model: nodes are added one by one and read only from earlier ones, so the graph has no cycles. The
 * first failure sticks, and gan_model_build returns it. */
#include "model/graph/graph.h"

#include <stdio.h>
#include <string.h>

gan_status gan_model_create(gan_context *context, gan_model **out)
{
    gan_model *model;

    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(out);
    model = gan_allocate(context, sizeof(*model));
    if (!model) return GAN_ERROR_MEMORY;
    model->context = gan_context_retain(context);
    atomic_init(&model->references, 1);
    *out = model;
    return GAN_OK;
}

gan_model *gan_model_retain(gan_model *model)
{
    atomic_fetch_add(&model->references, 1);
    return model;
}

static void release_node(gan_context *context, gan_model_node *node)
{
    const size_t count = (size_t)node->input_count;

    gan_layer_destroy(node->layer);
    gan_release_text(context, node->name);
    gan_release(context, node->inputs, count * sizeof(*node->inputs));
    gan_release(context, node->input_shapes, count * sizeof(*node->input_shapes));
}

void gan_model_destroy(gan_model *model)
{
    if (!model || atomic_fetch_sub(&model->references, 1) > 1) return;
    gan_context *context = model->context;
    for (int32_t i = 0; i < model->node_count; i++) release_node(context, &model->nodes[i]);
    for (int32_t i = 0; i < model->tensor_count; i++) gan_release_text(context, model->tensors[i].name);
    gan_release(context, model->nodes, (size_t)model->node_capacity * sizeof(*model->nodes));
    gan_release(context, model->inputs, (size_t)model->input_capacity * sizeof(*model->inputs));
    gan_release(context, model->outputs, (size_t)model->output_capacity * sizeof(*model->outputs));
    gan_release(context, model->tensors, (size_t)model->tensor_capacity * sizeof(*model->tensors));
    gan_arena_release(&model->arena);
    gan_arena_release(&model->previous_arena);
    gan_release(context, model, sizeof(*model));
    gan_context_release(context);
}

/* ---- Messages ----------------------------------------------------------------------------------------------- */

const char *gan_model_node_text(const gan_model *model, gan_node node, char text[GAN_NODE_TEXT])
{
    const gan_model_node *at = &model->nodes[node];
    const char *quote = at->layer->name ? "'" : "";

    if (at->layer->ops == &gan_input_ops) {
        const char *name = at->layer->name ? at->name : at->name + strlen("input");
        snprintf(text, GAN_NODE_TEXT, "input %s%s%s", quote, name, quote);
    } else {
        snprintf(text, GAN_NODE_TEXT, "layer %s%s%s (%s)", quote, at->name, quote, at->layer->ops->type);
    }
    return text;
}

gan_status gan_model_node_fail(const gan_model *model, gan_node node, gan_status status)
{
    char text[GAN_NODE_TEXT];

    return gan_fail(status, "%s: %s", gan_model_node_text(model, node, text), gan_last_error());
}

void gan_model_remember_failure(gan_model *model, gan_status status)
{
    if (model->status != GAN_OK) return;
    model->status = status;
    snprintf(model->error, sizeof(model->error), "%s", gan_last_error());
}

gan_status gan_model_check_built(const gan_model *model, const char *what)
{
    if (model->built) return GAN_OK;
    return gan_fail(GAN_ERROR_STATE, "%s: the model is not built; gan_model_build() comes first", what);
}

/* Fails unless the model can still be described. */
static gan_status check_open(const gan_model *model, const char *what)
{
    if (model->status != GAN_OK) return gan_fail(model->status, "%s", model->error);
    if (model->built) return gan_fail(GAN_ERROR_STATE, "%s: the model is built, and its graph is fixed", what);
    return GAN_OK;
}

/* ---- Nodes -------------------------------------------------------------------------------------------------- */

static gan_status check_layer(const gan_model *model, const gan_layer *layer)
{
    const int number = model->node_count - model->input_count;

    if (!layer) {
        /* The thread's last failure may be an older one, of another call. */
        if (!gan_layer_failed_last()) return gan_fail(GAN_ERROR_NULL, "layer %d is NULL", number);
        return gan_fail(gan_last_status(), "layer %d is NULL; the last layer that could not be created: %s", number,
                        gan_last_error());
    }
    if (layer->context != model->context) {
        return gan_fail(GAN_ERROR_ARGUMENT, "layer %d (%s) belongs to another context than the model", number,
                        layer->ops->type);
    }
    if (model->node_count >= GAN_MODEL_NODES) {
        return gan_fail(GAN_ERROR_OVERFLOW, "layer %d (%s): a model has at most %d nodes", number, layer->ops->type,
                        GAN_MODEL_NODES);
    }
    return GAN_OK;
}

static gan_status name_node(gan_model *model, gan_model_node *node)
{
    const bool is_input = node->layer->ops == &gan_input_ops;
    char number[32];

    snprintf(number, sizeof(number), "%s%d", is_input ? "input" : "",
             (int)(is_input ? model->input_count : model->node_count - model->input_count));
    node->name = gan_copy_text(model->context, node->layer->name ? node->layer->name : number);
    return node->name ? GAN_OK : GAN_ERROR_MEMORY;
}

/* The caller adds the node's text to the sentence of a failure. */
static gan_status connect_node(gan_model *model, gan_model_node *node, int64_t count, const gan_node *nodes)
{
    const gan_layer_ops *ops = node->layer->ops;

    if (model->node_count == 0 && ops->min_inputs > 0) {
        return gan_fail(GAN_ERROR_GRAPH, "there is no node to read from; a model starts with gan_layer_input()");
    }
    if (count < ops->min_inputs || count > ops->max_inputs) {
        const bool few = count < ops->min_inputs;
        const char *how = ops->min_inputs == ops->max_inputs ? "" : few ? "at least " : "at most ";
        return gan_fail(GAN_ERROR_GRAPH, "reads from %lld node%s, expected %s%d", (long long)count, gan_plural(count),
                        how, few ? ops->min_inputs : ops->max_inputs);
    }
    if (count == 0) return GAN_OK;
    if (count > GAN_MODEL_EDGES - model->edge_count) {
        return gan_fail(GAN_ERROR_OVERFLOW,
                        "reads from %lld nodes, and the layers before it from %d; at most %d in all",
                        (long long)count, (int)model->edge_count, GAN_MODEL_EDGES);
    }
    if (!nodes) return gan_fail(GAN_ERROR_NULL, "the array of %lld nodes to read from is NULL", (long long)count);
    for (int64_t k = 0; k < count; k++) {
        if (nodes[k] >= 0 && nodes[k] < model->node_count) continue;
        return gan_fail(GAN_ERROR_GRAPH, "reads from node %d, but the model has nodes 0 to %d so far", (int)nodes[k],
                        (int)(model->node_count - 1));
    }
    node->inputs = gan_allocate_array(model->context, count, sizeof(*node->inputs));
    if (!node->inputs) return GAN_ERROR_MEMORY;
    node->input_count = (int)count;
    memcpy(node->inputs, nodes, (size_t)count * sizeof(*nodes));
    node->input_shapes = gan_allocate_array(model->context, count, sizeof(*node->input_shapes));
    return node->input_shapes ? GAN_OK : GAN_ERROR_MEMORY;
}

static gan_status make_room(gan_model *model)
{
    void *nodes =
        gan_grow_array(model->context, model->nodes, model->node_count, &model->node_capacity, sizeof(*model->nodes));
    if (!nodes) return gan_last_status();
    model->nodes = nodes;
    void *inputs = gan_grow_array(model->context, model->inputs, model->input_count, &model->input_capacity,
                                  sizeof(*model->inputs));
    if (!inputs) return gan_last_status();
    model->inputs = inputs;
    return GAN_OK;
}

static gan_status append_node(gan_model *model, const gan_model_node *node, int64_t count, const gan_node *nodes)
{
    gan_model_node *added = &model->nodes[model->node_count];
    const bool is_input = node->layer->ops == &gan_input_ops;
    gan_status status;

    *added = *node;
    status = connect_node(model, added, count, nodes);
    if (status != GAN_OK) return gan_model_node_fail(model, model->node_count, status);
    if (is_input) model->inputs[model->input_count++] = model->node_count;
    model->edge_count += added->input_count;
    model->node_count++;
    return GAN_OK;
}

/* Takes over the layer, even on failure. */
static gan_status add_node(gan_model *model, gan_layer *layer, int64_t count, const gan_node *nodes)
{
    gan_model_node node = {.layer = layer};
    gan_status status;

    for (int32_t i = 0; layer && i < model->node_count; i++) {
        char text[GAN_NODE_TEXT];
        if (model->nodes[i].layer != layer) continue;
        return gan_fail(GAN_ERROR_GRAPH, "%s is added twice", gan_model_node_text(model, i, text));
    }
    status = check_open(model, "gan_model_add");
    if (status == GAN_OK) status = check_layer(model, layer);
    if (status == GAN_OK) status = name_node(model, &node);
    if (status == GAN_OK) status = make_room(model);
    if (status != GAN_OK) {
        release_node(model->context, &node);
        return status;
    }
    status = append_node(model, &node, count, nodes);
    if (status != GAN_OK) release_node(model->context, &model->nodes[model->node_count]);
    return status;
}

gan_node gan_model_add_from(gan_model *model, gan_layer *layer, int64_t count, const gan_node *nodes)
{
    gan_status status;

    if (!model) {
        gan_layer_destroy(layer);
        gan_fail(GAN_ERROR_NULL, "gan_model_add: model is NULL");
        return GAN_NODE_NONE;
    }
    status = add_node(model, layer, count, nodes);
    if (status != GAN_OK) {
        gan_model_remember_failure(model, status);
        return GAN_NODE_NONE;
    }
    return model->node_count - 1;
}

gan_node gan_model_add(gan_model *model, gan_layer *layer)
{
    const bool reads = model && layer && layer->ops != &gan_input_ops && model->node_count > 0;
    const gan_node before = reads ? model->node_count - 1 : GAN_NODE_NONE;

    return gan_model_add_from(model, layer, reads ? 1 : 0, &before);
}

static gan_status set_outputs(gan_model *model, int64_t count, const gan_node *nodes)
{
    gan_node *outputs;

    GAN_TRY(check_open(model, "gan_model_set_outputs"));
    if (count < 1 || count > model->node_count) {
        return gan_fail(GAN_ERROR_GRAPH, "gan_model_set_outputs: count is %lld, expected 1 to %d, the model's nodes",
                        (long long)count, (int)model->node_count);
    }
    if (!nodes) return gan_fail(GAN_ERROR_NULL, "gan_model_set_outputs: nodes is NULL");
    for (int64_t k = 0; k < count; k++) {
        if (nodes[k] >= 0 && nodes[k] < model->node_count) continue;
        return gan_fail(GAN_ERROR_GRAPH, "output %lld is node %d, but the model has nodes 0 to %d", (long long)k,
                        (int)nodes[k], (int)(model->node_count - 1));
    }
    outputs = gan_allocate_array(model->context, count, sizeof(*outputs));
    if (!outputs) return GAN_ERROR_MEMORY;
    memcpy(outputs, nodes, (size_t)count * sizeof(*nodes));
    gan_release(model->context, model->outputs, (size_t)model->output_capacity * sizeof(*model->outputs));
    model->outputs = outputs;
    model->output_count = (int32_t)count;
    model->output_capacity = count;
    return GAN_OK;
}

gan_status gan_model_set_outputs(gan_model *model, int64_t count, const gan_node *nodes)
{
    gan_status status;

    GAN_CHECK_NOT_NULL(model);
    status = set_outputs(model, count, nodes);
    if (status != GAN_OK) gan_model_remember_failure(model, status);
    return status;
}

gan_output_range gan_model_output_range(const gan_model *model, int64_t output)
{
    gan_node node = model->outputs[output];
    while (model->nodes[node].layer->ops->flags & GAN_LAYER_RESHAPES) node = model->nodes[node].inputs[0];
    const gan_layer_ops *ops = model->nodes[node].layer->ops;
    return (gan_output_range){.node = node, .low = ops->low, .high = ops->high};
}

int64_t gan_model_least_batch(const gan_model *model)
{
    int64_t least = 1;
    for (int32_t i = 0; i < model->node_count; i++) {
        const gan_model_node *node = &model->nodes[i];
        if (!node->layer->ops->least_batch) continue;
        const int64_t of_layer = node->layer->ops->least_batch(node->input_shapes[0]);
        if (of_layer > least) least = of_layer;
    }
    return least;
}
