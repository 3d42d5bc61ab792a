/* Adversarial pairs: a discriminator's want and a generator's, on what one model says of the same generated samples.
 */
#include "game/description/description.h"

static const gan_term_loss *loss_of(const gan_game *game, const gan_want_state *want)
{
    return &game->terms.nodes[want->loss].of.loss;
}

static bool is_generators(const gan_loss_rule *rule)
{
    return rule == &gan_rule_generator || rule == &gan_rule_relativistic_generator;
}

/* The logits of generated samples that an adversarial loss reads. */
static int32_t fake_logits(const gan_game *game, const gan_want_state *want)
{
    const gan_term_node *loss = &game->terms.nodes[want->loss];
    return loss->inputs[loss->of.loss.rule->terms - 1];
}

/* The first want of a generator that answers the discriminator's, or -1. */
static int32_t find_generator(const gan_game *game, const gan_want_state *discriminator)
{
    for (int32_t i = 0; i < game->want_count; i++) {
        const gan_want_state *want = &game->wants[i];
        if (!is_generators(loss_of(game, want)->rule)) continue;
        if (loss_of(game, want)->adversarial != loss_of(game, discriminator)->adversarial) continue;
        if (gan_terms_judge_alike(&game->terms, fake_logits(game, want), fake_logits(game, discriminator))) return i;
    }
    return -1;
}

static const gan_model *model_of(const gan_game *game, int32_t application)
{
    return game->terms.models[game->terms.nodes[application].of.application.model].model;
}

/* What D judges: samples of a model, if they are the first output of one, and data of the same shape. */
static void find_samples(const gan_game *game, gan_pair *pair)
{
    const gan_terms *terms = &game->terms;
    const gan_term_node *loss = &terms->nodes[game->wants[pair->discriminator].loss];
    pair->real = gan_term_judged(terms, loss->inputs[0]);
    pair->fake = gan_term_judged(terms, loss->inputs[1]);
    const gan_term_node *real = &terms->nodes[pair->real], *fake = &terms->nodes[pair->fake];
    if (fake->kind == GAN_TERM_APPLICATION && real->kind == GAN_TERM_INPUT &&
        gan_shape_equal(real->shape, fake->shape)) {
        return;
    }
    pair->real = pair->fake = -1;
}

static gan_status create_monitor(gan_game *game, gan_pair *pair)
{
    const gan_want_state *discriminator = &game->wants[pair->discriminator];
    const gan_player_state *player = &game->players[game->wants[pair->generator].player];
    const int32_t judge = gan_term_application(&game->terms, fake_logits(game, discriminator));
    const gan_model *generator = pair->fake >= 0 ? model_of(game, pair->fake) : NULL;
    const bool is_players = pair->fake >= 0 && player->models[game->terms.nodes[pair->fake].of.application.model];
    const gan_model *moved = is_players ? generator : game->played[player->played[0]].guard.model;
    const gan_monitored of = {
        .loss = loss_of(game, discriminator)->adversarial,
        .interval = game->options.diagnosis_interval,
        .batch = game->terms.batch / game->shards.count,
        .step = game->round,
        .generator = generator,
        .models = {[GAN_ROLE_GENERATOR] = moved, [GAN_ROLE_DISCRIMINATOR] = model_of(game, judge)}};
    return gan_monitor_create(&pair->monitor, game->context, &of);
}

gan_status gan_pairs_create(gan_game *game)
{
    for (int32_t i = 0; i < game->want_count; i++) {
        if (loss_of(game, &game->wants[i])->rule != &gan_rule_discriminator) continue;
        if (gan_term_application(&game->terms, fake_logits(game, &game->wants[i])) < 0) continue;
        const int32_t generator = find_generator(game, &game->wants[i]);
        if (generator < 0) continue;
        gan_pair *pairs =
            gan_grow_array(game->context, game->pairs, game->pair_count, &game->pair_capacity, sizeof(*pairs));
        if (!pairs) return GAN_ERROR_MEMORY;
        game->pairs = pairs;
        gan_pair *pair = &pairs[game->pair_count++];
        *pair = (gan_pair){.discriminator = i, .generator = generator};
        find_samples(game, pair);
        GAN_TRY(create_monitor(game, pair));
    }
    return GAN_OK;
}

/* ---- Logits ---------------------------------------------------------------------------------------------------- */

/* Whether a loss suffers if its logits stay within a range. */
static bool needs_all_numbers(const gan_term_loss *loss, gan_output_range range)
{
    const bool adversarial = loss->rule == &gan_rule_discriminator || is_generators(loss->rule);
    if (range.low == range.high) return false;
    return !(adversarial && gan_loss_find(loss->adversarial)->bounded && range.low <= 0 && range.high >= 1);
}

/* Whether some want reads this output of a model as logits, and suffers from its range. */
static bool are_bounded_logits(const gan_game *game, int32_t model, int64_t output, gan_output_range range)
{
    const gan_terms *terms = &game->terms;
    for (int32_t i = 0; i < game->want_count; i++) {
        const gan_term_node *loss = &terms->nodes[game->wants[i].loss];
        for (int32_t k = 0; k < loss->of.loss.rule->logits; k++) {
            const int32_t application = gan_term_application(terms, loss->inputs[k]);
            if (application < 0 || terms->nodes[application].of.application.model != model) continue;
            if (gan_term_output(&terms->nodes[loss->inputs[k]]) != output) continue;
            if (needs_all_numbers(&loss->of.loss, range)) return true;
        }
    }
    return false;
}

void gan_game_warn_of_bounded_logits(const gan_game *game)
{
    char text[GAN_NODE_TEXT];
    for (int32_t m = 0; m < game->terms.model_count; m++) {
        const gan_model *model = game->terms.models[m].model;
        for (int64_t output = 0; output < model->output_count; output++) {
            const gan_output_range range = gan_model_output_range(model, output);
            if (!are_bounded_logits(game, m, output, range)) continue;
            gan_log(
                game->context, GAN_LOG_WARNING,
                "%s gives only values from %g to %g, but a loss reads its model's output as logits, which are any "
                "numbers: leave this layer out",
                gan_model_node_text(model, range.node, text), range.low, range.high);
        }
    }
}
