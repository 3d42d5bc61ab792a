/* Small built models of every kind, for tests of models, files and gradients. All calls are public. */
#ifndef GAN_TESTS_SUPPORT_MODELS_H
#define GAN_TESTS_SUPPORT_MODELS_H

#include "libgan.h"

/* Describes and builds a model; a failure is gan_model_build()'s. */
typedef gan_status (*test_model_fn)(gan_context *context, uint64_t seed, gan_model **out);

/* The generator 100-256-512-1024-784, a hundred times smaller: leaky ReLU 0.2, tanh. */
gan_status test_seed_generator(gan_context *context, uint64_t seed, gan_model **out);
/* Two 5x5 convolutions of stride 2 with 'same' padding, leaky ReLU 0.2, one logit, on (1, 6, 6). */
gan_status test_seed_discriminator(gan_context *context, uint64_t seed, gan_model **out);
/* Dense, then transposed convolutions to (2, 8, 8), with batch normalisation, ReLU and tanh. */
gan_status test_dcgan_generator(gan_context *context, uint64_t seed, gan_model **out);
/* Convolutions, batch normalisation, dropout, on (2, 8, 8). */
gan_status test_dcgan_discriminator(gan_context *context, uint64_t seed, gan_model **out);
/* A convolution, a transposed one and two dense layers, all with spectral normalisation, on (2, 5, 5). */
gan_status test_spectral_discriminator(gan_context *context, uint64_t seed, gan_model **out);
/* Convolutions with dilation and groups, a depthwise and a transposed one among them, on (2, 5, 4). */
gan_status test_grouped_discriminator(gan_context *context, uint64_t seed, gan_model **out);
/* Layers that normalise within a sample, and all curved activations, on (2, 5, 6). */
gan_status test_normalised_discriminator(gan_context *context, uint64_t seed, gan_model **out);
/* ELU, SiLU, GELU, PReLU, a product, max pooling and the logarithm of a sum of exponentials, on (2, 4, 3). */
gan_status test_smooth_discriminator(gan_context *context, uint64_t seed, gan_model **out);
/* Padding of all modes, pixel shuffle, and dropout that stays on in sampling, on (2, 3, 4). */
gan_status test_padded_discriminator(gan_context *context, uint64_t seed, gan_model **out);
/* A Gaussian code of a vector (5), as in a variational autoencoder. */
gan_status test_variational_discriminator(gan_context *context, uint64_t seed, gan_model **out);
/* Self-attention over the pixels of an image (2, 3, 4), as in SAGAN. */
gan_status test_attentive_discriminator(gan_context *context, uint64_t seed, gan_model **out);
/* An image (2, 4, 6) and a label, which is embedded: bilinear and nearest upsampling, average pooling, noise. */
gan_status test_labelled_discriminator(gan_context *context, uint64_t seed, gan_model **out);
/* An image (2, 4, 5) plus a learned constant, and a label, joined to it as a one-hot map; a projection (Miyato and
 * Koyama, 2018) of slices of the features. */
gan_status test_projection_discriminator(gan_context *context, uint64_t seed, gan_model **out);
/* Noise (3) and a label, to (2, 4, 6): batch normalisation by class, of a vector and of an image. */
gan_status test_conditional_generator(gan_context *context, uint64_t seed, gan_model **out);
/* In all of these, an input of shape (1) is a label: the number of a class below this. */
#define TEST_CLASSES 3
/* Two inputs, (3, 4, 4) and (5); two outputs, (3, 4, 4) and (2); skips, concatenation, views, a layer that reads
 * one node twice, an output that other layers read. */
gan_status test_graph(gan_context *context, uint64_t seed, gan_model **out);
/* Some twenty nodes of all kinds, drawn from the seed: one or two inputs, an output for each loose end, and sometimes
 * another. */
gan_status test_random_graph(gan_context *context, uint64_t seed, gan_model **out);

typedef struct test_named_model {
    const char *name;
    test_model_fn build;
} test_named_model;

#define TEST_MODELS 15
extern const test_named_model test_models[TEST_MODELS]; /* all except the random ones */

#endif
