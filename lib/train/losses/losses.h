/* The door of losses: functions of logits, in double. */
#ifndef GAN_LOSSES_H
#define GAN_LOSSES_H

#include "core/core.h"

#include <math.h>

/* The logits of one kind of samples, their label, and where their gradient goes, or NULL. */
typedef struct gan_logits {
    const float *values;
    int64_t count;
    double target;
    float *gradient;
} gan_logits;

/* What is subtracted from a logit before it is read as a judgement. */
typedef enum gan_comparison {
    GAN_COMPARED_WITH_NOTHING,
    GAN_COMPARED_IN_PAIRS, /* with sample i of the other kind, for sample i */
    GAN_COMPARED_WITH_MEAN /* of the other kind */
} gan_comparison;

/* A game of generator and discriminator: all that the library knows about a gan_loss. */
typedef struct gan_adversarial_loss {
    const char *name; /* for messages */
    /* Each player's loss: return the value and write the gradients that are wanted. `real` may lack logits in the
     * generator's, unless it compares with them. */
    double (*discriminator)(const gan_logits *real, const gan_logits *fake);
    double (*generator)(const gan_logits *real, const gan_logits *fake);
    bool relativistic; /* the generator's loss also takes logits of real samples, */
    bool pairs;        /* and both as many as there are generated ones */
    bool hard_labels;  /* real samples always have the label 1 */
    bool bounded;      /* logits need reach no farther than the labels, from 0 to 1 */
    /* How the discriminator's judgement is read. A score is a logit minus what it is compared with; scores above the
     * boundary mean a real sample, and belief turns a score into how real D takes the sample to be, from 0 to 1. */
    gan_comparison compared;
    double boundary;
    double (*belief)(double score);
    bool scaled; /* scores have a scale, so that D can be sure */
} gan_adversarial_loss;

/* The row of a loss, or NULL for another number. */
const gan_adversarial_loss *gan_loss_find(gan_loss loss);
gan_status gan_loss_check(gan_loss loss, const char *what);
/* GAN_ERROR_ARGUMENT unless real samples may have that target; `what` and `value` are the option's that sets it. */
gan_status gan_loss_check_real_target(gan_loss loss, float real_target, const char *what, float value);

/* D(x) = s(l), without overflow. */
static inline double gan_probability(double logit)
{
    double tail = exp(-fabs(logit));
    return logit >= 0 ? 1 / (1 + tail) : tail / (1 + tail);
}

#endif
