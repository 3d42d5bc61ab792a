/* Losses, in double from logits. The sigmoid never appears before its logarithm: -log s(l) is softplus(-l), which
 * neither overflows nor rounds to 0 where the loss is large. */
#include "train/train.h"

#include <math.h>

/* What one value adds to a loss before the mean is taken, and the derivative of that. */
typedef struct loss_term {
    double value, gradient;
} loss_term;

typedef loss_term (*loss_term_fn)(double x, double target);

static double softplus(double x)
{
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

/* -t log s(l) - (1 - t) log(1 - s(l)) */
static loss_term cross_entropy(double logit, double target)
{
    loss_term term = {target * softplus(-logit) + (1 - target) * softplus(logit),
                      (1 - target) * gan_probability(logit) - target * gan_probability(-logit)};
    return term;
}

/* The same with the opposite sign: what the discriminator loses the generator wins. */
static loss_term negative_cross_entropy(double logit, double target)
{
    loss_term term = cross_entropy(logit, target);
    term.value = -term.value;
    term.gradient = -term.gradient;
    return term;
}

/* (l - t)^2 / 2 */
static loss_term half_square(double logit, double target)
{
    double distance = logit - target;
    loss_term term = {distance * distance / 2, distance};
    return term;
}

/* (a - b)^2 */
static loss_term square(double a, double b)
{
    loss_term term = {(a - b) * (a - b), 2 * (a - b)};
    return term;
}

/* |a - b|; the last case keeps NaN. */
static loss_term absolute(double a, double b)
{
    double distance = a - b;
    loss_term term = {fabs(distance), distance > 0 ? 1 : distance < 0 ? -1 : distance};
    return term;
}

/* The games: the discriminator pulls real logits to real_target and generated ones to 0, the generator works on
 * generated logits with a target of its own. */
static const struct {
    loss_term_fn discriminator, generator;
    double generator_target;
} games[] = {
    [GAN_LOSS_NON_SATURATING] = {cross_entropy, cross_entropy, 1},
    [GAN_LOSS_SATURATING] = {cross_entropy, negative_cross_entropy, 0},
    [GAN_LOSS_LEAST_SQUARES] = {half_square, half_square, 1},
};

gan_status gan_loss_check(gan_loss loss, const char *what)
{
    size_t count = sizeof(games) / sizeof(*games);
    if ((unsigned)loss >= count) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s is %d, expected one of the %zu losses of gan_loss", what, (int)loss,
                        count);
    }
    return GAN_OK;
}

/* Mean of the term over `count` values; the target of value i is targets[i], or `target` without targets. */
static double mean_of_terms(loss_term_fn term_of, const float *values, const float *targets, double target,
                            size_t count, float *gradient)
{
    double sum = 0, scale = 1 / (double)count;
    for (size_t i = 0; i < count; i++) {
        loss_term term = term_of(values[i], targets ? targets[i] : target);
        sum += term.value;
        if (gradient) gradient[i] = (float)(term.gradient * scale);
    }
    return sum * scale;
}

static gan_status check_count(size_t count, const char *function, const char *what)
{
    if (count == 0) return gan_fail(GAN_ERROR_BATCH, "%s: %s is 0, expected at least 1", function, what);
    return GAN_OK;
}

gan_status gan_loss_discriminator(gan_loss loss, float real_target, const float *real_logits, size_t real_count,
                                  const float *fake_logits, size_t fake_count, double *value, float *real_gradient,
                                  float *fake_gradient)
{
    GAN_TRY(gan_loss_check(loss, "gan_loss_discriminator: loss"));
    GAN_TRY(gan_range_check(GAN_RANGE_UNIT, real_target, "gan_loss_discriminator: real_target"));
    GAN_CHECK_NOT_NULL(real_logits);
    GAN_CHECK_NOT_NULL(fake_logits);
    GAN_TRY(check_count(real_count, __func__, "real_count"));
    GAN_TRY(check_count(fake_count, __func__, "fake_count"));
    loss_term_fn term_of = games[loss].discriminator;
    double real = mean_of_terms(term_of, real_logits, NULL, real_target, real_count, real_gradient);
    double fake = mean_of_terms(term_of, fake_logits, NULL, 0, fake_count, fake_gradient);
    if (value) *value = real + fake;
    return GAN_OK;
}

gan_status gan_loss_generator(gan_loss loss, const float *real_logits, size_t real_count, const float *fake_logits,
                              size_t fake_count, double *value, float *fake_gradient)
{
    GAN_TRY(gan_loss_check(loss, "gan_loss_generator: loss"));
    GAN_CHECK_NOT_NULL(fake_logits);
    GAN_TRY(check_count(fake_count, __func__, "fake_count"));
    if (real_logits) GAN_TRY(check_count(real_count, __func__, "real_count"));
    double mean = mean_of_terms(games[loss].generator, fake_logits, NULL, games[loss].generator_target, fake_count,
                                fake_gradient);
    if (value) *value = mean;
    return GAN_OK;
}

gan_status gan_loss_binary_cross_entropy(const float *logits, const float *labels, size_t count, double *value,
                                         float *gradient)
{
    GAN_CHECK_NOT_NULL(logits);
    GAN_CHECK_NOT_NULL(labels);
    GAN_TRY(check_count(count, __func__, "count"));
    for (size_t i = 0; i < count; i++) {
        if (!(labels[i] >= 0 && labels[i] <= 1)) {
            return gan_fail(GAN_ERROR_ARGUMENT, "%s: labels[%zu] is %g, expected a number in [0, 1]", __func__, i,
                            (double)labels[i]);
        }
    }
    double mean = mean_of_terms(cross_entropy, logits, labels, 0, count, gradient);
    if (value) *value = mean;
    return GAN_OK;
}

/* -log softmax(l)[label] = log sum exp(l - max) - (l[label] - max); the gradient is softmax(l) - [k = label]. */
static double softmax_row(const float *logits, int32_t label, size_t classes, double scale, float *gradient)
{
    double largest = logits[0], sum = 0;
    for (size_t k = 1; k < classes; k++) largest = fmax(largest, logits[k]);
    for (size_t k = 0; k < classes; k++) sum += exp(logits[k] - largest);
    double value = log(sum) - (logits[label] - largest);
    for (size_t k = 0; gradient && k < classes; k++) {
        double probability = exp(logits[k] - largest) / sum;
        gradient[k] = (float)((probability - (k == (size_t)label)) * scale);
    }
    return value;
}

gan_status gan_loss_softmax_cross_entropy(const float *logits, const int32_t *labels, size_t rows, size_t classes,
                                          double *value, float *gradient)
{
    GAN_CHECK_NOT_NULL(logits);
    GAN_CHECK_NOT_NULL(labels);
    GAN_TRY(check_count(rows, __func__, "rows"));
    if (classes == 0) return gan_fail(GAN_ERROR_ARGUMENT, "%s: classes is 0, expected at least 1", __func__);
    if (rows > SIZE_MAX / sizeof(float) / classes) {
        return gan_fail(GAN_ERROR_OVERFLOW, "%s: %zu rows of %zu classes overflow", __func__, rows, classes);
    }
    for (size_t i = 0; i < rows; i++) {
        if (labels[i] < 0 || (size_t)labels[i] >= classes) {
            return gan_fail(GAN_ERROR_ARGUMENT, "%s: labels[%zu] is %d, expected a class in [0, %zu)", __func__, i,
                            (int)labels[i], classes);
        }
    }
    double sum = 0, scale = 1 / (double)rows;
    for (size_t i = 0; i < rows; i++) {
        sum += softmax_row(logits + i * classes, labels[i], classes, scale, gradient ? gradient + i * classes : NULL);
    }
    if (value) *value = sum * scale;
    return GAN_OK;
}

static gan_status distance_loss(loss_term_fn term_of, const float *a, const float *b, size_t count, double *value,
                                float *gradient, const char *function)
{
    if (!a || !b) return gan_fail(GAN_ERROR_NULL, "%s: %s is NULL", function, a ? "b" : "a");
    GAN_TRY(check_count(count, function, "count"));
    double mean = mean_of_terms(term_of, a, b, 0, count, gradient);
    if (value) *value = mean;
    return GAN_OK;
}

gan_status gan_loss_l1(const float *a, const float *b, size_t count, double *value, float *gradient)
{
    return distance_loss(absolute, a, b, count, value, gradient, __func__);
}

gan_status gan_loss_l2(const float *a, const float *b, size_t count, double *value, float *gradient)
{
    return distance_loss(square, a, b, count, value, gradient, __func__);
}
