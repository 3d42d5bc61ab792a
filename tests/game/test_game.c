/* Games: equal to the trainer and to rounds written by hand, to the same bits; resumed, in threads, without memory.
 */
#include "games.h"

#include "support/allocator.h"

#include <math.h>
#include <string.h>

#define BATCH 6

/* ---- The trainer's game, described in public ------------------------------------------------------------------- */

/* Describes what gan_trainer_create() does with these options, in public calls. */
static gan_game *as_game(const test_gan *gan, test_gan_kind kind, const gan_trainer_options *o)
{
    gan_game *game;
    gan_shape noise;
    const bool simultaneous = o->simultaneous;
    assert_int_equal(gan_model_get_input_shape(gan->generator, 0, &noise), GAN_OK);
    assert_int_equal(gan_game_create(gan->context,
                                     GAN_GAME(.batch = o->batch, .seed = o->seed,
                                              .moves = simultaneous ? GAN_MOVES_SIMULTANEOUS : GAN_MOVES_ALTERNATING),
                                     &game),
                     GAN_OK);
    const gan_term z = gan_game_noise(game, "z", noise, o->noise);
    const gan_term x = gan_game_input(game, "x", test_gan_shape(kind));
    const gan_show_options *show = GAN_SHOW(.augment = o->augment, .instance_noise = o->instance_noise);
    const gan_term made = gan_game_apply(game, gan->generator, GAN_TERMS(z));
    const gan_term real = gan_game_show(x, show),
                   real_logits = gan_game_apply(game, gan->discriminator, GAN_TERMS(real));
    const gan_term fake = gan_game_show(made, show);
    const gan_term fake_logits = gan_game_apply(game, gan->discriminator, GAN_TERMS(fake));
    const gan_player d = gan_game_player(game, "d", gan->discriminator, GAN_PLAYER(.moves = o->discriminator_steps));
    const gan_player g = gan_game_player(game, "g", gan->generator, GAN_PLAYER(.fresh_noise = o->fresh_noise));
    gan_game_want(game, d, 1, gan_discriminator_loss(o->loss, real_logits, fake_logits, NULL));
    if (o->r1 > 0) {
        gan_game_want_by(game, d, o->r1, gan_gradient_penalty_loss(real_logits, GAN_PENALTY_ZERO_CENTERED),
                         GAN_WANT(.interval = o->penalty_interval));
    }
    if (o->gradient_penalty > 0) {
        const gan_term between = gan_game_apply(game, gan->discriminator, GAN_TERMS(gan_game_between(real, fake)));
        gan_game_want_by(game, d, o->gradient_penalty, gan_gradient_penalty_loss(between, GAN_PENALTY_ONE_CENTERED),
                         GAN_WANT(.interval = o->penalty_interval));
    }
    gan_game_want(game, g, 1, gan_generator_loss(o->loss, real_logits, fake_logits));
    test_status(gan_game_build(game), GAN_OK, "");
    return game;
}

static void compare_with_trainer(test_gan_kind kind, const gan_trainer_options *options)
{
    float samples[3 * BATCH * 512];
    test_gan trained = test_gan_create(kind, 2, options), played = test_gan_create(kind, 1, options);
    gan_game *game = as_game(&played, kind, options);
    const int64_t count = BATCH * (options->discriminator_steps ? options->discriminator_steps : 1);
    for (uint64_t i = 0; i < 5; i++) {
        gan_step_report step = GAN_STEP_REPORT_INIT;
        gan_round_report round = GAN_ROUND_REPORT_INIT;
        test_numbers(i, samples, (size_t)(count * test_gan_elements(kind)));
        assert_int_equal(gan_trainer_step(trained.trainer, samples, BATCH, &step), GAN_OK);
        test_status(gan_game_round(game, (const float *[]){samples}, BATCH, &round), GAN_OK, "");
        assert_true(round.wants[0] == step.discriminator_loss);
        assert_true(round.wants[round.want_count - 1] == step.generator_loss);
        assert_true(round.gradient_norms[0] == step.discriminator_gradient_norm);
        assert_true(round.gradient_norms[1] == step.generator_gradient_norm);
        assert_int_equal(round.pair_count, 1);
        assert_true(round.pairs[0].real_probability == step.real_probability);
        assert_true(round.pairs[0].fake_probability == step.fake_probability);
    }
    test_assert_same_weights(trained.generator, played.generator);
    test_assert_same_weights(trained.discriminator, played.discriminator);
    gan_game_destroy(game);
    test_gan_destroy(&trained);
    test_gan_destroy(&played);
}

static void test_like_trainer(void **state)
{
    (void)state;
    compare_with_trainer(TEST_GAN_DENSE, GAN_TRAINER(.batch = BATCH, .seed = 3));
    compare_with_trainer(TEST_GAN_DCGAN, GAN_TRAINER(.batch = BATCH, .seed = 3, .fresh_noise = true));
    compare_with_trainer(TEST_GAN_DCGAN,
                         GAN_TRAINER(.batch = BATCH, .discriminator_steps = 3, .noise = GAN_NOISE_UNIFORM));
    compare_with_trainer(TEST_GAN_SMOOTH, GAN_TRAINER(.batch = BATCH, .r1 = 0.5f, .penalty_interval = 2,
                                                      .loss = GAN_LOSS_RELATIVISTIC, .gradient_penalty = 2));
    compare_with_trainer(TEST_GAN_COLOUR, GAN_TRAINER(.batch = BATCH, .augment = 7, .instance_noise = 0.1f));
    compare_with_trainer(TEST_GAN_SMOOTH,
                         GAN_TRAINER(.batch = BATCH, .simultaneous = true, .augment = GAN_AUGMENT_CUTOUT));
}

/* ---- A round written by hand ----------------------------------------------------------------------------------- */

typedef struct hand {
    gan_session *generate, *real, *fake;
    gan_optimizer *g, *d;
    gan_random *noise;
} hand;

static double probability_loss(const float *real, const float *fake, int64_t batch, float *real_gradient,
                               float *fake_gradient)
{
    double loss;
    assert_int_equal(gan_loss_discriminator(GAN_LOSS_NON_SATURATING, 1, real, batch, fake, batch, &loss,
                                            real_gradient, fake_gradient),
                     GAN_OK);
    return loss;
}

#define OK(call) assert_int_equal(call, GAN_OK)

/* One round of the conditional game, on one batch. */
static void round_by_hand(const hand *h, const conditional_game *c, uint64_t number, double losses[2])
{
    float samples[BATCH * CONDITIONAL_SAMPLE], labels[BATCH], noise[BATCH * CONDITIONAL_NOISE];
    float real[BATCH], fake[BATCH], real_gradient[BATCH], fake_gradient[BATCH];
    conditional_data(number, BATCH, samples, labels);
    OK(gan_random_normal(h->noise, noise, BATCH * CONDITIONAL_NOISE));
    OK(gan_session_set_input(h->generate, 0, noise, BATCH));
    OK(gan_session_set_input(h->generate, 1, labels, BATCH));
    OK(gan_session_forward(h->generate, GAN_MODE_TRAIN));
    OK(gan_session_set_input(h->real, 0, samples, BATCH));
    OK(gan_session_set_input(h->real, 1, labels, BATCH));
    OK(gan_session_forward(h->real, GAN_MODE_TRAIN));
    OK(gan_session_set_input_from(h->fake, 0, h->generate, 0));
    OK(gan_session_set_input(h->fake, 1, labels, BATCH));
    OK(gan_session_forward(h->fake, GAN_MODE_TRAIN));
    OK(gan_session_get_output(h->real, 0, real));
    OK(gan_session_get_output(h->fake, 0, fake));
    losses[0] = probability_loss(real, fake, BATCH, real_gradient, fake_gradient);
    OK(gan_model_zero_gradients(c->discriminator));
    OK(gan_session_set_output_gradient(h->real, 0, real_gradient));
    OK(gan_session_backward(h->real, GAN_BACKWARD_PARAMETERS));
    OK(gan_session_set_output_gradient(h->fake, 0, fake_gradient));
    OK(gan_session_backward(h->fake, GAN_BACKWARD_PARAMETERS));
    OK(gan_optimizer_step(h->d, NULL));
    OK(gan_session_set_input_from(h->fake, 0, h->generate, 0));
    OK(gan_session_set_input(h->fake, 1, labels, BATCH));
    OK(gan_session_forward(h->fake, GAN_MODE_TRAIN));
    OK(gan_session_get_output(h->fake, 0, fake));
    OK(gan_loss_generator(GAN_LOSS_NON_SATURATING, NULL, 0, fake, BATCH, &losses[1], fake_gradient));
    OK(gan_session_set_output_gradient(h->fake, 0, fake_gradient));
    OK(gan_session_backward(h->fake, GAN_BACKWARD_INPUTS));
    OK(gan_session_set_output_gradient_from(h->generate, 0, h->fake, 0));
    OK(gan_model_zero_gradients(c->generator));
    OK(gan_session_backward(h->generate, GAN_BACKWARD_PARAMETERS));
    OK(gan_optimizer_step(h->g, NULL));
}

static void test_by_hand(void **state)
{
    (void)state;
    const uint64_t seed = 5;
    conditional_game played = conditional_create(2, GAN_GAME(.batch = BATCH, .seed = seed));
    conditional_game own = conditional_create(1, GAN_GAME(.batch = BATCH));
    hand h;
    OK(gan_session_create(own.generator, GAN_SESSION(.batch = BATCH, .seed = seed), &h.generate));
    OK(gan_session_create(own.discriminator, GAN_SESSION(.batch = BATCH, .seed = seed + 1), &h.real));
    OK(gan_session_create(own.discriminator, GAN_SESSION(.batch = BATCH, .seed = seed + 2), &h.fake));
    OK(gan_optimizer_create(own.generator, NULL, &h.g));
    OK(gan_optimizer_create(own.discriminator, NULL, &h.d));
    OK(gan_random_create(own.context, seed, GAN_NOISE_STREAM, &h.noise));
    for (uint64_t i = 0; i < 6; i++) {
        gan_round_report report = GAN_ROUND_REPORT_INIT;
        double losses[2];
        conditional_round(&played, i, BATCH, &report);
        round_by_hand(&h, &own, i, losses);
        assert_true(report.wants[0] == losses[0]);
        assert_true(report.wants[1] == losses[1]);
    }
    test_assert_same_weights(played.generator, own.generator);
    test_assert_same_weights(played.discriminator, own.discriminator);
    gan_session_destroy(h.generate);
    gan_session_destroy(h.real);
    gan_session_destroy(h.fake);
    gan_optimizer_destroy(h.g);
    gan_optimizer_destroy(h.d);
    gan_random_destroy(h.noise);
    conditional_destroy(&played);
    conditional_destroy(&own);
}

/* ---- Properties ------------------------------------------------------------------------------------------------ */

static void play(conditional_game *c, uint64_t first, uint64_t last)
{
    for (uint64_t i = first; i < last; i++) conditional_round(c, i, i % 3 == 2 ? BATCH - 1 : BATCH, NULL);
}

static void assert_same(const conditional_game *a, const conditional_game *b)
{
    gan_model *average, *other;
    test_assert_same_weights(a->generator, b->generator);
    test_assert_same_weights(a->discriminator, b->discriminator);
    OK(gan_player_get_average(a->g, 0, &average));
    OK(gan_player_get_average(b->g, 0, &other));
    test_assert_same_weights(average, other);
    OK(gan_player_snapshot(b->g, 0, &other));
    test_assert_same_weights(average, other);
    gan_model_destroy(other);
    OK(gan_player_snapshot(b->d, 0, &other));
    test_assert_same_weights(b->discriminator, other);
    gan_model_destroy(other);
    test_status(gan_player_snapshot(b->d, 1, &other), GAN_ERROR_ARGUMENT, "index is 1");
}

static void test_resume(void **state)
{
    (void)state;
    conditional_game whole = conditional_create(1, GAN_GAME(.batch = BATCH, .seed = 1));
    conditional_game first = conditional_create(3, GAN_GAME(.batch = BATCH, .seed = 1));
    conditional_game second = conditional_create(2, GAN_GAME(.batch = BATCH, .seed = 9));
    play(&whole, 0, 7);
    play(&first, 0, 4);
    OK(gan_game_save(first.game, test_path("game")));
    play(&second, 0, 1);
    test_status(gan_game_load(second.game, test_path("game")), GAN_OK, "");
    assert_int_equal(gan_game_rounds(second.game), 4);
    play(&second, 4, 7);
    assert_same(&whole, &second);
    conditional_destroy(&whole);
    conditional_destroy(&first);
    conditional_destroy(&second);
}

/* Another player, who wants a constant 0, changes no bit of the others. */
static void test_bystander(void **state)
{
    (void)state;
    conditional_game plain = conditional_create(1, GAN_GAME(.batch = BATCH, .seed = 1)), with;
    gan_context *context;
    gan_model *bystander;
    OK(gan_context_create(GAN_CONTEXT(.threads = 2), &context));
    OK(conditional_describe(context, GAN_GAME(.batch = BATCH, .seed = 1), GAN_PLAYER(.ema_decay = 0.9f), &with));
    OK(gan_model_create(context, &bystander));
    gan_model_add(bystander, gan_layer_input(context, GAN_SHAPE(CONDITIONAL_SAMPLE)));
    gan_model_add(bystander, gan_layer_dense(context, 2, NULL));
    OK(gan_model_build(bystander, 4));
    const gan_term of_data = gan_game_apply(with.game, bystander, GAN_TERMS(with.sample));
    const gan_player player = gan_game_player(with.game, "bystander", bystander, NULL);
    OK(gan_game_want(with.game, player, 0, gan_mean_loss(of_data)));
    test_status(gan_game_build(with.game), GAN_OK, "");
    play(&plain, 0, 5);
    play(&with, 0, 5);
    assert_same(&plain, &with);
    gan_model_destroy(bystander);
    conditional_destroy(&plain);
    conditional_destroy(&with);
}

/* Sharing a pass between simultaneous players gives what two passes give, up to rounding. */
static void test_shared_pass(void **state)
{
    (void)state;
    gan_context *context;
    conditional_game shared = conditional_create(1, GAN_GAME(.batch = BATCH, .moves = GAN_MOVES_SIMULTANEOUS)), own;
    OK(gan_context_create(GAN_CONTEXT(.threads = 1), &context));
    OK(conditional_describe(context, GAN_GAME(.batch = BATCH, .moves = GAN_MOVES_SIMULTANEOUS),
                            GAN_PLAYER(.ema_decay = 0.9f), &own));
    OK(gan_game_want(own.game, own.g, 0, gan_mean_loss(own.fake_logits))); /* a second loss of these logits */
    test_status(gan_game_build(own.game), GAN_OK, "");
    for (uint64_t i = 0; i < 4; i++) {
        gan_round_report a = GAN_ROUND_REPORT_INIT, b = GAN_ROUND_REPORT_INIT;
        conditional_round(&shared, i, BATCH, &a);
        conditional_round(&own, i, BATCH, &b);
        assert_near(a.wants[0], b.wants[0], 1e-5);
        assert_near(a.wants[1], b.wants[1], 1e-5);
        assert_near(a.gradient_norms[0], b.gradient_norms[0], 1e-5);
        assert_near(a.gradient_norms[1], b.gradient_norms[1], 1e-5);
    }
    conditional_destroy(&shared);
    conditional_destroy(&own);
}

/* ---- Memory ---------------------------------------------------------------------------------------------------- */

static void test_round_allocates_nothing(void **state)
{
    (void)state;
    conditional_game c = conditional_create(2, GAN_GAME(.batch = BATCH));
    gan_context_info before = GAN_CONTEXT_INFO_INIT, after = GAN_CONTEXT_INFO_INIT;
    OK(gan_context_get_info(c.context, &before));
    play(&c, 0, 5);
    OK(gan_context_get_info(c.context, &after));
    assert_int_equal(before.allocations, after.allocations);
    conditional_destroy(&c);
}

static gan_status describe_and_play(gan_context *context, void *user)
{
    float samples[BATCH * CONDITIONAL_SAMPLE], labels[BATCH];
    conditional_game c;
    (void)user;
    conditional_data(0, BATCH, samples, labels);
    gan_status status = conditional_describe(context, GAN_GAME(.batch = BATCH), GAN_PLAYER(.ema_decay = 0.9f), &c);
    if (status != GAN_OK) return status;
    status = gan_game_build(c.game);
    if (status == GAN_OK) status = gan_game_round(c.game, (const float *[]){samples, labels}, BATCH, NULL);
    if (status == GAN_OK) status = gan_game_save(c.game, test_path("failing"));
    if (status == GAN_OK) status = gan_game_load(c.game, test_path("failing"));
    gan_game_destroy(c.game);
    gan_model_destroy(c.generator);
    gan_model_destroy(c.discriminator);
    return status;
}

static void test_failing_allocations(void **state)
{
    (void)state;
    assert_true(test_every_allocation_fails(describe_and_play, NULL) > 100);
}

/* ---- Divergence ------------------------------------------------------------------------------------------------ */

static void test_divergence(void **state)
{
    (void)state;
    conditional_game c = conditional_create(1, GAN_GAME(.batch = BATCH)),
                     same = conditional_create(1, GAN_GAME(.batch = BATCH));
    float samples[BATCH * CONDITIONAL_SAMPLE], labels[BATCH];
    play(&c, 0, 2);
    play(&same, 0, 2);
    conditional_data(2, BATCH, samples, labels);
    samples[3] = NAN;
    test_status(gan_game_round(c.game, (const float *[]){samples, labels}, BATCH, NULL), GAN_ERROR_DIVERGED,
                "gan_game_round: in round 3 the loss of player 'discriminator' is not finite");
    assert_int_equal(gan_game_rounds(c.game), 2);
    assert_true(test_weights_finite(c.generator));
    assert_true(test_weights_finite(c.discriminator));
    conditional_data(2, BATCH, samples, labels);
    test_status(gan_game_round(c.game, (const float *[]){samples, labels}, BATCH, NULL), GAN_OK, "");
    conditional_destroy(&c);
    conditional_destroy(&same);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_like_trainer),
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_bystander),
        cmocka_unit_test(test_shared_pass),
        cmocka_unit_test(test_round_allocates_nothing),
        cmocka_unit_test(test_failing_allocations),
        cmocka_unit_test(test_divergence),
    };
    return cmocka_run_group_tests(tests, test_folder_create, test_folder_remove);
}
