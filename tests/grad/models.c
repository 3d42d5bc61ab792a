/* Gradients of whole models against central differences, in double: of all parameters and all inputs at once. */
#include "inputs.h"

#include "support/files.h"
#include "support/gradient.h"
#include "support/models.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BATCH = 3, GRAPHS = 25, PASSES = 300 };

static gan_context *context;

static int setup(void **state)
{
    (void)state;
    context = test_context();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gan_context_destroy(context);
    return 0;
}

/* The number of values in a batch at a node. */
static int64_t size_of(const gan_session *session, gan_node node)
{
    return BATCH * gan_shape_count(session->model->nodes[node].output);
}

static double *copy(const double *values, int64_t count)
{
    double *copied = malloc((size_t)count * sizeof(*copied) + 1);
    assert_non_null(copied);
    memcpy(copied, values, (size_t)count * sizeof(*copied));
    return copied;
}

static void set_output_gradients(gan_session *session)
{
    for (int32_t k = 0; k < session->model->output_count; k++) {
        const int64_t count = size_of(session, session->model->outputs[k]);
        double *numbers = malloc((size_t)count * sizeof(*numbers));
        float *gradient = malloc((size_t)count * sizeof(*gradient));
        gan_random_state state = {.seed = 78, .stream = (uint64_t)k};
        assert_non_null(numbers);
        assert_non_null(gradient);
        gan_fill_normal(&state, numbers, count, 0, 1);
        for (int64_t i = 0; i < count; i++) gradient[i] = (float)numbers[i];
        test_status(gan_session_set_output_gradient(session, (size_t)k, gradient), GAN_OK, "");
        free(numbers);
        free(gradient);
    }
}

typedef struct pass {
    gan_session *session;
    gan_mode mode;
    double **weights; /* of the outputs in the sum below; NULL: forward only */
    double *buffers;  /* with which each pass begins; NULL: the model's */
} pass;

/* sum over all outputs of w y, whose gradient by y is w; each pass has the same dropout and buffers. */
static double weighted_sum(void *user)
{
    const pass *p = user;
    const gan_model *model = p->session->model;
    double sum = 0;

    if (p->buffers) gan_copy(context, model->buffer_size, p->buffers, model->buffers);
    p->session->passes = 3;
    test_status(gan_session_forward(p->session, p->mode), GAN_OK, "");
    for (int32_t k = 0; p->weights && k < model->output_count; k++) {
        const double *y = gan_session_data(p->session, GAN_SLOT_OUTPUT, k);
        const int64_t count = size_of(p->session, model->outputs[k]);
        for (int64_t i = 0; i < count; i++) sum += p->weights[k][i] * y[i];
    }
    return sum;
}

/* Spectral normalisation takes its vectors as constants, which differences see too once they have settled. */
static void settle(pass *p)
{
    const gan_model *model = p->session->model;

    for (int i = 0; i < PASSES; i++) weighted_sum(p);
    p->buffers = copy(model->buffers, model->buffer_size);
    weighted_sum(p);
}

static void check_inputs(const char *name, pass *p, double **gradients)
{
    const gan_model *model = p->session->model;
    char text[96];

    for (int32_t k = 0; k < model->input_count; k++) {
        if (input_is_label(model, k)) continue;
        snprintf(text, sizeof(text), "%s: input %d", name, (int)k);
        test_gradient(text, weighted_sum, p, gan_session_data(p->session, GAN_SLOT_INPUT, k), gradients[k],
                      (size_t)size_of(p->session, model->inputs[k]), 1e-7);
    }
}

static void check_model(const char *name, gan_model *model, gan_mode mode)
{
    gan_session *session = NULL;
    double *weights[64], *inputs[8], *parameters;
    pass p = {.mode = mode};
    char text[96];

    assert_true(model->output_count <= 64 && model->input_count <= 8);
    test_status(gan_session_create(model, GAN_SESSION(.batch = BATCH, .seed = 4), &session), GAN_OK, "");
    p.session = session;
    set_inputs(session, BATCH);
    settle(&p);
    set_output_gradients(session);
    test_status(gan_model_zero_gradients(model), GAN_OK, "");
    test_status(gan_session_backward(session, GAN_BACKWARD_PARAMETERS | GAN_BACKWARD_INPUTS), GAN_OK, "");
    for (int32_t k = 0; k < model->output_count; k++) {
        weights[k] =
            copy(gan_session_data(session, GAN_SLOT_OUTPUT_GRADIENT, k), size_of(session, model->outputs[k]));
    }
    for (int32_t k = 0; k < model->input_count; k++) {
        inputs[k] = copy(gan_session_data(session, GAN_SLOT_INPUT_GRADIENT, k), size_of(session, model->inputs[k]));
    }
    parameters = copy(model->gradients, model->parameter_size);
    /* Some graphs have no parameters, but without any gradient there would be nothing to test. */
    assert_true(gan_sum_of_squares(context, model->parameter_size, parameters) +
                    gan_sum_of_squares(context, size_of(session, model->inputs[0]), inputs[0]) >
                0);
    p.weights = weights;

    snprintf(text, sizeof(text), "%s: parameters", name);
    test_gradient(text, weighted_sum, &p, model->parameters, parameters, (size_t)model->parameter_size, 1e-7);
    check_inputs(name, &p, inputs);

    for (int32_t k = 0; k < model->output_count; k++) free(weights[k]);
    for (int32_t k = 0; k < model->input_count; k++) free(inputs[k]);
    free(parameters);
    free(p.buffers);
    gan_session_destroy(session);
}

static void check_make(const char *name, test_model_fn build)
{
    gan_model *model = NULL;
    test_status(build(context, 11, &model), GAN_OK, "");
    check_model(name, model, GAN_MODE_TRAIN);
    check_model(name, model, GAN_MODE_SAMPLE);
    gan_model_destroy(model);
}

static void test_models_of_every_make(void **state)
{
    (void)state;
    for (int i = 0; i < TEST_MODELS; i++) check_make(test_models[i].name, test_models[i].build);
    check_make("curved discriminator", curved_discriminator);
}

static void test_models_have_every_kind(void **state)
{
    test_model_fn builds[TEST_MODELS + 1] = {curved_discriminator};
    (void)state;
    for (int i = 0; i < TEST_MODELS; i++) builds[i + 1] = test_models[i].build;
    assert_every_kind(context, builds, TEST_MODELS + 1, false);
}

static void test_random_graphs(void **state)
{
    (void)state;
    for (int seed = 0; seed < GRAPHS; seed++) {
        gan_model *model = NULL;
        char name[32];
        snprintf(name, sizeof(name), "random graph %d", seed);
        test_status(test_random_graph(context, (uint64_t)seed, &model), GAN_OK, "");
        check_model(name, model, GAN_MODE_TRAIN);
        gan_model_destroy(model);
    }
}

/* Zeros and constants are points of symmetry, where only a smooth model has a derivative. */
static void test_every_initializer(void **state)
{
    static const gan_initializer initializers[] = {{GAN_INITIALIZER_DEFAULT, 0},
                                                   GAN_ZEROS,
                                                   GAN_CONSTANT(0.3f),
                                                   GAN_NORMAL(0.5f),
                                                   GAN_UNIFORM(0.7f),
                                                   GAN_GLOROT_UNIFORM,
                                                   GAN_GLOROT_NORMAL,
                                                   GAN_HE_UNIFORM,
                                                   GAN_HE_NORMAL,
                                                   GAN_LECUN_UNIFORM,
                                                   GAN_LECUN_NORMAL};
    (void)state;
    for (size_t i = 0; i < sizeof(initializers) / sizeof(initializers[0]); i++) {
        const gan_initializer with = initializers[i];
        gan_model *model = NULL;
        char name[32];
        snprintf(name, sizeof(name), "initializer %zu", i);
        test_status(gan_model_create(context, &model), GAN_OK, "");
        gan_model_add(model, gan_layer_input(context, GAN_SHAPE(2, 4, 3)));
        gan_model_add(model,
                      gan_layer_conv2d(context, 3, GAN_CONV2D(.weight_initializer = with, .bias_initializer = with)));
        gan_model_add(model, gan_layer_tanh(context));
        gan_model_add(model,
                      gan_layer_conv_transpose2d(
                          context, 2, GAN_CONV_TRANSPOSE2D(.weight_initializer = with, .bias_initializer = with)));
        gan_model_add(model, gan_layer_softplus(context));
        gan_model_add(model, gan_layer_flatten(context));
        gan_model_add(model,
                      gan_layer_dense(context, 4, GAN_DENSE(.weight_initializer = with, .bias_initializer = with)));
        test_status(gan_model_build(model, 21), GAN_OK, "");
        check_model(name, model, GAN_MODE_TRAIN);
        gan_model_destroy(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models_of_every_make),
        cmocka_unit_test(test_models_have_every_kind),
        cmocka_unit_test(test_random_graphs),
        cmocka_unit_test(test_every_initializer),
    };
    return cmocka_run_group_tests_name("gradients of models", tests, setup, teardown);
}
