#!/usr/bin/env python3
"""Writes penalties.safetensors: penalties on the gradient of discriminators, differentiated twice by PyTorch in float64.

For each discriminator NAME below the file holds the samples NAME.x and all tensors, NAME.K.weight and so on, where K is
the number that the layer has in libgan; the logits NAME.y; and of two penalties, COEFFICIENT times

    r1          mean |g|^2 / 2
    wgan_gp     mean (|g| - 1)^2

with g the gradient of the summed logits with respect to the samples, the value (NAME.r1.value) and the gradient of every
parameter (NAME.r1.gradient.K.weight). Models are in evaluation. One of them has classes for a second input, NAME.label.

Usage: python3 make_penalties.py (needs PyTorch and NumPy)
"""
import os

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import spectral_norm

from make_trace import uniform, write_safetensors

BATCH, CLASSES, COEFFICIENT = 5, 3, 10.0
# Least distance of a (leaky) ReLU's input from its kink, so that rounding does not decide its side; and of samples from
# each other in a minibatch standard deviation, which has a kink where they are equal, rounded off over 1e-4.
LEAST_DISTANCE, LEAST_DEVIATION = 1e-4, 3e-3
ATTEMPTS = 1000
kinks, deviations = [], []


class Kinked(nn.Module):
    def __init__(self, slope):
        super().__init__()
        self.slope = slope

    def forward(self, x):
        kinks.append(x.detach().abs().min().item())
        return F.leaky_relu(x, self.slope)


class SameConv2d(nn.Conv2d):
    """Padding as TensorFlow's 'same'."""

    def forward(self, x):
        pads = []
        for side, kernel, stride in zip(x.shape[:1:-1], self.kernel_size[::-1], self.stride[::-1]):
            total = max((-(-side // stride) - 1) * stride + kernel - side, 0)
            pads += [total // 2, total - total // 2]
        return super().forward(F.pad(x, pads))


class PixelNorm(nn.Module):
    def forward(self, x):
        return x / (x.square().mean(1, keepdim=True) + 1e-8).sqrt()


class MinibatchStddev(nn.Module):
    def __init__(self, group):
        super().__init__()
        self.group = group

    def forward(self, x):
        deviations.extend(part.var(0, unbiased=False).sqrt().min().item()
                          for part in x.detach().split(self.group) if len(part) > 1)
        added = [(part.var(0, unbiased=False) + 1e-8).sqrt().mean().expand(len(part), 1, *x.shape[2:])
                 for part in x.split(self.group)]
        return torch.cat([x, torch.cat(added)], 1)


class Graph(nn.Module):
    """Two ways that meet in a sum and lie side by side in a concatenation."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleDict({
            "0": nn.Linear(18, 18, bias=False),
            "3": nn.Conv2d(2, 2, (2, 3), padding=1),
            "5": nn.ConvTranspose2d(2, 2, (2, 1), padding=(1, 0)),
            "8": nn.Conv2d(4, 5, 2),
            "11": nn.Linear(20, 6),
            "12": Kinked(0.0),
            "13": nn.Linear(6, 1),
        })

    def forward(self, x):
        layers = self.layers
        a = torch.tanh(layers["0"](x)).view(-1, 2, 3, 3)
        b = layers["5"](F.softplus(layers["3"](a)))
        c = torch.sigmoid(layers["8"](torch.cat([b + a, a], 1)))
        return layers["13"](layers["12"](layers["11"](c.flatten(1))))


class Conditional(nn.Module):
    """An image and, as one more channel of it, a learned map for its class."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleDict({
            "0": nn.Embedding(CLASSES, 12),
            "4": spectral_norm(nn.Conv2d(3, 5, 3)),
            "5": Kinked(0.2),
            "9": nn.Conv2d(5, 4, 2),
            "13": spectral_norm(nn.Linear(24, 1)),
        })

    def forward(self, x, label):
        layers = self.layers
        x = torch.cat([x, layers["0"](label.long().flatten()).view(-1, 1, 4, 3)], 1)
        x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        x = torch.tanh(F.avg_pool2d(layers["5"](layers["4"](x)), (3, 2), (2, 1)))
        x = F.softplus(layers["9"](F.interpolate(x, scale_factor=(2, 1), mode="nearest")))
        return layers["13"](x.flatten(1))


def discriminators():
    """Name, shape of a sample, and the model, whose layers are numbered as in test_penalties.c."""
    yield "dense", (6,), nn.Sequential(
        nn.Linear(6, 9), nn.LayerNorm(9), Kinked(0.2), nn.Linear(9, 8), nn.GroupNorm(2, 8), nn.Tanh(), PixelNorm(),
        MinibatchStddev(2), nn.Linear(9, 1))
    yield "image", (2, 7, 6), nn.Sequential(
        SameConv2d(2, 6, 3, stride=2, bias=False), nn.InstanceNorm2d(6, affine=True), nn.Softplus(),
        nn.ConvTranspose2d(6, 4, 3, stride=2, padding=1, output_padding=(1, 0)), PixelNorm(), nn.GroupNorm(2, 4),
        Kinked(0.2), nn.Conv2d(4, 3, (2, 3)), nn.LayerNorm((3, 7, 3)), nn.Sigmoid(), MinibatchStddev(3), nn.Flatten(),
        nn.Linear(84, 1))
    yield "graph", (18,), Graph()
    yield "conditional", (2, 4, 3), Conditional()


def numbers(stream, shape):
    return torch.from_numpy(uniform(stream, int(np.prod(shape))).reshape(shape)).double()


def fill(model, stream):
    for name, parameter in model.named_parameters():
        centre = 1.0 if name.endswith("weight") and parameter.dim() in (1, 3) else 0.0  # the scale of a normalisation
        with torch.no_grad():
            parameter.copy_(centre + 0.75 * numbers(stream, parameter.shape))
        stream += 1
    for buffer in model.buffers():  # the vectors of spectral normalisation
        buffer.copy_(F.normalize(numbers(stream, buffer.shape), dim=0))
        stream += 1


def settle(model, inputs):
    """Lets the vectors of spectral normalisation, if there are any, come near the singular ones."""
    model.train()
    for _ in range(5):
        model(*inputs)
    for buffer in model.buffers():
        buffer.copy_(buffer.float().double())
    model.eval()


def tensors(model):
    """All tensors by libgan's names, in which weight_orig is weight."""
    named = {key.replace("weight_orig", "weight"): value for key, value in model.state_dict().items()}
    for key, layer in model.named_modules():
        if hasattr(layer, "weight_orig"):
            named[key + ".weight_sigma"] = (layer.weight_orig.flatten() / layer.weight.flatten())[:1]
    return {key.removeprefix("layers."): value for key, value in named.items()}


def terms(slope):
    norms = slope.flatten(1).square().sum(1)
    return {"r1": norms.mean() / 2, "wgan_gp": (norms.sqrt() - 1).square().mean()}


def record(name, shape, model, stream):
    fill(model, stream)
    x = numbers(stream + 40, (BATCH, *shape)).mul(2).requires_grad_()
    label = torch.arange(BATCH).remainder(CLASSES).double().reshape(BATCH, 1)
    inputs = {"x": x, "label": label} if isinstance(model, Conditional) else {"x": x}
    settle(model, inputs.values())
    parameters = {key.removeprefix("layers.").replace("weight_orig", "weight"): value
                  for key, value in model.named_parameters()}
    y = model(*inputs.values())
    (slope,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    out = {**inputs, "y": y, **tensors(model)}
    for kind, value in terms(slope).items():
        value = COEFFICIENT * value
        gradients = torch.autograd.grad(value, parameters.values(), retain_graph=True, allow_unused=True)
        out[f"{kind}.value"] = value.reshape(1)
        for key, gradient in zip(parameters, gradients):
            out[f"{kind}.gradient.{key}"] = torch.zeros_like(parameters[key]) if gradient is None else gradient
    return {f"{name}.{key}": value.detach().numpy() for key, value in out.items()}


def record_smooth(name, shape, model, stream):
    """Records with the first numbers that keep away from every kink."""
    for attempt in range(ATTEMPTS):
        kinks.clear()
        deviations.clear()
        out = record(name, shape, model, stream + 1000 * attempt)
        if min(kinks) >= LEAST_DISTANCE and min(deviations, default=1) >= LEAST_DEVIATION:
            return out
    raise SystemExit(f"{name}: a value is near a kink in each of {ATTEMPTS} attempts")


def main():
    torch.set_num_threads(1)
    out = {}
    for number, (name, shape, model) in enumerate(discriminators()):
        out.update(record_smooth(name, shape, model.double(), 1000 + 50 * number))
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "penalties.safetensors")
    write_safetensors(path, out, {"torch": torch.__version__})


if __name__ == "__main__":
    main()
