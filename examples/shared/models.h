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

#define MODEL_FILTERS 64 /* of the convolutions at the largest images, as in the paper; there may be others */

/* Type of all functions below. A generator maps NOISE_SIZE numbers to images of that shape, a discriminator maps them
 * to a logit. */
typedef gan_status build_model(gan_context *context, gan_shape image, normalisation kind, int64_t filters,
                               uint64_t seed, gan_model **out);

/* 100-256-512-1024-pixels, dense, leaky ReLU 0.2, tanh; no filters. */
build_model build_dense_generator;

/* Two 5x5 convolutions with stride 2, the second with twice the filters, leaky ReLU 0.2, then one logit. */
build_model build_conv_discriminator;

/* How often DCGAN's networks halve images: twice up to sides of 32, else until 4 to 7 pixels are left of the shorter
 * one, as in the paper. The sides must be multiples of 2 to this power. */
int dcgan_stages(gan_shape image);

/* A dense layer to images of the least sides, then a 4x4 transposed convolution with stride 2 for each stage, with
 * `filters` before the last one, which gives the image's channels, and twice as many, up to 8 times, in each before;
 * ReLU, tanh. */
build_model build_dcgan_generator;

/* Its mirror image: 4x4 convolutions with stride 2, leaky ReLU 0.2, then one logit. */
build_model build_dcgan_discriminator;

/* Batch or layer normalisation, or nothing, after the last layer of a model. */
void add_normalisation(gan_context *context, gan_model *model, normalisation kind);

/* Builds a described model from the seed, or releases it. */
gan_status build_or_destroy(gan_model *model, uint64_t seed, gan_model **out);

#endif
