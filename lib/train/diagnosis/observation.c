/* What one step shows: how D judges samples, and what G's are like. */
#include "train/diagnosis/diagnosis.h"

/* ---- D's judgement --------------------------------------------------------------------------------------------- */

static double mean(const float *values, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += (double)values[i];
    return sum / (double)count;
}

void gan_observe_logits(gan_observation *observation, const gan_adversarial_loss *loss, const float *real,
                        const float *fake, int64_t count)
{
    const bool in_pairs = loss->compared == GAN_COMPARED_IN_PAIRS;
    const bool with_mean = loss->compared == GAN_COMPARED_WITH_MEAN;
    const double real_mean = with_mean ? mean(real, count) : 0, fake_mean = with_mean ? mean(fake, count) : 0;
    for (int64_t i = 0; i < count; i++) {
        double real_score = (double)real[i] - (in_pairs ? (double)fake[i] : fake_mean);
        double fake_score = (double)fake[i] - (in_pairs ? (double)real[i] : real_mean);
        observation->real_right += real_score > loss->boundary;
        observation->fake_right += fake_score < loss->boundary;
        observation->belief += loss->belief(fake_score);
    }
    observation->judged += (double)count;
}

/* ---- G's samples ----------------------------------------------------------------------------------------------- */

/* The outer half per cent at either end. There, tanh and sigmoid pass on less than a fiftieth of their largest
 * gradient: 1 - y^2 and 4 y (1 - y). */
gan_saturation gan_saturation_of(const gan_model *generator)
{
    const gan_output_range range = gan_model_output_range(generator, 0);
    const double margin = 0.005 * (range.high - range.low);
    if (!isfinite(margin)) return (gan_saturation){0, 0};
    return (gan_saturation){(gan_real)(range.low + margin), (gan_real)(range.high - margin)};
}

void gan_observe_samples(gan_observation *observation, gan_context *context, gan_saturation ends, int64_t size,
                         int64_t batch, const gan_real *made, int64_t rows, const gan_real *real)
{
    if (ends.low < ends.high) {
        int64_t outside = gan_count_outside(context, batch * size, ends.low, ends.high, made);
        observation->saturation = (double)outside / (double)(batch * size);
    }
    if (rows < 2) return;
    observation->diversity =
        gan_mean_distance(context, rows, size, made) / gan_mean_distance(context, rows, size, real);
}
