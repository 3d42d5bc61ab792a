/* Rounds as rows of a history, and players' models for TensorBoard. */
#include "game/play/play.h"
#include "io/io.h"

#include <string.h>

#define COUNT_ONE(name, field, kind) +1
enum { round_columns = 0 GAN_HISTORY_ROUND_MAP(COUNT_ONE), pair_columns = 0 GAN_HISTORY_PAIR_MAP(COUNT_ONE) };
#undef COUNT_ONE

/* A pair is called like its discriminator's want. */
static gan_history_column column_at(const void *from, int64_t index)
{
#define MEASURE(name, field, kind) GAN_HISTORY_##name,
    static const gan_history_measure of_rounds[] = {GAN_HISTORY_ROUND_MAP(MEASURE)};
    static const gan_history_measure of_pairs[] = {GAN_HISTORY_PAIR_MAP(MEASURE)};
#undef MEASURE
    const gan_game *game = from;
    if (index < round_columns) return (gan_history_column){of_rounds[index], NULL};
    index -= round_columns;
    if (index < game->want_count) return (gan_history_column){GAN_HISTORY_LOSS, game->wants[index].name};
    index -= game->want_count;
    if (index < game->player_count) return (gan_history_column){GAN_HISTORY_GRADIENT_NORM, game->players[index].name};
    index -= game->player_count;
    const gan_pair *pair = &game->pairs[index / pair_columns];
    return (gan_history_column){of_pairs[index % pair_columns], game->wants[pair->discriminator].name};
}

static gan_status check_shape(const gan_game *game, const gan_round_report *report, const char *what)
{
    if (report->want_count != game->want_count || report->player_count != game->player_count ||
        report->pair_count != game->pair_count) {
        return gan_fail(GAN_ERROR_ARGUMENT,
                        "%s: the report has %lld want%s, %lld player%s and %lld pair%s, but the game %d, %d and %d",
                        what, (long long)report->want_count, gan_plural(report->want_count),
                        (long long)report->player_count, gan_plural(report->player_count),
                        (long long)report->pair_count, gan_plural(report->pair_count), (int)game->want_count,
                        (int)game->player_count, (int)game->pair_count);
    }
    if (report->wants && report->gradient_norms && (report->pairs || report->pair_count == 0)) return GAN_OK;
    return gan_fail(GAN_ERROR_NULL, "%s: the report's %s is NULL", what,
                    !report->wants            ? "wants"
                    : !report->gradient_norms ? "gradient_norms"
                                              : "pairs");
}

static gan_status check_whole_numbers(const gan_game *game, const gan_round_report *report, const char *what)
{
    const char *subject = NULL;
#define CHECK_REAL(measure_, value)
#define CHECK_WHOLE(measure_, value)                                                                 \
    GAN_TRY(gan_history_check_whole((gan_history_column){.measure = (measure_), .subject = subject}, \
                                    (int64_t)(value), what));
#define CHECK_OF_ROUND(name, field, kind) CHECK_##kind(GAN_HISTORY_##name, report->field)
#define CHECK_OF_PAIR(name, field, kind)  CHECK_##kind(GAN_HISTORY_##name, report->pairs[i].field)
    GAN_HISTORY_ROUND_MAP(CHECK_OF_ROUND)
    for (int32_t i = 0; i < game->pair_count; i++) {
        subject = game->wants[game->pairs[i].discriminator].name;
        GAN_HISTORY_PAIR_MAP(CHECK_OF_PAIR)
    }
#undef CHECK_OF_PAIR
#undef CHECK_OF_ROUND
#undef CHECK_WHOLE
#undef CHECK_REAL
    return GAN_OK;
}

static void fill_row(const gan_round_report *report, double *at)
{
#define ROUND_VALUE(name, field, kind) *at++ = (double)report->field;
    GAN_HISTORY_ROUND_MAP(ROUND_VALUE)
#undef ROUND_VALUE
    for (int64_t i = 0; i < report->want_count; i++) *at++ = report->wants[i];
    for (int64_t i = 0; i < report->player_count; i++) *at++ = report->gradient_norms[i];
    for (int64_t i = 0; i < report->pair_count; i++) {
        const gan_pair_report *pair = &report->pairs[i];
#define PAIR_VALUE(name, field, kind) *at++ = (double)pair->field;
        GAN_HISTORY_PAIR_MAP(PAIR_VALUE)
#undef PAIR_VALUE
    }
}

gan_status gan_history_add_round(gan_history *history, const gan_game *game, const gan_round_report *report)
{
    GAN_FLOAT_SCOPE();
    gan_round_report known;
    GAN_CHECK_NOT_NULL(history);
    GAN_CHECK_NOT_NULL(game);
    GAN_CHECK_NOT_NULL(report);
    GAN_TRY(gan_game_check_built(game, __func__));
    GAN_TRY(gan_options_read(&known, sizeof(known), report, "gan_round_report"));
    GAN_TRY(check_shape(game, &known, __func__));
    GAN_TRY(check_whole_numbers(game, &known, __func__));
    const int64_t count = round_columns + (int64_t)game->want_count + (int64_t)game->player_count +
                          (int64_t)pair_columns * game->pair_count;
    GAN_TRY(gan_history_expect(history, __func__, column_at, game, count));
    double *row = gan_history_next_row(history);
    if (!row) return GAN_ERROR_MEMORY;
    fill_row(&known, row);
    return gan_history_append(history);
}

gan_status gan_summary_writer_add_game(gan_summary_writer *writer, const gan_game *game, int64_t step)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(writer);
    GAN_CHECK_NOT_NULL(game);
    GAN_TRY(gan_game_check_built(game, __func__));
    GAN_TRY(gan_game_finish_round(game));
    GAN_TRY(gan_summary_begin(writer, step, __func__));
    for (int32_t i = 0; i < game->played_count; i++) {
        const gan_played_model *played = &game->played[i];
        bool listed = false; /* as another player's */
        for (int32_t k = 0; k < i; k++) listed |= game->played[k].model == played->model;
        if (!listed) GAN_TRY(gan_summary_add_model(writer, played->name, played->guard.model));
    }
    return gan_summary_end(writer);
}
