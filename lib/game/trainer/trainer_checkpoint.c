/* Checkpoints of a trainer: those of its game, with the cursor of any dataset. */
#include "game/trainer/trainer.h"

static void add_entries(gan_trainer *trainer, gan_dataset *dataset, gan_entries *entries)
{
    gan_game_add_entries(trainer->game, entries);
    if (dataset) gan_entries_add_dataset(entries, "dataset", dataset);
}

gan_status gan_trainer_save(const gan_trainer *trainer, const gan_dataset *dataset, const char *path)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(trainer);
    GAN_CHECK_NOT_NULL(path);
    gan_entries entries = {.context = trainer->context};
    add_entries((gan_trainer *)trainer, (gan_dataset *)dataset, &entries); /* only read */
    gan_status status = gan_entries_save(&entries, path);
    gan_entries_release(&entries);
    return status;
}

gan_status gan_trainer_load(gan_trainer *trainer, gan_dataset *dataset, const char *path)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(trainer);
    GAN_CHECK_NOT_NULL(path);
    gan_entries entries = {.context = trainer->context};
    add_entries(trainer, dataset, &entries);
    gan_gate_enter(trainer->game->gate);
    gan_status status = gan_entries_load(&entries, path);
    gan_gate_leave(trainer->game->gate);
    gan_entries_release(&entries);
    if (status != GAN_OK) return status;
    gan_log(trainer->context, GAN_LOG_INFO, "resumed from '%s' after step %lld", path,
            (long long)gan_trainer_steps(trainer));
    return GAN_OK;
}
