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

test_onnx graph, file;

void begin(const int64_t *input)
{
    graph.size = 0;
    test_onnx_input(&graph, "x", 1, input);
    test_onnx_output(&graph, "y");
}

gan_status load_as(gan_context *context, int64_t opset, gan_model **out)
{
    test_onnx_file(&file, &graph, opset);
    return gan_model_load_onnx_from(context, gan_reader_from_memory(file.bytes, file.size), NULL, out);
}

void check(int64_t opset, const float *x, const float *y, int64_t count)
{
    float actual[256];
    gan_context *context = test_context();
    gan_model *model = NULL;
    gan_session *session = NULL;
    gan_shape shape;

    if (load_as(context, opset, &model) != GAN_OK) fail_msg("%s", gan_last_error());
    assert_int_equal(gan_model_get_output_shape(model, 0, &shape), GAN_OK);
    assert_int_equal(gan_shape_count(shape), count);
    assert_int_equal(gan_session_create(model, GAN_SESSION(.batch = 1), &session), GAN_OK);
    assert_int_equal(gan_session_set_input(session, 0, x, 1), GAN_OK);
    assert_int_equal(gan_session_forward(session, GAN_MODE_SAMPLE), GAN_OK);
    assert_int_equal(gan_session_get_output(session, 0, actual), GAN_OK);
    for (int64_t i = 0; i < count; i++) {
        if (fabsf(actual[i] - y[i]) <= 1e-5f * fmaxf(1.0f, fabsf(y[i]))) continue;
        fail_msg("value %lld is %.9g, expected %.9g", (long long)i, (double)actual[i], (double)y[i]);
    }
    gan_session_destroy(session);
    gan_model_destroy(model);
    gan_context_destroy(context);
}

void refuse(int64_t opset, gan_status expected, const char *sentence)
{
    gan_context *context = test_context();
    gan_model *model = NULL;

    test_status(load_as(context, opset, &model), expected, sentence);
    assert_null(model);
    gan_context_destroy(context);
}
