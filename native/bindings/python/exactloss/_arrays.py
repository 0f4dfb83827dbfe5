# SPDX-License-Identifier: Apache-2.0
"""Opens what users have as arrays: the buffer protocol, Arrow's and DLPack's, in this order. Nothing is copied."""

import ctypes
import operator
from contextlib import ExitStack
from ctypes import POINTER, byref, c_int, c_int64, py_object
from typing import Any, Callable, Optional

from . import _arrow, _dlpack
from . import _constants as constants
from ._errors import ExactLossError
from ._library import Array, ArrowColumn, Buffer, Fault, library, view_buffer

PREDICTIONS, TARGETS, WEIGHTS = constants.PREDICTIONS, constants.TARGETS, constants.WEIGHTS
ANY_ROLE = constants.ANY_ROLE

_REMEDIES = {
    PREDICTIONS: "numpy.asarray({name}, dtype=numpy.float32)",
    TARGETS: "numpy.asarray({name}, dtype=numpy.uint8)",
    WEIGHTS: "numpy.asarray({name}, dtype=numpy.float32)",
    ANY_ROLE: "numpy.asarray({name})",
}

_get_buffer = ctypes.pythonapi.PyObject_GetBuffer
_get_buffer.argtypes, _get_buffer.restype = [py_object, POINTER(Buffer), c_int], c_int
_release_buffer = ctypes.pythonapi.PyBuffer_Release
_release_buffer.argtypes, _release_buffer.restype = [POINTER(Buffer)], None
_BUF_FORMAT, _BUF_STRIDES = 0x4, 0x18

# DLPack's codes of types, with the letters that the struct module has for them.
_INT, _UINT, _FLOAT, _BFLOAT, _BOOL = 0, 1, 2, 4, 6
_CODES = {_INT: "bhilqn", _UINT: "BHILQN", _FLOAT: "efd", _BOOL: "?"}

#: Those of Arrow's columns that are not of a floating-point type.
_COLUMN_CODES = {constants.T_UINT8: _UINT, constants.T_INT8: _INT, constants.T_INT32: _INT, constants.T_INT64: _INT}

#: Those that `where` takes: with others, two types could not be told from each other.
NUMBERS = (_INT, _UINT, _FLOAT, _BFLOAT, _BOOL)


class _Patterns:
    """An array of 16-bit patterns, and what they are."""

    options = 0
    kind = (0, 0)

    def __init__(self, patterns: Any) -> None:
        self.patterns = patterns

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.patterns!r})"


class bfloat16(_Patterns):
    """Marks an array of 16-bit patterns as bfloat16 numbers: ``bfloat16(numpy.uint16([0x3f80]))`` is [1.0].

    Arrays of ``ml_dtypes.bfloat16``, and tensors of PyTorch and JAX, need no mark.
    """

    options = constants.P_BFLOAT16
    kind = (_BFLOAT, 16)


class float16(_Patterns):
    """Marks an array of 16-bit patterns as float16 numbers: ``float16(array.array("H", [0x3c00]))`` is [1.0].

    NumPy's arrays of float16 need no mark.
    """

    options = constants.P_FLOAT16
    kind = (_FLOAT, 16)


class packed_bits:
    """Targets as packed bits, the least significant bit of a byte first: element i is bit ``offset + i`` of ``data``.

    This is what ``numpy.packbits(targets, bitorder="little")`` and Arrow's booleans are.
    """

    def __init__(self, data: Any, count: int, offset: int = 0) -> None:
        self.data = data
        self.count = operator.index(count)
        self.offset = operator.index(offset)
        if not (0 <= self.count < 2**63 and 0 <= self.offset < 2**63):
            raise ExactLossError(f"packed_bits: the count {count} and the offset {offset} must not be negative",
                                 constants.ERROR_COUNT)

    def __repr__(self) -> str:
        return f"packed_bits({self.data!r}, {self.count}, {self.offset})"


class Opened:
    """An array that can be computed with. Its memory stays until the stack that opened it is closed."""

    def __init__(self, name: str, array: Array, read_only: bool, kind: tuple[int, int] = (0, 0)) -> None:
        self.name = name
        self.array = array
        self.read_only = read_only
        self.kind = kind  # the code and the bits of the type, as DLPack has them
        self.shape = tuple(array.shape[i] for i in range(array.ndim))

    def reshape(self, count: int) -> None:
        self.array.view.count = count
        self.array.ndim = 1
        self.array.shape = (c_int64 * 1)(count)
        self.shape = (count,)

    def overlaps(self, other: "Opened") -> bool:
        """Whether the two share a byte."""
        return self._start() < other._end() and other._start() < self._end()

    def _start(self) -> int:
        return int(self.array.view.data or 0)

    def _end(self) -> int:
        view = self.array.view
        bit = view.options // constants.T_BIT_OFFSET
        return self._start() + int(view.count * view.element_size if view.element_size else (bit + view.count + 7) // 8)

    def column(self) -> ArrowColumn:
        """As a column of Arrow that has no nulls."""
        return ArrowColumn(view=self.array.view)


#: Types whose buffers are all that there is to their arrays: arrays of these types take the short way.
plain_types: set[type] = {type(None)}

_Opener = Callable[[ExitStack, Any, int, str], Optional[Opened]]
_openers: dict[type, _Opener] = {}  # those that opened something of a type, which are tried first


def open_array(stack: ExitStack, obj: Any, role: int, name: str) -> Opened:
    """Opens any array but several chunks of Arrow."""
    opener = _openers.get(type(obj))
    opened = None if opener is None else opener(stack, obj, role, name)
    return opened or _find_opener(stack, obj, role, name)


def _find_opener(stack: ExitStack, obj: Any, role: int, name: str) -> Opened:
    if hasattr(type(obj), "mask"):
        raise ExactLossError(f"{name} is a {type(obj).__name__}, whose mask would be ignored: pass the elements that "
                             "are not masked, .compressed()", constants.ERROR_TYPE)
    for opener in (_open_patterns, _open_bits, _open_buffer, _open_column, _open_tensor):
        opened = opener(stack, obj, role, name)
        if opened is not None:
            _openers[type(obj)] = opener
            return opened
    what = _describe(obj, name)
    if hasattr(obj, "to_numpy"):
        raise TypeError(f"{what}, which exports no memory: pass {name}.to_numpy()")
    raise TypeError(f"{what}, and no array of numbers that can be read where it lies: pass "
                    f"{_REMEDIES[role].format(name=name)}")


def _describe(obj: Any, name: str) -> str:
    return f"{name} is a {type(obj).__name__}" + (f" of dtype {obj.dtype}" if hasattr(obj, "dtype") else "")


def _open_buffer(stack: ExitStack, obj: Any, role: int, name: str) -> Optional[Opened]:
    buffer, array, fault = Buffer(), Array(), Fault()
    try:
        _get_buffer(obj, byref(buffer), _BUF_FORMAT | _BUF_STRIDES)
    except TypeError:
        return None
    except (ValueError, BufferError) as error:
        if str(getattr(obj, "dtype", "")) == "bfloat16":  # an array of ml_dtypes
            return _open_patterns(stack, bfloat16(obj.view("uint16")), role, name)
        raise TypeError(f"{_describe(obj, name)}, which can't be read: {error}") from error
    stack.callback(_release_buffer, byref(buffer))
    status = view_buffer(byref(buffer), role, byref(array), byref(fault))
    if status != constants.OK:
        raise ExactLossError(f"{name}: {_arrow.describe(fault)}{_found_in_buffer(obj, buffer, role, status)}", status)
    plain_types.add(type(obj))
    letter = _format(buffer).lstrip("@=<>!")  # several letters, as in "Zf" for complex numbers, are no type known here
    code = next((code for code, letters in _CODES.items() if len(letter) == 1 and letter in letters), -1)
    return Opened(name, array, bool(buffer.readonly), (code, 8 * buffer.item_bytes))


def _format(buffer: Buffer) -> str:
    return (buffer.format or b"B").decode()


def _found_in_buffer(obj: Any, buffer: Buffer, role: int, status: int) -> str:
    """What a message says about an array that was refused."""
    dtype = getattr(obj, "dtype", None)
    found = f"the format {_format(buffer)!r}" if dtype is None else f"dtype {dtype}"
    if status == constants.ERROR_TYPE:
        remedy = ", for example by .astype(numpy.float32)" if role == WEIGHTS else ""
        return f"{remedy}; it is {type(obj).__name__} with {found}"
    if status == constants.ERROR_STRIDES:
        shape = tuple(buffer.shape[i] for i in range(buffer.ndim))
        strides = tuple(buffer.strides[i] for i in range(buffer.ndim))
        return (f"; it is {type(obj).__name__} of shape {shape} with strides of {strides} bytes; "
                "numpy.ascontiguousarray() copies it")
    return ""


def _open_patterns(stack: ExitStack, marked: Any, role: int, name: str) -> Optional[Opened]:
    if not isinstance(marked, _Patterns):
        return None
    mark = type(marked).__name__
    if role not in (PREDICTIONS, ANY_ROLE):
        raise ExactLossError(f"{name} can't be of {mark}", constants.ERROR_TYPE)
    opened = open_array(stack, marked.patterns, ANY_ROLE, name)
    if opened.kind not in ((_UINT, 16), (_INT, 16), marked.kind):
        raise ExactLossError(f"{name}: {mark} takes patterns of 2 bytes, for example of dtype uint16, not of "
                             f"{opened.array.view.element_size}, nor numbers of another type", constants.ERROR_TYPE)
    opened.array.view.options = marked.options
    opened.kind = marked.kind
    return opened


def _open_bits(stack: ExitStack, bits: Any, role: int, name: str) -> Optional[Opened]:
    if not isinstance(bits, packed_bits):
        return None
    if role != TARGETS:
        raise ExactLossError(f"{name}: packed bits can be targets or a condition only", constants.ERROR_TYPE)
    opened = open_array(stack, bits.data, ANY_ROLE, name)
    view = opened.array.view
    if view.element_size != 1 or 8 * view.count < bits.offset + bits.count:
        raise ExactLossError(f"{name}: packed_bits needs an array of bytes with {bits.offset + bits.count} bits, and "
                             f"has one of {view.count} elements of {view.element_size} bytes", constants.ERROR_COUNT)
    if view.data is not None:
        view.data += bits.offset // 8
    view.options = constants.T_BITS + bits.offset % 8 * constants.T_BIT_OFFSET
    view.element_size = 0
    opened.reshape(bits.count)
    return opened


def _open_column(stack: ExitStack, obj: Any, role: int, name: str) -> Optional[Opened]:
    if not _arrow.is_column(obj):
        return None
    columns = list(_arrow.chunks(obj, role, name, keep=stack))
    columns = [column for column in columns if column.view.count > 0] or columns[:1]
    nulls = sum(column.null_count for column in columns)
    if len(columns) != 1 or nulls > 0:
        raise ExactLossError(f"{name}: for one result an element, or a gradient, a column must be one chunk without "
                             f"nulls, and this one has {len(columns)} chunks with {nulls} nulls; evaluate() takes it",
                             constants.ERROR_ARRAY)
    view = columns[0].view
    if role == ANY_ROLE and view.element_size == 0:
        raise ExactLossError(f"{name}: packed bits can be targets or a condition only", constants.ERROR_TYPE)
    opened = Opened(name, Array(view=view), True, (_COLUMN_CODES.get(view.options, _FLOAT), 8 * view.element_size))
    opened.reshape(view.count)
    return opened


def _open_tensor(stack: ExitStack, obj: Any, role: int, name: str) -> Optional[Opened]:
    if not hasattr(type(obj), "__dlpack__"):
        return None
    tensor = _dlpack.take(obj, name)
    stack.callback(tensor.release)
    array, fault = Array(), Fault()
    status = library.exactloss_dlpack_view(byref(tensor.tensor), role, constants.DL_CPU, byref(array.view),
                                           byref(fault))
    if status != constants.OK:
        if status == constants.ERROR_DEVICE:
            raise ExactLossError(f"{name}: the tensor is not in the processor's memory, as other arrays of the call "
                                 "are, or the operation is none for a GPU: move it, for example by .cpu()", status)
        dtype = f"; it is {type(obj).__name__} of dtype {obj.dtype}" if hasattr(obj, "dtype") else ""
        raise ExactLossError(f"{name}: {_arrow.describe(fault)}{dtype}", status)
    array.ndim = tensor.tensor.ndim
    array.shape = tensor.tensor.shape
    return Opened(name, array, tensor.read_only, (tensor.tensor.type_code, tensor.tensor.type_bits))


def empty_like(original: Any, opened: Opened) -> Any:
    """A new NumPy array of the shape and the type of an array that was opened."""
    try:
        import numpy
    except ImportError:
        raise TypeError("without NumPy, give an array for the results, of the type and the shape of the predictions: "
                        "out=array.array(\"f\", bytes(4 * count))") from None
    code, bits = opened.kind
    letter = {_INT: "i", _UINT: "u", _FLOAT: "f", _BFLOAT: "u", _BOOL: "?"}[code]
    result = numpy.empty(opened.shape, letter if code == _BOOL else f"{letter}{bits // 8}")
    if code != _BFLOAT:
        return result
    dtype = getattr(original, "dtype", None)
    return result.view(dtype) if isinstance(dtype, numpy.dtype) else bfloat16(result)
