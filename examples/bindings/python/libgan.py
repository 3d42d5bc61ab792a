"""libgan by ctypes: models of dense layers, training, files and samples.

A binding by the stable ABI: handles are pointers, and a struct of options begins with its size, so that it need not
have more fields than are used here. More of libgan.h is bound in the same way.

    import libgan
    context = libgan.Context()
    generator = context.model([2, 16, 2], seed=1)
    discriminator = context.model([2, 16, 1], seed=2)
    trainer = context.trainer(generator, discriminator, batch=4)
    trainer.step([[-1, -1], [-1, 1], [1, -1], [1, 1]])
    generator.save("generator.safetensors")
    samples = context.load("generator.safetensors").sample(10, seed=3)
"""
import ctypes
import ctypes.util
import os
from ctypes import POINTER, byref, c_char_p, c_double, c_float, c_int, c_int32, c_int64, c_size_t, c_uint64, c_void_p

_lib = ctypes.CDLL(os.environ.get("LIBGAN") or ctypes.util.find_library("gan") or "libgan.so.0.2")
_lib.gan_version.restype = c_int
if _lib.gan_version() // 100 != 2:  # 0.2: before version 1, each minor version has an ABI of its own
    raise ImportError(f"libgan 0.2 is needed, but {_lib._name} is {_lib.gan_version()}")


class Error(Exception):
    """A call failed: the name of its status, and the library's sentence."""


class _Shape(ctypes.Structure):
    _fields_ = [("rank", c_int), ("dims", c_int64 * 6)]

    @classmethod
    def of(cls, *dims):
        return cls(len(dims), (c_int64 * 6)(*dims))


class _Options(ctypes.Structure):
    """The first fields of a struct of options; the others have their defaults."""

    def __init__(self, **fields):
        super().__init__(struct_size=ctypes.sizeof(self), **fields)


class _ContextOptions(_Options):
    _fields_ = [("struct_size", c_size_t), ("allocator", c_void_p * 3), ("log", c_void_p), ("log_user", c_void_p),
                ("threads", c_int64)]


class _TrainerOptions(_Options):
    _fields_ = [("struct_size", c_size_t), ("batch", c_int64), ("learning_rate", c_float), ("beta1", c_float)]


class _SampleOptions(_Options):
    _fields_ = [("struct_size", c_size_t), ("seed", c_uint64)]


class _StepReport(_Options):
    _fields_ = [("struct_size", c_size_t), ("step", c_int64), ("epoch", c_int64), ("batch", c_int64),
                ("discriminator_loss", c_double), ("generator_loss", c_double)]


def _declare(name, result, *arguments):
    function = getattr(_lib, name)
    function.restype, function.argtypes = result, arguments
    return function


def _call(name, *arguments):
    """A function that returns a status."""
    def call(*given):
        status = function(*given)
        if status != 0:
            raise Error(f"{_status_name(status).decode()}: {_last_error().decode()}")
    function = _declare(name, c_int, *arguments)
    return call


_status_name = _declare("gan_status_name", c_char_p, c_int)
_last_error = _declare("gan_last_error", c_char_p)
_context_create = _call("gan_context_create", POINTER(_ContextOptions), POINTER(c_void_p))
_model_create = _call("gan_model_create", c_void_p, POINTER(c_void_p))
_model_add = _declare("gan_model_add", c_int32, c_void_p, c_void_p)
_model_build = _call("gan_model_build", c_void_p, c_uint64)
_model_save = _call("gan_model_save", c_void_p, c_char_p)
_model_load = _call("gan_model_load", c_void_p, c_char_p, POINTER(c_void_p))
_model_sample = _call("gan_model_sample", c_void_p, POINTER(_SampleOptions), c_int64, POINTER(c_float))
_output_shape = _call("gan_model_get_output_shape", c_void_p, c_int64, POINTER(_Shape))
_layer_input = _declare("gan_layer_input", c_void_p, c_void_p, _Shape)
_layer_dense = _declare("gan_layer_dense", c_void_p, c_void_p, c_int64, c_void_p)
_layer_leaky_relu = _declare("gan_layer_leaky_relu", c_void_p, c_void_p, c_void_p)
_trainer_create = _call("gan_trainer_create", c_void_p, c_void_p, c_void_p, POINTER(_TrainerOptions), POINTER(c_void_p))
_trainer_step = _call("gan_trainer_step", c_void_p, POINTER(c_float), c_int64, POINTER(_StepReport))


def _path(path):
    """A path as C has it. C would end it at a null character, and take another file."""
    encoded = os.fsencode(path)
    if b"\0" in encoded:
        raise ValueError(f"the path {path!r} has a null character")
    return encoded


class _Handle:
    """Destroyed with its object; handles keep what they need alive, so that the order does not matter."""
    noun = ""

    def __init__(self, pointer):
        self._pointer = pointer
        self._destroy = _declare(f"gan_{self.noun}_destroy", None, c_void_p)

    def __del__(self):
        self._destroy(self._pointer)


class Context(_Handle):
    noun = "context"

    def __init__(self, threads=0):
        pointer = c_void_p()
        _context_create(byref(_ContextOptions(threads=threads)), byref(pointer))
        super().__init__(pointer)

    def model(self, sizes, seed=0):
        """Dense layers with leaky ReLU between them: the numbers of inputs, of each layer's units, and of outputs."""
        pointer = c_void_p()
        _model_create(self._pointer, byref(pointer))
        model = Model(pointer)
        _model_add(pointer, _layer_input(self._pointer, _Shape.of(sizes[0])))
        for i, units in enumerate(sizes[1:]):
            if i > 0:
                _model_add(pointer, _layer_leaky_relu(self._pointer, None))
            _model_add(pointer, _layer_dense(self._pointer, units, None))
        _model_build(pointer, seed)
        return model

    def load(self, path):
        pointer = c_void_p()
        _model_load(self._pointer, _path(path), byref(pointer))
        return Model(pointer)

    def trainer(self, generator, discriminator, batch=32, learning_rate=0.0, beta1=0.0):
        """0 is the library's default."""
        pointer = c_void_p()
        options = _TrainerOptions(batch=batch, learning_rate=learning_rate, beta1=beta1)
        _trainer_create(self._pointer, generator._pointer, discriminator._pointer, byref(options), byref(pointer))
        return Trainer(pointer)


class Model(_Handle):
    noun = "model"

    def save(self, path):
        _model_save(self._pointer, _path(path))

    def sample(self, count, seed=0):
        """An array of NumPy, (count, ...), or a list of lists without it."""
        shape = _Shape()
        _output_shape(self._pointer, 0, byref(shape))
        dims = list(shape.dims[:shape.rank])
        size = 1
        for dim in dims:
            size *= dim
        values = (c_float * (count * size))()
        _model_sample(self._pointer, byref(_SampleOptions(seed=seed)), count, values)
        try:
            import numpy
        except ImportError:
            return [list(values[i * size:(i + 1) * size]) for i in range(count)]
        return numpy.array(values, dtype=numpy.float32).reshape(count, *dims)


class Trainer(_Handle):
    noun = "trainer"

    def step(self, samples):
        """One step on a list of lists or an array; returns the losses of discriminator and generator."""
        rows = [[float(value) for value in row] for row in samples]
        values = (c_float * sum(map(len, rows)))(*(value for row in rows for value in row))
        report = _StepReport()
        _trainer_step(self._pointer, values, len(rows), byref(report))
        return report.discriminator_loss, report.generator_loss
