# SPDX-License-Identifier: Apache-2.0
"""Reads columns by Arrow's PyCapsule interface, chunk by chunk."""

import ctypes
from contextlib import ExitStack
from ctypes import byref, c_char_p, c_int64, c_void_p, py_object
from typing import Any, Iterator, Optional

from . import _constants as constants
from ._errors import ExactLossError, check
from ._library import ArrowArray, ArrowArrayStream, ArrowColumn, ArrowSchema, Fault, Violation, library

_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.argtypes, _pointer.restype = [py_object, c_char_p], c_void_p


def is_column(obj: Any) -> bool:
    return hasattr(type(obj), "__arrow_c_array__") or hasattr(type(obj), "__arrow_c_stream__")


def _column(schema: int, array: int, role: int, name: str) -> ArrowColumn:
    column, fault, child = ArrowColumn(), Fault(), _only_child(ArrowSchema.from_address(schema), name)
    status = library.exactloss_arrow_view(schema, array, child, role, byref(column), byref(fault))
    if status != constants.OK:
        raise ExactLossError(f"{name}: {describe(fault)}", status)
    return column


def _only_child(schema: ArrowSchema, name: str) -> Optional[bytes]:
    """The name of the column of a table that has one, as a query's result may be; None for a column itself."""
    if schema.format != b"+s":
        return None
    if schema.n_children != 1 or not schema.children:
        raise ExactLossError(f"{name} is a table of {schema.n_children} columns: give one of them",
                             constants.ERROR_CHILD)
    child = c_void_p.from_address(schema.children).value
    return (ArrowSchema.from_address(child).name if child else None) or b""


def describe(fault: Fault) -> str:
    """What a fault says."""
    numbers = f" {fault.found}, not {fault.wanted}" if fault.found != fault.wanted else ""
    return str(fault.problem.decode()) + numbers


def _release(structure: Any) -> None:
    if structure.release:
        structure.release(ctypes.addressof(structure))


def _stays(*_: Any) -> None:
    """A callback that keeps its arguments."""


def _take(obj: Any, name: str, method: str, *kinds: bytes) -> tuple[Any, list[int]]:
    """The capsules that a method of an object gives, one of each kind, and the addresses in them."""
    try:
        capsules = getattr(obj, method)()
        if len(kinds) == 1:
            capsules = capsules,
        addresses = [_pointer(capsule, kind) for capsule, kind in zip(capsules, kinds)]
        if len(addresses) != len(kinds):
            raise ValueError(f"{len(addresses)} capsules instead of {len(kinds)}")
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise ExactLossError(f"{name}: {type(obj).__name__}.{method}() gave no capsules of Arrow: {error}",
                             constants.ERROR_ARRAY) from error
    return capsules, addresses


def chunks(obj: Any, role: int, name: str, keep: Optional[ExitStack] = None) -> Iterator[ArrowColumn]:
    """The columns of an object, one by one. Each is valid until the next is asked for, or until `keep` is closed."""
    if hasattr(type(obj), "__arrow_c_array__"):
        # The capsules keep the array, and release it when they go.
        capsules, (schema_address, array_address) = _take(obj, name, "__arrow_c_array__", b"arrow_schema",
                                                          b"arrow_array")
        if keep is not None:
            keep.callback(_stays, capsules)
        yield _column(schema_address, array_address, role, name)
        del capsules  # now, and not beneath the StopIteration: a producer's destructor may be one of Python
        return
    capsules, (address,) = _take(obj, name, "__arrow_c_stream__", b"arrow_array_stream")
    stream = ArrowArrayStream.from_address(address)
    if not stream.release:
        raise ExactLossError(f"{name}: the stream was released, as others leave it when they have read it: give one "
                             "that was not read before", constants.ERROR_RELEASED)
    schema = ArrowSchema()
    _succeed(stream.get_schema(address, ctypes.addressof(schema)), stream, address, name)
    with ExitStack() as schema_lifetime:
        schema_lifetime.callback(_release, schema)
        while True:
            array = ArrowArray()
            _succeed(stream.get_next(address, ctypes.addressof(array)), stream, address, name)
            if not array.release:
                break
            with ExitStack() as lifetime:
                (lifetime if keep is None else keep).callback(_release, array)
                yield _column(ctypes.addressof(schema), ctypes.addressof(array), role, name)
    del stream, capsules


def _succeed(error: int, stream: ArrowArrayStream, address: int, name: str) -> None:
    if error != 0:
        words = stream.get_last_error(address) or b"no reason given"
        raise ExactLossError(f"{name}: the stream failed with error {error}: {words.decode(errors='replace')}",
                             constants.ERROR_ARRAY)


class _Cursor:
    """The rows of a column that have not been taken yet."""

    def __init__(self, name: str, columns: Iterator[ArrowColumn]) -> None:
        self.name = name
        self.columns = columns
        self.column: Optional[ArrowColumn] = None
        self.taken = 0

    def left(self) -> int:
        """The number of rows in the current chunk; 0 only at the end."""
        while self.column is None or self.column.view.count == 0:
            self.column = next(self.columns, None)
            if self.column is None:
                return 0
        return int(self.column.view.count)

    def take(self, count: int) -> ArrowColumn:
        assert self.column is not None
        piece = ArrowColumn.from_buffer_copy(self.column)
        check(library.exactloss_arrow_slice(byref(piece), 0, count))
        check(library.exactloss_arrow_slice(byref(self.column), count, self.column.view.count - count))
        self.taken += count
        return piece

    def rows(self) -> int:
        """The number of all rows."""
        while self.left() > 0:
            self.take(self.left())
        return self.taken


def pieces(named: list[tuple[str, Iterator[ArrowColumn]]]) -> Iterator[list[ArrowColumn]]:
    """Cuts columns, whose chunks may differ, where any of them is cut."""
    cursors = [_Cursor(name, columns) for name, columns in named]
    while True:
        count = min(cursor.left() for cursor in cursors)
        if count == 0:
            break
        yield [cursor.take(count) for cursor in cursors]
    first, rows = cursors[0], cursors[0].rows()
    for other in cursors[1:]:
        if other.rows() != rows:
            raise ExactLossError(f"{first.name} has {rows} rows, but {other.name} has {other.rows()}: give columns of "
                                 "one length", constants.ERROR_COUNT)


def add(memory: Any, options: int, columns: list[ArrowColumn]) -> tuple[int, int, Any]:
    """Adds rows to an accumulator. Returns the status, the number of rows with a null, and the violation."""
    null_rows, violation = c_int64(), Violation()
    references = [byref(column) for column in columns] + [None] * (3 - len(columns))
    status = library.exactloss_arrow_add(byref(memory), options, *references, byref(null_rows), byref(violation))
    return status, null_rows.value, violation
