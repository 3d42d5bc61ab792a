/* Checkpoints of a trainer: those of its game, with the cursor of any dataset. */
#include "game/trainer/trainer.h"

static void add_entries(gan_game *game, gan_dataset *dataset, gan_entries *entries)
{
    gan_game_add_entries(game, entries);
    gan_game_add_shards(game, entries);
    if (dataset) gan_entries_add_dataset(entries, "dataset", dataset);
}

/* ---- Files ----------------------------------------------------------------------------------------------------- */

static gan_status save(const gan_trainer *trainer, const gan_dataset *dataset, gan_target to)
{
    gan_entries entries = {.context = trainer->context};
    add_entries(trainer->game, (gan_dataset *)dataset, &entries); /* only read */
    gan_status status = gan_entries_save(&entries, to);
    gan_entries_release(&entries);
    return status;
}

gan_status gan_trainer_save(const gan_trainer *trainer, const gan_dataset *dataset, const char *path)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(trainer);
    GAN_CHECK_NOT_NULL(path);
    return save(trainer, dataset, (gan_target){.path = path});
}

gan_status gan_trainer_save_to(const gan_trainer *trainer, const gan_dataset *dataset, gan_writer writer)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(trainer);
    GAN_TRY(gan_writer_check(writer, __func__));
    return save(trainer, dataset, (gan_target){.writer = writer});
}

static void tell_resumed(void *part, const char *from)
{
    const gan_trainer *trainer = part;
    gan_log(trainer->context, GAN_LOG_INFO, "resumed from %s after step %lld", from,
            (long long)gan_trainer_steps(trainer));
}

static gan_status load(gan_trainer *trainer, gan_dataset *dataset, gan_origin from)
{
    gan_entries entries = {.context = trainer->context, .loading = true};
    add_entries(trainer->game, dataset, &entries);
    gan_entries_add_hook(&entries, (gan_entries_hook){.tell = tell_resumed, .part = trainer});
    gan_status status = gan_entries_load(&entries, from);
    gan_entries_release(&entries);
    return status;
}

gan_status gan_trainer_load(gan_trainer *trainer, gan_dataset *dataset, const char *path)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(trainer);
    GAN_CHECK_NOT_NULL(path);
    return load(trainer, dataset, (gan_origin){.path = path});
}

gan_status gan_trainer_load_from(gan_trainer *trainer, gan_dataset *dataset, gan_reader reader)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(trainer);
    GAN_TRY(gan_reader_check(reader, __func__));
    return load(trainer, dataset, (gan_origin){.reader = reader});
}

/* ---- A trainer as a part of a loop's checkpoint ---------------------------------------------------------------- */

static void add_part(const gan_checkpoint_part *part, gan_entries *entries)
{
    gan_checkpoint_open_scope(part, "trainer", entries);
    add_entries(part->object, NULL, entries);
}

/* What a trainer saves is its game's: that is kept alive. */
gan_status gan_checkpoint_add_trainer(gan_checkpoint *checkpoint, const char *name, gan_trainer *trainer)
{
    static const gan_part_kind kind = {"a trainer", add_part, gan_game_retain_part, gan_game_destroy_part};
    GAN_CHECK_NOT_NULL(checkpoint);
    GAN_CHECK_NOT_NULL(trainer);
    return gan_checkpoint_add_handle(checkpoint, name, &kind, trainer->game, trainer->context, __func__);
}
