/* What losses are made of, in double. Private to this room. */
#ifndef GAN_LOSS_TERMS_H
#define GAN_LOSS_TERMS_H

#include "train/losses/losses.h"

/* What one value adds to a loss before the mean is taken, and its derivative. */
typedef struct gan_loss_term {
    double value, gradient;
} gan_loss_term;

typedef gan_loss_term (*gan_loss_term_fn)(double x, double target);

/* -t log s(l) - (1 - t) log(1 - s(l)). The sigmoid is never computed before its logarithm: -log s(l) is softplus(-l),
 * which neither overflows nor rounds to 0 where the loss is large. */
static inline gan_loss_term gan_cross_entropy(double logit, double target)
{
    const double tail = log1p(exp(-fabs(logit)));
    gan_loss_term term = {target * (fmax(-logit, 0) + tail) + (1 - target) * (fmax(logit, 0) + tail),
                          (1 - target) * gan_probability(logit) - target * gan_probability(-logit)};
    return term;
}

/* Mean of the term over `count` values; the target of value i is targets[i], or `target` if targets is NULL. Inline,
 * so that the term is too. */
static inline double gan_mean_of_terms(gan_loss_term_fn term_of, const float *values, const float *targets,
                                       double target, int64_t count, float *gradient)
{
    double sum = 0, scale = 1 / (double)count;
    for (int64_t i = 0; i < count; i++) {
        gan_loss_term term = term_of(values[i], targets ? targets[i] : target);
        sum += term.value;
        if (gradient) gradient[i] = (float)(term.gradient * scale);
    }
    return sum * scale;
}

/* GAN_ERROR_BATCH unless `count` is at least 1. */
static inline gan_status gan_loss_check_count(int64_t count, const char *function, const char *what)
{
    if (count < 1) {
        return gan_fail(GAN_ERROR_BATCH, "%s: %s is %lld, expected at least 1", function, what, (long long)count);
    }
    return gan_array_check(count, sizeof(float), function, what);
}

/* GAN_ERROR_BATCH unless there is a row, GAN_ERROR_ARGUMENT unless a row has values, GAN_ERROR_OVERFLOW unless they
 * fit into an array. */
static inline gan_status gan_loss_check_rows(int64_t rows, const char *rows_name, int64_t size, const char *size_name,
                                             const char *function)
{
    int64_t count;
    GAN_TRY(gan_loss_check_count(rows, function, rows_name));
    if (size < 1) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: %s is %lld, expected at least 1", function, size_name,
                        (long long)size);
    }
    if (!gan_checked_multiply(rows, size, &count) || !gan_array_fits(count, sizeof(float))) {
        return gan_fail(GAN_ERROR_OVERFLOW, "%s: an array with %s %lld and %s %lld overflows", function, rows_name,
                        (long long)rows, size_name, (long long)size);
    }
    return GAN_OK;
}

/* softmax(l)[k] = exp(l[k] - largest) / sum, without overflow. */
typedef struct gan_softmax_parts {
    double largest, sum;
} gan_softmax_parts;

static inline gan_softmax_parts gan_softmax_parts_of(const float *logits, int64_t classes)
{
    float greatest = logits[0];
    for (int64_t k = 1; k < classes; k++) greatest = fmaxf(greatest, logits[k]);
    gan_softmax_parts softmax = {greatest, 0};
    for (int64_t k = 0; k < classes; k++) softmax.sum += exp(logits[k] - softmax.largest);
    return softmax;
}

#endif
