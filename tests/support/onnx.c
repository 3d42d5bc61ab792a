#include "onnx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* ---- Fields ---------------------------------------------------------------------------------------------------- */

static void put(test_onnx *to, const void *bytes, size_t size)
{
    assert_true(size <= sizeof(to->bytes) - to->size);
    if (size > 0) memcpy(to->bytes + to->size, bytes, size);
    to->size += size;
}

static void put_varint(test_onnx *to, uint64_t value)
{
    do {
        const unsigned char byte = (unsigned char)((value & 127) | (value > 127 ? 128 : 0));
        put(to, &byte, 1);
        value >>= 7;
    } while (value > 0);
}

/* Little-endian. */
static void int_bytes(uint64_t value, int size, unsigned char *out)
{
    for (int i = 0; i < size; i++) out[i] = (unsigned char)(value >> (8 * i));
}

static void float_bytes(float value, unsigned char out[4])
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof(bits));
    int_bytes(bits, 4, out);
}

void test_onnx_int(test_onnx *to, int field, int64_t value)
{
    put_varint(to, (uint64_t)field << 3);
    put_varint(to, (uint64_t)value);
}

void test_onnx_float(test_onnx *to, int field, float value)
{
    unsigned char bytes[4];

    put_varint(to, (uint64_t)field << 3 | 5);
    float_bytes(value, bytes);
    put(to, bytes, sizeof(bytes));
}

void test_onnx_bytes(test_onnx *to, int field, const void *bytes, size_t size)
{
    put_varint(to, (uint64_t)field << 3 | 2);
    put_varint(to, size);
    put(to, bytes, size);
}

void test_onnx_text(test_onnx *to, int field, const char *text)
{
    test_onnx_bytes(to, field, text, strlen(text));
}

void test_onnx_message(test_onnx *to, int field, const test_onnx *message)
{
    test_onnx_bytes(to, field, message->bytes, message->size);
}

/* ---- Parts of a graph ----------------------------------------------------------------------------------------- */

void test_onnx_input(test_onnx *graph, const char *name, int type, const int64_t *dims)
{
    static test_onnx shape, tensor, whole, port, dim;

    shape.size = tensor.size = whole.size = port.size = 0;
    for (int i = 0; dims[i] >= 0; i++) {
        dim.size = 0;
        if (dims[i] > 0) {
            test_onnx_int(&dim, 1, dims[i]);
        } else {
            test_onnx_text(&dim, 2, "batch");
        }
        test_onnx_message(&shape, 1, &dim);
    }
    test_onnx_int(&tensor, 1, type);
    test_onnx_message(&tensor, 2, &shape);
    test_onnx_message(&whole, 1, &tensor);
    test_onnx_text(&port, 1, name);
    test_onnx_message(&port, 2, &whole);
    test_onnx_message(graph, 11, &port);
}

void test_onnx_output(test_onnx *graph, const char *name)
{
    static test_onnx port;

    port.size = 0;
    test_onnx_text(&port, 1, name);
    test_onnx_message(graph, 12, &port);
}

static int64_t begin_tensor(test_onnx *tensor, const char *name, int type, const int64_t *dims)
{
    int64_t count = 1;

    tensor->size = 0;
    for (int i = 0; dims[i] >= 0; i++) {
        test_onnx_int(tensor, 1, dims[i]);
        count *= dims[i];
    }
    test_onnx_int(tensor, 2, type);
    test_onnx_text(tensor, 8, name);
    return count;
}

void test_onnx_floats(test_onnx *graph, const char *name, const int64_t *dims, const float *values)
{
    static test_onnx tensor;
    static unsigned char bytes[1 << 14];
    const int64_t count = begin_tensor(&tensor, name, 1, dims);

    assert_true((size_t)count * 4 <= sizeof(bytes));
    for (int64_t i = 0; i < count; i++) float_bytes(values[i], bytes + 4 * i);
    test_onnx_bytes(&tensor, 9, bytes, (size_t)count * 4);
    test_onnx_message(graph, 5, &tensor);
}

void test_onnx_ints(test_onnx *graph, const char *name, const int64_t *dims, const int64_t *values)
{
    static test_onnx tensor;
    static unsigned char bytes[1 << 14];
    const int64_t count = begin_tensor(&tensor, name, 7, dims);

    assert_true((size_t)count * 8 <= sizeof(bytes));
    for (int64_t i = 0; i < count; i++) int_bytes((uint64_t)values[i], 8, bytes + 8 * i);
    test_onnx_bytes(&tensor, 9, bytes, (size_t)count * 8);
    test_onnx_message(graph, 5, &tensor);
}

static void put_names(test_onnx *node, int field, const char *names)
{
    char copy[256], *rest = copy;

    snprintf(copy, sizeof(copy), "%s", names);
    for (const char *name = strtok_r(copy, " ", &rest); name; name = strtok_r(NULL, " ", &rest))
        test_onnx_text(node, field, strcmp(name, "-") == 0 ? "" : name);
}

static void put_attribute(test_onnx *node, const char *name, char *value)
{
    static test_onnx attribute;
    char *rest = NULL;

    attribute.size = 0;
    test_onnx_text(&attribute, 1, name);
    if (value[0] == '\'') {
        test_onnx_bytes(&attribute, 4, value + 1, strlen(value) - 2);
    } else if (strchr(value, ',')) {
        for (const char *part = strtok_r(value, ",", &rest); part; part = strtok_r(NULL, ",", &rest)) {
            if (strchr(part, '.')) {
                test_onnx_float(&attribute, 7, strtof(part, NULL));
            } else {
                test_onnx_int(&attribute, 8, strtoll(part, NULL, 10));
            }
        }
    } else if (strchr(value, '.')) {
        test_onnx_float(&attribute, 2, strtof(value, NULL));
    } else {
        test_onnx_int(&attribute, 3, strtoll(value, NULL, 10));
    }
    test_onnx_message(node, 5, &attribute);
}

void test_onnx_node(test_onnx *graph, const char *type, const char *inputs, const char *outputs,
                    const char *attributes)
{
    static test_onnx node;
    char copy[256], *rest = copy;

    node.size = 0;
    put_names(&node, 1, inputs);
    put_names(&node, 2, outputs);
    test_onnx_text(&node, 3, "n");
    test_onnx_text(&node, 4, type);
    snprintf(copy, sizeof(copy), "%s", attributes);
    for (char *one = strtok_r(copy, " ", &rest); one; one = strtok_r(NULL, " ", &rest)) {
        char *equals = strchr(one, '=');
        assert_non_null(equals);
        *equals = 0;
        put_attribute(&node, one, equals + 1);
    }
    test_onnx_message(graph, 1, &node);
}

void test_onnx_file(test_onnx *file, const test_onnx *graph, int64_t opset)
{
    static test_onnx set;

    file->size = set.size = 0;
    test_onnx_int(&set, 2, opset);
    test_onnx_int(file, 1, 8);
    test_onnx_message(file, 7, graph);
    test_onnx_message(file, 8, &set);
}

void test_onnx_network(test_onnx *file)
{
    static const float weight[12] = {0.5f, -1, 0.25f, 2, 1, 0.5f, -0.5f, 0, 3, -2, 1, 0.125f};
    static const float other[6] = {1, -1, 0.5f, 2, 0, -0.25f}, bias[3] = {0.1f, 0, -0.2f};
    static test_onnx graph;

    graph.size = 0;
    test_onnx_node(&graph, "Gemm", "z a.weight a.bias", "h", "transB=1 alpha=0.5");
    test_onnx_node(&graph, "Softplus", "h", "s", "");
    test_onnx_node(&graph, "MatMul", "s b", "sample", "");
    test_onnx_input(&graph, "z", 1, TEST_DIMS(0, 4));
    test_onnx_output(&graph, "sample");
    test_onnx_floats(&graph, "a.weight", TEST_DIMS(3, 4), weight);
    test_onnx_floats(&graph, "a.bias", TEST_DIMS(3), bias);
    test_onnx_floats(&graph, "b", TEST_DIMS(3, 2), other);
    test_onnx_file(file, &graph, 17);
}
