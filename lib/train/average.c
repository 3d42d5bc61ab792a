/* Averages of a model's weights over its training. */
#include "train/train.h"

#include <string.h>

static bool same_tensor(const gan_model_tensor *a, const gan_model_tensor *b)
{
    return strcmp(a->name, b->name) == 0 && a->plan.kind == b->plan.kind &&
           gan_shape_equal(a->plan.shape, b->plan.shape) && a->plan.channels == b->plan.channels &&
           a->plan.pixels == b->plan.pixels;
}

/* With the same tensors, the flat arrays have the same places. */
static gan_status check_same_tensors(const gan_model *average, const gan_model *model)
{
    if (average->tensor_count != model->tensor_count) {
        return gan_fail(GAN_ERROR_ARCHITECTURE, "gan_model_average: the average has %d tensors, but the model %d",
                        (int)average->tensor_count, (int)model->tensor_count);
    }
    for (int32_t i = 0; i < model->tensor_count; i++) {
        const gan_model_tensor *a = &average->tensors[i], *b = &model->tensors[i];
        char text[GAN_SHAPE_TEXT], other[GAN_SHAPE_TEXT];
        if (same_tensor(a, b)) continue;
        return gan_fail(GAN_ERROR_ARCHITECTURE,
                        "gan_model_average: tensor %d of the average is '%s' %s, but that of the model '%s' %s",
                        (int)i, a->name, gan_shape_text(a->plan.shape, text), b->name,
                        gan_shape_text(b->plan.shape, other));
    }
    return GAN_OK;
}

gan_status gan_model_average(gan_model *average, const gan_model *model, double decay)
{
    GAN_CHECK_NOT_NULL(average);
    GAN_CHECK_NOT_NULL(model);
    GAN_TRY(gan_model_check_built(average, __func__));
    GAN_TRY(gan_model_check_built(model, __func__));
    if (average == model) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: average and model are the same model", __func__);
    }
    if (average->context != model->context) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: the model belongs to another context than the average", __func__);
    }
    GAN_TRY(gan_range_check(GAN_RANGE_UNIT, decay, "gan_model_average: decay"));
    GAN_TRY(check_same_tensors(average, model));
    gan_lerp(model->context, model->parameter_size, 1 - decay, average->parameters, model->parameters,
             gan_model_next_parameters(average));
    gan_model_take_next_parameters(average);
    gan_copy(model->context, model->buffer_size, model->buffers, average->buffers);
    return GAN_OK;
}
