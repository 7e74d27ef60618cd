"""Sample coverage for three and more lists that may depend on each other: Chao and Tsay's estimators."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate.closed.canonical_lists import in_canonical_order
from darkfigure.estimate.closed.coverage_of_counts import chao_lee
from darkfigure.estimate.intervals import log_normal_interval
from darkfigure.estimate.outcomes import CLOSED_ASSUMPTIONS, Fit, Method, UnanswerableError, require_overlap
from darkfigure.estimate.plausibility import carrying_limit
from darkfigure.records.aggregate import CaptureTable, Caution, Reason

Form = Literal["by-coverage", "high-coverage", "one-step"]
ENOUGH_COVERAGE = 0.55
"""From here on Chao and Tsay advise the estimator for high coverage."""
MOST_LISTS = 16
MOST_LOST = 0.025
"""Share of bootstrap samples without a sane value above which a 95% range would have no upper end."""
NEEDS = "three to sixteen lists with their cells; capture frequencies alone give the Chao-Lee form"
_BATCH = 2_000_000
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Answers:
    """Each of shape (tables,): coverage and the three estimates of the total."""

    coverage: Array
    independent: Array
    high: Array
    one_step: Array


@dataclass(frozen=True, slots=True)
class SampleCoverage:
    """How many units, if lists may depend on each other in pairs and the overlap shows how much they cover?

    Parameters
    ----------
    form : {"by-coverage", "high-coverage", "one-step"}
        Which estimator; ``"by-coverage"`` takes the first for a coverage of 0.55 or more and the second below it.
    replicates : int
        Bootstrap samples for the standard error, 50 or more.
    seed : int
        Of the draws.

    Raises
    ------
    EstimateError (E-EST-31)
        Another form, or fewer than 50 replicates.

    Examples
    --------
    >>> cells = [[[0, 63], [55, 18]], [[69, 17], [21, 28]]]
    >>> fit = SampleCoverage().fit(CaptureTable.from_array(cells, labels=("P", "Q", "E")), 0.95)
    >>> round(271 + fit.n_unseen), round(fit.diagnostics["coverage"], 3)
    (508, 0.513)
    """

    form: Form = "by-coverage"
    replicates: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.form not in ("by-coverage", "high-coverage", "one-step") or self.replicates < 50:
            raise EstimateError(
                "E-EST-31",
                where="sample-coverage",
                problem="the form or the number of bootstrap samples is impossible",
                allowed="form by-coverage, high-coverage or one-step; 50 or more replicates",
                remedy="Leave the options out to have the published ones.",
            )

    def fit(self, table: CaptureTable, level: float) -> Fit:
        """Fit to the cells of the table, or to its frequencies when it has no lists; a refusal names its reason.

        Notes
        -----
        With ``f_1j`` units in list ``j`` only and ``n_j`` units in it, ``C = 1 - 1/t sum f_1j / n_j`` and
        ``D = n - 1/t sum f_1j``. For each pair ``B_jk`` counts units in ``j`` and in no list but ``k`` besides, and the
        other way round, and ``g_jk = N n_jk / (n_j n_k) - 1`` is their dependence. Then
        ``N = D / C + 1 / (t C) sum B_jk g_jk``: solved for ``N`` at high coverage; with ``N`` on the right from one
        step before, begun at ``D / C``, at low coverage. Standard error: the cells and the unseen drawn again from a
        multinomial of the estimated size; samples without a total the data could carry are left out, and counted.

        Source
        ------
        Chao and Tsay (1998), JASA 93, 283; Chao, Tsay, Lin, Shau and Chao (2001),
        Statistics in Medicine 20, 3123, doi 10.1002/sim.996.
        """
        require_overlap(table)
        t = table.n_occasions
        if self.form == "by-coverage" and (table.cells is None or t is None or t > MOST_LISTS):
            return chao_lee(table, level)
        features, counts, lists = self._features(table)
        answers = _answers(counts[None, :] @ features, lists)
        high = self.form == "high-coverage" or (
            self.form == "by-coverage" and float(answers.coverage[0]) >= ENOUGH_COVERAGE
        )
        total = float((answers.high if high else answers.one_step)[0])
        diagnostics = {
            "coverage": float(answers.coverage[0]),
            "n_total_independent": float(answers.independent[0]),
            "n_total_high_coverage": float(answers.high[0]),
            "n_total_one_step": float(answers.one_step[0]),
            "form_high_coverage": float(high),
        }
        diagnostics = {name: value for name, value in diagnostics.items() if math.isfinite(value)}
        if not math.isfinite(total):
            raise UnanswerableError(
                Reason.DOES_NOT_EXIST,
                "The lists depend on each other so much that the equation for the total has no finite solution; the "
                "one-step form (sample-coverage-one-step) has.",
                diagnostics,
            )
        unseen = total - table.n_observed
        if unseen < 0:
            raise UnanswerableError(
                Reason.BOUNDARY,
                "The lists avoid each other so much that the estimate lies below the number seen.",
                diagnostics,
            )
        limit = carrying_limit(table)
        error, lost = self._standard_error(features, counts, lists, unseen=unseen, high=high, limit=limit)
        diagnostics["bootstrap_lost"] = lost
        if lost > MOST_LOST:
            raise UnanswerableError(
                Reason.NOT_IDENTIFIED,
                "Samples drawn from the estimate itself too often give no total, or one that is out of all proportion, "
                "so the data leave the number undetermined. Lists with more overlap would be needed.",
                diagnostics,
            )
        return Fit(
            n_unseen=unseen,
            standard_error=error,
            interval=log_normal_interval(table.n_observed, unseen, error, level),
            diagnostics=diagnostics,
            cautions=_cautions(diagnostics["coverage"], high),
        )

    def _features(self, table: CaptureTable) -> tuple[Array, Array, int]:
        """Matrix from counts of cells to the sums the estimators use, the counts, and the number of lists."""
        if table.cells is None:
            raise UnanswerableError(
                Reason.WRONG_TABLE, "This form reads which lists each unit is in; the table has frequencies only."
            )
        histories = table.cells.histories[:, (table.cells.histories * table.cells.counts[:, None]).any(axis=0)]
        t = histories.shape[1]
        if not _FEWEST_LISTS <= t <= MOST_LISTS:
            raise UnanswerableError(
                Reason.TOO_FEW_LISTS if t < _FEWEST_LISTS else Reason.WRONG_TABLE,
                f"This method compares each pair of lists with the others: it takes three to {MOST_LISTS} lists that "
                f"hold units, and the table has {t}.",
                {"lists": t},
            )
        h, counts = in_canonical_order(histories, table.cells.counts)
        x = h.astype(float)
        first, second = np.triu_indices(t, 1)
        captures = x.sum(axis=1)
        alone, pair = x * (captures == 1)[:, None], x[:, first] * x[:, second]
        both_only = pair * (captures == 2)[:, None]
        ones = np.ones((x.shape[0], 1))
        return np.hstack([ones, x, alone, pair, both_only]), counts.astype(float), t

    def _standard_error(
        self, features: Array, counts: Array, lists: int, *, unseen: float, high: bool, limit: float
    ) -> tuple[float, float]:
        """Spread of the estimate over bootstrap samples, and the share of samples that would be refused."""
        rng = np.random.default_rng(self.seed)
        size = round(float(counts.sum()) + unseen)
        chances = np.append(counts, unseen) / (counts.sum() + unseen)
        batch = max(1, _BATCH // chances.size)
        totals = []
        for start in range(0, self.replicates, batch):
            drawn = rng.multinomial(size, chances, size=min(batch, self.replicates - start))[:, :-1]
            answers = _answers(drawn @ features, lists)
            totals.append(answers.high if high else answers.one_step)
        found = np.concatenate(totals)
        kept = found[np.isfinite(found) & (found <= limit)]
        lost = 1 - kept.size / found.size
        return (float(kept.std(ddof=1)) if kept.size > 1 else math.inf), lost


_FEWEST_LISTS = 3


def _answers(sums: Array, t: int) -> _Answers:
    """Estimates for each row of sums; infinite or not a number where there is none."""
    pairs = t * (t - 1) // 2
    n, size, alone, both, both_only = np.split(sums, np.cumsum([1, t, t, pairs]), axis=1)
    first, second = np.triu_indices(t, 1)
    n = n[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        coverage = 1 - (alone / size).mean(axis=1)
        independent = (n - alone.mean(axis=1)) / coverage
        weights = (alone[:, first] + alone[:, second] + 2 * both_only) / (t * coverage[:, None])
        overlap = both / (size[:, first] * size[:, second])
        base, slope = independent - weights.sum(axis=1), (weights * overlap).sum(axis=1)
        one_step = base + slope * (base + slope * independent)
        high = np.where(slope < 1, base / (1 - slope), np.nan)
    return _Answers(coverage, independent, high, one_step)


def _cautions(coverage: float, high: bool) -> tuple[Caution, ...]:
    if coverage >= ENOUGH_COVERAGE:
        return ()
    return (
        Caution(
            "C-LOW-COVERAGE",
            "The overlap of the lists shows that they cover little more than half of the population, or less: "
            + (
                "the number may be far off; see also the one-step form."
                if high
                else "the number is likely too low when the lists support each other."
            ),
        ),
    )


def sample_coverage(*, form: Form = "by-coverage", replicates: int = 1000, seed: int = 0) -> Method:
    """Make the sample-coverage estimator for lists, with these options, a method for ``estimate``.

    Parameters
    ----------
    form : {"by-coverage", "high-coverage", "one-step"}
        Which estimator.
    replicates : int
        Bootstrap samples for the standard error.
    seed : int
        Of the draws.

    Returns
    -------
    Method
        Named ``sample-coverage``, ``sample-coverage-high`` or ``sample-coverage-one-step``.

    Raises
    ------
    EstimateError (E-EST-31)
        Another form, or fewer than 50 replicates.

    Examples
    --------
    >>> sample_coverage(form="one-step").name
    'sample-coverage-one-step'
    """
    estimator = SampleCoverage(form, replicates, seed)
    return Method(
        name="sample-coverage" + _SUFFIX[form],
        question=_QUESTIONS[form],
        assumptions=(
            *CLOSED_ASSUMPTIONS,
            "Lists may depend on each other in pairs; three or more lists have no dependence of their own beyond that.",
            "At least one list is a sample of the units as they are, so that overlap shows coverage.",
            *_BOUND[form],
        ),
        source="Chao and Tsay (1998), JASA 93, 283; Chao and others (2001), doi 10.1002/sim.996",
        needs=NEEDS if form == "by-coverage" else "three to sixteen lists with their cells",
        formula=(
            "N = D/C + sum B_jk g_jk/(t C), g_jk = N n_jk/(n_j n_k) - 1; C = 1 - sum (f_1j/n_j)/t, D = n - sum f_1j/t"
            + _ENDINGS[form]
        ),
        misleads=(
            "Overlap shows coverage only of units that some list can reach: units no list reaches are not in the "
            "number. Lists that support each other leave the one-step form too low, and a coverage near one half "
            "makes the other form swing widely."
        ),
        fit=estimator.fit,
    )


_SUFFIX: dict[Form, str] = {"by-coverage": "", "high-coverage": "-high", "one-step": "-one-step"}
_QUESTIONS: dict[Form, str] = {
    "by-coverage": "How many units, if the overlap of lists that may depend on each other shows how much they cover?",
    "high-coverage": "How many units, if dependent lists cover most of the population?",
    "one-step": "How many units at least, if dependent lists cover little of the population?",
}
_BOUND: dict[Form, tuple[str, ...]] = {
    "by-coverage": (),
    "high-coverage": (),
    "one-step": (
        "Lists support each other on the whole rather than avoid each other: then the number is a lower bound, because "
        "it stops two steps from the number for independent lists on the way up to the solution.",
    ),
}
_ENDINGS: dict[Form, str] = {
    "by-coverage": "; solved for N when C >= 0.55, else one step from D/C twice",
    "high-coverage": "; solved for N",
    "one-step": "; N on the right from the same formula begun at D/C",
}

METHODS = (sample_coverage(), sample_coverage(form="high-coverage"), sample_coverage(form="one-step"))
