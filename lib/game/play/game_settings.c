/* What a game was described with and a checkpoint does not restore, as notes in the file: a game that is described
 * otherwise may be resumed, but is told what was different. */
#include "game/play/play.h"

#include <stdio.h>
#include <string.h>

#define SETTINGS "settings."

/* ---- Texts ----------------------------------------------------------------------------------------------------- */

void gan_note_append(char text[GAN_NOTE_TEXT], const char *name)
{
    const size_t length = strlen(text), left = GAN_NOTE_TEXT - length;
    const int added = snprintf(text + length, left, "%s'%s'", length > 0 ? ", " : "", name);
    if (added < 0 || (size_t)added >= left) text[length] = '\0';
}

static void add_count(gan_entries *entries, const char *part, const char *field, int64_t value)
{
    char text[GAN_NUMBER_TEXT];
    snprintf(text, sizeof(text), "%lld", (long long)value);
    gan_entries_add_note(entries, part, field, text);
}

static void add_number(gan_entries *entries, const char *part, const char *field, float value)
{
    char text[GAN_NUMBER_TEXT];
    gan_number_print(text, value);
    gan_entries_add_note(entries, part, field, text);
}

static void add_player(const gan_player_state *player, gan_entries *entries)
{
    const gan_player_options *options = &player->options;
    const char *part = gan_entries_join(entries, SETTINGS "player.", player->name);
    char weight_decay[GAN_NUMBER_TEXT];
    add_count(entries, part, "moves", options->moves);
    gan_entries_add_note(entries, part, "fresh_noise", options->fresh_noise ? "true" : "false");
    add_number(entries, part, "weight_clip", options->weight_clip);
    add_number(entries, part, "ema_decay", options->ema_decay);
    add_number(entries, part, "ema_half_life", options->ema_half_life);
    add_number(entries, part, "ema_ramp", options->ema_ramp);
    add_number(entries, part, "beta1", player->optimizer_options.beta1);
    add_number(entries, part, "beta2", player->optimizer_options.beta2);
    add_number(entries, part, "clip_norm", player->optimizer_options.clip_norm);
    gan_number_print(weight_decay, player->optimizer_options.weight_decay);
    gan_entries_add_unusual_note(entries, part, "weight_decay", weight_decay, "0");
}

static const char *schedule_text(gan_schedule schedule)
{
    switch (schedule) {
    case GAN_SCHEDULE_LINEAR: return "linear";
    case GAN_SCHEDULE_COSINE: return "cosine";
    case GAN_SCHEDULE_SIGMOID: return "sigmoid";
    case GAN_SCHEDULE_CONSTANT:
    case GAN_SCHEDULE_STEP:
    case GAN_SCHEDULE_EXPONENTIAL: break;
    }
    return "constant";
}

static void add_want(const gan_game *game, const gan_want_state *want, gan_entries *entries)
{
    const gan_want_options *options = &want->options;
    const char *part = gan_entries_join(entries, SETTINGS "want.", want->name);
    gan_entries_add_note(entries, part, "player", game->players[want->player].name);
    gan_entries_add_note(entries, part, "loss", game->terms.nodes[want->loss].of.loss.rule->name);
    add_number(entries, part, "weight", want->weight);
    add_count(entries, part, "interval", options->interval);
    gan_entries_add_note(entries, part, "schedule", schedule_text(options->schedule));
    if (options->schedule == GAN_SCHEDULE_CONSTANT) return;
    add_count(entries, part, "schedule_steps", options->schedule_steps);
    add_number(entries, part, "final_factor", options->final_factor);
}

/* The names of all players or wants, which a file may have more of. */
static void add_names(gan_entries *entries, const char *field, const char *(*name_at)(const gan_game *, int64_t),
                      const gan_game *game, int64_t count)
{
    char text[GAN_NOTE_TEXT] = "";
    for (int64_t i = 0; i < count; i++) gan_note_append(text, name_at(game, i));
    gan_entries_add_note(entries, SETTINGS "game", field, text);
}

/* ---- Differences ----------------------------------------------------------------------------------------------- */

/* The notes of a game in a list. */
typedef struct settings_part {
    const gan_game *game;
    const gan_entries *entries;
    int64_t first, end;
    size_t prefix;                  /* of their names, with the scope; */
    char whose[GAN_NAME_LIMIT + 4]; /* which is the name of a part: " 'NAME'" */
} settings_part;

static void tell_differences(void *part, const char *from)
{
    const settings_part *of = part;
    for (int64_t i = of->first; i < of->end; i++) {
        const gan_entry *entry = &of->entries->rows[i];
        if (entry->kind != GAN_ENTRY_NOTE || !entry->text[0]) continue;
        if (!entry->found[0] || strncmp(entry->text, entry->found, GAN_NOTE_TEXT - 1) == 0) continue;
        gan_log(of->game->context, GAN_LOG_WARNING,
                "the %s%s in %s was described otherwise: %s was %s, and is %s here",
                of->game->own_names ? "game" : "trainer", of->whose, from, entry->name + of->prefix, entry->found,
                entry->text);
    }
}

static void tell_of_settings(const gan_game *game, int64_t first, gan_entries *entries)
{
    settings_part *of = gan_entries_allocate(entries, sizeof(*of));
    if (!of) return;
    const size_t scope = entries->scope ? strlen(entries->scope) : 0;
    *of = (settings_part){.game = game,
                          .entries = entries,
                          .first = first,
                          .end = entries->count,
                          .prefix = strlen(GAN_CHECKPOINT_PREFIX SETTINGS) + scope};
    if (scope > 0) snprintf(of->whose, sizeof(of->whose), " '%.*s'", (int)scope - 1, entries->scope);
    gan_entries_add_hook(entries, (gan_entries_hook){.tell = tell_differences, .part = of});
}

/* ---- All of them ----------------------------------------------------------------------------------------------- */

static void add_shards(const gan_game *game, gan_entries *entries)
{
    const bool apart = game->shards.total > 1 && game->shards.own_batch_norm;
    char shards[GAN_NUMBER_TEXT];
    snprintf(shards, sizeof(shards), "%lld", (long long)game->shards.total);
    gan_entries_add_unusual_note(entries, SETTINGS "game", "shards", shards, "1");
    gan_entries_add_unusual_note(entries, SETTINGS "game", "batch_norm", apart ? "by shard" : "by batch", "by batch");
}

void gan_game_add_shards(const gan_game *game, gan_entries *entries)
{
    const int64_t first = entries->count;
    add_shards(game, entries);
    tell_of_settings(game, first, entries);
}

void gan_game_add_settings(const gan_game *game, gan_entries *entries)
{
    const bool alternating = game->options.moves == GAN_MOVES_ALTERNATING;
    const int64_t first = entries->count;
    add_count(entries, SETTINGS "game", "batch", game->options.batch);
    add_shards(game, entries);
    gan_entries_add_note(entries, SETTINGS "game", "moves", alternating ? "alternating" : "simultaneous");
    add_names(entries, "players", gan_game_player_name, game, game->player_count);
    add_names(entries, "wants", gan_game_want_name, game, game->want_count);
    for (int32_t i = 0; i < game->player_count; i++) add_player(&game->players[i], entries);
    for (int32_t i = 0; i < game->want_count; i++) add_want(game, &game->wants[i], entries);
    tell_of_settings(game, first, entries);
}

/* ---- For other processes --------------------------------------------------------------------------------------- */

static gan_status hash_models(const gan_game *game, uint64_t *hash)
{
    for (int32_t i = 0; i < game->terms.model_count; i++) {
        char *text;
        GAN_TRY(gan_model_write_graph(game->terms.models[i].model, &text));
        *hash = gan_hash_bytes(*hash, text, strlen(text));
        gan_release_text(game->context, text);
        for (gan_model_range of = {0}; gan_model_next_range(game->terms.models[i].model, true, &of);)
            *hash = gan_hash_number(gan_hash_number(*hash, (uint64_t)of.begin), (uint64_t)of.end);
    }
    return GAN_OK;
}

/* The settings, as a checkpoint has them. */
static gan_status hash_settings(const gan_game *game, uint64_t *hash)
{
    gan_entries entries = {.context = game->context};
    gan_game_add_settings(game, &entries);
    for (int64_t i = 0; i < entries.count; i++) {
        const gan_entry *entry = &entries.rows[i];
        *hash = gan_hash_bytes(*hash, entry->name, strlen(entry->name));
        if (entry->kind == GAN_ENTRY_NOTE) *hash = gan_hash_bytes(*hash, entry->text, strlen(entry->text));
    }
    const gan_status status = entries.status;
    gan_entries_release(&entries);
    return status;
}

/* What of an optimizer is no note. */
static uint64_t hash_optimizer(uint64_t hash, const gan_optimizer_options *of)
{
    const float numbers[] = {of->learning_rate,       of->epsilon,        of->decay, of->momentum,
                             of->final_learning_rate, of->schedule_factor};
    hash = gan_hash_number(hash, (uint64_t)of->algorithm);
    hash = gan_hash_number(hash, (uint64_t)of->schedule);
    hash = gan_hash_number(hash, (uint64_t)of->schedule_steps);
    hash = gan_hash_number(hash, (uint64_t)of->schedule_start);
    return gan_hash_bytes(hash, numbers, sizeof(numbers));
}

static gan_status hash_setup(const gan_game *game, uint64_t *hash)
{
    *hash = gan_hash_number(GAN_HASH_START, game->options.seed);
    *hash = gan_hash_number(*hash, (uint64_t)game->shards.total);
    for (int32_t i = 0; i < game->player_count; i++)
        *hash = hash_optimizer(*hash, &game->players[i].optimizer->options);
    GAN_TRY(hash_models(game, hash));
    return hash_settings(game, hash);
}

/* What decides how results are rounded. */
static uint64_t hash_machine(const gan_game *game)
{
    const gan_context *context = game->context;
    uint64_t hash = gan_hash_number(GAN_HASH_START, (uint64_t)context->cpu);
    hash = gan_hash_number(hash, (uint64_t)context->multiply);
    hash = gan_hash_number(hash, (uint64_t)context->precision);
    hash = gan_hash_number(hash, context->no_winograd);
    hash = gan_hash_number(hash, context->bfloat16_storage);
    return gan_hash_number(hash, sizeof(gan_real));
}

static uint64_t hash_weights(const gan_game *game)
{
    uint64_t hash = GAN_HASH_START;
    for (int32_t i = 0; i < game->terms.model_count; i++) {
        const gan_model *model = game->terms.models[i].model;
        hash = gan_hash_bytes(hash, model->parameters, (size_t)model->parameter_size * sizeof(*model->parameters));
        hash = gan_hash_bytes(hash, model->buffers, (size_t)model->buffer_size * sizeof(*model->buffers));
    }
    return hash;
}

/* Some samples, evenly spread, of the field that feeds an input: to read all would take too long. */
static gan_status hash_samples(const gan_game *game, const gan_feeder *feeder, uint64_t *hash)
{
    enum { SOME = 4 };
    const int64_t elements = gan_term_elements(&game->terms, feeder->term), last = feeder->dataset->count - 1;
    const size_t size = (size_t)elements * sizeof(float);
    float *values = gan_allocate_array(game->context, elements, sizeof(*values));
    gan_status status = values ? GAN_OK : GAN_ERROR_MEMORY;
    for (int64_t f = 0; f < game->place_count; f++) game->places[f] = f == feeder->field ? values : NULL;
    for (int64_t i = 0; i < SOME && status == GAN_OK; i++) {
        const int64_t number = i < SOME - 1 ? last / (SOME - 1) * i : last;
        status = gan_dataset_read_fields(feeder->dataset, number, 1, game->places);
        if (status == GAN_OK) *hash = gan_hash_bytes(*hash, values, size);
    }
    gan_release(game->context, values, size);
    return status;
}

static gan_status hash_data(const gan_game *game, uint64_t *hash)
{
    *hash = GAN_HASH_START;
    for (int32_t i = 0; i < game->feeder_count; i++) {
        gan_dataset_cursor cursor;
        if (!game->feeders[i].dataset) continue;
        GAN_TRY(gan_dataset_get_cursor(game->feeders[i].dataset, &cursor));
        *hash = gan_hash_number(*hash, cursor.seed);
        *hash = gan_hash_number(*hash, (uint64_t)cursor.epoch);
        *hash = gan_hash_number(*hash, (uint64_t)cursor.position);
        *hash = gan_hash_number(*hash, (uint64_t)cursor.count);
        *hash = gan_hash_number(*hash, cursor.fingerprint);
        *hash = gan_hash_number(*hash, (uint64_t)game->feeders[i].field);
        *hash = gan_hash_number(*hash, (uint64_t)gan_game_first_fed(game, i));
        GAN_TRY(hash_samples(game, &game->feeders[i], hash));
    }
    return GAN_OK;
}

gan_status gan_game_introduce(gan_game *game)
{
    gan_agreement *mine = &game->sharing.mine;
    if (game->sharing.introduced) return GAN_OK;
    mine->version = (uint64_t)gan_version();
    mine->machine = hash_machine(game);
    mine->weights = hash_weights(game);
    GAN_TRY(hash_data(game, &mine->data));
    GAN_TRY(hash_setup(game, &mine->setup));
    game->sharing.introduced = true;
    return GAN_OK;
}

void gan_game_introduce_again(gan_game *game)
{
    game->sharing.introduced = false;
}
