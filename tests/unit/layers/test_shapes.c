/* Inferred shapes against the formulas of TensorFlow ('same') and PyTorch, and rejected graphs. */
#include "harness.h"
#include "layers/shared.h"

#include <string.h>

/* ---- Convolutions: one side ------------------------------------------------------------------------------------ */

typedef struct side {
    int64_t input, kernel, stride, dilation;
    gan_padding padding;
    int64_t before, after; /* pads: given if explicit, else expected */
    int64_t output_padding;
    int64_t output;
} side;

static gan_conv_transpose2d_options options_of(const side *row, const side *column)
{
    gan_conv_transpose2d_options options = {.kernel = {row->kernel, column->kernel},
                                            .stride = {row->stride, column->stride},
                                            .padding = row->padding,
                                            .output_padding = {row->output_padding, column->output_padding},
                                            .dilation = {row->dilation, column->dilation}};
    if (row->padding == GAN_PADDING_EXPLICIT) {
        const int64_t pads[4] = {row->before, row->after, column->before, column->after};
        memcpy(options.pads, pads, sizeof(pads));
    }
    return options;
}

static void check_sides(const side *row, const side *column, const int64_t output[2], const int64_t pads[4])
{
    assert_int_equal(output[0], row->output);
    assert_int_equal(output[1], column->output);
    assert_int_equal(pads[0], row->before);
    assert_int_equal(pads[1], row->after);
    assert_int_equal(pads[2], column->before);
    assert_int_equal(pads[3], column->after);
}

/* Every pair of sides with the same padding, as rows and columns. */
static void test_convolution_sides(void **state)
{
    static const side sides[] = {
        {28, 5, 2, 1, GAN_PADDING_SAME, 1, 2, 0, 14},     {14, 5, 2, 1, GAN_PADDING_SAME, 1, 2, 0, 7},
        {7, 5, 2, 1, GAN_PADDING_SAME, 2, 2, 0, 4},       {5, 3, 1, 1, GAN_PADDING_SAME, 1, 1, 0, 5},
        {5, 4, 1, 1, GAN_PADDING_SAME, 1, 2, 0, 5},       {6, 2, 3, 1, GAN_PADDING_SAME, 0, 0, 0, 2},
        {1, 3, 2, 1, GAN_PADDING_SAME, 1, 1, 0, 1},       {10, 1, 4, 1, GAN_PADDING_SAME, 0, 0, 0, 3},
        {4, 7, 4, 1, GAN_PADDING_SAME, 1, 2, 0, 1},       {2, 9, 1, 1, GAN_PADDING_SAME, 4, 4, 0, 2},
        {28, 5, 1, 1, GAN_PADDING_VALID, 0, 0, 0, 24},    {28, 5, 2, 1, GAN_PADDING_VALID, 0, 0, 0, 12},
        {5, 5, 3, 1, GAN_PADDING_VALID, 0, 0, 0, 1},      {6, 2, 4, 1, GAN_PADDING_VALID, 0, 0, 0, 2},
        {28, 4, 2, 1, GAN_PADDING_EXPLICIT, 1, 1, 0, 14}, {7, 3, 2, 1, GAN_PADDING_EXPLICIT, 2, 0, 0, 4},
        {1, 3, 1, 1, GAN_PADDING_EXPLICIT, 0, 2, 0, 1},   {64, 4, 2, 1, GAN_PADDING_EXPLICIT, 1, 1, 0, 32},
        {28, 3, 1, 2, GAN_PADDING_SAME, 2, 2, 0, 28},     {7, 4, 2, 3, GAN_PADDING_SAME, 4, 5, 0, 4},
        {9, 3, 2, 4, GAN_PADDING_VALID, 0, 0, 0, 1},      {5, 1, 2, 9, GAN_PADDING_VALID, 0, 0, 0, 3},
        {10, 3, 1, 2, GAN_PADDING_EXPLICIT, 4, 0, 0, 10},
    };
    enum { SIDES = sizeof(sides) / sizeof(sides[0]) };
    (void)state;
    for (int i = 0; i < SIDES; i++) {
        for (int j = 0; j < SIDES; j++) {
            if (sides[i].padding != sides[j].padding) continue;
            const gan_conv_transpose2d_options options = options_of(&sides[i], &sides[j]);
            int64_t output[2], pads[4];
            assert_int_equal(
                gan_window_convolve(&options, GAN_SHAPE(3, sides[i].input, sides[j].input), output, pads), GAN_OK);
            check_sides(&sides[i], &sides[j], output, pads);
        }
    }
}

static void test_transpose_sides(void **state)
{
    static const side sides[] = {
        {7, 5, 2, 1, GAN_PADDING_SAME, 1, 2, 0, 14},     {7, 4, 2, 1, GAN_PADDING_SAME, 1, 1, 0, 14},
        {7, 3, 1, 1, GAN_PADDING_SAME, 1, 1, 0, 7},      {2, 2, 3, 1, GAN_PADDING_SAME, 0, 0, 0, 6},
        {1, 3, 2, 1, GAN_PADDING_SAME, 0, 1, 0, 2},      {4, 4, 2, 1, GAN_PADDING_VALID, 0, 0, 0, 10},
        {1, 4, 1, 1, GAN_PADDING_VALID, 0, 0, 0, 4},     {3, 3, 3, 1, GAN_PADDING_VALID, 0, 0, 2, 11},
        {3, 2, 3, 1, GAN_PADDING_VALID, 0, 0, 0, 8},     {4, 4, 2, 1, GAN_PADDING_EXPLICIT, 1, 1, 0, 8},
        {7, 5, 2, 1, GAN_PADDING_EXPLICIT, 2, 2, 1, 14}, {32, 4, 2, 1, GAN_PADDING_EXPLICIT, 1, 1, 0, 64},
        {5, 3, 1, 1, GAN_PADDING_EXPLICIT, 2, 0, 0, 5},  {7, 3, 2, 2, GAN_PADDING_SAME, 1, 2, 0, 14},
        {4, 3, 2, 3, GAN_PADDING_VALID, 0, 0, 1, 14},    {5, 3, 2, 2, GAN_PADDING_EXPLICIT, 4, 2, 1, 8},
    };
    enum { SIDES = sizeof(sides) / sizeof(sides[0]) };
    (void)state;
    for (int i = 0; i < SIDES; i++) {
        for (int j = 0; j < SIDES; j++) {
            if (sides[i].padding != sides[j].padding) continue;
            const gan_conv_transpose2d_options options = options_of(&sides[i], &sides[j]);
            int64_t output[2], pads[4];
            assert_int_equal(
                gan_window_transpose(&options, GAN_SHAPE(3, sides[i].input, sides[j].input), output, pads), GAN_OK);
            check_sides(&sides[i], &sides[j], output, pads);
        }
    }
}

/* ---- Output shapes and tensors --------------------------------------------------------------------------------- */

typedef struct tensor_expectation {
    const char *name;
    gan_tensor_kind kind;
    gan_shape shape;
    int64_t channels, pixels;
    int64_t fan_in, fan_out;
} tensor_expectation;

static void check_plan(gan_layer *layer, gan_shape input, gan_shape output, int count,
                       const tensor_expectation *tensors)
{
    gan_layer_plan plan;
    char text[GAN_SHAPE_TEXT];
    assert_non_null(layer);
    if (harness_infer(layer, input, &plan) != GAN_OK) fail_msg("%s: %s", layer->ops->type, gan_last_error());
    if (!gan_shape_equal(plan.output, output))
        fail_msg("%s gives %s", layer->ops->type, gan_shape_text(plan.output, text));
    assert_int_equal(plan.tensor_count, count);
    for (int i = 0; i < count; i++) {
        assert_string_equal(plan.tensors[i].name, tensors[i].name);
        assert_int_equal(plan.tensors[i].kind, tensors[i].kind);
        assert_true(gan_shape_equal(plan.tensors[i].shape, tensors[i].shape));
        assert_int_equal(plan.tensors[i].channels, tensors[i].channels);
        assert_int_equal(plan.tensors[i].pixels, tensors[i].pixels);
        assert_int_equal(plan.tensors[i].fan_in, tensors[i].fan_in);
        assert_int_equal(plan.tensors[i].fan_out, tensors[i].fan_out);
        assert_true(plan.tensors[i].initializer.kind != GAN_INITIALIZER_DEFAULT);
    }
    gan_layer_destroy(layer);
}

static void test_tensors(void **state)
{
    gan_context *context = *state;
    check_plan(gan_layer_dense(context, 7, NULL), GAN_SHAPE(5), GAN_SHAPE(7), 2,
               (tensor_expectation[]){{"weight", GAN_TENSOR_PARAMETER, GAN_SHAPE(7, 5), 0, 0, 5, 7},
                                      {"bias", GAN_TENSOR_PARAMETER, GAN_SHAPE(7), 0, 0, 5, 7}});
    check_plan(gan_layer_dense(context, 7, GAN_DENSE(.no_bias = true)), GAN_SHAPE(5), GAN_SHAPE(7), 1,
               (tensor_expectation[]){{"weight", GAN_TENSOR_PARAMETER, GAN_SHAPE(7, 5), 0, 0, 5, 7}});
    check_plan(
        gan_layer_conv2d(context, 64, GAN_CONV2D(.kernel = {5, 3}, .stride = {2, 2}, .padding = GAN_PADDING_SAME)),
        GAN_SHAPE(3, 28, 27), GAN_SHAPE(64, 14, 14), 2,
        (tensor_expectation[]){{"weight", GAN_TENSOR_PARAMETER, GAN_SHAPE(64, 3, 5, 3), 3, 15, 45, 960},
                               {"bias", GAN_TENSOR_PARAMETER, GAN_SHAPE(64), 0, 0, 45, 960}});
    check_plan(
        gan_layer_conv_transpose2d(
            context, 64, GAN_CONV_TRANSPOSE2D(.kernel = {5, 3}, .stride = {2, 1}, .padding = GAN_PADDING_SAME)),
        GAN_SHAPE(3, 7, 9), GAN_SHAPE(64, 14, 9), 2,
        (tensor_expectation[]){{"weight", GAN_TENSOR_PARAMETER, GAN_SHAPE(3, 64, 5, 3), 64, 15, 960, 45},
                               {"bias", GAN_TENSOR_PARAMETER, GAN_SHAPE(64), 0, 0, 960, 45}});
    check_plan(gan_layer_conv2d(context, 7, GAN_CONV2D(.kernel = {2, 3}, .spectral_norm = true)), GAN_SHAPE(5, 4, 4),
               GAN_SHAPE(7, 3, 2), 5,
               (tensor_expectation[]){{"weight", GAN_TENSOR_PARAMETER, GAN_SHAPE(7, 5, 2, 3), 5, 6, 30, 42},
                                      {"bias", GAN_TENSOR_PARAMETER, GAN_SHAPE(7), 0, 0, 30, 42},
                                      {"weight_u", GAN_TENSOR_BUFFER, GAN_SHAPE(7), 0, 0, 7, 7},
                                      {"weight_v", GAN_TENSOR_BUFFER, GAN_SHAPE(30), 5, 6, 30, 30},
                                      {"weight_sigma", GAN_TENSOR_BUFFER, GAN_SHAPE(1), 0, 0, 1, 1}});
    check_plan(gan_layer_conv_transpose2d(
                   context, 7, GAN_CONV_TRANSPOSE2D(.kernel = {2, 3}, .no_bias = true, .spectral_norm = true)),
               GAN_SHAPE(5, 4, 4), GAN_SHAPE(7, 5, 6), 4,
               (tensor_expectation[]){{"weight", GAN_TENSOR_PARAMETER, GAN_SHAPE(5, 7, 2, 3), 7, 6, 42, 30},
                                      {"weight_u", GAN_TENSOR_BUFFER, GAN_SHAPE(7), 0, 0, 7, 7},
                                      {"weight_v", GAN_TENSOR_BUFFER, GAN_SHAPE(30), 0, 0, 30, 30},
                                      {"weight_sigma", GAN_TENSOR_BUFFER, GAN_SHAPE(1), 0, 0, 1, 1}});
    check_plan(gan_layer_conv2d(context, 6, GAN_CONV2D(.dilation = {2, 1}, .groups = 2, .spectral_norm = true)),
               GAN_SHAPE(4, 5, 4), GAN_SHAPE(6, 1, 2), 5,
               (tensor_expectation[]){{"weight", GAN_TENSOR_PARAMETER, GAN_SHAPE(6, 2, 3, 3), 2, 9, 18, 54},
                                      {"bias", GAN_TENSOR_PARAMETER, GAN_SHAPE(6), 0, 0, 18, 54},
                                      {"weight_u", GAN_TENSOR_BUFFER, GAN_SHAPE(6), 0, 0, 6, 6},
                                      {"weight_v", GAN_TENSOR_BUFFER, GAN_SHAPE(18), 2, 9, 18, 18},
                                      {"weight_sigma", GAN_TENSOR_BUFFER, GAN_SHAPE(1), 0, 0, 1, 1}});
    check_plan(gan_layer_conv_transpose2d(
                   context, 6,
                   GAN_CONV_TRANSPOSE2D(.kernel = {2, 3}, .dilation = {1, 2}, .groups = 2, .spectral_norm = true)),
               GAN_SHAPE(4, 5, 4), GAN_SHAPE(6, 6, 8), 5,
               (tensor_expectation[]){{"weight", GAN_TENSOR_PARAMETER, GAN_SHAPE(4, 3, 2, 3), 3, 6, 18, 24},
                                      {"bias", GAN_TENSOR_PARAMETER, GAN_SHAPE(6), 0, 0, 18, 24},
                                      {"weight_u", GAN_TENSOR_BUFFER, GAN_SHAPE(3), 0, 0, 3, 3},
                                      {"weight_v", GAN_TENSOR_BUFFER, GAN_SHAPE(24), 0, 0, 24, 24},
                                      {"weight_sigma", GAN_TENSOR_BUFFER, GAN_SHAPE(1), 0, 0, 1, 1}});
    check_plan(gan_layer_embedding(context, 10, 7, NULL), GAN_SHAPE(1), GAN_SHAPE(7), 1,
               (tensor_expectation[]){{"weight", GAN_TENSOR_PARAMETER, GAN_SHAPE(10, 7), 0, 0, 7, 10}});
    check_plan(gan_layer_batch_norm(context, NULL), GAN_SHAPE(6, 2, 3), GAN_SHAPE(6, 2, 3), 4,
               (tensor_expectation[]){{"weight", GAN_TENSOR_PARAMETER, GAN_SHAPE(6), 0, 0, 6, 6},
                                      {"bias", GAN_TENSOR_PARAMETER, GAN_SHAPE(6), 0, 0, 6, 6},
                                      {"running_mean", GAN_TENSOR_BUFFER, GAN_SHAPE(6), 0, 0, 6, 6},
                                      {"running_var", GAN_TENSOR_BUFFER, GAN_SHAPE(6), 0, 0, 6, 6}});
    check_plan(gan_layer_constant(context, GAN_SHAPE(6, 2, 3), NULL), GAN_SHAPE(5), GAN_SHAPE(6, 2, 3), 1,
               (tensor_expectation[]){{"weight", GAN_TENSOR_PARAMETER, GAN_SHAPE(6, 2, 3), 6, 6, 36, 36}});
    check_plan(gan_layer_layer_norm(context, NULL), GAN_SHAPE(6, 2, 3), GAN_SHAPE(6, 2, 3), 2,
               (tensor_expectation[]){{"weight", GAN_TENSOR_PARAMETER, GAN_SHAPE(6, 2, 3), 6, 6, 36, 36},
                                      {"bias", GAN_TENSOR_PARAMETER, GAN_SHAPE(6, 2, 3), 6, 6, 36, 36}});
    check_plan(gan_layer_group_norm(context, 3, NULL), GAN_SHAPE(6, 2, 3), GAN_SHAPE(6, 2, 3), 2,
               (tensor_expectation[]){{"weight", GAN_TENSOR_PARAMETER, GAN_SHAPE(6), 0, 0, 6, 6},
                                      {"bias", GAN_TENSOR_PARAMETER, GAN_SHAPE(6), 0, 0, 6, 6}});
}

static void test_shapes(void **state)
{
    gan_context *context = *state;
    check_plan(gan_layer_flatten(context), GAN_SHAPE(3, 4, 5), GAN_SHAPE(60), 0, NULL);
    check_plan(gan_layer_flatten(context), GAN_SHAPE(60), GAN_SHAPE(60), 0, NULL);
    check_plan(gan_layer_reshape(context, GAN_SHAPE(5, 4, 3)), GAN_SHAPE(60), GAN_SHAPE(5, 4, 3), 0, NULL);
    check_plan(gan_layer_slice(context, NULL), GAN_SHAPE(3, 4), GAN_SHAPE(3, 4), 0, NULL);
    check_plan(gan_layer_slice(context, GAN_SLICE(.start = 1, .length = 2)), GAN_SHAPE(3), GAN_SHAPE(2), 0, NULL);
    check_plan(gan_layer_slice(context, GAN_SLICE(.start = 4, .axis = 2)), GAN_SHAPE(3, 4, 5), GAN_SHAPE(3, 4, 1), 0,
               NULL);
    check_plan(gan_layer_one_hot(context, 10), GAN_SHAPE(1), GAN_SHAPE(10), 0, NULL);
    check_plan(gan_layer_leaky_relu(context, NULL), GAN_SHAPE(3, 4), GAN_SHAPE(3, 4), 0, NULL);
    check_plan(gan_layer_softplus(context), GAN_SHAPE(3, 4, 5), GAN_SHAPE(3, 4, 5), 0, NULL);
    check_plan(gan_layer_dropout(context, NULL), GAN_SHAPE(3, 4, 5), GAN_SHAPE(3, 4, 5), 0, NULL);
    check_plan(gan_layer_gaussian_noise(context, GAN_GAUSSIAN_NOISE(.deviation = 0.5f)), GAN_SHAPE(3, 4),
               GAN_SHAPE(3, 4), 0, NULL);
    check_plan(gan_layer_upsample2d(context, NULL), GAN_SHAPE(3, 4, 5), GAN_SHAPE(3, 8, 10), 0, NULL);
    check_plan(gan_layer_upsample2d(context, GAN_UPSAMPLE2D(.factor = {1, 7})), GAN_SHAPE(3, 4, 5),
               GAN_SHAPE(3, 4, 35), 0, NULL);
    check_plan(gan_layer_avg_pool2d(context, NULL), GAN_SHAPE(3, 4, 5), GAN_SHAPE(3, 2, 2), 0, NULL);
    check_plan(gan_layer_avg_pool2d(context, GAN_AVG_POOL2D(.kernel = {3, 1}, .stride = {2, 3})), GAN_SHAPE(3, 8, 8),
               GAN_SHAPE(3, 3, 3), 0, NULL);
    check_plan(gan_layer_pad2d(context, NULL), GAN_SHAPE(3, 4, 5), GAN_SHAPE(3, 4, 5), 0, NULL);
    check_plan(gan_layer_pad2d(context, GAN_PAD2D(.pads = {1, 2, 3, 4}, .mode = GAN_PAD_REFLECTION)),
               GAN_SHAPE(3, 4, 5), GAN_SHAPE(3, 7, 12), 0, NULL);
    check_plan(gan_layer_pixel_shuffle(context, 3), GAN_SHAPE(18, 4, 5), GAN_SHAPE(2, 12, 15), 0, NULL);

    check_plan(gan_layer_pixel_norm(context, NULL), GAN_SHAPE(3, 4, 5), GAN_SHAPE(3, 4, 5), 0, NULL);
    check_plan(gan_layer_softmax(context), GAN_SHAPE(3, 4, 5), GAN_SHAPE(3, 4, 5), 0, NULL);
    check_plan(gan_layer_softmax(context), GAN_SHAPE(3), GAN_SHAPE(3), 0, NULL);
    check_plan(gan_layer_minibatch_stddev(context, NULL), GAN_SHAPE(3, 4, 5), GAN_SHAPE(4, 4, 5), 0, NULL);
    check_plan(gan_layer_minibatch_stddev(context, GAN_MINIBATCH_STDDEV(.group = 8)), GAN_SHAPE(3), GAN_SHAPE(4), 0,
               NULL);

    gan_layer *input = gan_layer_input(context, GAN_SHAPE(3, 4, 5));
    gan_layer_plan plan = {0};
    assert_int_equal(input->ops->infer(input, context, NULL, 0, 1, &plan), GAN_OK);
    assert_true(gan_shape_equal(plan.output, GAN_SHAPE(3, 4, 5)));
    gan_layer_destroy(input);

    gan_layer *concat = gan_layer_concat(context, GAN_CONCAT(.axis = 1));
    const gan_shape inputs[] = {GAN_SHAPE(3, 4, 5), GAN_SHAPE(3, 1, 5), GAN_SHAPE(3, 2, 5)};
    assert_int_equal(concat->ops->infer(concat, context, inputs, 3, 1, &plan), GAN_OK);
    assert_true(gan_shape_equal(plan.output, GAN_SHAPE(3, 7, 5)));
    gan_layer_destroy(concat);
}

/* ---- What does not fit ----------------------------------------------------------------------------------------- */

static void refused_batch(gan_layer *layer, int count, const gan_shape *inputs, int64_t batch, gan_status status,
                          const char *words)
{
    gan_layer_plan plan = {0};
    assert_non_null(layer);
    gan_status actual = layer->ops->infer(layer, layer->context, inputs, count, batch, &plan);
    if (actual != status || !strstr(gan_last_error(), words)) {
        fail_msg("expected %s with \"%s\", but got %s with \"%s\"", gan_status_name(status), words,
                 gan_status_name(actual), gan_last_error());
    }
    gan_layer_destroy(layer);
}

static void refused(gan_layer *layer, gan_shape input, gan_status status, const char *words)
{
    refused_batch(layer, 1, &input, 1, status, words);
}

static void test_refused(void **state)
{
    gan_context *context = *state;
    refused(gan_layer_dense(context, 7, NULL), GAN_SHAPE(1, 28, 28), GAN_ERROR_SHAPE,
            "input is (1, 28, 28), expected rank 1");
    refused(gan_layer_conv2d(context, 7, NULL), GAN_SHAPE(784), GAN_ERROR_SHAPE, "input is (784), expected an image");
    refused(gan_layer_conv2d(context, 7, GAN_CONV2D(.kernel = {5, 3})), GAN_SHAPE(2, 4, 9), GAN_ERROR_SHAPE,
            "input (2, 4, 9), padded to (4, 9), is smaller than the kernel (5, 3)");
    refused(gan_layer_conv2d(context, 7,
                             GAN_CONV2D(.kernel = {3, 7}, .padding = GAN_PADDING_EXPLICIT, .pads = {1, 1, 2, 2})),
            GAN_SHAPE(2, 2, 2), GAN_ERROR_SHAPE, "padded to (4, 6), is smaller than the kernel (3, 7)");
    refused(gan_layer_conv_transpose2d(context, 7, NULL), GAN_SHAPE(7, 7), GAN_ERROR_SHAPE,
            "input is (7, 7), expected an image");
    refused(gan_layer_conv_transpose2d(context, 7,
                                       GAN_CONV_TRANSPOSE2D(.padding = GAN_PADDING_EXPLICIT, .pads = {0, 0, 2, 1})),
            GAN_SHAPE(5, 1, 1), GAN_ERROR_SHAPE,
            "pads crop all output columns for input (5, 1, 1) with kernel (3, 3)");
    refused(gan_layer_conv2d(context, 7, GAN_CONV2D(.dilation = {1, 3})), GAN_SHAPE(2, 6, 6), GAN_ERROR_SHAPE,
            "padded to (6, 6), is smaller than the dilated kernel (3, 7)");
    refused(
        gan_layer_conv_transpose2d(
            context, 7, GAN_CONV_TRANSPOSE2D(.padding = GAN_PADDING_EXPLICIT, .pads = {4, 1}, .dilation = {2, 1})),
        GAN_SHAPE(5, 1, 1), GAN_ERROR_SHAPE,
        "pads crop all output rows for input (5, 1, 1) with dilated kernel (5, 3)");
    refused(gan_layer_conv2d(context, 6, GAN_CONV2D(.groups = 3)), GAN_SHAPE(4, 5, 5), GAN_ERROR_SHAPE,
            "input is (4, 5, 5), whose 4 channels cannot be divided into 3 groups");
    refused(gan_layer_conv_transpose2d(context, 6, GAN_CONV_TRANSPOSE2D(.groups = 2)), GAN_SHAPE(3, 5, 5),
            GAN_ERROR_SHAPE, "input is (3, 5, 5), whose 3 channels cannot be divided into 2 groups");
    refused(gan_layer_upsample2d(context, NULL), GAN_SHAPE(7, 7), GAN_ERROR_SHAPE,
            "input is (7, 7), expected an image");
    refused(gan_layer_avg_pool2d(context, NULL), GAN_SHAPE(7), GAN_ERROR_SHAPE, "input is (7), expected an image");
    refused(gan_layer_avg_pool2d(context, GAN_AVG_POOL2D(.kernel = {2, 5})), GAN_SHAPE(2, 4, 4), GAN_ERROR_SHAPE,
            "is smaller than the kernel (2, 5)");
    refused(gan_layer_pad2d(context, NULL), GAN_SHAPE(7), GAN_ERROR_SHAPE, "input is (7), expected an image");
    refused(gan_layer_pad2d(context, GAN_PAD2D(.pads = {0, 0, 4, 5}, .mode = GAN_PAD_REFLECTION)), GAN_SHAPE(2, 9, 5),
            GAN_ERROR_SHAPE, "input is (2, 9, 5), but pads[3] is 5, expected less than the width by reflection");
    refused(gan_layer_pad2d(context, GAN_PAD2D(.pads = {0, 1}, .mode = GAN_PAD_REFLECTION)), GAN_SHAPE(2, 1, 5),
            GAN_ERROR_SHAPE, "pads[1] is 1, expected less than the height");
    refused(gan_layer_pad2d(context, GAN_PAD2D(.pads = {0, 0, 0, INT32_MAX})), GAN_SHAPE(2, 9, 5), GAN_ERROR_OVERFLOW,
            "the width of the output is 2147483652");
    refused(gan_layer_pixel_shuffle(context, 2), GAN_SHAPE(16), GAN_ERROR_SHAPE, "input is (16), expected an image");
    refused(gan_layer_pixel_shuffle(context, 2), GAN_SHAPE(6, 3, 3), GAN_ERROR_SHAPE,
            "input is (6, 3, 3), expected a multiple of 2 x 2 channels");
    refused(gan_layer_pixel_shuffle(context, INT32_MAX), GAN_SHAPE(6, 3, 3), GAN_ERROR_SHAPE,
            "expected a multiple of 2147483647 x 2147483647 channels");
    refused(gan_layer_embedding(context, 10, 5, NULL), GAN_SHAPE(10), GAN_ERROR_SHAPE,
            "input is (10), expected (1), a class number");
    refused(gan_layer_embedding(context, 10, 5, NULL), GAN_SHAPE(1, 1), GAN_ERROR_SHAPE, "input is (1, 1)");
    refused(gan_layer_reshape(context, GAN_SHAPE(7, 7)), GAN_SHAPE(2, 5, 5), GAN_ERROR_SHAPE,
            "input (2, 5, 5) has 50 elements, but shape (7, 7) has 49");
    refused(gan_layer_batch_norm(context, NULL), GAN_SHAPE(3, 4), GAN_ERROR_SHAPE, "input is (3, 4)");
    refused_batch(gan_layer_conditional_batch_norm(context, 2, NULL), 2, (gan_shape[]){GAN_SHAPE(3, 4), GAN_SHAPE(1)},
                  1, GAN_ERROR_SHAPE, "input is (3, 4)");
    refused_batch(gan_layer_conditional_batch_norm(context, 2, NULL), 2, (gan_shape[]){GAN_SHAPE(3), GAN_SHAPE(2)}, 1,
                  GAN_ERROR_SHAPE, "input 1 is (2), expected (1), a class number");
    refused(gan_layer_layer_norm(context, NULL), GAN_SHAPE(1, 1), GAN_ERROR_SHAPE,
            "input is (1, 1), so 1 value would be normalised alone, expected at least 2");
    refused(gan_layer_instance_norm(context, NULL), GAN_SHAPE(8), GAN_ERROR_SHAPE, "input is (8), expected an image");
    refused(gan_layer_instance_norm(context, NULL), GAN_SHAPE(8, 1, 1), GAN_ERROR_SHAPE,
            "input is (8, 1, 1), so 1 value would be normalised alone");
    refused(gan_layer_group_norm(context, 2, NULL), GAN_SHAPE(4, 3), GAN_ERROR_SHAPE,
            "input is (4, 3), expected rank 1 or an image");
    refused(gan_layer_group_norm(context, 4, NULL), GAN_SHAPE(6, 2, 2), GAN_ERROR_SHAPE,
            "input is (6, 2, 2), whose 6 channels cannot be divided into 4 groups");
    refused(gan_layer_group_norm(context, 6, NULL), GAN_SHAPE(6), GAN_ERROR_SHAPE,
            "input is (6), so 1 value would be normalised alone");
    refused(gan_layer_pixel_norm(context, NULL), GAN_SHAPE(1, 4, 4), GAN_ERROR_SHAPE,
            "input is (1, 4, 4), so 1 value would be normalised alone");
    refused(gan_layer_pixel_norm(context, NULL), GAN_SHAPE(3, 4), GAN_ERROR_SHAPE,
            "input is (3, 4), expected rank 1");
    refused(gan_layer_softmax(context), GAN_SHAPE(3, 4), GAN_ERROR_SHAPE, "input is (3, 4), expected rank 1");
    refused(gan_layer_minibatch_stddev(context, NULL), GAN_SHAPE(3, 4, 5, 6), GAN_ERROR_SHAPE,
            "input is (3, 4, 5, 6), expected rank 1 or an image");
    refused(gan_layer_concat(context, GAN_CONCAT(.axis = 1)), GAN_SHAPE(3), GAN_ERROR_SHAPE,
            "input 0 is (3), which has no axis 1");
    refused_batch(gan_layer_concat(context, NULL), 2, (gan_shape[]){GAN_SHAPE(3, 4, 5), GAN_SHAPE(3, 4, 6)}, 1,
                  GAN_ERROR_SHAPE,
                  "input 1 is (3, 4, 6), which differs from input 0, (3, 4, 5), along more than axis 0");
    refused_batch(gan_layer_concat(context, NULL), 2, (gan_shape[]){GAN_SHAPE(3, 4), GAN_SHAPE(3)}, 1,
                  GAN_ERROR_SHAPE, "input 1 is (3)");
    refused(gan_layer_slice(context, GAN_SLICE(.axis = 1)), GAN_SHAPE(3), GAN_ERROR_SHAPE,
            "input is (3), which has no axis 1");
    refused(gan_layer_slice(context, GAN_SLICE(.start = 4, .axis = 1)), GAN_SHAPE(8, 4), GAN_ERROR_SHAPE,
            "input is (8, 4), but the slice starts at 4 along axis 1");
    refused(gan_layer_slice(context, GAN_SLICE(.start = 2, .length = 3)), GAN_SHAPE(4), GAN_ERROR_SHAPE,
            "input is (4), but the slice ends at 5 along axis 0");
    refused(gan_layer_one_hot(context, 5), GAN_SHAPE(5), GAN_ERROR_SHAPE,
            "input is (5), expected (1), a class number");
    refused_batch(gan_layer_gaussian_sample(context), 2, (gan_shape[]){GAN_SHAPE(3, 4), GAN_SHAPE(4, 3)}, 1,
                  GAN_ERROR_SHAPE, "input 1 is (4, 3), but input 0 is (3, 4)");
    refused_batch(gan_layer_inner_product(context), 2, (gan_shape[]){GAN_SHAPE(3, 4), GAN_SHAPE(12)}, 1,
                  GAN_ERROR_SHAPE, "input 1 is (12), but input 0 is (3, 4)");
    refused_batch(gan_layer_add(context), 3, (gan_shape[]){GAN_SHAPE(3, 4), GAN_SHAPE(3, 4), GAN_SHAPE(4, 3)}, 1,
                  GAN_ERROR_SHAPE, "input 2 is (4, 3), but input 0 is (3, 4)");
}

static void test_overflow(void **state)
{
    gan_context *context = *state;
    const int64_t large = (int64_t)1 << 40;
    refused(gan_layer_dense(context, 7, NULL), GAN_SHAPE(large), GAN_ERROR_OVERFLOW, "1099511627776");
    refused_batch(gan_layer_dense(context, 7, NULL), 1, &GAN_SHAPE(3), large, GAN_ERROR_OVERFLOW, "batch");
    refused(gan_layer_conv2d(context, 7, NULL), GAN_SHAPE(1, large, 3), GAN_ERROR_OVERFLOW, "1099511627776");
    refused(gan_layer_conv2d(context, 7, GAN_CONV2D(.kernel = {1, 1})), GAN_SHAPE(1, 65536, 65536),
            GAN_ERROR_OVERFLOW, "pixels");
    refused(gan_layer_conv2d(context, INT32_MAX, GAN_CONV2D(.kernel = {65536, 65536}, .padding = GAN_PADDING_SAME)),
            GAN_SHAPE(1, 2, 2), GAN_ERROR_OVERFLOW, "values under the kernel");
    refused(gan_layer_conv2d(context, INT32_MAX,
                             GAN_CONV2D(.kernel = {INT32_MAX, INT32_MAX}, .padding = GAN_PADDING_SAME)),
            GAN_SHAPE(1, 2, 2), GAN_ERROR_OVERFLOW, "weight");
    refused_batch(gan_layer_conv2d(context, 2, NULL), 1, &GAN_SHAPE(1, 3, 3), INT64_MAX / 2, GAN_ERROR_OVERFLOW,
                  "image");
    refused(gan_layer_conv_transpose2d(context, 1, GAN_CONV_TRANSPOSE2D(.stride = {INT32_MAX, 1})),
            GAN_SHAPE(1, 2, 2), GAN_ERROR_OVERFLOW, "the height of the output is 2147483650");
    refused(gan_layer_conv_transpose2d(context, 1,
                                       GAN_CONV_TRANSPOSE2D(.kernel = {2, 2}, .dilation = {1, INT32_MAX - 1})),
            GAN_SHAPE(1, 2, 2), GAN_ERROR_OVERFLOW, "the width of the output is 2147483648");
    refused(gan_layer_upsample2d(context, GAN_UPSAMPLE2D(.factor = {1, INT32_MAX})), GAN_SHAPE(1, 2, 2),
            GAN_ERROR_OVERFLOW, "the width of the output is 4294967294");
    refused(gan_layer_upsample2d(context, GAN_UPSAMPLE2D(.factor = {INT32_MAX, INT32_MAX})), GAN_SHAPE(4, 1, 1),
            GAN_ERROR_OVERFLOW, "output");
    refused_batch(gan_layer_reshape(context, GAN_SHAPE(3, 2, 2)), 1, &GAN_SHAPE(2, 3, 2), INT64_MAX / 2,
                  GAN_ERROR_OVERFLOW, "input");
    refused_batch(gan_layer_batch_norm(context, NULL), 1, &GAN_SHAPE(3, 2, 2), INT64_MAX / 12, GAN_ERROR_OVERFLOW,
                  "input");
    refused_batch(gan_layer_constant(context, GAN_SHAPE(3, 2, 2), NULL), 1, &GAN_SHAPE(1), INT64_MAX / 12,
                  GAN_ERROR_OVERFLOW, "output");
    refused_batch(gan_layer_conditional_batch_norm(context, 2, NULL), 2,
                  (gan_shape[]){GAN_SHAPE(3, 2, 2), GAN_SHAPE(1)}, INT64_MAX / 24, GAN_ERROR_OVERFLOW, "input");
    refused_batch(gan_layer_layer_norm(context, NULL), 1, &GAN_SHAPE(3, 2, 2), INT64_MAX / 12, GAN_ERROR_OVERFLOW,
                  "input");
    refused_batch(gan_layer_group_norm(context, 1, NULL), 1, &GAN_SHAPE(INT64_MAX / 16), 8, GAN_ERROR_OVERFLOW,
                  "gradients of input");
    refused_batch(gan_layer_pixel_norm(context, NULL), 1, &GAN_SHAPE(3, 2, 2), INT64_MAX / 11, GAN_ERROR_OVERFLOW,
                  "input");
    refused_batch(gan_layer_minibatch_stddev(context, GAN_MINIBATCH_STDDEV(.group = 2)), 1, &GAN_SHAPE(3, 2, 2),
                  INT64_MAX / 30, GAN_ERROR_OVERFLOW, "input");
    refused_batch(gan_layer_concat(context, NULL), 2, (gan_shape[]){GAN_SHAPE(INT64_MAX), GAN_SHAPE(1)}, 1,
                  GAN_ERROR_OVERFLOW, "along axis 0");
    refused_batch(gan_layer_concat(context, NULL), 2, (gan_shape[]){GAN_SHAPE(INT64_MAX / 2, 2), GAN_SHAPE(1, 2)}, 1,
                  GAN_ERROR_OVERFLOW, "output");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convolution_sides),
        cmocka_unit_test(test_transpose_sides),
        cmocka_unit_test_setup_teardown(test_tensors, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_shapes, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_refused, harness_setup, harness_teardown),
        cmocka_unit_test_setup_teardown(test_overflow, harness_setup, harness_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
