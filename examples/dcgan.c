/* The same job as mnist_gan with convolutions in both players (Radford et al., "Unsupervised Representation Learning
 * with Deep Convolutional Generative Adversarial Networks", 2016). */
#include "training.h"

int main(int argc, char **argv)
{
    const image_gan what = {
        .usage = "dcgan: trains a convolutional GAN on images in MNIST's format. Default recipe: dcgan.",
        .recipe = "dcgan",
        .generator = build_dcgan_generator,
        .discriminator = build_dcgan_discriminator,
        .factor = 4,
    };
    return train_on_images(&what, argc, argv);
}
