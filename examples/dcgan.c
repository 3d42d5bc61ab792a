/* The same job as mnist_gan with convolutions in both players (Radford et al., "Unsupervised Representation Learning
 * with Deep Convolutional Generative Adversarial Networks", 2016). */
#include "training.h"

int main(int argc, char **argv)
{
    return train_on_images("dcgan: trains a convolutional GAN on images in MNIST's format; mnist_gan --model dcgan.",
                           "dcgan", argc, argv);
}
