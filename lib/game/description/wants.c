/* Describing what each player wants. */
#include "game/description/description.h"

#include <float.h>
#include <stdio.h>
#include <string.h>

bool gan_want_is_penalty(const gan_game *game, const gan_want_state *want)
{
    return !game->terms.nodes[want->loss].of.loss.rule->compute;
}

double gan_want_coefficient(const gan_game *game, const gan_want_state *want)
{
    const gan_want_options *options = &want->options;
    if (gan_optimizer_steps(game->players[want->player].optimizer) % options->interval != 0) return 0;
    const double factor = (double)options->interval * gan_schedule_value(options->schedule, 1, options->final_factor,
                                                                         game->rounds, options->schedule_steps);
    return factor * (double)want->weight;
}

/* ---- Options --------------------------------------------------------------------------------------------------- */

static gan_status resolve_schedule(gan_want_options *options)
{
    static const char what[] = "gan_want_options: schedule";
    const gan_schedule schedule = options->schedule;
    if (schedule == GAN_SCHEDULE_STEP || schedule == GAN_SCHEDULE_EXPONENTIAL ||
        (unsigned)schedule > GAN_SCHEDULE_SIGMOID) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s is %d, expected a constant, linear, cosine or sigmoid one", what,
                        (int)schedule);
    }
    GAN_TRY(gan_schedule_check(schedule, options->schedule_steps, "gan_want_options", "schedule_steps"));
    options->final_factor = gan_option(options->final_factor, 0);
    if (isfinite(options->final_factor)) return GAN_OK;
    return gan_fail(GAN_ERROR_NOT_FINITE, "gan_want_options: final_factor is %g, expected a finite number",
                    (double)options->final_factor);
}

static gan_status resolve_interval(const gan_game *game, int32_t loss, float weight, gan_want_options *options)
{
    const bool penalty = !game->terms.nodes[loss].of.loss.rule->compute;
    if (options->interval == 0) options->interval = 1;
    if (options->interval < 1 || options->interval > GAN_OPTION_MOST_TIMES) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_want_options: interval is %lld, expected 1 to %d",
                        (long long)options->interval, GAN_OPTION_MOST_TIMES);
    }
    if (options->interval > 1 && !penalty) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_want_options: interval is %lld, but the loss is not a penalty",
                        (long long)options->interval);
    }
    if (fabs((double)weight) * (double)options->interval <= (double)FLT_MAX) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT,
                    "gan_want_options: interval is %lld, which makes the weight %g; expected at most %g",
                    (long long)options->interval, (double)weight * (double)options->interval, (double)FLT_MAX);
}

static gan_status check_weight(const gan_game *game, int32_t loss, float weight)
{
    const bool penalty = !game->terms.nodes[loss].of.loss.rule->compute;
    if (!isfinite(weight)) {
        return gan_fail(GAN_ERROR_NOT_FINITE, "gan_game_want: weight is %g, expected a finite number",
                        (double)weight);
    }
    if (weight >= 0 || !penalty) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "gan_game_want: the weight of a penalty is %g, expected at least 0",
                    (double)weight);
}

/* ---- Wants ----------------------------------------------------------------------------------------------------- */

static bool name_is_taken(const gan_game *game, const char *name)
{
    for (int32_t i = 0; i < game->want_count; i++) {
        if (strcmp(game->wants[i].name, name) == 0) return true;
    }
    return false;
}

/* "generator l1", and a number from the second of its kind on. */
static char *make_name(gan_game *game, int32_t player, int32_t loss)
{
    char name[160];
    const char *of_player = game->players[player].name, *of_loss = game->terms.nodes[loss].of.loss.rule->name;
    if (strcmp(of_player, of_loss) == 0) {
        snprintf(name, sizeof(name), "%s", of_player);
    } else {
        snprintf(name, sizeof(name), "%s %s", of_player, of_loss);
    }
    const size_t length = strlen(name);
    for (int number = 2; name_is_taken(game, name); number++) {
        snprintf(name + length, sizeof(name) - length, " %d", number);
    }
    return gan_copy_text(game->context, name);
}

static char *choose_name(gan_game *game, int32_t player, int32_t loss, const char *given)
{
    if (!given) return make_name(game, player, loss);
    char *copy = gan_game_copy_name(game, given, "gan_want_options");
    if (!copy || !name_is_taken(game, copy)) return copy;
    gan_release_text(game->context, copy);
    gan_fail(GAN_ERROR_GRAPH, "gan_want_options: two wants are called '%s'", given);
    return NULL;
}

static gan_status add_want(gan_game *game, gan_player player, float weight, gan_term loss,
                           const gan_want_options *given)
{
    static const char what[] = "gan_game_want";
    gan_want_options options;
    GAN_TRY(gan_game_check_open(game, what));
    const int32_t who = gan_game_find_player(game, player, what);
    if (who < 0) return gan_last_status();
    const int32_t term = gan_game_find_term(game, loss, what, "loss");
    if (term < 0) return gan_last_status();
    if (game->terms.nodes[term].kind != GAN_TERM_LOSS) {
        char text[GAN_TERM_TEXT];
        return gan_fail(GAN_ERROR_GRAPH, "%s: %s is not a loss", what, gan_term_text(&game->terms, term, text));
    }
    GAN_TRY(gan_options_read(&options, sizeof(options), given, "gan_want_options"));
    GAN_TRY(check_weight(game, term, weight));
    GAN_TRY(resolve_schedule(&options));
    GAN_TRY(resolve_interval(game, term, weight, &options));
    gan_want_state *wants =
        gan_grow_array(game->context, game->wants, game->want_count, &game->want_capacity, sizeof(*wants));
    if (!wants) return GAN_ERROR_MEMORY;
    game->wants = wants;
    char *name = choose_name(game, who, term, options.name);
    if (!name) return gan_last_status();
    options.name = NULL; /* the caller's text may not live long */
    wants[game->want_count++] =
        (gan_want_state){.name = name, .player = who, .loss = term, .weight = weight, .options = options};
    return GAN_OK;
}

gan_status gan_game_want_by(gan_game *game, gan_player player, float weight, gan_term loss,
                            const gan_want_options *options)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(game);
    const gan_status status = add_want(game, player, weight, loss, options);
    return status == GAN_OK ? GAN_OK : gan_game_remember_failure(game);
}

gan_status gan_game_want(gan_game *game, gan_player player, float weight, gan_term loss)
{
    return gan_game_want_by(game, player, weight, loss, NULL);
}

int64_t gan_game_want_count(const gan_game *game)
{
    return game ? game->want_count : 0;
}

const char *gan_game_want_name(const gan_game *game, int64_t index)
{
    return game && index >= 0 && index < game->want_count ? game->wants[index].name : "";
}
