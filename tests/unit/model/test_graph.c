/* Describing and building models: every way in which a description is rejected, names, shapes, and the seed. */
#include "session.h"

#include "support/models.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static gan_model *begin(void)
{
    gan_model *model = NULL;
    ASSERT_OK(gan_model_create(context, &model));
    return model;
}

static gan_node add_input(gan_model *model, gan_shape shape)
{
    return gan_model_add(model, gan_layer_input(context, shape));
}

static gan_node add_dense(gan_model *model, int64_t units)
{
    return gan_model_add(model, gan_layer_dense(context, units, NULL));
}

/* Building fails as expected, also a second time, and the model is useless but can be destroyed. */
static void refuse(gan_model *model, gan_status status, const char *text)
{
    gan_shape shape = {0};
    gan_session *session = NULL;

    ASSERT_FAILS(gan_model_build(model, 1), status, text);
    ASSERT_FAILS(gan_model_build(model, 1), status, text);
    assert_int_equal(gan_model_tensor_count(model), 0);
    assert_int_equal(gan_model_parameter_count(model), 0);
    assert_int_equal(gan_model_get_input_shape(model, 0, &shape), GAN_ERROR_STATE);
    assert_int_equal(gan_session_create(model, NULL, &session), GAN_ERROR_STATE);
    assert_null(session);
    assert_int_equal(add_dense(model, 1), GAN_NODE_NONE);
    gan_model_destroy(model);
}

/* ---- Failures ----------------------------------------------------------------------------------------------- */

static void test_null_handles(void **state)
{
    gan_model *model = NULL;
    const gan_node node = 0;
    (void)state;

    assert_int_equal(gan_model_create(NULL, &model), GAN_ERROR_NULL);
    assert_int_equal(gan_model_create(context, NULL), GAN_ERROR_NULL);
    assert_null(model);
    assert_int_equal(gan_model_add(NULL, gan_layer_relu(context)), GAN_NODE_NONE);
    assert_int_equal(gan_model_add_from(NULL, gan_layer_relu(context), 1, &node), GAN_NODE_NONE);
    assert_int_equal(gan_model_set_outputs(NULL, 1, &node), GAN_ERROR_NULL);
    assert_int_equal(gan_model_build(NULL, 0), GAN_ERROR_NULL);
    assert_int_equal(gan_model_input_count(NULL), 0);
    assert_int_equal(gan_model_output_count(NULL), 0);
    assert_int_equal(gan_model_tensor_count(NULL), 0);
    assert_int_equal(gan_model_parameter_count(NULL), 0);
    gan_model_destroy(NULL);
}

static void test_first_failure_sticks(void **state)
{
    (void)state;
    gan_model *model = begin();
    add_input(model, GAN_SHAPE(3));
    assert_int_equal(add_dense(model, -4), GAN_NODE_NONE);
    assert_int_equal(gan_model_add(model, gan_layer_leaky_relu(context, GAN_LEAKY_RELU(.slope = 7.0f))),
                     GAN_NODE_NONE);
    refuse(model, GAN_ERROR_ARGUMENT,
           "layer 0 is NULL; the last layer that could not be created: dense: units is -4");

    model = begin();
    add_input(model, GAN_SHAPE(3));
    add_dense(model, 4);
    assert_int_equal(gan_model_add(model, gan_layer_dropout(context, GAN_DROPOUT(.rate = (float)0.0 / 0.0f))),
                     GAN_NODE_NONE);
    refuse(model, GAN_ERROR_NOT_FINITE,
           "layer 1 is NULL; the last layer that could not be created: dropout: rate is");
}

/* NULL takes the failure of a layer, unless another has followed it. */
static void test_failures_of_others(void **state)
{
    (void)state;
    gan_model *model = begin();
    add_input(model, GAN_SHAPE(3));
    assert_int_equal(gan_model_save(NULL, "no model"), GAN_ERROR_NULL);
    assert_int_equal(gan_model_add(model, NULL), GAN_NODE_NONE);
    refuse(model, GAN_ERROR_NULL, "layer 0 is NULL");
    assert_null(strstr(gan_last_error(), "gan_model_save"));

    model = begin();
    gan_layer *layer = gan_layer_dense(context, -4, NULL);
    assert_null(layer);
    assert_int_equal(gan_model_save(NULL, "no model"), GAN_ERROR_NULL);
    assert_int_equal(gan_model_add(model, layer), GAN_NODE_NONE);
    refuse(model, GAN_ERROR_NULL, "layer 0 is NULL");
    assert_null(strstr(gan_last_error(), "gan_model_save"));

    model = begin();
    layer = gan_layer_named(gan_layer_dense(context, 4, NULL), "a/b");
    assert_null(layer);
    assert_int_equal(gan_model_add(model, gan_layer_input(context, GAN_SHAPE(3))), 0);
    assert_int_equal(gan_model_add(model, layer), GAN_NODE_NONE);
    refuse(model, GAN_ERROR_ARGUMENT, "could not be created: gan_layer_named: name is \"a/b\"");
}

static void test_shapes_that_do_not_fit(void **state)
{
    (void)state;
    gan_model *model = begin();
    add_input(model, GAN_SHAPE(1, 4, 4));
    gan_model_add(model, gan_layer_tanh(context));
    add_dense(model, 10);
    refuse(model, GAN_ERROR_SHAPE, "layer 1 (dense): input is (1, 4, 4)");

    model = begin();
    add_input(model, GAN_SHAPE(6));
    gan_model_add(model, gan_layer_named(gan_layer_reshape(context, GAN_SHAPE(1, 2, 2)), "image"));
    refuse(model, GAN_ERROR_SHAPE, "layer 'image' (reshape): input (6) has 6 elements, but shape (1, 2, 2) has 4");

    model = begin();
    const gan_node a = add_input(model, GAN_SHAPE(6)), b = add_input(model, GAN_SHAPE(5));
    gan_model_add_from(model, gan_layer_add(context), GAN_NODES(a, b));
    refuse(model, GAN_ERROR_SHAPE, "layer 0 (add): input 1 is (5), but input 0 is (6)");
}

static void test_graphs_that_are_none(void **state)
{
    (void)state;
    refuse(begin(), GAN_ERROR_GRAPH, "no layers");

    gan_model *model = begin();
    add_input(model, GAN_SHAPE(3));
    refuse(model, GAN_ERROR_GRAPH, "no layers but 1 input");

    model = begin();
    assert_int_equal(add_dense(model, 4), GAN_NODE_NONE);
    refuse(model, GAN_ERROR_GRAPH, "layer 0 (dense): there is no node to read from");

    model = begin();
    add_input(model, GAN_SHAPE(3));
    assert_int_equal(gan_model_add_from(model, gan_layer_tanh(context), GAN_NODES(1)), GAN_NODE_NONE);
    refuse(model, GAN_ERROR_GRAPH, "layer 0 (tanh): reads from node 1, but the model has nodes 0 to 0");

    model = begin();
    add_input(model, GAN_SHAPE(3));
    assert_int_equal(gan_model_add_from(model, gan_layer_tanh(context), GAN_NODES(-1)), GAN_NODE_NONE);
    refuse(model, GAN_ERROR_GRAPH, "reads from node -1");

    model = begin();
    add_input(model, GAN_SHAPE(3));
    assert_int_equal(gan_model_add_from(model, gan_layer_tanh(context), 1, NULL), GAN_NODE_NONE);
    refuse(model, GAN_ERROR_NULL, "layer 0 (tanh): the array of 1 nodes to read from is NULL");

    model = begin();
    add_input(model, GAN_SHAPE(3));
    assert_int_equal(gan_model_add(model, gan_layer_add(context)), GAN_NODE_NONE);
    refuse(model, GAN_ERROR_GRAPH, "layer 0 (add): reads from 1 node, expected at least 2");

    model = begin();
    add_input(model, GAN_SHAPE(3));
    assert_int_equal(gan_model_add_from(model, gan_layer_tanh(context), GAN_NODES(0, 0)), GAN_NODE_NONE);
    refuse(model, GAN_ERROR_GRAPH, "layer 0 (tanh): reads from 2 nodes, expected 1");

    model = begin();
    add_input(model, GAN_SHAPE(3));
    assert_int_equal(gan_model_add_from(model, gan_layer_input(context, GAN_SHAPE(2)), GAN_NODES(0)), GAN_NODE_NONE);
    refuse(model, GAN_ERROR_GRAPH, "input 1: reads from 1 node, expected 0");
}

static void test_loose_ends(void **state)
{
    (void)state;
    gan_model *model = begin();
    const gan_node z = add_input(model, GAN_SHAPE(3));
    add_dense(model, 4);
    gan_model_add_from(model, gan_layer_named(gan_layer_tanh(context), "lost"), GAN_NODES(z));
    gan_model_add_from(model, gan_layer_tanh(context), GAN_NODES(z));
    refuse(model, GAN_ERROR_GRAPH, "layer 0 (dense) is read by no layer and is not an output");

    model = begin();
    gan_model_add(model, gan_layer_named(gan_layer_input(context, GAN_SHAPE(3)), "unused"));
    add_input(model, GAN_SHAPE(3));
    add_dense(model, 4);
    refuse(model, GAN_ERROR_GRAPH, "input 'unused' is read by no layer");

    /* The last node is the output only if no others are named. */
    model = begin();
    const gan_node x = add_input(model, GAN_SHAPE(3)), first = add_dense(model, 4);
    gan_model_add_from(model, gan_layer_tanh(context), GAN_NODES(x));
    ASSERT_OK(gan_model_set_outputs(model, GAN_NODES(first)));
    refuse(model, GAN_ERROR_GRAPH, "layer 1 (tanh) is read by no layer");
}

static void test_outputs_that_are_none(void **state)
{
    (void)state;
    gan_model *model = begin();
    add_input(model, GAN_SHAPE(3));
    gan_node out = add_dense(model, 4);
    ASSERT_OK(gan_model_set_outputs(model, GAN_NODES(out, out)));
    refuse(model, GAN_ERROR_GRAPH, "layer 0 (dense) is an output of its model twice");

    model = begin();
    const gan_node z = add_input(model, GAN_SHAPE(3));
    add_dense(model, 4);
    ASSERT_OK(gan_model_set_outputs(model, GAN_NODES(z)));
    refuse(model, GAN_ERROR_GRAPH, "input 0 cannot be an output");

    const struct {
        size_t count;
        gan_node node;
        const char *text;
    } wrong[] = {{0, 0, "count is 0, expected 1 to 2"},
                 {3, 0, "count is 3"},
                 {1, 2, "output 0 is node 2"},
                 {1, -1, "output 0 is node -1"}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const gan_node nodes[] = {wrong[i].node, wrong[i].node, wrong[i].node};
        model = begin();
        add_input(model, GAN_SHAPE(3));
        add_dense(model, 4);
        ASSERT_FAILS(gan_model_set_outputs(model, wrong[i].count, nodes), GAN_ERROR_GRAPH, wrong[i].text);
        refuse(model, GAN_ERROR_GRAPH, wrong[i].text);
    }
    model = begin();
    add_input(model, GAN_SHAPE(3));
    add_dense(model, 4);
    ASSERT_FAILS(gan_model_set_outputs(model, 1, NULL), GAN_ERROR_NULL, "nodes is NULL");
    refuse(model, GAN_ERROR_NULL, "nodes is NULL");
}

static void test_names_are_unique(void **state)
{
    (void)state;
    gan_model *model = begin();
    add_input(model, GAN_SHAPE(3));
    gan_model_add(model, gan_layer_named(gan_layer_dense(context, 4, NULL), "a"));
    gan_model_add(model, gan_layer_named(gan_layer_dense(context, 4, NULL), "a"));
    refuse(model, GAN_ERROR_GRAPH, "layer 'a' (dense) has the same name as layer 'a' (dense)");

    /* A name may also clash with another layer's number. */
    model = begin();
    add_input(model, GAN_SHAPE(3));
    gan_model_add(model, gan_layer_named(gan_layer_dense(context, 4, NULL), "1"));
    gan_model_add(model, gan_layer_tanh(context));
    refuse(model, GAN_ERROR_GRAPH, "layer 1 (tanh) has the same name as layer '1' (dense)");
}

static void test_layers_of_others(void **state)
{
    gan_context *other = NULL;
    (void)state;

    ASSERT_OK(gan_context_create(GAN_CONTEXT(.threads = 1), &other));
    gan_model *model = begin();
    add_input(model, GAN_SHAPE(3));
    assert_int_equal(gan_model_add(model, gan_layer_dense(other, 4, NULL)), GAN_NODE_NONE);
    refuse(model, GAN_ERROR_ARGUMENT, "layer 0 (dense) belongs to another context");
    gan_context_destroy(other);

    model = begin();
    add_input(model, GAN_SHAPE(3));
    gan_layer *layer = gan_layer_tanh(context);
    gan_model_add(model, layer);
    assert_int_equal(gan_model_add(model, layer), GAN_NODE_NONE);
    refuse(model, GAN_ERROR_GRAPH, "layer 0 (tanh) is added twice");
}

static void test_limits(void **state)
{
    (void)state;
    gan_model *model = begin();
    add_input(model, GAN_SHAPE(3));
    for (int i = 1; i < GAN_MODEL_NODES; i++) gan_model_add(model, gan_layer_tanh(context));
    assert_int_equal(gan_model_add(model, gan_layer_tanh(context)), GAN_NODE_NONE);
    refuse(model, GAN_ERROR_OVERFLOW, "at most 4096 nodes");

    static gan_node zeros[GAN_MODEL_EDGES];
    model = begin();
    add_input(model, GAN_SHAPE(3));
    gan_model_add(model, gan_layer_tanh(context));
    assert_int_equal(gan_model_add_from(model, gan_layer_add(context), GAN_MODEL_EDGES, zeros), GAN_NODE_NONE);
    refuse(model, GAN_ERROR_OVERFLOW, "layer 1 (add): reads from 16384 nodes, and the layers before it from 1");

    /* More weights than any memory: sizes are rejected before they are multiplied, or memory is lacking. */
    model = begin();
    add_input(model, GAN_SHAPE(INT32_MAX));
    for (int i = 0; i < 3; i++) add_dense(model, INT32_MAX);
    const gan_status status = gan_model_build(model, 0);
    assert_true(status == GAN_ERROR_OVERFLOW || status == GAN_ERROR_MEMORY);
    refuse(model, status, "");
}

static void test_built_models_are_fixed(void **state)
{
    gan_model *model = NULL;
    (void)state;

    ASSERT_OK(test_seed_generator(context, 3, &model));
    ASSERT_FAILS(gan_model_build(model, 3), GAN_ERROR_STATE, "is already built");
    assert_int_equal(gan_model_add(model, gan_layer_tanh(context)), GAN_NODE_NONE);
    assert_non_null(strstr(gan_last_error(), "its graph is fixed"));
    ASSERT_FAILS(gan_model_build(model, 3), GAN_ERROR_STATE, "its graph is fixed");
    assert_int_equal(gan_model_set_outputs(model, GAN_NODES(1)), GAN_ERROR_STATE);

    /* The model works as before. */
    float out[2 * 9];
    ASSERT_OK(gan_model_sample(model, GAN_SAMPLE(.seed = 1), 2, out));
    gan_model_destroy(model);
}

/* ---- What is built ------------------------------------------------------------------------------------------ */

static void test_names_and_shapes(void **state)
{
    const struct {
        const char *name;
        gan_tensor_kind kind;
        gan_shape shape;
    } expected[] = {{"0.weight", GAN_TENSOR_PARAMETER, GAN_SHAPE(16, 3)},
                    {"1.weight", GAN_TENSOR_PARAMETER, GAN_SHAPE(16)},
                    {"1.bias", GAN_TENSOR_PARAMETER, GAN_SHAPE(16)},
                    {"1.running_mean", GAN_TENSOR_BUFFER, GAN_SHAPE(16)},
                    {"1.running_var", GAN_TENSOR_BUFFER, GAN_SHAPE(16)},
                    {"4.weight", GAN_TENSOR_PARAMETER, GAN_SHAPE(4, 3, 4, 4)},
                    {"4.bias", GAN_TENSOR_PARAMETER, GAN_SHAPE(3)},
                    {"5.weight", GAN_TENSOR_PARAMETER, GAN_SHAPE(3)},
                    {"5.bias", GAN_TENSOR_PARAMETER, GAN_SHAPE(3)},
                    {"5.running_mean", GAN_TENSOR_BUFFER, GAN_SHAPE(3)},
                    {"5.running_var", GAN_TENSOR_BUFFER, GAN_SHAPE(3)},
                    {"image.weight", GAN_TENSOR_PARAMETER, GAN_SHAPE(3, 2, 3, 3)},
                    {"image.bias", GAN_TENSOR_PARAMETER, GAN_SHAPE(2)}};
    const size_t count = sizeof(expected) / sizeof(expected[0]);
    gan_model *model = NULL;
    gan_shape shape;
    int64_t parameters = 0;
    (void)state;

    ASSERT_OK(test_dcgan_generator(context, 3, &model));
    assert_int_equal(gan_model_tensor_count(model), count);
    for (size_t i = 0; i < count; i++) {
        gan_tensor_info info = GAN_TENSOR_INFO_INIT;
        ASSERT_OK(gan_model_get_tensor_info(model, i, &info));
        assert_string_equal(info.name, expected[i].name);
        assert_int_equal(info.kind, expected[i].kind);
        assert_true(gan_shape_equal(info.shape, expected[i].shape));
        assert_int_equal(info.count, gan_shape_count(expected[i].shape));
        if (info.kind == GAN_TENSOR_PARAMETER) parameters += info.count;
    }
    assert_int_equal(gan_model_parameter_count(model), parameters);
    assert_int_equal(gan_model_input_count(model), 1);
    assert_int_equal(gan_model_output_count(model), 1);
    ASSERT_OK(gan_model_get_input_shape(model, 0, &shape));
    assert_true(gan_shape_equal(shape, GAN_SHAPE(3)));
    ASSERT_OK(gan_model_get_output_shape(model, 0, &shape));
    assert_true(gan_shape_equal(shape, GAN_SHAPE(2, 8, 8)));
    assert_int_equal(gan_model_get_input_shape(model, 1, &shape), GAN_ERROR_ARGUMENT);
    assert_int_equal(gan_model_get_output_shape(model, 1, &shape), GAN_ERROR_ARGUMENT);
    gan_tensor_info info = GAN_TENSOR_INFO_INIT;
    assert_int_equal(gan_model_get_tensor_info(model, count, &info), GAN_ERROR_ARGUMENT);
    assert_null(info.name);
    gan_model_destroy(model);
}

static void test_several_inputs_and_outputs(void **state)
{
    gan_model *model = NULL;
    gan_shape shape;
    (void)state;

    ASSERT_OK(test_graph(context, 3, &model));
    assert_int_equal(gan_model_input_count(model), 2);
    assert_int_equal(gan_model_output_count(model), 2);
    ASSERT_OK(gan_model_get_input_shape(model, 1, &shape));
    assert_true(gan_shape_equal(shape, GAN_SHAPE(5)));
    ASSERT_OK(gan_model_get_output_shape(model, 0, &shape));
    assert_true(gan_shape_equal(shape, GAN_SHAPE(3, 4, 4)));
    ASSERT_OK(gan_model_get_output_shape(model, 1, &shape));
    assert_true(gan_shape_equal(shape, GAN_SHAPE(2)));
    gan_model_destroy(model);
}

static bool same_weights(uint64_t seed_a, uint64_t seed_b)
{
    gan_model *a = NULL, *b = NULL;

    ASSERT_OK(test_graph(context, seed_a, &a));
    ASSERT_OK(test_graph(context, seed_b, &b));
    const bool same = memcmp(a->parameters, b->parameters, (size_t)a->parameter_size * sizeof(gan_real)) == 0;
    gan_model_destroy(a);
    gan_model_destroy(b);
    return same;
}

static void test_the_seed_decides_the_weights(void **state)
{
    (void)state;
    assert_true(same_weights(5, 5));
    assert_false(same_weights(5, 6));
}

/* An optimizer walks over the flat arrays: tensors are aligned, and gaps between them are 0. */
static void test_flat_arrays(void **state)
{
    (void)state;
    for (int m = 0; m < TEST_MODELS; m++) {
        gan_model *model = NULL;
        int64_t used = 0, parameters = 0;
        ASSERT_OK(test_models[m].build(context, 5, &model));
        for (int32_t i = 0; i < model->tensor_count; i++) {
            const gan_model_tensor *tensor = &model->tensors[i];
            gan_real *data = gan_model_tensor_data(model, tensor);
            assert_int_equal((uintptr_t)data % GAN_ALIGNMENT, 0);
            if (tensor->plan.kind != GAN_TENSOR_PARAMETER) continue;
            assert_true(tensor->offset >= used && tensor->offset + tensor->count <= model->parameter_size);
            used = tensor->offset + tensor->count;
            parameters += tensor->count;
            for (int64_t k = 0; k < tensor->count; k++) data[k] = 0;
        }
        assert_int_equal(model->parameter_count, parameters);
        for (int64_t k = 0; k < model->parameter_size; k++) assert_true(model->parameters[k] == 0);
        for (int64_t k = 0; k < model->parameter_size; k++) assert_true(model->gradients[k] == 0);
        gan_model_destroy(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null_handles),
        cmocka_unit_test(test_first_failure_sticks),
        cmocka_unit_test(test_failures_of_others),
        cmocka_unit_test(test_shapes_that_do_not_fit),
        cmocka_unit_test(test_graphs_that_are_none),
        cmocka_unit_test(test_loose_ends),
        cmocka_unit_test(test_outputs_that_are_none),
        cmocka_unit_test(test_names_are_unique),
        cmocka_unit_test(test_layers_of_others),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_built_models_are_fixed),
        cmocka_unit_test(test_names_and_shapes),
        cmocka_unit_test(test_several_inputs_and_outputs),
        cmocka_unit_test(test_the_seed_decides_the_weights),
        cmocka_unit_test(test_flat_arrays),
    };
    return cmocka_run_group_tests_name("graph", tests, setup, teardown);
}
