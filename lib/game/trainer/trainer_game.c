/* A trainer as a game. */
#include "game/trainer/trainer.h"

/* ---- Terms ----------------------------------------------------------------------------------------------------- */

typedef struct trainer_terms {
    gan_term real, fake; /* samples as D is shown them */
    gan_term real_logits, fake_logits;
} trainer_terms;

static gan_term apply(gan_game *game, gan_model *model, gan_term term, const char *name)
{
    return gan_term_named(gan_game_apply(game, model, 1, &term), name);
}

static gan_term show(const gan_trainer *trainer, gan_term samples)
{
    const gan_trainer_options *options = &trainer->options;
    return gan_game_show(samples, GAN_SHOW(.augment = options->augment, .instance_noise = options->instance_noise,
                                           .instance_noise_steps = options->instance_noise_steps,
                                           .packing = options->packing));
}

/* The order decides in which order passes run, and their sessions' seeds. */
static gan_status describe_terms(gan_trainer *trainer, trainer_terms *terms)
{
    gan_game *game = trainer->game;
    gan_shape noise_shape;
    GAN_TRY(gan_model_get_input_shape(trainer->generator, 0, &noise_shape));
    const gan_term noise = gan_game_noise(game, "noise", noise_shape, trainer->options.noise);
    const gan_term made = apply(game, trainer->generator, noise, "generate");
    terms->real = show(trainer, gan_game_input(game, "samples", trainer->sample_shape));
    terms->real_logits = apply(game, trainer->discriminator, terms->real, "real");
    terms->fake = show(trainer, made);
    terms->fake_logits = apply(game, trainer->discriminator, terms->fake, "fake");
    return game->status;
}

/* ---- Players --------------------------------------------------------------------------------------------------- */

static gan_player add_player(gan_trainer *trainer, const char *name, gan_model *model,
                             const gan_player_options *options, const gan_optimizer_options *optimizer)
{
    const gan_player player = gan_game_player(trainer->game, name, model, options);
    if (player.index >= 0) trainer->game->players[player.index].optimizer_options = *optimizer;
    return player;
}

static void describe_players(gan_trainer *trainer, const gan_optimizer_options optimizers[GAN_PLAYERS],
                             gan_player players[GAN_PLAYERS])
{
    const gan_trainer_options *options = &trainer->options;
    const bool generator_first = options->order == GAN_ORDER_GENERATOR_FIRST;
    players[GAN_ROLE_GENERATOR] =
        add_player(trainer, "generator", trainer->generator,
                   GAN_PLAYER(.fresh_noise = options->fresh_noise, .ema_decay = options->ema_decay,
                              .ema_half_life = options->ema_half_life, .ema_ramp = options->ema_ramp),
                   &optimizers[GAN_ROLE_GENERATOR]);
    players[GAN_ROLE_DISCRIMINATOR] =
        add_player(trainer, "discriminator", trainer->discriminator,
                   GAN_PLAYER(.fresh_noise = generator_first, .moves = options->discriminator_steps,
                              .weight_clip = options->weight_clip),
                   &optimizers[GAN_ROLE_DISCRIMINATOR]);
    if (trainer->game->status != GAN_OK) return;
    trainer->game->players[players[GAN_ROLE_GENERATOR].index].average_part = "average";
    trainer->game->first_player = generator_first ? GAN_ROLE_GENERATOR : GAN_ROLE_DISCRIMINATOR;
}

/* ---- Wants ----------------------------------------------------------------------------------------------------- */

static void want_penalty(gan_trainer *trainer, gan_player player, float coefficient, gan_term application,
                         gan_penalty penalty)
{
    const gan_trainer_options *options = &trainer->options;
    gan_game_want_by(trainer->game, player, coefficient, gan_gradient_penalty_loss(application, penalty),
                     GAN_WANT(.schedule = options->penalty_schedule, .final_factor = options->final_penalty_factor,
                              .schedule_steps = options->penalty_schedule_steps,
                              .interval = options->penalty_interval));
}

/* D on samples of its own: two such penalties share a session. */
static gan_term apply_to_drawn(gan_trainer *trainer, gan_term samples, int64_t shares)
{
    gan_game *game = trainer->game;
    const int32_t input = (int32_t)samples.index;
    if (shares < 0) return apply(game, trainer->discriminator, samples, "penalised");
    if (input < 0) return samples;
    return gan_game_term(game, gan_terms_apply(&game->terms, trainer->discriminator, 1, &input, (int32_t)shares));
}

static void want_penalties(gan_trainer *trainer, gan_player player, const trainer_terms *terms)
{
    const gan_trainer_options *options = &trainer->options;
    gan_term drawn = {.game = NULL, .index = -1};
    if (options->r1 > 0) {
        want_penalty(trainer, player, options->r1, terms->real_logits, GAN_PENALTY_ZERO_CENTERED);
    }
    if (options->r2 > 0) {
        want_penalty(trainer, player, options->r2, terms->fake_logits, GAN_PENALTY_ZERO_CENTERED);
    }
    if (options->gradient_penalty > 0) {
        drawn = apply_to_drawn(trainer, gan_game_between(terms->real, terms->fake), -1);
        want_penalty(trainer, player, options->gradient_penalty, drawn, GAN_PENALTY_ONE_CENTERED);
    }
    if (options->dragan > 0) {
        drawn = apply_to_drawn(trainer, gan_game_around(terms->real), drawn.index);
        want_penalty(trainer, player, options->dragan, drawn, GAN_PENALTY_ONE_CENTERED);
    }
}

static void describe_wants(gan_trainer *trainer, const gan_player players[GAN_PLAYERS], const trainer_terms *terms)
{
    const gan_trainer_options *options = &trainer->options;
    const gan_term of_discriminator =
        gan_discriminator_loss(options->loss, terms->real_logits, terms->fake_logits,
                               GAN_DISCRIMINATOR_LOSS(.label_smoothing = options->label_smoothing));
    const gan_term of_generator = gan_generator_loss(options->loss, terms->real_logits, terms->fake_logits);
    gan_game_want(trainer->game, players[GAN_ROLE_DISCRIMINATOR], 1, of_discriminator);
    gan_game_want(trainer->game, players[GAN_ROLE_GENERATOR], 1, of_generator);
    want_penalties(trainer, players[GAN_ROLE_DISCRIMINATOR], terms);
}

/* ---- All of it ------------------------------------------------------------------------------------------------- */

/* Names the option that asks for second derivatives. */
static gan_status explain(const gan_trainer *trainer, gan_status status)
{
    const gan_trainer_options *options = &trainer->options;
    const struct {
        const char *name;
        float coefficient;
    } penalties[] = {{"r1", options->r1},
                     {"r2", options->r2},
                     {"gradient_penalty", options->gradient_penalty},
                     {"dragan", options->dragan}};
    for (size_t i = 0; status == GAN_ERROR_UNSUPPORTED && i < sizeof(penalties) / sizeof(*penalties); i++) {
        if (penalties[i].coefficient == 0) continue;
        return gan_fail(status, "gan_trainer_options: %s is %g: %s", penalties[i].name,
                        (double)penalties[i].coefficient, gan_last_error());
    }
    return status;
}

gan_status gan_trainer_describe(gan_trainer *trainer, const gan_optimizer_options optimizers[GAN_PLAYERS])
{
    const gan_trainer_options *options = &trainer->options;
    const gan_moves moves = options->simultaneous ? GAN_MOVES_SIMULTANEOUS : GAN_MOVES_ALTERNATING;
    gan_player players[GAN_PLAYERS];
    trainer_terms terms;
    GAN_TRY(
        gan_game_create(trainer->context,
                        GAN_GAME(.batch = options->batch, .seed = options->seed, .moves = moves,
                                 .diagnosis_interval = options->diagnosis_interval, .shards = options->shards,
                                 .shard_batch_norm = options->shard_batch_norm, .collective = options->collective),
                        &trainer->game));
    gan_game *game = trainer->game;
    trainer->options.collective = NULL; /* the caller's struct may not live long */
    game->caller = "gan_trainer_step";
    game->runner = "gan_trainer_run";
    game->round = "step";
    game->own_names = false;
    GAN_TRY(describe_terms(trainer, &terms));
    describe_players(trainer, optimizers, players);
    describe_wants(trainer, players, &terms);
    const gan_status status = gan_game_build(game);
    if (status != GAN_OK) return explain(trainer, status);
    return gan_game_prepare_feeder(game, 0);
}
