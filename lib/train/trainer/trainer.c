/* The trainer as a handle: checks and memory. Its options are in trainer_options.c, its work in trainer_step.c,
 * trainer_run.c and trainer_checkpoint.c. */
#include "train/trainer/trainer.h"

/* ---- Options of its parts -------------------------------------------------------------------------------------- */

static gan_discriminator_input_options input_options(const gan_trainer_options *options)
{
    return (gan_discriminator_input_options){.augment = options->augment,
                                             .noise = options->instance_noise,
                                             .noise_steps = options->instance_noise_steps,
                                             .packing = options->packing,
                                             .seed = options->seed};
}

static gan_penalty_options penalty_options(const gan_trainer_options *options)
{
    return (gan_penalty_options){.r1 = options->r1,
                                 .r2 = options->r2,
                                 .gradient_penalty = options->gradient_penalty,
                                 .dragan = options->dragan,
                                 .interval = options->penalty_interval,
                                 .schedule = options->penalty_schedule,
                                 .final_factor = options->final_penalty_factor,
                                 .schedule_steps = options->penalty_schedule_steps,
                                 .seed = options->seed};
}

/* ---- Checks ---------------------------------------------------------------------------------------------------- */

static gan_status check_model(const gan_context *context, const gan_model *model, const char *name)
{
    if (model->context != context) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_trainer_create: the %s belongs to another context", name);
    }
    GAN_TRY(gan_model_check_built(model, "gan_trainer_create"));
    if (gan_model_input_count(model) != 1 || gan_model_output_count(model) != 1) {
        return gan_fail(GAN_ERROR_SHAPE,
                        "gan_trainer_create: the %s has %lld inputs and %lld outputs, expected one of each", name,
                        (long long)gan_model_input_count(model), (long long)gan_model_output_count(model));
    }
    return GAN_OK;
}

/* The noise is a vector, D sees samples of G, and D has one logit. Fills noise_size and sample_size. */
static gan_status check_shapes(gan_trainer *trainer, const gan_model *generator, const gan_model *discriminator)
{
    char text[GAN_SHAPE_TEXT];
    gan_shape noise, made, judged, logit;
    GAN_TRY(gan_model_get_input_shape(generator, 0, &noise));
    GAN_TRY(gan_model_get_output_shape(generator, 0, &made));
    GAN_TRY(gan_model_get_input_shape(discriminator, 0, &judged));
    GAN_TRY(gan_model_get_output_shape(discriminator, 0, &logit));
    if (noise.rank != 1) {
        return gan_fail(GAN_ERROR_SHAPE, "gan_trainer_create: the generator's input is %s, expected one dimension",
                        gan_shape_text(noise, text));
    }
    const gan_discriminator_input_options input = input_options(&trainer->options);
    GAN_TRY(gan_discriminator_input_check(&input, made, judged));
    if (gan_shape_count(logit) != 1) {
        return gan_fail(GAN_ERROR_SHAPE, "gan_trainer_create: the discriminator's output is %s, expected one logit",
                        gan_shape_text(logit, text));
    }
    trainer->sample_shape = made;
    trainer->noise_size = gan_shape_count(noise);
    trainer->sample_size = gan_shape_count(made);
    return GAN_OK;
}

/* ---- The handle ------------------------------------------------------------------------------------------------ */

/* A pass of a step, and its penalty that needs second derivatives; the coefficient is 0 if there is none. */
typedef struct trainer_pass {
    gan_model *model;
    gan_session **session;
    const char *penalty;
    float coefficient;
} trainer_pass;

static gan_status create_pass(const trainer_pass *pass, int64_t batch, uint64_t seed)
{
    bool penalised = pass->coefficient > 0;
    gan_status status = gan_session_create(
        pass->model, GAN_SESSION(.batch = batch, .seed = seed, .second_order = penalised), pass->session);
    if (status == GAN_OK || !penalised) return status;
    return gan_fail(status, "gan_trainer_options: %s is %g: %s", pass->penalty, (double)pass->coefficient,
                    gan_last_error());
}

/* Dropout draws from a different seed in each pass. */
static gan_status create_sessions(gan_trainer *trainer)
{
    const gan_trainer_options *options = &trainer->options;
    const gan_penalty_options penalties = penalty_options(options);
    gan_model *discriminator = trainer->discriminator.model, *average = trainer->average.player.model;
    const trainer_pass passes[] = {
        {trainer->generator.model, &trainer->generate, NULL, 0},
        {discriminator, &trainer->real, "r1", options->r1},
        {discriminator, &trainer->fake, "r2", options->r2},
        {discriminator, &trainer->penalties.session, options->gradient_penalty > 0 ? "gradient_penalty" : "dragan",
         options->gradient_penalty > 0 ? options->gradient_penalty : options->dragan},
    };
    for (uint64_t i = 0; i < sizeof(passes) / sizeof(*passes); i++) {
        const bool of_penalties = passes[i].session == &trainer->penalties.session;
        if (of_penalties && !gan_penalties_are_drawn(&penalties)) continue;
        const bool of_generator = passes[i].session == &trainer->generate;
        const int64_t batch = of_generator ? options->batch : options->batch / options->packing;
        GAN_TRY(create_pass(&passes[i], batch, options->seed + i));
    }
    return gan_session_create(average ? average : trainer->generator.model,
                              GAN_SESSION(.batch = options->batch, .forward_only = true), &trainer->sample);
}

/* One block for every array that a step or a run needs: per sample of a batch the noise, two logits and their three
 * gradients, and the data of all discriminator steps. */
static gan_status allocate_arrays(gan_trainer *trainer)
{
    int64_t batch = trainer->options.batch, data;
    bool fits = gan_checked_multiply(trainer->sample_size, trainer->options.discriminator_steps, &data) &&
                data <= INT64_MAX - 5 - trainer->noise_size &&
                gan_checked_multiply(batch, data + 5 + trainer->noise_size, &trainer->value_count);
    if (!fits) {
        return gan_fail(
            GAN_ERROR_OVERFLOW, "gan_trainer_create: %lld batches of %lld samples of %lld values overflow",
            (long long)trainer->options.discriminator_steps, (long long)batch, (long long)trainer->sample_size);
    }
    trainer->values = gan_allocate_array(trainer->context, trainer->value_count, sizeof(float));
    if (!trainer->values) return GAN_ERROR_MEMORY;
    trainer->real_logits = trainer->values;
    trainer->fake_logits = trainer->real_logits + batch;
    trainer->real_gradient = trainer->fake_logits + batch;
    trainer->fake_gradient = trainer->real_gradient + batch;
    trainer->generator_gradient = trainer->fake_gradient + batch;
    trainer->noise_values = trainer->generator_gradient + batch;
    trainer->samples = trainer->noise_values + batch * trainer->noise_size;
    return GAN_OK;
}

static gan_status create_stabilisers(gan_trainer *trainer)
{
    const gan_trainer_options *options = &trainer->options;
    const gan_discriminator_input_options input = input_options(options);
    const gan_penalty_options penalties = penalty_options(options);
    GAN_TRY(gan_discriminator_input_create(&trainer->input, trainer->context, trainer->sample_shape, &input,
                                           options->batch));
    return gan_penalties_create(&trainer->penalties, trainer->context, &penalties,
                                options->batch * trainer->sample_size);
}

static gan_status create_monitor(gan_trainer *trainer)
{
    const gan_trainer_options *options = &trainer->options;
    const gan_monitored of = {.loss = options->loss,
                              .interval = options->diagnosis_interval,
                              .batch = options->batch,
                              .models = {[GAN_ROLE_GENERATOR] = trainer->generator.model,
                                         [GAN_ROLE_DISCRIMINATOR] = trainer->discriminator.model}};
    return gan_monitor_create(&trainer->monitor, trainer->context, &of);
}

static gan_status create_average(gan_trainer *trainer)
{
    trainer->average.decay = trainer->options.ema_decay;
    trainer->average.half_life = trainer->options.ema_half_life;
    trainer->average.ramp = trainer->options.ema_ramp;
    return gan_average_create(&trainer->average, "generator_average", trainer->generator.model);
}

static gan_status create_parts(gan_trainer *trainer, gan_model *generator, gan_model *discriminator,
                               const gan_optimizer_options optimizers[GAN_PLAYERS])
{
    const gan_trainer_options *options = &trainer->options;
    GAN_TRY(check_shapes(trainer, generator, discriminator));
    if (options->simultaneous) GAN_TRY(gan_simultaneous_check(discriminator));
    GAN_TRY(gan_player_create(&trainer->generator, "generator", generator, &optimizers[GAN_ROLE_GENERATOR]));
    GAN_TRY(gan_player_create(&trainer->discriminator, "discriminator", discriminator,
                              &optimizers[GAN_ROLE_DISCRIMINATOR]));
    GAN_TRY(create_average(trainer));
    GAN_TRY(create_sessions(trainer));
    GAN_TRY(allocate_arrays(trainer));
    GAN_TRY(create_stabilisers(trainer));
    GAN_TRY(create_monitor(trainer));
    return gan_random_create(trainer->context, options->seed, GAN_STREAM_NOISE, &trainer->noise);
}

gan_status gan_trainer_create(gan_context *context, gan_model *generator, gan_model *discriminator,
                              const gan_trainer_options *options, gan_trainer **out)
{
    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(generator);
    GAN_CHECK_NOT_NULL(discriminator);
    GAN_CHECK_NOT_NULL(out);
    gan_trainer_options resolved;
    gan_optimizer_options optimizers[GAN_PLAYERS];
    GAN_TRY(gan_trainer_options_resolve(options, &resolved, optimizers));
    GAN_TRY(check_model(context, generator, "generator"));
    GAN_TRY(check_model(context, discriminator, "discriminator"));
    if (generator == discriminator) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: generator and discriminator are the same model", __func__);
    }
    gan_trainer *trainer = gan_allocate(context, sizeof(*trainer));
    if (!trainer) return GAN_ERROR_MEMORY;
    trainer->context = gan_context_retain(context);
    trainer->options = resolved;
    gan_status status = create_parts(trainer, generator, discriminator, optimizers);
    if (status != GAN_OK) {
        gan_trainer_destroy(trainer);
        return status;
    }
    *out = trainer;
    return GAN_OK;
}

void gan_trainer_destroy(gan_trainer *trainer)
{
    if (!trainer) return;
    gan_context *context = trainer->context;
    gan_monitor_destroy(&trainer->monitor);
    gan_penalties_destroy(&trainer->penalties);
    gan_discriminator_input_destroy(&trainer->input);
    gan_random_destroy(trainer->noise);
    gan_session_destroy(trainer->generate);
    gan_session_destroy(trainer->real);
    gan_session_destroy(trainer->fake);
    gan_session_destroy(trainer->sample);
    gan_release(context, trainer->values, (size_t)trainer->value_count * sizeof(float));
    gan_average_destroy(&trainer->average);
    gan_player_destroy(&trainer->generator);
    gan_player_destroy(&trainer->discriminator);
    gan_release(context, trainer, sizeof(*trainer));
    gan_context_release(context);
}

/* ---- Calls ----------------------------------------------------------------------------------------------------- */

int64_t gan_trainer_steps(const gan_trainer *trainer)
{
    return trainer ? trainer->steps : 0;
}

gan_status gan_trainer_sample(gan_trainer *trainer, uint64_t seed, int64_t count, float *out)
{
    GAN_CHECK_NOT_NULL(trainer);
    GAN_CHECK_NOT_NULL(out);
    if (count < 1) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: count is %lld, expected at least 1", __func__, (long long)count);
    }
    return gan_session_draw(trainer->sample, trainer->options.noise, seed, count, out);
}

_Static_assert(ATOMIC_BOOL_LOCK_FREE == 2, "gan_trainer_cancel() may be called from a signal handler");

void gan_trainer_cancel(gan_trainer *trainer)
{
    if (trainer) atomic_store(&trainer->cancel, true);
}

gan_status gan_trainer_get_average(gan_trainer *trainer, gan_model **out)
{
    GAN_CHECK_NOT_NULL(trainer);
    GAN_CHECK_NOT_NULL(out);
    if (!trainer->average.player.model) {
        return gan_fail(GAN_ERROR_STATE,
                        "%s: the trainer was created without ema_decay and ema_half_life and keeps no average",
                        __func__);
    }
    *out = trainer->average.player.model;
    return GAN_OK;
}

uint64_t gan_trainer_diagnoses(const gan_trainer *trainer)
{
    return trainer ? gan_monitor_diagnoses(&trainer->monitor) : 0;
}

static const gan_player *player_of(const gan_trainer *trainer, gan_role role)
{
    if (role == GAN_ROLE_GENERATOR) return &trainer->generator;
    return role == GAN_ROLE_DISCRIMINATOR ? &trainer->discriminator : NULL;
}

int64_t gan_trainer_layer_count(const gan_trainer *trainer, gan_role role)
{
    const gan_player *player = trainer ? player_of(trainer, role) : NULL;
    return player ? gan_layer_report_count(player->model) : 0;
}

gan_status gan_trainer_get_layer_report(const gan_trainer *trainer, gan_role role, int64_t index,
                                        gan_layer_report *out)
{
    GAN_CHECK_NOT_NULL(trainer);
    GAN_CHECK_NOT_NULL(out);
    const gan_player *player = player_of(trainer, role);
    if (!player) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: role is %d, expected a gan_role", __func__, (int)role);
    }
    const int64_t count = gan_layer_report_count(player->model);
    if (index < 0 || index >= count) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: index is %lld, but the %s has %lld layers with parameters", __func__,
                        (long long)index, player->name, (long long)count);
    }
    if (!trainer->monitor.stepped) {
        return gan_fail(GAN_ERROR_STATE, "%s: the trainer has taken no step yet", __func__);
    }
    const gan_layer_report report = gan_layer_report_measure(player->model, index);
    return gan_report_write(out, &report, sizeof(report), "gan_layer_report");
}
