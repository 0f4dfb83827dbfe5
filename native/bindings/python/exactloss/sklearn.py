# SPDX-License-Identifier: Apache-2.0
"""exactloss for scikit-learn: scorers of binary classifiers, for ``cross_val_score`` and whatever takes a scorer.

    cross_val_score(LogisticRegression(), X, y, scoring=exactloss.sklearn.neg_log_loss)

A score is greater where a model is better: the negative of a loss. The probability of the second of the classifier's
two classes is the prediction. Here arrays are copied, since a classifier's probabilities of one class are not
contiguous. Weights are rounded to float32.
"""

from typing import Any, Callable, Optional

import numpy

from ._losses import brier_score_loss, log_loss, mnist_loss

__all__ = ["neg_brier_score", "neg_log_loss", "neg_mnist_loss"]


class _Scorer:
    """Calls as scikit-learn calls a scorer: ``scorer(classifier, X, y, sample_weight)``."""

    def __init__(self, name: str, loss: Callable[..., float]) -> None:
        self.__name__ = name
        self.loss = loss

    def __call__(self, classifier: Any, X: Any, y: Any, sample_weight: Optional[Any] = None) -> float:
        classes = classifier.classes_
        if len(classes) != 2:
            raise ValueError(f"{self.__name__} scores classifiers of two classes, and this one has {len(classes)}")
        predictions = numpy.ascontiguousarray(classifier.predict_proba(X)[:, 1])
        if not numpy.isin(y, classes).all():
            raise ValueError(f"{self.__name__}: y has values that are none of the classifier's classes, {classes}")
        targets = numpy.ascontiguousarray(numpy.asarray(y) == classes[1])
        weights = None if sample_weight is None else numpy.ascontiguousarray(sample_weight, numpy.float32)
        return -self.loss(predictions, targets, sample_weight=weights)

    def __repr__(self) -> str:
        return f"exactloss.sklearn.{self.__name__}"

    def __reduce__(self) -> str:
        return self.__name__


#: The negative mean absolute error of 0/1 targets.
neg_mnist_loss = _Scorer("neg_mnist_loss", mnist_loss)

#: The negative Brier score.
neg_brier_score = _Scorer("neg_brier_score", brier_score_loss)

#: The negative binary cross-entropy; minus infinity where a model was certain, and wrong.
neg_log_loss = _Scorer("neg_log_loss", log_loss)
