/* Penalties on the gradient with respect to the samples: what gan_gradient_penalty() adds to the gradients of the
 * parameters, which takes second derivatives of every layer, against central differences of the penalty's value. */
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

enum { BATCH = 3 };

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

/* All curved activations, two ways that meet in a sum and lie side by side in a concatenation, and samples that are
 * judged in groups: the penalty is on the gradient of all logits together. */
static gan_status curved_discriminator(gan_context *in, uint64_t seed, gan_model **out)
{
    gan_model *m = NULL;
    GAN_TRY(gan_model_create(in, &m));
    gan_node x = gan_model_add(m, gan_layer_input(in, GAN_SHAPE(2, 3, 3)));
    gan_node a = gan_model_add(m, gan_layer_conv_transpose2d(in, 2, GAN_CONV_TRANSPOSE2D(.stride = {2, 2})));
    a = gan_model_add(m, gan_layer_tanh(in));
    a = gan_model_add(m, gan_layer_conv2d(in, 2, GAN_CONV2D(.kernel = {3, 3}, .stride = {2, 2})));
    gan_node sum = gan_model_add_from(m, gan_layer_add(in), GAN_NODES(a, x));
    gan_model_add_from(m, gan_layer_concat(in, NULL), GAN_NODES(sum, x));
    gan_model_add(m, gan_layer_softplus(in));
    gan_model_add(m, gan_layer_minibatch_stddev(in, GAN_MINIBATCH_STDDEV(.group = 2)));
    gan_model_add(m, gan_layer_flatten(in));
    gan_model_add(m, gan_layer_dense(in, 4, NULL));
    gan_model_add(m, gan_layer_sigmoid(in));
    gan_model_add(m, gan_layer_dropout(in, GAN_DROPOUT(.rate = 0.3f)));
    gan_model_add(m, gan_layer_dense(in, 1, NULL));
    gan_status status = gan_model_build(m, seed);
    if (status == GAN_OK) {
        *out = m;
    } else {
        gan_model_destroy(m);
    }
    return status;
}

typedef struct penalised {
    gan_session *session;
    gan_mode mode;
    gan_penalty penalty;
    float coefficient;
} penalised;

/* The penalty's value; each pass with the same dropout. */
static double penalty_value(void *user)
{
    const penalised *p = user;
    double value = -1;
    p->session->passes = 3;
    test_status(gan_session_forward(p->session, p->mode), GAN_OK, "");
    test_status(gan_gradient_penalty(p->session, p->penalty, p->coefficient, &value), GAN_OK, "");
    return value;
}

static void check_penalty(const char *name, test_model_fn build, gan_mode mode, gan_penalty penalty)
{
    gan_model *model = NULL;
    gan_session *session = NULL;
    test_status(build(context, 5, &model), GAN_OK, "");
    test_status(gan_session_create(model, GAN_SESSION(.batch = BATCH, .seed = 4, .second_order = true), &session),
                GAN_OK, "");
    set_inputs(session, BATCH);

    penalised p = {session, mode, penalty, 10.0f};
    test_status(gan_model_zero_gradients(model), GAN_OK, "");
    assert_true(penalty_value(&p) > 0);
    const size_t size = (size_t)model->parameter_size;
    double *gradient = malloc(size * sizeof(*gradient));
    assert_non_null(gradient);
    memcpy(gradient, model->gradients, size * sizeof(*gradient));
    assert_true(gan_sum_of_squares(context, (int64_t)size, gradient) > 0);
    test_gradient(name, penalty_value, &p, model->parameters, gradient, size, 1e-6);

    free(gradient);
    gan_session_destroy(session);
    gan_model_destroy(model);
}

/* Spectral normalisation takes its vectors as constants, which for a difference they are in sampling only. */
static void check_all(const char *name, gan_penalty penalty)
{
    char text[80];
    snprintf(text, sizeof(text), "%s through convolutions", name);
    check_penalty(text, test_seed_discriminator, GAN_MODE_TRAIN, penalty);
    snprintf(text, sizeof(text), "%s through curved layers", name);
    check_penalty(text, curved_discriminator, GAN_MODE_TRAIN, penalty);
    snprintf(text, sizeof(text), "%s through layer, instance and group normalisation", name);
    check_penalty(text, test_normalised_discriminator, GAN_MODE_TRAIN, penalty);
    snprintf(text, sizeof(text), "%s through pooling, upsampling and an embedded label", name);
    check_penalty(text, test_labelled_discriminator, GAN_MODE_TRAIN, penalty);
    snprintf(text, sizeof(text), "%s through spectral normalisation", name);
    check_penalty(text, test_spectral_discriminator, GAN_MODE_SAMPLE, penalty);
}

static void test_zero_centered(void **state)
{
    (void)state;
    check_all("R1", GAN_PENALTY_ZERO_CENTERED);
}

static void test_one_centered(void **state)
{
    (void)state;
    check_all("WGAN-GP", GAN_PENALTY_ONE_CENTERED);
}

static void test_refusals(void **state)
{
    (void)state;
    gan_model *model = NULL, *normalised = NULL;
    gan_session *session = NULL;
    double value = 7;
    test_status(test_dcgan_discriminator(context, 1, &normalised), GAN_OK, "");
    test_status(gan_session_create(normalised, GAN_SESSION(.second_order = true), &session), GAN_ERROR_UNSUPPORTED,
                "batch_norm");
    assert_null(session);
    test_status(test_seed_discriminator(context, 1, &model), GAN_OK, "");
    test_status(gan_session_create(model, GAN_SESSION(.second_order = true, .forward_only = true), &session),
                GAN_ERROR_ARGUMENT, "forward_only");
    test_status(gan_session_create(model, NULL, &session), GAN_OK, "");
    test_status(gan_gradient_penalty(session, GAN_PENALTY_ZERO_CENTERED, 1, &value), GAN_ERROR_STATE, "second_order");
    test_status(gan_gradient_penalty(session, GAN_PENALTY_ZERO_CENTERED, -1, &value), GAN_ERROR_ARGUMENT,
                "coefficient");
    test_status(gan_gradient_penalty(session, (gan_penalty)9, 1, &value), GAN_ERROR_ARGUMENT, "9");
    assert_true(value == 7);
    gan_session_destroy(session);
    gan_model_destroy(normalised);
    gan_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zero_centered),
        cmocka_unit_test(test_one_centered),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
