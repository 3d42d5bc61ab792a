/* Rounds. */
#include "game/play/play.h"

#include <stdio.h>

/* ---- Batches --------------------------------------------------------------------------------------------------- */

static void take_batch(gan_game *game, int64_t index)
{
    gan_terms *terms = &game->terms;
    const int64_t done = index * game->batch, left = game->samples - done;
    const int64_t first = gan_game_own(game, done);
    game->batch_index = index;
    gan_terms_begin_batch(terms, gan_game_own(game, left < game->batch ? left : game->batch));
    for (int32_t i = 0; i < game->feeder_count; i++) {
        const int32_t term = game->feeders[i].term;
        gan_terms_set_input(terms, term, game->given[i] + first * gan_term_elements(terms, term));
    }
}

/* ---- Other processes ------------------------------------------------------------------------------------------- */

gan_status gan_game_agree(gan_game *game, gan_status status, int64_t samples, bool *ends)
{
    gan_agreement *mine = &game->sharing.mine;
    if (game->shards.collective.size == 1) return status;
    if (game->sharing.broken) {
        return gan_fail(
            GAN_ERROR_STATE,
            "%s: this process failed in a %s that the other processes may have gone on with: begin anew from a "
            "checkpoint, in all of them",
            game->caller, game->round);
    }
    if (status == GAN_OK) status = gan_game_introduce(game);
    mine->rounds = (uint64_t)game->rounds;
    mine->samples = (uint64_t)samples;
    mine->ends = *ends;
    GAN_TRY(gan_sharing_agree(&game->sharing, status, game->runner, game->round));
    *ends = mine->ends != 0;
    return GAN_OK;
}

/* ---- Moves of a round ------------------------------------------------------------------------------------------ */

static gan_status move_player(gan_game *game, int32_t player)
{
    const gan_player_options *options = &game->players[player].options;
    for (int64_t move = 0; move < options->moves; move++) {
        if (move > 0 && game->batch_index + 1 == game->batch_count) break;
        if (move > 0) {
            take_batch(game, game->batch_index + 1);
        } else if (options->fresh_noise) {
            take_batch(game, game->batch_index); /* the same samples, but no earlier pass */
        }
        gan_terms_begin_move(&game->terms);
        GAN_TRY(gan_move_differentiate(game, player));
        GAN_TRY(gan_move_finish(game, player));
    }
    return GAN_OK;
}

/* The player whose turn it is. */
static int32_t player_at(const gan_game *game, int32_t turn)
{
    return (game->first_player + turn) % game->player_count;
}

static gan_status move_all(gan_game *game)
{
    const int32_t count = game->player_count;
    take_batch(game, 0);
    if (game->options.moves == GAN_MOVES_ALTERNATING) {
        for (int32_t turn = 0; turn < count; turn++) GAN_TRY(move_player(game, player_at(game, turn)));
        return GAN_OK;
    }
    gan_terms_begin_move(&game->terms);
    for (int32_t turn = 0; turn < count; turn++) GAN_TRY(gan_move_differentiate(game, player_at(game, turn)));
    for (int32_t turn = 0; turn < count; turn++) GAN_TRY(gan_move_finish(game, player_at(game, turn)));
    return GAN_OK;
}

/* ---- Before and after ------------------------------------------------------------------------------------------ */

static void begin(gan_game *game)
{
    for (int32_t i = 0; i < game->played_count; i++) gan_guard_remember(&game->played[i].guard);
    for (int32_t i = 0; i < game->want_count; i++) game->wants[i].sum = game->wants[i].weighted = 0;
    for (int32_t i = 0; i < game->player_count; i++) {
        gan_player_state *player = &game->players[i];
        for (int32_t k = 0; k < player->model_count; k++) gan_guard_remember(&player->averages[k].guard);
        player->gradient_norm = 0;
        player->moves = 0;
    }
    game->terms.round = game->rounds;
}

static void succeed(gan_game *game)
{
    game->rounds++;
    game->has_played = true;
    for (int32_t i = 0; i < game->player_count; i++) {
        gan_player_state *player = &game->players[i];
        for (int32_t k = 0; k < player->model_count; k++) player->averages[k].seen += (uint64_t)game->samples;
        game->gradient_norms[i] = player->gradient_norm;
    }
    for (int32_t i = 0; i < game->want_count; i++) {
        const gan_want_state *want = &game->wants[i];
        game->want_values[i] = want->sum / (double)game->players[want->player].moves;
    }
    for (int32_t i = 0; i < game->pair_count; i++) {
        const gan_pair *pair = &game->pairs[i];
        const double norms[GAN_PLAYERS] = {
            [GAN_ROLE_GENERATOR] = game->gradient_norms[game->wants[pair->generator].player],
            [GAN_ROLE_DISCRIMINATOR] = game->gradient_norms[game->wants[pair->discriminator].player]};
        gan_monitor_step(&game->pairs[i].monitor, game->rounds, norms, &game->pair_reports[i]);
    }
}

/* What the models hold once a round that diverged is undone. */
static gan_status tell_held(const gan_game *game, const char *sentence, const char *bad)
{
    char whose[GAN_TERM_TEXT];
    for (int32_t i = 0; i < game->played_count; i++) {
        const gan_played_model *played = &game->played[i];
        if (gan_guard_is_finite(&played->guard)) continue;
        return gan_fail(GAN_ERROR_DIVERGED, "%s; %s was not finite before it%s", sentence,
                        gan_game_whose(game, "model", played->name, whose), bad);
    }
    return gan_fail(GAN_ERROR_DIVERGED, "%s; all models hold the %s%s", sentence,
                    game->has_played ? "last weights that gave a finite loss and gradient" : "weights from before it",
                    bad);
}

/* Undoes the round. The log callback's own calls may fail, so the sentence is restored. */
static gan_status fail(gan_game *game, gan_status status)
{
    char sentence[GAN_SENTENCE], bad[GAN_BAD_VALUE_TEXT];
    for (int32_t i = 0; i < game->played_count; i++) gan_guard_take_back(&game->played[i].guard, status);
    for (int32_t i = 0; i < game->player_count; i++) {
        gan_player_state *player = &game->players[i];
        for (int32_t k = 0; k < player->model_count; k++) gan_guard_take_back(&player->averages[k].guard, status);
    }
    for (int32_t i = 0; i < game->pair_count; i++) gan_monitor_fail(&game->pairs[i].monitor, status);
    for (int32_t i = 0; i < game->terms.model_count; i++) game->terms.models[i].version++;
    if (status != GAN_ERROR_DIVERGED) return gan_game_find_bad_class(game, status);
    snprintf(sentence, sizeof(sentence), "%s", gan_last_error());
    gan_game_find_bad_value(game, bad);
    tell_held(game, sentence, bad);
    snprintf(sentence, sizeof(sentence), "%s", gan_last_error());
    gan_log_warning_of(game->context, GAN_LOG_TOPIC_TRAINING, "%s", sentence);
    return gan_fail(GAN_ERROR_DIVERGED, "%s", sentence);
}

static gan_status play(gan_game *game, const float *const *inputs, int64_t count, int64_t batch)
{
    game->given = inputs;
    game->samples = count;
    game->batch = batch;
    game->batch_count = count / batch + (count % batch != 0);
    begin(game);
    const gan_status status = move_all(game);
    gan_terms_end_batch(&game->terms);
    if (status != GAN_OK) return fail(game, status);
    succeed(game);
    return GAN_OK;
}

static void check_first_data(gan_game *game, const float *const *inputs, int64_t count)
{
    const bool is_new = !game->checked;
    game->checked = true; /* first, since the log's callback may jump */
    if (is_new) gan_game_check_data(game, inputs, gan_game_own(game, count));
}

static gan_status play_inside(gan_game *game, const float *const *inputs, int64_t count, int64_t batch)
{
    bool ends = false;
    GAN_TRY(gan_game_agree(game, GAN_OK, count, &ends));
    gan_gate_enter(game->gate);
    const gan_status status = play(game, inputs, count, batch);
    gan_gate_leave(game->gate);
    /* All processes find the same sums to diverge. Of another failure the others do not know. */
    if (status != GAN_OK && status != GAN_ERROR_DIVERGED && game->shards.collective.size > 1) {
        char sentence[GAN_SENTENCE];
        snprintf(sentence, sizeof(sentence), "%s", gan_last_error());
        gan_sharing_break(&game->sharing);
        return gan_fail(status, "%s", sentence);
    }
    return status;
}

gan_status gan_game_check_not_half_done(const gan_game *game, const char *what)
{
    if (!game->half_done) return GAN_OK;
    return gan_fail(GAN_ERROR_STATE, "%s: a %s is half done; %s_some() finishes it", what, game->round, game->caller);
}

gan_status gan_game_play(gan_game *game, const float *const *inputs, int64_t count, int64_t batch)
{
    GAN_TRY(gan_game_check_not_half_done(game, game->caller));
    game->is_sliced = false;
    check_first_data(game, inputs, count);
    return play_inside(game, inputs, count, batch);
}

/* ---- Rounds in slices of time ---------------------------------------------------------------------------------- */

/* In the thread that works in slices. */
static void play_round(void *argument)
{
    gan_game *game = argument;
    game->sliced_status = play_inside(game, game->given, game->samples, game->batch);
    if (game->sliced_status == GAN_OK) return;
    snprintf(game->sliced_error, sizeof(game->sliced_error), "%s", gan_last_error());
}

static gan_status begin_slices(gan_game *game, const float *const *inputs, int64_t count, int64_t batch)
{
    check_first_data(game, inputs, count);
    /* All before the thread begins: a snapshot may let it work at once. */
    for (int32_t i = 0; i < game->feeder_count; i++) game->fed[i] = inputs[i];
    game->given = game->fed;
    game->samples = count;
    game->batch = batch;
    game->is_sliced = true;
    const gan_status status = gan_sliced_begin(game->sliced, play_round, game);
    game->half_done = status == GAN_OK;
    return status;
}

static gan_status check_same(const gan_game *game, const float *const *inputs, int64_t batch, const char *what)
{
    bool same = batch == game->batch;
    for (int32_t i = 0; i < game->feeder_count; i++) same = same && inputs[i] == game->fed[i];
    if (same) return GAN_OK;
    return gan_fail(GAN_ERROR_STATE,
                    "%s: a %s is half done, expected the samples and the batch, %lld, with which it was begun", what,
                    game->round, (long long)game->batch);
}

gan_status gan_game_play_some(gan_game *game, const float *const *inputs, int64_t count, int64_t batch,
                              int64_t microseconds, bool *ended, const char *what)
{
    if (microseconds < 0) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: microseconds is %lld, expected at least 0", what,
                        (long long)microseconds);
    }
    GAN_TRY(game->half_done ? check_same(game, inputs, batch, what) : begin_slices(game, inputs, count, batch));
    const int64_t nanoseconds = microseconds < INT64_MAX / 1000 ? 1000 * microseconds : INT64_MAX;
    GAN_TRY(gan_sliced_continue(game->sliced, nanoseconds, ended));
    if (!*ended) return GAN_OK;
    game->half_done = false;
    return game->sliced_status == GAN_OK ? GAN_OK : gan_fail(game->sliced_status, "%s", game->sliced_error);
}

/* ---- Reports --------------------------------------------------------------------------------------------------- */

void gan_game_report(const gan_game *game, gan_round_report *report)
{
    report->round = game->rounds;
    report->batch = game->samples;
    report->want_count = game->want_count;
    report->wants = game->want_values;
    report->player_count = game->player_count;
    report->gradient_norms = game->gradient_norms;
    report->pair_count = game->pair_count;
    report->pairs = game->pair_reports;
    for (int32_t i = 0; i < game->pair_count; i++) report->diagnoses |= game->pair_reports[i].diagnoses;
}

void gan_game_report_divergence(gan_game *game, gan_round_report *report)
{
    for (int32_t i = 0; i < game->want_count; i++) game->want_values[i] = NAN;
    for (int32_t i = 0; i < game->player_count; i++) game->gradient_norms[i] = NAN;
    for (int32_t i = 0; i < game->pair_count; i++) {
        gan_pair_report *pair = &game->pair_reports[i];
        pair->real_probability = pair->fake_probability = NAN;
        gan_monitor_report(&game->pairs[i].monitor, pair);
        pair->diagnoses = GAN_DIAGNOSIS_NOT_FINITE;
    }
    gan_game_report(game, report);
    report->round = game->rounds + 1;
    report->diagnoses = GAN_DIAGNOSIS_NOT_FINITE;
}

int64_t gan_game_rounds(const gan_game *game)
{
    return game ? game->rounds : 0;
}

/* ---- The public call ------------------------------------------------------------------------------------------- */

static gan_status check_batch(const gan_game *game, int64_t batch, const char *what)
{
    if (batch < 1 || batch > game->options.batch) {
        return gan_fail(GAN_ERROR_BATCH, "%s: batch is %lld, but the game is made for 1 to %lld", what,
                        (long long)batch, (long long)game->options.batch);
    }
    return gan_game_check_fits(game, batch, what);
}

static gan_status check_inputs(const gan_game *game, const float *const *inputs, const char *what)
{
    if (game->feeder_count > 0 && !inputs) return gan_fail(GAN_ERROR_NULL, "%s: inputs is NULL", what);
    for (int32_t i = 0; i < game->feeder_count; i++) {
        if (inputs[i]) continue;
        return gan_fail(GAN_ERROR_NULL, "%s: inputs[%d], input '%s', is NULL", what, (int)i,
                        game->terms.nodes[game->feeders[i].term].name);
    }
    return GAN_OK;
}

/* What both calls check. */
static gan_status check_round(const gan_game *game, const float *const *inputs, int64_t batch,
                              const gan_round_report *report, const char *what)
{
    GAN_TRY(gan_game_check_built(game, what));
    if (report) GAN_TRY(gan_report_check(report, "gan_round_report"));
    GAN_TRY(check_batch(game, batch, what));
    return check_inputs(game, inputs, what);
}

gan_status gan_game_round(gan_game *game, const float *const *inputs, int64_t batch, gan_round_report *report)
{
    GAN_FLOAT_SCOPE();
    gan_round_report known = GAN_ROUND_REPORT_INIT;
    GAN_CHECK_NOT_NULL(game);
    GAN_TRY(check_round(game, inputs, batch, report, __func__));
    GAN_TRY(gan_game_play(game, inputs, batch * game->most_moves, batch));
    gan_game_report(game, &known);
    return report ? gan_report_write(report, &known, sizeof(known), "gan_round_report") : GAN_OK;
}

gan_status gan_game_round_some(gan_game *game, const float *const *inputs, int64_t batch, int64_t microseconds,
                               bool *done, gan_round_report *report)
{
    GAN_FLOAT_SCOPE();
    gan_round_report known = GAN_ROUND_REPORT_INIT;
    bool ended;
    GAN_CHECK_NOT_NULL(game);
    GAN_CHECK_NOT_NULL(done);
    GAN_TRY(check_round(game, inputs, batch, report, __func__));
    GAN_TRY(gan_game_play_some(game, inputs, batch * game->most_moves, batch, microseconds, &ended, __func__));
    if (ended) gan_game_report(game, &known);
    if (ended && report) GAN_TRY(gan_report_write(report, &known, sizeof(known), "gan_round_report"));
    *done = ended;
    return GAN_OK;
}
