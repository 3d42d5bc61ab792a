/* Options of a trainer: their ranges and defaults. What depends on the models is checked when the trainer is made. */
#include "train/train.h"

#include <float.h>

/* A number of times, by default 1; the limit keeps products of two of them from overflowing. */
static gan_status resolve_times(int64_t *value, const char *what)
{
    if (*value < 0 || *value > INT32_MAX) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s is %lld, expected 1 to %d", what, (long long)*value, INT32_MAX);
    }
    if (*value == 0) *value = 1;
    return GAN_OK;
}

/* A value of an enum whose last one is given. */
static gan_status check_choice(int value, int last, const char *what, const char *type)
{
    if (value >= 0 && value <= last) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s is %d, expected a %s", what, value, type);
}

static gan_status resolve_game(gan_trainer_options *options)
{
    if (options->batch < 0) {
        return gan_fail(GAN_ERROR_BATCH, "gan_trainer_options: batch is %lld, expected at least 1",
                        (long long)options->batch);
    }
    if (options->batch == 0) options->batch = 32;
    GAN_TRY(resolve_times(&options->discriminator_steps, "gan_trainer_options: discriminator_steps"));
    GAN_TRY(gan_loss_check(options->loss, "gan_trainer_options: loss"));
    GAN_TRY(check_choice((int)options->order, GAN_ORDER_GENERATOR_FIRST, "gan_trainer_options: order", "gan_order"));
    GAN_TRY(check_choice((int)options->noise, GAN_NOISE_UNIFORM, "gan_trainer_options: noise", "gan_noise"));
    GAN_TRY(gan_option_resolve(&options->label_smoothing, 0, GAN_RANGE_BELOW_ONE,
                               "gan_trainer_options: label_smoothing"));
    return gan_loss_check_real_target(options->loss, 1 - options->label_smoothing,
                                      "gan_trainer_options: label_smoothing", options->label_smoothing);
}

/* Simultaneous updates are one of each player, on the same noise. */
static gan_status check_simultaneous(const gan_trainer_options *options)
{
    for (size_t i = 0; i < sizeof(options->reserved); i++) {
        GAN_TRY(gan_check_reserved("gan_trainer_options", options->reserved[i]));
    }
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

/* What bounds D's slope, or draws it to 0. */
static gan_status resolve_penalties(gan_trainer_options *options)
{
    const gan_option_rule rules[] = {
        {&options->r1, 0, GAN_RANGE_NOT_NEGATIVE, "gan_trainer_options: r1"},
        {&options->r2, 0, GAN_RANGE_NOT_NEGATIVE, "gan_trainer_options: r2"},
        {&options->gradient_penalty, 0, GAN_RANGE_NOT_NEGATIVE, "gan_trainer_options: gradient_penalty"},
        {&options->dragan, 0, GAN_RANGE_NOT_NEGATIVE, "gan_trainer_options: dragan"},
        {&options->final_penalty_factor, 0, GAN_RANGE_UNIT, "gan_trainer_options: final_penalty_factor"},
    };
    GAN_TRY(gan_option_resolve_all(rules, sizeof(rules) / sizeof(*rules)));
    GAN_TRY(resolve_times(&options->penalty_interval, "gan_trainer_options: penalty_interval"));
    for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
        double most = (double)*rules[i].value * (double)options->penalty_interval;
        if (most <= FLT_MAX) continue;
        return gan_fail(GAN_ERROR_ARGUMENT, "%s is %g, which penalty_interval makes %g; expected at most %g",
                        rules[i].what, (double)*rules[i].value, most, (double)FLT_MAX);
    }
    if (options->weight_clip != 0) {
        GAN_TRY(gan_option_resolve(&options->weight_clip, 0, GAN_RANGE_POSITIVE, "gan_trainer_options: weight_clip"));
    }
    if (options->weight_clip > 0 && options->gradient_penalty > 0) {
        return gan_fail(
            GAN_ERROR_ARGUMENT,
            "gan_trainer_options: weight_clip is %g and gradient_penalty %g, expected at most one of them: "
            "both bound the slope of a Wasserstein discriminator",
            (double)options->weight_clip, (double)options->gradient_penalty);
    }
    return gan_schedule_check(options->penalty_schedule, GAN_SCHEDULE_COSINE, options->penalty_schedule_steps,
                              "gan_trainer_options: penalty_schedule");
}

/* What D sees of samples; what depends on their shape is checked with it. */
static gan_status resolve_view(gan_trainer_options *options)
{
    GAN_TRY(resolve_times(&options->packing, "gan_trainer_options: packing"));
    if (options->batch % options->packing != 0) {
        return gan_fail(GAN_ERROR_BATCH, "gan_trainer_options: batch is %lld, expected a multiple of packing, %lld",
                        (long long)options->batch, (long long)options->packing);
    }
    if (options->instance_noise_steps < 0) {
        return gan_fail(GAN_ERROR_ARGUMENT,
                        "gan_trainer_options: instance_noise_steps is %lld, expected at least 1, or 0 for noise that "
                        "stays",
                        (long long)options->instance_noise_steps);
    }
    return gan_option_resolve(&options->instance_noise, 0, GAN_RANGE_NOT_NEGATIVE,
                              "gan_trainer_options: instance_noise");
}

static gan_status resolve_average(gan_trainer_options *options)
{
    GAN_TRY(gan_option_resolve(&options->ema_decay, 0, GAN_RANGE_BELOW_ONE, "gan_trainer_options: ema_decay"));
    if (options->ema_half_life != 0) {
        GAN_TRY(
            gan_option_resolve(&options->ema_half_life, 0, GAN_RANGE_POSITIVE, "gan_trainer_options: ema_half_life"));
    }
    if (options->ema_ramp != 0) {
        GAN_TRY(gan_option_resolve(&options->ema_ramp, 0, GAN_RANGE_POSITIVE, "gan_trainer_options: ema_ramp"));
    }
    if (options->ema_decay > 0 && options->ema_half_life > 0) {
        return gan_fail(
            GAN_ERROR_ARGUMENT,
            "gan_trainer_options: ema_decay is %g and ema_half_life %g, expected at most one of them: both "
            "say how fast the average forgets",
            (double)options->ema_decay, (double)options->ema_half_life);
    }
    if (options->ema_ramp > 0 && options->ema_half_life == 0) {
        return gan_fail(GAN_ERROR_ARGUMENT,
                        "gan_trainer_options: ema_ramp is %g, but there is no ema_half_life for it to limit",
                        (double)options->ema_ramp);
    }
    return GAN_OK;
}

static gan_status resolve_diagnosis(gan_trainer_options *options)
{
    if (options->diagnosis_interval == 0) options->diagnosis_interval = 100;
    if (options->diagnosis_interval > 0 || options->diagnosis_interval == GAN_DIAGNOSIS_OFF) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT,
                    "gan_trainer_options: diagnosis_interval is %lld, expected at least 1 or GAN_DIAGNOSIS_OFF",
                    (long long)options->diagnosis_interval);
}

gan_status gan_trainer_options_resolve(const gan_trainer_options *given, gan_trainer_options *resolved)
{
    gan_trainer_options options;
    GAN_TRY(gan_options_read(&options, sizeof(options), given, "gan_trainer_options"));
    GAN_TRY(resolve_game(&options));
    GAN_TRY(check_simultaneous(&options));
    GAN_TRY(resolve_penalties(&options));
    GAN_TRY(resolve_view(&options));
    GAN_TRY(resolve_average(&options));
    GAN_TRY(resolve_diagnosis(&options));
    *resolved = options;
    return GAN_OK;
}

gan_optimizer_options gan_trainer_shared_optimizer(const gan_trainer_options *options)
{
    return (gan_optimizer_options){.struct_size = sizeof(gan_optimizer_options),
                                   .learning_rate = options->learning_rate,
                                   .beta1 = options->beta1 == 0 ? 0.5f : options->beta1,
                                   .beta2 = options->beta2};
}
