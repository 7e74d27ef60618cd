"""Two lists that are independent given covariates: doubly robust estimation with cross-fitting."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate.covariates.learners import (
    BOTH,
    ONLY_FIRST,
    ONLY_SECOND,
    Learner,
    RidgeMultinomial,
    cross_fitted,
)
from darkfigure.estimate.covariates.two_list_scores import SMALLEST, Score, bias_corrected, plug_in, targeted
from darkfigure.estimate.formulas import design
from darkfigure.estimate.intervals import log_normal_interval
from darkfigure.estimate.outcomes import CLOSED_ASSUMPTIONS, Fit, Method, UnanswerableError
from darkfigure.records.aggregate import CaptureTable, Caution, Quantity, Reason, UnitRows

Array = NDArray[np.float64]
Form = Literal["bias-corrected", "targeted", "plug-in"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoublyRobust:
    """How many units, if two lists are independent of each other given the covariates?

    Use it when covariates drive who is on the lists: ignoring them biases ``lincoln-petersen``. Misleads when
    something that is not among the covariates drives both lists. Nearest alternatives: ``stratified`` (few groups),
    ``huggins`` (more than two lists).

    Parameters
    ----------
    list_pair : tuple of int
        The two lists, counted from 0.
    learner : {"logistic"} or Learner
        What learns the chances.
    folds : int
        Of cross-fitting; 1 learns from all units and judges the same.
    splits : int
        How often the units are divided into folds anew; the answer is the median, so that it hardly depends on the
        seed.
    seed : int
        Of the folds.
    formula : str or None
        Which columns the learner sees; ``None`` for all covariates.
    other_lists : {"covariates", "ignored"}
        With more than two lists: whether being on the others counts as covariates.
    form : {"bias-corrected", "targeted", "plug-in"}
        Which of the three numbers is the answer; the others stand in ``quantities``.

    Notes
    -----
    ``psi^-1 = E[q1 q2 / q12]`` over the units seen by the pair, ``N = n / psi``, with ``q1, q2, q12`` the chances of
    being in the first list, the second, both, given the covariates and being seen by the pair. The chances of a unit
    are learnt from the other folds; over several divisions into folds the median is taken, and the variance is the
    median of ``var + (N_split - N)^2``. Units that only other lists saw are part of the total and of ``n_observed``.

    Source
    ------
    Das, Kennedy and Jewell (2023), Doubly robust capture-recapture methods for estimating population size, Journal of
    the American Statistical Association; median over splits: Chernozhukov and others (2018), Econometrics Journal 21,
    C1, doi 10.1111/ectj.12097. Verified by simulation in tests/recovery/test_covariate_recovery.py.

    Examples
    --------
    >>> histories = np.array([[1, 0], [0, 1], [1, 1]] * 2, dtype=np.uint8)
    >>> counts = np.array([60, 40, 20, 10, 20, 30])
    >>> rows = UnitRows(captures=histories.sum(axis=1, dtype=np.int64), counts=counts,
    ...     covariates={"sex": np.array(["f"] * 3 + ["m"] * 3)}, histories=histories)
    >>> table = CaptureTable(frequencies=(130, 50), n_occasions=2, occasion_totals=(120, 110), rows=rows)
    >>> model = DoublyRobust(learner=RidgeMultinomial(penalty=1e-9), folds=1)
    >>> round(model.fit(table, 0.95).n_unseen, 2)  # one model for all units; by strata 60 * 40 / 20 + 10 * 20 / 30
    126.67
    """

    list_pair: tuple[int, int] = (0, 1)
    learner: Literal["logistic"] | Learner = "logistic"
    folds: int = 5
    splits: int = 3
    seed: int = 20230
    formula: str | None = None
    other_lists: Literal["covariates", "ignored"] = "covariates"
    form: Form = "bias-corrected"

    def fit(self, table: CaptureTable, level: float) -> Fit:
        """Learn the chances fold by fold and add up; refuses tables without histories and covariates by unit."""
        features, classes, names = self._units(table)
        learner = RidgeMultinomial() if self.learner == "logistic" else self.learner
        first, second = (classes != ONLY_SECOND).astype(float), (classes != ONLY_FIRST).astype(float)
        of_splits: list[dict[Form, Score]] = []
        raised = 0.0
        for split in range(self.splits if self.folds > 1 else 1):
            chances = cross_fitted(learner, features, classes, folds=self.folds, seed=(self.seed, split))
            raised = max(raised, float(np.mean(chances[:, BOTH] < SMALLEST)))
            both = np.maximum(chances[:, BOTH], SMALLEST)
            q1 = np.clip(chances[:, ONLY_FIRST] + both, SMALLEST, 1.0)
            q2 = np.clip(chances[:, ONLY_SECOND] + both, SMALLEST, 1.0)
            of_splits.append({form: way(q1, q2, both, first, second) for form, way in _WAYS.items()})
        scores = {form: _middle([of_split[form] for of_split in of_splits]) for form in _WAYS}
        score = scores[self.form]
        unseen, error = score.n_total - table.n_observed, math.sqrt(score.variance)
        return Fit(
            n_unseen=unseen,
            standard_error=error,
            interval=log_normal_interval(table.n_observed, unseen, error, level) if unseen > 0 else None,
            diagnostics={
                "n_first": float(first.sum()),
                "n_second": float(second.sum()),
                "n_both": float((classes == BOTH).sum()),
                "seen_by_the_pair": len(classes),
                "features": len(names),
                "share_of_chances_raised": raised,
                "n_total_without_covariates": float(first.sum() * second.sum() / (classes == BOTH).sum()),
            },
            cautions=_cautions(scores, raised),
            quantities=tuple(
                Quantity(name=f"N[{form}]", value=s.n_total, standard_error=math.sqrt(s.variance))
                for form, s in scores.items()
            ),
        )

    def _units(self, table: CaptureTable) -> tuple[Array, NDArray[np.int64], tuple[str, ...]]:
        """Features and classes of the units that the pair saw, one row a unit, and the names of the features."""
        rows = table.rows
        if rows is None or rows.histories is None or not (rows.covariates or rows.histories.shape[1] > 2):
            raise UnanswerableError(
                Reason.WRONG_TABLE, "This method needs the histories of the units with their covariates."
            )
        t = rows.histories.shape[1]
        first, second = self.list_pair
        if t < 2:
            raise UnanswerableError(Reason.TOO_FEW_LISTS, "This method compares two lists.", {"lists": t})
        if not (0 <= first < t and 0 <= second < t and first != second):
            raise EstimateError(
                "E-EST-37",
                where="list_pair",
                problem="the pair names no two different lists of the table",
                allowed=f"two different numbers from 0 to {t - 1}",
                remedy="Count lists from 0 in the order of the table.",
            )
        seen = (rows.histories[:, first] + rows.histories[:, second] > 0) & (rows.counts > 0)
        y1, y2 = rows.histories[seen, first], rows.histories[seen, second]
        classes = np.where(y2 == 0, ONLY_FIRST, np.where(y1 == 0, ONLY_SECOND, BOTH))
        features, names = self._features(rows, t)
        repeat = rows.counts[seen]
        return np.repeat(features[seen], repeat, axis=0), np.repeat(classes, repeat), names

    def _features(self, rows: UnitRows, t: int) -> tuple[Array, tuple[str, ...]]:
        formula = self.formula if self.formula is not None else "~ " + (" + ".join(rows.covariates) or "1")
        made = design(formula, rows.covariates, n_rows=len(rows.captures))
        kept = [i for i, name in enumerate(made.names) if name != "(Intercept)"]
        matrix, names = made.matrix[:, kept], tuple(made.names[i] for i in kept)
        others = [j for j in range(t) if j not in self.list_pair]
        if self.other_lists == "covariates" and others and rows.histories is not None:
            matrix = np.column_stack([matrix, rows.histories[:, others].astype(float)])
            names += tuple(f"list {j + 1}" for j in others)
        return matrix, names


_WAYS: dict[Form, Callable[[Array, Array, Array, Array, Array], Score]] = {
    "bias-corrected": bias_corrected,
    "targeted": targeted,
    "plug-in": plug_in,
}


def _middle(scores: Sequence[Score]) -> Score:
    """The median over splits, its variance with the spread of the splits."""
    total = float(np.median([s.n_total for s in scores]))
    return Score(total, float(np.median([s.variance + (s.n_total - total) ** 2 for s in scores])))


def _cautions(scores: dict[Form, Score], raised: float) -> tuple[Caution, ...]:
    found = []
    if raised > 0.01:
        found.append(
            Caution(
                "C-RARE-OVERLAP",
                "For some kinds of units being in both lists is so rare that their share of the unseen is a guess "
                "held down by a limit.",
            )
        )
    corrected, targeted_score = scores["bias-corrected"], scores["targeted"]
    if abs(corrected.n_total - targeted_score.n_total) > math.sqrt(corrected.variance):
        found.append(
            Caution(
                "C-FORMS-DISAGREE",
                "Two forms of this estimator that agree in large samples differ by more than the standard error.",
            )
        )
    return tuple(found)


def doubly_robust(
    *,
    list_pair: tuple[int, int] = (0, 1),
    learner: Literal["logistic"] | Learner = "logistic",
    folds: int = 5,
    splits: int = 3,
    seed: int = 20230,
    formula: str | None = None,
    other_lists: Literal["covariates", "ignored"] = "covariates",
    form: Form = "bias-corrected",
) -> Method:
    """Make a doubly robust two-list method with options of its own.

    Parameters
    ----------
    list_pair, learner, folds, splits, seed, formula, other_lists, form
        As for ``DoublyRobust``.

    Returns
    -------
    Method
        Named ``doubly-robust``.

    Raises
    ------
    EstimateError (E-EST-38)
        Fewer than one fold or split, or a form, learner or use of other lists that does not exist.

    Examples
    --------
    >>> doubly_robust(folds=2).name
    'doubly-robust'
    """
    known = form in ("bias-corrected", "targeted", "plug-in") and other_lists in ("covariates", "ignored")
    if min(folds, splits) < 1 or not known or (isinstance(learner, str) and learner != "logistic"):
        raise EstimateError(
            "E-EST-38",
            where="doubly_robust",
            problem="an option has no such value",
            allowed="folds and splits of 1 or more; form bias-corrected, targeted or plug-in; "
            "other_lists covariates or ignored; learner 'logistic' or an object with fit and predict_proba",
            remedy="Correct the option.",
        )
    model = DoublyRobust(
        list_pair=list_pair,
        learner=learner,
        folds=folds,
        splits=splits,
        seed=seed,
        formula=formula,
        other_lists=other_lists,
        form=form,
    )
    return Method(
        name="doubly-robust",
        question="How many units, if two lists are independent of each other given the covariates?",
        assumptions=(
            *CLOSED_ASSUMPTIONS,
            "Among units with the same covariates, being in one list does not change the chance of being in the other.",
            "Units of every kind have a chance of being in both lists.",
            "The covariates are recorded without error for every unit seen.",
        ),
        source="Das, Kennedy and Jewell (2023), Doubly robust capture-recapture methods for estimating population size",
        needs="histories of two lists (or a pair of them) with covariates for each unit",
        formula=(
            "N = sum_i phi_i over the units seen; phi = (q1 q2 / q12) (Y1 / q1 + Y2 / q2 - Y1 Y2 / q12), q's learnt on "
            "other folds"
        ),
        misleads=(
            "When something that is not among the covariates makes units more likely, or less, to be on both lists: "
            "no learner can see it, and the number is too low or too high although every check passes."
        ),
        fit=model.fit,
    )


METHODS = (doubly_robust(),)
