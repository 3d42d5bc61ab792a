#include "cases.h"

#include <stdio.h>
#include <string.h>

/* Sizes are odd, the batch is 3, and the plan was made for a larger one. */
enum { BATCH = 3, MAX_BATCH = 5 };

#define LAYER(name, ...)                         \
    static gan_layer *name(gan_context *context) \
    {                                            \
        return __VA_ARGS__;                      \
    }

LAYER(dense, gan_layer_dense(context, 7, NULL))
LAYER(dense_without_bias, gan_layer_dense(context, 1, GAN_DENSE(.no_bias = true)))
LAYER(conv_default, gan_layer_conv2d(context, 3, NULL))
LAYER(conv_same, gan_layer_conv2d(context, 3, GAN_CONV2D(.stride = {2, 2}, .padding = GAN_PADDING_SAME)))
LAYER(conv_same_5x4,
      gan_layer_conv2d(context, 5, GAN_CONV2D(.kernel = {5, 4}, .stride = {2, 3}, .padding = GAN_PADDING_SAME)))
LAYER(conv_explicit, gan_layer_conv2d(context, 2,
                                      GAN_CONV2D(.kernel = {3, 4}, .stride = {1, 2}, .padding = GAN_PADDING_EXPLICIT,
                                                 .pads = {2, 0, 1, 3})))
LAYER(conv_gaps, gan_layer_conv2d(context, 2, GAN_CONV2D(.kernel = {1, 2}, .stride = {3, 3}, .no_bias = true)))
LAYER(transpose_default, gan_layer_conv_transpose2d(context, 3, NULL))
LAYER(transpose_same, gan_layer_conv_transpose2d(context, 3,
                                                 GAN_CONV_TRANSPOSE2D(.kernel = {5, 5}, .stride = {2, 2},
                                                                      .padding = GAN_PADDING_SAME)))
LAYER(transpose_same_gaps, gan_layer_conv_transpose2d(context, 2,
                                                      GAN_CONV_TRANSPOSE2D(.kernel = {1, 2}, .stride = {3, 2},
                                                                           .padding = GAN_PADDING_SAME)))
LAYER(transpose_explicit,
      gan_layer_conv_transpose2d(context, 2,
                                 GAN_CONV_TRANSPOSE2D(.kernel = {4, 3}, .stride = {3, 2},
                                                      .padding = GAN_PADDING_EXPLICIT, .pads = {1, 2, 0, 1},
                                                      .output_padding = {2, 1}, .no_bias = true)))
LAYER(dense_spectral, gan_layer_dense(context, 4, GAN_DENSE(.spectral_norm = true)))
LAYER(conv_spectral,
      gan_layer_conv2d(context, 3, GAN_CONV2D(.kernel = {3, 2}, .no_bias = true, .spectral_norm = true)))
LAYER(transpose_spectral,
      gan_layer_conv_transpose2d(context, 3,
                                 GAN_CONV_TRANSPOSE2D(.kernel = {3, 2}, .stride = {2, 1}, .spectral_norm = true)))
LAYER(conv_dilated, gan_layer_conv2d(context, 3,
                                     GAN_CONV2D(.kernel = {3, 2}, .stride = {2, 1}, .padding = GAN_PADDING_EXPLICIT,
                                                .pads = {4, 1, 0, 3}, .dilation = {2, 3})))
LAYER(conv_same_dilated,
      gan_layer_conv2d(context, 2, GAN_CONV2D(.stride = {1, 2}, .padding = GAN_PADDING_SAME, .dilation = {3, 2})))
LAYER(conv_groups, gan_layer_conv2d(context, 6, GAN_CONV2D(.kernel = {2, 3}, .groups = 2)))
LAYER(conv_depthwise,
      gan_layer_conv2d(context, 5,
                       GAN_CONV2D(.stride = {2, 1}, .padding = GAN_PADDING_SAME, .dilation = {1, 2}, .groups = 5)))
LAYER(transpose_dilated,
      gan_layer_conv_transpose2d(context, 3,
                                 GAN_CONV_TRANSPOSE2D(.kernel = {2, 3}, .stride = {2, 1},
                                                      .padding = GAN_PADDING_EXPLICIT, .pads = {1, 0, 3, 2},
                                                      .output_padding = {1, 0}, .dilation = {3, 2})))
LAYER(transpose_groups,
      gan_layer_conv_transpose2d(context, 6,
                                 GAN_CONV_TRANSPOSE2D(.stride = {2, 2}, .padding = GAN_PADDING_SAME, .groups = 2)))
LAYER(transpose_depthwise,
      gan_layer_conv_transpose2d(context, 3, GAN_CONV_TRANSPOSE2D(.stride = {1, 2}, .dilation = {2, 1}, .groups = 3)))
LAYER(conv_groups_spectral, gan_layer_conv2d(context, 6, GAN_CONV2D(.groups = 3, .spectral_norm = true)))
LAYER(transpose_groups_spectral, gan_layer_conv_transpose2d(context, 6,
                                                            GAN_CONV_TRANSPOSE2D(.kernel = {2, 3}, .dilation = {1, 2},
                                                                                 .groups = 2, .spectral_norm = true)))
LAYER(flatten, gan_layer_flatten(context))
LAYER(to_image, gan_layer_reshape(context, GAN_SHAPE(2, 3, 5)))
LAYER(to_other_channels, gan_layer_reshape(context, GAN_SHAPE(5, 2, 3)))
LAYER(to_other_sides, gan_layer_reshape(context, GAN_SHAPE(2, 5, 3)))
LAYER(to_matrix, gan_layer_reshape(context, GAN_SHAPE(6, 5)))
LAYER(concat_0, gan_layer_concat(context, NULL))
LAYER(concat_1, gan_layer_concat(context, GAN_CONCAT(.axis = 1)))
LAYER(concat_2, gan_layer_concat(context, GAN_CONCAT(.axis = 2)))
LAYER(slice_default, gan_layer_slice(context, NULL))
LAYER(slice_0, gan_layer_slice(context, GAN_SLICE(.start = 1, .length = 2)))
LAYER(slice_1, gan_layer_slice(context, GAN_SLICE(.start = 2, .axis = 1)))
LAYER(slice_2, gan_layer_slice(context, GAN_SLICE(.start = 1, .length = 3, .axis = 2)))
LAYER(add, gan_layer_add(context))
LAYER(inner_product, gan_layer_inner_product(context))
LAYER(multiply, gan_layer_multiply(context))
LAYER(log_sum_exp, gan_layer_log_sum_exp(context))
LAYER(softmax, gan_layer_softmax(context))
LAYER(prelu, gan_layer_prelu(context, NULL))
LAYER(prelu_per_channel, gan_layer_prelu(context, GAN_PRELU(.per_channel = true)))
LAYER(leaky_relu, gan_layer_leaky_relu(context, NULL))
LAYER(relu, gan_layer_relu(context))
LAYER(tanh_, gan_layer_tanh(context))
LAYER(sigmoid, gan_layer_sigmoid(context))
LAYER(softplus, gan_layer_softplus(context))
LAYER(elu, gan_layer_elu(context, GAN_ELU(.alpha = 0.75f)))
LAYER(silu, gan_layer_silu(context))
LAYER(gelu, gan_layer_gelu(context, NULL))
LAYER(gelu_tanh, gan_layer_gelu(context, GAN_GELU(.tanh_approximation = true)))
LAYER(dropout, gan_layer_dropout(context, GAN_DROPOUT(.rate = 0.4f)))
LAYER(dropout_always, gan_layer_dropout(context, GAN_DROPOUT(.rate = 0.4f, .in_sampling = true)))
LAYER(batch_norm, gan_layer_batch_norm(context, GAN_BATCH_NORM(.epsilon = 1e-3f)))
LAYER(batch_norm_plain, gan_layer_batch_norm(context, GAN_BATCH_NORM(.no_affine = true)))
LAYER(conditional_batch_norm,
      gan_layer_conditional_batch_norm(context, 2, GAN_CONDITIONAL_BATCH_NORM(.epsilon = 1e-3f)))
LAYER(layer_norm, gan_layer_layer_norm(context, NULL))
LAYER(layer_norm_plain, gan_layer_layer_norm(context, GAN_LAYER_NORM(.no_affine = true)))
LAYER(instance_norm, gan_layer_instance_norm(context, GAN_INSTANCE_NORM(.epsilon = 1e-3f)))
LAYER(instance_norm_plain, gan_layer_instance_norm(context, GAN_INSTANCE_NORM(.no_affine = true)))
LAYER(group_norm_1, gan_layer_group_norm(context, 1, NULL))
LAYER(group_norm_3, gan_layer_group_norm(context, 3, GAN_GROUP_NORM(.epsilon = 0.25f)))
LAYER(group_norm_plain, gan_layer_group_norm(context, 2, GAN_GROUP_NORM(.no_affine = true)))
LAYER(pixel_norm, gan_layer_pixel_norm(context, NULL))
LAYER(minibatch_stddev, gan_layer_minibatch_stddev(context, NULL))
LAYER(minibatch_stddev_2, gan_layer_minibatch_stddev(context, GAN_MINIBATCH_STDDEV(.group = 2)))
LAYER(nearest, gan_layer_upsample2d(context, GAN_UPSAMPLE2D(.factor = {3, 2})))
LAYER(bilinear,
      gan_layer_upsample2d(context, GAN_UPSAMPLE2D(.factor = {2, 3}, .interpolation = GAN_INTERPOLATION_BILINEAR)))
LAYER(avg_pool, gan_layer_avg_pool2d(context, NULL))
LAYER(avg_pool_overlapping, gan_layer_avg_pool2d(context, GAN_AVG_POOL2D(.kernel = {3, 2}, .stride = {2, 1})))
LAYER(avg_pool_gaps, gan_layer_avg_pool2d(context, GAN_AVG_POOL2D(.kernel = {1, 2}, .stride = {2, 3})))
LAYER(max_pool, gan_layer_max_pool2d(context, NULL))
LAYER(max_pool_padded,
      gan_layer_max_pool2d(context, GAN_MAX_POOL2D(.kernel = {3, 2}, .stride = {2, 1}, .pads = {1, 1})))
LAYER(max_pool_gaps, gan_layer_max_pool2d(context, GAN_MAX_POOL2D(.kernel = {1, 2}, .stride = {2, 3})))
LAYER(pad_zeros, gan_layer_pad2d(context, GAN_PAD2D(.pads = {1, 0, 2, 3})))
LAYER(pad_reflection, gan_layer_pad2d(context, GAN_PAD2D(.pads = {2, 1, 0, 4}, .mode = GAN_PAD_REFLECTION)))
LAYER(pad_replication, gan_layer_pad2d(context, GAN_PAD2D(.pads = {3, 0, 2, 5}, .mode = GAN_PAD_REPLICATION)))
LAYER(pixel_shuffle, gan_layer_pixel_shuffle(context, 2))
LAYER(gaussian_noise, gan_layer_gaussian_noise(context, GAN_GAUSSIAN_NOISE(.deviation = 0.5f)))

LAYER(attention, gan_layer_attention(context, NULL))
LAYER(attention_scaled, gan_layer_attention(context, GAN_ATTENTION(.scale = 0.5f)))
LAYER(gaussian_sample, gan_layer_gaussian_sample(context))

LAYER(constant, gan_layer_constant(context, GAN_SHAPE(7), NULL))
LAYER(constant_image, gan_layer_constant(context, GAN_SHAPE(2, 3, 5), NULL))

#define SHAPE(...)                                                 \
    {                                                              \
        (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), \
        {                                                          \
            __VA_ARGS__                                            \
        }                                                          \
    }

static const layer_case cases[] = {
    {"dense", dense, 1, {SHAPE(5)}, false, false},
    {"dense without bias", dense_without_bias, 1, {SHAPE(9)}, false, false},
    {"conv2d", conv_default, 1, {SHAPE(2, 5, 7)}, false, false},
    {"conv2d, kernel as large as the image", conv_default, 1, {SHAPE(3, 3, 3)}, false, false},
    {"conv2d same", conv_same, 1, {SHAPE(1, 7, 5)}, false, false},
    {"conv2d same, kernel over the image", conv_same_5x4, 1, {SHAPE(3, 2, 3)}, false, false},
    {"conv2d same 5x4", conv_same_5x4, 1, {SHAPE(3, 7, 9)}, false, false},
    {"conv2d explicit", conv_explicit, 1, {SHAPE(3, 5, 3)}, false, false},
    {"conv2d with gaps", conv_gaps, 1, {SHAPE(3, 5, 6)}, false, false},
    {"conv_transpose2d", transpose_default, 1, {SHAPE(2, 3, 5)}, false, false},
    {"conv_transpose2d of one pixel", transpose_default, 1, {SHAPE(5, 1, 1)}, false, false},
    {"conv_transpose2d same", transpose_same, 1, {SHAPE(2, 3, 4)}, false, false},
    {"conv_transpose2d same with gaps", transpose_same_gaps, 1, {SHAPE(3, 2, 3)}, false, false},
    {"conv_transpose2d explicit", transpose_explicit, 1, {SHAPE(3, 3, 2)}, false, false},
    /* Differences see u and v as constants only in sampling. */
    {"dense with spectral norm", dense_spectral, 1, {SHAPE(7)}, true, false},
    {"conv2d with spectral norm", conv_spectral, 1, {SHAPE(2, 5, 3)}, true, false},
    {"conv_transpose2d with spectral norm", transpose_spectral, 1, {SHAPE(2, 3, 5)}, true, false},
    {"conv2d with dilation", conv_dilated, 1, {SHAPE(2, 5, 4)}, false, false},
    {"conv2d same with dilation", conv_same_dilated, 1, {SHAPE(3, 4, 7)}, false, false},
    {"conv2d with groups", conv_groups, 1, {SHAPE(4, 3, 5)}, false, false},
    {"conv2d, depthwise", conv_depthwise, 1, {SHAPE(5, 4, 5)}, false, false},
    {"conv_transpose2d with dilation", transpose_dilated, 1, {SHAPE(2, 3, 4)}, false, false},
    {"conv_transpose2d with groups", transpose_groups, 1, {SHAPE(4, 3, 2)}, false, false},
    {"conv_transpose2d, depthwise", transpose_depthwise, 1, {SHAPE(3, 4, 3)}, false, false},
    {"conv2d with groups and spectral norm", conv_groups_spectral, 1, {SHAPE(3, 5, 4)}, true, false},
    {"conv_transpose2d with groups and spectral norm", transpose_groups_spectral, 1, {SHAPE(4, 3, 2)}, true, false},
    {"flatten", flatten, 1, {SHAPE(2, 3, 5)}, false, false},
    {"flatten of one channel", flatten, 1, {SHAPE(1, 3, 5)}, false, true},
    {"flatten of one pixel", flatten, 1, {SHAPE(7, 1, 1)}, false, true},
    {"flatten of a matrix", flatten, 1, {SHAPE(3, 5)}, false, true},
    {"reshape to an image", to_image, 1, {SHAPE(30)}, false, false},
    {"reshape of one channel", to_image, 1, {SHAPE(1, 6, 5)}, false, false},
    {"reshape to other channels", to_other_channels, 1, {SHAPE(2, 3, 5)}, false, false},
    {"reshape to other sides", to_other_sides, 1, {SHAPE(2, 3, 5)}, false, true},
    {"reshape to a matrix", to_matrix, 1, {SHAPE(2, 3, 5)}, false, false},
    {"concat", concat_0, 2, {SHAPE(3), SHAPE(5)}, false, false},
    {"concat of channels", concat_0, 3, {SHAPE(2, 3, 5), SHAPE(1, 3, 5), SHAPE(3, 3, 5)}, false, false},
    {"concat of rows", concat_1, 2, {SHAPE(2, 3, 5), SHAPE(2, 1, 5)}, false, false},
    {"concat of columns", concat_2, 3, {SHAPE(2, 3, 5), SHAPE(2, 3, 1), SHAPE(2, 3, 2)}, false, false},
    {"concat of matrices", concat_1, 2, {SHAPE(3, 5), SHAPE(3, 2)}, false, false},
    {"concat of rank 4", concat_2, 2, {SHAPE(3, 2, 5, 2), SHAPE(3, 2, 1, 2)}, false, false},
    {"slice of all", slice_default, 1, {SHAPE(5)}, false, false},
    {"slice", slice_0, 1, {SHAPE(5)}, false, false},
    {"slice of channels", slice_0, 1, {SHAPE(5, 2, 3)}, false, false},
    {"slice of rows", slice_1, 1, {SHAPE(2, 5, 3)}, false, false},
    {"slice of columns", slice_2, 1, {SHAPE(2, 3, 5)}, false, false},
    {"slice of a matrix", slice_1, 1, {SHAPE(3, 5)}, false, false},
    {"slice of rank 4", slice_2, 1, {SHAPE(2, 3, 5, 2)}, false, false},
    {"add", add, 2, {SHAPE(2, 3, 5), SHAPE(2, 3, 5)}, false, true},
    {"add of three", add, 3, {SHAPE(7), SHAPE(7), SHAPE(7)}, false, true},
    {"inner_product", inner_product, 2, {SHAPE(7), SHAPE(7)}, false, false},
    {"inner_product of images", inner_product, 2, {SHAPE(2, 3, 5), SHAPE(2, 3, 5)}, false, false},
    {"multiply", multiply, 2, {SHAPE(2, 3, 5), SHAPE(2, 3, 5)}, false, false},
    {"multiply by channels", multiply, 2, {SHAPE(3, 2, 5), SHAPE(3)}, false, false},
    {"multiply by a number", multiply, 2, {SHAPE(3, 7), SHAPE(1)}, false, false},
    {"multiply of numbers", multiply, 2, {SHAPE(1), SHAPE(1)}, false, false},
    {"log_sum_exp", log_sum_exp, 1, {SHAPE(7)}, false, false},
    {"softmax", softmax, 1, {SHAPE(7)}, false, true},
    {"softmax of images", softmax, 1, {SHAPE(3, 2, 5)}, false, true},
    {"prelu", prelu, 1, {SHAPE(3, 7)}, false, false},
    {"prelu per channel", prelu_per_channel, 1, {SHAPE(3, 2, 5)}, false, false},
    {"prelu per value", prelu_per_channel, 1, {SHAPE(11)}, false, false},
    {"leaky_relu", leaky_relu, 1, {SHAPE(11)}, false, true},
    {"relu", relu, 1, {SHAPE(11)}, false, true},
    {"tanh", tanh_, 1, {SHAPE(2, 3, 5)}, false, true},
    {"sigmoid", sigmoid, 1, {SHAPE(11)}, false, true},
    {"softplus", softplus, 1, {SHAPE(11)}, false, true},
    {"elu", elu, 1, {SHAPE(11)}, false, true},
    {"silu", silu, 1, {SHAPE(2, 3, 5)}, false, true},
    {"gelu", gelu, 1, {SHAPE(11)}, false, true},
    {"gelu, approximated", gelu_tanh, 1, {SHAPE(11)}, false, true},
    {"dropout", dropout, 1, {SHAPE(2, 3, 5)}, false, true},
    {"dropout, sampling", dropout, 1, {SHAPE(11)}, true, true},
    {"dropout in training and sampling", dropout_always, 1, {SHAPE(2, 3, 5)}, false, true},
    {"dropout in training and sampling, sampling", dropout_always, 1, {SHAPE(2, 3, 5)}, true, true},
    {"batch_norm", batch_norm, 1, {SHAPE(7)}, false, true},
    {"batch_norm, sampling", batch_norm, 1, {SHAPE(7)}, true, true},
    {"batch_norm of images", batch_norm, 1, {SHAPE(5, 3, 1)}, false, true},
    {"batch_norm of images, sampling", batch_norm, 1, {SHAPE(5, 3, 1)}, true, true},
    {"batch_norm without affine", batch_norm_plain, 1, {SHAPE(3, 2, 5)}, false, true},
    {"batch_norm without affine, sampling", batch_norm_plain, 1, {SHAPE(7)}, true, true},
    {"conditional_batch_norm", conditional_batch_norm, 2, {SHAPE(7), SHAPE(1)}, false, true},
    {"conditional_batch_norm, sampling", conditional_batch_norm, 2, {SHAPE(7), SHAPE(1)}, true, true},
    {"conditional_batch_norm of images", conditional_batch_norm, 2, {SHAPE(5, 3, 1), SHAPE(1)}, false, true},
    {"layer_norm", layer_norm, 1, {SHAPE(11)}, false, true},
    {"layer_norm of images", layer_norm, 1, {SHAPE(3, 2, 5)}, false, true},
    {"layer_norm of rank 4", layer_norm, 1, {SHAPE(3, 2, 1, 2)}, false, true},
    {"layer_norm without affine", layer_norm_plain, 1, {SHAPE(5, 3)}, false, true},
    {"instance_norm", instance_norm, 1, {SHAPE(5, 3, 1)}, false, true},
    {"instance_norm without affine", instance_norm_plain, 1, {SHAPE(2, 3, 5)}, false, true},
    {"group_norm", group_norm_3, 1, {SHAPE(15)}, false, true},
    {"group_norm of images", group_norm_3, 1, {SHAPE(6, 3, 1)}, false, true},
    {"group_norm of one group", group_norm_1, 1, {SHAPE(5, 2, 3)}, false, true},
    {"group_norm without affine", group_norm_plain, 1, {SHAPE(4, 3, 2)}, false, true},
    {"pixel_norm", pixel_norm, 1, {SHAPE(7)}, false, false},
    {"pixel_norm of images", pixel_norm, 1, {SHAPE(3, 2, 5)}, false, false},
    {"minibatch_stddev", minibatch_stddev, 1, {SHAPE(7)}, false, false},
    {"minibatch_stddev of images", minibatch_stddev, 1, {SHAPE(3, 2, 5)}, false, false},
    {"minibatch_stddev, last group smaller", minibatch_stddev_2, 1, {SHAPE(2, 3, 1)}, true, false},
    {"upsample2d", nearest, 1, {SHAPE(2, 3, 5)}, false, false},
    {"upsample2d of one pixel", nearest, 1, {SHAPE(5, 1, 1)}, false, false},
    {"upsample2d bilinear", bilinear, 1, {SHAPE(2, 3, 4)}, false, false},
    {"upsample2d bilinear of one row", bilinear, 1, {SHAPE(3, 1, 2)}, false, false},
    {"avg_pool2d", avg_pool, 1, {SHAPE(3, 4, 5)}, false, false},
    {"avg_pool2d overlapping", avg_pool_overlapping, 1, {SHAPE(2, 7, 3)}, false, false},
    {"avg_pool2d with gaps", avg_pool_gaps, 1, {SHAPE(1, 5, 6)}, false, false},
    {"constant", constant, 1, {SHAPE(3)}, false, false},
    {"constant image", constant_image, 1, {SHAPE(1)}, false, false},
    {"max_pool2d", max_pool, 1, {SHAPE(3, 4, 5)}, false, false},
    {"max_pool2d padded and overlapping", max_pool_padded, 1, {SHAPE(2, 7, 3)}, false, false},
    {"max_pool2d with gaps", max_pool_gaps, 1, {SHAPE(1, 5, 6)}, false, false},
    {"pad2d", pad_zeros, 1, {SHAPE(3, 2, 5)}, false, false},
    {"pad2d by reflection", pad_reflection, 1, {SHAPE(2, 3, 5)}, false, false},
    {"pad2d by replication", pad_replication, 1, {SHAPE(2, 3, 1)}, false, false},
    {"pixel_shuffle", pixel_shuffle, 1, {SHAPE(12, 3, 2)}, false, false},
    {"gaussian_noise", gaussian_noise, 1, {SHAPE(2, 3, 5)}, false, true},
    {"gaussian_noise, sampling", gaussian_noise, 1, {SHAPE(11)}, true, true},
    {"attention", attention, 3, {SHAPE(3, 2, 2), SHAPE(3, 3, 1), SHAPE(2, 3, 1)}, false, false},
    {"attention of rows", attention_scaled, 3, {SHAPE(5, 2), SHAPE(3, 2), SHAPE(3, 4)}, false, false},
    {"gaussian_sample", gaussian_sample, 2, {SHAPE(7), SHAPE(7)}, false, false},
    {"gaussian_sample of images", gaussian_sample, 2, {SHAPE(2, 3, 5), SHAPE(2, 3, 5)}, false, false},
    {"gaussian_sample, sampling", gaussian_sample, 2, {SHAPE(7), SHAPE(7)}, true, false},
};

enum { CASES = sizeof(cases) / sizeof(cases[0]), MOST_TESTS = 4 };

static gan_context *context;

static int setup(void **state)
{
    (void)state;
    return gan_context_create(GAN_CONTEXT(.threads = 1), &context) == GAN_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    gan_context_destroy(context);
    return 0;
}

/* Inputs whose gradient is 0, perhaps only in sampling: class numbers below `classes`, or any numbers. */
static const struct {
    const char *type;
    int input, classes;
    bool in_sampling;
} flat_inputs[] = {
    {"conditional_batch_norm", 1, 2, false}, {"constant", 0, 0, false}, {"gaussian_sample", 1, 0, true}};
enum { FLAT_INPUTS = sizeof(flat_inputs) / sizeof(flat_inputs[0]) };

bool layer_case_is_flat(const harness *h, int input)
{
    for (size_t i = 0; i < FLAT_INPUTS; i++) {
        if (input != flat_inputs[i].input || strcmp(flat_inputs[i].type, h->layer->ops->type) != 0) continue;
        if (!h->pass.training || !flat_inputs[i].in_sampling) return true;
    }
    return false;
}

void layer_case_create(harness *h, const layer_case *test)
{
    harness_create(h, context, test->make(context), test->inputs, test->shapes, BATCH, MAX_BATCH);
    h->pass.training = !test->sampling;
    for (size_t i = 0; i < FLAT_INPUTS; i++) {
        if (strcmp(flat_inputs[i].type, h->layer->ops->type) != 0 || flat_inputs[i].classes == 0) continue;
        const harness_array numbers = h->x[flat_inputs[i].input];
        for (int64_t k = 0; k < numbers.count; k++) numbers.values[k] = (gan_real)(k % flat_inputs[i].classes);
    }
}

/* Every kind of layer has a case, except these. */
static const char *const others[] = {
    "input",             /* which the session fills */
    "one_hot",           /* whose output cannot change continuously: test_class_numbers.c */
    "embedding",         /* whose input cannot change continuously: test_class_numbers.c */
    "gradient_reversal", /* whose gradient is not its derivative: test_gradient_reversal.c */
};

static void test_every_kind(void **state)
{
    int kinds;
    const gan_layer_ops *const *list = gan_layer_kinds(&kinds);
    (void)state;
    for (int k = 0; k < kinds; k++) {
        int found = 0;
        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) found += !strcmp(others[i], list[k]->type);
        for (int i = 0; i < CASES; i++) {
            gan_layer *layer = cases[i].make(context);
            assert_non_null(layer);
            found += layer->ops == list[k];
            gan_layer_destroy(layer);
        }
        if (found == 0) fail_msg("no case has the layer %s", list[k]->type);
    }
}

int layer_cases_run(const layer_test *tests, size_t count)
{
    static struct CMUnitTest all[CASES * MOST_TESTS + 1];
    static char names[CASES * MOST_TESTS][128];
    if (count > MOST_TESTS) return -1;
    for (size_t i = 0; i < CASES * count; i++) {
        const layer_case *test = &cases[i / count];
        snprintf(names[i], sizeof(names[i]), "%s: %s", test->name, tests[i % count].name);
        all[i] = (struct CMUnitTest){names[i], tests[i % count].run, NULL, NULL, (void *)(uintptr_t)test};
    }
    all[CASES * count] = (struct CMUnitTest){"every kind has a case", test_every_kind, NULL, NULL, NULL};
    return _cmocka_run_group_tests("layers", all, CASES * count + 1, setup, teardown);
}
