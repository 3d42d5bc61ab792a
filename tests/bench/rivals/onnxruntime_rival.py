#!/usr/bin/env python3
"""gan-bench's samples in ONNX Runtime, of a model that the package onnx writes; see rival.py."""
import os

import rival


def seed_generator():
    """The model, serialised."""
    import numpy
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    random = numpy.random.default_rng(1)
    nodes, weights, name, size = [], [], "noise", rival.NOISE_SIZE
    for i, units in enumerate(rival.GENERATOR_UNITS):
        w = (0.02 * random.standard_normal((size, units))).astype(numpy.float32)
        weights += [numpy_helper.from_array(w, f"weight{i}"),
                    numpy_helper.from_array(numpy.zeros(units, numpy.float32), f"bias{i}")]
        nodes.append(helper.make_node("Gemm", [name, f"weight{i}", f"bias{i}"], [f"dense{i}"]))
        if i + 1 < len(rival.GENERATOR_UNITS):
            nodes.append(helper.make_node("LeakyRelu", [f"dense{i}"], [f"hidden{i}"], alpha=rival.LEAK))
        else:
            nodes.append(helper.make_node("Tanh", [f"dense{i}"], [f"hidden{i}"]))
        name, size = f"hidden{i}", units
    weights.append(numpy_helper.from_array(numpy.array([-1, 1, 28, 28], numpy.int64), "shape"))
    nodes.append(helper.make_node("Reshape", [name, "shape"], ["images"]))
    graph = helper.make_graph(
        nodes, "seed generator",
        [helper.make_tensor_value_info("noise", TensorProto.FLOAT, ["batch", rival.NOISE_SIZE])],
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", 1, 28, 28])], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def prepare(onnxruntime, case):
    import numpy

    if case.kind == "step":
        raise rival.Missing("it does not train")
    model = case.file
    try:
        if case.kind == "sample":
            model = seed_generator()
        elif not os.path.exists(model):
            with open(model, "wb") as file:
                file.write(seed_generator())
    except ImportError as error:
        raise rival.Missing(str(error)) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = case.threads
    options.inter_op_num_threads = 1
    # Threads may spin during a run, but not after it, into the others' turns.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    noise = numpy.random.default_rng(2).standard_normal((case.size, rival.NOISE_SIZE), numpy.float32)
    images = numpy.empty((case.size, 1, 28, 28), numpy.float32)

    def sample():
        for begin, end in case.chunks():
            images[begin:end] = session.run(["images"], {"noise": noise[begin:end]})[0]

    return sample


if __name__ == "__main__":
    rival.serve("ONNX-Runtime", "onnxruntime", prepare)
