/* The networks that several programs train. Each function builds a model or fails with a reason; see
 * gan_last_error(). */
#ifndef EXAMPLES_MODELS_H
#define EXAMPLES_MODELS_H

#include <libgan.h>

#define NOISE_SIZE 100

/* A network's normalisation, between its layers or, if spectral, in them. In a discriminator the first layer and the
 * logit have no batch or layer normalisation, as in DCGAN (Radford et al., 2016). */
typedef enum normalisation {
    NORMALISATION_NONE,
    NORMALISATION_BATCH,
    NORMALISATION_LAYER,
    NORMALISATION_SPECTRAL
} normalisation;

/* Type of all functions below. A generator maps NOISE_SIZE numbers to images of that shape, a discriminator maps them
 * to a logit. */
typedef gan_status build_model(gan_context *context, gan_shape image, normalisation kind, uint64_t seed,
                               gan_model **out);

/* 100-256-512-1024-pixels, dense, leaky ReLU 0.2, tanh. */
build_model build_dense_generator;

/* Two 5x5 convolutions with stride 2 and 64 and 128 filters, leaky ReLU 0.2, then one logit. */
build_model build_conv_discriminator;

/* A dense layer to 128 images of a quarter of the sides, which must be multiples of 4, then two 4x4 transposed
 * convolutions with stride 2, to 64 and to the image's channels; ReLU, tanh. */
build_model build_dcgan_generator;

/* Its mirror image: two 4x4 convolutions with stride 2 and 64 and 128 filters, leaky ReLU 0.2, then one logit. */
build_model build_dcgan_discriminator;

/* Batch or layer normalisation, or nothing, after the last layer of a model. */
void add_normalisation(gan_context *context, gan_model *model, normalisation kind);

/* Builds a described model from the seed, or releases it. */
gan_status build_or_destroy(gan_model *model, uint64_t seed, gan_model **out);

#endif
