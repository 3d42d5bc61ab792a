/* Graphs made by hand, loaded: what they compute, and how they are refused. */
#ifndef GAN_TESTS_ONNX_LOAD_H
#define GAN_TESTS_ONNX_LOAD_H

#include "support/onnx.h"

/* The graph that a test makes, and the file that it was loaded from last. */
extern test_onnx graph, file;

/* An empty graph, with a float input "x" and an output "y". */
void begin(const int64_t *input);
gan_status load_as(gan_context *context, int64_t opset, gan_model **out);
/* Fails unless the graph computes this of one sample. */
void check(int64_t opset, const float *x, const float *y, int64_t count);
/* Fails unless it is refused, with a sentence that has this in it. */
void refuse(int64_t opset, gan_status expected, const char *sentence);

#endif
