# SPDX-License-Identifier: Apache-2.0
"""Loads the C library, and declares its functions and structures."""

import ctypes
import os
import pathlib
from ctypes import (CFUNCTYPE, POINTER, Structure, c_char_p, c_double, c_float, c_int, c_int32, c_int64, c_ssize_t,
                    c_uint8, c_uint16, c_uint32, c_uint64, c_void_p)
from typing import Any

from . import _constants as constants

FOLDER = pathlib.Path(__file__).parent


# ---- structures of exactloss.h -------------------------------------------------------------------------------------

class View(Structure):
    """exactloss_view"""

    _fields_ = [("data", c_void_p), ("count", c_int64), ("options", c_int32), ("element_size", c_int32)]


class Fault(Structure):
    """exactloss_fault"""

    _fields_ = [("problem", c_char_p), ("found", c_int64), ("wanted", c_int64)]


class Violation(Structure):
    """exactloss_violation"""

    _fields_ = [("index", c_int64), ("value", c_double), ("argument", c_int32), ("reserved", c_int32)]


class LossMemory(Structure):
    """exactloss_loss_result"""

    _fields_ = [("mean", c_double), ("sum", c_double), ("mean_float32", c_float), ("sum_float32", c_float),
                ("nan_count", c_int64), ("infinite_count", c_int64)]


class EvaluationMemory(Structure):
    """exactloss_evaluation"""

    _fields_ = [("size", c_int64), ("losses", c_int64), ("threshold", c_double), ("accuracy", c_double),
                ("weight_sum", c_double), ("count", c_int64), ("positives", c_int64), ("true_positives", c_int64),
                ("false_positives", c_int64), ("true_negatives", c_int64), ("false_negatives", c_int64),
                ("mnist", LossMemory), ("brier", LossMemory), ("log", LossMemory)]


class AccumulatorMemory(Structure):
    """exactloss_accumulator"""

    _fields_ = [("opaque", c_uint64 * (constants.ACCUMULATOR_SIZE // 8))]


# ---- structures of DLPack and Arrow --------------------------------------------------------------------------------

class DLTensor(Structure):
    """exactloss_dltensor"""

    _fields_ = [("data", c_void_p), ("device_type", c_int32), ("device_id", c_int32), ("ndim", c_int32),
                ("type_code", c_uint8), ("type_bits", c_uint8), ("type_lanes", c_uint16), ("shape", POINTER(c_int64)),
                ("strides", POINTER(c_int64)), ("byte_offset", c_uint64)]


class DLManagedTensor(Structure):
    _fields_ = [("tensor", DLTensor), ("context", c_void_p), ("deleter", CFUNCTYPE(None, c_void_p))]


class DLManagedTensorVersioned(Structure):
    _fields_ = [("major", c_uint32), ("minor", c_uint32), ("context", c_void_p),
                ("deleter", CFUNCTYPE(None, c_void_p)), ("flags", c_uint64), ("tensor", DLTensor)]


class ArrowSchema(Structure):
    _fields_ = [("format", c_char_p), ("name", c_char_p), ("metadata", c_char_p), ("flags", c_int64),
                ("n_children", c_int64), ("children", c_void_p), ("dictionary", c_void_p),
                ("release", CFUNCTYPE(None, c_void_p)), ("private_data", c_void_p)]


class ArrowArray(Structure):
    _fields_ = [("length", c_int64), ("null_count", c_int64), ("offset", c_int64), ("n_buffers", c_int64),
                ("n_children", c_int64), ("buffers", POINTER(c_void_p)), ("children", c_void_p),
                ("dictionary", c_void_p), ("release", CFUNCTYPE(None, c_void_p)), ("private_data", c_void_p)]


class ArrowArrayStream(Structure):
    _fields_ = [("get_schema", CFUNCTYPE(c_int, c_void_p, c_void_p)),
                ("get_next", CFUNCTYPE(c_int, c_void_p, c_void_p)),
                ("get_last_error", CFUNCTYPE(c_char_p, c_void_p)), ("release", CFUNCTYPE(None, c_void_p)),
                ("private_data", c_void_p)]


class ArrowColumn(Structure):
    """exactloss_arrow_column"""

    _fields_ = [("view", View), ("validity", c_void_p * 2), ("validity_offset", c_int64 * 2), ("null_count", c_int64)]


# ---- structures of call.c ------------------------------------------------------------------------------------------

class Buffer(Structure):
    """Py_buffer"""

    _fields_ = [("data", c_void_p), ("owner", c_void_p), ("bytes", c_ssize_t), ("item_bytes", c_ssize_t),
                ("readonly", c_int), ("ndim", c_int), ("format", c_char_p), ("shape", POINTER(c_int64)),
                ("strides", POINTER(c_int64)), ("suboffsets", POINTER(c_int64)), ("internal", c_void_p)]


class Array(Structure):
    """An array that was opened."""

    _fields_ = [("view", View), ("ndim", c_int64), ("shape", POINTER(c_int64))]


class MethodDefinition(Structure):
    """PyMethodDef"""

    _fields_ = [("name", c_char_p), ("function", c_void_p), ("flags", c_int), ("documentation", c_char_p)]


class Functions(Structure):
    _fields_ = [(name, c_void_p) for name in (
        "PyObject_GetBuffer", "PyBuffer_Release", "PyErr_Clear", "PyEval_SaveThread", "PyEval_RestoreThread",
        "PyArg_ParseTuple", "Py_BuildValue", "none", "exactloss_dlpack_view", "exactloss_loss", "exactloss_values",
        "exactloss_gradient", "exactloss_evaluate", "exactloss_accumulator_add",
        "exactloss_accumulator_add_with_gradient")]


# ---- loading -------------------------------------------------------------------------------------------------------

SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "version": (c_char_p, []),
    "isa_name": (c_char_p, []),
    "status_string": (c_char_p, [c_int]),
    "metric": (c_int, [POINTER(EvaluationMemory), c_int, POINTER(c_double)]),
    "f_beta": (c_int, [POINTER(EvaluationMemory), c_double, POINTER(c_double)]),
    "accumulator_init": (c_int, [POINTER(AccumulatorMemory), c_int, c_double]),
    "accumulator_merge": (c_int, [POINTER(AccumulatorMemory), POINTER(AccumulatorMemory)]),
    "accumulator_result": (c_int, [POINTER(AccumulatorMemory), POINTER(EvaluationMemory)]),
    "accumulator_serialize": (c_int, [POINTER(AccumulatorMemory), c_void_p, c_int64, POINTER(c_int64)]),
    "accumulator_deserialize": (c_int, [POINTER(AccumulatorMemory), c_char_p, c_int64]),
    "where": (c_int, [c_int, c_void_p, c_void_p, c_void_p, c_int, c_int64, c_void_p]),
    "sigmoid": (c_int, [c_int, c_void_p, c_int64, c_void_p]),
    "dlpack_view": (c_int, [POINTER(DLTensor), c_int, c_int, POINTER(View), POINTER(Fault)]),
    "arrow_view": (c_int, [c_void_p, c_void_p, c_char_p, c_int, POINTER(ArrowColumn), POINTER(Fault)]),
    "arrow_slice": (c_int, [POINTER(ArrowColumn), c_int64, c_int64]),
    "arrow_add": (c_int, [POINTER(AccumulatorMemory), c_int, POINTER(ArrowColumn), POINTER(ArrowColumn),
                          POINTER(ArrowColumn), POINTER(c_int64), POINTER(Violation)]),
}


def _open(kind: Any, path: str) -> Any:
    try:
        return kind(path)
    except OSError as error:
        raise ImportError(f"exactloss can't load its C library from {path}: {error}. A wheel carries the library for "
                          "one platform: install the one for yours. The environment variable EXACTLOSS_LIBRARY names "
                          "another libexactloss") from error


def _load() -> Any:
    path = os.environ.get("EXACTLOSS_LIBRARY") or str(FOLDER / constants.LIBRARY)
    loaded = _open(ctypes.CDLL, path)
    try:
        abi = int(loaded.exactloss_abi_version())
        for name, (result, arguments) in SIGNATURES.items():
            function = getattr(loaded, "exactloss_" + name)
            function.restype, function.argtypes = result, arguments
    except AttributeError as error:
        raise ImportError(f"{path} is no C library of exactloss that this package knows: {error}") from error
    if abi != constants.ABI_VERSION:
        raise ImportError(f"the C library {path} has version {abi} of the binary interface, and this package was made "
                          f"for version {constants.ABI_VERSION}: install a library and a package of one release")
    return loaded


def _load_call(library: Any) -> Any:
    if not hasattr(ctypes, "pythonapi"):
        raise ImportError("exactloss needs CPython: this interpreter has no ctypes.pythonapi")
    loaded = _open(ctypes.PyDLL, str(FOLDER / constants.CALL_LIBRARY))
    functions = Functions(none=id(None))
    for name, _ in Functions._fields_:
        if name != "none":
            source = library if name.startswith("exactloss_") else ctypes.pythonapi
            setattr(functions, name, ctypes.cast(getattr(source, name), c_void_p))
    loaded.exactloss_python_init.restype = None
    loaded.exactloss_python_init(ctypes.byref(functions))
    loaded.exactloss_python_view.argtypes = [POINTER(Buffer), c_int, POINTER(Array), POINTER(Fault)]
    return loaded


def _new_function(address: Any, name: bytes) -> Any:
    """A function of Python from one of C. A call takes a quarter of the time of one by ctypes."""
    definition = MethodDefinition(name, ctypes.cast(address, c_void_p), _METH_VARARGS, None)
    _definitions.append(definition)  # the function points to it
    new = ctypes.pythonapi.PyCFunction_NewEx
    new.argtypes, new.restype = [POINTER(MethodDefinition), c_void_p, c_void_p], ctypes.py_object
    return new(ctypes.byref(definition), None, None)


_METH_VARARGS = 0x1
_definitions: list[MethodDefinition] = []

library = _load()
_call_library = _load_call(library)
view_buffer: Any = _call_library.exactloss_python_view

#: Runs an operation of call.c.
call: Any = _new_function(_call_library.exactloss_python_call, b"call")

# The operations of call.c.
LOSS, VALUES, GRADIENT, LOSS_AND_GRADIENT, EVALUATE, ADD, ADD_WITH_GRADIENT = range(7)

# Its own statuses. The first, -1, is that of an array that has to be opened apart.
REFUSED_SHAPE, REFUSED_OUT_TYPE, REFUSED_OVERLAP = -2, -3, -4
