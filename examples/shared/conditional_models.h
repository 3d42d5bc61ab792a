/* The networks of a class-conditional image GAN, after DCGAN. Classes are numbers, from 0, as datasets have them. */
#ifndef EXAMPLES_CONDITIONAL_MODELS_H
#define EXAMPLES_CONDITIONAL_MODELS_H

#include <libgan.h>

/* How the discriminator learns of the class. */
typedef enum conditioning {
    CONDITIONING_CONCAT, /* one more plane a class at its input (Mirza and Osindero, 2014; Radford et al., 2016) */
    CONDITIONING_PROJECTION, /* its features times an embedding of the class (Miyato and Koyama, 2018) */
    CONDITIONING_AUXILIARY   /* it does not, but says the class (AC-GAN, Odena et al., 2017) */
} conditioning;

/* Inputs: NOISE_SIZE numbers, the class. The one-hot class is joined to the noise; then as build_dcgan_generator(),
 * with conditional batch normalisation. The sides of the image must be multiples of 4. */
gan_status build_conditional_generator(gan_context *context, gan_shape image, int64_t classes, uint64_t seed,
                                       gan_model **out);

/* Inputs: an image and, unless auxiliary, the class. Outputs: a logit and, if auxiliary, one for each class. Two 4x4
 * convolutions with stride 2 and 64 and 128 filters, leaky ReLU 0.2; spectral normalisation if so chosen. */
gan_status build_conditional_discriminator(gan_context *context, gan_shape image, int64_t classes, conditioning kind,
                                           bool spectral, uint64_t seed, gan_model **out);

#endif
