/* Which value of a round's samples made it fail: one that is not finite, or the number of a class that does not
 * exist.
 */
#include "game/play/play.h"

#include <stdio.h>

/* ---- Numbers in datasets --------------------------------------------------------------------------------------- */

/* Moves a cursor to where a dataset reads its next samples, of which `wanted` are asked for; returns how many it
 * gives at once. */
static int64_t take_next(const gan_dataset *dataset, gan_dataset_cursor *at, int64_t wanted)
{
    if (dataset->count - at->position < (dataset->options.drop_last ? wanted : 1)) {
        at->epoch++;
        at->position = 0;
    }
    const int64_t left = dataset->count - at->position;
    return left < wanted ? left : wanted;
}

/* The sample's number in its source, if the round was read from datasets: goes through what was read, batch by batch.
 */
static bool find_number(const gan_game *game, const gan_feeder *feeder, int64_t sample, int64_t *number)
{
    const gan_dataset *dataset = feeder->dataset;
    gan_dataset_cursor at = feeder->from;
    if (game->given != game->fed || game->is_sliced || !dataset) return false;
    const bool drives = dataset == gan_game_driver(game);
    if (game->shards.collective.size > 1) return false;
    for (int64_t first = 0; first <= sample; first += game->batch) {
        const int64_t size = game->samples - first < game->batch ? game->samples - first : game->batch;
        for (int64_t done = 0, got; done < size; done += got) {
            got = take_next(dataset, &at, drives ? game->options.batch : size - done);
            if (sample < first + done + got) {
                at.position += sample - first - done;
                return gan_dataset_number_at(dataset, &at, number) == GAN_OK;
            }
            at.position += got;
        }
    }
    return false;
}

/* "sample 3 of input 'label', number 57 of its dataset," */
static void tell_sample(const gan_game *game, const gan_feeder *feeder, int64_t sample, char text[GAN_BAD_VALUE_TEXT])
{
    int64_t number;
    const int length = snprintf(text, GAN_BAD_VALUE_TEXT, "sample %lld of input '%.64s'", (long long)sample,
                                game->terms.nodes[feeder->term].name);
    if (find_number(game, feeder, sample, &number)) {
        snprintf(text + length, GAN_BAD_VALUE_TEXT - (size_t)length, ", number %lld of its dataset,",
                 (long long)number);
    }
}

/* ---- Values that are not finite -------------------------------------------------------------------------------- */

void gan_game_find_bad_value(const gan_game *game, char text[GAN_BAD_VALUE_TEXT])
{
    text[0] = '\0';
    for (int32_t i = 0; i < game->feeder_count; i++) {
        const gan_feeder *feeder = &game->feeders[i];
        const float *values = game->given[i];
        const int64_t elements = gan_term_elements(&game->terms, feeder->term),
                      count = gan_game_own(game, game->samples) * elements;
        for (int64_t at = 0; at < count; at++) {
            char sample[GAN_BAD_VALUE_TEXT];
            if (isfinite(values[at])) continue;
            tell_sample(game, feeder, at / elements, sample);
            snprintf(text, GAN_BAD_VALUE_TEXT, "; in the data, value %lld of %.180s is %g",
                     (long long)(at % elements), sample, (double)values[at]);
            return;
        }
    }
}

/* ---- Classes that do not exist --------------------------------------------------------------------------------- */

/* Who reads an input as the number of a class: of all, the one that knows fewest. */
typedef struct class_reader {
    int64_t classes;        /* 0: nobody */
    const gan_model *model; /* NULL: a loss */
    const char *name;       /* of the model, if a player has it */
    gan_node node;
} class_reader;

static void consider(class_reader *fewest, class_reader reader)
{
    if (reader.classes > 0 && (fewest->classes == 0 || reader.classes < fewest->classes)) *fewest = reader;
}

static const char *name_of(const gan_game *game, int32_t model)
{
    for (int32_t i = 0; i < game->played_count; i++) {
        if (game->played[i].model == model) return game->played[i].name;
    }
    return NULL;
}

/* The layers that read input `k` of an application's model. */
static void consider_layers(const gan_game *game, const gan_application *application, int32_t k, class_reader *fewest)
{
    const gan_model *model = game->terms.models[application->model].model;
    const char *name = name_of(game, application->model);
    for (gan_node n = 0; n < model->node_count; n++) {
        const gan_model_node *node = &model->nodes[n];
        for (int j = 0; j < node->input_count; j++) {
            if (node->inputs[j] != model->inputs[k]) continue;
            consider(fewest, (class_reader){gan_layer_classes(node->layer, j), model, name, n});
        }
    }
}

static class_reader find_reader(const gan_game *game, int32_t input)
{
    const gan_terms *terms = &game->terms;
    class_reader fewest = {.classes = 0};
    for (int32_t i = 0; i < terms->count; i++) {
        const gan_term_node *node = &terms->nodes[i];
        const bool of_classes = node->kind == GAN_TERM_LOSS && node->of.loss.rule->of_classes;
        if (of_classes && node->inputs[1] == input)
            consider(&fewest, (class_reader){.classes = gan_term_elements(terms, node->inputs[0])});
        if (node->kind != GAN_TERM_APPLICATION) continue;
        for (int32_t k = 0; k < node->input_count; k++) {
            if (node->inputs[k] == input) consider_layers(game, &node->of.application, k, &fewest);
        }
    }
    return fewest;
}

static gan_status fail(const gan_game *game, const gan_feeder *feeder, int64_t sample, float value,
                       const class_reader *reader)
{
    char of[GAN_BAD_VALUE_TEXT], layer[GAN_NODE_TEXT] = "softmax cross-entropy";
    tell_sample(game, feeder, sample, of);
    if (reader->model) gan_model_node_text(reader->model, reader->node, layer);
    return gan_fail(GAN_ERROR_ARGUMENT,
                    "%s: %s is %g, but %s%s%.64s%s reads it as a class, a whole number from 0 to %lld", game->caller,
                    of, (double)value, layer, reader->name ? " of model '" : "", reader->name ? reader->name : "",
                    reader->name ? "'" : "", (long long)reader->classes - 1);
}

gan_status gan_game_find_bad_class(const gan_game *game, gan_status status)
{
    for (int32_t i = 0; i < game->feeder_count && status == GAN_ERROR_ARGUMENT; i++) {
        const gan_feeder *feeder = &game->feeders[i];
        const class_reader reader = find_reader(game, feeder->term);
        for (int64_t at = 0; at < gan_game_own(game, game->samples) && reader.classes > 0; at++) {
            const float value = game->given[i][at];
            if (value >= 0 && value < (float)reader.classes && value == floorf(value)) continue;
            return fail(game, feeder, at, value, &reader);
        }
    }
    return status;
}
