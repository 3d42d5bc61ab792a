/* Values and steps: what every operator's function is made of. */
#include "onnx/steps/steps.h"

bool gan_import_has(const gan_import_node *node, int64_t k)
{
    return k < node->input_count && node->in[k];
}

bool gan_import_is_constant(const gan_import_node *node, int64_t k)
{
    return gan_import_has(node, k) && node->in[k]->kind == GAN_IMPORT_CONSTANT;
}

static gan_status missing(int64_t k)
{
    return gan_fail(GAN_ERROR_FORMAT, "its input %lld is missing", (long long)k);
}

gan_status gan_import_operand(const gan_import_node *node, int64_t k, const gan_import_value **out)
{
    if (!gan_import_has(node, k)) return missing(k);
    const gan_import_value *value = node->in[k];
    if (value->kind == GAN_IMPORT_CONSTANT) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its input '%.64s' is a constant, expected what the graph computes",
                        value->name);
    }
    if (value->kind == GAN_IMPORT_PENDING && strcmp(value->from->type, "Transpose") == 0) {
        return gan_fail(GAN_ERROR_UNSUPPORTED,
                        "in its input '%.64s' node '%.64s' (Transpose) has moved values within samples, which libgan "
                        "knows only within attention",
                        value->name, value->from->name);
    }
    if (value->kind == GAN_IMPORT_PENDING) {
        return gan_fail(
            GAN_ERROR_UNSUPPORTED,
            "its input '%.64s' is computed by node '%.64s' (%.32s), which libgan knows only within larger "
            "patterns",
            value->name, value->from->name, value->from->type);
    }
    *out = value;
    return GAN_OK;
}

gan_status gan_import_no_rounding(const gan_import_value *value)
{
    if (!value->is_rounded) return GAN_OK;
    return gan_fail(GAN_ERROR_UNSUPPORTED, "its input '%.64s' is rounded to integers, which no layer does",
                    value->name);
}

gan_status gan_import_image(const gan_import_node *node, int64_t k, const gan_import_value **out)
{
    char text[GAN_SHAPE_TEXT];
    const gan_import_value *value = NULL;

    GAN_TRY(gan_import_operand(node, k, &value));
    GAN_INVARIANT(value != NULL);
    if (value->shape.rank != 3) {
        return gan_fail(GAN_ERROR_UNSUPPORTED,
                        "a sample of its input has the shape %s, expected (channels, height, "
                        "width)",
                        value->shape.rank > 0 ? gan_shape_text(value->shape, text) : "()");
    }
    /* So that a side and its pads can be added. */
    for (int i = 1; i < 3; i++) {
        if (value->shape.dims[i] <= INT32_MAX) continue;
        return gan_fail(GAN_ERROR_OVERFLOW, "its input has a side of %lld, expected at most 2^31 - 1",
                        (long long)value->shape.dims[i]);
    }
    *out = value;
    return GAN_OK;
}

gan_status gan_import_constant(const gan_import_node *node, int64_t k, gan_import_tensor **out)
{
    if (!gan_import_has(node, k)) return missing(k);
    if (node->in[k]->kind != GAN_IMPORT_CONSTANT) {
        return gan_fail(GAN_ERROR_UNSUPPORTED, "its input '%.64s' is computed, expected a constant",
                        node->in[k]->name);
    }
    *out = node->in[k]->tensor;
    return GAN_OK;
}

gan_status gan_import_floats(gan_import *import, const gan_import_node *node, int64_t k, gan_import_tensor **tensor,
                             const float **out)
{
    GAN_TRY(gan_import_constant(node, k, tensor));
    return gan_import_tensor_floats(import->memory, *tensor, out);
}

gan_status gan_import_ints(gan_import *import, const gan_import_node *node, int64_t k, gan_import_tensor **tensor,
                           const int64_t **out)
{
    GAN_TRY(gan_import_constant(node, k, tensor));
    return gan_import_tensor_ints(import->memory, *tensor, out);
}

gan_status gan_import_spend(gan_import *import, int64_t operations)
{
    if (operations <= GAN_IMPORT_MOST_OPERATIONS - import->spent) {
        import->spent += operations;
        return GAN_OK;
    }
    return gan_fail(GAN_ERROR_UNSUPPORTED, "its constants and those before take more than %lld multiply-adds",
                    (long long)GAN_IMPORT_MOST_OPERATIONS);
}

bool gan_import_scalar(gan_import *import, const gan_import_value *value, float *out)
{
    const float *values = NULL;

    if (!value || value->kind != GAN_IMPORT_CONSTANT || value->tensor->count != 1) return false;
    if (!gan_import_is_float(value->tensor->type)) return false;
    if (gan_import_tensor_floats(import->memory, value->tensor, &values) != GAN_OK) return false;
    *out = values[0];
    return true;
}

/* ---- Steps ---------------------------------------------------------------------------------------------------- */

/* The shape of the layer's output, for the inputs that the step has. */
static gan_status infer(const gan_import *import, const gan_import_step *step, gan_shape *out)
{
    gan_layer_plan plan = {0};
    const int count = (int)step->input_count;
    gan_shape *shapes = gan_allocate_array(import->context, count, sizeof(*shapes));

    if (!shapes) return GAN_ERROR_MEMORY;
    for (int k = 0; k < count; k++) shapes[k] = import->steps[step->inputs[k]].output;
    const gan_layer_ops *ops = step->layer->ops;
    gan_status status = GAN_OK;
    if (count < ops->min_inputs || count > ops->max_inputs) {
        status = gan_fail(GAN_ERROR_UNSUPPORTED, "it has %d inputs, which the layer '%s' has not", count, ops->type);
    } else {
        status = ops->infer(step->layer, import->context, shapes, count, 1, &plan);
    }
    gan_release(import->context, shapes, (size_t)count * sizeof(*shapes));
    if (status == GAN_OK) *out = plan.output;
    return status;
}

static gan_status append(gan_import *import, const gan_import_step *step)
{
    void *steps = gan_grow_array(import->context, import->steps, import->step_count, &import->step_capacity,
                                 sizeof(*import->steps));
    if (!steps) return gan_last_status();
    import->steps = steps;
    import->steps[import->step_count++] = *step;
    return GAN_OK;
}

static gan_status prepare(gan_import *import, int64_t count, const gan_import_value *const *inputs,
                          gan_import_step *step)
{
    if (import->step_count >= 4 * GAN_MODEL_NODES) {
        return gan_fail(GAN_ERROR_OVERFLOW, "the graph needs more than %d layers", 4 * GAN_MODEL_NODES);
    }
    if (count > GAN_MODEL_NODES)
        return gan_fail(GAN_ERROR_OVERFLOW, "it has %lld inputs; the limit is %d", (long long)count, GAN_MODEL_NODES);
    step->input_count = count;
    step->inputs = gan_import_allocate(import->memory, count, sizeof(*step->inputs));
    if (!step->inputs) return gan_last_status();
    for (int64_t k = 0; k < count; k++) step->inputs[k] = inputs[k]->step;
    GAN_TRY(infer(import, step, &step->output));
    /* Three times: the array of steps is twice as large as it was, and beside that, when it has grown. */
    if (!gan_import_charge(import->memory, 1, 3 * sizeof(*step) + step->layer->ops->size)) return gan_last_status();
    return append(import, step);
}

gan_status gan_import_emit(gan_import *import, const gan_import_node *node, gan_layer *layer, int64_t count,
                           const gan_import_value *const *inputs, gan_import_value *out)
{
    gan_import_step step = {.layer = layer, .from = node, .node = GAN_NODE_NONE};

    if (!layer) return gan_last_status();
    const gan_status status = prepare(import, count, inputs, &step);
    if (status != GAN_OK) {
        gan_layer_destroy(layer);
        return status;
    }
    *out = (gan_import_value){.name = out->name,
                              .kind = GAN_IMPORT_STEP,
                              .step = import->step_count - 1,
                              .shape = step.output,
                              .from = node};
    return GAN_OK;
}

gan_status gan_import_emit_one(gan_import *import, const gan_import_node *node, gan_layer *layer,
                               const gan_import_value *input)
{
    const gan_import_value read = *input; /* which may be the node's own output */

    GAN_TRY(gan_import_emit(import, node, layer, 1, (const gan_import_value *[]){&read}, node->out[0]));
    if (read.shape.rank == 0 && gan_shape_count(node->out[0]->shape) == 1) node->out[0]->shape.rank = 0;
    return GAN_OK;
}

void gan_import_add_weight(gan_import *import, const char *name, gan_import_tensor *tensor)
{
    gan_import_step *step = &import->steps[import->step_count - 1];

    step->weights[step->weight_count++] = (gan_import_weight){name, tensor};
}

gan_import_tensor *gan_import_weight_of(const gan_import_step *step, const char *name)
{
    for (int i = 0; i < step->weight_count; i++) {
        if (strcmp(step->weights[i].name, name) == 0) return step->weights[i].tensor;
    }
    return NULL;
}

void gan_import_alias(const gan_import_node *node, const gan_import_value *value)
{
    const char *name = node->out[0]->name;

    *node->out[0] = *value;
    node->out[0]->name = name;
}

gan_status gan_import_reshape(gan_import *import, const gan_import_node *node, const gan_import_value *value,
                              gan_shape shape, gan_import_value *out)
{
    const gan_shape real = shape.rank > 0 ? shape : GAN_SHAPE(1);
    gan_import_value source = *value;
    const bool is_rounded = value->is_rounded;
    const char *name = out->name;

    /* What was only reshaped before is read from there. */
    while (import->steps[source.step].layer->ops->flags & GAN_LAYER_RESHAPES) {
        source.step = import->steps[source.step].inputs[0];
    }
    if (gan_shape_equal(import->steps[source.step].output, real)) {
        *out = source;
    } else {
        gan_layer *layer =
            real.rank == 1 ? gan_layer_flatten(import->context) : gan_layer_reshape(import->context, real);
        GAN_TRY(gan_import_emit(import, node, layer, 1, (const gan_import_value *[]){&source}, out));
    }
    out->name = name;
    out->shape = shape;
    out->is_rounded = is_rounded;
    return GAN_OK;
}

gan_status gan_import_row_image(gan_import *import, const gan_import_node *node, const gan_import_value *value,
                                gan_import_value *out)
{
    const gan_shape shape = value->shape;
    char text[GAN_SHAPE_TEXT];

    if (shape.rank != 2 || shape.dims[1] > INT32_MAX) {
        return gan_fail(GAN_ERROR_UNSUPPORTED,
                        "a sample of its input has the shape %s, expected (channels, width) of at most 2^31 - 1",
                        shape.rank > 0 ? gan_shape_text(shape, text) : "()");
    }
    *out = (gan_import_value){.name = node->out[0]->name};
    return gan_import_reshape(import, node, value, GAN_SHAPE(shape.dims[0], 1, shape.dims[1]), out);
}

void gan_import_set_constant(const gan_import_node *node, gan_import_tensor *tensor)
{
    *node->out[0] =
        (gan_import_value){.name = node->out[0]->name, .kind = GAN_IMPORT_CONSTANT, .tensor = tensor, .from = node};
}

void gan_import_set_pending(const gan_import_node *node)
{
    *node->out[0] = (gan_import_value){.name = node->out[0]->name, .kind = GAN_IMPORT_PENDING, .from = node};
}

gan_status gan_import_node_fail(const gan_import_node *node, gan_status status)
{
    if (node->name[0]) return gan_fail(status, "node '%.64s' (%.32s): %s", node->name, node->type, gan_last_error());
    return gan_fail(status, "the node of '%.64s' (%.32s): %s", node->output_count > 0 ? node->output_names[0] : "",
                    node->type, gan_last_error());
}

bool gan_import_stays_pending(const gan_import_node *node)
{
    if (!gan_import_has(node, 0) || node->in[0]->kind != GAN_IMPORT_PENDING) return false;
    gan_import_set_pending(node);
    return true;
}
