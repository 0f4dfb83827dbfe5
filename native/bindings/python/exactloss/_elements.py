# SPDX-License-Identifier: Apache-2.0
"""The two operations on arrays that the losses are made of."""

import ctypes
import math
from contextlib import ExitStack
from typing import Any, Optional

from . import _constants as constants
from ._arrays import ANY_ROLE, NUMBERS, PREDICTIONS, TARGETS, Opened, empty_like, open_array
from ._errors import ExactLossError, check, not_writable, shapes_differ
from ._library import library

_SCALARS: dict[tuple[int, int], Any] = {(2, 32): ctypes.c_float, (2, 64): ctypes.c_double, (6, 8): ctypes.c_bool,
            (0, 8): ctypes.c_int8, (0, 16): ctypes.c_int16, (0, 32): ctypes.c_int32, (0, 64): ctypes.c_int64,
            (1, 8): ctypes.c_uint8, (1, 16): ctypes.c_uint16, (1, 32): ctypes.c_uint32, (1, 64): ctypes.c_uint64}


def sigmoid(logits: Any, *, out: Any = None) -> Any:
    """``1 / (1 + exp(-logits))``, with the same bits on every machine, within 1 ulp (2 for float64).

    ``out`` is the array for the result, of the logits' type and shape; it may be the logits themselves. Without it the
    result is a new NumPy array. Returns the array.
    """
    with ExitStack() as stack:
        opened = open_array(stack, logits, PREDICTIONS, "logits")
        out = empty_like(logits, opened) if out is None else out
        result = _open_out(stack, out, opened, [opened])
        check(library.exactloss_sigmoid(opened.array.view.options, opened.array.view.data, opened.array.view.count,
                                        result.array.view.data))
    return out


def where(condition: Any, a: Any, b: Any, *, out: Any = None) -> Any:
    """``a`` where the condition is true, and ``b`` elsewhere, bit by bit.

    The condition is an array of bool or uint8, or :class:`packed_bits`. ``a`` and ``b`` have its shape and one type:
    integers, floating-point numbers or bools of at most 8 bytes. Either may be an array without dimensions, or a number
    beside an array, which is rounded if the array is of floating-point numbers. ``out`` may be ``a`` or ``b``. Returns
    the array.
    """
    with ExitStack() as stack:
        mask = open_array(stack, condition, TARGETS, "condition")
        options = mask.array.view.options
        if options != constants.T_UINT8 and options & ~(7 * constants.T_BIT_OFFSET) != constants.T_BITS:
            raise ExactLossError("condition must be of bool or uint8: compare the array with 0", constants.ERROR_TYPE)
        first, second = _open_sides(stack, a, b)
        for side in (first, second):
            if side.kind[0] not in NUMBERS:
                raise ExactLossError(f"{side.name} must be of integers, floating-point numbers or bools: view it as "
                                     f"integers of its size, for example {side.name}.view(numpy.int64)",
                                     constants.ERROR_TYPE)
        if first.kind != second.kind:
            raise ExactLossError(f"a and b must have one type; those of DLPack (code, bits) are {first.kind} and "
                                 f"{second.kind}: convert one of them", constants.ERROR_TYPE)
        for flag, side in ((constants.SCALAR_A, first), (constants.SCALAR_B, second)):
            if side.shape == () and mask.shape != ():
                options |= flag
            elif side.shape != mask.shape:
                raise shapes_differ("condition", mask.shape, side.name, side.shape)
        like = first if options & constants.SCALAR_A == 0 else second
        shaped = Opened("out", like.array, False, like.kind)
        shaped.shape = mask.shape
        out = empty_like(a if like is first else b, shaped) if out is None else out
        bytes_in_place = first.array.view.element_size == 1 and options & constants.T_BITS == constants.T_UINT8
        sides = [side for side in (first, second) if side.shape == mask.shape]
        result = _open_out(stack, out, shaped, sides + ([mask] if bytes_in_place else []), [mask, first, second])
        view = mask.array.view
        check(library.exactloss_where(options, view.data, first.array.view.data, second.array.view.data,
                                      first.array.view.element_size, view.count, result.array.view.data))
    return out


def _open_sides(stack: ExitStack, a: Any, b: Any) -> tuple[Opened, Opened]:
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        raise TypeError("a and b are both numbers, which have no type of elements: give an array for one, which may "
                        "have no dimensions")
    if isinstance(a, (int, float)):
        second = open_array(stack, b, ANY_ROLE, "b")
        return open_array(stack, _scalar(a, "a", second.kind), ANY_ROLE, "a"), second
    first = open_array(stack, a, ANY_ROLE, "a")
    if isinstance(b, (int, float)):
        b = _scalar(b, "b", first.kind)
    return first, open_array(stack, b, ANY_ROLE, "b")


def _scalar(value: Any, name: str, kind: tuple[int, int]) -> Any:
    scalar = _SCALARS.get(kind)
    if scalar is None:
        raise TypeError(f"{name} is a number beside an array of a type that Python has none of: give an array without "
                        f"dimensions for it")
    try:
        number = scalar(value)
        if kind[0] == 2:
            fits = not math.isinf(number.value) or math.isinf(value)
        else:
            fits = number.value == value and not isinstance(value, float)
    except (OverflowError, TypeError):  # an int beyond float64's range, or a float for an integer type
        fits = False
    if not fits:
        raise ExactLossError(f"{name} is {value!r}, which the type of the other array doesn't have",
                             constants.ERROR_TYPE)
    return number


def _open_out(stack: ExitStack, out: Any, like: Opened, in_place: list[Opened],
              inputs: Optional[list[Opened]] = None) -> Opened:
    """Opens an output of the type and the shape of another array. It may replace some of the inputs."""
    opened = open_array(stack, out, ANY_ROLE, "out")
    if opened.read_only:
        raise not_writable()
    if opened.shape != like.shape:
        raise shapes_differ(like.name, like.shape, "out", opened.shape)
    if opened.kind != like.kind:
        raise ExactLossError("out must have the type of the input", constants.ERROR_TYPE)
    for other in in_place if inputs is None else inputs:
        same = any(other is one for one in in_place) and other.array.view.data == opened.array.view.data
        if not same and opened.overlaps(other):
            raise ExactLossError(f"out shares memory with {other.name}: give an array of its own",
                                 constants.ERROR_ARRAY)
    return opened
