/* The main example: trains a dense generator against a convolutional discriminator on MNIST, or on any dataset in its
 * format, and shows its progress; training.h says how. */
#include "training.h"

int main(int argc, char **argv)
{
    const image_gan what = {
        .usage = "mnist_gan: trains a GAN on images in MNIST's format. Default recipe: stable.",
        .recipe = "stable",
        .generator = build_dense_generator,
        .discriminator = build_conv_discriminator,
        .factor = 1,
    };
    return train_on_images(&what, argc, argv);
}
