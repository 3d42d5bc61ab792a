/* Weights with spectral normalisation under PyTorch's names, as make_spectral_norm_names.py wrote them: those of
 * torch.nn.utils and those of its parametrizations. Neither writes sigma. */
#include "fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { BATCH = 2, ELEMENTS = 36, OUTPUTS = 3, MOST = 512 };

static gan_model *make_discriminator(gan_context *context)
{
    gan_model *model;
    assert_int_equal(gan_model_create(context, &model), GAN_OK);
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(4, 3, 3)));
    gan_model_add(model, gan_layer_conv2d(context, 6,
                                          GAN_CONV2D(.kernel = {3, 3}, .padding = GAN_PADDING_EXPLICIT,
                                                     .pads = {1, 1, 1, 1}, .groups = 2, .spectral_norm = true)));
    gan_model_add(model, gan_layer_tanh(context));
    gan_model_add(model, gan_layer_conv_transpose2d(context, 4,
                                                    GAN_CONV_TRANSPOSE2D(.kernel = {2, 3}, .stride = {2, 2},
                                                                         .groups = 2, .spectral_norm = true)));
    gan_model_add(model, gan_layer_tanh(context));
    gan_model_add(model,
                  gan_layer_conv_transpose2d(
                      context, 4, GAN_CONV_TRANSPOSE2D(.kernel = {1, 1}, .no_bias = true, .spectral_norm = true)));
    gan_model_add(model, gan_layer_flatten(context));
    gan_model_add(model, gan_layer_dense(context, OUTPUTS, GAN_DENSE(.spectral_norm = true)));
    assert_int_equal(gan_model_build(model, 0), GAN_OK);
    return model;
}

static int64_t get(const gan_model *model, const char *layer, const char *tensor, float values[MOST])
{
    char name[64];
    gan_tensor_info info = GAN_TENSOR_INFO_INIT;
    snprintf(name, sizeof(name), "%s.%s", layer, tensor);
    for (int64_t i = 0; i < gan_model_tensor_count(model); i++) {
        assert_int_equal(gan_model_get_tensor_info(model, i, &info), GAN_OK);
        if (strcmp(info.name, name) == 0) break;
    }
    assert_string_equal(info.name, name);
    assert_in_range(info.count, 1, MOST);
    assert_int_equal(gan_model_get_tensor(model, name, values, info.count), GAN_OK);
    return info.count;
}

/* sigma = u^T W v, for W as (units, inputs), or of a transposed convolution (inputs, units, pixels). */
static void check_sigma(const gan_model *model, const char *layer, int64_t pixels)
{
    float weight[MOST], u[MOST], v[MOST], sigma[MOST];
    double sum = 0;
    const int64_t count = get(model, layer, "weight", weight), units = get(model, layer, "weight_u", u),
                  rest = get(model, layer, "weight_v", v);
    assert_int_equal(count, units * rest);
    assert_int_equal(get(model, layer, "weight_sigma", sigma), 1);
    for (int64_t i = 0; i < units; i++) {
        for (int64_t j = 0; j < rest; j++) {
            const int64_t at = pixels > 0 ? (j / pixels * units + i) * pixels + j % pixels : i * rest + j;
            sum += (double)u[i] * (double)weight[at] * (double)v[j];
        }
    }
    assert_true(sum > 0.1 && fabs((double)sigma[0] - sum) < 1e-5);
}

static void test_names(void **state)
{
    (void)state;
    gan_context *context;
    gan_session *session;
    float x[BATCH * ELEMENTS];
    assert_int_equal(gan_context_create(NULL, &context), GAN_OK);
    gan_model *model = make_discriminator(context);
    const gan_status status = gan_model_load_weights(model, fixture_path(), NULL);
    if (status != GAN_OK) fail_msg("%s", gan_last_error());
    assert_int_equal(gan_session_create(model, GAN_SESSION(.batch = BATCH), &session), GAN_OK);
    fixture_read(context, "x", x, BATCH * ELEMENTS);
    assert_int_equal(gan_session_set_input(session, 0, x, BATCH), GAN_OK);
    assert_int_equal(gan_session_forward(session, GAN_MODE_SAMPLE), GAN_OK);
    fixture_compare_output(context, session, BATCH * OUTPUTS, "y");
    check_sigma(model, "0", 0);
    check_sigma(model, "2", 6);
    check_sigma(model, "4", 1);
    check_sigma(model, "6", 0);
    gan_session_destroy(session);
    gan_model_destroy(model);
    gan_context_destroy(context);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names)};
    if (!fixture_of(argc, argv)) return 2;
    return cmocka_run_group_tests_name("PyTorch's names of spectral normalisation", tests, NULL, NULL);
}
