/* Averages of weights: known answers, and what is refused. */
#include "gans.h"

#include <math.h>
#include <stdlib.h>

static gan_context *context;

static int setup(void **state)
{
    (void)state;
    return gan_context_create(GAN_CONTEXT(.threads = 2), &context) == GAN_OK ? 0 : 1;
}

static int teardown(void **state)
{
    (void)state;
    gan_context_destroy(context);
    return 0;
}

/* A generator with batch normalisation and another of the same make, with other weights and statistics. */
static void create_pair(gan_model **average, gan_model **model)
{
    gan_model *discriminators[2];
    assert_int_equal(test_gan_models(context, TEST_GAN_DCGAN, average, &discriminators[0]), GAN_OK);
    assert_int_equal(gan_model_clone(*average, model), GAN_OK);
    for (size_t i = 0; i < gan_model_tensor_count(*model); i++) {
        gan_tensor_info info = GAN_TENSOR_INFO_INIT;
        assert_int_equal(gan_model_tensor_info(*model, i, &info), GAN_OK);
        float *values = malloc((size_t)info.count * sizeof(*values));
        assert_non_null(values);
        test_numbers(i + 1, values, (size_t)info.count);
        assert_int_equal(gan_model_set_tensor(*model, info.name, values, (size_t)info.count), GAN_OK);
        free(values);
    }
    gan_model_destroy(discriminators[0]);
}

/* ---- One call -------------------------------------------------------------------------------------------------- */

/* a = decay a + (1 - decay) m for parameters; buffers are those of the model. */
static void check_average(double decay)
{
    gan_model *average, *model;
    size_t count, done = 0;
    create_pair(&average, &model);
    float *before = test_weights(average, &count), *other = test_weights(model, &count);
    assert_int_equal(gan_model_average(average, model, decay), GAN_OK);
    float *after = test_weights(average, &count);
    for (size_t i = 0; i < gan_model_tensor_count(model); i++) {
        gan_tensor_info info = GAN_TENSOR_INFO_INIT;
        assert_int_equal(gan_model_tensor_info(model, i, &info), GAN_OK);
        const double kept = info.kind == GAN_TENSOR_PARAMETER ? decay : 0;
        for (int64_t k = 0; k < info.count; k++, done++) {
            assert_near(after[done], kept * before[done] + (1 - kept) * other[done], kept == 0 ? 0 : 1e-7);
        }
    }
    test_assert_weights(model, other);
    free(before);
    free(other);
    free(after);
    gan_model_destroy(average);
    gan_model_destroy(model);
}

static void test_known_answers(void **state)
{
    (void)state;
    const double decays[] = {0, 0.25, 0.5, 0.999, 0.99999, 1};
    for (size_t i = 0; i < sizeof(decays) / sizeof(*decays); i++) check_average(decays[i]);
}

/* The average of what stands still stands still: no rounding moves it, not even slowly. */
static void test_stands_still(void **state)
{
    (void)state;
    gan_model *average, *model;
    size_t count;
    create_pair(&average, &model);
    float *weights = test_weights(model, &count);
    assert_int_equal(gan_model_average(average, model, 0), GAN_OK);
    for (int i = 0; i < 200; i++) assert_int_equal(gan_model_average(average, model, 0.9999), GAN_OK);
    test_assert_weights(average, weights);
    free(weights);
    gan_model_destroy(average);
    gan_model_destroy(model);
}

static gan_model *dense(gan_context *of, int64_t units, const char *name)
{
    gan_model *model;
    assert_int_equal(gan_model_create(of, &model), GAN_OK);
    gan_model_add(model, gan_layer_input(of, GAN_SHAPE(3)));
    gan_model_add(model, gan_layer_named(gan_layer_dense(of, units, NULL), name));
    assert_int_equal(gan_model_build(model, 1), GAN_OK);
    return model;
}

static void test_refused(void **state)
{
    (void)state;
    gan_context *foreign;
    gan_model *empty, *average = dense(context, 4, "a"), *model = dense(context, 4, "a");
    gan_model *wider = dense(context, 5, "a"), *renamed = dense(context, 4, "b"), *deeper;
    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 1), &foreign), GAN_OK);
    gan_model *elsewhere = dense(foreign, 4, "a");
    assert_int_equal(gan_model_create(context, &empty), GAN_OK);
    assert_int_equal(gan_model_create(context, &deeper), GAN_OK);
    gan_model_add(deeper, gan_layer_input(context, GAN_SHAPE(3)));
    gan_model_add(deeper, gan_layer_named(gan_layer_dense(context, 4, NULL), "a"));
    gan_model_add(deeper, gan_layer_dense(context, 4, NULL));
    assert_int_equal(gan_model_build(deeper, 1), GAN_OK);
    size_t count;
    float *before = test_weights(average, &count);

    test_status(gan_model_average(NULL, model, 0.5), GAN_ERROR_NULL, "average is NULL");
    test_status(gan_model_average(average, NULL, 0.5), GAN_ERROR_NULL, "model is NULL");
    test_status(gan_model_average(average, empty, 0.5), GAN_ERROR_STATE, "not built");
    test_status(gan_model_average(empty, model, 0.5), GAN_ERROR_STATE, "not built");
    test_status(gan_model_average(average, average, 0.5), GAN_ERROR_ARGUMENT, "the same model");
    test_status(gan_model_average(average, elsewhere, 0.5), GAN_ERROR_ARGUMENT, "another context");
    test_status(gan_model_average(average, model, -0.1), GAN_ERROR_ARGUMENT, "decay is -0.1");
    test_status(gan_model_average(average, model, 1.5), GAN_ERROR_ARGUMENT, "decay is 1.5");
    test_status(gan_model_average(average, model, NAN), GAN_ERROR_NOT_FINITE, "decay is nan");
    test_status(gan_model_average(average, wider, 0.5), GAN_ERROR_ARCHITECTURE,
                "tensor 0 of the average is 'a.weight' (4, 3), but that of the model 'a.weight' (5, 3)");
    test_status(gan_model_average(average, renamed, 0.5), GAN_ERROR_ARCHITECTURE, "'b.weight'");
    test_status(gan_model_average(average, deeper, 0.5), GAN_ERROR_ARCHITECTURE,
                "the average has 2 tensors, but the model 4");
    test_assert_weights(average, before);

    free(before);
    gan_model_destroy(elsewhere);
    gan_model_destroy(deeper);
    gan_model_destroy(renamed);
    gan_model_destroy(wider);
    gan_model_destroy(model);
    gan_model_destroy(average);
    gan_model_destroy(empty);
    gan_context_destroy(foreign);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_stands_still),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests_name("averages", tests, setup, teardown);
}
