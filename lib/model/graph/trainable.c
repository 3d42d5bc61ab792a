/* Which parameters optimizers move. */
#include "model/graph/graph.h"

#include <string.h>

/* Whether a tensor has this name, or belongs to the layer, or the group of layers, that has: "block" of
 * "block.0.weight". */
static bool is_called(const gan_model_tensor *tensor, const char *name)
{
    const size_t length = strlen(name);
    if (strncmp(tensor->name, name, length) != 0) return false;
    return tensor->name[length] == '\0' || tensor->name[length] == '.';
}

gan_status gan_model_set_trainable(gan_model *model, const char *name, bool trainable)
{
    bool found = false;
    GAN_CHECK_NOT_NULL(model);
    GAN_TRY(gan_model_check_built(model, __func__));
    for (int32_t i = 0; i < model->tensor_count; i++) {
        gan_model_tensor *tensor = &model->tensors[i];
        if (tensor->plan.kind != GAN_TENSOR_PARAMETER || (name && !is_called(tensor, name))) continue;
        tensor->frozen = !trainable;
        found = true;
    }
    if (found || !name) return GAN_OK;
    return gan_fail(GAN_ERROR_NOT_FOUND, "%s: no parameter is called '%s' or '%s.'...", __func__, name, name);
}

bool gan_model_next_range(const gan_model *model, bool frozen, gan_model_range *range)
{
    int64_t begin = -1, end = model->parameter_size;
    for (int32_t i = 0; i < model->tensor_count; i++) {
        const gan_model_tensor *tensor = &model->tensors[i];
        if (tensor->plan.kind != GAN_TENSOR_PARAMETER || tensor->offset < range->end) continue;
        if (begin < 0 && tensor->frozen == frozen) begin = tensor->offset;
        if (begin < 0 || tensor->frozen == frozen) continue;
        end = tensor->offset;
        break;
    }
    if (begin < 0) return false;
    *range = (gan_model_range){begin, end, end - begin};
    return true;
}
