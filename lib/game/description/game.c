/* Games as handles. The first failure of a call that describes a game sticks, and gan_game_build returns it. */
#include "game/description/description.h"

#include <stdio.h>
#include <string.h>

/* ---- The handle ------------------------------------------------------------------------------------------------ */

static gan_status resolve_options(const gan_game_options *given, gan_game_options *options, gan_shards *shards)
{
    static const char what[] = "gan_game_options";
    GAN_TRY(gan_options_read(options, sizeof(*options), given, what));
    GAN_TRY(gan_check_reserved(what, options->reserved, sizeof(options->reserved)));
    if (options->batch == 0) options->batch = 32;
    if (options->batch < 0) {
        return gan_fail(GAN_ERROR_BATCH, "%s: batch is %lld, expected at least 1", what, (long long)options->batch);
    }
    if ((unsigned)options->moves > GAN_MOVES_SIMULTANEOUS) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: moves is %d, expected a gan_moves", what, (int)options->moves);
    }
    GAN_TRY(gan_shards_resolve(options->shards, options->collective, what, shards));
    shards->own_batch_norm = options->shard_batch_norm;
    options->shards = shards->total;
    options->collective = NULL; /* the caller's struct may not live long */
    return gan_diagnosis_interval_resolve(&options->diagnosis_interval, what);
}

gan_status gan_game_create(gan_context *context, const gan_game_options *given, gan_game **out)
{
    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(out);
    gan_game_options options;
    gan_shards shards;
    GAN_TRY(resolve_options(given, &options, &shards));
    gan_game *game = gan_allocate(context, sizeof(*game));
    if (!game) return GAN_ERROR_MEMORY;
    atomic_init(&game->references, 1);
    game->context = gan_context_retain(context);
    game->options = options;
    game->caller = "gan_game_round";
    game->runner = "gan_game_run";
    game->round = "round";
    game->own_names = true;
    game->shards = shards;
    game->packing = game->most_moves = game->least_batch = 1;
    game->shared.application = -1;
    game->terms = (gan_terms){.context = context,
                              .shards = &game->shards,
                              .batch = options.batch / shards.collective.size,
                              .seed = options.seed};
    atomic_init(&game->cancel, false);
    gan_status status = gan_gate_create(context, &game->gate);
    if (status == GAN_OK) status = gan_sliced_create(context, &game->sliced);
    if (status != GAN_OK) {
        gan_game_destroy(game);
        return status;
    }
    *out = game;
    return GAN_OK;
}

static void release_player(gan_game *game, gan_player_state *player)
{
    gan_context *context = game->context;
    gan_release_text(context, player->name);
    gan_optimizer_destroy(player->optimizer);
    for (int32_t k = 0; k < player->model_count; k++) gan_average_destroy(&player->averages[k]);
    gan_release(context, player->models, (size_t)game->terms.model_count * sizeof(*player->models));
}

static void release_parts(gan_game *game)
{
    gan_context *context = game->context;
    const int64_t batch = game->terms.batch;
    for (int32_t i = 0; i < game->player_count; i++) release_player(game, &game->players[i]);
    for (int32_t i = 0; i < game->played_count; i++) {
        gan_release_text(context, game->played[i].name);
        gan_guard_destroy(&game->played[i].guard);
    }
    for (int32_t i = 0; i < game->want_count; i++) gan_release_text(context, game->wants[i].name);
    for (int32_t i = 0; i < game->pair_count; i++) gan_monitor_destroy(&game->pairs[i].monitor);
    for (int32_t i = 0; i < game->feeder_count; i++) {
        const int64_t elements = gan_term_elements(&game->terms, game->feeders[i].term);
        const size_t batches = (size_t)game->most_moves * (size_t)batch; /* of nothing, if these are too many */
        gan_release(context, game->feeders[i].samples, batches * (size_t)elements * sizeof(float));
    }
    gan_release(context, game->players, (size_t)game->player_capacity * sizeof(*game->players));
    gan_release(context, game->played, (size_t)game->played_capacity * sizeof(*game->played));
    gan_release(context, game->wants, (size_t)game->want_capacity * sizeof(*game->wants));
    gan_release(context, game->pairs, (size_t)game->pair_capacity * sizeof(*game->pairs));
    gan_release(context, game->feeders, (size_t)game->feeder_capacity * sizeof(*game->feeders));
    gan_release(context, game->fed, (size_t)game->feeder_count * sizeof(*game->fed));
    gan_release(context, game->places, (size_t)game->place_count * sizeof(*game->places));
    gan_release(context, game->want_values, (size_t)game->want_count * sizeof(*game->want_values));
    gan_release(context, game->gradient_norms, (size_t)game->player_count * sizeof(*game->gradient_norms));
    gan_release(context, game->pair_reports, (size_t)game->pair_count * sizeof(*game->pair_reports));
    gan_release(context, game->denominators, (size_t)batch * sizeof(*game->denominators));
    gan_release(context, game->ratios, (size_t)batch * sizeof(*game->ratios));
}

gan_game *gan_game_retain(gan_game *game)
{
    atomic_fetch_add(&game->references, 1);
    return game;
}

gan_status gan_game_finish_round(const gan_game *game)
{
    return gan_sliced_finish(game->sliced);
}

void gan_game_destroy(gan_game *game)
{
    if (!game) return;
    if (game->sliced) (void)gan_game_finish_round(game); /* its samples may not live longer */
    if (atomic_fetch_sub(&game->references, 1) > 1) return;
    gan_context *context = game->context;
    gan_sliced_destroy(game->sliced);
    release_parts(game);
    gan_sharing_release(&game->sharing);
    gan_terms_release(&game->terms);
    gan_gate_destroy(context, game->gate);
    gan_release(context, game, sizeof(*game));
    gan_context_release(context);
}

/* ---- Failures -------------------------------------------------------------------------------------------------- */

gan_status gan_game_remember_failure(gan_game *game)
{
    if (game->status == GAN_OK) {
        game->status = gan_last_status();
        snprintf(game->error, sizeof(game->error), "%s", gan_last_error());
    }
    return gan_last_status();
}

gan_status gan_game_check_open(const gan_game *game, const char *what)
{
    if (game->built) return gan_fail(GAN_ERROR_STATE, "%s: the game is already built", what);
    return game->status == GAN_OK ? GAN_OK : gan_fail(game->status, "%s", game->error);
}

gan_status gan_game_check_built(const gan_game *game, const char *what)
{
    if (!game->built) return gan_fail(GAN_ERROR_STATE, "%s: gan_game_build() has not been called", what);
    return GAN_OK;
}

/* ---- Names ----------------------------------------------------------------------------------------------------- */

gan_status gan_game_check_name(const char *name, const char *what)
{
    enum { MOST = 63 };
    if (!name) return gan_fail(GAN_ERROR_NULL, "%s: name is NULL", what);
    const size_t length = strlen(name);
    if (length < 1 || length > MOST) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: name has %zu bytes, expected 1 to %d", what, length, MOST);
    }
    if (strpbrk(name, "/.")) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: name is \"%s\", expected no '/' or '.' in it", what, name);
    }
    for (const char *c = name; *c; c++) {
        if ((unsigned char)*c >= ' ') continue;
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: name holds the control character %d", what, *c);
    }
    if (!gan_is_utf8(name)) return gan_fail(GAN_ERROR_ARGUMENT, "%s: name is not valid UTF-8", what);
    return GAN_OK;
}

char *gan_game_copy_name(gan_game *game, const char *name, const char *what)
{
    return gan_game_check_name(name, what) == GAN_OK ? gan_copy_text(game->context, name) : NULL;
}

/* ---- Handles of its parts -------------------------------------------------------------------------------------- */

gan_term gan_game_term(gan_game *game, int32_t index)
{
    if (index < 0 && game) gan_game_remember_failure(game);
    return (gan_term){.game = game, .index = index};
}

int32_t gan_game_find_term(gan_game *game, gan_term term, const char *what, const char *argument)
{
    if (!term.game || term.index < 0) {
        if (game->status != GAN_OK) { /* it explains why there is no term */
            gan_fail(game->status, "%s", game->error);
        } else {
            gan_fail(GAN_ERROR_NULL, "%s: %s is no term", what, argument);
        }
        return -1;
    }
    if (term.game != game) {
        gan_fail(GAN_ERROR_ARGUMENT, "%s: %s belongs to another game", what, argument);
        return -1;
    }
    if (term.index >= game->terms.count) {
        gan_fail(GAN_ERROR_ARGUMENT, "%s: %s is term %lld, but the game has %d", what, argument,
                 (long long)term.index, (int)game->terms.count);
        return -1;
    }
    return (int32_t)term.index;
}

int32_t gan_game_find_player(gan_game *game, gan_player player, const char *what)
{
    if (!player.game || player.index < 0) {
        if (game->status != GAN_OK) {
            gan_fail(game->status, "%s", game->error);
        } else {
            gan_fail(GAN_ERROR_NULL, "%s: player is no player", what);
        }
        return -1;
    }
    if (player.game != game || player.index >= game->player_count) {
        gan_fail(GAN_ERROR_ARGUMENT, "%s: the player belongs to another game", what);
        return -1;
    }
    return (int32_t)player.index;
}
