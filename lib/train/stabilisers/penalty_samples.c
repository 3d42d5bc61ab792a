/* What penalties are taken on besides real and generated samples, and the clipping of weights. */
#include "train/train.h"

gan_status gan_samples_check(const char *function, int64_t batch, int64_t size, int64_t *count)
{
    if (batch < 1) {
        return gan_fail(GAN_ERROR_BATCH, "%s: batch is %lld, expected at least 1", function, (long long)batch);
    }
    if (size < 1) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: size is %lld, expected at least 1", function, (long long)size);
    }
    if (!gan_checked_multiply(batch, size, count)) {
        return gan_fail(GAN_ERROR_OVERFLOW, "%s: %lld samples of %lld values overflow", function, (long long)batch,
                        (long long)size);
    }
    return GAN_OK;
}

/* Random numbers are drawn in pieces of whole blocks, so that they are those of one call. */
enum { PIECE = 256 };

/* x = u r + (1 - u) f */
gan_status gan_penalty_interpolate(gan_random *random, const float *real, const float *fake, int64_t batch,
                                   int64_t size, float *out)
{
    float shares[PIECE];
    int64_t count;
    GAN_CHECK_NOT_NULL(random);
    GAN_CHECK_NOT_NULL(real);
    GAN_CHECK_NOT_NULL(fake);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(gan_samples_check(__func__, batch, size, &count));
    for (int64_t i = 0; i < batch; i++) {
        const int64_t left = batch - i;
        if (i % PIECE == 0) GAN_TRY(gan_random_uniform(random, shares, (size_t)(left < PIECE ? left : PIECE)));
        const float u = shares[i % PIECE];
        for (int64_t k = i * size; k < (i + 1) * size; k++) out[k] = u * real[k] + (1 - u) * fake[k];
    }
    return GAN_OK;
}

static double deviation_of(const float *values, int64_t count)
{
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < count; i++) sum += values[i];
    const double mean = sum / (double)count;
    for (int64_t i = 0; i < count; i++) squares += (values[i] - mean) * (values[i] - mean);
    return sqrt(squares / (double)count);
}

/* x = r + deviation / 2 * u */
gan_status gan_penalty_perturb(gan_random *random, const float *real, int64_t batch, int64_t size, float *out)
{
    float numbers[PIECE];
    int64_t count;
    GAN_CHECK_NOT_NULL(random);
    GAN_CHECK_NOT_NULL(real);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(gan_samples_check(__func__, batch, size, &count));
    const float half = (float)(deviation_of(real, count) / 2);
    for (int64_t first = 0; first < count; first += PIECE) {
        const int64_t piece = count - first < PIECE ? count - first : PIECE;
        GAN_TRY(gan_random_uniform(random, numbers, (size_t)piece));
        for (int64_t i = 0; i < piece; i++) out[first + i] = real[first + i] + half * numbers[i];
    }
    return GAN_OK;
}

gan_status gan_model_clip_weights(gan_model *model, float limit)
{
    GAN_CHECK_NOT_NULL(model);
    GAN_TRY(gan_model_check_built(model, __func__));
    GAN_TRY(gan_range_check(GAN_RANGE_POSITIVE, limit, "gan_model_clip_weights: limit"));
    gan_clamp(model->context, model->parameter_size, limit, model->parameters, model->parameters);
    return GAN_OK;
}
