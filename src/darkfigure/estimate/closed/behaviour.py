"""Models for units that change after their first capture: Mb, Mbh and Mtb. They need occasions in order of time."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TypedDict

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate import cells
from darkfigure.estimate.closed.independent_fit import MOST_OCCASIONS_WITH_DF
from darkfigure.estimate.intervals import Profile, profile_interval
from darkfigure.estimate.outcomes import (
    CLOSED_ASSUMPTIONS,
    Fit,
    Method,
    UnanswerableError,
    require_occasions,
    require_overlap,
)
from darkfigure.estimate.poisson_regression import PoissonFit, fit_poisson
from darkfigure.records.aggregate import CaptureCells, CaptureTable, Reason

Array = NDArray[np.float64]


def first_captures_of(table: CaptureTable, *, at_least: int) -> Array:
    """Units captured for the first time on each occasion, ``u_i``; refuses lists without an order in time.

    Parameters
    ----------
    table : CaptureTable
        Ordered, with first captures.
    at_least : int
        Occasions the model needs.

    Returns
    -------
    ndarray, shape (t,)
        ``u_1 ... u_t``.

    Raises
    ------
    UnanswerableError
        Reason ``unordered-lists``, ``too-few-lists``, ``no-overlap`` or ``wrong-table``.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0, 0], [1, 1, 0], [0, 0, 1]], ordered=True)
    >>> first_captures_of(table, at_least=3).tolist()
    [2.0, 0.0, 1.0]
    """
    if not table.ordered:
        raise UnanswerableError(
            Reason.UNORDERED_LISTS,
            "This model compares first with later captures, so the occasions need an order in time; these lists have "
            "none (or it was not declared).",
        )
    require_occasions(table, at_least)
    require_overlap(table)
    if table.first_captures is None or table.occasion_totals is None:
        raise UnanswerableError(
            Reason.WRONG_TABLE, "This model needs the number of first captures on each occasion; the table has none."
        )
    return np.asarray(table.first_captures, float)


@dataclass(frozen=True, slots=True)
class RemovalModel:
    """How many units, judging by how first captures fall off from occasion to occasion (Mb, Mbh)?

    Being captured may change a unit's later chance of capture, so recaptures say nothing about the unseen; the
    decline of first captures does. Misleads when effort differs between occasions; nearest alternative ``Mtb``.

    Parameters
    ----------
    first_apart : bool
        Whether the first occasion has its own chance of capture (Mbh), a simple form of units that differ.

    Notes
    -----
    ``E u_i = A q^(i-1)``, ``f_0 = A q^t / (1 - q)``; Mbh leaves ``u_1`` free. Fitted as a log-linear model to the cells
    (up to twelve occasions) or, beyond, to the first captures; recaptures are then binomial, so that the deviance over
    the cells needs only the histories that occur. ``var N = f_0 + f_0^2 g' V g`` with ``g`` the gradient of
    ``log f_0``. For Mbh Rcapture 1.4-4 prints a larger standard error, which simulation does not support; it stands in
    ``diagnostics["standard_error_rcapture"]``, explained in ``_with_slip`` and docs/methods/behaviour.md.

    Source
    ------
    Otis, Burnham, White and Anderson (1978), Wildlife Monographs 62; log-linear form: Rivest and Levesque (2001),
    Canadian Journal of Statistics 29, 555, doi 10.2307/3316007.

    Examples
    --------
    >>> table = CaptureTable(frequencies=(40, 20, 4), n_occasions=3, ordered=True, occasion_totals=(32, 30, 30),
    ...     first_captures=(32, 20, 12))
    >>> round(RemovalModel(first_apart=False).fit(table, 0.95).n_unseen, 1)
    19.3
    """

    first_apart: bool

    def fit(self, table: CaptureTable, level: float) -> Fit:
        """Fit the model to an ordered table; refuses when first captures do not fall off."""
        first = first_captures_of(table, at_least=3 + self.first_apart)
        t = len(first)
        self.check_decline(first[1:] if self.first_apart else first)
        design: Array = np.column_stack([np.ones(t), np.arange(t, dtype=float)])
        if self.first_apart:
            design = np.column_stack([design, (np.arange(t) == 0).astype(float)])
        on_first = fit_poisson(design, first, stopping="exact")
        log_unseen, gradient = _log_unseen(on_first.coefficients, t, with_recaptures=False)
        fit, n_cells = on_first, None
        if table.cells is not None and t <= cells.MOST_LISTS:
            fit, n_cells = self._on_cells(table.cells, t), 2**t - 1
        log_unseen, gradient = _log_unseen(fit.coefficients, t, with_recaptures=n_cells is not None)
        unseen = math.exp(log_unseen)
        error = math.sqrt(unseen + unseen**2 * float(gradient @ fit.covariance @ gradient))
        interval, best = profile_interval(
            _removal_profile(first, first_apart=self.first_apart),
            n_observed=table.n_observed,
            start=unseen,
            relative_error=error / unseen,
            level=level,
        )
        p = 3 + self.first_apart
        result = Fit(
            n_unseen=unseen,
            standard_error=error,
            interval=interval,
            diagnostics={"n_parameters": p, "n_total_multinomial": table.n_observed + best},
        )
        if table.cells is None:
            return result
        if n_cells is None:
            return replace(result, **_statistics_of_histories(table, first, on_first, p))
        peer = {"standard_error_rcapture": _with_slip(fit, t, error)} if self.first_apart else {}
        return replace(
            result,
            diagnostics={**result.diagnostics, **peer},
            deviance=fit.deviance,
            df=n_cells - p,
            aic=2 * p - 2 * fit.log_likelihood,
            bic=p * math.log(table.n_observed) - 2 * fit.log_likelihood,
        )

    @staticmethod
    def check_decline(first: Array) -> None:
        """Refuse first captures that do not fall off from occasion to occasion."""
        if not _falls_off(first):
            raise UnanswerableError(
                Reason.BOUNDARY,
                "First captures do not fall off from occasion to occasion, so they set no limit to how many units "
                "were left to capture.",
            )

    def _on_cells(self, observed: CaptureCells, t: int) -> PoissonFit:
        histories = cells.all_histories(t)
        first = histories.argmax(axis=1)
        recaptures = histories.sum(axis=1) - 1
        columns = [np.ones(len(first)), first, recaptures]
        if self.first_apart:
            columns.insert(2, first == 0)
        return fit_poisson(np.column_stack(columns).astype(float), cells.full_counts(observed))


def _falls_off(first: Array) -> bool:
    """The condition of Seber and Whale (1970) for a finite removal estimate."""
    t = len(first)
    return bool(np.sum((t + 1 - 2 * np.arange(1, t + 1)) * first) > 0)


def _log_unseen(b: Array, t: int, *, with_recaptures: bool) -> tuple[float, Array]:
    """``log f_0`` and its gradient; columns: intercept, occasions passed, (first apart), (recaptures)."""
    gradient = np.zeros(len(b))
    spare = math.log1p(math.exp(b[-1])) if with_recaptures else 0.0
    log_q = float(b[1]) - spare
    if log_q >= 0:
        raise UnanswerableError(Reason.BOUNDARY, "First captures do not fall off, so they set no limit to the unseen.")
    q = math.exp(log_q)
    value = float(b[0]) + (t - 1) * spare + t * log_q - math.log1p(-q)
    gradient[0], gradient[1] = 1.0, t + q / (1 - q)
    if with_recaptures:
        c = 1 / (1 + math.exp(-b[-1]))
        gradient[-1] = -c / (1 - q)
    return value, gradient


def removal_estimate(captured: float, passed: float, t: int) -> tuple[float, float]:
    """Units left to capture after a declining series, and their standard error, from two sums.

    Parameters
    ----------
    captured : float
        ``sum u_i``.
    passed : float
        ``sum (i - 1) u_i``, the occasions that units let pass before their first capture.
    t : int
        Occasions.

    Returns
    -------
    float, float
        ``f_0 = A q^t / (1 - q)`` and its error at the exact maximum.

    Raises
    ------
    UnanswerableError
        Reason ``boundary``: the series does not fall off, or nobody was captured later.

    Examples
    --------
    >>> round(removal_estimate(75.0, 25.0, 2)[0], 6)
    25.0
    """
    if not 0 < passed < captured * (t - 1) / 2:
        raise UnanswerableError(Reason.BOUNDARY, "First captures do not fall off, so they set no limit to the unseen.")
    i = np.arange(t, dtype=float)

    def gap(log_q: float) -> float:
        means = np.exp(log_q * i)
        return float(i @ means / means.sum()) - passed / captured

    log_q = float(scipy.optimize.brentq(gap, -700.0 / t, 0.0, xtol=1e-14))
    means = np.exp(log_q * i)
    means *= captured / means.sum()
    design = np.column_stack([np.ones(t), i])
    covariance = np.linalg.inv((design * means[:, None]).T @ design)
    log_unseen, gradient = _log_unseen(np.array([math.log(means[0]), log_q]), t, with_recaptures=False)
    unseen = math.exp(log_unseen)
    return unseen, math.sqrt(unseen + unseen**2 * float(gradient @ covariance @ gradient))


class _Statistics(TypedDict):
    deviance: float
    df: int | None
    aic: float
    bic: float


def _statistics_of_histories(table: CaptureTable, first: Array, fit: PoissonFit, p: int) -> _Statistics:
    """Deviance, AIC and BIC over the cells, from those that are not empty."""
    counts = np.zeros(0) if table.cells is None else table.cells.counts.astype(float)
    n, t = table.n_observed, len(first)
    again = float(table.n_captures - n)
    chances = float(np.sum(first * (t - 1 - np.arange(t))))
    recaptured = float(
        scipy.special.xlogy(again, again / chances) + scipy.special.xlogy(chances - again, 1 - again / chances)
    )
    fitted = float(scipy.special.xlogy(first, fit.means).sum()) + recaptured
    log_likelihood = fitted - n - float(scipy.special.gammaln(counts + 1).sum())
    return {
        "deviance": 2 * (float(scipy.special.xlogy(counts, counts).sum()) - fitted),
        "df": 2**t - 1 - p if t <= MOST_OCCASIONS_WITH_DF else None,
        "aic": 2 * p - 2 * log_likelihood,
        "bic": p * math.log(n) - 2 * log_likelihood,
    }


def _with_slip(fit: PoissonFit, t: int, error: float) -> float:
    """The standard error of Mbh that Rcapture 1.4-4 prints.

    ``N = S (e^b2 + q / (1 - q))`` with ``S = e^b0 (1 + e^b3)^(t-1)``. Its derivative by the recapture parameter ``b3``
    holds ``(t - 1) c N``, ``c = e^b3 / (1 + e^b3)``; the printed numbers come out when the units after the first
    occasion are left out of that ``N``. The recapture parameter is uncorrelated with everything else in ``N``, so the
    slip adds ``V33 ((t - 1) c S q / (1 - q))^2`` to the variance.
    """
    b = fit.coefficients
    spare = 1 + math.exp(b[3])
    q = math.exp(b[1]) / spare
    later = math.exp(b[0]) * spare ** (t - 1) * q / (1 - q)
    dropped = (t - 1) * (1 - 1 / spare) * later
    return math.sqrt(error**2 + float(fit.covariance[3, 3]) * dropped**2)


def _removal_profile(first: Array, *, first_apart: bool) -> Profile:
    n, t = float(first.sum()), len(first)
    skip = 1 if first_apart else 0
    rest = first[skip:]
    n_rest, waits = float(rest.sum()), float(np.sum(np.arange(t - skip) * rest))

    def profile(unseen: float) -> tuple[float, float]:
        total = n + unseen
        failures = waits + (t - skip) * unseen
        p = n_rest / (n_rest + failures)
        value = (
            float(scipy.special.gammaln(total + 1) - scipy.special.gammaln(unseen + 1))
            + n_rest * math.log(p)
            + failures * math.log1p(-p)
        )
        slope = float(scipy.special.psi(total + 1) - scipy.special.psi(unseen + 1)) + (t - skip) * math.log1p(-p)
        if first_apart:
            p1 = first[0] / total
            value += float(scipy.special.xlogy(first[0], p1) + scipy.special.xlogy(total - first[0], 1 - p1))
            slope += math.log1p(-p1)
        return value, slope

    return profile


_BEHAVIOUR = "A first capture may change a unit's later chance of capture, by the same amount for all units."
_SOURCE = "Otis, Burnham, White and Anderson (1978); Rivest and Levesque (2001), doi 10.2307/3316007"
_NEEDS = "occasions in order of time, with first captures"

METHODS = (
    Method(
        name="Mb",
        question="How many units, judging by how first captures fall off from occasion to occasion?",
        assumptions=(
            *CLOSED_ASSUMPTIONS,
            _BEHAVIOUR,
            "Units not yet captured all have the same chance of capture, the same on every occasion.",
        ),
        source=_SOURCE,
        needs=_NEEDS,
        formula="E u_i = A q^(i-1); f_0 = A q^t / (1 - q); N = n + f_0",
        misleads="Effort that falls off over time looks like a population running out: the number is then too low.",
        fit=RemovalModel(first_apart=False).fit,
    ),
    Method(
        name="Mbh",
        question="How many units, judging by how first captures fall off after the first occasion?",
        assumptions=(
            *CLOSED_ASSUMPTIONS,
            _BEHAVIOUR,
            "Units that escaped the first occasion all have the same chance of capture on every later one.",
        ),
        source=_SOURCE,
        needs=_NEEDS,
        formula="E u_i = A q^(i-2) for i > 1; f_0 = A q^(t-1) / (1 - q); N = n + f_0",
        misleads="Effort that falls off over time looks like a population running out: the number is then too low.",
        fit=RemovalModel(first_apart=True).fit,
    ),
)
