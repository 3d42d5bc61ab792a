/* A model's tensors by name, their gradients, and the weights before the last step. */
#include "model/graph/graph.h"

#include <math.h>
#include <string.h>

static const gan_model_tensor *find_tensor(const gan_model *model, const char *name)
{
    for (int32_t i = 0; i < model->tensor_count; i++) {
        if (strcmp(model->tensors[i].name, name) == 0) return &model->tensors[i];
    }
    return NULL;
}

gan_real *gan_model_tensor_data(const gan_model *model, const gan_model_tensor *tensor)
{
    return (tensor->plan.kind == GAN_TENSOR_PARAMETER ? model->parameters : model->buffers) + tensor->offset;
}

/* ---- Numbers and shapes ------------------------------------------------------------------------------------- */

int64_t gan_model_input_count(const gan_model *model)
{
    return model ? model->input_count : 0;
}

int64_t gan_model_output_count(const gan_model *model)
{
    return model ? model->output_count : 0;
}

static gan_status get_shape(const gan_model *model, const char *what, const gan_node *nodes, int32_t count,
                            int64_t index, gan_shape *out)
{
    GAN_TRY(gan_model_check_built(model, what));
    if (index < 0 || index >= count) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: index is %lld, expected 0 to %d", what, (long long)index,
                        (int)count - 1);
    }
    *out = model->nodes[nodes[index]].output;
    return GAN_OK;
}

gan_status gan_model_get_input_shape(const gan_model *model, int64_t index, gan_shape *out)
{
    GAN_CHECK_NOT_NULL(model);
    GAN_CHECK_NOT_NULL(out);
    return get_shape(model, __func__, model->inputs, model->input_count, index, out);
}

gan_status gan_model_get_output_shape(const gan_model *model, int64_t index, gan_shape *out)
{
    GAN_CHECK_NOT_NULL(model);
    GAN_CHECK_NOT_NULL(out);
    return get_shape(model, __func__, model->outputs, model->output_count, index, out);
}

int64_t gan_model_tensor_count(const gan_model *model)
{
    return model && model->built ? model->tensor_count : 0;
}

int64_t gan_model_parameter_count(const gan_model *model)
{
    return model && model->built ? model->parameter_count : 0;
}

gan_status gan_model_get_tensor_info(const gan_model *model, int64_t index, gan_tensor_info *info)
{
    GAN_CHECK_NOT_NULL(model);
    GAN_CHECK_NOT_NULL(info);
    GAN_TRY(gan_model_check_built(model, __func__));
    if (index < 0 || index >= model->tensor_count) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: index is %lld, but the model has %d tensors", __func__,
                        (long long)index, (int)model->tensor_count);
    }
    const gan_model_tensor *tensor = &model->tensors[index];
    const gan_tensor_info known = {.name = tensor->name,
                                   .kind = tensor->plan.kind,
                                   .shape = tensor->plan.shape,
                                   .count = tensor->count,
                                   .is_frozen = tensor->frozen};
    return gan_report_write(info, &known, sizeof(known), "gan_tensor_info");
}

/* ---- Values ------------------------------------------------------------------------------------------------- */

static gan_status find_checked(const gan_model *model, const char *what, const char *name, const void *values,
                               int64_t count, const gan_model_tensor **out)
{
    const gan_model_tensor *tensor = NULL;

    if (!name) return gan_fail(GAN_ERROR_NULL, "%s: name is NULL", what);
    if (!values) return gan_fail(GAN_ERROR_NULL, "%s: the array for '%s' is NULL", what, name);
    GAN_TRY(gan_model_check_built(model, what));
    tensor = find_tensor(model, name);
    if (!tensor) return gan_fail(GAN_ERROR_NOT_FOUND, "%s: the model has no tensor '%s'", what, name);
    if (count != tensor->count) {
        char text[GAN_SHAPE_TEXT];
        return gan_fail(GAN_ERROR_SHAPE, "%s: count is %lld, but '%s' has the shape %s with %lld elements", what,
                        (long long)count, name, gan_shape_text(tensor->plan.shape, text), (long long)tensor->count);
    }
    *out = tensor;
    return GAN_OK;
}

gan_status gan_model_get_tensor(const gan_model *model, const char *name, float *out, int64_t count)
{
    GAN_FLOAT_SCOPE();
    const gan_model_tensor *tensor = NULL;

    GAN_CHECK_NOT_NULL(model);
    GAN_TRY(find_checked(model, __func__, name, out, count, &tensor));
    gan_tensor_export(&tensor->plan, tensor->count, gan_model_tensor_data(model, tensor), out);
    return GAN_OK;
}

gan_status gan_model_set_tensor(gan_model *model, const char *name, const float *values, int64_t count)
{
    GAN_FLOAT_SCOPE();
    const gan_model_tensor *tensor = NULL;

    GAN_CHECK_NOT_NULL(model);
    GAN_TRY(find_checked(model, __func__, name, values, count, &tensor));
    gan_tensor_import(&tensor->plan, tensor->count, values, gan_model_tensor_data(model, tensor));
    gan_model_count_change(model);
    return GAN_OK;
}

/* ---- Gradients ---------------------------------------------------------------------------------------------- */

gan_status gan_model_get_gradient(const gan_model *model, const char *name, float *out, int64_t count)
{
    GAN_FLOAT_SCOPE();
    const gan_model_tensor *tensor = NULL;

    GAN_CHECK_NOT_NULL(model);
    GAN_TRY(find_checked(model, __func__, name, out, count, &tensor));
    if (tensor->plan.kind != GAN_TENSOR_PARAMETER) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: '%s' is a buffer and has no gradient", __func__, name);
    }
    gan_tensor_export(&tensor->plan, tensor->count, model->gradients + tensor->offset, out);
    return GAN_OK;
}

gan_status gan_model_zero_gradients(gan_model *model)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(model);
    GAN_TRY(gan_model_check_built(model, __func__));
    gan_fill(model->context, model->parameter_size, 0, model->gradients);
    return GAN_OK;
}

gan_status gan_model_get_gradient_norm(const gan_model *model, double *out)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(model);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(gan_model_check_built(model, __func__));
    *out = sqrt(gan_sum_of_squares(model->context, model->parameter_size, model->gradients));
    return GAN_OK;
}

/* ---- Weights before the last step --------------------------------------------------------------------------- */

gan_status gan_model_keep_previous(gan_model *model)
{
    if (model->previous) return GAN_OK;
    const size_t offset = gan_arena_reserve(&model->previous_arena, model->parameter_size);
    gan_status status = gan_arena_allocate(&model->previous_arena, model->context);
    if (status != GAN_OK) {
        gan_arena_release(&model->previous_arena);
        return status;
    }
    model->previous = gan_arena_at(&model->previous_arena, offset);
    gan_copy(model->context, model->parameter_size, model->parameters, model->previous);
    return GAN_OK;
}

gan_real *gan_model_next_parameters(gan_model *model)
{
    return model->previous ? model->previous : model->parameters;
}

void gan_model_take_next_parameters(gan_model *model)
{
    gan_model_count_change(model);
    if (!model->previous) return;
    gan_real *next = model->previous;
    model->previous = model->parameters;
    model->parameters = next;
}

void gan_model_restore_previous(gan_model *model)
{
    if (!model->previous) return;
    gan_copy(model->context, model->parameter_size, model->previous, model->parameters);
    gan_model_count_change(model);
}
