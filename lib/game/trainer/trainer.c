/* The trainer as a handle: checks and calls. Its options are in trainer_options.c, its game in trainer_game.c. */
#include "game/trainer/trainer.h"

/* ---- Checks ---------------------------------------------------------------------------------------------------- */

static gan_status check_model(const gan_context *context, const gan_model *model, const char *name)
{
    if (model->context != context) {
        return gan_fail(GAN_ERROR_ARGUMENT, "gan_trainer_create: the %s belongs to another context", name);
    }
    GAN_TRY(gan_model_check_built(model, "gan_trainer_create"));
    if (gan_model_input_count(model) != 1 || gan_model_output_count(model) != 1) {
        return gan_fail(GAN_ERROR_SHAPE,
                        "gan_trainer_create: the %s has %lld input%s and %lld output%s, expected one of each", name,
                        (long long)gan_model_input_count(model), gan_plural(gan_model_input_count(model)),
                        (long long)gan_model_output_count(model), gan_plural(gan_model_output_count(model)));
    }
    return GAN_OK;
}

/* GAN_ERROR_SHAPE unless D's input is `packing` samples side by side. */
static gan_status check_packing(int64_t packing, gan_shape made, gan_shape judged)
{
    char text[GAN_SHAPE_TEXT], other[GAN_SHAPE_TEXT], packs[GAN_SHAPE_TEXT];
    gan_shape pack = made;
    if (!gan_checked_multiply(made.dims[0], packing, &pack.dims[0]) || gan_shape_count(pack) == 0) {
        return gan_fail(GAN_ERROR_OVERFLOW, "gan_trainer_options: packing is %lld, and that many samples %s overflow",
                        (long long)packing, gan_shape_text(made, text));
    }
    if (gan_shape_equal(pack, judged)) return GAN_OK;
    if (packing == 1) {
        return gan_fail(GAN_ERROR_SHAPE,
                        "gan_trainer_create: the generator makes samples %s, but the discriminator's input is %s",
                        gan_shape_text(made, text), gan_shape_text(judged, other));
    }
    return gan_fail(GAN_ERROR_SHAPE,
                    "gan_trainer_options: packing is %lld and the generator makes samples %s, so the discriminator's "
                    "input must be %s, but is %s",
                    (long long)packing, gan_shape_text(made, text), gan_shape_text(pack, packs),
                    gan_shape_text(judged, other));
}

static gan_status check_noise(const gan_model *generator)
{
    gan_input_info input = GAN_INPUT_INFO_INIT;
    GAN_TRY(gan_model_get_input_info(generator, 0, &input));
    if (input.role != GAN_INPUT_CLASS && input.role != GAN_INPUT_IMAGE) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT,
                    "gan_trainer_create: the generator's input '%s' is of role %s, expected noise", input.name,
                    gan_input_role_name(input.role));
}

/* Noise, of any shape, is all that G reads, D sees samples of G, and D has one logit. Fills sample_shape. */
static gan_status check_shapes(gan_trainer *trainer)
{
    const gan_trainer_options *options = &trainer->options;
    char text[GAN_SHAPE_TEXT];
    gan_shape made, judged, logit;
    GAN_TRY(gan_model_get_output_shape(trainer->generator, 0, &made));
    GAN_TRY(gan_model_get_input_shape(trainer->discriminator, 0, &judged));
    GAN_TRY(gan_model_get_output_shape(trainer->discriminator, 0, &logit));
    GAN_TRY(check_noise(trainer->generator));
    GAN_TRY(check_packing(options->packing, made, judged));
    if (options->augment) GAN_TRY(gan_augment_check(options->augment, made, "gan_trainer_options: augment"));
    if (gan_shape_count(logit) != 1) {
        return gan_fail(GAN_ERROR_SHAPE, "gan_trainer_create: the discriminator's output is %s, expected one logit",
                        gan_shape_text(logit, text));
    }
    trainer->sample_shape = made;
    return GAN_OK;
}

/* GAN_ERROR_UNSUPPORTED if a layer of D mixes the samples of a batch: one pass of D then does not serve both players.
 */
static gan_status check_simultaneous(const gan_trainer *trainer)
{
    char text[GAN_NODE_TEXT];
    gan_node node;
    if (!trainer->options.simultaneous || !gan_find_mixing_layer(trainer->discriminator, &node)) return GAN_OK;
    return gan_fail(GAN_ERROR_UNSUPPORTED,
                    "gan_trainer_options: simultaneous is set, but %s of the discriminator mixes the samples of a "
                    "batch, so the gradients of the two losses are not proportional",
                    gan_model_node_text(trainer->discriminator, node, text));
}

/* ---- The handle ------------------------------------------------------------------------------------------------ */

/* The average of the generator, or NULL. */
static gan_model *average_of(const gan_trainer *trainer)
{
    return trainer->game->players[GAN_ROLE_GENERATOR].averages[0].guard.model;
}

static gan_status create_parts(gan_trainer *trainer, const gan_optimizer_options optimizers[GAN_PLAYERS])
{
    GAN_TRY(check_shapes(trainer));
    GAN_TRY(check_simultaneous(trainer));
    GAN_TRY(gan_trainer_describe(trainer, optimizers));
    gan_model *average = average_of(trainer);
    return gan_session_create_planned(average ? average : trainer->generator,
                                      GAN_SESSION(.batch = trainer->options.batch, .forward_only = true), true,
                                      &trainer->sample);
}

gan_status gan_trainer_create(gan_context *context, gan_model *generator, gan_model *discriminator,
                              const gan_trainer_options *options, gan_trainer **out)
{
    GAN_FLOAT_SCOPE();
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
    trainer->generator = generator;
    trainer->discriminator = discriminator;
    gan_status status = create_parts(trainer, optimizers);
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
    gan_session_destroy(trainer->sample);
    gan_game_destroy(trainer->game);
    gan_release(context, trainer, sizeof(*trainer));
    gan_context_release(context);
}

/* ---- Calls ----------------------------------------------------------------------------------------------------- */

int64_t gan_trainer_steps(const gan_trainer *trainer)
{
    return trainer ? trainer->game->rounds : 0;
}

gan_status gan_trainer_sample(gan_trainer *trainer, const gan_sample_options *options, int64_t count, float *out)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(trainer);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(gan_game_finish_round(trainer->game));
    return gan_session_draw(trainer->sample, options, count, out, __func__);
}

_Static_assert(ATOMIC_BOOL_LOCK_FREE == 2, "gan_trainer_cancel() may be called from a signal handler");

void gan_trainer_cancel(gan_trainer *trainer)
{
    if (trainer) gan_game_cancel(trainer->game);
}

gan_status gan_trainer_get_average(gan_trainer *trainer, gan_model **out)
{
    GAN_CHECK_NOT_NULL(trainer);
    GAN_CHECK_NOT_NULL(out);
    if (!average_of(trainer)) {
        return gan_fail(GAN_ERROR_STATE,
                        "%s: the trainer was created without ema_decay and ema_half_life and keeps no average",
                        __func__);
    }
    *out = average_of(trainer);
    return GAN_OK;
}

gan_status gan_trainer_snapshot(gan_trainer *trainer, gan_model **out)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(trainer);
    return gan_player_snapshot((gan_player){.game = trainer->game, .index = GAN_ROLE_GENERATOR}, 0, out);
}

uint64_t gan_trainer_diagnoses(const gan_trainer *trainer)
{
    return trainer ? gan_monitor_diagnoses(&trainer->game->pairs[0].monitor) : 0;
}

static const gan_model *model_of(const gan_trainer *trainer, gan_role role)
{
    if (role == GAN_ROLE_GENERATOR) return trainer->generator;
    return role == GAN_ROLE_DISCRIMINATOR ? trainer->discriminator : NULL;
}

static gan_status check_role(gan_role role, const char *what)
{
    if (role == GAN_ROLE_GENERATOR || role == GAN_ROLE_DISCRIMINATOR) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s: role is %d, expected a gan_role", what, (int)role);
}

gan_status gan_trainer_get_optimizer(gan_trainer *trainer, gan_role role, gan_optimizer **out)
{
    GAN_CHECK_NOT_NULL(trainer);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(check_role(role, __func__));
    *out = trainer->game->players[role].optimizer;
    return GAN_OK;
}

int64_t gan_trainer_layer_count(const gan_trainer *trainer, gan_role role)
{
    const gan_model *model = trainer ? model_of(trainer, role) : NULL;
    return model ? gan_layer_report_count(model) : 0;
}

gan_status gan_trainer_get_layer_report(const gan_trainer *trainer, gan_role role, int64_t index,
                                        gan_layer_report *out)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(trainer);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(check_role(role, __func__));
    const gan_model *model = model_of(trainer, role);
    const int64_t count = gan_layer_report_count(model);
    if (index < 0 || index >= count) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: index is %lld, but the %s has %lld layer%s with parameters",
                        __func__, (long long)index, trainer->game->players[role].name, (long long)count,
                        gan_plural(count));
    }
    GAN_TRY(gan_game_finish_round(trainer->game));
    if (!trainer->game->pairs[0].monitor.stepped) {
        return gan_fail(GAN_ERROR_STATE, "%s: the trainer has taken no step yet", __func__);
    }
    const gan_layer_report report = gan_layer_report_measure(model, index);
    return gan_report_write(out, &report, sizeof(report), "gan_layer_report");
}
