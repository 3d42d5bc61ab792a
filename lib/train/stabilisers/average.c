/* Exponential averages of weights during training. */
#include "train/options/options.h"
#include "train/stabilisers/stabilisers.h"

#include <math.h>
#include <string.h>

/* ---- Any model ------------------------------------------------------------------------------------------------- */

static bool same_tensor(const gan_model_tensor *a, const gan_model_tensor *b)
{
    return strcmp(a->name, b->name) == 0 && a->plan.kind == b->plan.kind &&
           gan_shape_equal(a->plan.shape, b->plan.shape) && a->plan.channels == b->plan.channels &&
           a->plan.pixels == b->plan.pixels;
}

/* With the same tensors, the flat arrays have the same layout. */
static gan_status check_same_tensors(const gan_model *average, const gan_model *model)
{
    if (average->tensor_count != model->tensor_count) {
        return gan_fail(GAN_ERROR_ARCHITECTURE, "gan_model_average: the average has %d tensor%s, but the model %d",
                        (int)average->tensor_count, gan_plural(average->tensor_count), (int)model->tensor_count);
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
    GAN_FLOAT_SCOPE();
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

/* ---- Averages during training ---------------------------------------------------------------------------------- */

gan_status gan_average_check(float decay, float half_life, float ramp, const char *what)
{
    if (decay > 0 && half_life > 0) {
        return gan_fail(
            GAN_ERROR_ARGUMENT,
            "%s: ema_decay is %g and ema_half_life %g, expected at most one of them: both set how fast the "
            "average forgets",
            what, (double)decay, (double)half_life);
    }
    if (ramp > 0 && half_life == 0) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: ema_ramp is %g, but there is no ema_half_life for it to limit", what,
                        (double)ramp);
    }
    return GAN_OK;
}

static bool is_kept(const gan_average *average)
{
    return average->decay > 0 || average->half_life > 0;
}

gan_status gan_average_create(gan_average *average, const gan_model *model)
{
    if (!is_kept(average)) return GAN_OK;
    gan_model *clone;
    GAN_TRY(gan_model_clone(model, &clone));
    gan_status status = gan_guard_create(&average->guard, clone);
    gan_model_destroy(clone); /* the guard keeps it */
    return status;
}

void gan_average_destroy(gan_average *average)
{
    gan_guard_destroy(&average->guard);
}

/* 2^(-n / H): half remains after H samples. */
static double decay_of_step(const gan_average *average, int64_t count)
{
    if (average->half_life == 0) return average->decay;
    double half_life = average->half_life;
    if (average->ramp > 0) half_life = fmin(half_life, average->ramp * (double)average->seen);
    return half_life > 0 ? exp2(-(double)count / half_life) : 0;
}

gan_status gan_average_move(gan_average *average, const gan_model *model, int64_t count)
{
    gan_guard *guard = &average->guard;
    if (!guard->model) return GAN_OK;
    GAN_TRY(gan_model_average(guard->model, model, decay_of_step(average, count)));
    guard->proved = false; /* like the weights that it has just averaged in */
    return GAN_OK;
}

void gan_average_add_entries(gan_average *average, const char *part, const char *name, gan_entries *entries)
{
    if (!average->guard.model) return;
    gan_entries_expect(
        entries, GAN_ERROR_ARCHITECTURE,
        "without an average of the generator or another player, which is kept here: leave out ema_decay "
        "and ema_half_life to load the file");
    gan_entries_add_word(entries, part, "samples", &average->seen);
    gan_guard_add_entries(&average->guard, name, entries);
}
