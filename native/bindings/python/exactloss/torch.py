# SPDX-License-Identifier: Apache-2.0
"""exactloss for PyTorch: functions and modules whose losses train.

    loss = exactloss.torch.log_loss(model(images), labels, from_logits=True)
    loss.backward()

Tensors are read where they lie, in the processor's memory or in an NVIDIA GPU's. The gradient is computed with the
loss, in one pass, and is a constant: ``create_graph=True`` is refused. 16-bit predictions that train are copied to
float32, which the gradient is kept in until the backward pass. The loss is a float64 scalar, so that it has the bits
that every other language gets.

A weighted mean is divided by the sum of the weights. PyTorch's own losses divide it by the number of elements.
"""

from typing import Any, Literal, Optional

import torch

from . import _constants as constants
from ._compute import compute
from ._errors import unknown_choice
from ._evaluation import LOSSES, flags_of
from ._library import GRADIENT, LOSS, LOSS_AND_GRADIENT, VALUES
from ._losses import scale_of

__all__ = ["BrierLoss", "LogLoss", "MnistLoss", "brier_score_loss", "log_loss", "mnist_loss"]

Reduction = Literal["mean", "sum", "none"]
_REDUCTIONS = {"mean": constants.MEAN, "sum": constants.SUM, "none": 0}


class _Differentiable(torch.autograd.Function):
    """A loss with the gradient that comes out of the same pass."""

    @staticmethod
    def forward(ctx: Any, *arguments: Any, **_: Any) -> torch.Tensor:
        predictions, targets, weight, options, reduction = arguments
        predictions = predictions.detach()
        ctx.dtype = predictions.dtype
        # A 16-bit type would round the gradient of a mean to 0 before the backward pass multiplies it.
        wide = predictions.to(torch.promote_types(ctx.dtype, torch.float32))
        gradient = torch.empty_like(wide, memory_format=torch.contiguous_format)
        if reduction == "none":
            compute(GRADIENT, options, wide, targets, weight, gradient)
            result = _values(predictions, targets, weight, options)
        else:
            upstream, divisor = scale_of(wide, targets, weight, reduction, 1.0, None)
            result = _scalar(predictions, compute(LOSS_AND_GRADIENT, options | _REDUCTIONS[reduction], wide, targets,
                                                  weight, gradient, upstream, divisor))
        ctx.save_for_backward(gradient)
        return result

    @staticmethod
    def backward(ctx: Any, *upstreams: torch.Tensor) -> Any:
        if torch.is_grad_enabled():
            raise RuntimeError("exactloss has no second derivatives: its gradient is a constant; differentiate without "
                               "create_graph=True")
        gradient, = ctx.saved_tensors
        return (gradient * upstreams[0].to(gradient.dtype)).to(ctx.dtype), None, None, None, None


def _scalar(predictions: torch.Tensor, loss: float) -> torch.Tensor:
    return torch.tensor(loss, dtype=torch.float64, device=predictions.device)


def _values(predictions: torch.Tensor, targets: torch.Tensor, weight: Optional[torch.Tensor],
            options: int) -> torch.Tensor:
    values = torch.empty_like(predictions, memory_format=torch.contiguous_format)
    compute(VALUES, options, predictions, targets, weight, values)
    return values


def _check_reduction(reduction: object) -> None:
    if not isinstance(reduction, str) or reduction not in _REDUCTIONS:
        raise unknown_choice("reduction", reduction, _REDUCTIONS, constants.ERROR_REDUCTION)


def _loss(name: str, predictions: torch.Tensor, targets: torch.Tensor, weight: Optional[torch.Tensor],
          from_logits: bool, reduction: str, clamp: bool, strict: bool) -> torch.Tensor:
    _check_reduction(reduction)
    if not isinstance(predictions, torch.Tensor):
        raise TypeError(f"predictions is a {type(predictions).__name__}, and must be a torch.Tensor: "
                        "torch.as_tensor(predictions) makes one; exactloss's own functions take other arrays")
    options = LOSSES[name] | flags_of(from_logits, clamp, strict)
    if torch.is_grad_enabled() and predictions.requires_grad:
        result: torch.Tensor = _Differentiable.apply(predictions, targets, weight, options, reduction)
        return result
    predictions = predictions.detach()
    if reduction == "none":
        return _values(predictions, targets, weight, options)
    return _scalar(predictions, compute(LOSS, options | _REDUCTIONS[reduction], predictions, targets, weight))


def mnist_loss(predictions: torch.Tensor, targets: torch.Tensor, weight: Optional[torch.Tensor] = None, *,
               from_logits: bool = False, reduction: Reduction = "mean", clamp: bool = False,
               strict: bool = False) -> torch.Tensor:
    """The mean absolute error of 0/1 targets; see :func:`exactloss.mnist_loss`."""
    return _loss("mnist", predictions, targets, weight, from_logits, reduction, clamp, strict)


def brier_score_loss(predictions: torch.Tensor, targets: torch.Tensor, weight: Optional[torch.Tensor] = None, *,
                     from_logits: bool = False, reduction: Reduction = "mean", clamp: bool = False,
                     strict: bool = False) -> torch.Tensor:
    """The mean squared error of 0/1 targets; see :func:`exactloss.brier_score_loss`."""
    return _loss("brier", predictions, targets, weight, from_logits, reduction, clamp, strict)


def log_loss(predictions: torch.Tensor, targets: torch.Tensor, weight: Optional[torch.Tensor] = None, *,
             from_logits: bool = False, reduction: Reduction = "mean", clamp: bool = False,
             strict: bool = False) -> torch.Tensor:
    """The binary cross-entropy; see :func:`exactloss.log_loss`."""
    return _loss("log", predictions, targets, weight, from_logits, reduction, clamp, strict)


class _Module(torch.nn.Module):
    name = ""

    def __init__(self, *, from_logits: bool = False, reduction: Reduction = "mean", clamp: bool = False,
                 strict: bool = False) -> None:
        super().__init__()
        _check_reduction(reduction)
        self.from_logits = from_logits
        self.reduction = reduction
        self.clamp = clamp
        self.strict = strict

    def forward(self, predictions: torch.Tensor, targets: torch.Tensor,
                weight: Optional[torch.Tensor] = None) -> torch.Tensor:
        return _loss(self.name, predictions, targets, weight, self.from_logits, self.reduction, self.clamp,
                     self.strict)

    def extra_repr(self) -> str:
        return (f"from_logits={self.from_logits}, reduction={self.reduction!r}, clamp={self.clamp}, "
                f"strict={self.strict}")


class MnistLoss(_Module):
    """:func:`mnist_loss` as a module."""

    name = "mnist"


class BrierLoss(_Module):
    """:func:`brier_score_loss` as a module."""

    name = "brier"


class LogLoss(_Module):
    """:func:`log_loss` as a module. From logits, it is what ``torch.nn.BCEWithLogitsLoss`` computes."""

    name = "log"
