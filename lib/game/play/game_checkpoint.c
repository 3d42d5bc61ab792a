/* Checkpoints of a game: the list of its parts. Tensors are called by their model's name and their own, those of an
 * average by the model's name and "_average", moments "NAME_optimizer.", the parameter's name and ".first" or
 * ".second"; numbers and architectures are in the metadata. */
#include "game/play/play.h"

#include <stdio.h>

/* The models that a player was given, when they are not another player's before it. */
static void add_models(gan_game *game, int32_t player, gan_entries *entries)
{
    const gan_player_state *state = &game->players[player];
    for (int32_t k = 0; k < state->model_count; k++) {
        gan_played_model *played = &game->played[state->played[k]];
        bool listed = false;
        for (int32_t j = 0; j < player; j++) listed |= game->players[j].models[played->model];
        if (listed) continue;
        gan_entries_add_architecture(entries, played->name, played->guard.model);
        gan_guard_add_entries(&played->guard, played->name, entries);
    }
}

static void add_random(gan_entries *entries, const char *part, gan_random *random, const char *without)
{
    if (!random) return;
    if (without) gan_entries_expect(entries, GAN_ERROR_NOT_FOUND, without);
    gan_entries_add_random(entries, part, random);
}

/* A name for something that was given none. */
static const char *numbered(gan_entries *entries, const char *name, int64_t number)
{
    char text[32];
    snprintf(text, sizeof(text), "%lld", (long long)number);
    return gan_entries_join(entries, name, text);
}

static void add_sessions(gan_game *game, gan_entries *entries)
{
    for (int32_t i = 0; i < game->terms.count; i++) {
        const gan_term_node *node = &game->terms.nodes[i];
        if (node->kind != GAN_TERM_APPLICATION || node->of.application.shares >= 0) continue;
        const char *name = node->name ? node->name : numbered(entries, "application", node->of.application.number);
        gan_entries_add_session(entries, name, node->of.application.session);
    }
}

static void add_pools(gan_game *game, gan_entries *entries)
{
    for (int32_t i = 0; i < game->terms.count; i++) {
        const gan_term_node *node = &game->terms.nodes[i];
        if (node->kind != GAN_TERM_POOLED) continue;
        const gan_pooled *pooled = &node->of.pooled;
        gan_image_pool_add_entries(pooled->pool, node->name ? node->name : numbered(entries, "pool", pooled->number),
                                   entries);
    }
}

static void add_averages(gan_player_state *player, const gan_game *game, gan_entries *entries)
{
    for (int32_t k = 0; k < player->model_count; k++) {
        const char *name = gan_entries_join(entries, game->played[player->played[k]].name, "_average");
        gan_average_add_entries(&player->averages[k], player->average_part ? player->average_part : name, name,
                                entries);
    }
}

/* ---- Cursors --------------------------------------------------------------------------------------------------- */

static const char *input_name(const gan_game *game, int32_t feeder)
{
    return game->terms.nodes[game->feeders[feeder].term].name;
}

/* A dataset is called by the first input that it feeds. */
static const char *dataset_name(const gan_game *game, int32_t feeder, gan_entries *entries)
{
    return gan_entries_join(entries, "dataset_", input_name(game, feeder));
}

/* Whether the game has a cursor for an input: of its dataset, or from a file that was loaded before it is fed. */
static bool has_cursor(const gan_game *game, int32_t feeder)
{
    if (!game->feeders[feeder].dataset) return game->feeders[feeder].resumption == GAN_RESUMES_CURSOR;
    return gan_game_first_fed(game, feeder) == feeder;
}

/* The inputs by which the game's datasets are called. */
static void list_datasets(const gan_game *game, char text[GAN_NOTE_TEXT])
{
    text[0] = '\0';
    for (int32_t i = 0; i < game->feeder_count; i++) {
        if (has_cursor(game, i)) gan_note_append(text, input_name(game, i));
    }
}

#define DATASETS "settings.game"

static void save_cursors(gan_game *game, gan_entries *entries)
{
    char text[GAN_NOTE_TEXT];
    list_datasets(game, text);
    gan_entries_add_note(entries, DATASETS, "datasets", text);
    for (int32_t i = 0; i < game->feeder_count; i++) {
        gan_feeder *feeder = &game->feeders[i];
        if (!has_cursor(game, i)) continue;
        if (feeder->dataset) {
            gan_entries_add_dataset(entries, dataset_name(game, i, entries), feeder->dataset);
        } else {
            gan_entries_add_cursor(entries, dataset_name(game, i, entries), &feeder->waiting);
        }
    }
}

/* What a file has: a cursor for each input, with a count of 0 where there is none. */
typedef struct cursors_part {
    gan_game *game;
    const char *datasets;        /* the inputs that it names */
    gan_dataset_cursor *cursors; /* one for each input */
} cursors_part;

static gan_status check_cursors(void *part)
{
    const cursors_part *of = part;
    const gan_game *game = of->game;
    for (int32_t i = 0; i < game->feeder_count; i++) {
        const gan_dataset *dataset = game->feeders[i].dataset;
        const gan_dataset_cursor *cursor = &of->cursors[i];
        if (!dataset) continue;
        const int32_t first = gan_game_first_fed(game, i);
        if (first == i && cursor->count == 0) {
            return gan_fail(GAN_ERROR_NOT_FOUND,
                            "it has no cursor for the dataset that feeds input '%s': when the game was saved, %s%s",
                            input_name(game, i),
                            of->datasets[0] ? "its datasets were those of the inputs " : "it was fed by no dataset",
                            of->datasets);
        }
        if (first != i && cursor->count > 0) {
            return gan_fail(GAN_ERROR_STATE,
                            "the inputs '%s' and '%s' are fed by one dataset, but were fed by two when the game was "
                            "saved",
                            input_name(game, first), input_name(game, i));
        }
        if (first == i) GAN_TRY(gan_dataset_check_cursor(dataset, cursor));
    }
    return GAN_OK;
}

static void set_cursors(void *part)
{
    const cursors_part *of = part;
    gan_game *game = of->game;
    bool any = false;
    for (int32_t i = 0; i < game->feeder_count; i++) any |= of->cursors[i].count > 0;
    for (int32_t i = 0; i < game->feeder_count; i++) {
        gan_feeder *feeder = &game->feeders[i];
        feeder->resumption = GAN_RESUMES_NOTHING;
        if (feeder->dataset) {
            /* cannot fail: it has been checked */
            if (gan_game_first_fed(game, i) == i) gan_dataset_set_cursor(feeder->dataset, of->cursors[i]);
            continue;
        }
        feeder->waiting = of->cursors[i];
        if (any) feeder->resumption = feeder->waiting.count > 0 ? GAN_RESUMES_CURSOR : GAN_RESUMES_OTHERS;
    }
}

static void load_cursors(gan_game *game, gan_entries *entries)
{
    cursors_part *of = gan_entries_allocate(entries, sizeof(*of));
    gan_dataset_cursor *cursors = gan_entries_allocate(entries, (size_t)game->feeder_count * sizeof(*cursors));
    if (!cursors) return;
    *of = (cursors_part){game, gan_entries_add_note(entries, DATASETS, "datasets", ""), cursors};
    for (int32_t i = 0; i < game->feeder_count; i++)
        gan_entries_add_cursor(entries, dataset_name(game, i, entries), &cursors[i]);
    gan_entries_add_hook(entries, (gan_entries_hook){.check = check_cursors, .loaded = set_cursors, .part = of});
}

/* ---- Parts ----------------------------------------------------------------------------------------------------- */

static void enter(void *part)
{
    gan_gate_enter(((const gan_game *)part)->gate);
}

/* The game's weights are others now: no pass is as good as new. */
static void loaded(void *part)
{
    gan_game *game = part;
    game->has_played = false;
    gan_game_introduce_again(game);
    for (int32_t i = 0; i < game->terms.model_count; i++) game->terms.models[i].version++;
}

static void leave(void *part)
{
    gan_gate_leave(((const gan_game *)part)->gate);
}

void gan_game_add_entries(gan_game *game, gan_entries *entries)
{
    gan_terms *terms = &game->terms;
    if (entries->status == GAN_OK) entries->status = gan_game_finish_round(game);
    gan_entries_add_hook(entries, (gan_entries_hook){.enter = enter, .loaded = loaded, .leave = leave, .part = game});
    gan_entries_add_count(entries, "steps", NULL, &game->rounds);
    gan_entries_add_count(entries, "epochs", NULL, &game->epochs);
    for (int32_t i = 0; i < game->player_count; i++) {
        gan_player_state *player = &game->players[i];
        add_models(game, i, entries);
        gan_optimizer_add_entries(player->optimizer, gan_entries_join(entries, player->name, "_optimizer"), entries);
    }
    add_random(entries, "noise", terms->noise, NULL);
    add_random(entries, "classes", terms->classes, NULL);
    add_random(entries, "penalty", terms->penalty, "without gradient_penalty and dragan");
    add_sessions(game, entries);
    add_random(entries, "augment", terms->augmentation, "without augment");
    add_random(entries, "instance_noise", terms->instance_noise, "without instance_noise");
    add_pools(game, entries);
    for (int32_t i = 0; i < game->player_count; i++) add_averages(&game->players[i], game, entries);
    for (int32_t i = 0; i < game->pair_count; i++) {
        gan_monitor_add_entries(&game->pairs[i].monitor, i > 0 ? numbered(entries, "diagnosis", i + 1) : "diagnosis",
                                entries);
    }
}

/* The game with its data and settings. */
static void add_whole_game(gan_game *game, gan_entries *entries)
{
    gan_game_add_entries(game, entries);
    if (entries->loading) {
        load_cursors(game, entries);
    } else {
        save_cursors(game, entries);
    }
    gan_game_add_settings(game, entries);
}

/* ---- Files ----------------------------------------------------------------------------------------------------- */

static gan_status save(const gan_game *game, gan_target to)
{
    gan_entries entries = {.context = game->context};
    add_whole_game((gan_game *)game, &entries); /* only read */
    gan_status status = gan_entries_save(&entries, to);
    gan_entries_release(&entries);
    return status;
}

gan_status gan_game_save(const gan_game *game, const char *path)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(game);
    GAN_CHECK_NOT_NULL(path);
    GAN_TRY(gan_game_check_built(game, __func__));
    return save(game, (gan_target){.path = path});
}

gan_status gan_game_save_to(const gan_game *game, gan_writer writer)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(game);
    GAN_TRY(gan_writer_check(writer, __func__));
    GAN_TRY(gan_game_check_built(game, __func__));
    return save(game, (gan_target){.writer = writer});
}

static void tell_resumed(void *part, const char *from)
{
    const gan_game *game = part;
    gan_log(game->context, GAN_LOG_INFO, "resumed from %s after round %lld", from, (long long)game->rounds);
}

static gan_status load(gan_game *game, gan_origin from)
{
    gan_entries entries = {.context = game->context, .loading = true};
    add_whole_game(game, &entries);
    gan_entries_add_hook(&entries, (gan_entries_hook){.tell = tell_resumed, .part = game});
    gan_status status = gan_entries_load(&entries, from);
    gan_entries_release(&entries);
    return status;
}

gan_status gan_game_load(gan_game *game, const char *path)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(game);
    GAN_CHECK_NOT_NULL(path);
    GAN_TRY(gan_game_check_built(game, __func__));
    return load(game, (gan_origin){.path = path});
}

gan_status gan_game_load_from(gan_game *game, gan_reader reader)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(game);
    GAN_TRY(gan_reader_check(reader, __func__));
    GAN_TRY(gan_game_check_built(game, __func__));
    return load(game, (gan_origin){.reader = reader});
}

/* ---- A game as a part of a loop's checkpoint ------------------------------------------------------------------- */

static void add_part(const gan_checkpoint_part *part, gan_entries *entries)
{
    gan_checkpoint_open_scope(part, "game", entries);
    add_whole_game(part->object, entries);
}

void gan_game_retain_part(void *object)
{
    gan_game_retain(object);
}

void gan_game_destroy_part(void *object)
{
    gan_game_destroy(object);
}

gan_status gan_checkpoint_add_game(gan_checkpoint *checkpoint, const char *name, gan_game *game)
{
    static const gan_part_kind kind = {"a game", add_part, gan_game_retain_part, gan_game_destroy_part};
    GAN_CHECK_NOT_NULL(checkpoint);
    GAN_CHECK_NOT_NULL(game);
    GAN_TRY(gan_game_check_built(game, __func__));
    return gan_checkpoint_add_handle(checkpoint, name, &kind, game, game->context, __func__);
}
