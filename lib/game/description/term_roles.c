/* What games note of models: what the inputs of those that a player moves stand for, so that files and samples know.
 */
#include "game/description/description.h"

/* A role that somebody has set stays; what noise and codes are drawn from is what they are trained on. */
static gan_status note(gan_model *model, int64_t index, const gan_input_options *role)
{
    gan_input_info input = GAN_INPUT_INFO_INIT;
    if (!model) return GAN_OK;
    GAN_TRY(gan_model_get_input_info(model, index, &input));
    if (input.role == GAN_INPUT_ANY) return gan_model_set_input(model, index, role);
    const bool is_drawn = input.role == GAN_INPUT_NOISE || input.role == GAN_INPUT_CODE;
    if (!is_drawn || role->role != GAN_INPUT_NOISE) return GAN_OK;
    return gan_model_set_input(model, index, GAN_INPUT(.role = input.role, .noise = role->noise));
}

/* Notes it in the averages of the model, too. */
static gan_status note_everywhere(gan_game *game, int32_t model, int64_t index, const gan_input_options *role)
{
    for (int32_t i = 0; i < game->player_count; i++) {
        gan_player_state *player = &game->players[i];
        for (int32_t k = 0; k < player->model_count; k++) {
            const gan_played_model *played = &game->played[player->played[k]];
            if (played->model != model) continue;
            GAN_TRY(note(played->guard.model, index, role));
            GAN_TRY(note(player->averages[k].guard.model, index, role));
        }
    }
    return GAN_OK;
}

gan_status gan_game_note_role(gan_game *game, int32_t term, const gan_input_options *role)
{
    const gan_terms *terms = &game->terms;
    for (int32_t i = 0; i < terms->count; i++) {
        const gan_term_node *node = &terms->nodes[i];
        if (node->kind != GAN_TERM_APPLICATION) continue;
        for (int32_t k = 0; k < node->input_count; k++) {
            if (node->inputs[k] == term) GAN_TRY(note_everywhere(game, node->of.application.model, k, role));
        }
    }
    return GAN_OK;
}

gan_status gan_game_note_roles(gan_game *game)
{
    for (int32_t i = 0; i < game->terms.count; i++) {
        const gan_term_node *node = &game->terms.nodes[i];
        if (node->kind == GAN_TERM_NOISE) {
            GAN_TRY(gan_game_note_role(game, i, GAN_INPUT(.role = GAN_INPUT_NOISE, .noise = node->of.noise)));
        }
        if (node->kind == GAN_TERM_CLASSES) {
            GAN_TRY(gan_game_note_role(game, i, GAN_INPUT(.role = GAN_INPUT_CLASS, .classes = node->of.classes)));
        }
    }
    return GAN_OK;
}
