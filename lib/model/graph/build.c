/* Building a model: checks of the graph, shapes, the table of tensors, and the flat arrays. */
#include "model/graph/graph.h"

#include <stdio.h>
#include <string.h>

#define ALIGNED_VALUES ((int64_t)(GAN_ALIGNMENT / sizeof(gan_real)))

/* ---- The graph ---------------------------------------------------------------------------------------------- */

static gan_status default_output(gan_model *model)
{
    if (model->output_count > 0) return GAN_OK;
    model->outputs = gan_allocate_array(model->context, 1, sizeof(*model->outputs));
    if (!model->outputs) return GAN_ERROR_MEMORY;
    model->output_count = 1;
    model->output_capacity = 1;
    model->outputs[0] = model->node_count - 1;
    return GAN_OK;
}

static gan_status mark_outputs(gan_model *model)
{
    char text[GAN_NODE_TEXT];

    for (int32_t k = 0; k < model->output_count; k++) {
        gan_model_node *node = &model->nodes[model->outputs[k]];
        if (node->layer->ops == &gan_input_ops) {
            return gan_fail(GAN_ERROR_GRAPH, "%s cannot be an output of its model",
                            gan_model_node_text(model, model->outputs[k], text));
        }
        if (node->is_output) {
            return gan_fail(GAN_ERROR_GRAPH, "%s is an output of its model twice",
                            gan_model_node_text(model, model->outputs[k], text));
        }
        node->is_output = true;
    }
    return GAN_OK;
}

static gan_status check_readers(gan_model *model)
{
    char text[GAN_NODE_TEXT];

    for (int32_t i = 0; i < model->node_count; i++) {
        const gan_model_node *node = &model->nodes[i];
        for (int k = 0; k < node->input_count; k++) model->nodes[node->inputs[k]].readers++;
    }
    for (int32_t i = 0; i < model->node_count; i++) {
        if (model->nodes[i].readers > 0 || model->nodes[i].is_output) continue;
        return gan_fail(GAN_ERROR_GRAPH, "%s is read by no layer and is not an output of the model",
                        gan_model_node_text(model, i, text));
    }
    return GAN_OK;
}

static gan_status check_names(const gan_model *model)
{
    char text[GAN_NODE_TEXT], other[GAN_NODE_TEXT];

    for (int32_t i = 0; i < model->node_count; i++) {
        for (int32_t j = 0; j < i; j++) {
            if (strcmp(model->nodes[i].name, model->nodes[j].name) != 0) continue;
            return gan_fail(GAN_ERROR_GRAPH, "%s has the same name as %s", gan_model_node_text(model, i, text),
                            gan_model_node_text(model, j, other));
        }
    }
    return GAN_OK;
}

static gan_status check_graph(gan_model *model)
{
    if (model->node_count == model->input_count) {
        return gan_fail(GAN_ERROR_GRAPH, "gan_model_build: the model has no layers but %d input%s",
                        (int)model->input_count, gan_plural(model->input_count));
    }
    GAN_TRY(default_output(model));
    GAN_TRY(mark_outputs(model));
    GAN_TRY(check_readers(model));
    return check_names(model);
}

/* ---- Shapes and tensors ------------------------------------------------------------------------------------- */

/* Adds a tensor to an array's size, padded to a multiple of GAN_ALIGNMENT bytes. */
static gan_status place_tensor(const gan_model_tensor *tensor, int64_t *size)
{
    const int64_t most = INT64_MAX / (int64_t)sizeof(gan_real) - ALIGNED_VALUES;

    if (tensor->count > most - *size) {
        return gan_fail(GAN_ERROR_OVERFLOW, "its %s has %lld values, and the model before it %lld: too many",
                        tensor->plan.name, (long long)tensor->count, (long long)*size);
    }
    *size += (tensor->count + ALIGNED_VALUES - 1) / ALIGNED_VALUES * ALIGNED_VALUES;
    return GAN_OK;
}

static gan_status name_tensor(gan_model *model, const gan_model_node *node, gan_model_tensor *tensor)
{
    char name[256];

    snprintf(name, sizeof(name), "%s.%s", node->name, tensor->plan.name);
    tensor->name = gan_copy_text(model->context, name);
    return tensor->name ? GAN_OK : GAN_ERROR_MEMORY;
}

static gan_status append_tensor(gan_model *model, const gan_model_node *node, const gan_tensor_plan *plan)
{
    const bool is_parameter = plan->kind == GAN_TENSOR_PARAMETER;
    int64_t *size = is_parameter ? &model->parameter_size : &model->buffer_size;
    gan_model_tensor tensor = {.plan = *plan, .offset = *size};

    GAN_TRY(gan_shape_check(plan->shape, plan->name));
    tensor.count = gan_shape_count(plan->shape);
    GAN_TRY(place_tensor(&tensor, size));
    void *tensors = gan_grow_array(model->context, model->tensors, model->tensor_count, &model->tensor_capacity,
                                   sizeof(*model->tensors));
    if (!tensors) return gan_last_status();
    model->tensors = tensors;
    GAN_TRY(name_tensor(model, node, &tensor));
    model->tensors[model->tensor_count++] = tensor;
    if (is_parameter) model->parameter_count += tensor.count;
    return GAN_OK;
}

static gan_status infer_node(gan_model *model, gan_model_node *node)
{
    gan_layer_plan plan = {0};

    for (int k = 0; k < node->input_count; k++) node->input_shapes[k] = model->nodes[node->inputs[k]].output;
    GAN_TRY(node->layer->ops->infer(node->layer, model->context, node->input_shapes, node->input_count, 1, &plan));
    node->output = plan.output;
    node->first_tensor = model->tensor_count;
    node->tensor_count = plan.tensor_count;
    for (int k = 0; k < plan.tensor_count; k++) GAN_TRY(append_tensor(model, node, &plan.tensors[k]));
    return GAN_OK;
}

static gan_status infer_all(gan_model *model)
{
    GAN_TRY(check_graph(model));
    for (int32_t i = 0; i < model->node_count; i++) {
        gan_status status = infer_node(model, &model->nodes[i]);
        if (status != GAN_OK) return gan_model_node_fail(model, i, status);
    }
    return GAN_OK;
}

gan_status gan_model_infer(gan_model *model)
{
    gan_status status;

    if (model->status != GAN_OK) return gan_fail(model->status, "%s", model->error);
    status = infer_all(model);
    if (status != GAN_OK) gan_model_remember_failure(model, status);
    return status;
}

/* ---- Weights ------------------------------------------------------------------------------------------------ */

gan_status gan_model_allocate(gan_model *model)
{
    const size_t parameters = gan_arena_reserve(&model->arena, model->parameter_size);
    const size_t gradients = gan_arena_reserve(&model->arena, model->parameter_size);
    const size_t buffers = gan_arena_reserve(&model->arena, model->buffer_size);

    GAN_TRY(gan_arena_allocate(&model->arena, model->context));
    model->parameters = gan_arena_at(&model->arena, parameters);
    model->gradients = gan_arena_at(&model->arena, gradients);
    model->buffers = gan_arena_at(&model->arena, buffers);
    model->built = true;
    return GAN_OK;
}

typedef gan_status (*tensors_fn)(const gan_layer *layer, const gan_pass *pass);

/* Calls a function that sets tensors of a layer, in arrays laid out as the model's, with temporary scratch. */
static gan_status set_tensors(const gan_model *model, int32_t i, tensors_fn set, gan_real *parameters,
                              gan_real *buffers)
{
    const gan_model_node *node = &model->nodes[i];
    gan_real *tensors[GAN_LAYER_TENSORS] = {NULL}, *gradients[GAN_LAYER_TENSORS] = {NULL};
    gan_layer_plan plan = {0};
    gan_arena arena = {0};

    if (!set) return GAN_OK;
    GAN_TRY(node->layer->ops->infer(node->layer, model->context, node->input_shapes, node->input_count, 1, &plan));
    const size_t scratch = gan_arena_reserve(&arena, plan.scratch);
    GAN_TRY(gan_arena_allocate(&arena, model->context));
    for (int k = 0; k < node->tensor_count; k++) {
        const gan_model_tensor *tensor = &model->tensors[node->first_tensor + k];
        tensors[k] = (tensor->plan.kind == GAN_TENSOR_PARAMETER ? parameters : buffers) + tensor->offset;
    }
    const gan_pass pass = {.context = model->context,
                           .batch = 1,
                           .inputs = node->input_count,
                           .input_shapes = node->input_shapes,
                           .output_shape = node->output,
                           .tensors = tensors,
                           .gradients = gradients,
                           .scratch = gan_arena_at(&arena, scratch)};
    gan_status status = set(node->layer, &pass);
    gan_arena_release(&arena);
    return status;
}

gan_status gan_model_derive(const gan_model *model, gan_node node, gan_real *parameters, gan_real *buffers)
{
    return set_tensors(model, node, model->nodes[node].layer->ops->derive, parameters, buffers);
}

gan_status gan_model_fold_node(const gan_model *model, gan_node node, gan_real *parameters)
{
    return set_tensors(model, node, model->nodes[node].layer->ops->fold, parameters, model->buffers);
}

static gan_status initialize(gan_model *model, uint64_t seed)
{
    for (int32_t i = 0; i < model->tensor_count; i++) {
        const gan_model_tensor *tensor = &model->tensors[i];
        const gan_random_state state = {.seed = seed, .stream = GAN_STREAM_WEIGHTS + (uint64_t)i};
        gan_initialize(&tensor->plan, state, gan_model_tensor_data(model, tensor), tensor->count);
    }
    for (int32_t i = 0; i < model->node_count; i++) {
        const tensors_fn start = model->nodes[i].layer->ops->start;
        gan_status status = set_tensors(model, i, start, model->parameters, model->buffers);
        if (status != GAN_OK) return gan_model_node_fail(model, i, status);
    }
    return GAN_OK;
}

gan_status gan_model_build(gan_model *model, uint64_t seed)
{
    GAN_FLOAT_SCOPE();
    gan_status status;

    GAN_CHECK_NOT_NULL(model);
    if (model->built && model->status == GAN_OK) {
        return gan_fail(GAN_ERROR_STATE, "%s: the model is already built", __func__);
    }
    GAN_TRY(gan_model_infer(model));
    status = gan_model_allocate(model);
    if (status == GAN_OK) status = initialize(model, seed);
    if (status != GAN_OK) {
        model->built = false;
        gan_model_remember_failure(model, status);
    }
    return status;
}
