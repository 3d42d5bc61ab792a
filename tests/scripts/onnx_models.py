#!/usr/bin/env python3
"""Reads ONNX files that libgan wrote by ONNX's own checker and ONNX Runtime: onnx_models.py WRITE_MODELS [OPSET...]

WRITE_MODELS writes every layer and test model. The checker must accept each, protobuf must write the same bytes, and
ONNX Runtime must compute what libgan does, to 1e-5 of the largest value.
"""
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

TOLERANCE = 1e-5

try:
    import numpy
    import onnx
    import onnxruntime
except ImportError as error:
    other = shlex.split(os.environ.pop("GAN_PYTHON", ""))
    if other:
        os.execvp(other[0], [*other, *sys.argv])
    print(f"skipped: {error}; pip install onnx onnxruntime, or name a Python that has them by GAN_PYTHON")
    sys.exit(77)


def same_bytes(path):
    """protobuf sorts fields by number and leaves nothing out, as libgan does."""
    model = onnx.load(path)
    assert model.SerializeToString(deterministic=True) == path.read_bytes(), f"{path.name}: protobuf writes other bytes"
    return model


def check_graph(path, model):
    onnx.checker.check_model(str(path), full_check=True)
    properties = {entry.key: entry.value for entry in model.metadata_props}
    assert model.producer_name == "libgan" and properties["libgan.format"] == "1", properties
    value = 0xCBF29CE484222325
    graph = model.graph.SerializeToString(deterministic=True)
    for byte in graph if len(graph) < 100000 else b"":
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    assert len(graph) >= 100000 or properties["libgan.graph"] == f"{value:016x}", path.name
    for border in list(model.graph.input) + list(model.graph.output):
        assert border.type.tensor_type.shape.dim[0].dim_param == "batch", border
    return {value.name: [d.dim_value for d in value.type.tensor_type.shape.dim[1:]] for value in model.graph.output}


def compare(path, session, batch, shapes):
    """The largest difference of an output's elements, relative to its largest value."""
    def arrays(kind):
        found = sorted(path.parent.glob(f"{path.stem}.{batch}.{kind}*.npy"),
                       key=lambda array: int(array.stem.split(kind)[-1]))
        return [numpy.load(array) for array in found]

    inputs, expected = arrays("in"), arrays("out")
    names = [value.name for value in session.get_inputs()]
    assert len(names) == len(inputs) and len(expected) == len(shapes), path.name
    found = session.run(None, dict(zip(names, inputs)))
    worst = 0
    for value, array, shape in zip(found, expected, shapes.values()):
        assert value.shape == array.shape == (batch, *shape), (path.name, value.shape, array.shape, shape)
        assert numpy.isfinite(array).all(), path.name
        scale = max(float(numpy.abs(array).max()), 1e-30)
        worst = max(worst, float(numpy.abs(value - array).max()) / scale)
    return worst


def compare_files(folder, least, opset="0", errors=None):
    """Whether any of the files differs from what libgan computed; there must be some number of them."""
    errors = {} if errors is None else errors
    failed = 0
    paths = sorted(pathlib.Path(folder).glob("*.onnx"))
    assert len(paths) >= least, f"{len(paths)} files were written, expected at least {least}"
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    for path in paths:
        shapes = check_graph(path, same_bytes(path))
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        worst = max(compare(path, session, batch, shapes) for batch in (1, 3))
        errors[path.stem] = max(errors.get(path.stem, 0), worst)
        if not worst <= TOLERANCE:
            print(f"{path.stem}, opset {opset}: {worst:.2g}, expected at most {TOLERANCE:g}")
            failed += 1
    for name, worst in sorted(errors.items(), key=lambda item: -item[1]):
        print(f"{worst:.1e} {name}")
    print(f"{len(errors)} models, the largest difference is {max(errors.values()):.2g}")
    return failed > 0


def main():
    errors = {}
    failed = 0
    for opset in sys.argv[2:] or ["0"]:
        with tempfile.TemporaryDirectory() as folder:
            environment = {key: value for key, value in os.environ.items() if key != "GAN_TEST_CASE"}
            done = subprocess.run([sys.argv[1], folder, opset], capture_output=True, text=True, env=environment)
            assert done.returncode == 0, done.stdout + done.stderr
            failed += compare_files(folder, 100, opset, errors)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
