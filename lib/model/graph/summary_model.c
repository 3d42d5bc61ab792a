/* A model's weights and gradients as histograms of TensorBoard. */
#include "io/io.h"
#include "model/graph/graph.h"

#include <stdio.h>
#include <string.h>

/* A histogram of each parameter's weights and gradient, in values of `scratch`, which holds the largest. */
static void add_tensors(gan_summary_writer *writer, const char *name, const gan_model *model, float *scratch)
{
    for (int32_t t = 0; t < model->tensor_count; t++) {
        const gan_model_tensor *tensor = &model->tensors[t];
        char tag[2 * GAN_TAG_LIMIT + 64];
        if (tensor->plan.kind != GAN_TENSOR_PARAMETER) continue;
        gan_tensor_export(&tensor->plan, tensor->count, model->parameters + tensor->offset, scratch);
        snprintf(tag, sizeof(tag), "%s/weights/%s", name, tensor->name);
        gan_summary_add_histogram(writer, tag, scratch, tensor->count);
        gan_tensor_export(&tensor->plan, tensor->count, model->gradients + tensor->offset, scratch);
        snprintf(tag, sizeof(tag), "%s/gradients/%s", name, tensor->name);
        gan_summary_add_histogram(writer, tag, scratch, tensor->count);
    }
}

gan_status gan_summary_add_model(gan_summary_writer *writer, const char *name, const gan_model *model)
{
    int64_t largest = 1;

    for (int32_t t = 0; t < model->tensor_count; t++) {
        if (model->tensors[t].count > largest) largest = model->tensors[t].count;
    }
    float *scratch = gan_allocate_array(writer->context, largest, sizeof(*scratch));
    if (!scratch) return GAN_ERROR_MEMORY;
    add_tensors(writer, name, model, scratch);
    gan_release(writer->context, scratch, (size_t)largest * sizeof(*scratch));
    return GAN_OK;
}

gan_status gan_summary_writer_add_model(gan_summary_writer *writer, const char *name, const gan_model *model,
                                        int64_t step)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(writer);
    GAN_TRY(gan_tag_check(name, __func__, "name"));
    GAN_CHECK_NOT_NULL(model);
    GAN_TRY(gan_model_check_built(model, __func__));
    GAN_TRY(gan_summary_begin(writer, step, __func__));
    GAN_TRY(gan_summary_add_model(writer, name, model));
    return gan_summary_end(writer);
}
