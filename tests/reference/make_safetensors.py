"""Writes a file with the reference implementation of safetensors: python3 make_safetensors.py

The unit tests of lib/io read it. Needs the packages safetensors and numpy.
"""
import pathlib

import numpy
from safetensors.numpy import save_file

tensors = {
    "weight": numpy.arange(6, dtype=numpy.float32).reshape(2, 3) / 4 - 0.5,
    "scalar": numpy.array(1e-30, dtype=numpy.float32),
    "ünïcode \"name\"": numpy.array([1, -2, 3], dtype=numpy.float32),
    "half": numpy.ones((2, 2), dtype=numpy.float16),
    "counts": numpy.array([7], dtype=numpy.int64),
}
metadata = {"made by": "safetensors", "empty": "", "json": '{"a": [1, 2]}'}
save_file(tensors, pathlib.Path(__file__).with_name("python.safetensors"), metadata=metadata)
