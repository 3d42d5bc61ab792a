/* ONNX files as models: graphs made by hand, of operators one by one; what is refused, and how. */
#include "load.h"
#include "support/files.h"
#include "support/models.h"
#include "onnx/onnx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* ---- Operators ------------------------------------------------------------------------------------------------ */

static void test_dense(void **state)
{
    static const float w[6] = {1, 2, 3, 4, 5, 6}, b[2] = {10, 20};

    (void)state;
    begin(TEST_DIMS(0, 3));
    test_onnx_node(&graph, "MatMul", "x w", "h", "");
    test_onnx_node(&graph, "Add", "b h", "y", "");
    test_onnx_floats(&graph, "w", TEST_DIMS(3, 2), w);
    test_onnx_floats(&graph, "b", TEST_DIMS(2), b);
    check(13, (float[]){1, 0, -1}, (float[]){6, 16}, 2);
    begin(TEST_DIMS(0, 3));
    test_onnx_node(&graph, "Gemm", "x w b", "y", "alpha=2.0 beta=0.5 transB=1");
    test_onnx_floats(&graph, "w", TEST_DIMS(2, 3), w);
    test_onnx_floats(&graph, "b", TEST_DIMS(1, 2), b);
    check(9, (float[]){1, 0, -1}, (float[]){1, 6}, 2);
}

static void test_arithmetic(void **state)
{
    static const float c[3] = {1, 2, 4}, half = 0.5f;

    (void)state;
    begin(TEST_DIMS(0, 3));
    test_onnx_node(&graph, "Sub", "c x", "a", "");
    test_onnx_node(&graph, "Div", "a half", "b", "");
    test_onnx_node(&graph, "Mul", "b x", "d", "");
    test_onnx_node(&graph, "Sub", "d x", "e", "");
    test_onnx_node(&graph, "Neg", "e", "y", "");
    test_onnx_floats(&graph, "c", TEST_DIMS(3), c);
    test_onnx_floats(&graph, "half", TEST_DIMS(1), &half);
    check(14, (float[]){1, 3, 2}, (float[]){1, 9, -6}, 3);
}

static void test_shapes(void **state)
{
    (void)state;
    begin(TEST_DIMS(0, 2, 1, 3));
    test_onnx_node(&graph, "Transpose", "x", "a", "perm=0,2,1,3");
    test_onnx_node(&graph, "Squeeze", "a one", "b", "");
    test_onnx_node(&graph, "Slice", "b starts ends axes steps", "c", "");
    test_onnx_node(&graph, "Flatten", "c", "d", "axis=1");
    test_onnx_node(&graph, "Split", "d sizes", "e f", "axis=-1");
    test_onnx_node(&graph, "Concat", "f e", "y", "axis=1");
    test_onnx_ints(&graph, "one", TEST_DIMS(1), (int64_t[]){1});
    test_onnx_ints(&graph, "starts", TEST_DIMS(1), (int64_t[]){-2});
    test_onnx_ints(&graph, "ends", TEST_DIMS(1), (int64_t[]){INT64_MAX});
    test_onnx_ints(&graph, "axes", TEST_DIMS(1), (int64_t[]){2});
    test_onnx_ints(&graph, "steps", TEST_DIMS(1), (int64_t[]){1});
    test_onnx_ints(&graph, "sizes", TEST_DIMS(2), (int64_t[]){1, 3});
    check(13, (float[]){0, 1, 2, 3, 4, 5}, (float[]){2, 4, 5, 1}, 4);
}

static void test_images(void **state)
{
    (void)state;
    begin(TEST_DIMS(1, 1, 2, 2));
    test_onnx_node(&graph, "Pad", "x", "a", "mode='edge' pads=0,0,0,1,0,0,1,0");
    test_onnx_node(&graph, "MaxPool", "a", "b", "kernel_shape=2,2");
    test_onnx_node(&graph, "Upsample", "b scales", "c", "mode='nearest'");
    test_onnx_node(&graph, "AveragePool", "c", "y", "kernel_shape=2,2 strides=2,1");
    test_onnx_floats(&graph, "scales", TEST_DIMS(4), (float[]){1, 1, 1, 2});
    check(9, (float[]){1, 2, 3, 4}, (float[]){3, 3.5f, 4}, 3);
}

/* Where the graph has only the batch, a sample is one value. */
static void test_batch_alone(void **state)
{
    static const struct {
        const char *type, *inputs, *attributes;
    } cases[] = {{"Reshape", "b column", ""}, {"Reshape", "b row", ""}, {"Flatten", "b", "axis=1"}};

    (void)state;
    for (int i = 0; i < 3; i++) {
        begin(TEST_DIMS(0, 3));
        test_onnx_node(&graph, "Gather", "x place", "b", "axis=1");
        test_onnx_node(&graph, cases[i].type, cases[i].inputs, "f", cases[i].attributes);
        test_onnx_node(&graph, "Add", "f c", "y", "");
        test_onnx_ints(&graph, "place", (const int64_t[]){-1}, (int64_t[]){1});
        test_onnx_ints(&graph, "column", TEST_DIMS(2), (int64_t[]){-1, 1});
        test_onnx_ints(&graph, "row", TEST_DIMS(2), (int64_t[]){0, -1});
        test_onnx_floats(&graph, "c", TEST_DIMS(1, 1), (float[]){2});
        check(13, (float[]){3, 5, 7}, (float[]){7}, 1);
    }
    begin(TEST_DIMS(0, 1));
    test_onnx_node(&graph, "Squeeze", "x", "b", "axes=1,-1");
    test_onnx_node(&graph, "Flatten", "b", "y", "axis=0");
    refuse(11, GAN_ERROR_UNSUPPORTED, "its attribute 'axis' is 0");
}

/* Constants that are expanded to the size of the batch, as libgan writes them, and PyTorch. */
static void test_constants_of_batch(void **state)
{
    (void)state;
    begin(TEST_DIMS(0, 3));
    test_onnx_node(&graph, "Shape", "x", "batch", "start=0 end=1");
    test_onnx_node(&graph, "Concat", "batch three", "shape", "axis=0");
    test_onnx_node(&graph, "Expand", "c shape", "e", "");
    test_onnx_node(&graph, "ConstantOfShape", "shape", "zeros", "");
    test_onnx_node(&graph, "Add", "x e", "sum", "");
    test_onnx_node(&graph, "Concat", "sum zeros", "y", "axis=1");
    test_onnx_ints(&graph, "three", TEST_DIMS(1), (int64_t[]){3});
    test_onnx_floats(&graph, "c", TEST_DIMS(1, 1), (float[]){2});
    check(15, (float[]){1, 2, 3}, (float[]){3, 4, 5, 0, 0, 0}, 6);
    begin(TEST_DIMS(0, 2));
    test_onnx_node(&graph, "Shape", "x", "batch", "start=0 end=1");
    test_onnx_node(&graph, "Concat", "batch ones", "shape", "axis=0");
    test_onnx_node(&graph, "Expand", "c shape", "e", "");
    test_onnx_node(&graph, "Flatten", "e", "f", "");
    test_onnx_node(&graph, "Mul", "x f", "y", "");
    test_onnx_ints(&graph, "ones", TEST_DIMS(2), (int64_t[]){1, 1});
    test_onnx_floats(&graph, "c", TEST_DIMS(1, 2, 1), (float[]){2, 3});
    check(15, (float[]){4, 5}, (float[]){8, 15}, 2);
}

/* PyTorch's shapes of shapes, before an exporter has folded them. */
static void test_expanded_integers(void **state)
{
    (void)state;
    begin(TEST_DIMS(0, 2, 1));
    test_onnx_node(&graph, "Expand", "minus two", "sizes", "");
    test_onnx_node(&graph, "Slice", "sizes zero one", "size", "");
    test_onnx_node(&graph, "Concat", "nothing size", "shape", "axis=0");
    test_onnx_node(&graph, "Reshape", "x shape", "f", "");
    test_onnx_node(&graph, "Relu", "f", "y", "");
    test_onnx_ints(&graph, "minus", TEST_DIMS(1), (int64_t[]){-1});
    test_onnx_ints(&graph, "two", TEST_DIMS(1), (int64_t[]){2});
    test_onnx_ints(&graph, "zero", TEST_DIMS(1), (int64_t[]){0});
    test_onnx_ints(&graph, "one", TEST_DIMS(1), (int64_t[]){1});
    test_onnx_ints(&graph, "nothing", TEST_DIMS(1), (int64_t[]){0});
    check(13, (float[]){1, -2}, (float[]){1, 0}, 2);
}

/* What PyTorch's Unflatten computes of an axis, which may count from the end. */
static void test_mod(void **state)
{
    (void)state;
    begin(TEST_DIMS(0, 3));
    test_onnx_node(&graph, "Mod", "a b", "i", "");
    test_onnx_node(&graph, "Cast", "i", "f", "to=1");
    test_onnx_node(&graph, "Mod", "p q", "g", "fmod=1");
    test_onnx_node(&graph, "Add", "f g", "c", "");
    test_onnx_node(&graph, "Add", "x c", "y", "");
    test_onnx_ints(&graph, "a", TEST_DIMS(1, 3), (int64_t[]){-1, 7, 7});
    test_onnx_ints(&graph, "b", TEST_DIMS(1, 3), (int64_t[]){4, 3, -3});
    test_onnx_floats(&graph, "p", TEST_DIMS(1, 3), (float[]){-3.5f, 4.5f, 0.25f});
    test_onnx_floats(&graph, "q", TEST_DIMS(1), (float[]){2});
    check(13, (float[]){0, 0, 0}, (float[]){3 - 1.5f, 1 + 0.5f, -2 + 0.25f}, 3);
    begin(TEST_DIMS(0, 3));
    test_onnx_node(&graph, "Mod", "p p", "c", "");
    test_onnx_node(&graph, "Add", "x c", "y", "");
    test_onnx_floats(&graph, "p", TEST_DIMS(1, 3), (float[]){1, 2, 3});
    refuse(13, GAN_ERROR_UNSUPPORTED, "its fmod is 0, expected 1 for such numbers");
}

/* ---- Refusals ------------------------------------------------------------------------------------------------- */

static void test_refusals(void **state)
{
    (void)state;
    begin(TEST_DIMS(0, 3));
    test_onnx_node(&graph, "Sin", "x", "y", "");
    refuse(13, GAN_ERROR_UNSUPPORTED, "node 'n' (Sin): libgan has no layer for this operator");
    begin(TEST_DIMS(0, 3));
    test_onnx_node(&graph, "Relu", "x", "y", "slope=1");
    refuse(13, GAN_ERROR_UNSUPPORTED, "node 'n' (Relu): its attribute 'slope' is not supported");
    begin(TEST_DIMS(0, 3));
    test_onnx_node(&graph, "Sqrt", "x", "h", "");
    test_onnx_node(&graph, "Relu", "h", "y", "");
    refuse(13, GAN_ERROR_UNSUPPORTED, "is computed by node 'n' (Sqrt)");
    begin(TEST_DIMS(0, 3));
    test_onnx_node(&graph, "Relu", "h", "y", "");
    refuse(13, GAN_ERROR_FORMAT, "its input 'h' is computed by no node before it");
    begin(TEST_DIMS(0, 0));
    test_onnx_node(&graph, "Relu", "x", "y", "");
    refuse(13, GAN_ERROR_UNSUPPORTED, "dimension 1 of input 'x' is free or 0");
    begin(TEST_DIMS(0, 2, 4, 4));
    test_onnx_node(&graph, "Resize", "x - scales", "y",
                   "coordinate_transformation_mode='asymmetric' nearest_mode='floor'");
    test_onnx_floats(&graph, "scales", TEST_DIMS(4), (float[]){1, 1, 0.5f, 2});
    refuse(13, GAN_ERROR_UNSUPPORTED, "(Resize): it scales by 0.5; only whole factors are supported");
    refuse(8, GAN_ERROR_UNSUPPORTED, "opset 8");
    refuse(99, GAN_ERROR_VERSION, "opset 99");
}

/* What would be another function without a word. */
static void test_roundings_refused(void **state)
{
    (void)state;
    begin(TEST_DIMS(0, 3));
    test_onnx_node(&graph, "Cast", "x", "a", "to=7");
    test_onnx_node(&graph, "Cast", "a", "b", "to=1");
    test_onnx_node(&graph, "Relu", "b", "y", "");
    refuse(13, GAN_ERROR_UNSUPPORTED, "is rounded to integers");
    begin(TEST_DIMS(0, 3));
    test_onnx_node(&graph, "Cast", "x", "a", "to=9");
    test_onnx_node(&graph, "Relu", "a", "y", "");
    refuse(13, GAN_ERROR_UNSUPPORTED, "its attribute 'to' is BOOL");
    begin(TEST_DIMS(0, 3));
    test_onnx_node(&graph, "Cast", "c", "a", "to=9");
    test_onnx_node(&graph, "Cast", "a", "b", "to=1");
    test_onnx_node(&graph, "Mul", "x b", "y", "");
    test_onnx_floats(&graph, "c", TEST_DIMS(3), (float[]){0, 2, 3});
    refuse(13, GAN_ERROR_UNSUPPORTED, "its attribute 'to' is BOOL");
    begin(TEST_DIMS(0, 3));
    test_onnx_node(&graph, "Dropout", "x - yes", "y", "");
    test_onnx_ints(&graph, "yes", TEST_DIMS(1), (int64_t[]){1});
    refuse(13, GAN_ERROR_UNSUPPORTED, "training_mode");
    begin(TEST_DIMS(0, 3));
    test_onnx_node(&graph, "Slice", "c starts ends", "b", "");
    test_onnx_node(&graph, "Shape", "x", "starts", "end=1");
    test_onnx_node(&graph, "Add", "x b", "y", "");
    test_onnx_floats(&graph, "c", TEST_DIMS(3), (float[]){0, 2, 3});
    test_onnx_ints(&graph, "ends", TEST_DIMS(1), (int64_t[]){3});
    refuse(13, GAN_ERROR_FORMAT, "'starts'");
    begin(TEST_DIMS(0, 2, 4, 4));
    test_onnx_node(&graph, "Resize", "x - scales", "y",
                   "coordinate_transformation_mode='asymmetric' nearest_mode='floor' "
                   "keep_aspect_ratio_policy='not_larger'");
    test_onnx_floats(&graph, "scales", TEST_DIMS(4), (float[]){1, 1, 2, 2});
    refuse(18, GAN_ERROR_UNSUPPORTED, "keep_aspect_ratio_policy");
}

/* Sizes near the largest number: of what is computed from them, nothing overflows. */
static void test_huge_sizes(void **state)
{
    (void)state;
    begin(TEST_DIMS(0, 3));
    test_onnx_node(&graph, "Expand", "c shape", "a", "");
    test_onnx_node(&graph, "Add", "x a", "y", "");
    test_onnx_floats(&graph, "c", TEST_DIMS(1), (float[]){2});
    test_onnx_ints(&graph, "shape", TEST_DIMS(2), (int64_t[]){INT64_MAX, 4});
    refuse(13, GAN_ERROR_OVERFLOW, "its shape has more values");
    begin(TEST_DIMS(0, 1, INT64_MAX, 1));
    test_onnx_node(&graph, "MaxPool", "x", "y", "kernel_shape=2,1 strides=2,1 pads=1,0,1,0 ceil_mode=1");
    refuse(13, GAN_ERROR_UNSUPPORTED, "dimension 2 of input 'x'");
}

/* A rounding counts behind what only moves its values, too; what reads an integer input rounds nothing. */
static void test_rounded_values(void **state)
{
    (void)state;
    begin(TEST_DIMS(0, 3));
    test_onnx_node(&graph, "Cast", "x", "a", "to=7");
    test_onnx_node(&graph, "Reshape", "a shape", "b", "");
    test_onnx_node(&graph, "Cast", "b", "c", "to=1");
    test_onnx_node(&graph, "Relu", "c", "y", "");
    test_onnx_ints(&graph, "shape", TEST_DIMS(2), (int64_t[]){0, 3});
    refuse(13, GAN_ERROR_UNSUPPORTED, "is rounded to integers");
    begin(TEST_DIMS(0, 3));
    test_onnx_node(&graph, "Cast", "x", "a", "to=7");
    test_onnx_node(&graph, "Gather", "a one", "y", "axis=1");
    test_onnx_ints(&graph, "one", TEST_DIMS(1), (int64_t[]){1});
    refuse(13, GAN_ERROR_UNSUPPORTED, "is rounded to integers");
    begin(TEST_DIMS(0, 2, 1, 2));
    test_onnx_node(&graph, "Cast", "x", "h", "to=7");
    test_onnx_node(&graph, "ReduceMean", "h", "y", "axes=2,3");
    refuse(13, GAN_ERROR_UNSUPPORTED, "is rounded to integers");
    graph.size = 0;
    test_onnx_input(&graph, "x", 7, TEST_DIMS(0, 2));
    test_onnx_output(&graph, "y");
    test_onnx_node(&graph, "Cast", "x", "a", "to=6");
    test_onnx_node(&graph, "Cast", "a", "b", "to=1");
    test_onnx_node(&graph, "Relu", "b", "y", "");
    check(13, (float[]){-1, 2}, (float[]){0, 2}, 2);
}

/* A float that is rounded chooses rows of an embedding. */
static void test_rounded_classes(void **state)
{
    (void)state;
    begin(TEST_DIMS(0, 1));
    test_onnx_node(&graph, "Cast", "x", "i", "to=7");
    test_onnx_node(&graph, "Squeeze", "i", "n", "axes=1,-1");
    test_onnx_node(&graph, "Gather", "table n", "y", "");
    test_onnx_floats(&graph, "table", TEST_DIMS(2, 3), (float[]){1, 2, 3, 4, 5, 6});
    check(11, (float[]){1}, (float[]){4, 5, 6}, 3);
}

/* Shapes that the file leaves free come from the options. */
static void test_options(void **state)
{
    const gan_named_shape shapes[] = {{"x", GAN_SHAPE(5)}, {"nothing", GAN_SHAPE(5)}};
    gan_context *context = test_context();
    gan_model *model = NULL;
    gan_shape shape;

    (void)state;
    begin(TEST_DIMS(0, 0));
    test_onnx_node(&graph, "Relu", "x", "y", "");
    test_onnx_file(&file, &graph, 17);
    const gan_reader reader = gan_reader_from_memory(file.bytes, file.size);
    assert_int_equal(
        gan_model_load_onnx_from(context, reader, GAN_LOAD_ONNX(.inputs = shapes, .input_count = 1), &model), GAN_OK);
    assert_int_equal(gan_model_get_output_shape(model, 0, &shape), GAN_OK);
    assert_true(shape.rank == 1 && shape.dims[0] == 5);
    gan_model_destroy(model);
    model = NULL;
    test_status(gan_model_load_onnx_from(context, reader, GAN_LOAD_ONNX(.inputs = shapes, .input_count = 2), &model),
                GAN_ERROR_NOT_FOUND, "'nothing'");
    test_status(gan_model_load_onnx_from(context, reader, GAN_LOAD_ONNX(.input_count = -1), &model),
                GAN_ERROR_ARGUMENT, "input_count is -1");
    gan_context_destroy(context);
}

/* A layer whose node's name is another's gets a name that is no third one's. */
static void test_names(void **state)
{
    static const char *const nodes[][3] = {{"/n_3", "x", "a"}, {"n", "a", "b"}, {"n", "b", "y"}};
    static test_onnx node;

    (void)state;
    begin(TEST_DIMS(0, 2));
    for (int i = 0; i < 3; i++) {
        node.size = 0;
        test_onnx_text(&node, 1, nodes[i][1]);
        test_onnx_text(&node, 2, nodes[i][2]);
        test_onnx_text(&node, 3, nodes[i][0]);
        test_onnx_text(&node, 4, "Relu");
        test_onnx_message(&graph, 1, &node);
    }
    check(13, (float[]){-1, 2}, (float[]){0, 2}, 2);
}

/* A node with the modules around it, as PyTorch's newer exporter writes them. */
static void node_of_module(const char *type, const char *name, const char *inputs[], int count, const char *output,
                           const char *scopes, const char *classes)
{
    static test_onnx node, entry;
    const char *const entries[2][2] = {{GAN_ONNX_SCOPES_KEY, scopes}, {GAN_ONNX_CLASSES_KEY, classes}};

    node.size = 0;
    for (int i = 0; i < count; i++) test_onnx_text(&node, 1, inputs[i]);
    test_onnx_text(&node, 2, output);
    test_onnx_text(&node, 3, name);
    test_onnx_text(&node, 4, type);
    for (int i = 0; i < 2 && scopes; i++) {
        entry.size = 0;
        test_onnx_text(&entry, 1, entries[i][0]);
        test_onnx_text(&entry, 2, entries[i][1]);
        test_onnx_message(&node, 9, &entry);
    }
    test_onnx_message(&graph, 1, &node);
}

static void expect_tensors(const char *const *names, int64_t count)
{
    gan_context *context = test_context();
    gan_model *model = NULL;
    gan_tensor_info info = GAN_TENSOR_INFO_INIT;

    if (load_as(context, 20, &model) != GAN_OK) fail_msg("%s", gan_last_error());
    assert_int_equal(gan_model_tensor_count(model), count);
    for (int64_t i = 0; i < count; i++) {
        assert_int_equal(gan_model_get_tensor_info(model, i, &info), GAN_OK);
        assert_string_equal(info.name, names[i]);
    }
    assert_int_equal(gan_model_save_onnx(model, test_path("loaded.onnx"), NULL), GAN_OK);
    gan_model_destroy(model);
    gan_context_destroy(context);
}

/* Tensors have the names of a state_dict where the file tells, and the weights are those of the state_dict. */
static void test_layer_names(void **state)
{
    const float ones[4] = {1, 1, 1, 1};

    (void)state;
    begin(TEST_DIMS(0, 2));
    node_of_module("PRelu", "/net/net.1/act/PRelu", (const char *[]){"x", "onnx::PRelu_3"}, 2, "a", NULL, NULL);
    node_of_module("PRelu", "node_prelu", (const char *[]){"a", "val_3"}, 2, "b", "['', 'net', 'net.4', 'prelu']",
                   "['Net', 'torch.nn.modules.container.Sequential', 'torch.nn.modules.activation.PReLU', 'prelu']");
    node_of_module("MatMul", "node_matmul", (const char *[]){"b", "w"}, 2, "c", "['', 'net.5', 'linear']",
                   "['Net', '__main__.Scaled', 'linear']");
    node_of_module("Mul", "scale", (const char *[]){"6.weight", "two"}, 2, "scaled", NULL, NULL);
    node_of_module("MatMul", "/6/MatMul", (const char *[]){"c", "scaled"}, 2, "y", NULL, NULL);
    test_onnx_floats(&graph, "onnx::PRelu_3", TEST_DIMS(1), ones);
    test_onnx_floats(&graph, "val_3", TEST_DIMS(1, 1), ones);
    test_onnx_floats(&graph, "w", TEST_DIMS(2, 2), ones);
    test_onnx_floats(&graph, "6.weight", TEST_DIMS(2, 2), ones);
    test_onnx_floats(&graph, "two", TEST_DIMS(1), ones);
    expect_tensors((const char *[]){"net.1.act.weight", "net.4.weight", "node_matmul.weight", "6.MatMul.weight"}, 4);
    begin(TEST_DIMS(0, 2));
    node_of_module("Relu", "l.weight", (const char *[]){"x"}, 1, "a", NULL, NULL);
    node_of_module("MatMul", "m", (const char *[]){"a", "l.weight"}, 2, "b", NULL, NULL);
    node_of_module("LayerNormalization", "norm", (const char *[]){"b", "ones"}, 2, "y", NULL, NULL);
    test_onnx_floats(&graph, "l.weight", TEST_DIMS(2, 2), ones);
    test_onnx_floats(&graph, "ones", TEST_DIMS(2), ones);
    expect_tensors((const char *[]){"l.weight"}, 1);
}

static void test_batch_norm(void **state)
{
    const float ones[2] = {1, 1}, zeros[2] = {0, 0}, variance[2] = {1, -0.5f};

    (void)state;
    begin(TEST_DIMS(0, 2));
    test_onnx_node(&graph, "BatchNormalization", "x s b m v", "y", "");
    test_onnx_floats(&graph, "s", TEST_DIMS(2), ones);
    test_onnx_floats(&graph, "b", TEST_DIMS(2), zeros);
    test_onnx_floats(&graph, "m", TEST_DIMS(2), zeros);
    test_onnx_floats(&graph, "v", TEST_DIMS(2), variance);
    refuse(15, GAN_ERROR_UNSUPPORTED, "its variance 'v' has -0.5");
}

/* Outputs that libgan does not compute, or no layer. */
static void test_outputs_refused(void **state)
{
    (void)state;
    begin(TEST_DIMS(0, 2, 4, 4));
    test_onnx_node(&graph, "MaxPool", "x", "a y", "kernel_shape=2,2");
    refuse(13, GAN_ERROR_UNSUPPORTED, "output 'y' is a second output of its node");
    begin(TEST_DIMS(0, 2));
    test_onnx_node(&graph, "Identity", "x", "y", "");
    refuse(13, GAN_ERROR_UNSUPPORTED, "output 'y' is the input 'x' unchanged");
    begin(TEST_DIMS(0, 2));
    node_of_module("Sin", "", (const char *[]){"x"}, 1, "y", NULL, NULL);
    refuse(13, GAN_ERROR_UNSUPPORTED, "the node of 'y' (Sin)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_dense),
                                       cmocka_unit_test(test_arithmetic),
                                       cmocka_unit_test(test_shapes),
                                       cmocka_unit_test(test_images),
                                       cmocka_unit_test(test_batch_alone),
                                       cmocka_unit_test(test_constants_of_batch),
                                       cmocka_unit_test(test_expanded_integers),
                                       cmocka_unit_test(test_mod),
                                       cmocka_unit_test(test_refusals),
                                       cmocka_unit_test(test_roundings_refused),
                                       cmocka_unit_test(test_huge_sizes),
                                       cmocka_unit_test(test_rounded_values),
                                       cmocka_unit_test(test_rounded_classes),
                                       cmocka_unit_test(test_options),
                                       cmocka_unit_test(test_names),
                                       cmocka_unit_test(test_layer_names),
                                       cmocka_unit_test(test_batch_norm),
                                       cmocka_unit_test(test_outputs_refused)};
    return cmocka_run_group_tests(tests, test_folder_create, test_folder_remove);
}
