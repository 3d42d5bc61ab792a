/* Diagnoses in words. The advice is from docs/stability.md. */
#include "train/diagnosis/diagnosis.h"

static const struct {
    gan_diagnosis diagnosis;
    const char *name, *advice;
} texts[] = {
    {GAN_DIAGNOSIS_VANISHING_GRADIENT, "vanishing gradient",
     "The discriminator tells all samples apart and leaves the generator almost no gradient to follow: use a loss "
     "that does not saturate, hold the discriminator back by a gradient penalty, spectral normalisation or fewer "
     "and smaller steps, and see that the generator's outputs are not saturated."},
    {GAN_DIAGNOSIS_EXPLODING_GRADIENT, "exploding gradient",
     "A gradient is far larger than it was, or than the weights that it moves: lower the learning rate, bound the "
     "discriminator's slope by spectral normalisation or a gradient penalty, clip the gradient's norm, and see "
     "that weights start on their default scale and data lie in [-1, 1]."},
    {GAN_DIAGNOSIS_DISCRIMINATOR_WON, "discriminator won",
     "The discriminator is right and sure about every sample, so that its judgement tells the generator little: "
     "give it a gradient penalty, instance noise or label smoothing, augment what it sees when data are few, make "
     "its steps fewer or smaller, or the generator larger."},
    {GAN_DIAGNOSIS_MODE_COLLAPSE, "mode collapse",
     "Generated samples are much more alike than real ones: show the discriminator several samples at once by "
     "packing or minibatch standard deviation, use a relativistic loss with penalties r1 and r2, batch "
     "normalisation in the generator, or a lower learning rate of the generator than of the discriminator."},
    {GAN_DIAGNOSIS_NOT_FINITE, "not finite",
     "A loss, gradient or running statistic was NaN or infinite, and the models hold their last good weights: look "
     "for such values in the data, lower the learning rate, clip the gradient's norm, and resume from the last "
     "checkpoint."},
};

enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };

const char *gan_diagnosis_name(gan_diagnosis diagnosis)
{
    for (int i = 0; i < TEXTS; i++) {
        if (texts[i].diagnosis == diagnosis) return texts[i].name;
    }
    return "unknown diagnosis";
}

const char *gan_diagnosis_advice(gan_diagnosis diagnosis)
{
    for (int i = 0; i < TEXTS; i++) {
        if (texts[i].diagnosis == diagnosis) return texts[i].advice;
    }
    return "";
}
