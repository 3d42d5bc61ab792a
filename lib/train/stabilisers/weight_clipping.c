/* Clipping of weights, which bounds the slope of a Wasserstein discriminator. */
#include "train/options/options.h"
#include "train/stabilisers/stabilisers.h"

gan_status gan_model_clip_weights(gan_model *model, float limit)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(model);
    GAN_TRY(gan_model_check_built(model, __func__));
    GAN_TRY(gan_range_check(GAN_RANGE_POSITIVE, limit, "gan_model_clip_weights: limit"));
    for (gan_model_range of = {0}; gan_model_next_range(model, false, &of);)
        gan_clamp(model->context, of.count, limit, model->parameters + of.begin, model->parameters + of.begin);
    gan_model_count_change(model);
    return GAN_OK;
}
