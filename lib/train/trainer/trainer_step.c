/* One alternating step. Each update is made of public calls, so that a program can write the same step itself. */
#include "train/trainer/trainer.h"

#include <math.h>
#include <stdio.h>

/* ---- Passes ---------------------------------------------------------------------------------------------------- */

static gan_status draw_noise(gan_trainer *trainer, int64_t count)
{
    float *values = trainer->noise_values;
    if (trainer->options.noise == GAN_NOISE_NORMAL) return gan_random_normal(trainer->noise, values, count);
    GAN_TRY(gan_random_uniform(trainer->noise, values, count));
    for (int64_t i = 0; i < count; i++) values[i] = 2 * values[i] - 1;
    return GAN_OK;
}

/* x = G(z) for new noise z. */
static gan_status generate(gan_trainer *trainer, int64_t batch)
{
    GAN_TRY(draw_noise(trainer, batch * trainer->noise_size));
    GAN_TRY(gan_session_set_input(trainer->generate, 0, trainer->noise_values, batch));
    return gan_session_forward(trainer->generate, GAN_MODE_TRAIN);
}

/* Logits of generated samples, from G's last pass; unless it is NULL, `copy` gets what D sees of them. */
static gan_status judge_fake(gan_trainer *trainer, float *copy)
{
    GAN_TRY(
        gan_discriminator_input_set_fake(&trainer->input, trainer->generate, trainer->steps, trainer->fake, copy));
    GAN_TRY(gan_session_forward(trainer->fake, GAN_MODE_TRAIN));
    return gan_session_get_output(trainer->fake, 0, trainer->fake_logits);
}

static gan_status judge_real(gan_trainer *trainer, const float *samples, int64_t batch)
{
    GAN_TRY(gan_discriminator_input_set_real(&trainer->input, samples, batch, trainer->steps, trainer->real));
    GAN_TRY(gan_session_forward(trainer->real, GAN_MODE_TRAIN));
    return gan_session_get_output(trainer->real, 0, trainer->real_logits);
}

/* Mean of D(x). */
static double mean_probability(const float *logits, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += gan_probability(logits[i]);
    return sum / (double)count;
}

/* ---- Divergence ------------------------------------------------------------------------------------------------ */

static gan_status diverged(const gan_trainer *trainer, const gan_player *player, const char *what, const char *how)
{
    return gan_fail(GAN_ERROR_DIVERGED,
                    "gan_trainer_step: in step %lld %s of the %s %s; both models hold the last weights that gave a "
                    "finite loss and gradient",
                    (long long)trainer->steps + 1, what, player->name, how);
}

/* Fails unless the passes of an update may be learned from. */
static gan_status check_passes(const gan_trainer *trainer, const gan_player *player, double loss)
{
    const gan_player *players[] = {&trainer->generator, &trainer->discriminator};
    if (!isfinite(loss)) return diverged(trainer, player, "the loss", "is not finite");
    for (int i = 0; i < 2; i++) {
        if (!gan_player_has_finite_buffers(players[i]))
            return diverged(trainer, players[i], "a running statistic", "is not finite");
    }
    return GAN_OK;
}

static gan_status learn(const gan_trainer *trainer, gan_player *player, double *gradient_norm)
{
    gan_status status = gan_player_learn(player, gradient_norm);
    if (status == GAN_ERROR_DIVERGED) return diverged(trainer, player, "the gradient", "is not finite or too large");
    return status;
}

/* The log callback's own calls may fail, so the sentence is restored. */
static gan_status log_divergence(const gan_trainer *trainer)
{
    char sentence[GAN_SENTENCE];
    snprintf(sentence, sizeof(sentence), "%s", gan_last_error());
    gan_log(trainer->context, GAN_LOG_WARNING, "%s", sentence);
    return gan_fail(GAN_ERROR_DIVERGED, "%s", sentence);
}

/* ---- Updates --------------------------------------------------------------------------------------------------- */

/* The number of updates D has had. */
static int64_t discriminator_updates(const gan_trainer *trainer)
{
    return gan_optimizer_steps(trainer->discriminator.optimizer);
}

/* Runs D on real samples and on new ones of G, and adds its loss to the report's. */
static gan_status judge_both(gan_trainer *trainer, const float *samples, int64_t batch, gan_step_report *report)
{
    const int64_t judged = gan_discriminator_input_count(&trainer->input, batch);
    double loss;
    GAN_TRY(generate(trainer, batch));
    GAN_TRY(judge_real(trainer, samples, batch));
    GAN_TRY(judge_fake(trainer, gan_penalties_fake_place(&trainer->penalties, discriminator_updates(trainer))));
    GAN_TRY(gan_loss_discriminator(trainer->options.loss, 1 - trainer->options.label_smoothing, trainer->real_logits,
                                   judged, trainer->fake_logits, judged, &loss, trainer->real_gradient,
                                   trainer->fake_gradient));
    report->discriminator_loss += loss;
    report->real_probability = mean_probability(trainer->real_logits, judged);
    report->fake_probability = mean_probability(trainer->fake_logits, judged);
    gan_monitor_observe(&trainer->monitor, trainer->steps + 1, trainer->real_logits, trainer->fake_logits, judged,
                        samples, trainer->generate);
    return check_passes(trainer, &trainer->discriminator, loss);
}

/* D's gradients; `what`: those wanted from the pass on generated samples. */
static gan_status differentiate_discriminator(gan_trainer *trainer, uint64_t what)
{
    GAN_TRY(gan_model_zero_gradients(trainer->discriminator.model));
    GAN_TRY(gan_session_set_output_gradient(trainer->real, 0, trainer->real_gradient));
    GAN_TRY(gan_session_backward(trainer->real, GAN_BACKWARD_PARAMETERS));
    GAN_TRY(gan_session_set_output_gradient(trainer->fake, 0, trainer->fake_gradient));
    return gan_session_backward(trainer->fake, what);
}

static gan_status move_discriminator(gan_trainer *trainer, int64_t batch, gan_step_report *report)
{
    gan_player *player = &trainer->discriminator;
    const gan_penalised_passes passes = {.real = trainer->real,
                                         .fake = trainer->fake,
                                         .real_samples = trainer->input.real,
                                         .count = gan_discriminator_input_count(&trainer->input, batch),
                                         .size = trainer->sample_size * trainer->options.packing};
    GAN_TRY(gan_penalties_add(&trainer->penalties, &passes, discriminator_updates(trainer), trainer->steps,
                              &report->penalty));
    if (!isfinite(report->penalty)) return diverged(trainer, player, "the penalty", "is not finite");
    GAN_TRY(learn(trainer, player, &report->discriminator_gradient_norm));
    if (trainer->options.weight_clip == 0) return GAN_OK;
    return gan_model_clip_weights(player->model, trainer->options.weight_clip);
}

/* Back through G from the gradient set at its output. */
static gan_status move_generator(gan_trainer *trainer, gan_step_report *report)
{
    gan_player *player = &trainer->generator;
    GAN_TRY(gan_model_zero_gradients(player->model));
    GAN_TRY(gan_session_backward(trainer->generate, GAN_BACKWARD_PARAMETERS));
    GAN_TRY(learn(trainer, player, &report->generator_gradient_norm));
    return gan_average_move(&trainer->average, player->model, report->batch);
}

/* G's loss and its gradient at the current logits. */
static gan_status take_generator_loss(gan_trainer *trainer, int64_t batch, float *gradient, gan_step_report *report)
{
    const int64_t judged = gan_discriminator_input_count(&trainer->input, batch);
    GAN_TRY(gan_loss_generator(trainer->options.loss, trainer->real_logits, judged, trainer->fake_logits, judged,
                               &report->generator_loss, gradient));
    return check_passes(trainer, &trainer->generator, report->generator_loss);
}

/* One update of D, on real samples and new ones of G. */
static gan_status update_discriminator(gan_trainer *trainer, const float *samples, int64_t batch,
                                       gan_step_report *report)
{
    GAN_TRY(judge_both(trainer, samples, batch, report));
    GAN_TRY(differentiate_discriminator(trainer, GAN_BACKWARD_PARAMETERS));
    return move_discriminator(trainer, batch, report);
}

/* One update of G: back from the loss through D, whose parameters take no part, to the samples of G's last pass, and
 * on through G. A relativistic loss also takes D's current logits of real samples. */
static gan_status update_generator(gan_trainer *trainer, const float *samples, int64_t batch, gan_step_report *report)
{
    if (gan_loss_find(trainer->options.loss)->relativistic) GAN_TRY(judge_real(trainer, samples, batch));
    GAN_TRY(judge_fake(trainer, NULL));
    GAN_TRY(take_generator_loss(trainer, batch, trainer->fake_gradient, report));
    GAN_TRY(gan_session_set_output_gradient(trainer->fake, 0, trainer->fake_gradient));
    GAN_TRY(gan_session_backward(trainer->fake, GAN_BACKWARD_INPUTS));
    GAN_TRY(gan_discriminator_input_backward(&trainer->input, trainer->fake, trainer->generate));
    return move_generator(trainer, report);
}

/* Both updates at once: what D's pass carries back to generated samples for D's loss is the same for G's loss, up to
 * a factor per sample. */
static gan_status update_simultaneously(gan_trainer *trainer, const float *samples, int64_t batch,
                                        gan_step_report *report)
{
    const int64_t judged = gan_discriminator_input_count(&trainer->input, batch);
    GAN_TRY(judge_both(trainer, samples, batch, report));
    GAN_TRY(take_generator_loss(trainer, batch, trainer->generator_gradient, report));
    gan_simultaneous_ratios(judged, trainer->fake_gradient, trainer->generator_gradient);
    GAN_TRY(differentiate_discriminator(trainer, GAN_BACKWARD_PARAMETERS | GAN_BACKWARD_INPUTS));
    GAN_TRY(gan_discriminator_input_backward(&trainer->input, trainer->fake, trainer->generate));
    gan_session_scale_output_gradient(trainer->generate, 0, judged, trainer->generator_gradient);
    GAN_TRY(move_discriminator(trainer, batch, report));
    return move_generator(trainer, report);
}

static gan_status update_both(gan_trainer *trainer, const float *samples, int64_t count, int64_t batch,
                              gan_step_report *report)
{
    const gan_trainer_options *options = &trainer->options;
    const float *last_samples = samples;
    int64_t updates = 0, last = batch;
    if (options->simultaneous) return update_simultaneously(trainer, samples, count, report);
    if (options->order == GAN_ORDER_GENERATOR_FIRST) {
        int64_t first = count < batch ? count : batch;
        GAN_TRY(generate(trainer, first));
        GAN_TRY(update_generator(trainer, samples, first, report));
    }
    for (int64_t done = 0; done < count; done += last, updates++) {
        last = count - done < batch ? count - done : batch;
        last_samples = samples + done * trainer->sample_size;
        GAN_TRY(update_discriminator(trainer, last_samples, last, report));
    }
    report->discriminator_loss /= (double)updates;
    if (options->order == GAN_ORDER_DISCRIMINATOR_FIRST) {
        if (options->fresh_noise) GAN_TRY(generate(trainer, last));
        GAN_TRY(update_generator(trainer, last_samples, last, report));
    }
    return GAN_OK;
}

gan_status gan_trainer_step_on(gan_trainer *trainer, const float *samples, int64_t count, int64_t batch,
                               gan_step_report *report)
{
    gan_player *players[] = {&trainer->generator, &trainer->discriminator, &trainer->average.player};
    report->batch = count;
    for (int i = 0; i < 3; i++) gan_player_remember(players[i]);
    gan_status status = update_both(trainer, samples, count, batch, report);
    if (status != GAN_OK) {
        for (int i = 0; i < 3; i++) gan_player_take_back(players[i], status);
        gan_monitor_fail(&trainer->monitor, status);
        return status == GAN_ERROR_DIVERGED ? log_divergence(trainer) : status;
    }
    report->step = ++trainer->steps;
    trainer->average.seen += (uint64_t)count;
    gan_monitor_step(&trainer->monitor, trainer->steps, report);
    return GAN_OK;
}

gan_status gan_trainer_step(gan_trainer *trainer, const float *samples, int64_t batch, gan_step_report *report)
{
    GAN_CHECK_NOT_NULL(trainer);
    GAN_CHECK_NOT_NULL(samples);
    if (batch < 1 || batch > trainer->options.batch) {
        return gan_fail(GAN_ERROR_BATCH, "%s: batch is %lld, expected 1 to %lld", __func__, (long long)batch,
                        (long long)trainer->options.batch);
    }
    if (batch % trainer->options.packing != 0) {
        return gan_fail(GAN_ERROR_BATCH, "%s: batch is %lld, expected a multiple of the trainer's packing, %lld",
                        __func__, (long long)batch, (long long)trainer->options.packing);
    }
    gan_step_report known = GAN_STEP_REPORT_INIT;
    if (report) GAN_TRY(gan_report_check(report, "gan_step_report"));
    GAN_TRY(gan_trainer_step_on(trainer, samples, batch * trainer->options.discriminator_steps, batch, &known));
    return report ? gan_report_write(report, &known, sizeof(known), "gan_step_report") : GAN_OK;
}
