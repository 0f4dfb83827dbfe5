# SPDX-License-Identifier: Apache-2.0
"""Takes tensors by DLPack's protocol."""

import ctypes
import sys
from ctypes import c_char_p, c_int, c_void_p, py_object
from typing import Any, Callable

from . import _constants as constants
from ._errors import ExactLossError
from ._library import DLManagedTensor, DLManagedTensorVersioned

_READ_ONLY = 1  # a flag of DLManagedTensorVersioned
_MAJOR = 1  # of the version whose layout is known

_is_capsule = ctypes.pythonapi.PyCapsule_IsValid
_is_capsule.argtypes, _is_capsule.restype = [py_object, c_char_p], c_int
_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.argtypes, _pointer.restype = [py_object, c_char_p], c_void_p
_rename = ctypes.pythonapi.PyCapsule_SetName
_rename.argtypes, _rename.restype = [py_object, c_char_p], c_int

# A capsule keeps the address of its name: these objects live as long as the process.
_USED = b"used_dltensor"
_USED_VERSIONED = b"used_dltensor_versioned"


class Tensor:
    """A tensor that was taken from its capsule. Its producer keeps the memory until `release` is called, once."""

    def __init__(self, tensor: Any, read_only: bool, release: Callable[[], None]) -> None:
        self.tensor = tensor
        self.read_only = read_only
        self.release = release


_old_types: set[type] = set()  # of tensors from before 2023, when __dlpack__ had only the parameter stream


def _export(obj: Any, **stream: Any) -> Any:
    if type(obj) not in _old_types:
        try:
            return obj.__dlpack__(max_version=(_MAJOR, 0), copy=False, **stream)
        except TypeError:
            pass
    torch: Any = sys.modules.get("torch")
    if torch is not None and getattr(obj, "dtype", None) is torch.bool:
        obj = obj.view(torch.uint8)  # PyTorch 1 exports no bools
    capsule = obj.__dlpack__(**stream)
    _old_types.add(type(obj))
    return capsule


def device_of(obj: Any) -> tuple[int, int]:
    """The type and the number of the device that has the tensor."""
    try:
        kind, number = obj.__dlpack_device__()
        return int(kind), int(number)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise ExactLossError(f"{type(obj).__name__} is on no device that DLPack knows: {error}",
                             constants.ERROR_DEVICE) from error


def take(obj: Any, name: str, **stream: Any) -> Tensor:
    """Takes the tensor of an object that has ``__dlpack__``."""
    is_neg = getattr(obj, "is_neg", None)
    if is_neg is not None and is_neg():
        raise ExactLossError(f"{name} has PyTorch's negative bit, which DLPack doesn't carry, so every sign would be "
                             f"wrong: pass {name}.resolve_neg()", constants.ERROR_TYPE)
    try:
        capsule = _export(obj, **stream)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise ExactLossError(f"{name}: {type(obj).__name__} doesn't export its memory: {error}",
                             constants.ERROR_TYPE) from error
    managed: Any
    if _is_capsule(capsule, b"dltensor_versioned"):
        managed = DLManagedTensorVersioned.from_address(_pointer(capsule, b"dltensor_versioned"))
        _rename(capsule, _USED_VERSIONED)
    elif _is_capsule(capsule, b"dltensor"):
        managed = DLManagedTensor.from_address(_pointer(capsule, b"dltensor"))
        _rename(capsule, _USED)
    else:
        raise ExactLossError(f"{name}: __dlpack__() gave no capsule of a tensor, or one that was used before: "
                             f"{capsule!r}; a capsule can be used once", constants.ERROR_TYPE)

    def release() -> None:
        if managed.deleter:
            managed.deleter(ctypes.addressof(managed))

    # A capsule of the old kind has no such flag, and may be of an immutable array. PyTorch has none of these.
    torch: Any = sys.modules.get("torch")
    read_only = torch is None or not isinstance(obj, torch.Tensor)
    if isinstance(managed, DLManagedTensorVersioned):
        if managed.major != _MAJOR:
            major = managed.major
            release()
            raise ExactLossError(f"{name}: the tensor has version {major} of DLPack, and version {_MAJOR} is known: "
                                 "the producer must respect max_version", constants.ERROR_TYPE)
        read_only = bool(managed.flags & _READ_ONLY)
    return Tensor(managed.tensor, read_only, release)


