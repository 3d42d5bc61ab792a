/* Simultaneous moves of a discriminator and a generator by one pass of D over the generated samples. If each logit
 * f_i depends only on its own sample x_i, dL/dx_i = dL/df_i df_i/dx_i for any loss L of the logits. So the gradient
 * of the generator's loss with respect to x_i is that of the discriminator's, times the ratio of their gradients with
 * respect to f_i. Here it is found where a game allows this. */
#include "game/description/description.h"

const gan_layer_ops *gan_find_mixing_layer(const gan_model *model, gan_node *node)
{
    for (gan_node i = 0; i < model->node_count; i++) {
        if (!(model->nodes[i].layer->ops->flags & GAN_LAYER_MIXES_SAMPLES)) continue;
        *node = i;
        return model->nodes[i].layer->ops;
    }
    return NULL;
}

/* One logit for each sample, that depends on no other sample. */
static bool has_separate_logits(const gan_game *game, int32_t application)
{
    const gan_term_node *node = &game->terms.nodes[application];
    const gan_model *model = game->terms.models[node->of.application.model].model;
    gan_node mixing;
    return gan_model_output_count(model) == 1 && gan_shape_count(node->shape) == 1 &&
           !gan_find_mixing_layer(model, &mixing);
}

/* Whether only losses read the application, and one of them is what the player wants. */
static bool gives_one_loss(const gan_game *game, int32_t application, int32_t player)
{
    const gan_terms *terms = &game->terms;
    int32_t count = 0;
    for (int32_t i = 0; i < terms->count; i++) {
        const gan_term_node *node = &terms->nodes[i];
        for (int32_t k = 0; k < node->input_count; k++) {
            if (node->inputs[k] == application && node->kind != GAN_TERM_LOSS) return false;
        }
    }
    for (int32_t i = 0; i < game->want_count; i++) {
        const gan_want_state *want = &game->wants[i];
        const gan_term_node *loss = &terms->nodes[want->loss];
        if (want->player != player || gan_want_is_penalty(game, want)) continue;
        for (int32_t k = 0; k < loss->input_count; k++) count += loss->inputs[k] == application;
    }
    return count == 1;
}

/* Marks what gets gradients in a player's move. */
static void mark_move(gan_game *game, int32_t player)
{
    gan_terms *terms = &game->terms;
    gan_terms_reach(terms, game->players[player].models);
    gan_terms_need_nothing(terms);
    for (int32_t i = 0; i < game->want_count; i++) {
        if (game->wants[i].player == player) gan_terms_need(terms, game->wants[i].loss);
    }
    gan_terms_begin_backward(terms);
}

static bool only_first_input_is_reached(const gan_terms *terms, const gan_term_node *node)
{
    for (int32_t k = 0; k < node->input_count; k++) {
        if (terms->nodes[node->inputs[k]].reached != (k == 0)) return false;
    }
    return node->input_count > 0;
}

/* Whether a loss that the player wants reads outputs of an application. */
static bool feeds_loss(const gan_game *game, int32_t application)
{
    const gan_terms *terms = &game->terms;
    for (int32_t i = 0; i < terms->count; i++) {
        const gan_term_node *node = &terms->nodes[i];
        if (node->kind != GAN_TERM_LOSS || !node->needed || !node->of.loss.rule->compute) continue;
        for (int32_t k = 0; k < node->input_count; k++) {
            if (gan_term_application(terms, node->inputs[k]) == application) return true;
        }
    }
    return false;
}

/* Whether the gradient that leaves the application's first input is all that the samples' model gets. */
static bool is_only_way(const gan_game *game, int32_t application, int32_t *judged)
{
    const gan_terms *terms = &game->terms;
    int32_t at = terms->nodes[application].inputs[0];
    for (; terms->nodes[at].kind == GAN_TERM_SHOWN; at = terms->nodes[at].inputs[0]) {
        if (terms->nodes[at].pending != 1) return false;
    }
    *judged = at;
    return terms->nodes[at].kind == GAN_TERM_APPLICATION && terms->nodes[at].pending == 1 && !feeds_loss(game, at);
}

/* Whether the two players, of whom the first moves first, can share the application's pass. */
static bool find_shared(gan_game *game, int32_t application, int32_t first, int32_t second)
{
    const gan_terms *terms = &game->terms;
    const gan_term_node *node = &terms->nodes[application];
    const int32_t model = node->of.application.model;
    int32_t judged;
    if (!game->players[first].models[model] || game->players[second].models[model]) return false;
    if (!gives_one_loss(game, application, first) || !gives_one_loss(game, application, second)) return false;
    mark_move(game, first);
    for (int32_t k = 0; k < node->input_count; k++) {
        if (terms->nodes[node->inputs[k]].reached) return false;
    }
    mark_move(game, second);
    if (!only_first_input_is_reached(terms, node) || !is_only_way(game, application, &judged)) return false;
    game->shared = (gan_shared_pass){.application = application, .first = first, .second = second, .judged = judged};
    return true;
}

static gan_status allocate(gan_game *game)
{
    const int64_t batch = game->terms.batch;
    game->denominators = gan_allocate_array(game->context, batch, sizeof(*game->denominators));
    game->ratios = gan_allocate_array(game->context, batch, sizeof(*game->ratios));
    return game->denominators && game->ratios ? GAN_OK : GAN_ERROR_MEMORY;
}

gan_status gan_shared_pass_create(gan_game *game)
{
    const int32_t count = game->player_count;
    if (game->options.moves != GAN_MOVES_SIMULTANEOUS) return GAN_OK;
    for (int32_t i = 0; i < game->terms.count; i++) {
        if (game->terms.nodes[i].kind != GAN_TERM_APPLICATION || !has_separate_logits(game, i)) continue;
        for (int32_t turn = 0; turn < count; turn++) {
            for (int32_t later = turn + 1; later < count; later++) {
                const int32_t first = (game->first_player + turn) % count;
                if (find_shared(game, i, first, (game->first_player + later) % count)) return allocate(game);
            }
        }
    }
    return GAN_OK;
}
