"""Models Mh-normal and Mth-normal: the log odds of capture of all units follow a normal distribution."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate.closed import equal_units
from darkfigure.estimate.intervals import log_normal_interval
from darkfigure.estimate.outcomes import (
    CLOSED_ASSUMPTIONS,
    Fit,
    Method,
    UnanswerableError,
    require_occasions,
    require_overlap,
)
from darkfigure.records.aggregate import CaptureTable, Reason

Array = NDArray[np.float64]

_NODES = np.linspace(-7.5, 7.5, 121)
_LOG_WEIGHTS = -(_NODES**2) / 2 - np.log(np.sum(np.exp(-(_NODES**2) / 2)))


@dataclass(frozen=True, slots=True, eq=False)
class _Likelihood:
    """Log-likelihood of the units seen, given that they were seen; parameters are effects and the spread.

    With log odds ``b_j + s z`` the chance of a history with ``k`` captures is ``exp(sum b_j w_j) D_k`` with
    ``D_k = E[exp(k s z) prod q_j(z)]``, so that frequencies and totals by occasion are sufficient.
    """

    frequencies: Array
    totals: Array
    repeats: float

    def levels(self, theta: Array) -> tuple[Array, Array, Array]:
        """``log D_0, log D_1 ...``, the chances of capture at each node, and the nodes' posterior weights."""
        effects, spread = theta[:-1], theta[-1]
        odds = effects[:, None] + spread * _NODES[None, :]
        missed = self.repeats * scipy.special.log_expit(-odds).sum(axis=0)
        k = np.arange(len(self.frequencies) + 1.0)
        joint = _LOG_WEIGHTS + missed + k[:, None] * spread * _NODES
        log_d = scipy.special.logsumexp(joint, axis=1)
        return log_d, np.exp(scipy.special.log_expit(odds)), np.exp(joint - log_d[:, None])

    def loss(self, theta: Array) -> tuple[float, Array]:
        """Minus the log-likelihood, and its gradient."""
        log_d, p, posterior = self.levels(theta)
        f, n = self.frequencies, float(self.frequencies.sum())
        seen = max(-math.expm1(log_d[0]), 1e-300)
        value = float(self.totals @ theta[:-1] + f @ log_d[1:]) - n * math.log(seen)
        # Weight on the derivative of each log D_k; seeing nobody enters through 1 - D_0.
        weight = np.concatenate([[n * math.exp(log_d[0]) / seen], f])
        k = np.arange(len(weight))
        chances = self.repeats * p @ posterior.T
        along = self.repeats * (p.sum(axis=0) * _NODES)
        by_spread = posterior @ _NODES * k - posterior @ along
        gradient = np.append(self.totals - chances @ weight, weight @ by_spread)
        return -value, -gradient

    def information(self, theta: Array) -> Array:
        """Observed information: minus the second derivatives of the log-likelihood, shape (p, p).

        With ``E_k`` the mean over the nodes' posterior given ``k`` captures and ``g_k = z (k - sum_j p_j)``, those of
        ``log D_k`` are ``E_k[p_i p_j] - E_k[p_i] E_k[p_j] - [i = j] E_k[p_j q_j]`` and likewise for the spread.
        """
        log_d, p, posterior = self.levels(theta)
        n, missed = float(self.frequencies.sum()), math.exp(log_d[0])
        ratio = missed / max(-math.expm1(log_d[0]), 1e-300)
        weight = np.concatenate([[n * ratio], self.frequencies])
        chance, spread = self.repeats * p, self.repeats * p * (1 - p)
        k = np.arange(len(weight))
        pull = k[:, None] * _NODES - chance.sum(axis=0) * _NODES
        node = weight @ posterior
        means, pulls = chance @ posterior.T, (posterior * pull).sum(axis=1)
        q = len(theta) - 1
        second = np.empty((q + 1, q + 1))
        second[:q, :q] = (chance * node) @ chance.T - (means * weight) @ means.T
        second[np.arange(q), np.arange(q)] -= spread @ node
        second[:q, q] = -chance @ (weight @ (posterior * pull)) - spread @ (node * _NODES) + means @ (weight * pulls)
        second[q, :q] = second[:q, q]
        second[q, q] = float(
            weight @ ((posterior * pull**2).sum(axis=1) - pulls**2) - (node * _NODES**2) @ spread.sum(axis=0)
        )
        slope = np.append(-means[:, 0], pulls[0])
        result: Array = -(second + n * ratio * (1 + ratio) * np.outer(slope, slope))
        return result


@dataclass(frozen=True, slots=True)
class NormalUnits:
    """How many units, if the log odds of capture of all units, seen and unseen, follow a normal distribution?

    Misleads when the true distribution has a longer lower tail: the answer rests on its assumed shape. Nearest
    alternatives: ``Mh-darroch`` (normal among the units missed), ``Mh-chao`` (no shape, a lower bound).

    Parameters
    ----------
    by_time : bool
        Whether occasions or lists differ in how much they catch.

    Notes
    -----
    ``logit p_ij = b_j + s z_i`` with ``z_i`` standard normal, integrated on 121 equally spaced points between -7.5
    and 7.5. ``N = n / (1 - D_0)``; ``var N = f_0 + f_0^2 (1 / n + v)`` with ``v`` the variance of the log odds of
    being missed, from the observed information. Log-normal interval on the unseen number. Rcapture 1.4-4 integrates
    on fewer points and stops its search earlier: its numbers differ in the sixth digit or, where units differ much,
    in the first, and its variances are about half (see docs/methods/normal-units.md).

    Source
    ------
    Coull and Agresti (1999), Biometrics 55, 294, doi 10.1111/j.0006-341X.1999.00294.x; variance: Sanathanan (1972),
    Annals of Mathematical Statistics 43, 142, doi 10.1214/aoms/1177692709.

    Examples
    --------
    >>> table = CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6)
    >>> round(NormalUnits(by_time=False).fit(table, 0.95).n_unseen, 2)
    23.71
    """

    by_time: bool

    def fit(self, table: CaptureTable, level: float) -> Fit:
        """Fit the model to a table; refuses when units do not differ or the search does not settle."""
        t = require_occasions(table, 3)
        require_overlap(table)
        totals = _totals_of(table) if self.by_time else np.array([float(table.n_captures)])
        repeats = 1.0 if self.by_time else float(t)
        largest = int(np.flatnonzero(table.frequencies)[-1]) + 1
        likelihood = _Likelihood(np.asarray(table.frequencies[:largest], float), totals, repeats)
        theta, information = _search(likelihood, _start(table, t, by_time=self.by_time))
        log_d = likelihood.levels(theta)[0]
        missed = math.exp(log_d[0])
        n = table.n_observed
        unseen = n * missed / (1 - missed)
        error = math.sqrt(unseen + unseen**2 * (1 / n + _variance_of_log_odds_missed(likelihood, theta, information)))
        p = len(theta) + 1
        deviance, aic, bic = _fit_statistics(table, -likelihood.loss(theta)[0], p)
        return Fit(
            n_unseen=unseen,
            standard_error=error,
            interval=log_normal_interval(n, unseen, error, level),
            deviance=deviance,
            df=(2**t - 1 - p if table.cells is not None else t - p) if deviance is not None and t <= 52 else None,
            aic=aic,
            bic=bic,
            parameters={"spread_of_log_odds": float(theta[-1])},
            diagnostics={"n_parameters": p},
        )


def _totals_of(table: CaptureTable) -> Array:
    if table.occasion_totals is None:
        raise UnanswerableError(
            Reason.WRONG_TABLE,
            "This model needs the number of units seen on each occasion or list; the table lacks it.",
        )
    totals = np.asarray(table.occasion_totals, float)
    if (totals == 0).any() or (totals == table.n_observed).any():
        raise UnanswerableError(
            Reason.BOUNDARY, "A list holds nobody, or every unit seen; its effect has no finite value."
        )
    return totals


def _start(table: CaptureTable, t: int, *, by_time: bool) -> Array:
    if len([f for f in table.frequencies if f > 0]) < 3:
        raise UnanswerableError(
            Reason.DOES_NOT_EXIST,
            "The units have too few different numbers of captures to tell differences between units from chance.",
        )
    effects = equal_units.start_of(table.frequencies, t, table.occasion_totals if by_time else None)[1:]
    return np.append(effects - 0.3, 0.8)


def _search(likelihood: _Likelihood, start: Array) -> tuple[Array, Array]:
    # A bound on the spread keeps the search where the integration points resolve the distribution.
    bounds = [(-40.0, 40.0)] * (len(start) - 1) + [(0.0, 8.0)]
    n = float(likelihood.frequencies.sum())

    def per_unit(theta: Array) -> tuple[float, Array]:
        value, gradient = likelihood.loss(theta)
        return value / n, gradient / n

    options = {"maxiter": 3000, "ftol": 1e-13, "gtol": 1e-7}
    result = scipy.optimize.minimize(per_unit, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    theta: Array = result.x
    if theta[-1] < 1e-3:
        raise UnanswerableError(
            Reason.BOUNDARY,
            "Units were seen at least as evenly as chance alone would make them, so their differences are put at "
            "none: use the model without them.",
        )
    if theta[-1] > 7.99:
        raise UnanswerableError(Reason.DIVERGED, "The differences between units grow beyond any bound.")
    return _polished(likelihood, theta)


def _polished(likelihood: _Likelihood, theta: Array) -> tuple[Array, Array]:
    """Newton steps with the observed information, until the gradient vanishes."""
    for _ in range(20):
        value, gradient = likelihood.loss(theta)
        information = likelihood.information(theta)
        step = _solved(information, gradient)
        if float(gradient @ step) < 1e-17 * (1 + abs(value)):
            return theta, information
        size = 1.0
        while size > 1e-6 and likelihood.loss(theta - size * step)[0] > value:
            size /= 2
        theta = np.asarray(theta - size * step, dtype=np.float64)
    if float(gradient @ step) > 1e-8:
        raise UnanswerableError(Reason.NOT_CONVERGED, "The fit did not settle: the likelihood kept rising.")
    return theta, information


def _solved(information: Array, right: Array) -> Array:
    try:
        np.linalg.cholesky(information)
    except np.linalg.LinAlgError:
        raise UnanswerableError(
            Reason.NOT_IDENTIFIED, "Several sets of model values fit these counts equally well; none stands out."
        ) from None
    return np.asarray(np.linalg.solve(information, right), dtype=np.float64)


def _variance_of_log_odds_missed(likelihood: _Likelihood, theta: Array, information: Array) -> float:
    log_d, p, posterior = likelihood.levels(theta)
    along = likelihood.repeats * (p.sum(axis=0) * _NODES)
    gradient = -np.append(likelihood.repeats * p @ posterior[0], float(posterior[0] @ along)) / -math.expm1(log_d[0])
    return float(gradient @ _solved(information, gradient))


def _fit_statistics(table: CaptureTable, conditional: float, p: int) -> tuple[float | None, float | None, float | None]:
    """Deviance, AIC and BIC of the Poisson counts: of the cells, or of the frequencies when they are sufficient."""
    n = float(table.n_observed)
    fitted = conditional + n * math.log(n)
    if table.cells is not None:
        counts = table.cells.counts.astype(float)
    elif p == 3:
        counts = np.asarray(table.frequencies, float)
        t = len(counts)
        k = np.arange(1.0, t + 1)
        fitted += float(
            counts @ (scipy.special.gammaln(t + 1) - scipy.special.gammaln(k + 1) - scipy.special.gammaln(t - k + 1))
        )
    else:
        return None, None, None
    log_likelihood = fitted - n - float(scipy.special.gammaln(counts + 1).sum())
    deviance = 2 * (float(scipy.special.xlogy(counts, counts).sum()) - fitted)
    return deviance, 2 * p - 2 * log_likelihood, p * math.log(n) - 2 * log_likelihood


def _method(*, by_time: bool) -> Method:
    return Method(
        name="Mth-normal" if by_time else "Mh-normal",
        question="How many units, if "
        + ("occasions differ" if by_time else "all occasions are alike")
        + " and the log odds of capture of all units are normal?",
        assumptions=(
            *CLOSED_ASSUMPTIONS,
            "A unit's captures do not depend on each other, given its own chance of capture.",
            "The log odds of capture of all units, seen and unseen, follow a normal distribution.",
            "That chance may differ from occasion to occasion, or from list to list."
            if by_time
            else "That chance is the same on every occasion or list.",
        ),
        source="Coull and Agresti (1999), doi 10.1111/j.0006-341X.1999.00294.x",
        needs="frequencies and totals by occasion, or histories"
        if by_time
        else "capture frequencies with the number of occasions, or histories",
        formula="logit p_ij = b"
        + ("_j" if by_time else "")
        + " + s z_i, z_i ~ N(0, 1); D_0 = E prod_j (1 - p_ij); N = n / (1 - D_0)",
        misleads="The lower tail of the normal distribution decides the number, and no data show that tail.",
        fit=NormalUnits(by_time=by_time).fit,
    )


METHODS = (_method(by_time=False), _method(by_time=True))
