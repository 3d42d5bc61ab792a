#include "session.h"

#include <stdlib.h>
#include <string.h>

float *random_floats(uint64_t seed, int64_t count)
{
    gan_real *reals = malloc((size_t)count * sizeof(*reals));
    float *floats = malloc((size_t)count * sizeof(*floats));
    gan_random_state state = {.seed = seed};

    assert_non_null(reals);
    assert_non_null(floats);
    gan_fill_normal(&state, reals, count, 0, 1);
    for (int64_t i = 0; i < count; i++) floats[i] = (float)reals[i];
    free(reals);
    return floats;
}

gan_model *build_test_model(gan_context *context, test_model_fn make)
{
    gan_model *model = NULL;
    ASSERT_OK(make(context, 5, &model));
    return model;
}

gan_session *create_test_session(int64_t batch, gan_model *model, bool forward_only)
{
    gan_session *session = NULL;
    ASSERT_OK(gan_session_create(model, GAN_SESSION(.batch = batch, .forward_only = forward_only), &session));
    gan_model_destroy(model);
    return session;
}

int64_t input_size(const gan_model *model, size_t index, int64_t batch)
{
    gan_shape shape;
    ASSERT_OK(gan_model_get_input_shape(model, index, &shape));
    return batch * gan_shape_count(shape);
}

int64_t output_size(const gan_model *model, size_t index, int64_t batch)
{
    gan_shape shape;
    ASSERT_OK(gan_model_get_output_shape(model, index, &shape));
    return batch * gan_shape_count(shape);
}

float *random_input(const gan_model *model, size_t index, int64_t batch, uint64_t seed)
{
    float *samples = random_floats(seed, input_size(model, index, batch));
    const bool label = input_size(model, index, 1) == 1;

    for (int64_t i = 0; label && i < batch; i++) samples[i] = (float)((seed + (uint64_t)i) % TEST_CLASSES);
    return samples;
}

void set_random_inputs(gan_session *session, int64_t batch, uint64_t seed)
{
    for (int64_t k = 0; k < gan_model_input_count(session->model); k++) {
        float *samples = random_input(session->model, k, batch, seed + k);
        ASSERT_OK(gan_session_set_input(session, k, samples, batch));
        free(samples);
    }
}

void set_random_gradients(gan_session *session, uint64_t seed)
{
    for (int64_t k = 0; k < gan_model_output_count(session->model); k++) {
        float *gradient = random_floats(seed + k, output_size(session->model, k, session->batch));
        ASSERT_OK(gan_session_set_output_gradient(session, k, gradient));
        free(gradient);
    }
}

static float *append(results *to, int64_t count)
{
    to->values = realloc(to->values, (size_t)(to->count + count) * sizeof(*to->values));
    assert_non_null(to->values);
    to->count += count;
    return to->values + to->count - count;
}

results collect_results(const gan_session *session, bool inputs, bool parameters)
{
    const gan_model *model = session->model;
    results all = {0, NULL};

    for (int64_t k = 0; k < gan_model_output_count(model); k++) {
        ASSERT_OK(gan_session_get_output(session, k, append(&all, output_size(model, k, session->batch))));
    }
    for (int64_t k = 0; inputs && k < gan_model_input_count(model); k++) {
        ASSERT_OK(gan_session_get_input_gradient(session, k, append(&all, input_size(model, k, session->batch))));
    }
    for (int32_t i = 0; parameters && i < model->tensor_count; i++) {
        const gan_model_tensor *tensor = &model->tensors[i];
        if (tensor->plan.kind != GAN_TENSOR_PARAMETER) continue;
        ASSERT_OK(gan_model_get_gradient(model, tensor->name, append(&all, tensor->count), (size_t)tensor->count));
    }
    return all;
}

void assert_same_results(results a, results b, const char *what)
{
    assert_int_equal(a.count, b.count);
    for (int64_t i = 0; i < a.count; i++) {
        if (memcmp(&a.values[i], &b.values[i], sizeof(float)) == 0) continue;
        fail_msg("%s: value %lld of %lld is %.9g in one and %.9g in the other", what, (long long)i,
                 (long long)a.count, (double)a.values[i], (double)b.values[i]);
    }
}

void randomise_tensors(gan_model *model, uint64_t seed)
{
    for (int32_t i = 0; i < model->tensor_count; i++) {
        const gan_model_tensor *tensor = &model->tensors[i];
        float *values = random_floats(seed + (uint64_t)i, tensor->count);
        ASSERT_OK(gan_model_set_tensor(model, tensor->name, values, (size_t)tensor->count));
        free(values);
    }
}

void assert_same_models(const gan_model *a, const gan_model *b)
{
    char *text_a = NULL, *text_b = NULL;

    ASSERT_OK(gan_model_write_architecture(a, &text_a));
    ASSERT_OK(gan_model_write_architecture(b, &text_b));
    assert_string_equal(text_a, text_b);
    gan_release_text(a->context, text_a);
    gan_release_text(b->context, text_b);
    assert_int_equal(a->parameter_size, b->parameter_size);
    assert_memory_equal(a->parameters, b->parameters, (size_t)a->parameter_size * sizeof(gan_real));
    assert_int_equal(a->buffer_size, b->buffer_size);
    if (a->buffer_size > 0) {
        assert_memory_equal(a->buffers, b->buffers, (size_t)a->buffer_size * sizeof(gan_real));
    }
}

void assert_same_passes(gan_model *a, gan_model *b, const char *what)
{
    gan_session *sessions[2] = {NULL, NULL};
    results all[2];

    for (int i = 0; i < 2; i++) {
        ASSERT_OK(gan_session_create(i == 0 ? a : b, GAN_SESSION(.batch = 3), &sessions[i]));
        set_random_inputs(sessions[i], 3, 4);
        ASSERT_OK(gan_session_forward(sessions[i], GAN_MODE_TRAIN));
        set_random_gradients(sessions[i], 5);
        ASSERT_OK(gan_session_backward(sessions[i], GAN_BACKWARD_PARAMETERS | GAN_BACKWARD_INPUTS));
        all[i] = collect_results(sessions[i], true, true);
    }
    assert_same_results(all[0], all[1], what);
    for (int i = 0; i < 2; i++) {
        free(all[i].values);
        gan_session_destroy(sessions[i]);
    }
}
