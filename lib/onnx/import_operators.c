/* The table of operators: a row for each that is imported. */
#include "onnx/import.h"

#define WINDOW "auto_pad dilations group kernel_shape pads strides"

static const gan_import_operator operators[] = {
    {"Add", gan_import_fold_binary, gan_import_arithmetic, ""},
    {"AveragePool", NULL, gan_import_pool,
     "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides"},
    {"BatchNormalization", NULL, gan_import_batch_norm, "epsilon momentum spatial training_mode"},
    {"Cast", gan_import_fold_cast, gan_import_same, "to saturate round_mode"},
    {"Concat", gan_import_fold_concat, gan_import_concat, "axis"},
    {"Constant", gan_import_fold_constant, NULL, "value value_float value_floats value_int value_ints"},
    {"ConstantOfShape", gan_import_fold_constant_of_shape, NULL, "value"},
    {"Conv", NULL, gan_import_conv, WINDOW},
    {"ConvTranspose", NULL, gan_import_conv_transpose, WINDOW " output_padding output_shape"},
    {"DepthToSpace", NULL, gan_import_depth_to_space, "blocksize mode"},
    {"Div", gan_import_fold_binary, gan_import_arithmetic, ""},
    {"Dropout", gan_import_fold_same, gan_import_same, "ratio seed"},
    {"Elu", NULL, gan_import_activation, "alpha"},
    {"Erf", NULL, gan_import_pending, ""},
    {"Exp", gan_import_fold_unary, gan_import_pending, ""},
    {"Expand", gan_import_fold_expand, NULL, ""},
    {"Flatten", NULL, gan_import_flatten, "axis"},
    {"Gather", gan_import_fold_gather, gan_import_gather, "axis"},
    {"Gelu", NULL, gan_import_activation, "approximate"},
    {"Gemm", NULL, gan_import_gemm, "alpha beta transA transB"},
    {"GlobalAveragePool", NULL, gan_import_global_pool, ""},
    {"GlobalMaxPool", NULL, gan_import_global_pool, ""},
    {"Greater", NULL, gan_import_pending, ""},
    {"GroupNormalization", NULL, gan_import_group_norm, "epsilon num_groups stash_type"},
    {"Identity", gan_import_fold_same, gan_import_same, ""},
    {"InstanceNormalization", NULL, gan_import_instance_norm, "epsilon"},
    {"LayerNormalization", NULL, gan_import_layer_norm, "axis epsilon stash_type"},
    {"LeakyRelu", NULL, gan_import_activation, "alpha"},
    {"MatMul", gan_import_fold_matmul, gan_import_matmul, ""},
    {"MaxPool", NULL, gan_import_pool, "auto_pad ceil_mode dilations kernel_shape pads storage_order strides"},
    {"Mul", gan_import_fold_binary, gan_import_arithmetic, ""},
    {"Neg", gan_import_fold_unary, gan_import_negate, ""},
    {"PRelu", NULL, gan_import_prelu, ""},
    {"Pad", NULL, gan_import_pad, "mode pads value"},
    {"Pow", gan_import_fold_binary, gan_import_pending, ""},
    {"Reciprocal", gan_import_fold_unary, gan_import_pending, ""},
    {"ReduceMean", NULL, gan_import_reduce_mean, "axes keepdims noop_with_empty_axes"},
    {"Relu", NULL, gan_import_activation, ""},
    {"Reshape", gan_import_fold_reshape, gan_import_reshape_to, "allowzero"},
    {"Resize", NULL, gan_import_resize,
     "antialias axes coordinate_transformation_mode cubic_coeff_a exclude_outside extrapolation_value "
     "keep_aspect_ratio_policy mode nearest_mode"},
    {"Shape", gan_import_shape_of, gan_import_shape_of, "end start"},
    {"Sigmoid", NULL, gan_import_activation, ""},
    {"Slice", gan_import_fold_slice, gan_import_slice, "axes ends starts"},
    {"Softmax", NULL, gan_import_softmax, "axis"},
    {"Softplus", NULL, gan_import_activation, ""},
    {"Split", NULL, gan_import_split, "axis num_outputs split"},
    {"Sqrt", gan_import_fold_unary, gan_import_pending, ""},
    {"Squeeze", gan_import_fold_squeeze, gan_import_squeeze, "axes"},
    {"Sub", gan_import_fold_binary, gan_import_arithmetic, ""},
    {"Swish", NULL, gan_import_activation, "alpha"},
    {"Tanh", NULL, gan_import_activation, ""},
    {"Transpose", gan_import_fold_transpose, gan_import_transpose, "perm"},
    {"Unsqueeze", gan_import_fold_unsqueeze, gan_import_unsqueeze, "axes"},
    {"Upsample", NULL, gan_import_resize, "mode scales"},
    {"Where", NULL, gan_import_where, ""},
};

const gan_import_operator *gan_import_operator_find(const char *type)
{
    for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
        if (strcmp(operators[i].type, type) == 0) return &operators[i];
    }
    return NULL;
}
