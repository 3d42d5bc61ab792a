#!/usr/bin/env python3
"""Writes trace.safetensors: 100 alternating steps of the seed GAN, as PyTorch computes them in float64.

Weights, samples and noise come from integers by the formulas below, which test_trace.c repeats: they are the same
float32 numbers on both sides without being stored. The file holds the losses of each step, and of each tensor the
norm and a projection of its gradient in the first step and of its change over all steps.

The biases of D's convolutions start at +-2 and +-6, which keeps their leaky ReLUs away from the kink. Without that
the trace would not compare anything: about once in ten steps one of 10^6 activations is so near to 0 that rounding
decides its sign, each such event changes the gradients by some 10^-3, and then more signs. Float32 and float64 of
PyTorch itself differ by 4 * 10^-3 in their losses after 70 steps; with the biases by 10^-5 over all 100.

Usage: python3 make_trace.py (needs PyTorch and NumPy)
"""
import json
import os
import struct

import numpy as np
import torch
import torch.nn.functional as F

STEPS, BATCH, NOISE = 100, 8, 100
SAMPLES, NOISES = 100, 101  # streams; those of the tensors are their numbers
LEARNING_RATE, BETA1, BETA2, SLOPE = 2e-4, 0.5, 0.999, 0.2


def hashes(stream, count):
    """The output function of SplitMix64 at stream * 2^32 + i."""
    with np.errstate(over="ignore"):
        x = (np.uint64(stream) << np.uint64(32)) + np.arange(count, dtype=np.uint64)
        x = (x + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def uniform(stream, count):
    """In [-1, 1), exact in float32."""
    return ((hashes(stream, count) >> np.uint64(40)).astype(np.float64) * 2.0**-23 - 1).astype(np.float32)


def nearly_normal(stream, count):
    """Sum of the four 16-bit parts of a hash, shifted and scaled to mean 0 and variance 1."""
    x = hashes(stream, count)
    total = sum(((x >> np.uint64(16 * k)) & np.uint64(0xFFFF)).astype(np.int64) for k in range(4))
    return ((total - 131070) / 37837.2).astype(np.float32)


def images(step):
    """4 x 4 squares of one grey each, with some noise on every pixel."""
    squares = uniform(SAMPLES + 1000 * (step + 1), BATCH * 16).reshape(BATCH, 4, 1, 4, 1)
    pixels = uniform(SAMPLES + 1000 * (step + 1) + 1, BATCH * 784).reshape(BATCH, 4, 7, 4, 7)
    mixed = np.float32(0.75) * squares + np.float32(0.25) * pixels
    return torch.from_numpy(mixed.reshape(BATCH, 1, 28, 28)).double()


def noise(step):
    return torch.from_numpy(nearly_normal(NOISES + 1000 * (step + 1), BATCH * NOISE).reshape(BATCH, NOISE)).double()


def parameters(first_stream, shapes, biases):
    """By name: Glorot uniform weights, and biases that are + and - a value in turns."""
    tensors = {}
    for number, (name, shape) in enumerate(shapes):
        if name.endswith("bias"):
            values = np.float32(biases.get(name, 0)) * np.where(np.arange(shape[0]) % 2, -1, 1).astype(np.float32)
        else:
            receptive = int(np.prod(shape[2:]))
            limit = np.float32(np.sqrt(6.0 / ((shape[0] + shape[1]) * receptive)))
            values = limit * uniform(first_stream + number, int(np.prod(shape))).reshape(shape)
        tensors[name] = torch.from_numpy(values).double().requires_grad_()
    return tensors


G = parameters(0, [("0.weight", (256, 100)), ("0.bias", (256,)), ("2.weight", (512, 256)), ("2.bias", (512,)),
                   ("4.weight", (1024, 512)), ("4.bias", (1024,)), ("6.weight", (784, 1024)), ("6.bias", (784,))], {})
D = parameters(8, [("0.weight", (64, 1, 5, 5)), ("0.bias", (64,)), ("2.weight", (128, 64, 5, 5)), ("2.bias", (128,)),
                   ("5.weight", (1, 6272)), ("5.bias", (1,))], {"0.bias": 2, "2.bias": 6})


def generate(z):
    for layer in ("0", "2", "4"):
        z = F.leaky_relu(F.linear(z, G[layer + ".weight"], G[layer + ".bias"]), SLOPE)
    return torch.tanh(F.linear(z, G["6.weight"], G["6.bias"])).reshape(-1, 1, 28, 28)


def judge(x):
    for layer in ("0", "2"):  # 'same' padding as TensorFlow: 1 above and left, 2 below and right
        x = F.leaky_relu(F.conv2d(F.pad(x, (1, 2, 1, 2)), D[layer + ".weight"], D[layer + ".bias"], stride=2), SLOPE)
    return F.linear(x.flatten(1), D["5.weight"], D["5.bias"])


def summary(tensor, number):
    """Norm, and scalar product with a fixed direction."""
    flat = tensor.detach().flatten()
    direction = torch.from_numpy(uniform(200 + number, flat.numel())).double()
    return [flat.norm().item(), torch.dot(flat, direction).item()]


def train():
    optimizers = [torch.optim.Adam(m.values(), lr=LEARNING_RATE, betas=(BETA1, BETA2), eps=1e-8) for m in (G, D)]
    initial = [t.detach().clone() for t in (*G.values(), *D.values())]
    losses, gradients = [], None
    for step in range(STEPS):
        made = generate(noise(step))
        optimizers[1].zero_grad()
        d_loss = F.softplus(-judge(images(step))).mean() + F.softplus(judge(made.detach())).mean()
        d_loss.backward()
        d_gradients = [t.grad.clone() for t in D.values()]
        optimizers[1].step()
        optimizers[0].zero_grad()
        g_loss = F.softplus(-judge(made)).mean()
        g_loss.backward()
        if step == 0:
            gradients = [t.grad.clone() for t in G.values()] + d_gradients
        optimizers[0].step()
        losses.append((d_loss.item(), g_loss.item()))
        print(step + 1, *losses[-1])
    changes = [t.detach() - before for t, before in zip((*G.values(), *D.values()), initial)]
    return np.array(losses), gradients, changes


def write_safetensors(path, tensors, metadata):
    header, data = {"__metadata__": metadata}, b""
    for name, values in tensors.items():
        raw = np.ascontiguousarray(values, "<f4").tobytes()
        offsets = [len(data), len(data) + len(raw)]
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": offsets}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def main():
    torch.set_num_threads(1)
    losses, gradients, changes = train()
    tensors = {"discriminator_loss": losses[:, 0], "generator_loss": losses[:, 1],
               "first_gradients": np.array([summary(t, i) for i, t in enumerate(gradients)]),
               "changes": np.array([summary(t, i) for i, t in enumerate(changes)])}
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "trace.safetensors")
    write_safetensors(path, tensors, {"torch": torch.__version__, "steps": str(STEPS), "batch": str(BATCH)})


if __name__ == "__main__":
    main()
