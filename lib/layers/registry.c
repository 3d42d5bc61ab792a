/* The one list of all kinds of layers. */
#include "layers/shared.h"

#include <string.h>

static const gan_layer_ops *const kinds[] = {
    &gan_input_ops,          &gan_dense_ops,      &gan_conv2d_ops,     &gan_conv_transpose2d_ops,
    &gan_flatten_ops,        &gan_reshape_ops,    &gan_concat_ops,     &gan_add_ops,
    &gan_leaky_relu_ops,     &gan_relu_ops,       &gan_tanh_ops,       &gan_sigmoid_ops,
    &gan_softplus_ops,       &gan_dropout_ops,    &gan_batch_norm_ops, &gan_layer_norm_ops,
    &gan_instance_norm_ops,  &gan_group_norm_ops, &gan_upsample2d_ops, &gan_avg_pool2d_ops,
    &gan_gaussian_noise_ops, &gan_embedding_ops,  &gan_pixel_norm_ops, &gan_minibatch_stddev_ops,
};

const gan_layer_ops *gan_layer_ops_find(const char *type)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (!strcmp(kinds[i]->type, type)) return kinds[i];
    return NULL;
}
