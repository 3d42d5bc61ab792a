/* Players: models that move, and how a failed step is undone. */
#include "train/optimizers/optimizers.h"

#include <math.h>

gan_status gan_player_create(gan_player *player, const char *name, gan_model *model,
                             const gan_optimizer_options *options)
{
    player->name = name;
    player->proved = true;
    player->model = gan_model_retain(model);
    GAN_TRY(gan_model_keep_previous(model));
    if (model->buffer_size > 0) {
        player->buffers = gan_allocate_array(model->context, model->buffer_size, sizeof(gan_real));
        if (!player->buffers) return GAN_ERROR_MEMORY;
    }
    return options ? gan_optimizer_create_resolved(model, options, &player->optimizer) : GAN_OK;
}

void gan_player_destroy(gan_player *player)
{
    if (!player->model) return;
    gan_release(player->model->context, player->buffers, (size_t)player->model->buffer_size * sizeof(gan_real));
    gan_optimizer_destroy(player->optimizer);
    gan_model_destroy(player->model);
}

void gan_player_remember(gan_player *player)
{
    if (!player->buffers) return;
    gan_copy(player->model->context, player->model->buffer_size, player->model->buffers, player->buffers);
}

gan_status gan_player_learn(gan_player *player, double *gradient_norm)
{
    GAN_TRY(gan_optimizer_step(player->optimizer, gradient_norm));
    player->proved = false;
    return GAN_OK;
}

void gan_player_take_back(gan_player *player, gan_status status)
{
    if (!player->model) return;
    if (player->buffers) {
        gan_copy(player->model->context, player->model->buffer_size, player->buffers, player->model->buffers);
    }
    if (status == GAN_ERROR_DIVERGED && !player->proved) {
        gan_model_restore_previous(player->model);
        player->proved = true;
    }
}

bool gan_player_has_finite_buffers(const gan_player *player)
{
    const gan_model *model = player->model;
    return model->buffer_size == 0 ||
           isfinite(gan_sum_of_squares(model->context, model->buffer_size, model->buffers));
}

/* ---- Checkpoints ----------------------------------------------------------------------------------------------- */

static void loaded(void *part)
{
    ((gan_player *)part)->proved = true;
}

void gan_player_add_entries(gan_player *player, gan_entries *entries)
{
    if (player->optimizer) gan_entries_add_architecture(entries, player->name, player->model);
    gan_entries_add_tensors(entries, player->name, player->model);
    gan_entries_add_hook(entries, NULL, loaded, player);
    if (!player->optimizer) return;
    gan_optimizer_add_entries(player->optimizer, gan_entries_join(entries, player->name, "_optimizer"), entries);
}
