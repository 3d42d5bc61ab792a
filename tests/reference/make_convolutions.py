#!/usr/bin/env python3
"""Writes convolutions.safetensors: convolutions with dilation and groups, some with spectral_norm, in float64.

The file holds the samples x, the gradient dy, the tensors before the first pass under the names that libgan gives
them (PyTorch's weight_orig is weight), and what must come out, under names that begin with

    first     after one pass in training: output, buffers, and the gradients of sum(dy * y)
    penalty   after another pass in training: value and gradients of COEFFICIENT / 2 * mean |dD/dx|^2
    fans      (fan_in, fan_out) of each convolution's weight, for the initializers

Usage: python3 make_convolutions.py (needs PyTorch and NumPy)
"""
import os

import numpy as np
import torch
import torch.nn.functional as F
from torch.nn.init import _calculate_fan_in_and_fan_out
from torch.nn.utils import spectral_norm

from make_trace import uniform, write_safetensors

BATCH, SHAPE, COEFFICIENT = 3, (4, 9, 7), 10.0


def numbers(stream, shape):
    return torch.from_numpy(uniform(700 + stream, int(np.prod(shape))).reshape(shape)).double()


class Discriminator(torch.nn.Module):
    """Layers have the numbers that they have in the test's model, whose activations count too."""

    def __init__(self):
        super().__init__()
        self.layers = torch.nn.ModuleDict({
            "0": spectral_norm(torch.nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 3), groups=2)),
            "2": torch.nn.Conv2d(6, 6, 3, padding=2, dilation=2, groups=6),
            "4": spectral_norm(torch.nn.ConvTranspose2d(6, 4, (2, 3), stride=(2, 1), padding=(0, 2),
                                                        output_padding=(1, 0), dilation=(3, 2), groups=2)),
            "6": torch.nn.ConvTranspose2d(4, 4, 2, stride=(1, 2), dilation=(2, 1), groups=4, bias=False),
        })
        image = self.images(torch.zeros(1, *SHAPE))
        self.layers["9"] = torch.nn.Linear(image.numel(), 1)
        self.double()
        for number, (name, tensor) in enumerate(self.state_dict().items()):
            values = numbers(number, tensor.shape)
            tensor.copy_(F.normalize(values, dim=0) if name.endswith(("_u", "_v")) else values)

    def images(self, x):
        x = F.leaky_relu(self.layers["0"](x), 0.2)
        x = torch.tanh(self.layers["2"](x))
        x = F.softplus(self.layers["4"](x))
        return torch.tanh(self.layers["6"](x))

    def forward(self, x):
        return self.layers["9"](self.images(x).flatten(1))

    def tensors(self, prefix=""):
        """Parameters and buffers; sigma is known once a pass has been made."""
        named = {prefix + name.removeprefix("layers.").replace("weight_orig", "weight"): tensor.detach().clone()
                 for name, tensor in self.state_dict().items()}
        for name in ("0", "4"):
            layer = self.layers[name]
            sigma = (layer.weight_orig.flatten() / layer.weight.flatten())[:1].detach()
            named[prefix + name + ".weight_sigma"] = sigma if prefix else torch.ones(1)
        return named

    def gradients(self, prefix):
        named = {prefix + name.removeprefix("layers.").replace("weight_orig", "weight"): parameter.grad.clone()
                 for name, parameter in self.named_parameters()}
        self.zero_grad()
        return named


def main():
    torch.set_num_threads(1)
    model = Discriminator()
    x, dy = numbers(100, (BATCH, *SHAPE)).requires_grad_(), numbers(101, (BATCH, 1))
    out = {"x": x, "dy": dy, **model.tensors()}

    y = model(x)
    (dy * y).sum().backward()
    out.update({"first.y": y, "first.dx": x.grad.clone(), **model.tensors("first."),
                **model.gradients("first.gradient.")})

    (slope,) = torch.autograd.grad(model(x).sum(), x, create_graph=True)
    penalty = COEFFICIENT / 2 * slope.flatten(1).square().sum(1).mean()
    penalty.backward()
    # What the penalty does not depend on, such as the last bias, has no gradient in PyTorch.
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
    out.update({"penalty.value": penalty.reshape(1), **model.gradients("penalty.gradient.")})

    for name in ("0", "2", "4", "6"):
        fans = _calculate_fan_in_and_fan_out(model.layers[name].weight)
        out["fans." + name] = torch.tensor(fans, dtype=torch.float64)
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "convolutions.safetensors")
    write_safetensors(path, {name: value.detach().numpy() for name, value in out.items()},
                      {"torch": torch.__version__})


if __name__ == "__main__":
    main()
