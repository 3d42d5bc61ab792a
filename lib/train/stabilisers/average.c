/* Exponential averages of weights over a training, and that of a trainer's generator. */
#include "train/train.h"

#include <string.h>

/* ---- Any model ------------------------------------------------------------------------------------------------- */

static bool same_tensor(const gan_model_tensor *a, const gan_model_tensor *b)
{
    return strcmp(a->name, b->name) == 0 && a->plan.kind == b->plan.kind &&
           gan_shape_equal(a->plan.shape, b->plan.shape) && a->plan.channels == b->plan.channels &&
           a->plan.pixels == b->plan.pixels;
}

/* With the same tensors, the flat arrays have the same places. */
static gan_status check_same_tensors(const gan_model *average, const gan_model *model)
{
    if (average->tensor_count != model->tensor_count) {
        return gan_fail(GAN_ERROR_ARCHITECTURE, "gan_model_average: the average has %d tensors, but the model %d",
                        (int)average->tensor_count, (int)model->tensor_count);
    }
    for (int32_t i = 0; i < model->tensor_count; i++) {
        const gan_model_tensor *a = &average->tensors[i], *b = &model->tensors[i];
        char text[GAN_SHAPE_TEXT], other[GAN_SHAPE_TEXT];
        if (same_tensor(a, b)) continue;
        return gan_fail(GAN_ERROR_ARCHITECTURE,
                        "gan_model_average: tensor %d of the average is '%s' %s, but that of the model '%s' %s",
                        (int)i, a->name, gan_shape_text(a->plan.shape, text), b->name,
                        gan_shape_text(b->plan.shape, other));
    }
    return GAN_OK;
}

gan_status gan_model_average(gan_model *average, const gan_model *model, double decay)
{
    GAN_CHECK_NOT_NULL(average);
    GAN_CHECK_NOT_NULL(model);
    GAN_TRY(gan_model_check_built(average, __func__));
    GAN_TRY(gan_model_check_built(model, __func__));
    if (average == model) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: average and model are the same model", __func__);
    }
    if (average->context != model->context) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: the model belongs to another context than the average", __func__);
    }
    GAN_TRY(gan_range_check(GAN_RANGE_UNIT, decay, "gan_model_average: decay"));
    GAN_TRY(check_same_tensors(average, model));
    gan_lerp(model->context, model->parameter_size, 1 - decay, average->parameters, model->parameters,
             gan_model_next_parameters(average));
    gan_model_take_next_parameters(average);
    gan_copy(model->context, model->buffer_size, model->buffers, average->buffers);
    return GAN_OK;
}

/* ---- The average of a trainer ---------------------------------------------------------------------------------- */

gan_status gan_trainer_create_average(gan_trainer *trainer)
{
    if (trainer->options.ema_decay == 0 && trainer->options.ema_half_life == 0) return GAN_OK;
    gan_model *clone;
    GAN_TRY(gan_model_clone(trainer->generator.model, &clone));
    gan_status status = gan_player_take_model(&trainer->average, "generator_average", clone);
    gan_model_destroy(clone); /* the player keeps it */
    return status;
}

/* 2^(-n / H): half is left after H samples. */
static double decay_of_step(const gan_trainer *trainer, int64_t count)
{
    const gan_trainer_options *options = &trainer->options;
    if (options->ema_half_life == 0) return options->ema_decay;
    double half_life = options->ema_half_life;
    if (options->ema_ramp > 0) half_life = fmin(half_life, options->ema_ramp * (double)trainer->seen);
    return half_life > 0 ? exp2(-(double)count / half_life) : 0;
}

gan_status gan_trainer_average(gan_trainer *trainer, int64_t count)
{
    gan_player *average = &trainer->average;
    if (!average->model) return GAN_OK;
    GAN_TRY(gan_model_average(average->model, trainer->generator.model, decay_of_step(trainer, count)));
    average->proved = false; /* as the weights that it has just taken in */
    return GAN_OK;
}

gan_status gan_trainer_get_average(gan_trainer *trainer, gan_model **out)
{
    GAN_CHECK_NOT_NULL(trainer);
    GAN_CHECK_NOT_NULL(out);
    if (!trainer->average.model) {
        return gan_fail(GAN_ERROR_STATE,
                        "%s: the trainer was made without ema_decay and ema_half_life, and keeps no average",
                        __func__);
    }
    *out = trainer->average.model;
    return GAN_OK;
}
