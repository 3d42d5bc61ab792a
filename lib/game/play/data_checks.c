/* What data show about a game before they spoil it: values that cannot be learnt. */
#include "game/play/play.h"

/* ---- Which model makes what an input shows --------------------------------------------------------------------- */

/* An output of a model that is to become like an input, with the ends of its values. */
typedef struct maker {
    const gan_model *model;
    gan_output_range range;
} maker;

static bool find_maker(const gan_game *game, int32_t term, maker *out)
{
    const gan_terms *terms = &game->terms;
    const int32_t application = gan_term_application(terms, term);
    if (application < 0) return false;
    out->model = terms->models[terms->nodes[application].of.application.model].model;
    out->range = gan_model_output_range(out->model, gan_term_output(&terms->nodes[term]));
    return out->range.low < out->range.high;
}

static bool is_distance(const gan_loss_rule *rule)
{
    return rule == &gan_rule_l1 || rule == &gan_rule_l2 || rule == &gan_rule_smooth_l1;
}

/* What a discriminator compares with the input's samples, or a distance. */
static bool find_opponent(const gan_game *game, int32_t input, maker *out)
{
    const gan_terms *terms = &game->terms;
    for (int32_t i = 0; i < game->pair_count; i++) {
        const gan_pair *pair = &game->pairs[i];
        if (pair->real == input && find_maker(game, pair->fake, out)) return true;
    }
    for (int32_t i = 0; i < game->want_count; i++) {
        const gan_term_node *loss = &terms->nodes[game->wants[i].loss];
        if (!is_distance(loss->of.loss.rule)) continue;
        for (int32_t k = 0; k < 2; k++) {
            if (loss->inputs[k] == input && find_maker(game, loss->inputs[1 - k], out)) return true;
        }
    }
    return false;
}

/* ---- Values ---------------------------------------------------------------------------------------------------- */

/* The ends of values that are not NaN. */
static void find_ends(const float *values, int64_t count, double *least, double *most)
{
    float low = INFINITY, high = -INFINITY;
    for (int64_t i = 0; i < count; i++) {
        if (values[i] < low) low = values[i];
        if (values[i] > high) high = values[i];
    }
    *least = (double)low;
    *most = (double)high;
}

/* Fewer values may lie in one half by chance. */
#define ENOUGH_VALUES 100
/* Fewer samples may all be bright. */
#define ENOUGH_SAMPLES 8
/* Data that were scaled may miss the ends by this share of the range, by rounding. */
#define TOLERANCE 1e-3

static void check_ends(const gan_game *game, const char *name, const maker *by, const float *values, int64_t rows,
                       int64_t elements)
{
    char text[GAN_NODE_TEXT];
    const gan_output_range range = by->range;
    const double slack = TOLERANCE * (isfinite(range.high) ? range.high - range.low : 1);
    double least, most;
    find_ends(values, rows * elements, &least, &most);
    if (least < range.low - slack || most > range.high + slack) {
        gan_log(
            game->context, GAN_LOG_WARNING,
            "input '%.64s' has values from %g to %g, but %s, which is to make such samples, gives only values from "
            "%g to %g: scale the data to this range",
            name, least, most, gan_model_node_text(by->model, range.node, text), range.low, range.high);
    } else if (range.low < 0 && least >= 0 && most > least && rows >= ENOUGH_SAMPLES &&
               rows * elements >= ENOUGH_VALUES) {
        gan_log(game->context, GAN_LOG_WARNING,
                "input '%.64s' has values from %g to %g, but %s, which is to make such samples, gives values from %g "
                "to %g: scale the data to all of this range",
                name, least, most, gan_model_node_text(by->model, range.node, text), range.low, range.high);
    }
}

static bool are_equal(const float *values, int64_t rows, int64_t elements)
{
    for (int64_t i = elements; i < rows * elements; i++) {
        if (values[i] != values[i - elements]) return false;
    }
    return rows > 1;
}

void gan_game_check_data(const gan_game *game, const float *const *inputs, int64_t count)
{
    for (int32_t i = 0; i < game->feeder_count; i++) {
        const int32_t term = game->feeders[i].term;
        const int64_t elements = gan_term_elements(&game->terms, term);
        const char *name = game->terms.nodes[term].name;
        maker by;
        if (!find_opponent(game, term, &by)) continue;
        check_ends(game, name, &by, inputs[i], count, elements);
        if (!are_equal(inputs[i], count, elements)) continue;
        gan_log(game->context, GAN_LOG_WARNING, "all %lld samples of input '%.64s' in the first round are equal",
                (long long)count, name);
    }
}
