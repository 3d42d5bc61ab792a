/* Losses with respect to labels and other values. */
#include "train/losses/loss_terms.h"
#include "train/options/options.h"

#include <stddef.h>

/* ---- Labels ---------------------------------------------------------------------------------------------------- */

gan_status gan_loss_binary_cross_entropy(const float *logits, const float *labels, int64_t count, double *value,
                                         float *gradient)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(logits);
    GAN_CHECK_NOT_NULL(labels);
    GAN_TRY(gan_loss_check_count(count, __func__, "count"));
    for (int64_t i = 0; i < count; i++) {
        if (!(labels[i] >= 0 && labels[i] <= 1)) {
            return gan_fail(GAN_ERROR_ARGUMENT, "%s: labels[%lld] is %g, expected a number in [0, 1]", __func__,
                            (long long)i, (double)labels[i]);
        }
    }
    double mean = gan_mean_of_terms(gan_cross_entropy, logits, labels, 0, count, gradient);
    if (value) *value = mean;
    return GAN_OK;
}

/* -log softmax(l)[label] = log sum exp(l - max) - (l[label] - max); the gradient is softmax(l) - [k = label]. */
static double softmax_row(const float *logits, int32_t label, int64_t classes, double scale, float *gradient)
{
    const gan_softmax_parts softmax = gan_softmax_parts_of(logits, classes);
    double value = log(softmax.sum) - (logits[label] - softmax.largest);
    for (int64_t k = 0; gradient && k < classes; k++) {
        double probability = exp(logits[k] - softmax.largest) / softmax.sum;
        gradient[k] = (float)((probability - (k == label)) * scale);
    }
    return value;
}

gan_status gan_loss_softmax_cross_entropy(const float *logits, const int32_t *labels, int64_t rows, int64_t classes,
                                          double *value, float *gradient)
{
    GAN_FLOAT_SCOPE();
    GAN_CHECK_NOT_NULL(logits);
    GAN_CHECK_NOT_NULL(labels);
    GAN_TRY(gan_loss_check_rows(rows, "rows", classes, "classes", __func__));
    for (int64_t i = 0; i < rows; i++) {
        if (labels[i] < 0 || labels[i] >= classes) {
            return gan_fail(GAN_ERROR_ARGUMENT, "%s: labels[%lld] is %d, expected a class in [0, %lld)", __func__,
                            (long long)i, (int)labels[i], (long long)classes);
        }
    }
    double sum = 0, scale = 1 / (double)rows;
    for (int64_t i = 0; i < rows; i++) {
        sum += softmax_row(logits + i * classes, labels[i], classes, scale, gradient ? gradient + i * classes : NULL);
    }
    if (value) *value = sum * scale;
    return GAN_OK;
}

/* ---- Distances ------------------------------------------------------------------------------------------------- */

/* (a - b)^2 */
static gan_loss_term square(double a, double b)
{
    gan_loss_term term = {(a - b) * (a - b), 2 * (a - b)};
    return term;
}

/* |a - b|; the last case keeps NaN. */
static gan_loss_term absolute(double a, double b)
{
    double distance = a - b;
    gan_loss_term term = {fabs(distance), distance > 0 ? 1 : distance < 0 ? -1 : distance};
    return term;
}

static gan_status check_distance(const float *a, const float *b, int64_t count, const char *function)
{
    if (!a || !b) return gan_fail(GAN_ERROR_NULL, "%s: %s is NULL", function, a ? "b" : "a");
    return gan_loss_check_count(count, function, "count");
}

static gan_status distance_loss(gan_loss_term_fn term_of, const float *a, const float *b, int64_t count,
                                double *value, float *gradient, const char *function)
{
    GAN_TRY(check_distance(a, b, count, function));
    double mean = gan_mean_of_terms(term_of, a, b, 0, count, gradient);
    if (value) *value = mean;
    return GAN_OK;
}

gan_status gan_loss_l1(const float *a, const float *b, int64_t count, double *value, float *gradient)
{
    GAN_FLOAT_SCOPE();
    return distance_loss(absolute, a, b, count, value, gradient, __func__);
}

gan_status gan_loss_l2(const float *a, const float *b, int64_t count, double *value, float *gradient)
{
    GAN_FLOAT_SCOPE();
    return distance_loss(square, a, b, count, value, gradient, __func__);
}

static const gan_option_row smooth_l1_rows[] = {
    {.name = "beta",
     .offset = offsetof(gan_smooth_l1_options, beta),
     .type = GAN_OPTION_OF_FLOAT,
     .range = GAN_RANGE_NOT_NEGATIVE,
     .number = 1},
};

/* d^2 / (2 beta) for |d| < beta, else |d| - beta / 2, which also keeps NaN and, with beta 0, is |d|. */
static gan_loss_term smooth_absolute(double distance, double beta)
{
    gan_loss_term term = {distance * distance / (2 * beta), distance / beta};
    if (fabs(distance) < beta) return term;
    term.value = fabs(distance) - beta / 2;
    term.gradient = distance > 0 ? 1 : distance < 0 ? -1 : distance;
    return term;
}

gan_status gan_loss_smooth_l1(const float *a, const float *b, int64_t count, const gan_smooth_l1_options *options,
                              double *value, float *gradient)
{
    GAN_FLOAT_SCOPE();
    const char *what = "gan_smooth_l1_options";
    gan_smooth_l1_options resolved;
    GAN_TRY(check_distance(a, b, count, __func__));
    GAN_TRY(gan_options_read(&resolved, sizeof(resolved), options, what));
    GAN_TRY(gan_check_reserved(what, &resolved.reserved, sizeof(resolved.reserved)));
    GAN_TRY(
        gan_option_rows_resolve(smooth_l1_rows, sizeof(smooth_l1_rows) / sizeof(*smooth_l1_rows), what, &resolved));
    double sum = 0, scale = 1 / (double)count;
    for (int64_t i = 0; i < count; i++) {
        gan_loss_term term = smooth_absolute((double)a[i] - b[i], resolved.beta);
        sum += term.value;
        if (gradient) gradient[i] = (float)(term.gradient * scale);
    }
    if (value) *value = sum * scale;
    return GAN_OK;
}
