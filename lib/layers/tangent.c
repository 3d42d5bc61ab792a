/* Tangents of linear layers: the forward and backward passes themselves, on other arrays. */
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
