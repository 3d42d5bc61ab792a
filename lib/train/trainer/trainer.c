/* The trainer as a handle: checks and memory. Its options are in trainer_options.c; what it does is in step.c, run.c
 * and checkpoint.c. */
#include "train/train.h"

/* ---- Checks ---------------------------------------------------------------------------------------------------- */

static gan_status check_model(const gan_context *context, const gan_model *model, const char *name)
{
    if (model->context != context) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_trainer_create: the %s belongs to another context", name);
    }
    GAN_TRY(gan_model_check_built(model, "gan_trainer_create"));
    if (gan_model_input_count(model) != 1 || gan_model_output_count(model) != 1) {
        return gan_fail(GAN_ERROR_SHAPE,
                        "gan_trainer_create: the %s has %zu inputs and %zu outputs, expected one of each", name,
                        gan_model_input_count(model), gan_model_output_count(model));
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
    GAN_TRY(gan_view_check(trainer, made, judged));
    if (gan_shape_count(logit) != 1) {
        return gan_fail(GAN_ERROR_SHAPE, "gan_trainer_create: the discriminator's output is %s, expected one logit",
                        gan_shape_text(logit, text));
    }
    trainer->noise_size = gan_shape_count(noise);
    trainer->sample_size = gan_shape_count(made);
    return GAN_OK;
}

/* ---- The handle ------------------------------------------------------------------------------------------------ */

gan_status gan_player_take_model(gan_player *player, const char *name, gan_model *model)
{
    player->name = name;
    player->proved = true;
    player->model = gan_model_retain(model);
    GAN_TRY(gan_model_keep_previous(model));
    if (model->buffer_size == 0) return GAN_OK;
    player->buffers = gan_allocate_array(model->context, model->buffer_size, sizeof(gan_real));
    return player->buffers ? GAN_OK : GAN_ERROR_MEMORY;
}

static gan_status create_player(gan_player *player, const char *name, gan_model *model,
                                const gan_optimizer_options *options)
{
    GAN_TRY(gan_player_take_model(player, name, model));
    return gan_optimizer_create(model, options, &player->optimizer);
}

static void destroy_player(gan_context *context, gan_player *player)
{
    if (!player->model) return;
    gan_release(context, player->buffers, (size_t)player->model->buffer_size * sizeof(gan_real));
    gan_optimizer_destroy(player->optimizer);
    gan_model_destroy(player->model);
}

/* A pass of a step, and the penalty on it that asks for second derivatives; its coefficient is 0 when there is none.
 */
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

/* Dropout in each pass draws from a seed of its own. */
static gan_status create_sessions(gan_trainer *trainer)
{
    const gan_trainer_options *options = &trainer->options;
    gan_model *discriminator = trainer->discriminator.model;
    const trainer_pass passes[] = {
        {trainer->generator.model, &trainer->generate, NULL, 0},
        {discriminator, &trainer->real, "r1", options->r1},
        {discriminator, &trainer->fake, "r2", options->r2},
        {discriminator, &trainer->penalised, options->gradient_penalty > 0 ? "gradient_penalty" : "dragan",
         options->gradient_penalty > 0 ? options->gradient_penalty : options->dragan},
    };
    for (uint64_t i = 0; i < sizeof(passes) / sizeof(*passes); i++) {
        if (passes[i].session == &trainer->penalised && passes[i].coefficient == 0) continue;
        const bool of_generator = passes[i].session == &trainer->generate;
        const int64_t batch = of_generator ? options->batch : gan_view_count(trainer, options->batch);
        GAN_TRY(create_pass(&passes[i], batch, options->seed + i));
    }
    return gan_session_create(trainer->average.model ? trainer->average.model : trainer->generator.model,
                              GAN_SESSION(.batch = options->batch, .forward_only = true), &trainer->sample);
}

/* One block for every array that a step or a run needs: per sample of a batch the noise, two logits and their three
 * gradients, and the data of all discriminator steps; then what the discriminator sees of samples, and samples that
 * only penalties are taken on. */
static gan_status allocate_arrays(gan_trainer *trainer)
{
    int64_t batch = trainer->options.batch, data;
    int64_t batches = trainer->options.discriminator_steps + gan_view_batches(trainer) + (trainer->penalised ? 1 : 0);
    bool fits = gan_checked_multiply(trainer->sample_size, batches, &data) &&
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
    float *seen = trainer->samples + batch * trainer->sample_size * trainer->options.discriminator_steps;
    if (trainer->penalised) {
        trainer->penalty_samples = seen + batch * trainer->sample_size * gan_view_batches(trainer);
    }
    return gan_view_create(trainer, seen);
}

static gan_status create_parts(gan_trainer *trainer, gan_model *generator, gan_model *discriminator)
{
    gan_trainer_options *options = &trainer->options;
    const gan_optimizer_options shared = gan_trainer_shared_optimizer(options);
    GAN_TRY(check_shapes(trainer, generator, discriminator));
    if (options->simultaneous) GAN_TRY(gan_simultaneous_check(discriminator));
    GAN_TRY(create_player(&trainer->generator, "generator", generator,
                          options->generator_optimizer ? options->generator_optimizer : &shared));
    GAN_TRY(create_player(&trainer->discriminator, "discriminator", discriminator,
                          options->discriminator_optimizer ? options->discriminator_optimizer : &shared));
    options->generator_optimizer = NULL;
    options->discriminator_optimizer = NULL;
    GAN_TRY(gan_trainer_create_average(trainer));
    GAN_TRY(create_sessions(trainer));
    GAN_TRY(allocate_arrays(trainer));
    GAN_TRY(gan_monitor_create(trainer));
    GAN_TRY(gan_random_create(trainer->context, options->seed, GAN_STREAM_NOISE, &trainer->noise));
    return gan_random_create(trainer->context, options->seed, GAN_STREAM_PENALTY, &trainer->penalty_random);
}

gan_status gan_trainer_create(gan_context *context, gan_model *generator, gan_model *discriminator,
                              const gan_trainer_options *options, gan_trainer **out)
{
    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(generator);
    GAN_CHECK_NOT_NULL(discriminator);
    GAN_CHECK_NOT_NULL(out);
    gan_trainer_options resolved;
    GAN_TRY(gan_trainer_options_resolve(options, &resolved));
    GAN_TRY(check_model(context, generator, "generator"));
    GAN_TRY(check_model(context, discriminator, "discriminator"));
    if (generator == discriminator) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: generator and discriminator are the same model", __func__);
    }
    gan_trainer *trainer = gan_allocate(context, sizeof(*trainer));
    if (!trainer) return GAN_ERROR_MEMORY;
    trainer->context = gan_context_retain(context);
    trainer->options = resolved;
    gan_status status = create_parts(trainer, generator, discriminator);
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
    gan_view_destroy(&trainer->view);
    gan_monitor_destroy(trainer);
    gan_random_destroy(trainer->noise);
    gan_random_destroy(trainer->penalty_random);
    gan_session_destroy(trainer->generate);
    gan_session_destroy(trainer->real);
    gan_session_destroy(trainer->fake);
    gan_session_destroy(trainer->penalised);
    gan_session_destroy(trainer->sample);
    gan_release(context, trainer->values, (size_t)trainer->value_count * sizeof(float));
    destroy_player(context, &trainer->generator);
    destroy_player(context, &trainer->discriminator);
    destroy_player(context, &trainer->average);
    gan_release(context, trainer, sizeof(*trainer));
    gan_context_release(context);
}

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
