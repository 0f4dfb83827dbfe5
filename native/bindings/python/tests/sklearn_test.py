# SPDX-License-Identifier: Apache-2.0
"""The scorers, in scikit-learn's own functions."""

import pickle
import unittest

from requirement import require

numpy = require("numpy", "NumPy")
require("sklearn", "scikit-learn")

from sklearn import metrics
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate

import exactloss
import exactloss.sklearn as scorers


class Scorers(unittest.TestCase):
    def setUp(self):
        self.X, self.y = make_classification(300, random_state=20)
        self.model = LogisticRegression()

    def test_cross_validation(self):
        for scorer, theirs in ((scorers.neg_log_loss, "neg_log_loss"), (scorers.neg_brier_score, "neg_brier_score")):
            a, b = (cross_val_score(self.model, self.X, self.y, scoring=scoring) for scoring in (scorer, theirs))
            self.assertTrue(numpy.allclose(a, b, rtol=1e-12))
        scoring = {"mnist": scorers.neg_mnist_loss, "log": scorers.neg_log_loss}
        several = cross_validate(self.model, self.X, self.y, scoring=scoring)
        self.assertTrue((several["test_mnist"] < 0).all())

    def test_search(self):
        search = GridSearchCV(self.model, {"C": [1e-6, 1]}, scoring=scorers.neg_log_loss).fit(self.X, self.y)
        self.assertEqual(search.best_params_, {"C": 1})

    def test_names_of_classes(self):
        names = numpy.where(self.y == 1, "yes", "no")
        a = cross_val_score(self.model, self.X, names, scoring=scorers.neg_log_loss)
        self.assertTrue(numpy.array_equal(a, cross_val_score(self.model, self.X, self.y, scoring=scorers.neg_log_loss)))
        with self.assertRaisesRegex(ValueError, "two classes.*3"):
            scorers.neg_log_loss(self.model.fit(self.X, numpy.arange(300) % 3), self.X, self.y)

    def test_unknown_class(self):
        self.model.fit(self.X, self.y)
        with self.assertRaisesRegex(ValueError, r"none of the classifier's classes, \[0 1\]"):
            scorers.neg_log_loss(self.model, self.X, self.y + 1)

    def test_weights(self):
        weights = numpy.random.default_rng(20).random(300)
        self.model.fit(self.X, self.y)
        theirs = metrics.log_loss(self.y, self.model.predict_proba(self.X), sample_weight=weights.astype(numpy.float32))
        self.assertAlmostEqual(scorers.neg_log_loss(self.model, self.X, self.y, weights), -theirs, 12)

    def test_argument_order(self):
        """scikit-learn's order is refused, because its targets are integers."""
        self.model.fit(self.X, self.y)
        with self.assertRaisesRegex(exactloss.ExactLossError, "predictions: the type"):
            exactloss.log_loss(self.y, numpy.ascontiguousarray(self.model.predict_proba(self.X)[:, 1]))

    def test_pickle(self):
        self.assertIs(pickle.loads(pickle.dumps(scorers.neg_log_loss)), scorers.neg_log_loss)
        self.assertEqual(repr(scorers.neg_log_loss), "exactloss.sklearn.neg_log_loss")


if __name__ == "__main__":
    unittest.main()
