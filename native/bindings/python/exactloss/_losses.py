# SPDX-License-Identifier: Apache-2.0
"""The losses of a batch, of its elements, and their gradients."""

import math
from contextlib import ExitStack
from typing import Any, Literal, Optional, overload

from . import _constants as constants
from ._arrays import PREDICTIONS, empty_like, open_array
from ._compute import add_pieces, compute, new_accumulator, result_of, total
from ._errors import ExactLossError, unknown_choice
from ._evaluation import Evaluation, LossName, evaluate, flags_of, loss_of
from ._library import GRADIENT, LOSS, LOSS_AND_GRADIENT, VALUES

_REDUCTIONS = {"mean": constants.MEAN, "sum": constants.SUM}


@overload
def mnist_loss(predictions: Any, targets: Any, *, sample_weight: Any = None, from_logits: bool = False,
               reduction: Literal["mean", "sum"] = "mean", out: None = None, clamp: bool = False,
               strict: bool = False, threads: int = 1) -> float: ...


@overload
def mnist_loss(predictions: Any, targets: Any, *, sample_weight: Any = None, from_logits: bool = False,
               reduction: Literal["none"], out: Any = None, clamp: bool = False, strict: bool = False,
               threads: int = 1) -> Any: ...


def mnist_loss(predictions: Any, targets: Any, *, sample_weight: Any = None, from_logits: bool = False,
               reduction: Literal["mean", "sum", "none"] = "mean", out: Any = None, clamp: bool = False,
               strict: bool = False, threads: int = 1) -> Any:
    """The mean (or sum) of ``where(targets == 1, 1 - predictions, predictions)``, exactly.

    It is the mean absolute error of 0/1 targets, and the loss of the digit classifier in Howard and Gugger, "Deep
    Learning for Coders with fastai and PyTorch", chapter 4. The sum is that of real numbers, and is rounded once.

    :param predictions: float16, bfloat16, float32 or float64, of any shape. **They come first**, and targets second:
        scikit-learn has them the other way round.
    :param targets: bool, uint8, int8, int32, int64, float32, float64, or :class:`packed_bits`, of the same shape. An
        element is positive where it equals 1, and negative elsewhere.
    :param sample_weight: float32, of the same shape. The mean is then the weighted sum divided by
        the sum of the weights.
    :param from_logits: the predictions are given as logits.
    :param reduction: "mean", "sum", or "none" for an array of the elements' own losses.
    :param out: with "none", the array for the result, of the predictions' type and shape; it may be the predictions
        themselves. Without it the result is a new NumPy array.
    :param clamp: an element of :func:`log_loss` counts at most 100, as in ``torch.nn.BCELoss``.
    :param strict: refuse predictions outside [0, 1] or NaN, and targets other than 0 and 1.
    :param threads: of a mean or a sum; 0 for one a processor that the process may use. The result has the same bits.
        A GPU's tensors need none.
    :raises ExactLossError: where an array can't be taken as it is. Nothing is ever copied, converted or broadcast.

    Arrays are contiguous objects with the buffer protocol (NumPy, ``array``, ``memoryview``, ``mmap``), with Arrow's
    PyCapsule interface (PyArrow, Polars, DuckDB) or with DLPack (PyTorch, JAX).

    >>> mnist_loss(numpy.float32([0.9, 0.4, 0.2]), numpy.uint8([1, 0, 1]))
    0.43333334227403003
    """
    return _loss(constants.MNIST, predictions, targets, sample_weight, from_logits, reduction, out, clamp, strict,
                 threads)


@overload
def log_loss(predictions: Any, targets: Any, *, sample_weight: Any = None, from_logits: bool = False,
             reduction: Literal["mean", "sum"] = "mean", out: None = None, clamp: bool = False, strict: bool = False,
             threads: int = 1) -> float: ...


@overload
def log_loss(predictions: Any, targets: Any, *, sample_weight: Any = None, from_logits: bool = False,
             reduction: Literal["none"], out: Any = None, clamp: bool = False, strict: bool = False,
             threads: int = 1) -> Any: ...


def log_loss(predictions: Any, targets: Any, *, sample_weight: Any = None, from_logits: bool = False,
             reduction: Literal["mean", "sum", "none"] = "mean", out: Any = None, clamp: bool = False,
             strict: bool = False, threads: int = 1) -> Any:
    """The binary cross-entropy: the mean (or sum) of ``-log(where(targets == 1, predictions, 1 - predictions))``.

    The logarithms have the same bits on every machine, and their sum is exact. A prediction that is 0 or 1, and wrong,
    gives infinity, unless ``clamp`` is given; one outside [0, 1] gives NaN. From logits it is infinite for infinite
    logits only. The parameters are those of :func:`mnist_loss`; predictions come first, other than in scikit-learn.
    """
    return _loss(constants.LOG, predictions, targets, sample_weight, from_logits, reduction, out, clamp, strict,
                 threads)


@overload
def brier_score_loss(predictions: Any, targets: Any, *, sample_weight: Any = None, from_logits: bool = False,
                     reduction: Literal["mean", "sum"] = "mean", out: None = None, clamp: bool = False,
                     strict: bool = False, threads: int = 1) -> float: ...


@overload
def brier_score_loss(predictions: Any, targets: Any, *, sample_weight: Any = None, from_logits: bool = False,
                     reduction: Literal["none"], out: Any = None, clamp: bool = False, strict: bool = False,
                     threads: int = 1) -> Any: ...


def brier_score_loss(predictions: Any, targets: Any, *, sample_weight: Any = None, from_logits: bool = False,
                     reduction: Literal["mean", "sum", "none"] = "mean", out: Any = None, clamp: bool = False,
                     strict: bool = False, threads: int = 1) -> Any:
    """The Brier score: the mean (or sum) of ``(predictions - targets) ** 2`` for targets of 0 and 1, exactly.

    The parameters are those of :func:`mnist_loss`; predictions come first, other than in scikit-learn.
    """
    return _loss(constants.BRIER, predictions, targets, sample_weight, from_logits, reduction, out, clamp, strict,
                 threads)


def _loss(loss: int, predictions: Any, targets: Any, weights: Any, from_logits: bool, reduction: str, out: Any,
          clamp: bool, strict: bool, threads: int) -> Any:
    options = loss
    if from_logits or clamp or strict:
        options |= flags_of(from_logits, clamp, strict)
    if reduction == "none":
        options, out = allocate(options, predictions, out, False)
        compute(VALUES, options, predictions, targets, weights, out)
        return out
    if not isinstance(reduction, str) or reduction not in _REDUCTIONS:
        raise unknown_choice("reduction", reduction, (*_REDUCTIONS, "none"), constants.ERROR_REDUCTION)
    if out is not None:
        raise ExactLossError(f"a {reduction} needs no array for its result: give out with reduction=\"none\"",
                             constants.ERROR_REDUCTION)
    value = total(LOSS, options | _REDUCTIONS[reduction], predictions, targets, weights, threads)
    if value is None:
        value = _loss_in_pieces(loss, options & ~loss, predictions, targets, weights, reduction, threads)
    return value


def _loss_in_pieces(loss: int, flags: int, predictions: Any, targets: Any, weights: Any, reduction: str,
                    threads: int) -> float:
    accumulator = new_accumulator(loss, 0.5)
    null_count = add_pieces(accumulator, flags, (predictions, targets, weights), threads)
    if null_count > 0:
        raise ExactLossError(f"{null_count} rows have a null: evaluate() leaves them out and counts them; or leave "
                             "them out beforehand", constants.ERROR_ARRAY)
    evaluation = Evaluation(result_of(accumulator))
    return (evaluation.means if reduction == "mean" else evaluation.sums)[evaluation.losses[0]]


# ---- gradients -----------------------------------------------------------------------------------------------------

def gradient(loss: LossName, predictions: Any, targets: Any, *, sample_weight: Any = None, from_logits: bool = False,
             reduction: Literal["mean", "sum"] = "mean", out: Any = None, accumulate: bool = False,
             upstream: float = 1.0, divisor: Optional[int] = None, clamp: bool = False, strict: bool = False) -> Any:
    """The gradient of a loss with respect to the predictions, or from logits with respect to the logits.

    :param loss: "mnist", "brier" or "log"
    :param reduction: what the gradient is of, the mean or the sum
    :param out: the array for the gradient, of the predictions' type and shape; it may be the predictions themselves.
        Without it the result is a new NumPy array.
    :param accumulate: add to what ``out`` holds
    :param upstream: the derivative of the final result with respect to the loss
    :param divisor: what the sum's gradient is divided by, instead of the number of elements (or for a weighted mean,
        the sum of the weights); for a mini-batch that comes in pieces, the number of all its elements

    The others are those of :func:`mnist_loss`. Returns the array.
    """
    options = loss_of(loss) | flags_of(from_logits, clamp, strict)
    upstream, divisor = scale_of(predictions, targets, sample_weight, reduction, upstream, divisor)
    options, out = allocate(options, predictions, out, accumulate)
    compute(GRADIENT, options, predictions, targets, sample_weight, out, upstream, divisor)
    return out


def loss_and_gradient(loss: LossName, predictions: Any, targets: Any, *, sample_weight: Any = None,
                      from_logits: bool = False, reduction: Literal["mean", "sum"] = "mean", out: Any = None,
                      accumulate: bool = False, upstream: float = 1.0, divisor: Optional[int] = None,
                      clamp: bool = False, strict: bool = False) -> tuple[float, Any]:
    """A loss and its gradient, in one pass over memory: ``(loss, gradient)``.

    The parameters are those of :func:`gradient`.
    """
    options = loss_of(loss) | flags_of(from_logits, clamp, strict)
    upstream, divisor = scale_of(predictions, targets, sample_weight, reduction, upstream, divisor)
    options, out = allocate(options, predictions, out, accumulate)
    value = compute(LOSS_AND_GRADIENT, options | _REDUCTIONS[reduction], predictions, targets, sample_weight, out,
                    upstream, divisor)
    return value, out


def scale_of(predictions: Any, targets: Any, weights: Any, reduction: str, upstream: float,
             divisor: Optional[int]) -> tuple[float, int]:
    """The upstream and the divisor that make the gradient that of a reduction; the divisor 0 is the count."""
    if not isinstance(reduction, str) or reduction not in _REDUCTIONS:
        raise unknown_choice("reduction", reduction, _REDUCTIONS, constants.ERROR_REDUCTION)
    if divisor is not None:
        if not 1 <= divisor < 2**63:
            raise ExactLossError(f"the divisor is {divisor}: it must be from 1 to 2**63 - 1", constants.ERROR_COUNT)
        return upstream, divisor
    if reduction == "sum":
        return upstream, 1
    if weights is None:
        return upstream, 0
    weight_sum = evaluate(predictions, targets, "mnist", sample_weight=weights).weight_sum
    return (upstream / weight_sum if weight_sum > 0 else math.nan), 1


def allocate(options: int, predictions: Any, out: Any, accumulate: bool) -> tuple[int, Any]:
    """The options, and the array for one result an element."""
    if out is None:
        if accumulate:
            raise ExactLossError("accumulate needs the array that is added to: give out", constants.ERROR_NULL)
        with ExitStack() as stack:
            out = empty_like(predictions, open_array(stack, predictions, PREDICTIONS, "predictions"))
    return options | (constants.ACCUMULATE if accumulate else 0), out
