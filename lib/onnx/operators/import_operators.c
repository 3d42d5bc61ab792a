/* The table of operators: a row for each that is imported. */
#include "onnx/operators/operators.h"
#include "onnx/constants/constants.h"

#define WINDOW "auto_pad dilations group kernel_shape pads strides"

static const gan_import_operator operators[] = {
    {"Abs", NULL, gan_import_absolute, "", false},
    {"Add", gan_import_fold_binary, gan_import_arithmetic, "", false},
    {"AveragePool", NULL, gan_import_pool, "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides",
     false},
    {"BatchNormalization", NULL, gan_import_batch_norm, "epsilon momentum spatial training_mode", false},
    {"Cast", gan_import_fold_cast, gan_import_cast, "to saturate round_mode", true},
    {"Celu", NULL, gan_import_scaled, "alpha", false},
    {"Clip", NULL, gan_import_clip, "max min", false},
    {"Concat", gan_import_fold_concat, gan_import_concat, "axis", false},
    {"Constant", gan_import_fold_constant, NULL, "value value_float value_floats value_int value_ints", false},
    {"ConstantOfShape", gan_import_constant_of_shape, NULL, "value", false},
    {"Conv", NULL, gan_import_conv, WINDOW, false},
    {"ConvTranspose", NULL, gan_import_conv_transpose, WINDOW " output_padding output_shape", false},
    {"DepthToSpace", NULL, gan_import_depth_to_space, "blocksize mode", false},
    {"Div", gan_import_fold_binary, gan_import_arithmetic, "", false},
    {"Dropout", gan_import_dropout, gan_import_dropout, "ratio seed", false},
    {"Elu", NULL, gan_import_activation, "alpha", false},
    {"Equal", gan_import_fold_equal, gan_import_equal, "", true},
    {"Erf", NULL, gan_import_pending, "", false},
    {"Exp", gan_import_fold_unary, gan_import_pending, "", false},
    {"Expand", gan_import_expand, gan_import_expand_value, "", false},
    {"Flatten", NULL, gan_import_flatten, "axis", true},
    {"Gather", gan_import_fold_gather, gan_import_gather, "axis", true},
    {"Gelu", NULL, gan_import_activation, "approximate", false},
    {"Gemm", NULL, gan_import_gemm, "alpha beta transA transB", false},
    {"GlobalAveragePool", NULL, gan_import_global_pool, "", false},
    {"GlobalMaxPool", NULL, gan_import_global_pool, "", false},
    {"Greater", NULL, gan_import_pending, "", false},
    {"GroupNormalization", NULL, gan_import_group_norm, "epsilon num_groups stash_type", false},
    {"HardSigmoid", NULL, gan_import_hard, "alpha beta", false},
    {"HardSwish", NULL, gan_import_hard, "", false},
    {"Identity", gan_import_same, gan_import_same, "", true},
    {"InstanceNormalization", NULL, gan_import_instance_norm, "epsilon", false},
    {"LayerNormalization", NULL, gan_import_layer_norm, "axis epsilon stash_type", false},
    {"LeakyRelu", NULL, gan_import_activation, "alpha", false},
    {"MatMul", gan_import_fold_matmul, gan_import_matmul, "", false},
    {"MaxPool", NULL, gan_import_pool, "auto_pad ceil_mode dilations kernel_shape pads storage_order strides", false},
    {"Mean", NULL, gan_import_sum, "", false},
    {"Mish", NULL, gan_import_mish, "", false},
    {"Mod", gan_import_fold_mod, NULL, "fmod", false},
    {"Mul", gan_import_fold_binary, gan_import_arithmetic, "", false},
    {"Neg", gan_import_fold_unary, gan_import_negate, "", false},
    {"OneHot", NULL, gan_import_one_hot, "axis", true},
    {"PRelu", NULL, gan_import_prelu, "", false},
    {"Pad", NULL, gan_import_pad, "mode pads value", false},
    {"Pow", gan_import_fold_binary, gan_import_pending, "", false},
    {"Reciprocal", gan_import_fold_unary, gan_import_pending, "", false},
    {"ReduceMean", NULL, gan_import_reduce_mean, "axes keepdims noop_with_empty_axes", false},
    {"ReduceSum", NULL, gan_import_reduce_sum, "axes keepdims noop_with_empty_axes", false},
    {"Relu", NULL, gan_import_activation, "", false},
    {"Reshape", gan_import_fold_reshape, gan_import_reshape_to, "allowzero", true},
    {"Resize", NULL, gan_import_resize,
     "antialias axes coordinate_transformation_mode cubic_coeff_a exclude_outside extrapolation_value "
     "keep_aspect_ratio_policy mode nearest_mode",
     false},
    {"Selu", NULL, gan_import_scaled, "alpha gamma", false},
    {"Shape", gan_import_shape_of, gan_import_shape_of, "end start", true},
    {"Sigmoid", NULL, gan_import_activation, "", false},
    {"Slice", gan_import_fold_slice, gan_import_slice, "axes ends starts", false},
    {"Softmax", NULL, gan_import_softmax, "axis", false},
    {"Softplus", NULL, gan_import_activation, "", false},
    {"Split", NULL, gan_import_split, "axis num_outputs split", false},
    {"Sqrt", gan_import_fold_unary, gan_import_pending, "", false},
    {"Squeeze", gan_import_fold_squeeze, gan_import_squeeze, "axes", true},
    {"Sub", gan_import_fold_binary, gan_import_arithmetic, "", false},
    {"Sum", NULL, gan_import_sum, "", false},
    {"Swish", NULL, gan_import_activation, "alpha", false},
    {"Tanh", NULL, gan_import_activation, "", false},
    {"Tile", gan_import_tile, gan_import_tile, "", false},
    {"Transpose", gan_import_fold_transpose, gan_import_transpose, "perm", false},
    {"Unsqueeze", gan_import_fold_unsqueeze, gan_import_unsqueeze, "axes", true},
    {"Upsample", NULL, gan_import_resize, "mode scales", false},
    {"Where", gan_import_fold_where, gan_import_where, "", false},
};

const gan_import_operator *gan_import_operator_find(const char *type)
{
    for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
        if (strcmp(operators[i].type, type) == 0) return &operators[i];
    }
    return NULL;
}
