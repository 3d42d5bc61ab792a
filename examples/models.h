/* The networks that several programs train. Each function builds a model or says why not; see gan_last_error(). */
#ifndef EXAMPLES_MODELS_H
#define EXAMPLES_MODELS_H

#include <libgan.h>

#define NOISE_SIZE 100

/* 100-256-512-1024-pixels, dense, leaky ReLU 0.2, tanh; with batch normalisation before each leaky ReLU if asked. */
gan_status build_dense_generator(gan_context *context, gan_shape image, bool batch_norm, uint64_t seed,
                                 gan_model **out);

/* Two 5x5 convolutions with stride 2 and 64 and 128 filters, leaky ReLU 0.2, then one logit. */
gan_status build_conv_discriminator(gan_context *context, gan_shape image, uint64_t seed, gan_model **out);

/* Builds a described model from the seed, or releases it. */
gan_status build_or_destroy(gan_model *model, uint64_t seed, gan_model **out);

#endif
