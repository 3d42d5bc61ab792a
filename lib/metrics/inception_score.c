/* Inception-style score: Salimans, Goodfellow, Zaremba, Cheung, Radford and Chen, "Improved Techniques for Training
 * GANs" (2016). */
#include "metrics/metrics.h"

#include <math.h>

#define DEFAULT_SPLITS 10
#define SUM_TOLERANCE  1e-3

/* p log p, which is 0 at 0 */
static double p_log_p(double p)
{
    return p > 0 ? p * log(p) : 0;
}

static gan_status check_probabilities(const gan_given *given)
{
    for (int64_t i = 0; i < given->rows; i++) {
        double sum = 0;
        for (int64_t k = 0; k < given->columns; k++) {
            const double p = (double)given->values[i * given->columns + k];
            if (!(p >= 0 && p <= 1)) {
                return gan_fail(GAN_ERROR_ARGUMENT,
                                "%s: %s is %g in row %lld, column %lld, expected a number in [0, 1]", given->function,
                                given->name, p, (long long)i, (long long)k);
            }
            sum += p;
        }
        if (fabs(sum - 1) > SUM_TOLERANCE) {
            return gan_fail(GAN_ERROR_ARGUMENT, "%s: row %lld of %s sums to %g, expected 1", given->function,
                            (long long)i, given->name, sum);
        }
    }
    return GAN_OK;
}

/* exp(mean over samples of sum_k p log p - sum_k q log q), where q is the mean of p. `q`: one value per class. */
static double score(const gan_given *part, double *q)
{
    double negative_entropy = 0, divergence;
    gan_given_means(part, q);
    for (int64_t i = 0; i < part->rows * part->columns; i++) negative_entropy += p_log_p((double)part->values[i]);
    divergence = negative_entropy / (double)part->rows;
    for (int64_t k = 0; k < part->columns; k++) divergence -= p_log_p(q[k]);
    return exp(fmax(divergence, 0));
}

static gan_status resolve(const gan_inception_score_options *given, int64_t count, int64_t *splits)
{
    static const char *const what = "gan_inception_score_options";
    gan_inception_score_options options;
    int64_t product;

    GAN_TRY(gan_options_read(&options, sizeof(options), given, what));
    if (options.splits == 0) options.splits = count < DEFAULT_SPLITS ? count : DEFAULT_SPLITS;
    GAN_TRY(gan_number_check(what, "splits", options.splits, 1, count));
    if (!gan_checked_multiply(count, options.splits, &product)) {
        return gan_fail(GAN_ERROR_OVERFLOW, "%s: %lld splits of %lld samples overflow", what,
                        (long long)options.splits, (long long)count);
    }
    *splits = options.splits;
    return GAN_OK;
}

gan_status gan_metric_inception_score(gan_context *context, const float *probabilities, int64_t count,
                                      int64_t classes, const gan_inception_score_options *options, double *mean,
                                      double *deviation)
{
    GAN_FLOAT_SCOPE();
    const gan_given given = {__func__, "probabilities", probabilities, count, classes};
    gan_spread spread = {0};
    int64_t splits = 0;

    GAN_CHECK_NOT_NULL(context);
    GAN_CHECK_NOT_NULL(mean);
    GAN_TRY(gan_given_check(&given, 1, 2));
    GAN_TRY(check_probabilities(&given));
    GAN_TRY(resolve(options, count, &splits));
    double *q = gan_allocate_array(context, classes, sizeof(double));
    if (!q) return GAN_ERROR_MEMORY;
    for (int64_t i = 0; i < splits; i++) {
        const int64_t first = i * count / splits, last = (i + 1) * count / splits;
        const gan_given part = {__func__, "probabilities", probabilities + first * classes, last - first, classes};
        gan_spread_add(&spread, score(&part, q));
    }
    gan_release(context, q, (size_t)classes * sizeof(double));
    *mean = spread.mean;
    if (deviation) *deviation = gan_spread_deviation(&spread);
    return GAN_OK;
}
