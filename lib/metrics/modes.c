/* How samples spread over modes, and how close they stay to those of a known mixture: Srivastava et al., "VEEGAN"
 * (2017), and Lin et al., "PacGAN" (2018). */
#include "metrics/metrics.h"

#include <math.h>

#define HIGH_QUALITY_DEVIATIONS 3

/* ---- Shares ---------------------------------------------------------------------------------------------------- */

/* kl = sum of q log(q / p), entropy = -sum of q log q / log(modes); a mode without samples adds nothing. */
static void fill_shares(const int64_t *counts, int64_t modes, const float *proportions, gan_mode_coverage *coverage)
{
    double samples = 0, whole = 0, entropy = 0, cross_entropy = 0;
    for (int64_t k = 0; k < modes; k++) {
        samples += (double)counts[k];
        whole += proportions ? (double)proportions[k] : 1;
    }
    coverage->modes = 0;
    coverage->smallest_share = 1;
    for (int64_t k = 0; k < modes; k++) {
        const double q = (double)counts[k] / samples;
        if (q < coverage->smallest_share) coverage->smallest_share = q;
        if (counts[k] == 0) continue;
        coverage->modes++;
        entropy -= q * log(q);
        cross_entropy -= q * log((proportions ? (double)proportions[k] : 1) / whole);
    }
    coverage->kl = fmax(cross_entropy - entropy, 0);
    coverage->entropy = fmin(entropy / log((double)modes), 1);
}

static gan_status check_proportions(const gan_given *proportions)
{
    GAN_TRY(gan_given_check(proportions, 2, 1));
    for (int64_t k = 0; k < proportions->rows; k++) {
        if (!(proportions->values[k] > 0)) {
            return gan_fail(GAN_ERROR_ARGUMENT, "%s: proportions[%lld] is %g, expected > 0", proportions->function,
                            (long long)k, (double)proportions->values[k]);
        }
    }
    return GAN_OK;
}

static gan_status count_labels(const char *function, const int32_t *labels, int64_t count, int64_t modes,
                               int64_t *counts)
{
    for (int64_t i = 0; i < count; i++) {
        if (labels[i] < 0 || labels[i] >= modes) {
            return gan_fail(GAN_ERROR_ARGUMENT, "%s: labels[%lld] is %d, expected a mode in [0, %lld)", function,
                            (long long)i, (int)labels[i], (long long)modes);
        }
        counts[labels[i]]++;
    }
    return GAN_OK;
}

gan_status gan_metric_mode_coverage(gan_context *context, const int32_t *labels, int64_t count, int64_t modes,
                                    const float *proportions, gan_mode_coverage *out)
{
    GAN_FLOAT_SCOPE();
    gan_mode_coverage coverage;

    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(labels);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(gan_number_check(__func__, "count", count, 1, INT64_MAX));
    GAN_TRY(gan_number_check(__func__, "modes", modes, 2, INT64_MAX));
    GAN_TRY(gan_array_check(count, sizeof(*labels), __func__, "count"));
    GAN_TRY(gan_array_check(modes, sizeof(int64_t), __func__, "modes"));
    if (proportions) GAN_TRY(check_proportions(&(gan_given){__func__, "proportions", proportions, modes, 1}));
    int64_t *counts = gan_allocate_array(context, modes, sizeof(int64_t));
    if (!counts) return GAN_ERROR_MEMORY;
    gan_status status = count_labels(__func__, labels, count, modes, counts);
    if (status == GAN_OK) fill_shares(counts, modes, proportions, &coverage);
    gan_release(context, counts, (size_t)modes * sizeof(int64_t));
    return status == GAN_OK ? gan_report_write(out, &coverage, sizeof(coverage), "gan_mode_coverage") : status;
}

/* ---- Known mixtures -------------------------------------------------------------------------------------------- */

/* Samples by their nearest centre. */
typedef struct assignment {
    gan_given samples, centres;
    double reach;          /* squared: the farthest that a high-quality sample lies from its centre */
    int64_t *all, *within; /* samples of each mode, and the high-quality ones among them */
} assignment;

static double square_distance(const float *a, const float *b, int64_t count)
{
    double sum = 0;
    for (int64_t j = 0; j < count; j++) sum += ((double)a[j] - (double)b[j]) * ((double)a[j] - (double)b[j]);
    return sum;
}

static void assign(assignment *to)
{
    const int64_t dimensions = to->samples.columns;
    for (int64_t i = 0; i < to->samples.rows; i++) {
        const float *sample = to->samples.values + i * dimensions;
        double nearest = INFINITY;
        int64_t mode = 0;
        for (int64_t k = 0; k < to->centres.rows; k++) {
            const double distance = square_distance(sample, to->centres.values + k * dimensions, dimensions);
            if (distance >= nearest) continue;
            nearest = distance;
            mode = k;
        }
        to->all[mode]++;
        if (nearest <= to->reach) to->within[mode]++;
    }
}

static void judge(const assignment *of, gan_mixture_quality *quality)
{
    gan_mode_coverage coverage;
    int64_t within = 0;
    fill_shares(of->all, of->centres.rows, NULL, &coverage);
    quality->modes = 0;
    quality->kl = coverage.kl;
    for (int64_t k = 0; k < of->centres.rows; k++) {
        within += of->within[k];
        quality->modes += of->within[k] > 0;
    }
    quality->high_quality = (double)within / (double)of->samples.rows;
}

gan_status gan_metric_mixture_quality(gan_context *context, const float *samples, int64_t count, const float *centres,
                                      int64_t modes, int64_t dimensions, float deviation, gan_mixture_quality *out)
{
    GAN_FLOAT_SCOPE();
    assignment to = {.samples = {__func__, "samples", samples, count, dimensions},
                     .centres = {__func__, "centres", centres, modes, dimensions}};
    gan_mixture_quality quality;

    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(out);
    GAN_TRY(gan_given_check(&to.samples, 1, 1));
    GAN_TRY(gan_given_check(&to.centres, 2, 1));
    if (!isfinite(deviation)) {
        return gan_fail(GAN_ERROR_NOT_FINITE, "%s: deviation is %g, expected a finite number > 0", __func__,
                        (double)deviation);
    }
    if (!(deviation > 0)) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: deviation is %g, expected > 0", __func__, (double)deviation);
    }
    to.reach = HIGH_QUALITY_DEVIATIONS * (double)deviation;
    to.reach *= to.reach;
    to.all = gan_allocate_array(context, modes, 2 * sizeof(int64_t));
    if (!to.all) return GAN_ERROR_MEMORY;
    to.within = to.all + modes;
    assign(&to);
    judge(&to, &quality);
    gan_release(context, to.all, (size_t)modes * 2 * sizeof(int64_t));
    return gan_report_write(out, &quality, sizeof(quality), "gan_mixture_quality");
}
