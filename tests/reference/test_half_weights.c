/* Weights of PyTorch in float16, bfloat16 and float64, under names of another module. */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { BATCH = 2, INPUTS = 5, OUTPUTS = 3, MOST = 64 };

static gan_model *make_model(gan_context *context)
{
    gan_model *model;
    assert_int_equal(gan_model_create(context, &model), GAN_OK);
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(INPUTS)));
    gan_model_add(model, gan_layer_dense(context, 7, NULL));
    gan_model_add(model, gan_layer_tanh(context));
    gan_model_add(model, gan_layer_dense(context, OUTPUTS, NULL));
    assert_int_equal(gan_model_build(model, 0), GAN_OK);
    return model;
}

static void test_types_and_names(void **state)
{
    static const gan_rename renames[] = {{"module.net.first.", "0."}, {"module.net.", ""}};
    static const char *const names[] = {"0.weight", "0.bias", "2.weight", "2.bias"};
    static const int64_t counts[] = {35, 7, 21, 3};
    float x[BATCH * INPUTS], expected[MOST], actual[MOST];
    gan_context *context;
    gan_session *session;
    (void)state;

    assert_int_equal(gan_context_create(NULL, &context), GAN_OK);
    gan_model *model = make_model(context);
    assert_int_equal(gan_model_load_weights(model, fixture_path(), NULL), GAN_ERROR_ARCHITECTURE);
    const gan_status status =
        gan_model_load_weights(model, fixture_path(), GAN_WEIGHTS(.renames = renames, .rename_count = 2));
    if (status != GAN_OK) fail_msg("%s", gan_last_error());
    for (int i = 0; i < 4; i++) {
        char name[32] = "expected.";
        fixture_read(context, strcat(name, names[i]), expected, counts[i]);
        assert_int_equal(gan_model_get_tensor(model, names[i], actual, counts[i]), GAN_OK);
        assert_memory_equal(actual, expected, (size_t)counts[i] * sizeof(float));
    }
    assert_int_equal(gan_session_create(model, GAN_SESSION(.batch = BATCH), &session), GAN_OK);
    fixture_read(context, "x", x, BATCH * INPUTS);
    assert_int_equal(gan_session_set_input(session, 0, x, BATCH), GAN_OK);
    assert_int_equal(gan_session_forward(session, GAN_MODE_SAMPLE), GAN_OK);
    fixture_compare_output(context, session, BATCH * OUTPUTS, "y");
    gan_session_destroy(session);
    gan_model_destroy(model);
    gan_context_destroy(context);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_types_and_names)};
    if (!fixture_of(argc, argv)) return 2;
    return cmocka_run_group_tests_name("PyTorch's halves", tests, NULL, NULL);
}
