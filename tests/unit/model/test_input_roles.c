/* Roles of inputs: what is refused, and that clones and files keep them. */
#include "session.h"

#include "support/allocator.h"
#include "support/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gan_context *context;

static int setup(void **state)
{
    if (test_folder_create(state) != 0) return -1;
    return gan_context_create(GAN_CONTEXT(.threads = 1), &context) == GAN_OK ? 0 : -1;
}

static int teardown(void **state)
{
    gan_context_destroy(context);
    return test_folder_remove(state);
}

/* Noise (4), a label as number, another of three as one-hot, a code (2) and an image, all passed on to one layer. */
enum { NOISE, LABEL, ONE_HOT, CODE, IMAGE, INPUTS };

static gan_status describe(gan_context *in, gan_model **out)
{
    static const gan_shape shapes[INPUTS] = {{1, {4}}, {1, {1}}, {1, {3}}, {1, {2}}, {3, {1, 2, 2}}};
    gan_node nodes[INPUTS];
    gan_model *model = NULL;
    const gan_status status = gan_model_create(in, &model);

    if (status != GAN_OK) return status;
    for (int i = 0; i < INPUTS; i++) {
        gan_layer *layer = gan_layer_input(in, shapes[i]);
        nodes[i] = gan_model_add(model, i == LABEL ? gan_layer_named(layer, "label") : layer);
    }
    const gan_node flat = gan_model_add_from(model, gan_layer_flatten(in), GAN_NODES(nodes[IMAGE]));
    gan_model_add_from(model, gan_layer_concat(in, NULL),
                       GAN_NODES(nodes[NOISE], nodes[LABEL], nodes[ONE_HOT], nodes[CODE], flat));
    gan_model_add(model, gan_layer_dense(in, 2, NULL));
    *out = model;
    return GAN_OK;
}

static gan_status set_roles(gan_model *model)
{
    gan_status status =
        gan_model_set_input(model, NOISE, GAN_INPUT(.role = GAN_INPUT_NOISE, .noise = GAN_NOISE_UNIFORM));
    if (status == GAN_OK)
        status = gan_model_set_input(model, LABEL, GAN_INPUT(.role = GAN_INPUT_CLASS, .classes = 10));
    if (status == GAN_OK)
        status = gan_model_set_input(model, ONE_HOT, GAN_INPUT(.role = GAN_INPUT_CLASS, .classes = 3));
    if (status == GAN_OK) status = gan_model_set_input(model, CODE, GAN_INPUT(.role = GAN_INPUT_CODE));
    return status == GAN_OK ? gan_model_set_input(model, IMAGE, GAN_INPUT(.role = GAN_INPUT_IMAGE)) : status;
}

static gan_model *build(bool with_roles)
{
    gan_model *model = NULL;
    ASSERT_OK(describe(context, &model));
    if (with_roles) ASSERT_OK(set_roles(model));
    ASSERT_OK(gan_model_build(model, 1));
    return model;
}

static void expect(const gan_model *model, int64_t index, const char *name, gan_shape shape, gan_input_role role,
                   gan_noise noise, int64_t classes)
{
    gan_input_info info = GAN_INPUT_INFO_INIT;
    ASSERT_OK(gan_model_get_input_info(model, index, &info));
    assert_string_equal(info.name, name);
    assert_true(gan_shape_equal(info.shape, shape));
    assert_int_equal(info.role, role);
    assert_int_equal(info.noise, noise);
    assert_int_equal(info.classes, classes);
}

static void expect_roles(const gan_model *model)
{
    expect(model, NOISE, "input0", GAN_SHAPE(4), GAN_INPUT_NOISE, GAN_NOISE_UNIFORM, 0);
    expect(model, LABEL, "label", GAN_SHAPE(1), GAN_INPUT_CLASS, GAN_NOISE_NORMAL, 10);
    expect(model, ONE_HOT, "input2", GAN_SHAPE(3), GAN_INPUT_CLASS, GAN_NOISE_NORMAL, 3);
    expect(model, CODE, "input3", GAN_SHAPE(2), GAN_INPUT_CODE, GAN_NOISE_NORMAL, 0);
    expect(model, IMAGE, "input4", GAN_SHAPE(1, 2, 2), GAN_INPUT_IMAGE, GAN_NOISE_NORMAL, 0);
}

static void test_before_and_after_building(void **state)
{
    gan_model *model = NULL;
    (void)state;

    ASSERT_OK(describe(context, &model));
    expect(model, LABEL, "label", GAN_SHAPE(1), GAN_INPUT_ANY, GAN_NOISE_NORMAL, 0);
    ASSERT_OK(set_roles(model));
    expect_roles(model);
    ASSERT_OK(gan_model_build(model, 1));
    expect_roles(model);
    ASSERT_OK(gan_model_set_input(model, LABEL, NULL));
    expect(model, LABEL, "label", GAN_SHAPE(1), GAN_INPUT_ANY, GAN_NOISE_NORMAL, 0);
    ASSERT_OK(set_roles(model));
    expect_roles(model);
    gan_model_destroy(model);
}

static void test_described(void **state)
{
    gan_model *model = build(true);
    char text[2048];
    (void)state;

    ASSERT_OK(gan_model_describe(model, text, sizeof(text), NULL));
    assert_non_null(strstr(text, "  role=noise  noise=uniform\n"));
    assert_non_null(strstr(text, "  role=class  classes=10\n"));
    assert_non_null(strstr(text, "  role=code  noise=normal\n"));
    gan_model_destroy(model);
}

/* ---- Refused ------------------------------------------------------------------------------------------------ */

typedef struct refused {
    int64_t index;
    gan_input_options options;
    gan_status status;
    const char *sentence;
} refused;

static const refused cases[] = {
    {-1, {.role = GAN_INPUT_NOISE}, GAN_ERROR_ARGUMENT, "index is -1, but the model has 5 inputs"},
    {INPUTS, {.role = GAN_INPUT_NOISE}, GAN_ERROR_ARGUMENT, "index is 5"},
    {NOISE, {.role = (gan_input_role)5}, GAN_ERROR_ARGUMENT, "gan_input_options: role is 5"},
    {NOISE, {.role = (gan_input_role)-1}, GAN_ERROR_ARGUMENT, "gan_input_options: role is -1"},
    {NOISE, {.role = GAN_INPUT_NOISE, .noise = (gan_noise)2}, GAN_ERROR_ARGUMENT, "noise is 2"},
    {IMAGE, {.role = GAN_INPUT_IMAGE, .noise = GAN_NOISE_UNIFORM}, GAN_ERROR_ARGUMENT, "neither noise nor a code"},
    {NOISE, {.role = GAN_INPUT_NOISE, .classes = 2}, GAN_ERROR_ARGUMENT, "input 0 is not a class"},
    {LABEL, {.role = GAN_INPUT_CLASS}, GAN_ERROR_ARGUMENT, "classes is 0 for input 'label', expected 1 to 16777216"},
    {LABEL, {.role = GAN_INPUT_CLASS, .classes = -1}, GAN_ERROR_ARGUMENT, "classes is -1"},
    {LABEL, {.role = GAN_INPUT_CLASS, .classes = (1 << 24) + 1}, GAN_ERROR_ARGUMENT, "classes is 16777217"},
    {ONE_HOT, {.role = GAN_INPUT_CLASS, .classes = 4}, GAN_ERROR_SHAPE, "has the shape (3), but a class"},
    {IMAGE, {.role = GAN_INPUT_CLASS, .classes = 4}, GAN_ERROR_SHAPE, "input 4 has the shape (1, 2, 2)"},
};

static void test_refused(void **state)
{
    gan_model *model = build(true);
    gan_input_info info = GAN_INPUT_INFO_INIT;
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        gan_input_options options = cases[i].options;
        options.struct_size = sizeof(options);
        ASSERT_FAILS(gan_model_set_input(model, cases[i].index, &options), cases[i].status, cases[i].sentence);
    }
    expect_roles(model);
    ASSERT_FAILS(gan_model_set_input(NULL, 0, NULL), GAN_ERROR_NULL, "model is NULL");
    ASSERT_FAILS(gan_model_set_input(model, 0, &(gan_input_options){0}), GAN_ERROR_ARGUMENT, "struct_size is 0");
    ASSERT_FAILS(gan_model_get_input_info(NULL, 0, &info), GAN_ERROR_NULL, "model is NULL");
    ASSERT_FAILS(gan_model_get_input_info(model, 0, NULL), GAN_ERROR_NULL, "info is NULL");
    ASSERT_FAILS(gan_model_get_input_info(model, INPUTS, &info), GAN_ERROR_ARGUMENT, "index is 5");
    gan_model_destroy(model);
}

static void test_refusal_is_remembered(void **state)
{
    gan_model *model = NULL;
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        gan_input_options options = cases[i].options;
        options.struct_size = sizeof(options);
        ASSERT_OK(describe(context, &model));
        assert_int_equal(gan_model_set_input(model, cases[i].index, &options), cases[i].status);
        ASSERT_FAILS(gan_model_set_input(model, LABEL, NULL), cases[i].status, cases[i].sentence);
        ASSERT_FAILS(gan_model_build(model, 1), cases[i].status, cases[i].sentence);
        gan_model_destroy(model);
    }
}

/* ---- Copies ------------------------------------------------------------------------------------------------- */

static void test_clones_and_files(void **state)
{
    gan_model *model = build(true), *copy = NULL;
    (void)state;

    ASSERT_OK(gan_model_clone(model, &copy));
    assert_same_models(model, copy);
    expect_roles(copy);
    gan_model_destroy(copy);
    ASSERT_OK(gan_model_save(model, test_path("roles.safetensors")));
    ASSERT_OK(gan_model_load(context, test_path("roles.safetensors"), &copy));
    assert_same_models(model, copy);
    expect_roles(copy);
    gan_model_destroy(copy);
    gan_model_destroy(model);
}

/* A model without roles has the text that it had before there were any; the graph is the same either way. */
static void test_text(void **state)
{
    gan_model *plain = build(false), *model = build(true), *one = build(false);
    char *text = NULL, *graph = NULL, *with_roles = NULL, *with_one = NULL;
    (void)state;

    ASSERT_OK(gan_model_set_input(one, CODE, GAN_INPUT(.role = GAN_INPUT_IMAGE)));
    ASSERT_OK(gan_model_write_architecture(plain, &text));
    ASSERT_OK(gan_model_write_graph(model, &graph));
    ASSERT_OK(gan_model_write_architecture(model, &with_roles));
    ASSERT_OK(gan_model_write_architecture(one, &with_one));
    assert_int_equal(strncmp(text, "{\"nodes\":", 9), 0);
    assert_string_equal(graph, text);
    const char *roles = "{\"inputs\":[{\"noise\":\"uniform\",\"role\":\"noise\"},{\"classes\":10,\"role\":\"class\"},"
                        "{\"classes\":3,\"role\":\"class\"},{\"noise\":\"normal\",\"role\":\"code\"},"
                        "{\"role\":\"image\"}],";
    assert_int_equal(strncmp(with_roles, roles, strlen(roles)), 0);
    assert_string_equal(with_roles + strlen(roles), text + 1);
    assert_int_equal(strncmp(with_one, "{\"inputs\":[{},{},{},{\"role\":\"image\"},{}],", 41), 0);
    gan_release_text(context, with_one);
    gan_release_text(context, with_roles);
    gan_release_text(context, graph);
    gan_release_text(context, text);
    gan_model_destroy(one);
    gan_model_destroy(model);
    gan_model_destroy(plain);
}

static void test_bad_files(void **state)
{
    static const struct {
        const char *inputs;
        gan_status status;
        const char *sentence;
    } files[] = {
        {"{}", GAN_ERROR_FORMAT, "'inputs' are not a list"},
        {"[]", GAN_ERROR_FORMAT, "a list of 1 object, one for each input"},
        {"[{},{}]", GAN_ERROR_FORMAT, "a list of 1 object, one for each input"},
        {"[1]", GAN_ERROR_FORMAT, "input 0: it is not an object"},
        {"[{\"role\":1}]", GAN_ERROR_FORMAT, "needs a string 'role'"},
        {"[{\"role\":\"text\"}]", GAN_ERROR_UNSUPPORTED, "has no role 'text'"},
        {"[{\"role\":\"noise\"}]", GAN_ERROR_FORMAT, "needs a string 'noise'"},
        {"[{\"role\":\"code\",\"noise\":\"cauchy\"}]", GAN_ERROR_UNSUPPORTED, "has no noise 'cauchy'"},
        {"[{\"role\":\"class\"}]", GAN_ERROR_FORMAT, "needs a whole number 'classes'"},
        {"[{\"role\":\"class\",\"classes\":2.5}]", GAN_ERROR_FORMAT, "needs a whole number 'classes'"},
        {"[{\"role\":\"class\",\"classes\":0}]", GAN_ERROR_FORMAT, "classes is 0"},
        {"[{\"role\":\"class\",\"classes\":3}]", GAN_ERROR_FORMAT, "has the shape (2)"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        gan_model *model = NULL;
        char text[512];
        snprintf(text, sizeof(text),
                 "{\"inputs\":%s,\"nodes\":[{\"inputs\":[],\"options\":{\"shape\":[2]},\"type\":\"input\"},"
                 "{\"inputs\":[0],\"options\":{},\"type\":\"tanh\"}],\"outputs\":[1]}",
                 files[i].inputs);
        ASSERT_FAILS(gan_model_read_architecture(context, text, &model), files[i].status, files[i].sentence);
        assert_null(model);
    }
}

static gan_status copy_with_roles(gan_context *failing, void *user)
{
    gan_model *model = NULL, *copy = NULL;
    gan_status status = describe(failing, &model);

    (void)user;
    if (status == GAN_OK) status = set_roles(model);
    if (status == GAN_OK) status = gan_model_build(model, 1);
    if (status == GAN_OK) status = gan_model_clone(model, &copy);
    if (status == GAN_OK) expect_roles(copy);
    gan_model_destroy(copy);
    gan_model_destroy(model);
    return status;
}

static void test_failing_allocations(void **state)
{
    (void)state;
    assert_true(test_every_allocation_fails(copy_with_roles, NULL) > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before_and_after_building),
        cmocka_unit_test(test_described),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_refusal_is_remembered),
        cmocka_unit_test(test_clones_and_files),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_failing_allocations),
    };
    return cmocka_run_group_tests_name("input roles", tests, setup, teardown);
}
