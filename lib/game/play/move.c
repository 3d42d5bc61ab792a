/* Moves. */
#include "game/play/play.h"

#include <stdio.h>

/* ---- Divergence ------------------------------------------------------------------------------------------------ */

const char *gan_game_whose(const gan_game *game, const char *kind, const char *name, char text[GAN_TERM_TEXT])
{
    if (game->own_names) {
        snprintf(text, GAN_TERM_TEXT, "%s '%s'", kind, name);
    } else {
        snprintf(text, GAN_TERM_TEXT, "the %s", name);
    }
    return text;
}

/* `what` of a player or a model, which is of that `kind`, is wrong. */
static gan_status diverged(const gan_game *game, const char *what, const char *kind, const char *name,
                           const char *how)
{
    char whose[GAN_TERM_TEXT];
    return gan_fail(GAN_ERROR_DIVERGED, "%s: in %s %lld %s of %s %s", game->caller, game->round,
                    (long long)game->rounds + 1, what, gan_game_whose(game, kind, name, whose), how);
}

static gan_status check_buffers(const gan_game *game)
{
    for (int32_t i = 0; i < game->played_count; i++) {
        if (gan_guard_has_finite_buffers(&game->played[i].guard)) continue;
        return diverged(game, "a running statistic", "model", game->played[i].name, "is not finite");
    }
    return GAN_OK;
}

/* ---- Losses ---------------------------------------------------------------------------------------------------- */

/* Mean of D(x). */
static double mean_probability(const float *logits, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += gan_probability(logits[i]);
    return sum / (double)count;
}

/* What a discriminator's judgement shows, in each shard here. The first of all goes on from earlier moves. */
static void observe_shard(gan_game *game, gan_pair *pair, int64_t shard, const gan_loss_call *call)
{
    const gan_terms *terms = &game->terms;
    gan_want_record *record = gan_sharing_record(&game->sharing, shard, pair->discriminator);
    const int64_t real = call->rows[0] * call->elements[0], fake = call->rows[1] * call->elements[1];
    record->real_probability = mean_probability(call->values[0], real);
    record->fake_probability = mean_probability(call->values[1], fake);
    record->observation = shard + game->shards.first > 0 ? (gan_observation){.judged = 0} : pair->monitor.observation;
    gan_monitor_observe_logits(&pair->monitor, call->values[0], call->values[1], real < fake ? real : fake,
                               &record->observation);
    if (pair->fake < 0 || shard > 0) return;
    gan_monitor_observe_samples(
        &pair->monitor, game->rounds + 1, gan_term_rows(terms, pair->real) / terms->shards->count,
        terms->nodes[pair->real].border, gan_application_session(terms, pair->fake), &record->observation);
}

static void observe(gan_game *game, int32_t want, const gan_loss_call *call)
{
    for (int32_t i = 0; i < game->pair_count; i++) {
        if (game->pairs[i].discriminator != want) continue;
        for (int64_t shard = 0; shard < game->shards.count; shard++) {
            const gan_loss_call part = gan_loss_call_of_shard(call, &game->shards, shard);
            observe_shard(game, &game->pairs[i], shard, &part);
        }
    }
}

/* What all shards showed of it. */
static void take_observation(gan_game *game, int32_t want, const gan_want_record *shown)
{
    for (int32_t i = 0; i < game->pair_count; i++) {
        gan_pair *pair = &game->pairs[i];
        if (pair->discriminator != want) continue;
        game->pair_reports[i].real_probability = shown->real_probability;
        game->pair_reports[i].fake_probability = shown->fake_probability;
        pair->monitor.observation = shown->observation;
    }
}

static void scale(float *gradient, int64_t count, float weight)
{
    for (int64_t i = 0; gradient && weight != 1 && i < count; i++) gradient[i] *= weight;
}

/* Raises the first player's gradients by the logits, and remembers them. */
static void share_first(gan_game *game, int64_t count, float *gradient)
{
    for (int64_t i = 0; i < count; i++) {
        if (fabsf(gradient[i]) < GAN_SIMULTANEOUS_LEAST) {
            gradient[i] = copysignf(GAN_SIMULTANEOUS_LEAST, gradient[i]);
        }
        game->denominators[i] = gradient[i];
    }
}

/* The second player's gradients, by the first's. */
static void share_second(gan_game *game, int64_t count, const float *gradient)
{
    for (int64_t i = 0; i < count; i++) game->ratios[i] = gradient[i] / game->denominators[i];
}

/* Hands on a loss's gradients to what it reads. */
static gan_status deliver(gan_game *game, const gan_want_state *want, const gan_loss_call *call)
{
    gan_terms *terms = &game->terms;
    const gan_shared_pass *shared = &game->shared;
    const gan_term_node *loss = &terms->nodes[want->loss];
    const float weight = (float)(gan_want_coefficient(game, want) / (double)game->shards.total);
    for (int32_t k = 0; k < loss->input_count; k++) {
        const int64_t count = call->rows[k] * call->elements[k];
        const bool is_shared = shared->application >= 0 && loss->inputs[k] == shared->application;
        if (!call->gradients[k]) continue;
        scale(call->gradients[k], count, weight);
        if (is_shared && want->player == shared->second) {
            share_second(game, count, call->gradients[k]);
            continue;
        }
        if (is_shared && want->player == shared->first) share_first(game, count, call->gradients[k]);
        GAN_TRY(gan_term_deliver(terms, loss->inputs[k], call->gradients[k]));
    }
    return GAN_OK;
}

/* A loss is the mean of those of all shards. */
static gan_status compute(gan_game *game, int32_t index)
{
    const gan_want_state *want = &game->wants[index];
    gan_loss_call call;
    GAN_TRY(gan_loss_compute(&game->terms, want->loss, &call, game->sharing.values));
    for (int64_t shard = 0; shard < game->shards.count; shard++) {
        gan_sharing_record(&game->sharing, shard, index)->value = game->sharing.values[shard];
    }
    observe(game, index, &call);
    return deliver(game, want, &call);
}

static gan_status conclude(gan_game *game, int32_t index)
{
    gan_want_state *want = &game->wants[index];
    const gan_want_record shown = gan_sharing_sum_records(&game->sharing, index);
    gan_loss_remember(&game->terms, want->loss, shown.value);
    want->sum += shown.value;
    take_observation(game, index, &shown);
    if (isfinite(shown.value)) return GAN_OK;
    return diverged(game, "the loss", "player", game->players[want->player].name, "is not finite");
}

/* ---- Halves of a move ------------------------------------------------------------------------------------------ */

static bool is_computed(const gan_game *game, const gan_want_state *want, int32_t player)
{
    return want->player == player && !gan_want_is_penalty(game, want);
}

static gan_status compute_all(gan_game *game, int32_t player)
{
    gan_terms *terms = &game->terms;
    gan_terms_reach(terms, game->players[player].models);
    gan_terms_need_nothing(terms);
    for (int32_t i = 0; i < game->want_count; i++) {
        if (is_computed(game, &game->wants[i], player)) gan_terms_need(terms, game->wants[i].loss);
    }
    GAN_TRY(gan_terms_forward(terms));
    gan_terms_begin_backward(terms);
    for (int32_t i = 0; i < game->want_count; i++) {
        if (is_computed(game, &game->wants[i], player)) GAN_TRY(compute(game, i));
    }
    GAN_TRY(gan_sharing_gather_records(&game->sharing));
    for (int32_t i = 0; i < game->want_count; i++) {
        if (is_computed(game, &game->wants[i], player)) GAN_TRY(conclude(game, i));
    }
    return check_buffers(game);
}

/* Gradients are written by the first pass back through a model; where there was none, they are 0. */
static void forget_gradients(gan_game *game, const gan_player_state *player)
{
    for (int k = 0; k < player->model_count; k++) {
        game->terms.models[game->played[player->played[k]].model].unwritten = true;
    }
}

static void settle_gradients(gan_game *game, const gan_player_state *player)
{
    for (int k = 0; k < player->model_count; k++) {
        gan_term_model *of = &game->terms.models[game->played[player->played[k]].model];
        const gan_model *model = of->model;
        if (!of->unwritten) continue;
        gan_fill(game->context, model->parameter_size * (of->gradients ? game->shards.count : 1), 0,
                 of->gradients ? of->gradients : model->gradients);
        of->unwritten = false;
    }
}

/* Whether a penalty will add to the player's gradients. */
static bool has_penalty_due(const gan_game *game, int32_t player)
{
    for (int32_t i = 0; i < game->want_count; i++) {
        const gan_want_state *want = &game->wants[i];
        if (want->player != player || !gan_want_is_penalty(game, want)) continue;
        if (gan_want_coefficient(game, want) != 0) return true;
    }
    return false;
}

static gan_status send_part(void *argument, int64_t offset)
{
    return gan_sharing_begin_part(argument, offset);
}

/* Gradients are sent to other processes as soon as a layer has its own, where nothing else is added to them and no
 * other model's are on their way. */
static void follow_gradients(gan_game *game, int32_t player, gan_backward_pass *pass)
{
    const gan_player_state *state = &game->players[player];
    const int32_t model = game->played[state->played[0]].model;
    game->sharing.of = NULL;
    if (game->shards.collective.size == 1 || game->options.moves != GAN_MOVES_ALTERNATING) return;
    if (state->model_count > 1 || has_penalty_due(game, player)) return;
    gan_sharing_begin_sum(&game->sharing, &game->terms.models[model]);
    pass->passed = send_part;
    pass->argument = &game->sharing;
    pass->followed = model;
}

gan_status gan_move_differentiate(gan_game *game, int32_t player)
{
    const gan_player_state *state = &game->players[player];
    const gan_shared_pass *shared = &game->shared;
    gan_backward_pass pass = {.models = state->models, .with_inputs = -1, .done = -1, .scaled = -1};
    GAN_TRY(compute_all(game, player));
    forget_gradients(game, state);
    follow_gradients(game, player, &pass);
    if (shared->application >= 0 && player == shared->first) pass.with_inputs = shared->application;
    if (shared->application >= 0 && player == shared->second) {
        pass.done = shared->application;
        pass.scaled = shared->judged;
        pass.parts = gan_term_rows(&game->terms, shared->application);
        pass.scales = game->ratios;
    }
    const gan_status status = gan_terms_backward(&game->terms, &pass);
    settle_gradients(game, state);
    return status;
}

static gan_status add_penalty(gan_game *game, gan_want_state *want)
{
    gan_terms *terms = &game->terms;
    const gan_term_node *loss = &terms->nodes[want->loss];
    const double coefficient = gan_want_coefficient(game, want);
    double value;
    if (coefficient == 0) return GAN_OK;
    gan_terms_need_nothing(terms);
    gan_terms_need(terms, loss->inputs[0]);
    GAN_TRY(gan_terms_forward(terms));
    GAN_TRY(gan_penalty_compute(gan_application_session(terms, loss->inputs[0]), loss->of.loss.penalty,
                                (float)coefficient, game->sharing.values));
    GAN_TRY(gan_sharing_sum_values(&game->sharing, &value));
    want->weighted = value;
    want->sum += value / coefficient;
    if (isfinite(value)) return GAN_OK;
    return diverged(game, "the penalty", "player", game->players[want->player].name, "is not finite");
}

static gan_status step(gan_game *game, gan_player_state *player)
{
    for (int32_t k = 0; k < player->model_count; k++) {
        const gan_played_model *played = &game->played[player->played[k]];
        GAN_TRY(gan_sharing_sum_gradients(&game->sharing, &game->terms.models[played->model]));
    }
    const gan_status status = gan_optimizer_step(player->optimizer, &player->gradient_norm);
    if (status == GAN_ERROR_DIVERGED) {
        return diverged(game, "the gradient", "player", player->name, "is not finite or too large");
    }
    GAN_TRY(status);
    for (int32_t k = 0; k < player->model_count; k++) {
        gan_played_model *played = &game->played[player->played[k]];
        /* The old weights are proved by now; the new ones are not until the next move. */
        played->guard.proved = false;
        game->terms.models[played->model].version++;
        if (player->options.weight_clip > 0) {
            GAN_TRY(gan_model_clip_weights(played->guard.model, player->options.weight_clip));
        }
        GAN_TRY(gan_average_move(&player->averages[k], played->guard.model, game->samples));
    }
    player->moves++;
    return GAN_OK;
}

gan_status gan_move_finish(gan_game *game, int32_t player)
{
    for (int32_t i = 0; i < game->want_count; i++) {
        gan_want_state *want = &game->wants[i];
        if (want->player != player || !gan_want_is_penalty(game, want)) continue;
        want->weighted = 0;
        GAN_TRY(add_penalty(game, want));
    }
    return step(game, &game->players[player]);
}
