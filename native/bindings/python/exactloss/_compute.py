# SPDX-License-Identifier: Apache-2.0
"""Runs operations: at once where all arrays have buffers, else array by array, chunk by chunk, or with threads."""

import ctypes
import operator
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from ctypes import byref
from typing import Any, Optional

from . import _arrow, _cuda
from . import _constants as constants
from ._arrays import PREDICTIONS, TARGETS, WEIGHTS, Opened, open_array, plain_types
from ._errors import ElementError, ExactLossError, check, not_writable, shapes_differ
from ._library import (ADD, REFUSED_OUT_TYPE, REFUSED_OVERLAP, REFUSED_SHAPE, AccumulatorMemory,
                       EvaluationMemory, call, library)

NAMES = ("predictions", "targets", "sample_weight", "out")
ROLES = (PREDICTIONS, TARGETS, WEIGHTS, PREDICTIONS)

#: The smallest piece that is worth a thread of its own, in elements.
_PIECE = 1 << 18


def compute(kind: int, options: int, predictions: Any, targets: Any, weights: Any, out: Any = None,
            factor: float = 1.0, divisor: int = 1, memory: int = 0) -> float:
    """Runs an operation of call.c. Returns the loss, where the operation has one."""
    if (type(predictions) in plain_types and type(targets) in plain_types and type(weights) in plain_types and
            type(out) in plain_types):
        result = call(kind, 0, options, predictions, targets, weights, out, 0, -1, factor, divisor, memory)
        if type(result) is float:
            return result
    if _cuda.on_gpu(predictions):
        return _cuda.compute(kind, options, predictions, targets, weights, out, factor, divisor, memory)
    with ExitStack() as stack:
        opened = open_all(stack, predictions, targets, weights, out)
        value = compute_opened(kind, options, opened, 0, -1, factor, divisor, memory)
    return value


def total(kind: int, options: int, predictions: Any, targets: Any, weights: Any, threads: int, factor: float = 1.0,
          memory: int = 0) -> Optional[float]:
    """Runs an operation without an output for each element, or returns None where `add_pieces` has to do it."""
    if threads != 1:
        _thread_count(threads)  # refuses what is no number of threads
        if not _cuda.on_gpu(predictions):
            return None
    if type(predictions) in plain_types and type(targets) in plain_types and type(weights) in plain_types:
        result = call(kind, 0, options, predictions, targets, weights, None, 0, -1, factor, 1, memory)
        if type(result) is float:
            return result
    if any(_arrow.is_column(obj) for obj in (predictions, targets, weights)):
        return None
    return compute(kind, options, predictions, targets, weights, None, factor, 1, memory)


def open_all(stack: ExitStack, *objects: Any) -> list[Optional[Opened]]:
    """Opens the arrays of an operation, in the order of NAMES."""
    opened: list[Optional[Opened]] = []
    for name, role, obj in zip(NAMES, ROLES, objects):
        array = open_array(stack, obj, role, name) if obj is not None or name in NAMES[:2] else None
        if name == "out" and array is not None and array.read_only:
            raise not_writable()
        opened.append(array)
    return opened + [None] * (len(NAMES) - len(opened))


def compute_opened(kind: int, options: int, opened: list[Optional[Opened]], first: int, count: int,
                   factor: float = 1.0, divisor: int = 1, memory: int = 0) -> float:
    arrays = [None if one is None else one.array for one in opened]
    result = call(kind, 1, options, *arrays, first, count, factor, divisor, memory)
    if type(result) is float:
        return result
    raise _refusal(result, opened)


def _refusal(result: tuple[int, int, int, float], opened: list[Optional[Opened]]) -> Exception:
    status, argument, index, value = result
    name = NAMES[argument] if 0 <= argument < len(NAMES) else ""
    if status in (constants.ERROR_STRICT, constants.ERROR_WEIGHT):
        return ElementError(status, name, index, value)
    if status == REFUSED_SHAPE:
        shapes = [one.shape for one in (opened[0], opened[argument]) if one is not None]
        return shapes_differ("predictions", shapes[0], name, shapes[1])
    if status == REFUSED_OUT_TYPE:
        return ExactLossError("out must have the type of the predictions", constants.ERROR_TYPE)
    if status == REFUSED_OVERLAP:
        return ExactLossError(f"out shares memory with {name}: give an array of its own, or for the result to replace "
                              "the predictions, the predictions themselves", constants.ERROR_ARRAY)
    return ExactLossError(library.exactloss_status_string(status).decode(), status)


# ---- sums that are made in pieces ----------------------------------------------------------------------------------

def new_accumulator(losses: int, threshold: float) -> AccumulatorMemory:
    memory = AccumulatorMemory()
    check(library.exactloss_accumulator_init(byref(memory), losses, threshold))
    return memory


def add_pieces(memory: AccumulatorMemory, options: int, objects: tuple[Any, Any, Any], threads: int) -> int:
    """Adds arrays to an accumulator, or nothing at all if one is refused. Returns the number of rows with a null."""
    threads = _thread_count(threads)
    with ExitStack() as stack:
        if any(_arrow.is_column(obj) for obj in objects):
            null_count = _add_columns(stack, memory, options, objects)
        else:
            null_count = 0
            _add_by_threads(memory, options, open_all(stack, *objects), threads)
    return null_count


def _thread_count(threads: int) -> int:
    """The number of threads; 0 stands for the number of processors that this process may use."""
    try:
        count = operator.index(threads)
    except TypeError:
        raise TypeError(f"threads is {threads!r}, and must be an int: the number of threads, or 0 for one a "
                        "processor") from None
    if count < 0:
        raise ExactLossError(f"threads is {count}: give the number of threads, or 0 for one a processor",
                             constants.ERROR_COUNT)
    if count > 0:
        return count
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _add_by_threads(memory: AccumulatorMemory, options: int, opened: list[Optional[Opened]], threads: int) -> None:
    assert opened[0] is not None
    count = opened[0].array.view.count
    pieces = max(1, min(threads, count // _PIECE))
    length = (count // pieces + 8) // 8 * 8  # a multiple of 8, for packed bits
    scratch = [_empty_copy(memory) for _ in range(pieces)]

    def work(piece: int) -> None:
        first = piece * length
        compute_opened(ADD, options, opened, first, min(length, count - first), memory=ctypes.addressof(scratch[piece]))

    with ThreadPoolExecutor(pieces) as pool:
        list(pool.map(work, range(pieces)))
    merge_all(memory, scratch)


def _empty_copy(memory: AccumulatorMemory) -> AccumulatorMemory:
    """An empty accumulator of the same losses and threshold."""
    evaluation = result_of(memory)
    return new_accumulator(evaluation.losses, evaluation.threshold)


def merge_all(memory: AccumulatorMemory, scratch: list[AccumulatorMemory]) -> None:
    for other in scratch[1:]:
        check(library.exactloss_accumulator_merge(byref(scratch[0]), byref(other)))
    check(library.exactloss_accumulator_merge(byref(memory), byref(scratch[0])))


def result_of(memory: AccumulatorMemory) -> EvaluationMemory:
    evaluation = EvaluationMemory(size=ctypes.sizeof(EvaluationMemory))
    check(library.exactloss_accumulator_result(byref(memory), byref(evaluation)))
    return evaluation


def _add_columns(stack: ExitStack, memory: AccumulatorMemory, options: int, objects: tuple[Any, Any, Any]) -> int:
    named = []
    for name, role, obj in zip(NAMES, ROLES, objects):
        if _arrow.is_column(obj):
            chunks: Any = _arrow.chunks(obj, role, name)
            stack.callback(chunks.close)
        elif obj is not None:
            opened = open_array(stack, obj, role, name)
            if len(opened.shape) != 1:
                raise ExactLossError(f"{name} have the shape {opened.shape}, and stand beside an Arrow column, which "
                                     "has one dimension", constants.ERROR_COUNT)
            chunks = iter([opened.column()])
        else:
            continue
        named.append((name, chunks))
    scratch, rows, null_rows = _empty_copy(memory), 0, 0
    for columns in _arrow.pieces(named):
        status, nulls, violation = _arrow.add(scratch, options, columns)
        if status in (constants.ERROR_STRICT, constants.ERROR_WEIGHT):
            raise ElementError(status, NAMES[violation.argument - 1], rows + violation.index, violation.value)
        check(status)
        rows += columns[0].view.count
        null_rows += nulls
    merge_all(memory, [scratch])
    return null_rows


