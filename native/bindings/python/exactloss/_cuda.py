# SPDX-License-Identifier: Apache-2.0
"""Runs operations on the tensors of an NVIDIA GPU, where they lie, by libexactloss_cuda."""

import ctypes
import sys
import threading
from contextlib import ExitStack
from ctypes import POINTER, byref, c_char_p, c_double, c_int, c_int64, c_void_p
from typing import Any, Optional

from . import _arrow, _dlpack
from . import _constants as constants
from ._arrays import PREDICTIONS, TARGETS, WEIGHTS, Opened
from ._errors import ExactLossError, check, not_writable, shapes_differ
from ._library import (ADD, ADD_WITH_GRADIENT, EVALUATE, FOLDER, GRADIENT, LOSS, LOSS_AND_GRADIENT,
                       AccumulatorMemory, Array, EvaluationMemory, Fault, library)

_BATCH = [c_int, c_void_p, c_void_p, c_void_p, c_int64]  # options, predictions, targets, weights, count
_SIGNATURES = {
    "open": [c_int, POINTER(c_void_p)],
    "loss_sync": [c_void_p, *_BATCH, POINTER(c_double), c_void_p],
    "loss_and_gradient_sync": [c_void_p, *_BATCH, c_double, c_void_p, POINTER(c_double), c_void_p],
    "gradient_async": [c_void_p, *_BATCH, c_double, c_int64, c_void_p, c_void_p],
    "evaluate_sync": [c_void_p, *_BATCH, c_double, POINTER(EvaluationMemory), c_void_p],
    "accumulator_create": [c_void_p, c_int, c_double, POINTER(c_void_p)],
    "accumulator_destroy": [c_void_p],
    "accumulator_add_async": [c_void_p, *_BATCH, c_void_p],
    "accumulator_merge_sync": [POINTER(AccumulatorMemory), c_void_p, c_void_p],
    "stream_sync": [c_void_p, c_void_p],
}

_lock = threading.Lock()
_library: Any = None
_devices: dict[int, c_void_p] = {}


def on_gpu(obj: Any) -> bool:
    """Whether an object is a tensor in a GPU's memory."""
    if getattr(obj, "is_cuda", True):  # PyTorch's answer is the quicker one
        return hasattr(type(obj), "__dlpack_device__") and _dlpack.device_of(obj)[0] == constants.DL_CUDA
    return False


def _load() -> Any:
    path = FOLDER / constants.CUDA_LIBRARY
    try:
        loaded = ctypes.CDLL(str(path))
    except OSError as error:
        raise ImportError(f"the tensor is in a GPU's memory, and exactloss can't load {path}: {error}. Install a wheel "
                          "that carries it, or move the tensor to the processor's memory") from error
    if loaded.exactloss_cuda_abi_version() != constants.CUDA_ABI_VERSION:
        raise ImportError(f"{path} is of another release than this package: install both of one release")
    for name, arguments in _SIGNATURES.items():
        getattr(loaded, "exactloss_cuda_" + name).argtypes = arguments
    loaded.exactloss_cuda_error.restype = c_char_p
    return loaded


def _device(number: int) -> c_void_p:
    """The device of a number, which stays open as long as the process lives."""
    global _library
    with _lock:
        if _library is None:
            _library = _load()
        if number not in _devices:
            device = c_void_p()
            _check(_library.exactloss_cuda_open(number, byref(device)))
            _devices[number] = device
        return _devices[number]


def _check(status: int) -> None:
    if status != constants.OK:
        raise ExactLossError(_library.exactloss_cuda_error().decode(), status)


def _stream_of(obj: Any, number: int) -> int:
    """The stream that a tensor's library works in; 0 is the legacy default stream."""
    torch: Any = sys.modules.get("torch")
    if torch is not None and isinstance(obj, torch.Tensor):
        return int(torch.cuda.current_stream(number).cuda_stream)
    return 0


def _open(stack: ExitStack, obj: Any, role: int, name: str, number: int, stream: int) -> Opened:
    if not on_gpu(obj) or _dlpack.device_of(obj)[1] != number:
        raise ExactLossError(f"{name} must be in the memory of GPU {number}, where the predictions are: move it there",
                             constants.ERROR_DEVICE)
    tensor = _dlpack.take(obj, name, stream=stream or 1)  # in DLPack, 1 is the legacy default stream
    stack.callback(tensor.release)
    array, fault = Array(), Fault()
    status = library.exactloss_dlpack_view(byref(tensor.tensor), role, constants.DL_CUDA, byref(array.view),
                                           byref(fault))
    if status != constants.OK:
        raise ExactLossError(f"{name}: {_arrow.describe(fault)}", status)
    array.ndim, array.shape = tensor.tensor.ndim, tensor.tensor.shape
    return Opened(name, array, tensor.read_only)


def compute(kind: int, options: int, predictions: Any, targets: Any, weights: Any, out: Any, factor: float,
            divisor: int, memory: int) -> float:
    """As `_compute.compute`. Waits until the GPU has done the work."""
    number = _dlpack.device_of(predictions)[1]
    device, stream = _device(number), _stream_of(predictions, number)
    with ExitStack() as stack:
        p = _open(stack, predictions, PREDICTIONS, "predictions", number, stream)
        t = _open(stack, targets, TARGETS, "targets", number, stream)
        w = None if weights is None else _open(stack, weights, WEIGHTS, "sample_weight", number, stream)
        g = None if out is None else _open(stack, out, PREDICTIONS, "out", number, stream)
        _check_arrays(p, t, w, g)
        count = p.array.view.count
        batch = (options | p.array.view.options | t.array.view.options, p.array.view.data, t.array.view.data,
                 None if w is None else w.array.view.data, count)
        value = c_double(0)
        mean = options & constants.MEAN
        in_one_pass = kind == LOSS_AND_GRADIENT and divisor == (0 if mean else 1) and not (mean and w)
        if g is not None and in_one_pass:
            _check(_library.exactloss_cuda_loss_and_gradient_sync(device, *batch, factor, g.array.view.data,
                                                                  byref(value), stream))
        elif kind in (LOSS, LOSS_AND_GRADIENT):
            _check(_library.exactloss_cuda_loss_sync(device, *batch, byref(value), stream))
        elif kind == EVALUATE:
            evaluation = EvaluationMemory.from_address(memory)
            _check(_library.exactloss_cuda_evaluate_sync(device, *batch, factor, byref(evaluation), stream))
        elif kind in (ADD, ADD_WITH_GRADIENT):
            _add(stack, device, batch, AccumulatorMemory.from_address(memory), stream)
        elif kind != GRADIENT:
            raise ExactLossError("a GPU's tensors give losses, evaluations and gradients; for the losses of the "
                                 "elements move them to the processor's memory", constants.ERROR_DEVICE)
        if g is not None and not in_one_pass:
            without_reduction = batch[0] & ~(constants.MEAN | constants.SUM)
            _check(_library.exactloss_cuda_gradient_async(device, without_reduction, *batch[1:], factor,
                                                          divisor or max(count, 1), g.array.view.data, stream))
            _check(_library.exactloss_cuda_stream_sync(device, stream))
    return value.value


def _check_arrays(p: Opened, t: Opened, w: Optional[Opened], g: Optional[Opened]) -> None:
    inputs = [one for one in (p, t, w) if one is not None]
    for other in inputs[1:] + ([] if g is None else [g]):
        if other.shape != p.shape:
            raise shapes_differ(p.name, p.shape, other.name, other.shape)
    if g is None:
        return
    if g.read_only:
        raise not_writable()
    if g.array.view.options != p.array.view.options:
        raise ExactLossError("out must have the type of the predictions", constants.ERROR_TYPE)
    for one in inputs:
        if one.overlaps(g) and not (one is p and one.array.view.data == g.array.view.data):
            raise ExactLossError(f"out shares memory with {one.name}: give an array of its own", constants.ERROR_ARRAY)


def _add(stack: ExitStack, device: c_void_p, batch: Any, memory: AccumulatorMemory, stream: int) -> None:
    evaluation = EvaluationMemory(size=ctypes.sizeof(EvaluationMemory))
    check(library.exactloss_accumulator_result(byref(memory), byref(evaluation)))
    accumulator = c_void_p()
    _check(_library.exactloss_cuda_accumulator_create(device, evaluation.losses, evaluation.threshold,
                                                      byref(accumulator)))
    stack.callback(_library.exactloss_cuda_accumulator_destroy, accumulator)
    without_losses = batch[0] & ~(constants.MNIST | constants.BRIER | constants.LOG)
    _check(_library.exactloss_cuda_accumulator_add_async(accumulator, without_losses, *batch[1:], stream))
    _check(_library.exactloss_cuda_accumulator_merge_sync(byref(memory), accumulator, stream))
