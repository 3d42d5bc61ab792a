/* Games that are misdescribed are refused at build, by name and shape; and calls that come too early or too late. */
#include "games.h"
#include "support/allocator.h"

#include <math.h>

#define OK(call) assert_int_equal(call, GAN_OK)

typedef struct fixture {
    gan_context *context;
    gan_model *generator, *discriminator;
    gan_game *game, *other;
    gan_term sample, label, noise;
} fixture;

static fixture begin(const gan_game_options *options)
{
    fixture f = {0};
    OK(gan_context_create(GAN_CONTEXT(.threads = 1), &f.context));
    OK(conditional_models(f.context, &f.generator, &f.discriminator));
    OK(gan_game_create(f.context, options, &f.game));
    OK(gan_game_create(f.context, NULL, &f.other));
    f.sample = gan_game_input(f.game, "sample", GAN_SHAPE(CONDITIONAL_SAMPLE));
    f.label = gan_game_input(f.game, "label", GAN_SHAPE(1));
    f.noise = gan_game_noise(f.game, "noise", GAN_SHAPE(CONDITIONAL_NOISE), GAN_NOISE_NORMAL);
    return f;
}

static void end(fixture *f)
{
    gan_game_destroy(f->game);
    gan_game_destroy(f->other);
    gan_model_destroy(f->generator);
    gan_model_destroy(f->discriminator);
    gan_context_destroy(f->context);
}

/* The first failure of a description is build's, whatever follows it. */
static void refuse(fixture *f, gan_status status, const char *part)
{
    gan_game_want(f->game, gan_game_player(f->game, "late", f->generator, NULL), 1, f->sample);
    test_status(gan_game_build(f->game), status, part);
    end(f);
}

static void test_terms(void **state)
{
    (void)state;
    fixture f = begin(NULL);
    gan_game_apply(f.game, f.generator, GAN_TERMS(f.sample, f.label));
    refuse(&f, GAN_ERROR_SHAPE, "input 'sample' has the shape (4), but input 0 of the model (3)");
    f = begin(NULL);
    gan_game_apply(f.game, f.generator, GAN_TERMS(f.noise));
    refuse(&f, GAN_ERROR_SHAPE, "1 term is given, but the model has 2 inputs");
    f = begin(NULL);
    gan_game_apply(f.game, f.generator, GAN_TERMS(f.noise, gan_game_input(f.other, "label", GAN_SHAPE(1))));
    refuse(&f, GAN_ERROR_ARGUMENT, "a term belongs to another game");
    f = begin(NULL);
    gan_game_input(f.game, "label", GAN_SHAPE(2));
    refuse(&f, GAN_ERROR_GRAPH, "two terms are called 'label'");
    f = begin(NULL);
    gan_game_input(f.game, "a/b", GAN_SHAPE(2));
    refuse(&f, GAN_ERROR_ARGUMENT, "name is \"a/b\"");
    f = begin(NULL);
    gan_game_input(f.game, "image", GAN_SHAPE(0));
    refuse(&f, GAN_ERROR_SHAPE, "");
    f = begin(NULL);
    gan_game_classes(f.game, "class", 0);
    refuse(&f, GAN_ERROR_ARGUMENT, "classes is 0");
    f = begin(NULL);
    gan_game_constant(f.game, GAN_SHAPE(2), NAN);
    refuse(&f, GAN_ERROR_NOT_FINITE, "value is nan");
    f = begin(NULL);
    gan_game_output(f.sample, 0);
    refuse(&f, GAN_ERROR_ARGUMENT, "index is 0, but input 'sample' has 0 outputs");
    f = begin(NULL);
    gan_game_show(f.sample, GAN_SHOW(.packing = 5));
    refuse(&f, GAN_ERROR_BATCH, "packing is 5, but the batch of the game is 32");
    f = begin(NULL);
    gan_game_show(f.sample, GAN_SHOW(.augment = GAN_AUGMENT_CUTOUT));
    refuse(&f, GAN_ERROR_SHAPE, "augment");
    f = begin(NULL);
    gan_game_between(f.sample, f.noise);
    refuse(&f, GAN_ERROR_SHAPE, "real has the shape (4), but fake (3)");
}

static void test_losses(void **state)
{
    (void)state;
    fixture f = begin(NULL);
    gan_l1_loss(f.sample, f.noise);
    refuse(&f, GAN_ERROR_SHAPE, "gan_l1_loss: a has the shape (4), but b (3)");
    f = begin(NULL);
    gan_softmax_cross_entropy_loss(f.sample, f.noise);
    refuse(&f, GAN_ERROR_SHAPE, "classes has the shape (3), expected one number");
    f = begin(NULL);
    gan_mean_loss(gan_mean_loss(f.sample));
    refuse(&f, GAN_ERROR_GRAPH, "term is a loss");
    f = begin(NULL);
    gan_discriminator_loss((gan_loss)77, f.sample, f.sample, NULL);
    refuse(&f, GAN_ERROR_ARGUMENT, "loss is 77");
    f = begin(NULL);
    gan_discriminator_loss(GAN_LOSS_HINGE, f.sample, f.sample, GAN_DISCRIMINATOR_LOSS(.label_smoothing = 0.1f));
    refuse(&f, GAN_ERROR_ARGUMENT, "label_smoothing is 0.1");
    f = begin(NULL);
    gan_gradient_penalty_loss(f.sample, GAN_PENALTY_ZERO_CENTERED);
    refuse(&f, GAN_ERROR_GRAPH, "input 'sample' is not the first output of an application");
}

static void test_players(void **state)
{
    (void)state;
    fixture f = begin(NULL);
    test_status(gan_game_build(f.game), GAN_ERROR_GRAPH, "the game has no player");
    end(&f);
    f = begin(NULL);
    gan_game_player(f.game, "generator", f.generator, NULL);
    test_status(gan_game_build(f.game), GAN_ERROR_GRAPH, "player 'generator' wants nothing");
    end(&f);
    f = begin(NULL);
    gan_game_player(f.game, "generator", f.generator, GAN_PLAYER(.learning_rate = -1));
    refuse(&f, GAN_ERROR_ARGUMENT, "gan_player_options: learning_rate is -1");
    f = begin(NULL);
    gan_game_player(f.game, "a", f.generator, NULL);
    gan_game_player(f.game, "a", f.discriminator, NULL);
    refuse(&f, GAN_ERROR_GRAPH, "two players are called 'a'");
    f = begin(GAN_GAME(.moves = GAN_MOVES_SIMULTANEOUS));
    const gan_term fake = gan_game_apply(f.game, f.generator, GAN_TERMS(f.noise, f.label));
    gan_game_want(f.game, gan_game_player(f.game, "a", f.generator, NULL), 1, gan_l2_loss(fake, f.sample));
    gan_game_want(f.game, gan_game_player(f.game, "b", f.generator, NULL), 1, gan_l1_loss(fake, f.sample));
    test_status(gan_game_build(f.game), GAN_ERROR_GRAPH, "players 'a' and 'b' both move model 'a'");
    end(&f);
}

static void test_wants(void **state)
{
    (void)state;
    fixture f = begin(NULL);
    const gan_term fake = gan_game_apply(f.game, f.generator, GAN_TERMS(f.noise, f.label));
    gan_game_want(f.game, gan_game_player(f.game, "d", f.discriminator, NULL), 1, gan_l2_loss(fake, f.sample));
    test_status(gan_game_build(f.game), GAN_ERROR_GRAPH, "want 'd l2' reaches no weights of player 'd'");
    end(&f);
    f = begin(NULL);
    const gan_term penalised = gan_game_apply(f.game, f.generator, GAN_TERMS(f.noise, f.label));
    const gan_player d = gan_game_player(f.game, "d", f.discriminator, NULL);
    gan_game_want(f.game, gan_game_player(f.game, "g", f.generator, NULL), 1, gan_l2_loss(penalised, f.sample));
    gan_game_want(f.game, d, 1, gan_gradient_penalty_loss(penalised, GAN_PENALTY_ZERO_CENTERED));
    test_status(
        gan_game_build(f.game), GAN_ERROR_GRAPH,
        "want 'd gradient_penalty' of player 'd' is a penalty on a model that this player does not move: only "
        "player 'g' may want it");
    end(&f);
    f = begin(NULL);
    const gan_term made = gan_game_apply(f.game, f.generator, GAN_TERMS(f.noise, f.label));
    gan_game_want(f.game, gan_game_player(f.game, "g", f.generator, NULL), 1, gan_mean_loss(made));
    test_status(gan_game_build(f.game), GAN_ERROR_GRAPH, "no want is computed from input 'sample'");
    end(&f);
    f = begin(NULL);
    gan_game_want(f.game, gan_game_player(f.game, "g", f.generator, NULL), INFINITY, gan_mean_loss(f.sample));
    refuse(&f, GAN_ERROR_NOT_FINITE, "weight is inf");
    f = begin(NULL);
    gan_game_want(f.game, gan_game_player(f.game, "g", f.generator, NULL), 1, f.sample);
    refuse(&f, GAN_ERROR_GRAPH, "input 'sample' is not a loss");
    f = begin(NULL);
    gan_game_want_by(f.game, gan_game_player(f.game, "g", f.generator, NULL), 1, gan_mean_loss(f.sample),
                     GAN_WANT(.schedule = GAN_SCHEDULE_SIGMOID));
    refuse(&f, GAN_ERROR_ARGUMENT, "schedule_steps is 0");
    f = begin(NULL);
    gan_game_want_by(f.game, gan_game_player(f.game, "g", f.generator, NULL), 1, gan_mean_loss(f.sample),
                     GAN_WANT(.interval = 4));
    refuse(&f, GAN_ERROR_ARGUMENT, "interval is 4, but the loss is not a penalty");
}

static void test_too_early_or_late(void **state)
{
    (void)state;
    conditional_game c = conditional_create(1, NULL);
    fixture f = begin(NULL);
    float value[8];
    const float *arrays[2] = {value, NULL};
    test_status(gan_game_round(f.game, arrays, 1, NULL), GAN_ERROR_STATE, "gan_game_build() has not been called");
    test_status(gan_game_round(c.game, arrays, 1, NULL), GAN_ERROR_NULL, "inputs[1], input 'label', is NULL");
    test_status(gan_game_round(c.game, NULL, 1, NULL), GAN_ERROR_NULL, "inputs is NULL");
    test_status(gan_game_round(c.game, arrays, 33, NULL), GAN_ERROR_BATCH, "batch is 33");
    test_status(gan_game_run(c.game, NULL), GAN_ERROR_STATE, "input 'sample' is fed by no dataset");
    test_status(gan_term_get_value(c.fake, value, 4), GAN_ERROR_STATE, "has not been computed yet");
    assert_true(gan_game_input(c.game, "more", GAN_SHAPE(1)).index < 0);
    test_status(gan_game_build(c.game), GAN_ERROR_STATE, "already built");
    assert_true(gan_game_input(NULL, "more", GAN_SHAPE(1)).index < 0);
    assert_int_equal(gan_game_rounds(NULL), 0);
    conditional_round(&c, 1, 2, NULL);
    test_status(gan_term_get_value(c.fake, value, 8), GAN_OK, "");
    test_status(gan_term_get_value(c.fake, value, 7), GAN_ERROR_SHAPE, "count is 7");
    gan_game_destroy(NULL);
    gan_game_cancel(NULL);
    conditional_destroy(&c);
    end(&f);
}

/* A description that goes on after a failed build changes nothing that the build has planned. */
static void test_after_failed_build(void **state)
{
    test_allocator allocator = {0};
    conditional_game c;
    gan_context *context;
    gan_model *another = NULL;
    (void)state;
    OK(gan_context_create(GAN_CONTEXT(.allocator = test_allocator_hooks(&allocator), .threads = 1), &context));
    OK(conditional_describe(context, NULL, NULL, &c));
    OK(gan_model_clone(c.generator, &another));
    gan_game_input(c.game, "unused", GAN_SHAPE(1));
    test_status(gan_game_build(c.game), GAN_ERROR_GRAPH, "no want is computed from");
    assert_int_equal(gan_game_player(c.game, "late", another, NULL).index, -1);
    assert_int_equal(gan_last_status(), GAN_ERROR_GRAPH);
    assert_int_equal(gan_game_input(c.game, "later", GAN_SHAPE(1)).index, -1);
    test_status(gan_game_want(c.game, c.d, 1, gan_mean_loss(c.fake)), GAN_ERROR_GRAPH, "no want is computed from");
    test_status(gan_game_build(c.game), GAN_ERROR_GRAPH, "no want is computed from");
    gan_model_destroy(another);
    conditional_destroy(&c);
    test_allocator_assert_empty(&allocator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_terms),
        cmocka_unit_test(test_losses),
        cmocka_unit_test(test_players),
        cmocka_unit_test(test_wants),
        cmocka_unit_test(test_too_early_or_late),
        cmocka_unit_test(test_after_failed_build),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
