/* What the discriminator is shown of samples. At the border, packing only changes the shape: `packing` consecutive
 * samples (c, h, w) are one (packing * c, h, w) in the same memory. G's samples reach D as both store them. */
#include "train/stabilisers/stabilisers.h"

/* ---- Checks ---------------------------------------------------------------------------------------------------- */

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

gan_status gan_discriminator_input_check(const gan_discriminator_input_options *options, gan_shape made,
                                         gan_shape judged)
{
    GAN_TRY(check_packing(options->packing, made, judged));
    return options->augment ? gan_augment_check(options->augment, made, "gan_trainer_options: augment") : GAN_OK;
}

/* ---- The handle ------------------------------------------------------------------------------------------------ */

gan_status gan_discriminator_input_create(gan_discriminator_input *input, gan_context *context, gan_shape sample,
                                          const gan_discriminator_input_options *options, int64_t batch)
{
    input->context = context;
    input->options = *options;
    input->sample = sample;
    if (options->augment) {
        GAN_TRY(gan_random_create(context, options->seed, GAN_STREAM_AUGMENT, &input->augmentation));
    }
    if (options->noise > 0) {
        GAN_TRY(gan_random_create(context, options->seed, GAN_STREAM_INSTANCE_NOISE, &input->noise));
    }
    if (!input->augmentation && !input->noise) return GAN_OK;
    GAN_TRY(gan_samples_check("gan_trainer_create", batch, gan_shape_count(sample), &input->values));
    input->real_room = gan_allocate_array(context, input->values, sizeof(*input->real_room));
    return input->real_room ? GAN_OK : GAN_ERROR_MEMORY;
}

void gan_discriminator_input_destroy(gan_discriminator_input *input)
{
    gan_random_destroy(input->augmentation);
    gan_random_destroy(input->noise);
    if (!input->real_room) return;
    gan_release(input->context, input->real_room, (size_t)input->values * sizeof(*input->real_room));
}

void gan_discriminator_input_add_entries(gan_discriminator_input *input, gan_entries *entries)
{
    if (input->augmentation) {
        gan_entries_expect(entries, GAN_ERROR_NOT_FOUND, "by a trainer without augment");
        gan_entries_add_random(entries, "augment", input->augmentation);
    }
    if (input->noise) {
        gan_entries_expect(entries, GAN_ERROR_NOT_FOUND, "by a trainer without instance_noise");
        gan_entries_add_random(entries, "instance_noise", input->noise);
    }
}

int64_t gan_discriminator_input_count(const gan_discriminator_input *input, int64_t samples)
{
    return samples / input->options.packing;
}

/* ---- Forward --------------------------------------------------------------------------------------------------- */

/* The noise's deviation in a step. */
static float noise_deviation(const gan_discriminator_input *input, int64_t step)
{
    const gan_discriminator_input_options *options = &input->options;
    const gan_schedule schedule = options->noise_steps ? GAN_SCHEDULE_LINEAR : GAN_SCHEDULE_CONSTANT;
    return (float)gan_schedule_value(schedule, options->noise, 0, step, options->noise_steps);
}

/* Draws the augmentation of a batch. */
static gan_random_state draw(const gan_discriminator_input *input, int64_t batch)
{
    if (!input->augmentation) return (gan_random_state){.counter = 0};
    const gan_random_state drawn = input->augmentation->state;
    input->augmentation->state.counter += GAN_AUGMENT_BLOCKS * (uint64_t)batch;
    return drawn;
}

gan_status gan_discriminator_input_set_real(gan_discriminator_input *input, const float *samples, int64_t batch,
                                            int64_t step, gan_session *discriminator)
{
    const float deviation = noise_deviation(input, step);
    input->real = samples;
    if (input->augmentation) {
        GAN_TRY(gan_augment(input->context, input->options.augment, input->sample, draw(input, batch), batch,
                            input->real, input->real_room));
        input->real = input->real_room;
    }
    if (deviation > 0) {
        GAN_TRY(gan_instance_noise(input->noise, deviation, input->real, batch, gan_shape_count(input->sample),
                                   input->real_room));
        input->real = input->real_room;
    }
    return gan_session_set_input(discriminator, 0, input->real, gan_discriminator_input_count(input, batch));
}

static bool direct(const gan_discriminator_input *input)
{
    return input->options.packing == 1 && !input->augmentation && !input->noise;
}

typedef void (*augment_fn)(gan_context *context, const gan_augment_args *args, int64_t batch, const gan_real *x,
                           gan_real *y);

/* From samples as G stores them to packs as D stores them, or back. */
static void move(const gan_discriminator_input *input, augment_fn way, int64_t batch, const gan_real *from,
                 gan_real *to)
{
    const gan_shape sample = input->sample;
    if (sample.rank != 3 || (!input->augmentation && input->options.packing == 1)) {
        gan_copy(input->context, batch * gan_shape_count(sample), from, to);
        return;
    }
    const gan_augment_args args = {.kinds = input->options.augment,
                                   .channels = sample.dims[0],
                                   .height = sample.dims[1],
                                   .width = sample.dims[2],
                                   .state = input->fake_draws,
                                   .channels_last = true,
                                   .packing = input->options.packing};
    way(input->context, &args, batch, from, to);
}

/* gan_instance_noise() on what D's session stores. */
static void add_noise(const gan_discriminator_input *input, float deviation, int64_t batch, gan_real *packs)
{
    const gan_shape sample = input->sample;
    const int64_t packing = input->options.packing, size = packing * gan_shape_count(sample);
    const int64_t channels = sample.rank == 3 ? packing * sample.dims[0] : 1, count = batch / packing * size;
    gan_add_normal_transposed(input->context, batch / packing, channels, size / channels, deviation,
                              input->noise->state, packs);
    input->noise->state.counter += (uint64_t)(count - 1) / GAN_NORMALS_PER_BLOCK + 1;
}

gan_status gan_discriminator_input_set_fake(gan_discriminator_input *input, const gan_session *generator,
                                            int64_t step, gan_session *discriminator, float *copy)
{
    const int64_t batch = generator->batch, count = gan_discriminator_input_count(input, batch);
    const float deviation = noise_deviation(input, step);
    gan_real *packs = NULL;
    if (direct(input)) {
        GAN_TRY(gan_session_set_input_from(discriminator, 0, generator, 0));
    } else {
        GAN_TRY(gan_session_write_input(discriminator, 0, count, &packs));
        input->fake_draws = draw(input, batch);
        move(input, gan_augment_images, batch, gan_session_data(generator, GAN_SLOT_OUTPUT, 0), packs);
        if (deviation > 0) add_noise(input, deviation, batch, packs);
    }
    if (copy) gan_session_read_input(discriminator, 0, count, copy);
    return GAN_OK;
}

/* ---- Backward -------------------------------------------------------------------------------------------------- */

gan_status gan_discriminator_input_backward(const gan_discriminator_input *input, const gan_session *discriminator,
                                            gan_session *generator)
{
    gan_real *gradient = NULL;
    if (direct(input)) return gan_session_set_output_gradient_from(generator, 0, discriminator, 0);
    GAN_TRY(gan_session_write_output_gradient(generator, 0, &gradient));
    move(input, gan_augment_images_backward, generator->batch,
         gan_session_data(discriminator, GAN_SLOT_INPUT_GRADIENT, 0), gradient);
    return GAN_OK;
}
