# SPDX-License-Identifier: Apache-2.0
"""The losses, the counts and the metrics of a batch."""

import ctypes
import math
from ctypes import byref, c_double
from typing import Any, Iterable, Literal, NamedTuple, Union

from . import _constants as constants
from ._compute import add_pieces, new_accumulator, result_of, total
from ._errors import ExactLossError, check, unknown_choice
from ._library import EVALUATE, EvaluationMemory, library

LossName = Literal["mnist", "brier", "log"]

#: The losses, by their names.
LOSSES = {"mnist": constants.MNIST, "brier": constants.BRIER, "log": constants.LOG}
ALL_LOSSES = tuple(LOSSES)


def losses_of(names: Union[str, Iterable[str]]) -> int:
    """The constants of losses, or-ed."""
    if names is ALL_LOSSES:
        return constants.MNIST | constants.BRIER | constants.LOG
    if isinstance(names, str):
        return loss_of(names, "losses")
    if not isinstance(names, Iterable):
        raise unknown_choice("losses", names, LOSSES, constants.ERROR_LOSS)
    losses = sum({loss_of(name, "losses") for name in names})
    if losses == 0:
        raise ExactLossError(f"losses is empty: give one or more of {', '.join(map(repr, LOSSES))}",
                             constants.ERROR_LOSS)
    return losses


def loss_of(name: str, argument: str = "loss") -> int:
    """The constant of one loss."""
    if not isinstance(name, str) or name not in LOSSES:
        raise unknown_choice(argument, name, LOSSES, constants.ERROR_LOSS)
    return LOSSES[name]


def number_of(value: float, argument: str) -> float:
    if type(value) is float:
        return value
    try:
        return c_double(value).value
    except (TypeError, OverflowError) as error:
        raise TypeError(f"{argument} is a {type(value).__name__}: {error}") from error


def threshold_of(threshold: float) -> float:
    number = number_of(threshold, "threshold")
    if math.isnan(number):
        raise ExactLossError("threshold is nan, which no prediction can be compared with: give a number",
                             constants.ERROR_THRESHOLD)
    return number


def flags_of(from_logits: bool, clamp: bool, strict: bool) -> int:
    return ((constants.FROM_LOGITS if from_logits else 0) | (constants.CLAMP if clamp else 0) |
            (constants.STRICT if strict else 0))


_SIZE = ctypes.sizeof(EvaluationMemory)


class LossResult(NamedTuple):
    """The results of one loss. Each number is rounded once, from the exact value."""

    mean: float
    sum: float
    mean_float32: float
    sum_float32: float
    nan_count: int
    infinite_count: int


class Evaluation:
    """The losses, counts and metrics of a batch or of an accumulator's content. It doesn't change.

    An element is predicted positive where its prediction is greater than the threshold. Weights enter the losses and
    ``weight_sum``, not the counts and the metrics. A metric is NaN where its divisor is 0.
    """

    __slots__ = ("_memory", "_null_count")

    def __init__(self, memory: EvaluationMemory, null_count: int = 0) -> None:
        self._memory = memory
        self._null_count = null_count

    def _loss(self, name: str) -> LossResult:
        if not self._memory.losses & LOSSES[name]:
            raise AttributeError(f"the evaluation has no {name} loss: ask for it by losses=({name!r},)")
        memory = getattr(self._memory, name)
        return LossResult(*(getattr(memory, field) for field in LossResult._fields))

    @property
    def losses(self) -> tuple[str, ...]:
        """The names of the losses that were asked for."""
        return tuple(name for name, bit in LOSSES.items() if self._memory.losses & bit)

    @property
    def mnist(self) -> LossResult:
        """The mean absolute error of 0/1 targets."""
        return self._loss("mnist")

    @property
    def brier(self) -> LossResult:
        """The mean squared error of 0/1 targets."""
        return self._loss("brier")

    @property
    def log(self) -> LossResult:
        """The binary cross-entropy."""
        return self._loss("log")

    @property
    def means(self) -> dict[str, float]:
        """The mean of each loss, by its name."""
        return {name: self._loss(name).mean for name in self.losses}

    @property
    def sums(self) -> dict[str, float]:
        """The sum of each loss, by its name."""
        return {name: self._loss(name).sum for name in self.losses}

    @property
    def threshold(self) -> float:
        """What a prediction is compared with."""
        return float(self._memory.threshold)

    @property
    def weight_sum(self) -> float:
        """The sum of the weights; ``count`` without weights."""
        return float(self._memory.weight_sum)

    @property
    def count(self) -> int:
        """The number of elements, without those that are null."""
        return int(self._memory.count)

    @property
    def null_count(self) -> int:
        """The number of rows of Arrow columns that were left out because one of them was null."""
        return self._null_count

    @property
    def positives(self) -> int:
        """Elements whose target is positive."""
        return int(self._memory.positives)

    @property
    def true_positives(self) -> int:
        """Elements whose target is positive, and predicted positive."""
        return int(self._memory.true_positives)

    @property
    def false_positives(self) -> int:
        """Elements whose target is negative, and predicted positive."""
        return int(self._memory.false_positives)

    @property
    def true_negatives(self) -> int:
        """Elements whose target is negative, and not predicted positive."""
        return int(self._memory.true_negatives)

    @property
    def false_negatives(self) -> int:
        """Elements whose target is positive, and not predicted positive."""
        return int(self._memory.false_negatives)

    def _metric(self, metric: int) -> float:
        value = c_double()
        check(library.exactloss_metric(byref(self._memory), metric, byref(value)))
        return value.value

    @property
    def accuracy(self) -> float:
        """(tp + tn) / count"""
        return self._metric(constants.METRIC_ACCURACY)

    @property
    def precision(self) -> float:
        """tp / (tp + fp)"""
        return self._metric(constants.METRIC_PRECISION)

    @property
    def recall(self) -> float:
        """tp / (tp + fn), the sensitivity"""
        return self._metric(constants.METRIC_RECALL)

    @property
    def specificity(self) -> float:
        """tn / (tn + fp)"""
        return self._metric(constants.METRIC_SPECIFICITY)

    @property
    def f1(self) -> float:
        """2 tp / (2 tp + fp + fn)"""
        return self._metric(constants.METRIC_F1)

    @property
    def balanced_accuracy(self) -> float:
        """(recall + specificity) / 2"""
        return self._metric(constants.METRIC_BALANCED_ACCURACY)

    @property
    def jaccard(self) -> float:
        """tp / (tp + fp + fn)"""
        return self._metric(constants.METRIC_JACCARD)

    @property
    def kappa(self) -> float:
        """Cohen's kappa"""
        return self._metric(constants.METRIC_KAPPA)

    @property
    def matthews(self) -> float:
        """The correlation coefficient of Matthews"""
        return self._metric(constants.METRIC_MATTHEWS)

    def f_beta(self, beta: float) -> float:
        """The F-score, which counts recall ``beta`` times as much as precision."""
        number = number_of(beta, "beta")
        if not 0 <= number < math.inf:
            raise ExactLossError(f"beta is {number!r}: give a finite number that is not negative",
                                 constants.ERROR_METRIC)
        value = c_double()
        check(library.exactloss_f_beta(byref(self._memory), number, byref(value)))
        return value.value

    def __repr__(self) -> str:
        means = "".join(f"{name}={mean!r}, " for name, mean in self.means.items())
        nulls = f", null_count={self.null_count}" if self.null_count else ""
        return (f"Evaluation({means}count={self.count}, threshold={self.threshold!r}, tp={self.true_positives}, "
                f"fp={self.false_positives}, tn={self.true_negatives}, fn={self.false_negatives}, "
                f"accuracy={self.accuracy:.6g}, f1={self.f1:.6g}{nulls})")

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (bytes(self._memory), self._null_count)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Evaluation) and self.__reduce__() == other.__reduce__()

    def __hash__(self) -> int:
        return hash(self.__reduce__()[1])


def _restore(memory: bytes, null_count: int) -> Evaluation:
    return Evaluation(EvaluationMemory.from_buffer_copy(memory), null_count)


def evaluate(predictions: Any, targets: Any, losses: Union[str, Iterable[str]] = ALL_LOSSES,
             threshold: float = 0.5, *, sample_weight: Any = None, from_logits: bool = False, clamp: bool = False,
             strict: bool = False, threads: int = 1) -> Evaluation:
    """Any set of losses and all counts of a batch, in one pass over memory.

    The arrays and the options are those of :func:`mnist_loss`. Predictions, targets and weights may also be columns of
    Arrow with nulls, and in chunks of any lengths: rows with a null are left out, and counted as ``null_count``.
    Columns are computed by one thread. From logits, the threshold is compared with their sigmoid.

    >>> evaluate(numpy.float32([0.9, 0.4, 0.2]), numpy.uint8([1, 0, 1])).accuracy
    0.6666666666666666
    """
    flags = flags_of(from_logits, clamp, strict) if from_logits or clamp or strict else 0
    threshold = threshold_of(threshold)
    memory = EvaluationMemory(_SIZE)
    if total(EVALUATE, losses_of(losses) | flags, predictions, targets, sample_weight, threads, threshold,
             ctypes.addressof(memory)) is not None:
        return Evaluation(memory)
    accumulator = new_accumulator(losses_of(losses), threshold)
    null_count = add_pieces(accumulator, flags, (predictions, targets, sample_weight), threads)
    return Evaluation(result_of(accumulator), null_count)
