/* Checking a game, and planning what its rounds need. */
#include "game/description/description.h"

/* ---- Who moves what -------------------------------------------------------------------------------------------- */

static gan_status flag_models(gan_game *game)
{
    for (int32_t i = 0; i < game->player_count; i++) {
        gan_player_state *player = &game->players[i];
        player->models = gan_allocate_array(game->context, game->terms.model_count, sizeof(*player->models));
        if (!player->models) return GAN_ERROR_MEMORY;
        for (int32_t k = 0; k < player->model_count; k++) {
            player->models[game->played[player->played[k]].model] = true;
        }
        if (player->options.moves > game->most_moves) game->most_moves = player->options.moves;
    }
    return GAN_OK;
}

/* In a simultaneous game a model has one player, who moves once. */
static gan_status check_simultaneous(const gan_game *game)
{
    if (game->options.moves != GAN_MOVES_SIMULTANEOUS) return GAN_OK;
    for (int32_t i = 0; i < game->player_count; i++) {
        const gan_player_state *player = &game->players[i];
        if (player->options.moves != 1 || player->options.fresh_noise) {
            return gan_fail(GAN_ERROR_ARGUMENT,
                            "gan_game_build: moves are simultaneous, but player '%s' has %s, expected one move on "
                            "the same samples for all",
                            player->name, player->options.fresh_noise ? "fresh_noise" : "several moves");
        }
        for (int32_t k = 0; k < player->model_count; k++) {
            for (int32_t j = 0; j < i; j++) {
                const gan_played_model *played = &game->played[player->played[k]];
                if (!game->players[j].models[played->model]) continue;
                return gan_fail(GAN_ERROR_GRAPH,
                                "gan_game_build: moves are simultaneous, but players '%s' and '%s' both move model "
                                "'%s'",
                                game->players[j].name, player->name, played->name);
            }
        }
    }
    return GAN_OK;
}

/* ---- Wants ----------------------------------------------------------------------------------------------------- */

static gan_status check_players(const gan_game *game)
{
    if (game->player_count == 0) return gan_fail(GAN_ERROR_GRAPH, "gan_game_build: the game has no player");
    for (int32_t i = 0; i < game->player_count; i++) {
        int32_t count = 0;
        for (int32_t k = 0; k < game->want_count; k++) count += game->wants[k].player == i;
        if (count > 0) continue;
        return gan_fail(GAN_ERROR_GRAPH, "gan_game_build: player '%s' wants nothing", game->players[i].name);
    }
    return GAN_OK;
}

static bool has_model_of(const gan_game *game, const gan_player_state *player, int32_t application)
{
    return player->models[game->terms.nodes[application].of.application.model];
}

/* Whether a want leads to weights of the player, whose terms are marked. */
static bool leads_to_weights(const gan_game *game, const gan_want_state *want)
{
    const gan_term_node *loss = &game->terms.nodes[want->loss];
    if (!gan_want_is_penalty(game, want)) return loss->reached;
    return has_model_of(game, &game->players[want->player], loss->inputs[0]);
}

/* Who may want a penalty: the first player that has the model of its application. */
static gan_status refuse_penalty(const gan_game *game, const gan_want_state *want)
{
    const int32_t application = game->terms.nodes[want->loss].inputs[0];
    const char *player = game->players[want->player].name;
    for (int32_t i = 0; i < game->player_count; i++) {
        if (!has_model_of(game, &game->players[i], application)) continue;
        return gan_fail(GAN_ERROR_GRAPH,
                        "gan_game_build: want '%s' of player '%s' is a penalty on a model that this player does not "
                        "move: only player '%s' may want it",
                        want->name, player, game->players[i].name);
    }
    return gan_fail(GAN_ERROR_GRAPH,
                    "gan_game_build: want '%s' of player '%s' is a penalty on a model that no player moves",
                    want->name, player);
}

/* Which applications need a backward pass or tangents for what the player wants. */
static gan_status mark_passes(gan_game *game, int32_t player)
{
    gan_terms *terms = &game->terms;
    gan_terms_reach(terms, game->players[player].models);
    gan_terms_need_nothing(terms);
    for (int32_t i = 0; i < game->want_count; i++) {
        const gan_want_state *want = &game->wants[i];
        if (want->player != player) continue;
        if (!leads_to_weights(game, want)) {
            if (gan_want_is_penalty(game, want)) return refuse_penalty(game, want);
            return gan_fail(GAN_ERROR_GRAPH, "gan_game_build: want '%s' reaches no weights of player '%s'",
                            want->name, game->players[player].name);
        }
        gan_terms_need(terms, want->loss);
        if (!gan_want_is_penalty(game, want)) continue;
        terms->nodes[terms->nodes[want->loss].inputs[0]].of.application.penalised = true;
    }
    gan_terms_begin_backward(terms);
    for (int32_t i = 0; i < terms->count; i++) {
        gan_term_node *node = &terms->nodes[i];
        if (node->kind == GAN_TERM_APPLICATION && node->active) node->of.application.backward = true;
    }
    return GAN_OK;
}

/* Whatever no want is computed from is a mistake; outputs of models may be left alone. */
static gan_status check_all_read(gan_game *game)
{
    gan_terms *terms = &game->terms;
    char text[GAN_TERM_TEXT];
    gan_terms_need_nothing(terms);
    for (int32_t i = 0; i < game->want_count; i++) gan_terms_need(terms, game->wants[i].loss);
    gan_terms_spread_needs(terms);
    for (int32_t i = 0; i < terms->count; i++) {
        if (terms->nodes[i].needed || terms->nodes[i].kind == GAN_TERM_OUTPUT) continue;
        return gan_fail(GAN_ERROR_GRAPH, "gan_game_build: no want is computed from %s",
                        gan_term_text(terms, i, text));
    }
    return GAN_OK;
}

static gan_status check_wants(gan_game *game)
{
    GAN_TRY(check_players(game));
    for (int32_t i = 0; i < game->player_count; i++) GAN_TRY(mark_passes(game, i));
    return check_all_read(game);
}

/* ---- Samples --------------------------------------------------------------------------------------------------- */

int64_t gan_game_fitting(const gan_game *game, int64_t samples)
{
    const int64_t of_shard = samples / game->shards.total;
    return (of_shard - of_shard % game->packing) * game->shards.total;
}

gan_status gan_game_check_fits(const gan_game *game, int64_t batch, const char *what)
{
    if (gan_game_fitting(game, batch) == batch) return GAN_OK;
    if (game->shards.total == 1) {
        return gan_fail(GAN_ERROR_BATCH, "%s: batch is %lld, expected a multiple of packing, %lld", what,
                        (long long)batch, (long long)game->packing);
    }
    const int64_t multiple = game->shards.total * game->packing;
    if (game->packing == 1) {
        return gan_fail(GAN_ERROR_BATCH, "%s: batch is %lld, expected a multiple of the number of shards, %lld", what,
                        (long long)batch, (long long)multiple);
    }
    return gan_fail(GAN_ERROR_BATCH,
                    "%s: batch is %lld, expected a multiple of %lld, shards of which each has whole packs of %lld",
                    what, (long long)batch, (long long)multiple, (long long)game->packing);
}

int64_t gan_game_own(const gan_game *game, int64_t samples)
{
    return samples / game->shards.total * game->shards.count;
}

int64_t gan_game_first_own(const gan_game *game, int64_t samples)
{
    return samples / game->shards.total * game->shards.first;
}

/* ---- Parts ----------------------------------------------------------------------------------------------------- */

static gan_status create_player(gan_game *game, gan_player_state *player)
{
    const gan_player_options *options = &player->options;
    for (int32_t k = 0; k < player->model_count; k++) {
        gan_model *model = game->played[player->played[k]].guard.model;
        gan_average *average = &player->averages[k];
        if (k > 0) {
            GAN_TRY(gan_optimizer_add_model(player->optimizer, model));
        } else {
            GAN_TRY(gan_optimizer_create_resolved(model, &player->optimizer_options, &player->optimizer));
        }
        average->decay = options->ema_decay;
        average->half_life = options->ema_half_life;
        average->ramp = options->ema_ramp;
        GAN_TRY(gan_average_create(average, model));
    }
    return GAN_OK;
}

static gan_status create_players(gan_game *game)
{
    for (int32_t i = 0; i < game->played_count; i++) {
        gan_played_model *played = &game->played[i];
        GAN_TRY(gan_guard_create(&played->guard, game->terms.models[played->model].model));
    }
    for (int32_t i = 0; i < game->player_count; i++) GAN_TRY(create_player(game, &game->players[i]));
    return GAN_OK;
}

static gan_status create_report_arrays(gan_game *game)
{
    gan_context *context = game->context;
    const int64_t wants = game->want_count, players = game->player_count, pairs = game->pair_count;
    game->want_values = gan_allocate_array(context, wants, sizeof(*game->want_values));
    game->gradient_norms = gan_allocate_array(context, players, sizeof(*game->gradient_norms));
    game->pair_reports = gan_allocate_array(context, pairs, sizeof(*game->pair_reports));
    game->fed = gan_allocate_array(context, game->feeder_count, sizeof(*game->fed));
    return game->want_values && game->gradient_norms && game->pair_reports && game->fed ? GAN_OK : GAN_ERROR_MEMORY;
}

/* Several samples may make one row of an application. */
static void find_least_batch(gan_game *game)
{
    const gan_terms *terms = &game->terms;
    game->least_batch = game->packing * game->shards.total;
    for (int32_t i = 0; i < terms->count; i++) {
        const gan_term_node *node = &terms->nodes[i];
        if (node->kind != GAN_TERM_APPLICATION) continue;
        const gan_term_model *model = &terms->models[node->of.application.model];
        const int64_t apart = game->shards.own_batch_norm ? game->shards.total : 1;
        const int64_t least = model->moved ? gan_model_least_batch(model->model) * node->divisor * apart : 1;
        if (least > game->least_batch) game->least_batch = least;
    }
}

/* Of a model that is trained. */
static int64_t most_parameters(const gan_game *game)
{
    int64_t most = 0;
    for (int32_t i = 0; i < game->played_count; i++) {
        const int64_t size = game->played[i].guard.model->parameter_size;
        if (size > most) most = size;
    }
    return most;
}

static gan_status build(gan_game *game)
{
    GAN_TRY(gan_game_check_fits(game, game->options.batch, "gan_game_build"));
    GAN_TRY(flag_models(game));
    GAN_TRY(check_simultaneous(game));
    GAN_TRY(check_wants(game));
    GAN_TRY(create_players(game));
    GAN_TRY(gan_terms_plan(&game->terms));
    find_least_batch(game);
    GAN_TRY(gan_pairs_create(game));
    GAN_TRY(gan_shared_pass_create(game));
    GAN_TRY(create_report_arrays(game));
    GAN_TRY(
        gan_sharing_create(game->context, &game->shards, game->want_count, most_parameters(game), &game->sharing));
    return gan_game_note_roles(game);
}

gan_status gan_game_build(gan_game *game)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(game);
    GAN_TRY(gan_game_check_open(game, __func__));
    const gan_status status = build(game);
    if (status != GAN_OK) return gan_game_remember_failure(game);
    game->built = true;
    gan_game_warn_of_bounded_logits(game);
    return GAN_OK;
}
