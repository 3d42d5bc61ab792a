/* Data for rounds. */
#include "game/play/play.h"

#include <string.h>

/* ---- Feeding --------------------------------------------------------------------------------------------------- */

static int32_t find_feeder(const gan_game *game, int32_t term)
{
    for (int32_t i = 0; i < game->feeder_count; i++) {
        if (game->feeders[i].term == term) return i;
    }
    return -1;
}

static gan_status check_dataset(const gan_game *game, int32_t term, const gan_dataset *dataset, int64_t field)
{
    const gan_term_node *node = &game->terms.nodes[term];
    char given[GAN_SHAPE_TEXT], expected[GAN_SHAPE_TEXT];
    gan_field_info info = GAN_FIELD_INFO_INIT;
    if (dataset->context != game->context) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_game_feed: the dataset belongs to another context");
    }
    GAN_TRY(gan_dataset_get_field(dataset, field, &info));
    if (!gan_shape_equal(info.shape, node->shape)) {
        return gan_fail(GAN_ERROR_SHAPE, "gan_game_feed: field '%s' has the shape %s, but input '%s' %s", info.name,
                        gan_shape_text(info.shape, given), node->name, gan_shape_text(node->shape, expected));
    }
    if (dataset->count >= game->packing * game->shards.total) return GAN_OK;
    if (game->shards.total > 1 && game->packing == 1) {
        return gan_fail(GAN_ERROR_BATCH, "gan_game_feed: the dataset has %lld sample%s, but there are %lld shards",
                        (long long)dataset->count, gan_plural(dataset->count), (long long)game->shards.total);
    }
    if (game->shards.total > 1) {
        return gan_fail(GAN_ERROR_BATCH,
                        "gan_game_feed: the dataset has %lld sample%s, but there are %lld shards of packs of %lld",
                        (long long)dataset->count, gan_plural(dataset->count), (long long)game->shards.total,
                        (long long)game->packing);
    }
    return gan_fail(GAN_ERROR_BATCH, "gan_game_feed: the dataset has %lld sample%s, but packing is %lld",
                    (long long)dataset->count, gan_plural(dataset->count), (long long)game->packing);
}

/* A round reads the batches of all moves at once, which may be more than there is memory for. */
static gan_status refuse_size(const gan_game *game, const gan_feeder *feeder, gan_status status)
{
    int32_t player = 0;
    while (game->players[player].options.moves < game->most_moves) player++;
    return gan_fail(status,
                    "%s: player '%s' has %lld moves a round, and the samples of a round are read at once: "
                    "%lld batches of %lld samples of %lld values for input '%s' are more than %s",
                    game->own_names ? "gan_game_feed" : "gan_trainer_create", game->players[player].name,
                    (long long)game->most_moves, (long long)game->most_moves, (long long)game->terms.batch,
                    (long long)gan_term_elements(&game->terms, feeder->term), game->terms.nodes[feeder->term].name,
                    status == GAN_ERROR_MEMORY ? "the memory there is" : "can be counted");
}

/* Memory for a batch for each move. */
gan_status gan_game_prepare_feeder(gan_game *game, int32_t index)
{
    gan_feeder *feeder = &game->feeders[index];
    const int64_t elements = gan_term_elements(&game->terms, feeder->term);
    int64_t batches, values;
    if (feeder->samples) return GAN_OK;
    if (!gan_checked_multiply(game->most_moves, game->terms.batch, &batches) ||
        !gan_checked_multiply(batches, elements, &values)) {
        return refuse_size(game, feeder, GAN_ERROR_OVERFLOW);
    }
    feeder->samples = gan_allocate_array(game->context, values, sizeof(*feeder->samples));
    if (feeder->samples || game->most_moves == 1) return feeder->samples ? GAN_OK : GAN_ERROR_MEMORY;
    return refuse_size(game, feeder, GAN_ERROR_MEMORY);
}

/* An array with a place for each field of a dataset. */
static gan_status prepare_places(gan_game *game, const gan_dataset *dataset)
{
    const int64_t count = gan_dataset_field_count(dataset);
    if (count <= game->place_count) return GAN_OK;
    float **places = gan_allocate_array(game->context, count, sizeof(*places));
    if (!places) return GAN_ERROR_MEMORY;
    gan_release(game->context, game->places, (size_t)game->place_count * sizeof(*places));
    game->places = places;
    game->place_count = count;
    return GAN_OK;
}

gan_status gan_game_feed_index(gan_game *game, int32_t index, gan_dataset *dataset, int64_t field)
{
    GAN_TRY(gan_game_prepare_feeder(game, index));
    GAN_TRY(prepare_places(game, dataset));
    if (game->feeders[index].dataset != dataset) game->checked = false;
    game->feeders[index].dataset = dataset;
    game->feeders[index].field = field;
    return GAN_OK;
}

/* A field goes to one input, which any number of terms may read. */
static gan_status check_once(const gan_game *game, int32_t feeder, const gan_dataset *dataset, int64_t field)
{
    for (int32_t i = 0; i < game->feeder_count; i++) {
        const gan_feeder *other = &game->feeders[i];
        if (i == feeder || other->dataset != dataset || other->field != field) continue;
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_game_feed: this field already feeds input '%s'",
                        game->terms.nodes[other->term].name);
    }
    return GAN_OK;
}

/* Models that read class labels know from here on that they do, and how many classes there are. */
static gan_status note_classes(gan_game *game, int32_t term, const gan_dataset *dataset, int64_t field)
{
    gan_field_info info = GAN_FIELD_INFO_INIT;
    GAN_TRY(gan_dataset_get_field(dataset, field, &info));
    if (info.classes == 0) return GAN_OK;
    return gan_game_note_role(game, term, GAN_INPUT(.role = GAN_INPUT_CLASS, .classes = info.classes));
}

/* Whether a dataset may feed an input whose cursor waits for it. */
static gan_status check_resumption(const gan_game *game, const gan_feeder *feeder, const gan_dataset *dataset)
{
    const char *name = game->terms.nodes[feeder->term].name;
    if (feeder->resumption != GAN_RESUMES_CURSOR) return GAN_OK;
    for (int32_t i = 0; i < game->feeder_count; i++) {
        const gan_feeder *other = &game->feeders[i];
        if (other->dataset != dataset || other->resumption != GAN_RESUMED_CURSOR) continue;
        return gan_fail(GAN_ERROR_STATE,
                        "gan_game_feed: this dataset already feeds input '%s', but the loaded checkpoint has cursors "
                        "of two datasets, for that input and for '%s'",
                        game->terms.nodes[other->term].name, name);
    }
    const gan_status status = gan_dataset_check_cursor(dataset, &feeder->waiting);
    if (status == GAN_OK) return GAN_OK;
    return gan_fail(status, "gan_game_feed: input '%s' cannot go on from the loaded checkpoint: %s", name,
                    gan_last_error());
}

static gan_status resume(gan_feeder *feeder)
{
    if (feeder->resumption != GAN_RESUMES_CURSOR) return GAN_OK;
    feeder->resumption = GAN_RESUMED_CURSOR;
    return gan_dataset_set_cursor(feeder->dataset, feeder->waiting);
}

gan_status gan_game_feed(gan_game *game, gan_term input, gan_dataset *dataset, const char *field)
{
    GAN_CHECK_NOT_NULL(game);
    GAN_CHECK_NOT_NULL(dataset);
    GAN_CHECK_NOT_NULL(field);
    GAN_TRY(gan_game_check_built(game, __func__));
    const int32_t term = gan_game_find_term(game, input, __func__, "input");
    if (term < 0) return gan_last_status();
    const int32_t feeder = find_feeder(game, term);
    if (feeder < 0) {
        char text[GAN_TERM_TEXT];
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: %s is not an input", __func__,
                        gan_term_text(&game->terms, term, text));
    }
    const int64_t at = gan_dataset_find_field(dataset, field);
    if (at < 0) return gan_fail(GAN_ERROR_NOT_FOUND, "%s: the dataset has no field '%s'", __func__, field);
    GAN_TRY(check_dataset(game, term, dataset, at));
    GAN_TRY(check_once(game, feeder, dataset, at));
    GAN_TRY(check_resumption(game, &game->feeders[feeder], dataset));
    GAN_TRY(gan_game_feed_index(game, feeder, dataset, at));
    GAN_TRY(resume(&game->feeders[feeder]));
    return note_classes(game, term, dataset, at);
}

int32_t gan_game_first_fed(const gan_game *game, int32_t index)
{
    int32_t first = 0;
    while (game->feeders[first].dataset != game->feeders[index].dataset) first++;
    return first;
}

/* Whether an input that has no cursor in the loaded file shares the dataset of one that has. */
static bool shares_cursor(const gan_game *game, const gan_dataset *dataset)
{
    for (int32_t i = 0; i < game->feeder_count; i++) {
        const gan_feeder *feeder = &game->feeders[i];
        if (feeder->dataset == dataset && feeder->resumption != GAN_RESUMES_OTHERS) return true;
    }
    return false;
}

gan_status gan_game_check_fed(gan_game *game)
{
    for (int32_t i = 0; i < game->feeder_count; i++) {
        if (game->feeders[i].dataset) continue;
        return gan_fail(GAN_ERROR_STATE, "gan_game_run: input '%s' is fed by no dataset",
                        game->terms.nodes[game->feeders[i].term].name);
    }
    for (int32_t i = 0; i < game->feeder_count; i++) {
        if (shares_cursor(game, game->feeders[i].dataset)) continue;
        return gan_fail(
            GAN_ERROR_NOT_FOUND,
            "gan_game_run: the loaded checkpoint has no cursor for the dataset that feeds input '%s': the "
            "game was not fed like this when it was saved",
            game->terms.nodes[game->feeders[i].term].name);
    }
    for (int32_t i = 0; i < game->feeder_count; i++) game->feeders[i].resumption = GAN_RESUMES_NOTHING;
    return GAN_OK;
}

/* ---- Reading --------------------------------------------------------------------------------------------------- */

gan_dataset *gan_game_driver(const gan_game *game)
{
    return game->feeder_count > 0 ? game->feeders[0].dataset : NULL;
}

/* Samples at an epoch's end that are not played with: too few for the models, or for a pack. */
static int64_t samples_left_over(const gan_game *game)
{
    const gan_dataset *driver = gan_game_driver(game);
    GAN_INVARIANT(driver != NULL); /* the callers of this, and of what follows, have a game that is fed */
    const int64_t rest = driver->count % game->options.batch;
    return driver->options.drop_last || rest < game->least_batch ? rest : rest - gan_game_fitting(game, rest);
}

int64_t gan_game_epoch_size(const gan_game *game)
{
    const gan_dataset *driver = gan_game_driver(game);
    GAN_INVARIANT(driver != NULL);
    return driver->count - samples_left_over(game);
}

void gan_game_tell_left_over(const gan_game *game)
{
    const gan_dataset *driver = gan_game_driver(game);
    if (!driver || driver->options.drop_last || samples_left_over(game) == 0) return;
    gan_log(
        game->context, GAN_LOG_INFO,
        "%s: an epoch of %lld samples in batches of %lld leaves out its last %lld, too few for batch normalisation "
        "or to fill %s",
        game->runner, (long long)driver->count, (long long)game->options.batch, (long long)samples_left_over(game),
        game->shards.total > 1 ? "all shards" : "a pack");
}

/* Ends the epoch if the remaining samples are too few, unless it has not begun: that is an error of the round. */
static gan_status skip_rest(const gan_game *game, gan_dataset_cursor *cursor)
{
    gan_dataset *driver = gan_game_driver(game);
    GAN_INVARIANT(driver != NULL);
    GAN_TRY(gan_dataset_get_cursor(driver, cursor));
    if (cursor->position == 0 || driver->count - cursor->position >= game->least_batch) return GAN_OK;
    cursor->epoch++;
    cursor->position = 0;
    return gan_dataset_set_cursor(driver, *cursor);
}

/* Where the inputs that a dataset feeds get sample number `first` of this process's in the round. */
static float **find_places(gan_game *game, const gan_dataset *dataset, int64_t first)
{
    for (int64_t f = 0; f < game->place_count; f++) game->places[f] = NULL;
    for (int32_t i = 0; i < game->feeder_count; i++) {
        const gan_feeder *feeder = &game->feeders[i];
        if (feeder->dataset != dataset) continue;
        game->places[feeder->field] = feeder->samples + first * gan_term_elements(&game->terms, feeder->term);
    }
    return game->places;
}

/* The next `count` samples of a dataset, from any number of epochs, of which this process gets its own, as samples
 * `place` and so on of its round. */
static gan_status read_own(gan_game *game, gan_dataset *dataset, int64_t place, int64_t count)
{
    const int64_t first = gan_game_first_own(game, count), end = first + gan_game_own(game, count);
    for (int64_t done = 0, got; done < count; done += got) {
        const int64_t begin = done > first ? done : first, wanted = end > begin ? end - begin : 0;
        float **places = find_places(game, dataset, place + begin - first);
        GAN_TRY(gan_dataset_next_part(dataset, count - done, begin - done, wanted, places, &got));
    }
    return GAN_OK;
}

/* As many samples as the driver gave. */
static gan_status read_others(gan_game *game, int64_t place, int64_t count)
{
    const gan_dataset *driver = gan_game_driver(game);
    for (int32_t i = 1; i < game->feeder_count; i++) {
        gan_dataset *dataset = game->feeders[i].dataset;
        if (dataset == driver || gan_game_first_fed(game, i) < i) continue;
        GAN_TRY(read_own(game, dataset, place, count));
    }
    return GAN_OK;
}

/* The next batch of the driver, or the samples that are left of its epoch. */
static gan_status read_driver(gan_game *game, int64_t place, int64_t *count)
{
    gan_dataset *driver = gan_game_driver(game);
    const int64_t size = gan_game_fitting(game, gan_dataset_next_size(driver, game->options.batch));
    int64_t passed;
    GAN_TRY(gan_dataset_next_part(driver, game->options.batch, gan_game_first_own(game, size),
                                  gan_game_own(game, size), find_places(game, driver, place), &passed));
    *count = size;
    return GAN_OK;
}

gan_status gan_game_read_round(gan_game *game, int64_t *count, int64_t *epochs)
{
    gan_dataset *driver = gan_game_driver(game);
    int64_t total = 0;
    gan_dataset_cursor before, after;
    *epochs = 0;
    *count = game->options.batch * game->most_moves;
    if (!driver) return GAN_OK;
    GAN_TRY(gan_dataset_get_cursor(driver, &before));
    for (int32_t i = 0; i < game->feeder_count; i++) {
        GAN_TRY(gan_dataset_get_cursor(game->feeders[i].dataset, &game->feeders[i].from));
    }
    GAN_TRY(skip_rest(game, &after)); /* a cursor that was set may be anywhere */
    for (int32_t i = 0; i < game->feeder_count; i++) {
        if (game->feeders[i].dataset == driver) game->feeders[i].from = after;
    }
    for (int64_t i = 0; i < game->most_moves; i++) {
        int64_t got;
        const int64_t place = gan_game_own(game, total);
        GAN_TRY(read_driver(game, place, &got));
        GAN_TRY(read_others(game, place, got));
        total += got;
        GAN_TRY(skip_rest(game, &after));
        if (after.position == 0) break;
    }
    *count = total;
    *epochs = after.epoch - before.epoch;
    return GAN_OK;
}
