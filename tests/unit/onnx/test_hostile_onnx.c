/* ONNX files that are damaged, or made to cost much: they are refused, in little time and memory. */
#include "load.h"
#include "support/allocator.h"
#include "support/files.h"
#include "support/models.h"
#include "onnx/onnx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* The architecture says how large the model is, and the graph has tensors of that size, but no values for them. */
static void test_own_without_values(void **state)
{
    static test_onnx tensor, entry, own;
    const char *keys[] = {GAN_ONNX_FORMAT_KEY, GAN_ONNX_FINGERPRINT_KEY, GAN_ONNX_ARCHITECTURE_KEY,
                          GAN_ONNX_METADATA_KEY};
    char fingerprint[GAN_ONNX_FINGERPRINT_TEXT], of_metadata[GAN_ONNX_FINGERPRINT_TEXT], *architecture = NULL;
    gan_context *context = test_context();
    gan_model *model = NULL;
    test_allocator allocator = {0};

    (void)state;
    assert_int_equal(gan_model_create(context, &model), GAN_OK);
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(1024)));
    gan_model_add(model, gan_layer_named(gan_layer_dense(context, 1024, NULL), "first"));
    assert_int_equal(gan_model_build(model, 1), GAN_OK);
    assert_int_equal(gan_model_write_architecture(model, &architecture), GAN_OK);
    gan_model_destroy(model);
    graph.size = tensor.size = own.size = 0;
    test_onnx_int(&tensor, 1, 1024);
    test_onnx_int(&tensor, 1, 1024);
    test_onnx_int(&tensor, 2, 1);
    test_onnx_text(&tensor, 8, "first.weight");
    test_onnx_message(&graph, 5, &tensor);
    test_onnx_floats(&graph, "first.bias", TEST_DIMS(1024), (float[1024]){0});
    snprintf(fingerprint, sizeof(fingerprint), "%016llx",
             (unsigned long long)gan_onnx_fingerprint(GAN_HASH_START, graph.bytes, graph.size));
    uint64_t entries = gan_onnx_fingerprint_entry(GAN_HASH_START, keys[0], GAN_ONNX_FORMAT);
    entries = gan_onnx_fingerprint_entry(entries, keys[2], architecture);
    snprintf(of_metadata, sizeof(of_metadata), "%016llx", (unsigned long long)entries);
    const char *values[] = {GAN_ONNX_FORMAT, fingerprint, architecture, of_metadata};
    test_onnx_message(&own, 7, &graph);
    for (int i = 0; i < 4; i++) {
        entry.size = 0;
        test_onnx_text(&entry, 1, keys[i]);
        test_onnx_text(&entry, 2, values[i]);
        test_onnx_message(&own, 14, &entry);
    }
    gan_release_text(context, architecture);
    gan_context_destroy(context);
    assert_int_equal(
        gan_context_create(GAN_CONTEXT(.allocator = test_allocator_hooks(&allocator), .threads = 1), &context),
        GAN_OK);
    model = NULL;
    test_status(gan_model_load_onnx_from(context, gan_reader_from_memory(own.bytes, own.size), NULL, &model),
                GAN_ERROR_FORMAT, "tensor 'first.weight' has 0 values");
    assert_true(allocator.peak_bytes < 1 << 21);
    gan_context_destroy(context);
    test_allocator_assert_empty(&allocator);
}

/* Cut anywhere, and with any byte changed, a file is read or refused, and nothing is left. */
static void test_damage(void **state)
{
    static unsigned char bytes[1 << 15];
    test_allocator allocator = {0};
    gan_context *context = NULL;
    gan_model *model = NULL;

    (void)state;
    test_onnx_network(&file);
    assert_int_equal(
        gan_context_create(GAN_CONTEXT(.allocator = test_allocator_hooks(&allocator), .threads = 1), &context),
        GAN_OK);
    const size_t blocks = allocator.blocks;
    for (size_t size = 0; size < file.size; size++) {
        const gan_status status =
            gan_model_load_onnx_from(context, gan_reader_from_memory(file.bytes, size), NULL, &model);
        if (status == GAN_OK) fail_msg("%zu bytes are enough", size);
        assert_true(allocator.blocks == blocks);
    }
    for (size_t at = 0; at < file.size; at++) {
        for (int bit = 0; bit < 8; bit++) {
            memcpy(bytes, file.bytes, file.size);
            bytes[at] ^= (unsigned char)(1 << bit);
            if (gan_model_load_onnx_from(context, gan_reader_from_memory(bytes, file.size), NULL, &model) == GAN_OK)
                gan_model_destroy(model);
            model = NULL;
            assert_true(allocator.blocks == blocks);
        }
    }
    gan_context_destroy(context);
    test_allocator_assert_empty(&allocator);
}

/* A message that says it is larger than the file, a group, a tensor outside, and one that asks for too much. */
static void test_hostile(void **state)
{
    static test_onnx tensor, message;
    gan_context *context = test_context();
    gan_model *model = NULL;
    const unsigned char large[] = {0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, group[] = {0x0b};

    (void)state;
    test_status(gan_model_load_onnx_from(context, gan_reader_from_memory(large, sizeof(large)), NULL, &model),
                GAN_ERROR_TRUNCATED, "longer than what is left");
    test_status(gan_model_load_onnx_from(context, gan_reader_from_memory(group, sizeof(group)), NULL, &model),
                GAN_ERROR_UNSUPPORTED, "group");
    begin(TEST_DIMS(0, 3));
    tensor.size = message.size = 0;
    test_onnx_int(&tensor, 14, 1);
    test_onnx_message(&graph, 5, &tensor);
    refuse(13, GAN_ERROR_UNSUPPORTED, "lies in another file");
    begin(TEST_DIMS(0, 3));
    test_onnx_node(&graph, "ConstantOfShape", "shape", "c", "");
    test_onnx_node(&graph, "Add", "x c", "y", "");
    test_onnx_ints(&graph, "shape", TEST_DIMS(2), (int64_t[]){1 << 20, 3});
    refuse(13, GAN_ERROR_OVERFLOW, "16 for each of its bytes");
    gan_context_destroy(context);
}

/* Sides near the largest number, from the options: nothing is added to them. */
static void test_huge_sizes(void **state)
{
    const gan_named_shape given = {"x", GAN_SHAPE(1, INT64_MAX, 1)};
    const char *const nodes[][3] = {{"Conv", "x w", "auto_pad='SAME_UPPER' strides=2,2"},
                                    {"MaxPool", "x", "kernel_shape=2,2 pads=1,1,1,1 ceil_mode=1"}};
    gan_context *context = test_context();
    gan_model *model = NULL;

    (void)state;
    for (int i = 0; i < 2; i++) {
        begin(TEST_DIMS(0, 1, 0, 1));
        test_onnx_node(&graph, nodes[i][0], nodes[i][1], "y", nodes[i][2]);
        test_onnx_floats(&graph, "w", TEST_DIMS(1, 1, 3, 3), (float[9]){1});
        test_onnx_file(&file, &graph, 13);
        test_status(gan_model_load_onnx_from(context, gan_reader_from_memory(file.bytes, file.size),
                                             GAN_LOAD_ONNX(.inputs = &given, .input_count = 1), &model),
                    GAN_ERROR_OVERFLOW, "its input has a side of 9223372036854775807");
    }
    gan_context_destroy(context);
}

/* Small files that would take long, or much memory. */
static void test_costs(void **state)
{
    static test_onnx node;
    test_allocator allocator = {0};
    gan_context *context = NULL;
    gan_model *model = NULL;

    (void)state;
    begin(TEST_DIMS(0, 3));
    test_onnx_node(&graph, "Relu", "x", "y", "");
    test_onnx_file(&file, &graph, 13);
    node.size = 0;
    for (int i = 0; i < 8193; i++) test_onnx_message(&file, 14, &node);
    assert_int_equal(
        gan_context_create(GAN_CONTEXT(.allocator = test_allocator_hooks(&allocator), .threads = 1), &context),
        GAN_OK);
    test_status(gan_model_load_onnx_from(context, gan_reader_from_memory(file.bytes, file.size), NULL, &model),
                GAN_ERROR_OVERFLOW, "8193 entries of metadata");
    begin(TEST_DIMS(0, 3000));
    test_onnx_text(&node, 1, "x");
    for (int i = 0; i < 3000; i++) {
        char name[8];
        snprintf(name, sizeof(name), "%d", i);
        test_onnx_text(&node, 2, i == 0 ? "y" : name);
    }
    test_onnx_text(&node, 4, "Split");
    test_onnx_message(&node, 5,
                      &(test_onnx){.bytes = "\x0a\x04"
                                            "axis\x18\x01",
                                   .size = 8});
    test_onnx_message(&graph, 1, &node);
    const size_t before = allocator.peak_bytes;
    test_status(load_as(context, 11, &model), GAN_ERROR_OVERFLOW, "16 for each of its bytes");
    assert_true(allocator.peak_bytes - before <= 16 * file.size + (1 << 20));
    gan_context_destroy(context);
    test_allocator_assert_empty(&allocator);
}

/* A large piece does not take the place of the block from which small ones are cut. */
static void test_blocks(void **state)
{
    gan_context *context = test_context();
    gan_import_memory memory = {.context = context, .limit = 1 << 20};

    (void)state;
    for (int i = 0; i < 40; i++) {
        assert_non_null(gan_import_allocate(&memory, 1, 16));
        assert_non_null(gan_import_allocate(&memory, 12000, 1));
    }
    assert_true(memory.used < 40 * 12000 + (1 << 15));
    gan_import_release(&memory);
    gan_context_destroy(context);
}

static gan_status load_grouped(gan_context *context, void *user)
{
    gan_model *model = NULL;
    const gan_status status = load_as(context, 13, &model);

    (void)user;
    gan_model_destroy(model);
    return status;
}

/* A constant that there is no memory for is not one that does not fit. */
static void test_memory(void **state)
{
    static float ones[3600], zeros[3600];

    (void)state;
    for (int i = 0; i < 3600; i++) ones[i] = 1.0f;
    begin(TEST_DIMS(0, 3600, 2, 2));
    test_onnx_node(&graph, "Reshape", "x rows", "r", "");
    test_onnx_node(&graph, "InstanceNormalization", "r ones zeros", "n", "");
    test_onnx_node(&graph, "Reshape", "n image", "y", "");
    test_onnx_floats(&graph, "ones", TEST_DIMS(3600), ones);
    test_onnx_floats(&graph, "zeros", TEST_DIMS(3600), zeros);
    test_onnx_ints(&graph, "rows", TEST_DIMS(3), (int64_t[]){0, 3600, -1});
    test_onnx_ints(&graph, "image", TEST_DIMS(4), (int64_t[]){0, 3600, 2, 2});
    assert_true(test_every_allocation_fails(load_grouped, NULL) > 4);
}

/* Integers of one byte each, in a list, are read within the limit, however many there are. */
static void test_long_list(void **state)
{
    enum { COUNT = 1 << 21 };
    static unsigned char bytes[COUNT + 64] = {0x08, 0x80, 0x80, 0x80, 0x01, /* dims: 2^21 */
                                              0x10, 0x07,                   /* INT64 */
                                              0x3a, 0x80, 0x80, 0x80, 0x01, /* int64_data, of as many bytes */
                                              0x05};
    const size_t size = 12 + COUNT;
    gan_context *context = test_context();
    gan_import_memory memory = {.context = context, .limit = GAN_IMPORT_MEMORY_FACTOR * size};
    gan_import_tensor tensor;
    const int64_t *values = NULL;

    (void)state;
    /* As much as the file takes. */
    assert_non_null(gan_import_allocate(&memory, (int64_t)size, 1));
    assert_int_equal(gan_import_tensor_parse(&memory, (gan_message){bytes, bytes + size, bytes}, &tensor), GAN_OK);
    if (gan_import_tensor_ints(&memory, &tensor, &values) != GAN_OK) fail_msg("%s", gan_last_error());
    assert_true(values[0] == 5 && values[COUNT - 1] == 0);
    gan_import_release(&memory);
    gan_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_own_without_values),
                                       cmocka_unit_test(test_damage),
                                       cmocka_unit_test(test_hostile),
                                       cmocka_unit_test(test_huge_sizes),
                                       cmocka_unit_test(test_costs),
                                       cmocka_unit_test(test_blocks),
                                       cmocka_unit_test(test_memory),
                                       cmocka_unit_test(test_long_list)};
    return cmocka_run_group_tests(tests, test_folder_create, test_folder_remove);
}
