# SPDX-License-Identifier: Apache-2.0
"""An evaluation whose data comes in pieces."""

import ctypes
import threading
from ctypes import byref, c_int64
from typing import Any, Iterable, Literal, Optional, Union

from . import _constants as constants
from ._compute import add_pieces, compute, new_accumulator, result_of, total
from ._errors import check
from ._evaluation import ALL_LOSSES, Evaluation, LossName, flags_of, loss_of, losses_of, threshold_of
from ._library import ADD, ADD_WITH_GRADIENT, AccumulatorMemory, library
from ._losses import allocate, scale_of


class Accumulator:
    """An evaluation that takes its data in pieces.

    The result has the same bits however the data was cut, in whatever order it came, and on however many machines:
    accumulators merge, and have a byte form. Every method may be called from any thread.

    >>> total = Accumulator()
    >>> total.add(numpy.float32([0.9, 0.4]), numpy.uint8([1, 0]))
    >>> total.add(numpy.float32([0.2]), numpy.uint8([1]))
    >>> total.evaluate().mnist.mean
    0.43333334227403003
    """

    __slots__ = ("_memory", "_address", "_lock", "_null_count")

    def __init__(self, losses: Union[str, Iterable[str]] = ALL_LOSSES,
                 threshold: float = 0.5) -> None:
        self._hold(new_accumulator(losses_of(losses), threshold_of(threshold)), 0)

    def _hold(self, memory: AccumulatorMemory, null_count: int) -> None:
        self._memory = memory
        self._address = ctypes.addressof(memory)
        self._lock = threading.RLock()  # the handler of a signal may use the accumulator that it interrupts
        self._null_count = null_count

    def add(self, predictions: Any, targets: Any, *, sample_weight: Any = None, from_logits: bool = False,
            clamp: bool = False, strict: bool = False, threads: int = 1) -> None:
        """Adds a batch. What is refused leaves the accumulator as it was.

        The arrays and the options are those of :func:`evaluate`, and may differ from call to call.
        """
        flags = flags_of(from_logits, clamp, strict) if from_logits or clamp or strict else 0
        with self._lock:
            if total(ADD, flags, predictions, targets, sample_weight, threads, memory=self._address) is None:
                nulls = add_pieces(self._memory, flags, (predictions, targets, sample_weight), threads)
                self._null_count += nulls

    def add_with_gradient(self, loss: LossName, predictions: Any, targets: Any, *, sample_weight: Any = None,
                          from_logits: bool = False, clamp: bool = False, strict: bool = False,
                          reduction: Literal["mean", "sum"] = "mean", upstream: float = 1.0,
                          divisor: Optional[int] = None, out: Any = None, accumulate: bool = False) -> Any:
        """Adds a batch, and gives the gradient of one of the accumulator's losses in the same pass over memory.

        The arguments are those of :func:`gradient`.
        """
        options = loss_of(loss) | flags_of(from_logits, clamp, strict)
        upstream, divisor = scale_of(predictions, targets, sample_weight, reduction, upstream, divisor)
        options, out = allocate(options, predictions, out, accumulate)
        with self._lock:
            compute(ADD_WITH_GRADIENT, options, predictions, targets, sample_weight, out, upstream, divisor,
                    self._address)
        return out

    def merge(self, other: "Accumulator") -> None:
        """Adds the content of another accumulator, which has the same losses and the same threshold."""
        if not isinstance(other, Accumulator):
            raise TypeError(f"other is a {type(other).__name__}, and must be an Accumulator: from_bytes() makes one")
        content = other.__copy__()  # so that no two locks are held at a time
        with self._lock:
            check(library.exactloss_accumulator_merge(byref(self._memory), byref(content._memory)))
            self._null_count += content._null_count

    def evaluate(self) -> Evaluation:
        """The evaluation of everything that was added so far."""
        with self._lock:
            return Evaluation(result_of(self._memory), self._null_count)

    def to_bytes(self) -> bytes:
        """The byte form: the same for the same elements, whatever their order, the pieces and the machine.

        Every language's package reads it. It has no count of nulls; pickling keeps that too.
        """
        buffer = ctypes.create_string_buffer(constants.ACCUMULATOR_MAX_BYTES)
        size = c_int64()
        with self._lock:
            check(library.exactloss_accumulator_serialize(byref(self._memory), buffer, len(buffer), byref(size)))
        return buffer.raw[:size.value]

    @classmethod
    def from_bytes(cls, form: bytes) -> "Accumulator":
        """An accumulator from its byte form. Any input is safe: what is no such form is refused."""
        return cls._restored(form, 0)

    @classmethod
    def _restored(cls, form: bytes, null_count: int) -> "Accumulator":
        if not isinstance(form, bytes):
            raise TypeError(f"the byte form must be bytes, not {type(form).__name__}: pass bytes(form)")
        memory = AccumulatorMemory()
        check(library.exactloss_accumulator_deserialize(byref(memory), form, len(form)))
        accumulator = cls.__new__(cls)
        accumulator._hold(memory, null_count)
        return accumulator

    def __copy__(self) -> "Accumulator":
        copy = type(self).__new__(type(self))
        with self._lock:
            copy._hold(AccumulatorMemory.from_buffer_copy(self._memory), self._null_count)
        return copy

    def __deepcopy__(self, memo: object) -> "Accumulator":
        return self.__copy__()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self)._restored, (self.to_bytes(), self._null_count)

    def __repr__(self) -> str:
        return f"Accumulator({self.evaluate()!r})"


