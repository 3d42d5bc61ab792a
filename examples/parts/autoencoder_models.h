/* The networks of a variational autoencoder, and the discriminator of a VAE/GAN. Sides of images must be multiples of
 * 4. */
#ifndef EXAMPLES_AUTOENCODER_MODELS_H
#define EXAMPLES_AUTOENCODER_MODELS_H

#include <libgan.h>

/* Outputs of the encoder: a sample of the code, which is the mean outside of training; its distribution. */
enum { ENCODER_CODE, ENCODER_MEAN, ENCODER_LOG_VARIANCE };

/* Two 4x4 convolutions with stride 2 and 32 and 64 filters, 256 units, then the code's mean and the logarithm of its
 * variance; ReLU, after batch normalisation if `normalised`. */
gan_status build_encoder(gan_context *context, gan_shape image, int64_t codes, bool normalised, uint64_t seed,
                         gan_model **out);

/* Outputs of the decoder: images in [-1, 1], and the logits of the pixels' probabilities of being white. */
enum { DECODER_IMAGE, DECODER_LOGITS };

/* The encoder's mirror image, from normal noise or a code. */
gan_status build_decoder(gan_context *context, gan_shape image, int64_t codes, bool normalised, uint64_t seed,
                         gan_model **out);

/* Outputs of the discriminator: a logit, and the features in which a VAE/GAN compares images. */
enum { DISCRIMINATOR_LOGIT, DISCRIMINATOR_FEATURES };

/* Two 4x4 convolutions with stride 2 and 64 and 128 filters, leaky ReLU 0.2, whose output is the features, then one
 * logit. Batch normalisation gives features a scale, which the distance between them then has. */
gan_status build_judge(gan_context *context, gan_shape image, uint64_t seed, gan_model **out);

/* Without weights: pixels x in [-1, 1], and halves, to probabilities of being white, x / 2 + 1 / 2. */
gan_status build_to_probability(gan_context *context, gan_shape image, gan_model **out);

#endif
