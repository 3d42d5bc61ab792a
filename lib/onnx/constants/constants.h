/* The door of constants: operators on constants and shapes only, which are computed when the file is read. */
#ifndef GAN_ONNX_CONSTANTS_H
#define GAN_ONNX_CONSTANTS_H

#include "onnx/steps/steps.h"

/* Reads the values of a constant, of either kind. */
gan_status gan_import_values(gan_import *import, gan_import_tensor *tensor);

gan_status gan_import_fold_constant(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_constant_of_shape(gan_import *import, const gan_import_node *node);
/* The one value of ConstantOfShape. */
gan_status gan_import_fill_value(gan_import *import, const gan_import_node *node, gan_import_tensor **out);
gan_status gan_import_fold_cast(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_reshape(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_squeeze(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_unsqueeze(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_transpose(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_concat(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_slice(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_gather(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_expand(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_equal(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_where(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_binary(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_mod(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_unary(gan_import *import, const gan_import_node *node);
gan_status gan_import_fold_matmul(gan_import *import, const gan_import_node *node);

#endif
