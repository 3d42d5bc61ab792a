#!/usr/bin/env python3
"""Writes half_weights.safetensors: the state_dict of a generator inside another module, as PyTorch names it, with
tensors of float16, bfloat16, float64 and float32, by the safetensors package; the same in float32 under "expected.";
and samples "x" with the outputs "y" of that model in float32.

Usage: python3 make_half_weights.py (needs PyTorch and safetensors)
"""
import pathlib

import torch
from safetensors.torch import save_file

torch.manual_seed(1)
model = torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.Tanh(), torch.nn.Linear(7, 3)).double()
with torch.no_grad():
    model[0].weight[0, :4] = torch.tensor([6e-8, 10 / 3, -1e-6, 0.1], dtype=torch.float64)
types = {"0.weight": torch.float16, "0.bias": torch.bfloat16, "2.weight": torch.float64, "2.bias": torch.float32}
names = {"0.": "module.net.first.", "2.": "module.net.2."}
tensors = {}
for key, value in model.state_dict().items():
    stored = value.to(types[key])
    tensors[names[key[:2]] + key[2:]] = stored
    tensors["expected." + key] = stored.float()
model = model.float()
model.load_state_dict({key: tensors["expected." + key] for key in types})
x = torch.randn(2, 5)
with torch.no_grad():
    tensors.update({"x": x, "y": model(x)})
save_file({key: value.clone().contiguous() for key, value in tensors.items()},
          pathlib.Path(__file__).with_name("half_weights.safetensors"), metadata={"torch": torch.__version__})
