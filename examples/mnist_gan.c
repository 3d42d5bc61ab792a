/* The main example: trains a dense generator against a convolutional discriminator on MNIST, or on any dataset in its
 * format, and shows its progress; training.h says how. */
#include "training.h"

int main(int argc, char **argv)
{
    return train_on_images("mnist_gan: trains a GAN on images in MNIST's format.", "dense", argc, argv);
}
