/* Written ONNX files: every byte is walked through by the wire format; what is refused is refused before a byte is
 * written, by the layer's name. */
#include "../model/session.h"
#include "onnx/onnx.h"

#include "support/allocator.h"
#include "support/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gan_context *context;
static gan_bytes *saved;

static int setup(void **state)
{
    if (test_folder_create(state) != 0) return -1;
    if (gan_context_create(GAN_CONTEXT(.threads = 1), &context) != GAN_OK) return -1;
    return gan_bytes_create(context, &saved) == GAN_OK ? 0 : -1;
}

static int teardown(void **state)
{
    gan_bytes_destroy(saved);
    gan_context_destroy(context);
    return test_folder_remove(state);
}

static void save_bytes(const gan_model *model, const gan_save_onnx_options *options)
{
    gan_bytes_clear(saved);
    ASSERT_OK(gan_model_save_onnx_to(model, gan_bytes_writer(saved), options));
}

/* ---- The wire format, read ------------------------------------------------------------------------------------ */

typedef struct message {
    const unsigned char *at, *end;
} message;

typedef struct field {
    int number;
    uint64_t integer; /* or the length */
    message inside;
} field;

static uint64_t read_varint(message *m)
{
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
        assert_true(m->at < m->end && shift < 64);
        value |= (uint64_t)(*m->at & 0x7f) << shift;
        if (!(*m->at++ & 0x80)) return value;
    }
}

/* False at the end. */
static bool read_field(message *m, field *out)
{
    if (m->at == m->end) return false;
    const uint64_t key = read_varint(m);
    *out = (field){.number = (int)(key >> 3)};
    if ((key & 7) == GAN_WIRE_FIXED32) {
        assert_true(m->end - m->at >= 4);
        m->at += 4;
        return true;
    }
    out->integer = read_varint(m);
    if ((key & 7) == GAN_WIRE_VARINT) return true;
    assert_int_equal(key & 7, GAN_WIRE_LENGTH);
    assert_true(out->integer <= (uint64_t)(m->end - m->at));
    out->inside = (message){m->at, m->at + out->integer};
    m->at += out->integer;
    return true;
}

static bool is_text(message m, const char *text)
{
    return (size_t)(m.end - m.at) == strlen(text) && !memcmp(m.at, text, strlen(text));
}

static message whole_file(void)
{
    const unsigned char *bytes = gan_bytes_data(saved);
    return (message){bytes, bytes + gan_bytes_size(saved)};
}

/* The first field of this number. */
static field find(message m, int number)
{
    field f;
    while (read_field(&m, &f))
        if (f.number == number) return f;
    fail_msg("the message has no field %d", number);
    return f;
}

static int count(message m, int number)
{
    field f;
    int found = 0;
    while (read_field(&m, &f)) found += f.number == number;
    return found;
}

/* Asserts the value of an entry of metadata; NULL: that there is none. */
static void assert_entry(const char *key, const char *value)
{
    message m = whole_file();
    field f;
    while (read_field(&m, &f)) {
        if (f.number != GAN_ONNX_MODEL_METADATA_PROPS || !is_text(find(f.inside, GAN_ONNX_ENTRY_KEY).inside, key))
            continue;
        const message found = find(f.inside, GAN_ONNX_ENTRY_VALUE).inside;
        if (!value || !is_text(found, value))
            fail_msg("%s is '%.*s', expected %s", key, (int)(found.end - found.at), (const char *)found.at, value);
        return;
    }
    if (value) fail_msg("there is no entry %s", key);
}

/* ---- What is written ------------------------------------------------------------------------------------------ */

static message graph_of(void)
{
    return find(whole_file(), GAN_ONNX_MODEL_GRAPH).inside;
}

static void assert_tensor(const gan_model_tensor *tensor, const gan_model *model)
{
    message m = graph_of();
    field f;
    float *values = calloc((size_t)tensor->count, sizeof(*values));
    ASSERT_OK(gan_model_get_tensor(model, tensor->name, values, tensor->count));
    gan_floats_to_little_endian(values, tensor->count);
    while (read_field(&m, &f)) {
        int rank = 0;
        field dim;
        if (f.number != GAN_ONNX_GRAPH_INITIALIZER) continue;
        if (!is_text(find(f.inside, GAN_ONNX_TENSOR_NAME).inside, tensor->name)) continue;
        for (message inside = f.inside; read_field(&inside, &dim);)
            if (dim.number == GAN_ONNX_TENSOR_DIMS) assert_int_equal(dim.integer, tensor->plan.shape.dims[rank++]);
        assert_int_equal(rank, tensor->plan.shape.rank);
        const message raw = find(f.inside, GAN_ONNX_TENSOR_RAW_DATA).inside;
        assert_int_equal(raw.end - raw.at, 4 * tensor->count);
        assert_memory_equal(raw.at, values, 4 * (size_t)tensor->count);
        free(values);
        return;
    }
    fail_msg("there is no initializer %s", tensor->name);
}

static void assert_fingerprint(void)
{
    const message graph = graph_of();
    char text[32];
    snprintf(text, sizeof(text), "%016llx",
             (unsigned long long)gan_onnx_fingerprint(GAN_HASH_START, graph.at, (size_t)(graph.end - graph.at)));
    assert_entry("libgan.graph", text);
}

static void assert_file_of(const gan_model *model)
{
    char *architecture = NULL;
    const message file = whole_file(), graph = graph_of();
    assert_true(is_text(find(file, GAN_ONNX_MODEL_PRODUCER_NAME).inside, "libgan"));
    assert_int_equal(count(file, GAN_ONNX_MODEL_OPSET_IMPORT), 1);
    assert_int_equal(count(graph, GAN_ONNX_GRAPH_INPUT), model->input_count);
    assert_int_equal(count(graph, GAN_ONNX_GRAPH_OUTPUT), model->output_count);
    assert_true(count(graph, GAN_ONNX_GRAPH_NODE) >= model->node_count - model->input_count);
    for (int32_t i = 0; i < model->tensor_count; i++) assert_tensor(&model->tensors[i], model);
    ASSERT_OK(gan_model_write_architecture(model, &architecture));
    assert_entry("libgan.architecture", architecture);
    gan_release_text(context, architecture);
    assert_fingerprint();
}

/* Their own models are compared, since a weight with spectral norm is written otherwise. */
static void test_every_model(void **state)
{
    (void)state;
    for (int i = 0; i < TEST_MODELS; i++) {
        gan_model *model = build_test_model(context, test_models[i].build), *folded = NULL;
        save_bytes(model, GAN_SAVE_ONNX(.no_dropout = true));
        ASSERT_OK(gan_model_fold(model, true, &folded));
        assert_file_of(folded);
        gan_model_destroy(folded);
        gan_model_destroy(model);
    }
}

static void test_a_file_has_the_same_bytes(void **state)
{
    static unsigned char file[1 << 20];
    gan_model *model = build_test_model(context, test_graph);
    (void)state;
    save_bytes(model, NULL);
    ASSERT_OK(gan_model_save_onnx(model, test_path("model.onnx"), NULL));
    const size_t size = test_file_read(test_path("model.onnx"), file, sizeof(file));
    assert_int_equal(size, gan_bytes_size(saved));
    assert_memory_equal(file, gan_bytes_data(saved), size);
    gan_model_destroy(model);
}

/* The inputs' roles, and their names. */
static void test_roles(void **state)
{
    gan_model *model = NULL;
    (void)state;
    ASSERT_OK(gan_model_create(context, &model));
    const gan_node noise = gan_model_add(model, gan_layer_named(gan_layer_input(context, GAN_SHAPE(3)), "z"));
    const gan_node label = gan_model_add(model, gan_layer_input(context, GAN_SHAPE(1)));
    const gan_node code = gan_model_add(model, gan_layer_input(context, GAN_SHAPE(2)));
    const gan_node other = gan_model_add(model, gan_layer_input(context, GAN_SHAPE(2)));
    const gan_node one_hot = gan_model_add_from(model, gan_layer_one_hot(context, 4), GAN_NODES(label));
    gan_model_add_from(model, gan_layer_concat(context, NULL), GAN_NODES(noise, one_hot, code, other));
    gan_model_set_input(model, 0, GAN_INPUT(.role = GAN_INPUT_NOISE, .noise = GAN_NOISE_UNIFORM));
    gan_model_set_input(model, 1, GAN_INPUT(.role = GAN_INPUT_CLASS, .classes = 4));
    gan_model_set_input(model, 2, GAN_INPUT(.role = GAN_INPUT_CODE));
    ASSERT_OK(gan_model_build(model, 1));
    save_bytes(model, NULL);
    assert_entry("libgan.input.z", "noise uniform");
    assert_entry("libgan.input.input1", "class");
    assert_entry("libgan.input.input2", "code normal");
    assert_entry("libgan.input.input3", NULL);
    const message input = find(graph_of(), GAN_ONNX_GRAPH_INPUT).inside;
    assert_true(is_text(find(input, GAN_ONNX_VALUE_INFO_NAME).inside, "z"));
    gan_model_destroy(model);
}

static void assert_opset(const gan_model *model, int64_t asked, int64_t opset, int64_t ir)
{
    save_bytes(model, GAN_SAVE_ONNX(.opset = asked));
    const message set = find(whole_file(), GAN_ONNX_MODEL_OPSET_IMPORT).inside;
    assert_int_equal(find(set, GAN_ONNX_OPERATOR_SET_VERSION).integer, opset);
    assert_int_equal(find(whole_file(), GAN_ONNX_MODEL_IR_VERSION).integer, ir);
}

static gan_model *model_of_layer(gan_layer *layer)
{
    gan_model *model = NULL;
    ASSERT_OK(gan_model_create(context, &model));
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(4)));
    gan_model_add(model, layer);
    ASSERT_OK(gan_model_build(model, 1));
    return model;
}

static void test_opsets(void **state)
{
    gan_model *old = model_of_layer(gan_layer_tanh(context));
    gan_model *newer = model_of_layer(gan_layer_named(gan_layer_gelu(context, NULL), "bend"));
    (void)state;
    ASSERT_OK(gan_model_save_onnx(old, test_path("without_weights.onnx"), NULL));
    assert_opset(old, 0, 17, 8);
    assert_opset(old, 19, 19, 9);
    assert_opset(old, 22, 22, 10);
    assert_opset(newer, 0, 20, 9);
    gan_bytes_clear(saved);
    const gan_writer writer = gan_bytes_writer(saved);
    ASSERT_FAILS(gan_model_save_onnx_to(newer, writer, GAN_SAVE_ONNX(.opset = 19)), GAN_ERROR_UNSUPPORTED,
                 "layer 'bend' (gelu): gan_save_onnx_options: opset is 19, but this layer's operator came with 20");
    for (int64_t opset = -1; opset <= 23; opset += opset < 16 ? 17 : 7) {
        ASSERT_FAILS(gan_model_save_onnx_to(old, writer, GAN_SAVE_ONNX(.opset = opset)), GAN_ERROR_ARGUMENT,
                     "expected 17 to 22");
    }
    assert_int_equal(gan_bytes_size(saved), 0);
    gan_model_destroy(old);
    gan_model_destroy(newer);
}

static void test_folded_models_sample_the_same(void **state)
{
    gan_model *model = build_test_model(context, test_spectral_discriminator), *folded = NULL;
    gan_model *plain = build_test_model(context, test_graph), *same = NULL;
    (void)state;
    ASSERT_OK(gan_model_fold(model, false, &folded));
    assert_true(folded != model && folded->tensor_count < model->tensor_count);
    assert_int_equal(folded->parameter_count, model->parameter_count);
    gan_session *sessions[2] = {create_test_session(3, model, true), create_test_session(3, folded, true)};
    float y[2][3] = {{0}};
    for (int i = 0; i < 2; i++) {
        set_random_inputs(sessions[i], 3, 9);
        ASSERT_OK(gan_session_forward(sessions[i], GAN_MODE_SAMPLE));
        ASSERT_OK(gan_session_get_output(sessions[i], 0, y[i]));
        gan_session_destroy(sessions[i]);
    }
    assert_memory_equal(y[0], y[1], sizeof(y[0]));
    ASSERT_OK(gan_model_fold(plain, false, &same));
    assert_ptr_equal(plain, same);
    gan_model_destroy(same);
    gan_model_destroy(plain);
}

/* ---- What is refused ------------------------------------------------------------------------------------------ */

/* Nothing is written, and the file that is there stays. */
static void assert_refused(const gan_model *model, gan_status status, const char *sentence)
{
    char content[8] = {0};
    gan_bytes_clear(saved);
    test_file_write(test_path("kept.onnx"), "kept", 4);
    ASSERT_FAILS(gan_model_save_onnx(model, test_path("kept.onnx"), NULL), status, sentence);
    assert_int_equal(test_file_read(test_path("kept.onnx"), (unsigned char *)content, sizeof(content)), 4);
    assert_string_equal(content, "kept");
    ASSERT_FAILS(gan_model_save_onnx_to(model, gan_bytes_writer(saved), NULL), status, sentence);
    assert_int_equal(gan_bytes_size(saved), 0);
}

static void test_layers_that_onnx_lacks(void **state)
{
    gan_model *named =
        model_of_layer(gan_layer_named(gan_layer_dropout(context, GAN_DROPOUT(.in_sampling = true)), "drop"));
    gan_model *other = model_of_layer(gan_layer_dropout(context, GAN_DROPOUT(.in_sampling = true)));
    (void)state;
    save_bytes(named, GAN_SAVE_ONNX(.no_dropout = true));
    ASSERT_FAILS(gan_model_save_onnx_to(named, gan_bytes_writer(saved), GAN_SAVE_ONNX(.reserved = {1})),
                 GAN_ERROR_VERSION, "gan_save_onnx_options");
    assert_refused(named, GAN_ERROR_UNSUPPORTED, "layer 'drop' (dropout): in_sampling is set");
    assert_refused(other, GAN_ERROR_UNSUPPORTED, "layer 0 (dropout): in_sampling is set");
    gan_model_destroy(named);
    gan_model_destroy(other);
}

/* Layers may have the names of tensors, as long as they are inside. */
static void test_names_of_tensors(void **state)
{
    (void)state;
    for (int is_output = 0; is_output < 2; is_output++) {
        gan_model *model = NULL;
        ASSERT_OK(gan_model_create(context, &model));
        gan_model_add(model, gan_layer_input(context, GAN_SHAPE(2)));
        gan_model_add(model, gan_layer_named(gan_layer_dense(context, 3, NULL), "a"));
        gan_model_add(model, gan_layer_named(gan_layer_tanh(context), "a.weight"));
        if (!is_output) gan_model_add(model, gan_layer_relu(context));
        ASSERT_OK(gan_model_build(model, 1));
        if (is_output)
            assert_refused(model, GAN_ERROR_UNSUPPORTED, "layer 'a.weight' (tanh): a tensor of the model has");
        if (!is_output) save_bytes(model, NULL);
        gan_model_destroy(model);
    }
}

/* Sizes are known before values are: the model is not allocated. */
static void test_two_gigabytes(void **state)
{
    (void)state;
    for (int64_t units = 23000; units <= 24000; units += 1000) { /* 2.116e9 and 2.304e9 bytes */
        gan_model *model = NULL;
        ASSERT_OK(gan_model_create(context, &model));
        gan_model_add(model, gan_layer_input(context, GAN_SHAPE(23000)));
        gan_model_add(model, gan_layer_dense(context, units, NULL));
        ASSERT_OK(gan_model_infer(model));
        model->built = true;
        if (units > 23000)
            assert_refused(model, GAN_ERROR_OVERFLOW, "more than the 2 GiB that an ONNX file can hold");
        gan_model_destroy(model);
    }
}

static void test_arguments(void **state)
{
    gan_model *model = build_test_model(context, test_seed_generator), *unbuilt = NULL;
    (void)state;
    ASSERT_OK(gan_model_create(context, &unbuilt));
    gan_model_add(unbuilt, gan_layer_input(context, GAN_SHAPE(2)));
    assert_refused(unbuilt, GAN_ERROR_STATE, "gan_model_save_onnx");
    ASSERT_FAILS(gan_model_save_onnx(NULL, test_path("none"), NULL), GAN_ERROR_NULL, "model is NULL");
    ASSERT_FAILS(gan_model_save_onnx(model, NULL, NULL), GAN_ERROR_NULL, "path is NULL");
    ASSERT_FAILS(gan_model_save_onnx_to(model, gan_bytes_writer(NULL), NULL), GAN_ERROR_NULL, "writer.write");
    ASSERT_FAILS(gan_model_save_onnx(model, test_path("missing/model.onnx"), NULL), GAN_ERROR_NOT_FOUND, "missing");
    gan_model_destroy(unbuilt);
    gan_model_destroy(model);
}

/* ---- Failures ------------------------------------------------------------------------------------------------- */

static gan_status fail_at(void *user, const void *bytes, size_t size)
{
    (void)bytes;
    int64_t *left = user;
    *left -= (int64_t)size;
    return *left >= 0 ? GAN_OK : GAN_ERROR_NO_SPACE;
}

static void test_writers_that_fail(void **state)
{
    gan_model *model = build_test_model(context, test_spectral_discriminator);
    (void)state;
    save_bytes(model, NULL);
    const int64_t size = (int64_t)gan_bytes_size(saved);
    for (int64_t limit = 0; limit <= size; limit += limit + 211 < size ? 211 : 1) {
        int64_t left = limit;
        const gan_status status = gan_model_save_onnx_to(model, (gan_writer){fail_at, &left}, NULL);
        assert_int_equal(status, limit < size ? GAN_ERROR_NO_SPACE : GAN_OK);
    }
    gan_model_destroy(model);
}

/* Whatever allocation fails, no byte is written and nothing leaks. */
static void test_allocations_that_fail(void **state)
{
    test_allocator allocator = {0};
    gan_context *failing = NULL;
    gan_model *model = NULL;
    int64_t written = 0;
    (void)state;
    ASSERT_OK(gan_context_create(GAN_CONTEXT(.threads = 1, .allocator = test_allocator_hooks(&allocator)), &failing));
    ASSERT_OK(test_spectral_discriminator(failing, 5, &model));
    gan_status status = GAN_ERROR_MEMORY;
    int tries = 0;
    for (; status != GAN_OK; tries++) {
        int64_t left = INT64_MAX;
        atomic_store(&allocator.fail_at, atomic_load(&allocator.calls) + 1 + (size_t)tries);
        status = gan_model_save_onnx_to(model, (gan_writer){fail_at, &left}, NULL);
        atomic_store(&allocator.fail_at, 0);
        written = INT64_MAX - left;
        assert_true(status == GAN_OK || (status == GAN_ERROR_MEMORY && written == 0));
    }
    assert_true(tries > 20 && written > 0);
    gan_model_destroy(model);
    gan_context_destroy(failing);
    test_allocator_assert_empty(&allocator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_model, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_has_the_same_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_roles, setup, teardown),
        cmocka_unit_test_setup_teardown(test_opsets, setup, teardown),
        cmocka_unit_test_setup_teardown(test_folded_models_sample_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(test_layers_that_onnx_lacks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names_of_tensors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two_gigabytes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_arguments, setup, teardown),
        cmocka_unit_test_setup_teardown(test_writers_that_fail, setup, teardown),
        cmocka_unit_test_setup_teardown(test_allocations_that_fail, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
