/* Simultaneous updates of both players by one pass of D over the generated samples. If each logit f_i depends only on
 * its own sample x_i, dL/dx_i = dL/df_i df_i/dx_i for any loss L of the logits. So the gradient of the generator's
 * loss with respect to x_i is that of the discriminator's, times the ratio of their gradients with respect to f_i. */
#include "train/trainer/trainer.h"

#include <math.h>

gan_status gan_simultaneous_check(const gan_model *discriminator)
{
    for (int32_t i = 0; i < discriminator->node_count; i++) {
        char text[GAN_NODE_TEXT];
        if (!(discriminator->nodes[i].layer->ops->flags & GAN_LAYER_MIXES_SAMPLES)) continue;
        return gan_fail(
            GAN_ERROR_UNSUPPORTED,
            "gan_trainer_options: simultaneous is set, but %s of the discriminator mixes the samples of a "
            "batch, so the gradients of the two losses are not proportional",
            gan_model_node_text(discriminator, i, text));
    }
    return GAN_OK;
}

void gan_simultaneous_ratios(int64_t count, float *discriminator, float *generator)
{
    for (int64_t i = 0; i < count; i++) {
        if (fabsf(discriminator[i]) < GAN_SIMULTANEOUS_LEAST) {
            discriminator[i] = copysignf(GAN_SIMULTANEOUS_LEAST, discriminator[i]);
        }
        generator[i] /= discriminator[i];
    }
}
