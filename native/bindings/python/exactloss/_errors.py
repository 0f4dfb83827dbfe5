# SPDX-License-Identifier: Apache-2.0
"""The exceptions."""

from typing import Any, Iterable

from . import _constants as constants
from ._library import library

_WANTED = {
    "predictions": "strict mode takes predictions from 0 to 1, and all logits but NaN",
    "targets": "strict mode takes the targets 0 and 1",
    "sample_weight": "a weight is finite and not negative",
}


class ExactLossError(ValueError):
    """Something was refused. ``status`` is the number of the C library's EXACTLOSS_ERROR_* constant."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.args[0], self.status)


class ElementError(ExactLossError):
    """An element was refused.

    ``argument`` is the name of its array ("predictions", "targets" or "sample_weight"), ``index`` its number in
    row-major order, ``value`` the element as a float.
    """

    def __init__(self, status: int, argument: str, index: int, value: float) -> None:
        super().__init__(f"{argument}[{index}] is {value!r}: {_WANTED[argument]}", status)
        self.argument = argument
        self.index = index
        self.value = value

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.status, self.argument, self.index, self.value)


def check(status: int) -> None:
    """Raises what a status of the C library says."""
    if status != constants.OK:
        raise ExactLossError(library.exactloss_status_string(status).decode(), status)


def unknown_choice(name: str, value: object, choices: Iterable[str], status: int) -> ExactLossError:
    """What is said of an argument, or of one of its items, that is none of a few strings."""
    return ExactLossError(f"{name}: {value!r} must be one of {', '.join(map(repr, choices))}", status)


def not_writable() -> ExactLossError:
    return ExactLossError("out is read-only, or a tensor of DLPack before 1.0, which doesn't say so: give an array "
                          "that can be written", constants.ERROR_TYPE)


def shapes_differ(first: str, shape: tuple[int, ...], other: str, other_shape: tuple[int, ...]) -> ExactLossError:
    return ExactLossError(f"{first} have the shape {shape}, but {other} {other_shape}: nothing is broadcast; give "
                          "arrays of one shape", constants.ERROR_COUNT)
