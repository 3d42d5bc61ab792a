/* Noise, and samples drawn from it. */
#include "train/train.h"

/* Samples that go through a generator together. Fixed, so that the same seed gives the same samples to everybody:
 * each batch of noise starts at a new block of the counter. */
#define SAMPLE_BATCH 64

gan_status gan_draw_noise(gan_random *random, gan_noise noise, float *out, int64_t count)
{
    if (noise == GAN_NOISE_NORMAL) return gan_random_normal(random, out, (size_t)count);
    GAN_TRY(gan_random_uniform(random, out, (size_t)count));
    for (int64_t i = 0; i < count; i++) out[i] = 2 * out[i] - 1;
    return GAN_OK;
}

gan_status gan_sampler_create(gan_sampler *sampler, gan_model *generator, int64_t count)
{
    gan_shape noise, made;
    int64_t batch = count < SAMPLE_BATCH ? count : SAMPLE_BATCH, values;
    GAN_TRY(gan_session_create(generator, GAN_SESSION(.batch = batch, .forward_only = true), &sampler->session));
    GAN_TRY(gan_model_input_shape(generator, 0, &noise));
    GAN_TRY(gan_model_output_shape(generator, 0, &made));
    sampler->noise_size = gan_shape_count(noise);
    sampler->sample_size = gan_shape_count(made);
    if (!gan_checked_multiply(batch, sampler->noise_size, &values)) {
        return gan_fail(GAN_ERROR_OVERFLOW, "%lld values of noise for each of %lld samples overflow",
                        (long long)sampler->noise_size, (long long)batch);
    }
    sampler->noise = gan_allocate_array(generator->context, values, sizeof(float));
    if (!sampler->noise) return GAN_ERROR_MEMORY;
    sampler->batch = batch;
    sampler->context = gan_context_retain(generator->context);
    return GAN_OK;
}

void gan_sampler_release(gan_sampler *sampler)
{
    gan_session_destroy(sampler->session);
    if (!sampler->context) return;
    gan_release(sampler->context, sampler->noise,
                (size_t)sampler->batch * (size_t)sampler->noise_size * sizeof(float));
    gan_context_release(sampler->context);
}

gan_status gan_sampler_draw(gan_sampler *sampler, gan_noise noise, uint64_t seed, int64_t count, float *out)
{
    gan_random random = {sampler->context, {.seed = seed, .stream = GAN_STREAM_SAMPLE}};
    for (int64_t done = 0; done < count; done += sampler->batch) {
        int64_t batch = count - done < sampler->batch ? count - done : sampler->batch;
        GAN_TRY(gan_draw_noise(&random, noise, sampler->noise, batch * sampler->noise_size));
        GAN_TRY(gan_session_set_input(sampler->session, 0, sampler->noise, batch));
        GAN_TRY(gan_session_forward(sampler->session, GAN_MODE_SAMPLE));
        GAN_TRY(gan_session_get_output(sampler->session, 0, out + done * sampler->sample_size));
    }
    return GAN_OK;
}

static gan_status check_count(int64_t count, const char *function)
{
    if (count >= 1) return GAN_OK;
    return gan_fail(GAN_ERROR_BATCH, "%s: count is %lld, expected at least 1", function, (long long)count);
}

gan_status gan_model_sample(gan_model *generator, uint64_t seed, int64_t count, float *out)
{
    GAN_CHECK_NOT_NULL(generator);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(check_count(count, __func__));
    if (!generator->built) return gan_fail(GAN_ERROR_STATE, "%s: the generator is not built", __func__);
    if (gan_model_input_count(generator) != 1 || gan_model_output_count(generator) != 1) {
        return gan_fail(GAN_ERROR_SHAPE, "%s: the generator has %zu inputs and %zu outputs, expected one of each",
                        __func__, gan_model_input_count(generator), gan_model_output_count(generator));
    }
    gan_sampler sampler = {0};
    gan_status status = gan_sampler_create(&sampler, generator, count);
    if (status == GAN_OK) status = gan_sampler_draw(&sampler, GAN_NOISE_NORMAL, seed, count, out);
    gan_sampler_release(&sampler);
    return status;
}

gan_status gan_trainer_sample(gan_trainer *trainer, uint64_t seed, int64_t count, float *out)
{
    GAN_CHECK_NOT_NULL(trainer);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(check_count(count, __func__));
    return gan_sampler_draw(&trainer->sampler, trainer->options.noise, seed, count, out);
}
