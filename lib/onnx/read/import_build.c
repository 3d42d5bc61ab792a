/* From steps to a model: those that the outputs need, with names, roles and weights. */
#include "onnx/read/read.h"

#include <stdio.h>

/* ---- Which steps ---------------------------------------------------------------------------------------------- */

static gan_status find_output(const gan_import *import, int64_t k, int64_t *step)
{
    const char *name = import->file->outputs[k].name;
    const int64_t found = gan_names_find(&import->names, name);

    if (found < 0) return gan_fail(GAN_ERROR_FORMAT, "output '%.64s' is computed by no node", name);
    if (import->values[found].kind == GAN_IMPORT_UNKNOWN) {
        return gan_fail(GAN_ERROR_UNSUPPORTED,
                        "output '%.64s' is a second output of its node, which libgan does not compute", name);
    }
    const gan_import_value *value = &import->values[found];
    if (value->kind == GAN_IMPORT_CONSTANT)
        return gan_fail(GAN_ERROR_UNSUPPORTED, "output '%.64s' is a constant", name);
    if (value->kind == GAN_IMPORT_PENDING) {
        return gan_fail(GAN_ERROR_UNSUPPORTED,
                        "output '%.64s' is computed by node '%.64s' (%.32s), for which libgan "
                        "has no layer",
                        name, value->from->name, value->from->type);
    }
    if (import->steps[value->step].input_count == 0) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "output '%.64s' is the input '%.64s' unchanged, computed by no layer",
                        name, import->steps[value->step].name);
    }
    *step = value->step;
    return GAN_OK;
}

static gan_status mark_needed(gan_import *import)
{
    if (import->file->output_count == 0) return gan_fail(GAN_ERROR_EMPTY, "the graph has no outputs");
    for (int64_t k = 0; k < import->file->output_count; k++) {
        int64_t step = 0;
        GAN_TRY(find_output(import, k, &step));
        import->steps[step].is_needed = true;
    }
    for (int64_t i = import->step_count; i-- > 0;) {
        const gan_import_step *step = &import->steps[i];
        for (int64_t k = 0; step->is_needed && k < step->input_count; k++)
            import->steps[step->inputs[k]].is_needed = true;
    }
    return GAN_OK;
}

/* ---- The graph ------------------------------------------------------------------------------------------------ */

static gan_status step_fail(const gan_import_step *step, gan_status status)
{
    if (!step->from) return gan_fail(status, "input '%.64s': %s", step->name, gan_last_error());
    return gan_import_node_fail(step->from, status);
}

static gan_status add_step(gan_import *import, gan_model *model, int64_t number)
{
    gan_import_step *step = &import->steps[number];
    const int64_t count = step->input_count;

    gan_layer *layer = gan_layer_named(step->layer, step->layer_name);
    step->layer = NULL;
    if (!layer) return step_fail(step, gan_last_status());
    gan_node *nodes = gan_allocate_array(import->context, count, sizeof(*nodes));
    if (!nodes) {
        gan_layer_destroy(layer);
        return GAN_ERROR_MEMORY;
    }
    for (int64_t k = 0; k < count; k++) nodes[k] = import->steps[step->inputs[k]].node;
    step->node = count > 0 ? gan_model_add_from(model, layer, count, nodes) : gan_model_add(model, layer);
    gan_release(import->context, nodes, (size_t)count * sizeof(*nodes));
    return step->node != GAN_NODE_NONE ? GAN_OK : step_fail(step, gan_last_status());
}

static gan_status set_role(gan_model *model, const gan_import_step *step)
{
    gan_input_options role = step->role;

    if (role.role == GAN_INPUT_ANY) return GAN_OK;
    role.struct_size = sizeof(role);
    for (int32_t k = 0; k < model->input_count; k++) {
        if (model->inputs[k] == step->node) return gan_model_set_input(model, k, &role);
    }
    return GAN_OK;
}

static gan_status add_all(gan_import *import, gan_model *model)
{
    for (int64_t i = 0; i < import->step_count; i++) {
        gan_import_step *step = &import->steps[i];
        if (step->is_needed) {
            GAN_TRY(add_step(import, model, i));
            if (step->input_count == 0) GAN_TRY(set_role(model, step));
        } else if (!step->from) {
            gan_log(import->context, GAN_LOG_WARNING,
                    "input '%.64s' of the ONNX file is read by no layer, and left out", step->name);
        }
    }
    return GAN_OK;
}

static gan_status add_outputs(gan_import *import, gan_model *model)
{
    const int64_t count = import->file->output_count;
    gan_node *nodes = gan_import_allocate(import->memory, count, sizeof(*nodes));

    if (!nodes) return gan_last_status();
    for (int64_t k = 0; k < count; k++) {
        int64_t step = 0;
        GAN_TRY(find_output(import, k, &step));
        nodes[k] = import->steps[step].node;
    }
    return gan_model_set_outputs(model, count, nodes);
}

/* ---- Weights -------------------------------------------------------------------------------------------------- */

/* The model's weights are copies of what the file has once, or makes from little: within the same limit. */
static gan_status check_size(const gan_import *import, const gan_model *model)
{
    const size_t limit = import->memory->limit / sizeof(float);

    if ((uint64_t)model->parameter_size <= limit && (uint64_t)model->buffer_size <= limit) return GAN_OK;
    return gan_fail(GAN_ERROR_OVERFLOW, "the model would have %lld values, more than %d bytes for each of the file's",
                    (long long)model->parameter_size + (long long)model->buffer_size, GAN_IMPORT_MEMORY_FACTOR);
}

/* Of a step whose weights have been checked. */
static gan_status read_weights(gan_import *import, gan_model *model, const gan_import_step *step)
{
    const gan_model_node *node = &model->nodes[step->node];

    for (int i = node->first_tensor; i < node->first_tensor + node->tensor_count; i++) {
        const gan_model_tensor *to = &model->tensors[i];
        const float *values = NULL;
        GAN_TRY(gan_import_tensor_floats(import->memory, gan_import_weight_of(step, to->plan.name), &values));
        gan_tensor_import(&to->plan, to->count, values, gan_model_tensor_data(model, to));
    }
    return GAN_OK;
}

static gan_status check_weights(const gan_model *model, const gan_import_step *step)
{
    const gan_model_node *node = &model->nodes[step->node];
    char expected[GAN_SHAPE_TEXT];

    for (int i = node->first_tensor; i < node->first_tensor + node->tensor_count; i++) {
        const gan_model_tensor *to = &model->tensors[i];
        const gan_import_tensor *from = gan_import_weight_of(step, to->plan.name);
        if (from && from->count == to->count) continue;
        return gan_fail(GAN_ERROR_SHAPE, "its %s has %lld values, expected the shape %s", to->plan.name,
                        (long long)(from ? from->count : 0), gan_shape_text(to->plan.shape, expected));
    }
    return GAN_OK;
}

static gan_status each_step(gan_import *import, gan_model *model, bool is_check)
{
    for (int64_t i = 0; i < import->step_count; i++) {
        const gan_import_step *step = &import->steps[i];
        if (!step->is_needed) continue;
        const gan_status status = is_check ? check_weights(model, step) : read_weights(import, model, step);
        if (status != GAN_OK) return step_fail(step, status);
    }
    return GAN_OK;
}

static gan_status fill_model(gan_import *import, gan_model *model)
{
    GAN_TRY(mark_needed(import));
    GAN_TRY(gan_import_name_layers(import));
    GAN_TRY(add_all(import, model));
    GAN_TRY(add_outputs(import, model));
    GAN_TRY(gan_model_infer(model));
    GAN_TRY(each_step(import, model, true));
    GAN_TRY(check_size(import, model));
    GAN_TRY(gan_model_allocate(model));
    return each_step(import, model, false);
}

gan_status gan_import_build(gan_import *import, gan_model **out)
{
    gan_model *model = NULL;

    GAN_TRY(gan_model_create(import->context, &model));
    const gan_status status = fill_model(import, model);
    if (status != GAN_OK) {
        gan_model_destroy(model);
        return status;
    }
    *out = model;
    return GAN_OK;
}
