/* Describing who plays. */
#include "game/description/description.h"

#include <stddef.h>
#include <string.h>

/* ---- Options --------------------------------------------------------------------------------------------------- */

#define AT(field) .name = #field, .offset = offsetof(gan_player_options, field)

static const gan_option_row rows[] = {
    {AT(learning_rate), .type = GAN_OPTION_OF_FLOAT, .range = GAN_RANGE_NOT_NEGATIVE,
     .number = GAN_DEFAULT_LEARNING_RATE},
    {AT(beta1), .type = GAN_OPTION_OF_FLOAT, .range = GAN_RANGE_BELOW_ONE, .number = GAN_DEFAULT_BETA1},
    {AT(beta2), .type = GAN_OPTION_OF_FLOAT, .range = GAN_RANGE_BELOW_ONE, .number = GAN_DEFAULT_BETA2},
    {AT(moves), .type = GAN_OPTION_OF_COUNT, .most = GAN_OPTION_MOST_TIMES, .count = 1},
    {AT(weight_clip), .type = GAN_OPTION_OF_FLOAT, .range = GAN_RANGE_POSITIVE, .may_lack = true},
    {AT(ema_decay), .type = GAN_OPTION_OF_FLOAT, .range = GAN_RANGE_BELOW_ONE},
    {AT(ema_half_life), .type = GAN_OPTION_OF_FLOAT, .range = GAN_RANGE_POSITIVE, .may_lack = true},
    {AT(ema_ramp), .type = GAN_OPTION_OF_FLOAT, .range = GAN_RANGE_POSITIVE, .may_lack = true},
};

static gan_status resolve_options(const gan_player_options *given, gan_player_options *options,
                                  gan_optimizer_options *optimizer)
{
    static const char what[] = "gan_player_options";
    GAN_TRY(gan_options_read(options, sizeof(*options), given, what));
    GAN_TRY(gan_check_reserved(what, options->reserved, sizeof(options->reserved)));
    GAN_TRY(gan_option_rows_resolve(rows, sizeof(rows) / sizeof(*rows), what, options));
    GAN_TRY(gan_average_check(options->ema_decay, options->ema_half_life, options->ema_ramp, what));
    GAN_TRY(gan_optimizer_options_resolve(options->optimizer, "gan_player_options: optimizer", optimizer));
    if (!options->optimizer) {
        optimizer->learning_rate = options->learning_rate;
        optimizer->beta1 = options->beta1;
        optimizer->beta2 = options->beta2;
    }
    options->optimizer = NULL; /* the caller's struct may not live long */
    return GAN_OK;
}

/* ---- Models that are played ------------------------------------------------------------------------------------ */

static gan_status check_model(const gan_game *game, const gan_model *model, const char *name, const char *what)
{
    if (!model) return gan_fail(GAN_ERROR_NULL, "%s: the model of '%s' is NULL", what, name);
    GAN_TRY(gan_model_check_built(model, what));
    if (model->context == game->context) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s: the model of '%s' belongs to another context", what, name);
}

/* The model's place in the list of played ones, where it is added with that name unless it is there, or -1. */
static int32_t play_model(gan_game *game, const char *name, gan_model *model, const char *what)
{
    if (gan_game_check_name(name, what) != GAN_OK || check_model(game, model, name, what) != GAN_OK) return -1;
    const int32_t at = gan_terms_add_model(&game->terms, model);
    if (at < 0) return -1;
    for (int32_t i = 0; i < game->played_count; i++) {
        if (game->played[i].model == at) return i;
        if (strcmp(game->played[i].name, name) != 0) continue;
        gan_fail(GAN_ERROR_GRAPH, "%s: two models are called '%s'", what, name);
        return -1;
    }
    gan_played_model *played =
        gan_grow_array(game->context, game->played, game->played_count, &game->played_capacity, sizeof(*played));
    if (!played) return -1;
    game->played = played;
    char *copy = gan_game_copy_name(game, name, what);
    if (!copy) return -1;
    played[game->played_count] = (gan_played_model){.model = at, .name = copy};
    game->terms.models[at].moved = true;
    return game->played_count++;
}

/* ---- Players --------------------------------------------------------------------------------------------------- */

static bool is_taken(const gan_game *game, const char *name)
{
    for (int32_t i = 0; i < game->player_count; i++) {
        if (strcmp(game->players[i].name, name) == 0) return true;
    }
    return false;
}

static int32_t add_player(gan_game *game, const char *name, gan_model *model, const gan_player_options *given)
{
    static const char what[] = "gan_game_player";
    gan_player_options options;
    gan_optimizer_options optimizer;
    if (gan_game_check_open(game, what) != GAN_OK || resolve_options(given, &options, &optimizer) != GAN_OK) {
        return -1;
    }
    gan_player_state *players =
        gan_grow_array(game->context, game->players, game->player_count, &game->player_capacity, sizeof(*players));
    if (!players) return -1;
    game->players = players;
    char *copy = gan_game_copy_name(game, name, what);
    if (!copy) return -1;
    int32_t played = -1;
    if (is_taken(game, copy)) {
        gan_fail(GAN_ERROR_GRAPH, "%s: two players are called '%s'", what, name);
    } else {
        played = play_model(game, name, model, what);
    }
    if (played < 0) {
        gan_release_text(game->context, copy);
        return -1;
    }
    players[game->player_count] = (gan_player_state){
        .name = copy, .options = options, .optimizer_options = optimizer, .played = {played}, .model_count = 1};
    return game->player_count++;
}

gan_player gan_game_player(gan_game *game, const char *name, gan_model *model, const gan_player_options *options)
{
    GAN_FLOAT_SCOPE();
    if (!game) {
        gan_fail(GAN_ERROR_NULL, "%s: game is NULL", __func__);
        return (gan_player){.game = NULL, .index = -1};
    }
    const int32_t player = add_player(game, name, model, options);
    if (player < 0) gan_game_remember_failure(game);
    return (gan_player){.game = game, .index = player};
}

static gan_status add_model(gan_game *game, gan_player player, const char *name, gan_model *model)
{
    static const char what[] = "gan_player_add_model";
    const int32_t at = gan_game_find_player(game, player, what);
    if (at < 0) return gan_last_status();
    GAN_TRY(gan_game_check_open(game, what));
    if (game->players[at].model_count == GAN_OPTIMIZER_MODELS) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: player '%s' already has %d models, the most it can have", what,
                        game->players[at].name, GAN_OPTIMIZER_MODELS);
    }
    const int32_t played = play_model(game, name, model, what);
    if (played < 0) return gan_last_status();
    gan_player_state *state = &game->players[at];
    for (int32_t k = 0; k < state->model_count; k++) {
        if (state->played[k] != played) continue;
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: player '%s' already has this model", what, state->name);
    }
    state->played[state->model_count++] = played;
    return GAN_OK;
}

gan_status gan_player_add_model(gan_player player, const char *name, gan_model *model)
{
    gan_game *game = player.game;
    if (!game) return gan_fail(GAN_ERROR_NULL, "%s: player is no player", __func__);
    const gan_status status = add_model(game, player, name, model);
    return status == GAN_OK ? GAN_OK : gan_game_remember_failure(game);
}

/* ---- Getters --------------------------------------------------------------------------------------------------- */

int64_t gan_game_player_count(const gan_game *game)
{
    return game ? game->player_count : 0;
}

const char *gan_game_player_name(const gan_game *game, int64_t index)
{
    return game && index >= 0 && index < game->player_count ? game->players[index].name : "";
}

/* The player, once the game is built, or NULL. */
static gan_player_state *built_player(gan_player player, const char *what)
{
    if (!player.game) {
        gan_fail(GAN_ERROR_NULL, "%s: player is no player", what);
        return NULL;
    }
    const int32_t at = gan_game_find_player(player.game, player, what);
    if (at < 0) return NULL;
    if (player.game->built) return &player.game->players[at];
    gan_fail(GAN_ERROR_STATE, "%s: the game has not been built", what);
    return NULL;
}

/* GAN_ERROR_ARGUMENT unless the player has a model of this index. */
static gan_status check_index(const gan_player_state *state, int64_t index, const char *what)
{
    if (index >= 0 && index < state->model_count) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s: index is %lld, but player '%s' has %d model%s", what, (long long)index,
                    state->name, (int)state->model_count, gan_plural(state->model_count));
}

gan_status gan_player_get_average(gan_player player, int64_t index, gan_model **out)
{
    GAN_CHECK_NOT_NULL(out);
    const gan_player_state *state = built_player(player, __func__);
    if (!state) return gan_last_status();
    GAN_TRY(check_index(state, index, __func__));
    if (!state->averages[index].guard.model) {
        return gan_fail(GAN_ERROR_STATE, "%s: player '%s' keeps no average: it has no ema_decay or ema_half_life",
                        __func__, state->name);
    }
    *out = state->averages[index].guard.model;
    return GAN_OK;
}

gan_status gan_player_snapshot(gan_player player, int64_t index, gan_model **out)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(out);
    const gan_player_state *state = built_player(player, __func__);
    if (!state) return gan_last_status();
    GAN_TRY(check_index(state, index, __func__));
    gan_game *game = player.game;
    const gan_model *average = state->averages[index].guard.model;
    GAN_TRY(gan_game_finish_round(game));
    gan_gate_enter(game->gate);
    const gan_status status =
        gan_model_clone(average ? average : game->played[state->played[index]].guard.model, out);
    gan_gate_leave(game->gate);
    return status;
}

gan_status gan_player_get_optimizer(gan_player player, gan_optimizer **out)
{
    GAN_CHECK_NOT_NULL(out);
    const gan_player_state *state = built_player(player, __func__);
    if (!state) return gan_last_status();
    *out = state->optimizer;
    return GAN_OK;
}
