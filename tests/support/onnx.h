/* ONNX files made by hand, of any content: messages field by field, and the parts of a graph. */
#ifndef GAN_TESTS_SUPPORT_ONNX_H
#define GAN_TESTS_SUPPORT_ONNX_H

#include "libgan.h"

/* A message. */
typedef struct test_onnx {
    unsigned char bytes[1 << 15];
    size_t size;
} test_onnx;

void test_onnx_int(test_onnx *to, int field, int64_t value);
void test_onnx_float(test_onnx *to, int field, float value);
void test_onnx_bytes(test_onnx *to, int field, const void *bytes, size_t size);
void test_onnx_text(test_onnx *to, int field, const char *text);
void test_onnx_message(test_onnx *to, int field, const test_onnx *message);

/* Parts of a graph. Lists of names have spaces between, "-" for one that is left out; lists of sizes end with -1. */
void test_onnx_input(test_onnx *graph, const char *name, int type, const int64_t *dims); /* 0: free */
void test_onnx_output(test_onnx *graph, const char *name);
void test_onnx_floats(test_onnx *graph, const char *name, const int64_t *dims, const float *values);
void test_onnx_ints(test_onnx *graph, const char *name, const int64_t *dims, const int64_t *values);
/* A node called "n". `attributes` has "name=1", "name=0.5", "name='text'" or "name=1,2,3", with spaces between. */
void test_onnx_node(test_onnx *graph, const char *type, const char *inputs, const char *outputs,
                    const char *attributes);
/* The whole file: the graph, with these operators. */
void test_onnx_file(test_onnx *file, const test_onnx *graph, int64_t opset);

#define TEST_DIMS(...) ((const int64_t[]){__VA_ARGS__, -1})

/* The file of a network from "z" (4) to "sample" (2). */
void test_onnx_network(test_onnx *file);

#endif
