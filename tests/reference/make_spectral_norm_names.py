#!/usr/bin/env python3
"""Writes spectral_norm_old.safetensors and spectral_norm_new.safetensors: a discriminator's state_dict as PyTorch
names it with torch.nn.utils.spectral_norm and with torch.nn.utils.parametrizations.spectral_norm, by the safetensors
package, with samples "x" and the outputs "y" of an evaluation. Tensors of kinds that libgan does not have lie beside
them, as in files of whole trainings.

Usage: python3 make_spectral_norm_names.py (needs PyTorch and safetensors)
"""
import pathlib

import torch
from safetensors.torch import save_file
from torch.nn.utils import parametrizations, spectral_norm


def make(normalise):
    torch.manual_seed(1)
    return torch.nn.Sequential(
        normalise(torch.nn.Conv2d(4, 6, 3, padding=1, groups=2)),
        torch.nn.Tanh(),
        normalise(torch.nn.ConvTranspose2d(6, 4, (2, 3), stride=2, groups=2)),
        torch.nn.Tanh(),
        normalise(torch.nn.ConvTranspose2d(4, 4, 1, bias=False)),
        torch.nn.Flatten(),
        normalise(torch.nn.Linear(168, 3)))


FOREIGN = {
    "foreign.empty": torch.zeros(0),
    "foreign.none_of_many": torch.zeros(3, 0, 2),
    "foreign.rank8": torch.zeros(1, 2, 1, 1, 1, 1, 1, 2),
    "foreign.complex": torch.zeros(3, dtype=torch.complex64),
    "foreign.float8": torch.zeros(5).to(torch.float8_e4m3fn),
    "foreign.scale": torch.ones(3).to(torch.float8_e8m0fnu),
    "foreign.bool": torch.ones(3, dtype=torch.bool),
    "foreign.steps": torch.tensor(7),
}

for name, normalise in {"old": spectral_norm, "new": parametrizations.spectral_norm}.items():
    model = make(normalise)
    x = torch.randn(2, 4, 3, 3)
    model(x)  # one training pass moves u and v
    model.eval()
    with torch.no_grad():
        tensors = {**model.state_dict(), **FOREIGN, "x": x, "y": model(x)}
    print(name, {key: tuple(value.shape) for key, value in tensors.items()})
    save_file({key: value.contiguous() for key, value in tensors.items()},
              pathlib.Path(__file__).with_name(f"spectral_norm_{name}.safetensors"),
              metadata={"torch": torch.__version__})
