/* Checkpoints of a trainer: the list of its parts. Tensors are called "generator." or "discriminator." and their
 * name, those of an average "generator_average.", moments "generator_optimizer.", the parameter's name and ".first"
 * or ".second"; numbers and architectures are in the metadata. */
#include "train/trainer/trainer.h"

static void add_entries(gan_trainer *trainer, gan_dataset *dataset, gan_entries *entries)
{
    gan_entries_add_count(entries, "steps", NULL, &trainer->steps);
    gan_entries_add_count(entries, "epochs", NULL, &trainer->epochs);
    gan_player_add_entries(&trainer->generator, entries);
    gan_player_add_entries(&trainer->discriminator, entries);
    gan_entries_add_random(entries, "noise", trainer->noise);
    gan_entries_add_session(entries, "generate", trainer->generate);
    gan_entries_add_session(entries, "real", trainer->real);
    gan_entries_add_session(entries, "fake", trainer->fake);
    gan_penalties_add_entries(&trainer->penalties, entries);
    gan_discriminator_input_add_entries(&trainer->input, entries);
    gan_average_add_entries(&trainer->average, "average", entries);
    gan_monitor_add_entries(&trainer->monitor, entries);
    if (dataset) gan_entries_add_dataset(entries, "dataset", dataset);
}

gan_status gan_trainer_save(const gan_trainer *trainer, const gan_dataset *dataset, const char *path)
{
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
    GAN_CHECK_NOT_NULL(trainer);
    GAN_CHECK_NOT_NULL(path);
    gan_entries entries = {.context = trainer->context};
    add_entries(trainer, dataset, &entries);
    gan_status status = gan_entries_load(&entries, path);
    gan_entries_release(&entries);
    if (status != GAN_OK) return status;
    gan_log(trainer->context, GAN_LOG_INFO, "resumed from '%s' after step %lld", path, (long long)trainer->steps);
    return GAN_OK;
}
