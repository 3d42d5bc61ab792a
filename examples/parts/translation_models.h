/* The networks that translate pictures, and judge translations. Each function builds a model or fails with a reason;
 * see gan_last_error(). Weights start as N(0, 0.02), as in both papers. */
#ifndef EXAMPLES_TRANSLATION_MODELS_H
#define EXAMPLES_TRANSLATION_MODELS_H

#include <libgan.h>

/* The U-Net of pix2pix (Isola et al., 2017): 4x4 convolutions with stride 2 halve the sides while they are even, down
 * to 1 if need be, with `filters` filters in the first, twice as many in each that follows, but at most 8 times as
 * many. Transposed ones double the sides again, and each reads also what the convolution of its size made. Instance
 * normalisation; dropout in the three after the innermost, in sampling too: it is the only noise. */
gan_status build_unet_generator(gan_context *context, gan_shape image, int64_t filters, uint64_t seed,
                                gan_model **out);

/* The residual network of CycleGAN (Zhu et al., 2017): a 7x7 convolution, two that halve the sides, which must be
 * multiples of 4, `blocks` residual blocks of two 3x3 convolutions, and back. Padding by reflection, instance
 * normalisation. */
gan_status build_resnet_generator(gan_context *context, gan_shape image, int64_t filters, int64_t blocks,
                                  uint64_t seed, gan_model **out);

/* A PatchGAN of one picture or, as `inputs` says, of several together: a map of logits, one for each patch.
 * `halvings` is how often it halves the sides: with 2, a logit sees 34 x 34 pixels, with 3, 70 x 70. */
gan_status build_patch_discriminator(gan_context *context, gan_shape image, int64_t inputs, int64_t filters,
                                     int64_t halvings, uint64_t seed, gan_model **out);

#endif
