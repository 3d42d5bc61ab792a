/* What layers reject. */
#include "harness.h"
#include "layers/shared.h"
#include "support/allocator.h"

#include <math.h>
#include <string.h>

/* ---- Refused options ------------------------------------------------------------------------------------------- */

static void check_failure(gan_status status, const char *words)
{
    if (gan_last_status() != status || !strstr(gan_last_error(), words)) {
        fail_msg("expected %s with \"%s\", but got %s with \"%s\"", gan_status_name(status), words,
                 gan_status_name(gan_last_status()), gan_last_error());
    }
}

static void refused(gan_layer *layer, gan_status status, const char *words)
{
    assert_null(layer);
    check_failure(status, words);
    gan_fail(GAN_ERROR_IO, "none");
}

static void test_null(void **state)
{
    (void)state;
    refused(gan_layer_input(NULL, GAN_SHAPE(1)), GAN_ERROR_NULL, "input: context is NULL");
    refused(gan_layer_dense(NULL, 1, NULL), GAN_ERROR_NULL, "dense: context is NULL");
    refused(gan_layer_conv2d(NULL, 1, NULL), GAN_ERROR_NULL, "conv2d: context is NULL");
    refused(gan_layer_conv_transpose2d(NULL, 1, NULL), GAN_ERROR_NULL, "conv_transpose2d: context is NULL");
    refused(gan_layer_flatten(NULL), GAN_ERROR_NULL, "flatten: context is NULL");
    refused(gan_layer_reshape(NULL, GAN_SHAPE(1)), GAN_ERROR_NULL, "reshape: context is NULL");
    refused(gan_layer_concat(NULL, NULL), GAN_ERROR_NULL, "concat: context is NULL");
    refused(gan_layer_add(NULL), GAN_ERROR_NULL, "add: context is NULL");
    refused(gan_layer_slice(NULL, NULL), GAN_ERROR_NULL, "slice: context is NULL");
    refused(gan_layer_inner_product(NULL), GAN_ERROR_NULL, "inner_product: context is NULL");
    refused(gan_layer_one_hot(NULL, 1), GAN_ERROR_NULL, "one_hot: context is NULL");
    refused(gan_layer_leaky_relu(NULL, GAN_LEAKY_RELU(.slope = 0.1f)), GAN_ERROR_NULL, "leaky_relu: context is NULL");
    refused(gan_layer_multiply(NULL), GAN_ERROR_NULL, "multiply: context is NULL");
    refused(gan_layer_log_sum_exp(NULL), GAN_ERROR_NULL, "log_sum_exp: context is NULL");
    refused(gan_layer_softmax(NULL), GAN_ERROR_NULL, "softmax: context is NULL");
    refused(gan_layer_gradient_reversal(NULL, NULL), GAN_ERROR_NULL, "gradient_reversal: context is NULL");
    refused(gan_layer_prelu(NULL, NULL), GAN_ERROR_NULL, "prelu: context is NULL");
    refused(gan_layer_elu(NULL, NULL), GAN_ERROR_NULL, "elu: context is NULL");
    refused(gan_layer_silu(NULL), GAN_ERROR_NULL, "silu: context is NULL");
    refused(gan_layer_gelu(NULL, NULL), GAN_ERROR_NULL, "gelu: context is NULL");
    refused(gan_layer_tanh(NULL), GAN_ERROR_NULL, "tanh: context is NULL");
    refused(gan_layer_dropout(NULL, GAN_DROPOUT(.rate = 0.1f)), GAN_ERROR_NULL, "dropout: context is NULL");
    refused(gan_layer_batch_norm(NULL, NULL), GAN_ERROR_NULL, "batch_norm: context is NULL");
    refused(gan_layer_conditional_batch_norm(NULL, 1, NULL), GAN_ERROR_NULL, "batch_norm: context is NULL");
    refused(gan_layer_constant(NULL, GAN_SHAPE(1), NULL), GAN_ERROR_NULL, "constant: context is NULL");
    refused(gan_layer_layer_norm(NULL, NULL), GAN_ERROR_NULL, "layer_norm: context is NULL");
    refused(gan_layer_instance_norm(NULL, NULL), GAN_ERROR_NULL, "instance_norm: context is NULL");
    refused(gan_layer_group_norm(NULL, 1, NULL), GAN_ERROR_NULL, "group_norm: context is NULL");
    refused(gan_layer_pixel_norm(NULL, NULL), GAN_ERROR_NULL, "pixel_norm: context is NULL");
    refused(gan_layer_minibatch_stddev(NULL, NULL), GAN_ERROR_NULL, "minibatch_stddev: context is NULL");
    refused(gan_layer_upsample2d(NULL, NULL), GAN_ERROR_NULL, "upsample2d: context is NULL");
    refused(gan_layer_avg_pool2d(NULL, NULL), GAN_ERROR_NULL, "avg_pool2d: context is NULL");
    refused(gan_layer_max_pool2d(NULL, NULL), GAN_ERROR_NULL, "max_pool2d: context is NULL");
    refused(gan_layer_gaussian_sample(NULL), GAN_ERROR_NULL, "gaussian_sample: context is NULL");
    refused(gan_layer_attention(NULL, NULL), GAN_ERROR_NULL, "attention: context is NULL");
    refused(gan_layer_pad2d(NULL, NULL), GAN_ERROR_NULL, "pad2d: context is NULL");
    refused(gan_layer_pixel_shuffle(NULL, 2), GAN_ERROR_NULL, "pixel_shuffle: context is NULL");
    refused(gan_layer_gaussian_noise(NULL, NULL), GAN_ERROR_NULL, "gaussian_noise: context is NULL");
    refused(gan_layer_embedding(NULL, 1, 1, NULL), GAN_ERROR_NULL, "embedding: context is NULL");
    gan_layer_destroy(NULL);
    assert_null(gan_layer_named(NULL, "name"));
}

static void test_shapes_refused(void **state)
{
    refused(gan_layer_input(*state, GAN_SHAPE(3, 0)), GAN_ERROR_SHAPE, "input: shape (3, 0)");
    refused(gan_layer_input(*state, (gan_shape){.rank = 7}), GAN_ERROR_SHAPE, "rank is 7");
    refused(gan_layer_reshape(*state, GAN_SHAPE(-1, 2)), GAN_ERROR_SHAPE, "reshape: shape (-1, 2)");
    refused(gan_layer_reshape(*state, GAN_SHAPE(INT64_MAX, 2)), GAN_ERROR_OVERFLOW, "reshape: shape");
    refused(gan_layer_concat(*state, GAN_CONCAT(.axis = -1)), GAN_ERROR_ARGUMENT, "axis is -1, expected 0 to 5");
    refused(gan_layer_concat(*state, GAN_CONCAT(.axis = 6)), GAN_ERROR_ARGUMENT, "axis is 6, expected 0 to 5");
}

static void test_dense_refused(void **state)
{
    refused(gan_layer_dense(*state, 0, NULL), GAN_ERROR_ARGUMENT, "dense: units is 0, expected 1 to 2147483647");
    refused(gan_layer_dense(*state, -5, NULL), GAN_ERROR_ARGUMENT, "dense: units is -5");
    refused(gan_layer_dense(*state, INT64_MAX, NULL), GAN_ERROR_ARGUMENT, "dense: units is 9223372036854775807");
    refused(gan_layer_dense(*state, 1, &(gan_dense_options){.struct_size = 0}), GAN_ERROR_ARGUMENT,
            "gan_dense_options");
}

static void test_reserved_refused(void **state)
{
    const char *words = "a field is set that libgan";
    for (int i = 0; i < 3; i++) {
        gan_dense_options *dense = GAN_DENSE(.spectral_norm = true);
        gan_conv2d_options *conv = GAN_CONV2D(.spectral_norm = true);
        gan_conv_transpose2d_options *transpose = GAN_CONV_TRANSPOSE2D(.spectral_norm = true);
        dense->reserved[i] = conv->reserved[i] = transpose->reserved[i] = 1;
        refused(gan_layer_dense(*state, 1, dense), GAN_ERROR_VERSION, words);
        refused(gan_layer_conv2d(*state, 1, conv), GAN_ERROR_VERSION, words);
        refused(gan_layer_conv_transpose2d(*state, 1, transpose), GAN_ERROR_VERSION, words);
    }
    refused(gan_layer_concat(*state, GAN_CONCAT(.reserved = 1)), GAN_ERROR_VERSION, words);
    refused(gan_layer_slice(*state, GAN_SLICE(.reserved = 1)), GAN_ERROR_VERSION, words);
    refused(gan_layer_leaky_relu(*state, GAN_LEAKY_RELU(.reserved = 1)), GAN_ERROR_VERSION, words);
    refused(gan_layer_gradient_reversal(*state, GAN_GRADIENT_REVERSAL(.reserved = 1)), GAN_ERROR_VERSION, words);
    refused(gan_layer_prelu(*state, GAN_PRELU(.reserved = {1})), GAN_ERROR_VERSION, words);
    refused(gan_layer_elu(*state, GAN_ELU(.reserved = 1)), GAN_ERROR_VERSION, words);
    refused(gan_layer_gelu(*state, GAN_GELU(.reserved = {1})), GAN_ERROR_VERSION, words);
    refused(gan_layer_dropout(*state, GAN_DROPOUT(.reserved = {1})), GAN_ERROR_VERSION, words);
    refused(gan_layer_pad2d(*state, GAN_PAD2D(.reserved = 1)), GAN_ERROR_VERSION, words);
    refused(gan_layer_attention(*state, GAN_ATTENTION(.reserved = 1)), GAN_ERROR_VERSION, words);
    refused(gan_layer_gaussian_noise(*state, GAN_GAUSSIAN_NOISE(.reserved = 1)), GAN_ERROR_VERSION, words);
    refused(gan_layer_pixel_norm(*state, GAN_PIXEL_NORM(.reserved = 1)), GAN_ERROR_VERSION, words);
    refused(gan_layer_batch_norm(*state, GAN_BATCH_NORM(.reserved = {1})), GAN_ERROR_VERSION, words);
    refused(gan_layer_layer_norm(*state, GAN_LAYER_NORM(.reserved = {1})), GAN_ERROR_VERSION, words);
    refused(gan_layer_instance_norm(*state, GAN_INSTANCE_NORM(.reserved = {0, 1})), GAN_ERROR_VERSION, words);
    refused(gan_layer_group_norm(*state, 1, GAN_GROUP_NORM(.reserved = {0, 0, 1})), GAN_ERROR_VERSION, words);
    refused(gan_layer_upsample2d(*state, GAN_UPSAMPLE2D(.reserved = 1)), GAN_ERROR_VERSION, words);
}

static void test_initializers_refused(void **state)
{
    refused(gan_layer_dense(*state, 1, GAN_DENSE(.weight_initializer = GAN_NORMAL(-0.5f))), GAN_ERROR_ARGUMENT,
            "dense: weight_initializer, normal, has the value -0.5, expected one of at least 0");
    refused(gan_layer_dense(*state, 1, GAN_DENSE(.bias_initializer = GAN_UNIFORM(-1.0f))), GAN_ERROR_ARGUMENT,
            "dense: bias_initializer, uniform, has the value -1");
    refused(gan_layer_dense(*state, 1, GAN_DENSE(.weight_initializer = GAN_CONSTANT(NAN))), GAN_ERROR_NOT_FINITE,
            "dense: weight_initializer, constant, has the value nan");
    refused(gan_layer_dense(*state, 1, GAN_DENSE(.weight_initializer = GAN_NORMAL(INFINITY))), GAN_ERROR_NOT_FINITE,
            "normal, has the value inf");
    refused(gan_layer_dense(*state, 1, GAN_DENSE(.weight_initializer = {GAN_INITIALIZER_HE_NORMAL, 0.02f})),
            GAN_ERROR_ARGUMENT, "he_normal, has the value 0.02, expected none");
    refused(gan_layer_dense(*state, 1, GAN_DENSE(.weight_initializer = {GAN_INITIALIZER_DEFAULT, 0.02f})),
            GAN_ERROR_ARGUMENT, "has the value 0.02 but no kind");
    refused(gan_layer_dense(*state, 1, GAN_DENSE(.weight_initializer = {(gan_initializer_kind)99, 0})),
            GAN_ERROR_ARGUMENT, "dense: weight_initializer is of kind 99, expected 0 to 10");
    refused(gan_layer_conv2d(*state, 1, GAN_CONV2D(.weight_initializer = GAN_NORMAL(-1.0f))), GAN_ERROR_ARGUMENT,
            "conv2d: weight_initializer");
    refused(gan_layer_conv_transpose2d(*state, 1, GAN_CONV_TRANSPOSE2D(.bias_initializer = GAN_NORMAL(-1.0f))),
            GAN_ERROR_ARGUMENT, "conv_transpose2d: bias_initializer");
}

static void test_conv2d_refused(void **state)
{
    refused(gan_layer_conv2d(*state, 0, NULL), GAN_ERROR_ARGUMENT, "conv2d: filters is 0");
    refused(gan_layer_conv2d(*state, 1, GAN_CONV2D(.kernel = {-3, 3})), GAN_ERROR_ARGUMENT,
            "conv2d: kernel[0] is -3, expected 1 to 2147483647");
    refused(gan_layer_conv2d(*state, 1, GAN_CONV2D(.kernel = {3})), GAN_ERROR_ARGUMENT, "conv2d: kernel[1] is 0");
    refused(gan_layer_conv2d(*state, 1, GAN_CONV2D(.stride = {1, -2})), GAN_ERROR_ARGUMENT,
            "conv2d: stride[1] is -2");
    refused(gan_layer_conv2d(*state, 1, GAN_CONV2D(.padding = (gan_padding)3)), GAN_ERROR_ARGUMENT,
            "conv2d: padding is 3, expected 0 to 2");
    refused(gan_layer_conv2d(*state, 1, GAN_CONV2D(.padding = GAN_PADDING_EXPLICIT, .pads = {0, 0, -1})),
            GAN_ERROR_ARGUMENT, "conv2d: pads[2] is -1, expected 0 to 2");
    refused(
        gan_layer_conv2d(*state, 1, GAN_CONV2D(.kernel = {2, 5}, .padding = GAN_PADDING_EXPLICIT, .pads = {0, 2})),
        GAN_ERROR_ARGUMENT, "conv2d: pads[1] is 2, expected 0 to 1, below the kernel");
    refused(gan_layer_conv2d(*state, 1, GAN_CONV2D(.padding = GAN_PADDING_SAME, .pads = {1})), GAN_ERROR_ARGUMENT,
            "conv2d: pads[0] is 1, expected 0 with same padding");
    refused(gan_layer_conv2d(*state, 1, GAN_CONV2D(.dilation = {2})), GAN_ERROR_ARGUMENT,
            "conv2d: dilation[1] is 0, expected 1 to 2147483647");
    refused(gan_layer_conv2d(*state, 1, GAN_CONV2D(.kernel = {3, 2}, .dilation = {1073741824, 1})),
            GAN_ERROR_ARGUMENT, "conv2d: dilation[0] is 1073741824, expected at most 1073741823 with kernel[0] 3");
    refused(gan_layer_conv2d(*state, 1,
                             GAN_CONV2D(.padding = GAN_PADDING_EXPLICIT, .pads = {4, 4, 0, 3}, .dilation = {2, 1})),
            GAN_ERROR_ARGUMENT, "conv2d: pads[3] is 3, expected 0 to 2, below the kernel");
    refused(
        gan_layer_conv2d(*state, 1, GAN_CONV2D(.padding = GAN_PADDING_EXPLICIT, .pads = {0, 5}, .dilation = {2, 1})),
        GAN_ERROR_ARGUMENT, "conv2d: pads[1] is 5, expected 0 to 4, below the dilated kernel");
    refused(gan_layer_conv2d(*state, 4, GAN_CONV2D(.groups = -1)), GAN_ERROR_ARGUMENT, "conv2d: groups is -1");
    refused(gan_layer_conv2d(*state, 4, GAN_CONV2D(.groups = 3)), GAN_ERROR_ARGUMENT,
            "conv2d: groups is 3, expected a divisor of filters, 4");
}

static void test_conv_transpose2d_refused(void **state)
{
    refused(gan_layer_conv_transpose2d(*state, -1, NULL), GAN_ERROR_ARGUMENT, "conv_transpose2d: filters is -1");
    refused(gan_layer_conv_transpose2d(*state, 1, GAN_CONV_TRANSPOSE2D(.dilation = {1, -1})), GAN_ERROR_ARGUMENT,
            "conv_transpose2d: dilation[1] is -1");
    refused(gan_layer_conv_transpose2d(*state, 2, GAN_CONV_TRANSPOSE2D(.groups = 4)), GAN_ERROR_ARGUMENT,
            "conv_transpose2d: groups is 4, expected a divisor of filters, 2");
    refused(gan_layer_conv_transpose2d(*state, 1, GAN_CONV_TRANSPOSE2D(.stride = {0, 2})), GAN_ERROR_ARGUMENT,
            "conv_transpose2d: stride[0] is 0");
    refused(gan_layer_conv_transpose2d(*state, 1, GAN_CONV_TRANSPOSE2D(.output_padding = {0, 1})), GAN_ERROR_ARGUMENT,
            "conv_transpose2d: output_padding[1] is 1, expected 0 to 0: below the stride");
    refused(gan_layer_conv_transpose2d(*state, 1, GAN_CONV_TRANSPOSE2D(.stride = {3, 3}, .output_padding = {-1, 0})),
            GAN_ERROR_ARGUMENT, "output_padding[0] is -1, expected 0 to 2");
    refused(
        gan_layer_conv_transpose2d(
            *state, 1, GAN_CONV_TRANSPOSE2D(.stride = {2, 2}, .padding = GAN_PADDING_SAME, .output_padding = {1, 1})),
        GAN_ERROR_ARGUMENT, "output_padding[0] is 1, expected 0 to 0: the padding is same");
}

static void test_resampling_refused(void **state)
{
    refused(gan_layer_upsample2d(*state, GAN_UPSAMPLE2D(.factor = {2, -1})), GAN_ERROR_ARGUMENT,
            "upsample2d: factor[1] is -1, expected 1 to 2147483647");
    refused(gan_layer_upsample2d(*state, GAN_UPSAMPLE2D(.factor = {0, 2})), GAN_ERROR_ARGUMENT,
            "upsample2d: factor[0] is 0");
    refused(gan_layer_upsample2d(*state, GAN_UPSAMPLE2D(.interpolation = (gan_interpolation)2)), GAN_ERROR_ARGUMENT,
            "upsample2d: interpolation is 2, expected 0 to 1");
    refused(gan_layer_avg_pool2d(*state, GAN_AVG_POOL2D(.kernel = {-2, 2})), GAN_ERROR_ARGUMENT,
            "avg_pool2d: kernel[0] is -2, expected 1 to 2147483647");
    refused(gan_layer_avg_pool2d(*state, GAN_AVG_POOL2D(.stride = {1})), GAN_ERROR_ARGUMENT,
            "avg_pool2d: stride[1] is 0");
}

static void test_padding_refused(void **state)
{
    refused(gan_layer_pad2d(*state, GAN_PAD2D(.pads = {0, 0, 1, -2})), GAN_ERROR_ARGUMENT,
            "pad2d: pads[3] is -2, expected 0 to 2147483647");
    refused(gan_layer_pad2d(*state, GAN_PAD2D(.pads = {INT64_MAX})), GAN_ERROR_ARGUMENT, "pad2d: pads[0] is 92");
    refused(gan_layer_pad2d(*state, GAN_PAD2D(.mode = (gan_pad_mode)3)), GAN_ERROR_ARGUMENT,
            "pad2d: mode is 3, expected 0 to 2");
    refused(gan_layer_pixel_shuffle(*state, 0), GAN_ERROR_ARGUMENT,
            "pixel_shuffle: factor is 0, expected 1 to 2147483647");
    refused(gan_layer_pixel_shuffle(*state, -2), GAN_ERROR_ARGUMENT, "pixel_shuffle: factor is -2");
}

static void test_slice_refused(void **state)
{
    refused(gan_layer_slice(*state, GAN_SLICE(.start = -1)), GAN_ERROR_ARGUMENT,
            "slice: start is -1, expected 0 to 2147483647");
    refused(gan_layer_slice(*state, GAN_SLICE(.length = -2)), GAN_ERROR_ARGUMENT, "slice: length is -2");
    refused(gan_layer_slice(*state, GAN_SLICE(.axis = 6)), GAN_ERROR_ARGUMENT, "slice: axis is 6, expected 0 to 5");
}

static void test_embedding_refused(void **state)
{
    refused(gan_layer_embedding(*state, 0, 5, NULL), GAN_ERROR_ARGUMENT,
            "embedding: classes is 0, expected 1 to 16777216");
    refused(gan_layer_one_hot(*state, 16777217), GAN_ERROR_ARGUMENT,
            "one_hot: classes is 16777217, expected 1 to 16777216");
    refused(gan_layer_embedding(*state, 16777217, 5, NULL), GAN_ERROR_ARGUMENT, "embedding: classes is 16777217");
    refused(gan_layer_embedding(*state, 5, -1, NULL), GAN_ERROR_ARGUMENT, "embedding: units is -1, expected 1 to");
    refused(gan_layer_embedding(*state, 5, 5, GAN_EMBEDDING(.weight_initializer = GAN_NORMAL(-1.0f))),
            GAN_ERROR_ARGUMENT, "embedding: weight_initializer, normal, has the value -1");
}

static void test_numbers_refused(void **state)
{
    refused(gan_layer_leaky_relu(*state, GAN_LEAKY_RELU(.slope = -0.1f)), GAN_ERROR_ARGUMENT,
            "leaky_relu: slope is -0.1, expected a number in [0, 1)");
    refused(gan_layer_leaky_relu(*state, GAN_LEAKY_RELU(.slope = 1.0f)), GAN_ERROR_ARGUMENT,
            "leaky_relu: slope is 1");
    refused(gan_layer_leaky_relu(*state, GAN_LEAKY_RELU(.slope = NAN)), GAN_ERROR_NOT_FINITE,
            "leaky_relu: slope is nan");
    refused(gan_layer_max_pool2d(*state, GAN_MAX_POOL2D(.pads = {1, 2})), GAN_ERROR_ARGUMENT,
            "max_pool2d: pads[1] is 2, expected 0 to 1, half the kernel");
    refused(gan_layer_max_pool2d(*state, GAN_MAX_POOL2D(.kernel = {8192, 4096})), GAN_ERROR_OVERFLOW, "8192 x 4096");
    refused(gan_layer_gradient_reversal(*state, GAN_GRADIENT_REVERSAL(.scale = -0.5f)), GAN_ERROR_ARGUMENT,
            "gradient_reversal: scale is -0.5, expected a number of at least 0");
    refused(gan_layer_attention(*state, GAN_ATTENTION(.scale = GAN_ZERO)), GAN_ERROR_ARGUMENT,
            "attention: scale is 0, expected a number over 0");
    refused(gan_layer_prelu(*state, GAN_PRELU(.weight_initializer = GAN_NORMAL(-1.0f))), GAN_ERROR_ARGUMENT, "prelu");
    refused(gan_layer_elu(*state, GAN_ELU(.alpha = GAN_ZERO)), GAN_ERROR_ARGUMENT,
            "elu: alpha is 0, expected a number over 0");
    refused(gan_layer_elu(*state, GAN_ELU(.alpha = NAN)), GAN_ERROR_NOT_FINITE, "elu: alpha is nan");
    refused(gan_layer_dropout(*state, GAN_DROPOUT(.rate = -0.1f)), GAN_ERROR_ARGUMENT, "dropout: rate is -0.1");
    refused(gan_layer_dropout(*state, GAN_DROPOUT(.rate = 1.0f)), GAN_ERROR_ARGUMENT,
            "dropout: rate is 1, expected a number in [0, 1)");
    refused(gan_layer_dropout(*state, GAN_DROPOUT(.rate = INFINITY)), GAN_ERROR_NOT_FINITE, "dropout: rate is inf");
    refused(gan_layer_gaussian_noise(*state, GAN_GAUSSIAN_NOISE(.deviation = -0.5f)), GAN_ERROR_ARGUMENT,
            "gaussian_noise: deviation is -0.5, expected a number of at least 0");
    refused(gan_layer_gaussian_noise(*state, GAN_GAUSSIAN_NOISE(.deviation = NAN)), GAN_ERROR_NOT_FINITE,
            "gaussian_noise: deviation is nan");
    refused(gan_layer_batch_norm(*state, GAN_BATCH_NORM(.momentum = 1.5f)), GAN_ERROR_ARGUMENT,
            "batch_norm: momentum is 1.5, expected a number in (0, 1]");
    refused(gan_layer_batch_norm(*state, GAN_BATCH_NORM(.momentum = GAN_ZERO)), GAN_ERROR_ARGUMENT,
            "batch_norm: momentum is 0");
    refused(gan_layer_batch_norm(*state, GAN_BATCH_NORM(.epsilon = -1e-5f)), GAN_ERROR_ARGUMENT,
            "batch_norm: epsilon is -1e-05, expected a number over 0");
    refused(gan_layer_batch_norm(*state, GAN_BATCH_NORM(.epsilon = NAN)), GAN_ERROR_NOT_FINITE,
            "batch_norm: epsilon is nan");
    refused(gan_layer_conditional_batch_norm(*state, 0, NULL), GAN_ERROR_ARGUMENT,
            "conditional_batch_norm: classes is 0, expected 1 to 16777216");
    refused(gan_layer_conditional_batch_norm(*state, 2, GAN_CONDITIONAL_BATCH_NORM(.momentum = 2)),
            GAN_ERROR_ARGUMENT, "conditional_batch_norm: momentum is 2, expected a number in (0, 1]");
    refused(gan_layer_conditional_batch_norm(*state, 2, GAN_CONDITIONAL_BATCH_NORM(.epsilon = NAN)),
            GAN_ERROR_NOT_FINITE, "conditional_batch_norm: epsilon is nan");
    refused(gan_layer_constant(*state, GAN_SHAPE(3, 0), NULL), GAN_ERROR_SHAPE, "constant: shape (3, 0)");
    refused(gan_layer_constant(*state, GAN_SHAPE(3), GAN_CONSTANT_LAYER(.weight_initializer = GAN_NORMAL(-1.0f))),
            GAN_ERROR_ARGUMENT, "constant: weight_initializer, normal, has the value -1");
    refused(gan_layer_layer_norm(*state, GAN_LAYER_NORM(.epsilon = -1.0f)), GAN_ERROR_ARGUMENT,
            "layer_norm: epsilon is -1, expected a number over 0");
    refused(gan_layer_instance_norm(*state, GAN_INSTANCE_NORM(.epsilon = GAN_ZERO)), GAN_ERROR_ARGUMENT,
            "instance_norm: epsilon is 0");
    refused(gan_layer_group_norm(*state, 2, GAN_GROUP_NORM(.epsilon = INFINITY)), GAN_ERROR_NOT_FINITE,
            "group_norm: epsilon is inf");
    refused(gan_layer_pixel_norm(*state, GAN_PIXEL_NORM(.epsilon = GAN_ZERO)), GAN_ERROR_ARGUMENT,
            "pixel_norm: epsilon is 0, expected a number over 0");
    refused(gan_layer_group_norm(*state, 0, NULL), GAN_ERROR_ARGUMENT, "group_norm: groups is 0, expected 1 to");
    refused(gan_layer_group_norm(*state, -3, NULL), GAN_ERROR_ARGUMENT, "group_norm: groups is -3");
    refused(gan_layer_minibatch_stddev(*state, GAN_MINIBATCH_STDDEV(.group = 1)), GAN_ERROR_ARGUMENT,
            "minibatch_stddev: group is 1, expected 2 to");
    refused(gan_layer_minibatch_stddev(*state, GAN_MINIBATCH_STDDEV(.group = -4)), GAN_ERROR_ARGUMENT,
            "minibatch_stddev: group is -4");
}

/* ---- Names ----------------------------------------------------------------------------------------------------- */

static void name_refused(gan_context *context, const char *name, gan_status status, const char *words)
{
    refused(gan_layer_named(gan_layer_relu(context), name), status, words); /* the layer is destroyed */
}

static void test_names(void **state)
{
    (void)state;
    test_allocator allocator = {0};
    gan_context *context;
    assert_int_equal(
        gan_context_create(GAN_CONTEXT(.threads = 1, .allocator = test_allocator_hooks(&allocator)), &context),
        GAN_OK);
    char longest[65];
    memset(longest, 'n', sizeof(longest));
    longest[64] = 0;
    name_refused(context, NULL, GAN_ERROR_NULL, "name is NULL");
    name_refused(context, "", GAN_ERROR_ARGUMENT, "0 bytes, expected 1 to 63");
    name_refused(context, longest, GAN_ERROR_ARGUMENT, "64 bytes");
    name_refused(context, "a/b", GAN_ERROR_ARGUMENT, "\"a/b\"");
    name_refused(context, "a\nb", GAN_ERROR_ARGUMENT, "control character 10");
    name_refused(context, "\xff", GAN_ERROR_ARGUMENT, "UTF-8");
    longest[63] = 0;
    gan_layer *layer = gan_layer_named(gan_layer_relu(context), longest);
    assert_non_null(layer);
    assert_string_equal(layer->name, longest);
    assert_ptr_equal(gan_layer_named(layer, "b\xc3\xa4r"), layer);
    assert_string_equal(layer->name, "b\xc3\xa4r");
    gan_layer_destroy(layer);
    gan_context_destroy(context);
    test_allocator_assert_empty(&allocator);
}

static gan_status make_named(gan_context *context, void *user)
{
    (void)user;
    gan_layer *layer = gan_layer_named(gan_layer_conv2d(context, 3, NULL), "first");
    if (!layer) return gan_last_status();
    gan_layer_destroy(layer);
    return GAN_OK;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_true(test_every_allocation_fails(make_named, NULL) >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null),
        cmocka_unit_test_setup_teardown(test_shapes_refused, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_dense_refused, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_reserved_refused, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_initializers_refused, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_conv2d_refused, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_conv_transpose2d_refused, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_resampling_refused, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_padding_refused, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_slice_refused, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_embedding_refused, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_numbers_refused, harness_setup, harness_teardown),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
