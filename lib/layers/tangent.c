/* Tangents of linear layers: the forward and backward passes, on other arrays. */
#include "layers/shared.h"

gan_status gan_linear_tangent_forward(const gan_layer *layer, const gan_pass *pass)
{
    gan_pass linear = *pass;
    linear.x = pass->tangent_x;
    linear.y = pass->tangent_y;
    return layer->ops->forward(layer, &linear);
}

gan_status gan_linear_tangent_backward(const gan_layer *layer, const gan_pass *pass)
{
    gan_pass linear = *pass;
    if (!pass->tangent_dy) return GAN_OK;
    linear.dy = pass->tangent_dy;
    linear.dx = pass->tangent_dx;
    return layer->ops->backward(layer, &linear);
}

gan_status gan_weighted_tangent_backward(const gan_layer *layer, const gan_pass *pass)
{
    GAN_TRY(gan_linear_tangent_backward(layer, pass));
    if (!pass->dy || !pass->gradients[GAN_WEIGHT]) return GAN_OK;
    gan_real *const none[1] = {NULL}, *const weight_only[GAN_LAYER_TENSORS] = {pass->gradients[GAN_WEIGHT]};
    gan_pass by_input = *pass;
    by_input.x = pass->tangent_x;
    by_input.dx = none;
    by_input.gradients = weight_only;
    return layer->ops->backward(layer, &by_input);
}
