#include "averages.h"

#include <stdbool.h>
#include <stddef.h>

#define MEASURED 1024 /* samples by which running statistics are measured */
#define SEED     1234

static gan_status measure(gan_model *average, const float *proportions)
{
    return gan_model_recalibrate(average, GAN_SAMPLE(.seed = SEED, .proportions = proportions), MEASURED);
}

static void drop(gan_model **model)
{
    gan_model_destroy(*model);
    *model = NULL;
}

gan_status copy_average(gan_player player, const float *proportions, gan_model **out)
{
    drop(out);
    const gan_status status = gan_player_snapshot(player, 0, out);
    return status == GAN_OK ? measure(*out, proportions) : status;
}

gan_status copy_generator(gan_trainer *trainer, gan_model **out)
{
    gan_model *average = NULL;
    drop(out);
    const gan_status status = gan_trainer_snapshot(trainer, out);
    const bool averaged = status == GAN_OK && gan_trainer_get_average(trainer, &average) == GAN_OK;
    return averaged ? measure(*out, NULL) : status;
}
