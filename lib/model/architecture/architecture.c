/* The architecture of a model as JSON, as in its files:
 *
 *     {"nodes": [{"type": "input", "inputs": [], "options": {"shape": [100]}},
 *                {"type": "dense", "name": "head", "inputs": [0], "options": {...}}, ...],
 *      "outputs": [1],
 *      "inputs": [{"role": "noise", "noise": "normal"}]}
 *
 * "inputs" is there only if an input has a role. Keys are sorted, so that equal models have equal texts. What is read
 * is untrusted: it passes the same checks as a description made by calls. */
#include "model/architecture/architecture.h"
#include "model/graph/graph.h"

#include <string.h>

/* ---- Writing ------------------------------------------------------------------------------------------------ */

static void write_list(gan_json_writer *json, const char *key, const gan_node *nodes, int32_t count)
{
    gan_json_begin_array(json, key);
    for (int32_t k = 0; k < count; k++) gan_json_write_int(json, NULL, nodes[k]);
    gan_json_end_array(json);
}

static void write_node(const gan_model_node *node, gan_json_writer *json)
{
    gan_json_begin_object(json, NULL);
    write_list(json, "inputs", node->inputs, node->input_count);
    if (node->layer->name) gan_json_write_text(json, "name", node->layer->name);
    gan_layer_save(node->layer, json, "options");
    gan_json_write_text(json, "type", node->layer->ops->type);
    gan_json_end_object(json);
}

static gan_status write_text(const gan_model *model, bool with_roles, char **text)
{
    gan_json_writer json = {.context = model->context};
    int32_t written = 0;

    gan_json_begin_object(&json, NULL);
    if (with_roles) gan_model_write_roles(model, &json);
    gan_json_begin_array(&json, "nodes");
    while (written < model->node_count && json.status == GAN_OK) write_node(&model->nodes[written++], &json);
    if (json.status != GAN_OK && written > 0) gan_model_node_fail(model, written - 1, json.status);
    gan_json_end_array(&json);
    write_list(&json, "outputs", model->outputs, model->output_count);
    gan_json_end_object(&json);
    return gan_json_finish(&json, text);
}

gan_status gan_model_write_architecture(const gan_model *model, char **text)
{
    return write_text(model, true, text);
}

gan_status gan_model_write_graph(const gan_model *model, char **text)
{
    return write_text(model, false, text);
}

/* ---- Reading ------------------------------------------------------------------------------------------------ */

/* Reads a list of nodes, all below `limit`, into an array of `count` elements, which the caller releases. */
static gan_status read_nodes(gan_context *context, const gan_json *json, const char *what, int32_t limit,
                             gan_node **nodes, int64_t *count)
{
    gan_node *read;

    if (!gan_json_is_array(json) || gan_json_size(json) > GAN_MODEL_NODES) {
        return gan_fail(GAN_ERROR_FORMAT, "its %s are not a list of up to %d numbers", what, GAN_MODEL_NODES);
    }
    *count = gan_json_size(json);
    read = gan_allocate_array(context, *count, sizeof(*read));
    if (!read) return GAN_ERROR_MEMORY;
    const gan_json *at = NULL;
    for (int64_t k = 0; k < *count; k++) {
        int64_t value;
        at = gan_json_next(json, at);
        if (!gan_json_get_int(at, &value) || value < 0 || value >= limit) {
            gan_release(context, read, (size_t)*count * sizeof(*read));
            return gan_fail(GAN_ERROR_FORMAT, "element %lld of its %s is not a node from 0 to %d", (long long)k, what,
                            (int)limit - 1);
        }
        read[k] = (gan_node)value;
    }
    *nodes = read;
    return GAN_OK;
}

static gan_status read_layer(gan_context *context, const gan_json *json, gan_layer **out)
{
    const char *type = gan_json_get_text(gan_json_get(json, "type"));
    const char *name = gan_json_get_text(gan_json_get(json, "name"));
    const gan_json *options = gan_json_get(json, "options");
    const gan_layer_ops *ops = type ? gan_layer_find_kind(type) : NULL;
    gan_layer *layer;

    if (!type || !gan_json_is_object(options) || (gan_json_get(json, "name") && !name)) {
        return gan_fail(GAN_ERROR_FORMAT,
                        "it needs a string 'type' and an object 'options'; a 'name' must be a string");
    }
    if (!ops) return gan_fail(GAN_ERROR_UNSUPPORTED, "libgan %s has no layer '%.64s'", gan_version_text(), type);
    layer = gan_layer_load(context, ops, options);
    if (!layer) return gan_fail(gan_last_status(), "%s: %s", type, gan_last_error());
    if (name && !gan_layer_named(layer, name)) return gan_last_status();
    *out = layer;
    return GAN_OK;
}

static gan_status read_node(gan_model *model, const gan_json *json)
{
    gan_layer *layer = NULL;
    gan_node *inputs = NULL;
    int64_t count = 0;
    gan_status status;

    status = read_nodes(model->context, gan_json_get(json, "inputs"), "inputs", model->node_count, &inputs, &count);
    if (status != GAN_OK) return status;
    status = read_layer(model->context, json, &layer);
    if (status == GAN_OK && gan_model_add_from(model, layer, count, inputs) == GAN_NODE_NONE) {
        status = gan_last_status();
    }
    gan_release(model->context, inputs, (size_t)count * sizeof(*inputs));
    return status;
}

static gan_status read_outputs(gan_model *model, const gan_json *json)
{
    gan_node *outputs = NULL;
    int64_t count = 0;
    gan_status status = read_nodes(model->context, json, "outputs", model->node_count, &outputs, &count);

    if (status != GAN_OK) return status;
    status = gan_model_set_outputs(model, count, outputs);
    gan_release(model->context, outputs, (size_t)count * sizeof(*outputs));
    return status;
}

static gan_status read_model(gan_model *model, const gan_json *root)
{
    const gan_json *nodes = gan_json_get(root, "nodes");

    if (!gan_json_is_array(nodes) || gan_json_size(nodes) > GAN_MODEL_NODES) {
        return gan_fail(GAN_ERROR_FORMAT, "its 'nodes' are not a list of up to %d nodes", GAN_MODEL_NODES);
    }
    for (const gan_json *node = NULL; (node = gan_json_next(nodes, node));) {
        const int number = (int)model->node_count;
        gan_status status = read_node(model, node);
        if (status != GAN_OK) return gan_fail(status, "node %d: %s", number, gan_last_error());
    }
    GAN_TRY(read_outputs(model, gan_json_get(root, "outputs")));
    GAN_TRY(gan_model_read_roles(model, root));
    return gan_model_infer(model);
}

/* What would be the caller's error in a description is the file's fault here. */
static gan_status status_of_file(gan_status status)
{
    switch (status) {
    case GAN_OK:
    case GAN_ERROR_MEMORY:
    case GAN_ERROR_OVERFLOW:
    case GAN_ERROR_UNSUPPORTED: return status;
    default: return GAN_ERROR_FORMAT;
    }
}

gan_status gan_model_read_architecture(gan_context *context, const char *text, gan_model **out)
{
    gan_json *root = NULL;
    gan_model *model = NULL;
    gan_status status = gan_json_parse(context, text, strlen(text), &root);

    if (status != GAN_OK) return gan_fail(status, "the architecture: %s", gan_last_error());
    status = gan_model_create(context, &model);
    if (status == GAN_OK) {
        status = read_model(model, root);
        if (status != GAN_OK) gan_fail(status_of_file(status), "the architecture: %s", gan_last_error());
    }
    gan_json_release(root);
    if (status != GAN_OK) {
        gan_model_destroy(model);
        return status_of_file(status);
    }
    *out = model;
    return GAN_OK;
}

gan_status gan_model_read_graph(gan_context *context, const char *architecture, char **text)
{
    gan_model *model = NULL;

    GAN_TRY(gan_model_read_architecture(context, architecture, &model));
    const gan_status status = gan_model_write_graph(model, text);
    gan_model_destroy(model);
    return status;
}
