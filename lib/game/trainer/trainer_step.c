/* A step: a round of the trainer's game, and its report. */
#include "game/trainer/trainer.h"

void gan_trainer_report(const gan_trainer *trainer, const gan_round_report *round, gan_step_report *report)
{
    const gan_game *game = trainer->game;
    const gan_pair_report *pair = &round->pairs[0];
    report->step = round->round;
    report->epoch = round->epoch;
    report->batch = round->batch;
    report->discriminator_loss = round->wants[GAN_TRAINER_WANT_OF_DISCRIMINATOR];
    report->generator_loss = round->wants[GAN_TRAINER_WANT_OF_GENERATOR];
    report->real_probability = pair->real_probability;
    report->fake_probability = pair->fake_probability;
    report->discriminator_gradient_norm = round->gradient_norms[GAN_ROLE_DISCRIMINATOR];
    report->generator_gradient_norm = round->gradient_norms[GAN_ROLE_GENERATOR];
    report->samples_per_second = round->samples_per_second;
    report->seconds = round->seconds;
    report->seconds_left = round->seconds_left;
    report->progress = round->progress;
    report->penalty = 0;
    for (int32_t i = GAN_TRAINER_FIRST_PENALTY; i < game->want_count; i++) report->penalty += game->wants[i].weighted;
    if (round->diagnoses == GAN_DIAGNOSIS_NOT_FINITE) report->penalty = NAN;
    report->real_accuracy = pair->real_accuracy;
    report->fake_accuracy = pair->fake_accuracy;
    report->diversity = pair->diversity;
    report->saturation = pair->saturation;
    report->generator_update_ratio = pair->generator_update_ratio;
    report->discriminator_update_ratio = pair->discriminator_update_ratio;
    report->diagnoses = round->diagnoses;
}

static gan_status check_step(const gan_trainer *trainer, int64_t batch, const gan_step_report *report,
                             const char *what)
{
    if (batch < 1 || batch > trainer->options.batch) {
        return gan_fail(GAN_ERROR_BATCH, "%s: batch is %lld, expected 1 to %lld", what, (long long)batch,
                        (long long)trainer->options.batch);
    }
    GAN_TRY(gan_game_check_fits(trainer->game, batch, what));
    return report ? gan_report_check(report, "gan_step_report") : GAN_OK;
}

static gan_status write_report(const gan_trainer *trainer, gan_step_report *report)
{
    gan_round_report round = GAN_ROUND_REPORT_INIT;
    gan_step_report known = GAN_STEP_REPORT_INIT;
    gan_game_report(trainer->game, &round);
    gan_trainer_report(trainer, &round, &known);
    return report ? gan_report_write(report, &known, sizeof(known), "gan_step_report") : GAN_OK;
}

gan_status gan_trainer_step(gan_trainer *trainer, const float *samples, int64_t batch, gan_step_report *report)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(trainer);
    GAN_CHECK_NOT_NULL(samples);
    GAN_TRY(check_step(trainer, batch, report, __func__));
    GAN_TRY(gan_game_play(trainer->game, &samples, batch * trainer->options.discriminator_steps, batch));
    return write_report(trainer, report);
}

gan_status gan_trainer_step_some(gan_trainer *trainer, const float *samples, int64_t batch, int64_t microseconds,
                                 bool *done, gan_step_report *report)
{
    GAN_FLOAT_SCOPE();
    bool ended;
    GAN_CHECK_NOT_NULL(trainer);
    GAN_CHECK_NOT_NULL(samples);
    GAN_CHECK_NOT_NULL(done);
    GAN_TRY(check_step(trainer, batch, report, __func__));
    GAN_TRY(gan_game_play_some(trainer->game, &samples, batch * trainer->options.discriminator_steps, batch,
                               microseconds, &ended, __func__));
    if (ended) GAN_TRY(write_report(trainer, report));
    *done = ended;
    return GAN_OK;
}
