/* Layers that exporters write as several operators, and operators that are several layers. */
#include "load.h"
#include "support/files.h"
#include "support/models.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* One query, two keys and values of one channel each: weights 1 / (1 + e^-d) of the second for scores that differ by
 * d. */
static float attended(float score_1, float score_2, float value_1, float value_2)
{
    const float second = 1.0f / (1.0f + expf(score_1 - score_2));
    return value_1 + second * (value_2 - value_1);
}

/* x (2, 2) as rows: softmax(x x^T / 2) x. */
static void test_attention_by_rows(void **state)
{
    const float x[4] = {1, 2, -1, 3};
    float y[4];

    (void)state;
    for (int i = 0; i < 2; i++) {
        const float *q = x + 2 * i;
        const float first = (q[0] * x[0] + q[1] * x[1]) / 2, second = (q[0] * x[2] + q[1] * x[3]) / 2;
        for (int c = 0; c < 2; c++) y[2 * i + c] = attended(first, second, x[c], x[2 + c]);
    }
    for (int form = 0; form < 2; form++) {
        begin(TEST_DIMS(0, 2, 2));
        test_onnx_node(&graph, "Transpose", "x", "t", "perm=0,2,1");
        test_onnx_node(&graph, "MatMul", "x t", "s", "");
        test_onnx_node(&graph, form == 0 ? "Div" : "Mul", form == 0 ? "s two" : "half s", "scaled", "");
        test_onnx_node(&graph, "Softmax", "scaled", "p", "axis=-1");
        test_onnx_node(&graph, "MatMul", "p x", "y", "");
        test_onnx_floats(&graph, form == 0 ? "two" : "half", TEST_DIMS(1),
                         form == 0 ? (float[]){2} : (float[]){0.5f});
        check(17, x, y, 4);
    }
}

/* The same by channels, of images; the graph turns the result of the second form back. */
static void test_attention_by_channels(void **state)
{
    const float x[4] = {1, -1, 2, 3}; /* two channels of two pixels */
    float y[4];

    (void)state;
    for (int i = 0; i < 2; i++) {
        const float first = x[i] * x[0] + x[2 + i] * x[2], second = x[i] * x[1] + x[2 + i] * x[3];
        for (int c = 0; c < 2; c++) y[2 * c + i] = attended(first, second, x[2 * c], x[2 * c + 1]);
    }
    for (int form = 0; form < 2; form++) {
        begin(TEST_DIMS(0, 2, 1, 2));
        test_onnx_node(&graph, "Reshape", "x rows", "r", "");
        test_onnx_node(&graph, "Transpose", "r", "q", "perm=0,2,1");
        test_onnx_node(&graph, "MatMul", "q r", "s", "");
        test_onnx_node(&graph, "Softmax", "s", "p", "axis=2");
        test_onnx_node(&graph, "Transpose", form == 0 ? "p" : "r", "t", "perm=0,2,1");
        test_onnx_node(&graph, "MatMul", form == 0 ? "r t" : "p t", "a", "");
        if (form == 1) test_onnx_node(&graph, "Transpose", "a", "b", "perm=0,2,1");
        test_onnx_node(&graph, "Reshape", form == 0 ? "a image" : "b image", "y", "");
        test_onnx_ints(&graph, "rows", TEST_DIMS(3), (int64_t[]){0, 2, 2});
        test_onnx_ints(&graph, "image", TEST_DIMS(4), (int64_t[]){0, 2, 1, 2});
        check(17, x, y, 4);
    }
}

/* What is no attention is refused where something reads it; two transpositions may cancel. */
static void test_transposes(void **state)
{
    (void)state;
    begin(TEST_DIMS(0, 2, 2));
    test_onnx_node(&graph, "Transpose", "x", "t", "perm=0,2,1");
    test_onnx_node(&graph, "Relu", "t", "y", "");
    refuse(17, GAN_ERROR_UNSUPPORTED, "has moved values within samples");
    begin(TEST_DIMS(0, 2, 2));
    test_onnx_node(&graph, "Transpose", "x", "t", "perm=0,2,1");
    test_onnx_node(&graph, "MatMul", "x t", "s", "");
    test_onnx_node(&graph, "Softmax", "s", "p", "axis=1");
    test_onnx_node(&graph, "MatMul", "p x", "y", "");
    refuse(17, GAN_ERROR_UNSUPPORTED, "'y' is computed by node 'n' (MatMul)");
    begin(TEST_DIMS(0, 1, 2, 3));
    test_onnx_node(&graph, "Transpose", "x", "t", "perm=0,2,3,1");
    test_onnx_node(&graph, "Transpose", "t", "u", "perm=0,3,1,2");
    test_onnx_node(&graph, "Relu", "u", "y", "");
    check(17, (float[]){-1, 2, 3, 4, 5, 6}, (float[]){0, 2, 3, 4, 5, 6}, 6);
}

/* Of one sample the deviation is sqrt(1e-8). */
static void test_minibatch_stddev(void **state)
{
    (void)state;
    for (int form = 0; form < 2; form++) {
        begin(TEST_DIMS(0, 1, 1, 2));
        test_onnx_node(&graph, "Shape", "x", "shape", "");
        test_onnx_node(&graph, "ReduceMean", "x zero", "m", "");
        test_onnx_node(&graph, "Sub", "x m", "d", "");
        test_onnx_node(&graph, "Mul", "d d", "s", "");
        test_onnx_node(&graph, "ReduceMean", form == 0 ? "s zero" : "s last", "v", "keepdims=0");
        test_onnx_node(&graph, "Add", "v e", "w", "");
        test_onnx_node(&graph, "Sqrt", "w", "r", "");
        test_onnx_node(&graph, "ReduceMean", "r", "mean", "keepdims=0");
        test_onnx_node(&graph, "Reshape", "mean one", "o", "");
        test_onnx_node(&graph, "Expand", "o shape", "c", "");
        test_onnx_node(&graph, "Concat", "x c", "y", "axis=1");
        test_onnx_floats(&graph, "e", TEST_DIMS(1), (float[]){1e-8f});
        test_onnx_ints(&graph, "zero", TEST_DIMS(1), (int64_t[]){0});
        test_onnx_ints(&graph, "last", TEST_DIMS(1), (int64_t[]){3});
        test_onnx_ints(&graph, "one", TEST_DIMS(4), (int64_t[]){1, 1, 1, 1});
        if (form == 0) check(18, (float[]){3, 4}, (float[]){3, 4, 1e-4f, 1e-4f}, 4);
        if (form == 1) refuse(18, GAN_ERROR_UNSUPPORTED, "(Concat): its input 'c' is computed by");
    }
}

/* The projection of features on those of a class; sums of pixels and of all. */
static void test_sums(void **state)
{
    (void)state;
    begin(TEST_DIMS(0, 2));
    test_onnx_node(&graph, "Relu", "x", "r", "");
    test_onnx_node(&graph, "Mul", "x r", "p", "");
    test_onnx_node(&graph, "ReduceSum", "p one", "y", "keepdims=1");
    test_onnx_ints(&graph, "one", TEST_DIMS(1), (int64_t[]){1});
    check(13, (float[]){2, -3}, (float[]){4}, 1);
    begin(TEST_DIMS(0, 2, 1, 3));
    test_onnx_node(&graph, "ReduceSum", "x", "y", "axes=2,3 keepdims=0");
    check(11, (float[]){1, 2, 4, 8, 16, 32}, (float[]){7, 56}, 2);
    begin(TEST_DIMS(0, 2, 1, 1));
    test_onnx_node(&graph, "ReduceSum", "x", "y", "axes=-1,-2,-3");
    check(11, (float[]){1, 2}, (float[]){3}, 1);
    begin(TEST_DIMS(0, 2, 1, 1));
    test_onnx_node(&graph, "ReduceSum", "x", "y", "axes=1");
    refuse(11, GAN_ERROR_UNSUPPORTED, "neither the pixels nor all of a sample");
}

static void test_limits(void **state)
{
    (void)state;
    begin(TEST_DIMS(0, 4));
    test_onnx_node(&graph, "Clip", "x", "y", "min=0.0 max=6.0");
    check(10, (float[]){-1, 3, 6.5f, 1e6f}, (float[]){0, 3, 6, 6}, 4);
    begin(TEST_DIMS(0, 4));
    test_onnx_node(&graph, "Clip", "x - most", "y", "");
    test_onnx_floats(&graph, "most", TEST_DIMS(1), (float[]){-0.5f});
    check(13, (float[]){-1, 3, -0.5f, -100}, (float[]){-1, -0.5f, -0.5f, -100}, 4);
    begin(TEST_DIMS(0, 4));
    test_onnx_node(&graph, "Clip", "x least most", "y", "");
    test_onnx_floats(&graph, "least", TEST_DIMS(1), (float[]){1});
    test_onnx_floats(&graph, "most", TEST_DIMS(1), (float[]){-1});
    refuse(13, GAN_ERROR_UNSUPPORTED, "its limits are 1 and -1");
    begin(TEST_DIMS(0, 4));
    test_onnx_node(&graph, "HardSigmoid", "x", "y", "alpha=0.25");
    check(13, (float[]){-3, -1, 1, 3}, (float[]){0, 0.25f, 0.75f, 1}, 4);
    begin(TEST_DIMS(0, 4));
    test_onnx_node(&graph, "HardSwish", "x", "y", "");
    check(14, (float[]){-4, -1, 1, 4}, (float[]){0, -1.0f / 3, 2.0f / 3, 4}, 4);
}

static void test_classes_as_vectors(void **state)
{
    for (int form = 0; form < 2; form++) {
        graph.size = 0;
        test_onnx_input(&graph, "x", 7, TEST_DIMS(0));
        test_onnx_output(&graph, "y");
        if (form == 0) {
            test_onnx_node(&graph, "OneHot", "x depth values", "h", "axis=-1");
        } else {
            test_onnx_node(&graph, "Unsqueeze", "x one", "u", "");
            test_onnx_node(&graph, "Equal", "u numbers", "e", "");
            test_onnx_node(&graph, "Cast", "e", "h", "to=7");
        }
        test_onnx_node(&graph, "Cast", "h", "y", "to=1");
        test_onnx_ints(&graph, "one", TEST_DIMS(1), (int64_t[]){1});
        test_onnx_ints(&graph, "depth", TEST_DIMS(1), (int64_t[]){3});
        test_onnx_ints(&graph, "values", TEST_DIMS(2), (int64_t[]){0, 1});
        test_onnx_ints(&graph, "numbers", TEST_DIMS(3), (int64_t[]){0, 1, 2});
        check(13, (float[]){1}, (float[]){0, 1, 0}, 3);
    }
    (void)state;
    begin(TEST_DIMS(0, 1));
    test_onnx_node(&graph, "Equal", "x numbers", "y", "");
    test_onnx_ints(&graph, "numbers", TEST_DIMS(2), (int64_t[]){1, 2});
    refuse(13, GAN_ERROR_UNSUPPORTED, "it is known only in PyTorch's one_hot");
}

/* A value for each channel, repeated over pixels; constants, over the batch. */
static void test_repetitions(void **state)
{
    (void)state;
    begin(TEST_DIMS(0, 2, 1, 2));
    test_onnx_node(&graph, "Shape", "x", "shape", "");
    test_onnx_node(&graph, "GlobalMaxPool", "x", "m", "");
    test_onnx_node(&graph, "Expand", "m shape", "e", "");
    test_onnx_node(&graph, "Add", "x e", "y", "");
    check(13, (float[]){1, 2, 3, 4}, (float[]){3, 4, 7, 8}, 4);
    begin(TEST_DIMS(0, 2, 1, 2));
    test_onnx_node(&graph, "GlobalMaxPool", "x", "m", "");
    test_onnx_node(&graph, "Tile", "m times", "e", "");
    test_onnx_node(&graph, "Sub", "x e", "y", "");
    test_onnx_ints(&graph, "times", TEST_DIMS(4), (int64_t[]){1, 1, 1, 2});
    check(13, (float[]){1, 2, 3, 4}, (float[]){-1, 0, -1, 0}, 4);
    begin(TEST_DIMS(0, 2));
    test_onnx_node(&graph, "Shape", "x", "batch", "end=1");
    test_onnx_node(&graph, "Concat", "batch one", "times", "axis=0");
    test_onnx_node(&graph, "Tile", "c times", "e", "");
    test_onnx_node(&graph, "Mul", "x e", "y", "");
    test_onnx_ints(&graph, "one", TEST_DIMS(1), (int64_t[]){1});
    test_onnx_floats(&graph, "c", TEST_DIMS(1, 2), (float[]){5, 6});
    check(15, (float[]){1, 2}, (float[]){5, 12}, 2);
    begin(TEST_DIMS(0, 2));
    test_onnx_node(&graph, "Tile", "x times", "y", "");
    test_onnx_ints(&graph, "times", TEST_DIMS(2), (int64_t[]){2, 1});
    refuse(13, GAN_ERROR_UNSUPPORTED, "it changes the number of samples");
}

/* Convolutions and batch normalisation of rows: those of images of a height of 1. */
static void test_rows(void **state)
{
    (void)state;
    begin(TEST_DIMS(0, 2, 3));
    test_onnx_node(&graph, "Conv", "x w b", "h", "pads=1,0");
    test_onnx_node(&graph, "BatchNormalization", "h s o m v", "y", "epsilon=0.0");
    test_onnx_floats(&graph, "w", TEST_DIMS(1, 2, 2), (float[]){1, 2, 3, 4});
    test_onnx_floats(&graph, "b", TEST_DIMS(1), (float[]){1});
    test_onnx_floats(&graph, "s", TEST_DIMS(1), (float[]){2});
    test_onnx_floats(&graph, "o", TEST_DIMS(1), (float[]){1});
    test_onnx_floats(&graph, "m", TEST_DIMS(1), (float[]){1});
    test_onnx_floats(&graph, "v", TEST_DIMS(1), (float[]){4});
    check(13, (float[]){1, 2, 3, 4, 5, 6}, (float[]){2 + 16 + 1, 1 + 4 + 12 + 20 + 1, 2 + 6 + 15 + 24 + 1}, 3);
    begin(TEST_DIMS(0, 1, 2));
    test_onnx_node(&graph, "ConvTranspose", "x w", "y", "");
    test_onnx_floats(&graph, "w", TEST_DIMS(1, 1, 2), (float[]){1, 10});
    check(13, (float[]){1, 2}, (float[]){1, 12, 20}, 3);
    begin(TEST_DIMS(0, 2));
    test_onnx_node(&graph, "ConvTranspose", "x w", "y", "");
    test_onnx_floats(&graph, "w", TEST_DIMS(1, 1, 2), (float[]){1, 10});
    refuse(13, GAN_ERROR_UNSUPPORTED, "expected (channels, width)");
}

/* ---- Pads that follow from the output, and what is made of several layers -------------------------------------- */

/* y = (1, 2) spread by 2 and summed with the kernel 1, 10, 100: 1 10 102 20 200, of which a row or column is cut. */
static void check_transposed(const char *attributes, const float *y, int64_t count)
{
    begin(TEST_DIMS(0, 1, 1, 2));
    test_onnx_node(&graph, "ConvTranspose", "x w", "y", attributes);
    test_onnx_floats(&graph, "w", TEST_DIMS(1, 1, 1, 3), (float[]){1, 10, 100});
    check(13, (float[]){1, 2}, y, count);
}

static void test_output_of_transposed(void **state)
{
    (void)state;
    check_transposed("strides=1,2", (float[]){1, 10, 102, 20, 200}, 5);
    check_transposed("strides=1,2 auto_pad='VALID' pads=0,1,0,1", (float[]){1, 10, 102, 20, 200}, 5);
    check_transposed("strides=1,2 auto_pad='SAME_UPPER'", (float[]){1, 10, 102, 20}, 4);
    check_transposed("strides=1,2 auto_pad='SAME_LOWER'", (float[]){10, 102, 20, 200}, 4);
    check_transposed("strides=1,2 output_shape=1,4", (float[]){10, 102, 20, 200}, 4);
    check_transposed("strides=1,2 output_shape=1,2 auto_pad='SAME_UPPER'", (float[]){10, 102}, 2);
    check_transposed("strides=1,2 output_shape=1,6", (float[]){1, 10, 102, 20, 200, 0}, 6);
    check_transposed("strides=1,4 auto_pad='SAME_UPPER'", (float[]){1, 10, 100, 0, 2, 20, 200, 0}, 8);
    begin(TEST_DIMS(0, 1, 2));
    test_onnx_node(&graph, "ConvTranspose", "x w", "y", "strides=2, output_shape=4,");
    test_onnx_floats(&graph, "w", TEST_DIMS(1, 1, 3), (float[]){1, 10, 100});
    check(13, (float[]){1, 2}, (float[]){10, 102, 20, 200}, 4);
    const char *const bad[] = {"strides=1,2 output_shape=1,0", "strides=1,2 output_shape=1,9999999999",
                               "strides=1,2 auto_pad='SAME_UPPER' output_padding=0,-3"};
    for (int k = 0; k < 3; k++) {
        begin(TEST_DIMS(0, 1, 1, 2));
        test_onnx_node(&graph, "ConvTranspose", "x w", "y", bad[k]);
        test_onnx_floats(&graph, "w", TEST_DIMS(1, 1, 1, 3), (float[]){1, 10, 100});
        refuse(13, GAN_ERROR_UNSUPPORTED, "its input, kernel, output_padding or output_shape has");
    }
}

static void check_pool(const char *type, const char *attributes, const float *y, int64_t count)
{
    begin(TEST_DIMS(0, 1, 1, 5));
    test_onnx_node(&graph, type, "x", "y", attributes);
    check(13, (float[]){-5, -4, -1, -3, -2}, y, count);
}

/* Pads that differ at opposite sides are never the largest. */
static void test_pads_of_pools(void **state)
{
    (void)state;
    check_pool("MaxPool", "kernel_shape=1,2 strides=1,2 auto_pad='SAME_UPPER'", (float[]){-4, -1, -2}, 3);
    check_pool("MaxPool", "kernel_shape=1,2 strides=1,2 auto_pad='SAME_LOWER'", (float[]){-5, -1, -2}, 3);
    check_pool("MaxPool", "kernel_shape=1,2 strides=1,2 auto_pad='VALID'", (float[]){-4, -1}, 2);
    check_pool("MaxPool", "kernel_shape=1,2 strides=1,2 ceil_mode=1", (float[]){-4, -1, -2}, 3);
    check_pool("MaxPool", "kernel_shape=1,3 strides=1,3 ceil_mode=1 pads=0,2,0,2", (float[]){-5, -1, -2}, 3);
    check_pool("AveragePool", "kernel_shape=1,2 strides=1,2 auto_pad='SAME_UPPER' count_include_pad=1",
               (float[]){-4.5f, -2, -1}, 3);
    check_pool("AveragePool", "kernel_shape=1,1 strides=1,2 auto_pad='SAME_UPPER'", (float[]){-5, -1, -2}, 3);
    begin(TEST_DIMS(0, 1, 1, 5));
    test_onnx_node(&graph, "AveragePool", "x", "y", "kernel_shape=1,2 strides=1,2 ceil_mode=1 count_include_pad=1");
    refuse(13, GAN_ERROR_UNSUPPORTED, "its last windows reach beyond its input");
    begin(TEST_DIMS(0, 1, 1, 5));
    test_onnx_node(&graph, "MaxPool", "x", "y", "kernel_shape=1,2 auto_pad='SOME'");
    refuse(13, GAN_ERROR_UNSUPPORTED, "'auto_pad' is 'SOME'");
}

static void test_made_activations(void **state)
{
    static const struct {
        const char *type, *attributes;
        float y[2];
    } cases[] = {{"Selu", "", {1.0507010f, -1.1113307f}}, {"Selu", "alpha=2.0 gamma=3.0", {3, -3.7927234f}},
                 {"Celu", "", {1, -0.6321206f}},          {"Celu", "alpha=2.0", {1, -0.7869387f}},
                 {"Mish", "", {0.8650984f, -0.3034014f}}, {"Abs", "", {1, 1}}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        begin(TEST_DIMS(0, 2));
        test_onnx_node(&graph, cases[i].type, "x", "y", cases[i].attributes);
        check(18, (float[]){1, -1}, cases[i].y, 2);
    }
    begin(TEST_DIMS(0, 2));
    test_onnx_node(&graph, "Celu", "x", "y", "alpha=-1.0");
    refuse(18, GAN_ERROR_UNSUPPORTED, "'alpha' is -1");
}

static void test_sums_of_values(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        begin(TEST_DIMS(0, 2));
        test_onnx_node(&graph, "Relu", "x", "a", "");
        test_onnx_node(&graph, k ? "Mean" : "Sum", "x a x", "y", "");
        check(13, (float[]){3, -3}, k ? (float[]){3, -2} : (float[]){9, -6}, 2);
    }
    begin(TEST_DIMS(0, 2));
    test_onnx_node(&graph, "Slice", "x zero one axes", "a", "");
    test_onnx_node(&graph, "Sum", "x a", "y", "");
    test_onnx_ints(&graph, "zero", TEST_DIMS(1), (int64_t[]){0});
    test_onnx_ints(&graph, "one", TEST_DIMS(1), (int64_t[]){1});
    test_onnx_ints(&graph, "axes", TEST_DIMS(1), (int64_t[]){1});
    refuse(13, GAN_ERROR_UNSUPPORTED, "its inputs have different shapes");
}

/* Rows, of one-dimensional convolutions, beside those that are groups of an image's channels. */
static void test_norm_of_rows(void **state)
{
    (void)state;
    begin(TEST_DIMS(0, 2, 2));
    test_onnx_node(&graph, "InstanceNormalization", "x scale bias", "y", "epsilon=0.000001");
    test_onnx_floats(&graph, "scale", TEST_DIMS(2), (float[]){1, 3});
    test_onnx_floats(&graph, "bias", TEST_DIMS(2), (float[]){0, 5});
    check(13, (float[]){1, 3, 10, 30}, (float[]){-1, 1, 2, 8}, 4);
    begin(TEST_DIMS(0, 2, 2));
    test_onnx_node(&graph, "InstanceNormalization", "x scale bias", "y", "epsilon=0.000001");
    test_onnx_floats(&graph, "scale", TEST_DIMS(2), (float[]){1, 1});
    test_onnx_floats(&graph, "bias", TEST_DIMS(2), (float[]){0, 0});
    check(13, (float[]){1, 3, 10, 30}, (float[]){-1, 1, -1, 1}, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output_of_transposed),
        cmocka_unit_test(test_pads_of_pools),
        cmocka_unit_test(test_made_activations),
        cmocka_unit_test(test_sums_of_values),
        cmocka_unit_test(test_norm_of_rows),
        cmocka_unit_test(test_attention_by_rows),
        cmocka_unit_test(test_attention_by_channels),
        cmocka_unit_test(test_transposes),
        cmocka_unit_test(test_minibatch_stddev),
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_classes_as_vectors),
        cmocka_unit_test(test_repetitions),
        cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests(tests, test_folder_create, test_folder_remove);
}
