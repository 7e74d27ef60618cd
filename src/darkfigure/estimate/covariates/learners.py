"""Which list saw a unit, given its covariates: a built-in learner, others by their shape, and cross-fitting."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.records.aggregate import Reason

Array = NDArray[np.float64]
ONLY_FIRST, ONLY_SECOND, BOTH = 0, 1, 2
"""Classes of the units seen by a pair of lists."""


class Learner(Protocol):
    """Anything that learns classes and gives their probabilities, in the way of scikit-learn's classifiers.

    ``predict_proba`` has a column for each class met in ``y``, in the order of the class numbers. The object passed in
    is never fitted itself: every fold fits a copy.

    Examples
    --------
    >>> learner: Learner = RidgeMultinomial(penalty=1.0)
    """

    def fit(self, X: Array, y: NDArray[np.int64]) -> object:
        """Learn from features, shape (units, columns), and classes, shape (units,)."""

    def predict_proba(self, X: Array) -> Array:
        """Probabilities, shape (units, classes), rows adding up to 1."""


@dataclass(slots=True)
class RidgeMultinomial:
    """Multinomial logistic regression with a small ridge on standardised columns.

    If each list catches a unit with a probability that is logistic in the covariates, and the two lists are
    independent given them, this model is exactly right: ``log P(first only) / P(both) = -logit P(second | x)``.

    Parameters
    ----------
    penalty : float
        ``penalty / 2 * sum of squared coefficients`` is taken from the log-likelihood; the intercepts are free.

    Notes
    -----
    Newton's method with halving; classes against the last one as base.

    Examples
    --------
    >>> x = np.array([[0.0], [0.0], [1.0], [1.0]])
    >>> model = RidgeMultinomial(penalty=1e-9)
    >>> model.fit(np.repeat(x, 5, axis=0), np.array([0, 1, 2, 2, 2] * 4))
    >>> model.predict_proba(x[:1]).round(3).tolist()
    [[0.2, 0.2, 0.6]]
    """

    penalty: float = 1.0
    _learnt: tuple[Array, Array, Array] | None = None

    def fit(self, X: Array, y: NDArray[np.int64]) -> None:
        """Learn the classes; any number of them, numbered from 0."""
        centre, spread = X.mean(axis=0), X.std(axis=0)
        scale = np.where(spread > 0, spread, 1.0)
        design = _standardised(X, centre, scale)
        k, p = int(y.max()), design.shape[1]
        target = (y[None, :] == np.arange(k)[:, None]).astype(float)
        ridge = np.full(p, self.penalty)
        ridge[0] = 0.0
        beta = np.zeros((k, p))
        q, value = _evaluated(design, target, beta, ridge)
        for _ in range(100):
            gradient = (target - q) @ design - ridge * beta
            hessian = _information(design, q) + np.kron(np.eye(k), np.diag(ridge + 1e-10))
            step = np.linalg.solve(hessian, gradient.ravel()).reshape(k, p)
            for _ in range(30):
                proposed, after = _evaluated(design, target, beta + step, ridge)
                if after >= value - 1e-12 * abs(value):
                    break
                step /= 2
            rise = after - value
            beta, q, value = beta + step, proposed, after
            if abs(rise) < 1e-10 * (1 + abs(value)) and float(np.abs(step).max()) < 1e-5:
                break
        self._learnt = (beta, centre, scale)

    def predict_proba(self, X: Array) -> Array:
        """Probabilities of the classes, shape (units, classes)."""
        if self._learnt is None:
            raise EstimateError(
                "E-EST-35",
                where="learner",
                problem="probabilities were asked for before anything was learnt",
                allowed="fit first",
                remedy="Call fit, then predict_proba.",
            )
        beta, centre, scale = self._learnt
        chances = _chances(beta @ _standardised(X, centre, scale).T)[0]
        return np.vstack([chances, 1 - chances.sum(axis=0)]).T


def _chances(linear: Array) -> tuple[Array, Array]:
    """Chances of all classes but the last, shape (classes - 1, units), and the log of their common divisor."""
    top = np.maximum(linear.max(axis=0), 0.0)
    raised = np.exp(linear - top)
    divisor = raised.sum(axis=0) + np.exp(-top)
    return raised / divisor, np.log(divisor) + top


def _evaluated(design: Array, target: Array, beta: Array, ridge: Array) -> tuple[Array, float]:
    """Chances at ``beta``, and the penalised log-likelihood."""
    linear = beta @ design.T
    chances, log_divisor = _chances(linear)
    return chances, float(np.sum(target * linear) - log_divisor.sum() - 0.5 * np.sum(ridge * beta**2))


def _standardised(X: Array, centre: Array, scale: Array) -> Array:
    return np.column_stack([np.ones(len(X)), (X - centre) / scale])


def _information(design: Array, q: Array) -> Array:
    k, p = len(q), design.shape[1]
    made = np.empty((k, p, k, p))
    for a in range(k):
        for b in range(k):
            weight = q[a] * ((a == b) - q[b])
            made[a, :, b, :] = (design * weight[:, None]).T @ design
    return made.reshape(k * p, k * p)


def folds_of(features: Array, classes: NDArray[np.int64], *, folds: int, seed: tuple[int, int]) -> NDArray[np.int64]:
    """Which fold does each unit belong to? Every class is spread evenly; the order of units and of lists is all one.

    Parameters
    ----------
    features : ndarray, shape (units, columns)
        Covariates.
    classes : ndarray of int64, shape (units,)
        Which list saw the unit.
    folds : int
        Number of folds.
    seed : tuple of int
        Of the shuffle within each class: the seed, and the number of the split.

    Returns
    -------
    ndarray of int64, shape (units,)
        Numbers from 0 to ``folds - 1``.

    Examples
    --------
    >>> folds_of(np.arange(6.0)[:, None], np.array([0, 0, 1, 1, 2, 2]), folds=2, seed=(1, 0)).tolist()
    [1, 0, 1, 0, 1, 0]
    """
    order = np.lexsort((*features.T[::-1], classes))
    fold = np.empty(len(classes), dtype=np.int64)
    for label in np.unique(classes):
        members = order[classes[order] == label]
        # Seeded by the size of the class, not by its label: two lists that change places keep their folds.
        shuffled = np.random.default_rng((*seed, len(members))).permutation(len(members))
        fold[members] = shuffled % folds
    return fold


def cross_fitted(
    learner: Learner, features: Array, classes: NDArray[np.int64], *, folds: int, seed: tuple[int, int]
) -> Array:
    """Which probabilities do models give that have not seen the unit they judge?

    Parameters
    ----------
    learner : Learner
        Copied for every fold.
    features : ndarray, shape (units, columns)
        Covariates.
    classes : ndarray of int64, shape (units,)
        0 first list only, 1 second only, 2 both; each class has units.
    folds : int
        1: learn from all units and judge the same ones.
    seed : tuple of int
        Of the folds: the seed, and the number of the split.

    Returns
    -------
    ndarray, shape (units, 3)
        Probabilities of the three classes.

    Raises
    ------
    EstimateError (E-EST-36)
        The learner lacks ``fit`` or ``predict_proba``, or does not give probabilities.
    UnanswerableError
        Reason ``no-overlap``: a class has too few units to be in every fold.

    Examples
    --------
    >>> made = cross_fitted(RidgeMultinomial(), np.zeros((9, 1)), np.arange(9) % 3, folds=3, seed=(1, 0))
    >>> made.round(2)[0].tolist()
    [0.33, 0.33, 0.33]
    """
    if not callable(getattr(learner, "fit", None)) or not callable(getattr(learner, "predict_proba", None)):
        raise _no_probabilities()
    if int(np.bincount(classes, minlength=3).min()) < max(folds, 1):
        raise UnanswerableError(
            Reason.NO_OVERLAP,
            "Too few units were seen by both lists, or by one list only, to learn from some and judge the others.",
            {"fewest_units": int(np.bincount(classes, minlength=3).min()), "folds": folds},
        )
    if folds == 1:
        return _learnt(learner, features, classes, features)
    fold = folds_of(features, classes, folds=folds, seed=seed)
    made = np.empty((len(classes), 3))
    for number in range(folds):
        held = fold == number
        made[held] = _learnt(learner, features[~held], classes[~held], features[held])
    return made


def _learnt(learner: Learner, features: Array, classes: NDArray[np.int64], judged: Array) -> Array:
    own = copy.deepcopy(learner)
    own.fit(features, classes)
    made = np.asarray(own.predict_proba(judged), dtype=float)
    if made.shape != (len(judged), 3) or not np.isfinite(made).all() or made.min() < -1e-9:
        raise _no_probabilities()
    if not np.allclose(made.sum(axis=1), 1.0, atol=1e-6):
        raise _no_probabilities()
    return made


def _no_probabilities() -> EstimateError:
    return EstimateError(
        "E-EST-36",
        where="learner",
        problem="the learner does not learn classes and give their probabilities",
        allowed="an object with fit(X, y) and predict_proba(X), shape (units, 3), rows adding up to 1",
        remedy="Pass a classifier, or 'logistic' for the built-in one.",
    )
