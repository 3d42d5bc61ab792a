/* The adversarial losses: games of generator and discriminator. */
#include "train/losses/loss_terms.h"
#include "train/options/options.h"

/* ---- Terms ----------------------------------------------------------------------------------------------------- */

/* Cross-entropy with the opposite sign: what the discriminator loses, the generator wins. */
static gan_loss_term negative_cross_entropy(double logit, double target)
{
    gan_loss_term term = gan_cross_entropy(logit, target);
    term.value = -term.value;
    term.gradient = -term.gradient;
    return term;
}

/* (l - t)^2 / 2 */
static gan_loss_term half_square(double logit, double target)
{
    double distance = logit - target;
    gan_loss_term term = {distance * distance / 2, distance};
    return term;
}

/* l for a target of 0, -l for one of 1 */
static gan_loss_term critic(double logit, double target)
{
    double slope = 1 - 2 * target;
    gan_loss_term term = {slope * logit, slope};
    return term;
}

/* max(0, 1 + l) for a target of 0, max(0, 1 - l) for one of 1; the last case keeps NaN. */
static gan_loss_term hinge(double logit, double target)
{
    double slope = 1 - 2 * target, margin = 1 + slope * logit;
    gan_loss_term term = {margin <= 0 ? 0 : margin, margin <= 0 ? 0 : margin > 0 ? slope : margin};
    return term;
}

/* ---- Means ----------------------------------------------------------------------------------------------------- */

static double mean_over(gan_loss_term_fn term_of, const gan_logits *set, double target)
{
    return gan_mean_of_terms(term_of, set->values, NULL, target, set->count, set->gradient);
}

/* Real logits are drawn to their target, generated ones to 0. */
static double mean_of_both(gan_loss_term_fn term_of, const gan_logits *real, const gan_logits *fake)
{
    double sum = mean_over(term_of, real, real->target);
    return sum + mean_over(term_of, fake, 0);
}

/* E t(r_i - f_i) for the target of the real samples: -log s(x) is softplus(-x). */
static double mean_of_pairs(gan_loss_term_fn term_of, const gan_logits *real, const gan_logits *fake)
{
    double sum = 0, scale = 1 / (double)real->count;
    for (int64_t i = 0; i < real->count; i++) {
        gan_loss_term term = term_of((double)real->values[i] - fake->values[i], real->target);
        sum += term.value;
        if (real->gradient) real->gradient[i] = (float)(term.gradient * scale);
        if (fake->gradient) fake->gradient[i] = (float)(-term.gradient * scale);
    }
    return sum * scale;
}

static double mean_logit(const gan_logits *set)
{
    double sum = 0;
    for (int64_t i = 0; i < set->count; i++) sum += set->values[i];
    return sum / (double)set->count;
}

/* E t(l - m) and the mean of its derivative. */
static gan_loss_term mean_against(gan_loss_term_fn term_of, const gan_logits *set, double opponent)
{
    gan_loss_term mean = {0, 0};
    for (int64_t i = 0; i < set->count; i++) {
        gan_loss_term term = term_of(set->values[i] - opponent, set->target);
        mean.value += term.value / (double)set->count;
        mean.gradient += term.gradient / (double)set->count;
    }
    return mean;
}

/* d/dl_i = (t'(l_i - m) - E t' of the others, whose opponent is the mean of l) / n */
static void differentiate_against(gan_loss_term_fn term_of, const gan_logits *set, double opponent, double others)
{
    for (int64_t i = 0; set->gradient && i < set->count; i++) {
        gan_loss_term term = term_of(set->values[i] - opponent, set->target);
        set->gradient[i] = (float)((term.gradient - others) / (double)set->count);
    }
}

/* E t(r - E f) + E t(f - E r) */
static double mean_against_means(gan_loss_term_fn term_of, const gan_logits *real, const gan_logits *fake)
{
    double real_mean = mean_logit(real), fake_mean = mean_logit(fake);
    gan_loss_term of_real = mean_against(term_of, real, fake_mean), of_fake = mean_against(term_of, fake, real_mean);
    differentiate_against(term_of, real, fake_mean, of_fake.gradient);
    differentiate_against(term_of, fake, real_mean, of_real.gradient);
    return of_real.value + of_fake.value;
}

/* ---- Losses, by the formulas of gan_loss ----------------------------------------------------------------------- */

static double cross_entropy_of_both(const gan_logits *real, const gan_logits *fake)
{
    return mean_of_both(gan_cross_entropy, real, fake);
}

static double non_saturating_generator(const gan_logits *real, const gan_logits *fake)
{
    (void)real;
    return mean_over(gan_cross_entropy, fake, 1);
}

static double saturating_generator(const gan_logits *real, const gan_logits *fake)
{
    (void)real;
    return mean_over(negative_cross_entropy, fake, 0);
}

static double least_squares_discriminator(const gan_logits *real, const gan_logits *fake)
{
    return mean_of_both(half_square, real, fake);
}

static double least_squares_generator(const gan_logits *real, const gan_logits *fake)
{
    (void)real;
    return mean_over(half_square, fake, 1);
}

static double wasserstein_discriminator(const gan_logits *real, const gan_logits *fake)
{
    return mean_of_both(critic, real, fake);
}

static double wasserstein_generator(const gan_logits *real, const gan_logits *fake)
{
    (void)real;
    return mean_over(critic, fake, 1);
}

static double hinge_discriminator(const gan_logits *real, const gan_logits *fake)
{
    return mean_of_both(hinge, real, fake);
}

/* Both players' loss: the generator's has the targets swapped. */
static double relativistic(const gan_logits *real, const gan_logits *fake)
{
    return mean_of_pairs(gan_cross_entropy, real, fake);
}

static double relativistic_average(const gan_logits *real, const gan_logits *fake)
{
    return mean_against_means(gan_cross_entropy, real, fake);
}

/* ---- Belief ---------------------------------------------------------------------------------------------------- */

static double probability(double score)
{
    return gan_probability(score);
}

static double clamped(double score)
{
    return fmin(fmax(score, 0), 1);
}

/* From -1 to 1, beyond which hinge losses leave logits alone. */
static double clamped_margin(double score)
{
    return clamped((score + 1) / 2);
}

/* ---- Rows ------------------------------------------------------------------------------------------------------ */

static const gan_adversarial_loss non_saturating_loss = {.name = "non-saturating",
                                                         .discriminator = cross_entropy_of_both,
                                                         .generator = non_saturating_generator,
                                                         .belief = probability,
                                                         .scaled = true};

static const gan_adversarial_loss saturating_loss = {.name = "saturating",
                                                     .discriminator = cross_entropy_of_both,
                                                     .generator = saturating_generator,
                                                     .belief = probability,
                                                     .scaled = true};

static const gan_adversarial_loss least_squares_loss = {.name = "least-squares",
                                                        .discriminator = least_squares_discriminator,
                                                        .generator = least_squares_generator,
                                                        .bounded = true,
                                                        .boundary = 0.5,
                                                        .belief = clamped,
                                                        .scaled = true};

static const gan_adversarial_loss wasserstein_loss = {.name = "Wasserstein",
                                                      .discriminator = wasserstein_discriminator,
                                                      .generator = wasserstein_generator,
                                                      .hard_labels = true,
                                                      .compared = GAN_COMPARED_IN_PAIRS,
                                                      .belief = probability};

static const gan_adversarial_loss hinge_loss = {.name = "hinge",
                                                .discriminator = hinge_discriminator,
                                                .generator = wasserstein_generator,
                                                .hard_labels = true,
                                                .belief = clamped_margin,
                                                .scaled = true};

static const gan_adversarial_loss relativistic_loss = {.name = "relativistic",
                                                       .discriminator = relativistic,
                                                       .generator = relativistic,
                                                       .relativistic = true,
                                                       .pairs = true,
                                                       .hard_labels = true,
                                                       .compared = GAN_COMPARED_IN_PAIRS,
                                                       .belief = probability,
                                                       .scaled = true};

static const gan_adversarial_loss relativistic_average_loss = {.name = "relativistic average",
                                                               .discriminator = relativistic_average,
                                                               .generator = relativistic_average,
                                                               .relativistic = true,
                                                               .compared = GAN_COMPARED_WITH_MEAN,
                                                               .belief = probability,
                                                               .scaled = true};

/* A value of gan_loss without a row fails to compile. */
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wswitch"
const gan_adversarial_loss *gan_loss_find(gan_loss loss)
{
    switch (loss) {
    case GAN_LOSS_NON_SATURATING: return &non_saturating_loss;
    case GAN_LOSS_SATURATING: return &saturating_loss;
    case GAN_LOSS_LEAST_SQUARES: return &least_squares_loss;
    case GAN_LOSS_WASSERSTEIN: return &wasserstein_loss;
    case GAN_LOSS_HINGE: return &hinge_loss;
    case GAN_LOSS_RELATIVISTIC: return &relativistic_loss;
    case GAN_LOSS_RELATIVISTIC_AVERAGE: return &relativistic_average_loss;
    }
    return NULL;
}
#pragma GCC diagnostic pop

gan_status gan_loss_check(gan_loss loss, const char *what)
{
    if (gan_loss_find(loss)) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s is %d, expected a gan_loss", what, (int)loss);
}

gan_status gan_loss_check_real_target(gan_loss loss, float real_target, const char *what, float value)
{
    const gan_adversarial_loss *row = gan_loss_find(loss);
    GAN_INVARIANT(row != NULL); /* the callers check the loss */
    if (real_target == 1 || !row->hard_labels) return GAN_OK;
    return gan_fail(GAN_ERROR_ARGUMENT, "%s is %g, but the %s loss has no labels to smooth", what, (double)value,
                    row->name);
}

/* ---- The calls ------------------------------------------------------------------------------------------------- */

static gan_status check_pairs(const gan_adversarial_loss *row, int64_t real_count, int64_t fake_count,
                              const char *function)
{
    if (!row->pairs || real_count == fake_count) return GAN_OK;
    return gan_fail(GAN_ERROR_BATCH,
                    "%s: real_count is %lld and fake_count %lld, but the %s loss takes pairs of samples", function,
                    (long long)real_count, (long long)fake_count, row->name);
}

gan_status gan_loss_discriminator(gan_loss loss, float real_target, const float *real_logits, int64_t real_count,
                                  const float *fake_logits, int64_t fake_count, double *value, float *real_gradient,
                                  float *fake_gradient)
{
    GAN_FLOAT_SCOPE();
    GAN_TRY(gan_loss_check(loss, "gan_loss_discriminator: loss"));
    GAN_TRY(gan_range_check(GAN_RANGE_UNIT, real_target, "gan_loss_discriminator: real_target"));
    GAN_TRY(gan_loss_check_real_target(loss, real_target, "gan_loss_discriminator: real_target", real_target));
    GAN_CHECK_NOT_NULL(real_logits);
    GAN_CHECK_NOT_NULL(fake_logits);
    GAN_TRY(gan_loss_check_count(real_count, __func__, "real_count"));
    GAN_TRY(gan_loss_check_count(fake_count, __func__, "fake_count"));
    GAN_TRY(check_pairs(gan_loss_find(loss), real_count, fake_count, __func__));
    const gan_logits real = {real_logits, real_count, real_target, real_gradient},
                     fake = {fake_logits, fake_count, 0, fake_gradient};
    const double found = gan_loss_find(loss)->discriminator(&real, &fake);
    if (value) *value = found;
    return GAN_OK;
}

static gan_status check_real_logits(const gan_adversarial_loss *row, const float *real_logits, int64_t real_count,
                                    int64_t fake_count)
{
    const char *function = "gan_loss_generator";
    if (!real_logits && row->relativistic) {
        return gan_fail(GAN_ERROR_NULL, "%s: real_logits is NULL, but the %s loss needs real samples", function,
                        row->name);
    }
    if (real_logits) GAN_TRY(gan_loss_check_count(real_count, function, "real_count"));
    return real_logits ? check_pairs(row, real_count, fake_count, function) : GAN_OK;
}

gan_status gan_loss_generator(gan_loss loss, const float *real_logits, int64_t real_count, const float *fake_logits,
                              int64_t fake_count, double *value, float *fake_gradient)
{
    GAN_FLOAT_SCOPE();
    GAN_TRY(gan_loss_check(loss, "gan_loss_generator: loss"));
    GAN_CHECK_NOT_NULL(fake_logits);
    GAN_TRY(gan_loss_check_count(fake_count, __func__, "fake_count"));
    GAN_TRY(check_real_logits(gan_loss_find(loss), real_logits, real_count, fake_count));
    const gan_logits real = {real_logits, real_count, 0, NULL}, fake = {fake_logits, fake_count, 1, fake_gradient};
    const double found = gan_loss_find(loss)->generator(&real, &fake);
    if (value) *value = found;
    return GAN_OK;
}
