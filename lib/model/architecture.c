/* The architecture of a model as JSON, which its files carry:
 *
 *     {"nodes": [{"type": "input", "inputs": [], "options": {"shape": [100]}},
 *                {"type": "dense", "name": "head", "inputs": [0], "options": {...}}, ...],
 *      "outputs": [1]}
 *
 * Keys are sorted, so that equal models have equal texts. What is read comes from anywhere: it passes the same checks
 * as a description made by calls. Only jansson's own values are not allocated through the context. */
#include "model/model.h"

#define FORMAT (JSON_COMPACT | JSON_SORT_KEYS)

/* ---- Writing ------------------------------------------------------------------------------------------------ */

static gan_status no_json_memory(void)
{
    return gan_fail(GAN_ERROR_MEMORY, "memory for the architecture could not be allocated");
}

/* Takes `value` over, which may be NULL. */
static gan_status set_new(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0 ? GAN_OK : no_json_memory();
}

static json_t *nodes_to_json(const gan_node *nodes, int32_t count)
{
    json_t *array = json_array();

    for (int32_t k = 0; array && k < count; k++) {
        if (json_array_append_new(array, json_integer(nodes[k])) == 0) continue;
        json_decref(array);
        return NULL;
    }
    return array;
}

static gan_status write_node(const gan_model_node *node, json_t *array)
{
    const gan_layer_ops *ops = node->layer->ops;
    json_t *object = json_object(), *options = json_object();

    /* The array owns the object, and the object its options, whatever fails later. */
    if (json_array_append_new(array, object) != 0) {
        json_decref(options);
        return no_json_memory();
    }
    GAN_TRY(set_new(object, "options", options));
    GAN_TRY(gan_json_set_text(object, "type", ops->type));
    if (node->layer->name) GAN_TRY(gan_json_set_text(object, "name", node->layer->name));
    GAN_TRY(set_new(object, "inputs", nodes_to_json(node->inputs, node->input_count)));
    return ops->save(node->layer, options);
}

static gan_status write_model(const gan_model *model, json_t *root)
{
    json_t *nodes = json_array();

    GAN_TRY(set_new(root, "nodes", nodes));
    GAN_TRY(set_new(root, "outputs", nodes_to_json(model->outputs, model->output_count)));
    for (int32_t i = 0; i < model->node_count; i++) {
        gan_status status = write_node(&model->nodes[i], nodes);
        if (status != GAN_OK) return gan_model_node_fail(model, i, status);
    }
    return GAN_OK;
}

gan_status gan_model_write_architecture(const gan_model *model, char **text)
{
    json_t *root = json_object();
    char *written = NULL;
    size_t size;
    gan_status status;

    if (!root) return no_json_memory();
    status = write_model(model, root);
    if (status != GAN_OK) goto done;
    size = json_dumpb(root, NULL, 0, FORMAT);
    if (size == 0) {
        status = no_json_memory();
        goto done;
    }
    written = gan_allocate(model->context, size + 1);
    if (!written) {
        status = GAN_ERROR_MEMORY;
        goto done;
    }
    if (json_dumpb(root, written, size, FORMAT) != size) {
        gan_release(model->context, written, size + 1);
        status = no_json_memory();
        goto done;
    }
    *text = written;

done:
    json_decref(root);
    return status;
}

/* ---- Reading ------------------------------------------------------------------------------------------------ */

/* A list of nodes, all below `limit`, into an array of `count` elements that is released by the caller. */
static gan_status read_nodes(gan_context *context, const json_t *json, const char *what, int32_t limit,
                             gan_node **nodes, size_t *count)
{
    gan_node *read;

    if (!json_is_array(json) || json_array_size(json) > GAN_MODEL_NODES) {
        return gan_fail(GAN_ERROR_FORMAT, "its %s are no list of up to %d numbers", what, GAN_MODEL_NODES);
    }
    *count = json_array_size(json);
    read = gan_allocate_array(context, (int64_t)*count, sizeof(*read));
    if (!read) return GAN_ERROR_MEMORY;
    for (size_t k = 0; k < *count; k++) {
        const json_t *element = json_array_get(json, k);
        const json_int_t value = json_is_integer(element) ? json_integer_value(element) : -1;
        if (value < 0 || value >= limit) {
            gan_release(context, read, *count * sizeof(*read));
            return gan_fail(GAN_ERROR_FORMAT, "element %zu of its %s is no node from 0 to %d", k, what,
                            (int)limit - 1);
        }
        read[k] = (gan_node)value;
    }
    *nodes = read;
    return GAN_OK;
}

static gan_status read_layer(gan_context *context, const json_t *json, gan_layer **out)
{
    const char *type = json_string_value(json_object_get(json, "type"));
    const json_t *name = json_object_get(json, "name");
    const json_t *options = json_object_get(json, "options");
    const gan_layer_ops *ops = type ? gan_layer_ops_find(type) : NULL;
    gan_layer *layer;

    if (!type || !json_is_object(options) || (name && !json_is_string(name))) {
        return gan_fail(GAN_ERROR_FORMAT, "it needs a text 'type', an object 'options', and no 'name' but a text");
    }
    if (!ops) return gan_fail(GAN_ERROR_UNSUPPORTED, "libgan %s has no layer '%.64s'", gan_version_text(), type);
    layer = ops->load(context, options);
    if (!layer) return gan_fail(gan_last_status(), "%s: %s", type, gan_last_error());
    if (name && !gan_layer_named(layer, json_string_value(name))) return gan_last_status();
    *out = layer;
    return GAN_OK;
}

static gan_status read_node(gan_model *model, const json_t *json)
{
    gan_layer *layer = NULL;
    gan_node *inputs = NULL;
    size_t count = 0;
    gan_status status;

    status =
        read_nodes(model->context, json_object_get(json, "inputs"), "inputs", model->node_count, &inputs, &count);
    if (status != GAN_OK) return status;
    status = read_layer(model->context, json, &layer);
    if (status == GAN_OK && gan_model_add_from(model, layer, count, inputs) == GAN_NODE_NONE) {
        status = gan_last_status();
    }
    gan_release(model->context, inputs, count * sizeof(*inputs));
    return status;
}

static gan_status read_outputs(gan_model *model, const json_t *json)
{
    gan_node *outputs = NULL;
    size_t count = 0;
    gan_status status = read_nodes(model->context, json, "outputs", model->node_count, &outputs, &count);

    if (status != GAN_OK) return status;
    status = gan_model_set_outputs(model, count, outputs);
    gan_release(model->context, outputs, count * sizeof(*outputs));
    return status;
}

static gan_status read_model(gan_model *model, const json_t *root)
{
    const json_t *nodes = json_object_get(root, "nodes");

    if (!json_is_array(nodes) || json_array_size(nodes) > GAN_MODEL_NODES) {
        return gan_fail(GAN_ERROR_FORMAT, "its 'nodes' are no list of up to %d nodes", GAN_MODEL_NODES);
    }
    for (size_t i = 0; i < json_array_size(nodes); i++) {
        gan_status status = read_node(model, json_array_get(nodes, i));
        if (status != GAN_OK) return gan_fail(status, "node %zu: %s", i, gan_last_error());
    }
    GAN_TRY(read_outputs(model, json_object_get(root, "outputs")));
    return gan_model_infer(model);
}

/* What would be a caller's error in a description is the file's fault here. */
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
    json_error_t error;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    gan_model *model = NULL;
    gan_status status;

    if (!root && json_error_code(&error) == json_error_out_of_memory) return no_json_memory();
    if (!root) {
        return gan_fail(GAN_ERROR_FORMAT, "the architecture is malformed at byte %d: %s", error.position, error.text);
    }
    status = gan_model_create(context, &model);
    if (status == GAN_OK) {
        status = read_model(model, root);
        if (status != GAN_OK) gan_fail(status_of_file(status), "the architecture: %s", gan_last_error());
    }
    json_decref(root);
    if (status != GAN_OK) {
        gan_model_destroy(model);
        return status_of_file(status);
    }
    *out = model;
    return GAN_OK;
}
