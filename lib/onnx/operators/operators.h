/* The door of operators: a row for each that is imported, with its function. */
#ifndef GAN_ONNX_OPERATORS_H
#define GAN_ONNX_OPERATORS_H

#include "onnx/steps/steps.h"

typedef gan_status (*gan_import_fn)(gan_import *import, const gan_import_node *node);

typedef struct gan_import_operator {
    const char *type;
    gan_import_fn fold;     /* when all inputs are constants; NULL: import is called */
    gan_import_fn apply;    /* NULL: only constants have it */
    const char *attributes; /* that it may have, with spaces between; others are refused */
    bool moves_only;        /* and so takes values that are rounded */
} gan_import_operator;

/* The row of an operator, or NULL. */
const gan_import_operator *gan_import_operator_find(const char *type);

/* import_products.c */
gan_status gan_import_gemm(gan_import *import, const gan_import_node *node);
gan_status gan_import_matmul(gan_import *import, const gan_import_node *node);
gan_status gan_import_conv(gan_import *import, const gan_import_node *node);
gan_status gan_import_conv_transpose(gan_import *import, const gan_import_node *node);
/* import_norms.c */
gan_status gan_import_batch_norm(gan_import *import, const gan_import_node *node);
gan_status gan_import_instance_norm(gan_import *import, const gan_import_node *node);
gan_status gan_import_layer_norm(gan_import *import, const gan_import_node *node);
gan_status gan_import_group_norm(gan_import *import, const gan_import_node *node);
/* Takes a constant that multiplies, or is added to, the output of a normalisation into it; false if it cannot. */
bool gan_import_absorb(gan_import *import, const gan_import_node *node, const gan_import_value *x,
                       gan_import_tensor *constant, bool is_scale, gan_status *status);
/* import_activations.c */
gan_status gan_import_activation(gan_import *import, const gan_import_node *node);
gan_status gan_import_prelu(gan_import *import, const gan_import_node *node);
gan_status gan_import_softmax(gan_import *import, const gan_import_node *node);
gan_status gan_import_clip(gan_import *import, const gan_import_node *node);
gan_status gan_import_hard(gan_import *import, const gan_import_node *node);
gan_status gan_import_scaled(gan_import *import, const gan_import_node *node);
gan_status gan_import_mish(gan_import *import, const gan_import_node *node);
gan_status gan_import_absolute(gan_import *import, const gan_import_node *node);
gan_status gan_import_pending(gan_import *import, const gan_import_node *node);
/* Sum and Mean, of any number of values of one shape. */
gan_status gan_import_sum(gan_import *import, const gan_import_node *node);
/* import_images.c */
gan_status gan_import_resize(gan_import *import, const gan_import_node *node);
gan_status gan_import_depth_to_space(gan_import *import, const gan_import_node *node);
/* Pads, top, bottom, left and right, of an image, as the attribute auto_pad asks for. */
gan_status gan_import_auto_pad(const gan_import_node *node, gan_shape image, const int64_t kernel[2],
                               const int64_t stride[2], const int64_t dilation[2], int64_t pads[4]);
gan_status gan_import_pool(gan_import *import, const gan_import_node *node);
gan_status gan_import_global_pool(gan_import *import, const gan_import_node *node);
gan_status gan_import_pad(gan_import *import, const gan_import_node *node);
/* import_shapes.c */
gan_status gan_import_same(gan_import *import, const gan_import_node *node);
gan_status gan_import_dropout(gan_import *import, const gan_import_node *node);
gan_status gan_import_cast(gan_import *import, const gan_import_node *node);
gan_status gan_import_shape_of(gan_import *import, const gan_import_node *node);
gan_status gan_import_reshape_to(gan_import *import, const gan_import_node *node);
gan_status gan_import_flatten(gan_import *import, const gan_import_node *node);
gan_status gan_import_squeeze(gan_import *import, const gan_import_node *node);
gan_status gan_import_unsqueeze(gan_import *import, const gan_import_node *node);
gan_status gan_import_transpose(gan_import *import, const gan_import_node *node);
gan_status gan_import_concat(gan_import *import, const gan_import_node *node);
gan_status gan_import_slice(gan_import *import, const gan_import_node *node);
gan_status gan_import_split(gan_import *import, const gan_import_node *node);
gan_status gan_import_gather(gan_import *import, const gan_import_node *node);
gan_status gan_import_one_hot(gan_import *import, const gan_import_node *node);
gan_status gan_import_equal(gan_import *import, const gan_import_node *node);
/* import_expand.c */
gan_status gan_import_expand(gan_import *import, const gan_import_node *node);
gan_status gan_import_constant_of_shape(gan_import *import, const gan_import_node *node);
gan_status gan_import_expand_value(gan_import *import, const gan_import_node *node);
gan_status gan_import_tile(gan_import *import, const gan_import_node *node);
/* A constant as a layer that reads the batch's size from a value. */
gan_status gan_import_constant_step(gan_import *import, const gan_import_node *node, const gan_import_value *like,
                                    gan_import_tensor *values, gan_shape shape, gan_import_value *out);
/* Strides of a constant along the dimensions of a sample to which it is broadcast; the constant may not enlarge it.
 */
gan_status gan_import_broadcast_to(const gan_import_tensor *constant, gan_shape sample, int64_t steps[GAN_MAX_RANK]);
/* The constant, times a factor, in the shape of a sample. */
gan_status gan_import_spread(gan_import *import, gan_import_tensor *constant, gan_shape sample, float factor,
                             gan_import_tensor **out);
/* import_reduce.c */
gan_status gan_import_reduce_mean(gan_import *import, const gan_import_node *node);
gan_status gan_import_reduce_sum(gan_import *import, const gan_import_node *node);
/* import_arithmetic.c */
/* x + factor * c */
gan_status gan_import_add_constant(gan_import *import, const gan_import_node *node, const gan_import_value *x,
                                   gan_import_tensor *constant, float factor);
/* x * c, or x / c */
gan_status gan_import_multiply_constant(gan_import *import, const gan_import_node *node, const gan_import_value *x,
                                        gan_import_tensor *constant, bool is_quotient);
gan_status gan_import_arithmetic(gan_import *import, const gan_import_node *node);
gan_status gan_import_where(gan_import *import, const gan_import_node *node);
gan_status gan_import_negate(gan_import *import, const gan_import_node *node);

#endif
