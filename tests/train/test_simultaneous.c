/* Simultaneous updates: the same gradients as from one pass of D per loss, even for samples that D's loss ignores,
 * and what is rejected. test_custom_loop.c compares a step with public calls, bit for bit. */
#include "gans.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BATCH     6
#define SEED      7
#define MOST_SIZE 128

/* ---- Separate passes ------------------------------------------------------------------------------------------- */

static gan_session *create_session(gan_model *model, uint64_t seed)
{
    gan_session *session = NULL;
    assert_int_equal(gan_session_create(model, GAN_SESSION(.batch = BATCH, .seed = seed), &session), GAN_OK);
    return session;
}

/* The gradients of both players at the same weights, with one backward pass of D per loss. */
static void separate_gradients(const test_gan *gan, gan_loss loss, const float *samples)
{
    gan_session *generate = create_session(gan->generator, SEED),
                *real = create_session(gan->discriminator, SEED + 1),
                *fake = create_session(gan->discriminator, SEED + 2);
    gan_random *noise;
    float z[BATCH * 3], real_logits[BATCH], fake_logits[BATCH], gradients[3][BATCH];
    assert_int_equal(gan_random_create(gan->context, SEED, GAN_NOISE_STREAM, &noise), GAN_OK);
    assert_int_equal(gan_random_normal(noise, z, BATCH * 3), GAN_OK);
    assert_int_equal(gan_session_set_input(generate, 0, z, BATCH), GAN_OK);
    assert_int_equal(gan_session_forward(generate, GAN_MODE_TRAIN), GAN_OK);
    assert_int_equal(gan_session_set_input(real, 0, samples, BATCH), GAN_OK);
    assert_int_equal(gan_session_forward(real, GAN_MODE_TRAIN), GAN_OK);
    assert_int_equal(gan_session_get_output(real, 0, real_logits), GAN_OK);
    assert_int_equal(gan_session_set_input_from(fake, 0, generate, 0), GAN_OK);
    assert_int_equal(gan_session_forward(fake, GAN_MODE_TRAIN), GAN_OK);
    assert_int_equal(gan_session_get_output(fake, 0, fake_logits), GAN_OK);
    assert_int_equal(
        gan_loss_discriminator(loss, 1, real_logits, BATCH, fake_logits, BATCH, NULL, gradients[0], gradients[1]),
        GAN_OK);
    assert_int_equal(gan_loss_generator(loss, real_logits, BATCH, fake_logits, BATCH, NULL, gradients[2]), GAN_OK);

    assert_int_equal(gan_model_zero_gradients(gan->discriminator), GAN_OK);
    assert_int_equal(gan_session_set_output_gradient(real, 0, gradients[0]), GAN_OK);
    assert_int_equal(gan_session_backward(real, GAN_BACKWARD_PARAMETERS), GAN_OK);
    assert_int_equal(gan_session_set_output_gradient(fake, 0, gradients[1]), GAN_OK);
    assert_int_equal(gan_session_backward(fake, GAN_BACKWARD_PARAMETERS), GAN_OK);
    assert_int_equal(gan_session_set_output_gradient(fake, 0, gradients[2]), GAN_OK);
    assert_int_equal(gan_session_backward(fake, GAN_BACKWARD_INPUTS), GAN_OK);
    assert_int_equal(gan_model_zero_gradients(gan->generator), GAN_OK);
    assert_int_equal(gan_session_set_output_gradient_from(generate, 0, fake, 0), GAN_OK);
    assert_int_equal(gan_session_backward(generate, GAN_BACKWARD_PARAMETERS), GAN_OK);
    gan_random_destroy(noise);
    gan_session_destroy(generate);
    gan_session_destroy(real);
    gan_session_destroy(fake);
}

/* Fails the test unless both gradients are the same except for rounding. `least`: the least norm they must have. */
static void assert_same_gradients(const gan_model *a, const gan_model *b, double least)
{
    double norm = 0, difference = 0;
    for (int64_t i = 0; i < gan_model_tensor_count(a); i++) {
        gan_tensor_info info = GAN_TENSOR_INFO_INIT;
        assert_int_equal(gan_model_get_tensor_info(a, i, &info), GAN_OK);
        if (info.kind != GAN_TENSOR_PARAMETER) continue;
        float *x = malloc(2 * (size_t)info.count * sizeof(*x)), *y = x + info.count;
        assert_non_null(x);
        assert_int_equal(gan_model_get_gradient(a, info.name, x, (size_t)info.count), GAN_OK);
        assert_int_equal(gan_model_get_gradient(b, info.name, y, (size_t)info.count), GAN_OK);
        for (int64_t k = 0; k < info.count; k++) {
            norm += (double)y[k] * y[k];
            difference += ((double)x[k] - y[k]) * ((double)x[k] - y[k]);
        }
        free(x);
    }
    assert_true(sqrt(norm) >= least);
    assert_near(sqrt(difference / norm), 0, 2e-6);
}

/* The gradients of a step, which it leaves in the models, against those of separate passes. `bias` is added to all of
 * D's logits. */
static void check_gradients(test_gan_kind kind, const char *last_bias, float bias, gan_loss loss, double least)
{
    float samples[BATCH * MOST_SIZE];
    test_gan gan =
        test_gan_create(kind, 1, GAN_TRAINER(.batch = BATCH, .seed = SEED, .simultaneous = true, .loss = loss));
    test_gan apart = test_gan_create(kind, 1, GAN_TRAINER(.batch = BATCH));
    assert_int_equal(gan_model_set_tensor(gan.discriminator, last_bias, &bias, 1), GAN_OK);
    assert_int_equal(gan_model_set_tensor(apart.discriminator, last_bias, &bias, 1), GAN_OK);
    test_numbers(3, samples, (size_t)(BATCH * test_gan_elements(kind)));
    separate_gradients(&apart, loss, samples);
    assert_int_equal(gan_trainer_step(gan.trainer, samples, BATCH, NULL), GAN_OK);
    assert_same_gradients(gan.discriminator, apart.discriminator, 0);
    assert_same_gradients(gan.generator, apart.generator, least);
    test_gan_destroy(&gan);
    test_gan_destroy(&apart);
}

/* Every loss, on logits around 0 and far from it. */
static void test_gradients(void **state)
{
    (void)state;
    for (int loss = GAN_LOSS_NON_SATURATING; loss <= GAN_LOSS_RELATIVISTIC_AVERAGE; loss++) {
        check_gradients(TEST_GAN_SMOOTH, "6.bias", 0, (gan_loss)loss, 1e-4);
        check_gradients(TEST_GAN_DENSE, "2.bias", 0, (gan_loss)loss, 1e-4);
        check_gradients(TEST_GAN_DENSE, "2.bias", 4, (gan_loss)loss, 1e-6);
        check_gradients(TEST_GAN_DENSE, "2.bias", -4, (gan_loss)loss, 1e-4);
    }
}

/* D is so sure that its loss has no gradient left, but the generator's still has all of its own. */
static void test_where_discriminator_has_no_gradient(void **state)
{
    (void)state;
    check_gradients(TEST_GAN_SMOOTH, "6.bias", -40, GAN_LOSS_NON_SATURATING, 1e-4);
    check_gradients(TEST_GAN_SMOOTH, "6.bias", -60, GAN_LOSS_NON_SATURATING, 1e-4);
    check_gradients(TEST_GAN_SMOOTH, "6.bias", -90, GAN_LOSS_NON_SATURATING, 1e-4);
    check_gradients(TEST_GAN_SMOOTH, "6.bias", -500, GAN_LOSS_NON_SATURATING, 1e-4);
    check_gradients(TEST_GAN_SMOOTH, "6.bias", -5, GAN_LOSS_HINGE, 1e-4);
}

/* Where f is exactly 0, so is the gradient of D's least squares, between its signs. D is x -> w x, G makes 0. */
static void test_least_squares_at_zero(void **state)
{
    (void)state;
    const float weight[2] = {0.5f, -2}, zeros[4] = {0};
    float samples[BATCH * 2], gradient[2];
    gan_context *context;
    gan_model *models[2];
    gan_trainer *trainer;
    assert_int_equal(gan_context_create(GAN_CONTEXT(.threads = 1), &context), GAN_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(gan_model_create(context, &models[i]), GAN_OK);
        gan_model_add(models[i], gan_layer_input(context, GAN_SHAPE(2)));
        gan_model_add(models[i], gan_layer_dense(context, i == 0 ? 2 : 1, NULL));
        assert_int_equal(gan_model_build(models[i], 1), GAN_OK);
    }
    assert_int_equal(gan_model_set_tensor(models[0], "0.weight", zeros, 4), GAN_OK);
    assert_int_equal(gan_model_set_tensor(models[1], "0.weight", weight, 2), GAN_OK);
    assert_int_equal(gan_trainer_create(
                         context, models[0], models[1],
                         GAN_TRAINER(.batch = BATCH, .loss = GAN_LOSS_LEAST_SQUARES, .simultaneous = true), &trainer),
                     GAN_OK);
    test_numbers(1, samples, BATCH * 2);
    assert_int_equal(gan_trainer_step(trainer, samples, BATCH, NULL), GAN_OK);
    assert_int_equal(gan_model_get_gradient(models[0], "0.bias", gradient, 2), GAN_OK);
    assert_near(gradient[0], -0.5, 1e-6); /* the mean of (f - 1) w */
    assert_near(gradient[1], 2, 1e-6);
    gan_trainer_destroy(trainer);
    gan_model_destroy(models[0]);
    gan_model_destroy(models[1]);
    gan_context_destroy(context);
}

/* ---- Training -------------------------------------------------------------------------------------------------- */

/* D's first update is the same as in alternating training, but G answers the D before it. */
static void test_other_algorithm(void **state)
{
    (void)state;
    const gan_trainer_options *by_turns = GAN_TRAINER(.batch = BATCH),
                              *at_once = GAN_TRAINER(.batch = BATCH, .simultaneous = true);
    test_gan a = test_gan_create(TEST_GAN_DENSE, 1, by_turns), b = test_gan_create(TEST_GAN_DENSE, 1, at_once);
    gan_step_report report_a = GAN_STEP_REPORT_INIT, report_b = GAN_STEP_REPORT_INIT;
    size_t count;
    float *before = test_weights(b.generator, &count);
    test_gan_steps(&a, TEST_GAN_DENSE, 1, 1, BATCH, 1, &report_a);
    test_gan_steps(&b, TEST_GAN_DENSE, 1, 1, BATCH, 1, &report_b);
    assert_true(report_a.discriminator_loss == report_b.discriminator_loss);
    test_assert_same_weights(a.discriminator, b.discriminator);
    assert_true(report_a.generator_loss != report_b.generator_loss);
    float *after = test_weights(b.generator, &count), *other = test_weights(a.generator, &count);
    assert_memory_not_equal(after, before, count * sizeof(*after));
    assert_memory_not_equal(after, other, count * sizeof(*after));
    test_gan_steps(&b, TEST_GAN_DENSE, 2, 4, BATCH - 1, 1, &report_b);
    assert_int_equal(report_b.step, 4);
    assert_int_equal(report_b.batch, BATCH - 1);
    free(before);
    free(after);
    free(other);
    test_gan_destroy(&a);
    test_gan_destroy(&b);
}

/* A bad step leaves the last good weights of both players. */
static void test_divergence(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_DENSE, 1, GAN_TRAINER(.batch = BATCH, .simultaneous = true));
    float samples[BATCH * 4];
    size_t count;
    test_gan_steps(&gan, TEST_GAN_DENSE, 1, 2, BATCH, 1, NULL);
    float *discriminator = test_weights(gan.discriminator, &count);
    test_gan_steps(&gan, TEST_GAN_DENSE, 3, 3, BATCH, 1, NULL);
    for (int i = 0; i < BATCH * 4; i++) samples[i] = NAN;
    test_status(gan_trainer_step(gan.trainer, samples, BATCH, NULL), GAN_ERROR_DIVERGED,
                "the loss of the discriminator");
    test_assert_weights(gan.discriminator, discriminator);
    assert_true(test_weights_finite(gan.generator));
    test_gan_steps(&gan, TEST_GAN_DENSE, 4, 5, BATCH, 1, NULL);
    free(discriminator);
    test_gan_destroy(&gan);
}

/* ---- Refused --------------------------------------------------------------------------------------------------- */

static void test_options_refused(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_DENSE, 1, NULL);
    const refused_options cases[] = {
        {GAN_TRAINER(.simultaneous = true, .discriminator_steps = 5), GAN_ERROR_ARGUMENT,
         "discriminator_steps is 5, expected 1"},
        {GAN_TRAINER(.simultaneous = true, .order = GAN_ORDER_GENERATOR_FIRST), GAN_ERROR_ARGUMENT,
         "order is 1, expected 0"},
        {GAN_TRAINER(.simultaneous = true, .fresh_noise = true), GAN_ERROR_ARGUMENT,
         "simultaneous and fresh_noise are both set"},
        {GAN_TRAINER(.reserved = {0, 0, 0, 0, 0, 1}), GAN_ERROR_VERSION,
         "gan_trainer_options: a field is set that libgan"},
    };
    test_options_are_refused(&gan, cases, sizeof(cases) / sizeof(*cases));
    test_gan_destroy(&gan);
}

/* Layers of D that mix samples are rejected by name; in G, which has its own pass, they are not. */
static void test_layers_refused(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_DCGAN, 1, NULL);
    gan_trainer *trainer = NULL;
    gan_model *grouping;
    assert_int_equal(gan_model_create(gan.context, &grouping), GAN_OK);
    gan_model_add(grouping, gan_layer_input(gan.context, GAN_SHAPE(2, 8, 8)));
    gan_model_add(grouping, gan_layer_minibatch_stddev(gan.context, NULL));
    gan_model_add(grouping, gan_layer_flatten(gan.context));
    gan_model_add(grouping, gan_layer_dense(gan.context, 1, NULL));
    assert_int_equal(gan_model_build(grouping, 1), GAN_OK);
    test_status(gan_trainer_create(gan.context, gan.generator, gan.discriminator, GAN_TRAINER(.simultaneous = true),
                                   &trainer),
                GAN_ERROR_UNSUPPORTED, "simultaneous is set, but layer 4 (batch_norm) of the discriminator");
    test_status(gan_trainer_create(gan.context, gan.generator, grouping, GAN_TRAINER(.simultaneous = true), &trainer),
                GAN_ERROR_UNSUPPORTED, "layer 0 (minibatch_stddev) of the discriminator mixes the samples");
    assert_null(trainer);
    gan_model_destroy(grouping);
    test_gan_destroy(&gan);
}

/* ---- Memory ---------------------------------------------------------------------------------------------------- */

static void test_step_allocates_nothing(void **state)
{
    (void)state;
    test_gan gan = test_gan_create(TEST_GAN_SMOOTH, 2, GAN_TRAINER(.batch = BATCH, .simultaneous = true));
    gan_context_info before = GAN_CONTEXT_INFO_INIT, after = GAN_CONTEXT_INFO_INIT;
    assert_int_equal(gan_context_get_info(gan.context, &before), GAN_OK);
    test_gan_steps(&gan, TEST_GAN_SMOOTH, 1, 3, BATCH, 1, NULL);
    assert_int_equal(gan_context_get_info(gan.context, &after), GAN_OK);
    assert_int_equal(after.allocations, before.allocations);
    test_gan_destroy(&gan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_where_discriminator_has_no_gradient),
        cmocka_unit_test(test_least_squares_at_zero),
        cmocka_unit_test(test_other_algorithm),
        cmocka_unit_test(test_divergence),
        cmocka_unit_test(test_options_refused),
        cmocka_unit_test(test_layers_refused),
        cmocka_unit_test(test_step_allocates_nothing),
    };
    return cmocka_run_group_tests_name("simultaneous updates", tests, NULL, NULL);
}
