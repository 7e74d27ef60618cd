"""Model Mtb: occasions differ and a first capture changes the chance of later ones. Needs an order in time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate.closed.behaviour import first_captures_of
from darkfigure.estimate.intervals import profile_interval
from darkfigure.estimate.outcomes import CLOSED_ASSUMPTIONS, Fit, Method, UnanswerableError
from darkfigure.records.aggregate import CaptureTable, Reason

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Sightings:
    """First captures ``u_j``, recaptures ``m_j`` and units at risk of recapture ``R_j``."""

    first: Array
    recaptured: Array
    at_risk: Array

    @property
    def n(self) -> float:
        return float(self.first.sum())


@dataclass(frozen=True, slots=True, eq=False)
class _Inner:
    """The best chances of capture for a given total: log odds, the shift after a first capture, log-likelihood."""

    odds: Array
    shift: float
    value: float

    @property
    def log_missed(self) -> float:
        return float(scipy.special.log_expit(-self.odds).sum())


@dataclass(frozen=True, slots=True)
class TimeAndBehaviour:
    """How many units, if occasions differ and a first capture shifts the odds of later ones (Mtb)?

    Without a link between first and later captures nothing would be identified; here the log odds of a recapture are
    those of a first capture plus one shift. That link carries the answer: misleads when it is wrong. Nearest
    alternatives: ``Mb`` (equal occasions), ``Mt`` (no change after capture).

    Notes
    -----
    ``logit p_j = b_j``, ``logit c_j = b_j + d``. For a given ``N`` this is a logistic regression of ``u_j`` out of
    ``N - U_{j-1}`` and ``m_j`` out of ``R_j``, with ``b_j`` and ``d`` found by Newton's method; ``N`` solves
    ``log(f_0 / N) = sum log(1 - p_j)``. The standard error comes from the observed information. There is no limit to
    the size of the counts (Rcapture stops above 170); where both give an answer ours has the higher likelihood.

    Source
    ------
    Otis, Burnham, White and Anderson (1978), Wildlife Monographs 62, model Mtb; the shift of log odds: Rivest and
    Baillargeon (2007), doi 10.1111/j.1541-0420.2007.00779.x. Profile: Cormack (1992), doi 10.2307/2532310.

    Examples
    --------
    >>> table = CaptureTable(frequencies=(40, 20, 4), n_occasions=3, ordered=True, occasion_totals=(32, 30, 30),
    ...     first_captures=(32, 20, 12))
    >>> round(TimeAndBehaviour().fit(table, 0.95).n_unseen, 1)
    12.7
    """

    def fit(self, table: CaptureTable, level: float) -> Fit:
        """Fit the model to an ordered table; refuses when the total is not identified."""
        data = _sightings(table)
        inner = _InnerSearch(data)
        unseen = _best_unseen(inner, data.n)
        best = inner(unseen)
        error = math.sqrt(unseen + unseen**2 * _variance_of_log(data, best, unseen))

        def profile(f0: float) -> tuple[float, float]:
            point, total = inner(f0), data.n + f0
            value = float(scipy.special.gammaln(total + 1) - scipy.special.gammaln(f0 + 1)) + point.value
            return value, float(scipy.special.psi(total + 1) - scipy.special.psi(f0 + 1)) + point.log_missed

        interval, top = profile_interval(
            profile, n_observed=table.n_observed, start=unseen, relative_error=error / unseen, level=level
        )
        p = len(data.first) + 2
        deviance, aic, bic = _fit_statistics(table, best, unseen, p)
        return Fit(
            n_unseen=unseen,
            standard_error=error,
            interval=interval,
            deviance=deviance,
            df=2 ** len(data.first) - 1 - p if deviance is not None and len(data.first) <= 52 else None,
            aic=aic,
            bic=bic,
            parameters={"recapture_shift": best.shift},
            diagnostics={"n_parameters": p, "n_total_multinomial": table.n_observed + top},
        )


def _sightings(table: CaptureTable) -> _Sightings:
    first = first_captures_of(table, at_least=3)
    totals = np.asarray(table.occasion_totals, float)
    at_risk = np.concatenate([[0.0], np.cumsum(first)[:-1]])
    recaptured = totals - first
    if (totals == 0).any() or (recaptured == at_risk)[1:].any():
        raise UnanswerableError(
            Reason.DOES_NOT_EXIST,
            "On some occasion nobody was captured, or every unit known by then was captured again; its chance of "
            "capture has no finite value.",
        )
    return _Sightings(first, recaptured, at_risk)


class _InnerSearch:
    """Logistic regression for a given number of unseen units; starts from the last solution."""

    def __init__(self, data: _Sightings) -> None:
        self._data = data
        total = data.n * 1.5
        p = (data.first + data.recaptured) / total
        self._odds, self._shift = np.log(p / (1 - p)), 0.0

    def __call__(self, unseen: float) -> _Inner:
        d = self._data
        tried = d.n + unseen - d.at_risk
        odds, shift = self._odds, self._shift
        value, decrement = self._value(odds, shift, tried), math.inf
        for _ in range(100):
            d_odds, d_shift, decrement = self._step(odds, shift, tried)
            if decrement < 1e-18 * (1 + d.n):
                break
            size = min(1.0, 2.0 / max(float(np.abs(d_odds).max()), abs(d_shift)))
            while size > 1e-8:
                after = self._value(odds + size * d_odds, shift + size * d_shift, tried)
                if after >= value - 1e-12 * abs(value):
                    break
                size /= 2
            odds, shift, value = odds + size * d_odds, shift + size * d_shift, after
        if not decrement < 1e-10 * (1 + d.n):
            raise _flat()
        self._odds, self._shift = odds, shift
        return _Inner(odds, shift, value)

    def _step(self, odds: Array, shift: float, tried: Array) -> tuple[Array, float, float]:
        """Newton's step and its squared length; the information is an arrow matrix, so occasions are eliminated."""
        d = self._data
        p, c = scipy.special.expit(odds), scipy.special.expit(odds + shift)
        w_again = d.at_risk * c * (1 - c)
        g_again = d.recaptured - d.at_risk * c
        g_odds, g_shift = d.first - tried * p + g_again, float(g_again.sum())
        diagonal = tried * p * (1 - p) + w_again
        schur = float(w_again.sum() - np.sum(w_again**2 / diagonal))
        if not schur > 1e-12 * (1 + float(w_again.sum())):
            raise _flat()
        d_shift = (g_shift - float(np.sum(w_again * g_odds / diagonal))) / schur
        d_odds = (g_odds - w_again * d_shift) / diagonal
        return d_odds, d_shift, float(g_odds @ d_odds) + g_shift * d_shift

    def _value(self, odds: Array, shift: float, tried: Array) -> float:
        d = self._data
        again = odds + shift
        return float(
            np.sum(d.first * scipy.special.log_expit(odds) + (tried - d.first) * scipy.special.log_expit(-odds))
            + np.sum(
                d.recaptured * scipy.special.log_expit(again)
                + (d.at_risk - d.recaptured) * scipy.special.log_expit(-again)
            )
        )


def _flat() -> UnanswerableError:
    return UnanswerableError(
        Reason.NOT_IDENTIFIED, "The recaptures do not settle how a first capture changes the chance of later ones."
    )


def _best_unseen(inner: _InnerSearch, n: float) -> float:
    """Unseen units of the Poisson fit: where ``f_0 / N`` equals the chance to be missed throughout."""

    def gap(u: float) -> float:
        unseen = math.exp(u)
        return u - math.log(n + unseen) - inner(unseen).log_missed

    a = math.log(0.5 * n)
    at_a = gap(a)
    step = 0.5 if at_a < 0 else -0.5
    while True:
        b = a + step
        at_b = gap(b)
        if at_a * at_b <= 0:
            return math.exp(float(scipy.optimize.brentq(gap, a, b, xtol=1e-12)))
        a, at_a = b, at_b
        if not -15.0 < a - math.log(n) < 12.0:
            raise UnanswerableError(
                Reason.BOUNDARY if a < 0 else Reason.DIVERGED,
                "The likelihood has no highest point at a finite number of unseen units above zero.",
            )


def _variance_of_log(data: _Sightings, best: _Inner, unseen: float) -> float:
    """Variance of ``log f_0`` from the observed information of the Poisson likelihood in ``(log N, b, d)``."""
    t, total = len(data.first), data.n + unseen
    p, c = scipy.special.expit(best.odds), scipy.special.expit(best.odds + best.shift)
    missed = math.exp(best.log_missed)
    seen_later = data.n - data.at_risk
    again = data.at_risk * c * (1 - c)
    information = np.zeros((t + 2, t + 2))
    information[0, 0] = total * (1 - missed)
    information[0, 1 : t + 1] = information[1 : t + 1, 0] = total * missed * p
    inner = -total * missed * np.outer(p, p)
    inner[np.diag_indices(t)] = seen_later * p * (1 - p) + again + total * missed * p * (1 - p) - total * missed * p**2
    information[1 : t + 1, 1 : t + 1] = inner
    information[1 : t + 1, t + 1] = information[t + 1, 1 : t + 1] = again
    information[t + 1, t + 1] = again.sum()
    gradient = np.concatenate([[1.0], -p, [0.0]])
    try:
        variance = float(gradient @ np.linalg.solve(information, gradient))
    except np.linalg.LinAlgError:
        variance = math.nan
    if not variance > 0:
        raise UnanswerableError(Reason.NOT_IDENTIFIED, "The likelihood is flat in the number of unseen units.")
    return variance


def _fit_statistics(
    table: CaptureTable, best: _Inner, unseen: float, p: int
) -> tuple[float | None, float | None, float | None]:
    if table.cells is None:
        return None, None, None
    counts = table.cells.counts.astype(float)
    n, total = float(table.n_observed), table.n_observed + unseen
    # Sum of y log mu over the cells; the part of the unseen cell is taken out again.
    fitted = n * math.log(total) + best.value - unseen * best.log_missed
    log_likelihood = fitted - n - float(scipy.special.gammaln(counts + 1).sum())
    deviance = 2 * (float(scipy.special.xlogy(counts, counts).sum()) - fitted)
    return deviance, 2 * p - 2 * log_likelihood, p * math.log(n) - 2 * log_likelihood


METHODS = (
    Method(
        name="Mtb",
        question="How many units, if occasions differ and a first capture shifts the odds of later ones?",
        assumptions=(
            *CLOSED_ASSUMPTIONS,
            "All units have the same chance of a first capture on any one occasion.",
            "A first capture changes the log odds of every later capture by one and the same amount.",
        ),
        source="Otis, Burnham, White and Anderson (1978); Rivest and Baillargeon (2007), "
        "doi 10.1111/j.1541-0420.2007.00779.x",
        needs="occasions in order of time, with totals and first captures",
        formula="logit p_j = b_j, logit c_j = b_j + d; log(f_0 / N) = sum_j log(1 - p_j)",
        misleads="The number rests on the assumed link between first and later captures, which no data can test.",
        fit=TimeAndBehaviour().fit,
    ),
)
