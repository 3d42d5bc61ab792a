/* Lack of memory: each allocation of every call fails once, and nothing leaks or changes. */
#include "session.h"

#include "support/allocator.h"
#include "support/files.h"
#include "support/models.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char path[512], target[512];

static int setup(void **state)
{
    gan_context *context = NULL;
    gan_model *model = NULL;

    if (test_folder_create(state) != 0) return -1;
    snprintf(path, sizeof(path), "%s", test_path("model.safetensors"));
    snprintf(target, sizeof(target), "%s", test_path("target.safetensors"));
    if (gan_context_create(GAN_CONTEXT(.threads = 1), &context) != GAN_OK) return -1;
    if (test_dcgan_generator(context, 1, &model) != GAN_OK) return -1;
    const gan_status status = gan_model_save(model, path);
    gan_model_destroy(model);
    gan_context_destroy(context);
    return status == GAN_OK ? 0 : -1;
}

static int teardown(void **state)
{
    const bool left_behind = test_folder_count() > 2;

    return test_folder_remove(state) != 0 || left_behind ? -1 : 0;
}

static gan_status build(gan_context *context, void *user)
{
    const test_named_model *named = user;
    gan_model *model = NULL;
    const gan_status status = named->build(context, 1, &model);

    gan_model_destroy(model);
    return status;
}

static void test_building(void **state)
{
    (void)state;
    for (int m = 0; m < TEST_MODELS; m++) {
        test_named_model named = test_models[m];
        assert_true(test_every_allocation_fails(build, &named) > 20);
    }
}

/* A failed build is remembered. */
static gan_status build_twice(gan_context *context, void *user)
{
    gan_model *model = NULL;
    gan_status status = gan_model_create(context, &model);
    (void)user;

    if (status != GAN_OK) return status;
    gan_model_add(model, gan_layer_input(context, GAN_SHAPE(3)));
    gan_model_add(model, gan_layer_dense(context, 3, NULL));
    status = gan_model_build(model, 0);
    assert_int_equal(gan_model_build(model, 0), status == GAN_OK ? GAN_ERROR_STATE : status);
    gan_model_destroy(model);
    return status;
}

static void test_failed_builds_stay_failed(void **state)
{
    (void)state;
    assert_true(test_every_allocation_fails(build_twice, NULL) > 10);
}

typedef gan_status (*model_operation)(gan_model *model);

/* Loads a model, which may fail too, and runs the operation on it. */
static gan_status load_and(gan_context *context, void *user)
{
    const model_operation *operation = user;
    gan_model *model = NULL;
    gan_status status = gan_model_load(context, path, &model);

    if (status == GAN_OK && *operation) status = (*operation)(model);
    gan_model_destroy(model);
    return status;
}

static gan_status train_session(gan_model *model)
{
    gan_session *session = NULL;
    const gan_status status = gan_session_create(model, NULL, &session);

    assert_true((session == NULL) == (status != GAN_OK));
    gan_session_destroy(session);
    return status;
}

static gan_status sample(gan_model *model)
{
    static float out[5 * 128];

    return gan_model_sample(model, GAN_SAMPLE(.seed = 1), 5, out);
}

static gan_status save(gan_model *model)
{
    return gan_model_save(model, target);
}

static gan_status keep_previous(gan_model *model)
{
    const gan_status status = gan_model_keep_previous(model);

    assert_true((model->previous == NULL) == (status != GAN_OK));
    return status;
}

static gan_status load_weights(gan_model *model)
{
    const size_t size = (size_t)model->parameter_size * sizeof(gan_real);
    gan_real *zeros = calloc(1, size);
    gan_status status;

    assert_non_null(zeros);
    memset(model->parameters, 0, size);
    status = gan_model_load_weights(model, path, NULL);
    if (status != GAN_OK) {
        assert_memory_equal(model->parameters, zeros, size);
    } else {
        assert_memory_not_equal(model->parameters, zeros, size);
    }
    free(zeros);
    return status;
}

static void test_operations_on_a_loaded_model(void **state)
{
    const model_operation operations[] = {NULL, train_session, sample, save, keep_previous, load_weights};
    (void)state;
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        model_operation operation = operations[i];
        assert_true(test_every_allocation_fails(load_and, &operation) > 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_building),
        cmocka_unit_test(test_failed_builds_stay_failed),
        cmocka_unit_test(test_operations_on_a_loaded_model),
    };
    return cmocka_run_group_tests_name("memory", tests, setup, teardown);
}
