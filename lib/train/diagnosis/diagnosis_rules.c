/* The rules that turn measurements into diagnoses. docs/stability.md explains them, and has the numbers of sound and
 * broken trainings between which the thresholds lie. */
#include "train/diagnosis/diagnosis.h"

/* If D separates real from generated samples, its gradient should show G the way. In sound trainings G's was at least
 * 0.004 times its weights. A Wasserstein loss may have any scale: only its earlier gradients count. */
static const double separating_accuracy = 0.98;
static const double vanishing_share_of_weight = 1e-3, vanishing_share_of_usual = 1e-3;

static bool gradient_vanishes(const gan_findings *now)
{
    const double gradient = now->gradient[GAN_ROLE_GENERATOR];
    if (now->real_accuracy < separating_accuracy || now->fake_accuracy < separating_accuracy) return false;
    return gradient <= vanishing_share_of_usual * now->usual[GAN_ROLE_GENERATOR] ||
           (now->scaled && gradient <= vanishing_share_of_weight * now->weight[GAN_ROLE_GENERATOR]);
}

/* In sound trainings gradients grew to at most 6.3 times their running median, while D sharpened from nothing, and to
 * 1.3 times the weights. A jump counts only above the weights' own norm: below, gradients start from next to nothing,
 * as a hinge loss's do whenever D has been content. */
static const double exploding_times_usual = 30, exploding_least_times_weight = 1, exploding_times_weight = 100;

static bool gradient_explodes(const gan_findings *now)
{
    for (int i = 0; i < GAN_PLAYERS; i++) {
        const bool jumps = now->gradient[i] >= exploding_times_usual * now->usual[i] &&
                           now->gradient[i] >= exploding_least_times_weight * now->weight[i];
        if (jumps || now->gradient[i] >= exploding_times_weight * now->weight[i]) return true;
    }
    return false;
}

/* A D that is right about nearly all samples is common, and may still teach; one that is also sure does not. A
 * Wasserstein D is meant to be right. */
static const double winning_accuracy = 0.99, winning_belief = 0.02;

static bool discriminator_wins(const gan_findings *now)
{
    return now->scaled && now->real_accuracy >= winning_accuracy && now->fake_accuracy >= winning_accuracy &&
           now->belief <= winning_belief;
}

/* Samples of sound trainings were at least 0.55 times as far from each other as the data's. If k' of k equal and
 * equidistant modes remain, the ratio is (1 - 1/k') / (1 - 1/k): below this threshold, about one is left. */
static const double collapsed_diversity = 0.3;

static bool modes_collapse(const gan_findings *now)
{
    return now->diversity <= collapsed_diversity;
}

/* A rule makes its diagnosis once it has recently held at `patience` more diagnoses than it has not: G may move a
 * collapsed mode about, with a varied batch now and then. */
static const struct {
    gan_diagnosis diagnosis;
    int patience;
    bool (*holds)(const gan_findings *now);
} rules[GAN_DIAGNOSIS_RULES] = {
    {GAN_DIAGNOSIS_VANISHING_GRADIENT, 3, gradient_vanishes},
    {GAN_DIAGNOSIS_EXPLODING_GRADIENT, 1, gradient_explodes},
    {GAN_DIAGNOSIS_DISCRIMINATOR_WON, 10, discriminator_wins},
    {GAN_DIAGNOSIS_MODE_COLLAPSE, 5, modes_collapse},
};

void gan_rules_apply(const gan_findings *now, gan_real held[GAN_DIAGNOSIS_RULES])
{
    for (int i = 0; i < GAN_DIAGNOSIS_RULES; i++) {
        const double times = (double)held[i] + (rules[i].holds(now) ? 1 : -1);
        held[i] = (gan_real)fmin(fmax(times, 0), rules[i].patience);
    }
}

uint64_t gan_rules_diagnoses(const gan_real held[GAN_DIAGNOSIS_RULES])
{
    uint64_t sum = 0;
    for (int i = 0; i < GAN_DIAGNOSIS_RULES; i++) {
        if (held[i] >= (gan_real)rules[i].patience) sum += rules[i].diagnosis;
    }
    return sum;
}
