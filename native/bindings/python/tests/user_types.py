# SPDX-License-Identifier: Apache-2.0
"""What a user's code looks like to a type checker. mypy --strict has no complaint, except where a line says which."""

import array

import exactloss

p = array.array("f", [0.9, 0.4, 0.2])
t = bytes([1, 0, 1])

loss: float = exactloss.mnist_loss(p, t)
total: float = exactloss.log_loss(p, t, reduction="sum", from_logits=True, sample_weight=p)
values = exactloss.brier_score_loss(p, t, reduction="none", out=array.array("f", p))
exactloss.mnist_loss(p, t, reduction="median")  # error: call-overload
exactloss.mnist_loss(p, t, True)  # error: call-overload
exactloss.mnist_loss(p)  # error: call-overload

both: tuple[float, object] = exactloss.loss_and_gradient("log", p, t, out=array.array("f", p))
exactloss.gradient("logg", p, t)  # error: arg-type
exactloss.loss_and_gradient(("log", "mnist"), p, t)  # error: arg-type
evaluation: exactloss.Evaluation = exactloss.evaluate(p, t, losses=("mnist", "log"), threshold=0.3)
accuracy: float = evaluation.accuracy + evaluation.f_beta(2) + evaluation.mnist.mean
evaluation.count = 3  # error: misc
evaluation.acuracy  # error: attr-defined

accumulator = exactloss.Accumulator(losses="log")
accumulator.add(p, t, strict=True)
accumulator.add_with_gradient("hinge", p, t)  # error: arg-type
accumulator.merge(exactloss.Accumulator.from_bytes(accumulator.to_bytes()))
accumulator.merge(evaluation)  # error: arg-type
form: str = accumulator.to_bytes()  # error: assignment
try:
    exactloss.mnist_loss(p, t, strict=True)
except exactloss.ElementError as error:
    where: tuple[str, int, float, int] = (error.argument, error.index, error.value, error.status)
