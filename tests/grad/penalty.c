/* Penalties on the gradient with respect to samples: what gan_gradient_penalty() adds to the gradients of parameters,
 * by second derivatives of every layer, against central differences of the penalty's value. */
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

/* Spectral normalisation takes its vectors as constants, which differences see only in sampling. */
static const struct {
    const char *what;
    test_model_fn build;
    gan_mode mode;
} discriminators[] = {
    {"convolutions", test_seed_discriminator, GAN_MODE_TRAIN},
    {"curved layers", curved_discriminator, GAN_MODE_TRAIN},
    {"layer, instance and group normalisation", test_normalised_discriminator, GAN_MODE_TRAIN},
    {"smooth activations", test_smooth_discriminator, GAN_MODE_TRAIN},
    {"pooling, upsampling and an embedded label", test_labelled_discriminator, GAN_MODE_TRAIN},
    {"a one-hot label and a projection", test_projection_discriminator, GAN_MODE_TRAIN},
    {"dilation and groups", test_grouped_discriminator, GAN_MODE_TRAIN},
    {"padding and pixel shuffle", test_padded_discriminator, GAN_MODE_TRAIN},
    {"a Gaussian code", test_variational_discriminator, GAN_MODE_TRAIN},
    {"attention", test_attentive_discriminator, GAN_MODE_TRAIN},
    {"spectral normalisation", test_spectral_discriminator, GAN_MODE_SAMPLE},
};
enum { DISCRIMINATORS = sizeof(discriminators) / sizeof(discriminators[0]) };

static void check_all(const char *name, gan_penalty penalty)
{
    for (int i = 0; i < DISCRIMINATORS; i++) {
        char text[80];
        snprintf(text, sizeof(text), "%s through %s", name, discriminators[i].what);
        check_penalty(text, discriminators[i].build, discriminators[i].mode, penalty);
    }
}

static void test_every_kind_is_penalised(void **state)
{
    test_model_fn builds[DISCRIMINATORS];
    (void)state;
    for (int i = 0; i < DISCRIMINATORS; i++) builds[i] = discriminators[i].build;
    assert_every_kind(context, builds, DISCRIMINATORS, true);
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

static gan_status fail_pass(const gan_layer *layer, const gan_pass *pass)
{
    (void)layer;
    (void)pass;
    return gan_fail(GAN_ERROR_UNSUPPORTED, "this pass fails");
}

/* The value is written when the last pass has ended, whichever fails. */
static void test_failing_passes(void **state)
{
    (void)state;
    gan_model *model = NULL;
    gan_session *session = NULL;
    double value = 7;
    test_status(test_seed_discriminator(context, 1, &model), GAN_OK, "");
    test_status(gan_session_create(model, GAN_SESSION(.second_order = true), &session), GAN_OK, "");
    gan_layer *layer = model->nodes[1].layer;
    const gan_layer_ops *ops = layer->ops;
    for (int failing = 0; failing < 4; failing++) {
        gan_layer_ops changed = *ops;
        if (failing == 0) changed.forward = fail_pass;
        if (failing == 1) changed.backward = fail_pass;
        if (failing == 2) changed.tangent_forward = fail_pass;
        if (failing == 3) changed.tangent_backward = fail_pass;
        set_inputs(session, 1);
        layer->ops = &changed;
        const gan_status status = gan_gradient_penalty(session, GAN_PENALTY_ZERO_CENTERED, 1, &value);
        layer->ops = ops;
        test_status(status, GAN_ERROR_UNSUPPORTED, "this pass fails");
        assert_true(value == 7);
    }
    gan_session_destroy(session);
    gan_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_is_penalised),
        cmocka_unit_test(test_zero_centered),
        cmocka_unit_test(test_one_centered),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_failing_passes),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
