/* What the discriminator sees of samples: them as they are, or augmented, with noise, several side by side. Packing
 * is counting: so many samples (c, h, w) after each other are one (packing * c, h, w) in the same memory. */
#include "train/train.h"

/* ---- The handle ------------------------------------------------------------------------------------------------ */

/* GAN_ERROR_SHAPE unless D's input is `packing` samples side by side. */
static gan_status check_packing(const gan_trainer *trainer, gan_shape made, gan_shape judged)
{
    const int64_t packing = trainer->options.packing;
    char text[GAN_SHAPE_TEXT], other[GAN_SHAPE_TEXT], packs[GAN_SHAPE_TEXT];
    gan_shape pack = made;
    if (!gan_checked_multiply(made.dims[0], packing, &pack.dims[0]) || gan_shape_count(pack) == 0) {
        return gan_fail(GAN_ERROR_OVERFLOW, "gan_trainer_options: packing is %lld, and so many samples %s overflow",
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
                    "input has to be %s, but is %s",
                    (long long)packing, gan_shape_text(made, text), gan_shape_text(pack, packs),
                    gan_shape_text(judged, other));
}

gan_status gan_view_check(gan_trainer *trainer, gan_shape made, gan_shape judged)
{
    const gan_trainer_options *options = &trainer->options;
    trainer->view.sample = made;
    GAN_TRY(check_packing(trainer, made, judged));
    return options->augment ? gan_augment_check(options->augment, made, "gan_trainer_options: augment") : GAN_OK;
}

static bool changes(const gan_trainer_options *options)
{
    return options->augment || options->instance_noise > 0;
}

static bool direct(const gan_trainer_options *options)
{
    return options->packing == 1 && !changes(options);
}

int gan_view_batches(const gan_trainer *trainer)
{
    return direct(&trainer->options) ? 0 : changes(&trainer->options) ? 3 : 1;
}

gan_status gan_view_create(gan_trainer *trainer, float *values)
{
    const gan_trainer_options *options = &trainer->options;
    const int64_t size = options->batch * trainer->sample_size;
    gan_view *view = &trainer->view;
    if (!direct(options)) view->made = values;
    if (changes(options)) {
        view->real_room = values + size;
        view->fake_room = values + 2 * size;
    }
    if (options->augment) {
        GAN_TRY(gan_random_create(trainer->context, options->seed, GAN_STREAM_AUGMENT, &view->augmentation));
    }
    if (options->instance_noise == 0) return GAN_OK;
    return gan_random_create(trainer->context, options->seed, GAN_STREAM_INSTANCE_NOISE, &view->noise);
}

void gan_view_destroy(gan_view *view)
{
    gan_random_destroy(view->augmentation);
    gan_random_destroy(view->noise);
}

int64_t gan_view_count(const gan_trainer *trainer, int64_t samples)
{
    return samples / trainer->options.packing;
}

/* ---- There ----------------------------------------------------------------------------------------------------- */

/* The deviation of the noise in the present step. */
static float noise_deviation(const gan_trainer *trainer)
{
    const gan_trainer_options *options = &trainer->options;
    const gan_schedule schedule = options->instance_noise_steps ? GAN_SCHEDULE_LINEAR : GAN_SCHEDULE_CONSTANT;
    return (float)gan_schedule_value(schedule, options->instance_noise, 0, trainer->steps,
                                     options->instance_noise_steps);
}

/* *seen = what is seen of the samples: themselves, or what is written to `room`. */
static gan_status look(gan_trainer *trainer, const float *samples, int64_t batch, float *room, const float **seen)
{
    gan_view *view = &trainer->view;
    const float deviation = noise_deviation(trainer);
    *seen = samples;
    if (view->augmentation) {
        GAN_TRY(gan_augment(trainer->context, trainer->options.augment, view->sample, view->augmentation->state,
                            batch, samples, room));
        view->augmentation->state.counter += GAN_AUGMENT_BLOCKS * (uint64_t)batch;
        *seen = room;
    }
    if (deviation > 0) {
        GAN_TRY(gan_instance_noise(view->noise, deviation, *seen, batch, trainer->sample_size, room));
        *seen = room;
    }
    return GAN_OK;
}

gan_status gan_view_real(gan_trainer *trainer, const float *samples, int64_t batch)
{
    gan_view *view = &trainer->view;
    GAN_TRY(look(trainer, samples, batch, view->real_room, &view->real));
    return gan_session_set_input(trainer->real, 0, view->real, gan_view_count(trainer, batch));
}

gan_status gan_view_fake(gan_trainer *trainer, int64_t batch)
{
    gan_view *view = &trainer->view;
    if (direct(&trainer->options)) return gan_session_set_input_from(trainer->fake, 0, trainer->generate, 0);
    if (view->augmentation) view->fake_draws = view->augmentation->state;
    GAN_TRY(gan_session_get_output(trainer->generate, 0, view->made));
    GAN_TRY(look(trainer, view->made, batch, view->fake_room, &view->fake));
    return gan_session_set_input(trainer->fake, 0, view->fake, gan_view_count(trainer, batch));
}

gan_status gan_view_get_fake(const gan_trainer *trainer, float *room, const float **seen)
{
    *seen = direct(&trainer->options) ? room : trainer->view.fake;
    return direct(&trainer->options) ? gan_session_get_output(trainer->generate, 0, room) : GAN_OK;
}

/* ---- And back -------------------------------------------------------------------------------------------------- */

gan_status gan_view_backward(gan_trainer *trainer, int64_t batch)
{
    gan_view *view = &trainer->view;
    /* Penalties that are still to come may need what D saw, and then there is room for their samples. */
    float *seen = trainer->penalty_samples ? trainer->penalty_samples : view->made;
    float *made = trainer->penalty_samples ? view->made : view->fake_room;
    if (direct(&trainer->options)) {
        return gan_session_set_output_gradient_from(trainer->generate, 0, trainer->fake, 0);
    }
    GAN_TRY(gan_session_get_input_gradient(trainer->fake, 0, seen));
    if (!view->augmentation) return gan_session_set_output_gradient(trainer->generate, 0, seen);
    GAN_TRY(gan_augment_backward(trainer->context, trainer->options.augment, view->sample, view->fake_draws, batch,
                                 seen, made));
    return gan_session_set_output_gradient(trainer->generate, 0, made);
}
