#!/usr/bin/env python3
"""gan-bench's cases in TensorFlow: Keras models in a tf.function; see rival.py."""
import os

import rival


def prepare(tf, case):
    tf.config.threading.set_intra_op_parallelism_threads(case.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.random.set_seed(1)
    return prepare_step(tf, case) if case.kind == "step" else prepare_sample(tf, case)


def leaky_relu(layers):
    return layers.LeakyReLU(negative_slope=rival.LEAK)


def batch_norm(layers):
    return layers.BatchNormalization(momentum=1 - rival.BATCH_NORM_MOMENTUM, epsilon=rival.BATCH_NORM_EPSILON)


def seed_generator(keras):
    layers, stack = keras.layers, [keras.layers.Input((rival.NOISE_SIZE,))]
    for units in rival.GENERATOR_UNITS[:-1]:
        stack += [layers.Dense(units), leaky_relu(layers)]
    stack += [layers.Dense(rival.GENERATOR_UNITS[-1], activation="tanh"), layers.Reshape((28, 28, 1))]
    return keras.Sequential(stack)


def seed_discriminator(keras):
    layers = keras.layers
    return keras.Sequential([
        layers.Input((28, 28, 1)),
        layers.Conv2D(64, 5, 2, "same"), leaky_relu(layers),
        layers.Conv2D(128, 5, 2, "same"), leaky_relu(layers),
        layers.Flatten(), layers.Dense(1)])


def dcgan_generator(keras):
    layers = keras.layers
    return keras.Sequential([
        layers.Input((rival.NOISE_SIZE,)),
        layers.Dense(256 * 49), layers.Reshape((7, 7, 256)), batch_norm(layers), layers.ReLU(),
        layers.Conv2DTranspose(128, 4, 2, "same"), batch_norm(layers), layers.ReLU(),
        layers.Conv2DTranspose(64, 4, 2, "same"), batch_norm(layers), layers.ReLU(),
        layers.Conv2D(1, 3, 1, "same", activation="tanh")])


def dcgan_discriminator(keras):
    layers = keras.layers
    return keras.Sequential([
        layers.Input((28, 28, 1)),
        layers.Conv2D(64, 4, 2, "same"), leaky_relu(layers),
        layers.Conv2D(128, 4, 2, "same"), batch_norm(layers), leaky_relu(layers),
        layers.Flatten(), layers.Dense(1)])


def mixture(keras, outputs):
    layers, units = keras.layers, rival.MIXTURE_UNITS
    return keras.Sequential([
        layers.Input((2,)),
        layers.Dense(units), leaky_relu(layers), layers.Dense(units), leaky_relu(layers), layers.Dense(outputs)])


def models(keras, model):
    if model == "seed":
        return seed_generator(keras), seed_discriminator(keras), (28, 28, 1)
    if model == "dcgan":
        return dcgan_generator(keras), dcgan_discriminator(keras), (28, 28, 1)
    return mixture(keras, 2), mixture(keras, 1), (2,)


def adam(keras, model):
    optimizer = keras.optimizers.Adam(rival.LEARNING_RATE, rival.BETA1, rival.BETA2, rival.EPSILON)
    optimizer.build(model.trainable_variables)
    return optimizer


def prepare_step(tf, case):
    softplus, mean = tf.math.softplus, tf.reduce_mean
    generator, discriminator, shape = models(tf.keras, case.model)
    of_generator, of_discriminator = adam(tf.keras, generator), adam(tf.keras, discriminator)
    real = tf.random.uniform((case.size, *shape), -1, 1)

    @tf.function
    def step(real):
        with tf.GradientTape() as through_generator:
            generated = generator(tf.random.normal((case.size, case.noise_size)), training=True)
        with tf.GradientTape() as tape:
            loss = mean(softplus(-discriminator(real, training=True)))
            loss += mean(softplus(discriminator(tf.stop_gradient(generated), training=True)))
        weights = discriminator.trainable_variables
        of_discriminator.apply(tape.gradient(loss, weights), weights)
        # No gradients of the discriminator's weights in the generator's update.
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(generated)
            loss_of_generator = mean(softplus(-discriminator(generated, training=True)))
        gradient = tape.gradient(loss_of_generator, generated)
        weights = generator.trainable_variables
        of_generator.apply(through_generator.gradient(generated, weights, output_gradients=gradient), weights)
        return loss, loss_of_generator

    return lambda: step(real)[1].numpy()


def prepare_sample(tf, case):
    import numpy

    generator = seed_generator(tf.keras)
    if case.kind == "start-up":
        if not os.path.exists(case.file):
            with open(case.file, "wb") as file:
                numpy.savez(file, *generator.get_weights())
        with numpy.load(case.file) as weights:
            generator.set_weights([weights[name] for name in weights.files])
    noise = [tf.random.normal((end - begin, rival.NOISE_SIZE)) for begin, end in case.chunks()]
    images = numpy.empty((case.size, 28, 28, 1), numpy.float32)
    forward = tf.function(lambda z: generator(z, training=False))

    def sample():
        for z, (begin, end) in zip(noise, case.chunks()):
            images[begin:end] = forward(z).numpy()

    return sample


if __name__ == "__main__":
    rival.serve("TensorFlow", "tensorflow", prepare)
