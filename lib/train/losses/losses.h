/* The door of losses: functions of logits, in double. */
#ifndef GAN_LOSSES_H
#define GAN_LOSSES_H

#include "core/core.h"

#include <math.h>

/* The logits of samples of one kind, their label, and where their gradient goes, or NULL. */
typedef struct gan_logits {
    const float *values;
    int64_t count;
    double target;
    float *gradient;
} gan_logits;

/* What a logit is taken less before it is read as a judgement. */
typedef enum gan_comparison {
    GAN_COMPARED_WITH_NOTHING,
    GAN_COMPARED_IN_PAIRS, /* sample i with sample i of the other kind */
    GAN_COMPARED_WITH_MEAN /* of the other kind */
} gan_comparison;

/* A game of generator and discriminator: all that the library knows of a gan_loss. */
typedef struct gan_adversarial_loss {
    const char *name; /* for messages */
    /* The value of each player's loss, which writes the gradients that are wanted. `real` of the generator's may be
     * without logits unless it compares with them. */
    double (*discriminator)(const gan_logits *real, const gan_logits *fake);
    double (*generator)(const gan_logits *real, const gan_logits *fake);
    bool relativistic; /* the generator's loss takes logits of real samples, */
    bool pairs;        /* and both as many as there are generated ones */
    bool hard_labels;  /* real samples have the label 1 and no other */
    /* How the discriminator's judgement is read. A score is a logit less what it is compared with; scores above the
     * boundary speak for a real sample, and belief makes of a score how real D takes a sample to be, from 0 to 1. */
    gan_comparison compared;
    double boundary;
    double (*belief)(double score);
    bool scaled; /* scores have a scale, so that D can be sure of them */
} gan_adversarial_loss;

/* The row of a loss, or NULL for another number. */
const gan_adversarial_loss *gan_loss_find(gan_loss loss);
gan_status gan_loss_check(gan_loss loss, const char *what);
/* GAN_ERROR_ARGUMENT unless real samples may have that target; `what` and `value` are of the option that says so. */
gan_status gan_loss_check_real_target(gan_loss loss, float real_target, const char *what, float value);

/* D(x) = s(l), without overflow. */
static inline double gan_probability(double logit)
{
    double tail = exp(-fabs(logit));
    return logit >= 0 ? 1 / (1 + tail) : tail / (1 + tail);
}

#endif
