#!/usr/bin/env python3
"""Writes onnx.safetensors: what ONNX Runtime computes for the test models, as libgan writes them as ONNX files, which
ONNX's checker has accepted; and the fingerprints of their graphs, as four numbers of 16 bits.

Usage: python3 make_onnx.py TEST_ONNX, the built test program (needs onnx, onnxruntime and safetensors)
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnxruntime
from safetensors.numpy import save_file

tensors = {}
with tempfile.TemporaryDirectory() as folder:
    subprocess.run([sys.argv[1], "write", folder], check=True)
    for path in sorted(pathlib.Path(folder).glob("*.onnx")):
        onnx.checker.check_model(str(path), full_check=True)
        properties = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
        digits = properties["libgan.graph"]
        tensors[f"{path.stem}.fingerprint"] = numpy.array(
            [int(digits[i:i + 4], 16) for i in range(0, 16, 4)], dtype=numpy.float32)
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        inputs = {value.name: numpy.load(pathlib.Path(folder) / f"{path.stem}.in{k}.npy")
                  for k, value in enumerate(session.get_inputs())}
        for k, output in enumerate(session.run(None, inputs)):
            tensors[f"{path.stem}.out{k}"] = output
save_file(tensors, pathlib.Path(__file__).with_name("onnx.safetensors"),
          metadata={"onnx": onnx.__version__, "onnxruntime": onnxruntime.__version__})
