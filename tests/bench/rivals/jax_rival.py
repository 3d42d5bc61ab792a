#!/usr/bin/env python3
"""gan-bench's cases in JAX, jitted; see rival.py."""
import os
import sys

import rival

# A model is a list of layers, (kind, settings...); parameters and running statistics are lists of the same length, with
# empty entries for layers without.
LEAKY_RELU, RELU, TANH = ("leaky_relu",), ("relu",), ("tanh",)


def seed_generator():
    layers, size = [], rival.NOISE_SIZE
    for units in rival.GENERATOR_UNITS:
        layers += [("dense", size, units), LEAKY_RELU]
        size = units
    return layers[:-1] + [TANH, ("reshape", 28, 28, 1)]


def discriminator(kernel, normalisation):
    return [("conv", kernel, 2, 1, 64), LEAKY_RELU, ("conv", kernel, 2, 64, 128), *normalisation, LEAKY_RELU,
            ("reshape", 6272), ("dense", 6272, 1)]


def dcgan_generator():
    return [("dense", rival.NOISE_SIZE, 256 * 49), ("reshape", 7, 7, 256), ("batch_norm", 256), RELU,
            ("conv_transpose", 4, 2, 256, 128), ("batch_norm", 128), RELU,
            ("conv_transpose", 4, 2, 128, 64), ("batch_norm", 64), RELU,
            ("conv", 3, 1, 64, 1), TANH]


def mixture(outputs):
    units = rival.MIXTURE_UNITS
    return [("dense", 2, units), LEAKY_RELU, ("dense", units, units), LEAKY_RELU, ("dense", units, outputs)]


def models(model):
    if model == "seed":
        return seed_generator(), discriminator(5, []), (28, 28, 1)
    if model == "dcgan":
        return dcgan_generator(), discriminator(4, [("batch_norm", 128)]), (28, 28, 1)
    return mixture(2), mixture(1), (2,)


def create(jax, layers, key):
    """Parameters and running statistics."""
    jnp = jax.numpy
    parameters, statistics = [], []
    for kind, *sizes in layers:
        weights, running = [], []
        key, own = jax.random.split(key)
        if kind == "dense":
            weights = [0.02 * jax.random.normal(own, sizes), jnp.zeros(sizes[1])]
        elif kind in ("conv", "conv_transpose"):
            kernel, _, channels, filters = sizes
            weights = [0.02 * jax.random.normal(own, (kernel, kernel, channels, filters)), jnp.zeros(filters)]
        elif kind == "batch_norm":
            weights, running = ([jnp.ones(sizes[0]), jnp.zeros(sizes[0])] for _ in range(2))
        parameters.append(weights)
        statistics.append(running)
    return parameters, statistics


def forward(jax, layers, parameters, statistics, x):
    """The output, and the statistics that it leaves."""
    jnp, lax = jax.numpy, jax.lax
    layout = ("NHWC", "HWIO", "NHWC")
    after = []
    for (kind, *sizes), weights, running in zip(layers, parameters, statistics):
        if kind == "dense":
            x = x @ weights[0] + weights[1]
        elif kind == "conv":
            stride = (sizes[1], sizes[1])
            x = lax.conv_general_dilated(x, weights[0], stride, "SAME", dimension_numbers=layout) + weights[1]
        elif kind == "conv_transpose":
            stride = (sizes[1], sizes[1])
            x = lax.conv_transpose(x, weights[0], stride, "SAME", dimension_numbers=layout) + weights[1]
        elif kind == "batch_norm":
            mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
            x = (x - mean) * lax.rsqrt(variance + rival.BATCH_NORM_EPSILON) * weights[0] + weights[1]
            running = [old + rival.BATCH_NORM_MOMENTUM * (new - old) for old, new in zip(running, (variance, mean))]
        elif kind == "reshape":
            x = x.reshape(-1, *sizes)
        elif kind == "leaky_relu":
            x = jnp.where(x > 0, x, rival.LEAK * x)
        elif kind == "relu":
            x = jnp.maximum(x, 0)
        else:
            x = jnp.tanh(x)
        after.append(running)
    return x, lax.stop_gradient(after)


def adam(jax, count, parameters, gradients, moments):
    first, second = moments
    beta1, beta2 = rival.BETA1, rival.BETA2
    first = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, first, gradients)
    second = jax.tree.map(lambda v, g: beta2 * v + (1 - beta2) * g * g, second, gradients)

    def update(p, m, v):
        m, v = m / (1 - beta1**count), v / (1 - beta2**count)
        return p - rival.LEARNING_RATE * m / (jax.numpy.sqrt(v) + rival.EPSILON)

    return jax.tree.map(update, parameters, first, second), (first, second)


def prepare_step(jax, case):
    jnp, softplus = jax.numpy, jax.nn.softplus
    generator, judge, shape = models(case.model)
    keys = jax.random.split(jax.random.PRNGKey(1), 4)
    real = jax.random.uniform(keys[0], (case.size, *shape), minval=-1, maxval=1)

    def loss_of_discriminator(parameters, statistics, real, generated):
        of_real, statistics = forward(jax, judge, parameters, statistics, real)
        of_generated, statistics = forward(jax, judge, parameters, statistics, generated)
        return softplus(-of_real).mean() + softplus(of_generated).mean(), statistics

    def loss_of_generator(generated, parameters, statistics):
        logits, statistics = forward(jax, judge, parameters, statistics, generated)
        return softplus(-logits).mean(), statistics

    def step(state, real):
        key, count, (g, g_statistics, g_moments), (d, d_statistics, d_moments) = state
        key, own = jax.random.split(key)
        noise = jax.random.normal(own, (case.size, case.noise_size))
        generated, through_generator, g_statistics = jax.vjp(
            lambda p: forward(jax, generator, p, g_statistics, noise), g, has_aux=True)
        count = count + 1
        gradients, d_statistics = jax.grad(loss_of_discriminator, has_aux=True)(d, d_statistics, real, generated)
        d, d_moments = adam(jax, count, d, gradients, d_moments)
        gradient, d_statistics = jax.grad(loss_of_generator, has_aux=True)(generated, d, d_statistics)
        g, g_moments = adam(jax, count, g, through_generator(gradient)[0], g_moments)
        return key, count, (g, g_statistics, g_moments), (d, d_statistics, d_moments)

    def player(layers, key):
        parameters, statistics = create(jax, layers, key)
        return parameters, statistics, (jax.tree.map(jnp.zeros_like, parameters),) * 2

    jitted = jax.jit(step)
    state = (keys[1], jnp.float32(0), player(generator, keys[2]), player(judge, keys[3]))

    def run():
        nonlocal state
        state = jax.block_until_ready(jitted(state, real))

    return run


def prepare_sample(jax, case):
    import numpy

    layers = seed_generator()
    parameters, statistics = [], [[]] * len(layers)
    if case.kind != "start-up" or not os.path.exists(case.file):
        parameters, _ = create(jax, layers, jax.random.PRNGKey(1))
    if case.kind == "start-up":
        if parameters:
            with open(case.file, "wb") as file:
                numpy.savez(file, *[array for weights in parameters for array in weights])
        with numpy.load(case.file) as file:
            arrays = iter([file[name] for name in file.files])
        parameters = [[next(arrays), next(arrays)] if kind == "dense" else [] for kind, *_ in layers]
    noise = [numpy.random.randn(end - begin, rival.NOISE_SIZE).astype(numpy.float32) for begin, end in case.chunks()]
    images = numpy.empty((case.size, 28, 28, 1), numpy.float32)
    jitted = jax.jit(lambda p, z: forward(jax, layers, p, statistics, z)[0])
    parameters = jax.device_put(parameters)

    def sample():
        for z, (begin, end) in zip(noise, case.chunks()):
            images[begin:end] = jitted(parameters, z)

    return sample


def prepare(jax, case):
    return prepare_step(jax, case) if case.kind == "step" else prepare_sample(jax, case)


if __name__ == "__main__":
    # XLA uses as many threads as it may use CPUs, and has no other setting.
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:int(sys.argv[2])])
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    rival.serve("JAX", "jax", prepare)
