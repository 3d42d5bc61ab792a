/* Losses, in double from logits. The sigmoid never appears before its logarithm: -log s(l) is softplus(-l), which
 * neither overflows nor rounds to 0 where the loss is large. */
#include "train/train.h"

#include <math.h>

/* ---- Terms ----------------------------------------------------------------------------------------------------- */

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

/* l for a target of 0, -l for one of 1 */
static loss_term critic(double logit, double target)
{
    double slope = 1 - 2 * target;
    loss_term term = {slope * logit, slope};
    return term;
}

/* max(0, 1 + l) for a target of 0, max(0, 1 - l) for one of 1; the last case keeps NaN. */
static loss_term hinge(double logit, double target)
{
    double slope = 1 - 2 * target, margin = 1 + slope * logit;
    loss_term term = {margin <= 0 ? 0 : margin, margin <= 0 ? 0 : margin > 0 ? slope : margin};
    return term;
}

/* What a logit is taken against. */
typedef enum loss_opponent {
    OPPONENT_NONE, /* l itself */
    OPPONENT_PAIR, /* r_i - f_i */
    OPPONENT_MEAN  /* r - E f, and f - E r */
} loss_opponent;

/* The games. Without an opponent the discriminator pulls real logits to real_target and generated ones to 0, and the
 * generator works on generated logits, with a target of its own. With one, the generator plays the discriminator's
 * game with 0 for real samples and 1 for generated ones. */
static const struct {
    const char *name;
    loss_term_fn discriminator, generator;
    double generator_target;
    loss_opponent opponent;
    bool hard_labels; /* real_target has to be 1 */
} games[] = {
    [GAN_LOSS_NON_SATURATING] = {"non-saturating", cross_entropy, cross_entropy, 1, OPPONENT_NONE, false},
    [GAN_LOSS_SATURATING] = {"saturating", cross_entropy, negative_cross_entropy, 0, OPPONENT_NONE, false},
    [GAN_LOSS_LEAST_SQUARES] = {"least-squares", half_square, half_square, 1, OPPONENT_NONE, false},
    [GAN_LOSS_WASSERSTEIN] = {"Wasserstein", critic, critic, 1, OPPONENT_NONE, true},
    [GAN_LOSS_HINGE] = {"hinge", hinge, critic, 1, OPPONENT_NONE, true},
    [GAN_LOSS_RELATIVISTIC] = {"relativistic", cross_entropy, cross_entropy, 1, OPPONENT_PAIR, true},
    [GAN_LOSS_RELATIVISTIC_AVERAGE] = {"relativistic average", cross_entropy, cross_entropy, 1, OPPONENT_MEAN, false},
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

bool gan_loss_is_relativistic(gan_loss loss)
{
    return games[loss].opponent != OPPONENT_NONE;
}

gan_status gan_loss_check_real_target(gan_loss loss, float real_target, const char *what, float value)
{
    if (real_target == 1 || !games[loss].hard_labels) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s is %g, but the %s loss has no labels that could be smoothed", what,
                    (double)value, games[loss].name);
}

/* ---- Means ----------------------------------------------------------------------------------------------------- */

/* Mean of the term over `count` values; the target of value i is targets[i], or `target` without targets. */
static double mean_of_terms(loss_term_fn term_of, const float *values, const float *targets, double target,
                            int64_t count, float *gradient)
{
    double sum = 0, scale = 1 / (double)count;
    for (int64_t i = 0; i < count; i++) {
        loss_term term = term_of(values[i], targets ? targets[i] : target);
        sum += term.value;
        if (gradient) gradient[i] = (float)(term.gradient * scale);
    }
    return sum * scale;
}

/* The logits of one kind of samples, their target, and where their gradient goes, or NULL. */
typedef struct logit_set {
    const float *logits;
    int64_t count;
    double target;
    float *gradient;
} logit_set;

/* E t(r_i - f_i) for the target of the real samples: -log s(x) is softplus(-x). */
static double mean_of_pairs(loss_term_fn term_of, const logit_set *real, const logit_set *fake)
{
    double sum = 0, scale = 1 / (double)real->count;
    for (int64_t i = 0; i < real->count; i++) {
        loss_term term = term_of((double)real->logits[i] - fake->logits[i], real->target);
        sum += term.value;
        if (real->gradient) real->gradient[i] = (float)(term.gradient * scale);
        if (fake->gradient) fake->gradient[i] = (float)(-term.gradient * scale);
    }
    return sum * scale;
}

static double mean_logit(const logit_set *set)
{
    double sum = 0;
    for (int64_t i = 0; i < set->count; i++) sum += set->logits[i];
    return sum / (double)set->count;
}

/* E t(l - m) and the mean of its derivative. */
static loss_term mean_against(loss_term_fn term_of, const logit_set *set, double opponent)
{
    loss_term mean = {0, 0};
    for (int64_t i = 0; i < set->count; i++) {
        loss_term term = term_of(set->logits[i] - opponent, set->target);
        mean.value += term.value / (double)set->count;
        mean.gradient += term.gradient / (double)set->count;
    }
    return mean;
}

/* d/dl_i = (t'(l_i - m) - E t' of the others, whose opponent the mean of l is) / n */
static void differentiate_against(loss_term_fn term_of, const logit_set *set, double opponent, double others)
{
    for (int64_t i = 0; set->gradient && i < set->count; i++) {
        loss_term term = term_of(set->logits[i] - opponent, set->target);
        set->gradient[i] = (float)((term.gradient - others) / (double)set->count);
    }
}

/* E t(r - E f) + E t(f - E r) */
static double mean_against_means(loss_term_fn term_of, const logit_set *real, const logit_set *fake)
{
    double real_mean = mean_logit(real), fake_mean = mean_logit(fake);
    loss_term of_real = mean_against(term_of, real, fake_mean), of_fake = mean_against(term_of, fake, real_mean);
    differentiate_against(term_of, real, fake_mean, of_fake.gradient);
    differentiate_against(term_of, fake, real_mean, of_real.gradient);
    return of_real.value + of_fake.value;
}

/* ---- Games ----------------------------------------------------------------------------------------------------- */

static gan_status check_count(int64_t count, const char *function, const char *what)
{
    if (count < 1) {
        return gan_fail(GAN_ERROR_BATCH, "%s: %s is %lld, expected at least 1", function, what, (long long)count);
    }
    return GAN_OK;
}

static gan_status check_pairs(gan_loss loss, int64_t real_count, int64_t fake_count, const char *function)
{
    if (games[loss].opponent != OPPONENT_PAIR || real_count == fake_count) return GAN_OK;
    return gan_fail(GAN_ERROR_BATCH,
                    "%s: real_count is %lld and fake_count %lld, but the %s loss takes pairs of samples", function,
                    (long long)real_count, (long long)fake_count, games[loss].name);
}

static double relativistic_loss(gan_loss loss, const logit_set *real, const logit_set *fake)
{
    loss_term_fn term_of = games[loss].discriminator;
    return games[loss].opponent == OPPONENT_PAIR ? mean_of_pairs(term_of, real, fake)
                                                 : mean_against_means(term_of, real, fake);
}

gan_status gan_loss_discriminator(gan_loss loss, float real_target, const float *real_logits, int64_t real_count,
                                  const float *fake_logits, int64_t fake_count, double *value, float *real_gradient,
                                  float *fake_gradient)
{
    GAN_TRY(gan_loss_check(loss, "gan_loss_discriminator: loss"));
    GAN_TRY(gan_range_check(GAN_RANGE_UNIT, real_target, "gan_loss_discriminator: real_target"));
    GAN_TRY(gan_loss_check_real_target(loss, real_target, "gan_loss_discriminator: real_target", real_target));
    GAN_CHECK_NOT_NULL(real_logits);
    GAN_CHECK_NOT_NULL(fake_logits);
    GAN_TRY(check_count(real_count, __func__, "real_count"));
    GAN_TRY(check_count(fake_count, __func__, "fake_count"));
    GAN_TRY(check_pairs(loss, real_count, fake_count, __func__));
    const logit_set real = {real_logits, real_count, real_target, real_gradient},
                    fake = {fake_logits, fake_count, 0, fake_gradient};
    double sum;
    if (gan_loss_is_relativistic(loss)) {
        sum = relativistic_loss(loss, &real, &fake);
    } else {
        loss_term_fn term_of = games[loss].discriminator;
        sum = mean_of_terms(term_of, real_logits, NULL, real_target, real_count, real_gradient);
        sum += mean_of_terms(term_of, fake_logits, NULL, 0, fake_count, fake_gradient);
    }
    if (value) *value = sum;
    return GAN_OK;
}

static gan_status check_real_logits(gan_loss loss, const float *real_logits, int64_t real_count, int64_t fake_count)
{
    const char *function = "gan_loss_generator";
    if (!real_logits && gan_loss_is_relativistic(loss)) {
        return gan_fail(GAN_ERROR_NULL, "%s: real_logits is NULL, but the %s loss compares with real samples",
                        function, games[loss].name);
    }
    if (real_logits) GAN_TRY(check_count(real_count, function, "real_count"));
    return real_logits ? check_pairs(loss, real_count, fake_count, function) : GAN_OK;
}

gan_status gan_loss_generator(gan_loss loss, const float *real_logits, int64_t real_count, const float *fake_logits,
                              int64_t fake_count, double *value, float *fake_gradient)
{
    GAN_TRY(gan_loss_check(loss, "gan_loss_generator: loss"));
    GAN_CHECK_NOT_NULL(fake_logits);
    GAN_TRY(check_count(fake_count, __func__, "fake_count"));
    GAN_TRY(check_real_logits(loss, real_logits, real_count, fake_count));
    const logit_set real = {real_logits, real_count, 0, NULL}, fake = {fake_logits, fake_count, 1, fake_gradient};
    double mean = gan_loss_is_relativistic(loss)
                      ? relativistic_loss(loss, &real, &fake)
                      : mean_of_terms(games[loss].generator, fake_logits, NULL, games[loss].generator_target,
                                      fake_count, fake_gradient);
    if (value) *value = mean;
    return GAN_OK;
}

/* ---- Other losses ---------------------------------------------------------------------------------------------- */

gan_status gan_loss_binary_cross_entropy(const float *logits, const float *labels, int64_t count, double *value,
                                         float *gradient)
{
    GAN_CHECK_NOT_NULL(logits);
    GAN_CHECK_NOT_NULL(labels);
    GAN_TRY(check_count(count, __func__, "count"));
    for (int64_t i = 0; i < count; i++) {
        if (!(labels[i] >= 0 && labels[i] <= 1)) {
            return gan_fail(GAN_ERROR_ARGUMENT, "%s: labels[%lld] is %g, expected a number in [0, 1]", __func__,
                            (long long)i, (double)labels[i]);
        }
    }
    double mean = mean_of_terms(cross_entropy, logits, labels, 0, count, gradient);
    if (value) *value = mean;
    return GAN_OK;
}

/* -log softmax(l)[label] = log sum exp(l - max) - (l[label] - max); the gradient is softmax(l) - [k = label]. */
static double softmax_row(const float *logits, int32_t label, int64_t classes, double scale, float *gradient)
{
    float greatest = logits[0];
    for (int64_t k = 1; k < classes; k++) greatest = fmaxf(greatest, logits[k]);
    const double largest = greatest;
    double sum = 0;
    for (int64_t k = 0; k < classes; k++) sum += exp(logits[k] - largest);
    double value = log(sum) - (logits[label] - largest);
    for (int64_t k = 0; gradient && k < classes; k++) {
        double probability = exp(logits[k] - largest) / sum;
        gradient[k] = (float)((probability - (k == label)) * scale);
    }
    return value;
}

gan_status gan_loss_softmax_cross_entropy(const float *logits, const int32_t *labels, int64_t rows, int64_t classes,
                                          double *value, float *gradient)
{
    GAN_CHECK_NOT_NULL(logits);
    GAN_CHECK_NOT_NULL(labels);
    GAN_TRY(check_count(rows, __func__, "rows"));
    if (classes < 1) {
        return gan_fail(GAN_ERROR_ARGUMENT, "%s: classes is %lld, expected at least 1", __func__, (long long)classes);
    }
    int64_t count, bytes;
    if (!gan_checked_multiply(rows, classes, &count) || !gan_checked_multiply(count, sizeof(float), &bytes)) {
        return gan_fail(GAN_ERROR_OVERFLOW, "%s: %lld rows of %lld classes overflow", __func__, (long long)rows,
                        (long long)classes);
    }
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

static gan_status distance_loss(loss_term_fn term_of, const float *a, const float *b, int64_t count, double *value,
                                float *gradient, const char *function)
{
    if (!a || !b) return gan_fail(GAN_ERROR_NULL, "%s: %s is NULL", function, a ? "b" : "a");
    GAN_TRY(check_count(count, function, "count"));
    double mean = mean_of_terms(term_of, a, b, 0, count, gradient);
    if (value) *value = mean;
    return GAN_OK;
}

gan_status gan_loss_l1(const float *a, const float *b, int64_t count, double *value, float *gradient)
{
    return distance_loss(absolute, a, b, count, value, gradient, __func__);
}

gan_status gan_loss_l2(const float *a, const float *b, int64_t count, double *value, float *gradient)
{
    return distance_loss(square, a, b, count, value, gradient, __func__);
}
