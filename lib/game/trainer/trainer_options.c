/* Options of a trainer: ranges and defaults. What depends on the models is checked when the trainer is created. */
#include "game/trainer/trainer.h"

#include <float.h>
#include <stddef.h>

static const char what[] = "gan_trainer_options";

/* ---- Rows ------------------------------------------------------------------------------------------------------ */

#define AT(field) .name = #field, .offset = offsetof(gan_trainer_options, field)
#define FLOAT(field, of_range, by_default)                                              \
    {                                                                                   \
        AT(field), .type = GAN_OPTION_OF_FLOAT, .range = of_range, .number = by_default \
    }
#define FLOAT_OR_NONE(field, of_range)                                              \
    {                                                                               \
        AT(field), .type = GAN_OPTION_OF_FLOAT, .range = of_range, .may_lack = true \
    }
#define TIMES(field)                                                                      \
    {                                                                                     \
        AT(field), .type = GAN_OPTION_OF_COUNT, .most = GAN_OPTION_MOST_TIMES, .count = 1 \
    }
#define COUNT_OR_NONE(field)                                      \
    {                                                             \
        AT(field), .type = GAN_OPTION_OF_COUNT, .most = INT64_MAX \
    }
#define CHOICE(field, last_one)                                                             \
    {                                                                                       \
        AT(field), .type = GAN_OPTION_OF_ENUM, .last = last_one, .enum_name = "gan_" #field \
    }

static const gan_option_row rows[] = {
    {AT(batch), .type = GAN_OPTION_OF_COUNT, .most = INT64_MAX, .count = 32, .refused = GAN_ERROR_BATCH},
    FLOAT(learning_rate, GAN_RANGE_NOT_NEGATIVE, GAN_DEFAULT_LEARNING_RATE),
    FLOAT(beta1, GAN_RANGE_BELOW_ONE, GAN_DEFAULT_BETA1),
    FLOAT(beta2, GAN_RANGE_BELOW_ONE, GAN_DEFAULT_BETA2),
    TIMES(discriminator_steps),
    CHOICE(order, GAN_ORDER_GENERATOR_FIRST),
    FLOAT(label_smoothing, GAN_RANGE_BELOW_ONE, 0),
    CHOICE(noise, GAN_NOISE_UNIFORM),
    FLOAT(r1, GAN_RANGE_NOT_NEGATIVE, 0),
    FLOAT(r2, GAN_RANGE_NOT_NEGATIVE, 0),
    FLOAT(gradient_penalty, GAN_RANGE_NOT_NEGATIVE, 0),
    FLOAT(dragan, GAN_RANGE_NOT_NEGATIVE, 0),
    FLOAT_OR_NONE(weight_clip, GAN_RANGE_POSITIVE),
    TIMES(penalty_interval),
    {AT(penalty_schedule), .type = GAN_OPTION_OF_ENUM, .last = GAN_SCHEDULE_COSINE,
     .enum_name = "constant, linear or cosine gan_schedule"},
    COUNT_OR_NONE(penalty_schedule_steps),
    FLOAT(final_penalty_factor, GAN_RANGE_UNIT, 0),
    TIMES(packing),
    FLOAT(instance_noise, GAN_RANGE_NOT_NEGATIVE, 0),
    COUNT_OR_NONE(instance_noise_steps),
    FLOAT(ema_decay, GAN_RANGE_BELOW_ONE, 0),
    FLOAT_OR_NONE(ema_half_life, GAN_RANGE_POSITIVE),
    FLOAT_OR_NONE(ema_ramp, GAN_RANGE_POSITIVE),
};

/* ---- Options checked against each other ------------------------------------------------------------------------ */

static gan_status check_loss(const gan_trainer_options *options)
{
    GAN_TRY(gan_loss_check(options->loss, "gan_trainer_options: loss"));
    return gan_loss_check_real_target(options->loss, 1 - options->label_smoothing,
                                      "gan_trainer_options: label_smoothing", options->label_smoothing);
}

/* Simultaneous updates are one per player, on the same noise. */
static gan_status check_simultaneous(const gan_trainer_options *options)
{
    if (!options->simultaneous) return GAN_OK;
    if (options->discriminator_steps != 1) {
        return gan_fail(GAN_ERROR_ARGUMENT,
                        "gan_trainer_options: simultaneous is set and discriminator_steps is %lld, expected 1: each "
                        "player moves once",
                        (long long)options->discriminator_steps);
    }
    if (options->order != GAN_ORDER_DISCRIMINATOR_FIRST) {
        return gan_fail(GAN_ERROR_ARGUMENT,
                        "gan_trainer_options: simultaneous is set and order is %d, expected 0: no player moves first",
                        (int)options->order);
    }
    if (options->fresh_noise) {
        return gan_fail(GAN_ERROR_ARGUMENT,
                        "gan_trainer_options: simultaneous and fresh_noise are both set, expected at most one: both "
                        "players learn from the same samples");
    }
    return GAN_OK;
}

/* A coefficient times the interval must stay a float. */
static gan_status check_coefficients(const gan_trainer_options *options)
{
    const struct {
        const char *name;
        float value;
    } coefficients[] = {
        {"r1", options->r1},
        {"r2", options->r2},
        {"gradient_penalty", options->gradient_penalty},
        {"dragan", options->dragan},
    };
    for (size_t i = 0; i < sizeof(coefficients) / sizeof(*coefficients); i++) {
        const double most = (double)coefficients[i].value * (double)options->penalty_interval;
        if (most <= (double)FLT_MAX) continue;
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: %s is %g, which penalty_interval makes %g; expected at most %g",
                        what, coefficients[i].name, (double)coefficients[i].value, most, (double)FLT_MAX);
    }
    return GAN_OK;
}

static gan_status check_penalties(const gan_trainer_options *options)
{
    GAN_TRY(check_coefficients(options));
    if (options->weight_clip > 0 && options->gradient_penalty > 0) {
        return gan_fail(GAN_ERROR_ARGUMENT,
                        "%s: weight_clip is %g and gradient_penalty %g, expected at most one of them: both bound the "
                        "slope of a Wasserstein discriminator",
                        what, (double)options->weight_clip, (double)options->gradient_penalty);
    }
    return gan_schedule_check(options->penalty_schedule, options->penalty_schedule_steps, what,
                              "penalty_schedule_steps");
}

/* What depends on the shape of samples is checked once that is known. */
static gan_status check_input(const gan_trainer_options *options)
{
    if (options->batch % options->packing != 0) {
        return gan_fail(GAN_ERROR_BATCH, "%s: batch is %lld, expected a multiple of packing, %lld", what,
                        (long long)options->batch, (long long)options->packing);
    }
    return GAN_OK;
}

/* ---- All of them ----------------------------------------------------------------------------------------------- */

/* A player's optimizer: by its own options, or by those that both players share. */
static gan_status resolve_optimizer(const gan_trainer_options *options, const gan_optimizer_options *own,
                                    const char *name, gan_optimizer_options *resolved)
{
    GAN_TRY(gan_optimizer_options_resolve(own, name, resolved));
    if (own) return GAN_OK;
    resolved->learning_rate = options->learning_rate;
    resolved->beta1 = options->beta1;
    resolved->beta2 = options->beta2;
    return GAN_OK;
}

gan_status gan_trainer_options_resolve(const gan_trainer_options *given, gan_trainer_options *resolved,
                                       gan_optimizer_options optimizers[GAN_PLAYERS])
{
    gan_trainer_options options;
    gan_optimizer_options of_generator, of_discriminator;
    GAN_TRY(gan_options_read(&options, sizeof(options), given, what));
    GAN_TRY(gan_check_reserved(what, options.reserved, sizeof(options.reserved)));
    GAN_TRY(gan_option_rows_resolve(rows, sizeof(rows) / sizeof(*rows), what, &options));
    GAN_TRY(check_loss(&options));
    GAN_TRY(check_simultaneous(&options));
    GAN_TRY(check_penalties(&options));
    GAN_TRY(check_input(&options));
    GAN_TRY(gan_average_check(options.ema_decay, options.ema_half_life, options.ema_ramp, what));
    GAN_TRY(gan_diagnosis_interval_resolve(&options.diagnosis_interval, what));
    GAN_TRY(resolve_optimizer(&options, options.generator_optimizer, "gan_trainer_options: generator_optimizer",
                              &of_generator));
    GAN_TRY(resolve_optimizer(&options, options.discriminator_optimizer,
                              "gan_trainer_options: discriminator_optimizer", &of_discriminator));
    options.generator_optimizer = options.discriminator_optimizer = NULL; /* the caller's structs may not live long */
    optimizers[GAN_ROLE_GENERATOR] = of_generator;
    optimizers[GAN_ROLE_DISCRIMINATOR] = of_discriminator;
    *resolved = options;
    return GAN_OK;
}
