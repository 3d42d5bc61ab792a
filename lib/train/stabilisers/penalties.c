/* Penalties in an update of the discriminator, on what it sees of samples. Their order is that of the options. */
#include "train/train.h"

/* What every coefficient is multiplied with in the next update; 0 when it has no penalties. Lazy regularisation: one
 * update in so many, with so many times the coefficient (Karras et al., 2020). */
static double penalty_factor(const gan_trainer *trainer)
{
    const gan_trainer_options *options = &trainer->options;
    if (gan_optimizer_steps(trainer->discriminator.optimizer) % options->penalty_interval != 0) return 0;
    return (double)options->penalty_interval * gan_schedule_value(options->penalty_schedule, 1,
                                                                  options->final_penalty_factor, trainer->steps,
                                                                  options->penalty_schedule_steps);
}

static gan_status add_penalty(gan_session *session, gan_penalty penalty, double coefficient, double *sum)
{
    double value;
    GAN_TRY(gan_gradient_penalty(session, penalty, (float)coefficient, &value));
    *sum += value;
    return GAN_OK;
}

/* WGAN-GP's and DRAGAN's samples in penalty_samples. */
static gan_status add_one_centered(gan_trainer *trainer, int64_t count, double coefficient, double *sum)
{
    GAN_TRY(gan_session_set_input(trainer->penalised, 0, trainer->penalty_samples, count));
    return add_penalty(trainer->penalised, GAN_PENALTY_ONE_CENTERED, coefficient, sum);
}

gan_status gan_trainer_penalise(gan_trainer *trainer, int64_t batch, double *sum)
{
    const gan_trainer_options *options = &trainer->options;
    const double factor = penalty_factor(trainer);
    const int64_t count = gan_view_count(trainer, batch), size = trainer->sample_size * options->packing;
    const float *real = trainer->view.real, *fake;
    float *made = trainer->penalty_samples;
    *sum = 0;
    if (factor == 0) return GAN_OK;
    if (options->r1 > 0) {
        GAN_TRY(add_penalty(trainer->real, GAN_PENALTY_ZERO_CENTERED, factor * options->r1, sum));
    }
    if (options->r2 > 0) {
        GAN_TRY(add_penalty(trainer->fake, GAN_PENALTY_ZERO_CENTERED, factor * options->r2, sum));
    }
    if (options->gradient_penalty > 0) {
        GAN_TRY(gan_view_get_fake(trainer, made, &fake));
        GAN_TRY(gan_penalty_interpolate(trainer->penalty_random, real, fake, count, size, made));
        GAN_TRY(add_one_centered(trainer, count, factor * options->gradient_penalty, sum));
    }
    if (options->dragan > 0) {
        GAN_TRY(gan_penalty_perturb(trainer->penalty_random, real, count, size, made));
        GAN_TRY(add_one_centered(trainer, count, factor * options->dragan, sum));
    }
    return GAN_OK;
}
