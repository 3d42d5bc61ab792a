/* The samples on which penalties are taken, and weight clipping: known answers, draws, and what is rejected. */
#include "draws.h"
#include "gans.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 300, SIZE = 3, COUNT = BATCH * SIZE }; /* more samples than are drawn for at once */

/* ---- Samples --------------------------------------------------------------------------------------------------- */

static void test_interpolate(void **state)
{
    (void)state;
    float real[COUNT], fake[COUNT], out[COUNT], shares[BATCH];
    test_numbers(1, real, COUNT);
    test_numbers(2, fake, COUNT);
    assert_int_equal(gan_penalty_interpolate(drawn, real, fake, BATCH, SIZE, out), GAN_OK);
    assert_int_equal(gan_random_uniform(expected, shares, BATCH), GAN_OK);
    assert_same_draws();
    for (int i = 0; i < COUNT; i++) {
        const double u = shares[i / SIZE];
        assert_near(out[i], u * real[i] + (1 - u) * fake[i], 1e-6);
    }
}

static void test_interpolate_in_place(void **state)
{
    (void)state;
    float real[COUNT], fake[COUNT], out[COUNT];
    test_numbers(1, real, COUNT);
    test_numbers(2, fake, COUNT);
    assert_int_equal(gan_penalty_interpolate(drawn, real, fake, BATCH, SIZE, out), GAN_OK);
    assert_int_equal(gan_penalty_interpolate(expected, real, fake, BATCH, SIZE, fake), GAN_OK);
    assert_memory_equal(out, fake, sizeof(out));
}

/* Between two equal samples there is only that sample. */
static void test_interpolate_equal(void **state)
{
    (void)state;
    const float ones[COUNT] = {[0] = 1, [COUNT - 1] = 1};
    float out[COUNT];
    assert_int_equal(gan_penalty_interpolate(drawn, ones, ones, BATCH, SIZE, out), GAN_OK);
    for (int i = 0; i < COUNT; i++) assert_near(out[i], ones[i], 1e-7);
}

static void test_perturb(void **state)
{
    (void)state;
    float real[COUNT], out[COUNT], numbers[COUNT];
    double sum = 0, squares = 0;
    test_numbers(1, real, COUNT);
    for (int i = 0; i < COUNT; i++) sum += real[i];
    for (int i = 0; i < COUNT; i++) squares += (real[i] - sum / COUNT) * (real[i] - sum / COUNT);
    const double deviation = sqrt(squares / COUNT);
    assert_int_equal(gan_penalty_perturb(drawn, real, BATCH, SIZE, out), GAN_OK);
    assert_int_equal(gan_random_uniform(expected, numbers, COUNT), GAN_OK);
    assert_same_draws();
    for (int i = 0; i < COUNT; i++) assert_near(out[i], real[i] + deviation / 2 * numbers[i], 1e-6);
    assert_int_equal(gan_random_set_state(expected, (gan_random_state){.seed = 5, .stream = 6}), GAN_OK);
    assert_int_equal(gan_penalty_perturb(expected, real, BATCH, SIZE, real), GAN_OK);
    assert_memory_equal(out, real, sizeof(out));
}

/* ---- Clipping -------------------------------------------------------------------------------------------------- */

static void test_clip(void **state)
{
    (void)state;
    const float limit = 0.25f, nan_weights[4] = {NAN, 3, -3, 0.125f};
    gan_model *generator = NULL, *discriminator = NULL;
    size_t count;
    int clipped = 0;
    assert_int_equal(test_gan_models(context, TEST_GAN_DCGAN, &generator, &discriminator), GAN_OK);
    float *before = test_weights(discriminator, &count);
    assert_int_equal(gan_model_clip_weights(discriminator, limit), GAN_OK);
    for (int64_t i = 0, done = 0; i < gan_model_tensor_count(discriminator); i++) {
        gan_tensor_info info = GAN_TENSOR_INFO_INIT;
        float values[2048];
        assert_int_equal(gan_model_get_tensor_info(discriminator, i, &info), GAN_OK);
        assert_true(info.count <= 2048);
        assert_int_equal(gan_model_get_tensor(discriminator, info.name, values, (size_t)info.count), GAN_OK);
        for (int64_t k = 0; k < info.count; k++) {
            const float old = before[done + (size_t)k];
            const float new = info.kind == GAN_TENSOR_PARAMETER ? fmaxf(-limit, fminf(limit, old)) : old;
            assert_true(values[k] == new);
            clipped += new != old;
        }
        done += (size_t)info.count;
    }
    assert_true(clipped > 0);
    free(before);
    gan_model_destroy(generator);
    gan_model_destroy(discriminator);

    gan_model *model = NULL;
    float values[4];
    assert_int_equal(gan_model_create(context, &model), GAN_OK);
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(4)));
    gan_model_add(model, gan_layer_dense(context, 1, GAN_DENSE(.no_bias = true)));
    test_status(gan_model_clip_weights(model, limit), GAN_ERROR_STATE, "built");
    assert_int_equal(gan_model_build(model, 1), GAN_OK);
    assert_int_equal(gan_model_set_tensor(model, "0.weight", nan_weights, 4), GAN_OK);
    assert_int_equal(gan_model_clip_weights(model, limit), GAN_OK);
    assert_int_equal(gan_model_get_tensor(model, "0.weight", values, 4), GAN_OK);
    assert_true(isnan(values[0]) && values[1] == limit && values[2] == -limit && values[3] == 0.125f);
    gan_model_destroy(model);
}

/* ---- Refused --------------------------------------------------------------------------------------------------- */

static void test_refused(void **state)
{
    (void)state;
    float real[COUNT] = {0}, out[COUNT] = {7, 7};
    gan_model *generator = NULL, *discriminator = NULL;
    test_status(gan_penalty_interpolate(NULL, real, real, 1, 2, out), GAN_ERROR_NULL, "random");
    test_status(gan_penalty_interpolate(drawn, NULL, real, 1, 2, out), GAN_ERROR_NULL, "real");
    test_status(gan_penalty_interpolate(drawn, real, NULL, 1, 2, out), GAN_ERROR_NULL, "fake");
    test_status(gan_penalty_interpolate(drawn, real, real, 1, 2, NULL), GAN_ERROR_NULL, "out");
    test_status(gan_penalty_interpolate(drawn, real, real, 0, 2, out), GAN_ERROR_BATCH, "batch is 0");
    test_status(gan_penalty_interpolate(drawn, real, real, 1, -2, out), GAN_ERROR_ARGUMENT, "size is -2");
    test_status(gan_penalty_interpolate(drawn, real, real, INT64_MAX, 2, out), GAN_ERROR_OVERFLOW, "overflow");
    test_status(gan_penalty_perturb(NULL, real, 1, 2, out), GAN_ERROR_NULL, "random");
    test_status(gan_penalty_perturb(drawn, NULL, 1, 2, out), GAN_ERROR_NULL, "real");
    test_status(gan_penalty_perturb(drawn, real, 1, 2, NULL), GAN_ERROR_NULL, "out");
    test_status(gan_penalty_perturb(drawn, real, -1, 2, out), GAN_ERROR_BATCH, "batch is -1");
    test_status(gan_penalty_perturb(drawn, real, 1, 0, out), GAN_ERROR_ARGUMENT, "size is 0");
    test_status(gan_penalty_perturb(drawn, real, 3, INT64_MAX / 2, out), GAN_ERROR_OVERFLOW, "overflow");
    assert_true(out[0] == 7 && out[1] == 7);
    assert_same_draws();

    assert_int_equal(test_gan_models(context, TEST_GAN_DENSE, &generator, &discriminator), GAN_OK);
    test_status(gan_model_clip_weights(NULL, 1), GAN_ERROR_NULL, "model");
    test_status(gan_model_clip_weights(discriminator, 0), GAN_ERROR_ARGUMENT, "limit is 0");
    test_status(gan_model_clip_weights(discriminator, -1), GAN_ERROR_ARGUMENT, "limit is -1");
    test_status(gan_model_clip_weights(discriminator, NAN), GAN_ERROR_NOT_FINITE, "limit is nan");
    gan_model_destroy(generator);
    gan_model_destroy(discriminator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_interpolate, draws_setup, draws_teardown),
        cmocka_unit_test_setup_teardown(test_interpolate_in_place, draws_setup, draws_teardown),
        cmocka_unit_test_setup_teardown(test_interpolate_equal, draws_setup, draws_teardown),
        cmocka_unit_test_setup_teardown(test_perturb, draws_setup, draws_teardown),
        cmocka_unit_test(test_clip),
        cmocka_unit_test_setup_teardown(test_refused, draws_setup, draws_teardown),
    };
    return cmocka_run_group_tests_name("regularisers", tests, draws_group_setup, draws_group_teardown);
}
